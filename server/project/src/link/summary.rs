//! What a caller needs to know of a function.

use std::collections::VecDeque;
use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, FunctionId, Kind, Name, NodeId, PathStep, Unit};
use rustc_hash::FxHashMap;

use super::context::runs_inline;
use super::failures::{Fails, LocalFailure, failures};
use super::flow::{self, Flows, LocalFlow};
use super::roles::declared;
use super::{CallFacts, Evaluator, FnRef, RoleFact, SlotValue, Value, run_of};

/// What a function does, its callees included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// All it may do before its promise settles.
    pub effects: Effects,
    /// Those of them that it has whatever is called in place of an interface: what all implementations share.
    pub certain: Effects,
    /// For each effect, the call that has it, and the own function that call goes to.
    pub witnesses: Vec<Witness>,
    /// What it returns, awaited, unwrapped.
    pub returns: Value,
    /// What it does with its parameters.
    pub params: Vec<ParamFacts>,
    /// Whether it is async.
    pub is_async: bool,
    /// In which role it runs, as far as it says so itself.
    pub role: Option<RoleFact>,
    /// Which of its parameters, and what that users send, reach its result and what should not take it as it is.
    pub flows: Arc<Flows>,
    /// In which ways it can fail, as far as that is known.
    pub fails: Fails,
    /// For each of these ways a place at which it does, and the function of the project that fails there.
    pub failures: Vec<FailureWitness>,
}

/// Why a function can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureWitness {
    /// In which way.
    pub fails: Fails,
    /// The unit of the place.
    pub unit: Name,
    /// The place: a call or a `throw`.
    pub node: NodeId,
    /// The function that fails there, and the ways in which it has to; none when a library or the function itself does.
    pub next: Option<(FnRef, Fails)>,
}

/// Why a function has an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// One effect.
    pub effect: Effects,
    /// The unit and the call in the function's file.
    pub unit: Name,
    /// The call.
    pub node: NodeId,
    /// The function that the call goes to; none when a library does it.
    pub next: Option<FnRef>,
}

/// What a function does with one of its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ParamFacts {
    /// Members it reads, in order of first use.
    pub members: Vec<Name>,
    /// Whether it hands it to a call that releases timers or subscriptions.
    pub is_released: bool,
    /// Whether it is called.
    pub is_called: bool,
    /// Whether it is handed on, stored or returned.
    pub is_passed_on: bool,
    /// Parts of library calls that it is as it stands, each with the library's model: the SQL text of a query helper.
    pub fills: Vec<(u16, Slot)>,
}

/// What one function does by itself, before its callees are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Local {
    /// Library effects with the call that has them.
    pub direct: Vec<(Effects, Name, NodeId)>,
    /// Own functions that run as part of it, and the node they run at.
    pub callees: Vec<(FnRef, Name, NodeId)>,
    /// For what stands for a call through an interface: the functions that it may go to.
    pub alternatives: Vec<FnRef>,
    /// See [`Summary::returns`].
    pub returns: Value,
    /// See [`Summary::params`].
    pub params: Vec<ParamFacts>,
    /// See [`Summary::is_async`].
    pub is_async: bool,
    /// See [`Summary::role`].
    pub role: Option<RoleFact>,
    /// Which way data takes in it.
    pub flows: Vec<LocalFlow>,
    /// The calls that the flows of its unit mention, and what they go to.
    pub flow_calls: Arc<[(NodeId, FnRef)]>,
    /// Whether it does something itself that neither its effects nor its callees tell: a call of which nothing is known,
    /// a value that it sets outside of itself, an error that it throws.
    pub is_opaque: bool,
    /// Where it can fail, and where it does if a callee does.
    pub failures: Vec<LocalFailure>,
}

impl Local {
    /// What stands for a call that goes to one of several functions, of which this is the first.
    #[must_use]
    pub fn in_place_of(&self, alternatives: impl Iterator<Item = FnRef>) -> Local {
        Local {
            alternatives: alternatives.collect(),
            returns: self.returns.clone(),
            params: self.params.clone(),
            is_async: self.is_async,
            ..Local::default()
        }
    }
}

