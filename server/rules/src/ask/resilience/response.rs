//! What becomes of a response: who looks at its status, who reads its body.

use plimsoll_behavior::models::ModelType;
use plimsoll_behavior::{BindingId, Effects, Kind, Literal, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{CallFacts, FnRef, ParamFacts};

use crate::UnitView;
use crate::ask::trail::{Follower, go_after};
use crate::view::CallView;

/// What becomes of a response in the file.
#[derive(Clone, Debug, Default)]
pub struct ResponseUse {
    /// Its status is looked at.
    pub is_checked: bool,
    /// Its status is compared with one that is no success, which has a way of its own then.
    pub is_compared: bool,
    /// It is handed to code of which nothing is known, returned or stored.
    pub is_passed_on: bool,
    /// A function returns it as it is; it is passed on then too.
    pub is_returned: bool,
    /// Its body is taken piece by piece.
    pub is_streamed: bool,
    /// The calls that read its body whole, in source order, each with its unit.
    pub reads: Vec<(usize, NodeId)>,
}

/// Whether somebody looks at the status of the response to a request, or the library does: the request may be a call of
/// the project's own wrapper.
#[must_use]
pub fn is_status_checked(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let by_library = |behavior: &plimsoll_behavior::models::Behavior| behavior.checks_status;
    call.facts.behavior.as_ref().is_some_and(|(_, b)| by_library(b))
        || call.summary.as_ref().is_some_and(|s| s.effects.contains(Effects::RESPONSE_CHECK))
        || call.facts.target.as_ref().is_some_and(|target| library_checks(view, target))
        || response_type(view, call).is_some_and(|ty| follow(view, call.node, ty).is_checked)
}

/// Whether the request that a function of the project makes is one whose library looks at the status.
#[must_use]
pub fn library_checks(view: &UnitView<'_>, function: &FnRef) -> bool {
    let facts = view.witness_facts(function, Effects::HTTP_REQUEST);
    facts.is_some_and(|f| f.behavior.as_ref().is_some_and(|(_, b)| b.checks_status))
}

/// The type of the response that a call yields; none when it yields something else.
#[must_use]
pub fn response_type(view: &UnitView<'_>, call: &CallView<'_>) -> Option<ModelType> {
    let ty = call.facts.value.instance()?.ty;
    let model = view.eval.models.ty(ty);
    model.methods.values().any(|m| m.effect.0.contains(Effects::RESPONSE_BODY)).then_some(ty)
}

/// Follows the response that a call of this unit yields through the file.
#[must_use]
pub fn follow(view: &UnitView<'_>, call: NodeId, ty: ModelType) -> ResponseUse {
    let (response, whereabouts) = go_after(view, call, Response { view, ty, found: ResponseUse::default() });
    let mut found = response.found;
    found.is_passed_on = whereabouts.is_passed_on;
    found.is_returned = whereabouts.is_returned;
    found.reads.sort_by_key(|&(unit, node)| {
        let range = view.linked.file.units[unit].unit.range(node);
        view.linked.file.to_file(unit, range).start
    });
    found
}

/// The statuses that say in so many words that all is well; one that says that nothing came, as 204, leaves the others
/// open.
const SUCCESSES: &[&str] = &["200", "201", "OK", "CREATED"];

/// Whether a status is only compared with one that is no success: `response.status === 404`. What all the others mean is
/// still open then.
fn asks_for_one_status(u: &Unit, status: NodeId) -> bool {
    let mut at = status;
    let mut compared = u.parent(at);
    // `response.status().as_u16()`
    while let Some(member) = compared
        && matches!(u.kind(member), Kind::Member { .. })
        && let Some(call) = u.parent(member)
        && matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member)
    {
        at = call;
        compared = u.parent(at);
    }
    let Some(Kind::Binary { op, left, right }) = compared.map(|node| u.kind(node)) else { return false };
    let other = if *left == at { *right } else { *left };
    let named = match u.kind(other) {
        Kind::Literal(Literal::Number(number)) => number,
        Kind::Member { name, .. } if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => name,
        _ => return false,
    };
    matches!(op.as_str(), "==" | "===") && !SUCCESSES.contains(&named.as_str())
}

/// Looks at what is done with a response.
struct Response<'v, 'a> {
    view: &'v UnitView<'a>,
    ty: ModelType,
    found: ResponseUse,
}

impl Response<'_, '_> {
    fn touched(&mut self, name: &Name) {
        let effects = self.effects_of(name);
        self.found.is_checked |= effects.contains(Effects::RESPONSE_CHECK);
        self.found.is_streamed |= effects.contains(Effects::RESPONSE_STREAM);
    }

    /// What reading a member or calling a method of the response does.
    fn effects_of(&self, name: &str) -> Effects {
        let models = self.view.eval.models;
        let member = models.member(self.ty, name).map_or(Effects::empty(), |m| m.effect.0);
        member | models.method(self.ty, name).map_or(Effects::empty(), |m| m.effect.0)
    }
}

impl Follower for Response<'_, '_> {
    fn is_still(&self, facts: &CallFacts) -> bool {
        facts.value.instance().is_some_and(|i| i.ty == self.ty)
    }

    fn member(&mut self, unit: usize, member: NodeId, name: &Name, call: Option<NodeId>) -> bool {
        let u: &Unit = &self.view.linked.file.units[unit].unit;
        if !asks_for_one_status(u, call.unwrap_or(member)) {
            self.touched(name);
        } else if self.effects_of(name).contains(Effects::RESPONSE_CHECK) {
            self.found.is_compared = true;
        }
        let Some(call) = call else { return true };
        let effects = self.view.eval.call(unit, call).effects;
        let is_read = effects.contains(Effects::RESPONSE_BODY) && !effects.contains(Effects::RESPONSE_STREAM);
        if is_read {
            self.found.reads.push((unit, call));
        }
        !is_read
    }

    fn taken_apart(&mut self, _: usize, _: BindingId, step: &PathStep) {
        if let PathStep::Member(name) = step {
            self.touched(name);
        }
    }

    fn handed_to(&mut self, param: &ParamFacts, effects: Effects) {
        let looks = param.members.iter().any(|m| self.effects_of(m).contains(Effects::RESPONSE_CHECK));
        self.found.is_checked |= looks || effects.contains(Effects::RESPONSE_CHECK);
    }
}
