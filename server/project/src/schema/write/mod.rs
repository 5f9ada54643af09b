//! Adds an index where the schema lives, as edits to be shown and applied by somebody else.

mod naming;
mod time;

use std::fmt;

use smol_str::SmolStr;

pub(super) use naming::{IndexNames, unused_name};
pub use time::MigrationTime;

use super::covered;
use super::{Column, ColumnType, Dialect, Schema, SchemaLanguage, Table, TextRange};
use super::{drizzle, prisma, sql};

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaEdit {
    /// The file.
    pub path: String,
    /// The bytes to replace; nothing where the file is to be created.
    pub range: Option<TextRange>,
    /// What to write there.
    pub new_text: String,
}

/// What runs a project's migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is the tool's own")]
pub enum MigrationTool {
    Sqlx,
    Diesel,
    Prisma,
    Supabase,
    Drizzle,
    Dbmate,
    Goose,
    Flyway,
    /// Another one: nothing is assumed of it.
    Unknown,
}

/// An index to add.
#[derive(Clone, Copy, Debug)]
pub struct IndexRequest<'a> {
    /// The table, of the schema that is handed in beside this.
    pub table: &'a Table,
    /// Its columns in order, by either of their names.
    pub columns: &'a [&'a str],
    /// The time for the name of a new migration.
    pub now: MigrationTime,
    /// What runs the migrations by the manifests (a dependency on sqlx), where their layout and their marks do not
    /// tell.
    pub tool: Option<MigrationTool>,
}

/// Why no index can be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannotWrite {
    /// Something about the table could not be read.
    UnknownTable,
    /// The table has no such column, or none was named.
    UnknownColumn(SmolStr),
    /// The column's type cannot be indexed plainly.
    NotIndexable(SmolStr),
    /// The text of this file was not handed in, or is not the one the schema was read from.
    NoSource(SmolStr),
    /// The declaration of this table is written in a way that nothing can be added to.
    Unclear(SmolStr),
    /// This file is generated from a schema that stands elsewhere.
    Generated(SmolStr),
}

impl fmt::Display for CannotWrite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTable => formatter.write_str("the table's definition could not be read"),
            Self::UnknownColumn(name) => write!(formatter, "the table has no column `{name}`"),
            Self::NotIndexable(name) => write!(formatter, "`{name}` cannot be indexed plainly"),
            Self::Unclear(name) => write!(formatter, "nothing can be added to the declaration of `{name}`"),
            Self::Generated(path) => write!(formatter, "`{path}` is generated"),
            Self::NoSource(path) => write!(formatter, "the text of `{path}` is missing or newer"),
        }
    }
}

impl std::error::Error for CannotWrite {}

/// The edits that add an index; none where an index or key with these leading columns is there.
///
/// `files` are the texts that `schema` was read from, `(path, text)`.
///
/// # Errors
///
/// Where the table is not fully known, a column is missing or cannot be indexed, or the file to
/// edit was not handed in.
pub fn add_index(
    schema: &Schema,
    files: &[(&str, &str)],
    request: &IndexRequest<'_>,
) -> Result<Vec<SchemaEdit>, CannotWrite> {
    let table = request.table;
    let columns = indexable_columns(request)?;
    if table.has_index_on(request.columns) {
        return Ok(Vec::new());
    }
    let place = WritingPlace { schema, files, request, columns: &columns };
    match table.language {
        SchemaLanguage::Prisma => Ok(vec![prisma::writer::add_index(&place)?]),
        SchemaLanguage::Drizzle => drizzle::writer::add_index(&place),
        SchemaLanguage::Sql => sql::writer::add_index(&place),
    }
}

/// The statement that makes an index in the database itself, for somebody who runs it by hand: where no file can be
/// edited.
///
/// # Errors
///
/// Where the table is not fully known, or a column is missing or cannot be indexed.
pub fn index_statement(
    schema: &Schema,
    files: &[(&str, &str)],
    request: &IndexRequest<'_>,
) -> Result<String, CannotWrite> {
    let columns = indexable_columns(request)?;
    sql::writer::statement(&WritingPlace { schema, files, request, columns: &columns })
}

fn indexable_columns<'a>(request: &IndexRequest<'a>) -> Result<Vec<&'a Column>, CannotWrite> {
    let table = request.table;
    if table.unknown {
        return Err(CannotWrite::UnknownTable);
    }
    if table.from_text {
        return Err(CannotWrite::Unclear(table.name.clone()));
    }
    if request.columns.is_empty() {
        return Err(CannotWrite::UnknownColumn(SmolStr::default()));
    }
    let mut columns = Vec::new();
    for name in request.columns {
        let column = table.column(name);
        let column = column.ok_or_else(|| CannotWrite::UnknownColumn(SmolStr::new(name)))?;
        if !is_indexable(column) {
            return Err(CannotWrite::NotIndexable(column.code_name.clone()));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn is_indexable(column: &Column) -> bool {
    let is_blob = matches!(column.column_type, ColumnType::Json | ColumnType::Bytes);
    let is_unsupported = matches!(&column.column_type, ColumnType::Other(name) if name == "Unsupported");
    !column.list && !is_blob && !is_unsupported
}

/// A request that was found to be possible.
pub(super) struct WritingPlace<'a> {
    pub schema: &'a Schema,
    pub files: &'a [(&'a str, &'a str)],
    pub request: &'a IndexRequest<'a>,
    pub columns: &'a [&'a Column],
}

impl<'a> WritingPlace<'a> {
    /// The text of a file.
    pub fn source(&self, path: &SmolStr) -> Result<&'a str, CannotWrite> {
        let file = self.files.iter().find(|(own, _)| own == path);
        file.map(|(_, text)| *text).ok_or_else(|| CannotWrite::NoSource(path.clone()))
    }

    /// How many letters of a column MySQL needs to be told to index, for types without a bound.
    pub fn prefix_length(&self, column: &Column) -> Option<u32> {
        if self.schema.dialect != Dialect::MySql || column.column_type != ColumnType::Text {
            return None;
        }
        let definition = covered(self.source(&column.file).ok()?, column.range)?;
        let unbounded = definition
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .any(|word| word.len() <= 10 && word.to_ascii_lowercase().ends_with("text"));
        unbounded.then_some(191)
    }
}
