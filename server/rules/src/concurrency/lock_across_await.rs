//! `lock-across-await`

use plimsoll_behavior::models::{Holds, Share};
use plimsoll_behavior::{BlockForm, Effects, Kind, Node, NodeId, Unit};
use plimsoll_project::Runs;

use crate::ask::{Held, held, is_of_what_it_guards, is_turnstile};
use crate::edit::guard::released_before;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

/// What is waited for long enough that others notice a lock.
const SLOW: Effects = Effects::DB
    .union(Effects::HTTP_REQUEST)
    .union(Effects::FILE)
    .union(Effects::PROCESS)
    .union(Effects::SLEEP)
    .union(Effects::NOTIFY);

declare_rule! {
    /// A lock that is held while something is awaited, so that whoever else needs it waits as long, or for ever.
    ///
    /// ## What happens
    ///
    /// A `std::sync::Mutex` makes the thread wait, not the task. When a task gives way at an `.await` while it holds one,
    /// the next task on that thread that wants it stops the thread, and with it the task that would have let it go: the
    /// runtime stands still, and nothing is logged. It happens under load, when two requests meet. The same holds of
    /// `parking_lot`, and of what a `DashMap` hands out.
    ///
    /// A lock of the runtime (`tokio::sync::Mutex`) makes the task wait, and that is well. But everybody waits for the
    /// slowest: one service that does not answer, and all requests that need the lock hang behind it.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// let mut cache = state.cache.lock().unwrap();
    /// let user = load_user(&state.db, id).await?;
    /// cache.insert(id, user.clone());
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// let user = load_user(&state.db, id).await?;
    /// state.cache.lock().unwrap().insert(id, user.clone());
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Where nothing needs the guard any more, `drop(guard)` is written before what is awaited. What came after it in one
    /// piece then is in two, so that somebody has to look at it.
    ///
    /// ## What it does not flag
    ///
    /// - A guard that is dropped, moved away or goes out of scope before, on every path.
    /// - A guard without a name whose statement ends before: `state.cache.lock().unwrap().get(&id).cloned()`.
    /// - What is awaited in another task or future: `spawn(async move { … })`.
    /// - Locks whose type is not known.
    /// - Locks of the runtime while what they guard is what is awaited (a connection, a writer), while nothing slow is
    ///   awaited, and while others can read too; those that guard a flag, that are only tried, or that are there to let
    ///   one through at a time: `Mutex<()>`, gates, permits, refreshes.
    /// - Tests, and what developers run by hand.
    pub LockAcrossAwait { id: "lock-across-await", category: Concurrency, severity: Error, since: "0.1.0", preview }
}

impl Rule for LockAcrossAwait {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        let is_async =
            |node: &Node| matches!(node.kind, Kind::Await(_) | Kind::Block { form: BlockForm::Async, .. });
        unit.functions.iter().any(|function| function.is_async) || unit.nodes.iter().any(is_async)
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_rust() || unit.project.runs.runs == Runs::ByHand {
            return;
        }
        for &call in &unit.unit.calls {
            let Some(guard) = unit.eval.guard(unit.index, call) else { continue };
            let Some(found) = held(unit, call, &guard) else { continue };
            let (awaited, severity) = match guard.holds {
                Holds::Thread => (found.awaits[0], Severity::Error),
                // Others who read go on.
                Holds::Task if guard.share == Share::Shared => continue,
                Holds::Task => {
                    let is_slow = |&awaited: &NodeId| does(unit, awaited).intersects(SLOW);
                    let Some(&awaited) = found.awaits.iter().find(|&awaited| is_slow(awaited)) else {
                        continue;
                    };
                    if is_turnstile(unit, call, &guard) || is_of_what_it_guards(unit, call, &found) {
                        continue;
                    }
                    (awaited, Severity::Warning)
                }
            };
            report
                .at_node(unit, call, Confidence::High, message(unit, call, awaited, guard.holds, &found))
                .severity(severity)
                .related(unit.place(awaited), "it is still held here")
                .fix(|| {
                    let (edits, name) = released_before(unit, &found, awaited)?;
                    let title = format!(
                        "Drop `{name}` before the `.await` (review: what follows is not in one piece with it)"
                    );
                    Some(FixPlan { title, safety: Safety::Review, edits })
                });
        }
    }
}

/// What an awaited value does.
fn does(unit: &UnitView<'_>, awaited: NodeId) -> Effects {
    let u = unit.unit;
    let below = u.descendants(awaited);
    below
        .into_iter()
        .filter_map(|node| unit.call(node))
        .fold(Effects::empty(), |all, call| all | call.effects())
}

fn message(unit: &UnitView<'_>, call: NodeId, awaited: NodeId, holds: Holds, found: &Held) -> String {
    let lock = quoted(&unit.call_name(call)).unwrap_or_else(|| "the lock".to_owned());
    let what = match unit.unit.kind(awaited) {
        Kind::Await(inner) => name_of(unit, *inner),
        _ => name_of(unit, awaited),
    };
    let what = what.unwrap_or_else(|| "something else".to_owned());
    let held = match found.name {
        Some(name) => format!("`{}` holds {lock}", unit.unit.binding(name).name),
        None => format!("{lock} is held until its statement ends, and"),
    };
    let while_ = if found.name.is_some() { "while" } else { "so while" };
    match holds {
        Holds::Thread => {
            format!("{held} {while_} {what} is awaited: a second task that wants it stops the whole thread")
        }
        Holds::Task => format!("{held} {while_} {what} is awaited: all who want it wait as long"),
    }
}

/// What is awaited, by its name.
fn name_of(unit: &UnitView<'_>, node: NodeId) -> Option<String> {
    let mut at = node;
    loop {
        at = match unit.unit.kind(at) {
            Kind::Try(inner) | Kind::Await(inner) => *inner,
            Kind::Call { .. } => return quoted(&unit.call_name(at)),
            _ => return quoted(unit.text(at)),
        };
    }
}
