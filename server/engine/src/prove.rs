//! Proves fixes: applied in memory, parsed and reviewed again.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use plimsoll_project::schema::SchemaFile;
use plimsoll_project::{MemoryFiles, Overlay};
use plimsoll_rules::edit::lines;
use plimsoll_rules::{FixPlan, PlannedEdit};
use plimsoll_syntax::{ByteEdit, FileKind, Language, Parsed, apply_byte_edits};

use crate::{Engine, FileEdit, Finding, Fix, Outcome, Request, Safety};

/// Rules that a rule keeps quiet until its own finding is gone: they may appear after its fix.
const WAITING: &[(&str, &str)] = &[
    ("missing-timeout", "missing-retry"),
    ("unchecked-response", "missing-retry"),
    ("leaked-timer", "overlapping-interval"),
    ("unbounded-growth", "shared-request-state"),
];

/// Whether findings of a rule may appear once one of another is gone.
#[must_use]
pub fn waits_for(rule: &str, other: &str) -> bool {
    WAITING.contains(&(other, rule))
}

/// Those of the proven fixes that can be made; where there is none, what is written down instead.
pub(crate) fn fixes(
    engine: &Engine,
    request: &Request<'_>,
    finding: &Finding,
    can_be_made: &dyn Fn(&Fix) -> bool,
) -> Vec<Fix> {
    let Some(assembled) = engine.assembled(request, Some(finding)) else { return Vec::new() };
    let Some((_, plans)) =
        assembled.plans.iter().find(|(fingerprint, _)| *fingerprint == finding.fingerprint)
    else {
        return Vec::new();
    };
    let mut proven = Vec::new();
    for plan in &plans.fixes {
        if request.cancel.load(Ordering::Relaxed) {
            break;
        }
        let plan = &with_short_lines(request, plan);
        let fix = fix(plan);
        if can_be_made(&fix) && is_proven(engine, request, finding, &assembled.outcome, plan) {
            proven.push(fix);
        }
    }
    if proven.is_empty()
        && let Some(hint) = &plans.hint
        && !request.cancel.load(Ordering::Relaxed)
        && is_proven(engine, request, finding, &assembled.outcome, hint)
    {
        proven.push(fix(hint));
    }
    proven.sort_by_key(|fix: &Fix| fix.safety);
    proven
}

/// The plan with the lines broken that it would make too long.
fn with_short_lines(request: &Request<'_>, plan: &FixPlan) -> FixPlan {
    let mut edits = Vec::with_capacity(plan.edits.len());
    let mut by_path: BTreeMap<&str, Vec<PlannedEdit>> = BTreeMap::new();
    for edit in &plan.edits {
        by_path.entry(&edit.path).or_default().push(edit.clone());
    }
    for (path, own) in by_path {
        let document = request.document.filter(|_| path == request.path);
        let language = document.map(|document| document.language()).or_else(|| Language::from_path(path));
        let text = match document {
            Some(document) => Some(document.text()),
            None => request.files.read(path).map(|text| text.to_string()),
        };
        match (language, text) {
            (Some(language), Some(text)) => edits.extend(lines::with_short_lines(&text, language, &own)),
            _ => edits.extend(own),
        }
    }
    FixPlan { edits, ..plan.clone() }
}

/// A plan as it is handed over.
pub(crate) fn fix(plan: &FixPlan) -> Fix {
    let mut edits: Vec<FileEdit> = plan
        .edits
        .iter()
        .map(|edit| FileEdit { path: edit.path.clone(), range: edit.range, new_text: edit.new_text.clone() })
        .collect();
    edits.sort_by(|a, b| (&a.path, a.range).cmp(&(&b.path, b.range)));
    let safety = match plan.safety {
        plimsoll_rules::Safety::Safe => Safety::Safe,
        plimsoll_rules::Safety::Review => Safety::Review,
    };
    Fix { title: plan.title.clone(), safety, edits }
}

/// Whether the plan does what it says: no syntax error that was not there, its finding gone, no new finding.
pub(crate) fn is_proven(
    engine: &Engine,
    request: &Request<'_>,
    finding: &Finding,
    before: &Outcome,
    plan: &FixPlan,
) -> bool {
    let Some(edited) = apply(request, plan) else { return false };
    let files = Overlay { over: &edited, under: request.files };
    let again = Request { files: &files, document: None, ..*request };
    let Some(after) = engine.assembled(&again, None) else { return false };
    let after = after.outcome;
    if errors(&after) > errors(before) {
        return false;
    }
    let (had, has) = (counts(before), counts(&after));
    let of = |counts: &BTreeMap<&str, usize>, rule: &str| counts.get(rule).copied().unwrap_or(0);
    let is_gone = of(&has, finding.rule) < of(&had, finding.rule);
    let may_appear = |rule: &str| waits_for(rule, finding.rule);
    is_gone && has.keys().all(|rule| of(&has, rule) <= of(&had, rule) || may_appear(rule))
}

/// The edited files; none when an edit does not fit, or breaks a file that is not under review.
fn apply(request: &Request<'_>, plan: &FixPlan) -> Option<MemoryFiles> {
    let mut by_path: BTreeMap<&str, Vec<&PlannedEdit>> = BTreeMap::new();
    for edit in &plan.edits {
        by_path.entry(&edit.path).or_default().push(edit);
    }
    let mut edited = MemoryFiles::default();
    if let Some(document) = request.document {
        edited.insert(request.path, document.text());
    }
    for (path, edits) in by_path {
        let text = match request.document {
            Some(document) if path == request.path => Some(document.text()),
            _ => request.files.read(path).map(|text| text.to_string()),
        };
        let new_text = match (&text, edits.as_slice()) {
            (None, [only]) if only.range.is_none() => only.new_text.clone(),
            (Some(text), _) => {
                let edits: Option<Vec<ByteEdit>> = edits
                    .iter()
                    .map(|e| Some(ByteEdit { range: e.range?, text: e.new_text.clone() }))
                    .collect();
                apply_byte_edits(text, &edits?).ok()?
            }
            _ => return None,
        };
        if path != request.path && !is_sound(path, text.as_deref(), &new_text) {
            return None;
        }
        edited.insert(path, new_text);
    }
    Some(edited)
}

/// Whether a file that is not under review is no more broken than before.
fn is_sound(path: &str, before: Option<&str>, after: &str) -> bool {
    match FileKind::from_path(path) {
        Some(FileKind::Source(language)) => {
            let broken =
                |text: &str| Parsed::parse(text, language).map_or(true, |p| p.tree().root_node().has_error());
            !broken(after) || before.is_some_and(broken)
        }
        Some(FileKind::Prisma | FileKind::Sql) => {
            let tables = |text: &str| {
                let file = SchemaFile::parse(path, text);
                let schema = plimsoll_project::schema::Schema::fold([&file], Default::default());
                schema.tables.iter().filter(|t| t.unknown).count()
            };
            tables(after) <= before.map_or(0, tables)
        }
        _ => true,
    }
}

fn errors(outcome: &Outcome) -> usize {
    outcome.units.iter().map(|unit| unit.errors.len()).sum()
}

fn counts(outcome: &Outcome) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    counts
}
