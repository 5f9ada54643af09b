//! What is kept on purpose until the program ends, where it is kept again and again.

use plimsoll_behavior::{BlockForm, Kind, NodeId, Unit};

use crate::ask::{Often, callee_name, is_remembered, often, words};
use crate::{CallView, Report, UnitView};

/// Words in the names of what is forgotten so that its end does not do what it would.
const GUARDS: &[&str] = &["guard", "cleanup", "bomb", "permit", "defer", "rollback"];

pub(super) fn look(unit: &UnitView<'_>, call: &CallView<'_>, report: &mut Report<'_>) {
    if is_handed_to_the_machine(unit.unit, call.node)
        || is_a_guard(unit, call.node)
        || is_remembered(unit, call.node)
    {
        return;
    }
    let Some(each) = each(unit, call.node) else { return };
    let name = unit.call_name(call.node);
    let message = format!("`{name}` keeps what it is given until the program ends: {each} adds to it");
    report.at_node(unit, call.node, call.confidence(), message);
}

/// On which occasion more is kept.
fn each(unit: &UnitView<'_>, call: NodeId) -> Option<&'static str> {
    let u = unit.unit;
    let function = u.node(call).function;
    let mut below = call;
    for around in u.ancestors(call).take_while(|&around| u.node(around).function == function) {
        match u.kind(around) {
            Kind::Loop(own) if own.over != Some(below) && often(unit, call) != Often::Seldom => {
                return Some("each turn of the loop");
            }
            _ => below = around,
        }
    }
    match often(unit, call) {
        Often::Request => Some("each request"),
        Often::Message => Some("each message"),
        _ => None,
    }
}

/// Whether the function around it deals in addresses: what it forgets there, other code has by then.
fn is_handed_to_the_machine(u: &Unit, call: NodeId) -> bool {
    let Some(body) = u.function(u.node(call).function).body else { return true };
    u.descendants(body).into_iter().any(|part| match u.kind(part) {
        Kind::Block { form: BlockForm::Unsafe, .. } => true,
        Kind::Call { .. } => callee_name(u, part).is_some_and(|name| {
            let words = words(name);
            words.iter().any(|word| word == "raw" || word == "ptr")
        }),
        _ => false,
    })
}

fn is_a_guard(unit: &UnitView<'_>, call: NodeId) -> bool {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return false };
    let named = args.first().and_then(|&arg| unit.dotted(arg));
    named.is_some_and(|name| words(&name).iter().any(|word| GUARDS.contains(&word.as_str())))
}
