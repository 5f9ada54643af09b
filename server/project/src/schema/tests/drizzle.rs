use super::{edited, schema_of, schema_of_all, table};
use crate::schema::{
    CannotWrite, ColumnType, Dialect, IndexMethod, IndexRequest, MigrationTime, OnDelete, Schema,
    SchemaLanguage, add_index,
};

const NOW: MigrationTime = MigrationTime { year: 2026, month: 11, day: 21, hour: 8, minute: 0, second: 0 };

const BLOG: &str = "\
import { boolean, index, integer, pgEnum, pgTable, primaryKey, text, timestamp, unique, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'

export const role = pgEnum('role', ['admin', 'editor', 'reader'])

const timestamps = {
  createdAt: timestamp('created_at').defaultNow().notNull(),
  updatedAt: timestamp('updated_at').$onUpdate(() => new Date()),
}

export const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: varchar('email', { length: 320 }).notNull().unique(),
  role: role('role').notNull().default('reader'),
  kind: text({ enum: ['person', 'machine'] }),
  managerId: uuid('manager_id').references((): AnyPgColumn => users.id, { onDelete: 'set null' }),
  ...timestamps,
})

export const posts = pgTable(
  'posts',
  {
    id: integer().primaryKey(),
    authorId: uuid('author_id').notNull().references(() => users.id, { onDelete: 'cascade' }),
    slug: text('slug').notNull(),
    title: text('title').notNull(),
    tags: text('tags').array(),
    isDraft: boolean('is_draft'),
  },
  (t) => [
    uniqueIndex('posts_slug_idx').on(t.slug),
    index('posts_title_idx').using('gin', t.title.op('gin_trgm_ops')),
    index('posts_lower_idx').on(sql`lower(${t.title})`),
    index('posts_draft_idx').on(t.authorId.desc().nullsLast()).where(sql`${t.isDraft}`),
  ],
)

export const likes = pgTable('likes', { userId: uuid('user_id'), postId: integer('post_id') }, (t) => ({
  pk: primaryKey({ columns: [t.userId, t.postId] }),
  once: unique('once').on(t.postId, t.userId),
}))
";

fn columns(schema: &Schema, name: &str) -> Vec<String> {
    table(schema, name).columns.iter().map(|column| format!("{}:{}", column.code_name, column.name)).collect()
}

#[test]
fn tables_are_read_as_they_are_declared() {
    let schema = schema_of("src/schema.ts", BLOG);
    assert_eq!(schema.dialect, Dialect::Postgres);
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["users", "posts", "likes"]);
    let users = table(&schema, "users");
    assert_eq!((users.language, users.unknown), (SchemaLanguage::Drizzle, false));
    assert_eq!(
        columns(&schema, "users"),
        [
            "id:id",
            "email:email",
            "role:role",
            "kind:kind",
            "managerId:manager_id",
            "createdAt:created_at",
            "updatedAt:updated_at"
        ]
    );
    assert!(users.is_unique(&["id"]) && users.is_unique(&["email"]));
    let of = |name: &str| &users.column(name).expect("the column is there").column_type;
    assert_eq!(*of("role"), ColumnType::Enum { variants: 3 });
    assert_eq!(*of("kind"), ColumnType::Enum { variants: 2 });
    assert_eq!(*of("createdAt"), ColumnType::Timestamp);
    let manager = &users.foreign_keys[0];
    assert_eq!((manager.table.as_str(), manager.on_delete), ("users", Some(OnDelete::SetNull)));
    assert_eq!(manager.references, ["id"]);
    let email = users.column("email").expect("it is there");
    assert_eq!(&BLOG[email.name_range.as_usize()], "email");
}

