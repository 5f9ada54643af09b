//! Questions about requests to other services.

use plimsoll_behavior::models::{Behavior, Slot};
use plimsoll_behavior::{
    Access, BindingId, BindingKind, Effects, Exported, FunctionId, Kind, Literal, Name, NodeId,
};
use plimsoll_project::link::{CallFacts, FnRef, Holder, Setting, SlotValue, Value};

use crate::UnitView;
use crate::ask::occasion::in_other;
use crate::ask::resilience::response::{follow, response_type};
use crate::ask::role::{Role, role};
use crate::view::CallView;

/// How many names and functions a time limit is looked for through.
const MAX_STEPS: usize = 40;

/// How many functions what is built for a request is followed through.
const MAX_HANDED: u8 = 3;

/// The constant text that the URL of a request begins with, where it stands in this unit.
#[must_use]
pub fn url_head(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Name> {
    let node = unit.own_node(call.slot(Slot::Url))?;
    head(unit, node)
}

fn head(unit: &UnitView<'_>, node: NodeId) -> Option<Name> {
    match unit.unit.kind(node) {
        Kind::Template { pieces, holes } if pieces.first().is_some_and(|p| p.is_empty()) => {
            holes.first().and_then(|&hole| unit.eval.text_head(unit.index, hole))
        }
        _ => unit.eval.text_head(unit.index, node),
    }
}

/// Whether a request goes to where the code itself came from: a path without a host, a bundled resource.
#[must_use]
pub fn is_same_origin(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if is_bundled(unit, call) {
        return true;
    }
    let Some(head) = url_head(unit, call) else { return false };
    let is_path = head.starts_with('/') && !head.starts_with("//");
    is_path || head.starts_with("./") || head.starts_with("../") || is_inline(&head)
}

/// Whether nothing goes over the network: `data:`, `blob:`, files, what was bundled with the code.
#[must_use]
pub fn is_local_resource(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    is_bundled(unit, call)
        || url_head(unit, call).is_some_and(|head| is_inline(&head))
        || is_named_local(unit, call)
}

/// Last parts of addresses at which a service says how it is: one that is not well says so with a failed status, and in
/// the body.
const HEALTH: &[&str] =
    &["health", "healthz", "healthcheck", "ready", "readyz", "readiness", "live", "livez", "liveness"];

/// Whether a request asks how a service is, by the end of its address.
#[must_use]
pub fn asks_for_health(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(node) = unit.own_node(call.slot(Slot::Url)) else { return false };
    let end = match unit.unit.kind(node) {
        Kind::Template { pieces, .. } => pieces.last().cloned(),
        _ => unit.eval.text_head(unit.index, node),
    };
    let path = end.as_deref().map(|end| end.split(['?', '#']).next().unwrap_or_default());
    path.and_then(|path| path.rsplit('/').next()).is_some_and(|last| HEALTH.contains(&last))
}

/// Ends of the names of files that are delivered with a page.
const FILES: &[&str] =
    &[".json", ".geojson", ".svg", ".png", ".jpg", ".webp", ".txt", ".md", ".csv", ".wasm", ".glb", ".html"];

/// Whether what is asked for is a file that is delivered with the page: `/curve.json`.
#[must_use]
pub fn is_delivered_with_the_page(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(node) = unit.own_node(call.slot(Slot::Url)) else { return false };
    let Kind::Literal(Literal::String(path)) = unit.unit.kind(node) else { return false };
    is_same_origin(unit, call) && FILES.iter().any(|end| path.ends_with(end))
}

fn is_inline(head: &str) -> bool {
    ["data:", "blob:", "file:"].iter().any(|scheme| head.starts_with(scheme))
}

/// `new URL("./model.wasm", import.meta.url)`, in place or by a name.
fn is_bundled(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(mut node) = unit.own_node(call.slot(Slot::Url)) else { return false };
    if let Kind::Name { binding: Some(b), .. } = unit.unit.kind(node)
        && let Some(value) = unit.unit.binding(*b).value
    {
        node = value;
    }
    unit.text(node).contains("import.meta.url")
}

/// The text of a file or picture that is held in memory, by the field's name for it: `dataUrl`, `asset.uri`.
fn is_named_local(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(node) = unit.own_node(call.slot(Slot::Url)) else { return false };
    let (Kind::Name { name, .. } | Kind::Member { name, .. }) = unit.unit.kind(node) else { return false };
    let name = name.to_ascii_lowercase().replace('_', "");
    ["dataurl", "datauri", "bloburl", "objecturl", "localuri", "fileuri", "imageuri"]
        .iter()
        .any(|end| name.ends_with(end))
        || name == "uri" && is_read_as_bytes(unit, call)
        || name == "url" && is_of_a_blob(unit, call)
}

/// Whether the function around is given the address of a blob, by its name: `blobUrlToBase64(url)`.
fn is_of_a_blob(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let functions = unit.functions_around(call.node);
    let Some(&(at, function, _)) = functions.first() else { return false };
    let name = unit.unit_of(at).function(function).name.as_deref().unwrap_or_default();
    let name = name.to_ascii_lowercase().replace('_', "");
    name.contains("bloburl") || name.contains("objecturl")
}

/// Whether the body is only read as the bytes of a file: `(await fetch(asset.uri)).blob()`.
fn is_read_as_bytes(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(ty) = response_type(unit, call) else { return false };
    follow(unit, call.node, ty).reads.iter().all(|&(index, read)| {
        let u = &unit.linked.file.units[index].unit;
        let Kind::Call { callee, .. } = u.kind(read) else { return false };
        matches!(u.kind(*callee), Kind::Member { name, .. } if matches!(name.as_str(), "blob" | "arrayBuffer" | "bytes"))
    })
}

/// Whether a request of a library ends after some time whatever the other side does. A client of which nothing is known counts as one that does not.
#[must_use]
pub fn is_bounded(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if has_deadline_around(unit, call.node)
        || is_bounded_later(unit, call.node)
        || is_set_in_file(unit, call.node)
        || is_set_elsewhere(unit, call)
    {
        return true;
    }
    facts_are_bounded(call.facts) || is_bounded_by_what_it_takes(unit, call) || is_streamed(unit, call)
}

/// Whether a time limit is set on what the call yields: `request.setTimeout(5_000)`, `request.on("timeout", …)`.
fn is_bounded_later(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let sets = |node: NodeId| {
        let Some(member) = u.parent(node).filter(|&p| matches!(u.kind(p), Kind::Member { .. })) else {
            return false;
        };
        let Some(facts) = u.parent(member).and_then(|call| unit.call(call)) else { return false };
        let listens = unit.own_node(facts.slot(Slot::Event)).and_then(|e| unit.eval.text_head(unit.index, e));
        facts.facts.effects.contains(Effects::DEADLINE) || listens.is_some_and(|event| event == "timeout")
    };
    let bound = u.bindings.iter().filter(|b| b.value == Some(call)).flat_map(|b| &b.uses);
    sets(call) || bound.copied().any(sets)
}

/// Whether a model or an argument says that the call has a time limit.
fn facts_are_bounded(facts: &CallFacts) -> bool {
    let is_enough = |b: &Behavior| b.default_timeout.is_some() && b.unbounded.is_none();
    let has_default = facts.behavior.as_ref().is_some_and(|(_, b)| is_enough(b));
    has_default || facts.slot(Slot::Timeout).is_some()
}

/// `fetch(request)`, where the request may carry a signal.
fn is_bounded_by_what_it_takes(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(node) = unit.own_node(call.slot(Slot::Url)) else { return false };
    let Value::Instance(request) = unit.eval.value(unit.index, node) else { return false };
    let construct = unit.eval.models.ty(request.ty).construct.as_ref();
    construct.is_some_and(|c| c.slots.contains_key(&Slot::Timeout))
        && (request.slot(Slot::Timeout).is_some() || request.slot(Slot::Url).is_none())
}

/// Whether the response is meant to last: its body is taken piece by piece, a handler hands it through to its own caller
/// as it is, or the request asks for events.
fn is_streamed(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let followed = response_type(unit, call).map(|ty| follow(unit, call.node, ty));
    let is_followed = followed.is_some_and(|found| {
        let is_answer = || role(unit, call.node).is_some_and(Role::answers_a_request);
        found.is_streamed || found.is_returned && found.reads.is_empty() && is_answer()
    });
    is_followed || asks_for_events(unit, call)
}

/// Whether nobody waits for what a call promises: it is a statement of its own, of which at most the failure is looked
/// at. `fetch(url).catch(() => {})` What is done with the answer may be what somebody waits for, unless it says itself that
/// nobody does: `void fetch(url).then(…)`
#[must_use]
pub fn is_left_alone(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let (mut at, mut is_used, mut is_void) = (call, false, false);
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { object, name, .. }
                if *object == at && matches!(name.as_str(), "then" | "catch" | "finally") =>
            {
                is_used |= name == "then";
            }
            Kind::Call { callee, .. } if *callee == at => {}
            Kind::Unary { op, .. } if op == "void" => is_void = true,
            Kind::Discard(_) => return is_void || !is_used,
            _ => return false,
        }
        at = parent;
    }
    false
}

