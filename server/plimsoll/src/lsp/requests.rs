//! Requests for one document: they are answered for the text that it has when they arrive, or not at all.

use plimsoll_engine::Finding;
use serde::Deserialize;
use serde_json::Value;
use tower_lsp::ls_types::{CodeAction, CodeActionParams, CodeActionResponse, Diagnostic, Uri};

use super::actions::{
    ActionData, FixJob, Proven, ProvenFix, Wanted, content_modified, is_in_reach, kinds_asked_for,
};
use super::commands::explanations;
use super::documents::OpenDocument;
use super::events::{Event, Reply};
use super::hover::{HoverJob, hover};
use super::lenses::lenses;
use super::owner::Owner;
use super::positions;
use super::publish::{Place, diagnostic};
use super::pull::{nothing, superseded};

impl Owner {
    /// Answers a request, now or when the review that it needs is done.
    pub(super) fn ask(&mut self, event: Event) {
        let uri = match &event {
            Event::Actions { params, .. } => Some(params.text_document.uri.clone()),
            Event::Lenses { params, .. } => Some(params.text_document.uri.clone()),
            Event::Hover { params, .. } => {
                Some(params.text_document_position_params.text_document.uri.clone())
            }
            Event::Pull { params, .. } => Some(params.text_document.uri.clone()),
            Event::Resolve { action, .. } => data_of(action.data.as_ref()).and_then(|data| uri_of(&data)),
            _ => None,
        };
        let Some((uri, document)) = uri.and_then(|uri| Some((uri.clone(), self.documents.get_mut(&uri)?)))
        else {
            return answer_for_unknown_document(event);
        };
        let is_told = matches!(event, Event::Pull { .. }) && document.stands && document.pulled.is_some();
        if !document.is_reviewed() && !is_told {
            document.waiting.push(event);
            return;
        }
        if let Event::Pull { params, reply } = event {
            return self.answer_pull(&uri, &params, reply);
        }
        let document = &self.documents[&uri];
        match event {
            Event::Actions { params, reply } => self.offer_actions(document, &params, reply),
            Event::Resolve { action, reply } => self.resolve(document, action, reply),
            Event::Hover { params, reply } => {
                let position = params.text_document_position_params.position;
                let offset = positions::from_position(document.text.rope(), position, self.profile.encoding);
                let found = hover(document, offset, &self.profile, self.reviewer.rules());
                self.pool.describe(HoverJob { subject: self.subject(document), offset, found, reply });
            }
            Event::Lenses { reply, .. } => reply.send(Ok(Some(lenses(document, &self.profile)))),
            _ => {}
        }
    }

    fn offer_actions(
        &self,
        document: &OpenDocument,
        params: &CodeActionParams,
        reply: Reply<Option<CodeActionResponse>>,
    ) {
        let (quick_fixes, fix_all) = kinds_asked_for(params.context.only.as_deref());
        if !self.profile.action_literals || !(quick_fixes || fix_all) {
            return reply.send(Ok(None));
        }
        let range = positions::from_range(document.text.rope(), params.range, self.profile.encoding);
        let is_meant = |finding: &Finding| {
            quick_fixes && is_in_reach(finding, range) || fix_all && finding.may_have_fixes
        };
        let findings = self.with_diagnostics(document, is_meant);
        if findings.is_empty() {
            return reply.send(Ok(None));
        }
        self.pool.prove(FixJob {
            subject: self.subject_of_fixes(document),
            findings,
            wanted: Wanted::Actions { range, quick_fixes, fix_all, reply },
        });
    }

