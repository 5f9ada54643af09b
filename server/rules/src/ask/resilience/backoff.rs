//! How long is waited before work that has failed is done again, and how often that happens.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Access, BindingId, BindingKind, Effects, FunctionKind, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, calls_within, declaration, effects_of};
use crate::ask::resilience::again::{Again, REMOTE};
use crate::ask::time::milliseconds;
use plimsoll_behavior::words;

/// How many names a length of time is followed through.
pub(in crate::ask) const MAX_NAMES: u8 = 8;

const WAITS: Effects = Effects::SLEEP.union(Effects::TIMER_ONCE).union(Effects::BLOCK_SLEEP);

/// How long is waited after a failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// Not at all.
    None,
    /// Each time as long.
    Fixed {
        /// What waits.
        by: NodeId,
        /// How long, as it is written.
        delay: NodeId,
        /// The same in milliseconds, where that is constant.
        milliseconds: Option<f64>,
    },
    /// Longer each time, or not known.
    Other,
}

/// How often something is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// As often as it fails.
    None,
    /// So many times, where that is constant.
    Times(Option<f64>),
}

/// How long is waited before the next attempt.
#[must_use]
pub fn wait_before(view: &UnitView<'_>, again: &Again) -> Wait {
    let u = view.unit;
    let region = match u.kind(again.at) {
        Kind::Loop(l) => l.body,
        // What runs the function again later: `setTimeout(() => connect(), 1000)`.
        _ => match timer_around(view, again) {
            Some(timer) => timer,
            None => again.after_failure.unwrap_or(again.at),
        },
    };
    let mut found = Wait::None;
    for node in u.descendants(region) {
        let Kind::Call { .. } = u.kind(node) else { continue };
        match wait_of(view, again, region, node) {
            Wait::None => {}
            // Of two waits one may be all that there is.
            fixed @ Wait::Fixed { .. } if found == Wait::None => found = fixed,
            _ => return Wait::Other,
        }
    }
    found
}

/// The timer whose callback runs a function again.
fn timer_around(view: &UnitView<'_>, again: &Again) -> Option<NodeId> {
    let u = view.unit;
    let end = again.after_failure?;
    u.ancestors(again.at).take_while(|&around| around != end).find(|&around| {
        matches!(u.kind(around), Kind::Call { .. })
            && view.eval.call(view.index, around).effects.contains(Effects::TIMER_ONCE)
    })
}

/// How long a call waits: one that does nothing else, and is waited for.
fn wait_of(view: &UnitView<'_>, again: &Again, region: NodeId, call: NodeId) -> Wait {
    let u = view.unit;
    let effects = effects_of(view, view.index, call);
    let facts = view.eval.call(view.index, call);
    let is_region = call == region;
    if !effects.intersects(WAITS) {
        // What nobody knows may wait, unless it is what is tried.
        let is_tried = again.tried == call || u.ancestors(call).any(|around| around == again.tried);
        let is_unknown = facts.target.is_none() && facts.behavior.is_none() && effects.is_empty();
        let says_so = callee_name(u, call).is_some_and(|name| is_wait(name));
        return if says_so || is_unknown && !is_tried && is_awaited(u, call) {
            Wait::Other
        } else {
            Wait::None
        };
    }
    if effects.intersects(REMOTE) {
        return Wait::None;
    }
    // A time limit is no wait: only what is waited for counts, as it is or in a promise.
    if !is_region && !is_waited_for(view, call, region) {
        return Wait::None;
    }
    // The call around a closure that sets a timer is not asked for itself: `new Promise((done) => setTimeout(done, 500))`.
    let is_around = calls_within(view, view.index, call).iter().any(|&(inner, effects)| {
        inner != call && effects.intersects(WAITS) && matches!(u.kind(inner), Kind::Call { .. })
    });
    if is_around && !is_region {
        return Wait::None;
    }
    let Some(delay) = delay_of(view, call) else { return Wait::Other };
    match change_of(view, again, delay, MAX_NAMES) {
        Change::Fixed => Wait::Fixed { by: call, delay, milliseconds: milliseconds(view, view.index, delay) },
        Change::Grows => Wait::Other,
    }
}

