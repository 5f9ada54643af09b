//! What a database schema is, whoever described it: tables, columns, keys and indexes.
//!
//! Knows no syntax. Readers fill it, rules ask it. Names are the database's; Prisma's field and
//! model names stand beside them as code names.

use plimsoll_syntax::TextRange;
use smol_str::SmolStr;

/// The text that a range covers, or nothing where it does not fit `text`.
pub(super) fn covered(text: &str, range: TextRange) -> Option<&str> {
    text.get(range.as_usize())
}

/// The database that a schema is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name is the product's own")]
pub enum Dialect {
    Postgres,
    MySql,
    Sqlite,
    MongoDb,
    SqlServer,
    CockroachDb,
    #[default]
    Unknown,
}

impl Dialect {
    /// Whether the database adds an index to every foreign key by itself (InnoDB does).
    #[must_use]
    pub fn indexes_foreign_keys(self) -> bool {
        self == Self::MySql
    }
}

/// Which language describes a table, and therefore where an index is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaLanguage {
    /// A model in a `.prisma` file.
    Prisma,
    /// A table that is declared in TypeScript or JavaScript.
    Drizzle,
    /// `CREATE TABLE` in a migration or a schema file.
    Sql,
}

/// One table, or one MongoDB collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in the database, without the namespace.
    pub name: SmolStr,
    /// Namespace (PostgreSQL calls it schema) unless it is the database's default one.
    pub namespace: Option<SmolStr>,
    /// Name in code: the Prisma model's, the exported name of a Drizzle table; the same as `name` for SQL.
    pub code_name: SmolStr,
    /// The language that describes it.
    pub language: SchemaLanguage,
    /// The database it is for: that of its schema, unless its own declaration says another one.
    pub dialect: Dialect,
    /// Whether a migration fills it with rows that stand in its text.
    pub is_filled: bool,
    /// Columns in the order of their declaration.
    pub columns: Vec<Column>,
    /// Fields that lead to other models. SQL has none.
    pub relations: Vec<Relation>,
    /// Indexes and unique keys; the primary key is not among them.
    pub indexes: Vec<Index>,
    /// Columns of the primary key in order, empty where there is none.
    pub primary_key: Vec<SmolStr>,
    /// Foreign keys that this table holds.
    pub foreign_keys: Vec<ForeignKey>,
    /// Policies of row-level security that say which rows are read.
    pub policies: Vec<Policy>,
    /// Some statement about this table could not be read: nothing may be concluded from what is
    /// missing here.
    pub unknown: bool,
    /// The statement that creates it is put together as text while a migration or a function runs, often once for each
    /// tenant: nothing is added to it by one more statement.
    pub from_text: bool,
    /// Path of the file with the model or the `CREATE TABLE`.
    pub file: SmolStr,
    /// The name in that file, as it is spelled there.
    pub name_range: TextRange,
    /// The whole model or `CREATE TABLE` in that file.
    pub range: TextRange,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the database.
    pub name: SmolStr,
    /// Name in code: the Prisma field's, the key of a Drizzle column; the same as `name` for SQL.
    pub code_name: SmolStr,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether it holds an array of that.
    pub list: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether the database or the client fills it in.
    pub has_default: bool,
    /// What the database fills in, where that is a text or a number that stands in the schema.
    pub default: Option<SmolStr>,
    /// Path of the file that declares it.
    pub file: SmolStr,
    /// The name in that file, as it is spelled there.
    pub name_range: TextRange,
    /// The whole declaration in that file.
    pub range: TextRange,
}

/// What a column holds, as far as rules care.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the usual ones")]
pub enum ColumnType {
    Int,
    BigInt,
    Text,
    Bool,
    Uuid,
    Timestamp,
    Date,
    Json,
    Float,
    Decimal,
    Bytes,
    /// An enumeration with this many variants.
    Enum {
        variants: u32,
    },
    /// Any other type, by the name it has in the schema.
    Other(SmolStr),
}

