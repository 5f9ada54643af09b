//! What the places of files tell: which of them start the program, which hold its jobs.

use plimsoll_syntax::Language;

use super::{Role, RoleFact};
use crate::link::parent;
use crate::{Files, below_manifest};

/// Files that start a program or its jobs, by their names without an ending.
const ENTRY_NAMES: &[&str] = &[
    "index",
    "main",
    "server",
    "app",
    "start",
    "startup",
    "bootstrap",
    "worker",
    "cron",
    "crons",
    "jobs",
    "scheduler",
    "instrumentation",
];
/// Where such files stand, below the folder of the manifest.
const ENTRY_FOLDERS: &[&str] = &[
    "",
    "src",
    "server",
    "src/server",
    "jobs",
    "src/jobs",
    "src/server/jobs",
    "cron",
    "src/cron",
    "src/bin",
];
/// Folders of work that no user waits for.
const JOB_FOLDERS: &[&str] = &["jobs", "job", "cron", "crons", "scheduled", "scheduler", "schedulers"];
/// What the last word of a file's name says of it.
const JOB_WORDS: &[&str] = &["job", "jobs", "cron", "crons"];
/// Files of such folders that are about something called a job instead.
const REQUEST_WORDS: &[&str] =
    &["controller", "service", "routes", "route", "router", "repository", "model", "resolver", "page", "api"];

/// The files by which the program of a file starts, and those that list its jobs.
pub(in crate::link) fn entries(files: &dyn Files, path: &str) -> Vec<String> {
    let below = below_manifest(files, path);
    let Some(root) = path.strip_suffix(below.as_str()).map(|r| r.trim_end_matches('/')) else {
        return Vec::new();
    };
    let language = |path: &str| Language::from_path(path).map(Language::is_script_family);
    let beside = parent(&below).unwrap_or_default();
    let mut found = Vec::new();
    let folders = ENTRY_FOLDERS.iter().copied().chain((!ENTRY_FOLDERS.contains(&beside)).then_some(beside));
    for folder in folders {
        let folder = if folder.is_empty() { root.to_owned() } else { format!("{root}/{folder}") };
        for name in files.list(&folder) {
            let Some((stem, _)) = name.rsplit_once('.') else { continue };
            let is_entry = ENTRY_NAMES.contains(&stem) || folder.ends_with("/bin");
            let file = format!("{folder}/{name}");
            if is_entry && language(&file).is_some() && language(&file) == language(path) && file != path {
                found.push(file);
            }
        }
    }
    found
}

/// What the place of a file says of the functions that it offers.
#[must_use]
pub fn role_of_place(files: &dyn Files, path: &str) -> Option<RoleFact> {
    let path = below_manifest(files, path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let words = name.rsplit_once('.').map_or(name, |(words, _)| words);
    let last = words.rsplit(['.', '-', '_']).next().unwrap_or_default();
    if REQUEST_WORDS.contains(&last) {
        return None;
    }
    if matches!(stem, "startup" | "bootstrap") {
        return Some(RoleFact::new(Role::StartUp, format!("stands in {name}")));
    }
    if let Some(part) = folder.split('/').find(|part| JOB_FOLDERS.contains(part)) {
        return Some(RoleFact::new(Role::Job, format!("stands in {part}/")));
    }
    let is_job = JOB_WORDS.contains(&last) || last.ends_with("Job") || stem == "scheduler";
    is_job.then(|| RoleFact::new(Role::Job, format!("stands in {name}")))
}

/// Whether a scheduler calls the routes of a file: `app/api/cron/sync/route.ts`.
#[must_use]
pub fn is_scheduled_route(files: &dyn Files, path: &str) -> bool {
    below_manifest(files, path).split('/').any(|part| matches!(part, "cron" | "crons" | "cron.ts"))
}

/// Whether the function that a file offers by default is handed what a user sent in a property of this name: the page
/// of a route.
#[must_use]
pub(in crate::link) fn handed_by_place(path: &str, property: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_page = name.split_once('.').is_some_and(|(stem, _)| stem == "page");
    is_page && matches!(property, "searchParams" | "params")
}
