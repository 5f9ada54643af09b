//! New migrations of several fixes. Each fix is made for the files as they are, and names its migration after those that
//! are there: two that are both applied would have one number.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::{FileEdit, Fix};
use plimsoll_project::schema::{migration, renumbered};

/// Gives each new migration a number of its own, in the order of the fixes. One that several findings ask for keeps one.
pub fn number_apart<'f>(fixes: impl IntoIterator<Item = &'f mut Fix>) {
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    let mut known: BTreeMap<Vec<(String, String)>, Fix> = BTreeMap::new();
    for fix in fixes {
        let Some(path) = fix.edits.iter().find(|edit| is_migration(edit)).map(|edit| edit.path.clone())
        else {
            continue;
        };
        let asked: Vec<(String, String)> =
            fix.edits.iter().map(|edit| (edit.path.clone(), edit.new_text.clone())).collect();
        if let Some(same) = known.get(&asked) {
            fix.clone_from(same);
            continue;
        }
        if number_of(&path).is_some_and(|number| taken.contains(&number)) {
            renumber(fix, &path, &taken);
        }
        taken.extend(
            fix.edits.iter().filter(|edit| is_migration(edit)).filter_map(|edit| number_of(&edit.path)),
        );
        known.insert(asked, fix.clone());
    }
}

/// Gives the migration that a fix creates the next number that is free.
fn renumber(fix: &mut Fix, path: &str, taken: &BTreeSet<(String, String)>) {
    let Some((folder, _)) = number_of(path) else { return };
    let is_taken = |number: &str| taken.contains(&(folder.clone(), number.to_owned()));
    let Some((before, after)) = renumbered(path, &is_taken) else { return };
    for edit in fix.edits.iter_mut().filter(|edit| edit.range.is_none()) {
        let Some(rest) = edit.path.strip_prefix(before) else { continue };
        let renamed = format!("{after}{rest}");
        fix.title = fix.title.replace(name_in(&folder, &edit.path), name_in(&folder, &renamed));
        edit.path = renamed;
    }
}

fn is_migration(edit: &FileEdit) -> bool {
    edit.range.is_none() && migration(&edit.path).is_some()
}

/// The folder of a migration and its number.
fn number_of(path: &str) -> Option<(String, String)> {
    let own = migration(path)?;
    Some((own.folder.to_owned(), own.version.to_owned()))
}

/// The name of a migration in its folder: that of its file, or of the folder of its own.
fn name_in<'p>(folder: &str, path: &'p str) -> &'p str {
    let name = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use plimsoll_engine::Safety;

    use super::*;

    fn fix(paths: &[&str], text: &str) -> Fix {
        let edit =
            |path: &&str| FileEdit { path: (*path).to_owned(), range: None, new_text: text.to_owned() };
        let folder = number_of(paths[0]).map(|(folder, _)| folder).unwrap_or_default();
        let title = format!("Add an index to a new migration, {}", name_in(&folder, paths[0]));
        Fix { title, safety: Safety::Review, edits: paths.iter().map(edit).collect() }
    }

    fn numbered(mut fixes: Vec<Fix>) -> Vec<String> {
        number_apart(&mut fixes);
        let told = fixes.iter().map(|fix| {
            let paths: Vec<&str> =
                fix.edits.iter().map(|e| e.path.trim_start_matches("/p/migrations/")).collect();
            format!(
                "{}: {}",
                fix.title.trim_start_matches("Add an index to a new migration, "),
                paths.join(" ")
            )
        });
        told.collect()
    }

    #[test]
    fn each_migration_has_a_number_of_its_own() {
        let fixes = vec![
            fix(&["/p/migrations/0002_add_a_index.sql"], "a"),
            fix(&["/p/migrations/0002_add_b_index.sql"], "b"),
            fix(&["/p/migrations/0002_add_a_index.sql"], "a"),
            fix(&["/p/migrations/0002_add_c_index.sql"], "c"),
            fix(&["/p/other/0002_add_d_index.sql"], "d"),
        ];
        insta::assert_snapshot!(numbered(fixes).join("\n"), @r"
        0002_add_a_index.sql: 0002_add_a_index.sql
        0003_add_b_index.sql: 0003_add_b_index.sql
        0002_add_a_index.sql: 0002_add_a_index.sql
        0004_add_c_index.sql: 0004_add_c_index.sql
        0002_add_d_index.sql: /p/other/0002_add_d_index.sql
        ");
    }

    #[test]
    fn all_files_of_a_migration_go_with_it() {
        let diesel = |name: &str| {
            let base = format!("/p/migrations/2026-01-01-000000_{name}");
            let [up, down] = ["up", "down"].map(|way| format!("{base}/{way}.sql"));
            fix(&[&up, &down, &format!("{base}/metadata.toml")], name)
        };
        insta::assert_snapshot!(numbered(vec![diesel("a"), diesel("b")]).join("\n"), @r"
        2026-01-01-000000_a: 2026-01-01-000000_a/up.sql 2026-01-01-000000_a/down.sql 2026-01-01-000000_a/metadata.toml
        2026-01-01-000001_b: 2026-01-01-000001_b/up.sql 2026-01-01-000001_b/down.sql 2026-01-01-000001_b/metadata.toml
        ");
    }

    #[test]
    fn what_is_no_migration_keeps_its_name() {
        let mut fixes = vec![fix(&["/p/src/retry.ts"], "a"), fix(&["/p/src/retry.ts"], "a")];
        let before = fixes.clone();
        number_apart(&mut fixes);
        assert_eq!(fixes, before);
    }
}
