//! The database schema that a file's queries are for: found near the file, read once, and kept until a file of it
//! changes.

mod declared;
mod find;

use std::cell::{OnceCell, RefCell};
use std::sync::{Arc, LazyLock};

use dashmap::DashMap;
use plimsoll_behavior::models::SchemaKind;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Files;
use crate::schema::{Dialect, MigrationTool, Schema, SchemaFile};

/// A schema with the texts that it was read from.
#[derive(Debug)]
pub struct ProjectSchema {
    /// The schema.
    pub schema: Schema,
    /// Path and text of each of its files, in the order of their paths.
    pub files: Vec<(Arc<str>, Arc<str>)>,
    /// Statements that create indexes in SQL files beside the schema that belong to no migration, and in programs that are
    /// called like what makes indexes, in small letters: run by hand or included by a script.
    raw_indexes: Vec<String>,
}

/// The schemas around one file, each looked for once, and only when somebody asks.
pub struct SchemasOf<'a> {
    files: &'a dyn Files,
    path: &'a str,
    prisma: OnceCell<Option<Arc<ProjectSchema>>>,
    drizzle: OnceCell<Option<Arc<ProjectSchema>>>,
    sql: OnceCell<Option<Arc<ProjectSchema>>>,
    /// By the file that declares a table.
    declared: RefCell<FxHashMap<String, Option<Arc<ProjectSchema>>>>,
}

/// How many schemas and files of schemas are kept; the oldest of no use are dropped together.
const MAX_KEPT: usize = 4_096;

type Stamped = Vec<(Arc<str>, u64)>;

/// Whole schemas by their files' stamps, and files by path and stamp. Both are pure functions of their keys' texts.
static SCHEMAS: LazyLock<DashMap<Stamped, Arc<ProjectSchema>>> = LazyLock::new(DashMap::new);
static FILES: LazyLock<DashMap<(Arc<str>, u64), Read>> = LazyLock::new(DashMap::new);

/// One file, read and parsed.
type Read = (Arc<str>, Arc<SchemaFile>);

impl<'a> SchemasOf<'a> {
    /// The schemas around the file at `path`.
    #[must_use]
    pub fn new(files: &'a dyn Files, path: &'a str) -> Self {
        SchemasOf {
            files,
            path,
            prisma: OnceCell::new(),
            drizzle: OnceCell::new(),
            sql: OnceCell::new(),
            declared: RefCell::default(),
        }
    }

    /// The schema that a client of this kind works with. None where there is none, and where two stand equally near.
    /// SQL without migrations, or with such as are generated from tables in code, falls back to what describes the same
    /// tables.
    pub fn schema_for(&self, kind: SchemaKind) -> Option<&Arc<ProjectSchema>> {
        let prisma = || {
            let found = self.prisma.get_or_init(|| read(self.files, &find::prisma(self.files, self.path)?));
            found.as_ref()
        };
        let drizzle = || {
            let found = self.drizzle.get_or_init(|| match find::drizzle::nearest(self.files, self.path) {
                find::Found::One(paths) => read(self.files, &paths),
                find::Found::None | find::Found::Several(_) => None,
            });
            found.as_ref()
        };
        match kind {
            SchemaKind::Prisma => prisma(),
            SchemaKind::Drizzle => drizzle(),
            SchemaKind::Sql => {
                let found = self.sql.get_or_init(|| match find::sql(self.files, self.path) {
                    find::Found::One(paths) if paths.are_generated() => {
                        drizzle().cloned().or_else(|| read(self.files, &paths))
                    }
                    find::Found::One(paths) => read(self.files, &paths),
                    find::Found::None => match (prisma(), drizzle()) {
                        (Some(only), None) | (None, Some(only)) => Some(Arc::clone(only)),
                        _ => None,
                    },
                    find::Found::Several(all) => apart(self.files, &all),
                });
                found.as_ref()
            }
        }
    }

    /// The schema of the file that declares a table, where the table is declared in code; none where the file declares
    /// none.
    pub fn schema_with(&self, file: &str) -> Option<Arc<ProjectSchema>> {
        if let Some(known) = self.declared.borrow().get(file) {
            return known.clone();
        }
        let found = find::drizzle::with(self.files, file).and_then(|paths| read(self.files, &paths));
        self.declared.borrow_mut().insert(file.to_owned(), found.clone());
        found
    }

    /// The schema that the file's text declares tables of, in code.
    #[must_use]
    pub fn schema_declared_in(&self, text: &str) -> Option<Arc<ProjectSchema>> {
        if !find::drizzle::may_declare_tables(text) {
            return None;
        }
        let schema = self.schema_with(self.path)?;
        schema.schema.tables.iter().any(|table| table.file == self.path).then_some(schema)
    }

    /// Whether the file is a migration that a tool writes from tables which are declared in code: the tool keeps a
    /// picture of the schema with each. Those that somebody writes beside them have none.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        let Some((folder, name)) = self.path.rsplit_once('/') else { return false };
        let number = name.split('_').next().unwrap_or_default();
        let pictures = [format!("{folder}/meta/{number}_snapshot.json"), format!("{folder}/snapshot.json")];
        let is_part = |schema: &Arc<ProjectSchema>| schema.text(self.path).is_some();
        pictures.iter().any(|picture| self.files.stamp(picture).is_some())
            && self.schema_for(SchemaKind::Drizzle).is_some_and(is_part)
    }

    /// What runs the migrations beside a file of a schema, where the manifests around it tell, or else those around the
    /// file that is reviewed.
    #[must_use]
    pub fn migration_tool(&self, migration: &str) -> Option<MigrationTool> {
        let of_reviewed = || declared::tool(self.files, self.path).filter(|_| self.path.ends_with(".rs"));
        declared::tool(self.files, migration).or_else(of_reviewed)
    }
}

