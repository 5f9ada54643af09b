//! Tokens of a Prisma schema. Comments and blanks are left out, line ends are kept, because they
//! end a field.

use crate::schema::TextRange;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, a number or a keyword.
    Word,
    /// A string, quotes included; an unclosed one ends with its line.
    String,
    /// One character of punctuation.
    Sign(u8),
    /// A line end outside of strings and comments.
    Newline,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub range: TextRange,
}

/// All tokens of a schema, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (kind, end) = match byte {
            b'\n' => (Some(TokenKind::Newline), at + 1),
            b'/' if bytes.get(at + 1) == Some(&b'/') => (None, line_end(bytes, at)),
            b'/' if bytes.get(at + 1) == Some(&b'*') => (None, block_comment_end(text, at)),
            b'"' => (Some(TokenKind::String), string_end(bytes, at)),
            _ if is_word(byte) => (Some(TokenKind::Word), word_end(bytes, at)),
            _ if byte.is_ascii_punctuation() => (Some(TokenKind::Sign(byte)), at + 1),
            _ => (None, at + 1),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, range: TextRange::from_usize(at, end) });
        }
        at = end;
    }
    tokens
}

/// Bytes of letters beyond ASCII are taken for parts of words, so that no token cuts a letter.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes[start..].iter();
    // A minus stands within words only in numbers and in cuid-like defaults, which no rule reads.
    start + rest.take_while(|&&byte| is_word(byte)).count()
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    start + bytes[start..].iter().take_while(|&&byte| byte != b'\n').count()
}

fn block_comment_end(text: &str, start: usize) -> usize {
    text[start..].find("*/").map_or(text.len(), |length| start + length + 2)
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if bytes.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
