//! Runs the rules on one unit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use plimsoll_behavior::{Effects, FunctionId};
use plimsoll_project::Runs;
use plimsoll_project::link::{FileUnits, Linked, Linker};
use plimsoll_rules::{Category, ProjectFacts, RULES, RawRange, Report, RuleMeta, UnitView};

use crate::assemble::hides_others;
use crate::rules::severity;
use crate::states::Found;
use crate::{Finding, Request};

/// The most findings of one rule in one unit; more would say nothing new.
pub(crate) const MAX_FINDINGS: usize = 200;

/// Whether a rule need be run: what is off, and a preview that nobody asked for, is shown to nobody, but may hide what
/// another rule says of the same place.
pub(crate) fn is_run(request: &Request<'_>, meta: &RuleMeta) -> bool {
    let is_on = || request.config.severity_of(meta.id, request.path, severity(meta.severity)).is_some();
    hides_others(meta.id) || (!meta.is_preview || request.config.preview()) && is_on()
}

/// Runs every rule that watches for something the unit does. A rule that panics costs only itself, on this unit.
pub(crate) fn run_rules(
    request: &Request<'_>,
    linked: &Linked,
    linker: &Linker<'_>,
    unit: usize,
    project: &ProjectFacts<'_>,
    wants_fix: Option<&Finding>,
) -> Found {
    let session = linker.open(&linked.file);
    let eval = linker.evaluator(&session);
    let view = UnitView {
        eval: &eval,
        linked,
        world: linker,
        index: unit,
        unit: &linked.file.units[unit].unit,
        facts: &linked.facts[unit],
        project,
    };
    // What its functions run counts too: a function that is handed by its name to a call is no call of its own.
    let of_functions = (0..view.unit.functions.len()).filter_map(|f| {
        let id = FunctionId(u32::try_from(f).ok()?);
        linked.summary(&linked.file.fn_ref(unit, id)).map(|summary| summary.effects)
    });
    let effects = view.calls().map(|call| call.effects()).chain(of_functions);
    let effects = effects.fold(Effects::empty(), |all, effects| all | effects);
    let mut found = Found::default();
    // A job that is a program of its own runs by itself; a script is run by whoever watches it.
    let is_script = project.runs.runs == Runs::ByHand && linked.file.language.is_script_family();
    let options = |rule: &str, key: &str| request.config.option(rule, request.path, key);
    let asked = RULES.iter().filter(|rule| {
        let is_of_a_script = is_script && rule.meta().category == Category::Database;
        let is_shown = effects.intersects(rule.watches()) || rule.looks_at(view.unit);
        is_shown && is_run(request, rule.meta()) && !is_of_a_script
    });
    for rule in asked {
        let mut findings = Vec::new();
        let wants_fix = |range: RawRange| {
            wants_fix.is_some_and(|finding| is_of(&linked.file, unit, rule.meta(), range, finding))
        };
        let mut report = Report::new(rule.meta(), &mut findings, &wants_fix, &options);
        if catch_unwind(AssertUnwindSafe(|| rule.review(&view, &mut report))).is_err() {
            found.panicked.push(rule.meta().id);
            continue;
        }
        findings.truncate(MAX_FINDINGS);
        found.findings.append(&mut findings);
    }
    found
}

/// Whether a finding is what the rule says of a place in a unit.
fn is_of(file: &FileUnits, unit: usize, rule: &RuleMeta, range: RawRange, finding: &Finding) -> bool {
    let range = match range {
        RawRange::Unit(range) => file.to_file(unit, range),
        RawRange::File(range) => range,
    };
    rule.id == finding.rule && range == finding.range
}
