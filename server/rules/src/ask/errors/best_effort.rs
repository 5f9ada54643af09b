//! Whether a failure is ignored on purpose, and what came instead of an answer does no more harm than none.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Binding, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::Context;

use crate::UnitView;
use crate::ask::errors::parts_asked_for::part_of;

/// How many functions a failure is followed out of.
const MAX_FUNCTIONS: usize = 16;

/// Whether the failure of a call ends in a handler that does nothing at all, only yields a constant, or says that there
/// is nothing: `.catch(() => {})`, `.catch(() => false)`, `catch { setItems([]) }`.
#[must_use]
pub(crate) fn is_failure_ignored(view: &UnitView<'_>, node: NodeId) -> bool {
    let (mut unit, mut at) = (view.index, node);
    for _ in 0..MAX_FUNCTIONS {
        let u: &Unit = &view.linked.file.units[unit].unit;
        let function = u.node(at).function;
        while let Some(parent) = u.parent(at).filter(|&p| u.node(p).function == function) {
            match u.kind(parent) {
                Kind::TryCatch { body, catch: Some(catch), .. } if *body == at => {
                    return does_nothing(u, catch.body);
                }
                // What the read of the body itself catches is no status: `response.json().catch(() => null)`.
                Kind::Call { callee, args, .. } if *callee == at => {
                    let is_of_the_read = |object: NodeId| unit == view.index && object == node;
                    if let Kind::Member { name, object, .. } = u.kind(at)
                        && name == "catch"
                        && !is_of_the_read(*object)
                    {
                        return args.first().is_some_and(|&handler| is_idle(u, handler));
                    }
                }
                _ => {}
            }
            at = parent;
        }
        let Context::Runs(Run::Then, closure) = view.eval.context(unit, function) else { return false };
        (unit, at) = (closure.unit, closure.call);
    }
    false
}

/// Whether a handler is a function that does nothing.
fn is_idle(u: &Unit, handler: NodeId) -> bool {
    let Kind::Function(function) = u.kind(handler) else { return false };
    u.function(*function).body.is_none_or(|body| does_nothing(u, body))
}

fn does_nothing(u: &Unit, body: NodeId) -> bool {
    match u.kind(body) {
        Kind::Block { statements, .. } => statements.iter().all(|&statement| does_nothing(u, statement)),
        Kind::Return(value) => value.is_none_or(|value| does_nothing(u, value)),
        Kind::Literal(_) => true,
        Kind::Discard(inner) => does_nothing(u, *inner),
        Kind::Call { .. } => empties(u, body),
        Kind::Array(items) => items.is_empty(),
        Kind::Object { entries, .. } => entries.is_empty(),
        Kind::Name { name, .. } => name == "undefined",
        _ => false,
    }
}

/// Whether a call only says that there is nothing: `setItems([])`, `setIsOpen(false)`. What the answer is taken for when
/// it lacks what is asked for is the same.
fn empties(u: &Unit, node: NodeId) -> bool {
    let Kind::Call { callee, args, .. } = u.kind(node) else { return false };
    let is_nothing = |&arg: &NodeId| match u.kind(arg) {
        Kind::Literal(Literal::String(text)) => text.is_empty(),
        Kind::Literal(Literal::Number(number)) => number == "0",
        Kind::Literal(Literal::Bool(is_so)) => !is_so,
        _ => does_nothing(u, arg),
    };
    matches!(u.kind(*callee), Kind::Name { .. }) && !args.is_empty() && args.iter().all(is_nothing)
}

/// What a list has and an object with an error has not: it is no answer then, and the handler is reached.
const OF_LISTS: &[&str] =
    &["map", "flatMap", "filter", "forEach", "reduce", "slice", "some", "every", "find"];

/// Whether whatever is used of a value may be missing: `answer.items ?? []`, `!!answer.isOpen`.
#[must_use]
pub(crate) fn has_defaults(view: &UnitView<'_>, unit: usize, bindings: &[&Binding]) -> bool {
    let entry = &view.linked.file.units[unit];
    let u: &Unit = &entry.unit;
    let is_captured = |b: &Binding| {
        entry.nested.iter().any(|&inner| view.linked.file.units[inner].unit.free_names.contains(&b.name))
    };
    let mut uses = bindings.iter().flat_map(|b| &b.uses).peekable();
    uses.peek().is_some() && !bindings.iter().any(|b| is_captured(b)) && uses.all(|&used| {
        let (part, depth) = part_of(u, used);
        let Some(parent) = u.parent(part) else { return false };
        match u.kind(parent) {
            Kind::Unary { op, .. } => op == "!",
            Kind::Binary { op, left, right } => {
                let is_yes_or_no = matches!(u.kind(*right), Kind::Literal(Literal::Bool(_)));
                *left == part && (matches!(op.as_str(), "??" | "||") || op == "===" && is_yes_or_no)
            }
            Kind::Call { callee, .. } => {
                depth == 1
                    && *callee == part
                    && matches!(u.kind(part), Kind::Member { name, .. } if OF_LISTS.contains(&name.as_str()))
            }
            _ => false,
        }
    })
}
