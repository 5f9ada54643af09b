//! The comments of files that are not parsed into trees: SQL and Prisma schemas.

use plimsoll_syntax::TextRange;

/// The comments of SQL: `-- …` and `/* … */`, outside of strings, quoted names and dollar quotes.
#[must_use]
pub fn comments_of_sql(text: &str) -> Vec<TextRange> {
    let bytes = text.as_bytes();
    let mut comments = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest[0] {
            b'-' if rest.starts_with(b"--") => at + line_len(rest),
            b'/' if rest.starts_with(b"/*") => at + find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
            quote @ (b'\'' | b'"' | b'`') => {
                at = after_quote(bytes, at, quote);
                continue;
            }
            b'$' => {
                at = after_dollar_quote(bytes, at);
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        comments.push(TextRange::from_usize(at, end));
        at = end;
    }
    comments
}

/// The comments of a Prisma schema: `// …` and `/// …`, outside of strings.
#[must_use]
pub fn comments_of_prisma(text: &str) -> Vec<TextRange> {
    let mut comments = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                // A string ends with its line at the latest.
                b'"' => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                b'/' if bytes[at..].starts_with(b"//") => {
                    comments.push(TextRange::from_usize(start + at, start + at + line_len(&bytes[at..])));
                    break;
                }
                _ => at += 1,
            }
        }
        start += line.len();
    }
    comments
}

fn line_len(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len())
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// A doubled quote stands for itself: the string after it is taken for the same one.
fn after_quote(bytes: &[u8], at: usize, quote: u8) -> usize {
    let rest = &bytes[at + 1..];
    at + 1 + rest.iter().position(|byte| *byte == quote).map_or(rest.len(), |end| end + 1)
}

/// `$$ … $$` and `$body$ … $body$`: the bodies of functions, in which comments are the database's.
fn after_dollar_quote(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at + 1..];
    let name =
        rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len());
    // `$1` is a parameter; a tag does not start with a digit.
    if rest.get(name) != Some(&b'$') || rest[0].is_ascii_digit() {
        return at + 1;
    }
    let tag = &bytes[at..at + name + 2];
    let body = at + tag.len();
    find(&bytes[body..], tag).map_or(bytes.len(), |end| body + end + tag.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str, comments: &[TextRange]) -> Vec<String> {
        comments.iter().map(|range| text[range.as_usize()].to_owned()).collect()
    }

    #[test]
    fn sql_comments_are_told_from_text() {
        let text = "-- a\nselect '--no', \"--n\", 'it''s --', $1, $$ -- no $$ /* b\n */ from x; --c\r\n$f$ $$ -- $f$ -- d";
        assert_eq!(texts(text, &comments_of_sql(text)), ["-- a", "/* b\n */", "--c", "-- d"]);
    }

    #[test]
    fn prisma_comments_are_told_from_text() {
        let text = "/// a\nurl = \"https://x\\\"//\" // b\n\"open // no\n// c";
        assert_eq!(texts(text, &comments_of_prisma(text)), ["/// a", "// b", "// c"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[-/*$'\"`a\n\\\\é ]{0,60}") {
            for comment in comments_of_sql(&text).into_iter().chain(comments_of_prisma(&text)) {
                prop_assert!(text.get(comment.as_usize()).is_some_and(|comment| comment.len() >= 2));
            }
        }
    }
}
