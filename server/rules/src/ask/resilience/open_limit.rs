//! Requests whose time limit is left to who calls the project's own wrapper.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingKind, Effects, FunctionId, Key, Kind, Name, NodeId, Unit};
use plimsoll_project::link::SlotValue;

use crate::UnitView;
use crate::ask::occasion::in_other;
use crate::ask::resilience::request::has_deadline_around;
use crate::view::CallView;

/// A request of a function of the project that leaves its time limit to who calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLimit {
    /// Its unit and node, where the function stands in the file under review.
    pub request: Option<(usize, NodeId)>,
}

/// The request that a call of the project's own function makes, if its options are one of the call's arguments, and that
/// argument, written here, has no time limit: `fetchWithRetry(url, { method: 'POST' })`, where the function itself does
/// nothing but `fetch(url, options)`.
#[must_use]
pub fn open_limit(view: &UnitView<'_>, call: &CallView<'_>) -> Option<OpenLimit> {
    let (request, index, properties) = limit_parameter(view, call)?;
    let Kind::Call { args, .. } = view.unit.kind(call.node) else { return None };
    if args.iter().take(index + 1).any(|&arg| matches!(view.unit.kind(arg), Kind::Spread(_))) {
        return None;
    }
    let &options = args.get(index)?;
    let is_open = is_written_here(view.unit, options)
        && properties.iter().all(|property| view.eval.lacks_property(view.index, options, property));
    is_open.then_some(OpenLimit { request })
}

/// Whether options are an object of this unit, in place or by its name.
fn is_written_here(u: &Unit, options: NodeId) -> bool {
    match u.kind(options) {
        Kind::Object { .. } => true,
        Kind::Name { binding: Some(b), .. } => {
            let binding = u.binding(*b);
            binding.assignments.is_empty()
                && binding.value.is_some_and(|value| matches!(u.kind(value), Kind::Object { .. }))
        }
        _ => false,
    }
}

/// The unit and node of a request of this file.
type Here = Option<(usize, NodeId)>;

/// The request of the called function, where that stands in this file, which of its parameters becomes the options, and
/// what the time limit is called in them.
fn limit_parameter(view: &UnitView<'_>, call: &CallView<'_>) -> Option<(Here, usize, Vec<Name>)> {
    let own = call.facts.target.as_ref()?;
    let summary = call.summary.as_ref()?;
    // What goes to one of several functions has no witness of its own.
    let witness = summary.witness(Effects::HTTP_REQUEST)?.clone();
    if witness.next.is_some() || summary.effects.contains(Effects::DEADLINE) {
        return None;
    }
    let look = &mut |there: &UnitView<'_>| asked_of(there, own.function, witness.node);
    if own.file == view.linked.file.path {
        let unit = view.linked.file.unit_at(&witness.unit)?;
        let (index, properties) = look(&view.of(unit))?;
        return Some((Some((unit, witness.node)), index, properties));
    }
    let unit = view.world.linked(&own.file)?.file.unit_at(&witness.unit)?;
    let (index, properties) = in_other(view, &own.file, unit, look)??;
    Some((None, index, properties))
}

fn asked_of(there: &UnitView<'_>, function: FunctionId, request: NodeId) -> Option<(usize, Vec<Name>)> {
    let request = there.call(request)?;
    let (_, behavior) = request.facts.behavior.as_ref()?;
    if request.facts.receiver.is_some()
        || !matches!(request.slot(Slot::Timeout), Some(SlotValue::Elsewhere))
        || behavior.default_timeout.is_some()
        || has_deadline_around(there, request.node)
    {
        return None;
    }
    let options = there.own_node(request.slot(Slot::Options))?;
    let u = there.unit;
    let parameter = |node: NodeId| match u.kind(node) {
        Kind::Name { binding: Some(b), .. } => match u.binding(*b).kind {
            BindingKind::Parameter(f, i) if f == function && u.binding(*b).path.is_empty() => {
                Some(usize::from(i))
            }
            _ => None,
        },
        _ => None,
    };
    let index = match u.kind(options) {
        Kind::Object { entries, .. } => {
            entries.iter().find_map(|entry| match (&entry.key, u.kind(entry.value)) {
                (Key::Spread, Kind::Spread(inner)) => parameter(*inner),
                (Key::Spread, _) => parameter(entry.value),
                _ => None,
            })
        }
        _ => parameter(options),
    }?;
    let properties: Vec<Name> = behavior
        .timeout
        .iter()
        .filter_map(|path| path.split_once('.').map(|(_, rest)| rest.into()))
        .collect();
    let is_plain = !properties.is_empty() && properties.iter().all(|p| !p.contains('.'));
    // `options.signal = controller.signal`
    let is_set_here = u.nodes.iter().any(|node| {
        let Kind::Assign { target, .. } = &node.kind else { return false };
        let Kind::Member { object, name, .. } = u.kind(*target) else { return false };
        properties.contains(name) && parameter(*object) == Some(index)
    });
    (is_plain && !is_set_here).then_some((index, properties))
}
