//! Connections that are made anew when they are closed: a function that makes one, and runs again from what is told of its
//! end.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{CallForm, Effects, FunctionId, Kind, NodeId, Unit};
use plimsoll_project::link::{Evaluator, FnRef, SlotValue, Value};

use crate::UnitView;
use crate::ask::code::callee_name;
use crate::ask::resilience::again::Again;
use crate::ask::resilience::backoff::{Change, Limit, MAX_NAMES, Wait, change_of, times_of};
use crate::ask::time::milliseconds;

/// Members that hold what runs when a connection ends.
const HANDLERS: &[&str] = &["onclose", "onerror", "ondisconnect"];
/// Events of its end.
const EVENTS: &[&str] = &["close", "error", "disconnect", "end"];

/// A connection that is made anew.
#[derive(Clone, Debug)]
pub struct Reconnect {
    /// The timer, or the call, by which it is made again.
    pub at: NodeId,
    /// The function that makes it, by its name.
    pub by: String,
    /// How long is waited before.
    pub wait: Wait,
    /// How often it is tried.
    pub limit: Limit,
}

/// The connections that a unit makes anew when they are closed.
#[must_use]
pub fn reconnects(view: &UnitView<'_>) -> Vec<Reconnect> {
    view.unit.calls.iter().filter_map(|&call| reconnect(view, call)).collect()
}

fn reconnect(view: &UnitView<'_>, call: NodeId) -> Option<Reconnect> {
    let u = view.unit;
    let facts = view.eval.call(view.index, call);
    let is_timer = facts.effects.contains(Effects::TIMER_ONCE);
    let (maker, by) = if is_timer {
        let callback = facts.behavior.as_ref()?.1.callback?;
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        run_by(view, *args.get(usize::from(callback))?)?
    } else {
        (facts.target.clone()?, callee_name(u, call)?.to_string())
    };
    if maker.file != view.linked.file.path {
        return None;
    }
    let around = view.functions_around(call);
    let is_inside =
        around.iter().any(|&(unit, function, _)| view.linked.file.fn_ref(unit, function) == maker);
    if !is_timer && !is_inside || !ends_are_handled(view, &maker) {
        return None;
    }
    let is_in_a_handler = around.iter().any(|&(unit, function, _)| is_handler(view, unit, function));
    let is_led_to = || {
        around.iter().any(|&(unit, function, _)| {
            let own = view.linked.file.fn_ref(unit, function);
            view.unit_of(unit).function(function).name.is_some() && is_called_by_a_handler(view, &maker, &own)
        })
    };
    // Called by hand, it is the first connection.
    if !(is_inside && is_in_a_handler || is_timer && is_led_to()) {
        return None;
    }
    // What a timer calls is told of at the timer.
    let is_of_a_timer = !is_timer
        && u.ancestors(call).any(|outer| {
            matches!(u.kind(outer), Kind::Call { .. })
                && view.eval.call(view.index, outer).effects.contains(Effects::TIMER_ONCE)
        });
    if is_of_a_timer {
        return None;
    }
    let body = u.function(u.node(call).function).body?;
    let again = Again { at: body, tried: call, attempts: vec![], after_failure: None, is_itself: false };
    let wait = match facts.slot(Slot::Delay) {
        Some(slot) => {
            let delay = view.own_node(Some(slot))?;
            match change_of(view, &again, delay, MAX_NAMES) {
                Change::Fixed => {
                    Wait::Fixed { by: call, delay, milliseconds: milliseconds(view, view.index, delay) }
                }
                Change::Grows => Wait::Other,
            }
        }
        None => Wait::None,
    };
    let asks = |unit: usize, function: FunctionId| {
        let there = view.of(unit);
        let Some(body) = there.unit.function(function).body else { return false };
        let again = Again { at: body, ..again.clone() };
        there.unit.descendants(body).into_iter().any(|node| times_of(&there, &again, node).is_some())
    };
    let is_limited = around
        .iter()
        .take_while(|&&(unit, function, _)| view.linked.file.fn_ref(unit, function) != maker)
        .any(|&(unit, function, _)| asks(unit, function));
    let limit = if is_limited { Limit::Times(None) } else { Limit::None };
    Some(Reconnect { at: call, by, wait, limit })
}

