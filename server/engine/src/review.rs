//! One review: a file of a view in, findings out.

use std::sync::atomic::AtomicBool;

use plimsoll_project::Files;
use plimsoll_syntax::{Snapshot, TextRange};

use crate::{Config, Finding, Fix, Severity, Skipped};

/// Reviews files. Holds caches only: two engines answer the same request the same way. Shared between threads.
#[derive(Debug, Default)]
pub struct Engine {}

/// What to review.
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
    /// Markdown: what happens, examples in each language, what it does not flag, options.
    pub documentation: &'static str,
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
        &[]
    }

    /// Reviews one file.
    #[must_use]
    pub fn review(&self, _request: &Request<'_>) -> Outcome {
        Outcome::default()
    }

    /// The proven fixes of a finding of the same request, the preferred one first. Costs a review each: ask only when
    /// somebody wants them.
    #[must_use]
    pub fn fixes(&self, _request: &Request<'_>, _finding: &Finding) -> Vec<Fix> {
        Vec::new()
    }
}
