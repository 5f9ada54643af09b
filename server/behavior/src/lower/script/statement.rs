//! Statements.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Children, Naming, unquoted};
use crate::{Kind, Name, NodeId};

impl<'t> Lowering<'_, 't> {
    /// The top level of a file.
    pub(super) fn module_body(&mut self) {
        let root = self.root;
        let children = self.children(root);
        if self.kind(root) == K::Error {
            self.error(TextRange::of(root));
        }
        let statements = self.statements(&children, true);
        let range = self.site.place.range;
        let body = self.block_node(statements, range);
        let own = self.b.own(range);
        let function = &mut self.b.unit.functions[0];
        function.body = Some(body);
        function.range = own;
    }

    /// The statements among the children. Directives are listed only for the unit's own body.
    pub(super) fn statements(&mut self, children: &Children<'t>, is_own_body: bool) -> Vec<NodeId> {
        let mut out = Vec::new();
        let mut at_start = is_own_body;
        for child in children.named() {
            if at_start {
                if let Some(directive) = self.directive(child.node) {
                    self.b.unit.directives.push(directive);
                    continue;
                }
                at_start = child.kind == K::HashBang;
            }
            self.statement(child.node, &mut out);
        }
        out
    }

    /// The text of a statement that is only a string.
    fn directive(&mut self, node: Node<'t>) -> Option<Name> {
        if self.kind(node) != K::ExpressionStatement {
            return None;
        }
        let string = node.named_child(0).filter(|&n| self.kind(n) == K::String)?;
        let (text, _) = unquoted(self.text(string), TextRange::of(string));
        Some(Name::new(text))
    }

    /// Lowers one statement; declarations of several names become several.
    pub(super) fn statement(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        if self.deeper(|this| this.statement_here(node, out)).is_none() {
            let left_out = self.leave_out(node);
            out.push(left_out);
        }
    }

    fn statement_here(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        match self.kind(node) {
            K::Lexical | K::Variable => self.declaration(node, false, out),
            K::ImportStatement => self.import_statement(node),
            K::ImportAlias => self.import_alias(node, out),
            K::ExportStatement => self.export_statement(node, out),
            K::Namespace | K::Module => self.namespace(node, out),
            K::Ambient => self.ambient(node, out),
            K::Empty | K::Debugger | K::HashBang | K::JsxText | K::HtmlReference => {}
            K::Error => self.broken(node, out),
            K::ExpressionStatement => self.expression_statement(node, out),
            _ => {
                let lowered = self.single_statement(node);
                out.push(lowered);
            }
        }
    }

    fn single_statement(&mut self, node: Node<'t>) -> NodeId {
        match self.kind(node) {
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => {
                self.function_declaration(node, Naming::default())
            }
            K::ClassDeclaration | K::AbstractClassDeclaration => {
                self.class_declaration(node, false, Vec::new())
            }
            K::Interface => self.interface(node, false),
            K::TypeAlias => self.type_alias(node, false),
            K::Enum => self.enumeration(node, false),
            K::Block => self.block(node),
            K::If => self.if_statement(node),
            K::For => self.for_statement(node),
            K::ForIn => self.for_in_statement(node),
            K::While | K::Do => self.while_statement(node),
            K::Switch => self.switch_statement(node),
            K::Try => self.try_statement(node),
            K::Return => {
                let value = self.only_expression(node);
                self.b.node(Kind::Return(value), TextRange::of(node))
            }
            K::Throw => self.throw_statement(node),
            K::Break => {
                let label = self.label(node);
                self.b.node(Kind::Break { label, value: None }, TextRange::of(node))
            }
            K::Continue => {
                let label = self.label(node);
                self.b.node(Kind::Continue(label), TextRange::of(node))
            }
            K::Labeled => self.labeled(node),
            K::With => self.with_statement(node),
            _ => self.expression(node),
        }
    }

    /// What could be read of text that does not parse.
    fn broken(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        if self.is_forgiven(TextRange::of(node)) {
            return;
        }
        let children = self.children(node);
        let mut parts = Vec::new();
        for child in children.named() {
            self.statement(child.node, &mut parts);
        }
        if !parts.is_empty() {
            let other = self.b.node(Kind::Other(parts), TextRange::of(node));
            out.push(other);
        }
    }

    fn expression_statement(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let children = self.children(node);
        let Some(inner) = children.first() else {
            return self.broken(node, out);
        };
        if let Some(using) = self.repair_using(inner, TextRange::of(node)) {
            out.push(using);
            return;
        }
        if self.kind(inner) == K::Namespace {
            return self.namespace(inner, out);
        }
        let value = self.expression(inner);
        self.note_commonjs(inner, value, TextRange::of(node));
        let discard = self.b.node(Kind::Discard(value), TextRange::of(node));
        out.push(discard);
        self.rest_of_errors(&children, out);
    }

    /// Errors beside what was lowered: their parts are kept.
    pub(super) fn rest_of_errors(&mut self, children: &Children<'t>, out: &mut Vec<NodeId>) {
        for child in &children.0 {
            if child.kind == K::Error {
                self.statement(child.node, out);
            }
        }
    }

    /// A statement where only one may stand: the body of a loop, an arm of an `if`.
    pub(super) fn body(&mut self, node: Node<'t>) -> NodeId {
        let mut out = Vec::new();
        self.statement(node, &mut out);
        match out[..] {
            [only] => only,
            _ => self.block_node(out, TextRange::of(node)),
        }
    }

    /// `body`, or an empty block at the end of `of` where it is missing.
    pub(super) fn body_or_empty(&mut self, body: Option<Node<'t>>, of: Node<'t>) -> NodeId {
        match body {
            Some(body) => self.body(body),
            None => {
                let end = TextRange::of(of).end;
                self.block_node(Vec::new(), TextRange::empty(end))
            }
        }
    }

    /// The first expression below the node, or nothing at its end.
    pub(super) fn expression_or_other(&mut self, inner: Option<Node<'t>>, of: Node<'t>) -> NodeId {
        match inner {
            Some(inner) => self.expression(inner),
            None => {
                let end = TextRange::of(of).end;
                self.b.node(Kind::Other(Vec::new()), TextRange::empty(end))
            }
        }
    }

    /// A block with a scope of its own.
    pub(super) fn block(&mut self, node: Node<'t>) -> NodeId {
        let before = self.b.open_scope();
        let children = self.children(node);
        let statements = self.statements(&children, false);
        self.b.close_scope(before);
        self.block_node(statements, TextRange::of(node))
    }

    fn only_expression(&mut self, node: Node<'t>) -> Option<NodeId> {
        let children = self.children(node);
        children.first().map(|inner| self.expression(inner))
    }

    fn throw_statement(&mut self, node: Node<'t>) -> NodeId {
        let children = self.children(node);
        let value = self.expression_or_other(children.first(), node);
        self.b.node(Kind::Throw(value), TextRange::of(node))
    }

    fn label(&mut self, node: Node<'t>) -> Option<Name> {
        let label = self.tables.f.label;
        let children = self.children(node);
        children.field(label).map(|label| self.name(label))
    }

    fn labeled(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let label = children.field(f.label).map(|l| self.name(l));
        let body = self.body_or_empty(children.field(f.body), node);
        let label = label.unwrap_or_default();
        self.b.node(Kind::Labeled { label, body }, TextRange::of(node))
    }

    fn with_statement(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let object = self.expression_or_other(children.field(f.object), node);
        let body = self.body_or_empty(children.field(f.body), node);
        self.b.node(Kind::Other(vec![object, body]), TextRange::of(node))
    }

    /// A declared function, with its name bound in the current scope.
    pub(super) fn function_declaration(&mut self, node: Node<'t>, naming: Naming<'t>) -> NodeId {
        let name = node.child_by_field_id(self.tables.f.name);
        let lowered = self.function(node, naming, Vec::new());
        if let Some(name) = name {
            self.bind_declared(name, crate::BindingKind::Function, lowered);
        }
        lowered
    }
}
