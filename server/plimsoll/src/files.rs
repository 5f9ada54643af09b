//! The views of files that the front doors hand to the engine: the disk, and an editor's buffers over it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Component, Path};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, UNIX_EPOCH};

use dashmap::DashMap;
use plimsoll_project::Files;
use plimsoll_project::importers::Imports;
use plimsoll_syntax::{Rope, limits};
use rustc_hash::FxHashMap;

/// How long an editor's view of the disk remembers what it saw. A key asks for the same hundred folders and stamps as
/// the key before it; a file that changes unannounced is seen this much later, an announced one at once.
const REMEMBERED: Duration = Duration::from_secs(1);

/// The most answers that are remembered; then all are forgotten.
const MAX_REMEMBERED: usize = 50_000;

/// The files of the disk, read when they are asked for. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct DiskFiles {
    /// The longest first, so that the nearest root of nested ones is found first.
    roots: Arc<[String]>,
    /// What was seen lately, for an editor; a run of the command line asks the disk itself.
    seen: Option<Arc<Seen>>,
    /// What sources below roots import, for a run of the command line, which sees one moment of the disk.
    imports: Arc<DashMap<String, Option<Arc<Imports>>>>,
}

/// What was seen of the disk lately, with the time.
#[derive(Debug, Default)]
struct Seen {
    stamps: DashMap<String, (Instant, Option<u64>)>,
    lists: DashMap<String, (Instant, Vec<String>)>,
    repositories: DashMap<String, (Instant, bool)>,
}

/// What is remembered of `path`, or what `look` sees.
fn remembered<T: Clone>(seen: &DashMap<String, (Instant, T)>, path: &str, look: impl FnOnce() -> T) -> T {
    let now = Instant::now();
    if let Some(known) = seen.get(path)
        && now.duration_since(known.0) < REMEMBERED
    {
        return known.1.clone();
    }
    let answer = look();
    if seen.len() >= MAX_REMEMBERED {
        seen.clear();
    }
    seen.insert(path.to_owned(), (now, answer.clone()));
    answer
}

impl DiskFiles {
    /// The disk, seen by a process in a folder.
    #[must_use]
    pub fn new(current_dir: &str) -> Self {
        Self::with_roots([current_dir.trim_end_matches('/').to_owned()])
    }

    /// The disk, seen from a workspace of several folders, which are paths as [`to_files_path`] spells them.
    #[must_use]
    pub fn with_roots(roots: impl IntoIterator<Item = String>) -> Self {
        let mut roots: Vec<String> = roots.into_iter().collect();
        roots.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        roots.dedup();
        Self { roots: roots.into(), ..Self::default() }
    }

    /// The same disk, of which is remembered for a moment what was seen.
    #[must_use]
    pub fn remembering(mut self) -> Self {
        self.seen = Some(Arc::default());
        self
    }

    /// Whether a folder is a repository of its own.
    pub fn is_repository(folder: &str) -> bool {
        std::fs::exists(format!("{folder}/.git")).unwrap_or(false)
    }

    /// The nearest open root that a path is or lies in.
    pub fn open_root_above(&self, path: &str) -> Option<&str> {
        let is_above = |root: &&String| {
            path.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.roots.iter().find(is_above).map(String::as_str)
    }

    /// Forgets what was seen, because something has changed. Clones keep it, so that a look that one of them takes
    /// just now is not remembered here.
    pub fn forget(&mut self) {
        if self.seen.is_some() {
            self.seen = Some(Arc::default());
        }
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let metadata = std::fs::metadata(path).ok()?;
        // A pipe or a device has no end that could be waited for.
        if !metadata.is_file() || metadata.len() > limits::MAX_FILE_BYTES as u64 {
            return None;
        }
        let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
        // The file may have grown since it was measured.
        (text.len() <= limits::MAX_FILE_BYTES).then(|| text.into())
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        match &self.seen {
            Some(seen) => remembered(&seen.stamps, path, || stamp(path)),
            None => stamp(path),
        }
    }

    fn list(&self, folder: &str) -> Vec<String> {
        match &self.seen {
            Some(seen) => remembered(&seen.lists, folder, || list(folder)),
            None => list(folder),
        }
    }

    /// The repository that holds the file, whichever part of it is open, or else the nearest root above the file.
    fn root_of(&self, path: &str) -> Option<String> {
        let is_repository = |folder: &str| {
            let look = || Self::is_repository(folder);
            match &self.seen {
                Some(seen) => remembered(&seen.repositories, folder, look),
                None => look(),
            }
        };
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if is_repository(parent) {
                return Some(parent.to_owned());
            }
            folder = parent;
        }
        self.open_root_above(path).map(str::to_owned)
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        let read = || Imports::read(self, root, None).map(Arc::new);
        self.imports.entry(root.to_owned()).or_insert_with(read).clone()
    }
}

