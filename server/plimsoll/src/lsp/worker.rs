//! The workers: they review immutable snapshots and tell the owner what came of it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use plimsoll_engine::{Finding, Outcome, Request};
use plimsoll_project::Files;
use plimsoll_syntax::{FileKind, Rope, Snapshot, TextRange};
use rustc_hash::FxHashMap;
use tower_lsp::ls_types::{Location, Uri};

use super::actions::{self, FixJob};
use super::capabilities::ClientProfile;
use super::closed::{ClosedJob, ReviewedClosed, review_closed};
use super::configuration::Configurations;
use super::documents::{Urgency, uri_of};
use super::events::Event;
use super::hover::HoverJob;
use super::positions;
use super::reviewer::Reviewer;
use crate::files::EditorFiles;

/// How many threads review. One is left for the keys while another proves fixes.
const WORKERS: usize = 2;

/// How long after a key nothing is done that nobody asks for: the next key follows soon.
const PAUSE: Duration = Duration::from_millis(100);

/// The most closed files whose text is remembered to tell positions in them.
const REMEMBERED_ROPES: usize = 32;

/// Where places in files other than the reviewed one are, as the client counts.
pub type Elsewhere = FxHashMap<(String, TextRange), Location>;

/// What a worker needs to know of a document, at one moment.
#[derive(Clone, Debug)]
pub struct Subject {
    /// As the client spells it.
    pub uri: Uri,
    /// As the view of files spells it.
    pub path: String,
    /// Which text it is.
    pub revision: u64,
    /// Text and tree, if it is code.
    pub snapshot: Option<Snapshot>,
    /// All files as the user sees them.
    pub files: EditorFiles,
    /// What the client can do.
    pub profile: Arc<ClientProfile>,
    /// Where the configuration is found.
    pub configurations: Configurations,
}

impl Subject {
    /// Calls `ask` with a request for this document, or not if it is excluded.
    pub fn with_request<T>(
        &self,
        reviewer: &dyn Reviewer,
        cancel: &AtomicBool,
        ask: impl FnOnce(&Request<'_>) -> T,
    ) -> Option<T> {
        let config = self.configurations.of(&self.files, &self.path, reviewer.rules());
        if config.is_excluded(&self.path) {
            return None;
        }
        Some(ask(&Request {
            files: &self.files,
            path: &self.path,
            document: self.snapshot.as_ref(),
            config: &config,
            cancel,
            now: seconds_since_1970(),
        }))
    }
}

impl Subject {
    /// Reviews this document, unless it is excluded, and marks what its baseline holds.
    pub fn review(&self, reviewer: &dyn Reviewer, cancel: &AtomicBool) -> Option<Outcome> {
        self.review_in_steps(reviewer, cancel, &mut |_| ())
    }

    /// The same; see [`Reviewer::review_in_steps`].
    pub fn review_in_steps(
        &self,
        reviewer: &dyn Reviewer,
        cancel: &AtomicBool,
        first: &mut dyn FnMut(Outcome),
    ) -> Option<Outcome> {
        let marked = |mut outcome: Outcome| {
            self.configurations.mark(&self.files, &self.path, &mut outcome.findings);
            outcome
        };
        let review =
            |request: &Request<'_>| reviewer.review_in_steps(request, &mut |outcome| first(marked(outcome)));
        self.with_request(reviewer, cancel, review).map(marked)
    }
}

fn seconds_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

/// A review to be done.
#[derive(Debug)]
pub struct ReviewJob {
    /// Which one.
    pub id: u64,
    /// Of what.
    pub subject: Subject,
    /// How soon.
    pub urgency: Urgency,
    /// Set when it is superseded.
    pub cancel: Arc<AtomicBool>,
}

/// A review that was done.
#[derive(Debug)]
pub struct Reviewed {
    /// Which one.
    pub id: u64,
    /// Whether it is still under way, and this is what it yields at first.
    pub is_first: bool,
    /// Of which document.
    pub uri: Uri,
    /// What it yielded; `None` if the reviewer panicked.
    pub outcome: Option<Outcome>,
    /// Findings of the baseline, where those are not shown.
    pub hidden: Vec<Finding>,
    /// Where the related places in other files are.
    pub elsewhere: Elsewhere,
}

/// The workers and what waits for them. Dropping it lets them end.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    typing: VecDeque<ReviewJob>,
    hovers: VecDeque<HoverJob>,
    fixes: VecDeque<FixJob>,
    background: VecDeque<ReviewJob>,
    closed: VecDeque<ClosedJob>,
    /// How many workers are at something that nobody types for.
    unhurried: usize,
    /// How many review what somebody types, and when that was last done.
    hurried: usize,
    last_hurried: Option<Instant>,
    is_closed: bool,
}

enum Job {
    Review(ReviewJob),
    Closed(ClosedJob),
    Fixes(FixJob),
    Hover(HoverJob),
}

