//! One review: a file of a view in, findings out.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dashmap::DashMap;
use plimsoll_project::link::{FileUnits, LinkCache, Linked, Linker, link};
use plimsoll_project::{Files, SchemasOf, served_by_importers, where_it_runs};
use plimsoll_rules::ask::Memo;
use plimsoll_rules::{ProjectFacts, RULES, RuleOption};
use plimsoll_syntax::{FileKind, Language, Parsed, Snapshot, TextRange, Tree};
use rustc_hash::FxBuildHasher;

use crate::assemble::{Assembled, assemble};
use crate::first::first_look;
use crate::run::{is_run, run_rules};
use crate::schema_file::assemble_schema;
use crate::states::{Found, Reused, State, States, reuse};
use crate::{Config, Finding, Fix, Severity, Skipped, Unread, policy, unread};

/// Reviews files. Holds caches only: two engines answer the same request the same way. Shared between threads.
#[derive(Debug, Default)]
pub struct Engine {
    pub(crate) links: LinkCache,
    /// The last reviews of each file that a buffer holds.
    states: DashMap<Arc<str>, States>,
}

/// What to review.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Files as the user sees them now.
    pub files: &'a dyn Files,
    /// The file to review, as [`Files`] spells it.
    pub path: &'a str,
    /// The file's text and tree where a buffer holds it; otherwise it is read from `files` and parsed.
    pub document: Option<&'a Snapshot>,
    /// The configuration in force for the file.
    pub config: &'a Config,
    /// Set from outside to stop early; the outcome then says so.
    pub cancel: &'a AtomicBool,
    /// Seconds since 1970 in UTC, for the name of a migration that a fix creates.
    pub now: u64,
}

/// What a review yields.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// In order of place, then rule.
    pub findings: Vec<Finding>,
    /// What could not be reviewed, or is not by policy.
    pub skipped: Vec<Skipped>,
    /// What was reviewed although it hardly parses, and manifests around it that do not; nothing for a buffer, which is
    /// half written most of the time.
    pub unread: Vec<Unread>,
    /// The units of the file, in source order, for whoever keeps findings while text is half written.
    pub units: Vec<UnitReport>,
    /// Whether it was cancelled: the findings are then incomplete and must not be shown.
    pub is_cancelled: bool,
    /// What the review cost.
    pub counters: Counters,
}

/// One unit of a reviewed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitReport {
    /// Bytes of the file, nested units included.
    pub range: TextRange,
    /// Bytes of the file that did not parse, in this unit and not in one nested in it.
    pub errors: Vec<TextRange>,
}

/// What a review cost: counts that a test can hold, unlike times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Units that were lowered.
    pub extracted: usize,
    /// Units that rules ran on.
    pub reviewed: usize,
    /// Units whose findings came from the cache.
    pub reused: usize,
    /// Functions of the project that were read for the statements behind calls.
    pub read_for_statements: usize,
}

/// A rule, as `rules` and `explain` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// `n-plus-one`
    pub id: &'static str,
    /// `database`
    pub category: &'static str,
    /// Before configuration.
    pub severity: Severity,
    /// Whether it is off unless asked for.
    pub is_preview: bool,
    /// The version it came with.
    pub since: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Markdown: what happens, examples in each language, what it does not flag.
    pub documentation: &'static str,
    /// What a project may set for it.
    pub options: &'static [RuleOption],
}

/// One file, read and understood.
pub(crate) struct Understood {
    pub text: String,
    pub linked: Arc<Linked>,
    pub found: Vec<Arc<Found>>,
    pub counters: Counters,
    /// How much of the text could not be parsed, where its tree was at hand.
    pub unread: Option<Option<plimsoll_syntax::Unread>>,
}

