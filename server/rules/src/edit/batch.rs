//! Reads before a loop, in one query, what the loop asks for one by one, and writes at once what it writes one by one.

mod collection;
mod expression;
mod import;
mod names;
mod object;
mod place;
mod rust;
mod sql;
mod text;

use plimsoll_behavior::NodeId;
use plimsoll_behavior::models::{BatchEdit, FilterForm, Slot};
use plimsoll_project::link::SlotValue;
use plimsoll_syntax::TextRange;

use self::names::{camel, is_reserved, lower_first, plural, singular, upper_first};
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
    if turn.unit != view.index || call.facts.target.is_some() {
        return None;
    }
    if view.is_rust() {
        return rust::read_before_the_loop(view, turn, call);
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
    let (replaced, found) = query.look_up(&place, &names.map)?;
    let mut edits = vec![edit(view, TextRange::new(at, at), before), edit(view, replaced, found)];
    edits.extend(query.import);
    Some(FixPlan { title: title_of_read(query.table.as_deref()), safety: Safety::Review, edits })
}

/// One statement that writes for all elements, in place of a loop that does nothing else. None where the two would not be
/// the same, or what must be written is not known.
#[must_use]
pub fn write_at_once(view: &UnitView<'_>, turn: &Turn, call: &CallView<'_>) -> Option<FixPlan> {
    if view.is_rust() || turn.unit != view.index || call.facts.target.is_some() {
        return None;
    }
    let place = Place::of(view, turn, call.node)?;
    let (table, edits) = match &call.facts.behavior.as_ref()?.1.batch_edit {
        Some(BatchEdit::ObjectList {}) => (table_of(call), object::write(&place, call)?),
        _ => (table_name(view, call), expression::write(&place, call)?),
    };
    let what = table.map_or_else(|| "rows".to_owned(), |table| format!("`{table}` rows"));
    let title = format!("Write all {what} in one statement instead of a loop (review: changes the query)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

fn title_of_read(table: Option<&str>) -> String {
    let what = table.map_or_else(|| "rows".to_owned(), |table| format!("`{table}` rows"));
    format!("Read all {what} in one query before the loop (review: changes the query)")
}

/// The table, where the model of the call knows its name.
fn table_of(call: &CallView<'_>) -> Option<String> {
    match call.slot(Slot::Table) {
        Some(SlotValue::Text(name)) => Some(name.to_string()),
        _ => None,
    }
}

/// What the table is called in the code.
fn table_name(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let name = || view.dotted(view.own_node(call.slot(Slot::Table))?);
    table_of(call).or_else(name).filter(|name| names::is_plain_name(name))
}

fn edit(view: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(range), new_text }
}

/// What a turn asks for.
struct Query {
    /// The query for all elements.
    read: Read,
    /// The member of its result that holds the rows; none where the result is the rows.
    rows: Option<String>,
    /// The table's name in the code, where it is a plain name.
    table: Option<String>,
    /// The member of a row that holds the key.
    column: String,
    /// What it is compared with on each turn.
    key: NodeId,
    /// Whether a key and a member are the same only as texts: a driver yields `"7"` for what was asked for as `7`.
    compares_texts: bool,
    /// What stands for a missing row, where there is at most one for each key: `null`. None where there may be several.
    missing: Option<&'static str>,
    /// Whether the column holds no nulls, as far as is known.
    is_never_null: bool,
    /// A name that the query needs from its library.
    import: Option<PlannedEdit>,
}

/// A query, with `\0` where an array of all keys stands, indented as the statement before the loop.
enum Read {
    /// A call with an object.
    WithObject {
        /// `prisma.user.findMany`
        callee: String,
        argument: String,
        /// The properties of the argument, where it stands on one line.
        parts: Vec<String>,
    },
    /// Any expression.
    Whole(String),
}

impl Query {
    fn of(place: &Place<'_, '_>, call: &CallView<'_>) -> Option<Query> {
        match (&call.facts.behavior.as_ref()?.1.batch_edit, call.facts.filters) {
            (Some(BatchEdit::ObjectIn { value }), _) => object::query(place, call, value),
            (Some(BatchEdit::SqlAny { rows: Some(rows), .. }), _) => text::query(place, call, rows),
            (_, Some(FilterForm::Expression)) => expression::query(place, call),
            _ => None,
        }
    }

    fn key<'t>(&self, view: &UnitView<'t>) -> &'t str {
        view.text(self.key)
    }

    /// What takes the place of the query of each turn, and where.
    fn look_up(&self, place: &Place<'_, '_>, map: &str) -> Option<(TextRange, String)> {
        let view = place.view;
        let key = self.compared(self.key(view));
        match &self.rows {
            Some(rows) => place.rows_looked_up(map, &key, rows),
            None => Some((view.bytes(place.replaced), place.looked_up(map, &key, self.missing))),
        }
    }

    /// A key or a member of a row, as they are compared.
    fn compared(&self, value: &str) -> String {
        if self.compares_texts { format!("String({value})") } else { value.to_owned() }
    }

    fn statements(&self, place: &Place<'_, '_>, names: &Names, keys: &str) -> Vec<String> {
        let Style { newline, indent: unit, semicolon } = &place.style;
        let outer = indent_at(place.view.project.text, place.outer.bytes(place.statement).start);
        let (inner, deeper) = (format!("{outer}{unit}"), format!("{outer}{unit}{unit}"));
        let Names { all, map, one } = names;
        let filled = |text: &String| text.replace('\0', keys);
        let read = match &self.read {
            Read::WithObject { callee, argument, parts } => {
                let parts: Vec<String> = parts.iter().map(filled).collect();
                place.call_of(&format!("const {all} = await {callee}"), &filled(argument), &parts)
            }
            Read::Whole(text) => format!("const {all} = await {}", filled(text)),
        };
        let read = format!("{read}{semicolon}");
        let rows = self.rows.as_ref().map_or_else(|| all.clone(), |rows| format!("{all}.{rows}"));
        let column = self.compared(&format!("{one}.{}", self.column));
        if self.missing.is_some() {
            let map = format!("const {map} = new Map({rows}.map(({one}) => [{column}, {one}])){semicolon}");
            return vec![read, map];
        }
        let types = match (is_typed(place.view.linked.file.language), self.compares_texts) {
            (false, _) => String::new(),
            (true, true) => format!("<string, typeof {rows}>"),
            (true, false) => {
                let quote = place.quote();
                format!("<(typeof {rows})[number][{quote}{}{quote}], typeof {rows}>", self.column)
            }
        };
        let group = if one == "group" { "rows" } else { "group" };
        let each = format!(
            "for (const {one} of {rows}) {{{newline}\
             {inner}const {group} = {map}.get({column}){semicolon}{newline}\
             {inner}if ({group}) {{{newline}\
             {deeper}{group}.push({one}){semicolon}{newline}\
             {inner}}} else {{{newline}\
             {deeper}{map}.set({column}, [{one}]){semicolon}{newline}\
             {inner}}}{newline}\
             {outer}}}"
        );
        vec![read, format!("const {map} = new Map{types}(){semicolon}"), each]
    }
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
        let table = lower_first(&camel(query.table.as_deref().unwrap_or("row")));
        let one = singular(&table);
        let many = plural(&one);
        let all = place.free_name(&many, &format!("all{}", upper_first(&many)));
        let kept = if query.missing.is_some() { &one } else { &many };
        let by = format!("{kept}By{}", upper_first(&camel(query.column.trim_start_matches('_'))));
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
