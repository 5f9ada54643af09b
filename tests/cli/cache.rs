//! What is kept between runs never changes an answer, and costs nothing where it cannot be kept.

use std::path::Path;

use crate::project::{Project, Run};

pub const LOOP: &str = "import { userOf } from './users'\n\
    export async function names(ids: string[]) {\n  const all = []\n  for (const id of ids) {\n    \
    all.push(await userOf(id))\n  }\n  return all\n}\n";
pub const HELPER: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
    export const userOf = (id: string) => prisma.user.findUnique({ where: { id } })\n";
pub const HARMLESS: &str = "export const userOf = (id: string) => ({ id })\n";

fn shop() -> Project {
    Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n"),
        ("src/names.ts", LOOP),
        ("src/users.ts", HELPER),
    ])
}

/// The answer of a run that may take what is kept, which is that of a run that may not.
fn answer(project: &Project, arguments: &[&str]) -> Run {
    let with = |more: &[&str]| project.run(&[&["check", "--format", "json"], arguments, more].concat());
    let (kept, anew) = (with(&[]), with(&["--no-cache"]));
    assert_eq!(kept.to_string(), anew.to_string(), "{arguments:?}");
    kept
}

fn found(project: &Project) -> usize {
    answer(project, &[]).stdout.matches("\"rule\"").count()
}

/// How many files were not reviewed anew: `2 of 3`.
fn reused(project: &Project, arguments: &[&str]) -> String {
    let run = project.run_logging(&[&["check"], arguments].concat());
    let line = run.stderr.lines().find_map(|line| line.split_once(" files were reviewed in an earlier run"));
    let (before, _) = line.unwrap_or_else(|| panic!("nothing is said of the cache: {run}"));
    before.rsplit(": ").next().unwrap_or_default().to_owned()
}

fn packs(project: &Project) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(project.path().join(".plimsoll/cache")).expect("it was made");
    entries.flatten().map(|e| e.path()).filter(|path| path.extension().is_some_and(|e| e == "pack")).collect()
}

#[test]
fn what_has_not_changed_is_not_reviewed_again() {
    let project = shop();
    assert_eq!(reused(&project, &[]), "0 of 2");
    assert_eq!(reused(&project, &[]), "2 of 2");
    project.write_bytes("src/other.ts", b"export const a = 1\n");
    // The folder was listed by nobody, or by some: those are asked again.
    let _ = reused(&project, &[]);
    assert_eq!(reused(&project, &[]), "3 of 3");
    project.write_bytes("src/other.ts", b"export const a = 2\n");
    assert_eq!(reused(&project, &[]), "2 of 3");
    // What stands there counts, not when it was written.
    project.write_bytes("src/users.ts", HELPER.as_bytes());
    assert_eq!(reused(&project, &[]), "3 of 3");
}

#[test]
fn a_change_in_one_file_changes_what_is_found_in_another() {
    let project = shop();
    let before = found(&project);
    assert!(before > 0, "the loop is found");
    project.write_bytes("src/users.ts", HARMLESS.as_bytes());
    assert!(found(&project) < before, "the helper asks no database any more");
    std::fs::remove_file(project.path().join("src/users.ts")).expect("it is there");
    assert!(found(&project) < before, "the helper is gone");
    project.write_bytes("src/users.ts", HELPER.as_bytes());
    assert_eq!(found(&project), before);
}

