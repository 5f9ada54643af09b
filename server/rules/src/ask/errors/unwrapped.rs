//! What code takes out of an `Option` or a `Result` by force, and why it may not be there.

use plimsoll_behavior::models::{Slot, Taken};
use plimsoll_behavior::{BindingKind, Effects, Kind, NodeId, TypeExpr, Unit};
use plimsoll_project::link::FileUnits;

use crate::UnitView;
use crate::ask::code::{callee_name, declaration, receiver};
use crate::ask::errors::writer::{Writer, writer};
use crate::view::CallView;

/// How many methods and names are looked through.
const MAX_STEPS: usize = 16;
/// What fails whenever something outside of the process does.
const OUTSIDE: Effects = Effects::DB
    .union(Effects::DB_CONNECT)
    .union(Effects::DB_TRANSACTION)
    .union(Effects::HTTP_REQUEST)
    .union(Effects::RESPONSE_BODY)
    .union(Effects::FILE);
/// Methods that ask whether something is there, or how much of it.
const ASKS: &[&str] = &[
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "is_empty",
    "len",
    "contains_key",
    "contains",
    "is_some_and",
    "is_ok_and",
];
/// Methods that cut a text or a list into parts, of which there is at least one.
const CUTS: &[&str] = &["split", "rsplit", "splitn", "rsplitn", "split_terminator", "split_inclusive"];

/// Why what is taken out may not be there.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// Somebody has written a text that has no form to be read in: the text, and who.
    Form(NodeId, Writer),
    /// A part that somebody need not send: the part, and who.
    Part(NodeId, Writer),
    /// The call fails, by this effect.
    Failure(NodeId, Effects),
    /// The call finds no row.
    Row(NodeId),
    /// There is nothing under a key that somebody has written: the lookup, and who.
    Entry(NodeId, Writer),
    /// A variable of the environment that nobody has set.
    Setting(NodeId),
}

/// Why what a call takes out of what it is called on, and panics without, may not be there; none where code has looked
/// before, and where nothing is known.
#[must_use]
pub fn missing(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Missing> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    if !behavior.panics {
        return None;
    }
    let u = view.unit;
    let taken = receiver(u, call.node)?;
    let Held { node, is_opened, names } = held(view, taken);
    if let Some(text) = parsed(view, node) {
        let by = writer(view, view.index, text).filter(|_| !is_looked_at(view, node, &names, call.node));
        return by.map(|by| Missing::Form(text, by));
    }
    let parts: Vec<NodeId> = names.into_iter().chain(receiver(u, node)).collect();
    if is_looked_at(view, node, &parts, call.node) || is_seen_to_begin_so(view, node) {
        return None;
    }
    let source = view.call(node);
    if let Some(source) = &source {
        if source.facts.behavior.as_ref().is_some_and(|(_, b)| b.environment) {
            return Some(Missing::Setting(node));
        }
        let fails = source.effects() & OUTSIDE;
        if !is_opened && !fails.is_empty() && yields_a_result(view, source) {
            return Some(Missing::Failure(node, fails));
        }
        if is_opened && fails.contains(Effects::DB_READ) && yields_an_option(view, source) {
            return Some(Missing::Row(node));
        }
    }
    if !is_lookup(view, node) || is_never_empty(u, node) {
        return None;
    }
    if let Some(by) = writer(view, view.index, node) {
        return Some(Missing::Part(node, by));
    }
    // `prices.get(&order.currency)`
    let Kind::Call { args, .. } = u.kind(node) else { return None };
    let [key] = &args[..] else { return None };
    writer(view, view.index, *key).map(|by| Missing::Entry(node, by))
}

/// Whether what a call yields beside a failure may be nothing.
fn yields_an_option(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if call.facts.target.is_none() {
        return call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.nullable);
    }
    returned_type(view, call).is_some_and(|ty| {
        let is_option = |ty: &TypeExpr| ty.path.last().is_some_and(|last| last == "Option");
        is_option(&ty) || ty.args.first().is_some_and(is_option)
    })
}

