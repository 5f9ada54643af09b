//! New errors that are made in the place of another one, of which nothing is left.

use plimsoll_behavior::{BindingId, CallForm, Catch, Effects, FunctionId, Kind, Literal, NodeId, Unit};

use crate::UnitView;
use crate::ask::code::{callee_name, receiver};
use crate::ask::errors::swallowed::failing_in;
use crate::view::CallView;
use plimsoll_behavior::words;

/// What fails for a reason of its own, which only its error tells: a database, another service, a file, a process.
pub const FAILS: Effects = Effects::DB
    .union(Effects::DB_TRANSACTION)
    .union(Effects::HTTP_REQUEST)
    .union(Effects::FILE)
    .union(Effects::PROCESS)
    .union(Effects::NOTIFY)
    .union(Effects::ENQUEUE);

/// Words in the names, texts and codes of errors that say what is wrong with what was asked for: whoever asks is told
/// that, and no more, on purpose.
#[rustfmt::skip] // a list of words
const OF_THE_CALLER: &[&str] = &[
    "found", "unauthorized", "unauthorised", "unauthenticated", "forbidden", "denied", "permission", "invalid", "expired",
    "conflict", "duplicate", "exist", "exists", "missing", "validation", "malformed", "parse", "unsupported", "required",
    "credentials", "timeout", "timed", "deadline", "aborted", "cancelled", "canceled", "signature", "token", "unprocessable",
    "locked", "limited", "taken", "unknown", "rejected",
];

/// Methods and functions that ask whether a file is there, whose failure says that it is not.
const LOOKS: &[&str] =
    &["access", "stat", "lstat", "metadata", "symlink_metadata", "try_exists", "canonicalize", "realpath"];

/// An error of which nothing is left.
pub struct Lost<'a> {
    /// What makes the new one.
    pub made: NodeId,
    /// What fails.
    pub fails: CallView<'a>,
    /// How the old one gets a name.
    pub old: Old,
}

/// What an error is called that is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// It has this name.
    Named(BindingId),
    /// It has none.
    Nameless,
}

/// The error that a handler throws, where nothing of the one that it got is in it, and it tells nobody of that.
#[must_use]
pub fn lost_in_handler<'a>(unit: &UnitView<'a>, body: NodeId, catch: &Catch) -> Option<Lost<'a>> {
    let u = unit.unit;
    let old = match &catch.pattern {
        None => Old::Nameless,
        Some(pattern) => match pattern.bindings.as_slice() {
            [one] if u.binding(*one).path.is_empty() => Old::Named(*one),
            [] => return None,
            _ => return None,
        },
    };
    if let Old::Named(name) = old
        && !u.binding(name).uses.iter().all(|&used| is_only_asked(u, used))
    {
        return None;
    }
    let thrown = u.descendants(catch.body).into_iter().find_map(|node| match u.kind(node) {
        Kind::Throw(value) => {
            let is_new = matches!(u.kind(*value), Kind::Call { form: CallForm::New, .. });
            (is_new && is_for_all_failures(u, node, catch)).then_some(*value)
        }
        _ => None,
    })?;
    if is_of_the_caller(unit, thrown) {
        return None;
    }
    let fails = failing_in(unit, body, FAILS).into_iter().find(|call| !only_looks(unit, call))?;
    Some(Lost { made: thrown, fails, old })
}

/// Whether a name of an error only stands where it is asked what it is, or is thrown again.
fn is_only_asked(u: &Unit, used: NodeId) -> bool {
    let mut below = used;
    for around in u.ancestors(used) {
        match u.kind(around) {
            Kind::Throw(_) => return below == used,
            Kind::If { condition, is_expression: false, .. } => return *condition == below,
            Kind::Let { .. } | Kind::Block { .. } | Kind::Return(_) | Kind::Function(_) => return false,
            _ => below = around,
        }
    }
    false
}

/// Whether a `throw` of a handler is reached whatever the error is, and whatever else is the case: what a function throws
/// that the handler makes is not.
fn is_for_all_failures(u: &Unit, throw: NodeId, catch: &Catch) -> bool {
    let mut around = u.ancestors(throw).take_while(|&around| around != catch.body);
    around.all(|around| matches!(u.kind(around), Kind::Block { .. } | Kind::Discard(_)))
}

