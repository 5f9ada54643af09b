//! Whether what an object starts is started again in the life of a program: by another object of its class, or by the
//! same one after it was told to stop. Where nothing tells, it is taken for one that lives as long as the program.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{CallForm, FunctionId, FunctionKind, Kind, Literal, Name, NodeId, TypeDecl, Unit};
use plimsoll_project::link::Context;
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::occasion::callers;
use crate::ask::resources::lifetime::{component, has_elements, is_of_connections};
use crate::ask::resources::rescheduled::may_end;
use crate::ask::{binding_of, callee_name, owner_of, role_in_file};
use plimsoll_behavior::words;

/// How many classes a long life is followed through: each is made by the one before.
const MAX_OWNERS: u8 = 4;

/// How many calls are looked at to learn how often something is made.
const MAX_CALLS: usize = 32;

/// Why what an object starts is started more than once.
#[derive(Clone, Debug, PartialEq)]
pub enum Anew {
    /// An object is made for each request, connection, component or turn of a loop.
    Made,
    /// This method ends other timers of the object.
    Stopped(Name),
    /// This method takes a field back that keeps the start from running twice.
    Restarted {
        /// The method that takes it back.
        stop: Name,
        /// The field.
        flag: Name,
        /// The method that sets it and starts the timer.
        start: Name,
    },
    /// This method ends the object.
    Ended(Name),
}

/// Names of methods that end an object.
const ENDS: &[&str] = &[
    "cleanup",
    "close",
    "componentWillUnmount",
    "destroy",
    "disconnect",
    "disconnectedCallback",
    "dispose",
    "end",
    "halt",
    "ngOnDestroy",
    "shutdown",
    "stop",
    "teardown",
    "terminate",
];

/// Why a timer that a method of a class starts is started more than once; none where nothing tells.
#[must_use]
pub(crate) fn anew(view: &UnitView<'_>, class: &Name, node: NodeId) -> Option<Anew> {
    let lives_with_the_program = !is_made_again(view, class);
    let is_one_of_many =
        || is_of_one(view, class) || is_made_for_each(view, class, &mut FxHashSet::default());
    if is_shown(view, class) || !lives_with_the_program && is_one_of_many() {
        return Some(Anew::Made);
    }
    let start = method_around(view, view.index, node)?;
    let is_constructed = view.unit_of(start.0).function(start.1).kind == FunctionKind::Constructor;
    if is_constructed && lives_with_the_program || starts_once(view, class, start, node) {
        return None;
    }
    if !is_constructed && let Some(restarted) = restarted(view, class, start) {
        return Some(restarted);
    }
    if let Some(stop) = stops_others(view, class, start, node) {
        return Some(Anew::Stopped(stop));
    }
    if lives_with_the_program {
        return None;
    }
    let ends = |(name, _): &&(Name, _)| ENDS.contains(&name.as_str());
    let methods = |(_, ty): (usize, &TypeDecl)| ty.methods.iter().find(ends).map(|(name, _)| name.clone());
    view.linked.file.types_named(class).find_map(methods).map(Anew::Ended)
}

/// Whether a method that ends other timers of the object leads to the one that starts this, which ends it before.
pub(crate) fn is_restarted_by(view: &UnitView<'_>, class: &Name, stop: &str, node: NodeId) -> bool {
    let Some(start) = method_around(view, view.index, node) else { return false };
    let own = view.linked.file.fn_ref(start.0, start.1);
    callers(view.linked, &own).into_iter().any(|(unit, call)| {
        method_around(view, unit, call).is_some_and(|(unit, function)| {
            let f = view.unit_of(unit).function(function);
            f.owner.as_ref() == Some(class) && f.name.as_ref().is_some_and(|name| name == stop)
        })
    })
}

