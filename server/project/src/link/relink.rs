//! A file of which a few units have changed: what need not be understood again, and what must be reviewed again.

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, Kind, Name, NodeId};

use super::apart::Apart;
use super::linked::unit_facts;
use super::{CallFacts, FileUnits, Linked, Linker, UnitFacts};

/// What [`relink`] found.
#[derive(Debug)]
pub struct Relinked {
    /// What the calls of each unit do now.
    pub facts: Vec<Arc<UnitFacts>>,
    /// The units that a review must look at again, in order: those that have changed, and those that follow something
    /// into one of them.
    pub stale: Vec<usize>,
}

/// Understands a file in which only the units `changed` have other text than in `before`, each with the same
/// [`UnitFacts::outward`] as before; none when one of them has not, so that the whole file must be understood anew.
/// `changed` must be in order and contain every unit nested in one of them too; `text` is that of the file.
#[must_use]
pub fn relink(
    before: &Linked,
    file: &Arc<FileUnits>,
    linker: &Linker<'_>,
    changed: &[usize],
    text: &str,
) -> Option<Relinked> {
    let session = linker.open(file);
    let eval = linker.evaluator(&session);
    let mut facts = before.facts.clone();
    let (mut followed, mut taking) = (Vec::new(), Vec::new());
    let apart = Apart::of(&before.file, file, changed, text);
    for &unit in changed {
        let is_left = apart.as_ref().is_some_and(|apart| apart.leaves(file, unit, &before.facts[unit]));
        // Every test that types holds that.
        debug_assert!(
            !is_left || unit_facts(&eval, unit) == *before.facts[unit],
            "an edit elsewhere has changed what {} does",
            file.units[unit].path
        );
        let now = if is_left { Arc::clone(&before.facts[unit]) } else { Arc::new(unit_facts(&eval, unit)) };
        if now.outward.is_none() || now.outward != before.facts[unit].outward {
            return None;
        }
        // Which rows a query is about, whether a client that is made is kept, and by what the other side knows a request
        // again, is told to no summary: rules follow it into the functions that a unit calls.
        let followed_into =
            Effects::DB | Effects::DB_CONNECT | Effects::HTTP_REQUEST | Effects::NOTIFY | Effects::MONEY;
        let asks =
            |facts: &UnitFacts| facts.calls.values().any(|call| call.effects.intersects(followed_into));
        if asks(&now) || asks(&before.facts[unit]) {
            followed.push(unit);
        }
        // What a caller does with a body decides what is said of the function that has read it.
        if before.takes_bodies(&now) || before.takes_bodies(&before.facts[unit]) {
            taking.push(unit);
        }
        facts[unit] = now;
    }
    let mut stale = changed.to_vec();
    stale.extend(changed.iter().flat_map(|&unit| captured_from(&before.file, file, unit)));
    if !followed.is_empty() {
        stale.extend(callers(before, &followed));
    }
    stale.extend(beside_effects(before, file, &facts, changed));
    stale.extend(timers_leading_to(before, file, &facts, changed));
    stale.extend(handed_to(before, file, &facts, changed));
    stale.extend(holding(&facts));
    for &unit in &taking {
        let read = [&before.facts[unit], &facts[unit]].map(|facts| readers(before, facts));
        for readers in read {
            stale.extend(readers?);
        }
    }
    stale.sort_unstable();
    stale.dedup();
    Some(Relinked { facts, stale })
}

/// The units around `unit` that bind a name which it has begun to mention, or mentions no longer: what becomes of the value
/// is told there.
fn captured_from<'f>(
    before: &'f FileUnits,
    file: &'f FileUnits,
    unit: usize,
) -> impl Iterator<Item = usize> + 'f {
    let (old, new) = (&before.units[unit].unit.free_names, &file.units[unit].unit.free_names);
    let only = |these: &'f Vec<Name>, those: &'f Vec<Name>| these.iter().filter(|name| !those.contains(name));
    let mut changed: Vec<&Name> = Vec::new();
    if old != new {
        changed.extend(only(old, new).chain(only(new, old)));
    }
    let parent = if changed.is_empty() { None } else { file.units[unit].parent };
    let around = std::iter::successors(parent, |&at| file.units[at].parent);
    around.filter(move |&at| {
        file.units[at].unit.bindings.iter().any(|binding| changed.contains(&&binding.name))
    })
}

