//! Whether code that waits for an answer looks, once it has come, whether anybody still wants it.

use plimsoll_behavior::{BindingKind, FunctionId, Key, Kind, Literal, NodeId};

use crate::UnitView;
use crate::ask::components::depends::{Dependency, Roots};
use crate::ask::components::effect_runs::EffectRun;
use crate::ask::components::shown::Shown;
use crate::ask::components::state::{is_hook, state_named, state_set_by};
use crate::ask::resources::lifetime::component;
use crate::ask::{binding_of, uses_of, words};

/// Words in the names of what tells whether an answer is still wanted.
const WANTED: &[&str] = &[
    "abort",
    "aborted",
    "active",
    "alive",
    "cancel",
    "canceled",
    "cancelled",
    "current",
    "disposed",
    "ignore",
    "ignored",
    "latest",
    "mounted",
    "obsolete",
    "outdated",
    "stale",
    "superseded",
    "unmounted",
];

/// Whether something keeps an older answer out of the state: a flag that is looked at, a signal that the request takes, a
/// comparison with what was asked for, or the answer being kept under that.
#[must_use]
pub fn is_kept_out(
    view: &UnitView<'_>,
    run: &EffectRun,
    request: (usize, NodeId),
    shown: &Shown,
    dependency: &Dependency,
) -> bool {
    let asks = Asks { view, run, request, shown, dependency };
    asks.takes_a_signal() || asks.aborts() || asks.is_kept_by_key() || asks.is_guarded()
}

struct Asks<'a, 'b> {
    view: &'b UnitView<'a>,
    run: &'b EffectRun,
    request: (usize, NodeId),
    shown: &'b Shown,
    dependency: &'b Dependency,
}

