//! What the elements of a turn are rows of, and turns that are few because the table has few rows, whoever uses the
//! program.

use plimsoll_behavior::{BindingId, BindingKind, Effects, Kind, NodeId};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{bare, calls_within, declaration, receiver, unit_of};
use crate::ask::size::is_small;
use crate::ask::table::schema_of;
use crate::ask::touch::{Action, touches};
use crate::view::CallView;

/// How many names and calls a collection is followed through to its query.
const MAX_STEPS: usize = 16;

/// Whether the elements are rows of a small table, or each turn writes one: a program has a handful of settings.
#[must_use]
pub(crate) fn is_of_few_rows(view: &UnitView<'_>, turn: &Turn, call: &CallView<'_>) -> bool {
    touches_few(view, call, |action| action != Action::Read)
        || turn.over.is_some_and(|(unit, over)| {
            let there = view.of(unit);
            let query = query_of(&there, over).and_then(|query| there.call(query));
            query.is_some_and(|query| touches_few(&there, &query, |action| action == Action::Read))
        })
}

/// Whether a call touches tables in such a way, all of them small.
fn touches_few(view: &UnitView<'_>, call: &CallView<'_>, is_meant: impl Fn(Action) -> bool) -> bool {
    let Some(schema) = schema_of(view, call) else { return false };
    let touched = touches(view, call);
    let is_few = |table: &str| {
        schema.schema.table_by_code_name(table).is_some_and(|table| is_small(table, &schema.schema))
    };
    !touched.is_empty() && touched.iter().all(|touch| is_meant(touch.action) && is_few(&touch.table))
}

/// Whether the elements are rows that a query has read, here or in a function of the project, or what the function was
/// given: one query for them, and then one for each.
#[must_use]
pub(crate) fn is_of_rows(view: &UnitView<'_>, turn: &Turn) -> bool {
    // A resolver runs for each row of what is answered.
    let Some((unit, over)) = turn.over else { return true };
    let reads = |there: &UnitView<'_>, query: NodeId| {
        let facts = there.eval.call(there.index, query);
        facts.effects.contains(Effects::DB_READ)
            || facts.target.as_ref().and_then(|own| there.summary(own)).is_some_and(|own| {
                own.effects.contains(Effects::DB_READ) && !own.effects.contains(Effects::HTTP_REQUEST)
            })
    };
    let mut there = view.of(unit);
    let mut over = over;
    for _ in 0..MAX_STEPS {
        match source_of(&there, over) {
            Some(From::Call(query)) => return reads(&there, query),
            Some(From::Parameter) => return true,
            Some(From::Outside(unit, binding)) => {
                there = view.of(unit);
                let Some(value) = there.unit.binding(binding).value else { return false };
                over = value;
            }
            None => return false,
        }
    }
    false
}

/// Whether a turn only reads, and computes with what it has read: one that writes, sends or calls another service may be
/// meant to take its elements one by one.
#[must_use]
pub(crate) fn only_reads(view: &UnitView<'_>, turn: &Turn) -> bool {
    let work = Effects::DB_WRITE
        | Effects::HTTP_REQUEST
        | Effects::NOTIFY
        | Effects::ENQUEUE
        | Effects::PROCESS
        | Effects::FILE;
    calls_within(view, turn.unit, turn.body).iter().all(|(_, effects)| !effects.intersects(work))
}

/// Where a collection comes from.
enum From {
    /// What a call yields.
    Call(NodeId),
    /// A parameter, or a part of one.
    Parameter,
    /// A name of a unit around this one.
    Outside(usize, BindingId),
}

/// The query whose rows a collection holds: `plans` after `const plans = await db.plan.findMany()`.
fn query_of(view: &UnitView<'_>, collection: NodeId) -> Option<NodeId> {
    match source_of(view, collection) {
        Some(From::Call(call)) => {
            view.eval.call(view.index, call).effects.contains(Effects::DB_READ).then_some(call)
        }
        _ => None,
    }
}

/// Where a collection comes from, through names, members and what libraries make of it.
fn source_of(view: &UnitView<'_>, collection: NodeId) -> Option<From> {
    let u = unit_of(view, view.index);
    let mut at = collection;
    for _ in 0..MAX_STEPS {
        at = bare(u, at);
        at = match u.kind(at) {
            Kind::Await(value) | Kind::Try(value) => *value,
            Kind::Name { binding: Some(b), .. } => match u.binding(*b) {
                parameter
                    if matches!(parameter.kind, BindingKind::Parameter(..)) && parameter.value.is_none() =>
                {
                    return Some(From::Parameter);
                }
                bound => bound.value?,
            },
            Kind::Name { binding: None, .. } => {
                let (unit, binding) = declaration(view, view.index, at)?;
                return (unit != view.index).then_some(From::Outside(unit, binding));
            }
            Kind::Member { object, .. } | Kind::Index { object, .. } => *object,
            // `found ?? []`
            Kind::Binary { op, left, .. } if op == "??" || op == "||" => *left,
            Kind::Call { .. } => {
                let facts = view.eval.call(view.index, at);
                if facts.target.is_some() || facts.effects.contains(Effects::DB_READ) {
                    return Some(From::Call(at));
                }
                receiver(u, at)?
            }
            _ => return None,
        };
    }
    None
}
