//! What a review yields.

use plimsoll_syntax::TextRange;
use serde::Serialize;

/// How much is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Hardening worth having.
    Info,
    /// Fails under load, faults or time.
    Warning,
    /// Loses data, leaks secrets or takes the service down.
    Error,
}

/// How sure the review is of what a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It rests on a convention: a variable called `db` whose origin is unknown.
    Medium,
    /// The origin was resolved.
    High,
}

/// Something that will go wrong in production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The rule's family: `database`, `resilience`…
    pub category: &'static str,
    /// After configuration.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What will happen, one line.
    pub message: String,
    /// The file.
    pub path: String,
    /// Bytes of the file.
    pub range: TextRange,
    /// Survives edits elsewhere in the file: rule, path below the root, function, text, ordinal. 16 hex digits.
    pub fingerprint: String,
    /// The function it stands in.
    pub function: Option<String>,
    /// `typescript`, `tsx`, `javascript`, `jsx`, `rust`, `prisma`, `sql`…
    pub language: &'static str,
    /// Places that explain it, in order.
    pub related: Vec<Related>,
    /// The parts of a schema that it is about, by names that stay when text moves: see [`crate::Covered`].
    pub about: Vec<String>,
    /// Whether the rule has fixes to try. They are proven by [`crate::Engine::fixes`] only.
    pub may_have_fixes: bool,
    /// Whether the project has decided to live with it for now: see [`crate::Baseline::mark`].
    pub is_baselined: bool,
}

/// A place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file.
    pub path: String,
    /// Bytes of that file.
    pub range: TextRange,
    /// What is there.
    pub message: String,
}

/// Whether a fix can change what working code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Keeps the meaning of code that already worked.
    Safe,
    /// Can newly throw, abort, retry, reorder or write another file.
    Review,
}

/// A proven fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Imperative; says what it changes, and that it wants a review where it does.
    pub title: String,
    /// Whether it is safe.
    pub safety: Safety,
    /// Disjoint edits, ordered by path and place.
    pub edits: Vec<FileEdit>,
}

/// A change to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEdit {
    /// The file.
    pub path: String,
    /// Bytes of the file as it was reviewed; none creates the file.
    pub range: Option<TextRange>,
    /// What stands there afterwards.
    pub new_text: String,
}

/// Something that could not be reviewed. The rest was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// One line: `too large (9.1 MB)`, `rule n-plus-one panicked`, `generated`.
    pub reason: String,
    /// Whether it was skipped by failure, so that a clean result must not be claimed; otherwise by policy.
    pub is_failure: bool,
}

/// A file of which so much could not be parsed that what is found with it is incomplete. It is no finding: whoever runs
/// the code is told of it anyway, but a review that says nothing would claim to have read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The file: the one that is reviewed, or a manifest around it.
    pub path: String,
    /// The first byte that could not be parsed.
    pub at: u32,
    /// How much it is.
    pub percent: u8,
    /// What follows: `findings there are incomplete`.
    pub consequence: &'static str,
}
