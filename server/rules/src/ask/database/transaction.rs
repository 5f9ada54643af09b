//! Whether statements run in one transaction, in which order, and whether one path runs both.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingKind, Effects, FunctionId, Key, Kind, NodeId, TypeExpr, Unit};
use plimsoll_project::link::Context;

use crate::UnitView;
use crate::ask::code::{callee_name, declaration, effects_of, unit_of};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::touch::handle;
use crate::ask::repetition::turn::is_handed_to_a_transaction;

/// Names of what a transaction hands out, wherever it comes from.
const HANDLES: &[&str] = &[
    "tx",
    "trx",
    "txn",
    "tnx",
    "transaction",
    "dbtx",
    "dbtransaction",
    "txclient",
    "transactionclient",
    "transactionmanager",
    "transactionalentitymanager",
    "queryrunner",
    "session",
    "dbsession",
    "mongosession",
    "uow",
];
/// Names of parameters that take a connection with or without a transaction: the caller decides.
const CONNECTIONS: &[&str] = &[
    "client",
    "conn",
    "connection",
    "manager",
    "em",
    "entitymanager",
    "executor",
    "exec",
    "runner",
    "dbortx",
    "t",
];
/// Parts of types whose values may be a transaction.
const HANDLE_TYPES: &[&str] = &[
    "transaction",
    "tx",
    "executor",
    "acquire",
    "connectiontrait",
    "genericclient",
    "poolclient",
    "entitymanager",
    "session",
];
/// Options that put a statement into a transaction: `{ session }`, `{ transaction: t }`.
const OPTIONS: &[&str] = &["session", "transaction", "tx", "trx", "transacting"];

/// Whether what a call does to the database is part of a transaction that is opened around it, before it, or by a
/// caller who hands its handle over. Transactions that something else hides, unknown handles of the caller's choice
/// and lists that a transaction takes count.
#[must_use]
pub fn is_in_transaction(view: &UnitView<'_>, call: NodeId) -> bool {
    runs_in_transaction(view, call)
        || begins_before(view, call)
        || is_handed_to_a_transaction(view, view.index, call)
        || runs_on_handle(view, call)
}

/// Whether a callback around a call runs in a transaction, or a function around it is marked to.
fn runs_in_transaction(view: &UnitView<'_>, call: NodeId) -> bool {
    view.functions_around(call).iter().any(|(unit, function, context)| {
        let attributes = &unit_of(view, *unit).function(*function).attributes;
        let is_marked = attributes.iter().any(|attribute| {
            attribute.path.last().is_some_and(|name| name.to_ascii_lowercase().contains("transaction"))
        });
        // `insert_lines_tx` says what it must be called in.
        let name = unit_of(view, *unit).function(*function).name.as_deref().unwrap_or_default();
        is_marked
            || name.ends_with("_tx")
            || name.ends_with("Tx")
            || name.to_ascii_lowercase().ends_with("transaction")
            || match context {
                Context::Runs(Run::Transaction, _) => true,
                Context::Runs(_, closure) | Context::Passed(closure) => {
                    opens_one(view, closure.unit, closure.call)
                }
                _ => false,
            }
    })
}

/// Whether a call that is handed a function runs it in a transaction, as far as its name and its effects tell.
fn opens_one(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let name = callee_name(unit_of(view, unit), call).map(|name| name.to_ascii_lowercase());
    name.is_some_and(|name| name.contains("transaction") || name.contains("atomic"))
        || effects_of(view, unit, call).contains(Effects::DB_TRANSACTION)
            && view.eval.call(unit, call).target.is_some()
}

/// Whether a transaction is begun before a call in a function around it: `BEGIN`, `pool.begin()`, `startTransaction`.
fn begins_before(view: &UnitView<'_>, call: NodeId) -> bool {
    let mut before = (view.index, call);
    for (unit, function, _) in view.functions_around(call) {
        if unit != before.0 {
            let Some((outer, node)) = view.eval.node_of(before.0, FunctionId(0)) else { return false };
            before = (outer, node);
        }
        let u = unit_of(view, unit);
        let there = view.of(unit);
        let end = u.range(before.1).end;
        let begins = u.calls.iter().any(|&other| {
            u.node(other).function == function && u.range(other).end < end && begins_one(&there, other)
        });
        if begins {
            return true;
        }
    }
    false
}

