//! Whether code is there to go through all rows: exports, jobs, what runs once or by hand.

use plimsoll_behavior::{FunctionKind, NodeId};
use plimsoll_project::Runs;
use plimsoll_project::link::Context;

use crate::UnitView;
use crate::ask::database::growth::nouns;
use crate::ask::role::{Role, role, role_in_file};

/// Words in the names of functions and files that are meant to reach all rows.
#[rustfmt::skip] // a list of words
const MEANT: &[&str] = &[
    "export", "exporter", "download", "csv", "xlsx", "excel", "backup", "dump", "archive", "archiver", "sync",
    "synchronize", "migrate", "migration", "backfill", "seed", "import", "rebuild", "reindex", "index",
    "sitemap", "rss", "cron", "job", "scheduler", "schedule", "scheduled", "worker", "cleanup", "purge",
    "prune", "broadcast", "digest", "warm", "warmup", "preload", "hydrate", "restore", "recover", "recalculate",
    "recompute", "regenerate", "reconcile", "script", "static", "bulk", "replicate", "snapshot", "bootstrap",
    "init", "initialize", "startup", "everything", "gdpr", "retention", "expire", "poll", "poller",
    "dispatcher", "sweep", "sweeper", "tick", "daemon", "process", "processor",
];

/// Names of folders of which all code is there for it.
const FOLDERS: &[&str] =
    &["job", "cron", "cronjob", "worker", "scheduler", "export", "exporter", "example", "script"];

/// Whether a node runs in code that is there to go through all rows, as far as its file tells.
#[must_use]
pub fn is_bulk_work(view: &UnitView<'_>, node: NodeId) -> bool {
    if matches!(view.project.runs.runs, Runs::ByHand | Runs::CommandLine) {
        return true;
    }
    // What stands at the top level of a file is no role of the functions in it.
    let around = view.functions_around(node);
    let own = |(index, function, _): &(usize, plimsoll_behavior::FunctionId, Context)| {
        view.unit_of(*index).function(*function).kind != FunctionKind::Module
    };
    let is_alone = !around.iter().any(own);
    let found = role(view, node).filter(|&found| is_alone || found != Role::StartUp);
    let starts = around.iter().filter(|around| own(around)).any(|(index, function, _)| {
        role_in_file(view, *index, *function).is_some_and(|fact| fact.role == Role::StartUp)
    });
    if starts
        || matches!(found, Some(Role::Job | Role::Consumer | Role::StartUp | Role::Test | Role::Cleanup))
    {
        return true;
    }
    let is_meant = |name: &str| nouns(name).iter().any(|word| MEANT.contains(&word.as_str()));
    let by_function = around.iter().any(|(index, function, _)| {
        let function = view.unit_of(*index).function(*function);
        function.kind != FunctionKind::Module && function.name.as_deref().is_some_and(is_meant)
    });
    by_function || is_of_a_file(view, is_meant)
}

/// Whether the file, or a folder around it, is named so; `index` names nothing.
fn is_of_a_file(view: &UnitView<'_>, is_meant: impl Fn(&str) -> bool) -> bool {
    let below = plimsoll_project::below_manifest(view.project.files, &view.linked.file.path);
    let mut parts = below.rsplit('/');
    let stem = parts.next().unwrap_or_default().split('.').next().unwrap_or_default();
    let root = view.project.files.root_of(&view.linked.file.path).unwrap_or_default();
    let within = view.linked.file.path.strip_prefix(root.as_str()).unwrap_or(&below);
    let mut folders = within.split('/').rev().skip(1);
    stem != "index" && is_meant(stem)
        || folders.any(|folder| FOLDERS.contains(&nouns(folder).last().map_or("", String::as_str)))
}
