//! Code actions: the fixes of findings, proven before they are offered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use plimsoll_engine::{Finding, Fix, Request, Safety};
use plimsoll_project::Files;
use plimsoll_syntax::TextRange;
use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, ErrorCode};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionResponse, Diagnostic, WorkspaceEdit,
};

use super::capabilities::FIX_ALL;
use super::edits;
use super::events::Reply;
use super::fix_all::{Base, Cure};
use super::reviewer::Reviewer;
use super::worker::Subject;

/// A build that is not optimised proves that much slower: what it offers shall not depend on the machine that tests it.
const SLOWNESS: u32 = if cfg!(debug_assertions) { 40 } else { 1 };

/// No proof of a quick fix begins later than this after the first one.
const QUICK_FIX_BUDGET: Duration = Duration::from_millis(50).saturating_mul(SLOWNESS);

/// No proof begins later than this after the first one when all fixes of a document were asked for.
const FIX_ALL_BUDGET: Duration = Duration::from_secs(1).saturating_mul(SLOWNESS);

/// The title of the action that applies every safe fix.
const FIX_ALL_TITLE: &str = "Apply all safe fixes of Plimsoll";

/// Fixes to be proven.
#[derive(Debug)]
pub struct FixJob {
    /// Of what.
    pub subject: Subject,
    /// Of which findings, each with the diagnostic that the client shows.
    pub findings: Vec<(Finding, Diagnostic)>,
    /// What is made of them.
    pub wanted: Wanted,
}

/// What the client asks for, and where the answer goes.
#[derive(Debug)]
pub enum Wanted {
    /// Actions to choose from.
    Actions {
        /// Where the cursor or the selection is: quick fixes are for findings there.
        range: TextRange,
        quick_fixes: bool,
        fix_all: bool,
        reply: Reply<Option<CodeActionResponse>>,
    },
    /// The edit of one action.
    Edit { action: Box<CodeAction>, data: ActionData, reply: Reply<CodeAction> },
}

impl Wanted {
    fn cancel(&self) -> Arc<AtomicBool> {
        match self {
            Self::Actions { reply, .. } => Arc::clone(&reply.cancel),
            Self::Edit { reply, .. } => Arc::clone(&reply.cancel),
        }
    }
}

/// Fixes that were proven, for the document's text of one revision.
#[derive(Debug)]
pub struct Proven {
    /// Of what.
    pub subject: Subject,
    /// The fixes, in the order in which they are offered.
    pub fixes: Vec<ProvenFix>,
    /// What was asked for.
    pub wanted: Wanted,
}

/// A fix that was proven.
#[derive(Clone, Debug)]
pub struct ProvenFix {
    /// The finding's; empty for the fix of all.
    pub fingerprint: String,
    /// What it is called.
    pub title: String,
    /// Of what it cures; none for the fix of all.
    pub diagnostic: Option<Diagnostic>,
    /// Whether it keeps the meaning of code that already worked.
    pub is_safe: bool,
    /// What it changes.
    pub edit: WorkspaceEdit,
    /// The other files it changes, with the stamps they had.
    pub stamps: Vec<(String, Option<u64>)>,
}

/// What an action carries so that its edit can be asked for later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionData {
    /// The document.
    pub uri: String,
    /// The client's version of its text.
    pub version: i32,
    /// The server's number of its text: versions begin anew when a document is opened again.
    pub revision: u64,
    /// See [`ProvenFix`].
    pub fingerprint: String,
    /// See [`ProvenFix`].
    pub title: String,
}

/// Which of the server's kinds are asked for: quick fixes, and the fix of all. That one is offered only on demand, for
/// it costs a proof of every fix in the document.
#[must_use]
pub fn kinds_asked_for(only: Option<&[CodeActionKind]>) -> (bool, bool) {
    let Some(only) = only else {
        return (true, false);
    };
    let asks = |kind: &CodeActionKind| {
        only.iter().any(|asked| {
            let below = kind.as_str().strip_prefix(asked.as_str());
            below.is_some_and(|rest| asked.as_str().is_empty() || rest.is_empty() || rest.starts_with('.'))
        })
    };
    (asks(&CodeActionKind::QUICKFIX), asks(&FIX_ALL))
}

/// Whether a finding is where the cursor or the selection is.
#[must_use]
pub fn is_in_reach(finding: &Finding, range: TextRange) -> bool {
    let touches = finding.range.touches(range.start) || finding.range.touches(range.end);
    touches || range.contains_range(finding.range)
}

