//! Patterns: of declarations, parameters, loops and catch clauses; and the targets of assignments.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::name_of;
use crate::lower::builder::NewBinding;
use crate::{BindingKind, Kind, Name, NodeId, PathStep, Pattern, ScopeId, TypeExpr};

/// What all names of one pattern have in common.
struct Binder {
    kind: BindingKind,
    scope: ScopeId,
    is_mutable: bool,
    is_var: bool,
    pattern: Pattern,
}

impl<'t> Lowering<'_, 't> {
    /// A pattern whose names are bound in the current scope; `ty` is the type of the whole.
    pub(super) fn pattern(&mut self, node: Node<'t>, kind: BindingKind, ty: Option<TypeExpr>) -> Pattern {
        let is_mutable = matches!(kind, BindingKind::Parameter(..) | BindingKind::Caught);
        self.pattern_of(node, kind, ty, is_mutable, false)
    }

    /// A pattern of a declaration: `is_var` ones are bound in the function's scope.
    pub(super) fn pattern_of(
        &mut self,
        node: Node<'t>,
        kind: BindingKind,
        ty: Option<TypeExpr>,
        is_mutable: bool,
        is_var: bool,
    ) -> Pattern {
        let scope =
            if is_var { self.b.unit.functions[self.b.function.0 as usize].scope } else { self.b.scope };
        let mut binder = Binder {
            kind,
            scope,
            is_mutable,
            is_var,
            pattern: Pattern {
                is_irrefutable: true,
                range: self.b.own(TextRange::of(node)),
                ..Pattern::default()
            },
        };
        self.bind_pattern(node, &mut Vec::new(), ty, &mut binder);
        binder.pattern
    }

    fn bind_pattern(
        &mut self,
        node: Node<'t>,
        path: &mut Vec<PathStep>,
        ty: Option<TypeExpr>,
        binder: &mut Binder,
    ) {
        let lowered = self.deeper(|this| match this.kind(node) {
            K::Identifier | K::ShorthandPattern | K::Undefined => {
                this.bind_name(node, path, ty, binder);
            }
            K::ObjectPattern => this.bind_object(node, path, binder),
            K::ArrayPattern => this.bind_array(node, path, binder),
            K::AssignmentPattern | K::ObjectAssignmentPattern => {
                let f = &this.tables.f;
                let children = this.children(node);
                let left = children.field(f.left);
                if let Some(left) = left {
                    this.bind_pattern(left, path, None, binder);
                }
                if let Some(right) = children.field(f.right) {
                    this.naming.name = left;
                    let default = this.expression(right);
                    binder.pattern.defaults.push(default);
                }
            }
            K::RestPattern => {
                let children = this.children(node);
                if let Some(inner) = children.first() {
                    path.push(PathStep::Rest);
                    this.bind_pattern(inner, path, None, binder);
                    path.pop();
                }
            }
            _ => {
                let left_out = this.leave_out(node);
                binder.pattern.defaults.push(left_out);
            }
        });
        if lowered.is_none() {
            let left_out = self.leave_out(node);
            binder.pattern.defaults.push(left_out);
        }
    }

    fn bind_name(&mut self, node: Node<'t>, path: &[PathStep], ty: Option<TypeExpr>, binder: &mut Binder) {
        let range = TextRange::of(node);
        if range.is_empty() {
            return;
        }
        let name = self.name(node);
        // A second `var` of the same name takes over from where it stands.
        let bound = &self.b.unit.scopes[binder.scope.0 as usize].bindings;
        let is_again = binder.is_var && bound.iter().any(|&b| self.b.unit.binding(b).name == name);
        let new = NewBinding {
            name,
            range,
            kind: binder.kind,
            value: None,
            path: path.to_vec(),
            ty,
            is_mutable: binder.is_mutable,
            visible_from: is_again.then_some(range.start),
        };
        let binding = self.b.bind_in(binder.scope, new);
        binder.pattern.bindings.push(binding);
    }

    fn bind_object(&mut self, node: Node<'t>, path: &mut Vec<PathStep>, binder: &mut Binder) {
        let f = &self.tables.f;
        let children = self.children(node);
        for child in children.named() {
            match child.kind {
                K::ShorthandPattern => {
                    path.push(PathStep::Member(self.name(child.node)));
                    self.bind_pattern(child.node, path, None, binder);
                    path.pop();
                }
                K::ObjectAssignmentPattern => {
                    let name = child.node.child_by_field_id(f.left);
                    let name = name.filter(|&n| self.kind(n) == K::ShorthandPattern);
                    let step = name.map(|n| PathStep::Member(self.name(n)));
                    let has_step = step.is_some();
                    path.extend(step);
                    self.bind_pattern(child.node, path, None, binder);
                    if has_step {
                        path.pop();
                    }
                }
                K::PairPattern => {
                    let pair = self.children(child.node);
                    let key = pair.field(f.key);
                    let name = key.and_then(|k| name_of(k, self.tables, self.text));
                    if let Some(key) = key.filter(|_| name.is_none()) {
                        let computed = self.computed_key(key);
                        binder.pattern.defaults.push(computed);
                    }
                    // The way through a computed key has no name.
                    let name = name.map_or_else(Name::default, |(name, _)| name);
                    path.push(PathStep::Member(name));
                    if let Some(value) = pair.field(f.value) {
                        self.bind_pattern(value, path, None, binder);
                    }
                    path.pop();
                }
                K::Error => {
                    let left_out = self.leave_out(child.node);
                    binder.pattern.defaults.push(left_out);
                }
                _ => self.bind_pattern(child.node, path, None, binder),
            }
        }
    }

    fn bind_array(&mut self, node: Node<'t>, path: &mut Vec<PathStep>, binder: &mut Binder) {
        let children = self.children(node);
        let mut index = 0;
        for child in &children.0 {
            match child.kind {
                K::TokenComma => index += 1,
                K::RestPattern => self.bind_pattern(child.node, path, None, binder),
                _ if child.node.is_named() => {
                    path.push(PathStep::Index(index));
                    self.bind_pattern(child.node, path, None, binder);
                    path.pop();
                }
                _ => {}
            }
        }
    }

    /// The expression of `[key]`.
    pub(super) fn computed_key(&mut self, key: Node<'t>) -> NodeId {
        if self.kind(key) != K::ComputedName {
            return self.leave_out(key);
        }
        let children = self.children(key);
        match children.first() {
            Some(inner) => self.expression(inner),
            None => self.leave_out(key),
        }
    }

    /// What is assigned to: a name, a member, or all targets of a destructuring in one [`Kind::Other`].
    pub(super) fn target(&mut self, node: Node<'t>) -> NodeId {
        match self.kind(node) {
            K::ObjectPattern | K::ArrayPattern => {
                let mut targets = Vec::new();
                self.targets(node, &mut targets);
                self.b.node(Kind::Other(targets), TextRange::of(node))
            }
            _ => self.expression(node),
        }
    }

    /// Names among `out` are assigned to; what is only read stands in a node of its own.
    fn targets(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let f = &self.tables.f;
        let lowered = self.deeper(|this| match this.kind(node) {
            K::ShorthandPattern => {
                let name = this.name_node(node);
                out.push(name);
            }
            K::ObjectPattern | K::ArrayPattern | K::RestPattern => {
                let children = this.children(node);
                for child in children.named() {
                    this.targets(child.node, out);
                }
            }
            K::PairPattern => {
                let children = this.children(node);
                if let Some(key) = children.field(f.key)
                    && this.kind(key) == K::ComputedName
                {
                    let read = this.computed_key(key);
                    let range = TextRange::of(key);
                    let read = this.b.node(Kind::Other(vec![read]), range);
                    out.push(read);
                }
                if let Some(value) = children.field(f.value) {
                    this.targets(value, out);
                }
            }
            K::AssignmentPattern | K::ObjectAssignmentPattern => {
                let children = this.children(node);
                if let Some(left) = children.field(f.left) {
                    this.targets(left, out);
                }
                if let Some(right) = children.field(f.right) {
                    let range = TextRange::of(right);
                    let read = this.expression(right);
                    let read = this.b.node(Kind::Other(vec![read]), range);
                    out.push(read);
                }
            }
            _ => {
                let target = this.expression(node);
                out.push(target);
            }
        });
        if lowered.is_none() {
            let left_out = self.leave_out(node);
            out.push(left_out);
        }
    }
}
