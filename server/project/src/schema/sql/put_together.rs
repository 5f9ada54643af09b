//! SQL that a statement puts together as text, to run it: `EXECUTE format('CREATE INDEX … ON %I.posts (author_id)', t)`,
//! `'ALTER TABLE ' || name || ' ADD …'`, `CONCAT(…)`.
//!
//! What stands in the text keeps its place, byte by byte, so that ranges in it are ranges in the file. What is only known
//! when it runs becomes a name of letters that nobody uses.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::statements::{Lines, RawStatement};
use crate::schema::{Dialect, TextRange};

/// The letter, two bytes long, that a name is made of which is not known: a click of the tongue.
const HOLE: char = 'ǂ';

/// Whether a name, or a part of it, is only known when the statement runs.
pub(super) fn has_hole(name: &str) -> bool {
    name.contains(HOLE)
}

/// A text that was put together.
pub(super) struct Text {
    /// Where it begins in the file.
    pub start: usize,
    pub sql: String,
}

/// Whether one of a statement's texts may define a table or an index: worth a closer look.
pub(super) fn may_define(statement: &RawStatement, dialect: Dialect) -> bool {
    let names = |text: &str| {
        let mut words = text.split(|letter: char| !letter.is_ascii_alphabetic());
        words.any(|word| word.eq_ignore_ascii_case("table") || word.eq_ignore_ascii_case("index"))
    };
    statement.tokens.iter().filter(|token| is_text(&token.token, dialect)).any(|token| match &token.token {
        Token::SingleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::NationalStringLiteral(text)
        | Token::DoubleQuotedString(text) => names(text),
        Token::DollarQuotedString(text) => names(&text.value),
        _ => false,
    })
}

/// The texts that a statement puts together and that define tables or indexes. `at` gives the source of a range.
pub(super) fn texts<'s>(
    statement: &RawStatement,
    lines: &Lines<'_>,
    dialect: Dialect,
    at: impl Fn(TextRange) -> Option<&'s str>,
) -> Vec<Text> {
    let tokens = &statement.tokens;
    let mut found = Vec::new();
    let mut first = 0;
    let mut is_row = false;
    while first < tokens.len() {
        is_row |= ["VALUES", "COMMENT"].iter().any(|word| statement.is(first, word));
        if !is_text(&tokens[first].token, dialect) {
            first += 1;
            continue;
        }
        let is_message = (1..3).any(|back| first >= back && statement.is(first - back, "RAISE"));
        if is_row || is_message {
            first += 1;
            continue;
        }
        let (parts, next) = parts(tokens, first, dialect);
        let whole = Writer { tokens, lines, dialect, is_template: calls(tokens, first, "FORMAT"), at: &at };
        found.extend(whole.write(&parts).filter(|text| defines(&text.sql)));
        first = next;
    }
    found
}

fn is_text(token: &Token, dialect: Dialect) -> bool {
    match token {
        Token::SingleQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::DollarQuotedString(_) => true,
        Token::DoubleQuotedString(_) => dialect == Dialect::MySql,
        _ => false,
    }
}

/// Whether a text may define a table or an index.
fn defines(sql: &str) -> bool {
    let mut words = sql.split(|letter: char| !letter.is_ascii_alphabetic());
    let is_any = |word: &str, of: &[&str]| of.iter().any(|own| own.eq_ignore_ascii_case(word));
    words.any(|word| is_any(word, &["CREATE", "ALTER", "DROP"]))
        && words.any(|word| is_any(word, &["TABLE", "INDEX"]))
}

/// Whether the token stands first in the brackets of a call of that function.
fn calls(tokens: &[TokenWithSpan], at: usize, function: &str) -> bool {
    let Some(before) = at.checked_sub(2) else { return false };
    let is_function =
        matches!(&tokens[before].token, Token::Word(word) if word.value.eq_ignore_ascii_case(function));
    is_function && tokens[before + 1].token == Token::LParen
}

/// A part of a text, by its tokens.
enum Part {
    Text(usize),
    /// From a token to before another.
    Unknown(usize, usize),
}

/// The parts of a text that begins at a token, and the token behind them.
fn parts(tokens: &[TokenWithSpan], first: usize, dialect: Dialect) -> (Vec<Part>, usize) {
    let is_list = calls(tokens, first, "CONCAT");
    let joins = |at: usize| match tokens.get(at).map(|own| &own.token) {
        Some(Token::StringConcat | Token::Plus) => true,
        Some(Token::Comma) => is_list,
        _ => false,
    };
    let is_text = |at: usize| tokens.get(at).is_some_and(|own| is_text(&own.token, dialect));
    let mut parts = vec![Part::Text(first)];
    let mut at = first + 1;
    loop {
        // Texts one after the other are one.
        if is_text(at) {
            parts.push(Part::Text(at));
            at += 1;
            continue;
        }
        if !joins(at) {
            return (parts, at);
        }
        let end = end_of_operand(tokens, at + 1);
        parts.push(if is_text(at + 1) && end == at + 2 {
            Part::Text(at + 1)
        } else {
            Part::Unknown(at + 1, end)
        });
        at = end;
    }
}

