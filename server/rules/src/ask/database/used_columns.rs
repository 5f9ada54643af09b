//! Which columns of the rows that a query hands over are used after, where all that becomes of the rows can be seen.

mod methods;

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{
    BindingId, Effects, Exported, FunctionId, FunctionKind, Kind, Literal, LoopKind, Name, NodeId, PathStep,
    TypeExpr, Unit,
};
use plimsoll_project::link::{FnRef, Value};
use plimsoll_project::schema::{Column, Table};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, calls_within, declaration, in_function, unit_of};
use crate::ask::database::fetched::Fetched;
use crate::ask::resources::released::uses_of;
use methods::{Method, method};

/// How far rows are followed through names and calls, and through how many functions of the project.
const MAX_STEPS: u32 = 400;
const MAX_FUNCTIONS: u32 = 2;

/// What is used of a query's rows.
#[derive(Clone, Debug)]
pub struct Used {
    /// The columns, by their names in the schema.
    pub columns: Vec<Name>,
    /// Whether a name on the way has a declared type, which may want more of a row than is used of it.
    pub is_typed: bool,
    /// Whether a query or a request of its own follows for each row, which takes longer than any column.
    pub is_worked_off: bool,
}

/// What is used of a query's rows. None where a row goes where it cannot be
/// followed: returned, stored, spread, handed to code that is not the project's.
#[must_use]
pub fn used_columns(view: &UnitView<'_>, call: NodeId, fetched: &Fetched<'_>) -> Option<Used> {
    let used = Used { columns: Vec::new(), is_typed: false, is_worked_off: false };
    let mut found = Found { used, left: MAX_STEPS, followed: Vec::new() };
    let mut walk = Walk { view, table: fetched.table, found: &mut found, depth: 0 };
    walk.value(view.index, call, fetched.is_wrapped)?;
    Some(found.used)
}

/// What a member is.
enum Part {
    Rows,
    /// Something that is handed over beside the rows.
    Beside,
    Column,
}

struct Found {
    used: Used,
    left: u32,
    /// Bindings that were followed, each with the file and unit.
    followed: Vec<(std::sync::Arc<str>, usize, BindingId)>,
}

struct Walk<'a, 'u, 't> {
    view: &'a UnitView<'u>,
    table: &'t Table,
    found: &'a mut Found,
    /// How many functions of the project lie before this one.
    depth: u32,
}

/// Members under which clients hand over rows, and those beside them that say nothing of the rows.
const ROWS: &[&str] = &["rows", "data"];
const BESIDE: &[&str] = &["error", "status", "statusText", "rowCount", "fields", "count", "command"];

