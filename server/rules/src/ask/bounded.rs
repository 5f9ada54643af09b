//! Whether a request has a time limit, and whether its status is looked at.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Kind, NodeId};

use crate::UnitView;
use crate::view::CallView;

/// Whether the time of a request is bounded: by an option, by its client, by the library, or around it. A client whose
/// making is out of sight is taken to have a limit: it is found where it is made.
#[must_use]
pub fn is_bounded(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some((_, behavior)) = &call.facts.behavior else { return false };
    behavior.default_timeout.is_some()
        || call.slot(Slot::Timeout).is_some()
        || view.unit.ancestors(call.node).any(|around| {
            view.call(around).is_some_and(|c| c.facts.effects.contains(Effects::DEADLINE))
        })
        || (call.facts.receiver.is_some() && !is_made_in_sight(view, call.node))
}

fn is_made_in_sight(view: &UnitView<'_>, call: NodeId) -> bool {
    let mut at = call;
    loop {
        at = match view.unit.kind(at) {
            Kind::Call { callee, .. } => {
                let makes = |c: &CallView<'_>| {
                    c.effects().contains(Effects::HTTP_CLIENT) && !c.facts.effects.contains(Effects::HTTP_REQUEST)
                };
                if view.call(at).is_some_and(|c| makes(&c)) {
                    return true;
                }
                *callee
            }
            Kind::Member { object, .. } => *object,
            Kind::Await(x) | Kind::Try(x) | Kind::NonNull(x) => *x,
            Kind::Name { binding: Some(b), .. } => match view.unit.binding(*b).value {
                Some(value) if value != at => value,
                _ => return false,
            },
            _ => return false,
        };
    }
}

/// Whether anybody looks at the status of a response before it is taken for an answer.
#[must_use]
pub fn is_status_checked(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if call.facts.behavior.as_ref().is_some_and(|(_, b)| b.checks_status) {
        return true;
    }
    let u = view.unit;
    let mut at = call.node;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { .. } if checks(view, parent) => return true,
            Kind::Call { callee, .. } => {
                let facts = view.call(parent);
                if facts.as_ref().is_some_and(|c| c.facts.effects.contains(Effects::RESPONSE_CHECK)) {
                    return true;
                }
                if *callee != at && facts.is_some_and(|c| c.facts.target.is_some()) {
                    return true;
                }
            }
            Kind::Let { pattern, .. } => {
                return pattern.bindings.iter().any(|&b| {
                    let binding = u.binding(b);
                    binding.path.iter().any(|step| {
                        matches!(step, plimsoll_behavior::PathStep::Member(m) if m == "ok" || m == "status")
                    }) || binding.uses.iter().any(|&used| is_use_checked(view, used))
                });
            }
            Kind::Assign { target, .. } => {
                let Kind::Name { binding: Some(b), .. } = u.kind(*target) else { return false };
                return u.binding(*b).uses.iter().any(|&used| is_use_checked(view, used));
            }
            Kind::Return(_) | Kind::Discard(_) => return false,
            _ => {}
        }
        at = parent;
    }
    false
}

fn is_use_checked(view: &UnitView<'_>, used: NodeId) -> bool {
    let u = view.unit;
    let mut at = used;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { object, .. } if *object == at => {
                if checks(view, parent) {
                    return true;
                }
            }
            Kind::Call { callee, .. } => {
                let Some(call) = view.call(parent) else { return false };
                if call.facts.effects.contains(Effects::RESPONSE_CHECK) {
                    return true;
                }
                if *callee != at {
                    return call.summary.is_some();
                }
            }
            Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Unary { .. } => {}
            _ => return false,
        }
        at = parent;
    }
    false
}

/// Whether reading a member is a look at the status: `response.ok`.
fn checks(view: &UnitView<'_>, member: NodeId) -> bool {
    let Kind::Member { object, name, .. } = view.unit.kind(member) else { return false };
    let value = view.eval.value(view.index, *object);
    value
        .instance()
        .and_then(|i| view.eval.models.member(i.ty, name))
        .is_some_and(|m| m.effect.0.contains(Effects::RESPONSE_CHECK))
}
