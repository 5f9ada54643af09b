//! A review has no history: what is kept from the last one changes its cost, never its answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Finding, Outcome, Request};
use plimsoll_project::{Files, MemoryFiles};
use plimsoll_syntax::{Document, Edit, Language, PositionEncoding};

/// The folder that all sources stand in.
fn root() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").display().to_string()
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = PathBuf::from(root());
    let mut found = Vec::new();
    let mut open = vec![root.join("rules"), root.join("projects")];
    while let Some(folder) = open.pop() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("readable").map(|e| e.expect("readable").path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                open.push(path);
            } else if path.is_file() && Language::from_path(&name).is_some() {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push((path, text));
            }
        }
    }
    found
}

fn review(engine: &Engine, files: &MemoryFiles, path: &str, document: &Document) -> Outcome {
    review_in_steps(engine, files, path, document).1
}

/// What a review tells at first, if it does, and in the end.
fn review_in_steps(
    engine: &Engine,
    files: &MemoryFiles,
    path: &str,
    document: &Document,
) -> (Option<Outcome>, Outcome) {
    let snapshot = document.snapshot();
    let cancel = AtomicBool::new(false);
    let config = Config::default().with_preview();
    let request =
        Request { files, path, document: Some(&snapshot), config: &config, cancel: &cancel, now: 0 };
    let mut first = None;
    let whole = engine.review_in_steps(&request, &mut |look| first = Some(look));
    (first, whole)
}

fn seen(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{:?} {} {} {:?}", f.range, f.rule, f.message, f.related)).collect()
}

/// A small generator with a fixed seed: the edits are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % n.max(1)
    }
}

/// Pieces that change what code does, or break it for a while.
const PIECES: &[&str] = &[
    "x",
    " ",
    "\n",
    "{",
    "}",
    "(",
    ")",
    "'",
    "`",
    "/*",
    "await ",
    "return ",
    ".ok",
    "const y = 1\n",
    "fetch(url)",
    "clearInterval(id)\n",
    "for (const a of as) {",
    "async ",
    "// note\n",
    "import x from './x'\n",
    ";",
    "?.",
    "fn g() {}\n",
    ".await",
    "?",
    "class A { m() { this.t = 1 } }\n",
    "🦀",
];

#[test]
fn cached_equals_uncached_after_random_edits() {
    let mut dice = Dice(7);
    let all = sources();
    let mut files = MemoryFiles::rooted(root());
    for (path, text) in &all {
        files.insert(path.display().to_string(), text.as_str());
    }
    for (path, text) in &all {
        let name = path.display().to_string();
        let language = Language::from_path(&name).expect("a source");
        let mut document = Document::open(text, language, 0);
        let cached = Engine::new();
        let _ = review(&cached, &files, &name, &document);
        for version in 1..14 {
            let snapshot = document.snapshot();
            let len = snapshot.len() as usize;
            let start = dice.below(len + 1);
            let end = (start + if dice.below(3) == 0 { dice.below(40) } else { 0 }).min(len);
            let piece = PIECES[dice.below(PIECES.len())];
            let at = |byte: usize| {
                snapshot.to_position(u32::try_from(byte).expect("small"), PositionEncoding::Utf8)
            };
            let edit = Edit::replace(at(start), at(end), piece);
            document.apply(&[edit], PositionEncoding::Utf8, version);
            let (with, without) =
                (review(&cached, &files, &name, &document), review(&Engine::new(), &files, &name, &document));
            assert_eq!(
                seen(&with.findings),
                seen(&without.findings),
                "{name} after edit {version}: {piece:?} at {start}..{end}"
            );
            assert_eq!(with.units, without.units);
        }
    }
}

/// Keys that open something, so that much of what follows is read otherwise, and those that close it.
const OPENING: &[&str] = &[
    "'", "\"", "`", "${", "/*", "*/", "{", "}", "(", ")", "[", "<div>", "</div>", "<", "=> {", "r#\"", "\"#",
    "|", "#[",
];

#[test]
fn cached_equals_uncached_when_keys_open_text_and_other_files_change() {
    let mut dice = Dice(11);
    let all = sources();
    for (at, (path, text)) in all.iter().enumerate() {
        let mut files = MemoryFiles::rooted(root());
        for (path, text) in &all {
            files.insert(path.display().to_string(), text.as_str());
        }
        let name = path.display().to_string();
        let language = Language::from_path(&name).expect("a source");
        let mut document = Document::open(text, language, 0);
        let cached = Engine::new();
        let _ = review(&cached, &files, &name, &document);
        for version in 1..10 {
            let snapshot = document.snapshot();
            let mut what = String::new();
            if dice.below(3) == 0 {
                // Neighbours in order of paths: most are of the same project.
                let other = &all[(at + 1 + dice.below(6)) % all.len()];
                let end =
                    other.1.char_indices().map(|(byte, _)| byte).nth(dice.below(other.1.len())).unwrap_or(0);
                let changed = [&other.1[..end], PIECES[dice.below(PIECES.len())], &other.1[end..]].concat();
                what = format!("and {} at {end}", other.0.display());
                if other.0 != *path {
                    files.insert(other.0.display().to_string(), changed);
                }
            }
            let start = u32::try_from(dice.below(snapshot.len() as usize + 1)).expect("small");
            let piece = OPENING[dice.below(OPENING.len())];
            let position = snapshot.to_position(start, PositionEncoding::Utf8);
            document.apply(&[Edit::replace(position, position, piece)], PositionEncoding::Utf8, version);
            let (with, without) =
                (review(&cached, &files, &name, &document), review(&Engine::new(), &files, &name, &document));
            assert_eq!(
                seen(&with.findings),
                seen(&without.findings),
                "{name} after edit {version}: {piece:?} at {start} {what}"
            );
            assert_eq!(with.units, without.units);
        }
    }
}

/// Replaces texts one after the other, with one engine that keeps its caches: after each, a rule finds something or does
/// not, as a fresh engine does.
fn follows(files: &MemoryFiles, own: &str, rule: &str, is_found: bool, edits: &[(&str, &str, bool)]) {
    follows_at("/p/src/own.ts", files, own, rule, is_found, edits);
}

fn follows_at(
    path: &str,
    files: &MemoryFiles,
    own: &str,
    rule: &str,
    is_found: bool,
    edits: &[(&str, &str, bool)],
) {
    let language = Language::from_path(path).expect("it is a source");
    let mut document = Document::open(own, language, 0);
    let engine = Engine::new();
    let finds = |document: &Document| {
        let outcome = review(&engine, files, path, document);
        let fresh = review(&Engine::new(), files, path, document);
        assert_eq!(seen(&outcome.findings), seen(&fresh.findings));
        outcome.findings.iter().any(|finding| finding.rule == rule)
    };
    assert_eq!(finds(&document), is_found);
    for (version, &(from, to, is_found)) in (1..).zip(edits) {
        let snapshot = document.snapshot();
        let start = u32::try_from(snapshot.text().find(from).expect("it is there")).expect("small");
        let end = start + u32::try_from(from.len()).expect("small");
        let [start, end] = [start, end].map(|byte| snapshot.to_position(byte, PositionEncoding::Utf8));
        document.apply(&[Edit::replace(start, end, to)], PositionEncoding::Utf8, version);
        assert_eq!(finds(&document), is_found, "{to}");
    }
}

