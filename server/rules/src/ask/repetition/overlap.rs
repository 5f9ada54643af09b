//! Repeating timers whose work may take longer than the time between two of its runs, and has nothing that keeps the next
//! run from beginning meanwhile.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Effects, FunctionId, Kind, NodeId, Unit};
use plimsoll_project::link::{FnRef, SlotValue, Value, run_of};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, calls_within, in_function, source};
use crate::ask::database::exclusive::is_exclusive;
use crate::ask::resilience::outgoing::{chain_name, method};
use crate::ask::time::{milliseconds, period};
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many own functions lead from a timer to its work.
const MAX_DEPTH: u8 = 4;

/// What takes as long as something outside of the process does.
const WORK: Effects = Effects::HTTP_REQUEST
    .union(Effects::DB)
    .union(Effects::NOTIFY)
    .union(Effects::PROCESS)
    .union(Effects::ENQUEUE);

/// What is done twice where two runs do it.
const CHANGES: Effects =
    Effects::DB_WRITE.union(Effects::NOTIFY).union(Effects::PROCESS).union(Effects::ENQUEUE);

/// Words in the names of what lets only one in.
#[rustfmt::skip] // a list of words
const LOCKS: &[&str] = &[
    "lock", "locked", "mutex", "semaphore", "acquire", "lease", "leader", "exclusive", "singleton", "once",
    "debounce", "debounced", "throttle", "throttled", "claim", "limit", "limiter", "queue",
];

/// Work that a repeating timer may begin again while it is under way.
#[derive(Clone, Debug)]
pub struct Overlap {
    /// What the work is called by.
    pub work: String,
    /// Whether it changes something, or sends something.
    pub changes: bool,
    /// Whether it goes through something, one after the other.
    pub loops: bool,
    /// Whether it asks once, and does nothing with the answer that takes as long.
    pub is_one_step: bool,
    /// The time between two runs in milliseconds, where the code tells.
    pub period: Option<f64>,
}

/// What a call of a repeating timer begins again while it is still under way; none where something keeps it from that.
#[must_use]
pub fn overlap(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Overlap> {
    let Kind::Call { args, .. } = view.unit.kind(call.node) else { return None };
    let run = |i: usize| run_of(call.facts, i) == Some(Run::Interval);
    let &callback = args.iter().enumerate().find(|(i, _)| run(*i)).map(|(_, arg)| arg)?;
    let period = period(view, call.facts);
    let mut search = Search {
        period,
        loops: false,
        is_repeated: false,
        changes: false,
        steps: 0,
        seen: Vec::new(),
        asked: Vec::new(),
    };
    let inline = |there: &UnitView<'_>, function: FunctionId, search: &mut Search| {
        // What is let go beside other things is not what a run is there for.
        waits(there.unit, function).then(|| search.unkept(there, function, MAX_DEPTH)).flatten()
    };
    let work = match view.unit.kind(bare(view.unit, callback)) {
        Kind::Function(function) => inline(view, *function, &mut search),
        Kind::Nested(at) => {
            let units = &view.linked.file.units;
            let is_it =
                |unit: &usize| units[*unit].parent == Some(view.index) && units[*unit].index_in_parent == *at;
            let nested = (0..units.len()).find(is_it)?;
            inline(&view.of(nested), FunctionId(0), &mut search)
        }
        Kind::Name { .. } | Kind::Member { .. } => {
            let Value::Function(function) = view.eval.value(view.index, callback) else { return None };
            search.of_function(view, &function, MAX_DEPTH).map(|_| view.text(callback).to_owned())
        }
        _ => None,
    }?;
    let is_one_step = search.steps < 2 && !search.loops;
    Some(Overlap { work, changes: search.changes, loops: search.loops, is_one_step, period })
}

/// Whether a callback waits for what it does, or does nothing else than to begin it.
fn waits(u: &Unit, function: FunctionId) -> bool {
    let f = u.function(function);
    match f.body.map(|body| u.kind(body)) {
        Some(Kind::Block { statements, .. }) => {
            let begins = |&only: &NodeId| match u.kind(only) {
                Kind::Discard(value) => matches!(u.kind(*value), Kind::Call { .. } | Kind::Unary { .. }),
                kind => matches!(kind, Kind::Return(Some(_))),
            };
            f.is_async || matches!(statements.as_slice(), [only] if begins(only))
        }
        body => body.is_some(),
    }
}

