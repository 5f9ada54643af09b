//! Splits a text into statements by the parser crate's tokenizer, and finds its tokens' bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlparser::ast::Statement;
use sqlparser::dialect::Dialect as Grammar;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word};

use super::dialect::{attempts, grammar};
use crate::schema::{Dialect, TextRange};

/// Statements with more tokens than this are not parsed: the parser builds a chain of operators
/// as a tree as deep as the chain is long, which is walked and freed by recursion.
pub(super) const TOKEN_LIMIT: usize = 6_000;

/// How often tokenizing starts again after something that has no end, such as an open quote.
const RESTART_LIMIT: usize = 32;

/// One statement: its tokens without comments and blanks, without the semicolon.
#[derive(Clone, Debug)]
pub(super) struct RawStatement {
    pub tokens: Vec<TokenWithSpan>,
    pub range: TextRange,
    /// Where the text begins in the file whose lines and columns its tokens count, in bytes.
    pub base: usize,
    /// Whether its end was not found.
    pub broken: bool,
}

impl RawStatement {
    /// The bare word at a position, in any case as it is spelled.
    pub fn word(&self, at: usize) -> Option<&Word> {
        match self.tokens.get(at).map(|token| &token.token) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Whether the unquoted word at a position is that keyword.
    pub fn is(&self, at: usize, keyword: &str) -> bool {
        self.word(at).is_some_and(|w| w.quote_style.is_none() && w.value.eq_ignore_ascii_case(keyword))
    }
}

/// Finds the bytes of places that the tokenizer tells by line and column.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Columns are bytes then, and a long line costs nothing.
    is_ascii: bool,
    /// Bytes before the text in the file that ranges are told for.
    base: usize,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str, base: usize) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { text, starts, is_ascii: text.is_ascii(), base }
    }

    fn offset(&self, location: Location) -> usize {
        let Some(line) = usize::try_from(location.line).ok().and_then(|line| line.checked_sub(1)) else {
            return 0;
        };
        let Some(&start) = self.starts.get(line) else {
            return self.text.len();
        };
        let column = usize::try_from(location.column).unwrap_or(usize::MAX).saturating_sub(1);
        if self.is_ascii {
            return start.saturating_add(column).min(self.text.len());
        }
        let rest = &self.text[start..];
        let length = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        start + length
    }

    /// The bytes of a span; nothing for a span that stands nowhere.
    pub fn range(&self, span: Span) -> Option<TextRange> {
        if span.start.line == 0 {
            return None;
        }
        Some(TextRange::from_usize(self.base + self.offset(span.start), self.base + self.offset(span.end)))
    }

    fn range_of(&self, tokens: &[TokenWithSpan]) -> TextRange {
        let first = tokens.first().and_then(|token| self.range(token.span));
        let last = tokens.last().and_then(|token| self.range(token.span));
        match (first, last) {
            (Some(first), Some(last)) => TextRange { start: first.start, end: last.end },
            _ => TextRange::from_usize(self.base, self.base),
        }
    }
}

/// The statements of a text. `base` is where the text begins in its file, in bytes.
pub(super) fn split(text: &str, base: usize, dialect: Dialect) -> Vec<RawStatement> {
    let mut statements = Vec::new();
    let mut start = 0;
    for _ in 0..RESTART_LIMIT {
        let rest = &text[start..];
        let lines = Lines::of(rest, base + start);
        let (tokens, complete) = tokenize(rest, grammar(dialect));
        let mut found = split_tokens(tokens, &lines);
        if complete {
            statements.append(&mut found);
            return statements;
        }
        // What was open at the end began in the last statement: it is lost up to the next
        // semicolon at the end of a line.
        let broken_at = found.last().map_or(start, |last| last.range.start as usize - base);
        if let Some(last) = found.last_mut() {
            last.broken = true;
        }
        statements.append(&mut found);
        let Some(next) = next_statement(text, broken_at) else {
            return statements;
        };
        start = next;
    }
    statements
}

fn next_statement(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end().ends_with(';') && at < text.len() {
            return Some(at);
        }
    }
    None
}

/// The tokens of a text without comments and blanks, and whether its end was reached.
pub(super) fn tokenize(text: &str, grammar: &dyn Grammar) -> (Vec<TokenWithSpan>, bool) {
    let mut tokens = Vec::new();
    let outcome = quietly(|| Tokenizer::new(grammar, text).tokenize_with_location_into_buf(&mut tokens));
    let complete = matches!(outcome, Some(Ok(())));
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    (tokens, complete)
}

fn split_tokens(tokens: Vec<TokenWithSpan>, lines: &Lines<'_>) -> Vec<RawStatement> {
    let mut statements = Vec::new();
    let mut current: Vec<TokenWithSpan> = Vec::new();
    let mut routine = Routine::default();
    let mut finish = |current: &mut Vec<TokenWithSpan>| {
        if !current.is_empty() {
            let range = lines.range_of(current);
            statements.push(RawStatement {
                tokens: std::mem::take(current),
                range,
                base: lines.base,
                broken: false,
            });
        }
    };
    for token in tokens {
        if token.token == Token::SemiColon && !routine.is_open() {
            finish(&mut current);
            routine = Routine::default();
            continue;
        }
        routine.read(&token.token, current.len());
        current.push(token);
    }
    finish(&mut current);
    statements
}

/// Follows `BEGIN … END` within `CREATE TRIGGER` and its like, whose statements end with
/// semicolons of their own.
#[derive(Default)]
struct Routine {
    created: bool,
    is_routine: bool,
    depth: u32,
    after_end: bool,
}

impl Routine {
    fn is_open(&self) -> bool {
        self.depth > 0
    }

    fn read(&mut self, token: &Token, position: usize) {
        let Token::Word(word) = token else {
            self.after_end = false;
            return;
        };
        let word = word.value.to_ascii_uppercase();
        match word.as_str() {
            "CREATE" if position == 0 => self.created = true,
            "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT" if position < 8 => {
                self.is_routine = self.created;
            }
            "BEGIN" if self.is_routine => self.depth += 1,
            "CASE" if self.depth > 0 && !self.after_end => self.depth += 1,
            "END" if self.depth > 0 => self.depth -= 1,
            // `END IF` and its like close what was not counted.
            "IF" | "LOOP" | "WHILE" | "REPEAT" if self.after_end && self.is_routine => {
                self.depth += 1;
            }
            _ => {}
        }
        self.after_end = word == "END";
    }
}

/// Parses a statement by the first grammar that can, and says whether all of it was read.
pub(super) fn parse(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<(Statement, bool)> {
    let mut partial = None;
    for dialect in attempts(dialect) {
        match parse_as(tokens, dialect) {
            Some((statement, true)) => return Some((statement, true)),
            other => partial = partial.or(other),
        }
    }
    partial
}

/// Parses a statement by the grammar of one dialect, and says whether all of it was read.
pub(super) fn parse_as(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<(Statement, bool)> {
    if tokens.is_empty() || tokens.len() > TOKEN_LIMIT {
        return None;
    }
    quietly(|| parse_with(tokens, grammar(dialect)))?.ok()
}

fn parse_with(tokens: &[TokenWithSpan], grammar: &dyn Grammar) -> Result<(Statement, bool), ParserError> {
    let mut parser = Parser::new(grammar).with_tokens_with_locations(tokens.to_vec());
    let statement = parser.parse_statement()?;
    Ok((statement, parser.peek_token_ref().token == Token::EOF))
}

/// A panic of the parser crate costs the statement that it read, like an error.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
