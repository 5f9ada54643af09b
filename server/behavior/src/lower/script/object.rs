//! Objects and templates.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use super::shape::{Naming, name_of};
use crate::{Entry, Key, Kind, Literal, Name, NodeId};

impl<'t> Lowering<'_, 't> {
    pub(super) fn object(&mut self, node: Node<'t>) -> NodeId {
        let children = self.children(node);
        let mut entries = Vec::new();
        for child in children.named() {
            let range = self.b.own(TextRange::of(child.node));
            let entry = match child.kind {
                K::Pair => self.pair(child.node),
                K::ShorthandIdentifier => Entry {
                    key: Key::Name(self.name(child.node)),
                    value: self.name_node(child.node),
                    is_shorthand: true,
                    range,
                },
                K::Method => self.object_method(child.node),
                _ => {
                    Entry { key: Key::Spread, value: self.expression(child.node), is_shorthand: false, range }
                }
            };
            entries.push(entry);
        }
        self.b.node(Kind::Object { entries: entries.into(), ty: None }, TextRange::of(node))
    }

    fn pair(&mut self, node: Node<'t>) -> Entry {
        let f = &self.tables.f;
        let children = self.children(node);
        let name = children.field(f.key);
        let key = self.key(name);
        self.naming.name = name;
        let value = self.expression_or_other(children.field(f.value), node);
        self.naming = Naming::default();
        Entry { key, value, is_shorthand: false, range: self.b.own(TextRange::of(node)) }
    }

    fn object_method(&mut self, node: Node<'t>) -> Entry {
        let name = node.child_by_field_id(self.tables.f.name);
        // A nested unit holds its own key, so the key's expression belongs to it.
        let key = match self.nested_index(node) {
            Some(_) => name
                .and_then(|n| name_of(n, self.tables, self.text))
                .map_or_else(|| Key::Name(Name::default()), |(name, _)| Key::Name(name)),
            None => self.key(name),
        };
        Entry {
            key,
            value: self.function(node, Naming::default(), Vec::new()),
            is_shorthand: false,
            range: self.b.own(TextRange::of(node)),
        }
    }

    fn key(&mut self, node: Option<Node<'t>>) -> Key {
        let Some(node) = node else {
            return Key::Name(Name::default());
        };
        match name_of(node, self.tables, self.text) {
            Some((name, _)) => Key::Name(name),
            None if self.kind(node) == K::ComputedName => Key::Computed(self.computed_key(node)),
            None => Key::Name(Name::default()),
        }
    }

    /// A template string; without holes it is a plain string.
    pub(super) fn template(&mut self, node: Node<'t>) -> NodeId {
        if let Some(tagged) = self.repair_tagged(node) {
            return tagged;
        }
        let (pieces, holes) = self.template_parts(node);
        let kind = match &pieces[..] {
            [only] if holes.is_empty() => Kind::Literal(Literal::String(only.clone())),
            _ => Kind::Template { pieces: pieces.into(), holes: holes.into() },
        };
        self.b.node(kind, TextRange::of(node))
    }

    /// The template of a tagged one: never a plain string.
    pub(super) fn tagged_template(&mut self, node: Node<'t>) -> NodeId {
        let (pieces, holes) = self.template_parts(node);
        self.b.node(Kind::Template { pieces: pieces.into(), holes: holes.into() }, TextRange::of(node))
    }

    fn template_parts(&mut self, node: Node<'t>) -> (Vec<Name>, Vec<NodeId>) {
        let children = self.children(node);
        let whole = TextRange::of(node);
        let mut pieces = Vec::new();
        let mut holes = Vec::new();
        let mut from = (whole.start + 1).min(whole.end);
        for child in children.named().filter(|c| c.kind == K::Substitution) {
            let hole = TextRange::of(child.node);
            pieces.push(self.piece(from, hole.start));
            from = hole.end;
            let inner = self.children(child.node).first();
            let inner = self.expression_or_other(inner, child.node);
            holes.push(inner);
        }
        let is_closed = whole.len() > 1 && self.text(node).ends_with('`');
        let end = if is_closed { whole.end - 1 } else { whole.end };
        pieces.push(self.piece(from, end));
        (pieces, holes)
    }

    fn piece(&self, from: u32, to: u32) -> Name {
        Name::new(&self.text[TextRange::new(from, to.max(from)).as_usize()])
    }
}
