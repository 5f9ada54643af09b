//! Failures of Rust that are made a value with nothing in it: `rows.await.unwrap_or_default()`, `Err(_) => Vec::new()`.

use plimsoll_behavior::{Arm, Effects, Kind, NodeId, OwnRange};

use crate::UnitView;

/// How many steps of a chain are followed from a call.
const MAX_STEPS: usize = 8;

/// Where a failure becomes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeEmpty {
    /// The method and its arguments, or the value in a branch of its own.
    pub range: OwnRange,
    /// What it becomes, as it is written; empty where that is the default of its type.
    pub value: String,
    /// The call of the method, where it is one that `?` could take the place of.
    pub method: Option<NodeId>,
}

/// Where the failure of a call becomes a value with nothing in it, and is at most written to a log as an error.
#[must_use]
pub fn made_empty(unit: &UnitView<'_>, call: NodeId) -> Option<MadeEmpty> {
    let u = unit.unit;
    let mut at = call;
    let mut is_optional = false;
    for _ in 0..MAX_STEPS {
        let around = u.parent(at)?;
        at = match u.kind(around) {
            Kind::Await(_) => around,
            Kind::Member { object, name, name_range, .. } if *object == at => {
                let method = u.parent(around)?;
                let Kind::Call { callee, args, .. } = u.kind(method) else { return None };
                if *callee != around {
                    return None;
                }
                let range = OwnRange { start: name_range.start, end: u.range(method).end };
                // Past `.ok()` the failure is gone, and `?` could not bring it back.
                let found = |value: &str| MadeEmpty {
                    range,
                    value: value.to_owned(),
                    method: (!is_optional).then_some(method),
                };
                match (name.as_str(), args.as_ref()) {
                    ("unwrap_or_default", []) => return Some(found("")),
                    ("unwrap_or", [value]) => {
                        let value = unit.text(*value);
                        return is_nothing(value).then(|| found(value));
                    }
                    ("unwrap_or_else", [closure]) => {
                        let Kind::Function(function) = u.kind(*closure) else { return None };
                        let body = u.function(*function).body?;
                        let (value, range) = nothing_after_logs(unit, body)?;
                        return Some(MadeEmpty { range, ..found(&value) });
                    }
                    ("ok", []) => is_optional = true,
                    ("flatten", []) if is_optional => return Some(found("None")),
                    ("map", [_]) => {}
                    _ => return None,
                }
                method
            }
            Kind::Match { on, arms } if *on == at => {
                let variants = |arm: &&Arm| arm.pattern.as_ref().map(|pattern| pattern.variants.clone());
                let fails =
                    |arm: &&Arm| variants(arm).is_some_and(|all| all.first().is_some_and(|v| v == "Err"));
                let mut failed = arms.iter().filter(fails);
                // Who tells failures apart has thought of them: `Err(Error::RowNotFound)`, `Err(e) if …`.
                let only = failed
                    .next()
                    .filter(|arm| arm.guard.is_none() && variants(arm).is_some_and(|all| all.len() == 1))?;
                let (value, range) = nothing_after_logs(unit, only.body)?;
                return Some(MadeEmpty { range, value, method: None });
            }
            _ => return None,
        };
    }
    None
}

/// What a branch yields or returns, where that is nothing, and the branch does no more than write an error to a log.
fn nothing_after_logs(unit: &UnitView<'_>, body: NodeId) -> Option<(String, OwnRange)> {
    let u = unit.unit;
    match u.kind(body) {
        Kind::Block { statements, .. } => {
            let (last, before) = statements.split_last()?;
            let logs = |&statement: &NodeId| is_error_log(unit, statement);
            before.iter().all(logs).then(|| nothing_after_logs(unit, *last)).flatten()
        }
        Kind::Discard(inner) if matches!(u.kind(*inner), Kind::Return(_)) => nothing_after_logs(unit, *inner),
        Kind::Return(Some(value)) => nothing_after_logs(unit, *value),
        _ => {
            let text = unit.text(body);
            let inner = text.strip_prefix("Ok(").and_then(|text| text.strip_suffix(')')).unwrap_or(text);
            let inner = inner.strip_prefix("Json(").and_then(|text| text.strip_suffix(')')).unwrap_or(inner);
            is_nothing(inner).then(|| (inner.to_owned(), u.range(body)))
        }
    }
}

/// Whether a statement writes an error to a log, and does nothing else.
fn is_error_log(unit: &UnitView<'_>, statement: NodeId) -> bool {
    let node = match unit.unit.kind(statement) {
        Kind::Discard(inner) => *inner,
        _ => statement,
    };
    let Kind::Call { callee, .. } = unit.unit.kind(node) else { return false };
    let name = unit.text(*callee);
    let only_tells = ["warn", "info", "debug", "trace"].iter().any(|level| name.ends_with(level));
    unit.call(node).is_some_and(|call| call.facts.effects == Effects::LOG) && !only_tells
}

/// Whether a value, as it is written, has nothing in it. `false` is no such value: what cannot be asked is refused.
fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    if let Some(parts) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        return !parts.is_empty() && parts.split(',').filter(|part| !part.trim().is_empty()).all(is_nothing);
    }
    let number = text.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_zero = number.starts_with('0') && number.chars().all(|c| matches!(c, '0' | '.' | '_'));
    let is_new = text.ends_with("::new()") || text.ends_with("::default()");
    is_zero
        || is_new
        || matches!(text, "None" | "vec![]" | "\"\"" | "\"\".to_string()" | "\"\".to_owned()" | "\"\".into()")
}
