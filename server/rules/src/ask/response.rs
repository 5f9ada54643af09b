//! What becomes of a response: who looks at its status, who reads its body.

use plimsoll_behavior::models::{ModelType, Run};
use plimsoll_behavior::{BindingId, Effects, FunctionId, Kind, Literal, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{Context, FnRef, Value};

use crate::UnitView;
use crate::view::CallView;

/// How many places a response is followed through.
const MAX_STEPS: usize = 400;

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
    let mut walk = Walk { view, ty, found: ResponseUse::default(), open: Vec::new(), seen: Vec::new() };
    walk.push(view.index, call);
    while let Some((unit, node)) = walk.open.pop() {
        if walk.seen.len() > MAX_STEPS {
            walk.found.is_passed_on = true;
            break;
        }
        walk.step(unit, node);
    }
    let mut found = walk.found;
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

struct Walk<'v, 'a> {
    view: &'v UnitView<'a>,
    ty: ModelType,
    found: ResponseUse,
    /// Nodes that hold the response and have not been looked at.
    open: Vec<(usize, NodeId)>,
    seen: Vec<(usize, NodeId)>,
}

impl Walk<'_, '_> {
    fn unit(&self, unit: usize) -> &Unit {
        &self.view.linked.file.units[unit].unit
    }

    fn push(&mut self, unit: usize, node: NodeId) {
        if !self.seen.contains(&(unit, node)) {
            self.seen.push((unit, node));
            self.open.push((unit, node));
        }
    }

    fn step(&mut self, unit: usize, node: NodeId) {
        let file = &self.view.linked.file;
        let u: &Unit = &file.units[unit].unit;
        for (i, binding) in u.bindings.iter().enumerate() {
            if binding.value == Some(node) {
                self.bound(unit, BindingId(u32::try_from(i).expect("few bindings")), 0);
            }
        }
        let Some(parent) = u.parent(node) else {
            self.returned(unit, u.node(node).function);
            return;
        };
        match u.kind(parent) {
            Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. } => self.push(unit, parent),
            Kind::Unary { op, .. } if op.starts_with('&') || op == "*" => self.push(unit, parent),
            Kind::Binary { op, right, .. } if matches!(op.as_str(), "??" | "||") || *right == node => {
                if matches!(op.as_str(), "??" | "||" | "&&") {
                    self.push(unit, parent);
                }
            }
            Kind::If { condition, is_expression: true, .. } if *condition != node => self.push(unit, parent),
            Kind::Block { statements, has_value: true, .. } if statements.last() == Some(&node) => {
                self.push(unit, parent);
            }
            Kind::Match { on, .. } if *on != node => self.push(unit, parent),
            Kind::Assign { target, value, .. } if *value == node => match u.kind(*target) {
                Kind::Name { binding: Some(b), .. } => self.bound(unit, *b, 0),
                _ => self.found.is_passed_on = true,
            },
            Kind::Member { object, name, .. } if *object == node => self.member(unit, parent, name),
            Kind::Call { callee, .. } if *callee != node => self.argument(unit, parent, node),
            Kind::Array(items) => {
                let index = items.iter().position(|&item| item == node);
                self.in_array(unit, parent, index.unwrap_or_default());
            }
            Kind::Return(_) => self.returned(unit, u.node(node).function),
            Kind::Function(f) => self.returned(unit, *f),
            Kind::Object { .. }
            | Kind::Spread(_)
            | Kind::Yield(_)
            | Kind::Throw(_)
            | Kind::Element { .. }
            | Kind::Break { .. }
            | Kind::Other(_) => self.found.is_passed_on = true,
            _ => {}
        }
    }

    /// A name that the response is matched against, after the first `skip` steps of its path.
    fn bound(&mut self, unit: usize, id: BindingId, skip: usize) {
        let file = &self.view.linked.file;
        let binding = file.units[unit].unit.binding(id);
        let path = binding.path.get(skip..).unwrap_or_default();
        let rest = path.iter().find(|step| !matches!(step, PathStep::Variant(..)));
        if path
            .iter()
            .any(|step| matches!(step, PathStep::Variant(name, _) if name == "Err" || name == "None"))
        {
            return;
        }
        match rest {
            None => {
                for &used in &binding.uses {
                    self.push(unit, used);
                }
                // A closure that is a unit of its own: the name is free in there.
                let is_captured = |&inner: &usize| file.units[inner].unit.free_names.contains(&binding.name);
                self.found.is_passed_on |= file.units[unit].nested.iter().any(is_captured);
            }
            Some(PathStep::Member(name)) => self.touched(name),
            Some(_) => {}
        }
    }

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

    fn member(&mut self, unit: usize, member: NodeId, name: &Name) {
        let u = self.unit(unit);
        let call =
            u.parent(member).filter(|&p| matches!(u.kind(p), Kind::Call { callee, .. } if *callee == member));
        let asked = call.unwrap_or(member);
        if !asks_for_one_status(self.unit(unit), asked) {
            self.touched(name);
        } else if self.effects_of(name).contains(Effects::RESPONSE_CHECK) {
            self.found.is_compared = true;
        }
        let Some(call) = call else { return };
        let facts = self.view.eval.call(unit, call);
        let is_read = facts.effects.contains(Effects::RESPONSE_BODY);
        if is_read && !facts.effects.contains(Effects::RESPONSE_STREAM) {
            self.found.reads.push((unit, call));
            return;
        }
        let Kind::Call { args, .. } = self.unit(unit).kind(call) else { return };
        let callbacks: Vec<NodeId> = args.to_vec();
        let runs_then = facts.behavior.as_ref().is_some_and(|(_, b)| b.run == Some(Run::Then));
        if runs_then && name != "catch" && name != "finally" {
            for callback in callbacks.into_iter().take(1) {
                self.handed_to(unit, callback, 0);
            }
        }
        if facts.value.instance().is_some_and(|i| i.ty == self.ty) {
            self.push(unit, call);
        }
    }

    fn argument(&mut self, unit: usize, call: NodeId, node: NodeId) {
        let Kind::Call { callee, args, .. } = self.unit(unit).kind(call) else { return };
        let (callee, index) = (*callee, args.iter().position(|&a| a == node).unwrap_or_default());
        let facts = self.view.eval.call(unit, call);
        if facts.target.is_some() {
            self.handed_to(unit, callee, index);
        } else if facts.value.instance().is_some_and(|i| i.ty == self.ty) {
            self.push(unit, call);
        } else if !facts.effects.contains(Effects::LOG) {
            self.found.is_passed_on = true;
        }
    }

    /// The response becomes the parameter `index` of the function that `callee` means.
    fn handed_to(&mut self, unit: usize, callee: NodeId, index: usize) {
        let Value::Function(function) = self.view.eval.value(unit, callee) else {
            self.found.is_passed_on = true;
            return;
        };
        let Some(summary) = self.view.summary(&function) else {
            self.found.is_passed_on = true;
            return;
        };
        let file = &self.view.linked.file;
        let is_closure = matches!(self.unit(unit).kind(callee), Kind::Function(_) | Kind::Nested(_));
        if is_closure && let Some(inner) = file.unit_at(&function.unit) {
            let u: &Unit = &file.units[inner].unit;
            let Some(param) = u.function(function.function).params.get(index) else { return };
            for &b in &param.pattern.bindings.clone() {
                self.bound(inner, b, 0);
            }
            return;
        }
        let Some(param) = summary.params.get(index) else { return };
        let looks = param.members.iter().any(|m| self.effects_of(m).contains(Effects::RESPONSE_CHECK));
        self.found.is_checked |= looks || summary.effects.contains(Effects::RESPONSE_CHECK);
        self.found.is_passed_on |= param.is_passed_on;
    }

    /// The response is what a function returns.
    fn returned(&mut self, unit: usize, function: FunctionId) {
        match self.view.eval.context(unit, function) {
            Context::Runs(Run::Then | Run::Once | Run::Retry | Run::Memo, closure) => {
                self.push(closure.unit, closure.call);
            }
            _ => {
                self.found.is_passed_on = true;
                self.found.is_returned = true;
            }
        }
    }

    /// The response is one of several that are awaited together and taken apart by their places.
    fn in_array(&mut self, unit: usize, array: NodeId, index: usize) {
        let u: &Unit = &self.view.linked.file.units[unit].unit;
        let at = awaited_together(self.view, unit, array);
        let mut is_taken_apart = false;
        for (i, binding) in u.bindings.iter().enumerate() {
            if binding.value == Some(at)
                && binding.path.first() == Some(&PathStep::Index(u32::try_from(index).unwrap_or(u32::MAX)))
            {
                is_taken_apart = true;
                self.bound(unit, BindingId(u32::try_from(i).expect("few bindings")), 1);
            }
        }
        self.found.is_passed_on |= !is_taken_apart;
    }
}

/// The outermost node that has the values of an array by their places: `await Promise.all([…])`.
pub(super) fn awaited_together(view: &UnitView<'_>, unit: usize, array: NodeId) -> NodeId {
    let u: &Unit = &view.linked.file.units[unit].unit;
    let mut at = array;
    for around in u.ancestors(array).take(4) {
        match u.kind(around) {
            Kind::Call { args, .. } if args.contains(&at) => {
                let facts = view.eval.call(unit, around);
                if facts.behavior.as_ref().is_none_or(|(_, b)| b.yields.as_deref() != Some("arg.0")) {
                    break;
                }
            }
            Kind::Await(_) | Kind::Try(_) | Kind::Cast { .. } => {}
            _ => break,
        }
        at = around;
    }
    at
}