/// Whether a value is a part of another one that need not be there: a field, a name for one, an element that is asked for.
fn is_lookup(view: &UnitView<'_>, node: NodeId) -> bool {
    let u = view.unit;
    let mut at = node;
    for _ in 0..MAX_STEPS {
        match u.kind(at) {
            Kind::Member { .. } => return true,
            Kind::Name { .. } => {
                return declaration(view, view.index, at).is_some_and(|(unit, id)| {
                    let binding = view.unit_of(unit).binding(id);
                    matches!(binding.kind, BindingKind::Parameter(..)) || !binding.path.is_empty()
                });
            }
            Kind::Call { .. } => {
                let Some(facts) = view.facts.calls.get(&at) else { return false };
                let Some((_, behavior)) = facts.behavior.as_ref().filter(|_| facts.effects.is_empty()) else {
                    return false;
                };
                // `as_str` of text is text, and nothing that could be taken out of an `Option`.
                if behavior.nullable || callee_name(u, at).is_some_and(|name| name == "as_str") {
                    return true;
                }
                // `headers.get("a").and_then(|value| …)`
                match receiver(u, at).filter(|_| behavior.takes == Some(Taken::Ends)) {
                    Some(inner) => at = inner,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
    false
}

/// The text that a call reads in a form, where it does.
#[must_use]
pub fn parsed(view: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
    let facts = view.facts.calls.get(&call)?;
    let (_, behavior) = facts.behavior.as_ref()?;
    let Kind::Call { args, .. } = view.unit.kind(call) else { return None };
    match behavior.slots.get(&Slot::Parsed)?.as_str() {
        "receiver" => receiver(view.unit, call),
        index => args.get(index.parse::<usize>().ok()?).copied(),
    }
}

/// What an `Option` or a `Result` comes from.
struct Held {
    node: NodeId,
    /// Whether a failure around it has been handed on before.
    is_opened: bool,
    /// The names that it was bound to on the way.
    names: Vec<NodeId>,
}

/// What stands before methods that only hand on what they are called on, and names that are bound once.
fn held(view: &UnitView<'_>, node: NodeId) -> Held {
    let u = view.unit;
    let mut found = Held { node, is_opened: false, names: Vec::new() };
    for _ in 0..MAX_STEPS {
        found.node = match u.kind(found.node) {
            Kind::Await(inner) => *inner,
            Kind::Try(inner) => {
                found.is_opened = true;
                *inner
            }
            Kind::Unary { op, value } if op.starts_with('&') || op == "*" => *value,
            Kind::Name { .. } => match bound_once(view, found.node) {
                Some(value) => {
                    found.names.push(found.node);
                    value
                }
                None => return found,
            },
            Kind::Call { .. } => {
                let Some(behavior) =
                    view.facts.calls.get(&found.node).and_then(|facts| facts.behavior.as_ref())
                else {
                    return found;
                };
                let (_, behavior) = behavior;
                found.is_opened |= behavior.panics;
                let hands_on = behavior.panics
                    || behavior.takes == Some(Taken::HandsOn)
                    || behavior.takes.is_none()
                        && behavior.yields.as_deref() == Some("receiver")
                        && !behavior.nullable
                        && behavior.slots.is_empty();
                match receiver(u, found.node).filter(|_| hands_on) {
                    Some(inner) => inner,
                    None => return found,
                }
            }
            _ => return found,
        };
    }
    found
}

/// What a name of the unit is bound to, whole, and never again.
fn bound_once(view: &UnitView<'_>, node: NodeId) -> Option<NodeId> {
    let (at, id) = declaration(view, view.index, node)?;
    let binding = view.unit_of(at).binding(id);
    let is_its_value = at == view.index
        && binding.kind == BindingKind::Variable
        && binding.path.is_empty()
        && binding.assignments.is_empty();
    binding.value.filter(|_| is_its_value)
}

/// Whether a call yields a `Result`: a library's that can fail, or an own function that says so.
fn yields_a_result(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let is_result = |ty: TypeExpr| ty.path.last().is_some_and(|last| last.ends_with("Result"));
    call.facts.target.is_none() || returned_type(view, call).is_some_and(is_result)
}

/// The type that an own function says it returns.
fn returned_type(view: &UnitView<'_>, call: &CallView<'_>) -> Option<TypeExpr> {
    let target = call.facts.target.as_ref()?;
    let look = |there: &FileUnits| {
        let unit = there.unit_at(&target.unit)?;
        there.units[unit].unit.function(target.function).returns.clone()
    };
    if target.file == view.linked.file.path {
        return look(&view.linked.file);
    }
    look(&view.world.linked(&target.file)?.file)
}

/// `text.split(',').next()`: there is one part of anything.
fn is_never_empty(u: &Unit, node: NodeId) -> bool {
    let is_first =
        callee_name(u, node).is_some_and(|name| matches!(name.as_str(), "next" | "last" | "next_back"));
    let of = receiver(u, node);
    is_first && of.and_then(|of| callee_name(u, of)).is_some_and(|name| CUTS.contains(&name.as_str()))
}

/// `text.strip_prefix("a ")` behind `text.starts_with("a ")`, also where that stands in another closure.
fn is_seen_to_begin_so(view: &UnitView<'_>, node: NodeId) -> bool {
    let affix = |call: NodeId| {
        let (_, behavior) = view.facts.calls.get(&call)?.behavior.as_ref()?;
        let Kind::Call { args, .. } = view.unit.kind(call) else { return None };
        behavior.slots.contains_key(&Slot::Affix).then(|| args.first())?.map(|&affix| view.text(affix))
    };
    let Some(wanted) = affix(node) else { return false };
    let before = view.unit.range(node).start;
    view.unit
        .calls
        .iter()
        .any(|&call| call != node && view.unit.range(call).start < before && affix(call) == Some(wanted))
}

/// Whether code before has asked for what is taken, or for one of `parts` of the way there: by the same words, in a condition
/// or a pattern.
fn is_looked_at(view: &UnitView<'_>, source: NodeId, parts: &[NodeId], taken: NodeId) -> bool {
    let u = view.unit;
    let function = u.node(taken).function;
    let of = receiver(u, taken).unwrap_or(source);
    let mut wanted = vec![view.text(source), view.text(of)];
    wanted.extend(parts.iter().map(|&part| view.text(part)));
    let is_wanted = |node: NodeId| wanted.contains(&view.text(node));
    let before = u.range(taken).start;
    u.nodes.iter().filter(|node| node.function == function && node.range.start < before).any(|node| {
        match &node.kind {
            Kind::Call { callee, .. } => match u.kind(*callee) {
                Kind::Member { object, name, .. } => ASKS.contains(&name.as_str()) && is_wanted(*object),
                _ => false,
            },
            Kind::Is { value, .. } => is_wanted(*value),
            Kind::Match { on, .. } => is_wanted(*on) && node.range.end <= before,
            _ => false,
        }
    })
}
