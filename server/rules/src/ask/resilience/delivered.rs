//! What comes again: events that a service tells of until it is answered, and messages of a queue; and what their handlers
//! add each time, where nothing looks whether they had them before.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, FunctionId, Key, Kind, Name, NodeId, OwnRange, Unit};
use plimsoll_project::link::{Context, FnRef};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, in_function, mentions};
use crate::ask::database::exclusive::is_exclusive;
use crate::ask::database::row::{Access, accesses, computed_from, plain_column};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::touch::{Action, is_of_users_or_money, touches_of_call};
use crate::ask::resilience::flow_of::flow;
use crate::ask::resilience::money::{is_known_again, moves_money};
use crate::ask::resilience::twice::adds_a_row;
use crate::ask::role::role_in_file;
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many of the project's own functions lie between a handler and what it adds.
const MAX_CALLS: u8 = 3;

/// Words in the names of what looks whether something was handled, or lets only one handle it.
#[rustfmt::skip] // a list of words
const KNOWS: &[&str] = &[
    "processed", "duplicate", "duplicates", "dedupe", "dedup", "deduplicate", "idempotent", "idempotency", "already", "seen", "claim",
    "claimed", "acquire", "once", "handled", "replay", "replayed",
];
/// Words of tables that hold what was handled.
const EVENTS: &[&str] = &[
    "event",
    "events",
    "webhook",
    "webhooks",
    "processed",
    "inbox",
    "idempotency",
    "delivery",
    "deliveries",
    "dedup",
];
/// Last words of tables of which a second row says the same once more.
#[rustfmt::skip] // a list of words
const NOTES: &[&str] = &[
    "notification", "notifications", "log", "logs", "audit", "audits", "history", "activity", "activities", "reminder", "reminders",
    "metric", "metrics", "trail", "view", "views",
];
/// Words of columns that somebody misses or has too much of when they are raised twice.
#[rustfmt::skip] // a list of words
const BALANCES: &[&str] = &[
    "balance", "credit", "credits", "token", "tokens", "point", "points", "wallet", "stock", "inventory", "quantity", "seats", "amount",
    "paid", "spent", "earned", "earnings", "coins", "gems", "minutes", "revenue", "cents",
];

/// Who delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivers {
    /// A service, by a request whose signature is checked.
    Service,
    /// A queue.
    Queue,
}

/// What a handler adds once more on each delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddedAgain {
    /// A row of a table.
    Row(String),
    /// An amount, to a column of a table.
    Amount(String, Option<String>),
    /// Money moves, as a message says it: `refunds`.
    Moves(Name),
}

/// A call of a handler that adds something on each delivery.
#[derive(Clone, Debug)]
pub struct Redelivered {
    /// The call, in the handler.
    pub call: NodeId,
    /// Who delivers.
    pub by: Delivers,
    /// What it adds.
    pub what: AddedAgain,
}

/// What the handlers of a unit add on each delivery of what they handle: the first thing of each handler.
#[must_use]
pub fn redelivered(view: &UnitView<'_>) -> Vec<Redelivered> {
    let u = view.unit;
    let mut found = Vec::new();
    let takes = view.calls_with(Effects::EVENT).find(|call| is_here(view, call));
    if let Some(takes) = takes {
        let function = u.node(takes.node).function;
        let handler = u.function(function).body.map_or(u.range(takes.node), |body| u.range(body));
        let after = OwnRange { start: u.range(takes.node).end, end: handler.end };
        found.extend(first_added(view, after, 0).map(|(call, what)| Redelivered {
            call,
            by: Delivers::Service,
            what,
        }));
        return found;
    }
    let mut handlers: Vec<FunctionId> = Vec::new();
    for call in view.calls_with(Effects::DB_WRITE | Effects::MONEY) {
        let function = u.node(call.node).function;
        if handlers.contains(&function) || !comes_again(view, call.node) {
            continue;
        }
        handlers.push(function);
        let Some(body) = u.function(function).body else { continue };
        let added = first_added(view, u.range(body), 0);
        found.extend(added.map(|(call, what)| Redelivered { call, by: Delivers::Queue, what }));
    }
    found
}

/// Whether a queue delivers what a function around a node handles again after a failure.
fn comes_again(view: &UnitView<'_>, node: NodeId) -> bool {
    view.functions_around(node).iter().any(|(unit, function, context)| match context {
        Context::Runs(Run::Job, closure) => {
            let facts = view.eval.call(closure.unit, closure.call);
            facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.redelivers)
        }
        _ => role_in_file(view, *unit, *function).is_some_and(|fact| fact.redelivers),
    })
}

