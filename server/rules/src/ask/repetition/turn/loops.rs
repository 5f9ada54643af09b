//! Loops whose turns go over the elements of a collection, however they are written.

use plimsoll_behavior::{BindingId, Effects, Kind, Literal, Loop, LoopKind, NodeId, Unit};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, effects_of, receiver, unit_of};
use crate::ask::repetition::collection::{few, is_row_stream};

/// The turn of a loop, if it goes over the elements of a collection and `below` is repeated.
pub(super) fn loop_turn(
    view: &UnitView<'_>,
    unit: usize,
    at: NodeId,
    l: &Loop,
    below: NodeId,
) -> Option<Turn> {
    if below != l.body {
        return None;
    }
    let u = unit_of(view, unit);
    let bound = || l.pattern.as_ref().map(|p| p.bindings.clone()).unwrap_or_default();
    let turn = |over: Option<NodeId>, elements: Vec<BindingId>| Turn {
        unit,
        body: l.body,
        over: over.map(|over| (unit, over)),
        elements,
        driver: (unit, at),
        part: below,
    };
    match l.kind {
        LoopKind::Each | LoopKind::Keys => {
            let over = l.over?;
            match u.kind(bare(u, over)) {
                Kind::Range { .. } => {
                    let (over, elements) = indexed(u, l.body, &bound())?;
                    Some(turn(Some(over), elements))
                }
                _ => Some(turn(Some(over), bound())),
            }
        }
        LoopKind::EachAwait => is_row_stream(view, unit, l.over?).then(|| turn(l.over, bound())),
        LoopKind::Counted => {
            if !steps_by_one(u, l) || l.condition.is_some_and(|condition| is_bounded(u, condition)) {
                return None;
            }
            let counters = counters(u, l);
            let (over, elements) = indexed(u, l.body, &counters)?;
            Some(turn(Some(over), elements))
        }
        LoopKind::While | LoopKind::Forever => {
            let (over, elements) = taken(view, unit, l).or_else(|| counted(u, l))?;
            Some(turn(Some(over), elements))
        }
    }
}

/// What a `while` indexes with a number that its condition compares and each turn raises by one:
/// `while (i < posts.length) { …; i++ }`.
fn counted(u: &Unit, l: &Loop) -> Option<(NodeId, Vec<BindingId>)> {
    let condition = l.condition.filter(|&condition| !is_bounded(u, condition))?;
    let mut compared = Vec::new();
    for node in u.descendants(condition) {
        if let Kind::Binary { op, left, .. } = u.kind(node)
            && matches!(op.as_str(), "<" | "<=" | ">" | ">=")
            && let Kind::Name { binding: Some(counter), .. } = u.kind(bare(u, *left))
        {
            compared.push(*counter);
        }
    }
    let changes: Vec<(BindingId, bool)> =
        u.descendants(l.body).into_iter().filter_map(|node| change_of(u, node)).collect();
    // A number that other turns move too may come back, or leave some out.
    compared.retain(|counter| {
        let mut own = changes.iter().filter(|(binding, _)| binding == counter);
        own.next().is_some_and(|(_, is_by_one)| *is_by_one) && own.next().is_none()
    });
    indexed(u, l.body, &compared)
}

/// What an expression assigns to, and whether it moves it by one.
fn change_of(u: &Unit, node: NodeId) -> Option<(BindingId, bool)> {
    let changed = match u.kind(node) {
        Kind::Unary { op, value } if matches!(op.as_str(), "++" | "--") => *value,
        Kind::Assign { target, .. } => *target,
        _ => return None,
    };
    match u.kind(bare(u, changed)) {
        Kind::Name { binding: Some(binding), .. } => Some((*binding, is_step_of_one(u, node))),
        _ => None,
    }
}

/// Whether a loop goes on for a few turns at most: `i < Math.min(3, posts.length)`, `i < posts.length && i < 3`.
fn is_bounded(u: &Unit, condition: NodeId) -> bool {
    let is_few = |node| few(u, node).is_some();
    match u.kind(condition) {
        Kind::Binary { op, left, right } if op == "&&" => is_bounded(u, *left) || is_bounded(u, *right),
        Kind::Binary { op, right, .. } if matches!(op.as_str(), "<" | "<=") => match u.kind(*right) {
            Kind::Call { args, .. } => {
                callee_name(u, *right).is_some_and(|name| name == "min")
                    && args.iter().any(|&arg| is_few(arg))
            }
            _ => is_few(*right),
        },
        _ => false,
    }
}

