//! The command line from outside: what it prints, where, and the status it ends with.

mod project;

use project::Project;

macro_rules! assert_run {
    ($run:expr, @$expected:literal) => {
        insta::assert_snapshot!($run, @$expected)
    };
}

#[test]
fn a_mistake_in_the_command_is_one_line_and_status_2() {
    let project = Project::new(&[("a.ts", "let a\n")]);
    let mistakes: &[&[&str]] = &[
        &["chek"],
        &["check", "--formt", "json"],
        &["check", "--format", "yaml"],
        &["check", "--fail-on", "fatal"],
        &["check", "--jobs", "0"],
        &["check", "--rule", "n-plus-oen"],
        &["check", "a.ts", "--stdin-path", "b.ts"],
        &["explain"],
        &["explain", "no-such-rule"],
        &["fix", "--format", "json"],
    ];
    let mut said = String::new();
    for arguments in mistakes {
        let run = project.run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(
            run.stderr.lines().count(),
            1,
            "{arguments:?}: {}",
            run.stderr
        );
        said.push_str(&run.stderr);
    }
    assert_run!(said, @"");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let project = Project::new(&[]);
    assert_run!(project.run(&["--help"]), @"");
    assert_run!(project.run(&["check", "-h"]), @"");
    assert_eq!(
        project.run(&["--version"]).stdout,
        concat!("plimsoll ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_clean_project_is_clean() {
    let project = Project::new(&[
        ("src/a.ts", "export const a = 1\n"),
        ("README.md", "no code\n"),
        ("b.rs", ""),
    ]);
    assert_run!(project.run(&["check"]), @"");
    assert_run!(project.run(&["fix"]), @"");
    assert_run!(project.run(&["fix", "--dry-run"]), @"");
}

#[test]
fn json_is_one_object() {
    let project = Project::new(&[
        ("src/a.ts", "export const a = 1\n"),
        ("src/b.ts", &"x".repeat(10)),
    ]);
    project.write_bytes("src/c.ts", b"// caf\xe9\n");
    assert_run!(project.run(&["check", "--format", "json"]), @"");
}

#[test]
fn what_cannot_be_decoded_or_is_too_large_is_skipped_and_makes_a_clean_result_status_2() {
    let project = Project::new(&[("good.ts", "let a\n")]);
    project.write_bytes("latin1.ts", b"// caf\xe9\n");
    project.write_bytes("utf16.ts", b"\xff\xfel\0e\0t\0");
    project.write_bytes("huge.ts", "let a = 1;\n".repeat(2_000_000).as_bytes());
    assert_run!(project.run(&["check"]), @"");
    assert_eq!(project.run(&["check", "good.ts"]).status, 0);
    // A person who asks never to fail on findings still learns that nothing was claimed.
    assert_eq!(project.run(&["check", "--fail-on", "never"]).status, 2);
}

#[test]
fn a_path_that_does_not_exist_or_is_no_code_is_one_line() {
    let project = Project::new(&[("a.ts", ""), ("notes.txt", "")]);
    assert_run!(project.run(&["check", "a.ts", "nowhere"]), @"");
    assert_run!(project.run(&["check", "notes.txt"]), @"");
    assert_run!(project.run(&["fix", "nowhere"]), @"");
}

#[test]
fn folders_are_searched_as_git_sees_them_and_named_files_are_always_reviewed() {
    let project = Project::new(&[
        (".gitignore", "ignored/\n*.gen.js\n"),
        (".ignore", "also.ts\n"),
        ("a.ts", ""),
        ("also.ts", ""),
        ("b.gen.js", ""),
        ("ignored/c.ts", ""),
        (".hidden/d.ts", ""),
        ("deep/.gitignore", "!*.gen.js\n"),
        ("deep/e.gen.js", ""),
    ]);
    let files = |arguments: &[&str]| project.run(arguments).stdout;
    assert_eq!(files(&["check"]), "no findings in 2 files\n");
    assert_eq!(files(&["check", "deep"]), "no findings in 1 file\n");
    assert_eq!(
        files(&["check", "ignored/c.ts", "also.ts", "./also.ts"]),
        "no findings in 2 files\n"
    );
    assert_eq!(files(&["check", "ignored"]), "no findings in 0 files\n");
}

#[test]
fn standard_input_is_reviewed_in_place_of_a_file() {
    let project = Project::new(&[]);
    let run = |input: &[u8], arguments: &[&str]| project.run_with(arguments, input);
    assert_run!(run(b"let a\n", &["check", "--stdin-path", "src/new.ts"]), @"");
    assert_run!(run(b"caf\xe9", &["check", "--stdin-path", "src/new.ts"]), @"");
    let huge = "let a = 1;\n".repeat(500_000);
    assert_run!(run(huge.as_bytes(), &["check", "--stdin-path", "src/new.ts"]), @"");
}

#[test]
fn a_bad_configuration_is_told_with_its_line_and_a_suggestion() {
    let project = Project::new(&[
        ("plimsoll.toml", "preview = true\n\n[fils]\nexclude = []\n"),
        (
            "a/plimsoll.toml",
            "extends = '../plimsoll.toml'\n[rules]\nno-such-rule = 'off'\n",
        ),
        ("a/x.ts", ""),
        ("a/b/y.ts", ""),
        ("c/plimsoll.toml", "files = [\n"),
        ("c/z.ts", ""),
    ]);
    assert_run!(project.run(&["check"]), @"");
    assert_run!(project.run(&["fix", "c"]), @"");
}

#[test]
fn excluded_files_are_left_alone_and_said() {
    let project = Project::new(&[
        ("plimsoll.toml", "[files]\nexclude = ['legacy']\n"),
        ("legacy/a.ts", ""),
        ("b.ts", ""),
    ]);
    assert_run!(project.run(&["check"]), @"");
    assert_run!(project.run(&["check", "legacy/a.ts"]), @"");
}

#[test]
fn paths_are_told_from_the_current_folder() {
    let project = Project::new(&[("src/deep/x.ts", "")]);
    project.write_bytes("lib/latin1.ts", b"\xe9");
    let run = project.run_in("src", &["check", "../lib"]);
    assert!(
        run.stdout.starts_with("skipped ../lib/latin1.ts: "),
        "{run}"
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let names: Vec<String> = (0..40).map(|number| format!("src/{number}.ts")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "let a\n"))
        .collect();
    let project = Project::new(&files);
    for number in [3, 17, 31] {
        project.write_bytes(&format!("src/{number}.ts"), b"\xff");
    }
    let one = project.run(&["check", "--jobs", "1"]).to_string();
    for _ in 0..3 {
        assert_eq!(project.run(&["check", "--jobs", "4"]).to_string(), one);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let names: Vec<String> = (0..4000).map(|number| format!("{number}.ts")).collect();
    let project = Project::new(&[]);
    for name in &names {
        project.write_bytes(name, b"\xff");
    }
    let run = project.run_closed(&["check"]);
    assert_eq!(run.stderr, "");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_skipped_and_links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new(&[("a.ts", "")]);
    let odd = std::ffi::OsStr::from_bytes(b"b\xff.ts");
    std::fs::write(project.path().join(odd), "").expect("the disk takes any name");
    std::os::unix::fs::symlink(".", project.path().join("around")).expect("there is room");
    assert_run!(project.run(&["check"]), @"");
    std::fs::write(project.path().join("\u{1b}[31m.ts"), b"\xff").expect("the disk takes any name");
    assert!(!project.run(&["check"]).stdout.contains('\u{1b}'));
}

#[test]
fn colours_appear_only_when_asked_for_or_on_a_terminal() {
    let project = Project::new(&[("a.ts", "")]);
    assert!(!project.run(&["check"]).stdout.contains('\u{1b}'));
    assert_eq!(project.run(&["check", "--color", "never"]).status, 0);
}
