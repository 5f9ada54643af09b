//! Which kinds of a rule's findings are told unasked, where the rule itself is no preview.

use crate::diff::found;
use crate::project::Project;

const HEAD: &str = "import express from 'express'\nimport { PrismaClient } from '@prisma/client'\n\
    const prisma = new PrismaClient()\nconst app = express()\n";

/// The places that a route of a service is told of, unasked and with previews; the body is its handler's.
fn told(body: &str) -> (Vec<String>, Vec<String>) {
    let route = format!("{HEAD}app.post('/posts', async (req, res) => {{\n  {body}\n  res.json(null)\n}})\n");
    let manifest = r#"{ "dependencies": { "express": "5.0.0", "@prisma/client": "6.0.0" } }"#;
    let project = Project::new(&[("package.json", manifest), ("src/posts.ts", &route)]);
    let rule = |line: &String| line.starts_with("src/posts.ts:");
    let unasked = found(&project, &[]).into_iter().filter(rule).collect();
    let asked = found(&project, &["--preview", "--rule", "n-plus-one"]).into_iter().filter(rule).collect();
    (unasked, asked)
}

const POSTS: &str = "const posts = await prisma.post.findMany({ take: 500 })";

#[test]
fn a_query_for_each_row_that_was_fetched_is_told_unasked() {
    let each =
        "for (const post of posts) req.log(await prisma.user.findUnique({ where: { id: post.userId } }))";
    let (unasked, asked) = told(&format!("{POSTS}\n  {each}"));
    assert_eq!((unasked.len(), asked.len()), (1, 1));
    assert_eq!(unasked, asked);
}

#[test]
fn what_may_be_a_handful_or_has_to_be_done_one_by_one_waits_for_previews() {
    let handed = "for (const id of req.body.ids) req.log(await prisma.user.findUnique({ where: { id } }))";
    let written =
        "for (const post of posts) await prisma.post.update({ where: { id: post.id }, data: { n: 1 } })";
    let beside = "for (const post of posts) {\n    req.log(await prisma.user.findUnique({ where: { id: post.userId } }))\n    \
        await prisma.seen.create({ data: { postId: post.id } })\n  }";
    let apart = "for (const post of posts) {\n    try {\n      \
        req.log(await prisma.user.findUnique({ where: { id: post.userId } }))\n    \
        } catch (error) {\n      console.error('this one is left out', error)\n    }\n  }";
    let checked =
        "for (const post of posts) await prisma.user.findUniqueOrThrow({ where: { id: post.userId } })";
    for body in [
        handed.to_owned(),
        format!("{POSTS}\n  {written}"),
        format!("{POSTS}\n  {beside}"),
        format!("{POSTS}\n  {apart}"),
        format!("{POSTS}\n  {checked}"),
    ] {
        let (unasked, asked) = told(&body);
        assert_eq!(unasked, [""; 0], "{body}");
        assert!(!asked.is_empty(), "{body}");
    }
}
