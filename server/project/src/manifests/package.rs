//! `package.json`

use std::collections::BTreeMap;

use plimsoll_behavior::Name;
use serde_json::Value;

use super::Manifest;

/// What a `package.json` declares.
#[derive(Debug, Default)]
pub struct PackageJson {
    /// `name`
    pub name: Option<Name>,
    /// All dependencies of all kinds, with what stands for their version: `^6.1.0`, `workspace:*`, `npm:other@1`.
    pub dependencies: BTreeMap<Name, Name>,
    /// Patterns of the workspace's folders, where it is the root of one.
    pub workspaces: Vec<String>,
    /// Whether it has a `bin`.
    pub is_command_line: bool,
    /// What names the files that are run: `main`, `module`, `scripts`, as JSON.
    pub entries: String,
    /// Its `scripts`: their names, and what they run.
    tasks: Vec<(String, String)>,
    /// Where the package says that its Prisma schema stands.
    pub prisma_schema: Option<String>,
    /// What names the files that it offers to whoever installs it, as JSON; empty where nobody can.
    offered: String,
    exports: Value,
    imports: Value,
    /// `source`, `types`, `module`, `main`: what the package itself means, the closest to the source first.
    roots: Vec<String>,
}

/// Conditions of `exports` and `imports`, those that lead to sources first. Others follow in their own order.
const CONDITIONS: &[&str] = &[
    "source",
    "src",
    "development",
    "typescript",
    "types",
    "import",
    "module",
    "node",
    "default",
    "require",
];

/// Words in the names of scripts that somebody runs at his desk, or a build does.
const TASKS: &[&str] = &[
    "build",
    "prebuild",
    "postbuild",
    "deploy",
    "predeploy",
    "postdeploy",
    "release",
    "publish",
    "seed",
    "generate",
    "codegen",
];

/// How deep conditions are followed.
const MAX_DEPTH: u32 = 8;

impl Manifest for PackageJson {
    fn parse(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let text_of = |value: &Value| value.as_str().map(str::to_owned);
        let kinds = ["optionalDependencies", "peerDependencies", "devDependencies", "dependencies"];
        let dependencies = kinds
            .iter()
            .filter_map(|key| json[*key].as_object())
            .flatten()
            .map(|(name, version)| (Name::new(name), Name::new(version.as_str().unwrap_or_default())))
            .collect();
        let workspaces = match &json["workspaces"] {
            Value::Object(_) => &json["workspaces"]["packages"],
            patterns => patterns,
        };
        Some(PackageJson {
            name: json["name"].as_str().map(Name::new),
            dependencies,
            workspaces: workspaces.as_array().into_iter().flatten().filter_map(text_of).collect(),
            is_command_line: !json["bin"].is_null(),
            entries: format!("{} {} {}", json["main"], json["module"], json["scripts"]),
            tasks: json["scripts"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(name, command)| Some((name.clone(), text_of(command)?)))
                .collect(),
            prisma_schema: text_of(&json["prisma"]["schema"]),
            roots: ["source", "types", "typings", "module", "main"]
                .iter()
                .filter_map(|key| text_of(&json[*key]))
                .collect(),
            offered: match json["private"] {
                Value::Bool(true) => String::new(),
                _ => {
                    ["main", "module", "browser", "bin", "exports"].map(|key| json[key].to_string()).join(" ")
                }
            },
            exports: json["exports"].clone(),
            imports: json["imports"].clone(),
        })
    }
}

impl PackageJson {
    /// Whether its `start` script runs a program of its own, and no tool that serves or builds pages.
    #[must_use]
    pub fn starts_a_program(&self) -> bool {
        ["start", "start:prod"].iter().any(|script| {
            let said = self.entries.split_once(&format!("\"{script}\":\"")).map(|(_, rest)| rest);
            let word = said.and_then(|said| said.split([' ', '"']).find(|w| !w.contains('=')));
            matches!(word, Some("node" | "tsx" | "ts-node" | "bun" | "deno" | "pm2" | "nodemon"))
        })
    }

    /// The script that somebody runs at his desk or in a build which starts this file of the package: one that builds,
    /// deploys or fills a database. None where another script starts it too, as that which serves may.
    #[must_use]
    pub fn task_that_starts(&self, file: &str) -> Option<&str> {
        let starts = |command: &str| {
            let mut words = command.split([' ', '\'', '"', ';', '&', '(', ')']);
            words.any(|word| word.strip_prefix("./").unwrap_or(word) == file)
        };
        let is_task = |name: &str| name.split([':', '-', '_', '.']).any(|word| TASKS.contains(&word));
        let mut found = None;
        for (name, _) in self.tasks.iter().filter(|(_, command)| starts(command)) {
            if !is_task(name) {
                return None;
            }
            found = Some(name.as_str());
        }
        found
    }

    /// Whether whoever installs the package may import its file of this name, given without its ending.
    #[must_use]
    pub fn offers(&self, stem: &str) -> bool {
        let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        self.offered.contains('*')
            || self.offered.match_indices(stem).any(|(at, _)| {
                let after = self.offered[at + stem.len()..].chars().next();
                !self.offered[..at].ends_with(is_of_word) && matches!(after, Some('.' | '"'))
            })
    }

