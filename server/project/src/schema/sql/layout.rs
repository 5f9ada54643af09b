//! Where migrations stand, what their names mean, and in which order they apply.

use std::cmp::Ordering;

/// A migration as its path tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MigrationPath<'a> {
    /// The folder that holds all migrations.
    pub folder: &'a str,
    /// What goes before the version: `V` in Flyway's names, else nothing.
    pub prefix: &'a str,
    /// The number or time that orders it, as it is spelled.
    pub version: &'a str,
    /// What stands between version and name.
    pub separator: &'a str,
    /// How the migration is spread over files.
    pub shape: Shape,
}

/// How a migration is spread over files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `0001_name.sql`
    File,
    /// `0001_name.up.sql` and `0001_name.down.sql`
    UpAndDownFiles,
    /// `0001_name/up.sql` and `0001_name/down.sql`
    UpAndDownFolder,
    /// `0001_name/migration.sql`
    Folder,
}

/// Reads a path; nothing where it is no migration's.
#[must_use]
pub fn migration(path: &str) -> Option<MigrationPath<'_>> {
    let (parent, file) = split(path);
    let stem = strip_end(file, ".sql")?;
    let (folder, entry, shape) = match stem {
        "up" | "down" => {
            let (folder, entry) = split(parent);
            (folder, entry, Shape::UpAndDownFolder)
        }
        "migration" => {
            let (folder, entry) = split(parent);
            (folder, entry, Shape::Folder)
        }
        _ => match strip_end(stem, ".up").or_else(|| strip_end(stem, ".down")) {
            Some(entry) => (parent, entry, Shape::UpAndDownFiles),
            None => (parent, stem, Shape::File),
        },
    };
    let prefix_length = usize::from(entry.starts_with('V') && entry.contains("__"));
    let (prefix, rest) = entry.split_at(prefix_length);
    let is_version = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let end = rest.find(|letter| !is_version(letter)).unwrap_or(rest.len());
    let version = rest[..end].trim_end_matches(['-', '.']);
    if !version.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let name = &rest[version.len()..];
    let start = name.find(|letter| !matches!(letter, '_' | '-' | '.')).unwrap_or(name.len());
    let separator = if start == 0 { "_" } else { &name[..start] };
    Some(MigrationPath { folder, prefix, version, separator, shape })
}

/// Whether a path is one that a schema is read from: Prisma schemas, migrations, and the usual
/// names of whole schemas. Other SQL files are queries, seeds and tests.
#[must_use]
pub fn is_schema_path(path: &str) -> bool {
    let (parent, file) = split(path);
    let is_one_of = |name: &str, names: &[&str]| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    if strip_end(file, ".prisma").is_some() || file == "migration_lock.toml" {
        return true;
    }
    let Some(stem) = strip_end(file, ".sql") else {
        return false;
    };
    const FOLDERS: [&str; 6] = ["migrations", "migration", "migrate", "drizzle", "schema", "schemas"];
    let folders =
        parent.rsplit('/').take(2).any(|folder| is_one_of(folder, &FOLDERS) || is_migrations_folder(folder));
    folders || is_one_of(stem, &["schema", "structure", "init", "database", "create_tables"])
}

/// Whether a folder's name says that migrations stand in it: `migrations`, `migrations_main`, `pg-migrations`.
#[must_use]
pub fn is_migrations_folder(name: &str) -> bool {
    let rest = |own: &str| own.is_empty() || own.starts_with(['_', '-']) || own.ends_with(['_', '-']);
    name.strip_prefix("migrations").or_else(|| name.strip_suffix("migrations")).is_some_and(rest)
}

/// The folder of the project that a schema file belongs to: files with the same one make one
/// schema (`backend` for `backend/migrations/1_users.sql`, `api/prisma` for
/// `api/prisma/schema.prisma` and for the migrations beside it).
#[must_use]
pub fn root(path: &str) -> &str {
    if let Some(migration) = migration(path) {
        return split(migration.folder).0;
    }
    let (parent, file) = split(path);
    if strip_end(file, ".prisma").is_some() {
        // Prisma reads the files of one folder and of all folders in it.
        let within = format!("/{parent}/");
        if let Some(at) = within.rfind("/prisma/") {
            return &parent[..at + "prisma".len()];
        }
    }
    match split(parent) {
        (above, "schema" | "migrations") => above,
        _ => parent,
    }
}

