//! Whether something keeps a control from running its handler again while that is still at work: a state that is set before
//! and looked at, a flag, a dialog that closes, a question that must be answered first.

use plimsoll_behavior::{Binding, BindingKind, FunctionId, Key, Kind, Literal, NodeId};

use crate::UnitView;
use crate::ask::components::controls::{LeadsOn, Press, is_native, only_runs_its_handler, tag_name};
use crate::ask::components::depends::Roots;
use crate::ask::components::state::{State, is_a_state, is_hook, state_set_by};
use crate::ask::components::superseded::{nodes_of, way_out};
use crate::ask::resources::lifetime::component;
use crate::ask::{binding_of, words};

/// How many functions of a component are followed into for what they set.
const MAX_DEPTH: u8 = 2;

/// Words in the names of what tells that something is under way.
#[rustfmt::skip] // a list of words
const UNDER_WAY: &[&str] = &[
    "pending", "loading", "submitting", "saving", "busy", "sending", "creating", "processing", "uploading", "generating",
    "working", "running", "progress", "status", "state", "disabled", "fetching", "posting", "adding", "importing", "lock", "locked",
    "mutation", "inflight", "flight", "executing", "requesting", "booking", "paying", "redirecting", "publishing",
];
/// First words in the names of methods that may show that something is under way, or leave the page.
#[rustfmt::skip] // a list of words
const CHANGES: &[&str] = &[
    "set", "start", "begin", "close", "hide", "dispatch", "lock", "mutate", "push", "replace", "navigate", "show", "open", "execute",
    "disable", "update", "add", "next", "submit",
];
/// Words in the names of functions that only tell somebody something, or compute.
#[rustfmt::skip] // a list of words
const TELLS: &[&str] = &["toast", "notify", "log", "track", "t", "format", "parse", "validate", "cn", "get", "is", "has"];
/// What asks the user, and goes on once that is answered.
const ASKS: &[&str] = &["confirm", "prompt"];

/// A control that runs its handler again while that is at work.
#[derive(Clone, Debug)]
pub struct Unguarded {
    /// The control.
    pub press: Press,
    /// The elements that a pending state must disable: the control, or the buttons of the form.
    pub buttons: Vec<(usize, NodeId)>,
    /// The state that is set while the handler is at work, though nothing looks at it: its name.
    pub shown_only: Option<(usize, plimsoll_behavior::BindingId)>,
    /// The component.
    pub component: (usize, FunctionId),
}

/// The same control, if nothing that is known or may be there keeps it from running its handler twice at once.
#[must_use]
pub fn unguarded(view: &UnitView<'_>, press: Press) -> Option<Unguarded> {
    let component = component_of(view, press.element)?;
    let buttons = buttons(view, &press)?;
    let mut asks =
        Asks { view, press: &press, component, buttons: &buttons, set: Vec::new(), is_open: false };
    asks.look_at_the_handlers();
    if asks.is_open || buttons.iter().any(|&button| asks.may_be_disabled(button)) {
        return None;
    }
    let all = std::mem::take(&mut asks.set);
    if all.iter().any(|set| asks.is_looked_at(set)) {
        return None;
    }
    let shown_only = all.iter().filter(|set| set.is_on).find_map(|set| asks.named(set.state, 0));
    Some(Unguarded { buttons, shown_only, component, press })
}

/// The component around an element.
fn component_of(view: &UnitView<'_>, (unit, node): (usize, NodeId)) -> Option<(usize, FunctionId)> {
    let around = view.of(unit).functions_around(node);
    around
        .iter()
        .rev()
        .find(|(unit, function, _)| component(view, *unit, *function).is_some())
        .map(|it| (it.0, it.1))
}

