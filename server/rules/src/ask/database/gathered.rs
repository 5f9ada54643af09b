//! Whether the rows of a query are only counted, added up or sifted by the code that fetched them.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, BindingKind, FunctionId, Kind, Literal, NodeId, PathStep, Unit};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{bare, callee_name};
use crate::view::CallView;

/// How far the rows are followed through names and calls.
const MAX_STEPS: u32 = 40;

/// What is made of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gathered {
    /// They are counted.
    Count,
    /// One of their columns is added up.
    Sum,
}

/// What the code makes of the rows of a query, if it is nothing but numbers.
pub struct Numbers {
    /// All that is made of them.
    pub made: Vec<Gathered>,
    /// Every `length` and its kin that counts all of them, as the whole expression: for fixes.
    pub lengths: Vec<NodeId>,
    /// The name that they are bound to.
    pub bound: Option<BindingId>,
}

/// What becomes of a part of the rows.
enum Fate {
    Made(Gathered),
    /// It is only asked whether there are any, or whether it failed.
    Nothing,
}

/// What a call's rows are made into, where all that becomes of them can be seen and is a number.
#[must_use]
pub fn numbers(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Numbers> {
    let mut found = Numbers { made: Vec::new(), lengths: Vec::new(), bound: None };
    let mut search = Search { view, found: &mut found, left: MAX_STEPS };
    search.value(call.node)?;
    (!found.made.is_empty()).then_some(found)
}

struct Search<'a, 'u> {
    view: &'a UnitView<'u>,
    found: &'a mut Numbers,
    left: u32,
}

/// Members under which clients hand over the rows, and those beside them that say nothing of the rows.
const ROWS: &[&str] = &["data", "rows"];
const BESIDE: &[&str] = &["error", "status", "statusText", "rowCount", "fields"];

impl Search<'_, '_> {
    /// Follows a value that is the rows, or the answer that holds them.
    fn value(&mut self, node: NodeId) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let u: &Unit = self.view.unit;
        let parent = u.parent(node)?;
        match u.kind(parent) {
            Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. } => self.value(parent),
            Kind::Unary { op, .. } if op == "&" => self.value(parent),
            // Whether there are any.
            Kind::Unary { op, .. } if op == "!" => Some(()),
            Kind::If { condition, .. } if *condition == node => Some(()),
            Kind::Binary { op, left, right } if matches!(op.as_str(), "??" | "||" | "&&") => {
                let is_empty = matches!(u.kind(bare(u, *right)), Kind::Array(items) if items.is_empty());
                match op.as_str() {
                    "&&" if *left == node => Some(()),
                    "||" if *left == node && !is_empty && is_condition(u, parent) => Some(()),
                    "||" if *right == node && is_condition(u, parent) => Some(()),
                    "??" | "||" if *left == node && is_empty => self.value(parent),
                    _ => None,
                }
            }
            Kind::Let { pattern, init: Some(init), .. } if *init == node => {
                let bindings = pattern.bindings.clone();
                self.bindings(&bindings, &[])
            }
            Kind::Array(items) => {
                let index = items.iter().position(|&item| item == node)?;
                self.one_of_many(parent, u32::try_from(index).ok()?)
            }
            Kind::Member { object, name, .. } if *object == node => self.member(parent, name),
            Kind::Loop(l) if l.over == Some(node) => {
                self.found.made.push(added_up_in(self.view, l.body)?);
                Some(())
            }
            _ => None,
        }
    }

    /// `const [a, b] = await Promise.all([query, …])`
    fn one_of_many(&mut self, array: NodeId, index: u32) -> Option<()> {
        let u = self.view.unit;
        let all = u.parent(array)?;
        let Kind::Call { callee, .. } = u.kind(all) else { return None };
        let is_all = matches!(self.view.eval.value(self.view.index, *callee),
            Value::Package(package, path) if package == "<global>" && path == "Promise.all");
        let awaited = u.parent(all).filter(|&at| matches!(u.kind(at), Kind::Await(_)))?;
        let Kind::Let { pattern, .. } = u.kind(u.parent(awaited)?) else { return None };
        let bindings = pattern.bindings.clone();
        is_all.then_some(())?;
        self.bindings(&bindings, &[PathStep::Index(index)])
    }

    /// Names that are bound to the answer, or to parts of it; `head` is the way to it.
    fn bindings(&mut self, bindings: &[BindingId], head: &[PathStep]) -> Option<()> {
        let u = self.view.unit;
        let mut is_bound = false;
        for &id in bindings {
            let binding = u.binding(id);
            let Some(path) = binding.path.strip_prefix(head) else { continue };
            let is_rows = match path {
                [] => true,
                [PathStep::Member(name)] if ROWS.contains(&name.as_str()) => true,
                [PathStep::Member(name)] if BESIDE.contains(&name.as_str()) || name == "count" => continue,
                // `const [rows] = await connection.query(…)`
                [PathStep::Index(0)] if head.is_empty() && is_of_text(self.view, binding.value) => true,
                _ => return None,
            };
            if !is_rows || binding.kind != BindingKind::Variable || !binding.assignments.is_empty() {
                return None;
            }
            is_bound = true;
            if path.is_empty() && head.is_empty() {
                self.found.bound = Some(id);
            }
            for &used in &binding.uses {
                self.value(used)?;
            }
        }
        is_bound.then_some(())
    }

    fn member(&mut self, member: NodeId, name: &str) -> Option<()> {
        let u = self.view.unit;
        if ROWS.contains(&name) {
            return self.value(member);
        }
        if BESIDE.contains(&name) {
            return Some(());
        }
        if name == "length" && !self.view.is_rust() {
            return self.number(member, true);
        }
        let call = u
            .parent(member)
            .filter(|&call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member))?;
        match name {
            "len" | "count" if self.view.is_rust() => self.number(call, true),
            "is_empty" => Some(()),
            "iter" | "into_iter" => self.value(call),
            "filter" => {
                is_plain_callback(self.view, call).then_some(())?;
                self.sifted(call)
            }
            // `.map((row) => row.amount).reduce(…)`, `.iter().map(|row| row.amount).sum()`
            "map" => {
                is_plain_callback(self.view, call).then_some(())?;
                let next = u.parent(call)?;
                matches!(u.kind(next), Kind::Member { name, .. } if matches!(name.as_str(), "reduce" | "sum")).then_some(())?;
                self.value(call)
            }
            "sum" if self.view.is_rust() => {
                self.found.made.push(Gathered::Sum);
                Some(())
            }
            "forEach" => {
                let body = callback(u, call).and_then(|function| u.function(function).body)?;
                self.found.made.push(added_up_in(self.view, body)?);
                Some(())
            }
            "reduce" => {
                adds_up(self.view, call).then_some(())?;
                self.found.made.push(Gathered::Sum);
                Some(())
            }
            _ => None,
        }
    }

    /// `rows.filter(…)`: of what is left, only the number may be wanted.
    fn sifted(&mut self, filtered: NodeId) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        let u = self.view.unit;
        let member = u.parent(filtered)?;
        let Kind::Member { name, .. } = u.kind(member) else { return None };
        match name.as_str() {
            "length" => self.number(member, false),
            "count" if self.view.is_rust() => self.number(u.parent(member)?, false),
            "reduce" | "filter" | "map" => self.member(member, &name.clone()),
            _ => None,
        }
    }

    /// A number of rows: compared with none, it only says whether there are any.
    fn number(&mut self, node: NodeId, is_of_all: bool) -> Option<()> {
        match fate_of_number(self.view.unit, node) {
            Fate::Nothing => {}
            Fate::Made(made) => {
                self.found.made.push(made);
                if is_of_all {
                    self.found.lengths.push(node);
                }
            }
        }
        Some(())
    }
}

