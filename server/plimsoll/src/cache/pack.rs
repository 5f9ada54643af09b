//! What is kept on disk: outcomes with what they rest on.

use std::sync::Arc;

use plimsoll_engine::{Confidence, Finding, Outcome, Related, RuleInfo, Severity, Skipped};
use plimsoll_syntax::{FileKind, TextRange};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::numbers::Numbers;
use super::snapshot::{Answer, Known, hash};

/// Raise it whenever what is written here, or what it means, changes.
const FORMAT: u32 = 1;

/// What a pack begins with.
const MAGIC: &[u8] = b"plimsoll cache\n";

/// The most bytes of a pack. A larger one is neither written nor read.
pub const MAX_BYTES: u64 = 64 << 20;

/// Outcomes of one selection of rules, by one build of Plimsoll.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// What was asked of the disk, each once.
    pub questions: Vec<Question>,
    /// By path, each once.
    pub entries: Vec<Entry>,
}

/// Something that was asked of the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// As [`super::snapshot`] spells it.
    pub asked: Arc<str>,
    /// What was seen.
    pub answer: Answer,
    /// How to tell unread that it is still so.
    pub identity: Option<Identity>,
}

impl Question {
    /// The same without what was asked.
    pub fn known(&self) -> Known {
        Known { answer: self.answer, identity: self.identity }
    }
}

/// The outcome of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The file.
    pub path: String,
    /// What it was configured with.
    pub config: u64,
    /// Which of the questions its review has asked.
    pub questions: Numbers,
    findings: Vec<Found>,
    /// Why it was left alone, by policy.
    left_alone: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    rule: String,
    severity: u8,
    is_high: bool,
    message: String,
    range: (u32, u32),
    fingerprint: String,
    function: Option<String>,
    related: Vec<(String, (u32, u32), String)>,
    about: Vec<String>,
    may_have_fixes: bool,
}

impl Entry {
    /// An entry for an outcome; none where the outcome must not be kept, because something went wrong in it.
    pub fn new(path: &str, config: u64, outcome: &Outcome) -> Option<Self> {
        let went_wrong = outcome.skipped.iter().any(|skipped| skipped.is_failure);
        if outcome.is_cancelled || went_wrong || !outcome.unread.is_empty() {
            return None;
        }
        let left_alone = outcome.skipped.iter().map(|s| (s.path.clone(), s.reason.clone())).collect();
        let findings: Option<Vec<Found>> =
            outcome.findings.iter().map(|finding| Found::new(path, finding)).collect();
        Some(Self {
            path: path.to_owned(),
            config,
            questions: Numbers::default(),
            findings: findings?,
            left_alone,
        })
    }

    /// The outcome; none where it speaks of what this build does not know.
    pub fn outcome(&self, rules: &'static [RuleInfo]) -> Option<Outcome> {
        let findings: Option<Vec<Finding>> =
            self.findings.iter().map(|found| found.finding(&self.path, rules)).collect();
        let skipped = self.left_alone.iter().map(|(path, reason)| Skipped {
            path: path.clone(),
            reason: reason.clone(),
            is_failure: false,
        });
        Some(Outcome { findings: findings?, skipped: skipped.collect(), ..Outcome::default() })
    }
}

impl Found {
    fn new(path: &str, finding: &Finding) -> Option<Self> {
        // What is not written down follows from the path and the rule.
        if finding.path != path || language_of(path) != Some(finding.language) {
            return None;
        }
        let related = finding.related.iter().map(|r| (r.path.clone(), ends(r.range), r.message.clone()));
        Some(Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity as u8,
            is_high: finding.confidence == Confidence::High,
            message: finding.message.clone(),
            range: ends(finding.range),
            fingerprint: finding.fingerprint.clone(),
            function: finding.function.clone(),
            related: related.collect(),
            about: finding.about.clone(),
            may_have_fixes: finding.may_have_fixes,
        })
    }

    fn finding(&self, path: &str, rules: &'static [RuleInfo]) -> Option<Finding> {
        let rule = rules.iter().find(|rule| rule.id == self.rule)?;
        let severities = [Severity::Info, Severity::Warning, Severity::Error];
        let related = self.related.iter().map(|(path, range, message)| {
            Some(Related { path: path.clone(), range: between(*range)?, message: message.clone() })
        });
        Some(Finding {
            rule: rule.id,
            category: rule.category,
            severity: severities.into_iter().find(|severity| *severity as u8 == self.severity)?,
            confidence: if self.is_high { Confidence::High } else { Confidence::Medium },
            message: self.message.clone(),
            path: path.to_owned(),
            range: between(self.range)?,
            fingerprint: self.fingerprint.clone(),
            function: self.function.clone(),
            language: language_of(path)?,
            related: related.collect::<Option<_>>()?,
            about: self.about.clone(),
            may_have_fixes: self.may_have_fixes,
            is_baselined: false,
        })
    }
}

