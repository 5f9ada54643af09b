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
        &["check", "--rule", "no-such-rule-at-all"],
        &["check", "a.ts", "--stdin-path", "b.ts"],
        &["explain"],
        &["explain", "no-such-rule"],
        &["fix", "--format", "json"],
    ];
    let mut said = String::new();
    for arguments in mistakes {
        let run = project.run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{arguments:?}: {}", run.stderr);
        said.push_str(&run.stderr);
    }
    assert_run!(said, @r"
    error: unrecognized subcommand 'chek'; tip: a similar subcommand exists: 'check'
    error: unexpected argument '--formt' found; tip: a similar argument exists: '--format'
    error: invalid value 'yaml' for '--format <FORMAT>'; [possible values: pretty, json]
    error: invalid value 'fatal' for '--fail-on <SEVERITY>'; [possible values: error, warning, info, never]
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=1024
    error: unknown rule `no-such-rule-at-all`; `plimsoll rules` lists them all
    error: the argument '[PATH]...' cannot be used with '--stdin-path <PATH>'
    error: the following required arguments were not provided: <RULE>
    error: unknown rule `no-such-rule`; `plimsoll rules` lists them all
    error: unexpected argument '--format' found; tip: to pass '--format' as a value, use '-- --format'
    ");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let project = Project::new(&[]);
    assert_run!(project.run(&["--help"]), @r"
    status: 0
    --- stdout
    Finds the failures that AI-written code brings to production

    Usage: plimsoll [OPTIONS] <COMMAND>

    Commands:
      check    Reviews files and folders
      fix      Applies safe fixes
      rules    Lists the rules
      explain  Explains a rule

    Options:
          --color <WHEN>  When to colour the output [default: auto] [possible values: auto, always, never]
      -h, --help          Print help
      -V, --version       Print version
    --- stderr
    ");
    assert_run!(project.run(&["check", "-h"]), @r"
    status: 0
    --- stdout
    Reviews files and folders

    Usage: plimsoll check [OPTIONS] [PATH]...

    Arguments:
      [PATH]...  Files and folders; folders are searched as git sees them [default: .]

    Options:
          --rule <ID>           Reviews with this rule only; may be given more than once
          --preview             Adds the preview rules
          --jobs <N>            How many threads work at once; as many as the machine has by default
          --format <FORMAT>     How findings are printed [default: pretty] [possible values: pretty, json]
          --color <WHEN>        When to colour the output [default: auto] [possible values: auto, always, never]
          --fail-on <SEVERITY>  The severity from which findings make the status 1 [default: warning] [possible values: error, warning, info, never]
          --stdin-path <PATH>   Reviews standard input as the content of this file
          --fixes               Adds the proven fixes
      -h, --help                Print help (see more with '--help')
    --- stderr
    ");
    assert_eq!(project.run(&["--version"]).stdout, concat!("plimsoll ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_clean_project_is_clean() {
    let project =
        Project::new(&[("src/a.ts", "export const a = 1\n"), ("README.md", "no code\n"), ("b.rs", "")]);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 2 files
    --- stderr
    ");
    assert_run!(project.run(&["fix"]), @r"
    status: 0
    --- stdout
    nothing to fix
    --- stderr
    ");
    assert_run!(project.run(&["fix", "--dry-run"]), @r"
    status: 0
    --- stdout
    --- stderr
    nothing to fix
    ");
}

#[test]
fn json_is_one_object() {
    let project = Project::new(&[("src/a.ts", "export const a = 1\n"), ("src/b.ts", &"x".repeat(10))]);
    project.write_bytes("src/c.ts", b"// caf\xe9\n");
    assert_run!(project.run(&["check", "--format", "json"]), @r#"
    status: 2
    --- stdout
    {
      "version": 1,
      "tool": {
        "name": "plimsoll",
        "version": "0.1.0"
      },
      "summary": {
        "files": 2,
        "findings": 0,
        "error": 0,
        "warning": 0,
        "info": 0,
        "duration_ms": [time]
      },
      "complete": false,
      "findings": [],
      "skipped": [
        {
          "path": "src/c.ts",
          "reason": "undecodable (not UTF-8)"
        }
      ]
    }
    --- stderr
    "#);
}

#[test]
fn what_cannot_be_decoded_or_is_too_large_is_skipped_and_makes_a_clean_result_status_2() {
    let project = Project::new(&[("good.ts", "let a\n")]);
    project.write_bytes("latin1.ts", b"// caf\xe9\n");
    project.write_bytes("utf16.ts", b"\xff\xfel\0e\0t\0");
    project.write_bytes("huge.ts", "let a = 1;\n".repeat(2_000_000).as_bytes());
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    skipped huge.ts: too large (22.0 MB)
    skipped latin1.ts: undecodable (not UTF-8)
    skipped utf16.ts: undecodable (not UTF-8)
    no findings in 1 file; incomplete: 3 not reviewed
    --- stderr
    ");
    assert_eq!(project.run(&["check", "good.ts"]).status, 0);
    // A person who asks never to fail on findings still learns that nothing was claimed.
    assert_eq!(project.run(&["check", "--fail-on", "never"]).status, 2);
}

#[test]
fn a_path_that_does_not_exist_or_is_no_code_is_one_line() {
    let project = Project::new(&[("a.ts", ""), ("notes.txt", "")]);
    assert_run!(project.run(&["check", "a.ts", "nowhere"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot read `nowhere`: no such file or directory
    ");
    assert_run!(project.run(&["check", "notes.txt"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot review `notes.txt`: it is no TypeScript, JavaScript, Rust, Prisma, SQL, package.json or Cargo.toml
    ");
    assert_run!(project.run(&["fix", "nowhere"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot read `nowhere`: no such file or directory
    ");
}

#[test]
fn folders_are_searched_as_git_sees_them_and_named_paths_are_always_reviewed() {
    let project = Project::new(&[
        (".gitignore", "ignored/\n*.skip.js\n"),
        (".ignore", "also.ts\n"),
        ("a.ts", ""),
        ("also.ts", ""),
        ("b.skip.js", ""),
        ("ignored/c.ts", ""),
        (".hidden/d.ts", ""),
        ("deep/.gitignore", "!*.skip.js\n"),
        ("deep/e.skip.js", ""),
    ]);
    let files = |arguments: &[&str]| project.run(arguments).stdout;
    assert_eq!(files(&["check"]), "no findings in 2 files\n");
    assert_eq!(files(&["check", "deep"]), "no findings in 1 file\n");
    assert_eq!(files(&["check", "ignored/c.ts", "also.ts", "./also.ts"]), "no findings in 2 files\n");
    assert_eq!(files(&["check", "ignored"]), "no findings in 1 file\n");
}

#[test]
fn standard_input_is_reviewed_in_place_of_a_file() {
    let project = Project::new(&[]);
    let run = |input: &[u8], arguments: &[&str]| project.run_with(arguments, input);
    assert_run!(run(b"let a\n", &["check", "--stdin-path", "src/new.ts"]), @r"
    status: 0
    --- stdout
    no findings in 1 file
    --- stderr
    ");
    assert_run!(run(b"caf\xe9", &["check", "--stdin-path", "src/new.ts"]), @r"
    status: 2
    --- stdout
    skipped src/new.ts: undecodable (not UTF-8)
    no findings in 0 files; incomplete: 1 not reviewed
    --- stderr
    ");
    let huge = "let a = 1;\n".repeat(500_000);
    assert_run!(run(huge.as_bytes(), &["check", "--stdin-path", "src/new.ts"]), @r"
    status: 2
    --- stdout
    skipped src/new.ts: too large (over 4 MiB)
    no findings in 0 files; incomplete: 1 not reviewed
    --- stderr
    ");
}

#[test]
fn a_bad_configuration_is_told_with_its_line_and_a_suggestion() {
    let project = Project::new(&[
        ("plimsoll.toml", "preview = true\n\n[fils]\nexclude = []\n"),
        ("a/plimsoll.toml", "extends = '../plimsoll.toml'\n[rules]\nno-such-rule = 'off'\n"),
        ("a/x.ts", ""),
        ("a/b/y.ts", ""),
        ("c/plimsoll.toml", "files = [\n"),
        ("c/z.ts", ""),
    ]);
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: a/plimsoll.toml:3: unknown rule `no-such-rule`
    error: c/plimsoll.toml:1: unclosed array, expected `]`
    error: plimsoll.toml:3: unknown key `fils`; did you mean `files`?
    ");
    assert_run!(project.run(&["fix", "c"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: c/plimsoll.toml:1: unclosed array, expected `]`
    ");
}

#[test]
fn excluded_files_are_left_alone_and_said() {
    let project = Project::new(&[
        ("plimsoll.toml", "[files]\nexclude = ['legacy']\n"),
        ("legacy/a.ts", ""),
        ("b.ts", ""),
    ]);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 1 file; left alone: 1 excluded
    --- stderr
    ");
    assert_run!(project.run(&["check", "legacy/a.ts"]), @r"
    status: 0
    --- stdout
    no findings in 0 files; left alone: 1 excluded
    --- stderr
    ");
}

#[test]
fn paths_are_told_from_the_current_folder() {
    let project = Project::new(&[("src/deep/x.ts", "")]);
    project.write_bytes("lib/latin1.ts", b"\xe9");
    let run = project.run_in("src", &["check", "../lib"]);
    assert!(run.stdout.starts_with("skipped ../lib/latin1.ts: "), "{run}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let names: Vec<String> = (0..40).map(|number| format!("src/{number}.ts")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "let a\n")).collect();
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
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    skipped b�.ts: its name is not UTF-8
    no findings in 1 file; incomplete: 1 not reviewed
    --- stderr
    ");
    std::fs::write(project.path().join("\u{1b}[31m.ts"), b"\xff").expect("the disk takes any name");
    assert!(!project.run(&["check"]).stdout.contains('\u{1b}'));
}

#[test]
fn colours_appear_only_when_asked_for_or_on_a_terminal() {
    let project = Project::new(&[("a.ts", "")]);
    assert!(!project.run(&["check"]).stdout.contains('\u{1b}'));
    assert_eq!(project.run(&["check", "--color", "never"]).status, 0);
}
