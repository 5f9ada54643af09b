//! Does the retry that a fix writes work? The fix is applied to a small source, and the result is run against a server
//! that fails on purpose.

#[path = "../skip.rs"]
mod skip;

use std::path::{Path, PathBuf};
use std::process::Command;

fn here() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/retry");
    folder.canonicalize().expect("the harness stands there")
}

/// Applies the fix to a copy of a project and runs its `source`.
fn written_retry_works(project: &str, source: &str, arguments: &[&str]) {
    let copy = tempfile::tempdir().expect("a folder for the copy");
    let from = here().join("written").join(project);
    for entry in [source, if source.ends_with(".rs") { "Cargo.toml" } else { "package.json" }] {
        let to = copy.path().join(entry);
        std::fs::create_dir_all(to.parent().expect("below the copy")).expect("a folder");
        std::fs::copy(from.join(entry), to).expect("copied");
    }
    let fixed = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["fix", "--review-needed", "--rule", "missing-retry", "."])
        .current_dir(copy.path())
        .output()
        .expect("plimsoll runs");
    let said = String::from_utf8_lossy(&fixed.stderr).into_owned() + &String::from_utf8_lossy(&fixed.stdout);
    assert!(said.contains(": 1 fixed in "), "{project}: {said}");

    // What was written is clean under every rule.
    let checked = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--preview", "--no-cache", "."])
        .current_dir(copy.path())
        .output()
        .expect("plimsoll runs");
    let report = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(report.contains("no findings"), "{project}: {report}");

    let run = Command::new("node")
        .arg(here().join("run.mjs"))
        .args(arguments)
        .arg(copy.path().join(source))
        .output()
        .expect("node runs");
    if run.status.code() == Some(77) {
        skip::skip(project, String::from_utf8_lossy(&run.stderr).trim());
        return;
    }
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{project}:\n{out}{err}");
}

#[test]
fn a_written_retry_of_fetch_works() {
    written_retry_works("ts", "jobs/run.ts", &[]);
}

#[test]
fn a_written_retry_of_axios_works() {
    written_retry_works("js", "jobs/run.js", &[]);
}

#[test]
fn a_written_retry_of_reqwest_works() {
    written_retry_works("rs", "src/jobs/run.rs", &["--rust"]);
}

#[test]
fn a_written_retry_by_backon_works() {
    written_retry_works("rs-backon", "src/jobs/run.rs", &["--rust", "--dependency", "backon = \"1\""]);
}