impl Asks<'_, '_> {
    /// Whether the request takes a signal other than a limit of its time.
    fn takes_a_signal(&self) -> bool {
        let u = self.view.unit_of(self.request.0);
        let is_a_limit = |value: NodeId| {
            let mut at = value;
            while let Kind::Call { callee, .. } = u.kind(at) {
                match u.kind(*callee) {
                    Kind::Member { name, .. } if name == "timeout" => return true,
                    _ => at = *callee,
                }
            }
            self.is_aborted_by_time(value)
        };
        let is_signal = |name: &str| words(name).iter().any(|word| word == "signal");
        u.descendants(self.request.1).into_iter().any(|part| match u.kind(part) {
            Kind::Object { entries, .. } => entries.iter().any(|entry| {
                matches!(&entry.key, Key::Name(name) if is_signal(name)) && !is_a_limit(entry.value)
            }),
            Kind::Call { args, .. } => args.iter().any(|&arg| match u.kind(arg) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => {
                    is_signal(name) && !self.is_aborted_by_time(arg)
                }
                _ => false,
            }),
            _ => false,
        })
    }

    /// Whether a signal belongs to a controller that only a timer aborts.
    fn is_aborted_by_time(&self, signal: NodeId) -> bool {
        let unit = self.request.0;
        let u = self.view.unit_of(unit);
        let Kind::Member { object, .. } = u.kind(signal) else { return false };
        let Some(controller) = binding_of(self.view, unit, *object) else { return false };
        let mut is_by_a_timer = false;
        for (unit, used) in uses_of(self.view, controller.0, controller.1) {
            let u = self.view.unit_of(unit);
            let is_abort = |p: NodeId| matches!(u.kind(p), Kind::Member { name, .. } if name == "abort");
            if !u.parent(used).is_some_and(is_abort) {
                continue;
            }
            let there = self.view.of(unit);
            if !there.runs_as(used, &[plimsoll_behavior::models::Run::Timeout]) {
                return false;
            }
            is_by_a_timer = true;
        }
        is_by_a_timer
    }

    /// Whether the functions on the way abort what runs, the effect's cleanup included.
    fn aborts(&self) -> bool {
        let is_it = |name: &str| matches!(name, "abort" | "cancel");
        self.functions().into_iter().any(|(unit, function)| {
            self.nodes_of(unit, function).into_iter().any(|(unit, node)| {
                let u = self.view.unit_of(unit);
                let Kind::Call { callee, .. } = u.kind(node) else { return false };
                let is_named = matches!(u.kind(*callee), Kind::Member { name, .. } if is_it(name));
                is_named && !self.view.of(unit).runs_as(node, &[plimsoll_behavior::models::Run::Timeout])
            })
        })
    }

    /// The effect's function, and those on the way.
    fn functions(&self) -> Vec<(usize, FunctionId)> {
        let through = self.run.through.iter().map(|step| step.function);
        through.chain([self.run.effect]).collect()
    }

    fn nodes_of(&self, unit: usize, function: FunctionId) -> Vec<(usize, NodeId)> {
        nodes_of(self.view, unit, function)
    }

    /// Whether the state keeps answers by what was asked for: `setUsers((all) => ({ ...all, [id]: user }))`.
    fn is_kept_by_key(&self) -> bool {
        let (unit, call) = self.shown.call;
        let u = self.view.unit_of(unit);
        let Kind::Call { args, .. } = u.kind(call) else { return false };
        if state_set_by(self.view, unit, self.shown.setter.1) != Some(self.shown.state) {
            return false;
        }
        let is_of_this_call = u.parent(self.shown.setter.1) == Some(call)
            && matches!(u.kind(call), Kind::Call { callee, .. } if *callee == self.shown.setter.1);
        is_of_this_call && args.iter().any(|&arg| self.mentions_the_dependency(unit, arg))
    }

    fn mentions_the_dependency(&self, unit: usize, node: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        u.descendants(node).into_iter().any(|part| {
            let names_it = || {
                let binding = binding_of(self.view, unit, part)?;
                let of = self.view.unit_of(binding.0).binding(binding.1);
                // What was made of it, with the answer among it, does not count.
                let is_handed = matches!(of.kind, BindingKind::Parameter(..));
                if binding != self.dependency.root && !is_handed {
                    return Some(false);
                }
                let mut roots = Roots::new(self.view, &self.run.through);
                roots.of(unit, part);
                Some(roots.found.contains(&self.dependency.root))
            };
            matches!(u.kind(part), Kind::Name { .. }) && names_it().unwrap_or(false)
        })
    }

    /// Whether a condition on the way from the effect to where the state is set asks whether the answer is still wanted.
    fn is_guarded(&self) -> bool {
        let mut starts = vec![self.shown.call];
        starts.extend(self.shown.handed_by);
        starts.push(self.request);
        let of_calls = self.run.through.iter().map(|step| (step.call, false));
        let starts = starts.into_iter().map(|start| (start, true)).chain(of_calls);
        starts.into_iter().any(|(start, may_come_after)| {
            self.conditions(start)
                .into_iter()
                .any(|(unit, condition)| self.asks_for_it(unit, condition, may_come_after))
        })
    }

    /// The conditions that hold where a node runs, in its functions up to one that has a name, or the effect's.
    fn conditions(&self, (unit, node): (usize, NodeId)) -> Vec<(usize, NodeId)> {
        let mut found = Vec::new();
        let ends: Vec<(usize, NodeId)> = self
            .functions()
            .into_iter()
            .filter_map(|(unit, function)| self.view.eval.node_of(unit, function))
            .collect();
        let (mut unit, mut at) = (unit, node);
        loop {
            let u = self.view.unit_of(unit);
            while let Some(parent) = u.parent(at) {
                match u.kind(parent) {
                    Kind::If { condition, .. } if *condition != at => found.push((unit, *condition)),
                    Kind::Binary { op, left, right }
                        if *right == at && matches!(op.as_str(), "&&" | "||") =>
                    {
                        found.push((unit, *left));
                    }
                    Kind::Block { statements, .. } => {
                        let before = statements.iter().take_while(|&&s| s != at);
                        found.extend(before.filter_map(|&s| Some((unit, way_out(self.view, unit, s)?))));
                    }
                    _ => {}
                }
                if ends.contains(&(unit, parent)) || is_component(self.view, unit, parent) {
                    return found;
                }
                at = parent;
            }
            let Some(next) = self.view.eval.node_of(unit, FunctionId(0)) else { return found };
            if ends.contains(&next) || is_component(self.view, next.0, next.1) {
                return found;
            }
            (unit, at) = next;
        }
    }

    fn asks_for_it(&self, unit: usize, condition: NodeId, may_come_after: bool) -> bool {
        let u = self.view.unit_of(unit);
        let comes_after =
            may_come_after && self.place(unit, condition) >= self.place(self.request.0, self.request.1);
        if comes_after && self.mentions_the_dependency(unit, condition) {
            return true;
        }
        u.descendants(condition).into_iter().any(|part| match u.kind(part) {
            Kind::Member { name, .. } => is_about_being_wanted(name),
            Kind::Name { name, .. } => {
                let is_called = u
                    .parent(part)
                    .is_some_and(|p| matches!(u.kind(p), Kind::Call { callee, .. } if *callee == part));
                if is_called && (is_about_being_wanted(name) || self.is_handed(unit, part)) {
                    return true;
                }
                self.is_a_flag(unit, part) || self.is_loaded_once(unit, part) || self.was_compared(unit, part)
            }
            _ => false,
        })
    }

    /// Whether a name means what a function on the way is handed: it tells whether the answer is still wanted.
    fn is_handed(&self, unit: usize, name: NodeId) -> bool {
        let Some((of, binding)) = binding_of(self.view, unit, name) else { return false };
        let kind = self.view.unit_of(of).binding(binding).kind;
        matches!(kind, BindingKind::Parameter(function, _) if component(self.view, of, function).is_none())
    }

    /// Whether a name means a variable that another function sets than the one that asks: the effect's cleanup.
    fn is_a_flag(&self, unit: usize, name: NodeId) -> bool {
        let Some((of, binding)) = binding_of(self.view, unit, name) else { return false };
        let b = self.view.unit_of(of).binding(binding);
        if b.kind != BindingKind::Variable || !b.is_mutable {
            return false;
        }
        let asking = (unit, self.view.unit_of(unit).node(name).function);
        uses_of(self.view, of, binding).into_iter().any(|(unit, used)| {
            let u = self.view.unit_of(unit);
            let sets = |p: NodeId| match u.kind(p) {
                Kind::Assign { target, .. } => *target == used,
                Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--"),
                _ => false,
            };
            (unit, u.node(used).function) != asking && u.parent(used).is_some_and(sets)
        })
    }

    /// Whether a name means what came out of a look at what is wanted now: `const result = accept(latest.current, next)`.
    fn was_compared(&self, unit: usize, name: NodeId) -> bool {
        let Some((of, binding)) = binding_of(self.view, unit, name) else { return false };
        let u = self.view.unit_of(of);
        let value = u.binding(binding).value.filter(|&value| !is_hook(self.view, of, value));
        value.is_some_and(|value| {
            u.descendants(value)
                .into_iter()
                .any(|part| matches!(u.kind(part), Kind::Member { name, .. } if is_about_being_wanted(name)))
        })
    }

    /// Whether a name means the state that the answer is put into, so that nothing is asked for once that is there, or one
    /// that says that it was asked for, or is.
    fn is_loaded_once(&self, unit: usize, name: NodeId) -> bool {
        let Some(state) = state_named(self.view, unit, name) else { return false };
        if state == self.shown.state {
            return true;
        }
        self.functions().into_iter().any(|(unit, function)| {
            self.nodes_of(unit, function).into_iter().any(|(unit, call)| {
                let u = self.view.unit_of(unit);
                let Kind::Call { callee, args, .. } = u.kind(call) else { return false };
                args.first().is_some_and(|&arg| *u.kind(arg) == Kind::Literal(Literal::Bool(true)))
                    && state_set_by(self.view, unit, *callee) == Some(state)
            })
        })
    }

    fn place(&self, unit: usize, node: NodeId) -> u32 {
        self.view.linked.file.to_file(unit, self.view.unit_of(unit).range(node)).start
    }
}

