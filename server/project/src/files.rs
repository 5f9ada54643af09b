//! The view of files: open buffers over disk, handed in by the front door.

use std::sync::{Arc, Mutex, PoisonError};

use crate::importers::Imports;
use crate::manifests::ManifestCache;

/// Files as the user sees them now: what an editor holds in a buffer stands over what the disk holds.
///
/// Paths are absolute with `/` between parts and no `.` or `..` parts; a document without a place on disk has its URI
/// as its path (`untitled:Untitled-1`). Nothing below the front doors reads a disk by itself.
pub trait Files: Send + Sync {
    /// The text of a file; none when it is absent, unreadable, no UTF-8, or larger than is read.
    fn read(&self, path: &str) -> Option<Arc<str>>;

    /// A value that changes when the text does, cheap to ask (a buffer's version, or size and time of a file); none
    /// when the file is absent.
    fn stamp(&self, path: &str) -> Option<u64>;

    /// Whether there is such a file: its text may change without changing the answer.
    fn exists(&self, path: &str) -> bool {
        self.stamp(path).is_some()
    }

    /// The names in a folder, sorted, those of folders ending in `/`. Empty when it is absent.
    fn list(&self, folder: &str) -> Vec<String>;

    /// The folder above which nothing is looked up (the workspace's root), without a `/` at its end; none when unknown.
    fn root_of(&self, path: &str) -> Option<String>;

    /// Where parsed manifests are kept between reviews; none where each is read anew.
    fn manifests(&self) -> Option<&ManifestCache> {
        None
    }

    /// The same files without a record of what is asked, where this view keeps one.
    fn unrecorded(&self) -> Option<&dyn Files> {
        None
    }

    /// What the sources of TypeScript and JavaScript below a root import; none while it is not known.
    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        let _ = root;
        None
    }

    /// Records a question for less than a whole text, which [`crate::manifests::answer_to`] answers, and its answer.
    fn record(&self, question: &str, answer: Option<u64>) {
        let _ = (question, answer);
    }
}

/// Files held in memory: for tests, and for text on standard input.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: std::collections::BTreeMap<String, Arc<str>>,
    root: Option<String>,
    /// What the files below the root import, with whether that is of before the last change.
    imports: Arc<Mutex<(Option<Arc<Imports>>, bool)>>,
}

impl MemoryFiles {
    /// Files below a root, of which is known what they import.
    #[must_use]
    pub fn rooted(root: impl Into<String>) -> Self {
        Self { root: Some(root.into()), ..Self::default() }
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) {
        self.files.insert(path.into(), text.into());
        self.outdate();
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
        self.outdate();
    }

    /// Clones that are as before keep what is known of them.
    fn outdate(&mut self) {
        let known = self.imports.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        self.imports = Arc::new(Mutex::new((known, true)));
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.files.get(path).cloned()
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        Some(xxhash_rust::xxh3::xxh3_64(self.files.get(path)?.as_bytes()))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let mut names: Vec<String> = self
            .files
            .range(prefix.clone()..)
            .map_while(|(path, _)| path.strip_prefix(&prefix))
            .map(|rest| match rest.split_once('/') {
                Some((dir, _)) => format!("{dir}/"),
                None => rest.to_owned(),
            })
            .collect();
        names.dedup();
        names
    }

    fn root_of(&self, _path: &str) -> Option<String> {
        self.root.clone()
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        if self.root.as_deref() != Some(root) {
            return None;
        }
        let mut kept = self.imports.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0.is_none() || kept.1 {
            *kept = (Imports::read(self, root, kept.0.as_deref()).map(Arc::new), false);
        }
        kept.0.clone()
    }
}

/// One view laid over another: the files of the first hide those of the second. Used to review text that is only
/// proposed.
pub struct Overlay<'a> {
    /// What is looked up first.
    pub over: &'a MemoryFiles,
    /// What is looked up otherwise.
    pub under: &'a dyn Files,
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.over.read(path).or_else(|| self.under.read(path))
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        self.over.stamp(path).or_else(|| self.under.stamp(path))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut names = self.under.list(folder);
        names.extend(self.over.list(folder));
        names.sort();
        names.dedup();
        names
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.under.root_of(path)
    }

    fn manifests(&self) -> Option<&ManifestCache> {
        self.under.manifests()
    }

    /// What is proposed imports what is there.
    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        self.under.imports_below(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_hides_and_adds() {
        let (mut under, mut over) = (MemoryFiles::default(), MemoryFiles::default());
        under.insert("/p/a.ts", "old");
        under.insert("/p/lib/b.ts", "b");
        over.insert("/p/a.ts", "new");
        over.insert("/p/c.ts", "c");
        let both = Overlay { over: &over, under: &under };
        assert_eq!(both.read("/p/a.ts").as_deref(), Some("new"));
        assert_eq!(both.list("/p"), ["a.ts", "c.ts", "lib/"]);
        assert_ne!(both.stamp("/p/a.ts"), under.stamp("/p/a.ts"));
    }
}
