//! The command line from outside: what it prints, where, and the status it ends with.

mod baseline;
mod brought;
mod cache;
mod diff;
mod endings;
mod formats;
mod generated;
mod hook;
mod init;
mod odd_projects;
mod patches;
mod project;
mod sarif;
mod schemas;
#[path = "../skip.rs"]
mod skip;
mod stdin;
#[cfg(unix)]
mod terminal;
mod unasked;

use project::Project;

macro_rules! assert_run {
    ($run:expr, @$expected:literal) => {
        insta::assert_snapshot!($run, @$expected)
    };
}

#[test]
fn a_mistake_in_the_command_is_one_line_and_status_2() {
    let project = Project::new(&[("a.rs", "fn a() {}\n")]);
    let mistakes: &[&[&str]] = &[
        &["chek"],
        &["help", "chek"],
        &["help", "zzz"],
        &["help", "--chek"],
        &["check", "--formt", "json"],
        &["check", "--format", "yaml"],
        &["check", "--fail-on", "fatal"],
        &["check", "--jobs", "0"],
        &["check", "--rule", "no-such-rule-at-all"],
        &["check", "a.rs", "--stdin-path", "b.rs"],
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
    error: unrecognized subcommand 'chek'; tip: a similar subcommand exists: 'check'
    error: unrecognized subcommand 'zzz'
    error: unrecognized subcommand '--chek'
    error: unexpected argument '--formt' found; tip: a similar argument exists: '--format'
    error: invalid value 'yaml' for '--format <FORMAT>'; [possible values: pretty, json, sarif, github, agent]
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
      check        Reviews files and folders
      fix          Applies safe fixes
      rules        Lists the rules
      explain      Explains a rule
      init         Writes the settings of an editor, an assistant or a pipeline
      hook         Tells an assistant what its edit has brought: what `init` sets up runs it
      completions  Prints the completions of a shell
      man          Prints the manual page of Plimsoll, or of one of its commands
      lsp          Serves an editor over the Language Server Protocol, on standard input and output
      help         Print this message or the help of the given subcommand(s)

    Options:
          --color <WHEN>  When to colour the output [default: auto] [possible values: auto, always, never]
      -h, --help          Print help
      -V, --version       Print version

    `plimsoll rules` lists what is found. Rules that are right too seldom yet are previews, and off: `check --preview`, or `preview = true` in plimsoll.toml, shows them.
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
          --rule <ID>           Reviews with this rule only, also if it is a preview; may be given more than once
          --preview             Adds the preview rules, which are right too seldom to be shown unasked
          --jobs <N>            How many threads work at once; as many as the machine has by default
          --format <FORMAT>     How findings are printed [default: pretty] [possible values: pretty, json, sarif, github, agent]
          --fail-on <SEVERITY>  The severity from which findings make the status 1 [default: warning] [possible values: error, warning, info, never]
          --stdin-path <PATH>   Reviews standard input as the content of this file
          --fixes               Adds the proven fixes
          --no-cache            Reviews every file anew, and keeps nothing for the next run
          --diff[=<REV>]        Tells only what was brought in since this commit, or since the default branch was left: on changed lines, or by them
          --staged              Reviews what is staged for a commit, and tells only what that brings in
          --write-baseline      Writes down all findings, which are hidden from then on
          --color <WHEN>        When to colour the output [default: auto] [possible values: auto, always, never]
      -h, --help                Print help (see more with '--help')
    --- stderr
    ");
    for (short, long) in [(&["help"][..], &["--help"][..]), (&["help", "check"], &["check", "--help"])] {
        assert_eq!(project.run(short).to_string(), project.run(long).to_string());
    }
    assert_eq!(project.run(&["--version"]).stdout, concat!("plimsoll ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// What bash offers for a part of a command line.
#[cfg(unix)]
fn completed(project: &Project, words: &[&str]) -> Vec<String> {
    let script = project.run(&["completions", "bash"]).stdout;
    let list: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let asked = format!(
        "COMP_WORDS=({}); COMP_CWORD={}; _plimsoll plimsoll '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        list.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let bash = std::process::Command::new("bash").args(["-c", &format!("{script}\n{asked}")]).output();
    let output = bash.expect("bash is there");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn a_shell_completes_rules_where_one_is_asked_for() {
    let project = Project::new(&[]);
    for before in [&["explain"][..], &["check", "--rule"], &["fix", "--rule"]] {
        let words = |word| [&["plimsoll"], before, &[word]].concat();
        assert_eq!(completed(&project, &words("missing-t")), ["missing-transaction", "missing-timeout"]);
        assert!(completed(&project, &words("")).contains(&"unused-suppression".to_owned()), "{before:?}");
    }
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert_eq!(project.run(&["completions", shell]).status, 0, "{shell}");
    }
    // Help does not list them: there is a command that does.
    assert!(!project.run(&["explain", "--help"]).stdout.contains("missing-timeout"));
}

#[test]
fn a_clean_project_is_clean() {
    let project =
        Project::new(&[("src/a.rs", "pub const A: u8 = 1;\n"), ("README.md", "no code\n"), ("b.rs", "")]);
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
    let project = Project::new(&[("src/a.rs", "pub const A: u8 = 1;\n"), ("src/b.rs", &"x".repeat(10))]);
    project.write_bytes("src/c.rs", b"// caf\xe9\n");
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
          "path": "src/c.rs",
          "reason": "undecodable (not UTF-8)"
        }
      ],
      "unread": [
        {
          "path": "src/b.rs",
          "line": 1,
          "percent": 100,
          "consequence": "findings there are incomplete"
        }
      ]
    }
    --- stderr
    "#);
}

/// A text with one finding.
const SUPPRESSES_NOTHING: &str = "// plimsoll-ignore no-such-rule-at-all: it is new\nfn a() {}\n";

#[test]
fn findings_are_shown_and_make_the_status_1() {
    let project = Project::new(&[("src/a.rs", SUPPRESSES_NOTHING), ("src/b.rs", "fn b() {}\n")]);
    assert_run!(project.run(&["check"]), @r"
    status: 1
    --- stdout
    warning[unused-suppression]: this suppression hides nothing, for there is no rule `no-such-rule-at-all`
     --> src/a.rs:1:1
      |
    1 | // plimsoll-ignore no-such-rule-at-all: it is new
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    help: `plimsoll explain unused-suppression` says why it matters and what to do
    1 finding (1 warning) in 2 files
    --- stderr
    ");
    assert_run!(project.run(&["check", "--format", "json", "src/a.rs"]), @r#"
    status: 1
    --- stdout
    {
      "version": 1,
      "tool": {
        "name": "plimsoll",
        "version": "0.1.0"
      },
      "summary": {
        "files": 1,
        "findings": 1,
        "error": 0,
        "warning": 1,
        "info": 0,
        "duration_ms": [time]
      },
      "complete": true,
      "findings": [
        {
          "rule": "unused-suppression",
          "category": "suppression",
          "severity": "warning",
          "confidence": "high",
          "message": "this suppression hides nothing, for there is no rule `no-such-rule-at-all`",
          "path": "src/a.rs",
          "range": {
            "start": {
              "line": 1,
              "column": 1
            },
            "end": {
              "line": 1,
              "column": 50
            }
          },
          "fingerprint": "366373d2077da2c3",
          "function": null,
          "language": "rust",
          "related": [],
          "fixes": []
        }
      ],
      "skipped": [],
      "unread": []
    }
    --- stderr
    "#);
    let status = |arguments: &[&str]| project.run(arguments).status;
    assert_eq!(status(&["check", "--fail-on", "info"]), 1);
    assert_eq!(status(&["check", "--fail-on", "warning"]), 1);
    assert_eq!(status(&["check", "--fail-on", "error"]), 0);
    assert_eq!(status(&["check", "--fail-on", "never"]), 0);
    assert_eq!(status(&["check", "--rule", "suppression-without-reason"]), 0);
    assert_eq!(status(&["check", "--rule", "unused-suppression,suppression-without-reason"]), 1);
    // With findings the status tells of them, also where the review is incomplete.
    project.write_bytes("src/c.rs", b"\xff");
    assert_eq!(status(&["check"]), 1);
}

#[test]
fn the_configuration_sets_severities() {
    let project = Project::new(&[
        ("a.rs", SUPPRESSES_NOTHING),
        ("old/a.rs", SUPPRESSES_NOTHING),
        (
            "plimsoll.toml",
            "[rules]\nunused-suppression = 'error'\n[[overrides]]\npaths = ['old']\nrules = { unused-suppression = 'off' }\n",
        ),
    ]);
    let stdout = project.run(&["check"]).stdout;
    assert!(stdout.starts_with("error[unused-suppression]: "), "{stdout}");
    assert!(stdout.ends_with("\n1 finding (1 error) in 2 files\n"), "{stdout}");
}

#[test]
fn generated_files_are_left_alone_and_the_result_is_complete() {
    let project =
        Project::new(&[("Cargo.toml", ""), ("target/a.rs", SUPPRESSES_NOTHING), ("b.rs", "// @generated\n")]);
    assert_run!(project.run(&["check", "--format", "json"]), @r#"
    status: 0
    --- stdout
    {
      "version": 1,
      "tool": {
        "name": "plimsoll",
        "version": "0.1.0"
      },
      "summary": {
        "files": 0,
        "findings": 0,
        "error": 0,
        "warning": 0,
        "info": 0,
        "duration_ms": [time]
      },
      "complete": true,
      "findings": [],
      "skipped": [
        {
          "path": "b.rs",
          "reason": "generated"
        },
        {
          "path": "target/a.rs",
          "reason": "generated"
        }
      ],
      "unread": []
    }
    --- stderr
    "#);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    nothing was reviewed; left alone: 2 generated
    --- stderr
    ");
}

#[test]
fn rules_are_listed_and_explained() {
    let project = Project::new(&[]);
    let lines = project.run(&["rules"]).stdout;
    assert!(lines.lines().any(|line| line.starts_with("unused-suppression  ")), "{lines}");
    let json = project.run(&["rules", "--format", "json"]).stdout;
    assert!(json.starts_with("[\n  {\n    \"id\": \""), "{json}");
    assert_eq!(json.matches("\"id\": ").count(), lines.lines().count());
    let page = project.run(&["explain", "unused-suppression"]).stdout;
    assert!(page.starts_with("# unused-suppression\n\nA suppression that hides no finding.\n"), "{page}");
    assert!(project.run(&["rules", "--format", "md"]).stdout.contains(page.trim_end()));
    let near = project.run(&["explain", "unused-supression"]);
    assert_eq!(near.stderr, "error: unknown rule `unused-supression`; did you mean `unused-suppression`?\n");
}

#[test]
fn what_cannot_be_decoded_or_is_too_large_is_skipped_and_makes_a_clean_result_status_2() {
    let project = Project::new(&[("good.rs", "fn a() {}\n")]);
    project.write_bytes("latin1.rs", b"// caf\xe9\n");
    project.write_bytes("utf16.rs", b"\xff\xfel\0e\0t\0");
    project.write_bytes("huge.rs", "let a = 1;\n".repeat(2_000_000).as_bytes());
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    skipped huge.rs: too large (22.0 MB)
    skipped latin1.rs: undecodable (not UTF-8)
    skipped utf16.rs: undecodable (not UTF-8)
    no findings in 1 file; incomplete: 3 not reviewed
    --- stderr
    ");
    assert_eq!(project.run(&["check", "good.rs"]).status, 0);
    // A person who asks never to fail on findings still learns that nothing was claimed.
    assert_eq!(project.run(&["check", "--fail-on", "never"]).status, 2);
}

#[test]
fn a_path_that_does_not_exist_or_is_no_code_is_one_line() {
    let project = Project::new(&[("a.rs", ""), ("notes.txt", "")]);
    assert_run!(project.run(&["check", "a.rs", "nowhere"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot read `nowhere`: no such file or directory
    ");
    assert_run!(project.run(&["check", "notes.txt"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: cannot review `notes.txt`: it is no TypeScript, JavaScript, Rust, Prisma or SQL
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
        (".gitignore", "ignored/\n*.skip.rs\n"),
        (".ignore", "also.rs\n"),
        ("a.rs", ""),
        ("also.rs", ""),
        ("b.skip.rs", ""),
        ("ignored/c.rs", ""),
        (".hidden/d.rs", ""),
        ("deep/.gitignore", "!*.skip.rs\n"),
        ("deep/e.skip.rs", ""),
    ]);
    let files = |arguments: &[&str]| project.run(arguments).stdout;
    assert_eq!(files(&["check"]), "no findings in 2 files\n");
    assert_eq!(files(&["check", "deep"]), "no findings in 1 file\n");
    assert_eq!(files(&["check", "ignored/c.rs", "also.rs", "./also.rs"]), "no findings in 2 files\n");
    assert_eq!(files(&["check", "ignored"]), "no findings in 1 file\n");
}

#[test]
fn standard_input_is_reviewed_in_place_of_a_file() {
    let project = Project::new(&[]);
    let run = |input: &[u8], arguments: &[&str]| project.run_with(arguments, input);
    assert_run!(run(b"fn a() {}\n", &["check", "--stdin-path", "src/new.rs"]), @r"
    status: 0
    --- stdout
    no findings in 1 file
    --- stderr
    ");
    assert_run!(run(b"caf\xe9", &["check", "--stdin-path", "src/new.rs"]), @r"
    status: 2
    --- stdout
    skipped src/new.rs: undecodable (not UTF-8)
    nothing was reviewed; incomplete: 1 not reviewed
    --- stderr
    ");
    let huge = "let a = 1;\n".repeat(500_000);
    let run = run(huge.as_bytes(), &["check", "--stdin-path", "src/new.rs"]);
    assert_eq!(run.status, 2);
    assert!(run.stdout.starts_with("skipped src/new.rs: too large ("), "{run}");
}

#[test]
fn a_bad_configuration_is_told_with_its_line_and_a_suggestion() {
    let project = Project::new(&[
        ("plimsoll.toml", "preview = true\n\n[fils]\nexclude = []\n"),
        ("a/plimsoll.toml", "extends = '../plimsoll.toml'\n[rules]\nno-such-rule = 'off'\n"),
        ("a/x.rs", ""),
        ("a/b/y.rs", ""),
        ("c/plimsoll.toml", "files = [\n"),
        ("c/z.rs", ""),
    ]);
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    --- stderr
    error: a/plimsoll.toml:3: unknown rule `no-such-rule`; `plimsoll rules` lists them all
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
        ("legacy/a.rs", ""),
        ("b.rs", ""),
    ]);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 1 file; left alone: 1 excluded
    --- stderr
    ");
    assert_run!(project.run(&["check", "legacy/a.rs"]), @r"
    status: 0
    --- stdout
    skipped legacy/a.rs: excluded
    nothing was reviewed; left alone: 1 excluded
    --- stderr
    ");
}

#[test]
fn paths_are_told_from_the_current_folder() {
    let project = Project::new(&[("src/deep/x.rs", "")]);
    project.write_bytes("lib/latin1.rs", b"\xe9");
    let run = project.run_in("src", &["check", "../lib"]);
    assert!(run.stdout.starts_with("skipped ../lib/latin1.rs: "), "{run}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let names: Vec<String> = (0..40).map(|number| format!("src/{number}.rs")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "fn a() {}\n")).collect();
    let project = Project::new(&files);
    for number in [3, 17, 31] {
        project.write_bytes(&format!("src/{number}.rs"), b"\xff");
    }
    let one = project.run(&["check", "--jobs", "1"]).to_string();
    for _ in 0..3 {
        assert_eq!(project.run(&["check", "--jobs", "4"]).to_string(), one);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let project = Project::new(&[]);
    let pipe = project.path().join("pipe.rs");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("the system has pipes");
    assert!(made.success());
    let run = project.run(&["check", "pipe.rs"]);
    assert_eq!(
        (run.status, run.stdout.lines().next()),
        (2, Some("skipped pipe.rs: unreadable (no regular file)"))
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let names: Vec<String> = (0..4000).map(|number| format!("{number}.rs")).collect();
    let project = Project::new(&[]);
    for name in &names {
        project.write_bytes(name, b"\xff");
    }
    let run = project.run_closed(&["check"]);
    // What was found does not depend on who reads it: files could not be read here.
    assert_eq!((run.status, run.stderr.as_str()), (2, ""));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_skipped_and_links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new(&[("a.rs", "")]);
    let odd = std::ffi::OsStr::from_bytes(b"b\xff.rs");
    std::fs::write(project.path().join(odd), "").expect("the disk takes any name");
    std::os::unix::fs::symlink(".", project.path().join("around")).expect("there is room");
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    skipped b�.rs: its name is not UTF-8
    no findings in 1 file; incomplete: 1 not reviewed
    --- stderr
    ");
    std::fs::write(project.path().join("\u{1b}[31m.rs"), b"\xff").expect("the disk takes any name");
    assert!(!project.run(&["check"]).stdout.contains('\u{1b}'));
}

#[test]
fn colours_appear_only_when_asked_for_or_on_a_terminal() {
    let project = Project::new(&[("a.rs", "")]);
    project.write_bytes("a.rs", SUPPRESSES_NOTHING.as_bytes());
    let has_colours = |arguments: &[&str]| project.run(arguments).stdout.contains('\u{1b}');
    assert!(!has_colours(&["check"]));
    assert!(!has_colours(&["check", "--color", "never"]));
    assert!(has_colours(&["check", "--color", "always"]));
}

/// Prose under the name of a source.
const PROSE: &str = "This was saved under the wrong name. It has sentences, and\nthey go on for a while.\n\nA list, too:\n- one item\n- another one\n";

#[test]
fn what_hardly_parses_is_said_and_no_clean_result() {
    let project = Project::new(&[
        ("package.json", "{\n  \"name\": \"a\"\n  \"private\": true\n}\n"),
        ("src/a.ts", PROSE),
        ("src/fine.ts", "export const a = 1\n"),
        ("tests/b.ts", PROSE),
        ("native/Cargo.toml", "[package\n"),
        ("native/src/lib.rs", "pub const A: u8 = 1;\n"),
        ("prisma/schema.prisma", "model User {\n  id Int @id\n\n  name String @map(\n"),
    ]);
    assert_run!(project.run(&["check"]), @r"
    status: 2
    --- stdout
    no findings in 5 files; incomplete: 4 hardly read
    --- stderr
    warning: native/Cargo.toml: it could not be parsed (line 1); what it declares is not known
    warning: package.json: it could not be parsed (line 3); what it declares is not known
    warning: prisma/schema.prisma: it could not be parsed (line 1); what is found of its tables is incomplete
    warning: src/a.ts: 64 % of it could not be parsed (first at line 1); findings there are incomplete
    ");
    assert_run!(project.run(&["check", "--format", "json", "src/a.ts"]), @r#"
    status: 2
    --- stdout
    {
      "version": 1,
      "tool": {
        "name": "plimsoll",
        "version": "0.1.0"
      },
      "summary": {
        "files": 1,
        "findings": 0,
        "error": 0,
        "warning": 0,
        "info": 0,
        "duration_ms": [time]
      },
      "complete": false,
      "findings": [],
      "skipped": [],
      "unread": [
        {
          "path": "package.json",
          "line": 3,
          "percent": 100,
          "consequence": "what it declares is not known"
        },
        {
          "path": "src/a.ts",
          "line": 1,
          "percent": 64,
          "consequence": "findings there are incomplete"
        }
      ]
    }
    --- stderr
    "#);
    // It is said again, and a file that parses is clean beside it once its manifest is mended.
    assert_eq!(project.run(&["check"]).status, 2);
    project.write_bytes("package.json", b"{}");
    assert_eq!(
        project.run(&["check", "src/fine.ts"]).to_string(),
        "status: 0\n--- stdout\nno findings in 1 file\n--- stderr\n"
    );
    assert_run!(project.run(&["fix", "src/a.ts"]), @r"
    status: 2
    --- stdout
    nothing to fix
    --- stderr
    warning: src/a.ts: 64 % of it could not be parsed (first at line 1); findings there are incomplete
    ");
}

#[test]
fn one_mistake_in_a_file_is_not_told() {
    let function = "export function f(a: number) {\n  const b = a + 1\n  return g(b, [a])\n}\n\n";
    let text = function.repeat(8) + "export function broken( {\n" + &function.repeat(8);
    let project = Project::new(&[("src/a.ts", &text)]);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 1 file
    --- stderr
    ");
}

#[test]
fn where_nothing_is_reviewed_it_is_said_why() {
    let project =
        Project::new(&[("README.md", "no code\n"), ("package.json", "{}"), ("src/app.min.js", "var a=1\n")]);
    assert_run!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    nothing was reviewed; left alone: 1 minified
    --- stderr
    ");
    assert_run!(project.run(&["check", "src/app.min.js"]), @r"
    status: 0
    --- stdout
    skipped src/app.min.js: minified
    nothing was reviewed; left alone: 1 minified
    --- stderr
    ");
    assert_run!(project.run(&["fix", "src/app.min.js"]), @r"
    status: 0
    --- stdout
    nothing to fix
    --- stderr
    skipped src/app.min.js: minified
    ");
    let empty = Project::new(&[("README.md", "no code\n")]);
    assert_run!(empty.run(&["check"]), @r"
    status: 0
    --- stdout
    nothing to review: no TypeScript, JavaScript, Rust, Prisma or SQL here
    --- stderr
    ");
    assert_run!(empty.run(&["fix"]), @r"
    status: 0
    --- stdout
    nothing to fix: no TypeScript, JavaScript, Rust, Prisma or SQL here
    --- stderr
    ");
}

/// A server that reads a row for each of many.
const SERVER: &str = "import { PrismaClient } from '@prisma/client'\n\nconst db = new PrismaClient()\n\nexport async function users(ids: string[]) {\n  const found = []\n  for (const id of ids) {\n    found.push(await db.user.findUnique({ where: { id } }))\n  }\n  return found\n}\n";

#[test]
fn a_fix_tells_what_it_did_and_what_is_left_by_its_status() {
    let project = Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n"),
        ("src/users.ts", SERVER),
        ("src/old.ts", "// plimsoll-ignore no-such-rule-at-all: it is new\nexport const a = 1\n"),
    ]);
    assert_run!(project.run(&["fix", "--dry-run"]), @r"
    status: 1
    --- stdout
    --- stderr
    2 findings: 1 needs `--review-needed`, since its fix changes what the code does; 1 has no fix
    help: `plimsoll fix --review-needed --dry-run` shows what those would change
    ");
    assert_run!(project.run(&["fix"]), @r"
    status: 1
    --- stdout
    2 findings: 1 needs `--review-needed`, since its fix changes what the code does; 1 has no fix
    help: `plimsoll fix --review-needed --dry-run` shows what those would change
    --- stderr
    ");
    assert_run!(project.run(&["fix", "--review-needed"]), @r"
    status: 1
    --- stdout
    src/users.ts: Read all `user` rows in one query before the loop (review: changes the query) (n-plus-one)
    2 findings: 1 fixed in 1 file; 1 has no fix
    --- stderr
    ");
    assert_run!(project.run(&["fix", "--review-needed", "src/users.ts"]), @r"
    status: 0
    --- stdout
    nothing to fix
    --- stderr
    ");
}
