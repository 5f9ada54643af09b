//! Memory does not grow with the number of edits: what is kept of a file is kept of its newest text.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;
use plimsoll_syntax::{Document, Edit, Language, Position, PositionEncoding};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const PATH: &str = "/p/src/orders.ts";

const ORDERS: &str = "import { PrismaClient } from '@prisma/client'\nimport { userOf } from './users'\n\
const prisma = new PrismaClient()\n\
export async function names(ids: string[]) {\n  const all = []\n  for (const id of ids) all.push(await userOf(id))\n  return all\n}\n\
export async function total(id: string) {\n  const answer = await fetch(`https://rates.example.com/${id}`)\n  return answer.json()\n}\n";

const USERS: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
export function userOf(id: string) {\n  return prisma.user.findUnique({ where: { id } })\n}\n";

/// Bytes that are in use.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Types a name that was never seen before at the end of a function, reviews after every key, and takes it away again.
fn type_names(engine: &Engine, files: &MemoryFiles, document: &mut Document, edits: std::ops::Range<i32>) {
    let (cancel, config) = (AtomicBool::new(false), Config::default().with_preview());
    let begin = Position::new(6, 0);
    let mut typed = String::new();
    for version in edits {
        let edit = if typed.len() < 8 {
            let key = char::from(b'a' + u8::try_from((version * 7) % 26).expect("a letter"));
            let at = Position::new(6, u32::try_from(typed.len()).expect("few"));
            typed.push(key);
            Edit::replace(at, at, key.to_string())
        } else {
            let end = Position::new(6, u32::try_from(typed.len()).expect("few"));
            typed.clear();
            Edit::replace(begin, end, "")
        };
        document.apply(&[edit], PositionEncoding::Utf8, version);
        let snapshot = document.snapshot();
        let request = Request {
            files,
            path: PATH,
            document: Some(&snapshot),
            config: &config,
            cancel: &cancel,
            now: 0,
        };
        assert!(!engine.review(&request).is_cancelled);
    }
}

#[test]
fn ten_thousand_edits_hold_no_more_than_a_thousand() {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "express": "5" } }"#);
    files.insert("/p/src/users.ts", USERS);
    files.insert(PATH, ORDERS);
    let engine = Engine::new();
    let mut document = Document::open(ORDERS, Language::TypeScript, 0);
    // Whole rounds of nine edits, so that the text is the same at both ends.
    type_names(&engine, &files, &mut document, 1..1_000);
    let early = live();
    type_names(&engine, &files, &mut document, 1_000..9_999);
    let late = live();
    assert!(late * 10 <= early * 11, "{early} bytes after 1,000 edits, {late} after 10,000");

    engine.forget(PATH);
    assert!(live() < late, "what is kept of a file is not given back");
}
