//! Handles what fails in a callback whose promise nobody looks at.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{FunctionId, Kind, NodeId};
use plimsoll_project::link::{Context, Value};
use plimsoll_syntax::TextRange;

use super::script::free_name;
use super::style::{Style, begins_its_line, indent_at, indented};
use crate::ask::Dropped;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Wraps a callback in what those beside it are wrapped in, else catches what fails in it: a handler hands it to `next`,
/// any other callback logs it.
#[must_use]
pub fn handle_in(unit: &UnitView<'_>, call: NodeId, dropped: &Dropped) -> Option<FixPlan> {
    let u = unit.unit;
    let plan = |title: String, edits: Vec<PlannedEdit>| FixPlan { title, safety: Safety::Review, edits };
    // Handlers that no library passes errors on for have nothing to hand them to.
    if dropped.run == Run::Handler && dropped.by.is_none() {
        return None;
    }
    let takes = unit.summary(&dropped.function).map_or(0, |summary| summary.params.len());
    if dropped.run == Run::Handler
        && takes <= 3
        && let Some(wrapper) = wrapper_beside(unit, call)
    {
        let range = unit.bytes(dropped.node);
        let edits = vec![
            edit(unit, TextRange::new(range.start, range.start), format!("{wrapper}(")),
            edit(unit, TextRange::new(range.end, range.end), ")".to_owned()),
        ];
        return Some(plan(format!("Wrap in `{wrapper}` (review: errors are answered)"), edits));
    }
    let (at, function) = match u.kind(dropped.node) {
        Kind::Function(function) => (unit.index, *function),
        Kind::Nested(_) => (unit.linked.file.unit_at(&dropped.function.unit)?, FunctionId(0)),
        _ if dropped.run == Run::Handler => {
            let edits = vec![by_its_name(unit, dropped)?];
            return Some(plan(
                "Hand its rejection to `next` (review: errors are answered)".to_owned(),
                edits,
            ));
        }
        _ => return None,
    };
    let there = unit.of(at);
    if dropped.run == Run::Handler {
        let (next, added) = next_of(&there, function)?;
        let caught = catch_all(&there, function, &format!("{next}(error)"))?;
        let edits = added.into_iter().chain([caught]).collect();
        return Some(plan(format!("Hand what fails to `{next}` (review: errors are answered)"), edits));
    }
    let caught = catch_all(&there, function, "console.error(error)")?;
    Some(plan("Catch what fails and log it (review: the process goes on)".to_owned(), vec![caught]))
}

/// Catches what a callback throws in which a node stands, and logs it.
#[must_use]
pub fn caught_in_callback(unit: &UnitView<'_>, node: NodeId) -> Option<FixPlan> {
    let function = unit.unit.node(node).function;
    let runs = unit.context(function);
    if !matches!(runs, Context::Runs(Run::Listener | Run::Interval | Run::Timeout, _)) {
        return None;
    }
    let caught = catch_thrown(unit, function, "console.error(error)")?;
    let title = "Catch what fails and log it (review: the process goes on)".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits: vec![caught] })
}

