//! Calls that are made again after they have failed: in loops, in functions that run what they are given until it
//! succeeds, and by functions that send a request until it is answered.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingKind, Effects, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::{Context, FnRef};

use crate::UnitView;
use crate::ask::code::{callee_name, in_function};
use crate::ask::resilience::again::{Again, REMOTE, done_again, is_handed_in};
use crate::ask::resilience::flow_of::flow;
use crate::ask::resilience::judged::{Judged, judged};
use crate::ask::resilience::outgoing::takes_its_method;
use crate::ask::resilience::retry_helper::is_retry_helper;
use crate::view::CallView;

/// Names of what decides in a library's retry whether something is tried again, or ends it.
#[rustfmt::skip] // a list of words
const DECIDES: &[&str] = &[
    "AbortError", "bail", "shouldRetry", "retryIf", "retryableErrors", "isRetryable", "canRetry", "permanent", "transient",
    "when", "retry_if", "Permanent", "Transient", "onFailedAttempt", "handleError", "abort", "RetryIf",
];

/// A call that is made again after a failure that leaves open whether it was done.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The call.
    pub call: NodeId,
    /// What makes it again, and the unit it stands in: a loop, or a call.
    pub by: (usize, NodeId),
    /// What runs on each attempt, where it stands in the unit of the call.
    pub turn: Option<NodeId>,
}

/// The calls of a unit that are made again after failures which leave open whether they were done.
#[must_use]
pub fn tried_again(view: &UnitView<'_>) -> Vec<Tried> {
    let mut found: Vec<Tried> = Vec::new();
    for again in done_again(view) {
        if judged(view, &again) == Judged::MayBeDone {
            let tried = |&call: &NodeId| {
                let turn = Some(again.tried);
                Tried { call, by: (view.index, again.at), turn }
            };
            let fails = |call: &&NodeId| reaches(view, **call, again.tried);
            found.extend(again.attempts.iter().filter(fails).map(tried));
        }
    }
    for call in view.calls_with(REMOTE) {
        if found.iter().any(|known| known.call == call.node) {
            continue;
        }
        found.extend(handed_to_a_retry(view, call.node).or_else(|| sent_again_inside(view, &call)));
    }
    found
}

/// A call in what is handed to a function that runs it until it succeeds.
fn handed_to_a_retry(view: &UnitView<'_>, call: NodeId) -> Option<Tried> {
    for (unit, function, context) in view.functions_around(call) {
        let is_retry = match &context {
            Context::Runs(Run::Retry, closure) => !is_decided(view, closure.unit, closure.call),
            Context::Passed(closure) => {
                let facts = view.eval.call(closure.unit, closure.call);
                facts.target.as_ref().is_some_and(|target| is_tried_by(view, target))
            }
            _ => false,
        };
        let body = view.unit_of(unit).function(function).body;
        let is_here = unit == view.index;
        if let Some(closure) = context.closure().filter(|_| is_retry) {
            let is_told = body.filter(|_| is_here).is_none_or(|body| reaches(view, call, body));
            return is_told.then_some(Tried {
                call,
                by: (closure.unit, closure.call),
                turn: body.filter(|_| is_here),
            });
        }
        if !context.is_inline() {
            return None;
        }
    }
    None
}

/// Whether a failure of a call leaves a piece of code that is run again, and is not dealt with before.
fn reaches(view: &UnitView<'_>, call: NodeId, turn: NodeId) -> bool {
    let u = view.unit;
    let mut below = call;
    for around in u.ancestors(call) {
        if below == turn {
            break;
        }
        match u.kind(around) {
            Kind::TryCatch { body, catch: Some(catch), .. } if *body == below => {
                let throws =
                    u.descendants(catch.body).into_iter().any(|node| matches!(u.kind(node), Kind::Throw(_)));
                if !throws && flow(u, catch.body).completes {
                    return false;
                }
            }
            Kind::Member { object, name, .. } if *object == below && name == "catch" => return false,
            _ => {}
        }
        below = around;
    }
    true
}

/// Whether a library's retry is told what to try again, or something in it ends it: which failures that leaves is not
/// known.
fn is_decided(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = view.unit_of(unit);
    let is_one = |name: &str| DECIDES.contains(&name);
    let inside = u.descendants(call).into_iter().any(|node| match u.kind(node) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => is_one(name),
        Kind::Object { entries, .. } => entries
            .iter()
            .any(|entry| matches!(&entry.key, plimsoll_behavior::Key::Name(name) if is_one(name))),
        // What stands in a unit of its own is read as text.
        Kind::Nested(_) => DECIDES.iter().any(|word| view.of(unit).text(node).contains(word)),
        _ => false,
    });
    // `send.retry(policy).when(is_transient)`
    let after = u.ancestors(call).any(|around| callee_name(u, around).is_some_and(|name| is_one(name)));
    // Options that stand elsewhere may hold what decides.
    let Kind::Call { args, .. } = u.kind(call) else { return true };
    let is_open = !view.is_rust()
        && args.iter().any(|&arg| {
            matches!(
                u.kind(arg),
                Kind::Name { .. } | Kind::Member { .. } | Kind::Call { .. } | Kind::Spread(_)
            )
        });
    inside || after || is_open
}

/// Whether a function of the project runs what it is given again after failures that leave open whether it was done.
fn is_tried_by(view: &UnitView<'_>, helper: &FnRef) -> bool {
    if !is_retry_helper(view, helper) {
        return false;
    }
    let mut found = false;
    in_function(view, helper, &mut |there| {
        let runs_it = |again: &Again| again.attempts.iter().any(|&attempt| is_handed_in(there, attempt));
        found =
            done_again(there).iter().any(|again| runs_it(again) && judged(there, again) == Judged::MayBeDone);
    });
    found
}

/// A call of a function of the project that sends the request it is told to until it is answered, whatever its method is.
fn sent_again_inside(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Tried> {
    let helper = call.facts.target.as_ref().filter(|_| call.effects().contains(Effects::HTTP_REQUEST))?;
    let mut found = false;
    in_function(view, helper, &mut |there| {
        let sends = |again: &Again| {
            again.attempts.iter().filter_map(|&attempt| there.call(attempt)).any(|request| {
                let effects = request.effects();
                let is_own =
                    request.facts.target.is_some() && hands_on_what_it_is_given(there.unit, request.node);
                effects.contains(Effects::HTTP_REQUEST) && (is_own || takes_its_method(there, &request))
            })
        };
        found = !looks_at_the_method(there)
            && done_again(there)
                .iter()
                .any(|again| sends(again) && judged(there, again) == Judged::MayBeDone);
    });
    found.then_some(Tried { call: call.node, by: (view.index, call.node), turn: None })
}

/// Whether a call hands two parameters of the function around on as they are: an address and options.
fn hands_on_what_it_is_given(u: &Unit, call: NodeId) -> bool {
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let is_given = |arg: &&NodeId| {
        matches!(u.kind(**arg), Kind::Name { binding: Some(binding), .. }
            if matches!(u.binding(*binding).kind, BindingKind::Parameter(..)))
    };
    args.iter().filter(is_given).count() > 1
}

/// Whether a function speaks of methods, and so may leave some of them alone.
fn looks_at_the_method(view: &UnitView<'_>) -> bool {
    let u = view.unit;
    u.nodes.iter().any(|node| match &node.kind {
        Kind::Literal(Literal::String(text)) => matches!(&**text, "GET" | "HEAD" | "PUT" | "get"),
        Kind::Name { name, .. } | Kind::Member { name, .. } => name.to_ascii_lowercase().contains("idempot"),
        _ => false,
    })
}
