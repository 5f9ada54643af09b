//! The files before something changed, and what a review found in them: what stands on lines that have not changed is told
//! only where the change has brought it.
//!
//! Its cause then lies elsewhere: an index is gone from the schema, a client in another file has lost its timeout, a
//! migration has come. Nothing near the finding tells, so that its file is reviewed once more as all files were before. A
//! line that has not changed stood somewhere before, which git tells, and so did what was found on it: its function may
//! have another name by now, and its file too.

use anyhow::Context;
use plimsoll_engine::{Finding, Outcome};
use plimsoll_project::importers::question_of;
use plimsoll_project::manifests::answer_to;
use plimsoll_project::{Files, MemoryFiles};
use plimsoll_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::changes::{Breaks, Changes, Spot};
use super::check::Threads;
use super::git::Git;
use super::layer::{Layer, Layered};
use super::session::Session;
use crate::cache::{Asks, Cache};

/// In what the files before differ from those that are reviewed.
#[derive(Debug, Default)]
pub struct EarlierFiles {
    layer: Layer,
    /// The earlier paths of files that have moved.
    moved: FxHashMap<String, String>,
}

impl EarlierFiles {
    /// A file that has come.
    pub fn lacks(&mut self, path: &str) {
        self.layer.hide(path.to_owned());
    }

    /// What has changed in a repository, as `git diff --raw -z` tells it.
    ///
    /// # Errors
    /// If git tells something else, or does not have what was there before.
    pub fn add(&mut self, git: &Git, raw: &[u8]) -> anyhow::Result<()> {
        let absolute = |path: &str| format!("{}/{path}", git.root);
        let mut fields = raw.split(|byte| *byte == 0).map(|field| str::from_utf8(field).ok());
        let mut objects = Vec::new();
        while let Some(head) = fields.next().flatten().filter(|head| !head.is_empty()) {
            let words: Vec<&str> = head.split(' ').collect();
            let [mode, _, id, _, status] = words[..] else {
                anyhow::bail!("cannot tell what has changed: git: {head}");
            };
            let path = fields.next().context("cannot tell what has changed: git ended early")?;
            let moved = status.starts_with('R');
            let now = if moved { fields.next().flatten() } else { path };
            if let Some(now) = now.filter(|_| moved || status == "A") {
                self.lacks(&absolute(now));
            }
            // Nobody reviews what has a name in no UTF-8, and a link is no text.
            let Some(path) = path.filter(|_| mode.contains("100")) else { continue };
            objects.push((path, id.to_owned()));
            if let Some(now) = now.filter(|_| moved) {
                self.moved.insert(absolute(now), absolute(path));
            }
        }
        self.layer.hold(git, &objects)
    }
}

/// The reviews that a run has made, and what it makes more with.
pub struct Reviews<'a> {
    /// What reviews.
    pub session: &'a Session,
    /// The files as they are reviewed.
    pub view: &'a dyn Files,
    /// Which were reviewed.
    pub files: &'a [String],
    /// What knows of them what they have asked.
    pub cache: Option<&'a Cache>,
    /// Who works.
    pub threads: &'a Threads,
}

/// Takes out what the change has neither touched nor brought.
///
/// # Errors
/// If git cannot tell how files were.
pub fn keep(reviews: &Reviews<'_>, changes: &Changes, outcomes: &mut [Outcome]) -> anyhow::Result<()> {
    let Reviews { session, view, files, cache, threads } = *reviews;
    let touched: Vec<Vec<bool>> = threads.each(outcomes, |outcome| changes.touch(view, &outcome.findings));
    let mut brought: FxHashMap<usize, Vec<bool>> = FxHashMap::default();
    if touched.iter().flatten().any(|is_touched| !is_touched) {
        let base = changes.base()?;
        let before =
            Before { base: &base, view: base.layer.view(view), folders: folders_of(&base.layer, view) };
        let may_differ = before.dependents(session, cache);
        let open = (0..outcomes.len()).filter(|&at| touched[at].contains(&false) && may_differ(&files[at]));
        let open: Vec<usize> = open.collect();
        tracing::debug!("{} of {} files are reviewed as they were before", open.len(), files.len());
        let paths: Vec<String> = open.iter().map(|&at| files[at].clone()).collect();
        let found = threads.each_file(&paths, |path| before.found(session, path));
        for (at, had) in open.into_iter().zip(found) {
            let Some(had) = had else { continue };
            let is_brought = is_brought(changes, view, &outcomes[at].findings, &touched[at], had);
            brought.insert(at, is_brought);
        }
    }
    for (at, outcome) in outcomes.iter_mut().enumerate() {
        let mut number = 0..;
        outcome.findings.retain(|_| {
            let finding = number.next().unwrap_or_default();
            touched[at][finding] || brought.get(&at).is_some_and(|brought| brought[finding])
        });
    }
    Ok(())
}

