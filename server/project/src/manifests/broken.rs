//! Manifests that are there but cannot be read.

use plimsoll_syntax::Language;
use serde::de::IgnoredAny;

use super::{CargoToml, PackageJson, read};
use crate::Files;
use crate::link::{ancestors, parent};

/// The manifests around a file that are there and broken, the nearest first, each with the byte where it breaks:
/// `Cargo.toml` for Rust, `package.json` for all else.
#[must_use]
pub fn broken_around(files: &dyn Files, path: &str, language: Option<Language>) -> Vec<(String, u32)> {
    let Some(folder) = parent(path) else { return Vec::new() };
    let is_rust = language == Some(Language::Rust);
    let name = if is_rust { "Cargo.toml" } else { "package.json" };
    let named = ancestors(folder, files, path).map(|folder| format!("{folder}/{name}"));
    let there = named.filter(|path| files.exists(path));
    let is_read = |path: &str| match is_rust {
        true => read::<CargoToml>(files, path).is_some(),
        false => read::<PackageJson>(files, path).is_some(),
    };
    let broken = there.filter(|path| !is_read(path));
    broken
        .map(|path| {
            let text = files.read(&path).unwrap_or_default();
            let at = if is_rust { toml_breaks_at(&text) } else { json_breaks_at(&text) };
            (path, u32::try_from(at).unwrap_or(u32::MAX))
        })
        .collect()
}

fn toml_breaks_at(text: &str) -> usize {
    let error = toml::from_str::<toml::Table>(text).err();
    error.and_then(|error| error.span()).map_or(0, |span| span.start)
}

fn json_breaks_at(text: &str) -> usize {
    let Err(error) = serde_json::from_str::<IgnoredAny>(text.trim_start_matches('\u{feff}')) else {
        return 0;
    };
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    before + error.column().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn manifests_around_a_file_are_told_with_the_place_where_they_break() {
        let mut files = MemoryFiles::default();
        files.insert("/p/package.json", "{\n  \"name\": \"outer\"\n  \"main\": 1\n}\n");
        files.insert("/p/inner/package.json", "{ \"name\": \"inner\" }");
        files.insert("/p/inner/Cargo.toml", "[package]\nname = \n");
        let broken = |language| broken_around(&files, "/p/inner/src/a", language);
        assert_eq!(broken(Some(Language::TypeScript)), [("/p/package.json".to_owned(), 22)]);
        let [(path, at)] = &broken(Some(Language::Rust))[..] else { panic!("there is one") };
        assert_eq!((path.as_str(), *at >= 10), ("/p/inner/Cargo.toml", true), "{at}");
        assert_eq!(broken_around(&files, "/q/a.ts", None), []);
    }
}
