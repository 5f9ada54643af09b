//! Reads the arguments of a macro a second time: a token tree, wrapped so that it parses as what it is.

use std::ops::Range;

use plimsoll_syntax::{Language, Parsed};
use tree_sitter::Node;

use super::Lower;
use super::kinds::{K, field, first_part, is_trivia, kind};
use crate::{Kind, NodeId};

/// How many macros may stand in each other.
const MAX_MACRO_DEPTH: u32 = 8;
/// The longest text of a macro's arguments that is parsed again, in bytes.
const MAX_MACRO_BYTES: usize = 128 * 1024;

/// What a token tree is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadAs {
    /// `a, b`, the arguments of a call.
    Arguments,
    /// `a, b` or `a; n`, the inside of an array.
    Array,
    /// `Some(x) if x > 1`, the head of a match arm.
    Pattern,
    /// Statements.
    Block,
    /// Items.
    Items,
}

/// A part of a token tree between two commas: its tokens without comments.
pub(super) struct Group<'t> {
    pub tokens: Vec<Node<'t>>,
}

impl Group<'_> {
    /// The bytes of the text from its first to its last token.
    pub fn range(&self) -> Range<usize> {
        span(&self.tokens)
    }
}

/// The bytes from the first to the last token.
pub(super) fn span(tokens: &[Node<'_>]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.start_byte()..last.end_byte(),
        _ => 0..0,
    }
}

/// The tokens of a token tree, without its delimiters and comments.
pub(super) fn tokens(tree: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = tree.walk();
    let mut tokens: Vec<_> = tree.children(&mut cursor).filter(|token| !is_trivia(*token)).collect();
    tokens.pop();
    if !tokens.is_empty() {
        tokens.remove(0);
    }
    tokens
}

/// The parts of a token tree between its commas; a trailing comma begins none.
pub(super) fn groups(tree: Node<'_>) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut open = Vec::new();
    for token in tokens(tree) {
        if kind(token) == K::Comma {
            groups.push(Group { tokens: std::mem::take(&mut open) });
        } else {
            open.push(token);
        }
    }
    if !open.is_empty() {
        groups.push(Group { tokens: open });
    }
    groups
}

/// The bytes between the delimiters of a token tree, of which half-written code lacks the last.
pub(super) fn inside(tree: Node<'_>) -> Range<usize> {
    let start = tree.start_byte() + 1;
    let last = tree.child_count().checked_sub(1).and_then(|last| tree.child(last as u32));
    let end = last.map_or(tree.end_byte(), |last| last.start_byte());
    start..end.max(start)
}

impl<'p> Lower<'_, 'p> {
    /// Parses some bytes of the text as what they are and hands them to `read`; none where they do not parse cleanly.
    /// `blanks` are bytes of the text that are read as spaces, for what macros allow and expressions do not.
    pub(super) fn reparse<R>(
        &mut self,
        bytes: Range<usize>,
        read_as: ReadAs,
        blanks: &[Range<usize>],
        read: impl FnOnce(&mut Lower<'_, 'p>, Node<'_>) -> R,
    ) -> Option<R> {
        let inner = self.text.get(bytes.clone())?;
        if self.macro_depth >= MAX_MACRO_DEPTH || inner.len() > MAX_MACRO_BYTES {
            return None;
        }
        // A line comment at the end must not swallow what follows.
        let (prefix, suffix) = match read_as {
            ReadAs::Arguments => ("fn f(){m(", "\n);}"),
            ReadAs::Array => ("fn f(){[", "\n];}"),
            ReadAs::Pattern => ("fn f(){match a{", "\n=>a}}"),
            ReadAs::Block => ("fn f(){", "\n}"),
            ReadAs::Items => ("mod m{", "\n}"),
        };
        let mut source = String::with_capacity(prefix.len() + inner.len() + suffix.len());
        source.push_str(prefix);
        let mut at = 0;
        for blank in blanks {
            let blank = blank.start.checked_sub(bytes.start)?..blank.end.checked_sub(bytes.start)?;
            source.push_str(inner.get(at..blank.start)?);
            source.extend(std::iter::repeat_n(' ', blank.len()));
            at = blank.end;
        }
        source.push_str(inner.get(at..)?);
        source.push_str(suffix);
        let parsed = Parsed::parse(&source, Language::Rust).ok()?;
        if parsed.root().has_error() {
            return None;
        }
        let wanted = wrapped(parsed.root(), read_as)?;
        // The text must not have closed what it was wrapped in.
        let ends_at = source.len() - suffix.len();
        let is_whole = match read_as {
            ReadAs::Arguments | ReadAs::Array => {
                wanted.start_byte() + 1 == prefix.len() && wanted.end_byte() == ends_at + 2
            }
            ReadAs::Block | ReadAs::Items => {
                wanted.start_byte() + 1 == prefix.len() && wanted.end_byte() == source.len()
            }
            ReadAs::Pattern => wanted.end_byte() <= ends_at,
        };
        if !is_whole {
            return None;
        }
        let shift = i64::try_from(bytes.start).ok()? - i64::try_from(prefix.len()).ok()?;
        let mut inside = Lower {
            state: &mut *self.state,
            text: &source,
            shift: self.shift + shift,
            macro_depth: self.macro_depth + 1,
        };
        Some(read(&mut inside, wanted))
    }

    /// Some tokens as one expression; where they are none, the names in them.
    pub(super) fn expr_of_tokens(&mut self, tokens: &[Node<'_>]) -> NodeId {
        if let [single] = tokens
            && matches!(
                kind(*single),
                K::Identifier
                    | K::SelfValue
                    | K::String
                    | K::RawString
                    | K::Integer
                    | K::Float
                    | K::Boolean
                    | K::Char
            )
        {
            return self.expr(*single);
        }
        let read = self.reparse(span(tokens), ReadAs::Arguments, &[], |inside, list| {
            let mut parts = super::kinds::parts(list).into_iter();
            match (parts.next(), parts.next()) {
                (Some(only), None) => Some(inside.expr(only)),
                _ => None,
            }
        });
        match read.flatten() {
            Some(read) => read,
            None => self.names_of_tokens(tokens),
        }
    }

    /// Something unreadable, with the names that it uses.
    pub(super) fn names_of_tokens(&mut self, tokens: &[Node<'_>]) -> NodeId {
        let names = self.names_in(tokens);
        let range = self.range_of_bytes(span(tokens));
        self.state.builder.node(Kind::Other(names), range)
    }
}

/// The node in a wrapped text that covers what was wrapped.
fn wrapped(root: Node<'_>, read_as: ReadAs) -> Option<Node<'_>> {
    let body = field(first_part(root)?, |f| f.body)?;
    let is_body = matches!(read_as, ReadAs::Block | ReadAs::Items);
    if is_body {
        return Some(body);
    }
    let mut inner = first_part(body)?;
    if kind(inner) == K::ExpressionStatement {
        inner = first_part(inner)?;
    }
    match read_as {
        ReadAs::Block | ReadAs::Items => None,
        ReadAs::Arguments => field(inner, |f| f.arguments),
        ReadAs::Array => Some(inner).filter(|inner| kind(*inner) == K::ArrayExpression),
        ReadAs::Pattern => {
            let arm = first_part(field(inner, |f| f.body)?)?;
            field(arm, |f| f.pattern)
        }
    }
}
