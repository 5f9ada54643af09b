//! Queries whose filter is an expression: `db.select().from(users).where(eq(users.id, id))`.

use std::sync::Arc;

use plimsoll_behavior::models::{BatchEdit, Behavior, Predicate, Rows, Slot};
use plimsoll_behavior::{Access, Key, Kind, Literal, NodeId};
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_syntax::TextRange;

use super::names::is_plain_name;
use super::place::Place;
use super::{Query, Read, edit, import, object, table_name};
use crate::edit::cleanup::is_typed;
use crate::edit::style::{indent_at, indented};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// What the steps of a query may say for it to be asked for many keys as it is.
const KEPT: &[Slot] = &[Slot::Table, Slot::Columns, Slot::Filter, Slot::Order, Slot::Bound, Slot::Join];

/// What a turn asks for with a filter that compares a column with the key.
pub(super) fn query(place: &Place<'_, '_>, call: &CallView<'_>) -> Option<Query> {
    let view = place.view;
    let u = view.unit;
    let (library, behavior) = call.facts.behavior.as_ref()?;
    let filter = view.own_node(call.slot(Slot::Filter))?;
    let condition = Condition::of(place, filter, *library)?;
    let Kind::Member { object: table, name: column, access: Access::Dot, .. } = u.kind(condition.column)
    else {
        return None;
    };
    if call.slot(Slot::Join).is_some()
        || !is_id(column)
        || !place.is_known_but(call.node, Some(condition.key), Some(*library))
    {
        return None;
    }
    let is_unique = || is_unique(view, *table, column);
    let mut changes: Vec<(TextRange, String)> = vec![(view.bytes(condition.key), "\0".to_owned())];
    let (range, text, import) = import::in_place_of(place, condition.callee, &condition.batch)?;
    changes.push((range, text));
    let steps = steps(view, call.node, *library)?;
    let mut member = column.to_string();
    let mut missing = None;
    if u.parent(filter).is_some_and(|parent| matches!(u.kind(parent), Kind::Object { .. })) {
        let (_, _, entries) = object::receiver_and_object(place, call.node)?;
        let own = |slot| view.own_node(call.slot(slot));
        let parts = [own(Slot::Filter), own(Slot::Order), own(Slot::Columns)];
        if entries.iter().any(|entry| !parts.contains(&Some(entry.value))) {
            return None;
        }
        if let Some(columns) = own(Slot::Columns) {
            changes.extend(object::select(view, columns, column)?);
        }
        if call.facts.rows == Some(Rows::One) {
            let Kind::Call { callee, .. } = u.kind(call.node) else { return None };
            let Kind::Member { name_range, .. } = u.kind(*callee) else { return None };
            if !is_unique() || !behavior.nullable {
                return None;
            }
            changes.push((view.to_file(*name_range), behavior.batch.as_ref()?.to_string()));
            missing = Some("undefined");
        }
    } else {
        for (step, said) in &steps {
            if !said.slots.contains_key(&Slot::Bound) {
                continue;
            }
            let Kind::Call { callee, args, .. } = u.kind(*step) else { return None };
            let Kind::Member { object, .. } = u.kind(*callee) else { return None };
            let [only] = &**args else { return None };
            let is_one = matches!(u.kind(*only), Kind::Literal(Literal::Number(n)) if n == "1");
            if !is_one || !is_unique() {
                return None;
            }
            changes.push((TextRange::new(view.bytes(*object).end, view.bytes(*step).end), String::new()));
        }
        if let Some(columns) = call.slot(Slot::Columns) {
            member = selected(view, view.own_node(Some(columns))?, condition.column, &mut changes)?;
        }
    }
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let is_key_an_id =
        matches!(u.kind(condition.key), Kind::Name { name, .. } | Kind::Member { name, .. } if name == "id");
    Some(Query {
        read: Read::Whole(place.moved(view.bytes(call.node), &changes)?),
        rows: None,
        table: table_name(view, call).or_else(|| view.dotted(*table)).filter(|name| is_plain_name(name)),
        column: member,
        key: condition.key,
        compares_texts: false,
        missing,
        // The types of the library refuse a key that may be nothing.
        is_never_null: is_typed(view.linked.file.language) || is_key_an_id,
        import,
    })
}

/// The edit that writes for all elements with a list in the place of the object that each turn writes.
pub(super) fn write(place: &Place<'_, '_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
    let view = place.view;
    let (library, _) = call.facts.behavior.as_ref()?;
    let data = view.own_node(call.slot(Slot::Data))?;
    let is_step = |(step, said): &(NodeId, Arc<Behavior>)| {
        let Kind::Call { args, .. } = view.unit.kind(*step) else { return false };
        said.batch_edit == Some(BatchEdit::FilledList {}) && **args == [data]
    };
    if !chain(view, call.node, *library)?.iter().any(is_step)
        || !matches!(view.unit.kind(data), Kind::Object { .. })
        || !place.is_array
        || !place.is_of_element(data)
        || !place.is_known_but(call.node, Some(data), Some(*library))
    {
        return None;
    }
    place.whole()?;
    let (before, after) = place.each();
    let range = view.bytes(data);
    let changes = [
        (TextRange::new(range.start, range.start), format!("{before}(")),
        (TextRange::new(range.end, range.end), format!("){after}")),
    ];
    let unit = &place.style.indent;
    let written = indented(&place.moved(view.bytes(call.node), &changes)?, unit);
    let (newline, end) = (place.style.newline, place.style.semicolon);
    let whole = place.outer.bytes(place.statement);
    let outer = indent_at(view.project.text, whole.start);
    let over = place.over;
    let statement =
        format!("if ({over}.length > 0) {{{newline}{outer}{unit}await {written}{end}{newline}{outer}}}");
    Some(vec![edit(view, whole, statement)])
}

