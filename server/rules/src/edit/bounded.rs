//! Gives a channel a bound.

use plimsoll_behavior::models::QueueEnds;
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::unblock::can_await;
use crate::ask::{Queue, uses_of};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// How many messages there is room for.
const ROOM: &str = "1024";

/// The function that takes a bound in the place of the one that takes none, and an `.await` behind all that puts something
/// in. None where an end leaves the functions in which that is seen, or has a type that is written down somewhere.
#[must_use]
pub fn bounded(unit: &UnitView<'_>, call: NodeId, ends: &QueueEnds, found: &Queue) -> Option<FixPlan> {
    let u = unit.unit;
    let edit = ends.bounded_edit.as_ref()?;
    let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
    let Kind::Member { name_range, .. } = u.kind(*callee) else { return None };
    let (first, _) = found.ends?;
    if found.leaves || !args.is_empty() || !unit.text(call).ends_with("()") {
        return None;
    }
    let path = unit.linked.file.path.to_string();
    let edit_at = |range: TextRange, new_text: &str| PlannedEdit {
        path: path.clone(),
        range: Some(range),
        new_text: new_text.to_owned(),
    };
    let end = unit.bytes(call).end;
    let mut edits =
        vec![edit_at(unit.to_file(*name_range), &edit.name), edit_at(TextRange::new(end - 1, end - 1), ROOM)];
    let mut open = vec![first];
    while let Some(binding) = open.pop() {
        for (at, used) in uses_of(unit, unit.index, binding) {
            let there = unit.of(at);
            let member = there.unit.parent(used)?;
            let call = there.unit.parent(member)?;
            let Kind::Member { object, name, .. } = there.unit.kind(member) else { return None };
            let is_called = matches!(there.unit.kind(call), Kind::Call { callee, .. } if *callee == member);
            if *object != used || !is_called {
                return None;
            }
            if ends.fed_by.contains(name) {
                let is_awaited = matches!(there.unit.kind(there.unit.parent(call)?), Kind::Await(_));
                match (edit.waits, is_awaited) {
                    (true, false) if can_await(there.unit, call) => {
                        let end = there.bytes(call).end;
                        edits.push(edit_at(TextRange::new(end, end), ".await"));
                    }
                    (false, true) => {}
                    _ => return None,
                }
            } else if name == "clone" && at == unit.index {
                let Kind::Let { pattern, .. } = u.kind(u.parent(call)?) else { return None };
                open.extend(&pattern.bindings);
            } else {
                return None;
            }
        }
    }
    edits.sort_by_key(|edit| edit.range.map(|range| range.start));
    let title =
        format!("Make room for {ROOM} messages, and wait where there is none (review: what sends waits)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}
