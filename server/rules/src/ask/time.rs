//! Lengths of time that the code names as constants.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, Kind, Literal, NodeId, ScopeId};
use plimsoll_project::link::{CallFacts, SlotValue, Value};

use crate::UnitView;

/// How many names a constant may lead through.
const MAX_STEPS: u32 = 16;

/// How often something runs by itself, in milliseconds: the delay of a timer or the times of a schedule; none when that
/// is not constant.
#[must_use]
pub fn period(view: &UnitView<'_>, facts: &CallFacts) -> Option<f64> {
    let SlotValue::Node(site) = facts.slot(Slot::Delay)? else { return None };
    let (unit, node) = view.node_at(site)?;
    match view.eval.value(unit, node) {
        Value::Text(times) => cron_period(&times),
        _ => milliseconds(view, unit, node),
    }
}

/// A constant length of time in milliseconds: `5 * MINUTE`, `Duration::from_secs(30)`.
#[must_use]
pub fn milliseconds(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<f64> {
    constant(view, unit, node, MAX_STEPS)
}

fn constant(view: &UnitView<'_>, unit: usize, node: NodeId, steps: u32) -> Option<f64> {
    let steps = steps.checked_sub(1)?;
    let u = &view.linked.file.units[unit].unit;
    match u.kind(node) {
        Kind::Literal(Literal::Number(number)) => number.replace('_', "").parse().ok(),
        Kind::Binary { op, left, right } => {
            let (left, right) = (constant(view, unit, *left, steps)?, constant(view, unit, *right, steps)?);
            match op.as_str() {
                "*" => Some(left * right),
                "+" => Some(left + right),
                "-" => Some(left - right),
                "/" if right != 0.0 => Some(left / right),
                _ => None,
            }
        }
        Kind::Call { callee, args, .. } => {
            let Kind::Member { name, .. } = u.kind(*callee) else { return None };
            let unit_of_time = match name.as_str() {
                "from_millis" => 1.0,
                "from_secs" | "from_secs_f64" | "from_secs_f32" => 1_000.0,
                "from_mins" => 60_000.0,
                "from_hours" => 3_600_000.0,
                _ => return None,
            };
            Some(constant(view, unit, *args.first()?, steps)? * unit_of_time)
        }
        Kind::Name { binding: Some(b), .. } => bound(view, unit, *b, steps),
        Kind::Name { name, binding: None } => {
            let module = &view.linked.file.units[0].unit;
            bound(view, 0, module.resolve(name, ScopeId(0), u32::MAX)?, steps)
        }
        Kind::Cast { value, .. } => constant(view, unit, *value, steps),
        _ => None,
    }
}

fn bound(view: &UnitView<'_>, unit: usize, binding: BindingId, steps: u32) -> Option<f64> {
    let binding = view.linked.file.units[unit].unit.binding(binding);
    if !binding.assignments.is_empty() || !binding.path.is_empty() {
        return None;
    }
    constant(view, unit, binding.value?, steps)
}

/// About how many milliseconds lie between the runs of a cron line, as far as its first parts tell.
fn cron_period(times: &str) -> Option<f64> {
    const MINUTE: f64 = 60_000.0;
    let parts: Vec<&str> = times.split_whitespace().collect();
    let (seconds, minutes) = match parts.as_slice() {
        [minutes, _, _, _, _] => ("0", *minutes),
        [seconds, minutes, _, _, _, _] => (*seconds, *minutes),
        _ => return None,
    };
    let step = |part: &str| -> Option<f64> {
        match part.split_once('/') {
            Some((_, step)) => step.parse().ok(),
            None if part == "*" => Some(1.0),
            None if part.contains(',') => {
                let times = part.split(',').count();
                u32::try_from(times).ok().map(|times| 60.0 / f64::from(times))
            }
            None => None,
        }
    };
    match (step(seconds), step(minutes)) {
        (Some(seconds), _) => Some(seconds * 1_000.0),
        (None, Some(minutes)) => Some(minutes * MINUTE),
        (None, None) => Some(60.0 * MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::cron_period;

    #[test]
    fn cron_lines_have_periods() {
        assert_eq!(cron_period("*/5 * * * *"), Some(300_000.0));
        assert_eq!(cron_period("* * * * *"), Some(60_000.0));
        assert_eq!(cron_period("0 3 * * *"), Some(3_600_000.0));
        assert_eq!(cron_period("*/10 * * * * *"), Some(10_000.0));
        assert_eq!(cron_period("0,30 * * * *"), Some(1_800_000.0));
        assert_eq!(cron_period("@daily"), None);
    }
}
