//! What `check` has found before, kept on disk so that it need not be found again.
//!
//! It can never change an answer. A review is a function of what it asks of the disk, of the configuration, of the
//! selection of rules and of this build. The outcome of a file is kept with all of these: with every path it has asked
//! for and a hash of what was seen there, absent files and the names in folders included, and it is taken only while
//! all of them still answer the same. What is kept is not trusted to be whole: what was not written by the same build
//! for the same selection, and unharmed, is as if it were not there.

mod folder;
mod identity;
mod numbers;
mod pack;
mod snapshot;

use std::io;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_engine::{Outcome, RuleInfo};
use plimsoll_project::Files;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::files::DiskFiles;
use folder::{Folder, Unfinished};
use numbers::Numbers;
use pack::{Entry, Pack, Question};
pub use snapshot::Asks;
use snapshot::{Asked, Known, Row, Snapshot};

/// The most outcomes that are kept of files that this run was not asked about.
const MAX_OTHERS: usize = 50_000;

/// A fingerprint of the sources that this binary was built from: the version alone does not tell two builds of one
/// version apart.
const BUILD: &str = env!("PLIMSOLL_BUILD");

/// The cache, as one run reads and writes it.
#[derive(Debug)]
pub struct Cache {
    folder: Folder,
    name: String,
    key: u64,
    rules: &'static [RuleInfo],
    /// The pack that this run will leave; none where it cannot be written.
    unfinished: Option<Unfinished>,
    snapshot: Snapshot,
    /// Paths and outcomes of earlier runs.
    earlier: FxHashMap<String, Entry>,
    questions: Vec<Question>,
    /// Whether each question answers as before, as far as it was asked.
    standing: Vec<AtomicU8>,
    fresh: Mutex<Vec<Entry>>,
    /// How many outcomes were taken, and how many asked for.
    taken: AtomicUsize,
    wanted: AtomicUsize,
}

const UNASKED: u8 = 0;
const SAME: u8 = 1;
const DIFFERENT: u8 = 2;

impl Cache {
    /// The cache of the project that `files` lie in, for a selection of rules.
    pub fn open(
        disk: DiskFiles,
        selection: &[&str],
        rules: &'static [RuleInfo],
        files: &[String],
    ) -> Option<Self> {
        let root = disk.root_of(&format!("{}/", common_folder(files)?)).filter(|root| !root.is_empty())?;
        let mut named = vec![env!("CARGO_PKG_VERSION"), BUILD];
        named.extend(selection);
        let key = xxhash_rust::xxh3::xxh3_64(named.join("\0").as_bytes());
        let name = format!("{key:016x}.pack");
        let folder = Folder::below(&root);
        let unfinished = folder.begin().inspect_err(unwritten).ok();
        let pack = folder.read(&name).and_then(|bytes| Pack::from_bytes(&bytes, key)).unwrap_or_default();
        let known =
            pack.questions.iter().map(|question| (Arc::clone(&question.asked), question.known())).collect();
        // Without a clock of the disk nothing new is taken for settled.
        let begun = unfinished.as_ref().map_or(i64::MIN, |unfinished| unfinished.begun);
        Some(Self {
            folder,
            name,
            key,
            rules,
            unfinished,
            snapshot: Snapshot::new(disk, root, begun, known),
            earlier: pack.entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect(),
            standing: pack.questions.iter().map(|_| AtomicU8::new(UNASKED)).collect(),
            questions: pack.questions,
            fresh: Mutex::default(),
            taken: AtomicUsize::new(0),
            wanted: AtomicUsize::new(0),
        })
    }

    /// The disk as this run sees it.
    pub fn files(&self) -> &dyn Files {
        &self.snapshot
    }

    /// The outcome of a file that is kept, if it still holds.
    pub fn kept(&self, path: &str, config: u64) -> Option<Outcome> {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        let entry = self.earlier.get(path).filter(|entry| entry.config == config && self.holds(entry))?;
        let outcome = entry.outcome(self.rules)?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(outcome)
    }

