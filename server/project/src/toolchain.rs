//! Which Rust a file is written in: its edition, and the version that compiles it, as far as the project says so; and what
//! TypeScript knows of the library that its language has.

use crate::Files;
use crate::link::{ancestors, configurations, parent};
use crate::manifests::{CargoToml, nearest_crate, read};

/// The Rust of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RustOf {
    /// Its edition: 2015 where a manifest says none, and the newest where there is no manifest.
    pub edition: u16,
    /// The oldest version that must compile it, major and minor; none where nothing says so.
    pub version: Option<(u32, u32)>,
}

/// The edition of a file without a manifest.
const NEWEST_EDITION: u16 = 2024;

/// The Rust of the file at a path.
#[must_use]
pub fn rust_of(files: &dyn Files, path: &str) -> RustOf {
    let pinned = pinned(files, path);
    let Some((folder, own)) = nearest_crate(files, path) else {
        return RustOf { edition: NEWEST_EDITION, version: pinned };
    };
    let inherits = own.inherits_edition || own.inherits_rust_version;
    let workspace = inherits.then(|| {
        let mut around = ancestors(folder, files, path)
            .filter_map(|folder| read::<CargoToml>(files, &format!("{folder}/Cargo.toml")));
        around.find(|manifest| manifest.is_workspace)
    });
    let workspace = workspace.flatten();
    let of_workspace = |inherits: bool| workspace.as_ref().filter(|_| inherits);
    let edition = own.edition.or_else(|| of_workspace(own.inherits_edition)?.workspace_edition);
    let version =
        own.rust_version.or_else(|| of_workspace(own.inherits_rust_version)?.workspace_rust_version);
    let version = match (version, pinned) {
        (Some(said), Some(pinned)) => Some(said.min(pinned)),
        (said, pinned) => said.or(pinned),
    };
    RustOf { edition: edition.unwrap_or(2015), version }
}

/// The first year of the language in which errors have a cause.
const ERRORS_HAVE_CAUSES: u32 = 2022;

/// Whether an error may be made with a cause in the file at a path: in JavaScript it may, in TypeScript where a configuration
/// says that its library is new enough, and none around the file says otherwise.
#[must_use]
pub fn has_error_causes(files: &dyn Files, path: &str) -> bool {
    if path.ends_with("js") || path.ends_with("jsx") {
        return true;
    }
    let is_new = |version: &str| match version.strip_prefix("es") {
        Some("next") => true,
        Some(year) => year
            .split('.')
            .next()
            .and_then(|year| year.parse().ok())
            .is_some_and(|year: u32| year >= ERRORS_HAVE_CAUSES),
        None => false,
    };
    let says: Vec<bool> = configurations(files, path)
        .iter()
        .filter_map(|lineage| {
            let lib = lineage.iter().find_map(|config| config.lib.as_ref());
            let target = lineage.iter().find_map(|config| config.target.as_ref());
            lib.map(|lib| lib.iter().any(|one| is_new(one))).or_else(|| target.map(|target| is_new(target)))
        })
        .collect();
    !says.is_empty() && says.into_iter().all(|is_new| is_new)
}

/// Whether a panic ends the program that a file is built into for others: its profile says `panic = "abort"`.
#[must_use]
pub fn aborts_on_panic(files: &dyn Files, path: &str) -> bool {
    let Some(folder) = parent(path) else { return false };
    ancestors(folder, files, path).any(|folder| {
        let text = files.read(&format!("{folder}/Cargo.toml"));
        let table = text.and_then(|text| toml::from_str::<toml::Table>(&text).ok());
        let panic = || Some(table?.get("profile")?.get("release")?.get("panic")?.as_str()? == "abort");
        panic().unwrap_or(false)
    })
}

/// The version that a toolchain file around a path asks for by its number.
fn pinned(files: &dyn Files, path: &str) -> Option<(u32, u32)> {
    let mut around = ancestors(parent(path)?, files, path);
    let text = around.find_map(|folder| {
        let named = ["rust-toolchain.toml", "rust-toolchain"].map(|name| format!("{folder}/{name}"));
        named.iter().find_map(|path| files.read(path))
    })?;
    let plain = text.trim();
    let channel = text.lines().find_map(|line| line.trim().strip_prefix("channel"));
    let channel = channel.map_or(plain, |rest| rest.trim_start_matches([' ', '=']));
    version(channel.trim_matches(|c: char| !c.is_ascii_digit() && c != '.'))
}

/// The first two numbers of `1.91` or `1.91.0`.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{RustOf, aborts_on_panic, rust_of};
    use crate::MemoryFiles;

    fn of(all: &[(&str, &str)]) -> RustOf {
        let mut files = MemoryFiles::rooted("/w");
        for (path, text) in all {
            files.insert(*path, *text);
        }
        rust_of(&files, "/w/api/src/main.rs")
    }

    #[test]
    fn a_manifest_says_it_or_the_workspace_that_it_names() {
        let own = ("/w/api/Cargo.toml", "[package]\nname = 'api'\nedition = '2021'\nrust-version = '1.74'\n");
        assert_eq!(of(&[own]), RustOf { edition: 2021, version: Some((1, 74)) });
        let inherits = (
            "/w/api/Cargo.toml",
            "[package]\nname = 'api'\nedition.workspace = true\nrust-version = { workspace = true }\n",
        );
        let workspace = (
            "/w/Cargo.toml",
            "[workspace]\nmembers = ['api']\n[workspace.package]\nedition = '2024'\nrust-version = '1.90.0'\n",
        );
        assert_eq!(of(&[inherits, workspace]), RustOf { edition: 2024, version: Some((1, 90)) });
        // A workspace's word counts only for who asks for it.
        let silent = ("/w/api/Cargo.toml", "[package]\nname = 'api'\n");
        assert_eq!(of(&[silent, workspace]), RustOf { edition: 2015, version: None });
        assert_eq!(of(&[]), RustOf { edition: 2024, version: None });
    }

    #[test]
    fn a_profile_says_that_a_panic_ends_the_program() {
        let mut files = MemoryFiles::rooted("/w");
        files.insert("/w/api/Cargo.toml", "[package]\nname = 'api'\n[profile.release]\nlto = true\n");
        assert!(!aborts_on_panic(&files, "/w/api/src/main.rs"));
        files.insert("/w/Cargo.toml", "[workspace]\n[profile.release]\npanic = 'abort'\n");
        assert!(aborts_on_panic(&files, "/w/api/src/main.rs"));
    }

    #[test]
    fn a_toolchain_that_is_pinned_to_an_older_version_counts() {
        let own = ("/w/api/Cargo.toml", "[package]\nname = 'api'\nedition = '2021'\n");
        for (name, text, version) in [
            ("/w/rust-toolchain.toml", "[toolchain]\nchannel = \"1.78.0\"\n", Some((1, 78))),
            ("/w/rust-toolchain", "1.70\n", Some((1, 70))),
            ("/w/rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n", None),
            ("/w/rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2025-01-01\"\n", None),
        ] {
            assert_eq!(of(&[own, (name, text)]).version, version, "{text}");
        }
    }
}
