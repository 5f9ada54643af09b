//! Which states of a component an answer is put into.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, FunctionId, Kind, NodeId};
use plimsoll_project::link::{Context, run_of};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::components::state::{State, state_set_by};
use crate::ask::{binding_of, uses_of};

/// How many places an answer is followed through.
const MAX_PLACES: usize = 400;

/// A call that puts an answer into a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The call: `setUser(user)`, or the `then(setUser)` that makes it.
    pub call: (usize, NodeId),
    /// The function that sets it, as it is written there.
    pub setter: (usize, NodeId),
    /// The state.
    pub state: State,
    /// The call by which the answer was handed to a function of its own, if that was the way.
    pub handed_by: Option<(usize, NodeId)>,
}

/// The calls that put what a request answers into a state, once it has: after an `await`, or in a callback of its promise.
#[must_use]
pub fn shown(view: &UnitView<'_>, unit: usize, request: NodeId) -> Vec<Shown> {
    let start = Place { unit, node: request, has_come: false, handed_by: None };
    let mut follow = Follow { view, open: vec![start], seen: FxHashSet::default(), found: Vec::new() };
    while let Some(place) = follow.open.pop() {
        if follow.seen.len() < MAX_PLACES && follow.seen.insert((place.unit, place.node, place.has_come)) {
            follow.at(place);
        }
    }
    let start =
        |it: &Shown| view.linked.file.to_file(it.call.0, view.unit_of(it.call.0).range(it.call.1)).start;
    follow.found.sort_by_key(start);
    follow.found.dedup_by(|a, b| a.call == b.call);
    follow.found
}

/// Where the answer is, or a value that is made of it.
#[derive(Clone, Copy)]
struct Place {
    unit: usize,
    node: NodeId,
    /// Whether it has come by then.
    has_come: bool,
    handed_by: Option<(usize, NodeId)>,
}

/// Its work list only ever takes a node once, so it ends.
struct Follow<'a, 'b> {
    view: &'b UnitView<'a>,
    open: Vec<Place>,
    seen: FxHashSet<(usize, NodeId, bool)>,
    found: Vec<Shown>,
}

impl Follow<'_, '_> {
    fn at(&mut self, place: Place) {
        let Place { unit, node, .. } = place;
        let u = self.view.unit_of(unit);
        let Some(parent) = u.parent(node) else {
            return self.returned(place, FunctionId(0));
        };
        let up = Place { node: parent, ..place };
        match u.kind(parent) {
            Kind::Await(_) => self.open.push(Place { has_come: true, ..up }),
            Kind::Cast { .. }
            | Kind::NonNull(_)
            | Kind::Spread(_)
            | Kind::Object { .. }
            | Kind::Array(_)
            | Kind::Template { .. }
            | Kind::Binary { .. } => self.open.push(up),
            Kind::Member { object, .. } | Kind::Index { object, .. } if *object == node => self.open.push(up),
            Kind::If { condition, is_expression: true, .. } if *condition != node => self.open.push(up),
            Kind::Let { pattern, .. } => {
                pattern.bindings.iter().for_each(|&b| self.bound(place, unit, b));
            }
            Kind::Assign { target, value, .. } if *value == node => {
                if let Some((of, b)) = binding_of(self.view, unit, *target) {
                    self.bound(place, of, b);
                }
            }
            Kind::Loop(l) if l.over == Some(node) => {
                l.pattern.iter().flat_map(|p| &p.bindings).for_each(|&b| self.bound(place, unit, b));
            }
            Kind::Return(_) => self.returned(place, u.node(node).function),
            Kind::Function(function) => self.returned(place, *function),
            Kind::Call { .. } => self.in_call(place, parent),
            _ => {}
        }
    }

