//! Declarations of variables, and the things that bind one name: functions, classes, namespaces.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use crate::lower::builder::NewBinding;
use crate::{BindingId, BindingKind, Kind, NodeId};

impl<'t> Lowering<'_, 't> {
    /// `const`, `let`, `var`: a [`Kind::Let`] for each declarator.
    pub(super) fn declaration(&mut self, node: Node<'t>, is_exported: bool, out: &mut Vec<NodeId>) {
        let children = self.children(node);
        let is_var = self.kind(node) == K::Variable;
        let is_mutable = !children.has(K::TokenConst);
        let declarators = children.named().filter(|c| c.kind == K::Declarator).count();
        for child in children.named() {
            if child.kind != K::Declarator {
                self.statement(child.node, out);
                continue;
            }
            // One declarator is the whole statement; of several, each is itself.
            let range = TextRange::of(if declarators == 1 { node } else { child.node });
            let lowered = self.declarator(child.node, range, is_exported, is_mutable, is_var);
            out.push(lowered);
        }
    }

    fn declarator(
        &mut self,
        node: Node<'t>,
        range: TextRange,
        is_exported: bool,
        is_mutable: bool,
        is_var: bool,
    ) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let (target, value) = (children.field(f.name), children.field(f.value));
        let ty = children.field(f.type_).map(|ty| self.annotation(ty));
        let kind = BindingKind::Variable;
        let pattern = target.map(|target| self.pattern_of(target, kind, ty.clone(), is_mutable, is_var));
        let pattern = pattern.unwrap_or_default();
        self.naming.name = target.filter(|&t| self.kind(t) == K::Identifier);
        self.naming.is_exported = is_exported;
        let init = value.map(|value| self.expression(value));
        if let Some(init) = init {
            self.b.set_value(&pattern.bindings, init);
            self.note_required(&pattern, init, range);
        }
        self.note_left_out(&children);
        let kind = Kind::Let {
            pattern: Box::new(pattern),
            ty: ty.map(Box::new),
            init,
            otherwise: None,
            is_using: false,
        };
        self.b.node(kind, range)
    }

    /// Binds the name of a declared function or type, whose node is `value`.
    pub(super) fn bind_declared(&mut self, name: Node<'t>, kind: BindingKind, value: NodeId) -> BindingId {
        let new = NewBinding {
            name: self.name(name),
            range: TextRange::of(name),
            kind,
            value: Some(value),
            path: Vec::new(),
            ty: None,
            is_mutable: false,
            visible_from: None,
        };
        self.b.bind(new)
    }

    /// `namespace A { }`, `module "x" { }`: its statements in a scope of their own.
    pub(super) fn namespace(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let f = &self.tables.f;
        let children = self.children(node);
        let body = children.field(f.body).map(|body| self.inner_scope(body));
        let Some(body) = body else { return };
        out.push(body);
        let name = children.field(f.name);
        if let Some(name) = name.filter(|&n| self.kind(n) == K::Identifier) {
            self.bind_declared(name, BindingKind::Module, body);
        }
    }

    /// Exports within a namespace are no exports of the file.
    fn inner_scope(&mut self, body: Node<'t>) -> NodeId {
        let exports = std::mem::take(&mut self.exports);
        let block = self.block(body);
        self.exports = exports;
        block
    }

    /// `declare …`
    pub(super) fn ambient(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let children = self.children(node);
        for child in children.named() {
            if child.kind == K::Block {
                let block = self.inner_scope(child.node);
                out.push(block);
            } else if child.kind != K::PropertyIdentifier && !self.is_type(child.kind) {
                self.statement(child.node, out);
            }
        }
    }

    fn is_type(&self, kind: K) -> bool {
        matches!(kind, K::TypeIdentifier | K::PredefinedType | K::GenericType | K::ObjectType | K::UnionType)
    }

    /// Notes the errors inside errors that are not lowered.
    pub(super) fn note_left_out(&mut self, children: &super::Children<'t>) {
        for child in &children.0 {
            if child.kind == K::Error {
                let _ = self.children(child.node);
            }
        }
    }
}
