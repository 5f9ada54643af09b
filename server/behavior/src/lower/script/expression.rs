//! Expressions: which code lowers which.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Naming, unquoted};
use crate::{Kind, Literal, Name, NodeId};

impl<'t> Lowering<'_, 't> {
    /// Lowers an expression. What the grammar allows only elsewhere is lowered too: broken text has it anywhere.
    pub(super) fn expression(&mut self, node: Node<'t>) -> NodeId {
        let naming = std::mem::take(&mut self.naming);
        self.deeper(|this| this.expression_here(node, naming)).unwrap_or_else(|| self.leave_out(node))
    }

    fn expression_here(&mut self, node: Node<'t>, naming: Naming<'t>) -> NodeId {
        let kind = self.kind(node);
        match kind {
            K::Identifier | K::ShorthandIdentifier | K::ShorthandPattern => self.name_node(node),
            K::PropertyIdentifier | K::PrivateIdentifier | K::TypeIdentifier => self.other(node),
            K::This
            | K::Super
            | K::Undefined
            | K::True
            | K::False
            | K::Null
            | K::Number
            | K::String
            | K::Regex => self.constant(node, kind),
            K::Template => self.template(node),
            K::Array | K::Sequence => self.list(node, kind),
            K::Object => self.object(node),
            K::Parenthesized => self.parenthesized(node, naming),
            K::Call | K::Member | K::Subscript | K::NonNull | K::Instantiation | K::NestedIdentifier => {
                self.chain(node, naming)
            }
            K::New => self.construction(node),
            K::Import => self.unbindable_name(Name::new("import"), TextRange::of(node)),
            K::MetaProperty => self.meta_property(node),
            K::As | K::Satisfies | K::TypeAssertion => self.cast(node, naming),
            K::Await | K::Yield | K::Spread | K::Unary | K::Update => self.prefix(node, kind),
            K::Binary => self.binary(node),
            K::Ternary => self.ternary(node),
            K::Assignment | K::AugmentedAssignment => self.assignment(node),
            K::JsxElement | K::JsxSelfClosing => self.element(node),
            K::JsxExpression => self.jsx_expression(node),
            _ if kind.is_function() => self.function(node, naming, Vec::new()),
            _ if kind.is_class() => self.class(node, naming, Vec::new()),
            _ => self.unexpected(node, kind),
        }
    }

    /// Something without a word in the vocabulary; its parts are lowered.
    pub(super) fn other(&mut self, node: Node<'t>) -> NodeId {
        let children = self.children(node);
        let mut parts = Vec::new();
        for child in children.named() {
            self.statement(child.node, &mut parts);
        }
        self.b.node(Kind::Other(parts), TextRange::of(node))
    }

    /// Types hold no behaviour; a statement may stand here in broken text.
    fn unexpected(&mut self, node: Node<'t>, kind: K) -> NodeId {
        match kind {
            K::TypeAnnotation
            | K::TypeArguments
            | K::TypeParameters
            | K::GenericType
            | K::ObjectType
            | K::UnionType
            | K::FunctionType
            | K::TypeQuery
            | K::Decorator => self.leave_out(node),
            K::FunctionSignature
            | K::Block
            | K::If
            | K::For
            | K::ForIn
            | K::While
            | K::Do
            | K::Switch
            | K::Try
            | K::Return
            | K::Throw
            | K::Labeled
            | K::Lexical
            | K::Variable
            | K::ExpressionStatement
            | K::ImportStatement
            | K::ExportStatement
            | K::Interface
            | K::TypeAlias
            | K::Enum
            | K::Namespace
            | K::Module
            | K::Ambient => self.body(node),
            _ => self.other(node),
        }
    }

    fn constant(&mut self, node: Node<'t>, kind: K) -> NodeId {
        let range = TextRange::of(node);
        let text = self.text(node);
        let literal = match kind {
            K::This => return self.b.node(Kind::This, range),
            K::Super => return self.b.node(Kind::PathRoot(Name::new("super")), range),
            K::Undefined => Literal::Undefined,
            K::True => Literal::Bool(true),
            K::False => Literal::Bool(false),
            K::Null => Literal::Null,
            K::Number if text.contains('_') => Literal::Number(text.replace('_', "").into()),
            K::Number => Literal::Number(text.into()),
            K::Regex => Literal::Regex(text.into()),
            _ => Literal::String(unquoted(text, range).0.into()),
        };
        self.b.node(Kind::Literal(literal), range)
    }

    fn list(&mut self, node: Node<'t>, kind: K) -> NodeId {
        let children = self.children(node);
        let parts = children.named().map(|c| self.expression(c.node)).collect();
        let kind = match kind {
            K::Sequence => Kind::Sequence(parts),
            _ => Kind::Array(parts),
        };
        self.b.node(kind, TextRange::of(node))
    }

    fn parenthesized(&mut self, node: Node<'t>, naming: Naming<'t>) -> NodeId {
        if let Some(call) = self.repair_tagged(node) {
            return call;
        }
        let children = self.children(node);
        self.naming = naming;
        let inner = children.first();
        let lowered = self.expression_or_other(inner, node);
        self.naming = Naming::default();
        lowered
    }

    /// `import.meta` is a member of `import`, `new.target` of `new`.
    fn meta_property(&mut self, node: Node<'t>) -> NodeId {
        let range = TextRange::of(node);
        let text = self.text(node);
        let (head, name) = text.split_once('.').unwrap_or((text, ""));
        let head_range = TextRange::at(range.start, u32::try_from(head.trim_end().len()).unwrap_or(0));
        let name_len = u32::try_from(name.trim_start().len()).unwrap_or(0);
        let object = self.unbindable_name(Name::new(head.trim_end()), head_range);
        let kind = Kind::Member {
            object,
            name: Name::new(name.trim_start()),
            name_range: self.b.own(TextRange::new(range.end - name_len, range.end)),
            access: crate::Access::Dot,
        };
        self.b.node(kind, range)
    }

    fn cast(&mut self, node: Node<'t>, naming: Naming<'t>) -> NodeId {
        let children = self.children(node);
        let mut parts = children.named().filter(|c| c.kind != K::Error);
        let (first, second) = (parts.next(), parts.next());
        // `<T>x` has its type first.
        let (value, ty) = match first {
            Some(first) if first.kind == K::TypeArguments => (second, Some(first)),
            first => (first, second),
        };
        self.naming = naming;
        let value = self.expression_or_other(value.map(|v| v.node), node);
        self.naming = Naming::default();
        let ty = match ty {
            Some(ty) if ty.kind == K::TypeArguments => self.type_args(ty.node).pop().unwrap_or_default(),
            Some(ty) => self.annotation(ty.node),
            // `as const` has no node for its type.
            None => super::types::with_args("const", Vec::new()),
        };
        self.b.node(Kind::Cast { value, ty: Box::new(ty) }, TextRange::of(node))
    }

    /// `await x`, `yield x`, `...x`, `!x`, `i++`.
    fn prefix(&mut self, node: Node<'t>, kind: K) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let operand = children.field(f.argument).or(children.first());
        let lowered = match kind {
            K::Yield => Kind::Yield(operand.map(|o| self.expression(o))),
            K::Await => Kind::Await(self.expression_or_other(operand, node)),
            K::Spread => Kind::Spread(self.expression_or_other(operand, node)),
            _ => Kind::Unary {
                op: children.field(f.operator).map(|o| self.name(o)).unwrap_or_default(),
                value: self.expression_or_other(operand, node),
            },
        };
        self.b.node(lowered, TextRange::of(node))
    }
}
