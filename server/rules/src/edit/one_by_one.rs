//! Keeps the runs of a repeating timer apart: each begins the time for the next one, or is left out while another one is
//! under way.

use plimsoll_behavior::{Effects, FunctionKind, Kind, NodeId, Unit};
use plimsoll_syntax::TextRange;

use super::cleanup::is_typed;
use super::script::free_name;
use super::style::{self, Style};
use crate::ask::uses_of;
use crate::{PlannedEdit, UnitView};

/// Starts the timer again when a run has ended, and lets what clears it end it for good. None where the handle goes
/// anywhere but to what clears it.
#[must_use]
pub fn one_by_one(view: &UnitView<'_>, call: NodeId) -> Option<Vec<PlannedEdit>> {
    let u = view.unit;
    let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
    let [callback, delay] = args[..] else { return None };
    if !is_constant(u, delay) {
        return None;
    }
    let begin = view.text(*callee).replace("setInterval", "setTimeout");
    let statement = u.parent(call)?;
    let text = view.project.text;
    let start = view.bytes(statement).start;
    let is_listed = u.parent(statement).is_some_and(|block| matches!(u.kind(block), Kind::Block { .. }));
    if !style::begins_its_line(text, start) || !is_listed {
        return None;
    }
    let run = free_name(view, "run")?;
    let written = Written::of(view, callback, start)?;
    let delay = view.text(delay);
    let Style { semicolon, .. } = Style::of(text);
    let closed = text.get(view.bytes(call).end as usize..)?.starts_with(';');
    let end = view.bytes(statement).end.max(view.bytes(call).end + u32::from(closed));
    let whole = TextRange::new(start, end);
    match u.kind(statement) {
        Kind::Discard(_) => {
            let again = format!("{begin}({run}, {delay})");
            let function = written.function(&run, &format!("{again}{semicolon}"));
            let new_text = format!("{function}{}{again}{semicolon}", written.line());
            Some(vec![replace(view, whole, new_text)])
        }
        Kind::Let { pattern, ty: None, .. } => {
            let [binding] = pattern.bindings.as_slice() else { return None };
            let b = u.binding(*binding);
            if !b.assignments.is_empty() || !b.path.is_empty() {
                return None;
            }
            let name = &b.name;
            let mut edits = Vec::new();
            for (unit, used) in uses_of(view, view.index, *binding) {
                edits.push(cleared_for_good(view, unit, used)?);
            }
            let ty = if is_typed(view.linked.file.language) {
                format!(": ReturnType<typeof {begin}> | undefined")
            } else {
                String::new()
            };
            let again = format!("if ({name} !== undefined) {name} = {begin}({run}, {delay}){semicolon}");
            let function = written.function(&run, &again);
            let line = written.line();
            let new_text = format!(
                "let {name}{ty}{semicolon}{line}{function}{line}{name} = {begin}({run}, {delay}){semicolon}"
            );
            edits.push(replace(view, whole, new_text));
            edits.sort_by_key(|edit| edit.range.map(|range| (range.start, range.end)));
            edits.dedup();
            Some(edits)
        }
        _ => None,
    }
}

/// Leaves a run out while the last one is under way, by a flag beside the timer.
#[must_use]
pub fn one_at_a_time(view: &UnitView<'_>, call: NodeId) -> Option<Vec<PlannedEdit>> {
    let u = view.unit;
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    let &callback = args.first()?;
    let text = view.project.text;
    let mut statement = call;
    while !matches!(u.kind(u.parent(statement)?), Kind::Block { .. }) {
        statement = u.parent(statement)?;
        if matches!(u.kind(statement), Kind::Function(_)) {
            return None;
        }
    }
    let start = view.bytes(statement).start;
    if !style::begins_its_line(text, start) {
        return None;
    }
    let flag = free_name(view, "isRunning")?;
    let written = Written::of(view, callback, start)?;
    let Style { newline, indent, semicolon } = Style::of(text);
    let outer = style::indent_at(text, start);
    let line = format!("{newline}{outer}{indent}");
    let body = written.body();
    let new_text = format!(
        "async () => {{{line}if ({flag}) return{semicolon}{line}{flag} = true{semicolon}{line}try {{{body}{line}}} finally {{{line}{indent}{flag} = false{semicolon}{line}}}{newline}{outer}}}"
    );
    Some(vec![
        replace(view, TextRange::new(start, start), format!("let {flag} = false{semicolon}{newline}{outer}")),
        replace(view, view.bytes(callback), new_text),
    ])
}

/// What a run does, as statements.
struct Written {
    /// Without the indentation of its first line; further lines stand as they stood.
    statements: String,
    style: Style,
    outer: String,
    /// Whether the statements stood one level deeper than the timer.
    is_block: bool,
}

