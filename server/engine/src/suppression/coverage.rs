//! Which code a suppression stands by.

use plimsoll_syntax::TextRange;

/// What a comment covers: its line if code stands before it, otherwise the next line of code and what starts there.
pub(super) fn covered(
    text: &str,
    comment: TextRange,
    later_comments: &[TextRange],
    statements: &[TextRange],
) -> Vec<TextRange> {
    let line = line_around(text, comment.start as usize);
    let before = text.get(line.start as usize..comment.start as usize).unwrap_or_default();
    // A JSX comment stands in braces.
    if !before.chars().all(|char| char.is_whitespace() || char == '{') {
        let line = line.cover(line_around(text, comment.end as usize));
        // A statement that ends on this line, such as a call over several lines, has its comment here.
        let ending =
            statements.iter().filter(|statement| line.touches(statement.end) && statement.start < line.start);
        return ending.map(|statement| line_around(text, statement.start as usize)).chain([line]).collect();
    }
    let at = skip_comments(text, comment.end as usize, later_comments);
    let code = skip_attributes(text, at, later_comments);
    // Where the comment and code share a line, `/* plimsoll-ignore a: b */ call()`, that line is the next one.
    let rest_of_line = |at: usize| TextRange::from_usize(at, line_around(text, at).end as usize);
    let starts = |statement: &&TextRange| [at, code].contains(&(statement.start as usize));
    let starting = statements.iter().filter(starts).max_by_key(|statement| statement.end);
    starting.copied().into_iter().chain([rest_of_line(at), rest_of_line(code)]).collect()
}

/// The offset of the first code after white space and comments.
fn skip_comments(text: &str, from: usize, comments: &[TextRange]) -> usize {
    let mut at = skip_blank(text, from);
    let first = comments.partition_point(|comment| (comment.end as usize) <= from);
    for comment in &comments[first..] {
        if comment.start as usize > at {
            break;
        }
        at = skip_blank(text, (comment.end as usize).max(at));
    }
    at
}

/// The offset after the attributes and decorators at `at`, and what stands between them.
fn skip_attributes(text: &str, mut at: usize, comments: &[TextRange]) -> usize {
    const MAX_ATTRIBUTES: usize = 32;
    for _ in 0..MAX_ATTRIBUTES {
        let Some(len) = text.get(at..).and_then(attribute_len) else {
            break;
        };
        at = skip_comments(text, at + len, comments);
    }
    at
}

/// The length in bytes of `#[name(…)]` or `@name(…)` at the start of a text, if one stands there.
fn attribute_len(text: &str) -> Option<usize> {
    if text.starts_with("#[") {
        return bracketed_len(&text[1..]).map(|len| len + 1);
    }
    let name = text.strip_prefix('@')?;
    let is_in_name = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '.');
    let name = 1 + name.find(|char| !is_in_name(char)).unwrap_or(name.len());
    if !text[name..].starts_with('(') {
        return Some(name);
    }
    bracketed_len(&text[name..]).map(|len| name + len)
}

/// The length of what stands between the bracket at the start of a text and the one that closes it, both included.
/// Brackets in strings do not count. A text that is longer than attributes are is none.
fn bracketed_len(text: &str) -> Option<usize> {
    const MAX_BYTES: usize = 8 * 1024;
    let (mut depth, mut quote, mut is_escaped) = (0usize, None, false);
    for (at, byte) in text.bytes().enumerate().take(MAX_BYTES) {
        match (quote, byte) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'`' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// The offset after white space, and after the brace that closes a JSX comment.
fn skip_blank(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('}').map_or(rest, str::trim_start);
    // The brace that opens the next JSX comment.
    let inner = rest.strip_prefix('{').map_or(rest, str::trim_start);
    let rest = if inner.starts_with("/*") { inner } else { rest };
    text.len() - rest.len()
}

/// The line that holds a byte, without its break.
fn line_around(text: &str, byte: usize) -> TextRange {
    let bytes = text.as_bytes();
    let byte = byte.min(bytes.len());
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let start = bytes[..byte].iter().rposition(is_break).map_or(0, |at| at + 1);
    let end = bytes[byte..].iter().position(is_break).map_or(bytes.len(), |at| byte + at);
    TextRange::from_usize(start, end)
}