/// The comparison of a column with the key.
struct Condition {
    callee: NodeId,
    column: NodeId,
    key: NodeId,
    /// What compares a column with a list.
    batch: String,
}

impl Condition {
    /// The only condition of a filter that depends on the element.
    fn of(place: &Place<'_, '_>, filter: NodeId, library: u16) -> Option<Condition> {
        let view = place.view;
        let Kind::Call { callee, args, .. } = view.unit.kind(filter) else { return None };
        let facts = view.eval.call(view.index, filter);
        let (_, behavior) = facts.behavior.as_ref()?;
        match (behavior.predicate?, &**args) {
            (Predicate::Equal, &[column, key]) => {
                let is_right = behavior.batch_edit == Some(BatchEdit::List {}) && place.is_key(key);
                let batch = behavior.batch.as_ref()?.to_string();
                is_right.then_some(Condition { callee: *callee, column, key, batch })
            }
            (Predicate::And, all) => {
                let mut open = all.iter().filter(|&&part| !place.is_known_but(part, None, Some(library)));
                let only = *open.next()?;
                if open.next().is_some() {
                    return None;
                }
                let is_conjunction = |node| {
                    let facts = view.eval.call(view.index, node);
                    facts.behavior.as_ref().is_some_and(|(_, b)| b.predicate == Some(Predicate::And))
                };
                (!is_conjunction(only)).then(|| Condition::of(place, only, library)).flatten()
            }
            _ => None,
        }
    }
}

/// The steps of a query's chain, where each says nothing but what may stay for many keys.
fn steps(view: &UnitView<'_>, call: NodeId, library: u16) -> Option<Vec<(NodeId, Arc<Behavior>)>> {
    let chain = chain(view, call, library)?;
    let is_kept = |said: &Behavior| {
        said.rows != Some(Rows::Aggregate)
            && !said.slots.is_empty()
            && said.slots.keys().all(|slot| KEPT.contains(slot))
    };
    chain.iter().all(|(_, said)| is_kept(said)).then_some(chain)
}

/// The calls of a chain, last first, with what the library says of each.
fn chain(view: &UnitView<'_>, call: NodeId, library: u16) -> Option<Vec<(NodeId, Arc<Behavior>)>> {
    let mut found = Vec::new();
    let mut at = call;
    loop {
        match view.unit.kind(at) {
            Kind::Call { callee, .. } => {
                let facts = view.eval.call(view.index, at);
                let (model, said) = facts.behavior.as_ref()?;
                if *model != library {
                    return None;
                }
                found.push((at, Arc::clone(said)));
                at = *callee;
            }
            Kind::Member { object, .. } => at = *object,
            _ => return Some(found),
        }
    }
}

/// What a column is called in the rows of a query that selects `columns`; it is added where it is not among them.
fn selected(
    view: &UnitView<'_>,
    columns: NodeId,
    column: NodeId,
    changes: &mut Vec<(TextRange, String)>,
) -> Option<String> {
    let Kind::Object { entries, .. } = view.unit.kind(columns) else { return None };
    let Kind::Member { name: wanted, .. } = view.unit.kind(column) else { return None };
    // What is no column may be computed of all rows.
    let are_columns = entries.iter().all(|entry| {
        matches!(entry.key, Key::Name(_)) && matches!(view.unit.kind(entry.value), Kind::Member { .. })
    });
    if !are_columns {
        return None;
    }
    let name = |key: &Key| match key {
        Key::Name(name) => Some(name.to_string()),
        _ => None,
    };
    let found = entries.iter().find(|entry| view.text(entry.value) == view.text(column));
    if let Some(found) = found {
        return name(&found.key).filter(|name| is_plain_name(name));
    }
    if entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if name == wanted)) {
        return None;
    }
    let first = view.to_file(entries.first()?.range).start;
    let gap = view.project.text.get(view.bytes(columns).start as usize + 1..first as usize)?;
    let gap = if gap.trim().is_empty() && gap.contains('\n') { gap } else { " " };
    changes.push((TextRange::new(first, first), format!("{wanted}: {},{gap}", view.text(column))));
    Some(wanted.to_string())
}

/// Whether the declaration of a table says that no two rows share a column.
fn is_unique(view: &UnitView<'_>, table: NodeId, column: &str) -> bool {
    let value = view.eval.value(view.index, table);
    let Some(SlotValue::Node(columns)) = value.instance().and_then(|table| table.slot(Slot::Columns)) else {
        return false;
    };
    let is_unique =
        |column: &Value| column.instance().is_some_and(|column| column.slot(Slot::Unique).is_some());
    is_unique(&view.eval.property_value(columns, column))
}

/// Whether a name is that of an identifier, whose values are the same only where they are equal.
fn is_id(name: &str) -> bool {
    matches!(name, "id" | "_id" | "uuid") || name.ends_with("Id") || name.ends_with("_id")
}
