//! `--format sarif`: the Static Analysis Results Interchange Format, version 2.1.0, an OASIS standard.
//!
//! What is written is told by structures of our own. The crate `serde-sarif` has all of the standard, which
//! a build script makes from the schema with a parser and a printer of Rust of its own; a part of it is needed here.
//! That it is what the schema asks for is held by `tests/cli/sarif.rs`.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use plimsoll_engine::{Confidence, FileEdit, Fix, Related, RuleInfo, Safety, Severity};
use plimsoll_syntax::TextRange;
use serde::Serialize;

use super::{Report, Reported, Texts, explanation, rule_page};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = "https://plimsoll.dev";

/// Where paths are told from, by a name that code hosts take for the checkout.
const BASE: &str = "%SRCROOT%";

/// How our fingerprint is made; another way of making it is another name.
const FINGERPRINT: &str = "plimsoll/v1";

/// What stays as it is in the path of a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The report as one log with one run, and a line break.
pub fn sarif(report: &Report, texts: &Texts<'_>, rules: &[RuleInfo]) -> String {
    let found: Vec<&RuleInfo> =
        rules.iter().filter(|rule| report.findings.iter().any(|it| it.finding.rule == rule.id)).collect();
    // What a baseline holds is left out: code hosts open an alert for every result, whatever they are told of its state.
    let state = report.baselined.map(|_| "new");
    let result = |reported| SarifResult { baseline_state: state, ..result(reported, texts, &found) };
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "plimsoll",
                semantic_version: env!("CARGO_PKG_VERSION"),
                information_uri: HOME,
                rules: found.iter().map(|rule| descriptor(rule)).collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: report.is_complete(),
            tool_execution_notifications: notifications(report, texts),
        }],
        column_kind: "unicodeCodePoints",
        results: report.findings.iter().map(result).collect(),
        properties: RunProperties { baselined: report.baselined, scope: report.scope.as_deref() },
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    let text = serde_json::to_string_pretty(&log).expect("no map in it has keys that are no strings");
    text + "\n"
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
    #[serde(skip_serializing_if = "RunProperties::is_empty")]
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct RunProperties<'a> {
    /// How many the baseline hides.
    #[serde(skip_serializing_if = "Option::is_none")]
    baselined: Option<usize>,
    /// Which part of what was reviewed is told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl RunProperties<'_> {
    fn is_empty(&self) -> bool {
        self.baselined.is_none() && self.scope.is_none()
    }
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    /// Those that found something.
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Text<'static>,
    full_description: Text<'static>,
    help: Help,
    help_uri: String,
    default_configuration: Level,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

/// The page, which is Markdown that can be read as it is.
#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 1],
    status: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    /// Whether all was read: without results it is a clean run only then.
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: Vec<Location<'static>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    /// Said of all results of a run, or of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix<'a>>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct ResultProperties {
    confidence: Confidence,
    language: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Logical<'a> {
    name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

/// From 1; the end is behind the last column.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix<'a> {
    description: Text<'a>,
    artifact_changes: Vec<ArtifactChange<'a>>,
    properties: FixProperties,
}

#[derive(Serialize)]
struct FixProperties {
    safety: Safety,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Text<'a>,
}

fn descriptor(rule: &RuleInfo) -> Descriptor {
    let page = explanation(rule);
    Descriptor {
        id: rule.id,
        short_description: Text { text: rule.summary },
        full_description: Text { text: rule.summary },
        help: Help { text: page.clone(), markdown: page },
        help_uri: rule_page(rule.id),
        default_configuration: Level { level: level(rule.severity) },
        properties: RuleProperties {
            tags: [rule.category],
            status: if rule.is_preview { "preview" } else { "stable" },
        },
    }
}

fn result<'a>(reported: &'a Reported, texts: &Texts<'_>, rules: &[&RuleInfo]) -> SarifResult<'a> {
    let finding = &reported.finding;
    let function = finding.function.as_deref().map(|name| Logical { name, kind: "function" });
    SarifResult {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule),
        level: level(finding.severity),
        baseline_state: None,
        message: Text { text: &finding.message },
        locations: [Location {
            id: None,
            physical_location: physical(texts, &finding.path, Some(finding.range)),
            logical_locations: function.into_iter().collect(),
            message: None,
        }],
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, finding.fingerprint.as_str())]),
        related_locations: finding
            .related
            .iter()
            .enumerate()
            .map(|(at, it)| related(texts, at, it))
            .collect(),
        fixes: reported.fixes.iter().map(|proven| fix(texts, proven)).collect(),
        properties: ResultProperties { confidence: finding.confidence, language: finding.language },
    }
}

fn related<'a>(texts: &Texts<'_>, at: usize, related: &'a Related) -> Location<'a> {
    Location {
        id: Some(at + 1),
        physical_location: physical(texts, &related.path, Some(related.range)),
        logical_locations: Vec::new(),
        message: Some(Text { text: &related.message }),
    }
}

fn fix<'a>(texts: &Texts<'_>, fix: &'a Fix) -> SarifFix<'a> {
    let mut by_path: BTreeMap<&str, Vec<&FileEdit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_path.entry(&edit.path).or_default().push(edit);
    }
    let changes = by_path.into_iter().map(|(path, edits)| ArtifactChange {
        artifact_location: artifact(texts, path),
        replacements: edits.into_iter().map(|edit| replacement(texts, edit)).collect(),
    });
    SarifFix {
        description: Text { text: &fix.title },
        artifact_changes: changes.collect(),
        properties: FixProperties { safety: fix.safety },
    }
}

/// A file that is created is one to whose start something is added.
fn replacement<'a>(texts: &Texts<'_>, edit: &'a FileEdit) -> Replacement<'a> {
    let start = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
    Replacement {
        deleted_region: edit.range.map_or(start, |range| region(texts, &edit.path, range)),
        inserted_content: Text { text: &edit.new_text },
    }
}

/// What was left out by failure, or hardly read. What policy leaves alone is no event.
fn notifications(report: &Report, texts: &Texts<'_>) -> Vec<Notification> {
    let location = |path: &str, at: Option<u32>| Location {
        id: None,
        physical_location: physical(texts, path, at.map(|byte| TextRange::new(byte, byte))),
        logical_locations: Vec::new(),
        message: None,
    };
    let skipped = report.failures().map(|skipped| Notification {
        level: "error",
        message: Message { text: format!("not reviewed: {}", skipped.reason) },
        locations: vec![location(&skipped.path, None)],
    });
    let unread = report.unread.iter().map(|unread| Notification {
        level: "warning",
        message: Message { text: super::unread_reason(unread, texts) },
        locations: vec![location(&unread.path, Some(unread.at))],
    });
    skipped.chain(unread).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn physical(texts: &Texts<'_>, path: &str, range: Option<TextRange>) -> Physical {
    Physical {
        artifact_location: artifact(texts, path),
        region: range.map(|range| region(texts, path, range)),
    }
}

fn artifact(texts: &Texts<'_>, path: &str) -> Artifact {
    Artifact { uri: utf8_percent_encode(&texts.relative(path), ESCAPED).to_string(), uri_base_id: BASE }
}

fn region(texts: &Texts<'_>, path: &str, range: TextRange) -> Region {
    let (start_line, start_column) = texts.line_and_column(path, range.start);
    let (end_line, end_column) = texts.line_and_column(path, range.end);
    Region { start_line, start_column, end_line, end_column }
}
