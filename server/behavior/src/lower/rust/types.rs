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

/// What the type parameters of an item are known to implement, by `<T: A + B>` and `where T: C`.
pub(super) fn bounds_of(node: Node<'_>, text: &str) -> Vec<(Name, TypeExpr)> {
    let parameters = field(node, |f| f.type_parameters).map(parts).unwrap_or_default();
    let clause = parts(node).into_iter().find(|part| kind(*part) == K::WhereClause);
    let mut found: Vec<(Name, Vec<TypeExpr>)> = Vec::new();
    for part in parameters.into_iter().chain(clause.map(parts).unwrap_or_default()) {
        let named = match kind(part) {
            K::TypeParameter => field(part, |f| f.name),
            K::WherePredicate => field(part, |f| f.left).filter(|left| kind(*left) == K::TypeIdentifier),
            _ => None,
        };
        let (Some(named), Some(bounds)) = (named, field(part, |f| f.bounds)) else { continue };
        let is_trait = |bound: &Node<'_>| !matches!(kind(*bound), K::Lifetime | K::RemovedBound);
        let bounds = parts(bounds).into_iter().filter(is_trait).map(|bound| type_expr(bound, text));
        let name = Name::new(&text[named.byte_range()]);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.extend(bounds),
            None => found.push((name, bounds.collect())),
        }
    }
    let as_one = |mut all: Vec<TypeExpr>| match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(TypeExpr { path: vec![Name::new_static("&")], args: all }),
    };
    found.into_iter().filter_map(|(name, all)| Some((name, as_one(all)?))).collect()
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
