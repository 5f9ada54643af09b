//! What must change in the text of a query for one key so that it asks for many.

use std::ops::Range;

use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::sql::{Comparison, Limit, Operand, Scope, StatementKind, TableSource, analyse};
use plimsoll_project::schema::{ColumnType, Dialect};

/// Changes of a text, in bytes of it, that make `= $1` of it `= ANY($1)`.
pub(super) struct ForMany {
    /// In order.
    pub changes: Vec<(Range<usize>, String)>,
    /// The table.
    pub table: String,
    /// The column of the rows that holds the key.
    pub column: String,
    /// Whether a schema says that no two rows share it.
    pub is_unique: bool,
}

/// What must change in a `SELECT` of PostgreSQL whose parameter `$parameter` (from 1) is the key. None where the rows for
/// many keys are not those for each of them together, or not told apart by the key.
pub(super) fn for_many(text: &str, parameter: usize, schema: Option<&ProjectSchema>) -> Option<ForMany> {
    let known = schema.map(|schema| &schema.schema);
    let query = analyse(text, Dialect::Postgres, known)?;
    let [statement] = query.statements.as_slice() else { return None };
    let [scope] = statement.scopes.as_slice() else { return None };
    let lower = text.to_ascii_lowercase();
    if statement.kind != StatementKind::Select || !is_plain(scope) || lower.contains(" over") {
        return None;
    }
    let ([table], [branch]) = (scope.tables.as_slice(), scope.branches.as_slice()) else { return None };
    let placeholder = format!("${parameter}");
    if table.source != TableSource::Table || uses(text, &placeholder) != 1 {
        return None;
    }
    let (predicate, range) = branch.predicates.iter().find_map(|predicate| {
        let is_right = predicate.comparison == Comparison::Equal
            && matches!(predicate.operand, Operand::Placeholder(_))
            && predicate.function.is_none();
        let after = predicate.range.filter(|_| is_right)?.end as usize;
        Some((predicate, compared(text, after, &placeholder)?))
    })?;
    let known_table = known.and_then(|schema| table.table(schema));
    let known_column = known_table.and_then(|table| table.column(&predicate.column));
    let is_key = match known_column {
        Some(column) => {
            let ty = &column.column_type;
            !column.list
                && matches!(ty, ColumnType::Int | ColumnType::BigInt | ColumnType::Uuid | ColumnType::Text)
        }
        None => {
            let name = predicate.column.as_str();
            matches!(name, "id" | "uuid") || name.ends_with("_id") || name.ends_with("Id")
        }
    };
    let is_unique = known_table.is_some_and(|table| table.is_unique(&[&predicate.column]));
    if !is_key {
        return None;
    }
    let spelled = text.get(predicate.range?.start as usize..predicate.range?.end as usize)?;
    let mut changes = Vec::new();
    let (start, list) = select_list(&lower)?;
    if !scope.selects_all_columns && !list.iter().any(|item| names(text.get(item.clone()), &predicate.column))
    {
        changes.push((start..start, format!("{spelled}, ")));
    }
    changes.push(range);
    match scope.limit {
        Limit::None => {}
        Limit::Literal(1) if is_unique => changes.push((limit_of_one(&lower)?, String::new())),
        Limit::Literal(_) | Limit::Bound => return None,
    }
    Some(ForMany { changes, table: table.name.to_string(), column: predicate.column.to_string(), is_unique })
}

/// Whether each row comes back for itself, whatever other rows there are.
fn is_plain(scope: &Scope) -> bool {
    !scope.is_truncated
        && !scope.has_offset
        && !scope.is_aggregate
        && !scope.is_grouped
        && !scope.locks_for_update
        && !scope.binds_list
}

/// How often a placeholder stands in a text: `$1` is no part of `$10`.
fn uses(text: &str, placeholder: &str) -> usize {
    let ends = |at: usize| !text[at + placeholder.len()..].starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(placeholder).filter(|(at, _)| ends(*at)).count()
}

