//! Lets others have the thread meanwhile, as the model of a call says it is done.

use plimsoll_behavior::{BlockForm, Kind, NodeId, Unit};
use plimsoll_project::declared_major;

use super::rust;
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// What waits without its thread, in the place of a call that blocks it; none where nothing right can be written: outside
/// of an asynchronous function, under a name of its own, without the crate that has it.
#[must_use]
pub fn awaited(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<(Vec<PlannedEdit>, String)> {
    let u = unit.unit;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let edit = behavior.unblock_edit.as_ref()?;
    let Kind::Call { callee, args, .. } = u.kind(call.node) else { return None };
    if !can_await(u, call.node) {
        return None;
    }
    if let Some(needed) = &edit.needs {
        declared_major(unit.world.files(), &unit.linked.file.path, needed)?;
    }
    // What is imported alone has no other functions beside it.
    let head = rust::head(unit, *callee);
    if edit.replace.contains("{head}") && head.is_none() {
        return None;
    }
    // Everything between the parentheses, so that no comment is lost.
    let whole = unit.text(call.node);
    let inside = match (args.first(), args.last()) {
        (Some(&first), Some(&last)) => {
            let (from, to) = (unit.bytes(first).start, unit.bytes(last).end);
            unit.project.text.get(from as usize..to as usize)?
        }
        _ => "",
    };
    let text = edit.replace.replace("{head}", head.unwrap_or_default()).replace("{args}", inside);
    let name = text.split('(').next().unwrap_or_default().trim_start_matches("await ").to_owned();
    let is_read = u.parent(call.node).is_some_and(|parent| match u.kind(parent) {
        Kind::Member { object, .. } | Kind::Index { object, .. } => *object == call.node,
        Kind::Call { callee, .. } => *callee == call.node,
        Kind::NonNull(_) => true,
        _ => false,
    });
    let text = if is_read && text.starts_with("await ") { format!("({text})") } else { text };
    if whole.contains("//") || whole.contains("/*") {
        return None;
    }
    let path = unit.linked.file.path.to_string();
    Some((vec![PlannedEdit { path, range: Some(unit.bytes(call.node)), new_text: text }], name))
}

/// Whether something can be awaited where a node stands.
pub(super) fn can_await(u: &Unit, node: NodeId) -> bool {
    let function = u.node(node).function;
    u.function(function).is_async
        || u.ancestors(node)
            .take_while(|&around| u.node(around).function == function)
            .any(|around| matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. }))
}
