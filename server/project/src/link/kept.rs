//! What code does with the collections that its module keeps: each lives as long as the process, so that what one function
//! adds stays until another one takes it out.

use plimsoll_behavior::{BindingId, BindingKind, CallForm, FunctionKind, Kind, Name, NodeId, Unit};

/// What is done with a collection where its name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptUse {
    /// Something is added to it.
    Grows {
        /// The call or the assignment.
        by: NodeId,
        /// What an entry is known by; none where each is one more, whatever it is.
        key: Option<NodeId>,
    },
    /// Something is taken out of it, or all of it is replaced.
    Shrinks,
    /// Its size is compared with something.
    IsMeasured,
    /// It is only looked at.
    IsRead,
    /// It goes where this is not told.
    Escapes,
}

/// What is constructed for a collection.
const COLLECTIONS: &[&str] = &["Map", "Set"];
/// Methods that add what is known by their first argument.
const ADDS_BY_KEY: &[&str] = &["set", "add"];
/// Methods that add one more.
const ADDS_ONE: &[&str] = &["push", "unshift"];
const TAKES_OUT: &[&str] = &["delete", "clear", "pop", "shift", "splice"];
#[rustfmt::skip] // a list of words
const READS: &[&str] = &[
    "get", "has", "keys", "values", "entries", "forEach", "find", "findIndex", "findLast", "filter", "map", "flatMap",
    "some", "every", "includes", "indexOf", "reduce", "slice", "join", "at", "toString", "concat",
];
/// Methods that look for one of them.
const LOOKS_FOR: &[&str] = &["get", "has", "find", "filter", "some", "includes", "indexOf", "findIndex"];
const AMOUNTS: &[&str] = &["<", "<=", ">", ">="];
/// Functions that only look at what they are given.
const LOOKS_AT: &[&str] = &["from", "values", "entries", "stringify"];
const SIZES: &[&str] = &["size", "length"];
const COMPARES: &[&str] = &["<", "<=", ">", ">=", "===", "==", "%"];

/// The variable of a module that begins as an empty collection, if it is one. What begins with something in it is a table
/// that somebody has written.
#[must_use]
pub fn is_kept_collection(module: &Unit, binding: BindingId) -> bool {
    let own = module.binding(binding);
    let is_of_the_module =
        module.function(module.scopes[own.scope.0 as usize].function).kind == FunctionKind::Module;
    if own.kind != BindingKind::Variable || !is_of_the_module || !own.path.is_empty() {
        return false;
    }
    let Some(mut value) = own.value else { return false };
    while let Kind::Cast { value: inner, .. } = module.kind(value) {
        value = *inner;
    }
    match module.kind(value) {
        Kind::Array(items) => items.is_empty(),
        Kind::Object { entries, .. } => entries.is_empty(),
        Kind::Call { callee, args, form: CallForm::New, .. } => {
            args.is_empty()
                && matches!(module.kind(*callee), Kind::Name { name, binding: None } if COLLECTIONS.contains(&name.as_str()))
        }
        _ => false,
    }
}

/// Whether an entry of a collection is looked for at `used`, a name of `u` that means it.
#[must_use]
pub fn is_looked_up(u: &Unit, used: NodeId) -> bool {
    let Some(parent) = u.parent(used) else { return false };
    let is_read = kept_use(u, used) == KeptUse::IsRead;
    match u.kind(parent) {
        Kind::Member { object, name, .. } if *object == used => is_read && LOOKS_FOR.contains(&name.as_str()),
        Kind::Index { object, .. } if *object == used => is_read,
        Kind::Binary { op, .. } => is_read && op == "in",
        _ => false,
    }
}

/// Whether a unit compares one amount with another: what is counted or timed decides something there.
#[must_use]
pub fn compares_amounts(u: &Unit) -> bool {
    let is_one = |kind: &Kind| matches!(kind, Kind::Binary { op, .. } if AMOUNTS.contains(&op.as_str()));
    u.nodes.iter().any(|node| is_one(&node.kind))
}

/// What is done with a collection at `used`, a name of `u` that means it.
#[must_use]
pub fn kept_use(u: &Unit, used: NodeId) -> KeptUse {
    let mut at = used;
    let mut parent = u.parent(at);
    while let Some(around) =
        parent.filter(|&around| matches!(u.kind(around), Kind::Cast { .. } | Kind::NonNull(_)))
    {
        (at, parent) = (around, u.parent(around));
    }
    let Some(parent) = parent else { return KeptUse::Escapes };
    match u.kind(parent) {
        Kind::Member { object, name, .. } if *object == at => of_member(u, parent, name),
        Kind::Index { object, index } if *object == at => {
            match u.parent(parent).map(|around| (around, u.kind(around))) {
                Some((around, Kind::Assign { target, .. })) if *target == parent => {
                    KeptUse::Grows { by: around, key: Some(*index) }
                }
                Some((_, Kind::Unary { op, .. })) if op == "delete" => KeptUse::Shrinks,
                _ => KeptUse::IsRead,
            }
        }
        Kind::Assign { target, .. } if *target == at => KeptUse::Shrinks,
        Kind::Loop(own) if own.over == Some(at) => KeptUse::IsRead,
        Kind::Spread(_) => KeptUse::IsRead,
        Kind::Binary { op, right, .. } if op == "in" && *right == at => KeptUse::IsRead,
        Kind::Call { callee, args, .. } if args.contains(&at) && only_looks(u, *callee) => KeptUse::IsRead,
        _ => KeptUse::Escapes,
    }
}

fn of_member(u: &Unit, member: NodeId, name: &Name) -> KeptUse {
    let around = u.parent(member);
    if SIZES.contains(&name.as_str()) {
        return match around.map(|around| u.kind(around)) {
            Some(Kind::Assign { target, .. }) if *target == member => KeptUse::Shrinks,
            Some(Kind::Binary { op, .. }) if COMPARES.contains(&op.as_str()) => KeptUse::IsMeasured,
            _ => KeptUse::IsRead,
        };
    }
    let Some(call) = around else { return KeptUse::IsRead };
    match u.kind(call) {
        Kind::Call { callee, args, .. } if *callee == member => {
            let name = name.as_str();
            if ADDS_BY_KEY.contains(&name) {
                KeptUse::Grows { by: call, key: args.first().copied() }
            } else if ADDS_ONE.contains(&name) {
                KeptUse::Grows { by: call, key: None }
            } else if TAKES_OUT.contains(&name) {
                KeptUse::Shrinks
            } else if READS.contains(&name) {
                KeptUse::IsRead
            } else {
                KeptUse::Escapes
            }
        }
        // `cache.total = 1`: as many as there are names in the code.
        _ => KeptUse::IsRead,
    }
}

/// `Array.from(cache)`, `Object.values(cache)`, `JSON.stringify(cache)`.
fn only_looks(u: &Unit, callee: NodeId) -> bool {
    let Kind::Member { object, name, .. } = u.kind(callee) else { return false };
    LOOKS_AT.contains(&name.as_str())
        && matches!(u.kind(*object), Kind::Name { binding: None, name } if matches!(name.as_str(), "Array" | "Object" | "JSON"))
}
