//! `lost-update`

use plimsoll_behavior::{Effects, NodeId};
use plimsoll_project::schema::Dialect;

use crate::ask::database::row::{
    Access, Computed, Row, Seen, accesses, computed_from, is_same_value, plain_column, row_of,
};
use crate::ask::{Action, Role, is_exclusive, is_in_transaction, plain_name, role, words};
use crate::edit::increment::let_the_database_add;
use crate::wording::listed;
use crate::{Confidence, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// A column that is written from its own old value, which was read before, so that a change in between is lost.
    ///
    /// ## What happens
    ///
    /// Two requests read a stock of 10. Each takes one away and writes 9: two are sold, one is gone from the books. The
    /// same happens to balances, counters and lists that are read, changed and written back. A transaction alone does
    /// not help, because by default both transactions may read the same value. It never shows in a test, and the more
    /// users there are the more often it happens.
    ///
    /// Numbers are errors; what only counts how often something was used or looked at is a warning. Lists, texts, times,
    /// documents, and the place at which somebody is (`turnIndex`), are warnings, and previews: of what was read on real code,
    /// half were written by one person at a time.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const product = await prisma.product.findUniqueOrThrow({ where: { id } })
    /// await prisma.product.update({ where: { id }, data: { stock: product.stock - quantity } })
    /// ```
    ///
    /// ```rust
    /// let balance: i64 = sqlx::query_scalar("SELECT balance FROM accounts WHERE id = $1")
    ///     .bind(id).fetch_one(&db).await?;
    /// sqlx::query("UPDATE accounts SET balance = $1 WHERE id = $2")
    ///     .bind(balance - amount).bind(id).execute(&db).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const { count } = await prisma.product.updateMany({
    ///   where: { id, stock: { gte: quantity } },
    ///   data: { stock: { decrement: quantity } },
    /// })
    /// if (count === 0) throw new OutOfStock(id)
    /// ```
    ///
    /// ```rust
    /// sqlx::query("UPDATE accounts SET balance = balance - $1 WHERE id = $2 AND balance >= $1")
    ///     .bind(amount).bind(id).execute(&db).await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The new value becomes an increment or a decrement that the database computes. A lower bound, as of a stock, is yours to
    /// add to the filter, as above.
    ///
    /// ## What it does not flag
    ///
    /// - Rows that are read with a lock (`FOR UPDATE`), and code that holds another lock or runs in a transaction that
    ///   is serializable or reads repeatably.
    /// - A filter that compares the old value, a version or when the row was changed, or that claims the row by a
    ///   column that it changes.
    /// - What the database computes itself.
    /// - Other columns than the one that was read.
    /// - Values that are only copied, or turned over as `!done`.
    /// - Rows that the same code has just inserted.
    /// - A version that is raised: two that raise it at once have raised it too. How often something was tried again,
    ///   failed, or happened in a row.
    /// - What a piece of work has done so far, beside its progress, or as it goes on: `processed_count` of a run.
    /// - Databases inside the process, also behind a builder of queries, where the manifest declares no other.
    /// - SQLite's transactions.
    /// - Programs on somebody's command line, scripts and tests.
    pub LostUpdate { id: "lost-update", category: Database, severity: Error, since: "0.1.0" }
}

/// Columns by which a write finds out that the row was changed.
const VERSIONS: &[&str] = &[
    "version",
    "rowversion",
    "lockversion",
    "revision",
    "rev",
    "etag",
    "updatedat",
    "v",
    "concurrencystamp",
];

/// Last words of columns that say no more than that something is another one than before.
const RAISED: &[&str] = &["version", "revision", "generation", "epoch", "nonce"];

/// Words of columns that count how often in a row: two on one day are one, and two failures at once are one outage.
const STREAKS: &[&str] = &["streak", "streaks", "consecutive"];

/// Last words of columns that hold a time, which somebody moves, or how much of it somebody has spent.
const TIMES: &[&str] =
    &["at", "date", "time", "start", "end", "until", "day", "duration", "seconds", "minutes", "hours"];