#[test]
fn who_imports_a_file_counts_and_what_else_changes_does_not() {
    let route = "import express from 'express'\nimport { rate } from './rate'\nexport const show = async () => rate('EUR')\n";
    let page = "import 'react-dom'\nimport { rate } from './rate'\nrate('EUR')\n";
    let project = Project::new(&[
        ("package.json", r#"{ "name": "shop" }"#),
        ("src/show.ts", route),
        ("src/rate.ts", "export const rate = (of: string) => fetch('https://rates.example.com/' + of)\n"),
        ("src/page.ts", "export const page = 1\n"),
        ("src/word.ts", "export const word = 1\n"),
    ]);
    assert_eq!(found(&project), 1, "only a server imports it");
    let _ = reused(&project, &[]);
    assert_eq!(reused(&project, &[]), "4 of 4");
    project.write_bytes("src/word.ts", b"export const word = 2\n");
    assert_eq!(reused(&project, &[]), "3 of 4", "it imports what it did");
    project.write_bytes("src/page.ts", page.as_bytes());
    assert_eq!(found(&project), 0, "a page imports it too");
    project.write_bytes("src/page.ts", page.replace("import {", "import type {").as_bytes());
    assert_eq!(found(&project), 1, "the page names a type only");
    std::fs::remove_file(project.path().join("src/show.ts")).expect("it is there");
    assert_eq!(found(&project), 0, "nobody imports it");
    project.write_bytes("src/show.ts", route.as_bytes());
    assert_eq!(found(&project), 1);
    assert_eq!(answer(&project, &["src/rate.ts"]).stdout.matches("\"rule\"").count(), 1, "asked alone");
}

#[test]
fn a_new_implementation_of_an_interface_is_looked_at() {
    let through = "import type { Users } from './repository'\n\
        export async function names(ids: string[], users: Users) {\n  const all = []\n  for (const id of ids) {\n    \
        all.push(await users.byId(id))\n  }\n  return all\n}\n";
    let interface = "export interface Users {\n  byId(id: string): Promise<unknown>\n}\n";
    let class = "import { PrismaClient } from '@prisma/client'\nimport type { Users } from './repository'\n\
        const prisma = new PrismaClient()\nexport class PrismaUsers implements Users {\n  async byId(id: string) {\n    \
        return prisma.user.findUnique({ where: { id } })\n  }\n}\n";
    let project = Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n"),
        ("src/names.ts", through),
        ("src/repository.ts", interface),
        ("src/prisma.ts", class),
        ("src/other.ts", "export const a = 1\n"),
    ]);
    let before = found(&project);
    assert!(before > 0, "the only implementation asks the database");
    // What implements nothing may say what it likes.
    project.write_bytes("src/other.ts", b"export const a = 2\n");
    assert_eq!(reused(&project, &[]), "3 of 4");
    assert_eq!(found(&project), before);
    project.write_bytes("src/other.ts", class.replace("implements Users", "").as_bytes());
    assert_eq!(found(&project), before);
    project.write_bytes(
        "src/other.ts",
        class.replace("prisma.user.findUnique({ where: { id } })", "id").as_bytes(),
    );
    answer(&project, &[]);
    project.write_bytes("src/prisma.ts", class.replace("implements Users", "").as_bytes());
    assert!(found(&project) < before, "what asks the database does not implement it any more");
}

#[test]
fn a_write_in_the_same_moment_and_of_the_same_size_is_seen() {
    let project = shop();
    let (one, other) = ("export const a = 1\n", HELPER.replace("findUnique", "xindUnique"));
    project.write_bytes("src/a.ts", one.as_bytes());
    let before = found(&project);
    project.write_bytes("src/users.ts", other.as_bytes());
    assert!(found(&project) < before);
    let path = project.path().join("src/users.ts");
    let times = std::fs::metadata(&path).and_then(|m| m.modified()).expect("it has a time");
    project.write_bytes("src/users.ts", HELPER.as_bytes());
    let file = std::fs::File::options().write(true).open(&path).expect("it is there");
    file.set_modified(times).expect("it is ours");
    assert_eq!(found(&project), before);
}

#[test]
fn other_rules_and_settings_are_other_answers() {
    let project = shop();
    let all = found(&project);
    assert_eq!(answer(&project, &["--rule", "missing-timeout"]).stdout.matches("\"rule\"").count(), 0);
    assert!(answer(&project, &["--preview"]).stdout.contains("n-plus-one"));
    assert_eq!(found(&project), all);
    project.write_bytes("plimsoll.toml", b"preview = true\n[rules]\nn-plus-one = \"off\"\n");
    assert!(found(&project) < all);
    project.write_bytes("plimsoll.toml", b"extends = \"base.toml\"\n");
    project.write_bytes("base.toml", b"preview = true\n[rules]\nn-plus-one = \"info\"\n");
    assert!(answer(&project, &[]).stdout.contains("\"info\""));
    project.write_bytes("base.toml", b"preview = true\n");
    assert_eq!(found(&project), all);
    project.write_bytes("base.toml", b"[files]\nexclude = [\"src/**\"]\n");
    assert_eq!(found(&project), 0);
    project.write_bytes("plimsoll.toml", b"preview = true\n");
    assert_eq!(found(&project), all);
}

#[test]
fn fixes_are_proven_anew() {
    let project = shop();
    answer(&project, &["--fixes"]);
    answer(&project, &["--fixes"]);
    project.write_bytes("src/names.ts", format!("// moved down\n{LOOP}").as_bytes());
    answer(&project, &["--fixes"]);
}

#[test]
fn a_part_of_the_project_keeps_the_rest() {
    let project = shop();
    assert_eq!(reused(&project, &[]), "0 of 2");
    assert_eq!(reused(&project, &["src/names.ts"]), "1 of 1");
    project.write_bytes("src/names.ts", format!("{LOOP}\n").as_bytes());
    assert_eq!(reused(&project, &["src/names.ts"]), "0 of 1");
    assert_eq!(reused(&project, &[]), "2 of 2");
}

