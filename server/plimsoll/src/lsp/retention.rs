//! What is shown while text is half written.
//!
//! A review has no history: it tells what the text says now, and of a function in the middle of an edit that is often
//! nothing. An editor whose findings vanish at every second keystroke is of no use, so the last good findings of a
//! unit that does not parse are carried through the edits. A finding is never carried over text that has changed.

use plimsoll_engine::{Finding, UnitReport};
use plimsoll_syntax::{AppliedEdit, TextRange, map_range};

/// The last good findings of one document, always in the bytes of its newest text.
#[derive(Debug, Default)]
pub struct Retention {
    good: Vec<Finding>,
}

impl Retention {
    /// Follows an edit of the document at `path`.
    pub fn follow(&mut self, path: &str, edits: &[AppliedEdit]) {
        follow(&mut self.good, path, edits);
    }

    /// What to show for a review of the newest text: `findings` and `units` are what it yielded, no units are where the
    /// text could not be parsed at all.
    #[must_use]
    pub fn show(&mut self, findings: Vec<Finding>, units: Option<&[UnitReport]>) -> Vec<Finding> {
        let health = Health { units };
        if health.is_sound() {
            self.good.clone_from(&findings);
            return findings;
        }
        let mut retained = std::mem::take(&mut self.good);
        retained.retain(|finding| health.is_broken_at(finding.range));

        let mut shown = findings;
        shown.retain(|finding| !health.is_within_error(finding.range));
        // What the review has found again is told by the review.
        let found_again = |old: &Finding| {
            let is_same = |new: &Finding| {
                new.fingerprint == old.fingerprint || (new.rule == old.rule && new.range == old.range)
            };
            shown.iter().any(is_same)
        };
        let missing: Vec<Finding> = retained.iter().filter(|old| !found_again(old)).cloned().collect();

        self.good = retained;
        let sound = shown.iter().filter(|finding| !health.is_broken_at(finding.range));
        self.good.extend(sound.cloned());

        if !missing.is_empty() {
            shown.extend(missing);
            shown.sort_by_key(|finding| (finding.range, finding.rule));
        }
        shown
    }
}

/// Moves findings of the document at `path` with its text. What stood over text that has changed is gone.
pub fn follow(findings: &mut Vec<Finding>, path: &str, edits: &[AppliedEdit]) {
    if edits.is_empty() {
        return;
    }
    findings.retain_mut(|finding| {
        let Some(range) = map_range(finding.range, edits) else {
            return false;
        };
        finding.range = range;
        finding.related.retain_mut(|related| {
            if related.path != path {
                return true;
            }
            let moved = map_range(related.range, edits);
            related.range = moved.unwrap_or(related.range);
            moved.is_some()
        });
        true
    });
}

/// Where the text parses.
struct Health<'a> {
    /// None if it does not at all.
    units: Option<&'a [UnitReport]>,
}

impl Health<'_> {
    fn is_sound(&self) -> bool {
        self.units.is_some_and(|units| units.iter().all(|unit| unit.errors.is_empty()))
    }

    /// Whether the innermost unit around `range` holds a syntax error, or stands in one: a handler that is whole in a
    /// call that is not. Where an error has torn the units apart, the text that stands in none of them is broken too.
    fn is_broken_at(&self, range: TextRange) -> bool {
        let Some(units) = self.units else {
            return true;
        };
        match innermost(units, range) {
            Some(innermost) => !innermost.errors.is_empty() || self.is_within_any_error(innermost.range),
            None => units.iter().any(|unit| !unit.errors.is_empty()),
        }
    }

    /// Whether a syntax error of the innermost unit covers `range`. An error around the whole unit says nothing of what
    /// is in it.
    fn is_within_error(&self, range: TextRange) -> bool {
        match innermost(self.units.unwrap_or_default(), range) {
            Some(innermost) => is_covered(&innermost.errors, range),
            None => self.is_within_any_error(range),
        }
    }

    fn is_within_any_error(&self, range: TextRange) -> bool {
        self.units.unwrap_or_default().iter().any(|unit| is_covered(&unit.errors, range))
    }
}

