//! What becomes of a URL that keeps what it leads to in memory until it is revoked. It is text: whoever shows it only
//! reads it, and the last one who knows it may be a state, an element or an entry of a list.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{
    BindingId, BindingKind, CallForm, Effects, Exported, FunctionId, FunctionKind, Key, Kind, Name, NodeId,
    PathStep,
};
use plimsoll_project::link::{Context, SlotValue, Value, is_visible_outside};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::code::bare;
use crate::ask::components::state::{is_hook, setter_of, state_set_by};
use crate::ask::occasion::callers;
use crate::ask::{Fate, binding_of, callee_name, owner_of, receiver, uses_of, words};

/// What an element or its property is called that shows what a URL leads to.
const SHOWN_BY: &[&str] = &["href", "src", "poster", "srcSet", "srcset", "data", "xlinkHref"];

/// Methods whose results hold nothing of what they are called on.
const TELLS_OF: &[&str] = &[
    "endsWith",
    "every",
    "findIndex",
    "forEach",
    "has",
    "includes",
    "indexOf",
    "push",
    "some",
    "startsWith",
    "unshift",
];

/// What becomes of the URL that a call makes, wherever it goes in this file: through variables, states, references,
/// entries of lists and closures. Told to be released where anything may revoke it.
#[must_use]
pub fn fate_of_url(view: &UnitView<'_>, call: NodeId) -> Fate {
    let facts = view.eval.call(view.index, call);
    let ends = facts.behavior.iter().flat_map(|(_, behavior)| &behavior.release);
    let ends = ends.filter_map(|way| way.rsplit([':', '.']).next().map(Name::from)).collect();
    let mut follow = Follow {
        view,
        start: (view.index, call),
        ends,
        open: Vec::new(),
        seen: FxHashSet::default(),
        bindings: FxHashSet::default(),
        keys: FxHashSet::default(),
        is_revoked: false,
        is_handed_on: false,
    };
    follow.run()
}

/// The attribute of an element that a node is the value of.
#[must_use]
pub fn attribute_of<'a>(view: &UnitView<'a>, unit: usize, node: NodeId) -> Option<&'a Name> {
    let u = view.unit_of(unit);
    let Kind::Element { attributes, .. } = u.kind(u.parent(node)?) else { return None };
    attributes.iter().find_map(|entry| match &entry.key {
        Key::Name(name) if entry.value == node => Some(name),
        _ => None,
    })
}

/// Whether a member of an element is what shows a URL.
#[must_use]
pub fn shows(name: &str) -> bool {
    SHOWN_BY.contains(&name)
}

/// Its work list only ever takes a node once, so it ends.
struct Follow<'a, 'b> {
    view: &'b UnitView<'a>,
    start: (usize, NodeId),
    /// The last names of what revokes it.
    ends: Vec<Name>,
    open: Vec<(usize, NodeId)>,
    seen: FxHashSet<(usize, NodeId)>,
    bindings: FxHashSet<(usize, BindingId)>,
    /// The properties that it was put under: what is read of the object under another name is something else.
    keys: FxHashSet<Name>,
    is_revoked: bool,
    is_handed_on: bool,
}

impl Follow<'_, '_> {
    fn run(&mut self) -> Fate {
        loop {
            let known = self.keys.len();
            self.seen.clear();
            self.bindings.clear();
            self.open.push(self.start);
            while let Some((unit, node)) = self.open.pop() {
                if self.seen.insert((unit, node)) {
                    self.at(unit, node);
                }
                if self.is_revoked {
                    return Fate::Released;
                }
            }
            // What was not read under the properties that were known then may be read under those that have come.
            if self.keys.len() == known {
                return if self.is_handed_on { Fate::HandedOn } else { Fate::Kept };
            }
        }
    }

