//! What a panic ends: the answer to a request, a task, or the start of a program, which somebody watches.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BlockForm, Effects, Kind, NodeId};
use plimsoll_project::link::{Context, FnRef, is_visible_outside, role_of_place, run_of};

use crate::UnitView;
use crate::ask::code::unit_of;
use crate::ask::occasion::{callers, in_other};
use crate::ask::role::{Role, role_in_file};

/// How many functions a panic is followed through.
const MAX_FUNCTIONS: usize = 24;

/// What a panic ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanicEnds {
    /// The work for a request: it is not answered.
    Request,
    /// A task that runs beside all others.
    Task,
}

/// What a panic at a node of a Rust unit ends; none where that is a test or the start of the program, and where nothing is
/// known.
#[must_use]
pub fn panic_ends(view: &UnitView<'_>, node: NodeId) -> Option<PanicEnds> {
    Search { seen: Vec::new(), asks_elsewhere: true }.at(view, view.index, node)
}

struct Search {
    seen: Vec<FnRef>,
    /// Whether the callers in other files are still to be asked.
    asks_elsewhere: bool,
}

impl Search {
    fn at(&mut self, view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<PanicEnds> {
        let there = view.of(unit);
        if is_in_a_task(&there, node) {
            return Some(PanicEnds::Task);
        }
        for (unit, function, context) in there.functions_around(node) {
            if let Some(ends) = role_in_file(view, unit, function).map(|fact| fact.role) {
                return by_role(ends);
            }
            match context {
                Context::Runs(Run::Task | Run::Job | Run::Interval, _) => return Some(PanicEnds::Task),
                Context::Runs(Run::Handler, _) => return Some(PanicEnds::Request),
                Context::Runs(Run::Test | Run::Memo, _) => return None,
                Context::Runs(_, closure) | Context::Passed(closure) => {
                    if is_in_a_task(&view.of(closure.unit), closure.call) {
                        return Some(PanicEnds::Task);
                    }
                }
                Context::Immediate => {}
                Context::Property(_) | Context::Returned | Context::Named => {
                    return self.called(view, unit, function);
                }
            }
        }
        None
    }

    fn called(
        &mut self,
        view: &UnitView<'_>,
        unit: usize,
        function: plimsoll_behavior::FunctionId,
    ) -> Option<PanicEnds> {
        let own = view.linked.file.fn_ref(unit, function);
        if self.seen.len() >= MAX_FUNCTIONS || self.seen.contains(&own) {
            return None;
        }
        self.seen.push(own.clone());
        for (unit, call) in callers(view.linked, &own) {
            if let Some(ends) = self.at(view, unit, call) {
                return Some(ends);
            }
        }
        if !self.asks_elsewhere || !is_visible_outside(view.linked, unit, function) {
            return None;
        }
        self.asks_elsewhere = false;
        for used in view.world.uses_at_entries(&own) {
            let ends = in_other(view, &used.linked.file.path, used.unit, &mut |there| match used.argument {
                None => self.at(there, there.index, used.call),
                Some(argument) => {
                    let facts = there.eval.call(there.index, used.call);
                    match run_of(&facts, argument)? {
                        Run::Handler => Some(PanicEnds::Request),
                        Run::Task | Run::Job | Run::Interval => Some(PanicEnds::Task),
                        _ => None,
                    }
                }
            });
            if let Some(Some(ends)) = ends {
                return Some(ends);
            }
        }
        self.asks_elsewhere = true;
        by_role(role_of_place(view.world.files(), &view.linked.file.path)?.role)
    }
}

fn by_role(role: Role) -> Option<PanicEnds> {
    match role {
        Role::Handler | Role::Middleware => Some(PanicEnds::Request),
        Role::Job | Role::Consumer => Some(PanicEnds::Task),
        Role::StartUp | Role::Effect | Role::Cleanup | Role::Test => None,
    }
}

/// Whether a node stands in a future that is handed to what starts a task, or is one.
fn is_in_a_task(view: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit_of(view, view.index);
    let mut at = node;
    while let Some(parent) = u.parent(at) {
        let is_a_future = at == node || matches!(u.kind(at), Kind::Block { form: BlockForm::Async, .. });
        if is_a_future
            && matches!(u.kind(parent), Kind::Call { args, .. } if args.contains(&at))
            && view.eval.call(view.index, parent).effects.contains(Effects::TASK_SPAWN)
        {
            return true;
        }
        at = parent;
    }
    false
}
