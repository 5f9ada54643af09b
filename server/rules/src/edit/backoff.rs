//! Waits longer after each failure, up to a cap, and not all at the same time.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, Effects, Kind, LoopKind, NodeId};
use plimsoll_project::link::CallFacts;
use plimsoll_syntax::TextRange;

use super::rust;
use super::script::{free_name, statement_after};
use super::style::{self, Style};
use crate::ask::{Again, Wait};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// What a script waits at most, in milliseconds.
const CAP: &str = "30_000";
/// The same in Rust, in seconds.
const CAP_SECONDS: u32 = 30;
/// How a wait is spread, so that not all of those who wait come back at the same time.
const JITTER: &str = "(0.5 + Math.random() / 2)";
/// What is longer is written in seconds, or is no delay of a retry: in milliseconds.
const SHORTEST: f64 = 50.0;

/// Has a loop wait longer before each of its attempts. None where it is not known how that is written.
#[must_use]
pub fn back_off(view: &UnitView<'_>, again: &Again, wait: &Wait) -> Option<FixPlan> {
    let Kind::Loop(_) = view.unit.kind(again.at) else { return None };
    let edits = match wait {
        Wait::Fixed { by, delay, milliseconds } => {
            let is_plain = milliseconds.is_none_or(|milliseconds| milliseconds >= SHORTEST);
            is_plain.then(|| longer(view, again, *by, *delay)).flatten()?
        }
        Wait::None => waiting(view, again)?,
        Wait::Other => return None,
    };
    Some(plan(edits))
}

fn plan(edits: Vec<PlannedEdit>) -> FixPlan {
    let title = "Wait twice as long after each failure, up to 30 s (review: attempts come later)".to_owned();
    FixPlan { title, safety: Safety::Review, edits }
}

/// Replaces a delay by one that grows.
fn longer(view: &UnitView<'_>, again: &Again, by: NodeId, delay: NodeId) -> Option<Vec<PlannedEdit>> {
    let text = in_parentheses(view, delay);
    if let Some(count) = counter(view, again) {
        let grown = if view.is_rust() {
            let of_count = format!("2u32.saturating_pow({count} as u32)");
            let cap = rust::duration(view, CAP_SECONDS);
            format!("{text}.saturating_mul({of_count}).min({cap})")
        } else {
            format!("Math.min({CAP}, {text} * 2 ** {count}) * {JITTER}")
        };
        return Some(vec![replace(view, view.bytes(delay), grown)]);
    }
    // What the delay is made of must mean the same before the loop.
    let u = view.unit;
    let turn = u.range(again.at);
    let is_of_turn = u.descendants(delay).into_iter().any(|part| match u.kind(part) {
        Kind::Name { binding: Some(binding), .. } => {
            let at = u.binding(*binding).range.start;
            turn.start <= at && at < turn.end
        }
        _ => false,
    });
    let statement = statement_of(view, by)?;
    if is_of_turn || !is_on_its_own_line(view, statement) {
        return None;
    }
    let name = free_name(view, "delay")?;
    let (declared, used) = declared(view, again, &name, view.text(delay))?;
    let after = statement_after(view, statement, &doubled(view, &name))?;
    Some(vec![declared, replace(view, view.bytes(delay), used), after])
}

/// Adds a wait after a failure.
fn waiting(view: &UnitView<'_>, again: &Again) -> Option<Vec<PlannedEdit>> {
    let u = view.unit;
    let text = view.project.text;
    let block = again.after_failure?;
    let Kind::Block { statements, has_value: false, .. } = u.kind(block) else { return None };
    if !u.function(u.node(block).function).is_async || !view.text(block).contains('\n') {
        return None;
    }
    let sleep = if view.is_rust() { sleep_of_file(view)? } else { String::new() };
    let count = counter(view, again);
    let (mut edits, lines) = match count {
        Some(count) if view.is_rust() => {
            let first = if has_duration(view) { "Duration" } else { "std::time::Duration" };
            let cap = rust::duration(view, CAP_SECONDS);
            let wait = format!(
                "{sleep}({first}::from_millis(250).saturating_mul(2u32.saturating_pow({count} as u32)).min({cap})).await;"
            );
            (vec![], vec![wait])
        }
        Some(count) => {
            let delay = format!("Math.min({CAP}, 250 * 2 ** {count}) * {JITTER}");
            (vec![], vec![paused(&delay)])
        }
        None => {
            let name = free_name(view, "delay")?;
            let first = if view.is_rust() {
                let path = if has_duration(view) { "Duration" } else { "std::time::Duration" };
                format!("{path}::from_millis(250)")
            } else {
                "250".to_owned()
            };
            let (declared, used) = declared(view, again, &name, &first)?;
            let wait = if view.is_rust() { format!("{sleep}({used}).await;") } else { paused(&used) };
            let doubled = doubled(view, &name);
            let doubled = if view.is_rust() { format!("{doubled};") } else { doubled };
            (vec![declared], vec![wait, doubled])
        }
    };
    let Style { newline, indent, semicolon } = Style::of(text);
    let semicolon = if view.is_rust() { "" } else { semicolon };
    let last = statements.last().copied();
    let is_continue = |node: NodeId| match u.kind(node) {
        Kind::Discard(inner) => matches!(u.kind(*inner), Kind::Continue(_)),
        kind => matches!(kind, Kind::Continue(_)),
    };
    let edit = match last {
        Some(last) if is_continue(last) => {
            let at = view.bytes(last).start;
            let inner = style::indent_at(text, at);
            let added: String =
                lines.iter().map(|line| format!("{line}{semicolon}{newline}{inner}")).collect();
            style::begins_its_line(text, at).then(|| insert(view, at, added))?
        }
        _ => {
            let end = view.bytes(block).end - 1;
            let base = style::indent_at(text, end);
            let added: String =
                lines.iter().map(|line| format!("{indent}{line}{semicolon}{newline}{base}")).collect();
            style::begins_its_line(text, end).then(|| insert(view, end, added))?
        }
    };
    edits.push(edit);
    Some(edits)
}

