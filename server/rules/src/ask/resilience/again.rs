//! Work that is done again after it has failed: loops whose turns try the same thing, and functions that call themselves
//! where they have failed. Loops that wait for something, go through elements or take work from a list are none of these.

use plimsoll_behavior::{
    BindingId, BindingKind, Effects, FunctionId, Kind, Literal, Loop, LoopKind, NodeId, Unit,
};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{callee_name, calls_within, mentions, source};
use crate::ask::database::table::is_in_process;
use crate::ask::repetition::turn::is_turn_of_elements;
use crate::ask::resilience::flow_of::{Flow, flow, flow_of_all};
use plimsoll_behavior::words;

/// What leaves the process, and may fail for a while.
pub const REMOTE: Effects = Effects::HTTP_REQUEST
    .union(Effects::DB)
    .union(Effects::DB_CONNECT)
    .union(Effects::NOTIFY)
    .union(Effects::MONEY);

/// Words in the names of functions that wait until something is there.
#[rustfmt::skip] // a list of words
const WAITS: &[&str] = &[
    "wait", "waiting", "poll", "polling", "until", "ready", "health", "healthy", "watch", "ping", "probe", "alive", "monitor",
];

/// Members and methods that tell whether a request was answered as asked.
const OUTCOMES: &[&str] = &["ok", "is_success", "is_server_error"];
/// The first status that is no success.
const FIRST_OF_OTHERS: f64 = 300.0;
/// Those that tell how, by a number.
const STATUSES: &[&str] = &["status", "statusCode", "status_code"];

/// The longest text that is a code of a failure, and no message or query.
const MAX_CODE: usize = 40;

/// Work that is done again when it has failed.
#[derive(Clone, Debug)]
pub struct Again {
    /// The loop, or the call by which a function runs itself once more.
    pub at: NodeId,
    /// What is tried on each turn.
    pub tried: NodeId,
    /// The calls in it that leave the process, and those of what the function was handed to run.
    pub attempts: Vec<NodeId>,
    /// What runs where it has failed; none where that is not apart from the rest of the turn.
    pub after_failure: Option<NodeId>,
    /// Whether a function runs itself.
    pub is_itself: bool,
}

/// All that a unit does again after it has failed.
#[must_use]
pub fn done_again(view: &UnitView<'_>) -> Vec<Again> {
    let u = view.unit;
    let nodes = (0..u.nodes.len()).map(|at| NodeId(u32::try_from(at).expect("few nodes")));
    let loops = nodes.filter_map(|at| match u.kind(at) {
        Kind::Loop(l) => of_loop(view, at, l),
        _ => None,
    });
    let calls = u.calls.iter().filter_map(|&call| of_itself(view, call));
    loops.chain(calls).collect()
}

fn of_loop(view: &UnitView<'_>, at: NodeId, l: &Loop) -> Option<Again> {
    let u = view.unit;
    if l.kind == LoopKind::EachAwait
        || is_turn_of_elements(view, at, l)
        || is_there_to_wait(u, at)
        || tries_another_value(view, l.body)
    {
        return None;
    }
    let found = |(tried, after_failure): (NodeId, Option<NodeId>)| {
        let tried = value_in(u, l.body, tried);
        let attempts = attempts(view, tried);
        (!attempts.is_empty()).then_some(Again { at, tried, attempts, after_failure, is_itself: false })
    };
    // `while let Err(error) = connect().await { … }`
    if let Some(condition) = l.condition
        && let Kind::Is { value, pattern } = u.kind(condition)
        && pattern.variants.first().is_some_and(|first| first == "Err")
    {
        return found((*value, Some(l.body)));
    }
    let Kind::Block { statements, .. } = u.kind(l.body) else { return None };
    (0..statements.len()).find_map(|index| {
        let rest = &statements[index + 1..];
        tried_in(u, l, statements[index], rest).and_then(found)
    })
}

/// What a name holds that the loop's body makes: `let sent = request.send().await; match sent { … }`.
fn value_in(u: &Unit, body: NodeId, node: NodeId) -> NodeId {
    let Kind::Name { binding: Some(binding), .. } = u.kind(node) else { return node };
    let (value, body) = (u.binding(*binding).value, u.range(body));
    let is_made_here = |&value: &NodeId| {
        let range = u.range(value);
        body.start <= range.start && range.end <= body.end
    };
    value.filter(is_made_here).unwrap_or(node)
}

