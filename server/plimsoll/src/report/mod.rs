//! How findings and rules are printed. Nothing here decides what is found.

mod agent;
mod github;
mod json;
pub mod patch;
mod pretty;
mod rules;
mod sarif;
mod texts;

use std::collections::BTreeSet;

pub use agent::agent;
pub use github::github;
pub use json::json;
pub use pretty::pretty;
pub use rules::{explanation, rule_page, rules_as_json, rules_as_lines, rules_as_markdown};
pub use sarif::sarif;
pub use texts::{Texts, relative};

use plimsoll_engine::{Finding, Fix, Outcome, Severity, Skipped, Unread};

/// What a run over files yields.
#[derive(Debug, Default)]
pub struct Report {
    /// By path, place and rule.
    pub findings: Vec<Reported>,
    /// By path.
    pub skipped: Vec<Skipped>,
    /// What was reviewed but hardly parses, and manifests that do not, by path.
    pub unread: Vec<Unread>,
    /// How many files were reviewed.
    pub files: usize,
    /// Files that were asked for by their own name: why one of them is left alone is said.
    pub named: BTreeSet<String>,
    /// How many findings the baseline hides; none where there is no baseline.
    pub baselined: Option<usize>,
    /// Which part of what was reviewed is told of, in words: `brought in since main (1a2b3c4d)`. None for all.
    pub scope: Option<String>,
}

/// What is reviewed.
pub const REVIEWED: &str = "TypeScript, JavaScript, Rust, Prisma and SQL";

/// A finding with the fixes that were asked for.
#[derive(Debug)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// Proven; empty unless asked for.
    pub fixes: Vec<Fix>,
}

impl Report {
    /// Adds the outcome of a file, with the fixes of each of its findings in their order, if they are wanted.
    pub fn add(&mut self, outcome: Outcome, fixes: Vec<Vec<Fix>>) {
        let fixes = fixes.into_iter().chain(std::iter::repeat_with(Vec::new));
        let findings = outcome.findings.into_iter().zip(fixes);
        self.findings.extend(findings.map(|(finding, fixes)| Reported { finding, fixes }));
        // A file is read even where one of the rules failed on it.
        let is_read = |skipped: &Skipped| skipped.reason.starts_with("rule ");
        self.files += usize::from(outcome.skipped.iter().all(is_read));
        self.skipped.extend(outcome.skipped);
        self.unread.extend(outcome.unread);
    }

    /// Orders what was added.
    pub fn finish(&mut self) {
        self.findings.sort_by(|a, b| place_of(&a.finding).cmp(&place_of(&b.finding)));
        self.skipped.sort_by(|a, b| (&a.path, &a.reason).cmp(&(&b.path, &b.reason)));
        self.skipped.dedup();
        // A manifest stands around many files.
        self.unread.sort_by(|a, b| (&a.path, a.at).cmp(&(&b.path, b.at)));
        self.unread.dedup();
    }

    /// Whether everything was read and reviewed that policy does not leave alone.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.failures().next().is_none()
    }

    /// What was not reviewed though it should have been.
    pub fn failures(&self) -> impl Iterator<Item = &Skipped> {
        self.skipped.iter().filter(|skipped| skipped.is_failure)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let all = self.findings.iter();
        all.filter(|reported| reported.finding.severity == severity).count()
    }
}

fn place_of(finding: &Finding) -> impl Ord + '_ {
    (finding.path.as_str(), finding.range, finding.rule, finding.fingerprint.as_str())
}

/// `src/a.ts: 80 % of it could not be parsed (first at line 12); findings there are incomplete`
pub fn unread_line(unread: &Unread, texts: &Texts<'_>) -> String {
    printable(&format!("{}: {}", texts.relative(&unread.path), unread_reason(unread, texts)))
}

/// The same without the file.
fn unread_reason(unread: &Unread, texts: &Texts<'_>) -> String {
    let line = texts.line_and_column(&unread.path, unread.at).0;
    let what = match unread.percent {
        100 => format!("it could not be parsed (line {line})"),
        percent => format!("{percent} % of it could not be parsed (first at line {line})"),
    };
    format!("{what}; {}", unread.consequence)
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The text without characters that would move a terminal's cursor or change its colours.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

#[cfg(test)]
mod tests;
