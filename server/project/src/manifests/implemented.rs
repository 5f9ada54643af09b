//! What the types of a source implement, read from its text without parsing it: an index of where to look.

use std::sync::Arc;

use plimsoll_behavior::Name;
use rustc_hash::FxHashSet;

use super::{CargoToml, Manifest, ManifestCache, PackageJson, patterns, read, read_kept};
use crate::Files;
use crate::link::{ancestors, parent};

/// The most sources around a file that are looked through; a larger project is an open set.
const MAX_SOURCES: usize = 3_000;

/// The most text that is read of a header: `impl<…> Trait for Type`.
const MAX_HEADER: usize = 400;

/// Names that a source's types may implement, and types that it has an `impl` for. It may name too many.
#[derive(Debug, Default)]
pub struct Implemented {
    /// Last names of what follows `implements`, `extends` and `impl … for`.
    pub names: FxHashSet<Name>,
    /// Rust: last names of types that have an impl.
    pub types: FxHashSet<Name>,
    /// Equal where the names are.
    digest: u64,
}

/// What follows the path of a source in the question what its types implement.
const QUESTION: &str = "\0implements";

/// What the types of a source implement. Only that is recorded, and not the text it was read from: hardly an edit changes
/// it, and every source of a project is asked.
pub(crate) fn implemented(files: &dyn Files, path: &str) -> Option<Arc<Implemented>> {
    let mut under = files;
    while let Some(next) = under.unrecorded() {
        under = next;
    }
    let found = read_kept::<Implemented>(under, files.manifests(), path);
    files.record(&format!("{path}{QUESTION}"), found.as_ref().map(|found| found.digest));
    found
}

/// The answer to a question that was recorded, as the files are now; none where it is a question of another kind. Texts
/// that were parsed before are taken from `kept`.
pub fn answer_to(files: &dyn Files, kept: Option<&ManifestCache>, question: &str) -> Option<Option<u64>> {
    let Some(path) = question.strip_suffix(QUESTION) else {
        return crate::importers::answer_to(files, question);
    };
    Some(read_kept::<Implemented>(files, kept, path).map(|found| found.digest))
}

impl Implemented {
    fn of(names: FxHashSet<Name>, types: FxHashSet<Name>) -> Self {
        let sorted = |names: &FxHashSet<Name>| {
            let mut names: Vec<&str> = names.iter().map(Name::as_str).collect();
            names.sort_unstable();
            names.join("\n")
        };
        let all = format!("{}\n\n{}", sorted(&names), sorted(&types));
        Self { names, types, digest: xxhash_rust::xxh3::xxh3_64(all.as_bytes()) }
    }
}

impl Manifest for Implemented {
    fn parse(text: &str) -> Option<Self> {
        let mut found = Implemented::default();
        for word in ["implements", "extends"] {
            for header in headers(text, word) {
                let names = header.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
                found.names.extend(names.filter(|name| !name.is_empty()).map(Name::new));
            }
        }
        for header in headers(text, "impl") {
            let header = header.split(" where").next().unwrap_or_default();
            let (of, ty) = header.split_once(" for ").unwrap_or(("", header));
            let names = |part: &str| -> Vec<Name> {
                let names = part.split(|c: char| !c.is_alphanumeric() && c != '_');
                names.filter(|name| !name.is_empty()).map(Name::new).collect()
            };
            found.names.extend(names(of));
            found.types.extend(names(ty));
        }
        Some(Self::of(found.names, found.types))
    }
}

/// What stands between each `word` and the next `{` or `;`.
fn headers<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(word).filter_map(move |(at, _)| {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let rest = &text[at + word.len()..];
        if is_word(text[..at].chars().next_back()) || is_word(rest.chars().next()) {
            return None;
        }
        let end = rest.find(['{', ';']).unwrap_or(rest.len());
        let mut end = end.min(MAX_HEADER);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        Some(&rest[..end])
    })
}

