//! Turns that each call a function of the project for the sake of something else than its query.

use plimsoll_behavior::{BindingKind, Effects, FunctionId, Kind, NodeId, Unit};
use plimsoll_project::link::FnRef;

use crate::UnitView;
use crate::ask::code::{calls_within, in_function};

/// How many own functions are looked into for where their queries stand.
const MAX_FUNCTIONS: u8 = 6;

/// Whether a function of the project calls another service, sends, enqueues or starts something beside its queries: that
/// work is what the turn is for, and one query for all would not make it less.
#[must_use]
pub(crate) fn works_elsewhere(view: &UnitView<'_>, function: &FnRef) -> bool {
    let elsewhere = Effects::HTTP_REQUEST | Effects::NOTIFY | Effects::ENQUEUE | Effects::PROCESS;
    view.summary(function).is_some_and(|summary| summary.effects.intersects(elsewhere))
}

/// Whether what a function of the project asks with `effect` depends on a word that it is given: each arm of a choice asks
/// something else, as a tool that a model has called by its name. No statement asks for several of them.
#[must_use]
pub(crate) fn is_dispatcher(view: &UnitView<'_>, function: &FnRef, effect: Effects) -> bool {
    dispatches(view, function, effect, MAX_FUNCTIONS)
}

fn dispatches(view: &UnitView<'_>, function: &FnRef, effect: Effects, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut next = None;
    let mut is_one = false;
    in_function(view, function, &mut |there| {
        let u = there.unit;
        let Some(body) = u.function(function.function).body else { return };
        let calls = calls_within(there, there.index, body);
        let asking: Vec<NodeId> =
            calls.iter().filter(|(_, effects)| effects.intersects(effect)).map(|(node, _)| *node).collect();
        match asking.as_slice() {
            // `try { return await run(name, input) } catch …`
            [only] => next = there.eval.call(there.index, *only).target.clone(),
            _ => is_one = stand_in_arms(u, function.function, &asking),
        }
    });
    is_one || next.is_some_and(|next| dispatches(view, &next, effect, depth))
}

/// Whether all calls stand in arms of one choice over a parameter, and in two of them at least.
fn stand_in_arms(u: &Unit, function: FunctionId, calls: &[NodeId]) -> bool {
    let arms_of = |call: NodeId| {
        let mut below = call;
        for around in u.ancestors(call) {
            if let Kind::Match { on, arms } = u.kind(around)
                && let Some(arm) = arms.iter().position(|arm| arm.body == below)
                && is_given(u, function, *on)
            {
                return Some((around, arm));
            }
            below = around;
        }
        None
    };
    let Some(arms) = calls.iter().map(|&call| arms_of(call)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let Some(&(choice, first)) = arms.first() else { return false };
    arms.iter().all(|(other, _)| *other == choice) && arms.iter().any(|&(_, arm)| arm != first)
}

/// Whether a value is a parameter of the function, or a part of one: `name`, `call.name`, `name.as_str()`.
fn is_given(u: &Unit, function: FunctionId, node: NodeId) -> bool {
    u.descendants(node).into_iter().any(|part| match u.kind(part) {
        Kind::Name { binding: Some(b), .. } => {
            matches!(u.binding(*b).kind, BindingKind::Parameter(own, _) if own == function)
        }
        _ => false,
    })
}
