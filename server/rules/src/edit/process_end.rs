//! Ends a process in a listener that has taken its end over.

use plimsoll_behavior::{BindingKind, FunctionId, Kind, Name, NodeId};
use plimsoll_syntax::TextRange;

use super::script::statement_after;
use super::style::{Style, indent_at};
use crate::ask::{ProcessEnd, ProcessEndKind, ProcessListener};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Exits at the end of a listener; where the process is asked to stop, after the server beside it is closed.
#[must_use]
pub fn end_process(
    unit: &UnitView<'_>,
    call: NodeId,
    listener: &ProcessListener,
    end: &ProcessEnd,
) -> Option<FixPlan> {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    let Kind::Member { object: process, .. } = u.kind(*callee) else { return None };
    let status = if end.kind == ProcessEndKind::Stop { "0" } else { "1" };
    let exit = end.exit.as_ref()?.replace("{value}", unit.text(*process)).replace("{status}", status);
    let server = (end.kind == ProcessEndKind::Stop).then(|| server_beside(unit, call)).flatten();
    let (statement, title) = match server {
        Some((server, close)) => {
            (format!("{server}.{close}(() => {exit})"), format!("Close `{server}`, then exit"))
        }
        None => (exit.clone(), format!("Exit at its end with status {status}")),
    };
    let edit = match u.kind(listener.node) {
        Kind::Function(function) => at_its_end(unit, *function, &statement)?,
        Kind::Nested(_) => {
            let function = unit.linked.file.function_at(unit.index, listener.node)?;
            at_its_end(&unit.of(unit.linked.file.unit_at(&function.unit)?), FunctionId(0), &statement)?
        }
        Kind::Name { .. } | Kind::Member { .. } => after_a_call_of(unit, listener, end, &statement)?,
        _ => return None,
    };
    let title = format!("{title} (review: ends the process)");
    Some(FixPlan { title, safety: Safety::Review, edits: vec![edit] })
}

/// A statement as the last one of a function.
fn at_its_end(unit: &UnitView<'_>, function: FunctionId, statement: &str) -> Option<PlannedEdit> {
    let u = unit.unit;
    let text = unit.project.text;
    let own = u.function(function);
    let body = own.body?;
    let range = unit.bytes(body);
    let Style { newline, indent: level, semicolon } = Style::of(text);
    let outer = indent_at(text, unit.to_file(own.range).start);
    let Kind::Block { statements, .. } = u.kind(body) else {
        let value = unit.text(body);
        let before = text.get(..range.start as usize)?.trim_end();
        return before.ends_with("=>").then(|| {
            let lines = [value, statement].map(|line| format!("{outer}{level}{line}{semicolon}{newline}"));
            edit(unit, range, format!("{{{newline}{}{outer}}}", lines.concat()))
        });
    };
    let Some(&last) = statements.last() else {
        let is_blank = text.get(range.start as usize + 1..range.end as usize - 1)?.trim().is_empty();
        return is_blank.then(|| {
            let new_text = format!("{{{newline}{outer}{level}{statement}{semicolon}{newline}{outer}}}");
            edit(unit, range, new_text)
        });
    };
    statement_after(unit, last, statement).or_else(|| {
        // `{ log(error) }` on one line.
        let inside = text.get(range.start as usize + 1..range.end as usize - 1)?;
        let inside = inside.trim().trim_end_matches(';');
        let is_plain = !inside.contains(['\n', '`', '/']);
        is_plain.then(|| {
            let lines = [inside, statement].map(|line| format!("{outer}{level}{line}{semicolon}{newline}"));
            edit(unit, range, format!("{{{newline}{}{outer}}}", lines.concat()))
        })
    })
}

/// A function that calls the one that is named, and then does more.
fn after_a_call_of(
    unit: &UnitView<'_>,
    listener: &ProcessListener,
    end: &ProcessEnd,
    statement: &str,
) -> Option<PlannedEdit> {
    let text = unit.project.text;
    let range = unit.bytes(listener.node);
    let Style { newline, indent: level, semicolon } = Style::of(text);
    let outer = indent_at(text, range.start);
    let named = unit.text(listener.node);
    let known = listener.function.as_ref().and_then(|function| unit.summary(function));
    let takes = known.as_ref().map_or(1, |summary| summary.params.len());
    let is_async = known.is_some_and(|summary| summary.is_async);
    let names: &[&str] = match end.kind {
        ProcessEndKind::Stop => &["signal"],
        ProcessEndKind::Failure => &["error", "origin"],
        ProcessEndKind::Rejection => &["reason", "promise"],
    };
    let params = names.get(..takes)?.join(", ");
    let (start, wait) = if is_async { ("async ", "await ") } else { ("", "") };
    let lines = [format!("{wait}{named}({params})"), statement.to_owned()]
        .map(|line| format!("{outer}{level}{line}{semicolon}{newline}"));
    Some(edit(unit, range, format!("{start}({params}) => {{{newline}{}{outer}}}", lines.concat())))
}

/// A server that a name of the unit holds where a call stands, and the method that closes it.
fn server_beside(unit: &UnitView<'_>, call: NodeId) -> Option<(Name, String)> {
    let u = unit.unit;
    let scope = u.node(call).scope;
    u.bindings.iter().find_map(|binding| {
        let is_plain = binding.kind == BindingKind::Variable && binding.path.is_empty();
        let value = binding.value.filter(|_| is_plain && binding.assignments.is_empty())?;
        let seen = u.resolve(&binding.name, scope, u.range(call).start)?;
        let facts = unit.facts.calls.get(&value)?;
        let (_, behavior) = facts.behavior.as_ref()?;
        let close = behavior.release.iter().find_map(|way| way.strip_prefix("method:"))?;
        let serves = facts.value.instance().is_some_and(|it| unit.eval.models.ty(it.ty).serves);
        (serves && u.binding(seen).range == binding.range).then(|| (binding.name.clone(), close.to_owned()))
    })
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