impl Walk<'_, '_, '_> {
    fn unit(&self, unit: usize) -> &Unit {
        unit_of(self.view, unit)
    }

    /// Follows a value that is rows, one of them, or the answer that holds them.
    fn value(&mut self, unit: usize, node: NodeId, is_answer: bool) -> Option<()> {
        self.found.left = self.found.left.checked_sub(1)?;
        let u: &Unit = unit_of(self.view, unit);
        let parent = u.parent(node)?;
        if u.exports.iter().any(|export| export.local == Exported::Value(node)) {
            return None;
        }
        match u.kind(parent) {
            Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. } => {
                self.value(unit, parent, is_answer)
            }
            Kind::Discard(_) => Some(()),
            Kind::Is { pattern, .. } => self.bindings(unit, &pattern.bindings.clone(), &[], is_answer),
            Kind::Unary { op, .. } => match op.as_str() {
                "!" | "typeof" | "void" => Some(()),
                "&" | "&mut" | "*" => self.value(unit, parent, is_answer),
                _ => None,
            },
            Kind::Binary { op, left, right } => {
                let other = if *left == node { *right } else { *left };
                match op.as_str() {
                    "&&" if *left == node => Some(()),
                    "&&" | "??" | "||" => self.value(unit, parent, is_answer),
                    "==" | "===" | "!=" | "!==" => is_nothing(u, other).then_some(()),
                    _ => None,
                }
            }
            Kind::If { condition, is_expression, .. } => match (*condition == node, is_expression) {
                (true, _) => Some(()),
                (false, true) => self.value(unit, parent, is_answer),
                (false, false) => None,
            },
            Kind::Let { pattern, init: Some(init), .. } if *init == node => {
                self.bindings(unit, &pattern.bindings.clone(), &[], is_answer)
            }
            Kind::Assign { target, value, op } if *value == node => match u.kind(*target) {
                Kind::Name { .. } if matches!(op.as_str(), "=" | "??=" | "||=") => {
                    let (unit, binding) = declaration(self.view, unit, *target)?;
                    self.bindings(unit, &[binding], &[], is_answer)
                }
                _ => None,
            },
            // What is assigned to the name is followed by itself.
            Kind::Assign { .. } => matches!(u.kind(node), Kind::Name { .. }).then_some(()),
            Kind::Array(items) => {
                let index = items.iter().position(|&item| item == node)?;
                self.one_of_many(unit, parent, u32::try_from(index).ok()?, is_answer)
            }
            Kind::Index { object, index } if *object == node => match u.kind(*index) {
                Kind::Literal(Literal::Number(_)) => self.value(unit, parent, false),
                Kind::Literal(Literal::String(name)) => self.column(name),
                _ => None,
            },
            Kind::Member { object, name, .. } if *object == node => {
                self.member(unit, parent, &name.clone(), is_answer)
            }
            Kind::Loop(l) if l.over == Some(node) => {
                let is_of_elements = matches!(l.kind, LoopKind::Each | LoopKind::EachAwait);
                let pattern = l.pattern.as_ref().filter(|_| is_of_elements)?;
                self.found.used.is_worked_off |= self.goes_out(unit, l.body);
                self.bindings(unit, &pattern.bindings.clone(), &[], false)
            }
            Kind::Loop(l) if l.condition == Some(node) => Some(()),
            Kind::Match { on, arms } if *on == node => {
                let patterns = arms.iter().filter_map(|arm| arm.pattern.as_ref());
                let all: Vec<BindingId> = patterns.flat_map(|p| p.bindings.iter().copied()).collect();
                self.bindings(unit, &all, &[], is_answer)
            }
            Kind::Block { statements, has_value: true, .. } if statements.last() == Some(&node) => {
                self.value(unit, parent, is_answer)
            }
            Kind::Call { callee, args, .. } if *callee != node => {
                let index = args.iter().position(|&arg| arg == node)?;
                self.handed(unit, parent, index, is_answer)
            }
            // `.then((rows) => rows[0])`
            Kind::Return(_) | Kind::Function(_) => self.returned(unit, node, parent),
            _ => None,
        }
    }

    /// `const [a, b] = await Promise.all([query, …])`
    fn one_of_many(&mut self, unit: usize, array: NodeId, index: u32, is_answer: bool) -> Option<()> {
        let u = self.unit(unit);
        let all = u.parent(array)?;
        let Kind::Call { callee, .. } = u.kind(all) else { return None };
        let is_all = matches!(self.view.eval.value(unit, *callee),
            Value::Package(package, path) if package == "<global>" && path == "Promise.all");
        let awaited = u.parent(all).filter(|&at| is_all && matches!(u.kind(at), Kind::Await(_)))?;
        let Kind::Let { pattern, .. } = u.kind(u.parent(awaited)?) else { return None };
        let bindings = pattern.bindings.clone();
        self.bindings(unit, &bindings, &[PathStep::Index(index)], is_answer)
    }

    /// Names that are bound to rows or to parts of them; `head` is the way to the rows.
    fn bindings(
        &mut self,
        unit: usize,
        bindings: &[BindingId],
        head: &[PathStep],
        is_answer: bool,
    ) -> Option<()> {
        for &id in bindings {
            let binding = unit_of(self.view, unit).binding(id);
            let Some(path) = binding.path.strip_prefix(head) else { continue };
            if let Some(is_answer) = self.reached(path, is_answer)? {
                self.named(unit, id, is_answer)?;
            }
        }
        Some(())
    }

    /// Whether a path into rows leads to rows again, and whether those may still be in an answer; none in it where it leads
    /// to a column or beside the rows.
    #[expect(clippy::option_option, reason = "one that cannot be told, and one that is no row")]
    fn reached(&mut self, path: &[PathStep], is_answer: bool) -> Option<Option<bool>> {
        let mut is_answer = is_answer;
        for step in path {
            match step {
                PathStep::Variant(name, _) if matches!(name.as_str(), "Some" | "Ok") => {}
                PathStep::Variant(..) => return Some(None),
                // `const [rows, fields] = await connection.query(…)`
                PathStep::Index(index) if is_answer && *index == 1 => return Some(None),
                PathStep::Index(_) => is_answer = false,
                PathStep::Member(name) => match self.part(name, is_answer)? {
                    Part::Rows => is_answer = false,
                    Part::Beside | Part::Column => return Some(None),
                },
                PathStep::Rest => return None,
            }
        }
        Some(Some(is_answer))
    }

    /// Follows all uses of a name.
    fn named(&mut self, unit: usize, id: BindingId, is_answer: bool) -> Option<()> {
        let key = (std::sync::Arc::clone(&self.view.linked.file.path), unit, id);
        if self.found.followed.contains(&key) {
            return Some(());
        }
        self.found.followed.push(key);
        self.found.used.is_typed |= self.unit(unit).binding(id).ty.as_deref().is_some_and(is_of_its_own);
        let exports = &self.unit(unit).exports;
        if exports.iter().any(|export| export.local == Exported::Binding(id)) {
            return None;
        }
        for (unit, used) in uses_of(self.view, unit, id) {
            self.value(unit, used, is_answer)?;
        }
        Some(())
    }

    /// What a member of rows, or of the answer that may hold them, is. None where it may be either.
    fn part(&mut self, name: &str, is_answer: bool) -> Option<Part> {
        let of_answer = match name {
            _ if !is_answer => None,
            _ if ROWS.contains(&name) => Some(Part::Rows),
            _ if BESIDE.contains(&name) => Some(Part::Beside),
            _ => None,
        };
        match of_answer {
            Some(part) => self.column_named(name).is_none().then_some(part),
            None => self.column(name).map(|()| Part::Column),
        }
    }

    fn column_named(&self, name: &str) -> Option<&Column> {
        self.table.columns.iter().find(|own| own.code_name == *name || own.name == *name)
    }

    fn column(&mut self, name: &str) -> Option<()> {
        let name = self.column_named(name)?.name.clone();
        if !self.found.used.columns.contains(&name) {
            self.found.used.columns.push(name);
        }
        Some(())
    }

    fn member(&mut self, unit: usize, member: NodeId, name: &str, is_answer: bool) -> Option<()> {
        let u = self.unit(unit);
        let call = u
            .parent(member)
            .filter(|&call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member));
        let Some(call) = call else {
            if name == "length" {
                return Some(());
            }
            return match self.part(name, is_answer)? {
                Part::Rows => self.value(unit, member, false),
                Part::Beside | Part::Column => Some(()),
            };
        };
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let args = args.clone();
        // A further step of a query that was kept before it runs.
        let step = self.view.eval.call(unit, call);
        if step.effects.contains(Effects::DB_READ) {
            let (_, behavior) = step.behavior.as_ref()?;
            let is_narrower = behavior.rows.is_some_and(|rows| rows != Rows::Many)
                || [Slot::Columns, Slot::Join, Slot::NoRows]
                    .iter()
                    .any(|slot| behavior.slots.contains_key(slot));
            return if is_narrower { None } else { self.value(unit, call, is_answer) };
        }
        match name {
            "get" | "try_get" if self.view.is_rust() => match u.kind(bare(u, *args.first()?)) {
                Kind::Literal(Literal::String(column)) => self.column(&column.clone()),
                _ => None,
            },
            "then" => self.callbacks(unit, &args, &[0], is_answer),
            _ => match method(name, self.view.is_rust())? {
                Method::SaysNothing => Some(()),
                Method::Keeps => self.value(unit, call, is_answer),
                Method::Sifts(sees) => {
                    self.callbacks(unit, &args, sees, false)?;
                    self.value(unit, call, is_answer)
                }
                Method::Makes(sees) => self.callbacks(unit, &args, sees, false),
            },
        }
    }

    /// Functions that are called with rows as the parameters with these indexes; what stands beside them may be anything
    /// that is no function.
    fn callbacks(&mut self, unit: usize, args: &[NodeId], sees: &[u16], is_answer: bool) -> Option<()> {
        for &arg in args {
            let u = self.unit(unit);
            match u.kind(bare(u, arg)) {
                Kind::Function(function) => self.called(unit, *function, sees, is_answer)?,
                Kind::Nested(nested) => {
                    let inner = *self.view.linked.file.units[unit].nested.get(*nested as usize)?;
                    self.called(inner, FunctionId(0), sees, is_answer)?;
                }
                Kind::Literal(_) | Kind::Object { .. } | Kind::Array(_) => {}
                _ => match self.view.eval.value(unit, arg) {
                    Value::Function(function) => self.enter(&function, sees, is_answer)?,
                    // `.slice(offset)`, `.reduce(…, start)`
                    Value::Number(_) | Value::Text(_) => {}
                    _ => return None,
                },
            }
        }
        Some(())
    }

    fn called(&mut self, unit: usize, function: FunctionId, sees: &[u16], is_answer: bool) -> Option<()> {
        let function = unit_of(self.view, unit).function(function);
        // The third parameter of such a function is all rows.
        if function.params.len() > usize::from(*sees.iter().max()?) + 2
            || function.params.iter().any(|param| param.is_rest)
        {
            return None;
        }
        let seen = sees.iter().filter_map(|&index| function.params.get(usize::from(index)));
        let goes_out = function.is_async && function.body.is_some_and(|body| self.goes_out(unit, body));
        self.found.used.is_worked_off |= goes_out;
        let is_typed = seen.clone().any(|param| param.ty.as_ref().is_some_and(is_of_its_own));
        self.found.used.is_typed |= is_typed;
        let bindings: Vec<BindingId> =
            seen.flat_map(|param| param.pattern.bindings.iter().copied()).collect();
        self.bindings(unit, &bindings, &[], is_answer)
    }

    /// Whether code asks a database or another service.
    fn goes_out(&self, unit: usize, body: NodeId) -> bool {
        let calls = calls_within(self.view, unit, body);
        calls.iter().any(|(_, effects)| effects.intersects(Effects::DB.union(Effects::HTTP_REQUEST)))
    }

    /// An argument of a call: a function of the project is looked into.
    fn handed(&mut self, unit: usize, call: NodeId, index: usize, is_answer: bool) -> Option<()> {
        let u = self.unit(unit);
        if callee_name(u, call).is_some_and(|name| name == "isArray" || name == "Boolean") {
            return Some(());
        }
        self.view.eval.argument_node(unit, call, index)?;
        let target = self.view.eval.call(unit, call).target.clone()?;
        self.enter(&target, &[u16::try_from(index).ok()?], is_answer)
    }

    /// Follows rows into a function of the project.
    fn enter(&mut self, function: &FnRef, sees: &[u16], is_answer: bool) -> Option<()> {
        if self.depth >= MAX_FUNCTIONS || !function.others.is_empty() {
            return None;
        }
        let (table, depth) = (self.table, self.depth + 1);
        let mut done = None;
        let found = &mut *self.found;
        in_function(self.view, function, &mut |there| {
            let mut walk = Walk { view: there, table, found: &mut *found, depth };
            done = walk.called(there.index, function.function, sees, is_answer);
        });
        done
    }

    /// What a function that is called with the rows hands on: `.then((rows) => rows[0])`.
    fn returned(&mut self, unit: usize, node: NodeId, holder: NodeId) -> Option<()> {
        let u = self.unit(unit);
        let function = u.function(u.node(node).function);
        let closure = function.node.filter(|_| function.kind == FunctionKind::Closure)?;
        if matches!(u.kind(holder), Kind::Function(_)) && holder != closure {
            return None;
        }
        let call = u.parent(closure)?;
        let is_then = matches!(u.kind(call), Kind::Call { callee, .. } if *callee != closure)
            && callee_name(u, call).is_some_and(|name| name == "then");
        is_then.then_some(())?;
        self.value(unit, call, false)
    }
}

/// Whether a type may want more than what is used: not `any`.
fn is_of_its_own(ty: &TypeExpr) -> bool {
    !matches!(ty.path.as_slice(), [only] if matches!(only.as_str(), "any" | "unknown"))
}

/// Whether a value is nothing: `null`, `undefined`.
fn is_nothing(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Literal(Literal::Null | Literal::Undefined) => true,
        Kind::Name { name, .. } => name == "undefined",
        _ => false,
    }
}