#[test]
fn keys_are_read_in_both_forms() {
    let schema = schema_of("src/schema.ts", BLOG);
    let posts = table(&schema, "posts");
    assert!(!posts.unknown);
    assert!(posts.leads_index("slug") && posts.is_unique(&["slug"]));
    let title = &posts.indexes[1];
    assert_eq!((title.method, title.operator_class.as_deref()), (IndexMethod::Gin, Some("gin_trgm_ops")));
    assert!(!posts.leads_index("title"));
    assert!(posts.indexes[2].expression && posts.is_mentioned_in_index("title"));
    assert!(posts.indexes[3].partial && !posts.leads_index("authorId"));
    assert!(posts.column("tags").expect("it is there").list);
    let likes = table(&schema, "likes");
    assert_eq!(likes.primary_key, ["user_id", "post_id"]);
    assert!(likes.leads_index("postId"));
}

#[test]
fn a_schema_may_be_spread_over_files() {
    let files = [
        (
            "db/schema/index.ts",
            "export * from './users'\nexport { orders as purchases } from './orders.js'\n",
        ),
        (
            "db/schema/table.ts",
            "import { pgTableCreator } from 'drizzle-orm/pg-core'\nexport const createTable = pgTableCreator((name) => `shop_${name}`)\n",
        ),
        (
            "db/schema/users.ts",
            "import * as p from 'drizzle-orm/pg-core'\nimport { createTable } from '@/db/schema/table'\nexport const users = createTable('users', { id: p.serial().primaryKey(), fullName: p.text() })\n",
        ),
        (
            "db/schema/orders.ts",
            "import { foreignKey, pgSchema } from 'drizzle-orm/pg-core'\nimport { users as people } from '.'\nconst sales = pgSchema('sales')\nexport const orders = sales.table('orders', (t) => ({ id: t.integer().primaryKey(), buyerId: t.integer() }), (o) => [foreignKey({ columns: [o.buyerId], foreignColumns: [people.id], name: 'buyer' }).onDelete('cascade')])\n",
        ),
        (
            "drizzle.config.ts",
            "export default { schema: './db/schema', dialect: 'postgresql', casing: 'snake_case' }",
        ),
    ];
    let schema = Schema::from_files(&files);
    assert_eq!(columns(&schema, "shop_users"), ["id:id", "fullName:full_name"]);
    let orders = schema.table("sales.orders").expect("it is in its namespace");
    let key = &orders.foreign_keys[0];
    assert_eq!((key.name.as_deref(), key.table.as_str()), (Some("buyer"), "shop_users"));
    assert_eq!((&*key.columns[0], &*key.references[0]), ("buyer_id", "id"));
}

#[test]
fn other_dialects_have_their_own_types() {
    let sqlite = schema_of(
        "schema.ts",
        "import { sqliteTable as table, text, integer, index } from 'drizzle-orm/sqlite-core';\nexport const a = table('a', { id: integer().primaryKey(), done: integer({ mode: 'boolean' }), at: integer('at', { mode: 'timestamp' }), extra: text({ mode: 'json' }) });",
    );
    assert_eq!(sqlite.dialect, Dialect::Sqlite);
    let types: Vec<&ColumnType> =
        table(&sqlite, "a").columns.iter().map(|column| &column.column_type).collect();
    assert_eq!(types, [&ColumnType::Int, &ColumnType::Bool, &ColumnType::Timestamp, &ColumnType::Json]);
    let mysql = schema_of(
        "schema.js",
        "const { mysqlTable, int, mysqlEnum } = require('drizzle-orm/mysql-core');\nconst users = mysqlTable('users', { id: int().primaryKey() });\nconst posts = mysqlTable('posts', { id: int().primaryKey(), authorId: int('author_id').references(() => users.id), state: mysqlEnum(['a', 'b']) });\nmodule.exports = { users, posts };",
    );
    assert_eq!(mysql.dialect, Dialect::MySql);
    let posts = table(&mysql, "posts");
    assert!(posts.leads_index("authorId"), "InnoDB makes it");
    assert_eq!(posts.column("state").expect("it is there").column_type, ColumnType::Enum { variants: 2 });
}