#[test]
fn what_is_broken_or_foreign_is_replaced() {
    let project = shop();
    let before = found(&project);
    let [pack] = &packs(&project)[..] else { panic!("one selection leaves one pack") };
    let whole = std::fs::read(pack).expect("it is there");
    let mut harmed = whole.clone();
    harmed[whole.len() / 2] ^= 1;
    for content in [&b""[..], b"something else", &whole[..whole.len() / 2], &harmed, &[0; 4096]] {
        std::fs::write(pack, content).expect("there is room");
        assert_eq!(found(&project), before);
        assert_eq!(reused(&project, &[]), "2 of 2");
    }
    std::fs::remove_file(pack).expect("it is there");
    std::fs::create_dir(pack).expect("there is room");
    assert_eq!(found(&project), before);
}

#[test]
fn where_nothing_can_be_kept_all_is_found() {
    let project = shop();
    project.write_bytes(".plimsoll", b"a file where the folder should stand");
    let before = found(&project);
    assert!(before > 0);
    assert!(project.run_logging(&["check"]).stderr.contains("the cache is not written"));
    assert_eq!(project.run(&["check"]).stderr, "");
}

#[test]
fn a_run_without_it_leaves_nothing() {
    let project = shop();
    project.run(&["check", "--no-cache"]);
    project.run(&["fix", "--dry-run"]);
    project.run_with(&["check", "--stdin-path", "src/names.ts"], LOOP.as_bytes());
    assert!(!project.path().join(".plimsoll").exists());
    project.run(&["check"]);
    let ignored = std::fs::read_to_string(project.path().join(".plimsoll/cache/.gitignore"));
    assert_eq!(ignored.expect("it was written"), "*\n");
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let project = shop();
    let alone = project.run(&["check", "--no-cache", "--format", "json"]).to_string();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            let run = || project.run(&["check", "--format", "json"]).to_string();
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            for run in runs {
                assert_eq!(run.join().expect("it ends"), alone);
            }
        });
    }
    assert_eq!(reused(&project, &[]), "2 of 2");
    let entries = std::fs::read_dir(project.path().join(".plimsoll/cache")).expect("it was made");
    let unfinished = entries.flatten().filter(|e| e.path().extension().is_some_and(|e| e == "new"));
    assert_eq!(unfinished.count(), 0);
}

/// Random edits of a sample project, each of them a moment in which both must answer the same.
fn answers_stay_equal(name: &str, seed: u64, turns: usize) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects").join(name);
    let project = Project::new(&[]);
    let mut sources = Vec::new();
    copy(&from, &from, &project, &mut sources);
    sources.sort();
    let mut random = seed;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).expect("32 bits") % below
    };
    answer(&project, &["--preview"]);
    for turn in 0..turns {
        let path = &sources[next(sources.len())];
        let text = std::fs::read_to_string(project.path().join(path)).unwrap_or_default();
        match next(8) {
            0 => drop(std::fs::remove_file(project.path().join(path))),
            1 => project.write_bytes(path, std::fs::read(from.join(path)).expect("it is there").as_slice()),
            2 => {
                let migration = format!("migrations/99{turn}_more/up.sql");
                project.write_bytes(&migration, b"CREATE INDEX more ON orders (user_id);\n");
            }
            3 => project.write_bytes("tsconfig.json", format!("{{ \"extends\": \"./{turn}\" }}").as_bytes()),
            4 => {
                let level = ["off", "info", "error"][next(3)];
                project
                    .write_bytes("plimsoll.toml", format!("[rules]\nn-plus-one = \"{level}\"\n").as_bytes());
            }
            // A line goes: a bound, an import, a filter, a bracket.
            _ => {
                let lines: Vec<&str> = text.lines().collect();
                let without = next(lines.len().max(1));
                let left = lines.iter().enumerate().filter(|(i, _)| *i != without).map(|(_, line)| *line);
                project.write_bytes(path, left.collect::<Vec<_>>().join("\n").as_bytes());
            }
        }
        answer(&project, &["--preview"]);
    }
}

fn copy(root: &Path, folder: &Path, to: &Project, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("target") {
                copy(root, &path, to, sources);
            }
            continue;
        }
        let below = path.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned();
        to.write_bytes(&below, &std::fs::read(&path).expect("readable"));
        if !below.ends_with("lock.json") && !below.ends_with(".lock") && below != "expected.toml" {
            sources.push(below);
        }
    }
}

#[test]
fn random_edits_of_typescript_never_make_a_difference() {
    answers_stay_equal("shop-ts", 1, 12);
}

#[test]
fn random_edits_of_rust_never_make_a_difference() {
    answers_stay_equal("shop-rs", 2, 12);
}
