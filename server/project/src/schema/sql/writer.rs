//! Adds an index by a new migration in the project's own layout, or at the end of a schema file.

use std::fmt::Write as _;

use smol_str::SmolStr;

use super::layout::{self, MigrationPath, Shape, natural_order};
use crate::schema::covered;
use crate::schema::write::{CannotWrite, IndexNames, MigrationTool, SchemaEdit, WritingPlace, unused_name};
use crate::schema::{Column, Dialect, MigrationTime, SchemaLanguage, TextRange};

/// The edits: one file to create for most tools, several where a migration has several, or one
/// place in a schema file.
pub(in crate::schema) fn add_index(place: &WritingPlace<'_>) -> Result<Vec<SchemaEdit>, CannotWrite> {
    let table = place.request.table;
    let text = place.source(&table.file)?;
    let statements = Statements::of(place)?;
    let Some(own) = layout::migration(&table.file) else {
        return Ok(vec![append(&table.file, text, &statements.create(false))]);
    };
    let mut migrations: Vec<(&str, &str)> =
        place.files.iter().copied().filter(|(path, _)| migration_in(own.folder, path).is_some()).collect();
    migrations.sort_by(|one, other| layout::order(one.0, other.0));
    let last = migrations.last().and_then(|(path, _)| migration_in(own.folder, path)).unwrap_or(own);
    // A folder that has gone over to files with both directions goes on with them.
    let undoing = migrations.iter().any(|(path, _)| layout::undoes(path));
    let shape = match last.shape {
        Shape::UpAndDownFiles if !undoing => Shape::File,
        shape => shape,
    };
    let up_end = if last.shape == Shape::UpAndDownFiles { ".up.sql" } else { ".sql" };
    let tool = match tool(&migrations) {
        MigrationTool::Unknown => place.request.tool.unwrap_or(MigrationTool::Unknown),
        shown => shown,
    };
    let has_journal =
        place.files.iter().any(|(path, _)| *path == format!("{}/meta/_journal.json", own.folder));
    if tool == MigrationTool::Drizzle || has_journal {
        // What is added by hand there is unknown to the schema that the next migration is generated from.
        return Err(CannotWrite::Generated(table.file.clone()));
    }
    let concurrently = place.schema.dialect == Dialect::Postgres && runs_without_transaction(tool);

    let name = statements.migration_name();
    let version = next_version(last.version, place.request.now);
    let MigrationPath { folder, prefix, separator, .. } = last;
    let base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let base = format!("{base}{prefix}{version}{separator}{name}");
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let file = |path: String, lines: &[&str]| SchemaEdit {
        path,
        range: None,
        new_text: lines.iter().flat_map(|line| [*line, line_end]).collect(),
    };
    let (create, drop) = (statements.create(concurrently), statements.drop(concurrently));
    let is_marked = concurrently && tool == MigrationTool::Sqlx;
    let plain = |path: String, statement: &str| {
        // sqlx looks for its mark at the very start of the file.
        let mark: &[&str] = if is_marked { &["-- no-transaction"] } else { &[] };
        file(path, &[mark, &[statement]].concat())
    };
    Ok(match (tool, shape) {
        (MigrationTool::Dbmate, _) => {
            let option = if concurrently { " transaction:false" } else { "" };
            let up = format!("-- migrate:up{option}");
            let down = format!("-- migrate:down{option}");
            vec![file(format!("{base}.sql"), &[&up, &create, "", &down, &drop])]
        }
        (MigrationTool::Goose, _) => {
            let sections = ["-- +goose Up", &create, "", "-- +goose Down", &drop];
            let mark: &[&str] = if concurrently { &["-- +goose NO TRANSACTION"] } else { &[] };
            vec![file(format!("{base}.sql"), &[mark, &sections].concat())]
        }
        (_, Shape::UpAndDownFolder) => {
            let mut edits =
                vec![plain(format!("{base}/up.sql"), &create), plain(format!("{base}/down.sql"), &drop)];
            if concurrently && tool == MigrationTool::Diesel {
                edits.push(file(format!("{base}/metadata.toml"), &["run_in_transaction = false"]));
            }
            edits
        }
        (_, Shape::UpAndDownFiles) => {
            vec![plain(format!("{base}.up.sql"), &create), plain(format!("{base}.down.sql"), &drop)]
        }
        (_, Shape::Folder) => vec![plain(format!("{base}/migration.sql"), &create)],
        (_, Shape::File) => vec![plain(format!("{base}{up_end}"), &create)],
    })
}

