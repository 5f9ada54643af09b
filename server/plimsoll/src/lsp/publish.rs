//! Findings as the protocol's diagnostics.

use std::cell::RefCell;

use plimsoll_engine::{Finding, Related, Severity};
use plimsoll_syntax::Rope;
use rustc_hash::FxHashMap;
use serde::Serialize;
use tower_lsp::ls_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    PublishDiagnosticsParams, Uri,
};

use super::capabilities::ClientProfile;
use super::configuration::CONFIGURATION;
use super::documents::OpenDocument;
use super::positions;
use super::transport::Outgoing;
use super::worker::Elsewhere;
use crate::report::rule_page;

/// What the client shows as the origin of a diagnostic.
const SOURCE: &str = "plimsoll";

/// Shows the findings of a document, unless the client shows the same already. To a client that reads versions, the
/// same list for a newer text is news: it tells that the list is up to date.
pub fn publish(document: &mut OpenDocument, profile: &ClientProfile, outgoing: &Outgoing) {
    let place = Place::of(document, profile);
    let diagnostics: Vec<Diagnostic> =
        document.shown.iter().map(|finding| diagnostic(finding, &place)).collect();
    let version = profile.diagnostic_versions.then(|| document.text.version());
    let params = PublishDiagnosticsParams::new(document.uri.clone(), diagnostics, version);
    if document.published.as_ref() == Some(&params) {
        return;
    }
    send(&params, outgoing);
    document.published = Some(params);
}

/// Shows diagnostics for a file that is not open: none, if it was open until now.
pub fn publish_list(uri: &Uri, diagnostics: Vec<Diagnostic>, outgoing: &Outgoing) {
    send(&PublishDiagnosticsParams::new(uri.clone(), diagnostics, None), outgoing);
}

fn send(params: &PublishDiagnosticsParams, outgoing: &Outgoing) {
    #[derive(Serialize)]
    struct Notification<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: &'a PublishDiagnosticsParams,
    }
    let notification = Notification { jsonrpc: "2.0", method: "textDocument/publishDiagnostics", params };
    outgoing.send_newest(params.uri.as_str(), &notification);
}

/// Where findings are told, and how.
pub struct Place<'a> {
    uri: &'a Uri,
    path: &'a str,
    rope: &'a Rope,
    elsewhere: &'a Elsewhere,
    profile: &'a ClientProfile,
    /// The links to rules that were told already: parsing one for every finding would cost more than it tells.
    links: RefCell<FxHashMap<&'static str, Option<CodeDescription>>>,
}

impl<'a> Place<'a> {
    /// The newest text of a document.
    #[must_use]
    pub fn of(document: &'a OpenDocument, profile: &'a ClientProfile) -> Self {
        Self::new(&document.uri, &document.path, document.text.rope(), &document.elsewhere, profile)
    }

    /// A text, and where places in other files are.
    #[must_use]
    pub fn new(
        uri: &'a Uri,
        path: &'a str,
        rope: &'a Rope,
        elsewhere: &'a Elsewhere,
        profile: &'a ClientProfile,
    ) -> Self {
        Self { uri, path, rope, elsewhere, profile, links: RefCell::default() }
    }

    fn link(&self, rule: &'static str) -> Option<CodeDescription> {
        if !self.profile.code_descriptions || rule == CONFIGURATION {
            return None;
        }
        let parse = || Some(CodeDescription { href: rule_page(rule).parse().ok()? });
        self.links.borrow_mut().entry(rule).or_insert_with(parse).clone()
    }

    /// Where a related place is, if it can be told.
    #[must_use]
    pub fn locate(&self, related: &Related) -> Option<Location> {
        if related.path == self.path {
            let range = positions::to_range(self.rope, related.range, self.profile.encoding);
            return Some(Location::new(self.uri.clone(), range));
        }
        let key = (related.path.clone(), related.range);
        self.elsewhere.get(&key).cloned()
    }
}

/// A finding as the client takes it.
#[must_use]
pub fn diagnostic(finding: &Finding, place: &Place<'_>) -> Diagnostic {
    let profile = place.profile;
    Diagnostic {
        range: positions::to_range(place.rope, finding.range, profile.encoding),
        severity: Some(severity(finding)),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        code_description: place.link(finding.rule),
        source: Some(SOURCE.to_owned()),
        message: finding.message.clone(),
        related_information: related_information(finding, place),
        tags: None,
        data: profile.diagnostic_data.then(|| serde_json::json!({ "fingerprint": finding.fingerprint })),
    }
}

fn related_information(finding: &Finding, place: &Place<'_>) -> Option<Vec<DiagnosticRelatedInformation>> {
    if !place.profile.related_information || finding.related.is_empty() {
        return None;
    }
    let told = finding.related.iter().filter_map(|related| {
        Some(DiagnosticRelatedInformation {
            location: place.locate(related)?,
            message: related.message.clone(),
        })
    });
    Some(told.collect())
}

const fn severity(finding: &Finding) -> DiagnosticSeverity {
    match finding.severity {
        // The project has decided to live with it for now.
        _ if finding.is_baselined => DiagnosticSeverity::HINT,
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Info => DiagnosticSeverity::INFORMATION,
    }
}