struct Search {
    period: Option<f64>,
    loops: bool,
    /// Whether what is looked at is done for each of many.
    is_repeated: bool,
    changes: bool,
    steps: u32,
    seen: Vec<FnRef>,
    /// The places that the functions on the way ask of before they go on.
    asked: Vec<String>,
}

impl Search {
    fn of_function(&mut self, view: &UnitView<'_>, function: &FnRef, depth: u8) -> Option<String> {
        if self.seen.contains(function) || !function.others.is_empty() {
            return None;
        }
        self.seen.push(function.clone());
        let mut found = None;
        in_function(view, function, &mut |there| found = self.unkept(there, function.function, depth));
        found
    }

    /// The first call of a function that takes as long as others do, if nothing keeps two runs of it apart.
    fn unkept(&mut self, view: &UnitView<'_>, function: FunctionId, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let u = view.unit;
        let body = u.function(function).body?;
        let calls = calls_within(view, view.index, body);
        // What is claimed row by row is nobody else's.
        let claims = function.0 == 0 && view.index != 0 && is_exclusive(view, body);
        let last = calls
            .iter()
            .filter(|(_, effects)| effects.intersects(WORK))
            .map(|&(node, _)| u.range(node).start);
        let Looked { asked, keeps_others_out } = self.looked(u, body, last.max());
        if claims || keeps_others_out || calls.iter().any(|&(node, effects)| takes_a_lock(u, node, effects)) {
            return None;
        }
        let work: Vec<(NodeId, Effects)> = calls
            .into_iter()
            .map(|(node, effects)| (node, effects & WORK))
            .filter(|(_, e)| !e.is_empty())
            .collect();
        // What is called on the answer is no step of its own: `.catch(report)`.
        let is_around_another = |node: NodeId| {
            let Kind::Call { callee, .. } = u.kind(node) else { return false };
            let below = u.descendants(*callee);
            work.iter().any(|&(other, _)| other != node && below.contains(&other))
        };
        let work: Vec<(NodeId, Effects)> =
            work.iter().copied().filter(|&(node, _)| !is_around_another(node)).collect();
        let is_only = work.len() == 1;
        let (mut first, mut certain) = (None, None);
        let outside = self.asked.len();
        self.asked.extend(asked);
        for &(node, effects) in &work {
            if !matches!(u.kind(node), Kind::Call { .. }) {
                continue;
            }
            let Some(call) = view.call(node) else { continue };
            let repeats = repeats(u, node, body);
            let name = match &call.facts.target {
                Some(target) => {
                    let before = self.is_repeated;
                    self.is_repeated |= repeats;
                    let found = self.of_function(view, target, depth);
                    self.is_repeated = before;
                    found.map(|_| view.call_name(node))
                }
                None if is_in_process(view, &call) || call.facts.effects.contains(Effects::BLOCK) => None,
                None if is_only && !repeats && self.is_bounded(view, &call) => None,
                None => {
                    self.steps += 1;
                    Some(chain_name(view, node))
                }
            };
            let Some(name) = name else { continue };
            let asks = effects.contains(Effects::HTTP_REQUEST)
                && method(view, &call).is_some_and(|method| method != "GET");
            self.changes |= asks || effects.intersects(CHANGES);
            self.loops |= repeats;
            let is_sometimes = u
                .ancestors(node)
                .take_while(|&around| around != body)
                .any(|around| matches!(u.kind(around), Kind::If { .. } | Kind::Match { .. }));
            if is_sometimes {
                first.get_or_insert(name);
            } else {
                certain.get_or_insert(name);
            }
        }
        self.asked.truncate(outside);
        certain.or(first)
    }

    /// Whether a call gives up before the next run begins.
    fn is_bounded(&self, view: &UnitView<'_>, call: &CallView<'_>) -> bool {
        let (Some(period), Some(SlotValue::Node(site))) = (self.period, call.slot(Slot::Timeout)) else {
            return false;
        };
        // What gives up in time for one does not for all.
        if self.is_repeated {
            return false;
        }
        let Some((unit, node)) = view.node_at(site) else { return false };
        let u = view.unit_of(unit);
        let limit = match u.kind(node) {
            Kind::Call { args, .. } if callee_name(u, node).is_some_and(|name| name == "timeout") => {
                args.first().and_then(|&arg| milliseconds(view, unit, arg))
            }
            _ => milliseconds(view, unit, node),
        };
        limit.is_some_and(|limit| limit <= period)
    }
}