/// Of a statement of a loop's body with all that comes after it: what is tried on each turn, whose failure leads to the
/// next one and whose success ends the loop, and what runs after a failure.
fn tried_in(u: &Unit, l: &Loop, statement: NodeId, rest: &[NodeId]) -> Option<(NodeId, Option<NodeId>)> {
    let mut statement = statement;
    while let Kind::Discard(inner) | Kind::Labeled { body: inner, .. } = u.kind(statement) {
        statement = *inner;
    }
    let after = flow_of_all(u, rest);
    let goes_on = |flow: Flow| flow.goes_on || flow.completes && after.leads_on();
    match u.kind(statement) {
        Kind::TryCatch { body, catch: Some(catch), .. } => {
            let (tries, fails) = (flow(u, *body), flow(u, catch.body));
            let ends = tries.exits && !tries.leads_on()
                || tries.completes && !fails.completes && after.exits && !after.leads_on()
                || sets_what_ends(u, l, *body)
                || goes_on_after_an_error(u, *body)
                || !fails.completes && rest.iter().any(|&s| sets_what_ends(u, l, s))
                || hands_out_an_answer(u, *body);
            (ends && goes_on(fails)).then_some((*body, Some(catch.body)))
        }
        Kind::Match { on, arms } => {
            let is_of = |pattern: &str| {
                let of = |arm: &&plimsoll_behavior::Arm| {
                    arm.pattern.as_ref().is_some_and(|p| p.variants.first().is_some_and(|v| v == pattern))
                };
                arms.iter().filter(of).collect::<Vec<_>>()
            };
            let succeeds = is_of("Ok");
            let fails = is_of("Err");
            let ends = succeeds.iter().any(|arm| match arm.guard {
                Some(guard) => flow(u, arm.body).exits && holds_after_success(u, guard) == Some(true),
                None => hands_out_an_answer(u, arm.body),
            });
            // `Ok(None) => break` ends what goes on after any other answer.
            let all_end = || {
                let flows = || succeeds.iter().map(|arm| flow(u, arm.body));
                flows().any(|flow| flow.exits) && !flows().any(Flow::leads_on)
            };
            let ends = ends || all_end();
            let again = fails.iter().find(|arm| goes_on(flow(u, arm.body)))?;
            ends.then_some((*on, Some(again.body)))
        }
        // `let answer = match ask().await { Ok(answer) => answer, Err(_) => continue };`, and then the loop ends.
        Kind::Let { init: Some(init), .. } => match u.kind(*init) {
            Kind::Match { on, arms } => {
                let again = arms.iter().find(|arm| flow(u, arm.body).goes_on)?;
                let is_failure = again.pattern.as_ref()?.variants.first().is_some_and(|v| v == "Err");
                (is_failure && after.exits && !after.leads_on()).then_some((*on, Some(again.body)))
            }
            _ => by_status(u, statement, *init, rest),
        },
        Kind::If { condition, then, otherwise, .. } => {
            let (value, is_success) = result_of(u, *condition)?;
            let other = otherwise.map_or(Flow::COMPLETES, |otherwise| flow(u, otherwise));
            let then_flow = flow(u, *then);
            let (success, failure) = if is_success { (then_flow, other) } else { (other, then_flow) };
            let ends = success.exits && !success.leads_on()
                || success.completes && !failure.completes && after.exits && !after.leads_on();
            let runs = if is_success { *otherwise } else { Some(*then) };
            (ends && goes_on(failure)).then_some((value, runs))
        }
        _ => None,
    }
}

/// A request whose status decides: `if (response.ok) return response.json()`,
/// `if (response.status === 429) { …; continue }`.
fn by_status(
    u: &Unit,
    statement: NodeId,
    asked: NodeId,
    rest: &[NodeId],
) -> Option<(NodeId, Option<NodeId>)> {
    let Kind::Let { pattern, .. } = u.kind(statement) else { return None };
    let answer = &pattern.bindings;
    rest.iter().enumerate().find_map(|(index, &next)| {
        let Kind::If { condition, then, .. } = u.kind(next) else { return None };
        if !mentions(u, *condition, answer) {
            return None;
        }
        let is_success = holds_after_success(u, *condition)?;
        let (decides, after) = (flow(u, *then), flow_of_all(u, &rest[index + 1..]));
        if is_success {
            let is_handed_out = decides.exits && !decides.leads_on() && mentions(u, *then, answer);
            (is_handed_out && after.leads_on()).then_some((asked, None))
        } else {
            let ends = after.exits && !after.leads_on();
            (decides.goes_on && ends).then_some((asked, Some(*then)))
        }
    })
}

