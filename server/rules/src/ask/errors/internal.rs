//! What an internal failure says of itself: the text of an error that a database gave, and where the code kept it.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, BindingKind, CallForm, Effects, Kind, Literal, NodeId, PathStep, Unit};
use plimsoll_project::link::{Context, resolve_module};

use crate::UnitView;
use crate::ask::code::{bare, in_function, mentions};
use crate::ask::errors::result_use::error_member;
use crate::ask::errors::swallowed::failing_in;
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many variables an error's text is followed through.
const MAX_STEPS: u8 = 4;

/// Members in which an error tells what has happened inside.
#[rustfmt::skip] // a list of words
const DETAILS: &[&str] = &["message", "stack", "details", "detail", "hint", "sqlMessage"];
/// Words of what only holds while somebody develops.
#[rustfmt::skip] // a list of words
const DEVELOPING: &[&str] = &[
    "development", "production", "dev", "prod", "debug", "verbose", "env", "environment", "expose", "staging", "test",
];

/// The text of an internal error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Where it is read: `error.message`.
    pub node: NodeId,
    /// The error.
    pub error: BindingId,
    /// The call that fails with it.
    pub call: NodeId,
    /// Whether it is where the code stands that has failed, too.
    pub is_stack: bool,
}

/// The text of an error of a database that a value holds, where nothing has looked before what kind of error it is; none
/// where it is only there while somebody develops.
#[must_use]
pub fn detail_in(view: &UnitView<'_>, value: NodeId) -> Option<Detail> {
    find(view, value, MAX_STEPS)
}

fn find(view: &UnitView<'_>, value: NodeId, steps: u8) -> Option<Detail> {
    let steps = steps.checked_sub(1)?;
    let u = view.unit;
    for node in u.descendants(value) {
        if is_for_developers(u, node) {
            continue;
        }
        let Some((error, is_stack)) = read(u, node) else {
            if let Kind::Name { binding: Some(binding), .. } = u.kind(node)
                && let b = u.binding(*binding)
                && b.kind == BindingKind::Variable
                && b.path.is_empty()
                && let Some(init) = b.value
                && matches!(
                    u.kind(init),
                    Kind::Binary { .. }
                        | Kind::If { .. }
                        | Kind::Member { .. }
                        | Kind::Template { .. }
                        | Kind::Call { .. }
                        | Kind::Object { .. }
                )
                && let Some(found) = find(view, init, steps)
            {
                return Some(found);
            }
            continue;
        };
        let Some(call) = failing(view, error) else { continue };
        // `format!("cannot read: {e}")` is more than its text.
        let is_a_macro =
            |&around: &NodeId| matches!(u.kind(around), Kind::Call { form: CallForm::Macro, .. });
        let is_text = matches!(u.kind(node), Kind::Template { .. });
        let node = u.parent(node).filter(|_| is_text).filter(is_a_macro).unwrap_or(node);
        return Some(Detail { node, error, call, is_stack });
    }
    None
}

