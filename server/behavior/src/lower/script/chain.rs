//! Members, calls, indices: what hangs on a value, read in a loop, for builders chain by the hundred.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Children, Naming};
use crate::{Access, CallForm, Kind, Name, NodeId, TypeExpr};

/// One link of a chain, outermost first while it is read.
struct Link<'t> {
    kind: K,
    node: Node<'t>,
    children: Children<'t>,
}

impl<'t> Lowering<'_, 't> {
    /// `a.b(c)[d]!`
    pub(super) fn chain(&mut self, node: Node<'t>, naming: Naming<'t>) -> NodeId {
        let mut links = Vec::new();
        let mut awaits = Vec::new();
        let mut at = node;
        let base = loop {
            let kind = self.kind(at);
            if !is_link(kind) {
                break Some(at);
            }
            let children = self.children_with_errors(at);
            let inner = self.inner_of_link(kind, &children);
            let has_types = kind == K::Instantiation && !links.is_empty()
                || kind == K::Call && children.field(self.tables.f.type_arguments).is_some();
            links.push(Link { kind, node: at, children });
            let Some(inner) = inner else { break None };
            at = inner;
            if has_types && self.kind(at) == K::Await {
                // ``await f<T>`x` `` and `await f<T>(x)` await the result, not the function.
                let operand = self.children(at).first();
                awaits.push(at);
                let Some(operand) = operand else { break None };
                at = operand;
            }
        };
        if links.iter().all(|l| l.kind == K::NonNull) {
            self.naming = naming;
        }
        let mut start = TextRange::of(base.unwrap_or(at)).start;
        let mut value = self.expression_or_other(base, at);
        self.naming = Naming::default();
        if let Some(tagged) = self.tag.take_if(|tag| tag.is_used) {
            start = tagged.start;
        }
        let mut type_args = Vec::new();
        while let Some(link) = links.pop() {
            value = self.link(&link, value, start, &mut type_args);
        }
        while let Some(awaited) = awaits.pop() {
            let range = TextRange::new(TextRange::of(awaited).start, TextRange::of(node).end);
            value = self.b.node(Kind::Await(value), range);
        }
        value
    }

    fn inner_of_link(&self, kind: K, children: &Children<'t>) -> Option<Node<'t>> {
        let f = &self.tables.f;
        match kind {
            K::Call => children.field(f.function),
            K::Member | K::Subscript | K::NestedIdentifier => children.field(f.object),
            _ => children.first(),
        }
    }

    /// Puts one link on `object`.
    fn link(&mut self, link: &Link<'t>, object: NodeId, start: u32, type_args: &mut Vec<TypeExpr>) -> NodeId {
        let f = &self.tables.f;
        let range = TextRange::new(start, TextRange::of(link.node).end);
        let children = &link.children;
        // A generic tagged template lacks a `!` only to the grammar.
        let repaired = link.kind == K::NonNull && children.0.iter().any(|c| c.node.is_missing());
        if repaired && !type_args.is_empty() {
            return object;
        }
        for child in &children.0 {
            self.note_error(*child);
        }
        match link.kind {
            K::Call => self.call(children, object, range, type_args),
            K::Member | K::NestedIdentifier => {
                let Some(property) = children.field(f.property) else {
                    return self.b.node(Kind::Other(vec![object]), range);
                };
                let written = self.text(property);
                let name = written.trim_start_matches('#');
                let whole = TextRange::of(property);
                let skipped = u32::try_from(written.len() - name.len()).unwrap_or(0);
                let is_optional = children.field(f.optional_chain).is_some();
                let kind = Kind::Member {
                    object,
                    name: Name::new(name),
                    name_range: self.b.own(TextRange::new(whole.start + skipped, whole.end)),
                    access: if is_optional { Access::Optional } else { Access::Dot },
                };
                self.b.node(kind, range)
            }
            K::Subscript => {
                let index = self.expression_or_other(children.field(f.index), link.node);
                self.b.node(Kind::Index { object, index }, range)
            }
            K::Instantiation => {
                *type_args = match children.field(f.type_arguments) {
                    Some(args) => self.type_args(args),
                    None => Vec::new(),
                };
                object
            }
            _ => self.b.node(Kind::NonNull(object), range),
        }
    }

    fn call(
        &mut self,
        children: &Children<'t>,
        callee: NodeId,
        range: TextRange,
        type_args: &mut Vec<TypeExpr>,
    ) -> NodeId {
        let f = &self.tables.f;
        if let Some(args) = children.field(f.type_arguments) {
            *type_args = self.type_args(args);
        }
        let type_args = std::mem::take(type_args);
        let arguments = children.field(f.arguments);
        let is_import = children.of(K::Import).is_some();
        let (args, form) = match arguments {
            Some(template) if self.kind(template) == K::Template => {
                (vec![self.tagged_template(template)], CallForm::Tagged)
            }
            Some(arguments) => {
                let form = match () {
                    () if is_import => CallForm::Import,
                    () if children.has(K::TokenOptionalChain) => CallForm::Optional,
                    () => CallForm::Plain,
                };
                (self.arguments(arguments), form)
            }
            None => (Vec::new(), CallForm::Plain),
        };
        let kind = Kind::Call { callee, args: args.into(), form, type_args: type_args.into() };
        self.b.node(kind, range)
    }

    /// A level of its own: the way from a call to its arguments takes the most stack.
    pub(super) fn arguments(&mut self, node: Node<'t>) -> Vec<NodeId> {
        let children = self.children(node);
        let lowered = self.deeper(|this| {
            let arguments = children.named();
            arguments.map(|c| this.expression(c.node)).collect()
        });
        lowered.unwrap_or_else(|| vec![self.leave_out(node)])
    }

    /// `new F<T>(x)`
    pub(super) fn construction(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children(node);
        let callee = self.expression_or_other(children.field(f.constructor), node);
        let type_args = children.field(f.type_arguments);
        let type_args = type_args.map(|args| self.type_args(args));
        let args = children.field(f.arguments);
        let args = args.map(|args| self.arguments(args));
        let kind = Kind::Call {
            callee,
            args: args.unwrap_or_default().into(),
            form: CallForm::New,
            type_args: type_args.unwrap_or_default().into(),
        };
        self.b.node(kind, TextRange::of(node))
    }
}

fn is_link(kind: K) -> bool {
    matches!(kind, K::Call | K::Member | K::NestedIdentifier | K::Subscript | K::NonNull | K::Instantiation)
}
