//! `swallowed-error`

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{CallForm, Catch, Effects, FunctionId, Kind, NodeId, OwnRange, Unit};

use crate::ask::{
    Action, Quiet, Role, answered_empty, chain_name, failing_call, failing_in, failure_branch,
    is_bookkeeping, is_empty, is_for_nobody, is_of_the_start, made_empty, may_be_rejected, may_fail, quiet,
    role, touches, touches_of_call, words,
};
use crate::edit::handed_on::handed_on;
use crate::edit::rethrow::{rethrown, thrown_instead};
use crate::view::CallView;
use crate::wording::quoted;
use crate::{
    Confidence, FixPlan, RawRelated, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule,
};

declare_rule! {
    /// A handler that keeps a failed query to itself, so that whoever called sees success, or an answer with nothing in it.
    ///
    /// ## What happens
    ///
    /// The database is gone for a moment, or refuses a row. The handler writes a line to the log and goes on: a write that
    /// was never made looks as if it had been, and the page that asked for orders shows that there are none. Nobody tries
    /// again, no error page is shown, no alarm is raised, and what is computed from it is wrong. It is the same where the
    /// library throws nothing and tells of the failure in what it yields: `if (error) return []`.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// async function listOrders(buyer: string) {
    ///   try {
    ///     return await prisma.order.findMany({ where: { buyer }, take: 50 })
    ///   } catch (error) {
    ///     console.error(error)
    ///     return []
    ///   }
    /// }
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as::<_, Order>("SELECT id, total FROM orders WHERE buyer = $1")
    ///     .bind(buyer)
    ///     .fetch_all(&pool)
    ///     .await
    ///     .unwrap_or_default();
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// async function listOrders(buyer: string) {
    ///   try {
    ///     return await prisma.order.findMany({ where: { buyer }, take: 50 })
    ///   } catch (error) {
    ///     throw new Error('cannot list orders', { cause: error })
    ///   }
    /// }
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as::<_, Order>("SELECT id, total FROM orders WHERE buyer = $1")
    ///     .bind(buyer)
    ///     .fetch_all(&pool)
    ///     .await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The error is thrown again, after what is logged; in Rust it is handed on by `?`, where the function can. Callers can newly see it, which wants a review.
    ///
    /// ## What it does not flag
    ///
    /// - Handlers that throw, answer, return anything but an empty value, set something, or call anything but a log: a
    ///   tracker of errors, a function of the project.
    /// - `return false`, functions whose names ask (`hasOrder`, `verifyToken`), and files that let people in: what cannot be
    ///   checked is refused.
    /// - Handlers in which a comment says why.
    /// - Branches that ask what kind of failure it is, and those for a query of one row, which fails where there is none.
    /// - Writes of functions that are not called to write, by their names, and answer no request; those of which the log
    ///   only warns.
    /// - Writes beside the work: logs, audits, metrics, sessions, notes that somebody was told; those in a branch of the `try`; those of a function that
    ///   writes something else too; those for each of a list.
    /// - Listeners, timers, jobs, clean-ups, and what runs while the program starts.
    /// - Queries beside which something else is asked that may fail, and those of which the log only warns.
    /// - Files, requests to other services, and `.catch()`: a default is right there too often.
    /// - In Rust: writes, for which there is `ignored-result`, and `unwrap_or(false)`.
    /// - What does not run in a service.
    pub SwallowedError { id: "swallowed-error", category: Errors, severity: Warning, since: "0.1.0", preview }
}

