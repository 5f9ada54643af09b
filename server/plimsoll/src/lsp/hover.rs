//! What is shown when the cursor rests on a finding, or on a call that something is known of.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use plimsoll_engine::{CallDescription, Confidence, Finding, Origin, RuleInfo, Severity};
use plimsoll_syntax::Rope;
use tower_lsp::ls_types::{Hover, HoverContents, Location, MarkupContent, MarkupKind, Range};

use super::capabilities::ClientProfile;
use super::documents::OpenDocument;
use super::events::Reply;
use super::positions;
use super::publish::Place;
use super::reviewer::Reviewer;
use super::worker::{Places, Subject};
use crate::report::rule_page;

/// The findings under the cursor, or `None` if there are none.
#[must_use]
pub fn hover(
    document: &OpenDocument,
    cursor: u32,
    profile: &ClientProfile,
    rules: &[RuleInfo],
) -> Option<Hover> {
    let rope = document.text.rope();
    let here = document.shown.iter().filter(|finding| finding.range.touches(cursor));
    let findings: Vec<&Finding> = here.collect();
    let around = findings.iter().map(|finding| finding.range).reduce(|a, b| a.cover(b))?;

    let place = Place::of(document, profile);
    let markup = Markup { is_markdown: profile.markdown_hovers };
    let texts: Vec<String> = findings
        .iter()
        .map(|finding| {
            let rule = rules.iter().find(|rule| rule.id == finding.rule);
            markup.describe(finding, rule, &place)
        })
        .collect();
    let range = positions::to_range(rope, around, profile.encoding);
    Some(markup.hover(texts.join(markup.rule_off()), range))
}

/// A question of what is known where the cursor rests.
#[derive(Debug)]
pub struct HoverJob {
    /// Of what.
    pub subject: Subject,
    /// Where the cursor is, in bytes.
    pub offset: u32,
    /// What is found there.
    pub found: Option<Hover>,
    /// Where the answer goes.
    pub reply: Reply<Option<Hover>>,
}

impl HoverJob {
    /// Answers: what was found, and below it what is known of the call.
    pub fn answer(self, reviewer: &dyn Reviewer, places: &mut Places) {
        let Self { subject, offset, found, reply } = self;
        if reply.cancel.load(Ordering::Relaxed) {
            return;
        }
        let cancel = reply.cancel.clone();
        let described =
            subject.with_request(reviewer, &cancel, |request| reviewer.describe(request, offset)).flatten();
        let rope = subject.snapshot.as_ref().map(|snapshot| snapshot.rope());
        let (Some(call), Some(rope)) = (described, rope) else { return reply.send(Ok(found)) };
        let markup = Markup { is_markdown: subject.profile.markdown_hovers };
        let text = markup.call(&call, rope, &subject, places);
        reply.send(Ok(Some(match found {
            Some(Hover { contents: HoverContents::Markup(findings), range }) => {
                let value = format!("{}{}{text}", findings.value, markup.rule_off());
                Hover { contents: HoverContents::Markup(MarkupContent { value, ..findings }), range }
            }
            _ => markup.hover(text, positions::to_range(rope, call.range, subject.profile.encoding)),
        })));
    }
}

/// How text is marked up for the client.
struct Markup {
    is_markdown: bool,
}

impl Markup {
    fn hover(&self, value: String, range: Range) -> Hover {
        let kind = if self.is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
        Hover { contents: HoverContents::Markup(MarkupContent { kind, value }), range: Some(range) }
    }

    /// What a call does, where it comes from, what bounds it, and how it gets there.
    fn call(&self, call: &CallDescription, rope: &Rope, subject: &Subject, places: &mut Places) -> String {
        let code = |text: &str| match self.is_markdown {
            true => format!("`{text}`"),
            false => text.to_owned(),
        };
        let origin = match &call.origin {
            Origin::Library(package) => format!("from {}", code(package)),
            Origin::Platform => "of the platform".to_owned(),
            Origin::Own => "of this project".to_owned(),
        };
        let sure = match call.confidence {
            Confidence::High => "",
            Confidence::Medium => ", told by its name and shape",
        };
        let mut text = format!("{}, {origin}{sure}\n", code(&call.name));
        for effect in &call.effects {
            let _ = write!(text, "\n- {effect}");
        }
        for (what, bound) in &call.bounds {
            let _ = match bound.as_str() {
                "" => write!(text, "\n- {what}: without a bound here"),
                bound => write!(text, "\n- {what}: {}", code(bound)),
            };
        }
        for step in &call.chain {
            let _ = write!(text, "\n- {}", step.message);
            let location = match step.path == subject.path {
                true => {
                    let range = positions::to_range(rope, step.range, subject.profile.encoding);
                    Some(Location::new(subject.uri.clone(), range))
                }
                false => places.locate(subject, &step.path, step.range),
            };
            if let Some(location) = location {
                text.push_str(&self.link(&step.path, &location));
            }
        }
        text
    }

    /// ` (users.ts:12)`
    fn link(&self, path: &str, location: &Location) -> String {
        let line = location.range.start.line + 1;
        let name = path.rsplit('/').next().unwrap_or_default();
        match self.is_markdown {
            true => format!(" ([{name}:{line}]({}#L{line}))", location.uri.as_str()),
            false => format!(" ({name}:{line})"),
        }
    }

    fn describe(&self, finding: &Finding, rule: Option<&RuleInfo>, place: &Place<'_>) -> String {
        let (strong, code) = if self.is_markdown { ("**", "`") } else { ("", "") };
        let severity = match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info => "Info",
        };
        let confidence = match finding.confidence {
            Confidence::High => "high confidence: what is called here is known",
            Confidence::Medium => "medium confidence: what is called here is told by its name and shape",
        };
        let mut text = format!("{strong}{}{strong}\n\n", finding.message);
        if let Some(rule) = rule {
            let _ = write!(text, "{}\n\n", rule.summary);
        }
        let _ = write!(text, "{severity} {code}{}{code}, {confidence}", finding.rule);
        for (index, related) in finding.related.iter().enumerate() {
            text.push_str(if index == 0 { "\n\n" } else { "\n" });
            let _ = write!(text, "- {}", related.message);
            if let Some(location) = place.locate(related) {
                text.push_str(&self.link(&related.path, &location));
            }
        }
        let page = rule_page(finding.rule);
        let _ = match self.is_markdown {
            true => write!(text, "\n\n[More about this rule]({page})"),
            false => write!(text, "\n\n{page}"),
        };
        text
    }

    const fn rule_off(&self) -> &'static str {
        if self.is_markdown { "\n\n---\n\n" } else { "\n\n" }
    }
}
