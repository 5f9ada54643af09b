//! What the command line finds in a folder: the server must end in the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Rules and lines from 0, by the path below the folder; clean files are left out.
pub type Found = BTreeMap<String, BTreeSet<(String, u64)>>;

/// Checks all of a folder, without what was kept of an earlier run.
pub fn checked(folder: &Path) -> Found {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--format", "json", "--fail-on", "never", "--no-cache", "."])
        .current_dir(folder)
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let mut found = Found::new();
    for finding in report["findings"].as_array().expect("findings") {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let line = finding["range"]["start"]["line"].as_u64().expect("a line") - 1;
        found.entry(text(&finding["path"])).or_default().insert((text(&finding["rule"]), line));
    }
    found
}
