//! Where the code of small projects runs.

use super::*;
use crate::MemoryFiles;
use crate::link::{LinkCache, Linker};

/// Where the last of the files runs, and why.
fn runs(sources: &[(&str, &str)]) -> (Runs, String) {
    let mut files = MemoryFiles::default();
    files.insert("/p/Cargo.toml", "[package]\nname = \"shop\"\n[dependencies]\naxum = \"0.8\"\n");
    ask_of_last(files, sources, |linker, file| {
        let found = where_it_runs(linker, file);
        (found.runs, found.evidence)
    })
}

/// Asks something of the last of the files.
fn ask_of_last<T>(
    mut files: MemoryFiles,
    sources: &[(&str, &str)],
    ask: impl FnOnce(&Linker<'_>, &FileUnits) -> T,
) -> T {
    files.insert("/p/package.json", r#"{ "name": "shop" }"#);
    for (path, text) in sources {
        files.insert(*path, *text);
    }
    let cache = LinkCache::default();
    let linker = Linker::new(&files, &cache);
    let (path, _) = sources.last().expect("a file is asked about");
    ask(&linker, &linker.units(path).expect("it is there"))
}

fn server(why: &str) -> (Runs, String) {
    (Runs::Server, why.to_owned())
}

fn by_hand(why: &str) -> (Runs, String) {
    (Runs::ByHand, why.to_owned())
}

fn unknown() -> (Runs, String) {
    (Runs::Unknown, String::new())
}

const RATES: &str = "export const rates = () => fetch('https://rates.example.com')";

#[test]
fn what_developers_run_themselves_is_no_service() {
    for (path, why) in [
        ("/p/src/seed/rates.ts", "stands in seed/"),
        ("/p/src/rates.seed.ts", "is a seed: rates.seed.ts"),
        ("/p/src/seed-rates.ts", "is a seed: seed-rates.ts"),
        ("/p/examples/rates.ts", "is an example: rates.ts"),
        ("/p/src/example-rates.ts", "is an example: example-rates.ts"),
        ("/p/scripts/rates.ts", "stands in scripts/"),
        ("/p/src/deploy-scripts/rates.ts", "stands in deploy-scripts/"),
        ("/p/script/rates.ts", "stands in script/"),
    ] {
        assert_eq!(runs(&[(path, RATES)]), by_hand(why), "{path}");
    }
    let run = "const base = 'https://rates.example.com'\nawait fetch(base)";
    assert_eq!(
        runs(&[("/p/src/test-rates.js", run)]),
        by_hand("a trial that nothing imports: test-rates.js")
    );
    // What others import, and what a word only begins, says nothing.
    assert_eq!(runs(&[("/p/src/test-rates.ts", RATES)]), unknown());
    assert_eq!(runs(&[("/p/src/seedling.ts", RATES)]), unknown());
    for path in ["/p/src/script/rates.ts", "/p/src/subscripts/rates.ts", "/p/transcripts/rates.ts"] {
        assert_eq!(runs(&[(path, RATES)]), unknown(), "{path}");
    }
    assert_eq!(runs(&[("/p/src/wallet/seed-phrase.ts", RATES)]), unknown());
    assert_eq!(
        runs(&[("/p/src/seeds.ts", "import Fastify from 'fastify'\nexport const a = 1")]).0,
        Runs::Server
    );
}

#[test]
fn a_program_beside_the_service_is_run_by_hand() {
    let main = ("/p/src/main.rs", "fn main() { axum::serve(a, b) }");
    let once = "#[tokio::main]\nasync fn main() { print(fetch_all().await) }";
    assert_eq!(
        runs(&[main, ("/p/src/bin/preview.rs", once)]),
        by_hand("a program beside the service: preview")
    );
    assert_eq!(runs(&[main, ("/p/examples/preview.rs", once)]).0, Runs::ByHand);
    let pages = "async fn main() { loop { let page = load().await; if page.is_empty() { break; } } }";
    assert_eq!(runs(&[main, ("/p/src/bin/reindex.rs", pages)]).0, Runs::ByHand);
    // Alone it is the service; so is what serves, waits in a loop, or is named so.
    assert_eq!(runs(&[("/p/src/bin/preview.rs", once)]).0, Runs::Server);
    assert_eq!(runs(&[main, ("/p/src/bin/rates-worker.rs", once)]).0, Runs::Server);
    assert_eq!(
        runs(&[main, ("/p/src/bin/admin.rs", "async fn main() { axum::serve(a, b).await }")]).0,
        Runs::Server
    );
    let poll = "async fn main() { loop { poll().await; tokio::time::sleep(PAUSE).await; } }";
    assert_eq!(runs(&[main, ("/p/src/bin/poll.rs", poll)]).0, Runs::Server);
    // What stands below it is a part of it.
    let part = ("/p/src/bin/admin/commands/user.rs", "pub async fn add() { insert().await }");
    assert_eq!(runs(&[main, ("/p/src/bin/admin/main.rs", once), part]).0, Runs::ByHand);
    let serves = ("/p/src/bin/admin/main.rs", "async fn main() { axum::serve(a, b).await }");
    assert_eq!(runs(&[main, serves, part]).0, Runs::Server);
}

#[test]
fn a_module_that_needs_a_database_is_a_servers() {
    let database = ("/p/src/db.ts", "import pg from 'pg'\nexport const pool = new pg.Pool()");
    let costs = ("/p/src/costs.ts", "import { pool } from './db'\nexport const track = () => pool.query('')");
    let rates = "import { track } from './costs'\nexport const rates = () => fetch(track())";
    assert_eq!(runs(&[database, costs, ("/p/src/rates.ts", rates)]), server("imports db.ts, which needs pg"));
    assert_eq!(
        runs(&[(
            "/p/src/rates.ts",
            "import type { Pool } from 'pg'\nexport const rates = (p: Pool) => fetch('')"
        )]),
        server("takes what pg makes")
    );
    // A type of it is erased; what a server offers is called over the network; elements may be shown elsewhere.
    assert_eq!(
        runs(&[database, costs, ("/p/src/rates.ts", &rates.replace("import {", "import type {"))]),
        unknown()
    );
    let action =
        ("/p/src/costs.ts", "'use server'\nimport { pool } from './db'\nexport async function track() {}");
    assert_eq!(runs(&[database, action, ("/p/src/rates.ts", rates)]), unknown());
    let shown = "import { track } from './costs'\nexport const Rates = () => <p>{track()}</p>";
    assert_eq!(runs(&[database, costs, ("/p/src/rates.tsx", shown)]), unknown());
    // An enum of Prisma's client is a value that browsers use too.
    let kinds =
        ("/p/src/kinds.ts", "import { Role } from '@prisma/client'\nexport const all = Object.values(Role)");
    let uses = "import { all } from './kinds'\nexport const rates = () => fetch(all[0])";
    assert_eq!(runs(&[kinds, ("/p/src/rates.ts", uses)]), unknown());
}

#[test]
fn of_a_barrel_only_what_is_taken_counts() {
    let database = ("/p/src/db.ts", "import pg from 'pg'\nexport const pool = new pg.Pool()");
    let money = ("/p/src/money.ts", "export const format = (n: number) => String(n)");
    let barrel = ("/p/src/all.ts", "export { pool } from './db'\nexport { format } from './money'");
    let formats = "import { format } from './all'\nexport const rates = () => fetch(format(1))";
    assert_eq!(runs(&[database, money, barrel, ("/p/src/rates.ts", formats)]), unknown());
    let asks = "import { pool } from './all'\nexport const rates = () => fetch(pool)";
    assert_eq!(
        runs(&[database, money, barrel, ("/p/src/rates.ts", asks)]),
        server("imports db.ts, which needs pg")
    );
}

#[test]
fn a_secret_of_the_environment_is_a_servers() {
    let reads =
        |name: &str| format!("export const rates = () => fetch('/', {{ headers: {{ key: {name} }} }})");
    for read in ["process.env.RATES_API_KEY", "process.env['RATES_API_KEY']"] {
        assert_eq!(
            runs(&[("/p/src/rates.ts", &reads(read))]),
            server("reads RATES_API_KEY of its environment")
        );
    }
    let taken = "const { RATES_API_KEY } = process.env\nexport const rates = () => fetch(RATES_API_KEY)";
    assert_eq!(runs(&[("/p/src/rates.ts", taken)]), server("reads RATES_API_KEY of its environment"));
    for public in ["process.env.NEXT_PUBLIC_KEY", "process.env.NODE_ENV", "process.env.VERCEL_URL", "env.KEY"]
    {
        assert_eq!(runs(&[("/p/src/rates.ts", &reads(public))]), unknown(), "{public}");
    }
    let checked =
        "const read = z.object({ RATES_API_KEY: z.string() })\nexport const env = read.parse(process.env)";
    let by_module = format!("import {{ env }} from './env'\n{}", reads("env.RATES_API_KEY"));
    let of_module = |env: &str| runs(&[("/p/src/env.ts", env), ("/p/src/rates.ts", &by_module)]);
    assert_eq!(of_module(checked), server("reads RATES_API_KEY of its environment"));
    assert_eq!(of_module("export const env = read({ RATES_API_KEY: 1 })"), unknown());
    let public = format!("import {{ env }} from './env'\n{}", reads("env.NEXT_PUBLIC_KEY"));
    assert_eq!(runs(&[("/p/src/env.ts", checked), ("/p/src/rates.ts", &public)]), unknown());
    let both = "const isServer = typeof window === 'undefined'\nexport const base = isServer ? process.env.API_URL : ''";
    assert_eq!(runs(&[("/p/src/rates.ts", both)]), unknown());
    let front = ("/p/package.json", r#"{ "dependencies": { "react": "19" } }"#);
    assert_eq!(runs(&[front, ("/p/src/rates.ts", &reads("process.env.RATES_API_KEY"))]).0, Runs::Browser);
}

#[test]
fn the_outermost_folder_that_says_something_decides() {
    assert_eq!(runs(&[("/p/src/backend/lib/rates.ts", RATES)]), server("stands in backend/"));
    assert_eq!(runs(&[("/p/src/api/rates.ts", RATES)]), server("stands in api/"));
    assert_eq!(runs(&[("/p/src/frontend/lib/api/rates.ts", RATES)]).0, Runs::Browser);
    let front = ("/p/package.json", r#"{ "dependencies": { "svelte": "5" } }"#);
    assert_eq!(runs(&[front, ("/p/src/lib/api/rates.ts", RATES)]).0, Runs::Browser);
    assert_eq!(runs(&[front, ("/p/api/rates.ts", RATES)]), server("stands in api/"));
    let trial = "const base = 'http://localhost:54321'\nawait fetch(base)";
    assert_eq!(runs(&[("/p/supabase/functions/pay/index.ts", trial)]), server("an edge function"));
    assert_eq!(
        runs(&[("/p/supabase/functions/pay/test-local.ts", trial)]),
        by_hand("a trial that nothing imports: test-local.ts")
    );
}

#[test]
fn what_is_put_aside_or_starts_itself_as_a_trial_is_no_service() {
    assert_eq!(runs(&[("/p/api/deprecated-2025/rates.ts", RATES)]), by_hand("is put aside"));
    assert_eq!(runs(&[("/p/src/deprecate/rates.ts", RATES)]), unknown());
    let exports = "async function run() { await fetch('https://rates.example.com') }\nif (require.main === module) run()\nmodule.exports = { run }";
    assert_eq!(
        runs(&[("/p/test-rates.js", exports)]),
        by_hand("a trial that nothing imports: test-rates.js")
    );
}

#[test]
fn a_package_that_starts_a_program_is_a_service() {
    let start = |said: &str| format!(r#"{{ "name": "feed", "scripts": {{ "start": "{said}" }} }}"#);
    let of = |manifest: &str| runs(&[("/p/feed/package.json", manifest), ("/p/feed/src/rates.ts", RATES)]);
    assert_eq!(of(&start("node dist/index.js")), server("its package starts a program"));
    assert_eq!(of(&start("NODE_ENV=production tsx src/index.ts")), server("its package starts a program"));
    assert_eq!(of(&start("vite preview")), unknown());
    let mcp = r#"{ "name": "feed", "dependencies": { "@modelcontextprotocol/sdk": "1" } }"#;
    assert_eq!(of(mcp), server("its package is a server: @modelcontextprotocol/sdk"));
    let command = r#"{ "name": "feed", "bin": "x.js", "dependencies": { "pg": "8" } }"#;
    assert_eq!(of(command).0, Runs::CommandLine);
}

#[test]
fn a_crate_whose_program_waits_for_ever_is_a_service() {
    let manifest = "[package]\nname = \"feed\"\n[dependencies]\nreqwest = \"0.12\"\n";
    let of = |manifest: &str, main: &str| {
        runs(&[
            ("/p/feed/Cargo.toml", manifest),
            ("/p/feed/src/main.rs", main),
            ("/p/feed/src/rates.rs", "pub fn rates() {}"),
        ])
    };
    let goes_on = "mod rates;\nfn main() { loop { rates::rates(); std::thread::sleep(PAUSE); } }";
    assert_eq!(of(manifest, goes_on), server("its program goes on until it is stopped"));
    assert_eq!(of(manifest, "mod rates;\nfn main() { rates::rates(); }"), unknown());
    let draws = format!("{manifest}ratatui = \"0.29\"\n");
    assert_eq!(of(&draws, goes_on), unknown());
}

/// Why the last of the files is a server's by those who import it.
fn served(sources: &[(&str, &str)]) -> Option<String> {
    ask_of_last(MemoryFiles::rooted("/p"), sources, |linker, file| {
        assert_eq!(where_it_runs(linker, file).runs, Runs::Unknown, "{} says nothing itself", file.path);
        served_by_importers(linker, file).map(|served| served.evidence)
    })
}

const ROUTES: (&str, &str) =
    ("/p/src/routes.ts", "import express from 'express'\nimport { rates } from './rates'\nrates()");
const SCREEN: (&str, &str) = ("/p/src/screen.ts", "import 'react-dom'\nimport { rates } from './rates'");
const OWN: (&str, &str) = ("/p/src/rates.ts", RATES);

#[test]
fn a_module_that_only_servers_import_is_a_servers() {
    let why = || Some("only a server imports it: src/routes.ts".to_owned());
    assert_eq!(served(&[ROUTES, OWN]), why());
    // Through others that say nothing themselves, and in circles.
    let routes = ("/p/src/routes.ts", "import express from 'express'\nimport { all } from './all'");
    let barrel = ("/p/src/all.ts", "export * from './rates'\nexport * from './costs'");
    assert_eq!(served(&[routes, barrel, OWN]), why());
    let costs = ("/p/src/costs.ts", "import { rates } from './rates'\nexport const costs = () => rates()");
    let circle =
        ("/p/src/rates.ts", "import { costs } from './costs'\nexport const rates = () => fetch(costs)");
    assert_eq!(served(&[routes, barrel, costs, circle]), why());
    assert_eq!(served(&[costs, circle]), None, "nobody else imports the circle");
    // A class that a controller builds, a module that is loaded when it is needed.
    let class = ("/p/src/rates.ts", "export class Rates { all() { return fetch('https://a.example') } }");
    let controller =
        ("/p/src/routes.ts", "import express from 'express'\nimport { Rates } from './rates'\nnew Rates()");
    assert_eq!(served(&[controller, class]), why());
    let lazily = ("/p/src/routes.ts", "import 'express'\nexport const all = async () => import('./rates')");
    assert_eq!(served(&[lazily, OWN]), why());
}

#[test]
fn one_importer_that_is_no_server_leaves_it_unknown() {
    assert_eq!(served(&[OWN]), None, "nothing imports it");
    assert_eq!(served(&[SCREEN, OWN]), None, "a page does");
    assert_eq!(served(&[ROUTES, SCREEN, OWN]), None, "a page does too");
    let script = ("/p/scripts/all.ts", "import { rates } from '../src/rates'");
    assert_eq!(served(&[ROUTES, script, OWN]), None, "a script does too");
    let unknown = ("/p/src/other.ts", "import { rates } from './rates'\nexport const other = rates");
    assert_eq!(served(&[ROUTES, unknown, OWN]), None, "nobody knows where another one runs");
    let element =
        ("/p/src/list.tsx", "import { rates } from './rates'\nexport const List = () => <p>{rates}</p>");
    assert_eq!(served(&[ROUTES, element, OWN]), None, "an element does too");
    let component = ("/p/src/list.svelte", "<script>import { rates } from './rates'</script>");
    assert_eq!(served(&[ROUTES, component, OWN]), None, "it is imported where nobody reads");
    // What a tool has written runs like anything else.
    let made = ("/p/src/made.gen.ts", "import { rates } from './rates'\nexport const all = [rates]");
    assert_eq!(served(&[ROUTES, made, OWN]), None, "a generated module does too");
    let extension = ("/p/src/extension.ts", "import fs from 'fs'\nimport { rates } from './rates'");
    assert_eq!(served(&[extension, OWN]), None, "what needs Node.js may be a command");
    let store =
        ("/p/src/store.ts", "import { rates } from './rates'\nexport const key = process.env.RATES_API_KEY");
    let shown = ("/p/src/screen.ts", "import 'react-dom'\nimport { key } from './store'");
    assert_eq!(served(&[store, shown, OWN]), None, "what reads a secret is imported by a page");
    let asked = ("/p/src/routes.ts", "import 'express'\nimport { key } from './store'");
    assert!(served(&[store, asked, OWN]).is_some());
    let page = ("/p/src/rates.ts", "export const rates = () => fetch(window.location.href)");
    assert_eq!(served(&[ROUTES, page]), None, "it is written for a page");
}

/// The units of the last of the files that those who import it bring along.
fn brought(sources: &[(&str, &str)]) -> Vec<String> {
    ask_of_last(MemoryFiles::rooted("/p"), sources, |linker, file| {
        let served = served_by_importers(linker, file).expect("only servers import it");
        let units = file.units.iter().zip(served.units).skip(1);
        units.filter(|(_, is_brought)| *is_brought).map(|(entry, _)| entry.path.to_string()).collect()
    })
}

#[test]
fn what_those_who_import_a_module_do_not_take_does_not_run_there() {
    let of = |import: &str, text: &str| {
        let routes = format!("import 'express'\n{import}");
        brought(&[("/p/src/routes.ts", &routes), ("/p/src/rates.ts", text)])
    };
    let two = "export function one() { return two() }\nfunction two() {}\nexport function three() {}\n";
    assert_eq!(of("import { one } from './rates'", two), ["one", "two"]);
    assert_eq!(of("import { three as one } from './rates'", two), ["three"]);
    for whole in
        ["import * as all from './rates'", "export * from './rates'", "const all = require('./rates')"]
    {
        assert_eq!(of(whole, two), ["one", "two", "three"], "{whole}");
    }
    assert_eq!(of("export { one } from './rates'", two), ["one", "two"]);
    assert_eq!(of("import './rates'", &format!("{two}three()\n")), ["three"]);
    let renamed = "function one() {}\nfunction two() {}\nexport { one as two }\nexport default two\n";
    assert_eq!(of("import { two } from './rates'", renamed), ["one"]);
    assert_eq!(of("import rates from './rates'", renamed), ["two"]);
    let circle =
        "export function one() { two() }\nexport function two() { one() }\nexport function three() {}\n";
    assert_eq!(of("import { two } from './rates'", circle), ["one", "two"]);
    // What a framework is told of, and what stands in an expression of the module.
    let registered = "@Job() export class One { run() {} }\nexport class Two { run() {} }\nevery(() => { two() })\n\
        function two() {}\nexport const three = 1\n";
    assert_eq!(of("import { three } from './rates'", registered), ["One.run", "#", "two"]);
}

#[test]
fn tests_types_and_comments_import_nothing_that_runs() {
    for (path, text) in [
        ("/p/src/rates.test.ts", "import { rates } from './rates'"),
        ("/p/src/__tests__/all.ts", "import { rates } from '../rates'"),
        ("/p/src/rates.stories.tsx", "import { rates } from './rates'"),
        ("/p/src/rates.d.ts", "import { rates } from './rates'"),
        ("/p/src/screen.ts", "import 'react-dom'\nimport type { rates } from './rates'"),
        ("/p/src/screen.ts", "import 'react-dom'\n// import { rates } from './rates'"),
    ] {
        assert!(served(&[ROUTES, (path, text), OWN]).is_some(), "{path}: {text}");
        let alone = served(&[(path, text), OWN]);
        assert_eq!(alone, None, "{path}: {text}");
    }
    let typed =
        ("/p/src/rates.ts", "export interface Rate { id: string }\nexport const rates = () => fetch('/')");
    let names = ("/p/src/screen.ts", "import 'react-dom'\nimport { Rate } from './rates'\nlet a: Rate");
    assert!(served(&[ROUTES, names, typed]).is_some(), "the name of a type is gone when it runs");
    assert_eq!(served(&[names, typed]), None);
}

#[test]
fn before_the_imports_are_read_nobody_imports_anything() {
    let sources = [ROUTES, OWN];
    let mut files = MemoryFiles::default();
    sources.iter().for_each(|(path, text)| files.insert(*path, *text));
    let cache = LinkCache::default();
    let linker = Linker::new(&files, &cache);
    let file = linker.units(OWN.0).expect("it is there");
    assert_eq!(served_by_importers(&linker, &file), None);
}

#[test]
fn a_way_through_too_many_modules_is_not_followed() {
    let sources = [("/p/src/routes.ts".to_owned(), "import 'express'\nimport './m0'".to_owned())];
    let way = |count: usize| {
        let mut all = sources.to_vec();
        all.extend((0..count).map(|i| (format!("/p/src/m{i}.ts"), format!("import './m{}'", i + 1))));
        all.push((format!("/p/src/m{count}.ts"), RATES.to_owned()));
        let all: Vec<(&str, &str)> = all.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
        served(&all)
    };
    assert!(way(5).is_some());
    assert_eq!(way(200), None);
}

/// Why the library `rates` of a workspace is a server's, whose other crates have these manifests.
fn served_library(crates: &[(&str, &str)], own: &str) -> Option<String> {
    let mut files = MemoryFiles::rooted("/p");
    files.insert("/p/Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"app\"]\n");
    for (folder, dependencies) in crates {
        let (dependencies, root) = dependencies.split_once('|').unwrap_or((dependencies, "src/main.rs"));
        let name = folder.rsplit('/').next().unwrap_or_default();
        let manifest = format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}\n");
        files.insert(format!("/p/{folder}/Cargo.toml"), manifest);
        files.insert(format!("/p/{folder}/{root}"), "fn main() {}\n");
    }
    let manifest = format!("[package]\nname = \"rates\"\n{own}\n[dependencies]\nreqwest = \"0.12\"\n");
    files.insert("/p/crates/rates/Cargo.toml", manifest);
    let sources = [("/p/crates/rates/src/lib.rs", "pub fn rates() {}")];
    ask_of_last(files, &sources, |linker, file| {
        assert_eq!(where_it_runs(linker, file).runs, Runs::Unknown);
        served_by_importers(linker, file).map(|served| served.evidence)
    })
}

#[test]
fn a_library_that_only_servers_depend_on_is_a_servers() {
    const API: (&str, &str) = ("crates/api", "axum = \"0.8\"\nrates = { path = \"../rates\" }");
    let why = || Some("only a server's crate depends on it: crates/api".to_owned());
    assert_eq!(served_library(&[API], ""), why());
    let tool = ("app", "clap = \"4\"\nrates = { path = \"../crates/rates\" }");
    assert_eq!(served_library(&[API, tool], ""), None, "a command does too");
    let unknown = ("app", "rates = { path = \"../crates/rates\" }");
    assert_eq!(served_library(&[API, unknown], ""), None, "nobody knows where another one runs");
    let desktop = ("app", "tauri = \"2\"\nrates = { path = \"../crates/rates\" }");
    assert_eq!(served_library(&[API, desktop], ""), None, "a program on somebody's desk does too");
    let stores = ("app", "sqlx = \"0.8\"\nrates = { path = \"../crates/rates\" }");
    assert_eq!(served_library(&[stores], ""), None, "a database is no service yet");
    let beside = ("app", "clap = \"4\"");
    assert_eq!(served_library(&[API, beside], ""), why(), "another program does not");
    let tests = ("app", "clap = \"4\"\n[dev-dependencies]\nrates = { path = \"../crates/rates\" }");
    assert_eq!(served_library(&[API, tests], ""), why(), "what only tests need is no part of a program");
    assert_eq!(served_library(&[], ""), None, "nobody depends on it");
    // Through another library, and in a circle of their tests.
    let through = ("crates/prices", "rates = { path = \"../rates\" }|src/lib.rs");
    let api = ("crates/api", "axum = \"0.8\"\nprices = { path = \"../prices\" }");
    assert_eq!(served_library(&[through, api], ""), why());
    assert_eq!(served_library(&[through], ""), None);
    // What anybody may take from a registry, and what is a program itself.
    let offered = "description = \"rates\"\nlicense = \"MIT\"";
    assert_eq!(served_library(&[API], offered), None);
    assert_eq!(served_library(&[API], &format!("{offered}\npublish = false")), why());
    assert_eq!(served_library(&[API], "[[bin]]\nname = \"show\"\npath = \"show.rs\""), None);
}
