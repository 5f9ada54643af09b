//! What is made of the body of a response that nobody has asked for its status.

use plimsoll_behavior::{Kind, Name, NodeId, TypeExpr};

use crate::UnitView;

/// Types that take whatever comes.
const OPEN: &[&str] = &["Value", "JsonValue", "Map", "HashMap", "BTreeMap", "IndexMap", "IgnoredAny", "_"];

/// Whether nothing is made of a body: it is read so that the connection can be used again.
#[must_use]
pub fn is_thrown_away(view: &UnitView<'_>, read: NodeId) -> bool {
    let u = view.unit;
    let mut at = read;
    while let Some(parent) = u.parent(at) {
        match u.kind(parent) {
            Kind::Await(_) | Kind::Try(_) => at = parent,
            Kind::Discard(_) => return true,
            // `let _ = response.bytes().await`
            Kind::Let { pattern, .. } => return pattern.bindings.is_empty(),
            _ => return false,
        }
    }
    false
}

/// Whether what is not of the shape that is read is an error: in Rust, the fields of a type. Somebody learns of the
/// failure then, if not of its status.
#[must_use]
pub fn is_held_to_a_type(view: &UnitView<'_>, read: NodeId) -> bool {
    let u = view.unit;
    let Kind::Call { type_args, .. } = u.kind(read) else { return false };
    if !view.is_rust() || crate::ask::callee_name(u, read).is_none_or(|name| name != "json") {
        return false;
    }
    let declared = || {
        u.ancestors(read).find_map(|around| match u.kind(around) {
            Kind::Let { ty, .. } => Some(ty.as_deref()),
            Kind::Block { .. } | Kind::Function(_) => Some(None),
            _ => None,
        })
    };
    let ty = type_args.first().or_else(|| declared().flatten());
    ty.is_none_or(|ty| !is_open(ty))
}

/// Whether a type, or what it holds, takes whatever comes.
fn is_open(ty: &TypeExpr) -> bool {
    ty.path.last().is_some_and(|last| OPEN.contains(&last.as_str())) || ty.args.iter().any(is_open)
}

/// Whether what came is loaded as a picture, and it is told when it is none: `image.onerror = reject; image.src = url`.
/// The page of an error is none.
#[must_use]
pub fn is_loaded_as_a_picture(view: &UnitView<'_>, read: NodeId) -> bool {
    let u = view.unit;
    let set = |wanted: &str| -> Vec<&Name> {
        let nodes = u.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Assign { target, .. } => Some(*target),
            _ => None,
        });
        let members = nodes.filter_map(|target| match u.kind(target) {
            Kind::Member { object, name, .. } if name == wanted => Some(*object),
            _ => None,
        });
        let names = members.filter_map(|object| match u.kind(object) {
            Kind::Name { name, .. } => Some(name),
            _ => None,
        });
        names.collect()
    };
    let is_blob = crate::ask::callee_name(u, read).is_some_and(|name| name == "blob");
    is_blob && {
        let loaded = set("src");
        set("onerror").iter().any(|name| loaded.contains(name))
    }
}