impl Engine {
    /// An engine with all rules and library models.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All rules, by category and id.
    #[must_use]
    pub fn rules(&self) -> &'static [RuleInfo] {
        crate::rules::all()
    }

    /// Reviews one file.
    #[must_use]
    pub fn review(&self, request: &Request<'_>) -> Outcome {
        self.review_telling(request, None)
    }

    /// The same. Where all of the file has to be understood anew, because of an edit to what much of it may rest on, `first`
    /// is told before that what the edit itself brings: exact but for what the rest of the file makes of it.
    #[must_use]
    pub fn review_in_steps(&self, request: &Request<'_>, first: &mut dyn FnMut(Outcome)) -> Outcome {
        self.review_telling(request, Some(first))
    }

    fn review_telling(&self, request: &Request<'_>, first: Option<&mut dyn FnMut(Outcome)>) -> Outcome {
        let linker = self.linker(request);
        if let Some(assembled) = schema(request, &linker, None) {
            return assembled.outcome;
        }
        match self.understand(request, &linker, None, first) {
            Ok(understood) => {
                let mut outcome = assemble(request, &linker, &understood, None).outcome;
                outcome.unread = unread::of_source(request, &understood);
                outcome
            }
            Err(Stopped::Context) => Outcome::default(),
            Err(Stopped::Cancelled) => Outcome { is_cancelled: true, ..Outcome::default() },
            Err(Stopped::Skipped(reason, is_failure)) => {
                let path = request.path.to_owned();
                Outcome { skipped: vec![Skipped { path, reason, is_failure }], ..Outcome::default() }
            }
        }
    }

    /// The proven fixes of a finding of the same request, the preferred one first. Costs a review each: ask only when
    /// somebody wants them.
    #[must_use]
    pub fn fixes(&self, request: &Request<'_>, finding: &Finding) -> Vec<Fix> {
        crate::prove::fixes(self, request, finding, &|_| true)
    }

    /// The same of those that `can_be_made` where they are asked for: not every editor creates files, say. Where none
    /// can, what is written down in the file under review.
    #[must_use]
    pub fn fixes_that(
        &self,
        request: &Request<'_>,
        finding: &Finding,
        can_be_made: &dyn Fn(&Fix) -> bool,
    ) -> Vec<Fix> {
        crate::prove::fixes(self, request, finding, can_be_made)
    }

    /// The edit that puts a comment above a finding of the same request which hides it. The reason is left to be written:
    /// until it is there, its lack is a finding of its own.
    #[must_use]
    pub fn ignore(&self, request: &Request<'_>, finding: &Finding) -> Option<Fix> {
        crate::suppression::ignore(self, request, finding)
    }

    /// Reviews with plans for the fixes of one finding, for [`crate::prove`].
    pub(crate) fn assembled(&self, request: &Request<'_>, wants_fix: Option<&Finding>) -> Option<Assembled> {
        let linker = self.linker(request);
        if let Some(assembled) = schema(request, &linker, wants_fix) {
            return Some(assembled);
        }
        let understood = self.understand(request, &linker, wants_fix, None).ok()?;
        Some(assemble(request, &linker, &understood, wants_fix))
    }

    /// A linker for one request.
    pub(crate) fn linker<'r>(&'r self, request: &Request<'r>) -> Linker<'r> {
        let follows_data = RULES.iter().any(|rule| rule.follows_data() && is_run(request, rule.meta()));
        Linker::new(request.files, &self.links)
            .with_models(request.config.own_models().cloned())
            .following_data(follows_data)
            .following_edits(request.document.is_some())
    }

    pub(crate) fn understand(
        &self,
        request: &Request<'_>,
        linker: &Linker<'_>,
        wants_fix: Option<&Finding>,
        first: Option<&mut dyn FnMut(Outcome)>,
    ) -> Result<Understood, Stopped> {
        let language = match kind(request) {
            Some(FileKind::Source(language)) => language,
            Some(_) => return Err(Stopped::Context),
            None => return Err(Stopped::skipped("no file that is reviewed")),
        };
        let text = read(request)?;
        // What nobody wants reviewed need not parse.
        if let Some(reason) = policy::skip_reason(policy::below_manifest(request.files, request.path), &text)
        {
            return Err(Stopped::Skipped(reason.to_owned(), false));
        }
        let path: Arc<str> = request.path.into();
        let states = self.states.get(&path).map(|states| states.clone());
        let rules: Vec<bool> = RULES.iter().map(|rule| is_run(request, rule.meta())).collect();
        let options = FxBuildHasher.hash_one((rules, request.config.options_for(request.path)));
        let states = states.filter(|states| wants_fix.is_none() && states.last.options == options);
        let each_state = || states.iter().flat_map(States::each).filter(|state| state.options == options);
        // Another review may have asked of this file already.
        let kept = if request.document.is_none() { linker.kept(request.path) } else { None };
        let mut counters = Counters::default();
        let mut unread = None;
        let file = match kept {
            Some(file) => file,
            None => {
                let tree = parse(request, &text, language)?;
                let path = Arc::clone(&path);
                let file = if request.document.is_some() {
                    let before: Vec<&FileUnits> = each_state().map(|state| &*state.linked.file).collect();
                    FileUnits::extract_again(path, language, &tree, &text, &before)
                } else {
                    unread = Some(plimsoll_syntax::unread(&tree, &text));
                    FileUnits::extract(path, language, &tree, &text)
                };
                counters.extracted = file.extracted;
                Arc::new(file)
            }
        };
        stop_if_cancelled(request)?;
        let project = project_facts(request, linker, &file, &text);

        let reused = each_state().find_map(|state| Some((state, reuse(state, &file, linker, &text)?)));
        let (linked, base) = match reused {
            Some((state, Reused { linked, changed, stale })) => (linked, Some((state, changed, stale))),
            None => {
                if let Some(first) = first
                    && let Some(look) = first_look(request, linker, each_state(), &file, &text)
                {
                    first(look);
                }
                let is_cancelled = || request.cancel.load(Ordering::Relaxed);
                let linked = link(Arc::clone(&file), linker, &is_cancelled).ok_or(Stopped::Cancelled)?;
                (linked, None)
            }
        };
        let linked = Arc::new(linked);
        stop_if_cancelled(request)?;
        // What a rule was told of those who import the file is asked for again; what no rule asked for is not.
        let runs_there_still = base.as_ref().is_none_or(|(state, ..)| {
            let served = || Some(served_by_importers(linker, &linked.file)?.units);
            state.runs == project.runs.runs
                && state.served.as_ref().is_none_or(|was| project.memo.served.get_or_init(served) == was)
        });
        let mut found = Vec::with_capacity(linked.file.units.len());
        for unit in 0..linked.file.units.len() {
            if let Some((state, changed, stale)) = &base
                && runs_there_still
                && stale.binary_search(&unit).is_err()
                && !state.found[unit].tells_of(&linked.file, changed)
            {
                counters.reused += 1;
                found.push(Arc::clone(&state.found[unit]));
                continue;
            }
            stop_if_cancelled(request)?;
            counters.reviewed += 1;
            found.push(Arc::new(run_rules(request, &linked, linker, unit, &project, wants_fix)));
        }
        counters.read_for_statements = project.memo.accesses.functions_read();
        if request.document.is_some() && wants_fix.is_none() {
            // What the last review asked and did not ask again still holds where its answers are kept.
            let kept = base.map(|(state, ..)| state.others.clone());
            let others = linker.others(&path, kept.unwrap_or_default());
            let looked_at = linker.looked_at();
            let models = linker.models_key();
            let (linked, found, runs) = (Arc::clone(&linked), found.clone(), project.runs.runs);
            let served = project.memo.served.get().cloned();
            let state = Arc::new(State { linked, found, options, runs, served, looked_at, others, models });
            let whole = if state.is_whole() {
                None
            } else {
                states
                    .and_then(|before| if before.last.is_whole() { Some(before.last) } else { before.whole })
            };
            self.states.insert(path, States { last: state, whole });
        }
        Ok(Understood { text, linked, found, counters, unread })
    }

    /// Reads a file and keeps what it says, so that a review that asks for it later finds it there. It changes no answer.
    pub fn read_ahead(&self, files: &dyn Files, path: &str) {
        drop(Linker::new(files, &self.links).units(path));
    }

    /// Forgets what was kept of a file, when its buffer is closed.
    pub fn forget(&self, path: &str) {
        self.states.remove(path);
    }
}

