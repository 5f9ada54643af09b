//! `ignored-result`

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{Effects, Entry, Key, Kind, LoopKind, Name, NodeId};
use plimsoll_project::Runs;
use plimsoll_project::link::SlotValue;

use crate::ask::{
    Action, Touch, are_stamps, chain_name, error_member, failure_branch, is_bookkeeping, is_explained,
    is_of_the_start, let_go, may_fail, result_use, touches, touches_of_call, words,
};
use crate::edit::error_check;
use crate::edit::handed_on::looked_at;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{FixPlan, RawRelated, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

declare_rule! {
    /// A result that tells whether the call has failed, of which nobody looks at that.
    ///
    /// ## What happens
    ///
    /// Some libraries throw nothing when a call fails: the failure is a member of what they yield, as `error` is with
    /// Supabase. Where nothing looks at it, a write that row-level security refused, a unique key that was there
    /// already and a network that was gone all look like success, and a query that failed looks like no rows. A `catch`
    /// around the call never runs.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// await supabase.from('orders').insert({ item, quantity })
    /// const { data } = await supabase.from('prices').select('amount').eq('item', item)
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const { error } = await supabase.from('orders').insert({ item, quantity })
    /// if (error) throw error
    /// const { data } = await supabase.from('prices').select('amount').eq('item', item).throwOnError()
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The error is taken out of the result and thrown. The function can newly throw, which wants a review. Nothing is
    /// written where one row is demanded (`single`), since its lack is an error too.
    ///
    /// ## What it does not flag
    ///
    /// - A result whose error or status is looked at anywhere, if only to log it, here or in a function of the project
    ///   that is given the result.
    /// - A result that is returned, stored or handed to code of which nothing is known.
    /// - Calls that were told to throw (`throwOnError`).
    /// - A query whose data is asked for, where its lack is thrown, answered or shown (`if (!data) throw …`).
    /// - A query of whose result nothing is used.
    /// - Builders that are stored and run later.
    /// - Rows that are written down beside the work: logs, audits, metrics, when something was done last, and whether it
    ///   was read.
    /// - What is removed again before a failure is told.
    /// - Files that are removed from a storage: one that stays behind is only in the way.
    /// - `.then(() => {})`, which says that nobody wants to know.
    /// - What developers run by hand and watch: seeds, scripts.
    /// - In Rust: what is only deleted, what is tried again in a loop without an end, what runs while the program starts, in
    ///   the branch of a failure, or in functions that note something by their names, and what a comment explains.
    ///
    /// In Rust, where `let _ =` and `.ok();` let a write go, all of it is a preview.
    ///
    /// What is only asked for is a preview: of the queries that were read on real code, one in three had a default that
    /// is as good.
    pub IgnoredResult { id: "ignored-result", category: Errors, severity: Error, since: "0.1.0" }
}

/// Columns that say whether somebody has seen something, without underscores: a mark that comes back harms nobody.
const SEEN: &[&str] = &["read", "isread", "readat", "seen", "isseen", "seenat"];

/// Words in the names of functions that write something down beside the work.
#[rustfmt::skip] // a list of words
const BESIDE: &[&str] = &[
    "log", "logs", "track", "tracking", "audit", "record", "metric", "metrics", "analytics", "touch", "heartbeat",
    "cache", "stats", "progress", "event", "history", "notify", "notification", "notifications", "cleanup",
];

impl Rule for IgnoredResult {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB | Effects::HTTP_REQUEST | Effects::NOTIFY
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() {
            return review_rust(unit, report);
        }
        if unit.project.runs.runs == Runs::ByHand {
            return;
        }
        for call in unit.calls_with(self.watches()) {
            let Some(error) = error_member(unit, &call) else { continue };
            if !is_run_here(unit, call.node) {
                continue;
            }
            let found = result_use(unit, call.node, &error);
            let only_reads = reads(&call);
            let is_of_use = if only_reads { found.is_read } else { is_missed(unit, &call) };
            if found.is_looked_at || found.is_guarded || !is_of_use {
                continue;
            }
            let severity = if only_reads { Severity::Warning } else { Severity::Error };
            report
                .at_node(unit, call.node, call.confidence(), message(unit, &call, &error))
                .severity(severity)
                .preview(only_reads)
                .related_all(catch_around(unit, call.node))
                .fix(|| plan(unit, &call, &error));
        }
    }
}

