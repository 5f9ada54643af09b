//! Callbacks whose promises are looked at by nobody: a rejection of one is handled by nobody.

use plimsoll_behavior::models::{DropsPromises, Run, Slot, TypeModel};
use plimsoll_behavior::{Effects, Function, FunctionId, Kind, Name, NodeId, Unit};
use plimsoll_project::link::{Context, FnRef, Value, run_of};
use plimsoll_project::major_in_use;

use crate::UnitView;
use crate::ask::errors::process_end::process_end;
use crate::view::CallView;

/// A callback whose promise nobody looks at.
pub struct Dropped {
    /// The argument that it is.
    pub node: NodeId,
    /// The function.
    pub function: FnRef,
    /// When it runs.
    pub run: Run,
    /// The package that drops the promise and its major version, where that decides it.
    pub by: Option<(Name, u32)>,
}

/// The callbacks of a call that nobody waits for: handlers of a library that does not look at what they hand out, and,
/// in a service, listeners and timers.
#[must_use]
pub fn dropped_callbacks(unit: &UnitView<'_>, call: &CallView<'_>) -> Vec<Dropped> {
    let Some((_, behavior)) = &call.facts.behavior else { return Vec::new() };
    let Some(run) = behavior.run else { return Vec::new() };
    let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return Vec::new() };
    let callbacks = args.iter().enumerate().filter(|(i, _)| run_of(call.facts, *i) == Some(run));
    let functions = callbacks.filter_map(|(_, &node)| match unit.eval.value(unit.index, node) {
        Value::Function(function) => Some((node, function)),
        _ => None,
    });
    // What is written as middleware is found where it is written, once.
    let is_found_there = |node: NodeId, function: &FnRef| {
        let is_inline = matches!(unit.unit.kind(node), Kind::Function(_) | Kind::Nested(_));
        !is_inline && run == Run::Handler && is_written_as_middleware(unit, function)
    };
    let functions = functions.filter(|(node, function)| !is_found_there(*node, function));
    let functions: Vec<(NodeId, FnRef)> = functions.collect();
    if functions.is_empty() {
        return Vec::new();
    }
    let by = match run {
        Run::Handler => {
            let of_type = call.facts.receiver.and_then(|ty| unit.eval.models.ty(ty).drops_promises.as_ref());
            let drops = behavior.drops_promises.as_ref().or(of_type);
            let Some(by) = drops.and_then(|drops| dropping(unit, drops)) else { return Vec::new() };
            by
        }
        Run::Listener | Run::Interval | Run::Timeout => {
            // What is handed back is waited for by whoever calls it: `debounce(save)`. Of what ends with the process,
            // nothing is left behind.
            let is_handed_back = behavior.yields.as_deref().is_some_and(|yields| yields.starts_with("arg."));
            // Libraries wait for what they call otherwise than for an event: interceptors.
            let is_waited_for = run == Run::Listener && !behavior.slots.contains_key(&Slot::Event);
            let is_of_the_end = process_end(unit, call).is_some();
            if is_handed_back || is_waited_for || is_of_the_end || !unit.is_on_a_server() {
                return Vec::new();
            }
            None
        }
        _ => return Vec::new(),
    };
    let dropped =
        functions.into_iter().map(|(node, function)| Dropped { node, function, run, by: by.clone() });
    dropped.collect()
}

/// A function of the unit that is written to be given to a library which does not look at what it hands out: it takes the
/// library's request and goes on with the next handler. Who hands it over stands elsewhere, and mostly in many places.
#[must_use]
pub fn is_dropped_middleware(unit: &UnitView<'_>, function: FunctionId) -> Option<Option<(Name, u32)>> {
    let u = unit.unit;
    goes_on(u, u.function(function)).then_some(())?;
    let is_kept = matches!(unit.context(function), Context::Named | Context::Returned | Context::Property(_));
    if !is_kept {
        return None;
    }
    let params = u.function(function).params.iter().flat_map(|param| &param.pattern.bindings);
    let of_library = params.flat_map(|&b| u.binding(b).uses.first()).find_map(|&used| {
        let value = unit.eval.value(unit.index, used);
        let ty = value.instance()?.ty;
        let model = is_of_a_request(unit.eval.models.ty(ty))
            .then(|| &unit.eval.models.all()[usize::from(ty.model)])?;
        model.types.iter().find_map(|ty| ty.drops_promises.as_ref())
    });
    dropping(unit, of_library?)
}

/// Whether a function takes a request of a library that does not look at what its handlers return.
pub(crate) fn drops_what_it_returns(unit: &UnitView<'_>, function: FunctionId) -> bool {
    let u = unit.unit;
    let params = u.function(function).params.iter().flat_map(|param| &param.pattern.bindings);
    let drops = params.flat_map(|&b| u.binding(b).uses.first()).find_map(|&used| {
        let value = unit.eval.value(unit.index, used);
        let ty = value.instance()?.ty;
        let model = &unit.eval.models.all()[usize::from(ty.model)];
        model.types.iter().find_map(|ty| ty.drops_promises.as_ref())
    });
    drops.is_some_and(|drops| dropping(unit, drops).is_some())
}

/// Whether a type is what a handler is given: what a user sent, or what answers it.
pub(crate) fn is_of_a_request(ty: &TypeModel) -> bool {
    ty.members.values().any(|member| member.outside)
        || ty.methods.values().any(|method| method.effect.0.contains(Effects::RESPOND))
}

/// Whether a function takes what goes on with the next handler: as the last of three or four things, a function.
fn goes_on(u: &Unit, function: &Function) -> bool {
    let last = function.params.last().filter(|_| matches!(function.params.len(), 3 | 4));
    last.is_some_and(|next| {
        let is_typed = next.ty.as_ref().and_then(|ty| ty.path.last()).is_some_and(|ty| ty.contains("Next"));
        let mut uses = next.pattern.bindings.iter().flat_map(|&b| &u.binding(b).uses);
        is_typed || uses.any(|&used| is_called(u, used))
    })
}

fn is_called(u: &Unit, node: NodeId) -> bool {
    u.parent(node).is_some_and(|call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == node))
}

/// The package and version that drops promises here, where one decides it; none where they are looked at, or nothing says
/// which version it is.
pub(crate) fn dropping(unit: &UnitView<'_>, drops: &DropsPromises) -> Option<Option<(Name, u32)>> {
    let major = |package: &str| major_in_use(unit.project.files, &unit.linked.file.path, package);
    if drops.unless.iter().any(|package| declares(unit, package)) {
        return None;
    }
    let Some((package, before)) = drops.package.as_ref().zip(drops.before) else { return Some(None) };
    let major = major(package).filter(|&major| major < before)?;
    Some(Some((package.clone(), major)))
}

pub(crate) fn is_written_as_middleware(unit: &UnitView<'_>, function: &FnRef) -> bool {
    let mut found = false;
    unit.world.in_file(&function.file, &mut |there| {
        let Some(at) = there.file.unit_at(&function.unit) else { return };
        let u = &there.file.units[at].unit;
        found = u.functions.get(function.function.0 as usize).is_some_and(|own| goes_on(u, own));
    });
    found
}

fn declares(unit: &UnitView<'_>, package: &str) -> bool {
    plimsoll_project::is_declared(unit.project.files, &unit.linked.file.path, package)
}