fn ends(range: TextRange) -> (u32, u32) {
    (range.start, range.end)
}

fn between((start, end): (u32, u32)) -> Option<TextRange> {
    (start <= end).then_some(TextRange { start, end })
}

fn language_of(path: &str) -> Option<&'static str> {
    match FileKind::from_path(path)? {
        FileKind::Source(language) => Some(language.name()),
        FileKind::Prisma => Some("prisma"),
        FileKind::Sql => Some("sql"),
        _ => None,
    }
}

impl Pack {
    /// The bytes of a pack: what they are, for which key, a checksum, the content. None where they are too many.
    pub fn to_bytes(&self, key: u64) -> Option<Vec<u8>> {
        let mut bytes = head(key);
        let checksum = bytes.len();
        bytes.extend([0; 16]);
        let mut bytes = postcard::to_extend(self, bytes).ok()?;
        let (head, content) = bytes.split_at_mut(checksum + 16);
        head[checksum..].copy_from_slice(&hash(content));
        (bytes.len() as u64 <= MAX_BYTES).then_some(bytes)
    }

    /// The pack that was written with the same key; none where the bytes are anything else.
    pub fn from_bytes(bytes: &[u8], key: u64) -> Option<Self> {
        let (checksum, content) = bytes.strip_prefix(&head(key)[..])?.split_at_checked(16)?;
        if checksum != hash(content) {
            return None;
        }
        let pack: Self = postcard::from_bytes(content).ok()?;
        let is_asked = |entry: &Entry| entry.questions.iter().all(|q| (q as usize) < pack.questions.len());
        pack.entries.iter().all(is_asked).then_some(pack)
    }
}

fn head(key: u64) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(FORMAT.to_le_bytes());
    head.extend(key.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack() -> Pack {
        let question = Question { asked: "/p/a.ts".into(), answer: Some([7; 16]), identity: None };
        let outcome = Outcome {
            skipped: vec![Skipped { path: "/p/a.ts".into(), reason: "generated".into(), is_failure: false }],
            ..Outcome::default()
        };
        let mut entry = Entry::new("/p/a.ts", 3, &outcome).expect("nothing went wrong");
        entry.questions = Numbers::new(vec![0]);
        Pack { questions: vec![question], entries: vec![entry] }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = pack().to_bytes(1).expect("it is small");
        assert_eq!(Pack::from_bytes(&bytes, 1), Some(pack()));
        assert_eq!(Pack::from_bytes(&bytes, 2), None);
    }

    #[test]
    fn what_was_not_written_so_is_no_pack() {
        let bytes = pack().to_bytes(1).expect("it is small");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Pack::from_bytes(&changed, 1), None, "byte {at}");
            assert_eq!(Pack::from_bytes(&bytes[..at], 1), None, "{at} bytes");
        }
    }

    #[test]
    fn a_question_that_is_not_there_makes_no_pack() {
        let mut wrong = pack();
        wrong.entries[0].questions = Numbers::new(vec![0, 1]);
        assert_eq!(Pack::from_bytes(&wrong.to_bytes(1).expect("it is small"), 1), None);
    }

    #[test]
    fn what_went_wrong_is_not_kept() {
        let skipped = Skipped { path: "/p/a.ts".into(), reason: "rule x panicked".into(), is_failure: true };
        let outcome = Outcome { skipped: vec![skipped], ..Outcome::default() };
        assert_eq!(Entry::new("/p/a.ts", 0, &outcome), None);
        let outcome = Outcome { is_cancelled: true, ..Outcome::default() };
        assert_eq!(Entry::new("/p/a.ts", 0, &outcome), None);
    }
}
