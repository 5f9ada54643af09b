//! Whether a call runs once for every element of a collection, and what else happens on each turn.

mod few;
mod loops;
mod meant;
mod once;
mod rows;
mod settled;
mod subject;
mod told;
mod work;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, Effects, FunctionId, Kind, Loop, LoopKind, Name, NodeId, Unit};
use plimsoll_project::link::{Context, run_of};

pub(crate) use self::few::is_of_few_rows;
use self::loops::loop_turn;
pub(crate) use self::meant::is_handed_to_a_transaction;
use self::meant::is_meant;
use self::once::is_for_one_element;
pub(crate) use self::rows::{
    goes_through_rows, is_kept_apart, looks_at_what_it_keeps, only_adds_to_a_query, sends_on_each,
    writes_on_each,
};
pub use self::settled::is_fallback_of;
pub(crate) use self::subject::{is_each_of_a_table, is_each_of_a_tenant};
pub use self::told::is_told_inside;
pub(crate) use self::work::{is_dispatcher, works_elsewhere};
use crate::UnitView;
use crate::ask::code::{bare, callee_name, mentions, receiver, unit_of};
use crate::ask::database::resolver::row_of_resolver;
use crate::ask::repetition::collection::{is_batch, is_iterated, is_of_batches, is_one_thing, is_small};

/// How many nodes lie between a call and the loop around it at most.
const MAX_CLIMB: usize = 4_096;

/// What runs once for every element.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The unit that the body stands in.
    pub unit: usize,
    /// What runs.
    pub body: NodeId,
    /// The collection, and the unit it stands in.
    pub over: Option<(usize, NodeId)>,
    /// What an element is bound to, in `unit`.
    pub elements: Vec<BindingId>,
    /// The loop, or the call that runs the body as a callback, and the unit it stands in.
    pub driver: (usize, NodeId),
    /// The part of `body` that holds the call: itself, where they stand in one unit.
    pub part: NodeId,
}

impl Turn {
    /// Where a call of the unit under review, or the closure that it stands in, is in the unit of the turn.
    pub(crate) fn place_of(&self, view: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
        let (mut unit, mut node) = (view.index, call);
        while unit != self.unit {
            let entry = &view.linked.file.units[unit];
            let outer = entry.parent?;
            node = unit_of(view, outer).nested.get(entry.index_in_parent as usize)?.node;
            unit = outer;
        }
        Some(node)
    }
}

/// The turn that a call runs on once for every element of a collection whose size the code does not bound. None where
/// the turns are batches, wait for each other's results, pace themselves, are transactions or settle their own element,
/// where a cache stands in front of the call, and where its result is kept for a transaction that takes all at once.
#[must_use]
pub fn once_per_element(view: &UnitView<'_>, call: NodeId) -> Option<Turn> {
    let mut climb = Climb { view, unit: view.index, at: call, call, ends: Ends::Never, is_in_a_loop: false };
    for _ in 0..MAX_CLIMB {
        match climb.step()? {
            Step::Up => {}
            Step::Turn(turn) => {
                let ends = std::mem::replace(&mut climb.ends, Ends::Never);
                if ends == Ends::Never && is_of_unknown_size(view, &turn, call) {
                    return (!is_meant(view, &turn, call)).then_some(turn);
                }
                if ends == Ends::Function {
                    climb.ends = Ends::Function;
                }
            }
        }
    }
    None
}

/// The turns around a call that run it for elements whose number the code does not bound, innermost first.
#[must_use]
pub(crate) fn turns_around(view: &UnitView<'_>, call: NodeId) -> Vec<Turn> {
    let mut climb = Climb { view, unit: view.index, at: call, call, ends: Ends::Never, is_in_a_loop: false };
    let mut found = Vec::new();
    for _ in 0..MAX_CLIMB {
        match climb.step() {
            None => break,
            Some(Step::Up) => {}
            Some(Step::Turn(turn)) => {
                let ends = std::mem::replace(&mut climb.ends, Ends::Never);
                if ends == Ends::Never && is_of_unknown_size(view, &turn, call) {
                    found.push(turn);
                } else if ends == Ends::Function {
                    climb.ends = Ends::Function;
                }
            }
        }
    }
    found
}

/// Whether a call runs on the turn of one certain element only.
pub(crate) fn is_of_one_element(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    turn.place_of(view, call).is_some_and(|place| is_for_one_element(u, turn, place))
}

/// Whether a loop goes over the elements of a collection, however it is written.
pub(in crate::ask) fn is_turn_of_elements(view: &UnitView<'_>, at: NodeId, l: &Loop) -> bool {
    loop_turn(view, view.index, at, l, l.body).is_some()
}

