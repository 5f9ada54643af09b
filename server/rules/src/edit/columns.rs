//! Names the columns that a query hands over, as its model says it is done.

use plimsoll_behavior::models::{ColumnsEdit, Slot};
use plimsoll_behavior::{Kind, Literal, NodeId};
use plimsoll_syntax::TextRange;

use super::script;
use crate::ask::{Fetched, Says};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// The edits by which a query hands over these columns only; none where nothing right can be written.
#[must_use]
pub fn name_columns(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    fetched: &Fetched<'_>,
    columns: &[String],
) -> Option<Vec<PlannedEdit>> {
    match &fetched.says {
        Says::Text(text) => in_text(unit, (*text)?, columns),
        Says::Step { call: step, path, edit } => in_step(unit, call, *step, path, edit.as_ref()?, columns),
    }
}

fn in_step(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    step: NodeId,
    path: &str,
    edit: &ColumnsEdit,
    columns: &[String],
) -> Option<Vec<PlannedEdit>> {
    let quoted = || columns.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(", ");
    match edit {
        ColumnsEdit::Object { value } => {
            let table = unit.own_node(call.slot(Slot::Table)).map(|node| unit.text(node));
            let entries: Option<Vec<String>> = columns
                .iter()
                .map(|column| {
                    let value = value.replace("{column}", column);
                    let value = match (value.contains("{table}"), table) {
                        (true, table) => value.replace("{table}", table?),
                        (false, _) => value,
                    };
                    Some(format!("{column}: {value}"))
                })
                .collect();
            let object = format!("{{ {} }}", entries?.join(", "));
            match path.split_once('.') {
                Some((argument, property)) => {
                    let argument: usize = argument.parse().ok()?;
                    let Kind::Call { args, .. } = unit.unit.kind(step) else { return None };
                    let is_plain = args
                        .get(argument)
                        .is_none_or(|&arg| matches!(unit.unit.kind(arg), Kind::Object { .. }));
                    script::set_option(unit, step, argument, property, &object).filter(|_| is_plain)
                }
                None => as_argument(unit, step, &object),
            }
        }
        ColumnsEdit::Text {} => as_argument(unit, step, &format!("'{}'", columns.join(", "))),
        ColumnsEdit::Names {} => as_argument(unit, step, &quoted()),
        ColumnsEdit::List { method } => {
            let Kind::Call { callee, args, .. } = unit.unit.kind(step) else { return None };
            let Kind::Member { name_range, .. } = unit.unit.kind(*callee) else { return None };
            let range = TextRange::new(unit.to_file(*name_range).start, unit.bytes(step).end);
            args.is_empty().then(|| vec![edit_at(unit, range, format!("{method}([{}])", quoted()))])
        }
    }
}

/// The first argument of a call that has none, or only `*`.
fn as_argument(unit: &UnitView<'_>, step: NodeId, argument: &str) -> Option<Vec<PlannedEdit>> {
    let Kind::Call { callee, args, .. } = unit.unit.kind(step) else { return None };
    match args.first() {
        None => {
            let range = TextRange::new(unit.bytes(*callee).end, unit.bytes(step).end);
            // Type arguments may stand between.
            let is_plain = unit.project.text.get(range.as_usize()).is_some_and(|rest| rest.starts_with('('));
            is_plain.then(|| vec![edit_at(unit, range, format!("({argument})"))])
        }
        Some(&first) => {
            let quote = unit.text(first).chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
            let is_all =
                matches!(unit.unit.kind(first), Kind::Literal(Literal::String(all)) if all.trim() == "*");
            let argument = argument.replace('\'', &quote.to_string());
            is_all.then(|| vec![edit_at(unit, unit.bytes(first), argument)])
        }
    }
}

/// `SELECT *` in a statement that is one literal.
fn in_text(unit: &UnitView<'_>, node: NodeId, columns: &[String]) -> Option<Vec<PlannedEdit>> {
    if !columns.iter().all(|column| is_plain_name(column)) {
        return None;
    }
    let source = unit.text(node);
    let lower = source.to_ascii_lowercase();
    let after = lower.find("select")? + "select".len();
    let star = after + lower[after..].find('*')?;
    let between = lower[after..star].trim_start();
    // `SELECT *` or `SELECT orders.*`
    let qualifier = between.strip_suffix('.').unwrap_or(between);
    let is_first = qualifier.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let start = star - between.len();
    if !is_first || qualifier.is_empty() != between.is_empty() || lower.matches('*').count() > 1 {
        return None;
    }
    let at = unit.bytes(node).start;
    let range = TextRange::new(at + u32::try_from(start).ok()?, at + u32::try_from(star + 1).ok()?);
    let named = columns.iter().map(|column| format!("{between}{column}"));
    Some(vec![edit_at(unit, range, named.collect::<Vec<_>>().join(", "))])
}

/// Words that no column is called by without quotes, as far as they are names of columns at all.
#[rustfmt::skip] // a list of words
const RESERVED: &[&str] = &[
    "order", "user", "group", "default", "table", "column", "from", "to", "end", "desc", "asc", "limit", "offset", "check",
    "primary", "references", "when", "where", "key", "index", "values", "rank", "read", "range", "condition", "interval",
    "trigger", "usage", "signal", "current_date", "grant", "analyze", "both", "case", "else", "then", "unique", "using",
];

/// Whether a column's name is the same for every database without quotes.
fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && !RESERVED.contains(&name)
}

fn edit_at(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
