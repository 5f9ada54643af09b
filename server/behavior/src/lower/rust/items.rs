//! Items: functions, types, modules, constants.

use tree_sitter::Node;

use super::attributes::{attribute, is_public, type_name};
use super::functions::Owner;
use super::kinds::{K, field, has_child, kind, parts};
use super::outline::owner;
use super::statements::is_item;
use super::types::{bounds_of, type_expr};
use super::{Lower, Wanted};
use crate::lower::builder::NewBinding;
use crate::{
    Attribute, BindingId, BindingKind, BlockForm, Export, Exported, FunctionId, FunctionKind, Kind, Literal,
    Name, NodeId, ScopeId, TypeDecl, TypeKind,
};

impl Lower<'_, '_> {
    /// The items of a file or an inline module.
    pub(super) fn items(&mut self, list: Node<'_>) -> Vec<NodeId> {
        let mut items = Vec::new();
        let mut attributes = Vec::new();
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            match kind(child) {
                K::AttributeItem => attributes.push(child),
                K::LineComment | K::BlockComment => {}
                K::EmptyStatement | K::InnerAttributeItem | K::Shebang => attributes.clear(),
                _ => {
                    if is_item(child) {
                        items.extend(self.item(child, &attributes, &Owner::default()));
                    } else {
                        // A macro call, or half-written code.
                        items.extend(self.statement(child, None, &[], Wanted::Nothing));
                    }
                    attributes.clear();
                }
            }
        }
        items
    }

    /// One item; `owner` is the type whose impl, or the trait, it stands in.
    pub(super) fn item(&mut self, node: Node<'_>, attributes: &[Node<'_>], owner: &Owner) -> Option<NodeId> {
        if !self.enter() {
            return None;
        }
        let made = self.item_inside(node, attributes, owner);
        self.leave();
        made
    }

    fn item_inside(&mut self, node: Node<'_>, attributes: &[Node<'_>], owner: &Owner) -> Option<NodeId> {
        match kind(node) {
            K::FunctionItem | K::FunctionSignature => {
                let made = match self.nested(node) {
                    Some(nested) => nested,
                    None => {
                        let attributes = self.attributes(attributes);
                        self.small_function(node, owner, attributes)
                    }
                };
                if owner.name.is_none() {
                    self.declare(node, BindingKind::Function, Some(made));
                }
                Some(made)
            }
            K::StructItem | K::UnionItem | K::EnumItem | K::TypeItem => {
                Some(self.type_item(node, attributes))
            }
            K::ImplItem | K::TraitItem => Some(self.impl_or_trait(node, attributes)),
            K::ModItem => {
                let body = field(node, |f| f.body).map(|body| self.inline_module(body, node));
                let stands_for = body.or_else(|| self.path_of_module(node, attributes));
                self.declare(node, BindingKind::Module, stands_for);
                body
            }
            K::ForeignModItem => {
                let body = field(node, |f| f.body)?;
                let items = self.items(body);
                Some(self.add(Kind::Other(items), node))
            }
            K::DeclarationList => {
                let items = self.items(node);
                Some(self.add(Kind::Other(items), node))
            }
            K::ConstItem | K::StaticItem => Some(self.constant(node)),
            K::Use => {
                self.use_declaration(node);
                None
            }
            K::ExternCrate => {
                self.extern_crate(node);
                None
            }
            // The rules of a macro are no code yet.
            _ => None,
        }
    }

    /// Attributes with their places.
    pub(super) fn attributes(&self, items: &[Node<'_>]) -> Vec<Attribute> {
        items
            .iter()
            .filter_map(|&item| {
                let raw = attribute(item, self.text)?;
                Some(Attribute { path: raw.path, text: raw.text, range: self.own_range(item) })
            })
            .collect()
    }

    /// Binds the name of an item in all of its scope, and exports it where the file offers it to others.
    pub(super) fn declare(
        &mut self,
        node: Node<'_>,
        kind: BindingKind,
        value: Option<NodeId>,
    ) -> Option<BindingId> {
        let name = field(node, |f| f.name)?;
        let range = self.range(name);
        let name = self.name(name);
        if name.is_empty() || name == "_" {
            return None;
        }
        let binding = self.state.builder.bind(NewBinding {
            name: name.clone(),
            range,
            kind,
            value,
            path: Vec::new(),
            ty: None,
            is_mutable: has_child(node, K::MutableSpecifier),
            visible_from: None,
        });
        if is_public(node) && self.is_top_level() {
            self.export(name, Exported::Binding(binding), node);
        }
        Some(binding)
    }

    pub(super) fn export(&mut self, name: Name, local: Exported, node: Node<'_>) {
        let range = self.own_range(node);
        self.state.builder.unit.exports.push(Export { name, local, range });
    }

    /// Whether the scope is that of the file.
    pub(super) fn is_top_level(&self) -> bool {
        let builder = &self.state.builder;
        builder.scope == ScopeId(0)
            && builder.function == FunctionId(0)
            && builder.unit.functions[0].kind == FunctionKind::Module
    }

    fn inline_module(&mut self, body: Node<'_>, node: Node<'_>) -> NodeId {
        let before = self.state.builder.open_scope();
        let statements = self.items(body);
        self.state.builder.close_scope(before);
        self.add(Kind::Block { statements, has_value: false, form: BlockForm::Plain }, node)
    }

    /// Where a module stands that says so itself: `#[path = "other.rs"] mod name;`.
    fn path_of_module(&mut self, node: Node<'_>, attributes: &[Node<'_>]) -> Option<NodeId> {
        let said = attributes.iter().filter_map(|&item| attribute(item, self.text));
        let path = said.into_iter().find(|attribute| attribute.path == ["path"])?.text;
        let path = Name::new(path.trim_matches('"'));
        Some(self.add(Kind::Literal(Literal::String(path)), node))
    }

    fn constant(&mut self, node: Node<'_>) -> NodeId {
        let name = field(node, |f| f.name);
        let init = field(node, |f| f.value).map(|value| match kind(value) {
            K::Closure => self.closure(value, name),
            _ => self.expr(value),
        });
        let ty = field(node, |f| f.type_).map(|ty| type_expr(ty, self.text));
        let binding = self.declare(node, BindingKind::Variable, init);
        if let Some(binding) = binding {
            self.state.builder.unit.bindings[binding.0 as usize].ty = ty.clone().map(Box::new);
        }
        let range = name.map(|name| self.own_range(name)).unwrap_or_default();
        let pattern = crate::Pattern {
            bindings: binding.into_iter().collect(),
            is_irrefutable: true,
            range,
            ..crate::Pattern::default()
        };
        self.add(
            Kind::Let {
                pattern: Box::new(pattern),
                ty: ty.map(Box::new),
                init,
                otherwise: None,
                is_using: false,
            },
            node,
        )
    }

    fn impl_or_trait(&mut self, node: Node<'_>, attributes: &[Node<'_>]) -> NodeId {
        let (name, of_trait) = owner(node, self.text);
        let (type_kind, supertypes) = if kind(node) == K::ImplItem {
            let of = field(node, |f| f.trait_).map(|ty| vec![type_expr(ty, self.text)]);
            (TypeKind::Impl, of.unwrap_or_default())
        } else {
            let bounds = field(node, |f| f.bounds).map(parts).unwrap_or_default();
            let bounds = bounds.into_iter().filter(|bound| type_name(*bound, self.text).is_some());
            (TypeKind::Trait, bounds.map(|bound| type_expr(bound, self.text)).collect())
        };
        let inside = Owner { name: name.clone(), of_trait };
        let mut declared = TypeDecl {
            name: name.unwrap_or_default(),
            kind: type_kind,
            supertypes,
            bounds: bounds_of(node, self.text),
            fields: Vec::new(),
            methods: Vec::new(),
            attributes: self.attributes(attributes),
            alias: None,
            range: self.own_range(node),
            is_exported: is_public(node),
        };
        if let Some(body) = field(node, |f| f.body) {
            self.members(body, &inside, &mut declared);
        }
        let range = self.range(node);
        let made = self.state.builder.type_node(declared, range);
        if type_kind == TypeKind::Trait {
            self.declare(node, BindingKind::Type, Some(made));
        }
        made
    }

    /// The functions and constants of an impl or trait.
    fn members(&mut self, body: Node<'_>, owner: &Owner, declared: &mut TypeDecl) {
        let mut attributes = Vec::new();
        let mut cursor = body.walk();
        for child in body.named_children(&mut cursor) {
            match kind(child) {
                K::AttributeItem => {
                    attributes.push(child);
                    continue;
                }
                K::LineComment | K::BlockComment => continue,
                K::FunctionItem | K::FunctionSignature => {
                    let name = field(child, |f| f.name).map(|name| self.name(name));
                    if let Some(made) = self.item(child, &attributes, owner) {
                        declared.methods.push((name.unwrap_or_default(), made));
                    }
                }
                K::ConstItem => declared.fields.extend(self.associated_constant(child)),
                // Half-written members keep the functions among them.
                K::Error => self.members(child, owner, declared),
                _ => {}
            }
            attributes.clear();
        }
    }
}
