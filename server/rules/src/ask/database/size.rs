//! How many rows a table comes to, by what its schema tells of it.

use plimsoll_project::schema::{Column, ColumnType, ForeignKey, OnDelete, Schema, Table};

use crate::ask::database::growth::{nouns, only_says_who};
use plimsoll_behavior::words;

/// An enumeration of more values tells rows apart.
const FEW_VALUES: u32 = 10;

/// How many keys to other tables are followed.
const MAX_DEPTH: u8 = 3;

/// Last words of names of tables that stay small. Only those without a parent: a role is one of ten, but a user's roles
/// are as many as there are users.
const SMALL: &[&str] = &[
    "setting",
    "config",
    "configuration",
    "flag",
    "role",
    "permission",
    "country",
    "currency",
    "language",
    "locale",
    "timezone",
    "plan",
    "tier",
    "type",
    "kind",
    "status",
    "level",
    "unit",
    "migration",
    "enum",
    "lookup",
];

/// Last words of names of tables that somebody keeps by hand, if they are nobody's: what a program offers and knows, not
/// what its users make.
const KEPT_BY_HAND: &[&str] = &[
    "ability",
    "achievement",
    "announcement",
    "badge",
    "benchmark",
    "category",
    "changelog",
    "department",
    "info",
    "preset",
    "provider",
    "region",
    "skill",
    "template",
];

/// Last words of names of texts that say in which of a few states or of which kind a row is.
const STATES: &[&str] = &[
    "status",
    "state",
    "role",
    "type",
    "kind",
    "level",
    "tier",
    "priority",
    "severity",
    "gender",
    "currency",
    "mode",
    "plan",
    "category",
    "direction",
    "platform",
    "locale",
    "language",
    "country",
    "region",
    "timezone",
    "environment",
    "visibility",
    "stage",
    "phase",
];

/// Last words of names of columns that tell rows apart.
const TELL_APART: &[&str] = &[
    "id", "uuid", "key", "by", "name", "title", "email", "phone", "token", "hash", "code", "slug", "number",
    "url", "path", "address", "ip", "user", "owner",
];

/// Last words of names of tables of people.
const PEOPLE: &[&str] = &[
    "user",
    "account",
    "profile",
    "member",
    "employee",
    "admin",
    "administrator",
    "staff",
    "person",
    "people",
];

/// Beginnings of names of numbers that are truth values.
const TRUTHS: &[&str] = &["is_", "has_", "can_", "enabled", "active", "deleted", "archived"];

/// Whether a table has so few rows that reading all of them costs nothing: a few hundred, whoever uses the program.
#[must_use]
pub fn is_small(table: &Table, schema: &Schema) -> bool {
    is_few(table, schema)
        || (is_kept_by_hand(table) && !has_parent(table, schema, MAX_DEPTH) && !has_undeclared_parent(table))
}

/// Whether a plain index on a column finds no few rows, as it has too few values or no order.
#[must_use]
pub fn is_tiny(column: &Column, table: &Table, schema: &Schema) -> bool {
    let is_unordered = column.list || matches!(column.column_type, ColumnType::Json | ColumnType::Bytes);
    refers_to_few(table, &column.name, schema) || has_few_values(column) || is_unordered
}

/// Whether a text or an enumeration says in which of a few states or of which kind a row is: an index seldom finds
/// few rows by it.
#[must_use]
pub fn is_state(column: &Column) -> bool {
    let is_text = matches!(column.column_type, ColumnType::Text);
    let is_enumeration = matches!(column.column_type, ColumnType::Enum { .. });
    (is_text || is_enumeration) && STATES.contains(&last_word(&column.name).as_str())
}

/// Whether a text is a constant unless somebody sets it: of which kind a row is, and most are of that one. What tells rows
/// apart may have a constant for those that nobody has told.
#[must_use]
pub fn is_kind(column: &Column) -> bool {
    let is_constant = column.default.as_ref().is_some_and(|default| !default.trim().is_empty());
    let tells_apart = || TELL_APART.contains(&last_word(&column.code_name).as_str());
    is_constant && matches!(column.column_type, ColumnType::Text) && !tells_apart()
}

/// Whether a number is 0 or 1 unless somebody sets it.
#[must_use]
pub fn is_truth(column: &Column) -> bool {
    is_count(column) && matches!(column.default.as_deref(), Some("0" | "1"))
}

/// Whether a column is a whole number, of which small ones are the usual ones: no key.
#[must_use]
pub fn is_count(column: &Column) -> bool {
    let tells_apart = || TELL_APART.contains(&last_word(&column.code_name).as_str());
    matches!(column.column_type, ColumnType::Int | ColumnType::BigInt) && !tells_apart()
}

/// Whether rows of a table only pass through it: those of an import, before they become others.
#[must_use]
pub fn is_passing(table: &Table) -> bool {
    let words = words(&table.code_name);
    let words: Vec<&str> = words.iter().map(|word| word.trim_end_matches('s')).collect();
    match words.as_slice() {
        ["staging" | "stage" | "tmp" | "temp", ..] | [.., "staging" | "tmp" | "temp"] => true,
        [.., "import" | "upload", last] => matches!(*last, "row" | "line" | "item" | "record" | "chunk"),
        _ => false,
    }
}

/// Whether a column refers to the rows of a table of a few: a role is one of ten.
#[must_use]
pub fn refers_to_few(table: &Table, column: &str, schema: &Schema) -> bool {
    refers_to_few_within(table, column, schema, MAX_DEPTH)
}

