//! Hands a failure on instead of a panic.

use plimsoll_behavior::{BlockForm, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::rust::{dot_before, is_error_handed_on};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// `save(order).await?;` in the place of `let _ = save(order).await;` and of `save(order).await.ok();`, where the function
/// can hand the failure on.
#[must_use]
pub fn looked_at(unit: &UnitView<'_>, call: &CallView<'_>, statement: NodeId) -> Option<Vec<PlannedEdit>> {
    if !can_hand_on(unit, call) {
        return None;
    }
    let u = unit.unit;
    let awaited = u.parent(call.node).filter(|&around| matches!(u.kind(around), Kind::Await(_)));
    let value = unit.bytes(awaited.unwrap_or(call.node));
    let all = unit.bytes(statement);
    let edit = |range: TextRange, new_text: &str| PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(range),
        new_text: new_text.to_owned(),
    };
    Some(match u.kind(statement) {
        // The statement ends with its `;`.
        Kind::Let { .. } => {
            vec![
                edit(TextRange::new(all.start, value.start), ""),
                edit(TextRange::new(value.end, value.end), "?"),
            ]
        }
        Kind::Discard(inner) => vec![edit(TextRange::new(value.end, unit.bytes(*inner).end), "?")],
        _ => return None,
    })
}

/// `?` in the place of `.unwrap()`, where that is called on the result of a call whose failure the function can hand on.
#[must_use]
pub fn handed_on(unit: &UnitView<'_>, unwrap: NodeId) -> Option<PlannedEdit> {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(unwrap) else { return None };
    let Kind::Member { object, .. } = u.kind(*callee) else { return None };
    let source = match u.kind(*object) {
        Kind::Await(inner) => *inner,
        _ => *object,
    };
    let source = unit.call(source)?;
    if !can_hand_on(unit, &source) {
        return None;
    }
    let range = TextRange::new(dot_before(unit, unwrap)?, unit.bytes(unwrap).end);
    Some(PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(range),
        new_text: "?".to_owned(),
    })
}

/// Whether the failure of a library's call can be handed on by `?` where it stands.
fn can_hand_on(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = unit.unit;
    let fails = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.throws);
    // `?` in a future or a closure is theirs.
    let is_in_a_future = u
        .ancestors(call.node)
        .any(|around| matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. }));
    fails && u.node(call.node).function.0 == 0 && !is_in_a_future && is_error_handed_on(unit, call)
}