/// Words of columns that count failures: two at once are one outage.
const FAILURES: &[&str] = &["error", "errors", "fail", "fails", "failed", "failure", "failures"];

/// Words that make of failures those of somebody who tries to get in.
const ENTRIES: &[&str] =
    &["login", "logins", "password", "pin", "otp", "auth", "code", "codes", "pins", "passwords", "signin"];

/// Words of columns that say how far a piece of work is, and are written again by its next step.
const PROGRESS: &[&str] = &["progress", "percent", "percentage"];

/// Last words of tables whose rows are pieces of work, each under way once.
const RUNS: &[&str] = &[
    "run",
    "runs",
    "round",
    "rounds",
    "job",
    "jobs",
    "batch",
    "batches",
    "execution",
    "executions",
    "scan",
    "scans",
];

/// First words of their columns that say how much of it is done.
const DONE: &[&str] = &[
    "processed",
    "completed",
    "done",
    "finished",
    "handled",
    "pending",
    "remaining",
    "succeeded",
    "failed",
    "skipped",
];

/// Last words of columns that say where somebody is in what is gone through one by one: who goes on twice at once wants
/// the next one.
const STEPS: &[&str] = &["index", "idx", "position", "cursor", "turn", "step", "round", "page", "offset"];

/// Words of columns that count how often something was used or looked at.
#[rustfmt::skip] // a list of words
const STATISTICS: &[&str] = &[
    "access", "accesses", "view", "views", "viewed", "use", "uses", "used", "usage", "hit", "hits", "play", "plays", "click", "clicks",
    "impression", "impressions", "visit", "visits", "open", "opens", "opened", "download", "downloads", "share", "shares", "search",
    "searches", "import", "imports", "rate", "average", "avg",
];

/// Words that make of them what somebody pays for or may have no more of.
const ALLOWED: &[&str] = &[
    "credit",
    "credits",
    "quota",
    "limit",
    "allowance",
    "budget",
    "max",
    "coupon",
    "promo",
    "token",
    "tokens",
];

/// Words of columns in which something counts how often it has tried.
const TRIES: &[&str] =
    &["retry", "retries", "tries", "reminder", "reminders", "run", "runs", "poll", "polls"];

/// Words of columns in which it does, or in which somebody's tries to get in are counted.
const ATTEMPTS: &[&str] = &["attempt", "attempts"];

/// Words of the columns that are written beside them by what tries again.
const NEXT: &[&str] = &["status", "state", "error", "next", "scheduled", "claimed"];

impl Rule for LostUpdate {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs == plimsoll_project::Runs::CommandLine {
            return;
        }
        let mut told: Vec<NodeId> = Vec::new();
        for call in unit.calls_with(Effects::DB_WRITE) {
            for write in accesses(unit, call.node).iter() {
                let mut lost = lost_columns(unit, write);
                lost.retain(|own| !is_no_count(unit, call.node, write, &own.column));
                let Some(first) = lost.first() else { continue };
                let node = if first.value.unit == unit.index { first.value.node } else { call.node };
                if told.contains(&node) || is_exclusive(unit, call.node) || is_serial(unit, call.node, write)
                {
                    continue;
                }
                told.push(node);
                say(unit, report, call.node, node, write, &lost);
            }
        }
    }
}

/// A column that is written from its own old value.
struct Lost {
    column: String,
    value: Seen,
    computed: Computed,
}

fn lost_columns(unit: &UnitView<'_>, write: &Access) -> Vec<Lost> {
    if !matches!(write.action, Action::Update | Action::Upsert | Action::Save) || write.in_process {
        return Vec::new();
    }
    let mut lost: Vec<Lost> = Vec::new();
    for cell in &write.written {
        let Some(value) = &cell.value else { continue };
        let Some(computed) = computed_from(unit, value, &cell.column) else { continue };
        let is_known = lost.iter().any(|known| known.column == cell.column);
        let is_of_the_row = computed.row.reads.iter().any(|read| {
            is_same_table(read, write)
                && !read.locks
                && !read.in_process
                && is_same_row(unit, &computed.row, read, write)
        });
        if is_of_the_row && !is_known && !is_guarded(unit, write, &computed) {
            lost.push(Lost { column: cell.column.clone(), value: value.clone(), computed });
        }
    }
    lost
}

