//! One model of a database schema, its readers, and the writers that add to it.
//!
//! Text comes in, a model or edits go out: nothing here reads a disk or a clock. Each file is
//! read by itself into a [`SchemaFile`], which may be kept; [`Schema::fold`] puts the files of
//! one database together and is cheap.

mod drizzle;
mod fold;
mod model;
pub mod prisma;
pub mod sql;
pub mod write;

pub use drizzle::config::Config as DrizzleConfig;
pub(crate) use drizzle::is_config as is_drizzle_config;
pub use fold::SchemaFile;
use model::covered;
pub use model::{
    Column, ColumnType, Dialect, ForeignKey, Index, IndexMethod, OnDelete, Policy, Relation, SchemaLanguage,
    Serving, Table,
};
pub use plimsoll_syntax::TextRange;
pub use sql::layout::migration;
pub use sql::writer::renumbered;
pub use write::{
    CannotWrite, IndexRequest, MigrationTime, MigrationTool, SchemaEdit, add_index, index_statement,
};

use smol_str::SmolStr;

/// The schema of one database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The database it is for.
    pub dialect: Dialect,
    /// Tables in the order of their creation.
    pub tables: Vec<Table>,
    /// Code generators of a Prisma schema.
    pub generators: Vec<Generator>,
}

/// A `generator` block of a Prisma schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    /// The block's name.
    pub name: SmolStr,
    /// What generates, as `prisma-client-js`.
    pub provider: Option<SmolStr>,
    /// Where to, relative to the folder of the file, as it is written there.
    pub output: Option<SmolStr>,
    /// Path of the file with the block.
    pub file: SmolStr,
}

impl Schema {
    /// Reads files of one database, `(path, text)` in any order. Paths use `/`.
    #[must_use]
    pub fn from_files(files: &[(&str, &str)]) -> Self {
        let files: Vec<SchemaFile> = files.iter().map(|(path, text)| SchemaFile::parse(path, text)).collect();
        Self::fold(files.iter(), Dialect::Unknown)
    }

    /// The table of that name in the database, with or without its namespace, in any case. A name
    /// that could mean two tables means none.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let (namespace, name) = split_namespace(name);
        let named = || self.tables.iter().filter(|table| table.name.eq_ignore_ascii_case(name));
        if let Some(namespace) = namespace {
            let of_namespace = |table: &&Table| {
                table.namespace.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(namespace))
            };
            return named().find(of_namespace);
        }
        if let Some(exact) = only(named().filter(|t| t.namespace.is_none() && t.name == name)) {
            return Some(exact);
        }
        only(named().filter(|table| table.namespace.is_none())).or_else(|| only(named()))
    }

    /// The table that code calls so: the model's name or the client's accessor (`Post`, `post`).
    #[must_use]
    pub fn table_by_code_name(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.code_name == name).or_else(|| {
            let mut same = self.tables.iter().filter(|table| table.code_name.eq_ignore_ascii_case(name));
            only(&mut same)
        })
    }
}

/// Splits `public.users` into its namespace and its name; a database's default namespace counts
/// as none.
fn split_namespace(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('.') {
        Some((namespace, name)) => (own_namespace(namespace), name),
        None => (None, name),
    }
}

fn own_namespace(namespace: &str) -> Option<&str> {
    let is_default = ["public", "dbo", "main"].iter().any(|n| n.eq_ignore_ascii_case(namespace));
    (!is_default).then_some(namespace)
}

/// The only item, or nothing where there are none or several.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
#[cfg(test)]
#[cfg(test)]
mod tests;
