//! What can be asked of any unit of the file under review, not only of the one that a rule looks at.

use std::sync::Arc;

use plimsoll_behavior::models::{FilterForm, Slot};
use plimsoll_behavior::{BindingId, Effects, Kind, Literal, Name, NodeId, Unit};
use plimsoll_project::link::{CallFacts, Evaluator, FnRef, ParamFacts, SlotValue, Witness};

use crate::UnitView;

/// How many own functions a chain of calls is followed through.
const MAX_CHAIN: usize = 16;

/// The unit with this index.
pub(crate) fn unit_of<'v>(view: &UnitView<'v>, unit: usize) -> &'v Unit {
    &view.linked.file.units[unit].unit
}

/// Looks at the unit of a function of the project, in whichever file it stands.
pub(crate) fn in_function(view: &UnitView<'_>, function: &FnRef, look: &mut dyn FnMut(&UnitView<'_>)) {
    if function.file == view.linked.file.path {
        if let Some(index) = view.linked.file.unit_at(&function.unit) {
            look(&view.of(index));
        }
        return;
    }
    let Some(linked) = view.world.linked(&function.file) else { return };
    let Some(index) = linked.file.unit_at(&function.unit) else { return };
    view.world.in_file(&function.file, &mut |eval| {
        look(&UnitView {
            eval,
            linked: &linked,
            world: view.world,
            index,
            unit: &linked.file.units[index].unit,
            facts: &linked.facts[index],
            project: view.project,
        });
    });
}

/// All that a call of any unit may do, through the project's own functions.
pub(crate) fn effects_of(view: &UnitView<'_>, unit: usize, call: NodeId) -> Effects {
    let facts = view.eval.call(unit, call);
    let own = facts.target.as_ref().and_then(|target| view.summary(target));
    facts.effects | own.map_or(Effects::empty(), |summary| summary.effects)
}

/// The calls below a node that run with it, each with all that it may do. A function that is a unit of its own stands
/// for its calls.
pub(crate) fn calls_within(view: &UnitView<'_>, unit: usize, root: NodeId) -> Vec<(NodeId, Effects)> {
    let u = unit_of(view, unit);
    let mut calls = Vec::new();
    for node in u.descendants(root) {
        match u.kind(node) {
            Kind::Call { .. } => calls.push((node, effects_of(view, unit, node))),
            Kind::Nested(_) => {
                let function = view.linked.file.function_at(unit, node);
                let summary = function.and_then(|function| view.summary(&function));
                calls.extend(summary.map(|summary| (node, summary.effects)));
            }
            _ => {}
        }
    }
    calls
}

/// What a name means: the unit of this file that binds it, and the binding.
pub(crate) fn declaration(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<(usize, BindingId)> {
    let Kind::Name { name, binding } = unit_of(view, unit).kind(node) else { return None };
    if let Some(binding) = binding {
        return Some((unit, *binding));
    }
    let mut inner = unit;
    while let Some(outer) = view.linked.file.units[inner].parent {
        let u = unit_of(view, outer);
        let nested = u.nested.get(view.linked.file.units[inner].index_in_parent as usize)?;
        if let Some(binding) = u.resolve(name, nested.scope, u.range(nested.node).start) {
            return Some((outer, binding));
        }
        inner = outer;
    }
    None
}

/// A value without what is wrapped around it: `&x`, `*x`, `x!`, `x as T`.
pub(crate) fn bare(u: &Unit, mut node: NodeId) -> NodeId {
    loop {
        node = match u.kind(node) {
            Kind::Cast { value, .. } => *value,
            Kind::NonNull(value) => *value,
            Kind::Unary { op, value } if matches!(op.as_str(), "&" | "&mut" | "*") => *value,
            _ => return node,
        }
    }
}

/// The name of a called function or method.
pub(crate) fn callee_name(u: &Unit, call: NodeId) -> Option<&Name> {
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    match u.kind(*callee) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name),
        _ => None,
    }
}

/// What a method is called on.
pub(crate) fn receiver(u: &Unit, call: NodeId) -> Option<NodeId> {
    let Kind::Call { callee, .. } = u.kind(call) else { return None };
    match u.kind(*callee) {
        Kind::Member { object, .. } => Some(*object),
        _ => None,
    }
}

/// What a chain of calls and members begins with: `statement` in `statement.lines().filter(…).collect()`.
pub(crate) fn chain_head(u: &Unit, chain: NodeId) -> NodeId {
    let mut at = bare(u, chain);
    loop {
        at = match u.kind(at) {
            Kind::Call { callee, .. } => bare(u, *callee),
            Kind::Member { object, .. } => bare(u, *object),
            _ => return at,
        };
    }
}

/// Whether one of the names below `root` means one of the bindings.
pub(crate) fn mentions(u: &Unit, root: NodeId, bindings: &[BindingId]) -> bool {
    let is_one = |node| matches!(u.kind(node), Kind::Name { binding: Some(b), .. } if bindings.contains(b));
    u.descendants(root).into_iter().any(is_one)
}