impl Rule for SwallowedError {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        if unit.is_rust() {
            return review_rust(unit, report);
        }
        for (i, node) in unit.unit.nodes.iter().enumerate() {
            let id = NodeId(u32::try_from(i).expect("few nodes"));
            review_branch(unit, id, report);
            let Kind::TryCatch { body, catch: Some(catch), .. } = &node.kind else { continue };
            let node = id;
            let Some(handler) = quiet(unit, catch.body) else { continue };
            let calls = failing_in(unit, *body, Effects::DB);
            let Some((message, severity)) = lost_write(unit, node, handler, &calls)
                .or_else(|| empty_answer(unit, node, *body, handler, &calls))
            else {
                continue;
            };
            if is_explained(unit, catch.range) || !unit.is_on_a_server() {
                continue;
            }
            let confidence = calls.iter().map(CallView::confidence).min().unwrap_or(Confidence::Medium);
            report
                .at(head(unit, catch), confidence, message)
                .severity(severity)
                .related_all(failing_places(unit, &calls))
                .fix(|| rethrown(unit, catch));
        }
    }
}

/// Finds a branch for the failure that a query tells of in what it yields, which hands out nothing.
fn review_branch(unit: &UnitView<'_>, node: NodeId, report: &mut Report<'_>) {
    let Kind::If { condition, .. } = *unit.unit.kind(node) else { return };
    let Some(found) = answered_empty(unit, node) else { return };
    let writes = found.call.effects().contains(Effects::DB_WRITE);
    let function = unit.unit.node(node).function;
    let all = (0..unit.unit.nodes.len()).map(|i| NodeId(u32::try_from(i).expect("few nodes")));
    if writes
        || !reads_rows(unit, &found.call)
        || !answers(unit, function, all)
        || is_right_empty(unit, node)
        || named(unit, node, BESIDE)
        || is_explained(unit, unit.unit.range(node))
        || !unit.is_on_a_server()
    {
        return;
    }
    report
        .at_node(unit, condition, found.call.confidence(), looks_like_none(unit, &found.call, found.value))
        .severity(Severity::Warning)
        .related_all(failing_places(unit, std::slice::from_ref(&found.call)))
        .fix(|| {
            // Where the rows may be missing too there may be nothing to throw.
            let is_alone = matches!(unit.unit.kind(condition), Kind::Name { .. });
            is_alone.then(|| thrown_instead(unit, found.returns, found.error))
        });
}

fn looks_like_none(unit: &UnitView<'_>, call: &CallView<'_>, value: NodeId) -> String {
    let what = failing_call(unit, call.node);
    let value = quoted(unit.text(value)).unwrap_or_else(|| "empty".to_owned());
    format!("when {what} the answer is {value}: a failure looks as if there were nothing")
}

/// Whether a function hands out anything but what is empty at one of these nodes.
fn answers(unit: &UnitView<'_>, function: FunctionId, nodes: impl IntoIterator<Item = NodeId>) -> bool {
    let u = unit.unit;
    nodes.into_iter().any(|node| {
        u.node(node).function == function
            && matches!(u.kind(node), Kind::Return(Some(value)) if !is_empty(unit, *value))
    })
}

/// Whether nothing is the right answer where nothing can be told: what asks whether something is allowed, what nobody waits
/// for.
fn is_right_empty(unit: &UnitView<'_>, node: NodeId) -> bool {
    let runs_by_itself = matches!(role(unit, node), Some(Role::Job | Role::Test))
        || is_of_the_start(unit, node)
        || is_for_nobody(unit, node);
    named(unit, node, ASKS) || refuses(unit) || named(unit, node, BY_ITSELF) || runs_by_itself
}