    fn resolve(&self, document: &OpenDocument, mut action: Box<CodeAction>, reply: Reply<CodeAction>) {
        let data = data_of(action.data.as_ref());
        let Some(data) = data.filter(|data| data.revision == document.revision) else {
            return reply.send(Err(content_modified()));
        };
        if let Some(fix) = document.proven.iter().find(|fix| is_of(fix, &data)) {
            return reply.send(if fix.is_current(&self.files.looking_anew()) {
                action.edit = Some(fix.edit.clone());
                Ok(*action)
            } else {
                Err(content_modified())
            });
        }
        let is_meant =
            |finding: &Finding| data.fingerprint.is_empty() || finding.fingerprint == data.fingerprint;
        self.pool.prove(FixJob {
            subject: self.subject_of_fixes(document),
            findings: self.with_diagnostics(document, is_meant),
            wanted: Wanted::Edit { action, data, reply },
        });
    }

    /// Hands over fixes that a worker has proven, if the text is still the one they were proven for.
    pub(super) fn take_proven(&mut self, proven: Proven) {
        let Proven { subject, fixes, wanted } = proven;
        let document = self.documents.get_mut(&subject.uri);
        let document = document.filter(|document| document.revision == subject.revision);
        match wanted {
            Wanted::Actions { reply, quick_fixes, range, .. } => {
                let Some(document) = document else {
                    return reply.send(Err(content_modified()));
                };
                let here = document.shown.iter().filter(|finding| is_in_reach(finding, range));
                let rules = self.reviewer.rules();
                let has_page = |rule: &&'static str| rules.iter().any(|known| known.id == *rule);
                let mut explained: Vec<&'static str> =
                    here.map(|finding| finding.rule).filter(has_page).collect();
                explained.dedup();
                let mut actions: CodeActionResponse = fixes.iter().map(|fix| fix.action(&subject)).collect();
                if quick_fixes {
                    actions.extend(explanations(&explained));
                }
                document.remember(fixes);
                reply.send(Ok(Some(actions)));
            }
            Wanted::Edit { mut action, data, reply } => {
                let is_meant = |fix: &&ProvenFix| is_of(fix, &data);
                let fix = document.and_then(|_| fixes.iter().find(is_meant));
                reply.send(match fix {
                    Some(fix) => {
                        action.edit = Some(fix.edit.clone());
                        Ok(*action)
                    }
                    None => Err(content_modified()),
                });
            }
        }
    }

    fn with_diagnostics(
        &self,
        document: &OpenDocument,
        is_meant: impl Fn(&Finding) -> bool,
    ) -> Vec<(Finding, Diagnostic)> {
        let place = Place::of(document, &self.profile);
        let meant = document.shown.iter().filter(|finding| is_meant(finding));
        meant.map(|finding| (finding.clone(), diagnostic(finding, &place))).collect()
    }
}

fn is_of(fix: &ProvenFix, data: &ActionData) -> bool {
    fix.fingerprint == data.fingerprint && fix.title == data.title
}

fn data_of(data: Option<&Value>) -> Option<ActionData> {
    ActionData::deserialize(data?).ok()
}

fn uri_of(data: &ActionData) -> Option<Uri> {
    data.uri.parse().ok()
}

/// Answers a request that an edit has overtaken.
pub(super) fn refuse(event: Event) {
    match event {
        Event::Actions { reply, .. } => reply.send(Err(content_modified())),
        Event::Resolve { reply, .. } => reply.send(Err(content_modified())),
        Event::Hover { reply, .. } => reply.send(Err(content_modified())),
        Event::Lenses { reply, .. } => reply.send(Err(content_modified())),
        Event::Pull { reply, .. } => reply.send(Err(superseded())),
        _ => {}
    }
}

/// Answers a request for a document that is not open, or that Plimsoll does not read: there is nothing to say of it.
fn answer_for_unknown_document(event: Event) {
    match event {
        Event::Actions { reply, .. } => reply.send(Ok(None)),
        Event::Hover { reply, .. } => reply.send(Ok(None)),
        Event::Lenses { reply, .. } => reply.send(Ok(None)),
        Event::Pull { reply, .. } => reply.send(Ok(nothing())),
        // The action was handed out for a document that was open then.
        other => refuse(other),
    }
}