impl Pool {
    /// Starts the workers. They tell what they have done to `events`.
    #[must_use]
    pub fn start(reviewer: &Arc<dyn Reviewer>, events: &Sender<Event>) -> Self {
        let shared = Arc::new(Shared::default());
        // An editor that has just started opens something next.
        shared.lock().last_hurried = Some(Instant::now());
        for number in 0..WORKERS {
            let worker = Worker {
                shared: Arc::clone(&shared),
                reviewer: Arc::clone(reviewer),
                events: events.clone(),
                places: Places::default(),
            };
            let thread = std::thread::Builder::new().name(format!("worker {number}"));
            if let Err(error) = thread.spawn(move || worker.run()) {
                tracing::error!("a worker cannot be started: {error}");
            }
        }
        Self { shared }
    }

    /// Has a document reviewed.
    pub fn review(&self, job: ReviewJob) {
        let mut waiting = self.shared.lock();
        match job.urgency {
            Urgency::Typing => waiting.typing.push_back(job),
            Urgency::Background => waiting.background.push_back(job),
        }
        drop(waiting);
        self.shared.changed.notify_all();
    }

    /// Has a closed file reviewed when nothing else is to be done.
    pub fn review_closed(&self, job: ClosedJob) {
        self.shared.lock().closed.push_back(job);
        self.shared.changed.notify_all();
    }

    /// When nobody waits for one of the workers.
    #[must_use]
    pub fn quiet(&self) -> Quiet {
        Quiet { shared: Arc::clone(&self.shared) }
    }

    /// Has a call described.
    pub fn describe(&self, job: HoverJob) {
        self.shared.lock().hovers.push_back(job);
        self.shared.changed.notify_all();
    }

