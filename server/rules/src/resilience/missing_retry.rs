//! `missing-retry`

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Effects, FunctionId, Kind, NodeId};

use crate::ask::{
    Role, chain_name, does_surely, failure_of, host_by_name, host_key, is_idempotent, is_local_resource,
    is_nobodys_wait, is_same_origin, is_sent_again, is_status_checked, may_be_bounded, role_of_failure,
    takes_its_url, wrapped_request,
};
use crate::edit::{Thrown, wrap_in_retry};
use crate::view::CallView;
use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A request that may be sent twice without harm, in work that nobody repeats, that gives up at the first transient
    /// error.
    ///
    /// ## What happens
    ///
    /// Services restart, connections break, gateways answer 503 for a second. In a handler the user tries again. Nobody
    /// does in a job of once a day: it has failed until tomorrow. A program that reads its settings when it starts does
    /// not start. And a handler that has already written to its database leaves the other service behind for good.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// cron.schedule('0 4 * * *', async () => {
    ///   const response = await fetch(RATES_URL, { signal: AbortSignal.timeout(10_000) })
    ///   if (!response.ok) throw new Error(`rates answered ${response.status}`)
    ///   await store(await response.json())
    /// })
    /// ```
    ///
    /// ```rust
    /// let settings = client.get(url).send().await?.error_for_status()?.json().await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const response = await withRetry(() => fetch(RATES_URL, { signal: AbortSignal.timeout(10_000) }))
    /// if (!response.ok) throw new Error(`rates answered ${response.status}`)
    /// ```
    ///
    /// ```rust
    /// let settings = with_retry(|| client.get(url).send()).await?.error_for_status()?.json().await?;
    /// ```
    ///
    /// A retry waits longer each time, with jitter, keeps `Retry-After`, ends after a few attempts, and repeats only
    /// what can pass by itself: broken connections, timeouts, 408, 425, 429 and 5xx, but never what the other side
    /// refuses.
    ///
    /// ## What its fix does
    ///
    /// The request is wrapped in the retry of the project, else in that of a library that it declares, else in a small helper
    /// that is added to the file. It sends the request again, which wants a review.
    ///
    /// ## What it does not flag
    ///
    /// - Requests that do more when they are sent twice, such as POST, or whose method is not known.
    /// - Requests without a time limit or whose status nobody looks at: those come first.
    /// - Clients and wrappers that retry, also by hand or by a function that is hung into the client, and consumers of
    ///   queues that deliver again.
    /// - Callers that fall back, go on without the answer or show the failure; a log line alone is none of these,
    ///   except while starting.
    /// - Work that runs again within five minutes by itself, or whose period is not known.
    /// - Code of which it is unknown in which role it runs, and what is undone with its transaction.
    pub MissingRetry { id: "missing-retry", category: Resilience, severity: Info, since: "0.1.0", preview }
}

impl Rule for MissingRetry {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_on_a_server() {
            return;
        }
        let mut causes: Vec<Cause> = Vec::new();
        for call in unit.calls_with(self.watches()) {
            let Some(request) = request(unit, &call) else { continue };
            let Some(reason) = reason(unit, &call) else { continue };
            let function = unit.unit.node(call.node).function;
            let host = host_key(unit, &call);
            match causes.iter_mut().find(|c| c.function == function && c.host == host) {
                Some(cause) => cause.calls.push((call.node, request)),
                None => causes.push(Cause { function, host, reason, calls: vec![(call.node, request)] }),
            }
        }
        for cause in causes {
            let Some(call) = cause.calls.first().and_then(|&(node, _)| unit.call(node)) else { continue };
            let host = host_by_name(unit, &call).map_or(String::new(), |host| format!(" to `{host}`"));
            let name = if unit.is_rust() { chain_name(unit, call.node) } else { unit.call_name(call.node) };
            let then = match cause.reason {
                Reason::Role(Role::StartUp) => "nothing repeats the start",
                Reason::Role(Role::Consumer) => "nothing delivers the message again",
                Reason::Role(_) => "nothing repeats the job soon",
                Reason::After(_) => "what was written before it stays alone",
            };
            let message = format!("`{name}`{host} fails for good at the first transient error: {then}");
            let finding = report.at_node(unit, call.node, call.confidence(), message);
            let finding = match cause.reason {
                Reason::Role(_) => finding,
                Reason::After(write) => {
                    finding.related(unit.place(write), "this stays when the request fails")
                }
            };
            finding.fix(|| wrap_in_retry(unit, &cause.calls));
        }
    }
}