/// The method that a node stands in, through closures.
pub(crate) fn method_around(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<(usize, FunctionId)> {
    let around = view.of(unit).functions_around(node);
    let is_method = |unit: usize, function| view.unit_of(unit).function(function).owner.is_some();
    around.into_iter().find(|(unit, function, _)| is_method(*unit, *function)).map(|(u, f, _)| (u, f))
}

/// Whether objects of a class of this file may come and go. One that the file makes itself at its top level, or keeps in
/// one of its variables or in the class, lives as long as the program, and so does what such an object makes for itself.
fn is_made_again(view: &UnitView<'_>, class: &str) -> bool {
    made_again(view, class, MAX_OWNERS)
}

fn made_again(view: &UnitView<'_>, class: &str, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    for (unit, call) in makers(view, class) {
        let u = view.unit_of(unit);
        let f = u.function(u.node(call).function);
        if f.kind == FunctionKind::Module
            || is_kept_by_the_module(view, unit, call)
            || owner_of(view, unit, call).is_some_and(|o| {
                o == class || f.kind == FunctionKind::Constructor && !made_again(view, &o, depth)
            })
        {
            return false;
        }
    }
    let is_injected = |name: &str| name == "Injectable";
    !view
        .linked
        .file
        .types_named(class)
        .any(|(_, ty)| ty.attributes.iter().any(|a| a.path.last().is_some_and(|last| is_injected(last))))
}

/// Whether the objects of a class are components: they make elements, or say so.
fn is_shown(view: &UnitView<'_>, class: &Name) -> bool {
    let is_component = |name: &str| name == "Component" || name == "Directive";
    let mut types = view.linked.file.types_named(class);
    let mut units = view.linked.file.units.iter().enumerate();
    types.any(|(_, ty)| ty.attributes.iter().any(|a| a.path.last().is_some_and(|last| is_component(last))))
        || units.any(|(unit, entry)| {
            let is_of_the_class = entry.unit.function(FunctionId(0)).owner.as_ref() == Some(class);
            is_of_the_class && has_elements(view, unit, FunctionId(0))
        })
}

/// Whether an object of a class is of one of many, which it is given when it is made: an order by its `orderId`, a
/// connection. What there is one of in a program is given no such thing.
fn is_of_one(view: &UnitView<'_>, class: &Name) -> bool {
    const ONE: &[&str] = &["id", "uuid", "socket", "ws", "connection", "req", "request"];
    view.linked.file.units.iter().any(|entry| {
        entry.unit.functions.iter().any(|f| {
            let names_one = |name: &str| words(name).last().is_some_and(|word| ONE.contains(&word.as_str()));
            f.kind == FunctionKind::Constructor
                && f.owner.as_ref() == Some(class)
                && f.params.iter().any(|param| match param.pattern.bindings.as_slice() {
                    [only] => names_one(&entry.unit.binding(*only).name),
                    _ => false,
                })
        })
    })
}

/// The calls of this file that make an object of a class.
fn makers(view: &UnitView<'_>, class: &str) -> Vec<(usize, NodeId)> {
    let mut found = Vec::new();
    for (unit, entry) in view.linked.file.units.iter().enumerate() {
        for &call in &entry.unit.calls {
            let Kind::Call { callee, form: CallForm::New, .. } = entry.unit.kind(call) else { continue };
            let is_the_class = match entry.unit.kind(*callee) {
                Kind::Name { name, .. } => name == class,
                Kind::This => owner_of(view, unit, call).is_some_and(|owner| owner == class),
                _ => false,
            };
            if is_the_class {
                found.push((unit, call));
            }
        }
    }
    found
}

/// Whether what a call makes is kept in a variable of the module: `shared ??= new Cache()`.
fn is_kept_by_the_module(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = &view.linked.file.units[unit].unit;
    let Some(Kind::Assign { target, value, .. }) = u.parent(call).map(|p| u.kind(p)) else { return false };
    let holder = binding_of(view, unit, *target);
    *value == call
        && holder.is_some_and(|(unit, binding)| {
            let u = &view.linked.file.units[unit].unit;
            u.function(u.scopes[u.binding(binding).scope.0 as usize].function).kind == FunctionKind::Module
        })
}

/// Whether this file makes an object of a class more than once, as far as it tells.
fn is_made_for_each(view: &UnitView<'_>, class: &str, seen: &mut FxHashSet<(usize, NodeId)>) -> bool {
    makers(view, class).into_iter().any(|(unit, call)| runs_for_each(view, unit, call, seen))
}

