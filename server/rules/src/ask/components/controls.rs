//! Which controls of a page run a piece of code when somebody presses them.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingKind, FunctionId, Key, Kind, Literal, Name, NodeId};
use plimsoll_project::link::{Context, FnRef, Value, run_of};
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::components::effect_runs::holder;
use crate::ask::components::state::is_hook;
use crate::ask::occasion::in_other;
use crate::ask::{callee_name, uses_of};

/// How many functions lead from a control to the code.
const MAX_STEPS: usize = 4;
/// How many places are looked at.
const MAX_PLACES: usize = 48;
/// How many components may stand around a button.
const MAX_WRAPPERS: u8 = 3;

/// A control that runs a piece of code.
#[derive(Clone, Debug, PartialEq)]
pub struct Press {
    /// The element: its unit, and its node there.
    pub element: (usize, NodeId),
    /// The attribute that takes the handler: `onClick`, `onSubmit`.
    pub attribute: Name,
    /// The functions on the way, from the code outwards, each with the place in it that leads on.
    pub steps: Vec<LeadsOn>,
}

/// A function on the way from a control to a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadsOn {
    /// The function: its unit, and its id there.
    pub function: (usize, FunctionId),
    /// The code, or the call that leads to it.
    pub at: (usize, NodeId),
}

/// The controls of this file by which a node is run.
#[must_use]
pub fn presses(view: &UnitView<'_>, unit: usize, node: NodeId) -> Vec<Press> {
    let mut search = Search { view, seen: FxHashSet::default(), found: Vec::new() };
    search.walk((unit, node), &[]);
    search.found
}

struct Search<'a, 'b> {
    view: &'b UnitView<'a>,
    seen: FxHashSet<(usize, NodeId)>,
    found: Vec<Press>,
}

impl Search<'_, '_> {
    fn walk(&mut self, (unit, node): (usize, NodeId), steps: &[LeadsOn]) {
        if self.seen.len() >= MAX_PLACES || steps.len() >= MAX_STEPS || !self.seen.insert((unit, node)) {
            return;
        }
        for (of, function, context) in self.view.of(unit).functions_around(node) {
            let mut steps = steps.to_vec();
            steps.push(LeadsOn { function: (of, function), at: (unit, node) });
            match context {
                Context::Property(attribute) => {
                    let Some((of, value)) = self.view.eval.node_of(of, function) else { return };
                    let Some(element) = self.view.unit_of(of).parent(value) else { return };
                    return self.pressed((of, element), attribute, steps);
                }
                Context::Runs(Run::Memo, closure) => {
                    return self.used((closure.unit, closure.call), &steps);
                }
                Context::Named => {
                    let Some(value) = self.view.eval.node_of(of, function) else { return };
                    return self.used(value, &steps);
                }
                Context::Immediate => {}
                Context::Runs(Run::Listener | Run::Once | Run::Then | Run::Each, closure) => {
                    // `onSubmit={handleSubmit((values) => …)}`
                    if let Some((element, attribute)) = self.attribute_of(closure.unit, closure.call) {
                        return self.pressed(element, attribute, steps);
                    }
                    if matches!(context, Context::Runs(Run::Listener, _)) {
                        return;
                    }
                }
                Context::Runs(..) | Context::Passed(_) | Context::Returned => return,
            }
        }
    }

    fn pressed(&mut self, element: (usize, NodeId), attribute: Name, steps: Vec<LeadsOn>) {
        let is_element = matches!(self.view.unit_of(element.0).kind(element.1), Kind::Element { .. });
        if is_element && matches!(attribute.as_str(), "onClick" | "onSubmit" | "onPress") {
            self.found.push(Press { element, attribute, steps });
        }
    }

    /// Follows a function that has a name to where that is used.
    fn used(&mut self, value: (usize, NodeId), steps: &[LeadsOn]) {
        let Some(binding) = holder(self.view, value.0, value.1) else { return };
        for (unit, used) in uses_of(self.view, binding.0, binding.1) {
            if let Some((element, attribute)) = self.attribute_of(unit, used) {
                self.pressed(element, attribute, steps.to_vec());
                continue;
            }
            let u = self.view.unit_of(unit);
            let Some(parent) = u.parent(used) else { continue };
            let Kind::Call { callee, args, .. } = u.kind(parent) else { continue };
            if *callee == used {
                self.walk((unit, parent), steps);
                continue;
            }
            // `onSubmit={handleSubmit(save)}`
            let argument = args.iter().position(|&arg| arg == used);
            let run = argument.and_then(|index| run_of(&self.view.eval.call(unit, parent), index));
            if run == Some(Run::Listener)
                && let Some((element, attribute)) = self.attribute_of(unit, parent)
            {
                self.pressed(element, attribute, steps.to_vec());
            }
        }
    }

