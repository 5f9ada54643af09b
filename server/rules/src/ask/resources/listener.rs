//! Listeners: what they listen to, whether that outlives whoever listens, and what removes them.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{BindingId, BindingKind, CallForm, FunctionId, Kind, Literal, Name, NodeId};
use plimsoll_project::link::Value;

use crate::ask::components::state::is_hook;
use crate::ask::resources::lifetime::component;
use crate::ask::{binding_of, owner_of, receiver};
use crate::{CallView, UnitView};

/// How many variables a target is looked up through.
const MAX_ALIASES: u8 = 4;

/// A call that adds a listener to something.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// What it listens to.
    pub target: Target,
    /// The argument that names the event, where there is one.
    pub event: Option<NodeId>,
    /// The argument that is called.
    pub handler: NodeId,
    /// The methods of the target that remove it, given the same arguments.
    pub twins: Vec<Name>,
    /// The methods of the target that end that.
    ends: Vec<Name>,
    /// The argument that has its options, as its model names it; and their names by which it ends by itself.
    pub options: Option<(usize, Vec<Name>)>,
}

/// What a listener listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where its path begins.
    head: Head,
    /// `document.body`
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// A name that nothing binds: what the platform has.
    Platform,
    Binding(usize, BindingId),
    Other,
}

impl Target {
    /// Whether it is reached by the same name anywhere in its file.
    #[must_use]
    pub fn is_of_the_platform_or_module(&self, view: &UnitView<'_>) -> bool {
        match self.head {
            Head::Platform => true,
            Head::Binding(0, binding) => is_of_the_module(view, binding),
            _ => false,
        }
    }
}

/// What removes a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Nothing does.
    Never,
    /// A method is called to remove it, but with another function.
    OfAnother {
        /// The method.
        by: Name,
        /// The function that it is given: a unit, and the node there.
        given: (usize, NodeId),
    },
    /// Something does, on some path.
    Removed,
}

/// The listener that a call adds; none where its result is what ends it.
#[must_use]
pub fn listener(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Listener> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let Kind::Call { args, form: CallForm::Plain | CallForm::Optional, .. } = view.unit.kind(call.node)
    else {
        return None;
    };
    if behavior.run != Some(Run::Listener) {
        return None;
    }
    let named = |prefix: &str| -> Vec<Name> {
        behavior.release.iter().filter_map(|way| way.strip_prefix(prefix)).map(Name::from).collect()
    };
    let twins = named("twin:");
    let handler = *args.get(usize::from(behavior.callback?))?;
    let event = call.slot(Slot::Event).and_then(|slot| view.own_node(Some(slot)));
    if twins.is_empty() {
        return None;
    }
    let options: Vec<(usize, Name)> = named("option:")
        .iter()
        .filter_map(|path| {
            let (index, option) = path.split_once('.')?;
            Some((index.parse().ok()?, option.into()))
        })
        .collect();
    let options =
        options.first().map(|(index, _)| (*index, options.iter().map(|(_, name)| name.clone()).collect()));
    let target = target(view, view.index, call.node);
    Some(Listener { target, event, handler, twins, ends: named("method:"), options })
}

/// Whether what a listener listens to is there for longer than the function that adds it: it is the platform's, the
/// module's, or was handed to the component.
#[must_use]
pub fn outlives(view: &UnitView<'_>, listener: &Listener, call: NodeId) -> bool {
    match listener.target.head {
        Head::Platform => true,
        Head::Other => receiver(view.unit, call).is_some_and(|of| is_kept_by_listeners(view, view.index, of)),
        Head::Binding(unit, binding) => {
            let b = view.unit_of(unit).binding(binding);
            match b.kind {
                BindingKind::Import(_) => true,
                BindingKind::Variable if unit == 0 && is_of_the_module(view, binding) => {
                    !b.is_mutable && b.value.is_some()
                }
                BindingKind::Variable => b.value.is_some_and(|value| {
                    is_kept_by_listeners(view, unit, value)
                        || is_hook(view, unit, value) && view.eval.value(unit, value).instance().is_none()
                }),
                BindingKind::Parameter(function, _) => component(view, unit, function).is_some(),
                _ => false,
            }
        }
    }
}

fn is_of_the_module(view: &UnitView<'_>, binding: BindingId) -> bool {
    let u = view.unit_of(0);
    u.scopes[u.binding(binding).scope.0 as usize].function == FunctionId(0)
}

