//! Many documents, edited for long, in no order: nothing is lost, nothing is published for a text that is not there, and
//! in the end the findings are those of a fresh check.
//!
//! `PLIMSOLL_SOAK_MINUTES` makes it as long as somebody has time; by itself it takes a few seconds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Server;
use super::client::{modern, range};
use super::fresh::{Found, checked};

/// Edits without the variable.
const EDITS: usize = 600;

/// How many edits are sent before the server is waited for.
const AHEAD: usize = 40;

/// What is typed.
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
    "*/",
    "await ",
    "return ",
    "const y = 1\n",
    "fetch(url)",
    "for (const a of as) {",
    "// note\n",
    "import x from './x'\n",
    ";",
    "?.",
    "fn g() {}\n",
    ".await",
    "🦀",
    "é",
    "\r\n",
    "\u{2028}",
    "setInterval(() => tick(), 1000)\n",
];

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

struct Open {
    uri: String,
    path: PathBuf,
    text: String,
    original: String,
    version: i64,
}

impl Open {
    /// Line and column of a byte, in UTF-8, as the protocol breaks lines.
    fn position(&self, byte: usize) -> (u32, u32) {
        let (mut line, mut begin) = (0, 0);
        let bytes = self.text.as_bytes();
        for (at, &one) in bytes[..byte].iter().enumerate() {
            let breaks = one == b'\n' || one == b'\r' && bytes.get(at + 1) != Some(&b'\n');
            if breaks {
                (line, begin) = (line + 1, at + 1);
            }
        }
        (line, u32::try_from(byte - begin).expect("short"))
    }

    /// A byte where a character begins, and none between a `\r` and its `\n`.
    fn boundary(&self, mut byte: usize) -> usize {
        let bytes = self.text.as_bytes();
        while !self.text.is_char_boundary(byte)
            || byte > 0 && bytes[byte - 1] == b'\r' && bytes.get(byte) == Some(&b'\n')
        {
            byte -= 1;
        }
        byte
    }

    /// Replaces a range at random; returns the protocol's change.
    fn edit(&mut self, numbers: &mut Numbers) -> Value {
        let start = self.boundary(numbers.below(self.text.len() + 1));
        let len = if numbers.below(3) == 0 { numbers.below(30) } else { 0 };
        let end = self.boundary((start + len).min(self.text.len())).max(start);
        let piece = PIECES[numbers.below(PIECES.len())];
        let change = json!({ "range": range(self.position(start), self.position(end)), "text": piece });
        self.text.replace_range(start..end, piece);
        change
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && name != "node_modules" && name != "target" {
                open.push(path);
            } else if path.extension().is_some_and(|it| matches!(it.to_str(), Some("ts" | "tsx" | "rs"))) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("it can be made");
    for entry in std::fs::read_dir(from).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("a name").to_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            std::fs::copy(&path, to.join(name)).expect("it can be copied");
        }
    }
}

#[test]
fn after_many_edits_the_findings_are_those_of_a_fresh_check() {
    let minutes = std::env::var("PLIMSOLL_SOAK_MINUTES").ok().and_then(|it| it.parse::<u64>().ok());
    let end = minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let projects = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects");
    let folder = tempfile::tempdir().expect("a folder");
    for project in ["shop-ts", "shop-rs"] {
        copy(&projects.join(project), &folder.path().join(project));
    }
    let mut server = Server::start();
    let root = format!("file://{}", folder.path().display());
    server.client.initialize(modern(), json!({ "rootUri": root }));
    let client = &mut server.client;
    let mut open: Vec<Open> = sources(folder.path())
        .into_iter()
        .take(50)
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let uri = format!("file://{}", path.display());
            Open { uri, path, original: text.clone(), text, version: 1 }
        })
        .collect();
    assert!(open.len() >= 40, "{}", open.len());
    for document in &open {
        let language = if document.uri.ends_with(".rs") { "rust" } else { "typescript" };
        client.open(&document.uri, language, &document.text);
    }

    let mut numbers = Numbers(20_261_130);
    let mut done = 0;
    while end.map_or(done < EDITS, |end| Instant::now() < end) {
        // Somebody works in one file for a while.
        let at = numbers.below(open.len());
        let document = &mut open[at];
        for _ in 0..AHEAD {
            document.version += 1;
            let changes: Vec<Value> = (0..=numbers.below(3)).map(|_| document.edit(&mut numbers)).collect();
            client.change_with(&document.uri, document.version, json!(changes));
            done += 1;
        }
        client.published_for(&document.uri, document.version);
        // What was written is taken back now and then, or texts would only ever be rubbish.
        if numbers.below(2) == 0 {
            document.version += 1;
            document.text = document.original.clone();
            client.change_with(&document.uri, document.version, json!([{ "text": document.text }]));
        }
    }

    // All is mended in the end, with a line more than on the disk, where it is then written too.
    let below = |path: &Path| {
        path.strip_prefix(folder.path()).ok().and_then(Path::to_str).expect("it lies below").to_owned()
    };
    let mut last = Found::new();
    for document in &mut open {
        document.version += 1;
        document.text = format!("// read again\n{}", document.original);
        client.change_with(&document.uri, document.version, json!([{ "text": document.text }]));
        std::fs::write(&document.path, &document.text).expect("it can be written");
    }
    for document in &open {
        client.notify("textDocument/didSave", json!({ "textDocument": { "uri": document.uri } }));
    }
    // What the last save has had reviewed again comes after all versions are there.
    for document in &open {
        let mut newest = client.published_for(&document.uri, document.version);
        client.call("textDocument/hover", super::client::Client::position(&document.uri, 0, 0));
        while let Some(newer) = client.already(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == document.uri
        }) {
            newest = newer["params"]["diagnostics"].clone();
        }
        let places = places(&newest);
        if !places.is_empty() {
            last.insert(below(&document.path), places);
        }
    }
    let mut fresh = checked(folder.path());
    fresh.retain(|path, _| open.iter().any(|document| below(&document.path) == *path));
    // Who imports a file is read when nobody types, and what rests on it is told then.
    while last != fresh {
        let message = client.wait(&format!("{last:#?}\nto become\n{fresh:#?}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
        });
        let uri = &message["params"]["uri"];
        let Some(document) = open.iter().find(|document| *uri == *document.uri) else { continue };
        match places(&message["params"]["diagnostics"]) {
            none if none.is_empty() => last.remove(&below(&document.path)),
            places => last.insert(below(&document.path), places),
        };
    }
    server.end();
}

/// Rules with the lines on which they are told.
fn places(diagnostics: &Value) -> BTreeSet<(String, u64)> {
    let place = |diagnostic: &Value| {
        let line = diagnostic["range"]["start"]["line"].as_u64().expect("a line");
        (diagnostic["code"].as_str().expect("a rule").to_owned(), line)
    };
    diagnostics.as_array().expect("diagnostics").iter().map(place).collect()
}
