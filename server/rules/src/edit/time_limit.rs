//! Bounds the time of a call as its model says it is done.

use plimsoll_behavior::models::{Slot, TimeoutEdit};
use plimsoll_behavior::{Kind, NodeId};

use plimsoll_project::link::Value;

use super::{rust, script};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// The edits that bound the time of a call; none where nothing right can be written.
#[must_use]
pub fn bound(unit: &UnitView<'_>, call: &CallView<'_>, seconds: u32) -> Option<Vec<PlannedEdit>> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    // What may stand there already would be written twice.
    if call.facts.slot(Slot::Timeout).is_some() {
        return None;
    }
    let fill = |text: &str| {
        text.replace("{ms}", &format!("{seconds}_000")).replace("{duration}", &rust::duration(unit, seconds))
    };
    match behavior.timeout_edit.as_ref()? {
        TimeoutEdit::Option { option, value } => {
            let (argument, property) = option.split_once('.')?;
            let argument = match argument {
                "last" => options_at_the_end(unit, call.node)?,
                at => at.parse().ok()?,
            };
            script::set_option(unit, call.node, argument, property, &fill(value))
        }
        TimeoutEdit::Before { before } => {
            let at = rust::dot_before(unit, call.node)?;
            Some(vec![rust::chained(unit, at, &fill(before))])
        }
        TimeoutEdit::Replace { replace, then, expect } => {
            let Kind::Call { callee, args, .. } = unit.unit.kind(call.node) else { return None };
            let head = rust::head(unit, *callee)?;
            let handles = if rust::is_error_handed_on(unit, call) {
                "?".to_owned()
            } else {
                format!(".expect(\"{}\")", expect.as_ref()?)
            };
            let args: Vec<&str> = args.iter().map(|&arg| unit.text(arg)).collect();
            let text = format!("{}{handles}{}", fill(replace), then)
                .replace("{head}", head)
                .replace("{args}", &args.join(", "));
            Some(vec![replace_node(unit, call.node, text)])
        }
    }
}

/// The edit that gives a request a limit which those who hand it its options may replace:
/// `{ signal: AbortSignal.timeout(10_000), ...options }`. None where nothing right can be written.
#[must_use]
pub fn bound_by_default(
    unit: &UnitView<'_>,
    request: &CallView<'_>,
    seconds: u32,
) -> Option<Vec<PlannedEdit>> {
    let (_, behavior) = request.facts.behavior.as_ref()?;
    let TimeoutEdit::Option { option, value } = behavior.timeout_edit.as_ref()? else { return None };
    let (_, property) = option.split_once('.')?;
    let options = unit.own_node(request.slot(Slot::Options))?;
    let entry = format!("{property}: {}", value.replace("{ms}", &format!("{seconds}_000")));
    (!property.contains('.')).then_some(())?;
    script::put_first(unit, options, &entry).map(|edit| vec![edit])
}

/// Which argument the options are, or would be, where they are the last one and what comes before them may be left out.
fn options_at_the_end(unit: &UnitView<'_>, call: NodeId) -> Option<usize> {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return None };
    let Some(&last) = args.last() else { return Some(0) };
    let is_object = matches!(unit.unit.kind(last), Kind::Object { .. })
        || matches!(unit.eval.value(unit.index, last), Value::Syntax(_));
    Some(if is_object { args.len() - 1 } else { args.len() })
}

fn replace_node(unit: &UnitView<'_>, node: NodeId, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(unit.bytes(node)), new_text }
}
