//! By which conditions a query is narrowed, however they are written.

use plimsoll_behavior::models::{Predicate, Rows, Slot};
use plimsoll_behavior::{Entry, Key, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_project::schema::sql::{self, Comparison, Operand};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, receiver, unit_of};
use crate::ask::database::touch::chain;
use crate::view::CallView;

/// How deeply conditions may be nested, and how many alternatives are told apart.
const MAX_DEPTH: u32 = 12;
const MAX_ALTERNATIVES: usize = 16;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The column, as it is spelled.
    pub column: String,
    /// How it is compared.
    pub compared: Compared,
}

/// How a column is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// With one value.
    Equal,
    /// With one value that the code writes out: text, a number, `true`.
    Constant(String),
    /// With a list or what another query finds.
    OneOf,
    /// With a bound.
    Range,
    /// With nothing: `IS NULL`.
    Null,
    /// For being another: `<>`, `IS NOT NULL`, `NOT IN`.
    Not,
    /// In any other way: a search, containment.
    Other,
}

/// The filter of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub alternatives: Vec<Vec<Condition>>,
    pub is_open: bool,
}

impl Filter {
    fn open() -> Filter {
        Filter { alternatives: Vec::new(), is_open: true }
    }

    fn everything() -> Filter {
        Filter { alternatives: vec![Vec::new()], is_open: false }
    }

    fn of(column: &str, compared: Compared) -> Filter {
        let column = column.rsplit('.').next().unwrap_or(column).to_owned();
        Filter { alternatives: vec![vec![Condition { column, compared }]], is_open: false }
    }

    fn and(self, other: Filter) -> Filter {
        let is_open = self.is_open || other.is_open;
        if self.alternatives.is_empty() || other.alternatives.is_empty() {
            let alternatives =
                if self.alternatives.is_empty() { other.alternatives } else { self.alternatives };
            return Filter { alternatives, is_open };
        }
        if self.alternatives.len() * other.alternatives.len() > MAX_ALTERNATIVES {
            return Filter::open();
        }
        let both = self.alternatives.iter().flat_map(|one| {
            other.alternatives.iter().map(move |two| one.iter().chain(two).cloned().collect())
        });
        Filter { alternatives: both.collect(), is_open }
    }

    fn or(self, other: Filter) -> Filter {
        // An alternative without a condition lets everything through; one that is not told may too.
        let is_open =
            self.is_open || other.is_open || self.alternatives.is_empty() || other.alternatives.is_empty();
        let alternatives = self.alternatives.into_iter().chain(other.alternatives).collect();
        Filter { alternatives, is_open }
    }

    /// Adds what a later step of a builder asks, unless it is only taken on some paths.
    pub(super) fn add_step(&mut self, view: &UnitView<'_>, step: NodeId) {
        let u = view.unit;
        let facts = view.eval.call(view.index, step);
        if u.ancestors(step).any(|at| matches!(u.kind(at), Kind::If { .. } | Kind::Match { .. })) {
            return;
        }
        let Some((_, behavior)) = &facts.behavior else {
            self.is_open = true;
            return;
        };
        if behavior.predicate.is_none() && !behavior.slots.contains_key(&Slot::Filter) {
            return;
        }
        let filter = std::mem::take(self);
        *self = filter.and(of_step(view, view.index, step));
    }
}

/// The filter of a library call.
pub(super) fn of_call(view: &UnitView<'_>, call: &CallView<'_>) -> Filter {
    let mut filter = Filter::default();
    for (slot, value) in &call.facts.slots {
        if *slot != Slot::Filter {
            continue;
        }
        let SlotValue::Node(site) = value else { return Filter::open() };
        let Some((unit, node)) = view.node_at(site) else { return Filter::open() };
        let u = unit_of(view, unit);
        let is_first =
            |call: &NodeId| matches!(u.kind(*call), Kind::Call { args, .. } if args.first() == Some(&node));
        let own = match u.parent(node).filter(is_first) {
            Some(step) if matches!(u.kind(node), Kind::Literal(Literal::String(_))) => {
                of_step(view, unit, step)
            }
            _ => expression(view, unit, node, 0),
        };
        filter = filter.and(own);
    }
    // Steps that filter without a slot: their models say nothing of them.
    let filters_otherwise = chain(view.unit, call.node).into_iter().any(|step| {
        let named = callee_name(view.unit, step).is_some_and(|name| {
            ["where", "filter", "match", "belongs", "having", "modify", "apply", "$if", "find_related"]
                .iter()
                .any(|start| name.starts_with(start))
        });
        let facts = view.eval.call(view.index, step);
        let is_told = facts.behavior.as_ref().is_some_and(|(_, b)| b.slots.contains_key(&Slot::Filter));
        named && !is_told
    });
    filter.is_open |= filters_otherwise;
    filter
}

