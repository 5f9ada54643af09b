//! Failures that a library tells of in what a query yields, and that code answers with nothing: `if (error) return []`.

use plimsoll_behavior::models::Rows;
use plimsoll_behavior::{BindingId, Kind, NodeId, PathStep};

use super::result_use::error_member;
use super::swallowed::quiet;
use crate::UnitView;
use crate::ask::code::bare;
use crate::view::CallView;

/// A failed query that is answered with nothing.
pub struct AnsweredEmpty<'a> {
    /// The query.
    pub call: CallView<'a>,
    /// The name by which the failure is looked at.
    pub error: BindingId,
    /// What is handed out instead of rows.
    pub value: NodeId,
    /// The statement that hands it out.
    pub returns: NodeId,
}

/// The query whose failure the branch `node` does nothing about but to write it down and to hand out an empty value.
#[must_use]
pub fn answered_empty<'a>(view: &UnitView<'a>, node: NodeId) -> Option<AnsweredEmpty<'a>> {
    let u = view.unit;
    let Kind::If { condition, then, otherwise: None, is_expression: false } = u.kind(node) else {
        return None;
    };
    let error = error_in(view, *condition)?;
    let call = told_by(view, error)?;
    // The failure of a query for the one row may be that it is not there.
    let is_one = call.facts.rows == Some(Rows::One)
        && !call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.nullable);
    let handler = quiet(view, *then)?;
    let value = handler.returns.flatten()?;
    let returns = u.parent(value).filter(|&at| matches!(u.kind(at), Kind::Return(_)))?;
    // What kind of failure it is has been asked: `error.code === 'PGRST116'`.
    let is_asked = u.descendants(node).into_iter().any(|part| {
        let Kind::Member { object, name, .. } = u.kind(part) else { return false };
        matches!(u.kind(*object), Kind::Name { binding: Some(b), .. } if *b == error)
            && matches!(name.as_str(), "code" | "status" | "details" | "hint")
    });
    (!is_one && !handler.only_warns && !is_asked).then_some(AnsweredEmpty { call, error, value, returns })
}

/// The failure that a condition asks for: `error`, `error || !data`.
fn error_in(view: &UnitView<'_>, condition: NodeId) -> Option<BindingId> {
    let u = view.unit;
    match u.kind(bare(u, condition)) {
        Kind::Name { binding: Some(b), .. } => Some(*b),
        Kind::Binary { op, left, right } if op == "||" => {
            error_in(view, *left).or_else(|| error_in(view, *right))
        }
        _ => None,
    }
}

/// The call that tells its failure by a name that is taken out of what it yields: `const { data, error } = await query`.
fn told_by<'a>(view: &UnitView<'a>, error: BindingId) -> Option<CallView<'a>> {
    let u = view.unit;
    let binding = u.binding(error);
    let [PathStep::Member(field)] = binding.path.as_slice() else { return None };
    let Kind::Await(inner) = u.kind(binding.value?) else { return None };
    let call = view.call(bare(u, *inner))?;
    (error_member(view, &call)? == *field).then_some(call)
}
