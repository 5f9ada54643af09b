//! Which kinds of a rule's findings are told unasked, where the rule itself is no preview.

use crate::diff::found;
use crate::project::Project;

const HEAD: &str = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
    const prisma = new PrismaClient()\nconst app = express()\n";

const MANIFEST: &str = r#"{ "dependencies": { "express": "5.0.0", "@prisma/client": "6.0.0" } }"#;

/// The places that a route of a service is told of, unasked and with previews; the body is its handler's.
fn told(body: &str) -> (Vec<String>, Vec<String>) {
    let route = format!("{HEAD}app.post('/posts', async (req, res) => {{\n  {body}\n  res.json(null)\n}})\n");
    let project = Project::new(&[("package.json", MANIFEST), ("src/posts.ts", &route)]);
    let rule = |line: &String| line.starts_with("src/posts.ts:");
    let unasked = found(&project, &[]).into_iter().filter(rule).collect();
    let asked = found(&project, &["--preview", "--rule", "n-plus-one"]).into_iter().filter(rule).collect();
    (unasked, asked)
}

const POSTS: &str = "const posts = await prisma.post.findMany({ take: 500 })";

#[test]
fn a_query_for_each_row_that_was_fetched_is_told_unasked() {
    let each =
        "for (const post of posts) req.log(await prisma.user.findUnique({ where: { id: post.userId } }))";
    let together =
        "const [all, posts] = await Promise.all([prisma.tag.count(), prisma.post.findMany({ take: 500 })])";
    let either = "const own = await prisma.post.findMany({ take: 500 })\n  const posts = req.query.all ? await prisma.post.findMany({ take: 99 }) : own";
    for fetched in [POSTS, together, either] {
        let (unasked, asked) = told(&format!("{fetched}\n  {each}"));
        assert_eq!((unasked.len(), asked.len()), (1, 1), "{fetched}");
        assert_eq!(unasked, asked);
    }
    let (unasked, _) = told(&format!("const [posts] = await Promise.all([req.body.posts])\n  {each}"));
    assert_eq!(unasked, [""; 0]);
}

#[test]
fn what_may_be_a_handful_or_has_to_be_done_one_by_one_waits_for_previews() {
    let handed = "for (const id of req.body.ids) req.log(await prisma.user.findUnique({ where: { id } }))";
    let written =
        "for (const post of posts) await prisma.post.update({ where: { id: post.id }, data: { n: 1 } })";
    let beside = "for (const post of posts) {\n    req.log(await prisma.user.findUnique({ where: { id: post.userId } }))\n    \
        await prisma.seen.create({ data: { postId: post.id } })\n  }";
    let apart = "for (const post of posts) {\n    try {\n      \
        req.log(await prisma.user.findUnique({ where: { id: post.userId } }))\n    \
        } catch (error) {\n      console.error('this one is left out', error)\n    }\n  }";
    let checked =
        "for (const post of posts) await prisma.user.findUniqueOrThrow({ where: { id: post.userId } })";
    let plain =
        "for (const post of posts) req.log(await prisma.user.findUnique({ where: { id: post.userId } }))";
    let sent = "for (const post of posts) {\n    const user = await prisma.user.findUnique({ where: { id: post.userId } })\n    \
        await fetch(user.hook, { method: 'POST', signal: AbortSignal.timeout(1_000) })\n  }";
    let kept = "const seen = new Set()\n  for (const post of posts) {\n    if (seen.has(post.userId)) continue\n    \
        seen.add(post.userId)\n    req.log(await prisma.user.findUnique({ where: { id: post.userId } }))\n  }";
    for body in [
        handed.to_owned(),
        format!("{POSTS}\n  {written}"),
        format!("{POSTS}\n  {beside}"),
        format!("{POSTS}\n  {apart}"),
        format!("{POSTS}\n  {checked}"),
        format!("{POSTS}\n  {sent}"),
        format!("{POSTS}\n  {kept}"),
        format!("const posts = await prisma.post.findMany({{ take: 8 }})\n  {plain}"),
    ] {
        let (unasked, asked) = told(&body);
        assert_eq!(unasked, [""; 0], "{body}");
        assert!(!asked.is_empty(), "{body}");
    }
}