/// Whether nobody misses it when two changes of a column are one.
fn is_no_count(unit: &UnitView<'_>, call: NodeId, write: &Access, column: &str) -> bool {
    let is_raised = words(column).last().is_some_and(|last| RAISED.contains(&last.as_str()));
    let goes_on = || write.written.iter().any(|cell| has_one_of(&cell.column, NEXT));
    let goes_with_progress = || {
        let mut others = write.written.iter().filter(|cell| cell.column != column);
        others.any(|cell| has_one_of(&cell.column, PROGRESS))
    };
    let is_done_so_far = || {
        let is_run = write.table.as_deref().is_some_and(|table| ends_with_one_of(table, RUNS));
        let is_done = || words(column).first().is_some_and(|word| DONE.contains(&word.as_str()));
        // Several that work on it at once count in it without its state.
        is_run && is_done() && (goes_on() || is_for_each(unit, call))
    };
    is_raised
        || has_one_of(column, STREAKS)
        || has_one_of(column, FAILURES) && !has_one_of(column, ENTRIES) && !has_one_of(column, ATTEMPTS)
        || goes_with_progress()
        || is_done_so_far()
        || has_one_of(column, TRIES)
        || has_one_of(column, ATTEMPTS) && (goes_on() || is_of_a_job(unit, call) || is_for_each(unit, call))
}

fn ends_with_one_of(name: &str, wanted: &[&str]) -> bool {
    words(name).last().is_some_and(|word| wanted.contains(&word.as_str()))
}

fn has_one_of(column: &str, wanted: &[&str]) -> bool {
    words(column).iter().any(|word| wanted.contains(&word.as_str()))
}

fn is_of_a_job(unit: &UnitView<'_>, call: NodeId) -> bool {
    matches!(role(unit, call), Some(Role::Job | Role::Consumer))
}

/// Whether a node runs for each of many, one after the other.
fn is_for_each(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    u.ancestors(call).any(|around| matches!(u.kind(around), plimsoll_behavior::Kind::Loop(_)))
}

fn is_same_table(read: &Access, write: &Access) -> bool {
    if read.is_count {
        return false;
    }
    match (&read.table, &write.table) {
        (Some(read), Some(write)) => plain_name(read) == plain_name(write),
        // What is saved as a whole names no table.
        _ => write.row.is_some(),
    }
}

/// Whether a write goes to the row that was read: by a member of it, by the same key, or by the row itself.
fn is_same_row(unit: &UnitView<'_>, row: &Row, read: &Access, write: &Access) -> bool {
    let is_of_row = |seen: &Seen| is_member_of(unit, seen, row);
    if write
        .row
        .as_ref()
        .is_some_and(|saved| row_of(unit, saved.unit, saved.node).is_some_and(|r| r.at == row.at))
    {
        return true;
    }
    let handed_whole = write.action == Action::Save
        && write.data.iter().any(|seen| row_of(unit, seen.unit, seen.node).is_some_and(|r| r.at == row.at));
    let values = || write.keys.iter().filter_map(|key| key.value.as_ref());
    let is_by_key = values().any(|value| {
        is_of_row(value)
            || read
                .keys
                .iter()
                .filter_map(|key| key.value.as_ref())
                .any(|own| is_same_value(unit, own, value))
    });
    let is_of_one_row = |access: &Access| access.keys.is_empty() && !access.has_more_conditions;
    handed_whole || is_by_key || is_of_one_row(read) && is_of_one_row(write) && write.action == Action::Update
}