fn stamp(path: &str) -> Option<u64> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() {
        return None;
    }
    let modified = metadata.modified().ok();
    let age = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Some(hash(&("disk", metadata.len(), age)))
}

fn list(folder: &str) -> Vec<String> {
    listed(folder).unwrap_or_default().0
}

/// The names in a folder as [`Files::list`] tells them, in order, and whether one of them is a link; none where there is
/// something that cannot be listed.
pub fn listed(folder: &str) -> Option<(Vec<String>, bool)> {
    // Of a root, nothing but the `/` remains.
    let folder = if folder.is_empty() { "/" } else { folder };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Some((Vec::new(), false));
        }
        Err(_) => return None,
    };
    let mut has_links = false;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let mut name = entry.file_name().into_string().ok()?;
            let kind = entry.file_type().ok()?;
            has_links |= kind.is_symlink();
            // Links are followed, so that a linked package lists as the folder that it is.
            let is_dir = if kind.is_symlink() {
                std::fs::metadata(entry.path()).ok()?.is_dir()
            } else {
                kind.is_dir()
            };
            if is_dir {
                name.push('/');
            }
            Some(name)
        })
        .collect();
    names.sort();
    Some((names, has_links))
}

/// What an editor holds of one file.
#[derive(Debug)]
pub struct Buffer {
    /// The text.
    pub rope: Rope,
    /// The URI of the document, as the editor spells it.
    pub uri: String,
    /// The version that the editor gave to the text.
    pub version: i32,
    /// Different for every text that any buffer of this process ever held.
    revision: u64,
    text: OnceLock<Option<Arc<str>>>,
}

impl Buffer {
    /// A buffer; `revision` must not have been given to another text.
    #[must_use]
    pub fn new(rope: Rope, uri: String, version: i32, revision: u64) -> Self {
        Self { rope, uri, version, revision, text: OnceLock::new() }
    }

    fn text(&self) -> Option<Arc<str>> {
        let copy = || {
            let is_read = self.rope.len_bytes() <= limits::MAX_FILE_BYTES;
            is_read.then(|| self.rope.to_string().into())
        };
        self.text.get_or_init(copy).clone()
    }
}

/// Open buffers over the disk, at one moment. A clone is cheap and never changes, so a worker may keep it.
#[derive(Clone, Debug, Default)]
pub struct EditorFiles {
    buffers: Arc<FxHashMap<String, Arc<Buffer>>>,
    disk: DiskFiles,
    /// What sources below roots import, as far as they were read in the background.
    imports: Arc<FxHashMap<String, Arc<Imports>>>,
}

impl EditorFiles {
    /// Adds a buffer, or replaces what was there. Clones that were handed out stay what they were.
    pub fn open(&mut self, path: impl Into<String>, buffer: Buffer) {
        Arc::make_mut(&mut self.buffers).insert(path.into(), Arc::new(buffer));
    }

    /// Removes a buffer: the disk shows through again.
    pub fn close(&mut self, path: &str) {
        Arc::make_mut(&mut self.buffers).remove(path);
    }

