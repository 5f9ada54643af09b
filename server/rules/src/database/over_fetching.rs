//! `over-fetching`

use plimsoll_behavior::{Effects, Name};
use plimsoll_project::Runs;
use plimsoll_project::schema::{Column, ColumnType, Table};

use crate::ask::{
    Fetched, Growth, Record, Used, each_query, fetches_all, growth, record_of, used_columns, words,
};
use crate::edit::columns::name_columns;
use crate::view::CallView;
use crate::wording::listed;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A query that fetches all columns of a wide table, of which the code uses a few.
    ///
    /// ## What happens
    ///
    /// The database reads, sends and decodes what nobody looks at. With documents, texts and vectors among the columns it
    /// is most of the work: each lives outside of its row and is fetched by itself, an index that holds the few columns
    /// can no longer answer alone, and a list of a thousand names weighs as much as all that is known of them. Every
    /// column that is added later makes it slower.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const articles = await prisma.article.findMany({ where: { authorId }, take: 100 })
    /// return articles.map((article) => ({ id: article.id, title: article.title }))
    /// ```
    ///
    /// ```rust
    /// let rows = sqlx::query("SELECT * FROM articles WHERE author_id = $1").bind(author).fetch_all(&pool).await?;
    /// let titles: Vec<String> = rows.iter().map(|row| row.get("title")).collect();
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const articles = await prisma.article.findMany({
    ///   where: { authorId },
    ///   take: 100,
    ///   select: { id: true, title: true },
    /// })
    /// return articles.map((article) => ({ id: article.id, title: article.title }))
    /// ```
    ///
    /// ```rust
    /// let rows = sqlx::query("SELECT title FROM articles WHERE author_id = $1").bind(author).fetch_all(&pool).await?;
    /// let titles: Vec<String> = rows.iter().map(|row| row.get("title")).collect();
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The columns that are used are named in the query. What uses another column out of sight no longer finds it, which wants
    /// a review.
    ///
    /// ## What it does not flag
    ///
    /// - Rows that are returned, spread, stored, logged or handed to code whose use of them is not seen.
    /// - Rows that are made into a type of the project with a field for most columns.
    /// - Narrow tables, and those whose schema was not found.
    /// - Tables that stay small, and those without large columns of which neither the name nor the schema says that
    ///   they grow.
    /// - One row, or a few, as the children of one parent, unless a column that is not used holds files or vectors.
    /// - Rows that a query or a request of its own follows for each.
    /// - Joins and relations.
    /// - Scripts, and what runs on a command line.
    pub OverFetching {
        id: "over-fetching", category: Database, severity: Info, since: "0.1.0", preview;
        options: { min_columns: 10, "The columns from which a table is wide." }
    }
}

/// As many letters of columns are named in a message.
const MAX_NAMED: usize = 40;

impl Rule for OverFetching {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_READ
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if matches!(unit.project.runs.runs, Runs::ByHand | Runs::CommandLine) {
            return;
        }
        let min_columns = report.option("min_columns") as usize;
        each_query(unit, &mut |call, schema| {
            let Some(fetched) = fetches_all(unit, call, schema) else { return };
            let table = fetched.table;
            let growth = growth(&table.name, Some(schema));
            let stays_small = growth == Some(Growth::Kept);
            if table.unknown || stays_small && !fetched.is_of_few || !may_be_wide(table, min_columns) {
                return;
            }
            let used = match record_of(unit, call) {
                Record::None => used_columns(unit, call.node, &fetched),
                Record::Of(fields) => of_record(table, &fields),
                Record::Unknown => None,
            };
            let is_too_much = |used: &Used| {
                !used.is_worked_off && is_too_much(&fetched, &used.columns, growth.is_some(), min_columns)
            };
            let Some(used) = used.filter(is_too_much) else { return };
            let names = names(&fetched, &used.columns);
            let message = message(unit, call, &fetched, &used.columns, &names);
            report.at_node(unit, call.node, call.confidence(), message).fix(|| {
                if used.is_typed && !unit.is_rust() {
                    return None;
                }
                let edits = name_columns(unit, call, &fetched, &names)?;
                let title =
                    format!("Fetch only {} (review: the other columns are no longer there)", listed(&names));
                Some(FixPlan { title, safety: Safety::Review, edits })
            });
        });
    }
}

