//! What a change brings in where it has touched nothing: `--diff` and `--staged` hold it against what was there before.

use crate::diff::{commit, found, places, repository};
use crate::project::{Project, git};

/// The text of a Prisma schema with an index, or without.
fn schema(index: &str) -> String {
    format!(
        "datasource db {{\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}}\n\n\
        model User {{\n  id    String @id @default(uuid())\n  posts Post[]\n}}\n\n\
        model Post {{\n  id     String @id @default(uuid())\n  userId String\n  body   String\n  \
        user   User   @relation(fields: [userId], references: [id])\n{index}}}\n"
    )
}

const INDEX: &str = "\n  @@index([userId])\n";

/// A query by the column, and one by a column that has never had an index.
const POSTS: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
    export const postsOf = (userId: string) => prisma.post.findMany({ where: { userId }, take: 9 })\n\
    export const saying = (body: string) => prisma.post.findMany({ where: { body }, take: 9 })\n";

/// What is found by a branch on which something is written.
fn on_a_branch(project: &Project, files: &[(&str, &str)]) -> Vec<String> {
    git(project.path(), &["checkout", "--quiet", "-b", "work"]);
    for (path, text) in files {
        project.write_bytes(path, text.as_bytes());
    }
    let uncommitted = found(project, &["--diff"]);
    git(project.path(), &["add", "--all"]);
    assert_eq!(found(project, &["--staged"]), uncommitted);
    commit(project.path());
    // Once with what the last runs have kept, and once without.
    assert_eq!(found(project, &["--diff"]), uncommitted);
    assert_eq!(found(project, &["--diff", "--no-cache"]), uncommitted);
    assert_eq!(found(project, &["--diff=HEAD"]), [""; 0]);
    uncommitted
}

#[test]
fn an_index_that_is_gone_is_told_at_the_query_and_at_the_column() {
    let project = repository(&[("prisma/schema.prisma", &schema(INDEX)), ("src/posts.ts", POSTS)]);
    assert_eq!(found(&project, &[]), ["src/posts.ts:4:71"]);
    assert_eq!(on_a_branch(&project, &[("prisma/schema.prisma", &schema(""))]), ["src/posts.ts:3:74"]);
    // Nobody asks for the posts of a user any more, and the key has still lost its index.
    let rest = POSTS.replace("where: { userId }", "where: { id: userId }");
    project.write_bytes("src/posts.ts", rest.as_bytes());
    assert_eq!(found(&project, &["--diff"]), ["prisma/schema.prisma:13:3"]);
}

