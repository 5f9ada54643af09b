//! `blocking-in-async`

use plimsoll_behavior::{Effects, Kind, NodeId};

use crate::ask::{Often, Role, Stall, is_shared_thread, often, role, stall, words};
use crate::edit::aside::moved_aside;
use crate::edit::unblock::awaited;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{
    Confidence, FixPlan, PlannedEdit, RawRelated, Report, Rule, RuleMeta, Safety, Severity, UnitView,
    declare_rule,
};

declare_rule! {
    /// A call that keeps its thread for long, where many tasks or requests share that thread.
    ///
    /// ## What happens
    ///
    /// An asynchronous program serves thousands of requests with a few threads, because each gives its thread back at every
    /// `.await`. A call that blocks gives nothing back: while it hashes a password, sleeps or waits for a process, no other
    /// task on that thread goes on. A server of four cores stands still when four users sign in at once: health checks
    /// fail, timers fire late, and all requests, however small, wait. Node.js has one thread, so that one user is enough.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// async fn register(State(state): State<AppState>, Json(user): Json<NewUser>) -> Result<StatusCode, AppError> {
    ///     let hash = bcrypt::hash(&user.password, 12)?;
    ///     state.users.insert(&user.email, &hash).await?;
    ///     Ok(StatusCode::CREATED)
    /// }
    /// ```
    ///
    /// ```ts
    /// app.post('/register', async (req, res) => {
    ///   const hash = bcrypt.hashSync(req.body.password, 12)
    ///   res.json(await users.insert(req.body.email, hash))
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// async fn register(State(state): State<AppState>, Json(user): Json<NewUser>) -> Result<StatusCode, AppError> {
    ///     let hash = tokio::task::spawn_blocking(move || bcrypt::hash(user.password, 12)).await??;
    ///     state.users.insert(&user.email, &hash).await?;
    ///     Ok(StatusCode::CREATED)
    /// }
    /// ```
    ///
    /// ```ts
    /// app.post('/register', async (req, res) => {
    ///   const hash = await bcrypt.hash(req.body.password, 12)
    ///   res.json(await users.insert(req.body.email, hash))
    /// })
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The call that the same library or the runtime has for it is awaited instead; where there is none, the call is handed
    /// to a thread for what blocks, with copies of what it is given. Something else can happen meanwhile, so that somebody
    /// has to look at it.
    ///
    /// ## What it does not flag
    ///
    /// - What runs on a thread of its own: `spawn_blocking`, `block_in_place`, `web::block`, `std::thread::spawn`.
    /// - What is handed to a function of which it is not known where it runs it.
    /// - What happens once: when the program starts, when a value is made for the first time.
    /// - Command lines, scripts, tests, programs for a desktop.
    /// - What only asks for the name or the size of a file.
    /// - What is kept once it is there: `if (!key) key = scryptSync(…)`, `OnceLock`.
    /// - What only builds for macOS or Windows have.
    /// - Files, outside of what answers requests. Within, they are a preview: a small file on a local disk is read faster
    ///   than a query is answered.
    pub BlockingInAsync { id: "blocking-in-async", category: Concurrency, severity: Warning, since: "0.1.0" }
}

/// Words in the names of functions and files of what runs once, to begin with.
const BEGINS: &[&str] = &[
    "init",
    "initialize",
    "initialise",
    "setup",
    "bootstrap",
    "provision",
    "seed",
    "seeds",
    "migrate",
    "migration",
    "migrations",
    "main",
    "boot",
    "install",
    "start",
    "startup",
    "default",
    "demo",
    "bench",
    "benchmark",
    "cli",
];

/// Words in the names of folders of what is run on a command line.
const COMMANDS: &[&str] = &["cli", "xtask", "bench", "benches", "benchmark", "benchmarks"];

/// First words of the names of functions by which a program begins, where they stand in the file that it begins with, and
/// of those that see to it that something is there.
const RUNS: &[&str] = &["run", "serve", "launch", "build", "create"];

impl Rule for BlockingInAsync {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::BLOCKS_FOR_LONG
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls_with(Effects::BLOCKS_FOR_LONG) {
            let Some(stall) = missed(unit, &call) else { continue };
            if !unit.is_on_a_server() || !is_first(unit, &call, &stall) {
                continue;
            }
            let is_of_the_disk = stall.kind == Effects::BLOCK_DISK;
            let severity = if is_of_the_disk { Severity::Info } else { Severity::Warning };
            report
                .at_node(unit, call.node, Confidence::High, message(unit, &call, &stall))
                .severity(severity)
                .preview(is_of_the_disk)
                .related_all(unit.chain(&call, stall.kind, "the thread is kept here"))
                .related_all(others(unit, &call, &stall).into_iter().map(|(index, node)| RawRelated {
                    place: unit.of(index).place(node),
                    message: "so it is here".to_owned(),
                }))
                .fix(|| plan(unit, &call, &stall));
        }
    }
}

/// Mends all calls of one cause, since the next of them would be found where the first is mended alone.
fn plan(unit: &UnitView<'_>, call: &CallView<'_>, stall: &Stall) -> Option<FixPlan> {
    let mut title = None;
    let mut edits: Vec<PlannedEdit> = Vec::new();
    for (index, node) in std::iter::once((unit.index, call.node)).chain(others(unit, call, stall)) {
        let there = unit.of(index);
        let (own_title, own) = plan_of(&there, &there.call(node)?, stall.kind)?;
        title.get_or_insert(own_title);
        edits.extend(own);
    }
    edits.sort_by_key(|edit| edit.range.map(|range| (range.start, range.end)));
    let is_apart = |pair: &[PlannedEdit]| match (pair[0].range, pair[1].range) {
        (Some(first), Some(second)) => first.end <= second.start && first.start < second.start,
        _ => false,
    };
    edits.windows(2).all(is_apart).then_some(())?;
    Some(FixPlan { title: title?, safety: Safety::Review, edits })
}