/// What a user presses to run the handler; none where that is not known.
fn buttons(view: &UnitView<'_>, press: &Press) -> Option<Vec<(usize, NodeId)>> {
    let tag = tag_name(view, press.element)?;
    if press.attribute != "onSubmit" {
        return (tag != "form" && only_runs_its_handler(view, press.element)).then(|| vec![press.element]);
    }
    if tag != "form" {
        return None;
    }
    let mut found = Vec::new();
    for (unit, node) in below(view, press.element) {
        let u = view.unit_of(unit);
        let Kind::Element { attributes, .. } = u.kind(node) else { continue };
        let Some(tag) = tag_name(view, (unit, node)) else { continue };
        let kind = attributes.iter().find(|entry| matches!(&entry.key, Key::Name(name) if name == "type"));
        let kind = kind.map(|entry| match u.kind(entry.value) {
            Kind::Literal(Literal::String(text)) => text.as_str(),
            _ => "unknown",
        });
        let is_a_button = tag == "button" || tag.ends_with("Button");
        match kind {
            Some("submit") => {}
            None if is_a_button => {}
            Some("unknown") if is_a_button => return None,
            _ => continue,
        }
        if !only_runs_its_handler(view, (unit, node)) {
            return None;
        }
        found.push((unit, node));
    }
    (!found.is_empty()).then_some(found)
}

/// Every node below one, in the units nested there too.
fn below(view: &UnitView<'_>, (unit, root): (usize, NodeId)) -> Vec<(usize, NodeId)> {
    let u = view.unit_of(unit);
    let mut found = Vec::new();
    for node in u.descendants(root) {
        found.push((unit, node));
        if let Kind::Nested(i) = u.kind(node)
            && let Some(&inner) = view.linked.file.units[unit].nested.get(*i as usize)
        {
            found.extend(nodes_of(view, inner, FunctionId(0)));
        }
    }
    found
}

/// A state that is set before the work begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Set {
    state: State,
    /// Whether it is set to anything but nothing: `null`, `''`, `false`.
    is_on: bool,
}

struct Asks<'a, 'b> {
    view: &'b UnitView<'a>,
    press: &'b Press,
    component: (usize, FunctionId),
    buttons: &'b [(usize, NodeId)],
    set: Vec<Set>,
    /// Whether something else may keep the handler from running twice.
    is_open: bool,
}

impl Asks<'_, '_> {
    /// What the functions on the way do before the work.
    fn look_at_the_handlers(&mut self) {
        for step in self.press.steps.clone() {
            let end = self.start(step.at);
            for (unit, node) in nodes_of(self.view, step.function.0, step.function.1) {
                if self.start((unit, node)) < end && self.is_on_the_way((unit, node), &step) {
                    self.look_at((unit, node), &step, MAX_DEPTH);
                }
            }
        }
    }

    fn start(&self, (unit, node): (usize, NodeId)) -> u32 {
        self.view.linked.file.to_file(unit, self.view.unit_of(unit).range(node)).start
    }

    /// Whether what follows a node may be the work: it stands in no branch that leaves the function, and in no function that
    /// is only handed on.
    fn is_on_the_way(&self, (unit, node): (usize, NodeId), step: &LeadsOn) -> bool {
        let u = self.view.unit_of(unit);
        let is_around_the_work = |of: NodeId| {
            step.at.0 == unit && (of == step.at.1 || u.ancestors(step.at.1).any(|around| around == of))
        };
        let mut below = node;
        for around in u.ancestors(node) {
            if is_around_the_work(around) {
                return true;
            }
            if let Kind::Block { statements, .. } = u.kind(around)
                && let Some(last) = statements.last()
                && matches!(u.kind(*last), Kind::Return(_) | Kind::Throw(_))
                && u.parent(around).is_some_and(|parent| matches!(u.kind(parent), Kind::If { .. }))
            {
                return false;
            }
            if let Kind::If { then, condition, .. } = u.kind(around)
                && *then == below
                && *condition != below
                && matches!(u.kind(below), Kind::Return(_))
            {
                return false;
            }
            below = around;
        }
        true
    }