/// Finds queries of Rust whose failure looks like no rows.
fn review_rust(unit: &UnitView<'_>, report: &mut Report<'_>) {
    for call in unit.calls_with(Effects::DB_READ) {
        let Some(emptied) = made_empty(unit, call.node) else { continue };
        let node = call.node;
        let writes = call.effects().contains(Effects::DB_WRITE);
        if writes || !may_fail(unit, &call) || !reads_rows(unit, &call) {
            continue;
        }
        let function = unit.linked.file.fn_ref(unit.index, FunctionId(0));
        let runs_as = unit.world.role(&function).map(|fact| fact.role).or_else(|| role(unit, node));
        let runs_by_itself = matches!(runs_as, Some(Role::Job | Role::Consumer | Role::Test))
            || is_of_the_start(unit, node)
            || is_in_a_loop(unit.unit, node);
        let is_no = named(unit, node, ASKS) || refuses(unit);
        let statement = statement_of(unit.unit, node);
        if runs_by_itself
            || is_no
            || named(unit, node, BY_ITSELF)
            || named(unit, node, BESIDE)
            || failure_branch(unit.unit, None, node).is_some()
            || statement.is_some_and(|statement| crate::ask::is_explained(unit, statement))
            || !unit.is_on_a_server()
        {
            continue;
        }
        let what = chain_name(unit, node);
        let value = quoted(&emptied.value).unwrap_or_else(|| "empty".to_owned());
        let message =
            format!("when `{what}` fails the answer is {value}: a failure looks as if there were nothing");
        report
            .at(emptied.range, call.confidence(), message)
            .severity(Severity::Warning)
            .related_all(unit.chain(&call, Effects::DB_READ, "the query"))
            .fix(|| {
                let edit = handed_on(unit, emptied.method?)?;
                let title = "Hand the failure on by `?` (review: callers can see it)".to_owned();
                Some(FixPlan { title, safety: Safety::Review, edits: vec![edit] })
            });
    }
}

/// The statement that a node is a part of.
fn statement_of(u: &Unit, node: NodeId) -> Option<NodeId> {
    let mut below = node;
    for around in u.ancestors(node) {
        if matches!(u.kind(around), Kind::Block { .. }) {
            return Some(below);
        }
        below = around;
    }
    None
}

/// Words in the names of functions that write something down beside the work.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "log", "logs", "track", "tracking", "audit", "record", "metric", "metrics", "analytics",
];
/// Words in the names of what runs again and again, or once at the start.
#[rustfmt::skip]
const BY_ITSELF: &[&str] = &[
    "seed", "seeds", "migrate", "migrations", "init", "initialize", "ensure", "setup", "bootstrap", "cleanup", "clean",
    "purge", "prune", "expire", "sync", "cron", "job", "jobs", "worker", "cache", "warm", "touch", "backfill", "scrape",
    "scraper", "scraping", "cycle", "tick", "poll", "sweep",
];
/// First words in the names of functions that are called to write something.
#[rustfmt::skip]
const WRITES: &[&str] = &[
    "add", "apply", "approve", "archive", "assign", "book", "buy", "cancel", "change", "charge", "claim", "close",
    "complete", "confirm", "create", "credit", "debit", "delete", "deposit", "edit", "finish", "insert", "make", "move",
    "pay", "place", "post", "publish", "put", "refund", "register", "reject", "remove", "rename", "reserve", "restore",
    "save", "set", "submit", "transfer", "update", "upsert", "withdraw", "write",
];
/// Words in the names of functions whose empty answer is no: what cannot be checked is refused.
#[rustfmt::skip]
const ASKS: &[&str] = &[
    "access", "health", "ping", "check", "verify", "auth", "authenticate", "authorize", "session", "token", "has", "is", "can", "exists", "permission",
    "permissions", "validate", "test", "probe", "status", "try", "maybe", "safe", "optional", "null", "undefined", "cache", "cached",
];

/// Words in the names of files, and of their folders, in which nothing found is no.
const REFUSES: &[&str] = &["auth", "access", "permission", "permissions", "session", "sessions"];
/// Words in the names of functions that tell somebody of what is done already, and only note that they have.
#[rustfmt::skip]
const TELLS: &[&str] = &[
    "notification", "notifications", "notify", "email", "emails", "mail", "sms", "reminder", "reminders",
];

