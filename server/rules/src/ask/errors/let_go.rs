//! What a statement of Rust lets go: `let _ = save(order).await;`, `save(order).await.ok();`.

use plimsoll_behavior::{Kind, NodeId, OwnRange, Unit};
use plimsoll_project::link::FnRef;

use crate::ask::code::in_function;
use crate::view::CallView;
use crate::{SUPPRESSION, UnitView};

/// The statement that lets the result of a call go, so that nobody sees whether it has failed.
#[must_use]
pub fn let_go(u: &Unit, call: NodeId) -> Option<NodeId> {
    let mut at = call;
    let mut is_made_nothing = false;
    loop {
        let around = u.parent(at)?;
        at = match u.kind(around) {
            Kind::Await(_) => around,
            Kind::Member { object, name, .. } if *object == at && name == "ok" => {
                let made = u.parent(around)?;
                if !matches!(u.kind(made), Kind::Call { callee, args, .. } if *callee == around && args.is_empty())
                {
                    return None;
                }
                is_made_nothing = true;
                made
            }
            Kind::Let { pattern, init: Some(init), otherwise: None, .. } => {
                let is_unnamed =
                    pattern.bindings.is_empty() && pattern.variants.is_empty() && pattern.is_irrefutable;
                return (*init == at && is_unnamed).then_some(around);
            }
            // The compiler warns of a result that nothing is done with.
            Kind::Discard(_) => return is_made_nothing.then_some(around),
            _ => return None,
        };
    }
}

/// Whether a call of Rust may fail: its library says so, or the own function that is called returns a result.
#[must_use]
pub fn may_fail(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let library = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.throws);
    library || call.facts.target.as_ref().is_some_and(|target| returns_a_result(unit, target))
}

fn returns_a_result(unit: &UnitView<'_>, function: &FnRef) -> bool {
    let mut is_result = false;
    in_function(unit, function, &mut |there| {
        let returns = there.unit.function(function.function).returns.as_ref();
        is_result = returns.is_some_and(|ty| ty.path.last().is_some_and(|last| last.ends_with("Result")));
    });
    is_result
}

/// Whether a comment beside a statement, or in the line right above or below it, says why.
#[must_use]
pub fn is_explained(unit: &UnitView<'_>, statement: NodeId) -> bool {
    let text = unit.project.text;
    let at = unit.bytes(statement);
    unit.unit.comments.iter().filter(|comment| !comment.text.starts_with(SUPPRESSION)).any(|comment| {
        let comment = unit.to_file(comment.range);
        let (before, after) =
            if comment.end <= at.start { (comment.end, at.start) } else { (at.end, comment.start) };
        let between = text.get(before as usize..after as usize);
        between.is_some_and(|between| {
            let between = between.trim_start_matches(';');
            between.trim().is_empty() && between.matches('\n').count() <= 1
        })
    })
}

/// Whether a comment stands in a range of the unit.
#[must_use]
pub fn is_explained_in(unit: &UnitView<'_>, range: OwnRange) -> bool {
    let mut comments = unit.unit.comments.iter().filter(|comment| !comment.text.starts_with(SUPPRESSION));
    comments.any(|comment| comment.range.start >= range.start && comment.range.end <= range.end)
}

/// What was tried, where a node below `within` stands in the branch of its failure: the `catch` of a `try`, the arm of an `Err`.
#[must_use]
pub fn failure_branch(u: &Unit, within: Option<NodeId>, node: NodeId) -> Option<NodeId> {
    let mut below = node;
    for around in u.ancestors(node) {
        let tried = match u.kind(around) {
            Kind::TryCatch { body, catch: Some(catch), .. } if catch.body == below => Some(*body),
            Kind::Match { on, arms } => arms
                .iter()
                .any(|arm| {
                    arm.body == below
                        && arm
                            .pattern
                            .as_ref()
                            .is_some_and(|p| p.variants.first().is_some_and(|v| v == "Err"))
                })
                .then_some(*on),
            Kind::If { condition, then, .. } if *then == below => match u.kind(*condition) {
                Kind::Is { value, pattern } if pattern.variants.first().is_some_and(|v| v == "Err") => {
                    Some(*value)
                }
                _ => None,
            },
            _ => None,
        };
        if tried.is_some() {
            return tried;
        }
        if Some(around) == within {
            return None;
        }
        below = around;
    }
    None
}
