//! Whether what a function does per element is told inside of it.

use plimsoll_behavior::{Effects, FunctionId, Kind};
use plimsoll_project::link::FnRef;

use super::once_per_element;
use crate::UnitView;
use crate::ask::code::{calls_within, in_function};

/// How many own functions are looked into for turns of their own.
const MAX_CALLEES: u8 = 6;

/// Whether all that a function of the project does of `effect` runs once for every element of a collection that the
/// function goes through itself: told there, and not once more for every caller.
#[must_use]
pub fn is_told_inside(view: &UnitView<'_>, function: &FnRef, effect: Effects) -> bool {
    told_inside(view, function, effect, MAX_CALLEES)
}

fn told_inside(view: &UnitView<'_>, function: &FnRef, effect: Effects, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut is_told = false;
    in_function(view, function, &mut |there| is_told = all_told(there, function.function, effect, depth));
    is_told
}

/// Whether every call of a function, and of what runs as a part of it, that has the effect has a turn of its own.
fn all_told(view: &UnitView<'_>, function: FunctionId, effect: Effects, depth: u8) -> bool {
    let u = view.unit;
    let Some(body) = u.function(function).body else { return false };
    let calls = calls_within(view, view.index, body);
    let mut with_it = calls.iter().filter(|(_, effects)| effects.intersects(effect)).peekable();
    with_it.peek().is_some()
        && with_it.all(|&(node, _)| match u.kind(node) {
            Kind::Nested(_) => {
                let nested = view.linked.file.function_at(view.index, node);
                nested.is_some_and(|nested| told_inside(view, &nested, effect, depth))
            }
            _ => {
                let target = view.eval.call(view.index, node).target.clone();
                once_per_element(view, node).is_some()
                    || target.is_some_and(|target| told_inside(view, &target, effect, depth))
            }
        })
}
