//! A copy of a sample project, and what editor and command line tell of it, told alike.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::edits::{self, Edit};

/// From a line and column to another, both from 1; columns count characters.
type Range = [(u64, u64); 2];

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub path: String,
    range: Range,
    pub rule: String,
    pub message: String,
    severity: u64,
    pub fingerprint: String,
    related: Vec<(String, Range, String)>,
}

/// A fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub title: String,
    pub is_safe: bool,
    pub edits: BTreeMap<String, Vec<Edit>>,
}

/// A project on disk that the server has open, and another copy of it for what the command line writes.
pub struct Sample {
    folder: tempfile::TempDir,
    written: tempfile::TempDir,
    /// The URI of the first folder.
    pub root: String,
    /// By path below the folder.
    pub texts: BTreeMap<String, String>,
    /// How much a character counts in the positions of the protocol.
    width: fn(char) -> usize,
}

impl Sample {
    /// Copies of a folder of the fixtures. Previews are on, as the sample projects have them.
    pub fn copy(name: &str, encoding: &str) -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
        let [folder, written] = [(); 2].map(|()| {
            let copy = tempfile::tempdir().expect("there is room");
            std::fs::write(copy.path().join("plimsoll.toml"), "preview = true\n").expect("there is room");
            edits::copy_project(&project, copy.path());
            copy
        });
        let root = format!("file://{}", folder.path().display());
        let texts = texts_below(folder.path());
        let width = if encoding == "utf-16" { char::len_utf16 } else { char::len_utf8 };
        Self { folder, written, root, texts, width }
    }

    /// All that is reviewed, with the language that an editor says it is in.
    pub fn reviewed(&self) -> impl Iterator<Item = (&String, &'static str, &String)> {
        self.texts.iter().filter_map(|(path, text)| {
            let language = match Path::new(path).extension()?.to_str()? {
                "ts" | "mts" | "cts" => "typescript",
                "tsx" => "typescriptreact",
                "js" | "mjs" | "cjs" => "javascript",
                "jsx" => "javascriptreact",
                "rs" => "rust",
                "sql" => "sql",
                "prisma" => "prisma",
                _ => return None,
            };
            Some((path, language, text))
        })
    }

    pub fn uri(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    /// The path of a URI.
    pub fn path(&self, uri: &Value) -> String {
        let below = uri.as_str().and_then(|uri| uri.strip_prefix(&self.root)?.strip_prefix('/'));
        below.unwrap_or_else(|| panic!("{uri} is not in the project")).to_owned()
    }

    /// What `plimsoll check` finds, each finding with its fixes.
    pub fn checked(&self) -> Vec<(Told, Vec<Made>)> {
        let output = plimsoll(
            self.folder.path(),
            &["check", "--format", "json", "--fixes", "--fail-on", "never", "--no-cache"],
        );
        let report: Value = serde_json::from_str(&output).expect("a report");
        assert_eq!(report["complete"], true, "{}", report["skipped"]);
        let findings = report["findings"].as_array().expect("findings").iter();
        findings
            .map(|finding| {
                let fixes = finding["fixes"].as_array().expect("fixes").iter().map(of_report);
                (told_by_report(finding), fixes.collect())
            })
            .collect()
    }

    /// The files that `plimsoll fix` makes other than they were, as it makes them.
    pub fn fixed(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        plimsoll(self.written.path(), &[&["fix"], arguments].concat());
        let mut after = texts_below(self.written.path());
        after.retain(|path, text| self.texts.get(path) != Some(text));
        for path in after.keys() {
            let file = self.written.path().join(path);
            match self.texts.get(path) {
                Some(before) => std::fs::write(file, before).expect("it is writable"),
                None => std::fs::remove_file(file).expect("it is there"),
            }
        }
        after
    }

    /// The files that edits make other than they were.
    pub fn edited(&self, edits: &BTreeMap<String, Vec<Edit>>) -> BTreeMap<String, String> {
        let text = |path: &String| self.texts.get(path).map(String::as_str).unwrap_or_default();
        edits.iter().map(|(path, own)| (path.clone(), edits::applied(text(path), own))).collect()
    }

    /// A diagnostic of a file as the command line tells it.
    pub fn told(&self, path: &str, diagnostic: &Value) -> Told {
        let related = diagnostic["relatedInformation"].as_array().into_iter().flatten().map(|related| {
            let path = self.path(&related["location"]["uri"]);
            let range = self.range(&path, &related["location"]["range"]);
            (path, range, text_of(&related["message"]))
        });
        Told {
            path: path.to_owned(),
            range: self.range(path, &diagnostic["range"]),
            rule: text_of(&diagnostic["code"]),
            message: text_of(&diagnostic["message"]),
            severity: number_of(&diagnostic["severity"]),
            fingerprint: text_of(&diagnostic["data"]["fingerprint"]),
            related: related.collect(),
        }
    }

    /// The edit of an action that is offered in a file, as the command line tells it: a file is created once, before it is
    /// written, and whoever looks at one file is asked before another one is changed.
    pub fn edits(&self, shown: &str, edit: &Value) -> BTreeMap<String, Vec<Edit>> {
        let mut all: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        let mut created = Vec::new();
        let is_asked = |annotated: &Value| {
            let annotation = annotated["annotationId"].as_str();
            annotation.is_some_and(|id| edit["changeAnnotations"][id]["needsConfirmation"] == true)
        };
        for change in edit["documentChanges"].as_array().expect("changes of documents") {
            if change["kind"] == "create" {
                let path = self.path(&change["uri"]);
                assert!(!self.texts.contains_key(&path), "{path} is there");
                assert_eq!(change["options"]["overwrite"], false);
                assert!(is_asked(change), "{change}");
                created.push(path);
                continue;
            }
            let path = self.path(&change["textDocument"]["uri"]);
            let is_open = self.reviewed().any(|(open, ..)| *open == path);
            let version = if is_open { json!(1) } else { Value::Null };
            assert_eq!(change["textDocument"]["version"], version, "{path}");
            let mut own = Vec::new();
            for text_edit in change["edits"].as_array().expect("edits") {
                assert_eq!(is_asked(text_edit), path != shown, "{change}");
                let range = (!created.contains(&path)).then(|| self.range(&path, &text_edit["range"]));
                own.push(Edit { range, text: text_of(&text_edit["newText"]) });
            }
            assert!(all.insert(path, own).is_none(), "the edits of a file stand together");
        }
        all
    }

    fn range(&self, path: &str, range: &Value) -> Range {
        ["start", "end"].map(|end| self.place(path, &range[end]))
    }

    /// A position of the protocol, which must be one between two characters.
    fn place(&self, path: &str, position: &Value) -> (u64, u64) {
        let (line, character) = (number_of(&position["line"]), number_of(&position["character"]));
        let text = self.texts.get(path).unwrap_or_else(|| panic!("{path} is not there"));
        let lines = text.split('\n').nth(usize::try_from(line).expect("small"));
        let mut left = usize::try_from(character).expect("small");
        let mut column = 1;
        for char in lines.unwrap_or_else(|| panic!("{path} has no line {line}")).chars() {
            if left == 0 {
                break;
            }
            left = left.checked_sub((self.width)(char)).expect("it is not within a character");
            column += 1;
        }
        assert_eq!(left, 0, "{path}:{line} is shorter than {character}");
        (line + 1, column)
    }
}