/// Whether an event is taken where it is handled: a function that only hands it out is no handler.
fn is_here(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = view.unit;
    !u.ancestors(call.node).any(|around| matches!(u.kind(around), Kind::Return(_)))
}

/// The first call in a part of a unit that adds something, with what keeps it from being done twice looked for before.
fn first_added(view: &UnitView<'_>, within: OwnRange, depth: u8) -> Option<(NodeId, AddedAgain)> {
    let u = view.unit;
    let mut calls: Vec<NodeId> = u.calls.clone();
    calls.retain(|&call| within.start <= u.range(call).start && u.range(call).end <= within.end);
    calls.sort_by_key(|&call| u.range(call).end);
    let mut kept: Vec<OwnRange> = Vec::new();
    for node in calls {
        let Some(call) = view.call(node) else { continue };
        let range = u.range(node);
        let is_kept = kept.iter().any(|kept| kept.start <= range.start && range.end <= kept.end);
        if !is_kept && !is_exclusive(view, node) {
            let own = || inside(view, &call, depth);
            if let Some(what) = added_by(view, &call).or_else(own) {
                return Some((node, what));
            }
        }
        kept.extend(keeps(view, &call, within));
    }
    None
}

/// What a function of the project adds.
fn inside(view: &UnitView<'_>, call: &CallView<'_>, depth: u8) -> Option<AddedAgain> {
    let adds = Effects::DB_WRITE | Effects::MONEY;
    let target: &FnRef =
        call.facts.target.as_ref().filter(|_| call.effects().intersects(adds) && depth < MAX_CALLS)?;
    // What only some implementations do is not known of this one.
    if !target.others.is_empty() || call.facts.is_convention {
        return None;
    }
    let mut found = None;
    in_function(view, target, &mut |there| {
        let own = there.unit.function(target.function);
        found = own.body.and_then(|body| first_added(there, there.unit.range(body), depth + 1));
    });
    found.map(|(_, what)| what)
}

/// What a library's call adds.
fn added_by(view: &UnitView<'_>, call: &CallView<'_>) -> Option<AddedAgain> {
    if let Some(moved) = moves_money(view, call) {
        return (!is_known_again(view, call, &moved)).then(|| AddedAgain::Moves(moved.moves.clone()));
    }
    if !call.facts.effects.contains(Effects::DB_WRITE) {
        return None;
    }
    let all = accesses(view, call.node);
    let write = all.iter().find(|access| access.action != Action::Read)?;
    let table = write.table.clone().unwrap_or_default();
    if words(&table).last().is_some_and(|last| NOTES.contains(&last.as_str())) {
        return None;
    }
    if write.action == Action::Insert {
        return adds_a_row(view, call).filter(|table| is_of_users_or_money(table)).map(AddedAgain::Row);
    }
    let column = raised(view, call, write)?;
    Some(AddedAgain::Amount(column, write.table.clone()))
}

/// A column of a balance that an update raises or lowers, whatever state the row is in.
fn raised(view: &UnitView<'_>, call: &CallView<'_>, write: &Access) -> Option<String> {
    let is_written =
        |column: &str| write.written.iter().any(|cell| plain_column(&cell.column) == plain_column(column));
    let is_claimed = write.has_more_conditions || write.keys.iter().any(|key| is_written(&key.column));
    if write.action != Action::Update || is_claimed || write.in_process {
        return None;
    }
    let said = || sql_texts(view, call, write.schema.as_deref());
    write.written.iter().find_map(|cell| {
        if !words(&cell.column).iter().any(|word| BALANCES.contains(&word.as_str())) {
            return None;
        }
        let is_raised = match &cell.value {
            Some(value) => {
                let u = view.unit_of(value.unit);
                is_raised_by(u, view, value.node, &cell.column)
                    || is_sum(u, value.node) && computed_from(view, value, &cell.column).is_some()
            }
            None => write.data.iter().any(|seen| {
                let u = view.unit_of(seen.unit);
                let Kind::Object { entries, .. } = u.kind(bare(u, seen.node)) else { return false };
                let mut own =
                    entries.iter().filter(|e| matches!(&e.key, Key::Name(name) if *name == cell.column));
                own.any(|entry| is_raised_by(u, view, entry.value, &cell.column))
            }),
        };
        let plain = plain_column(&cell.column);
        let in_text = || {
            said().iter().any(|sql| {
                let text: String =
                    sql.text.chars().filter(|c| c.is_alphanumeric() || "=+-".contains(*c)).collect();
                let text = text.to_lowercase();
                text.contains(&format!("{plain}={plain}+")) || text.contains(&format!("{plain}={plain}-"))
            })
        };
        (is_raised || in_text()).then(|| cell.column.clone())
    })
}

