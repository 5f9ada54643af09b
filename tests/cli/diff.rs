//! Only what has changed: since a commit, or for the next one.

use std::path::Path;

use crate::cache::{HARMLESS, HELPER, LOOP};
use crate::project::{Project, Run, git};

/// A text with one finding, in its first line.
const NOTE: &str = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";
/// The same without it.
const CLEAN: &str = "// nothing\nfn a() {}\n";

/// A repository whose only commit, on `main`, holds these files.
pub fn repository(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    project.write_bytes("plimsoll.toml", b"preview = true\n");
    project.write_bytes("package.json", br#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#);
    git(project.path(), &["init", "--quiet"]);
    commit(project.path());
    project
}

pub fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "a"]);
}

/// Where findings stand, in order.
pub fn places(run: &Run) -> Vec<&str> {
    assert!(run.status < 2, "{run}");
    run.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("--> ")).collect()
}

pub fn found(project: &Project, arguments: &[&str]) -> Vec<String> {
    let run = project.run(&[&["check"], arguments].concat());
    places(&run).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_helper_that_gains_a_query_is_told_at_the_loop_that_calls_it() {
    let project = repository(&[("src/names.ts", LOOP), ("src/users.ts", HARMLESS), ("src/old.rs", NOTE)]);
    git(project.path(), &["checkout", "--quiet", "-b", "work"]);
    project.write_bytes("src/users.ts", HELPER.as_bytes());
    commit(project.path());
    assert_eq!(found(&project, &[]), ["src/names.ts:5:20", "src/old.rs:1:1"]);
    assert_eq!(found(&project, &["--diff"]), ["src/names.ts:5:20"]);
    // Another file changes what it is about no more than that.
    project.write_bytes("src/other.rs", CLEAN.as_bytes());
    let run = project.run(&["check", "--diff"]);
    assert_eq!(places(&run), ["src/names.ts:5:20"]);
    let head = git(project.path(), &["rev-parse", "--short=8", "main"]);
    let end = format!("in 4 files, brought in since main ({})\n", head.trim());
    assert!(run.stdout.ends_with(&end), "{run}");
    let json = project.run(&["check", "--diff", "--format", "json"]);
    assert!(json.stdout.contains("\"scope\": \"brought in since main ("), "{json}");
    assert_eq!(found(&project, &["--diff=HEAD"]), [""; 0]);
    git(project.path(), &["checkout", "--quiet", "main"]);
    assert_eq!(found(&project, &["--diff"]), [""; 0]);
}

#[test]
fn what_main_did_meanwhile_is_none_of_the_branch() {
    let project = repository(&[("a.rs", CLEAN), ("b.rs", CLEAN)]);
    git(project.path(), &["checkout", "--quiet", "-b", "work"]);
    project.write_bytes("a.rs", NOTE.as_bytes());
    commit(project.path());
    git(project.path(), &["checkout", "--quiet", "main"]);
    project.write_bytes("b.rs", NOTE.as_bytes());
    commit(project.path());
    assert_eq!(found(&project, &["--diff=work"]), ["b.rs:1:1"]);
    git(project.path(), &["checkout", "--quiet", "work"]);
    assert_eq!(found(&project, &["--diff"]), ["a.rs:1:1"]);
}

#[test]
fn only_changed_lines_count_and_what_was_taken_out_of_a_place() {
    let project = repository(&[("a.rs", &format!("{NOTE}{NOTE}")), ("b.rs", NOTE)]);
    project.write_bytes("a.rs", format!("{NOTE}\n{}", NOTE.replace("it is new", "it is newer")).as_bytes());
    assert_eq!(found(&project, &["--diff"]), ["a.rs:4:1"]);
    // A comment of two lines that loses one.
    let long = "/* plimsoll-ignore no-such-rule-at-all: it is\n more\n new */\nfn a() {}\n";
    project.write_bytes("b.rs", long.as_bytes());
    commit(project.path());
    assert_eq!(found(&project, &["--diff=HEAD"]), [""; 0]);
    project.write_bytes("b.rs", long.replace(" more\n", "").as_bytes());
    assert_eq!(found(&project, &["--diff=HEAD"]), ["b.rs:1:1"]);
}

#[test]
fn files_that_come_go_and_move_are_known_by_their_new_names() {
    let long = format!("{CLEAN}{}{NOTE}", "// another line\n".repeat(20));
    let project = repository(&[
        (".gitignore", "ignored/\n"),
        ("moved from.rs", &long),
        ("gone.rs", "fn gone() {\n    loop {}\n}\n"),
        ("kept.rs", NOTE),
    ]);
    let path = |name: &str| project.path().join(name);
    std::fs::rename(path("moved from.rs"), path("moved tö \"there\".rs")).expect("there is room");
    std::fs::remove_file(path("gone.rs")).expect("it is there");
    git(project.path(), &["add", "--all"]);
    // It has moved and is otherwise as it was.
    assert_eq!(found(&project, &["--diff"]), [""; 0]);
    let edited = long.replace("nothing", "plimsoll-ignore no-such-rule-at-all: it is new");
    project.write_bytes("moved tö \"there\".rs", edited.as_bytes());
    project.write_bytes("untracked/ü b.rs", NOTE.as_bytes());
    project.write_bytes("ignored/c.rs", NOTE.as_bytes());
    project.write_bytes("staged.rs", NOTE.as_bytes());
    git(project.path(), &["add", "staged.rs"]);
    let new = ["moved tö \"there\".rs:1:1", "staged.rs:1:1", "untracked/ü b.rs:1:1"];
    assert_eq!(found(&project, &["--diff"]), new);
    assert_eq!(found(&project, &["--diff", "ignored/c.rs", "kept.rs"]), ["ignored/c.rs:1:1"]);
    git(project.path(), &["config", "diff.noprefix", "true"]);
    git(project.path(), &["config", "diff.interHunkContext", "9"]);
    git(project.path(), &["config", "color.ui", "always"]);
    assert_eq!(found(&project, &["--diff"]), new);
}

#[test]
fn line_ends_alone_are_no_change() {
    let project = repository(&[("a.rs", &format!("{NOTE}{NOTE}"))]);
    let crlf = format!("{NOTE}{NOTE}").replace('\n', "\r\n");
    project.write_bytes("a.rs", crlf.as_bytes());
    assert_eq!(found(&project, &["--diff"]), [""; 0]);
    project.write_bytes("a.rs", crlf.replacen("it is new", "it is newer", 1).as_bytes());
    assert_eq!(found(&project, &["--diff"]), ["a.rs:1:1"]);
}

#[test]
fn it_works_from_a_subfolder_and_in_a_linked_working_tree() {
    let project = repository(&[("src/deep/a.rs", CLEAN), ("b.rs", CLEAN)]);
    git(project.path(), &["worktree", "add", "--quiet", "-b", "work", "../linked tree"]);
    project.write_bytes("src/deep/a.rs", NOTE.as_bytes());
    project.write_bytes("b.rs", NOTE.as_bytes());
    assert_eq!(places(&project.run_in("src", &["check", "--diff"])), ["deep/a.rs:1:1"]);
    assert_eq!(places(&project.run_in("src", &["check", "--diff", ".."])), ["../b.rs:1:1", "deep/a.rs:1:1"]);
    let linked = project.path().parent().expect("it has one").join("linked tree");
    std::fs::write(linked.join("b.rs"), NOTE).expect("there is room");
    let run = project.run_in("../linked tree", &["check", "--diff"]);
    std::fs::remove_dir_all(linked).expect("it is there");
    assert_eq!(places(&run), ["b.rs:1:1"]);
}

#[test]
fn a_submodule_is_held_against_what_the_repository_around_it_had() {
    let inner = repository(&[("a.rs", NOTE), ("b.rs", CLEAN)]);
    let project = repository(&[("c.rs", CLEAN)]);
    let from = inner.path().to_string_lossy().into_owned();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &from, "sub"];
    git(project.path(), &add);
    commit(project.path());
    git(project.path(), &["checkout", "--quiet", "-b", "work"]);
    assert_eq!(found(&project, &["--diff"]), [""; 0]);
    // Once committed within, once not.
    project.write_bytes("sub/b.rs", NOTE.as_bytes());
    commit(&project.path().join("sub"));
    project.write_bytes("sub/new.rs", NOTE.as_bytes());
    assert_eq!(found(&project, &["--diff"]), ["sub/b.rs:1:1", "sub/new.rs:1:1"]);
    commit(project.path());
    assert_eq!(found(&project, &["--diff"]), ["sub/b.rs:1:1", "sub/new.rs:1:1"]);
    // Before it was added all of it is new.
    let before = ["--diff=main~1"];
    assert_eq!(found(&project, &before), ["sub/a.rs:1:1", "sub/b.rs:1:1", "sub/new.rs:1:1"]);
    let within = project.run_in("sub", &["check", "--diff=HEAD"]);
    assert_eq!(places(&within), ["new.rs:1:1"]);
}

