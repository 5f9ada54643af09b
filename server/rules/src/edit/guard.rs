//! Lets a guard go before something is awaited.

use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use crate::ask::Held;
use crate::{PlannedEdit, UnitView};

/// `drop(guard);` before the statement that awaits, and the guard's name; none where it is needed in that statement or
/// behind it, and where it is bound in a branch or a loop that the statement is not a part of.
#[must_use]
pub fn released_before(
    unit: &UnitView<'_>,
    held: &Held,
    awaited: NodeId,
) -> Option<(Vec<PlannedEdit>, String)> {
    let u = unit.unit;
    let name = u.binding(held.name?);
    // The statement of the guard's own block that awaits: a loop in between would drop the guard twice.
    let block = u.parent(held.from)?;
    let Kind::Block { statements, .. } = u.kind(block) else { return None };
    if !matches!(u.kind(held.from), Kind::Let { .. }) {
        return None;
    }
    let around = |statement: &&NodeId| {
        let (outer, inner) = (u.range(**statement), u.range(awaited));
        outer.start <= inner.start && inner.end <= outer.end
    };
    let statement = *statements.iter().find(around)?;
    let is_needed = |&used: &NodeId| u.range(used).end > u.range(statement).start;
    if statement == held.from || name.uses.iter().any(is_needed) || borrows_outlive(unit, held, statement) {
        return None;
    }
    let text = unit.project.text;
    let start = unit.bytes(statement).start;
    if !style::begins_its_line(text, start) {
        return None;
    }
    let newline = Style::of(text).newline;
    let new_text = format!("drop({});{newline}{}", name.name, style::indent_at(text, start));
    let range = Some(TextRange::new(start, start));
    let edit = PlannedEdit { path: unit.linked.file.path.to_string(), range, new_text };
    Some((vec![edit], name.name.to_string()))
}

/// Whether a name that is bound to what the guard lends is needed in the statement or behind it.
fn borrows_outlive(unit: &UnitView<'_>, held: &Held, statement: NodeId) -> bool {
    let u = unit.unit;
    let from = u.range(statement).start;
    let Some(guard) = held.name else { return true };
    u.bindings.iter().any(|binding| {
        let Some(value) = binding.value else { return false };
        let is_lent = u
            .descendants(value)
            .into_iter()
            .any(|node| matches!(u.kind(node), Kind::Name { binding: Some(b), .. } if *b == guard));
        is_lent && !is_owned(unit, value) && binding.uses.iter().any(|&used| u.range(used).end > from)
    })
}

/// Whether a value is the code's own, whatever it was made from: a copy, a number.
fn is_owned(unit: &UnitView<'_>, value: NodeId) -> bool {
    const COPIES: &[&str] = &[
        "clone",
        "cloned",
        "copied",
        "to_owned",
        "to_string",
        "to_vec",
        "len",
        "is_empty",
        "collect",
        "take",
    ];
    let u = unit.unit;
    let mut at = value;
    while let Kind::Try(inner) = u.kind(at) {
        at = *inner;
    }
    matches!(u.kind(at), Kind::Unary { op, .. } if op == "*")
        || crate::ask::callee_name(u, at).is_some_and(|name| COPIES.contains(&name.as_str()))
}
