//! The baseline: findings that a project has decided to live with for now.

use std::collections::BTreeSet;

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

/// A finding of a baseline. The path and the rule are for people; the fingerprint alone counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, below the root.
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

    /// The baseline of these findings; `below_root` makes a path one below the root.
    #[must_use]
    pub fn of<'a>(
        findings: impl IntoIterator<Item = &'a Finding>,
        below_root: impl Fn(&str) -> String,
    ) -> Self {
        let findings = findings
            .into_iter()
            .map(|finding| Entry {
                path: below_root(&finding.path),
                rule: finding.rule.to_owned(),
                fingerprint: finding.fingerprint.clone(),
            })
            .collect();
        Self { version: Self::VERSION, findings }
    }

    /// Whether this version of the format is understood. One that is not must not be used or overwritten.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.version == Self::VERSION
    }

    /// Whether a finding is in it. Costs a scan: ask [`Self::fingerprints`] for many.
    #[must_use]
    pub fn contains(&self, finding: &Finding) -> bool {
        self.fingerprints().any(|known| known == finding.fingerprint)
    }

    /// All fingerprints.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|entry| entry.fingerprint.as_str())
    }
}
