//! Has a request sent again after a transient failure: by the project's own helper, else by a declared library, else by
//! code that is added to the file.

mod added;
mod inside;
mod own;

use plimsoll_behavior::models::{RetryEdit, Slot};
use plimsoll_behavior::{Kind, Name, NodeId};
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_syntax::TextRange;

use self::added::added;
use self::own::own;
use super::style::{Style, indent_at};
use crate::view::CallView;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// The longest line that is written, in characters.
const MAX_COLUMN: usize = 100;

/// What is thrown when a request fails for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thrown {
    /// An error that tells which failure it stands for.
    Tells,
    /// An error that holds nothing but a text: only a retry that asks nothing of it helps.
    Plain,
}

/// Wraps requests in a retry each. None where it is unknown how to write it: a signal that times all attempts together,
/// a builder that is out of sight, an error that tells nothing.
#[must_use]
pub fn wrap_in_retry(view: &UnitView<'_>, requests: &[(NodeId, Thrown)]) -> Option<FixPlan> {
    let mut edits: Vec<PlannedEdit> = Vec::new();
    for &(request, thrown) in requests {
        let call = view.call(request)?;
        let of_one =
            if view.is_rust() { wrap_builder(view, &call)? } else { wrap_call(view, &call, thrown)? };
        // The helper is the same for all, and added once.
        edits.extend(of_one.into_iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
    }
    let title = "Wrap the request in a retry with backoff (review: sends it again)".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits })
}

fn wrap_call(view: &UnitView<'_>, call: &CallView<'_>, thrown: Thrown) -> Option<Vec<PlannedEdit>> {
    let mut range = view.bytes(call.node);
    let mut text = view.text(call.node);
    // `await f<T>(…)`, where the call was read with its `await`.
    if let Some(rest) = text.strip_prefix("await ") {
        range.start += 6;
        text = rest;
    }
    let signal = match abort_signal(view, call) {
        Signal::None => String::new(),
        Signal::Outside(text) => format!(", {text}"),
        Signal::Shared => return None,
    };
    // A failed status of `fetch` throws nothing.
    let answers = call.facts.behavior.as_ref().is_some_and(|(_, b)| !b.checks_status);
    let can_abort = |can: crate::ask::RetryHelper| signal.is_empty() || can.takes_a_signal;
    let is_told = |can: crate::ask::RetryHelper| thrown == Thrown::Tells || !can.judges_errors;
    let found = own(view, &|can| {
        can.takes_a_function && can_abort(can) && is_told(can) && (can.looks_at_answers || !answers)
    });
    if found.is_none()
        && answers
        && let Some(edits) = inside::wrap_with_its_check(view, call, &signal)
    {
        return Some(edits);
    }
    let (name, mut edits) = match found {
        Some(own) => (own.name, own.edits),
        None if thrown == Thrown::Plain => return None,
        None => added(view, RetryEdit::Call, &[])?,
    };
    let style = Style::of(view.project.text);
    let base = indent_at(view.project.text, range.start);
    let one_line = format!("{name}(() => {text}{signal})");
    let column = column(view.project.text, range.start);
    let fits = column + one_line.chars().count() <= MAX_COLUMN && !text.contains('\n');
    let inner = format!("{base}{}", style.indent);
    let line = style.newline;
    let new_text = match further_in(text, &style.indent) {
        Some(text) if !fits && signal.is_empty() => {
            format!("{name}(() =>{line}{inner}{text},{line}{base})")
        }
        Some(text) if !fits => {
            let signal = signal.trim_start_matches(", ");
            format!("{name}({line}{inner}() => {text},{line}{inner}{signal},{line}{base})")
        }
        _ => one_line,
    };
    edits.push(replace(view, range, new_text));
    Some(edits)
}

/// The lines after the first one indented once more; none where white space in them means something.
fn further_in(text: &str, indent: &str) -> Option<String> {
    let spans_lines = |quote| text.lines().any(|line| line.matches(quote).count() % 2 == 1);
    (!spans_lines('`')).then(|| text.replace('\n', &format!("\n{indent}")))
}

