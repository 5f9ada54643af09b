//! What the manifest of a file declares, and in which version.

use std::sync::Arc;

use crate::Files;
use crate::link::{ancestors, parent};
use crate::manifests::{PackageJson, read};

/// The major version of a package that the nearest manifest declares for running, not for development alone; none when
/// it does not, or when it does not say which: `*`, `workspace:^`, `github:…`.
#[must_use]
pub fn declared_major(files: &dyn Files, path: &str, package: &str) -> Option<u32> {
    let folder = parent(path)?;
    let is_rust = path.ends_with(".rs");
    let name = if is_rust { "Cargo.toml" } else { "package.json" };
    let mut manifests =
        ancestors(folder, files, path).filter_map(|folder| files.read(&format!("{folder}/{name}")));
    if !is_rust {
        let json: serde_json::Value = serde_json::from_str(&manifests.next()?).ok()?;
        return major(json["dependencies"][package].as_str()?);
    }
    let mut tables = manifests.filter_map(|text: Arc<str>| toml::from_str::<toml::Table>(&text).ok());
    let own = tables.find(|table| table.contains_key("package"))?;
    let declared = own.get("dependencies")?.get(package)?;
    let is_shared = declared.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    if !is_shared {
        return major(version(declared)?);
    }
    let shared = |table: &toml::Table| {
        let dependency = table.get("workspace")?.get("dependencies")?.get(package)?;
        major(version(dependency)?)
    };
    shared(&own).or_else(|| tables.find_map(|table| shared(&table)))
}

