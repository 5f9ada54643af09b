//! Repairing files in memory: fixes are applied and the result reviewed again, until nothing more applies.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::{FileEdit, Finding, Fix, Safety};
use plimsoll_project::{Files, MemoryFiles, Overlay};

use super::write::Change;
use crate::report::patch::{Edits, edited};

/// Rounds in which all fixes that do not touch each other are applied at once. A fix may uncover another finding; more
/// than a few in a row is a circle.
const MAX_ROUNDS: usize = 10;

/// Fixes that are applied one by one, after some did not agree with each other.
const MAX_SINGLE_FIXES: usize = 1000;

/// What finds and fixes.
pub trait Reviewer {
    /// The findings of a file of a view.
    fn review(&self, files: &dyn Files, path: &str) -> Vec<Finding>;
    /// The proven fixes of a finding of that view, the preferred one first.
    fn fixes(&self, files: &dyn Files, finding: &Finding) -> Vec<Fix>;
}

/// What a repair did.
#[derive(Debug, Default)]
pub struct Repaired {
    /// Each fix, in the order in which they were applied.
    pub done: Vec<Done>,
    /// Each file that is not as it was, by path.
    pub changes: Vec<Change>,
    /// The findings that each file has now.
    pub left: BTreeMap<String, Vec<Finding>>,
    /// How many there were.
    pub found: usize,
    /// How many of those that are left have fixes that may not be applied, being less safe.
    pub held_back: usize,
    /// How many of those that are left have a fix that did not go with others.
    pub refused: usize,
}

impl Repaired {
    /// How many findings are left.
    pub fn left(&self) -> usize {
        self.left.values().map(Vec::len).sum()
    }

    /// How many findings are gone. One fix may end several, and may uncover one that waited for it.
    pub fn fixed(&self) -> usize {
        self.done.len().max(self.found.saturating_sub(self.left()))
    }
}

/// An applied fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The file of the finding.
    pub path: String,
    /// Its rule.
    pub rule: &'static str,
    /// What the fix did.
    pub title: String,
}

/// Repairs files, whose findings are given, with fixes up to a safety.
pub fn repair(
    reviewer: &dyn Reviewer,
    disk: &dyn Files,
    findings: BTreeMap<String, Vec<Finding>>,
    allowed: Safety,
) -> Repaired {
    let pending = findings
        .iter()
        .filter(|(_, findings)| findings.iter().any(|finding| finding.may_have_fixes))
        .map(|(path, _)| path.clone())
        .collect();
    let found = findings.values().map(Vec::len).sum();
    let mut repair = Repair {
        reviewer,
        disk,
        allowed,
        pending,
        pinned: MemoryFiles::default(),
        before: BTreeMap::new(),
        refused: BTreeSet::new(),
        offered: BTreeMap::new(),
        repaired: Repaired { left: findings, found, ..Repaired::default() },
    };
    if !repair.at_once() {
        repair.one_by_one();
    }
    repair.finish()
}

struct Repair<'a> {
    reviewer: &'a dyn Reviewer,
    disk: &'a dyn Files,
    allowed: Safety,
    /// Files that may have more to repair.
    pending: BTreeSet<String>,
    /// The text of every file that a fix looks at, as it is now. The disk is asked once: edits are told in bytes of
    /// one text.
    pinned: MemoryFiles,
    /// What the disk held; `None` for files that a fix creates.
    before: BTreeMap<String, Option<String>>,
    /// Fixes that made things worse, by path, fingerprint and title.
    refused: BTreeSet<(String, String, String)>,
    /// The safety of the safest fix of each finding that was looked at, by path and fingerprint; none without a fix.
    offered: BTreeMap<(String, String), Option<Safety>>,
    repaired: Repaired,
}