impl Written {
    fn of(view: &UnitView<'_>, callback: NodeId, start: u32) -> Option<Written> {
        let text = view.project.text;
        let outer = style::indent_at(text, start).to_owned();
        let style = Style::of(text);
        let semicolon = style.semicolon;
        let awaited = |text: &str| format!("await {}{semicolon}", text.strip_prefix("void ").unwrap_or(text));
        let u = view.unit;
        let made = |statements: String, is_block: bool| {
            Some(Written { statements, style: style.clone(), outer: outer.clone(), is_block })
        };
        let (there, function) =
            match u.kind(callback) {
                Kind::Name { .. } | Kind::Member { .. } => {
                    return made(awaited(&format!("{}()", view.text(callback))), false);
                }
                Kind::Function(function) => (view.of(view.index), *function),
                Kind::Nested(at) => {
                    let nested =
                        view.linked.file.units.iter().position(|entry| {
                            entry.parent == Some(view.index) && entry.index_in_parent == *at
                        })?;
                    (view.of(nested), plimsoll_behavior::FunctionId(0))
                }
                _ => return None,
            };
        let f = there.unit.function(function);
        let body = f.body?;
        if !f.params.is_empty() || f.kind != FunctionKind::Closure || f.is_generator {
            return None;
        }
        let Kind::Block { statements, .. } = there.unit.kind(body) else {
            return made(awaited(there.text(body)), false);
        };
        if !f.is_async {
            // `() => { tick().catch(report) }`
            let [only] = statements.as_slice() else { return None };
            let Kind::Discard(value) = there.unit.kind(*only) else { return None };
            let value = match there.unit.kind(*value) {
                Kind::Unary { op, value } if op == "void" => *value,
                _ => *value,
            };
            return matches!(there.unit.kind(value), Kind::Call { .. })
                .then(|| made(awaited(there.text(value)), false))?;
        }
        let whole = there.text(body);
        let inside = whole.strip_prefix('{')?.strip_suffix('}')?;
        let is_block = inside.starts_with(['\n', '\r']);
        made(inside.trim().to_owned(), is_block)
    }

    /// A new line as deep as the timer.
    fn line(&self) -> String {
        format!("{}{}", self.style.newline, self.outer)
    }

    /// The statements, two levels deeper than the timer.
    fn body(&self) -> String {
        let Style { newline, indent, .. } = &self.style;
        let statements =
            if self.is_block { style::indented(&self.statements, indent) } else { self.statements.clone() };
        format!("{newline}{}{indent}{indent}{statements}", self.outer)
    }

    fn function(&self, name: &str, again: &str) -> String {
        let Style { indent, semicolon, .. } = &self.style;
        let line = self.line();
        format!(
            "const {name} = async () => {{{line}{indent}try {{{}{line}{indent}}} finally {{{line}{indent}{indent}{again}{line}{indent}}}{line}}}{semicolon}",
            self.body()
        )
    }
}

/// What clears the timer by a use of its handle, written so that a run that is under way does not start it again.
fn cleared_for_good(view: &UnitView<'_>, unit: usize, used: NodeId) -> Option<PlannedEdit> {
    let there = view.of(unit);
    let u = there.unit;
    let call = u.parent(used)?;
    let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
    let releases = view.eval.call(unit, call).effects.contains(Effects::RELEASE);
    if !releases || args.as_ref() != [used] {
        return None;
    }
    let clear = there.text(*callee).replace("clearInterval", "clearTimeout");
    let name = there.text(used);
    let text = view.project.text;
    let Style { newline, indent, semicolon } = Style::of(text);
    let around = u.parent(call);
    let is_body = match around {
        None => true,
        Some(around) => matches!(u.kind(around), Kind::Function(_)),
    };
    let range = there.bytes(call);
    if is_body {
        let outer = style::indent_at(text, range.start);
        let new_text = format!(
            "{{{newline}{outer}{indent}{clear}({name}){semicolon}{newline}{outer}{indent}{name} = undefined{semicolon}{newline}{outer}}}"
        );
        return Some(replace(view, range, new_text));
    }
    let statement = around.filter(|&around| matches!(u.kind(around), Kind::Discard(_)))?;
    let is_listed = u.parent(statement).is_some_and(|block| matches!(u.kind(block), Kind::Block { .. }));
    let separator = if style::begins_its_line(text, range.start) {
        format!("{semicolon}{newline}{}", style::indent_at(text, range.start))
    } else {
        "; ".to_owned()
    };
    is_listed.then(|| replace(view, range, format!("{clear}({name}){separator}{name} = undefined")))
}

/// Whether a length of time can be written twice.
fn is_constant(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Literal(_) | Kind::Name { .. } | Kind::This => true,
        Kind::Member { object, .. } => is_constant(u, *object),
        Kind::Binary { left, right, .. } => is_constant(u, *left) && is_constant(u, *right),
        _ => false,
    }
}

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}
