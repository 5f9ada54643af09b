//! What is done a second time by a retry, where the first attempt was done and only its answer was lost.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Effects, Key, Kind, Name, NodeId, OwnRange, Unit};
use plimsoll_project::link::SlotValue;

use crate::UnitView;
use crate::ask::code::{callee_name, calls_within, mentions};
use crate::ask::database::row::accesses;
use crate::ask::database::touch::{Action, schema_table};
use crate::ask::resilience::doubled::{address, at_its_end, has_a_key, is_harmless, is_key_name};
use crate::ask::resilience::money::{is_known_again, moves_money};
use crate::ask::resilience::outgoing::{is_idempotent, method, method_argument, takes_its_method};
use crate::ask::resilience::tries::Tried;
use crate::view::CallView;
use plimsoll_behavior::words;

/// Last parts of addresses at which a `POST` makes something or sends it to somebody.
#[rustfmt::skip] // a list of words
const MADE: &[&str] = &[
    "create", "order", "orders", "charge", "charges", "payment", "payments", "refund", "refunds", "payout", "payouts", "transfer",
    "transfers", "invoice", "invoices", "booking", "bookings", "reservation", "reservations", "purchase", "purchases", "send",
    "sms", "emails", "mail", "checkout", "ticket", "tickets", "withdraw", "withdrawal", "withdrawals", "deposit",
    "deposits", "items", "shipment", "shipments", "donation", "donations",
];
/// First words of functions that make something or send it to somebody.
const MAKES: &[&str] =
    &["place", "submit", "book", "purchase", "charge", "refund", "pay", "send", "transfer", "withdraw"];
/// What the other side has one more of after a function that creates it, beside what addresses say.
#[rustfmt::skip] // a list of words
const CREATED: &[&str] = &[
    "customer", "account", "user", "member", "issue", "contact", "lead", "comment", "project", "task", "product", "deal", "coupon",
];
/// Words of what only asks, or of what the other side must be able to take twice anyway.
#[rustfmt::skip] // a list of words
const ASKS: &[&str] = &[
    "completion", "completions", "chat", "embedding", "embeddings", "embed", "generate", "generation", "generations", "predict",
    "prediction", "model", "models", "prompt", "llm", "ai", "rpc", "jsonrpc", "graphql", "gql", "infer", "inference", "translate",
    "transcribe", "analyze", "analyse", "webhook", "webhooks", "hook", "hooks", "callback", "log", "logs", "event", "events",
    "metric", "metrics", "telemetry", "ingest", "oauth", "presign", "presigned", "signed", "upload", "cache", "heartbeat", "sessions", "intent", "intents",
];
/// Words of functions that make what stays on this side.
#[rustfmt::skip] // a list of words
const OWN: &[&str] = &[
    "request", "json", "url", "client", "index", "batch", "bulk", "response", "responses", "api", "signature", "hash", "link", "stream",
];
/// How many names a key is followed through.
const MAX_NAMES: u8 = 3;
/// Words in the names of functions that make another value each time that they are called.
const ANEW: &[&str] =
    &["uuid", "v4", "v7", "nanoid", "ulid", "cuid", "cuid2", "createid", "now", "random", "randomuuid"];

/// What a second attempt does once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twice {
    /// It moves money, as a message says it: `refunds`.
    Moves(Name),
    /// It sends something to somebody: `mail`.
    Sends(Name),
    /// It has the other side of a `POST` make something, at an address where that is known.
    Posts(Option<String>),
    /// It adds a row to a table.
    Adds(String),
}

/// What a second attempt does once more, and why nothing keeps it from that.
#[derive(Clone, Debug)]
pub struct DoneTwice {
    /// What it does.
    pub what: Twice,
    /// Whether there is a key, of which each attempt makes another one.
    pub has_a_key_of_its_own: bool,
}

