//! What manifests declare: `package.json`, `Cargo.toml`, `tsconfig.json`, workspaces, generators of clients.
//!
//! Each is parsed once per text and kept in the [`ManifestCache`] of the view of files that it was read through. A
//! manifest that is there but broken declares nothing, and none further out stands in for it.

mod broken;
mod cargo;
mod deno;
mod implemented;
mod jsonc;
mod package;
mod prisma;
mod tsconfig;
mod workspace;

use std::any::Any;
use std::sync::Arc;

use dashmap::DashMap;

pub use broken::broken_around;
pub use cargo::{CargoDependency, CargoToml};
pub use deno::DenoJson;
pub use implemented::{Implemented, answer_to};
pub(crate) use implemented::{implemented, root_of_sources, sources_below, sources_beside, sources_within};
pub use package::PackageJson;
pub use prisma::Generators;
pub use tsconfig::TsConfig;
pub use workspace::Members;
pub(crate) use workspace::{members, patterns};

use crate::Files;
use crate::link::{ancestors, parent};

/// The most manifests that are kept.
const MAX_CACHED: usize = 20_000;

/// Parsed manifests by path, each with the stamp of the text that it was parsed from.
#[derive(Debug, Default)]
pub struct ManifestCache {
    entries: DashMap<Arc<str>, (u64, Option<Parsed>)>,
}

/// A manifest of any kind.
type Parsed = Arc<dyn Any + Send + Sync>;

/// Something that is read from one file.
pub trait Manifest: Any + Send + Sync + Sized {
    /// Reads it; none when the text is broken.
    fn parse(text: &str) -> Option<Self>;
}

/// The manifest at a path; none when it is absent or broken.
#[must_use]
pub fn read<T: Manifest>(files: &dyn Files, path: &str) -> Option<Arc<T>> {
    read_kept(files, files.manifests(), path)
}

/// The same, with parsed manifests that are kept elsewhere.
fn read_kept<T: Manifest>(files: &dyn Files, cache: Option<&ManifestCache>, path: &str) -> Option<Arc<T>> {
    let stamp = files.stamp(path)?;
    if let Some(entry) = cache.and_then(|cache| cache.entries.get(path))
        && entry.0 == stamp
    {
        return entry.1.clone()?.downcast().ok();
    }
    let parsed = files.read(path).and_then(|text| T::parse(&text)).map(Arc::new);
    if let Some(cache) = cache
        && cache.entries.len() < MAX_CACHED
    {
        let kept = parsed.clone().map(|manifest| manifest as Parsed);
        cache.entries.insert(path.into(), (stamp, kept));
    }
    parsed
}

/// The nearest manifest with this file name and the folder it stands in, around a file. One that is broken ends the
/// search: what it would have declared is not known.
pub(crate) fn nearest<'p, T: Manifest>(
    files: &dyn Files,
    path: &'p str,
    name: &str,
) -> Option<(&'p str, Arc<T>)> {
    let folder =
        ancestors(parent(path)?, files, path).find(|folder| files.exists(&format!("{folder}/{name}")))?;
    Some((folder, read(files, &format!("{folder}/{name}"))?))
}

/// The crate that a file belongs to: its folder and manifest. A workspace without a package of its own is none.
pub(crate) fn nearest_crate<'p>(files: &dyn Files, path: &'p str) -> Option<(&'p str, Arc<CargoToml>)> {
    nearest::<CargoToml>(files, path, "Cargo.toml").filter(|(_, manifest)| manifest.name.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn a_broken_manifest_is_not_stood_in_for_by_one_further_out() {
        let mut files = MemoryFiles::default();
        files.insert("/p/package.json", r#"{ "name": "outer" }"#);
        files.insert("/p/inner/package.json", "{ broken");
        assert!(nearest::<PackageJson>(&files, "/p/inner/a.ts", "package.json").is_none());
        let (folder, manifest) =
            nearest::<PackageJson>(&files, "/p/a.ts", "package.json").expect("it is there");
        assert_eq!((folder, manifest.name.as_deref()), ("/p", Some("outer")));
    }
}
