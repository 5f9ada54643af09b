//! Literals.

use tree_sitter::Node;

use super::Lower;
use super::kinds::{K, kind};
use crate::{Kind, Literal, Name, NodeId};

impl Lower<'_, '_> {
    pub(super) fn literal(&mut self, node: Node<'_>) -> NodeId {
        let text = self.text_of(node);
        let literal = match kind(node) {
            K::String | K::RawString if text.starts_with('b') => Literal::Bytes,
            K::String | K::RawString => Literal::String(Name::new(string_content(text).1)),
            K::Char if text.starts_with('b') => Literal::Bytes,
            K::Char => Literal::Char,
            K::Boolean => Literal::Bool(text == "true"),
            _ => Literal::Number(Name::from(text.replace('_', ""))),
        };
        self.add(Kind::Literal(literal), node)
    }
}

/// What stands between the quotes of a string literal, and at which byte of the literal it begins.
pub(super) fn string_content(literal: &str) -> (usize, &str) {
    let Some(quote) = literal.find('"') else {
        return (0, literal);
    };
    let hashes = literal[..quote].bytes().filter(|b| *b == b'#').count();
    let start = quote + 1;
    let end = literal.len().saturating_sub(1 + hashes).max(start);
    (start, literal.get(start..end).unwrap_or_default())
}

/// Whether escapes mean something in a string literal.
pub(super) fn has_escapes(literal: &str) -> bool {
    literal.find('"').is_none_or(|quote| !literal[..quote].contains('r'))
}

#[cfg(test)]
mod tests {
    use super::{has_escapes, string_content};

    #[test]
    fn quotes_of_all_kinds_are_left_out() {
        assert_eq!(string_content(r#""a""#), (1, "a"));
        assert_eq!(string_content(r###"r##"a"b"##"###), (4, "a\"b"));
        assert_eq!(string_content("\""), (1, ""));
        assert_eq!(string_content("r#\"a"), (3, ""));
        assert!(has_escapes(r#"c"a""#) && !has_escapes(r#"r"a""#));
    }
}