/// A field of a Prisma model that leads to another model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The field's name.
    pub field: SmolStr,
    /// Code name of the model it leads to.
    pub target: SmolStr,
    /// Whether it leads to many.
    pub list: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// The relation's own name, where it has one.
    pub name: Option<SmolStr>,
    /// Code names of the columns of this table that hold the key; empty on the other side.
    pub fields: Vec<SmolStr>,
    /// Code names of the columns of the target that the key refers to.
    pub references: Vec<SmolStr>,
    /// The whole field in the table's file.
    pub range: TextRange,
}

/// How an index finds rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the databases' own")]
pub enum IndexMethod {
    #[default]
    BTree,
    Hash,
    Gin,
    Gist,
    SpGist,
    Brin,
    FullText,
    Spatial,
    Other,
}

impl IndexMethod {
    /// The method of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "btree" => Self::BTree,
            "hash" => Self::Hash,
            "gin" => Self::Gin,
            "gist" => Self::Gist,
            "spgist" => Self::SpGist,
            "brin" => Self::Brin,
            "fulltext" => Self::FullText,
            "spatial" => Self::Spatial,
            _ => Self::Other,
        }
    }

    /// Whether it serves equality or a range on its leading column.
    #[must_use]
    pub fn serves_comparison(self) -> bool {
        matches!(self, Self::BTree | Self::Hash | Self::Brin)
    }
}

/// An index or a unique key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name in the database, where the schema gives one.
    pub name: Option<SmolStr>,
    /// Database names of its columns in order, up to the first expression.
    pub columns: Vec<SmolStr>,
    /// Whether one of its elements is an expression.
    pub expression: bool,
    /// Columns that its expressions mention (`email` of `lower(email)`).
    pub expression_columns: Vec<SmolStr>,
    /// Whether it is unique.
    pub unique: bool,
    /// How it finds rows.
    pub method: IndexMethod,
    /// Operator class of the first element, as `gin_trgm_ops`.
    pub operator_class: Option<SmolStr>,
    /// Whether it covers only the rows of its `WHERE`.
    pub partial: bool,
    /// Whether the database makes it by itself (InnoDB for a foreign key).
    pub implicit: bool,
    /// Path of the file that declares it.
    pub file: SmolStr,
    /// The declaration in that file.
    pub range: TextRange,
}

impl Index {
    /// Whether it can serve a comparison of its leading column for every row.
    #[must_use]
    pub fn serves_all_rows(&self) -> bool {
        !self.partial && !self.columns.is_empty() && self.method.serves_comparison()
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name in the database, where the schema gives one.
    pub name: Option<SmolStr>,
    /// Database names of the columns that hold it.
    pub columns: Vec<SmolStr>,
    /// Database name of the table that it refers to.
    pub table: SmolStr,
    /// Database names of the columns that it refers to; empty for the primary key.
    pub references: Vec<SmolStr>,
    /// The Prisma field of the relation.
    pub relation: Option<SmolStr>,
    /// What happens when the row that it refers to goes.
    pub on_delete: Option<OnDelete>,
    /// Path of the file that declares it.
    pub file: SmolStr,
    /// The declaration in that file.
    pub range: TextRange,
}

/// A policy of row-level security that permits to read rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: SmolStr,
    /// Database names of the columns that it compares for equality in every row that it permits.
    pub equal: Vec<SmolStr>,
}

/// What happens to a row whose parent goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum OnDelete {
    Cascade,
    Restrict,
    NoAction,
    SetNull,
    SetDefault,
}

/// What lets the database find rows without reading the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving<'a> {
    /// The primary key.
    PrimaryKey,
    /// An index or a unique key.
    Index(&'a Index),
}

