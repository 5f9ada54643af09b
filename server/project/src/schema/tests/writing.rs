use super::{edited, schema_of_all, table};
use crate::schema::{
    CannotWrite, Dialect, IndexRequest, MigrationTime, MigrationTool, Schema, SchemaEdit, add_index,
};

const NOW: MigrationTime = MigrationTime { year: 2026, month: 11, day: 21, hour: 5, minute: 12, second: 50 };

const TABLE: &str = "CREATE TABLE users (id SERIAL PRIMARY KEY);\nCREATE TABLE posts (\n  id SERIAL PRIMARY KEY,\n  author_id INT NOT NULL REFERENCES users(id)\n);\n";

/// Writes an index, checks that it is read again and that writing twice changes nothing, and
/// gives the edits.
fn written(
    files: &[(&str, &str)],
    name: &str,
    columns: &[&str],
    tool: Option<MigrationTool>,
) -> Vec<SchemaEdit> {
    let schema = Schema::from_files(files);
    let request = IndexRequest { table: table(&schema, name), columns, now: NOW, tool };
    let edits = add_index(&schema, files, &request).expect("the index can be added");
    let files = edited(files, &edits);
    let again = schema_of_all(&files, Dialect::Unknown);
    let own = table(&again, name);
    assert!(own.has_index_on(columns) && own.leads_index(columns[0]), "{edits:#?}");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let request = IndexRequest { table: own, columns, now: NOW, tool };
    assert_eq!(add_index(&again, &files, &request), Ok(Vec::new()));
    edits
}

/// The path and the text of each created file.
fn created(edits: &[SchemaEdit]) -> Vec<(&str, &str)> {
    assert!(edits.iter().all(|edit| edit.range.is_none()));
    edits.iter().map(|edit| (edit.path.as_str(), edit.new_text.as_str())).collect()
}

fn in_prisma(text: &str, columns: &[&str]) -> String {
    let files = [("schema.prisma", text)];
    let edits = written(&files, "Post", columns, None);
    edited(&files, &edits).remove(0).1
}

#[test]
fn an_index_joins_the_block_attributes_of_its_model() {
    let text = "model Post {\n  id Int @id\n  userId Int @map(\"user_id\")\n\n  @@unique([id, userId]) // both\n  @@map(\"posts\")\n}\n";
    let files = [("schema.prisma", text)];
    let edits = written(&files, "posts", &["user_id"], None);
    let expected = text.replace("@@map(\"posts\")\n", "@@map(\"posts\")\n  @@index([userId])\n");
    assert_eq!(edited(&files, &edits)[0].1, expected);
}

#[test]
fn an_index_without_neighbours_stands_after_a_blank_line() {
    assert_eq!(
        in_prisma("model Post {\r\n\tid Int @id\r\n\ta Int\r\n\tb Int\r\n}\r\n", &["b", "a"]),
        "model Post {\r\n\tid Int @id\r\n\ta Int\r\n\tb Int\r\n\r\n\t@@index([b, a])\r\n}\r\n"
    );
    assert_eq!(
        in_prisma("model Post {\n  id Int @id\n  a Int // last\n\n}\n", &["a"]),
        "model Post {\n  id Int @id\n  a Int // last\n\n  @@index([a])\n}\n"
    );
}

#[test]
fn an_index_is_named_where_the_project_names_its_own() {
    let text = "model Post {\n  id Int @id\n  a Int\n  b Int\n\n  @@index([a], map: \"idx_Post_a\")\n}\n";
    assert!(in_prisma(text, &["b"]).contains("  @@index([b], map: \"idx_Post_b\")\n}"));
}

#[test]
fn an_unbounded_text_of_mysql_is_indexed_by_its_start() {
    let text =
        "datasource db {\n  provider = \"mysql\"\n}\nmodel Post {\n  id Int @id\n  a String @db.Text\n}\n";
    assert!(in_prisma(text, &["a"]).contains("@@index([a(length: 191)])"));
}

#[test]
fn sqlx_gets_a_migration_outside_of_a_transaction() {
    let files = [("migrations/20240101000000_init.sql", TABLE)];
    let edits = written(&files, "posts", &["author_id"], Some(MigrationTool::Sqlx));
    assert_eq!(
        created(&edits),
        [(
            "migrations/20261121051250_add_posts_author_id_index.sql",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS posts_author_id_idx ON posts (author_id);\n"
        )]
    );
}

#[test]
fn a_reversible_layout_gets_both_directions() {
    let files = [
        ("db/migrations/20240101000000_init.up.sql", TABLE),
        ("db/migrations/20240101000000_init.down.sql", "DROP TABLE posts;"),
    ];
    let edits = written(&files, "posts", &["author_id"], Some(MigrationTool::Sqlx));
    let created = created(&edits);
    assert_eq!(created[0].0, "db/migrations/20261121051250_add_posts_author_id_index.up.sql");
    assert_eq!(
        created[1],
        (
            "db/migrations/20261121051250_add_posts_author_id_index.down.sql",
            "-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS posts_author_id_idx;\n"
        )
    );
}

#[test]
fn diesel_gets_its_metadata() {
    let files = [("migrations/2023-03-14-180127_init/up.sql", TABLE)];
    let edits = written(&files, "posts", &["author_id"], None);
    let folder = "migrations/2026-11-21-051250_add_posts_author_id_index";
    assert_eq!(
        created(&edits),
        [
            (
                format!("{folder}/up.sql").as_str(),
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_author_id_idx ON posts (author_id);\n"
            ),
            (
                format!("{folder}/down.sql").as_str(),
                "DROP INDEX CONCURRENTLY IF EXISTS posts_author_id_idx;\n"
            ),
            (format!("{folder}/metadata.toml").as_str(), "run_in_transaction = false\n"),
        ]
    );
}

