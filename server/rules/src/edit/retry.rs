//! Has a request sent again after a transient failure: by the project's own helper, else by one that is added.

use std::collections::BTreeSet;

use plimsoll_behavior::models::{RetryEdit, Slot};
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_syntax::TextRange;

use super::style::{Style, indent_at};
use crate::ask::{is_retry_helper, suggests_retry};
use crate::view::CallView;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

const TYPESCRIPT: &str = include_str!("retry/helper.ts.txt");
const JAVASCRIPT: &str = include_str!("retry/helper.js.txt");
const BUILDER: &str = include_str!("retry/helper.rs.txt");
/// The longest line that is written, in characters.
const MAX_COLUMN: usize = 100;
/// Names that the helpers declare, the one to call first.
const SCRIPT_NAMES: &[&str] = &["withRetry", "retryDelay", "pause"];
const RUST_NAMES: &[&str] = &["send_with_retry", "retry_delay", "retry_after"];
/// By what a helper is known that looks at the responses which it gets.
const LOOKS_AT_RESPONSES: &str = "instanceof Response";

/// Wraps requests in a retry each. None where it is unknown how to write it: a signal that times all attempts together,
/// a builder that is out of sight.
#[must_use]
pub fn wrap_in_retry(view: &UnitView<'_>, requests: &[NodeId]) -> Option<FixPlan> {
    let mut edits: Vec<PlannedEdit> = Vec::new();
    for &request in requests {
        let call = view.call(request)?;
        let of_one = if view.is_rust() { wrap_builder(view, &call)? } else { wrap_call(view, &call)? };
        // The helper is the same for all, and added once.
        edits.extend(of_one.into_iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
    }
    let title = "Review: wrap the request in a retry with backoff".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits })
}

