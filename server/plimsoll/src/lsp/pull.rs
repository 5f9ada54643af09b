//! Diagnostics that the client asks for: of a document when it shows it, and of the rest of the workspace, which is
//! answered when there is something new; a client that takes parts of an answer is told of more as it comes.

use std::hash::{Hash, Hasher};
use std::sync::atomic::Ordering;

use rustc_hash::{FxHashMap, FxHasher};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode};
use tower_lsp::ls_types::{
    Diagnostic, DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    FullDocumentDiagnosticReport, PreviousResultId, ProgressToken, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport, Uri,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult,
    WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
    WorkspaceUnchangedDocumentDiagnosticReport,
};

use super::documents::OpenDocument;
use super::events::Reply;
use super::owner::Owner;
use super::publish::{Place, diagnostic, publish_list};

/// A request for the diagnostics of the workspace that waits until there is something new.
#[derive(Debug)]
pub struct WorkspacePull {
    known: FxHashMap<Uri, String>,
    /// What the client knows parts of the answer by, if it takes them.
    parts: Option<ProgressToken>,
    reply: Reply<WorkspaceDiagnosticReportResult>,
}

impl Owner {
    /// Answers a client that asks what it shall show for a document.
    pub(super) fn answer_pull(
        &mut self,
        uri: &Uri,
        params: &DocumentDiagnosticParams,
        reply: Reply<DocumentDiagnosticReportResult>,
    ) {
        let Some(document) = self.documents.get_mut(uri) else { return reply.send(Ok(nothing())) };
        let diagnostics = diagnostics_of(document, &self.profile);
        let id = result_id(&diagnostics);
        let is_known = params.previous_result_id.as_ref() == Some(&id);
        document.pulled = Some(id.clone());
        self.is_refreshing = false;
        reply.send(Ok(if is_known {
            let unchanged = UnchangedDocumentDiagnosticReport { result_id: id };
            DocumentDiagnosticReport::from(RelatedUnchangedDocumentDiagnosticReport {
                related_documents: None,
                unchanged_document_diagnostic_report: unchanged,
            })
            .into()
        } else {
            full(diagnostics).into()
        }));
    }

    /// Has the client ask again, if what it was told last does not hold any more though it has changed nothing.
    pub(super) fn refresh_pulled(&mut self, uri: &Uri) {
        let Some(document) = self.documents.get(uri) else { return };
        let Some(pulled) = &document.pulled else { return };
        if self.is_refreshing || *pulled == result_id(&diagnostics_of(document, &self.profile)) {
            return;
        }
        self.is_refreshing = true;
        if self.profile.refreshes {
            self.requests.send("workspace/diagnostic/refresh", Value::Null);
        }
    }

    /// Whether what is found in files that are not open is sent: Neovim asks for each document, and for nothing else.
    pub(super) fn sends_others(&self) -> bool {
        !self.profile.pulls || !self.asks_for_workspace
    }

    /// Takes back what was sent before the client has asked for the workspace: from now on it asks.
    fn send_others_no_more(&mut self) {
        if self.profile.pulls && !self.asks_for_workspace {
            for (uri, _) in self.closed.reviewed().filter(|(_, found)| !found.is_empty()) {
                publish_list(uri, Vec::new(), &self.outgoing);
            }
        }
        self.asks_for_workspace = true;
    }

    /// Takes a request for the diagnostics of all files that are not open. One that still waits is superseded.
    pub(super) fn pull_workspace(
        &mut self,
        params: WorkspaceDiagnosticParams,
        reply: Reply<WorkspaceDiagnosticReportResult>,
    ) {
        self.send_others_no_more();
        let known = params.previous_result_ids.into_iter();
        let known = known.map(|PreviousResultId { uri, value }| (uri, value)).collect();
        let parts = params.partial_result_params.partial_result_token;
        if let Some(before) = self.workspace_pull.replace(WorkspacePull { known, parts, reply }) {
            before.reply.send(Err(superseded()));
        }
        self.answer_workspace_pull();
    }