fn begins_one(view: &UnitView<'_>, node: NodeId) -> bool {
    let Some(call) = view.call(node) else { return false };
    let has_callback = call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.run.is_some());
    let begins = call.facts.effects.contains(Effects::DB_TRANSACTION)
        && (!has_callback || matches!(view.unit.kind(node), Kind::Call { args, .. } if args.is_empty()));
    let name = callee_name(view.unit, node).map(|name| name.to_ascii_lowercase());
    let is_named_so = name.is_some_and(|name| {
        matches!(
            name.as_str(),
            "begintransaction" | "starttransaction" | "begin_transaction" | "start_transaction"
        )
    });
    begins
        || is_named_so
        || sql_texts(view, &call, None).iter().any(|sql| {
            let text = sql.text.trim_start().to_ascii_uppercase();
            ["BEGIN", "START TRANSACTION", "SAVEPOINT"].iter().any(|word| text.starts_with(word))
        })
}

/// Whether a call runs on a handle that is a transaction, or that the caller may have taken from one.
fn runs_on_handle(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let facts = view.eval.call(view.index, call);
    let handle = handle(view, view.index, call);
    if handle.is_some_and(|node| may_be_transaction(view, view.index, node)) {
        return true;
    }
    let Kind::Call { callee, args, .. } = u.kind(call) else { return false };
    if handle.is_none() && may_be_transaction(view, view.index, *callee) {
        return true;
    }
    // A helper that is handed the transaction, or options that carry it.
    args.iter().any(|&arg| match u.kind(arg) {
        Kind::Object { entries, .. } => entries.iter().any(|entry| {
            let is_option = matches!(&entry.key, Key::Name(name) if OPTIONS.contains(&name.as_str()));
            let is_name = matches!(u.kind(entry.value), Kind::Name { .. } | Kind::Member { .. });
            let is_handed = facts.target.is_some() && is_name;
            is_option || is_handed && may_be_transaction(view, view.index, entry.value)
        }),
        Kind::Name { .. } | Kind::Unary { .. } => {
            facts.target.is_some() && may_be_transaction(view, view.index, arg)
        }
        _ => false,
    })
}

/// Whether the head of a path may be a transaction: by its name, or because it is a parameter that takes one.
#[must_use]
pub fn may_be_transaction(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = unit_of(view, unit);
    let Some(path) = head(u, node) else { return false };
    let is_handle = |name: &str| {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        HANDLES.contains(&plain.to_ascii_lowercase().as_str())
    };
    if path.iter().take(3).any(|&part| match u.kind(part) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => is_handle(name),
        _ => false,
    }) {
        return true;
    }
    let Some(&head) = path.first() else { return false };
    let Some((at, binding)) = declaration(view, unit, head) else { return false };
    let binding = unit_of(view, at).binding(binding);
    // `const { client } = params`
    let is_part_of_parameter = !binding.path.is_empty()
        && binding.value.and_then(|value| declaration(view, at, value)).is_some_and(|(at, from)| {
            matches!(unit_of(view, at).binding(from).kind, BindingKind::Parameter(..))
        });
    let parameter = match binding.kind {
        BindingKind::Parameter(function, index) => Some((function, index)),
        _ if is_part_of_parameter => None,
        _ => return false,
    };
    // `client.query(…)`, `params.client.query(…)`
    let is_connection = path.iter().take(2).any(|&part| match u.kind(part) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => {
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            CONNECTIONS.contains(&plain.to_ascii_lowercase().as_str())
        }
        _ => false,
    });
    if is_connection && !view.is_rust() {
        return true;
    }
    let Some((function, index)) = parameter else { return false };
    let params = &unit_of(view, at).function(function).params;
    let ty = binding.ty.as_deref().or_else(|| {
        let param = params.get(usize::from(index))?;
        param.ty.as_ref().filter(|_| binding.path.is_empty())
    });
    ty.is_some_and(|ty| takes_transaction(ty, view.is_rust()))
}