/// What the next attempt of a call does once more; none where doing it twice is the same as doing it once, or where that
/// is not known.
#[must_use]
pub fn done_twice(view: &UnitView<'_>, tried: &Tried) -> Option<DoneTwice> {
    let call = view.call(tried.call)?;
    let turn = tried.turn.unwrap_or(tried.call);
    if looks_first(view, tried) || keeps_account(&call) {
        return None;
    }
    let effects = call.effects();
    if effects.contains(Effects::MONEY) {
        return at_its_end(view, &call, Effects::MONEY, &mut |there, moving| {
            let turn = turn_of(view, there, turn);
            let moved = moves_money(there, moving)?;
            let is_anew = is_key_anew(there, moving, turn);
            (is_anew || !is_known_again(there, moving, &moved))
                .then(|| DoneTwice { what: Twice::Moves(moved.moves.clone()), has_a_key_of_its_own: is_anew })
        })?;
    }
    if effects.contains(Effects::NOTIFY) {
        return at_its_end(view, &call, Effects::NOTIFY, &mut |there, sending| {
            let turn = turn_of(view, there, turn);
            let (_, behavior) = sending.facts.behavior.as_ref()?;
            let sends = behavior.sends.clone()?;
            let is_anew = is_key_anew(there, sending, turn);
            let is_known = sending.slot(Slot::Key).is_some() || has_a_key(there, sending.node);
            (is_anew || !is_known)
                .then_some(DoneTwice { what: Twice::Sends(sends), has_a_key_of_its_own: is_anew })
        })?;
    }
    if effects.contains(Effects::HTTP_REQUEST) {
        return posted(view, &call, turn);
    }
    if effects.contains(Effects::DB_WRITE) {
        return added_row(view, &call, tried);
    }
    None
}

/// The turn in the unit that a call stands in: all of a function that is called from the turn runs on each.
fn turn_of(view: &UnitView<'_>, there: &UnitView<'_>, turn: NodeId) -> Option<OwnRange> {
    let is_same = there.index == view.index && there.linked.file.path == view.linked.file.path;
    is_same.then(|| view.unit.range(turn))
}

fn posted(view: &UnitView<'_>, call: &CallView<'_>, turn: NodeId) -> Option<DoneTwice> {
    let wanted = method_argument(view, call.node);
    let own_turn = Some(view.unit.range(turn));
    let here = key_of(view, call.node);
    let found = at_its_end(view, call, Effects::HTTP_REQUEST, &mut |there, request| {
        let turn = turn_of(view, there, turn);
        if let Some(moved) = moves_money(there, request) {
            let is_anew =
                key_of(there, request.node).is_some_and(|key| is_anew(there.unit, key, turn, MAX_NAMES));
            return (is_anew || here.is_none() && !is_known_again(there, request, &moved)).then(|| {
                DoneTwice { what: Twice::Moves(moved.moves.clone()), has_a_key_of_its_own: is_anew }
            });
        }
        let told = method(there, request).filter(|_| !takes_its_method(there, request));
        if told.or_else(|| wanted.clone())? != "POST" {
            return None;
        }
        let key = key_of(there, request.node);
        let is_anew = key.is_some_and(|key| is_anew(there.unit, key, turn, MAX_NAMES));
        if key.is_some() && !is_anew || brings_a_key(there, request.node) {
            return None;
        }
        let path = there.own_node(request.slot(Slot::Url)).and_then(|url| address(there, url));
        Some(DoneTwice { what: Twice::Posts(path), has_a_key_of_its_own: is_anew })
    })??;
    let Twice::Posts(there) = &found.what else { return Some(found) };
    let is_anew = here.is_some_and(|key| is_anew(view.unit, key, own_turn, MAX_NAMES));
    if here.is_some() && !is_anew || brings_a_key(view, call.node) {
        return None;
    }
    let Kind::Call { args, .. } = view.unit.kind(call.node) else { return None };
    let own = args.iter().filter_map(|&arg| address(view, arg)).find(|text| text.contains('/'));
    let path = own.or_else(|| there.clone());
    makes_something(view, call, path.as_deref()).then_some(DoneTwice {
        what: Twice::Posts(path),
        has_a_key_of_its_own: is_anew || found.has_a_key_of_its_own,
    })
}

