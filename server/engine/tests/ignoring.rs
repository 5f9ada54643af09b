//! The comment that hides a finding is written where it hides it, and nothing else.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Finding, Request};
use plimsoll_project::MemoryFiles;

/// Reviews a file beside others.
fn review(files: &MemoryFiles, path: &str) -> Vec<Finding> {
    let cancel = AtomicBool::new(false);
    let config = Config::default().with_preview();
    let request = Request { files, path, document: None, config: &config, cancel: &cancel, now: 0 };
    Engine::new().review(&request).findings
}

/// The text after the only finding of a file is ignored, with a reason written where it is missing.
fn ignored(files: &MemoryFiles, path: &str) -> String {
    let found = review(files, path);
    let [finding] = &found[..] else { panic!("{path} holds {found:?}") };
    let cancel = AtomicBool::new(false);
    let config = Config::default().with_preview();
    let request = Request { files, path, document: None, config: &config, cancel: &cancel, now: 0 };
    let fix = Engine::new().ignore(&request, finding).expect("it can be ignored");
    let [edit] = &fix.edits[..] else { panic!("{fix:?}") };
    let mut text = files.text(path);
    text.replace_range(edit.range.expect("a range").as_usize(), &edit.new_text);
    let mut after = files.clone();
    after.insert(path, text.clone());
    let rules: Vec<&str> = review(&after, path).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["suppression-without-reason"], "{text}");
    after.insert(
        path,
        text.replace("timer:", "timer: it is ours")
            .replace("timeout:", "timeout: it is ours")
            .replace("key:", "key: it is ours"),
    );
    assert!(review(&after, path).is_empty(), "{text}");
    text
}

/// Text of files in memory.
trait Texts {
    fn text(&self, path: &str) -> String;
}

impl Texts for MemoryFiles {
    fn text(&self, path: &str) -> String {
        plimsoll_project::Files::read(self, path).expect("it is there").to_string()
    }
}

fn server(name: &str, text: &str) -> (MemoryFiles, String) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "express": "5.0.0" } }"#);
    let path = format!("/p/{name}");
    files.insert(path.as_str(), text);
    (files, path)
}

const FETCH: &str = "import express from 'express'\nconst app = express()\n\
app.get('/', async (req, res) => {\n  const answer = await fetch('https://api.example.com/prices')\n  \
if (!answer.ok) throw new Error('no prices')\n  res.json(await answer.json())\n})\n";

#[test]
fn a_comment_stands_above_the_line_as_it_is_indented() {
    let (files, path) = server("a.ts", FETCH);
    let text = ignored(&files, &path);
    assert!(text.contains("{\n  // plimsoll-ignore missing-timeout:\n  const answer"), "{text}");
}

#[test]
fn line_endings_are_kept() {
    let (files, path) = server("a.ts", &FETCH.replace('\n', "\r\n"));
    let text = ignored(&files, &path);
    assert!(text.contains("{\r\n  // plimsoll-ignore missing-timeout:\r\n  const answer"), "{text:?}");
}

#[test]
fn a_comment_does_not_get_into_a_text() {
    let text = FETCH.replace(
        "  const answer = await fetch('https://api.example.com/prices')",
        "  const answer = await load(`\n${await fetch('https://api.example.com/prices')}\n`)",
    );
    let text = format!("{text}async function load(x: unknown) {{ return x as Response }}\n");
    let (files, path) = server("a.ts", &text);
    let text = ignored(&files, &path);
    assert!(text.contains("// plimsoll-ignore missing-timeout:\n  const answer"), "{text}");
}

#[test]
fn between_elements_it_is_an_expression() {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "react": "19.0.0" } }"#);
    let path = "/p/a.tsx";
    let text = "export function Inbox({ load }: { load: () => void }) {\n  return (\n    <main>\n      <p>New</p>\n      \
        <button onClick={() => setInterval(load, 10_000)}>Keep me up to date</button>\n    </main>\n  )\n}\n";
    files.insert(path, text);
    let text = ignored(&files, path);
    assert!(text.contains("</p>\n      {/* plimsoll-ignore leaked-timer: */}\n      <button"), "{text}");
}

#[test]
fn sql_has_comments_of_its_own() {
    let mut files = MemoryFiles::default();
    let path = "/p/migrations/0001_init.sql";
    files.insert("/p/package.json", "{}");
    let schema = "CREATE TABLE users (id BIGSERIAL PRIMARY KEY);\nCREATE TABLE posts (\n  id BIGSERIAL PRIMARY KEY,\n  \
        author_id BIGINT NOT NULL REFERENCES users (id)\n);\n";
    files.insert(path, schema);
    let text = ignored(&files, path);
    assert!(text.contains("-- plimsoll-ignore unindexed-foreign-key:\n"), "{text}");
}
