//! What is shown when the cursor rests on a finding.

use std::fmt::Write;

use plimsoll_engine::{Confidence, Finding, RuleInfo, Severity};
use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use super::capabilities::ClientProfile;
use super::documents::OpenDocument;
use super::positions;
use super::publish::{Place, rule_page};

/// The findings under the cursor, or `None` if there are none.
#[must_use]
pub fn hover(
    document: &OpenDocument,
    params: &HoverParams,
    profile: &ClientProfile,
    rules: &[RuleInfo],
) -> Option<Hover> {
    let rope = document.text.rope();
    let position = params.text_document_position_params.position;
    let cursor = positions::from_position(rope, position, profile.encoding);
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
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: if markup.is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText },
            value: texts.join(markup.rule_off()),
        }),
        range: Some(positions::to_range(rope, around, profile.encoding)),
    })
}

/// How text is marked up for the client.
struct Markup {
    is_markdown: bool,
}

impl Markup {
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
                let line = location.range.start.line + 1;
                let name = related.path.rsplit('/').next().unwrap_or_default();
                let _ = match self.is_markdown {
                    true => write!(text, " ([{name}:{line}]({}#L{line}))", location.uri.as_str()),
                    false => write!(text, " ({name}:{line})"),
                };
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
