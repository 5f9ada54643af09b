//! Tasks that go on for as long as the program: what an asynchronous block or function does in a loop that it never leaves.

use plimsoll_behavior::{BlockForm, CallForm, Effects, FunctionId, Kind, LoopKind, NodeId, Unit};
use plimsoll_project::link::Site;

use crate::UnitView;
use crate::ask::callee_name;
use crate::ask::code::{effects_of, in_function};

/// Methods of futures and functions that turn a panic into a value.
const CATCHES: &[&str] = &["catch_unwind"];

/// A loop that is never left.
#[derive(Clone, Debug)]
pub struct Endless {
    /// Where it stands.
    pub at: Site,
    /// What it is known for: the name of the first function of the project that its body calls for one of the effects that
    /// are asked for, else that of the function that it stands in; none where neither has a name.
    pub work: Option<String>,
    /// Whether a failure that `?` hands on leaves it.
    pub ends_with_a_failure: bool,
}

/// The endless loop of the task that an argument of a spawning call is, if it does something with one of the effects: an
/// asynchronous block, or a call of an asynchronous function of the project. What somebody can end by other means than
/// the end of the program is none.
#[must_use]
pub fn endless(unit: &UnitView<'_>, task: NodeId, effects: Effects) -> Option<Endless> {
    match unit.unit.kind(task) {
        Kind::Block { form: BlockForm::Async, .. } => in_body(unit, task, effects)
            .or_else(|| awaited_within(unit, task).find_map(|call| of_function(unit, call, effects))),
        Kind::Call { .. } => of_function(unit, task, effects),
        _ => None,
    }
}

/// The endless loop of the asynchronous function that a call goes to.
fn of_function(unit: &UnitView<'_>, call: NodeId, effects: Effects) -> Option<Endless> {
    let facts = unit.eval.call(unit.index, call);
    let target = facts.target.as_ref().filter(|target| target.others.is_empty())?;
    unit.summary(target).filter(|summary| summary.is_async)?;
    let mut found = None;
    in_function(unit, target, &mut |there| {
        let body = there.unit.function(target.function).body;
        found = body.and_then(|body| in_body(there, body, effects));
    });
    found
}

/// The calls that a task waits for, whatever comes: not as one of several, not for a limited time.
fn awaited_within<'a>(unit: &UnitView<'a>, body: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
    let u = unit.unit;
    u.descendants(body).into_iter().filter_map(move |node| {
        let Kind::Await(call) = u.kind(node) else { return None };
        let is_call = matches!(u.kind(*call), Kind::Call { form: CallForm::Plain, .. });
        (is_call && is_straight_below(u, node, body)).then_some(*call)
    })
}

/// The endless loop of a body.
fn in_body(unit: &UnitView<'_>, body: NodeId, effects: Effects) -> Option<Endless> {
    let u = unit.unit;
    let loops = u.descendants(body).into_iter();
    let mut loops = loops.filter(|&node| is_straight_below(u, node, body) && never_ends(u, node));
    let found = loops.next()?;
    let inside = of_the_task(u, found);
    let does = |&&node: &&NodeId| {
        matches!(u.kind(node), Kind::Call { .. }) && effects_of(unit, unit.index, node).intersects(effects)
    };
    let calls: Vec<NodeId> = inside.iter().filter(does).copied().collect();
    calls.first()?;
    let is_own = |&&call: &&NodeId| unit.eval.call(unit.index, call).target.is_some();
    let called = calls.iter().find(is_own).map(|&call| unit.call_name(call));
    let around = || u.function(u.node(found).function).name.as_ref().filter(|_| body_is_whole(u, body));
    let work = called.or_else(|| around().map(ToString::to_string));
    let is_watched = inside.iter().any(|&node| is_watched_over(unit, node));
    let ends_with_a_failure = inside.iter().any(|&node| matches!(u.kind(node), Kind::Try(_)));
    (!is_watched).then(|| Endless {
        at: unit.eval.site(unit.index, found),
        work: work.map(|name| name.trim_start_matches("self.").to_owned()),
        ends_with_a_failure,
    })
}

/// Whether a body is that of its function, and no block in it.
fn body_is_whole(u: &Unit, body: NodeId) -> bool {
    u.function(u.node(body).function).body == Some(body)
}

/// Whether a node stands in a task as one of its statements or a part of one, so that nothing but the task runs it.
fn is_straight_below(u: &Unit, node: NodeId, body: NodeId) -> bool {
    let function = u.node(node).function;
    u.ancestors(node).take_while(|&around| around != body).all(|around| {
        u.node(around).function == function
            && !matches!(u.kind(around), Kind::Call { .. } | Kind::Block { form: BlockForm::Async, .. })
    })
}

/// What a loop does itself, without the tasks and closures that it makes.
fn of_the_task(u: &Unit, found: NodeId) -> Vec<NodeId> {
    let function: FunctionId = u.node(found).function;
    let is_own = |node: &NodeId| {
        u.node(*node).function == function
            && u.ancestors(*node)
                .take_while(|&around| around != found)
                .all(|around| !matches!(u.kind(around), Kind::Block { form: BlockForm::Async, .. }))
    };
    u.descendants(found).into_iter().filter(is_own).collect()
}

/// Whether nothing in a loop leaves it but a failure.
fn never_ends(u: &Unit, node: NodeId) -> bool {
    let Kind::Loop(own) = u.kind(node) else { return false };
    own.kind == LoopKind::Forever
        && !of_the_task(u, node).into_iter().any(|inside| match u.kind(inside) {
            Kind::Return(_) => true,
            Kind::Break { label: Some(_), .. } => true,
            Kind::Break { label: None, .. } => {
                let around = u.ancestors(inside).find(|&around| matches!(u.kind(around), Kind::Loop(_)));
                around == Some(node)
            }
            _ => false,
        })
}

/// Whether a node sees to it that a panic does not end its loop, or that the program ends with it: it waits for a task
/// that does the work, catches what unwinds, or ends the process.
fn is_watched_over(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    if !matches!(u.kind(node), Kind::Call { .. }) {
        return false;
    }
    let effects = unit.eval.call(unit.index, node).effects;
    let is_a_task = effects.contains(Effects::TASK_SPAWN)
        && !u.parent(node).is_some_and(|parent| matches!(u.kind(parent), Kind::Discard(_)));
    let catches = callee_name(u, node).is_some_and(|name| CATCHES.contains(&name.as_str()));
    is_a_task || catches || effects.contains(Effects::EXIT)
}
