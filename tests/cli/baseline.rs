//! What a project has decided to live with: written down, hidden, counted, and never mended unasked.

use crate::project::{Project, Run, git};

/// A text with one finding.
const NOTE: &str = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";

/// Two findings that say the same, and have a fix each.
const TWICE: &str = "import { PrismaClient } from '@prisma/client'\n\nconst db = new PrismaClient()\n\nexport async function users(ids: string[]) {\n  const found = []\n  for (const id of ids) {\n    found.push(await db.user.findUnique({ where: { id } }))\n  }\n  for (const id of ids) {\n    found.push(await db.user.findUnique({ where: { id } }))\n  }\n  return found\n}\n";

const BASELINE: &str = ".plimsoll/baseline.json";

fn shop() -> Project {
    Project::new(&[("src/a.rs", NOTE), ("src/b.rs", "fn b() {}\n"), ("other/c.rs", NOTE)])
}

fn baseline(project: &Project) -> String {
    std::fs::read_to_string(project.path().join(BASELINE)).expect("it was written")
}

fn fingerprints(run: &Run) -> Vec<String> {
    let marked = run.stdout.split("\"fingerprint\": \"").skip(1);
    marked.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_is_written_down_is_hidden_and_counted() {
    let project = shop();
    insta::assert_snapshot!(project.run(&["check", "--write-baseline"]), @r"
    status: 0
    --- stdout
    no findings in 3 files; 2 in the baseline
    --- stderr
    .plimsoll/baseline.json holds 2 findings: 2 added, 0 taken out
    ");
    insta::assert_snapshot!(baseline(&project), @r#"
    {
      "version": 1,
      "findings": [
        { "path": "other/c.rs", "rule": "unused-suppression", "fingerprint": "ace808ae39d4d235" },
        { "path": "src/a.rs", "rule": "unused-suppression", "fingerprint": "366373d2077da2c3" }
      ]
    }
    "#);
    insta::assert_snapshot!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 3 files; 2 in the baseline
    --- stderr
    ");
    let json = project.run(&["check", "--format", "json"]);
    assert!(json.stdout.contains("\"findings\": 0,") && json.stdout.contains("\"baselined\": 2,"), "{json}");
    assert_eq!(json.status, 0);
    // What is new is found beside it, also where it is written like something that is known.
    project.write_bytes("src/b.rs", NOTE.as_bytes());
    let run = project.run(&["check"]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.ends_with("1 finding (1 warning) in 3 files; 2 in the baseline\n"), "{run}");
    let again = project.run(&["check", "--write-baseline"]);
    assert_eq!(again.stderr, ".plimsoll/baseline.json holds 3 findings: 1 added, 0 taken out\n");
}

#[test]
fn it_changes_no_answer_whether_anything_is_kept_or_not() {
    let project = shop();
    let both = || {
        let runs =
            [&["check"][..], &["check", "--no-cache"]].map(|arguments| project.run(arguments).to_string());
        assert_eq!(runs[0], runs[1]);
    };
    both();
    project.run(&["check", "--write-baseline"]);
    both();
    std::fs::remove_file(project.path().join(BASELINE)).expect("it was written");
    both();
}

#[test]
fn it_is_found_from_below_and_keeps_what_a_run_does_not_look_for() {
    let project = shop();
    project.run(&["check", "--write-baseline"]);
    git(project.path(), &["init", "--quiet"]);
    let run = project.run_in("src", &["check"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run}");
    // A run over one folder writes down what it knows of that folder.
    project.write_bytes("src/a.rs", b"fn a() {}\n");
    let written = project.run_in("src", &["check", "--write-baseline"]);
    assert_eq!(written.stderr, "../.plimsoll/baseline.json holds 1 finding: 0 added, 1 taken out\n");
    assert!(baseline(&project).contains("other/c.rs"));
    // And so does one with some of the rules.
    let some = ["check", "--rule", "missing-timeout", "--write-baseline"];
    assert_eq!(project.run(&some).stderr, ".plimsoll/baseline.json holds 1 finding: 0 added, 0 taken out\n");
}

#[test]
fn the_nearest_one_counts() {
    let empty = "{ \"version\": 1, \"findings\": [] }";
    let project = Project::new(&[("a/x.rs", NOTE), ("b/x.rs", NOTE), ("b/.plimsoll/baseline.json", empty)]);
    project.run(&["check", "a", "--write-baseline"]);
    let run = project.run(&["check"]);
    assert!(run.stdout.contains("b/x.rs") && run.stdout.ends_with("; 1 in the baseline\n"), "{run}");
    let written = project.run(&["check", "--write-baseline"]).stderr;
    insta::assert_snapshot!(written, @r"
    .plimsoll/baseline.json holds 1 finding: 0 added, 0 taken out
    b/.plimsoll/baseline.json holds 1 finding: 1 added, 0 taken out
    ");
}

#[test]
fn what_is_gone_is_told_once_and_fails_nothing() {
    let project = shop();
    project.run(&["check", "--write-baseline"]);
    project.write_bytes("src/a.rs", b"fn a() {}\n");
    // A run that does not look there, or not for that, says nothing.
    assert_eq!(project.run(&["check", "other"]).stderr, "");
    assert_eq!(project.run(&["check", "--rule", "missing-timeout"]).stderr, "");
    insta::assert_snapshot!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 3 files; 1 in the baseline
    --- stderr
    hint: 1 finding of .plimsoll/baseline.json is gone; `plimsoll check --write-baseline` takes it out
    ");
    std::fs::remove_file(project.path().join("other/c.rs")).expect("it is there");
    let told = project.run(&["check", "src"]).stderr;
    assert_eq!(
        told,
        "hint: 2 findings of .plimsoll/baseline.json are gone; `plimsoll check --write-baseline` takes them out\n"
    );
    // What could not be reviewed is not gone.
    project.write_bytes("other/c.rs", b"\xff");
    assert!(project.run(&["check"]).stderr.starts_with("hint: 1 finding of"));
}

#[test]
fn one_that_cannot_be_used_is_one_line_and_status_2() {
    let project = shop();
    project.write_bytes(BASELINE, b"{\n  \"version\": 1,\n<<<<<<< HEAD\n");
    for arguments in [&["check"][..], &["check", "--write-baseline"], &["fix"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.run(arguments), @r"
            status: 2
            --- stdout
            --- stderr
            error: .plimsoll/baseline.json:3: it is no baseline: key must be a string
            ");
        }
    }
    project.write_bytes(BASELINE, b"{ \"version\": 2 }");
    insta::assert_snapshot!(project.run_in("src", &["check", "../other"]).stderr, @"error: ../.plimsoll/baseline.json:1: it has version 2, and this Plimsoll understands version 1");
    project.write_bytes(BASELINE, b"\xff");
    assert_eq!(project.run(&["check"]).stderr, "error: .plimsoll/baseline.json:1: it cannot be read\n");
}

#[test]
fn git_sees_the_baseline_and_not_the_cache() {
    let project = shop();
    git(project.path(), &["init", "--quiet"]);
    project.run(&["check", "--write-baseline"]);
    assert!(project.path().join(".plimsoll/cache").exists());
    let seen = git(project.path(), &["status", "--porcelain", "--untracked-files=all", ".plimsoll"]);
    assert_eq!(seen, "?? .plimsoll/baseline.json\n");
}

#[test]
fn fix_leaves_it_alone_also_when_its_like_is_mended() {
    let project = Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n"),
        ("src/users.ts", TWICE),
    ]);
    let found = fingerprints(&project.run(&["check", "--format", "json"]));
    assert_eq!(found.len(), 2);
    for kept in &found {
        project.write_bytes("src/users.ts", TWICE.as_bytes());
        let entry = format!(
            "{{ \"path\": \"src/users.ts\", \"rule\": \"n-plus-one\", \"fingerprint\": \"{kept}\" }}"
        );
        project.write_bytes(BASELINE, format!("{{ \"version\": 1, \"findings\": [{entry}] }}").as_bytes());
        let run = project.run(&["fix", "--review-needed"]);
        assert_eq!(run.stderr, "1 finding in the baseline left alone\n");
        assert!(run.stdout.ends_with("\n1 finding: 1 fixed in 1 file\n"), "{run}");
        assert_eq!(run.status, 0);
        let text = std::fs::read_to_string(project.path().join("src/users.ts")).expect("it is there");
        assert_eq!(text.matches("db.user.findUnique").count(), 1, "{text}");
    }
    project.write_bytes("src/users.ts", TWICE.as_bytes());
    project.run(&["check", "--write-baseline"]);
    insta::assert_snapshot!(project.run(&["fix", "--review-needed"]), @r"
    status: 0
    --- stdout
    nothing to fix
    --- stderr
    2 findings in the baseline left alone
    ");
}
