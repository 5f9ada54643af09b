//! The disk as a view of files.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use plimsoll_project::Files;
use plimsoll_syntax::limits::MAX_FILE_BYTES;

/// Files as they are on disk now.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    current_dir: String,
}

impl DiskFiles {
    /// The disk, seen by a process in a folder.
    pub fn new(current_dir: &str) -> Self {
        Self { current_dir: current_dir.to_owned() }
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let metadata = std::fs::metadata(path).ok()?;
        if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES as u64 {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        String::from_utf8(bytes).ok().map(Arc::from)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        let metadata = std::fs::metadata(path).ok()?;
        if !metadata.is_file() {
            return None;
        }
        let modified = metadata.modified().ok()?;
        let nanoseconds = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        Some(nanoseconds ^ metadata.len().rotate_left(48))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some(if entry.path().is_dir() { format!("{name}/") } else { name })
            })
            .collect();
        names.sort();
        names
    }

    /// The repository that holds the file, or the current folder if that does.
    fn root_of(&self, path: &str) -> Option<String> {
        let repository = Path::new(path)
            .ancestors()
            .skip(1)
            .find(|folder| folder.join(".git").exists())
            .and_then(Path::to_str);
        let current = Path::new(path).starts_with(&self.current_dir).then_some(self.current_dir.as_str());
        repository.or(current).map(|folder| folder.trim_end_matches('/').to_owned())
    }
}