/// The units of each component with effects, or with elements that send something, that one of the changed units is a part
/// of. What an effect asks for, what it depends on and what ends it stand in different functions of the component, and so do
/// what a control sends and what disables it; none of that is told outward.
fn beside_effects(
    before: &Linked,
    file: &FileUnits,
    facts: &[Arc<UnitFacts>],
    changed: &[usize],
) -> Vec<usize> {
    let outermost = |unit: usize| {
        let parent = |&at: &usize| file.units[at].parent.filter(|&parent| parent != 0);
        std::iter::successors(Some(unit), parent).last().unwrap_or(unit)
    };
    let has_effects = |facts: &UnitFacts| {
        let runs = |call: &CallFacts| call.behavior.as_ref().and_then(|(_, behavior)| behavior.run);
        facts.calls.values().any(|call| runs(call) == Some(Run::Effect))
    };
    // What a function of another file sends is not asked for here.
    let sends = |facts: &UnitFacts| {
        facts.calls.values().any(|call| {
            call.effects.intersects(Effects::HTTP_REQUEST | Effects::DB_WRITE)
                || call.target.as_ref().is_some_and(|target| target.file != file.path)
        })
    };
    let mut found = vec![false; file.units.len()];
    for &unit in changed {
        found[outermost(unit)] = true;
    }
    let mut with_effects = vec![false; file.units.len()];
    let (mut sending, mut shown) = (with_effects.clone(), with_effects.clone());
    for (unit, (old, now)) in before.facts.iter().zip(facts).enumerate() {
        let top = outermost(unit);
        if found[top] && !with_effects[top] {
            with_effects[top] = has_effects(old) || has_effects(now);
            sending[top] |= sends(old) || sends(now);
            let has_elements = |file: &FileUnits| {
                file.units[unit].unit.nodes.iter().any(|node| matches!(node.kind, Kind::Element { .. }))
            };
            shown[top] = shown[top] || has_elements(&before.file) || has_elements(file);
        }
    }
    for (top, has) in with_effects.iter_mut().enumerate() {
        *has |= sending[top] && shown[top];
    }
    with_nested(file, &with_effects)
}

/// The units that repeat something which leads to one of the changed units: what a timer begins, and what keeps two runs
/// of it apart, stands in the functions that its callback calls. One that is handed by its name may be any.
fn timers_leading_to(
    before: &Linked,
    file: &FileUnits,
    facts: &[Arc<UnitFacts>],
    changed: &[usize],
) -> Vec<usize> {
    let is_written_here = |unit: usize, call: NodeId| {
        let u = &file.units[unit].unit;
        let Kind::Call { args, .. } = u.kind(call) else { return false };
        args.first().is_some_and(|&first| matches!(u.kind(first), Kind::Function(_) | Kind::Nested(_)))
    };
    let (mut by_name, mut written_here) = (Vec::new(), Vec::new());
    for (unit, facts) in facts.iter().enumerate() {
        let repeating = || facts.calls.iter().filter(|(_, it)| it.effects.contains(Effects::TIMER_REPEATING));
        if repeating().any(|(&call, _)| !is_written_here(unit, call)) {
            by_name.push(unit);
        } else if repeating().next().is_some() {
            written_here.push(unit);
        }
    }
    if !written_here.is_empty() {
        let leading = callers(before, changed);
        written_here.retain(|unit| leading.binary_search(unit).is_ok());
    }
    by_name.extend(written_here);
    by_name
}

/// The units that make something which stays until somebody ends it: it is followed to wherever it goes in the file, and
/// not only by what is told outward.
fn holding(facts: &[Arc<UnitFacts>]) -> Vec<usize> {
    let holds = |facts: &UnitFacts| facts.calls.values().any(|call| call.effects.contains(Effects::HANDLE));
    facts.iter().enumerate().filter(|(_, facts)| holds(facts)).map(|(unit, _)| unit).collect()
}

