//! How long what code starts is wanted: as long as a component is shown, an object is used, a request is answered.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{CallForm, FunctionId, FunctionKind, Kind, Name, NodeId};
use plimsoll_project::link::{Closure, Context, SlotValue, Value};

use super::occasion::callers;
use super::{Role, binding_of, callee_name, owner_of, role};
use crate::UnitView;

/// How many classes a long life is followed through: each is made by the one before.
const MAX_OWNERS: u8 = 4;

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
    /// As long as the object of this class is used.
    Object(Name),
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
            let ends = is_made_again(view, owner) || stops_others(view, owner, node);
            return ends.then(|| Lifetime::Object(owner.clone()));
        }
        if let Some(component) = component(view, *unit, *function) {
            return Some(Lifetime::Component(component));
        }
    }
    role(view, node).is_some_and(Role::answers_a_request).then_some(Lifetime::Request)
}

/// Whether a listener runs for every connection: of a server of sockets, by the name that Node.js gave the event.
fn is_of_connections(view: &UnitView<'_>, closure: &Closure) -> bool {
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
fn component(view: &UnitView<'_>, unit: usize, function: FunctionId) -> Option<Name> {
    let f = view.linked.file.units[unit].unit.function(function);
    let name = f.name.as_ref()?;
    let is_hook =
        name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let is_component =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && has_elements(view, unit, function);
    (is_hook || is_component).then(|| name.clone())
}

fn has_elements(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
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
    if own.nodes.iter().any(|n| matches!(n.kind, Kind::Element { .. }) && is_inside(n.function)) {
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

/// Whether objects of a class of this file may come and go. One that the file makes itself at its top level, or keeps in
/// one of its variables or in the class, lives as long as the program, and so does what such an object makes for itself.
fn is_made_again(view: &UnitView<'_>, class: &str) -> bool {
    made_again(view, class, MAX_OWNERS)
}

fn made_again(view: &UnitView<'_>, class: &str, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    let units = &view.linked.file.units;
    for (unit, entry) in units.iter().enumerate() {
        let u = &entry.unit;
        for &call in &u.calls {
            let Kind::Call { callee, form: CallForm::New, .. } = u.kind(call) else { continue };
            let owner = owner_of(view, unit, call);
            let is_the_class = match u.kind(*callee) {
                Kind::Name { name, .. } => name == class,
                Kind::This => owner.as_ref().is_some_and(|owner| owner == class),
                _ => false,
            };
            let f = u.function(u.node(call).function);
            if is_the_class
                && (f.kind == FunctionKind::Module
                    || is_kept_by_the_module(view, unit, call)
                    || owner.is_some_and(|o| {
                        o == class || f.kind == FunctionKind::Constructor && !made_again(view, &o, depth)
                    }))
            {
                return false;
            }
        }
    }
    let is_injected = |name: &str| name == "Injectable";
    !view
        .linked
        .file
        .types_named(class)
        .any(|(_, ty)| ty.attributes.iter().any(|a| a.path.last().is_some_and(|last| is_injected(last))))
}

/// Whether what a call makes is kept in a variable of the module: `shared ??= new Cache()`.
fn is_kept_by_the_module(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = &view.linked.file.units[unit].unit;
    let Some(Kind::Assign { target, value, .. }) = u.parent(call).map(|p| u.kind(p)) else { return false };
    let holder = binding_of(view, unit, *target);
    *value == call
        && holder.is_some_and(|(unit, binding)| {
            let u = &view.linked.file.units[unit].unit;
            u.function(u.scopes[u.binding(binding).scope.0 as usize].function).kind == FunctionKind::Module
        })
}

/// Whether a class clears some of its timers when it is told to stop: one that it starts outside of its constructor is
/// then started again, however long the object lives.
fn stops_others(view: &UnitView<'_>, class: &str, node: NodeId) -> bool {
    let started = view.eval.call(view.index, node);
    let Some((_, behavior)) = &started.behavior else { return false };
    let releases: Vec<&str> = behavior.release.iter().filter_map(|way| way.strip_prefix("call:")).collect();
    let own = view.unit.node(node).function;
    if view.unit.function(own).kind == FunctionKind::Constructor {
        return false;
    }
    let units = &view.linked.file.units;
    units.iter().enumerate().any(|(unit, entry)| {
        entry.unit.calls.iter().any(|&call| {
            unit != view.index
                && callee_name(&entry.unit, call).is_some_and(|name| releases.contains(&name.as_str()))
                && owner_of(view, unit, call).is_some_and(|owner| owner == class)
        })
    })
}
