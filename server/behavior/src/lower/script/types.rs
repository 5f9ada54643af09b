//! Types as written.

use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::Children;
use crate::{Name, TypeExpr};

/// How deep a type is read; what is deeper is some other type.
const MAX_TYPE_DEPTH: u32 = 24;

impl<'t> Lowering<'_, 't> {
    /// The type of `: T`.
    pub(super) fn annotation(&mut self, node: Node<'t>) -> TypeExpr {
        self.type_at(node, 0)
    }

    /// The arguments of `<T, U>`.
    pub(super) fn type_args(&mut self, node: Node<'t>) -> Vec<TypeExpr> {
        self.types_in(node, 0)
    }

    /// What the parameters of `<T extends A, U>` are known to extend. One that extends nothing has an empty type, which hides
    /// whatever else has its name.
    pub(super) fn bounds(&mut self, children: &Children<'t>) -> Vec<(Name, TypeExpr)> {
        let f = &self.tables.f;
        let Some(parameters) = children.field(f.type_parameters) else { return Vec::new() };
        let mut found = Vec::new();
        for parameter in self.children(parameters).named().filter(|c| c.kind == K::TypeParameter) {
            let parts = self.children(parameter.node);
            let Some(name) = parts.field(f.name) else { continue };
            let bound = parts.field(f.constraint).map(|constraint| self.inner_type(constraint, 0));
            found.push((self.name(name), bound.unwrap_or_default()));
        }
        found
    }

    fn types_in(&mut self, node: Node<'t>, depth: u32) -> Vec<TypeExpr> {
        let children = self.children(node);
        let types = children.named().filter(|c| c.kind != K::Error);
        types.map(|c| self.type_at(c.node, depth + 1)).collect()
    }

    fn type_at(&mut self, node: Node<'t>, depth: u32) -> TypeExpr {
        if depth > MAX_TYPE_DEPTH {
            return TypeExpr::default();
        }
        let f = &self.tables.f;
        match self.kind(node) {
            K::TypeIdentifier | K::Identifier | K::PredefinedType | K::ThisType | K::This => {
                plain(self.text(node))
            }
            K::NestedType | K::Member | K::NestedIdentifier | K::Call | K::Subscript => {
                TypeExpr { path: self.type_path(node), args: Vec::new() }
            }
            K::GenericType => {
                let children = self.children(node);
                let path = children.field(f.name).map(|n| self.type_path(n));
                let args = children.field(f.type_arguments);
                let args = args.map(|a| self.types_in(a, depth)).unwrap_or_default();
                TypeExpr { path: path.unwrap_or_default(), args }
            }
            K::Instantiation => {
                let children = self.children(node);
                let path = children.first().map(|n| self.type_path(n));
                let args = children.field(f.type_arguments);
                let args = args.map(|a| self.types_in(a, depth)).unwrap_or_default();
                TypeExpr { path: path.unwrap_or_default(), args }
            }
            K::TypeAnnotation
            | K::ParenthesizedType
            | K::Parenthesized
            | K::ReadonlyType
            | K::OptionalType
            | K::RestType => self.inner_type(node, depth),
            K::RequiredParameter | K::OptionalParameter => {
                let children = self.children(node);
                let ty = children.field(f.type_);
                ty.map(|ty| self.type_at(ty, depth + 1)).unwrap_or_default()
            }
            K::ArrayType => with_args("Array", self.types_in(node, depth)),
            K::TupleType => with_args("()", self.types_in(node, depth)),
            K::UnionType => self.union(node, "|", depth),
            K::IntersectionType => self.union(node, "&", depth),
            K::FunctionType | K::ConstructorType => {
                let children = self.children(node);
                let returns = children.field(f.return_type).or(children.field(f.type_));
                let returns = returns.map(|r| self.type_at(r, depth + 1));
                with_args("=>", returns.into_iter().collect())
            }
            K::ObjectType => {
                let members = self.children(node);
                let mut known = Vec::new();
                for member in members.named() {
                    // Comments in it may be of interest.
                    let parts = self.children(member.node);
                    let named = parts.field(f.name).zip(parts.field(f.type_));
                    if let Some((name, ty)) = named.filter(|_| member.kind == K::PropertySignature) {
                        let path = vec![Name::new_static(":"), self.name(name)];
                        known.push(TypeExpr { path, args: vec![self.type_at(ty, depth + 1)] });
                    }
                }
                with_args("{}", known)
            }
            K::LiteralType => self.inner_type(node, depth),
            K::String => {
                let range = plimsoll_syntax::TextRange::of(node);
                let (text, _) = super::shape::unquoted(self.text(node), range);
                plain(&format!("\"{text}\""))
            }
            K::Number | K::True | K::False | K::Null | K::Undefined => plain(self.text(node)),
            K::Unary => plain(self.text(node)),
            K::TypeQuery => {
                let children = self.children(node);
                let of = children.first().map(|n| self.type_at(n, depth + 1));
                with_args("typeof", of.into_iter().collect())
            }
            K::IndexTypeQuery => with_args("keyof", self.types_in(node, depth)),
            K::LookupType => TypeExpr { path: Vec::new(), args: self.types_in(node, depth) },
            K::TypePredicateAnnotation | K::AssertsAnnotation => plain("boolean"),
            _ => TypeExpr::default(),
        }
    }

    fn inner_type(&mut self, node: Node<'t>, depth: u32) -> TypeExpr {
        let children = self.children(node);
        let inner = children.first();
        inner.map(|n| self.type_at(n, depth + 1)).unwrap_or_default()
    }

    /// The members of a union or intersection; the grammar nests long ones to the left.
    fn union(&mut self, node: Node<'t>, mark: &str, depth: u32) -> TypeExpr {
        let kind = self.kind(node);
        let mut parts = Vec::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            if self.kind(at) == kind {
                let children = self.children(at);
                let members = children.named().filter(|c| c.kind != K::Error);
                open.extend(members.rev().map(|c| c.node));
            } else {
                parts.push(self.type_at(at, depth + 1));
            }
        }
        with_args(mark, parts)
    }

    /// The segments of `a.b.C`; `import("x")` is one segment.
    pub(super) fn type_path(&mut self, node: Node<'t>) -> Vec<Name> {
        let f = &self.tables.f;
        let mut path = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            let children = match self.kind(node) {
                K::NestedType | K::Member | K::NestedIdentifier | K::Subscript => self.children(node),
                _ => {
                    path.push(self.name(node));
                    break;
                }
            };
            let last = children.field(f.name).or(children.field(f.property));
            path.extend(last.map(|n| self.name(n)));
            // The grammar calls the left side `module` in types and `object` elsewhere; it comes first.
            at = children.first().filter(|&n| Some(n) != last);
        }
        path.reverse();
        path
    }
}

fn plain(name: &str) -> TypeExpr {
    with_args(name, Vec::new())
}

pub(super) fn with_args(name: &str, args: Vec<TypeExpr>) -> TypeExpr {
    TypeExpr { path: vec![Name::new(name)], args }
}
