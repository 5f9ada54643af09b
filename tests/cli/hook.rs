//! What an assistant is told of its edits.

use std::process::Stdio;

use crate::project::{Project, Run, git};

/// A text with one finding.
const NOTE: &str = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";

/// The event that Claude Code hands to a hook after an edit.
fn event(project: &Project, tool: &str, path: &str) -> String {
    let root = project.path().to_str().expect("it is UTF-8");
    serde_json::json!({
        "session_id": "1", "transcript_path": "/home/a/.claude/1.jsonl", "cwd": root, "permission_mode": "default",
        "hook_event_name": "PostToolUse", "tool_name": tool,
        "tool_input": { "file_path": format!("{root}/{path}"), "old_string": "\"file_path\": 1", "new_string": "" },
        "tool_response": { "filePath": format!("{root}/{path}"), "success": true },
    })
    .to_string()
}

fn edited(project: &Project, path: &str) -> Run {
    project.run_with(&["hook", "claude-code"], event(project, "Edit", path).as_bytes())
}

/// Nothing to say, and the assistant goes on.
fn is_silent(run: &Run) -> bool {
    (run.status, run.stdout.as_str(), run.stderr.as_str()) == (0, "", "")
}

#[test]
fn without_git_the_edited_file_is_told_of() {
    let project = Project::new(&[
        ("a.rs", NOTE),
        ("old.rs", NOTE),
        ("fine.rs", "fn b() {}\n"),
        ("notes.md", "# Notes\n"),
        ("prose.ts", "This is a sentence, and\nno code at all.\n"),
    ]);
    project.write_bytes("latin1.rs", b"// caf\xe9\n");
    insta::assert_snapshot!(edited(&project, "a.rs"), @r"
    status: 2
    --- stdout
    --- stderr
    a.rs:1:1 warning unused-suppression
      why: this suppression hides nothing, for there is no rule `no-such-rule-at-all`
      fix: none is proven

    Why a rule matters and how such code is repaired: `plimsoll explain RULE`.
    1 finding (1 warning) in 4 files, in what was edited
    ");
    // What cannot be read elsewhere is not the assistant's doing.
    for path in ["fine.rs", "notes.md", "gone.rs", "../elsewhere.rs"] {
        let run = edited(&project, path);
        assert!(is_silent(&run), "{path}: {run}");
    }
    let unread = edited(&project, "prose.ts");
    assert!(unread.status == 2 && unread.stderr.starts_with("hardly read: prose.ts: "), "{unread}");
    assert!(!unread.stderr.contains("latin1"), "{unread}");
}

#[test]
fn with_git_the_lines_are_told_of_that_no_commit_has() {
    let project = Project::new(&[("a.rs", NOTE), ("old.rs", NOTE)]);
    git(project.path(), &["init", "--quiet"]);
    // Before the first commit all is new.
    assert_eq!(edited(&project, "a.rs").status, 2);
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "--message", "a"]);
    assert!(is_silent(&edited(&project, "a.rs")));
    project.write_bytes("a.rs", format!("{NOTE}{NOTE}").as_bytes());
    let run = edited(&project, "a.rs");
    assert!(run.status == 2 && run.stderr.starts_with("a.rs:3:1 "), "{run}");
    assert_eq!(run.stderr.matches("why: ").count(), 1, "{run}");
    // Told once, at the edit of its own file.
    assert!(is_silent(&edited(&project, "old.rs")));
}

#[test]
fn it_runs_for_the_project_that_it_is_told() {
    let project = Project::new(&[("src/a.rs", NOTE)]);
    let root = project.path().to_str().expect("it is UTF-8").to_owned();
    let mut command = project.command(&["hook", "claude-code"]);
    command.current_dir("/").env("CLAUDE_PROJECT_DIR", &root);
    let mut hook = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it is built");
    let input = event(&project, "Write", "src/a.rs");
    std::io::Write::write_all(&mut hook.stdin.take().expect("it is piped"), input.as_bytes())
        .expect("it is read");
    let run = project.told(&hook.wait_with_output().expect("it ends"));
    assert!(run.status == 2 && run.stderr.starts_with("src/a.rs:1:1 "), "{run}");
}

#[test]
fn what_is_wrong_is_told_to_the_person_and_stops_nobody() {
    let project = Project::new(&[("a.rs", NOTE), ("plimsoll.toml", "[fils]\n")]);
    insta::assert_snapshot!(edited(&project, "a.rs"), @r"
    status: 1
    --- stdout
    --- stderr
    error: plimsoll.toml:1: unknown key `fils`; did you mean `files`?
    plimsoll: the edit was not reviewed
    ");
    let run = project.run_with(&["hook", "claude-code"], b"{");
    assert!(run.status == 1 && run.stderr.lines().count() == 1, "{run}");
    // A tool that edits no file.
    assert!(is_silent(&project.run_with(&["hook", "claude-code"], b"{\"tool_input\":{\"command\":\"ls\"}}")));
}

#[test]
fn a_hook_that_is_there_is_not_added_again() {
    let own = "{ \"hooks\": { \"PostToolUse\": [{ \"hooks\": [{ \"type\": \"command\", \"command\": \"plimsoll check --diff || exit 2\" }] }] } }\n";
    let project = Project::new(&[(".claude/settings.json", own)]);
    let run = project.run(&["init", "claude-code"]);
    assert_eq!(run.stderr, ".claude/settings.json has it already\n");
}