/// Whether the database computes a value from the old one: `{ increment: 5 }`, `` sql`${users.credits} + ${amount}` ``.
fn is_raised_by(u: &Unit, view: &UnitView<'_>, node: NodeId, column: &str) -> bool {
    match u.kind(bare(u, node)) {
        Kind::Object { entries, .. } => entries
            .iter()
            .any(|entry| matches!(&entry.key, Key::Name(name) if name == "increment" || name == "decrement")),
        Kind::Call { args, .. } => args.iter().any(|&arg| match u.kind(arg) {
            Kind::Template { pieces, .. } => {
                let is_view = std::ptr::eq(u, view.unit);
                pieces.iter().any(|piece| piece.contains('+') || piece.contains(" - "))
                    && (!is_view || view.text(arg).contains(column))
            }
            _ => false,
        }),
        _ => false,
    }
}

fn is_sum(u: &Unit, node: NodeId) -> bool {
    match u.kind(bare(u, node)) {
        Kind::Binary { op, .. } => op == "+" || op == "-",
        Kind::Name { binding: Some(binding), .. } => u.binding(*binding).value.is_some_and(
            |value| matches!(u.kind(bare(u, value)), Kind::Binary { op, .. } if op == "+" || op == "-"),
        ),
        _ => false,
    }
}

/// The part of a handler that runs only once for each event because of a call before it: it asks or says that the event
/// is known, or a condition asks for what it found.
fn keeps(view: &UnitView<'_>, call: &CallView<'_>, within: OwnRange) -> Vec<OwnRange> {
    let u = view.unit;
    let rest = OwnRange { start: u.range(call.node).end, end: within.end };
    let name = callee_name(u, call.node);
    let knows = name.is_some_and(|name| words(name).iter().any(|word| KNOWS.contains(&word.as_str())));
    let has_database = call.effects().intersects(Effects::DB);
    let holds_events = || {
        let touched = touches_of_call(view, call);
        touched.iter().any(|touch| words(&touch.table).iter().any(|word| EVENTS.contains(&word.as_str())))
    };
    if knows || has_database && holds_events() {
        return vec![rest];
    }
    if !has_database {
        return Vec::new();
    }
    let bound: Vec<_> = (0..u.bindings.len())
        .filter(|&at| u.bindings[at].value.is_some_and(|value| u.descendants(value).contains(&call.node)))
        .map(|at| plimsoll_behavior::BindingId(u32::try_from(at).expect("few bindings")))
        .collect();
    let nodes = (0..u.nodes.len()).map(|at| NodeId(u32::try_from(at).expect("few nodes")));
    let asking = nodes.filter(|&node| match u.kind(node) {
        Kind::If { condition, then, .. } => {
            let is_asked = mentions(u, *condition, &bound) || u.descendants(*condition).contains(&call.node);
            is_asked && (!asks_for_absence(u, *condition) || flow(u, *then).completes)
        }
        Kind::Match { on, .. } => mentions(u, *on, &bound) || u.descendants(*on).contains(&call.node),
        _ => false,
    });
    // What stands in its branches, and what comes after it in its block.
    asking
        .map(|node| {
            let block = u.ancestors(node).find(|&around| matches!(u.kind(around), Kind::Block { .. }));
            OwnRange { start: u.range(node).start, end: block.map_or(within.end, |block| u.range(block).end) }
        })
        .collect()
}

/// Whether a condition only asks whether something failed or is not there: `!user`, `user === null`, `error`.
fn asks_for_absence(u: &Unit, condition: NodeId) -> bool {
    match u.kind(condition) {
        Kind::Unary { op, value } => {
            op == "!" && matches!(u.kind(bare(u, *value)), Kind::Name { .. } | Kind::Member { .. })
        }
        Kind::Binary { op, left, right } => match op.as_str() {
            "||" => asks_for_absence(u, *left) && asks_for_absence(u, *right),
            "==" | "===" => {
                let is_nothing = |node: NodeId| {
                    matches!(u.kind(node), Kind::Literal(plimsoll_behavior::Literal::Null))
                        || matches!(u.kind(node), Kind::Name { name, binding: None } if name == "undefined")
                };
                is_nothing(*left) || is_nothing(*right)
            }
            _ => false,
        },
        Kind::Name { name, .. } | Kind::Member { name, .. } => {
            words(name).last().is_some_and(|last| matches!(last.as_str(), "error" | "err"))
        }
        _ => false,
    }
}
