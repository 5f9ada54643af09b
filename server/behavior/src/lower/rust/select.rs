//! `select!` of tokio and futures.

use tree_sitter::Node;

use super::Lower;
use super::kinds::{K, kind};
use super::reparse::{ReadAs, span, tokens};
use crate::{Kind, Name, NodeId, Pattern};

/// One arm: `pattern = future, if guard => body`, or `else => body`.
struct SelectArm<'a, 't> {
    pattern: &'a [Node<'t>],
    /// Empty for `else`, `default` and `complete`.
    future: &'a [Node<'t>],
    guard: &'a [Node<'t>],
    body: &'a [Node<'t>],
}

impl Lower<'_, '_> {
    /// The arms as the arguments of the macro: for each, an `if` whose condition is that the awaited future matches
    /// the pattern; for `else`, its body.
    pub(super) fn select_arms(&mut self, tree: Node<'_>) -> Option<Vec<NodeId>> {
        let all = tokens(tree);
        let mut rest = &all[..];
        if let [word, semicolon, after @ ..] = rest
            && kind(*semicolon) == K::Semicolon
            && self.text_of(*word) == "biased"
        {
            rest = after;
        }
        let mut args = Vec::new();
        while !rest.is_empty() {
            let (arm, after) = split_arm(rest)?;
            args.push(self.select_arm(&arm));
            rest = after;
        }
        Some(args)
    }

    fn select_arm(&mut self, arm: &SelectArm<'_, '_>) -> NodeId {
        if arm.future.is_empty() {
            return self.expr_of_tokens(arm.body);
        }
        let future = self.expr_of_tokens(arm.future);
        let range = self.range_of_bytes(span(arm.future));
        let value = self.state.builder.node(Kind::Await(future), range);
        let before = self.state.builder.open_scope();
        let pattern = self.pattern_of_tokens(arm.pattern, value);
        let range = self.range_of_bytes(span(arm.pattern).start..span(arm.future).end);
        let mut condition = self.state.builder.node(Kind::Is { value, pattern: Box::new(pattern) }, range);
        if !arm.guard.is_empty() {
            let right = self.expr_of_tokens(arm.guard);
            let range = self.range_of_bytes(span(arm.pattern).start..span(arm.guard).end);
            let both = Kind::Binary { op: Name::new_static("&&"), left: condition, right };
            condition = self.state.builder.node(both, range);
        }
        let then = self.expr_of_tokens(arm.body);
        self.state.builder.close_scope(before);
        let range = self.range_of_bytes(span(arm.pattern).start..span(arm.body).end);
        self.state.builder.node(Kind::If { condition, then, otherwise: None, is_expression: true }, range)
    }

    fn pattern_of_tokens(&mut self, tokens: &[Node<'_>], value: NodeId) -> Pattern {
        if let [single] = tokens
            && kind(*single) == K::Identifier
        {
            let matched = Self::matched_in_macro(Some(value));
            return self.pattern(*single, &matched);
        }
        let read = self.reparse(span(tokens), ReadAs::Pattern, &[], |inside, pattern| {
            inside.match_pattern(Some(pattern), Some(value)).0
        });
        read.unwrap_or_default()
    }
}

/// The first arm, and the tokens after it.
fn split_arm<'a, 't>(tokens: &'a [Node<'t>]) -> Option<(SelectArm<'a, 't>, &'a [Node<'t>])> {
    let arrow = tokens.iter().position(|token| kind(*token) == K::FatArrow)?;
    let (head, body) = (&tokens[..arrow], &tokens[arrow + 1..]);
    let (pattern, future) = match head.iter().position(|token| kind(*token) == K::Equals) {
        Some(equals) => (&head[..equals], &head[equals + 1..]),
        None => (head, &head[..0]),
    };
    let comma_if =
        future.windows(2).position(|pair| kind(pair[0]) == K::Comma && kind(pair[1]) == K::IfToken);
    let (future, guard) = match comma_if {
        Some(at) => (&future[..at], &future[at + 2..]),
        None => (future, &future[..0]),
    };
    // A body in braces needs no comma behind it.
    let ends_itself = body.first().is_some_and(|first| kind(*first) == K::TokenTree)
        && body.get(1).is_none_or(|next| !matches!(kind(*next), K::Dot | K::Question));
    let end = if ends_itself {
        1
    } else {
        body.iter().position(|token| kind(*token) == K::Comma).unwrap_or(body.len())
    };
    let (body, mut after) = body.split_at(end);
    if let [comma, rest @ ..] = after
        && kind(*comma) == K::Comma
    {
        after = rest;
    }
    (!body.is_empty()).then_some((SelectArm { pattern, future, guard, body }, after))
}
