//! What `--format agent` prints is applied by git, and its finding is gone.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::Project;

/// A copy of a sample project.
fn copy_of(name: &str) -> Project {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects").join(name);
    let project = Project::new(&[]);
    copy(&from, project.path());
    project
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the sample stands there").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "node_modules" || entry.file_name() == "target" {
            continue;
        }
        if entry.file_type().expect("it is there").is_dir() {
            std::fs::create_dir_all(&to).expect("there is room");
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("there is room");
        }
    }
}

/// Applies what stands in a text to a folder, in reverse if that is asked for.
fn git_apply(folder: &Path, text: &str, more: &[&str]) {
    use std::io::Write;
    let mut git = Command::new("git")
        .arg("apply")
        .args(more)
        .current_dir(folder)
        // Nothing around the folder counts.
        .env("GIT_CEILING_DIRECTORIES", folder.parent().expect("it is below something"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is there");
    git.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("git reads");
    let output = git.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}

/// What an agent is told, by finding: its first line, and the whole paragraph.
fn told(project: &Project, arguments: &[&str]) -> Vec<(String, String)> {
    let run = project.run(&[&["check", "--format", "agent"], arguments].concat());
    let mut told: Vec<(String, String)> = Vec::new();
    for line in run.stdout.split_inclusive('\n') {
        let is_place = line.split(' ').nth(1).is_some_and(|it| matches!(it, "error" | "warning" | "info"));
        if is_place && line.split(' ').next().is_some_and(|place| place.matches(':').count() == 2) {
            told.push((line.trim().to_owned(), String::new()));
        }
        if let Some((_, text)) = told.last_mut() {
            text.push_str(line);
        }
    }
    told
}

/// Each patch goes in alone and ends its finding; then it is taken back.
fn each_patch_ends_its_finding(name: &str, at_least: usize) {
    let project = copy_of(name);
    let paths: Vec<String> = told(&project, &["--preview"]).into_iter().map(|(place, _)| place).collect();
    let mut applied = 0;
    for (place, text) in told(&project, &["--preview"]) {
        if !text.contains("\n--- ") {
            continue;
        }
        let (path, rule) =
            (place.split(':').next().unwrap_or_default(), place.split(' ').nth(2).unwrap_or_default());
        let of_rule = |from: &[String]| {
            from.iter().filter(|it| it.starts_with(path) && it.split(' ').nth(2) == Some(rule)).count()
        };
        let before = of_rule(&paths);
        git_apply(project.path(), &text, &[]);
        let after: Vec<String> =
            told(&project, &["--preview", path]).into_iter().map(|(place, _)| place).collect();
        assert!(of_rule(&after) < before, "{place} is still there:\n{text}");
        git_apply(project.path(), &text, &["--reverse"]);
        applied += 1;
    }
    assert!(applied >= at_least, "{applied} patches");
}

#[test]
fn patches_of_typescript_apply() {
    each_patch_ends_its_finding("shop-ts", 10);
}

#[test]
fn patches_of_rust_apply() {
    each_patch_ends_its_finding("shop-rs", 5);
}

#[test]
fn odd_names_and_line_breaks_apply() {
    let code = "import { PrismaClient } from '@prisma/client'\r\n\r\nconst db = new PrismaClient()\r\n\r\nexport async function users(ids: string[]) {\r\n  const found = []\r\n  for (const id of ids) {\r\n    found.push(await db.user.findUnique({ where: { id } }))\r\n  }\r\n  return found\r\n}";
    for name in ["src/my app/ü 🚢.ts", "src/[id]/$page.ts"] {
        let project = Project::new(&[
            ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
            (name, code),
        ]);
        let run = project.run(&["check", "--preview", "--format", "agent"]);
        assert_eq!(run.status, 1, "{run}");
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["check", "--preview", "--format", "agent"])
            .current_dir(project.path())
            .output()
            .expect("the binary was built");
        // All of what is printed is read by git, prose and all.
        git_apply(project.path(), &String::from_utf8_lossy(&output.stdout), &[]);
        assert_eq!(project.run(&["check", "--preview"]).status, 0, "{name}");
        let text = std::fs::read_to_string(project.path().join(name)).expect("it is there");
        assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
    }
}
