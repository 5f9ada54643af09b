//! Where what a call throws comes out, if nobody has caught it by then.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{FunctionId, NodeId};
use plimsoll_project::link::{Context, Fails, FnRef};

use crate::UnitView;
use crate::ask::errors::dropped::{dropped_callbacks, drops_what_it_returns, is_dropped_middleware};
use crate::ask::occasion::callers;
use crate::ask::role::{Role, role_in_file};

/// How many functions a failure is followed through.
const MAX_FUNCTIONS: usize = 24;

/// Where a failure comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surfaces {
    /// In a callback that nothing stands around: the process ends with it.
    EndsTheProcess(Run),
    /// In a handler whose library answers that it has failed.
    AnswersAnError,
}

/// Where a failure of a call of a script comes out that nobody on the way handles; none where somebody does, where
/// promises are concerned that are let go, and where nothing is known. Only functions of this file are looked at.
#[must_use]
pub fn surfaces(view: &UnitView<'_>, call: NodeId) -> Option<Surfaces> {
    let thrown = view.eval.fails_by(view.index, call);
    let own = view.linked.file.fn_ref(view.index, view.unit.node(call).function);
    let mut open = vec![(own, thrown)];
    let mut seen: Vec<(FnRef, Fails)> = Vec::new();
    while let Some((function, ways)) = open.pop() {
        let known = (function, ways);
        if ways.is_empty() || seen.len() >= MAX_FUNCTIONS || seen.contains(&known) {
            continue;
        }
        seen.push(known.clone());
        let (function, _) = known;
        let Some(unit) = view.linked.file.unit_at(&function.unit) else { continue };
        match ends_at(view, unit, function.function, ways) {
            End::Out(surfaces) => return Some(surfaces),
            End::Kept => {}
            End::Callers => open.extend(those_who_fail_by(view, &function, ways)),
        }
    }
    None
}

/// What becomes of a failure at a function that it leaves.
enum End {
    Out(Surfaces),
    /// Somebody else's to tell, or nobody knows.
    Kept,
    Callers,
}

fn ends_at(view: &UnitView<'_>, unit: usize, function: FunctionId, ways: Fails) -> End {
    let there = view.of(unit);
    let throws = ways.contains(Fails::THROWS);
    if let Context::Runs(run, closure) = there.context(function) {
        let around = view.of(closure.unit);
        let Some(call) = around.call(closure.call) else { return End::Kept };
        let Some((_, behavior)) = &call.facts.behavior else { return End::Kept };
        return match run {
            // Libraries look at what they call otherwise than for an event.
            Run::Listener
                if behavior.slots.contains_key(&plimsoll_behavior::models::Slot::Event) && throws =>
            {
                End::Out(Surfaces::EndsTheProcess(run))
            }
            Run::Listener => End::Kept,
            Run::Interval | Run::Timeout if throws => End::Out(Surfaces::EndsTheProcess(run)),
            Run::Handler => {
                let drops = behavior.drops_promises.as_ref();
                let is_bare = drops.is_some_and(|drops| drops.package.is_none());
                let is_dropped =
                    || dropped_callbacks(&around, &call).iter().any(|one| one.node == closure.node);
                match throws {
                    true if is_bare => End::Out(Surfaces::EndsTheProcess(run)),
                    false if is_dropped() => End::Kept,
                    _ => End::Out(Surfaces::AnswersAnError),
                }
            }
            Run::Each | Run::Once | Run::Then | Run::Limited | Run::Transaction | Run::Memo => End::Callers,
            _ => End::Kept,
        };
    }
    match role_in_file(view, unit, function).map(|fact| fact.role) {
        // What is only handed the request by a handler is none itself.
        Some(Role::Handler) if !callers(view.linked, &view.linked.file.fn_ref(unit, function)).is_empty() => {
            End::Callers
        }
        Some(Role::Handler) => {
            let is_dropped = || {
                drops_what_it_returns(&there, function) || is_dropped_middleware(&there, function).is_some()
            };
            if !throws && is_dropped() { End::Kept } else { End::Out(Surfaces::AnswersAnError) }
        }
        Some(_) => End::Kept,
        None => End::Callers,
    }
}

/// The functions of the file that fail if this one does in one of these ways, with how.
fn those_who_fail_by(view: &UnitView<'_>, function: &FnRef, ways: Fails) -> Vec<(FnRef, Fails)> {
    let mut found = Vec::new();
    for (unit, facts) in view.linked.facts.iter().enumerate() {
        for (i, local) in facts.locals.iter().enumerate() {
            for failure in &local.failures {
                if failure
                    .callee
                    .as_ref()
                    .is_some_and(|(callee, how)| callee == function && how.intersects(ways))
                {
                    let id = FunctionId(u32::try_from(i).expect("few functions"));
                    found.push((view.linked.file.fn_ref(unit, id), failure.fails));
                }
            }
        }
    }
    found
}