/// The function that a callback is, or the first one that it calls, and its name.
fn run_by(view: &UnitView<'_>, callback: NodeId) -> Option<(FnRef, String)> {
    let u = view.unit;
    if let Kind::Function(function) = u.kind(callback) {
        let body = u.function(*function).body?;
        return u.descendants(body).into_iter().find_map(|node| {
            let name = callee_name(u, node)?.to_string();
            Some((view.eval.call(view.index, node).target.clone()?, name))
        });
    }
    match view.eval.value(view.index, callback) {
        Value::Function(function) => {
            let path = view.dotted(callback)?;
            Some((function, path.rsplit('.').next().unwrap_or_default().to_owned()))
        }
        _ => None,
    }
}

/// Whether a function makes something, and says what runs when that ends.
fn ends_are_handled(view: &UnitView<'_>, maker: &FnRef) -> bool {
    let Some(unit) = view.linked.file.unit_at(&maker.unit) else { return false };
    let u = view.unit_of(unit);
    let Some(body) = u.function(maker.function).body else { return false };
    let inside = u.descendants(body);
    let makes = inside.iter().any(
        |&node| matches!(u.kind(node), Kind::Call { form: CallForm::New, args, .. } if !args.is_empty()),
    );
    makes && inside.iter().any(|&node| handler_at(view.eval, unit, u, node).is_some())
}

/// What is run at the end of a connection, where a node says so.
fn handler_at(eval: &Evaluator<'_>, unit: usize, u: &Unit, node: NodeId) -> Option<NodeId> {
    match u.kind(node) {
        Kind::Assign { target, value, .. } => match u.kind(*target) {
            Kind::Member { name, .. } if HANDLERS.contains(&name.as_str()) => Some(*value),
            _ => None,
        },
        Kind::Call { args, .. } => {
            let facts = eval.call(unit, node);
            let SlotValue::Node(site) = facts.slot(Slot::Event)? else { return None };
            let Value::Text(event) = eval.value(unit, site.node) else { return None };
            EVENTS.contains(&event.as_str()).then(|| args.last().copied()).flatten()
        }
        _ => None,
    }
}

/// Whether a function is what runs at the end of a connection.
fn is_handler(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let Some((unit, node)) = view.eval.node_of(unit, function) else { return false };
    let u = view.unit_of(unit);
    u.parent(node).is_some_and(|parent| handler_at(view.eval, unit, u, parent) == Some(node))
}

/// Whether what runs at the end of the connections of `maker` is a function, or calls it.
fn is_called_by_a_handler(view: &UnitView<'_>, maker: &FnRef, function: &FnRef) -> bool {
    let units = &view.linked.file.units;
    let Some(unit) = view.linked.file.unit_at(&maker.unit) else { return false };
    let u = view.unit_of(unit);
    u.nodes.iter().enumerate().any(|(at, _)| {
        let node = NodeId(u32::try_from(at).expect("few nodes"));
        let Some(handler) = handler_at(view.eval, unit, u, node) else { return false };
        let calls = |unit: usize, root: NodeId| {
            view.unit_of(unit).descendants(root).into_iter().any(|inner| {
                matches!(view.unit_of(unit).kind(inner), Kind::Call { .. })
                    && view.eval.call(unit, inner).target.as_ref() == Some(function)
            })
        };
        match u.kind(handler) {
            Kind::Function(f) => u.function(*f).body.is_some_and(|body| calls(unit, body)),
            Kind::Nested(at) => (0..units.len())
                .find(|&inner| units[inner].parent == Some(unit) && units[inner].index_in_parent == *at)
                .is_some_and(|inner| {
                    view.unit_of(inner).function(FunctionId(0)).body.is_some_and(|body| calls(inner, body))
                }),
            _ => view.eval.value(unit, handler) == Value::Function(function.clone()),
        }
    })
}
