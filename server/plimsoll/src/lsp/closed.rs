//! Files that no buffer holds, but that have changed on the disk since the server started: what an agent writes behind
//! the editor's back, a branch that was switched.
//!
//! They are reviewed in the background, one by one, and shown for the workspace. What is left of one is what it was
//! found to hold: neither its text nor its tree is kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::WalkBuilder;
use plimsoll_project::Files;
use plimsoll_syntax::{FileKind, Rope};
use tower_lsp::ls_types::{Diagnostic, Uri};

use super::documents::{RunningReview, Urgency, uri_of};
use super::owner::Owner;
use super::publish::{Place, diagnostic, publish_list};
use super::reviewer::Reviewer;
use super::worker::{Places, Subject};
use crate::files::{EditorFiles, to_files_path};

/// The most closed files that are followed. More change at once when a branch is switched, and nobody reads them all.
pub const MAX_CLOSED: usize = 500;

/// The closed files that have changed, by their paths.
#[derive(Debug, Default)]
pub struct ClosedFiles {
    files: BTreeMap<String, ClosedFile>,
    is_full: bool,
    /// Configuration files with mistakes, by their paths, and what they are shown with.
    pub misconfigured: BTreeMap<String, (Uri, Vec<Diagnostic>)>,
}

/// One of them.
#[derive(Debug)]
pub struct ClosedFile {
    /// As the client would spell it.
    pub uri: Uri,
    /// What it was found to hold; none until it was reviewed for the first time.
    pub found: Option<Vec<Diagnostic>>,
    review: Option<RunningReview>,
    wants_review: bool,
}

/// A review of a closed file to be done.
#[derive(Debug)]
pub struct ClosedJob {
    /// Which one.
    pub id: u64,
    /// Of what.
    pub subject: Subject,
    /// Set when it is superseded.
    pub cancel: Arc<AtomicBool>,
}

/// A review of a closed file that was done.
#[derive(Debug)]
pub struct ReviewedClosed {
    /// Which one.
    pub id: u64,
    /// Of which file.
    pub path: String,
    /// What it holds; none if it is gone, or none of the workspace's.
    pub found: Option<Vec<Diagnostic>>,
}

impl ClosedFiles {
    /// Has a file reviewed, because it has changed. Returns whether it is followed.
    fn change(&mut self, path: &str) -> bool {
        let is_reviewed =
            matches!(FileKind::from_path(path), Some(FileKind::Source(_) | FileKind::Prisma | FileKind::Sql));
        if !is_reviewed {
            return false;
        }
        if self.files.len() >= MAX_CLOSED && !self.files.contains_key(path) {
            if !std::mem::replace(&mut self.is_full, true) {
                tracing::warn!(
                    "more than {MAX_CLOSED} files have changed on the disk: the others are not reviewed"
                );
            }
            return false;
        }
        let Some(uri) = uri_of(path) else { return false };
        let file = self.files.entry(path.to_owned()).or_insert_with(|| ClosedFile {
            uri,
            found: None,
            review: None,
            wants_review: true,
        });
        file.want_review();
        true
    }

    /// The files that were reviewed.
    pub fn reviewed(&self) -> impl Iterator<Item = (&Uri, &[Diagnostic])> {
        let misconfigured = self.misconfigured.values().map(|(uri, found)| (uri, found.as_slice()));
        let files = self.files.values().filter_map(|file| Some((&file.uri, file.found.as_deref()?)));
        files.chain(misconfigured)
    }

    /// Whether none of them is to be reviewed.
    pub fn is_settled(&self) -> bool {
        self.files.values().all(|file| file.review.is_none() && !file.wants_review)
    }
}

impl ClosedFile {
    fn want_review(&mut self) {
        if let Some(review) = self.review.take() {
            review.cancel.store(true, Ordering::Relaxed);
        }
        self.wants_review = true;
    }
}

impl Owner {
    /// Files of the disk have changed. Those that no buffer holds are reviewed, and so is what was found in others of
    /// them, which may depend on these.
    pub(super) fn closed_files_changed(&mut self, paths: &[String]) {
        for file in self.closed.files.values_mut() {
            file.want_review();
        }
        for path in paths {
            match self.files.buffer(path) {
                // When it is closed, it is one of them.
                Some(_) => drop(self.changed_below.insert(path.clone())),
                None => drop(self.closed.change(path)),
            }
        }
    }

