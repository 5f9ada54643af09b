//! Which sources import which: an index of the modules that they name, read from their texts without parsing them.
//!
//! Who imports a module is told by no module near it, so that all sources must be read before it can be asked. The index
//! holds texts only: which file a name means is asked when somebody wants to know, of the few sources that name it, so
//! that it depends on nothing but the texts, and a source that changes costs itself. A front door keeps it
//! ([`Files::imports_below`]) and may not have it yet: nobody knows then who imports a module.

mod mentions;

use std::sync::Arc;

use plimsoll_behavior::Name;
use plimsoll_syntax::Language;
use rustc_hash::FxHashMap;

pub use mentions::Mentions;

use crate::Files;
use crate::link::{Target, ancestors, parent, resolve_import};
use crate::manifests::{PackageJson, TsConfig, nearest, read, sources_within};

/// The most sources that are looked through; a larger project is an open set.
const MAX_SOURCES: usize = 10_000;

/// The most sources that are asked whether they mean a module when they name one of its name: `./utils`, `./types`.
const MAX_NAMED: usize = 64;

/// The sources of TypeScript and JavaScript below a root, with the modules that they name.
#[derive(Debug, Default)]
pub struct Imports {
    sources: FxHashMap<Arc<str>, Source>,
    /// Who names a module so, in no order.
    by_name: FxHashMap<Name, Vec<Arc<str>>>,
    /// Equal where all sources name the same modules: the sum of what each says.
    digest: u64,
}

#[derive(Clone, Debug)]
struct Source {
    /// Equal where the text is.
    stamp: u64,
    mentions: Arc<Mentions>,
}

impl Imports {
    /// Reads the sources below a root; what `before` holds of those that have not changed is taken over. None where they
    /// are too many.
    #[must_use]
    pub fn read(files: &dyn Files, root: &str, before: Option<&Imports>) -> Option<Imports> {
        Self::read_while(files, root, before, &mut || true)
    }

    /// The same, unless it `may_go_on` no more, which is asked at each source.
    #[must_use]
    pub fn read_while(
        files: &dyn Files,
        root: &str,
        before: Option<&Imports>,
        may_go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Imports> {
        let mut imports = Imports::default();
        for path in importing_sources(files, root)? {
            if !may_go_on() {
                return None;
            }
            let Some(stamp) = files.stamp(&path) else { continue };
            let known = before.and_then(|before| before.sources.get(path.as_str()));
            let mentions = match known.filter(|known| known.stamp == stamp) {
                Some(known) => Arc::clone(&known.mentions),
                None => Arc::new(Mentions::of(&files.read(&path).unwrap_or_default())),
            };
            imports.add(path.as_str().into(), Source { stamp, mentions });
        }
        Some(imports)
    }

    /// The same after some files have changed; none where that changes nothing. What is no source below the root is passed
    /// over.
    #[must_use]
    pub fn after<'p>(
        &self,
        files: &dyn Files,
        root: &str,
        changed: impl IntoIterator<Item = &'p String>,
    ) -> Option<Imports> {
        let mut after: Option<Imports> = None;
        for path in changed {
            let is_below = path.strip_prefix(root).is_some_and(|below| below.starts_with('/'));
            if !is_below || !is_source(path) {
                continue;
            }
            let known = after.as_ref().unwrap_or(self).sources.get(path.as_str());
            let stamp = files.stamp(path);
            let now = match stamp {
                Some(stamp) if known.is_some_and(|known| known.stamp == stamp) => continue,
                Some(stamp) => {
                    let mentions = Mentions::of(&files.read(path).unwrap_or_default());
                    if known.is_some_and(|known| *known.mentions == mentions) {
                        continue;
                    }
                    Some(Source { stamp, mentions: Arc::new(mentions) })
                }
                None if known.is_none() => continue,
                None => None,
            };
            let after = after.get_or_insert_with(|| self.copied());
            after.remove(path);
            if let Some(now) = now {
                after.add(path.as_str().into(), now);
            }
        }
        after
    }

    /// Whether both name the same modules in the same sources.
    #[must_use]
    pub fn says_the_same(&self, other: &Imports) -> bool {
        self.sources.len() == other.sources.len()
            && self.sources.iter().all(|(path, source)| {
                other.sources.get(path).is_some_and(|there| there.mentions == source.mentions)
            })
    }

    fn copied(&self) -> Imports {
        Imports { sources: self.sources.clone(), by_name: self.by_name.clone(), digest: self.digest }
    }

    fn add(&mut self, path: Arc<str>, source: Source) {
        for name in source.mentions.names() {
            let named = self.by_name.entry(name).or_default();
            if named.last() != Some(&path) {
                named.push(Arc::clone(&path));
            }
        }
        self.digest = self.digest.wrapping_add(said(&path, &source));
        self.sources.insert(path, source);
    }

    fn remove(&mut self, path: &str) {
        let Some(source) = self.sources.remove(path) else { return };
        self.digest = self.digest.wrapping_sub(said(path, &source));
        for name in source.mentions.names() {
            if let Some(named) = self.by_name.get_mut(&name) {
                named.retain(|by| **by != *path);
            }
        }
    }

