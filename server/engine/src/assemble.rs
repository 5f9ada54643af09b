//! From what rules found in each unit to the findings of a file: places, precedence, configuration, suppression.

use std::sync::Arc;

use plimsoll_behavior::Kind;
use plimsoll_project::link::{Linked, Linker};
use plimsoll_rules::{FixPlan, Place, RawFinding, rule_named};
use plimsoll_syntax::TextRange;

use crate::review::Understood;
use crate::rules::severity;
use crate::suppression::{Context, Suppressions};
use crate::{
    Confidence, Finding, Fingerprints, Outcome, Related, Request, RuleNames, Skipped, UnitReport, policy,
};

/// A file's findings, with the plans for fixes of those that have any.
pub(crate) struct Assembled {
    pub outcome: Outcome,
    /// Plans by the finding's fingerprint.
    pub plans: Vec<(String, Vec<FixPlan>)>,
}

/// On one place, the finding of the first rule hides that of the second.
const PRECEDENCE: &[(&str, &str)] = &[
    ("n-plus-one", "unbounded-concurrency"),
    ("unbounded-concurrency", "sequential-await"),
    ("n-plus-one", "sequential-await"),
    ("missing-timeout", "missing-retry"),
    ("unchecked-response", "missing-retry"),
];

pub(crate) fn assemble(request: &Request<'_>, linker: &Linker<'_>, understood: &Understood) -> Assembled {
    let linked = &understood.linked;
    let file = &linked.file;
    let below = policy::below_manifest(request.files, request.path);
    let quiet = request.config.is_test(request.path, below)
        || policy::is_in_test_package(request.files, request.path, below)
        || policy::is_story(below)
        || policy::is_fixture(below);
    let is_script = policy::is_seed_or_migration_or_script(below);

    let mut placed: Vec<(TextRange, usize, &RawFinding)> = Vec::new();
    let mut skipped = Vec::new();
    for (unit, found) in understood.found.iter().enumerate() {
        for rule in &found.panicked {
            let reason = format!("rule {rule} panicked");
            skipped.push(Skipped { path: request.path.to_owned(), reason, is_failure: true });
        }
        if quiet || is_test_unit(linked, unit) {
            continue;
        }
        for raw in &found.findings {
            let of_performance =
                rule_named(raw.rule).is_some_and(|r| r.meta().category == plimsoll_rules::Category::Database);
            if !(is_script && of_performance) {
                placed.push((file.to_file(unit, raw.range), unit, raw));
            }
        }
    }
    placed.sort_by(|a, b| (a.0, a.2.rule, &a.2.message).cmp(&(b.0, b.2.rule, &b.2.message)));
    placed.dedup_by(|a, b| a.0 == b.0 && a.2.rule == b.2.rule);

    let mut fingerprints = Fingerprints::new(below);
    let mut findings = Vec::new();
    let mut plans = Vec::new();
    for &(range, unit, raw) in &placed {
        let meta = rule_named(raw.rule).map(|r| r.meta()).expect("only registered rules run");
        let function = function_of(linked, unit);
        let text = understood.text.get(range.as_usize()).unwrap_or_default();
        let fingerprint = fingerprints.next(raw.rule, function.as_deref(), text);
        if placed.iter().any(|(other, _, o)| is_hidden_by(raw.rule, range, o.rule, *other)) {
            continue;
        }
        if meta.is_preview && !request.config.preview() {
            continue;
        }
        let Some(severity) = request.config.severity_of(raw.rule, request.path, severity(raw.severity))
        else {
            continue;
        };
        let related = raw.related.iter().filter_map(|r| {
            let (path, range) = resolve(&r.place, linked, linker)?;
            Some(Related { path, range, message: r.message.clone() })
        });
        plans.push((fingerprint.clone(), raw.fixes.clone()));
        findings.push(Finding {
            rule: raw.rule,
            category: meta.category.name(),
            severity,
            confidence: match raw.confidence {
                plimsoll_rules::Confidence::Medium => Confidence::Medium,
                plimsoll_rules::Confidence::High => Confidence::High,
            },
            message: raw.message.clone(),
            path: request.path.to_owned(),
            range,
            fingerprint,
            function,
            language: file.language.name(),
            related: related.collect(),
            may_have_fixes: true,
        });
    }

    let names = RuleNames::new(crate::rules::all());
    let (comments, statements) = comments_and_statements(linked, &understood.text);
    if !comments.is_empty() {
        let suppressions = Suppressions::parse(&understood.text, &comments, &statements, &names);
        if !suppressions.is_empty() {
            let severity_of = |rule: &str, default| request.config.severity_of(rule, request.path, default);
            let mut context = Context {
                path: request.path,
                language: file.language.name(),
                text: &understood.text,
                severity_of: &severity_of,
                fingerprints: &mut fingerprints,
            };
            findings = suppressions.apply(findings, &mut context).kept;
            findings.sort_by_key(|f| (f.range, f.rule));
        }
    }
    let units = file.units.iter().enumerate().map(|(i, entry)| UnitReport {
        range: entry.place.range,
        errors: entry.unit.errors.iter().map(|&e| file.to_file(i, e)).collect(),
    });
    let outcome = Outcome {
        findings,
        skipped,
        units: units.collect(),
        is_cancelled: false,
        counters: understood.counters,
    };
    Assembled { outcome, plans }
}

