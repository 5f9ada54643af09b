//! A reviewer for tests of the server: every word `FIXMEWORD` is a finding, every line a unit, and a line that holds
//! `(((` does not parse: nothing is found in it. A line that holds `ALONE` and two fixed words does not parse either, so
//! that two fixes can be right alone and wrong together. What a text that holds `LATER` has before it is told at first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plimsoll_engine::{
    CallDescription, Confidence, FileEdit, Finding, Fix, Outcome, Related, Request, RuleInfo, Safety,
    Severity, UnitReport,
};
use plimsoll_project::Files;
use plimsoll_syntax::TextRange;

/// How long a file takes to be read ahead.
const READING: Duration = Duration::from_millis(5);

const WORD: &str = "FIXMEWORD";

const RULES: [RuleInfo; 1] = [RuleInfo {
    id: "fixme-word",
    category: "tests",
    severity: Severity::Warning,
    is_preview: false,
    since: "0.1.0",
    summary: "Words that want fixing are not fixed by themselves.",
    documentation: "",
    options: &[],
}];

/// Finds the word.
#[derive(Default)]
pub struct WordReviewer {
    hold: Option<Mutex<Hold>>,
    /// The file that every finding points to.
    related: Option<String>,
    /// How many reviews have begun.
    pub begun: Arc<AtomicUsize>,
    /// How many files were read ahead.
    pub read: Arc<AtomicUsize>,
}

struct Hold {
    begins: Sender<i32>,
    goes_on: Receiver<()>,
}

/// Holds each review until the test lets it go on.
pub struct Held {
    begun: Receiver<i32>,
    go_on: Sender<()>,
}

impl Held {
    /// Waits until a review has begun; returns the version that it reviews.
    pub fn wait_for_begin(&self) -> i32 {
        self.begun.recv_timeout(Duration::from_secs(20)).expect("a review begins")
    }

    /// Lets one review go on, which waits or will.
    pub fn go_on(&self) {
        self.go_on.send(()).expect("the reviewer is there");
    }
}

impl WordReviewer {
    /// A reviewer whose findings point to a file, and whose fixes change it.
    pub fn pointing_to(path: &str) -> Self {
        Self { related: Some(path.into()), ..Self::default() }
    }

    /// A reviewer whose reviews wait for the test.
    pub fn held() -> (Self, Held) {
        let (begins, begun) = channel();
        let (go_on, goes_on) = channel();
        let hold = Some(Mutex::new(Hold { begins, goes_on }));
        let reviewer = Self { hold, ..Self::default() };
        (reviewer, Held { begun, go_on })
    }

    fn wait(&self, version: i32, request: &Request<'_>) {
        let Some(hold) = &self.hold else {
            return;
        };
        let hold = hold.lock().expect("no review panics");
        hold.begins.send(version).expect("the test is there");
        while !request.cancel.load(Ordering::Relaxed) {
            if hold.goes_on.recv_timeout(Duration::from_millis(1)).is_ok() {
                return;
            }
        }
    }
}

impl super::super::reviewer::Reviewer for WordReviewer {
    fn review(&self, request: &Request<'_>) -> Outcome {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let version = request.document.map_or(0, |document| document.version());
        assert!(
            request.document.is_none_or(|document| !document.is_unfinished()),
            "its parse is finished first"
        );
        self.wait(version, request);
        let text = request.files.read(request.path).unwrap_or_default();
        assert!(!text.contains("PANIC"), "the text asks for it");
        let mut outcome =
            Outcome { is_cancelled: request.cancel.load(Ordering::Relaxed), ..Outcome::default() };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let is_spoilt = line.contains("ALONE") && line.matches("FIXEDWORD").count() > 1;
            let errors = line.match_indices(if is_spoilt { "ALONE" } else { "(((" });
            let errors: Vec<TextRange> =
                errors.map(|(at, _)| TextRange::from_usize(start + at, start + at + 3)).collect();
            if errors.is_empty() {
                let words = line.match_indices(WORD);
                outcome.findings.extend(words.enumerate().map(|(ordinal, (at, _))| {
                    let range = TextRange::from_usize(start + at, start + at + WORD.len());
                    self.finding(request, range, &format!("{} {ordinal}", line.trim()))
                }));
            }
            outcome
                .units
                .push(UnitReport { range: TextRange::from_usize(start, start + line.len()), errors });
            start += line.len();
        }
        outcome
    }

    fn review_in_steps(&self, request: &Request<'_>, first: &mut dyn FnMut(Outcome)) -> Outcome {
        let text = request.files.read(request.path).unwrap_or_default();
        if let Some(later) = text.find("LATER") {
            let words = text[..later].match_indices(WORD);
            let found = words.map(|(at, _)| {
                let range = TextRange::from_usize(at, at + WORD.len());
                self.finding(request, range, &at.to_string())
            });
            let units = vec![UnitReport { range: TextRange::from_usize(0, text.len()), errors: Vec::new() }];
            first(Outcome { findings: found.collect(), units, ..Outcome::default() });
        }
        self.review(request)
    }

    fn read_ahead(&self, files: &dyn Files, path: &str) {
        assert!(files.read(path).is_some(), "{path} is there");
        std::thread::sleep(READING);
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    fn fixes(
        &self,
        request: &Request<'_>,
        finding: &Finding,
        can_be_made: &dyn Fn(&Fix) -> bool,
    ) -> Vec<Fix> {
        let edit = |path: &str, range, new_text: &str| FileEdit {
            path: path.into(),
            range,
            new_text: new_text.into(),
        };
        let replace = edit(request.path, Some(finding.range), "FIXEDWORD");
        let mut fixes = vec![Fix {
            title: "Replace the word".into(),
            safety: Safety::Safe,
            edits: vec![replace.clone()],
        }];
        if let Some(other) = &self.related {
            fixes.push(Fix {
                title: "Replace the word here and there (review needed)".into(),
                safety: Safety::Review,
                edits: vec![replace.clone(), edit(other, Some(TextRange::new(0, 1)), "x")],
            });
            fixes.push(Fix {
                title: "Explain the word in a new file (review needed)".into(),
                safety: Safety::Review,
                edits: vec![replace, edit("/p/new.sql", None, "new")],
            });
        }
        fixes.retain(can_be_made);
        fixes
    }

    fn ignore(&self, request: &Request<'_>, finding: &Finding) -> Option<Fix> {
        let at = TextRange::new(finding.range.start, finding.range.start);
        let edit = FileEdit { path: request.path.into(), range: Some(at), new_text: "IGNORED ".into() };
        Some(Fix { title: "Ignore the word".into(), safety: Safety::Safe, edits: vec![edit] })
    }

    fn describe(&self, _: &Request<'_>, _: u32) -> Option<CallDescription> {
        None
    }

    fn forget(&self, _: &str) {}

    fn rules(&self) -> &[RuleInfo] {
        &RULES
    }
}

impl WordReviewer {
    fn finding(&self, request: &Request<'_>, range: TextRange, fingerprint: &str) -> Finding {
        let related = |path: &str| Related {
            path: path.into(),
            range: TextRange::new(0, 1),
            message: "it is about this".into(),
        };
        Finding {
            rule: "fixme-word",
            category: "tests",
            severity: Severity::Warning,
            confidence: Confidence::High,
            message: "`FIXMEWORD` wants fixing".into(),
            path: request.path.into(),
            range,
            fingerprint: fingerprint.into(),
            function: None,
            language: "typescript",
            related: self.related.iter().map(|path| related(path)).collect(),
            about: Vec::new(),
            may_have_fixes: true,
            is_baselined: false,
        }
    }
}
