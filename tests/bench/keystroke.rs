//! One keystroke in an open buffer, beside the least that any such server must do: reparse, and walk the tree once.
//! Ratios of one run count; absolute times are the machine's.

mod source;

use std::hint::black_box;
use std::sync::atomic::AtomicBool;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;
use plimsoll_syntax::{Document, Edit, Language, PositionEncoding, preorder};

struct Buffer {
    document: Document,
    line: u32,
    version: i32,
}

impl Buffer {
    fn open(text: &str) -> Self {
        let document = Document::open(text, Language::TypeScript, 0);
        let at =
            text[text.len() / 2..].find("item.label").expect("a statement in the middle") + text.len() / 2;
        let line = u32::try_from(text[..at].matches('\n').count()).expect("small");
        Buffer { document, line, version: 0 }
    }

    /// Types a character, and takes it back the next time.
    fn type_key(&mut self) {
        let at = |character| plimsoll_syntax::Position { line: self.line, character };
        self.version += 1;
        let edit = if self.version % 2 == 1 {
            Edit::replace(at(6), at(6), "x")
        } else {
            Edit::replace(at(6), at(7), "")
        };
        self.document.apply(&[edit], PositionEncoding::Utf8, self.version);
    }
}

fn keystroke(c: &mut Criterion) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{"dependencies":{"express":"4","@prisma/client":"6"}}"#);
    let config = Config::default();
    let sources = [
        ("300", source::module(300)),
        ("3000", source::module(3_000)),
        ("14000", source::module(14_000)),
        ("one function of 1800", source::one_function(1_800)),
    ];
    let mut group = c.benchmark_group("keystroke");
    group.sample_size(30);
    for (name, text) in &sources {
        let mut buffer = Buffer::open(text);
        group.bench_function(BenchmarkId::new("reparse and walk", name), |b| {
            b.iter(|| {
                buffer.type_key();
                let snapshot = buffer.document.snapshot();
                let tree = snapshot.tree().expect("it parses");
                black_box(preorder(tree.root_node()).filter(|(node, _)| node.is_named()).count())
            });
        });
        let mut buffer = Buffer::open(text);
        let engine = Engine::new();
        group.bench_function(BenchmarkId::new("review", name), |b| {
            b.iter(|| {
                buffer.type_key();
                let snapshot = buffer.document.snapshot();
                let cancel = AtomicBool::new(false);
                let path = "/p/server/routes.ts";
                let request = Request {
                    files: &files,
                    path,
                    document: Some(&snapshot),
                    config: &config,
                    cancel: &cancel,
                    now: 0,
                };
                black_box(engine.review(&request).findings.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, keystroke);
criterion_main!(benches);