/// The placeholder that a column that ends at `after` is compared with, with its cast, and what stands for many.
fn compared(text: &str, after: usize, placeholder: &str) -> Option<(Range<usize>, String)> {
    let rest = text.get(after..)?;
    let equals = rest.find('=').filter(|&at| rest[..at].trim().is_empty())? + 1;
    let start = equals + rest[equals..].find(|c: char| !c.is_whitespace())?;
    let tail = rest[start..].strip_prefix(placeholder)?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let cast = tail.strip_prefix("::").map_or("", |ty| &ty[..ty.find(|c| !is_word(c)).unwrap_or(ty.len())]);
    let end = start + placeholder.len() + if cast.is_empty() { 0 } else { cast.len() + 2 };
    let next = rest[end..].trim_start();
    if !(next.is_empty() || next.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, ')' | ';'))) {
        return None;
    }
    let many =
        if cast.is_empty() { format!("ANY({placeholder})") } else { format!("ANY({placeholder}::{cast}[])") };
    Some((after + start..after + end, many))
}

/// Where the list of what is selected begins, and its items. The text is in small letters.
fn select_list(text: &str) -> Option<(usize, Vec<Range<usize>>)> {
    let head = text.find(|c: char| !c.is_whitespace())?;
    let after = text.get(head..)?.strip_prefix("select")?;
    let start = text.len() - after.trim_start().len();
    let mut items = Vec::new();
    let (mut depth, mut from, mut is_quoted) = (0_u32, start, false);
    for (at, letter) in text[start..].char_indices() {
        let at = start + at;
        match letter {
            '\'' | '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(from..at);
                from = at + 1;
            }
            'f' if depth == 0
                && text[at..].starts_with("from")
                && text[..at].ends_with(|c: char| c.is_whitespace()) =>
            {
                items.push(from..at);
                return Some((start, items));
            }
            _ => {}
        }
    }
    None
}

/// Whether an item of a list is a column as it is.
fn names(item: Option<&str>, column: &str) -> bool {
    let Some(item) = item.map(str::trim) else { return false };
    let last = item.rsplit('.').next().unwrap_or(item).trim_matches('"');
    last.eq_ignore_ascii_case(column)
}

/// `LIMIT 1` at the end of a text in small letters, with the white space before it.
fn limit_of_one(text: &str) -> Option<Range<usize>> {
    let end = text.trim_end().trim_end_matches(';').trim_end();
    let before = end.strip_suffix('1')?.trim_end().strip_suffix("limit")?.trim_end();
    Some(before.len()..end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> Option<String> {
        let many = for_many(text, 1, None)?;
        let mut text = text.to_owned();
        for (range, new_text) in many.changes.into_iter().rev() {
            text.replace_range(range, &new_text);
        }
        Some(text)
    }

    #[test]
    fn a_key_becomes_a_list_of_keys() {
        for (one, many) in [
            ("SELECT * FROM users WHERE id = $1", "SELECT * FROM users WHERE id = ANY($1)"),
            (
                "SELECT u.id, u.name FROM users u WHERE u.id=$1::uuid AND tenant = $2 ORDER BY name",
                "SELECT u.id, u.name FROM users u WHERE u.id=ANY($1::uuid[]) AND tenant = $2 ORDER BY name",
            ),
            (
                "select body from comments where post_id = $1",
                "select post_id, body from comments where post_id = ANY($1)",
            ),
        ] {
            assert_eq!(changed(one).as_deref(), Some(many));
        }
    }

    #[test]
    fn what_is_computed_of_all_rows_stays() {
        for text in [
            "SELECT count(*) FROM comments WHERE post_id = $1",
            "SELECT DISTINCT body FROM comments WHERE post_id = $1",
            "SELECT kind, count(*) FROM comments WHERE post_id = $1 GROUP BY kind",
            "SELECT * FROM comments WHERE post_id = $1 LIMIT 3",
            "SELECT * FROM users WHERE id = $1 LIMIT 1",
            "SELECT * FROM users WHERE id = $1 OR parent_id = $1",
            "SELECT * FROM users WHERE id = $1 OR admin",
            "SELECT * FROM users WHERE id = $1 FOR UPDATE",
            "SELECT * FROM users WHERE id = $1 + 1",
            "SELECT * FROM users WHERE born = $1",
            "SELECT *, row_number() OVER (ORDER BY id) FROM comments WHERE post_id = $1",
            "SELECT * FROM users u JOIN posts p ON p.author_id = u.id WHERE u.id = $1",
            "SELECT * FROM users WHERE id = $10",
            "DELETE FROM users WHERE id = $1",
        ] {
            assert_eq!(changed(text), None, "{text}");
        }
    }
}