#[test]
fn a_condition_that_a_helper_hands_out_is_seen_when_its_text_alone_changes() {
    const SCHEMA: &str =
        "model Book {\n  id Int @id\n  title String\n  notes String\n  @@index([title])\n}\n";
    const OWN: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
        function named() {\n  return { title: 'x' }\n}\n\
        export async function find() {\n  \
        return prisma.book.findMany({ where: named(), take: 10 })\n}\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","express":"4"}}"#);
    files.insert("/p/prisma/schema.prisma", SCHEMA);
    let edits = [("title: 'x'", "notes: 'x'", true), ("notes: 'x'", "title: 'x'", false)];
    follows(&files, OWN, "missing-index", false, &edits);
}

#[test]
fn a_client_that_a_helper_keeps_no_longer_is_seen_where_it_is_called() {
    const OWN: &str = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
        const app = express()\nconst tenants = new Map<string, PrismaClient>()\n\
        function clientOf(region: string) {\n  let client = tenants.get(region)\n  if (!client) {\n    \
        client = new PrismaClient()\n    tenants.set(region, client)\n  }\n  return client\n}\n\
        app.get('/', async (req, res) => {\n  \
        res.json(await clientOf('eu').post.findMany({ where: { id: 1 }, take: 20 }))\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","express":"4"}}"#);
    let edits = [
        ("tenants.set(region, client)", "tenants.has(region)", true),
        ("tenants.has(region)", "tenants.set(region, client)", false),
    ];
    follows(&files, OWN, "connection-per-call", false, &edits);
}

#[test]
fn a_key_that_a_helper_derives_anew_is_seen_where_it_is_called() {
    const OWN: &str = "import express from 'express'\nimport crypto from 'node:crypto'\n\
        const app = express()\nlet kept: Buffer | undefined\n\
        function key() {\n  if (!kept) kept = crypto.scryptSync('a', 'b', 32)\n  return kept\n}\n\
        app.get('/', (req, res) => {\n  res.json(key().length)\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"5"}}"#);
    let edits = [("if (!kept) ", "", true), ("kept = crypto", "kept ??= crypto", false)];
    follows(&files, OWN, "blocking-in-async", false, &edits);
}

#[test]
fn a_flag_that_keeps_runs_apart_is_seen_from_the_timer_that_begins_them() {
    const OWN: &str = "import express from 'express'\nconst app = express()\nlet isRunning = false\n\
        async function ping() {\n  if (isRunning) return\n  isRunning = true\n  \
        await fetch('https://health.example.com', { method: 'POST' })\n  isRunning = false\n}\n\
        export function start() {\n  setInterval(ping, 5000)\n}\napp.listen(3000)\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"5"}}"#);
    let edits = [
        ("if (isRunning) return", "", true),
        ("  isRunning = true", "  if (isRunning) return\n  isRunning = true", false),
    ];
    follows(&files, OWN, "overlapping-interval", false, &edits);
}

#[test]
fn a_limit_of_a_query_in_a_helper_is_seen_where_all_of_it_is_sent() {
    const OWN: &str = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
        const app = express()\nconst prisma = new PrismaClient()\n\
        async function due() {\n  return prisma.customer.findMany({ where: { sentAt: null } })\n}\n\
        app.post('/', async (req, res) => {\n  const all = await due()\n  \
        await Promise.all(all.map((one) => fetch('https://a.example.com', { method: 'POST', body: one.text })))\n  \
        res.end()\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","express":"5"}}"#);
    let edits = [("null }", "null }, take: 10", false), (", take: 10", "", true)];
    follows(&files, OWN, "unbounded-concurrency", true, &edits);
}

#[test]
fn what_a_caller_hands_to_a_function_is_seen_where_all_of_it_is_sent() {
    const OWN: &str = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
        const app = express()\nconst prisma = new PrismaClient()\n\
        async function push(all: { text: string }[]) {\n  \
        await Promise.all(all.map((one) => fetch('https://a.example.com', { method: 'POST', body: one.text })))\n}\n\
        async function due() {\n  return prisma.customer.findMany({ where: { sentAt: null } })\n}\n\
        app.post('/', async (req, res) => {\n  await push(await due())\n  res.end()\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","express":"5"}}"#);
    let edits = [
        ("(await due())", "((await due()).slice(0, 10))", false),
        (".slice(0, 10)", "", true),
        ("null }", "null }, take: 10", false),
        (", take: 10", "", true),
    ];
    follows(&files, OWN, "unbounded-concurrency", true, &edits);
}

#[test]
fn what_a_caller_catches_is_seen_where_a_text_is_parsed() {
    const OWN: &str = "import express from 'express'\nconst app = express()\n\
        function read(req: express.Request) {\n  return JSON.parse(req.body.text)\n}\n\
        function shown(req: express.Request) {\n  return read(req).title\n}\n\
        app.post('/', (req, res) => {\n  res.json(shown(req))\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"5"}}"#);
    let edits = [
        ("return read(req).title", "try { return read(req).title } catch { return null }", false),
        ("try { return read(req).title } catch { return null }", "return read(req).title", true),
        ("res.json(shown(req))", "try { res.json(shown(req)) } catch { res.sendStatus(400) }", false),
    ];
    follows(&files, OWN, "unguarded-parse", true, &edits);
}

#[test]
fn who_calls_a_function_and_what_it_calls_is_seen_where_it_takes_something_by_force() {
    const OWN: &str = "use axum::{extract::State, routing::get, Json, Router};\nuse sqlx::PgPool;\n\
        async fn all(pool: &PgPool) -> Result<Vec<i64>, sqlx::Error> {\n    \
        sqlx::query_scalar(\"SELECT id FROM posts LIMIT 10\").fetch_all(pool).await\n}\n\
        async fn one(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {\n    \
        sqlx::query_scalar(\"SELECT id FROM posts LIMIT 1\").fetch_optional(pool).await\n}\n\
        async fn read(pool: &PgPool) -> Vec<i64> {\n    all(pool).await.unwrap()\n}\n\
        async fn first(pool: &PgPool) -> Result<i64, sqlx::Error> {\n    Ok(one(pool).await?.unwrap())\n}\n\
        async fn list(State(pool): State<PgPool>) -> Json<Vec<i64>> {\n    \
        let first = first(&pool).await.unwrap_or_default();\n    let mut ids = read(&pool).await;\n    ids.push(first);\n    Json(ids)\n}\n\
        pub fn app(pool: PgPool) -> Router {\n    Router::new().route(\"/\", get(list)).with_state(pool)\n}\n\
        #[tokio::main]\nasync fn main() {\n    \
        let pool = PgPool::connect_lazy(\"postgres://localhost/a\").unwrap();\n    \
        let listener = tokio::net::TcpListener::bind(\"0.0.0.0:80\").await.unwrap();\n    \
        axum::serve(listener, app(pool)).await.unwrap();\n}\n";
    let mut files = MemoryFiles::default();
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\ntokio = \"1\"\nsqlx = \"0.8\"\n";
    files.insert("/p/Cargo.toml", manifest);
    let edits = [
        ("read(&pool).await", "Vec::new()", false),
        ("Vec::new()", "read(&pool).await", true),
        ("-> Result<Vec<i64>, sqlx::Error> {", "-> Vec<i64> {", false),
        (
            "async fn all(pool: &PgPool) -> Vec<i64> {",
            "async fn all(pool: &PgPool) -> Result<Vec<i64>, sqlx::Error> {",
            true,
        ),
    ];
    follows_at("/p/src/main.rs", &files, OWN, "panic-in-service", true, &edits);
    let edits = [
        ("first(&pool).await", "Ok::<i64, ()>(1)", false),
        ("Ok::<i64, ()>(1)", "first(&pool).await", true),
        ("Result<Option<i64>,", "Result<i64,", false),
        ("Result<i64,", "Result<Option<i64>,", true),
    ];
    follows_at("/p/src/main.rs", &files, OWN, "unchecked-lookup", true, &edits);
}

#[test]
fn what_a_function_does_with_one_end_of_a_queue_is_seen_where_that_is_made() {
    const OWN: &str = "use axum::extract::ws::{Message, WebSocket};\nuse futures::stream::SplitSink;\n\
        use futures::{SinkExt, StreamExt};\nuse tokio::sync::mpsc;\n\
        async fn write(mut rx: mpsc::UnboundedReceiver<Message>, mut sink: SplitSink<WebSocket, Message>) {\n    \
        while let Some(message) = rx.recv().await {\n        let _ = sink.send(message).await;\n    }\n}\n\
        async fn answer(message: Message, tx: &mpsc::UnboundedSender<Message>) {\n    let _ = tx.send(message);\n}\n\
        pub async fn serve(socket: WebSocket) {\n    let (sink, mut stream) = socket.split();\n    \
        let (tx, rx) = mpsc::unbounded_channel();\n    tokio::spawn(write(rx, sink));\n    \
        while let Some(Ok(message)) = stream.next().await {\n        answer(message, &tx).await;\n    }\n}\n\
        #[tokio::main]\nasync fn main() {\n    let app = axum::Router::new();\n    \
        let listener = tokio::net::TcpListener::bind(\"0.0.0.0:80\").await.unwrap();\n    \
        axum::serve(listener, app).await.unwrap();\n}\n";
    let mut files = MemoryFiles::default();
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\ntokio = \"1\"\nfutures = \"0.3\"\n";
    files.insert("/p/Cargo.toml", manifest);
    let edits = [
        ("sink.send(message).await", "std::future::ready(message).await", false),
        ("std::future::ready(message).await", "sink.send(message).await", true),
        ("tx.send(message)", "tx.send(1)", false),
        ("tx.send(1)", "tx.send(message)", true),
    ];
    follows_at("/p/src/main.rs", &files, OWN, "unbounded-channel", true, &edits);
}

#[test]
fn what_a_function_says_it_hands_out_is_seen_where_it_is_held() {
    const OWN: &str = "use std::sync::{Mutex, MutexGuard};\npub struct State {\n    pub names: Mutex<String>,\n}\n\
        async fn load() -> String {\n    tokio::fs::read_to_string(\"a\").await.unwrap_or_default()\n}\n\
        fn names(state: &State) -> MutexGuard<'_, String> {\n    state.names.lock().unwrap()\n}\n\
        pub async fn add(state: &State) {\n    let mut names = names(state);\n    \
        names.push_str(&load().await);\n}\n";
    let mut files = MemoryFiles::default();
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\ntokio = \"1\"\n";
    files.insert("/p/Cargo.toml", manifest);
    let edits =
        [("MutexGuard<'_, String>", "Box<String>", false), ("Box<String>", "MutexGuard<'_, String>", true)];
    follows_at("/p/src/lib.rs", &files, OWN, "lock-across-await", true, &edits);
}

#[test]
fn a_key_that_a_helper_hands_over_is_seen_where_it_is_tried_again() {
    const OWN: &str = "import Stripe from 'stripe'\nimport express from 'express'\n\
        import { Resend } from 'resend'\nconst stripe = new Stripe(process.env.KEY!)\nconst resend = new Resend(process.env.MAIL)\n\
        function pay(id: string, cents: number) {\n  \
        return stripe.payouts.create({ amount: cents, currency: 'eur' })\n}\n\
        function tell(id: string) {\n  \
        return resend.emails.send({ to: 'a@example.com', from: 'b@example.com', subject: id, text: id }, { idempotencyKey: id })\n}\n\
        function order(id: string) {\n  \
        return fetch('https://shop.example.com/orders', { method: 'POST', headers: { 'Idempotency-Key': id } })\n}\n\
        export async function work(id: string) {\n  for (let i = 0; i < 3; i++) {\n    try {\n      \
        return await WORK\n    } catch (error) {\n      console.error(error)\n    }\n  }\n}\n\
        express().post('/pay', async (req, res) => {\n  await work(req.body.id)\n  res.end()\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"stripe":"19","express":"5","resend":"6"}}"#);
    let keyed = "'eur' }, { idempotencyKey: id })";
    let edits = [("'eur' })", keyed, false), (keyed, "'eur' })", true)];
    follows(&files, &OWN.replace("WORK", "pay(id, 5)"), "unsafe-retry", true, &edits);
    let edits = [(", { idempotencyKey: id }", "", true)];
    follows(&files, &OWN.replace("WORK", "tell(id)"), "unsafe-retry", false, &edits);
    let edits = [(", headers: { 'Idempotency-Key': id }", "", true)];
    follows(&files, &OWN.replace("WORK", "order(id)"), "unsafe-retry", false, &edits);
}

#[test]
fn a_guard_that_refuses_nobody_any_more_is_seen_where_it_stands_before_a_procedure() {
    const OWN: &str = "import { initTRPC, TRPCError } from '@trpc/server'\nimport { PrismaClient } from '@prisma/client'\n\
        const prisma = new PrismaClient()\nconst t = initTRPC.context<{ member?: string }>().create()\n\
        async function check({ ctx, next }) {\n  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })\n  return next()\n}\n\
        const checked = t.procedure.use(check)\nconst adminProcedure = t.procedure.use(check)\n\
        export const posts = t.router({\n  pin: adminProcedure.mutation(() => prisma.post.updateMany({ data: { pinned: true } })),\n  \
        lock: adminProcedure.mutation(() => prisma.post.updateMany({ data: { locked: true } })),\n  \
        clear: checked.mutation(() => prisma.post.deleteMany({ where: { hidden: true } })),\n})\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","@trpc/server":"11"}}"#);
    let refusing = "if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })";
    let edits = [(refusing, "console.log(1)", true), ("console.log(1)", refusing, false)];
    follows(&files, OWN, "missing-auth", false, &edits);
}

#[test]
fn a_route_that_a_handler_says_anew_is_seen_where_it_is_registered() {
    const OWN: &str = "use actix_web::{App, Error, FromRequest, HttpRequest, HttpResponse, HttpServer, delete, post, put, web};\n\
        use sqlx::PgPool;\npub struct Member;\nimpl FromRequest for Member {\n    \
        fn from_request(request: &HttpRequest, _: &mut Payload) -> Ready<Result<Self, Error>> {\n        \
        ready(request.headers().get(\"ticket\").map(|_| Member).ok_or_else(|| ErrorUnauthorized(\"none\")))\n    }\n}\n\
        #[post(\"/shelves\")]\nasync fn add(_: Member, pool: web::Data<PgPool>) -> HttpResponse {\n    \
        sqlx::query(\"INSERT INTO shelves DEFAULT VALUES\").execute(&**pool).await.unwrap();\n    HttpResponse::Ok().finish()\n}\n\
        #[put(\"/shelves\")]\nasync fn pin(_: Member, pool: web::Data<PgPool>) -> HttpResponse {\n    \
        sqlx::query(\"UPDATE shelves SET pinned = true\").execute(&**pool).await.unwrap();\n    HttpResponse::Ok().finish()\n}\n\
        #[delete(\"/shelves\")]\nasync fn clear(pool: web::Data<PgPool>) -> HttpResponse {\n    \
        sqlx::query(\"DELETE FROM shelves WHERE pinned\").execute(&**pool).await.unwrap();\n    HttpResponse::Ok().finish()\n}\n\
        #[actix_web::main]\nasync fn main() {\n    \
        HttpServer::new(|| App::new().service(add).service(pin).service(clear)).run().await.unwrap();\n}\n";
    let mut files = MemoryFiles::rooted("/p");
    files.insert("/p/src/other.rs", "");
    files.insert(
        "/p/Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n[dependencies]\nactix-web = \"4\"\nsqlx = \"0.8\"\n",
    );
    let edits = [
        ("ErrorUnauthorized", "ErrorNotFound", false),
        ("ErrorNotFound", "ErrorUnauthorized", true),
        ("#[delete(\"/shelves\")]", "#[delete(\"/shelves\", wrap = \"Gate\")]", false),
    ];
    follows_at("/p/src/main.rs", &files, OWN, "missing-auth", true, &edits);
}

#[test]
fn an_error_that_a_closure_looks_at_no_longer_is_seen_where_it_comes_from() {
    // Long enough to be a unit of its own.
    let items = "    console.log('one more line of this closure, which is long', item)\n".repeat(9);
    let own = format!(
        "import {{ createClient }} from '@supabase/supabase-js'\nconst supabase = createClient('a', 'b')\n\
        export async function save(items: string[]) {{\n  \
        const {{ error }} = await supabase.from('orders').insert({{ items }})\n  \
        items.forEach((item) => {{\n{items}    if (error) console.error(item)\n  }})\n}}\n"
    );
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@supabase/supabase-js":"2"}}"#);
    let edits = [("if (error) ", "", true), ("console.error(item)", "console.error(error)", false)];
    follows(&files, &own, "ignored-result", false, &edits);
}

#[test]
fn what_another_function_takes_out_of_a_collection_is_seen_where_it_is_added_to() {
    const OWN: &str = "import express from 'express'\nconst app = express()\n\
        const seen = new Map<string, number>()\n\
        app.post('/', (req, res) => {\n  seen.set(req.body.id, 1)\n  res.end()\n})\n\
        function forget(id: string) {\n  seen.has(id)\n}\napp.listen(3000, () => forget('x'))\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"5"}}"#);
    let edits = [
        ("seen.has(id)", "seen.delete(id)", false),
        ("seen.delete(id)", "seen.get(id)", true),
        ("seen.get(id)", "return seen", false),
        ("return seen", "return seen.size > 9", false),
        ("return seen.size > 9", "return seen.size", true),
    ];
    follows(&files, OWN, "unbounded-growth", true, &edits);
}

#[test]
fn what_another_function_looks_for_in_a_collection_is_seen_where_it_is_added_to() {
    const OWN: &str = "import express from 'express'\nconst app = express()\n\
        const attempts = new Map<string, number>()\n\
        app.post('/', (req, res) => {\n  attempts.set(req.body.id, 1)\n  res.end()\n})\n\
        export function isLimited(id: string) {\n  return (attempts.get(id) ?? 0) > 5\n}\n\
        setInterval(() => attempts.clear(), 60_000)\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"5"}}"#);
    let edits = [
        ("> 5", "=== 5", false),
        ("=== 5", ">= 5", true),
        ("attempts.get(id) ?? 0", "attempts.size", false),
        ("attempts.size", "attempts.get(id) ?? 0", true),
    ];
    follows(&files, OWN, "shared-request-state", true, &edits);
}

#[test]
fn what_ends_an_effect_is_seen_from_the_function_beside_it_that_asks() {
    // Long enough to be units of their own.
    let lines = "    console.log('one more line of this function, which is long')\n".repeat(10);
    let own = format!(
        "import {{ useEffect, useState }} from 'react'\n\
        export function useUser(id: string) {{\n  \
        const [user, setUser] = useState(null)\n  let isStale = false\n  \
        const load = async () => {{\n{lines}    const user = await (await fetch('/users/' + id)).json()\n    \
        if (!isStale) setUser(user)\n  }}\n  \
        useEffect(() => {{\n{lines}    load()\n    return () => {{ isStale = true }}\n  }}, [id])\n  \
        return user\n}}\n"
    );
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"react":"19"}}"#);
    let edits = [
        ("if (!isStale) ", "", true),
        ("}, [id])", "}, [])", false),
        ("}, [])", "}, [user, id])", true),
        ("setUser] = useState", "setUser] = keep", false),
        ("setUser] = keep", "setUser] = useState", true),
        ("    load()\n", "\n", false),
    ];
    follows(&files, &own, "stale-response", false, &edits);
}

#[test]
fn what_disables_a_button_is_seen_from_the_function_beside_it_that_sends() {
    // Long enough to be units of their own.
    let lines = "    console.log('one more line of this function, which is long')\n".repeat(10);
    let own = format!(
        "import {{ useState }} from 'react'\n\
        import {{ Button }} from './button'\n\
        export function NewTask({{ title }}) {{\n  \
        const [isAdding, setIsAdding] = useState(false)\n  \
        const add = async () => {{\n    setIsAdding(true)\n{lines}    \
        await fetch('/tasks', {{ method: 'POST', body: title }})\n    setIsAdding(false)\n  }}\n  \
        const press = () => {{\n{lines}    add()\n  }}\n  \
        return <Button onClick={{press}} disabled={{isAdding}}>Add</Button>\n}}\n"
    );
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"react":"19"}}"#);
    files.insert("/p/src/button.tsx", "export function Button(props) {\n  return <button {...props} />\n}\n");
    let edits = [
        (" disabled={isAdding}", "", true),
        ("<Button onClick={press}>", "<Button disabled={isAdding} onClick={press}>", false),
        ("    setIsAdding(true)\n", "\n", true),
        ("    add()\n", "    if (confirm('Sure?')) add()\n", false),
        ("if (confirm('Sure?')) add()", "add()", true),
    ];
    follows_at("/p/src/own.tsx", &files, &own, "double-submit", false, &edits);
}