fn fate_of_number(u: &Unit, node: NodeId) -> Fate {
    let few =
        |node: NodeId| matches!(u.kind(node), Kind::Literal(Literal::Number(n)) if n == "0" || n == "1");
    let Some(parent) = u.parent(node) else { return Fate::Made(Gathered::Count) };
    let is_emptiness = match u.kind(parent) {
        Kind::Binary { op, left, right } => match op.as_str() {
            ">" | "<" | ">=" | "<=" | "===" | "==" | "!==" | "!=" => few(*left) || few(*right),
            "&&" => *left == node,
            // `data?.length || 0`
            _ => false,
        },
        Kind::Unary { op, .. } => op == "!",
        Kind::If { condition, .. } => *condition == node,
        _ => false,
    };
    if is_emptiness { Fate::Nothing } else { Fate::Made(Gathered::Count) }
}

/// Whether a value is the awaited answer to a query that is text.
fn is_of_text(view: &UnitView<'_>, value: Option<NodeId>) -> bool {
    let Some(Kind::Await(call)) = value.map(|value| view.unit.kind(value)) else { return false };
    view.call(*call).is_some_and(|call| call.slot(Slot::Sql).is_some())
}

/// Whether a node is asked whether it holds.
fn is_condition(u: &Unit, node: NodeId) -> bool {
    let mut at = node;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Binary { op, .. } if matches!(op.as_str(), "||" | "&&") => at = parent,
            Kind::If { condition, .. } => return *condition == at,
            _ => return false,
        }
    }
    false
}