/// What each function of a unit does by itself.
#[must_use]
pub fn locals(eval: &Evaluator<'_>, unit: usize) -> Vec<Local> {
    let u: &Unit = &eval.file.units[unit].unit;
    let path = &eval.file.units[unit].path;
    let count = u.functions.len();
    let mut locals: Vec<Local> = (0..count)
        .map(|i| {
            let id = FunctionId(u32::try_from(i).expect("few functions"));
            Local {
                returns: eval.returned(unit, id),
                params: params(eval, unit, id),
                is_async: u.function(id).is_async,
                role: declared(eval, unit, id),
                ..Local::default()
            }
        })
        .collect();
    // The functions that a node's effects belong to: its own, and those around it as long as they run inline.
    let mut runs_in: Vec<Vec<usize>> = Vec::with_capacity(count);
    for i in 0..count {
        let id = FunctionId(u32::try_from(i).expect("few functions"));
        let mut all = vec![i];
        if let Some(parent) = u.function(id).parent
            && eval.context(unit, id).is_inline()
        {
            all.extend(runs_in[parent.0 as usize].iter().copied());
        }
        runs_in.push(all);
    }
    for (effects, node) in eval.member_effects(unit) {
        for &f in &runs_in[u.node(node).function.0 as usize] {
            locals[f].direct.push((effects, path.clone(), node));
        }
    }
    for &call in &u.calls {
        let facts = eval.call(unit, call);
        let handed = handed_functions(eval, unit, call, &facts);
        for &f in &runs_in[u.node(call).function.0 as usize] {
            if !facts.effects.is_empty() {
                locals[f].direct.push((facts.effects, path.clone(), call));
            }
            if let Some(target) = &facts.target {
                locals[f].callees.push((target.clone(), path.clone(), call));
            }
            locals[f].callees.extend(handed.iter().map(|target| (target.clone(), path.clone(), call)));
        }
    }
    for (local, failures) in locals.iter_mut().zip(failures(eval, unit)) {
        local.failures = failures;
    }
    for (i, node) in u.nodes.iter().enumerate() {
        let local = &mut locals[node.function.0 as usize];
        if !local.is_opaque {
            let id = NodeId(u32::try_from(i).expect("few nodes"));
            local.is_opaque = is_opaque(eval, unit, id, node.function);
        }
    }
    if eval.world.follows_data() {
        let (flows, calls) = flow::flows(eval, unit, &runs_in);
        let calls: Arc<[(NodeId, FnRef)]> = calls.into();
        for (local, flows) in locals.iter_mut().zip(flows) {
            local.flow_calls = if flows.is_empty() { Arc::default() } else { Arc::clone(&calls) };
            local.flows = flows;
        }
    }
    for (i, nested) in u.nested.iter().enumerate() {
        let inner = eval.file.units[unit].nested[i];
        if eval.context(inner, FunctionId(0)).is_inline() {
            let target = eval.file.fn_ref(inner, FunctionId(0));
            for &f in &runs_in[u.node(nested.node).function.0 as usize] {
                locals[f].callees.push((target.clone(), path.clone(), nested.node));
            }
        }
    }
    locals
}

/// Whether a node does something that no effect tells.
fn is_opaque(eval: &Evaluator<'_>, unit: usize, node: NodeId, function: FunctionId) -> bool {
    let u: &Unit = &eval.file.units[unit].unit;
    match u.kind(node) {
        Kind::Throw(_) => true,
        Kind::Assign { target, .. } => match u.kind(*target) {
            Kind::Name { binding: Some(b), .. } => {
                u.scopes[u.binding(*b).scope.0 as usize].function != function
            }
            _ => true,
        },
        Kind::Call { callee, .. } => {
            let facts = eval.call(unit, node);
            let is_known = facts.behavior.is_some() || facts.target.is_some() || facts.receiver.is_some();
            !is_known && !eval.is_plain(unit, *callee)
        }
        _ => false,
    }
}

/// Own functions that a call runs as part of it, handed to it by their names: `ids.map(load)`.
fn handed_functions(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &Arc<CallFacts>) -> Vec<FnRef> {
    let u: &Unit = &eval.file.units[unit].unit;
    let Kind::Call { args, .. } = u.kind(call) else { return Vec::new() };
    let handed = args.iter().enumerate().filter_map(|(argument, &node)| {
        run_of(facts, argument).filter(|&run| runs_inline(run))?;
        match u.kind(node) {
            Kind::Name { .. } | Kind::Member { .. } => match eval.value(unit, node) {
                Value::Function(function) => Some(function),
                _ => None,
            },
            _ => None,
        }
    });
    handed.collect()
}

