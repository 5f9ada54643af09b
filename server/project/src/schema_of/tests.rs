use super::*;
use crate::{MemoryFiles, Overlay};

fn files(all: &[(&str, &str)]) -> MemoryFiles {
    let mut files = MemoryFiles::default();
    for (path, text) in all {
        files.insert(*path, *text);
    }
    files
}

fn tables(files: &dyn Files, path: &str, kind: SchemaKind) -> Vec<String> {
    let schemas = SchemasOf::new(files, path);
    let found = schemas
        .schema_for(kind)
        .map(|found| found.schema.tables.iter().map(|table| table.name.to_string()).collect());
    found.unwrap_or_default()
}

const USERS: &str = "CREATE TABLE users (id BIGINT PRIMARY KEY);";
const POSTS: &str = "CREATE TABLE posts (id BIGINT PRIMARY KEY);";
const MODEL: &str = "model Post {\n  id String @id\n}\n";

#[test]
fn the_nearest_schema_is_the_one_of_the_client() {
    let files = files(&[
        ("/p/migrations/0001_users.sql", USERS),
        ("/p/api/prisma/schema.prisma", MODEL),
        ("/p/api/src/a.ts", ""),
    ]);
    assert_eq!(tables(&files, "/p/api/src/a.ts", SchemaKind::Prisma), ["Post"]);
    assert_eq!(tables(&files, "/p/api/src/a.ts", SchemaKind::Sql), ["users"]);
    assert_eq!(tables(&files, "/p/src/a.rs", SchemaKind::Sql), ["users"]);
}

#[test]
fn sql_without_migrations_is_that_of_the_prisma_schema() {
    let files = files(&[("/p/prisma/schema.prisma", MODEL)]);
    assert_eq!(tables(&files, "/p/src/a.ts", SchemaKind::Sql), ["Post"]);
}

#[test]
fn a_package_of_the_workspace_may_hold_it() {
    let files = files(&[("/p/packages/db/prisma/schema/post.prisma", MODEL), ("/p/apps/web/src/a.ts", "")]);
    assert_eq!(tables(&files, "/p/apps/web/src/a.ts", SchemaKind::Prisma), ["Post"]);
}

#[test]
fn the_manifest_may_name_it() {
    let files = files(&[
        ("/p/package.json", r#"{ "prisma": { "schema": "./db/main.prisma" } }"#),
        ("/p/db/main.prisma", MODEL),
    ]);
    assert_eq!(tables(&files, "/p/src/a.ts", SchemaKind::Prisma), ["Post"]);
}

#[test]
fn two_that_are_equally_near_are_none() {
    let sql = files(&[("/p/migrations/1_users.sql", USERS), ("/p/supabase/migrations/1_users.sql", USERS)]);
    assert!(tables(&sql, "/p/src/a.ts", SchemaKind::Sql).is_empty());
    let prisma = files(&[
        ("/p/packages/a/prisma/schema.prisma", MODEL),
        ("/p/packages/b/prisma/schema.prisma", MODEL),
    ]);
    assert!(tables(&prisma, "/p/apps/web/a.ts", SchemaKind::Prisma).is_empty());
    let dialects =
        files(&[("/p/migrations/postgres/1_a.sql", USERS), ("/p/migrations/sqlite/1_a.sql", USERS)]);
    assert!(tables(&dialects, "/p/src/a.rs", SchemaKind::Sql).is_empty());
}

#[test]
fn two_that_share_no_table_are_one() {
    let files = files(&[
        ("/p/migrations_main/1_users.up.sql", USERS),
        ("/p/migrations_main/1_users.down.sql", "DROP TABLE users;"),
        ("/p/migrations_logs/1_posts.up.sql", POSTS),
    ]);
    assert_eq!(tables(&files, "/p/src/a.rs", SchemaKind::Sql), ["posts", "users"]);
}

#[test]
fn a_whole_schema_of_supabase_stands_beside_its_migrations() {
    let alter = "ALTER TABLE users ADD COLUMN name TEXT; CREATE INDEX users_name ON users (name);";
    let files = files(&[("/p/supabase/schema.sql", USERS), ("/p/supabase/migrations/2_name.sql", alter)]);
    assert_eq!(tables(&files, "/p/mobile/src/a.ts", SchemaKind::Sql), ["users"]);
    let schemas = SchemasOf::new(&files, "/p/mobile/src/a.ts");
    let users = schemas.schema_for(SchemaKind::Sql).map(|found| found.schema.tables[0].clone());
    assert!(
        users.is_some_and(|users| users.leads_index("name")),
        "what goes on from the whole schema counts"
    );
}

#[test]
fn a_whole_schema_stands_with_the_migrations_beside_it() {
    let files = files(&[("/p/db/migrations/1_users.sql", USERS), ("/p/db/schema.sql", POSTS)]);
    assert_eq!(tables(&files, "/p/src/a.ts", SchemaKind::Sql), ["users", "posts"]);
}

#[test]
fn a_part_may_have_migrations_of_its_own() {
    let files =
        files(&[("/p/src/migrations/1_users.sql", USERS), ("/p/src/blog/migrations/1_posts.sql", POSTS)]);
    assert_eq!(tables(&files, "/p/src/blog/a.ts", SchemaKind::Sql), ["posts", "users"]);
    assert_eq!(tables(&files, "/p/src/a.ts", SchemaKind::Sql), ["users"]);
}

#[test]
fn an_edit_in_an_overlay_is_seen() {
    let under = files(&[("/p/prisma/schema.prisma", MODEL)]);
    assert_eq!(tables(&under, "/p/src/a.ts", SchemaKind::Prisma), ["Post"]);
    let over = files(&[("/p/prisma/schema.prisma", "model Comment {\n  id String @id\n}\n")]);
    let both = Overlay { over: &over, under: &under };
    assert_eq!(tables(&both, "/p/src/a.ts", SchemaKind::Prisma), ["Comment"]);
    assert_eq!(tables(&under, "/p/src/a.ts", SchemaKind::Prisma), ["Post"]);
}

#[test]
fn indexes_of_loose_sql_files_are_known() {
    let files = files(&[
        ("/p/prisma/schema.prisma", MODEL),
        ("/p/sql/extra.sql", "create index concurrently on \"Post\" (\"title\");\nselect 1;"),
    ]);
    let schemas = SchemasOf::new(&files, "/p/src/a.ts");
    let schema = schemas.schema_for(SchemaKind::Prisma).expect("it stands there");
    assert!(schema.has_raw_index("Post", "title"));
    assert!(!schema.has_raw_index("Post", "id"));
}