    /// The buffer of a path, if one is open.
    #[must_use]
    pub fn buffer(&self, path: &str) -> Option<&Arc<Buffer>> {
        self.buffers.get(path)
    }

    /// Replaces what lies under the buffers.
    pub fn set_disk(&mut self, disk: DiskFiles) {
        self.disk = disk;
    }

    /// Takes over what the sources below a root import; none where that is not known.
    pub fn set_imports(&mut self, root: &str, imports: Option<Arc<Imports>>) {
        let all = Arc::make_mut(&mut self.imports);
        match imports {
            Some(imports) => drop(all.insert(root.to_owned(), imports)),
            None => drop(all.remove(root)),
        }
    }

    /// The same files, of which nothing is remembered yet: for edits, which must fit what is on the disk now.
    #[must_use]
    pub fn looking_anew(&self) -> Self {
        let mut anew = self.clone();
        anew.forget_disk();
        anew
    }

    /// The nearest folder of the workspace that a path lies in.
    #[must_use]
    pub fn open_root_above(&self, path: &str) -> Option<&str> {
        self.disk.open_root_above(path)
    }

    /// Has the disk looked at again, because something on it has changed.
    pub fn forget_disk(&mut self) {
        self.disk.forget();
    }
}

impl Files for EditorFiles {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        match self.buffers.get(path) {
            Some(buffer) => buffer.text(),
            None => self.disk.read(path),
        }
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        match self.buffers.get(path) {
            Some(buffer) => Some(hash(&("buffer", buffer.revision))),
            None => self.disk.stamp(path),
        }
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut names: BTreeSet<String> = self.disk.list(folder).into_iter().collect();
        let folder = folder.trim_end_matches('/');
        for path in self.buffers.keys() {
            let below = path.strip_prefix(folder);
            let Some(rest) = below.and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            names.insert(match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            });
        }
        names.into_iter().collect()
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.disk.root_of(path)
    }

    /// Never by reading now: a key must not wait for a workspace.
    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        self.imports.get(root).cloned()
    }
}

