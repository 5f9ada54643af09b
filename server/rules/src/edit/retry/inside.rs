//! Wraps a request together with the check of its status, for a helper that only sees what is thrown.

use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::own::own;
use super::replace;
use crate::edit::style::{Style, indent_at};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// `const response = await fetch(url)` with the statement after it that throws for a failed status, both in a function
/// that the project's own helper repeats. None where they stand apart, or there is no such helper.
pub(super) fn wrap_with_its_check(
    view: &UnitView<'_>,
    call: &CallView<'_>,
    signal: &str,
) -> Option<Vec<PlannedEdit>> {
    let u = view.unit;
    let awaited = u.parent(call.node).filter(|&p| matches!(u.kind(p), Kind::Await(_)))?;
    let bound = u.parent(awaited)?;
    let Kind::Let { pattern, init: Some(init), .. } = u.kind(bound) else { return None };
    let [binding] = pattern.bindings.as_slice() else { return None };
    let binding = u.binding(*binding);
    if *init != awaited || !binding.path.is_empty() {
        return None;
    }
    let guard =
        statement_after(view, bound).filter(|&guard| throws_for_status(view, guard, &binding.uses))?;
    let text = view.project.text;
    let (awaited, call, bound) = (view.bytes(awaited), view.bytes(call.node), view.bytes(bound));
    let guard = view.bytes(guard);
    let between = text.get(call.end as usize..guard.start as usize)?;
    let is_template =
        text.get(call.start as usize..guard.end as usize)?.lines().any(|l| l.matches('`').count() % 2 == 1);
    if !between.chars().all(|c| c.is_whitespace() || c == ';') || is_template || bound.end > guard.start {
        return None;
    }
    let can_throw = |can: crate::ask::RetryHelper| {
        can.takes_a_function && !can.judges_errors && (signal.is_empty() || can.takes_a_signal)
    };
    let own = own(view, &can_throw)?;
    let Style { newline, indent, semicolon } = Style::of(text);
    let further = |range: TextRange| {
        let text = text.get(range.start as usize..range.end as usize).unwrap_or_default();
        text.replace('\n', &format!("\n{indent}"))
    };
    let base = indent_at(text, bound.start);
    let (name, helper) = (&binding.name, &own.name);
    let inner = format!("{newline}{base}{indent}");
    let request = further(awaited);
    let check = further(guard);
    let mut new_text = format!(
        "{helper}(async () => {{{inner}const {name} = {request}{semicolon}{inner}{check}{inner}return {name}{semicolon}{newline}{base}}}{signal})"
    );
    let ends_with = |end: u32| text.get(end as usize - 1..end as usize) == Some(";");
    if ends_with(guard.end) || !semicolon.is_empty() && text.get(guard.end as usize - 1..)?.starts_with('}') {
        new_text.push_str(semicolon);
    }
    let mut edits = own.edits;
    edits.push(replace(view, TextRange { start: call.start, end: guard.end }, new_text));
    Some(edits)
}

fn statement_after(view: &UnitView<'_>, statement: NodeId) -> Option<NodeId> {
    let u = view.unit;
    let Kind::Block { statements, .. } = u.kind(u.parent(statement)?) else { return None };
    let at = statements.iter().position(|&s| s == statement)?;
    statements.get(at + 1).copied()
}

/// Whether a statement does nothing but throw where the response that `uses` name has failed.
fn throws_for_status(view: &UnitView<'_>, statement: NodeId, uses: &[NodeId]) -> bool {
    let u = view.unit;
    let Kind::If { condition, then, otherwise: None, .. } = u.kind(statement) else { return false };
    let only = match u.kind(*then) {
        Kind::Block { statements, .. } => match statements.as_slice() {
            [only] => *only,
            _ => return false,
        },
        _ => *then,
    };
    let asks_it = u.descendants(*condition).iter().any(|node| uses.contains(node));
    asks_it && matches!(u.kind(only), Kind::Throw(_))
}
