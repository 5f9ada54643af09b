//! What a document was at one moment.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

use ropey::Rope;
use tree_sitter::Tree;

use crate::language::Language;
use crate::parser::{self, Effort, Unparsed};
use crate::position::{Position, PositionEncoding, byte_to_position, position_to_byte};
use crate::range::{TextRange, saturate};
use crate::source::{Source, slice_of_rope};

/// Text, tree and version of one moment. A clone costs a few reference counts,
/// whatever the size of the text, and may go to another thread.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) rope: Rope,
    pub(crate) tree: Result<Tree, Unparsed>,
    /// Where the parse was not finished: the last tree, told of every edit
    /// since it was made.
    pub(crate) outdated: Option<Tree>,
    pub(crate) language: Language,
    pub(crate) version: i32,
}

impl Snapshot {
    /// The whole text, copied.
    #[must_use]
    pub fn text(&self) -> String {
        self.rope.to_string()
    }

    /// The text of a range, borrowed unless it crosses chunks of the rope. A
    /// range that does not fit the text is narrowed to whole characters of it.
    #[must_use]
    pub fn text_of(&self, range: TextRange) -> Cow<'_, str> {
        slice_of_rope(&self.rope, range)
    }

    /// The text.
    #[must_use]
    pub const fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The length of the text in bytes.
    #[must_use]
    pub fn len(&self) -> u32 {
        saturate(self.rope.len_bytes())
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rope.len_bytes() == 0
    }

    /// The tree of this very text, unless [`Self::unparsed`] says why not.
    #[must_use]
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref().ok()
    }

    /// Why there is no tree.
    #[must_use]
    pub fn unparsed(&self) -> Option<Unparsed> {
        self.tree.as_ref().err().copied()
    }

    /// Whether there is no tree because the parse was cancelled or left
    /// unfinished.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        matches!(self.tree, Err(Unparsed::Cancelled | Unparsed::Unfinished))
    }

    /// Finishes a parse that was not, however long that takes, unless `cancel`
    /// becomes true. Returns whether there is a tree now.
    pub fn finish(&mut self, cancel: Option<&AtomicBool>) -> bool {
        if self.is_unfinished() {
            self.parse(Effort { cancel, ..Effort::default() });
        }
        self.tree.is_ok()
    }

    /// Parses the text anew, from its last tree.
    pub(crate) fn parse(&mut self, effort: Effort<'_>) {
        let old = std::mem::replace(&mut self.tree, Err(Unparsed::Unfinished)).ok().or(self.outdated.take());
        self.tree = parser::parse_rope(&self.rope, self.language.grammar(), old.as_ref(), effort);
        if self.is_unfinished() {
            self.outdated = old;
        }
    }

    /// The language it is parsed as.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The version that the editor gave to this text.
    #[must_use]
    pub const fn version(&self) -> i32 {
        self.version
    }

    /// This text as lowerings read it, if it has a tree.
    #[must_use]
    pub fn source(&self) -> Option<Source<'_>> {
        let tree = self.tree()?;
        Some(Source::of_rope(&self.rope, tree, self.language))
    }

    /// The position of a byte; see [`byte_to_position`] for offsets that do
    /// not exist.
    #[must_use]
    pub fn to_position(&self, byte: u32, encoding: PositionEncoding) -> Position {
        byte_to_position(&self.rope, byte, encoding)
    }

    /// The byte offset of a position; see [`position_to_byte`] for positions
    /// that do not exist.
    #[must_use]
    pub fn to_byte(&self, position: Position, encoding: PositionEncoding) -> u32 {
        position_to_byte(&self.rope, position, encoding)
    }

    /// The positions of both ends of a range.
    #[must_use]
    pub fn to_positions(&self, range: TextRange, encoding: PositionEncoding) -> (Position, Position) {
        (self.to_position(range.start, encoding), self.to_position(range.end, encoding))
    }

    /// The range between two positions, in whichever order they are given.
    #[must_use]
    pub fn to_range(&self, start: Position, end: Position, encoding: PositionEncoding) -> TextRange {
        TextRange::new(self.to_byte(start, encoding), self.to_byte(end, encoding))
    }
}
