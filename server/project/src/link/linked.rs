//! A file whose calls are understood.

use std::cell::Cell;
use std::sync::Arc;

use plimsoll_behavior::models::{ModelLanguage, Models, Slot};
use plimsoll_behavior::{BindingKind, Effects, FunctionId, Key, Kind, NodeId, Unit};
use plimsoll_syntax::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::flow::{hash_flows, numbered};
use super::summary::{Local, locals};
use super::{CallFacts, Evaluator, FileUnits, FnRef, Linker, Site, SlotValue, Summary, Value};
use crate::Files;

/// Other files, as a file under evaluation sees them: only through questions that are answered there.
pub trait World {
    /// The view of files.
    fn files(&self) -> &dyn Files;

    /// Asks something of the file with this path; not called when it is no source or cannot be read.
    fn in_file(&self, path: &str, ask: &mut dyn FnMut(&Evaluator<'_>));

    /// Another file with all its calls understood: for questions about a place in it, which cost as much as the file
    /// is large.
    fn linked(&self, path: &str) -> Option<Arc<Linked>>;

    /// What a function of any file does, its callees in all files included.
    fn summary(&self, function: &FnRef) -> Option<Arc<Summary>>;

    /// What the functions of the unit of a function do by themselves.
    fn locals(&self, function: &FnRef) -> Option<Arc<Vec<Local>>>;

    /// Notes that a file is looked at otherwise than by questions to its evaluator: any change of it counts.
    fn all_of(&self, path: &str);

    /// The sources of the project around a file, in order: those of its workspace, else of its package. Empty when they
    /// are too many to look through, or nothing says where the project begins.
    fn sources_around(&self, path: &str) -> Arc<[String]>;

    /// How many evaluations are under way inside each other, in all files.
    fn depth(&self) -> &Cell<u32>;

    /// Whether somebody asks which way data takes: where nobody does, no function tells it.
    fn follows_data(&self) -> bool;
}

impl dyn World + '_ {
    /// A value that another file knows.
    pub(super) fn ask(&self, path: &str, what: impl Fn(&Evaluator<'_>) -> Value) -> Value {
        let mut value = Value::Unknown;
        self.in_file(path, &mut |eval| value = what(eval));
        value
    }
}

/// What the calls of one unit do.
#[derive(Debug, Default, PartialEq)]
pub struct UnitFacts {
    /// Each call, by its node.
    pub calls: FxHashMap<NodeId, Arc<CallFacts>>,
    /// The calls that yield a value whose body can be read, in source order of their ends. Rules look for them from
    /// every unit nested in this one, where looking at all calls would cost the square of a file of routes.
    pub responses: Vec<NodeId>,
    /// What each of its functions does by itself.
    pub locals: Arc<Vec<Local>>,
    /// Equal as long as nothing changes that other units or files can ask about: effects, callees, results, what is
    /// done with parameters, what is assigned to or released outside.
    pub outward: u64,
}

/// A file whose calls are understood.
#[derive(Debug)]
pub struct Linked {
    /// The file.
    pub file: Arc<FileUnits>,
    /// What the calls of each unit do.
    pub facts: Vec<Arc<UnitFacts>>,
    /// What each of its functions does.
    pub summaries: Arc<FxHashMap<FnRef, Arc<Summary>>>,
    /// Functions that a call hands by their name to a router, a scheduler or a timer, with that call's effects.
    pub registered: Arc<FxHashMap<FnRef, Effects>>,
}

/// Effects of calls that register functions.
const REGISTERING: Effects = Effects::ROUTE.union(Effects::SCHEDULE).union(Effects::TIMER_REPEATING);

/// The models of a language.
#[must_use]
pub fn models_of(language: Language) -> &'static Models {
    Models::embedded(if language.is_script_family() {
        ModelLanguage::Typescript
    } else {
        ModelLanguage::Rust
    })
}

/// Understands a file, which is then the one that `linker` reviews.
pub fn link(file: Arc<FileUnits>, linker: &Linker<'_>) -> Linked {
    let session = linker.open(&file);
    let eval = linker.evaluator(&session);
    let facts: Vec<Arc<UnitFacts>> = (0..file.units.len()).map(|i| Arc::new(unit_facts(&eval, i))).collect();
    let mut summaries = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        for f in 0..unit.locals.len() {
            let function = file.fn_ref(i, FunctionId(u32::try_from(f).expect("few functions")));
            if let Some(summary) = linker.summary(&function) {
                summaries.insert(function, summary);
            }
        }
    }
    let mut registered: FxHashMap<FnRef, Effects> = FxHashMap::default();
    for (i, unit) in facts.iter().enumerate() {
        for (&call, facts) in &unit.calls {
            for function in registered_by(&eval, i, call, facts) {
                *registered.entry(function).or_default() |= facts.effects;
            }
        }
    }
    Linked { facts, summaries: Arc::new(summaries), registered: Arc::new(registered), file }
}

