//! Patterns that a text is compared with: whether they begin with a wildcard, wherever they are put together.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingKind, Kind, Literal, NodeId};

use crate::UnitView;
use crate::ask::code::{bare, receiver};
use crate::ask::{SqlText, binding_of, chain};
use crate::view::CallView;

/// How many names and calls a pattern may lead through.
const MAX_STEPS: u32 = 8;

/// Whether a text begins with `%`: `\`%${query}%\``, `'%' + query`, `format!("%{query}%")`, or a name for one.
pub(super) fn begins_open(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    begins(view, unit, node, MAX_STEPS)
}

fn begins(view: &UnitView<'_>, unit: usize, node: NodeId, steps: u32) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    let u = view.unit_of(unit);
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Literal(Literal::String(text)) => text.starts_with('%'),
        Kind::Template { pieces, .. } => pieces.first().is_some_and(|first| first.starts_with('%')),
        Kind::Binary { op, left, .. } if op == "+" => begins(view, unit, *left, steps),
        Kind::If { then, otherwise, .. } => {
            begins(view, unit, *then, steps)
                || otherwise.is_some_and(|other| begins(view, unit, other, steps))
        }
        Kind::Call { args, .. } => match (receiver(u, node), &**args) {
            // `format!("%{query}%")`
            (None, [first, ..]) if matches!(u.kind(*first), Kind::Template { .. }) => {
                begins(view, unit, *first, steps)
            }
            // `pattern.toLowerCase()`
            (Some(on), []) => begins(view, unit, on, steps),
            _ => false,
        },
        Kind::Name { .. } => binding_of(view, unit, node).is_some_and(|(of, id)| {
            let binding = view.unit_of(of).binding(id);
            binding.kind == BindingKind::Variable
                && binding.path.is_empty()
                && binding.value.is_some_and(|value| begins(view, of, value, steps))
        }),
        _ => false,
    }
}

/// Whether what is bound to a placeholder of a text begins so. Where placeholders have no numbers, any of the values may
/// be meant.
pub(super) fn binds_open(view: &UnitView<'_>, call: &CallView<'_>, sql: &SqlText, placeholder: &str) -> bool {
    let number = placeholder.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
    if let Some(hole) = number.and_then(|number| number.checked_sub(9_001)) {
        return sql.holes.get(hole).is_some_and(|&(unit, node)| begins_open(view, unit, node));
    }
    let values = values(view, call);
    match number {
        Some(number) => number
            .checked_sub(1)
            .and_then(|index| values.get(index))
            .is_some_and(|&node| begins_open(view, view.index, node)),
        None => placeholder == "?" && values.iter().any(|&node| begins_open(view, view.index, node)),
    }
}

/// The values that a call, or the calls of its chain, bind to a text, in order.
fn values(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<NodeId> {
    let u = view.unit;
    let mut values = Vec::new();
    for step in chain(u, call.node).into_iter().rev() {
        let Kind::Call { args, .. } = u.kind(step) else { continue };
        let facts = view.eval.call(view.index, step);
        let own = facts.behavior.as_ref().and_then(|(_, behavior)| behavior.slots.get(&Slot::Params));
        let bound: Vec<NodeId> = match own.map(|path| path.as_str()) {
            Some("*") => args.to_vec(),
            Some(path) => {
                path.parse::<usize>().ok().and_then(|at| args.get(at)).copied().into_iter().collect()
            }
            // A function of the project that hands a text and its values on.
            None if step == call.node && facts.target.is_some() => {
                args.iter().copied().filter(|&arg| matches!(u.kind(bare(u, arg)), Kind::Array(_))).collect()
            }
            None => continue,
        };
        for node in bound {
            spread(view, node, &mut values);
        }
    }
    values
}

/// The elements of a list that is written in place, or bound to a name and pushed to.
fn spread(view: &UnitView<'_>, node: NodeId, values: &mut Vec<NodeId>) {
    let u = view.unit;
    let node = bare(u, node);
    match u.kind(node) {
        Kind::Array(items) => values.extend(items),
        Kind::Name { binding: Some(id), .. } => {
            let binding = u.binding(*id);
            let Some(items) = binding.value.and_then(|value| match u.kind(bare(u, value)) {
                Kind::Array(items) => Some(items),
                _ => None,
            }) else {
                values.push(node);
                return;
            };
            values.extend(items);
            for &used in &binding.uses {
                let Some(member) = u.parent(used) else { continue };
                let Some(push) = u.parent(member) else { continue };
                if let (Kind::Member { name, .. }, Kind::Call { args, callee, .. }) =
                    (u.kind(member), u.kind(push))
                    && name == "push"
                    && *callee == member
                {
                    values.extend(args);
                }
            }
        }
        _ => values.push(node),
    }
}
