//! The owner of all mutable state: one thread that applies events in order.
//!
//! It never waits for a worker, for the client or for a disk. What it hands out are immutable snapshots; what comes
//! back is taken only if it was computed from the text that the document still has.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use plimsoll_syntax::Edit;
use rustc_hash::{FxHashMap, FxHashSet};
use tower_lsp::ls_types::Uri;

use super::capabilities::ClientProfile;
use super::client::ClientRequests;
use super::closed::ClosedFiles;
use super::configuration::Configurations;
use super::documents::{OpenDocument, RunningReview, Text, Urgency, path_of};
use super::events::Event;
use super::imports::Pending;
use super::index::Index;
use super::publish::{publish, publish_list};
use super::pull::WorkspacePull;
use super::retention::Retention;
use super::reviewer::Reviewer;
use super::transport::Outgoing;
use super::worker::{Elsewhere, Pool, ReviewJob, Reviewed, Subject};
use crate::files::{Buffer, DiskFiles, EditorFiles};

/// The most events that are applied before reviews are started and the outcomes of others are looked at.
const MAX_BATCH: usize = 4096;

/// All state of the server.
pub struct Owner {
    pub(super) documents: FxHashMap<Uri, OpenDocument>,
    pub(super) files: EditorFiles,
    pub(super) profile: Arc<ClientProfile>,
    pub(super) reviewer: Arc<dyn Reviewer>,
    pub(super) pool: Pool,
    /// Files that are not open and have changed.
    pub(super) closed: ClosedFiles,
    /// Files whose buffer is open and that have changed on the disk.
    pub(super) changed_below: FxHashSet<String>,
    /// What is asked of the workspace.
    pub(super) workspace_pull: Option<WorkspacePull>,
    /// Whether the client has ever asked for it: one that asks for documents only is sent what is in other files.
    pub(super) asks_for_workspace: bool,
    /// Whether the client was told to ask again, and has not yet.
    pub(super) is_refreshing: bool,
    pub(super) requests: ClientRequests,
    pub(super) outgoing: Outgoing,
    pub(super) configurations: Configurations,
    /// What is to be read of who imports what, and where that is told.
    pub(super) imports: Pending,
    pub(super) events: Sender<Event>,
    roots: Vec<String>,
    /// Whether the client wants to be told of the work.
    is_tracing: bool,
    /// Stops the reading of the workspace that is on its way.
    index: Arc<AtomicBool>,
    /// Whether the workspace is to be read ahead once a document is open, and whether the client shows how far that is.
    wanted_index: Option<bool>,
    last_revision: u64,
    last_review: u64,
}

impl Owner {
    /// An owner without documents. `events` is where its workers tell what they have done.
    #[must_use]
    pub fn new(
        reviewer: Arc<dyn Reviewer>,
        events: &Sender<Event>,
        requests: ClientRequests,
        outgoing: Outgoing,
    ) -> Self {
        Self {
            documents: FxHashMap::default(),
            files: EditorFiles::default(),
            profile: Arc::default(),
            pool: Pool::start(&reviewer, events),
            reviewer,
            closed: ClosedFiles::default(),
            changed_below: FxHashSet::default(),
            workspace_pull: None,
            asks_for_workspace: false,
            is_refreshing: false,
            requests,
            outgoing,
            configurations: Configurations::default(),
            imports: Pending::default(),
            events: events.clone(),
            roots: Vec::new(),
            is_tracing: false,
            index: Arc::default(),
            wanted_index: None,
            last_revision: 0,
            last_review: 0,
        }
    }

    /// Applies events until the connection ends.
    pub fn run(mut self, events: &Receiver<Event>) {
        while let Ok(first) = events.recv() {
            // What has piled up meanwhile is applied before any of it is reviewed.
            let batch = std::iter::once(first).chain(events.try_iter().take(MAX_BATCH));
            for event in coalesce(batch) {
                if matches!(event, Event::Stop) {
                    return;
                }
                // One bad event must not take the editor's documents down with it.
                if catch_unwind(AssertUnwindSafe(|| self.handle(event))).is_err() {
                    tracing::error!("an event could not be handled");
                }
            }
            self.start_reviews();
            self.start_closed_reviews();
            self.start_imports();
        }
    }