/// Every node of a function and of the units nested in it.
pub(super) fn nodes_of(view: &UnitView<'_>, unit: usize, function: FunctionId) -> Vec<(usize, NodeId)> {
    let u = view.unit_of(unit);
    let Some(body) = u.function(function).body else { return Vec::new() };
    let mut found: Vec<(usize, NodeId)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for node in u.descendants(body) {
        found.push((unit, node));
        if let Kind::Nested(i) = u.kind(node) {
            open.extend(view.linked.file.units[unit].nested.get(*i as usize).copied());
        }
    }
    while let Some(inner) = open.pop() {
        let entry = &view.linked.file.units[inner];
        let count = u32::try_from(entry.unit.nodes.len()).expect("few nodes");
        found.extend((0..count).map(|node| (inner, NodeId(node))));
        open.extend(&entry.nested);
    }
    found
}

fn is_about_being_wanted(name: &str) -> bool {
    words(name).iter().any(|word| WANTED.contains(&word.as_str()))
}

/// The condition on which a statement leaves its function or block.
pub(super) fn way_out(view: &UnitView<'_>, unit: usize, statement: NodeId) -> Option<NodeId> {
    let u = view.unit_of(unit);
    let Kind::If { condition, then, .. } = u.kind(statement) else { return None };
    let leaves = |node: NodeId| {
        matches!(u.kind(node), Kind::Return(_) | Kind::Throw(_) | Kind::Continue(_) | Kind::Break { .. })
    };
    let is_out = match u.kind(*then) {
        Kind::Block { statements, .. } => statements.last().is_some_and(|&last| leaves(last)),
        _ => leaves(*then),
    };
    is_out.then_some(*condition)
}

/// Whether a node is the function of a component.
fn is_component(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let function = match view.unit_of(unit).kind(node) {
        Kind::Function(function) => Some((unit, *function)),
        Kind::Nested(i) => {
            view.linked.file.units[unit].nested.get(*i as usize).map(|&inner| (inner, FunctionId(0)))
        }
        _ => None,
    };
    function.is_some_and(|(unit, function)| component(view, unit, function).is_some())
}
