//! Adds what removes a listener to where what added it ends.

use plimsoll_behavior::{FunctionId, Key, Kind, Literal, NodeId};
use plimsoll_syntax::TextRange;

use super::cleanup::{Cleanup, Writer, free_name, is_typed};
use super::script::set_option;
use super::style::{Style, begins_its_line, indent_at};
use super::teardown::at_the_start_of_teardown;
use crate::ask::{Listener, event_name, is_made_there, words};
use crate::{CallView, PlannedEdit, UnitView};

/// Makes an effect return a function that removes the listener which `call` adds, or adds that to the one it returns. A
/// function that is written in the call gets a name for it; where a compiler knows its parameters only there, the listener
/// gets a signal instead. None where that would not be right on every path.
#[must_use]
pub fn remove_after_effect(
    view: &UnitView<'_>,
    effect: (usize, FunctionId),
    call: &CallView<'_>,
    listener: &Listener,
) -> Option<Cleanup> {
    let u = view.unit;
    let writer = Writer::of_effect(view, effect, call.node)?;
    let (statement, home) = writer.statement_of(call.node)?;
    let is_alone = matches!(u.kind(statement), Kind::Discard(value) if *value == call.node);
    let start = view.bytes(statement).start;
    if !is_alone
        || !begins_its_line(writer.text, start)
        || home != writer.body && !writer.ends_the_effect(home)
    {
        return None;
    }
    let Style { newline, semicolon, .. } = &writer.style;
    let before = |declaration: &str| {
        let indent = indent_at(writer.text, start);
        writer.edit(TextRange::new(start, start), format!("{declaration}{semicolon}{newline}{indent}"))
    };
    let (mut edits, release) = if !is_made_there(view, listener.handler) {
        (Vec::new(), removing(view, call.node, listener, view.text(listener.handler))?)
    } else if is_typed(view.linked.file.language) && has_untyped_parameters(view, listener.handler) {
        let (index, names) = listener.options.as_ref()?;
        let Kind::Call { args, .. } = u.kind(call.node) else { return None };
        let captures =
            args.get(*index).is_some_and(|&arg| *u.kind(arg) == Kind::Literal(Literal::Bool(true)));
        if !names.iter().any(|name| name == "signal") || captures {
            return None;
        }
        let name = free_name(view, effect.1, "controller");
        let mut edits = vec![before(&format!("const {name} = new AbortController()"))];
        edits.extend(set_option(view, call.node, *index, "signal", &format!("{name}.signal"))?);
        (edits, format!("{name}.abort()"))
    } else {
        let name = free_name(view, effect.1, &handler_name(view, listener));
        let edits = vec![
            before(&format!("const {name} = {}", view.text(listener.handler))),
            writer.edit(view.bytes(listener.handler), name.clone()),
        ];
        (edits, removing(view, call.node, listener, &name)?)
    };
    // A cleanup hands out nothing: what adds a listener and what removes it both hand out what is listened to, or neither.
    let hands_out = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.yields.is_some());
    edits.push(writer.at_the_end(home, statement, &release, hands_out)?);
    Some(Cleanup { edits, release })
}

/// Writes the function of a listener once, where it is written a second time in the effect's cleanup to remove it: its
/// name, and the edits. None where the two are not the same text.
#[must_use]
pub fn share_the_function(
    view: &UnitView<'_>,
    effect: (usize, FunctionId),
    call: &CallView<'_>,
    listener: &Listener,
    (unit, given): (usize, NodeId),
) -> Option<(String, Vec<PlannedEdit>)> {
    let writer = Writer::of_effect(view, effect, call.node)?;
    let (statement, home) = writer.statement_of(call.node)?;
    let there = view.of(unit);
    let around = there.functions_around(given);
    let is_in_the_effect = around.iter().any(|(unit, function, _)| (*unit, *function) == effect);
    let text = view.text(listener.handler);
    let start = view.bytes(statement).start;
    let is_retyped = is_typed(view.linked.file.language) && has_untyped_parameters(view, listener.handler);
    if home != writer.body
        || !is_in_the_effect
        || !is_made_there(view, listener.handler)
        || there.text(given) != text
        || is_retyped
        || !begins_its_line(writer.text, start)
    {
        return None;
    }
    let name = free_name(view, effect.1, &handler_name(view, listener));
    let Style { newline, semicolon, .. } = &writer.style;
    let declared = format!("const {name} = {text}{semicolon}{newline}{}", indent_at(writer.text, start));
    let edits = vec![
        writer.edit(TextRange::new(start, start), declared),
        writer.edit(view.bytes(listener.handler), name.clone()),
        writer.edit(there.bytes(given), name.clone()),
    ];
    Some((name, edits))
}

