//! The baseline: findings that a project has decided to live with for now.
//!
//! It is a value, like the configuration: where it is written down, and how, is known to the front doors. They hand it
//! in once a file is reviewed and precedence is settled, so that what is kept of a review does not depend on it, and a
//! finding that is in it hides still what it would hide.

use std::collections::BTreeSet;

use plimsoll_project::Files;
use serde::{Deserialize, Serialize};

use crate::Finding;

/// The content of `.plimsoll/baseline.json`, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the format.
    version: u32,
    /// By path, rule and fingerprint, each once.
    findings: BTreeSet<Entry>,
}

/// A finding of a baseline. The rule is for people. The path counts beside the fingerprint, which is told below the
/// nearest manifest: two packages of one repository may hold the same code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, below the folder of the baseline.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// 16 hexadecimal digits.
    pub fingerprint: String,
}

impl Default for Baseline {
    fn default() -> Self {
        Self { version: Self::VERSION, findings: BTreeSet::new() }
    }
}

impl Baseline {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// Where it is kept, below the folder whose findings it holds.
    pub const FILE: &str = ".plimsoll/baseline.json";

    /// The folder of the baseline in force for a file: the nearest one above it that holds one, up to the root. Files
    /// of one folder share it, so that it can be kept by folder.
    #[must_use]
    pub fn find(files: &dyn Files, path: &str) -> Option<String> {
        let root = files.root_of(path);
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if files.stamp(&format!("{parent}/{}", Self::FILE)).is_some() {
                return Some(parent.to_owned());
            }
            if root.as_deref() == Some(parent) {
                return None;
            }
            folder = parent;
        }
        None
    }

    /// Whether this version of the format is understood. One that is not must not be used or overwritten.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.version == Self::VERSION
    }

    /// Marks the findings that are in it. `folder` is where it was found.
    pub fn mark(&self, folder: &str, findings: &mut [Finding]) {
        for finding in findings {
            finding.is_baselined = Entry::of(folder, finding).is_some_and(|entry| self.holds(&entry));
        }
    }

    /// Whether a finding is in it.
    #[must_use]
    pub fn holds(&self, entry: &Entry) -> bool {
        self.findings.contains(entry)
    }

    /// What is in it, by path, rule and fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.findings.iter()
    }
}

impl FromIterator<Entry> for Baseline {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { findings: entries.into_iter().collect(), ..Self::default() }
    }
}

impl Entry {
    /// A finding as a baseline of `folder` holds it; none where it lies elsewhere.
    #[must_use]
    pub fn of(folder: &str, finding: &Finding) -> Option<Self> {
        let path = finding.path.strip_prefix(folder)?.strip_prefix('/')?;
        let (rule, fingerprint) = (finding.rule.to_owned(), finding.fingerprint.clone());
        Some(Self { path: path.to_owned(), rule, fingerprint })
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_project::MemoryFiles;
    use plimsoll_syntax::TextRange;

    use super::*;
    use crate::{Confidence, Severity};

    fn finding(path: &str, fingerprint: &str) -> Finding {
        Finding {
            rule: "n-plus-one",
            category: "database",
            severity: Severity::Error,
            confidence: Confidence::High,
            message: String::new(),
            path: path.to_owned(),
            range: TextRange::default(),
            fingerprint: fingerprint.to_owned(),
            function: None,
            language: "typescript",
            related: Vec::new(),
            about: Vec::new(),
            may_have_fixes: true,
            is_baselined: false,
        }
    }

    #[test]
    fn what_is_in_it_is_marked_and_the_same_code_elsewhere_is_not() {
        let baseline: Baseline = Entry::of("/p", &finding("/p/a/x.ts", "1")).into_iter().collect();
        let mut findings = [finding("/p/a/x.ts", "1"), finding("/p/b/x.ts", "1"), finding("/p/a/x.ts", "2")];
        baseline.mark("/p", &mut findings);
        assert_eq!(findings.map(|finding| finding.is_baselined), [true, false, false]);
        assert_eq!(Entry::of("/p", &finding("/pq/a.ts", "1")), None);
    }

    #[test]
    fn the_nearest_one_counts() {
        let mut files = MemoryFiles::default();
        files.insert("/w/.plimsoll/baseline.json", "");
        files.insert("/w/packages/a/.plimsoll/baseline.json", "");
        let found = |path: &str| Baseline::find(&files, path);
        assert_eq!(found("/w/packages/a/src/x.ts").as_deref(), Some("/w/packages/a"));
        assert_eq!(found("/w/packages/b/x.ts").as_deref(), Some("/w"));
        assert_eq!(found("/elsewhere/x.ts"), None);
        assert_eq!(found("untitled:Untitled-1"), None);
    }
}
