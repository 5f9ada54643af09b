//! The disk as one run sees it, with a record of what each review asked of it.
//!
//! A question is spelled as a path: of a file, for its text; of a folder with a `/` at its end, for the names in it;
//! of a folder with `//`, for the root above its files; of a file with a NUL and a word, for less than its text. Its
//! answer is told by a hash of what was seen, so that a file that is only touched, or checked out anew, answers as
//! before.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use plimsoll_project::Files;
use plimsoll_project::importers::{Imports, importing_sources, question_of};
use plimsoll_project::manifests::answer_to;
use plimsoll_syntax::limits;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_128;

use super::identity::Identity;
use super::numbers::Numbers;
use crate::files::{DiskFiles, listed};

/// A hash of what was seen; none where nothing is there.
pub type Answer = Option<[u8; 16]>;

/// What follows the path of a file in the question whether it is there.
const THERE: &str = "\0there";

/// What follows a root in the question which modules each of the sources below it names.
const IMPORTS: &str = "\0imports";

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks<'a> {
    /// The root above the files of a folder.
    Root(&'a str),
    /// The names in a folder.
    Names(&'a str),
    /// Whether there is such a file.
    There(&'a str),
    /// What the sources below a root import.
    Imports(&'a str),
    /// Less than the text of a file, in the words of the question.
    Part(&'a str, &'a str),
    /// The text of a file.
    Text(&'a str),
}

impl<'a> Asks<'a> {
    /// What a question is about.
    pub fn of(question: &'a str) -> Self {
        if let Some(folder) = question.strip_suffix("//") {
            Self::Root(folder)
        } else if let Some(folder) = question.strip_suffix('/') {
            Self::Names(folder)
        } else if let Some(path) = question.strip_suffix(THERE) {
            Self::There(path)
        } else if let Some(root) = question.strip_suffix(IMPORTS) {
            Self::Imports(root)
        } else if let Some((path, _)) = question.split_once('\0') {
            Self::Part(path, question)
        } else {
            Self::Text(question)
        }
    }
}

/// What stands for the text of files that have none.
const TOO_LARGE: &[u8] = b"\xff too large";
const UNREADABLE: &[u8] = b"\xff cannot be read";

/// An answer, and what was found at the path: as long as that is found again, the answer is known unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What was seen.
    pub answer: Answer,
    /// None where the answer must be looked for in any case.
    pub identity: Option<Identity>,
}

/// A question of this run, answered.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its number in this run.
    pub id: u32,
    /// Its answer.
    pub known: Known,
}

/// The disk as one run sees it.
#[derive(Debug)]
pub struct Snapshot {
    disk: DiskFiles,
    /// The root of what is reviewed: folders from here on are listed to learn what is not in them.
    root: String,
    /// Before this moment files were left alone.
    started: i64,
    /// What an earlier run has seen.
    earlier: FxHashMap<Arc<str>, Known>,
    rows: DashMap<Arc<str>, Row, FxBuildHasher>,
    next: AtomicU32,
    /// The names in each folder; none where they cannot be read.
    lists: DashMap<Arc<str>, Option<Arc<[String]>>, FxBuildHasher>,
    /// The repository around the files of a folder.
    repositories: DashMap<Arc<str>, Option<Arc<str>>, FxBuildHasher>,
    /// What the sources below a root import.
    imports: DashMap<Arc<str>, Option<Arc<Imports>>>,
}

impl Snapshot {
    /// The disk from now on.
    pub fn new(disk: DiskFiles, root: String, started: i64, earlier: FxHashMap<Arc<str>, Known>) -> Self {
        Self {
            disk,
            root,
            started,
            rows: DashMap::with_capacity_and_hasher(earlier.len(), FxBuildHasher),
            earlier,
            next: AtomicU32::new(0),
            lists: DashMap::default(),
            repositories: DashMap::default(),
            imports: DashMap::new(),
        }
    }

    /// Answers a question, once for the run.
    pub fn row(&self, question: &str) -> Row {
        if let Some(row) = self.rows.get(question) {
            return *row;
        }
        let known = match Asks::of(question) {
            Asks::Root(folder) => {
                let root = self.root_above(folder);
                Known { answer: root.map(|root| hash(root.as_bytes())), identity: None }
            }
            Asks::Names(folder) => self.names(folder),
            Asks::There(path) => {
                let is_file = || std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
                let is_there = !self.is_absent(path) && is_file();
                Known { answer: is_there.then(|| hash(b"there")), identity: None }
            }
            Asks::Imports(root) => self.imports(root),
            Asks::Part(path, question) => self.part(question, path),
            Asks::Text(path) => self.text(path),
        };
        // Two that ask at once may have seen two states; the first one counts.
        let new = || Row { id: self.next.fetch_add(1, Ordering::Relaxed), known };
        let spelled = self.earlier.get_key_value(question).map(|(spelled, _)| Arc::clone(spelled));
        *self.rows.entry(spelled.unwrap_or_else(|| question.into())).or_insert_with(new)
    }

    /// A question, answered, if this run has asked it.
    pub fn asked(&self, question: &str) -> Option<Row> {
        self.rows.get(question).map(|row| *row)
    }

    /// All questions that were asked, with their answers.
    pub fn rows(&self) -> Vec<(Arc<str>, Row)> {
        self.rows.iter().map(|row| (Arc::clone(row.key()), *row.value())).collect()
    }

    /// What an earlier run has seen, if the path shows that it is still so.
    fn unread(&self, question: &str, identity: Option<Identity>) -> Option<Known> {
        let earlier = self.earlier.get(question)?;
        (identity.is_some() && earlier.identity == identity).then_some(*earlier)
    }

    fn text(&self, path: &str) -> Known {
        let unseen = |answer: Option<&[u8]>| Known { answer: answer.map(hash), identity: None };
        if self.is_absent(path) {
            return unseen(None);
        }
        let Some(metadata) = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file) else {
            return unseen(None);
        };
        if metadata.len() > limits::MAX_FILE_BYTES as u64 {
            return unseen(Some(TOO_LARGE));
        }
        let identity = Identity::of(&metadata);
        if let Some(known) = self.unread(path, identity) {
            return known;
        }
        match std::fs::read(path) {
            Ok(bytes) => self.seen(hash(&bytes), identity),
            Err(_) => unseen(Some(UNREADABLE)),
        }
    }

    /// What is asked of a text is less than all of it.
    fn part(&self, question: &str, path: &str) -> Known {
        let metadata = std::fs::metadata(path).ok();
        let identity = metadata.as_ref().and_then(Identity::of);
        if let Some(known) = self.unread(question, identity) {
            return known;
        }
        let answer = answer_to(&self.disk, None, question).flatten();
        answer.map_or(Known { answer: None, identity: None }, |answer| self.seen(long(answer), identity))
    }

    /// All at once: which of them name a module is not known before they are read.
    fn imports(&self, root: &str) -> Known {
        let Some(sources) = importing_sources(self, root) else {
            return Known { answer: None, identity: None };
        };
        let mut all = Vec::new();
        for path in sources {
            let answer = self.row(&question_of(&path)).known.answer;
            all.extend_from_slice(path.as_bytes());
            all.extend_from_slice(&answer.unwrap_or_default());
        }
        Known { answer: Some(hash(&all)), identity: None }
    }

    fn names(&self, folder: &str) -> Known {
        let path = if folder.is_empty() { "/" } else { folder };
        let metadata = std::fs::metadata(path).ok();
        let identity = metadata.as_ref().and_then(Identity::of);
        let question = format!("{folder}/");
        if let Some(known) = self.unread(&question, identity) {
            return known;
        }
        let (names, has_links) = listed(folder).unwrap_or_default();
        let answer = hash_of_names(&names);
        self.lists.insert(folder.into(), Some(names.into()));
        // What a link leads to may become a folder while the folder with the link stays as it is.
        self.seen(answer, identity.filter(|_| !has_links))
    }

    fn seen(&self, answer: [u8; 16], identity: Option<Identity>) -> Known {
        Known { answer: Some(answer), identity: identity.filter(|it| it.is_settled(self.started)) }
    }

    fn names_in(&self, folder: &str) -> Arc<[String]> {
        self.listing(folder).unwrap_or_default()
    }

    /// The names in a folder, in order; none where they cannot be read.
    fn listing(&self, folder: &str) -> Option<Arc<[String]>> {
        if let Some(names) = self.lists.get(folder) {
            return names.clone();
        }
        let names = if self.is_known_to_be_absent(folder) {
            Some(Arc::default())
        } else {
            listed(folder).map(|(names, _)| Arc::from(names))
        };
        self.lists.entry(folder.into()).or_insert(names).clone()
    }

    /// Whether the folder around another one was listed, and does not name it.
    fn is_known_to_be_absent(&self, folder: &str) -> bool {
        cfg!(target_os = "linux")
            && folder.rsplit_once('/').is_some_and(|(around, own)| {
                let names = self.lists.get(around);
                names.is_some_and(|names| {
                    names.as_deref().is_some_and(|names| !is_in(names, &format!("{own}/")))
                })
            })
    }

    /// Whether what surrounds a path shows that no file is there. Most questions of a run are about files that are not
    /// there (where might an import lead?), many of them in one folder: one listing answers these, and no folder that
    /// the one around it does not name need be looked for. Not where file systems spell one name in several ways.
    fn is_absent(&self, path: &str) -> bool {
        let Some((folder, name)) = path.rsplit_once('/') else { return false };
        if !cfg!(target_os = "linux") || !self.is_reviewed(folder) {
            return false;
        }
        let lacks = |folder: &str, name: &str| self.listing(folder).is_some_and(|names| !is_in(&names, name));
        let around = folder.rsplit_once('/').filter(|(around, _)| self.is_reviewed(around));
        around.is_some_and(|(around, own)| lacks(around, &format!("{own}/"))) || lacks(folder, name)
    }

    /// Whether a folder is the root of what is reviewed, or below it.
    fn is_reviewed(&self, folder: &str) -> bool {
        let below = folder.strip_prefix(self.root.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn root_above(&self, folder: &str) -> Option<Arc<str>> {
        let mut passed: Vec<&str> = Vec::new();
        let mut at = Some(folder);
        let found = loop {
            let Some(here) = at else { break None };
            if let Some(known) = self.repositories.get(here) {
                break known.clone();
            }
            passed.push(here);
            if DiskFiles::is_repository(here) {
                break Some(Arc::from(here));
            }
            at = here.rsplit_once('/').map(|(parent, _)| parent);
        };
        for folder in passed {
            self.repositories.insert(folder.into(), found.clone());
        }
        found.or_else(|| self.disk.open_root_above(folder).map(Into::into))
    }
}

/// Answers as one moment of the disk, and records nothing.
impl Files for Snapshot {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.disk.read(path)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        self.row(path).known.answer.map(short)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.names_in(folder.trim_end_matches('/')).to_vec()
    }

    fn root_of(&self, path: &str) -> Option<String> {
        let (folder, _) = path.rsplit_once('/')?;
        self.root_above(folder).map(|root| root.to_string())
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        let read = || Imports::read(self, root, None).map(Arc::new);
        self.imports.entry(root.into()).or_insert_with(read).clone()
    }
}

/// The view of one review: it records what is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    snapshot: &'a Snapshot,
    questions: Mutex<FxHashSet<u32>>,
    has_changed: AtomicBool,
}

impl<'a> Asked<'a> {
    /// A view that was asked nothing yet.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, questions: Mutex::default(), has_changed: AtomicBool::new(false) }
    }

    /// The numbers of the questions; none where the disk did not answer as one moment of it, so that the
    /// review must not be kept.
    pub fn questions(self) -> Option<Numbers> {
        if self.has_changed.into_inner() {
            return None;
        }
        let questions = self.questions.into_inner().unwrap_or_else(PoisonError::into_inner);
        Some(Numbers::new(questions.into_iter().collect()))
    }

    fn note(&self, question: &str) -> Row {
        let row = self.snapshot.row(question);
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).insert(row.id);
        row
    }
}

