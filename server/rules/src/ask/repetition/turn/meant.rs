//! Turns that are meant to run one by one.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, Effects, Key, Kind, Literal, NodeId, Unit};

use super::Turn;
use super::once::{ends_at_its_hit, is_for_one_element};
use super::settled::settles_its_element;
use crate::UnitView;
use crate::ask::code::{
    bare, callee_name, calls_within, chain_head, declaration, derives_from, effects_of, is_kept_in, mentions,
    receiver, sql_argument, unit_of,
};

/// How many names a text is followed through to the element.
const MAX_NAMES: usize = 4;

/// Whether the turns are meant to run one by one.
pub(super) fn is_meant(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    if turn.unit == view.index && is_statement_of_the_turn(view, turn, call) {
        return true;
    }
    let calls = calls_within(view, turn.unit, turn.body);
    let all = calls.iter().fold(Effects::empty(), |all, (_, effects)| all | *effects);
    all.contains(Effects::DB_CONNECT)
        || is_transaction(view, turn, &calls, call)
        || paces_itself(view, turn, &calls)
        || settles_its_element(view, turn, &calls, call)
        || turn.place_of(view, call).is_some_and(|place| {
            is_for_one_element(u, turn, place) || turn.unit == view.index && ends_at_its_hit(u, turn, call)
        })
        || is_handed_to_a_transaction(view, view.index, call)
        || is_handed_to_a_transaction(view, turn.driver.0, turn.driver.1)
        || turn.unit == view.index
            && (is_kept_in(u, call, turn.body)
                || is_behind_a_lookup(u, call, turn.body)
                || is_asked_once(u, turn, call)
                || waits_for_the_turn_before(u, turn, call))
        || turn.place_of(view, call).is_some_and(|place| {
            takes_what_is_next(u, turn, &calls, place) || is_claimed(u, turn, &calls, place)
        })
}

/// What tells how many rows a statement changed.
const CHANGED_ROWS: &[&str] = &[
    "rows_affected",
    "rowsAffected",
    "rowCount",
    "affectedRows",
    "numUpdatedRows",
    "numAffectedRows",
    "changes",
    "modifiedCount",
    "count",
    "length",
];

/// Whether each turn claims its element by a statement, and goes on to the next one where another was first: that
/// statement, and what is done with an element that was won.
fn is_claimed(u: &Unit, turn: &Turn, calls: &[(NodeId, Effects)], place: NodeId) -> bool {
    let goes_on = |branch: NodeId| match u.kind(branch) {
        Kind::Block { statements, .. } => statements.last().is_some_and(|&last| is_continue(u, last)),
        _ => is_continue(u, branch),
    };
    let tells_rows = |condition: NodeId| {
        u.descendants(condition).into_iter().any(|part| match u.kind(part) {
            Kind::Member { name, .. } => CHANGED_ROWS.contains(&name.as_str()),
            _ => false,
        })
    };
    u.descendants(turn.body).into_iter().any(|node| match u.kind(node) {
        Kind::If { condition, then, .. } if goes_on(*then) && tells_rows(*condition) => {
            calls.iter().any(|&(claim, effects)| {
                effects.contains(Effects::DB_WRITE)
                    && derives_from(u, *condition, claim)
                    && (claim == place || u.range(node).end <= u.range(place).start)
            })
        }
        _ => false,
    })
}

fn is_continue(u: &Unit, statement: NodeId) -> bool {
    match u.kind(statement) {
        Kind::Discard(inner) => matches!(u.kind(*inner), Kind::Continue(_)),
        kind => matches!(kind, Kind::Continue(_)),
    }
}

/// Whether the elements are statements and each turn runs its own: a migration.
fn is_statement_of_the_turn(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = view.unit;
    const NAMES: &[&str] =
        &["sql", "query", "statement", "stmt", "sql_query", "sqlQuery", "sql_text", "text"];
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let is_element = |node: NodeId| match u.kind(bare(u, node)) {
        Kind::Name { binding: Some(b), .. } => turn.elements.contains(b),
        _ => false,
    };
    let facts = view.eval.call(view.index, call);
    let sql = view.own_node(facts.slot(Slot::Sql)).or_else(|| Some(sql_argument(view, call)?.1));
    sql.is_some_and(|sql| is_made_of_the_element(u, turn, sql))
        || args.iter().any(|&arg| match u.kind(arg) {
            Kind::Object { entries, .. } => entries.iter().any(|entry| {
                matches!(&entry.key, Key::Name(name) if NAMES.contains(&name.as_str()))
                    && is_element(entry.value)
            }),
            _ => false,
        })
}

