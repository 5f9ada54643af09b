//! Which files make the schema of a file's database: looked for from the file's folder upward.

use std::collections::BTreeSet;

use plimsoll_syntax::Language;

use crate::Files;
use crate::link::{ancestors, parent};
use crate::schema::sql::layout;

pub(super) mod drizzle;

/// The files of one schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Paths {
    /// Sorted.
    pub schema: Vec<String>,
    /// SQL beside it that no migration tool runs, and programs that make indexes, sorted.
    pub raw: Vec<String>,
}

impl Paths {
    /// Whether its migrations are generated from tables that are declared in code.
    pub fn are_generated(&self) -> bool {
        self.schema.iter().any(|path| path.ends_with(JOURNAL))
    }
}

/// What a search finds at the nearest place that has anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    None,
    One(Paths),
    /// Several that stand equally near, each with the SQL beside it.
    Several(Vec<Paths>),
}

/// Where the tool that generates migrations from tables in code notes which it has written.
const JOURNAL: &str = "/meta/_journal.json";
/// The most files of one schema.
const MAX_FILES: usize = 2_000;
/// The most packages of a workspace that are looked into.
const MAX_PACKAGES: usize = 200;

/// Folders of a workspace whose entries are packages.
const PACKAGES: &[&str] = &["packages", "apps", "libs", "services", "crates"];
/// Folders of one repository's parts.
const PARTS: &[&str] = &["server", "backend", "api", "db", "database", "src", "prisma", "infra"];
/// Where migrations stand in a package.
const MIGRATIONS: &[&str] = &[
    "migrations",
    "db/migrations",
    "database/migrations",
    "supabase/migrations",
    "drizzle",
    "drizzle/migrations",
    "sql/migrations",
    "sql",
    "src/migrations",
    "src/db/migrations",
];
/// Folders of a package in which folders of migrations stand that have a word more in their names:
/// `migrations_main`, `db/pg_migrations`.
const AROUND_MIGRATIONS: &[&str] = &["", "db", "database", "src", "sql", "src/db"];
/// Whole schemas in a package.
const SCHEMAS: &[&str] = &[
    "schema.sql",
    "supabase/schema.sql",
    "db/schema.sql",
    "database/schema.sql",
    "db/structure.sql",
    "src/schema.sql",
    "src/db/schema.sql",
    "init.sql",
    "db/init.sql",
    "database/init.sql",
];
/// Where SQL stands that somebody runs by hand.
const RAW: &[&str] = &["", "sql", "db", "database", "scripts", "indexes", "prisma", "prisma/sql"];

/// Folders of a package in which folders of migrations stand that somebody runs by hand: `prisma/manual-migrations`.
const AROUND_RAW_MIGRATIONS: &[&str] = &["", "prisma", "db", "database", "sql"];

/// The nearest Prisma schema; none where two are equally near.
pub(super) fn prisma(files: &dyn Files, path: &str) -> Option<Paths> {
    for folder in ancestors(parent(path)?, files, path) {
        if let Some(found) = prisma_in(files, folder) {
            return Some(found);
        }
        let mut below: Vec<Paths> =
            below(files, folder).iter().filter_map(|package| prisma_in(files, package)).collect();
        below.dedup();
        match below.len() {
            0 => {}
            1 => return below.pop(),
            _ => return None,
        }
    }
    None
}

/// The Prisma schema of a package, by its manifest or where Prisma looks by itself.
fn prisma_in(files: &dyn Files, folder: &str) -> Option<Paths> {
    let named = files.read(&format!("{folder}/package.json")).and_then(|text| {
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        let named = json["prisma"]["schema"].as_str()?.trim_start_matches("./").trim_end_matches('/');
        (!named.contains("..")).then(|| format!("{folder}/{named}"))
    });
    let usual = ["prisma/schema.prisma", "prisma/schema", "schema.prisma", "prisma"];
    let places = named.into_iter().chain(usual.iter().map(|place| format!("{folder}/{place}")));
    for place in places {
        let mut schema = if place.ends_with(".prisma") {
            if !files.exists(&place) {
                continue;
            }
            let own = parent(&place).unwrap_or_default();
            // Beside a file of another name stand further files of the same schema.
            if place.ends_with("/prisma/schema.prisma") {
                prisma_files(files, own)
            } else {
                vec![place.clone()]
            }
        } else {
            prisma_files(files, &place)
        };
        if schema.is_empty() {
            continue;
        }
        keep_one_database(files, &mut schema);
        let own = if place.ends_with(".prisma") { parent(&place).unwrap_or_default() } else { &place };
        let above = own.strip_suffix("/schema").unwrap_or(own);
        schema.extend(sql_files(files, &format!("{above}/migrations")).into_iter().flatten());
        let lock = format!("{above}/migrations/migration_lock.toml");
        schema.extend(files.exists(&lock).then_some(lock));
        return Some(with_raw(files, folder, schema));
    }
    None
}

