//! How a project is run, as far as its manifests say: how many instances of it there are, and what they all can keep
//! something in. A rule asks only where it has something to say.

use crate::Files;
use crate::link::{ancestors, parent};
use crate::manifests::{PackageJson, read};
use crate::schema_of::declares_only_in_process;

/// Packages of servers that keep keys and values for all instances, and what people call them.
const KEY_VALUE: &[(&str, &str)] = &[
    ("ioredis", "Redis"),
    ("redis", "Redis"),
    ("@redis/client", "Redis"),
    ("@upstash/redis", "Redis"),
    ("@vercel/kv", "Vercel KV"),
    ("valkey", "Valkey"),
    ("iovalkey", "Valkey"),
    ("memjs", "Memcached"),
    ("memcached", "Memcached"),
];

/// Packages of databases that all instances share.
#[rustfmt::skip] // a list of packages
const DATABASES: &[&str] = &[
    "@prisma/client", "drizzle-orm", "pg", "postgres", "mysql2", "mysql", "typeorm", "sequelize", "knex", "kysely", "mongoose",
    "mongodb", "@supabase/supabase-js", "@supabase/ssr", "@neondatabase/serverless", "@planetscale/database", "firebase-admin",
    "convex", "@mikro-orm/core", "@libsql/client",
];

/// Packages that limit how often something may be done, and count in a store when they are given one.
const LIMITERS: &[&str] =
    &["@upstash/ratelimit", "rate-limit-redis", "rate-limiter-flexible", "@arcjet/next", "@arcjet/node"];

/// Files that say that a platform starts instances as it likes, what must stand in them, and what it is.
const DEPLOYMENTS: &[(&str, &str, &str)] = &[
    ("vercel.json", "", "functions of a platform"),
    ("netlify.toml", "", "functions of a platform"),
    ("wrangler.toml", "", "functions of a platform"),
    ("wrangler.jsonc", "", "functions of a platform"),
    ("serverless.yml", "", "functions of a platform"),
    ("serverless.yaml", "", "functions of a platform"),
    ("serverless.ts", "", "functions of a platform"),
    ("ecosystem.config.js", "cluster", "several processes"),
    ("ecosystem.config.cjs", "cluster", "several processes"),
    ("render.yaml", "numInstances", "several instances"),
];

/// Packages that only what a platform runs has.
const PLATFORM_PACKAGES: &[&str] = &[
    "@vercel/analytics",
    "@vercel/speed-insights",
    "@vercel/blob",
    "@vercel/postgres",
    "@vercel/kv",
    "@vercel/node",
];

/// What keeps something for all instances of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedStore {
    /// A server of keys and values, by its name.
    KeyValue(&'static str),
    /// A database that is no part of the process.
    Database,
}

/// The store that the manifests around a file declare, one of keys and values first.
#[must_use]
pub fn shared_store(files: &dyn Files, path: &str) -> Option<SharedStore> {
    let manifests = manifests(files, path);
    let has = |package: &str| manifests.iter().any(|manifest| manifest.has(package));
    if let Some((_, name)) = KEY_VALUE.iter().find(|(package, _)| has(package)) {
        return Some(SharedStore::KeyValue(name));
    }
    let is_there = DATABASES.iter().any(|package| has(package)) && !declares_only_in_process(files, path);
    is_there.then_some(SharedStore::Database)
}

/// Whether what a module brings is such a store, or counts in one: a package, or an own module that is called after it.
#[must_use]
pub fn brings_a_store(module: &str) -> bool {
    let is_known = KEY_VALUE.iter().any(|(package, _)| *package == module) || LIMITERS.contains(&module);
    let last = module.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    is_known || ["redis", "valkey", "upstash", "memcache"].iter().any(|name| last.contains(name))
}

/// What says that there is more than one instance of what a file is a part of: a phrase, and the file that says so.
#[must_use]
pub fn several_instances(files: &dyn Files, path: &str) -> Option<(&'static str, String)> {
    let folders: Vec<&str> = ancestors(parent(path)?, files, path).collect();
    for folder in &folders {
        for (name, must_have, what) in DEPLOYMENTS {
            let file = format!("{folder}/{name}");
            let says =
                || must_have.is_empty() || files.read(&file).is_some_and(|text| text.contains(must_have));
            if files.exists(&file) && says() {
                return Some((what, (*name).to_owned()));
            }
        }
        let manifest = read::<PackageJson>(files, &format!("{folder}/package.json"));
        let package =
            manifest.as_ref().and_then(|it| PLATFORM_PACKAGES.iter().find(|package| it.has(package)));
        if let Some(package) = package {
            return Some(("functions of a platform", (*package).to_owned()));
        }
    }
    None
}

fn manifests(files: &dyn Files, path: &str) -> Vec<std::sync::Arc<PackageJson>> {
    let Some(folder) = parent(path) else { return Vec::new() };
    ancestors(folder, files, path)
        .filter_map(|folder| read::<PackageJson>(files, &format!("{folder}/package.json")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn a_store_is_what_all_instances_share() {
        let mut files = MemoryFiles::rooted("/p");
        files.insert("/p/package.json", r#"{"dependencies":{"pg":"8","better-sqlite3":"9"}}"#);
        files.insert("/p/a/package.json", r#"{"dependencies":{"ioredis":"5"}}"#);
        files.insert("/p/ecosystem.config.js", "exec_mode: 'fork'");
        files.insert("/p/a/vercel.json", "{}");
        assert_eq!(shared_store(&files, "/p/src/x.ts"), Some(SharedStore::Database));
        assert_eq!(shared_store(&files, "/p/a/x.ts"), Some(SharedStore::KeyValue("Redis")));
        assert_eq!(several_instances(&files, "/p/src/x.ts"), None);
        assert!(
            several_instances(&files, "/p/a/src/x.ts").is_some_and(|(_, said_by)| said_by == "vercel.json")
        );
        let mut alone = MemoryFiles::rooted("/p");
        alone.insert("/p/package.json", r#"{"dependencies":{"better-sqlite3":"9"}}"#);
        assert_eq!(shared_store(&alone, "/p/x.ts"), None);
    }

    #[test]
    fn modules_that_bring_a_store() {
        assert!(
            brings_a_store("ioredis")
                && brings_a_store("../lib/redis")
                && brings_a_store("@upstash/ratelimit")
        );
        assert!(!brings_a_store("express") && !brings_a_store("../redirects/list"));
    }
}
