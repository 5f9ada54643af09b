//! Turns that each do a piece of work and write down what became of it: a job for each element.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Key, Kind, Literal, NodeId, Unit};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{derives_from, effects_of, mentions, unit_of};
use crate::ask::database::transaction::is_in_transaction;
use crate::ask::errors::let_go::failure_branch;
use crate::ask::resilience::outgoing::method;

/// Whether each turn does work outside of the database and then writes down what became of its element, or writes down
/// that it failed.
pub(super) fn settles_its_element(
    view: &UnitView<'_>,
    turn: &Turn,
    calls: &[(NodeId, Effects)],
    call: NodeId,
) -> bool {
    let u = unit_of(view, turn.unit);
    let outside = Effects::HTTP_REQUEST | Effects::NOTIFY | Effects::ENQUEUE | Effects::PROCESS;
    let writes = |node: NodeId, effects: Effects| {
        effects.contains(Effects::DB_WRITE) && mentions(u, node, &turn.elements)
    };
    let works_outside = calls.iter().any(|(_, effects)| effects.intersects(outside));
    if works_outside
        && calls.iter().any(|&(node, effects)| writes(node, effects) && !is_insert(view, turn.unit, node))
    {
        return true;
    }
    // What became of an element is written when it is known; what is read for it could be read before.
    let Some(place) = turn.place_of(view, call) else { return false };
    if !effects_of(view, view.index, call).contains(Effects::DB_WRITE) {
        return false;
    }
    let sent = || calls.iter().filter(|&&(node, _)| is_sent(view, turn.unit, node));
    let mut records = calls.iter().filter(|&&(node, effects)| node != place && writes(node, effects));
    is_failed(u, turn, place)
        || is_worked_off(u, turn, calls) && !is_in_transaction(view, call)
        || mentions(u, place, &turn.elements) && sent().any(|&(sent, _)| tells_of(u, turn, place, sent))
        || sent().any(|&(sent, _)| tells_what(u, turn, place, sent))
        || records.any(|&(node, _)| is_where_it_fails(u, turn, place, node))
}

/// Columns that say how far an element is.
const STATES: &[&str] = &["status", "state"];

/// Whether a turn sets the state of its element and writes something else beside it: `pending` orders that are cancelled,
/// each with its stock given back. Where a transaction is around the loop, the turns are parts of one.
fn is_worked_off(u: &Unit, turn: &Turn, calls: &[(NodeId, Effects)]) -> bool {
    let is_written = |&&(node, effects): &&(NodeId, Effects)| {
        effects.contains(Effects::DB_WRITE) && matches!(u.kind(node), Kind::Call { .. })
    };
    let is_of_another = |node: NodeId, other: NodeId| {
        !u.descendants(node).contains(&other) && !u.descendants(other).contains(&node)
    };
    calls.iter().filter(is_written).any(|&(node, _)| {
        mentions(u, node, &turn.elements)
            && sets_a_state(u, node)
            && calls.iter().filter(is_written).any(|&(other, _)| is_of_another(node, other))
    })
}

/// Whether a statement sets a state to what the code writes out: `{ status: 'closed' }`, `SET state = 'closed'`.
fn sets_a_state(u: &Unit, call: NodeId) -> bool {
    let in_text = |text: &str| {
        let text = text.to_ascii_lowercase();
        let set = text.split_once(" set ").map(|(_, set)| set.split(" where ").next().unwrap_or_default());
        set.is_some_and(|set| {
            set.split(',').filter_map(|one| one.split_once('=')).any(|(column, value)| {
                STATES.contains(&column.trim().trim_matches(['"', '`'])) && value.trim().starts_with('\'')
            })
        })
    };
    u.descendants(call).into_iter().any(|part| match u.kind(part) {
        Kind::Object { entries, .. } => entries.iter().any(|entry| {
            matches!(&entry.key, Key::Name(name) if STATES.contains(&name.as_str()))
                && matches!(u.kind(entry.value), Kind::Literal(_) | Kind::Member { .. })
        }),
        Kind::Literal(Literal::String(text)) => in_text(text),
        Kind::Template { pieces, .. } => in_text(&pieces.join("?")),
        _ => false,
    })
}

fn is_insert(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let Kind::Call { .. } = unit_of(view, unit).kind(call) else { return false };
    let facts = view.eval.call(unit, call);
    facts.target.is_none() && facts.slot(Slot::Filter).is_none() && facts.slot(Slot::Data).is_some()
}

/// Whether a call sends something to somebody: a message, a job, a request that is no question.
fn is_sent(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let Kind::Call { .. } = unit_of(view, unit).kind(node) else { return false };
    let effects = effects_of(view, unit, node);
    if effects.intersects(Effects::NOTIFY | Effects::ENQUEUE) {
        return true;
    }
    let view = view.of(unit);
    effects.contains(Effects::HTTP_REQUEST)
        && view.call(node).and_then(|call| method(&view, &call)).is_some_and(|m| m != "GET")
}

/// Whether what a statement writes, or whether it runs, depends on the answer.
fn tells_of(u: &Unit, turn: &Turn, statement: NodeId, answer: NodeId) -> bool {
    derives_from(u, statement, answer)
        || u.ancestors(statement).take_while(|&around| around != turn.body).any(|around| {
            match u.kind(around) {
                Kind::If { condition, .. } => derives_from(u, *condition, answer),
                _ => false,
            }
        })
}

/// Whether a statement writes down what was sent before: the row of a file, with the path that it was uploaded to.
fn tells_what(u: &Unit, turn: &Turn, statement: NodeId, sent: NodeId) -> bool {
    let body = u.range(turn.body);
    u.range(sent).end <= u.range(statement).start
        && u.descendants(sent).into_iter().any(|part| match u.kind(part) {
            Kind::Name { binding: Some(b), .. } => {
                let bound = u.binding(*b);
                let is_of_the_turn = body.start <= bound.range.start && bound.range.end <= body.end;
                let is_of_the_element = mentions(u, statement, &turn.elements)
                    || bound.value.is_some_and(|value| mentions(u, value, &turn.elements));
                is_of_the_turn
                    && is_of_the_element
                    && !turn.elements.contains(b)
                    && mentions(u, statement, &[*b])
            }
            _ => false,
        })
}

/// Whether a call writes down a failure of its element: it stands in a branch that only a failure leads to.
fn is_failed(u: &Unit, turn: &Turn, place: NodeId) -> bool {
    mentions(u, place, &turn.elements) && failure_branch(u, Some(turn.body), place).is_some()
}

/// Whether one call only runs where another one has failed.
fn is_where_it_fails(u: &Unit, turn: &Turn, call: NodeId, record: NodeId) -> bool {
    failure_branch(u, Some(turn.body), record).is_some_and(|tried| u.descendants(tried).contains(&call))
}

/// Whether a call is another way to what an earlier one of the same turn has failed to do.
#[must_use]
pub fn is_fallback_of(u: &Unit, turn: &Turn, call: NodeId, earlier: NodeId) -> bool {
    let mut below = call;
    for around in u.ancestors(call) {
        if around == turn.body {
            break;
        }
        if let Kind::If { condition, then, .. } = u.kind(around)
            && *then == below
            && is_error(u, *condition)
            && derives_from(u, *condition, earlier)
        {
            return true;
        }
        below = around;
    }
    is_where_it_fails(u, turn, earlier, call)
}

fn is_error(u: &Unit, condition: NodeId) -> bool {
    matches!(u.kind(condition), Kind::Name { name, .. } | Kind::Member { name, .. }
        if name.to_ascii_lowercase().contains("err"))
}
