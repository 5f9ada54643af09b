//! In which role a function runs.

use plimsoll_behavior::{FunctionId, NodeId, words};
use plimsoll_project::below_manifest;
use plimsoll_project::link::{Context, is_scheduled_route, registered, role_of_run};
pub use plimsoll_project::link::{Role, RoleFact};

use crate::UnitView;

/// In which role a node of the unit runs, as far as this file tells.
#[must_use]
pub fn role(view: &UnitView<'_>, node: NodeId) -> Option<Role> {
    for (unit, function, context) in view.functions_around(node) {
        if let Context::Runs(run, _) = context
            && let Some(role) = role_of_run(run)
        {
            return Some(role);
        }
        if let Some(fact) = role_in_file(view, unit, function) {
            return Some(fact.role);
        }
    }
    None
}

/// Whether a node runs on a schedule, as far as this file and its place tell.
#[must_use]
pub fn is_scheduled(view: &UnitView<'_>, node: NodeId) -> bool {
    role(view, node) == Some(Role::Job) || is_scheduled_route(view.world.files(), &view.linked.file.path)
}

/// Words of files and functions of what runs once in a while, whoever starts it.
const ONCE_IN_A_WHILE: &[&str] = &[
    "cleanup",
    "cron",
    "crons",
    "expired",
    "janitor",
    "job",
    "jobs",
    "prune",
    "purge",
    "reaper",
    "retention",
    "stale",
    "sweep",
    "sweeper",
    "worker",
    "workers",
];

/// Whether the names of a file, or of the functions that a node stands in, say that it runs once in a while.
#[must_use]
pub fn is_named_as_a_job(view: &UnitView<'_>, node: NodeId) -> bool {
    let says = |name: &str| words(name).iter().any(|word| ONCE_IN_A_WHILE.contains(&word.as_str()));
    says(&below_manifest(view.project.files, &view.linked.file.path))
        || view
            .functions_around(node)
            .iter()
            .any(|(at, function, _)| view.unit_of(*at).function(*function).name.as_deref().is_some_and(says))
}

/// The role that a function of the file has by what it says of itself and by the calls of the file that it is handed to.
#[must_use]
pub fn role_in_file(view: &UnitView<'_>, unit: usize, function: FunctionId) -> Option<RoleFact> {
    let function = view.linked.file.fn_ref(unit, function);
    let own = view.linked.summary(&function).and_then(|summary| summary.role.clone());
    own.or_else(|| registered(view.linked, &function))
}

/// Whether a node runs while the program starts: at the top of a module, or in a function that is said to start it. What
/// these only declare, or hand over for later with something to come, is no part of the start.
#[must_use]
pub fn is_of_the_start(view: &UnitView<'_>, node: NodeId) -> bool {
    for (unit, function, context) in view.functions_around(node) {
        if role_in_file(view, unit, function).is_some_and(|fact| fact.role == Role::StartUp) {
            return true;
        }
        let is_called_later =
            matches!(context, Context::Passed(_)) && !view.unit_of(unit).function(function).params.is_empty();
        if is_called_later || !context.is_inline() {
            return false;
        }
    }
    false
}
