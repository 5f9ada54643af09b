//! Where the code of small projects runs.

use super::*;
use crate::MemoryFiles;
use crate::link::{LinkCache, Linker};

/// Where the last of the files runs, and why.
fn runs(sources: &[(&str, &str)]) -> (Runs, String) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "name": "shop" }"#);
    files.insert("/p/Cargo.toml", "[package]\nname = \"shop\"\n[dependencies]\naxum = \"0.8\"\n");
    for (path, text) in sources {
        files.insert(*path, *text);
    }
    let cache = LinkCache::default();
    let linker = Linker::new(&files, &cache);
    let (path, _) = sources.last().expect("a file is asked about");
    let file = linker.units(path).expect("it is there");
    let found = where_it_runs(&linker, &file);
    (found.runs, found.evidence)
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
