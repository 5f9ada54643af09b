use insta::assert_snapshot;

use super::{covered, outline, schema_of, table};
use crate::schema::{ColumnType, Dialect, IndexMethod, Schema, SchemaFile};

#[test]
fn applies_migrations_in_the_order_of_their_names() {
    let schema = Schema::from_files(&[
        (
            "migrations/20240301000000_rename.up.sql",
            "ALTER TABLE posts RENAME COLUMN user_id TO author_id;\nALTER TABLE posts ADD COLUMN slug TEXT UNIQUE, DROP COLUMN draft;\nDROP INDEX idx_posts_title;",
        ),
        ("migrations/20240301000000_rename.down.sql", "DROP TABLE posts;"),
        (
            "migrations/20240101000000_init.up.sql",
            r"CREATE TYPE status AS ENUM ('open', 'closed', 'gone');
CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  email VARCHAR(255) NOT NULL UNIQUE
);
CREATE TABLE public.posts (
  id BIGSERIAL PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  draft BOOLEAN DEFAULT true,
  status status NOT NULL,
  kind TEXT CHECK (kind IN ('a', 'b')),
  tags TEXT[],
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT posts_title_check CHECK (length(title) > 0)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_posts_user_id ON posts (user_id, created_at DESC);
CREATE INDEX idx_posts_title ON posts USING btree (title);
CREATE INDEX idx_posts_open ON posts (created_at) WHERE draft;
CREATE INDEX idx_posts_lower ON posts (lower(title));
CREATE INDEX idx_posts_tags ON ONLY posts USING gin (tags);",
        ),
    ]);
    assert_snapshot!(outline(&schema), @r#"
    Postgres
    users (id: Uuid=, email: Text)
      primary key id
      index - (email) BTree unique
    posts (id: BigInt=, author_id: Uuid, title: Text, status: Enum { variants: 3 }, kind: Enum { variants: 2 }?, tags: Text[]?, created_at: Timestamp=, slug: Text?)
      primary key id
      index idx_posts_user_id (author_id, created_at) BTree
      index idx_posts_open (created_at) BTree partial
      index idx_posts_lower () BTree expression
      index idx_posts_tags (tags) Gin
      index - (slug) BTree unique
      key (author_id) -> users (id) Some(Cascade)
    "#);
    let posts = table(&schema, "public.posts");
    assert!(posts.leads_index("author_id"));
    assert!(!posts.leads_index("created_at") && !posts.leads_index("title"));
    assert!(posts.is_mentioned_in_index("title"));
    assert_eq!(posts.file, "migrations/20240101000000_init.up.sql");
}

#[test]
fn tells_where_a_table_and_a_column_stand() {
    let text =
        "-- größer\r\nCREATE TABLE \"ä\".\"Users\" (\r\n  \"é\" INT, name NUMERIC(10, 2) NOT NULL\r\n);\r\n";
    let schema = schema_of("schema.sql", text);
    let users = table(&schema, "ä.Users");
    assert_eq!(covered(text, users.name_range), Some("\"ä\".\"Users\""));
    assert_eq!(covered(text, users.columns[0].name_range), Some("\"é\""));
    assert_eq!(covered(text, users.columns[1].range), Some("name NUMERIC(10, 2) NOT NULL"));
    assert!(covered(text, users.range).is_some_and(|own| own.starts_with("CREATE") && own.ends_with(')')));
}

#[test]
fn reads_mysql_keys_within_a_table() {
    let schema = schema_of(
        "schema.sql",
        r"CREATE TABLE `orders` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `user_id` int unsigned NOT NULL,
  `code` varchar(64) DEFAULT NULL,
  `state` enum('new','paid') NOT NULL DEFAULT 'new',
  `is_gift` tinyint(1) NOT NULL DEFAULT 0,
  `note` text,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_code` (`code`),
  KEY `idx_state` (`state`, `id`),
  FULLTEXT KEY `ft_note` (`note`),
  CONSTRAINT `fk_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE FULLTEXT INDEX ft2 ON orders (code);
CREATE INDEX prefix ON orders (note(100));
ALTER TABLE orders ADD INDEX by_gift (is_gift), MODIFY COLUMN code varchar(10) NOT NULL, CHANGE note remark longtext;
DROP INDEX idx_state ON orders;",
    );
    assert_snapshot!(outline(&schema), @r#"
    MySql
    orders (id: Int=, user_id: Int, code: Text, state: Enum { variants: 2 }=, is_gift: Bool=, remark: Text?)
      primary key id
      index uq_code (code) BTree unique
      index ft_note (remark) FullText
      index ft2 (code) FullText
      index prefix (remark) BTree
      index by_gift (is_gift) BTree
      index fk_user (user_id) BTree implicit
      key (user_id) -> users (id) Some(Cascade)
    "#);
}

#[test]
fn a_statement_that_cannot_be_read_costs_the_table_it_names() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE a (id INT PRIMARY KEY);\nCREATE TABLE b (id INT PRIMARY KEY, a_id INT);\nALTER TABLE b FROBNICATE THE index;\nCREATE TABLE c (id INT, WIBBLE ! 3);\nCREATE TABLE d (id INT);\n",
    );
    let state: Vec<_> = schema.tables.iter().map(|own| (own.name.as_str(), own.unknown)).collect();
    assert_eq!(state, [("a", false), ("b", true), ("c", true), ("d", false)]);
}

