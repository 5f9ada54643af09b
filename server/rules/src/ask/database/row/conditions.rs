//! Which columns a filter compares, however it is written in code.

use plimsoll_behavior::models::{Predicate, Slot};
use plimsoll_behavior::{Entry, Key, Kind, Literal, NodeId};
use plimsoll_project::link::SlotValue;

use super::{Access, Cell, Seen, plain_column};
use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, unit_of};
use crate::ask::database::touch::chain;
use crate::view::CallView;

/// How deeply conditions may be nested.
const MAX_DEPTH: u32 = 8;

/// Adds what a call's filter compares.
pub(super) fn add(view: &UnitView<'_>, call: &CallView<'_>, access: &mut Access) {
    let mut has_filter = false;
    for (slot, value) in &call.facts.slots {
        if *slot != Slot::Filter {
            continue;
        }
        has_filter = true;
        let at = match value {
            SlotValue::Node(site) => view.node_at(site),
            _ => None,
        };
        match at {
            Some((unit, node)) => filter(view, unit, node, access),
            None => access.has_more_conditions = true,
        }
    }
    if has_filter {
        return;
    }
    // `findById(id)`: a key by construction, which no filter names.
    let by_id = chain(view.unit, call.node).into_iter().find_map(|step| {
        let facts = view.eval.call(view.index, step);
        let is_unique = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.unique);
        is_unique.then(|| view.eval.argument_node(view.index, step, 0)).flatten()
    });
    if let Some(id) = by_id {
        access.keys.push(Cell { column: "id".into(), value: Some(Seen::at(view.index, id)) });
    }
}

fn filter(view: &UnitView<'_>, unit: usize, node: NodeId, access: &mut Access) {
    let u = unit_of(view, unit);
    if let Some(call) = u.parent(node)
        && let Kind::Call { args, .. } = u.kind(call)
        && args.first() == Some(&node)
        && let Kind::Literal(Literal::String(column)) = u.kind(node)
    {
        compared_with(view, unit, call, column, args, access);
        return;
    }
    expression(view, unit, node, access, 0);
}

/// `.eq("id", id)`, `.where("id", id)`, `.where("id", "=", id)`.
fn compared_with(
    view: &UnitView<'_>,
    unit: usize,
    call: NodeId,
    column: &str,
    args: &[NodeId],
    access: &mut Access,
) {
    let u = unit_of(view, unit);
    let facts = view.eval.call(unit, call);
    let predicate = facts.behavior.as_ref().and_then(|(_, behavior)| behavior.predicate);
    let is_equal = |op: &NodeId| matches!(u.kind(*op), Kind::Literal(Literal::String(op)) if matches!(op.as_str(), "=" | "==" | "===" | "eq"));
    let value = match args {
        [_, value] if predicate.is_none_or(|p| p == Predicate::Equal) => Some(*value),
        [_, op, value] if is_equal(op) => Some(*value),
        _ => None,
    };
    match value {
        Some(value) => {
            let column = column.rsplit('.').next().unwrap_or(column).to_owned();
            access.keys.push(Cell { column, value: Some(Seen::at(unit, value)) });
        }
        None => access.has_more_conditions = true,
    }
}

fn expression(view: &UnitView<'_>, unit: usize, node: NodeId, access: &mut Access, depth: u32) {
    let u = unit_of(view, unit);
    let node = bare(u, node);
    if depth > MAX_DEPTH {
        access.has_more_conditions = true;
        return;
    }
    match u.kind(node) {
        Kind::Object { entries, .. } => object(view, unit, entries, access, depth),
        Kind::Function(function) => match u.function(*function).body {
            Some(body) => expression(view, unit, body, access, depth + 1),
            None => access.has_more_conditions = true,
        },
        Kind::Call { args, .. } => condition(view, unit, node, args, access, depth),
        Kind::Name { .. } => {
            let object = declaration(view, unit, node).and_then(|(unit, binding)| {
                let u = unit_of(view, unit);
                let value = u.binding(binding).value.filter(|_| u.binding(binding).path.is_empty())?;
                matches!(u.kind(value), Kind::Object { .. } | Kind::Call { .. }).then_some((unit, value))
            });
            let is_id = matches!(
                u.parent(node).map(|parent| u.kind(parent)),
                Some(Kind::Call { args, .. }) if args.first() == Some(&node)
            );
            match object {
                Some((unit, value)) if matches!(unit_of(view, unit).kind(value), Kind::Object { .. }) => {
                    expression(view, unit, value, access, depth + 1);
                }
                // `update(id, { … })`: a key in place of a filter.
                _ if is_id => {
                    access.keys.push(Cell { column: "id".into(), value: Some(Seen::at(unit, node)) })
                }
                Some((unit, value)) => expression(view, unit, value, access, depth + 1),
                None => access.has_more_conditions = true,
            }
        }
        Kind::Member { .. } => {
            access.keys.push(Cell { column: "id".into(), value: Some(Seen::at(unit, node)) });
        }
        _ => access.has_more_conditions = true,
    }
}

