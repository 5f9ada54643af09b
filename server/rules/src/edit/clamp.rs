//! Puts an upper bound on a number, by the project's own constant where the file has one.

use plimsoll_behavior::{Guarantees, Key, Kind, Literal, NodeId};

use crate::ask::{FromOutside, bare, words};
use crate::{PlannedEdit, UnitView};

/// The edits, and the bound that they write; none where nothing right can be written.
#[must_use]
pub fn clamp(unit: &UnitView<'_>, found: &FromOutside, rows: u32) -> Option<(Vec<PlannedEdit>, String)> {
    if !found.is_whole {
        return None;
    }
    let bound = constant(unit).unwrap_or_else(|| rows.to_string());
    let text = unit.text(found.node);
    let new_text = match unit.is_rust() {
        true => in_rust(unit, found.node, text, &bound)?,
        false => in_script(unit, found, text, &bound)?,
    };
    let range = unit.bytes(found.node);
    let edit = PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text };
    let shown = if constant(unit).is_some() { format!("`{bound}`") } else { bound };
    Some((vec![edit], shown))
}

fn in_script(unit: &UnitView<'_>, found: &FromOutside, text: &str, bound: &str) -> Option<String> {
    let u = unit.unit;
    let node = bare(u, found.node);
    if text.contains("undefined") || text.contains("null") || matches!(u.kind(node), Kind::Object { .. }) {
        return None;
    }
    let is_number = found.guards.contains(Guarantees::NUMBER) || is_computed(unit, node);
    let clamped = match is_number {
        true => format!("Math.min({text}, {bound})"),
        false => format!("Math.min(Number({text}), {bound})"),
    };
    // `{ limit }`
    let shorthand = u.parent(found.node).and_then(|around| match u.kind(around) {
        Kind::Object { entries, .. } => {
            entries.iter().find(|entry| entry.value == found.node && entry.is_shorthand)
        }
        _ => None,
    });
    match shorthand.map(|entry| &entry.key) {
        Some(Key::Name(name)) => Some(format!("{name}: {clamped}")),
        Some(_) => None,
        None => Some(clamped),
    }
}

/// Whether a value is a number as it is written: a sum, a product.
fn is_computed(unit: &UnitView<'_>, node: NodeId) -> bool {
    matches!(unit.unit.kind(node), Kind::Binary { op, .. } if matches!(op.as_str(), "-" | "*" | "/"))
}

fn in_rust(unit: &UnitView<'_>, node: NodeId, text: &str, bound: &str) -> Option<String> {
    let u = unit.unit;
    // An `Option` has a `min` of its own.
    let written = match u.kind(node) {
        Kind::Name { binding: Some(b), .. } => {
            let binding = u.binding(*b);
            let typed = binding.ty.as_ref().is_some_and(|ty| ty.path.len() == 1 && ty.args.is_empty());
            let value = binding.value.filter(|_| binding.path.is_empty()).map(|value| unit.text(value));
            if typed { "unwrap_or" } else { value? }
        }
        _ => text,
    };
    let is_number = ["unwrap_or", " as i64", " as u64", " as i32", " as u32", " as usize"];
    if !is_number.iter().any(|sign| written.contains(sign)) {
        return None;
    }
    Some(match u.kind(node) {
        Kind::Name { .. } | Kind::Call { .. } | Kind::Member { .. } => format!("{text}.min({bound})"),
        _ => format!("({text}).min({bound})"),
    })
}

/// A constant of the file that is a number and says by its name that it is the most rows.
fn constant(unit: &UnitView<'_>) -> Option<String> {
    let module = unit.unit_of(0);
    let says = |name: &str| {
        let words = words(name);
        let is = |own: &[&str]| words.iter().any(|word| own.contains(&word.as_str()));
        is(&["max", "maximum"]) && is(&["limit", "page", "rows", "size", "take", "results", "items"])
    };
    let constants = module.bindings.iter().filter(|binding| says(&binding.name) && binding.scope.0 == 0);
    let number = |binding: &&plimsoll_behavior::Binding| {
        let value = binding.value.filter(|_| binding.path.is_empty() && binding.assignments.is_empty());
        value.is_some_and(|value| matches!(module.kind(value), Kind::Literal(Literal::Number(_))))
    };
    let own = constants.filter(number).map(|binding| binding.name.to_string());
    own.min()
}
