//! The indexes that fixes write are accepted by the real tools: SQL by PostgreSQL and SQLite, tables in code by the
//! TypeScript compiler with the real library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{check, edits, skip, together};

const TABLES: &str = "CREATE TABLE authors (id BIGINT PRIMARY KEY);\nCREATE TABLE posts (\n  id BIGINT PRIMARY KEY,\n  author_id BIGINT NOT NULL REFERENCES authors (id),\n  \"publishedAt\" TIMESTAMPTZ\n);\n";

const QUERY_TS: &str = "import { Pool } from 'pg'\n\nconst pool = new Pool()\n\nexport const postsOf = (id: number) =>\n  pool.query('SELECT id FROM posts WHERE author_id = $1 AND \"publishedAt\" > now()', [id])\n";

const QUERY_RS: &str = "pub async fn posts_of(db: &sqlx::PgPool, id: i64) -> Result<Vec<(i64,)>, sqlx::Error> {\n    sqlx::query_as(\"SELECT id FROM posts WHERE author_id = $1 AND \\\"publishedAt\\\" > now()\").bind(id).fetch_all(db).await\n}\n";

/// A project of one tool: its files, and the migrations that stand before the fix, in order.
struct Layout {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    migrations: &'static [&'static str],
}

const SQLX: &str = "[package]\nname = \"blog\"\n[dependencies]\nsqlx = \"0.8\"\n";
const DIESEL: &str = "[package]\nname = \"blog\"\n[dependencies]\ndiesel = \"2\"\nsqlx-core = \"0.8\"\n";

const LAYOUTS: &[Layout] = &[
    Layout {
        name: "plain",
        files: &[("src/posts.ts", QUERY_TS)],
        migrations: &["migrations/0001_posts.sql"],
    },
    Layout { name: "whole", files: &[("src/posts.ts", QUERY_TS)], migrations: &["db/schema.sql"] },
    Layout {
        name: "supabase",
        files: &[("src/posts.ts", QUERY_TS)],
        migrations: &["supabase/migrations/20250101000000_posts.sql"],
    },
    Layout {
        name: "sqlx",
        files: &[("Cargo.toml", SQLX), ("src/lib.rs", QUERY_RS)],
        migrations: &["migrations/20250101000000_posts.sql"],
    },
    Layout {
        name: "sqlx, reversible",
        files: &[
            ("Cargo.toml", SQLX),
            ("src/lib.rs", QUERY_RS),
            ("migrations/20250101000000_posts.down.sql", "DROP TABLE posts;\nDROP TABLE authors;\n"),
        ],
        migrations: &["migrations/20250101000000_posts.up.sql"],
    },
    Layout {
        name: "diesel",
        files: &[
            ("Cargo.toml", DIESEL),
            ("src/lib.rs", QUERY_RS),
            ("migrations/2025-01-01-000000_posts/down.sql", "DROP TABLE posts;\nDROP TABLE authors;\n"),
        ],
        migrations: &["migrations/2025-01-01-000000_posts/up.sql"],
    },
];

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects").join(name)
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().expect("it is below the folder")).expect("it is writable");
    std::fs::write(file, text).expect("it is writable");
}

/// Applies the fixes of the rule that do not touch each other: the files that they create or change, and how many
/// they are.
fn fixed(folder: &Path) -> (Vec<String>, usize) {
    let report = check(folder, &["--rule", "missing-index", "--fixes"]);
    let mut taken: BTreeMap<String, Vec<edits::Edit>> = BTreeMap::new();
    let mut count = 0;
    for finding in report["findings"].as_array().expect("findings") {
        let Some(fix) = finding["fixes"].as_array().and_then(|fixes| fixes.first()) else { continue };
        let fix = edits::of_fix(fix);
        if !together::fit_beside(&fix, &taken) {
            continue;
        }
        count += 1;
        for (path, edit) in fix {
            taken.entry(path).or_default().push(edit);
        }
    }
    together::apply(folder, &taken);
    (taken.into_keys().collect(), count)
}