/// Lock files of the package managers of JavaScript, all of which name the version that is installed.
pub(crate) const LOCKS: &[&str] =
    &["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "npm-shrinkwrap.json"];

/// The major version of a package of JavaScript that runs: the one that the nearest manifest which declares it allows,
/// else, where that allows several, the one that a lock file names. None where neither says, or they name two.
#[must_use]
pub fn major_in_use(files: &dyn Files, path: &str, package: &str) -> Option<u32> {
    let folders: Vec<&str> = ancestors(parent(path)?, files, path).collect();
    let manifest = |folder: &&str| read::<PackageJson>(files, &format!("{folder}/package.json"));
    let range = folders.iter().filter_map(manifest).find_map(|it| it.dependencies.get(package).cloned())?;
    if !range.contains(['>', '|', '*'])
        && let Some(major) = major(&range)
    {
        return Some(major);
    }
    let locks = folders.iter().flat_map(|folder| LOCKS.iter().map(move |name| format!("{folder}/{name}")));
    let text = locks.filter(|path| files.exists(path)).find_map(|path| files.read(&path))?;
    locked_major(&text, package)
}

/// Whether one of the manifests around a file of JavaScript declares a package.
#[must_use]
pub fn is_declared(files: &dyn Files, path: &str, package: &str) -> bool {
    let Some(folder) = parent(path) else { return false };
    ancestors(folder, files, path).any(|folder| {
        read::<PackageJson>(files, &format!("{folder}/package.json")).is_some_and(|it| it.has(package))
    })
}

/// The major version in which a lock file has a package, if it is in there in one.
fn locked_major(text: &str, package: &str) -> Option<u32> {
    let mut found = None;
    for (at, _) in text.match_indices(package) {
        let (before, after) = (&text[..at], &text[at + package.len()..]);
        let before = before.rsplit(['"', '\'', ' ', '\n', ',']).next().unwrap_or_default();
        if !(before.is_empty() || before == "/" || before.ends_with("node_modules/")) {
            continue;
        }
        // `express@4.21.2`
        if let Some(exact) = after.strip_prefix(['@', '/']).filter(|it| it.starts_with(is_digit)) {
            found = agreed(found, major(exact))?;
            continue;
        }
        // `"node_modules/express": {`, `express@^4.18.2:`, and the version below; a dependency of another package has a range
        // there.
        let line = after.lines().next().unwrap_or_default();
        let Some((_, value)) = line.split_once(':').filter(|_| after.starts_with(['@', '"', '\'', ':']))
        else {
            continue;
        };
        if !(value.trim().is_empty() || value.trim().starts_with('{')) {
            continue;
        }
        let near = after.char_indices().nth(MAX_BETWEEN).map_or(after, |(end, _)| &after[..end]);
        let version =
            near.split_once("version").map(|(_, rest)| rest.trim_start_matches(['"', ':', ' ', '\'']));
        found = agreed(found, version.and_then(major))?;
    }
    found
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// What was found before with what is found now; none where they are two.
#[expect(clippy::option_option, reason = "nothing found is no disagreement")]
fn agreed(before: Option<u32>, now: Option<u32>) -> Option<Option<u32>> {
    let is_one = before.is_none() || now.is_none() || before == now;
    is_one.then(|| before.or(now))
}

/// How far the version of a package stands from its name in a lock file, in characters.
const MAX_BETWEEN: usize = 120;

/// `"1.2"`, `{ version = "1.2" }`
fn version(dependency: &toml::Value) -> Option<&str> {
    dependency.as_str().or_else(|| dependency.get("version")?.as_str())
}

/// The first number of a version or a range of them: 6 of `^6.2.0`, `>=6`, `npm:p-retry@6`.
fn major(range: &str) -> Option<u32> {
    let range =
        range.strip_prefix("npm:").map_or(range, |alias| alias.rsplit('@').next().unwrap_or_default());
    let digits = range.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn the_nearest_manifest_says_which_version() {
        let mut files = MemoryFiles::default();
        files.insert("/p/package.json", r#"{"dependencies":{"a":"^6.2.0"},"devDependencies":{"b":"1"}}"#);
        files.insert(
            "/p/packages/x/package.json",
            r#"{"dependencies":{"a":"npm:a-fork@7.1.0","c":"workspace:^"}}"#,
        );
        assert_eq!(declared_major(&files, "/p/src/a.ts", "a"), Some(6));
        assert_eq!(declared_major(&files, "/p/src/a.ts", "b"), None);
        assert_eq!(declared_major(&files, "/p/packages/x/a.ts", "a"), Some(7));
        assert_eq!(declared_major(&files, "/p/packages/x/a.ts", "c"), None);
    }

    #[test]
    fn a_lock_file_says_which_version_where_the_manifest_allows_several() {
        let npm = r#"{ "packages": { "": { "dependencies": { "a": ">=4" } },
            "node_modules/@types/a": { "version": "9.0.0" }, "node_modules/a-b": { "version": "8.0.0" },
            "node_modules/a": { "version": "4.21.2" } } }"#;
        let pnpm = "importers:\n  .:\n    dependencies:\n      a:\n        specifier: '*'\n        version: 4.21.2\n\
            packages:\n  a@4.21.2:\n    resolution: {}\n";
        let yarn = "\"a@*\":\n  version \"4.21.2\"\n\na-b@^8.0.0:\n  version \"8.0.0\"\n";
        let bun = r#"{ "packages": { "a": ["a@4.21.2", "", {}, "sha512"], "a-b": ["a-b@8.0.0"] } }"#;
        for lock in [npm, pnpm, yarn, bun] {
            assert_eq!(locked_major(lock, "a"), Some(4), "{lock}");
        }
        let mut files = MemoryFiles::rooted("/p");
        files.insert("/p/package.json", r#"{"dependencies":{"a":">=4","b":"^5.1.0","c":"*"}}"#);
        files.insert("/p/package-lock.json", npm);
        files.insert("/p/x/package.json", r#"{"dependencies":{"b":"latest"}}"#);
        let majors = ["a", "b", "c", "d"].map(|name| major_in_use(&files, "/p/src/a.ts", name));
        assert_eq!(majors, [Some(4), Some(5), None, None]);
        assert_eq!(major_in_use(&files, "/p/x/a.ts", "a"), Some(4));
        assert_eq!(major_in_use(&files, "/p/x/a.ts", "b"), None);
        let two = r#"{ "node_modules/a": { "version": "4.0.0" }, "node_modules/x/node_modules/a": { "version": "5.0.0" } }"#;
        assert_eq!(locked_major(two, "a"), None);
    }

    #[test]
    fn a_crate_may_take_the_version_of_its_workspace() {
        let mut files = MemoryFiles::default();
        files.insert(
            "/w/Cargo.toml",
            "[workspace]\nmembers = ['a']\n[workspace.dependencies]\nbackon = '1.6'\n",
        );
        files.insert("/w/a/Cargo.toml", "[package]\nname = 'a'\n[dependencies]\nbackon.workspace = true\n");
        files.insert(
            "/w/b/Cargo.toml",
            "[package]\nname = 'b'\n[dependencies]\nbackon = { version = '0.4' }\n",
        );
        assert_eq!(declared_major(&files, "/w/a/src/main.rs", "backon"), Some(1));
        assert_eq!(declared_major(&files, "/w/b/src/main.rs", "backon"), Some(0));
        assert_eq!(declared_major(&files, "/w/b/src/main.rs", "other"), None);
    }
}
