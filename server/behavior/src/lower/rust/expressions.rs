//! Expressions.

use tree_sitter::Node;

use super::kinds::{K, child_of_kind, field, first_part, has_child, kind, parts};
use super::namespaces::Namespace;
use super::types::type_expr;
use super::{Lower, Wanted};
use crate::{Access, BlockForm, Kind, Name, NodeId};

/// Where the head of a chain stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before `::`.
    Path,
    Elsewhere,
}

impl Lower<'_, '_> {
    /// An expression whose value is wanted.
    pub(super) fn expr(&mut self, node: Node<'_>) -> NodeId {
        self.expr_in(node, Wanted::Value)
    }

    /// The expression, or nothing at the end of `around` where broken code has none.
    pub(super) fn expr_or_nothing(&mut self, node: Option<Node<'_>>, around: Node<'_>) -> NodeId {
        match node {
            Some(node) => self.expr(node),
            None => {
                let end = self.range(around).end;
                let range = plimsoll_syntax::TextRange::empty(end);
                self.state.builder.node(Kind::Other(Vec::new()), range)
            }
        }
    }

    /// An expression. Chains such as `a.b()?.c + d` lean to the left as deep as they are long: they are walked down to
    /// their head and built up from there.
    pub(super) fn expr_in(&mut self, node: Node<'_>, wanted: Wanted) -> NodeId {
        if !self.enter() {
            return self.nothing_at(node);
        }
        let id = self.chain(node, wanted);
        self.leave();
        id
    }

    fn chain(&mut self, node: Node<'_>, wanted: Wanted) -> NodeId {
        let mut spine = Vec::new();
        let mut head = node;
        while let Some(inner) = left_part(head) {
            spine.push(head);
            head = inner;
        }
        let place = match spine.last() {
            Some(outer) if kind(*outer) == K::ScopedIdentifier => Place::Path,
            _ => Place::Elsewhere,
        };
        let wanted = if spine.is_empty() { wanted } else { Wanted::Value };
        let mut id = self.head(head, place, wanted);
        while let Some(outer) = spine.pop() {
            if self.state.builder.is_full() {
                break;
            }
            id = self.around(outer, id);
        }
        id
    }

    /// Builds what stands around the left part of a chain.
    fn around(&mut self, node: Node<'_>, inner: NodeId) -> NodeId {
        match kind(node) {
            K::Call => self.call(node, inner),
            K::Await => self.add(Kind::Await(inner), node),
            K::Try => self.add(Kind::Try(inner), node),
            K::Field => self.member(node, inner, field(node, |f| f.field), Access::Dot),
            K::ScopedIdentifier => self.member(node, inner, field(node, |f| f.name), Access::Path),
            K::Index => self.index(node, inner),
            K::Binary => self.binary(node, inner),
            K::Cast => self.cast(node, inner),
            // Parentheses and type arguments are seen through.
            _ => inner,
        }
    }

    fn index(&mut self, node: Node<'_>, object: NodeId) -> NodeId {
        let index = self.expr_or_nothing(parts(node).get(1).copied(), node);
        self.add(Kind::Index { object, index }, node)
    }

    fn binary(&mut self, node: Node<'_>, left: NodeId) -> NodeId {
        let right = self.expr_or_nothing(field(node, |f| f.right), node);
        let op = field(node, |f| f.operator).map_or_else(Name::default, |op| self.name(op));
        self.add(Kind::Binary { op, left, right }, node)
    }

    fn cast(&mut self, node: Node<'_>, value: NodeId) -> NodeId {
        let ty = field(node, |f| f.type_).map(|ty| type_expr(ty, self.text)).unwrap_or_default();
        self.add(Kind::Cast { value, ty: Box::new(ty) }, node)
    }

    fn member(&mut self, node: Node<'_>, object: NodeId, name: Option<Node<'_>>, access: Access) -> NodeId {
        let Some(name) = name else { return object };
        let kind = Kind::Member { object, name: self.name(name), name_range: self.own_range(name), access };
        self.add(kind, node)
    }

