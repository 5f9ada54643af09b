//! Moves the places at which a text is cut to where one of its characters ends.

use plimsoll_behavior::{Access, Kind, NodeId};
use plimsoll_project::rust_of;

use crate::ask::{Cut, callee_name};
use crate::{PlannedEdit, UnitView};

/// The first version of Rust whose texts tell the boundary before a byte.
const SINCE: (u32, u32) = (1, 91);

/// The edits for cuts of one text; none where the text is no name that can be written again, and where the project's Rust
/// is too old.
#[must_use]
pub fn at_a_boundary(unit: &UnitView<'_>, cuts: &[Cut]) -> Option<Vec<PlannedEdit>> {
    let path = unit.linked.file.path.to_string();
    let rust = rust_of(unit.project.files, &path);
    if rust.edition < 2021 || rust.version.is_some_and(|version| version < SINCE) {
        return None;
    }
    let edits = cuts.iter().map(|cut| {
        let text = place(unit, cut.text)?;
        // Of `..=n` the character that begins at `n` belongs to the part.
        if unit.text(unit.unit.parent(cut.at)?).contains("..=") {
            return None;
        }
        let number = unit.text(without_length(unit, cut.at, text));
        let new_text = format!("{text}.floor_char_boundary({number})");
        Some(PlannedEdit { path: path.clone(), range: Some(unit.bytes(cut.at)), new_text })
    });
    edits.collect()
}

/// A name or a field, which can be written twice without being evaluated twice.
fn place<'a>(unit: &UnitView<'a>, node: NodeId) -> Option<&'a str> {
    let u = unit.unit;
    let mut at = node;
    loop {
        at = match u.kind(at) {
            Kind::Member { object, .. } => *object,
            Kind::Name { .. } | Kind::This => return Some(unit.text(node)),
            _ => return None,
        };
    }
}

/// `200` of `200.min(text.len())`: the boundary before a byte behind the end is the end.
fn without_length(unit: &UnitView<'_>, at: NodeId, text: &str) -> NodeId {
    let u = unit.unit;
    let Kind::Call { callee, args, .. } = u.kind(at) else { return at };
    let method_of = match u.kind(*callee) {
        Kind::Member { object, access: Access::Dot, .. } => Some(*object),
        _ => None,
    };
    let (a, b) = match (method_of, args.as_ref()) {
        (Some(a), [b]) => (a, *b),
        // A function that was imported must not be left without a use.
        (None, [a, b]) if unit.text(*callee).starts_with("std::") => (*a, *b),
        _ => return at,
    };
    if callee_name(u, at).is_none_or(|name| name != "min") {
        return at;
    }
    let is_length = |node: NodeId| unit.text(node).strip_prefix(text).is_some_and(|rest| rest == ".len()");
    match (is_length(a), is_length(b)) {
        (true, false) => b,
        (false, true) => a,
        _ => at,
    }
}