fn wrap_call(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
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
    let answers = !call.facts.behavior.as_ref().is_none_or(|(_, b)| b.checks_status);
    let own = own_helper(view, answers).filter(|_| signal.is_empty() || answers);
    let mut edits = Vec::new();
    let name = match own {
        Some(name) => name,
        None => {
            let is_typed = view.linked.file.path.rsplit('.').next().is_some_and(|e| e.contains("ts"));
            let template = if is_typed { TYPESCRIPT } else { JAVASCRIPT };
            let names = free_names(view, SCRIPT_NAMES);
            edits.push(append(view, &in_style(&renamed(template, SCRIPT_NAMES, &names), view.project.text)));
            names.into_iter().next()?
        }
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

/// The name of a helper that this file has or imports. Most retry what throws; a failed status of `fetch` throws
/// nothing, so that it needs one which looks at responses.
fn own_helper(view: &UnitView<'_>, answers: bool) -> Option<String> {
    let module = &view.linked.file.units[0].unit;
    for i in 0..module.bindings.len() {
        let id = plimsoll_behavior::BindingId(u32::try_from(i).expect("few bindings"));
        let binding = module.binding(id);
        if !suggests_retry(&binding.name) || binding.scope.0 != 0 {
            continue;
        }
        let value = match binding.kind {
            plimsoll_behavior::BindingKind::Import(_) => imported(view, &binding.name),
            _ => binding.value.and_then(|node| view.linked.file.function_at(0, node)).map(Value::Function),
        };
        let Some(Value::Function(function)) = value else { continue };
        let is_here = function.file == view.linked.file.path;
        let looks = is_here && view.project.text.contains(LOOKS_AT_RESPONSES);
        if is_retry_helper(view, &function) && (looks || !answers) {
            return Some(binding.name.to_string());
        }
    }
    None
}

/// What a name of the module means.
fn imported(view: &UnitView<'_>, name: &str) -> Option<Value> {
    let module = &view.linked.file.units[0].unit;
    let import = module.imports.iter().find(|i| i.binding.is_some_and(|b| module.binding(b).name == name))?;
    let files = view.world.files();
    let here = &view.linked.file;
    let path = plimsoll_project::link::resolve_module(files, &here.path, &import.module, here.language)?;
    let wanted = match &import.what {
        plimsoll_behavior::Imported::Name(name) => name.clone(),
        plimsoll_behavior::Imported::Default => "default".into(),
        _ => return None,
    };
    Some(view.eval.member_of(&Value::Module(path.into()), &wanted))
}

fn wrap_builder(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    if behavior.retry_edit != Some(RetryEdit::ReqwestBuilder) {
        return None;
    }
    let Kind::Call { callee, .. } = view.unit.kind(call.node) else { return None };
    let Kind::Member { object, .. } = view.unit.kind(*callee) else { return None };
    let text = view.project.text;
    let mut edits = Vec::new();
    let is_there =
        BUILDER.lines().find(|line| line.contains("fn ")).is_some_and(|signature| text.contains(signature));
    let name = if is_there {
        "send_with_retry".to_owned()
    } else {
        let names = free_names(view, RUST_NAMES);
        edits.push(append(view, &in_style(&renamed(BUILDER, RUST_NAMES, &names), text)));
        names.into_iter().next()?
    };
    let range = view.bytes(call.node);
    let builder = view.text(*object);
    let is_literal = builder.contains('"') && builder.lines().any(|line| line.matches('"').count() % 2 == 1);
    let joined: String = builder.lines().map(str::trim).collect();
    let one_line = format!("{name}({joined})");
    let fits = column(text, range.start) + one_line.len() <= MAX_COLUMN && !builder.contains("//");
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

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}

/// Adds functions after all others of the file; before its tests, which stand last in Rust.
fn append(view: &UnitView<'_>, functions: &str) -> PlannedEdit {
    let text = view.project.text;
    let newline = Style::of(text).newline;
    let end = u32::try_from(text.len()).expect("a file is smaller than 4 GiB");
    let tests = view.is_rust().then(|| text.rfind("\n#[cfg(test)]")).flatten();
    if let Some(at) = tests {
        let at = u32::try_from(at + 1).expect("a file is smaller than 4 GiB");
        let new_text = format!("{functions}{newline}");
        return replace(view, TextRange { start: at, end: at }, new_text);
    }
    let gap = if text.ends_with('\n') { newline.to_owned() } else { format!("{newline}{newline}") };
    replace(view, TextRange { start: end, end }, format!("{gap}{functions}"))
}

/// Names that nothing in the file has, one for each of those wanted.
fn free_names(view: &UnitView<'_>, wanted: &[&str]) -> Vec<String> {
    let units = view.linked.file.units.iter();
    let taken: BTreeSet<&str> = units
        .flat_map(|entry| {
            let bound = entry.unit.bindings.iter().map(|b| b.name.as_str());
            bound.chain(entry.unit.free_names.iter().map(|name| name.as_str()))
        })
        .collect();
    let is_script = !view.is_rust();
    wanted
        .iter()
        .map(|&name| {
            let of_request =
                if is_script { format!("{name}OfRequest") } else { format!("{name}_of_request") };
            let numbered = (2..).map(|n| format!("{name}{n}"));
            let mut all = [name.to_owned(), of_request].into_iter().chain(numbered);
            all.find(|name| !taken.contains(name.as_str())).expect("numbers do not end")
        })
        .collect()
}

/// The template with other names in place of its own.
fn renamed(template: &str, names: &[&str], others: &[String]) -> String {
    let mut text = template.to_owned();
    for (name, other) in names.iter().zip(others) {
        for after in ["(", "<"] {
            text = text.replace(&format!(" {name}{after}"), &format!(" {other}{after}"));
        }
    }
    text
}

/// The template as the file is written.
fn in_style(template: &str, text: &str) -> String {
    let style = Style::of(text);
    let is_rust = template.starts_with("///");
    let double = text.matches('"').count() > text.matches('\'').count();
    let mut out = String::new();
    for line in template.lines() {
        let body = line.trim_start_matches(' ');
        let depth = line.len() - body.len();
        let step = if is_rust { 4 } else { 2 };
        if !body.starts_with("* ") {
            out.push_str(&style.indent.repeat(depth / step));
        }
        let body = if !is_rust && style.semicolon.is_empty() {
            body.strip_suffix(';').unwrap_or(body)
        } else {
            body
        };
        if !is_rust && double {
            out.push_str(&body.replace('\'', "\""));
        } else {
            out.push_str(body);
        }
        out.push_str(style.newline);
    }
    out
}
