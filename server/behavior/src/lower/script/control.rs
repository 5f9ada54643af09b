//! Branches, loops and protected blocks.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use crate::{Arm, BindingKind, Catch, Kind, Loop, LoopKind, NodeId, Pattern};

impl<'t> Lowering<'_, 't> {
    /// `if`; a chain of `else if` is read in a loop, for it may be long.
    pub(super) fn if_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let mut branches = Vec::new();
        let mut at = node;
        let mut last = loop {
            let children = self.children(at);
            let condition = self.expression_or_other(children.field(f.condition), at);
            let then = self.body_or_empty(children.field(f.consequence), at);
            branches.push((condition, then, TextRange::of(at)));
            let Some(clause) = children.field(f.alternative) else {
                break None;
            };
            let inner = self.children(clause).first();
            match inner {
                Some(inner) if self.kind(inner) == K::If => at = inner,
                inner => break Some(self.body_or_empty(inner, clause)),
            }
        };
        while let Some((condition, then, range)) = branches.pop() {
            let kind = Kind::If { condition, then, otherwise: last, is_expression: false };
            last = Some(self.b.node(kind, range));
        }
        last.unwrap_or_else(|| self.leave_out(node))
    }

    pub(super) fn for_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let before = self.b.open_scope();
        let init = children.field(f.initializer);
        let init = init.and_then(|init| match self.kind(init) {
            K::Empty => None,
            K::Lexical | K::Variable => Some(self.body(init)),
            _ => Some(self.expression(init)),
        });
        let condition = children.0.iter().find(|c| c.field == f.condition && c.node.is_named());
        let condition = condition.map(|c| c.node).filter(|&c| self.kind(c) != K::Empty);
        let condition = condition.map(|c| match self.kind(c) {
            K::ExpressionStatement => self.expression_or_other(c.named_child(0), c),
            _ => self.expression(c),
        });
        let step = children.field(f.increment).map(|s| self.expression(s));
        let body = self.body_or_empty(children.field(f.body), node);
        self.b.close_scope(before);
        let kind = Loop { init, condition, step, ..blank_loop(LoopKind::Counted, body) };
        self.b.node(Kind::Loop(Box::new(kind)), TextRange::of(node))
    }

    pub(super) fn for_in_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let is_of = children.field(f.operator).is_some_and(|o| self.text(o) == "of");
        let kind = match (is_of, children.has(K::TokenAwait)) {
            (true, true) => LoopKind::EachAwait,
            (true, false) => LoopKind::Each,
            (false, _) => LoopKind::Keys,
        };
        // The collection is read outside the scope of what it binds.
        let over = self.expression_or_other(children.field(f.right), node);
        let before = self.b.open_scope();
        let mut pattern = None;
        let mut init = None;
        if let Some(left) = children.field(f.left) {
            match children.field(f.kind) {
                Some(word) => {
                    let word = self.text(word);
                    let (mutable, var) = (matches!(word, "let" | "var"), word == "var");
                    let bound = self.pattern_of(left, BindingKind::Element, None, mutable, var);
                    self.b.set_value(&bound.bindings, over);
                    pattern = Some(bound);
                }
                None => init = Some(self.target(left)),
            }
        }
        let body = self.body_or_empty(children.field(f.body), node);
        self.b.close_scope(before);
        let kind = Loop { pattern, over: Some(over), init, ..blank_loop(kind, body) };
        self.b.node(Kind::Loop(Box::new(kind)), TextRange::of(node))
    }

    pub(super) fn while_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        // In source order: a `do` has its body first.
        let (condition, body);
        if self.kind(node) == K::Do {
            body = self.body_or_empty(children.field(f.body), node);
            condition = self.expression_or_other(children.field(f.condition), node);
        } else {
            condition = self.expression_or_other(children.field(f.condition), node);
            body = self.body_or_empty(children.field(f.body), node);
        }
        let kind = Loop { condition: Some(condition), ..blank_loop(LoopKind::While, body) };
        self.b.node(Kind::Loop(Box::new(kind)), TextRange::of(node))
    }

    pub(super) fn switch_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let on = self.expression_or_other(children.field(f.value), node);
        let before = self.b.open_scope();
        let mut arms = Vec::new();
        if let Some(body) = children.field(f.body) {
            let cases = self.children(body);
            for case in cases.named() {
                match case.kind {
                    K::Case | K::DefaultCase => {
                        let arm = self.case(case.node);
                        arms.push(arm);
                    }
                    _ => {
                        let _ = self.children(case.node);
                    }
                }
            }
        }
        self.b.close_scope(before);
        self.b.node(Kind::Match { on, arms }, TextRange::of(node))
    }

    fn case(&mut self, node: Node<'t>) -> Arm {
        let f = &self.tables.f;
        let children = self.children(node);
        let case = children.field(f.value).map(|value| self.expression(value));
        let mut statements = Vec::new();
        let mut range: Option<TextRange> = None;
        for child in children.named().filter(|c| c.field == f.body || c.kind == K::Error) {
            let own = TextRange::of(child.node);
            range = Some(range.map_or(own, |r| r.cover(own)));
            self.statement(child.node, &mut statements);
        }
        let whole = TextRange::of(node);
        let range = range.unwrap_or(TextRange::empty(whole.end));
        Arm {
            pattern: None,
            case,
            guard: None,
            body: self.block_node(statements, range),
            range: self.b.own(whole),
        }
    }

    pub(super) fn try_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let body = self.body_or_empty(children.field(f.body), node);
        let catch = children.field(f.handler).map(|handler| self.catch(handler));
        let finally = children.field(f.finalizer).map(|finalizer| {
            let inner = self.children(finalizer);
            self.body_or_empty(inner.field(f.body), finalizer)
        });
        let kind = Kind::TryCatch { body, catch: catch.map(Box::new), finally };
        self.b.node(kind, TextRange::of(node))
    }

    fn catch(&mut self, node: Node<'t>) -> Catch {
        let f = &self.tables.f;
        let children = self.children(node);
        let before = self.b.open_scope();
        let ty = children.field(f.type_).map(|ty| self.annotation(ty));
        let pattern = children.field(f.parameter);
        let pattern: Option<Pattern> = pattern.map(|p| self.pattern(p, BindingKind::Caught, ty));
        let body = self.body_or_empty(children.field(f.body), node);
        self.b.close_scope(before);
        Catch { pattern, body, range: self.b.own(TextRange::of(node)) }
    }
}

/// A loop of which nothing but its kind and body is known.
pub(super) fn blank_loop(kind: LoopKind, body: NodeId) -> Loop {
    Loop { kind, pattern: None, over: None, init: None, condition: None, step: None, body }
}
