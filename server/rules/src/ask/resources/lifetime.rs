//! How long what code starts is wanted: as long as a component is shown, an object is used, a request is answered.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{FunctionId, Kind, Name, NodeId};
use plimsoll_project::link::{Closure, Context, SlotValue, Value};

use crate::UnitView;
use crate::ask::occasion::callers;
use crate::ask::resources::anew::{Anew, anew, is_restarted_by};
use crate::ask::resources::released::fate_but_for_restarts;
use crate::ask::{Fate, Role, role};

/// How long what a node starts is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Lifetime {
    /// As long as the component is shown whose effect it is part of.
    Effect {
        /// The component or hook, where it has a name.
        component: Option<Name>,
        /// The effect's function: its unit, and its id there.
        effect: (usize, FunctionId),
        /// The call that takes it.
        closure: Closure,
    },
    /// As long as the component is shown in which it is started, by a handler or while rendering.
    Component(Name),
    /// As long as the object of this class is used, of which it is known why it is no longer.
    Object(Name, Anew),
    /// As long as the request is answered.
    Request,
    /// As long as the connection is open.
    Connection,
}

/// How long what a node starts is wanted; none where it may well live as long as the program, or nothing tells.
#[must_use]
pub fn lifetime(view: &UnitView<'_>, node: NodeId) -> Option<Lifetime> {
    let around = view.functions_around(node);
    for (unit, function, context) in &around {
        let u = &view.linked.file.units[*unit].unit;
        let f = u.function(*function);
        match context {
            Context::Runs(Run::Test, _) => return None,
            Context::Runs(Run::Effect, closure) => {
                let component =
                    around.iter().find_map(|(unit, function, _)| component(view, *unit, *function));
                return Some(Lifetime::Effect { component, effect: (*unit, *function), closure: *closure });
            }
            Context::Runs(Run::Handler, _) => return Some(Lifetime::Request),
            Context::Runs(Run::Listener, closure) if is_of_connections(view, closure) => {
                return Some(Lifetime::Connection);
            }
            _ => {}
        }
        if let Some(owner) = &f.owner {
            if runs_when_connected(view, *unit, *function) {
                return Some(Lifetime::Connection);
            }
            return anew(view, owner, node).map(|anew| Lifetime::Object(owner.clone(), anew));
        }
        if let Some(component) = component(view, *unit, *function) {
            return Some(Lifetime::Component(component));
        }
    }
    role(view, node).is_some_and(Role::answers_a_request).then_some(Lifetime::Request)
}

/// Whether a listener runs for every connection: of a server of sockets, by the name that Node.js gave the event.
pub(crate) fn is_of_connections(view: &UnitView<'_>, closure: &Closure) -> bool {
    let facts = view.eval.call(closure.unit, closure.call);
    let Some(SlotValue::Node(site)) = facts.slot(Slot::Event) else { return false };
    let Some((unit, node)) = view.node_at(site) else { return false };
    view.eval.value(unit, node) == Value::Text("connection".into())
}

/// Names under which a socket of a client is told what to run each time it is connected.
const CONNECTED: &[&str] = &["onopen", "onconnect", "onconnected"];

/// Whether a method is called by what a client's socket runs each time it is connected:
/// `this.socket.onopen = () => this.startPings()`.
fn runs_when_connected(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let file = &view.linked.file;
    callers(view.linked, &file.fn_ref(unit, function)).into_iter().any(|(unit, call)| {
        let called_in = file.units[unit].unit.node(call).function;
        let Some((unit, node)) = view.eval.node_of(unit, called_in) else { return false };
        let u = &file.units[unit].unit;
        let Some(Kind::Assign { target, value, .. }) = u.parent(node).map(|p| u.kind(p)) else {
            return false;
        };
        *value == node
            && matches!(u.kind(*target), Kind::Member { name, .. } if CONNECTED.contains(&name.as_str()))
    })
}

/// The name of a function that is a component or a hook: `Clock` that makes elements, `useClock`.
pub(crate) fn component(view: &UnitView<'_>, unit: usize, function: FunctionId) -> Option<Name> {
    let f = view.linked.file.units[unit].unit.function(function);
    let name = f.name.as_ref()?;
    let is_hook =
        name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let is_component =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && has_elements(view, unit, function);
    (is_hook || is_component).then(|| name.clone())
}

pub(crate) fn has_elements(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let units = &view.linked.file.units;
    let is_inside = |at: FunctionId| {
        let mut at = Some(at);
        while let Some(f) = at {
            if f == function {
                return true;
            }
            at = units[unit].unit.function(f).parent;
        }
        false
    };
    let own = &units[unit].unit;
    let mut open: Vec<usize> = Vec::new();
    for (i, nested) in own.nested.iter().enumerate() {
        if is_inside(own.node(nested.node).function) {
            open.push(units[unit].nested[i]);
        }
    }
    // What a component shows mostly stands at its end.
    if own.nodes.iter().rev().any(|n| matches!(n.kind, Kind::Element { .. }) && is_inside(n.function)) {
        return true;
    }
    while let Some(inner) = open.pop() {
        if units[inner].unit.nodes.iter().any(|n| matches!(n.kind, Kind::Element { .. })) {
            return true;
        }
        open.extend(&units[inner].nested);
    }
    false
}

/// Whether a timer of an object, which its own start ends before it begins another one, is left running by the method
/// that ends the others.
#[must_use]
pub fn is_left_running(view: &UnitView<'_>, lifetime: &Lifetime, node: NodeId) -> bool {
    let Lifetime::Object(class, Anew::Stopped(stop)) = lifetime else { return false };
    !is_restarted_by(view, class, stop, node) && fate_but_for_restarts(view, view.index, node) == Fate::Kept
}