    fn at(&mut self, unit: usize, node: NodeId) {
        let u = self.view.unit_of(unit);
        let Some(parent) = u.parent(node) else { return self.returned(unit, FunctionId(0)) };
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::NonNull(_) | Kind::Await(_) | Kind::Spread(_) | Kind::Array(_) => {
                self.open.push((unit, parent));
            }
            Kind::Object { entries, .. } => {
                let key = entries.iter().find(|entry| entry.value == node).map(|entry| &entry.key);
                if let Some(Key::Name(key)) = key {
                    self.keys.insert(key.clone());
                }
                self.open.push((unit, parent));
            }
            Kind::Member { object, name, .. } if *object == node => {
                let called = u
                    .parent(parent)
                    .filter(|&call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == parent));
                match called {
                    Some(call) => self.method(unit, call),
                    None if self.is_read_as(name) => self.open.push((unit, parent)),
                    None => {}
                }
            }
            Kind::Index { object, .. } if *object == node => self.open.push((unit, parent)),
            Kind::Binary { op, right, .. }
                if matches!(op.as_str(), "??" | "||") || op == "&&" && *right == node =>
            {
                self.open.push((unit, parent));
            }
            Kind::If { condition, is_expression: true, .. } if *condition != node => {
                self.open.push((unit, parent));
            }
            Kind::Assign { target, value, .. } if *value == node => {
                self.stored(unit, *target);
                self.open.push((unit, parent));
            }
            Kind::Let { pattern, .. } => pattern.bindings.iter().for_each(|&b| self.bound(unit, b)),
            Kind::Loop(l) if l.over == Some(node) => {
                l.pattern.iter().flat_map(|p| &p.bindings).for_each(|&b| self.bound(unit, b));
            }
            Kind::Return(_) => self.returned(unit, u.node(node).function),
            Kind::Function(function) => self.returned(unit, *function),
            // What makes it is called.
            Kind::Call { callee, .. } if *callee == node => self.open.push((unit, parent)),
            Kind::Call { .. } => self.passed(unit, parent, node),
            Kind::Element { tag, children, .. } => {
                let is_of_the_page = tag.is_some_and(
                    |tag| matches!(u.kind(tag), Kind::Name { name, .. } if name.starts_with(char::is_lowercase)),
                );
                let is_shown = attribute_of(self.view, unit, node).is_some_and(|name| shows(name));
                self.is_handed_on |= !is_of_the_page && !is_shown && !children.contains(&node);
                if is_shown {
                    self.shown(unit, node);
                }
            }
            Kind::Sequence(_) | Kind::Yield(_) | Kind::Throw(_) | Kind::Other(_) => self.is_handed_on = true,
            _ => {}
        }
    }

    fn is_read_as(&self, member: &Name) -> bool {
        self.keys.is_empty() || self.keys.contains(member) || member == "current"
    }

    /// A method of what holds it is called: of a list, what its callbacks are given holds it.
    fn method(&mut self, unit: usize, call: NodeId) {
        let Kind::Call { args, .. } = self.view.unit_of(unit).kind(call) else { return };
        let u = self.view.unit_of(unit);
        let is_folded = callee_name(u, call).is_some_and(|name| name.starts_with("reduce"));
        args.iter().for_each(|&arg| self.given_to(unit, arg, if is_folded { 2 } else { 1 }));
        if callee_name(u, call).is_none_or(|name| !TELLS_OF.contains(&name.as_str())) {
            self.open.push((unit, call));
        }
    }

    /// The first parameters of a function are given it, or what holds it.
    fn given_to(&mut self, unit: usize, function: NodeId, first: usize) {
        match self.view.eval.value(unit, function) {
            Value::Function(function) if function.file == self.view.linked.file.path => {
                let Some(inner) = self.view.linked.file.unit_at(&function.unit) else { return };
                let params = &self.view.unit_of(inner).function(function.function).params;
                let given: Vec<BindingId> =
                    params.iter().take(first).flat_map(|p| p.pattern.bindings.iter().copied()).collect();
                given.into_iter().for_each(|b| self.named(inner, b));
            }
            // `urls.forEach(URL.revokeObjectURL)`
            Value::Package(_, path) => self.is_revoked |= self.revokes(path.rsplit('.').next().unwrap_or("")),
            _ => {}
        }
    }

    fn revokes(&self, name: &str) -> bool {
        self.ends.iter().any(|end| end == name)
    }

    /// It is an argument of a call.
    fn passed(&mut self, unit: usize, call: NodeId, node: NodeId) {
        let view = self.view;
        let u = view.unit_of(unit);
        let Kind::Call { callee, args, form, .. } = u.kind(call) else { return };
        let facts = view.eval.call(unit, call);
        let index = args.iter().position(|&arg| arg == node);
        let summary = facts.target.as_ref().and_then(|target| view.summary(target));
        let param = summary.as_ref().zip(index).and_then(|(s, i)| s.params.get(i));
        if callee_name(u, call).is_some_and(|name| self.revokes(name))
            || args.iter().any(|&arg| self.is_revoking(unit, arg))
        {
            self.is_revoked = true;
            return;
        }
        let is_in = |slot: Slot| match facts.slot(slot) {
            Some(SlotValue::Node(site)) => view.node_at(site) == Some((unit, node)),
            _ => false,
        };
        if facts.effects.contains(Effects::LOG) || is_in(Slot::Dependencies) {
            return;
        }
        // A worker goes on reading what it was started with.
        if facts.effects.contains(Effects::SUBSCRIBE) {
            self.is_handed_on = true;
            return;
        }
        if let Some(state) = state_set_by(view, unit, *callee) {
            let hook = view.unit_of(state.unit);
            let is_reduced = callee_name(hook, state.hook)
                .is_some_and(|name| words(name).last().is_some_and(|word| word == "reducer"));
            self.is_handed_on |= is_reduced;
            return self.in_state(state.unit, state.hook);
        }
        if is_in(Slot::Url) {
            return self.shown(unit, node);
        }
        if facts.target.is_some() {
            self.is_handed_on |=
                !param.is_some_and(|p| !p.is_passed_on && !p.is_called && p.members.is_empty());
        } else if facts.behavior.is_some() && (facts.receiver.is_none() || *form == CallForm::New) {
            self.open.push((unit, call));
        } else if let Kind::Member { object, .. } = u.kind(*callee) {
            // `urls.push(url)`, `urls.set(id, url)`
            self.stored_in(unit, *object, true);
        } else {
            self.is_handed_on = true;
        }
    }

    /// Whether an argument is what revokes: `setTimeout(URL.revokeObjectURL, 1000, url)`, or a helper that does.
    fn is_revoking(&self, unit: usize, arg: NodeId) -> bool {
        match self.view.eval.value(unit, arg) {
            Value::Package(_, path) => self.revokes(path.rsplit('.').next().unwrap_or("")),
            Value::Function(function) => {
                let summary = self.view.summary(&function);
                summary.is_some_and(|summary| summary.params.iter().any(|param| param.is_released))
            }
            _ => false,
        }
    }

    /// It is in a state of a component. What makes the next state of the one before is given it too.
    fn in_state(&mut self, unit: usize, hook: NodeId) {
        let view = self.view;
        let u = view.unit_of(unit);
        let parts = u.bindings.iter().enumerate().filter(|(_, b)| b.value == Some(hook));
        let state = parts.filter(|(_, b)| b.path.as_slice() == [PathStep::Index(0)]).map(|(i, _)| i).next();
        let Some(state) = state.and_then(|i| u32::try_from(i).ok()).map(BindingId) else { return };
        self.named(unit, state);
        let Some((unit, setter)) = setter_of(view, (unit, state)) else { return };
        for (unit, used) in uses_of(view, unit, setter) {
            let u = view.unit_of(unit);
            let Some(Kind::Call { callee, args, .. }) = u.parent(used).map(|call| u.kind(call)) else {
                continue;
            };
            if *callee == used
                && let Some(&next) = args.first()
            {
                self.given_to(unit, next, 1);
            }
        }
    }

    /// A function returns it.
    fn returned(&mut self, unit: usize, function: FunctionId) {
        let view = self.view;
        let context = view.eval.context(unit, function);
        match context {
            Context::Runs(_, closure) if context.is_inline() => self.open.push((closure.unit, closure.call)),
            Context::Runs(_, _) => {}
            Context::Passed(closure) => {
                let u = view.unit_of(closure.unit);
                let Kind::Call { callee, .. } = u.kind(closure.call) else { return };
                match state_set_by(view, closure.unit, *callee) {
                    Some(state) => self.in_state(state.unit, state.hook),
                    None => self.is_handed_on = true,
                }
            }
            Context::Immediate => match view.eval.node_of(unit, function) {
                Some((around, node)) => self.open.push((around, node)),
                None => self.is_handed_on = true,
            },
            Context::Named if !is_visible_outside(view.linked, unit, function) => {
                let own = view.linked.file.fn_ref(unit, function);
                self.open.extend(callers(view.linked, &own));
                self.is_handed_on |= self.is_used_by_name(unit, function);
            }
            Context::Property(_) | Context::Returned | Context::Named => self.is_handed_on = true,
        }
    }

    /// Whether a function goes somewhere by its name, other than into a call of it.
    fn is_used_by_name(&self, unit: usize, function: FunctionId) -> bool {
        let view = self.view;
        let Some(name) = view.unit_of(unit).function(function).name.clone() else { return true };
        let Some((around, node)) = view.eval.node_of(unit, function) else { return true };
        let u = view.unit_of(around);
        let Some(own) = u.resolve(&name, u.node(node).scope, u.range(node).end) else { return true };
        uses_of(view, around, own).into_iter().any(|(unit, used)| {
            let u = view.unit_of(unit);
            let is_called = |at: NodeId| matches!(u.kind(at), Kind::Call { callee, .. } if *callee == used);
            !u.parent(used).is_some_and(|at| is_called(at) || matches!(u.kind(at), Kind::Array(_)))
        })
    }

    /// It is assigned to a target.
    fn stored(&mut self, unit: usize, target: NodeId) {
        match self.view.unit_of(unit).kind(target) {
            Kind::Name { .. } => match binding_of(self.view, unit, target) {
                Some((unit, b)) => self.bound(unit, b),
                None => self.is_handed_on = true,
            },
            Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => self.stored(unit, *inner),
            Kind::Member { .. } | Kind::Index { .. } => self.stored_in(unit, target, false),
            _ => self.is_handed_on = true,
        }
    }

    /// It is kept in a part of something: an element shows it, an object of this file holds it.
    fn stored_in(&mut self, unit: usize, path: NodeId, is_put: bool) {
        let u = self.view.unit_of(unit);
        let (mut at, mut members, mut is_indexed) = (bare(u, path), Vec::new(), is_put);
        loop {
            match u.kind(at) {
                Kind::Member { object, name, .. } => {
                    members.push(name);
                    at = bare(u, *object);
                }
                Kind::Index { object, .. } => {
                    is_indexed = true;
                    at = bare(u, *object);
                }
                _ => break,
            }
        }
        let head = binding_of(self.view, unit, at);
        let is_object = head.is_some_and(|(of, b)| {
            self.view.unit_of(of).binding(b).value.is_some_and(|value| {
                matches!(self.view.unit_of(of).kind(value), Kind::Object { .. } | Kind::Array(_))
            })
        });
        let is_location = members.get(1).is_some_and(|of| **of == "location")
            || matches!(u.kind(at), Kind::Name { name, .. } if name == "location");
        if let Some(last) = members.first().filter(|last| shows(last) && !is_object && !is_put) {
            // The page is left for it.
            self.is_handed_on |= is_location;
            self.is_revoked |= self.is_revoked_as(last, head, (unit, path));
            self.is_handed_on |= head.is_some_and(|(of, b)| self.is_given_away(of, b));
            return;
        }
        self.keys.extend(members.iter().map(|&name| name.clone()));
        match (u.kind(at), head) {
            (Kind::This, _) => match members.last() {
                Some(&field) => self.in_field(unit, at, &field.clone()),
                None => self.is_handed_on = true,
            },
            (Kind::Name { .. }, Some((of, b))) => {
                // A collection of the module is a store that outlives whoever puts something in.
                let is_store = is_indexed && self.is_of_the_module(of, b);
                if is_store || !self.is_made_here(of, b) {
                    self.is_handed_on = true;
                } else {
                    self.bound(of, b);
                }
            }
            _ => self.is_handed_on = true,
        }
    }

    /// An attribute of an element shows it, or a call of something does: whoever revokes what that shows may mean it.
    fn shown(&mut self, unit: usize, node: NodeId) {
        let u = self.view.unit_of(unit);
        let head = u.parent(node).and_then(|call| receiver(u, call)).and_then(|on| self.head(unit, on));
        let names = attribute_of(self.view, unit, node).map_or(SHOWN_BY.to_vec(), |name| vec![name.as_str()]);
        self.is_revoked |= names.iter().any(|name| self.is_revoked_as(name, head, (unit, node)));
        self.is_handed_on |= head.is_some_and(|(of, b)| self.is_given_away(of, b));
    }

    /// Whether an element goes where this file does not tell what is done with what it shows: returned, or handed to a
    /// function that is no method of a page.
    fn is_given_away(&self, unit: usize, binding: BindingId) -> bool {
        if matches!(self.view.unit_of(unit).binding(binding).kind, BindingKind::Parameter(..)) {
            return false;
        }
        uses_of(self.view, unit, binding).into_iter().any(|(unit, used)| {
            let u = self.view.unit_of(unit);
            u.parent(used).is_some_and(|parent| match u.kind(parent) {
                Kind::Call { args, .. } if args.contains(&used) => {
                    let facts = self.view.eval.call(unit, parent);
                    let is_of_the_page = facts.receiver.is_some() || facts.behavior.is_some();
                    !is_of_the_page && !facts.effects.contains(Effects::LOG) && receiver(u, parent).is_none()
                }
                Kind::Return(_) | Kind::Object { .. } | Kind::Array(_) | Kind::Function(_) => true,
                _ => false,
            })
        })
    }

    /// The variable that a path of members begins with.
    fn head(&self, unit: usize, path: NodeId) -> Option<(usize, BindingId)> {
        let u = self.view.unit_of(unit);
        let mut at = bare(u, path);
        while let Kind::Member { object, .. } = u.kind(at) {
            at = bare(u, *object);
        }
        binding_of(self.view, unit, at)
    }

    /// Whether something revokes what is read as a member of this name: of the same variable, or, in the same element or
    /// function, of what an event has happened to: `onLoad={(event) => URL.revokeObjectURL(event.currentTarget.src)}`.
    fn is_revoked_as(&self, member: &str, of: Option<(usize, BindingId)>, by: (usize, NodeId)) -> bool {
        let file = &self.view.linked.file;
        let shown_in = self.view.unit_of(by.0);
        let around = match shown_in.parent(by.1) {
            Some(parent) if matches!(shown_in.kind(parent), Kind::Element { .. }) => shown_in.range(parent),
            _ => shown_in.function(shown_in.node(by.1).function).range,
        };
        let around = file.to_file(by.0, around);
        self.view.linked.file.units.iter().enumerate().any(|(unit, entry)| {
            let u = &entry.unit;
            let is_of_an_event = |object: NodeId| {
                matches!(u.kind(bare(u, object)), Kind::Member { name, .. } if matches!(name.as_str(), "target" | "currentTarget"))
            };
            let is_it = |arg: NodeId| match u.kind(bare(u, arg)) {
                Kind::Member { object, name, .. } if name == member => {
                    let at = file.to_file(unit, u.range(arg));
                    let is_around = around.start <= at.start && at.end <= around.end;
                    is_around && (is_of_an_event(*object) || *u.kind(bare(u, *object)) == Kind::This)
                        || of.is_some() && self.head(unit, *object) == of
                }
                _ => false,
            };
            u.calls.iter().any(|&call| {
                let Kind::Call { args, .. } = u.kind(call) else { return false };
                callee_name(u, call).is_some_and(|name| self.revokes(name)) && args.iter().any(|&arg| is_it(arg))
            })
        })
    }

    fn is_of_the_module(&self, unit: usize, binding: BindingId) -> bool {
        let u = self.view.unit_of(unit);
        let function = u.scopes[u.binding(binding).scope.0 as usize].function;
        u.function(function).kind == FunctionKind::Module
    }

    /// Whether what a variable holds was made where the variable is: nobody else has it yet.
    fn is_made_here(&self, unit: usize, binding: BindingId) -> bool {
        let u = self.view.unit_of(unit);
        let b = u.binding(binding);
        b.path.is_empty()
            && b.value.is_none_or(|value| match u.kind(value) {
                Kind::Object { .. } | Kind::Array(_) | Kind::Literal(_) => true,
                Kind::Call { .. } => {
                    let facts = self.view.eval.call(unit, value);
                    facts.behavior.is_some() || facts.receiver.is_some() || is_hook(self.view, unit, value)
                }
                _ => false,
            })
    }

    /// It is in a variable.
    fn bound(&mut self, unit: usize, binding: BindingId) {
        let u = self.view.unit_of(unit);
        let is_exported = unit == 0
            && u.exports.iter().any(|export| matches!(export.local, Exported::Binding(b) if b == binding));
        let b = u.binding(binding);
        let is_ours = matches!(b.kind, BindingKind::Variable | BindingKind::Matched | BindingKind::Element);
        if is_exported || !is_ours {
            self.is_handed_on = true;
            return;
        }
        self.named(unit, binding);
    }

    fn named(&mut self, unit: usize, binding: BindingId) {
        let b = self.view.unit_of(unit).binding(binding);
        let is_another = matches!(b.path.first(), Some(PathStep::Member(name)) if !self.is_read_as(name));
        if !is_another && self.bindings.insert((unit, binding)) {
            self.open.extend(uses_of(self.view, unit, binding));
        }
    }

    /// It is in a field of a class: the methods of the class read it there.
    fn in_field(&mut self, unit: usize, this: NodeId, field: &Name) {
        let view = self.view;
        let class = owner_of(view, unit, this);
        for (unit, entry) in view.linked.file.units.iter().enumerate() {
            for (i, node) in entry.unit.nodes.iter().enumerate() {
                let Kind::Member { object, name, .. } = &node.kind else { continue };
                let id = NodeId(u32::try_from(i).expect("few nodes"));
                if name == field
                    && *entry.unit.kind(*object) == Kind::This
                    && owner_of(view, unit, id) == class
                {
                    self.open.push((unit, id));
                }
            }
        }
    }
}
