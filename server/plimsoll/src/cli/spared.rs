//! Findings of the baseline that `fix` leaves alone, also after it has changed what stands around them.
//!
//! A fingerprint counts the equal findings before it in its function. Once one of several equals is repaired the others
//! are numbered anew, so that what is left alone is told by what it says and by how many of them there are.

use std::collections::BTreeMap;

use plimsoll_engine::Finding;
use plimsoll_project::Files;

use super::baseline::Baselines;

/// What is left alone.
#[derive(Debug, Default)]
pub struct Spared {
    baselines: Baselines,
    /// How many of each kind there are.
    kinds: BTreeMap<Kind, usize>,
}

/// What equal findings of a file share: its path, the rule, the function, and the text without its layout.
type Kind = (String, &'static str, Option<String>, String);

impl Spared {
    /// Takes out of the findings of each file what its baseline holds.
    pub fn of(
        baselines: Baselines,
        files: &dyn Files,
        findings: &mut BTreeMap<String, Vec<Finding>>,
    ) -> Self {
        let mut kinds = BTreeMap::new();
        for (path, own) in findings {
            baselines.mark(path, own);
            for finding in own.extract_if(.., |finding| finding.is_baselined) {
                *kinds.entry(kind_of(files, &finding)).or_default() += 1;
            }
        }
        Self { baselines, kinds }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.kinds.values().sum()
    }

    /// Takes them out of what is found in a file that may have been repaired in part.
    pub fn take_out(&self, files: &dyn Files, path: &str, findings: &mut Vec<Finding>) {
        if !self.kinds.keys().any(|(spared, ..)| spared == path) {
            return;
        }
        self.baselines.mark(path, findings);
        let mut left = self.kinds.clone();
        let mut kinds: Vec<Kind> = findings.iter().map(|finding| kind_of(files, finding)).collect();
        for (finding, kind) in findings.iter().zip(&kinds) {
            if let Some(count) = left.get_mut(kind).filter(|_| finding.is_baselined) {
                *count = count.saturating_sub(1);
            }
        }
        // Of equals that were numbered anew, the last ones.
        for (finding, kind) in findings.iter_mut().zip(&mut kinds).rev() {
            if let Some(count) = left.get_mut(kind).filter(|count| !finding.is_baselined && **count > 0) {
                *count -= 1;
                finding.is_baselined = true;
            }
        }
        findings.retain(|finding| !finding.is_baselined);
    }
}

fn kind_of(files: &dyn Files, finding: &Finding) -> Kind {
    let text = files.read(&finding.path);
    let text = text.as_deref().and_then(|text| text.get(finding.range.as_usize())).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    (finding.path.clone(), finding.rule, finding.function.clone(), words.join(" "))
}
