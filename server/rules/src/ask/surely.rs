//! Whether a function of the project does something on every way through it.

use plimsoll_behavior::{Effects, Kind, NodeId, Unit};

use crate::UnitView;
use crate::view::CallView;

/// How many of the project's own functions are followed to what does it.
const MAX_FUNCTIONS: usize = 6;

/// Whether a call has an effect whatever happens: a library does it, or the function that it calls does so in none of
/// its branches. What is done only now and then, as a reader that also mends what it has read, is nobody's purpose.
#[must_use]
pub fn does_surely(view: &UnitView<'_>, call: &CallView<'_>, effect: Effects) -> bool {
    if call.facts.effects.contains(effect) {
        return true;
    }
    let Some(target) = &call.facts.target else { return call.effects().contains(effect) };
    let mut next = view.with_effect(target, effect);
    for _ in 0..MAX_FUNCTIONS {
        let Some(witness) = view.summary(&next).and_then(|s| s.witness(effect).cloned()) else {
            return false;
        };
        let look = |file: &plimsoll_project::link::FileUnits| {
            let unit = file.unit_at(&witness.unit)?;
            Some(is_in_no_branch(&file.units[unit].unit, witness.node))
        };
        let is_sure = if next.file == view.linked.file.path {
            look(&view.linked.file)
        } else {
            view.world.linked(&next.file).and_then(|linked| look(&linked.file))
        };
        if is_sure != Some(true) {
            return false;
        }
        match witness.next {
            Some(further) => next = further,
            None => return true,
        }
    }
    false
}

/// Whether a node of a function stands in no branch of it.
fn is_in_no_branch(u: &Unit, node: NodeId) -> bool {
    let function = u.node(node).function;
    let mut at = node;
    for around in u.ancestors(node).take_while(|&around| u.node(around).function == function) {
        match u.kind(around) {
            Kind::If { condition, .. } if *condition != at => return false,
            Kind::Match { on, .. } if *on != at => return false,
            Kind::TryCatch { body, .. } if *body != at => return false,
            _ => {}
        }
        at = around;
    }
    true
}