fn asks_for_events(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Options) else { return false };
    if site.file != unit.linked.file.path {
        return false;
    }
    let Some((index, node)) = unit.node_at(site) else { return false };
    let object = match unit.eval.value(index, node) {
        Value::Syntax(site) if site.file == unit.linked.file.path => unit.node_at(&site),
        _ => None,
    };
    let (index, node) = object.unwrap_or((index, node));
    let u = &unit.linked.file.units[index].unit;
    u.descendants(node).into_iter().any(|n| {
        matches!(u.kind(n), Kind::Literal(Literal::String(text)) if text.contains("text/event-stream") || text == "stream")
    })
}

/// Whether a node is handed to something that bounds its time: in place, by a name, as the body of a function that is
/// only called so in this file.
#[must_use]
pub fn has_deadline_around(unit: &UnitView<'_>, node: NodeId) -> bool {
    let mut open = vec![(unit.index, node)];
    let mut seen = Vec::new();
    while let Some((index, node)) = open.pop() {
        if seen.contains(&(index, node)) || seen.len() > MAX_STEPS {
            continue;
        }
        seen.push((index, node));
        let u = &unit.linked.file.units[index].unit;
        let mut inner = node;
        for around in u.ancestors(node) {
            match u.kind(around) {
                Kind::Call { args, .. } if args.contains(&inner) && bounds(unit, index, around) => {
                    return true;
                }
                Kind::Let { init: Some(init), .. } if *init == inner => {
                    let bound = (0..u.bindings.len()).filter(|&i| u.bindings[i].value == Some(inner));
                    let ids = bound.map(|i| BindingId(u32::try_from(i).expect("few bindings")));
                    let uses = ids.flat_map(|id| u.binding(id).uses.iter().map(|&used| (index, used)));
                    open.extend(uses.filter(|&(_, used)| is_handed_on(u, used)));
                }
                _ => {}
            }
            inner = around;
        }
        let function = u.node(node).function;
        if let Some(closure) = unit.eval.closure(index, function) {
            open.push((closure.unit, closure.node));
        } else if let Some(calls) = calls_in_file(unit, index, function)
            && !calls.is_empty()
            && calls.iter().all(|&(i, call)| is_argument_of_bound(unit, i, call))
        {
            return true;
        }
    }
    false
}