/// Proves fixes, until the budget is spent or nobody waits any more.
#[must_use]
pub fn prove(reviewer: &dyn Reviewer, job: FixJob) -> Proven {
    let FixJob { subject, findings, wanted } = job;
    let cancel = wanted.cancel();
    let prover = Prover { reviewer, subject: &subject, cancel: &cancel };
    let mut fixes = Vec::new();
    let (quick_fixes, fix_all, range) = match &wanted {
        Wanted::Actions { quick_fixes, fix_all, range, .. } => (*quick_fixes, *fix_all, Some(*range)),
        Wanted::Edit { data, .. } => {
            let is_fix_all = data.fingerprint.is_empty();
            (!is_fix_all, is_fix_all, None)
        }
    };
    if quick_fixes {
        let is_meant = |finding: &Finding| range.is_none_or(|range| is_in_reach(finding, range));
        let begin = Instant::now();
        for (finding, fix, diagnostic) in prover.fixes(&findings, is_meant, QUICK_FIX_BUDGET) {
            fixes.extend(prover.proven(&fix, &finding.fingerprint, Some(diagnostic)));
        }
        for (finding, diagnostic) in findings.iter().filter(|(finding, _)| is_meant(finding)) {
            if begin.elapsed() > 2 * QUICK_FIX_BUDGET || cancel.load(Ordering::Relaxed) {
                break;
            }
            let ignoring = prover.ignoring(finding, diagnostic);
            fixes.extend(ignoring);
        }
    }
    if fix_all {
        fixes.extend(prover.fix_all(&findings));
    }
    Proven { subject, fixes, wanted }
}

struct Prover<'a> {
    reviewer: &'a dyn Reviewer,
    subject: &'a Subject,
    cancel: &'a AtomicBool,
}

impl Prover<'_> {
    fn fixes<'f>(
        &self,
        findings: &'f [(Finding, Diagnostic)],
        is_meant: impl Fn(&Finding) -> bool,
        budget: Duration,
    ) -> Vec<(&'f Finding, Fix, &'f Diagnostic)> {
        let begin = Instant::now();
        let mut fixes = Vec::new();
        for (finding, diagnostic) in
            findings.iter().filter(|(finding, _)| finding.may_have_fixes && is_meant(finding))
        {
            if begin.elapsed() > budget || self.cancel.load(Ordering::Relaxed) {
                break;
            }
            let can_be_made = |fix: &Fix| edits::workspace_edit(fix, self.subject).is_some();
            let proven = self
                .subject
                .with_request(self.reviewer, self.cancel, |request| {
                    self.reviewer.fixes(request, finding, &can_be_made)
                })
                .unwrap_or_default();
            fixes.extend(proven.into_iter().map(|fix| (finding, fix, diagnostic)));
        }
        fixes
    }

    /// The edit that hides a finding, which is never the preferred one.
    fn ignoring(&self, finding: &Finding, diagnostic: &Diagnostic) -> Option<ProvenFix> {
        let ignore = |request: &Request<'_>| self.reviewer.ignore(request, finding);
        let fix = self.subject.with_request(self.reviewer, self.cancel, ignore)??;
        let proven = self.proven(&fix, &finding.fingerprint, Some(diagnostic))?;
        Some(ProvenFix { is_safe: false, ..proven })
    }

    /// One fix of all safe fixes.
    fn fix_all(&self, findings: &[(Finding, Diagnostic)]) -> Option<ProvenFix> {
        let end = Instant::now() + FIX_ALL_BUDGET;
        // What the project has decided to live with is mended one by one, where somebody asks for it.
        let fixes = self.fixes(findings, |finding| !finding.is_baselined, FIX_ALL_BUDGET / 2);
        let cures = preferred(fixes.into_iter().map(|(finding, fix, _)| (finding, fix)));
        let base = Base { reviewer: self.reviewer, subject: self.subject, cancel: self.cancel, end };
        let edits = base.fix_all(cures, &|files, outcome| {
            let is_meant = |finding: &&Finding| finding.may_have_fixes && !finding.is_baselined;
            let proven = outcome.findings.iter().filter(is_meant).flat_map(|finding| {
                let is_in_time = Instant::now() < end && !self.cancel.load(Ordering::Relaxed);
                let fixes = is_in_time.then(|| {
                    self.subject.with_request(self.reviewer, self.cancel, |request| {
                        let request = Request { files, document: None, ..*request };
                        self.reviewer.fixes(&request, finding, &|_| true)
                    })
                });
                let fixes = fixes.flatten().unwrap_or_default();
                fixes.into_iter().map(move |fix| (finding, fix))
            });
            preferred(proven)
        });
        if edits.is_empty() {
            return None;
        }
        let all = Fix { title: FIX_ALL_TITLE.to_owned(), safety: Safety::Safe, edits };
        self.proven(&all, "", None)
    }

    /// The fix as the client takes it, or `None` if the client cannot do what it takes.
    fn proven(&self, fix: &Fix, fingerprint: &str, diagnostic: Option<&Diagnostic>) -> Option<ProvenFix> {
        let mut others: Vec<&String> = fix.edits.iter().map(|edit| &edit.path).collect();
        others.retain(|path| **path != self.subject.path);
        others.dedup();
        let files = &self.subject.files;
        Some(ProvenFix {
            fingerprint: fingerprint.to_owned(),
            title: fix.title.clone(),
            diagnostic: diagnostic.cloned(),
            is_safe: fix.safety == Safety::Safe,
            stamps: others.into_iter().map(|path| (path.clone(), files.stamp(path))).collect(),
            edit: edits::workspace_edit(fix, self.subject)?,
        })
    }
}