/// Leaves out files that name a database of their own beside the one that is used unless somebody asks for another:
/// `schema.sqlite.prisma` beside `schema.prisma`, for somebody's own machine.
fn keep_one_database(files: &dyn Files, schema: &mut Vec<String>) {
    if schema.len() < 2 {
        return;
    }
    let names_one = |path: &&String| {
        let text = files.read(path);
        text.is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with("datasource ")))
    };
    let mut others: Vec<String> = schema.iter().filter(names_one).cloned().collect();
    let Some(used) = others.iter().position(|path| path.ends_with("/schema.prisma")) else { return };
    others.remove(used);
    schema.retain(|path| !others.contains(path));
}

/// The `.prisma` files of a folder and of the folders in it.
fn prisma_files(files: &dyn Files, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for name in files.list(&folder) {
            match name.strip_suffix('/') {
                Some("migrations" | "node_modules") => {}
                Some(inner) if depth < 3 => open.push((format!("{folder}/{inner}"), depth + 1)),
                None if name.ends_with(".prisma") && found.len() < MAX_FILES => {
                    found.push(format!("{folder}/{name}"));
                }
                _ => {}
            }
        }
    }
    found
}

/// The nearest SQL schema, with those of the folders above it: a part of a service may have migrations of its own for
/// the database that all parts share.
pub(super) fn sql(files: &dyn Files, path: &str) -> Found {
    let Some(start) = parent(path) else { return Found::None };
    let mut nearest: Option<Paths> = None;
    for folder in ancestors(start, files, path) {
        let mut groups = sql_in(files, folder);
        if let Some(nearest) = &mut nearest {
            if let [only] = groups.as_slice() {
                nearest.schema.extend(only.iter().cloned());
            }
            continue;
        }
        let mut place = folder.to_owned();
        if groups.is_empty() {
            for package in below(files, folder) {
                let own = sql_in(files, &package);
                if !own.is_empty() {
                    place = package;
                }
                groups.extend(own);
            }
            groups.sort();
            groups.dedup();
        }
        match groups.len() {
            0 => {}
            1 => nearest = Some(with_raw(files, &place, groups.remove(0))),
            _ => {
                return Found::Several(
                    groups.into_iter().map(|group| with_raw(files, &place, group)).collect(),
                );
            }
        }
    }
    let Some(mut found) = nearest else { return Found::None };
    found.schema.sort();
    found.schema.dedup();
    found.raw.retain(|path| found.schema.binary_search(path).is_err());
    Found::One(found)
}

/// The SQL schemas of a package: each folder of migrations with the whole schemas beside it.
fn sql_in(files: &dyn Files, folder: &str) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let usual = MIGRATIONS.iter().map(|place| (*place).to_owned());
    for place in usual.chain(AROUND_MIGRATIONS.iter().flat_map(|around| longer_names(files, folder, around)))
    {
        for mut group in sql_files(files, &format!("{folder}/{place}")) {
            // SQL in a folder of another name is a schema only where its own name says so.
            let is_schema = |path: &str| layout::migration(path).is_some() || layout::is_schema_path(path);
            group.retain(|path| is_schema(path) || path.ends_with(JOURNAL));
            if !group.iter().any(|path| is_schema(path)) {
                continue;
            }
            // The folder of migrations may be met from the one above it, which does not see the journal.
            match groups.iter_mut().find(|own| is_same(own, &group)) {
                Some(own) if own.len() < group.len() => *own = group,
                Some(_) => {}
                None => groups.push(group),
            }
        }
    }
    let known: BTreeSet<String> = groups.iter().flatten().cloned().collect();
    for whole in SCHEMAS.iter().map(|name| format!("{folder}/{name}")) {
        if known.contains(&whole) || !files.exists(&whole) {
            continue;
        }
        let root = layout::root(&whole).to_owned();
        match groups.iter_mut().find(|group| group.first().is_some_and(|own| layout::root(own) == root)) {
            Some(group) => group.push(whole),
            None => groups.push(vec![whole]),
        }
    }
    groups
}

