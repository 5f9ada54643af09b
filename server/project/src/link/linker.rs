//! The world of files that a file is understood in, for one review.
//!
//! Each file is extracted once and kept as long as its stamp is the same. What is evaluated in it lives for one review:
//! a question to another file evaluates there only what the question needs, so that files may import each other in
//! circles, and no answer depends on which file was asked first unless values themselves go in a circle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use dashmap::DashMap;
use plimsoll_behavior::models::{Model, ModelLanguage, Models};
use plimsoll_syntax::{Language, Parsed};
use rustc_hash::{FxHashMap, FxHashSet};

use super::summary::{Local, close, locals};
use super::{Evaluator, FileUnits, FnRef, Linked, Memo, Summary, World, link, models_of};
use crate::Files;
use crate::importers::{Imports, all_imports};
use crate::manifests::{ManifestCache, answer_to, root_of_sources, sources_below};

/// Extracted files, shared between reviews.
#[derive(Debug, Default)]
pub struct LinkCache {
    entries: DashMap<Arc<str>, (u64, Arc<FileUnits>)>,
    manifests: ManifestCache,
}

/// The models of a project with those that come with Plimsoll.
#[derive(Debug)]
pub struct OwnModels {
    script: Models,
    rust: Models,
    key: u64,
}

impl OwnModels {
    /// Puts them together. `key` must differ where the models do, and not be 0.
    #[must_use]
    pub fn new(own: &[Model], key: u64) -> Self {
        Self {
            script: Models::with_own(own, ModelLanguage::Typescript),
            rust: Models::with_own(own, ModelLanguage::Rust),
            key,
        }
    }
}

/// The most files that are kept extracted.
const MAX_CACHED: usize = 20_000;

/// The most functions whose effects are gathered for one question; beyond it the effects are taken as unknown.
const MAX_REACHED: usize = 20_000;

/// A root, and whether it is its Rust that is meant.
type SourcesOf = (String, bool);

/// Links files of one view, for one review.
pub struct Linker<'a> {
    recorder: Recorder<'a>,
    cache: &'a LinkCache,
    models: Option<Arc<OwnModels>>,
    sessions: RefCell<FxHashMap<Arc<str>, Option<Rc<Session>>>>,
    summaries: RefCell<FxHashMap<FnRef, Arc<Summary>>>,
    linked: RefCell<FxHashMap<Arc<str>, Option<Arc<Linked>>>>,
    /// The sources below a root, of Rust or not.
    sources: RefCell<FxHashMap<SourcesOf, Arc<[String]>>>,
    /// Files that were looked at otherwise than by questions to their evaluator.
    whole: RefCell<FxHashSet<Arc<str>>>,
    depth: Cell<u32>,
    follows_data: bool,
    follows_edits: bool,
}

/// One file during one review.
#[derive(Debug)]
pub struct Session {
    units: Arc<FileUnits>,
    memo: Memo,
    locals: RefCell<FxHashMap<usize, Arc<Vec<Local>>>>,
}

/// What was asked of a file, of a folder with a `/` at its end, or of less than a text, as [`answer_to`] spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Whether it is there.
    Exists(bool),
    /// Which text it has: the stamp; none for an absent one.
    Text(Option<u64>),
}

/// A view that remembers what was asked of it.
struct Recorder<'a> {
    files: &'a dyn Files,
    manifests: &'a ManifestCache,
    asked: Mutex<FxHashMap<Arc<str>, Asked>>,
    /// Stamps of sources whose evaluators were asked: those remember themselves what they were asked.
    peeked: Mutex<FxHashMap<Arc<str>, Option<u64>>>,
    /// What was listed, and the roots that were asked for: every file that a review looks at asks for the same folders.
    lists: Mutex<FxHashMap<Arc<str>, Vec<String>>>,
    roots: Mutex<FxHashMap<Arc<str>, Option<String>>>,
}

impl Recorder<'_> {
    fn note(&self, path: &str, answer: Asked) {
        if let Ok(mut asked) = self.asked.lock() {
            let known = asked.get(path);
            if known.is_none() || matches!((known, answer), (Some(Asked::Exists(_)), Asked::Text(_))) {
                asked.insert(path.into(), answer);
            }
        }
    }

    /// The stamp of a file, without a note.
    fn peek(&self, path: &str) -> Option<u64> {
        if let Some(known) = self.peeked.lock().ok().and_then(|peeked| peeked.get(path).copied()) {
            return known;
        }
        let stamp = self.files.stamp(path);
        if let Ok(mut peeked) = self.peeked.lock() {
            peeked.insert(path.into(), stamp);
        }
        stamp
    }

    /// What was asked for before is not asked for again: a review sees one moment.
    fn noted(&self, path: &str) -> Option<Asked> {
        self.asked.lock().ok()?.get(path).copied()
    }
}