fn is_hidden_by(rule: &str, range: TextRange, other: &str, at: TextRange) -> bool {
    PRECEDENCE.iter().any(|&(first, second)| first == other && second == rule) && at.intersects(range)
}

/// Whether a unit is a test, or stands in a module of tests.
fn is_test_unit(linked: &Linked, unit: usize) -> bool {
    let mut at = Some(unit);
    while let Some(i) = at {
        let entry = &linked.file.units[i];
        let is_test = entry.unit.own().attributes.iter().any(|a| {
            let last = a.path.last().map_or("", |n| n.as_str());
            last == "test" || last == "bench" || last == "rstest" || last == "cfg" && a.text == "test"
        });
        if is_test {
            return true;
        }
        at = entry.parent;
    }
    false
}

/// The name of the function that a unit is or stands in: `PostService.list`.
fn function_of(linked: &Linked, unit: usize) -> Option<String> {
    let mut at = Some(unit);
    while let Some(i) = at {
        let entry = &linked.file.units[i];
        let own = entry.unit.own();
        if let Some(name) = &own.name {
            return Some(match &own.owner {
                Some(owner) => format!("{owner}.{name}"),
                None => name.to_string(),
            });
        }
        at = entry.parent;
    }
    None
}

fn resolve(place: &Place, linked: &Linked, linker: &Linker<'_>) -> Option<(String, TextRange)> {
    match place {
        Place::Bytes { file, range } => Some((file.to_string(), *range)),
        Place::Node { file, unit, node } => {
            let units =
                if *file == linked.file.path { Arc::clone(&linked.file) } else { linker.units(file)? };
            let index = units.unit_at(unit)?;
            let range = units.units[index].unit.nodes.get(node.0 as usize)?.range;
            Some((file.to_string(), units.to_file(index, range)))
        }
    }
}

/// Comments in order; statements, items and JSX elements: only where a comment could be a suppression.
fn comments_and_statements(linked: &Linked, text: &str) -> (Vec<TextRange>, Vec<TextRange>) {
    if !text.contains("plimsoll-ignore") {
        return (Vec::new(), Vec::new());
    }
    let file = &linked.file;
    let mut comments = Vec::new();
    let mut statements = Vec::new();
    for (i, entry) in file.units.iter().enumerate() {
        let unit = &entry.unit;
        comments.extend(unit.comments.iter().map(|c| file.to_file(i, c.range)));
        statements.push(entry.place.range);
        for node in &unit.nodes {
            if let Kind::Block { statements: all, .. } = &node.kind {
                statements.extend(all.iter().map(|&s| file.to_file(i, unit.range(s))));
            } else if let Kind::Element { .. } = node.kind {
                statements.push(file.to_file(i, node.range));
            }
        }
    }
    comments.sort();
    comments.dedup();
    (comments, statements)
}
