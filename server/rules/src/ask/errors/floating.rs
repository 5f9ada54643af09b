//! Promises that nobody waits for and whose rejection nobody handles.

use plimsoll_behavior::models::{Run, TypeModel};
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_project::link::{Fails, FnRef, PromiseFate, Value, run_of};

use crate::ask::errors::dropped::{dropping, is_written_as_middleware};
use crate::ask::errors::failing::{failing, failing_call, last_failing};
use crate::view::CallView;
use crate::{RawRelated, UnitView};

/// How many calls of a builder are looked through.
const MAX_CHAIN: usize = 64;

/// A promise that nobody waits for.
#[derive(Clone, Debug)]
pub struct Floating {
    /// The whole expression that yields it.
    pub node: NodeId,
    /// The call of it that may fail.
    pub call: NodeId,
    /// What fails, as a message says it.
    pub what: String,
    /// The way to it, through functions of the project.
    pub steps: Vec<RawRelated>,
    /// The function of the project that fails; none for a library's.
    pub function: Option<FnRef>,
    /// The last function of the way, in which it fails.
    pub fails_in: Option<FnRef>,
}

/// The promises that statements of the unit let go and that may be rejected, each once.
#[must_use]
pub fn floating(unit: &UnitView<'_>) -> Vec<Floating> {
    let mut found: Vec<Floating> = Vec::new();
    for call in unit.calls() {
        let rejections = unit.eval.rejections(unit.index, call.node);
        if rejections.is_empty() {
            continue;
        }
        let PromiseFate::Dropped(node) = unit.eval.promise_fate(unit.index, call.node) else { continue };
        if found.iter().any(|other| other.node == node) {
            continue;
        }
        let why = rejections.into_iter().find_map(|rejection| match rejection {
            None => Some(Floating {
                node,
                call: call.node,
                what: failing_call(unit, call.node),
                steps: Vec::new(),
                function: None,
                fails_in: None,
            }),
            // Middleware is found where it is written.
            Some((function, _)) if is_written_as_middleware(unit, &function) => None,
            // One that is given a callback tells that what fails.
            Some((function, _)) if takes_a_function(unit, call.node) && !is_async(unit, &function) => None,
            Some((function, ways)) => of_function(unit, node, call.node, function, ways),
        });
        found.extend(why);
    }
    found
}

/// The callbacks of a call that a library runs as a part of it and whose promises it drops, where they may be rejected:
/// `rows.forEach(async (row) => …)`.
#[must_use]
pub fn floating_callbacks(unit: &UnitView<'_>, call: &CallView<'_>) -> Vec<Floating> {
    let Some((_, behavior)) = &call.facts.behavior else { return Vec::new() };
    let drops =
        behavior.drops_promises.as_ref().filter(|_| matches!(behavior.run, Some(Run::Each | Run::Once)));
    if drops.and_then(|drops| dropping(unit, drops)).is_none() {
        return Vec::new();
    }
    let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return Vec::new() };
    let callbacks = args.iter().enumerate().filter(|(i, _)| run_of(call.facts, *i).is_some());
    let failing = callbacks.filter_map(|(_, &node)| {
        let Value::Function(function) = unit.eval.value(unit.index, node) else { return None };
        // What an executor returns is often only the last call of it.
        let is_meant = behavior.run == Some(Run::Each) || is_async(unit, &function);
        is_meant.then(|| of_function(unit, node, call.node, function, Fails::REJECTS))?
    });
    failing.collect()
}

fn of_function(
    unit: &UnitView<'_>,
    node: NodeId,
    call: NodeId,
    function: FnRef,
    ways: Fails,
) -> Option<Floating> {
    function.alternatives().any(|one| may_hand_out_a_promise(unit, &one)).then_some(())?;
    let (what, steps) = failing(unit, &function, ways)?;
    let fails_in = last_failing(unit, &function, ways);
    Some(Floating { node, call, what, steps, function: Some(function), fails_in })
}

fn is_async(unit: &UnitView<'_>, function: &FnRef) -> bool {
    unit.summary(function).is_some_and(|summary| summary.is_async)
}

/// Whether a function returns anything that could be a promise.
fn may_hand_out_a_promise(unit: &UnitView<'_>, function: &FnRef) -> bool {
    let mut may = false;
    unit.world.in_file(&function.file, &mut |there| {
        let Some(at) = there.file.unit_at(&function.unit) else { return };
        let u = &there.file.units[at].unit;
        let Some(own) = u.functions.get(function.function.0 as usize) else { return };
        let is_a_value = own.body.is_some_and(|body| !matches!(u.kind(body), Kind::Block { .. }));
        may = own.is_async
            || is_a_value
            || u.returns.iter().any(|&node| u.node(node).function == function.function);
    });
    may
}

/// The whole expression of a call that a statement lets go although its library only begins to work when somebody waits.
#[must_use]
pub fn never_begun(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    // A promise that is fulfilled with what is only sent when somebody waits for it, waits for it.
    let is_of_a_promise =
        call.facts.target.iter().flat_map(FnRef::alternatives).any(|own| is_async(unit, &own));
    if is_of_a_promise || !is_lazy(unit, call) || takes_a_function(unit, call.node) {
        return None;
    }
    // `then` begins it; so does what waits for several.
    let PromiseFate::Dropped(node) = unit.eval.promise_fate(unit.index, call.node) else { return None };
    (node == call.node && begins_here(unit, call.node)).then_some(node)
}

/// Whether what a call yields is only sent when somebody waits for it.
fn is_lazy(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let ty = |ty| -> &TypeModel { unit.eval.models.ty(ty) };
    let built = call.facts.value.instance().map(|it| ty(it.ty)).filter(|ty| ty.runs.is_some());
    let of = built.or_else(|| call.facts.receiver.map(ty).filter(|_| !call.facts.effects.is_empty()));
    let Some(begun_by) = of.and_then(|ty| ty.begun_by.as_ref()) else { return false };
    let Kind::Call { callee, .. } = unit.unit.kind(call.node) else { return false };
    // What handles its promise begins it.
    let waits = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.run == Some(Run::Then));
    !waits && !matches!(unit.unit.kind(*callee), Kind::Member { name, .. } if begun_by.contains(name))
}

/// Whether a chain of calls begins with what is no builder yet: a step that is added to one changes it.
fn begins_here(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let mut at = call;
    for _ in 0..MAX_CHAIN {
        at = match u.kind(at) {
            Kind::Call { callee, .. } => *callee,
            Kind::Member { object, .. } => *object,
            Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => *inner,
            _ => break,
        };
    }
    let value = unit.eval.value(unit.index, at);
    value.instance().is_none_or(|it| unit.eval.models.ty(it.ty).runs.is_none())
}

fn takes_a_function(unit: &UnitView<'_>, call: NodeId) -> bool {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return false };
    let is_function = |&arg: &NodeId| match unit.unit.kind(arg) {
        Kind::Function(_) | Kind::Nested(_) => true,
        Kind::Name { .. } => matches!(unit.eval.value(unit.index, arg), Value::Function(_)),
        _ => false,
    };
    args.last().is_some_and(is_function)
}