/// What rules ask of the project around a file.
pub(crate) fn project_facts<'a>(
    request: &Request<'a>,
    linker: &'a Linker<'_>,
    file: &FileUnits,
    text: &'a str,
) -> ProjectFacts<'a> {
    ProjectFacts {
        text,
        now: request.now,
        runs: where_it_runs(linker, file),
        files: linker.recorded(),
        schemas: SchemasOf::new(linker.recorded(), request.path),
        memo: Memo::default(),
    }
}

/// What there is to say of a file that is a schema.
fn schema(request: &Request<'_>, linker: &Linker<'_>, wants_fix: Option<&Finding>) -> Option<Assembled> {
    assemble_schema(request, linker, kind(request)?, wants_fix)
}

/// Why there is nothing to say of a file.
pub(crate) enum Stopped {
    Cancelled,
    /// A manifest: looked at for the sources around it, with no findings of its own.
    Context,
    Skipped(String, bool),
}

impl Stopped {
    fn skipped(reason: &str) -> Self {
        Stopped::Skipped(reason.to_owned(), true)
    }
}

fn stop_if_cancelled(request: &Request<'_>) -> Result<(), Stopped> {
    if request.cancel.load(Ordering::Relaxed) { Err(Stopped::Cancelled) } else { Ok(()) }
}

fn kind(request: &Request<'_>) -> Option<FileKind> {
    match request.document {
        Some(document) => Some(FileKind::Source(document.language())),
        None => FileKind::from_path(request.path),
    }
}

fn read(request: &Request<'_>) -> Result<String, Stopped> {
    if let Some(document) = request.document {
        return Ok(document.text());
    }
    let text = request.files.read(request.path);
    text.map(|text| text.to_string()).ok_or_else(|| Stopped::skipped("cannot be read"))
}

fn parse(request: &Request<'_>, text: &str, language: Language) -> Result<Tree, Stopped> {
    const NOT_PARSED: &str = "too large or too complex to parse";
    if let Some(document) = request.document {
        return document.tree().cloned().ok_or_else(|| {
            if document.is_unfinished() { Stopped::Cancelled } else { Stopped::skipped(NOT_PARSED) }
        });
    }
    match Parsed::parse_unless(text, language, Some(request.cancel)) {
        Ok(parsed) => Ok(parsed.tree().clone()),
        Err(plimsoll_syntax::Unparsed::Cancelled) => Err(Stopped::Cancelled),
        Err(_) => Err(Stopped::skipped(NOT_PARSED)),
    }
}