impl ProjectSchema {
    /// Whether a statement outside of the schema's own files creates an index with this column of this table.
    #[must_use]
    pub fn has_raw_index(&self, table: &str, column: &str) -> bool {
        self.raw_indexes.iter().any(|statement| mentions(statement, table) && mentions(statement, column))
    }

    /// The text of one of its files.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(own, _)| **own == *path).map(|(_, text)| &**text)
    }
}

/// Several schemas as one, where no table stands in two of them: the databases of one service. Which of them a query is
/// for, its table tells.
fn apart(files: &dyn Files, all: &[find::Paths]) -> Option<Arc<ProjectSchema>> {
    let mut names = FxHashSet::default();
    let mut whole = find::Paths::default();
    for paths in all {
        let schema = read(files, paths)?;
        let mut tables = schema.schema.tables.iter();
        if paths.are_generated() || !tables.all(|table| names.insert(table.name.to_ascii_lowercase())) {
            return None;
        }
        whole.schema.extend(paths.schema.iter().cloned());
        whole.raw.extend(paths.raw.iter().cloned());
    }
    whole.schema.sort();
    whole.raw.sort();
    whole.raw.dedup();
    whole.raw.retain(|path| whole.schema.binary_search(path).is_err());
    read(files, &whole)
}

/// The database that the clients around a file speak to, by the manifests that declare them; unknown where nothing tells,
/// or two tell two.
#[must_use]
pub fn declared_dialect(files: &dyn Files, path: &str) -> Dialect {
    declared::dialect(files, path)
}

/// Whether the only client that the manifests around a file declare runs its database inside of the process.
#[must_use]
pub fn declares_only_in_process(files: &dyn Files, path: &str) -> bool {
    declared::is_in_process(files, path)
}

/// Whether a text in small letters has the name as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

fn read(files: &dyn Files, paths: &find::Paths) -> Option<Arc<ProjectSchema>> {
    let all = paths.schema.iter().chain(&paths.raw);
    let mut key: Stamped =
        all.filter_map(|path| Some((Arc::from(path.as_str()), files.stamp(path)?))).collect();
    // The same file may be a part of one schema and stand loose beside another.
    key.push((Arc::from("raw"), paths.raw.len() as u64));
    let mut schema = kept_or(&key, || fold(files, paths, &key, Dialect::Unknown));
    let first = || schema.files.first().map(|(path, _)| Arc::clone(path));
    if schema.schema.dialect == Dialect::Unknown
        && let Some(path) = first()
    {
        let declared = declared::dialect(files, &path);
        if declared != Dialect::Unknown {
            key.push((Arc::from("declared"), declared as u64));
            schema = kept_or(&key, || fold(files, paths, &key, declared));
        }
    }
    Some(schema).filter(|schema| !schema.schema.tables.is_empty())
}

fn kept_or(key: &Stamped, make: impl FnOnce() -> ProjectSchema) -> Arc<ProjectSchema> {
    if let Some(known) = SCHEMAS.get(key) {
        return Arc::clone(&known);
    }
    let schema = Arc::new(make());
    if SCHEMAS.len() >= MAX_KEPT / 16 {
        SCHEMAS.clear();
    }
    SCHEMAS.insert(key.clone(), Arc::clone(&schema));
    schema
}

fn fold(files: &dyn Files, paths: &find::Paths, key: &Stamped, otherwise: Dialect) -> ProjectSchema {
    let (mut texts, mut parsed, mut raw_indexes) = (Vec::new(), Vec::new(), Vec::new());
    for (path, stamp) in key {
        if paths.raw.iter().any(|raw| **raw == **path) {
            let is_code = !path.ends_with(".sql");
            raw_indexes.extend(files.read(path).iter().flat_map(|text| index_statements(text, is_code)));
            continue;
        }
        let Some((text, file)) = read_file(files, path, *stamp) else { continue };
        texts.push((Arc::clone(path), text));
        parsed.push(file);
    }
    let schema = Schema::fold(parsed.iter().map(|file| &**file), otherwise);
    ProjectSchema { schema, files: texts, raw_indexes }
}

/// A file of a schema by its path, read and parsed once.
fn parsed(files: &dyn Files, path: &str) -> Option<Arc<SchemaFile>> {
    let stamp = files.stamp(path)?;
    read_file(files, &Arc::from(path), stamp).map(|(_, file)| file)
}

fn read_file(files: &dyn Files, path: &Arc<str>, stamp: u64) -> Option<Read> {
    let key = (Arc::clone(path), stamp);
    if let Some(known) = FILES.get(&key) {
        return Some(known.clone());
    }
    let text = files.read(path)?;
    let file = (Arc::clone(&text), Arc::new(SchemaFile::parse(path, &text)));
    if FILES.len() >= MAX_KEPT {
        FILES.clear();
    }
    FILES.insert(key, file.clone());
    Some(file)
}

/// How long a statement that creates an index may be.
const MAX_STATEMENT: usize = 2_000;

/// The statements of a text that create indexes, in small letters. In code they stand in texts.
fn index_statements(text: &str, is_code: bool) -> Vec<String> {
    let text = text.to_ascii_lowercase();
    let statement = |at: usize| {
        let rest = &text[at..];
        let mut words = rest.split_whitespace();
        let is_index = words.next() == Some("create")
            && matches!((words.next(), words.next()), (Some("index"), _) | (Some("unique"), Some("index")));
        let ends = |letter: char| letter == ';' || is_code && letter == '`';
        is_index.then(|| rest.chars().take(MAX_STATEMENT).take_while(|&letter| !ends(letter)).collect())
    };
    text.match_indices("create").filter_map(|(at, _)| statement(at)).collect()
}

#[cfg(test)]
mod tests;
