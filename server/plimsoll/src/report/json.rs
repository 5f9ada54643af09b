//! `--format json`: one object. A field added is no new version; a field changed is.

use std::time::Duration;

use plimsoll_engine::{Confidence, FileEdit, Fix, Related, Safety, Severity};
use plimsoll_syntax::TextRange;
use serde::Serialize;

use super::{Report, Reported, Texts};

/// The version of the format.
const VERSION: u32 = 1;

/// The report as one JSON object and a line break.
pub fn json(report: &Report, texts: &Texts<'_>, duration: Duration) -> String {
    let object = Object {
        version: VERSION,
        tool: Tool { name: "plimsoll", version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            files: report.files,
            findings: report.findings.len(),
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            info: report.count(Severity::Info),
            baselined: report.baselined,
            scope: report.scope.as_deref(),
            duration_ms: duration.as_millis(),
        },
        complete: report.is_complete(),
        findings: report.findings.iter().map(|reported| finding(reported, texts)).collect(),
        skipped: report
            .skipped
            .iter()
            .map(|skipped| SkippedFile { path: texts.relative(&skipped.path), reason: &skipped.reason })
            .collect(),
        unread: report
            .unread
            .iter()
            .map(|unread| UnreadFile {
                path: texts.relative(&unread.path),
                line: texts.line_and_column(&unread.path, unread.at).0,
                percent: unread.percent,
                consequence: unread.consequence,
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&object).expect("no map in it has keys that are no strings");
    text + "\n"
}

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    tool: Tool,
    summary: Summary<'a>,
    complete: bool,
    findings: Vec<JsonFinding<'a>>,
    skipped: Vec<SkippedFile<'a>>,
    unread: Vec<UnreadFile>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary<'a> {
    files: usize,
    findings: usize,
    error: usize,
    warning: usize,
    info: usize,
    /// How many the baseline hides.
    #[serde(skip_serializing_if = "Option::is_none")]
    baselined: Option<usize>,
    /// Which part of what was reviewed is told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    duration_ms: u128,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'static str,
    category: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    path: String,
    range: Range,
    fingerprint: &'a str,
    function: Option<&'a str>,
    language: &'static str,
    related: Vec<JsonRelated<'a>>,
    fixes: Vec<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    path: String,
    range: Range,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: Safety,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    path: String,
    /// `null` creates the file.
    range: Option<Range>,
    new_text: &'a str,
}

#[derive(Serialize)]
struct SkippedFile<'a> {
    path: String,
    reason: &'a str,
}

/// A file of which much could not be parsed.
#[derive(Serialize)]
struct UnreadFile {
    path: String,
    /// The first line that could not.
    line: u32,
    percent: u8,
    consequence: &'static str,
}

#[derive(Serialize)]
struct Range {
    start: Place,
    end: Place,
}

/// From 1; columns count Unicode scalar values.
#[derive(Serialize)]
struct Place {
    line: u32,
    column: u32,
}

fn finding<'a>(reported: &'a Reported, texts: &Texts<'_>) -> JsonFinding<'a> {
    let finding = &reported.finding;
    JsonFinding {
        rule: finding.rule,
        category: finding.category,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        path: texts.relative(&finding.path),
        range: range(texts, &finding.path, finding.range),
        fingerprint: &finding.fingerprint,
        function: finding.function.as_deref(),
        language: finding.language,
        related: finding.related.iter().map(|place| related(place, texts)).collect(),
        fixes: reported.fixes.iter().map(|proven| fix(proven, texts)).collect(),
    }
}

fn related<'a>(related: &'a Related, texts: &Texts<'_>) -> JsonRelated<'a> {
    JsonRelated {
        path: texts.relative(&related.path),
        range: range(texts, &related.path, related.range),
        message: &related.message,
    }
}

fn fix<'a>(fix: &'a Fix, texts: &Texts<'_>) -> JsonFix<'a> {
    JsonFix {
        title: &fix.title,
        safety: fix.safety,
        edits: fix.edits.iter().map(|change| edit(change, texts)).collect(),
    }
}

fn edit<'a>(edit: &'a FileEdit, texts: &Texts<'_>) -> JsonEdit<'a> {
    JsonEdit {
        path: texts.relative(&edit.path),
        range: edit.range.map(|bytes| range(texts, &edit.path, bytes)),
        new_text: &edit.new_text,
    }
}

fn range(texts: &Texts<'_>, path: &str, range: TextRange) -> Range {
    let place = |byte| {
        let (line, column) = texts.line_and_column(path, byte);
        Place { line, column }
    };
    Range { start: place(range.start), end: place(range.end) }
}