fn params(eval: &Evaluator<'_>, unit: usize, function: FunctionId) -> Vec<ParamFacts> {
    let u: &Unit = &eval.file.units[unit].unit;
    let mut all = Vec::new();
    for param in &u.function(function).params {
        let mut facts = ParamFacts::default();
        for &b in &param.pattern.bindings {
            if let Some(PathStep::Member(name)) = u.binding(b).path.first()
                && !facts.members.contains(name)
            {
                facts.members.push(name.clone());
            }
            for &used in &u.binding(b).uses {
                let Some(parent) = u.parent(used) else {
                    continue;
                };
                match u.kind(parent) {
                    Kind::Member { object, name, .. } if *object == used && !facts.members.contains(name) => {
                        facts.members.push(name.clone());
                    }
                    Kind::Call { callee, .. } if *callee == used => facts.is_called = true,
                    Kind::Call { .. } => {
                        let call = eval.call(unit, parent);
                        facts.is_released |= call.effects.contains(Effects::RELEASE);
                        facts.is_passed_on = true;
                        facts.fills.extend(filled(eval, unit, used, &call));
                    }
                    Kind::Assign { value, .. } if *value == used => facts.is_passed_on = true,
                    Kind::Return(_)
                    | Kind::Object { .. }
                    | Kind::Array(_)
                    | Kind::Spread(_)
                    | Kind::Let { .. } => {
                        facts.is_passed_on = true;
                    }
                    _ => {}
                }
            }
        }
        all.push(facts);
    }
    all
}

/// The SQL text of a library call that a node is.
fn filled(eval: &Evaluator<'_>, unit: usize, node: NodeId, call: &CallFacts) -> Option<(u16, Slot)> {
    let (model, behavior) = call.behavior.as_ref()?;
    let is_here = behavior.slots.contains_key(&Slot::Sql)
        && matches!(call.slot(Slot::Sql), Some(SlotValue::Node(site)) if *site == eval.site(unit, node));
    (is_here && call.effects.intersects(Effects::DB)).then_some((*model, Slot::Sql))
}

/// With more implementations than this, what only some of them do is not taken for what a call does.
const MAX_ALTERNATIVES: usize = 8;

/// What a function does: all it may do, and what it does whichever implementations are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Done {
    may: Effects,
    certain: Effects,
    fails: Fails,
}

impl Done {
    fn of(local: &Local, callee: &dyn Fn(&FnRef) -> Done) -> Done {
        let direct = local.direct.iter().fold(Effects::empty(), |all, (e, ..)| all | *e);
        let mut done = Done { may: direct, certain: direct, fails: Fails::empty() };
        for failure in &local.failures {
            let does = failure.callee.as_ref().is_none_or(|(f, ways)| callee(f).fails.intersects(*ways));
            done.fails |= if does { failure.fails } else { Fails::empty() };
        }
        for (function, ..) in &local.callees {
            let called = callee(function);
            done.may |= called.may;
            done.certain |= called.certain;
        }
        let alternatives = local.alternatives.iter().map(callee);
        if let Some(all) = alternatives.reduce(|a, b| Done {
            may: a.may | b.may,
            certain: a.certain & b.certain,
            fails: a.fails | b.fails,
        }) {
            let is_open = local.alternatives.len() > MAX_ALTERNATIVES;
            done.fails |= if is_open { Fails::empty() } else { all.fails };
            done.may |= if is_open { all.certain } else { all.may };
            done.certain |= all.certain;
        }
        done
    }
}