impl Repair<'_> {
    /// Applies all fixes of a round at once. Returns false when fixes did not agree.
    fn at_once(&mut self) -> bool {
        for _ in 0..MAX_ROUNDS {
            let mut round = Round::default();
            let paths: Vec<String> = self.pending.iter().cloned().collect();
            for path in &paths {
                self.collect(path, &mut round, usize::MAX);
            }
            if round.is_empty() {
                return true;
            }
            if !self.apply(&round) {
                return false;
            }
            self.pending.retain(|path| round.edits.contains_key(path) || round.postponed.contains(path));
        }
        true
    }

    /// Applies each fix alone, as it was proven.
    fn one_by_one(&mut self) {
        for _ in 0..MAX_SINGLE_FIXES {
            let Some(path) = self.pending.first().cloned() else {
                return;
            };
            let mut round = Round::default();
            self.collect(&path, &mut round, 1);
            if round.is_empty() {
                self.pending.remove(&path);
            } else if !self.apply(&round) {
                self.refused.extend(round.fixes.into_iter().map(|(finding, fix)| key_of(&finding, &fix)));
            }
        }
    }

    /// Adds the fixes of a file that do not touch those in the round.
    fn collect(&mut self, path: &str, round: &mut Round, at_most: usize) {
        self.pin(path);
        let findings = self.review(path);
        round.findings += findings.len();
        round.reviewed.insert(path.to_owned());
        for finding in findings.into_iter().filter(|finding| finding.may_have_fixes) {
            if round.fixes.len() >= at_most {
                return;
            }
            let Some(fix) = self.fix_of(&finding) else {
                continue;
            };
            if !round.add(&finding, &fix) {
                round.postponed.insert(path.to_owned());
            }
        }
    }

    /// The first fix that is allowed, told in the texts that are pinned.
    fn fix_of(&mut self, finding: &Finding) -> Option<Fix> {
        // A fix may name a file that was not pinned: then that is done, and the fix asked for again.
        for _ in 0..3 {
            let view = Overlay { over: &self.pinned, under: self.disk };
            let fixes = self.reviewer.fixes(&view, finding);
            let key = (finding.path.clone(), finding.fingerprint.clone());
            self.offered.insert(key, fixes.iter().map(|fix| fix.safety).min());
            let fix = fixes.into_iter().find(|fix| {
                fix.safety <= self.allowed
                    && !fix.edits.is_empty()
                    && !self.refused.contains(&key_of(finding, fix))
            })?;
            let unpinned: Vec<&FileEdit> =
                fix.edits.iter().filter(|edit| !self.before.contains_key(&edit.path)).collect();
            if unpinned.is_empty() {
                return Some(fix);
            }
            for edit in unpinned {
                self.pin(&edit.path.clone());
            }
        }
        None
    }

    fn pin(&mut self, path: &str) {
        if self.before.contains_key(path) {
            return;
        }
        let text = self.disk.read(path);
        if let Some(text) = &text {
            self.pinned.insert(path, text.clone());
        }
        self.before.insert(path.to_owned(), text.map(|text| text.to_string()));
    }

    fn review(&self, path: &str) -> Vec<Finding> {
        let view = Overlay { over: &self.pinned, under: self.disk };
        self.reviewer.review(&view, path)
    }

    /// Applies a round. Takes it back, and returns false, if a finding came that was not there.
    fn apply(&mut self, round: &Round) -> bool {
        let pinned = self.pinned.clone();
        for (path, edits) in &round.edits {
            let Some(text) = edited(self.pinned.read(path).as_deref(), edits) else {
                self.pinned = pinned;
                return false;
            };
            self.pinned.insert(path.as_str(), text);
        }
        let left: BTreeMap<String, Vec<Finding>> =
            round.reviewed.iter().map(|path| (path.clone(), self.review(path))).collect();
        if left.values().map(Vec::len).sum::<usize>() + round.fixes.len() > round.findings {
            self.pinned = pinned;
            return false;
        }
        self.repaired.left.extend(left);
        self.repaired.done.extend(round.fixes.iter().map(|(finding, fix)| Done {
            path: finding.path.clone(),
            rule: finding.rule,
            title: fix.title.clone(),
        }));
        true
    }

    fn finish(mut self) -> Repaired {
        for finding in self.repaired.left.values().flatten().cloned().collect::<Vec<_>>() {
            let key = (finding.path.clone(), finding.fingerprint.clone());
            if finding.may_have_fixes && !self.offered.contains_key(&key) {
                let _ = self.fix_of(&finding);
            }
            match self.offered.get(&key) {
                Some(Some(safety)) if *safety > self.allowed => self.repaired.held_back += 1,
                Some(Some(_)) => self.repaired.refused += 1,
                _ => {}
            }
        }
        for (path, before) in self.before {
            let Some(after) = self.pinned.read(&path) else {
                continue;
            };
            if before.as_deref() != Some(&after) {
                self.repaired.changes.push(Change { path, before, after: after.to_string() });
            }
        }
        self.repaired
    }
}

/// Fixes that are applied together.
#[derive(Default)]
struct Round {
    /// By file; `None` creates it.
    edits: BTreeMap<String, Edits>,
    fixes: Vec<(Finding, Fix)>,
    /// Files that were looked at, and the number of their findings.
    reviewed: BTreeSet<String>,
    findings: usize,
    /// Files with a fix that touches another one.
    postponed: BTreeSet<String>,
}

impl Round {
    fn is_empty(&self) -> bool {
        self.fixes.is_empty()
    }

    /// Adds a fix, unless it touches another one.
    fn add(&mut self, finding: &Finding, fix: &Fix) -> bool {
        let is_apart = fix.edits.iter().all(|edit| {
            let known = self.edits.get(&edit.path).into_iter().flatten();
            let mut ranges = known.map(|(range, _)| *range);
            ranges.all(|range| match (range, edit.range) {
                // Where two touch, their order would be a guess.
                (Some(one), Some(other)) => one.end < other.start || other.end < one.start,
                _ => false,
            })
        });
        // A file that is created is named after those that are there: two at once would take the same number.
        let creates = fix.edits.iter().any(|edit| edit.range.is_none());
        let is_first_to_create = !creates || self.edits.values().flatten().all(|(range, _)| range.is_some());
        let is_apart = is_apart && is_first_to_create;
        if is_apart {
            for edit in &fix.edits {
                let edits = self.edits.entry(edit.path.clone()).or_default();
                edits.push((edit.range, edit.new_text.clone()));
            }
            self.fixes.push((finding.clone(), fix.clone()));
        }
        is_apart
    }
}

fn key_of(finding: &Finding, fix: &Fix) -> (String, String, String) {
    (finding.path.clone(), finding.fingerprint.clone(), fix.title.clone())
}

#[cfg(test)]
mod tests;
