//! Why a function can fail: the call that does, and the way there.

use std::sync::Arc;

use plimsoll_behavior::{Kind, NodeId, Unit};
use plimsoll_project::link::{Evaluator, Fails, FnRef};

use crate::{Place, RawRelated, UnitView};

/// How many functions a failure is followed through.
const MAX_CHAIN: usize = 12;
/// The longest path of names that a message tells, in bytes.
const MAX_NAME: usize = 41;

/// How a function can fail in one of these ways: what fails, as a message says it, and a place for each step to it.
#[must_use]
pub fn failing(unit: &UnitView<'_>, function: &FnRef, ways: Fails) -> Option<(String, Vec<RawRelated>)> {
    let mut what = None;
    let mut steps = Vec::new();
    let mut next = Some((function.clone(), ways));
    let mut seen: Vec<FnRef> = Vec::new();
    while let Some((function, ways)) = next.filter(|_| seen.len() < MAX_CHAIN) {
        let one = function
            .alternatives()
            .find(|one| unit.summary(one).is_some_and(|summary| summary.failure(ways).is_some()))?;
        if seen.contains(&one) {
            break;
        }
        let summary = unit.summary(&one)?;
        let failure = summary.failure(ways)?;
        what = what.or_else(|| named(unit, &one, &failure.unit, failure.node));
        let message = match &failure.next {
            None => "fails here, and nothing catches it".to_owned(),
            Some((next, _)) => unit.step_of(&one, next),
        };
        let place =
            Place::Node { file: Arc::clone(&one.file), unit: failure.unit.clone(), node: failure.node };
        steps.push(RawRelated { place, message });
        next = failure.next.clone();
        seen.push(one);
    }
    Some((what?, steps))
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