    /// Whether it declares the dependency.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.dependencies.contains_key(name)
    }

    /// The major version that a dependency is declared with, where it says one: `^6.1.0` is 6.
    #[must_use]
    pub fn major(&self, name: &str) -> Option<u32> {
        let version = self.dependencies.get(name)?;
        // `npm:other@6`, `workspace:^6.0.0`
        let version = version.rsplit(['@', ':']).next()?;
        let version = version.trim_start_matches(['^', '~', '=', 'v', '>', '<', ' ']);
        version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// The paths in the package that `exports` gives for `subpath` (`.`, `./users`), then those of the fields that mean
    /// the package itself; the closest to the source first.
    #[must_use]
    pub fn exported(&self, subpath: &str) -> Vec<String> {
        let mut found = match &self.exports {
            Value::Object(all) if all.keys().any(|key| key.starts_with('.')) => {
                mapped(&self.exports, subpath)
            }
            whole if subpath == "." => leaves(whole),
            _ => Vec::new(),
        };
        if subpath == "." {
            found.extend(self.roots.iter().cloned());
        }
        found
    }

    /// What `imports` gives for a specifier that begins with `#`: paths in the package, or names of packages.
    #[must_use]
    pub fn imported(&self, specifier: &str) -> Vec<String> {
        mapped(&self.imports, specifier)
    }
}

/// The targets of the key that fits best: the key itself, else the pattern with the longest text before its `*`.
fn mapped(table: &Value, key: &str) -> Vec<String> {
    let Some(table) = table.as_object() else { return Vec::new() };
    if let Some(exact) = table.get(key) {
        return leaves(exact);
    }
    let fitting = table.iter().filter_map(|(pattern, target)| {
        let (before, after) = pattern.split_once('*')?;
        let star = key.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), star, target))
    });
    let Some((_, star, target)) = fitting.max_by_key(|(length, ..)| *length) else { return Vec::new() };
    leaves(target).iter().map(|path| path.replace('*', star)).collect()
}

/// All texts in a tree of conditions, those of the conditions that lead to sources first.
fn leaves(value: &Value) -> Vec<String> {
    fn collect(value: &Value, depth: u32, found: &mut Vec<String>) {
        match value {
            Value::String(path) if !found.contains(path) => found.push(path.clone()),
            Value::Array(all) if depth < MAX_DEPTH => all.iter().for_each(|v| collect(v, depth + 1, found)),
            Value::Object(all) if depth < MAX_DEPTH => {
                // A condition of the project's own for its sources: `@acme/source`.
                let rank = |key: &str| match CONDITIONS.iter().position(|c| *c == key) {
                    Some(rank) => rank + 1,
                    None if key.ends_with("source") || key.ends_with("src") => 0,
                    None => CONDITIONS.len() + 1,
                };
                let mut keys: Vec<&String> = all.keys().collect();
                keys.sort_by_key(|key| rank(key));
                keys.iter().for_each(|key| collect(&all[*key], depth + 1, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, 0, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_read_with_conditions_and_patterns() {
        let text = r##"{ "name": "@acme/db", "main": "dist/main.js",
            "exports": { ".": { "require": "./dist/index.cjs", "import": { "types": "./dist/index.d.ts", "default": "./dist/index.js" } },
                         "./features/*": "./src/features/*.ts", "./features/special/*": "./src/special/*.ts" },
            "imports": { "#db/*": { "default": "./src/db/*.js" }, "#log": "pino" } }"##;
        let manifest = PackageJson::parse(text).expect("it is there");
        assert_eq!(
            manifest.exported("."),
            ["./dist/index.d.ts", "./dist/index.js", "./dist/index.cjs", "dist/main.js"]
        );
        assert_eq!(manifest.exported("./features/users"), ["./src/features/users.ts"]);
        assert_eq!(manifest.exported("./features/special/users"), ["./src/special/users.ts"]);
        assert_eq!(manifest.exported("./other"), Vec::<String>::new());
        assert_eq!(manifest.imported("#db/client"), ["./src/db/client.js"]);
        assert_eq!(manifest.imported("#log"), ["pino"]);
    }

    #[test]
    fn a_script_that_builds_deploys_or_fills_is_a_task() {
        let text = r#"{ "scripts": { "build": "tsx script/build.ts && vite build", "db:seed": "node './db/fill.js'",
            "start": "node server.js", "deploy": "node server.js --check", "lint": "eslint lint.js", "odd": 7 } }"#;
        let manifest = PackageJson::parse(text).expect("it is there");
        let files = ["script/build.ts", "db/fill.js", "server.js", "lint.js", "build.ts", "vite"];
        let tasks = files.map(|file| manifest.task_that_starts(file));
        assert_eq!(tasks, [Some("build"), Some("db:seed"), None, None, None, Some("build")]);
    }

    #[test]
    fn the_major_version_is_read_where_one_is_declared() {
        let text = r#"{ "dependencies": { "a": "^6.1.0", "b": "workspace:*", "c": "npm:d@~14.2", "e": "latest" },
            "devDependencies": { "f": ">=2 <4" } }"#;
        let manifest = PackageJson::parse(text).expect("it is there");
        let majors = ["a", "b", "c", "e", "f", "g"].map(|name| manifest.major(name));
        assert_eq!(majors, [Some(6), None, Some(14), None, Some(2), None]);
        assert!(manifest.has("b") && !manifest.has("g"));
    }
}