    /// The outcome of a review, which is kept.
    pub fn keep(&self, path: &str, config: u64, review: impl FnOnce(&dyn Files) -> Outcome) -> Outcome {
        let asked = Asked::new(&self.snapshot);
        let outcome = review(&asked);
        if let Some(mut entry) = Entry::new(path, config, &outcome)
            && let Some(questions) = asked.questions()
        {
            entry.questions = questions;
            self.fresh.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        }
        outcome
    }

    /// Which outcomes of this run rest on a question that is meant.
    pub fn asking(&self, is_meant: impl Fn(Asks<'_>) -> bool) -> Asking<'_> {
        let meant = |question: &Question| is_meant(Asks::of(&question.asked));
        let earlier: Vec<bool> = self.questions.iter().map(meant).collect();
        let rows = self.snapshot.rows();
        let anew: FxHashSet<u32> =
            rows.iter().filter(|(asked, _)| is_meant(Asks::of(asked))).map(|(_, row)| row.id).collect();
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |entry: &Entry| entry.questions.iter().any(|question| anew.contains(&question));
        let fresh = fresh.iter().map(|entry| (entry.path.clone(), rests(entry))).collect();
        Asking { cache: self, earlier, fresh }
    }

    fn holds(&self, entry: &Entry) -> bool {
        entry.questions.iter().all(|question| {
            let at = question as usize;
            match self.standing[at].load(Ordering::Relaxed) {
                SAME => true,
                DIFFERENT => false,
                _ => {
                    let is_same = self.snapshot.row(&self.questions[at].asked).known.answer
                        == self.questions[at].answer;
                    self.standing[at].store(if is_same { SAME } else { DIFFERENT }, Ordering::Relaxed);
                    is_same
                }
            }
        })
    }

    /// Writes what is worth keeping. What cannot be written is done without.
    pub fn finish(mut self) {
        let (taken, wanted) = (self.taken.get_mut(), self.wanted.get_mut());
        tracing::debug!("{taken} of {wanted} files were reviewed in an earlier run");
        let Some(unfinished) = self.unfinished.take() else { return };
        // Each earlier question is looked up once, not once for each file that has asked it.
        let now: Vec<Option<Row>> =
            self.questions.iter().map(|question| self.snapshot.asked(&question.asked)).collect();
        if !self.is_worth_writing(&now) {
            return;
        }
        let Some(bytes) = self.left(&now).to_bytes(self.key) else {
            tracing::debug!("the cache is not written: it would be too large");
            return;
        };
        if let Err(error) = self.folder.finish(unfinished, &self.name, &bytes) {
            unwritten(&error);
        }
    }

    /// Whether something was reviewed, or is now known by what was found at its path.
    fn is_worth_writing(&mut self, now: &[Option<Row>]) -> bool {
        let has_fresh = !self.fresh.get_mut().unwrap_or_else(PoisonError::into_inner).is_empty();
        let is_known_anew = |(question, row): (&Question, &Option<Row>)| {
            row.is_some_and(|row| row.known.identity.is_some() && row.known != question.known())
        };
        has_fresh || self.questions.iter().zip(now).any(is_known_anew)
    }

    /// What this run leaves: its own outcomes, and those of others that may hold. `now` tells of each earlier question how
    /// this run answers it, if it was asked.
    fn left(&mut self, now: &[Option<Row>]) -> Pack {
        let fresh = std::mem::take(self.fresh.get_mut().unwrap_or_else(PoisonError::into_inner));
        let is_fresh: FxHashSet<&str> = fresh.iter().map(|entry| entry.path.as_str()).collect();
        let answers_as_before = |(question, row): (&Question, &Option<Row>)| {
            row.is_none_or(|row| row.known.answer == question.answer)
        };
        let stands: Vec<bool> = self.questions.iter().zip(now).map(answers_as_before).collect();
        let may_hold = |entry: &Entry| {
            // This run has looked at most of them already.
            let is_there = || match self.snapshot.asked(&entry.path) {
                Some(row) => row.known.answer.is_some(),
                None => std::fs::exists(&entry.path).unwrap_or(false),
            };
            !is_fresh.contains(entry.path.as_str())
                && entry.questions.iter().all(|question| stands[question as usize])
                && is_there()
        };
        let earlier = std::mem::take(&mut self.earlier);
        let mut others: Vec<Entry> = earlier.into_values().filter(may_hold).collect();
        others.sort_by(|a, b| a.path.cmp(&b.path));
        others.truncate(MAX_OTHERS);

        let mut gathered = Gathered::new(&self.snapshot);
        let mut entries = Vec::with_capacity(fresh.len() + others.len());
        for mut entry in fresh {
            let numbers = entry.questions.iter().map(|question| gathered.asked_now(question));
            entry.questions = Numbers::new(numbers.collect());
            entries.push(entry);
        }
        let mut renumbered: Vec<Option<u32>> = vec![None; self.questions.len()];
        for mut entry in others {
            let numbers = entry.questions.iter().map(|question| {
                let at = question as usize;
                *renumbered[at].get_or_insert_with(|| match now[at] {
                    Some(row) => gathered.asked_now(row.id),
                    // One that this run did not ask is told as it was before.
                    None => gathered.add(Arc::clone(&self.questions[at].asked), self.questions[at].known()),
                })
            });
            entry.questions = Numbers::new(numbers.collect());
            entries.push(entry);
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Pack { questions: gathered.questions, entries }
    }
}

/// Which outcomes rest on some questions.
pub struct Asking<'a> {
    cache: &'a Cache,
    /// Whether it is one of them, by the numbers of earlier questions.
    earlier: Vec<bool>,
    /// Whether what was reviewed in this run has asked one.
    fresh: FxHashMap<String, bool>,
}

impl Asking<'_> {
    /// Whether the outcome of a file does; also where that is not known.
    pub fn may_have(&self, path: &str, config: u64) -> bool {
        if let Some(has) = self.fresh.get(path) {
            return *has;
        }
        let is_taken = |entry: &&Entry| entry.config == config && self.cache.holds(entry);
        let taken = self.cache.earlier.get(path).filter(is_taken);
        taken.is_none_or(|entry| entry.questions.iter().any(|question| self.earlier[question as usize]))
    }
}

/// Questions with new numbers.
struct Gathered {
    /// The questions of this run, by their numbers in it.
    rows: Vec<Option<(Arc<str>, Known)>>,
    /// Their new numbers.
    ids: Vec<Option<u32>>,
    questions: Vec<Question>,
}

impl Gathered {
    fn new(snapshot: &Snapshot) -> Self {
        let rows = snapshot.rows();
        let count = rows.iter().map(|(_, row)| row.id as usize + 1).max().unwrap_or(0);
        let mut by_id = vec![None; count];
        for (asked, row) in rows {
            by_id[row.id as usize] = Some((asked, row.known));
        }
        Self { ids: vec![None; count], rows: by_id, questions: Vec::new() }
    }

    /// The number of a question of this run.
    fn asked_now(&mut self, row: u32) -> u32 {
        let at = row as usize;
        if let Some(id) = self.ids[at] {
            return id;
        }
        let (asked, known) = self.rows[at].take().expect("each question of the run has a row");
        let id = self.add(asked, known);
        self.ids[at] = Some(id);
        id
    }

    fn add(&mut self, asked: Arc<str>, known: Known) -> u32 {
        let id = u32::try_from(self.questions.len()).unwrap_or(u32::MAX);
        self.questions.push(Question { asked, answer: known.answer, identity: known.identity });
        id
    }
}

/// The folder that all files lie below.
fn common_folder(files: &[String]) -> Option<&str> {
    let (first, last) = (files.first()?, files.last()?);
    // Of sorted paths, what the first and the last share all share.
    let shared = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    let end = first.as_bytes()[..shared].iter().rposition(|byte| *byte == b'/')?;
    first.get(..end)
}

fn unwritten(error: &io::Error) {
    tracing::debug!("the cache is not written: {error}");
}

#[cfg(test)]
mod tests;