#[test]
fn where_a_handle_goes_is_seen_from_the_function_beside_it_that_makes_it() {
    // Long enough to be units of their own.
    let lines = "    console.log('one more line of this function, which is long')\n".repeat(10);
    let own = format!(
        "import {{ useState }} from 'react'\n\
        export function Picker() {{\n  \
        const [shown, setShown] = useState('')\n  \
        const pick = (file) => {{\n{lines}    setShown(URL.createObjectURL(file))\n  }}\n  \
        const press = () => {{\n{lines}    console.log(shown)\n  }}\n  \
        return <img src={{shown}} onClick={{press}} onDrop={{pick}} />\n}}\n\
        export class Viewer {{\n  \
        show(file) {{\n{lines}    this.url = URL.createObjectURL(file)\n  }}\n  \
        press() {{\n{lines}    console.log(this.url)\n  }}\n}}\n"
    );
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"react":"19"}}"#);
    let both = [
        ("console.log(this.url)", "keep(this.url)", true),
        ("console.log(shown)", "keep(shown)", false),
        ("keep(this.url)", "URL.revokeObjectURL(this.url)", false),
        ("keep(shown)", "console.log(shown)", true),
        ("console.log(shown)", "URL.revokeObjectURL(shown)", false),
        ("URL.revokeObjectURL(this.url)", "console.log(this.url)", true),
    ];
    follows_at("/p/src/own.tsx", &files, &own, "leaked-handle", true, &both);
}

