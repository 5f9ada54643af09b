//! Reading the workspace ahead, so that the first question through a helper in another file is answered at once.
//!
//! It changes no answer: files are read on demand anyway, and this only has them read before. So it may stop at any
//! moment, and stands back whenever somebody types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ignore::WalkBuilder;
use plimsoll_syntax::Language;
use serde_json::{Value, json};

use super::reviewer::Reviewer;
use super::transport::Outgoing;
use super::worker::Quiet;
use crate::files::{EditorFiles, to_files_path};

/// What the client knows the progress by.
pub const TOKEN: &str = "plimsoll/index";

/// The most text that is read ahead, of all files together. What is made of a text takes about forty times its memory, and
/// an editor has other uses for that: what is further away, and a file that alone is larger than this, is read on demand.
/// Which files are read at all is another limit, of the text of one file, and the same wherever files are read:
/// [`plimsoll_syntax::limits::MAX_FILE_BYTES`].
const MAX_BYTES: u64 = 512 << 10;

/// The most files that are looked at.
const MAX_FILES: usize = 10_000;

/// How often the client is told how far it is.
const PACE: Duration = Duration::from_millis(100);

/// A workspace to be read ahead.
pub struct Index {
    /// What reads.
    pub reviewer: Arc<dyn Reviewer>,
    /// The files.
    pub files: EditorFiles,
    /// Folders of the workspace.
    pub roots: Vec<String>,
    /// Paths of open documents, whose folders come first.
    pub open: Vec<String>,
    /// When nobody waits for a review.
    pub quiet: Quiet,
    /// Set to stop early.
    pub cancel: Arc<AtomicBool>,
    /// Where the client is told, if it wants to be.
    pub progress: Option<Outgoing>,
}

impl Index {
    /// Starts on a thread of its own. A thread that cannot be started is done without.
    pub fn start(self) {
        let thread = std::thread::Builder::new().name("index".to_owned());
        let run = move || {
            let progress = Progress::begin(self.progress.clone());
            // The client must see an end, whatever happens.
            if catch_unwind(AssertUnwindSafe(|| self.read_all(&progress))).is_err() {
                tracing::error!("the workspace could not be read ahead");
            }
            progress.end();
        };
        if let Err(error) = thread.spawn(run) {
            tracing::warn!("the workspace is not read ahead: {error}");
        }
    }

    fn read_all(&self, progress: &Progress) {
        // Looking for the files takes as much time from the first review as reading them.
        if !self.quiet.wait(&self.cancel) {
            return;
        }
        let mut sources = self.sources();
        let folders: Vec<&str> = self.open.iter().filter_map(|path| folder_of(path)).collect();
        sources.sort_by_cached_key(|(path, _)| {
            let shared = folders.iter().map(|folder| shared_parts(folder, path)).max().unwrap_or_default();
            (std::cmp::Reverse(shared), path.clone())
        });
        let mut bytes = 0;
        sources.retain(|(_, size)| {
            let fits = bytes + size <= MAX_BYTES;
            bytes += if fits { *size } else { 0 };
            fits
        });
        let mut told = Instant::now();
        let all = sources.len();
        for (done, (path, _)) in sources.into_iter().enumerate() {
            if !self.quiet.wait(&self.cancel) {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| self.reviewer.read_ahead(&self.files, &path))).is_err() {
                tracing::warn!("{path} could not be read ahead");
            }
            if told.elapsed() >= PACE {
                told = Instant::now();
                progress.tell(done, all);
            }
        }
        tracing::debug!("{all} files are read ahead");
    }

    /// The sources of the workspace as git sees them, with their sizes.
    fn sources(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let Some((first, rest)) = self.roots.split_first() else { return found };
        let mut walk = WalkBuilder::new(first);
        for root in rest {
            walk.add(root);
        }
        for entry in walk.require_git(false).follow_links(false).build().flatten() {
            if self.cancel.load(Ordering::Relaxed) || found.len() >= MAX_FILES {
                break;
            }
            let is_source = entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.path().to_str().and_then(Language::from_path).is_some();
            let Some(path) = is_source.then(|| to_files_path(entry.path())).flatten() else { continue };
            let size = entry.metadata().map_or(u64::MAX, |metadata| metadata.len());
            if self.files.buffer(&path).is_none() {
                found.push((path, size));
            }
        }
        found
    }
}

fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// How many folders two paths share.
fn shared_parts(folder: &str, path: &str) -> usize {
    folder.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count()
}

/// What the client shows while the workspace is read.
struct Progress {
    outgoing: Option<Outgoing>,
}

impl Progress {
    fn begin(outgoing: Option<Outgoing>) -> Self {
        let progress = Self { outgoing };
        progress.send(json!({ "kind": "begin", "title": "Reading the workspace", "cancellable": true, "percentage": 0 }));
        progress
    }

    fn tell(&self, done: usize, all: usize) {
        let percentage = done * 100 / all.max(1);
        let message = format!("{done} of {all} files");
        self.send(
            json!({ "kind": "report", "message": message, "percentage": percentage, "cancellable": true }),
        );
    }

    fn end(&self) {
        self.send(json!({ "kind": "end" }));
    }

    fn send(&self, value: Value) {
        let Some(outgoing) = &self.outgoing else { return };
        let params = json!({ "token": TOKEN, "value": value });
        outgoing.send(&json!({ "jsonrpc": "2.0", "method": "$/progress", "params": params }));
    }
}