/// A rule and where it has found something: its first and its last byte.
type Found = (&'static str, Spot, Spot);

/// Which of the findings that nothing has touched were not there before.
fn is_brought(
    changes: &Changes,
    view: &dyn Files,
    findings: &[Finding],
    touched: &[bool],
    mut had: FxHashMap<Found, u32>,
) -> Vec<bool> {
    let Some(breaks) = findings.first().map(|finding| Breaks::of(view, &finding.path)) else {
        return Vec::new();
    };
    let brought = findings.iter().zip(touched).map(|(finding, is_touched)| {
        if *is_touched {
            return false;
        }
        let (first, last) = changes.before(&finding.path, breaks.spots(finding.range));
        match had.get_mut(&(finding.rule, first, last)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    });
    brought.collect()
}

/// The files before, seen.
struct Before<'a> {
    base: &'a EarlierFiles,
    view: Layered<'a>,
    /// Those that may list otherwise.
    folders: FxHashSet<String>,
}

impl Before<'_> {
    /// What was found in a file; none where that cannot be told.
    fn found(&self, session: &Session, path: &str) -> Option<FxHashMap<Found, u32>> {
        let before = self.base.moved.get(path).map_or(path, String::as_str);
        let outcome = session.review_as(&self.view, before, path);
        if outcome.skipped.iter().any(|skipped| skipped.is_failure) {
            return None;
        }
        let breaks = Breaks::of(&self.view, before);
        let mut found = FxHashMap::default();
        for finding in &outcome.findings {
            let (first, last) = breaks.spots(finding.range);
            *found.entry((finding.rule, first, last)).or_default() += 1;
        }
        Some(found)
    }

    /// Whether a review of a file may have found something else: it has moved, or its review has asked something that had
    /// another answer.
    fn dependents<'s>(
        &'s self,
        session: &'s Session,
        cache: Option<&'s Cache>,
    ) -> impl Fn(&str) -> bool + 's {
        let is_same = self.base.layer.is_empty();
        let asked = cache.filter(|_| !is_same).map(|cache| cache.asking(|asks| self.answers_otherwise(asks)));
        let may_have =
            move |path: &str| asked.as_ref().is_none_or(|it| it.may_have(path, session.config_key(path)));
        move |path| !is_same && (self.base.layer.differs_at(path) || may_have(path))
    }

    fn answers_otherwise(&self, asks: Asks<'_>) -> bool {
        let (layer, now) = (self.view.layer, self.view.under);
        let tells_otherwise = |path: &str, question: &str| {
            // One that is not there says as much as an empty one.
            let empty = || {
                let mut files = MemoryFiles::default();
                files.insert(path, "");
                answer_to(&files, None, question).flatten()
            };
            let said = |view: &dyn Files| answer_to(view, None, question).flatten().or_else(empty);
            layer.differs_at(path) && said(&self.view) != said(now)
        };
        match asks {
            Asks::Text(path) => layer.differs_at(path),
            Asks::There(path) => layer.differs_at(path) && self.view.exists(path) != now.exists(path),
            Asks::Names(folder) => {
                self.folders.contains(folder) && self.view.list(folder) != now.list(folder)
            }
            Asks::Part(path, question) => tells_otherwise(path, question),
            Asks::Imports(root) => layer
                .paths()
                .filter(|path| path.strip_prefix(root).is_some_and(|below| below.starts_with('/')))
                .any(|path| tells_otherwise(path, &question_of(path))),
            // No commit moves a repository.
            Asks::Root(_) => false,
        }
    }
}

/// The folders above what has come or gone, but for sources that have come: whoever finds one by its name goes on to ask
/// something of it, which tells more. (What nobody lists any more nobody has asked anything.)
fn folders_of(layer: &Layer, now: &dyn Files) -> FxHashSet<String> {
    let is_asked_itself = |path: &str| {
        let is_source = Language::from_path(path).is_some();
        // Of programs in Rust the names alone tell something.
        is_source && !path.contains("/src/bin/")
    };
    let mut folders = FxHashSet::default();
    let is_listed_otherwise =
        |path: &&str| if layer.hides(path) { !is_asked_itself(path) } else { !now.exists(path) };
    for path in layer.paths().filter(is_listed_otherwise) {
        let mut at = path;
        while let Some((folder, _)) = at.rsplit_once('/') {
            if !folders.insert(folder.to_owned()) {
                break;
            }
            at = folder;
        }
    }
    folders
}