/// Finds writes whose result a statement of Rust lets go.
fn review_rust(unit: &UnitView<'_>, report: &mut Report<'_>) {
    if !unit.may_be_on_a_server() {
        return;
    }
    let u = unit.unit;
    for call in unit.calls_with(Effects::DB_WRITE) {
        let Some(statement) = let_go(u, call.node) else { continue };
        let Some(table) = lost(unit, &call) else { continue };
        if !may_fail(unit, &call) || is_beside_the_work(unit, &call, statement) || !unit.is_on_a_server() {
            continue;
        }
        let name = chain_name(unit, call.node);
        let table = quoted(&table).map_or(String::new(), |table| format!(" to {table}"));
        let message = format!(
            "when `{name}` fails nobody is told: the write{table} is lost, and looks as if it had been made"
        );
        report
            .at_node(unit, call.node, call.confidence(), message)
            .severity(Severity::Error)
            .preview(true)
            .related_all(unit.chain(&call, Effects::DB_WRITE, "the write"))
            .fix(|| {
                let edits = looked_at(unit, &call, statement)?;
                let title = "Hand the failure on by `?` (review: it is answered)".to_owned();
                Some(FixPlan { title, safety: Safety::Review, edits })
            });
    }
}

/// The table of a write that somebody would miss.
fn lost(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let is_missed = |touch: &Touch| {
        !matches!(touch.action, Action::Read | Action::Delete)
            && !is_bookkeeping(&touch.table)
            && !are_stamps(touch.columns.iter().map(String::as_str))
            && !touch.columns.iter().any(|column| says_that_it_was_seen(column))
    };
    touches_of_call(unit, call).into_iter().find(is_missed).map(|touch| touch.table)
}

/// Whether a column says that somebody has seen something, or when: `read_by_user_at`.
fn says_that_it_was_seen(column: &str) -> bool {
    let words = words(column);
    let begins = words.first().is_some_and(|first| matches!(first.as_str(), "read" | "seen"));
    SEEN.contains(&words.concat().as_str()) || begins && words.last().is_some_and(|last| last == "at")
}

/// Whether a write that is let go is none of the work itself: what is called or calls is there to note something, it
/// writes down that something has failed, or happens while the program starts or ends; or a comment says why.
fn is_beside_the_work(unit: &UnitView<'_>, call: &CallView<'_>, statement: NodeId) -> bool {
    let u = unit.unit;
    let is_beside = |name: &str| words(name).iter().any(|word| BESIDE.contains(&word.as_str()));
    let own = unit.call_name(call.node);
    let is_for_notes =
        call.facts.target.is_some() && is_beside(own.rsplit(['.', ':']).next().unwrap_or_default());
    let mut around = unit.functions_around(statement).into_iter();
    is_for_notes
        || around.any(|(at, function, _)| {
            unit.unit_of(at).function(function).name.as_deref().is_some_and(is_beside)
        })
        || failure_branch(u, None, statement).is_some()
        || leaves_with_an_error(unit, statement)
        || is_of_the_start(unit, statement)
        || u.ancestors(statement)
            .any(|around| matches!(u.kind(around), Kind::Loop(own) if own.kind == LoopKind::Forever))
        || is_explained(unit, statement)
}

/// Whether the call only asks for something; one that may do either only asks where its data is used.
fn reads(call: &CallView<'_>) -> bool {
    let effects = call.facts.effects;
    effects.contains(Effects::DB_READ)
        || effects.contains(Effects::HTTP_REQUEST) && matches!(method(call), None | Some("GET"))
}

/// The method that the library sends the request by, where it says so.
fn method<'c>(call: &'c CallView<'_>) -> Option<&'c str> {
    match call.slot(Slot::Method)? {
        SlotValue::Text(method) => Some(method),
        SlotValue::Node(_) | SlotValue::Elsewhere => None,
    }
}

/// Whether somebody would miss what is written.
fn is_missed(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if method(call) == Some("DELETE") {
        return false;
    }
    let touches = touches(unit, call);
    let mut written = touches.iter().filter(|touch| touch.action != Action::Read).peekable();
    if written.peek().is_none() {
        return true;
    }
    let is_removal = touches.iter().any(|touch| touch.action == Action::Delete);
    let is_beside_the_work = written.all(|touch| is_bookkeeping(&touch.table) && !tells_people(&touch.table))
        || only_stamps(unit, call);
    let is_taken_back = is_removal && leaves_with_an_error(unit, call.node);
    !is_beside_the_work && !is_taken_back
}

/// What somebody is to read is more than bookkeeping.
fn tells_people(table: &str) -> bool {
    let table = table.to_ascii_lowercase();
    table.ends_with("notifications") || table.ends_with("notification")
}

fn only_stamps(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(data) = unit.own_node(call.slot(Slot::Data)) else { return false };
    let Kind::Object { entries, .. } = unit.unit.kind(data) else { return false };
    let name = |entry: &Entry| match &entry.key {
        Key::Name(name) => Some(name.clone()),
        _ => None,
    };
    let Some(names) = entries.iter().map(name).collect::<Option<Vec<Name>>>() else { return false };
    let is_seen = |name: &&Name| SEEN.contains(&name.replace('_', "").to_ascii_lowercase().as_str());
    let (seen, others): (Vec<&Name>, Vec<&Name>) = names.iter().partition(is_seen);
    let are_others_stamps = are_stamps(others.iter().map(|name| name.as_str()));
    are_others_stamps || !seen.is_empty() && others.is_empty()
}