    fn look_at(&mut self, (unit, node): (usize, NodeId), step: &LeadsOn, depth: u8) {
        let view = self.view;
        let u = view.unit_of(unit);
        match u.kind(node) {
            // A flag: `busy.current = true`, `button.disabled = true`.
            Kind::Assign { target, .. } => match u.kind(*target) {
                Kind::Member { name, .. } => self.is_open |= matches!(name.as_str(), "current" | "disabled"),
                Kind::Name { .. } => {
                    let of = binding_of(view, unit, *target);
                    self.is_open |= of.is_some_and(|of| !self.is_bound_in(of, step));
                }
                _ => {}
            },
            Kind::If { condition, .. } => self.look_at_a_condition(unit, *condition),
            Kind::Call { callee, args, .. } => {
                if let Some(state) = state_set_by(view, unit, *callee) {
                    let is_on = args.first().is_some_and(|&value| !is_nothing(u.kind(value)));
                    return self.set.push(Set { state, is_on });
                }
                self.look_at_a_call((unit, node), *callee, step, depth);
            }
            _ => {}
        }
    }

    fn look_at_a_call(&mut self, (unit, call): (usize, NodeId), callee: NodeId, step: &LeadsOn, depth: u8) {
        let view = self.view;
        let u = view.unit_of(unit);
        let is_statement = u.parent(call).is_some_and(|parent| match u.kind(parent) {
            Kind::Discard(_) => true,
            Kind::Unary { op, .. } => op == "void",
            _ => false,
        });
        match u.kind(callee) {
            Kind::Name { name, .. } => {
                if ASKS.iter().any(|asks| words(name).iter().any(|word| word == asks)) {
                    self.is_open = true;
                    return;
                }
                let facts = view.eval.call(unit, call);
                if let Some(target) = &facts.target {
                    if target.file == view.linked.file.path
                        && let Some(inner) = view.linked.file.unit_at(&target.unit)
                        && let Some(depth) = depth.checked_sub(1)
                    {
                        for at in nodes_of(view, inner, target.function) {
                            let inner_step = LeadsOn { function: (inner, target.function), at };
                            self.look_at(at, &inner_step, depth);
                        }
                    }
                    return;
                }
                // Of what a component is handed, or a hook hands out, it is not known what it shows.
                let is_known = facts.behavior.is_some() || !is_statement;
                let tells = words(name).first().is_some_and(|word| TELLS.contains(&word.as_str()));
                let is_global = binding_of(view, unit, callee).is_none();
                let is_own = binding_of(view, unit, callee).is_some_and(|of| self.is_bound_in(of, step));
                self.is_open |= !is_known && !tells && !is_global && !is_own;
            }
            Kind::Member { object, name, .. } => {
                if ASKS.contains(&name.as_str()) {
                    self.is_open = true;
                    return;
                }
                let changes = words(name).first().is_some_and(|word| CHANGES.contains(&word.as_str()));
                if !is_statement || !changes {
                    return;
                }
                let head = crate::ask::code::chain_head(u, *object);
                let of = binding_of(view, unit, head);
                self.is_open |= of.is_some_and(|of| !self.is_bound_in(of, step));
            }
            _ => {}
        }
    }

    /// Whether a name is bound in the function of a step.
    fn is_bound_in(&self, (unit, binding): (usize, plimsoll_behavior::BindingId), step: &LeadsOn) -> bool {
        let u = self.view.unit_of(unit);
        let of = u.scopes[u.binding(binding).scope.0 as usize].function;
        let mut all = std::iter::successors(Some(of), |&f| u.function(f).parent);
        unit == step.function.0 && all.any(|f| f == step.function.1)
            || unit != step.function.0 && self.is_nested_in(unit, step.function.0)
    }

    fn is_nested_in(&self, unit: usize, outer: usize) -> bool {
        let units = &self.view.linked.file.units;
        std::iter::successors(units[unit].parent, |&at| units[at].parent).any(|at| at == outer)
    }

