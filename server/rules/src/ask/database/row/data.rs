//! Which columns a call writes, however its data is written in code.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Entry, Key, Kind, NodeId};
use plimsoll_project::link::{SlotValue, Value};

use super::{Access, Cell, Seen};
use crate::UnitView;
use crate::ask::code::{bare, declaration, receiver, unit_of};
use crate::ask::database::touch::Action;
use crate::view::CallView;

/// What the database computes by itself.
const ATOMIC: &[&str] =
    &["increment", "decrement", "multiply", "divide", "push", "unset", "connect", "disconnect"];

/// Adds what a call writes.
pub(super) fn add(view: &UnitView<'_>, call: &CallView<'_>, access: &mut Access) {
    if access.action == Action::Read || access.action == Action::Delete {
        return;
    }
    let mut has_data = false;
    for (slot, value) in &call.facts.slots {
        let SlotValue::Node(site) = value else { continue };
        if *slot != Slot::Data {
            continue;
        }
        let Some((unit, node)) = view.node_at(site) else { continue };
        has_data = true;
        access.data.push(Seen::at(unit, node));
        match object_at(view, unit, node) {
            Some((unit, object)) => {
                let Kind::Object { entries, .. } = unit_of(view, unit).kind(object) else { continue };
                columns(view, unit, entries, access);
                assigned(view, unit_and_name(view, site_of(view, value)), access);
            }
            None if access.action == Action::Save => row(view, unit, node, access),
            None => {}
        }
    }
    if !has_data
        && matches!(access.action, Action::Save | Action::Update)
        && let Some(on) = receiver(view.unit, call.node)
    {
        row(view, view.index, on, access);
    }
}

/// Adds the columns of objects that the caller hands over as a whole: `update(id, { stock })`.
pub(super) fn add_handed(view: &UnitView<'_>, access: &mut Access) {
    for seen in access.data.clone() {
        let Some((unit, object)) = object_at(view, seen.unit, seen.node).filter(|_| seen.path.is_empty())
        else {
            continue;
        };
        if let Kind::Object { entries, .. } = unit_of(view, unit).kind(object) {
            columns(view, unit, entries, access);
        }
    }
}

fn site_of(view: &UnitView<'_>, value: &SlotValue) -> Option<(usize, NodeId)> {
    match value {
        SlotValue::Node(site) => view.node_at(site),
        _ => None,
    }
}

fn unit_and_name(view: &UnitView<'_>, at: Option<(usize, NodeId)>) -> Option<(usize, NodeId)> {
    at.filter(|&(unit, node)| matches!(unit_of(view, unit).kind(node), Kind::Name { .. }))
}

/// The object that a node is, names or begins a list with.
fn object_at(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<(usize, NodeId)> {
    let u = unit_of(view, unit);
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Object { .. } => Some((unit, node)),
        Kind::Array(items) => object_at(view, unit, *items.first()?).filter(|_| items.len() == 1),
        Kind::Name { .. } => {
            let (unit, binding) = declaration(view, unit, node)?;
            let u = unit_of(view, unit);
            let binding = u.binding(binding);
            let value = bare(u, binding.value.filter(|_| binding.path.is_empty())?);
            matches!(u.kind(value), Kind::Object { .. }).then_some((unit, value))
        }
        // `repository.create({ … })`: what makes an entity of its columns and does nothing else.
        Kind::Call { args, .. } => {
            let facts = view.eval.call(unit, node);
            let is_made = facts.target.is_none() && facts.effects.is_empty() && facts.behavior.is_some();
            object_at(view, unit, *args.first()?).filter(|_| is_made && args.len() == 1)
        }
        Kind::Member { .. } => match view.eval.value(unit, node) {
            Value::Syntax(site) => {
                let (unit, node) = view.node_at(&site)?;
                matches!(unit_of(view, unit).kind(node), Kind::Object { .. }).then_some((unit, node))
            }
            _ => None,
        },
        _ => None,
    }
}

fn columns(view: &UnitView<'_>, unit: usize, entries: &[Entry], access: &mut Access) {
    let u = unit_of(view, unit);
    for entry in entries {
        let Key::Name(name) = &entry.key else {
            if let Kind::Spread(inner) = u.kind(entry.value) {
                access.data.push(Seen::at(unit, *inner));
            }
            continue;
        };
        let value = bare(u, entry.value);
        match u.kind(value) {
            Kind::Object { entries: inner, .. } if name.starts_with('$') => {
                if name == "$set" {
                    columns(view, unit, inner, access);
                }
            }
            Kind::Object { entries: inner, .. } => {
                let operator = match &**inner {
                    [Entry { key: Key::Name(name), value, .. }] => Some((name.as_str(), *value)),
                    _ => None,
                };
                let value = match operator {
                    Some(("set", inner)) => Some(Seen::at(unit, inner)),
                    Some((name, _)) if ATOMIC.contains(&name) => None,
                    _ => Some(Seen::at(unit, value)),
                };
                access.written.push(Cell { column: name.to_string(), value });
            }
            _ => {
                let value = Some(Seen::at(unit, entry.value));
                access.written.push(Cell { column: name.to_string(), value });
            }
        }
    }
}

/// A row that is saved as a whole: what its members were assigned.
fn row(view: &UnitView<'_>, unit: usize, node: NodeId, access: &mut Access) {
    access.row = Some(Seen::at(unit, node));
    assigned(view, unit_and_name(view, Some((unit, bare(unit_of(view, unit), node)))), access);
}

/// What is assigned to members of a name: `user.credits = …`, `user.credits -= 1`, `user.visits++`.
fn assigned(view: &UnitView<'_>, name: Option<(usize, NodeId)>, access: &mut Access) {
    let Some((unit, node)) = name else { return };
    let Some((declared, binding)) = declaration(view, unit, node) else { return };
    let mut units = vec![declared];
    if unit != declared {
        units.push(unit);
    }
    for at in units {
        let u = unit_of(view, at);
        let uses: Vec<NodeId> = if at == declared {
            u.binding(binding).uses.clone()
        } else {
            let free = |id: &u32| declaration(view, at, NodeId(*id)) == Some((declared, binding));
            let count = u32::try_from(u.nodes.len()).unwrap_or(u32::MAX);
            (0..count).filter(free).map(NodeId).collect()
        };
        for used in uses {
            let Some(member) = u.parent(used) else { continue };
            let Kind::Member { object, name, .. } = u.kind(member) else { continue };
            let Some(change) = u.parent(member).filter(|_| *object == used) else { continue };
            let is_change = match u.kind(change) {
                Kind::Assign { target, .. } => *target == member,
                Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--"),
                _ => false,
            };
            if is_change {
                let value = Some(Seen::at(at, change));
                access.written.push(Cell { column: name.to_string(), value });
            }
        }
    }
}