#[test]
fn a_number_that_is_lost_is_an_error_unless_it_counts_uses_or_says_where_somebody_is() {
    let told = |table: &str, column: &str| {
        let route = format!(
            "{HEAD}app.post('/rows/:id', async (req, res) => {{\n  const id = req.params.id\n  \
             const row = await prisma.{table}.findUniqueOrThrow({{ where: {{ id }} }})\n  \
             res.json(await prisma.{table}.update({{ where: {{ id }}, data: {{ {column}: row.{column} + 1 }} }}))\n}})\n"
        );
        let project = Project::new(&[("package.json", MANIFEST), ("src/rows.ts", &route)]);
        let run = project.run(&["check", "--format", "json", "--rule", "lost-update"]);
        let whole = run.stdout.replace("[time]", "0");
        let json: serde_json::Value = serde_json::from_str(&whole).expect("json");
        let findings = json["findings"].as_array().expect("findings").clone();
        findings.first().map(|one| one["severity"].as_str().expect("a severity").to_owned())
    };
    assert_eq!(told("product", "stock").as_deref(), Some("error"));
    assert_eq!(told("post", "viewCount").as_deref(), Some("warning"));
    assert_eq!(told("coupon", "useCount").as_deref(), Some("error"));
    assert_eq!(told("user", "creditsUsed").as_deref(), Some("error"));
    assert_eq!(told("game", "turnIndex"), None);
}

#[test]
fn a_query_that_may_read_all_rows_waits_for_previews() {
    let model =
        |name: &str| format!("model {name} {{ id String @id\n userId String\n createdAt DateTime }}\n");
    let schema = |provider: &str| {
        let tables: String = ["Note", "Draft", "Device", "Tenant"].into_iter().map(model).collect();
        format!("datasource db {{ provider = \"{provider}\"\n url = env(\"DATABASE_URL\") }}\n{tables}")
    };
    let told = |provider: &str, manifest: &str, text: &str| {
        let schema = schema(provider);
        let files =
            [("package.json", manifest), ("prisma/schema.prisma", schema.as_str()), ("src/all.ts", text)];
        let project = Project::new(&files);
        let count =
            |more: &[&str]| found(&project, &[more, &["--rule", "missing-index", "src"]].concat()).len();
        (count(&[]), count(&["--preview"]))
    };
    let deletes = |tables: &[&str]| -> String {
        let each = |table: &&str| {
            format!("await prisma.{table}.deleteMany({{ where: {{ userId: req.params.id }} }})\n")
        };
        let body: String = tables.iter().map(each).collect();
        format!("{HEAD}app.delete('/users/:id', async (req, res) => {{\n{body}res.json(null)\n}})\n")
    };
    assert_eq!(told("postgresql", MANIFEST, &deletes(&["note", "draft"])), (2, 2));
    assert_eq!(told("postgresql", MANIFEST, &deletes(&["note", "draft", "device"])), (0, 3));
    let lists = |table: &str| {
        format!(
            "{HEAD}app.get('/all', async (_req, res) => {{\n res.json(await prisma.{table}.findMany({{ orderBy: {{ createdAt: 'desc' }}, take: 50 }}))\n}})\n"
        )
    };
    assert_eq!(told("postgresql", MANIFEST, &lists("note")), (1, 1));
    assert_eq!(told("postgresql", MANIFEST, &lists("tenant")), (0, 1));
    assert_eq!(of_a_desk("tauri = '2'"), (0, 1));
    assert_eq!(of_a_desk("axum = '0.8'"), (1, 1));
}

