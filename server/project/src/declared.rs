//! What the manifest of a file declares, and in which version.

use std::sync::Arc;

use crate::Files;
use crate::link::{ancestors, parent};

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