    /// Has fixes proven.
    pub fn prove(&self, job: FixJob) {
        self.shared.lock().fixes.push_back(job);
        self.shared.changed.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `None` when there will be nothing more.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            if let Some(job) = waiting.take() {
                return Some(job);
            }
            let woken = self.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn job_ended(&self, is_unhurried: bool) {
        let mut waiting = self.lock();
        if is_unhurried {
            waiting.unhurried -= 1;
        } else {
            waiting.hurried -= 1;
            waiting.last_hurried = Some(Instant::now());
        }
        drop(waiting);
        self.changed.notify_all();
    }
}

/// Tells when nobody waits for a worker, for what is done in the meantime.
#[derive(Clone, Debug)]
pub struct Quiet {
    shared: Arc<Shared>,
}

impl Quiet {
    /// Waits until nothing is asked for and nobody has typed for a moment. False when that is for nothing, because it
    /// was cancelled or the workers end.
    pub fn wait(&self, cancel: &AtomicBool) -> bool {
        let mut waiting = self.shared.lock();
        loop {
            if waiting.is_closed || cancel.load(Ordering::Relaxed) {
                return false;
            }
            if waiting.is_quiet() {
                return true;
            }
            let woken = self.shared.changed.wait_timeout(waiting, PAUSE);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Waiting {
    fn is_quiet(&self) -> bool {
        self.hurried + self.unhurried == 0
            && self.typing.is_empty()
            && self.hovers.is_empty()
            && self.fixes.is_empty()
            && self.background.is_empty()
            && self.closed.is_empty()
            && self.last_hurried.is_none_or(|last| last.elapsed() >= PAUSE)
    }

    fn take(&mut self) -> Option<Job> {
        if let Some(job) = self.typing.pop_front() {
            self.hurried += 1;
            return Some(Job::Review(job));
        }
        if self.unhurried + 1 >= WORKERS {
            return None;
        }
        let hover = self.hovers.pop_front().map(Job::Hover);
        let fixes = || self.fixes.pop_front().map(Job::Fixes);
        let background = || self.background.pop_front().map(Job::Review);
        let job =
            hover.or_else(fixes).or_else(background).or_else(|| self.closed.pop_front().map(Job::Closed))?;
        self.unhurried += 1;
        Some(job)
    }
}

struct Worker {
    shared: Arc<Shared>,
    reviewer: Arc<dyn Reviewer>,
    events: Sender<Event>,
    places: Places,
}

/// Tells where places in other files are, as the client counts.
#[derive(Debug, Default)]
pub struct Places {
    /// The texts of closed files, by path, with the stamps they had.
    ropes: FxHashMap<String, (u64, Rope)>,
}

impl Worker {
    fn run(mut self) {
        while let Some(job) = self.shared.next() {
            let is_unhurried = match &job {
                Job::Review(job) => job.urgency == Urgency::Background,
                Job::Closed(_) | Job::Fixes(_) | Job::Hover(_) => true,
            };
            let done = match job {
                Job::Review(job) => Some(Event::Reviewed(Box::new(self.review(job)))),
                Job::Closed(job) => self.review_closed(&job),
                Job::Hover(job) => {
                    let answering = || job.answer(self.reviewer.as_ref(), &mut self.places);
                    if catch_unwind(AssertUnwindSafe(answering)).is_err() {
                        tracing::error!("a call could not be described");
                    }
                    None
                }
                Job::Fixes(job) => {
                    let proving = || actions::prove(self.reviewer.as_ref(), job);
                    let proven = catch_unwind(AssertUnwindSafe(proving));
                    proven.ok().map(|proven| Event::Proven(Box::new(proven)))
                }
            };
            self.shared.job_ended(is_unhurried);
            if done.is_some_and(|event| self.events.send(event).is_err()) {
                return;
            }
        }
    }

    fn review(&mut self, job: ReviewJob) -> Reviewed {
        let ReviewJob { id, mut subject, cancel, .. } = job;
        let Worker { reviewer, places, events, .. } = self;
        finish_parse(&mut subject, &cancel, events);
        let reviewer = reviewer.as_ref();
        let review = || {
            if cancel.load(Ordering::Relaxed) {
                return Outcome { is_cancelled: true, ..Outcome::default() };
            }
            if FileKind::from_path(&subject.path) == Some(FileKind::PlimsollToml) {
                let findings = Configurations::findings(&subject.files, &subject.path, reviewer.rules());
                return Outcome { findings, ..Outcome::default() };
            }
            let mut first = |outcome| {
                let first = Reviewed { is_first: true, ..reviewed(places, &subject, id, Some(outcome)) };
                // Nobody listens any more where this fails, which the whole review will find too.
                let _ = events.send(Event::Reviewed(Box::new(first)));
            };
            subject.review_in_steps(reviewer, &cancel, &mut first).unwrap_or_default()
        };
        let outcome = catch_unwind(AssertUnwindSafe(review)).ok();
        reviewed(&mut self.places, &subject, id, outcome)
    }

    fn review_closed(&mut self, job: &ClosedJob) -> Option<Event> {
        if job.cancel.load(Ordering::Relaxed) {
            return None;
        }
        let reviewer = self.reviewer.as_ref();
        let review = || review_closed(reviewer, &mut self.places, job);
        let found = catch_unwind(AssertUnwindSafe(review)).unwrap_or_else(|_| {
            tracing::error!("the review of {} panicked", job.subject.path);
            None
        });
        let reviewed = ReviewedClosed { id: job.id, path: job.subject.path.clone(), found };
        (!job.cancel.load(Ordering::Relaxed)).then(|| Event::ReviewedClosed(Box::new(reviewed)))
    }
}

/// Finishes the parse of a document that took longer than a key may wait, and tells the owner. A key that overtakes the
/// review ends it.
fn finish_parse(subject: &mut Subject, cancel: &AtomicBool, events: &Sender<Event>) {
    let Subject { uri, revision, snapshot, .. } = subject;
    if let Some(snapshot) = snapshot.as_mut().filter(|snapshot| snapshot.is_unfinished())
        && snapshot.finish(Some(cancel))
    {
        let snapshot = Box::new(snapshot.clone());
        // Nobody listens any more where this fails, which the review will find too.
        let _ = events.send(Event::Parsed { uri: uri.clone(), revision: *revision, snapshot });
    }
}

/// What a review has yielded, as the owner takes it.
fn reviewed(places: &mut Places, subject: &Subject, id: u64, mut outcome: Option<Outcome>) -> Reviewed {
    let mut hidden = Vec::new();
    if let Some(outcome) = outcome.as_mut().filter(|_| subject.configurations.hides_baselined) {
        hidden.extend(outcome.findings.extract_if(.., |finding| finding.is_baselined));
    }
    let elsewhere = match &outcome {
        Some(outcome) if !outcome.is_cancelled => places.of(subject, outcome),
        _ => Elsewhere::default(),
    };
    Reviewed { id, is_first: false, uri: subject.uri.clone(), outcome, hidden, elsewhere }
}

impl Places {
    /// Where the related places of an outcome are that lie in other files than the reviewed one.
    pub fn of(&mut self, subject: &Subject, outcome: &Outcome) -> Elsewhere {
        let mut elsewhere = Elsewhere::default();
        if !subject.profile.related_information {
            return elsewhere;
        }
        for related in outcome.findings.iter().flat_map(|finding| &finding.related) {
            if related.path == subject.path {
                continue;
            }
            let key = (related.path.clone(), related.range);
            if elsewhere.contains_key(&key) {
                continue;
            }
            if let Some(location) = self.locate(subject, &related.path, related.range) {
                elsewhere.insert(key, location);
            }
        }
        elsewhere
    }

    /// Where a place in any file is.
    pub fn locate(&mut self, subject: &Subject, path: &str, range: TextRange) -> Option<Location> {
        let encoding = subject.profile.encoding;
        if let Some(buffer) = subject.files.buffer(path) {
            let uri = buffer.uri.parse().ok()?;
            let range = positions::to_range(&buffer.rope, range, encoding);
            return Some(Location { uri, range });
        }
        let stamp = subject.files.stamp(path)?;
        if self.ropes.get(path).is_none_or(|(known, _)| *known != stamp) {
            let rope = Rope::from_str(&subject.files.read(path)?);
            if self.ropes.len() >= REMEMBERED_ROPES {
                self.ropes.clear();
            }
            self.ropes.insert(path.to_owned(), (stamp, rope));
        }
        let (_, rope) = self.ropes.get(path)?;
        Some(Location { uri: uri_of(path)?, range: positions::to_range(rope, range, encoding) })
    }
}
