//! What requests add to the collections that a module keeps for as long as its process lives.

use plimsoll_behavior::{BindingId, BindingKind, Exported, FunctionKind, Kind, Name, NodeId, Unit};
use plimsoll_project::link::{KeptUse, is_kept_collection, kept_use};

use crate::ask::often::{Often, often};
use crate::ask::resources::released::binding_of;
use crate::{Confidence, UnitView};
use plimsoll_behavior::words;

/// How far a key is followed through names.
pub const MAX_STEPS: u8 = 3;
/// First words of functions that are called once for each of a fixed number of things.
#[rustfmt::skip] // a list of words
const FILLS: &[&str] = &[
    "register", "init", "initialize", "initialise", "setup", "start", "bootstrap", "seed", "configure", "install", "load",
    "build", "define", "use", "mount", "connect", "preload", "warm", "migrate", "main", "subscribe", "on",
];

/// Last words of the names of what there is one more of with each who uses a service.
#[rustfmt::skip] // a list of words
const MANY: &[&str] = &[
    "id", "ip", "key", "user", "email", "phone", "number", "token", "session", "address", "wallet", "account", "customer",
    "client", "order", "url", "uri", "query", "search", "hash", "text", "prompt", "message", "code", "jti", "nonce", "did",
];

/// Where something is added to a collection, again and again.
pub struct Addition {
    /// The unit.
    pub unit: usize,
    /// The call or the assignment.
    pub by: NodeId,
    /// What the entry is known by.
    pub key: Option<NodeId>,
    /// How sure it is that it happens again and again.
    pub confidence: Confidence,
    /// How often.
    pub often: Often,
}

/// Whether a unit adds to something that may be a collection of its module.
#[must_use]
pub fn may_add(u: &Unit) -> bool {
    names(u).any(|node| matches!(kept_use(u, node), KeptUse::Grows { .. }))
}

/// The collections of its module that a unit adds to, each with the first name that does.
#[must_use]
pub fn added_to(unit: &UnitView<'_>) -> Vec<(BindingId, NodeId)> {
    let mut found: Vec<(BindingId, NodeId)> = Vec::new();
    for node in names(unit.unit) {
        if let KeptUse::Grows { .. } = kept_use(unit.unit, node)
            && let Some(binding) = kept(unit, node)
            && !found.iter().any(|(own, _)| *own == binding)
        {
            found.push((binding, node));
        }
    }
    found
}

fn names(u: &Unit) -> impl Iterator<Item = NodeId> + '_ {
    let nodes = u.nodes.iter().zip(0..).filter(|(node, _)| matches!(node.kind, Kind::Name { .. }));
    nodes.map(|(_, i)| NodeId(i))
}

/// The collection of the module that a name means.
fn kept(unit: &UnitView<'_>, node: NodeId) -> Option<BindingId> {
    let Kind::Name { name, .. } = unit.unit.kind(node) else { return None };
    if !unit.linked.file.keeps(name) {
        return None;
    }
    let (0, binding) = binding_of(unit, unit.index, node)? else { return None };
    let module = unit.unit_of(0);
    is_kept_collection(module, binding).then_some(binding)
}

/// Whether other files see a variable of a module.
#[must_use]
pub fn is_exported(module: &Unit, binding: BindingId) -> bool {
    module.exports.iter().any(|export| matches!(export.local, Exported::Binding(own) if own == binding))
}

/// Whether a place runs for each request, or for whoever calls its function with one of the many that a service sees.
#[must_use]
pub fn again(unit: &UnitView<'_>, by: NodeId, key: Option<NodeId>) -> Option<(Often, Confidence)> {
    match often(unit, by) {
        Often::Seldom => None,
        // Who calls it is not seen.
        Often::Call(_) | Often::Unknown => {
            let around = unit.functions_around(by);
            let (at, id, _) =
                around.iter().find(|(at, id, _)| unit.unit_of(*at).function(*id).name.is_some())?;
            let function = unit.unit_of(*at).function(*id);
            let name = function.name.clone()?;
            let first = words(&name).into_iter().next().unwrap_or_default();
            let is_work = key.is_some_and(|key| is_one_of_many(unit, unit.index, key, MAX_STEPS))
                && !matches!(function.kind, FunctionKind::Module | FunctionKind::Constructor)
                && !FILLS.contains(&first.as_str());
            is_work.then_some((Often::Call(name), Confidence::Medium))
        }
        often => Some((often, Confidence::High)),
    }
}

/// Whether a key is made of a parameter that is called after what a service sees ever more of.
fn is_one_of_many(unit: &UnitView<'_>, at: usize, key: NodeId, steps: u8) -> bool {
    let u = unit.unit_of(at);
    u.descendants(key).into_iter().any(|node| {
        let Kind::Name { name, .. } = u.kind(node) else { return false };
        let Some((of, binding)) = binding_of(&unit.of(at), at, node) else { return false };
        let own = unit.unit_of(of).binding(binding);
        let is_many = |name: &str| words(name).last().is_some_and(|last| MANY.contains(&last.as_str()));
        match own.kind {
            BindingKind::Parameter(..) => is_many(member_of(u, node).unwrap_or(name)),
            BindingKind::Variable => {
                steps > 0 && own.value.is_some_and(|value| is_one_of_many(unit, of, value, steps - 1))
            }
            _ => false,
        }
    })
}

/// `method` of `req.method`, `country` of `req.body.country`.
#[must_use]
pub fn member_of(u: &Unit, name: NodeId) -> Option<&Name> {
    let mut found = None;
    let mut at = name;
    while let Some(around) = u.parent(at)
        && let Kind::Member { object, name, .. } = u.kind(around)
        && *object == at
    {
        (at, found) = (around, Some(name));
    }
    found
}
