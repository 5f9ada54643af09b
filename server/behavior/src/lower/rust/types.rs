//! Types as written.

use tree_sitter::Node;

use super::attributes::path_segments;
use super::kinds::{K, field, kind, parts};
use crate::{Name, TypeExpr};

/// The deepest nesting of a type that is kept.
const MAX_TYPE_DEPTH: u32 = 40;

/// Reads a type; what the vocabulary has no word for is empty.
pub(super) fn type_expr(node: Node<'_>, text: &str) -> TypeExpr {
    read(node, text, 0)
}

/// The types in `<…>`; a binding such as `Item = T` is the type bound.
pub(super) fn type_arguments(node: Node<'_>, text: &str) -> Vec<TypeExpr> {
    arguments(node, text, 0)
}

fn arguments(node: Node<'_>, text: &str, depth: u32) -> Vec<TypeExpr> {
    parts(node)
        .into_iter()
        .filter_map(|part| match kind(part) {
            K::Lifetime => None,
            K::TypeBinding => field(part, |f| f.type_).map(|ty| read(ty, text, depth + 1)),
            _ => Some(read(part, text, depth + 1)),
        })
        .collect()
}

fn read(node: Node<'_>, text: &str, depth: u32) -> TypeExpr {
    if depth > MAX_TYPE_DEPTH {
        return TypeExpr::default();
    }
    let inner = |part: Option<Node<'_>>| part.map(|part| read(part, text, depth + 1)).unwrap_or_default();
    let named =
        |name: &'static str, args: Vec<TypeExpr>| TypeExpr { path: vec![Name::new_static(name)], args };
    match kind(node) {
        K::TypeIdentifier | K::PrimitiveType | K::Identifier | K::SelfValue => {
            TypeExpr { path: path_segments(node, text), args: Vec::new() }
        }
        K::ScopedTypeIdentifier | K::ScopedIdentifier => {
            TypeExpr { path: path_segments(node, text), args: Vec::new() }
        }
        K::GenericType => {
            let mut ty = inner(field(node, |f| f.type_));
            if let Some(list) = field(node, |f| f.type_arguments) {
                ty.args = arguments(list, text, depth);
            }
            ty
        }
        K::ReferenceType | K::PointerType | K::HigherRankedBound | K::QualifiedType => {
            inner(field(node, |f| f.type_))
        }
        K::AbstractType | K::DynamicType => inner(field(node, |f| f.trait_)),
        K::BoundedType | K::RemovedBound | K::BracketedType => {
            inner(parts(node).into_iter().find(|part| kind(*part) != K::Lifetime))
        }
        K::ArrayType => named("[]", vec![inner(field(node, |f| f.element))]),
        K::TupleType => named("()", arguments(node, text, depth)),
        K::UnitType => named("()", Vec::new()),
        K::NeverType => named("!", Vec::new()),
        K::FunctionType => {
            let mut args: Vec<_> = field(node, |f| f.parameters)
                .map(parts)
                .unwrap_or_default()
                .into_iter()
                .map(|part| match kind(part) {
                    K::Parameter => inner(field(part, |f| f.type_)),
                    _ => read(part, text, depth + 1),
                })
                .collect();
            args.extend(field(node, |f| f.return_type).map(|ty| read(ty, text, depth + 1)));
            named("=>", args)
        }
        _ => TypeExpr::default(),
    }
}