/// What a loop over numbers indexes with them, and what it binds the elements to.
fn indexed(u: &Unit, body: NodeId, counters: &[BindingId]) -> Option<(NodeId, Vec<BindingId>)> {
    let is_counter =
        |node| matches!(u.kind(bare(u, node)), Kind::Name { binding: Some(b), .. } if counters.contains(b));
    let mut over = None;
    let mut elements = Vec::new();
    for node in u.descendants(body) {
        let Kind::Index { object, index } = u.kind(node) else { continue };
        if !is_counter(*index) {
            continue;
        }
        let is_written = u
            .parent(node)
            .is_some_and(|p| matches!(u.kind(p), Kind::Assign { target, .. } if *target == node));
        if is_written {
            continue;
        }
        over.get_or_insert(*object);
        let holder = std::iter::successors(u.parent(node), |&n| {
            matches!(u.kind(n), Kind::Unary { .. } | Kind::NonNull(_)).then(|| u.parent(n)).flatten()
        })
        .last();
        if let Some(Kind::Let { pattern, .. }) = holder.map(|n| u.kind(n)) {
            elements.extend(pattern.bindings.iter().copied());
        }
    }
    over.map(|over| (over, elements))
}

fn counters(u: &Unit, l: &Loop) -> Vec<BindingId> {
    match l.init.map(|init| u.kind(init)) {
        Some(Kind::Let { pattern, .. }) => pattern.bindings.clone(),
        Some(Kind::Assign { target, .. }) => match u.kind(*target) {
            Kind::Name { binding: Some(b), .. } => vec![*b],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn steps_by_one(u: &Unit, l: &Loop) -> bool {
    let Some(mut step) = l.step else { return true };
    if let Kind::Discard(inner) = u.kind(step) {
        step = *inner;
    }
    is_step_of_one(u, step)
}

fn is_step_of_one(u: &Unit, step: NodeId) -> bool {
    match u.kind(step) {
        Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--"),
        Kind::Assign { op, value, .. } if matches!(op.as_str(), "+=" | "-=") => {
            matches!(u.kind(*value), Kind::Literal(Literal::Number(n)) if n == "1")
        }
        Kind::Assign { op, value, .. } if op == "=" => match u.kind(*value) {
            Kind::Binary { left, right, .. } => [*left, *right]
                .iter()
                .any(|&side| matches!(u.kind(side), Kind::Literal(Literal::Number(n)) if n == "1")),
            _ => false,
        },
        _ => false,
    }
}

const TAKES_ONE: &[&str] =
    &["pop", "shift", "pop_front", "pop_back", "pop_first", "pop_last", "next", "try_next"];

/// What a `while` or `loop` takes elements from one by one, and what it binds them to: a work list, an iterator, rows.
fn taken(view: &UnitView<'_>, unit: usize, l: &Loop) -> Option<(NodeId, Vec<BindingId>)> {
    let u = unit_of(view, unit);
    let own = u.node(l.body).function;
    let mut nodes: Vec<NodeId> = l.condition.map(|c| u.descendants(c)).unwrap_or_default();
    nodes.extend(u.descendants(l.body));
    nodes.into_iter().filter(|&n| u.node(n).function == own).find_map(|node| {
        let name = callee_name(u, node)?;
        let Kind::Call { args, .. } = u.kind(node) else { return None };
        if !TAKES_ONE.contains(&name.as_str()) || !args.is_empty() {
            return None;
        }
        let list = receiver(u, node)?;
        let mut around = u.parent(node)?;
        let is_waited_for = matches!(u.kind(around), Kind::Await(_));
        let is_iterator = matches!(name.as_str(), "next" | "try_next");
        if is_waited_for && !(is_iterator && is_row_stream(view, unit, list)) {
            return None;
        }
        if !is_waited_for && !is_own_list(view, unit, list, is_iterator) {
            return None;
        }
        while matches!(u.kind(around), Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. }) {
            around = u.parent(around)?;
        }
        match u.kind(around) {
            Kind::Is { pattern, .. } | Kind::Let { pattern, .. } => Some((list, pattern.bindings.clone())),
            Kind::Match { arms, .. } => {
                let bound =
                    arms.iter().filter_map(|arm| arm.pattern.as_ref()).flat_map(|p| p.bindings.clone());
                Some((list, bound.collect()))
            }
            Kind::Assign { target, .. } => match u.kind(*target) {
                Kind::Name { binding: Some(b), .. } => Some((list, vec![*b])),
                _ => None,
            },
            _ => None,
        }
    })
}

/// Whether a list lives in this function: no channel, and no client of a queue.
fn is_own_list(view: &UnitView<'_>, unit: usize, node: NodeId, is_iterator: bool) -> bool {
    let u = unit_of(view, unit);
    let Some((outer, binding)) = declaration(view, unit, bare(u, node)) else { return false };
    let u = unit_of(view, outer);
    let Some(value) = u.binding(binding).value else { return is_iterator };
    match u.kind(bare(u, value)) {
        Kind::Array(_) | Kind::Repeat { .. } | Kind::Name { .. } | Kind::Member { .. } => true,
        Kind::Call { .. } => {
            effects_of(view, outer, value).is_empty()
                || effects_of(view, outer, value).intersects(Effects::DB)
        }
        Kind::Await(_) | Kind::Try(_) => true,
        _ => false,
    }
}