/// Whether two groups have the same SQL.
fn is_same(one: &[String], other: &[String]) -> bool {
    let sql = |group: &'_ [String]| -> Vec<String> {
        group.iter().filter(|path| !path.ends_with(JOURNAL)).cloned().collect()
    };
    sql(one) == sql(other)
}

/// Folders of migrations below `around` with a word more in their names.
fn longer_names(files: &dyn Files, folder: &str, around: &str) -> Vec<String> {
    let place = if around.is_empty() { folder.to_owned() } else { format!("{folder}/{around}") };
    let names = files.list(&place).into_iter().filter_map(|name| name.strip_suffix('/').map(str::to_owned));
    names
        .filter(|name| layout::is_migrations_folder(name) && name != "migrations")
        .map(|name| if around.is_empty() { name } else { format!("{around}/{name}") })
        .collect()
}

/// The SQL files of a folder of migrations; a folder of folders of migrations has several such sets.
fn sql_files(files: &dyn Files, folder: &str) -> Vec<Vec<String>> {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let is_sql = |name: &str| name.ends_with(".sql");
    for name in files.list(folder).into_iter().take(MAX_FILES) {
        let Some(inner) = name.strip_suffix('/') else {
            if is_sql(&name) {
                own.push(format!("{folder}/{name}"));
            }
            continue;
        };
        if inner == "meta" {
            let journal = format!("{folder}/meta/_journal.json");
            own.extend(files.exists(&journal).then_some(journal));
            continue;
        }
        let inner = format!("{folder}/{inner}");
        let sql: Vec<String> =
            files.list(&inner).into_iter().filter(|n| is_sql(n)).map(|n| format!("{inner}/{n}")).collect();
        if sql.iter().any(|path| layout::migration(path).is_some_and(|m| m.folder == folder)) {
            own.extend(sql);
        } else if !sql.is_empty() {
            others.push(sql);
        }
    }
    if own.iter().any(|path| is_sql(path)) {
        others.insert(0, own);
    }
    others
}

/// The parts of a repository below a folder, in order.
pub(super) fn below(files: &dyn Files, folder: &str) -> Vec<String> {
    let names = files.list(folder);
    let has = |wanted: &str| names.iter().any(|name| name.strip_suffix('/') == Some(wanted));
    let parts = PARTS.iter().filter(|part| has(part)).map(|part| format!("{folder}/{part}"));
    let packages = PACKAGES.iter().filter(|group| has(group)).flat_map(|group| {
        let group = format!("{folder}/{group}");
        let inner: Vec<String> = files
            .list(&group)
            .iter()
            .filter_map(|name| Some(format!("{group}/{}", name.strip_suffix('/')?)))
            .take(MAX_PACKAGES)
            .collect();
        inner
    });
    parts.chain(packages).collect()
}

/// Whether a program is called like one that makes indexes: `add-performance-indexes.ts`, `migrate.js`.
fn makes_indexes(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_called_so = stem.contains("index") && stem != "index" || stem.contains("migrat");
    is_called_so && Language::from_path(name).is_some_and(Language::is_script_family)
}

fn with_raw(files: &dyn Files, folder: &str, mut schema: Vec<String>) -> Paths {
    schema.sort();
    schema.dedup();
    schema.truncate(MAX_FILES);
    let mut raw = Vec::new();
    let loose = RAW.iter().map(|place| (*place).to_owned());
    let by_hand = AROUND_RAW_MIGRATIONS.iter().flat_map(|around| longer_names(files, folder, around));
    for place in loose.chain(by_hand) {
        let place = if place.is_empty() { folder.to_owned() } else { format!("{folder}/{place}") };
        let sql = files.list(&place).into_iter().filter(|name| name.ends_with(".sql") || makes_indexes(name));
        raw.extend(
            sql.map(|name| format!("{place}/{name}")).filter(|path| schema.binary_search(path).is_err()),
        );
    }
    raw.sort();
    raw.dedup();
    raw.truncate(MAX_FILES);
    Paths { schema, raw }
}
