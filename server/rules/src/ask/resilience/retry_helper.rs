//! Functions of the project that run what they are given until it succeeds.

use plimsoll_behavior::{BindingId, Effects, Kind, Name, NodeId, Param, Unit};
use plimsoll_project::link::{FileUnits, FnRef};

use crate::UnitView;

/// What a retry of the project's own can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryHelper {
    /// Whether it can be called with nothing but a function.
    pub takes_a_function: bool,
    /// Whether it can be called with nothing but a builder of this kind: the type's last name is in its signature.
    pub takes_a_builder: bool,
    /// Whether its second parameter is an `AbortSignal`.
    pub takes_a_signal: bool,
    /// Whether it looks at the status of what it gets, and not only at what is thrown.
    pub looks_at_answers: bool,
    /// Whether it asks what was thrown before it tries again.
    pub judges_errors: bool,
}

/// What a function of the project can do as a retry; none when it is no retry.
#[must_use]
pub fn retry_helper(view: &UnitView<'_>, function: &FnRef) -> Option<RetryHelper> {
    let summary = view.summary(function);
    let waits = summary.is_some_and(|s| s.effects.intersects(Effects::SLEEP | Effects::TIMER_ONCE));
    if function.file == view.linked.file.path {
        return described(&view.linked.file, function, waits);
    }
    let mut helper = None;
    view.world.in_file(&function.file, &mut |eval| helper = described(eval.file, function, waits));
    helper
}

/// Whether a function of the project runs a function that it is given until that succeeds.
#[must_use]
pub fn is_retry_helper(view: &UnitView<'_>, function: &FnRef) -> bool {
    retry_helper(view, function).is_some()
}

/// Whether a name says that something is tried again.
#[must_use]
pub fn suggests_retry(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("retry") || name.contains("retries") || name.contains("backoff")
}

fn described(file: &FileUnits, function: &FnRef, waits: bool) -> Option<RetryHelper> {
    let unit = file.unit_at(&function.unit)?;
    let own = file.units[unit].unit.functions.get(function.function.0 as usize)?;
    let units = with_nested(file, unit);
    let params: Vec<Name> = own.params.iter().flat_map(|p| names_of(&file.units[unit].unit, p)).collect();
    let calls = calls_of(&units, &params);
    let is_named = own.name.as_deref().is_some_and(suggests_retry);
    let repeats = units.iter().any(|u| u.nodes.iter().any(|n| matches!(n.kind, Kind::Loop(_))));
    let is_retry = if is_named { !own.params.is_empty() } else { !calls.is_empty() && waits && repeats };
    if !is_retry {
        return None;
    }
    let has_type = |index: usize, name: &str| {
        let ty = own.params.get(index).and_then(|p| p.ty.as_ref());
        let is_it = |path: &[Name]| path.last().is_some_and(|last| last == name);
        ty.is_some_and(|ty| is_it(&ty.path) || ty.args.iter().any(|arg| is_it(&arg.path)))
    };
    let rest_is_free = own.params.iter().skip(1).all(|p| p.is_optional || p.is_rest || p.default.is_some());
    let first: Vec<Name> =
        own.params.first().map_or_else(Vec::new, |first| names_of(&file.units[unit].unit, first));
    let is_of_first = |&(u, call): &(&Unit, NodeId)| callee_in(u, call, &first);
    let errors = |u: &&Unit| {
        u.nodes.iter().any(|node| match &node.kind {
            Kind::TryCatch { catch: Some(catch), .. } => {
                let bound = catch.pattern.iter().flat_map(|pattern| &pattern.bindings);
                bound.flat_map(|&b| &u.binding(b).uses).any(|&used| is_judged(u, used))
            }
            _ => false,
        })
    };
    Some(RetryHelper {
        takes_a_function: calls.iter().any(is_of_first) && rest_is_free,
        takes_a_builder: has_type(0, "RequestBuilder") && own.params.len() == 1,
        takes_a_signal: has_type(1, "AbortSignal"),
        looks_at_answers: calls.iter().any(|&(u, call)| is_answer_looked_at(file, u, call)),
        judges_errors: units.iter().any(errors),
    })
}

