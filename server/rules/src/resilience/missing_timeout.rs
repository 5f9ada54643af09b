//! `missing-timeout`

use plimsoll_behavior::{Effects, Name, NodeId};

use crate::ask::{
    asks_for_pieces, chain_name, has_deadline_around, host_by_name, is_bounded, is_client_bounded_where_used,
    is_left_alone, is_same_origin, open_limit, slow_answer, stands_in_for_a_bounded_one,
};
use crate::edit::time_limit;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

/// How long the fix waits: longer than a healthy service takes, shorter than most callers wait.
const SECONDS: u32 = 10;

declare_rule! {
    /// A request from a server to another service that waits for minutes or for ever when the other side does not answer.
    ///
    /// ## What happens
    ///
    /// Neither `fetch` nor `reqwest` bounds the whole of a request: `fetch` of Node.js gives up after five minutes without
    /// a byte, `reqwest` never. When the other service accepts the connection and
    /// then says nothing, or too little too slowly, the request stays open, and with it the handler, its memory and its
    /// database connection. Under load the waiting requests pile up until nothing is left to serve the others: one slow
    /// neighbour takes the whole service down. The same holds for a pool of database connections whose library waits
    /// without a limit for a new one, and for a client of which a command that was sent has no limit.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const response = await fetch(`https://api.example.com/rates/${currency}`)
    /// ```
    ///
    /// ```rust
    /// let client = reqwest::Client::new();
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const response = await fetch(`https://api.example.com/rates/${currency}`, { signal: AbortSignal.timeout(10_000) })
    /// ```
    ///
    /// ```rust
    /// let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// A time limit of ten seconds is added to the request or to the client, beside a signal that is there; of two minutes
    /// where a language model answers. The request newly fails after that, which wants a review: choose how long its callers
    /// can wait. None is written for an answer that such a model sends piece by piece.
    ///
    /// ## What it does not flag
    ///
    /// - Code in a browser, in a command-line tool, in a test, of which it is unknown where it runs, or that developers
    ///   run by hand and watch: seeds, scripts, examples, a small program beside the one that serves.
    /// - Requests to the own origin and for what was bundled with the code.
    /// - Requests that nobody waits for, as `fetch(url).catch(() => {})` in a statement of its own, or
    ///   `void fetch(url).then(…)`.
    /// - A signal or a time limit in the options, in the client or around the call (`Promise.race`,
    ///   `tokio::time::timeout`, here or in the callers in the same file), or set on the library or the exported client
    ///   by the file that starts the program.
    /// - Options that come from elsewhere and may carry a signal.
    /// - Responses that are meant to last, as streams and server-sent events, and those that a handler hands through to
    ///   its own caller as they are.
    /// - Libraries with a time limit by default.
    ///
    /// A client without one is found once, where it is made, unless each of its requests has one of its own there; a
    /// wrapper of the project without one is found once, in the wrapper, and one that leaves its options to its callers
    /// where they hand it some without a limit: once in its own file, where the fix gives it a limit by default. A request to `localhost` counts: a process on the same machine hangs
    /// like any other.
    pub MissingTimeout { id: "missing-timeout", category: Resilience, severity: Warning, since: "0.1.0" }
}

impl Rule for MissingTimeout {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST | Effects::HTTP_CLIENT | Effects::DB_CONNECT
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_on_a_server() {
            return;
        }
        for call in unit.calls() {
            let Some(waits) = what_waits(unit, &call) else { continue };
            let is_own = call.facts.target.is_some();
            if if is_own { has_deadline_around(unit, call.node) } else { is_bounded(unit, &call) } {
                continue;
            }
            let name = chain_name(unit, call.node);
            let reported =
                report.at_node(unit, call.node, call.confidence(), message(unit, &call, &name, &waits));
            match waits {
                Waits::Handed(Some((wrapper, request))) => {
                    let there = unit.of(wrapper);
                    reported
                        .because_of(format!("{wrapper}.{}", request.0))
                        .related(there.place(request), "all its options are what it is handed")
                        .fix(|| plan_of_wrapper(&there, request, &name));
                }
                _ => reported.fix(|| plan(unit, &call, &name)),
            }
        }
    }
}

