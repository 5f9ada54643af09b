//! What moves money, and whether it is known again when it is asked for a second time.

use plimsoll_behavior::models::{MoneyService, Slot};
use plimsoll_behavior::{Effects, Key, Kind, Literal, Name, NodeId};
use plimsoll_project::link::{SlotValue, Value};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, receiver};
use crate::ask::database::exclusive::is_exclusive;
use crate::ask::resilience::outgoing::method;
use crate::ask::resilience::slow::said_of_url;
use crate::view::CallView;

/// Methods and options by which a request is given headers that stand elsewhere.
const HEADERS: &str = "headers";

/// How many names an amount is followed through to what it is taken from.
const MAX_NAMES: usize = 4;

/// What a call does with money each time that it is made.
pub struct MovesMoney<'a> {
    /// What it does, as a message says it: `refunds`.
    pub moves: &'a Name,
    service: Option<&'a MoneyService>,
}

/// What a call does with money; none where a second call does nothing, or where that is not known.
#[must_use]
pub fn moves_money<'a>(view: &UnitView<'a>, call: &'a CallView<'_>) -> Option<MovesMoney<'a>> {
    if call.facts.effects.contains(Effects::MONEY) {
        let (_, behavior) = call.facts.behavior.as_ref()?;
        let is_demanded = behavior.slots.contains_key(&Slot::Demand);
        if is_demanded && (!is_there(view, call) || is_the_whole(view, call)) {
            return None;
        }
        return Some(MovesMoney { moves: behavior.moves.as_ref()?, service: None });
    }
    if !call.facts.effects.contains(Effects::HTTP_REQUEST) || method(view, call)? != "POST" {
        return None;
    }
    let url = said_of_url(view, call)?;
    let service = view.eval.models.money_services().find(|service| service.is_at(&url))?;
    let is_sent = service.demand.as_ref().is_none_or(|demand| says(view, call.node, demand));
    is_sent.then_some(MovesMoney { moves: &service.moves, service: Some(service) })
}

/// Whether the part that is demanded is handed over, and not `false` or `None`.
fn is_there(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let found = match call.slot(Slot::Demand) {
        Some(SlotValue::Node(site)) => view.node_at(site),
        Some(_) => assigned(view, call).map(|node| (view.index, node)),
        None => None,
    };
    let Some((unit, node)) = found else { return false };
    let u = view.unit_of(unit);
    // `Some(true)`
    let node = match u.kind(node) {
        Kind::Call { args, .. } if callee_name(u, node).is_some_and(|name| name == "Some") => args[0],
        _ => node,
    };
    let is_none = matches!(u.kind(node), Kind::Name { name, binding: None } if name == "None");
    !is_none && !matches!(view.eval.value(unit, node), Value::Bool(false) | Value::Null)
}

/// What an object of a library's type has as the part that is demanded: where it is written, or set before the call, as in
/// `refund.amount = Some(cents)`.
fn assigned(view: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    let u = view.unit;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let (index, property) = behavior.slots.get(&Slot::Demand)?.split_once('.')?;
    let Kind::Call { args, .. } = u.kind(call.node) else { return None };
    let entry_of = |object: NodeId| match u.kind(object) {
        Kind::Object { entries, .. } => {
            let is_it = |key: &Key| matches!(key, Key::Name(name) if name == property);
            entries.iter().find(|entry| is_it(&entry.key)).map(|entry| entry.value)
        }
        _ => None,
    };
    let argument = bare(u, *args.get(index.parse::<usize>().ok()?)?);
    let Kind::Name { binding: Some(object), .. } = u.kind(argument) else { return entry_of(argument) };
    let is_set = u.binding(*object).uses.iter().find_map(|&used| {
        let member = u.parent(used)?;
        let Kind::Member { name, .. } = u.kind(member) else { return None };
        let Kind::Assign { target, value, .. } = u.kind(u.parent(member)?) else { return None };
        (name == property && *target == member).then_some(*value)
    });
    is_set.or_else(|| entry_of(u.binding(*object).value?))
}