#[test]
fn what_cannot_be_read_is_claimed_of_nothing() {
    let text = "\
import { pgTable, text, index } from 'drizzle-orm/pg-core'
import { audit, tenantIndexes, vectorOf } from '@acme/tables'
export const a = pgTable('a', { id: text().primaryKey(), ...audit, embedding: vectorOf(3) }, (t) => [...tenantIndexes(t)])
export const b = pgTable('b', { id: text().primaryKey(), ...audit, embedding: vectorOf(3) })
export const c = pgTable(process.env.TABLE, { id: text() })
export const d = pgTable('d', { id: text(), broken: })
export const e = other('e', { id: text() })
";
    let schema = schema_of("schema.ts", text);
    let names: Vec<(&str, bool)> =
        schema.tables.iter().map(|table| (table.name.as_str(), table.unknown)).collect();
    assert_eq!(names, [("a", true), ("b", false), ("d", true)]);
    assert_eq!(columns(&schema, "b"), ["id:id"], "of the others nothing is known");
    for broken in ["", "import", "export const a = pgTable(", "\u{0}", "export * from './schema'"] {
        assert!(schema_of("schema.ts", broken).tables.is_empty());
    }
    // Files that hand each other on in a circle.
    let circle =
        [("a.ts", "export * from './b'\nexport const x = pgTable('x', y)"), ("b.ts", "export * from './a'")];
    assert!(Schema::from_files(&circle).tables.is_empty());
}

#[test]
fn generated_migrations_add_what_somebody_wrote_into_them() {
    let schema = Schema::from_files(&[
        ("src/schema.ts", BLOG),
        ("drizzle/0000_posts.sql", "CREATE TABLE posts (id INT PRIMARY KEY, author_id UUID);"),
        (
            "drizzle/0001_extra.sql",
            "CREATE INDEX posts_author ON posts (author_id);--> statement-breakpoint\n",
        ),
    ]);
    assert!(table(&schema, "posts").leads_index("authorId"));
}

/// The file with an index of these columns.
fn with_index(path: &str, text: &str, of: &str, columns: &[&str]) -> String {
    let files = [(path, text)];
    let schema = Schema::from_files(&files);
    let request = IndexRequest { table: table(&schema, of), columns, now: NOW, tool: None };
    let edits = add_index(&schema, &files, &request).expect("it can be written");
    let after = edited(&files, &edits);
    let read_again = schema_of_all(&after, Dialect::Unknown);
    let own = table(&read_again, of);
    assert!(own.has_index_on(columns) && !own.unknown, "{}", after[0].1);
    let again = IndexRequest { table: own, columns, now: NOW, tool: None };
    let files: Vec<(&str, &str)> = after.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(add_index(&read_again, &files, &again), Ok(Vec::new()));
    after[0].1.clone()
}

#[test]
fn an_index_joins_those_of_an_array() {
    let text = with_index("src/schema.ts", BLOG, "posts", &["authorId"]);
    let written = "    index('posts_draft_idx').on(t.authorId.desc().nullsLast()).where(sql`${t.isDraft}`),\n    index('posts_author_id_idx').on(t.authorId),\n  ],\n";
    assert!(text.contains(written), "{text}");
}

#[test]
fn an_index_joins_those_of_an_object() {
    let text = with_index("src/schema.ts", BLOG, "likes", &["user_id", "postId"]);
    assert!(!text.contains("index('likes"), "the primary key serves it");
    let text = with_index(
        "s.ts",
        "import { index, pgTable, text } from \"drizzle-orm/pg-core\";\nexport const a = pgTable(\"a\", { x: text(\"x\"), y: text(\"y\") }, ({ x, y }) => ({ xIdx: index(\"a_x_idx\").on(x) }));\n",
        "a",
        &["y", "x"],
    );
    assert!(
        text.contains("({ xIdx: index(\"a_x_idx\").on(x), yXIdx: index(\"a_y_x_idx\").on(y, x) }));"),
        "{text}"
    );
}