    /// The element and the name of the attribute whose value a node is.
    fn attribute_of(&self, unit: usize, node: NodeId) -> Option<((usize, NodeId), Name)> {
        let u = self.view.unit_of(unit);
        let element = u.parent(node)?;
        let Kind::Element { attributes, .. } = u.kind(element) else { return None };
        let entry = attributes.iter().find(|entry| entry.value == node)?;
        let Key::Name(name) = &entry.key else { return None };
        Some(((unit, element), name.clone()))
    }
}

/// The name of an element's tag; none for a fragment and for members.
#[must_use]
pub fn tag_name<'v>(view: &UnitView<'v>, (unit, element): (usize, NodeId)) -> Option<&'v Name> {
    let u = view.unit_of(unit);
    let Kind::Element { tag: Some(tag), .. } = u.kind(element) else { return None };
    match u.kind(*tag) {
        Kind::Name { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether a tag is one of the page itself, and no component.
#[must_use]
pub fn is_native(tag: &str) -> bool {
    tag.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether pressing an element does nothing else than to run its handler, and what it is given beside is an attribute of a
/// button of the page: it is one, or a component of the project that only hands on to one what it is given.
#[must_use]
pub fn only_runs_its_handler(view: &UnitView<'_>, element: (usize, NodeId)) -> bool {
    let Some(tag) = tag_name(view, element) else { return false };
    if is_native(tag) {
        return true;
    }
    let u = view.unit_of(element.0);
    let Kind::Element { tag: Some(tag), .. } = u.kind(element.1) else { return false };
    match view.eval.value(element.0, *tag) {
        Value::Function(function) => hands_on(view, &function, MAX_WRAPPERS),
        _ => false,
    }
}

/// Whether a component keeps nothing, and spreads what it is given over a button.
fn hands_on(view: &UnitView<'_>, function: &FnRef, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if function.file == view.linked.file.path || !function.others.is_empty() {
        return false;
    }
    // What it looks like is told to nobody by its name.
    view.world.all_of(&function.file);
    let Some(linked) = view.world.linked(&function.file) else { return false };
    let Some(unit) = linked.file.unit_at(&function.unit) else { return false };
    let look = &mut |there: &UnitView<'_>| {
        let u = there.unit;
        let own = u.function(function.function);
        let Some(body) = own.body else { return false };
        let is_small = there.linked.file.units[unit].nested.is_empty();
        let mut is_handed_on = false;
        for node in u.descendants(body) {
            match u.kind(node) {
                Kind::Call { .. } if is_hook(there, unit, node) => {
                    let name = callee_name(u, node).map(|name| name.as_str());
                    if !matches!(name, Some("useRef" | "useId" | "useMergedRef")) {
                        return false;
                    }
                }
                Kind::Element { tag: Some(tag), attributes, .. } => {
                    let is_spread = attributes.iter().any(|entry| entry.key == Key::Spread);
                    let is_button = match u.kind(*tag) {
                        Kind::Name { name, .. } if name == "button" => true,
                        Kind::Name { binding: Some(binding), .. } => is_a_button_or(there, unit, *binding),
                        _ => false,
                    };
                    let is_another = || match there.eval.value(unit, *tag) {
                        Value::Function(inner) => hands_on(there, &inner, depth),
                        _ => false,
                    };
                    is_handed_on |= is_spread && (is_button || is_another());
                }
                _ => {}
            }
        }
        is_small && is_handed_on
    };
    in_other(view, &function.file, unit, look).unwrap_or(false)
}

/// Whether a tag is a variable that may be a button: `const Comp = asChild ? Slot : 'button'`.
fn is_a_button_or(view: &UnitView<'_>, unit: usize, binding: plimsoll_behavior::BindingId) -> bool {
    let u = view.unit_of(unit);
    let b = u.binding(binding);
    let is_it =
        |node: NodeId| matches!(u.kind(node), Kind::Literal(Literal::String(text)) if text == "button");
    b.kind == BindingKind::Variable
        && b.value.is_some_and(|value| u.descendants(value).into_iter().any(is_it))
}
