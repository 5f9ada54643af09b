//! How a run ends badly: one clear line, the right status, and nothing half done.

use crate::project::Project;

const FORMATS: [&str; 5] = ["pretty", "json", "sarif", "github", "agent"];

#[test]
fn what_is_wrong_with_the_command_is_one_line_in_every_format() {
    let project =
        Project::new(&[("a.rs", ""), ("bad/plimsoll.toml", "[rules]\nn-plus-1 = 'off'\n"), ("bad/b.rs", "")]);
    for format in FORMATS {
        for (path, line) in [
            ("nowhere", "error: cannot read `nowhere`: no such file or directory\n"),
            ("bad", "error: bad/plimsoll.toml:2: unknown rule `n-plus-1`; did you mean `n-plus-one`?\n"),
        ] {
            let run = project.run(&["check", path, "--format", format]);
            assert_eq!((run.status, &*run.stdout, &*run.stderr), (2, "", line), "{format}");
        }
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_said_and_the_rest_is_reviewed() {
    use std::os::unix::fs::symlink;
    let project = Project::new(&[("a.rs", "pub const A: u8 = 1;\n")]);
    let at = |name: &str| project.path().join(name);
    symlink("gone.rs", at("dangling.rs")).expect("there is room");
    symlink("around.rs", at("around.rs")).expect("there is room");
    // Below a folder, links are not followed; one that is named leads nowhere.
    insta::assert_snapshot!(project.run(&["check"]), @r"
    status: 0
    --- stdout
    no findings in 1 file
    --- stderr
    ");
    insta::assert_snapshot!(project.run(&["check", "a.rs", "dangling.rs"]), @"
    status: 2
    --- stdout
    --- stderr
    error: cannot read `dangling.rs`: no such file or directory
    ");
    let run = project.run(&["check", "around.rs"]);
    assert_eq!((run.status, run.stderr.lines().count()), (2, 1), "{run}");
    // A folder with the name of a source is a folder, and what is no folder has nothing below it.
    std::fs::create_dir(at("folder.rs")).expect("there is room");
    insta::assert_snapshot!(project.run(&["check", "folder.rs"]), @"
    status: 0
    --- stdout
    nothing to review: no TypeScript, JavaScript, Rust, Prisma or SQL here
    --- stderr
    ");
    insta::assert_snapshot!(project.run(&["check", "a.rs/b.rs"]), @"
    status: 2
    --- stdout
    --- stderr
    error: cannot read `a.rs/b.rs`: not a directory
    ");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_said_and_the_rest_is_reviewed() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let project = Project::new(&[("a.rs", ""), ("secret.rs", ""), ("closed/b.rs", "")]);
    let allow = |name: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(project.path().join(name), permissions).expect("it is ours");
    };
    allow(".", 0o755);
    allow("secret.rs", 0o000);
    allow("closed", 0o000);
    let mut check = project.command(&["check"]);
    if std::fs::read(project.path().join("secret.rs")).is_ok() {
        // Who may read everything is refused nothing; somebody else is.
        check.uid(65534).gid(65534);
    }
    let output = check.output();
    allow("closed", 0o755);
    let Ok(output) = output else {
        crate::skip::skip("permissions", "nobody else may run what was built");
        return;
    };
    insta::assert_snapshot!(project.told(&output), @r"
    status: 2
    --- stdout
    skipped closed: unreadable (permission denied)
    skipped secret.rs: unreadable (permission denied)
    no findings in 1 file; incomplete: 2 not reviewed
    --- stderr
    ");
}

#[test]
fn a_closed_output_is_no_error_in_any_format() {
    let names: Vec<String> = (0..3000).map(|number| format!("{number}.rs")).collect();
    let project = Project::new(&[]);
    for name in &names {
        project.write_bytes(name, b"\xff");
    }
    for format in FORMATS {
        let run = project.run_closed(&["check", "--no-cache", "--format", format]);
        assert_eq!(run.stderr, "", "{format}");
    }
}

#[test]
fn colours_follow_the_command_then_the_environment() {
    let project = Project::new(&[("a.rs", "// plimsoll-ignore n-plus-one: few\nfn a() {}\n")]);
    let has_colours = |arguments: &[&str], with: &[(&str, &str)]| {
        let run = project.run_in_with(".", &[&["check"], arguments].concat(), with);
        assert_eq!(run.status, 1, "{run}");
        run.stdout.contains('\u{1b}')
    };
    assert!(!has_colours(&[], &[]));
    assert!(has_colours(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_colours(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!has_colours(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!has_colours(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(has_colours(&["--color", "always"], &[("NO_COLOR", "1")]));
    for format in ["json", "sarif", "github", "agent"] {
        assert!(!has_colours(&["--color", "always", "--format", format], &[]), "{format}");
    }
}