    /// Applies one event.
    pub(super) fn handle(&mut self, event: Event) {
        match event {
            Event::Initialize { profile, roots } => {
                self.profile = Arc::from(profile);
                self.roots = roots;
                self.files.set_disk(DiskFiles::with_roots(self.roots.clone()).remembering());
            }
            Event::Open { uri, language_id, version, text } => {
                self.open(uri, &language_id, version, &text);
            }
            Event::Change { uri, version, edits } => self.change(&uri, version, &edits),
            Event::Save { uri } => {
                self.imports.all_changed();
                self.review_all_but(Some(&uri));
            }
            Event::Close { uri } => self.close(&uri),
            Event::Settings { settings } => self.take_settings(settings.as_ref()),
            Event::Folders { added, removed } => {
                self.roots.retain(|root| !removed.contains(root));
                self.roots.extend(added);
                self.files.set_disk(DiskFiles::with_roots(self.roots.clone()).remembering());
                self.review_all_but(None);
                self.imports.all_changed();
                self.wanted_index = Some(false);
                self.start_index();
            }
            Event::Disk { paths } => {
                // A buffer stands over what has changed below it.
                if paths.iter().any(|path| self.files.buffer(path).is_none()) {
                    self.review_all_but(None);
                }
                self.closed_files_changed(&paths);
                self.imports.changed(paths);
            }
            Event::Index { shows_progress } => {
                if !self.roots.is_empty() {
                    self.imports.want();
                }
                self.wanted_index = Some(shows_progress);
                self.start_index();
            }
            Event::Trace { is_on } => self.is_tracing = is_on,
            Event::CancelIndex => self.index.store(true, Ordering::Relaxed),
            Event::Imports(read) => self.take_imports(*read),
            Event::Parsed { uri, revision, snapshot } => {
                let document = self.documents.get_mut(&uri);
                if let Some(document) = document.filter(|document| document.revision == revision) {
                    document.text.take_tree(&snapshot);
                }
            }
            Event::Reviewed(reviewed) => self.take_review(*reviewed),
            Event::ReviewedClosed(reviewed) => self.take_closed(*reviewed),
            Event::Actions { .. }
            | Event::Resolve { .. }
            | Event::Hover { .. }
            | Event::Lenses { .. }
            | Event::Pull { .. } => self.ask(event),
            Event::Command { params, reply } => reply.send(self.execute(&params)),
            Event::PullWorkspace { params, reply } => self.pull_workspace(*params, reply),
            Event::Proven(proven) => self.take_proven(*proven),
            Event::Stop => {}
        }
    }

    /// Has the workspace read ahead, as it is now, if somebody has begun to work in it: what is near the open documents
    /// comes first.
    fn start_index(&mut self) {
        if self.roots.is_empty() || self.documents.is_empty() {
            return;
        }
        let Some(shows_progress) = self.wanted_index.take() else { return };
        self.index.store(true, Ordering::Relaxed);
        self.index = Arc::default();
        let index = Index {
            reviewer: Arc::clone(&self.reviewer),
            files: self.files.clone(),
            roots: self.roots.clone(),
            open: self.documents.values().map(|document| document.path.clone()).collect(),
            quiet: self.pool.quiet(),
            cancel: Arc::clone(&self.index),
            progress: shows_progress.then(|| self.outgoing.clone()),
        };
        index.start();
    }

    fn open(&mut self, uri: Uri, language_id: &str, version: i32, text: &str) {
        if self.documents.contains_key(&uri) {
            tracing::warn!("{} is opened twice", uri.as_str());
            self.forget(&uri);
        }
        let Some(path) = path_of(&uri) else {
            return;
        };
        let Some(text) = Text::open(&path, language_id, text, version) else {
            return;
        };
        self.last_revision += 1;
        let document = OpenDocument {
            uri: uri.clone(),
            path,
            text,
            revision: self.last_revision,
            retention: Retention::default(),
            shown: Vec::new(),
            covered: Vec::new(),
            hidden: Vec::new(),
            units: Vec::new(),
            elsewhere: Elsewhere::default(),
            published: None,
            pulled: None,
            review: None,
            wants_review: Some(Urgency::Typing),
            waiting: Vec::new(),
            proven: Vec::new(),
            stands: false,
        };
        self.follow_no_longer(&document.path, &uri);
        // From now on it is shown what its own review says.
        if self.closed.misconfigured.remove(&document.path).is_some()
            && self.profile.pulls
            && self.sends_others()
        {
            publish_list(&uri, Vec::new(), &self.outgoing);
        }
        hold(&mut self.files, &document);
        self.imports.changed([document.path.clone()]);
        self.documents.insert(uri, document);
        self.start_index();
    }