/// Removes the listener in the method of the class that ends the object. None where the class has no such method, or the
/// function that is called is no field or method of the object.
#[must_use]
pub fn remove_in_teardown(
    view: &UnitView<'_>,
    class: &str,
    call: &CallView<'_>,
    listener: &Listener,
) -> Option<Cleanup> {
    let u = view.unit;
    let Kind::Member { object, .. } = u.kind(listener.handler) else { return None };
    let is_of_the_object = *u.kind(*object) == Kind::This;
    let is_constant = listener.event.is_none_or(|event| matches!(u.kind(event), Kind::Literal(_)));
    let is_at_hand = listener.target.is_of_the_platform_or_module(view);
    if !is_of_the_object || !is_constant || !is_at_hand {
        return None;
    }
    let release = removing(view, call.node, listener, view.text(listener.handler))?;
    let edit = at_the_start_of_teardown(view, class, &release)?;
    Some(Cleanup { edits: vec![edit], release })
}

/// The call that removes a listener, by the first of the ways that its model knows.
fn removing(view: &UnitView<'_>, call: NodeId, listener: &Listener, handler: &str) -> Option<String> {
    let u = view.unit;
    let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
    let twin = listener.twins.first()?;
    let head = match u.kind(*callee) {
        Kind::Member { name_range, .. } => {
            let range = TextRange::new(view.bytes(*callee).start, view.to_file(*name_range).start);
            view.project.text.get(range.start as usize..range.end as usize)?
        }
        _ => "",
    };
    let mut given: Vec<&str> = listener.event.map(|event| view.text(event)).into_iter().collect();
    given.push(handler);
    // Only whether it captures says which listener it is.
    let index = listener.options.as_ref().map_or(usize::MAX, |(index, _)| *index);
    if let Some(&options) = args.get(index) {
        let captures = match u.kind(options) {
            Kind::Literal(Literal::Bool(captures)) => *captures,
            Kind::Object { entries, .. } => {
                entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if name == "capture"))
            }
            _ => true,
        };
        if captures {
            given.push(view.text(options));
        }
    }
    Some(format!("{head}{twin}({})", given.join(", ")))
}

/// What a listener's function is called: `onResize`, `onVisibilityChange` for `visibility-change`.
fn handler_name(view: &UnitView<'_>, listener: &Listener) -> String {
    let Some(event) = event_name(view, listener) else { return "listener".to_owned() };
    let mut name = "on".to_owned();
    for word in words(&event) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.extend(letters);
    }
    let is_plain = name.len() > 2 && name.chars().all(|c| c.is_ascii_alphanumeric());
    if is_plain { name } else { "listener".to_owned() }
}

/// Whether a function has parameters whose types only the call that takes it tells.
fn has_untyped_parameters(view: &UnitView<'_>, handler: NodeId) -> bool {
    let function = match view.unit.kind(handler) {
        Kind::Function(function) => view.unit.function(*function),
        Kind::Nested(i) => {
            let nested = view.linked.file.units[view.index].nested.get(*i as usize);
            let Some(&inner) = nested else { return true };
            view.unit_of(inner).own()
        }
        _ => return false,
    };
    function.params.iter().any(|param| param.ty.is_none())
}
