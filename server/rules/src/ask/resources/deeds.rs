//! What a function sets going, however much later and in whichever function of the project.

use plimsoll_behavior::Effects;
use plimsoll_project::link::FnRef;

use crate::UnitView;

/// How many functions are looked into; beyond it not all is known.
const MAX_FUNCTIONS: usize = 48;

/// What a function does, its callees and all functions that are written in it included, whenever these run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deeds {
    /// Its effects.
    pub effects: Effects,
    /// Whether that is all: nothing is called of which nothing is known, set outside or thrown.
    pub is_all: bool,
}

/// What a function of the project sets going.
#[must_use]
pub fn deeds(view: &UnitView<'_>, function: &FnRef) -> Deeds {
    let mut deeds = Deeds { effects: Effects::empty(), is_all: true };
    let mut seen: Vec<FnRef> = Vec::new();
    let mut open: Vec<FnRef> = function.alternatives().collect();
    while let Some(next) = open.pop() {
        if seen.contains(&next) {
            continue;
        }
        let locals = view.world.locals(&next).filter(|_| seen.len() < MAX_FUNCTIONS);
        let local = locals.as_ref().and_then(|locals| locals.get(next.function.0 as usize));
        let Some(local) = local else {
            deeds.is_all = false;
            break;
        };
        deeds.effects |= local.direct.iter().fold(Effects::empty(), |all, (effects, ..)| all | *effects);
        deeds.is_all &= !local.is_opaque;
        open.extend(local.callees.iter().flat_map(|(callee, ..)| callee.alternatives()));
        view.world.in_file(&next.file, &mut |there| {
            if let Some(unit) = there.file.unit_at(&next.unit) {
                open.extend(there.file.functions_in(unit, next.function));
            }
        });
        seen.push(next);
    }
    deeds
}
