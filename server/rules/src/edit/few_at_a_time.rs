//! Lets no more than some of many promises or futures be under way at a time.

use plimsoll_behavior::models::{Limiter, Run};
use plimsoll_behavior::{BindingKind, Kind, NodeId, Unit};
use plimsoll_project::declared_major;
use plimsoll_project::link::{Value, run_of};
use plimsoll_syntax::TextRange;

use super::script::free_name;
use super::style::{self, Style};
use super::unblock::can_await;
use super::{import, script};
use crate::ask::AtOnce;
use crate::{PlannedEdit, UnitView};

/// Has what waits for all at once wait for some at a time: by a library that is declared for it, else in chunks. The
/// edits, and what they do. None where the list of promises is made in another way than by `map` where it is waited for.
#[must_use]
pub fn few_at_a_time(
    unit: &UnitView<'_>,
    found: &AtOnce,
    at_a_time: u32,
) -> Option<(Vec<PlannedEdit>, String)> {
    let (index, gather) = found.by;
    let there = unit.of(index);
    let Kind::Call { args, .. } = there.unit.kind(gather) else { return None };
    if there.is_rust() {
        return buffered(&there, gather, args, at_a_time);
    }
    let [list] = args[..] else { return None };
    let mapped = Mapped::of(&there, gather, list)?;
    let limiters = there.eval.models.limiters().filter(|limiter| is_declared(&there, limiter));
    limiters.into_iter().find_map(|limiter| by_library(&there, &mapped, limiter, at_a_time)).or_else(|| {
        let edits = in_chunks(&there, &mapped, at_a_time)?;
        Some((edits, format!("Begin {at_a_time} at a time, in chunks")))
    })
}

/// `Promise.all(items.map(callback))`
struct Mapped {
    gather: NodeId,
    items: NodeId,
    callback: NodeId,
}

impl Mapped {
    fn of(view: &UnitView<'_>, gather: NodeId, list: NodeId) -> Option<Mapped> {
        let u = view.unit;
        let Kind::Call { callee, args, .. } = u.kind(list) else { return None };
        let Kind::Member { object, .. } = u.kind(*callee) else { return None };
        let facts = view.eval.call(view.index, list);
        let [callback] = args[..] else { return None };
        let yields_each = facts.behavior.as_ref()?.1.yields.as_deref() == Some("[callback]");
        (run_of(&facts, 0) == Some(Run::Each) && yields_each).then_some(Mapped {
            gather,
            items: *object,
            callback,
        })
    }

    /// Whether the callback is only told the element: in chunks, an index would be another one.
    fn takes_the_element_alone(&self, view: &UnitView<'_>) -> bool {
        match view.unit.kind(self.callback) {
            Kind::Function(function) => view.unit.function(*function).params.len() <= 1,
            Kind::Nested(at) => view.linked.file.units.iter().any(|entry| {
                entry.parent == Some(view.index)
                    && entry.index_in_parent == *at
                    && entry.unit.own().params.len() <= 1
            }),
            _ => matches!(view.eval.value(view.index, self.callback), Value::Function(function)
                if view.summary(&function).is_some_and(|summary| summary.params.len() <= 1)),
        }
    }
}

fn is_declared(view: &UnitView<'_>, limiter: &Limiter) -> bool {
    declared_major(view.project.files, &view.linked.file.path, &limiter.needs.package)
        .is_some_and(|major| major >= limiter.needs.major)
}

fn by_library(
    view: &UnitView<'_>,
    mapped: &Mapped,
    limiter: &Limiter,
    at_a_time: u32,
) -> Option<(Vec<PlannedEdit>, String)> {
    let count = at_a_time.to_string();
    let mut edits = Vec::new();
    if !view.project.text.contains(limiter.import.trim_end_matches(';'))
        && !view.project.text.contains(&limiter.import.trim_end_matches(';').replace('\'', "\""))
    {
        let is_taken = view.linked.file.units.iter().any(|entry| {
            entry.unit.bindings.iter().any(|binding| binding.name == limiter.name)
                || entry.unit.free_names.contains(&limiter.name)
        });
        if is_taken {
            return None;
        }
        edits.push(import::statement(view, &limiter.import)?);
    }
    if let Some(made) = &limiter.made {
        let name = free_name(view, "limit")?;
        edits.push(script::statement_before(
            view,
            mapped.gather,
            &format!("const {name} = {}", made.replace("{n}", &count)),
        )?);
        edits.extend(wrapped(view, mapped, &name)?);
    } else {
        // What goes on where one fails, this does not.
        let fails_with_the_first =
            view.eval.call(view.index, mapped.gather).behavior.as_ref()?.1.hands_failures_on;
        let all = limiter.all.as_ref().filter(|_| fails_with_the_first)?;
        let written = all
            .replace("{n}", &count)
            .replace("{items}", view.text(mapped.items))
            .replace("{callback}", &outdented(view, mapped));
        edits.push(replace(view, view.bytes(mapped.gather), written));
    }
    edits.sort_by_key(|edit| edit.range.map(|range| (range.start, range.end)));
    Some((edits, format!("Begin at most {at_a_time} at a time: `{}`", limiter.name)))
}