/// Closes the local facts of functions over their call graph: each gets the effects of what it calls, and of the
/// implementations that it may call. Effects only ever grow, so that the order of the functions makes no difference.
/// `outside` answers for functions that are not among them.
#[must_use]
pub fn close(
    locals: &[(FnRef, &Local)],
    outside: &dyn Fn(&FnRef) -> Option<Arc<Summary>>,
) -> FxHashMap<FnRef, Arc<Summary>> {
    let index: FxHashMap<&FnRef, usize> = locals.iter().enumerate().map(|(i, (f, _))| (f, i)).collect();
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); locals.len()];
    for (i, (_, local)) in locals.iter().enumerate() {
        let failing = local.failures.iter().filter_map(|failure| Some(&failure.callee.as_ref()?.0));
        let called = local.callees.iter().map(|(f, ..)| f).chain(&local.alternatives).chain(failing);
        called.filter_map(|f| index.get(f)).for_each(|&callee| callers[callee].push(i));
    }
    let mut done: Vec<Done> = vec![Done::default(); locals.len()];
    let of = |done: &[Done], function: &FnRef| match index.get(function) {
        Some(&i) => done[i],
        None => outside(function).map_or_else(Done::default, |s| Done {
            may: s.effects,
            certain: s.certain,
            fails: s.fails,
        }),
    };
    let mut open: Vec<usize> = (0..locals.len()).collect();
    while let Some(i) = open.pop() {
        let now = Done::of(locals[i].1, &|function| of(&done, function));
        if now != done[i] {
            done[i] = now;
            open.extend(&callers[i]);
        }
    }
    let flows = close_flows(locals, &index, &callers, outside);
    let mut summaries = FxHashMap::default();
    for ((i, (function, local)), flows) in locals.iter().enumerate().zip(&flows) {
        let has = |callee: &FnRef, effect: Effects| of(&done, callee).may.contains(effect);
        let witnesses = done[i].may.iter().filter_map(|effect| witness(local, effect, &has));
        let can = |callee: &FnRef| of(&done, callee).fails;
        let failures = done[i].fails.iter().filter_map(|way| failure_witness(local, way, &can));
        let summary = Summary {
            effects: done[i].may,
            certain: done[i].certain,
            witnesses: witnesses.collect(),
            returns: local.returns.clone(),
            params: local.params.clone(),
            is_async: local.is_async,
            role: local.role.clone(),
            flows: Arc::clone(flows),
            fails: done[i].fails,
            failures: failures.collect(),
        };
        summaries.insert(function.clone(), Arc::new(summary));
    }
    summaries
}

/// The same for the ways of data: they only ever become more.
fn close_flows(
    locals: &[(FnRef, &Local)],
    index: &FxHashMap<&FnRef, usize>,
    callers: &[Vec<usize>],
    outside: &dyn Fn(&FnRef) -> Option<Arc<Summary>>,
) -> Vec<Arc<Flows>> {
    let mut flows: Vec<Arc<Flows>> = vec![Arc::default(); locals.len()];
    let has_flows = |local: &Local| !local.flows.is_empty() || !local.alternatives.is_empty();
    let mut open: VecDeque<usize> = (0..locals.len()).filter(|&i| has_flows(locals[i].1)).collect();
    let mut waits: Vec<bool> = (0..locals.len()).map(|i| has_flows(locals[i].1)).collect();
    while let Some(i) = open.pop_front() {
        waits[i] = false;
        let callee = |function: &FnRef| match index.get(function) {
            Some(&i) => Arc::clone(&flows[i]),
            None => outside(function).map_or_else(Arc::default, |summary| Arc::clone(&summary.flows)),
        };
        let local = locals[i].1;
        let now = match local.alternatives.as_slice() {
            [] => flow::closed(local, &callee),
            all if all.len() > MAX_ALTERNATIVES => Flows::default(),
            all => Flows::of_any(all.iter().map(callee)),
        };
        // What was found stays, so that this ends whatever the limits cut off.
        let now = Flows::of_any([Arc::clone(&flows[i]), Arc::new(now)].into_iter());
        if now != *flows[i] {
            flows[i] = Arc::new(now);
            for &caller in callers[i].iter().filter(|&&caller| has_flows(locals[caller].1)) {
                if !std::mem::replace(&mut waits[caller], true) {
                    open.push_back(caller);
                }
            }
        }
    }
    flows
}

