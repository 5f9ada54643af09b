//! What `--format sarif` prints is valid by the schema of the standard.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::formats::shop;
use crate::project::{Project, Run, git};
use crate::skip::skip;

fn validated(log: &str) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cli/validate-sarif.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node is there");
    // Where nothing can be installed nobody reads it.
    let _ = node.stdin.take().expect("it is piped").write_all(log.as_bytes());
    node.wait_with_output().expect("it ends")
}

#[test]
fn a_log_is_what_the_standard_asks_for() {
    let empty = Project::new(&[("a.rs", "")]).run(&["check", "--format", "sarif"]).stdout;
    let full = shop().run(&["check", "--format", "sarif", "--fixes"]).stdout;
    let told = since_a_baseline().stdout;
    // The validator sees mistakes.
    let wrong = full.replace("\"level\": \"error\"", "\"level\": \"fatal\"");
    assert_ne!(full, wrong);
    for (log, is_valid) in [(&empty, true), (&full, true), (&told, true), (&wrong, false)] {
        let output = validated(log);
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(77) {
            skip("sarif", said.trim());
            return;
        }
        assert_eq!(output.status.success(), is_valid, "{said}\n{log}");
    }
}

/// Two findings, of which a baseline holds one, and only what has changed since is asked for.
fn since_a_baseline() -> Run {
    let note = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";
    let project = Project::new(&[("old.rs", note)]);
    project.run(&["check", "--write-baseline"]);
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "--message", "a"]);
    project.write_bytes("new.rs", note.as_bytes());
    project.run(&["check", "--format", "sarif", "--diff"])
}

/// Code scanning opens an alert for every result, suppressed or not: what a project lives with is none.
#[test]
fn what_a_baseline_holds_is_no_result_and_the_rest_is_new() {
    let run = since_a_baseline();
    let log: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let told: Vec<_> = results
        .iter()
        .map(|it| {
            let uri = &it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            (uri.as_str().expect("a path"), it["baselineState"].as_str())
        })
        .collect();
    assert_eq!(told, [("new.rs", Some("new"))]);
    let properties = &log["runs"][0]["properties"];
    assert_eq!(properties["baselined"], 1);
    let scope = properties["scope"].as_str().expect("it is told");
    assert!(scope.starts_with("brought in since main ("), "{scope}");
    assert_eq!(run.status, 1);
}