fn is_covered(errors: &[TextRange], range: TextRange) -> bool {
    errors.iter().any(|error| !error.is_empty() && error.contains_range(range))
}

/// The innermost unit around a range. Units come in source order, each after the one around it, so that it is the last
/// one that contains the range; there are hundreds of units and findings, and a search from the front would meet all of
/// the ones for each of the others.
fn innermost(units: &[UnitReport], range: TextRange) -> Option<&UnitReport> {
    let begun = units.partition_point(|unit| unit.range.start <= range.start);
    units[..begun].iter().rev().find(|unit| unit.range.contains_range(range))
}

#[cfg(test)]
mod tests {
    use super::Retention;
    use plimsoll_engine::{Confidence, Finding, Related, Severity, UnitReport};
    use plimsoll_syntax::{Document, Edit, Language, Position, PositionEncoding, TextRange};
    use proptest::prelude::*;

    fn finding(start: u32, end: u32, fingerprint: &str) -> Finding {
        Finding {
            rule: "leaked-timer",
            category: "react",
            severity: Severity::Warning,
            confidence: Confidence::High,
            message: String::new(),
            path: "/a.ts".into(),
            range: TextRange::new(start, end),
            fingerprint: fingerprint.into(),
            function: None,
            language: "typescript",
            related: Vec::new(),
            about: Vec::new(),
            may_have_fixes: false,
            is_baselined: false,
        }
    }

    fn unit(start: u32, end: u32, errors: &[(u32, u32)]) -> UnitReport {
        UnitReport {
            range: TextRange::new(start, end),
            errors: errors.iter().map(|&(start, end)| TextRange::new(start, end)).collect(),
        }
    }

    fn fingerprints(shown: &[Finding]) -> Vec<&str> {
        shown.iter().map(|finding| finding.fingerprint.as_str()).collect()
    }

    /// A document and its retention, after a first review that found the words given.
    struct Editor {
        document: Document,
        retention: Retention,
    }

    impl Editor {
        fn new(text: &str, found: Vec<Finding>) -> Self {
            let document = Document::open(text, Language::TypeScript, 1);
            let mut retention = Retention::default();
            let len = document.current().len();
            assert_eq!(retention.show(found.clone(), Some(&[unit(0, len, &[])])), found);
            Self { document, retention }
        }

        fn replace(&mut self, start: u32, end: u32, text: &str) {
            let (start, end) = (Position::new(0, start), Position::new(0, end));
            let edit = Edit::replace(start, end, text);
            let applied = self.document.apply(&[edit], PositionEncoding::Utf8, 2);
            self.retention.follow("/a.ts", &applied);
        }
    }

    #[test]
    fn a_broken_unit_keeps_its_findings_and_a_sound_one_loses_what_is_gone() {
        let found = vec![finding(0, 3, "one"), finding(10, 13, "two")];
        let mut editor = Editor::new("one       two   ", found);
        editor.replace(5, 5, "(");
        let units = [unit(0, 8, &[(5, 6)]), unit(8, 17, &[])];
        let shown = editor.retention.show(Vec::new(), Some(&units));
        assert_eq!(fingerprints(&shown), ["one"]);
        let units = [unit(0, 8, &[]), unit(8, 17, &[])];
        assert!(editor.retention.show(Vec::new(), Some(&units)).is_empty());
    }

    #[test]
    fn the_innermost_unit_decides() {
        let mut editor = Editor::new("outer inner  ", vec![finding(6, 11, "inner")]);
        editor.replace(0, 1, "(");
        let units = [unit(0, 13, &[(0, 1)]), unit(5, 12, &[])];
        assert!(editor.retention.show(Vec::new(), Some(&units)).is_empty());
    }

    #[test]
    fn a_whole_unit_in_a_broken_one_keeps_what_it_holds() {
        let found = vec![finding(6, 11, "inner"), finding(14, 17, "later")];
        let mut editor = Editor::new("outer inner   end  ", found.clone());
        editor.replace(18, 18, "(");
        let units = [unit(0, 20, &[(0, 20)]), unit(5, 12, &[])];
        // What is found in it counts, and what is not may only lack what is around it.
        let shown = editor.retention.show(vec![found[0].clone()], Some(&units));
        assert_eq!(fingerprints(&shown), ["inner", "later"]);
        let shown = editor.retention.show(Vec::new(), Some(&units));
        assert_eq!(fingerprints(&shown), ["inner", "later"]);
    }