/// A path of the operating system as [`Files`] spells it: with `/` between parts, without `.` and `..`. `None` if it
/// is relative or no UTF-8.
#[must_use]
pub fn to_files_path(path: &Path) -> Option<String> {
    if !path.is_absolute() {
        return None;
    }
    let mut spelled = String::new();
    for component in path.components() {
        match component {
            Component::Prefix(prefix) => {
                let prefix = prefix.as_os_str().to_str()?;
                let prefix = prefix.strip_prefix(r"\\?\").unwrap_or(prefix);
                // Editors disagree on the case of a drive.
                spelled.push_str(&prefix.replace('\\', "/").to_ascii_uppercase());
            }
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir => {
                let parent = spelled.rfind('/').unwrap_or(0);
                spelled.truncate(parent);
            }
            Component::Normal(part) => {
                spelled.push('/');
                spelled.push_str(part.to_str()?);
            }
        }
    }
    Some(spelled)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(text: &str, revision: u64) -> Buffer {
        Buffer::new(Rope::from_str(text), "file:///p/a.ts".into(), 1, revision)
    }

    fn folder() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = to_files_path(folder.path()).expect("it is absolute");
        (folder, path)
    }

    #[test]
    fn only_readable_text_of_reasonable_size_is_read() {
        let (_guard, folder) = folder();
        let at = |name: &str| format!("{folder}/{name}");
        std::fs::write(at("a.ts"), "let a = 1;").expect("the temporary folder is writable");
        std::fs::write(at("latin1.ts"), b"let \xe9 = 1;").expect("the temporary folder is writable");
        std::fs::write(at("huge.ts"), vec![b' '; limits::MAX_FILE_BYTES + 1])
            .expect("the temporary folder is writable");
        let files = DiskFiles::default();
        assert_eq!(files.read(&at("a.ts")).as_deref(), Some("let a = 1;"));
        for name in ["latin1.ts", "huge.ts", "absent.ts", ""] {
            assert_eq!(files.read(&at(name)), None, "{name}");
        }
        assert!(files.stamp(&at("huge.ts")).is_some());
        assert_eq!(files.stamp(&at("absent.ts")), None);
        assert_eq!(files.stamp(&folder), None);
    }

    #[test]
    fn a_stamp_changes_with_the_text() {
        let (_guard, folder) = folder();
        let path = format!("{folder}/a.ts");
        std::fs::write(&path, "a").expect("the temporary folder is writable");
        let mut files = EditorFiles::default();
        let on_disk = files.stamp(&path);
        assert_eq!(files.stamp(&path), on_disk);
        std::fs::write(&path, "ab").expect("the temporary folder is writable");
        assert_ne!(files.stamp(&path), on_disk);
        files.open(path.clone(), buffer("a", 1));
        let opened = files.stamp(&path);
        files.open(path.clone(), buffer("b", 2));
        assert_ne!(files.stamp(&path), opened);
    }

    #[test]
    fn what_is_remembered_is_forgotten_when_something_changes() {
        let (_guard, folder) = folder();
        let path = format!("{folder}/a.ts");
        let mut files = DiskFiles::default().remembering();
        assert_eq!((files.stamp(&path), files.list(&folder).len()), (None, 0));
        std::fs::write(&path, "a").expect("the temporary folder is writable");
        files.forget();
        assert_eq!(files.list(&folder), ["a.ts"]);
        let stamp = files.stamp(&path);
        assert!(stamp.is_some());
        std::fs::write(&path, "ab").expect("the temporary folder is writable");
        files.forget();
        assert_ne!(files.stamp(&path), stamp);
    }

    #[test]
    fn buffers_stand_over_the_disk_and_clones_stay() {
        let (_guard, folder) = folder();
        std::fs::create_dir(format!("{folder}/lib")).expect("the temporary folder is writable");
        let path = format!("{folder}/a.ts");
        std::fs::write(&path, "on disk").expect("the temporary folder is writable");
        let mut files = EditorFiles::default();
        let before = files.clone();
        files.open(path.clone(), buffer("in the editor", 1));
        files.open(format!("{folder}/new/b.ts"), buffer("b", 2));
        assert_eq!(files.read(&path).as_deref(), Some("in the editor"));
        assert_eq!(before.read(&path).as_deref(), Some("on disk"));
        assert_eq!(files.list(&folder), ["a.ts", "lib/", "new/"]);
        assert_eq!(before.list(&format!("{folder}/")), ["a.ts", "lib/"]);
        files.close(&path);
        assert_eq!(files.read(&path).as_deref(), Some("on disk"));
    }

    #[test]
    fn the_nearest_root_counts() {
        let files = DiskFiles::with_roots(["/w", "/w/packages/a", "/other"].map(String::from));
        let root = |path| files.root_of(path);
        assert_eq!(root("/w/src/a.ts").as_deref(), Some("/w"));
        assert_eq!(root("/w/packages/a/b.ts").as_deref(), Some("/w/packages/a"));
        assert_eq!(root("/w/packages/ab/b.ts").as_deref(), Some("/w"));
        assert_eq!(root("/elsewhere/a.ts"), None);
        assert_eq!(root("untitled:Untitled-1"), None);
    }

    #[test]
    fn the_repository_counts_more() {
        let (_guard, folder) = folder();
        std::fs::create_dir_all(format!("{folder}/.git")).expect("the temporary folder is writable");
        let files = DiskFiles::with_roots([format!("{folder}/packages/a")]);
        assert_eq!(files.root_of(&format!("{folder}/packages/a/b.ts")), Some(folder));
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_spelled_one_way() {
        let spelled = |path| to_files_path(Path::new(path));
        assert_eq!(spelled("/a/./b/../c//d/").as_deref(), Some("/a/c/d"));
        assert_eq!(spelled("/../..").as_deref(), Some(""));
        assert_eq!(spelled("a/b"), None);
    }
}