fn column(text: &str, byte: u32) -> usize {
    let start = text[..byte as usize].rfind('\n').map_or(0, |at| at + 1);
    text[start..byte as usize].chars().count()
}

/// What a request is aborted by.
enum Signal {
    /// A time limit of its own, or nothing.
    None,
    /// What this expression says.
    Outside(String),
    /// A time limit that is not made anew for each attempt, or what nothing is known of.
    Shared,
}

fn abort_signal(view: &UnitView<'_>, call: &CallView<'_>) -> Signal {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Timeout) else { return Signal::None };
    let own = view.own_node(Some(&SlotValue::Node(site.clone())));
    let Some(node) = own else { return Signal::Shared };
    if matches!(view.unit.kind(node), Kind::Literal(_)) {
        return Signal::None;
    }
    let Kind::Call { callee, args, .. } = view.unit.kind(node) else {
        return named_signal(view, node);
    };
    match view.unit.kind(*callee) {
        Kind::Member { name, .. } if name == "timeout" => Signal::None,
        Kind::Member { name, .. } if name == "any" => {
            let Some(Kind::Array(parts)) = args.first().map(|&list| view.unit.kind(list)) else {
                return Signal::Shared;
            };
            let outside: Vec<NodeId> = parts
                .iter()
                .copied()
                .filter(|&part| !matches!(view.unit.kind(part), Kind::Call { .. }))
                .collect();
            match outside.as_slice() {
                [] => Signal::None,
                [only] => named_signal(view, *only),
                _ => Signal::Shared,
            }
        }
        _ => Signal::Shared,
    }
}

fn named_signal(view: &UnitView<'_>, node: NodeId) -> Signal {
    match view.unit.kind(node) {
        Kind::Name { binding, .. } => {
            let value = binding.and_then(|b| view.unit.binding(b).value);
            match value.map(|value| view.unit.kind(value)) {
                Some(Kind::Call { .. }) => Signal::Shared,
                Some(Kind::Literal(_)) => Signal::None,
                _ if matches!(view.eval.value(view.index, node), Value::Number(_)) => Signal::None,
                _ => Signal::Outside(view.text(node).to_owned()),
            }
        }
        Kind::Member { .. } => Signal::Outside(view.text(node).to_owned()),
        Kind::Binary { .. } => Signal::None,
        _ => Signal::Shared,
    }
}

fn wrap_builder(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
    let (model, behavior) = call.facts.behavior.as_ref()?;
    if behavior.retry_edit != Some(RetryEdit::Builder) {
        return None;
    }
    let Kind::Call { callee, .. } = view.unit.kind(call.node) else { return None };
    let Kind::Member { object, .. } = view.unit.kind(*callee) else { return None };
    let text = view.project.text;
    let (name, mut edits) = match own(view, &|can| can.takes_a_builder) {
        Some(own) => (own.name, own.edits),
        None => {
            let packages: &[Name] = &view.eval.models.all().get(usize::from(*model))?.packages;
            added(view, RetryEdit::Builder, packages)?
        }
    };
    let range = view.bytes(call.node);
    let builder = view.text(*object);
    let is_literal = builder.contains('"') && builder.lines().any(|line| line.matches('"').count() % 2 == 1);
    let joined: String = builder.lines().map(str::trim).collect();
    let one_line = format!("{name}({joined})");
    let fits = column(text, range.start) + one_line.len() <= MAX_COLUMN && !has_comment(builder);
    let style = Style::of(text);
    let new_text = if is_literal {
        format!("{name}({builder})")
    } else if fits {
        one_line
    } else {
        let (base, line) = (indent_at(text, range.start), style.newline);
        let builder = builder.replace('\n', &format!("\n{}", style.indent));
        format!("{name}({line}{base}{}{builder},{line}{base})", style.indent)
    };
    edits.push(replace(view, range, new_text));
    Some(edits)
}

/// Whether a comment may stand in code: what cannot be joined to one line.
fn has_comment(code: &str) -> bool {
    code.contains('\n') && code.replace("://", "").contains("//") || code.contains("/*")
}

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}
