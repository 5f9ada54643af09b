//! `unbounded-concurrency`

use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::link::{Value, run_of};

use crate::ask::{
    AtOnce, SizedBy, at_once, at_once_by_name, calls_within, chain_name, names_of, sized_by, started,
};
use crate::edit::few_at_a_time::few_at_a_time;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, RawRelated, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// Requests, messages, processes or transactions that are begun for all elements of a collection at the same time, where
    /// a table or a user says how many those are.
    ///
    /// ## What happens
    ///
    /// With ten customers it is the fastest way. With ten thousand, ten thousand requests are sent in the same moment: the
    /// other service answers most of them with 429, or falls over; sockets and file descriptors of this process run out,
    /// and so does the memory for all answers. Of transactions, each waits for a connection of the pool until it gives up,
    /// and everybody else waits behind them. One failure among them throws the work of all others away.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const customers = await prisma.customer.findMany({ where: { active: true } })
    /// await Promise.all(customers.map((customer) => crm.push(customer)))
    /// ```
    ///
    /// ```rust
    /// let feeds = sqlx::query_as::<_, Feed>("SELECT id, url FROM feeds").fetch_all(db).await?;
    /// let pages = join_all(feeds.iter().map(|feed| fetch(&client, &feed.url))).await;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const limit = pLimit(10)
    /// await Promise.all(customers.map((customer) => limit(() => crm.push(customer))))
    /// ```
    ///
    /// ```rust
    /// let requests: Vec<_> = feeds.iter().map(|feed| fetch(&client, &feed.url)).collect();
    /// let pages = stream::iter(requests).buffered(10).collect::<Vec<_>>().await;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// No more than ten are under way at a time: by `p-limit` or `p-map` where one is declared, else in chunks; in Rust by
    /// `buffered`, which keeps the order. It takes longer, and where one fails, what was not begun by then never is.
    ///
    /// ## What it does not flag
    ///
    /// - Collections that are bounded: short lists, chunks and slices, queries with a limit, what a schema limits.
    /// - Collections of which nothing tells what sizes them, or that belong to one row of another table, as the items of
    ///   an order; tables that somebody keeps by hand.
    /// - What goes through a limiter, a semaphore or a queue; streams that are buffered.
    /// - Loops that wait on each turn.
    /// - Code that does not run in a service: browsers limit requests themselves.
    /// - What `n-plus-one` tells: one query for all is better than a few at a time.
    pub UnboundedConcurrency {
        id: "unbounded-concurrency", category: Concurrency, severity: Warning, since: "0.1.0", preview;
        options: { at_a_time: 10, "How many its fix lets run at the same time." }
    }
}

/// What is too much when all of it is begun at once.
const WORK: Effects =
    Effects::HTTP_REQUEST.union(Effects::NOTIFY).union(Effects::PROCESS).union(Effects::DB_TRANSACTION);

impl Rule for UnboundedConcurrency {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        WORK
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let mut told: Vec<(usize, NodeId)> = Vec::new();
        for call in unit.calls() {
            for (found, place, work) in begun(unit, &call) {
                if told.contains(&found.turn.driver) {
                    continue;
                }
                let Some((there, over)) = found.turn.over else { continue };
                let Some(by) = sized_by(unit, there, over) else { continue };
                if !unit.is_on_a_server() {
                    continue;
                }
                told.push(found.turn.driver);
                say(unit, report, &call, &found, place, work, &by);
            }
        }
    }
}

/// What a call begins for all elements at the same time: where that stands in the unit, and what it does.
fn begun(unit: &UnitView<'_>, call: &CallView<'_>) -> Vec<(AtOnce, NodeId, Effects)> {
    let u = unit.unit;
    if call.facts.effects.contains(Effects::TASK_SPAWN) {
        let work = work_of_task(unit, call.node);
        let found = if work.is_empty() { None } else { started(unit, call.node) };
        return found.into_iter().map(|found| (found, callee(unit, call.node), work)).collect();
    }
    let own = call.effects() & WORK;
    if !own.is_empty() {
        return at_once(unit, call.node).into_iter().map(|found| (found, call.node, own)).collect();
    }
    let Kind::Call { args, .. } = u.kind(call.node) else { return Vec::new() };
    let named = args.iter().enumerate().filter_map(|(argument, &node)| {
        run_of(call.facts, argument)?;
        if !matches!(u.kind(node), Kind::Name { .. } | Kind::Member { .. }) {
            return None;
        }
        let Value::Function(function) = unit.eval.value(unit.index, node) else { return None };
        let summary = unit.summary(&function)?;
        let work = summary.effects & WORK;
        let is_limited = summary.effects.contains(Effects::LIMIT);
        if work.is_empty() || is_limited {
            return None;
        }
        Some((at_once_by_name(unit, call.node, argument)?, node, work))
    });
    named.collect()
}

