//! JSX. Its text holds no behaviour, and what the grammar takes for an error in it is none.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::Children;
use crate::{Entry, Key, Kind, Literal, Name, NodeId};

impl<'t> Lowering<'_, 't> {
    /// `<a b={c}>d</a>`, `<a />`, `<></>`.
    pub(super) fn element(&mut self, node: Node<'t>) -> NodeId {
        let f = &self.tables.f;
        let children = self.children_with_errors(node);
        let (opening, inner) = match self.kind(node) {
            K::JsxElement => {
                let opening = children.field(f.open_tag);
                (opening.map(|o| self.children(o)), Some(children))
            }
            _ => {
                children.0.iter().for_each(|c| self.note_error(*c));
                (Some(children), None)
            }
        };
        let mut tag = None;
        let mut attributes = Vec::new();
        if let Some(opening) = opening {
            tag = opening.field(f.name).map(|name| self.tag_name(name));
            for child in opening.named().filter(|c| c.field == f.attribute) {
                let entry = self.attribute_entry(child.node);
                attributes.extend(entry);
            }
        }
        let mut children = Vec::new();
        if let Some(inner) = inner {
            self.element_children(&inner, &mut children);
        }
        let kind = Kind::Element { tag, attributes: attributes.into(), children: children.into() };
        self.b.node(kind, TextRange::of(node))
    }

    fn element_children(&mut self, inner: &Children<'t>, out: &mut Vec<NodeId>) {
        for child in inner.named() {
            match child.kind {
                K::JsxElement | K::JsxSelfClosing => out.push(self.expression(child.node)),
                K::JsxExpression => {
                    let expression = self.children(child.node).first();
                    out.extend(expression.map(|e| self.expression(e)));
                }
                K::Error => self.broken_text(child.node, out),
                _ => {}
            }
        }
    }

    /// `&` in text is an error to the grammar only; names in it are words. Elements and `{…}` in it are kept.
    fn broken_text(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let children = self.children_with_errors(node);
        let met = self.deeper(|this| this.element_children(&children, out));
        if met.is_none() {
            out.push(self.leave_out(node));
        }
    }

    /// The name of an element. Lower-case ones are HTML's and mean no variable.
    fn tag_name(&mut self, node: Node<'t>) -> NodeId {
        let text = self.text(node);
        let is_plain = matches!(self.kind(node), K::Identifier | K::JsxNamespaceName);
        let is_html = text.contains([':', '-']) || text.starts_with(|c: char| c.is_ascii_lowercase());
        if is_plain && is_html {
            return self.unbindable_name(Name::new(text), TextRange::of(node));
        }
        self.expression(node)
    }

    fn attribute_entry(&mut self, node: Node<'t>) -> Option<Entry> {
        let range = self.b.own(TextRange::of(node));
        let children = self.children(node);
        if self.kind(node) == K::JsxExpression {
            let spread = children.first()?;
            return Some(Entry {
                key: Key::Spread,
                value: self.expression(spread),
                is_shorthand: false,
                range,
            });
        }
        let mut parts = children.named().filter(|c| c.kind != K::Error);
        let name = parts.next()?.node;
        let value = match parts.next() {
            Some(value) => self.expression(value.node),
            None => {
                let yes = Kind::Literal(Literal::Bool(true));
                self.b.node(yes, TextRange::of(node))
            }
        };
        Some(Entry { key: Key::Name(self.name(name)), value, is_shorthand: false, range })
    }

    /// `{x}` as the value of an attribute.
    pub(super) fn jsx_expression(&mut self, node: Node<'t>) -> NodeId {
        let inner = self.children(node).first();
        self.expression_or_other(inner, node)
    }
}
