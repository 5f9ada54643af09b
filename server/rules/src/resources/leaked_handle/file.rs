//! Files that are not closed on every way out of a function.

use plimsoll_behavior::models::Behavior;
use plimsoll_behavior::{CallForm, Kind, NodeId};

use super::is_in_a_service;
use crate::ask::{Leak, Often, Ways, is_of_the_start, leak, often, taken};
use crate::edit::cleanup::Release;
use crate::edit::finally::release_in_finally;
use crate::{CallView, FixPlan, RawRelated, Report, UnitView};

pub(super) fn look(unit: &UnitView<'_>, call: &CallView<'_>, behavior: &Behavior, report: &mut Report<'_>) {
    let ends = |form: &'static str| {
        let ways = behavior.release.iter().filter_map(move |way| way.strip_prefix(form));
        ways.map(|path| path.rsplit('.').next().unwrap_or(path)).collect::<Vec<_>>()
    };
    let (methods, functions) = (ends("method:"), ends("call:"));
    let ways = Ways { methods: &methods, functions: &functions, fails_at_once: true };
    if !is_in_a_service(unit) || is_of_the_start(unit, call.node) {
        return;
    }
    let Some(taken) = taken(unit, call.node, &ways) else { return };
    let Some(leak) = leak(unit, &taken) else { return };
    // What fails once, and ends what runs once, leaves nothing open for long.
    let is_known_to_run_again = || !matches!(often(unit, call.node), Often::Seldom | Often::Unknown);
    if matches!(leak, Leak::WhenFails(_)) && !is_known_to_run_again() {
        return;
    }
    let what = format!("`{}` opens a file that", unit.call_name(call.node));
    let then = "each time the process has one more open, until it can open no other";
    let (message, place) = match leak {
        Leak::Always => (format!("{what} nothing closes: {then}"), None),
        Leak::At(node) => {
            let way = match unit.unit.kind(node) {
                Kind::Return(_) => "an early return does not close",
                Kind::Throw(_) => "a `throw` does not close",
                _ => "is not closed on every way out",
            };
            let is_told = matches!(unit.unit.kind(node), Kind::Return(_) | Kind::Throw(_));
            (format!("{what} {way}: {then}"), is_told.then_some((node, "leaves without closing it")))
        }
        Leak::WhenFails(node) => {
            let failing = match unit.unit.kind(node) {
                Kind::Call { .. } => format!("`{}`", unit.call_name(node)),
                _ => "what follows".to_owned(),
            };
            let message = format!("{what} is not closed when {failing} fails: {then}");
            (message, Some((node, "leaves without closing it where it fails")))
        }
    };
    let related = place.map(|(node, what)| RawRelated { place: unit.place(node), message: what.into() });
    report.at_node(unit, call.node, call.confidence(), message).related_all(related).fix(|| {
        let release = match (methods.first(), functions.first()) {
            (Some(method), _) => Release::Method(method),
            (None, Some(function)) => Release::By(reached(unit, call.node, function)?),
            _ => return None,
        };
        let fix: Option<FixPlan> = release_in_finally(unit, &taken, release, behavior.is_async);
        fix
    });
}

/// The function, where the file has it as it has the one that opens.
fn reached<'f>(unit: &UnitView<'_>, call: NodeId, function: &'f str) -> Option<&'f str> {
    let Kind::Call { callee, form: CallForm::Plain, .. } = unit.unit.kind(call) else { return None };
    let module = unit.unit_of(0);
    let is_a_member = matches!(unit.unit.kind(*callee), Kind::Member { .. });
    (is_a_member || module.bindings.iter().any(|b| b.name == function)).then_some(function)
}
