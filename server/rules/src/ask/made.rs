//! Where a value goes that a call makes: whether it ends with the function that made it, or is kept for the next time.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{
    Access, BindingId, BindingKind, Effects, FunctionId, FunctionKind, Kind, NodeId, Unit,
};
use plimsoll_project::link::{Context, Value};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::code::{callee_name, receiver};
use crate::ask::{binding_of, uses_of};

/// How many names a value may lead through.
const MAX_NAMES: u8 = 4;
/// Types of parameters that hold what the program made when it started.
pub(in crate::ask) const STATE: &[&str] = &["State", "Data", "Extension"];

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    /// Nowhere: it is dropped when its function ends.
    Nowhere,
    /// To whoever called the function that made it.
    ToTheCaller,
    /// Into something that lives on, or where nothing tells.
    IsKept,
}

/// Where the value of `node`, a node of `unit`, goes.
#[must_use]
pub fn goes(view: &UnitView<'_>, unit: usize, node: NodeId) -> Goes {
    let function = view.unit_of(unit).node(node).function;
    if view.unit_of(unit).function(function).kind == FunctionKind::Module {
        return Goes::IsKept;
    }
    let mut way = Way {
        view,
        home: (unit, function),
        open: vec![(unit, node)],
        seen: FxHashSet::default(),
        leaves: false,
    };
    // Each node is taken once.
    while let Some((unit, node)) = way.open.pop() {
        if way.seen.insert((unit, node)) && way.is_kept_at(unit, node) {
            return Goes::IsKept;
        }
    }
    if way.leaves { Goes::ToTheCaller } else { Goes::Nowhere }
}

struct Way<'v, 'a> {
    view: &'v UnitView<'a>,
    /// The function that makes the value.
    home: (usize, FunctionId),
    open: Vec<(usize, NodeId)>,
    seen: FxHashSet<(usize, NodeId)>,
    leaves: bool,
}

