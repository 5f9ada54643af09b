//! Moves a call to a thread for what blocks.

use plimsoll_behavior::{Access, CallForm, Kind, Literal, Name, NodeId, Unit};
use plimsoll_project::declared_major;
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use super::unblock::can_await;
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// Hands a call of a function to what runs closures on other threads, with copies of what it is given. None where it is
/// given anything but names, their fields, and constants, and where no crate that has such a thing is declared.
#[must_use]
pub fn moved_aside(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let Kind::Call { callee, args, form: CallForm::Plain, .. } = u.kind(call.node) else { return None };
    if !unit.is_rust() || !can_await(u, call.node) || !is_path(u, *callee) {
        return None;
    }
    let edit = aside_edit(unit)?;
    let statement = statement_around(u, call.node)?;
    let text = unit.project.text;
    let start = unit.bytes(statement).start;
    if !style::begins_its_line(text, start) {
        return None;
    }
    let mut copies = Vec::new();
    let mut given = Vec::new();
    for &arg in args {
        let (copy, written) = moved(unit, arg, &copies)?;
        copies.extend(copy);
        given.push(written);
    }
    let called = format!("{}({})", unit.text(*callee), given.join(", "));
    let Style { newline, .. } = Style::of(text);
    let indent = style::indent_at(text, start);
    let before: String =
        copies.iter().map(|(name, value)| format!("let {name} = {value};{newline}{indent}")).collect();
    let path = unit.linked.file.path.to_string();
    let edit_at =
        |range: TextRange, new_text: String| PlannedEdit { path: path.clone(), range: Some(range), new_text };
    let mut edits = vec![edit_at(unit.bytes(call.node), edit.replace("{call}", &called))];
    if !before.is_empty() {
        edits.insert(0, edit_at(TextRange::new(start, start), before));
    }
    Some(edits)
}

/// How the first library does it that is declared.
fn aside_edit(unit: &UnitView<'_>) -> Option<Name> {
    let path = &unit.linked.file.path;
    let declares = |package: &str| {
        // A crate is declared with hyphens and used with underscores.
        let files = unit.world.files();
        [package.to_owned(), package.replace('_', "-")]
            .iter()
            .any(|name| declared_major(files, path, name).is_some())
    };
    unit.eval.models.all().iter().find_map(|model| {
        let edit = model.functions.iter().find_map(|function| function.behavior.aside_edit.clone())?;
        model.packages.iter().any(|package| declares(package)).then_some(edit)
    })
}

/// A copy that an argument needs, by its name and value, and what is written in its place.
fn moved(
    unit: &UnitView<'_>,
    arg: NodeId,
    taken: &[(String, String)],
) -> Option<(Option<(String, String)>, String)> {
    let u = unit.unit;
    let (is_lent, place) = match u.kind(arg) {
        Kind::Literal(Literal::Number(_) | Literal::Bool(_) | Literal::String(_)) => {
            return Some((None, unit.text(arg).to_owned()));
        }
        Kind::Unary { op, value } if op == "&" => (true, *value),
        _ => (false, arg),
    };
    let last = match u.kind(place) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => name,
        _ => return None,
    };
    let is_constant = last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_constant && !is_lent {
        return Some((None, unit.text(arg).to_owned()));
    }
    let name = ["", "own_"].iter().map(|prefix| format!("{prefix}{last}")).find(|name| {
        !u.bindings.iter().any(|binding| binding.name == name.as_str())
            && !taken.iter().any(|(other, _)| other == name)
    })?;
    let value = unit.text(place);
    match u.kind(place) {
        Kind::Member { .. } if is_field(u, place) => {
            let written = if is_lent { format!("&{name}") } else { name.clone() };
            Some((Some((name, format!("{value}.clone()"))), written))
        }
        Kind::Name { binding: Some(binding), .. } => {
            let ty = u.binding(*binding).ty.as_deref().and_then(|ty| ty.path.last());
            // A name without a type may lend what does not live as long as the thread.
            let is_text = ty.is_some_and(|last| last == "str");
            match (is_lent, is_text) {
                (false, true) => {
                    Some((Some((name.clone(), format!("{value}.to_owned()"))), format!("&{name}")))
                }
                (true, false) => Some((Some((name.clone(), format!("{value}.clone()"))), format!("&{name}"))),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a node is the field of a name, or of its field.
fn is_field(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Member { object, access: Access::Dot, .. } => is_field(u, *object),
        Kind::Name { binding: Some(_), .. } | Kind::This => true,
        _ => false,
    }
}

/// Whether what is called is a function by its path, and no method of a value.
fn is_path(u: &Unit, callee: NodeId) -> bool {
    match u.kind(callee) {
        Kind::Name { .. } | Kind::PathRoot(_) => true,
        Kind::Member { object, access: Access::Path, .. } => is_path(u, *object),
        _ => false,
    }
}

/// The statement that a node is a part of, whatever of it runs once.
fn statement_around(u: &Unit, node: NodeId) -> Option<NodeId> {
    let function = u.node(node).function;
    let mut at = node;
    for around in u.ancestors(node) {
        if u.node(around).function != function || matches!(u.kind(around), Kind::Loop(_)) {
            return None;
        }
        if matches!(u.kind(around), Kind::Block { .. }) {
            return Some(at);
        }
        at = around;
    }
    None
}