/// The turn of a function that is handed by its name to a call that runs it for every element: `ids.map(load)`.
#[must_use]
pub fn handed_to_each(view: &UnitView<'_>, call: NodeId, argument: usize) -> Option<Turn> {
    let run = run_of(&view.eval.call(view.index, call), argument)?;
    // A handler, a listener, a job: however often it runs, nothing is gone through.
    if !matches!(run, Run::Each | Run::Limited) {
        return None;
    }
    let Kind::Call { args, .. } = view.unit.kind(call) else { return None };
    let body = *args.get(argument)?;
    let turn = closure_turn(view, run, (view.index, call), argument, (view.index, body), Vec::new(), body)?;
    let is_many = turn
        .over
        .is_none_or(|(unit, over)| !is_small(view, unit, over) && !is_of_batches(unit_of(view, unit), over));
    (is_many && !is_handed_to_a_transaction(view, view.index, call)).then_some(turn)
}

/// Whether the body of a loop that is around the call ends before another turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Never,
    /// The innermost loop ends after it.
    Loop,
    /// The function ends after it, and every loop in it.
    Function,
}

enum Step {
    Up,
    Turn(Turn),
}

struct Climb<'v, 'a> {
    view: &'v UnitView<'a>,
    unit: usize,
    at: NodeId,
    /// What the climb began at.
    call: NodeId,
    ends: Ends,
    /// Whether a loop that goes over no collection has been left.
    is_in_a_loop: bool,
}

impl Climb<'_, '_> {
    /// One node up; none where nothing further up can repeat the call.
    fn step(&mut self) -> Option<Step> {
        let u = unit_of(self.view, self.unit);
        let Some(parent) = u.parent(self.at) else { return self.leave_function(FunctionId(0)) };
        let below = std::mem::replace(&mut self.at, parent);
        match u.kind(parent) {
            Kind::Function(function) => {
                self.at = below;
                return self.leave_function(*function);
            }
            Kind::Loop(l) => {
                if let Some(turn) = loop_turn(self.view, self.unit, parent, l, below) {
                    return Some(Step::Turn(turn));
                }
                if self.ends == Ends::Loop {
                    self.ends = Ends::Never;
                }
                self.is_in_a_loop = true;
                if l.kind == LoopKind::EachAwait && below == l.body {
                    return None;
                }
            }
            Kind::Block { statements, .. } => {
                let after = statements.iter().skip_while(|&&s| s != below);
                self.ends = after.map(|&s| end_of(u, s)).fold(self.ends, stronger);
            }
            Kind::Return(_) | Kind::Throw(_) => self.ends = Ends::Function,
            Kind::Break { .. } => self.ends = stronger(self.ends, Ends::Loop),
            Kind::Match { arms, .. } => {
                let is_switch = arms.iter().all(|arm| arm.pattern.is_none());
                if is_switch && self.ends == Ends::Loop {
                    self.ends = Ends::Never;
                }
            }
            Kind::Call { callee, .. } if *callee != below => {
                let effects = self.view.eval.call(self.unit, parent).effects;
                // A worker runs beside its turn for as long as there is work; a transaction makes the turn one.
                let is_worker = self.is_in_a_loop || below == self.call;
                if effects.contains(Effects::DB_TRANSACTION)
                    || effects.contains(Effects::TASK_SPAWN) && is_worker
                {
                    return None;
                }
            }
            _ => {}
        }
        Some(Step::Up)
    }

    /// Leaves a function: on to the call that runs it, if it runs where it is written.
    fn leave_function(&mut self, function: FunctionId) -> Option<Step> {
        let body = (self.unit, self.at);
        self.ends = Ends::Never;
        if let Some(row) = row_of_resolver(self.view, self.unit, function) {
            return self.resolver_turn(row, function);
        }
        match self.view.eval.context(self.unit, function) {
            Context::Runs(run @ (Run::Each | Run::Limited | Run::Then), closure) => {
                let elements = self.element_parameters(function, closure.unit, closure.call);
                (self.unit, self.at) = (closure.unit, closure.call);
                let driver = (closure.unit, closure.call);
                let turn = closure_turn(self.view, run, driver, closure.argument, body, elements, body.1);
                Some(turn.map_or(Step::Up, Step::Turn))
            }
            Context::Runs(Run::Once | Run::Retry, closure) => {
                (self.unit, self.at) = (closure.unit, closure.call);
                Some(Step::Up)
            }
            Context::Passed(closure) => {
                let facts = self.view.eval.call(closure.unit, closure.call);
                let u = unit_of(self.view, closure.unit);
                let parent = u.parent(closure.call).map(|p| u.kind(p));
                let is_waited_for = matches!(parent, Some(Kind::Await(_) | Kind::Try(_)));
                (self.unit, self.at) = (closure.unit, closure.call);
                (facts.target.is_some() || is_waited_for).then_some(Step::Up)
            }
            Context::Immediate => {
                let (unit, node) = self.view.eval.node_of(self.unit, function)?;
                (self.unit, self.at) = (unit, node);
                Some(Step::Up)
            }
            _ => None,
        }
    }

    /// The turn of a function that resolves a field of each row, where the call asks for something of the row.
    fn resolver_turn(&self, row: Vec<BindingId>, function: FunctionId) -> Option<Step> {
        let u = unit_of(self.view, self.unit);
        let body = u.function(function).body?;
        let call = if self.unit == self.view.index { self.call } else { body };
        let (unit, node) = self.view.eval.node_of(self.unit, function)?;
        if !asks_for(u, call, &row) {
            return None;
        }
        Some(Step::Turn(Turn {
            unit: self.unit,
            body,
            over: None,
            elements: row,
            driver: (unit, node),
            part: body,
        }))
    }

