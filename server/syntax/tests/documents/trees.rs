//! A comparison of trees.

use plimsoll_syntax::{Node, Snapshot, TextRange, TreeCursor};

/// The first difference of two trees, walked in step without recursion.
pub fn tree_difference(actual: &Snapshot, expected: &Snapshot) -> Option<String> {
    let (Some(actual), Some(expected)) = (actual.tree(), expected.tree()) else {
        let (actual, expected) = (actual.unparsed(), expected.unparsed());
        return (actual != expected).then(|| format!("{actual:?} is not {expected:?}"));
    };
    let (mut left, mut right) = (actual.walk(), expected.walk());
    loop {
        let (ours, theirs) = (describe(&left), describe(&right));
        if ours != theirs {
            return Some(format!("{ours:?} is not {theirs:?}"));
        }
        if step(&mut left) != step(&mut right) {
            return Some(format!("one tree goes on after {ours:?}"));
        }
        if left.node() == actual.root_node() {
            return None;
        }
    }
}

type Description = (&'static str, TextRange, Option<&'static str>, u32, [bool; 5], usize);

fn describe(cursor: &TreeCursor<'_>) -> Description {
    let node: Node<'_> = cursor.node();
    let flags = [node.is_named(), node.is_missing(), node.is_extra(), node.is_error(), node.has_error()];
    (node.kind(), TextRange::of(node), cursor.field_name(), cursor.depth(), flags, node.child_count())
}

/// To the next node in order, or to the root after the last.
fn step(cursor: &mut TreeCursor<'_>) -> bool {
    if cursor.goto_first_child() {
        return true;
    }
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
    }
    true
}