/// Whether the address or the names of the functions around a `POST` say that it makes something or sends it.
fn makes_something(view: &UnitView<'_>, call: &CallView<'_>, path: Option<&str>) -> bool {
    let asks = |text: &str| is_harmless(text) || words(text).iter().any(|word| ASKS.contains(&word.as_str()));
    if let Some(path) = path {
        let path = path
            .split_once("://")
            .map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if path.split('/').any(asks) {
            return false;
        }
        // What has an id at its end is there already.
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if path.contains('/') || last.chars().any(char::is_alphanumeric) {
            return says_what_is_made(&words(last));
        }
    }
    let around = view.functions_around(call.node);
    let of =
        around.iter().find_map(|(unit, function, _)| view.unit_of(*unit).function(*function).name.clone());
    let own = call.facts.target.as_ref().and_then(|_| callee_name(view.unit, call.node).cloned());
    let says = |name: &Name| {
        let all = words(name);
        says_who_makes(&all) && !asks(name) && !all.iter().any(|word| OWN.contains(&word.as_str()))
    };
    own.iter().chain(&of).any(says)
}

/// Whether the last part of an address is what is made, or says that it is: `orders`, `line-items`, `sendMessage`.
fn says_what_is_made(last: &[String]) -> bool {
    last.last().is_some_and(|word| MADE.contains(&word.as_str())) || says_who_makes(last)
}

/// Whether a name says that something is made or sent: `placeOrder`, `createCustomer`.
fn says_who_makes(name: &[String]) -> bool {
    let is_one_more = |word: &String| MADE.contains(&word.as_str()) || CREATED.contains(&word.as_str());
    name.split_first().is_some_and(|(first, rest)| {
        let creates = first == "create" && rest.iter().any(is_one_more);
        !rest.is_empty() && (creates || MAKES.contains(&first.as_str()))
    })
}

/// A row that each attempt adds, of which nothing in the table knows that it is the same.
fn added_row(view: &UnitView<'_>, call: &CallView<'_>, tried: &Tried) -> Option<DoneTwice> {
    let is_undone = view.runs_as(call.node, &[Run::Transaction])
        || tried.turn.is_some_and(|turn| {
            let inside = calls_within(view, view.index, turn);
            inside.iter().any(|(_, effects)| effects.contains(Effects::DB_TRANSACTION))
        });
    let table = adds_a_row(view, call).filter(|_| !is_undone)?;
    Some(DoneTwice { what: Twice::Adds(table), has_a_key_of_its_own: false })
}

/// The table to which a call adds a row each time, of which nothing in the table knows that it is the same; none where the
/// schema is not known.
#[must_use]
pub fn adds_a_row(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let found = accesses(view, call.node);
    let write = found.iter().find(|access| access.action != Action::Read)?;
    let schema = write.schema.as_ref()?;
    let table = schema_table(schema, write.table.as_deref()?).filter(|table| !table.unknown)?;
    let columns: Vec<&str> = write.written.iter().map(|cell| table.database_name(&cell.column)).collect();
    let is_told_apart = table.indexes.iter().any(|index| index.unique)
        || table.primary_key.iter().any(|key| columns.contains(&key.as_str()));
    let is_whole = !columns.is_empty()
        && write.data.iter().all(|seen| is_written_out(view.unit_of(seen.unit), seen.node));
    let is_added = write.action == Action::Insert && !write.in_process && !write.tells_conflicts;
    (is_added && is_whole && !is_told_apart).then(|| table.code_name.to_string())
}

/// Whether all that is written stands here by name.
fn is_written_out(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Object { entries, .. } => entries.iter().all(|entry| matches!(entry.key, Key::Name(_))),
        Kind::Array(all) => all.iter().all(|&one| is_written_out(u, one)),
        _ => false,
    }
}

/// Whether a function of the project writes down what it does beside doing it, and so may know where it has stopped.
fn keeps_account(call: &CallView<'_>) -> bool {
    let sends = Effects::MONEY | Effects::NOTIFY | Effects::HTTP_REQUEST;
    let all = call.effects();
    call.facts.target.is_some() && all.intersects(sends) && all.contains(Effects::DB_WRITE)
}

