//! On which occasion code runs whose callers stand elsewhere: the entry points of the project, and where the file is.

use std::sync::Arc;

use plimsoll_behavior::{BindingId, Exported, FunctionId, Imported, Kind, NodeId, ScopeId};
use plimsoll_project::link::{Evaluator, FnRef, Linked, UnitFacts, Value, parent, resolve_module, run_of};
use rustc_hash::FxHashMap;

use super::failure::{Failure, Seen, ends_in, failure_of};
use super::role::{Role, declared_role};
use crate::UnitView;

/// How many functions a failure is followed through.
const MAX_FUNCTIONS: usize = 24;

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
/// Types of events that are delivered again when their handler fails.
const REDELIVERED_EVENTS: &[&str] = &[
    "SQSEvent",
    "SNSEvent",
    "S3Event",
    "KinesisStreamEvent",
    "DynamoDBStreamEvent",
    "ScheduledEvent",
    "EventBridgeEvent",
    "MessageBatch",
    "CloudEvent",
];

/// The role of the work that a failure at this node ends; none when it is covered on the way, or nothing is known.
/// Callers in other files, and what the place of the file says, only count where `asks_elsewhere` is set.
#[must_use]
pub fn role_of_failure(view: &UnitView<'_>, failure: Failure, asks_elsewhere: bool) -> Option<Role> {
    let mut search = Search { seen: Vec::new(), leads_elsewhere: asks_elsewhere };
    match search.follow(view, failure) {
        Ending::Role(role) => Some(role),
        Ending::Covered | Ending::Unknown => None,
    }
}

enum Ending {
    Covered,
    Role(Role),
    Unknown,
}

struct Search {
    seen: Vec<FnRef>,
    /// Whether the callers in other files are still to be asked.
    leads_elsewhere: bool,
}

impl Search {
    fn follow(&mut self, view: &UnitView<'_>, failure: Failure) -> Ending {
        let (unit, function, seen) = match failure {
            Failure::Covered => return Ending::Covered,
            Failure::Ends(role) => return Ending::Role(role),
            Failure::Leaves(unit, function, seen) => (unit, function, seen),
        };
        let own = view.linked.file.fn_ref(unit, function);
        if self.seen.len() >= MAX_FUNCTIONS || self.seen.contains(&own) {
            return Ending::Unknown;
        }
        self.seen.push(own.clone());
        // What starts up without it and only says so in the log has fallen back.
        let ending = |role: Role| match (role, seen) {
            (Role::StartUp, Seen::ByTheLog) => Ending::Covered,
            (role, _) => Ending::Role(role),
        };
        if let Some(failure) = registered(view, &own) {
            return match failure {
                Failure::Ends(role) => ending(role),
                _ => Ending::Covered,
            };
        }
        if is_redelivered(view, unit, function) {
            return Ending::Covered;
        }
        let u = &view.linked.file.units[unit].unit;
        if let Some(role) = declared_role(view, unit, u, function) {
            return match role {
                Role::Test | Role::Effect => Ending::Covered,
                Role::Handler if is_scheduled_route(view) => ending(Role::Job),
                role => ending(role),
            };
        }
        let mut is_covered = false;
        let mut is_called = false;
        for (unit, node) in callers(view.linked, &own) {
            is_called = true;
            match self.follow(view, failure_of(view, unit, node, None)) {
                Ending::Role(role) => return ending(role),
                Ending::Covered => is_covered = true,
                Ending::Unknown => {}
            }
        }
        if is_covered || (is_called && !is_visible_outside(view, unit, function)) || !self.leads_elsewhere {
            return if is_covered { Ending::Covered } else { Ending::Unknown };
        }
        match self.elsewhere(view, unit, function) {
            Ending::Role(role) => ending(role),
            other => other,
        }
    }

    /// What the entry points of the project do with a function, else what the place of its file says.
    fn elsewhere(&mut self, view: &UnitView<'_>, unit: usize, function: FunctionId) -> Ending {
        let own = view.linked.file.units[unit].unit.function(function);
        let Some(name) = own.name.as_deref() else { return Ending::Unknown };
        self.leads_elsewhere = false;
        let mut is_covered = false;
        for path in entries(view) {
            let is_mentioned = view.world.files().read(&path).is_some_and(|text| text.contains(name));
            if !is_mentioned {
                continue;
            }
            match in_file(view, &path, &mut |eval, linked| self.used_in(view, eval, linked, name)) {
                Some(Ending::Role(role)) => return Ending::Role(role),
                Some(Ending::Covered) => is_covered = true,
                Some(Ending::Unknown) | None => {}
            }
        }
        if is_covered {
            return Ending::Covered;
        }
        role_of_place(view).map_or(Ending::Unknown, Ending::Role)
    }

