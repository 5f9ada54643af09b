//! Watches over a task.

use plimsoll_behavior::{Effects, Kind, NodeId, Unit};
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use crate::{PlannedEdit, UnitView};

/// What the handle and the error may be called.
const HANDLE: &str = "task";

/// Keeps the handle of the task that a statement starts, and waits for it in a second task, which logs how the first one
/// has ended, by the name of what it calls. None where a failure of its own ends it, for that is no part of what is told so, and where no log is kept.
#[must_use]
pub fn watched(
    unit: &UnitView<'_>,
    call: NodeId,
    task: NodeId,
    work: Option<&str>,
) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    let statement = u.parent(call).filter(|&parent| matches!(u.kind(parent), Kind::Discard(_)))?;
    let text = unit.project.text;
    let (start, end) = (unit.bytes(statement).start, unit.bytes(statement).end);
    let end = if text.get(end as usize..)?.starts_with(';') { end + 1 } else { end };
    let is_whole = text.get(..end as usize)?.ends_with(';') && style::begins_its_line(text, start);
    let fails = u.descendants(task).into_iter().any(|node| matches!(u.kind(node), Kind::Try(_)));
    if !is_whole || fails || u.bindings.iter().any(|binding| binding.name == HANDLE) {
        return None;
    }
    let log = log_of(unit, task)?;
    let is_plain = |work: &&str| work.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'));
    let work = work.filter(is_plain).unwrap_or("the work of a task");
    let Style { newline, .. } = Style::of(text);
    let indent = style::indent_at(text, start);
    let spawn = unit.text(*callee);
    let lines = [
        String::new(),
        format!("{spawn}(async move {{"),
        format!("    if let Err(error) = {HANDLE}.await {{"),
        format!("        {log}!(\"{work} is not done any more: {{error}}\");"),
        "    }".to_owned(),
        "});".to_owned(),
    ];
    let path = unit.linked.file.path.to_string();
    let edit = |at: u32, new_text: String| PlannedEdit {
        path: path.clone(),
        range: Some(TextRange::new(at, at)),
        new_text,
    };
    let watch = lines.join(&format!("{newline}{indent}"));
    Some(vec![edit(start, format!("let {HANDLE} = ")), edit(end, watch)])
}

/// How the task logs an error; else how its file does.
fn log_of(unit: &UnitView<'_>, task: NodeId) -> Option<String> {
    let of = |view: &UnitView<'_>, node: NodeId| {
        let Kind::Call { callee, .. } = view.unit.kind(node) else { return None };
        let is_log = view.eval.call(view.index, node).effects.contains(Effects::LOG);
        let is_error = matches!(last_name(view.unit, *callee), Some("error" | "eprintln"));
        (is_log && is_error).then(|| view.text(*callee).to_owned())
    };
    let inside = unit.unit.descendants(task).into_iter().find_map(|node| of(unit, node));
    inside.or_else(|| {
        let units = 0..unit.linked.file.units.len();
        units
            .map(|index| unit.of(index))
            .find_map(|view| view.unit.calls.iter().find_map(|&node| of(&view, node)))
    })
}

fn last_name(u: &Unit, callee: NodeId) -> Option<&str> {
    match u.kind(callee) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name),
        _ => None,
    }
}