/// Whether a text is the element, or what the turn has made of it, as without its comments.
fn is_made_of_the_element(u: &Unit, turn: &Turn, text: NodeId) -> bool {
    let mut at = bare(u, text);
    for _ in 0..MAX_NAMES {
        let Kind::Name { binding: Some(b), .. } = u.kind(at) else { return false };
        if turn.elements.contains(b) {
            return true;
        }
        let Some(value) = u.binding(*b).value else { return false };
        // Down the chain of calls that shorten or join it, to the name that it begins with.
        at = chain_head(u, value);
    }
    false
}

/// Whether each turn begins a transaction, or the call does. One that another call of the turn hides is its own.
fn is_transaction(view: &UnitView<'_>, turn: &Turn, calls: &[(NodeId, Effects)], call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    effects_of(view, view.index, call).contains(Effects::DB_TRANSACTION)
        || calls.iter().any(|&(node, _)| {
            matches!(u.kind(node), Kind::Call { .. })
                && (view.eval.call(turn.unit, node).effects.contains(Effects::DB_TRANSACTION)
                    || begins_one(u, node))
        })
}

/// `client.query('BEGIN')`
fn begins_one(u: &Unit, call: NodeId) -> bool {
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let first = args.first().map(|&arg| u.kind(bare(u, arg)));
    matches!(first, Some(Kind::Literal(Literal::String(text)))
        if ["begin", "start transaction"].iter().any(|word| text.trim_start().to_ascii_lowercase().starts_with(word)))
}

/// Whether a call only runs where what was read before for all does not hold its answer:
/// `authors.get(post.authorId) ?? (await load(post.authorId))`.
fn is_behind_a_lookup(u: &Unit, call: NodeId, body: NodeId) -> bool {
    const LOOKS: &[&str] = &["get", "find"];
    let mut below = call;
    for around in u.ancestors(call) {
        if around == body {
            return false;
        }
        if let Kind::Binary { op, left, right } = u.kind(around)
            && *right == below
            && matches!(op.as_str(), "??" | "||")
        {
            let mut at = bare(u, *left);
            if let Kind::Await(inner) = u.kind(at) {
                at = bare(u, *inner);
            }
            if callee_name(u, at).is_some_and(|name| LOOKS.contains(&name.as_str())) {
                return true;
            }
        }
        below = around;
    }
    false
}

/// Whether each turn sleeps: for a rate limit.
fn paces_itself(view: &UnitView<'_>, turn: &Turn, calls: &[(NodeId, Effects)]) -> bool {
    let u = unit_of(view, turn.unit);
    let waits = Effects::SLEEP | Effects::TIMER_ONCE;
    calls.iter().any(|&(node, effects)| {
        let only_waits =
            effects.intersects(waits) && !effects.intersects(Effects::DB | Effects::HTTP_REQUEST);
        only_waits && !is_in_a_catch(u, node, turn.body)
    })
}

fn is_in_a_catch(u: &Unit, node: NodeId, root: NodeId) -> bool {
    let mut below = node;
    for around in u.ancestors(node) {
        if let Kind::TryCatch { catch: Some(catch), .. } = u.kind(around)
            && catch.body == below
        {
            return true;
        }
        if around == root {
            return false;
        }
        below = around;
    }
    false
}

/// Whether the call asks with what the turn before has found: a chain, a path from a root.
fn waits_for_the_turn_before(u: &Unit, turn: &Turn, call: NodeId) -> bool {
    let body = u.range(turn.body);
    u.descendants(call).into_iter().any(|part| {
        let Kind::Name { binding: Some(b), .. } = u.kind(part) else { return false };
        let b = u.binding(*b);
        b.range.start < body.start
            && b.assignments.iter().any(|&assignment| match u.kind(assignment) {
                Kind::Assign { op, value, .. } => {
                    let range = u.range(assignment);
                    op == "="
                        && body.start <= range.start
                        && range.end <= body.end
                        && derives_from(u, *value, call)
                }
                _ => false,
            })
    })
}