/// The call by which a function has an effect: its own, or the first of a function that has it. What goes to one of
/// several implementations shows the first one that has the effect.
fn witness(local: &Local, effect: Effects, has: &dyn Fn(&FnRef, Effects) -> bool) -> Option<Witness> {
    if let Some((_, unit, node)) = local.direct.iter().find(|(e, ..)| e.contains(effect)) {
        return Some(Witness { effect, unit: unit.clone(), node: *node, next: None });
    }
    let (callee, unit, node) = local.callees.iter().find(|(callee, ..)| has(callee, effect))?;
    let next = callee.alternatives().find(|one| has(one, effect)).unwrap_or_else(|| callee.clone());
    Some(Witness { effect, unit: unit.clone(), node: *node, next: Some(next) })
}

/// The place at which a function fails in a way: its own, or the first at which a callee does.
fn failure_witness(local: &Local, way: Fails, can: &dyn Fn(&FnRef) -> Fails) -> Option<FailureWitness> {
    let of_way = local.failures.iter().filter(|failure| failure.fails.contains(way));
    let mut does = of_way.filter(|failure| match &failure.callee {
        Some((callee, ways)) => can(callee).intersects(*ways),
        None => true,
    });
    if let Some(failure) = does.next() {
        let next = failure.callee.as_ref().map(|(callee, ways)| {
            let one = callee.alternatives().find(|one| can(one).intersects(*ways));
            (one.unwrap_or_else(|| callee.clone()), *ways)
        });
        return Some(FailureWitness { fails: way, unit: failure.unit.clone(), node: failure.node, next });
    }
    None
}

impl Summary {
    /// The same summary after the function's text changed without changing what it does.
    pub(super) fn renumbered(&self, local: &Local, summaries: &FxHashMap<FnRef, Arc<Summary>>) -> Summary {
        let witnesses = self.witnesses.iter().filter_map(|old| {
            let has = |callee: &FnRef, effect: Effects| match summaries.get(callee) {
                Some(summary) => summary.effects.contains(effect),
                None => callee.alternatives().any(|one| old.next.as_ref() == Some(&one)),
            };
            witness(local, old.effect, &has)
        });
        let can = |callee: &FnRef| match summaries.get(callee) {
            Some(summary) => summary.fails,
            None => self.failures_at(callee),
        };
        let failures = self.failures.iter().filter_map(|old| failure_witness(local, old.fails, &can));
        Summary { witnesses: witnesses.collect(), failures: failures.collect(), ..self.clone() }
    }

    /// The ways in which a function of another file fails, as far as it is shown to.
    fn failures_at(&self, callee: &FnRef) -> Fails {
        let shown = self.failures.iter().filter_map(|failure| failure.next.as_ref());
        let of_it = shown.filter(|(next, _)| callee.alternatives().any(|one| one == *next));
        of_it.fold(Fails::empty(), |all, (_, ways)| all | *ways)
    }

    /// Why it can fail in one of these ways.
    #[must_use]
    pub fn failure(&self, ways: Fails) -> Option<&FailureWitness> {
        self.failures.iter().find(|failure| failure.fails.intersects(ways))
    }

    /// Why it has the effect.
    #[must_use]
    pub fn witness(&self, effect: Effects) -> Option<&Witness> {
        self.witnesses.iter().find(|w| effect.contains(w.effect))
    }