/// Runs the binary in a folder, and returns what it prints.
fn plimsoll(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|status| status < 2), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn texts_below(folder: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("it is readable") {
            let path = entry.expect("it is readable").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("it lies below").to_str().expect("it is UTF-8");
            let name = name.replace('\\', "/");
            texts.insert(name, std::fs::read_to_string(&path).expect("it is UTF-8"));
        }
    }
    texts
}

fn told_by_report(finding: &Value) -> Told {
    let related = finding["related"].as_array().expect("places").iter();
    let severity = match finding["severity"].as_str() {
        Some("error") => 1,
        Some("warning") => 2,
        _ => 3,
    };
    Told {
        path: text_of(&finding["path"]),
        range: range_of(&finding["range"]),
        rule: text_of(&finding["rule"]),
        message: text_of(&finding["message"]),
        severity,
        fingerprint: text_of(&finding["fingerprint"]),
        related: related
            .map(|it| (text_of(&it["path"]), range_of(&it["range"]), text_of(&it["message"])))
            .collect(),
    }
}

fn of_report(fix: &Value) -> Made {
    let mut all: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for (path, edit) in edits::of_fix(fix) {
        all.entry(path).or_default().push(edit);
    }
    Made { title: text_of(&fix["title"]), is_safe: fix["safety"] == "safe", edits: all }
}

fn range_of(range: &Value) -> Range {
    let place = |end: &str| (number_of(&range[end]["line"]), number_of(&range[end]["column"]));
    [place("start"), place("end")]
}

pub fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn number_of(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A name without the moment in it: a migration is called after the second in which its fix was made.
pub fn without_time(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find(|char: char| char.is_ascii_digit()) {
        let end =
            rest[at..].find(|char: char| !char.is_ascii_digit()).map_or(rest.len(), |length| at + length);
        out.push_str(&rest[..at]);
        out.push_str(if end - at == 14 { "[time]" } else { &rest[at..end] });
        rest = &rest[end..];
    }
    out + rest
}

impl Made {
    /// The fix without the moment in the names that it gives.
    pub fn without_time(self) -> Self {
        let Self { title, is_safe, edits } = self;
        let edits = edits.into_iter().map(|(path, own)| (without_time(&path), own));
        Self { title: without_time(&title), is_safe, edits: edits.collect() }
    }
}
