//! Macro calls: which macros are read as what, and how.

use tree_sitter::Node;

use plimsoll_syntax::{TextRange, preorder};

use super::attributes::path_segments;
use super::format;
use super::kinds::{K, child_of_kind, field, kind};
use super::literals::{has_escapes, string_content};
use super::namespaces::Namespace;
use super::patterns::Matched;
use super::reparse::{ReadAs, groups, inside, span, tokens};
use super::{Lower, Wanted};
use crate::{BindingKind, BlockForm, CallForm, Entry, Key, Kind, Literal, Name, NodeId};

/// What stands between the parentheses of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Expressions, the one with this index a format string if it is a literal.
    Format(usize),
    /// Fields as `tracing` has them, then a format string and what it formats.
    Fields,
    /// Expressions.
    Arguments,
    /// The elements of an array; the macro is one.
    Array,
    /// A value, a pattern and perhaps a guard.
    Matches,
    /// JSON with expressions in it.
    Json,
    /// Arms of futures.
    Select,
    /// The statements of an async block.
    Async,
    /// Items, as `lazy_static!` and `thread_local!` have them.
    Items,
    /// `if #[cfg(…)] { items } else { items }`
    EitherItems,
}

/// Macros by the last segment of their path. All others are only searched for names.
const SHAPES: &[(&str, Shape)] = &[
    ("anyhow", Shape::Format(0)),
    ("assert", Shape::Format(1)),
    ("assert_eq", Shape::Format(2)),
    ("assert_ne", Shape::Format(2)),
    ("bail", Shape::Format(0)),
    ("cfg_if", Shape::EitherItems),
    ("concat", Shape::Arguments),
    ("dbg", Shape::Arguments),
    ("debug", Shape::Fields),
    ("debug_assert", Shape::Format(1)),
    ("debug_assert_eq", Shape::Format(2)),
    ("debug_assert_ne", Shape::Format(2)),
    ("debug_span", Shape::Fields),
    ("enabled", Shape::Fields),
    ("ensure", Shape::Format(1)),
    ("env", Shape::Arguments),
    ("eprint", Shape::Format(0)),
    ("eprintln", Shape::Format(0)),
    ("error", Shape::Fields),
    ("error_span", Shape::Fields),
    ("event", Shape::Fields),
    ("eyre", Shape::Format(0)),
    ("format", Shape::Format(0)),
    ("format_args", Shape::Format(0)),
    ("format_ident", Shape::Format(0)),
    ("include_bytes", Shape::Arguments),
    ("include_str", Shape::Arguments),
    ("info", Shape::Fields),
    ("info_span", Shape::Fields),
    ("join", Shape::Arguments),
    ("json", Shape::Json),
    ("lazy_static", Shape::Items),
    ("log", Shape::Fields),
    ("log_enabled", Shape::Fields),
    ("matches", Shape::Matches),
    ("migrate", Shape::Arguments),
    ("offset_of", Shape::Arguments),
    ("option_env", Shape::Arguments),
    ("panic", Shape::Format(0)),
    ("pin", Shape::Arguments),
    ("pin_project", Shape::Items),
    ("print", Shape::Format(0)),
    ("println", Shape::Format(0)),
    ("query", Shape::Arguments),
    ("query_as", Shape::Arguments),
    ("query_as_unchecked", Shape::Arguments),
    ("query_file", Shape::Arguments),
    ("query_file_as", Shape::Arguments),
    ("query_file_scalar", Shape::Arguments),
    ("query_scalar", Shape::Arguments),
    ("query_scalar_unchecked", Shape::Arguments),
    ("query_unchecked", Shape::Arguments),
    ("ready", Shape::Arguments),
    ("select", Shape::Select),
    ("select_biased", Shape::Select),
    ("services", Shape::Array),
    ("span", Shape::Fields),
    ("stream", Shape::Async),
    ("thread_local", Shape::Items),
    ("todo", Shape::Format(0)),
    ("trace", Shape::Fields),
    ("trace_span", Shape::Fields),
    ("try_join", Shape::Arguments),
    ("try_stream", Shape::Async),
    ("unimplemented", Shape::Format(0)),
    ("unreachable", Shape::Format(0)),
    ("vec", Shape::Array),
    ("warn", Shape::Fields),
    ("warn_span", Shape::Fields),
    ("write", Shape::Format(1)),
    ("writeln", Shape::Format(1)),
];