#[test]
fn what_cannot_be_compared_is_said_in_a_line() {
    let said = |run: Run| {
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run}");
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        run.stderr
    };
    let mut all = String::new();
    let bare = Project::new(&[("a.rs", CLEAN)]);
    all += &said(bare.run(&["check", "--diff"]));
    all += &said(bare.run(&["check", "--staged"]));
    let project = repository(&[("a.rs", CLEAN)]);
    all += &said(project.run(&["check", "--diff=nowhere"]));
    all += &said(project.run(&["check", "--diff=--output=x"]));
    all += &said(project.run_without_path(&["check", "--diff"]));
    git(project.path(), &["branch", "--quiet", "--move", "trunk"]);
    all += &said(project.run(&["check", "--diff"]));
    all += &said(project.run(&["check", "--diff", "--staged"]));
    all += &said(project.run(&["check", "--diff", "--write-baseline"]));
    insta::assert_snapshot!(all, @r"
    error: cannot tell what has changed: `.` lies in no git repository
    error: cannot tell what has changed: `.` lies in no git repository
    error: cannot tell what has changed: `nowhere` is no commit of this repository
    error: cannot tell what has changed: `--output=x` is no commit of this repository
    error: cannot tell what has changed: `git` is not installed, or not on the PATH
    error: cannot tell what has changed: there is no origin/HEAD, main or master here; `--diff=REV` names a commit
    error: the argument '--diff[=<REV>]' cannot be used with '--staged'
    error: the argument '--diff[=<REV>]' cannot be used with '--write-baseline'
    ");
    assert!(!project.path().join("x").exists());
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let project = repository(&[("a.rs", CLEAN)]);
    for name in ["b.rs", "c.rs"] {
        project.write_bytes(name, CLEAN.as_bytes());
        commit(project.path());
    }
    git(project.path(), &["checkout", "--quiet", "-b", "work", "HEAD~1"]);
    project.write_bytes("d.rs", NOTE.as_bytes());
    commit(project.path());
    let clone = Project::new(&[]);
    let from = format!("file://{}", project.path().display());
    let to = ["clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=work", &from, "."];
    git(clone.path(), &to);
    let run = clone.run(&["check", "--diff=origin/main"]);
    assert_eq!(places(&run), ["d.rs:1:1"]);
    git(clone.path(), &["remote", "set-head", "origin", "main"]);
    let run = clone.run(&["check", "--diff"]);
    insta::assert_snapshot!(run, @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot tell what has changed: HEAD and origin/main have no commit in common (this clone is shallow: `git fetch --unshallow` brings the rest); `--diff=REV` names one
    ");
    let run = clone.run(&["check", "--diff=HEAD~1"]);
    insta::assert_snapshot!(run.stderr, @"error: cannot tell what has changed: `HEAD~1` is no commit of this repository (this clone is shallow: `git fetch --unshallow` brings the rest)");
}

#[test]
fn a_repository_without_a_commit_is_all_new() {
    let project = Project::new(&[("a.rs", NOTE), ("b.rs", NOTE)]);
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "a.rs"]);
    assert_eq!(found(&project, &["--diff"]), ["a.rs:1:1", "b.rs:1:1"]);
    assert_eq!(found(&project, &["--staged"]), ["a.rs:1:1"]);
}

