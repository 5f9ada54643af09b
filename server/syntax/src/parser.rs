//! Parsing, with the limits that keep any text from holding up a thread.

use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use ropey::Rope;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::language::Grammar;
use crate::limits;

/// Why a text has no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unparsed {
    /// The text is longer than [`limits::MAX_FILE_BYTES`].
    TooLarge,
    /// The parser needed more steps than [`limits::parse_reports`] grants.
    TooComplex,
    /// The parse was cancelled by its token.
    Cancelled,
}

impl fmt::Display for Unparsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(
                    f,
                    "the file is larger than {} bytes",
                    limits::MAX_FILE_BYTES
                )
            }
            Self::TooComplex => f.write_str("the file takes too many steps to parse"),
            Self::Cancelled => f.write_str("parsing was cancelled"),
        }
    }
}

impl std::error::Error for Unparsed {}

/// Parses contiguous text from scratch.
pub(crate) fn parse_text(
    text: &str,
    grammar: Grammar,
    cancel: Option<&AtomicBool>,
) -> Result<Tree, Unparsed> {
    let bytes = text.as_bytes();
    let mut read = |byte: usize| bytes.get(byte..).unwrap_or_default();
    parse(&mut read, bytes.len(), grammar, None, cancel)
}

/// Parses a rope, chunk by chunk. `old` must have been told of every edit
/// since it was made.
pub(crate) fn parse_rope(
    rope: &Rope,
    grammar: Grammar,
    old: Option<&Tree>,
    cancel: Option<&AtomicBool>,
) -> Result<Tree, Unparsed> {
    let len = rope.len_bytes();
    let mut read = |byte: usize| {
        if byte >= len {
            return &[][..];
        }
        let (chunk, chunk_start, _, _) = rope.chunk_at_byte(byte);
        chunk
            .as_bytes()
            .get(byte - chunk_start..)
            .unwrap_or_default()
    };
    parse(&mut read, len, grammar, old, cancel)
}

fn parse<'text>(
    read: &mut dyn FnMut(usize) -> &'text [u8],
    len: usize,
    grammar: Grammar,
    old: Option<&Tree>,
    cancel: Option<&AtomicBool>,
) -> Result<Tree, Unparsed> {
    if len > limits::MAX_FILE_BYTES {
        return Err(Unparsed::TooLarge);
    }
    let is_cancelled = || cancel.is_some_and(|token| token.load(Ordering::Relaxed));
    // A short text is parsed before the first progress report.
    if is_cancelled() {
        return Err(Unparsed::Cancelled);
    }

    let mut reports_left = limits::parse_reports(len);
    let mut stopped_by = None;
    let mut progress = |_: &ParseState| {
        if is_cancelled() {
            stopped_by = Some(Unparsed::Cancelled);
            return ControlFlow::Break(());
        }
        if reports_left == 0 {
            stopped_by = Some(Unparsed::TooComplex);
            return ControlFlow::Break(());
        }
        reports_left -= 1;
        ControlFlow::Continue(())
    };
    let options = ParseOptions::new().progress_callback(&mut progress);

    let mut parser = take_parser(grammar);
    let tree = parser.parse_with_options(&mut |byte, _| read(byte), old, Some(options));
    if tree.is_none() {
        // A stopped parser would otherwise resume with the next text.
        parser.reset();
    }
    give_back_parser(grammar, parser);
    tree.ok_or(stopped_by.unwrap_or(Unparsed::TooComplex))
}

thread_local! {
    /// One parser for each grammar on each thread: a parser is worth its pools
    /// of nodes, and cannot be shared while it works.
    static PARSERS: RefCell<[Option<Parser>; Grammar::ALL.len()]> = const { RefCell::new([None, None, None]) };
}

fn take_parser(grammar: Grammar) -> Parser {
    let pooled = PARSERS.with_borrow_mut(|parsers| parsers[grammar as usize].take());
    pooled.unwrap_or_else(|| {
        let mut parser = Parser::new();
        parser.set_language(grammar.tables()).expect(
            "the grammars' ABI is one that this tree-sitter loads; a test parses with each",
        );
        parser
    })
}

fn give_back_parser(grammar: Grammar, parser: Parser) {
    PARSERS.with_borrow_mut(|parsers| parsers[grammar as usize] = Some(parser));
}