/// What a condition asks of a `Result`, and whether it holds after success: `let Ok(x) = ask().await`,
/// `ask().await.is_ok()`.
fn result_of(u: &Unit, condition: NodeId) -> Option<(NodeId, bool)> {
    match u.kind(condition) {
        // `Ok(Some(job))` waits until there is one.
        Kind::Is { value, pattern } if pattern.variants.len() == 1 => match pattern.variants[0].as_str() {
            "Ok" => Some((*value, true)),
            "Err" => Some((*value, false)),
            _ => None,
        },
        Kind::Call { callee, .. } => match u.kind(*callee) {
            Kind::Member { object, name, .. } if name == "is_ok" => Some((*object, true)),
            Kind::Member { object, name, .. } if name == "is_err" => Some((*object, false)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a part of a loop's body sets what its condition asks for: `while (!done) { …; done = true }`.
fn sets_what_ends(u: &Unit, l: &Loop, part: NodeId) -> bool {
    let Some(condition) = l.condition else { return false };
    u.descendants(part).into_iter().any(|node| match u.kind(node) {
        Kind::Assign { target, value, .. } => match u.kind(*target) {
            Kind::Name { binding: Some(set), .. } => {
                matches!(u.kind(*value), Kind::Literal(Literal::Bool(_))) && mentions(u, condition, &[*set])
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether a piece of code leaves the loop at its end, and goes on only where an answer tells of an error:
/// `if (result.error) continue`, `if (response.status >= 500) continue`.
fn goes_on_after_an_error(u: &Unit, body: NodeId) -> bool {
    let is_an_error = |node: NodeId| match u.kind(node) {
        Kind::Member { name, .. } | Kind::Name { name, .. } => name == "error",
        _ => false,
    };
    let is_told = |going: NodeId| {
        u.ancestors(going).take_while(|&around| around != body).any(|around| {
            matches!(u.kind(around), Kind::If { condition, .. }
                if u.descendants(*condition).into_iter().any(is_an_error)
                    || holds_after_success(u, *condition) == Some(false))
        })
    };
    let flow = flow(u, body);
    let mut goings =
        u.descendants(body).into_iter().filter(|&node| matches!(u.kind(node), Kind::Continue(_)));
    flow.exits && flow.goes_on && !flow.completes && goings.all(is_told)
}

/// Whether a branch that is taken by the status of an answer hands that answer out.
fn hands_out_an_answer(u: &Unit, body: NodeId) -> bool {
    u.descendants(body).into_iter().any(|node| match u.kind(node) {
        Kind::If { condition, then, .. } if holds_after_success(u, *condition) == Some(true) => {
            let flow = flow(u, *then);
            let asked: Vec<BindingId> = names_in(u, *condition);
            flow.exits && !flow.leads_on() && mentions(u, *then, &asked)
        }
        _ => false,
    })
}

fn names_in(u: &Unit, node: NodeId) -> Vec<BindingId> {
    let names = u.descendants(node).into_iter().filter_map(|part| match u.kind(part) {
        Kind::Name { binding, .. } => *binding,
        _ => None,
    });
    names.collect()
}

/// Whether a condition that asks for the status of an answer, by a number or as a whole, holds after success. The status
/// of a piece of work is text, and tells of no failure.
fn holds_after_success(u: &Unit, condition: NodeId) -> Option<bool> {
    let number = |node: NodeId| match u.kind(node) {
        Kind::Literal(Literal::Number(text)) => text.parse::<f64>().ok(),
        _ => None,
    };
    u.descendants(condition).into_iter().find_map(|node| {
        let Kind::Member { name, .. } = u.kind(node) else { return None };
        let mut asked = node;
        if let Some(parent) = u.parent(node)
            && matches!(u.kind(parent), Kind::Call { callee, .. } if *callee == node)
        {
            asked = parent;
        }
        let parent = u.parent(asked)?;
        let is_negated = |node: NodeId| {
            u.parent(node).is_some_and(|p| matches!(u.kind(p), Kind::Unary { op, .. } if op == "!"))
        };
        if OUTCOMES.contains(&name.as_str()) {
            return Some((name != "is_server_error") != is_negated(asked));
        }
        if !STATUSES.contains(&name.as_str()) {
            return None;
        }
        match u.kind(parent) {
            Kind::Binary { op, left, right } => {
                let is_good = number(*left).or_else(|| number(*right))? < FIRST_OF_OTHERS;
                match op.as_str() {
                    "==" | "===" => Some(is_good),
                    "!=" | "!==" => Some(!is_good),
                    "<" | "<=" => Some(*left == asked),
                    ">" | ">=" => Some(*left != asked),
                    _ => None,
                }
            }
            // `[429, 503].includes(response.status)`
            Kind::Call { callee, args, .. } => {
                let numbers: Vec<f64> = u.descendants(*callee).into_iter().filter_map(number).collect();
                let is_good = *numbers.first().filter(|_| args.contains(&asked))? < FIRST_OF_OTHERS;
                Some(is_good != is_negated(parent))
            }
            _ => None,
        }
    })
}

/// Whether a piece of code speaks of a value that somebody else has: then each turn tries another one, or looks again.
fn tries_another_value(view: &UnitView<'_>, body: NodeId) -> bool {
    #[rustfmt::skip] // a list of words
    const TAKEN: &[&str] = &[
        "unique", "duplicate", "dup", "collision", "collides", "conflict", "taken", "exists", "p2002", "23505", "11000",
        "p2034", "40001", "serialization", "serializable", "deadlock", "busy", "locked",
    ];
    let u = view.unit;
    let says = |text: &str| words(text).iter().any(|word| TAKEN.contains(&word.as_str()));
    let range = u.range(body);
    u.descendants(body).into_iter().any(|node| match u.kind(node) {
        Kind::Literal(Literal::String(text)) => text.len() <= MAX_CODE && says(text),
        Kind::Literal(Literal::Number(number)) => says(number),
        Kind::Name { name, .. } | Kind::Member { name, .. } => says(name),
        _ => false,
    }) || u.comments.iter().any(|comment| {
        range.start <= comment.range.start && comment.range.end <= range.end && says(&comment.text)
    })
}

/// Whether the function around a node is there to wait for something.
fn is_there_to_wait(u: &Unit, node: NodeId) -> bool {
    let mut function = Some(u.node(node).function);
    while let Some(at) = function {
        let own = u.function(at);
        if let Some(name) = &own.name {
            return words(name).iter().any(|word| WAITS.contains(&word.as_str()));
        }
        function = own.parent;
    }
    false
}

/// The calls that leave the process, and those of what a function was handed to run.
fn attempts(view: &UnitView<'_>, tried: NodeId) -> Vec<NodeId> {
    let calls = calls_within(view, view.index, tried).into_iter();
    let goes_out = |&(node, effects): &(NodeId, Effects)| {
        matches!(view.unit.kind(node), Kind::Call { .. })
            && (is_remote(view, node, effects) || is_handed_in(view, node))
    };
    calls.filter(goes_out).map(|(node, _)| node).collect()
}

fn is_remote(view: &UnitView<'_>, call: NodeId, effects: Effects) -> bool {
    if !effects.intersects(REMOTE) {
        return false;
    }
    let facts = view.eval.call(view.index, call);
    let of = source(view, &facts, effects & REMOTE);
    of.is_none_or(|source| !is_in_process(view, &source.facts))
}

/// Whether a call runs what the function around it was given.
pub(in crate::ask) fn is_handed_in(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let Kind::Call { callee, .. } = u.kind(call) else { return false };
    let Kind::Name { binding: Some(binding), .. } = u.kind(*callee) else { return false };
    matches!(u.binding(*binding).kind, BindingKind::Parameter(..))
        && matches!(view.eval.value(view.index, *callee), Value::Unknown)
}

/// A call by which a function runs itself again where what it tries has failed, there or after a while.
fn of_itself(view: &UnitView<'_>, call: NodeId) -> Option<Again> {
    let u = view.unit;
    let facts = view.eval.call(view.index, call);
    let target = facts.target.as_ref()?;
    let own = |function: FunctionId| view.linked.file.fn_ref(view.index, function) == *target;
    let inner = u.node(call).function;
    let of_timer = u.function(inner).parent.filter(|&outer| !own(inner) && own(outer));
    if !own(inner) && of_timer.is_none() || is_there_to_wait(u, call) {
        return None;
    }
    let function = of_timer.unwrap_or(inner);
    let mut below = call;
    for around in u.ancestors(call) {
        if let Kind::TryCatch { body, catch: Some(catch), .. } = u.kind(around)
            && catch.body == below
            && u.node(around).function == function
        {
            let attempts = attempts(view, *body);
            let after_failure = Some(catch.body);
            return (!attempts.is_empty()).then_some(Again {
                at: call,
                tried: *body,
                attempts,
                after_failure,
                is_itself: true,
            });
        }
        below = around;
    }
    None
}

/// The name under which a message tells of what is tried.
#[must_use]
pub fn name_of_tried(view: &UnitView<'_>, again: &Again) -> String {
    let first = again.attempts.first().copied().unwrap_or(again.tried);
    let name = if view.is_rust() {
        crate::ask::chain_name(view, first)
    } else {
        callee_name(view.unit, first).map_or(String::new(), |_| view.call_name(first))
    };
    if name.is_empty() { "this".to_owned() } else { format!("`{name}`") }
}
