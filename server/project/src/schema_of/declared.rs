//! Which database a schema is for, and what runs its migrations, where its own texts do not tell: by the clients that
//! the manifests around it declare. All who write an index ask here, so that they write the same.

use super::find::below;
use crate::Files;
use crate::link::{ancestors, parent};
use crate::manifests::{CargoDependency, CargoToml, PackageJson, read};
use crate::schema::{Dialect, MigrationTool};

/// Crates that speak to one database only, by the names that code uses.
const CRATES: &[(&str, Dialect)] = &[
    ("tokio_postgres", Dialect::Postgres),
    ("postgres", Dialect::Postgres),
    ("deadpool_postgres", Dialect::Postgres),
    ("rusqlite", Dialect::Sqlite),
    ("mysql", Dialect::MySql),
    ("mysql_async", Dialect::MySql),
    ("tiberius", Dialect::SqlServer),
];

/// Crates that are told by a feature which databases they speak to.
const BY_FEATURE: &[&str] = &["sqlx", "diesel", "diesel_async", "sea_orm"];

/// Packages that speak to one database only.
const PACKAGES: &[(&str, Dialect)] = &[
    ("pg", Dialect::Postgres),
    ("postgres", Dialect::Postgres),
    ("pg-promise", Dialect::Postgres),
    ("slonik", Dialect::Postgres),
    ("@neondatabase/serverless", Dialect::Postgres),
    ("@vercel/postgres", Dialect::Postgres),
    ("@supabase/supabase-js", Dialect::Postgres),
    ("better-sqlite3", Dialect::Sqlite),
    ("sqlite3", Dialect::Sqlite),
    ("sqlite", Dialect::Sqlite),
    ("@libsql/client", Dialect::Sqlite),
    ("mysql", Dialect::MySql),
    ("mysql2", Dialect::MySql),
    ("mssql", Dialect::SqlServer),
];

/// Packages that run a database inside of the process, whose statements take no round trip and let nothing come between.
const IN_PROCESS: &[&str] = &["better-sqlite3"];

/// Packages that speak to others than those above.
const OTHERS: &[&str] = &["mongodb", "mongoose", "@planetscale/database", "@prisma/client"];

/// The database of the schema that a file is a part of; unknown where nothing tells, or two tell two.
pub(super) fn dialect(files: &dyn Files, path: &str) -> Dialect {
    nearest(files, path, &|folder| dialects(files, folder)).unwrap_or_default()
}

/// Whether the only client that the manifests around a file declare runs its database inside of the process.
pub(super) fn is_in_process(files: &dyn Files, path: &str) -> bool {
    let clients = |folder: &str| -> Vec<bool> {
        let Some(package) = read::<PackageJson>(files, &format!("{folder}/package.json")) else {
            return Vec::new();
        };
        let known = PACKAGES.iter().map(|(name, _)| name).chain(OTHERS);
        known.filter(|name| package.has(name)).map(|name| IN_PROCESS.contains(name)).collect()
    };
    nearest(files, path, &clients).unwrap_or_default()
}

/// What runs the migrations beside a file; none where nothing tells, or where others may run them as well.
pub(super) fn tool(files: &dyn Files, path: &str) -> Option<MigrationTool> {
    nearest(files, path, &|folder| tools(files, folder)).flatten()
}

/// What the nearest folder around a file tells, or the parts of a repository in it, if all tell the same.
fn nearest<T: Copy + PartialEq>(
    files: &dyn Files,
    path: &str,
    told_in: &dyn Fn(&str) -> Vec<T>,
) -> Option<T> {
    for folder in ancestors(parent(path)?, files, path) {
        let mut told = told_in(folder);
        if told.is_empty() {
            told = below(files, folder).iter().flat_map(|part| told_in(part)).collect();
        }
        if let Some(first) = told.first() {
            return told.iter().all(|own| own == first).then_some(*first);
        }
    }
    None
}

fn dialects(files: &dyn Files, folder: &str) -> Vec<Dialect> {
    let mut found = Vec::new();
    if let Some(cargo) = read::<CargoToml>(files, &format!("{folder}/Cargo.toml")) {
        for (name, dependency) in running(&cargo) {
            found.extend(CRATES.iter().filter(|(own, _)| *own == name).map(|(_, dialect)| *dialect));
            if BY_FEATURE.contains(&name) {
                let shared = dependency.is_workspace.then(|| shared(files, folder, name)).flatten();
                let features = dependency.features.iter().chain(shared.iter().flat_map(|own| &own.features));
                found.extend(features.filter_map(|feature| of_feature(feature)));
            }
        }
    }
    if let Some(package) = read::<PackageJson>(files, &format!("{folder}/package.json")) {
        found.extend(PACKAGES.iter().filter(|(name, _)| package.has(name)).map(|(_, dialect)| *dialect));
    }
    found
}