    /// Whether it returns what a slot of its result says nothing about: for tests of clients made elsewhere.
    #[must_use]
    pub fn returns_with(&self, slot: Slot) -> bool {
        self.returns.instance().is_some_and(|i| i.slot(slot).is_some())
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_behavior::Guarantees;

    use super::flow::{From, LocalTo, Root, To};
    use super::*;

    fn function(name: &str) -> FnRef {
        FnRef { file: "/a.ts".into(), unit: name.into(), function: FunctionId(0), others: Arc::default() }
    }

    fn does(effects: Effects) -> Local {
        Local { direct: vec![(effects, Name::default(), NodeId(7))], ..Local::default() }
    }

    fn calls(functions: &[FnRef]) -> Local {
        let callees = functions.iter().map(|f| (f.clone(), Name::default(), NodeId(1)));
        Local { callees: callees.collect(), ..Local::default() }
    }

    #[test]
    fn an_interface_does_for_certain_what_all_share_and_maybe_what_some_do_in_any_order() {
        let (sql, memory) = (function("sql"), function("memory"));
        let any = FnRef::any_of(vec![sql.clone(), memory.clone()]).expect("it is there");
        let locals = [
            (sql.clone(), does(Effects::DB_READ | Effects::LOG)),
            (memory, does(Effects::LOG)),
            (any.clone(), Local::default().in_place_of(any.alternatives())),
            (function("caller"), calls(std::slice::from_ref(&any))),
        ];
        let mut order: Vec<usize> = (0..locals.len()).collect();
        let mut first = None;
        for _ in 0..order.len() {
            order.rotate_left(1);
            let all: Vec<_> = order.iter().map(|&i| (locals[i].0.clone(), &locals[i].1)).collect();
            let closed = close(&all, &|_| None);
            let caller = &closed[&function("caller")];
            assert_eq!(caller.effects, Effects::DB_READ | Effects::LOG);
            assert_eq!(caller.certain, Effects::LOG);
            assert_eq!(caller.witness(Effects::DB_READ).expect("it is there").next, Some(sql.clone()));
            assert_eq!(first.get_or_insert(closed.clone()), &closed);
        }
    }

    #[test]
    fn functions_that_call_each_other_share_their_effects() {
        let (a, b) = (function("a"), function("b"));
        let mut first = calls(std::slice::from_ref(&b));
        first.direct.push((Effects::DB_WRITE, Name::default(), NodeId(3)));
        let second = calls(std::slice::from_ref(&a));
        let closed = close(&[(a, &first), (b.clone(), &second)], &|_| None);
        assert_eq!(closed[&b].effects, Effects::DB_WRITE);
        assert_eq!(closed[&b].certain, Effects::DB_WRITE);
    }

    #[test]
    fn a_function_fails_where_a_callee_does_in_the_way_that_counts_in_any_order() {
        let names = ["query", "load", "caught", "sync", "circle"].map(function);
        let [query, load, caught, sync, circle] = &names;
        let place = |callee: Option<(&FnRef, Fails)>, fails| LocalFailure {
            callee: callee.map(|(f, ways)| (f.clone(), ways)),
            fails,
            unit: Name::default(),
            node: NodeId(9),
        };
        let fails = |failures: Vec<LocalFailure>| Local { failures, ..Local::default() };
        let locals = [
            fails(vec![place(None, Fails::REJECTS)]),
            fails(vec![
                place(Some((query, Fails::REJECTS)), Fails::REJECTS),
                place(Some((circle, Fails::REJECTS)), Fails::REJECTS),
            ]),
            // It calls `load` too, and catches what that fails with.
            calls(std::slice::from_ref(load)),
            // It would fail if `load` threw, which it does not.
            fails(vec![place(Some((load, Fails::THROWS)), Fails::THROWS)]),
            fails(vec![place(Some((load, Fails::REJECTS)), Fails::REJECTS)]),
        ];
        let mut order: Vec<usize> = (0..locals.len()).collect();
        let mut first = None;
        for _ in 0..order.len() {
            order.rotate_left(1);
            let all: Vec<_> = order.iter().map(|&i| (names[i].clone(), &locals[i])).collect();
            let closed = close(&all, &|_| None);
            let ways = names.each_ref().map(|name| closed[name].fails);
            let rejects = Fails::REJECTS;
            assert_eq!(ways, [rejects, rejects, Fails::empty(), Fails::empty(), rejects]);
            let shown = closed[load].failure(rejects).expect("it is shown");
            assert_eq!(shown.next, Some((query.clone(), rejects)));
            assert!(closed[caught].failures.is_empty() && closed[sync].failures.is_empty());
            assert_eq!(first.get_or_insert(closed.clone()), &closed);
        }
    }

    /// A function that hands its parameter to others as theirs, and what else becomes of it.
    fn hands(functions: &[FnRef], more: &[(LocalTo, Guarantees)]) -> Local {
        let node = |i: usize| NodeId(u32::try_from(i).expect("few"));
        let flow = |to, guards| LocalFlow {
            from: From::Param(0),
            path: Vec::new(),
            to,
            guards,
            node: node(0),
            hole: None,
        };
        let handed = (0..functions.len())
            .map(|i| flow(LocalTo::Argument(node(i), Some(0), Vec::new()), Guarantees::empty()));
        let more = more.iter().map(|(to, guards)| flow(to.clone(), *guards));
        Local {
            flows: handed.chain(more).collect(),
            flow_calls: functions.iter().enumerate().map(|(i, f)| (node(i), f.clone())).collect(),
            ..calls(functions)
        }
    }

    #[test]
    fn data_is_followed_through_functions_that_call_each_other_in_any_order() {
        let (a, b, c) = (function("a"), function("b"), function("c"));
        let bound = (LocalTo::Slot(Slot::Bound), Guarantees::NUMBER);
        let locals = [
            (a.clone(), hands(std::slice::from_ref(&b), &[(LocalTo::Check, Guarantees::empty())])),
            (b.clone(), hands(&[a.clone(), c.clone()], &[])),
            (c.clone(), hands(std::slice::from_ref(&b), &[bound])),
        ];
        let mut order: Vec<usize> = (0..locals.len()).collect();
        let mut first = None;
        for _ in 0..order.len() {
            order.rotate_left(1);
            let all: Vec<_> = order.iter().map(|&i| (locals[i].0.clone(), &locals[i].1)).collect();
            let closed = close(&all, &|_| None);
            for one in [&a, &b, &c] {
                let flows = &closed[one].flows;
                let reaches = |to: &To| flows.all.iter().find(|f| f.to == *to && f.root == Root::Param(0));
                let bound = reaches(&To::Slot(Slot::Bound)).expect("it is handed on");
                assert_eq!(bound.guards, Guarantees::NUMBER);
                assert!(flows.checks(Some(0), &[]));
            }
            assert_eq!(first.get_or_insert(closed.clone()), &closed);
        }
    }

    #[test]
    fn data_among_many_functions_that_all_call_each_other_comes_to_an_end() {
        let all: Vec<FnRef> = (0..30).map(|i| function(&format!("f{i}"))).collect();
        let node = |i: usize| NodeId(u32::try_from(i).expect("few"));
        let result = |i: usize, part: &str| LocalFlow {
            from: From::Call(node(i)),
            path: vec![part.into()],
            to: LocalTo::Result(vec![part.into()]),
            guards: Guarantees::empty(),
            node: node(i),
            hole: None,
        };
        let locals: Vec<(FnRef, Local)> = (0..all.len())
            .map(|own| {
                let mut local = hands(&all, &[(LocalTo::Slot(Slot::Bound), Guarantees::empty())]);
                let parts = (0..all.len()).map(|i| result(i, &format!("p{}", (own + i) % 7)));
                local.flows.extend(parts);
                (all[own].clone(), local)
            })
            .collect();
        let borrowed: Vec<_> = locals.iter().map(|(f, local)| (f.clone(), local)).collect();
        let closed = close(&borrowed, &|_| None);
        let mut turned = borrowed.clone();
        turned.reverse();
        assert_eq!(closed, close(&turned, &|_| None));
    }

    #[test]
    fn a_function_with_too_many_ways_tells_none_and_neither_do_its_callers() {
        let (many, caller) = (function("many"), function("caller"));
        let ways: Vec<_> = (0..200)
            .map(|i| (LocalTo::Result(vec![format!("part{i}").into()]), Guarantees::empty()))
            .collect();
        let locals =
            [(many.clone(), hands(&[], &ways)), (caller.clone(), hands(std::slice::from_ref(&many), &[]))];
        let all: Vec<_> = locals.iter().map(|(f, local)| (f.clone(), local)).collect();
        let closed = close(&all, &|_| None);
        assert!(closed[&many].flows.is_cut && closed[&caller].flows.is_cut);
        assert!(closed[&caller].flows.all.is_empty());
    }

    #[test]
    fn what_only_some_of_many_implementations_do_is_not_taken_for_what_a_call_does() {
        let all: Vec<FnRef> = (0..=MAX_ALTERNATIVES).map(|i| function(&format!("f{i}"))).collect();
        let any = FnRef::any_of(all.clone()).expect("it is there");
        let mut locals: Vec<(FnRef, Local)> = all.iter().map(|f| (f.clone(), does(Effects::LOG))).collect();
        locals[0].1 = does(Effects::LOG | Effects::DB_READ);
        locals.push((any.clone(), Local::default().in_place_of(any.alternatives())));
        let all: Vec<_> = locals.iter().map(|(f, local)| (f.clone(), local)).collect();
        assert_eq!(close(&all, &|_| None)[&any].effects, Effects::LOG);
    }
}
