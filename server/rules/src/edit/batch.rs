//! Reads before a loop, in one query, what the loop asks for one by one.

mod collection;
mod names;
mod place;

use plimsoll_behavior::models::{BatchEdit, Rows, Slot};
use plimsoll_behavior::{CallForm, Entry, Key, Kind, Literal, NodeId};
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::{Column, ColumnType, Dialect, Table};
use plimsoll_syntax::TextRange;

use self::names::{is_plain_name, is_reserved, lower_first, plural, singular, upper_first};
use self::place::{Guard, Place};
use super::cleanup::{is_taken, is_typed};
use super::style::{Style, indent_at};
use crate::ask::Turn;
use crate::view::CallView;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// A longer line, in bytes, is broken.
const MAX_WIDTH: usize = 110;

/// A query before the loop for the keys of all elements, and in the loop a look at what it has found. None where the two
/// would not be the same, or what must be written is not known.
#[must_use]
pub fn read_before_the_loop(view: &UnitView<'_>, turn: &Turn, call: &CallView<'_>) -> Option<FixPlan> {
    if view.is_rust() || turn.unit != view.index || call.facts.target.is_some() {
        return None;
    }
    let place = Place::of(view, turn, call.node)?;
    let query = Query::of(&place, call)?;
    if place.is_dropped() || place.writes_to(query.table.as_deref()) || place.is_result_changed() {
        return None;
    }
    let names = Names::of(&place, &query);
    let keys = keys(&place, &query)?;
    let statements = query.statements(&place, &names, &keys);
    let indent = indent_at(view.project.text, place.outer.bytes(place.statement).start);
    let Style { newline, semicolon, .. } = &place.style;
    if semicolon.is_empty() && place.outer.text(place.statement).starts_with(['(', '[', '`']) {
        return None;
    }
    let at = place.outer.bytes(place.statement).start;
    let before: String = statements.iter().map(|statement| format!("{statement}{newline}{indent}")).collect();
    let edits = vec![
        edit(view, TextRange::new(at, at), before),
        edit(view, view.bytes(place.replaced), place.looked_up(&names.map, query.key(view), query.is_unique)),
    ];
    let what = query.table.as_deref().map_or_else(|| "rows".to_owned(), |table| format!("`{table}` rows"));
    let title = format!("Read all {what} in one query before the loop (review: changes the query)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// One statement that writes for all elements, in place of a loop that does nothing else. None where the two would not be
/// the same, or what must be written is not known.
#[must_use]
pub fn write_at_once(view: &UnitView<'_>, turn: &Turn, call: &CallView<'_>) -> Option<FixPlan> {
    if view.is_rust() || turn.unit != view.index || call.facts.target.is_some() {
        return None;
    }
    let u = view.unit;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let (Some(BatchEdit::ObjectList {}), Some(batch)) = (&behavior.batch_edit, &behavior.batch) else {
        return None;
    };
    let place = Place::of(view, turn, call.node)?;
    let whole = place.whole()?;
    let (object, argument, entries) = receiver_and_object(&place, call.node)?;
    let [Entry { value: data, is_shorthand: false, .. }] = entries else { return None };
    let Kind::Object { entries: columns, .. } = u.kind(*data) else { return None };
    if Some(*data) != view.own_node(call.slot(Slot::Data)) || !place.is_of_element(*data) {
        return None;
    }
    // What is no plain value may write to other tables as well.
    let is_nested = u.descendants(*data).into_iter().any(|node| {
        node != *data && matches!(u.kind(node), Kind::Object { .. } | Kind::Array(_) | Kind::Spread(_))
    });
    let table = table_of(call);
    let schema = known_table(view, call, table.as_deref());
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
    let what = table.map_or_else(|| "rows".to_owned(), |table| format!("`{table}` rows"));
    let title = format!("Write all {what} in one statement instead of a loop (review: changes the query)");
    let edits = vec![edit(view, place.outer.bytes(whole), statement)];
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// What a method is called on, where that does not depend on the turn, its only argument and the properties of that.
fn receiver_and_object<'v>(place: &Place<'v, '_>, call: NodeId) -> Option<(NodeId, NodeId, &'v [Entry])> {
    let u = place.view.unit;
    let Kind::Call { callee, args, form: CallForm::Plain, type_args } = u.kind(call) else { return None };
    let (Kind::Member { object, .. }, [argument]) = (u.kind(*callee), args.as_slice()) else { return None };
    let Kind::Object { entries, .. } = u.kind(*argument) else { return None };
    place.view.dotted(*object)?;
    let is_right = type_args.is_empty() && place.is_known_before(*object);
    is_right.then_some((*object, *argument, entries))
}

fn table_of(call: &CallView<'_>) -> Option<String> {
    match call.slot(Slot::Table) {
        Some(SlotValue::Text(name)) => Some(name.to_string()),
        _ => None,
    }
}

fn edit(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}

/// What a turn asks for.
struct Query {
    /// `prisma.user.findMany`
    callee: String,
    /// The table's name in the code, where it is a plain name.
    table: Option<String>,
    /// The argument, with `\0` where the condition on the key stands, indented as the statement before the loop.
    argument: String,
    /// The properties of the argument, where it stands on one line.
    parts: Vec<String>,
    /// What the key is compared with; `{keys}` stands for an array of all keys.
    value: String,
    /// The column that the key is compared with.
    column: String,
    /// What it is compared with on each turn.
    key: NodeId,
    /// Whether there is at most one row for each key.
    is_unique: bool,
    /// Whether the column holds no nulls, as far as is known.
    is_never_null: bool,
}

impl Query {
    fn of(place: &Place<'_, '_>, call: &CallView<'_>) -> Option<Query> {
        let view = place.view;
        let u = view.unit;
        let (_, behavior) = call.facts.behavior.as_ref()?;
        let Some(BatchEdit::ObjectIn { value }) = &behavior.batch_edit else { return None };
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
            let value = Some(entry.value);
            if value == own(Slot::Filter) {
                condition = Some(condition_on_key(place, entry.value)?);
            } else if value == own(Slot::Columns) {
                columns = value;
            } else if value != own(Slot::Join) && (is_unique || value != own(Slot::Order)) {
                return None;
            }
            if value != own(Slot::Filter) && !place.is_known_before(entry.value) {
                return None;
            }
        }
        let (condition, column) = condition?;
        changes.push((view.to_file(condition.range), format!("{column}: \0")));
        if let Some(columns) = columns {
            changes.extend(select(view, columns, column)?);
        }
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let table = table_of(call);
        let known = known_column(view, call, table.as_deref(), column)?;
        let is_id = matches!(u.kind(condition.value),
            Kind::Name { name, .. } | Kind::Member { name, .. } if name == "id" || name == "_id");
        Some(Query {
            callee: format!("{}.{}", view.text(object), behavior.batch.as_ref()?),
            parts: entries
                .iter()
                .filter_map(|entry| place.moved(view.to_file(entry.range), &changes))
                .collect(),
            argument: place.moved(view.bytes(argument), &changes)?,
            value: value.to_string(),
            is_never_null: is_unique || is_id || known.is_some_and(|column| !column.nullable),
            table: table.filter(|table| is_plain_name(table)),
            column: column.to_owned(),
            key: condition.value,
            is_unique,
        })
    }

    fn key<'t>(&self, view: &UnitView<'t>) -> &'t str {
        view.text(self.key)
    }

    fn statements(&self, place: &Place<'_, '_>, names: &Names, keys: &str) -> Vec<String> {
        let Style { newline, indent: unit, semicolon } = &place.style;
        let outer = indent_at(place.view.project.text, place.outer.bytes(place.statement).start);
        let (inner, deeper) = (format!("{outer}{unit}"), format!("{outer}{unit}{unit}"));
        let condition = self.value.replace("{keys}", keys);
        let Names { all, map, one } = names;
        let column = &self.column;
        let filled = |text: &String| text.replace('\0', &condition);
        let parts: Vec<String> = self.parts.iter().map(filled).collect();
        let head = format!("const {all} = await {}", self.callee);
        let read = format!("{}{semicolon}", place.call_of(&head, &filled(&self.argument), &parts));
        if self.is_unique {
            let map =
                format!("const {map} = new Map({all}.map(({one}) => [{one}.{column}, {one}])){semicolon}");
            return vec![read, map];
        }
        let types = if is_typed(place.view.linked.file.language) {
            format!("<(typeof {all})[number]['{column}'], typeof {all}>").replace('\'', place.quote())
        } else {
            String::new()
        };
        let group = if one == "group" { "rows" } else { "group" };
        let each = format!(
            "for (const {one} of {all}) {{{newline}\
             {inner}const {group} = {map}.get({one}.{column}){semicolon}{newline}\
             {inner}if ({group}) {{{newline}\
             {deeper}{group}.push({one}){semicolon}{newline}\
             {inner}}} else {{{newline}\
             {deeper}{map}.set({one}.{column}, [{one}]){semicolon}{newline}\
             {inner}}}{newline}\
             {outer}}}"
        );
        vec![read, format!("const {map} = new Map{types}(){semicolon}"), each]
    }
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
fn select(view: &UnitView<'_>, columns: NodeId, key: &str) -> Option<Option<(TextRange, String)>> {
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
fn known_column<'v>(
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

/// An array of the keys of all elements.
fn keys(place: &Place<'_, '_>, query: &Query) -> Option<String> {
    let view = place.view;
    let (key, pattern, over) = (query.key(view), place.pattern, place.over);
    if !query.is_never_null {
        return None;
    }
    let is_element = key == pattern;
    match place.guard(query.key) {
        Guard::None if is_element => Some(format!("[...{over}]")),
        Guard::None if place.is_array => Some(format!("{over}.map({} => {key})", place.parameter())),
        Guard::None => Some(format!("Array.from({over}, {} => {key})", place.parameter())),
        // Elements without a key are left out here as the loop leaves them out.
        Guard::Key if place.is_array => Some(format!("{over}.flatMap({} => {key} ?? [])", place.parameter())),
        Guard::Key | Guard::Other => None,
    }
}

/// What is new gets these names.
struct Names {
    /// All rows: `users`.
    all: String,
    /// The rows by their key: `userById`.
    map: String,
    /// One row, in functions and loops of its own: `user`.
    one: String,
}

impl Names {
    fn of(place: &Place<'_, '_>, query: &Query) -> Names {
        let table = query.table.as_deref().unwrap_or("row");
        let table = lower_first(table);
        let one = singular(&table);
        let many = plural(&one);
        let all = place.free_name(&many, &format!("all{}", upper_first(&many)));
        let kept = if query.is_unique { &one } else { &many };
        let by = format!("{kept}By{}", upper_first(query.column.trim_start_matches('_')));
        let map = place.free_name(&by, &format!("{by}Map"));
        let one = if one == all || is_reserved(&one) { "row".to_owned() } else { one };
        Names { all, map, one }
    }
}

impl Place<'_, '_> {
    /// A call with an object, whose properties stand on lines of their own where one line is too long for them.
    fn call_of(&self, head: &str, argument: &str, parts: &[String]) -> String {
        let Style { newline, indent: unit, .. } = &self.style;
        let outer = indent_at(self.view.project.text, self.outer.bytes(self.statement).start);
        let call = format!("{head}({argument})");
        if call.contains('\n') || outer.len() + call.len() <= MAX_WIDTH {
            return call;
        }
        let lines: String = parts.iter().map(|part| format!("{newline}{outer}{unit}{part},")).collect();
        format!("{head}({{{lines}{newline}{outer}}})")
    }

    fn free_name(&self, name: &str, other: &str) -> String {
        let mut names =
            [name.to_owned(), other.to_owned()].into_iter().chain((2..).map(|n| format!("{name}{n}")));
        names
            .find(|name| !is_reserved(name) && !is_taken(&self.outer, self.function, name))
            .expect("a file has finitely many names")
    }
}