/// `.eq("id", id)`, `.where("id", "=", id)`, `.match({ … })`
fn of_step(view: &UnitView<'_>, unit: usize, step: NodeId) -> Filter {
    let u = unit_of(view, unit);
    let facts = view.eval.call(unit, step);
    let predicate = facts.behavior.as_ref().and_then(|(_, behavior)| behavior.predicate);
    let Kind::Call { args, .. } = u.kind(step) else { return Filter::open() };
    let Some(&first) = args.first() else { return Filter::open() };
    let Kind::Literal(Literal::String(column)) = u.kind(bare(u, first)) else {
        return expression(view, unit, first, 0);
    };
    if column.contains([' ', '=', ':', '(']) {
        return Filter::open();
    }
    let of_operator = |op: NodeId, value: NodeId| match u.kind(bare(u, op)) {
        Kind::Literal(Literal::String(op)) => match op.to_ascii_lowercase().as_str() {
            "=" | "==" | "===" | "eq" => equal_to(view, unit, value),
            "in" => Compared::OneOf,
            "<" | ">" | "<=" | ">=" | "lt" | "lte" | "gt" | "gte" => Compared::Range,
            "!=" | "<>" | "is not" | "neq" | "not in" => Compared::Not,
            "is" => Compared::Null,
            _ => Compared::Other,
        },
        _ => Compared::Other,
    };
    let compared = match (predicate, &**args) {
        (Some(Predicate::Equal) | None, [_, op, value]) => of_operator(*op, *value),
        // `.not("deleted_at", "is", null)`
        (Some(Predicate::Not), _) => Compared::Not,
        (Some(Predicate::Equal) | None, [_, value]) => equal_to(view, unit, *value),
        (Some(Predicate::In), _) => Compared::OneOf,
        (Some(Predicate::Range), _) => Compared::Range,
        (Some(Predicate::IsNull), [_, value]) => match equal_to(view, unit, *value) {
            Compared::Equal => Compared::Null,
            constant => constant,
        },
        (Some(Predicate::IsNull), _) => Compared::Null,
        (Some(Predicate::Or), _) => return Filter::open(),
        _ => Compared::Other,
    };
    Filter::of(column, compared)
}

fn equal_to(view: &UnitView<'_>, unit: usize, value: NodeId) -> Compared {
    let u = unit_of(view, unit);
    match u.kind(bare(u, value)) {
        Kind::Literal(Literal::Null) => Compared::Null,
        Kind::Literal(Literal::String(text) | Literal::Number(text)) => Compared::Constant(text.to_string()),
        Kind::Literal(Literal::Bool(flag)) => Compared::Constant(flag.to_string()),
        kind => match (view.eval.value(unit, value), kind) {
            (Value::Null, _) => Compared::Null,
            (Value::Text(text), _) => Compared::Constant(text.to_string()),
            // `OrderStatus.Paid`
            (_, Kind::Member { object, name, .. }) if is_enumeration(u, *object) => {
                Compared::Constant(name.to_string())
            }
            _ => Compared::Equal,
        },
    }
}

