//! What the statements behind a call do to rows, as the code at the call sees it: which columns they compare and write,
//! and with which of its values, through the project's own functions.

mod conditions;
mod data;
mod flow;
mod sql;

use std::cell::{Cell as Slate, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{BindingKind, Effects, FunctionId, Key, Kind, Literal, Name, NodeId, PathStep, Unit};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::{FnRef, SlotValue, Value};
use rustc_hash::FxHashMap;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, in_function, receiver, unit_of};
use crate::ask::database::table::{is_in_process, schema_of};
use crate::ask::database::touch::{Action, touches};
use crate::view::CallView;

pub use flow::{Computed, Row, computed_from, is_same_value, path_of, row_of};

/// How many of the project's own functions lie between a call and a statement at most.
const MAX_CALLS: u32 = 3;
/// How many statements are told of one call.
const MAX_ACCESSES: usize = 40;

/// One thing that a statement does to the rows of one table.
#[derive(Clone, Debug)]
pub struct Access<V = Seen> {
    /// What it does.
    pub action: Action,
    /// The table, by the name that the code has for it.
    pub table: Option<String>,
    /// What describes the tables it works with.
    pub schema: Option<Arc<ProjectSchema>>,
    /// Whether it asks for a number of rows, or whether there are any.
    pub is_count: bool,
    /// Columns that are compared for equality.
    pub keys: Vec<Cell<V>>,
    /// Whether there may be other conditions, or alternatives.
    pub has_more_conditions: bool,
    /// Columns that are written, as far as they are named.
    pub written: Vec<Cell<V>>,
    /// All that is written, as it is handed over.
    pub data: Vec<V>,
    /// The row that is saved as a whole.
    pub row: Option<V>,
    /// Whether it locks the rows it reads.
    pub locks: bool,
    /// The only column that it reads.
    pub only_column: Option<String>,
    /// Whether its library is taken for what it is by convention.
    pub is_convention: bool,
    /// Whether a function of the project on the way tells violations of unique keys from other failures.
    pub tells_conflicts: bool,
    /// Whether it runs in the process itself, so that nothing else of the process runs before it is done.
    pub in_process: bool,
    /// Whether the call itself names the table: `prisma.user.create`.
    pub is_called_by_its_table: bool,
    /// Whether a function of the project lies between the call and it.
    pub is_indirect: bool,
}

/// A column with a value.
#[derive(Clone, Debug)]
pub struct Cell<V = Seen> {
    /// The column, as it is spelled.
    pub column: String,
    /// The value; none where it is a constant of the statement, or nothing that the caller sees.
    pub value: Option<V>,
}

/// A value where it can be seen: a node of the file under review, or a member of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The unit of the file.
    pub unit: usize,
    /// The node. The assignment itself, where a member of a row is assigned.
    pub node: NodeId,
    /// Members of it.
    pub path: Vec<Name>,
}

/// A value that a function is handed: a parameter, or a member of it.
#[derive(Clone, Debug)]
struct Handed {
    parameter: u16,
    path: Vec<Name>,
}

impl Seen {
    pub(crate) fn at(unit: usize, node: NodeId) -> Seen {
        Seen { unit, node, path: Vec::new() }
    }
}

impl<V> Access<V> {
    fn map<W>(self, to: impl Fn(V) -> Option<W>) -> Access<W> {
        let cells = |cells: Vec<Cell<V>>| -> Vec<Cell<W>> {
            let cells = cells.into_iter();
            cells.map(|cell| Cell { column: cell.column, value: cell.value.and_then(&to) }).collect()
        };
        Access {
            action: self.action,
            table: self.table,
            schema: self.schema,
            is_count: self.is_count,
            keys: cells(self.keys),
            has_more_conditions: self.has_more_conditions,
            written: cells(self.written),
            data: self.data.into_iter().filter_map(&to).collect(),
            row: self.row.and_then(&to),
            locks: self.locks,
            only_column: self.only_column,
            is_convention: self.is_convention,
            tells_conflicts: self.tells_conflicts,
            in_process: self.in_process,
            is_called_by_its_table: self.is_called_by_its_table,
            is_indirect: self.is_indirect,
        }
    }
}

/// A call: its file, unit and node.
type CallKey = (Arc<str>, usize, NodeId);

/// A function, and how many functions lie before it.
type FunctionKey = (FnRef, u32);

/// What was found of statements in one review. Rules ask of every call before every write, and a helper that many
/// calls lead to would be read again for each of them, and for each way there.
#[derive(Debug, Default)]
pub struct AccessMemo {
    calls: RefCell<FxHashMap<CallKey, Rc<[Access]>>>,
    functions: RefCell<FxHashMap<FunctionKey, Rc<[Access<Handed>]>>>,
    functions_read: Slate<usize>,
}

impl AccessMemo {
    /// How many functions were read for their statements.
    #[must_use]
    pub fn functions_read(&self) -> usize {
        self.functions_read.get()
    }
}