/// Whether the tool says yes; a skip where it cannot be had.
fn accepted(name: &str, output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        skip::skip(name, said.trim());
        return false;
    }
    assert!(output.status.success(), "{name}: {said}");
    true
}

#[test]
fn postgresql_accepts_the_indexes_of_every_layout() {
    for layout in LAYOUTS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in layout.migrations {
            write(folder.path(), path, TABLES);
        }
        for (path, text) in layout.files {
            write(folder.path(), path, text);
        }
        let (written, _) = fixed(folder.path());
        let is_down = |path: &&String| path.ends_with("down.sql");
        let ups = written.iter().filter(|path| path.ends_with(".sql") && !is_down(path));
        let ups: Vec<&str> = ups.map(String::as_str).collect();
        assert_eq!(ups.len(), 1, "{}: {written:?}", layout.name);
        let before = layout.migrations.iter().copied().filter(|path| !ups.contains(path));
        let run = |path: &str| {
            let text = std::fs::read_to_string(folder.path().join(path)).expect("it is there");
            // What the tool does with its mark; all others run a file in one transaction.
            let beside = Path::new(path).parent().map(|own| folder.path().join(own).join("metadata.toml"));
            let is_marked = text.starts_with("-- no-transaction")
                || beside
                    .and_then(|own| std::fs::read_to_string(own).ok())
                    .is_some_and(|own| own.contains("run_in_transaction = false"));
            format!("{}:{}", if is_marked { "no" } else { "tx" }, folder.path().join(path).display())
        };
        let mut arguments: Vec<String> = before.chain(ups.iter().copied()).map(run).collect();
        let with = |arguments: &[String]| {
            Command::new("bash").arg(script("postgres.sh")).args(arguments).output().expect("bash runs")
        };
        let output = with(&arguments);
        if !accepted("postgres", &output) {
            return;
        }
        let indexes = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(indexes.contains("posts posts_author_id_publishedAt_idx"), "{}: {indexes}", layout.name);
        // The migration is undone as it was done.
        let downs: Vec<String> = written.iter().filter(is_down).map(|path| run(path)).collect();
        if !downs.is_empty() {
            arguments.extend(downs);
            let output = with(&arguments);
            assert!(accepted("postgres", &output));
            let indexes = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(!indexes.contains("publishedAt"), "{}: {indexes}", layout.name);
        }
    }
}

#[test]
fn sqlite_accepts_the_indexes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tables =
        "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, `group` TEXT);\n";
    write(folder.path(), "migrations/0001_notes.sql", tables);
    let query = "import Database from 'better-sqlite3'\n\nconst db = new Database('notes.db')\n\nexport const notesOf = (owner: string, group: string) =>\n  db.prepare('SELECT id FROM notes WHERE owner = ? AND \"group\" = ?').all(owner, group)\n";
    write(folder.path(), "src/notes.ts", query);
    let (written, _) = fixed(folder.path());
    assert_eq!(written.len(), 1, "{written:?}");
    let files = ["migrations/0001_notes.sql", &written[0]].map(|path| folder.path().join(path));
    let output = Command::new("python3").arg(script("sqlite.py")).args(files).output();
    let Ok(output) = output else { return skip::skip("sqlite", "there is no python3") };
    assert!(accepted("sqlite", &output));
    let indexes = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(indexes.trim(), "notes notes_owner_group_idx");
}

/// The fixtures of the rule are programs: as they are, and with the indexes that fixes write.
#[test]
fn typescript_accepts_the_indexes_of_tables_in_code() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules/database/missing-index");
    let mut has_written = 0;
    for case in ["drizzle", "drizzle-file", "drizzle-generated", "drizzle-two"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        edits::copy_project(&fixtures.join(case), folder.path());
        for round in 0..12 {
            let output = Command::new("sh").arg(script("drizzle.sh")).arg(folder.path()).output();
            if !accepted("drizzle", &output.expect("sh runs")) {
                return;
            }
            let written = fixed(folder.path()).1;
            if written == 0 {
                break;
            }
            has_written += written;
            assert!(round < 11, "each fix ends a finding");
        }
    }
    assert!(has_written >= 8, "only {has_written} indexes are written");
}
