//! Questions about requests to other services.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Kind, Name, NodeId};

use crate::UnitView;
use crate::view::CallView;

/// The constant text that the URL of a request begins with, where it stands in this unit.
#[must_use]
pub fn url_head(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Name> {
    let node = unit.own_node(call.slot(Slot::Url))?;
    head(unit, node)
}

fn head(unit: &UnitView<'_>, node: NodeId) -> Option<Name> {
    match unit.unit.kind(node) {
        Kind::Template { pieces, holes } if pieces.first().is_some_and(|p| p.is_empty()) => {
            holes.first().and_then(|&hole| unit.eval.text_head(unit.index, hole))
        }
        _ => unit.eval.text_head(unit.index, node),
    }
}

/// Whether a request goes to where the code itself came from: a path without a host, a bundled resource.
#[must_use]
pub fn is_same_origin(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(head) = url_head(unit, call) else { return false };
    let is_path = head.starts_with('/') && !head.starts_with("//");
    is_path
        || head.starts_with("./")
        || head.starts_with("../")
        || head.starts_with("data:")
        || head.starts_with("blob:")
}
