//! Rust.
//!
//! [`outline`] finds the functions; [`extract`] lowers one of them by a walk that dispatches on node kinds. What leans
//! to one side as deep as it is long (`a + b + …`, `.x().y()…`, `else if …`) is walked in a loop, all other nesting is
//! bounded by [`super::MAX_DEPTH`]. The arguments of macros that [`macros`] knows are parsed a second time, as the
//! expressions they are.

mod attributes;
mod calls;
mod comments;
mod control;
mod expressions;
mod fields;
mod format;
mod functions;
mod imports;
mod items;
mod kinds;
mod literals;
mod macros;
mod namespaces;
mod outline;
mod patterns;
mod reparse;
mod select;
mod statements;
mod types;

#[cfg(test)]
mod tests;

use std::ops::Range;

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::{Builder, MAX_DEPTH, Outline};
use crate::{BlockForm, FunctionKind, Kind, Name, NodeId, OwnRange, ScopeId, Unit};
use kinds::{K, kind};

pub(super) use outline::outline;

/// Lowers one unit.
pub(super) fn extract(outline: &Outline<'_>, index: usize, text: &str) -> Unit {
    let Some(site) = outline.sites.get(index) else {
        return Unit::default();
    };
    let own = functions::unit_function(site);
    let mut state = State {
        builder: Builder::new(&site.place, own),
        holes: &site.place.holes,
        found: vec![None; site.nested.len()],
        depth: 0,
        namespaces: Vec::new(),
    };
    let mut lower = Lower { state: &mut state, text, shift: 0, macro_depth: 0 };
    let root = outline.node(index);
    lower.unit(root);
    comments::collect(&mut state, root, text);
    // A nested unit that a limit kept from being reached still is where the outline says.
    for (i, &nested) in site.nested.iter().enumerate() {
        let nested = &outline.sites[nested];
        let (node, scope) = state.found[i].unwrap_or_else(|| {
            state.builder.scope = ScopeId(0);
            state.builder.function = crate::FunctionId(0);
            let kind = Kind::Nested(u32::try_from(i).unwrap_or(u32::MAX));
            (state.builder.node(kind, nested.place.range), ScopeId(0))
        });
        let interface = super::nested(nested, node, scope);
        state.builder.unit.nested.push(interface);
    }
    let mut unit = state.builder.finish();
    namespaces::correct(&mut unit, &state.namespaces);
    unit
}

/// What is built, whichever text is being read.
struct State<'p> {
    builder: Builder<'p>,
    /// The bytes of the file that nested units cover, in order.
    holes: &'p [TextRange],
    /// The node and scope of each nested unit that was reached.
    found: Vec<Option<(NodeId, ScopeId)>>,
    depth: u32,
    /// Names that are looked up among types or macros.
    namespaces: Vec<(NodeId, namespaces::Namespace)>,
}

impl State<'_> {
    /// Which of the nested units a node of the file is, if it is one.
    fn nested_index(&self, node: Node<'_>) -> Option<usize> {
        // A closure that is a statement covers what the statement does.
        if !matches!(kind(node), K::FunctionItem | K::Closure) {
            return None;
        }
        self.holes.binary_search(&TextRange::of(node)).ok()
    }
}

/// Reads one text: the file, or the arguments of a macro made parsable.
struct Lower<'s, 'p> {
    state: &'s mut State<'p>,
    /// The text that the nodes are of.
    text: &'s str,
    /// What to add to an offset in `text` for the offset in the file.
    shift: i64,
    /// How many macros the text stands in.
    macro_depth: u32,
}

/// Whether the value of an expression is wanted where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Value,
    Nothing,
}

impl Lower<'_, '_> {
    fn unit(&mut self, node: Node<'_>) {
        match kind(node) {
            K::FunctionItem => self.own_function(node),
            K::Closure => self.own_closure(node),
            _ => {
                let statements = self.items(node);
                let range = TextRange::from_usize(0, self.text.len());
                let body = self
                    .state
                    .builder
                    .node(Kind::Block { statements, has_value: false, form: BlockForm::Plain }, range);
                let range = self.state.builder.own(range);
                let own = &mut self.state.builder.unit.functions[0];
                own.body = Some(body);
                own.range = range;
                debug_assert_eq!(own.kind, FunctionKind::Module);
            }
        }
    }

    /// Goes one level deeper; false, and the unit marked as cut, where a limit is reached.
    fn enter(&mut self) -> bool {
        if self.state.depth >= MAX_DEPTH {
            self.state.builder.unit.is_cut = true;
            return false;
        }
        if self.state.builder.is_full() {
            return false;
        }
        self.state.depth += 1;
        true
    }

    fn leave(&mut self) {
        self.state.depth -= 1;
    }

    /// The bytes of the file that a node covers.
    fn range(&self, node: Node<'_>) -> TextRange {
        self.range_of_bytes(node.byte_range())
    }

    /// The bytes of the file for bytes of the text.
    fn range_of_bytes(&self, bytes: Range<usize>) -> TextRange {
        let shifted = |byte: usize| {
            let byte = i64::try_from(byte).unwrap_or(i64::MAX);
            u32::try_from(byte.saturating_add(self.shift).max(0)).unwrap_or(u32::MAX)
        };
        TextRange::new(shifted(bytes.start), shifted(bytes.end))
    }

    /// The node's range in the unit's own coordinates.
    fn own_range(&self, node: Node<'_>) -> OwnRange {
        self.state.builder.own(self.range(node))
    }

    fn text_of(&self, node: Node<'_>) -> &str {
        attributes::slice(self.text, node)
    }

    fn name(&self, node: Node<'_>) -> Name {
        Name::new(self.text_of(node))
    }

    /// Adds a node that stands where `node` does.
    fn add(&mut self, kind: Kind, node: Node<'_>) -> NodeId {
        let range = self.range(node);
        self.state.builder.node(kind, range)
    }

    /// Something that the vocabulary has no word for, or that is not there.
    fn nothing_at(&mut self, node: Node<'_>) -> NodeId {
        self.add(Kind::Other(Vec::new()), node)
    }

    /// The unit that begins at this node, if it is nested in this one.
    fn nested(&mut self, node: Node<'_>) -> Option<NodeId> {
        if self.macro_depth > 0 {
            return None;
        }
        let index = self.state.nested_index(node)?;
        let kind = Kind::Nested(u32::try_from(index).unwrap_or(u32::MAX));
        let id = self.add(kind, node);
        self.state.found[index] = Some((id, self.state.builder.scope));
        Some(id)
    }
}