/// Whether the branch that the call stands in ends with an error that is thrown or returned: what is removed there was
/// only begun.
fn leaves_with_an_error(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let Some(block) = u.ancestors(call).find(|&node| matches!(u.kind(node), Kind::Block { .. })) else {
        return false;
    };
    let is_branch = u
        .parent(block)
        .is_some_and(|around| matches!(u.kind(around), Kind::If { .. } | Kind::TryCatch { .. }));
    let Kind::Block { statements, .. } = u.kind(block) else { return false };
    let Some(&last) = statements.last().filter(|_| is_branch) else { return false };
    match u.kind(last) {
        Kind::Throw(_) => true,
        Kind::Return(Some(value)) => {
            let value = unit.text(*value);
            value.starts_with("Err(") || value.to_ascii_lowercase().contains("error")
        }
        Kind::Discard(inner) => {
            matches!(u.kind(*inner), Kind::Return(Some(value)) if unit.text(*value).starts_with("Err("))
        }
        _ => false,
    }
}

/// Whether the call is awaited where it is written, alone or with others. A builder that is not runs elsewhere.
fn is_run_here(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let mut at = call;
    for around in u.ancestors(call) {
        match u.kind(around) {
            Kind::Await(_) => return true,
            Kind::NonNull(_) | Kind::Cast { .. } | Kind::Array(_) => {}
            Kind::Call { callee, args, .. } if *callee != at => {
                // `Promise.all([…])`
                let Some(facts) = unit.facts.calls.get(&around) else { return false };
                let hands_on =
                    facts.behavior.as_ref().is_some_and(|(_, b)| b.yields.as_deref() == Some("arg.0"));
                if !hands_on || args.len() != 1 {
                    return false;
                }
            }
            Kind::Member { object, name, .. } if *object == at => {
                return name == "then" && u.parent(around).is_some_and(|then| wants_to_know(unit, then));
            }
            _ => return false,
        }
        at = around;
    }
    false
}

/// Whether what is done with a promise is more than to let it go: `.then(() => {})`.
fn wants_to_know(unit: &UnitView<'_>, then: NodeId) -> bool {
    let u = unit.unit;
    let Kind::Call { args, .. } = u.kind(then) else { return false };
    args.first().is_some_and(|&callback| {
        !matches!(u.kind(callback), Kind::Function(f) if {
            let body = u.function(*f).body;
            body.is_some_and(|body| matches!(u.kind(body), Kind::Block { statements, .. } if statements.is_empty()))
        })
    })
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, error: &str) -> String {
    let effects = call.facts.effects;
    let nobody = format!("its `{error}` tells so, and nothing looks at it");
    if !effects.intersects(Effects::DB) {
        let name = unit.call_name(call.node);
        return format!("when `{name}` fails it throws nothing: {nobody}, so that it seems to be done");
    }
    let table = unit.own_node(call.slot(Slot::Table)).and_then(|node| unit.eval.text_head(unit.index, node));
    let of = |word: &str| {
        table.as_deref().and_then(quoted).map_or(String::new(), |name| format!(" {word} {name}"))
    };
    if effects.contains(Effects::DB_READ) {
        format!("a query{} that fails looks like no rows: {nobody}", of("of"))
    } else {
        format!("a write{} that is refused looks like success: {nobody}", of("to"))
    }
}

/// The `catch` that would handle the failure, if it were thrown.
fn catch_around(unit: &UnitView<'_>, call: NodeId) -> Option<RawRelated> {
    let u = unit.unit;
    let function = u.node(call).function;
    let mut at = call;
    for around in u.ancestors(call).take_while(|&node| u.node(node).function == function) {
        if let Kind::TryCatch { body, catch: Some(catch), .. } = u.kind(around)
            && *body == at
        {
            let message = "never runs for it, since nothing is thrown".into();
            return Some(RawRelated { place: unit.place(catch.body), message });
        }
        at = around;
    }
    None
}

fn plan(unit: &UnitView<'_>, call: &CallView<'_>, error: &str) -> Option<FixPlan> {
    // Where a single row is demanded, its lack is an error too, which may be an answer here.
    let may_lack = call.facts.behavior.as_ref().is_some_and(|(_, b)| b.nullable);
    if reads(call) && call.facts.rows == Some(Rows::One) && !may_lack {
        return None;
    }
    let edits = error_check::thrown(unit, call.node, error)?;
    let title = format!("Throw `{error}` where it is set (review: can newly throw)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}
