//! Turns that go through rows which were fetched a moment ago, and steps that only add to a query.

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{Effects, Kind, Literal, NodeId, PathStep, Unit};
use plimsoll_project::link::{CallFacts, SlotValue, Value};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{bare, callee_name, calls_within, chain_head, receiver, unit_of};
use crate::view::CallView;

/// How many names and calls a collection is followed through to its query.
const MAX_STEPS: usize = 16;

/// What clients call the rows of an answer.
const ROWS: &[&str] = &["rows", "data"];

/// Whether the elements are the rows of one query, which the same function runs or has a helper run. How many these are
/// grows with the table, where the parts of one row (`order.items`), or what a caller hands over, may be a handful.
#[must_use]
pub(crate) fn goes_through_rows(view: &UnitView<'_>, turn: &Turn) -> bool {
    turn.over.is_some_and(|(unit, over)| is_of_rows(&view.of(unit), over))
}

fn is_of_rows(view: &UnitView<'_>, collection: NodeId) -> bool {
    is_of_rows_within(view, collection, MAX_STEPS)
}

fn is_of_rows_within(view: &UnitView<'_>, collection: NodeId, steps: usize) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    let u = unit_of(view, view.index);
    let at = bare(u, collection);
    let next = match u.kind(at) {
        Kind::Await(value) | Kind::Try(value) => Some(*value),
        Kind::Name { binding: Some(b), .. } => {
            let b = u.binding(*b);
            let value = b.value.filter(|_| b.assignments.is_empty());
            let gathered = value.and_then(|value| gathered_at(view, value, &b.path));
            gathered.or(value.filter(|_| b.path.iter().all(is_of_an_answer)))
        }
        Kind::Binary { op, left, .. } if matches!(op.as_str(), "??" | "||") => Some(*left),
        Kind::Member { object, name, .. } if ROWS.contains(&name.as_str()) => Some(*object),
        // Either may be what there is.
        Kind::If { then, otherwise, is_expression: true, .. } => {
            return [Some(*then), *otherwise]
                .into_iter()
                .flatten()
                .any(|branch| is_of_rows_within(view, branch, steps));
        }
        Kind::Block { statements, has_value: true, .. } => statements.last().copied(),
        Kind::Call { .. } => match fetches_rows(view, at) {
            Some(does) => return does,
            None => receiver(u, at),
        },
        _ => None,
    };
    next.is_some_and(|next| is_of_rows_within(view, next, steps))
}

/// What is waited for together with others, by its place among them: `const [posts, users] = await Promise.all([…])`.
fn gathered_at(view: &UnitView<'_>, value: NodeId, path: &[PathStep]) -> Option<NodeId> {
    let u = unit_of(view, view.index);
    let (PathStep::Index(place), rest) = path.split_first()? else { return None };
    let mut call = bare(u, value);
    while let Kind::Await(inner) | Kind::Try(inner) = u.kind(call) {
        call = bare(u, *inner);
    }
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    let facts = view.eval.call(view.index, call);
    let gathers = facts.behavior.as_ref()?.1.gathers?;
    let Kind::Array(all) = u.kind(*args.get(usize::from(gathers))?) else { return None };
    rest.iter().all(is_of_an_answer).then_some(*all.get(usize::try_from(*place).ok()?)?)
}

/// `{ data }`, `[rows]`, `Ok(rows)`.
fn is_of_an_answer(step: &PathStep) -> bool {
    match step {
        PathStep::Member(name) => ROWS.contains(&name.as_str()),
        PathStep::Index(index) => *index == 0,
        PathStep::Variant(..) => true,
        PathStep::Rest => false,
    }
}

/// Whether a call fetches any number of rows; none where it asks no database.
fn fetches_rows(view: &UnitView<'_>, call: NodeId) -> Option<bool> {
    let facts = view.eval.call(view.index, call);
    if let Some(target) = &facts.target {
        let effects = view.summary(target)?.effects;
        return effects.intersects(Effects::DB_READ).then(|| !effects.intersects(Effects::DB_WRITE));
    }
    if !facts.effects.intersects(Effects::DB_READ) {
        return None;
    }
    let is_unique = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.unique);
    if is_for_a_handful(view, &facts) {
        return Some(false);
    }
    Some(!is_unique && facts.rows.is_none_or(|rows| rows == Rows::Many))
}

