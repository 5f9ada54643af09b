//! From what rules found in each unit to the findings of a file: places, precedence, configuration, suppression.

use std::sync::Arc;

use plimsoll_behavior::Kind;
use plimsoll_project::link::{Linked, Linker};
use plimsoll_rules::{FixPlan, Place, RawFinding, RawRange, rule_named};
use plimsoll_syntax::TextRange;
use rustc_hash::FxHashSet;

use crate::review::Understood;
use crate::rules::severity;
use crate::schema_file::of_declared_tables;
use crate::suppression::{Context, MARK, Suppressions};
use crate::{Finding, Fingerprints, Outcome, Related, Request, RuleNames, Skipped, UnitReport, policy};

/// A file's findings, with the plans for fixes of those that have any.
pub(crate) struct Assembled {
    pub outcome: Outcome,
    /// Plans by the finding's fingerprint.
    pub plans: Vec<(String, Plans)>,
}

/// What may be done about one finding.
pub(crate) struct Plans {
    /// The preferred one first.
    pub fixes: Vec<FixPlan>,
    /// What is written down where none of them can be made.
    pub hint: Option<FixPlan>,
}

/// On one place, the finding of the first rule hides that of the second.
const PRECEDENCE: &[(&str, &str)] = &[
    ("n-plus-one", "unbounded-concurrency"),
    ("unbounded-concurrency", "sequential-await"),
    ("n-plus-one", "sequential-await"),
    ("in-memory-aggregation", "unbounded-query"),
    ("in-memory-aggregation", "over-fetching"),
    ("unguarded-parse", "panic-in-service"),
    // What ends a timer has to be there before it is made anew by each run.
    ("leaked-timer", "overlapping-interval"),
    ("missing-index", "leading-wildcard"),
    ("missing-timeout", "missing-retry"),
    ("unchecked-response", "missing-retry"),
    // A key that is made outside of the retry is one that the call had not.
    ("unsafe-retry", "missing-idempotency-key"),
    // What ends the process comes before what is lost when it ends.
    ("unbounded-growth", "shared-request-state"),
];

/// Whether a rule hides what another one finds.
pub(crate) fn hides_others(rule: &str) -> bool {
    PRECEDENCE.iter().any(|&(first, _)| first == rule)
}

pub(crate) fn assemble(
    request: &Request<'_>,
    linker: &Linker<'_>,
    understood: &Understood,
    wants_fix: Option<&Finding>,
) -> Assembled {
    let linked = &understood.linked;
    let file = &linked.file;
    let below = policy::below_manifest(request.files, request.path);
    let quiet = is_quiet(request, below);
    let is_script = policy::is_seed_or_migration_or_script(below);

    let mut placed: Vec<Placed<'_>> = Vec::new();
    let mut skipped = Vec::new();
    for (unit, found) in understood.found.iter().enumerate() {
        skipped.extend(found.panicked.iter().map(|rule| panicked(request, rule)));
        let is_for_tests = quiet || !found.findings.is_empty() && is_test_unit(linked, unit);
        for raw in found.findings.iter().filter(|raw| !is_for_tests || raw.is_everywhere) {
            let of_performance =
                rule_named(raw.rule).is_some_and(|r| r.meta().category == plimsoll_rules::Category::Database);
            if !(is_script && of_performance) {
                let range = match raw.range {
                    RawRange::Unit(range) => file.to_file(unit, range),
                    RawRange::File(range) => range,
                };
                placed.push(Placed { range, function: function_of(linked, unit), raw });
            }
        }
    }
    let mut declared = Vec::new();
    if !quiet && !is_script {
        declared = of_declared_tables(request, linker, &understood.text, wants_fix, &mut skipped);
    }
    placed.extend(declared.iter().filter_map(|raw| match raw.range {
        RawRange::File(range) => Some(Placed { range, function: None, raw }),
        RawRange::Unit(_) => None,
    }));
    let source = Source {
        text: &understood.text,
        language: file.language.name(),
        fingerprint_path: below,
        resolve: &|place| resolve(place, linked, linker),
        comments_and_statements: &|| comments_and_statements(linked),
    };
    let (findings, plans) = findings_of(request, &source, placed);
    let units = file.units.iter().enumerate().map(|(i, entry)| UnitReport {
        range: entry.place.range,
        errors: entry.unit.errors.iter().map(|&e| file.to_file(i, e)).collect(),
    });
    let outcome = Outcome {
        findings,
        skipped,
        unread: Vec::new(),
        units: units.collect(),
        is_cancelled: false,
        counters: understood.counters,
    };
    Assembled { outcome, plans }
}

/// Whether rules say nothing of what code does in this file, because it is a test, a story or a fixture.
pub(crate) fn is_quiet(request: &Request<'_>, below: &str) -> bool {
    request.config.is_test(request.path, below)
        || policy::is_in_test_package(request.files, request.path, below)
        || policy::is_story(below)
        || policy::is_fixture(below)
}

/// What says that a rule panicked.
pub(crate) fn panicked(request: &Request<'_>, rule: &str) -> Skipped {
    let reason = format!("rule {rule} panicked");
    Skipped { path: request.path.to_owned(), reason, is_failure: true }
}

