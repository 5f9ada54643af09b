//! Operators of two and three operands, and assignments.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::outline::assigned_name;
use crate::{Kind, Name, NodeId};

impl<'t> Lowering<'_, 't> {
    /// `a + b`; the grammar nests long sums to the left, and they are read in a loop.
    pub(super) fn binary(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let end_of = |node: Node<'t>| TextRange::of(node).end;
        let mut rest: Vec<(Name, Option<Node<'t>>, u32)> = Vec::new();
        let mut at = node;
        let first = loop {
            let repaired = self.repair_generic(at).or_else(|| self.repair_empty_call(at));
            if let Some(repaired) = repaired {
                break repaired;
            }
            let children = self.children(at);
            let operator = children.field(f.operator);
            let operator = operator.map(|o| self.name(o)).unwrap_or_default();
            rest.push((operator, children.field(f.right), end_of(at)));
            match children.field(f.left) {
                Some(left) if self.kind(left) == K::Binary => at = left,
                left => break self.operand(left, at),
            }
        };
        let start = TextRange::of(node).start;
        let mut value = first;
        while let Some((op, right, end)) = rest.pop() {
            let right = self.operand(right, node);
            let kind = Kind::Binary { op, left: value, right };
            value = self.b.node(kind, TextRange::new(start, end));
        }
        value
    }

    /// An operand; `#field in object` has a name that is no expression.
    fn operand(&mut self, operand: Option<Node<'t>>, of: Node<'t>) -> NodeId {
        self.expression_or_other(operand, of)
    }

    /// `a ? b : c`; chains of them are read in a loop.
    pub(super) fn ternary(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let mut branches = Vec::new();
        let mut at = node;
        let mut last = loop {
            let children = self.children(at);
            let condition = self.expression_or_other(children.field(f.condition), at);
            let then = self.expression_or_other(children.field(f.consequence), at);
            branches.push((condition, then, TextRange::of(at)));
            match children.field(f.alternative) {
                Some(inner) if self.kind(inner) == K::Ternary => at = inner,
                inner => break self.expression_or_other(inner, at),
            }
        };
        while let Some((condition, then, range)) = branches.pop() {
            let kind = Kind::If { condition, then, otherwise: Some(last), is_expression: true };
            last = self.b.node(kind, range);
        }
        last
    }

    pub(super) fn assignment(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let (left, right) = (children.field(f.left), children.field(f.right));
        let op = children.field(f.operator).map(|o| self.name(o));
        let target = match left {
            Some(left) => self.target(left),
            None => self.expression_or_other(None, node),
        };
        if let Some(left) = left {
            self.naming.name = assigned_name(left, self.tables);
            self.naming.is_exported = super::outline::is_exports_member(left, self.tables, self.text);
        }
        let value = self.expression_or_other(right, node);
        let kind = Kind::Assign { op: op.unwrap_or_else(|| Name::new("=")), target, value };
        self.b.node(kind, TextRange::of(node))
    }
}