#[test]
fn an_index_is_the_first_one_of_its_table() {
    let plain = "import { pgTable, text } from \"drizzle-orm/pg-core\";\r\n\r\nexport const notes = pgTable(\"notes\", {\r\n\tid: text(\"id\").primaryKey(),\r\n\townerId: text(\"owner_id\"),\r\n});\r\n";
    let expected = "import { pgTable, text, index } from \"drizzle-orm/pg-core\";\r\n\r\nexport const notes = pgTable(\"notes\", {\r\n\tid: text(\"id\").primaryKey(),\r\n\townerId: text(\"owner_id\"),\r\n}, (t) => [\r\n\tindex(\"notes_owner_id_idx\").on(t.ownerId),\r\n]);\r\n";
    assert_eq!(with_index("s.ts", plain, "notes", &["ownerId"]), expected);
    let text = with_index("src/schema.ts", BLOG, "users", &["managerId"]);
    assert!(
        text.contains(
            "  ...timestamps,\n}, (t) => [\n  index('users_manager_id_idx').on(t.managerId),\n])\n"
        ),
        "{text}"
    );
}

#[test]
fn an_index_is_written_as_the_project_writes_them() {
    let text = "import {\n  pgTable,\n  text,\n  uuid,\n} from 'drizzle-orm/pg-core'\n\nexport const notes = pgTable(\n  'notes',\n  {\n    id: uuid('id').primaryKey(),\n    ownerId: uuid('owner_id'),\n  },\n)\n\nexport const tags = pgTable('tags', { id: uuid('id'), name: text('name') }, (table) => ({\n  pk: primaryKey({ columns: [table.id] }),\n}))\n";
    let text = text.replace("  pgTable,\n", "  pgTable,\n  primaryKey,\n");
    let written = with_index("s.ts", &text, "notes", &["ownerId"]);
    assert!(written.starts_with("import {\n  index,\n  pgTable,\n  primaryKey,\n"), "{written}");
    let argument =
        "  },\n  (table) => ({\n    ownerIdIdx: index('notes_owner_id_idx').on(table.ownerId),\n  }),\n)\n";
    assert!(written.contains(argument), "{written}");
}

#[test]
fn a_free_name_is_imported_where_the_file_has_no_import() {
    let files = "import { createTable } from './table'\nimport { pgTableCreator } from 'drizzle-orm/pg-core'\nexport const make = pgTableCreator((name) => name)\nconst index = 1\nexport const a = make('a', (c) => ({ x: c.integer(), y: c.integer() }), (t) => [])\n";
    let text = with_index("s.ts", files, "a", &["x"]);
    assert!(
        text.contains("import { pgTableCreator, index as tableIndex } from 'drizzle-orm/pg-core'"),
        "{text}"
    );
    assert!(text.contains("(t) => [\n  tableIndex('a_x_idx').on(t.x),\n])"), "{text}");
    let namespace = "import * as p from 'drizzle-orm/sqlite-core'\nexport const a = p.sqliteTable('a', { x: p.integer('x') })\n";
    let text = with_index("s.ts", namespace, "a", &["x"]);
    assert!(text.contains("p.index('a_x_idx').on(t.x)"), "{text}");
    let required = "const { integer, sqliteTable } = require('drizzle-orm/sqlite-core');\nconst a = sqliteTable('a', { x: integer('x') });\nmodule.exports = { a };\n";
    let text = with_index("s.js", required, "a", &["x"]);
    assert!(text.starts_with("const { integer, sqliteTable, index } = require("), "{text}");
}

#[test]
fn what_cannot_be_indexed_is_not_written() {
    let text = "import { mysqlTable, text, varchar, json } from 'drizzle-orm/mysql-core'\nexport const a = mysqlTable('a', { long: text('long'), short: varchar('short', { length: 20 }), data: json('data') })\n";
    let files = [("s.ts", text)];
    let schema = Schema::from_files(&files);
    let add = |column: &str| {
        let request = IndexRequest { table: table(&schema, "a"), columns: &[column], now: NOW, tool: None };
        add_index(&schema, &files, &request)
    };
    assert_eq!(add("long"), Err(CannotWrite::NotIndexable("long".into())));
    assert_eq!(add("data"), Err(CannotWrite::NotIndexable("data".into())));
    assert!(add("short").is_ok());
}