/// Whether what is asked for is all that there is: `{ payment_intent: payment.id, amount: payment.amount }`.
fn is_the_whole(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = view.unit;
    let Some(mut amount) = view.own_node(call.slot(Slot::Demand)) else { return false };
    for _ in 0..MAX_NAMES {
        let Kind::Name { binding: Some(binding), .. } = u.kind(amount) else { break };
        let binding = u.binding(*binding);
        match binding.value.filter(|_| binding.path.is_empty() && binding.assignments.is_empty()) {
            Some(value) => amount = bare(u, value),
            None => break,
        }
    }
    let Kind::Member { object: of, .. } = u.kind(amount) else { return false };
    let is_its_id = |node: NodeId| match u.kind(bare(u, node)) {
        Kind::Member { object, name, .. } => name == "id" && view.text(*object) == view.text(*of),
        _ => false,
    };
    let Kind::Call { args, .. } = u.kind(call.node) else { return false };
    args.iter().any(|&arg| match u.kind(arg) {
        Kind::Object { entries, .. } => entries.iter().any(|entry| is_its_id(entry.value)),
        _ => is_its_id(arg),
    })
}

/// Whether the other side may know the call again by a key, as far as the code tells.
#[must_use]
pub fn is_known_again(view: &UnitView<'_>, call: &CallView<'_>, moved: &MovesMoney<'_>) -> bool {
    if let Some(service) = moved.service {
        return names(view, &service.keys) || brings_headers_from_elsewhere(view, call);
    }
    if call.slot(Slot::Key).is_some() {
        return true;
    }
    // The key may belong to the client that is handed over.
    let Some(client) = call.slot(Slot::Handle) else { return false };
    let client = view.own_node(Some(client)).map(|node| view.eval.value(view.index, node));
    client.is_none_or(|client| client.instance().is_none_or(|client| client.slot(Slot::Key).is_some()))
}

/// Whether something before the call in its unit may let only one through: a row that is written first, a lock, or the
/// service itself, which is asked for what there is.
#[must_use]
pub fn may_be_claimed(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = view.unit;
    let start = u.range(call.node).start;
    let of = |call: NodeId| receiver(u, call).map(|receiver| view.text(receiver));
    let asks = |other: NodeId| {
        let is_of_a_library = call.facts.effects.contains(Effects::MONEY);
        is_of_a_library
            && of(other).is_some_and(|receiver| of(call.node) == Some(receiver))
            && callee_name(u, other) != callee_name(u, call.node)
    };
    let is_before = |other: &CallView<'_>| {
        u.range(other.node).end <= start
            && (other.effects().contains(Effects::DB_WRITE) || !view.is_rust() && asks(other.node))
    };
    is_exclusive(view, call.node) || view.calls().any(|other| is_before(&other))
}

/// Whether what is sent has a part of this name: in the call, or in a value that it names.
fn says(view: &UnitView<'_>, call: NodeId, word: &str) -> bool {
    let u = view.unit;
    let has = |node: NodeId| view.text(node).to_lowercase().contains(word);
    has(call)
        || u.descendants(call).into_iter().any(|inner| match u.kind(inner) {
            Kind::Name { binding: Some(binding), .. } => u.binding(*binding).value.is_some_and(has),
            _ => false,
        })
}

/// Whether the unit names one of these anywhere: as a text, a property or a variable.
fn names(view: &UnitView<'_>, words: &[Name]) -> bool {
    let is_one = |text: &str| {
        let text = text.to_lowercase();
        words.iter().any(|word| text.contains(word.as_str()))
    };
    view.unit.nodes.iter().any(|node| match &node.kind {
        Kind::Literal(Literal::String(text)) => is_one(text),
        Kind::Template { pieces, .. } => pieces.iter().any(|piece| is_one(piece)),
        Kind::Name { name, .. } | Kind::Member { name, .. } => is_one(name),
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if is_one(name)))
        }
        _ => false,
    })
}

/// Whether the request has headers, or all of its options, from where it is not looked.
fn brings_headers_from_elsewhere(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = view.unit;
    if view.is_rust() {
        return u
            .descendants(call.node)
            .into_iter()
            .any(|node| matches!(u.kind(node), Kind::Member { name, .. } if name == HEADERS));
    }
    let Some(options) = call.slot(Slot::Options) else { return false };
    let Some(options) = view.own_node(Some(options)) else { return true };
    let is_open = |node: NodeId| match u.kind(bare(u, node)) {
        Kind::Object { entries, .. } => entries.iter().any(|entry| !matches!(entry.key, Key::Name(_))),
        _ => true,
    };
    let headers = || match u.kind(bare(u, options)) {
        Kind::Object { entries, .. } => {
            entries.iter().find(|entry| matches!(&entry.key, Key::Name(name) if name == HEADERS))
        }
        _ => None,
    };
    is_open(options) || headers().is_some_and(|headers| is_open(headers.value))
}
