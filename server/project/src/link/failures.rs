//! Whether functions can fail: throw at once, or hand out a promise that is rejected.
//!
//! Each function tells the places at which it fails by itself, and those at which it does if a function that it calls
//! does ([`LocalFailure`]); its summary closes that over the call graph. What is caught on the way is left out, and so
//! is what fails while a failure is handled. Nothing is taken to fail of which that is not known.

use bitflags::bitflags;
use plimsoll_behavior::models::Run;
use plimsoll_behavior::{CallForm, FunctionId, Kind, Name, NodeId, Unit};

use super::context::runs_inline;
use super::{CallFacts, Evaluator, FnRef, PromiseFate, Value, run_of};

bitflags! {
    /// The ways in which a function or a call can fail.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Fails: u8 {
        /// It throws while it is called.
        const THROWS = 1;
        /// The promise that it hands out is rejected.
        const REJECTS = 1 << 1;
    }
}

/// A place at which a function can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFailure {
    /// The function of the project that has to fail for it, and in one of which ways; none where a library or the function
    /// itself fails.
    pub callee: Option<(FnRef, Fails)>,
    /// How the function fails then.
    pub fails: Fails,
    /// The unit of the place.
    pub unit: Name,
    /// The place.
    pub node: NodeId,
}

/// The places at which each function of a unit can fail.
pub(super) fn failures(eval: &Evaluator<'_>, unit: usize) -> Vec<Vec<LocalFailure>> {
    let u: &Unit = &eval.file.units[unit].unit;
    let mut all: Vec<Vec<LocalFailure>> = vec![Vec::new(); u.functions.len()];
    if !eval.file.language.is_script_family() {
        return all;
    }
    let mut places: Vec<Vec<NodeId>> = vec![Vec::new(); u.functions.len()];
    for (i, node) in u.nodes.iter().enumerate() {
        if matches!(node.kind, Kind::Throw(_) | Kind::Call { .. }) {
            places[node.function.0 as usize].push(NodeId(u32::try_from(i).expect("few nodes")));
        }
    }
    // A function stands before those in it, which are to be known first.
    for f in (0..u.functions.len()).rev() {
        let function = u.function(FunctionId(u32::try_from(f).expect("few functions")));
        if function.is_generator {
            continue;
        }
        let places = std::mem::take(&mut places[f]);
        let mut found: Vec<LocalFailure> =
            places.into_iter().flat_map(|place| at(eval, unit, place, &all)).collect();
        found.sort_by_key(|failure| (failure.callee.is_some(), u.range(failure.node).start));
        all[f] = found;
    }
    all
}

/// The ways in which the function around a place fails at it. `inner` has those of the functions in it.
fn at(eval: &Evaluator<'_>, unit: usize, place: NodeId, inner: &[Vec<LocalFailure>]) -> Vec<LocalFailure> {
    let u: &Unit = &eval.file.units[unit].unit;
    let path = &eval.file.units[unit].path;
    let failure = |callee, fails, node| LocalFailure { callee, fails, unit: path.clone(), node };
    if let Kind::Throw(_) = u.kind(place) {
        let fails = thrown_at(u, place, true);
        return if fails.is_empty() { Vec::new() } else { vec![failure(None, fails, place)] };
    }
    let facts = eval.call(unit, place);
    // How the function fails if the call throws, and if its promise is rejected; the latter is only followed if it may be.
    let thrown = thrown_at(u, place, false);
    let mut rejected = None;
    let mut rejected = || *rejected.get_or_insert_with(|| rejected_at(eval, unit, place));
    let mut found = Vec::new();
    let own = own_failure(eval, unit, place, &facts);
    let mut fails = if own.contains(Fails::THROWS) { thrown } else { Fails::empty() };
    if own.contains(Fails::REJECTS) {
        fails |= rejected();
    }
    if !fails.is_empty() {
        found.push(failure(None, fails, place));
    }
    let mut push = |callee: FnRef, of: Fails, then: Fails| {
        if of.is_empty() || then.is_empty() {
            return;
        }
        // A function that stands in the unit is told by what it does, for its number is another one soon.
        let is_here = callee.file == eval.file.path && callee.unit == *path && callee.others.is_empty();
        match inner.get(callee.function.0 as usize).filter(|_| is_here && callee.function.0 != 0) {
            Some(failures) if callee.function > u.node(place).function => {
                let inside = failures.iter().filter(|failure| failure.fails.intersects(of));
                found.extend(inside.map(|failure| LocalFailure { fails: then, ..failure.clone() }));
            }
            _ => found.push(failure(Some((callee, of)), then, place)),
        }
    };
    if let Some(target) = &facts.target {
        push(target.clone(), Fails::THROWS, thrown);
        push(target.clone(), Fails::REJECTS, rejected());
    }
    for (callback, run) in handed(eval, unit, place, &facts) {
        let (of_call, of_promise) = surfaces(&facts, run, is_constructed(u, place));
        push(callback.clone(), of_call, thrown);
        if !of_promise.is_empty() {
            push(callback, of_promise, rejected());
        }
    }
    found
}