/// How often a missing index is told of a file of SQLite, unasked and with previews, in a crate with such a dependency.
fn of_a_desk(dependency: &str) -> (usize, usize) {
    let cargo = format!(
        "[package]\nname = 'notes'\nversion = '0.1.0'\nedition = '2024'\n[dependencies]\n{dependency}\n\
         sqlx = {{ version = '0.8', features = ['sqlite'] }}\n"
    );
    let table = "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL);";
    let code = "pub async fn of(pool: &sqlx::SqlitePool, user: &str) -> sqlx::Result<Vec<(i64,)>> {\n    \
        sqlx::query_as(\"SELECT id FROM notes WHERE user_id = ?\").bind(user).fetch_all(pool).await\n}\n";
    let project =
        Project::new(&[("Cargo.toml", &cargo), ("migrations/1_init.sql", table), ("src/main.rs", code)]);
    let count = |more: &[&str]| found(&project, &[more, &["--rule", "missing-index", "src"]].concat()).len();
    (count(&[]), count(&["--preview"]))
}

#[test]
fn a_state_that_its_user_changes_is_told_unasked_and_a_copy_of_what_is_handed_is_not() {
    let told = |head: &str, asked: &str, more: &str| {
        let page = format!(
            "import {{ useEffect, useState }} from 'react'\n{head}\n  const [posts, setPosts] = useState([])\n  \
             useEffect(() => {{\n    fetch(`/api/posts?of=${{{asked}}}`).then((answer) => answer.json()).then(setPosts)\n  \
             }}, [{asked}])\n  {more}\n}}\n"
        );
        let project = Project::new(&[("src/page.tsx", &page)]);
        let count = |more: &[&str]| found(&project, &[more, &["--rule", "stale-response"]].concat()).len();
        (count(&[]), count(&["--preview"]))
    };
    let component = |state: &str| format!("export function Page({{ team, first }}) {{\n  {state}");
    let shows = "return <List posts={posts} onPick={setPicked} />";
    assert_eq!(told(&component("const [picked, setPicked] = useState(first)"), "picked", shows), (1, 1));
    assert_eq!(told(&component("const [picked, setPicked] = useState(null)"), "picked.id", shows), (1, 1));
    assert_eq!(told(&component("const [picked, setPicked] = useState(team)"), "picked.id", shows), (0, 1));
    let hook = "export function usePosts() {\n  const [picked, setPicked] = useState(null)";
    assert_eq!(told(hook, "picked", "return { posts, setPicked }"), (0, 1));
    assert_eq!(told(hook, "picked", "const pick = (id) => setPicked(id)\n  return { posts, pick }"), (1, 1));
}

/// How often a rule tells of the project's sources, unasked and with previews.
fn told_of(rule: &str, files: &[(&str, &str)]) -> (usize, usize) {
    let project = Project::new(files);
    let count = |more: &[&str]| found(&project, &[more, &["--rule", rule, "src"]].concat()).len();
    (count(&[]), count(&["--preview"]))
}

/// The same for the body of a handler in a service with a schema of orders, their items and a list that counts them.
fn told_of_handler(rule: &str, path: &str, body: &str) -> (usize, usize) {
    let schema = "datasource db { provider = \"postgresql\"\n url = env(\"DATABASE_URL\") }\n\
        model Order { id String @id\n listId String\n number String\n note String\n total Int\n @@index([listId]) @@index([number]) }\n\
        model Item { id String @id\n orderId String\n @@index([orderId]) }\n\
        model List { id String @id\n orders Int\n name String\n lastOrderId String }\n\
        model Account { id String @id\n balance Int }\n";
    let route = format!("{HEAD}app.post('/orders/:id', async (req, res) => {{\n{body}\n}})\n");
    told_of(rule, &[("package.json", MANIFEST), ("prisma/schema.prisma", schema), (path, &route)])
}