/// What a task does that is too much when many do it at once.
fn work_of_task(unit: &UnitView<'_>, spawn: NodeId) -> Effects {
    let Kind::Call { args, .. } = unit.unit.kind(spawn) else { return Effects::empty() };
    let done = args.iter().flat_map(|&arg| calls_within(unit, unit.index, arg));
    done.fold(Effects::empty(), |all, (_, effects)| all | effects) & WORK
}

fn callee(unit: &UnitView<'_>, call: NodeId) -> NodeId {
    match unit.unit.kind(call) {
        Kind::Call { callee, .. } => *callee,
        _ => call,
    }
}

fn say(
    unit: &UnitView<'_>,
    report: &mut Report<'_>,
    call: &CallView<'_>,
    found: &AtOnce,
    place: NodeId,
    work: Effects,
    by: &SizedBy,
) {
    let at_a_time = report.option("at_a_time");
    let is_convention = matches!(by, SizedBy::User { is_convention: true, .. });
    let confidence = if is_convention { Confidence::Medium } else { call.confidence() };
    let is_spawned = found.by == (unit.index, call.node);
    let mut reported = report.at_node(unit, place, confidence, message(unit, call, found, place, work, by));
    if let SizedBy::Table { query, table } = by {
        reported = reported.related(query.clone(), format!("reads as many rows as `{table}` has"));
    }
    if !is_spawned {
        let (there, gather) = found.by;
        let waits = if found.by == found.turn.driver {
            "waits for none of them"
        } else {
            "waits for all of them at once"
        };
        reported = reported.related(unit.of(there).place(gather), waits);
    }
    let chain: Vec<RawRelated> = if place == call.node {
        unit.chain(call, one_of(work), at_the_end(one_of(work)))
    } else {
        Vec::new()
    };
    reported.related_all(chain).fix(|| {
        let (edits, what) = few_at_a_time(unit, found, at_a_time)?;
        let title = format!("{what} (review: takes longer, and what fails keeps the rest from being begun)");
        Some(FixPlan { title, safety: Safety::Review, edits })
    });
}

/// The effect that is told of several.
fn one_of(work: Effects) -> Effects {
    [Effects::HTTP_REQUEST, Effects::NOTIFY, Effects::PROCESS, Effects::DB_TRANSACTION]
        .into_iter()
        .find(|&effect| work.contains(effect))
        .unwrap_or(work)
}

fn at_the_end(work: Effects) -> &'static str {
    match work {
        Effects::NOTIFY => "the message is sent here",
        Effects::PROCESS => "the process is started here",
        Effects::DB_TRANSACTION => "the transaction begins here",
        _ => "the request is sent here",
    }
}

fn message(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    found: &AtOnce,
    place: NodeId,
    work: Effects,
    by: &SizedBy,
) -> String {
    let name = if place == call.node { chain_name(unit, call.node) } else { unit.text(place).to_owned() };
    let name = quoted(&name).unwrap_or_else(|| "this call".to_owned());
    let does = match one_of(work) {
        Effects::NOTIFY => "sends one message",
        Effects::PROCESS => "starts one process",
        Effects::DB_TRANSACTION => "opens one transaction",
        _ if call.facts.effects.contains(Effects::TASK_SPAWN) => "starts one task with a request",
        _ => "sends one request",
    };
    let per = match names_of(unit, &found.turn) {
        (Some(one), _) => format!("`{one}`"),
        (None, Some(all)) => format!("element of `{all}`"),
        (None, None) => "element".to_owned(),
    };
    let many = match by {
        SizedBy::Table { table, .. } => format!("as many as `{table}` has rows"),
        SizedBy::User { name: Some(name), .. } => format!("as many as a user sends in `{name}`"),
        SizedBy::User { name: None, .. } => "as many as a user sends".to_owned(),
    };
    format!("{name} {does} per {per}, all of them at the same time: {many}")
}
