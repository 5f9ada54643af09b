//! Attributes, visibility and the other things an item says of itself.

use tree_sitter::Node;

use super::kinds::{K, child_of_kind, field, first_part, has_child, kind, parts};
use crate::Name;
use crate::vocabulary::holds_in_tests_only;

/// `#[path(text)]` as read from the tree.
pub(super) struct RawAttribute {
    /// The segments of its path.
    pub path: Vec<Name>,
    /// What stands between the parentheses, or after `=`.
    pub text: Name,
}

/// Reads an `attribute_item` or `inner_attribute_item`.
pub(super) fn attribute(item: Node<'_>, text: &str) -> Option<RawAttribute> {
    let attribute = child_of_kind(item, K::Attribute)?;
    let path = path_segments(first_part(attribute)?, text);
    let written = if let Some(arguments) = field(attribute, |f| f.arguments) {
        let all = slice(text, arguments);
        all.get(1..all.len().saturating_sub(1)).unwrap_or_default()
    } else {
        field(attribute, |f| f.value).map_or("", |value| slice(text, value))
    };
    Some(RawAttribute { path, text: Name::new(written.trim()) })
}

/// Whether an attribute says that what it stands on is only compiled for tests.
pub(super) fn is_test_only(attribute: &RawAttribute) -> bool {
    attribute.path == ["cfg"] && holds_in_tests_only(&attribute.text)
}

/// Whether an item has a visibility: `pub`, `pub(crate)`.
pub(super) fn is_public(item: Node<'_>) -> bool {
    has_child(item, K::Visibility)
}

/// Whether a function or closure is `async`.
pub(super) fn is_async(function: Node<'_>) -> bool {
    if kind(function) == K::Closure {
        return has_child(function, K::AsyncToken);
    }
    child_of_kind(function, K::FunctionModifiers).is_some_and(|m| has_child(m, K::AsyncToken))
}

/// The segments of a path of any kind; generics inside it are left out.
pub(super) fn path_segments(path: Node<'_>, text: &str) -> Vec<Name> {
    let mut segments = Vec::new();
    let mut at = Some(path);
    while let Some(node) = at {
        at = match kind(node) {
            K::ScopedIdentifier | K::ScopedTypeIdentifier => {
                if let Some(name) = field(node, |f| f.name) {
                    segments.push(Name::new(slice(text, name)));
                }
                field(node, |f| f.path)
            }
            K::GenericType => field(node, |f| f.type_),
            K::GenericPattern | K::BracketedType => first_part(node),
            K::QualifiedType => field(node, |f| f.type_),
            _ => {
                segments.push(Name::new(slice(text, node)));
                None
            }
        };
    }
    segments.reverse();
    segments
}

/// The last segment of the type that an impl is for; references and `dyn` are looked through.
pub(super) fn type_name(ty: Node<'_>, text: &str) -> Option<Name> {
    let mut at = ty;
    loop {
        at = match kind(at) {
            K::ReferenceType | K::PointerType | K::GenericType => field(at, |f| f.type_)?,
            K::AbstractType | K::DynamicType => field(at, |f| f.trait_)?,
            K::BoundedType | K::RemovedBound => *parts(at).first()?,
            K::HigherRankedBound => field(at, |f| f.type_)?,
            K::ArrayType => return Some(Name::new("[]")),
            K::TupleType | K::UnitType => return Some(Name::new("()")),
            K::ScopedTypeIdentifier => {
                return field(at, |f| f.name).map(|name| Name::new(slice(text, name)));
            }
            K::TypeIdentifier | K::PrimitiveType => return Some(Name::new(slice(text, at))),
            _ => return None,
        };
    }
}

/// The text of a node; empty if the text is not the one that was parsed.
pub(super) fn slice<'s>(text: &'s str, node: Node<'_>) -> &'s str {
    text.get(node.byte_range()).unwrap_or_default()
}