/// What may change in the body of a function elsewhere, most of it without a difference to others.
const INSIDE: &[&str] = &[
    " ",
    "\n",
    "// note\n",
    "x",
    "1",
    "return 1\n",
    "let y = 1;\n",
    "fetch(url);\n",
    "await ",
    "const z = { a: 1 };\n",
    "this.t = 1;\n",
    "if (true) {}\n",
    ".ok",
    "{}",
];

#[test]
fn cached_equals_uncached_while_bodies_in_other_files_change() {
    let mut dice = Dice(5);
    let all = sources();
    let imports = |text: &str| {
        ["from './", "from '../", "require('./", "use crate::", "use super::"]
            .iter()
            .any(|i| text.contains(i))
    };
    for (at, (path, text)) in all.iter().enumerate().filter(|(_, (_, text))| imports(text)) {
        let mut files = MemoryFiles::rooted(root());
        for (path, text) in &all {
            files.insert(path.display().to_string(), text.as_str());
        }
        let name = path.display().to_string();
        let mut document = Document::open(text, Language::from_path(&name).expect("a source"), 0);
        let cached = Engine::new();
        let _ = review(&cached, &files, &name, &document);
        let mut texts: Vec<String> = all.iter().map(|(_, text)| text.clone()).collect();
        for version in 1..9 {
            // Neighbours in order of paths: most are of the same project.
            let near = (at + all.len() + dice.below(9)) % all.len();
            let other = if near >= 4 { near - 4 } else { near };
            if other == at {
                continue;
            }
            let text = &mut texts[other];
            let opened: Vec<usize> = text.match_indices('{').map(|(at, _)| at + 1).collect();
            let Some(&begin) = opened.get(dice.below(opened.len())) else { continue };
            let ends: Vec<usize> =
                text[begin..].char_indices().map(|(end, _)| begin + end).take(80).collect();
            let byte = ends.get(dice.below(ends.len())).copied().unwrap_or(begin);
            let piece = INSIDE[dice.below(INSIDE.len())];
            text.insert_str(byte, piece);
            files.insert(all[other].0.display().to_string(), text.as_str());
            if dice.below(3) == 0 {
                let end = document.snapshot().len();
                let position = document.snapshot().to_position(end, PositionEncoding::Utf8);
                document.apply(&[Edit::replace(position, position, " ")], PositionEncoding::Utf8, version);
            }
            let (with, without) =
                (review(&cached, &files, &name, &document), review(&Engine::new(), &files, &name, &document));
            assert_eq!(
                seen(&with.findings),
                seen(&without.findings),
                "{name} after {piece:?} at {byte} of {}",
                all[other].0.display()
            );
            assert_eq!(with.units, without.units);
        }
    }
}

