//! Makes a failed status an error, with what the response's model offers for it.

use plimsoll_behavior::models::ModelType;
use plimsoll_behavior::{Effects, Kind, NodeId};

use super::{rust, script};
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

/// TypeScript: a statement that throws, after the one that binds the response or in the callback that is given it.
/// `description` says what was asked, as the inside of a template.
#[must_use]
pub fn guard(
    unit: &UnitView<'_>,
    around: &UnitView<'_>,
    request: &CallView<'_>,
    ty: ModelType,
    read: NodeId,
    description: &str,
) -> Option<PlannedEdit> {
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
    if unit.index == around.index
        && let Some((name, bound)) = bound_by(unit, request.node)
    {
        return script::statement_after(unit, bound, &statement(&name));
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
}

/// The name that a call's result is bound to, and the statement that does it.
fn bound_by(unit: &UnitView<'_>, call: NodeId) -> Option<(String, NodeId)> {
    let u = unit.unit;
    let mut at = call;
    loop {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Await(_) | Kind::NonNull(_) | Kind::Cast { .. } => at = parent,
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