/// Own functions that a call runs as a part of it.
fn handed(
    eval: &Evaluator<'_>,
    unit: usize,
    call: NodeId,
    facts: &std::sync::Arc<CallFacts>,
) -> Vec<(FnRef, Run)> {
    let u: &Unit = &eval.file.units[unit].unit;
    let Kind::Call { args, .. } = u.kind(call) else { return Vec::new() };
    let handed = args.iter().enumerate().filter_map(|(argument, &node)| {
        let run = run_of(facts, argument).filter(|&run| runs_inline(run))?;
        match eval.value(unit, node) {
            Value::Function(function) => Some((function, run)),
            _ => None,
        }
    });
    handed.collect()
}

/// The failures of a callback that the call throws, and those that its promise is rejected with.
fn surfaces(facts: &CallFacts, run: Run, is_constructed: bool) -> (Fails, Fails) {
    let both = Fails::THROWS | Fails::REJECTS;
    let Some((_, behavior)) = &facts.behavior else { return (Fails::empty(), Fails::empty()) };
    match run {
        Run::Then => (Fails::empty(), both),
        // `new Promise(async (resolve) => …)`: what the function itself hands out is looked at by nobody.
        _ if is_constructed => (Fails::empty(), Fails::THROWS),
        _ if behavior.is_async => (Fails::empty(), both),
        // A list of promises, or the promise of the callback.
        _ if behavior
            .yields
            .as_deref()
            .is_some_and(|yields| yields.trim_matches(['[', ']']) == "callback") =>
        {
            (Fails::THROWS, Fails::REJECTS)
        }
        _ => (Fails::THROWS, Fails::empty()),
    }
}

fn is_constructed(u: &Unit, call: NodeId) -> bool {
    matches!(u.kind(call), Kind::Call { form: CallForm::New, .. })
}

/// How a call of a library fails by itself.
fn own_failure(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts) -> Fails {
    let u: &Unit = &eval.file.units[unit].unit;
    let Some((_, behavior)) = &facts.behavior else { return Fails::empty() };
    if behavior.hands_failures_on || behavior.is_async && tells_a_callback(eval, unit, call, facts) {
        return Fails::empty();
    }
    // A builder that runs here.
    let built = facts.value.instance().map(|it| it.ty).or(facts.receiver).map(|ty| eval.models.ty(ty));
    let runs = built.filter(|ty| ty.runs.is_some_and(|runs| facts.effects.contains(runs.0)));
    if let Some(ty) = runs {
        return if ty.error_in.is_some() && !behavior.throws { Fails::empty() } else { Fails::REJECTS };
    }
    if let Some(parameter) = behavior.rejects_by {
        return if uses_parameter(eval, unit, call, facts, parameter) {
            Fails::REJECTS
        } else {
            Fails::empty()
        };
    }
    // `JSON.parse(JSON.stringify(value))`
    let is_a_copy = || {
        let Kind::Call { args, .. } = u.kind(call) else { return false };
        let is_own = |&arg: &NodeId| {
            let inner = eval.call(unit, arg);
            matches!(u.kind(arg), Kind::Call { .. })
                && inner
                    .behavior
                    .as_ref()
                    .is_some_and(|(_, b)| b.undone_by.iter().any(|by| is_named(u, call, by)))
        };
        args.first().is_some_and(is_own)
    };
    match (behavior.throws, behavior.is_async) {
        (true, true) => Fails::REJECTS,
        (true, false) if !is_a_copy() => Fails::THROWS,
        _ => Fails::empty(),
    }
}

