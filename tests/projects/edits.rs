//! The edits of a json report, and copies of projects.

use std::path::Path;

use serde_json::Value;

/// A range of lines and columns from 1, columns in characters; none creates the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub range: Option<[(u64, u64); 2]>,
    pub text: String,
}

/// The edits of a fix, each with its file.
pub fn of_fix(fix: &Value) -> Vec<(String, Edit)> {
    let place = |p: &Value| (p["line"].as_u64().expect("a line"), p["column"].as_u64().expect("a column"));
    fix["edits"]
        .as_array()
        .expect("edits")
        .iter()
        .map(|edit| {
            let range = edit["range"].as_object().map(|r| [place(&r["start"]), place(&r["end"])]);
            let text = edit["new_text"].as_str().expect("a text").to_owned();
            (edit["path"].as_str().expect("a path").to_owned(), Edit { range, text })
        })
        .collect()
}

/// The text of a file after edits of it, which are told in the text before.
pub fn applied(before: &str, edits: &[Edit]) -> String {
    let mut text = before.to_owned();
    let mut edits = edits.to_vec();
    edits.sort();
    for edit in edits.iter().rev() {
        match &edit.range {
            None => text = edit.text.clone(),
            Some([start, end]) => text.replace_range(byte(&text, *start)..byte(&text, *end), &edit.text),
        }
    }
    text
}

fn byte(text: &str, (line, column): (u64, u64)) -> usize {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n').expect("as many lines as the report says") + 1;
    }
    let rest = &text[start..];
    start
        + rest
            .char_indices()
            .nth(usize::try_from(column - 1).expect("small"))
            .map_or(rest.len(), |(at, _)| at)
}

/// Copies a project without what tools have left in it.
pub fn copy_project(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name();
        if ["node_modules", "target", ".git"].iter().any(|skipped| name == *skipped) {
            continue;
        }
        let target = to.join(&name);
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a writable copy");
            copy_project(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a writable copy");
        }
    }
}
