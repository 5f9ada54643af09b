//! Queries and writes whose argument is an object: `prisma.user.findMany({ where: { id } })`.

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{CallForm, Entry, Key, Kind, Literal, NodeId};
use plimsoll_project::schema::{Column, ColumnType, Dialect, Table};
use plimsoll_syntax::TextRange;

use super::names::is_plain_name;
use super::place::Place;
use super::{Query, Read, edit, table_of};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// What a turn asks for with an object in which a column is compared with the key.
pub(super) fn query(place: &Place<'_, '_>, call: &CallView<'_>, value: &str) -> Option<Query> {
    let view = place.view;
    let u = view.unit;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let is_unique = match call.facts.rows? {
        Rows::One if behavior.unique && behavior.nullable => true,
        Rows::Many => false,
        _ => return None,
    };
    let (object, argument, entries) = receiver_and_object(place, call.node)?;
    let own = |slot| view.own_node(call.slot(slot));
    let mut changes: Vec<(TextRange, String)> = Vec::new();
    let mut condition: Option<(&Entry, &str)> = None;
    let mut columns = None;
    for entry in entries {
        let part = Some(entry.value);
        if part == own(Slot::Filter) {
            condition = Some(condition_on_key(place, entry.value)?);
        } else if part == own(Slot::Columns) {
            columns = part;
        } else if part != own(Slot::Join) && (is_unique || part != own(Slot::Order)) {
            return None;
        }
        if part != own(Slot::Filter) && !place.is_known_before(entry.value) {
            return None;
        }
    }
    let (condition, column) = condition?;
    changes.push((view.to_file(condition.range), format!("{column}: {}", value.replace("{keys}", "\0"))));
    if let Some(columns) = columns {
        changes.extend(select(view, columns, column)?);
    }
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let table = table_of(call);
    let known = known_column(view, call, table.as_deref(), column)?;
    let is_id = matches!(u.kind(condition.value),
        Kind::Name { name, .. } | Kind::Member { name, .. } if name == "id" || name == "_id");
    let read = Read::WithObject {
        callee: format!("{}.{}", view.text(object), behavior.batch.as_ref()?),
        parts: entries.iter().filter_map(|entry| place.moved(view.to_file(entry.range), &changes)).collect(),
        argument: place.moved(view.bytes(argument), &changes)?,
    };
    Some(Query {
        read,
        rows: None,
        compares_texts: false,
        missing: is_unique.then_some("null"),
        import: None,
        is_never_null: is_unique || is_id || known.is_some_and(|column| !column.nullable),
        table: table.filter(|table| is_plain_name(table)),
        column: column.to_owned(),
        key: condition.value,
    })
}

/// The edit that writes for all elements with a list in the place of the object that each turn writes.
pub(super) fn write(place: &Place<'_, '_>, call: &CallView<'_>) -> Option<Vec<PlannedEdit>> {
    let view = place.view;
    let u = view.unit;
    let batch = call.facts.behavior.as_ref()?.1.batch.as_ref()?;
    let whole = place.whole()?;
    let (object, argument, entries) = receiver_and_object(place, call.node)?;
    let [Entry { value: data, is_shorthand: false, .. }] = entries else { return None };
    let Kind::Object { entries: columns, .. } = u.kind(*data) else { return None };
    if Some(*data) != view.own_node(call.slot(Slot::Data)) || !place.is_of_element(*data) {
        return None;
    }
    // What is no plain value may write to other tables as well.
    let is_nested = u.descendants(*data).into_iter().any(|node| {
        node != *data && matches!(u.kind(node), Kind::Object { .. } | Kind::Array(_) | Kind::Spread(_))
    });
    let schema = known_table(view, call, table_of(call).as_deref());
    let are_columns = columns.iter().all(|entry| match &entry.key {
        Key::Name(name) => {
            schema.is_none_or(|(_, table)| table.columns.iter().any(|column| column.code_name == *name))
        }
        Key::Computed(_) | Key::Spread => false,
    });
    if is_nested || !are_columns || columns.is_empty() {
        return None;
    }
    let (before, after) = place.each();
    let range = view.bytes(*data);
    let changes = [
        (TextRange::new(range.start, range.start), format!("{before}(")),
        (TextRange::new(range.end, range.end), format!("){after}")),
    ];
    let parts: Vec<String> =
        entries.iter().filter_map(|entry| place.moved(view.to_file(entry.range), &changes)).collect();
    let argument = place.moved(view.bytes(argument), &changes)?;
    let is_loop = whole == place.statement;
    let end = if is_loop { place.style.semicolon } else { "" };
    let head = format!("await {}.{batch}", view.text(object));
    let statement = format!("{}{end}", place.call_of(&head, &argument, &parts));
    Some(vec![edit(view, place.outer.bytes(whole), statement)])
}

