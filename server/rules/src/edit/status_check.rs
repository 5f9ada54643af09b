//! Makes a failed status an error, with what the response's model offers for it.

use plimsoll_behavior::models::ModelType;
use plimsoll_behavior::{Effects, Kind, NodeId, PathStep};
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use super::{rust, script};
use crate::ask::ResponseUse;
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// Rust: the method that turns a failed status into an error, called before the one that reads the body; only where the
/// error of that one is handed on as it is.
#[must_use]
pub fn in_chain(unit: &UnitView<'_>, ty: ModelType, read: NodeId) -> Option<PlannedEdit> {
    let awaited = unit.unit.parent(read)?;
    let is_async = matches!(unit.unit.kind(awaited), Kind::Await(_));
    let tried = if is_async { unit.unit.parent(awaited)? } else { awaited };
    if !matches!(unit.unit.kind(tried), Kind::Try(_)) {
        return None;
    }
    let methods = &unit.eval.models.ty(ty).methods;
    let check = methods
        .iter()
        .filter(|(_, m)| {
            m.effect.0.contains(Effects::RESPONSE_CHECK)
                && m.throws
                && m.yields.as_deref() == Some("receiver")
        })
        .map(|(name, _)| name)
        .min_by_key(|name| name.len())?;
    let at = rust::dot_before(unit, read)?;
    Some(rust::chained(unit, at, &format!(".{check}()?")))
}

/// TypeScript: a statement that throws, after the one that binds the response or in the callback that is given it; a
/// response without a name gets one. `description` says what was asked, as the inside of a template.
#[must_use]
pub fn guard(
    unit: &UnitView<'_>,
    around: &UnitView<'_>,
    request: &CallView<'_>,
    ty: ModelType,
    read: NodeId,
    found: &ResponseUse,
    description: &str,
) -> Option<Vec<PlannedEdit>> {
    let looks = |name: &str| {
        let member = unit.eval.models.member(ty, name);
        member.is_some_and(|m| m.effect.0.contains(Effects::RESPONSE_CHECK))
    };
    if !looks("ok") || !looks("status") {
        return None;
    }
    let statement = |name: &str| {
        format!("if (!{name}.ok) throw new Error(`{description} failed with ${{{name}.status}}`)")
    };
    let bound = bound_by(unit, request.node).filter(|_| unit.index == around.index);
    // One failure is an answer of its own: what it leads to stays before the check of the others.
    if found.is_compared {
        let (name, _) = bound.filter(|_| found.reads.len() == 1)?;
        return script::statement_before(unit, read, &statement(&name)).map(|edit| vec![edit]);
    }
    if let Some((name, bound)) = bound {
        return script::statement_after(unit, bound, &statement(&name)).map(|edit| vec![edit]);
    }
    if unit.index == around.index
        && let Some(edits) = named_first(unit, request.node, read, &statement)
    {
        return Some(edits);
    }
    // The callback of a chain: what it is given is what it reads.
    let function = unit.unit.node(read).function;
    let parameter = unit.unit.function(function).params.first()?;
    let [binding] = parameter.pattern.bindings.as_slice() else { return None };
    let binding = unit.unit.binding(*binding);
    let Kind::Call { callee, .. } = unit.unit.kind(read) else { return None };
    let Kind::Member { object, .. } = unit.unit.kind(*callee) else { return None };
    let reads_it = matches!(unit.unit.kind(*object), Kind::Name { name, .. } if *name == binding.name);
    (reads_it && binding.path.is_empty())
        .then(|| script::arrow_with(unit, function, &statement(&binding.name)))
        .flatten()
        .map(|edit| vec![edit])
}

