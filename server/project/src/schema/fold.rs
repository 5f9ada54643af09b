//! One file's reading, and how the files of one database become its schema.

use plimsoll_syntax::Language;
use smol_str::SmolStr;

use super::prisma::Document;
use super::sql::changes::{Alteration, Change, Tables, merge};
use super::sql::{Evidence, SqlFile, dialect_of_migration_lock, layout};
use super::{Dialect, DrizzleConfig, ForeignKey, Index, Schema, SchemaLanguage, Table, drizzle, prisma};

/// What one file says about a schema, independent of every other file: worth keeping until its
/// text changes.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaFile {
    path: SmolStr,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Prisma(Document),
    Sql(SqlFile),
    MigrationLock(Dialect),
    Drizzle(drizzle::Document),
    DrizzleConfig(drizzle::Config),
    /// Nothing of a schema: a migration that undoes another one, or a file of another kind.
    Nothing,
}

impl SchemaFile {
    /// Reads a file by what its path says it is. Total: any text gives a result.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> Self {
        let path = SmolStr::new(path);
        let has_extension = |extension: &str| {
            path.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(extension))
        };
        let content = if has_extension("prisma") {
            Content::Prisma(Document::parse(text))
        } else if has_extension("sql") && !layout::undoes(&path) {
            Content::Sql(SqlFile::parse(&path, text))
        } else if drizzle::is_config(&path) {
            Content::DrizzleConfig(drizzle::Config::parse(&path, text))
        } else if Language::from_path(&path).is_some_and(Language::is_script_family) {
            Content::Drizzle(drizzle::Document::parse(&path, text))
        } else if path.ends_with("migration_lock.toml") {
            Content::MigrationLock(dialect_of_migration_lock(text))
        } else {
            Content::Nothing
        };
        Self { path, content }
    }

    /// The file's path as it was handed in.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The modules that it imports from, and those whose exports it hands on; nothing for SQL and Prisma.
    #[must_use]
    pub fn modules(&self) -> (Vec<&str>, Vec<&str>) {
        match &self.content {
            Content::Drizzle(document) => document.modules(),
            _ => Default::default(),
        }
    }

    /// Whether it declares tables in TypeScript or JavaScript, or what those are made of.
    #[must_use]
    pub fn declares_tables(&self) -> bool {
        matches!(&self.content, Content::Drizzle(document) if document.declares_tables())
    }

    /// What it says as a configuration of Drizzle's tool.
    #[must_use]
    pub fn drizzle_config(&self) -> Option<&DrizzleConfig> {
        match &self.content {
            Content::DrizzleConfig(config) => Some(config),
            _ => None,
        }
    }

    /// How many of its statements about tables could not be read.
    #[must_use]
    pub fn unread_statements(&self) -> u32 {
        match &self.content {
            Content::Sql(file) => file.unread_statements,
            _ => 0,
        }
    }
}