    /// What a handler asks before it goes on: whether something is under way that is not seen to be set here.
    fn look_at_a_condition(&mut self, unit: usize, condition: NodeId) {
        let u = self.view.unit_of(unit);
        self.is_open |= u.descendants(condition).into_iter().any(|part| match u.kind(part) {
            Kind::Name { name, .. } => is_under_way(name) && !self.is_a_set_state(unit, part),
            Kind::Member { name, .. } => name == "current" || is_under_way(name),
            _ => false,
        });
    }

    fn is_a_set_state(&self, unit: usize, name: NodeId) -> bool {
        binding_of(self.view, unit, name).is_some_and(|of| is_a_state(self.view, of))
    }

    /// Whether an element says when it may be pressed, by something that may tell that the handler is at work.
    fn may_be_disabled(&self, (unit, element): (usize, NodeId)) -> bool {
        let u = self.view.unit_of(unit);
        let says_so = |element: NodeId| {
            let Kind::Element { attributes, .. } = u.kind(element) else { return false };
            attributes.iter().any(|entry| match &entry.key {
                Key::Spread => true,
                Key::Name(name) => {
                    let is_it = words(name).iter().any(|word| is_under_way(word))
                        || matches!(name.as_str(), "className" | "style" | "inert");
                    is_it && self.may_tell(unit, entry.value)
                }
                Key::Computed(_) => true,
            })
        };
        says_so(element)
            || u.ancestors(element).any(|around| {
                let is_a_fieldset = tag_name(self.view, (unit, around)).is_some_and(|tag| tag == "fieldset");
                is_a_fieldset && says_so(around)
            })
    }

    /// Whether an expression is made of anything but states that the handler does not set before its work.
    fn may_tell(&self, unit: usize, value: NodeId) -> bool {
        let mut roots = Roots::new(self.view, &[]);
        roots.of(unit, value);
        roots.found.iter().any(|&root| !is_a_state(self.view, root) && self.is_a_value_of_the_component(root))
    }

    /// Whether something that an expression is made of is what the component is handed, or what a hook yields. What an
    /// item of a list is given does not count, nor who is signed in.
    fn is_a_value_of_the_component(&self, (unit, binding): (usize, plimsoll_behavior::BindingId)) -> bool {
        let b: &Binding = self.view.unit_of(unit).binding(binding);
        match b.kind {
            BindingKind::Parameter(function, _) => component(self.view, unit, function).is_some(),
            BindingKind::Variable => b.value.is_some_and(|value| is_hook(self.view, unit, value)),
            _ => false,
        }
    }

    /// Whether something looks at a state that is set: the handler before it goes on, what the control is given, what shows it;
    /// or anything else that may cover it, where the state says that something is there.
    fn is_looked_at(&self, set: &Set) -> bool {
        let is_asked = |(unit, node): (usize, NodeId)| self.mentions((unit, node), set.state);
        let mut conditions = Vec::new();
        for step in &self.press.steps {
            let nodes = nodes_of(self.view, step.function.0, step.function.1);
            conditions.extend(nodes.into_iter().filter_map(|(unit, node)| {
                match self.view.unit_of(unit).kind(node) {
                    Kind::If { condition, .. } => Some((unit, *condition)),
                    _ => None,
                }
            }));
        }
        for &button in self.buttons.iter().chain([&self.press.element]) {
            conditions.extend(self.shown_if(button));
        }
        for (unit, node) in nodes_of(self.view, self.component.0, self.component.1) {
            let u = self.view.unit_of(unit);
            match u.kind(node) {
                Kind::Block { statements, .. } if self.is_of_the_component((unit, node)) => {
                    let outs = statements.iter().filter_map(|&one| way_out(self.view, unit, one));
                    // What is set to nothing keeps nothing off the page but what is shown for something: `if (!isOpen) return`.
                    let outs = outs.filter(|&condition| set.is_on || is_negated(u, condition));
                    conditions.extend(outs.map(|condition| (unit, condition)));
                }
                Kind::Element { attributes, .. } => {
                    let is_pressed =
                        self.buttons.contains(&(unit, node)) || self.press.element == (unit, node);
                    let is_component = !tag_name(self.view, (unit, node)).is_some_and(|tag| is_native(tag));
                    let counts = attributes.iter().filter(|entry| match &entry.key {
                        Key::Name(name) if name == "value" || name.starts_with("on") => false,
                        Key::Name(name) => {
                            name == "disabled" || name == "open" || is_pressed || is_component && set.is_on
                        }
                        _ => true,
                    });
                    conditions.extend(counts.map(|entry| (unit, entry.value)));
                }
                // What is shown over it: `{saving && <Overlay />}`.
                Kind::If { condition, then, .. } if set.is_on && self.shows(unit, *then) => {
                    conditions.push((unit, *condition));
                }
                Kind::Binary { op, left, right } if op == "&&" && set.is_on && self.shows(unit, *right) => {
                    conditions.push((unit, *left));
                }
                _ => {}
            }
        }
        conditions.into_iter().any(is_asked)
    }