impl Files for Asked<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let row = self.note(path);
        let text = self.snapshot.disk.read(path);
        let is_same = match &text {
            Some(text) => row.known.answer == Some(hash(text.as_bytes())),
            // It is absent, too large, or no UTF-8; or it was just taken away.
            None => row.known.answer == self.snapshot.text(path).answer,
        };
        let is_same = is_same && row.known.answer != Some(hash(UNREADABLE));
        if !is_same {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        text
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        self.note(path).known.answer.map(short)
    }

    fn exists(&self, path: &str) -> bool {
        self.note(&format!("{path}{THERE}")).known.answer.is_some()
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let folder = folder.trim_end_matches('/');
        let row = self.note(&format!("{folder}/"));
        let names = self.snapshot.names_in(folder);
        if row.known.answer != Some(hash_of_names(&names)) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        names.to_vec()
    }

    fn unrecorded(&self) -> Option<&dyn Files> {
        Some(self.snapshot)
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        self.note(&format!("{root}{IMPORTS}"));
        self.snapshot.imports_below(root)
    }

    fn record(&self, question: &str, answer: Option<u64>) {
        if self.note(question).known.answer != answer.map(long) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
    }

    fn root_of(&self, path: &str) -> Option<String> {
        let (folder, _) = path.rsplit_once('/')?;
        self.note(&format!("{folder}//"));
        self.snapshot.root_of(path)
    }
}

/// A hash that no two texts of a project share.
pub fn hash(bytes: &[u8]) -> [u8; 16] {
    xxh3_128(bytes).to_le_bytes()
}

/// Whether sorted names have one.
fn is_in(names: &[String], name: &str) -> bool {
    names.binary_search_by(|it| it.as_str().cmp(name)).is_ok()
}

fn hash_of_names(names: &[String]) -> [u8; 16] {
    hash(names.join("\n").as_bytes())
}

fn long(answer: u64) -> [u8; 16] {
    hash(&answer.to_le_bytes())
}

fn short(answer: [u8; 16]) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| answer[i]))
}
