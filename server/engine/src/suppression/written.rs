//! Writing a suppression: the comment that a person would put above the finding.

use std::sync::atomic::Ordering;

use plimsoll_rules::{FixPlan, PlannedEdit, Safety};
use plimsoll_syntax::{FileKind, Language, Parsed, TextRange};

use super::MARK;
use crate::prove::{self, is_proven};
use crate::{Engine, Finding, Fix, Request};

/// The most lines above which the comment is tried.
const MAX_LINES: usize = 6;

/// What stands in for the reason while it is proven that the comment hides the finding.
const TRIAL: &str = "a person says why";

/// The edit that puts a comment above the finding which hides it. The reason is left to be written: until it is there,
/// its lack is a finding. None if no comment hides it without hiding or breaking anything else.
pub(crate) fn ignore(engine: &Engine, request: &Request<'_>, finding: &Finding) -> Option<Fix> {
    let assembled = engine.assembled(request, None)?;
    let text = match request.document {
        Some(document) => document.text(),
        None => request.files.read(request.path)?.to_string(),
    };
    let language = match request.document {
        Some(document) => Some(document.language()),
        None => FileKind::from_path(request.path)?.language(),
    };
    for line in lines_above(request, &text, language, finding.range) {
        for style in styles(request.path, language) {
            if request.cancel.load(Ordering::Relaxed) {
                return None;
            }
            let plan = |reason: &str| plan(request.path, &text, line, style, finding.rule, reason);
            if is_proven(engine, request, finding, &assembled.outcome, &plan(TRIAL)) {
                return Some(prove::fix(&plan("")));
            }
        }
    }
    None
}

/// What begins and ends a comment, in the order in which they are tried.
fn styles(path: &str, language: Option<Language>) -> &'static [(&'static str, &'static str)] {
    match language {
        Some(Language::Tsx | Language::JavaScript) => &[("// ", ""), ("{/* ", " */}")],
        Some(_) => &[("// ", "")],
        None if path.ends_with(".sql") => &[("-- ", "")],
        None => &[("// ", "")],
    }
}

/// Where lines begin that the comment may stand above: the line of the finding, and those of what it is a part of, from
/// the inside. In bytes.
fn lines_above(
    request: &Request<'_>,
    text: &str,
    language: Option<Language>,
    range: TextRange,
) -> Vec<usize> {
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = vec![line_of(range.start as usize)];
    let parsed;
    let tree = match (request.document.and_then(|document| document.tree()), language) {
        (Some(tree), _) => Some(tree),
        (None, Some(language)) => {
            parsed = Parsed::parse(text, language).ok();
            parsed.as_ref().map(Parsed::tree)
        }
        (None, None) => None,
    };
    let Some(tree) = tree else { return lines };
    let mut at = tree.root_node().descendant_for_byte_range(range.start as usize, range.end as usize);
    while let Some(node) = at.filter(|_| lines.len() < MAX_LINES) {
        let line = line_of(node.start_byte());
        if lines.last() != Some(&line) {
            lines.push(line);
        }
        at = node.parent();
    }
    lines
}

fn plan(path: &str, text: &str, line: usize, style: &(&str, &str), rule: &str, reason: &str) -> FixPlan {
    let rest = &text[line..];
    let indent = &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (open, close) = style;
    let colon = if reason.is_empty() { ":" } else { ": " };
    FixPlan {
        title: format!("Ignore this `{rule}` here, with a reason to be written"),
        safety: Safety::Safe,
        edits: vec![PlannedEdit {
            path: path.to_owned(),
            range: Some(TextRange::from_usize(line, line)),
            new_text: format!("{indent}{open}{MARK} {rule}{colon}{reason}{close}{newline}"),
        }],
    }
}
