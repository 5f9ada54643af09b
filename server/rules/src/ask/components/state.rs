//! The states of a component: what a hook yields beside the function that sets it.

use plimsoll_behavior::{Binding, BindingId, BindingKind, Kind, NodeId, PathStep};

use crate::UnitView;
use crate::ask::{binding_of, callee_name, uses_of};

/// A state, by the call of the hook that keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The unit of the call.
    pub unit: usize,
    /// The call: `useState(null)`.
    pub hook: NodeId,
}

/// The state that a value sets when it is called: it is the second of the pair that a hook yields.
#[must_use]
pub fn state_set_by(view: &UnitView<'_>, unit: usize, value: NodeId) -> Option<State> {
    part_of_a_state(view, binding_of(view, unit, value)?, 1)
}

/// The state that a name means: the first of such a pair.
#[must_use]
pub fn state_named(view: &UnitView<'_>, unit: usize, name: NodeId) -> Option<State> {
    part_of_a_state(view, binding_of(view, unit, name)?, 0)
}

/// Whether a binding is a state: the first of such a pair.
#[must_use]
pub fn is_a_state(view: &UnitView<'_>, binding: (usize, BindingId)) -> bool {
    part_of_a_state(view, binding, 0).is_some()
}

/// The binding that sets the state which another one is.
#[must_use]
pub fn setter_of(view: &UnitView<'_>, binding: (usize, BindingId)) -> Option<(usize, BindingId)> {
    let state = part_of_a_state(view, binding, 0)?;
    let bindings = &view.unit_of(state.unit).bindings;
    let sets = |b: &Binding| b.value == Some(state.hook) && b.path.as_slice() == [PathStep::Index(1)];
    let index = bindings.iter().position(sets)?;
    Some((state.unit, BindingId(u32::try_from(index).ok()?)))
}

/// Whether something can set the state that a binding is; true for all else that hooks yield.
#[must_use]
pub fn may_be_set(view: &UnitView<'_>, binding: (usize, BindingId)) -> bool {
    part_of_a_state(view, binding, 0).is_none() || setter_of(view, binding).is_some()
}

/// Whether a state only holds what a component is handed, whose parts change with that: `useState(campaign)`, of which
/// `campaign.id` is asked for.
#[must_use]
pub fn is_a_copy(view: &UnitView<'_>, (unit, binding): (usize, BindingId), asked: &str) -> bool {
    let u = view.unit_of(unit);
    let Some(hook) = u.binding(binding).value.filter(|_| asked.contains('.')) else { return false };
    let Kind::Call { args, .. } = u.kind(hook) else { return false };
    let Some(&first) = args.first() else { return false };
    let is_handed = |(unit, binding): (usize, BindingId)| {
        matches!(view.unit_of(unit).binding(binding).kind, BindingKind::Parameter(..))
    };
    binding_of(view, unit, first).is_some_and(is_handed)
}

/// Whether what sets a state is only handed out by a hook: whether anybody takes it is not told here.
#[must_use]
pub fn is_set_elsewhere(view: &UnitView<'_>, binding: (usize, BindingId)) -> bool {
    let Some((unit, setter)) = setter_of(view, binding) else { return false };
    let uses = uses_of(view, unit, setter);
    let is_handed_out = |&(unit, used): &(usize, NodeId)| {
        let u = view.unit_of(unit);
        let Some(parent) = u.parent(used) else { return false };
        let is_returned = |node| u.parent(node).is_some_and(|out| matches!(u.kind(out), Kind::Return(_)));
        matches!(u.kind(parent), Kind::Object { .. } | Kind::Array(_)) && is_returned(parent)
    };
    !uses.is_empty() && uses.iter().all(is_handed_out)
}

fn part_of_a_state(view: &UnitView<'_>, (unit, binding): (usize, BindingId), index: u32) -> Option<State> {
    let u = view.unit_of(unit);
    let b = u.binding(binding);
    let hook = b.value.filter(|&value| is_hook(view, unit, value))?;
    (b.path.as_slice() == [PathStep::Index(index)]).then_some(State { unit, hook })
}

/// Whether a value is the call of a hook.
#[must_use]
pub fn is_hook(view: &UnitView<'_>, unit: usize, value: NodeId) -> bool {
    let u = view.unit_of(unit);
    let is_named_so = |name: &str| {
        name.strip_prefix("use").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    matches!(u.kind(value), Kind::Call { .. }) && callee_name(u, value).is_some_and(|name| is_named_so(name))
}
