//! Turns that are few because the table has few rows, whoever uses the program.

use plimsoll_behavior::{Effects, Kind, NodeId};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{bare, receiver, unit_of};
use crate::ask::database::size::is_small;
use crate::ask::database::table::schema_of;
use crate::ask::database::touch::{Action, touches};
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

/// The query whose rows a collection holds: `plans` after `const plans = await db.plan.findMany()`.
fn query_of(view: &UnitView<'_>, collection: NodeId) -> Option<NodeId> {
    let u = unit_of(view, view.index);
    let mut at = collection;
    for _ in 0..MAX_STEPS {
        at = bare(u, at);
        at = match u.kind(at) {
            Kind::Await(value) | Kind::Try(value) => *value,
            Kind::Name { binding: Some(b), .. } => u.binding(*b).value?,
            Kind::Binary { op, left, .. } if matches!(op.as_str(), "??" | "||") => *left,
            Kind::Member { object, .. } => *object,
            Kind::Call { .. } => {
                let facts = view.eval.call(view.index, at);
                if facts.effects.contains(Effects::DB_READ) {
                    return Some(at);
                }
                if facts.target.is_some() {
                    return None;
                }
                receiver(u, at)?
            }
            _ => return None,
        };
    }
    None
}