/// The units with what goes through all of a collection at once that one of the changed units, or what is nested in it or
/// leads to it, may hand that collection: what sizes it stands where the function is called.
fn handed_to(before: &Linked, file: &FileUnits, facts: &[Arc<UnitFacts>], changed: &[usize]) -> Vec<usize> {
    let begins = |facts: &UnitFacts| {
        facts.calls.values().any(|call| {
            let Some((_, behavior)) = &call.behavior else { return false };
            behavior.gathers.is_some() || behavior.drops_promises.is_some()
        })
    };
    let mut at_once: Vec<bool> = facts.iter().map(|facts| begins(facts)).collect();
    for (unit, facts) in before.facts.iter().enumerate() {
        at_once[unit] |= begins(facts);
    }
    if !at_once.contains(&true) {
        return Vec::new();
    }
    let mut handing = vec![false; file.units.len()];
    changed.iter().for_each(|&unit| handing[unit] = true);
    callers(before, changed).into_iter().for_each(|unit| handing[unit] = true);
    let mut found = vec![false; file.units.len()];
    for unit in with_nested(file, &handing) {
        let callees = [&before.facts[unit], &facts[unit]].into_iter().flat_map(|facts| facts.locals.iter());
        for (callee, ..) in callees.flat_map(|local| &local.callees) {
            let own = callee.alternatives().filter(|one| one.file == file.path);
            own.filter_map(|one| file.unit_at(&one.unit)).for_each(|at| found[at] = true);
        }
    }
    let all = with_nested(file, &found).into_iter();
    all.filter(|&unit| {
        at_once[unit]
            || std::iter::successors(file.units[unit].parent, |&at| file.units[at].parent)
                .any(|at| at != 0 && at_once[at])
    })
    .collect()
}

/// The units that lead to one of `units`, by calls or because they stand around what does, and those inside them; none
/// if nothing calls these.
fn callers(linked: &Linked, units: &[usize]) -> Vec<usize> {
    let file = &linked.file;
    let calls = |unit: usize, wanted: &[bool]| {
        let mut callees = linked.facts[unit].locals.iter().flat_map(|local| &local.callees);
        callees.any(|(callee, ..)| {
            callee
                .alternatives()
                .filter(|one| one.file == file.path)
                .any(|one| file.unit_at(&one.unit).is_none_or(|at| at != unit && wanted[at]))
        })
    };
    let mut wanted = vec![false; file.units.len()];
    let mut found = vec![false; file.units.len()];
    units.iter().for_each(|&unit| wanted[unit] = true);
    loop {
        let mut is_new = false;
        for unit in 0..file.units.len() {
            if found[unit] || !calls(unit, &wanted) {
                continue;
            }
            is_new = true;
            let mut around = Some(unit);
            while let Some(at) = around {
                (found[at], wanted[at]) = (true, true);
                around = file.units[at].parent.filter(|&parent| parent != 0);
            }
        }
        if !is_new {
            break;
        }
    }
    with_nested(file, &found)
}

/// The units of the functions of the file that a unit calls, directly or not, and that read the body of a response, with
/// those around and inside them; none when another file is on the way.
fn readers(linked: &Linked, facts: &UnitFacts) -> Option<Vec<usize>> {
    let file = &linked.file;
    let mut found = vec![false; file.units.len()];
    let mut open: Vec<&UnitFacts> = vec![facts];
    while let Some(facts) = open.pop() {
        for (callee, ..) in facts.locals.iter().flat_map(|local| &local.callees) {
            for one in callee.alternatives() {
                let reads = |function| {
                    let summary = linked.summary(function);
                    summary.is_none_or(|s| {
                        s.effects.intersects(Effects::RESPONSE_BODY | Effects::RESPONSE_STREAM)
                    })
                };
                if one.file != file.path {
                    return None;
                }
                let at = file.unit_at(&one.unit)?;
                if !found[at] && reads(&one) {
                    let mut around = Some(at);
                    while let Some(unit) = around {
                        found[unit] = true;
                        around = file.units[unit].parent.filter(|&parent| parent != 0);
                    }
                    open.push(&linked.facts[at]);
                }
            }
        }
    }
    Some(with_nested(file, &found))
}

/// These units with those nested in them, in order. The module is not around anything.
fn with_nested(file: &FileUnits, units: &[bool]) -> Vec<usize> {
    let mut all = units.to_vec();
    for (i, unit) in file.units.iter().enumerate() {
        if unit.parent.is_some_and(|parent| parent != 0 && all[parent]) {
            all[i] = true;
        }
    }
    all.iter().enumerate().filter_map(|(i, &is_in)| is_in.then_some(i)).collect()
}

impl Linked {
    /// Whether a unit calls a function of the file that reads the body of a response.
    fn takes_bodies(&self, facts: &UnitFacts) -> bool {
        let bodies = Effects::RESPONSE_BODY | Effects::RESPONSE_STREAM;
        facts.calls.values().filter_map(|call| call.target.as_ref()).any(|target| {
            target.file == self.file.path
                && self.summary(target).is_some_and(|summary| summary.effects.intersects(bodies))
        })
    }
}