#[test]
fn typing_in_a_function_of_another_file_that_changes_no_effect_reviews_nothing_here() {
    const LABELS: &str = "export function label(id: string) {\n  return 'nr ' + id\n}\n\
        export function unused(id: string) {\n  return fetch('https://api.example.com/' + id)\n}\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"4"}}"#);
    files.insert("/p/src/labels.ts", LABELS);
    let own = "import { label } from './labels'\nexport async function rate(id: string) {\n  \
        return fetch('https://api.example.com/' + label(id))\n}\nexport function other() {\n  return 1\n}\n";
    let document = Document::open(own, Language::TypeScript, 0);
    let engine = Engine::new();
    let reviewed =
        |files: &MemoryFiles| review(&engine, files, "/p/src/rate.ts", &document).counters.reviewed;
    assert!(reviewed(&files) > 0);
    files.insert("/p/src/labels.ts", LABELS.replace("'nr '", "'number '"));
    assert_eq!(reviewed(&files), 0, "the same to others");
    files.insert("/p/src/labels.ts", LABELS.replace("'nr '", "'a longer text than before: '"));
    assert_eq!(reviewed(&files), 0, "the same to others, again");
    files.insert("/p/src/labels.ts", LABELS.replace("return fetch(", "return console.log("));
    assert_eq!(reviewed(&files), 0, "nobody here asked for it");
    files.insert(
        "/p/src/labels.ts",
        LABELS.replace("return 'nr ' + id", "return await fetch('https://b.example.com')"),
    );
    assert!(reviewed(&files) > 0, "what it does is told to its callers");
    files.insert("/p/src/labels.ts", LABELS);
    assert!(reviewed(&files) > 0);
    files.insert("/p/src/labels.ts", LABELS.replace("'nr '", "'no '"));
    assert_eq!(reviewed(&files), 0);
}

#[test]
fn a_helper_that_many_calls_lead_to_is_read_once_for_its_statements() {
    let mut helpers =
        String::from("import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n");
    for i in 0..20 {
        helpers.push_str(&format!(
            "export async function read{i}(id: string) {{\n  return await prisma.user.findUnique({{ where: {{ id }} }})\n}}\n\
             export async function write{i}(id: string) {{\n  await read{i}(id)\n  \
             await prisma.user.update({{ where: {{ id }}, data: {{ at: 1 }} }})\n}}\n"
        ));
    }
    let calls: String = (0..20).map(|i| format!("  await read{i}(id)\n  await write{i}(id)\n")).collect();
    let own = format!(
        "import * as all from './helpers'\nimport {{ {} }} from './helpers'\nexport async function run(id: string) {{\n{calls}}}\n",
        (0..20).map(|i| format!("read{i}, write{i}")).collect::<Vec<_>>().join(", ")
    );
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6","express":"4"}}"#);
    files.insert("/p/src/helpers.ts", helpers);
    let document = Document::open(&own, Language::TypeScript, 0);
    let read = review(&Engine::new(), &files, "/p/src/run.ts", &document).counters.read_for_statements;
    // Forty functions, those that are called by another one at two depths.
    assert!((40..=60).contains(&read), "{read} functions read");
}

