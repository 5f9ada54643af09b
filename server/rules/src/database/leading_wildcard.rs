//! `leading-wildcard`

use plimsoll_behavior::Effects;
use plimsoll_behavior::models::FilterForm;
use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::{Column, ColumnType, Dialect, Index, Table};

use crate::ask::database::filter::{Branch, Condition, Lookup, Test, lookups};
use crate::ask::database::size::is_small;
use crate::ask::each_query;
use crate::view::CallView;
use crate::wording::listed;
use crate::{Place, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A filter that looks inside of a text, or at what a function makes of a column, which no plain index serves.
    ///
    /// ## What happens
    ///
    /// An index on a column is sorted by its beginning, like a telephone book. `LIKE '%son'` and `lower(name) = …` do not
    /// say how the column begins: the database reads every row of the table for each call. It is quick while the
    /// table is small; a search box that asks with every key makes it the first thing that is not.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// await prisma.customer.findMany({ where: { name: { contains: query } }, take: 20 })
    /// ```
    ///
    /// ```rust
    /// sqlx::query_as("SELECT id, name FROM customers WHERE lower(email) = $1").bind(email).fetch_optional(&pool).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```sql
    /// CREATE INDEX customers_name_trgm ON customers USING gin (name gin_trgm_ops);
    /// CREATE INDEX customers_lower_email ON customers (lower(email));
    /// ```
    ///
    /// ## What its fix does
    ///
    /// None is offered: the index needs an extension or a decision. The related place says which index would serve.
    ///
    /// ## What it does not flag
    ///
    /// - A column with a trigram, full-text or expression index in the schema.
    /// - A filter that another condition with an index narrows first (`owner_id = $1 AND name LIKE '%x%'`).
    /// - Tables that are known to stay small, and those whose schema was not found.
    /// - Truth values and small enumerations.
    /// - Beginnings of texts: `LIKE 'x%'`.
    /// - Patterns and conditions that are not known to be there.
    pub LeadingWildcard { id: "leading-wildcard", category: Database, severity: Info, since: "0.1.0", preview }
}

/// Functions that change what a column is sorted by.
const CHANGING: &[&str] = &[
    "lower",
    "upper",
    "trim",
    "ltrim",
    "rtrim",
    "date",
    "date_trunc",
    "datetime",
    "strftime",
    "year",
    "month",
    "day",
    "to_char",
    "substr",
    "substring",
    "left",
    "right",
    "extract",
    "unaccent",
    "replace",
    "date_part",
    "date_format",
    "cast",
];

impl Rule for LeadingWildcard {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let mut done = Vec::new();
        each_query(unit, &mut |call, schema| {
            for lookup in lookups(unit, call, schema) {
                let unserved = unserved(&lookup, schema);
                let Some(&first) = unserved.first().filter(|_| !done.contains(&lookup.node)) else {
                    continue;
                };
                done.push(lookup.node);
                let table = lookup.table;
                let place = Place::Bytes { file: table.file.as_str().into(), range: table.name_range };
                report
                    .at_node(unit, lookup.node, call.confidence(), message(unit, call, &lookup, &unserved))
                    .related(place, hint(first, table, schema));
            }
        });
    }
}

/// The conditions that make a lookup read its whole table.
fn unserved<'l>(lookup: &'l Lookup<'_>, schema: &ProjectSchema) -> Vec<&'l Condition> {
    let table = lookup.table;
    let is_known =
        !table.unknown && !is_small(table, &schema.schema) && schema.schema.dialect != Dialect::MongoDb;
    let mut found: Vec<&Condition> = Vec::new();
    // `$1 IS NULL OR name LIKE $1` asks for all rows as well.
    let is_optional = || lookup.branches.iter().any(|branch| branch.conditions.is_empty());
    if !is_known || lookup.branches.iter().any(|branch| branch.is_open) || is_optional() {
        return found;
    }
    for branch in &lookup.branches {
        if is_narrowed(branch, table) {
            continue;
        }
        let own = branch.conditions.iter().filter(|own| is_wanting(own, table, schema));
        for condition in own {
            if !found.iter().any(|other| other.column == condition.column) {
                found.push(condition);
            }
        }
    }
    found
}