    fn element_parameters(&self, function: FunctionId, unit: usize, call: NodeId) -> Vec<BindingId> {
        let facts = self.view.eval.call(unit, call);
        let index = facts
            .behavior
            .as_ref()
            .and_then(|(_, b)| b.provides.iter().position(|p| p == "element"))
            .unwrap_or(0);
        let params = &unit_of(self.view, self.unit).function(function).params;
        params.get(index).map(|p| p.pattern.bindings.clone()).unwrap_or_default()
    }
}

/// Whether a call mentions one of the bindings, or a name that is bound to what does.
fn asks_for(u: &Unit, call: NodeId, bindings: &[BindingId]) -> bool {
    mentions(u, call, bindings)
        || u.descendants(call).into_iter().any(|part| match u.kind(part) {
            Kind::Name { binding: Some(b), .. } => {
                u.binding(*b).value.is_some_and(|value| mentions(u, value, bindings))
            }
            _ => false,
        })
}

fn stronger(a: Ends, b: Ends) -> Ends {
    match (a, b) {
        (Ends::Function, _) | (_, Ends::Function) => Ends::Function,
        (Ends::Loop, _) | (_, Ends::Loop) => Ends::Loop,
        _ => Ends::Never,
    }
}

/// What a statement ends whatever happens.
fn end_of(u: &Unit, statement: NodeId) -> Ends {
    match u.kind(statement) {
        Kind::Return(_) | Kind::Throw(_) => Ends::Function,
        Kind::Break { .. } => Ends::Loop,
        Kind::Discard(inner) => end_of(u, *inner),
        _ => Ends::Never,
    }
}

/// The turn of a function that a call runs for every element.
fn closure_turn(
    view: &UnitView<'_>,
    run: Run,
    (unit, call): (usize, NodeId),
    argument: usize,
    (body_unit, body): (usize, NodeId),
    elements: Vec<BindingId>,
    part: NodeId,
) -> Option<Turn> {
    let u = unit_of(view, unit);
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    let over = if argument == 0 {
        receiver(u, call)
    } else if run == Run::Limited || receiver(u, call).is_none_or(|on| !is_iterated(view, unit, on)) {
        // `pMap(posts, load)`, `Array.from(posts, load)`; but `posts.reduce(add, start)` has its callback first, and
        // Rust's `fold(start, add)` last.
        if view.is_rust() { receiver(u, call) } else { args.first().copied() }
    } else {
        receiver(u, call)
    };
    let repeats = match run {
        Run::Then => {
            view.is_rust()
                && callee_name(u, call)
                    .is_some_and(|n| matches!(n.as_str(), "and_then" | "map_ok" | "then" | "try_filter_map"))
                && over.is_some_and(|over| is_iterated(view, unit, over))
        }
        Run::Each => !view.is_rust() || over.is_some_and(|over| is_iterated(view, unit, over)),
        _ => true,
    };
    repeats.then(|| Turn {
        unit: body_unit,
        body,
        over: over.map(|over| (unit, over)),
        elements,
        driver: (unit, call),
        part,
    })
}

/// Whether the number of turns is not bounded by the code, and each one is for a single element.
fn is_of_unknown_size(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    if let Some((unit, over)) = turn.over
        && (is_small(view, unit, over)
            || is_of_batches(unit_of(view, unit), over)
                && !turn.elements.iter().any(|&element| is_one_thing(unit_of(view, turn.unit), element)))
    {
        return false;
    }
    let call = if turn.unit == view.index { call } else { turn.body };
    !turn.elements.iter().any(|&element| is_batch(view, turn.unit, element, call))
}

/// What the elements are called: the name of one, and the name of all.
#[must_use]
pub fn names_of(view: &UnitView<'_>, turn: &Turn) -> (Option<Name>, Option<Name>) {
    let one = match turn.elements.as_slice() {
        [only] => {
            let b = unit_of(view, turn.unit).binding(*only);
            let is_whole = b.path.iter().all(|step| matches!(step, plimsoll_behavior::PathStep::Variant(..)));
            is_whole.then(|| b.name.clone())
        }
        _ => None,
    };
    let all = turn.over.and_then(|(unit, over)| {
        let u = unit_of(view, unit);
        let mut at = over;
        for _ in 0..32 {
            at = bare(u, at);
            match u.kind(at) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => return Some(name.clone()),
                Kind::Call { args, .. } => {
                    at = match (receiver(u, at), &**args) {
                        (Some(on), _) if !matches!(u.kind(on), Kind::Name { binding: None, .. }) => on,
                        // What an own function makes of its argument is something else: `overdue(pool)`.
                        (_, [only]) if view.eval.call(unit, at).target.is_none() => *only,
                        _ => return None,
                    }
                }
                Kind::Await(x) | Kind::Try(x) => at = *x,
                _ => return None,
            }
        }
        None
    });
    (one, all)
}
