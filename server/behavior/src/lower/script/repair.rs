//! What the grammars misread without saying so, or take for an error where there is none. What breaks the tree around
//! it is repaired in [`super::reread`].

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::types::with_args;
use crate::{BindingKind, CallForm, Kind, NodeId, TypeExpr};

/// The most members of a union that is a type argument.
const MAX_TYPES: usize = 16;

/// A generic call or tagged template, found as comparisons: what stands before its template or parenthesis.
pub(super) struct Tag<'t> {
    head: usize,
    callee: Node<'t>,
    /// The type argument: one, or the members of a union or an intersection.
    types: Vec<Node<'t>>,
    /// Where the callee starts.
    pub start: u32,
    /// Whether the head was met.
    pub is_used: bool,
}

impl<'t> Lowering<'_, 't> {
    /// ``f<T>`x` `` and `f<typeof import("y")>(x)` parse as `f < T > …`. They are told from comparisons by their
    /// spaces: no one writes `a <b> c` without any.
    pub(super) fn repair_generic(&mut self, node: Node<'t>) -> Option<NodeId> {
        let f = &self.tables.f;
        let (callee, types, right) = self.compared(node)?;
        let (first, last) = (types.first()?, types.last()?);
        if callee.end_byte() + 1 != first.start_byte() || last.end_byte() + 1 != right.start_byte() {
            return None;
        }
        // `await` binds tighter than the comparison that is none.
        let mut awaits = Vec::new();
        let mut tag = callee;
        while self.kind(tag) == K::Await {
            awaits.push(tag);
            tag = tag.named_child(0)?;
        }
        let range = TextRange::of(node);
        let start = TextRange::of(tag).start;
        // Members and calls after it hang on it: ``sql<T>`x`.execute(db)``.
        let mut head = right;
        while let Some(inner) = match self.kind(head) {
            K::Call => head.child_by_field_id(f.function),
            K::Member | K::Subscript => head.child_by_field_id(f.object),
            _ => None,
        } {
            head = inner;
        }
        if !matches!(self.kind(head), K::Template | K::Parenthesized) {
            return None;
        }
        self.tag = Some(Tag { head: head.id(), callee: tag, types, start, is_used: false });
        let mut value = self.expression(right);
        self.tag = None;
        while let Some(awaited) = awaits.pop() {
            let range = TextRange::new(TextRange::of(awaited).start, range.end);
            value = self.b.node(Kind::Await(value), range);
        }
        Some(value)
    }

    /// What stands around the signs of `callee < type > right`; comparisons bind tighter than the signs between the types
    /// of `callee < one | other > right`.
    fn compared(&self, node: Node<'t>) -> Option<(Node<'t>, Vec<Node<'t>>, Node<'t>)> {
        let f = &self.tables.f;
        let below = |node: Node<'t>| (self.kind(node) == K::Binary).then_some(node);
        if let Some((left, right)) = self.sides(node, ">") {
            let (callee, ty) = self.sides(below(left)?, "<")?;
            return Some((callee, vec![ty], right));
        }
        let is_joined = |node: Node<'t>| {
            node.child_by_field_id(f.operator).is_some_and(|sign| matches!(self.text(sign), "|" | "&"))
        };
        if !is_joined(node) {
            return None;
        }
        let (last, right) = self.sides(below(node.child_by_field_id(f.right)?)?, ">")?;
        let mut types = vec![last];
        let mut left = below(node.child_by_field_id(f.left)?)?;
        let (callee, first) = loop {
            if let Some(found) = self.sides(left, "<") {
                break found;
            }
            if !is_joined(left) || types.len() > MAX_TYPES {
                return None;
            }
            types.push(left.child_by_field_id(f.right)?);
            left = below(left.child_by_field_id(f.left)?)?;
        };
        types.push(first);
        types.reverse();
        Some((callee, types, right))
    }

    /// The operands of a comparison with the operator.
    fn sides(&self, node: Node<'t>, operator: &str) -> Option<(Node<'t>, Node<'t>)> {
        let f = &self.tables.f;
        let found = node.child_by_field_id(f.operator)?;
        if self.text(found) != operator {
            return None;
        }
        Some((node.child_by_field_id(f.left)?, node.child_by_field_id(f.right)?))
    }

    /// The call that the template or the parenthesis is part of, if [`Self::repair_generic`] found it.
    pub(super) fn repair_tagged(&mut self, node: Node<'t>) -> Option<NodeId> {
        let is_head = |tag: &mut Tag<'t>| tag.head == node.id() && !tag.is_used;
        let tag = self.tag.take_if(is_head)?;
        let callee = self.expression(tag.callee);
        let mut types: Vec<TypeExpr> = tag.types.iter().map(|&ty| self.type_of_expression(ty)).collect();
        let type_args = match types.len() {
            1 => vec![types.swap_remove(0)],
            _ => vec![with_args("|", types)],
        };
        let (args, form) = if self.kind(node) == K::Template {
            (vec![self.tagged_template(node)], CallForm::Tagged)
        } else {
            (self.parenthesized_arguments(node), CallForm::Plain)
        };
        let kind = Kind::Call { callee, args: args.into(), form, type_args: type_args.into() };
        let range = TextRange::new(tag.start, TextRange::of(node).end);
        self.tag = Some(Tag { is_used: true, ..tag });
        Some(self.b.node(kind, range))
    }

    /// Arguments that were read as a value in parentheses.
    fn parenthesized_arguments(&mut self, node: Node<'t>) -> Vec<NodeId> {
        let children = self.children(node);
        match children.first() {
            Some(inner) if self.kind(inner) == K::Sequence => self.arguments(inner),
            Some(inner) => vec![self.expression(inner)],
            None => Vec::new(),
        }
    }

    /// `f<typeof import("x")>()` parses as `f < typeof import("x")` before an error.
    pub(super) fn repair_empty_call(&mut self, node: Node<'t>) -> Option<NodeId> {
        let (callee, ty) = self.sides(node, "<")?;
        if self.kind(ty) != K::Unary || !self.text[ty.end_byte()..].starts_with(">()") {
            return None;
        }
        let error = TextRange::at(TextRange::of(ty).end, 3);
        let (mut awaits, mut tag) = (Vec::new(), callee);
        while self.kind(tag) == K::Await {
            awaits.push(tag);
            tag = tag.named_child(0)?;
        }
        let end = error.end;
        let start = TextRange::of(tag).start;
        let callee = self.expression(tag);
        let kind = Kind::Call {
            callee,
            args: Box::default(),
            form: CallForm::Plain,
            type_args: Box::new([self.type_of_expression(ty)]),
        };
        let mut value = self.b.node(kind, TextRange::new(start, end));
        while let Some(awaited) = awaits.pop() {
            let range = TextRange::new(TextRange::of(awaited).start, end);
            value = self.b.node(Kind::Await(value), range);
        }
        self.forgive(error);
        Some(value)
    }

    /// Whether [`Self::forgive`] was called for the range.
    pub(super) fn is_forgiven(&self, range: TextRange) -> bool {
        self.forgiven.contains(&self.b.own(range))
    }

    /// Takes back an error that is none.
    pub(super) fn forgive(&mut self, range: TextRange) {
        let own = self.b.own(range);
        self.forgiven.push(own);
    }

    /// A type that was read as an expression.
    fn type_of_expression(&mut self, node: Node<'t>) -> TypeExpr {
        if self.kind(node) != K::Unary {
            return self.annotation(node);
        }
        let of = node.child_by_field_id(self.tables.f.argument);
        let of = of.map(|of| self.annotation(of));
        with_args("typeof", of.into_iter().collect())
    }

    /// `using x = f()` parses as an assignment, `await using x = f()` as that awaited.
    pub(super) fn repair_using(&mut self, node: Node<'t>, range: TextRange) -> Option<NodeId> {
        let f = &self.tables.f;
        let assignment = match self.kind(node) {
            K::Await => node.named_child(0)?,
            _ => node,
        };
        if self.kind(assignment) != K::Assignment {
            return None;
        }
        let children = self.children(assignment);
        if !children.has(K::TokenUsing) {
            return None;
        }
        let name = children.field(f.left)?;
        let pattern = self.pattern_of(name, BindingKind::Variable, None, false, false);
        let init = children.field(f.right).map(|right| self.expression(right));
        if let Some(init) = init {
            self.b.set_value(&pattern.bindings, init);
        }
        let kind = Kind::Let { pattern: Box::new(pattern), ty: None, init, otherwise: None, is_using: true };
        Some(self.b.node(kind, range))
    }
}