fn paused(delay: &str) -> String {
    format!("await new Promise((resolve) => setTimeout(resolve, {delay}))")
}

/// A variable before the loop that holds the delay, and how it is waited for.
fn declared(view: &UnitView<'_>, again: &Again, name: &str, first: &str) -> Option<(PlannedEdit, String)> {
    let text = view.project.text;
    let loops = statement_of(view, again.at)?;
    let at = view.bytes(loops).start;
    if !style::begins_its_line(text, at) {
        return None;
    }
    let Style { newline, semicolon, .. } = Style::of(text);
    let indent = style::indent_at(text, at);
    let (declared, used) = if view.is_rust() {
        (format!("let mut {name} = {first};"), name.to_owned())
    } else {
        (format!("let {name} = {first}{semicolon}"), format!("{name} * {JITTER}"))
    };
    Some((insert(view, at, format!("{declared}{newline}{indent}")), used))
}

fn doubled(view: &UnitView<'_>, name: &str) -> String {
    if view.is_rust() {
        format!("{name} = ({name} * 2).min({})", rust::duration(view, CAP_SECONDS))
    } else {
        format!("{name} = Math.min({name} * 2, {CAP})")
    }
}

/// What says how many attempts there were before: the variable of a loop that counts from 0 or 1.
fn counter(view: &UnitView<'_>, again: &Again) -> Option<String> {
    let u = view.unit;
    let Kind::Loop(l) = u.kind(again.at) else { return None };
    let (binding, first): (BindingId, NodeId) = match l.kind {
        LoopKind::Each => {
            let Kind::Range { start, .. } = u.kind(l.over?) else { return None };
            (*l.pattern.as_ref()?.bindings.first()?, (*start)?)
        }
        LoopKind::Counted => {
            let Kind::Let { pattern, init, .. } = u.kind(l.init?) else { return None };
            let by_one = match u.kind(l.step?) {
                Kind::Discard(step) => *step,
                _ => l.step?,
            };
            let step = view.text(by_one);
            (step.contains("++") || step.replace(' ', "").ends_with("+=1")).then_some(())?;
            (*pattern.bindings.first()?, (*init)?)
        }
        _ => return None,
    };
    let name = &u.binding(binding).name;
    // A name that is written only to be left out.
    if name.starts_with('_') {
        return None;
    }
    match view.text(first) {
        "0" => Some(name.to_string()),
        "1" => Some(format!("({name} - 1)")),
        _ => None,
    }
}

fn in_parentheses(view: &UnitView<'_>, node: NodeId) -> String {
    let text = view.text(node);
    match view.unit.kind(node) {
        Kind::Binary { .. } | Kind::Unary { .. } | Kind::Cast { .. } => format!("({text})"),
        _ => text.to_owned(),
    }
}

/// What the file waits by elsewhere, as it calls it.
fn sleep_of_file(view: &UnitView<'_>) -> Option<String> {
    view.linked.facts.iter().enumerate().find_map(|(unit, facts)| {
        let waits = |facts: &CallFacts| facts.effects == Effects::SLEEP && facts.slot(Slot::Delay).is_some();
        let there = view.of(unit);
        let mut calls =
            there.unit.calls.iter().filter(|call| facts.calls.get(*call).is_some_and(|c| waits(c)));
        let Kind::Call { callee, .. } = there.unit.kind(*calls.next()?) else { return None };
        Some(there.text(*callee).to_owned())
    })
}

fn has_duration(view: &UnitView<'_>) -> bool {
    !rust::duration(view, 1).starts_with("std::")
}

/// The statement of a block that a node is a part of.
fn statement_of(view: &UnitView<'_>, node: NodeId) -> Option<NodeId> {
    let u = view.unit;
    let mut at = node;
    loop {
        let parent = u.parent(at)?;
        if matches!(u.kind(parent), Kind::Block { .. }) {
            return Some(at);
        }
        at = parent;
    }
}

fn is_on_its_own_line(view: &UnitView<'_>, statement: NodeId) -> bool {
    style::begins_its_line(view.project.text, view.bytes(statement).start)
}

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}

fn insert(view: &UnitView<'_>, at: u32, new_text: String) -> PlannedEdit {
    replace(view, TextRange::new(at, at), new_text)
}
