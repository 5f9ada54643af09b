//! What is found in code and in the schema that it uses, together.

use serde_json::Value;

use super::project::Project;

const MANIFEST: &str = r#"[package]
name = "library"
version = "0.1.0"

[dependencies]
sqlx = { version = "0.8", features = ["postgres"] }
"#;

const SCHEMA: &str = "CREATE TABLE users (id BIGINT PRIMARY KEY);
CREATE TABLE books (
    id BIGINT PRIMARY KEY,
    author_id BIGINT NOT NULL REFERENCES users (id),
    lender_id BIGINT NOT NULL REFERENCES users (id),
    shelf TEXT NOT NULL
);
";

const CODE: &str = r#"use sqlx::PgPool;

pub async fn of_author(db: &PgPool, author: i64) -> sqlx::Result<Vec<(i64,)>> {
    sqlx::query_as("SELECT id FROM books WHERE author_id = $1").bind(author).fetch_all(db).await
}

pub async fn on_shelf(db: &PgPool, shelf: &str) -> sqlx::Result<Vec<(i64,)>> {
    sqlx::query_as("SELECT id FROM books WHERE shelf = $1").bind(shelf).fetch_all(db).await
}
"#;

fn project() -> Project {
    let files = [("Cargo.toml", MANIFEST), ("migrations/0001_init.sql", SCHEMA), ("src/main.rs", CODE)];
    Project::new(&files)
}

/// A line for each finding: the rule, the line, and the files that its first fix creates.
fn found(project: &Project, arguments: &[&str]) -> Vec<String> {
    let run = project.run(
        &[&["check", "--format", "json", "--rule", "missing-index,unindexed-foreign-key"], arguments]
            .concat(),
    );
    let report: Value = serde_json::from_str(&run.stdout.replace("[time]", "0")).expect("an object");
    let told = report["findings"].as_array().expect("a list").iter().map(|finding| {
        let edits = finding["fixes"][0]["edits"].as_array().into_iter().flatten();
        let created: Vec<&str> = edits.filter_map(|edit| edit["path"].as_str()).collect();
        let line = &finding["range"]["start"]["line"];
        format!("{}:{line} {}", finding["rule"].as_str().unwrap_or_default(), created.join(" "))
    });
    told.collect()
}

#[test]
fn what_code_and_schema_say_of_one_column_is_told_in_the_code() {
    let project = project();
    let of_schema = ["unindexed-foreign-key:4 ", "unindexed-foreign-key:5 "];
    let of_code = ["missing-index:4 ", "missing-index:8 "];
    assert_eq!(found(&project, &["migrations"]), of_schema);
    assert_eq!(found(&project, &["src"]), of_code);
    let of_both = ["unindexed-foreign-key:5 ", "missing-index:4 ", "missing-index:8 "];
    assert_eq!(found(&project, &[]), of_both);
    assert_eq!(found(&project, &["--jobs", "1"]), of_both, "what is kept says the same");
    assert_eq!(found(&project, &["src", "migrations", "--no-cache"]), of_both);
    // What nobody is shown hides nothing.
    project.write_bytes("plimsoll.toml", b"[rules]\nmissing-index = \"off\"\n");
    assert_eq!(found(&project, &[]), of_schema);
}

#[test]
fn new_migrations_of_several_fixes_have_numbers_of_their_own() {
    let project = project();
    let with_fixes = [
        "unindexed-foreign-key:5 migrations/0002_add_books_lender_id_index.sql",
        "missing-index:4 migrations/0003_add_books_author_id_index.sql",
        "missing-index:8 migrations/0004_add_books_shelf_index.sql",
    ];
    assert_eq!(found(&project, &["--fixes"]), with_fixes);
    let run = project.run(&["fix", "--review-needed", "--rule", "missing-index,unindexed-foreign-key"]);
    assert_eq!(run.status, 0, "{run}");
    let none: [&str; 0] = [];
    assert_eq!(found(&project, &["--no-cache"]), none);
    let names = std::fs::read_dir(project.path().join("migrations")).expect("it is there");
    let mut numbers: Vec<String> = names
        .map(|entry| entry.expect("it is there").file_name().to_string_lossy()[..4].to_owned())
        .collect();
    numbers.sort();
    assert_eq!(numbers, ["0001", "0002", "0003", "0004"]);
}

#[test]
fn many_new_migrations_are_made_in_one_run() {
    let tables: String = (0..14)
        .map(|n| {
            format!(
                "CREATE TABLE notes_{n} (id int PRIMARY KEY, owner_id int NOT NULL REFERENCES users (id));\n"
            )
        })
        .collect();
    let schema = format!("CREATE TABLE users (id int PRIMARY KEY);\n{tables}");
    let project = Project::new(&[
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n",
        ),
        ("migrations/0001_start.sql", &schema),
    ]);
    let shown = project.run(&["fix", "--preview", "--review-needed", "--dry-run"]);
    assert_eq!(shown.stdout.matches("+++ b/migrations/").count(), 14, "{shown}");
    let run = project.run(&["fix", "--preview", "--review-needed"]);
    assert!(run.stdout.ends_with("14 findings: 14 fixed in 14 files\n"), "{run}");
    let again = project.run(&["fix", "--preview", "--review-needed"]);
    assert_eq!(again.stdout, "nothing to fix\n");
    let folder = std::fs::read_dir(project.path().join("migrations")).expect("it is there");
    let numbers: std::collections::BTreeSet<String> =
        folder.flatten().map(|it| it.file_name().to_string_lossy()[..4].to_owned()).collect();
    assert_eq!(numbers.len(), 15, "each has a number of its own: {numbers:?}");
}