#[test]
fn what_another_review_has_extracted_is_not_extracted_again() {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", "{}");
    files.insert("/p/a.ts", "import { b } from './b'\nexport const a = () => b()\n");
    files.insert("/p/b.ts", "export function b() {\n  return fetch('https://api.example.com')\n}\n");
    let engine = Engine::new();
    let extracted = |path: &str| {
        let (cancel, config) = (AtomicBool::new(false), Config::default());
        let request =
            Request { files: &files, path, document: None, config: &config, cancel: &cancel, now: 0 };
        engine.review(&request).counters.extracted
    };
    assert!(extracted("/p/a.ts") > 0);
    assert_eq!(extracted("/p/b.ts"), 0);
}

/// Sixty handlers, each with something to find.
fn routes() -> String {
    let mut text = String::from("import express from 'express'\nconst app = express()\n");
    for i in 0..60 {
        text.push_str(&format!(
            "app.get('/r{i}', async (req, res) => {{\n  const answer = await fetch(`https://api.example.com/{i}/${{req.params.id}}`)\n  \
             if (!answer.ok) return res.status(502).end()\n  res.json(await answer.json())\n}})\n"
        ));
    }
    text
}

#[test]
fn a_key_in_a_function_extracts_and_reviews_that_unit_alone() {
    let files = MemoryFiles::default();
    let text = routes();
    let mut document = Document::open(&text, Language::TypeScript, 0);
    let engine = Engine::new();
    let first = review(&engine, &files, "/p/server/routes.ts", &document);
    assert_eq!(first.counters.reused, 0);
    assert_eq!(first.findings.len(), 60, "one request without a time limit in each handler");
    let at = u32::try_from(text.find("/30/").expect("the thirtieth handler")).expect("small");
    for (version, key) in ["a", "b", "c"].iter().enumerate() {
        let position = document.snapshot().to_position(at + 1, PositionEncoding::Utf8);
        let version = i32::try_from(version).expect("small") + 1;
        document.apply(&[Edit::replace(position, position, *key)], PositionEncoding::Utf8, version);
        let outcome = review(&engine, &files, "/p/server/routes.ts", &document);
        assert_eq!((outcome.counters.extracted, outcome.counters.reviewed), (1, 1));
        assert_eq!(outcome.findings.len(), 60);
    }
}

/// A component of more than 4,096 bytes, made of short handlers, effects and elements that see what it binds.
fn component(handlers: usize) -> String {
    let mut text = String::from(
        "import { useEffect, useState } from 'react'\nimport { prisma } from './db'\nimport { load } from './load'\n\n\
         export function Page({ items, url }: { items: { id: string; title: string }[]; url: string }) {\n  \
         const options = { signal: AbortSignal.timeout(1000) };\n  let client = fetch;\n",
    );
    for i in 0..handlers {
        text.push_str(&format!(
            "  const [value{i}, setValue{i}] = useState(0);\n  useEffect(() => {{\n    const t = setInterval(() => setValue{i}((v) => v + 1), 1000);\n    \
             return () => clearInterval(t);\n  }}, []);\n  const pick{i} = async (id: string) => {{\n    if (value{i} > 10) {{\n      setValue{i}(0);\n    }}\n    \
             const answer = await client(`${{url}}/{i}/${{id}}`, options);\n    console.log('picked', id, value{i}, await answer.json());\n  }};\n  \
             async function save{i}(title: string) {{\n    const row = await prisma.item.findFirst({{ where: {{ title }} }});\n    await load(row, limit{i});\n    return row;\n  }}\n  \
             const limit{i} = {i};\n  const local{i} = (x: number) => x + limit{i};\n",
        ));
    }
    text.push_str("  return (\n    <main>\n");
    for i in 0..handlers {
        text.push_str(&format!(
            "      <section>\n        <h2>{{value{i}}}</h2>\n        {{items.map((item) => (\n          <button key={{item.id}} onClick={{async () => {{ await pick{i}(item.id); await save{i}(item.title); local{i}(1); }}}}>{{item.title}}</button>\n        ))}}\n      </section>\n",
        ));
    }
    text.push_str("    </main>\n  );\n}\n");
    text
}

/// Statements of a component, whole and in the making: some that nothing else speaks of, and some that change what the
/// functions beside them do.
const STATEMENTS: &[&str] = &[
    "const probe = load(items[0].id, { retry: 3 });",
    "const options = {};",
    "var client = (u, o) => fetch(u, { ...o, signal: undefined });",
    "client = (u) => load(u, 1);",
    "options.signal = undefined;",
    "const value1 = 3;",
    "let limit2 = items.length;",
    "function pick3(id) { return fetch(url + id) }",
    "async function save4(title) { return await prisma.item.findMany() }",
    "const later = async () => { const all = await fetch(url); console.log('all', await all.json(), probe, options); };",
    "// a note",
    "if (!url) return null;",
    "useEffect(() => { const t = setInterval(() => load(items), 10); }, [items]);",
    "const { id, url: probe } = items[0];",
    "const inner = (x: number) => local1(x) + limit1;",
    "class Kept { m() { return fetch('/kept') } }",
    "type value2 = string;",
    "delete options.signal;",
    "prisma.item.deleteMany({ where: { id: items[0].id } });",
    "items = items.filter((item) => item.id);",
];

