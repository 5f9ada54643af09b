//! Source on standard input, reviewed as if it stood at a path.

use crate::cache::{HARMLESS, HELPER, LOOP};
use crate::project::Project;

fn shop() -> Project {
    Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n[files]\nexclude = ['legacy']\n"),
        ("src/names.ts", "export const nothing = 1\n"),
        ("src/users.ts", HELPER),
    ])
}

#[test]
fn it_stands_in_the_place_of_a_file_and_among_others() {
    let project = shop();
    let run = |path: &str, text: &str| project.run_with(&["check", "--stdin-path", path], text.as_bytes());
    let found = run("src/names.ts", LOOP);
    insta::assert_snapshot!(found, @r"
    status: 1
    --- stdout
    error[n-plus-one]: `userOf` runs one query per `id`: 1 + N queries for N ids
     --> src/names.ts:5:20
      |
    4 |   for (const id of ids) {
      |                    --- once for each of these
    5 |     all.push(await userOf(id))
      |                    ^^^^^^^^^^
      |
     ::: src/users.ts:3:39
      |
    3 | export const userOf = (id: string) => prisma.user.findUnique({ where: { id } })
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the query runs here

    help: `plimsoll explain n-plus-one` says why it matters and what to do; `plimsoll check --fixes` shows the fixes that are proven
    1 finding (1 error) in 1 file
    --- stderr
    ");
    // The path need not be there, nor its folder; what it imports is looked for from there.
    assert_eq!(run("src/new.ts", LOOP).stdout, found.stdout.replace("names.ts", "new.ts"));
    let elsewhere = run("src/deep/new.ts", &LOOP.replace("./users", "../users"));
    assert_eq!(
        elsewhere.stdout,
        found.stdout.replace("names.ts", "deep/new.ts").replace("./users", "../users")
    );
    assert_eq!(run("lib/new.ts", LOOP).status, 0);
    // The helper that is typed just now counts in its own review only.
    assert_eq!(run("src/users.ts", HARMLESS).status, 0);
    let absolute = project.path().join("src/new.ts");
    assert_eq!(run(&absolute.to_string_lossy(), LOOP).status, 1);
    assert_eq!(std::fs::read_dir(project.path().join("src")).expect("it is there").count(), 2);
}

#[test]
fn it_is_told_in_every_format_with_its_fixes() {
    let project = shop();
    let json = ["check", "--stdin-path", "src/new.ts", "--format", "json", "--fixes"];
    let run = project.run_with(&json, LOOP.replace("import { userOf } from './users'\n", HELPER).as_bytes());
    assert_eq!(run.status, 1, "{run}");
    let object: serde_json::Value =
        serde_json::from_str(&run.stdout.replace("[time]", "0")).expect("it is JSON");
    let finding = &object["findings"][0];
    assert_eq!(
        (finding["path"].as_str(), finding["range"]["start"]["line"].as_u64()),
        (Some("src/new.ts"), Some(7))
    );
}

#[test]
fn what_is_left_alone_is_said() {
    let project = shop();
    let run = |path: &str, text: &str| project.run_with(&["check", "--stdin-path", path], text.as_bytes());
    insta::assert_snapshot!(run("legacy/new.ts", LOOP), @r"
    status: 0
    --- stdout
    skipped legacy/new.ts: excluded
    nothing was reviewed; left alone: 1 excluded
    --- stderr
    ");
    insta::assert_snapshot!(run("dist/new.ts", LOOP).stdout, @r"
    skipped dist/new.ts: generated
    nothing was reviewed; left alone: 1 generated
    ");
    assert_eq!(
        run("notes.txt", "").stderr,
        "error: cannot review `notes.txt`: it is no TypeScript, JavaScript, Rust, Prisma or SQL\n"
    );
}

#[test]
fn a_baseline_holds_for_it_too() {
    let project = shop();
    project.write_bytes("src/names.ts", LOOP.as_bytes());
    project.run(&["check", "--write-baseline"]);
    let run = project.run_with(&["check", "--stdin-path", "src/names.ts"], LOOP.as_bytes());
    assert_eq!(run.stdout, "no findings in 1 file; 1 in the baseline\n");
    assert_eq!(project.run_with(&["check", "--stdin-path", "src/other.ts"], LOOP.as_bytes()).status, 1);
}