fn is_in_process(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let found = source(view, call.facts, Effects::DB);
    let model = found.and_then(|found| found.facts.behavior.as_ref().map(|(model, _)| usize::from(*model)));
    model.and_then(|model| view.eval.models.all().get(model)).is_some_and(|model| model.in_process)
}

fn takes_a_lock(u: &Unit, call: NodeId, effects: Effects) -> bool {
    let locks = |name: &str| words(name).iter().any(|word| LOCKS.contains(&word.as_str()));
    effects.intersects(Effects::LOCK | Effects::LIMIT) || callee_name(u, call).is_some_and(|name| locks(name))
}

/// Whether work is done for each of many.
fn repeats(u: &Unit, node: NodeId, body: NodeId) -> bool {
    u.ancestors(node).take_while(|&around| around != body).any(|around| match u.kind(around) {
        Kind::Loop(_) => true,
        Kind::Call { .. } => {
            callee_name(u, around).is_some_and(|name| matches!(name.as_str(), "map" | "forEach"))
        }
        _ => false,
    })
}

/// What a function looks at before its work.
struct Looked {
    /// The places that it asks of, which are not its own.
    asked: Vec<String>,
    /// Whether one of these, or of those that its caller asks of, is set by then: a flag that says that it runs, a promise
    /// of the last run.
    keeps_others_out: bool,
}

impl Search {
    /// What a function asks and sets before the last call that takes long begins: what it sets after that keeps nobody out.
    fn looked(&self, u: &Unit, body: NodeId, last: Option<u32>) -> Looked {
        let Some(last) = last else { return Looked { asked: Vec::new(), keeps_others_out: false } };
        let mut asked: Vec<String> = Vec::new();
        let mut set: Vec<String> = Vec::new();
        let mut is_kept = false;
        let paths = |node: NodeId| u.descendants(node).into_iter().filter_map(|part| path(u, part));
        for node in u.descendants(body).into_iter().filter(|&node| u.range(node).start < last) {
            match u.kind(node) {
                Kind::If { condition, .. } => asked.extend(paths(*condition)),
                Kind::Binary { op, left, .. } if matches!(op.as_str(), "&&" | "||" | "??") => {
                    asked.extend(paths(*left));
                }
                Kind::Assign { op, target, .. } => {
                    is_kept |= matches!(op.as_str(), "??=" | "||=");
                    set.extend(path(u, *target));
                }
                Kind::Unary { op, value } if matches!(op.as_str(), "++" | "--") => {
                    set.extend(path(u, *value))
                }
                Kind::Call { callee, .. } => set.extend(set_by(u, *callee)),
                _ => {}
            }
        }
        asked.retain(|place| !is_declared_within(u, body, place));
        let keeps_others_out =
            is_kept || set.iter().any(|place| asked.contains(place) || self.asked.contains(place));
        Looked { asked, keeps_others_out }
    }
}

/// What a call sets by its name.
fn set_by(u: &Unit, callee: NodeId) -> Option<String> {
    match u.kind(callee) {
        // `running.add(id)`, of which `running.has(id)` asks
        Kind::Member { object, name, .. } if matches!(name.as_str(), "add" | "set") => path(u, *object),
        // `setLoading(true)`, of which `loading` tells
        Kind::Name { name, .. } => {
            let mut letters = name.strip_prefix("set")?.chars();
            letters.next().map(|first| format!("{}{}", first.to_ascii_lowercase(), letters.as_str()))
        }
        _ => None,
    }
}

/// Whether a name is declared in the function itself, so that each run has one of its own.
fn is_declared_within(u: &Unit, body: NodeId, name: &str) -> bool {
    let head = name.split('.').next().unwrap_or(name);
    let range = u.range(body);
    u.bindings.iter().any(|b| b.name == head && range.start <= b.range.start && b.range.end <= range.end)
}

/// `this.running`, `state.busy`, `running`
fn path(u: &Unit, node: NodeId) -> Option<String> {
    match u.kind(bare(u, node)) {
        Kind::Name { name, .. } => Some(name.to_string()),
        Kind::This => Some("this".to_owned()),
        Kind::Member { object, name, .. } => Some(format!("{}.{name}", path(u, *object)?)),
        _ => None,
    }
}