    /// What a file that imports the function does with it.
    fn used_in(&mut self, view: &UnitView<'_>, eval: &Evaluator<'_>, linked: &Linked, name: &str) -> Ending {
        let mut is_covered = false;
        for (unit, node) in uses(view, linked, name) {
            match self.used_at(&view_of(view, eval, linked, unit), node) {
                Ending::Role(role) => return Ending::Role(role),
                Ending::Covered => is_covered = true,
                Ending::Unknown => {}
            }
        }
        if is_covered { Ending::Covered } else { Ending::Unknown }
    }

    fn used_at(&mut self, there: &UnitView<'_>, node: NodeId) -> Ending {
        let Some(call) = there.unit.parent(node) else { return Ending::Unknown };
        let Kind::Call { callee, args, .. } = there.unit.kind(call) else { return Ending::Unknown };
        if *callee == node {
            return self.follow(there, failure_of(there, there.index, call, None));
        }
        let facts = there.eval.call(there.index, call);
        let argument = args.iter().position(|&a| a == node);
        match argument.and_then(|a| run_of(&facts, a)).and_then(|run| ends_in(there, run, &facts)) {
            Some(failure) => self.follow(there, failure),
            None => Ending::Unknown,
        }
    }
}

/// Looks at another file as a rule would at the one under review: with what the calls of all its units do.
pub(super) fn in_file<T>(
    view: &UnitView<'_>,
    path: &str,
    look: &mut dyn FnMut(&Evaluator<'_>, &Linked) -> T,
) -> Option<T> {
    let mut found = None;
    view.world.in_file(path, &mut |eval| {
        let facts = |unit: usize| {
            let calls = &eval.file.units[unit].unit.calls;
            let calls = calls.iter().map(|&call| (call, eval.call(unit, call))).collect();
            Arc::new(UnitFacts { calls, ..UnitFacts::default() })
        };
        let mut summaries = FxHashMap::default();
        for (unit, entry) in eval.file.units.iter().enumerate() {
            for i in 0..entry.unit.functions.len() {
                let function = eval.file.fn_ref(unit, FunctionId(u32::try_from(i).expect("few functions")));
                if let Some(summary) = view.world.summary(&function) {
                    summaries.insert(function, summary);
                }
            }
        }
        let linked = Linked {
            file: Arc::new(eval.file.clone()),
            facts: (0..eval.file.units.len()).map(facts).collect(),
            summaries: Arc::new(summaries),
            registered: Arc::default(),
        };
        found = Some(look(eval, &linked));
    });
    found
}

/// The view of one unit of another file.
pub(super) fn view_of<'v>(
    view: &UnitView<'v>,
    eval: &'v Evaluator<'v>,
    linked: &'v Linked,
    unit: usize,
) -> UnitView<'v> {
    UnitView {
        eval,
        linked,
        world: view.world,
        index: unit,
        unit: &linked.file.units[unit].unit,
        facts: &linked.facts[unit],
        project: view.project,
    }
}

/// The calls of a function within its own file: unit and call.
fn callers(linked: &Linked, function: &FnRef) -> Vec<(usize, NodeId)> {
    let mut found = Vec::new();
    for (unit, facts) in linked.facts.iter().enumerate() {
        for &call in &linked.file.units[unit].unit.calls {
            if facts.calls.get(&call).is_some_and(|f| f.target.as_ref() == Some(function)) {
                found.push((unit, call));
            }
        }
    }
    found
}

/// What becomes of a failure of a function that is handed by its name to a call that runs it.
fn registered(view: &UnitView<'_>, function: &FnRef) -> Option<Failure> {
    let wanted = Value::Function(function.clone());
    for (index, facts) in view.linked.facts.iter().enumerate() {
        let u = &view.linked.file.units[index].unit;
        for call in &u.calls {
            let Some(facts) = facts.calls.get(call) else { continue };
            let Kind::Call { args, .. } = u.kind(*call) else { continue };
            for (argument, &node) in args.iter().enumerate() {
                if let Some(run) = run_of(facts, argument)
                    && matches!(u.kind(node), Kind::Name { .. } | Kind::Member { .. })
                    && view.eval.value(index, node) == wanted
                    && let Some(failure) = ends_in(view, run, facts)
                {
                    return Some(failure);
                }
            }
        }
    }
    None
}

fn is_redelivered(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let function = view.linked.file.units[unit].unit.function(function);
    function
        .params
        .iter()
        .filter_map(|p| p.ty.as_ref())
        .any(|ty| ty.path.last().is_some_and(|last| REDELIVERED_EVENTS.contains(&last.as_str())))
}