fn plan_of(unit: &UnitView<'_>, call: &CallView<'_>, kind: Effects) -> Option<(String, Vec<PlannedEdit>)> {
    if let Some((edits, name)) = awaited(unit, call) {
        return Some((format!("Await `{name}` instead (review: others go on meanwhile)"), edits));
    }
    if !matches!(kind, Effects::BLOCK_COMPUTE | Effects::BLOCK_REMOTE) {
        return None;
    }
    let title = "Run it on a thread for what blocks (review: it is given copies)";
    Some((title.to_owned(), moved_aside(unit, call)?))
}

/// How a call keeps a thread that others wait for: it happens for requests, or again and again while there are some.
fn missed(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Stall> {
    // What is awaited does not block, whatever its receiver was taken for.
    let is_awaited = unit.is_rust()
        && unit.unit.parent(call.node).is_some_and(|parent| matches!(unit.unit.kind(parent), Kind::Await(_)));
    // What a function does that is called where it stands is told in it.
    let is_told_inside = matches!(unit.unit.kind(call.node), Kind::Call { callee, .. }
        if matches!(unit.unit.kind(*callee), Kind::Function(_) | Kind::Nested(_)));
    if is_awaited || is_told_inside || !is_shared_thread(unit, call.node) {
        return None;
    }
    let stall = stall(unit, call)?;
    let is_missed = match often(unit, call.node) {
        Often::Request | Often::Message => true,
        _ if stall.kind == Effects::BLOCK_DISK => false,
        // What is called somewhere may belong to a tool: it is certain of the work of services alone.
        Often::Seldom => role(unit, call.node) == Some(Role::Job),
        _ => (unit.is_rust() || stall.kind == Effects::BLOCK_COMPUTE) && !begins(unit, call),
    };
    is_missed.then_some(stall)
}

/// Whether no call before it in the file is of the same cause.
fn is_first(unit: &UnitView<'_>, call: &CallView<'_>, stall: &Stall) -> bool {
    let own = (unit.index, call.node);
    !(0..=unit.index).any(|index| {
        let there = unit.of(index);
        there
            .calls_with(stall.kind)
            .any(|other| (index, other.node) < own && is_of_one_cause(unit.index, stall, &there, &other))
    })
}

/// The calls behind it in the file that are of the same cause.
fn others(unit: &UnitView<'_>, call: &CallView<'_>, stall: &Stall) -> Vec<(usize, NodeId)> {
    let own = (unit.index, call.node);
    let units = unit.index..unit.linked.file.units.len();
    let all = units.flat_map(|index| {
        let there = unit.of(index);
        let of_it = |other: &CallView<'_>| {
            (index, other.node) > own && is_of_one_cause(unit.index, stall, &there, other)
        };
        there.calls_with(stall.kind).filter(of_it).map(|other| (index, other.node)).collect::<Vec<_>>()
    });
    all.collect()
}

/// Whether another call ends where one of the unit with this index does. Of files, those of one function are one cause.
fn is_of_one_cause(index: usize, stall: &Stall, there: &UnitView<'_>, other: &CallView<'_>) -> bool {
    missed(there, other).is_some_and(|other| {
        let is_of_the_disk = stall.kind == Effects::BLOCK_DISK && other.kind == stall.kind;
        other.at == stall.at || index == there.index && is_of_the_disk
    })
}

/// Whether the functions around a call run once, by their names and that of their file.
fn begins(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let path = &unit.linked.file.path;
    let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let is_entry = matches!(stem, "main" | "lib");
    let says_so = |name: &str| words(name).iter().any(|word| BEGINS.contains(&word.as_str()));
    let name_says_so = |name: &str| {
        let first = words(name).into_iter().next().unwrap_or_default();
        says_so(name) || first == "ensure" || is_entry && RUNS.contains(&first.as_str())
    };
    let root = unit.project.files.root_of(path).unwrap_or_default();
    let below = path.strip_prefix(root.as_str()).unwrap_or(path);
    let mut folders = below.split('/').rev().skip(1);
    let is_a_command =
        folders.any(|folder| words(folder).iter().any(|word| COMMANDS.contains(&word.as_str())));
    is_a_command
        || says_so(stem) && !is_entry
        || unit.functions_around(call.node).iter().any(|(index, id, _)| {
            unit.unit_of(*index).function(*id).name.as_ref().is_some_and(|name| name_says_so(name))
        })
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, stall: &Stall) -> String {
    let name = quoted(&unit.call_name(call.node)).unwrap_or_else(|| "this call".to_owned());
    let effects = stall.by.effects;
    if stall.kind == Effects::BLOCK_RUNTIME {
        return format!("{name} panics here: a thread of a runtime cannot wait for another one");
    }
    let does = match stall.kind {
        Effects::BLOCK_COMPUTE => "computes",
        Effects::BLOCK_SLEEP => "sleeps",
        Effects::BLOCK_DISK => "waits for the disk",
        _ if effects.intersects(Effects::PROCESS) => "waits for a process to end",
        _ if effects.intersects(Effects::HTTP_REQUEST) => "waits for another service",
        _ if effects.intersects(Effects::DB | Effects::DB_CONNECT) => "waits for the database",
        _ if effects.intersects(Effects::NOTIFY) => "waits for the mail server",
        _ => "waits",
    };
    let (thread, others) = match unit.is_rust() {
        true => ("a thread of the runtime", "all other tasks on that thread"),
        false => ("the only thread", "all other requests"),
    };
    format!("{name} {does} on {thread}, and {others} wait until it is done")
}