    /// Answers the request that waits, if there is something new.
    pub(super) fn answer_workspace_pull(&mut self) {
        self.workspace_pull.take_if(|pull| pull.reply.cancel.load(Ordering::Relaxed));
        let Some(pull) = &self.workspace_pull else { return };
        let mut known = pull.known.clone();
        let mut is_news = false;
        let mut items: Vec<WorkspaceDocumentDiagnosticReport> = Vec::new();
        for (uri, diagnostics) in self.closed.reviewed() {
            let id = result_id(diagnostics);
            let before = known.remove(uri);
            let is_known = before.as_ref() == Some(&id);
            // A file that was never told of and is clean is no news.
            is_news |= !is_known && (before.is_some() || !diagnostics.is_empty());
            items.push(report(uri, id, (!is_known).then(|| diagnostics.to_vec())));
        }
        // What the client still shows of files that are gone, clean or open now. Of an open one it asks by itself.
        let nothing = result_id(&[]);
        let mut gone: Vec<(Uri, String)> = known.into_iter().collect();
        gone.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        for (uri, before) in gone {
            if before != nothing && !self.documents.contains_key(&uri) {
                is_news = true;
                items.push(report(&uri, nothing.clone(), Some(Vec::new())));
            }
        }
        if !is_news {
            return;
        }
        if let Some(WorkspacePull { known, parts: Some(token), .. }) = &mut self.workspace_pull {
            // The request stays open: what comes later is a part of its answer too.
            items.retain(|item| tell(item, known));
            let params = json!({ "token": token, "value": WorkspaceDiagnosticReport { items } });
            self.outgoing.send(&json!({ "jsonrpc": "2.0", "method": "$/progress", "params": params }));
        } else if let Some(pull) = self.workspace_pull.take() {
            pull.reply.send(Ok(WorkspaceDiagnosticReport { items }.into()));
        }
    }
}

/// Notes that the client is told this. False if it is nothing new to it.
fn tell(item: &WorkspaceDocumentDiagnosticReport, known: &mut FxHashMap<Uri, String>) -> bool {
    let WorkspaceDocumentDiagnosticReport::Full(news) = item else { return false };
    let report = &news.full_document_diagnostic_report;
    match &report.result_id {
        Some(id) if !report.items.is_empty() => {
            known.insert(news.uri.clone(), id.clone()).as_ref() != Some(id)
        }
        // Where nothing is shown, nothing need be taken back. One that was never told of need not be told of.
        _ => known.remove(&news.uri).is_some(),
    }
}

fn report(uri: &Uri, id: String, news: Option<Vec<Diagnostic>>) -> WorkspaceDocumentDiagnosticReport {
    match news {
        Some(items) => WorkspaceFullDocumentDiagnosticReport {
            uri: uri.clone(),
            version: None,
            full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(id), items },
        }
        .into(),
        None => WorkspaceUnchangedDocumentDiagnosticReport {
            uri: uri.clone(),
            version: None,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
        }
        .into(),
    }
}

fn diagnostics_of(document: &OpenDocument, profile: &super::capabilities::ClientProfile) -> Vec<Diagnostic> {
    let place = Place::of(document, profile);
    document.shown.iter().map(|finding| diagnostic(finding, &place)).collect()
}

fn full(items: Vec<Diagnostic>) -> DocumentDiagnosticReport {
    let full = FullDocumentDiagnosticReport { result_id: Some(result_id(&items)), items };
    RelatedFullDocumentDiagnosticReport { related_documents: None, full_document_diagnostic_report: full }
        .into()
}

/// The answer for a document that there is nothing to say of.
#[must_use]
pub fn nothing() -> DocumentDiagnosticReportResult {
    full(Vec::new()).into()
}

/// A name of a list of diagnostics: the same list has the same.
fn result_id(diagnostics: &[Diagnostic]) -> String {
    let mut hasher = FxHasher::default();
    serde_json::to_string(diagnostics).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The answer to a request for diagnostics that something has overtaken: ask again.
#[must_use]
pub fn superseded() -> Error {
    Error {
        code: ErrorCode::ServerError(-32802), // ServerCancelled of LSP 3.17
        message: "something has changed meanwhile".into(),
        data: Some(json!({ "retriggerRequest": true })),
    }
}
