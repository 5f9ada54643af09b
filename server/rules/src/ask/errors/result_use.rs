//! What is done with a result that tells a failure in one of its members: whether anybody looks.

use plimsoll_behavior::{BindingId, Effects, Kind, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{CallFacts, ParamFacts};

use crate::UnitView;
use crate::ask::trail::{Follower, go_after};
use crate::view::CallView;

/// How many calls of a builder are looked through.
const MAX_CHAIN: usize = 64;

/// What a result says beside its error and its data; to look at it is to look whether it failed.
const STATUS: &[&str] = &["status", "statusText", "success", "ok"];

/// What is done with a result.
#[derive(Clone, Debug, Default)]
pub struct ResultUse {
    /// Its error or status is looked at, or it is handed to what may do so.
    pub is_looked_at: bool,
    /// Its other members are read.
    pub is_read: bool,
    /// Where one of those is lacking, something is thrown, answered, shown or done.
    pub is_guarded: bool,
}

/// The member in which a call tells a failure that it does not throw; none where it throws.
#[must_use]
pub fn error_member(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Name> {
    if call.facts.effects.is_empty() || throws_on_demand(view, call.node) {
        return None;
    }
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let of_builder = || view.eval.models.ty(call.facts.value.instance()?.ty).error_in.clone();
    behavior.error_in.clone().or_else(of_builder)
}

/// Whether a method of the chain that this call ends makes it throw.
fn throws_on_demand(view: &UnitView<'_>, call: NodeId) -> bool {
    let mut at = call;
    for _ in 0..MAX_CHAIN {
        let Kind::Call { callee, .. } = view.unit.kind(at) else { return false };
        if view.call(at).is_some_and(|call| call.facts.behavior.as_ref().is_some_and(|(_, b)| b.throws)) {
            return true;
        }
        let Kind::Member { object, .. } = view.unit.kind(*callee) else { return false };
        at = *object;
    }
    false
}

/// What is done with the result of a call that tells a failure in the member `error`.
#[must_use]
pub fn result_use(view: &UnitView<'_>, call: NodeId, error: &Name) -> ResultUse {
    let looker = Looker { view, error, found: ResultUse::default() };
    let (looker, whereabouts) = go_after(view, call, looker);
    let mut found = looker.found;
    found.is_looked_at |= whereabouts.is_passed_on;
    found
}

struct Looker<'v, 'a> {
    view: &'v UnitView<'a>,
    error: &'v Name,
    found: ResultUse,
}

impl Looker<'_, '_> {
    fn unit(&self, unit: usize) -> &Unit {
        &self.view.linked.file.units[unit].unit
    }

    fn tells(&self, name: &Name) -> bool {
        name == self.error || STATUS.contains(&name.as_str())
    }

    fn read(&mut self, unit: usize, node: NodeId) {
        self.found.is_read = true;
        if is_guarded(self.unit(unit), node) {
            self.found.is_guarded = true;
        }
    }
}

impl Follower for Looker<'_, '_> {
    fn is_still(&self, _: &CallFacts) -> bool {
        false
    }

    fn member(&mut self, unit: usize, member: NodeId, name: &Name, call: Option<NodeId>) -> bool {
        if call.is_some() {
            return true;
        }
        if self.tells(name) {
            self.found.is_looked_at = true;
        } else {
            self.read(unit, member);
        }
        false
    }

    fn taken_apart(&mut self, unit: usize, binding: BindingId, part: &PathStep) {
        let PathStep::Member(name) = part else {
            self.found.is_looked_at = true;
            return;
        };
        let (tells, file) = (self.tells(name), &self.view.linked.file);
        let bound = file.units[unit].unit.binding(binding);
        let is_captured = |&inner: &usize| file.units[inner].unit.free_names.contains(&bound.name);
        let captured = file.units[unit].nested.iter().any(is_captured);
        if tells {
            self.found.is_looked_at |= captured || !bound.uses.is_empty();
            return;
        }
        self.found.is_read |= captured;
        for &used in &bound.uses {
            self.read(unit, used);
        }
    }

    fn handed_to(&mut self, param: &ParamFacts, _: Effects) {
        self.found.is_looked_at |= param.members.iter().any(|name| self.tells(name));
        self.found.is_read |= !param.members.is_empty();
    }
}

/// Whether data is asked for at this node, and its lack has a way of its own that says or does something: `if (!data)
/// throw …`, `if (data) { … } else { … }`, `data ?? fail()`.
fn is_guarded(u: &Unit, data: NodeId) -> bool {
    let mut at = data;
    let mut is_negated = false;
    for around in u.ancestors(data) {
        match u.kind(around) {
            Kind::Member { object, .. } if *object == at => {}
            Kind::NonNull(_) | Kind::Cast { .. } => {}
            Kind::Unary { op, .. } if op == "!" => is_negated = !is_negated,
            Kind::Binary { op, right, left } => match op.as_str() {
                "===" | "==" | "<" | "<=" => is_negated = !is_negated,
                "!==" | "!=" | ">" | ">=" => {}
                "&&" | "||" if is_negated || *left == at => {}
                "??" | "||" => return *left == at && says_something(u, *right),
                _ => return false,
            },
            Kind::If { condition, then, otherwise, .. } if *condition == at => {
                let lacking = if is_negated { Some(*then) } else { *otherwise };
                return lacking.is_some_and(|branch| says_something(u, branch));
            }
            _ => return false,
        }
        at = around;
    }
    false
}

/// Whether a branch does more than to leave with nothing.
fn says_something(u: &Unit, branch: NodeId) -> bool {
    match u.kind(branch) {
        Kind::Block { statements, .. } => statements.iter().any(|&statement| says_something(u, statement)),
        Kind::Discard(inner) => says_something(u, *inner),
        Kind::Return(value) => value.is_some_and(|value| !is_nothing(u, value)),
        Kind::Break { .. } | Kind::Continue(_) => false,
        _ => !is_nothing(u, branch),
    }
}

/// `null`, `undefined`, `[]`, `{}`, `''`, `0`, `false`: what cannot be told from an empty answer.
fn is_nothing(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Literal(_) => true,
        Kind::Name { name, .. } => name == "undefined" || name == "NaN",
        Kind::Array(items) => items.is_empty(),
        Kind::Object { entries, .. } => entries.is_empty(),
        Kind::Cast { value, .. } | Kind::NonNull(value) => is_nothing(u, *value),
        Kind::Unary { value, .. } => is_nothing(u, *value),
        _ => false,
    }
}