/// Whether each attempt looks first whether it was done.
fn looks_first(view: &UnitView<'_>, tried: &Tried) -> bool {
    let u = view.unit;
    let start = u.range(tried.call).start;
    let from = tried.turn.map_or(0, |turn| u.range(turn).start);
    view.calls_with(Effects::DB_READ | Effects::HTTP_REQUEST).any(|other| {
        let range = u.range(other.node);
        let is_before = from <= range.start && range.end <= start;
        let reads = other.effects().contains(Effects::DB_READ) || is_idempotent(view, &other);
        is_before && reads && is_asked_for(u, other.node)
    })
}

/// Whether a condition asks for what a call has found.
fn is_asked_for(u: &Unit, call: NodeId) -> bool {
    let bound: Vec<_> = (0..u.bindings.len())
        .filter(|&at| u.bindings[at].value.is_some_and(|value| u.descendants(value).contains(&call)))
        .map(|at| plimsoll_behavior::BindingId(u32::try_from(at).expect("few bindings")))
        .collect();
    u.nodes.iter().any(|node| match &node.kind {
        Kind::If { condition, .. } => {
            mentions(u, *condition, &bound) || u.descendants(*condition).contains(&call)
        }
        _ => false,
    })
}

/// Whether the key that a library's call is handed is made anew on each attempt.
fn is_key_anew(view: &UnitView<'_>, call: &CallView<'_>, turn: Option<OwnRange>) -> bool {
    let own = match call.slot(Slot::Key) {
        Some(slot @ SlotValue::Node(_)) => view.own_node(Some(slot)),
        _ => key_of(view, call.node),
    };
    own.is_some_and(|key| is_anew(view.unit, key, turn, MAX_NAMES))
}

/// Whether a header or a part of what is sent may be what the other side knows a request by.
fn is_key(name: &str) -> bool {
    is_key_name(name) || words(name).join("").ends_with("requestid")
}

/// The value of the key that stands in a call: a header, an option or a part of what is sent.
fn key_of(view: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
    let u = view.unit;
    u.descendants(call).into_iter().find_map(|node| match u.kind(node) {
        Kind::Object { entries, .. } => entries
            .iter()
            .find(|entry| matches!(&entry.key, Key::Name(name) if is_key(name)))
            .map(|entry| entry.value),
        // `.header("Idempotency-Key", key)`
        Kind::Call { args, .. } => match &**args {
            [name, value] => matches!(u.kind(*name), Kind::Literal(plimsoll_behavior::Literal::String(text)) if is_key(text))
                .then_some(*value),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a request has headers from elsewhere by a name that says that there is a key: `headers: withIdempotency(id)`.
fn brings_a_key(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let says = |name: &Name| {
        name.to_ascii_lowercase().contains("idempot") || name.to_ascii_lowercase().contains("dedup")
    };
    u.descendants(call).into_iter().any(|node| match u.kind(node) {
        Kind::Name { name, binding } => {
            let held = binding.and_then(|binding| u.binding(binding).value);
            says(name) || held.is_some_and(|value| key_of(view, value).is_some())
        }
        Kind::Member { name, .. } => says(name),
        _ => false,
    })
}

/// Whether a value is another one each time that the turn runs; of a function that the turn calls all runs on each.
fn is_anew(u: &Unit, value: NodeId, turn: Option<OwnRange>, names: u8) -> bool {
    let is_of_turn =
        |range: OwnRange| turn.is_none_or(|turn| turn.start <= range.start && range.end <= turn.end);
    let makes = |name: &Name| words(name).iter().any(|word| ANEW.contains(&word.as_str()));
    u.descendants(value).into_iter().any(|node| match u.kind(node) {
        Kind::Call { .. } => is_of_turn(u.range(node)) && callee_name(u, node).is_some_and(makes),
        Kind::Name { binding: Some(binding), .. } => {
            let held = u.binding(*binding).value;
            match (held, names.checked_sub(1)) {
                (Some(held), Some(names)) => is_anew(u, held, turn, names),
                _ => false,
            }
        }
        _ => false,
    })
}
