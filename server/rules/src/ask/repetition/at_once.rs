//! What is done for all elements of a collection at the same time: promises that one call waits for, tasks of their own.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, Kind, NodeId, Unit};
use plimsoll_project::link::{CallFacts, run_of};

use crate::UnitView;
use crate::ask::code::{callee_name, calls_within, receiver, unit_of};
use crate::ask::repetition::turn::{Turn, handed_to_each, is_of_one_element, turns_around};
use plimsoll_behavior::words;

/// How many names a list of promises is followed through, and how many nodes around each.
const MAX_NAMES: u8 = 3;
const MAX_NODES: usize = 16;

/// Steps that hand on what a list of promises holds.
const HANDS_ON: &[&str] = &["collect", "filter", "flat", "concat", "values", "into_iter", "iter", "reverse"];

/// What adds one more to a list.
const ADDS: &[&str] = &["push", "add", "unshift", "push_back"];

/// Words in the names of what lets no more than some go on at a time.
#[rustfmt::skip] // a list of words
const LIMITS: &[&str] = &[
    "limit", "limiter", "limited", "semaphore", "throttle", "throttler", "throttled", "acquire", "permit", "permits",
    "slot", "bottleneck", "concurrency", "enqueue", "queue", "ratelimit", "pacer", "bucket",
];

/// What is under way for all elements at the same time.
#[derive(Clone, Debug)]
pub struct AtOnce {
    /// The turn that begins it for one element.
    pub turn: Turn,
    /// What waits for all of them, begins each beside the others, or lets all of them go: its unit and node.
    pub by: (usize, NodeId),
}

/// The innermost turn around a call whose work is under way for all elements at the same time. None where something lets
/// only some go on at a time.
#[must_use]
pub fn at_once(view: &UnitView<'_>, call: NodeId) -> Option<AtOnce> {
    turns_around(view, call).into_iter().find_map(|turn| {
        let by = waited_for(view, &turn, call)?;
        let is_left = !is_limited(view, &turn) && !is_of_one_element(view, &turn, call);
        is_left.then_some(AtOnce { turn, by })
    })
}

/// The same for a function that a call is handed by its name: `Promise.all(ids.map(load))`.
#[must_use]
pub fn at_once_by_name(view: &UnitView<'_>, call: NodeId, argument: usize) -> Option<AtOnce> {
    let facts = view.eval.call(view.index, call);
    if run_of(&facts, argument) != Some(Run::Each) {
        return None;
    }
    let turn = handed_to_each(view, call, argument)?;
    let by = gathered(view, view.index, call, MAX_NAMES)?;
    Some(AtOnce { turn, by })
}

/// The turn that a task is started on, where the turns do not wait for anything.
#[must_use]
pub fn started(view: &UnitView<'_>, spawn: NodeId) -> Option<AtOnce> {
    let turn = turns_around(view, spawn).into_iter().next()?;
    let is_left = turn.unit == view.index
        && !is_limited(view, &turn)
        && !waits_meanwhile(view.unit, turn.body, spawn)
        && !is_of_one_element(view, &turn, spawn);
    is_left.then_some(AtOnce { turn, by: (view.index, spawn) })
}

/// What waits for all that the turns begin.
fn waited_for(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> Option<(usize, NodeId)> {
    let (unit, driver) = turn.driver;
    let u = unit_of(view, unit);
    if matches!(u.kind(driver), Kind::Call { .. }) {
        let facts = view.eval.call(unit, driver);
        let Kind::Call { args, .. } = u.kind(driver) else { return None };
        let runs_each = (0..args.len()).any(|i| run_of(&facts, i) == Some(Run::Each));
        let by = || gathered(view, unit, driver, MAX_NAMES).or_else(|| let_go(view, turn));
        return runs_each.then(by).flatten();
    }
    // `for (const post of posts) loading.push(load(post))`
    let u = unit_of(view, turn.unit);
    let place = turn.place_of(view, call)?;
    let own = u.node(turn.body).function;
    let around = u.ancestors(place).take_while(|&around| around != turn.body);
    for around in around {
        match u.kind(around) {
            // What is waited for on the turn is done before the next one begins.
            Kind::Await(_) if u.node(around).function == own => return None,
            Kind::Call { .. }
                if u.node(around).function == own
                    && callee_name(u, around).is_some_and(|name| ADDS.contains(&name.as_str())) =>
            {
                let list = receiver(u, around)?;
                return uses_of_list(view, turn.unit, list, MAX_NAMES);
            }
            _ => {}
        }
    }
    None
}

/// The call that begins async work for each element and waits for none of it: `posts.forEach(async (post) => …)`.
fn let_go(view: &UnitView<'_>, turn: &Turn) -> Option<(usize, NodeId)> {
    let (unit, driver) = turn.driver;
    let u = unit_of(view, turn.unit);
    let is_async = u.function(u.node(turn.body).function).is_async;
    let drops = |facts: &CallFacts| {
        facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.drops_promises.is_some())
    };
    (is_async && drops(&view.eval.call(unit, driver))).then_some(turn.driver)
}