#[test]
fn cached_equals_uncached_while_statements_of_a_large_component_are_typed() {
    let mut dice = Dice(23);
    let mut files = MemoryFiles::rooted("/p");
    files.insert("/p/package.json", r#"{"dependencies":{"react":"19","@prisma/client":"6"}}"#);
    files.insert(
        "/p/db.ts",
        "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n",
    );
    files.insert(
        "/p/load.ts",
        "export async function load(x, n) { return fetch('/load/' + n, { body: x }) }\n",
    );
    let text = component(6);
    for round in 0..24 {
        let mut document = Document::open(&text, Language::Tsx, 0);
        let cached = Engine::new();
        let _ = review(&cached, &files, "/p/page.tsx", &document);
        let mut version = 0;
        for _ in 0..3 {
            let snapshot = document.snapshot();
            let now = snapshot.text();
            let ends: Vec<usize> = now.match_indices(";\n  ").map(|(at, _)| at + 2).collect();
            let at = u32::try_from(ends[dice.below(ends.len())]).expect("small");
            let statement = STATEMENTS[dice.below(STATEMENTS.len())];
            // What is typed before it stands whole, and what is taken back, in pieces of any length.
            let mut typed = 0;
            let mut edits: Vec<(usize, usize, &str)> = Vec::new();
            while typed < statement.len() {
                let next = (typed + 1 + dice.below(12)).min(statement.len());
                edits.push((typed, typed, &statement[typed..next]));
                typed = next;
            }
            if dice.below(2) == 0 {
                edits.push((0, dice.below(statement.len()), ""));
            }
            for (start, end, piece) in edits {
                let snapshot = document.snapshot();
                let place = |byte: usize| {
                    snapshot.to_position(at + u32::try_from(byte).expect("small"), PositionEncoding::Utf8)
                };
                version += 1;
                document.apply(
                    &[Edit::replace(place(start), place(end), piece)],
                    PositionEncoding::Utf8,
                    version,
                );
                let with = review(&cached, &files, "/p/page.tsx", &document);
                let without = review(&Engine::new(), &files, "/p/page.tsx", &document);
                assert_eq!(
                    seen(&with.findings),
                    seen(&without.findings),
                    "round {round}: {piece:?} of {statement:?} at {at}"
                );
                assert_eq!(with.units, without.units);
            }
        }
    }
}

/// Edits in the body of a large component: what is written there, and what comes in its place.
const REPLACED: &[(&str, &str)] = &[
    // What a name is bound to that others mention.
    ("let client = fetch;", "let client = other;"),
    (
        "const options = { signal: AbortSignal.timeout(1000) };",
        "const options = { signal: AbortSignal.never(1000) };",
    ),
    ("const limit1 = 1;", "const limit1 = url;"),
    // A name that is bound no more, and one that is bound now.
    ("let client = fetch;", "let clients = fetch;"),
    ("let probe = load;", "let fetch = load;"),
    ("let probe = load;", "let prisma = load;"),
    ("let probe = load;", "let setInterval = load;"),
    // What is set.
    ("client == load;", "client = load;"),
    ("options.x == load;", "options.signal = load;"),
    // A function that others call.
    ("const local1 = (x: number) => x + limit1;", "const local9 = (x: number) => x + limit1;"),
    // What moves the numbers of all that stands behind it, and is mentioned by nobody.
    ("  const options = {", "  const unseen = load(items[0], 3);\n  const options = {"),
    // What the function itself hands out.
    ("if (!url) return null;", "if (!url) return fetch;"),
];

#[test]
fn cached_equals_uncached_while_what_others_mention_is_replaced_in_a_large_component() {
    let mut files = MemoryFiles::rooted("/p");
    files.insert("/p/package.json", r#"{"dependencies":{"react":"19","@prisma/client":"6"}}"#);
    files.insert(
        "/p/db.ts",
        "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n",
    );
    files.insert(
        "/p/load.ts",
        "export async function load(x, n) { return fetch('/load/' + n, { body: x }) }\n",
    );
    let text = component(6).replacen(
        "let client = fetch;\n",
        "let client = fetch;\n  let probe = load;\n  client == load;\n  options.x == load;\n  if (!url) return null;\n",
        1,
    );
    for (from, to) in REPLACED {
        let mut document = Document::open(&text, Language::Tsx, 0);
        let cached = Engine::new();
        let _ = review(&cached, &files, "/p/page.tsx", &document);
        for (version, (old, new)) in [(1, (from, to)), (2, (to, from))] {
            let snapshot = document.snapshot();
            let at = snapshot.text().find(old).unwrap_or_else(|| panic!("`{old}` is there"));
            let place = |byte: usize| {
                snapshot.to_position(u32::try_from(byte).expect("small"), PositionEncoding::Utf8)
            };
            let edit = Edit::replace(place(at), place(at + old.len()), *new);
            document.apply(&[edit], PositionEncoding::Utf8, version);
            let with = review(&cached, &files, "/p/page.tsx", &document);
            let without = review(&Engine::new(), &files, "/p/page.tsx", &document);
            assert_eq!(seen(&with.findings), seen(&without.findings), "`{old}` becomes `{new}`");
            assert_eq!(with.units, without.units, "`{old}` becomes `{new}`");
        }
    }
}

/// Functions that a loop over rows leads to, and many others.
fn loops() -> String {
    let mut text = "import { prisma } from './db'\n".to_owned();
    for n in 0..30 {
        text += &format!(
            "export async function each{n}(ids: string[]) {{\n  for (const id of ids) {{\n    await one{n}(id)\n  }}\n}}\nasync function one{n}(id: string) {{\n  return id\n}}\n"
        );
    }
    text
}

#[test]
fn what_an_edit_brings_is_told_before_all_of_the_file_is_understood() {
    let (engine, files) = (Engine::new(), MemoryFiles::default());
    let path = format!("{}/projects/loops.ts", root());
    let mut document = Document::open(&loops(), Language::TypeScript, 1);
    let (first, whole) = review_in_steps(&engine, &files, &path, &document);
    assert!(first.is_none(), "nothing is known of it yet");
    assert!(whole.findings.is_empty());
    let mut write = |at: &str, text: &str, version: i32| {
        let offset = document.current().text().find(at).expect("it is there");
        let line = document.current().text()[..offset].matches('\n').count();
        let position = plimsoll_syntax::Position::new(u32::try_from(line).expect("few"), 0);
        document.apply(&[Edit::replace(position, position, text)], PositionEncoding::Utf8, version);
        review_in_steps(&engine, &files, &path, &document)
    };
    let rules = |outcome: &Outcome| outcome.findings.iter().map(|f| f.rule).collect::<Vec<_>>();

    // A function at the top level: its own finding is there at once, and all others stand.
    let added = "export async function added(ids: string[]) {\n  for (const id of ids) {\n    await prisma.post.findUnique({ where: { id } })\n  }\n}\n";
    let (first, whole) = write("export async function each3(", added, 2);
    let first = first.expect("the module has changed");
    assert_eq!(rules(&first), ["n-plus-one"]);
    assert_eq!((first.counters.reviewed, first.counters.reused), (2, 60), "the module and what was added");
    assert_eq!(seen(&first.findings), seen(&whole.findings));

    // A helper that now queries: what its caller does with it is told when all is understood.
    let query = "  await prisma.post.findUnique({ where: { id } })\n";
    let (first, whole) = write("  return id\n", query, 3);
    assert_eq!(rules(&first.expect("the helper does something else")), ["n-plus-one"]);
    assert_eq!(rules(&whole), ["n-plus-one", "n-plus-one"]);

    // What changes nothing that others can ask of is told whole.
    let (first, _) = write("  return id\n", "  const x = 1\n", 4);
    assert!(first.is_none());
    // Where the text is broken, what was found stands.
    let (first, _) = write("export async function each3(", "const open = {\n", 5);
    assert!(first.is_none());
}

#[test]
fn a_helper_that_another_file_changes_is_seen_without_an_edit_here() {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"4"}}"#);
    let own = "import { load } from './load'\nexport const rate = () => load('https://api.example.com')\n";
    files.insert("/p/load.ts", "export const load = (url: string) => url\n");
    let document = Document::open(own, Language::TypeScript, 0);
    let engine = Engine::new();
    let before = review(&engine, &files, "/p/rate.ts", &document);
    assert_eq!(before.counters.reused, 0);
    assert!(review(&engine, &files, "/p/rate.ts", &document).counters.reviewed == 0, "nothing changed");
    files.insert("/p/load.ts", "export const load = (url: string) => fetch(url)\n");
    let after = review(&engine, &files, "/p/rate.ts", &document);
    assert!(after.counters.reviewed > 0, "another file changed");
}