#[test]
fn tools_without_a_mark_get_a_plain_statement() {
    let plain = "CREATE INDEX posts_author_id_idx ON posts (author_id);\n";
    let cases = [
        (
            "supabase/migrations/20240101000000_init.sql",
            "supabase/migrations/20261121051250_add_posts_author_id_index.sql",
        ),
        ("migrations/001-init.sql", "migrations/002-add_posts_author_id_index.sql"),
        ("db/migration/V9__init.sql", "db/migration/V10__add_posts_author_id_index.sql"),
        (
            "prisma/migrations/20240101000000_init/migration.sql",
            "prisma/migrations/20261121051250_add_posts_author_id_index/migration.sql",
        ),
        ("migrations/1700000000_init.sql", "migrations/1795237970_add_posts_author_id_index.sql"),
    ];
    for (path, expected) in cases {
        let edits = written(&[(path, TABLE)], "posts", &["author_id"], None);
        assert_eq!(created(&edits), [(expected, plain)]);
    }
}

#[test]
fn sections_of_one_file_hold_both_directions() {
    let text = format!("-- migrate:up\n{TABLE}\n-- migrate:down\nDROP TABLE posts;\n");
    let edits = written(&[("db/migrations/20240101000000_a.sql", &text)], "posts", &["author_id"], None);
    assert_eq!(
        created(&edits)[0].1,
        "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS posts_author_id_idx ON posts (author_id);\n\n-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY IF EXISTS posts_author_id_idx;\n"
    );
}

#[test]
fn a_new_migration_comes_after_one_from_the_future() {
    for (last, next) in [
        ("20991231235958", "20991231235959"),
        ("20991231235959", "21000101000000"),
        ("20960228235959", "20960229000000"),
        ("209912312359", "210001010000"),
        ("20991231", "21000101"),
        ("2099-12-31-235959", "2100-01-01-000000"),
        ("2099-12-31-235959-0000", "2100-01-01-000000-0000"),
        // No moment, or no more one: somebody counts.
        ("20991231235960", "20991231235961"),
        ("20991301", "20991302"),
        ("9999999999", "10000000000"),
        ("0009", "0010"),
    ] {
        let path = format!("migrations/{last}_init.sql");
        let edits = written(&[(&path, TABLE)], "posts", &["author_id"], None);
        assert_eq!(edits[0].path, format!("migrations/{next}_add_posts_author_id_index.sql"), "{last}");
    }
}

#[test]
fn names_follow_the_project_and_never_collide() {
    let text = format!(
        "{TABLE}CREATE INDEX idx_users_id ON users (id, id);\nCREATE INDEX idx_posts_author_id ON posts (author_id) WHERE id > 3;\n"
    );
    let edits = written(&[("schema.sql", &text)], "posts", &["author_id"], None);
    assert_eq!(edits[0].new_text, "\nCREATE INDEX idx_posts_author_id_2 ON posts (author_id);\n");
}

#[test]
fn names_are_spelled_as_the_project_spells_them() {
    let text =
        "CREATE TABLE `Order` (`id` INT AUTO_INCREMENT PRIMARY KEY, `userId` INT, note TEXT) ENGINE=InnoDB;";
    let edits = written(&[("schema.sql", text)], "Order", &["userId", "note"], None);
    assert_eq!(
        edits[0].new_text,
        "\n\nCREATE INDEX `Order_userId_note_idx` ON `Order` (`userId`, note(191));\n"
    );
}

#[test]
fn what_is_not_known_is_not_written() {
    let text = "CREATE TABLE a (id INT, data JSONB, tags TEXT[]);\nCREATE TABLE b (id INT, ! );";
    let files = [("schema.sql", text)];
    let schema = Schema::from_files(&files);
    let add = |name: &str, columns: &[&str], files: &[(&str, &str)]| {
        let request = IndexRequest { table: table(&schema, name), columns, now: NOW, tool: None };
        add_index(&schema, files, &request).expect_err("it cannot be written")
    };
    assert_eq!(add("b", &["id"], &files), CannotWrite::UnknownTable);
    assert_eq!(add("a", &["no"], &files), CannotWrite::UnknownColumn("no".into()));
    assert_eq!(add("a", &["data"], &files), CannotWrite::NotIndexable("data".into()));
    assert_eq!(add("a", &["tags"], &files), CannotWrite::NotIndexable("tags".into()));
    assert_eq!(add("a", &["id"], &[]), CannotWrite::NoSource("schema.sql".into()));
}

#[test]
fn what_is_generated_is_never_edited() {
    for files in [
        vec![("drizzle/0000_init.sql", TABLE)],
        vec![("db/migrations/0000_init.sql", TABLE), ("db/migrations/meta/_journal.json", "{}")],
    ] {
        let schema = Schema::from_files(&files);
        let request =
            IndexRequest { table: table(&schema, "posts"), columns: &["author_id"], now: NOW, tool: None };
        let refused = add_index(&schema, &files, &request).expect_err("it is generated");
        assert_eq!(refused, CannotWrite::Generated(files[0].0.into()));
    }
}