/// Whether a call is given a function that its model knows nothing of, as the last thing: what the library fails with is
/// told to that, and there is no promise.
fn tells_a_callback(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts) -> bool {
    let u: &Unit = &eval.file.units[unit].unit;
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let Some(&last) = args.last() else { return false };
    let is_known = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.run.is_some());
    !is_known && matches!(u.kind(last), Kind::Function(_) | Kind::Nested(_))
}

/// Whether what is called has this name.
fn is_named(u: &Unit, call: NodeId, wanted: &str) -> bool {
    let Kind::Call { callee, .. } = u.kind(call) else { return false };
    matches!(u.kind(*callee), Kind::Member { name, .. } | Kind::Name { name, .. } if name == wanted)
}

/// Whether the callback of a call does anything with one of its parameters.
fn uses_parameter(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts, parameter: u8) -> bool {
    let u: &Unit = &eval.file.units[unit].unit;
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let Some((_, behavior)) = &facts.behavior else { return false };
    let callback = args.get(usize::from(behavior.callback.unwrap_or(0)));
    let Some(function) = callback.and_then(|&node| eval.file.function_at(unit, node)) else { return false };
    let Some(at) = eval.file.unit_at(&function.unit) else { return false };
    let there: &Unit = &eval.file.units[at].unit;
    let Some(param) = there.function(function.function).params.get(usize::from(parameter)) else {
        return false;
    };
    let is_used_here = param.pattern.bindings.iter().any(|&b| !there.binding(b).uses.is_empty());
    let names = || param.pattern.bindings.iter().map(|&b| &there.binding(b).name);
    is_used_here
        || eval.file.units[at].nested.iter().any(|&inner| {
            let free = &eval.file.units[inner].unit.free_names;
            names().any(|name| free.contains(name))
        })
}

/// How the function around a node fails if that throws.
fn thrown_at(u: &Unit, node: NodeId, is_throw: bool) -> Fails {
    let function = u.node(node).function;
    if !leaves(u, node, function, is_throw) {
        return Fails::empty();
    }
    if u.function(function).is_async { Fails::REJECTS } else { Fails::THROWS }
}

/// How the function around a call fails if the promise of the call is rejected.
fn rejected_at(eval: &Evaluator<'_>, unit: usize, call: NodeId) -> Fails {
    let u: &Unit = &eval.file.units[unit].unit;
    match eval.promise_fate(unit, call) {
        PromiseFate::Awaited(at) if leaves(u, at, u.node(at).function, false) => Fails::REJECTS,
        PromiseFate::Returned => Fails::REJECTS,
        _ => Fails::empty(),
    }
}

/// Whether a failure at a node leaves its function: nothing catches it there. What fails while a failure is handled, or
/// at the end of a `try`, is no failure of its own, unless it is thrown there.
fn leaves(u: &Unit, node: NodeId, function: FunctionId, is_throw: bool) -> bool {
    let mut at = node;
    while let Some(parent) = u.parent(at).filter(|&parent| u.node(parent).function == function) {
        if let Kind::TryCatch { body, catch, finally } = u.kind(parent) {
            let is_handling = catch.as_ref().is_some_and(|catch| catch.body == at) || *finally == Some(at);
            if *body == at && catch.is_some() || is_handling && !is_throw {
                return false;
            }
        }
        at = parent;
    }
    true
}

impl Evaluator<'_> {
    /// How the function around a call of a script fails if the call throws: not at all where that is caught.
    #[must_use]
    pub fn fails_by(&self, unit: usize, call: NodeId) -> Fails {
        thrown_at(&self.file.units[unit].unit, call, false)
    }

    /// Why the promise of a call may be rejected: a library does it by itself (none), or a function of the project fails in
    /// one of these ways, which is to be asked of its summary.
    #[must_use]
    pub fn rejections(&self, unit: usize, call: NodeId) -> Vec<Option<(FnRef, Fails)>> {
        let u: &Unit = &self.file.units[unit].unit;
        let facts = self.call(unit, call);
        let mut found = Vec::new();
        if own_failure(self, unit, call, &facts).contains(Fails::REJECTS) {
            found.push(None);
        }
        found.extend(facts.target.iter().map(|target| Some((target.clone(), Fails::REJECTS))));
        for (callback, run) in handed(self, unit, call, &facts) {
            let (_, ways) = surfaces(&facts, run, is_constructed(u, call));
            if !ways.is_empty() {
                found.push(Some((callback, ways)));
            }
        }
        found
    }
}