impl Schema {
    /// Puts the files of one database together. Their order does not matter: migrations apply in
    /// the order of their names. `otherwise` is the database where the files do not tell.
    ///
    /// Where both a Prisma or Drizzle schema and SQL stand, that schema describes the tables, and
    /// the SQL adds the indexes and tables that it does not know.
    #[must_use]
    pub fn fold<'a>(files: impl IntoIterator<Item = &'a SchemaFile>, otherwise: Dialect) -> Self {
        let mut files: Vec<&SchemaFile> = files.into_iter().collect();
        files.sort_by(|one, other| layout::order(&one.path, &other.path));
        let mut documents = Vec::new();
        let mut tables = Tables::default();
        let mut early: Vec<&Change> = Vec::new();
        let mut somewhere: Vec<&Change> = Vec::new();
        let mut evidence = Evidence::default();
        let mut locked = Dialect::Unknown;
        let mut declared = Vec::new();
        let mut config = None;
        for file in files {
            match &file.content {
                Content::Prisma(document) => documents.push((&file.path, document)),
                Content::Sql(sql) => {
                    evidence = evidence.and(sql.evidence);
                    let of_any = |change: &&Change| matches!(change, Change::IndexSomewhere(..));
                    somewhere.extend(sql.changes.iter().filter(of_any));
                    let of_one = sql.changes.iter().filter(|change| !of_any(change));
                    early.extend(of_one.filter(|change| !tables.apply(change)));
                }
                Content::MigrationLock(dialect) => locked = *dialect,
                Content::Drizzle(document) => declared.push((&file.path, document)),
                Content::DrizzleConfig(own) => config = Some(own),
                Content::Nothing => {}
            }
        }
        // Migrations that go on from a schema as it once was, which stands beside them as a whole.
        early.retain(|change| !tables.apply(change));
        let prisma = prisma::read(&documents);
        let mut schema = prisma.schema;
        let casing = config.map(|config| config.casing).unwrap_or_default();
        let (declared, written_for) = drizzle::read(&declared, casing);
        schema.tables.extend(declared);
        let configured = config.map(|config| config.dialect).unwrap_or_default();
        let known = [schema.dialect, written_for, configured, locked, evidence.dialect(), otherwise];
        schema.dialect = known.into_iter().find(|own| *own != Dialect::Unknown).unwrap_or_default();
        for table in tables.finish() {
            add_sql_table(&mut schema, table);
        }
        // Indexes of tables that only Prisma or the code describes, and those that may be of any table.
        let is_index = |change: &&&Change| {
            matches!(change, Change::CreateIndex(..) | Change::Alter(_, Alteration::AddIndex(_)))
        };
        let mut all = Tables::default();
        all.tables = std::mem::take(&mut schema.tables);
        early.iter().filter(is_index).chain(&somewhere).for_each(|change| {
            all.apply(change);
        });
        schema.tables = all.tables;
        for table in &mut schema.tables {
            if table.dialect == Dialect::Unknown {
                table.dialect = schema.dialect;
            }
            if table.dialect.indexes_foreign_keys() && prisma.has_foreign_keys {
                index_foreign_keys(table);
            }
        }
        schema
    }
}

fn add_sql_table(schema: &mut Schema, table: Table) {
    let is_same =
        |own: &&mut Table| own.name.eq_ignore_ascii_case(&table.name) && own.namespace == table.namespace;
    match schema.tables.iter_mut().find(is_same) {
        Some(own) => {
            own.unknown |= table.unknown;
            own.is_filled |= table.is_filled;
            // A key that somebody wrote into a migration is there, whether the code tells of it or not.
            if own.language == SchemaLanguage::Drizzle {
                let written = table.foreign_keys.iter().filter(|key| !has_foreign_key(own, key));
                let written: Vec<_> = written.cloned().collect();
                own.foreign_keys.extend(written);
            }
            let known = Table { columns: Vec::new(), foreign_keys: Vec::new(), ..table };
            merge(own, &known);
        }
        None if table.name == "_prisma_migrations" => {}
        None => schema.tables.push(table),
    }
}

/// Whether a table has a foreign key of the same columns, or lacks a column of it.
fn has_foreign_key(table: &Table, key: &ForeignKey) -> bool {
    let is_same =
        |own: &ForeignKey| {
            own.columns.len() == key.columns.len()
                && own.columns.iter().zip(&key.columns).all(|(own, other)| {
                    table.database_name(own).eq_ignore_ascii_case(table.database_name(other))
                })
        };
    table.foreign_keys.iter().any(is_same) || key.columns.iter().any(|name| table.column(name).is_none())
}

/// InnoDB makes an index for a foreign key that no index of the table leads with.
fn index_foreign_keys(table: &mut Table) {
    for key in table.foreign_keys.clone() {
        let columns: Vec<&str> = key.columns.iter().map(SmolStr::as_str).collect();
        if columns.is_empty() || table.has_index_on(&columns) {
            continue;
        }
        table.indexes.push(Index {
            name: key.name.clone(),
            columns: key.columns.clone(),
            implicit: true,
            file: key.file.clone(),
            range: key.range,
            ..Index::default()
        });
    }
}
