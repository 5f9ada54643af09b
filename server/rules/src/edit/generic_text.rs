//! Sends a general text in the place of an error's.

use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::script::statement_before;
use crate::ask::Detail;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Puts a general text where a property of what is sent holds an error's, and logs the error where nothing does yet.
#[must_use]
pub fn generic_text(unit: &UnitView<'_>, body: NodeId, detail: &Detail) -> Option<FixPlan> {
    let u = unit.unit;
    if unit.is_rust() {
        return None;
    }
    let Kind::Object { entries, .. } = u.kind(body) else { return None };
    let around = |value: NodeId| value == detail.node || u.ancestors(detail.node).any(|node| node == value);
    let entry = entries.iter().find(|entry| around(entry.value))?;
    let range = unit.bytes(entry.value);
    let text = unit.project.text;
    let quote = if text.matches('"').count() > text.matches('\'').count() { '"' } else { '\'' };
    // A property without a value is not sent.
    let new_text = match detail.is_stack {
        true => "undefined".to_owned(),
        false => format!("{quote}Internal server error{quote}"),
    };
    let range = Some(TextRange::new(range.start, range.end));
    let mut edits = vec![PlannedEdit { path: unit.linked.file.path.to_string(), range, new_text }];
    let logs = |call: NodeId| {
        unit.call(call).is_some_and(|it| it.effects().contains(Effects::LOG))
            && crate::ask::mentions(u, call, &[detail.error])
    };
    let name = &u.binding(detail.error).name;
    if !u.calls.iter().any(|&call| logs(call)) {
        // `if (error) return …` has no place for a line before.
        let mut around = u.ancestors(body);
        let statement =
            around.find(|&node| u.parent(node).is_some_and(|p| matches!(u.kind(p), Kind::Block { .. })));
        if statement.is_none_or(|statement| matches!(u.kind(statement), Kind::If { .. })) {
            return None;
        }
        edits.push(statement_before(unit, body, &format!("console.error({name})"))?);
    }
    let title = "Send a general text, and log the error (review: clients may read it)".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits })
}
