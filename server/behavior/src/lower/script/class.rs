//! Classes, interfaces, type aliases and enums.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Children, Naming, name_of};
use super::types::with_args;
use crate::{Attribute, BindingKind, Field, Name, NodeId, TypeDecl, TypeExpr, TypeKind};

impl<'t> Lowering<'_, 't> {
    /// A declared class, with its name bound in the current scope.
    pub(super) fn class_declaration(
        &mut self,
        node: Node<'t>,
        is_exported: bool,
        attributes: Vec<Attribute>,
    ) -> NodeId {
        let name = node.child_by_field_id(self.tables.f.name);
        let naming = Naming { is_exported, ..Naming::default() };
        let class = self.class(node, naming, attributes);
        if let Some(name) = name {
            self.bind_declared(name, BindingKind::Type, class);
        }
        class
    }

    /// A class, declared or as an expression.
    pub(super) fn class(
        &mut self,
        node: Node<'t>,
        naming: Naming<'t>,
        mut attributes: Vec<Attribute>,
    ) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let own_name = children.field(f.name);
        let name = own_name.or(naming.name).and_then(|n| name_of(n, self.tables, self.text));
        let name = name.map(|(name, _)| name);
        attributes.extend(self.decorators(&children));
        let mut ty = TypeDecl {
            attributes,
            is_exported: naming.is_exported,
            bounds: self.bounds(&children),
            ..self.blank_type(name.clone(), TypeKind::Class, node)
        };
        if let Some(heritage) = children.of(K::ClassHeritage) {
            ty.supertypes = self.heritage(heritage);
        }
        let before = self.b.open_scope();
        if let Some(body) = children.field(f.body) {
            self.members(body, name.as_ref(), &mut ty);
        }
        let inside = self.b.scope;
        self.b.close_scope(before);
        let class = self.b.type_node(ty, TextRange::of(node));
        if let (K::Class, Some(own_name)) = (self.kind(node), own_name) {
            // The name of a class expression is only known inside it.
            let outside = std::mem::replace(&mut self.b.scope, inside);
            self.bind_declared(own_name, BindingKind::Type, class);
            self.b.scope = outside;
        }
        class
    }

    fn blank_type(&self, name: Option<Name>, kind: TypeKind, node: Node<'t>) -> TypeDecl {
        TypeDecl {
            name: name.unwrap_or_default(),
            kind,
            supertypes: Vec::new(),
            bounds: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            attributes: Vec::new(),
            alias: None,
            range: self.b.own(TextRange::of(node)),
            is_exported: false,
        }
    }

    /// What `extends` and `implements` name.
    fn heritage(&mut self, node: Node<'t>) -> Vec<TypeExpr> {
        let f = &self.tables.f;
        let mut supertypes = Vec::new();
        for clause in self.children(node).named() {
            let children = self.children(clause.node);
            for child in children.named() {
                if child.field == f.type_arguments {
                    let args = self.type_args(child.node);
                    if let Some(last) = supertypes.last_mut() {
                        let last: &mut TypeExpr = last;
                        last.args = args;
                    }
                } else if clause.kind == K::ExtendsClause {
                    let supertype = self.superclass(child.node);
                    supertypes.push(supertype);
                } else if child.kind != K::Error {
                    supertypes.push(self.annotation(child.node));
                }
            }
        }
        supertypes
    }

    /// A superclass is an expression: a name, a member, or the call of a mixin, which is known by its callee.
    fn superclass(&mut self, node: Node<'t>) -> TypeExpr {
        let f = &self.tables.f;
        match self.kind(node) {
            K::Identifier | K::Member => TypeExpr { path: self.type_path(node), args: Vec::new() },
            K::Call => {
                let callee = self.children(node).field(f.function);
                let path = callee.filter(|&c| matches!(self.kind(c), K::Identifier | K::Member));
                TypeExpr { path: path.map(|c| self.type_path(c)).unwrap_or_default(), args: Vec::new() }
            }
            _ => TypeExpr::default(),
        }
    }

    fn members(&mut self, body: Node<'t>, owner: Option<&Name>, ty: &mut TypeDecl) {
        let children = self.children(body);
        let mut attributes = Vec::new();
        for member in children.named() {
            match member.kind {
                K::Decorator => {
                    let attribute = self.attribute(member.node);
                    attributes.push(attribute);
                    continue;
                }
                K::Method => {
                    let naming = Naming { owner: owner.cloned(), is_field: true, ..Naming::default() };
                    let name = self.member_name(member.node, ty);
                    let method = self.function(member.node, naming, std::mem::take(&mut attributes));
                    ty.methods.push((name, method));
                }
                K::ClassField => self.class_field(member.node, owner, std::mem::take(&mut attributes), ty),
                K::MethodSignature | K::AbstractMethod | K::IndexSignature => self.signature(member.node, ty),
                K::StaticBlock => {
                    let body = member.node.child_by_field_id(self.tables.f.body);
                    let block = self.body_or_empty(body, member.node);
                    ty.fields.push(Field {
                        name: Name::new("static"),
                        ty: None,
                        init: Some(block),
                        attributes: Vec::new(),
                        is_static: true,
                        range: self.b.own(TextRange::of(member.node)),
                    });
                }
                _ => {
                    let mut parts = Vec::new();
                    self.statement(member.node, &mut parts);
                    ty.methods.extend(parts.into_iter().map(|part| (Name::default(), part)));
                }
            }
            attributes.clear();
        }
    }

    /// The name of a method; the expression of a computed one is kept as a field without a name.
    fn member_name(&mut self, node: Node<'t>, ty: &mut TypeDecl) -> Name {
        let Some(name) = node.child_by_field_id(self.tables.f.name) else {
            return Name::default();
        };
        match name_of(name, self.tables, self.text) {
            Some((name, _)) => name,
            // A nested unit holds its own key.
            None if self.nested_index(node).is_some() => Name::default(),
            None => {
                let init = Some(self.computed_key(name));
                let range = self.b.own(TextRange::of(name));
                ty.fields.push(Field {
                    name: Name::default(),
                    ty: None,
                    init,
                    attributes: Vec::new(),
                    is_static: false,
                    range,
                });
                Name::default()
            }
        }
    }

    /// A field; one whose value is a function is a method.
    fn class_field(
        &mut self,
        node: Node<'t>,
        owner: Option<&Name>,
        mut attributes: Vec<Attribute>,
        ty: &mut TypeDecl,
    ) {
        let f = &self.tables.f;
        let children = self.children(node);
        attributes.extend(self.decorators(&children));
        let name_node = children.field(f.name);
        let is_static = children.has(K::TokenStatic);
        let declared = children.field(f.type_).map(|t| self.annotation(t));
        let value = children.field(f.value);
        let name = self.member_name(node, ty);
        let naming =
            Naming { name: name_node, owner: owner.cloned(), is_field: true, is_static, is_exported: false };
        if let Some(value) = value.filter(|&v| self.kind(v).is_function()) {
            let method = self.function(value, naming, attributes);
            ty.methods.push((name, method));
            return;
        }
        self.naming.name = name_node;
        let init = value.map(|value| self.expression(value));
        let range = TextRange::of(name_node.unwrap_or(node));
        ty.fields.push(Field { name, ty: declared, init, attributes, is_static, range: self.b.own(range) });
    }

    /// A member without a body: a field of its type, `=>` for a method.
    fn signature(&mut self, node: Node<'t>, ty: &mut TypeDecl) {
        let f = &self.tables.f;
        let children = self.children(node);
        let name_node = children.field(f.name);
        let is_property = matches!(self.kind(node), K::PropertySignature | K::IndexSignature);
        let declared = children.field(f.type_).or(children.field(f.return_type));
        let declared = declared.map(|t| self.annotation(t));
        let declared =
            if is_property { declared } else { Some(with_args("=>", declared.into_iter().collect())) };
        let name = name_node.and_then(|n| name_of(n, self.tables, self.text));
        let (name, range) = name.unwrap_or((Name::default(), TextRange::of(node)));
        ty.fields.push(Field {
            name,
            ty: declared,
            init: None,
            attributes: Vec::new(),
            is_static: children.has(K::TokenStatic),
            range: self.b.own(range),
        });
    }

    pub(super) fn interface(&mut self, node: Node<'t>, is_exported: bool) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let name = children.field(f.name);
        let mut ty = TypeDecl {
            is_exported,
            bounds: self.bounds(&children),
            ..self.blank_type(name.map(|n| self.name(n)), TypeKind::Interface, node)
        };
        if let Some(clause) = children.of(K::ExtendsTypeClause) {
            ty.supertypes = self.type_args(clause);
        }
        if let Some(body) = children.field(f.body) {
            self.signatures(body, &mut ty);
        }
        self.declared_type(ty, name, node)
    }

    fn signatures(&mut self, body: Node<'t>, ty: &mut TypeDecl) {
        let members: Children<'t> = self.children(body);
        for member in members.named().filter(|m| m.kind != K::Error) {
            self.signature(member.node, ty);
        }
    }

    pub(super) fn type_alias(&mut self, node: Node<'t>, is_exported: bool) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let name = children.field(f.name);
        let value = children.field(f.value);
        let mut ty = TypeDecl {
            is_exported,
            alias: value.map(|v| self.annotation(v)),
            bounds: self.bounds(&children),
            ..self.blank_type(name.map(|n| self.name(n)), TypeKind::Alias, node)
        };
        if let Some(value) = value.filter(|&v| self.kind(v) == K::ObjectType) {
            self.signatures(value, &mut ty);
        }
        self.declared_type(ty, name, node)
    }

    pub(super) fn enumeration(&mut self, node: Node<'t>, is_exported: bool) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let name = children.field(f.name);
        let mut ty =
            TypeDecl { is_exported, ..self.blank_type(name.map(|n| self.name(n)), TypeKind::Enum, node) };
        let body = children.field(f.body);
        let members = body.map(|body| self.children(body));
        for member in members.iter().flat_map(Children::named) {
            let (name, value) = if member.kind == K::EnumAssignment {
                let inner = self.children(member.node);
                (inner.field(f.name), inner.field(f.value))
            } else {
                (Some(member.node), None)
            };
            let name = name.and_then(|n| name_of(n, self.tables, self.text));
            let Some((name, range)) = name else { continue };
            let init = value.map(|value| self.expression(value));
            ty.fields.push(Field {
                name,
                ty: None,
                init,
                attributes: Vec::new(),
                is_static: false,
                range: self.b.own(range),
            });
        }
        self.declared_type(ty, name, node)
    }

    fn declared_type(&mut self, ty: TypeDecl, name: Option<Node<'t>>, node: Node<'t>) -> NodeId {
        let declared = self.b.type_node(ty, TextRange::of(node));
        if let Some(name) = name {
            self.bind_declared(name, BindingKind::Type, declared);
        }
        declared
    }
}
