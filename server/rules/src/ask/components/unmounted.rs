//! What runs when a component is gone.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Effects, FunctionId, FunctionKind, Kind, NodeId};
use plimsoll_project::link::{Closure, Context, SlotValue, Value};

use crate::UnitView;
use crate::ask::{owner_of, state_set_by, uses_of};

/// How many functions are followed to where they are used.
const MAX_FUNCTIONS: u8 = 6;

/// Words in the names of functions that take what is to be done at the end.
const ENDS: &[&str] = &["unmount", "cleanup", "dispose", "destroy", "finalizer"];

/// Whether the end of a component leads to a node: it stands in a cleanup of an effect, in what a hook hands out, in a
/// class, or in a function that one of these calls. Or the timer leads to it, which then ends by itself.
pub(crate) fn leads_from_the_end(view: &UnitView<'_>, node: (usize, NodeId), timer: (usize, NodeId)) -> bool {
    leads(view, node, timer, MAX_FUNCTIONS)
}

fn leads(view: &UnitView<'_>, (unit, node): (usize, NodeId), timer: (usize, NodeId), depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    if owner_of(view, unit, node).is_some() {
        return true;
    }
    let there = view.of(unit);
    let around = there.functions_around(node);
    for (i, (unit, function, context)) in around.iter().enumerate() {
        match context {
            Context::Runs(_, closure) | Context::Passed(closure) if (closure.unit, closure.call) == timer => {
                return true;
            }
            Context::Runs(_, closure) if is_a_limit_of(view, closure, timer) => return true,
            Context::Returned => {
                // A cleanup, or what a hook or a factory makes: its caller knows.
                let is_of_a_component =
                    around.get(i + 1).is_some_and(|(_, _, outer)| !matches!(outer, Context::Property(_)));
                return is_of_a_component;
            }
            Context::Runs(Run::Listener, closure) => return listens_to_the_end(view, closure, timer, depth),
            Context::Runs(Run::Effect | Run::Handler | Run::Job, _) => return false,
            Context::Property(_) => return is_handed_out(view, *unit, *function),
            Context::Named | Context::Runs(Run::Memo, _) => {
                return is_used_at_the_end(view, *unit, *function, timer, depth);
            }
            Context::Passed(closure) => return takes_the_end(view, closure.unit, closure.call),
            Context::Runs(..) | Context::Immediate => {}
        }
    }
    false
}

/// Whether a node stands in a function that makes the next state out of the one before: `setLeft((left) => …)`. It runs
/// when the component is rendered, and so no more once that is gone.
pub(crate) fn is_in_an_updater(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let around = view.of(unit).functions_around(node);
    around.iter().any(|(unit, function, context)| {
        let takes_the_state = || !view.unit_of(*unit).function(*function).params.is_empty();
        context.closure().is_some_and(|closure| takes_the_state() && sets_a_state(view, &closure))
    })
}

/// Whether a call sets a state.
fn sets_a_state(view: &UnitView<'_>, closure: &Closure) -> bool {
    let u = view.unit_of(closure.unit);
    let Kind::Call { callee, .. } = u.kind(closure.call) else { return false };
    state_set_by(view, closure.unit, *callee).is_some()
}

/// What ends a thing, by the event that it tells its listeners of then.
const ENDINGS: &[(&str, &[&str])] = &[
    ("close", &["close", "destroy", "disconnect", "end", "terminate"]),
    ("disconnect", &["close", "disconnect"]),
    ("abort", &["abort"]),
];

/// Whether a listener runs when something ends that the end of the component ends: its cleanup closes a socket, and what
/// listens to the socket's `close` clears the timer.
fn listens_to_the_end(view: &UnitView<'_>, closure: &Closure, timer: (usize, NodeId), depth: u8) -> bool {
    let facts = view.eval.call(closure.unit, closure.call);
    let Some(SlotValue::Node(site)) = facts.slot(Slot::Event) else { return false };
    let Some((unit, node)) = view.node_at(site) else { return false };
    let Value::Text(event) = view.eval.value(unit, node) else { return false };
    let Some((_, ends)) = ENDINGS.iter().find(|(name, _)| *name == &*event) else { return false };
    view.linked.file.units.iter().enumerate().any(|(unit, entry)| {
        let u = &entry.unit;
        u.calls.iter().any(|&call| {
            let Kind::Call { callee, .. } = u.kind(call) else { return false };
            matches!(u.kind(*callee), Kind::Member { name, .. } if ends.contains(&name.as_str()))
                && leads(view, (unit, call), timer, depth)
        })
    })
}

