//! Whether anybody waits for what a function does.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Kind, Literal, NodeId};
use plimsoll_project::link::{Context, PromiseFate, is_visible_outside};

use crate::UnitView;
use crate::ask::occasion::callers;
use crate::ask::role::is_of_the_start;

/// Whether nobody waits for the function around a node: its file calls it at the start, for events or again and again, and
/// nobody else does.
#[must_use]
pub fn is_for_nobody(unit: &UnitView<'_>, node: NodeId) -> bool {
    let Some(&(at, function, _)) = unit.functions_around(node).first() else { return false };
    let own = unit.linked.file.fn_ref(at, function);
    let calls = callers(unit.linked, &own);
    let runs_by_itself = |&(index, call): &(usize, NodeId)| {
        let there = unit.of(index);
        there.runs_as(call, &[Run::Interval, Run::Timeout, Run::Listener, Run::Job])
            || is_of_the_start(&there, call)
            || there.functions_around(call).iter().any(|(_, _, context)| listens(unit, context))
    };
    let is_let_go = |&(index, call): &(usize, NodeId)| {
        !matches!(unit.eval.promise_fate(index, call), PromiseFate::Awaited(_) | PromiseFate::Returned)
    };
    let is_seen_elsewhere = is_visible_outside(unit.linked, at, function);
    calls.iter().any(runs_by_itself) || !calls.is_empty() && !is_seen_elsewhere && calls.iter().all(is_let_go)
}

/// Whether a function is handed, under a name, to something of which nothing is known, as listeners are:
/// `socket.on('message', (text) => …)`; routes have paths.
fn listens(unit: &UnitView<'_>, context: &Context) -> bool {
    let Context::Passed(closure) = context else { return false };
    let u = unit.unit_of(closure.unit);
    let Kind::Call { args, .. } = u.kind(closure.call) else { return false };
    let is_event = |&node: &NodeId| matches!(u.kind(node), Kind::Literal(Literal::String(name)) if !name.starts_with('/'));
    closure.argument == 1 && args.first().is_some_and(is_event)
}