/// The functions that a registering call is handed, wherever they are written.
fn registered_by(eval: &Evaluator<'_>, unit: usize, call: NodeId, facts: &CallFacts) -> Vec<FnRef> {
    if !facts.effects.intersects(REGISTERING) {
        return Vec::new();
    }
    let Kind::Call { args, .. } = eval.file.units[unit].unit.kind(call) else { return Vec::new() };
    let functions = args.iter().filter_map(|&arg| match eval.value(unit, arg) {
        Value::Function(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

impl Linked {
    /// The file with the facts that [`relink`] found.
    #[must_use]
    pub fn with_facts(&self, file: Arc<FileUnits>, facts: Vec<Arc<UnitFacts>>, changed: &[usize]) -> Linked {
        let mut summaries = Arc::clone(&self.summaries);
        if !changed.is_empty() {
            let all = Arc::make_mut(&mut summaries);
            for &unit in changed {
                for (f, local) in facts[unit].locals.iter().enumerate() {
                    let function = file.fn_ref(unit, FunctionId(u32::try_from(f).expect("few functions")));
                    if let Some(old) = self.summaries.get(&function) {
                        // Effects are as before; the nodes that show them have other numbers now.
                        all.insert(function, Arc::new(old.renumbered(local, &self.summaries)));
                    }
                }
            }
        }
        Linked { file, facts, summaries, registered: Arc::clone(&self.registered) }
    }

    /// What one of its functions does.
    #[must_use]
    pub fn summary(&self, function: &FnRef) -> Option<&Arc<Summary>> {
        self.summaries.get(function)
    }
}

/// Evaluates the calls of one unit.
#[must_use]
pub fn unit_facts(eval: &Evaluator<'_>, unit: usize) -> UnitFacts {
    let u = &eval.file.units[unit].unit;
    let calls: FxHashMap<_, _> = u.calls.iter().map(|&call| (call, eval.call(unit, call))).collect();
    let responses = u.calls.iter().copied().filter(|call| yields_response(eval, &calls[call])).collect();
    // Its summaries ask for them too.
    let own = eval.file.fn_ref(unit, FunctionId(0));
    let locals = eval.world.locals(&own).unwrap_or_else(|| Arc::new(locals(eval, unit)));
    let outward = outward(eval, unit, &calls, &locals);
    UnitFacts { calls, responses, locals, outward }
}

fn yields_response(eval: &Evaluator<'_>, facts: &CallFacts) -> bool {
    facts.value.instance().is_some_and(|instance| {
        let mut methods = eval.models.ty(instance.ty).methods.values();
        methods.any(|method| method.effect.0.contains(Effects::RESPONSE_BODY))
    })
}

/// The most nodes that are looked at behind a value; beyond it any change of the unit counts.
const MAX_HELD: usize = 512;

/// Hashes what stands at the nodes of a unit that a value refers to: whoever is handed the value may read there, though
/// the nodes keep their numbers. `seen` has the nodes that were hashed already.
fn hash_held(
    eval: &Evaluator<'_>,
    unit: usize,
    value: &Value,
    seen: &mut FxHashSet<NodeId>,
    hasher: &mut impl std::hash::Hasher,
) {
    let mut sites: Vec<NodeId> = Vec::new();
    let mut open = vec![value];
    let is_own = |site: &Site| site.file == eval.file.path && site.unit == eval.file.units[unit].path;
    while let Some(value) = open.pop() {
        match value {
            Value::Syntax(site) if is_own(site) => sites.push(site.node),
            Value::Instance(instance) => {
                // Where a request has gone is nobody's business who is handed its answer.
                sites.extend(instance.slots.iter().filter_map(|(slot, value)| match value {
                    SlotValue::Node(site) if *slot != Slot::Url && is_own(site) => Some(site.node),
                    _ => None,
                }));
            }
            Value::List(inner) => open.push(inner),
            Value::Shape(members) => open.extend(members.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    for site in sites {
        hash_nodes(eval, unit, site, seen, hasher);
    }
}

/// Hashes what stands at a node of a unit and below it, and what its names mean.
fn hash_nodes(
    eval: &Evaluator<'_>,
    unit: usize,
    root: NodeId,
    seen: &mut FxHashSet<NodeId>,
    hasher: &mut impl std::hash::Hasher,
) {
    use std::hash::Hash;
    if seen.contains(&root) {
        return;
    }
    let entry = &eval.file.units[unit];
    for node in entry.unit.descendants(root) {
        if !seen.insert(node) {
            continue;
        }
        if seen.len() > MAX_HELD {
            return entry.key.hash(hasher);
        }
        let kind = entry.unit.kind(node);
        without_places(&format!("{kind:?}")).hash(hasher);
        if matches!(kind, Kind::Name { .. }) {
            let value = eval.value(unit, node);
            match &value {
                Value::Instance(instance) => instance.ty.hash(hasher),
                Value::Syntax(_) | Value::List(_) | Value::Shape(_) => {}
                plain => plain.hash(hasher),
            }
            hash_held(eval, unit, &value, seen, hasher);
        }
    }
}

/// A node as it is written for developers without the numbers of nodes, bindings and bytes in it, which are others as soon
/// as something stands before.
fn without_places(written: &str) -> String {
    let mut kept = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let digits = from.len() - from.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        kept.push_str(before);
        if !["Id(", "start: ", "end: "].iter().any(|place| before.ends_with(place)) {
            kept.push_str(&from[..digits]);
        }
        rest = &from[digits..];
    }
    kept.push_str(rest);
    kept
}

/// Whether a value of a unit is a part of what the unit returns, and not of a query in it.
fn is_handed_out(u: &Unit, node: NodeId, calls: &FxHashMap<NodeId, Arc<CallFacts>>) -> bool {
    let mut at = node;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Return(_) => return true,
            Kind::Call { .. } if calls.get(&parent).is_some_and(|it| it.effects.intersects(Effects::DB)) => {
                return false;
            }
            Kind::Block { .. } | Kind::Discard(_) => return false,
            _ => at = parent,
        }
    }
    // The expression body of an arrow function.
    true
}

fn outward(
    eval: &Evaluator<'_>,
    unit: usize,
    calls: &FxHashMap<NodeId, Arc<CallFacts>>,
    locals: &[Local],
) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    let u = &eval.file.units[unit].unit;
    let with_flows = locals.iter().find(|local| !local.flows.is_empty());
    let mut held = FxHashSet::default();
    let numbers = with_flows.map_or_else(FxHashMap::default, |local| numbered(&local.flow_calls));
    for local in locals {
        let mut callees: Vec<_> = local.callees.iter().map(|(f, ..)| f).collect();
        callees.sort();
        callees.dedup();
        let effects = local.direct.iter().fold(Effects::empty(), |all, (e, ..)| all | *e);
        (effects, callees, &local.returns, &local.params, local.is_async, &local.role).hash(&mut hasher);
        hash_held(eval, unit, &local.returns, &mut held, &mut hasher);
        hash_flows(&local.flows, &numbers, &mut hasher);
    }
    let function = u.own();
    (function.kind, function.params.len(), &function.name, function.is_async).hash(&mut hasher);
    // A parameter of a constructor is a field of its class, whose type and decorators say what it holds.
    for param in u.functions.iter().flat_map(|function| &function.params) {
        (&param.field, &param.ty, param.is_optional, param.is_rest).hash(&mut hasher);
        param.attributes.iter().for_each(|attribute| (&attribute.path, &attribute.text).hash(&mut hasher));
    }
    // A function may stand for the condition that it makes.
    for &call in &u.calls {
        let is_condition = calls.get(&call).is_some_and(|facts| {
            facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.predicate.is_some())
        });
        if is_condition && is_handed_out(u, call, calls) {
            hash_nodes(eval, unit, call, &mut held, &mut hasher);
        }
    }
    // What reaches outside by a name: assignments, and what is handed to a call that releases.
    let path = |mut node: NodeId| {
        let mut path = String::new();
        loop {
            match u.kind(node) {
                Kind::Member { object, name, .. } => {
                    path.push_str(name);
                    path.push('.');
                    node = *object;
                }
                Kind::Name { name, .. } => {
                    path.push_str(name);
                    return path;
                }
                Kind::This => {
                    path.push_str("this");
                    return path;
                }
                Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => node = *inner,
                _ => return path,
            }
        }
    };
    for node in &u.nodes {
        if let Kind::Assign { target, value, .. } = &node.kind
            && !matches!(u.kind(*target), Kind::Name { binding: Some(_), .. })
        {
            path(*target).hash(&mut hasher);
            let value = eval.value(unit, *value);
            value.hash(&mut hasher);
            hash_held(eval, unit, &value, &mut held, &mut hasher);
        }
        // What a struct is built of is what its fields hold.
        if let Kind::Object { entries, ty: Some(ty) } = &node.kind {
            ty.hash(&mut hasher);
            for entry in entries {
                if let Key::Name(name) = &entry.key {
                    let value = eval.value(unit, entry.value);
                    (name, &value).hash(&mut hasher);
                    hash_held(eval, unit, &value, &mut held, &mut hasher);
                }
            }
        }
    }
    // What a function hands to a callback that it is given.
    for &call in &u.calls {
        if let Kind::Call { callee, args, .. } = u.kind(call)
            && let Kind::Name { binding: Some(b), .. } = u.kind(*callee)
            && matches!(u.binding(*b).kind, BindingKind::Parameter(..))
        {
            args.iter().for_each(|&arg| eval.value(unit, arg).hash(&mut hasher));
        }
    }
    for &call in &u.calls {
        if let Some(facts) = calls.get(&call) {
            registered_by(eval, unit, call, facts).hash(&mut hasher);
        }
        if calls.get(&call).is_some_and(|facts| facts.effects.contains(Effects::RELEASE))
            && let Kind::Call { callee, args, .. } = u.kind(call)
        {
            path(*callee).hash(&mut hasher);
            args.iter().for_each(|&a| path(a).hash(&mut hasher));
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use plimsoll_behavior::{Access, Kind, NodeId, OwnRange};

    use super::without_places;

    #[test]
    fn a_node_is_told_without_its_place() {
        let at = |start: u32, object: u32| Kind::Member {
            object: NodeId(object),
            name: "line1".into(),
            name_range: OwnRange { start, end: start + 5 },
            access: Access::Dot,
        };
        let told = |kind: &Kind| without_places(&format!("{kind:?}"));
        assert_eq!(told(&at(3, 12)), told(&at(40, 7)));
        assert!(told(&at(3, 12)).contains("line1"));
        let text = |limit: &str| Kind::Template {
            pieces: Box::from(["price < ".into(), limit.into()]),
            holes: Box::from([NodeId(4)]),
        };
        assert_ne!(told(&text(" LIMIT 10")), told(&text(" LIMIT 20")));
    }
}