/// Whether the call runs on the first turn that needs it, and its result is there for the others:
/// `if (!rates) rates = await load()`, `rates ??= await load()`.
fn is_asked_once(u: &Unit, turn: &Turn, call: NodeId) -> bool {
    let body = u.range(turn.body);
    let is_before = |b: BindingId| u.binding(b).range.start < body.start && !turn.elements.contains(&b);
    let kept_by = |assignment: NodeId, only: Option<&str>| match u.kind(assignment) {
        Kind::Assign { op, target, value } => match u.kind(*target) {
            Kind::Name { binding: Some(b), .. } => {
                let is_meant = only.map_or(op == "=", |only| op == only);
                (is_meant && is_before(*b) && derives_from(u, *value, call)).then_some(*b)
            }
            _ => None,
        },
        _ => None,
    };
    let mut below = call;
    for around in u.ancestors(call) {
        if around == turn.body {
            return false;
        }
        if kept_by(around, Some("??=")).or_else(|| kept_by(around, Some("||="))).is_some() {
            return true;
        }
        if let Kind::If { condition, then, .. } = u.kind(around)
            && *then == below
        {
            let kept = u.descendants(*then).into_iter().filter_map(|node| kept_by(node, None));
            if kept.into_iter().any(|kept| mentions(u, *condition, &[kept])) {
                return true;
            }
        }
        below = around;
    }
    false
}

/// Whether the call looks for the next number, or writes it, that every turn takes anew: what a turn writes, the next
/// one finds.
fn takes_what_is_next(u: &Unit, turn: &Turn, calls: &[(NodeId, Effects)], call: NodeId) -> bool {
    let is_next = |node: NodeId, effects: Effects| {
        let name = callee_name(u, node).map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        effects.contains(Effects::DB_READ)
            && (name.starts_with("next") || name.contains("_next") || name.starts_with("generate"))
            && !mentions(u, node, &turn.elements)
    };
    let writes_it = |node: NodeId, effects: Effects, next: NodeId| {
        node != next && effects.contains(Effects::DB_WRITE) && derives_from(u, node, next)
    };
    calls.iter().filter(|&&(next, effects)| is_next(next, effects)).any(|&(next, _)| {
        if call == next {
            calls.iter().any(|&(node, effects)| writes_it(node, effects, next))
        } else {
            calls.iter().any(|&(node, effects)| node == call && writes_it(node, effects, next))
        }
    })
}

/// Whether what a call yields, unawaited, ends up in a list that a transaction takes.
pub(crate) fn is_handed_to_a_transaction(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = unit_of(view, unit);
    let mut at = call;
    for _ in 0..16 {
        let Some(parent) = u.parent(at) else { return false };
        match u.kind(parent) {
            Kind::Call { callee, args, .. } if *callee != at => {
                if view.eval.call(unit, parent).effects.contains(Effects::DB_TRANSACTION) {
                    return true;
                }
                let is_pushed = callee_name(u, parent).is_some_and(|n| n == "push" || n == "unshift");
                let Some(list) = receiver(u, parent).filter(|_| is_pushed && args.contains(&at)) else {
                    return false;
                };
                return declaration(view, unit, list).is_some_and(|list| goes_to_a_transaction(view, list));
            }
            Kind::Let { pattern, .. } => {
                return pattern.bindings.iter().any(|&b| goes_to_a_transaction(view, (unit, b)));
            }
            Kind::Array(_) | Kind::Spread(_) | Kind::Cast { .. } | Kind::Member { .. } => at = parent,
            Kind::Call { .. } => at = parent,
            _ => return false,
        }
    }
    false
}

fn goes_to_a_transaction(view: &UnitView<'_>, (unit, binding): (usize, BindingId)) -> bool {
    let u = unit_of(view, unit);
    u.binding(binding).uses.iter().any(|&used| {
        u.ancestors(used)
            .take_while(|&n| {
                matches!(u.kind(n), Kind::Array(_) | Kind::Spread(_) | Kind::Cast { .. } | Kind::Call { .. })
            })
            .any(|n| match u.kind(n) {
                Kind::Call { callee, .. } => {
                    !u.descendants(*callee).contains(&used)
                        && view.eval.call(unit, n).effects.contains(Effects::DB_TRANSACTION)
                }
                _ => false,
            })
    })
}
