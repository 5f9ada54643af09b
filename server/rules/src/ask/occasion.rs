//! On which occasion code runs whose callers stand elsewhere: the entry points of the project, and where the file is.

use plimsoll_behavior::{FunctionId, Kind, NodeId};
use plimsoll_project::link::{
    FnRef, Linked, Value, is_scheduled_route, is_visible_outside, role_of_place, run_of,
};

use crate::UnitView;
use crate::ask::errors::failure::{Failure, Seen, ends_in, failure_of};
use crate::ask::role::{Role, role_in_file};

/// How many functions a failure is followed through.
const MAX_FUNCTIONS: usize = 24;

/// The role of the work that a failure at this node ends; none when it is covered on the way, or nothing is known.
/// Callers in other files, and what the place of the file says, only count where `asks_elsewhere` is set.
#[must_use]
pub fn role_of_failure(view: &UnitView<'_>, failure: Failure, asks_elsewhere: bool) -> Option<Role> {
    let mut search = Search { seen: Vec::new(), leads_elsewhere: asks_elsewhere };
    match search.follow(view, failure) {
        Ending::Role(role) => Some(role),
        Ending::Covered | Ending::Unknown => None,
    }
}

enum Ending {
    Covered,
    Role(Role),
    Unknown,
}

struct Search {
    seen: Vec<FnRef>,
    /// Whether the callers in other files are still to be asked.
    leads_elsewhere: bool,
}

impl Search {
    fn follow(&mut self, view: &UnitView<'_>, failure: Failure) -> Ending {
        let (unit, function, seen) = match failure {
            Failure::Covered => return Ending::Covered,
            Failure::Ends(role) => return Ending::Role(role),
            Failure::Leaves(unit, function, seen) => (unit, function, seen),
        };
        let own = view.linked.file.fn_ref(unit, function);
        if self.seen.len() >= MAX_FUNCTIONS || self.seen.contains(&own) {
            return Ending::Unknown;
        }
        self.seen.push(own.clone());
        // What starts up without it and only says so in the log has fallen back.
        let ending = |role: Role| match (role, seen) {
            (Role::StartUp, Seen::ByTheLog) => Ending::Covered,
            (role, _) => Ending::Role(role),
        };
        if let Some(failure) = registered(view, &own) {
            return match failure {
                Failure::Ends(role) => ending(role),
                _ => Ending::Covered,
            };
        }
        if let Some(fact) = role_in_file(view, unit, function) {
            let is_scheduled = || is_scheduled_route(view.world.files(), &view.linked.file.path);
            return match fact.role {
                _ if fact.redelivers => Ending::Covered,
                Role::Test | Role::Effect | Role::Cleanup => Ending::Covered,
                Role::Handler if is_scheduled() => ending(Role::Job),
                role => ending(role),
            };
        }
        let mut is_covered = false;
        let mut is_called = false;
        for (unit, node) in callers(view.linked, &own) {
            is_called = true;
            match self.follow(view, failure_of(view, unit, node, None)) {
                Ending::Role(role) => return ending(role),
                Ending::Covered => is_covered = true,
                Ending::Unknown => {}
            }
        }
        if is_covered
            || (is_called && !is_visible_outside(view.linked, unit, function))
            || !self.leads_elsewhere
        {
            return if is_covered { Ending::Covered } else { Ending::Unknown };
        }
        match self.elsewhere(view, unit, function) {
            Ending::Role(role) => ending(role),
            other => other,
        }
    }

    /// What the entry points of the project do with a function, else what the place of its file says.
    fn elsewhere(&mut self, view: &UnitView<'_>, unit: usize, function: FunctionId) -> Ending {
        let own = view.linked.file.fn_ref(unit, function);
        if view.linked.file.units[unit].unit.function(function).name.is_none() {
            return Ending::Unknown;
        }
        self.leads_elsewhere = false;
        let mut is_covered = false;
        for used in view.world.uses_at_entries(&own) {
            let ending = in_other(view, &used.linked.file.path, used.unit, &mut |there| {
                self.used_at(there, used.call, used.argument)
            });
            match ending {
                Some(Ending::Role(role)) => return Ending::Role(role),
                Some(Ending::Covered) => is_covered = true,
                Some(Ending::Unknown) | None => {}
            }
        }
        if is_covered {
            return Ending::Covered;
        }
        let place = role_of_place(view.world.files(), &view.linked.file.path);
        place.map_or(Ending::Unknown, |fact| Ending::Role(fact.role))
    }

    fn used_at(&mut self, there: &UnitView<'_>, call: NodeId, argument: Option<usize>) -> Ending {
        let Some(argument) = argument else {
            return self.follow(there, failure_of(there, there.index, call, None));
        };
        let facts = there.eval.call(there.index, call);
        match run_of(&facts, argument).and_then(|run| ends_in(there, run, &facts)) {
            Some(failure) => self.follow(there, failure),
            None => Ending::Unknown,
        }
    }
}

/// Looks at a unit of another file as a rule would at the one under review.
pub(crate) fn in_other<T>(
    view: &UnitView<'_>,
    path: &str,
    unit: usize,
    look: &mut dyn FnMut(&UnitView<'_>) -> T,
) -> Option<T> {
    let linked = view.world.linked(path)?;
    let mut found = None;
    view.world.in_file(path, &mut |eval| {
        let there = UnitView {
            eval,
            linked: &linked,
            world: view.world,
            index: unit,
            unit: &linked.file.units[unit].unit,
            facts: &linked.facts[unit],
            project: view.project,
        };
        found = Some(look(&there));
    });
    found
}

/// The calls of a function within its own file: unit and call.
pub(crate) fn callers(linked: &Linked, function: &FnRef) -> Vec<(usize, NodeId)> {
    let mut found = Vec::new();
    for (unit, facts) in linked.facts.iter().enumerate() {
        for &call in &linked.file.units[unit].unit.calls {
            if facts.calls.get(&call).is_some_and(|f| f.target.as_ref() == Some(function)) {
                found.push((unit, call));
            }
        }
    }
    found
}

/// What becomes of a failure of a function that is handed by its name to a call that runs it.
fn registered(view: &UnitView<'_>, function: &FnRef) -> Option<Failure> {
    let wanted = Value::Function(function.clone());
    for (index, facts) in view.linked.facts.iter().enumerate() {
        let u = &view.linked.file.units[index].unit;
        for call in &u.calls {
            let Some(facts) = facts.calls.get(call) else { continue };
            let Kind::Call { args, .. } = u.kind(*call) else { continue };
            for (argument, &node) in args.iter().enumerate() {
                if let Some(run) = run_of(facts, argument)
                    && matches!(u.kind(node), Kind::Name { .. } | Kind::Member { .. })
                    && view.eval.value(index, node) == wanted
                    && let Some(failure) = ends_in(view, run, facts)
                {
                    return Some(failure);
                }
            }
        }
    }
    None
}