/// As many rows at most are a handful.
const HANDFUL: u32 = 10;

/// Whether the query says itself that it wants a handful of rows: `take: 5`.
fn is_for_a_handful(view: &UnitView<'_>, facts: &CallFacts) -> bool {
    let Some(SlotValue::Node(site)) = facts.slot(Slot::Bound) else { return false };
    let Some((unit, node)) = view.node_at(site) else { return false };
    let number = match view.unit_of(unit).kind(node) {
        Kind::Literal(Literal::Number(text)) => text.parse().ok(),
        _ => None,
    };
    number.is_some_and(|number: u32| number <= HANDFUL)
}

/// Words of the methods that look for something in a set or a map, and of those that put it there.
const LOOKS: &[&str] = &["has", "contains", "contains_key", "includes", "get"];
const PUTS: &[&str] = &["add", "insert", "push", "set"];

/// Whether the turns keep what they have asked about, and look there first: `if (seen.has(id)) continue`.
#[must_use]
pub(crate) fn looks_at_what_it_keeps(view: &UnitView<'_>, turn: &Turn) -> bool {
    let u = unit_of(view, turn.unit);
    let on = |methods: &[&str]| -> Vec<&str> {
        let calls = u
            .descendants(turn.body)
            .into_iter()
            .filter(|&node| callee_name(u, node).is_some_and(|name| methods.contains(&name.as_str())));
        calls
            .filter_map(|call| match u.kind(bare(u, receiver(u, call)?)) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .collect()
    };
    let kept = on(PUTS);
    !kept.is_empty() && on(LOOKS).iter().any(|looked_at| kept.contains(looked_at))
}

/// Whether each turn sends something, too, which takes longer than its queries: a mail, a request, a job.
#[must_use]
pub(crate) fn sends_on_each(view: &UnitView<'_>, turn: &Turn) -> bool {
    let sent = Effects::NOTIFY | Effects::HTTP_REQUEST | Effects::PROCESS | Effects::ENQUEUE;
    let there = view.of(turn.unit);
    calls_within(&there, turn.unit, turn.body).iter().any(|(_, effects)| effects.intersects(sent))
}

/// Whether each turn writes, too: then its queries may have to see what the turns before have written.
#[must_use]
pub(crate) fn writes_on_each(view: &UnitView<'_>, turn: &Turn) -> bool {
    let there = view.of(turn.unit);
    calls_within(&there, turn.unit, turn.body)
        .iter()
        .any(|(_, effects)| effects.intersects(Effects::DB_WRITE))
}

/// Whether the work of one element is kept apart from that of the others, whose failure it survives: a batch would fail
/// for all of them.
#[must_use]
pub(crate) fn is_kept_apart(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    let Some(mut at) = turn.place_of(view, call) else { return false };
    while at != turn.body {
        let Some(parent) = u.parent(at) else { return false };
        if matches!(u.kind(parent), Kind::TryCatch { body, catch: Some(_), .. } if *body == at) {
            return true;
        }
        at = parent;
    }
    matches!(u.kind(turn.body), Kind::TryCatch { .. })
}

/// Whether a call only adds to a query that is kept for later: `query = query.gte(column, value)`.
#[must_use]
pub(crate) fn only_adds_to_a_query(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let builds =
        |value: Value| value.instance().is_some_and(|made| view.eval.models.ty(made.ty).runs.is_some());
    let u = view.unit;
    if !builds(call.facts.value.clone()) {
        return false;
    }
    let mut at = call.node;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::NonNull(_) => at = parent,
            Kind::Assign { op, target, value } if op == "=" && *value == at => {
                return is_same_name(u, *target, chain_head(u, call.node));
            }
            _ => return false,
        }
    }
    false
}

fn is_same_name(u: &Unit, a: NodeId, b: NodeId) -> bool {
    match (u.kind(a), u.kind(b)) {
        (Kind::Name { name: a, binding: first }, Kind::Name { name: b, binding: second }) => {
            a == b && first == second
        }
        _ => false,
    }
}
