//! Adds to an effect what releases a one-shot timer that starts itself again.

use plimsoll_behavior::{Effects, FunctionId, Kind, NodeId, Unit};
use plimsoll_project::link::Value;
use plimsoll_syntax::TextRange;

use super::cleanup::{Cleanup, Writer, free_name, is_taken, is_typed, release_in_scope};
use super::style::{Style, begins_its_line, indent_at};
use crate::UnitView;

/// Makes an effect release a one-shot timer that its callback, a function of the effect, starts again: the handle of the
/// last one is kept in a variable. None where the function is started in other ways than by a call or such a timer.
#[must_use]
pub fn release_repetition_after_effect(
    view: &UnitView<'_>,
    effect: (usize, FunctionId),
    call: NodeId,
    release: &str,
    name: &str,
) -> Option<Cleanup> {
    let released = release_in_scope(view, call, release)?;
    let outer = view.of(effect.0);
    let u = outer.unit;
    let function = u.function(effect.1);
    let repeats = view.unit.node(call).function;
    // A callback that waits starts the timer again after the effect has ended.
    if function.is_async || function.is_generator || view.unit.function(repeats).is_async {
        return None;
    }
    let body = function.body?;
    let style = Style::of(view.project.text);
    let writer = Writer { view: &outer, text: view.project.text, style, effect: effect.1, body };
    let (of, node) = view.eval.node_of(view.index, repeats)?;
    let declared = std::iter::once(node)
        .chain(u.ancestors(node))
        .find(|&around| u.parent(around) == Some(body))
        .filter(|_| of == effect.0)?;
    let repeated = view.linked.file.function_at(of, node)?;
    let is_starter = |at: NodeId| {
        let facts = outer.eval.call(outer.index, at);
        let callback = facts.behavior.as_ref().and_then(|(_, b)| b.callback).unwrap_or(u8::MAX);
        let argument = outer.eval.argument_node(outer.index, at, usize::from(callback));
        facts.effects.contains(Effects::TIMER_ONCE)
            && argument.is_some_and(|argument| {
                outer.eval.value(outer.index, argument) == Value::Function(repeated.clone())
            })
    };
    let is_dropped =
        |u: &Unit, at: NodeId| u.parent(at).is_some_and(|p| matches!(u.kind(p), Kind::Discard(_)));
    let name = free_name(&outer, effect.1, name);
    let starters: Vec<NodeId> =
        u.calls.iter().copied().filter(|&at| u.node(at).function == effect.1 && is_starter(at)).collect();
    if !is_dropped(view.unit, call)
        || starters.iter().any(|&at| !is_dropped(u, at))
        || !begins_its_line(writer.text, outer.bytes(declared).start)
        || is_taken(view, repeats, &name)
    {
        return None;
    }
    let kept = |at: u32| writer.edit(TextRange::new(at, at), format!("{name} = "));
    let start = outer.bytes(declared).start;
    let Style { newline, semicolon, .. } = &writer.style;
    let ty = if is_typed(view.linked.file.language) {
        format!(": ReturnType<typeof {}> | undefined", view.call_name(call))
    } else {
        String::new()
    };
    let declaration = format!("let {name}{ty}{semicolon}{newline}{}", indent_at(writer.text, start));
    let mut edits =
        vec![writer.edit(TextRange::new(start, start), declaration), kept(view.bytes(call).start)];
    edits.extend(starters.iter().map(|&at| kept(outer.bytes(at).start)));
    let release = format!("{released}({name})");
    // Only timers of the event loop may be released without having been started.
    let is_guarded = is_typed(view.linked.file.language) && !released.ends_with("clearTimeout");
    let guarded = if is_guarded { format!("if ({name}) {release}") } else { release.clone() };
    edits.push(writer.at_the_end(body, declared, &guarded, is_guarded)?);
    Some(Cleanup { edits, release })
}
