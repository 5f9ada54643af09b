//! Waits for a promise that a statement lets go, else handles its rejection.

use plimsoll_behavior::{BindingKind, Effects, Kind, NodeId};
use plimsoll_syntax::TextRange;

use crate::ask::Floating;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Waits where that can be done and nothing rests on not waiting, else logs what fails; the better one first.
#[must_use]
pub fn handled(unit: &UnitView<'_>, floating: &Floating) -> Vec<FixPlan> {
    let several = is_list(unit, floating.node);
    let waits = may_wait(unit, floating).then(|| awaited(unit, floating.node, several)).flatten();
    [waits, logged(unit, floating.node, several)].into_iter().flatten().collect()
}

/// Waits for a promise that is only begun when somebody does.
#[must_use]
pub fn begun(unit: &UnitView<'_>, node: NodeId) -> Option<FixPlan> {
    is_in_async(unit, node).then(|| awaited(unit, node, false)).flatten()
}

/// Waits for the promises of a callback that is run for each of a list: `await Promise.all(rows.map(…))`.
#[must_use]
pub fn awaited_each(unit: &UnitView<'_>, call: NodeId) -> Option<FixPlan> {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    let Kind::Member { object, name_range, .. } = u.kind(*callee) else { return None };
    // Sets and maps have no `map`.
    let is_array = is_declared_an_array(unit, *object);
    let is_statement = u.parent(call).is_some_and(|around| matches!(u.kind(around), Kind::Discard(_)));
    if !is_array || !is_statement || !is_in_async(unit, call) {
        return None;
    }
    let range = unit.bytes(call);
    let edits = vec![
        edit(unit, TextRange::new(range.start, range.start), "await Promise.all(".to_owned()),
        edit(unit, unit.to_file(*name_range), "map".to_owned()),
        edit(unit, TextRange::new(range.end, range.end), ")".to_owned()),
    ];
    let title = "Wait for all callbacks: `Promise.all` (review: can newly throw)".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// Whether the name that a node is was declared as an array.
fn is_declared_an_array(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    let Kind::Name { binding: Some(binding), .. } = u.kind(node) else { return false };
    let binding = u.binding(*binding);
    let of_parameter = match binding.kind {
        BindingKind::Parameter(function, index) if binding.path.is_empty() => {
            u.function(function).params.get(usize::from(index)).and_then(|param| param.ty.as_ref())
        }
        _ => None,
    };
    let ty = binding.ty.as_deref().or(of_parameter).and_then(|ty| ty.path.last());
    ty.is_some_and(|name| matches!(name.as_str(), "Array" | "ReadonlyArray"))
}

fn is_in_async(unit: &UnitView<'_>, node: NodeId) -> bool {
    let function = unit.unit.function(unit.unit.node(node).function);
    function.is_async && !function.is_generator
}

/// Whether the function can wait, and has not answered by then; what calls itself is not waited for.
fn may_wait(unit: &UnitView<'_>, floating: &Floating) -> bool {
    let u = unit.unit;
    let around = u.node(floating.node).function;
    let has_answered = unit.calls_with(Effects::RESPOND).any(|call| {
        u.node(call.node).function == around && u.range(call.node).start < u.range(floating.node).start
    });
    let own = unit.linked.file.fn_ref(unit.index, around);
    is_in_async(unit, floating.node) && !has_answered && floating.function.as_ref() != Some(&own)
}

fn awaited(unit: &UnitView<'_>, node: NodeId, several: bool) -> Option<FixPlan> {
    let u = unit.unit;
    let is_statement = u.parent(node).is_some_and(|around| matches!(u.kind(around), Kind::Discard(_)));
    let is_call = matches!(u.kind(node), Kind::Call { .. });
    if !is_statement || !is_call {
        return None;
    }
    let range = unit.bytes(node);
    let (before, after) = if several { ("await Promise.all(", ")") } else { ("await ", "") };
    let mut edits = vec![edit(unit, TextRange::new(range.start, range.start), before.to_owned())];
    if !after.is_empty() {
        edits.push(edit(unit, TextRange::new(range.end, range.end), after.to_owned()));
    }
    let title = "Wait for it: `await` (review: can newly throw)".to_owned();
    Some(FixPlan { title, safety: Safety::Review, edits })
}

fn logged(unit: &UnitView<'_>, node: NodeId, several: bool) -> Option<FixPlan> {
    let is_call = matches!(unit.unit.kind(node), Kind::Call { .. });
    let range = unit.bytes(node);
    is_call.then_some(())?;
    let log = logger(unit).unwrap_or_else(|| "console.error".to_owned());
    let handler = format!(".catch((error) => {log}(error))");
    let mut edits = Vec::new();
    if several {
        edits.push(edit(unit, TextRange::new(range.start, range.start), "Promise.all(".to_owned()));
    }
    let close = if several { ")" } else { "" };
    edits.push(edit(unit, TextRange::new(range.end, range.end), format!("{close}{handler}")));
    let title = format!("Log what fails with `{log}` (review: the process goes on)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// How the file logs errors otherwise: `logger.error`, by a name that means the same everywhere in it.
fn logger(unit: &UnitView<'_>) -> Option<String> {
    let module = &unit.linked.file.units[0].unit;
    unit.linked.facts.iter().enumerate().find_map(|(at, facts)| {
        let u = &unit.linked.file.units[at].unit;
        u.calls.iter().find_map(|call| {
            if !facts.calls.get(call)?.effects.contains(Effects::LOG) {
                return None;
            }
            let Kind::Call { callee, .. } = u.kind(*call) else { return None };
            let Kind::Member { object, name, .. } = u.kind(*callee) else { return None };
            let Kind::Name { name: head, .. } = u.kind(*object) else { return None };
            let is_of_module = module.bindings.iter().any(|binding| {
                let is_kept = matches!(binding.kind, BindingKind::Import(_) | BindingKind::Variable);
                binding.name == *head && is_kept && binding.scope.0 == 0
            });
            (name == "error" && is_of_module).then(|| format!("{head}.error"))
        })
    })
}

/// Whether a node yields several promises: `rows.map(async …)`.
fn is_list(unit: &UnitView<'_>, node: NodeId) -> bool {
    matches!(unit.unit.kind(node), Kind::Call { .. })
        && unit
            .eval
            .call(unit.index, node)
            .behavior
            .as_ref()
            .is_some_and(|(_, behavior)| behavior.yields.as_deref() == Some("[callback]"))
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