/// The error whose text a node reads.
fn read(u: &Unit, node: NodeId) -> Option<(BindingId, bool)> {
    let named = |of: NodeId| match u.kind(bare(u, of)) {
        Kind::Name { binding: Some(binding), .. } => Some(*binding),
        _ => None,
    };
    match u.kind(node) {
        Kind::Member { object, name, .. } if DETAILS.contains(&name.as_str()) => {
            // The name of a method is no text: `error.message.includes('duplicate')` asks.
            let is_asked = u.parent(node).is_some_and(|parent| matches!(u.kind(parent), Kind::Member { .. }));
            let error = named(*object).filter(|_| !is_asked)?;
            Some((error, name == "stack"))
        }
        Kind::Template { holes, .. } => Some((holes.iter().find_map(|&hole| named(hole))?, false)),
        Kind::Call { callee, args, .. } => match u.kind(*callee) {
            Kind::Name { name, .. } if name == "String" => Some((named(*args.first()?)?, false)),
            Kind::Member { object, name, .. } if matches!(name.as_str(), "toString" | "to_string") => {
                Some((named(*object)?, false))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The call that fails with an error which a name holds.
fn failing(view: &UnitView<'_>, error: BindingId) -> Option<NodeId> {
    let u = view.unit;
    let b = u.binding(error);
    let asks_a_database = |node: NodeId| {
        let mut call = bare(u, node);
        // `let found = query.await; match found { … }`
        if let Kind::Name { binding: Some(binding), .. } = u.kind(call) {
            let of = u.binding(*binding);
            let value = of.value.filter(|_| of.path.is_empty() && of.assignments.is_empty())?;
            call = bare(u, value);
        }
        if let Kind::Await(inner) = u.kind(call) {
            call = bare(u, *inner);
        }
        view.call(call)
            .filter(|it| it.facts.effects.intersects(Effects::DB) || hands_on_an_error(view, it))?;
        Some(call)
    };
    match b.kind {
        BindingKind::Caught => {
            let body = u.nodes.iter().find_map(|node| match &node.kind {
                Kind::TryCatch { body, catch: Some(catch), .. } => {
                    catch.pattern.as_ref()?.bindings.contains(&error).then_some(*body)
                }
                _ => None,
            })?;
            failing_in(view, body, Effects::DB).first().map(|call| call.node)
        }
        BindingKind::Variable => {
            // `const { data, error } = await …`
            let [PathStep::Member(member)] = b.path.as_slice() else { return None };
            let call = asks_a_database(b.value?)?;
            (error_member(view, &view.call(call)?)? == *member).then_some(call)
        }
        BindingKind::Matched => {
            let [PathStep::Variant(name, 0)] = b.path.as_slice() else { return None };
            (name == "Err").then(|| asks_a_database(b.value?)).flatten()
        }
        BindingKind::Parameter(function, 0) => {
            let closure = match view.context(function) {
                Context::Runs(Run::Then | Run::Once | Run::Each, closure) | Context::Passed(closure) => {
                    closure
                }
                _ => return None,
            };
            if closure.unit != view.index {
                return None;
            }
            let Kind::Call { callee, .. } = u.kind(closure.call) else { return None };
            let Kind::Member { object, name, .. } = u.kind(*callee) else { return None };
            if !matches!(name.as_str(), "catch" | "map_err") {
                return None;
            }
            asks_a_database(*object)
        }
        _ => None,
    }
}

/// Whether a function of the project that asks a database hands on an error as a library has it, by what it says that it
/// returns: one of its own may say something else.
fn hands_on_an_error(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(target) = call.facts.target.as_ref().filter(|target| target.others.is_empty()) else {
        return false;
    };
    if !view.is_rust() || !call.effects().intersects(Effects::DB) {
        return false;
    }
    let mut is_foreign = false;
    in_function(view, target, &mut |there| {
        let returns = there.unit.function(target.function).returns.as_ref();
        let Some(result) = returns.filter(|ty| ty.path.last().is_some_and(|last| last == "Result")) else {
            return;
        };
        // `anyhow::Result<T>`, `Result<T, sqlx::Error>`
        let path = if let [_, error] = result.args.as_slice() { &error.path } else { &result.path };
        let is_own =
            |module: &str| matches!(module.split("::").next(), Some("crate" | "self" | "super" | ""));
        let module = &there.linked.file.units[0].unit;
        let brought = module.imports.iter().find(|import| {
            import.binding.is_some_and(|binding| path.first() == Some(&module.binding(binding).name))
        });
        is_foreign = match (brought, path.as_slice()) {
            (Some(import), _) => !is_own(&import.module) && !names_a_member(view, &import.module),
            (None, [first, _, ..]) => !is_own(first) && !names_a_member(view, first),
            _ => false,
        };
    });
    is_foreign
}

/// Whether a path begins with a crate of the project's own.
fn names_a_member(view: &UnitView<'_>, path: &str) -> bool {
    let here = &view.linked.file;
    resolve_module(view.world.files(), &here.path, path, here.language).is_some()
}

/// Whether a node is only reached while somebody develops, by a condition around it.
fn is_for_developers(u: &Unit, node: NodeId) -> bool {
    let function = u.node(node).function;
    let mut below = node;
    for around in u.ancestors(node).take_while(|&around| u.node(around).function == function) {
        let condition = match u.kind(around) {
            Kind::If { condition, .. } if *condition != below => Some(*condition),
            Kind::Binary { op, left, right } if *right == below && matches!(op.as_str(), "&&" | "||") => {
                Some(*left)
            }
            _ => None,
        };
        if condition.is_some_and(|condition| asks_for_development(u, condition)) {
            return true;
        }
        below = around;
    }
    false
}

fn asks_for_development(u: &Unit, condition: NodeId) -> bool {
    let is_one = |name: &str| words(name).iter().any(|word| DEVELOPING.contains(&word.as_str()));
    u.descendants(condition).into_iter().any(|part| match u.kind(part) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => is_one(name),
        Kind::Literal(Literal::String(text)) => is_one(text),
        _ => false,
    })
}

/// Whether a condition on the way to a node has told what kind of error it is.
#[must_use]
pub fn is_kind_known(view: &UnitView<'_>, error: BindingId, node: NodeId) -> bool {
    let u = view.unit;
    let function = u.node(node).function;
    let mut below = node;
    for around in u.ancestors(node).take_while(|&around| u.node(around).function == function) {
        match u.kind(around) {
            Kind::If { condition, .. }
                if *condition != below
                    && mentions(u, *condition, &[error])
                    && !asks_only_whether_it_is_one(u, *condition) =>
            {
                return true;
            }
            Kind::Match { on, .. } if *on != below && mentions(u, *on, &[error]) => return true,
            _ => {}
        }
        below = around;
    }
    false
}

/// `if (error)`, `error instanceof Error`, `!error`, `error && …`: any error is one.
fn asks_only_whether_it_is_one(u: &Unit, condition: NodeId) -> bool {
    match u.kind(bare(u, condition)) {
        Kind::Name { .. } => true,
        Kind::Unary { op, value } if op == "!" => asks_only_whether_it_is_one(u, *value),
        Kind::Binary { op, left, right } => match op.as_str() {
            "instanceof" => matches!(u.kind(*right), Kind::Name { name, .. } if name == "Error"),
            "&&" | "||" => asks_only_whether_it_is_one(u, *left) && asks_only_whether_it_is_one(u, *right),
            "!=" | "!==" | "==" | "===" => matches!(u.kind(*left), Kind::Name { .. }),
            _ => false,
        },
        _ => false,
    }
}
