//! Blocks, branches, loops and conditions.

use tree_sitter::Node;

use super::kinds::{K, child_of_kind, field, first_part, kind, parts};
use super::patterns::Matched;
use super::{Lower, Wanted};
use crate::{Arm, BindingKind, BlockForm, Kind, Loop, LoopKind, Name, NodeId, Pattern};

impl Lower<'_, '_> {
    /// A block that stands where `whole` does, in a scope of its own.
    pub(super) fn block(
        &mut self,
        node: Node<'_>,
        whole: Node<'_>,
        form: BlockForm,
        wanted: Wanted,
    ) -> NodeId {
        let before = self.state.builder.open_scope();
        let (statements, has_value) = self.statements(node, wanted);
        self.state.builder.close_scope(before);
        let block = Kind::Block { statements, has_value, form };
        let block = self.add(block, whole);
        self.labeled(node, block)
    }

    /// `unsafe { }`, `async move { }`: a word and a block.
    pub(super) fn wrapped_block(&mut self, node: Node<'_>, form: BlockForm, wanted: Wanted) -> NodeId {
        match child_of_kind(node, K::Block) {
            Some(block) => self.block(block, node, form, wanted),
            None => self.other(node),
        }
    }

    fn labeled(&mut self, node: Node<'_>, body: NodeId) -> NodeId {
        match self.label(node) {
            Some(label) => self.add(Kind::Labeled { label, body }, node),
            None => body,
        }
    }

    fn block_or_nothing(&mut self, node: Option<Node<'_>>, around: Node<'_>, wanted: Wanted) -> NodeId {
        match node {
            Some(node) => self.expr_in(node, wanted),
            None => self.expr_or_nothing(None, around),
        }
    }

    /// `if a { } else if b { } else { }`, which nests as deep as it is long.
    pub(super) fn if_chain(&mut self, node: Node<'_>, wanted: Wanted) -> NodeId {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut next = Some(node);
        while let Some(branch) = next.take() {
            let before = self.state.builder.open_scope();
            let condition = self.expr_or_nothing(field(branch, |f| f.condition), branch);
            let then = self.block_or_nothing(field(branch, |f| f.consequence), branch, wanted);
            self.state.builder.close_scope(before);
            branches.push((branch, condition, then));
            let alternative = field(branch, |f| f.alternative).and_then(first_part);
            match alternative {
                Some(inner) if self.state.builder.is_full() => {
                    otherwise = Some(self.nothing_at(inner));
                }
                Some(inner) if kind(inner) == K::If => next = Some(inner),
                Some(inner) => otherwise = Some(self.expr_in(inner, wanted)),
                None => {}
            }
        }
        let is_expression = wanted == Wanted::Value && otherwise.is_some();
        let mut chain = None;
        while let Some((branch, condition, then)) = branches.pop() {
            let node =
                self.add(Kind::If { condition, then, otherwise: otherwise.take(), is_expression }, branch);
            otherwise = Some(node);
            chain = Some(node);
        }
        chain.unwrap_or_else(|| self.nothing_at(node))
    }

    /// `let P = value` as a condition. Its names are visible behind it, in the scope that is open.
    pub(super) fn let_condition(&mut self, node: Node<'_>) -> NodeId {
        let value = self.expr_or_nothing(field(node, |f| f.value), node);
        let matched = Matched {
            kind: BindingKind::Matched,
            value: Some(value),
            ty: None,
            is_mutable: false,
            visible_from: Some(self.range(node).end),
        };
        let pattern = self.pattern_or_nothing(field(node, |f| f.pattern), &matched);
        self.add(Kind::Is { value, pattern: Box::new(pattern) }, node)
    }

    /// `let A = a && b && let C = c`
    pub(super) fn let_chain(&mut self, node: Node<'_>) -> NodeId {
        let mut whole: Option<NodeId> = None;
        for part in parts(node) {
            let right = self.expr(part);
            whole = Some(match whole {
                None => right,
                Some(left) => {
                    let range = self.range(node).start..self.range(part).end;
                    self.state.builder.node(
                        Kind::Binary { op: Name::new_static("&&"), left, right },
                        plimsoll_syntax::TextRange::new(range.start, range.end),
                    )
                }
            });
        }
        whole.unwrap_or_else(|| self.nothing_at(node))
    }

    pub(super) fn match_expression(&mut self, node: Node<'_>, wanted: Wanted) -> NodeId {
        let on = self.expr_or_nothing(field(node, |f| f.value), node);
        let mut arms = Vec::new();
        for arm in field(node, |f| f.body).map(parts).unwrap_or_default() {
            if kind(arm) != K::MatchArm {
                // What did not parse has no pattern to read, but its names are used.
                let body = self.expr(arm);
                arms.push(Arm {
                    pattern: Some(Pattern::default()),
                    case: None,
                    guard: None,
                    body,
                    range: self.own_range(arm),
                });
                continue;
            }
            let before = self.state.builder.open_scope();
            let (pattern, guard) = self.match_pattern(field(arm, |f| f.pattern), Some(on));
            let body = self.block_or_nothing(field(arm, |f| f.value), arm, wanted);
            self.state.builder.close_scope(before);
            arms.push(Arm { pattern: Some(pattern), case: None, guard, body, range: self.own_range(arm) });
        }
        self.add(Kind::Match { on, arms }, node)
    }

    /// The pattern and the guard of an arm, bound in the scope that is open.
    pub(super) fn match_pattern(
        &mut self,
        node: Option<Node<'_>>,
        value: Option<NodeId>,
    ) -> (Pattern, Option<NodeId>) {
        let Some(node) = node else {
            return (Pattern::default(), None);
        };
        let matched =
            Matched { kind: BindingKind::Matched, value, ty: None, is_mutable: false, visible_from: None };
        // `_` is no named node.
        let mut cursor = node.walk();
        let inner = node.children(&mut cursor).find(|child| !child.is_extra() && kind(*child) != K::IfToken);
        let pattern = self.pattern_or_nothing(inner, &matched);
        let guard = field(node, |f| f.condition).map(|guard| self.expr(guard));
        (pattern, guard)
    }

    fn pattern_or_nothing(&mut self, node: Option<Node<'_>>, matched: &Matched) -> Pattern {
        node.map(|node| self.pattern(node, matched)).unwrap_or_default()
    }

    pub(super) fn loop_expression(&mut self, node: Node<'_>) -> NodeId {
        let mut made = Loop {
            kind: LoopKind::Forever,
            pattern: None,
            over: None,
            init: None,
            condition: None,
            step: None,
            body: NodeId(0),
        };
        let before = match kind(node) {
            K::For => {
                let over = self.expr_or_nothing(field(node, |f| f.value), node);
                let before = self.state.builder.open_scope();
                let matched = Matched {
                    kind: BindingKind::Element,
                    value: Some(over),
                    ty: None,
                    is_mutable: false,
                    visible_from: None,
                };
                made.kind = LoopKind::Each;
                made.over = Some(over);
                made.pattern = Some(self.pattern_or_nothing(field(node, |f| f.pattern), &matched));
                before
            }
            K::While => {
                let before = self.state.builder.open_scope();
                made.kind = LoopKind::While;
                made.condition = Some(self.expr_or_nothing(field(node, |f| f.condition), node));
                before
            }
            _ => self.state.builder.open_scope(),
        };
        made.body = self.block_or_nothing(field(node, |f| f.body), node, Wanted::Nothing);
        self.state.builder.close_scope(before);
        let made = self.add(Kind::Loop(Box::new(made)), node);
        self.labeled(node, made)
    }
}