    /// An expression that does not begin with another one.
    fn head(&mut self, node: Node<'_>, place: Place, wanted: Wanted) -> NodeId {
        match kind(node) {
            K::Identifier if place == Place::Path => self.path_head(node),
            K::Identifier | K::Metavariable | K::TypeIdentifier | K::PrimitiveType | K::FieldIdentifier => {
                self.name_node(node)
            }
            K::SelfValue if place == Place::Elsewhere => self.this(node),
            K::SelfValue | K::Super | K::Crate => self.path_root(node),
            // `::std::mem::take`
            K::ScopedIdentifier | K::ScopedTypeIdentifier | K::GenericType | K::BracketedType => {
                self.type_as_path(node)
            }
            K::GenericFunction => self.expr_or_nothing(field(node, |f| f.function), node),
            K::String | K::RawString | K::Char | K::Boolean | K::Integer | K::Float | K::NegativeLiteral => {
                self.literal(node)
            }
            K::MacroInvocation => self.macro_call(node),
            K::Unary | K::Reference => self.unary(node),
            K::Assignment | K::CompoundAssignment => self.assignment(node),
            K::StructExpression => self.struct_literal(node),
            K::ArrayExpression | K::TupleExpression | K::UnitExpression => self.array(node),
            K::Range => self.range_expression(node),
            K::Return | K::Yield => self.return_or_yield(node),
            K::Break => self.break_expression(node),
            K::Continue => self.continue_expression(node),
            K::Closure => self.closure(node, None),
            K::If => self.if_chain(node, wanted),
            K::LetCondition => self.let_condition(node),
            K::LetChain => self.let_chain(node),
            K::Match => self.match_expression(node, wanted),
            K::While | K::Loop | K::For => self.loop_expression(node),
            K::Block => self.block(node, node, BlockForm::Plain, wanted),
            K::UnsafeBlock => self.wrapped_block(node, BlockForm::Unsafe, wanted),
            K::AsyncBlock => self.wrapped_block(node, BlockForm::Async, Wanted::Value),
            K::ConstBlock | K::TryBlock | K::GenBlock => {
                self.wrapped_block(node, BlockForm::Plain, Wanted::Value)
            }
            _ => self.other(node),
        }
    }

    pub(super) fn this(&mut self, node: Node<'_>) -> NodeId {
        self.add(Kind::This, node)
    }

    fn path_root(&mut self, node: Node<'_>) -> NodeId {
        let root = Kind::PathRoot(self.name(node));
        self.add(root, node)
    }

    fn return_or_yield(&mut self, node: Node<'_>) -> NodeId {
        let value = first_part(node).map(|value| self.expr(value));
        let made = match kind(node) {
            K::Return => Kind::Return(value),
            _ => Kind::Yield(value),
        };
        self.add(made, node)
    }

    fn continue_expression(&mut self, node: Node<'_>) -> NodeId {
        let label = self.label(node);
        self.add(Kind::Continue(label), node)
    }

    pub(super) fn name_node(&mut self, node: Node<'_>) -> NodeId {
        let name = self.name(node);
        if name.is_empty() {
            return self.nothing_at(node);
        }
        let kind = if name == "Self" { Kind::PathRoot(name) } else { Kind::Name { name, binding: None } };
        self.add(kind, node)
    }

    /// A name before `::`, which no variable can be meant by.
    fn path_head(&mut self, node: Node<'_>) -> NodeId {
        let id = self.name_node(node);
        self.state.looks_up(id, Namespace::Types);
        id
    }

    /// A type at the head of a path: `Vec::<u8>::new`, `<T as Trait>::f`, `::std`.
    fn type_as_path(&mut self, node: Node<'_>) -> NodeId {
        let mut at = node;
        let mut outer = Vec::new();
        loop {
            let inner = match kind(at) {
                K::ScopedIdentifier | K::ScopedTypeIdentifier => {
                    let Some(name) = field(at, |f| f.name) else {
                        break;
                    };
                    match field(at, |f| f.path) {
                        Some(path) => {
                            outer.push((at, name));
                            Some(path)
                        }
                        None => Some(name),
                    }
                }
                K::GenericType | K::QualifiedType | K::ReferenceType | K::PointerType => {
                    field(at, |f| f.type_)
                }
                K::DynamicType | K::AbstractType => field(at, |f| f.trait_),
                K::BracketedType => first_part(at),
                _ => None,
            };
            let Some(inner) = inner else { break };
            at = inner;
        }
        let mut id = match kind(at) {
            K::Identifier | K::TypeIdentifier | K::PrimitiveType | K::Metavariable => self.path_head(at),
            K::SelfValue | K::Super | K::Crate => self.path_root(at),
            _ => self.nothing_at(at),
        };
        while let Some((node, name)) = outer.pop() {
            id = self.member(node, id, Some(name), Access::Path);
        }
        id
    }

