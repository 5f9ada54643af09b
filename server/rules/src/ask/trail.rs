//! Where the result of a call goes in the file: through names, promises, closures and functions that hand it on.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, Effects, FunctionId, Kind, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{CallFacts, Context, ParamFacts, Value};

use crate::UnitView;

/// How many places a result is followed through.
const MAX_STEPS: usize = 400;

/// Looks at what is done with a result on its way.
pub trait Follower {
    /// Whether what a call of one of its methods yields, or a call that it is handed to, is the same result still.
    fn is_still(&self, facts: &CallFacts) -> bool;

    /// A member of it is read, or called by `call`. Whether the way goes on through the call.
    fn member(&mut self, unit: usize, member: NodeId, name: &Name, call: Option<NodeId>) -> bool;

    /// A part of it is bound to a name.
    fn taken_apart(&mut self, unit: usize, binding: BindingId, part: &PathStep);

    /// It is handed to a function of the project that does this with it, and has these effects.
    fn handed_to(&mut self, param: &ParamFacts, effects: Effects);
}

/// Where a result ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts {
    /// It is handed to code of which nothing is known, returned or stored.
    pub is_passed_on: bool,
    /// A function returns it as it is; it is passed on then too.
    pub is_returned: bool,
}

/// Goes after the result of a call of this unit.
pub fn go_after<F: Follower>(view: &UnitView<'_>, call: NodeId, follower: F) -> (F, Whereabouts) {
    let mut trail =
        Trail { view, follower, found: Whereabouts::default(), open: Vec::new(), seen: Vec::new() };
    trail.push(view.index, call);
    while let Some((unit, node)) = trail.open.pop() {
        if trail.seen.len() > MAX_STEPS {
            trail.found.is_passed_on = true;
            break;
        }
        trail.step(unit, node);
    }
    (trail.follower, trail.found)
}

struct Trail<'v, 'a, F> {
    view: &'v UnitView<'a>,
    follower: F,
    found: Whereabouts,
    /// Nodes that hold the result and have not been looked at.
    open: Vec<(usize, NodeId)>,
    seen: Vec<(usize, NodeId)>,
}

impl<F: Follower> Trail<'_, '_, F> {
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

    /// A name that the result is matched against, after the first `skip` steps of its path.
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
            Some(part) => self.follower.taken_apart(unit, id, part),
        }
    }

    fn member(&mut self, unit: usize, member: NodeId, name: &Name) {
        let u = self.unit(unit);
        let call =
            u.parent(member).filter(|&p| matches!(u.kind(p), Kind::Call { callee, .. } if *callee == member));
        let goes_on = self.follower.member(unit, member, name, call);
        let Some(call) = call.filter(|_| goes_on) else { return };
        let facts = self.view.eval.call(unit, call);
        let Kind::Call { args, .. } = self.unit(unit).kind(call) else { return };
        let callbacks: Vec<NodeId> = args.to_vec();
        let runs_then = facts.behavior.as_ref().is_some_and(|(_, b)| b.run == Some(Run::Then));
        if runs_then && name != "catch" && name != "finally" {
            for callback in callbacks.into_iter().take(1) {
                self.handed_to(unit, callback, 0);
            }
        }
        if self.follower.is_still(&facts) {
            self.push(unit, call);
        }
    }

    fn argument(&mut self, unit: usize, call: NodeId, node: NodeId) {
        let Kind::Call { callee, args, .. } = self.unit(unit).kind(call) else { return };
        let (callee, index) = (*callee, args.iter().position(|&a| a == node).unwrap_or_default());
        let facts = self.view.eval.call(unit, call);
        if facts.target.is_some() {
            self.handed_to(unit, callee, index);
        } else if self.follower.is_still(&facts) {
            self.push(unit, call);
        } else if !facts.effects.contains(Effects::LOG) {
            self.found.is_passed_on = true;
        }
    }

    /// The result becomes the parameter `index` of the function that `callee` means.
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
        self.follower.handed_to(param, summary.effects);
        self.found.is_passed_on |= param.is_passed_on;
    }

    /// The result is what a function returns.
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

    /// The result is one of several that are awaited together and taken apart by their places.
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
pub(crate) fn awaited_together(view: &UnitView<'_>, unit: usize, array: NodeId) -> NodeId {
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