/// Whether a value is a member of the rows, as `product.id` is of `product`.
fn is_member_of(unit: &UnitView<'_>, seen: &Seen, row: &Row) -> bool {
    use plimsoll_behavior::{Kind, PathStep};
    let u = unit.unit_of(seen.unit);
    match u.kind(seen.node) {
        Kind::Member { object, .. } | Kind::Index { object, .. } => {
            row_of(unit, seen.unit, *object).is_some_and(|own| own.at == row.at)
        }
        Kind::Name { binding: Some(binding), .. } => {
            let binding = u.binding(*binding);
            let value =
                binding.value.filter(|_| binding.path.iter().any(|s| matches!(s, PathStep::Member(_))));
            value.is_some_and(|value| row_of(unit, seen.unit, value).is_some_and(|own| own.at == row.at))
                || binding.value.is_some_and(|value| {
                    matches!(u.kind(value), Kind::Member { .. })
                        && is_member_of(unit, &Seen { unit: seen.unit, node: value, path: Vec::new() }, row)
                })
        }
        Kind::NonNull(inner) | Kind::Unary { value: inner, .. } | Kind::Cast { value: inner, .. } => {
            is_member_of(unit, &Seen { unit: seen.unit, node: *inner, path: Vec::new() }, row)
        }
        _ => false,
    }
}

/// Whether the write's filter finds out that the row was changed in between: it compares a version, the old value of a
/// column, or a column that it changes.
fn is_guarded(unit: &UnitView<'_>, write: &Access, computed: &Computed) -> bool {
    write.keys.iter().any(|key| {
        let plain = plain_column(&key.column);
        let is_written = write.written.iter().any(|cell| plain_column(&cell.column) == plain);
        let is_id = plain.ends_with("id") || plain.ends_with("key");
        let is_of_key = computed
            .row
            .reads
            .iter()
            .any(|read| read.keys.iter().any(|own| plain_column(&own.column) == plain));
        let compares_old_value =
            || key.value.as_ref().is_some_and(|value| is_member_of(unit, value, &computed.row));
        is_written && !is_id
            || VERSIONS.contains(&plain.as_str())
            || !is_id && !is_of_key && compares_old_value()
    })
}

/// Whether the database runs the transaction of a write as if it were alone.
fn is_serial(unit: &UnitView<'_>, call: NodeId, write: &Access) -> bool {
    write.schema.as_ref().is_some_and(|schema| schema.schema.dialect == Dialect::Sqlite)
        && is_in_transaction(unit, call)
}

fn say(
    unit: &UnitView<'_>,
    report: &mut Report<'_>,
    call: NodeId,
    node: NodeId,
    write: &Access,
    lost: &[Lost],
) {
    let Some(first) = lost.first() else { return };
    let columns = listed(lost.iter().map(|own| own.column.as_str()));
    let is_convention = write.is_convention || first.computed.row.reads.iter().all(|read| read.is_convention);
    let confidence = if is_convention { Confidence::Medium } else { Confidence::High };
    let is_no_amount = |column: &str| {
        words(column)
            .last()
            .is_some_and(|last| TIMES.contains(&last.as_str()) || STEPS.contains(&last.as_str()))
    };
    let is_number = lost.iter().any(|own| own.computed.is_number && !is_no_amount(&own.column));
    // A table that has what may be used in its name counts what is left of it.
    let limits = write.table.as_deref().is_some_and(|table| has_one_of(table, ALLOWED));
    let is_statistic = |column: &str| has_one_of(column, STATISTICS) && !has_one_of(column, ALLOWED);
    let matters = limits || !lost.iter().all(|own| is_statistic(&own.column));
    let severity = if is_number && matters { Severity::Error } else { Severity::Warning };
    let plural = if lost.len() > 1 { "are" } else { "is" };
    let message = format!(
        "{columns} {plural} computed from the value that was read before, which nothing locks or compares: of two requests that read the same, one overwrites the other's change"
    );
    let (read_unit, read) = first.computed.row.at;
    let reported = report
        .at_node(unit, node, confidence, message)
        .severity(severity)
        .preview(!is_number)
        .related(unit.of(read_unit).place(read), format!("{columns} {plural} read here"));
    let reported =
        if node == call { reported } else { reported.related(unit.place(call), "and written here") };
    reported.fix(|| match lost {
        [only] => let_the_database_add(unit, call, &only.column, &only.value, only.computed.leaf),
        _ => None,
    });
}