/// Of several fixes of one finding only the preferred one, which comes first.
fn preferred<'f>(fixes: impl Iterator<Item = (&'f Finding, Fix)>) -> Vec<Cure> {
    let mut cured: Option<&str> = None;
    let first = fixes.filter_map(|(finding, fix)| {
        let is_first = cured != Some(finding.fingerprint.as_str());
        cured = Some(&finding.fingerprint);
        is_first.then_some(Cure { rule: finding.rule, fix })
    });
    first.collect()
}

impl ProvenFix {
    /// Whether the files that it changes are still what they were when it was proven. Its own document is told by its
    /// revision.
    #[must_use]
    pub fn is_current(&self, files: &dyn Files) -> bool {
        self.stamps.iter().all(|(path, stamp)| files.stamp(path) == *stamp)
    }

    /// The fix as an action. Its edit stays here where the client asks for it later.
    #[must_use]
    pub fn action(&self, subject: &Subject) -> CodeActionOrCommand {
        let profile = &subject.profile;
        let kind = if self.fingerprint.is_empty() { FIX_ALL } else { CodeActionKind::QUICKFIX };
        let data = || ActionData {
            uri: subject.uri.as_str().to_owned(),
            version: subject.snapshot.as_ref().map_or(0, |snapshot| snapshot.version()),
            revision: subject.revision,
            fingerprint: self.fingerprint.clone(),
            title: self.title.clone(),
        };
        let mut action = CodeAction {
            title: self.title.clone(),
            is_preferred: (profile.preferred_actions && self.diagnostic.is_some()).then_some(self.is_safe),
            kind: Some(kind),
            diagnostics: self.diagnostic.clone().map(|diagnostic| vec![diagnostic]),
            ..CodeAction::default()
        };
        if profile.resolved_edits {
            action.data = serde_json::to_value(data()).ok();
        } else {
            action.edit = Some(self.edit.clone());
        }
        CodeActionOrCommand::CodeAction(action)
    }
}

/// The answer to a request that the text has overtaken.
#[must_use]
pub fn content_modified() -> Error {
    Error::new(ErrorCode::ContentModified)
}

#[cfg(test)]
mod tests {
    use super::kinds_asked_for;
    use tower_lsp::ls_types::CodeActionKind;

    #[test]
    fn kinds_are_asked_for_by_prefix() {
        let asked = |only: &'static str| kinds_asked_for(Some(&[CodeActionKind::new(only)]));
        assert_eq!(kinds_asked_for(None), (true, false));
        assert_eq!(asked("quickfix"), (true, false));
        assert_eq!(asked("source.fixAll"), (false, true));
        assert_eq!(asked("source.fixAll.plimsoll"), (false, true));
        assert_eq!(asked("source"), (false, true));
        assert_eq!(asked(""), (true, true));
        assert_eq!(asked("source.fixAll.eslint"), (false, false));
        assert_eq!(asked("sourc"), (false, false));
        assert_eq!(asked("refactor"), (false, false));
        assert_eq!(kinds_asked_for(Some(&[])), (false, false));
    }
}