fn is_visible_outside(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let own = view.linked.file.units[unit].unit.function(function);
    let Some(name) = &own.name else { return false };
    let module = &view.linked.file.units[0].unit;
    own.is_exported
        || own.owner.is_some()
        || module.exports.iter().any(|e| match &e.local {
            Exported::Binding(b) => module.binding(*b).name == *name,
            Exported::Value(_) => e.name == *name || e.name == "export=",
            Exported::From(..) => false,
        })
}

/// Where the names stand by which a file means a function of the file under review.
fn uses(view: &UnitView<'_>, linked: &Linked, name: &str) -> Vec<(usize, NodeId)> {
    let path = &view.linked.file.path;
    let module = &linked.file.units[0].unit;
    let files = view.world.files();
    let language = linked.file.language;
    let leads_here = |m: &str| resolve_module(files, &linked.file.path, m, language).as_deref() == Some(path);
    let mut direct = Vec::new();
    let mut whole = Vec::new();
    for import in &module.imports {
        let Some(b) = import.binding else { continue };
        match &import.what {
            Imported::Name(n) if n == name && leads_here(&import.module) => direct.push(b),
            Imported::Default if leads_here(&import.module) => direct.push(b),
            Imported::Name(n) if leads_here(&format!("{}::{n}", import.module)) => whole.push(b),
            Imported::Module if leads_here(&import.module) => whole.push(b),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (index, entry) in linked.file.units.iter().enumerate() {
        let u = &entry.unit;
        let means = |node: NodeId, all: &[BindingId]| match u.kind(node) {
            Kind::Name { binding: Some(b), .. } => index == 0 && all.contains(b),
            Kind::Name { name, binding: None } => {
                module.resolve(name, ScopeId(0), u32::MAX).is_some_and(|b| index != 0 && all.contains(&b))
            }
            _ => false,
        };
        for i in 0..u.nodes.len() {
            let node = NodeId(u32::try_from(i).expect("few nodes"));
            let is_member = |object| {
                means(object, &whole)
                    // `mod rates;` beside it: `rates::refresh`.
                    || matches!(u.kind(object), Kind::Name { name: m, .. } if leads_here(&format!("self::{m}")))
            };
            match u.kind(node) {
                Kind::Name { .. } if means(node, &direct) => found.push((index, node)),
                Kind::Member { object, name: n, .. } if n == name && is_member(*object) => {
                    found.push((index, node));
                }
                _ => {}
            }
        }
    }
    found
}

/// The files by which the program of this file starts, and those that list its jobs.
fn entries(view: &UnitView<'_>) -> Vec<String> {
    let files = view.world.files();
    let path = &view.linked.file.path;
    let below = plimsoll_project::below_manifest(files, path);
    let Some(root) = path.strip_suffix(below.as_str()).map(|r| r.trim_end_matches('/')) else {
        return Vec::new();
    };
    let beside = parent(&below).unwrap_or_default();
    let mut found = Vec::new();
    let folders = ENTRY_FOLDERS.iter().copied().chain((!ENTRY_FOLDERS.contains(&beside)).then_some(beside));
    for folder in folders {
        let folder = if folder.is_empty() { root.to_owned() } else { format!("{root}/{folder}") };
        for name in files.list(&folder) {
            let Some((stem, _)) = name.rsplit_once('.') else { continue };
            let is_entry = ENTRY_NAMES.contains(&stem) || folder.ends_with("/bin");
            let file = format!("{folder}/{name}");
            let same_language = plimsoll_syntax::Language::from_path(&file)
                .is_some_and(|l| l.is_script_family() == view.linked.file.language.is_script_family());
            if is_entry && same_language && file != **path {
                found.push(file);
            }
        }
    }
    found
}

/// What the place of a file says of the functions that it offers.
fn role_of_place(view: &UnitView<'_>) -> Option<Role> {
    let path = plimsoll_project::below_manifest(view.world.files(), &view.linked.file.path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let words = name.rsplit_once('.').map_or(name, |(words, _)| words);
    let last = words.rsplit(['.', '-', '_']).next().unwrap_or_default();
    if REQUEST_WORDS.contains(&last) {
        return None;
    }
    if matches!(stem, "startup" | "bootstrap") {
        return Some(Role::StartUp);
    }
    let is_job = folder.split('/').any(|part| JOB_FOLDERS.contains(&part))
        || JOB_WORDS.contains(&last)
        || last.ends_with("Job")
        || stem == "scheduler";
    is_job.then_some(Role::Job)
}

/// A route that a scheduler calls: `app/api/cron/sync/route.ts`.
fn is_scheduled_route(view: &UnitView<'_>) -> bool {
    let path = plimsoll_project::below_manifest(view.world.files(), &view.linked.file.path);
    path.split('/').any(|part| matches!(part, "cron" | "crons" | "cron.ts"))
}
