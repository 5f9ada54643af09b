//! Reads that a function waits for one after the other, though none needs what another one brings.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, BindingKind, Effects, Kind, NodeId, Unit};
use plimsoll_project::declared_dialect;
use plimsoll_project::link::Context;
use plimsoll_project::schema::Dialect;

use crate::UnitView;
use crate::ask::code::{bare, callee_name, in_function, mentions, receiver, source};
use crate::ask::database::transaction::is_in_transaction;
use crate::ask::resilience::outgoing::method;
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many steps lie between what is waited for and the statement that keeps it.
const MAX_STEPS: usize = 12;

/// What a read may do beside reading.
const HARMLESS: Effects = Effects::DB_READ
    .union(Effects::HTTP_REQUEST)
    .union(Effects::RESPONSE_BODY)
    .union(Effects::RESPONSE_CHECK)
    .union(Effects::DEADLINE)
    .union(Effects::LOG)
    .union(Effects::RETRY);

/// Words in the names of functions that let nobody through whom they should not.
#[rustfmt::skip] // a list of words
const GUARDS: &[&str] = &[
    "require", "ensure", "assert", "check", "verify", "validate", "guard", "auth", "authenticate", "authorize",
    "authorise", "authorized", "session", "permission", "permissions", "access", "can", "allowed", "owner", "owned",
    "role", "roles", "limit", "quota", "token", "signed", "login", "admin", "current", "viewer", "must", "gate",
    "membership", "entitlement", "resolve", "identity", "tenant",
];

/// Words in the names of what keeps the answer of a function that it is handed.
const KEEPS: &[&str] = &["cache", "cached", "memo", "memoize", "memoized", "memoise", "once", "dedupe"];

/// Names of handles that stand for one connection.
const ONE_CONNECTION: &[&str] = &["conn", "connection", "client", "tx", "trx", "session", "executor"];

/// One of the reads.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// The statement that keeps what it brings.
    pub statement: NodeId,
    /// The call that is waited for.
    pub call: NodeId,
}

/// The runs of reads of a unit, each of two or more that follow each other and need nothing of each other.
#[must_use]
pub fn reads_in_turn(view: &UnitView<'_>) -> Vec<Vec<Read>> {
    let u = view.unit;
    let mut found = Vec::new();
    for node in (0..u.nodes.len()).filter_map(|at| u32::try_from(at).ok().map(NodeId)) {
        let Kind::Block { statements, .. } = u.kind(node) else { continue };
        if statements.len() < 2 {
            continue;
        }
        let mut run: Vec<Read> = Vec::new();
        let mut bound: Vec<BindingId> = Vec::new();
        for &statement in statements {
            let read = read_of(view, statement).filter(|read| is_free(view, read));
            let needs = read.is_some_and(|read| mentions(u, read.statement, &bound));
            if read.is_none() || needs {
                close(view, &mut run, &mut found);
                bound.clear();
            }
            if let Some(read) = read {
                bound.extend(bindings(u, statement));
                run.push(read);
            }
        }
        close(view, &mut run, &mut found);
    }
    found
}

fn close(view: &UnitView<'_>, run: &mut Vec<Read>, found: &mut Vec<Vec<Read>>) {
    let done = std::mem::take(run);
    // Whatever repeats it, or hands it a transaction, is another matter.
    if done.len() > 1 && is_of_the_function(view, done[0].call) {
        found.push(done);
    }
}

fn bindings(u: &Unit, statement: NodeId) -> Vec<BindingId> {
    match u.kind(statement) {
        Kind::Let { pattern, .. } => pattern.bindings.clone(),
        _ => Vec::new(),
    }
}