    fn change(&mut self, uri: &Uri, version: i32, edits: &[Edit]) {
        let Some(document) = self.documents.get_mut(uri) else {
            tracing::debug!("{} is changed but not open", uri.as_str());
            return;
        };
        // The notifications are in order whatever their numbers say, and the client compares with its own number.
        if version <= document.text.version() {
            let before = document.text.version();
            tracing::warn!("{} goes from version {before} to {version}", uri.as_str());
        }
        document.cancel_review();
        let applied = document.text.apply(edits, self.profile.encoding, version);
        self.last_revision += 1;
        document.revision = self.last_revision;
        document.follow(&applied);
        document.want_review(Urgency::Typing);
        refuse_all(std::mem::take(&mut document.waiting));
        hold(&mut self.files, document);
        self.imports.changed([document.path.clone()]);
        if document.is_configuration() {
            self.review_all_but(Some(uri));
        }
    }

    fn close(&mut self, uri: &Uri) {
        let Some(path) = self.forget(uri) else { return };
        if !self.profile.pulls {
            publish_list(uri, Vec::new(), &self.outgoing);
        }
        self.tell_once(uri);
        // What was written but not saved is gone for the others.
        self.review_all_but(None);
        self.follow_again(&path);
        self.tell_of_configurations();
    }

    fn forget(&mut self, uri: &Uri) -> Option<String> {
        let mut document = self.documents.remove(uri)?;
        document.cancel_review();
        refuse_all(std::mem::take(&mut document.waiting));
        self.files.close(&document.path);
        self.reviewer.forget(&document.path);
        self.imports.changed([document.path.clone()]);
        Some(document.path)
    }

    /// What a worker needs to know of a document.
    pub(super) fn subject(&self, document: &OpenDocument) -> Subject {
        Subject {
            uri: document.uri.clone(),
            path: document.path.clone(),
            revision: document.revision,
            snapshot: document.text.snapshot(),
            files: self.files.clone(),
            profile: Arc::clone(&self.profile),
            configurations: self.configurations.clone(),
        }
    }

    /// The same of a file that is not open.
    pub(super) fn subject_of_closed(&self, uri: Uri, path: String) -> Subject {
        Subject {
            uri,
            path,
            revision: 0,
            snapshot: None,
            files: self.files.clone(),
            profile: Arc::clone(&self.profile),
            configurations: self.configurations.clone(),
        }
    }

    /// The same for fixes: they are held against the disk as it is now.
    pub(super) fn subject_of_fixes(&self, document: &OpenDocument) -> Subject {
        Subject { files: self.files.looking_anew(), ..self.subject(document) }
    }

    /// Takes over the settings of the editor; all is reviewed with them.
    fn take_settings(&mut self, settings: Option<&serde_json::Value>) {
        if let Some(settings) = settings {
            let wrong = self.configurations.set_editor(settings, self.reviewer.rules());
            if !wrong.is_empty() {
                tracing::warn!("the editor's settings: {}", wrong.join("; "));
                self.tell(&format!("Plimsoll's settings in this editor: {}", wrong.join("; ")));
            }
        }
        self.review_all_but(None);
    }

    fn review_all_but(&mut self, uri: Option<&Uri>) {
        self.files.forget_disk();
        self.configurations.forget();
        for document in self.documents.values_mut() {
            if uri != Some(&document.uri) {
                document.want_review(Urgency::Background);
            }
        }
    }

    fn start_reviews(&mut self) {
        let wants = self.documents.values().filter_map(|document| {
            Some((Reverse(document.wants_review?), document.revision, document.uri.clone()))
        });
        let mut wants: Vec<(Reverse<Urgency>, u64, Uri)> = wants.collect();
        wants.sort();
        for (Reverse(urgency), _, uri) in wants {
            let (id, cancel) = self.next_review();
            let Some(document) = self.documents.get_mut(&uri) else {
                continue;
            };
            document.wants_review = None;
            if document.stands && document.published.is_some() {
                publish(document, &self.profile, &self.outgoing);
            }
            document.review = Some(RunningReview { id, cancel: Arc::clone(&cancel), urgency });
            let subject = self.subject(&self.documents[&uri]);
            self.pool.review(ReviewJob { id, subject, urgency, cancel });
        }
    }