impl Table {
    /// The column of that name: exact names first, code names before database names, then either
    /// without regard to case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        let columns = || self.columns.iter();
        columns()
            .find(|column| column.code_name == name)
            .or_else(|| columns().find(|column| column.name == name))
            .or_else(|| columns().find(|column| column.code_name.eq_ignore_ascii_case(name)))
            .or_else(|| columns().find(|column| column.name.eq_ignore_ascii_case(name)))
    }

    /// The relation field of that name.
    #[must_use]
    pub fn relation(&self, field: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.field == field)
    }

    /// What serves a conjunction that compares these columns (names of either kind): a key or
    /// index whose leading column is one of them. Partial indexes, indexes that lead with an
    /// expression, and methods that serve no comparison do not count.
    #[must_use]
    pub fn serving_index(&self, columns: &[&str]) -> Option<Serving<'_>> {
        let columns: Vec<&str> = columns.iter().map(|column| self.database_name(column)).collect();
        let leads = |leading: Option<&SmolStr>| {
            leading.is_some_and(|leading| columns.iter().any(|column| leading.eq_ignore_ascii_case(column)))
        };
        if leads(self.primary_key.first()) {
            return Some(Serving::PrimaryKey);
        }
        self.indexes
            .iter()
            .find(|index| index.serves_all_rows() && leads(index.columns.first()))
            .map(Serving::Index)
    }

    /// Columns that the database itself compares for equality in every query, whoever asks: those of all policies that
    /// permit to read rows.
    pub fn compared_by_policies(&self) -> impl Iterator<Item = &str> {
        let (first, others) = self.policies.split_first().map_or((None, &[][..]), |(f, o)| (Some(f), o));
        let of_first = first.into_iter().flat_map(|policy| &policy.equal);
        of_first.map(SmolStr::as_str).filter(|&column| {
            others.iter().all(|policy| policy.equal.iter().any(|own| own.eq_ignore_ascii_case(column)))
        })
    }

    /// Whether a key or an index that covers every row leads with this column.
    #[must_use]
    pub fn leads_index(&self, column: &str) -> bool {
        self.serving_index(&[column]).is_some()
    }

    /// Whether these columns together, in any order, hold a whole primary or unique key, so that
    /// equality on them finds at most one row.
    #[must_use]
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let columns: Vec<&str> = columns.iter().map(|column| self.database_name(column)).collect();
        let covers = |key: &[SmolStr]| {
            !key.is_empty()
                && key.iter().all(|part| columns.iter().any(|name| part.eq_ignore_ascii_case(name)))
        };
        covers(&self.primary_key)
            || self
                .indexes
                .iter()
                .any(|index| index.unique && !index.partial && !index.expression && covers(&index.columns))
    }

    /// Whether any index at all mentions the column: partial ones, ones of special methods, and
    /// within an expression.
    #[must_use]
    pub fn is_mentioned_in_index(&self, column: &str) -> bool {
        let column = self.database_name(column);
        self.indexes.iter().any(|index| {
            let mut names = index.columns.iter().chain(&index.expression_columns);
            names.any(|name| name.eq_ignore_ascii_case(column))
        })
    }

    /// Whether an index or key has exactly these leading columns in this order, so that another
    /// one with them would add nothing.
    #[must_use]
    pub fn has_index_on(&self, columns: &[&str]) -> bool {
        let starts = |parts: &[SmolStr]| {
            columns.len() <= parts.len()
                && columns
                    .iter()
                    .zip(parts)
                    .all(|(column, part)| part.eq_ignore_ascii_case(self.database_name(column)))
        };
        starts(&self.primary_key)
            || self.indexes.iter().any(|index| index.serves_all_rows() && starts(&index.columns))
    }

    /// The database's name of a column that is called by either of its names.
    #[must_use]
    pub fn database_name<'a>(&'a self, column: &'a str) -> &'a str {
        self.column(column).map_or(column, |column| column.name.as_str())
    }

    /// How a Prisma client calls this model: the model's name with a small first letter.
    #[must_use]
    pub fn accessor(&self) -> SmolStr {
        let mut letters = self.code_name.chars();
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
    }
}
