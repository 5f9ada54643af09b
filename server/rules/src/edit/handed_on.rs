//! Hands a failure on instead of a panic.

use plimsoll_behavior::{BlockForm, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::rust::{dot_before, is_error_handed_on};
use crate::{PlannedEdit, UnitView};

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
    let fails = match &source.facts.behavior {
        Some((_, behavior)) => behavior.throws,
        None => false,
    };
    // `?` in a future or a closure is theirs.
    let function = u.node(unwrap).function;
    let is_in_a_future = u
        .ancestors(unwrap)
        .any(|around| matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. }));
    if !fails || function.0 != 0 || is_in_a_future || !is_error_handed_on(unit, &source) {
        return None;
    }
    let range = TextRange::new(dot_before(unit, unwrap)?, unit.bytes(unwrap).end);
    Some(PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(range),
        new_text: "?".to_owned(),
    })
}
