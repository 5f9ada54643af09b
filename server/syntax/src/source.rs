//! What a lowering reads: a tree with its text, open buffer or closed file.

use std::borrow::Cow;

use ropey::Rope;
use tree_sitter::{Node, Tree};

use crate::language::Language;
use crate::range::{TextRange, saturate};

/// A parsed text, borrowed from a [`crate::Snapshot`] or a [`crate::Parsed`].
#[derive(Clone, Copy)]
pub struct Source<'a> {
    text: Text<'a>,
    tree: &'a Tree,
    language: Language,
}

#[derive(Clone, Copy)]
enum Text<'a> {
    Contiguous(&'a str),
    Rope(&'a Rope),
}

impl<'a> Source<'a> {
    pub(crate) const fn of_text(text: &'a str, tree: &'a Tree, language: Language) -> Self {
        Self { text: Text::Contiguous(text), tree, language }
    }

    pub(crate) const fn of_rope(rope: &'a Rope, tree: &'a Tree, language: Language) -> Self {
        Self { text: Text::Rope(rope), tree, language }
    }

    /// The tree.
    #[must_use]
    pub const fn tree(self) -> &'a Tree {
        self.tree
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(self) -> Node<'a> {
        self.tree.root_node()
    }

    /// The language.
    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// The length of the text in bytes.
    #[must_use]
    pub fn len(self) -> u32 {
        match self.text {
            Text::Contiguous(text) => saturate(text.len()),
            Text::Rope(rope) => saturate(rope.len_bytes()),
        }
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of a node, borrowed unless it crosses chunks of the rope.
    #[must_use]
    pub fn text(self, node: Node<'_>) -> Cow<'a, str> {
        self.text_of(TextRange::of(node))
    }

    /// The text of a range, borrowed unless it crosses chunks of the rope. A
    /// range that does not fit the text is narrowed to whole characters of it.
    #[must_use]
    pub fn text_of(self, range: TextRange) -> Cow<'a, str> {
        match self.text {
            Text::Contiguous(text) => Cow::Borrowed(slice_of_text(text, range)),
            Text::Rope(rope) => slice_of_rope(rope, range),
        }
    }
}

/// The text of a range, narrowed to whole characters that exist.
pub(crate) fn slice_of_text(text: &str, range: TextRange) -> &str {
    let start = boundary_after(text, range.start as usize);
    let end = boundary_before(text, range.end as usize);
    text.get(start..end).unwrap_or_default()
}

/// [`slice_of_text`] for a rope.
pub(crate) fn slice_of_rope(rope: &Rope, range: TextRange) -> Cow<'_, str> {
    let start = (range.start as usize).min(rope.len_bytes());
    let end = (range.end as usize).min(rope.len_bytes());
    if start >= end {
        return Cow::Borrowed("");
    }
    // Most names and literals lie within one chunk: one descent of the rope.
    let (chunk, chunk_start, _, _) = rope.chunk_at_byte(start);
    if end <= chunk_start + chunk.len() {
        let within = TextRange::from_usize(start - chunk_start, end - chunk_start);
        return Cow::Borrowed(slice_of_text(chunk, within));
    }
    let mut first = rope.byte_to_char(start);
    if rope.char_to_byte(first) < start {
        first += 1;
    }
    let last = rope.byte_to_char(end);
    rope.get_slice(first..last).map_or(Cow::Borrowed(""), Cow::from)
}

/// The last character boundary up to `offset`.
pub(crate) fn boundary_before(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The first character boundary from `offset`, or the end.
pub(crate) fn boundary_after(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}
