//! What the body of a large unit is made of, so that what an edit to one statement leaves alone can be told.

use std::hash::{Hash, Hasher};

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::Lowering;
use super::kinds::K;
use crate::BodyPart;
use crate::lower::LARGE_UNIT_BYTES;

impl<'t> Lowering<'_, 't> {
    /// Lists the parts of the body, where other units stand in it and much is to be gained.
    pub(super) fn list_parts(&mut self) {
        let all = self.site.place.range;
        if self.is_module() || self.site.nested.is_empty() || all.len() <= LARGE_UNIT_BYTES {
            return;
        }
        let body = self.root.child_by_field_id(self.tables.f.body);
        let Some(body) = body.filter(|&body| self.kind(body) == K::Block) else { return };
        let mut parts = Vec::with_capacity(body.child_count() + 1);
        // An error is some child's.
        let mut cursor = self.root.walk();
        let is_broken =
            self.root.children(&mut cursor).any(|child| child.id() != body.id() && child.has_error());
        let head = TextRange::new(all.start, TextRange::of(body).start);
        parts.push(self.part(self.root, head, is_broken));
        let mut cursor = body.walk();
        parts.extend(body.children(&mut cursor).map(|child| self.whole_part(child)));
        self.b.unit.parts = parts;
    }

    fn whole_part(&self, node: Node<'t>) -> BodyPart {
        self.part(node, TextRange::of(node), node.has_error() || node.is_missing())
    }

    fn part(&self, node: Node<'t>, range: TextRange, is_broken: bool) -> BodyPart {
        let holes = &self.site.place.holes;
        let first = holes.partition_point(|hole| hole.start < range.start);
        let end = holes.partition_point(|hole| hole.start < range.end);
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let written = || {
            let mut hasher = xxhash_rust::xxh3::Xxh3::new();
            let mut at = range.start;
            for hole in holes[first..end].iter().copied().chain([TextRange::new(range.end, range.end)]) {
                hasher.update(&self.text.as_bytes()[at as usize..hole.start as usize]);
                hasher.update(&[0xff]);
                at = hole.end;
            }
            node.kind_id().hash(&mut hasher);
            hasher.finish()
        };
        BodyPart {
            range: self.b.own(range),
            nested: index(first)..index(end),
            written: (!is_broken).then(written),
        }
    }
}
