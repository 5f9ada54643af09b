//! `overlapping-interval`

use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::Runs;

use crate::ask::{Overlap, overlap};
use crate::edit::one_by_one::{one_at_a_time, one_by_one};
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A repeating timer whose asynchronous work can be under way several times at once.
    ///
    /// ## What happens
    ///
    /// `setInterval` does not wait for what it has begun. As long as a run takes 200 ms, nobody sees it. When the database
    /// or the other service is slow for a minute, a run begins every five seconds and none of them ends: they read the
    /// same pending rows and send the same messages twice, each holds a connection, and they keep slow what was slow.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// setInterval(async () => {
    ///   const due = await db.reminder.findMany({ where: { sentAt: null }, take: 100 })
    ///   for (const reminder of due) await send(reminder)
    /// }, 5_000)
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const run = async () => {
    ///   try {
    ///     const due = await db.reminder.findMany({ where: { sentAt: null }, take: 100 })
    ///     for (const reminder of due) await send(reminder)
    ///   } finally {
    ///     setTimeout(run, 5_000)
    ///   }
    /// }
    /// setTimeout(run, 5_000)
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Each run begins the time for the next one when it has ended, and what cleared the timer ends it still. Where the
    /// handle is kept in a way that this cannot follow, a run is left out while the last one is under way.
    ///
    /// ## What it does not flag
    ///
    /// - Work that looks whether it is under way already: a flag, the promise of the last run, a state that it sets.
    /// - Work that takes a lock, or goes through a limiter or a queue.
    /// - A request that gives up before the next run begins.
    /// - Runs that are more than a minute apart, and those of which the code does not tell how far they are apart, unless
    ///   they change something for each of many. Where a run asks once, more than ten seconds; in a page, more than five.
    /// - What a callback lets go beside other things, what blocks, databases that live in the process, and work that asks
    ///   nobody.
    /// - Scripts, tests, command lines.
    pub OverlappingInterval { id: "overlapping-interval", category: Concurrency, severity: Warning, since: "0.1.0", preview }
}

/// Runs that are further apart seldom meet, in milliseconds.
const APART: f64 = 60_000.0;
/// The same of those that change something for each of many.
const FAR_APART: f64 = 900_000.0;
/// The same of those that ask once.
const NEAR: f64 = 10_000.0;
/// The same in a page, which is closed when it is as slow as that.
const IN_A_PAGE: f64 = 5_000.0;

impl Rule for OverlappingInterval {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::TIMER_REPEATING
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || matches!(unit.project.runs.runs, Runs::ByHand | Runs::CommandLine) {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.contains(Effects::TIMER_REPEATING) {
                continue;
            }
            let Some(found) = overlap(unit, &call) else { continue };
            let is_in_a_page = unit.project.runs.runs == Runs::Browser;
            if !meets(&found, is_in_a_page) || !is_in_a_page && !unit.is_on_a_server() {
                continue;
            }
            let confidence = if found.period.is_some() { Confidence::High } else { Confidence::Medium };
            report
                .at_node(unit, callee(unit, call.node), confidence, message(&found))
                .preview(is_in_a_page)
                .fix(|| plan(unit, call.node));
        }
    }
}

/// Whether two runs meet when what they ask is slow for a while.
fn meets(found: &Overlap, is_in_a_page: bool) -> bool {
    let changes_many = found.loops && found.changes;
    match found.period {
        Some(period) if is_in_a_page => period <= IN_A_PAGE,
        Some(period) if found.is_one_step => period <= NEAR,
        Some(period) => period <= APART || changes_many && period <= FAR_APART,
        None => changes_many && !is_in_a_page,
    }
}

fn callee(unit: &UnitView<'_>, call: NodeId) -> NodeId {
    match unit.unit.kind(call) {
        Kind::Call { callee, .. } => *callee,
        _ => call,
    }
}

fn message(found: &Overlap) -> String {
    let work = quoted(&found.work).unwrap_or_else(|| "its work".to_owned());
    let time = found.period.map_or_else(|| "its period".to_owned(), length);
    let both = if found.changes { "both do the same work" } else { "each of them makes the others slower" };
    format!(
        "this does not wait for {work}: when that takes longer than {time}, the next run begins beside it, and {both}"
    )
}

/// A length of time as people say it.
fn length(milliseconds: f64) -> String {
    if milliseconds >= 60_000.0 && milliseconds % 60_000.0 == 0.0 {
        format!("{} min", milliseconds / 60_000.0)
    } else if milliseconds >= 1_000.0 {
        format!("{} s", milliseconds / 1_000.0)
    } else {
        format!("{milliseconds} ms")
    }
}

fn plan(unit: &UnitView<'_>, call: NodeId) -> Option<FixPlan> {
    let safety = Safety::Review;
    if let Some(edits) = one_by_one(unit, call) {
        let title = "Wait for each run before the time for the next one begins (review: runs come later)";
        return Some(FixPlan { title: title.to_owned(), safety, edits });
    }
    let edits = one_at_a_time(unit, call)?;
    let title = "Leave a run out while the last one is under way (review: some runs are left out)";
    Some(FixPlan { title: title.to_owned(), safety, edits })
}
