//! Disables a button while its handler is at work.

use plimsoll_behavior::{Key, Kind, NodeId, PathStep};
use plimsoll_syntax::TextRange;

use super::cleanup::{free_name, is_taken};
use super::script::statement_after;
use super::style::{Style, begins_its_line, indent_at};
use crate::ask::{Unguarded, callee_name};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// The buttons are disabled by the state that the handler sets already, else by a new one, which is set before the work
/// and reset whatever becomes of it.
#[must_use]
pub fn disabled_meanwhile(unit: &UnitView<'_>, found: &Unguarded) -> Option<FixPlan> {
    let (state, mut edits) = match found.shown_only {
        Some((of, binding)) => (unit.unit_of(of).binding(binding).name.to_string(), Vec::new()),
        None => new_state(unit, found)?,
    };
    for &button in &found.buttons {
        edits.push(disabled_by(&unit.of(button.0), button.1, &state)?);
    }
    let title = match found.shown_only {
        Some(_) => format!("Disable the button while `{state}` is set"),
        None => "Disable the button while its handler is at work".to_owned(),
    };
    Some(FixPlan { title: format!("{title} (review: try it out)"), safety: Safety::Review, edits })
}

/// A state beside the last one of the component, that the handler sets; its name, and the edits.
fn new_state(unit: &UnitView<'_>, found: &Unguarded) -> Option<(String, Vec<PlannedEdit>)> {
    let component = unit.of(found.component.0);
    let u = component.unit;
    let is_of_it = |node: NodeId| u.node(node).function == found.component.1;
    // The last pair of a value and what sets it, by the hook that the file calls already.
    let last = u.bindings.iter().rev().find_map(|b| {
        let hook = b.value.filter(|&value| is_of_it(value))?;
        let is_it = b.path.as_slice() == [PathStep::Index(1)]
            && callee_name(u, hook).is_some_and(|name| name == "useState");
        is_it.then_some(hook)
    })?;
    let Kind::Call { callee, .. } = u.kind(last) else { return None };
    let make = component.text(*callee);
    let name = free_name(&component, found.component.1, "isSubmitting");
    let capital = name.get(..1)?.to_ascii_uppercase() + name.get(1..)?;
    let setter = format!("set{capital}");
    if is_taken(&component, found.component.1, &setter) {
        return None;
    }
    let statement = std::iter::once(last)
        .chain(u.ancestors(last))
        .find(|&node| u.parent(node).is_some_and(|p| matches!(u.kind(p), Kind::Block { .. })))?;
    let declared =
        statement_after(&component, statement, &format!("const [{name}, {setter}] = {make}(false)"))?;
    let mut edits = vec![declared];
    edits.extend(set_while_at_work(unit, found, &setter)?);
    Some((name, edits))
}

/// Sets the state before the work of the handler and resets it in a `finally`.
fn set_while_at_work(unit: &UnitView<'_>, found: &Unguarded, setter: &str) -> Option<Vec<PlannedEdit>> {
    let step = found.press.steps.last()?;
    let handler = unit.of(step.function.0);
    let u = handler.unit;
    let function = u.function(step.function.1);
    let body = function.body.filter(|_| function.is_async && step.at.0 == step.function.0)?;
    let Kind::Block { statements, .. } = u.kind(body) else { return None };
    let around: Vec<NodeId> = std::iter::once(step.at.1).chain(u.ancestors(step.at.1)).collect();
    let index = statements.iter().position(|one| around.contains(one))?;
    let is_awaited = around
        .iter()
        .take_while(|node| !statements.contains(node))
        .any(|&node| matches!(u.kind(node), Kind::Await(_)) && u.node(node).function == step.function.1);
    let statement = statements[index];
    let range = handler.bytes(statement);
    let text = handler.project.text;
    if !is_awaited || !begins_its_line(text, range.start) {
        return None;
    }
    let Style { newline, indent: level, semicolon } = Style::of(text);
    let indent = indent_at(text, range.start);
    let set = format!("{setter}(true){semicolon}{newline}{indent}");
    let reset = format!("{setter}(false){semicolon}");
    if let Kind::TryCatch { finally, .. } = u.kind(statement)
        && index + 1 == statements.len()
    {
        let before = edit(&handler, range.start, range.start, set);
        let after = match finally {
            Some(finally) => {
                let Kind::Block { statements, .. } = u.kind(*finally) else { return None };
                statement_after(&handler, *statements.last()?, reset.trim_end_matches(';'))?
            }
            None => {
                let finally = format!(" finally {{{newline}{indent}{level}{reset}{newline}{indent}}}");
                edit(&handler, range.end, range.end, finally)
            }
        };
        return Some(vec![before, after]);
    }
    let last = handler.bytes(*statements.last()?).end;
    let end = last + u32::from(text.get(last as usize..)?.starts_with(';'));
    let work = text.get(range.start as usize..end as usize)?;
    // White space in a text of several lines means something.
    let is_plain = work.lines().all(|line| line.matches('`').count() % 2 == 0);
    let work = if is_plain { deeper(work, &level) } else { work.to_owned() };
    let first = if is_plain { level.as_str() } else { "" };
    let new_text = format!(
        "{set}try {{{newline}{indent}{first}{work}{newline}{indent}}} finally {{{newline}{indent}{level}{reset}{newline}{indent}}}"
    );
    Some(vec![edit(&handler, range.start, end, new_text)])
}

/// The text with its lines after the first one indented one level further.
fn deeper(text: &str, level: &str) -> String {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |out, line| {
        let indent = if line.trim().is_empty() { "" } else { level };
        out + "\n" + indent + line
    })
}

/// Makes a state one of the reasons for which a button is disabled.
fn disabled_by(view: &UnitView<'_>, button: NodeId, state: &str) -> Option<PlannedEdit> {
    let u = view.unit;
    let Kind::Element { tag: Some(tag), attributes, .. } = u.kind(button) else { return None };
    let is_it = |key: &Key| matches!(key, Key::Name(name) if name == "disabled");
    if let Some(there) = attributes.iter().find(|entry| is_it(&entry.key)) {
        let value = view.bytes(there.value);
        let written = view.text(there.value);
        return match u.kind(there.value) {
            Kind::Literal(_) => None,
            Kind::If { .. } | Kind::Binary { .. } => {
                Some(edit(view, value.start, value.end, format!("{state} || ({written})")))
            }
            _ => Some(edit(view, value.start, value.start, format!("{state} || "))),
        };
    }
    let text = view.project.text;
    let at = view.bytes(*tag).end;
    let rest = text.get(at as usize..)?;
    let space = &rest[..rest.len() - rest.trim_start().len()];
    let space = if space.contains('\n') && !attributes.is_empty() { space } else { " " };
    Some(edit(view, at, at, format!("{space}disabled={{{state}}}")))
}

fn edit(view: &UnitView<'_>, start: u32, end: u32, new_text: String) -> PlannedEdit {
    let range = Some(TextRange::new(start, end));
    PlannedEdit { path: view.linked.file.path.to_string(), range, new_text }
}
