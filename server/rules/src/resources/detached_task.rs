//! `detached-task`

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::aborts_on_panic;
use plimsoll_project::link::run_of;

use crate::ask::{Endless, Often, endless, often};
use crate::edit::watch::watched;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Place, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A task that works for as long as the program runs, of which nobody would hear if it ended.
    ///
    /// ## What happens
    ///
    /// `tokio::spawn` hands out a `JoinHandle`, by which it is told how the task has ended. When the handle is dropped, nobody
    /// is told: a panic somewhere below its loop (an index, an `unwrap` on what a service answered) ends the task for good.
    /// The program goes on and its health check is green, but no settlement is processed and no mail is sent any more. When
    /// the program stops, the task is cut off wherever it stands.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// tokio::spawn(async move {
    ///     loop {
    ///         if let Err(error) = settle_due_payments(&pool).await {
    ///             tracing::error!("payments are not settled: {error}");
    ///         }
    ///         tokio::time::sleep(Duration::from_secs(5)).await;
    ///     }
    /// });
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// let mut tasks = JoinSet::new();
    /// tasks.spawn(settle_payments(pool.clone(), shutdown.clone()));
    /// tokio::select! {
    ///     Some(ended) = tasks.join_next() => anyhow::bail!("a task has ended: {ended:?}"),
    ///     served = serve(app) => served?,
    /// }
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The handle is kept, and a second task waits for it and logs how the first one has ended, in the words of the loop's
    /// own log where it has one.
    ///
    /// ## What it does not flag
    ///
    /// - A handle that is kept, awaited or returned; the tasks of a `JoinSet`.
    /// - A loop that something ends: `break`, `return`, a condition, a channel that is closed, a branch of `select!`.
    /// - A loop whose work runs in tasks of its own, or that catches what unwinds.
    /// - Tasks that are started for a request, a connection or the turn of a loop.
    /// - Loops that only look at something or tidy up in memory: no row is written, nothing is sent.
    /// - Programs in which a panic ends the process: `panic = "abort"`.
    pub DetachedTask { id: "detached-task", category: Resources, severity: Warning, since: "0.1.0" }
}

/// What somebody misses when it is not done any more.
const MISSED: Effects = Effects::DB_WRITE
    .union(Effects::HTTP_REQUEST)
    .union(Effects::NOTIFY)
    .union(Effects::ENQUEUE)
    .union(Effects::PROCESS);

impl Rule for DetachedTask {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::TASK_SPAWN
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            let Some(task) = task_of(unit, &call) else { continue };
            if !is_dropped(unit, call.node) || is_one_of_many(unit, call.node) {
                continue;
            }
            let Some(found) = endless(unit, task, MISSED) else { continue };
            if !unit.is_on_a_server() || aborts_on_panic(unit.world.files(), &unit.linked.file.path) {
                continue;
            }
            let place =
                Place::Node { file: found.at.file.clone(), unit: found.at.unit.clone(), node: found.at.node };
            report
                .at_node(unit, spawner(unit, call.node), Confidence::High, message(&found))
                .related(place, "this loop goes on until then")
                .fix(|| {
                    let edits = watched(unit, call.node, task, found.work.as_deref())?;
                    let title =
                        "Keep the handle, and log how the task ends (review: one task more)".to_owned();
                    Some(FixPlan { title, safety: Safety::Review, edits })
                });
        }
    }
}

/// The task that a call starts, which is a future: what runs on a thread is another matter, and so is what belongs to a
/// set of tasks.
fn task_of(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    if !call.facts.effects.contains(Effects::TASK_SPAWN) {
        return None;
    }
    let is_of_a_set = call.facts.receiver.is_some_and(|ty| unit.eval.models.ty(ty).collects.is_some());
    let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return None };
    let found = args.iter().enumerate().find(|(i, _)| run_of(call.facts, *i) == Some(Run::Task));
    found.filter(|_| !is_of_a_set).map(|(_, &task)| task)
}

/// Whether nobody keeps the handle: the call is a statement, or what it is bound to is not used.
fn is_dropped(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    match u.parent(call).map(|parent| u.kind(parent)) {
        Some(Kind::Discard(_)) => true,
        Some(Kind::Let { pattern, .. }) => {
            let is_unused = |name: &str, uses: &[NodeId]| name.starts_with('_') && uses.is_empty();
            pattern.bindings.iter().map(|&b| u.binding(b)).all(|b| is_unused(&b.name, &b.uses))
        }
        _ => false,
    }
}

/// Whether a task is started for each of many: for a request, a connection, on the turn of a loop.
fn is_one_of_many(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    u.ancestors(call).any(|around| matches!(u.kind(around), Kind::Loop(_)))
        || matches!(often(unit, call), Often::Request | Often::Message)
}

/// What is marked: the name of the call, for its argument is the whole task.
fn spawner(unit: &UnitView<'_>, call: NodeId) -> NodeId {
    match unit.unit.kind(call) {
        Kind::Call { callee, .. } => *callee,
        _ => call,
    }
}

fn message(found: &Endless) -> String {
    let work = found.work.as_deref().and_then(quoted).unwrap_or_else(|| "its work".to_owned());
    let end = if found.ends_with_a_failure { "the first failure or panic" } else { "a panic" };
    format!(
        "{end} ends this task for good while the service goes on, for its handle is dropped: {work} is not done any more"
    )
}