    #[test]
    fn a_finding_that_was_found_again_is_shown_once() {
        let mut editor = Editor::new("one  ", vec![finding(0, 3, "one")]);
        editor.replace(4, 4, "(");
        let units = [unit(0, 6, &[(4, 5)])];
        let shown = editor.retention.show(vec![finding(0, 3, "one")], Some(&units));
        assert_eq!(fingerprints(&shown), ["one"]);
        let shown = editor.retention.show(vec![finding(0, 3, "renamed")], Some(&units));
        assert_eq!(fingerprints(&shown), ["renamed"]);
    }

    #[test]
    fn what_is_found_in_a_broken_unit_is_shown_unless_it_is_the_error() {
        let mut retention = Retention::default();
        let units = [unit(0, 20, &[(5, 9)])];
        let found = vec![finding(0, 3, "beside"), finding(6, 8, "inside")];
        assert_eq!(fingerprints(&retention.show(found, Some(&units))), ["beside"]);
        // It was never good, so it is not carried either.
        assert!(retention.show(Vec::new(), Some(&units)).is_empty());
    }

    #[test]
    fn a_text_without_a_tree_keeps_everything() {
        let mut editor = Editor::new("one  ", vec![finding(0, 3, "one")]);
        editor.replace(4, 4, "x");
        assert_eq!(editor.retention.show(Vec::new(), None).len(), 1);
        assert!(editor.retention.show(Vec::new(), Some(&[])).is_empty());
    }

    #[test]
    fn related_places_of_the_same_file_move_too() {
        let mut with_related = finding(10, 13, "two");
        let related = |path: &str, start, end| Related {
            path: path.into(),
            range: TextRange::new(start, end),
            message: String::new(),
        };
        with_related.related = vec![related("/a.ts", 5, 8), related("/b.ts", 5, 8), related("/a.ts", 0, 3)];
        let mut editor = Editor::new("one  now  two   ", vec![with_related]);
        editor.replace(1, 1, "((");
        let shown = editor.retention.show(Vec::new(), Some(&[unit(0, 18, &[(1, 2)])]));
        let places: Vec<_> = shown[0].related.iter().map(|it| (it.path.as_str(), it.range.start)).collect();
        assert_eq!(places, [("/a.ts", 7), ("/b.ts", 5)]);
    }

    proptest! {
        #[test]
        fn the_text_of_a_retained_finding_is_unchanged(
            text in "[a-cé🚢 ]{1,40}",
            words in prop::collection::vec((0usize..40, 1usize..6), 1..6),
            edits in prop::collection::vec((0u32..60, 0u32..6, "[x🚢]{0,3}"), 1..6),
        ) {
            let boundaries: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = |index: usize| boundaries[index.min(boundaries.len() - 1)] as u32;
            let found: Vec<Finding> = words
                .iter()
                .enumerate()
                .map(|(index, &(start, len))| finding(at(start), at(start + len), &index.to_string()))
                .filter(|finding| !finding.range.is_empty())
                .collect();
            let mut found = found;
            found.sort_by_key(|finding| (finding.range, finding.fingerprint.clone()));
            let texts: Vec<(String, String)> = found
                .iter()
                .map(|it| (it.fingerprint.clone(), text[it.range.as_usize()].to_owned()))
                .collect();
            let mut editor = Editor::new(&text, found);
            for (start, len, new) in edits {
                editor.replace(start, start + len, &new);
                let len = editor.document.current().len();
                let shown = editor.retention.show(Vec::new(), Some(&[unit(0, len, &[(0, len)])]));
                for finding in shown {
                    let before = texts.iter().find(|(id, _)| *id == finding.fingerprint);
                    let now = editor.document.current().text_of(finding.range);
                    prop_assert_eq!(Some(now.as_ref()), before.map(|(_, text)| text.as_str()));
                }
            }
        }
    }
}
