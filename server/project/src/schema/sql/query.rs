//! What a query's text asks of the database, for SQL in strings.
//!
//! Every `SELECT`, `UPDATE`, `DELETE` and `INSERT` in it is a scope of its own: which tables, by
//! which conditions, in which order, how many rows. What cannot be parsed as a whole has no
//! answer.

use smol_str::SmolStr;

use super::dialect::attempts;
use super::predicates::{Branch, Operand, Predicate};
use super::scopes;
use super::statements::{Lines, parse_as, split};
use crate::schema::{Dialect, Schema, TextRange};

/// A query's text: one statement or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The statements in their order; at least one.
    pub statements: Vec<QueryStatement>,
}

/// One statement of a query's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryStatement {
    /// What it does.
    pub kind: StatementKind,
    /// Its bytes in the text, without the semicolon.
    pub range: TextRange,
    /// What it reads and writes: the outermost scope first, then those within it. Empty for
    /// definitions and for statements that concern no table.
    pub scopes: Vec<Scope>,
}

/// What a statement or a scope does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum StatementKind {
    Select,
    Insert,
    Update,
    Delete,
    /// `CREATE`, `ALTER`, `DROP`, `TRUNCATE`.
    Ddl,
    /// Transactions, settings and the rest.
    Other,
}

/// One `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// What it does.
    pub kind: StatementKind,
    /// Where it stands in its statement.
    pub role: ScopeRole,
    /// Tables in the order of their names in the text; the target of a write is the first.
    pub tables: Vec<TableUse>,
    /// The filter, joins included, as alternatives of conditions that hold together. Empty where
    /// there is no filter.
    pub branches: Vec<Branch>,
    /// The filter has too many alternatives to be told: conclude nothing from `branches`.
    pub is_truncated: bool,
    /// How many rows come back.
    pub rows: Rows,
    /// Columns it is ordered by, as far as they are columns of its tables.
    pub order: Vec<OrderColumn>,
    /// Whether there is an `ORDER BY` at all.
    pub is_ordered: bool,
    /// How many rows it may have at most.
    pub limit: Limit,
    /// Whether it skips rows.
    pub has_offset: bool,
    /// Whether every column that it returns is an aggregate over all rows.
    pub is_aggregate: bool,
    /// Whether it has a `GROUP BY` or `DISTINCT`.
    pub is_grouped: bool,
    /// Whether it returns all columns of a table.
    pub selects_all_columns: bool,
    /// Columns that an insert or update writes.
    pub written_columns: Vec<SmolStr>,
    /// What an update, or an insert of one row of values, writes to each of them, in the same order. Empty where it
    /// cannot be told.
    pub written_values: Vec<WrittenValue>,
    /// The column that a `SELECT` of one column returns, as it is spelled.
    pub only_column: Option<SmolStr>,
    /// Whether it locks its rows for an update.
    pub locks_for_update: bool,
    /// Whether a conflict with a unique key is handled.
    pub handles_conflict: bool,
    /// Whether it returns the rows that it writes.
    pub has_returning: bool,
    /// Whether the filter compares with a list that is bound (`= ANY($1)`, `IN (?, ?)`).
    pub binds_list: bool,
}

/// What is written to a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenValue {
    /// What it is. A column stands for an expression.
    pub operand: Operand,
    /// How many placeholders it holds: those that are spelled `?` are counted from the first.
    pub placeholders: usize,
    /// Its bytes in the text.
    pub range: Option<TextRange>,
}

/// Where a scope stands in its statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeRole {
    /// The statement itself, or one side of its `UNION`.
    Main,
    /// A common table expression of that name.
    Cte(SmolStr),
    /// A subquery in `FROM`.
    Derived,
    /// Within `EXISTS`.
    Exists,
    /// Within `IN`.
    In,
    /// The rows of an `INSERT … SELECT`.
    InsertSource,
    /// Any other subquery.
    Subquery,
}

/// A table in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableUse {
    /// Its name, without the namespace; empty for a subquery.
    pub name: SmolStr,
    /// Its namespace, unless that is the database's default one.
    pub namespace: Option<SmolStr>,
    /// The name that the scope gives it.
    pub alias: Option<SmolStr>,
    /// What it is.
    pub source: TableSource,
    /// Whether it is joined, and not the first table after `FROM`.
    pub is_joined: bool,
    /// Its name in the text.
    pub range: Option<TextRange>,
}

/// What the name of a table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableSource {
    /// A table or a view.
    Table,
    /// A common table expression of this statement.
    Cte,
    /// A subquery.
    Derived,
    /// A function that returns rows, or something else that is no table.
    Function,
}

/// How many rows come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// None: a write without `RETURNING`.
    None,
    /// One at most: an aggregate, a limit of one, all columns of a unique key.
    One,
    /// Any number.
    Many,
}

/// How many rows a scope may have at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Without a bound.
    None,
    /// A number in the text.
    Literal(u64),
    /// A placeholder or an expression.
    Bound,
}

/// A column that rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderColumn {
    /// The table, as its position in the scope, where it could be told.
    pub table: Option<usize>,
    /// The column's name as it is spelled.
    pub column: SmolStr,
    /// Whether the largest come first.
    pub is_descending: bool,
    /// The column in the text.
    pub range: Option<TextRange>,
}

/// Analyses the text of a query. What the caller puts into it at run time must stand in it as a
/// placeholder (`$1`, `?`, `:name`, `@name`).
///
/// With a schema, columns without a table's name are attributed to the only table of the scope
/// that has such a column; without one, only where the scope has a single table.
///
/// Nothing for a text without a statement, or with one that cannot be parsed.
#[must_use]
pub fn analyse(text: &str, dialect: Dialect, schema: Option<&Schema>) -> Option<Query> {
    attempts(dialect).find_map(|dialect| analyse_as(text, dialect, schema))
}

fn analyse_as(text: &str, dialect: Dialect, schema: Option<&Schema>) -> Option<Query> {
    let lines = Lines::of(text, 0);
    let mut statements = Vec::new();
    for raw in split(text, 0, dialect) {
        if raw.broken {
            return None;
        }
        let (statement, is_complete) = parse_as(&raw.tokens, dialect)?;
        if !is_complete {
            return None;
        }
        let kind = scopes::kind(&statement);
        let scopes = scopes::scopes(&statement, schema, &lines);
        statements.push(QueryStatement { kind, range: raw.range, scopes });
    }
    (!statements.is_empty()).then_some(Query { statements })
}

impl Scope {
    /// The alternatives of the filter as far as they concern one table, by its position. An empty
    /// alternative reads the whole table; no alternative at all is a scope without a filter.
    pub fn branches_of(&self, table: usize) -> impl Iterator<Item = Vec<&Predicate>> {
        let own = move |predicate: &&Predicate| predicate.table == Some(table);
        self.branches.iter().map(move |branch| branch.predicates.iter().filter(own).collect())
    }
}

impl TableUse {
    /// The table that it stands for.
    #[must_use]
    pub fn table<'a>(&self, schema: &'a Schema) -> Option<&'a crate::schema::Table> {
        if self.source != TableSource::Table {
            return None;
        }
        match &self.namespace {
            Some(namespace) => schema.table(&format!("{namespace}.{}", self.name)),
            None => schema.table(&self.name),
        }
    }
}
