//! Applies the edits of a json report to a copy of a project.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// A range of lines and columns from 1, columns in characters; none creates the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    range: Option<[(u64, u64); 2]>,
    text: String,
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

/// Whether a fix can be applied together with what is taken already: it shares no line with any of it, and creates
/// no file that is taken. Two fixes that add the same import or helper line are left to different rounds.
pub fn fit_beside(edits: &[(String, Edit)], taken: &BTreeMap<String, Vec<Edit>>) -> bool {
    edits.iter().all(|(path, edit)| {
        taken.get(path).into_iter().flatten().all(|other| match (&edit.range, &other.range) {
            (Some([start, end]), Some([from, to])) => end.0 < from.0 || to.0 < start.0,
            _ => false,
        }) && !taken.values().flatten().any(|other| other.text == edit.text && edit.text.contains("import"))
    })
}

/// Writes the edits into the copy.
pub fn apply(copy: &Path, taken: &BTreeMap<String, Vec<Edit>>) {
    for (path, edits) in taken {
        let file = copy.join(path);
        let mut text = std::fs::read_to_string(&file).unwrap_or_default();
        let mut edits = edits.clone();
        edits.sort();
        for edit in edits.iter().rev() {
            match &edit.range {
                None => text = edit.text.clone(),
                Some([start, end]) => text.replace_range(byte(&text, *start)..byte(&text, *end), &edit.text),
            }
        }
        std::fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a writable copy");
        std::fs::write(&file, text).expect("a writable copy");
    }
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
