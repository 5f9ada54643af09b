//! Who says what role.

use super::super::{LinkCache, Linker};
use super::*;
use crate::MemoryFiles;

/// The role of the function with this name in `file`, and why.
fn role_in(files: &MemoryFiles, file: &str, name: &str) -> Option<(Role, String, bool)> {
    let cache = LinkCache::default();
    let linker = Linker::new(files, &cache);
    let world: &dyn World = &linker;
    let linked = world.linked(file).expect("the file is there");
    let units = linked.file.units.iter().enumerate();
    let mut functions = units.flat_map(|(unit, entry)| {
        (0..entry.unit.functions.len()).map(move |f| (unit, FunctionId(u32::try_from(f).expect("few"))))
    });
    let (unit, function) = functions
        .find(|&(unit, f)| linked.file.units[unit].unit.function(f).name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("no function {name}"));
    let fact = world.role(&linked.file.fn_ref(unit, function))?;
    Some((fact.role, fact.evidence.to_string(), fact.redelivers))
}

fn role_of(path: &str, text: &str) -> Option<(Role, String, bool)> {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", "{}");
    files.insert("/p/Cargo.toml", "[package]\nname = 'p'\n");
    files.insert(path, text);
    role_in(&files, path, "f")
}

#[test]
fn a_function_says_its_role_itself() {
    let said = |role, evidence: &str| Some((role, evidence.to_owned(), false));
    for (path, text, expected) in [
        ("/p/src/a.rs", "#[get(\"/\")] async fn f() {}", said(Role::Handler, "has the attribute `get`")),
        ("/p/src/a.rs", "async fn f(State(s): State<App>) {}", said(Role::Handler, "takes a `State`")),
        ("/p/src/a.rs", "async fn f(r: HttpRequest) {}", said(Role::Handler, "takes a `HttpRequest`")),
        ("/p/src/a.rs", "async fn f(r: Request, next: Next) {}", said(Role::Middleware, "takes a `Next`")),
        ("/p/src/a.rs", "#[tokio::main] async fn f() {}", said(Role::StartUp, "has the attribute `main`")),
        ("/p/src/a.rs", "#[test] fn f() {}", said(Role::Test, "has the attribute `test`")),
        ("/p/src/a.rs", "fn f(state: &State2) {}", None),
        ("/p/src/a.ts", "class A { @Cron('* * * * *') f() {} }", said(Role::Job, "has the attribute `Cron`")),
        ("/p/src/a.ts", "class A { @Process() f() {} }", said(Role::Consumer, "has the attribute `Process`")),
        (
            "/p/src/a.ts",
            "export const f = async (event: SQSEvent) => { await g() }",
            Some((Role::Consumer, "takes a `SQSEvent`".into(), true)),
        ),
        (
            "/p/src/a.ts",
            "export function f(a: Request, b: Response, c: NextFunction) { c() }",
            said(Role::Middleware, "takes a `NextFunction`"),
        ),
        (
            "/p/src/a.ts",
            "import { useEffect } from 'react'\nexport function C() { useEffect(function f() { go() }, []) }",
            said(Role::Effect, "is handed to what runs it"),
        ),
        (
            "/p/src/a.ts",
            "import { useEffect } from 'react'\nexport function C() { useEffect(() => { return function f() { end() } }, []) }",
            said(Role::Cleanup, "is returned by an effect"),
        ),
        ("/p/src/a.ts", "export function f(request: string) { return request }", None),
    ] {
        assert_eq!(role_of(path, text), expected, "{text}");
    }
}

#[test]
fn names_that_frameworks_call_are_roles_only_where_those_call_them() {
    let files = |text: &str| {
        let mut files = MemoryFiles::default();
        files.insert("/p/package.json", "{}");
        files.insert("/p/src/a.ts", text);
        files
    };
    let role = |text: &str, name: &str| role_in(&files(text), "/p/src/a.ts", name).map(|(role, ..)| role);
    assert_eq!(role("class A { onModuleInit() {} }", "onModuleInit"), Some(Role::StartUp));
    assert_eq!(role("function onModuleInit() { go() }", "onModuleInit"), None);
    assert_eq!(role("class A { ngOnDestroy() {} }", "ngOnDestroy"), Some(Role::Cleanup));
    assert_eq!(role("export async function GET() { await go() }", "GET"), Some(Role::Handler));
    assert_eq!(role("class A { GET() { go() } }", "GET"), None);
}

#[test]
fn others_give_a_function_its_role() {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", "{}");
    files.insert(
        "/p/src/server.ts",
        "import express from 'express'\nimport cron from 'node-cron'\nimport { list } from './posts'\nimport { refresh } from './rates'\nconst app = express()\napp.get('/posts', list)\ncron.schedule('0 4 * * *', refresh)\n",
    );
    files.insert("/p/src/posts.ts", "export async function list(req, res) { await go() }\n");
    files.insert(
        "/p/src/rates.ts",
        "export async function refresh() { await go() }\nasync function own() {}\n",
    );
    files.insert(
        "/p/src/jobs/tidy.ts",
        "export async function tidy() { await go() }\nasync function inner() {}\n",
    );
    files.insert("/p/src/plain.ts", "export async function plain() { await go() }\n");
    let role =
        |file: &str, name: &str| role_in(&files, file, name).map(|(role, evidence, _)| (role, evidence));
    let said = |role, evidence: &str| Some((role, evidence.to_owned()));
    assert_eq!(role("/p/src/posts.ts", "list"), said(Role::Handler, "is handed to a router"));
    assert_eq!(role("/p/src/rates.ts", "refresh"), said(Role::Job, "is handed to a scheduler"));
    assert_eq!(role("/p/src/rates.ts", "own"), None);
    assert_eq!(role("/p/src/jobs/tidy.ts", "tidy"), said(Role::Job, "stands in jobs/"));
    assert_eq!(role("/p/src/jobs/tidy.ts", "inner"), None);
    assert_eq!(role("/p/src/plain.ts", "plain"), None);
}