/// Words that the grammar takes for names inside a macro.
const WORDS: &[&str] = &["dyn", "else", "extern", "in", "move", "ref", "try", "yield"];

impl<'p> Lower<'_, 'p> {
    pub(super) fn macro_call(&mut self, node: Node<'_>) -> NodeId {
        let Some(path) = field(node, |f| f.macro_) else {
            return self.nothing_at(node);
        };
        let shape = path_segments(path, self.text).pop().and_then(|name| {
            let found = SHAPES.binary_search_by(|(known, _)| (*known).cmp(name.as_str()));
            found.ok().map(|at| SHAPES[at].1)
        });
        let Some(tree) = child_of_kind(node, K::TokenTree) else {
            return self.other(node);
        };
        match shape {
            Some(Shape::Array) => {
                let read = self.reparse(inside(tree), ReadAs::Array, &[], |lower, list| lower.expr(list));
                if let Some(read) = read {
                    self.place(read, node);
                    return read;
                }
            }
            Some(Shape::Matches) => {
                if let Some(read) = self.matches_macro(node, tree) {
                    return read;
                }
            }
            _ => {}
        }
        let callee = self.expr(path);
        self.state.looks_up(callee, Namespace::Macros);
        let args = match shape {
            Some(Shape::Format(index)) => self.format_arguments(tree, index),
            Some(Shape::Fields) => self.field_arguments(tree),
            Some(Shape::Arguments) => {
                self.reparse(inside(tree), ReadAs::Arguments, &[], |inside, list| inside.all_parts(list))
            }
            Some(Shape::Json) => Some(vec![self.json(&tokens(tree))]),
            Some(Shape::Select) => self.select_arms(tree),
            Some(Shape::Async) => self.async_argument(tree),
            Some(Shape::Items) => Some(vec![self.items_argument(tree)]),
            Some(Shape::EitherItems) => Some(self.either_items(tree)),
            Some(Shape::Array | Shape::Matches) | None => None,
        };
        let args = args.unwrap_or_else(|| vec![self.names_only(tree)]);
        self.add(
            Kind::Call { callee, args: args.into(), form: CallForm::Macro, type_args: Box::default() },
            node,
        )
    }

    /// Statements that run when what the macro makes is polled.
    fn async_argument(&mut self, tree: Node<'_>) -> Option<Vec<NodeId>> {
        let block = self.reparse(inside(tree), ReadAs::Block, &[], |lower, body| {
            lower.block(body, body, BlockForm::Async, Wanted::Value)
        })?;
        self.place(block, tree);
        Some(vec![block])
    }

    /// Makes what was read from a wrapped text stand where the macro, or its arguments, do.
    fn place(&mut self, id: NodeId, node: Node<'_>) {
        let range = self.own_range(node);
        self.state.builder.unit.nodes[id.0 as usize].range = range;
    }

    /// Items, which bind their names around the macro.
    fn items_argument(&mut self, tree: Node<'_>) -> NodeId {
        let items = self.reparse(inside(tree), ReadAs::Items, &[], |lower, list| lower.items(list));
        match items {
            Some(items) => self.add(Kind::Other(items), tree),
            None => self.names_only(tree),
        }
    }

    /// The items in each pair of braces.
    fn either_items(&mut self, tree: Node<'_>) -> Vec<NodeId> {
        let mut branches = tokens(tree);
        branches.retain(|token| kind(*token) == K::TokenTree && self.text_of(*token).starts_with('{'));
        branches.into_iter().map(|branch| self.items_argument(branch)).collect()
    }

    /// `matches!(value, pattern if guard)`
    fn matches_macro(&mut self, node: Node<'_>, tree: Node<'_>) -> Option<NodeId> {
        let groups = groups(tree);
        let (value, pattern) = groups.split_first()?;
        let bytes = pattern.first()?.range().start..pattern.last()?.range().end;
        let value = self.expr_of_tokens(&value.tokens);
        let before = self.state.builder.open_scope();
        let read = self.reparse(bytes, ReadAs::Pattern, &[], |inside, pattern| {
            inside.match_pattern(Some(pattern), Some(value))
        });
        let (pattern, guard) = read.unwrap_or_default();
        let is = self.add(Kind::Is { value, pattern: Box::new(pattern) }, node);
        let whole = match guard {
            Some(right) => self.add(Kind::Binary { op: Name::new_static("&&"), left: is, right }, node),
            None => is,
        };
        self.state.builder.close_scope(before);
        Some(whole)
    }

    /// `{ "a": x, "b": [y, 1] }`, at any depth that [`crate::lower::MAX_DEPTH`] allows.
    fn json(&mut self, tokens: &[Node<'_>]) -> NodeId {
        let tree = match tokens {
            [tree] if kind(*tree) == K::TokenTree => *tree,
            [null] if self.text_of(*null) == "null" => {
                return self.add(Kind::Literal(Literal::Null), *null);
            }
            _ => return self.expr_of_tokens(tokens),
        };
        if !self.enter() {
            return self.nothing_at(tree);
        }
        let made = match self.text_of(tree).as_bytes().first() {
            Some(b'{') => {
                let entries =
                    groups(tree).into_iter().filter_map(|group| self.json_entry(&group.tokens)).collect();
                self.add(Kind::Object { entries, ty: None }, tree)
            }
            Some(b'[') => {
                let elements = groups(tree).into_iter().map(|group| self.json(&group.tokens)).collect();
                self.add(Kind::Array(elements), tree)
            }
            _ => self.expr_of_tokens(tokens),
        };
        self.leave();
        made
    }

    fn json_entry(&mut self, tokens: &[Node<'_>]) -> Option<Entry> {
        let colon = tokens.iter().position(|token| kind(*token) == K::Colon)?;
        let (key, value) = (&tokens[..colon], &tokens[colon + 1..]);
        let key = match key {
            [literal] if matches!(kind(*literal), K::String | K::RawString) => {
                Key::Name(Name::new(string_content(self.text_of(*literal)).1))
            }
            _ => Key::Computed(self.expr_of_tokens(key)),
        };
        let value = self.json(value);
        let range = self.range_of_bytes(span(tokens));
        Some(Entry { key, value, is_shorthand: false, range: self.state.builder.own(range) })
    }

    /// The names that the tokens of an unknown macro use.
    pub(super) fn names_only(&mut self, tree: Node<'_>) -> NodeId {
        let names = self.names_in(&[tree]);
        self.add(Kind::Other(names), tree)
    }

    /// Names in tokens, those in string literals that look like format strings included. What follows `.` or `::` is
    /// no name of its own.
    pub(super) fn names_in(&mut self, tokens: &[Node<'_>]) -> Vec<NodeId> {
        let mut names = Vec::new();
        let mut before = K::Other;
        for (node, _) in tokens.iter().flat_map(|token| preorder(*token)) {
            if self.state.builder.is_full() {
                break;
            }
            let this = kind(node);
            let is_member = matches!(before, K::Dot | K::PathSeparator);
            match this {
                K::Identifier if !is_member && !WORDS.contains(&self.text_of(node)) => {
                    names.push(self.name_node(node));
                }
                K::SelfValue if !is_member => names.push(self.add(Kind::This, node)),
                K::String | K::RawString => names.extend(self.names_in_literal(node)),
                _ => {}
            }
            before = this;
        }
        names
    }

    fn names_in_literal(&mut self, literal: Node<'_>) -> Vec<NodeId> {
        let text = self.text_of(literal);
        let (start, content) = string_content(text);
        let Some(holes) = format::holes(content, has_escapes(text)) else {
            return Vec::new();
        };
        let base = literal.start_byte() + start;
        let named: Vec<_> = holes
            .into_iter()
            .flat_map(|hole| hole.names())
            .map(|name| (name.clone(), Name::new(&content[name])))
            .collect();
        named.into_iter().map(|(at, name)| self.name_at(base + at.start..base + at.end, name)).collect()
    }

    /// A name that is no node of its own: in a format string.
    pub(super) fn name_at(&mut self, bytes: std::ops::Range<usize>, name: Name) -> NodeId {
        let range = self.range_of_bytes(bytes);
        let kind = if name == "self" { Kind::This } else { Kind::Name { name, binding: None } };
        self.state.builder.node(kind, range)
    }

    /// What the names of a pattern in a macro are bound to.
    pub(super) fn matched_in_macro(value: Option<NodeId>) -> Matched {
        Matched { kind: BindingKind::Matched, value, ty: None, is_mutable: false, visible_from: None }
    }

    /// The file's bytes from the first to the last of some nodes of the file.
    pub(super) fn cover(&self, first: Node<'_>, last: Node<'_>) -> TextRange {
        self.range(first).cover(self.range(last))
    }
}

#[cfg(test)]
mod tests {
    use super::SHAPES;

    #[test]
    fn macros_are_sorted_for_the_search() {
        assert!(SHAPES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