/// What a method is called on, where that does not depend on the turn, its only argument and the properties of that.
pub(super) fn receiver_and_object<'v>(
    place: &Place<'v, '_>,
    call: NodeId,
) -> Option<(NodeId, NodeId, &'v [Entry])> {
    let u = place.view.unit;
    let Kind::Call { callee, args, form: CallForm::Plain, type_args } = u.kind(call) else { return None };
    let (Kind::Member { object, .. }, [argument]) = (u.kind(*callee), &**args) else { return None };
    let Kind::Object { entries, .. } = u.kind(*argument) else { return None };
    place.view.dotted(*object)?;
    let is_right = type_args.is_empty() && place.is_known_before(*object);
    is_right.then_some((*object, *argument, entries))
}

/// The only condition of a filter that depends on the element: that a column equals a member of it.
fn condition_on_key<'v>(place: &Place<'v, '_>, filter: NodeId) -> Option<(&'v Entry, &'v str)> {
    let Kind::Object { entries, .. } = place.view.unit.kind(filter) else { return None };
    let mut found = None;
    for entry in entries {
        if let Key::Computed(_) = entry.key {
            return None;
        }
        if place.is_known_before(entry.value) {
            continue;
        }
        let Key::Name(column) = &entry.key else { return None };
        if found.is_some() || !is_plain_name(column) || !place.is_key(entry.value) {
            return None;
        }
        found = Some((entry, column.as_str()));
    }
    found
}

/// What makes a list of selected columns contain the key.
pub(super) fn select(view: &UnitView<'_>, columns: NodeId, key: &str) -> Option<Option<(TextRange, String)>> {
    let Kind::Object { entries, .. } = view.unit.kind(columns) else { return None };
    for entry in entries {
        match &entry.key {
            Key::Name(name) if name == key => {
                let is_selected = matches!(view.unit.kind(entry.value), Kind::Literal(Literal::Bool(true)));
                return is_selected.then_some(None);
            }
            Key::Name(_) => {}
            Key::Computed(_) | Key::Spread => return None,
        }
    }
    let first = view.to_file(entries.first()?.range).start;
    let text = view.project.text;
    let gap = text.get(view.bytes(columns).start as usize + 1..first as usize)?;
    let gap = if gap.trim().is_empty() && gap.contains('\n') { gap } else { " " };
    Some(Some((TextRange::new(first, first), format!("{key}: true,{gap}"))))
}

/// The column of the schema. None where the values of the column are no keys of a `Map`; inside it, where there is no
/// schema.
#[expect(clippy::option_option, reason = "whether it serves, and what is known of it")]
pub(super) fn known_column<'v>(
    view: &UnitView<'v>,
    call: &CallView<'_>,
    table: Option<&str>,
    column: &str,
) -> Option<Option<&'v Column>> {
    let is_id = column == "id"
        || column == "_id"
        || column == "uuid"
        || column.ends_with("Id")
        || column.ends_with("_id");
    let Some((dialect, table)) = known_table(view, call, table) else { return is_id.then_some(None) };
    let column = table.columns.iter().find(|c| c.code_name == column)?;
    // What these databases take for equal texts are not always equal keys.
    let ignores_case = matches!(dialect, Dialect::MySql | Dialect::SqlServer);
    let is_key = match &column.column_type {
        ColumnType::Int
        | ColumnType::BigInt
        | ColumnType::Uuid
        | ColumnType::Bool
        | ColumnType::Enum { .. } => true,
        ColumnType::Text => is_id || !ignores_case,
        _ => false,
    };
    (is_key && !column.list).then_some(Some(column))
}

/// The table of the schema, and the database that it is for.
fn known_table<'v>(
    view: &UnitView<'v>,
    call: &CallView<'_>,
    table: Option<&str>,
) -> Option<(Dialect, &'v Table)> {
    let (model, _) = call.facts.behavior.as_ref()?;
    let kind = view.eval.models.all().get(usize::from(*model))?.schema?;
    let schema = view.project.schemas.schema_for(kind)?;
    Some((schema.schema.dialect, schema.schema.table_by_code_name(table?)?))
}
