//! Who imports what in the workspace, read in the background and kept as files change.
//!
//! Until it is read nobody is told who imports a module, and what rests on it is not found. A change is seen when nobody
//! has typed for a moment, and costs the files that have changed; all are looked at again when a document is saved, for
//! not every client tells what happens on the disk.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

use plimsoll_project::Files;
use plimsoll_project::importers::Imports;

use super::documents::Urgency;
use super::events::Event;
use super::owner::Owner;
use super::worker::Quiet;
use crate::files::EditorFiles;

/// What is still to be looked at.
#[derive(Debug, Default)]
pub struct Pending {
    /// Whether imports are asked for at all: not before the client is ready and has a workspace.
    is_wanted: bool,
    /// Whether they are being read.
    is_running: bool,
    /// Whether any file may have changed.
    all: bool,
    /// Files that have.
    changed: BTreeSet<String>,
    /// Roots of which it cannot be known, as far as was seen: they are looked at again when any file may have changed.
    unknown: BTreeSet<String>,
}

impl Pending {
    /// From now on.
    pub fn want(&mut self) {
        (self.is_wanted, self.all) = (true, true);
    }

    /// Any file may have changed.
    pub fn all_changed(&mut self) {
        self.all = true;
    }

    /// These files have.
    pub fn changed(&mut self, paths: impl IntoIterator<Item = String>) {
        self.changed.extend(paths);
    }
}

/// What the sources below some roots import, where that is not as it was.
#[derive(Debug)]
pub struct ReadImports {
    /// By root; none where it cannot be known any more.
    changed: Vec<(String, Option<Arc<Imports>>)>,
    /// Roots of which it cannot be known.
    unknown: Vec<String>,
}

/// One look at what has changed.
struct Reading {
    files: EditorFiles,
    roots: BTreeSet<String>,
    all: bool,
    changed: BTreeSet<String>,
    quiet: Quiet,
}

impl Owner {
    /// Has what is to be looked at looked at, unless that is on its way.
    pub(super) fn start_imports(&mut self) {
        let pending = &mut self.imports;
        let has_work = pending.all || !pending.changed.is_empty();
        if !pending.is_wanted || pending.is_running || !has_work || self.documents.is_empty() {
            return;
        }
        if pending.all {
            pending.unknown.clear();
        }
        let roots = self.documents.values().filter_map(|document| self.files.root_of(&document.path));
        let reading = Reading {
            files: self.files.clone(),
            roots: roots.filter(|root| !pending.unknown.contains(root)).collect(),
            all: std::mem::take(&mut pending.all),
            changed: std::mem::take(&mut pending.changed),
            quiet: self.pool.quiet(),
        };
        pending.is_running = true;
        let events: Sender<Event> = self.events.clone();
        let run = move || {
            let found = catch_unwind(AssertUnwindSafe(|| reading.read()));
            let read = found.unwrap_or_else(|_| {
                tracing::error!("the imports of the workspace could not be read");
                let unknown: Vec<String> = reading.roots.iter().cloned().collect();
                ReadImports { changed: unknown.iter().map(|root| (root.clone(), None)).collect(), unknown }
            });
            // Nobody waits for it when the connection has ended.
            let _ = events.send(Event::Imports(Box::new(read)));
        };
        if let Err(error) = std::thread::Builder::new().name("imports".to_owned()).spawn(run) {
            self.imports.is_running = false;
            tracing::warn!("the imports of the workspace are not read: {error}");
        }
    }

    /// Takes over what was read; whoever rests on it is reviewed again.
    pub(super) fn take_imports(&mut self, read: ReadImports) {
        self.imports.is_running = false;
        self.imports.unknown.extend(read.unknown);
        if read.changed.is_empty() {
            return;
        }
        for (root, imports) in read.changed {
            self.files.set_imports(&root, imports);
        }
        for document in self.documents.values_mut() {
            // What somebody waits for is not put off.
            let urgency = document.review.as_ref().map_or(Urgency::Background, |review| review.urgency);
            document.want_review(urgency);
        }
    }
}

impl Reading {
    fn read(&self) -> ReadImports {
        let goes_on = AtomicBool::new(false);
        let (mut changed, mut unknown) = (Vec::new(), Vec::new());
        for root in &self.roots {
            let known = self.files.imports_below(root);
            if let Some(known) = known.as_ref().filter(|_| !self.all) {
                if !self.quiet.wait(&goes_on) {
                    break;
                }
                let after = known.after(&self.files, root, &self.changed);
                changed.extend(after.map(|after| (root.clone(), Some(Arc::new(after)))));
                continue;
            }
            let mut ends = false;
            let mut may_go_on = || {
                ends |= !self.quiet.wait(&goes_on);
                !ends
            };
            let read = Imports::read_while(&self.files, root, known.as_deref(), &mut may_go_on);
            if ends {
                break;
            }
            if read.is_none() {
                unknown.push(root.clone());
            }
            let is_new = match (&known, &read) {
                (Some(known), Some(read)) => !known.says_the_same(read),
                (None, None) => false,
                _ => true,
            };
            if is_new {
                changed.push((root.clone(), read.map(Arc::new)));
            }
        }
        ReadImports { changed, unknown }
    }
}