/// Whether every request of a client that is made here is made here too and has a time limit of its own, or yields what
/// is meant to last.
#[must_use]
pub fn is_client_bounded_where_used(unit: &UnitView<'_>, client: &CallView<'_>) -> bool {
    let u = unit.unit;
    let mut at = client.node;
    while let Some(parent) = u.parent(at)
        && matches!(u.kind(parent), Kind::Try(_) | Kind::Await(_) | Kind::NonNull(_))
    {
        at = parent;
    }
    let bound = u.bindings.iter().find(|b| b.value == Some(at));
    let is_shared = bound.is_some_and(|b| {
        b.scope.0 == 0 && unit.index == 0
            || unit.unit.nested.iter().enumerate().any(|(i, _)| {
                let inner = unit.linked.file.units[unit.index].nested[i];
                unit.linked.file.units[inner].unit.free_names.contains(&b.name)
            })
    });
    if is_shared {
        return is_used_for_streams(unit, client);
    }
    let open = bound.map_or_else(|| vec![at], |b| b.uses.clone());
    match ends_of_chains(unit, open, 0) {
        Ends::Bounded => true,
        Ends::Open => false,
        Ends::Elsewhere => is_used_for_streams(unit, client),
    }
}

/// What is known of all that chains of calls lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Requests, each with a time limit.
    Bounded,
    /// A request without one, or none at all.
    Open,
    Elsewhere,
}

