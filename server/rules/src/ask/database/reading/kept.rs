//! What happens to a query that is kept before it runs.

use plimsoll_behavior::models::{ModelType, Rows, Slot};
use plimsoll_behavior::{BindingId, BindingKind, Kind, NodeId, Unit};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, receiver};
use crate::ask::database::touch::chain;
use crate::view::CallView;

/// How many calls a chain may have.
const MAX_CALLS: usize = 60;

/// The calls of later steps of a query that is kept in a variable, where they are all seen and none limits it; empty for
/// one that runs where it stands. None where it may be limited elsewhere.
pub(super) fn later_steps(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Vec<NodeId>> {
    let u = view.unit;
    let made = call.facts.value.instance();
    let builds = made.is_some_and(|made| view.eval.models.ty(made.ty).runs.is_some());
    let Some(built) = made.filter(|_| builds).map(|made| made.ty) else { return Some(Vec::new()) };
    // A step of a query that is kept is told where the query is made.
    let first = chain(u, call.node).into_iter().next_back().and_then(|first| receiver(u, first));
    let goes_on = first.is_some_and(|first| match view.eval.value(view.index, first) {
        Value::Instance(of) => view.eval.models.ty(of.ty).runs.is_some(),
        _ => false,
    });
    if goes_on {
        return None;
    }
    let mut at = call.node;
    loop {
        let Some(parent) = u.parent(at) else { return Some(Vec::new()) };
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::NonNull(_) => at = parent,
            Kind::Let { pattern, .. } => {
                let [binding] = pattern.bindings.as_slice() else { return None };
                return steps_of(view, built, *binding);
            }
            Kind::Assign { target, .. } => {
                return match u.kind(*target) {
                    Kind::Name { binding: Some(binding), .. } => steps_of(view, built, *binding),
                    _ => None,
                };
            }
            Kind::Array(_) => return is_run_at_once(view, parent).then(Vec::new),
            Kind::Call { args, .. } if args.contains(&at) => return None,
            Kind::Object { .. } | Kind::If { .. } => return None,
            Kind::Return(_) => {
                return u.function(u.node(call.node).function).is_async.then(Vec::new);
            }
            // The body of an arrow function: whoever calls it goes on with it.
            Kind::Function(_) | Kind::Nested(_) => {
                return u.function(u.node(call.node).function).is_async.then(Vec::new);
            }
            _ => return Some(Vec::new()),
        }
    }
}

/// Whether a name is bound to the query itself.
pub(super) fn is_kept(view: &UnitView<'_>, call: NodeId) -> bool {
    let parent = view.unit.parent(call);
    parent.is_some_and(|parent| matches!(view.unit.kind(parent), Kind::Let { .. } | Kind::Assign { .. }))
}

/// `Promise.all([query, …])`
fn is_run_at_once(view: &UnitView<'_>, array: NodeId) -> bool {
    let u = view.unit;
    u.parent(array).is_some_and(|parent| match u.kind(parent) {
        Kind::Call { callee, .. } => {
            matches!(view.eval.value(view.index, *callee), Value::Package(package, path)
                if package == "<global>" && path.starts_with("Promise."))
        }
        _ => false,
    })
}

/// The calls on a variable that holds a query; none where one of them limits it or it goes elsewhere.
fn steps_of(view: &UnitView<'_>, built: ModelType, binding: BindingId) -> Option<Vec<NodeId>> {
    let u: &Unit = view.unit;
    let bound = u.binding(binding);
    if bound.kind != BindingKind::Variable || !bound.path.is_empty() {
        return None;
    }
    let mut steps = Vec::new();
    for &used in &bound.uses {
        let mut at = used;
        for _ in 0..MAX_CALLS {
            let Some(parent) = u.parent(at) else { break };
            match u.kind(parent) {
                Kind::Member { object, .. } if bare(u, *object) == at => at = parent,
                Kind::Call { callee, .. } if *callee == at => {
                    // What a variable holds that is assigned to may not be told: the method says what it does.
                    let step = callee_name(u, parent).and_then(|name| view.eval.models.method(built, name));
                    if let Some(step) = step {
                        let fills = |slot: Slot| step.slots.contains_key(&slot);
                        let is_other = step.rows.is_some_and(|rows| rows != Rows::Many) || step.streams;
                        if fills(Slot::Bound) || fills(Slot::NoRows) || fills(Slot::Lock) || is_other {
                            return None;
                        }
                        steps.push(parent);
                    }
                    at = parent;
                }
                Kind::If { condition, .. } if *condition != at => at = parent,
                Kind::Return(_) if u.function(u.node(used).function).is_async => break,
                Kind::Call { .. } | Kind::Object { .. } | Kind::Return(_) => return None,
                Kind::Array(_) if !is_run_at_once(view, parent) => return None,
                _ => break,
            }
        }
    }
    // One that is kept again under another name is not followed.
    Some(steps)
}