/// What a rule found, with its place in the file.
pub(crate) struct Placed<'a> {
    pub range: TextRange,
    /// The function it stands in.
    pub function: Option<String>,
    pub raw: &'a RawFinding,
}

/// The file that findings are in, as far as they depend on it.
pub(crate) struct Source<'a> {
    pub text: &'a str,
    pub language: &'static str,
    /// The path that fingerprints are made with.
    pub fingerprint_path: &'a str,
    /// Where a related place is now.
    pub resolve: &'a dyn Fn(&Place) -> Option<(String, TextRange)>,
    /// Asked only where a comment may be a suppression.
    pub comments_and_statements: &'a dyn Fn() -> (Vec<TextRange>, Vec<TextRange>),
}

/// The findings that are left after precedence, configuration and suppression, in order, with the plans for fixes of
/// those that have any, by fingerprint.
pub(crate) fn findings_of(
    request: &Request<'_>,
    source: &Source<'_>,
    mut placed: Vec<Placed<'_>>,
) -> (Vec<Finding>, Vec<(String, Plans)>) {
    placed.sort_by(|a, b| (a.range, a.raw.rule, &a.raw.message).cmp(&(b.range, b.raw.rule, &b.raw.message)));
    placed.dedup_by(|a, b| a.range == b.range && a.raw.rule == b.raw.rule);
    // What comes of one thing is told once.
    let mut causes = FxHashSet::default();
    placed.retain(|p| p.raw.cause.as_ref().is_none_or(|cause| causes.insert((p.raw.rule, cause.clone()))));

    // Few rules hide others, and few are hidden: comparing all places with all others would cost the square of them.
    let is_ever_hidden = |rule: &str| PRECEDENCE.iter().any(|&(_, second)| second == rule);
    // What nobody is shown hides nothing.
    let is_shown = |raw: &RawFinding| {
        let is_stable = || rule_named(raw.rule).is_some_and(|rule| !rule.meta().is_preview);
        request.config.preview() || !raw.is_preview && is_stable()
    };
    let hiding: Vec<&Placed<'_>> =
        placed.iter().filter(|p| hides_others(p.raw.rule) && is_shown(p.raw)).collect();
    let mut fingerprints = Fingerprints::new(source.fingerprint_path);
    let mut findings = Vec::new();
    let mut plans = Vec::new();
    // They count for suppressions: whoever has written one down has seen them.
    let mut withheld: Vec<String> = Vec::new();
    for Placed { range, function, raw } in &placed {
        let meta = rule_named(raw.rule).map(|r| r.meta()).expect("only registered rules run");
        let text = source.text.get(range.as_usize()).unwrap_or_default();
        let fingerprint = fingerprints.next(raw.rule, function.as_deref(), text);
        if is_ever_hidden(raw.rule)
            && hiding.iter().any(|other| is_hidden_by(raw.rule, *range, other.raw.rule, other.range))
        {
            continue;
        }
        if meta.is_preview && !request.config.preview() {
            continue;
        }
        let Some(severity) = request.config.severity_of(raw.rule, request.path, severity(raw.severity))
        else {
            continue;
        };
        if raw.is_preview && !request.config.preview() {
            withheld.push(fingerprint.clone());
        }
        let related = raw.related.iter().filter_map(|r| {
            let (path, range) = (source.resolve)(&r.place)?;
            Some(Related { path, range, message: r.message.clone() })
        });
        let (fixes, hint) = (raw.fixes.clone(), raw.hint.clone());
        plans.push((fingerprint.clone(), Plans { fixes, hint }));
        findings.push(Finding {
            rule: raw.rule,
            category: meta.category.name(),
            severity,
            confidence: crate::rules::confidence(raw.confidence),
            message: raw.message.clone(),
            path: request.path.to_owned(),
            range: *range,
            fingerprint,
            function: function.clone(),
            language: source.language,
            related: related.collect(),
            about: raw.about.clone(),
            may_have_fixes: true,
            is_baselined: false,
        });
    }
    if source.text.contains(MARK) {
        let names = RuleNames::new(crate::rules::all());
        let (comments, statements) = (source.comments_and_statements)();
        let suppressions = Suppressions::parse(source.text, &comments, &statements, &names);
        if !suppressions.is_empty() {
            let severity_of = |rule: &str, default| request.config.severity_of(rule, request.path, default);
            let mut context = Context {
                path: request.path,
                language: source.language,
                text: source.text,
                severity_of: &severity_of,
                fingerprints: &mut fingerprints,
            };
            findings = suppressions.apply(findings, &mut context).kept;
            findings.sort_by_key(|f| (f.range, f.rule));
        }
    }
    if !withheld.is_empty() {
        findings.retain(|finding| !withheld.contains(&finding.fingerprint));
    }
    (findings, plans)
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
            matches!(last, "test" | "bench" | "rstest") || a.is_for_tests_only()
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

pub(crate) fn resolve(place: &Place, linked: &Linked, linker: &Linker<'_>) -> Option<(String, TextRange)> {
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

/// Comments in order; statements, items and JSX elements.
fn comments_and_statements(linked: &Linked) -> (Vec<TextRange>, Vec<TextRange>) {
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