#[test]
fn what_has_no_end_costs_its_own_statement() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE a (id INT);\nCREATE TABLE b (id INT DEFAULT 'x);\nCREATE TABLE c (id INT);\n",
    );
    assert!(!table(&schema, "a").unknown && table(&schema, "b").unknown);
    assert!(!table(&schema, "c").unknown);
}

#[test]
fn bodies_data_and_commands_disturb_nothing() {
    let text = r#"\restrict abc'def
SET search_path = '';
CREATE TABLE a (id SERIAL PRIMARY KEY, name TEXT);
CREATE FUNCTION touch() RETURNS trigger AS $body$ BEGIN CREATE TABLE no (id INT); END; $body$ LANGUAGE plpgsql;
COPY a (id, name) FROM stdin;
1	it's; CREATE TABLE nope (id INT);
\.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1) THEN
    ALTER TABLE "a" ADD CONSTRAINT "a_b_fk" FOREIGN KEY ("name") REFERENCES "public"."b"("id") ON DELETE no action;
  END IF;
EXCEPTION WHEN duplicate_object THEN null;
END $$;
CREATE TABLE b (id TEXT PRIMARY KEY);
"#;
    let schema = schema_of("schema.sql", text);
    let names: Vec<_> = schema.tables.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(schema.dialect, Dialect::Postgres);
    let key = &table(&schema, "a").foreign_keys[0];
    assert_eq!((key.columns[0].as_str(), key.table.as_str()), ("name", "b"));
    assert_eq!(covered(text, key.range), Some("\"name\""));
    assert!(schema.tables.iter().all(|table| !table.unknown));
}

#[test]
fn the_statements_within_a_trigger_are_its_own() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  UPDATE a SET n = CASE WHEN n > 1 THEN 1 ELSE 2 END;\n  DROP TABLE a;\nEND;\nCREATE TABLE b (id INT);",
    );
    assert_eq!(schema.dialect, Dialect::Sqlite);
    let names: Vec<_> = schema.tables.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn sections_and_files_that_undo_are_passed_over() {
    let down = ["-- migrate:down", "-- +goose Down", "-- Down Migration"];
    for mark in down {
        let text = format!("-- migrate:up\nCREATE TABLE a (id INT);\n\n{mark}\nDROP TABLE a;\n");
        assert!(schema_of("db/migrations/1_a.sql", &text).table("a").is_some(), "{mark}");
    }
    for path in ["migrations/1_a/down.sql", "migrations/1_a.down.sql"] {
        let schema = schema_of(path, "CREATE TABLE a (id INT);");
        assert!(schema.tables.is_empty(), "{path}");
    }
}

#[test]
fn numbers_in_names_order_as_numbers() {
    let schema = Schema::from_files(&[
        ("migrations/10_drop.sql", "ALTER TABLE a DROP COLUMN b;"),
        ("migrations/9_add.sql", "ALTER TABLE a ADD COLUMN b INT;"),
        ("migrations/1_a.sql", "CREATE TABLE a (id INT);"),
    ]);
    assert_eq!(table(&schema, "a").columns.len(), 1);
}

#[test]
fn drizzle_migrations_of_sqlite_are_read() {
    let schema = schema_of(
        "drizzle/0000_init.sql",
        "CREATE TABLE `post` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`user_id` text,\n\tFOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade\n);\n--> statement-breakpoint\nCREATE UNIQUE INDEX `post_user` ON `post` (`user_id`);--> statement-breakpoint\nCREATE TABLE `user` (`id` text PRIMARY KEY NOT NULL)\n--> statement-breakpoint\nCREATE TABLE `c` (`id` text)",
    );
    assert_eq!(schema.dialect, Dialect::Sqlite);
    assert!(table(&schema, "post").leads_index("user_id"));
    assert_eq!(schema.tables.len(), 3);
    assert!(schema.tables.iter().all(|table| !table.unknown));
}

#[test]
fn a_table_of_another_namespace_is_another_table() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE auth.users (id INT);\nCREATE TABLE public.users (id INT, name TEXT);\nCREATE TABLE one.t (id INT);\nCREATE TABLE two.t (id INT);",
    );
    assert_eq!(table(&schema, "users").columns.len(), 2);
    assert_eq!(table(&schema, "auth.users").columns.len(), 1);
    assert_eq!(schema.table("t"), None);
}