/// Whether a value is one that is kept by whoever listens to it.
fn is_kept_by_listeners(view: &UnitView<'_>, unit: usize, value: NodeId) -> bool {
    let value = view.eval.value(unit, value);
    value.instance().is_some_and(|instance| view.eval.models.ty(instance.ty).kept_by_listeners)
}

/// Whether a listener ends by itself, or may: after one event, or by a signal.
#[must_use]
pub fn ends_by_itself(view: &UnitView<'_>, listener: &Listener, call: NodeId) -> bool {
    let Some((index, names)) = &listener.options else { return false };
    let Kind::Call { args, .. } = view.unit.kind(call) else { return false };
    if args.iter().any(|&arg| matches!(view.unit.kind(arg), Kind::Spread(_))) {
        return true;
    }
    let Some(&options) = args.get(*index) else { return false };
    if let Kind::Literal(Literal::Bool(_)) = view.unit.kind(options) {
        return false;
    }
    match view.eval.value(view.index, options) {
        Value::Bool(_) => false,
        Value::Syntax(site) => {
            let Some((unit, node)) = view.node_at(&site) else { return true };
            names.iter().any(|name| !view.eval.lacks_property(unit, node, name))
        }
        _ => true,
    }
}

/// What removes a listener, anywhere in its file.
#[must_use]
pub fn removal(view: &UnitView<'_>, listener: &Listener) -> Removal {
    let event = listener.event.map(|event| view.eval.value(view.index, event));
    let added_in = home(view, view.index, listener.handler);
    let mut found = Removal::Never;
    for unit in 0..view.linked.file.units.len() {
        let u = view.unit_of(unit);
        for &call in &u.calls {
            let Kind::Call { callee, args, .. } = u.kind(call) else { continue };
            let (Kind::Name { name, .. } | Kind::Member { name, .. }) = u.kind(*callee) else { continue };
            let is_twin = listener.twins.contains(name);
            if !is_twin && !listener.ends.contains(name) {
                continue;
            }
            let of = target(view, unit, call);
            let may_be_it = is_the_same(&listener.target, &of) || is_twin && is_anything(view, &of);
            if !may_be_it {
                continue;
            }
            // What ends the target, or removes all its listeners.
            if !is_twin || args.is_empty() {
                return Removal::Removed;
            }
            let (of_event, handler) = match &event {
                Some(event) => (is_of_event(view, event, unit, args[0]), args.get(1)),
                None => (true, args.first()),
            };
            if !of_event {
                continue;
            }
            let Some(&handler) = handler else { return Removal::Removed };
            let is_near = home(view, unit, call) == added_in;
            match compared(view, listener.handler, unit, handler) {
                Compared::Same => return Removal::Removed,
                Compared::MayBe if is_near || is_anything(view, &of) => return Removal::Removed,
                Compared::MadeAnew if is_near => {
                    found = Removal::OfAnother { by: name.clone(), given: (unit, handler) };
                }
                _ => {}
            }
        }
    }
    found
}

/// What is known of a function that is added and one that is removed.
enum Compared {
    Same,
    MayBe,
    Different,
    /// One of them is made where it stands.
    MadeAnew,
}

fn compared(view: &UnitView<'_>, added: NodeId, unit: usize, removed: NodeId) -> Compared {
    let there = view.of(unit);
    if is_made_there(view, added) || is_made_there(&there, removed) {
        return Compared::MadeAnew;
    }
    let (one, other) = (binding_of(view, view.index, added), binding_of(view, unit, removed));
    if one.is_some() && one == other {
        return Compared::Same;
    }
    let is_a_path = |kind: &Kind| matches!(kind, Kind::Member { .. });
    match (view.dotted(added), there.dotted(removed)) {
        // A path through something else than `this` may be the same thing by another name.
        (Some(one), Some(other))
            if is_a_path(view.unit.kind(added)) && is_a_path(there.unit.kind(removed)) =>
        {
            if one.rsplit('.').next() == other.rsplit('.').next() {
                Compared::Same
            } else {
                Compared::Different
            }
        }
        (Some(_), Some(_)) => {
            let is_declared = |binding: Option<(usize, BindingId)>| {
                let Some((unit, b)) = binding else { return false };
                let kind = view.unit_of(unit).binding(b).kind;
                matches!(kind, BindingKind::Variable | BindingKind::Function)
            };
            if is_declared(one) && is_declared(other) { Compared::Different } else { Compared::MayBe }
        }
        _ => Compared::MayBe,
    }
}