/// Whether a file undoes a migration.
#[must_use]
pub fn undoes(path: &str) -> bool {
    let (_, file) = split(path);
    let file = file.to_ascii_lowercase();
    file == "down.sql"
        || [".down.sql", "_down.sql", "-down.sql", ".rollback.sql", ".undo.sql"]
            .iter()
            .any(|end| file.ends_with(end))
        || file.starts_with('u') && file.contains("__") && file[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// The order in which files apply: migrations by folder and version, numbers as numbers, then
/// files that describe a whole schema.
#[must_use]
pub fn order(one: &str, other: &str) -> Ordering {
    let key = |path| migration(path).map(|own| own.folder);
    match (key(one), key(other)) {
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (one_folder, other_folder) => {
            one_folder.cmp(&other_folder).then_with(|| natural_order(one, other)).then_with(|| one.cmp(other))
        }
    }
}

/// Compares text with the numbers in it as numbers.
pub(in crate::schema) fn natural_order(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (number, rest) = leading_digits(one);
        let (other_number, other_rest) = leading_digits(other);
        if !number.is_empty() && !other_number.is_empty() {
            let (number, other_number) =
                (number.trim_start_matches('0'), other_number.trim_start_matches('0'));
            let by_number = number.len().cmp(&other_number.len()).then_with(|| number.cmp(other_number));
            if by_number != Ordering::Equal {
                return by_number;
            }
            (one, other) = (rest, other_rest);
            continue;
        }
        let (mut letters, mut other_letters) = (one.chars(), other.chars());
        match (letters.next(), other_letters.next()) {
            (None, None) => return Ordering::Equal,
            (letter, other_letter) if letter != other_letter => return letter.cmp(&other_letter),
            _ => (one, other) = (letters.as_str(), other_letters.as_str()),
        }
    }
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn strip_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len())?;
    text.get(at..).filter(|own| own.eq_ignore_ascii_case(end)).and_then(|_| text.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_database_have_one_root() {
        for (path, expected) in [
            ("prisma/schema.prisma", "prisma"),
            ("api/prisma/schema/models/user.prisma", "api/prisma"),
            ("api/prisma/migrations/20240101000000_a/migration.sql", "api/prisma"),
            ("api/prisma/migrations/migration_lock.toml", "api/prisma"),
            ("schema.prisma", ""),
            ("backend/migrations/1_a.up.sql", "backend"),
            ("backend/migrations/1_a/up.sql", "backend"),
            ("db/schema.sql", "db"),
        ] {
            assert_eq!(root(path), expected, "{path}");
        }
    }

    #[test]
    fn schemas_are_told_from_other_sql() {
        for path in ["db/schema.sql", "migrations/a/up.sql", "drizzle/0000_a.sql", "a.prisma"] {
            assert!(is_schema_path(path), "{path}");
        }
        for path in ["queries/get_user.sql", "supabase/seed.sql", "tests/fixtures/users.sql"] {
            assert!(!is_schema_path(path), "{path}");
        }
    }

    #[test]
    fn versions_are_read_from_every_layout() {
        let parts = |path| {
            let own = migration(path).expect("it is a migration");
            (own.folder, own.prefix, own.version, own.separator, own.shape)
        };
        assert_eq!(parts("m/0001-a.sql"), ("m", "", "0001", "-", Shape::File));
        assert_eq!(parts("m/V1.2__a.sql"), ("m", "V", "1.2", "__", Shape::File));
        assert_eq!(parts("m/1_a.down.sql"), ("m", "", "1", "_", Shape::UpAndDownFiles));
        assert_eq!(
            parts("m/2023-03-14-180127_a/up.sql"),
            ("m", "", "2023-03-14-180127", "_", Shape::UpAndDownFolder)
        );
        assert_eq!(migration("m/readme.sql"), None);
    }

    #[test]
    fn what_undoes_is_told_by_its_name() {
        for path in ["m/1_a/down.sql", "m/1_a.down.sql", "m/U1__a.sql"] {
            assert!(undoes(path), "{path}");
        }
        for path in ["m/1_markdown.sql", "m/1_shutdown.sql", "m/1_a/up.sql", "m/users.sql"] {
            assert!(!undoes(path), "{path}");
        }
    }

    #[test]
    fn whole_schemas_come_after_migrations() {
        let mut paths = ["db/schema.sql", "db/m/10_b.sql", "db/m/9_a.sql"];
        paths.sort_by(|one, other| order(one, other));
        assert_eq!(paths, ["db/m/9_a.sql", "db/m/10_b.sql", "db/schema.sql"]);
    }
}
