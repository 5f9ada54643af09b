//! Whether a value may be `undefined` where it is used, as far as the code says so.

use plimsoll_behavior::{Access, Binding, BindingKind, Kind, Literal, NodeId, TypeExpr, Unit};

use crate::UnitView;
use crate::ask::code::{bare, declaration, unit_of};

/// How many names and choices a value is followed through.
const MAX_DEPTH: u8 = 6;

/// Whether a value may be `undefined`: it is written so, it is declared so, or it is a part of a request that nobody
/// has looked at. Values that a condition before it looks at are not.
#[must_use]
pub fn may_be_undefined(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let end = unit_of(view, unit).range(node).start;
    undefined_at(view, unit, node, (unit, end), MAX_DEPTH)
}

fn undefined_at(view: &UnitView<'_>, unit: usize, node: NodeId, used: (usize, u32), depth: u8) -> bool {
    if depth == 0 {
        return false;
    }
    let u = unit_of(view, unit);
    let again = |part: NodeId| undefined_at(view, unit, part, used, depth - 1);
    match u.kind(node) {
        Kind::Literal(Literal::Undefined) => true,
        Kind::Name { name, binding: None } if name == "undefined" => true,
        Kind::Cast { value, .. } => again(*value),
        Kind::If { then, otherwise, .. } => [Some(*then), *otherwise].into_iter().flatten().any(again),
        Kind::Binary { op, right, .. } if op == "??" || op == "||" => again(*right),
        Kind::Member { object, access: Access::Optional, .. } => !is_looked_at(view, unit, *object, used),
        Kind::Member { .. } => is_of_a_request(view, unit, node) && !is_looked_at(view, unit, node, used),
        Kind::Name { .. } => {
            let Some((at, id)) = declaration(view, unit, node) else { return false };
            let u = unit_of(view, at);
            let binding = u.binding(id);
            if is_looked_at(view, unit, node, used) || !binding.assignments.is_empty() {
                return false;
            }
            let inner = |value: NodeId| undefined_at(view, at, value, used, depth - 1);
            is_declared_so(view, at, binding)
                || match binding.value {
                    Some(value) if binding.path.is_empty() => {
                        !matches!(u.kind(value), Kind::Name { .. }) && inner(value)
                    }
                    // `const { id } = req.body`
                    Some(value) => binding.path.len() == 1 && is_part_of_a_request(view, at, value),
                    None => false,
                }
        }
        _ => false,
    }
}

/// `id?: string`, `id: string | undefined`; a default value takes it back.
fn is_declared_so(view: &UnitView<'_>, unit: usize, binding: &Binding) -> bool {
    let u = unit_of(view, unit);
    let is_union = |ty: &TypeExpr| {
        ty.path.first().is_some_and(|head| head == "|")
            && ty.args.iter().any(|arm| arm.path.first().is_some_and(|name| name == "undefined"))
    };
    if binding.ty.as_deref().is_some_and(is_union) {
        return true;
    }
    let BindingKind::Parameter(function, index) = binding.kind else { return false };
    let Some(param) = u.function(function).params.get(usize::from(index)) else { return false };
    if !binding.path.is_empty() || param.default.is_some() {
        return false;
    }
    let end = view.linked.file.to_file(unit, binding.range).end as usize;
    let is_optional = view.project.text.get(end..).is_some_and(|after| after.starts_with('?'));
    is_optional || param.ty.as_ref().is_some_and(is_union)
}

/// `req.query.id`, `request.body.id`.
fn is_of_a_request(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    match unit_of(view, unit).kind(node) {
        Kind::Member { object, .. } => is_part_of_a_request(view, unit, *object),
        _ => false,
    }
}

/// `req.query`, `request.body`.
fn is_part_of_a_request(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = unit_of(view, unit);
    let Kind::Member { object, name, .. } = u.kind(bare(u, node)) else { return false };
    let is_part = matches!(name.as_str(), "query" | "body");
    is_part
        && matches!(u.kind(*object), Kind::Name { name, .. } if matches!(name.as_str(), "req" | "request"))
}

/// Whether a condition that stands before the use, or a call whose failure ends the function, looks at the value.
fn is_looked_at(view: &UnitView<'_>, unit: usize, node: NodeId, (used_in, used_at): (usize, u32)) -> bool {
    let path = view.of(unit).dotted(node);
    let Some(path) = path else { return false };
    let mut at = Some(used_in);
    let mut before = used_at;
    while let Some(index) = at {
        let u = unit_of(view, index);
        let there = view.of(index);
        let looks = u.nodes.iter().enumerate().any(|(i, other)| {
            if other.range.start >= before || !is_condition(u, i) {
                return false;
            }
            let id = NodeId(u32::try_from(i).expect("few nodes"));
            u.descendants(id).into_iter().any(|part| {
                matches!(u.kind(part), Kind::Name { .. } | Kind::Member { .. })
                    && there.dotted(part).is_some_and(|other| {
                        other.replace('?', "") == path || path.starts_with(&format!("{other}."))
                    })
            })
        });
        if looks {
            return true;
        }
        let entry = &view.linked.file.units[index];
        at = entry.parent;
        before = at.map_or(0, |parent| {
            let outer = unit_of(view, parent);
            outer
                .nested
                .get(entry.index_in_parent as usize)
                .map_or(0, |nested| outer.range(nested.node).start)
        });
    }
    false
}

/// Whether a node is the condition of a choice, what a `switch` looks at, or what an assertion or a schema is given.
fn is_condition(u: &Unit, index: usize) -> bool {
    let id = NodeId(u32::try_from(index).expect("few nodes"));
    let Some(parent) = u.parent(id) else { return false };
    match u.kind(parent) {
        Kind::If { condition, .. } => *condition == id,
        Kind::Match { on, .. } => *on == id,
        Kind::Binary { op, left, .. } => op == "&&" && *left == id,
        Kind::Call { args, callee, .. } => {
            let name = match u.kind(*callee) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => name.to_ascii_lowercase(),
                _ => return false,
            };
            let checks = ["assert", "invariant", "parse", "validate", "require", "check", "ensure"];
            args.contains(&id) && checks.iter().any(|word| name.contains(word))
        }
        _ => false,
    }
}
