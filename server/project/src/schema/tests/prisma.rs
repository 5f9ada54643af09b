use insta::assert_snapshot;

use super::{covered, outline, schema_of, table};
use crate::schema::{ColumnType, Dialect, IndexMethod, Schema, Serving};

const BLOG: &str = r#"
generator client {
  provider = "prisma-client-js"
  output   = "../src/generated/client"
}
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

/// Someone who writes.
model User {
  id        String   @id @default(uuid()) @db.Uuid
  email     String   @unique(map: "users_email_unique")
  role      Role     @default(READER)
  tags      String[]
  createdAt DateTime @default(now()) @map("created_at") // when
  posts     Post[]
  reviews   Post[]   @relation("Reviewer")

  @@map("users")
}

model Post {
  id         Int     @id @default(autoincrement())
  title      String  @db.VarChar(200)
  body       String?
  authorId   String  @map("author_id") @db.Uuid
  reviewerId String? @db.Uuid
  point      Unsupported("point")?
  author     User    @relation(fields: [authorId], references: [id], onDelete: Cascade)
  reviewer   User?   @relation(name: "Reviewer", fields: [reviewerId], references: [id])
  labels     Label[]

  @@unique([authorId, title])
  @@index([title(sort: Desc), id], map: "posts_title")
  @@index([body(ops: raw("gin_trgm_ops"))], type: Gin)
}

model Label {
  name  String
  scope String
  posts Post[]

  @@id([scope, name])
}

enum Role {
  READER
  WRITER @map("writer")
  ADMIN
}
"#;

#[test]
fn reads_models_with_keys_relations_and_join_tables() {
    let schema = schema_of("prisma/schema.prisma", BLOG);
    assert_snapshot!(outline(&schema), @r#"
    Postgres
    users (id: Uuid=, email: Text, role: Enum { variants: 3 }=, tags: Text[], created_at: Timestamp=)
      primary key id
      index users_email_unique (email) BTree unique
      posts -> Post[] by ()
      reviews -> Post[] by ()
    Post (id: Int=, title: Text, body: Text?, author_id: Uuid, reviewerId: Uuid?, point: Other("Unsupported")?)
      primary key id
      index - (author_id, title) BTree unique
      index posts_title (title, id) BTree
      index - (body) Gin
      key (author_id) -> users (id) Some(Cascade)
      key (reviewerId) -> users (id) None
      author -> User by (authorId)
      reviewer -> User by (reviewerId)
      labels -> Label[] by ()
    Label (name: Text, scope: Text)
      primary key scope, name
      posts -> Post[] by ()
    _LabelToPost (A: Text, B: Int)
      primary key A, B
      index - (B) BTree implicit
      key (A) -> Label (scope, name) Some(Cascade)
      key (B) -> Post (id) Some(Cascade)
    "#);
    assert_eq!(schema.generators[0].output.as_deref(), Some("../src/generated/client"));
}

#[test]
fn finds_tables_and_columns_by_either_name() {
    let schema = schema_of("prisma/schema.prisma", BLOG);
    let user = schema.table_by_code_name("user").expect("the accessor finds the model");
    assert_eq!(user.name, "users");
    assert_eq!(user.accessor(), "user");
    assert_eq!(schema.table("USERS"), Some(user));
    assert_eq!(user.column("createdAt"), user.column("created_at"));
    assert_eq!(covered(BLOG, user.name_range), Some("User"));
    assert!(covered(BLOG, user.range).is_some_and(|own| own.ends_with("(\"users\")\n}")));
}

#[test]
fn says_what_serves_a_filter() {
    let schema = schema_of("prisma/schema.prisma", BLOG);
    let post = table(&schema, "Post");
    assert_eq!(post.serving_index(&["body", "id"]), Some(Serving::PrimaryKey));
    assert!(matches!(post.serving_index(&["author_id"]), Some(Serving::Index(own)) if own.unique));
    assert!(post.leads_index("authorId"));
    assert!(!post.leads_index("reviewerId"));
    // Only a trigram index has it, which serves no equality.
    assert!(!post.leads_index("body"));
    assert!(post.is_mentioned_in_index("body"));
    assert_eq!(post.indexes[2].method, IndexMethod::Gin);
    assert_eq!(post.indexes[2].operator_class.as_deref(), Some("gin_trgm_ops"));
    assert!(post.is_unique(&["title", "authorId"]) && !post.is_unique(&["title"]));
}

#[test]
fn merges_the_files_of_one_schema() {
    let schema = Schema::from_files(&[
        ("prisma/schema/user.prisma", "model User {\n  id Int @id\n  posts Post[]\n  kind Kind\n}"),
        (
            "prisma/schema/post.prisma",
            "model Post {\n  id Int @id\n  userId Int\n  user User @relation(fields: [userId], references: [id])\n}\nenum Kind {\n  A\n  B\n}",
        ),
        ("prisma/schema/db.prisma", "datasource db {\n  provider = \"mysql\"\n}"),
    ]);
    assert_eq!(schema.dialect, Dialect::MySql);
    let user = table(&schema, "User");
    assert_eq!(user.column("kind").map(|own| &own.column_type), Some(&ColumnType::Enum { variants: 2 }));
    assert_eq!(user.relations[0].target, "Post");
    // InnoDB indexes the key by itself.
    assert!(table(&schema, "Post").indexes[0].implicit);
}

#[test]
fn makes_no_index_for_keys_that_the_database_does_not_have() {
    let schema = schema_of(
        "schema.prisma",
        "datasource db {\n  provider = \"mysql\"\n  relationMode = \"prisma\"\n}\nmodel A {\n id Int @id\n bs B[]\n}\nmodel B {\n id Int @id\n aId Int\n a A @relation(fields: [aId], references: [id])\n}",
    );
    assert!(!table(&schema, "B").leads_index("aId"));
}

#[test]
fn what_is_broken_costs_its_own_model() {
    let schema = schema_of(
        "schema.prisma",
        "model A {\n  id Int @id\n  b\n  @@index([id, \n}\nmodel B {\n  id Int @id\n  name String\n\nmodel C {\n  id Int @id\n}\n",
    );
    let state: Vec<_> = schema.tables.iter().map(|own| (own.name.as_str(), own.unknown)).collect();
    assert_eq!(state, [("A", true), ("B", true), ("C", false)]);
    assert!(table(&schema, "B").column("name").is_some());
}

#[test]
fn a_view_is_never_known_whole() {
    let schema = schema_of("schema.prisma", "view Totals {\n  id Int @unique\n  sum Int\n}");
    assert!(table(&schema, "Totals").unknown);
}

#[test]
fn sql_beside_a_prisma_schema_adds_the_indexes_that_prisma_cannot_say() {
    let schema = Schema::from_files(&[
        ("prisma/schema.prisma", BLOG),
        (
            "prisma/migrations/20240101000000_init/migration.sql",
            "CREATE TABLE \"Post\" (\"id\" SERIAL PRIMARY KEY, \"reviewerId\" UUID);\nCREATE INDEX \"by_reviewer\" ON \"Post\"(\"reviewerId\");\nCREATE TABLE \"audit\" (\"id\" INT);",
        ),
    ]);
    let post = table(&schema, "Post");
    assert!(post.leads_index("reviewerId"));
    assert_eq!(post.file, "prisma/schema.prisma");
    assert!(schema.table("audit").is_some());
}
