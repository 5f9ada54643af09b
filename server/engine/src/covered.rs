//! Precedence between files: what one rule finds in code and another one in the schema is told once, in the code.
//!
//! A review sees one file. Whoever shows several of them asks here, with all that it shows: which file was reviewed
//! first does not matter, and what nobody is shown hides nothing.

use std::collections::BTreeSet;

use crate::Finding;

/// Where a finding of the first rule is about what one of the second is about, in whichever file, it hides that.
const PRECEDENCE: &[(&str, &str)] = &[("missing-index", "unindexed-foreign-key")];

/// What findings are about that hide others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    about: BTreeSet<(&'static str, String)>,
}

impl Covered {
    /// What these findings cover.
    pub fn by<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let hides = |finding: &&Finding| PRECEDENCE.iter().any(|&(first, _)| first == finding.rule);
        let about = findings
            .into_iter()
            .filter(hides)
            .flat_map(|finding| finding.about.iter().map(|about| (finding.rule, about.clone())));
        Self { about: about.collect() }
    }

    /// Whether a finding is told already.
    #[must_use]
    pub fn has(&self, finding: &Finding) -> bool {
        let hiding = PRECEDENCE.iter().filter(|&&(_, second)| second == finding.rule);
        hiding
            .into_iter()
            .any(|&(first, _)| finding.about.iter().any(|about| self.about.contains(&(first, about.clone()))))
    }
}