/// What chains of calls that begin with `open` lead to, also through functions of the project that are handed what is built.
fn ends_of_chains(unit: &UnitView<'_>, mut open: Vec<NodeId>, depth: u8) -> Ends {
    let mut has_request = false;
    let mut seen = Vec::new();
    while let Some(start) = open.pop() {
        if seen.contains(&start) {
            continue;
        }
        seen.push(start);
        match end_of_chain(unit, start) {
            ChainEnd::Request(request) if is_bounded(unit, &request) => has_request = true,
            ChainEnd::Bound(uses) => open.extend(uses),
            ChainEnd::Request(_) => return Ends::Open,
            ChainEnd::Handed(function, index) if depth < MAX_HANDED => {
                match ends_where_handed(unit, &function, index, depth) {
                    Ends::Bounded => has_request = true,
                    other => return other,
                }
            }
            ChainEnd::Handed(..) | ChainEnd::Elsewhere => return Ends::Elsewhere,
        }
    }
    if has_request { Ends::Bounded } else { Ends::Open }
}

/// The same of what a function of the project is handed as this parameter.
fn ends_where_handed(unit: &UnitView<'_>, function: &FnRef, index: u16, depth: u8) -> Ends {
    let look = |there: &UnitView<'_>| {
        let is_it = BindingKind::Parameter(function.function, index);
        let taken = there.unit.bindings.iter().find(|b| b.kind == is_it && b.path.is_empty());
        taken.map_or(Ends::Elsewhere, |taken| ends_of_chains(there, taken.uses.clone(), depth + 1))
    };
    if function.file == unit.linked.file.path {
        let at = unit.linked.file.unit_at(&function.unit);
        return at.map_or(Ends::Elsewhere, |at| look(&unit.of(at)));
    }
    let linked = unit.world.linked(&function.file);
    let at = linked.and_then(|linked| linked.file.unit_at(&function.unit));
    at.and_then(|at| in_other(unit, &function.file, at, &mut |there| look(there))).unwrap_or(Ends::Elsewhere)
}

/// Methods that put another value in the place of one that could not be made.
const FALLBACKS: &[&str] = &["unwrap_or", "unwrap_or_else", "or_else", "map_or_else"];

/// Whether a client only stands in for one that could not be made, and that has a time limit: what cannot be made with one
/// hardly ever happens. `builder.timeout(limit).build().unwrap_or_else(|_| Client::new())`
#[must_use]
pub fn stands_in_for_a_bounded_one(unit: &UnitView<'_>, client: &CallView<'_>) -> bool {
    let (mut at, mut node) = (unit.index, client.node);
    if let Some(closure) = unit.eval.closure(at, unit.unit.node(node).function) {
        (at, node) = (closure.unit, closure.call);
    } else if let Some(parent) = unit.unit.parent(node) {
        node = parent;
    }
    let u = unit.unit_of(at);
    let Kind::Call { callee, .. } = u.kind(node) else { return false };
    let Kind::Member { object, name, .. } = u.kind(*callee) else { return false };
    FALLBACKS.contains(&name.as_str())
        && matches!(u.kind(*object), Kind::Call { .. })
        && facts_are_bounded(&unit.eval.call(at, *object))
}

