//! Connections: what is taken off them and handed to them, and what else takes its time.

use plimsoll_behavior::{Effects, Kind, LoopKind, NodeId};
use plimsoll_project::link::Value;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, effects_of, receiver};

/// What takes its time for each thing that is taken out.
const WORK: Effects = Effects::DB
    .union(Effects::HTTP_REQUEST)
    .union(Effects::FILE)
    .union(Effects::PROCESS)
    .union(Effects::NOTIFY)
    .union(Effects::SLEEP)
    .union(Effects::BLOCKS_FOR_LONG);

/// First words of the names of methods that take something off a connection.
const READS: &[&str] =
    &["next", "recv", "read", "try_next", "receive", "peek", "poll", "close", "split", "clone"];

/// What takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// Whoever is at the other end of a connection reads it.
    Connection,
    /// It is worked on.
    Work,
}

/// What takes its time below a node.
pub(in crate::ask) fn slow_in(view: &UnitView<'_>, node: NodeId, taken: NodeId) -> Option<(Slow, NodeId)> {
    let u = view.unit;
    let calls = u
        .descendants(node)
        .into_iter()
        .filter(|&part| part != taken && matches!(u.kind(part), Kind::Call { .. }));
    let calls: Vec<NodeId> = calls.collect();
    let writes = calls.iter().copied().find(|&call| writes_to_a_connection(view, call));
    let works = || calls.iter().copied().find(|&call| effects_of(view, view.index, call).intersects(WORK));
    writes.map(|at| (Slow::Connection, at)).or_else(|| works().map(|at| (Slow::Work, at)))
}

fn is_connection(view: &UnitView<'_>, node: NodeId) -> bool {
    let value = view.eval.value(view.index, bare(view.unit, node));
    matches!(&value, Value::Instance(of) if view.eval.models.ty(of.ty).connection)
}

fn is_a_read(name: &str) -> bool {
    READS
        .iter()
        .any(|read| name == *read || name.strip_prefix(read).is_some_and(|rest| rest.starts_with('_')))
}

/// Whether a call hands something to a connection, as its method or as one that is lent it.
fn writes_to_a_connection(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let is_read = callee_name(u, call).is_some_and(|name| is_a_read(name));
    let on = receiver(u, call).is_some_and(|on| is_connection(view, on));
    !is_read && !args.is_empty() && (on || args.iter().any(|&arg| is_connection(view, arg)))
}

/// The loop around a node that takes what comes over a connection.
pub(in crate::ask) fn loop_over_a_connection(view: &UnitView<'_>, node: NodeId) -> Option<NodeId> {
    let u = view.unit;
    let function = u.node(node).function;
    let mut around = u.ancestors(node).take_while(|&around| u.node(around).function == function);
    around.find(|&around| {
        let Kind::Loop(own) = u.kind(around) else { return false };
        let goes_on = matches!(own.kind, LoopKind::While | LoopKind::Forever | LoopKind::EachAwait);
        goes_on
            && u.descendants(around).into_iter().any(|part| {
                let is_awaited =
                    u.parent(part).is_some_and(|parent| matches!(u.kind(parent), Kind::Await(_)));
                is_awaited
                    && callee_name(u, part).is_some_and(|name| is_a_read(name))
                    && receiver(u, part).is_some_and(|on| is_connection(view, on))
            })
    })
}
