//! Whether a function keeps what it has found out, so that it does so once.

use plimsoll_behavior::{BindingKind, Effects, FunctionId, Kind, Name, NodeId, Unit};

use crate::UnitView;
use crate::ask::binding_of;

/// Methods that put something into what is kept.
const PUTS: &[&str] = &["set", "insert", "store", "replace", "put", "add", "push"];

/// Whether the function around a node keeps something outside of itself and looks there first:
/// `if (!this.key) this.key = derive()`, `cache ??= read()`, `if let Some(found) = CACHE.get(name) { return found }`.
#[must_use]
pub fn is_remembered(view: &UnitView<'_>, node: NodeId) -> bool {
    let u = view.unit;
    let function = u.node(node).function;
    let Some(body) = u.function(function).body else { return false };
    let nodes = u.descendants(body);
    let kept: Vec<Place> = nodes.iter().filter_map(|&at| kept_at(view, function, at)).collect();
    !kept.is_empty()
        && nodes.iter().filter_map(|&at| looked_at(u, at)).any(|condition| {
            let mut parts = u.descendants(condition).into_iter();
            u.range(condition).start <= u.range(node).end
                && parts.any(|part| place(view, function, part).is_some_and(|place| kept.contains(&place)))
        })
}

/// Something that a function reaches and that lives on after it: a field of its object or of what it is given, a variable
/// around it.
#[derive(Clone, PartialEq)]
enum Place {
    Field(Name),
    FieldOf(Name, Name),
    Outside(Name),
}

/// What a node keeps something in. What is awaited is a database, and what an object is given in the place of what it had
/// is another value.
fn kept_at(view: &UnitView<'_>, function: FunctionId, at: NodeId) -> Option<Place> {
    let u = view.unit;
    match u.kind(at) {
        Kind::Assign { target, value, .. } => {
            let found = place(view, function, *target)?;
            let mut parts = u.descendants(*value).into_iter();
            let is_made_of_itself = parts.any(|part| place(view, function, part).as_ref() == Some(&found));
            (!is_made_of_itself && !matches!(found, Place::FieldOf(..))).then_some(found)
        }
        Kind::Call { callee, .. } => {
            let Kind::Member { object, name, .. } = u.kind(*callee) else { return None };
            let is_awaited = u.parent(at).is_some_and(|parent| matches!(u.kind(parent), Kind::Await(_)));
            let is_put = PUTS.contains(&name.as_str()) && !is_awaited;
            let is_stored = || view.call(at).is_some_and(|call| call.effects().intersects(Effects::DB));
            if !is_put || is_stored() {
                return None;
            }
            place(view, function, *object)
        }
        _ => None,
    }
}

/// What decides at a node how it goes on.
fn looked_at(u: &Unit, at: NodeId) -> Option<NodeId> {
    match u.kind(at) {
        Kind::If { condition, .. } => Some(*condition),
        Kind::Is { value, .. } => Some(*value),
        Kind::Match { on, .. } => Some(*on),
        Kind::Binary { op, left, .. } if matches!(op.as_str(), "??" | "||" | "&&") => Some(*left),
        Kind::Assign { op, target, .. } if matches!(op.as_str(), "??=" | "||=") => Some(*target),
        _ => None,
    }
}

/// The place that an expression leads into: `this.keys` of `this.keys.get(id)?.key`.
fn place(view: &UnitView<'_>, function: FunctionId, node: NodeId) -> Option<Place> {
    let u = view.unit;
    let mut at = node;
    loop {
        at = match u.kind(at) {
            Kind::Member { object, name, .. } => match u.kind(*object) {
                Kind::This => return Some(Place::Field(name.clone())),
                Kind::Name { name: of, binding: Some(binding) }
                    if matches!(u.binding(*binding).kind, BindingKind::Parameter(..)) =>
                {
                    return Some(Place::FieldOf(of.clone(), name.clone()));
                }
                _ => *object,
            },
            Kind::Index { object, .. } => *object,
            Kind::Call { callee, .. } if matches!(u.kind(*callee), Kind::Member { .. }) => *callee,
            Kind::NonNull(value) | Kind::Try(value) | Kind::Await(value) => *value,
            Kind::Unary { value, .. } => *value,
            Kind::Name { name, .. } => {
                let own = match binding_of(view, view.index, at) {
                    Some((unit, binding)) => {
                        let scope = u.bindings.get(binding.0 as usize).map(|binding| binding.scope);
                        unit == view.index
                            && scope.is_some_and(|s| u.scopes[s.0 as usize].function == function)
                    }
                    None => !name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
                };
                return (!own).then(|| Place::Outside(name.clone()));
            }
            _ => return None,
        };
    }
}