/// `await (await fetch(url)).json()`: the response is bound to a name before the statement that reads it, which must begin
/// with it.
fn named_first(
    unit: &UnitView<'_>,
    request: NodeId,
    read: NodeId,
    guard: &dyn Fn(&str) -> String,
) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let awaited = u.parent(request).filter(|&p| matches!(u.kind(p), Kind::Await(_)))?;
    let Kind::Call { callee, args, .. } = u.kind(read) else { return None };
    let Kind::Member { object, .. } = u.kind(*callee) else { return None };
    if *object != awaited || !args.is_empty() {
        return None;
    }
    let statement = statement_that_begins_with(unit, read)?;
    let text = unit.project.text;
    let (start, read) = (unit.bytes(statement).start, unit.bytes(read).start);
    let awaited = unit.bytes(awaited);
    // The parentheses around it go with it.
    let open = text.get(read as usize..awaited.start as usize)?.trim_end() == "(";
    let rest = text.get(awaited.end as usize..)?;
    let close = rest.len() - rest.trim_start().strip_prefix(')')?.len();
    if !open || !style::begins_its_line(text, start) {
        return None;
    }
    let name = script::free_name(unit, "response")?;
    let Style { newline, semicolon, .. } = Style::of(text);
    let indent = style::indent_at(text, start);
    let response = text.get(awaited.start as usize..awaited.end as usize)?;
    let before = format!(
        "const {name} = {response}{semicolon}{newline}{indent}{}{semicolon}{newline}{indent}",
        guard(&name)
    );
    let path = || unit.linked.file.path.to_string();
    let end = awaited.end + u32::try_from(close).ok()?;
    Some(vec![
        PlannedEdit { path: path(), range: Some(TextRange::new(start, start)), new_text: before },
        PlannedEdit { path: path(), range: Some(TextRange::new(read, end)), new_text: name },
    ])
}

/// The statement of a block that evaluates this node before anything else, whatever comes.
fn statement_that_begins_with(unit: &UnitView<'_>, node: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let mut at = node;
    loop {
        let parent = u.parent(at)?;
        let is_first = match u.kind(parent) {
            Kind::Block { .. } => return Some(at),
            Kind::Await(_)
            | Kind::NonNull(_)
            | Kind::Cast { .. }
            | Kind::Return(Some(_))
            | Kind::Discard(_) => true,
            Kind::Let { init: Some(init), otherwise: None, .. } => *init == at,
            Kind::Member { object, .. } => *object == at,
            Kind::Assign { target, value, .. } => {
                *value == at && matches!(u.kind(*target), Kind::Name { .. })
            }
            Kind::Call { callee, .. } => *callee == at,
            _ => false,
        };
        if !is_first {
            return None;
        }
        at = parent;
    }
}

/// The name that a call's result is bound to, and the statement that does it.
fn bound_by(unit: &UnitView<'_>, call: NodeId) -> Option<(String, NodeId)> {
    let u = unit.unit;
    let mut at = call;
    loop {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Await(_) | Kind::NonNull(_) | Kind::Cast { .. } => at = parent,
            Kind::Array(items) => {
                let index = items.iter().position(|&item| item == at)?;
                return one_of_many(unit, parent, u32::try_from(index).ok()?);
            }
            Kind::Let { pattern, init: Some(init), .. } if *init == at => {
                let [binding] = pattern.bindings.as_slice() else { return None };
                let binding = u.binding(*binding);
                let is_whole = binding.path.is_empty() && binding.value == Some(at);
                return is_whole.then(|| (binding.name.to_string(), parent));
            }
            Kind::Assign { op, target, value } if *value == at && op == "=" => {
                let Kind::Name { name, .. } = u.kind(*target) else { return None };
                let statement = u.parent(parent)?;
                return matches!(u.kind(statement), Kind::Discard(_)).then(|| (name.to_string(), statement));
            }
            _ => return None,
        }
    }
}

/// The name that one of several responses gets that are awaited together, and the statement that takes them apart:
/// `const [a, b] = await Promise.all([fetch(x), fetch(y)])`.
fn one_of_many(unit: &UnitView<'_>, array: NodeId, index: u32) -> Option<(String, NodeId)> {
    let u = unit.unit;
    let all = u.parent(array)?;
    let hands_on =
        unit.call(all)?.facts.behavior.as_ref().is_some_and(|(_, b)| b.yields.as_deref() == Some("arg.0"));
    let awaited = u.parent(all).filter(|&p| matches!(u.kind(p), Kind::Await(_)))?;
    let bound = u.parent(awaited)?;
    let Kind::Let { pattern, .. } = u.kind(bound) else { return None };
    let is_it = |binding: &&plimsoll_behavior::Binding| {
        binding.value == Some(awaited) && binding.path.as_slice() == [PathStep::Index(index)]
    };
    let binding = pattern.bindings.iter().map(|&b| u.binding(b)).find(is_it)?;
    hands_on.then(|| (binding.name.to_string(), bound))
}