/// Whether a name is written as that of a type, whose members are constants.
fn is_enumeration(u: &Unit, node: NodeId) -> bool {
    matches!(u.kind(node), Kind::Name { name, .. } if name.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn expression(view: &UnitView<'_>, unit: usize, node: NodeId, depth: u32) -> Filter {
    let u = unit_of(view, unit);
    let node = bare(u, node);
    if depth > MAX_DEPTH {
        return Filter::open();
    }
    match u.kind(node) {
        Kind::Object { entries, .. } => object(view, unit, entries, depth),
        Kind::Function(function) => match u.function(*function).body {
            Some(body) if !matches!(u.kind(body), Kind::Block { .. }) => {
                expression(view, unit, body, depth + 1)
            }
            _ => Filter::open(),
        },
        Kind::Call { args, .. } => condition(view, unit, node, args, depth),
        Kind::Name { .. } => named(view, unit, node, depth),
        // A condition that may be missing: where it is, the query reads what the others leave.
        Kind::If { then, otherwise: Some(otherwise), .. } => {
            expression(view, unit, *then, depth + 1).or(expression(view, unit, *otherwise, depth + 1))
        }
        Kind::Literal(Literal::Undefined) => Filter::everything(),
        _ => Filter::open(),
    }
}

/// A filter that is kept in a variable: only one that nothing is added to is told.
fn named(view: &UnitView<'_>, unit: usize, node: NodeId, depth: u32) -> Filter {
    let Some((unit, binding)) = declaration(view, unit, node) else { return Filter::open() };
    let u = unit_of(view, unit);
    let bound = u.binding(binding);
    let changes = |&used: &NodeId| {
        u.ancestors(used).take(3).any(|at| match u.kind(at) {
            Kind::Assign { target, .. } => *target == used || u.ancestors(used).any(|a| a == *target),
            Kind::Call { callee, .. } => u.ancestors(used).any(|a| a == *callee),
            _ => false,
        })
    };
    let is_settled = bound.path.is_empty() && bound.assignments.is_empty() && !bound.uses.iter().any(changes);
    match bound.value.filter(|_| is_settled) {
        Some(value) if matches!(u.kind(bare(u, value)), Kind::Object { .. } | Kind::Call { .. }) => {
            expression(view, unit, value, depth + 1)
        }
        _ => Filter::open(),
    }
}

/// `eq(users.id, id)`, `and(…)`, `Column::Id.eq(id)`
fn condition(view: &UnitView<'_>, unit: usize, node: NodeId, args: &[NodeId], depth: u32) -> Filter {
    let u = unit_of(view, unit);
    let predicate = view.eval.call(unit, node).behavior.as_ref().and_then(|(_, b)| b.predicate);
    let name = callee_name(u, node).map_or("", |name| name.as_str());
    let each = |args: &[NodeId]| -> Vec<Filter> {
        args.iter().map(|&arg| expression(view, unit, arg, depth + 1)).collect()
    };
    let predicate = predicate.or(match name {
        "and" => Some(Predicate::And),
        "or" => Some(Predicate::Or),
        "eq" => Some(Predicate::Equal),
        "is_in" | "inArray" => Some(Predicate::In),
        "gt" | "gte" | "lt" | "lte" | "between" => Some(Predicate::Range),
        "is_null" | "isNull" => Some(Predicate::IsNull),
        "ne" | "is_not_null" | "isNotNull" => Some(Predicate::Not),
        _ => None,
    });
    // A column's own method: `Column::Id.eq(id)`.
    let own = || column_of(u, receiver(u, node)?);
    let column = args.first().and_then(|&first| column_of(u, first).filter(|_| args.len() > 1)).or_else(own);
    let value = if args.len() > 1 { args.get(1) } else { args.first() };
    let compared = match predicate {
        Some(Predicate::And) => return each(args).into_iter().fold(Filter::default(), Filter::and),
        Some(Predicate::Or) => {
            let mut all = each(args).into_iter();
            let Some(first) = all.next() else { return Filter::open() };
            return all.fold(first, Filter::or);
        }
        Some(Predicate::Equal) => value.map_or(Compared::Other, |&value| equal_to(view, unit, value)),
        Some(Predicate::In) => Compared::OneOf,
        Some(Predicate::Range) => Compared::Range,
        Some(Predicate::IsNull) => Compared::Null,
        Some(Predicate::Not) => Compared::Not,
        _ => return Filter::open(),
    };
    let column = column.or_else(|| args.first().and_then(|&first| column_of(u, first)));
    column.map_or_else(Filter::open, |column| Filter::of(&column, compared))
}

fn column_of(u: &Unit, node: NodeId) -> Option<String> {
    match u.kind(bare(u, node)) {
        Kind::Member { name, .. } => Some(name.to_string()),
        Kind::Literal(Literal::String(name)) => Some(name.to_string()),
        _ => None,
    }
}

fn object(view: &UnitView<'_>, unit: usize, entries: &[Entry], depth: u32) -> Filter {
    let u = unit_of(view, unit);
    let mut filter = Filter::default();
    for entry in entries {
        let Key::Name(name) = &entry.key else {
            filter.is_open = true;
            continue;
        };
        let value = bare(u, entry.value);
        let own = match (name.as_str(), u.kind(value)) {
            ("AND" | "and" | "$and", Kind::Array(items)) => items
                .iter()
                .map(|&item| expression(view, unit, item, depth + 1))
                .fold(Filter::default(), Filter::and),
            ("OR" | "or" | "$or", Kind::Array(items)) => {
                let mut all = items.iter().map(|&item| expression(view, unit, item, depth + 1));
                match all.next() {
                    Some(first) => all.fold(first, Filter::or),
                    None => Filter::open(),
                }
            }
            ("NOT" | "not" | "$nor", _) => Filter::of("", Compared::Not),
            ("AND" | "and" | "$and" | "OR" | "or" | "$or", _) => Filter::open(),
            (_, Kind::Object { entries: inner, .. }) => of_column(view, unit, name, inner, depth),
            (_, Kind::Name { .. } | Kind::If { .. } | Kind::Call { .. }) => {
                match view.eval.value(unit, value) {
                    Value::Syntax(_) => Filter::of(name, Compared::Other),
                    _ => Filter::of(name, equal_to(view, unit, value)),
                }
            }
            _ => Filter::of(name, equal_to(view, unit, value)),
        };
        filter = filter.and(own);
    }
    filter
}

/// `{ equals: x }`, `{ in: [...] }`, or a condition on the table that a relation leads to.
fn of_column(view: &UnitView<'_>, unit: usize, name: &str, inner: &[Entry], depth: u32) -> Filter {
    let mut filter = Filter::default();
    for entry in inner {
        let Key::Name(operator) = &entry.key else { return Filter::open() };
        let own = match operator.trim_start_matches('$') {
            "equals" | "eq" => Filter::of(name, equal_to(view, unit, entry.value)),
            "in" => Filter::of(name, Compared::OneOf),
            "gt" | "gte" | "lt" | "lte" => Filter::of(name, Compared::Range),
            "not" | "notIn" | "ne" | "nin" | "exists" | "isNot" => Filter::of(name, Compared::Not),
            "mode" => continue,
            "is" => expression(view, unit, entry.value, depth + 1),
            "some" | "every" | "none" | "contains" | "startsWith" | "endsWith" | "has" | "hasSome"
            | "hasEvery" | "search" | "path" | "regex" | "options" | "elemMatch" | "like" | "ilike" => {
                Filter::of(name, Compared::Other)
            }
            _ => object(view, unit, std::slice::from_ref(entry), depth + 1),
        };
        filter = filter.and(own);
    }
    filter
}

/// The filter of a statement in a text.
pub(super) fn of_scope(scope: &sql::Scope, has_inner: bool) -> Filter {
    let mut filter = Filter::default();
    for branch in &scope.branches {
        let own = branch.predicates.iter().filter(|predicate| !predicate.is_join);
        let conditions: Vec<Condition> = own.map(of_predicate).collect();
        // What is asked of no column may still narrow: `EXISTS (…)`.
        filter.is_open |= conditions.is_empty() && (has_inner || branch.predicates.is_empty());
        filter.alternatives.push(conditions);
    }
    filter
}

fn of_predicate(predicate: &sql::Predicate) -> Condition {
    let compared = match (predicate.comparison, &predicate.operand) {
        _ if predicate.function.is_some() => Compared::Other,
        (Comparison::Equal, Operand::Literal | Operand::Number(_)) => Compared::Constant(String::new()),
        (Comparison::Equal, Operand::Placeholder(_)) => Compared::Equal,
        (Comparison::Equal, _) => Compared::Other,
        (Comparison::In | Comparison::Any, _) => Compared::OneOf,
        (Comparison::Range, _) => Compared::Range,
        (Comparison::IsNull, _) => Compared::Null,
        (Comparison::Truth, _) => Compared::Constant("true".to_owned()),
        (Comparison::NotEqual | Comparison::NotIn | Comparison::IsNotNull, _) => Compared::Not,
        (Comparison::Like { .. } | Comparison::Other, _) => Compared::Other,
    };
    Condition { column: predicate.column.to_string(), compared }
}

/// The columns that a query names; none where it asks for what the database computes of all rows.
pub(super) fn columns(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<String>> {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Columns) else { return Some(Vec::new()) };
    let Some((unit, node)) = view.node_at(site) else { return Some(Vec::new()) };
    let u = unit_of(view, unit);
    match u.kind(bare(u, node)) {
        Kind::Object { entries, .. } => {
            let computes = |entry: &Entry| {
                u.descendants(entry.value).into_iter().any(|part| match u.kind(part) {
                    Kind::Call { .. } => view
                        .eval
                        .call(unit, part)
                        .behavior
                        .as_ref()
                        .is_some_and(|(_, behavior)| behavior.rows == Some(Rows::Aggregate)),
                    Kind::Template { pieces, .. } => pieces.iter().any(|piece| is_aggregate(piece)),
                    _ => false,
                })
            };
            if entries.iter().any(computes) {
                return None;
            }
            let named = entries.iter().filter_map(|entry| match &entry.key {
                Key::Name(name) => Some(name.to_string()),
                _ => None,
            });
            Some(named.collect())
        }
        Kind::Literal(Literal::String(text)) => {
            if text.trim() == "count" || is_aggregate(text) && !text.contains(',') {
                return None;
            }
            let names = text.split(',').map(str::trim);
            Some(names.filter(|name| !name.is_empty() && *name != "*").map(str::to_owned).collect())
        }
        // What a function selects is not told: it may be what the database computes.
        Kind::Function(_) | Kind::Nested(_) => None,
        _ => Some(Vec::new()),
    }
}

fn is_aggregate(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["count(", "sum(", "avg(", "min(", "max(", "total("].iter().any(|call| text.contains(call))
}
