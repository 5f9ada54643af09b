//! What becomes of a handle: of a timer, a listener, a subscription.

use plimsoll_behavior::{
    BindingId, BindingKind, Effects, Exported, FunctionId, Kind, Name, NodeId, PathStep,
};
use plimsoll_project::link::{Context, FnRef, Value};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::components::unmounted::{is_in_an_updater, leads_from_the_end};
use crate::ask::{callee_name, receiver};

/// What becomes of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Something in this file releases it, on some path.
    Released,
    /// It goes where this file does not tell what happens to it: returned to a caller, handed to a function, stored in
    /// something that others see.
    HandedOn,
    /// It is dropped, or kept where nothing releases it.
    Kept,
}

/// What becomes of the value of `node`, a node of `unit`, wherever it goes in this file: through variables, fields,
/// references, collections and closures, in whichever unit they are used.
#[must_use]
pub fn fate(view: &UnitView<'_>, unit: usize, node: NodeId) -> Fate {
    let mut tracker = Tracker::new(view, unit, node);
    tracker.open.push((unit, node));
    tracker.run()
}

/// The same of a call that hands out what it is called on again, `channel.subscribe()`, or that a method of what it is
/// called on undoes, `client.subscribe(name)` and `client.unsubscribe(name)`: what that is kept in has the handle too.
#[must_use]
pub fn fate_with_receiver(view: &UnitView<'_>, unit: usize, call: NodeId) -> Fate {
    let mut tracker = Tracker::new(view, unit, call);
    tracker.open.push((unit, call));
    let kept_in = handed_out_again(view, unit, call).or_else(|| undone_by(view, unit, call));
    if let Some(kept_in) = kept_in {
        tracker.stored_in(unit, kept_in);
    }
    tracker.run()
}

/// What a call is made on, where a method of that undoes it.
fn undone_by(view: &UnitView<'_>, unit: usize, call: NodeId) -> Option<NodeId> {
    let facts = view.eval.call(unit, call);
    let (_, behavior) = facts.behavior.as_ref()?;
    behavior.release.iter().any(|way| way.starts_with("twin:")).then_some(())?;
    receiver(view.unit_of(unit), call)
}

/// The variable or field at the head of a chain of calls that each hand out what they are called on.
fn handed_out_again(view: &UnitView<'_>, unit: usize, call: NodeId) -> Option<NodeId> {
    let u = view.unit_of(unit);
    let mut at = call;
    loop {
        match u.kind(at) {
            Kind::Call { .. } => {
                let facts = view.eval.call(unit, at);
                let (_, behavior) = facts.behavior.as_ref()?;
                matches!(behavior.yields.as_deref(), Some("receiver" | "self")).then_some(())?;
                at = receiver(u, at)?;
            }
            Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => at = *inner,
            Kind::Name { .. } | Kind::Member { .. } => return Some(at),
            _ => return None,
        }
    }
}

/// What becomes of a timer that a component starts outside of its effects. A release counts where the end of the
/// component leads to it, or the timer itself: when a handler clears it, nothing does after the component is gone.
#[must_use]
pub fn fate_in_component(view: &UnitView<'_>, unit: usize, node: NodeId) -> Fate {
    let mut tracker = Tracker::new(view, unit, node);
    tracker.counts_from = Some((unit, node));
    tracker.open.push((unit, node));
    tracker.run()
}

/// What becomes of a timer when its object ends: what clears the one before it, where the next is started, does not count.
#[must_use]
pub(crate) fn fate_but_for_restarts(view: &UnitView<'_>, unit: usize, node: NodeId) -> Fate {
    let mut tracker = Tracker::new(view, unit, node);
    tracker.restarts = Some((unit, node));
    tracker.open.push((unit, node));
    tracker.run()
}

