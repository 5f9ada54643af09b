//! The effects of components that run a piece of code, by themselves or through functions beside them.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, FunctionId, Kind, NodeId};
use plimsoll_project::link::{Closure, Context, run_of};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::uses_of;

/// How many functions lead from an effect to the code.
const MAX_STEPS: usize = 3;

/// How many calls are looked at.
const MAX_CALLS: usize = 48;

/// An effect that runs a piece of code.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRun {
    /// Its function: the unit, and the id there.
    pub effect: (usize, FunctionId),
    /// The call that takes it.
    pub closure: Closure,
    /// The functions on the way, from the code outwards.
    pub through: Vec<Through>,
}

/// A function that has a name and is called on the way from an effect to a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// The function: its unit, and its id there.
    pub function: (usize, FunctionId),
    /// The call of it, or the one that it is handed to.
    pub call: (usize, NodeId),
    /// The binding that it is called by.
    pub binding: (usize, BindingId),
}

/// The effects of this file that run a node.
#[must_use]
pub fn effect_runs(view: &UnitView<'_>, unit: usize, node: NodeId) -> Vec<EffectRun> {
    let mut search = Search { view, seen: FxHashSet::default(), found: Vec::new() };
    search.walk((unit, node), &[]);
    search.found
}

/// The binding that holds a function: a declaration's, or that of a variable it is the value of, alone or wrapped in a call
/// that keeps it.
#[must_use]
pub fn holder(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<(usize, BindingId)> {
    let u = view.unit_of(unit);
    let holds = |b: &plimsoll_behavior::Binding| b.value == Some(node) && b.path.is_empty();
    let index = u.bindings.iter().position(holds)?;
    Some((unit, BindingId(u32::try_from(index).ok()?)))
}

struct Search<'a, 'b> {
    view: &'b UnitView<'a>,
    seen: FxHashSet<(usize, NodeId)>,
    found: Vec<EffectRun>,
}

impl Search<'_, '_> {
    fn walk(&mut self, (unit, node): (usize, NodeId), through: &[Through]) {
        if self.seen.len() >= MAX_CALLS || !self.seen.insert((unit, node)) {
            return;
        }
        for (unit, function, context) in self.view.of(unit).functions_around(node) {
            match context {
                Context::Runs(Run::Effect, closure) => {
                    let (effect, through) = ((unit, function), through.to_vec());
                    return self.found.push(EffectRun { effect, closure, through });
                }
                Context::Runs(Run::Memo, closure) => {
                    return self.callers((unit, function), (closure.unit, closure.call), through);
                }
                Context::Named => {
                    let Some(node) = self.view.eval.node_of(unit, function) else { return };
                    return self.callers((unit, function), node, through);
                }
                Context::Immediate | Context::Passed(_) => {}
                Context::Runs(run, _) if is_part(run) => {}
                Context::Runs(..) | Context::Returned | Context::Property(_) => return,
            }
        }
    }

    fn callers(&mut self, function: (usize, FunctionId), value: (usize, NodeId), through: &[Through]) {
        if through.len() >= MAX_STEPS {
            return;
        }
        let Some(binding) = holder(self.view, value.0, value.1) else { return };
        for (unit, used) in uses_of(self.view, binding.0, binding.1) {
            let u = self.view.unit_of(unit);
            let Some(parent) = u.parent(used) else { continue };
            let Kind::Call { callee, args, .. } = u.kind(parent) else { continue };
            let is_called = *callee == used || {
                let argument = args.iter().position(|&arg| arg == used);
                let run = argument.and_then(|index| run_of(&self.view.eval.call(unit, parent), index));
                run.is_some_and(is_part)
            };
            if is_called {
                let mut through = through.to_vec();
                through.push(Through { function, call: (unit, parent), binding });
                self.walk((unit, parent), &through);
            }
        }
    }
}

/// Whether what runs so belongs to the function around it, sooner or later.
fn is_part(run: Run) -> bool {
    matches!(
        run,
        Run::Each
            | Run::Once
            | Run::Then
            | Run::Limited
            | Run::Transaction
            | Run::Retry
            | Run::Timeout
            | Run::Interval
            | Run::Task
    )
}
