//! What others can ask of a unit, as one number: as long as it is equal, they need not ask again.

use std::sync::Arc;

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{
    BindingKind, BlockForm, CallForm, Effects, FunctionId, Key, Kind, LoopKind, Node, NodeId, Unit,
};
use rustc_hash::{FxHashMap, FxHashSet};

#[cfg(doc)]
use super::UnitFacts;
use super::demanded::demanded;
use super::flow::{hash_flows, numbered};
use super::linked::registered_by;
use super::routes::marks_of_who;
use super::summary::Local;
use super::{
    CallFacts, Context, Evaluator, Site, SlotValue, Value, compares_amounts, is_looked_up, kept_use,
};

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

/// Hashes what decides whether a caller has to wait for what a unit does: whether calls stand in tasks, when closures run.
/// Around a call that blocks its thread or is of one end of a queue, and in a loop that never ends, anything does: whether it
/// is done once, what leaves it.
fn hash_around_what_blocks(
    eval: &Evaluator<'_>,
    unit: usize,
    calls: &FxHashMap<NodeId, Arc<CallFacts>>,
    locals: &[Local],
    hasher: &mut impl std::hash::Hasher,
) {
    use std::hash::Hash;
    let entry = &eval.file.units[unit];
    let u: &Unit = &entry.unit;
    let is_in_a_task = |node: NodeId| {
        let is_task = |around: NodeId| matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. });
        u.ancestors(node).any(is_task)
    };
    let own = |call: &&NodeId| calls.get(call).is_some_and(|facts| facts.target.is_some());
    u.calls.iter().filter(own).for_each(|&call| is_in_a_task(call).hash(hasher));
    for i in 0..u.functions.len() {
        let context = eval.context(unit, FunctionId(u32::try_from(i).expect("few functions")));
        matches!(context, Context::Passed(_) | Context::Runs(Run::Memo, _)).hash(hasher);
        matches!(context, Context::Runs(Run::Task, _)).hash(hasher);
    }
    let blocks =
        |local: &Local| local.direct.iter().any(|(effects, ..)| effects.intersects(Effects::BLOCKS_FOR_LONG));
    let goes_on =
        |node: &Node| matches!(&node.kind, Kind::Loop(own) if matches!(own.kind, LoopKind::Forever));
    let is_of_a_queue =
        |facts: &Arc<CallFacts>| facts.receiver.is_some_and(|ty| eval.models.ty(ty).queue_end);
    if locals.iter().any(blocks) || u.nodes.iter().any(goes_on) || calls.values().any(is_of_a_queue) {
        entry.key.hash(hasher);
    }
}

/// Whether a unit sends a request that somebody hands to it: what becomes of that is seen where it is built.
fn sends_what_it_is_given(
    eval: &Evaluator<'_>,
    unit: usize,
    calls: &FxHashMap<NodeId, Arc<CallFacts>>,
) -> bool {
    let u: &Unit = &eval.file.units[unit].unit;
    let mut sent = calls.iter().filter(|(_, facts)| facts.effects.contains(Effects::HTTP_REQUEST));
    sent.any(|(&call, facts)| {
        let Some(receiver) = facts.receiver else { return false };
        let mut at = call;
        for _ in 0..MAX_HELD {
            at = match u.kind(at) {
                Kind::Call { callee, .. } => *callee,
                Kind::Member { object, .. } => *object,
                Kind::Name { binding: Some(b), .. } => match (u.binding(*b).kind, u.binding(*b).value) {
                    (BindingKind::Parameter(..), _) => {
                        return eval.value(unit, at).instance().is_some_and(|own| own.ty == receiver);
                    }
                    (BindingKind::Variable, Some(value)) => value,
                    _ => return false,
                },
                _ => return false,
            };
        }
        false
    })
}

/// What a unit tells outward: see [`UnitFacts::outward`].
pub(super) fn outward(
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
        let mut failures: Vec<_> = local.failures.iter().map(|it| (&it.callee, it.fails)).collect();
        failures.sort();
        failures.dedup();
        (local.is_opaque, failures).hash(&mut hasher);
        hash_held(eval, unit, &local.returns, &mut held, &mut hasher);
        hash_flows(&local.flows, &numbers, &mut hasher);
    }
    hash_around_what_blocks(eval, unit, calls, locals, &mut hasher);
    if sends_what_it_is_given(eval, unit, calls) {
        eval.file.units[unit].key.hash(&mut hasher);
    }
    demanded(u).hash(&mut hasher);
    let function = u.own();
    (function.kind, function.params.len(), &function.name, function.is_async).hash(&mut hasher);
    // What a method answers, and by what it is guarded, is compared with its neighbours.
    function.attributes.iter().for_each(|attribute| (&attribute.path, &attribute.text).hash(&mut hasher));
    // Whether it looks at who asks is a question of whoever it stands before.
    marks_of_who(u).hash(&mut hasher);
    // What a function makes that shows something is made again with each that is shown.
    u.nodes.iter().any(|node| matches!(node.kind, Kind::Element { .. })).hash(&mut hasher);
    // A parameter of a constructor is a field of its class, whose type and decorators say what it holds.
    for param in u.functions.iter().flat_map(|function| &function.params) {
        (&param.field, &param.ty, param.is_optional, param.is_rest).hash(&mut hasher);
        param.attributes.iter().for_each(|attribute| (&attribute.path, &attribute.text).hash(&mut hasher));
    }
    // A guard is known by the type that is written, which looks through to what it guards as a value.
    u.functions.iter().for_each(|function| function.returns.hash(&mut hasher));
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
        // `this.attempts += 1`, counted in another way.
        if let Kind::Unary { op, value } = &node.kind
            && matches!(op.as_str(), "++" | "--")
            && !matches!(u.kind(*value), Kind::Name { binding: Some(_), .. })
        {
            path(*value).hash(&mut hasher);
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
    // What it does with what its module keeps.
    if unit != 0 && u.free_names.iter().any(|name| eval.file.keeps(name)) {
        compares_amounts(u).hash(&mut hasher);
        for (i, node) in u.nodes.iter().enumerate() {
            if let Kind::Name { name, binding: None } = &node.kind
                && eval.file.keeps(name)
            {
                let at = NodeId(u32::try_from(i).expect("few nodes"));
                let used = std::mem::discriminant(&kept_use(u, at));
                (name, used, is_looked_up(u, at)).hash(&mut hasher);
            }
        }
    }
    // What it makes, and what it listens to, tells others when it runs again.
    for &call in &u.calls {
        if let Kind::Call { form: CallForm::New, args, .. } = u.kind(call) {
            args.is_empty().hash(&mut hasher);
        }
        if let Some(SlotValue::Node(event)) = calls.get(&call).and_then(|facts| facts.slot(Slot::Event))
            && event.unit == eval.file.units[unit].path
        {
            eval.value(unit, event.node).hash(&mut hasher);
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
        // What a value is need not be known where it is released.
        let is_named_so = |callee: NodeId| match u.kind(callee) {
            Kind::Name { name, .. } | Kind::Member { name, .. } => eval.models.is_releasing(name),
            _ => false,
        };
        if let Kind::Call { callee, args, .. } = u.kind(call)
            && (calls.get(&call).is_some_and(|facts| facts.effects.contains(Effects::RELEASE))
                || is_named_so(*callee))
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