/// The token behind what is joined to a text.
fn end_of_operand(tokens: &[TokenWithSpan], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            Token::StringConcat | Token::Plus | Token::Comma | Token::SemiColon if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    at
}

struct Writer<'a, F> {
    tokens: &'a [TokenWithSpan],
    lines: &'a Lines<'a>,
    dialect: Dialect,
    /// Whether it is what `format` fills.
    is_template: bool,
    at: &'a F,
}

impl<'s, F: Fn(TextRange) -> Option<&'s str>> Writer<'_, F> {
    fn write(&self, parts: &[Part]) -> Option<Text> {
        let mut start = None;
        let mut sql = String::new();
        let mut gap_is_known = true;
        for part in parts {
            match *part {
                Part::Text(token) => {
                    let (at, body) = self.body(token)?;
                    let start = *start.get_or_insert(at);
                    fill(&mut sql, at.checked_sub(start)?, gap_is_known);
                    self.copy(&self.tokens[token].token, body, &mut sql);
                    gap_is_known = true;
                }
                Part::Unknown(first, end) => {
                    gap_is_known &= first >= end;
                }
            }
        }
        if let (Some(Part::Unknown(first, end)), Some(start)) = (parts.last(), start)
            && first < end
        {
            let last = self.lines.range(self.tokens.get(end - 1)?.span)?;
            fill(&mut sql, (last.end as usize).checked_sub(start)?, gap_is_known);
        }
        Some(Text { start: start?, sql })
    }

    /// What stands between the quotes of a token, and where.
    fn body(&self, token: usize) -> Option<(usize, &'s str)> {
        let token = &self.tokens[token];
        let range = self.lines.range(token.span)?;
        let source = (self.at)(range)?;
        let (before, behind) = match &token.token {
            Token::DollarQuotedString(body) => {
                let tag = body.tag.as_ref().map_or(0, String::len) + 2;
                (tag, tag)
            }
            Token::EscapedStringLiteral(_) | Token::NationalStringLiteral(_) => (2, 1),
            _ => (1, 1),
        };
        let body = source.get(before..source.len().checked_sub(behind)?)?;
        Some((range.start as usize + before, body))
    }

    /// The text as it is run, each byte where it stands.
    fn copy(&self, token: &Token, body: &str, sql: &mut String) {
        let is_raw = matches!(token, Token::DollarQuotedString(_));
        let quote = if matches!(token, Token::DoubleQuotedString(_)) { '"' } else { '\'' };
        let has_escapes =
            matches!(token, Token::EscapedStringLiteral(_)) || !is_raw && self.dialect == Dialect::MySql;
        let mut is_inside = false;
        let mut rest = body;
        while let Some(letter) = rest.chars().next() {
            let twice = |text: &str| text.starts_with(quote) && text[1..].starts_with(quote);
            let is_pair = !is_raw && twice(rest);
            let is_escape = has_escapes
                && letter == '\\'
                && rest[1..].starts_with(['\'', '"', '\n', '\r', 'n', 't', '\\']);
            if is_pair && is_inside && twice(&rest[2..]) {
                sql.push_str("    ");
                rest = &rest[4..];
            } else if is_pair || is_escape && rest[1..].starts_with(quote) {
                // A quote is one letter of the text and two of the file: the blank stands outside of what it quotes.
                sql.push(if is_inside { quote } else { ' ' });
                sql.push(if is_inside { ' ' } else { quote });
                is_inside = !is_inside;
                rest = &rest[2..];
            } else if is_escape {
                sql.push(' ');
                sql.push(if rest[1..].starts_with('\n') { '\n' } else { ' ' });
                rest = &rest[2..];
            } else if let Some(length) = placeholder(rest).filter(|_| self.is_template) {
                if rest.starts_with("%%") {
                    sql.push_str("% ");
                } else {
                    fill(sql, sql.len() + length, false);
                }
                rest = &rest[length..];
            } else {
                sql.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
}

/// Fills a text up to a length: with blanks where nothing stands there, else with a name that is not known.
fn fill(sql: &mut String, end: usize, is_known: bool) {
    while !is_known && sql.len() + HOLE.len_utf8() <= end {
        sql.push(HOLE);
    }
    while sql.len() < end {
        sql.push(if is_known { ' ' } else { '_' });
    }
}

/// The length of a place that `format` fills: `%I`, `%2$s`, `%-10s`, `%%`.
fn placeholder(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('%')?;
    let end = inside.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '$' | '-' | '*'))?;
    inside[end..].starts_with(['I', 's', 'L', '%']).then_some(end + 2)
}