/// Whether a client that goes where it cannot be followed is used for streams: all requests by clients of its kind in
/// the file yield what is meant to last. A limit for the whole of them would cut them off.
fn is_used_for_streams(unit: &UnitView<'_>, client: &CallView<'_>) -> bool {
    let Some((model, _)) = &client.facts.behavior else { return false };
    let mut is_any = false;
    for index in 0..unit.linked.file.units.len() {
        let there = unit.of(index);
        for request in there.calls() {
            let is_of_client = request.facts.effects.contains(Effects::HTTP_REQUEST)
                && request.facts.receiver.is_some()
                && request.facts.behavior.as_ref().is_some_and(|(m, _)| m == model);
            if is_of_client && !is_streamed(&there, &request) {
                return false;
            }
            is_any |= is_of_client;
        }
    }
    is_any
}

/// What a chain of calls leads to.
enum ChainEnd<'a> {
    Request(CallView<'a>),
    /// A name, with its uses.
    Bound(Vec<NodeId>),
    /// A function of the project, and which of its parameters it becomes.
    Handed(FnRef, u16),
    Elsewhere,
}

/// What the chain of calls that begins with `start` leads to.
fn end_of_chain<'a>(unit: &UnitView<'a>, start: NodeId) -> ChainEnd<'a> {
    let u = unit.unit;
    let mut at = start;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Member { object, .. } if *object == at => {}
            Kind::Call { callee, .. } if *callee == at => match unit.call(parent) {
                Some(call) if call.facts.effects.contains(Effects::HTTP_REQUEST) => {
                    return ChainEnd::Request(call);
                }
                Some(_) => {}
                None => return ChainEnd::Elsewhere,
            },
            Kind::Call { callee, args, .. } => {
                let index = args.iter().position(|&arg| arg == at);
                let target = unit.call(parent).and_then(|call| call.facts.target.clone());
                // What a method is called on takes no place among its parameters.
                let is_plain = !matches!(u.kind(*callee), Kind::Member { access: Access::Dot, .. });
                return match (target, index.map(u16::try_from)) {
                    (Some(function), Some(Ok(index))) if is_plain && function.alternatives().count() == 1 => {
                        ChainEnd::Handed(function, index)
                    }
                    _ => ChainEnd::Elsewhere,
                };
            }
            Kind::Try(_) | Kind::Await(_) => {}
            Kind::Let { init: Some(init), .. } if *init == at => {
                let uses = u.bindings.iter().filter(|b| b.value == Some(at)).flat_map(|b| b.uses.clone());
                return ChainEnd::Bound(uses.collect());
            }
            // `request = request.header(…)`: the same request, followed by its name.
            Kind::Assign { target, .. } => match u.kind(*target) {
                Kind::Name { binding: Some(b), .. } => return ChainEnd::Bound(u.binding(*b).uses.clone()),
                _ => return ChainEnd::Elsewhere,
            },
            _ => return ChainEnd::Elsewhere,
        }
        at = parent;
    }
    ChainEnd::Elsewhere
}

/// Whether a statement of this file gives the value that a call is made by, or makes, a time limit:
/// `client.defaults.timeout = 5_000`.
fn is_set_in_file(unit: &UnitView<'_>, call: NodeId) -> bool {
    let Some(holder) = holder(unit, call) else { return false };
    let models = unit.eval.models;
    (0..unit.linked.file.units.len()).any(|index| {
        let there = unit.of(index);
        there.unit.nodes.iter().any(|node| {
            let Kind::Assign { target, .. } = &node.kind else { return false };
            let Kind::Member { object, name, .. } = there.unit.kind(*target) else { return false };
            let Value::Instance(of) = there.eval.value(index, *object) else { return false };
            models.member(of.ty, name).is_some_and(|m| m.sets == Some(Slot::Timeout))
                && there
                    .dotted(*object)
                    .is_some_and(|path| path.strip_prefix(&holder).is_some_and(|rest| rest.starts_with('.')))
        })
    })
}