impl Files for Recorder<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.stamp(path)?;
        self.files.read(path)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        if let Some(Asked::Text(noted)) = self.noted(path) {
            return noted;
        }
        let stamp = match path.strip_suffix('/') {
            Some(folder) => Some(stamp_of_names(&self.files.list(folder))),
            None => answer_to(self.files, Some(self.manifests), path).unwrap_or_else(|| self.peek(path)),
        };
        self.note(path, Asked::Text(stamp));
        stamp
    }

    fn exists(&self, path: &str) -> bool {
        match self.noted(path) {
            Some(Asked::Exists(is_there)) => is_there,
            Some(Asked::Text(stamp)) => stamp.is_some(),
            _ => {
                let is_there = self.files.exists(path);
                self.note(path, Asked::Exists(is_there));
                is_there
            }
        }
    }

    /// A listed folder is noted with a `/` at its end and stamped by its names: a new migration changes what was found.
    fn list(&self, folder: &str) -> Vec<String> {
        if let Some(known) = self.lists.lock().ok().and_then(|lists| lists.get(folder).cloned()) {
            return known;
        }
        let names = self.files.list(folder);
        self.note(&format!("{}/", folder.trim_end_matches('/')), Asked::Text(Some(stamp_of_names(&names))));
        if let Ok(mut lists) = self.lists.lock() {
            lists.insert(folder.into(), names.clone());
        }
        names
    }

    fn root_of(&self, path: &str) -> Option<String> {
        if let Some(known) = self.roots.lock().ok().and_then(|roots| roots.get(path).cloned()) {
            return known;
        }
        let root = self.files.root_of(path);
        if let Ok(mut roots) = self.roots.lock() {
            roots.insert(path.into(), root.clone());
        }
        root
    }

    fn manifests(&self) -> Option<&ManifestCache> {
        Some(self.manifests)
    }

    fn unrecorded(&self) -> Option<&dyn Files> {
        Some(self.files)
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        self.files.imports_below(root)
    }

    fn record(&self, question: &str, answer: Option<u64>) {
        self.note(question, Asked::Text(answer));
        self.files.record(question, answer);
    }
}

fn stamp_of_names(names: &[String]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(names.join("\n").as_bytes())
}

impl<'a> Linker<'a> {
    /// A linker for the review of one file.
    #[must_use]
    pub fn new(files: &'a dyn Files, cache: &'a LinkCache) -> Self {
        Linker {
            recorder: Recorder {
                files,
                manifests: &cache.manifests,
                asked: Mutex::default(),
                peeked: Mutex::default(),
                lists: Mutex::default(),
                roots: Mutex::default(),
            },
            cache,
            models: None,
            sessions: RefCell::default(),
            summaries: RefCell::default(),
            linked: RefCell::default(),
            sources: RefCell::default(),
            whole: RefCell::default(),
            depth: Cell::new(0),
            follows_data: true,
            follows_edits: true,
        }
    }

    /// The same linker with a project's own models before those that come with Plimsoll.
    #[must_use]
    pub fn with_models(mut self, models: Option<Arc<OwnModels>>) -> Self {
        self.models = models;
        self
    }

    /// The same linker, which tells which way data takes only if somebody asks for it.
    #[must_use]
    pub fn following_data(mut self, follows_data: bool) -> Self {
        self.follows_data = follows_data;
        self
    }

    /// The same, telling whether the text under review will change: what is needed to follow edits need not be told of one
    /// that will not.
    #[must_use]
    pub fn following_edits(mut self, follows_edits: bool) -> Self {
        self.follows_edits = follows_edits;
        self
    }

    /// A value that differs where the models do.
    #[must_use]
    pub fn models_key(&self) -> u64 {
        self.models.as_ref().map_or(0, |models| models.key)
    }

    fn models(&self, language: Language) -> &Models {
        match &self.models {
            Some(own) if language.is_script_family() => &own.script,
            Some(own) => &own.rust,
            None => models_of(language),
        }
    }