/// Whether a parameter of this type may be a transaction: by the type's name, or because it is generic.
fn takes_transaction(ty: &TypeExpr, is_rust: bool) -> bool {
    let is_own = ty.path.last().is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        let is_connection = is_rust && name.ends_with("connection") && !name.starts_with("database");
        name.len() == 1 || is_connection || HANDLE_TYPES.iter().any(|part| name.contains(part))
    });
    is_own || ty.args.iter().any(|arg| takes_transaction(arg, is_rust))
}

/// The names of the path that a call, a chain or a value begins with, the first one first: `this`, `prisma`, `user`.
fn head(u: &Unit, node: NodeId) -> Option<Vec<NodeId>> {
    let mut path = Vec::new();
    let mut at = node;
    for _ in 0..256 {
        match u.kind(at) {
            Kind::Call { callee, .. } => at = *callee,
            Kind::Member { object, .. } => {
                path.push(at);
                at = *object;
            }
            Kind::Await(x) | Kind::Try(x) | Kind::NonNull(x) | Kind::Cast { value: x, .. } => at = *x,
            Kind::Unary { op, value } if matches!(op.as_str(), "&" | "&mut" | "*") => at = *value,
            Kind::Name { .. } | Kind::This => {
                path.push(at);
                path.reverse();
                return Some(path);
            }
            _ => return None,
        }
    }
    None
}

/// The function whose path a node is on: the innermost one that is not run where it is written.
#[must_use]
pub fn frame(view: &UnitView<'_>, node: NodeId) -> FunctionId {
    let u = view.unit;
    let mut function = u.node(node).function;
    while let Some(parent) = u.function(function).parent {
        let runs_here = match view.context(function) {
            Context::Passed(closure) => u.parent(closure.call).is_some_and(|around| {
                matches!(u.kind(around), Kind::Await(_) | Kind::Return(_) | Kind::Try(_))
            }),
            context => context.is_inline(),
        };
        if !runs_here {
            break;
        }
        function = parent;
    }
    function
}

/// Whether one run of a function may come to `first` and afterwards to `second`, which stands behind it in the text:
/// not in the arms of one choice, not in the handler of what failed, not after the function has been left.
#[must_use]
pub fn are_on_one_path(u: &Unit, first: NodeId, second: NodeId) -> bool {
    let above_second: Vec<NodeId> = std::iter::once(second).chain(u.ancestors(second)).collect();
    let mut below = first;
    let mut is_left = Left::default();
    for around in std::iter::once(first).chain(u.ancestors(first)) {
        if let Some(at) = above_second.iter().position(|&node| node == around) {
            let toward = at.checked_sub(1).map_or(second, |at| above_second[at]);
            return !is_left.function && !is_left.turn && !are_exclusive(u, around, below, toward);
        }
        match u.kind(around) {
            Kind::Return(_) | Kind::Throw(_) => is_left.function = true,
            Kind::Loop(_) => is_left.turn = false,
            Kind::Block { statements, .. } => {
                for &after in statements.iter().skip_while(|&&statement| statement != below).skip(1) {
                    is_left.by(u, after);
                }
            }
            _ => {}
        }
        below = around;
    }
    false
}

#[derive(Default)]
struct Left {
    function: bool,
    /// The turn of the loop around it.
    turn: bool,
}

impl Left {
    fn by(&mut self, u: &Unit, statement: NodeId) {
        match u.kind(statement) {
            Kind::Return(_) | Kind::Throw(_) => self.function = true,
            Kind::Break { .. } | Kind::Continue(_) => self.turn = true,
            Kind::Discard(inner) => self.by(u, *inner),
            _ => {}
        }
    }
}

/// Whether only one of two parts of a node runs.
fn are_exclusive(u: &Unit, around: NodeId, first: NodeId, second: NodeId) -> bool {
    match u.kind(around) {
        Kind::If { then, otherwise, .. } => {
            let is_arm = |part| part == *then || Some(part) == *otherwise;
            first != second && is_arm(first) && is_arm(second)
        }
        Kind::Match { arms, .. } => {
            let arm = |part| arms.iter().position(|arm| arm.body == part);
            matches!((arm(first), arm(second)), (Some(a), Some(b)) if a != b)
        }
        Kind::TryCatch { catch: Some(catch), .. } => catch.body == second || catch.body == first,
        _ => false,
    }
}