impl Way<'_, '_> {
    /// Goes one step on; whether the value is kept there.
    fn is_kept_at(&mut self, unit: usize, node: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let function = u.node(node).function;
        if (unit, function) != self.home && self.outlives(unit, function) {
            return true;
        }
        let Some(parent) = u.parent(node) else { return self.is_returned(unit, FunctionId(0)) };
        match u.kind(parent) {
            Kind::Cast { .. }
            | Kind::NonNull(_)
            | Kind::Await(_)
            | Kind::Try(_)
            | Kind::Spread(_)
            | Kind::Object { .. }
            | Kind::Array(_)
            | Kind::Unary { .. } => self.open.push((unit, parent)),
            Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||" | "&&") => {
                self.open.push((unit, parent));
            }
            Kind::If { condition, .. } if *condition != node => self.open.push((unit, parent)),
            Kind::Match { on, .. } if *on != node => self.open.push((unit, parent)),
            Kind::Block { statements, has_value: true, .. } if statements.last() == Some(&node) => {
                self.open.push((unit, parent));
            }
            Kind::Let { is_using: true, .. } => {}
            Kind::Let { pattern, .. } => {
                pattern.bindings.iter().for_each(|&binding| self.bound(unit, binding));
            }
            Kind::Match { .. } | Kind::Is { .. } => {
                // `match connect().await { Ok(pool) => … }`: what an arm binds.
                let bound = u.bindings.iter().enumerate().filter(|(_, binding)| {
                    binding.kind == BindingKind::Matched && binding.value == Some(node)
                });
                let bound: Vec<_> = bound.map(|(i, _)| BindingId(u32::try_from(i).expect("few"))).collect();
                bound.into_iter().for_each(|binding| self.bound(unit, binding));
            }
            Kind::Assign { target, value, .. } if *value == node => {
                let Some((of, binding)) = binding_of(self.view, unit, *target) else { return true };
                let scope = self.view.unit_of(of).binding(binding).scope;
                let function = self.view.unit_of(of).scopes[scope.0 as usize].function;
                if (of, function) != self.home {
                    return true;
                }
                self.bound(of, binding);
            }
            Kind::Member { object, .. } if *object == node => {
                return self.is_kept_by_method(unit, node, parent);
            }
            Kind::Return(_) => return self.is_returned(unit, function),
            Kind::Function(own) => return self.is_returned(unit, *own),
            Kind::Call { callee, .. } if *callee != node => return self.is_kept_by_call(unit, node, parent),
            Kind::Yield(_) | Kind::Throw(_) | Kind::Element { .. } | Kind::Other(_) => return true,
            _ => {}
        }
        false
    }

    fn bound(&mut self, unit: usize, binding: BindingId) {
        self.open.extend(uses_of(self.view, unit, binding));
    }

    /// Whether a function that uses the value may be called after the one that made it has ended.
    fn outlives(&self, unit: usize, function: FunctionId) -> bool {
        let mut at = Some((unit, function));
        while let Some((unit, function)) = at.filter(|at| *at != self.home) {
            let is_over = match self.view.eval.context(unit, function) {
                Context::Runs(run, _) => matches!(
                    run,
                    Run::Each
                        | Run::Once
                        | Run::Then
                        | Run::Limited
                        | Run::Transaction
                        | Run::Retry
                        | Run::Test
                ),
                Context::Immediate => true,
                Context::Passed(closure) => {
                    // `tokio::spawn(async move { … })` and the like are told by their models; of others, a promise's
                    // or a collection's callback is over with its function.
                    self.view.eval.call(closure.unit, closure.call).target.is_some()
                }
                _ => false,
            };
            if !is_over {
                return true;
            }
            let Some((outer, node)) = self.view.eval.node_of(unit, function) else { return true };
            at = Some((outer, self.view.unit_of(outer).node(node).function));
        }
        false
    }

    fn is_returned(&mut self, unit: usize, function: FunctionId) -> bool {
        if (unit, function) == self.home {
            return match self.view.eval.context(unit, function) {
                Context::Immediate => {
                    let Some((outer, node)) = self.view.eval.node_of(unit, function) else { return true };
                    let u = self.view.unit_of(outer);
                    let Some(call) = u.parent(node) else { return true };
                    self.home = (outer, u.node(call).function);
                    self.open.push((outer, call));
                    u.function(self.home.1).kind == FunctionKind::Module
                }
                Context::Named | Context::Property(_) => {
                    self.leaves = true;
                    false
                }
                // A cell that is filled once, a memo, a factory that somebody is given.
                Context::Runs(..) | Context::Passed(_) | Context::Returned => true,
            };
        }
        true
    }

    /// The value stands before a dot: what a method yields of the same type is the value again.
    fn is_kept_by_method(&mut self, unit: usize, node: NodeId, member: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let Some(call) = u.parent(member) else { return self.is_field_of_this(unit, node) };
        if !matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member) {
            return false;
        }
        let before = self.view.eval.value(unit, node);
        let after = self.view.eval.value(unit, call);
        if let (Some(before), Some(after)) = (before.instance(), after.instance())
            && before.ty == after.ty
        {
            self.open.push((unit, call));
        }
        false
    }

    fn is_field_of_this(&self, unit: usize, node: NodeId) -> bool {
        matches!(self.view.unit_of(unit).kind(node), Kind::This)
    }

    /// The value is an argument.
    fn is_kept_by_call(&mut self, unit: usize, node: NodeId, call: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let facts = self.view.eval.call(unit, call);
        if facts.effects.intersects(Effects::LOG | Effects::RELEASE | Effects::DB) {
            return false;
        }
        if is_borrowed(u, node) {
            return false;
        }
        let Kind::Call { args, .. } = u.kind(call) else { return true };
        if let Some(target) = &facts.target {
            let index = args.iter().position(|&arg| arg == node);
            let summary = self.view.summary(target);
            return summary
                .as_ref()
                .zip(index)
                .and_then(|(summary, index)| summary.params.get(index))
                .is_none_or(|param| param.is_passed_on);
        }
        // `clients.set(id, client)`: what is called on a value keeps it there.
        let is_called_on_a_value = receiver(u, call).is_some_and(|on| {
            !matches!(self.view.eval.value(unit, on), Value::Package(..) | Value::Type(_))
                && !matches!(u.kind(call), Kind::Call { callee, .. } if is_path(u, *callee))
        });
        if facts.behavior.is_none() || is_called_on_a_value {
            return true;
        }
        // A library that wraps it: `drizzle(pool)`.
        self.open.push((unit, call));
        false
    }
}