    /// A buffer is opened: what is shown for the file is now shown for it.
    pub(super) fn follow_no_longer(&mut self, path: &str, spelled: &Uri) {
        let Some(mut file) = self.closed.files.remove(path) else { return };
        file.want_review();
        self.changed_below.insert(path.to_owned());
        let is_shown = file.found.is_some_and(|found| !found.is_empty());
        if is_shown && self.sends_others() && (file.uri != *spelled || self.profile.pulls) {
            publish_list(&file.uri, Vec::new(), &self.outgoing);
        }
    }

    /// A buffer was closed. What has changed below it is shown as that of other files.
    pub(super) fn follow_again(&mut self, path: &str) {
        if self.changed_below.remove(path) {
            self.closed.change(path);
        }
    }

    /// Starts reviews of closed files, all of which wait for whatever somebody looks at.
    pub(super) fn start_closed_reviews(&mut self) {
        let wants = self.closed.files.iter().filter(|(_, file)| file.wants_review);
        let wants: Vec<(String, Uri)> = wants.map(|(path, file)| (path.clone(), file.uri.clone())).collect();
        for (path, uri) in wants {
            let (id, cancel) = self.next_review();
            let subject = self.subject_of_closed(uri, path.clone());
            if let Some(file) = self.closed.files.get_mut(&path) {
                file.wants_review = false;
                file.review =
                    Some(RunningReview { id, cancel: Arc::clone(&cancel), urgency: Urgency::Background });
                self.pool.review_closed(ClosedJob { id, subject, cancel });
            }
        }
    }

    /// Takes what a closed file was found to hold.
    pub(super) fn take_closed(&mut self, reviewed: ReviewedClosed) {
        let ReviewedClosed { id, path, found } = reviewed;
        let is_sent = self.sends_others();
        let Some(file) = self.closed.files.get_mut(&path) else { return };
        if file.review.as_ref().is_none_or(|review| review.id != id) {
            return;
        }
        file.review = None;
        let is_gone = found.is_none();
        let found = found.unwrap_or_default();
        let is_news = match &file.found {
            Some(before) => *before != found,
            None => !found.is_empty(),
        };
        if is_news && is_sent {
            publish_list(&file.uri, found.clone(), &self.outgoing);
        }
        file.found = Some(found);
        if is_gone {
            self.closed.files.remove(&path);
        }
        if is_news {
            self.answer_workspace_pull();
        }
        self.tell_of_configurations();
    }
}

/// Reviews a closed file, or finds that it is gone, none of the workspace's or ignored by git.
#[must_use]
pub fn review_closed(
    reviewer: &dyn Reviewer,
    places: &mut Places,
    job: &ClosedJob,
) -> Option<Vec<Diagnostic>> {
    let subject = &job.subject;
    if !belongs_to_workspace(&subject.files, &subject.path) {
        return None;
    }
    let text = subject.files.read(&subject.path)?;
    let mut outcome = subject.review(reviewer, &job.cancel)?;
    if subject.configurations.hides_baselined {
        outcome.findings.retain(|finding| !finding.is_baselined);
    }
    let elsewhere = places.of(subject, &outcome);
    let rope = Rope::from_str(&text);
    let place = Place::new(&subject.uri, &subject.path, &rope, &elsewhere, &subject.profile);
    Some(outcome.findings.iter().map(|finding| diagnostic(finding, &place)).collect())
}

/// Whether a file lies in a folder of the workspace, and is there as git sees it.
fn belongs_to_workspace(files: &EditorFiles, path: &str) -> bool {
    let Some(root) = files.open_root_above(path) else { return false };
    let way = path.to_owned();
    let walk = WalkBuilder::new(root)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| is_on_the_way(entry.path(), &way))
        .build();
    walk.flatten().any(|entry| to_files_path(entry.path()).is_some_and(|found| found == path))
}

/// Whether a path is a folder above `path`, or it.
fn is_on_the_way(at: &Path, path: &str) -> bool {
    Path::new(path).starts_with(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::DiskFiles;

    #[test]
    fn what_git_ignores_does_not_belong_to_the_workspace() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = to_files_path(folder.path()).expect("it has a path");
        for (name, text) in [(".gitignore", "dist\n"), ("src/a.ts", ""), ("dist/a.ts", "")] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        }
        let mut files = EditorFiles::default();
        files.set_disk(DiskFiles::with_roots([root.clone()]));
        let belongs = |name: &str| belongs_to_workspace(&files, &format!("{root}/{name}"));
        assert!(belongs("src/a.ts"));
        assert!(!belongs("dist/a.ts") && !belongs("src/gone.ts"));
        assert!(!belongs_to_workspace(&files, "/elsewhere/a.ts"));
    }
}
