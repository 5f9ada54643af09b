//! Why a function can fail: the call that does, and the way there.

use std::sync::Arc;

use plimsoll_behavior::{Kind, NodeId, Unit};
use plimsoll_project::link::{Evaluator, Fails, FnRef, LocalFailure, Site, Value};

use crate::ask::errors::dropped::is_of_a_request;
use crate::{Place, RawRelated, UnitView};

/// How many functions are looked at for a failure, which is how deep its way may be too.
const MAX_FUNCTIONS: usize = 48;
/// The longest path of names that a message tells, in bytes.
const MAX_NAME: usize = 41;

/// How a function can fail in one of these ways: what fails, as a message says it, and a place for each step to it. That
/// something is not so which must be so wherever it runs (a setting, somebody who is signed in) does not count.
#[must_use]
pub fn failing(unit: &UnitView<'_>, function: &FnRef, ways: Fails) -> Option<(String, Vec<RawRelated>)> {
    let way = way_of(unit, function, ways)?;
    let what = way.iter().find_map(|(one, failure)| named(unit, one, &failure.unit, failure.node))?;
    let steps = way.iter().map(|(one, failure)| RawRelated {
        message: match &failure.callee {
            None => "fails here, and nothing catches it".to_owned(),
            Some((next, _)) => unit.step_of(one, next),
        },
        place: Place::Node { file: Arc::clone(&one.file), unit: failure.unit.clone(), node: failure.node },
    });
    Some((what, steps.collect()))
}

/// The way from a function to the first failure that counts, itself first.
fn way_of(unit: &UnitView<'_>, function: &FnRef, ways: Fails) -> Option<Vec<(FnRef, LocalFailure)>> {
    let mut way = Vec::new();
    leads_there(unit, function, ways, true, &mut Vec::new(), &mut way).then(|| way.reverse())?;
    Some(way)
}

/// Follows a function's failures to the first that counts, and gathers the way from there. What a function throws that does
/// nothing else, and `is_given` nothing but the request, counts not.
fn leads_there(
    unit: &UnitView<'_>,
    function: &FnRef,
    ways: Fails,
    is_given: bool,
    seen: &mut Vec<(FnRef, Fails)>,
    way: &mut Vec<(FnRef, LocalFailure)>,
) -> bool {
    for one in function.alternatives() {
        let known = (one, ways);
        if seen.len() >= MAX_FUNCTIONS || seen.contains(&known) {
            continue;
        }
        seen.push(known.clone());
        let (one, _) = known;
        let Some(summary) = unit.summary(&one).filter(|summary| summary.fails.intersects(ways)) else {
            continue;
        };
        let Some(locals) = unit.world.locals(&one) else { continue };
        let Some(local) = locals.get(one.function.0 as usize) else { continue };
        for failure in local.failures.iter().filter(|failure| failure.fails.intersects(ways)) {
            let at = Site { file: Arc::clone(&one.file), unit: failure.unit.clone(), node: failure.node };
            let counts = match &failure.callee {
                None => is_given || summary.is_async || !summary.effects.is_empty() || !is_thrown(unit, &at),
                Some((next, how)) => leads_there(unit, next, *how, is_given_data(unit, &at), seen, way),
            };
            if counts {
                way.push((one, failure.clone()));
                return true;
            }
        }
    }
    false
}

fn is_thrown(unit: &UnitView<'_>, at: &Site) -> bool {
    look(unit, at, |there, index| matches!(there.file.units[index].unit.kind(at.node), Kind::Throw(_)))
}

/// Whether a call hands on anything but the request as it is, and constants.
fn is_given_data(unit: &UnitView<'_>, at: &Site) -> bool {
    look(unit, at, |there, index| {
        let Kind::Call { args, .. } = there.file.units[index].unit.kind(at.node) else { return true };
        let says_nothing = |&arg: &NodeId| match there.value(index, arg) {
            Value::Instance(instance) => is_of_a_request(there.models.ty(instance.ty)),
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null => true,
            _ => false,
        };
        !args.iter().all(says_nothing)
    })
}

fn look(unit: &UnitView<'_>, at: &Site, what: impl Fn(&Evaluator<'_>, usize) -> bool) -> bool {
    let mut found = false;
    let mut ask =
        |there: &Evaluator<'_>| found = there.file.unit_at(&at.unit).is_some_and(|index| what(there, index));
    if at.file == unit.linked.file.path {
        ask(unit.eval);
    } else {
        unit.world.in_file(&at.file, &mut ask);
    }
    found
}

/// The function in which a failure begins: the last of the way that [`failing`] tells.
#[must_use]
pub fn last_failing(unit: &UnitView<'_>, function: &FnRef, ways: Fails) -> Option<FnRef> {
    way_of(unit, function, ways)?.pop().map(|(last, _)| last)
}

/// What fails where a library's call of the unit does.
#[must_use]
pub fn failing_call(unit: &UnitView<'_>, call: NodeId) -> String {
    told(unit.unit, call)
}

/// What fails at a place: the name of what is called there.
fn named(unit: &UnitView<'_>, function: &FnRef, path: &str, node: NodeId) -> Option<String> {
    if function.file == unit.linked.file.path {
        let there = unit.of(unit.linked.file.unit_at(path)?);
        return Some(told(there.unit, node));
    }
    let mut name = None;
    unit.world.in_file(&function.file, &mut |there: &Evaluator<'_>| {
        let Some(at) = there.file.unit_at(path) else { return };
        name = Some(told(&there.file.units[at].unit, node));
    });
    name
}

/// `prisma.user.findMany` of a call, `db.select` of a chain of them.
fn told(u: &Unit, node: NodeId) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        at = match u.kind(at) {
            Kind::Throw(_) => return "it throws".to_owned(),
            Kind::Call { callee, .. } => {
                names.clear();
                *callee
            }
            Kind::Member { object, name, .. } => {
                names.push(name);
                *object
            }
            Kind::NonNull(inner) | Kind::Await(inner) | Kind::Cast { value: inner, .. } => *inner,
            Kind::Name { name, .. } => {
                names.push(name);
                break;
            }
            Kind::This => {
                names.push("this");
                break;
            }
            _ => break,
        };
    }
    names.reverse();
    let path = names.join(".");
    match path.len() {
        0 => "it fails".to_owned(),
        1..=MAX_NAME => format!("`{path}` fails"),
        _ => format!("`{}` fails", names.last().unwrap_or(&"it")),
    }
}
