//! What is known of a call, for whoever looks at it.

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::link::CallFacts;
use plimsoll_project::{SchemasOf, where_it_runs};
use plimsoll_rules::ask::Memo;
use plimsoll_rules::{ProjectFacts, UnitView};
use plimsoll_syntax::TextRange;

use crate::assemble::resolve;
use crate::{Confidence, Engine, Related, Request};

/// Effects as they are told, in the order of what they cost.
const TOLD: &[(Effects, &str)] = &[
    (Effects::DB_READ, "reads a database"),
    (Effects::DB_WRITE, "writes to a database"),
    (Effects::DB_CONNECT, "opens a connection to a database"),
    (Effects::DB_TRANSACTION, "runs a transaction"),
    (Effects::HTTP_REQUEST, "sends a request"),
    (Effects::HTTP_CLIENT, "makes a client for requests"),
    (Effects::RESPONSE_BODY, "reads the body of a response"),
    (Effects::RESPONSE_STREAM, "reads the body of a response piece by piece"),
    (Effects::RESPONSE_CHECK, "looks at the status of a response"),
    (Effects::FILE, "reads or writes files"),
    (Effects::PROCESS, "starts a process"),
    (Effects::SUBSCRIBE, "listens until it is released"),
    (Effects::TIMER_REPEATING, "starts a timer that repeats until it is cleared"),
    (Effects::TIMER_ONCE, "starts a timer"),
    (Effects::RELEASE, "releases a timer or a subscription"),
    (Effects::SLEEP, "waits for a time"),
    (Effects::TASK_SPAWN, "starts a task beside its caller"),
    (Effects::LOCK, "takes a lock"),
    (Effects::LIMIT, "waits while many others run"),
    (Effects::BLOCK, "blocks its thread"),
    (Effects::BLOCK_COMPUTE, "computes for long"),
    (Effects::EXIT, "ends the process"),
    (Effects::RESPOND, "answers a request"),
    (Effects::RETRY, "repeats what it is given until it succeeds"),
    (Effects::DEADLINE, "bounds the time of what it is given"),
    (Effects::ENQUEUE, "hands a job to a queue"),
    (Effects::NOTIFY, "sends a message to somebody"),
    (Effects::ROUTE, "registers a handler of requests"),
    (Effects::SCHEDULE, "registers a job"),
    (Effects::LOG, "writes to a log"),
];

/// What bounds a call, and is told where the code says so.
const BOUNDS: &[(Slot, &str)] = &[
    (Slot::Timeout, "time"),
    (Slot::Bound, "rows"),
    (Slot::Retry, "retries"),
    (Slot::Lock, "lock"),
    (Slot::Key, "idempotency key"),
];

/// What is known of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallDescription {
    /// Bytes of the file: the call.
    pub range: TextRange,
    /// How the code calls it, in one line: `prisma.user.findMany`.
    pub name: String,
    /// What it does, in words.
    pub effects: Vec<&'static str>,
    /// Where it comes from.
    pub origin: Origin,
    /// How sure that is.
    pub confidence: Confidence,
    /// What bounds it, and the code that says so: `("time", "AbortSignal.timeout(5_000)")`. What a request or a query
    /// lacks is told with an empty text.
    pub bounds: Vec<(&'static str, String)>,
    /// The way to the library's call through the project's own functions.
    pub chain: Vec<Related>,
}

/// Where a called function comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A package, as it is imported.
    Library(String),
    /// What is there without an import: `fetch`, `setInterval`.
    Platform,
    /// The project itself.
    Own,
}

impl Engine {
    /// What is known of the innermost call around a byte of the file; none where nothing that a call there does is known.
    #[must_use]
    pub fn describe(&self, request: &Request<'_>, offset: u32) -> Option<CallDescription> {
        let linker = self.linker(request);
        let understood = self.understand(request, &linker, None, None).ok()?;
        let linked = &understood.linked;
        let file = &linked.file;
        let around = |range: TextRange| range.start <= offset && offset < range.end;
        let unit = (0..file.units.len())
            .filter(|&unit| around(file.units[unit].place.range))
            .min_by_key(|&unit| file.units[unit].place.range.len())?;
        let project = ProjectFacts {
            text: &understood.text,
            now: request.now,
            runs: where_it_runs(&linker, file),
            files: linker.recorded(),
            schemas: SchemasOf::new(linker.recorded(), request.path),
            memo: Memo::default(),
        };
        let session = linker.open(file);
        let eval = linker.evaluator(&session);
        let view = UnitView {
            eval: &eval,
            linked,
            world: &linker,
            index: unit,
            unit: &file.units[unit].unit,
            facts: &linked.facts[unit],
            project: &project,
        };
        let is_here = |node: NodeId| {
            let Kind::Call { callee, .. } = view.unit.kind(node) else { return false };
            around(file.to_file(unit, view.unit.range(*callee)))
        };
        let call = view
            .calls()
            .filter(|call| is_here(call.node) && !call.effects().is_empty())
            .min_by_key(|call| file.to_file(unit, view.unit.range(call.node)).len())?;

        let effects = call.effects();
        let models = eval.models.all();
        let origin = match (&call.facts.behavior, &call.facts.target) {
            (Some((model, _)), _) => {
                let packages = models.get(usize::from(*model)).map(|model| &model.packages);
                let package = packages.and_then(|packages| packages.first())?;
                if package.starts_with('<') { Origin::Platform } else { Origin::Library(package.to_string()) }
            }
            (None, Some(_)) => Origin::Own,
            (None, None) => return None,
        };
        let chain = TOLD
            .iter()
            .filter(|_| call.facts.target.is_some())
            .find(|(effect, _)| effects.contains(*effect))
            .map(|&(effect, words)| view.chain(&call, effect, &format!("{words} here")))
            .unwrap_or_default();
        let chain = chain.into_iter().filter_map(|step| {
            let (path, range) = resolve(&step.place, linked, &linker)?;
            Some(Related { path, range, message: step.message })
        });
        Some(CallDescription {
            range: file.to_file(unit, view.unit.range(call.node)),
            name: view.call_name(call.node),
            effects: TOLD.iter().filter(|(e, _)| effects.contains(*e)).map(|(_, words)| *words).collect(),
            origin,
            confidence: crate::rules::confidence(call.confidence()),
            bounds: bounds(&view, call.facts, effects),
            chain: chain.collect(),
        })
    }
}

/// What bounds a library's call.
fn bounds(view: &UnitView<'_>, facts: &CallFacts, effects: Effects) -> Vec<(&'static str, String)> {
    let Some((_, behavior)) = &facts.behavior else { return Vec::new() };
    let text = |slot: Slot| {
        let node = view.own_node(facts.slot(slot))?;
        Some(view.text(node).split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let mut bounds: Vec<(&'static str, String)> =
        BOUNDS.iter().filter_map(|&(slot, what)| Some((what, text(slot)?))).collect();
    let is_many = facts.rows == Some(Rows::Many) && !behavior.unique;
    let lacks = |slot: Slot| facts.slot(slot).is_none();
    if effects.contains(Effects::HTTP_REQUEST) && lacks(Slot::Timeout) {
        bounds.push(("time", String::new()));
    }
    if effects.contains(Effects::DB_READ) && is_many && lacks(Slot::Bound) {
        bounds.push(("rows", String::new()));
    }
    bounds
}
