//! Structs, enums and aliases, and the constants of impls.

use tree_sitter::Node;

use super::Lower;
use super::attributes::is_public;
use super::kinds::{K, field, is_trivia, kind};
use super::types::{bounds_of, type_expr};
use crate::{BindingKind, Field, Name, NodeId, TypeDecl, TypeExpr, TypeKind};

impl Lower<'_, '_> {
    pub(super) fn type_item(&mut self, node: Node<'_>, attributes: &[Node<'_>]) -> NodeId {
        let type_kind = match kind(node) {
            K::EnumItem => TypeKind::Enum,
            K::TypeItem => TypeKind::Alias,
            _ => TypeKind::Struct,
        };
        let name = field(node, |f| f.name).map(|name| self.name(name));
        let fields = field(node, |f| f.body).map(|body| self.fields(body)).unwrap_or_default();
        let declared = TypeDecl {
            name: name.unwrap_or_default(),
            kind: type_kind,
            supertypes: Vec::new(),
            bounds: bounds_of(node, self.text),
            fields,
            methods: Vec::new(),
            attributes: self.attributes(attributes),
            alias: field(node, |f| f.type_).map(|ty| type_expr(ty, self.text)),
            range: self.own_range(node),
            is_exported: is_public(node),
        };
        let range = self.range(node);
        let made = self.state.builder.type_node(declared, range);
        self.declare(node, BindingKind::Type, Some(made));
        made
    }

    /// The fields of a struct, or the variants of an enum.
    fn fields(&mut self, list: Node<'_>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let mut attributes = Vec::new();
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            match kind(child) {
                K::AttributeItem => {
                    attributes.push(child);
                    continue;
                }
                K::Visibility => continue,
                _ if is_trivia(child) => continue,
                _ => {}
            }
            let name = field(child, |f| f.name);
            let (name, range, ty, init) = match kind(child) {
                K::FieldDeclaration => (
                    name.map(|name| self.name(name)),
                    name.unwrap_or(child),
                    field(child, |f| f.type_).map(|ty| type_expr(ty, self.text)),
                    None,
                ),
                K::EnumVariant => (
                    name.map(|name| self.name(name)),
                    name.unwrap_or(child),
                    field(child, |f| f.body).map(|body| self.payload(body)),
                    field(child, |f| f.value).map(|value| self.expr(value)),
                ),
                K::Error => continue,
                _ => (
                    Some(Name::from(fields.len().to_string())),
                    child,
                    Some(type_expr(child, self.text)),
                    None,
                ),
            };
            fields.push(Field {
                name: name.unwrap_or_default(),
                ty,
                init,
                attributes: self.attributes(&attributes),
                is_static: false,
                range: self.own_range(range),
            });
            attributes.clear();
        }
        fields
    }

    /// What a variant carries: its only type, a tuple of several, or `{}` with those of its named fields.
    fn payload(&self, body: Node<'_>) -> TypeExpr {
        let mut cursor = body.walk();
        let mut args: Vec<TypeExpr> = body
            .named_children(&mut cursor)
            .filter(|part| !is_trivia(*part) && kind(*part) != K::Visibility)
            .map(|part| match kind(part) {
                K::FieldDeclaration => {
                    field(part, |f| f.type_).map(|ty| type_expr(ty, self.text)).unwrap_or_default()
                }
                _ => type_expr(part, self.text),
            })
            .collect();
        let is_named = kind(body) == K::NamedFields;
        if !is_named && args.len() == 1 {
            return args.remove(0);
        }
        TypeExpr { path: vec![Name::new_static(if is_named { "{}" } else { "()" })], args }
    }

    /// `const A: T = value` of an impl or trait: a static field of it.
    pub(super) fn associated_constant(&mut self, node: Node<'_>) -> Option<Field> {
        let name = field(node, |f| f.name)?;
        Some(Field {
            name: self.name(name),
            ty: field(node, |f| f.type_).map(|ty| type_expr(ty, self.text)),
            init: field(node, |f| f.value).map(|value| self.expr(value)),
            attributes: Vec::new(),
            is_static: true,
            range: self.own_range(name),
        })
    }
}