/// Whether a call only asks whether a file is there.
fn only_looks(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    callee_name(unit.unit, call.node).is_some_and(|name| LOOKS.contains(&name.as_str()))
        && call.effects() & FAILS == Effects::FILE
}

/// Whether an error says what is wrong with what was asked for, by its class, its text, its code or its status.
fn is_of_the_caller(unit: &UnitView<'_>, made: NodeId) -> bool {
    let u = unit.unit;
    u.descendants(made).into_iter().any(|part| match u.kind(part) {
        Kind::Literal(Literal::String(text)) => says_so(text, false),
        Kind::Literal(Literal::Number(number)) => number.len() == 3 && number.starts_with('4'),
        Kind::Template { pieces, .. } => pieces.iter().any(|piece| says_so(piece, false)),
        Kind::Name { name, .. } | Kind::Member { name, .. } => says_so(name, true),
        _ => false,
    })
}

fn says_so(text: &str, is_a_name: bool) -> bool {
    let words = words(text);
    words.iter().any(|word| OF_THE_CALLER.contains(&word.as_str()))
        || is_a_name && words.windows(2).any(|pair| pair[0] == "bad" && pair[1] == "request")
}

/// Methods of results and options that put another error in the place of the one that is there.
const REPLACES: &[&str] = &["map_err"];
/// The same of what was made an option, which has no error any more.
const REPLACES_NOTHING: &[&str] = &["ok_or", "ok_or_else"];
/// Methods that hand a result on with its error, without looking at it.
const HANDS_ON: &[&str] = &["map", "and_then", "as_ref", "as_mut", "into_inner"];

/// The error that a closure makes of one that it does not look at, and the closure's function where there is one.
#[must_use]
pub fn lost_in_result<'a>(unit: &UnitView<'a>, call: NodeId) -> Option<(Lost<'a>, Option<FunctionId>)> {
    let u = unit.unit;
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    let &[argument] = &**args else { return None };
    let name = callee_name(u, call)?;
    let on = receiver(u, call)?;
    let (made, closure, old, on) = if REPLACES.contains(&name.as_str()) {
        let Kind::Function(closure) = u.kind(argument) else { return None };
        let own = u.function(*closure);
        let [param] = own.params.as_slice() else { return None };
        let old = match param.pattern.bindings.as_slice() {
            [] => Old::Nameless,
            [one] if u.binding(*one).uses.is_empty() && u.binding(*one).path.is_empty() => Old::Named(*one),
            _ => return None,
        };
        (own.body?, Some(*closure), old, on)
    } else if REPLACES_NOTHING.contains(&name.as_str()) && callee_name(u, on).is_some_and(|name| name == "ok")
    {
        (argument, None, Old::Nameless, receiver(u, on)?)
    } else {
        return None;
    };
    let fails = unit.call(failing_at(unit, on)?).filter(|call| !only_looks(unit, call))?;
    (!is_of_the_caller(unit, made) && !carries_nothing(u, made))
        .then_some((Lost { made, fails, old }, closure))
}

/// The call of a library whose failure a result holds.
fn failing_at(unit: &UnitView<'_>, result: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let mut at = result;
    loop {
        at = match u.kind(at) {
            Kind::Await(inner) => *inner,
            Kind::Call { .. } => {
                let facts = unit.eval.call(unit.index, at);
                let effects = facts.effects;
                if effects.contains(Effects::DEADLINE) || effects.contains(Effects::TASK_SPAWN) {
                    return None;
                }
                if effects.intersects(FAILS) {
                    return Some(at);
                }
                let hands_on = callee_name(u, at).is_some_and(|name| HANDS_ON.contains(&name.as_str()));
                if facts.target.is_some() || !hands_on {
                    return None;
                }
                receiver(u, at)?
            }
            _ => return None,
        };
    }
}

/// Whether what stands in the place of an error is no error: a number, nothing, a value to go on with.
fn carries_nothing(u: &Unit, made: NodeId) -> bool {
    matches!(u.kind(made), Kind::Literal(Literal::Number(_) | Literal::Bool(_)))
        || matches!(u.kind(made), Kind::Array(parts) if parts.is_empty())
        || matches!(u.kind(made), Kind::Block { statements, .. } if statements.is_empty())
}