#[test]
fn writes_of_which_half_is_harm_are_told_unasked() {
    let told = |body: &str| told_of_handler("missing-transaction", "src/orders.ts", body);
    let order = "const order = await prisma.order.create({ data: req.body })\n";
    let item = "await prisma.item.create({ data: { orderId: order.id } })\n";
    assert_eq!(told(&format!("{order}{item}res.json(order)")), (1, 1));
    let survived =
        format!("{order}try {{ {item} }} catch (error) {{ console.error(error) }}\nres.json(order)");
    assert_eq!(told(&survived), (0, 1));
    let points =
        "await prisma.list.update({ where: { id: req.body.listId }, data: { lastOrderId: order.id } })";
    assert_eq!(told(&format!("{order}{points}\nres.json(order)")), (1, 1));
    let counts =
        "await prisma.list.update({ where: { id: req.body.listId }, data: { orders: { increment: 1 } } })";
    let own = "const { listId } = req.body\nawait prisma.order.create({ data: { listId, number: '1' } })\n";
    let counts_own = counts.replace("req.body.listId", "listId");
    assert_eq!(told(&format!("{own}{counts_own}\nres.json(null)")), (1, 1));
    let numbers = "const list = await prisma.list.update({ where: { id: req.body.listId }, data: { orders: { increment: 1 } } })\n\
        res.json(await prisma.order.create({ data: { listId: list.id, number: list.orders } }))";
    assert_eq!(told(numbers).0, 0);
    let undone = format!(
        "{order}{item}if (!req.body.paid) await deleteOrder(order.id)\nres.json(order)\n}})\n\
        export async function deleteOrder(id: string) {{\n  await prisma.order.delete({{ where: {{ id }} }})\n}}\n\
        app.get('/', async (req, res) => {{"
    );
    assert_eq!(told(&undone), (0, 1));
    let named = counts_own.replace("orders: { increment: 1 }", "name: 'new'");
    assert_eq!(told(&format!("{own}{named}\nres.json(null)")), (0, 1));
    let moved = "const { from, to, amount } = req.body\n\
        await prisma.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })\n\
        await prisma.account.update({ where: { id: to }, data: { balance: { increment: amount } } })\nres.json(null)";
    assert_eq!(told(moved), (1, 1));
}

#[test]
fn statements_on_a_handle_that_is_handed_over_wait_for_previews() {
    let told = |parameter: &str, handle: &str| {
        let text = format!(
            "import {{ PrismaClient }} from '@prisma/client'\nconst prisma = new PrismaClient()\n\
             export async function place({parameter}) {{\n  \
             const order = await {handle}.order.create({{ data }})\n  \
             await {handle}.item.create({{ data: {{ orderId: order.id }} }})\n}}\n"
        );
        let schema = "datasource db { provider = \"postgresql\"\n url = env(\"DATABASE_URL\") }\n\
            model Order { id String @id\n items Item[] }\n\
            model Item { id String @id\n orderId String\n order Order @relation(fields: [orderId], references: [id])\n @@index([orderId]) }\n";
        let files =
            [("package.json", MANIFEST), ("prisma/schema.prisma", schema), ("src/place.ts", text.as_str())];
        told_of("missing-transaction", &files)
    };
    assert_eq!(told("data: Data", "prisma"), (1, 1));
    assert_eq!(told("db: PrismaClient, data: Data", "db"), (0, 1));
    assert_eq!(told("{ db, data }: Given", "db"), (0, 1));
}

#[test]
fn queries_for_each_row_of_a_file_of_sqlite_wait_for_previews() {
    let told = |provider: &str| {
        let schema = format!(
            "datasource db {{ provider = \"{provider}\"\n url = env(\"DATABASE_URL\") }}\n\
             model Post {{ id String @id\n userId String }}\nmodel User {{ id String @id }}\n"
        );
        let body = format!(
            "{HEAD}app.post('/posts', async (req, res) => {{\n  {POSTS}\n  \
             for (const post of posts) req.log(await prisma.user.findUnique({{ where: {{ id: post.userId }} }}))\n}})\n"
        );
        told_of(
            "n-plus-one",
            &[("package.json", MANIFEST), ("prisma/schema.prisma", &schema), ("src/posts.ts", &body)],
        )
    };
    assert_eq!(told("postgresql"), (1, 1));
    assert_eq!(told("sqlite"), (0, 1));
}

