//! All safe fixes of a document as one: each is proven by itself, and all of them together once more. What is left out
//! because it touches another one is made for the text that this leaves, as the command line does it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use plimsoll_engine::{FileEdit, Fix, Outcome, Request, Safety, waits_for};
use plimsoll_project::{Files, MemoryFiles, Overlay};
use plimsoll_syntax::{ByteEdit, TextRange, apply_byte_edits};

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

/// Rounds of fixes: of two that touch each other the second one is made for the text that the first one leaves.
const MAX_ROUNDS: usize = 10;

/// The document as it is, or as fixes have made it, and who reviews it.
pub struct Base<'a> {
    /// Who finds and proves.
    pub reviewer: &'a dyn Reviewer,
    /// The document as it is.
    pub subject: &'a Subject,
    /// Set when nobody waits any more.
    pub cancel: &'a AtomicBool,
    /// No proof begins later.
    pub end: Instant,
}

impl Base<'_> {
    /// The edits of all safe fixes, of which `cures` are those of the text as it is. `cures_in` proves those of another
    /// text.
    #[must_use]
    pub fn fix_all(
        &self,
        cures: Vec<Cure>,
        cures_in: &dyn Fn(&dyn Files, &Outcome) -> Vec<Cure>,
    ) -> Vec<FileEdit> {
        let Some(before) = self.subject.files.read(&self.subject.path) else { return Vec::new() };
        let (first, mut is_all) = self.combine(&self.subject.files, &before, cures);
        let Some(mut text) = applied(&before, &first) else { return Vec::new() };
        let mut has_more = false;
        for _ in 1..MAX_ROUNDS {
            if is_all || first.is_empty() || self.is_over() {
                break;
            }
            let mut over = MemoryFiles::default();
            over.insert(self.subject.path.clone(), text.as_str());
            let files = Overlay { over: &over, under: &self.subject.files };
            let Some(mut outcome) = self.review(&files) else { break };
            self.subject.configurations.mark(&self.subject.files, &self.subject.path, &mut outcome.findings);
            let cures = cures_in(&files, &outcome);
            let (edits, are_all) = self.combine(&files, &text, cures);
            let Some(next) = applied(&text, &edits).filter(|_| !edits.is_empty()) else { break };
            (text, is_all, has_more) = (next, are_all, true);
        }
        if has_more { vec![difference(&self.subject.path, &before, &text)] } else { first }
    }

    fn is_over(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || Instant::now() > self.end
    }

    /// What is found in the document as a view of files has it.
    fn review(&self, files: &dyn Files) -> Option<Outcome> {
        let after = self.subject.with_request(self.reviewer, self.cancel, |request| {
            self.reviewer.review(&Request { files, document: None, ..*request })
        });
        after.filter(|after| !after.is_cancelled && after.skipped.is_empty())
    }

    /// The edits of as many safe fixes as can be applied together, and whether those are all. Of two that change the same
    /// place the first one counts.
    fn combine(&self, files: &dyn Files, text: &str, cures: Vec<Cure>) -> (Vec<FileEdit>, bool) {
        let path = &self.subject.path;
        let is_meant = |cure: &Cure| {
            cure.fix.safety == Safety::Safe && cure.fix.edits.iter().all(|edit| edit.path == *path)
        };
        let mut disjoint: Vec<Cure> = Vec::new();
        let mut is_all = true;
        for cure in cures.into_iter().filter(is_meant) {
            let collides = |edit: &FileEdit| {
                let others = disjoint.iter().flat_map(|other| &other.fix.edits);
                // Two fixes may bring the same import.
                others.into_iter().any(|other| other != edit && collide(edit, other))
            };
            if cure.fix.edits.iter().any(collides) {
                is_all = false;
            } else {
                disjoint.push(cure);
            }
        }
        if disjoint.is_empty() {
            return (Vec::new(), is_all);
        }
        let Some(before) = self.review(files) else { return (Vec::new(), is_all) };
        let mut accepted: Vec<&Cure> = Vec::new();
        // What fails together is tried in halves, the first ones first.
        let mut untried = vec![&disjoint[..]];
        while let Some(next) = untried.pop() {
            if next.is_empty() || self.is_over() {
                continue;
            }
            let together: Vec<&Cure> = accepted.iter().copied().chain(next).collect();
            if self.is_sound(files, text, &before, &together) {
                accepted = together;
            } else if next.len() > 1 {
                let (first, second) = next.split_at(next.len() / 2);
                untried.push(second);
                untried.push(first);
            }
        }
        is_all &= accepted.len() == disjoint.len();
        (edits_of(&accepted), is_all)
    }

    /// Whether the fixes cure together what each cures alone, and bring nothing new but what waits for what they cure.
    fn is_sound(&self, files: &dyn Files, text: &str, before: &Outcome, cures: &[&Cure]) -> bool {
        let Some(text) = applied(text, &edits_of(cures)) else { return false };
        let mut over = MemoryFiles::default();
        over.insert(self.subject.path.clone(), text);
        let Some(after) = self.review(&Overlay { over: &over, under: files }) else { return false };
        let fixed = |rule: &str| cures.iter().filter(|cure| cure.rule == rule).count();
        let may_appear = |rule: &str| cures.iter().any(|cure| waits_for(rule, cure.rule));
        let rules =
            cures.iter().map(|cure| cure.rule).chain(after.findings.iter().map(|finding| finding.rule));
        let is_cured =
            |rule: &str| count(&after, rule) + fixed(rule) <= count(before, rule) || may_appear(rule);
        let are_cured = rules.into_iter().all(is_cured);
        are_cured && errors(&after) <= errors(before)
    }
}

/// The text with edits of it.
fn applied(text: &str, edits: &[FileEdit]) -> Option<String> {
    let edits: Option<Vec<ByteEdit>> =
        edits.iter().map(|edit| Some(ByteEdit { range: edit.range?, text: edit.new_text.clone() })).collect();
    apply_byte_edits(text, &edits?).ok()
}

/// The edit that makes one text of another: what is the same at both ends is left alone.
fn difference(path: &str, before: &str, after: &str) -> FileEdit {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>()
    };
    let start = same(&mut before.chars(), &mut after.chars());
    let (old, new) = (&before[start..], &after[start..]);
    let end = same(&mut old.chars().rev(), &mut new.chars().rev());
    FileEdit {
        path: path.to_owned(),
        range: Some(TextRange::from_usize(start, before.len() - end)),
        new_text: new[..new.len() - end].to_owned(),
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
