//! Whether a promise that nobody waits for is meant to be let go.

use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::{is_declared, names_a_page};

use crate::UnitView;
use crate::ask::database::bookkeeping::is_bookkeeping;
use crate::ask::database::touch::{Action, writes_of_function};
use crate::ask::errors::floating::Floating;
use plimsoll_behavior::words;

/// Words in the names of what is done beside the work, and missed by nobody.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "log", "logs", "logger", "track", "tracking", "audit", "analytics", "metric", "metrics", "telemetry", "trace",
    "heartbeat", "prefetch", "preload", "warm", "warmup",
];
/// First words in the names of what lets something go: it is over either way.
#[rustfmt::skip]
const LETS_GO: &[&str] =
    &["close", "destroy", "disconnect", "dispose", "end", "quit", "release", "shutdown", "stop", "terminate"];
/// What comments say of a promise that is let go on purpose, in small letters.
#[rustfmt::skip]
const SAID: &[&str] = &[
    "fire and forget", "fire-and-forget", "fire & forget", "background", "non-blocking", "nonblocking", "non blocking",
    "not await", "n't await", "no await", "without await", "without waiting", "n't wait", "not wait", "n't block",
    "not block", "async", "best effort", "best-effort", "intentional", "deliberate", "floating", "on purpose", "parallel",
    "not error", "not fail", "cannot fail", "never fail", "not reject", "cannot reject", "never reject", "never throw",
];
/// How many lines above a statement a comment may begin that is about it.
const LINES_ABOVE: usize = 3;

/// Whether a promise is meant to be let go. What is `guarded` by a `catch` is not, as far as names and tables tell.
#[must_use]
pub fn is_meant_to_float(unit: &UnitView<'_>, one: &Floating, guarded: bool) -> bool {
    let by_what_it_does = || is_beside_the_work(unit, one);
    (!guarded && by_what_it_does())
        || is_said(unit, one.node)
        || names_a_page(&unit.linked.file)
        || is_a_pause(unit, one)
}

/// Whether what is left undone is missed by nobody.
fn is_beside_the_work(unit: &UnitView<'_>, one: &Floating) -> bool {
    let Kind::Call { callee, .. } = unit.unit.kind(one.call) else { return false };
    let is_named = match unit.unit.kind(*callee) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => {
            let words = words(name);
            words.iter().any(|word| BESIDE.contains(&word.as_str()))
                || words.first().is_some_and(|word| LETS_GO.contains(&word.as_str()))
        }
        _ => false,
    };
    is_named
        || one.function.as_ref().is_some_and(|function| {
            let (touched, _) = writes_of_function(unit, function);
            let mut written = touched.iter().filter(|touch| touch.action != Action::Read).peekable();
            written.peek().is_some() && written.all(|touch| is_bookkeeping(&touch.table))
        })
}

/// Whether a comment at a statement says so.
fn is_said(unit: &UnitView<'_>, node: NodeId) -> bool {
    let text = unit.project.text;
    let start = unit.bytes(node).start as usize;
    let before = text.get(..start).unwrap_or_default();
    let from = before.rmatch_indices('\n').nth(LINES_ABOVE).map_or(0, |(at, _)| at);
    let to = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| start + at);
    // What stands between a comment above and the statement is blank, or a comment itself.
    let is_next_to = |end: usize| {
        text.get(end..start).unwrap_or_default().lines().skip(1).all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with("//") || line.starts_with('*')
        })
    };
    let is_said = |text: &str| !text.starts_with(crate::SUPPRESSION);
    unit.unit.comments.iter().filter(|comment| is_said(&comment.text)).any(|comment| {
        let at = unit.to_file(comment.range);
        let (begins, ends) = (at.start as usize, at.end as usize);
        let is_above = comment.is_alone && begins >= from && ends <= start && is_next_to(ends);
        let is_beside = is_above || begins >= start && begins < to;
        let said = comment.text.to_ascii_lowercase();
        is_beside && SAID.iter().any(|phrase| said.contains(phrase))
    })
}

/// Whether all that a function is known to do is to wait: what breaks it off is asked for.
fn is_a_pause(unit: &UnitView<'_>, one: &Floating) -> bool {
    let Some(last) = one.fails_in.as_ref().and_then(|function| unit.summary(function)) else { return false };
    last.effects.intersects(Effects::TIMER_ONCE | Effects::SLEEP)
        && !last.effects.intersects(Effects::DB | Effects::HTTP_REQUEST | Effects::FILE)
}

/// Whether the framework around a file goes on when nobody handles a rejection.
#[must_use]
pub fn outlives_rejections(unit: &UnitView<'_>) -> bool {
    let packages = unit.eval.models.all().iter().flat_map(|model| &model.outlives_rejections);
    packages.into_iter().any(|package| is_declared(unit.project.files, &unit.linked.file.path, package))
}