#[test]
fn an_importer_is_told_of_a_query_in_its_helper_without_being_extracted() {
    const HELPER: &str =
        "import { prisma } from './db'\nexport async function load(id: string) {\n  return id\n}\n";
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"@prisma/client":"6"}}"#);
    files.insert(
        "/p/db.ts",
        "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n",
    );
    files.insert("/p/load.ts", HELPER);
    let importer = "import { load } from './load'\nexport async function all(ids: string[]) {\n  const found = []\n  \
        for (const id of ids) {\n    found.push(await load(id))\n  }\n  return found\n}\nexport function other() {\n  return 1\n}\n";
    let document = Document::open(importer, Language::TypeScript, 0);
    let engine = Engine::new();
    let rules = |outcome: &Outcome| outcome.findings.iter().map(|f| f.rule).collect::<Vec<_>>();
    assert_eq!(rules(&review(&engine, &files, "/p/all.ts", &document)), Vec::<&str>::new());
    let again = review(&engine, &files, "/p/all.ts", &document);
    assert_eq!((again.counters.extracted, again.counters.reviewed), (0, 0));
    files.insert(
        "/p/load.ts",
        HELPER.replace("return id", "return await prisma.user.findUnique({ where: { id } })"),
    );
    let after = review(&engine, &files, "/p/all.ts", &document);
    assert_eq!(rules(&after), ["n-plus-one"]);
    assert_eq!(after.counters.extracted, 0, "its own text is the same");
}

/// A helper that says nothing of itself, and who imports it.
fn helper_and_route() -> (MemoryFiles, &'static str) {
    let mut files = MemoryFiles::rooted("/p");
    files.insert("/p/package.json", r#"{ "name": "shop" }"#);
    files.insert(ROUTE, ROUTE_TEXT);
    files.insert("/p/src/page.ts", "export const page = 1\n");
    let helper = "export async function rate(id: string) {\n  return fetch('https://api.example.com/' + id)\n}\n\
        export function other() {\n  return 1\n}\n";
    files.insert("/p/src/rate.ts", helper);
    (files, helper)
}

const ROUTE: &str = "/p/src/show.ts";
const ROUTE_TEXT: &str = "import express from 'express'\nimport { rate } from './rate'\n\
    export async function show(req, res) {\n  res.json(await rate(req.params.id))\n}\n";

#[test]
fn what_an_importer_says_of_a_module_is_asked_again_and_nothing_else_is_reviewed() {
    let (mut files, helper) = helper_and_route();
    let document = Document::open(helper, Language::TypeScript, 0);
    let engine = Engine::new();
    let reviewed = |files: &MemoryFiles| {
        let outcome = review(&engine, files, "/p/src/rate.ts", &document);
        let fresh = review(&Engine::new(), files, "/p/src/rate.ts", &document);
        assert_eq!(seen(&outcome.findings), seen(&fresh.findings));
        (outcome.counters.reviewed, outcome.findings.iter().map(|f| f.rule).collect::<Vec<_>>())
    };
    let found = |reviewed: usize| (reviewed, vec!["missing-timeout"]);
    assert_eq!(reviewed(&files).1, ["missing-timeout"]);
    assert_eq!(reviewed(&files), found(0), "nothing has changed");
    files.insert(ROUTE, ROUTE_TEXT.replace("res.json(", "res.status(200).json("));
    assert_eq!(reviewed(&files), found(0), "no import has changed");
    files.insert("/p/src/page.ts", "import express from 'express'\nexport const page = 1\n");
    assert_eq!(reviewed(&files), found(0), "another file imports other things");
    files.insert("/p/src/page.ts", "import 'react-dom'\nimport { rate } from './rate'\nrate('1')\n");
    assert_eq!(reviewed(&files).1, Vec::<&str>::new(), "a page imports it too");
    files.insert("/p/src/page.ts", "import 'react-dom'\n");
    assert_eq!(reviewed(&files).1, ["missing-timeout"]);
    files.insert(ROUTE, ROUTE_TEXT.replace("import express from 'express'\n", ""));
    assert_eq!(reviewed(&files).1, Vec::<&str>::new(), "its importer says no more where it runs");
}

#[test]
fn a_key_in_a_module_that_others_place_costs_that_unit_alone() {
    let (files, helper) = helper_and_route();
    let mut document = Document::open(helper, Language::TypeScript, 0);
    let engine = Engine::new();
    let _ = review(&engine, &files, "/p/src/rate.ts", &document);
    let at = u32::try_from(helper.find("api.").expect("it is there")).expect("small");
    let position = document.snapshot().to_position(at, PositionEncoding::Utf8);
    document.apply(&[Edit::replace(position, position, "new-")], PositionEncoding::Utf8, 1);
    let outcome = review(&engine, &files, "/p/src/rate.ts", &document);
    assert_eq!((outcome.counters.extracted, outcome.counters.reviewed), (1, 1));
    assert_eq!(outcome.findings.len(), 1);
}

#[test]
fn what_a_key_makes_reachable_for_those_who_import_a_module_is_found() {
    let (mut files, _) = helper_and_route();
    let helper = "export async function rate(id: string) {\n  return id\n}\n\
        export async function hidden(id: string) {\n  return fetch('https://api.example.com/' + id)\n}\n";
    files.insert("/p/src/rate.ts", helper);
    let mut document = Document::open(helper, Language::TypeScript, 0);
    let engine = Engine::new();
    let found = |document: &Document| {
        let outcome = review(&engine, &files, "/p/src/rate.ts", document);
        let fresh = review(&Engine::new(), &files, "/p/src/rate.ts", document);
        assert_eq!(seen(&outcome.findings), seen(&fresh.findings));
        outcome.findings.len()
    };
    assert_eq!(found(&document), 0, "the route takes the other one");
    let at = u32::try_from(helper.find("id\n}").expect("it is there")).expect("small");
    let position = document.snapshot().to_position(at, PositionEncoding::Utf8);
    document.apply(&[Edit::replace(position, position, "hidden")], PositionEncoding::Utf8, 1);
    assert_eq!(found(&document), 0, "it has another name yet");
    let position = document.snapshot().to_position(at + 6, PositionEncoding::Utf8);
    document.apply(&[Edit::replace(position, position, "(id) + ")], PositionEncoding::Utf8, 2);
    assert_eq!(found(&document), 1, "what it takes calls it now");
}

/// The same files before it is known who imports what.
struct BeforeTheIndex<'a>(&'a MemoryFiles);

impl Files for BeforeTheIndex<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.0.read(path)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        self.0.stamp(path)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.0.list(folder)
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.0.root_of(path)
    }
}

#[test]
fn what_is_found_before_the_imports_are_known_is_found_after() {
    let mut files = MemoryFiles::rooted(root());
    let all = sources();
    for (path, text) in &all {
        files.insert(path.display().to_string(), text.as_str());
    }
    for path in ["package.json", "Cargo.toml"] {
        for (file, _) in &all {
            for folder in file.ancestors().skip(1).take(4) {
                let manifest = folder.join(path);
                if let Ok(text) = std::fs::read_to_string(&manifest) {
                    files.insert(manifest.display().to_string(), text);
                }
            }
        }
    }
    let (cancel, config) = (AtomicBool::new(false), Config::default().with_preview());
    let (engine, before) = (Engine::new(), BeforeTheIndex(&files));
    let mut more = 0;
    for (path, _) in &all {
        let path = path.display().to_string();
        let found = |files: &dyn Files| {
            let request =
                Request { files, path: &path, document: None, config: &config, cancel: &cancel, now: 0 };
            seen(&engine.review(&request).findings)
        };
        let (early, late) = (found(&before), found(&files));
        more += late.len() - early.len().min(late.len());
        for finding in early {
            assert!(late.contains(&finding), "{path}: {finding} is taken back");
        }
    }
    assert!(more > 0, "no fixture rests on who imports it");
}