/// The class, or else the outermost function, that a node stands in.
fn home(view: &UnitView<'_>, unit: usize, node: NodeId) -> (Option<Name>, Option<(usize, FunctionId)>) {
    if let Some(class) = owner_of(view, unit, node) {
        return (Some(class), None);
    }
    let around = view.of(unit).functions_around(node);
    let is_a_function = |(unit, function, _): &&(usize, FunctionId, _)| (*unit, function.0) != (0, 0);
    (None, around.iter().rev().find(is_a_function).map(|(unit, function, _)| (*unit, *function)))
}

/// Whether a function is made where it stands, so that nothing else has it: it is written there, or bound there.
#[must_use]
pub fn is_made_there(view: &UnitView<'_>, handler: NodeId) -> bool {
    matches!(view.unit.kind(handler), Kind::Function(_) | Kind::Nested(_) | Kind::Call { .. })
}

fn is_of_event(view: &UnitView<'_>, event: &Value, unit: usize, other: NodeId) -> bool {
    let other = view.eval.value(unit, other);
    match (event, &other) {
        (Value::Text(one), Value::Text(other)) => one == other,
        _ => true,
    }
}

fn is_the_same(one: &Target, other: &Target) -> bool {
    one.head != Head::Other && one == other
}

/// Whether a target may be any: what stands in a collection, or was handed to a function.
fn is_anything(view: &UnitView<'_>, target: &Target) -> bool {
    match target.head {
        Head::Platform => false,
        Head::Other => true,
        Head::Binding(unit, binding) => {
            let kind = view.unit_of(unit).binding(binding).kind;
            !matches!(kind, BindingKind::Import(_) | BindingKind::Variable)
        }
    }
}

/// What a method is called on, or the platform itself where a function of it is called.
fn target(view: &UnitView<'_>, unit: usize, call: NodeId) -> Target {
    let u = view.unit_of(unit);
    let platform = || Target { head: Head::Platform, path: "window".to_owned() };
    match receiver(u, call) {
        Some(of) => path_of(view, unit, of, MAX_ALIASES),
        None => platform(),
    }
}

fn path_of(view: &UnitView<'_>, unit: usize, node: NodeId, aliases: u8) -> Target {
    let u = view.unit_of(unit);
    let mut members: Vec<&str> = Vec::new();
    let mut at = node;
    let head = loop {
        match u.kind(at) {
            Kind::Member { object, name, .. } => {
                members.push(name);
                at = *object;
            }
            Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => at = *inner,
            Kind::Name { name, .. } => break Some(name),
            _ => break None,
        }
    };
    members.reverse();
    let Some(name) = head else {
        return Target { head: Head::Other, path: view.of(unit).text(node).to_owned() };
    };
    let path = |head: &str| {
        let all = std::iter::once(head).chain(members.iter().copied());
        all.collect::<Vec<_>>().join(".")
    };
    let Some((of, binding)) = binding_of(view, unit, at) else {
        let window = ["globalThis", "self", "window"];
        let written = path(name);
        let path = match window.iter().find_map(|name| written.strip_prefix(name)?.strip_prefix('.')) {
            Some(rest) => rest.to_owned(),
            None if window.contains(&written.as_str()) => "window".to_owned(),
            None => written,
        };
        return Target { head: Head::Platform, path };
    };
    let b = view.unit_of(of).binding(binding);
    // `const root = document.documentElement`
    if members.is_empty()
        && b.kind == BindingKind::Variable
        && !b.is_mutable
        && b.path.is_empty()
        && let Some(value) = b.value
        && let Some(aliases) = aliases.checked_sub(1)
        && matches!(view.unit_of(of).kind(value), Kind::Name { .. } | Kind::Member { .. })
    {
        return path_of(view, of, value, aliases);
    }
    Target { head: Head::Binding(of, binding), path: path(name) }
}

/// What the event of a listener is called, if that is constant.
#[must_use]
pub fn event_name(view: &UnitView<'_>, listener: &Listener) -> Option<Name> {
    match view.eval.value(view.index, listener.event?) {
        Value::Text(name) => Some(name),
        _ => None,
    }
}
