//! Whether something keeps other requests from coming between two statements.

use plimsoll_behavior::{Effects, Key, Kind, Literal, NodeId};

use super::code::{callee_name, effects_of, unit_of};
use super::words;
use crate::UnitView;

/// Words of names that take a lock or wait for their turn.
const LOCKING: &[&str] =
    &["lock", "mutex", "redlock", "semaphore", "exclusive", "exclusively", "serialize", "serialized"];
/// Words that make no lock of one: `clock` and `block` are words of their own.
const UNLOCKING: &[&str] = &["unlock", "release"];
/// What a text or an option says that keeps others out, in small letters without white space, hyphens and underscores.
const SAID: &[&str] = &[
    "serializable",
    "repeatableread",
    "advisory",
    "forupdate",
    "fornokeyupdate",
    "beginimmediate",
    "beginexclusive",
    "pessimisticwrite",
    "getlock(",
    "withupdlock",
    "withtablockx",
    "locktable",
];

/// Whether a lock, or a transaction whose isolation keeps others from coming between its statements, is around a node,
/// as far as the functions around it tell.
#[must_use]
pub fn is_exclusive(view: &UnitView<'_>, node: NodeId) -> bool {
    let mut units: Vec<usize> = view.functions_around(node).iter().map(|(unit, ..)| *unit).collect();
    units.dedup();
    // The top level of a file is around everything.
    units.retain(|&unit| unit != 0 || view.index == 0);
    units.into_iter().any(|unit| says_so(view, unit) || takes_a_lock(view, unit))
}

fn says_so(view: &UnitView<'_>, unit: usize) -> bool {
    let u = unit_of(view, unit);
    let says = |text: &str| {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).collect();
        let plain = plain.to_ascii_lowercase();
        SAID.iter().any(|said| plain.contains(said))
    };
    u.nodes.iter().any(|node| match &node.kind {
        Kind::Literal(Literal::String(text)) => says(text),
        Kind::Template { pieces, .. } => pieces.iter().any(|piece| says(piece)),
        Kind::Member { name, .. } | Kind::Name { name, .. } => says(name),
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if name == "lock"))
        }
        _ => false,
    })
}

fn takes_a_lock(view: &UnitView<'_>, unit: usize) -> bool {
    let u = unit_of(view, unit);
    u.calls.iter().any(|&call| {
        let named = callee_name(u, call).is_some_and(|name| {
            let words = words(name);
            words.iter().any(|word| LOCKING.contains(&word.as_str()))
                && !words.iter().any(|word| UNLOCKING.contains(&word.as_str()))
        });
        named || effects_of(view, unit, call).contains(Effects::LOCK)
    })
}