/// The read that a statement waits for, which it does whatever comes and keeps under a name.
fn read_of(view: &UnitView<'_>, statement: NodeId) -> Option<Read> {
    let u = view.unit;
    let Kind::Let { init: Some(init), otherwise: None, is_using: false, .. } = u.kind(statement) else {
        return None;
    };
    let own = u.node(statement).function;
    let waits = |&node: &NodeId| matches!(u.kind(node), Kind::Await(_)) && u.node(node).function == own;
    let mut all = u.descendants(*init).into_iter().filter(waits);
    let (awaited, None) = (all.next()?, all.next()) else { return None };
    let Kind::Await(call) = u.kind(awaited) else { return None };
    let call = bare(u, *call);
    let is_certain =
        u.ancestors(awaited).take_while(|&around| around != statement).take(MAX_STEPS).all(|around| {
            matches!(
                u.kind(around),
                Kind::Member { .. } | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. } | Kind::Call { .. }
            ) || matches!(u.kind(around), Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||"))
        });
    // `.await?.ok_or(Failure::NotFound)?` is a guard.
    let handed_on = u.ancestors(awaited).take_while(|&around| around != statement);
    let is_guarded = handed_on.filter(|&around| matches!(u.kind(around), Kind::Try(_))).count() > 1;
    (is_certain && !is_guarded && matches!(u.kind(call), Kind::Call { .. }))
        .then_some(Read { statement, call })
}

/// Whether what a read does could as well happen before or beside something else.
fn is_free(view: &UnitView<'_>, read: &Read) -> bool {
    let Some(call) = view.call(read.call) else { return false };
    let effects = call.effects();
    effects.intersects(Effects::DB_READ | Effects::HTTP_REQUEST)
        && (HARMLESS | Effects::BLOCK).contains(effects)
        && (!effects.contains(Effects::HTTP_REQUEST) || asks_for_something(view, &call))
        && !is_short(view, &call)
        && !is_remembered(view, &call)
        && !is_guard(view, read.call, &call)
        && !is_on_one_connection(view, read.call, &call)
        && !is_in_transaction(view, read.call)
}

/// Whether a request changes nothing where it arrives. Of one that a function of the project sends, that is not told.
fn asks_for_something(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    call.facts.target.is_none() && method(view, call).is_some_and(|method| method == "GET")
}

/// Whether it makes no round trip, or one that is as short as a look into a cache.
fn is_short(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    if !call.effects().contains(Effects::DB_READ) {
        return false;
    }
    if view.is_rust() && declared_dialect(view.world.files(), &view.linked.file.path) == Dialect::Sqlite {
        return true;
    }
    let Some(found) = source(view, call.facts, Effects::DB_READ) else { return false };
    let model = found.facts.behavior.as_ref().map(|(model, _)| usize::from(*model));
    found.is_kept
        || model
            .and_then(|model| view.eval.models.all().get(model))
            .is_some_and(|model| model.in_process || model.runs_commands)
}

/// Whether an own function is handed to what keeps its answer: whoever has asked before has paid for it.
fn is_remembered(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(target) = &call.facts.target else { return false };
    let mut is_kept = false;
    in_function(view, target, &mut |there| {
        is_kept = match there.eval.context(there.index, target.function) {
            Context::Runs(Run::Memo, _) => true,
            Context::Passed(closure) => callee_name(there.unit_of(closure.unit), closure.call)
                .is_some_and(|name| words(name).iter().any(|word| KEEPS.contains(&word.as_str()))),
            _ => false,
        };
    });
    is_kept
}

/// Whether it may be there to end the function: it throws where somebody may not do what comes next.
fn is_guard(view: &UnitView<'_>, node: NodeId, call: &CallView<'_>) -> bool {
    let name = view.call_name(node);
    let throws = name.ends_with("OrThrow") || name.ends_with("OrFail");
    throws || call.facts.target.is_some() && words(&name).iter().any(|word| GUARDS.contains(&word.as_str()))
}

