//! Precedence between files: what one rule finds in code and another one in the schema is told once, in the code.
//!
//! A review sees one file. Whoever shows several of them asks here, with all that it shows: which file was reviewed
//! first does not matter, and what nobody is shown hides nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::Finding;

/// Where a finding of the first rule is about what one of the second is about, in whichever file, it hides that.
const PRECEDENCE: &[(&str, &str)] = &[("missing-index", "unindexed-foreign-key")];

/// Rules that tell of one thing once, in the first file that has it.
const ONCE: &[&str] = &["undeclared-dependency"];

/// What findings are about that hide others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    about: BTreeSet<(&'static str, String)>,
    /// Where each thing is told that is told once: a path and a byte of it.
    first: BTreeMap<(&'static str, String), (String, u32)>,
}

impl Covered {
    /// What these findings cover.
    pub fn by<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut covered = Self::default();
        for finding in findings {
            let named = finding.about.iter().map(|about| (finding.rule, about.clone()));
            if PRECEDENCE.iter().any(|&(first, _)| first == finding.rule) {
                covered.about.extend(named);
            } else if ONCE.contains(&finding.rule) {
                let place = (finding.path.clone(), finding.range.start);
                for thing in named {
                    let first = covered.first.entry(thing).or_insert_with(|| place.clone());
                    if place < *first {
                        *first = place.clone();
                    }
                }
            }
        }
        covered
    }

    /// Whether a finding is told already.
    #[must_use]
    pub fn has(&self, finding: &Finding) -> bool {
        let is_told_before = |about: &String| {
            let first = self.first.get(&(finding.rule, about.clone()));
            first.is_some_and(|(path, start)| (path, *start) < (&finding.path, finding.range.start))
        };
        if finding.about.iter().any(is_told_before) {
            return true;
        }
        let hiding = PRECEDENCE.iter().filter(|&&(_, second)| second == finding.rule);
        hiding
            .into_iter()
            .any(|&(first, _)| finding.about.iter().any(|about| self.about.contains(&(first, about.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_syntax::TextRange;

    use super::*;
    use crate::{Confidence, Severity};

    fn finding(rule: &'static str, path: &str, start: u32, about: &str) -> Finding {
        Finding {
            rule,
            category: "dependencies",
            severity: Severity::Error,
            confidence: Confidence::High,
            message: String::new(),
            path: path.to_owned(),
            range: TextRange::new(start, start + 1),
            fingerprint: String::new(),
            function: None,
            language: "typescript",
            related: Vec::new(),
            about: vec![about.to_owned()],
            may_have_fixes: false,
            is_baselined: false,
        }
    }

    #[test]
    fn what_is_told_once_is_told_in_the_first_file_that_has_it() {
        let all = [
            finding("undeclared-dependency", "/p/b.ts", 0, "/p/package.json#a"),
            finding("undeclared-dependency", "/p/a.ts", 9, "/p/package.json#a"),
            finding("undeclared-dependency", "/p/b.ts", 20, "/p/package.json#b"),
            finding("undeclared-dependency", "/q/c.ts", 0, "/q/package.json#a"),
        ];
        let covered = Covered::by(&all);
        let told: Vec<bool> = all.iter().map(|finding| !covered.has(finding)).collect();
        assert_eq!(told, [false, true, true, true]);
        assert!(!Covered::by(&all[..1]).has(&all[0]), "alone, it is told");
    }
}