/// Whether the value of `node` comes from that of `call`: it contains it, or a name that is bound to it.
pub(crate) fn derives_from(u: &Unit, node: NodeId, call: NodeId) -> bool {
    fn derives(u: &Unit, node: NodeId, call: NodeId, depth: u8) -> bool {
        u.descendants(node).into_iter().any(|part| match u.kind(part) {
            _ if part == call => true,
            Kind::Name { binding: Some(b), .. } if depth > 0 => {
                let b = u.binding(*b);
                b.value.is_some_and(|value| derives(u, value, call, depth - 1))
                    || b.assignments.iter().any(|&assignment| match u.kind(assignment) {
                        Kind::Assign { value, .. } => derives(u, *value, call, depth - 1),
                        _ => false,
                    })
            }
            _ => false,
        })
    }
    derives(u, node, call, 2)
}

/// The library call that a call comes down to.
pub(crate) struct Source {
    /// What it does.
    pub facts: Arc<CallFacts>,
    /// Which of its effects was asked for.
    pub effect: Effects,
    /// Its constant SQL text, holes left out.
    pub sql: Option<String>,
    /// Whether a function on the way keeps what it has read and looks there first.
    pub is_kept: bool,
}

/// The library call with the effect that a call comes down to, through the project's own functions.
pub(crate) fn source(view: &UnitView<'_>, facts: &Arc<CallFacts>, effect: Effects) -> Option<Source> {
    if facts.effects.intersects(effect) {
        let sql = sql_of(&view.linked.file, facts);
        return Some(Source {
            facts: Arc::clone(facts),
            effect: facts.effects & effect,
            sql,
            is_kept: false,
        });
    }
    source_in(view, facts.target.clone()?, effect)
}

/// The library call with the effect that a function of the project comes down to.
pub(crate) fn source_in(view: &UnitView<'_>, function: FnRef, effect: Effects) -> Option<Source> {
    let mut function = function;
    let mut is_kept = false;
    for _ in 0..MAX_CHAIN {
        function = view.with_effect(&function, effect);
        let summary = view.summary(&function)?;
        let witness = summary.witness(effect)?;
        // Of another file, only the call in question is evaluated: understanding all of it would cost what it is large.
        let mut step = None;
        let mut look = |there: &Evaluator<'_>| {
            step = step_of(there, witness).map(|(is_kept, facts)| {
                let sql = facts.as_ref().and_then(|facts| sql_of(there.file, facts));
                (is_kept, facts, sql)
            });
        };
        if function.file == view.linked.file.path {
            look(view.eval);
        } else {
            view.world.in_file(&function.file, &mut look);
        }
        let (kept_here, facts, sql) = step?;
        is_kept |= kept_here;
        match &witness.next {
            Some(next) => function = next.clone(),
            None => {
                let facts = facts?;
                return Some(Source { effect: facts.effects & effect, facts, sql, is_kept });
            }
        }
    }
    None
}

/// Whether the result of a witness's call is kept where it stands, and what the call does where a library does it.
fn step_of(there: &Evaluator<'_>, witness: &Witness) -> Option<(bool, Option<Arc<CallFacts>>)> {
    let unit = there.file.unit_at(&witness.unit)?;
    let u = &there.file.units[unit].unit;
    let Some(node) = u.nodes.get(witness.node.0 as usize) else { return Some((false, None)) };
    let root = u.function(node.function).body;
    let is_kept = root.is_some_and(|root| is_kept_in(u, witness.node, root));
    let is_last = witness.next.is_none() && matches!(node.kind, Kind::Call { .. });
    Some((is_kept, is_last.then(|| there.call(unit, witness.node))))
}

/// The argument of a call that the project's own function takes for the SQL text of a library's call, as it stands, and
/// the library's model: `query("SELECT …", values)`.
pub(crate) fn sql_argument(view: &UnitView<'_>, call: NodeId) -> Option<(u16, NodeId)> {
    let target = view.eval.call(view.index, call).target.clone()?;
    let summary = view.summary(&target)?;
    let fills = |param: &ParamFacts| param.fills.iter().find(|(_, slot)| *slot == Slot::Sql).map(|f| f.0);
    let (index, model) =
        summary.params.iter().enumerate().find_map(|(index, param)| Some((index, fills(param)?)))?;
    Some((model, view.eval.argument_node(view.index, call, index)?))
}

/// What a call of a function of the project asks a database, where the function hands its SQL text on to a library.
#[must_use]
pub fn query_of_helper(unit: &UnitView<'_>, call: NodeId) -> Option<CallFacts> {
    let (model, text) = sql_argument(unit, call)?;
    Some(CallFacts {
        effects: Effects::DB_READ,
        behavior: Some((model, Arc::default())),
        slots: vec![(Slot::Sql, SlotValue::Node(unit.eval.site(unit.index, text)))],
        filters: Some(FilterForm::Sql),
        ..CallFacts::default()
    })
}