    /// The sources that name the module at `path`, in order, with the specifiers by which they mean it. None where they
    /// cannot all be told: too many name one of its name, or whoever installs the package may import it.
    pub(crate) fn importers(&self, files: &dyn Files, path: &str) -> Option<Vec<Importer>> {
        let names = names_of(files, path)?;
        let mut named: Vec<&Arc<str>> =
            names.iter().filter_map(|name| self.by_name.get(name)).flatten().collect();
        named.sort_unstable();
        named.dedup();
        if named.len() > MAX_NAMED {
            return None;
        }
        let mut importers = Vec::new();
        for from in named.into_iter().filter(|from| ***from != *path) {
            let mentions = &self.sources[from].mentions;
            let language = Language::from_path(from).unwrap_or(Language::Tsx);
            let means_it = |specifier: &Name| {
                mentions::names_in(specifier).any(|name| names.contains(&name))
                    && resolve_import(files, from, specifier, language) == Some(Target::File(path.to_owned()))
            };
            let specifiers: Vec<Name> = mentions.imported.iter().filter(|s| means_it(s)).cloned().collect();
            let is_loaded = mentions.loaded.iter().any(means_it);
            if is_loaded || !specifiers.is_empty() {
                importers.push(Importer { path: Arc::clone(from), specifiers, is_loaded });
            }
        }
        Some(importers)
    }
}

/// A number for what one source names.
fn said(path: &str, source: &Source) -> u64 {
    xxhash_rust::xxh3::xxh3_64(format!("{path}\n{}", source.mentions.digest()).as_bytes())
}

/// A source that names a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Importer {
    /// The source.
    pub path: Arc<str>,
    /// By which names, in statements that import or hand on.
    pub specifiers: Vec<Name>,
    /// Whether it loads it while it runs: `import(…)`, `require(…)`, a worker.
    pub is_loaded: bool,
}

impl Importer {
    /// Whether a specifier as it is written there means the module.
    pub(crate) fn means(&self, specifier: &str) -> bool {
        let plain = specifier.split('?').next().unwrap_or(specifier);
        self.specifiers.iter().any(|s| s == plain)
    }
}

/// Sources in which scripts stand that are read for what they import only: a module that they import runs where nobody
/// knows.
const WITH_SCRIPTS: &[&str] = &[".vue", ".svelte", ".astro", ".mdx"];

/// Whether a file of this name is looked through.
fn is_source(name: &str) -> bool {
    Language::from_path(name).is_some_and(Language::is_script_family) && !name.ends_with(".d.ts")
        || WITH_SCRIPTS.iter().any(|ending| name.ends_with(ending))
}

/// What follows the path of a source in the question which modules its text names.
const QUESTION: &str = "\0mentions";

/// The question which modules the text of a source names, as [`crate::manifests::answer_to`] answers it.
#[must_use]
pub fn question_of(path: &str) -> String {
    format!("{path}{QUESTION}")
}

/// The sources below a root that are looked through; none where they are too many.
#[must_use]
pub fn importing_sources(files: &dyn Files, root: &str) -> Option<Vec<String>> {
    sources_within(files, root, &is_source, MAX_SOURCES)
}

/// What follows the path of a root in the question who imports what below it.
const WHO: &str = "\0who imports what";

/// The imports below a root, with the question that stands for all of them and its answer.
pub(crate) fn all_imports(files: &dyn Files, root: &str) -> (Option<Arc<Imports>>, String, Option<u64>) {
    let imports = files.imports_below(root);
    let answer = imports.as_ref().map(|imports| imports.digest);
    (imports, format!("{root}{WHO}"), answer)
}

/// The answer to such a question; none where it is another one.
pub(crate) fn answer_to(files: &dyn Files, question: &str) -> Option<Option<u64>> {
    if let Some(root) = question.strip_suffix(WHO) {
        return Some(all_imports(files, root).2);
    }
    let path = question.strip_suffix(QUESTION)?;
    Some(files.read(path).map(|text| Mentions::of(&text).digest()))
}

/// The names by which imports may mean the module at a path; none where those who import it cannot all be seen.
fn names_of(files: &dyn Files, path: &str) -> Option<Vec<Name>> {
    let stem = stem_of(path);
    let folder = parent(path)?;
    let mut names = vec![Name::new(stem)];
    if stem == "index" {
        names.push(Name::new(folder.rsplit('/').next().unwrap_or_default()));
        names.push(Name::new("."));
    }
    if let Some((folder, manifest)) = nearest::<PackageJson>(files, path, "package.json") {
        let below = path.strip_prefix(folder).unwrap_or(path);
        if manifest.offers(stem_of(below)) {
            return None;
        }
        names.extend(manifest.name.clone());
    }
    // A name of its own for one module: `"@db": ["./src/database/index.ts"]`.
    for folder in ancestors(folder, files, path) {
        for name in ["tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.base.json"] {
            let Some(config) = read::<TsConfig>(files, &format!("{folder}/{name}")) else { continue };
            let exact = config.paths.iter().flatten().filter(|(pattern, _)| !pattern.contains('*'));
            let own = exact.filter(|(_, to)| to.iter().any(|to| names.iter().any(|n| *n == *stem_of(to))));
            let own: Vec<Name> = own.flat_map(|(pattern, _)| mentions::names_in(pattern)).collect();
            names.extend(own);
        }
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// The name of a file without its ending.
fn stem_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if Language::from_path(name).is_some() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests;
