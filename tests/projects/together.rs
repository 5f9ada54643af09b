//! Fixes that are applied together to a copy of a project.

use std::collections::BTreeMap;
use std::path::Path;

use crate::edits::{Edit, applied};

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
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::create_dir_all(file.parent().expect("a file in a folder")).expect("a writable copy");
        std::fs::write(&file, applied(&text, edits)).expect("a writable copy");
    }
}