fn is_wait(name: &str) -> bool {
    const WAITING: &[&str] = &["sleep", "wait", "delay", "pause", "backoff"];
    words(name).iter().any(|word| WAITING.contains(&word.as_str()))
}

fn is_awaited(u: &Unit, call: NodeId) -> bool {
    u.parent(call).is_some_and(|parent| matches!(u.kind(parent), Kind::Await(_)))
}

/// Whether a call is awaited, blocks its thread, or settles a promise that is awaited.
fn is_waited_for(view: &UnitView<'_>, call: NodeId, region: NodeId) -> bool {
    let u = view.unit;
    let blocks = || view.eval.call(view.index, call).effects.contains(Effects::BLOCK_SLEEP);
    is_awaited(u, call)
        || blocks()
        || u.ancestors(call).take_while(|&around| around != region).any(|around| {
            matches!(u.kind(around), Kind::Call { .. })
                && callee_name(u, around).is_some_and(|name| name == "Promise")
                && is_awaited(u, around)
        })
}

fn delay_of(view: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
    let facts = view.eval.call(view.index, call);
    if let Some(slot) = facts.slot(Slot::Delay) {
        return view.own_node(Some(slot));
    }
    let Kind::Call { args, .. } = view.unit.kind(call) else { return None };
    match &**args {
        [only] if facts.target.is_some() => Some(*only),
        _ => None,
    }
}

pub(in crate::ask) enum Change {
    /// It is the same each time.
    Fixed,
    /// It is another one on each turn, or may be.
    Grows,
}

/// Whether a length of time is the same on each turn.
pub(in crate::ask) fn change_of(view: &UnitView<'_>, again: &Again, node: NodeId, names: u8) -> Change {
    let u = view.unit;
    let fixed = |is_fixed: bool| if is_fixed { Change::Fixed } else { Change::Grows };
    let all = |parts: &[NodeId]| {
        let is_one = |&part: &NodeId| matches!(change_of(view, again, part, names), Change::Fixed);
        fixed(parts.iter().all(is_one))
    };
    match u.kind(node) {
        Kind::Literal(Literal::Number(_)) => Change::Fixed,
        Kind::Unary { value, .. } | Kind::Cast { value, .. } | Kind::NonNull(value) => all(&[*value]),
        Kind::Binary { left, right, .. } => all(&[*left, *right]),
        Kind::Call { callee, args, .. } => {
            const SAME: &[&str] =
                &["min", "max", "clone", "from_millis", "from_secs", "from_secs_f64", "Number"];
            let is_plain = callee_name(u, node).is_some_and(|name| SAME.contains(&name.as_str()));
            let on = match u.kind(*callee) {
                Kind::Member { object, access, .. } if *access == Access::Dot => {
                    let is_math = matches!(u.kind(*object), Kind::Name { name, .. } if name == "Math");
                    if is_math { None } else { Some(*object) }
                }
                _ => None,
            };
            let parts: Vec<NodeId> = args.iter().copied().chain(on).collect();
            fixed(is_plain && matches!(all(&parts), Change::Fixed))
        }
        Kind::Name { binding: Some(binding), .. } => of_binding(view, again, *binding, names),
        Kind::Name { .. } => fixed(is_constant_outside(view, node)),
        Kind::Member { object, name, .. } => {
            let is_of_turn = names_below(u, *object)
                .iter()
                .any(|&binding| !matches!(of_binding(view, again, binding, names), Change::Fixed));
            fixed(!is_of_turn && !is_set_in_file(view, name))
        }
        _ => Change::Grows,
    }
}

fn names_below(u: &Unit, node: NodeId) -> Vec<BindingId> {
    let names = u.descendants(node).into_iter().filter_map(|part| match u.kind(part) {
        Kind::Name { binding, .. } => *binding,
        _ => None,
    });
    names.collect()
}