/// Whether a call that takes a function is a timer that runs once and is started beside another one, whose time it limits:
/// `setTimeout(() => clearInterval(pulse), 5000)`.
fn is_a_limit_of(view: &UnitView<'_>, closure: &Closure, timer: (usize, NodeId)) -> bool {
    let function = |unit: usize, node: NodeId| view.unit_of(unit).node(node).function;
    closure.unit == timer.0
        && function(closure.unit, closure.call) == function(timer.0, timer.1)
        && view.eval.call(closure.unit, closure.call).effects.contains(Effects::TIMER_ONCE)
}

/// Whether a function is a property of what the function around it returns: `return { stop: () => … }`.
fn is_handed_out(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let Some((unit, node)) = view.eval.node_of(unit, function) else { return false };
    let u = view.unit_of(unit);
    u.parent(node).is_some_and(|object| is_returned(view, unit, object))
}

/// Whether a node is what its function returns, alone or as a part of an object or an array.
fn is_returned(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = view.unit_of(unit);
    let mut at = node;
    loop {
        let Some(parent) = u.parent(at) else { return true };
        match u.kind(parent) {
            Kind::Object { .. } | Kind::Array(_) | Kind::Cast { .. } => at = parent,
            Kind::Return(_) => return true,
            Kind::Function(function) => return u.function(*function).body == Some(at),
            _ => return false,
        }
    }
}

/// Whether a function that has a name is used where something ends.
fn is_used_at_the_end(
    view: &UnitView<'_>,
    unit: usize,
    function: FunctionId,
    timer: (usize, NodeId),
    depth: u8,
) -> bool {
    let f = view.unit_of(unit).function(function);
    if f.kind == FunctionKind::Module {
        return false;
    }
    let Some((outer, node)) = view.eval.node_of(unit, function) else { return false };
    let u = view.unit_of(outer);
    // Who calls what is kept in a property of something is not known: `style.remove = () => stop()`.
    let is_kept = |p: NodeId| {
        let Kind::Assign { target, value, .. } = u.kind(p) else { return false };
        *value == node && matches!(u.kind(*target), Kind::Member { .. })
    };
    if u.parent(node).is_some_and(is_kept) {
        return true;
    }
    let holder = u.ancestors(node).find_map(|around| match u.kind(around) {
        Kind::Let { pattern, .. } => Some(pattern.bindings.first().copied()),
        Kind::Call { .. } | Kind::Cast { .. } => None,
        _ => Some(None),
    });
    let binding = holder.flatten().or_else(|| {
        let name = f.name.as_ref()?;
        u.resolve(name, u.node(node).scope, u.range(node).end)
    });
    let Some(binding) = binding else { return false };
    uses_of(view, outer, binding).into_iter().any(|(unit, used)| {
        let u = view.unit_of(unit);
        let Some(parent) = u.parent(used) else { return true };
        match u.kind(parent) {
            Kind::Call { callee, .. } if *callee == used => leads(view, (unit, parent), timer, depth),
            Kind::Call { .. } => takes_the_end(view, unit, parent),
            // The dependencies of an effect.
            Kind::Array(_) if u.parent(parent).is_some_and(|p| matches!(u.kind(p), Kind::Call { .. })) => {
                false
            }
            _ => is_returned(view, unit, used),
        }
    })
}

/// Whether a call takes a function of which nothing says that it runs before the end.
fn takes_the_end(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let facts = view.eval.call(unit, call);
    let name = crate::ask::callee_name(view.unit_of(unit), call).map(|name| name.to_ascii_lowercase());
    facts.behavior.is_none() || name.is_some_and(|name| ENDS.iter().any(|word| name.contains(word)))
}
