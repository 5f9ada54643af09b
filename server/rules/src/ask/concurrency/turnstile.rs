//! Whether a lock of the runtime is meant to be held while something is awaited.

use plimsoll_behavior::{Binding, BindingId, BindingKind, Kind, Name, NodeId, Unit};
use plimsoll_project::link::Guard;

use crate::UnitView;
use crate::ask::code::receiver;
use crate::ask::concurrency::held::Held;
use plimsoll_behavior::words;

/// Words of locks that are there to let one task through at a time.
const TURNSTILES: &[&str] = &[
    "barrier",
    "exclusive",
    "flight",
    "gate",
    "guard",
    "inflight",
    "init",
    "initialization",
    "latch",
    "lock",
    "locks",
    "mutex",
    "once",
    "permit",
    "permits",
    "refresh",
    "refreshing",
    "semaphore",
    "serial",
    "serialize",
    "single",
    "singleflight",
    "turn",
];

/// Types of which a lock says no more than whether or how something is done.
const FLAGS: &[&str] =
    &["()", "bool", "u8", "u16", "u32", "u64", "usize", "i32", "i64", "f32", "f64", "Instant"];

/// Whether a lock guards no more than a flag, says by its name that it lets one through at a time, or keeps nobody waiting:
/// who only tries goes on without it.
#[must_use]
pub fn is_turnstile(view: &UnitView<'_>, call: NodeId, guard: &Guard) -> bool {
    let u = view.unit;
    let is_told = |name: &str| words(name).iter().any(|word| TURNSTILES.contains(&word.as_str()));
    if let Some(data) = &guard.data {
        let is_a_flag = |last: &Name| FLAGS.contains(&last.as_str()) && data.args.is_empty();
        if data.path.last().is_some_and(|last| is_a_flag(last) || is_told(last)) {
            return true;
        }
    }
    if crate::ask::callee_name(u, call).is_some_and(|name| name.starts_with("try_")) {
        return true;
    }
    let named = receiver(u, call).and_then(|on| match u.kind(on) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name),
        _ => None,
    });
    named.is_some_and(|name| is_told(name))
}

/// Whether something is awaited that the guard lends: the connection that it guards, a writer.
#[must_use]
pub fn is_of_what_it_guards(view: &UnitView<'_>, call: NodeId, held: &Held) -> bool {
    let u = view.unit;
    let Some(name) = held.name else {
        let lock = u.range(call);
        let has_it = |node: NodeId| {
            let range = u.range(node);
            range.start <= lock.start && lock.end <= range.end
        };
        // `if let Some(child) = children.lock().await.take() { child.wait().await }`
        let is_lent = |b: &Binding| b.kind != BindingKind::Element && b.value.is_some_and(has_it);
        let names = (0..).zip(&u.bindings).filter(|(_, binding)| is_lent(binding));
        let lent: Vec<BindingId> = names.map(|(i, _)| BindingId(i)).collect();
        return held.awaits.iter().any(|&awaited| has_it(awaited) || crate::ask::mentions(u, awaited, &lent));
    };
    let lent = lent_by(u, name);
    held.awaits.iter().any(|&awaited| crate::ask::mentions(u, awaited, &lent))
}

/// The guard's name, and those that are bound to what it lends.
fn lent_by(u: &Unit, guard: BindingId) -> Vec<BindingId> {
    let mut lent = vec![guard];
    for (i, binding) in u.bindings.iter().enumerate() {
        let id = BindingId(u32::try_from(i).expect("few bindings"));
        if binding.value.is_some_and(|value| crate::ask::mentions(u, value, &lent)) && !lent.contains(&id) {
            lent.push(id);
        }
    }
    lent
}