/// Whether a node runs for each request, connection, component or element.
fn runs_for_each(
    view: &UnitView<'_>,
    unit: usize,
    node: NodeId,
    seen: &mut FxHashSet<(usize, NodeId)>,
) -> bool {
    if seen.len() >= MAX_CALLS || !seen.insert((unit, node)) {
        return false;
    }
    if is_in_a_loop(view, unit, node) {
        return true;
    }
    for (unit, function, context) in view.of(unit).functions_around(node) {
        let f = view.unit_of(unit).function(function);
        match &context {
            Context::Runs(Run::Test, _) => return false,
            Context::Runs(Run::Each | Run::Limited | Run::Effect | Run::Handler | Run::Interval, _) => {
                return true;
            }
            Context::Runs(Run::Listener, closure) if is_of_connections(view, closure) => return true,
            Context::Runs(_, closure) if is_in_a_loop(view, closure.unit, closure.call) => return true,
            _ => {}
        }
        let answers = || role_in_file(view, unit, function).is_some_and(|f| f.role.answers_a_request());
        if component(view, unit, function).is_some() || answers() {
            return true;
        }
        if let Some(owner) = &f.owner
            && f.kind == FunctionKind::Constructor
        {
            return is_made_for_each(view, owner, seen);
        }
        if context == Context::Named && f.kind != FunctionKind::Module {
            let own = view.linked.file.fn_ref(unit, function);
            return callers(view.linked, &own)
                .into_iter()
                .any(|(u, call)| runs_for_each(view, u, call, seen));
        }
    }
    false
}

fn is_in_a_loop(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = view.unit_of(unit);
    let mut below = node;
    for around in u.ancestors(node) {
        match u.kind(around) {
            Kind::Loop(l) if l.over != Some(below) => return true,
            Kind::Function(_) => return false,
            _ => below = around,
        }
    }
    false
}

/// A method that clears other timers of a class when it is told to stop: what is started beside them and left running is
/// started again, however long the object lives.
fn stops_others(view: &UnitView<'_>, class: &Name, start: (usize, FunctionId), node: NodeId) -> Option<Name> {
    let started = view.eval.call(view.index, node);
    let (_, behavior) = started.behavior.as_ref()?;
    let releases: Vec<&str> = behavior.release.iter().filter_map(|way| way.strip_prefix("call:")).collect();
    for (unit, entry) in view.linked.file.units.iter().enumerate() {
        for &call in &entry.unit.calls {
            let releases =
                || callee_name(&entry.unit, call).is_some_and(|name| releases.contains(&name.as_str()));
            if !releases() {
                continue;
            }
            let Some(stop) = method_around(view, unit, call) else { continue };
            let f = view.unit_of(stop.0).function(stop.1);
            let (Some(owner), Some(name)) = (&f.owner, &f.name) else { continue };
            let ends_the_object = ENDS.contains(&name.as_str());
            let ends_what_starts_beside =
                || fields_named(&entry.unit, call).iter().any(|field| is_set_in(view, start, field));
            if stop != start && owner == class && (ends_the_object || ends_what_starts_beside()) {
                return Some(name.clone());
            }
        }
    }
    None
}

/// The fields of the object that stand in a node.
fn fields_named(u: &Unit, node: NodeId) -> Vec<Name> {
    let field = |node: NodeId| match u.kind(node) {
        Kind::Member { object, name, .. } if *u.kind(*object) == Kind::This => Some(name.clone()),
        _ => None,
    };
    u.descendants(node).into_iter().filter_map(field).collect()
}

/// What is done to the fields of an object: the method that does it, the field, and what it sets it to.
struct Set {
    method: (usize, FunctionId),
    field: Name,
    to: Option<bool>,
}

/// Where the methods of a class set its fields.
fn sets(view: &UnitView<'_>, class: &Name) -> Vec<Set> {
    let mut found = Vec::new();
    for (unit, entry) in view.linked.file.units.iter().enumerate() {
        let u = &entry.unit;
        for (i, node) in u.nodes.iter().enumerate() {
            let Kind::Assign { target, value, .. } = &node.kind else { continue };
            let Kind::Member { object, name, .. } = u.kind(*target) else { continue };
            if *u.kind(*object) != Kind::This {
                continue;
            }
            let id = NodeId(u32::try_from(i).expect("few nodes"));
            let Some(method) = method_around(view, unit, id) else { continue };
            if view.unit_of(method.0).function(method.1).owner.as_ref() == Some(class) {
                let to = match u.kind(*value) {
                    Kind::Literal(Literal::Bool(to)) => Some(*to),
                    _ => None,
                };
                found.push(Set { method, field: name.clone(), to });
            }
        }
    }
    found
}