/// The tools of a folder; none of those known for a program in another language, which may run them by itself.
fn tools(files: &dyn Files, folder: &str) -> Vec<Option<MigrationTool>> {
    let mut found = Vec::new();
    if let Some(cargo) = read::<CargoToml>(files, &format!("{folder}/Cargo.toml")) {
        for (name, _) in running(&cargo) {
            found.extend(match name {
                "sqlx" => Some(Some(MigrationTool::Sqlx)),
                "diesel" => Some(Some(MigrationTool::Diesel)),
                _ => None,
            });
        }
    }
    let package = read::<PackageJson>(files, &format!("{folder}/package.json"));
    if package.is_some_and(|package| PACKAGES.iter().any(|(name, _)| package.has(name))) {
        found.push(None);
    }
    found
}

/// The dependencies that a crate runs with; of a workspace without a crate of its own, those that it has for its members.
fn running(cargo: &CargoToml) -> impl Iterator<Item = (&str, &CargoDependency)> {
    let is_workspace = cargo.name.is_none();
    let all = if is_workspace { &cargo.workspace_dependencies } else { &cargo.dependencies };
    let is_declared = |name: &str| cargo.declared.iter().any(|own| own.replace('-', "_") == name);
    all.iter()
        .filter(move |(name, _)| is_workspace || is_declared(name))
        .map(|(name, dependency)| (name.as_str(), dependency))
}

/// What the workspace around a crate says of a dependency.
fn shared(files: &dyn Files, folder: &str, name: &str) -> Option<CargoDependency> {
    let manifest = format!("{folder}/Cargo.toml");
    ancestors(folder, files, &manifest)
        .filter_map(|folder| read::<CargoToml>(files, &format!("{folder}/Cargo.toml")))
        .find(|cargo| cargo.is_workspace)
        .and_then(|cargo| cargo.workspace_dependencies.get(name).cloned())
}

fn of_feature(feature: &str) -> Option<Dialect> {
    let databases = [
        ("postgres", Dialect::Postgres),
        ("sqlite", Dialect::Sqlite),
        ("mysql", Dialect::MySql),
        ("mssql", Dialect::SqlServer),
    ];
    databases.into_iter().find(|(name, _)| feature.contains(name)).map(|(_, dialect)| dialect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    fn told(manifests: &[(&str, &str)]) -> (Dialect, Option<MigrationTool>) {
        let mut files = MemoryFiles::default();
        for (path, text) in manifests {
            files.insert(*path, *text);
        }
        let path = "/p/migrations/1_init.sql";
        (dialect(&files, path), tool(&files, path))
    }

    const CRATE: &str = "[package]\nname = 'a'\n[dependencies]\n";

    #[test]
    fn a_feature_of_the_client_tells() {
        let cargo = format!("{CRATE}sqlx = {{ version = '0.8', features = ['postgres', 'uuid'] }}\n");
        assert_eq!(told(&[("/p/Cargo.toml", &cargo)]), (Dialect::Postgres, Some(MigrationTool::Sqlx)));
        let both = cargo.replace("'uuid'", "'sqlite'");
        assert_eq!(told(&[("/p/Cargo.toml", &both)]).0, Dialect::Unknown);
    }

    #[test]
    fn a_member_of_the_workspace_tells_with_what_it_shares() {
        let workspace = "[workspace]\nmembers = ['crates/*']\n";
        let shared = format!(
            "{workspace}[workspace.dependencies]\nsqlx = {{ version = '0.8', features = ['sqlite'] }}\n"
        );
        let member = format!("{CRATE}sqlx.workspace = true\n");
        let other = format!("{CRATE}diesel = {{ version = '2', features = ['postgres'] }}\n");
        let all = [("/p/Cargo.toml", shared.as_str()), ("/p/crates/db/Cargo.toml", &member)];
        assert_eq!(told(&all), (Dialect::Sqlite, Some(MigrationTool::Sqlx)));
        let all = [("/p/Cargo.toml", workspace), ("/p/crates/db/Cargo.toml", &other)];
        assert_eq!(told(&all), (Dialect::Postgres, Some(MigrationTool::Diesel)));
    }

    #[test]
    fn a_database_in_the_process_is_the_only_one() {
        let told = |dependencies: &str| {
            let mut files = MemoryFiles::default();
            files.insert("/p/package.json", format!(r#"{{ "dependencies": {{ {dependencies} }} }}"#));
            is_in_process(&files, "/p/src/db.ts")
        };
        assert!(told(r#""better-sqlite3": "^11", "drizzle-orm": "^0.36""#));
        assert!(!told(r#""better-sqlite3": "^11", "pg": "^8""#));
        assert!(!told(r#""better-sqlite3": "^11", "mongoose": "^8""#));
        assert!(!told(r#""@libsql/client": "^0.14", "drizzle-orm": "^0.36""#));
        assert!(!told(""));
    }

    #[test]
    fn two_programs_that_use_it_may_both_run_it() {
        let cargo = format!("{CRATE}sqlx = {{ version = '0.8', features = ['postgres'] }}\n");
        let package = r#"{ "dependencies": { "pg": "^8" } }"#;
        assert_eq!(told(&[("/p/package.json", package)]), (Dialect::Postgres, None));
        let all = [("/p/Cargo.toml", cargo.as_str()), ("/p/package.json", package)];
        assert_eq!(told(&all), (Dialect::Postgres, None));
        assert_eq!(told(&[]), (Dialect::Unknown, None));
    }
}
