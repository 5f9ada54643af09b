//! Releases a handle when the connection or the response ends that it was made for.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_project::link::Context;
use plimsoll_syntax::TextRange;

use super::cleanup::{Cleanup, Release, free_name};
use super::script::statement_after;
use super::style::begins_its_line;
use crate::{PlannedEdit, UnitView};

/// Hands what `call` yields to `release` when a parameter of its function ends: `socket.on("close", …)`. None where no
/// parameter is known to end, or it may have ended before.
#[must_use]
pub fn release_when_closed(
    view: &UnitView<'_>,
    call: NodeId,
    release: Release<'_>,
    name: &str,
) -> Option<Cleanup> {
    let u = view.unit;
    let id = u.node(call).function;
    let function = u.function(id);
    let body = function.body?;
    if !matches!(view.context(id), Context::Runs(Run::Handler | Run::Listener, _)) {
        return None;
    }
    let waits_before = u.descendants(body).into_iter().any(|node| {
        matches!(u.kind(node), Kind::Await(_))
            && u.node(node).function == id
            && u.range(node).start < u.range(call).start
    });
    let (owner, event) = function.params.iter().find_map(|param| {
        let &[binding] = param.pattern.bindings.as_slice() else { return None };
        let binding = u.binding(binding);
        let ends = binding.uses.iter().find_map(|&used| {
            let value = view.eval.value(view.index, used);
            view.eval.models.ty(value.instance()?.ty).ends_with.clone()
        });
        binding.path.is_empty().then_some(())?;
        Some((binding.name.clone(), ends?))
    })?;
    let release = release.at(view, call)?;
    let statement = u.parent(call)?;
    let home = u.parent(statement)?;
    let is_in_a_loop =
        u.ancestors(statement).take_while(|&n| n != body).any(|n| matches!(u.kind(n), Kind::Loop(_)));
    let text = view.project.text;
    let start = view.bytes(statement).start;
    if waits_before
        || is_in_a_loop
        || !matches!(u.kind(home), Kind::Block { .. })
        || !begins_its_line(text, start)
    {
        return None;
    }
    let mut edits = Vec::new();
    let handle = match u.kind(statement) {
        Kind::Let { pattern, init: Some(init), .. } if *init == call => {
            let &[binding] = pattern.bindings.as_slice() else { return None };
            let binding = u.binding(binding);
            let is_plain = binding.path.is_empty() && binding.assignments.is_empty();
            is_plain.then(|| binding.name.to_string())?
        }
        Kind::Discard(value) if *value == call => {
            let name = free_name(view, id, name);
            let range = TextRange::new(start, start);
            let path = view.linked.file.path.to_string();
            edits.push(PlannedEdit { path, range: Some(range), new_text: format!("const {name} = ") });
            name
        }
        _ => return None,
    };
    let quote = if text.matches('"').count() > text.matches('\'').count() { '"' } else { '\'' };
    let release = release.of(&handle);
    let listener = format!("{owner}.on({quote}{event}{quote}, () => {release})");
    edits.push(statement_after(view, statement, &listener)?);
    Some(Cleanup { edits, release })
}
