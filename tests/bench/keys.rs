//! Every key of a line typed in the middle of a source, each with what it cost: for finding the keys that cost most.
//!
//! `cargo bench --bench keys -- [module|function|FILE] [lines]`
//!
//! A FILE is taken as it is, with every rule on, and the line is typed after a statement in its middle.

#![expect(clippy::print_stdout, reason = "a table is what it is run for")]

mod source;

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;
use plimsoll_syntax::{Document, Edit, Language, Position, PositionEncoding, preorder};

const LINE: &str = "\n      const probe0 = loadThing(items[0].id, { retry: 3, note: `a ${b} c`, tag: 'x' }); /* why */ if (a) { b() } ";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let lines = args.get(1).and_then(|n| n.parse().ok()).unwrap_or(14_000);
    let text = match args.first().map(String::as_str) {
        Some("function") => source::one_function(lines),
        None | Some("module") => source::module(lines),
        Some(file) => std::fs::read_to_string(file).expect("a file of UTF-8"),
    };
    let language = args.first().and_then(|f| Language::from_path(f)).unwrap_or(Language::Tsx);
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"4","@prisma/client":"6"}}"#);
    let config = Config::default().with_preview();
    let mut document = Document::open(&text, language, 0);
    let half = text.len() / 2;
    let at = text[half..].find(";\n").expect("a statement in the middle") + half + 1;
    let snapshot = document.snapshot();
    let mut at: Position = snapshot.to_position(u32::try_from(at).expect("small"), PositionEncoding::Utf8);
    let engine = Engine::new();
    let mut costs = Vec::new();
    for (version, key) in std::iter::once("").chain(LINE.split_inclusive(|_| true)).enumerate() {
        let begun = Instant::now();
        let edit = Edit::replace(at, at, key);
        document.apply(&[edit], PositionEncoding::Utf8, i32::try_from(version).expect("small"));
        let parsed = begun.elapsed();
        let snapshot = document.snapshot();
        let tree = snapshot.tree().expect("it parses");
        let begun = Instant::now();
        let nodes = preorder(tree.root_node()).filter(|(node, _)| node.is_named()).count();
        let walked = begun.elapsed();
        let begun = Instant::now();
        let cancel = AtomicBool::new(false);
        let path = if language == Language::Rust { "/p/src/routes.rs" } else { "/p/server/routes.tsx" };
        let request = Request {
            files: &files,
            path,
            document: Some(&snapshot),
            config: &config,
            cancel: &cancel,
            now: 0,
        };
        let outcome = engine.review(&request);
        let reviewed = begun.elapsed();
        let (row, column) =
            if key == "\n" { (at.line + 1, 0) } else { (at.line, at.character + key.len() as u32) };
        at = Position::new(row, column);
        let c = outcome.counters;
        let ms = |d: std::time::Duration| d.as_secs_f64() * 1e3;
        println!(
            "{key:>6?} parse {:6.2} walk {:6.2} review {:7.2} ms  units {:4} extracted {:4} reviewed {:4} findings {:4} nodes {nodes}",
            ms(parsed),
            ms(walked),
            ms(reviewed),
            outcome.units.len(),
            c.extracted,
            c.reviewed,
            outcome.findings.len()
        );
        if version > 0 {
            costs.push((ms(reviewed), ms(parsed) + ms(walked)));
        }
    }
    let sorted = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all
    };
    let (own, bare): (Vec<f64>, Vec<f64>) = costs.into_iter().unzip();
    let (own, bare) = (sorted(own), sorted(bare));
    let at = |all: &[f64], q: f64| all[(q * (all.len() - 1) as f64).round() as usize];
    println!(
        "review p50 {:.2} p99 {:.2} ms; parse and walk p50 {:.2} p99 {:.2} ms",
        at(&own, 0.5),
        at(&own, 0.99),
        at(&bare, 0.5),
        at(&bare, 0.99)
    );
}