    /// A number for a review, and what cancels it.
    pub(super) fn next_review(&mut self) -> (u64, Arc<AtomicBool>) {
        self.last_review += 1;
        (self.last_review, Arc::default())
    }

    fn take_review(&mut self, reviewed: Reviewed) {
        let Reviewed { id, is_first, uri, outcome, hidden, elsewhere } = reviewed;
        let Some(document) = self.documents.get_mut(&uri) else {
            return;
        };
        // Any edit, and whatever else may change the findings, has put another review in its place.
        if document.review.as_ref().is_none_or(|review| review.id != id) {
            return;
        }
        // What is told at first stands until the whole review is there.
        let stood = std::mem::replace(&mut document.stands, is_first);
        let review = if is_first { None } else { document.review.take() };
        document.hidden = hidden;
        match outcome {
            Some(outcome) if outcome.is_cancelled => {
                tracing::warn!("a review of {} gave up by itself", uri.as_str());
            }
            Some(outcome) => {
                for skipped in outcome.skipped.iter().filter(|skipped| skipped.is_failure) {
                    tracing::warn!("{} was skipped: {}", skipped.path, skipped.reason);
                }
                let units = document.text.has_tree().then_some(&outcome.units[..]);
                document.units = outcome.units.iter().map(|unit| unit.range).collect();
                document.shown = document.retention.show(outcome.findings, units);
                document.take_places(elsewhere);
            }
            None => {
                tracing::error!("the review of {} panicked", uri.as_str());
                document.shown = document.retention.show(Vec::new(), None);
            }
        }
        document.covered.clear();
        self.tell_once(&uri);
        let Some(document) = self.documents.get_mut(&uri) else { return };
        if self.is_tracing {
            let (version, count) = (document.text.version(), document.shown.len());
            let findings = if count == 1 { "finding" } else { "findings" };
            let done = if is_first { "looked at" } else { "reviewed" };
            let message = format!("{done} {}, version {version}: {count} {findings}", uri.as_str());
            let params = serde_json::json!({ "message": message });
            let trace = serde_json::json!({ "jsonrpc": "2.0", "method": "$/logTrace", "params": params });
            self.outgoing.send(&trace);
        }
        let waiting: Vec<Event> = if is_first {
            document.waiting.extract_if(.., |event| matches!(event, Event::Pull { .. })).collect()
        } else {
            std::mem::take(&mut document.waiting)
        };
        if !self.profile.pulls {
            publish(document, &self.profile, &self.outgoing);
        } else if is_first {
            // Told when it asks.
        } else if stood || review.is_some_and(|review| review.urgency == Urgency::Background) {
            // Of what it has changed itself, the client asks by itself, but was told what stood until now.
            self.refresh_pulled(&uri);
        }
        self.tell_of_configurations();
        for event in waiting {
            self.handle(event);
        }
    }
}

/// Makes the view of files show a document's newest text.
fn hold(files: &mut EditorFiles, document: &OpenDocument) {
    let uri = document.uri.as_str().to_owned();
    let text = &document.text;
    let buffer = Buffer::new(text.rope().clone(), uri, text.version(), document.revision);
    files.open(document.path.clone(), buffer);
}

/// Answers requests that an edit has overtaken.
fn refuse_all(waiting: Vec<Event>) {
    for event in waiting {
        super::requests::refuse(event);
    }
}

/// Joins changes of one document that follow each other, so that the text is parsed once for all of them.
fn coalesce(events: impl Iterator<Item = Event>) -> Vec<Event> {
    let mut coalesced: Vec<Event> = Vec::new();
    for event in events {
        match (coalesced.last_mut(), event) {
            (
                Some(Event::Change { uri, version, edits }),
                Event::Change { uri: next_uri, version: next_version, edits: next },
            ) if *uri == next_uri => {
                *version = next_version;
                edits.extend(next);
            }
            (_, event) => coalesced.push(event),
        }
    }
    coalesced
}