    /// Every file that was looked at so far, with what was asked of it; sources of which only their evaluator was asked
    /// are told by [`Self::others`].
    #[must_use]
    pub fn looked_at(&self) -> Vec<(Arc<str>, Asked)> {
        let asked = self.recorder.asked.lock().map(|asked| asked.clone()).unwrap_or_default();
        let mut all: Vec<_> = asked.into_iter().collect();
        all.sort();
        all
    }

    /// Whether a file still answers so.
    #[must_use]
    pub fn still(&self, path: &str, asked: Asked) -> bool {
        match asked {
            Asked::Exists(is_there) => self.recorder.exists(path) == is_there,
            Asked::Text(stamp) => self.recorder.stamp(path) == stamp,
        }
    }

    /// The stamp of a file of which the evaluator was asked.
    pub(super) fn peeked(&self, path: &str) -> Option<u64> {
        self.recorder.peek(path)
    }

    /// Whether a file was looked at as a whole.
    pub(super) fn was_whole(&self, path: &str) -> bool {
        self.whole.borrow().contains(path) || self.linked.borrow().contains_key(path)
    }

    /// The files whose evaluators were asked, with the units that they looked into.
    pub(super) fn asked_of(&self) -> Vec<(Arc<str>, Arc<FileUnits>, Vec<usize>)> {
        let sessions = self.sessions.borrow();
        let there = sessions.iter().filter_map(|(path, session)| Some((path, session.as_ref()?)));
        let asked = there.map(|(path, session)| {
            let mut looked = session.memo.units();
            looked.extend(session.locals.borrow().keys());
            let mut looked: Vec<usize> = looked.into_iter().collect();
            looked.sort_unstable();
            (Arc::clone(path), Arc::clone(&session.units), looked)
        });
        asked.collect()
    }

    /// The view of files, which remembers what is asked of it.
    #[must_use]
    pub fn recorded(&self) -> &dyn Files {
        &self.recorder
    }

    /// Makes `file` what its path means in this review.
    pub fn open(&self, file: &Arc<FileUnits>) -> Rc<Session> {
        if let Some(Some(session)) = self.sessions.borrow().get(&file.path)
            && Arc::ptr_eq(&session.units, file)
        {
            return Rc::clone(session);
        }
        let session =
            Rc::new(Session { units: Arc::clone(file), memo: Memo::default(), locals: RefCell::default() });
        self.sessions.borrow_mut().insert(Arc::clone(&file.path), Some(Rc::clone(&session)));
        session
    }

    /// Evaluates the file of a session.
    pub fn evaluator<'s>(&'s self, session: &'s Session) -> Evaluator<'s> {
        Evaluator {
            file: &session.units,
            world: self,
            models: self.models(session.units.language),
            memo: &session.memo,
        }
    }

    /// The units of a file.
    #[must_use]
    pub fn units(&self, path: &str) -> Option<Arc<FileUnits>> {
        self.session(path).map(|session| Arc::clone(&session.units))
    }

    fn session(&self, path: &str) -> Option<Rc<Session>> {
        if let Some(known) = self.sessions.borrow().get(path) {
            return known.clone();
        }
        let path: Arc<str> = path.into();
        let session = self
            .extracted(&path)
            .map(|units| Rc::new(Session { units, memo: Memo::default(), locals: RefCell::default() }));
        self.sessions.borrow_mut().insert(path, session.clone());
        session
    }

    /// The units of a file as they were extracted for others that asked of it, if it is still the same.
    #[must_use]
    pub fn kept(&self, path: &str) -> Option<Arc<FileUnits>> {
        let entry = self.cache.entries.get(path)?;
        (Some(entry.0) == self.recorder.files.stamp(path)).then(|| Arc::clone(&entry.1))
    }

    fn extracted(&self, path: &Arc<str>) -> Option<Arc<FileUnits>> {
        let language = Language::from_path(path)?;
        if !self.recorder.exists(path) {
            return None;
        }
        let stamp = self.recorder.peek(path)?;
        if let Some(entry) = self.cache.entries.get(path)
            && entry.0 == stamp
        {
            return Some(Arc::clone(&entry.1));
        }
        let text = self.recorder.files.read(path);
        let parsed = text.as_ref().and_then(|text| Some((text, Parsed::parse(text, language).ok()?)));
        let Some((text, parsed)) = parsed else {
            // What cannot be read now may be later.
            self.recorder.stamp(path)?;
            return None;
        };
        let units = Arc::new(FileUnits::extract(Arc::clone(path), language, parsed.tree(), text));
        if self.cache.entries.len() < MAX_CACHED {
            self.cache.entries.insert(Arc::clone(path), (stamp, Arc::clone(&units)));
        }
        Some(units)
    }