/// Whether an index finds the rows of a branch by another condition, or something about them is not known.
fn is_narrowed(branch: &Branch, table: &Table) -> bool {
    branch.conditions.iter().any(|own| {
        table.column(&own.column).is_none_or(|column| {
            own.test.is_servable() && table.leads_index(&own.column) && !has_few_values(column)
        })
    })
}

/// Whether a column has so few values that an index on it finds a good part of the table: `status`.
fn has_few_values(column: &Column) -> bool {
    match column.column_type {
        ColumnType::Bool => true,
        ColumnType::Enum { variants } => variants <= 10,
        _ => false,
    }
}

/// Whether a condition wants an index of another kind than the column has.
fn is_wanting(own: &Condition, table: &Table, schema: &ProjectSchema) -> bool {
    let Some(column) = table.column(&own.column) else { return false };
    let is_tiny = has_few_values(column)
        || column.list
        || matches!(column.column_type, ColumnType::Json | ColumnType::Bytes);
    let is_changed = || {
        own.function.as_deref().is_some_and(|function| {
            CHANGING.contains(&function) || function.starts_with("date") || function.starts_with("to_")
        })
    };
    let wants = match own.test {
        Test::Within => true,
        Test::Wrapped => own.joins.is_none() && is_changed(),
        _ => false,
    };
    let has_one = || {
        table.indexes.iter().any(|index| {
            let is_of_another_kind = !index.method.serves_comparison() || index.expression || index.partial;
            is_of_another_kind && mentions(index, &column.name, schema)
        })
    };
    let searched = |other: &Table| {
        let rest = other.name.strip_prefix(table.name.as_str()).unwrap_or_default();
        rest.contains("fts") || rest.contains("search")
    };
    wants
        && !is_tiny
        && !has_one()
        && !schema.has_raw_index(&table.name, &column.name)
        && !schema.schema.tables.iter().any(searched)
}

fn mentions(index: &Index, column: &str, schema: &ProjectSchema) -> bool {
    let mut names = index.columns.iter().chain(&index.expression_columns);
    let text = schema.text(&index.file).and_then(|text| text.get(index.range.as_usize()));
    names.any(|name| name.eq_ignore_ascii_case(column))
        || text.is_none_or(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word.eq_ignore_ascii_case(column))
        })
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, lookup: &Lookup<'_>, unserved: &[&Condition]) -> String {
    let column = |own: &&Condition| match (&own.function, own.test) {
        (Some(function), _) if function != "cast" => format!("{function}({})", own.column),
        _ => own.column.clone(),
    };
    let columns = listed(unserved.iter().map(column));
    let is_built =
        matches!(call.facts.filters, Some(FilterForm::Builder | FilterForm::Expression | FilterForm::Sql));
    let who = if is_built { "the query".to_owned() } else { format!("`{}`", unit.call_name(call.node)) };
    let verb = match unserved.first().map(|own| own.test) {
        Some(Test::Within) => "looks inside of",
        _ => "compares what is made of a column,",
    };
    let table = lookup.table_name(call);
    format!("{who} {verb} {columns}, which no plain index serves: every call reads the whole table `{table}`")
}

/// What would serve it.
fn hint(own: &Condition, table: &Table, schema: &ProjectSchema) -> String {
    let column = table.column(&own.column).map_or(own.column.as_str(), |column| column.name.as_str());
    match (own.test, schema.schema.dialect) {
        (Test::Within, Dialect::Postgres | Dialect::CockroachDb) => {
            format!("a trigram index would serve it: `USING gin ({column} gin_trgm_ops)`")
        }
        (Test::Within, _) => format!("a full-text index on `{column}` would serve a search for words"),
        _ => match own.function.as_deref() {
            Some("cast") | None => {
                format!("an index on `{column}` serves only what compares it as it is stored")
            }
            Some(function) => {
                format!("an index on what is made of it would serve it: `({function}({column}))`")
            }
        },
    }
}