fn is_set_in(view: &UnitView<'_>, method: (usize, FunctionId), field: &Name) -> bool {
    let owner = view.unit_of(method.0).function(method.1).owner.clone();
    owner.is_some_and(|class| sets(view, &class).iter().any(|s| s.method == method && s.field == *field))
}

/// The fields that a condition of a method reads.
fn asks_for(view: &UnitView<'_>, method: (usize, FunctionId)) -> Vec<Name> {
    let u = view.unit_of(method.0);
    let mut found = Vec::new();
    for node in &u.nodes {
        let Kind::If { condition: asked, .. } = node.kind else { continue };
        if u.node(asked).function != method.1 {
            continue;
        }
        found.extend(fields_named(u, asked));
    }
    found
}

/// Whether a method starts something once for each object: a field that it asks for first, and sets, is set by no other
/// method.
fn starts_once(view: &UnitView<'_>, class: &Name, start: (usize, FunctionId), node: NodeId) -> bool {
    let sets = sets(view, class);
    let is_construction = |(unit, function): (usize, FunctionId)| {
        view.unit_of(unit).function(function).kind == FunctionKind::Constructor
    };
    conditions_of(view, node)
        .into_iter()
        .flat_map(|(unit, asked)| fields_named(view.unit_of(unit), asked))
        .any(|field| {
            let is_set = sets.iter().any(|set| set.field == field && set.method == start);
            let mut of_the_field = sets.iter().filter(|set| set.field == field);
            is_set && of_the_field.all(|set| set.method == start || is_construction(set.method))
        })
}

/// What decides in its method whether code comes to a node: the conditions around it, and of those that end the method
/// before it.
fn conditions_of(view: &UnitView<'_>, node: NodeId) -> Vec<(usize, NodeId)> {
    let mut found = Vec::new();
    let (mut unit, mut node) = (view.index, node);
    loop {
        let u = view.unit_of(unit);
        let mut below = node;
        for around in u.ancestors(node) {
            match u.kind(around) {
                Kind::If { condition, .. } if *condition != below => found.push((unit, *condition)),
                Kind::Assign { target, op, .. } if op == "??=" => found.push((unit, *target)),
                Kind::Block { statements, .. } => {
                    found.extend(statements.iter().take_while(|&&s| s != below).filter_map(|&s| {
                        match u.kind(s) {
                            Kind::If { condition, .. } if may_end(u, s) => Some((unit, *condition)),
                            _ => None,
                        }
                    }));
                }
                _ => {}
            }
            below = around;
        }
        if u.function(FunctionId(0)).owner.is_some() {
            return found;
        }
        let Some(outer) = view.eval.node_of(unit, FunctionId(0)) else { return found };
        (unit, node) = outer;
    }
}

/// A method that takes back the flag which keeps the start from running twice, and leaves what was started.
fn restarted(view: &UnitView<'_>, class: &Name, start: (usize, FunctionId)) -> Option<Anew> {
    let sets = sets(view, class);
    let own = view.linked.file.fn_ref(start.0, start.1);
    let mut starts = vec![start];
    starts.extend(
        callers(view.linked, &own).into_iter().filter_map(|(unit, call)| method_around(view, unit, call)),
    );
    for start in starts {
        let f = view.unit_of(start.0).function(start.1);
        if f.owner.as_ref() != Some(class) || f.kind == FunctionKind::Constructor {
            continue;
        }
        let asked = asks_for(view, start);
        for raised in sets.iter().filter(|s| s.method == start && s.to == Some(true)) {
            // What a run raises and lowers itself is busy, not started.
            let lowers = |s: &&Set| s.field == raised.field && s.to == Some(false);
            let is_busy = sets.iter().filter(lowers).any(|s| s.method == start);
            if is_busy || !asked.contains(&raised.field) {
                continue;
            }
            let lowered = sets.iter().filter(lowers).find_map(|s| {
                let f = view.unit_of(s.method.0).function(s.method.1);
                (f.kind != FunctionKind::Constructor).then(|| f.name.clone()).flatten()
            });
            if let (Some(stop), Some(start)) = (lowered, f.name.clone()) {
                return Some(Anew::Restarted { stop, flag: raised.field.clone(), start });
            }
        }
    }
    None
}