    fn locals_of(&self, session: &Session, unit: usize) -> Arc<Vec<Local>> {
        if let Some(known) = session.locals.borrow().get(&unit) {
            return Arc::clone(known);
        }
        let found = Arc::new(locals(&self.evaluator(session), unit));
        session.locals.borrow_mut().insert(unit, Arc::clone(&found));
        found
    }
}

impl World for Linker<'_> {
    fn files(&self) -> &dyn Files {
        &self.recorder
    }

    fn in_file(&self, path: &str, ask: &mut dyn FnMut(&Evaluator<'_>)) {
        if let Some(session) = self.session(path) {
            ask(&self.evaluator(&session));
        }
    }

    fn linked(&self, path: &str) -> Option<Arc<Linked>> {
        if let Some(known) = self.linked.borrow().get(path) {
            return known.clone();
        }
        let linked = self
            .session(path)
            .and_then(|session| Some(Arc::new(link(Arc::clone(&session.units), self, &|| false)?)));
        self.linked.borrow_mut().insert(path.into(), linked.clone());
        linked
    }

    fn summary(&self, function: &FnRef) -> Option<Arc<Summary>> {
        if let Some(known) = self.summaries.borrow().get(function) {
            return Some(Arc::clone(known));
        }
        // Everything that can be reached from here is closed at once: its effects are then final.
        let mut reached: Vec<(FnRef, Arc<Vec<Local>>)> = Vec::new();
        let mut seen: FxHashSet<FnRef> = FxHashSet::default();
        let mut open = vec![function.clone()];
        while let Some(next) = open.pop() {
            if self.summaries.borrow().contains_key(&next) || !seen.insert(next.clone()) {
                continue;
            }
            if reached.len() >= MAX_REACHED {
                return None;
            }
            let Some(session) = self.session(&next.file) else { continue };
            let Some(unit) = session.units.unit_at(&next.unit) else { continue };
            let mut locals = self.locals_of(&session, unit);
            if !next.others.is_empty() {
                locals =
                    Arc::new(locals.iter().map(|local| local.in_place_of(next.alternatives())).collect());
                open.extend(next.alternatives());
            }
            let Some(local) = locals.get(next.function.0 as usize) else { continue };
            open.extend(local.callees.iter().map(|(callee, ..)| callee.clone()));
            let failing =
                local.failures.iter().filter_map(|failure| Some(failure.callee.as_ref()?.0.clone()));
            open.extend(failing);
            reached.push((next, locals));
        }
        let all: Vec<(FnRef, &Local)> =
            reached.iter().map(|(f, locals)| (f.clone(), &locals[f.function.0 as usize])).collect();
        let outside = |function: &FnRef| self.summaries.borrow().get(function).cloned();
        let closed = close(&all, &outside);
        let found = closed.get(function).cloned();
        self.summaries.borrow_mut().extend(closed);
        found
    }

    fn locals(&self, function: &FnRef) -> Option<Arc<Vec<Local>>> {
        let session = self.session(&function.file)?;
        let unit = session.units.unit_at(&function.unit)?;
        Some(self.locals_of(&session, unit))
    }

    fn all_of(&self, path: &str) {
        self.whole.borrow_mut().insert(path.into());
    }

    fn all_imports(&self, root: &str) -> Option<Arc<Imports>> {
        // Whoever keeps answers between runs sees that by itself what is asked of it.
        let (imports, question, answer) = all_imports(self.recorder.files, root);
        self.recorder.note(&question, Asked::Text(answer));
        imports
    }

    fn sources_around(&self, path: &str) -> Arc<[String]> {
        let Some(root) = root_of_sources(&self.recorder, path) else { return Arc::default() };
        if let Some(known) = self.sources.borrow().get(&root) {
            return Arc::clone(known);
        }
        let found = sources_below(&self.recorder, &root.0, root.1);
        self.sources.borrow_mut().insert(root, Arc::clone(&found));
        found
    }

    fn depth(&self) -> &Cell<u32> {
        &self.depth
    }

    fn follows_data(&self) -> bool {
        self.follows_data
    }

    fn follows_edits(&self) -> bool {
        self.follows_edits
    }
}
