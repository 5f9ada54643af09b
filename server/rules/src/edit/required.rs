//! What a fix writes where a secret must be there: nothing in its place, and a failure that names it.

use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use crate::ask::{Fallback, FallbackForm};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Names of what lets a schema do without a value.
const OPTIONAL: &[&str] = &["optional", "nullish", "nullable"];

/// Takes the text away and fails where the variable is not set.
#[must_use]
pub fn fail_without(unit: &UnitView<'_>, fallback: &Fallback) -> Option<FixPlan> {
    let name = &fallback.name;
    let (range, new_text) = match fallback.form {
        FallbackForm::Operator if !unit.is_rust() => {
            // A constant that has a name may be used elsewhere as well.
            if !fallback.text.is_here {
                return None;
            }
            let quote = if unit.project.text.matches('"').count() > unit.project.text.matches('\'').count() {
                '"'
            } else {
                '\''
            };
            let thrown = format!("(() => {{ throw new Error({quote}{name} must be set{quote}) }})()");
            (unit.bytes(fallback.node), thrown)
        }
        FallbackForm::Unwrapped(call) => {
            let Kind::Call { callee, .. } = unit.unit.kind(call) else { return None };
            let Kind::Member { name_range, .. } = unit.unit.kind(*callee) else { return None };
            let range = TextRange::new(unit.to_file(*name_range).start, unit.bytes(call).end);
            (range, format!("expect(\"{name} must be set\")"))
        }
        FallbackForm::Schema(call) => {
            let Kind::Call { callee, .. } = unit.unit.kind(call) else { return None };
            let Kind::Member { object, .. } = unit.unit.kind(*callee) else { return None };
            if may_be_missing(unit, *object) {
                return None;
            }
            (TextRange::new(unit.bytes(*object).end, unit.bytes(call).end), String::new())
        }
        FallbackForm::Operator | FallbackForm::Other => return None,
    };
    let path = unit.linked.file.path.to_string();
    Some(FixPlan {
        title: format!("Fail where `{name}` is not set (review: it must be set wherever this runs)"),
        safety: Safety::Review,
        edits: vec![PlannedEdit { path, range: Some(range), new_text }],
    })
}

/// Whether a schema lets its value be missing without its default.
fn may_be_missing(unit: &UnitView<'_>, schema: NodeId) -> bool {
    unit.unit.descendants(schema).into_iter().any(
        |part| matches!(unit.unit.kind(part), Kind::Member { name, .. } if OPTIONAL.contains(&name.as_str())),
    )
}
