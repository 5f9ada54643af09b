//! Where what users send arrives: in a library's call of this unit, or in a function of the project that hands it on.

use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Guarantees, Name, NodeId};
use plimsoll_project::link::{Arrival, Flow, FnRef, Root, To, arrivals};

use crate::{Place, RawRelated, UnitView};

/// How many functions a way is shown through.
const MAX_CHAIN: usize = 8;

/// What a user sent, where it arrives without what it should have met on the way.
pub struct FromOutside {
    /// The node of the unit that it is, or that it is a part of.
    pub node: NodeId,
    /// Where it is put into a text that the node is, if it is.
    pub hole: Option<NodeId>,
    /// Whether it is the node as a whole.
    pub is_whole: bool,
    /// What it is called where it comes from.
    pub name: Option<Name>,
    /// What holds of it.
    pub guards: Guarantees,
    /// Whether that rests on a convention.
    pub is_convention: bool,
    /// The function of the project that it is handed to.
    pub through: Option<FnRef>,
    /// The places behind that.
    pub way: Vec<RawRelated>,
}

/// What users send that arrives in a slot of a query or a request, but for what has one of the guarantees.
#[must_use]
pub fn from_outside(
    view: &UnitView<'_>,
    slot: Slot,
    unless: Guarantees,
    at_the_end: &str,
) -> Vec<FromOutside> {
    let callee = |function: &FnRef| {
        view.summary(function).map(|summary| Arc::clone(&summary.flows)).unwrap_or_default()
    };
    let mut found: Vec<FromOutside> = Vec::new();
    for local in view.facts.locals.iter() {
        for arrival in arrivals(local, slot, &callee) {
            let is_known = found.iter().any(|other| other.node == arrival.node);
            if is_known || arrival.guards.intersects(unless) || is_checked_there(view, &arrival) {
                continue;
            }
            let way = arrival.through.as_ref().map_or_else(Vec::new, |(function, index, part)| {
                way(view, function.clone(), *index, part.clone(), slot, at_the_end)
            });
            found.push(FromOutside {
                node: arrival.node,
                hole: arrival.hole,
                is_whole: arrival.is_whole,
                name: arrival.path.iter().rev().find(|name| !name.starts_with(char::is_numeric)).cloned(),
                guards: arrival.guards,
                is_convention: arrival.is_convention,
                through: arrival.through.map(|(function, ..)| function),
                way,
            });
        }
    }
    found.sort_by_key(|one| view.unit.range(one.node).start);
    found
}

/// Whether the function that it is handed to looks at it first.
fn is_checked_there(view: &UnitView<'_>, arrival: &Arrival) -> bool {
    let Some((function, index, part)) = &arrival.through else { return false };
    view.summary(function).is_some_and(|summary| summary.flows.checks(*index, part))
}

/// The places by which a part of a parameter reaches a slot.
fn way(
    view: &UnitView<'_>,
    function: FnRef,
    index: Option<u16>,
    part: Vec<Name>,
    slot: Slot,
    at_the_end: &str,
) -> Vec<RawRelated> {
    let mut places = Vec::new();
    let (mut function, mut index, mut part) = (function, index, part);
    for _ in 0..MAX_CHAIN {
        let one = function.alternatives().find(|one| reaches(view, one, index, &part, slot));
        function = one.unwrap_or(function);
        let Some(locals) = view.world.locals(&function) else { break };
        let Some(local) = locals.get(function.function.0 as usize) else { break };
        let flows = |callee: &FnRef| view.summary(callee).map(|s| Arc::clone(&s.flows)).unwrap_or_default();
        let Some(step) = plimsoll_project::link::step(local, index, &part, slot, &flows) else { break };
        let place = Place::Node { file: function.file.clone(), unit: function.unit.clone(), node: step.node };
        let Some((next, next_index, next_part)) = step.next else {
            places.push(RawRelated { place, message: at_the_end.to_owned() });
            break;
        };
        places.push(RawRelated { place, message: view.step_of(&function, &next) });
        (function, index, part) = (next, next_index, next_part);
    }
    places
}

fn reaches(view: &UnitView<'_>, function: &FnRef, index: Option<u16>, part: &[Name], slot: Slot) -> bool {
    let root = index.map_or(Root::Receiver, Root::Param);
    let is_it = |flow: &Flow| flow.root == root && flow.to == To::Slot(slot) && flow.path == part;
    view.summary(function).is_some_and(|summary| summary.flows.all.iter().any(is_it))
}
