//! What a run tells of: everything, or what has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::bail;
use plimsoll_engine::Outcome;

use super::base::{self, Reviews};
use super::changes::{Changes, Since};
use super::git::Git;
use super::staged::Staged;
use super::walk::{self, Found};
use super::{CheckArgs, session::folder_of};
use crate::files::DiskFiles;

/// The changes that a run is about; none where it is about all there is.
#[derive(Debug, Default)]
pub struct Scope {
    changes: Option<Changes>,
    staged: Option<Staged>,
    /// Whether it is about the lines of an edit, and not about what they bring elsewhere.
    is_of_edit: bool,
}

impl Scope {
    /// What was asked for, of the files that were found. Of what is staged, those are selected that a commit would have.
    ///
    /// # Errors
    /// If git cannot tell.
    pub fn new(args: &CheckArgs, found: &mut Found, current_dir: &str) -> anyhow::Result<Self> {
        let since = match (&args.diff, args.staged) {
            (None, false) => return Ok(Self::default()),
            (_, true) => Since::Staged,
            (Some(rev), _) if rev.is_empty() => Since::DefaultBranch,
            (Some(rev), _) => Since::Commit(rev),
        };
        let mut repositories = Repositories { known: BTreeMap::new() };
        let current = repositories.around(current_dir);
        let asked: Vec<String> = args
            .selection
            .paths
            .iter()
            .filter_map(|path| walk::absolute(Path::new(current_dir), path).to_str().map(str::to_owned))
            .collect();
        let mut roots = BTreeSet::new();
        for path in &asked {
            let folder = if found.named.contains(path) { folder_of(path) } else { path };
            match repositories.around(folder) {
                Some(root) => drop(roots.insert(root)),
                None => bail!(
                    "cannot tell what has changed: `{}` lies in no git repository",
                    crate::report::relative(current_dir, path)
                ),
            }
        }
        let mut git: Vec<Git> = roots.iter().map(|root| Git::new(root, current.as_deref())).collect();
        let staged = if since == Since::Staged {
            let staged = Staged::of(&git)?;
            let is_asked_for = |path: &str| {
                walk::is_reviewed(path) && asked.iter().any(|asked| path == asked || is_below(path, asked))
            };
            staged.select(&mut found.files, is_asked_for);
            Some(staged)
        } else {
            // Repositories that lie in others have changes of their own; a commit has nothing of what is staged in them.
            roots.extend(found.files.iter().filter_map(|path| repositories.around(folder_of(path))));
            git = roots.iter().map(|root| Git::new(root, current.as_deref())).collect();
            None
        };
        let changes = Changes::of(&git, since, &found.named)?;
        Ok(Self { changes: Some(changes), staged, is_of_edit: false })
    }

    /// What an edit of a file has brought: of lines changed since the last commit those in this file, and all of the file
    /// where git cannot tell.
    pub fn of_edit(path: &str, current_dir: &str) -> Self {
        let mut repositories = Repositories { known: BTreeMap::new() };
        let current = repositories.around(current_dir);
        let git = repositories.around(folder_of(path)).map(|root| Git::new(&root, current.as_deref()));
        let since = |git: Git| Changes::of(&[git], Since::Commit("HEAD"), &BTreeSet::new()).ok();
        let changes = match git.and_then(since) {
            Some(changes) => changes.within(path),
            None => Changes::all_of(path),
        };
        Self { changes: Some(changes), staged: None, is_of_edit: true }
    }

    /// What the files are seen through, where that is not the disk.
    pub fn staged(&self) -> Option<&Staged> {
        self.staged.as_ref().filter(|staged| !staged.is_on_disk())
    }

    /// Takes out what has nothing to do with the changes.
    ///
    /// # Errors
    /// If git cannot tell how files were before.
    pub fn keep(&self, reviews: &Reviews<'_>, outcomes: &mut [Outcome]) -> anyhow::Result<()> {
        match &self.changes {
            Some(changes) if self.is_of_edit => {
                for outcome in outcomes {
                    let mut touched = changes.touch(reviews.view, &outcome.findings).into_iter();
                    outcome.findings.retain(|_| touched.next().unwrap_or_default());
                }
                Ok(())
            }
            Some(changes) => base::keep(reviews, changes, outcomes),
            None => Ok(()),
        }
    }

    /// What it is, in words.
    pub fn told(&self) -> Option<String> {
        self.changes.as_ref().map(Changes::told)
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

/// Which repository a folder lies in, looked for once.
struct Repositories {
    known: BTreeMap<String, Option<String>>,
}

impl Repositories {
    fn around(&mut self, folder: &str) -> Option<String> {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let above = || folder.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        let found = if DiskFiles::is_repository(folder) {
            Some(folder.to_owned())
        } else {
            above().and_then(|parent| self.around(&parent))
        };
        self.known.insert(folder.to_owned(), found.clone());
        found
    }
}