/// A write that looks as if it had been made.
fn lost_write(
    unit: &UnitView<'_>,
    node: NodeId,
    handler: Quiet,
    calls: &[CallView<'_>],
) -> Option<(String, Severity)> {
    if !matches!(handler.returns, None | Some(None)) {
        return None;
    }
    let u = unit.unit;
    let surely = calls.iter().filter(|call| is_in_no_branch(u, call.node, node));
    let (call, table) = surely.into_iter().find_map(|call| Some((call, written(unit, call)?)))?;
    if tells(unit, call) {
        return None;
    }
    let is_beside = named(unit, node, BESIDE)
        || named(unit, node, BY_ITSELF)
        || handler.only_warns
        || !is_meant_to_write(unit, node);
    let runs_by_itself = matches!(
        role(unit, node),
        Some(Role::Job | Role::Consumer | Role::Cleanup | Role::Effect | Role::Test)
    ) || is_of_the_start(unit, node)
        || is_for_nobody(unit, node)
        || unit
            .runs_as(node, &[Run::Interval, Run::Timeout, Run::Listener, Run::Job, Run::Each, Run::Limited]);
    if is_beside || runs_by_itself || is_in_a_loop(u, node) || writes_elsewhere(unit, node) {
        return None;
    }
    let what = failing_call(unit, call.node);
    let table = quoted(&table).map_or(String::new(), |table| format!(" to {table}"));
    Some((
        format!("when {what} nobody is told: the write{table} is lost, and looks as if it had been made"),
        Severity::Error,
    ))
}

/// A query that failed and looks like no rows.
fn empty_answer(
    unit: &UnitView<'_>,
    node: NodeId,
    body: NodeId,
    handler: Quiet,
    calls: &[CallView<'_>],
) -> Option<(String, Severity)> {
    let value = match handler.returns {
        Some(value) => value?,
        None => returned_after(unit, node)?,
    };
    if !is_empty(unit, value)
        || handler.only_warns
        || asks_others(unit, body)
        || calls.iter().any(|call| call.effects().contains(Effects::DB_WRITE))
    {
        return None;
    }
    let call = calls.iter().find(|call| reads_rows(unit, call))?;
    let function = unit.unit.node(node).function;
    if !answers(unit, function, unit.unit.descendants(body)) || is_right_empty(unit, node) {
        return None;
    }
    Some((looks_like_none(unit, call, value), Severity::Warning))
}

/// Whether something else than the database is asked too, so that the answer may be another's.
fn asks_others(unit: &UnitView<'_>, body: NodeId) -> bool {
    let u = unit.unit;
    u.descendants(body).into_iter().any(|node| {
        let Kind::Await(inner) = u.kind(node) else { return false };
        let Kind::Call { form, .. } = u.kind(*inner) else { return false };
        let Some(call) = unit.call(*inner).filter(|_| *form != CallForm::Import) else { return false };
        let is_unknown = call.facts.behavior.is_none() && call.facts.target.is_none();
        is_unknown || call.effects().contains(Effects::HTTP_REQUEST)
    })
}

/// Where what the handler keeps to itself fails.
fn failing_places(unit: &UnitView<'_>, calls: &[CallView<'_>]) -> Option<RawRelated> {
    let call = calls.first()?;
    Some(RawRelated { place: unit.place(call.node), message: "what fails here is told to nobody".to_owned() })
}

/// What a function returns right after a `try`.
fn returned_after(unit: &UnitView<'_>, node: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let Kind::Block { statements, .. } = u.kind(u.parent(node)?) else { return None };
    let at = statements.iter().position(|&statement| statement == node)?;
    match u.kind(*statements.get(at + 1)?) {
        Kind::Return(Some(value)) => Some(*value),
        _ => None,
    }
}

/// Whether a call reads rows of a table. What a server of keys and values does not have is made anew.
fn reads_rows(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if !call.effects().contains(Effects::DB_READ) {
        return false;
    }
    let facts = match &call.facts.target {
        Some(target) => unit.witness_facts(target, Effects::DB_READ),
        None => Some(Arc::clone(call.facts)),
    };
    let is_of_keys = facts.is_some_and(|facts| {
        facts
            .behavior
            .as_ref()
            .is_some_and(|(model, _)| unit.eval.models.all()[usize::from(*model)].runs_commands)
    });
    !is_of_keys && (call.facts.target.is_some() || !touches(unit, call).is_empty())
}

/// The table that a call writes, if somebody would miss it.
fn written(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let mut missed = touches_of_call(unit, call)
        .into_iter()
        .filter(|touch| touch.action != Action::Read && !is_bookkeeping(&touch.table));
    missed.next().map(|touch| touch.table)
}

/// Whether a call is of a function of the project that tells somebody of something.
fn tells(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let name = unit.call_name(call.node);
    let own = name.rsplit(['.', ':']).next().unwrap_or_default();
    call.facts.target.is_some() && words(own).iter().any(|word| TELLS.contains(&word.as_str()))
}

/// Whether the function around a node has one of these words in its name.
fn named(unit: &UnitView<'_>, node: NodeId, wanted: &[&str]) -> bool {
    unit.functions_around(node).into_iter().any(|(at, function, _)| {
        let own = unit.unit_of(at).function(function);
        let mut names = own.name.iter().chain(&own.owner);
        names.any(|name| words(name).iter().any(|word| wanted.contains(&word.as_str())))
    })
}

/// Whether the file is there to refuse who is not let in, by its name or that of its folder.
fn refuses(unit: &UnitView<'_>) -> bool {
    let names = unit.linked.file.path.rsplit('/').take(2);
    names.into_iter().any(|name| words(name).iter().any(|word| REFUSES.contains(&word.as_str())))
}

/// Whether a function is there to write: it answers a request, or its name says so.
fn is_meant_to_write(unit: &UnitView<'_>, node: NodeId) -> bool {
    let Some(&(at, function, _)) = unit.functions_around(node).first() else { return false };
    let name = unit.unit_of(at).function(function).name.as_deref().unwrap_or_default();
    let says_so = words(name).first().is_some_and(|word| WRITES.contains(&word.as_str()));
    says_so || role(unit, node).is_some_and(Role::answers_a_request)
}

/// Whether a call in a `try` is made whenever that runs: what is written only sometimes is done beside something else.
fn is_in_no_branch(u: &Unit, call: NodeId, node: NodeId) -> bool {
    let around = u.ancestors(call).take_while(|&around| around != node);
    around
        .into_iter()
        .all(|around| !matches!(u.kind(around), Kind::If { .. } | Kind::Match { .. } | Kind::Loop(_)))
}

fn is_in_a_loop(u: &Unit, node: NodeId) -> bool {
    let function = u.node(node).function;
    u.ancestors(node)
        .take_while(|&around| u.node(around).function == function)
        .any(|around| matches!(u.kind(around), Kind::Loop(_)))
}

/// Whether the function writes something outside of this `try` too, beside which what is lost may be a trifle.
fn writes_elsewhere(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    let inside = u.range(node);
    unit.calls_with(Effects::DB_WRITE).any(|call| {
        let at = u.range(call.node);
        let is_outside = at.end <= inside.start || at.start >= inside.end;
        is_outside && may_be_rejected(unit, call.node)
    })
}

/// Whether a comment stands in the handler or branch.
fn is_explained(unit: &UnitView<'_>, branch: OwnRange) -> bool {
    unit.unit
        .comments
        .iter()
        .filter(|comment| !comment.text.starts_with(crate::SUPPRESSION))
        .any(|comment| comment.range.start >= branch.start && comment.range.end <= branch.end)
}

/// `catch (error)`
fn head(unit: &UnitView<'_>, catch: &Catch) -> OwnRange {
    let end = unit.unit.range(catch.body).start;
    let bytes = unit.to_file(OwnRange { start: catch.range.start, end });
    let written = unit.project.text.get(bytes.as_usize()).unwrap_or_default();
    let blank = written.len() - written.trim_end().len();
    OwnRange { start: catch.range.start, end: end - u32::try_from(blank).unwrap_or(0) }
}