/// The statement alone, without its end. Somebody who runs it by hand can do so while the table is in use.
pub(in crate::schema) fn statement(place: &WritingPlace<'_>) -> Result<String, CannotWrite> {
    let create = Statements::of(place)?.create(place.schema.dialect == Dialect::Postgres);
    Ok(create.trim_end_matches(';').to_owned())
}

/// The migration of a path, where it stands in that folder.
fn migration_in<'p>(folder: &str, path: &'p str) -> Option<MigrationPath<'p>> {
    layout::migration(path).filter(|migration| migration.folder == folder)
}

fn append(path: &str, text: &str, statement: &str) -> SchemaEdit {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    let end = if text.trim_end().ends_with(';') || text.trim().is_empty() { "" } else { ";" };
    SchemaEdit {
        path: path.to_owned(),
        range: Some(TextRange::from_usize(text.len(), text.len())),
        new_text: format!("{end}{gap}{line_end}{statement}{line_end}"),
    }
}

/// Whether the tool has a mark for a migration outside of a transaction, which
/// `CREATE INDEX CONCURRENTLY` needs.
fn runs_without_transaction(tool: MigrationTool) -> bool {
    use MigrationTool::{Dbmate, Diesel, Goose, Sqlx};
    matches!(tool, Sqlx | Diesel | Dbmate | Goose)
}

/// The tool that the layout and the marks of the migrations show.
fn tool(migrations: &[(&str, &str)]) -> MigrationTool {
    let has_text = |mark: &str| migrations.iter().any(|(_, text)| text.contains(mark));
    let last = migrations.last().and_then(|(path, _)| layout::migration(path));
    let Some(last) = last else {
        return MigrationTool::Unknown;
    };
    match last.shape {
        Shape::UpAndDownFolder => MigrationTool::Diesel,
        Shape::Folder => MigrationTool::Prisma,
        _ if last.folder.ends_with("supabase/migrations") => MigrationTool::Supabase,
        _ if has_text("-- migrate:up") => MigrationTool::Dbmate,
        _ if has_text("-- +goose Up") => MigrationTool::Goose,
        _ if has_text("--> statement-breakpoint") || last.folder.ends_with("drizzle") => {
            MigrationTool::Drizzle
        }
        _ if last.prefix == "V" => MigrationTool::Flyway,
        _ if migrations.iter().any(|(_, text)| text.starts_with("-- no-transaction")) => MigrationTool::Sqlx,
        _ => MigrationTool::Unknown,
    }
}

/// A version in the style of the last one that comes after it.
fn next_version(last: &str, now: MigrationTime) -> String {
    let is_digits = last.bytes().all(|byte| byte.is_ascii_digit());
    let of_now = match last.len() {
        14 if is_digits => Some(now.compact()),
        12 if is_digits => Some(now.compact()[..12].to_owned()),
        13 if is_digits => Some(format!("{}000", now.unix_seconds())),
        10 if is_digits => Some(now.unix_seconds().to_string()),
        8 if is_digits && last.starts_with("20") => Some(now.compact()[..8].to_owned()),
        17 if is_dashed(last) => Some(now.dashed()),
        22 if last.is_char_boundary(17) && is_dashed(&last[..17]) => Some(format!("{}-0000", now.dashed())),
        _ => None,
    };
    match of_now {
        Some(version) if natural_order(&version, last).is_gt() => version,
        _ => following(last),
    }
}

/// The next version: a moment is followed by the next one of the clock, any other by the next number.
fn following(version: &str) -> String {
    let (time, rest) = if version.is_char_boundary(17) && is_dashed(&version[..17]) {
        (version[..17].replace('-', ""), &version[17..])
    } else {
        (version.to_owned(), "")
    };
    let (moment, step) = match (MigrationTime::of_compact(&time), time.len()) {
        (Some(moment), 8) => (moment, 86_400),
        (Some(moment), 12) => (moment, 60),
        (Some(moment), _) => (moment, 1),
        (None, _) => return incremented(version),
    };
    let next = moment.later(step);
    if version.len() == time.len() { next.compact()[..time.len()].to_owned() } else { next.dashed() + rest }
}

fn is_dashed(version: &str) -> bool {
    let shape: String =
        version.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    shape == "0000-00-00-000000"
}

