//! Repairing files in memory: fixes are applied and the result reviewed again, until nothing more applies.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_engine::{FileEdit, Finding, Fix, Safety, waits_for};
use plimsoll_project::{Files, MemoryFiles, Overlay};

use super::check::Threads;
use super::numbers::number_apart;
use super::write::Change;
use crate::report::patch::{Edits, edited};

/// How often all is looked at again after something was repaired: what did not go with others may do so now, and what one
/// file declares may be what a fix in another one waits for.
const MAX_PASSES: usize = 10;

/// Rounds in which all fixes that do not touch each other are applied at once. A fix may uncover another finding; more
/// than a few in a row is a circle.
const MAX_ROUNDS: usize = 10;

/// Fixes that are applied one by one, after some did not agree with each other.
const MAX_SINGLE_FIXES: usize = 1000;

/// What finds and fixes.
pub trait Reviewer: Sync {
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
    threads: &Threads,
) -> Repaired {
    let found = findings.values().map(Vec::len).sum();
    let mut repair = Repair {
        reviewer,
        disk,
        allowed,
        threads,
        pending: BTreeSet::new(),
        pinned: MemoryFiles::default(),
        before: BTreeMap::new(),
        refused: BTreeSet::new(),
        offered: BTreeMap::new(),
        repaired: Repaired { left: findings, found, ..Repaired::default() },
    };
    for _ in 0..MAX_PASSES {
        let done = repair.repaired.done.len();
        repair.look_again();
        if !repair.at_once() {
            repair.one_by_one();
        }
        if repair.repaired.done.len() == done {
            break;
        }
    }
    repair.finish()
}

