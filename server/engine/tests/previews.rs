//! Some kinds of what a stable rule finds are right too seldom to be shown unasked.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;

const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"URL\")\n}\n\n\
model Visit {\n  id Int @id\n  page String\n  seenAt DateTime\n  count Int\n  tags String[]\n}\n";
const HEAD: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n";

/// The rules that are told of a function, by themselves and with previews.
fn told(function: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "@prisma/client": "6" } }"#);
    files.insert("/p/prisma/schema.prisma", SCHEMA);
    files.insert("/p/src/a.ts", format!("{HEAD}{function}\n"));
    let of = |config: &Config| -> Vec<&'static str> {
        let cancel = AtomicBool::new(false);
        let request =
            Request { files: &files, path: "/p/src/a.ts", document: None, config, cancel: &cancel, now: 0 };
        Engine::new().review(&request).findings.iter().map(|finding| finding.rule).collect()
    };
    (of(&Config::default()), of(&Config::default().with_preview()))
}

const HOUSEKEEPING: &str =
    "export const forget = (before: Date) => prisma.visit.deleteMany({ where: { seenAt: { lt: before } } })";

#[test]
fn a_kind_that_is_right_too_seldom_is_a_preview() {
    let query =
        "export const visitsOf = (page: string) => prisma.visit.findMany({ where: { page }, take: 10 })";
    assert_eq!(told(query), (vec!["missing-index"], vec!["missing-index"]));
    assert_eq!(told(HOUSEKEEPING), (vec![], vec!["missing-index"]));
    let named = |name: &str| {
        format!(
            "export const {name} = (before: Date) => prisma.visit.findMany({{ where: {{ seenAt: {{ lt: before }} }}, take: 10 }})"
        )
    };
    assert_eq!(told(&named("findRecent")), (vec!["missing-index"], vec!["missing-index"]));
    assert_eq!(told(&named("findStale")), (vec![], vec!["missing-index"]));
}

#[test]
fn a_suppression_of_a_preview_is_used() {
    let ignored = format!("// plimsoll-ignore missing-index: once a night\n{HOUSEKEEPING}");
    assert_eq!(told(&ignored), (vec![], vec![]));
}

#[test]
fn a_number_is_told_and_a_list_is_a_preview() {
    let changed = |data: &str| {
        format!(
            "export async function seen(id: number) {{\n  const visit = await prisma.visit.findUniqueOrThrow({{ where: {{ id }} }})\n  \
             await prisma.visit.update({{ where: {{ id }}, data: {{ {data} }} }})\n}}"
        )
    };
    assert_eq!(told(&changed("count: visit.count + 1")), (vec!["lost-update"], vec!["lost-update"]));
    assert_eq!(told(&changed("tags: [...visit.tags, 'new']")), (vec![], vec!["lost-update"]));
    assert_eq!(told(&changed("seenAt: visit.seenAt + 1")), (vec![], vec!["lost-update"]));
}

#[test]
fn a_state_is_told_and_what_a_component_is_handed_is_a_preview() {
    let component = |head: &str| {
        let mut files = MemoryFiles::default();
        files.insert("/p/package.json", r#"{ "dependencies": { "react": "19" } }"#);
        let text = format!(
            "import {{ useEffect, useState }} from 'react'\n{head}\n  const [rows, setRows] = useState<string[]>([])\n  \
             useEffect(() => {{\n    fetch(`/api/rows/${{page}}`)\n      .then((r) => {{\n        if (!r.ok) throw new Error('no rows')\n        \
             return r.json()\n      }})\n      .then(setRows)\n      .catch(console.error)\n  }}, [page])\n  \
             return <p onClick={{() => setPage(2)}}>{{rows.length}}</p>\n}}\n"
        );
        files.insert("/p/src/rows.tsx", text);
        let of = |config: &Config| -> Vec<&'static str> {
            let cancel = AtomicBool::new(false);
            let path = "/p/src/rows.tsx";
            let request = Request { files: &files, path, document: None, config, cancel: &cancel, now: 0 };
            Engine::new().review(&request).findings.iter().map(|finding| finding.rule).collect()
        };
        (of(&Config::default()), of(&Config::default().with_preview()))
    };
    let own = component("export function Rows() {\n  const [page, setPage] = useState(1)");
    assert_eq!(own, (vec!["stale-response"], vec!["stale-response"]));
    let handed = component(
        "export function Rows({ page, setPage }: { page: number; setPage: (page: number) => void }) {",
    );
    assert_eq!(handed, (vec![], vec!["stale-response"]));
}
