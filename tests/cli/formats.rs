//! Every format over one small project, and the status that goes with it.

use crate::project::Project;

/// Two severities and a third by configuration, a place in another file, fixes, and what was not read.
pub fn shop() -> Project {
    let project = Project::new(&[
        ("package.json", r#"{ "dependencies": { "@prisma/client": "6.0.0" } }"#),
        ("plimsoll.toml", "preview = true\n[rules]\nunused-suppression = 'info'\n"),
        (
            "prisma/schema.prisma",
            "datasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}\n\nmodel User {\n  id    Int    @id\n  email String\n}\n",
        ),
        (
            "src/names.ts",
            "import { userOf } from './users'\n\nexport async function names(ids: number[]) {\n  const all = []\n  for (const id of ids) {\n    all.push(await userOf(id))\n  }\n  return all\n}\n",
        ),
        (
            "src/users.ts",
            "import { PrismaClient } from '@prisma/client'\n\nconst prisma = new PrismaClient()\n\nexport const userOf = (id: number) => prisma.user.findUnique({ where: { id } })\n\nexport const withEmail = (email: string) => prisma.user.findMany({ where: { email }, take: 20 })\n",
        ),
        ("src/old, or new: 100%.ts", "// plimsoll-ignore n-plus-one: at most three\nexport const a = 1\n"),
        ("dist/bundle.min.js", "var a=1\n"),
    ]);
    project.write_bytes("src/latin1.ts", b"// caf\xe9\n");
    project
}

#[test]
fn pretty() {
    insta::assert_snapshot!(shop().run(&["check", "--fixes"]));
}

#[test]
fn json() {
    insta::assert_snapshot!(shop().run(&["check", "--fixes", "--format", "json"]));
}

#[test]
fn sarif() {
    let run = shop().run(&["check", "--fixes", "--format", "sarif"]).to_string();
    // The pages are long, and are read elsewhere.
    let is_page =
        |line: &&str| !line.trim().starts_with("\"text\": \"# ") && !line.trim().starts_with("\"markdown\"");
    insta::assert_snapshot!(run.lines().filter(is_page).collect::<Vec<_>>().join("\n"));
}

#[test]
fn github() {
    insta::assert_snapshot!(shop().run(&["check", "--format", "github"]));
}

#[test]
fn agent() {
    insta::assert_snapshot!(shop().run(&["check", "--format", "agent"]));
}

#[test]
fn nothing_found_is_said_in_every_format() {
    let project = Project::new(&[("src/a.ts", "export const a = 1\n")]);
    let mut said = String::new();
    for format in ["pretty", "sarif", "github", "agent"] {
        said.push_str(&format!("{}\n", project.run(&["check", "--format", format])));
    }
    insta::assert_snapshot!(said);
}

const FORMATS: [&str; 5] = ["pretty", "json", "sarif", "github", "agent"];

#[test]
fn the_status_does_not_depend_on_the_format() {
    let project = shop();
    let only = |severity: &str, format: &str, path: &str| {
        project.run(&["check", path, "--fail-on", severity, "--format", format]).status
    };
    for format in FORMATS {
        // Of each severity one finding is there, and one file is not read.
        for severity in ["error", "warning", "info"] {
            assert_eq!(only(severity, format, "."), 1, "{severity} {format}");
        }
        // Whoever never fails on findings has been told of them.
        assert_eq!(only("never", format, "."), 0, "{format}");
        // A warning and no error; an information and no warning.
        assert_eq!((only("warning", format, "src/users.ts"), only("error", format, "src/users.ts")), (1, 0));
        let odd = "src/old, or new: 100%.ts";
        assert_eq!((only("info", format, odd), only("warning", format, odd)), (1, 0), "{format}");
        // Without findings, nothing is claimed of what was not read: also by who never fails on findings.
        for severity in ["error", "warning", "info", "never"] {
            assert_eq!(only(severity, format, "src/latin1.ts"), 2, "{severity} {format}");
        }
        assert_eq!(only("info", format, "dist"), 0, "{format}");
    }
}

#[test]
fn every_format_says_what_was_not_read() {
    let project = shop();
    let said = |format: &str| project.run(&["check", "src/latin1.ts", "--format", format]).stdout;
    assert!(said("pretty").contains("skipped src/latin1.ts: undecodable (not UTF-8)"));
    assert!(said("json").contains("\"complete\": false"));
    assert!(said("sarif").contains("\"executionSuccessful\": false"));
    assert!(said("github").contains("::warning file=src/latin1.ts,title=not reviewed::"));
    assert!(
        said("agent")
            .contains("not reviewed: src/latin1.ts: undecodable (not UTF-8)\nThis review is incomplete")
    );
}

#[test]
fn github_is_told_paths_from_its_workspace() {
    let project = shop();
    project.write_bytes(".git/HEAD", b"ref: refs/heads/main\n");
    let workspace = project.path().to_str().expect("it is UTF-8").to_owned();
    let said = |workspace: &str| {
        let with = [("GITHUB_WORKSPACE", workspace)];
        project.run_in_with("src", &["check", "names.ts", "--format", "github"], &with).stdout
    };
    assert!(said(&workspace).starts_with("::error file=src/names.ts,"), "{}", said(&workspace));
    assert!(said("/somewhere/else").starts_with("::error file=names.ts,"));
}