/// The sources below the root of a project, those of Rust or all others, in order. Empty when they are too many to look
/// through.
pub(crate) fn sources_below(files: &dyn Files, root: &str, is_rust: bool) -> Arc<[String]> {
    let is_source = |name: &str| {
        let is_it = plimsoll_syntax::Language::from_path(name).is_some();
        is_it && name.ends_with(".rs") == is_rust && !name.ends_with(".d.ts")
    };
    sources_within(files, root, &is_source, MAX_SOURCES).unwrap_or_default().into()
}

/// The most folders that are looked through for each source that may be found.
const FOLDERS_A_SOURCE: usize = 4;

/// The files below a root whose name is wanted, in order, those left out that are installed or built. None where they are
/// more than `limit`, or stand in more folders than are looked through: links may lead in circles.
pub(crate) fn sources_within(
    files: &dyn Files,
    root: &str,
    is_wanted: &dyn Fn(&str) -> bool,
    limit: usize,
) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    let mut folders = 0;
    while let Some(folder) = open.pop() {
        folders += 1;
        for name in files.list(&folder) {
            match name.strip_suffix('/') {
                Some(name) if name.starts_with('.') || SKIPPED.contains(&name) => {}
                Some(name) => open.push(format!("{folder}/{name}")),
                None if is_wanted(&name) => found.push(format!("{folder}/{name}")),
                None => {}
            }
        }
        if found.len() > limit || open.len() > limit || folders > FOLDERS_A_SOURCE * limit {
            return None;
        }
    }
    found.sort();
    Some(found)
}

/// The sources of Rust beside a file and in the folder of its modules, in order.
pub(crate) fn sources_beside(files: &dyn Files, path: &str) -> Arc<[String]> {
    let Some(folder) = parent(path) else { return Arc::default() };
    let below = path.strip_suffix(".rs").unwrap_or_default();
    let sources = [folder, below].into_iter().flat_map(|folder| {
        let names = files.list(folder).into_iter().filter(|name| name.ends_with(".rs"));
        names.map(move |name| format!("{folder}/{name}"))
    });
    sources.collect()
}

const SKIPPED: &[&str] = &["node_modules", "target", "dist", "build", "out", "coverage", "vendor"];

/// The folder of the workspace around a file, else of its package, else of the file; and whether the file is Rust.
pub(crate) fn root_of_sources(files: &dyn Files, path: &str) -> Option<(String, bool)> {
    let is_rust = path.ends_with(".rs");
    root_of(files, path, is_rust).map(|root| (root, is_rust))
}

fn root_of(files: &dyn Files, path: &str, is_rust: bool) -> Option<String> {
    let name = if is_rust { "Cargo.toml" } else { "package.json" };
    let mut package = None;
    for folder in ancestors(parent(path)?, files, path) {
        let manifest = format!("{folder}/{name}");
        if !files.exists(&manifest) {
            continue;
        }
        let is_workspace = if is_rust {
            read::<CargoToml>(files, &manifest).is_some_and(|manifest| manifest.is_workspace)
        } else {
            read::<PackageJson>(files, &manifest).is_some() && !patterns(files, folder).is_empty()
        };
        if is_workspace {
            return Some(folder.to_owned());
        }
        package.get_or_insert(folder);
    }
    package.or_else(|| parent(path)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_types_name_what_they_implement() {
        let text = "export class A<T> extends Base implements Repo<T>, b.Other { }\n\
            #[async_trait]\nimpl<T: Send> crate::store::Store<T> for PgStore where T: Sync { }\nimpl PgStore { }\n\
            let simple = implementation; // no impl\n";
        let found = Implemented::parse(text).expect("it is there");
        for name in ["Base", "Repo", "Other", "Store"] {
            assert!(found.names.contains(name), "{name}");
        }
        assert!(found.types.contains("PgStore") && !found.names.contains("PgStore"));
        assert!(!found.names.contains("implementation"));
    }
}
