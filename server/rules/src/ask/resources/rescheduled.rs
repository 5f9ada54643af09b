//! One-shot timers that start themselves again.

use plimsoll_behavior::{Kind, NodeId, Unit};
use plimsoll_project::link::{FnRef, Value};

use crate::UnitView;
use crate::ask::code::calls_within;
use crate::view::CallView;

/// The function that a one-shot timer runs, where that function starts the timer again whatever happens:
/// `const tick = () => { draw(); requestAnimationFrame(tick) }`. None where a condition may end it.
#[must_use]
pub fn reschedules(view: &UnitView<'_>, call: &CallView<'_>) -> Option<FnRef> {
    let u = view.unit;
    let Kind::Call { args, .. } = u.kind(call.node) else { return None };
    let callback = call.facts.behavior.as_ref()?.1.callback?;
    let &argument = args.get(usize::from(callback))?;
    let own = view.linked.file.fn_ref(view.index, u.node(call.node).function);
    let starts_own = match u.kind(argument) {
        // `setTimeout(() => poll(), 1000)`
        Kind::Function(f) => {
            let body = u.function(*f).body?;
            let calls = calls_within(view, view.index, body);
            calls.iter().any(|&(node, _)| match u.kind(node) {
                Kind::Call { .. } => view.eval.call(view.index, node).target.as_ref() == Some(&own),
                _ => false,
            })
        }
        _ => view.eval.value(view.index, argument) == Value::Function(own.clone()),
    };
    (starts_own && runs_always(u, call.node)).then_some(own)
}

/// Whether a function comes to a node whatever happens.
fn runs_always(u: &Unit, node: NodeId) -> bool {
    let body = u.function(u.node(node).function).body;
    let mut below = node;
    for around in u.ancestors(node) {
        let may_be_left_out = match u.kind(around) {
            Kind::If { condition, .. } => *condition != below,
            Kind::Match { on, .. } => *on != below,
            Kind::Binary { op, right, .. } => matches!(op.as_str(), "&&" | "||" | "??") && *right == below,
            Kind::TryCatch { catch, .. } => catch.as_ref().is_some_and(|catch| catch.body == below),
            Kind::Loop(_) => true,
            Kind::Block { statements, .. } => {
                let mut before = statements.iter().take_while(|&&s| s != below);
                before.any(|&s| may_end(u, s))
            }
            _ => false,
        };
        if may_be_left_out {
            return false;
        }
        if Some(around) == body {
            return true;
        }
        below = around;
    }
    Some(below) == body
}

/// Whether the function may end in a statement.
pub(crate) fn may_end(u: &Unit, statement: NodeId) -> bool {
    let function = u.node(statement).function;
    u.descendants(statement).into_iter().any(|node| {
        u.node(node).function == function && matches!(u.kind(node), Kind::Return(_) | Kind::Throw(_))
    })
}
