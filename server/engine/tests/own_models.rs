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
    let names = RuleNames::new(engine.rules());
    let loaded = Config::load(&files, "/p/src/a.ts", &names);
    assert_eq!(loaded.errors, []);
    let config = Config::clone(&loaded.config).with_preview();
    let cancel = AtomicBool::new(false);
    let request = Request {
        files: &files,
        path: "/p/src/a.ts",
        document: None,
        config: &config,
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
    let mut told = String::new();
    for (written, instead) in [
        ("async   =", "asynch  ="),
        ("db.read", "db.raed"),
        ("\"db.read\"", "7"),
        ("async   = true", "async   = \"yes\""),
        ("throws  = true", "yields  = \"Rows\""),
        ("throws  = true", "run = \"sometimes\""),
        ("throws  = true", "slots = { tabel = \"0\" }"),
        ("throws  = true", "timeout_edit = { option = \"0.signal\" }"),
        ("throws  = true", "timeout_edit = { opton = \"0.signal\" }"),
        ("name    = \"runQuery\"", "nme     = \"runQuery\""),
        ("package = \"@acme/db\"", "language = \"rust\""),
        ("package = \"@acme/db\"", "package = 3"),
        ("package = \"@acme/db\"", "package = \"@acme/db\"\nlanguage = \"javascript\""),
        ("[[model.function]]", "[[model.functions]]"),
        ("[[model]]", "[model]"),
    ] {
        let changed = format!("preview = true\n{}", MODEL.replacen(written, instead, 1));
        let (line, message) = only(&changed);
        assert_eq!(message.lines().count(), 1);
        told.push_str(&format!("{line}: {message}\n"));
    }
    insta::assert_snapshot!(told, @r#"
    7: `[[model]]`: unknown key `asynch`; did you mean `async`? (allowed: effect, yields, slots, moves, sends, rows, streams, unique, async, throws, error_in, rejects_by, panics, environment, hands_failures_on, gathers, limited_edit, undone_by, drops_promises, alerts, nullable, stays, callback, callbacks, run, provides, batch, batch_edit, change_edit, columns_edit, record, upsert, coalesces, shared, ends, unshared, release, fails_by, heard_edit, predicate, timeout, default_timeout, unbounded, registers, makes_router, patience, takes, timeout_edit, unblock_edit, aside_edit, together_edit, bind_edit, retry, redelivers, retry_edit, handle_edit, checks_status, outside, brings, carries, guarantees)
    6: `[[model]]`: unknown effect `db.raed`; did you mean `db.read`? (allowed: db.read, db.write, db.connect, db.transaction, http.request, http.client, response.body, response.check, fs, process.spawn, subscribe, timer.repeating, timer.once, release, sleep, task.spawn, lock.acquire, block, log, process.exit, respond, retry, deadline, enqueue, route, schedule, notify, queue, limit, response.stream, block.disk, block.sleep, block.remote, block.compute, block.runtime, money, handle, event)
    6: `[[model]]`: `effect`: expected a name or a list of names, found integer `7`
    7: `[[model]]`: `async`: expected a boolean, found string "yes"
    8: `[[model]]`: function `runQuery`: the model has no type `Rows`
    8: `[[model]]`: unknown value `sometimes` (allowed: each, once, then, limited, transaction, retry, effect, handler, listener, interval, timeout, job, task, test, memo)
    8: `[[model]]`: unknown value `tabel`; did you mean `table`? (allowed: table, filter, order, bound, offset, schema, columns, left-out, no-rows, column, sql, params, data, url, method, options, command, path, body, timeout, base-url, delay, dependencies, event, handle, join, action, join-on, lock, key, demand, purpose, amount, unique, retry, context, cut, char-boundary, affix, parsed, cause, form, expression, fragment, secret, mac-key)
    8: `[[model]]`: `timeout_edit`: a time limit is written as `{ option = …, value = … }`, `{ before = … }` or `{ replace = … }`
    8: `[[model]]`: unknown key `opton`; did you mean `option`? (allowed: option, value, before, replace, then, expect)
    4: `[[model]]`: `name` is missing
    2: `[[model]]`: `package` is missing: the module or the crate that it is about
    3: `[[model]]`: expected a name or a list of names, found integer `3`
    4: `[[model]]`: unknown value `javascript` (allowed: typescript, rust)
    4: `[[model]]`: unknown key `functions`; did you mean `function`? (allowed: package, packages, language, source, in_process, runs_commands, ignores_undefined, cuts_off_at, outlives_rejections, transaction_by, schema, function, type, value, convention, retry_helper, limiter, slow_service, money_service, plain)
    2: expected tables under `[[model]]`, found a table
    "#);
}

#[test]
fn the_model_in_the_readme_is_applied() {
    let readme = include_str!("../../../README.md");
    let blocks = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let settings: Vec<&str> = blocks.filter(|block| block.contains("[[model]]")).collect();
    let [settings] = settings[..] else { panic!("it shows one: {settings:?}") };
    let engine = Engine::default();
    assert_eq!(found(&engine, IN_A_LOOP, settings), ["n-plus-one"]);
}
