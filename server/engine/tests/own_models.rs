//! What a project says of its own libraries in `plimsoll.toml` counts like a model that comes with Plimsoll, and before
//! it.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Request, RuleNames};
use plimsoll_project::MemoryFiles;

const IN_A_LOOP: &str = "import { runQuery } from '@acme/db'\n\nexport async function all(ids: string[]) {\n  const rows = []\n  for (const id of ids) rows.push(await runQuery(id))\n  return rows\n}\n";

const MODEL: &str = "[[model]]\npackage = \"@acme/db\"\n[[model.function]]\nname    = \"runQuery\"\neffect  = \"db.read\"\nasync   = true\nthrows  = true\n";

/// Rules that find something in `/p/src/a.ts`.
fn found(engine: &Engine, code: &str, settings: &str) -> Vec<&'static str> {
    let mut files = MemoryFiles::default();
    files.insert("/p/src/a.ts", code);
    files.insert("/p/plimsoll.toml", settings);
    let names = RuleNames { rules: &[], renamed: &[] };
    let loaded = Config::load(&files, "/p/src/a.ts", &names);
    assert_eq!(loaded.errors, []);
    let cancel = AtomicBool::new(false);
    let request = Request {
        files: &files,
        path: "/p/src/a.ts",
        document: None,
        config: &loaded.config,
        cancel: &cancel,
        now: 0,
    };
    engine.review(&request).findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_model_of_the_project_is_applied() {
    let engine = Engine::default();
    assert_eq!(found(&engine, IN_A_LOOP, ""), [""; 0]);
    assert_eq!(found(&engine, IN_A_LOOP, MODEL), ["n-plus-one"]);
    assert_eq!(found(&engine, IN_A_LOOP, ""), [""; 0], "nothing is left of it");
}

#[test]
fn it_counts_before_the_model_that_comes_with_plimsoll() {
    let engine = Engine::default();
    let code = "import { PrismaClient } from '@prisma/client'\nconst db = new PrismaClient()\n\nexport async function all(ids: string[]) {\n  for (const id of ids) await db.user.findUnique({ where: { id } })\n}\n";
    assert_eq!(found(&engine, code, ""), ["n-plus-one"]);
    let own = "[[model]]\npackage = \"@prisma/client\"\n[[model.type]]\nname = \"PrismaClient\"\n";
    assert_eq!(found(&engine, code, own), [""; 0]);
}

#[test]
fn a_wrong_model_is_an_error_with_its_line() {
    let wrong = |settings: &str| -> Vec<(u32, String)> {
        let mut files = MemoryFiles::default();
        files.insert("/p/plimsoll.toml", settings);
        let names = RuleNames { rules: &[], renamed: &[] };
        let loaded = Config::load(&files, "/p/a.ts", &names);
        assert!(loaded.config.models().is_empty(), "it is no part of the configuration");
        loaded.errors.into_iter().map(|error| (error.line, error.message)).collect()
    };
    let only = |settings: &str| match wrong(settings).as_slice() {
        [(line, message)] => (*line, message.clone()),
        other => panic!("{other:?}"),
    };
    let (line, message) = only(&MODEL.replace("async   =", "asynch  ="));
    assert_eq!(line, 6, "{message}");
    assert!(message.contains("unknown field `asynch`"), "{message}");
    let (line, message) = only(&MODEL.replace("db.read", "db.raed"));
    assert_eq!(line, 5, "{message}");
    assert!(message.contains("unknown effect `db.raed`"), "{message}");
    let (line, message) = only(&MODEL.replace("throws  = true", "yields  = \"Rows\""));
    assert_eq!(line, 7, "{message}");
    assert!(message.contains("the model has no type `Rows`"), "{message}");
    let (line, message) = only("preview = true\n[[model]]\nlanguage = \"rust\"\n");
    assert_eq!(line, 2, "{message}");
    assert!(message.contains("package"), "{message}");
}
