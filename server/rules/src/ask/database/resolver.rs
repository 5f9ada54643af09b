//! Functions that a GraphQL server calls once for every row that it answers with.

use plimsoll_behavior::{BindingId, FunctionId, Key, Kind, Name, NodeId, Unit};

use crate::UnitView;

/// Types that a query begins with: their fields are resolved once.
const ROOTS: &[&str] = &["Query", "Mutation", "Subscription"];
/// What marks a method that resolves a field of a type, and its parameter that is the row.
const RESOLVES_FIELD: &[&str] = &["ResolveField", "FieldResolver"];
const ROW: &[&str] = &["Parent", "Root"];

/// What the row is bound to in a function that resolves a field of it: a method with a decorator that says so, or an entry
/// of a type in a map of resolvers.
pub(crate) fn row_of_resolver(
    view: &UnitView<'_>,
    unit: usize,
    function: FunctionId,
) -> Option<Vec<BindingId>> {
    let u = crate::ask::code::unit_of(view, unit);
    let f = u.function(function);
    let has = |attributes: &[plimsoll_behavior::Attribute], names: &[&str]| {
        attributes.iter().any(|a| a.path.last().is_some_and(|last| names.contains(&last.as_str())))
    };
    if has(&f.attributes, RESOLVES_FIELD) {
        let row = f.params.iter().find(|param| has(&param.attributes, ROW))?;
        return Some(row.pattern.bindings.clone());
    }
    let (unit, node) = view.eval.node_of(unit, function)?;
    is_in_a_map(crate::ask::code::unit_of(view, unit), node)
        .then(|| f.params.first().map(|param| param.pattern.bindings.clone()))
        .flatten()
}

/// Whether a function is the value of a field in an entry of a type in an object that is called `resolvers`:
/// `const resolvers = { Post: { author(post) {…} } }`. The entry may be an object of its own, by a name that says so:
/// `const PostResolvers = { author(post) {…} }`.
fn is_in_a_map(u: &Unit, function: NodeId) -> bool {
    let Some(fields) = u.parent(function).filter(|&p| matches!(u.kind(p), Kind::Object { .. })) else {
        return false;
    };
    let Some(types) = u.parent(fields) else { return false };
    if let Kind::Object { entries, .. } = u.kind(types) {
        let ty = entries.iter().find(|entry| entry.value == fields).map(|entry| &entry.key);
        let is_row = matches!(ty, Some(Key::Name(name)) if is_type(name));
        return is_row
            && holder(u, types).is_some_and(|name| name.to_ascii_lowercase().ends_with("resolvers"));
    }
    holder(u, fields).is_some_and(|name| {
        let ty = name.strip_suffix("Resolvers").or_else(|| name.strip_suffix("Resolver"));
        ty.is_some_and(is_type)
    })
}

/// The name of a variable, a property or an option that an object is the value of.
fn holder(u: &Unit, object: NodeId) -> Option<&Name> {
    let mut at = object;
    loop {
        let parent = u.parent(at)?;
        match u.kind(parent) {
            Kind::Cast { .. } => at = parent,
            Kind::Let { pattern, .. } => match pattern.bindings.as_slice() {
                [only] => return Some(&u.binding(*only).name),
                _ => return None,
            },
            Kind::Object { entries, .. } => {
                let entry = entries.iter().find(|entry| entry.value == at)?;
                let Key::Name(name) = &entry.key else { return None };
                return Some(name);
            }
            _ => return None,
        }
    }
}

/// Whether a name is that of a type whose rows are many.
fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !ROOTS.contains(&name)
}