    fn unary(&mut self, node: Node<'_>) -> NodeId {
        let value = field(node, |f| f.value)
            .or_else(|| parts(node).pop())
            .filter(|value| kind(*value) != K::MutableSpecifier);
        let value = self.expr_or_nothing(value, node);
        let op = if kind(node) == K::Reference {
            let is_mutable = has_child(node, K::MutableSpecifier);
            Name::new_static(if is_mutable { "&mut" } else { "&" })
        } else {
            node.child(0).map_or_else(Name::default, |op| self.name(op))
        };
        self.add(Kind::Unary { op, value }, node)
    }

    fn assignment(&mut self, node: Node<'_>) -> NodeId {
        if let Some(end) = misread_range(node) {
            let end = Some(self.expr(end));
            return self.add(Kind::Range { start: None, end }, node);
        }
        let target = match field(node, |f| f.left) {
            // `(a, b) = (b, a)`
            Some(left) if matches!(kind(left), K::TupleExpression | K::ArrayExpression) => {
                let targets = self.all_parts(left);
                self.add(Kind::Other(targets), left)
            }
            left => self.expr_or_nothing(left, node),
        };
        let value = self.expr_or_nothing(field(node, |f| f.right), node);
        let op = field(node, |f| f.operator).map_or_else(|| Name::new_static("="), |op| self.name(op));
        self.add(Kind::Assign { op, target, value }, node)
    }

    fn array(&mut self, node: Node<'_>) -> NodeId {
        if let Some(length) = field(node, |f| f.length) {
            let value = self.expr_or_nothing(first_part(node), node);
            let count = self.expr(length);
            return self.add(Kind::Repeat { value, count }, node);
        }
        let elements = self.all_parts(node);
        self.array_of(elements, node)
    }

    fn array_of(&mut self, elements: Vec<NodeId>, node: Node<'_>) -> NodeId {
        self.add(Kind::Array(elements), node)
    }

    /// Every part of a node as an expression.
    pub(super) fn all_parts(&mut self, node: Node<'_>) -> Vec<NodeId> {
        parts(node).into_iter().map(|part| self.expr(part)).collect()
    }

    fn range_expression(&mut self, node: Node<'_>) -> NodeId {
        let mut bounds = [None, None];
        let mut is_after = 0;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match kind(child) {
                K::DotDot | K::DotDotDot | K::DotDotEquals => is_after = 1,
                K::LineComment | K::BlockComment => {}
                _ => bounds[is_after] = Some(self.expr(child)),
            }
        }
        let [start, end] = bounds;
        self.add(Kind::Range { start, end }, node)
    }

    fn break_expression(&mut self, node: Node<'_>) -> NodeId {
        let label = self.label(node);
        let value =
            parts(node).into_iter().find(|part| kind(*part) != K::Label).map(|value| self.expr(value));
        self.add(Kind::Break { label, value }, node)
    }

    /// The label of a loop, block, `break` or `continue`, without its `'`.
    pub(super) fn label(&mut self, node: Node<'_>) -> Option<Name> {
        let label = child_of_kind(node, K::Label)?;
        Some(Name::new(self.text_of(label).trim_start_matches('\'')))
    }

    /// Something that is no expression: what can be read of its parts.
    pub(super) fn other(&mut self, node: Node<'_>) -> NodeId {
        if !node.is_named() {
            return self.nothing_at(node);
        }
        let found = self.recover(node);
        self.add(Kind::Other(found), node)
    }
}

/// The bound of `..=x`, which the grammar takes for an assignment of `x` to `..`.
fn misread_range(node: Node<'_>) -> Option<Node<'_>> {
    let left = field(node, |f| f.left)?;
    let is_bare = kind(left) == K::Range && left.named_child_count() == 0;
    let right = field(node, |f| f.right)?;
    (is_bare && kind(node) == K::Assignment).then_some(right)
}

/// The expression that another one begins with.
fn left_part(node: Node<'_>) -> Option<Node<'_>> {
    match kind(node) {
        K::Call | K::GenericFunction => field(node, |f| f.function),
        K::Field | K::Cast => field(node, |f| f.value),
        K::Await | K::Try | K::Index | K::Parenthesized => first_part(node),
        K::Binary => field(node, |f| f.left),
        K::ScopedIdentifier => field(node, |f| f.path),
        _ => None,
    }
}
