//! What functions tell of the ways of data through them.

use plimsoll_behavior::FunctionId;

use super::super::{LinkCache, Linker, World};
use super::*;
use crate::MemoryFiles;

/// The flows of the function `f` of a file, a line for each.
fn flows_of(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let mut all = MemoryFiles::default();
    all.insert("/p/package.json", "{}");
    all.insert("/p/Cargo.toml", "[package]\nname = 'p'\n");
    for (path, text) in files {
        all.insert(*path, *text);
    }
    let cache = LinkCache::default();
    let linker = Linker::new(&all, &cache);
    let world: &dyn World = &linker;
    let linked = world.linked(path).expect("the file is there");
    let units = linked.file.units.iter().enumerate();
    let mut functions = units.flat_map(|(unit, entry)| {
        (0..entry.unit.functions.len()).map(move |f| (unit, FunctionId(u32::try_from(f).expect("few"))))
    });
    let (unit, function) = functions
        .find(|&(unit, f)| linked.file.units[unit].unit.function(f).name.as_deref() == Some("f"))
        .expect("it has an `f`");
    let function = linked.file.fn_ref(unit, function);
    let flows = &world.summary(&function).expect("it is there").flows;
    let told = flows.all.iter().map(|flow| {
        let root = match flow.root {
            Root::Param(index) => index.to_string(),
            Root::Receiver => "this".to_owned(),
            Root::Outside { .. } => "outside".to_owned(),
        };
        let from = [vec![root], flow.path.iter().map(ToString::to_string).collect()].concat().join(".");
        let to = match &flow.to {
            To::Result(part) => {
                [vec!["result".to_owned()], part.iter().map(ToString::to_string).collect()].concat().join(".")
            }
            To::Slot(slot) => format!("{slot:?}"),
            To::Check => "check".to_owned(),
        };
        let guards: Vec<&str> = Guarantees::NAMES
            .iter()
            .filter(|(_, guarantee)| flow.guards.contains(*guarantee))
            .map(|(name, _)| *name)
            .collect();
        format!("{from} -> {to} {}", guards.join(" ")).trim_end().to_owned()
    });
    told.collect()
}

fn flows_in(text: &str) -> Vec<String> {
    flows_of(&[("/p/src/a.ts", text)], "/p/src/a.ts")
}

#[test]
fn results_tell_their_parts_and_what_holds_of_them() {
    let text = "export function f(query: any) { return { limit: Number(query.limit) || 20, all: query } }";
    assert_eq!(flows_in(text), ["0 -> result.all", "0.limit -> result.limit number"]);
    let text = "export const f = (value: number, most: number) => Math.min(value, most)";
    assert_eq!(flows_in(text), ["0 -> result number bounded typed", "1 -> result number bounded typed"]);
    let text = "export function f(value: number) { if (value > 100) return 100\n return value }";
    assert_eq!(flows_in(text), ["0 -> result checked typed", "0 -> check typed"]);
}

#[test]
fn slots_of_calls_tell_what_reaches_them() {
    let text =
        "import { exec } from 'node:child_process'\nexport function f(name: string) { exec(`ls ${name}`) }";
    assert_eq!(flows_in(text), ["0 -> Command in-text"]);
    let text = "import { readFile } from 'node:fs/promises'\nexport const f = (o: any) => readFile(o.path)";
    assert_eq!(flows_in(text), ["0.path -> Path"]);
    let text = "export const f = (id: string) => fetch(`https://example.test/${id}`)";
    assert_eq!(flows_in(text), ["0 -> Url in-text"]);
    let text = "import { Pool } from 'pg'\nconst pool = new Pool()\nexport const f = (a: string, b: number) => pool.query(`SELECT 1 FROM t WHERE a = '${a}' LIMIT $1`, [b])";
    assert_eq!(flows_in(text), ["0 -> Sql in-text", "1 -> Bound typed"]);
}

#[test]
fn helpers_of_other_files_are_followed() {
    let paging = "export function paging(query: any, most = 100) { return { take: Math.min(Number(query.size), most) } }";
    let text = "import { paging } from './paging'\nimport { find } from './find'\nexport function f(req: any) { const { take } = paging(req.query); return find({ take, open: req.query.open }) }";
    let find = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport async function find({ take, open }: any) { await prisma.post.findMany({ take })\n await prisma.post.findMany({ take: open }) }";
    let files = [("/p/src/a.ts", text), ("/p/src/paging.ts", paging), ("/p/src/find.ts", find)];
    assert_eq!(
        flows_of(&files, "/p/src/a.ts"),
        ["0.query.open -> Bound", "0.query.size -> Bound number bounded"]
    );
}

#[test]
fn rust_is_followed_too() {
    let text = "use axum::extract::Query;\npub struct Page { limit: Option<i64>, few: u8 }\nimpl Page { fn f(&self) -> i64 { self.limit.unwrap_or(20).min(100) } }";
    assert_eq!(flows_of(&[("/p/src/a.rs", text)], "/p/src/a.rs"), ["this.limit -> result number bounded"]);
    let text = "use axum::extract::Query;\npub struct Page { limit: i64 }\nfn f(Query(page): Query<Page>) -> i64 { page.limit }";
    assert_eq!(flows_of(&[("/p/src/a.rs", text)], "/p/src/a.rs"), ["outside.limit -> result number"]);
}
