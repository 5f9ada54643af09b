//! A closed file: contiguous text and its tree.

use std::sync::atomic::AtomicBool;

use tree_sitter::{Node, Tree};

use crate::language::Language;
use crate::parser::{self, Unparsed};
use crate::range::TextRange;
use crate::source::{Source, slice_of_text};

/// A text that was parsed once and does not change.
#[derive(Clone, Debug)]
pub struct Parsed<'text> {
    text: &'text str,
    tree: Tree,
    language: Language,
}

impl<'text> Parsed<'text> {
    /// Parses `text`. Broken code parses too: its tree holds errors.
    ///
    /// # Errors
    /// If the text passes one of the [limits](crate::limits).
    pub fn parse(text: &'text str, language: Language) -> Result<Self, Unparsed> {
        Self::parse_unless(text, language, None)
    }

    /// [`Self::parse`], given up when `cancel` becomes true.
    ///
    /// # Errors
    /// If the text passes one of the [limits](crate::limits), or on
    /// cancellation.
    pub fn parse_unless(
        text: &'text str,
        language: Language,
        cancel: Option<&AtomicBool>,
    ) -> Result<Self, Unparsed> {
        let tree = parser::parse_text(text, language.grammar(), cancel)?;
        Ok(Self { text, tree, language })
    }

    /// The whole text.
    #[must_use]
    pub const fn text(&self) -> &'text str {
        self.text
    }

    /// The text of a range, narrowed to whole characters that exist.
    #[must_use]
    pub fn text_of(&self, range: TextRange) -> &'text str {
        slice_of_text(self.text, range)
    }

    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The language it was parsed as.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// This file as lowerings read it.
    #[must_use]
    pub const fn source(&self) -> Source<'_> {
        Source::of_text(self.text, &self.tree, self.language)
    }
}