/// A unit and those inside it.
fn with_nested(file: &FileUnits, unit: usize) -> Vec<&Unit> {
    let mut open = vec![unit];
    let mut units: Vec<&Unit> = Vec::new();
    // Each unit is nested in one other.
    while let Some(next) = open.pop() {
        units.push(&file.units[next].unit);
        open.extend(&file.units[next].nested);
    }
    units
}

fn names_of(u: &Unit, param: &Param) -> Vec<Name> {
    param.pattern.bindings.iter().map(|&b| u.binding(b).name.clone()).collect()
}

/// The calls of what has one of these names.
fn calls_of<'u>(units: &[&'u Unit], names: &[Name]) -> Vec<(&'u Unit, NodeId)> {
    let calls = units.iter().flat_map(|u| u.calls.iter().map(move |&call| (*u, call)));
    calls.filter(|&(u, call)| callee_in(u, call, names)).collect()
}

fn callee_in(u: &Unit, call: NodeId, names: &[Name]) -> bool {
    let Kind::Call { callee, .. } = u.kind(call) else { return false };
    matches!(u.kind(*callee), Kind::Name { name, .. } if names.contains(name))
}

/// Whether the status of what a call yields is read, here or in a function of the file that it is handed to.
fn is_answer_looked_at(file: &FileUnits, u: &Unit, call: NodeId) -> bool {
    let mut at = call;
    while let Some(parent) = u.parent(at).filter(|&p| matches!(u.kind(p), Kind::Await(_) | Kind::Cast { .. }))
    {
        at = parent;
    }
    let uses = u.bindings.iter().filter(|b| b.value == Some(at)).flat_map(|b| &b.uses);
    uses.into_iter().any(|&used| {
        let mut at = used;
        while let Some(parent) =
            u.parent(at).filter(|&p| matches!(u.kind(p), Kind::Cast { .. } | Kind::NonNull(_)))
        {
            at = parent;
        }
        match u.parent(at).map(|p| u.kind(p)) {
            Some(Kind::Member { name, .. }) => tells_status(name),
            Some(Kind::Binary { op, .. }) => op == "instanceof",
            Some(Kind::Call { callee, args, .. }) if args.contains(&at) => {
                let Kind::Name { name, .. } = u.kind(*callee) else { return false };
                let units = file.units.iter().map(|entry| &entry.unit);
                let mut called = units.filter(|unit| unit.own().name.as_ref() == Some(name));
                called.any(|unit| unit.nodes.iter().any(reads_status))
            }
            _ => false,
        }
    })
}

fn tells_status(member: &str) -> bool {
    matches!(member, "ok" | "status" | "statusCode")
}

fn reads_status(node: &plimsoll_behavior::Node) -> bool {
    matches!(&node.kind, Kind::Member { name, .. } if tells_status(name))
}

/// Whether something is decided by an error: by a member of it, by its type, by a function that is handed it and is no
/// log.
fn is_judged(u: &Unit, used: NodeId) -> bool {
    let mut at = used;
    while let Some(parent) =
        u.parent(at).filter(|&p| matches!(u.kind(p), Kind::Cast { .. } | Kind::NonNull(_)))
    {
        at = parent;
    }
    let Some(parent) = u.parent(at) else { return false };
    match u.kind(parent) {
        Kind::Binary { op, .. } => op == "instanceof",
        Kind::Call { callee, args, .. } => args.contains(&at) && !is_log(u, *callee),
        Kind::Member { .. } => !u
            .ancestors(parent)
            .any(|around| matches!(u.kind(around), Kind::Call { callee, .. } if is_log(u, *callee))),
        _ => false,
    }
}

fn is_log(u: &Unit, callee: NodeId) -> bool {
    let Kind::Member { name, .. } = u.kind(callee) else { return false };
    matches!(name.as_str(), "error" | "warn" | "info" | "debug" | "log" | "trace")
}

/// A binding of the module and its name: what the file itself declares or imports.
pub(crate) fn module_bindings(file: &FileUnits) -> impl Iterator<Item = BindingId> + '_ {
    let module = &file.units[0].unit;
    let ids = (0..module.bindings.len()).map(|i| BindingId(u32::try_from(i).expect("few bindings")));
    ids.filter(move |&id| module.binding(id).scope.0 == 0)
}