/// Whether something clears a timer that only runs when its component is rendered.
#[must_use]
pub fn is_cleared_by_rendering(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let mut tracker = Tracker::new(view, unit, node);
    tracker.open.push((unit, node));
    while let Some((unit, node)) = tracker.open.pop() {
        if tracker.seen.insert((unit, node)) {
            tracker.follow(unit, node);
        }
    }
    tracker.is_released_by_rendering
}

/// The binding that a name of `unit` means, in that unit or one around it.
#[must_use]
pub fn binding_of(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<(usize, BindingId)> {
    let units = &view.linked.file.units;
    let Kind::Name { name, binding } = units[unit].unit.kind(node) else { return None };
    match binding {
        Some(b) => Some((unit, *b)),
        None => binding_around(view, unit, name),
    }
}

/// The binding of a unit around `unit` that `name` means inside it.
#[must_use]
pub fn binding_around(view: &UnitView<'_>, unit: usize, name: &str) -> Option<(usize, BindingId)> {
    let units = &view.linked.file.units;
    let mut inner = unit;
    while let Some(outer) = units[inner].parent {
        let u = &units[outer].unit;
        let nested = &u.nested[units[inner].index_in_parent as usize];
        if let Some(b) = u.resolve(name, nested.scope, u.range(nested.node).start) {
            return Some((outer, b));
        }
        inner = outer;
    }
    None
}

/// Every name that means a binding, in its unit and in those nested in it.
#[must_use]
pub fn uses_of(view: &UnitView<'_>, unit: usize, binding: BindingId) -> Vec<(usize, NodeId)> {
    let units = &view.linked.file.units;
    let b = units[unit].unit.binding(binding);
    let mut uses: Vec<(usize, NodeId)> = b.uses.iter().map(|&used| (unit, used)).collect();
    let mut open = units[unit].nested.clone();
    while let Some(inner) = open.pop() {
        open.extend(&units[inner].nested);
        let u = &units[inner].unit;
        if !u.free_names.contains(&b.name) || binding_around(view, inner, &b.name) != Some((unit, binding)) {
            continue;
        }
        for (i, node) in u.nodes.iter().enumerate() {
            if matches!(&node.kind, Kind::Name { name, binding: None } if *name == b.name) {
                uses.push((inner, NodeId(u32::try_from(i).expect("few nodes"))));
            }
        }
    }
    uses
}

/// Follows a value forwards through a file. Its work list only ever takes a node once, so it ends.
struct Tracker<'a, 'b> {
    view: &'b UnitView<'a>,
    open: Vec<(usize, NodeId)>,
    seen: FxHashSet<(usize, NodeId)>,
    bindings: FxHashSet<(usize, BindingId)>,
    fields: FxHashSet<(Option<Name>, Name)>,
    /// The methods and functions that release what is followed, by their last names.
    ends: Vec<Name>,
    /// The timer, where only a release counts that the end of its component leads to.
    counts_from: Option<(usize, NodeId)>,
    /// The timer, where no release counts that comes before it in its function.
    restarts: Option<(usize, NodeId)>,
    is_released: bool,
    is_released_by_rendering: bool,
    is_handed_on: bool,
}

impl<'a, 'b> Tracker<'a, 'b> {
    fn new(view: &'b UnitView<'a>, unit: usize, node: NodeId) -> Self {
        let facts =
            matches!(view.unit_of(unit).kind(node), Kind::Call { .. }).then(|| view.eval.call(unit, node));
        let ends = facts.iter().filter_map(|facts| facts.behavior.as_ref()).flat_map(|(_, behavior)| {
            let ways = behavior.release.iter().filter_map(|way| way.split_once(':'));
            ways.filter_map(|(_, path)| path.rsplit('.').next().map(Name::from)).collect::<Vec<_>>()
        });
        Tracker {
            view,
            ends: ends.collect(),
            open: Vec::new(),
            seen: FxHashSet::default(),
            bindings: FxHashSet::default(),
            fields: FxHashSet::default(),
            counts_from: None,
            restarts: None,
            is_released: false,
            is_released_by_rendering: false,
            is_handed_on: false,
        }
    }

    fn run(mut self) -> Fate {
        while let Some((unit, node)) = self.open.pop() {
            if self.seen.insert((unit, node)) {
                self.follow(unit, node);
            }
            if self.is_released {
                return Fate::Released;
            }
        }
        if self.is_handed_on { Fate::HandedOn } else { Fate::Kept }
    }

    /// Looks at what is done with a value that is the handle, holds it or comes out of what holds it.
    fn follow(&mut self, unit: usize, node: NodeId) {
        let u = &self.view.linked.file.units[unit].unit;
        let Some(parent) = u.parent(node) else {
            return self.returned(unit, FunctionId(0));
        };
        match u.kind(parent) {
            Kind::Cast { .. }
            | Kind::NonNull(_)
            | Kind::Await(_)
            | Kind::Try(_)
            | Kind::Spread(_)
            | Kind::Object { .. }
            | Kind::Array(_) => self.open.push((unit, parent)),
            Kind::Member { object, .. } | Kind::Index { object, .. } if *object == node => {
                self.open.push((unit, parent));
            }
            Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||" | "&&") => {
                self.open.push((unit, parent));
            }
            Kind::If { condition, is_expression: true, .. } if *condition != node => {
                self.open.push((unit, parent));
            }
            Kind::Sequence(parts) if parts.last() == Some(&node) => self.open.push((unit, parent)),
            Kind::Assign { target, value, .. } if *value == node => {
                self.stored(unit, *target);
                self.open.push((unit, parent));
            }
            Kind::Let { is_using: true, .. } => self.is_released = true,
            Kind::Let { pattern, .. } => {
                pattern.bindings.iter().for_each(|&b| self.bound(unit, b));
            }
            Kind::Loop(l) if l.over == Some(node) => {
                l.pattern.iter().flat_map(|p| &p.bindings).for_each(|&b| self.bound(unit, b));
            }
            Kind::Return(_) => self.returned(unit, u.node(node).function),
            Kind::Function(function) => self.returned(unit, *function),
            Kind::Call { callee, .. } if *callee == node => self.called(unit, parent),
            Kind::Call { .. } => self.passed(unit, parent, node),
            Kind::Yield(_) | Kind::Throw(_) | Kind::Element { .. } | Kind::Other(_) => {
                self.is_handed_on = true
            }
            _ => {}
        }
    }

    /// The value, or a method of it, is called.
    fn called(&mut self, unit: usize, call: NodeId) {
        let u = &self.view.linked.file.units[unit].unit;
        let facts = self.view.eval.call(unit, call);
        // What a variable holds need not be known where it is ended.
        let is_its_end = || callee_name(u, call).is_some_and(|name| self.ends.contains(name));
        if facts.effects.contains(Effects::RELEASE) || is_its_end() {
            self.released_at(unit, call);
            return;
        }
        // What a collection hands to the callback of its method: `timers.forEach((timer) => …)`.
        let Kind::Call { args, .. } = u.kind(call) else { return };
        for &arg in args {
            match self.view.eval.value(unit, arg) {
                Value::Function(function) if function.file == self.view.linked.file.path => {
                    let Some(inner) = self.view.linked.file.unit_at(&function.unit) else { continue };
                    let params = &self.view.linked.file.units[inner].unit.function(function.function).params;
                    let bindings: Vec<BindingId> =
                        params.iter().flat_map(|p| p.pattern.bindings.iter().copied()).collect();
                    bindings.into_iter().for_each(|b| self.bound_param(inner, b));
                }
                value => self.is_released |= self.releases(&value),
            }
        }
        self.open.push((unit, call));
    }

    /// The value is an argument of a call.
    fn passed(&mut self, unit: usize, call: NodeId, node: NodeId) {
        let view = self.view;
        let u = &view.linked.file.units[unit].unit;
        let Kind::Call { callee, args, .. } = u.kind(call) else { return };
        let facts = view.eval.call(unit, call);
        let is_its_end = callee_name(u, call).is_some_and(|name| self.ends.contains(name));
        let hands_it_to_a_release =
            is_its_end || args.iter().any(|&arg| self.releases(&view.eval.value(unit, arg)));
        if facts.effects.contains(Effects::RELEASE) || hands_it_to_a_release {
            self.released_at(unit, call);
            return;
        }
        if facts.effects.contains(Effects::LOG) {
            return;
        }
        if let Some(target) = &facts.target {
            if self.is_only_declared(target) {
                self.is_handed_on = true;
                return;
            }
            let index = args.iter().position(|&a| a == node);
            let summary = view.summary(target);
            let param = summary.as_ref().zip(index).and_then(|(s, i)| s.params.get(i));
            match param {
                Some(param) if param.is_released => self.released_at(unit, call),
                Some(param) if !param.is_passed_on && !param.is_called && param.members.is_empty() => {}
                _ => self.is_handed_on = true,
            }
            return;
        }
        if let Kind::Member { object, .. } = u.kind(*callee) {
            // `clearInterval.bind(null, timer)`
            if self.releases(&view.eval.value(unit, *object)) {
                self.released_at(unit, call);
                return;
            }
            // `timers.push(timer)`, `this.timers.set(id, timer)`: a collection of this file keeps it.
            self.stored_in(unit, *object);
            return;
        }
        if facts.behavior.is_some() {
            self.open.push((unit, call));
        } else {
            self.is_handed_on = true;
        }
    }

    /// A call releases the value.
    fn released_at(&mut self, unit: usize, call: NodeId) {
        let u = self.view.unit_of(unit);
        let is_before = |timer: NodeId| {
            u.node(timer).function == u.node(call).function && u.range(call).end <= u.range(timer).start
        };
        if self.restarts.is_some_and(|(of, timer)| of == unit && is_before(timer)) {
            return;
        }
        if is_in_an_updater(self.view, unit, call) {
            self.is_released_by_rendering = true;
            return;
        }
        self.is_released |= self.counts_from.is_none_or(|timer| {
            self.ends_with_its_start(timer, (unit, call))
                || leads_from_the_end(self.view, (unit, call), timer)
        });
    }

    /// Whether the run of a function that starts a timer ends it too, after what it waits for: `const timer =
    /// setInterval(…); await save(); clearInterval(timer)`. What fails in between has to lead to a release as well.
    fn ends_with_its_start(&self, timer: (usize, NodeId), release: (usize, NodeId)) -> bool {
        let u = &self.view.linked.file.units[timer.0].unit;
        let is_local = u.bindings.iter().any(|b| b.value == Some(timer.1) && b.kind == BindingKind::Variable);
        if !is_local || timer.0 != release.0 || u.node(timer.1).function != u.node(release.1).function {
            return false;
        }
        let mut at = release.1;
        for around in u.ancestors(release.1) {
            if let Kind::TryCatch { body, catch, finally, .. } = u.kind(around)
                && !u.ancestors(timer.1).any(|a| a == around)
            {
                let releases = |part: NodeId| {
                    u.descendants(part).into_iter().any(|node| {
                        matches!(u.kind(node), Kind::Call { .. })
                            && self.view.eval.call(timer.0, node).effects.contains(Effects::RELEASE)
                    })
                };
                if *body == at {
                    return finally.is_some_and(releases) || catch.as_ref().is_some_and(|c| releases(c.body));
                }
                return finally.is_some_and(|f| f == at) || releases(*body);
            }
            at = around;
        }
        false
    }

    /// Whether a function of this file has no body here that would tell what it does.
    fn is_only_declared(&self, function: &FnRef) -> bool {
        let file = &self.view.linked.file;
        if function.file != file.path {
            return false;
        }
        let unit = file.unit_at(&function.unit);
        unit.is_none_or(|unit| file.units[unit].unit.function(function.function).body.is_none())
    }

    /// Whether a value is a function that releases what it is given: `clearInterval`.
    fn releases(&self, value: &Value) -> bool {
        let Value::Package(package, path) = value else { return false };
        self.view
            .eval
            .models
            .function(package, path)
            .is_some_and(|(_, behavior)| behavior.effect.0.contains(Effects::RELEASE))
    }

    /// A function of this file returns the value.
    fn returned(&mut self, unit: usize, function: FunctionId) {
        let context = self.view.eval.context(unit, function);
        match context {
            Context::Runs(_, closure) => {
                if context.is_inline() {
                    self.open.push((closure.unit, closure.call));
                }
            }
            Context::Property(_) if self.is_attribute(unit, function) => {}
            Context::Immediate => match self.view.eval.node_of(unit, function) {
                Some((around, node)) => {
                    let call = self.view.linked.file.units[around].unit.parent(node);
                    self.open.extend(call.map(|call| (around, call)));
                }
                None => self.is_handed_on = true,
            },
            Context::Passed(_) | Context::Property(_) | Context::Returned | Context::Named => {
                self.is_handed_on = true;
            }
        }
    }

    /// Whether a function is the value of an attribute of an element: what it returns is thrown away.
    fn is_attribute(&self, unit: usize, function: FunctionId) -> bool {
        let Some((unit, node)) = self.view.eval.node_of(unit, function) else { return false };
        let u = &self.view.linked.file.units[unit].unit;
        u.parent(node).is_some_and(|parent| matches!(u.kind(parent), Kind::Element { .. }))
    }

    /// The value is assigned to a target.
    fn stored(&mut self, unit: usize, target: NodeId) {
        let u = &self.view.linked.file.units[unit].unit;
        match u.kind(target) {
            Kind::Name { .. } => match binding_of(self.view, unit, target) {
                Some((unit, b)) => self.bound(unit, b),
                None => self.is_handed_on = true,
            },
            Kind::Member { .. } | Kind::Index { .. } => self.stored_in(unit, target),
            Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => self.stored(unit, *inner),
            _ => self.is_handed_on = true,
        }
    }

    /// The value is kept in what stands at the head of a path.
    fn stored_in(&mut self, unit: usize, path: NodeId) {
        let u = &self.view.linked.file.units[unit].unit;
        let (mut at, mut first_member) = (path, None);
        loop {
            match u.kind(at) {
                Kind::Member { object, name, .. } => {
                    first_member = Some(name.clone());
                    at = *object;
                }
                Kind::Index { object, .. } => at = *object,
                Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => at = *inner,
                _ => break,
            }
        }
        match (u.kind(at), first_member) {
            (Kind::This, Some(field)) => {
                let class = owner_of(self.view, unit, at);
                self.kept_in_field(class.as_ref(), &field);
            }
            (Kind::Name { .. }, field) => match binding_of(self.view, unit, at) {
                Some((of, b)) => match field {
                    // `const self = this; self.timer = …`
                    Some(field) if self.is_this(of, b) => {
                        let class = owner_of(self.view, unit, at);
                        self.kept_in_field(class.as_ref(), &field);
                    }
                    _ if self.is_made_here(of, b) => self.bound(of, b),
                    _ => self.is_handed_on = true,
                },
                None => self.is_handed_on = true,
            },
            _ => self.is_handed_on = true,
        }
    }

    fn is_this(&self, unit: usize, binding: BindingId) -> bool {
        let u = &self.view.linked.file.units[unit].unit;
        let b = u.binding(binding);
        b.path.is_empty() && b.value.is_some_and(|value| *u.kind(value) == Kind::This)
    }

    /// Whether the value of a variable was made where the variable is: nobody else has it yet.
    fn is_made_here(&self, unit: usize, binding: BindingId) -> bool {
        let u = &self.view.linked.file.units[unit].unit;
        let b = u.binding(binding);
        if !b.path.is_empty() {
            return false;
        }
        b.value.is_none_or(|value| match u.kind(value) {
            Kind::Object { .. } | Kind::Array(_) | Kind::Literal(_) => true,
            Kind::Call { .. } => {
                let facts = self.view.eval.call(unit, value);
                facts.behavior.is_some() || facts.receiver.is_some()
            }
            _ => false,
        })
    }

    /// The value is in a variable.
    fn bound(&mut self, unit: usize, binding: BindingId) {
        let u = &self.view.linked.file.units[unit].unit;
        let is_exported = unit == 0
            && u.exports.iter().any(|export| matches!(export.local, Exported::Binding(b) if b == binding));
        let is_ours = matches!(
            u.binding(binding).kind,
            BindingKind::Variable | BindingKind::Matched | BindingKind::Element
        );
        if is_exported || !is_ours {
            self.is_handed_on = true;
            return;
        }
        self.bound_param(unit, binding);
    }

    fn bound_param(&mut self, unit: usize, binding: BindingId) {
        if self.bindings.insert((unit, binding)) {
            self.open.extend(uses_of(self.view, unit, binding));
        }
    }

    /// The value is in a field of the class whose method stores it, or of the object whose method does.
    fn kept_in_field(&mut self, class: Option<&Name>, field: &Name) {
        if !self.fields.insert((class.cloned(), field.clone())) {
            return;
        }
        let view = self.view;
        for (unit, entry) in view.linked.file.units.iter().enumerate() {
            let u = &entry.unit;
            for (i, node) in u.nodes.iter().enumerate() {
                let Kind::Member { object, name, .. } = &node.kind else { continue };
                let id = NodeId(u32::try_from(i).expect("few nodes"));
                if name != field || !self.may_see(class, unit, id) {
                    continue;
                }
                // Of other objects than `this` only a release counts: a name alone says little.
                let is_released_there = || {
                    u.parent(id).is_some_and(|parent| {
                        matches!(u.kind(parent), Kind::Call { .. })
                            && view.eval.call(unit, parent).effects.contains(Effects::RELEASE)
                    })
                };
                if *u.kind(*object) == Kind::This {
                    self.open.push((unit, id));
                } else if is_released_there() {
                    self.is_released = true;
                }
            }
            // `const { timer } = this`
            for (i, b) in u.bindings.iter().enumerate() {
                let is_the_field = matches!(b.path.first(), Some(PathStep::Member(name)) if name == field);
                let of_this =
                    |value: NodeId| *u.kind(value) == Kind::This && self.may_see(class, unit, value);
                if is_the_field && b.value.is_some_and(of_this) {
                    self.bound_param(unit, BindingId(u32::try_from(i).expect("few bindings")));
                }
            }
        }
    }

    /// Whether a node stands where a field of the class is meant by its name: in the class, in one that it extends or
    /// that extends it, or outside of classes.
    fn may_see(&self, class: Option<&Name>, unit: usize, node: NodeId) -> bool {
        let (Some(class), Some(owner)) = (class, owner_of(self.view, unit, node)) else { return true };
        let extends =
            |lower: &str, upper: &str| {
                self.view.linked.file.types_named(lower).any(|(_, ty)| {
                    ty.supertypes.iter().any(|s| s.path.last().is_some_and(|last| last == upper))
                })
            };
        *class == owner || extends(class, &owner) || extends(&owner, class)
    }
}

/// The class whose method a node stands in.
#[must_use]
pub fn owner_of(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<Name> {
    let units = &view.linked.file.units;
    let (mut unit, mut function) = (unit, Some(units[unit].unit.node(node).function));
    loop {
        while let Some(f) = function {
            let f = units[unit].unit.function(f);
            if f.owner.is_some() {
                return f.owner.clone();
            }
            function = f.parent;
        }
        let parent = units[unit].parent?;
        let nested = &units[parent].unit.nested[units[unit].index_in_parent as usize];
        function = Some(units[parent].unit.node(nested.node).function);
        unit = parent;
    }
}