/// What the statements behind a call do to rows, in the order of the text.
#[must_use]
pub fn accesses(view: &UnitView<'_>, call: NodeId) -> Rc<[Access]> {
    let key = (Arc::clone(&view.linked.file.path), view.index, call);
    let memo = &view.project.memo.accesses;
    if let Some(known) = memo.calls.borrow().get(&key) {
        return Rc::clone(known);
    }
    let found: Rc<[Access]> = collect(view, call, 0).into();
    memo.calls.borrow_mut().insert(key, Rc::clone(&found));
    found
}

/// A column's name without case and underscores.
#[must_use]
pub fn plain_column(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn collect(view: &UnitView<'_>, node: NodeId, depth: u32) -> Vec<Access> {
    let Some(call) = view.call(node) else { return Vec::new() };
    if call.facts.effects.intersects(Effects::DB) {
        return direct(view, &call);
    }
    let Some(target) = &call.facts.target else { return Vec::new() };
    let is_known = call.summary.as_ref().is_some_and(|summary| summary.effects.intersects(Effects::DB));
    let Kind::Call { args, .. } = view.unit.kind(node) else { return Vec::new() };
    let has_spread = args.iter().any(|&arg| matches!(view.unit.kind(arg), Kind::Spread(_)));
    if !is_known || has_spread || depth >= MAX_CALLS {
        return Vec::new();
    }
    let inside = inside(view, target, depth + 1);
    let found = inside.iter().cloned();
    let mut found: Vec<Access> =
        found.map(|access| access.map(|handed| argument(view, args, handed))).collect();
    for access in &mut found {
        data::add_handed(view, access);
    }
    found
}

/// What a function of the project does to rows, with the values that it is handed.
fn inside(view: &UnitView<'_>, function: &FnRef, depth: u32) -> Rc<[Access<Handed>]> {
    let memo = &view.project.memo.accesses;
    let key = (function.clone(), depth);
    if let Some(known) = memo.functions.borrow().get(&key) {
        return Rc::clone(known);
    }
    memo.functions_read.set(memo.functions_read.get() + 1);
    let mut found = Vec::new();
    in_function(view, function, &mut |there| {
        let tells = OnceCell::new();
        for call in there.calls_with(Effects::DB) {
            let runs_in_it = there
                .functions_around(call.node)
                .iter()
                .take_while(|(unit, id, _)| (*unit, *id) != (there.index, function.function))
                .all(|(_, _, context)| context.is_inline());
            if !runs_in_it || found.len() >= MAX_ACCESSES {
                continue;
            }
            for mut access in collect(there, call.node, depth) {
                access.is_indirect = true;
                access.tells_conflicts |=
                    *tells.get_or_init(|| tells_conflicts(there.unit) || hands_errors_on(there));
                found.push(access.map(|seen| handed(there, function.function, &seen, 3)));
            }
        }
    });
    let found: Rc<[Access<Handed>]> = found.into();
    memo.functions.borrow_mut().insert(key, Rc::clone(&found));
    found
}

/// Whether something in a unit tells violations of unique keys from other failures.
#[must_use]
pub fn tells_conflicts(u: &Unit) -> bool {
    u.nodes.iter().any(|node| match &node.kind {
        Kind::Literal(Literal::String(text) | Literal::Number(text)) => {
            plimsoll_project::tells_conflicts(text)
        }
        Kind::Name { name, .. } | Kind::Member { name, .. } => plimsoll_project::tells_conflicts(name),
        Kind::Match { arms, .. } => {
            let names = arms.iter().filter_map(|arm| arm.pattern.as_ref()).flat_map(|p| &p.variants);
            names.into_iter().any(|name| plimsoll_project::tells_conflicts(name))
        }
        _ => false,
    })
}

/// Whether a unit hands its errors to a function of the project that tells such violations from other failures:
/// `.map_err(of_database)`, `.catch((error) => rethrow(error))`.
#[must_use]
pub fn hands_errors_on(view: &UnitView<'_>) -> bool {
    const TAKES_ERRORS: &[&str] = &["map_err", "or_else", "catch", "unwrap_or_else"];
    let u = view.unit;
    let mut told = false;
    let mut tells = |function: &FnRef| {
        in_function(view, function, &mut |there| told |= tells_conflicts(there.unit));
        told
    };
    let handlers = u.calls.iter().filter_map(|&call| {
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let takes_errors = callee_name(u, call).is_some_and(|name| TAKES_ERRORS.contains(&name.as_str()));
        args.last().copied().filter(|_| takes_errors)
    });
    for handler in handlers {
        if let Value::Function(function) = view.eval.value(view.index, handler)
            && tells(&function)
        {
            return true;
        }
        let calls = u.descendants(handler).into_iter().filter(|&n| matches!(u.kind(n), Kind::Call { .. }));
        let targets: Vec<_> =
            calls.filter_map(|call| view.eval.call(view.index, call).target.clone()).collect();
        if targets.iter().any(&mut tells) {
            return true;
        }
    }
    false
}

/// The parameter of the unit's function that a value comes from unchanged, or but for its case and its white space.
fn handed(view: &UnitView<'_>, function: FunctionId, seen: &Seen, depth: u32) -> Option<Handed> {
    let u = unit_of(view, seen.unit);
    let node = bare(u, seen.node);
    let with = |mut handed: Handed, name: Option<&Name>| {
        handed.path.extend(name.cloned());
        handed.path.extend(seen.path.iter().cloned());
        Some(handed)
    };
    match u.kind(node) {
        Kind::Name { .. } => {
            let (unit, binding) = declaration(view, seen.unit, node)?;
            let binding = unit_of(view, unit).binding(binding);
            match binding.kind {
                BindingKind::Parameter(own, parameter) if (unit, own) == (view.index, function) => {
                    let members = binding.path.iter().map(|step| match step {
                        PathStep::Member(name) => Some(name.clone()),
                        _ => None,
                    });
                    with(Handed { parameter, path: members.collect::<Option<_>>()? }, None)
                }
                BindingKind::Variable
                    if depth > 0 && binding.path.is_empty() && binding.assignments.is_empty() =>
                {
                    with(handed(view, function, &Seen::at(unit, binding.value?), depth - 1)?, None)
                }
                _ => None,
            }
        }
        Kind::Member { object, name, .. } => {
            with(handed(view, function, &Seen::at(seen.unit, *object), depth)?, Some(name))
        }
        Kind::Call { .. } if depth > 0 => {
            let of = receiver(u, node).filter(|_| is_same_but_for_its_form(u, node))?;
            with(handed(view, function, &Seen::at(seen.unit, of), depth - 1)?, None)
        }
        _ => None,
    }
}

/// Methods that yield what they are called on, in another form.
const FORMS: &[&str] = &[
    "trim",
    "toLowerCase",
    "to_lowercase",
    "to_ascii_lowercase",
    "toUpperCase",
    "to_uppercase",
    "toString",
    "to_string",
    "to_owned",
    "clone",
    "cloned",
    "as_str",
    "as_ref",
    "into",
    "normalize",
    "as_deref",
];

/// Whether a method yields what it is called on in another form.
pub(crate) fn is_same_but_for_its_form(u: &Unit, call: NodeId) -> bool {
    callee_name(u, call).is_some_and(|name| FORMS.contains(&name.as_str()))
}

/// The argument of a call that a function knows by its parameter.
fn argument(view: &UnitView<'_>, args: &[NodeId], handed: Handed) -> Option<Seen> {
    let mut node = *args.get(usize::from(handed.parameter))?;
    let mut path = handed.path.as_slice();
    while let Some((first, rest)) = path.split_first() {
        let Kind::Object { entries, .. } = view.unit.kind(bare(view.unit, node)) else { break };
        let named =
            |entry: &&plimsoll_behavior::Entry| matches!(&entry.key, Key::Name(name) if name == first);
        node = entries.iter().find(named)?.value;
        path = rest;
    }
    Some(Seen { unit: view.index, node, path: path.to_vec() })
}

/// What a library call does to rows.
fn direct(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Access> {
    if call.slot(Slot::Sql).is_some() {
        return sql::accesses(view, call);
    }
    let touched = touches(view, call).into_iter().next();
    let action = touched.as_ref().map(|touch| touch.action).or_else(|| own_action(call));
    let Some(action) = action else { return Vec::new() };
    let mut access = blank(view, call, action);
    access.table = touched.map(|touch| touch.table);
    access.is_called_by_its_table = matches!(call.slot(Slot::Table), Some(SlotValue::Text(_)));
    access.is_count = call.facts.rows == Some(Rows::Aggregate);
    access.locks = call.slot(Slot::Lock).is_some();
    conditions::add(view, call, &mut access);
    data::add(view, call, &mut access);
    vec![access]
}

/// What a call does whose table is not known.
fn own_action(call: &CallView<'_>) -> Option<Action> {
    match call.slot(Slot::Action) {
        Some(SlotValue::Text(name)) => Action::named(name),
        _ if call.facts.effects.contains(Effects::DB_WRITE) => None,
        _ => Some(Action::Read),
    }
}

fn blank(view: &UnitView<'_>, call: &CallView<'_>, action: Action) -> Access {
    Access {
        action,
        table: None,
        schema: schema_of(view, call),
        is_count: false,
        keys: Vec::new(),
        has_more_conditions: false,
        written: Vec::new(),
        data: Vec::new(),
        row: None,
        locks: false,
        only_column: None,
        is_convention: call.facts.is_convention,
        tells_conflicts: false,
        in_process: is_in_process(view, call.facts),
        is_called_by_its_table: false,
        is_indirect: false,
    }
}