#[test]
fn a_route_of_a_schedule_that_looks_for_old_rows_waits_for_previews() {
    let told = |folder: &str, columns: &str| {
        let schema = "datasource db { provider = \"postgresql\"\n url = env(\"DATABASE_URL\") }\n\
            model Hook { id String @id\n status String\n owner String\n receivedAt DateTime }\n";
        let route = format!(
            "import {{ PrismaClient }} from '@prisma/client'\nconst prisma = new PrismaClient()\n\
             export async function GET() {{\n  \
             return Response.json(await prisma.hook.findMany({{ where: {{ {columns} }}, take: 50 }}))\n}}\n"
        );
        let manifest = r#"{ "dependencies": { "next": "15.0.0", "@prisma/client": "6.0.0" } }"#;
        let path = format!("src/app/api/{folder}/route.ts");
        told_of(
            "missing-index",
            &[("package.json", manifest), ("prisma/schema.prisma", schema), (&path, &route)],
        )
    };
    let old = "status: 'failed', receivedAt: { lt: new Date(Date.now() - 60_000) }";
    assert_eq!(told("cron/hooks", old), (0, 1));
    assert_eq!(told("hooks", old), (1, 1));
    assert_eq!(told("cron/hooks", &format!("owner: 'somebody', {old}")), (1, 1));
}

#[test]
fn rows_of_a_whole_table_that_are_only_counted_are_told_unasked() {
    let counted = "const all = await prisma.order.findMany()\nres.json(all.length)";
    assert_eq!(told_of_handler("in-memory-aggregation", "src/orders.ts", counted), (1, 1));
    let narrowed =
        "const all = await prisma.order.findMany({ where: { total: { gt: 5 } } })\nres.json(all.length)";
    assert_eq!(told_of_handler("in-memory-aggregation", "src/orders.ts", narrowed), (0, 1));
}

#[test]
fn a_text_that_is_cut_at_a_constant_is_told_unasked() {
    let told = |at: &str| {
        let code = format!(
            "const MOST: usize = 80;\npub fn short(text: &str, width: usize) -> &str {{\n    if text.len() > 80 {{ &text[..{at}] }} else {{ text }}\n}}\n"
        );
        let cargo = "[package]\nname = 'notes'\nversion = '0.1.0'\nedition = '2024'\n";
        told_of("byte-slice-of-str", &[("Cargo.toml", cargo), ("src/lib.rs", &code)])
    };
    assert_eq!(told("80"), (1, 1));
    assert_eq!(told("MOST"), (1, 1));
    assert_eq!(told("text.len().min(80)"), (1, 1));
    assert_eq!(told("width"), (0, 1));
}

#[test]
fn a_handler_whose_failure_nobody_handles_is_told_unasked() {
    let route = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
        const prisma = new PrismaClient()\nconst app = express()\n\
        app.get('/users', async (req, res) => {\n  res.json(await prisma.user.findUnique({ where: { id: req.query.id } }))\n})\n";
    let told = |express: &str| {
        let manifest =
            format!(r#"{{ "dependencies": {{ "express": "{express}", "@prisma/client": "6.0.0" }} }}"#);
        told_of("unhandled-async-handler", &[("package.json", &manifest), ("src/users.ts", route)])
    };
    assert_eq!(told("4.21.0"), (1, 1));
    assert_eq!(told("5.0.0"), (0, 0));
}

#[test]
fn a_process_that_goes_on_after_an_error_is_told_unasked_and_after_a_rejection_is_not() {
    let told = |event: &str| {
        let entry = format!(
            "import express from 'express'\nprocess.on('{event}', (error) => {{\n  console.error(error)\n}})\nexpress().listen(3000)\n"
        );
        told_of("process-keeps-running", &[("package.json", MANIFEST), ("src/index.ts", &entry)])
    };
    assert_eq!(told("uncaughtException"), (1, 1));
    assert_eq!(told("unhandledRejection"), (0, 1));
}
