//! `retry-without-backoff`

use plimsoll_behavior::{Effects, NodeId};
use plimsoll_project::Runs;

use crate::ask::{
    Again, Limit, REMOTE, Reconnect, Wait, done_again, limit_of, name_of_tried, reconnects, wait_before,
};
use crate::edit::backoff::back_off;
use crate::{Confidence, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// What has failed is tried again at once, or each time after the same wait, for as long as it fails.
    ///
    /// ## What happens
    ///
    /// When a service is slow or restarts, all of its callers fail in the same moment and try again in the same rhythm.
    /// Each attempt that comes at once meets the same outage, and costs a service that has too much to do already one
    /// request more. Without a limit that goes on for as long as the outage does; and when the service comes back, all of
    /// its callers are there at the same time, and it is down again.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// socket.onclose = () => setTimeout(connect, 1_000)
    /// ```
    ///
    /// ```rust
    /// loop {
    ///     match client.get(url).send().await {
    ///         Ok(response) => return Ok(response),
    ///         Err(error) => tracing::warn!(%error, "again"),
    ///     }
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// socket.onopen = () => { delay = 1_000 }
    /// socket.onclose = () => {
    ///   setTimeout(connect, delay * (0.5 + Math.random() / 2))
    ///   delay = Math.min(delay * 2, 30_000)
    /// }
    /// ```
    ///
    /// ```rust
    /// let mut delay = Duration::from_millis(250);
    /// for _ in 0..6 {
    ///     match client.get(url).send().await {
    ///         Ok(response) => return Ok(response),
    ///         Err(error) => tracing::warn!(%error, "again"),
    ///     }
    ///     tokio::time::sleep(delay).await;
    ///     delay = (delay * 2).min(Duration::from_secs(30));
    /// }
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The wait is doubled after each failure, up to 30 seconds, and spread in scripts. Where there is none, one is added; in
    /// Rust by what the file waits by elsewhere. How often it is tried stays as it is. What reconnects has no fix, and
    /// neither has a function that calls itself.
    ///
    /// ## What it does not flag
    ///
    /// - Waits that grow, that have jitter, or that the other side asked for; waits of which the code does not tell.
    /// - A few attempts with a wait between them, and in a page all that end by themselves.
    /// - Loops that wait until something is there, that go through elements, that take work from a list, that go on after
    ///   a success, and those that try another value, as another code that is not taken yet.
    /// - Waits of a minute and more.
    /// - What stays in the process; scripts, command lines, libraries, and code of which it is unknown where it runs.
    pub RetryWithoutBackoff { id: "retry-without-backoff", category: Resilience, severity: Warning, since: "0.1.0", preview }
}

/// A wait that is as long as that puts no load on anybody, in milliseconds.
const LONG: f64 = 60_000.0;
/// A few attempts that come at once do no harm beyond their number.
const FEW_AT_ONCE: f64 = 3.0;
/// A few attempts after a wait each are as good as any.
const FEW: f64 = 5.0;

impl Rule for RetryWithoutBackoff {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        REMOTE | Effects::SLEEP | Effects::TIMER_ONCE | Effects::SUBSCRIBE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let is_in_a_page = unit.project.runs.runs == Runs::Browser;
        if matches!(unit.project.runs.runs, Runs::ByHand | Runs::CommandLine) {
            return;
        }
        let is_told = |limit: Limit, wait: &Wait| {
            is_worth_it(wait, limit, is_in_a_page) && (is_in_a_page || unit.is_on_a_server())
        };
        for again in done_again(unit) {
            let (wait, limit) = (wait_before(unit, &again), limit_of(unit, &again));
            if wait == Wait::Other || !is_told(limit, &wait) {
                continue;
            }
            let message = message(&name_of_tried(unit, &again), &wait, limit);
            let confidence = if limit == Limit::Times(None) { Confidence::Medium } else { Confidence::High };
            report
                .at_node(unit, place(&again, &wait), confidence, message)
                .fix(|| back_off(unit, &again, &wait));
        }
        for Reconnect { at, by, wait, limit } in reconnects(unit) {
            if wait != Wait::Other && is_told(limit, &wait) {
                let message = message(&format!("`{by}`"), &wait, limit);
                report.at_node(unit, at, Confidence::High, message);
            }
        }
    }
}

fn place(again: &Again, wait: &Wait) -> NodeId {
    match wait {
        Wait::Fixed { by, .. } => *by,
        _ => again.attempts.first().copied().unwrap_or(again.at),
    }
}

/// Whether somebody would do something about it.
fn is_worth_it(wait: &Wait, limit: Limit, is_in_a_page: bool) -> bool {
    let is_more_than = |few: f64| match limit {
        Limit::None => true,
        Limit::Times(times) => !is_in_a_page && times.is_some_and(|times| times > few),
    };
    match wait {
        Wait::None => is_more_than(FEW_AT_ONCE),
        Wait::Fixed { milliseconds, .. } => {
            is_more_than(FEW) && milliseconds.is_none_or(|milliseconds| milliseconds < LONG)
        }
        Wait::Other => false,
    }
}

fn message(name: &str, wait: &Wait, limit: Limit) -> String {
    let when = match wait {
        Wait::Fixed { milliseconds: Some(milliseconds), .. } => {
            format!("{} after each failure", length(*milliseconds))
        }
        Wait::Fixed { .. } => "after the same wait each time".to_owned(),
        _ => "at once".to_owned(),
    };
    let how_often = match limit {
        Limit::None => "for as long as it fails".to_owned(),
        Limit::Times(Some(times)) => format!("up to {times} times"),
        Limit::Times(None) => "several times".to_owned(),
    };
    let then = match (wait, limit) {
        (Wait::None, Limit::None) => {
            "while the other side is down this is all that happens here, and it keeps the other side down"
        }
        (Wait::None, _) => {
            "all attempts meet the same outage, and a service that has too much to do has so many times as much"
        }
        _ => "whoever else waits comes back at the same moment, and so the other side goes down again",
    };
    format!("{name} is tried again {when}, {how_often}: {then}")
}

/// A length of time as people say it.
fn length(milliseconds: f64) -> String {
    if milliseconds >= 1_000.0 {
        format!("{} s", milliseconds / 1_000.0)
    } else {
        format!("{milliseconds} ms")
    }
}
