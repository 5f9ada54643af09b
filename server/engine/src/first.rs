//! A first look at an edit: what it brings by itself, while the rest of the file is still being understood.
//!
//! An edit to what others can ask of a unit, or to the module, has all of a file understood anew, which takes as long as
//! the file is large. Whoever typed it looks at what was typed. So the units that have changed are understood and reviewed
//! at once; the others keep what was found in them, though some of it may rest on what has changed. The whole review
//! follows, and corrects it.

use std::sync::Arc;

use plimsoll_project::link::{FileUnits, Linker, patched};

use crate::assemble::assemble;
use crate::review::{Understood, project_facts};
use crate::run::run_rules;
use crate::states::{Found, State};
use crate::{Counters, Outcome, Request};

/// A file of fewer units is understood as soon as looked at.
const LEAST_UNITS: usize = 16;

/// At most one in so many units may have changed: looking at more of them takes as long as all the rest.
const SHARE: usize = 8;

/// What is told of a file before it is understood anew; none where that would be no sooner, or where the text is broken:
/// then what was found before stands.
pub(crate) fn first_look<'s>(
    request: &Request<'_>,
    linker: &Linker<'_>,
    states: impl Iterator<Item = &'s Arc<State>>,
    file: &Arc<FileUnits>,
    text: &str,
) -> Option<Outcome> {
    if file.units.len() < LEAST_UNITS || !file.units.iter().all(|entry| entry.unit.errors.is_empty()) {
        return None;
    }
    let most = (file.units.len() / SHARE).max(LEAST_UNITS / 2);
    let fitting = states
        .filter(|state| state.models == linker.models_key() && state.linked.file.language == file.language);
    let compared = fitting.map(|state| (state, same_units(&state.linked.file, file)));
    let counted = compared.map(|(state, same)| (same.iter().filter(|it| it.is_none()).count(), state, same));
    let (changed, state, same) = counted.min_by_key(|(changed, ..)| *changed)?;
    if changed == 0 || changed > most {
        return None;
    }
    let linked = Arc::new(patched(&state.linked, file, linker, &same));
    let project = project_facts(request, linker, file, text);
    let changed: Vec<usize> = (0..same.len()).filter(|&unit| same[unit].is_none()).collect();
    let mut counters = Counters::default();
    let found = same.iter().enumerate().map(|(unit, known)| {
        let kept = known.map(|known| &state.found[known]).filter(|found| !found.tells_of(file, &changed));
        match kept {
            Some(found) => {
                counters.reused += 1;
                Arc::clone(found)
            }
            None => {
                counters.reviewed += 1;
                Arc::<Found>::new(run_rules(request, &linked, linker, unit, &project, None))
            }
        }
    });
    let found = found.collect();
    let understood = Understood { text: text.to_owned(), linked, found, counters, unread: None };
    Some(assemble(request, linker, &understood, None).outcome)
}

/// For each unit of `now`, the index of the one in `before` that stands there as it does and in what stands as it does.
/// What stands in the module counts as if that never changed.
fn same_units(before: &FileUnits, now: &FileUnits) -> Vec<Option<usize>> {
    let mut same: Vec<Option<usize>> = Vec::with_capacity(now.units.len());
    for unit in &now.units {
        let around = unit.parent.filter(|&parent| parent != 0);
        let known = before.unit_at(&unit.path).filter(|&at| {
            let was = &before.units[at];
            was.key == unit.key
                && match around {
                    Some(parent) => same[parent].is_some() && was.parent == same[parent],
                    None => was.parent.is_none_or(|parent| parent == 0),
                }
        });
        same.push(known);
    }
    same
}
