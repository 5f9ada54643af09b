//! URLs that keep what they lead to in memory.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{FunctionKind, Kind, NodeId};
use plimsoll_project::Runs;
use plimsoll_project::link::Context;

use crate::ask::{Fate, Lifetime, attribute_of, component, fate_of_url, is_remembered, lifetime, shows};
use crate::edit::cleanup::{Release, release_after_effect};
use crate::edit::revoke::revoke_after_click;
use crate::{CallView, FixPlan, Report, Safety, UnitView};

pub(super) fn look(unit: &UnitView<'_>, call: &CallView<'_>, revoke: &str, report: &mut Report<'_>) {
    if unit.project.runs.runs == Runs::Server {
        return;
    }
    let Some(again) = again(unit, call) else { return };
    if is_kept_for_the_next(unit, call.node) || fate_of_url(unit, call.node) != Fate::Kept {
        return;
    }
    let name = unit.call_name(call.node);
    let what = kept(unit, call);
    let message = format!(
        "`{name}` keeps {what} in memory until the page is closed: nothing revokes its URL, and {again} adds one more"
    );
    report.at_node(unit, call.node, call.confidence(), message).fix(|| fix(unit, call, revoke));
}

/// Whether a function keeps the URL where it looks for it first.
fn is_kept_for_the_next(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let is_put = |node: NodeId| match u.parent(node).map(|parent| u.kind(parent)) {
        Some(Kind::Assign { target, value, .. }) => match u.kind(*target) {
            Kind::Member { name, .. } => *value == node && !shows(name),
            _ => *value == node,
        },
        Some(Kind::Call { args, callee, .. }) => {
            args.contains(&node) && matches!(u.kind(*callee), Kind::Member { name, .. } if name == "set")
        }
        _ => false,
    };
    let bound = match u.parent(call).map(|parent| u.kind(parent)) {
        Some(Kind::Let { pattern, .. }) => pattern.bindings.as_slice(),
        _ => &[],
    };
    let mut places = bound.iter().flat_map(|&b| u.binding(b).uses.iter().copied());
    (is_put(call) || places.any(is_put)) && is_remembered(unit, call)
}

/// `` `blob` ``
fn kept(unit: &UnitView<'_>, call: &CallView<'_>) -> String {
    let argument = match unit.unit.kind(call.node) {
        Kind::Call { args, .. } => args.first().and_then(|&arg| unit.dotted(arg)),
        _ => None,
    };
    argument.map_or_else(|| "what it is given".to_owned(), |name| format!("`{name}`"))
}

/// On which occasion one more is made; none where there is only one.
fn again(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    for (index, function, context) in unit.functions_around(call.node) {
        let f = unit.unit_of(index).function(function);
        match context {
            Context::Runs(Run::Effect, _) => return Some("each run of the effect".to_owned()),
            Context::Runs(Run::Memo, _) if f.name.is_none() => return Some("each run".to_owned()),
            _ => {}
        }
        if f.kind == FunctionKind::Module {
            return None;
        }
        if let Some(component) = component(unit, index, function) {
            return Some(format!("each rendering of `{component}`"));
        }
        if let Some(name) = &f.name {
            return Some(match (&f.owner, f.kind) {
                (Some(class), FunctionKind::Constructor) => format!("each new `{class}`"),
                _ => format!("each call of `{name}`"),
            });
        }
        if !context.is_inline() {
            return Some("each run".to_owned());
        }
    }
    None
}

fn fix(unit: &UnitView<'_>, call: &CallView<'_>, revoke: &str) -> Option<FixPlan> {
    if attribute_of(unit, unit.index, call.node).is_some() {
        return None;
    }
    if let Some(plan) = revoke_after_click(unit, call.node, revoke) {
        return Some(plan);
    }
    let Some(Lifetime::Effect { effect, .. }) = lifetime(unit, call.node) else { return None };
    let cleanup = release_after_effect(unit, effect, call.node, Release::By(revoke), "url")?;
    Some(FixPlan {
        title: format!(
            "Add cleanup: `{}` when the effect ends (review: nothing may show it after)",
            cleanup.release
        ),
        safety: Safety::Review,
        edits: cleanup.edits,
    })
}
