//! Any text in any language: a review ends, no rule panics, and whatever is found lies in the text.
#![no_main]

use std::sync::atomic::AtomicBool;

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;

const SCHEMA: &str = "model User {\n  id Int @id\n  email String\n  posts Post[]\n}\n\nmodel Post {\n  id Int @id\n  authorId Int\n  author User @relation(fields: [authorId], references: [id])\n}\n";
const MANIFEST: &str = r#"{ "dependencies": { "express": "5", "react": "19", "@prisma/client": "6", "pg": "8" } }"#;
const CRATE: &str = "[package]\nname = \"p\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\nreqwest = \"0.12\"\ntokio = \"1\"\n";
const PATHS: &[&str] =
    &["/p/src/a.ts", "/p/src/a.tsx", "/p/src/a.js", "/p/src/main.rs", "/p/schema.prisma", "/p/migrations/0001_a.sql"];

fuzz_target!(|bytes: &[u8]| {
    let [kind, text @ ..] = bytes else { return };
    let path = PATHS[usize::from(*kind) % PATHS.len()];
    let text = String::from_utf8_lossy(text);
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", MANIFEST);
    files.insert("/p/Cargo.toml", CRATE);
    files.insert("/p/schema.prisma", SCHEMA);
    files.insert(path, text.as_ref());
    let (cancel, config) = (AtomicBool::new(false), Config::default().with_preview());
    let request = Request { files: &files, path, document: None, config: &config, cancel: &cancel, now: 0 };
    let engine = Engine::new();
    let outcome = engine.review(&request);
    for skipped in &outcome.skipped {
        assert!(!skipped.reason.contains("panicked"), "{}", skipped.reason);
    }
    for finding in &outcome.findings {
        assert!(text.get(finding.range.as_usize()).is_some(), "{finding:?}");
        // Fixes are proven: applying what is offered is part of that.
        if finding.may_have_fixes {
            let _ = engine.fixes(&request, finding);
        }
    }
});
