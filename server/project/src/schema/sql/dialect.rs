//! Which database a text is written for, by what stands in it, and how the parser crate calls it.

use sqlparser::dialect::{
    Dialect as Grammar, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};

use crate::schema::Dialect;

/// How often a text shows the marks of each database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::schema) struct Evidence {
    postgres: u32,
    mysql: u32,
    sqlite: u32,
    sql_server: u32,
}

/// Words in upper case that only one database knows. Backticks are MySQL's, and SQLite takes them
/// too, which drizzle writes: so they weigh less than a word.
const POSTGRES: [&str; 16] = [
    "SERIAL",
    "BIGSERIAL",
    "TIMESTAMPTZ",
    "JSONB",
    "BYTEA",
    "PLPGSQL",
    "CITEXT",
    "CONCURRENTLY",
    "TSVECTOR",
    "GIN",
    "GIST",
    "GEN_RANDOM_UUID",
    "UUID_GENERATE_V4",
    "EXTENSION",
    "ILIKE",
    "INET",
];
const MYSQL: [&str; 6] = ["AUTO_INCREMENT", "ENGINE", "UNSIGNED", "UTF8MB4", "MEDIUMTEXT", "LONGTEXT"];
const SQLITE: [&str; 5] = ["AUTOINCREMENT", "PRAGMA", "ROWID", "STRFTIME", "FTS5"];
const SQL_SERVER: [&str; 4] = ["NVARCHAR", "UNIQUEIDENTIFIER", "DATETIME2", "NONCLUSTERED"];

impl Evidence {
    /// Counts the marks in a text.
    pub fn of(text: &str) -> Self {
        let mut evidence = Self::default();
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        for word in text.split(|letter| !is_word(letter)).filter(|word| word.len() > 2) {
            let word = word.to_ascii_uppercase();
            let word = word.as_str();
            evidence.postgres += 4 * u32::from(POSTGRES.contains(&word));
            evidence.mysql += 4 * u32::from(MYSQL.contains(&word));
            evidence.sqlite += 8 * u32::from(SQLITE.contains(&word));
            evidence.sql_server += 4 * u32::from(SQL_SERVER.contains(&word));
        }
        let count =
            |pattern: &str| u32::try_from(text.matches(pattern).take(10_000).count()).unwrap_or(10_000);
        evidence.postgres += 4 * count("$$") + 4 * count("AS IDENTITY");
        evidence.sql_server += 4 * count("IDENTITY(1");
        let casts = ["::text", "::uuid", "::int", "::json", "::timestamp", "::regclass", "::date"];
        evidence.postgres += casts.iter().map(|cast| 4 * count(cast)).sum::<u32>();
        evidence.mysql += count("`").min(4);
        evidence.sqlite += count("`").min(2);
        if text.contains("TABLE \"") || text.contains("EXISTS \"") {
            // MySQL takes what stands in double quotes for a string.
            evidence.mysql = 0;
        }
        evidence
    }

    /// The sum of two counts.
    pub fn and(self, other: Self) -> Self {
        Self {
            postgres: self.postgres.saturating_add(other.postgres),
            mysql: self.mysql.saturating_add(other.mysql),
            sqlite: self.sqlite.saturating_add(other.sqlite),
            sql_server: self.sql_server.saturating_add(other.sql_server),
        }
    }

    /// The database with the most marks; unknown where two have the same number.
    pub fn dialect(self) -> Dialect {
        let mut counts = [
            (self.postgres, Dialect::Postgres),
            (self.mysql, Dialect::MySql),
            (self.sqlite, Dialect::Sqlite),
            (self.sql_server, Dialect::SqlServer),
        ];
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let [(most, dialect), (second, _), ..] = counts;
        if most > second { dialect } else { Dialect::Unknown }
    }
}

/// The dialect that a `migration_lock.toml` names.
pub(in crate::schema) fn of_migration_lock(text: &str) -> Dialect {
    let provider = text.lines().find_map(|line| line.trim().strip_prefix("provider"));
    match provider.map(|rest| rest.trim_matches([' ', '=', '"', '\t'])) {
        Some("postgresql" | "postgres") => Dialect::Postgres,
        Some("mysql") => Dialect::MySql,
        Some("sqlite") => Dialect::Sqlite,
        Some("sqlserver") => Dialect::SqlServer,
        Some("cockroachdb") => Dialect::CockroachDb,
        _ => Dialect::Unknown,
    }
}

/// The parser crate's grammar for a database.
pub(super) fn grammar(dialect: Dialect) -> &'static dyn Grammar {
    match dialect {
        Dialect::Postgres | Dialect::CockroachDb => &PostgreSqlDialect {},
        Dialect::MySql => &MySqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::SqlServer => &MsSqlDialect {},
        Dialect::MongoDb | Dialect::Unknown => &GenericDialect {},
    }
}

/// The dialects to try in turn: the given one first, then those that may still read what it
/// cannot.
pub(super) fn attempts(dialect: Dialect) -> impl Iterator<Item = Dialect> {
    let fallbacks =
        [Dialect::Unknown, Dialect::Postgres, Dialect::MySql, Dialect::Sqlite, Dialect::SqlServer];
    let others = fallbacks.into_iter().filter(move |other| *other != dialect);
    std::iter::once(dialect).chain(others)
}