#[test]
fn what_is_staged_is_reviewed_and_not_what_lies_on_the_disk() {
    let project = repository(&[("src/names.ts", LOOP), ("src/users.ts", HARMLESS), ("old.rs", NOTE)]);
    let write = |name: &str, text: &str| project.write_bytes(name, text.as_bytes());
    // Not staged.
    write("src/users.ts", HELPER);
    assert_eq!(found(&project, &["--staged"]), [""; 0]);
    // Staged, and mended on the disk.
    git(project.path(), &["add", "--all"]);
    write("src/users.ts", HARMLESS);
    write("src/names.ts", "export const nothing = 1\n");
    assert_eq!(found(&project, &["--staged"]), ["src/names.ts:5:20"]);
    let run = project.run(&["check", "--staged"]);
    assert!(run.stdout.ends_with(" in 3 files, brought in by what is staged\n"), "{run}");
    git(project.path(), &["checkout", "--quiet", "src"]);
    // Nothing is left of it on the disk, and something that nobody has added lies there.
    write("new file.rs", NOTE);
    git(project.path(), &["add", "new file.rs"]);
    std::fs::remove_file(project.path().join("new file.rs")).expect("it is there");
    write("untracked.rs", NOTE);
    write("announced.rs", NOTE);
    git(project.path(), &["add", "--intent-to-add", "announced.rs"]);
    write("old.rs", &format!("{NOTE}{NOTE}"));
    assert_eq!(found(&project, &["--staged"]), ["new file.rs:1:1", "src/names.ts:5:20"]);
    assert_eq!(found(&project, &["--staged", "src"]), ["src/names.ts:5:20"]);
    // What is staged decides, whatever a run without it has kept.
    assert_eq!(found(&project, &["--staged", "--no-cache"]), ["new file.rs:1:1", "src/names.ts:5:20"]);
    // Where the disk holds what is staged, nothing differs.
    git(project.path(), &["reset", "--quiet", "announced.rs"]);
    git(project.path(), &["stash", "--quiet", "--include-untracked", "--keep-index"]);
    assert_eq!(found(&project, &["--staged"]), ["new file.rs:1:1", "src/names.ts:5:20"]);
}

#[test]
fn what_is_staged_but_no_text_is_said() {
    let project = repository(&[("a.rs", CLEAN)]);
    project.write_bytes("a.rs", b"// caf\xe9\n");
    git(project.path(), &["add", "--all"]);
    project.write_bytes("a.rs", CLEAN.as_bytes());
    insta::assert_snapshot!(project.run(&["check", "--staged"]), @r"
    status: 2
    --- stdout
    skipped a.rs: undecodable (not UTF-8)
    nothing was reviewed, brought in by what is staged; incomplete: 1 not reviewed
    --- stderr
    ");
}
