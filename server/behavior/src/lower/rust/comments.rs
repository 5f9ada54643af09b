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
    let mut walk = preorder(root);
    while let Some((node, depth)) = walk.next() {
        if depth > 0 && state.holes.contains_key(&node.id()) {
            walk.skip_children();
            continue;
        }
        if node.is_missing() {
            let range = state.builder.own(TextRange::of(node));
            state.builder.unit.errors.push(range);
            continue;
        }
        match kind(node) {
            K::LineComment | K::BlockComment => {
                walk.skip_children();
                comment(state, node, text);
            }
            K::Error => error(state, node),
            _ => {}
        }
    }
}

fn comment(state: &mut State<'_>, node: Node<'_>, text: &str) {
    let written = text.get(node.byte_range()).unwrap_or_default();
    // A doc comment contains the end of its line here.
    let written = written.trim_end();
    let start = node.start_byte();
    let line = text.get(..start).unwrap_or_default();
    let line = &line[line.rfind(['\n', '\r']).map_or(0, |at| at + 1)..];
    let range = TextRange::from_usize(start, start + written.len());
    state.builder.comment(written, range, line.trim().is_empty());
}

/// The parts of an error that are no whole statement or item: those did parse.
fn error(state: &mut State<'_>, node: Node<'_>) {
    let mut loose: Option<TextRange> = None;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.is_extra() && kind(child) != K::Error {
            continue;
        }
        let range = TextRange::of(child);
        let is_whole = is_item(child) || matches!(kind(child), K::Let | K::ExpressionStatement);
        if is_whole {
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
}

fn push(state: &mut State<'_>, range: TextRange) {
    let range = state.builder.own(range);
    state.builder.unit.errors.push(range);
}
