//! All safe fixes of a document as one: each is proven by itself, and all of them together once more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use plimsoll_engine::{FileEdit, Fix, Outcome, Request, Safety};
use plimsoll_project::{Files, MemoryFiles, Overlay};
use plimsoll_syntax::{ByteEdit, apply_byte_edits};

use super::edits::collide;
use super::reviewer::Reviewer;
use super::worker::Subject;

/// A fix that was proven by itself, and the rule whose finding it cures.
pub struct Cure {
    /// The rule's id.
    pub rule: &'static str,
    /// The fix.
    pub fix: Fix,
}

/// The edits of as many safe fixes as can be applied together. Of two that change the same place the first one counts.
#[must_use]
pub fn combine(
    reviewer: &dyn Reviewer,
    subject: &Subject,
    cures: Vec<Cure>,
    cancel: &AtomicBool,
    end: Instant,
) -> Vec<FileEdit> {
    let is_meant = |cure: &Cure| {
        cure.fix.safety == Safety::Safe && cure.fix.edits.iter().all(|edit| edit.path == subject.path)
    };
    let mut disjoint: Vec<Cure> = Vec::new();
    for cure in cures.into_iter().filter(is_meant) {
        let collides = |edit: &FileEdit| {
            let others = disjoint.iter().flat_map(|other| &other.fix.edits);
            // Two fixes may bring the same import.
            others.into_iter().any(|other| other != edit && collide(edit, other))
        };
        if !cure.fix.edits.iter().any(collides) {
            disjoint.push(cure);
        }
    }
    let Some(text) = subject.files.read(&subject.path) else {
        return Vec::new();
    };
    let review = |request: &Request<'_>| reviewer.review(request);
    let Some(before) = subject.with_request(reviewer, cancel, review) else {
        return Vec::new();
    };
    let combination = Combination { reviewer, subject, cancel, text: &text, before: &before };
    let mut accepted: Vec<&Cure> = Vec::new();
    // What fails together is tried in halves, the first ones first.
    let mut untried = vec![&disjoint[..]];
    while let Some(next) = untried.pop() {
        if next.is_empty() || cancel.load(Ordering::Relaxed) || Instant::now() > end {
            continue;
        }
        let together: Vec<&Cure> = accepted.iter().copied().chain(next).collect();
        if combination.is_sound(&together) {
            accepted = together;
        } else if next.len() > 1 {
            let (first, second) = next.split_at(next.len() / 2);
            untried.push(second);
            untried.push(first);
        }
    }
    edits_of(&accepted)
}

struct Combination<'a> {
    reviewer: &'a dyn Reviewer,
    subject: &'a Subject,
    cancel: &'a AtomicBool,
    text: &'a str,
    before: &'a Outcome,
}

impl Combination<'_> {
    /// Whether the fixes cure together what each cures alone, and bring nothing new.
    fn is_sound(&self, cures: &[&Cure]) -> bool {
        let edits = edits_of(cures).into_iter();
        let edits: Option<Vec<ByteEdit>> =
            edits.map(|edit| Some(ByteEdit { range: edit.range?, text: edit.new_text })).collect();
        let Some(text) = edits.and_then(|edits| apply_byte_edits(self.text, &edits).ok()) else {
            return false;
        };
        let mut over = MemoryFiles::default();
        over.insert(self.subject.path.clone(), text);
        let files = Overlay { over: &over, under: &self.subject.files };
        let after = self.subject.with_request(self.reviewer, self.cancel, |request| {
            self.reviewer.review(&Request { files: &files, document: None, ..*request })
        });
        let Some(after) = after.filter(|after| !after.is_cancelled && after.skipped.is_empty()) else {
            return false;
        };
        let are_cured = cures.iter().all(|cure| {
            let fixes = cures.iter().filter(|other| other.rule == cure.rule).count();
            count(&after, cure.rule) + fixes <= count(self.before, cure.rule)
        });
        are_cured
            && errors(&after) <= errors(self.before)
            && after.findings.len() <= self.before.findings.len()
    }
}

fn edits_of(cures: &[&Cure]) -> Vec<FileEdit> {
    let mut edits: Vec<FileEdit> = cures.iter().flat_map(|cure| &cure.fix.edits).cloned().collect();
    edits.sort_by(|a, b| (a.range, &a.new_text).cmp(&(b.range, &b.new_text)));
    edits.dedup();
    edits
}

fn count(outcome: &Outcome, rule: &str) -> usize {
    outcome.findings.iter().filter(|finding| finding.rule == rule).count()
}

fn errors(outcome: &Outcome) -> usize {
    outcome.units.iter().map(|unit| unit.errors.len()).sum()
}
