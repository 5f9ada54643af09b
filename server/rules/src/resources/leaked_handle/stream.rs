//! Streams whose failure nobody listens for.

use plimsoll_behavior::models::HeardEdit;

use super::is_in_a_service;
use crate::ask::is_unheard;
use crate::edit::pipeline::through_a_pipeline;
use crate::{CallView, Report, UnitView};

pub(super) fn look(unit: &UnitView<'_>, call: &CallView<'_>, event: &str, report: &mut Report<'_>) {
    if !is_in_a_service(unit) || !is_unheard(unit, call.node, event) {
        return;
    }
    let name = unit.call_name(call.node);
    let message = format!(
        "`{name}` tells that a file cannot be opened, read or written by an `{event}` event: nothing listens for it, so that it ends the process with all that it is at work on"
    );
    report
        .at_node(unit, call.node, call.confidence(), message)
        .fix(|| through_a_pipeline(unit, call.node, heard_edit(call)?));
}

fn heard_edit<'c>(call: &'c CallView<'_>) -> Option<&'c HeardEdit> {
    call.facts.behavior.as_ref()?.1.heard_edit.as_ref()
}