/// The callback with its lines moved out by as much as its first line is.
fn outdented(view: &UnitView<'_>, mapped: &Mapped) -> String {
    let from = style::indent_at(view.project.text, view.bytes(mapped.callback).start);
    let to = style::indent_at(view.project.text, view.bytes(mapped.gather).start);
    style::outdented(view.text(mapped.callback), from.strip_prefix(to).unwrap_or_default())
}

/// Hands the work of each element to the limiter: `(item) => limit(async () => { … })`.
fn wrapped(view: &UnitView<'_>, mapped: &Mapped, limit: &str) -> Option<Vec<PlannedEdit>> {
    let text = view.text(mapped.callback);
    let range = view.bytes(mapped.callback);
    if matches!(view.unit.kind(mapped.callback), Kind::Name { .. } | Kind::Member { .. }) {
        let is_alone = mapped.takes_the_element_alone(view);
        let item = free_name(view, "item")?;
        let new_text = format!("({item}) => {limit}(() => {text}({item}))");
        return is_alone.then(|| vec![replace(view, range, new_text)]);
    }
    let (head, body) = text.split_once("=>")?;
    // A default value or a type that holds an arrow of its own.
    if head.matches('(').count() != head.matches(')').count() || head.contains('=') {
        return None;
    }
    let (is_async, head) = match head.trim().strip_prefix("async") {
        Some(rest) if rest.starts_with([' ', '(']) => (true, rest.trim()),
        _ => (false, head.trim()),
    };
    let start = range.start + u32::try_from(text.len() - body.trim_start().len()).ok()?;
    let begun = if is_async { "async " } else { "" };
    Some(vec![
        replace(view, TextRange::new(range.start, start), format!("{head} => {limit}({begun}() => ")),
        replace(view, TextRange::new(range.end, range.end), ")".to_owned()),
    ])
}

/// A loop over the places where a chunk begins, each waited for before the next one.
fn in_chunks(view: &UnitView<'_>, mapped: &Mapped, at_a_time: u32) -> Option<Vec<PlannedEdit>> {
    let u = view.unit;
    let is_plain = is_path(u, mapped.items) && mapped.takes_the_element_alone(view);
    let function = u.function(u.node(mapped.gather).function);
    if !is_plain || !can_await(u, mapped.gather) || function.is_generator {
        return None;
    }
    let text = view.project.text;
    let Style { newline, indent, semicolon } = Style::of(text);
    let items = view.text(mapped.items);
    let place = free_name(view, "i")?;
    let awaited = u.parent(mapped.gather).filter(|&at| matches!(u.kind(at), Kind::Await(_)));
    let (value, statement) = match awaited {
        Some(awaited) => (awaited, u.parent(awaited)?),
        None => (mapped.gather, u.parent(mapped.gather)?),
    };
    let start = view.bytes(statement).start;
    let outer = style::indent_at(text, start).to_owned();
    let is_listed = matches!(u.kind(u.parent(statement)?), Kind::Block { .. });
    if !style::begins_its_line(text, start) || !is_listed {
        return None;
    }
    let gather = view.bytes(mapped.gather);
    let after_items = view.bytes(mapped.items).end;
    let chunk = style::indented(
        &format!(
            "{}{items}.slice({place}, {place} + {at_a_time}){}",
            text.get(gather.start as usize..view.bytes(mapped.items).start as usize)?,
            text.get(after_items as usize..gather.end as usize)?,
        ),
        &indent,
    );
    let head = format!("for (let {place} = 0; {place} < {items}.length; {place} += {at_a_time}) {{");
    let closed = text.get(view.bytes(value).end as usize..)?.starts_with(';');
    let whole = |from: u32| {
        let end = view.bytes(statement).end.max(view.bytes(value).end + u32::from(closed));
        TextRange::new(from, end)
    };
    let inner = format!("{outer}{indent}");
    match u.kind(statement) {
        Kind::Discard(_) if awaited.is_some() => {
            let new_text = format!("{head}{newline}{inner}await {chunk}{semicolon}{newline}{outer}}}");
            Some(vec![replace(view, whole(start), new_text)])
        }
        Kind::Let { pattern, ty: None, .. } if awaited.is_some() => {
            let [binding] = pattern.bindings.as_slice() else { return None };
            let b = u.binding(*binding);
            // What a closure sees of a list that begins empty has no type.
            let own = u.node(statement).function;
            let is_seen_elsewhere =
                b.uses.iter().any(|&used| u.node(used).function != own)
                    || view.linked.file.units.iter().any(|entry| {
                        entry.parent == Some(view.index) && entry.unit.free_names.contains(&b.name)
                    });
            if is_seen_elsewhere || !b.path.is_empty() || b.kind != BindingKind::Variable {
                return None;
            }
            let name = &b.name;
            let new_text = format!(
                "const {name} = []{semicolon}{newline}{outer}{head}{newline}{inner}{name}.push(...(await {chunk})){semicolon}{newline}{outer}}}"
            );
            Some(vec![replace(view, whole(start), new_text)])
        }
        Kind::Return(_) => {
            let name = free_name(view, "results")?;
            let new_text = format!(
                "const {name} = []{semicolon}{newline}{outer}{head}{newline}{inner}{name}.push(...(await {chunk})){semicolon}{newline}{outer}}}{newline}{outer}return {name}{}",
                if closed { ";" } else { semicolon }
            );
            Some(vec![replace(view, whole(start), new_text)])
        }
        _ => None,
    }
}