/// Whether it runs on a connection of which there is one: what is sent over it waits anyway.
fn is_on_one_connection(view: &UnitView<'_>, node: NodeId, call: &CallView<'_>) -> bool {
    let u = view.unit;
    let is_handle = |at: NodeId| match u.kind(bare(u, at)) {
        Kind::Name { name, binding } => {
            let plain = name.to_ascii_lowercase();
            ONE_CONNECTION.contains(&plain.as_str())
                || binding.is_some_and(|binding| is_connected(view, binding))
        }
        Kind::Member { name, .. } => ONE_CONNECTION.contains(&name.to_ascii_lowercase().as_str()),
        _ => false,
    };
    let is_lent_alone = |at: NodeId| matches!(u.kind(at), Kind::Unary { op, .. } if op == "&mut");
    let mut at = node;
    for _ in 0..MAX_STEPS {
        let Kind::Call { args, .. } = u.kind(at) else { break };
        if args.iter().any(|&arg| is_lent_alone(arg) || view.is_rust() && is_handle(arg)) {
            return true;
        }
        let Some(on) = receiver(u, at) else { break };
        at = on;
    }
    let asks_a_database = call.facts.target.is_none() && call.effects().contains(Effects::DB_READ);
    asks_a_database && is_handle(at) && !is_modelled_pool(view, at)
}

/// Whether a name holds what was waited for: a connection that somebody took.
fn is_connected(view: &UnitView<'_>, binding: BindingId) -> bool {
    let u = view.unit;
    let b = u.binding(binding);
    let is_one_by_type = match b.kind {
        BindingKind::Parameter(function, index) => {
            let param = u.function(function).params.get(usize::from(index));
            let ty = param.and_then(|param| param.ty.as_ref()).and_then(|ty| ty.path.last());
            ty.is_some_and(|ty| {
                ty.ends_with("Connection") || ty.ends_with("Transaction") || ty.ends_with("PoolClient")
            })
        }
        _ => false,
    };
    let value = b.value.filter(|_| b.kind == BindingKind::Variable);
    let is_taken = value.is_some_and(|value| {
        u.descendants(value).into_iter().any(|part| match u.kind(part) {
            Kind::Await(call) => {
                let call = bare(u, *call);
                matches!(u.kind(call), Kind::Call { .. })
                    && view
                        .eval
                        .call(view.index, call)
                        .effects
                        .intersects(Effects::DB_CONNECT | Effects::DB_TRANSACTION)
                    || callee_name(u, call).is_some_and(|name| {
                        matches!(
                            name.as_str(),
                            "connect" | "acquire" | "getConnection" | "get" | "begin" | "startSession"
                        )
                    })
            }
            _ => false,
        })
    });
    is_one_by_type || is_taken
}

/// Whether a name that is called like one connection is a client with a pool of its own: it is made at the top of a module.
fn is_modelled_pool(view: &UnitView<'_>, node: NodeId) -> bool {
    let Some((unit, binding)) = crate::ask::code::declaration(view, view.index, node) else { return false };
    let b = view.unit_of(unit).binding(binding);
    matches!(b.kind, BindingKind::Import(_)) || unit == 0 && b.scope.0 == 0
}

/// Whether nothing around a node repeats it, or runs it in a transaction.
fn is_of_the_function(view: &UnitView<'_>, node: NodeId) -> bool {
    let u = view.unit;
    let is_repeated = u.ancestors(node).any(|around| matches!(u.kind(around), Kind::Loop(_)));
    let is_in_a_turn = view.functions_around(node).iter().any(|(unit, function, context)| {
        let repeats = matches!(
            context,
            Context::Runs(
                Run::Each
                    | Run::Limited
                    | Run::Transaction
                    | Run::Retry
                    | Run::Interval
                    | Run::Job
                    | Run::Task,
                _
            )
        );
        let around = view.eval.node_of(*unit, *function);
        repeats
            || around.is_some_and(|(unit, node)| {
                let u = view.unit_of(unit);
                context.is_inline() && u.ancestors(node).any(|around| matches!(u.kind(around), Kind::Loop(_)))
            })
    });
    !is_repeated && !is_in_a_turn
}
