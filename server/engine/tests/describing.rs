//! What is known of a call: what it does, where it comes from, what bounds it, and how it gets there.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{CallDescription, Config, Engine, Origin, Request};
use plimsoll_project::MemoryFiles;

/// Describes what stands at `at` in a file, beside others.
fn describe(files: &[(&str, &str)], path: &str, at: &str) -> Option<CallDescription> {
    let mut all = MemoryFiles::default();
    for (path, text) in files {
        all.insert(*path, *text);
    }
    let (_, text) = files.iter().find(|(known, _)| *known == path).expect("it is there");
    let offset = text.find(at).expect("it stands there") as u32;
    let (cancel, config) = (AtomicBool::new(false), Config::default());
    let request = Request { files: &all, path, document: None, config: &config, cancel: &cancel, now: 0 };
    Engine::new().describe(&request, offset)
}

const USERS: &str = "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n\
export function userOf(id: string) {\n  return prisma.user.findUnique({ where: { id } })\n}\n\
export function newest() {\n  return prisma.user.findMany({ take: 10 })\n}\n\
export function all() {\n  return prisma.user.findMany()\n}\n";

const POSTS: &str = "import { userOf } from './users'\nexport async function authors(ids: string[]) {\n  \
for (const id of ids) console.log(await userOf(id))\n  \
const answer = await fetch('https://example.com', { signal: AbortSignal.timeout(5_000) })\n  \
return [answer.ok, await fetch(url), nothing(ids)]\n}\n";

const FILES: &[(&str, &str)] =
    &[("/p/package.json", "{}"), ("/p/src/users.ts", USERS), ("/p/src/posts.ts", POSTS)];

#[test]
fn a_library_call_is_known_by_its_model() {
    let call = describe(FILES, "/p/src/users.ts", "findUnique").expect("it is known");
    assert_eq!(call.name, "prisma.user.findUnique");
    assert_eq!(
        (call.effects, call.origin),
        (vec!["reads a database"], Origin::Library("@prisma/client".into()))
    );
    // One row needs no bound.
    assert_eq!((call.bounds, call.chain), (vec![], vec![]));
}

#[test]
fn what_bounds_a_call_is_told_and_what_does_not() {
    let bounds = |path, at| describe(FILES, path, at).expect("it is known").bounds;
    assert_eq!(bounds("/p/src/users.ts", "findMany({ take"), [("rows", "10".to_owned())]);
    assert_eq!(bounds("/p/src/users.ts", "findMany()"), [("rows", String::new())]);
    let signal = bounds("/p/src/posts.ts", "fetch('https");
    assert_eq!(signal, [("time", "AbortSignal.timeout(5_000)".to_owned())]);
    assert_eq!(bounds("/p/src/posts.ts", "fetch(url"), [("time", String::new())]);
    assert_eq!(describe(FILES, "/p/src/posts.ts", "fetch(url").expect("known").origin, Origin::Platform);
}

#[test]
fn a_function_of_the_project_is_known_by_what_it_comes_down_to() {
    let call = describe(FILES, "/p/src/posts.ts", "userOf(id)").expect("it is known");
    assert_eq!((call.effects, call.origin), (vec!["reads a database"], Origin::Own));
    let [step] = &call.chain[..] else { panic!("{:?}", call.chain) };
    assert_eq!((step.path.as_str(), step.message.as_str()), ("/p/src/users.ts", "reads a database here"));
    assert_eq!(&USERS[step.range.as_usize()], "prisma.user.findUnique({ where: { id } })");
}

#[test]
fn of_what_is_unknown_nothing_is_said() {
    assert_eq!(describe(FILES, "/p/src/posts.ts", "nothing(ids)"), None);
    assert_eq!(describe(FILES, "/p/src/posts.ts", "answer.ok"), None);
    assert_eq!(describe(FILES, "/p/src/posts.ts", "ids)"), None);
}