/// Whether a node is a name or a path of names, which can be written twice.
fn is_path(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Name { .. } | Kind::This => true,
        Kind::Member { object, .. } => is_path(u, *object),
        _ => false,
    }
}

/// What the model of the call says is written in its place.
fn buffered(
    view: &UnitView<'_>,
    gather: NodeId,
    args: &[NodeId],
    at_a_time: u32,
) -> Option<(Vec<PlannedEdit>, String)> {
    let facts = view.eval.call(view.index, gather);
    let (_, behavior) = facts.behavior.as_ref()?;
    let edit = behavior.limited_edit.as_ref()?;
    let list = *args.get(usize::from(behavior.gathers?))?;
    declared_major(view.world.files(), &view.linked.file.path, &edit.needs)?;
    let is_awaited = view.unit.parent(gather).is_some_and(|at| matches!(view.unit.kind(at), Kind::Await(_)));
    if !is_awaited {
        return None;
    }
    let text = edit.replace.replace("{all}", view.text(list)).replace("{n}", &at_a_time.to_string());
    let mut edits = missing_imports(view, &edit.imports)?;
    edits.push(replace(view, view.bytes(gather), text));
    edits.sort_by_key(|edit| edit.range.map(|range| (range.start, range.end)));
    Some((edits, format!("Let at most {at_a_time} be under way at a time")))
}

/// The imports that a file does not have yet, after its last one.
fn missing_imports(view: &UnitView<'_>, wanted: &[plimsoll_behavior::Name]) -> Option<Vec<PlannedEdit>> {
    let text = view.project.text;
    let module = &view.linked.file.units[0].unit;
    let brings = |statement: &str| {
        let name = statement.trim_end_matches(';').rsplit("::").next().unwrap_or_default();
        module
            .bindings
            .iter()
            .any(|binding| binding.name == name && matches!(binding.kind, BindingKind::Import(_)))
    };
    let missing: Vec<&str> =
        wanted.iter().map(|name| name.as_str()).filter(|statement| !brings(statement)).collect();
    if missing.is_empty() {
        return Some(Vec::new());
    }
    let ends = module.imports.iter().map(|import| view.of(0).to_file(import.range));
    let last = ends.max_by_key(|range| range.end)?;
    let newline = Style::of(text).newline;
    let rest = text.get(last.end as usize..)?;
    let end = last.end + u32::from(rest.starts_with(';'));
    if !text.get(..end as usize)?.ends_with(';') {
        return None;
    }
    let at = style::end_of_line(text, end)?;
    let added: String = missing.iter().map(|statement| format!("{newline}{statement}")).collect();
    Some(vec![replace(view, TextRange::new(at, at), added)])
}

fn replace(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}