struct Repair<'a> {
    reviewer: &'a dyn Reviewer,
    disk: &'a dyn Files,
    allowed: Safety,
    threads: &'a Threads,
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
    /// Begins with all files that may have something to repair. What is known to be held back stays so.
    fn look_again(&mut self) {
        self.refused.clear();
        let is_open = |finding: &Finding| {
            let is_held = |known: &Option<Safety>| known.is_some_and(|safety| safety > self.allowed);
            finding.may_have_fixes && !self.offered.get(&name_of(finding)).is_some_and(is_held)
        };
        let open = self.repaired.left.iter().filter(|(_, findings)| findings.iter().any(is_open));
        self.pending = open.map(|(path, _)| path.clone()).collect();
    }

    /// Applies all fixes of a round at once. Returns false when fixes did not agree.
    fn at_once(&mut self) -> bool {
        for _ in 0..MAX_ROUNDS {
            let round = self.round();
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

    /// The fixes of all pending files that do not touch each other.
    fn round(&mut self) -> Round {
        let paths: Vec<String> = self.pending.iter().cloned().collect();
        paths.iter().for_each(|path| self.pin(path));
        let findings = self.threads.each(&paths, |path| self.review(path)).concat();
        let fixable: Vec<&Finding> = findings.iter().filter(|finding| finding.may_have_fixes).collect();
        let fixes = self.threads.each(&fixable, |finding| self.fixes(finding));
        let mut chosen: Vec<(&Finding, Fix)> = Vec::new();
        for (finding, fixes) in fixable.into_iter().zip(fixes) {
            chosen.extend(self.choose(finding, fixes).map(|fix| (finding, fix)));
        }
        number_apart(chosen.iter_mut().map(|(_, fix)| fix));
        let mut round = Round { reviewed: paths.into_iter().collect(), ..Round::default() };
        for (finding, fix) in &chosen {
            // It may have a new name.
            fix.edits.iter().for_each(|edit| self.pin(&edit.path));
            if !round.add(finding, fix) {
                round.postponed.insert(finding.path.clone());
            }
        }
        round.findings = findings;
        round
    }

    /// Applies each fix alone, as it was proven.
    fn one_by_one(&mut self) {
        for _ in 0..MAX_SINGLE_FIXES {
            let Some(path) = self.pending.first().cloned() else {
                return;
            };
            let round = self.single(&path);
            if round.is_empty() {
                self.pending.remove(&path);
            } else if !self.apply(&round) {
                self.refused.extend(round.fixes.into_iter().map(|(finding, fix)| key_of(&finding, &fix)));
            }
        }
    }

    /// The first fix of a file that can be applied.
    fn single(&mut self, path: &str) -> Round {
        self.pin(path);
        let findings = self.review(path);
        let mut round = Round { reviewed: BTreeSet::from([path.to_owned()]), ..Round::default() };
        for finding in findings.iter().filter(|finding| finding.may_have_fixes) {
            let fixes = self.fixes(finding);
            if let Some(fix) = self.choose(finding, fixes) {
                round.add(finding, &fix);
                break;
            }
        }
        round.findings = findings;
        round
    }

    fn fixes(&self, finding: &Finding) -> Vec<Fix> {
        self.reviewer.fixes(&Overlay { over: &self.pinned, under: self.disk }, finding)
    }

    /// The first fix that is allowed, told in the texts that are pinned.
    fn choose(&mut self, finding: &Finding, mut fixes: Vec<Fix>) -> Option<Fix> {
        // A fix may change a file that was not pinned: then that is done, and the fix asked for again.
        for _ in 0..3 {
            self.offered.insert(name_of(finding), fixes.iter().map(|fix| fix.safety).min());
            let fix = fixes.into_iter().find(|fix| {
                fix.safety <= self.allowed
                    && !fix.edits.is_empty()
                    && !self.refused.contains(&key_of(finding, fix))
            })?;
            let is_unpinned = |edit: &&FileEdit| !self.before.contains_key(&edit.path);
            let unpinned: Vec<FileEdit> = fix.edits.iter().filter(is_unpinned).cloned().collect();
            unpinned.iter().for_each(|edit| self.pin(&edit.path));
            if unpinned.iter().all(|edit| edit.range.is_none()) {
                return Some(fix);
            }
            fixes = self.fixes(finding);
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
        let paths: Vec<String> = round.reviewed.iter().cloned().collect();
        let left = self.threads.each(&paths, |path| self.review(path));
        if !round.has_mended(left.iter().flatten()) {
            self.pinned = pinned;
            return false;
        }
        self.repaired.left.extend(paths.into_iter().zip(left));
        self.repaired.done.extend(round.fixes.iter().map(|(finding, fix)| Done {
            path: finding.path.clone(),
            rule: finding.rule,
            title: fix.title.clone(),
        }));
        true
    }

    fn finish(mut self) -> Repaired {
        let left = self.repaired.left.values().flatten();
        let unasked = left.filter(|it| it.may_have_fixes && !self.offered.contains_key(&name_of(it)));
        let unasked: Vec<Finding> = unasked.cloned().collect();
        let fixes = self.threads.each(&unasked, |finding| self.fixes(finding));
        for (finding, fixes) in unasked.iter().zip(fixes) {
            self.offered.insert(name_of(finding), fixes.iter().map(|fix| fix.safety).min());
        }
        for finding in self.repaired.left.values().flatten() {
            match self.offered.get(&name_of(finding)) {
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
    /// Files that were looked at.
    reviewed: BTreeSet<String>,
    /// What was found in them.
    findings: Vec<Finding>,
    /// Files with a fix that touches another one.
    postponed: BTreeSet<String>,
}

impl Round {
    fn is_empty(&self) -> bool {
        self.fixes.is_empty()
    }

    /// Adds a fix, unless it touches another one.
    fn add(&mut self, finding: &Finding, fix: &Fix) -> bool {
        let is_there = |edit: &FileEdit| {
            let known = self.edits.get(&edit.path).into_iter().flatten();
            known.into_iter().any(|(range, text)| *range == edit.range && *text == edit.new_text)
        };
        // The same index may serve two queries: its fix is made once, and ends both.
        if fix.edits.iter().all(is_there) {
            return true;
        }
        let is_apart = fix.edits.iter().all(|edit| {
            let known = self.edits.get(&edit.path).into_iter().flatten();
            let mut ranges = known.map(|(range, _)| *range);
            ranges.all(|range| match (range, edit.range) {
                // Where two touch, their order would be a guess.
                (Some(one), Some(other)) => one.end < other.start || other.end < one.start,
                // A file is created once, and is not there to be changed before.
                _ => false,
            })
        });
        if is_apart {
            for edit in &fix.edits {
                let edits = self.edits.entry(edit.path.clone()).or_default();
                edits.push((edit.range, edit.new_text.clone()));
            }
            self.fixes.push((finding.clone(), fix.clone()));
        }
        is_apart
    }

    /// Whether as many findings are gone as there are fixes, and none came but those that wait for what is gone.
    fn has_mended<'f>(&self, left: impl Iterator<Item = &'f Finding>) -> bool {
        let (had, has) = (counts(self.findings.iter()), counts(left));
        let fixed = counts(self.fixes.iter().map(|(finding, _)| finding));
        let of = |counts: &BTreeMap<&str, usize>, rule: &str| counts.get(rule).copied().unwrap_or(0);
        let may_appear = |rule: &str| fixed.keys().any(|fixed| waits_for(rule, fixed));
        let rules = fixed.keys().chain(has.keys());
        rules.into_iter().all(|rule| of(&has, rule) + of(&fixed, rule) <= of(&had, rule) || may_appear(rule))
    }
}

fn counts<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    findings.for_each(|finding| *counts.entry(finding.rule).or_default() += 1);
    counts
}

/// Which finding it is, as long as its file stays.
fn name_of(finding: &Finding) -> (String, String) {
    (finding.path.clone(), finding.fingerprint.clone())
}

fn key_of(finding: &Finding, fix: &Fix) -> (String, String, String) {
    (finding.path.clone(), finding.fingerprint.clone(), fix.title.clone())
}

#[cfg(test)]
mod tests;
