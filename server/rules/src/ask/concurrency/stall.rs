//! What keeps a thread that others need: a call that blocks for long, where tasks or requests share its thread.

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Attribute, BlockForm, Effects, FunctionId, Kind, NodeId};
use plimsoll_project::link::{CallFacts, Context, FnRef, Site};

use crate::UnitView;
use crate::ask::code::in_function;
use crate::ask::remembered::is_remembered;
use crate::ask::role::{Role, role_in_file};
use crate::view::CallView;

/// How many functions a chain of calls is followed through.
const MAX_STEPS: usize = 16;

/// In what order it is told what blocks, where a call does so in several ways: what takes longest first.
const KINDS: [Effects; 5] = [
    Effects::BLOCK_RUNTIME,
    Effects::BLOCK_SLEEP,
    Effects::BLOCK_COMPUTE,
    Effects::BLOCK_REMOTE,
    Effects::BLOCK_DISK,
];

/// Why a call keeps its thread for long.
#[derive(Clone, Debug)]
pub struct Stall {
    /// One of [`Effects::BLOCKS_FOR_LONG`].
    pub kind: Effects,
    /// What the library's call does that keeps it.
    pub by: Arc<CallFacts>,
    /// Where that stands.
    pub at: Site,
}

/// Whether a call keeps its thread for long: by itself, or through functions of the project that run as a part of it.
/// What asynchronous functions and blocks do is their own, and what is kept once it is there is done once.
#[must_use]
pub fn stall(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Stall> {
    if is_remembered(unit, call.node) {
        return None;
    }
    if let Some(kind) = KINDS.into_iter().find(|&kind| call.facts.effects.contains(kind)) {
        return Some(Stall { kind, by: Arc::clone(call.facts), at: unit.eval.site(unit.index, call.node) });
    }
    let target = call.facts.target.as_ref().filter(|target| target.others.is_empty())?;
    let effects = call.summary.as_ref()?.effects;
    KINDS.into_iter().filter(|&kind| effects.contains(kind)).find_map(|kind| followed(unit, target, kind))
}

/// The library's call by which a function has the effect while its caller waits.
fn followed(unit: &UnitView<'_>, target: &FnRef, kind: Effects) -> Option<Stall> {
    let mut function = target.clone();
    for _ in 0..MAX_STEPS {
        let summary = unit.summary(&function)?;
        if summary.is_async || !function.others.is_empty() {
            return None;
        }
        let witness = summary.witness(kind)?.clone();
        let mut found = None;
        in_function(unit, &function, &mut |there| {
            let index = there.linked.file.unit_at(&witness.unit);
            let Some(there) = index.map(|index| there.of(index)) else { return };
            let is_kept = witness.next.is_none() && is_remembered(&there, witness.node);
            if runs_with_its_caller(&there, &function, witness.node) && !is_kept {
                let at = there.eval.site(there.index, witness.node);
                found = Some(Stall { kind, by: there.eval.call(there.index, witness.node), at });
            }
        });
        let found = found?;
        match witness.next {
            None => return Some(found),
            Some(next) => function = next,
        }
    }
    None
}

/// Whether a node runs before the function around it returns.
fn runs_with_its_caller(unit: &UnitView<'_>, function: &FnRef, node: NodeId) -> bool {
    let mut at = (unit.index, node);
    for (index, id, context) in unit.functions_around(node) {
        if is_in_async_block(unit, at) || is_for_another_system(&unit.unit_of(index).function(id).attributes)
        {
            return false;
        }
        if unit.linked.file.fn_ref(index, id) == *function {
            return true;
        }
        if !is_run_at_once(&context) {
            return false;
        }
        let Some(outer) = unit.eval.node_of(index, id) else { return false };
        at = outer;
    }
    false
}

/// Systems that developers have on their desks, and on which no service runs.
const DESKS: &[&str] = &["\"macos\"", "\"windows\"", "windows"];

/// Whether what an attribute stands at is left out where services run: `#[cfg(target_os = "macos")]`.
fn is_for_another_system(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path.last().is_some_and(|last| last == "cfg")).any(|cfg| {
        let text = cfg.text.trim();
        let of = text.strip_prefix("target_os").map(|rest| rest.trim_start().trim_start_matches('=').trim());
        DESKS.contains(&of.unwrap_or(text))
    })
}

/// Whether other tasks or requests wait for the thread that a node runs on: it stands in an asynchronous function, or in one
/// that answers requests.
#[must_use]
pub fn is_shared_thread(unit: &UnitView<'_>, node: NodeId) -> bool {
    let around = unit.functions_around(node);
    let mut at = (unit.index, node);
    for (i, (index, id, context)) in around.iter().enumerate() {
        if is_in_async_block(unit, at) || is_task(unit, *index, *id, context) {
            // A thread of its own may have a runtime of its own.
            let is_on_a_thread =
                |(.., context): &(usize, FunctionId, Context)| matches!(context, Context::Runs(Run::Task, _));
            return !unit.is_rust() || !around[i..].iter().any(is_on_a_thread);
        }
        if !is_run_at_once(context) {
            return false;
        }
        let Some(outer) = unit.eval.node_of(*index, *id) else { return false };
        at = outer;
    }
    false
}

/// Whether a function is a task: an asynchronous one, or in Node.js one that is called for requests.
fn is_task(unit: &UnitView<'_>, index: usize, id: FunctionId, context: &Context) -> bool {
    let answers = || {
        matches!(context, Context::Runs(Run::Handler, _))
            || role_in_file(unit, index, id)
                .is_some_and(|fact| matches!(fact.role, Role::Handler | Role::Middleware | Role::Consumer))
    };
    unit.unit_of(index).function(id).is_async || !unit.is_rust() && answers()
}

/// Whether a closure runs as a part of the function around it, as often as that does.
fn is_run_at_once(context: &Context) -> bool {
    match context {
        Context::Runs(run, _) => {
            matches!(run, Run::Each | Run::Once | Run::Then | Run::Limited | Run::Transaction | Run::Retry)
        }
        Context::Immediate => true,
        _ => false,
    }
}

/// Whether a node of the file stands in an asynchronous block of its own function.
fn is_in_async_block(unit: &UnitView<'_>, (index, node): (usize, NodeId)) -> bool {
    let u = unit.unit_of(index);
    let function = u.node(node).function;
    u.ancestors(node)
        .take_while(|&around| u.node(around).function == function)
        .any(|around| matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. }))
}
