//! Ctrl-C: what is half done is taken away, and the process ends at once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

/// 128 and the number of the signal, as shells tell it.
const STATUS: i32 = 130;

/// Files that have not taken their place yet.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What stands on the terminal until the work is done.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on an interruption ends the process so. Where it is ignored, as behind `nohup`, it stays so.
pub fn listen() {
    // Where that is not possible, the system ends the process as it always does.
    let _ = ctrlc::try_set_handler(|| {
        if let Some(bar) = lock(&SHOWN).take() {
            bar.finish_and_clear();
        }
        for path in lock(&UNFINISHED).drain(..) {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(STATUS);
    });
}

/// A file that an interruption removes, until it is dropped: then nothing is under its name any more.
#[derive(Debug)]
pub struct Unfinished(PathBuf);

impl Unfinished {
    /// The file at a path, which is about to be created.
    pub fn new(path: PathBuf) -> Self {
        lock(&UNFINISHED).push(path.clone());
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Once it has its place, nothing is here any more.
        let _ = std::fs::remove_file(&self.0);
        lock(&UNFINISHED).retain(|path| *path != self.0);
    }
}

/// The bar that an interruption takes away.
pub fn shows(bar: Option<&ProgressBar>) {
    *lock(&SHOWN) = bar.cloned();
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
