//! Drizzle schemas: tables that are declared in TypeScript or JavaScript.
//!
//! A file is read through the same extraction that its code is reviewed with, so that names, imports and closures mean
//! here what they mean there. [`Document`] is what one file declares; [`reader`] puts the files of a schema together.

mod columns;
pub(super) mod config;
mod extract;
mod imports;
mod keys;
pub(super) mod reader;
mod walk;
pub(super) mod writer;

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Dialect, IndexMethod, OnDelete, TextRange};
pub(super) use config::Config;
pub(super) use reader::read;

/// What one file declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Document {
    /// What local names are brought in from elsewhere.
    pub imports: BTreeMap<SmolStr, Import>,
    /// What the file offers to others.
    pub exports: Vec<Export>,
    /// What the names of the file's top level stand for, as far as schemas care, in the order of their declaration.
    pub items: Vec<(SmolStr, Item)>,
}

/// A name brought in from another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub module: SmolStr,
    /// The name that it has there; none for the whole module.
    pub name: Option<SmolStr>,
}

/// A name offered to other files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Export {
    /// `*` for all that another file exports.
    pub name: SmolStr,
    pub what: Exported,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exported {
    Local(SmolStr),
    /// A name of another module, or all of it.
    From(SmolStr, Option<SmolStr>),
}

/// What a name of a file's top level stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Table(Box<TableItem>),
    /// `pgTableCreator((name) => `app_${name}`)`: what stands before and after the name, where that can be read.
    Creator(Dialect, Option<(SmolStr, SmolStr)>),
    /// `pgSchema('auth')`
    Namespace(Dialect, SmolStr),
    /// An enumeration with this many values, 0 where they cannot be counted.
    Enum(u32),
    /// A type of the project's own making.
    CustomType,
    /// Columns that are shared by tables.
    Columns(Vec<Entry>),
    /// A column, or a function that makes one.
    Column(Box<ColumnItem>),
}

/// A path of names, at most two long: `users`, `schema.users`.
pub(super) type Path = Vec<SmolStr>;

/// A declared table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TableItem {
    pub made_by: Maker,
    /// Its name as it is written in the call.
    pub name: SmolStr,
    pub name_range: TextRange,
    /// The whole call.
    pub range: TextRange,
    pub columns: Vec<Entry>,
    pub keys: Vec<Key>,
    /// Some of its keys cannot be read, or its text is broken.
    pub unknown: bool,
}

/// What a table is made by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Maker {
    /// `pgTable`
    Library(Dialect),
    /// A creator, by the name it has in the file.
    Creator(Path),
    /// The method of a namespace, by the name it has in the file.
    Namespace(Path),
}

/// An entry of an object of columns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Column(SmolStr, Box<ColumnItem>),
    /// Columns that are declared elsewhere.
    Spread(Path),
}

/// A declared column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ColumnItem {
    pub made_by: ColumnMaker,
    /// Its name where one is given.
    pub name: Option<SmolStr>,
    /// The values it is restricted to, counted; 0 where they cannot be.
    pub values: Option<u32>,
    /// `{ mode: 'timestamp' }`
    pub mode: Option<SmolStr>,
    pub list: bool,
    pub not_null: bool,
    pub has_default: bool,
    /// The text or the number that it is filled in with.
    pub default: Option<SmolStr>,
    pub primary_key: bool,
    /// Whether it is unique, and how that key is called.
    pub unique: Option<Option<SmolStr>>,
    pub references: Option<Reference>,
    /// The key or the name argument of the column.
    pub name_range: TextRange,
    /// The whole entry.
    pub range: TextRange,
}

/// What makes a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum ColumnMaker {
    /// A function of the library, by its name there.
    Library(SmolStr),
    /// A name of the file: an enumeration, a type of its own, a helper.
    Own(Path),
    /// Something that cannot be read.
    #[default]
    Unknown,
}

/// What a foreign key refers to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    pub table: Path,
    pub columns: Vec<SmolStr>,
    pub on_delete: Option<OnDelete>,
    pub range: TextRange,
}

/// A key or an index of the third argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Primary(Vec<SmolStr>),
    Foreign { name: Option<SmolStr>, columns: Vec<SmolStr>, reference: Reference },
    Index(IndexItem),
}

/// A declared index or unique key. Columns are named by their keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct IndexItem {
    pub name: Option<SmolStr>,
    pub columns: Vec<SmolStr>,
    pub expression: bool,
    /// Keys of columns, and words of SQL text, that stand in its expressions.
    pub mentioned: Vec<SmolStr>,
    pub unique: bool,
    pub method: IndexMethod,
    pub operator_class: Option<SmolStr>,
    pub partial: bool,
    pub range: TextRange,
}

/// Whether a path is that of a configuration of the tool: `drizzle.config.ts`, `drizzle-prod.config.ts`.
pub(crate) fn is_config(path: &str) -> bool {
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    file.starts_with("drizzle") && file.contains(".config.")
}

impl Document {
    /// The modules that it imports from, and those whose exports it hands on; the library's own are left out.
    pub fn modules(&self) -> (Vec<&str>, Vec<&str>) {
        let imported = self.imports.values().map(|import| import.module.as_str());
        let handed_on = self.exports.iter().filter_map(|export| match &export.what {
            Exported::From(module, _) => Some(module.as_str()),
            Exported::Local(_) => None,
        });
        (imported.filter(|module| !walk::is_library(module)).collect(), handed_on.collect())
    }

    pub fn declares_tables(&self) -> bool {
        let is_of_a_schema = |item: &Item| match item {
            Item::Table(table) => matches!(table.made_by, Maker::Library(_) | Maker::Namespace(_)),
            Item::Creator(..) | Item::Namespace(..) | Item::Enum(_) => true,
            _ => false,
        };
        self.items.iter().any(|(_, item)| is_of_a_schema(item))
    }

    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|(own, _)| own == name).map(|(_, item)| item)
    }
}
