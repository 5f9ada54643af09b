//! The events by which a process comes to its end, and what listens to them.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Effects, Kind, Name, NodeId};
use plimsoll_project::link::{FnRef, Value};

use crate::UnitView;
use crate::view::CallView;

/// An event that ends a process as long as nobody listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessEnd {
    /// Its name.
    pub event: Name,
    /// What it tells.
    pub kind: ProcessEndKind,
    /// The call that ends the process, without its parts filled in.
    pub exit: Option<Name>,
}

/// What such an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEndKind {
    /// The process shall stop.
    Stop,
    /// Nobody has caught an error.
    Failure,
    /// Nobody has handled a rejection.
    Rejection,
}

/// What listens to an event.
pub struct ProcessListener {
    /// The argument that it is.
    pub node: NodeId,
    /// The function of the project; none for one of a library, which only tells.
    pub function: Option<FnRef>,
}

/// The event that a call listens to, if it ends a process.
#[must_use]
pub fn process_end(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<ProcessEnd> {
    let process = unit.eval.models.ty(call.facts.receiver?);
    let (_, behavior) = call.facts.behavior.as_ref()?;
    if behavior.run != Some(Run::Listener) {
        return None;
    }
    let Value::Text(event) = unit.eval.value(unit.index, unit.own_node(call.slot(Slot::Event))?) else {
        return None;
    };
    let kind = [
        (&process.stops_at, ProcessEndKind::Stop),
        (&process.fails_at, ProcessEndKind::Failure),
        (&process.rejects_at, ProcessEndKind::Rejection),
    ];
    let (_, kind) = kind.into_iter().find(|(events, _)| events.contains(&event))?;
    Some(ProcessEnd { event, kind, exit: process.exit_edit.clone() })
}

/// What a call makes listen, as far as it is known.
#[must_use]
pub fn process_listener(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<ProcessListener> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return None };
    let node = *args.get(usize::from(behavior.callback?))?;
    match unit.eval.value(unit.index, node) {
        Value::Function(function) => Some(ProcessListener { node, function: Some(function) }),
        // `console.error`
        _ => {
            let Kind::Member { object, name, .. } = unit.unit.kind(node) else { return None };
            let object = unit.eval.value(unit.index, *object);
            let method = unit.eval.models.method(object.instance()?.ty, name)?;
            (method.effect.0 == Effects::LOG).then_some(ProcessListener { node, function: None })
        }
    }
}
