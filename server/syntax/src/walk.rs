//! Walking a tree without recursion.

use tree_sitter::{Node, TreeCursor};

/// Every node under `root`, itself first, parents before children and
/// children in the order of the text, each with its depth below `root`.
#[must_use]
pub fn preorder(root: Node<'_>) -> Preorder<'_> {
    Preorder { cursor: root.walk(), depth: 0, state: State::Fresh }
}

/// The iterator of [`preorder`].
pub struct Preorder<'tree> {
    cursor: TreeCursor<'tree>,
    depth: usize,
    state: State,
}

enum State {
    Fresh,
    Inside,
    SkipChildren,
    Done,
}

impl Preorder<'_> {
    /// Leaves out what lies under the node that was returned last.
    pub fn skip_children(&mut self) {
        if matches!(self.state, State::Inside) {
            self.state = State::SkipChildren;
        }
    }

    /// Moves to the next node; false at the end.
    fn advance(&mut self) -> bool {
        match self.state {
            State::Fresh => return true,
            State::Done => return false,
            State::Inside => {
                if self.cursor.goto_first_child() {
                    self.depth += 1;
                    return true;
                }
            }
            State::SkipChildren => {}
        }
        // The cursor never leaves the subtree it was made for.
        while !self.cursor.goto_next_sibling() {
            if !self.cursor.goto_parent() {
                return false;
            }
            self.depth -= 1;
        }
        true
    }
}

impl<'tree> Iterator for Preorder<'tree> {
    type Item = (Node<'tree>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.advance() {
            self.state = State::Done;
            return None;
        }
        self.state = State::Inside;
        Some((self.cursor.node(), self.depth))
    }
}

#[cfg(test)]
mod tests {
    use super::preorder;
    use crate::{Language, Parsed};

    #[test]
    fn parents_come_before_children_and_children_in_order() {
        let parsed = Parsed::parse("f(a, b); g", Language::TypeScript).expect("it is small");
        let named: Vec<_> = preorder(parsed.root())
            .filter(|(node, _)| node.is_named())
            .map(|(node, depth)| format!("{depth} {}", node.kind()))
            .collect();
        assert_eq!(
            named,
            [
                "0 program",
                "1 expression_statement",
                "2 call_expression",
                "3 identifier",
                "3 arguments",
                "4 identifier",
                "4 identifier",
                "1 expression_statement",
                "2 identifier",
            ]
        );
    }

    #[test]
    fn a_walk_stays_within_its_root_and_skips_on_demand() {
        let parsed = Parsed::parse("f(a, b); g", Language::TypeScript).expect("it is small");
        let first = parsed.root().named_child(0).expect("there is a statement");
        let mut walk = preorder(first);
        let mut kinds = Vec::new();
        while let Some((node, _)) = walk.next() {
            kinds.push(node.kind());
            if node.kind() == "call_expression" {
                walk.skip_children();
            }
        }
        assert_eq!(kinds, ["expression_statement", "call_expression", ";"]);
        assert!(walk.next().is_none());
    }
}