/// What waits without a limit.
enum Waits {
    Request,
    /// A request of the project's own function, by its unit and node if that stands in this file, which leaves its limit to
    /// its callers.
    Handed(Option<(usize, NodeId)>),
    Client,
    Connection,
    /// What is asked of a client whose library bounds only the connecting.
    Of(Name),
}

fn what_waits(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Waits> {
    if call.facts.target.is_some() {
        let is_waited_for = unit.is_rust() || !is_left_alone(unit, call.node);
        let open = is_waited_for.then(|| open_limit(unit, call)).flatten()?;
        return Some(Waits::Handed(open.request));
    }
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let effects = call.facts.effects;
    if effects.contains(Effects::HTTP_REQUEST) {
        // A request of a client is the client's business: it is found where the client is made.
        let is_bare = call.facts.receiver.is_none()
            && !is_same_origin(unit, call)
            && (unit.is_rust() || !is_left_alone(unit, call.node));
        return is_bare.then_some(Waits::Request);
    }
    if effects.contains(Effects::HTTP_CLIENT) {
        let is_bounded = is_client_bounded_where_used(unit, call) || stands_in_for_a_bounded_one(unit, call);
        return (!is_bounded).then_some(Waits::Client);
    }
    // Only where the model knows that there is no limit, and how to set one.
    let is_known = effects.contains(Effects::DB_CONNECT) && behavior.timeout_edit.is_some();
    is_known.then(|| behavior.unbounded.clone().map_or(Waits::Connection, Waits::Of))
}

/// What waits for whom, and where a time limit was looked for.
fn message(unit: &UnitView<'_>, call: &CallView<'_>, name: &str, waits: &Waits) -> String {
    let host = host_by_name(unit, call).and_then(|host| quoted(&host));
    let other = host.unwrap_or_else(|| "the other side".to_owned());
    match waits {
        Waits::Request | Waits::Handed(_) => {
            let handed = if matches!(waits, Waits::Request) { "its options" } else { "what it is handed" };
            let long = how_long(unit, call, waits);
            format!(
                "`{name}` waits {long} if {other} does not answer: there is no time limit in {handed} or around it"
            )
        }
        Waits::Client => format!(
            "`{name}` makes a client that waits for ever if {other} does not answer: it has no time limit, and not all of its requests have one"
        ),
        Waits::Connection => format!(
            "`{name}` waits for ever for a connection if the database does not answer: its options set no time limit"
        ),
        Waits::Of(what) => format!(
            "`{name}` makes a client whose {what} wait for ever if the server does not answer: its options set no time limit for them"
        ),
    }
}

/// How long a request waits for an answer where nobody bounds it. Which one an own function makes may not be known: of those
/// of scripts none waits for less than minutes.
fn how_long(unit: &UnitView<'_>, call: &CallView<'_>, waits: &Waits) -> Name {
    let patience = call.facts.behavior.as_ref().and_then(|(_, behavior)| behavior.patience.clone());
    let is_handed = matches!(waits, Waits::Handed(_)) && !unit.is_rust();
    patience.unwrap_or_else(|| Name::new_static(if is_handed { "for minutes" } else { "for ever" }))
}

/// A limit in the function that all its callers go through, for those that set none.
fn plan_of_wrapper(there: &UnitView<'_>, request: NodeId, name: &str) -> Option<FixPlan> {
    let edits = time_limit::bound_by_default(there, &there.call(request)?, SECONDS)?;
    let title =
        format!("Give `{name}` a time limit of {SECONDS} seconds by default (review: fails after that)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

fn plan(unit: &UnitView<'_>, call: &CallView<'_>, name: &str) -> Option<FixPlan> {
    let slow = slow_answer(unit, call);
    // A limit for the whole of an answer that comes in pieces cuts it off, and one that is long enough bounds little.
    if slow.is_some() && asks_for_pieces(unit, call) {
        return None;
    }
    let seconds = slow.unwrap_or(SECONDS);
    let edits = time_limit::bound(unit, call, seconds)?;
    let title = format!("Add a time limit of {seconds} seconds to `{name}` (review: fails after that)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}