/// Whether a file by which the program starts gives the library, or the client that is made here, a time limit.
fn is_set_elsewhere(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some((model, _)) = &call.facts.behavior else { return false };
    let packages = &unit.eval.models.all()[usize::from(*model)].packages;
    let is_bare = call.facts.receiver.is_none() && call.facts.effects.contains(Effects::HTTP_REQUEST);
    let sets_it = |setting: Setting| {
        let is_it = match &setting.of {
            // A client takes over what holds when it is made: before the file that starts the program runs.
            Holder::Package(package) => is_bare && packages.contains(package),
            Holder::Export(file, name) => {
                *file == unit.linked.file.path && is_exported_as(unit, call.node, name)
            }
        };
        is_it && setting.slot == Slot::Timeout
    };
    unit.world.settings_around(&unit.linked.file.path).into_iter().any(sets_it)
}

/// Whether the file exports what a call yields under this name.
fn is_exported_as(unit: &UnitView<'_>, call: NodeId, name: &str) -> bool {
    unit.index == 0
        && unit.unit.exports.iter().any(|export| {
            export.name == name
                && match &export.local {
                    Exported::Binding(b) => unit.unit.binding(*b).value == Some(call),
                    Exported::Value(node) => *node == call,
                    Exported::From(..) => false,
                }
        })
}

/// The name that a request is made by (`axios` of `axios.get`), or that a client is bound to.
fn holder(unit: &UnitView<'_>, call: NodeId) -> Option<String> {
    let u = unit.unit;
    if unit.call(call)?.facts.effects.contains(Effects::HTTP_CLIENT) {
        let bound = u.bindings.iter().find(|b| b.value == Some(call)).map(|b| b.name.to_string());
        return bound.or_else(|| match u.kind(u.parent(call)?) {
            Kind::Assign { target, .. } => unit.dotted(*target),
            _ => None,
        });
    }
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    match u.kind(*callee) {
        Kind::Member { object, .. } => unit.dotted(*object),
        _ => None,
    }
}

/// Whether the name stands as an argument or in an array: a future that is handed on.
fn is_handed_on(u: &plimsoll_behavior::Unit, used: NodeId) -> bool {
    u.parent(used)
        .is_some_and(|p| matches!(u.kind(p), Kind::Call { .. } | Kind::Array(_) | Kind::Unary { .. }))
}

fn bounds(unit: &UnitView<'_>, index: usize, call: NodeId) -> bool {
    let facts = unit.eval.call(index, call);
    let of_own = facts.target.as_ref().and_then(|target| unit.summary(target));
    facts.effects.contains(Effects::DEADLINE)
        || of_own.is_some_and(|s| {
            s.effects.contains(Effects::DEADLINE) && !s.effects.contains(Effects::HTTP_REQUEST)
        })
}

fn is_argument_of_bound(unit: &UnitView<'_>, index: usize, call: NodeId) -> bool {
    let u = &unit.linked.file.units[index].unit;
    let mut inner = call;
    u.ancestors(call).any(|around| {
        let is_bound = matches!(u.kind(around), Kind::Call { args, .. } if args.contains(&inner))
            && bounds(unit, index, around);
        inner = around;
        is_bound
    })
}

/// The calls of a function in its own file; none for a closure or a module.
fn calls_in_file(unit: &UnitView<'_>, index: usize, function: FunctionId) -> Option<Vec<(usize, NodeId)>> {
    let wanted = unit.linked.file.fn_ref(index, function);
    unit.linked.file.units[index].unit.function(function).name.as_ref()?;
    let mut calls = Vec::new();
    for (i, facts) in unit.linked.facts.iter().enumerate() {
        for (&call, facts) in &facts.calls {
            if facts.target.as_ref() == Some(&wanted) {
                calls.push((i, call));
            }
        }
    }
    Some(calls)
}