/// The call that waits for all that a list of promises holds.
fn gathered(view: &UnitView<'_>, unit: usize, list: NodeId, names: u8) -> Option<(usize, NodeId)> {
    let u = unit_of(view, unit);
    let mut at = list;
    for _ in 0..MAX_NODES {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Spread(_) | Kind::Array(_) | Kind::Cast { .. } | Kind::NonNull(_) => at = parent,
            Kind::Call { args, .. } if args.contains(&at) => {
                let index = args.iter().position(|&arg| arg == at)?;
                let facts = view.eval.call(unit, parent);
                let (_, behavior) = facts.behavior.as_ref()?;
                return (behavior.gathers.map(usize::from) == Some(index)).then_some((unit, parent));
            }
            Kind::Member { object, name, .. } if *object == at && HANDS_ON.contains(&name.as_str()) => {
                let call = u.parent(parent)?;
                matches!(u.kind(call), Kind::Call { callee, .. } if *callee == parent).then_some(())?;
                at = call;
            }
            Kind::Let { pattern, init, .. } if *init == Some(at) => {
                let [binding] = pattern.bindings.as_slice() else { return None };
                let names = names.checked_sub(1)?;
                return u.binding(*binding).uses.iter().find_map(|&used| gathered(view, unit, used, names));
            }
            _ => return None,
        }
    }
    None
}

/// The call that waits for all that is put into a list.
fn uses_of_list(view: &UnitView<'_>, unit: usize, list: NodeId, names: u8) -> Option<(usize, NodeId)> {
    let u = unit_of(view, unit);
    let Kind::Name { binding: Some(binding), .. } = u.kind(list) else { return None };
    u.binding(*binding).uses.iter().find_map(|&used| gathered(view, unit, used, names))
}

/// Whether something on the turn lets only some go on at a time.
fn is_limited(view: &UnitView<'_>, turn: &Turn) -> bool {
    // What is handed by its name stands elsewhere.
    let is_named =
        matches!(unit_of(view, turn.unit).kind(turn.body), Kind::Name { .. } | Kind::Member { .. });
    let (unit, body) = if is_named { turn.driver } else { (turn.unit, turn.body) };
    let u = unit_of(view, unit);
    calls_within(view, unit, body)
        .iter()
        .any(|&(node, effects)| effects.contains(Effects::LIMIT) || says_so(u, node))
}

/// Whether the name of what is called, or of what it is called on, says that it limits.
fn says_so(u: &Unit, call: NodeId) -> bool {
    let limits = |name: &str| words(name).iter().any(|word| LIMITS.contains(&word.as_str()));
    callee_name(u, call).is_some_and(|name| limits(name))
        || receiver(u, call).is_some_and(|on| match u.kind(on) {
            Kind::Name { name, .. } | Kind::Member { name, .. } => limits(name),
            _ => false,
        })
}

/// Whether something else than the task is waited for on the turn: what makes the turns go on one by one.
fn waits_meanwhile(u: &Unit, body: NodeId, spawn: NodeId) -> bool {
    let task = u.range(spawn);
    let is_of_the_task = |node: NodeId| {
        let range = u.range(node);
        task.start <= range.start && range.end <= task.end
    };
    u.descendants(body).into_iter().any(|node| match u.kind(node) {
        Kind::Await(_) => !is_of_the_task(node),
        _ => false,
    })
}
