//! Comments, and the places that did not parse.

use plimsoll_syntax::{TextRange, preorder};
use tree_sitter::Node;

use super::State;
use super::kinds::{K, kind};
use super::statements::is_item;

/// Collects the comments and errors of a unit, without those of the units nested in it.
pub(super) fn collect(state: &mut State<'_>, root: Node<'_>, text: &str) {
    let own = text.get(root.byte_range()).unwrap_or_default();
    if !root.has_error() && !own.contains("//") && !own.contains("/*") {
        return;
    }
    // The depth of the token tree that the walk is in: a token that the grammar does not know is no error there.
    let mut tree_depth = usize::MAX;
    // Where the last error ends: those inside it are parts of it.
    let mut error_end = 0;
    let mut walk = preorder(root);
    while let Some((node, depth)) = walk.next() {
        if depth <= tree_depth {
            tree_depth = usize::MAX;
        }
        let is_code = tree_depth == usize::MAX;
        if depth > 0 && state.nested_index(node).is_some() {
            walk.skip_children();
            continue;
        }
        if is_code && node.is_missing() {
            let range = state.builder.own(TextRange::of(node));
            state.builder.unit.errors.push(range);
            continue;
        }
        match kind(node) {
            K::LineComment | K::BlockComment => {
                walk.skip_children();
                comment(state, node, text);
            }
            K::TokenTree if is_code => tree_depth = depth,
            K::Error if is_code && node.start_byte() >= error_end => {
                error_end = error(state, node);
            }
            _ => {}
        }
    }
}

fn comment(state: &mut State<'_>, node: Node<'_>, text: &str) {
    let written = text.get(node.byte_range()).unwrap_or_default();
    // A doc comment contains the end of its line here.
    let written = written.trim_end();
    let start = node.start_byte();
    let before = text.get(..start).unwrap_or_default();
    let before = before.trim_end_matches(|c: char| c.is_whitespace() && c != '\n' && c != '\r');
    let is_alone = before.is_empty() || before.ends_with(['\n', '\r']);
    let range = TextRange::from_usize(start, start + written.len());
    state.builder.comment(written, range, is_alone);
}

/// Notes the parts of an error that are no whole statement or item: those did parse. Returns the end of what is noted,
/// up to the first of them that may hold an error of its own.
fn error(state: &mut State<'_>, node: Node<'_>) -> usize {
    let mut loose: Option<TextRange> = None;
    let mut whole_at = None;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.is_extra() && kind(child) != K::Error {
            continue;
        }
        let range = TextRange::of(child);
        let is_whole = is_item(child) || matches!(kind(child), K::Let | K::ExpressionStatement);
        if is_whole {
            whole_at.get_or_insert(child.start_byte());
            if let Some(range) = loose.take() {
                push(state, range);
            }
        } else {
            loose = Some(loose.map_or(range, |loose| loose.cover(range)));
        }
    }
    match loose {
        Some(range) => push(state, range),
        None if node.child_count() == 0 => push(state, TextRange::of(node)),
        None => {}
    }
    whole_at.unwrap_or(node.end_byte())
}

fn push(state: &mut State<'_>, range: TextRange) {
    let range = state.builder.own(range);
    state.builder.unit.errors.push(range);
}