fn of_binding(view: &UnitView<'_>, again: &Again, id: BindingId, names: u8) -> Change {
    let u = view.unit;
    let binding = u.binding(id);
    let Some(names) = names.checked_sub(1) else { return Change::Grows };
    if !binding.assignments.is_empty() {
        return Change::Grows;
    }
    match binding.kind {
        BindingKind::Parameter(_, index) => {
            let is_handed_on = match u.kind(again.at) {
                Kind::Call { args, .. } => args.get(usize::from(index)).is_none_or(|&argument| {
                    matches!(u.kind(argument), Kind::Name { binding: Some(same), .. } if *same == id)
                }),
                // Whoever calls what reconnects may hand in more each time.
                kind => matches!(kind, Kind::Loop(_)),
            };
            if is_handed_on { Change::Fixed } else { Change::Grows }
        }
        BindingKind::Variable if binding.path.is_empty() => match binding.value {
            Some(value) => change_of(view, again, value, names),
            None => Change::Grows,
        },
        // `const { delayMs = 1000 } = options`
        BindingKind::Variable => match binding.value {
            Some(value) if matches!(u.kind(bare(u, value)), Kind::Name { .. } | Kind::Member { .. }) => {
                change_of(view, again, value, names)
            }
            _ => Change::Grows,
        },
        BindingKind::Import(_) => Change::Fixed,
        _ => Change::Grows,
    }
}

/// Whether a name that is bound outside of the unit means the same each time: a constant, or what nobody sets.
fn is_constant_outside(view: &UnitView<'_>, node: NodeId) -> bool {
    let Kind::Name { name, .. } = view.unit.kind(node) else { return false };
    let is_written_as_one = name.chars().all(|c| !c.is_lowercase());
    if is_written_as_one || matches!(view.eval.value(view.index, node), Value::Number(_)) {
        return true;
    }
    declaration(view, view.index, node).is_some_and(|(unit, binding)| {
        let binding = view.unit_of(unit).binding(binding);
        !binding.is_mutable && binding.assignments.is_empty()
    })
}

/// Whether something in the unit sets a member of this name.
fn is_set_in_file(view: &UnitView<'_>, name: &str) -> bool {
    let sets = |u: &Unit| {
        u.nodes.iter().any(|node| {
            let target = match &node.kind {
                Kind::Assign { target, .. } => *target,
                Kind::Unary { op, value } if op == "++" || op == "--" => *value,
                _ => return false,
            };
            matches!(u.kind(target), Kind::Member { name: set, .. } if set == name)
        })
    };
    view.linked
        .file
        .units
        .iter()
        .any(|entry| entry.unit.own().kind != FunctionKind::Constructor && sets(&entry.unit))
}

/// How often something is tried.
#[must_use]
pub fn limit_of(view: &UnitView<'_>, again: &Again) -> Limit {
    let u = view.unit;
    let Kind::Loop(l) = u.kind(again.at) else {
        let end = again.after_failure.unwrap_or(again.at);
        return match u.descendants(end).into_iter().find_map(|node| times_of(view, again, node)) {
            Some(_) => Limit::Times(None),
            None => Limit::None,
        };
    };
    if let Some(over) = l.over {
        let Kind::Range { start, end: Some(end) } = u.kind(over) else { return Limit::None };
        let first = start.and_then(|start| milliseconds(view, view.index, start)).unwrap_or(0.0);
        let more = if view.text(over).contains("..=") { 1.0 } else { 0.0 };
        return Limit::Times(number(view, *end).map(|last| last - first + more));
    }
    let inside = u.descendants(l.body);
    let first = match l.init.map(|init| u.kind(init)) {
        Some(Kind::Let { init: Some(first), .. }) => number(view, *first).unwrap_or(0.0),
        _ => 0.0,
    };
    let times = l.condition.and_then(|condition| times_asked(view, again, condition));
    let times = times.map(|times| times.map(|last| last - first));
    let times = times.or_else(|| inside.into_iter().find_map(|node| times_of(view, again, node)));
    times.map_or(Limit::None, Limit::Times)
}