/// The columns that are fields of what rows are made into.
fn of_record(table: &Table, fields: &[Name]) -> Option<Used> {
    let column = |name: &Name| table.columns.iter().find(|own| own.name == *name).map(|own| own.name.clone());
    let columns = fields.iter().map(column).collect::<Option<_>>()?;
    Some(Used { columns, is_typed: false, is_worked_off: false })
}

/// Whether a table has so many columns, or such large ones, that it matters which are fetched.
fn may_be_wide(table: &Table, min_columns: usize) -> bool {
    table.columns.len() >= min_columns || table.columns.iter().any(is_huge)
}

/// Whether what is fetched is far more than what is used.
fn is_too_much(fetched: &Fetched<'_>, used: &[Name], grows: bool, min_columns: usize) -> bool {
    let width = fetched.table.columns.len();
    let is_used = |column: &&Column| used.contains(&column.name);
    let mut unused = fetched.table.columns.iter().filter(|column| !is_used(column));
    if used.is_empty() {
        return false;
    }
    // The other columns of one row are no burden, unless one of them is a file.
    if fetched.is_of_few || width < min_columns {
        return unused.any(is_huge) && !fetched.table.columns.iter().filter(is_used).any(is_huge);
    }
    let is_large_used = fetched.table.columns.iter().filter(is_used).any(is_large);
    let has_large = unused.any(is_large);
    used.len() * 3 <= width && (grows || has_large) || used.len() * 2 <= width && !is_large_used && has_large
}

/// Last words of names of texts that are long.
#[rustfmt::skip] // a list of words
const LONG: &[&str] = &[
    "content", "contents", "body", "html", "markdown", "transcript", "transcription", "payload", "raw", "xml", "csv", "base64",
    "blob", "embedding", "prompt", "snapshot", "document", "article", "essay", "stack", "stacktrace", "diff", "dump",
    "source_code", "output", "log", "logs", "instructions", "biography",
];

/// Whether a column holds what is large by nature.
fn is_large(column: &Column) -> bool {
    match &column.column_type {
        ColumnType::Json => true,
        _ if is_huge(column) => true,
        ColumnType::Text => words(&column.name).last().is_some_and(|last| LONG.contains(&last.as_str())),
        _ => false,
    }
}

/// Whether a column holds files or vectors.
fn is_huge(column: &Column) -> bool {
    match &column.column_type {
        ColumnType::Bytes => true,
        ColumnType::Other(name) => name.to_ascii_lowercase().contains("vector"),
        _ => false,
    }
}

/// The used columns in the order of the table, as the query names them.
fn names(fetched: &Fetched<'_>, used: &[Name]) -> Vec<String> {
    let columns = fetched.table.columns.iter().filter(|column| used.contains(&column.name));
    let named =
        columns.map(|column| if fetched.by_database_names { &column.name } else { &column.code_name });
    named.map(ToString::to_string).collect()
}

fn message(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    fetched: &Fetched<'_>,
    used: &[Name],
    names: &[String],
) -> String {
    let name = unit.call_name(call.node);
    let is_short =
        call.facts.value.instance().is_none() && matches!(fetched.says, crate::ask::Says::Step { .. });
    let who = if is_short && !name.is_empty() { format!("`{name}`") } else { "the query".to_owned() };
    let table = if fetched.by_database_names { &fetched.table.name } else { &fetched.table.code_name };
    let width = fetched.table.columns.len();
    let uses = match names.len() {
        1 => format!("only {} is used", listed(names)),
        0..=4 if names.iter().map(String::len).sum::<usize>() <= MAX_NAMED => {
            format!("only {} are used", listed(names))
        }
        many => format!("only {many} are used"),
    };
    let mut large =
        fetched.table.columns.iter().filter(|column| !used.contains(&column.name) && is_large(column));
    let among = match large.next() {
        Some(column) => {
            let name = if fetched.by_database_names { &column.name } else { &column.code_name };
            format!(": the rest, `{name}` among it, is read and sent for nothing")
        }
        None => ": the rest is read and sent for nothing".to_owned(),
    };
    format!("{who} fetches all {width} columns of `{table}`, of which {uses}{among}")
}