/// The beginning of a migration's path with its version, and the same with the next version that is not taken.
#[must_use]
pub fn renumbered<'p>(path: &'p str, is_taken: &dyn Fn(&str) -> bool) -> Option<(&'p str, String)> {
    let own = layout::migration(path)?;
    let before = own.folder.len() + usize::from(!own.folder.is_empty()) + own.prefix.len();
    let mut version = following(own.version);
    while is_taken(&version) {
        version = following(&version);
    }
    Some((path.get(..before + own.version.len())?, format!("{}{version}", path.get(..before)?)))
}

/// The version with its last number one higher, as wide as it was.
fn incremented(version: &str) -> String {
    let digits = version.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = version.split_at(version.len() - digits);
    let next = number.parse::<u128>().unwrap_or_default().saturating_add(1);
    format!("{before}{next:0>digits$}")
}

/// The statements, with every name as the project spells it.
struct Statements<'a> {
    place: &'a WritingPlace<'a>,
    index: String,
    table: String,
    columns: Vec<String>,
}

impl<'a> Statements<'a> {
    fn of(place: &'a WritingPlace<'a>) -> Result<Self, CannotWrite> {
        let table = place.request.table;
        let names: Vec<SmolStr> = place.columns.iter().map(|own| own.name.clone()).collect();
        let index = IndexNames::of(place.schema).name(table, &names);
        let dialect = place.schema.dialect;
        // Only SQL spells names as SQL wants them.
        let spelled = |file: &SmolStr, range: TextRange| {
            let is_sql = table.language == SchemaLanguage::Sql;
            let text = is_sql.then(|| place.source(file)).transpose()?;
            Ok(text.and_then(|text| covered(text, range)))
        };
        let spelled_table = spelled(&table.file, table.name_range)?;
        let spelled_table = spelled_table.filter(|own| {
            let bare = bare(own.rsplit('.').next().unwrap_or(own));
            bare == table.name && (table.namespace.is_none() || own.contains('.'))
        });
        let quoted_table = || match &table.namespace {
            Some(namespace) => format!("{}.{}", quoted(namespace, dialect), quoted(&table.name, dialect)),
            None => quoted(&table.name, dialect),
        };
        let column = |column: &&Column| -> Result<String, CannotWrite> {
            let spelled = spelled(&column.file, column.name_range)?;
            let spelled = spelled.filter(|own| bare(own) == column.name);
            let mut name = spelled.map_or_else(|| quoted(&column.name, dialect), str::to_owned);
            if let Some(length) = place.prefix_length(column) {
                let _ = write!(name, "({length})");
            }
            Ok(name)
        };
        Ok(Self {
            place,
            index: quoted(&unused_name(place.schema, index), dialect),
            table: spelled_table.map_or_else(quoted_table, str::to_owned),
            columns: place.columns.iter().map(column).collect::<Result<_, _>>()?,
        })
    }

    fn create(&self, concurrently: bool) -> String {
        let how = if concurrently { " CONCURRENTLY IF NOT EXISTS" } else { "" };
        let Self { index, table, columns, .. } = self;
        format!("CREATE INDEX{how} {index} ON {table} ({});", columns.join(", "))
    }

    fn drop(&self, concurrently: bool) -> String {
        let Self { index, table, .. } = self;
        let dialect = self.place.schema.dialect;
        if matches!(dialect, Dialect::MySql | Dialect::SqlServer) {
            return format!("DROP INDEX {index} ON {table};");
        }
        let namespace = self.place.request.table.namespace.as_ref();
        let namespace = namespace.map_or_else(String::new, |own| format!("{}.", quoted(own, dialect)));
        let how = if concurrently { " CONCURRENTLY" } else { "" };
        format!("DROP INDEX{how} IF EXISTS {namespace}{index};")
    }

    fn migration_name(&self) -> String {
        let columns: Vec<&str> = self.place.columns.iter().map(|own| own.name.as_str()).collect();
        let name = format!("add_{}_{}_index", self.place.request.table.name, columns.join("_"));
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        name.chars().filter(|&letter| is_plain(letter)).take(80).collect::<String>().to_ascii_lowercase()
    }
}

/// A name without the quotes it is spelled with.
fn bare(spelled: &str) -> &str {
    spelled.trim_matches(['"', '`', '[', ']'])
}

fn quoted(name: &str, dialect: Dialect) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    const RESERVED: [&str; 12] = [
        "user", "order", "group", "table", "select", "from", "where", "to", "end", "desc", "check", "column",
    ];
    if is_plain && !RESERVED.contains(&name) {
        return name.to_owned();
    }
    match dialect {
        Dialect::MySql => format!("`{}`", name.replace('`', "``")),
        Dialect::SqlServer => format!("[{}]", name.replace(']', "]]")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