    /// Whether a node is an element that stands in none of the buttons.
    fn shows(&self, unit: usize, node: NodeId) -> bool {
        let u = self.view.unit_of(unit);
        let is_element = matches!(u.kind(node), Kind::Element { .. });
        let is_inside = || u.ancestors(node).any(|around| self.buttons.contains(&(unit, around)));
        is_element && !is_inside()
    }

    /// Whether a node stands in the component's own function.
    fn is_of_the_component(&self, (unit, node): (usize, NodeId)) -> bool {
        unit == self.component.0 && self.view.unit_of(unit).node(node).function == self.component.1
    }

    /// The conditions on which an element is shown.
    fn shown_if(&self, (unit, element): (usize, NodeId)) -> Vec<(usize, NodeId)> {
        let mut found = Vec::new();
        let (mut unit, mut at) = (unit, element);
        loop {
            let u = self.view.unit_of(unit);
            while let Some(parent) = u.parent(at) {
                match u.kind(parent) {
                    Kind::If { condition, .. } if *condition != at => found.push((unit, *condition)),
                    Kind::Binary { left, right, .. } if *right == at => found.push((unit, *left)),
                    Kind::Element { attributes, .. } => {
                        // `<Dialog open={isOpen}>`
                        found.extend(attributes.iter().map(|entry| (unit, entry.value)));
                    }
                    _ => {}
                }
                at = parent;
            }
            if unit == self.component.0 {
                return found;
            }
            let Some(next) = self.view.eval.node_of(unit, FunctionId(0)) else { return found };
            (unit, at) = next;
        }
    }

    fn mentions(&self, (unit, node): (usize, NodeId), state: State) -> bool {
        let mut roots = Roots::new(self.view, &[]);
        roots.of(unit, node);
        let Some(named) = self.named(state, 0) else { return false };
        roots.found.contains(&named)
    }

    /// The name of a state's value.
    fn named(&self, state: State, index: u32) -> Option<(usize, plimsoll_behavior::BindingId)> {
        let all = &self.view.unit_of(state.unit).bindings;
        let is_it = |b: &Binding| {
            b.value == Some(state.hook) && b.path.as_slice() == [plimsoll_behavior::PathStep::Index(index)]
        };
        let at = all.iter().position(is_it)?;
        Some((state.unit, plimsoll_behavior::BindingId(u32::try_from(at).ok()?)))
    }
}

fn is_negated(u: &plimsoll_behavior::Unit, condition: NodeId) -> bool {
    matches!(u.kind(condition), Kind::Unary { op, .. } if op == "!")
}

fn is_under_way(name: &str) -> bool {
    words(name).iter().any(|word| UNDER_WAY.contains(&word.as_str()))
}

/// Whether a value says that there is nothing.
fn is_nothing(kind: &Kind) -> bool {
    match kind {
        Kind::Literal(Literal::Null | Literal::Undefined | Literal::Bool(false)) => true,
        Kind::Literal(Literal::String(text)) => text.is_empty(),
        Kind::Array(all) => all.is_empty(),
        Kind::Object { entries, .. } => entries.is_empty(),
        _ => false,
    }
}