#[test]
fn sqlite_rebuilds_a_table_by_renaming_another() {
    let schema = schema_of(
        "prisma/migrations/1_x/migration.sql",
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY);\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\"id\" INTEGER PRIMARY KEY, \"n\" INT);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";",
    );
    assert_eq!(schema.tables.len(), 1);
    assert!(table(&schema, "T").column("n").is_some());
}

#[test]
fn a_lock_file_or_the_caller_says_the_dialect() {
    let lock = SchemaFile::parse("prisma/migrations/migration_lock.toml", "provider = \"mysql\"\n");
    let sql = SchemaFile::parse("prisma/migrations/1_x/migration.sql", "CREATE TABLE a (id INT);");
    assert_eq!(Schema::fold([&lock, &sql], Dialect::Unknown).dialect, Dialect::MySql);
    assert_eq!(Schema::fold([&sql], Dialect::Sqlite).dialect, Dialect::Sqlite);
    assert_eq!(Schema::fold([&sql], Dialect::Unknown).dialect, Dialect::Unknown);
}

#[test]
fn types_are_told_apart() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE a (a timestamp with time zone, b double precision, c character varying(3), d jsonb, e numeric(3,1), f bytea, g date, h inet);",
    );
    let types: Vec<_> = table(&schema, "a").columns.iter().map(|own| own.column_type.clone()).collect();
    assert_eq!(
        types,
        [
            ColumnType::Timestamp,
            ColumnType::Float,
            ColumnType::Text,
            ColumnType::Json,
            ColumnType::Decimal,
            ColumnType::Bytes,
            ColumnType::Date,
            ColumnType::Other("inet".into()),
        ]
    );
    assert_eq!(IndexMethod::from_name("GIN"), IndexMethod::Gin);
}

#[test]
fn a_delimiter_of_mysql_hides_no_table() {
    let schema = schema_of(
        "schema.sql",
        "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; DROP TABLE b; END$$\nDELIMITER ;\nCREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY);",
    );
    assert_eq!(schema.tables.len(), 1);
}

#[test]
fn an_index_of_mysql_is_dropped_from_its_own_table_only() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE `a` (`id` INT, x INT, KEY `i` (`x`)) ENGINE=InnoDB;\nCREATE TABLE `b` (`id` INT, x INT, KEY `i` (`x`)) ENGINE=InnoDB;\nCREATE TABLE `c` (`id` INT, x INT, KEY `i` (`x`)) ENGINE=InnoDB;\nDROP INDEX i ON a;\nALTER TABLE c DROP INDEX i;",
    );
    let led: Vec<bool> = schema.tables.iter().map(|own| own.leads_index("x")).collect();
    assert_eq!(led, [false, true, false]);
}

#[test]
fn the_marks_of_each_database_are_told_apart() {
    for (text, dialect) in [
        ("CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY);", Dialect::Postgres),
        ("create table a (id serial primary key, at timestamptz);", Dialect::Postgres),
        (
            "CREATE TABLE [a] ([id] INT IDENTITY(1,1) PRIMARY KEY, [n] NVARCHAR(20));\nGO\n",
            Dialect::SqlServer,
        ),
        ("CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY);", Dialect::MySql),
        ("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);", Dialect::Sqlite),
        ("CREATE TABLE \"a\" (\"at\" DATETIME);\nINSERT INTO a VALUES ('fe80::1');", Dialect::Unknown),
    ] {
        let schema = schema_of("migrations/1_a.sql", text);
        assert_eq!(schema.dialect, dialect, "{text}");
        assert!(!table(&schema, "a").unknown && !table(&schema, "a").columns.is_empty(), "{text}");
    }
}

#[test]
fn a_table_that_takes_the_name_of_another_one_stands_in_its_place() {
    let schema = Schema::from_files(&[
        ("migrations/1_init.sql", "CREATE TABLE public.wallets (id UUID PRIMARY KEY, owner UUID NOT NULL);"),
        ("migrations/2_new.sql", "CREATE TABLE public.new_wallets (id UUID PRIMARY KEY, clerk TEXT UNIQUE);"),
        (
            "migrations/3_swap.sql",
            "ALTER TABLE IF EXISTS new_wallets RENAME TO wallets;\nALTER TABLE wallets RENAME COLUMN clerk TO user_id;",
        ),
    ]);
    let wallets: Vec<_> = schema.tables.iter().filter(|table| table.name == "wallets").collect();
    let [wallets] = wallets.as_slice() else { panic!("{} tables of the name", wallets.len()) };
    assert!(wallets.leads_index("user_id") && wallets.column("owner").is_none());
}