/// Calls that only read a value in another form.
const FORMS: &[&str] = &[
    "Number",
    "parseFloat",
    "parseInt",
    "String",
    "toLowerCase",
    "toUpperCase",
    "to_lowercase",
    "includes",
    "getTime",
    "toNumber",
    "to_f64",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "abs",
    "is_some",
    "is_none",
    "as_str",
    "as_deref",
    "contains",
    "clone",
];

/// Whether the code of a node computes nothing that the database cannot: columns, constants, comparisons.
fn is_plain(u: &Unit, root: NodeId) -> bool {
    u.descendants(root).into_iter().all(|part| match u.kind(part) {
        Kind::Call { .. } => callee_name(u, part).is_some_and(|name| {
            let name = name.as_str();
            FORMS.contains(&name) || name == "Date" || name == "now"
        }),
        Kind::Await(_) | Kind::Function(_) | Kind::Nested(_) | Kind::Loop(_) | Kind::Return(None) => false,
        _ => true,
    })
}

fn callback(u: &Unit, call: NodeId) -> Option<FunctionId> {
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    match u.kind(*args.first()?) {
        Kind::Function(function) => Some(*function),
        _ => None,
    }
}

fn is_plain_callback(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    callback(u, call).and_then(|function| u.function(function).body).is_some_and(|body| is_plain(u, body))
}

/// `.reduce((sum, row) => sum + row.amount, 0)`
fn adds_up(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let starts_at_number =
        args.get(1).is_some_and(|&start| matches!(u.kind(start), Kind::Literal(Literal::Number(_))));
    let Some(body) = callback(u, call).and_then(|function| u.function(function).body) else { return false };
    let result = match u.kind(body) {
        Kind::Block { statements, .. } => match statements.as_slice() {
            [only] => match u.kind(*only) {
                Kind::Return(Some(value)) => *value,
                _ => return false,
            },
            _ => return false,
        },
        _ => body,
    };
    let is_sum = matches!(u.kind(bare(u, result)), Kind::Binary { op, .. } if op == "+");
    starts_at_number && is_sum && is_plain(u, result)
}

/// Whether the body of a loop only adds to names outside of it: `total += row.amount`.
fn added_up_in(view: &UnitView<'_>, body: NodeId) -> Option<Gathered> {
    let u = view.unit;
    let mut adds = false;
    for part in u.descendants(body) {
        match u.kind(part) {
            Kind::Assign { op, target, .. } if op == "+=" && matches!(u.kind(*target), Kind::Name { .. }) => {
                adds = true;
            }
            Kind::Unary { op, .. } if op == "++" => adds = true,
            Kind::Assign { .. } | Kind::Return(_) | Kind::Throw(_) | Kind::Await(_) | Kind::Let { .. } => {
                return None;
            }
            Kind::Call { .. } if !is_plain(u, part) => return None,
            Kind::Function(_) | Kind::Nested(_) | Kind::Loop(_) => return None,
            _ => {}
        }
    }
    adds.then_some(Gathered::Sum)
}
