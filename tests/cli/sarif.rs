//! What `--format sarif` prints is valid by the schema of the standard.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::formats::shop;
use crate::project::Project;
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
    // The validator sees mistakes.
    let wrong = full.replace("\"level\": \"error\"", "\"level\": \"fatal\"");
    assert_ne!(full, wrong);
    for (log, is_valid) in [(&empty, true), (&full, true), (&wrong, false)] {
        let output = validated(log);
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(77) {
            skip("sarif", said.trim());
            return;
        }
        assert_eq!(output.status.success(), is_valid, "{said}\n{log}");
    }
}
