//! Projects that do not fit the picture: what is not known yields silence or one clear line, and never a wrong claim.
//!
//! Each case stands beside the same project as it should be, where the finding is there: silence alone proves nothing.

use crate::project::{Project, Run};

const PACKAGE: &str =
    r#"{ "dependencies": { "@prisma/client": "6.0.0", "express": "4.0.0", "pg": "8.0.0" } }"#;
const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}\n\n\
    generator client {\n  provider = \"prisma-client-js\"\n}\n\n\
    model Order {\n  id     Int    @id\n  email  String\n}\n\nmodel Visit {\n  id   Int    @id\n  page String\n}\n";
const FILTER: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
    export const ordersOf = (email: string) => prisma.order.findMany({ where: { email }, take: 20 })\n\
    export const visitsOf = (page: string) => prisma.visit.findMany({ where: { page }, take: 20 })\n";
const USERS: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
    export const userOf = (id: string) => prisma.user.findUnique({ where: { id } })\n";

fn loop_of(module: &str) -> String {
    format!(
        "import {{ userOf }} from '{module}'\nexport async function names(ids: string[]) {{\n  const all = []\n  \
         for (const id of ids) all.push(await userOf(id))\n  return all\n}}\n"
    )
}

/// Reviews all of a project; nothing may go wrong on the way.
fn check(files: &[(&str, &str)]) -> Run {
    let run = check_in_part(files);
    assert_eq!(run.status, 0, "{run}");
    assert!(run.stdout.contains("\"complete\": true"), "{run}");
    run
}

/// The same of a project of which some may be unread, if that is said.
fn check_in_part(files: &[(&str, &str)]) -> Run {
    let run = Project::new(files).run(&[
        "check",
        "--format",
        "json",
        "--preview",
        "--fail-on",
        "never",
        "--no-cache",
    ]);
    assert!(!run.stderr.contains("panicked") && run.stdout.contains("\"skipped\": []"), "{run}");
    assert_eq!(run.stdout.contains("\"complete\": true"), run.stdout.contains("\"unread\": []"), "{run}");
    run
}

fn count(run: &Run, rule: &str) -> usize {
    run.stdout.matches(&format!("\"rule\": \"{rule}\"")).count()
}

#[test]
fn without_a_manifest_only_what_the_code_says_itself_is_told() {
    let request = "export const rates = async () => {\n  const answer = await fetch('https://rates.example.com/v1')\n  \
        if (!answer.ok) throw new Error(`rates: ${answer.status}`)\n  return answer.json()\n}\n";
    let known = check(&[("package.json", PACKAGE), ("src/rates.ts", request)]);
    assert_eq!(count(&known, "missing-timeout"), 1, "{known}");
    // Nobody can tell whether this runs in a browser.
    let unknown = check(&[("src/rates.ts", request)]);
    assert_eq!(count(&unknown, "missing-timeout"), 0, "{unknown}");
    let queries = check(&[("src/users.ts", USERS), ("src/names.ts", &loop_of("./users"))]);
    assert_eq!(count(&queries, "n-plus-one"), 1, "{queries}");
}

#[test]
fn a_broken_manifest_tells_nothing_and_hides_nothing_else() {
    for broken in ["{ \"dependencies\": { \"express\"", "", "[]", "null", "\u{0}\u{1}"] {
        let request = "export const rates = () => fetch('https://rates.example.com/v1').then((r) => (r.ok ? r.json() : null))\n";
        let run = check_in_part(&[
            ("package.json", broken),
            ("src/rates.ts", request),
            ("src/users.ts", USERS),
            ("src/names.ts", &loop_of("./users")),
        ]);
        assert_eq!((count(&run, "missing-timeout"), count(&run, "n-plus-one")), (0, 1), "{broken:?} {run}");
    }
    let rust = "pub async fn all(db: &sqlx::PgPool, ids: &[i64]) -> sqlx::Result<()> {\n    for id in ids {\n        \
        sqlx::query(\"SELECT owner FROM carts WHERE id = $1\").bind(id).fetch_one(db).await?;\n    }\n    Ok(())\n}\n";
    let run = check_in_part(&[("Cargo.toml", "[package\nname = "), ("src/lib.rs", rust)]);
    assert_eq!(count(&run, "n-plus-one"), 1, "{run}");
}

#[test]
fn files_that_import_each_other_in_circles_end_and_are_told_once() {
    let run = check(&[
        ("package.json", PACKAGE),
        (
            "src/users.ts",
            &format!("import {{ again }} from './names'\n{USERS}export const more = () => again([])\n"),
        ),
        (
            "src/names.ts",
            &format!(
                "import {{ more }} from './users'\nexport const again = (ids: string[]): unknown => (ids.length ? more() : [])\n{}",
                loop_of("./users")
            ),
        ),
        ("src/a.ts", "export * from './b'\n"),
        ("src/b.ts", "export * from './a'\n"),
        ("src/c.ts", "import { nothing } from './a'\nfor (const id of [1, 2]) nothing(id)\n"),
    ]);
    assert_eq!(count(&run, "n-plus-one"), 1, "{run}");
}

#[test]
fn a_schema_that_does_not_parse_costs_what_it_says_there() {
    let whole = check(&[("package.json", PACKAGE), ("prisma/schema.prisma", SCHEMA), ("src/a.ts", FILTER)]);
    assert_eq!(count(&whole, "missing-index"), 2, "{whole}");
    let broken = SCHEMA.replace("email  String", "email  String @@ ) {{");
    let part =
        check_in_part(&[("package.json", PACKAGE), ("prisma/schema.prisma", &broken), ("src/a.ts", FILTER)]);
    assert_eq!(count(&part, "missing-index"), 1, "{part}");
    assert!(part.stdout.contains("`Visit`") && !part.stdout.contains("`Order`"), "{part}");
    for nothing in ["", "model", "\u{fffd}\u{fffd}", "}}}}}}"] {
        let run = check_in_part(&[
            ("package.json", PACKAGE),
            ("prisma/schema.prisma", nothing),
            ("src/a.ts", FILTER),
        ]);
        assert_eq!(count(&run, "missing-index"), 0, "{nothing:?} {run}");
    }
}

#[test]
fn of_two_schemas_that_may_be_meant_neither_is() {
    let run = check(&[
        ("package.json", PACKAGE),
        ("one/prisma/schema.prisma", SCHEMA),
        ("two/prisma/schema.prisma", &SCHEMA.replace("  page String", "  page String\n\n  @@index([page])")),
        ("src/a.ts", FILTER),
    ]);
    assert_eq!(count(&run, "missing-index"), 0, "{run}");
}

#[test]
fn an_alias_that_leads_nowhere_is_silent() {
    let settings = r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#;
    let files = |module: &'static str| {
        check(&[
            ("package.json", PACKAGE),
            ("tsconfig.json", settings),
            ("src/users.ts", USERS),
            ("src/names.ts", &loop_of(module)),
        ])
    };
    assert_eq!(count(&files("@/users"), "n-plus-one"), 1);
    for nowhere in ["@/gone", "@/users/x", "@", "../../../../users", ""] {
        let run = files(nowhere);
        assert_eq!(count(&run, "n-plus-one"), 0, "{nowhere} {run}");
    }
    // A pattern whose folder is gone is not stood in for by what such a prefix usually means.
    for odd in ["[\"./gone/*\"]", "[]", "[\"./gone/*\", \"../../*\"]"] {
        let odd = format!(r#"{{ "compilerOptions": {{ "paths": {{ "@/*": {odd} }} }} }}"#);
        let run = check(&[
            ("package.json", PACKAGE),
            ("tsconfig.json", &odd),
            ("src/users.ts", USERS),
            ("src/names.ts", &loop_of("@/users")),
        ]);
        assert_eq!(count(&run, "n-plus-one"), 0, "{odd} {run}");
    }
}

/// What stands in real folders of migrations besides statements that a parser reads.
const ODD: &[&str] = &[
    "\\connect shop\n\\set ON_ERROR_STOP on\n",
    "COPY public.things (id, name) FROM stdin;\n1\tcup\n2\tmug; with a semicolon\n\\.\n",
    "CREATE FUNCTION touch() RETURNS trigger AS $body$\nBEGIN\n  NEW.at := now();\n  RETURN NEW;\nEND;\n$body$ LANGUAGE plpgsql;\n",
    "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END //\nDELIMITER ;\n",
    "ALTER TABLE odd%NUMBER% OWNER TO nobody WITH WHATEVER (((;\n",
    "-- only a comment\n",
    "",
    "CREATE TABLE odd%NUMBER% (id integer, name text;\n",
    "{{#if tenant}}CREATE TABLE odd%NUMBER% (id int);{{/if}}\n",
    "\u{feff}SET search_path TO app;\n",
    "SELECT 'a text without its end\n",
];

#[test]
fn migrations_of_which_one_in_eight_is_odd_are_read_for_the_rest() {
    let mut files = vec![("package.json".to_owned(), PACKAGE.to_owned())];
    let mut code = "import { Pool } from 'pg'\nconst pool = new Pool()\n".to_owned();
    for i in 0..438 {
        let text = if i % 8 == 7 {
            ODD[i / 8 % ODD.len()].replace("%NUMBER%", &i.to_string())
        } else {
            format!("CREATE TABLE thing{i} (\n  id bigint PRIMARY KEY,\n  owner text NOT NULL\n);\n")
        };
        files.push((format!("migrations/{i:04}_thing.sql"), text));
    }
    for (i, table) in
        [(0, "thing0"), (1, "thing437"), (2, "odd63"), (3, "odd31"), (4, "things"), (5, "nowhere")]
    {
        code += &format!(
            "export const find{i} = (owner: string) => pool.query('SELECT id FROM {table} WHERE owner = $1 LIMIT 5', [owner])\n"
        );
    }
    files.push(("src/things.ts".to_owned(), code));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    let run = check(&files);
    assert_eq!(count(&run, "missing-index"), 2, "{}", run.stdout);
    assert!(run.stdout.contains("`thing0`") && run.stdout.contains("`thing437`"), "{}", run.stdout);
}

#[test]
fn a_project_is_the_same_wherever_somebody_asks_about_it() {
    let wait = "export async function rates() {\n  return await fetch(process.env.RATES_URL + '/all')\n}\n";
    let route = "import express from 'express'\nimport { rates } from './rates'\nconst app = express()\n\
        app.get('/rates', async (_req, res) => {\n  res.json((await rates()).status)\n})\n";
    let project = Project::new(&[
        ("app/package.json", r#"{ "dependencies": { "express": "5.0.0" } }"#),
        ("app/src/rates.ts", wait),
        ("app/src/index.ts", route),
        ("elsewhere/note.txt", ""),
    ]);
    let folder = project.path().join("app");
    let asked = ["check", folder.to_str().expect("it is UTF-8"), "--format", "agent"];
    let count = |folder: &str| project.run_in(folder, &asked).stdout.matches("missing-timeout").count();
    assert!(count("app") > 0);
    assert_eq!(count("elsewhere"), count("app"));
    assert_eq!(count("app/src"), count("app"));
}
