//! The folder of the cache: `.plimsoll/cache` below the root of what is reviewed.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::identity::nanoseconds;
use super::pack::MAX_BYTES;
use crate::interrupt;

/// The most packs that are kept, one for each selection of rules; those that were not written for longest go.
const MAX_PACKS: usize = 6;

/// How old an unfinished pack is when nobody will finish it.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Where packs are kept.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A pack that is not finished. It is removed unless it takes its place.
#[derive(Debug)]
pub struct Unfinished {
    place: interrupt::Unfinished,
    file: File,
    /// When it was begun, in nanoseconds by the clock of the disk.
    pub begun: i64,
}

impl Folder {
    /// The folder for what lies below `root`.
    pub fn below(root: &str) -> Self {
        Self { path: Path::new(root).join(".plimsoll").join("cache") }
    }

    /// The bytes of a pack, if there is one.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path.join(name);
        // Opening a pipe would wait for its writer.
        let metadata = fs::symlink_metadata(&path).ok()?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return None;
        }
        let file = File::open(path).ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Begins a pack, and the folder where there is none.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(&self) -> io::Result<Unfinished> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        fs::create_dir_all(&self.path)?;
        // A link would have files written where nobody asked for them.
        for folder in [Some(self.path.as_path()), self.path.parent()].into_iter().flatten() {
            if !fs::symlink_metadata(folder)?.is_dir() {
                return Err(io::Error::new(
                    io::ErrorKind::NotADirectory,
                    format!("{} is a link", folder.display()),
                ));
            }
        }
        // Whoever commits all there is does not commit the cache.
        if let Ok(mut ignored) =
            OpenOptions::new().write(true).create_new(true).open(self.path.join(".gitignore"))
        {
            ignored.write_all(b"*\n")?;
        }
        let now = SystemTime::now();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let nanos = nanoseconds(now).unwrap_or_default();
        let path = self.path.join(format!("{}-{nanos}-{count}.new", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let place = interrupt::Unfinished::new(path);
        let mut unfinished = Unfinished { place, file, begun: i64::MIN };
        let by_disk = unfinished.file.metadata()?.modified()?;
        unfinished.begun = nanoseconds(by_disk.min(now)).unwrap_or(i64::MIN);
        Ok(unfinished)
    }

    /// Gives a pack its place and its content, at once, and removes what is too much.
    ///
    /// # Errors
    /// Where it cannot be written; what was there is then there still.
    pub fn finish(&self, unfinished: Unfinished, name: &str, bytes: &[u8]) -> io::Result<()> {
        (&unfinished.file).write_all(bytes)?;
        fs::rename(unfinished.place.path(), self.path.join(name))?;
        self.tidy(name);
        Ok(())
    }

    fn tidy(&self, newest: &str) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        let mut packs: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in entries.flatten() {
            let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
            let path = entry.path();
            let is_abandoned = || modified.elapsed().is_ok_and(|age| age > ABANDONED);
            match path.extension().and_then(OsStr::to_str) {
                Some("pack") if entry.file_name() != newest => packs.push((modified, path)),
                Some("new") if is_abandoned() => drop(fs::remove_file(path)),
                _ => {}
            }
        }
        packs.sort();
        let too_many = packs.len().saturating_sub(MAX_PACKS - 1);
        for (_, path) in packs.into_iter().take(too_many) {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(&folder.path).expect("it was made");
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn packs_take_their_place_at_once_and_old_ones_go() {
        let root = tempfile::tempdir().expect("there is room");
        let folder = Folder::below(&root.path().to_string_lossy());
        drop(folder.begin().expect("it can be written"));
        assert_eq!(names(&folder), [".gitignore"]);
        for i in 0..MAX_PACKS + 3 {
            let unfinished = folder.begin().expect("it can be written");
            folder.finish(unfinished, &format!("{i}.pack"), b"content").expect("it can be written");
            std::thread::sleep(Duration::from_millis(20));
        }
        let kept = names(&folder);
        assert_eq!(kept.len(), MAX_PACKS + 1, "{kept:?}");
        assert_eq!(folder.read(&format!("{}.pack", MAX_PACKS + 2)).as_deref(), Some(&b"content"[..]));
        assert_eq!(folder.read("0.pack"), None);
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_no_panic() {
        let root = tempfile::tempdir().expect("there is room");
        fs::write(root.path().join(".plimsoll"), "a file").expect("there is room");
        assert!(Folder::below(&root.path().to_string_lossy()).begin().is_err());
    }
}