    fn in_call(&mut self, place: Place, call: NodeId) {
        let view = self.view;
        let Place { unit, node, has_come, .. } = place;
        let u = view.unit_of(unit);
        let Kind::Call { callee, args, .. } = u.kind(call) else { return };
        let up = Place { node: call, ..place };
        if *callee == node {
            // `answer.then((value) => …)`, `rows.map((row) => …)`.
            let facts = view.eval.call(unit, call);
            for (index, &arg) in args.iter().enumerate() {
                let is_then = run_of(&facts, index) == Some(Run::Then);
                if is_then && index > 0 {
                    continue;
                }
                let given = Place { has_come: has_come || is_then, ..place };
                self.hand(given, unit, arg, 0, call);
            }
            return self.open.push(up);
        }
        let Some(index) = args.iter().position(|&arg| arg == node) else { return };
        if let Some(state) = state_set_by(view, unit, *callee) {
            if has_come {
                let (call, setter) = ((unit, call), (unit, *callee));
                self.found.push(Shown { call, setter, state, handed_by: place.handed_by });
            }
            return;
        }
        let facts = view.eval.call(unit, call);
        if let Some(target) = facts.target.as_ref().filter(|f| f.file == view.linked.file.path)
            && let Some(inner) = view.linked.file.unit_at(&target.unit)
        {
            let handed = Place { handed_by: place.handed_by.or(Some((unit, call))), ..place };
            self.params_of(handed, (inner, target.function), index);
        }
        self.open.push(up);
    }

    /// A function takes the answer as an argument: one that sets a state, or one that is written where it stands.
    fn hand(&mut self, place: Place, unit: usize, function: NodeId, index: usize, call: NodeId) {
        let u = self.view.unit_of(unit);
        match u.kind(function) {
            Kind::Function(f) => self.params_of(place, (unit, *f), index),
            Kind::Nested(i) => {
                let nested = self.view.linked.file.units[unit].nested.get(*i as usize).copied();
                if let Some(inner) = nested {
                    self.params_of(place, (inner, FunctionId(0)), index);
                }
            }
            _ => {
                if let Some(state) = state_set_by(self.view, unit, function).filter(|_| place.has_come) {
                    let (call, setter) = ((unit, call), (unit, function));
                    self.found.push(Shown { call, setter, state, handed_by: place.handed_by });
                }
            }
        }
    }

    fn params_of(&mut self, place: Place, (unit, function): (usize, FunctionId), index: usize) {
        let f = self.view.unit_of(unit).function(function);
        let bindings: Vec<BindingId> =
            f.params.get(index).map(|param| param.pattern.bindings.clone()).unwrap_or_default();
        bindings.into_iter().for_each(|b| self.bound(place, unit, b));
    }

    fn bound(&mut self, place: Place, unit: usize, binding: BindingId) {
        let uses = uses_of(self.view, unit, binding);
        self.open.extend(uses.into_iter().map(|(unit, node)| Place { unit, node, ..place }));
    }

    /// A function returns the answer: to the call that it is handed to, as the next value of a state say.
    fn returned(&mut self, place: Place, function: FunctionId) {
        let context = self.view.eval.context(place.unit, function);
        match context {
            Context::Runs(_, closure) | Context::Passed(closure) => {
                let u = self.view.unit_of(closure.unit);
                let Kind::Call { callee, .. } = u.kind(closure.call) else { return };
                if let Some(state) = state_set_by(self.view, closure.unit, *callee) {
                    if place.has_come {
                        let (call, setter) = ((closure.unit, closure.call), (closure.unit, *callee));
                        self.found.push(Shown { call, setter, state, handed_by: place.handed_by });
                    }
                } else if context.is_inline() {
                    self.open.push(Place { unit: closure.unit, node: closure.call, ..place });
                }
            }
            Context::Immediate => {
                let Some((unit, node)) = self.view.eval.node_of(place.unit, function) else { return };
                let call = self.view.unit_of(unit).parent(node);
                self.open.extend(call.map(|node| Place { unit, node, ..place }));
            }
            Context::Property(_) | Context::Returned | Context::Named => {}
        }
    }
}
