//! What is asked of the collection of a loop: whether it can be read once more before the loop.

use plimsoll_behavior::models::Rows;
use plimsoll_behavior::{Access, Kind, NodeId, PathStep, TypeExpr};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::{Turn, bare, binding_of, callee_name, receiver};

/// Methods that change an array.
pub(super) const CHANGES: &[&str] =
    &["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"];

/// Whether a collection is a name or a member of one.
pub(super) fn is_path(view: &UnitView<'_>, node: NodeId) -> bool {
    let mut at = node;
    loop {
        match view.unit.kind(at) {
            Kind::Name { .. } | Kind::This => return true,
            Kind::Member { object, access: Access::Dot, .. } => at = *object,
            _ => return false,
        }
    }
}

/// Whether the turns add to the collection or take from it.
pub(super) fn is_refilled(view: &UnitView<'_>, turn: &Turn, over: &str) -> bool {
    let u = view.unit;
    u.descendants(turn.body).into_iter().any(|node| {
        let is_change = callee_name(u, node).is_some_and(|name| {
            CHANGES.contains(&name.as_str()) || matches!(name.as_str(), "add" | "delete" | "set" | "clear")
        });
        is_change && receiver(u, node).is_some_and(|on| view.text(on) == over)
    })
}

/// Whether a collection is known to be an array.
pub(super) fn is_array(outer: &UnitView<'_>, over: NodeId) -> bool {
    let is_list = || matches!(outer.eval.value(outer.index, over), Value::List(_));
    let Some((unit, binding)) = binding_of(outer, outer.index, over) else { return is_list() };
    let u = outer.unit_of(unit);
    let b = u.binding(binding);
    let is_array_type = |ty: &TypeExpr| {
        ty.path.last().is_some_and(|name| matches!(name.as_str(), "Array" | "ReadonlyArray" | "[]" | "()"))
    };
    match &b.ty {
        Some(ty) => is_array_type(ty),
        None => {
            is_list()
                || b.path.is_empty()
                    && b.value.is_some_and(|value| match u.kind(bare(u, value)) {
                        Kind::Array(_) => true,
                        Kind::Await(value) => outer.eval.call(unit, *value).rows == Some(Rows::Many),
                        _ => false,
                    })
        }
    }
}

/// Whether a collection may be an iterator, of which nothing is left once it is read.
pub(super) fn may_be_read_once(outer: &UnitView<'_>, over: NodeId) -> bool {
    let Some((unit, binding)) = binding_of(outer, outer.index, over) else { return true };
    let u = outer.unit_of(unit);
    let b = u.binding(binding);
    let is_collection = |name: &str| matches!(name, "Set" | "ReadonlySet" | "Map" | "ReadonlyMap");
    if let Some(ty) = &b.ty {
        return !ty.path.last().is_some_and(|name| is_collection(name));
    }
    let is_whole = !b.path.iter().any(|step| !matches!(step, PathStep::Member(_)));
    let is_kept = b.value.is_some_and(|value| match u.kind(bare(u, value)) {
        // What is worth waiting for is a list.
        Kind::Await(_) => true,
        Kind::Call { callee, .. } => {
            matches!(u.kind(*callee), Kind::Name { name, .. } if is_collection(name))
        }
        _ => false,
    });
    !(is_whole && is_kept)
}
