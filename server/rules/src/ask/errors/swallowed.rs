//! Handlers of failures that keep them to themselves: whoever called is told nothing, and sees success or nothing found.

use plimsoll_behavior::{Effects, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::PromiseFate;

use crate::UnitView;
use crate::ask::errors::failure::is_log_call;
use crate::view::CallView;

/// How deep a handler is looked into.
const MAX_DEPTH: u32 = 8;
/// Types whose new values are empty.
const EMPTY_WHEN_NEW: &[&str] = &["Map", "Set"];

/// What a handler that keeps a failure to itself does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Whether it writes it to a log.
    pub logs: bool,
    /// Whether it does so as something of no consequence: a warning, at most.
    pub only_warns: bool,
    /// What it returns in place of an answer: nothing, or an empty value; none where it goes on after the `try`.
    pub returns: Option<Option<NodeId>>,
}

/// What a handler with this body does, where it only logs and returns something empty. None where it does anything
/// else: throws, answers, sets something, calls something that may tell of the failure.
#[must_use]
pub fn quiet(unit: &UnitView<'_>, body: NodeId) -> Option<Quiet> {
    let mut found = Quiet::default();
    is_quiet(unit, body, &mut found, MAX_DEPTH).then_some(found)
}

fn is_quiet(unit: &UnitView<'_>, node: NodeId, found: &mut Quiet, depth: u32) -> bool {
    let u = unit.unit;
    if depth == 0 {
        return false;
    }
    match u.kind(node) {
        Kind::Block { statements, .. } => {
            statements.iter().all(|&statement| is_quiet(unit, statement, found, depth - 1))
        }
        Kind::Discard(inner) => is_quiet(unit, *inner, found, depth - 1),
        Kind::Call { .. } => {
            let logs = is_log(unit, node);
            let is_first = !found.logs;
            found.logs |= logs;
            found.only_warns = logs && warns(unit, node) && (is_first || found.only_warns);
            logs
        }
        Kind::Return(None) => {
            found.returns.get_or_insert(None);
            true
        }
        Kind::Return(Some(value)) => {
            found.returns.get_or_insert(Some(*value));
            is_empty(unit, *value)
        }
        Kind::If { condition, then, otherwise, is_expression: false } => {
            let asks_only =
                u.descendants(*condition).iter().all(|&part| !matches!(u.kind(part), Kind::Await(_)));
            let branches = [Some(*then), *otherwise].into_iter().flatten();
            asks_only && branches.into_iter().all(|branch| is_quiet(unit, branch, found, depth - 1))
        }
        Kind::Let { init, .. } => init.is_none_or(|init| {
            !u.descendants(init).iter().any(|&part| matches!(u.kind(part), Kind::Await(_)))
        }),
        _ => false,
    }
}

/// Whether a call writes to a log, and nobody else is told.
fn is_log(unit: &UnitView<'_>, node: NodeId) -> bool {
    let Kind::Call { callee, .. } = unit.unit.kind(node) else { return false };
    let Some(call) = unit.call(node) else { return false };
    if call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.alerts) {
        return false;
    }
    match &call.facts.target {
        Some(target) => {
            let deeds = crate::ask::deeds(unit, target);
            deeds.is_all && deeds.effects == Effects::LOG
        }
        None => {
            call.facts.effects == Effects::LOG
                || call.facts.effects.is_empty() && is_log_call(unit.unit, *callee)
        }
    }
}

/// Whether what a call writes to a log is no error.
fn warns(unit: &UnitView<'_>, node: NodeId) -> bool {
    let Kind::Call { callee, .. } = unit.unit.kind(node) else { return false };
    let Kind::Member { name, .. } = unit.unit.kind(*callee) else { return false };
    matches!(name.as_str(), "warn" | "warning" | "info" | "debug" | "trace")
}

/// Whether a value says that there is nothing.
#[must_use]
pub fn is_empty(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    match u.kind(node) {
        Kind::Literal(Literal::Null | Literal::Undefined) => true,
        Kind::Literal(Literal::String(text)) => text.is_empty(),
        Kind::Literal(Literal::Number(number)) => number == "0",
        Kind::Name { name, .. } => name == "undefined",
        Kind::Array(items) => items.is_empty(),
        Kind::Object { entries, .. } => entries.iter().all(|entry| is_empty(unit, entry.value)),
        Kind::Cast { value, .. } | Kind::NonNull(value) => is_empty(unit, *value),
        Kind::Call { callee, args, .. } => {
            args.is_empty()
                && matches!(u.kind(*callee), Kind::Name { name, .. } if EMPTY_WHEN_NEW.contains(&name.as_str()))
        }
        _ => false,
    }
}

/// The calls of a `try` with one of the effects whose failures its handler gets.
#[must_use]
pub fn failing_in<'a>(unit: &UnitView<'a>, body: NodeId, effects: Effects) -> Vec<CallView<'a>> {
    let u = unit.unit;
    let inside = u.descendants(body);
    let calls = inside.iter().filter_map(|&node| unit.call(node));
    calls.filter(|call| call.effects().intersects(effects) && reaches(unit, call, body)).collect()
}

/// Whether a failure of a call reaches the handler of the `try` with this body.
fn reaches(unit: &UnitView<'_>, call: &CallView<'_>, body: NodeId) -> bool {
    let u = unit.unit;
    if !may_be_rejected(unit, call.node) {
        return false;
    }
    let PromiseFate::Awaited(at) = unit.eval.promise_fate(unit.index, call.node) else { return false };
    if u.node(at).function != u.node(body).function {
        return false;
    }
    for around in std::iter::once(at).chain(u.ancestors(at)) {
        if around == body {
            return true;
        }
        if is_caught_before(u, around, at) {
            return false;
        }
    }
    false
}

fn is_caught_before(u: &Unit, around: NodeId, at: NodeId) -> bool {
    matches!(u.kind(around), Kind::TryCatch { body, catch: Some(_), .. } if u.ancestors(at).any(|node| node == *body))
}

/// Whether the promise of a call may be rejected, as far as that is known.
#[must_use]
pub fn may_be_rejected(unit: &UnitView<'_>, call: NodeId) -> bool {
    unit.eval.rejections(unit.index, call).into_iter().any(|rejection| match rejection {
        None => true,
        Some((function, ways)) => function
            .alternatives()
            .any(|one| unit.summary(&one).is_some_and(|summary| summary.fails.intersects(ways))),
    })
}
