//! Throws what a handler has kept to itself.

use plimsoll_behavior::{BindingId, Catch, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::script::statement_after;
use super::style::{Style, indent_at};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Throws the error again at the end of a handler, in the place of what that returns.
#[must_use]
pub fn rethrown(unit: &UnitView<'_>, catch: &Catch) -> Option<FixPlan> {
    let u = unit.unit;
    let Kind::Block { statements, .. } = u.kind(catch.body) else { return None };
    let body = unit.bytes(catch.body);
    let (name, bound) = match &catch.pattern {
        Some(pattern) => {
            let [binding] = pattern.bindings.as_slice() else { return None };
            (u.binding(*binding).name.to_string(), None)
        }
        None => {
            let at = TextRange::new(body.start, body.start);
            ("error".to_owned(), Some(edit(unit, at, "(error) ".to_owned())))
        }
    };
    let throws = format!("throw {name}");
    let thrown = match statements.last() {
        None => emptied(unit, body, &throws)?,
        Some(&last) => match u.kind(last) {
            Kind::Return(_) => edit(unit, without_semicolon(unit, last), throws),
            Kind::If { .. } => return None,
            _ => statement_after(unit, last, &throws)?,
        },
    };
    let title = format!("Throw `{name}` again (review: whoever called is told)");
    Some(FixPlan { title, safety: Safety::Review, edits: bound.into_iter().chain([thrown]).collect() })
}

/// Throws what a branch has found to have failed, where `returns` hands out something empty.
#[must_use]
pub fn thrown_instead(unit: &UnitView<'_>, returns: NodeId, error: BindingId) -> FixPlan {
    let name = &unit.unit.binding(error).name;
    let thrown = edit(unit, without_semicolon(unit, returns), format!("throw {name}"));
    let title = format!("Throw `{name}` (review: whoever called is told)");
    FixPlan { title, safety: Safety::Review, edits: vec![thrown] }
}

/// A block in which nothing stands but the statement.
fn emptied(unit: &UnitView<'_>, body: TextRange, statement: &str) -> Option<PlannedEdit> {
    let text = unit.project.text;
    // A comment in it would be lost.
    let inside = text.get(body.start as usize + 1..body.end as usize - 1)?;
    inside.trim().is_empty().then_some(())?;
    let Style { newline, indent, semicolon } = Style::of(text);
    let outer = indent_at(text, body.start);
    Some(edit(unit, body, format!("{{{newline}{outer}{indent}{statement}{semicolon}{newline}{outer}}}")))
}

/// The bytes of a statement without the semicolon that ends it.
fn without_semicolon(unit: &UnitView<'_>, statement: NodeId) -> TextRange {
    let range = unit.bytes(statement);
    let written = unit.text(statement);
    let rest = written.len() - written.trim_end_matches(';').len();
    TextRange::new(range.start, range.end - u32::try_from(rest).unwrap_or(0))
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
