//! Statements: what stands in a block, and what can be read of code that did not parse.

use tree_sitter::Node;

use super::functions::Owner;
use super::kinds::{K, field, first_part, has_child, kind};
use super::patterns::Matched;
use super::types::type_expr;
use super::{Lower, Wanted};
use crate::{BindingKind, Kind, NodeId};

impl Lower<'_, '_> {
    /// The statements of a block, and whether the last one is its value.
    pub(super) fn statements(&mut self, block: Node<'_>, wanted: Wanted) -> (Vec<NodeId>, bool) {
        let mut cursor = block.walk();
        let children: Vec<_> = block
            .named_children(&mut cursor)
            .filter(|child| !matches!(kind(*child), K::LineComment | K::BlockComment | K::Label))
            .collect();
        let mut statements = Vec::with_capacity(children.len());
        let mut attributes = Vec::new();
        let mut has_value = false;
        for (i, &child) in children.iter().enumerate() {
            if kind(child) == K::AttributeItem {
                attributes.push(child);
                continue;
            }
            let next = children.get(i + 1).copied();
            let is_value = next.is_none() && is_value(child);
            has_value |= is_value;
            let wanted = if is_value { wanted } else { Wanted::Nothing };
            if !self.enter() {
                break;
            }
            statements.extend(self.statement(child, next, &attributes, wanted));
            self.leave();
            attributes.clear();
        }
        (statements, has_value)
    }

    /// One statement; `next` is the one after it.
    pub(super) fn statement(
        &mut self,
        node: Node<'_>,
        next: Option<Node<'_>>,
        attributes: &[Node<'_>],
        wanted: Wanted,
    ) -> Option<NodeId> {
        match kind(node) {
            K::ExpressionStatement => {
                let inner = first_part(node)?;
                let value = self.expr_in(inner, wanted);
                let leaves = matches!(kind(inner), K::Return | K::Break | K::Continue);
                let is_discarded = has_child(node, K::Semicolon) && !leaves;
                Some(if is_discarded { self.discard(value, node) } else { value })
            }
            K::Let => Some(self.let_statement(node)),
            K::EmptyStatement | K::InnerAttributeItem => None,
            // A macro with braces needs no `;` and stands as a statement by itself.
            K::MacroInvocation => {
                let value = self.expr(node);
                Some(match next {
                    Some(next) if kind(next) == K::EmptyStatement => self.discard(value, node),
                    _ => value,
                })
            }
            _ if is_item(node) => self.item(node, attributes, &Owner::default()),
            _ => Some(self.expr_in(node, wanted)),
        }
    }

    fn discard(&mut self, value: NodeId, node: Node<'_>) -> NodeId {
        self.add(Kind::Discard(value), node)
    }

    fn let_statement(&mut self, node: Node<'_>) -> NodeId {
        let pattern = field(node, |f| f.pattern);
        let init = field(node, |f| f.value).map(|value| match pattern {
            Some(name) if kind(value) == K::Closure && kind(name) == K::Identifier => {
                self.closure(value, Some(name))
            }
            _ => self.expr(value),
        });
        let otherwise = field(node, |f| f.alternative).map(|block| self.expr(block));
        self.let_of(node, init, otherwise)
    }

    /// The `let` whose values are lowered: they do not see the names that it binds.
    fn let_of(&mut self, node: Node<'_>, init: Option<NodeId>, otherwise: Option<NodeId>) -> NodeId {
        let pattern = field(node, |f| f.pattern);
        let ty = field(node, |f| f.type_).map(|ty| type_expr(ty, self.text));
        let matched = Matched {
            kind: BindingKind::Variable,
            value: init,
            ty: ty.clone(),
            is_mutable: has_child(node, K::MutableSpecifier),
            visible_from: Some(self.range(node).end),
        };
        let pattern = pattern.map(|pattern| self.pattern(pattern, &matched)).unwrap_or_default();
        self.add(
            Kind::Let { pattern: Box::new(pattern), ty: ty.map(Box::new), init, otherwise, is_using: false },
            node,
        )
    }

    /// What can be read inside something that did not parse.
    pub(super) fn recover(&mut self, node: Node<'_>) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut attributes = Vec::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            if self.state.builder.is_full() {
                break;
            }
            match kind(child) {
                K::AttributeItem => {
                    attributes.push(child);
                    continue;
                }
                K::LineComment | K::BlockComment => continue,
                K::ExpressionStatement | K::Let => {
                    found.extend(self.statement(child, None, &[], Wanted::Nothing));
                }
                _ if is_item(child) => {
                    found.extend(self.item(child, &attributes, &Owner::default()));
                }
                K::Other
                | K::Label
                | K::Visibility
                | K::FunctionModifiers
                | K::MutableSpecifier
                | K::TypeArguments
                | K::TypeIdentifier
                | K::PrimitiveType
                | K::Lifetime
                | K::TokenTree
                | K::FieldIdentifier => {}
                _ => found.push(self.expr(child)),
            }
            attributes.clear();
        }
        found
    }
}

/// Whether the last statement of a block is its value.
fn is_value(node: Node<'_>) -> bool {
    match kind(node) {
        K::ExpressionStatement => {
            !has_child(node, K::Semicolon)
                && first_part(node).is_some_and(|inner| !matches!(kind(inner), K::While | K::For))
        }
        K::Let | K::EmptyStatement | K::InnerAttributeItem | K::Error => false,
        _ => !is_item(node),
    }
}

/// Whether a node declares something.
pub(super) fn is_item(node: Node<'_>) -> bool {
    matches!(
        kind(node),
        K::ModItem
            | K::ForeignModItem
            | K::DeclarationList
            | K::StructItem
            | K::UnionItem
            | K::EnumItem
            | K::TypeItem
            | K::AssociatedType
            | K::ImplItem
            | K::TraitItem
            | K::FunctionItem
            | K::FunctionSignature
            | K::Use
            | K::ExternCrate
            | K::ConstItem
            | K::StaticItem
            | K::MacroDefinition
            | K::Shebang
    )
}