#[test]
fn an_index_that_a_new_migration_drops_is_told_at_the_query() {
    let query = "import { Pool } from 'pg'\nconst pool = new Pool({ connectionTimeoutMillis: 5_000 })\n\
        export const onPlan = (id: string) => pool.query('SELECT id FROM accounts WHERE plan_id = $1', [id])\n\
        export const named = (name: string) => pool.query('SELECT id FROM accounts WHERE name = $1', [name])\n";
    let table = "CREATE TABLE accounts (id BIGSERIAL PRIMARY KEY, plan_id BIGINT NOT NULL, name TEXT NOT NULL);\n\
        CREATE INDEX accounts_plan ON accounts (plan_id);\n";
    let project = repository(&[("migrations/0001_accounts.sql", table), ("src/accounts.ts", query)]);
    project.write_bytes("package.json", br#"{ "dependencies": { "pg": "8.0.0" } }"#);
    commit(project.path());
    assert_eq!(found(&project, &[]), ["src/accounts.ts:4:51"]);
    let drops = [("migrations/0002_drop.sql", "DROP INDEX accounts_plan;\n")];
    assert_eq!(on_a_branch(&project, &drops), ["src/accounts.ts:3:50"]);
}

#[test]
fn a_cause_that_no_place_shows_is_told_where_it_matters() {
    // What decides stands three lines from the query that is shown.
    let helper = |flag: &str| {
        format!(
            "import {{ PrismaClient }} from '@prisma/client'\nconst prisma = new PrismaClient()\n\
            export async function userOf(id: string) {{\n  {flag}\n  const found =\n    \
            await prisma.user.findUnique({{\n      where: {{ id }},\n    }})\n  return found\n}}\n"
        )
    };
    let (without, with) = (helper("return { id }"), helper("console.log(id)"));
    let project = repository(&[("src/names.ts", crate::cache::LOOP), ("src/users.ts", &without)]);
    assert_eq!(found(&project, &[]), [""; 0]);
    assert_eq!(on_a_branch(&project, &[("src/users.ts", &with)]), ["src/names.ts:5:20"]);
}

#[test]
fn a_timeout_that_is_taken_out_in_another_file_is_told_at_the_client() {
    let settings = |timeout: &str| {
        format!("export const settings = {{ baseURL: 'https://prices.example.com'{timeout} }}\n")
    };
    let client = "import axios from 'axios'\nimport { settings } from './settings'\n\
        export const api = axios.create(settings)\n";
    let route = "import express from 'express'\nimport { api } from './client'\nexport const prices = express.Router()\n\
        prices.get('/', async (_req, res) => {\n  const { data } = await api.get('/all')\n  res.json(data)\n})\n";
    let project = repository(&[
        ("src/settings.ts", &settings(", timeout: 5_000")),
        ("src/client.ts", client),
        ("src/prices.ts", route),
    ]);
    project.write_bytes("package.json", br#"{ "dependencies": { "axios": "1.7.0", "express": "5.0.0" } }"#);
    commit(project.path());
    assert_eq!(found(&project, &["--rule", "missing-timeout"]), [""; 0]);
    assert_eq!(on_a_branch(&project, &[("src/settings.ts", &settings(""))]), ["src/client.ts:3:20"]);
}

#[test]
fn what_was_there_before_is_not_told_whatever_has_changed_around_it() {
    // Of the two loops one is old. Its file imports a helper that changes, is renamed around it, and moves down.
    let old = "import { PrismaClient } from '@prisma/client'\nimport { shown } from './shown'\n\
        const prisma = new PrismaClient()\nexport async function before(ids: string[]) {\n  for (const id of ids) {\n    \
        shown(await prisma.user.findUnique({ where: { id } }))\n  }\n}\n";
    let shown = "export const shown = (what: unknown) => String(what)\n";
    let project = repository(&[("src/old.ts", old), ("src/shown.ts", shown)]);
    assert_eq!(found(&project, &[]), ["src/old.ts:6:17"]);
    let files = [
        (
            "src/old.ts",
            old.replace("function before", "function after").replace("const prisma", "\nconst prisma"),
        ),
        ("src/shown.ts", shown.replace("String(what)", "String(what).trim()")),
    ];
    assert_eq!(on_a_branch(&project, &files.each_ref().map(|(path, text)| (*path, text.as_str()))), [""; 0]);
}

#[test]
fn a_file_that_only_moves_brings_nothing() {
    let project = repository(&[("prisma/schema.prisma", &schema("")), ("src/posts.ts", POSTS)]);
    let before = found(&project, &[]);
    assert_eq!(before, ["src/posts.ts:3:74", "src/posts.ts:4:71"]);
    git(project.path(), &["checkout", "--quiet", "-b", "work"]);
    std::fs::create_dir(project.path().join("lib")).expect("there is room");
    git(project.path(), &["mv", "src/posts.ts", "lib/own.ts"]);
    git(project.path(), &["mv", "prisma/schema.prisma", "prisma/tables.prisma"]);
    for arguments in [&["--diff"][..], &["--staged"], &["--diff", "--no-cache"]] {
        assert_eq!(found(&project, arguments), [""; 0], "{arguments:?}");
    }
    assert_eq!(found(&project, &[]).len(), 2);
}

#[test]
fn as_many_are_told_as_have_come() {
    // Two that are equal but for their place, of which one is old: only the new one is told, wherever it stands.
    let loops = |first: &str, second: &str| {
        format!(
            "import {{ userOf }} from './users'\nimport {{ nameOf }} from './names'\n\
            export async function all(ids: string[]) {{\n  for (const id of ids) {{\n    await {first}(id)\n    \
            await {second}(id)\n  }}\n}}\n"
        )
    };
    let none = "export const userOf = (id: string) => ({ id })\n";
    let query = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
        export const userOf = (id: string) => prisma.user.findUnique({ where: { id } })\n";
    let project = repository(&[
        ("src/all.ts", &loops("userOf", "nameOf")),
        ("src/users.ts", none),
        ("src/names.ts", &query.replace("userOf", "nameOf")),
    ]);
    assert_eq!(found(&project, &[]), ["src/all.ts:6:11"]);
    assert_eq!(on_a_branch(&project, &[("src/users.ts", query)]), ["src/all.ts:5:11"]);
}

#[test]
fn the_run_says_what_it_is_about() {
    let project = repository(&[("a.rs", "fn a() {}\n")]);
    let run = project.run(&["check", "--staged"]);
    assert_eq!(places(&run), [""; 0]);
    assert!(run.stdout.ends_with("no findings in 1 file, brought in by what is staged\n"), "{run}");
}
