//! Where the fix of a finding cannot be made, what must be done is written down beside the code, proven like a fix.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Finding, Fix, Request};
use plimsoll_project::{Files, MemoryFiles};
use plimsoll_syntax::{ByteEdit, apply_byte_edits};

const MIGRATION: &str = "CREATE TABLE books (\n    id BIGINT PRIMARY KEY,\n    author_id BIGINT NOT NULL,\n    added TIMESTAMPTZ NOT NULL\n);\n";

struct Case {
    path: &'static str,
    text: &'static str,
    /// What makes it a file of a project.
    around: &'static [(&'static str, &'static str)],
    /// The line above which the note belongs.
    line: &'static str,
}

const CASES: &[Case] = &[
    Case {
        path: "/p/src/books.ts",
        text: "import { Pool } from 'pg'\n\nconst pool = new Pool({ connectionTimeoutMillis: 5_000 })\n\nexport function booksOf(author: number) {\n  return pool.query('SELECT id FROM books WHERE author_id = $1', [author])\n}\n",
        around: &[
            ("/p/migrations/0001_books.sql", MIGRATION),
            ("/p/package.json", "{\"dependencies\":{\"pg\":\"8\"}}"),
        ],
        line: "  return pool.query(",
    },
    Case {
        path: "/p/src/main.rs",
        text: "use sqlx::PgPool;\n\npub async fn books_of(db: &PgPool, author: i64) -> sqlx::Result<Vec<(i64,)>> {\n    sqlx::query_as(\"SELECT id FROM books WHERE author_id = $1\").bind(author).fetch_all(db).await\n}\n",
        around: &[
            ("/p/migrations/20250101000000_books.sql", MIGRATION),
            ("/p/Cargo.toml", "[package]\nname = \"p\"\n[dependencies]\nsqlx = \"0.8\"\n"),
        ],
        line: "    sqlx::query_as(",
    },
];

fn findings(engine: &Engine, files: &MemoryFiles, path: &str) -> Vec<Finding> {
    engine.review(&request(files, path)).findings
}

fn request<'a>(files: &'a MemoryFiles, path: &'a str) -> Request<'a> {
    static CANCEL: AtomicBool = AtomicBool::new(false);
    static CONFIG: std::sync::LazyLock<Config> = std::sync::LazyLock::new(Config::default);
    Request { files, path, document: None, config: &CONFIG, cancel: &CANCEL, now: 1_763_700_000 }
}

fn creates_nothing(fix: &Fix) -> bool {
    fix.edits.iter().all(|edit| edit.range.is_some())
}

#[test]
fn an_editor_that_creates_no_files_is_offered_the_statement_to_run() {
    for &Case { path, text, around, line } in CASES {
        let mut files = MemoryFiles::default();
        files.insert(path, text);
        for &(path, text) in around {
            files.insert(path, text);
        }
        let engine = Engine::new();
        let found = findings(&engine, &files, path);
        let [finding] = found.as_slice() else { panic!("{path}: {found:?}") };
        assert_eq!(finding.rule, "missing-index");

        // Where a migration can be created, that is the fix, and the only one.
        let fixes = engine.fixes(&request(&files, path), finding);
        let [fix] = fixes.as_slice() else { panic!("{path}: {fixes:?}") };
        assert!(!creates_nothing(fix));

        let fixes = engine.fixes_that(&request(&files, path), finding, &creates_nothing);
        let [note] = fixes.as_slice() else { panic!("{path}: {fixes:?}") };
        let [edit] = note.edits.as_slice() else { panic!("{path}: {note:?}") };
        let edit = ByteEdit { range: edit.range.expect("it edits"), text: edit.new_text.clone() };
        let noted = apply_byte_edits(text, &[edit]).expect("it fits");
        let indent = line.len() - line.trim_start().len();
        let comment = "// plimsoll-ignore missing-index: needs CREATE INDEX CONCURRENTLY IF NOT EXISTS books_author_id_idx ON books (author_id)";
        assert!(noted.contains(&format!("{:indent$}{comment}\n{line}", "")), "{noted}");

        // Nothing is left to say, not of the note either.
        files.insert(path, noted.as_str());
        assert_eq!(findings(&engine, &files, path), []);
        assert!(files.read(path).is_some());
    }
}

#[test]
fn nothing_is_noted_whose_statement_would_be_wrong() {
    // A plain index of an array finds no element of it.
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", "{\"dependencies\":{\"pg\":\"8\"}}");
    files.insert(
        "/p/migrations/0001_books.sql",
        "CREATE TABLE books (\n    id BIGSERIAL PRIMARY KEY,\n    labels TEXT[] NOT NULL\n);\n",
    );
    let text = "import { Pool } from 'pg'\n\nconst pool = new Pool({ connectionTimeoutMillis: 5_000 })\nexport const labelled = (labels: string[]) => pool.query('SELECT id FROM books WHERE labels = $1', [labels])\n";
    files.insert("/p/src/books.ts", text);
    let engine = Engine::new();
    for finding in findings(&engine, &files, "/p/src/books.ts") {
        assert_eq!(engine.fixes(&request(&files, "/p/src/books.ts"), &finding), []);
    }
}