/// Whether a column says at which place somebody has put a row: `sort_order`.
#[must_use]
pub fn is_place(column: &Column) -> bool {
    let words = words(&column.code_name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_named = matches!(
        words.as_slice(),
        ["order" | "sort" | "ordering" | "position"]
            | ["sort" | "display" | "menu" | "list", "order" | "position" | "priority" | "index"]
    );
    is_named && matches!(column.column_type, ColumnType::Int | ColumnType::BigInt)
}

/// Whether a key only says which of the people did something with a row, which nobody looks for rows by: `approved_by`.
/// Where the rows go with who it names, they belong to them.
#[must_use]
pub fn is_signature(key: &ForeignKey) -> bool {
    let belongs =
        key.on_delete == Some(OnDelete::Cascade) || key.columns.iter().any(|own| own.starts_with("owned"));
    let of_people =
        || nouns(&key.table).last().is_some_and(|word| PEOPLE.contains(&word.trim_end_matches('s')));
    !belongs && only_says_who(key) && of_people()
}

/// Whether a table has tens of rows: it is called like one, or a key of it takes few values.
fn is_few(table: &Table, schema: &Schema) -> bool {
    is_few_within(table, schema, MAX_DEPTH)
}

fn is_few_within(table: &Table, schema: &Schema, depth: u8) -> bool {
    has_name_of(table, SMALL) && !has_parent(table, schema, depth) || has_key_of_few(table, schema, depth)
}

/// Whether a key, all of whose columns take few values, tells all its rows apart.
fn has_key_of_few(table: &Table, schema: &Schema, depth: u8) -> bool {
    let takes_few = |name: &str| {
        table.column(name).is_some_and(|column| {
            !column.nullable
                && (has_few_values(column)
                    || is_state(column)
                    || depth > 0 && refers_to_few_within(table, &column.name, schema, depth - 1))
        })
    };
    let unique = table.indexes.iter().filter(|index| index.unique && !index.partial && !index.expression);
    let mut keys = unique.map(|index| &index.columns).chain([&table.primary_key]);
    keys.any(|key| !key.is_empty() && key.iter().all(|name| takes_few(name)))
}

fn refers_to_few_within(table: &Table, column: &str, schema: &Schema, depth: u8) -> bool {
    table.foreign_keys.iter().any(|key| {
        let refers = matches!(key.columns.as_slice(), [only] if only.eq_ignore_ascii_case(column))
            && !has_name_of(table, SMALL);
        refers
            && target(key, table, schema)
                .is_some_and(|to| to.name != table.name && depth > 0 && is_few_within(to, schema, depth - 1))
    })
}

/// Whether its rows are as many as somebody else's: a key leads to a table that is not small itself. Who has written a
/// row last is no parent of it, and neither is a row of the same table.
fn has_parent(table: &Table, schema: &Schema, depth: u8) -> bool {
    table.foreign_keys.iter().any(|key| {
        let is_own = key.table.eq_ignore_ascii_case(&table.name);
        let is_small = || {
            target(key, table, schema).is_some_and(|to| {
                depth > 0 && (has_name_of(to, SMALL) || is_filled(to)) && !has_parent(to, schema, depth - 1)
            })
        };
        !is_own && !is_signature(key) && !is_small()
    })
}

/// Whether a column that no key is declared for is called like one.
fn has_undeclared_parent(table: &Table) -> bool {
    table.columns.iter().any(|column| {
        let words = words(&column.code_name);
        let is_key = words.len() > 1 && matches!(words.last().map(String::as_str), Some("id" | "uuid"));
        let is_declared = || {
            table
                .foreign_keys
                .iter()
                .any(|key| key.columns.iter().any(|own| own.eq_ignore_ascii_case(&column.name)))
        };
        is_key && !is_primary(table, column) && !is_declared()
    })
}

fn is_primary(table: &Table, column: &Column) -> bool {
    matches!(table.primary_key.as_slice(), [only] if only.eq_ignore_ascii_case(&column.name))
}

/// Whether somebody keeps its rows by hand: it is called so, they have an order that somebody gave them, or a migration
/// brings them.
fn is_kept_by_hand(table: &Table) -> bool {
    has_name_of(table, KEPT_BY_HAND) || table.columns.iter().any(is_place) || is_filled(table)
}

/// Whether a migration brings the rows of a table: what a program knows, unless it is people to try it with.
fn is_filled(table: &Table) -> bool {
    let is_of_people =
        || nouns(&table.name).last().is_some_and(|word| PEOPLE.contains(&word.trim_end_matches('s')));
    table.is_filled && !is_of_people()
}

fn has_few_values(column: &Column) -> bool {
    match column.column_type {
        ColumnType::Bool => true,
        ColumnType::Enum { variants } => variants <= FEW_VALUES,
        ColumnType::Int => TRUTHS.iter().any(|start| column.name.starts_with(start)),
        _ => false,
    }
}

/// The table that a key of a table refers to: one for the same database.
#[must_use]
pub fn target<'s>(key: &ForeignKey, own: &Table, schema: &'s Schema) -> Option<&'s Table> {
    let mut tables = schema.tables.iter();
    tables.find(|table| table.dialect == own.dialect && table.name.eq_ignore_ascii_case(&key.table))
}

/// Whether the last word of a table's name is one of these, in the singular or the plural.
fn has_name_of(table: &Table, names: &[&str]) -> bool {
    let word = last_word(&table.name);
    names.iter().any(|own| {
        let rest = word.strip_prefix(own);
        rest.is_some_and(|rest| matches!(rest, "" | "s" | "es"))
            || own.strip_suffix('y').is_some_and(|stem| word.strip_prefix(stem) == Some("ies"))
    })
}

/// The last word of a name, in lower case: `flag` of `FeatureFlag`, `flags` of `feature_flags`.
fn last_word(name: &str) -> String {
    let start = name.rfind('_').map_or(0, |at| at + 1);
    let start = name[start..].rfind(char::is_uppercase).map_or(start, |at| start + at);
    name[start..].to_ascii_lowercase()
}
