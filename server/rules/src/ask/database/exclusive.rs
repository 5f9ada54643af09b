//! Whether something keeps other requests from coming between two statements.

use plimsoll_behavior::{Effects, Key, Kind, Literal, NodeId};

use crate::UnitView;
use crate::ask::code::{callee_name, effects_of, unit_of};
use crate::ask::words;

/// Words of names that take a lock or wait for their turn.
const LOCKING: &[&str] =
    &["lock", "mutex", "redlock", "semaphore", "exclusive", "exclusively", "serialize", "serialized"];
/// Words that make no lock of one: `clock` and `block` are words of their own.
const UNLOCKING: &[&str] = &["unlock", "release"];
/// What a text or an option says that keeps others out, in small letters without white space, hyphens and underscores.
const SAID: &[&str] = &[
    "serializable",
    "repeatableread",
    "advisorylock",
    "advisoryxactlock",
    "beginimmediate",
    "beginexclusive",
    "pessimisticwrite",
    "getlock(",
    "withupdlock",
    "withtablockx",
    "locktable",
];
/// What does so in SQL and as a name, but is plain English in a message: "not found for update".
const LOCKS_ROWS: &[&str] = &["forupdate", "fornokeyupdate"];

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
    u.nodes.iter().any(|node| match &node.kind {
        Kind::Literal(Literal::String(text)) => says(text) || locks_rows(text) && is_sql(text),
        Kind::Template { pieces, .. } => {
            let is_sql = pieces.iter().any(|piece| is_sql(piece));
            pieces.iter().any(|piece| says(piece) || locks_rows(piece) && is_sql)
        }
        Kind::Member { name, .. } | Kind::Name { name, .. } => says(name) || locks_rows(name),
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if name == "lock"))
        }
        _ => false,
    })
}

fn plain(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).collect();
    plain.to_ascii_lowercase()
}

fn says(text: &str) -> bool {
    let plain = plain(text);
    SAID.iter().any(|said| plain.contains(said))
}

fn locks_rows(text: &str) -> bool {
    let plain = plain(text);
    LOCKS_ROWS.iter().any(|said| plain.contains(said))
}

/// Whether a text that has the words is a statement, or the end of one: `SELECT … FOR UPDATE`, `FOR UPDATE SKIP LOCKED`.
fn is_sql(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    lower.starts_with("for ")
        || lower.starts_with("select")
        || lower.contains(" from ")
        || text.contains("FOR ")
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