/// All requests of one function to one host: one finding.
struct Cause {
    function: FunctionId,
    host: String,
    reason: Reason,
    calls: Vec<(NodeId, Thrown)>,
}

/// What a request that a retry would help throws when it fails.
fn request(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Thrown> {
    if !call.facts.effects.contains(Effects::HTTP_REQUEST) {
        let wrapped = wrapped_request(unit, call)?;
        return (wrapped.leaves && wrapped.is_sound && !wrapped.is_found_there)
            .then_some(if wrapped.tells_status { Thrown::Tells } else { Thrown::Plain });
    }
    // What a client is asked for is a path below its base.
    let stays = is_same_origin(unit, call) && call.facts.receiver.is_none() || is_local_resource(unit, call);
    let is_found = call.slot(Slot::Retry).is_none()
        && is_idempotent(unit, call)
        && !stays
        && may_be_bounded(unit, call)
        && is_status_checked(unit, call)
        && !is_sent_again(unit);
    is_found.then_some(Thrown::Tells)
}

/// Why nobody makes up for the failure.
enum Reason {
    /// The work is a job, or the start of the program.
    Role(Role),
    /// It comes after this write in a handler.
    After(NodeId),
}

fn reason(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Reason> {
    // Whoever hands the URL in is found where that is done.
    let asks_elsewhere = !takes_its_url(unit, call);
    let role = role_of_failure(unit, failure_of(unit, unit.index, call.node, None), asks_elsewhere);
    if let Some(role) = role.filter(|&role| is_nobodys_wait(role)) {
        return Some(Reason::Role(role));
    }
    let write = write_before(unit, call.node)?;
    let role = role_of_failure(unit, failure_of(unit, unit.index, call.node, Some(write)), asks_elsewhere);
    role.is_some_and(Role::answers_a_request).then_some(Reason::After(write))
}

/// The last write that has been done in the same function whenever the request is made.
fn write_before(unit: &UnitView<'_>, request: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let function = u.node(request).function;
    let writes = |call: &CallView<'_>| {
        let effects = call.effects();
        effects.contains(Effects::DB_WRITE) && does_surely(unit, call, Effects::DB_WRITE)
            || call.facts.effects.contains(Effects::HTTP_REQUEST)
                && call.slot(Slot::Method).is_some()
                && !is_idempotent(unit, call)
    };
    unit.calls()
        .filter(|call| {
            u.node(call.node).function == function
                && u.range(call.node).end <= u.range(request).start
                && writes(call)
                && is_always_before(unit, call.node, request)
                && !is_undone_together(unit, request)
        })
        .map(|call| call.node)
        .last()
}

/// Whether every way to `later` leads through `earlier`: it stands in no branch that `later` does not stand in.
fn is_always_before(unit: &UnitView<'_>, earlier: NodeId, later: NodeId) -> bool {
    let u = unit.unit;
    let around_later: Vec<NodeId> = u.ancestors(later).collect();
    let mut at = earlier;
    for around in u.ancestors(earlier) {
        let is_shared = around_later.contains(&around);
        match u.kind(around) {
            Kind::If { condition, .. } if *condition != at && (!is_shared || !around_later.contains(&at)) => {
                return false;
            }
            Kind::Match { on, .. } if *on != at && (!is_shared || !around_later.contains(&at)) => {
                return false;
            }
            Kind::TryCatch { body, .. } if *body != at && !around_later.contains(&at) => return false,
            Kind::Loop(_) if !is_shared => return false,
            _ => {}
        }
        at = around;
    }
    true
}

/// Whether a failure of the request takes the writes before it back.
fn is_undone_together(unit: &UnitView<'_>, request: NodeId) -> bool {
    unit.runs_as(request, &[Run::Transaction])
}