fn sql_of(file: &plimsoll_project::link::FileUnits, facts: &CallFacts) -> Option<String> {
    let SlotValue::Node(site) = facts.slot(Slot::Sql)? else { return None };
    let u = &file.units[file.unit_at(&site.unit)?].unit;
    constant_text(u, site.node, 3)
}

fn constant_text(u: &Unit, node: NodeId, depth: u8) -> Option<String> {
    u.descendants(node).into_iter().find_map(|part| match u.kind(part) {
        Kind::Literal(Literal::String(text)) => Some(text.to_string()),
        Kind::Template { pieces, .. } => Some(pieces.join(" ")),
        Kind::Name { binding: Some(b), .. } if depth > 0 => {
            u.binding(*b).value.and_then(|value| constant_text(u, value, depth - 1))
        }
        _ => None,
    })
}

const LOOKED_UP: &[&str] =
    &["get", "has", "contains_key", "contains", "get_mut", "peek", "getItem", "includes", "entry"];
const KEPT: &[&str] = &["set", "insert", "put", "add", "setItem", "setex", "entry"];

/// Whether the result of a call is put into a store in which the code below `root` also looks: a cache in front of it.
pub(crate) fn is_kept_in(u: &Unit, call: NodeId, root: NodeId) -> bool {
    let mut looked_up: Vec<String> = Vec::new();
    let mut kept: Vec<String> = Vec::new();
    let mut answered: Vec<String> = Vec::new();
    for node in u.descendants(root) {
        match u.kind(node) {
            Kind::Call { args, .. } => {
                let (Some(name), Some(on)) = (callee_name(u, node), receiver(u, node)) else { continue };
                let Some(store) = store(u, map_of_entry(u, on)) else { continue };
                if LOOKED_UP.contains(&name.as_str()) && node != call {
                    if u.range(node).end <= u.range(call).start && answers(u, node) {
                        answered.push(store.clone());
                    }
                    looked_up.push(store);
                } else if KEPT.contains(&name.as_str())
                    && (args.iter().any(|&a| derives_from(u, a, call))
                        || u.range(call).start < u.range(node).start && answered.contains(&store))
                {
                    kept.push(store);
                }
            }
            Kind::Assign { op, target, value } if derives_from(u, *value, call) => {
                if let Kind::Index { object, .. } = u.kind(*target)
                    && let Some(store) = store(u, *object)
                {
                    if op == "??=" || op == "||=" {
                        return true;
                    }
                    kept.push(store);
                }
            }
            Kind::Index { object, .. } => {
                let is_target = u
                    .parent(node)
                    .is_some_and(|p| matches!(u.kind(p), Kind::Assign { target, .. } if *target == node));
                looked_up.extend(store(u, *object).filter(|_| !is_target));
            }
            _ => {}
        }
    }
    kept.iter().any(|store| looked_up.contains(store))
}

/// Whether the function returns where a look into a store has found something: `if let Some(name) = cache.get(key) {
/// return name }`.
fn answers(u: &Unit, look: NodeId) -> bool {
    let leads_back = |at: NodeId| {
        u.ancestors(at).any(|around| match u.kind(around) {
            Kind::If { condition, then, .. } => {
                u.descendants(*condition).contains(&at)
                    && u.descendants(*then).into_iter().any(|part| matches!(u.kind(part), Kind::Return(_)))
            }
            _ => false,
        })
    };
    let bound = u.ancestors(look).find_map(|around| match u.kind(around) {
        Kind::Let { pattern, .. } => pattern.bindings.first().copied(),
        _ => None,
    });
    leads_back(look) || bound.is_some_and(|bound| u.binding(bound).uses.iter().any(|&used| leads_back(used)))
}

/// The map whose vacant entry a name holds: `if let Entry::Vacant(entry) = cache.entry(id)`.
fn map_of_entry(u: &Unit, node: NodeId) -> NodeId {
    let Kind::Name { binding: Some(b), .. } = u.kind(node) else { return node };
    let entry = u.binding(*b).value.filter(|&value| callee_name(u, value).is_some_and(|n| n == "entry"));
    entry.and_then(|entry| receiver(u, entry)).unwrap_or(node)
}

/// What a store is called: `this.cache` of `this.cache.write().await`.
fn store(u: &Unit, node: NodeId) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match u.kind(at) {
            Kind::Member { object, name, .. } => {
                parts.push(name);
                at = *object;
            }
            Kind::Call { callee, .. } => match u.kind(*callee) {
                Kind::Member { object, .. } => at = *object,
                _ => return None,
            },
            Kind::Name { name, .. } => {
                parts.push(name);
                break;
            }
            Kind::This => {
                parts.push("this");
                break;
            }
            Kind::Await(x) | Kind::Try(x) => at = *x,
            _ => {
                let inner = bare(u, at);
                if inner == at {
                    return None;
                }
                at = inner;
            }
        }
    }
    parts.reverse();
    Some(parts.join("."))
}