/// `eq(users.id, id)`, `and(…)`, `Column::Id.eq(id)`.
fn condition(
    view: &UnitView<'_>,
    unit: usize,
    node: NodeId,
    args: &[NodeId],
    access: &mut Access,
    depth: u32,
) {
    let u = unit_of(view, unit);
    let predicate = view.eval.call(unit, node).behavior.as_ref().and_then(|(_, behavior)| behavior.predicate);
    let name = callee_name(u, node).map_or("", |name| name.as_str());
    let column_of = |node: NodeId| match u.kind(bare(u, node)) {
        Kind::Member { name, .. } => Some(name.to_string()),
        Kind::Literal(Literal::String(name)) => Some(name.to_string()),
        _ => None,
    };
    match (predicate, name, args) {
        (Some(Predicate::Equal), _, [column, value]) | (None, "eq", [column, value]) => {
            match column_of(*column) {
                Some(column) => {
                    access.keys.push(Cell { column, value: Some(Seen::at(unit, *value)) });
                }
                None => access.has_more_conditions = true,
            }
        }
        // A column's own method.
        (None, "eq", [value]) => match super::receiver(u, node).and_then(column_of) {
            Some(column) => access.keys.push(Cell { column, value: Some(Seen::at(unit, *value)) }),
            None => access.has_more_conditions = true,
        },
        (Some(Predicate::And), ..) | (None, "and", _) => {
            args.iter().for_each(|&arg| expression(view, unit, arg, access, depth + 1));
        }
        (Some(Predicate::Or), ..) | (None, "or", _) => {
            args.iter().for_each(|&arg| expression(view, unit, arg, access, depth + 1));
            access.has_more_conditions = true;
        }
        _ => access.has_more_conditions = true,
    }
}

fn object(view: &UnitView<'_>, unit: usize, entries: &[Entry], access: &mut Access, depth: u32) {
    let u = unit_of(view, unit);
    for entry in entries {
        let Key::Name(name) = &entry.key else {
            access.has_more_conditions = true;
            continue;
        };
        match (name.as_str(), u.kind(bare(u, entry.value))) {
            ("AND" | "and" | "$and", Kind::Array(items)) => {
                items.iter().for_each(|&item| expression(view, unit, item, access, depth + 1));
            }
            ("OR" | "or" | "$or", Kind::Array(items)) => {
                items.iter().for_each(|&item| expression(view, unit, item, access, depth + 1));
                access.has_more_conditions = true;
            }
            ("NOT" | "not" | "$nor", _) => access.has_more_conditions = true,
            (_, Kind::Object { entries: inner, .. }) => of_column(unit, name, inner, access),
            _ => {
                let value = Some(Seen::at(unit, entry.value));
                access.keys.push(Cell { column: name.to_string(), value });
            }
        }
    }
}

/// `{ equals: x }`, or the columns of a key of several: `userId_postId: { userId, postId }`.
fn of_column(unit: usize, name: &str, inner: &[Entry], access: &mut Access) {
    let named = |entry: &Entry| match &entry.key {
        Key::Name(name) => Some(name.to_string()),
        _ => None,
    };
    let keys: Vec<String> = inner.iter().filter_map(named).collect();
    let is_key_of_several = keys.len() > 1
        && keys.len() == inner.len()
        && (plain_column(&keys.concat()) == plain_column(name) || name.contains('_'));
    let is_equal = |key: &str| matches!(key, "equals" | "$eq");
    for (entry, key) in inner.iter().zip(&keys) {
        let column = match () {
            () if is_key_of_several => key.clone(),
            () if is_equal(key) => name.to_owned(),
            () if key == "mode" => continue,
            () => {
                access.has_more_conditions = true;
                continue;
            }
        };
        access.keys.push(Cell { column, value: Some(Seen::at(unit, entry.value)) });
    }
}