/// How often something is tried by what a branch asks.
pub(in crate::ask) fn times_of(view: &UnitView<'_>, again: &Again, node: NodeId) -> Option<Option<f64>> {
    match view.unit.kind(node) {
        Kind::If { condition, .. } => times_asked(view, again, *condition),
        Kind::Match { arms, .. } => {
            arms.iter().filter_map(|arm| arm.guard).find_map(|guard| times_asked(view, again, guard))
        }
        _ => None,
    }
}

/// How often something is tried by a condition that asks how often it was, or for how long: `attempt < 5`, `retries--`,
/// `Date.now() < deadline`.
fn times_asked(view: &UnitView<'_>, again: &Again, condition: NodeId) -> Option<Option<f64>> {
    const CLOCKS: &[&str] = &["now", "elapsed", "duration_since"];
    let u = view.unit;
    let mut found = None;
    for node in u.descendants(condition) {
        match u.kind(node) {
            Kind::Binary { op, left, right } if is_comparison(op) => {
                let is_order = op.starts_with(['<', '>']);
                let counts = |node: NodeId| {
                    counts(view, again, node) || is_order && is_counted_outside(view, bare(u, node))
                };
                let other = if counts(*left) { Some(*right) } else { counts(*right).then_some(*left) };
                if let Some(other) = other {
                    let more = if op == "<=" || op == ">" { 1.0 } else { 0.0 };
                    found = Some(number(view, other).map(|last| last + more));
                }
            }
            Kind::Unary { op, .. } if op == "--" || op == "++" => found = Some(None),
            Kind::Call { .. } if callee_name(u, node).is_some_and(|name| CLOCKS.contains(&name.as_str())) => {
                return Some(None);
            }
            _ => {}
        }
    }
    if found.is_none() && counts(view, again, condition) { Some(None) } else { found }
}

fn is_comparison(op: &str) -> bool {
    matches!(op, "<" | "<=" | ">" | ">=" | "==" | "===" | "!=" | "!==")
}

/// Whether a value counts the attempts: a name or a member that changes from one to the next.
fn counts(view: &UnitView<'_>, again: &Again, node: NodeId) -> bool {
    let u = view.unit;
    match u.kind(bare(u, node)) {
        Kind::Name { binding: Some(id), .. } => {
            let binding = u.binding(*id);
            let is_a_number = |node: NodeId| {
                !matches!(u.kind(node), Kind::Assign { value, .. }
                    if matches!(u.kind(*value), Kind::Literal(Literal::Bool(_)) | Kind::Await(_)))
            };
            let is_counted =
                binding.assignments.iter().any(|&at| is_a_number(at) && is_inside(u, at, again.at));
            is_counted || again.is_itself && matches!(binding.kind, BindingKind::Parameter(..))
        }
        Kind::Binary { left, right, .. } => counts(view, again, *left) || counts(view, again, *right),
        Kind::Member { name, .. } => is_set_in_file(view, name),
        _ => false,
    }
}

/// Whether a name is bound outside of the unit to what changes.
fn is_counted_outside(view: &UnitView<'_>, node: NodeId) -> bool {
    matches!(view.unit.kind(node), Kind::Name { binding: None, .. }) && !is_constant_outside(view, node)
}

/// A constant, or what a parameter is where nobody hands it in.
fn number(view: &UnitView<'_>, node: NodeId) -> Option<f64> {
    let u = view.unit;
    let default = match u.kind(node) {
        Kind::Name { binding: Some(binding), .. } => match u.binding(*binding).kind {
            BindingKind::Parameter(function, index) => {
                u.function(function).params.get(usize::from(index)).and_then(|param| param.default)
            }
            _ => None,
        },
        _ => None,
    };
    milliseconds(view, view.index, default.unwrap_or(node))
}

fn is_inside(u: &Unit, node: NodeId, around: NodeId) -> bool {
    let (node, around) = (u.range(node), u.range(around));
    around.start <= node.start && node.end <= around.end
}
