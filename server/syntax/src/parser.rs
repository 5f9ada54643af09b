//! Parsing, with the limits that keep any text from holding up a thread.

use std::cell::{Cell, RefCell};
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
    /// The parser needed more steps than [`limits::parse_units`] grants.
    TooComplex,
    /// The parse was cancelled by its token.
    Cancelled,
    /// The parse was left before its end, because it took longer than whoever asked could wait.
    Unfinished,
}

impl fmt::Display for Unparsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "the file is larger than {} bytes", limits::MAX_FILE_BYTES)
            }
            Self::TooComplex => f.write_str("the file takes too many steps to parse"),
            Self::Cancelled => f.write_str("parsing was cancelled"),
            Self::Unfinished => f.write_str("parsing is not finished"),
        }
    }
}

impl std::error::Error for Unparsed {}

/// What a parse may cost.
#[derive(Clone, Copy, Default)]
pub(crate) struct Effort<'a> {
    /// Ends it when it becomes true.
    pub cancel: Option<&'a AtomicBool>,
    /// Asked now and then; the parse is left unfinished when it says no.
    pub goes_on: Option<&'a dyn Fn() -> bool>,
}

/// Parses contiguous text from scratch.
pub(crate) fn parse_text(
    text: &str,
    grammar: Grammar,
    cancel: Option<&AtomicBool>,
) -> Result<Tree, Unparsed> {
    let bytes = text.as_bytes();
    // In pieces, because the bytes that are handed out are what is counted.
    let mut read = |byte: usize| {
        let rest = bytes.get(byte..).unwrap_or_default();
        rest.get(..READ_BYTES).unwrap_or(rest)
    };
    parse(&mut read, bytes.len(), grammar, None, Effort { cancel, ..Effort::default() })
}

/// Parses a rope, chunk by chunk. `old` must have been told of every edit
/// since it was made.
pub(crate) fn parse_rope(
    rope: &Rope,
    grammar: Grammar,
    old: Option<&Tree>,
    effort: Effort<'_>,
) -> Result<Tree, Unparsed> {
    let len = rope.len_bytes();
    let mut read = |byte: usize| {
        if byte >= len {
            return &[][..];
        }
        let (chunk, chunk_start, _, _) = rope.chunk_at_byte(byte);
        chunk.as_bytes().get(byte - chunk_start..).unwrap_or_default()
    };
    parse(&mut read, len, grammar, old, effort)
}

/// The size of the pieces in which contiguous text is read, that of a rope's
/// chunks.
const READ_BYTES: usize = 1024;

fn parse<'text>(
    read: &mut dyn FnMut(usize) -> &'text [u8],
    len: usize,
    grammar: Grammar,
    old: Option<&Tree>,
    effort: Effort<'_>,
) -> Result<Tree, Unparsed> {
    if len > limits::MAX_FILE_BYTES {
        return Err(Unparsed::TooLarge);
    }
    let budget = Budget::new(len, effort);
    // A short text is parsed before the first progress report.
    budget.check()?;

    // Nothing can stop the lexer within a token but the end of the text. The
    // tree of such a text is thrown away below.
    let mut read = |byte: usize, _| {
        let bytes = read(byte);
        budget.charge_bytes(bytes.len());
        if budget.check().is_ok() { bytes } else { &[] }
    };
    let mut progress = |state: &ParseState| {
        budget.charge_report(state.has_error());
        if budget.check().is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);

    let mut parser = take_parser(grammar);
    let tree = parser.parse_with_options(&mut read, old, Some(options));
    if tree.is_none() {
        // A stopped parser would otherwise resume with the next text.
        parser.reset();
    }
    give_back_parser(grammar, parser);
    budget.stopped_by()?;
    tree.ok_or(Unparsed::TooComplex)
}

/// What one parse may still do. Once it is used up it stays so.
struct Budget<'a> {
    /// In bytes read, of which a unit is worth many.
    left: Cell<u64>,
    stopped_by: Cell<Option<Unparsed>>,
    effort: Effort<'a>,
}

impl<'a> Budget<'a> {
    const fn new(len: usize, effort: Effort<'a>) -> Self {
        let left = limits::parse_units(len) * limits::BYTES_READ_PER_UNIT;
        Self { left: Cell::new(left), stopped_by: Cell::new(None), effort }
    }

    fn charge_bytes(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(bytes as u64));
    }

    fn charge_report(&self, is_in_error: bool) {
        let units = if is_in_error { limits::UNITS_PER_REPORT_IN_ERROR } else { 1 };
        let bytes = units * limits::BYTES_READ_PER_UNIT;
        self.left.set(self.left.get().saturating_sub(bytes));
    }

    fn check(&self) -> Result<(), Unparsed> {
        if self.stopped_by.get().is_none() {
            let Effort { cancel, goes_on } = self.effort;
            if cancel.is_some_and(|token| token.load(Ordering::Relaxed)) {
                self.stopped_by.set(Some(Unparsed::Cancelled));
            } else if goes_on.is_some_and(|goes_on| !goes_on()) {
                self.stopped_by.set(Some(Unparsed::Unfinished));
            } else if self.left.get() == 0 {
                self.stopped_by.set(Some(Unparsed::TooComplex));
            }
        }
        self.stopped_by()
    }

    fn stopped_by(&self) -> Result<(), Unparsed> {
        self.stopped_by.get().map_or(Ok(()), Err)
    }
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
        parser
            .set_language(grammar.tables())
            .expect("the grammars' ABI is one that this tree-sitter loads; a test parses with each");
        parser
    })
}

fn give_back_parser(grammar: Grammar, parser: Parser) {
    PARSERS.with_borrow_mut(|parsers| parsers[grammar as usize] = Some(parser));
}