/// Catches what fails in a function that goes on with the next handler, and hands it there.
#[must_use]
pub fn handle_in_middleware(unit: &UnitView<'_>, function: FunctionId) -> Option<FixPlan> {
    let (next, added) = next_of(unit, function)?;
    let caught = catch_all(unit, function, &format!("{next}(error)"))?;
    let edits = added.into_iter().chain([caught]).collect();
    let title = format!("Hand what fails to `{next}` (review: errors are answered)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// The function that handlers of other routes beside a call are wrapped in.
fn wrapper_beside(unit: &UnitView<'_>, call: NodeId) -> Option<String> {
    let u = unit.unit;
    let routes = unit.calls().filter(|other| {
        let behavior = other.facts.behavior.as_ref();
        other.node != call && behavior.is_some_and(|(_, b)| b.run == Some(Run::Handler))
    });
    routes.flat_map(|route| wrapped_arguments(unit, route.node)).find_map(|wrapping| {
        let Kind::Call { callee, args, .. } = u.kind(wrapping) else { return None };
        let [handler] = args.iter().as_slice() else { return None };
        let is_handler = matches!(unit.eval.value(unit.index, *handler), Value::Function(_));
        let facts = unit.eval.call(unit.index, wrapping);
        // What runs the handler at once is none.
        let runs = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.run.is_some());
        match u.kind(*callee) {
            Kind::Name { name, .. } if is_handler && !runs => Some(name.to_string()),
            _ => None,
        }
    })
}

fn wrapped_arguments(unit: &UnitView<'_>, call: NodeId) -> Vec<NodeId> {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return Vec::new() };
    args.iter().copied().filter(|&arg| matches!(unit.unit.kind(arg), Kind::Call { .. })).collect()
}

/// A function in the place of one that is named, which hands its rejection on.
fn by_its_name(unit: &UnitView<'_>, dropped: &Dropped) -> Option<PlannedEdit> {
    let is_plain = matches!(unit.unit.kind(dropped.node), Kind::Name { .. } | Kind::Member { .. });
    let summary = unit.summary(&dropped.function).filter(|summary| is_plain && summary.is_async)?;
    let params = ["req", "res", "next"].get(..summary.params.len())?.join(", ");
    let named = unit.text(dropped.node);
    let new_text = format!("(req, res, next) => {named}({params}).catch(next)");
    Some(edit(unit, unit.bytes(dropped.node), new_text))
}

/// The name of the parameter that goes on with the next handler, and the edit that adds it where there is none.
fn next_of(unit: &UnitView<'_>, function: FunctionId) -> Option<(String, Option<PlannedEdit>)> {
    let u = unit.unit;
    let own = u.function(function);
    let at = if own.params.len() == 4 { 3 } else { 2 };
    if let Some(param) = own.params.get(at) {
        let [binding] = param.pattern.bindings.as_slice() else { return None };
        return Some((u.binding(*binding).name.to_string(), None));
    }
    let last = own.params.get(1)?;
    let name = free_name(unit, "next")?;
    let typed = if last.ty.is_some() { format!("{name}: (error: unknown) => void") } else { name.clone() };
    let text = unit.project.text;
    // The end of the last parameter with its type.
    let body = unit.bytes(own.body?).start;
    let start = unit.to_file(last.pattern.range).end;
    let rest = text.get(start as usize..body as usize)?;
    let end = start + u32::try_from(closing(rest)?).ok()?;
    let range = TextRange::new(end, end);
    Some((name, Some(edit(unit, range, format!(", {typed}")))))
}

/// Where the parenthesis closes that a text stands in.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' if depth == 0 => return Some(text[..at].trim_end().trim_end_matches(',').len()),
            ')' | '}' | ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// Catches what an async function fails with, and does this.
fn catch_all(unit: &UnitView<'_>, function: FunctionId, handling: &str) -> Option<PlannedEdit> {
    // A promise that another one hands out is rejected behind any `try` in it.
    unit.unit.function(function).is_async.then(|| catch_thrown(unit, function, handling))?
}

/// Puts the body of a function into a `try` whose `catch` does this.
fn catch_thrown(unit: &UnitView<'_>, function: FunctionId, handling: &str) -> Option<PlannedEdit> {
    let u = unit.unit;
    let own = u.function(function);
    let body = own.body?;
    let text = unit.project.text;
    let Style { newline, indent: level, semicolon } = Style::of(text);
    let outer = indent_at(text, unit.to_file(own.range).start);
    let range = unit.bytes(body);
    let inner = match u.kind(body) {
        Kind::Block { statements, .. } => {
            begins_its_line(text, unit.bytes(*statements.first()?).start).then_some(())?;
            let inside = text.get(range.start as usize + 1..range.end as usize - 1)?;
            // White space in a template of several lines means something.
            let is_plain = inside.lines().all(|line| line.matches('`').count() % 2 == 0);
            let lines = inside.trim().split('\n').enumerate().map(|(i, line)| match i {
                0 => line.to_owned(),
                _ if line.trim().is_empty() => format!("\n{line}"),
                _ => format!("\n{level}{line}"),
            });
            is_plain.then(|| lines.collect::<String>())?
        }
        _ => {
            let before = text.get(..range.start as usize)?.trim_end();
            let value = before.ends_with("=>").then(|| unit.text(body))?;
            let is_waited_for = own.is_async && !matches!(u.kind(body), Kind::Await(_));
            let wait = if is_waited_for { "await " } else { "" };
            format!("{wait}{}{semicolon}", indented(value, &level))
        }
    };
    let deep = format!("{outer}{level}");
    let new_text = format!(
        "{{{newline}{deep}try {{{newline}{deep}{level}{inner}{newline}{deep}}} catch (error) {{{newline}\
         {deep}{level}{handling}{semicolon}{newline}{deep}}}{newline}{outer}}}"
    );
    Some(edit(unit, range, new_text))
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
