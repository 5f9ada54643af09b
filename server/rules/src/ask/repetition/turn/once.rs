//! Loops of which only one turn asks: the one for a certain element, or all up to the first hit.

use plimsoll_behavior::{Kind, Literal, NodeId, PathStep, Unit};

use super::Turn;
use crate::ask::code::{bare, callee_name, derives_from, mentions};

/// Whether a call runs only on the turn of one certain element: `if (role === 'parent')`, `case 'parent':`.
pub(super) fn is_for_one_element(u: &Unit, turn: &Turn, place: NodeId) -> bool {
    let mut below = place;
    for around in u.ancestors(place) {
        let is_for_one = match u.kind(around) {
            Kind::If { condition, then, .. } => *then == below && names_one(u, turn, *condition),
            Kind::Binary { op, left, right } => op == "&&" && *right == below && names_one(u, turn, *left),
            Kind::Match { on, arms } => {
                is_element(u, turn, *on) && arms.iter().any(|arm| arm.body == below && arm.case.is_some())
            }
            _ => false,
        };
        if is_for_one {
            return true;
        }
        if around == turn.body {
            return false;
        }
        below = around;
    }
    false
}

/// Whether a condition holds for one element: it is compared with something that does not come from it.
fn names_one(u: &Unit, turn: &Turn, condition: NodeId) -> bool {
    let Kind::Binary { op, left, right } = u.kind(condition) else { return false };
    match op.as_str() {
        "&&" => names_one(u, turn, *left) || names_one(u, turn, *right),
        "==" | "===" => [(*left, *right), (*right, *left)].iter().any(|&(one, other)| {
            is_element(u, turn, one) && !mentions(u, other, &turn.elements)
                || is_word_of(u, turn, one) && matches!(u.kind(other), Kind::Literal(Literal::String(_)))
        }),
        _ => false,
    }
}

/// Whether a node is a name that the turn has made of its element by a choice: `column` in
/// `let column = match key { "avatar" => "user_avatar", _ => continue }`.
fn is_word_of(u: &Unit, turn: &Turn, node: NodeId) -> bool {
    let Kind::Name { binding: Some(b), .. } = u.kind(bare(u, node)) else { return false };
    let made = u.binding(*b).value;
    made.is_some_and(
        |made| matches!(u.kind(made), Kind::Match { on, .. } if mentions(u, *on, &turn.elements)),
    )
}

/// Whether a node is the element as a whole, or what it is called by: `role`, `Some(*date)`, `post.id`.
fn is_element(u: &Unit, turn: &Turn, node: NodeId) -> bool {
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Name { binding: Some(b), .. } if turn.elements.contains(b) => {
            let b = u.binding(*b);
            b.path.iter().all(|step| matches!(step, PathStep::Variant(..))) || is_identity(&b.name)
        }
        Kind::Member { object, name, .. } => is_identity(name) && is_element(u, turn, *object),
        Kind::Call { args, .. } => match &**args {
            [only] => callee_name(u, node).is_some_and(|n| n == "Some") && is_element(u, turn, *only),
            _ => false,
        },
        _ => false,
    }
}

fn is_identity(name: &str) -> bool {
    matches!(name, "id" | "_id")
}

/// Whether the loop ends at the first element for which the call finds something, and hands on what it found.
pub(super) fn ends_at_its_hit(u: &Unit, turn: &Turn, call: NodeId) -> bool {
    if turn.driver.0 != turn.unit || !matches!(u.kind(turn.driver.1), Kind::Loop(_)) {
        return false;
    }
    u.descendants(turn.body).into_iter().any(|node| match u.kind(node) {
        Kind::If { condition, then, .. } => {
            is_hit(u, *condition, call) && ends_the_loop(u, *then) && hands_on(u, *then, *condition, call)
        }
        _ => false,
    })
}

/// Whether a condition says that the call has found something.
fn is_hit(u: &Unit, condition: NodeId, call: NodeId) -> bool {
    match u.kind(condition) {
        Kind::Binary { op, left, right } => match op.as_str() {
            "&&" => is_hit(u, *left, call) || is_hit(u, *right, call),
            "!=" | "!==" => {
                matches!(u.kind(*right), Kind::Literal(Literal::Null | Literal::Undefined))
                    && derives_from(u, *left, call)
            }
            _ => false,
        },
        Kind::Is { value, pattern } => {
            !pattern.bindings.is_empty()
                && pattern.variants.iter().all(|variant| variant != "Err")
                && derives_from(u, *value, call)
        }
        Kind::Call { .. } => {
            callee_name(u, condition).is_some_and(|n| n == "is_some") && derives_from(u, condition, call)
        }
        Kind::Name { name, .. } | Kind::Member { name, .. } => {
            !name.to_ascii_lowercase().contains("err") && derives_from(u, condition, call)
        }
        _ => false,
    }
}

/// Whether the last statement of a branch leaves the loop with a success.
fn ends_the_loop(u: &Unit, branch: NodeId) -> bool {
    let last = match u.kind(branch) {
        Kind::Block { statements, .. } => match statements.last() {
            Some(&last) => last,
            None => return false,
        },
        _ => branch,
    };
    match u.kind(last) {
        Kind::Break { .. } | Kind::Return(None) => true,
        Kind::Return(Some(value)) => callee_name(u, *value).is_none_or(|name| name != "Err"),
        _ => false,
    }
}

/// Whether a branch uses what the call found.
fn hands_on(u: &Unit, branch: NodeId, condition: NodeId, call: NodeId) -> bool {
    let bound = match u.kind(condition) {
        Kind::Is { pattern, .. } => pattern.bindings.as_slice(),
        _ => &[],
    };
    derives_from(u, branch, call) || mentions(u, branch, bound)
}
