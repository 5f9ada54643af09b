//! Limits how many rows a query hands over, as its model says it is done.

use plimsoll_behavior::models::{FilterForm, ModelType, Slot};
use plimsoll_behavior::{Kind, Literal, NodeId};
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use super::{rust, script};
use crate::ask::database::reading::Reading;
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// The edits, and what they add, for titles; none where nothing right can be written.
#[must_use]
pub fn limit(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    reading: &Reading,
    rows: u32,
) -> Option<(Vec<PlannedEdit>, String)> {
    if let Some(text) = reading.text {
        return in_text(unit, text, rows);
    }
    // A builder that is narrowed further cannot be, once it is limited.
    if reading.is_kept || unit.is_rust() || reading.is_of_helper {
        return None;
    }
    let (_, behavior) = call.facts.behavior.as_ref()?;
    if let Some((argument, property)) = behavior.slots.get(&Slot::Bound).and_then(|path| path.split_once('.'))
        && call.facts.filters != Some(FilterForm::Builder)
    {
        let edits = script::set_option(unit, call.node, argument.parse().ok()?, property, &rows.to_string())?;
        return Some((edits, format!("`{property}: {rows}`")));
    }
    let made = call.facts.value.instance().map(|made| made.ty);
    if let Some(step) = made.and_then(|ty| step_of(unit, ty)) {
        let text = format!(".{step}({rows})");
        return Some((vec![appended(unit, call.node, &text)], format!("`{text}`")));
    }
    // The call that runs it ends the chain.
    let step = step_of(unit, call.facts.receiver?)?;
    let text = format!(".{step}({rows})");
    let at = rust::dot_before(unit, call.node)?;
    Some((vec![rust::chained(unit, at, &text)], format!("`{text}`")))
}

/// The step of a builder that says how many rows there may be.
fn step_of<'a>(unit: &'a UnitView<'_>, ty: ModelType) -> Option<&'a str> {
    let methods = &unit.eval.models.ty(ty).methods;
    let limits = methods.iter().filter(|(_, behavior)| {
        behavior.slots.get(&Slot::Bound).is_some_and(|path| path == "0") && behavior.effect.0.is_empty()
    });
    limits.map(|(name, _)| name.as_str()).min()
}

/// A step at the end of a chain, on a line of its own where the last one is.
fn appended(unit: &UnitView<'_>, call: NodeId, step: &str) -> PlannedEdit {
    let text = unit.project.text;
    let end = unit.bytes(call).end;
    let own_line = rust::dot_before(unit, call).filter(|&dot| style::begins_its_line(text, dot));
    let new_text = match own_line {
        Some(dot) => format!("{}{}{step}", Style::of(text).newline, style::indent_at(text, dot)),
        None => step.to_owned(),
    };
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(TextRange::new(end, end)), new_text }
}

/// `LIMIT` at the end of a statement that is one literal.
fn in_text(unit: &UnitView<'_>, node: NodeId, rows: u32) -> Option<(Vec<PlannedEdit>, String)> {
    if !matches!(unit.unit.kind(node), Kind::Literal(Literal::String(_)) | Kind::Template { .. }) {
        return None;
    }
    let source = unit.text(node);
    let content = &source[..source.rfind(['"', '\'', '`'])?];
    let statement = content.trim_end().trim_end_matches(';').trim_end();
    let last = statement.rsplit('\n').next().unwrap_or_default();
    if last.contains("--") || last.trim_end().ends_with('\\') || statement.len() < 8 {
        return None;
    }
    let is_upper = !statement.contains("select ");
    let word = if is_upper { "LIMIT" } else { "limit" };
    let new_text = match statement.contains('\n') {
        true => format!("{}{}{word} {rows}", Style::of(unit.project.text).newline, style::leading(last)),
        false => format!(" {word} {rows}"),
    };
    let at = unit.bytes(node).start + u32::try_from(statement.len()).ok()?;
    let edit = PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(TextRange::new(at, at)),
        new_text,
    };
    Some((vec![edit], format!("`{word} {rows}`")))
}