fn is_path(u: &Unit, callee: NodeId) -> bool {
    matches!(u.kind(callee), Kind::Member { access: Access::Path, .. })
}

/// Whether a value is lent to a call: `&client`.
fn is_borrowed(u: &Unit, node: NodeId) -> bool {
    matches!(u.kind(node), Kind::Unary { op, .. } if matches!(op.as_str(), "&" | "&mut"))
}

/// Whether what a call is given comes from the parameters of the functions around it: a client of one tenant, one token,
/// one target. State that the program made when it started is no such thing.
#[must_use]
pub fn comes_from_parameters(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = view.unit_of(unit);
    let mut seen = FxHashSet::default();
    let mut at = call;
    loop {
        if let Kind::Call { args, .. } = u.kind(at)
            && args.iter().any(|&arg| derives(view, unit, arg, MAX_NAMES, &mut seen))
        {
            return true;
        }
        // `Client::builder().timeout(limit).build()`
        let Some(before) = receiver(u, at) else { return false };
        if !matches!(u.kind(before), Kind::Call { .. }) {
            return !matches!(u.kind(before), Kind::This)
                && derives(view, unit, before, MAX_NAMES, &mut seen);
        }
        at = before;
    }
}

fn derives(
    view: &UnitView<'_>,
    unit: usize,
    node: NodeId,
    depth: u8,
    seen: &mut FxHashSet<(usize, BindingId)>,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let u = view.unit_of(unit);
    u.descendants(node).into_iter().any(|part| {
        let Some((of, id)) = binding_of(view, unit, part) else { return false };
        if !seen.insert((of, id)) {
            return false;
        }
        let binding = view.unit_of(of).binding(id);
        match binding.kind {
            BindingKind::Parameter(function, index) => {
                let params = &view.unit_of(of).function(function).params;
                let ty = params.get(usize::from(index)).and_then(|param| param.ty.as_ref());
                !ty.and_then(|ty| ty.path.last()).is_some_and(|last| STATE.contains(&last.as_str()))
            }
            BindingKind::Element => true,
            BindingKind::Variable | BindingKind::Matched => {
                let own = view.unit_of(of);
                let is_module =
                    own.function(own.scopes[binding.scope.0 as usize].function).kind == FunctionKind::Module;
                !is_module
                    && (binding.value.is_some_and(|value| derives(view, of, value, depth, seen))
                        || is_filled_from(view, of, id, depth, seen))
            }
            _ => false,
        }
    })
}

/// Whether a value is filled with something that comes from a parameter: `headers.insert(AUTHORIZATION, token)`.
fn is_filled_from(
    view: &UnitView<'_>,
    unit: usize,
    binding: BindingId,
    depth: u8,
    seen: &mut FxHashSet<(usize, BindingId)>,
) -> bool {
    let u = view.unit_of(unit);
    let uses = u.binding(binding).uses.clone();
    let assigned = u.binding(binding).assignments.clone();
    assigned.into_iter().any(|assignment| match u.kind(assignment) {
        Kind::Assign { value, .. } => derives(view, unit, *value, depth, seen),
        _ => false,
    }) || uses.into_iter().any(|used| {
        let Some(member) = u.parent(used) else { return false };
        let Some(at) = u.parent(member) else { return false };
        match u.kind(at) {
            Kind::Call { callee, args, .. } if *callee == member && callee_name(u, at).is_some() => {
                args.iter().any(|&arg| derives(view, unit, arg, depth, seen))
            }
            Kind::Assign { target, value, .. } if *target == member => {
                derives(view, unit, *value, depth, seen)
            }
            _ => false,
        }
    })
}
