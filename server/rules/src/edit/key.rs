//! Hands a call that is tried again a key that is the same on each attempt.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Kind, NodeId};

use super::script::{free_name, set_option, statement_before};
use crate::ask::{DoneTwice, Tried};
use crate::{FixPlan, Safety, UnitView};

/// What a key is called.
const NAME: &str = "idempotencyKey";
/// What makes one.
const MADE: &str = "crypto.randomUUID()";

/// Makes a key before a retry and hands it over on each attempt. None where the library's model does not say how one is
/// handed over, or the call stands elsewhere.
#[must_use]
pub fn key_outside(unit: &UnitView<'_>, tried: &Tried, found: &DoneTwice) -> Option<FixPlan> {
    let call = unit.call(tried.call)?;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let (argument, option) = behavior.slots.get(&Slot::Key)?.split_once('.')?;
    if unit.is_rust() || found.has_a_key_of_its_own {
        return None;
    }
    let around = unit.of(tried.by.0);
    let name = free_name(&around, NAME)?;
    // A function that is an expression has no statement to stand before.
    if !is_in_the_same_function(&around, tried.by.1) {
        return None;
    }
    let mut edits = vec![statement_before(&around, tried.by.1, &format!("const {name} = {MADE}"))?];
    edits.extend(set_option(unit, tried.call, argument.parse().ok()?, option, &name)?);
    let title = format!(
        "Make one idempotency key for all attempts of `{}` (review: the same key is answered with the first result)",
        unit.call_name(tried.call)
    );
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// Whether the statement that a node stands in belongs to the function that the node belongs to.
fn is_in_the_same_function(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    let mut at = node;
    while let Some(parent) = u.parent(at) {
        if matches!(u.kind(parent), Kind::Block { .. }) {
            return u.node(parent).function == u.node(node).function;
        }
        at = parent;
    }
    false
}
