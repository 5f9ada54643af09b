//! Some kinds of what a stable rule finds are right too seldom to be shown unasked.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;

const HEAD: &str = "import { PrismaClient } from '@prisma/client'\nimport { Resend } from 'resend'\n\
const prisma = new PrismaClient()\nconst resend = new Resend(process.env.RESEND_API_KEY)\n\
interface Post { id: string; authorId: string; tags: string[] }\n\
async function authorOf(id: string) { return prisma.user.findUnique({ where: { id } }) }\n\
async function ensure(id: string) {\n  const found = await prisma.user.findUnique({ where: { id } })\n  \
return found ?? prisma.user.create({ data: { id } })\n}\n";

/// The rules that are told of a function, by themselves and with previews.
fn told(function: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "@prisma/client": "6" } }"#);
    files.insert("/p/src/a.ts", format!("{HEAD}{function}\n"));
    let of = |config: &Config| -> Vec<&'static str> {
        let cancel = AtomicBool::new(false);
        let request =
            Request { files: &files, path: "/p/src/a.ts", document: None, config, cancel: &cancel, now: 0 };
        let found = Engine::new().review(&request).findings;
        found
            .iter()
            .map(|finding| finding.rule)
            .filter(|rule| *rule == "n-plus-one" || rule.contains("supp"))
            .collect()
    };
    (of(&Config::default()), of(&Config::default().with_preview()))
}

#[test]
fn rows_and_a_query_for_each_are_told_by_themselves() {
    for body in [
        "const posts = await prisma.post.findMany({ take: 50 })\n  for (const post of posts) all.push(await authorOf(post.authorId))",
        "const posts = await prisma.post.findMany({ take: 50 })\n  for (const post of posts.filter((post) => post.id)) all.push(await prisma.user.findUnique({ where: { id: post.authorId } }))",
        "for (const post of given) all.push(await authorOf(post.authorId))",
        "for (const tag of given[0].tags) all.push(await prisma.tag.findUnique({ where: { tag } }))",
    ] {
        let function = format!(
            "export async function run(given: Post[]) {{\n  const all = []\n  {body}\n  return all\n}}"
        );
        assert_eq!(told(&function), (vec!["n-plus-one"], vec!["n-plus-one"]), "{body}");
    }
}

#[test]
fn what_may_be_meant_one_by_one_is_a_preview() {
    for body in [
        // A write.
        "for (const post of given) all.push(await prisma.user.update({ where: { id: post.authorId }, data: { seen: true } }))",
        // A function that reads and writes.
        "for (const post of given) all.push(await ensure(post.authorId))",
        // A turn that writes beside.
        "for (const post of given) {\n    const author = await authorOf(post.authorId)\n    await prisma.post.update({ where: { id: post.id }, data: { author: author?.name } })\n  }",
        // A turn that sends.
        "for (const post of given) {\n    const author = await authorOf(post.authorId)\n    await resend.emails.send({ to: author?.email })\n  }",
        // A list that the code has put together.
        "const days = []\n  for (let day = from; day < until; day = next(day)) days.push(day)\n  for (const day of days) all.push(await prisma.visit.count({ where: { day } }))",
    ] {
        let function = format!(
            "export async function run(given: Post[], from: Date, until: Date) {{\n  const all = []\n  {body}\n  return all\n}}"
        );
        let (unasked, asked) = told(&function);
        assert_eq!((unasked, asked.contains(&"n-plus-one")), (vec![], true), "{body}");
    }
}

#[test]
fn a_suppression_of_a_preview_is_used() {
    let function = "export async function run(given: Post[]) {\n  for (const post of given) {\n    \
        // plimsoll-ignore n-plus-one: a handful\n    \
        await prisma.user.update({ where: { id: post.authorId }, data: { seen: true } })\n  }\n}";
    assert_eq!(told(function), (vec![], vec![]));
}
