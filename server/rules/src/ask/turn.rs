//! Whether a call runs once for every element of a collection, and what else happens on each turn.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{
    BindingId, Effects, FunctionId, Key, Kind, Literal, Loop, LoopKind, Name, NodeId, Unit,
};
use plimsoll_project::link::{Context, FnRef, run_of};

use super::code::{
    bare, callee_name, calls_within, declaration, derives_from, effects_of, is_kept_in, mentions, receiver,
    sql_argument, unit_of,
};
use super::collection::{few, is_batch, is_iterated, is_of_batches, is_row_stream, is_small};
use super::resolver::row_of_resolver;
use crate::UnitView;

/// How many nodes lie between a call and the loop around it at most.
const MAX_CLIMB: usize = 4_096;

/// How many own functions are looked into for turns of their own.
const MAX_CALLEES: u8 = 6;

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

/// Whether all that a function of the project does of `effect` runs once for every element of a collection that the
/// function goes through itself: told there, and not once more for every caller.
#[must_use]
pub fn is_told_inside(view: &UnitView<'_>, function: &FnRef, effect: Effects) -> bool {
    told_inside(view, function, effect, MAX_CALLEES)
}

fn told_inside(view: &UnitView<'_>, function: &FnRef, effect: Effects, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut is_told = false;
    let mut ask = |there: &UnitView<'_>| is_told = all_told(there, function.function, effect, depth);
    if function.file == view.linked.file.path {
        if let Some(unit) = view.linked.file.unit_at(&function.unit) {
            ask(&view.of(unit));
        }
        return is_told;
    }
    let Some(linked) = view.world.linked(&function.file) else { return false };
    let Some(index) = linked.file.unit_at(&function.unit) else { return false };
    view.world.in_file(&function.file, &mut |eval| {
        ask(&UnitView {
            eval,
            linked: &linked,
            world: view.world,
            index,
            unit: &linked.file.units[index].unit,
            facts: &linked.facts[index],
            project: view.project,
        });
    });
    is_told
}

/// Whether every call of a function, and of what runs as a part of it, that has the effect has a turn of its own.
fn all_told(view: &UnitView<'_>, function: FunctionId, effect: Effects, depth: u8) -> bool {
    let u = view.unit;
    let Some(body) = u.function(function).body else { return false };
    let calls = calls_within(view, view.index, body);
    let mut with_it = calls.iter().filter(|(_, effects)| effects.intersects(effect)).peekable();
    with_it.peek().is_some()
        && with_it.all(|&(node, _)| match u.kind(node) {
            Kind::Nested(_) => {
                let nested = view.linked.file.function_at(view.index, node);
                nested.is_some_and(|nested| told_inside(view, &nested, effect, depth))
            }
            _ => {
                let target = view.eval.call(view.index, node).target.clone();
                once_per_element(view, node).is_some()
                    || target.is_some_and(|target| told_inside(view, &target, effect, depth))
            }
        })
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

/// The turn of a loop, if it goes over the elements of a collection and `below` is repeated.
fn loop_turn(view: &UnitView<'_>, unit: usize, at: NodeId, l: &Loop, below: NodeId) -> Option<Turn> {
    if below != l.body {
        return None;
    }
    let u = unit_of(view, unit);
    let bound = || l.pattern.as_ref().map(|p| p.bindings.clone()).unwrap_or_default();
    let turn = |over: Option<NodeId>, elements: Vec<BindingId>| Turn {
        unit,
        body: l.body,
        over: over.map(|over| (unit, over)),
        elements,
        driver: (unit, at),
        part: below,
    };
    match l.kind {
        LoopKind::Each | LoopKind::Keys => {
            let over = l.over?;
            match u.kind(bare(u, over)) {
                Kind::Range { .. } => {
                    let (over, elements) = indexed(u, l.body, &bound())?;
                    Some(turn(Some(over), elements))
                }
                _ => Some(turn(Some(over), bound())),
            }
        }
        LoopKind::EachAwait => is_row_stream(view, unit, l.over?).then(|| turn(l.over, bound())),
        LoopKind::Counted => {
            if !steps_by_one(u, l) || l.condition.is_some_and(|condition| is_bounded(u, condition)) {
                return None;
            }
            let counters = counters(u, l);
            let (over, elements) = indexed(u, l.body, &counters)?;
            Some(turn(Some(over), elements))
        }
        LoopKind::While | LoopKind::Forever => {
            let (over, elements) = taken(view, unit, l)?;
            Some(turn(Some(over), elements))
        }
    }
}

/// Whether a loop goes on for a few turns at most: `i < Math.min(3, posts.length)`, `i < posts.length && i < 3`.
fn is_bounded(u: &Unit, condition: NodeId) -> bool {
    let is_few = |node| few(u, node).is_some();
    match u.kind(condition) {
        Kind::Binary { op, left, right } if op == "&&" => is_bounded(u, *left) || is_bounded(u, *right),
        Kind::Binary { op, right, .. } if matches!(op.as_str(), "<" | "<=") => match u.kind(*right) {
            Kind::Call { args, .. } => {
                callee_name(u, *right).is_some_and(|name| name == "min")
                    && args.iter().any(|&arg| is_few(arg))
            }
            _ => is_few(*right),
        },
        _ => false,
    }
}

/// What a loop over numbers indexes with them, and what it binds the elements to.
fn indexed(u: &Unit, body: NodeId, counters: &[BindingId]) -> Option<(NodeId, Vec<BindingId>)> {
    let is_counter =
        |node| matches!(u.kind(bare(u, node)), Kind::Name { binding: Some(b), .. } if counters.contains(b));
    let mut over = None;
    let mut elements = Vec::new();
    for node in u.descendants(body) {
        let Kind::Index { object, index } = u.kind(node) else { continue };
        if !is_counter(*index) {
            continue;
        }
        let is_written = u
            .parent(node)
            .is_some_and(|p| matches!(u.kind(p), Kind::Assign { target, .. } if *target == node));
        if is_written {
            continue;
        }
        over.get_or_insert(*object);
        let holder = std::iter::successors(u.parent(node), |&n| {
            matches!(u.kind(n), Kind::Unary { .. } | Kind::NonNull(_)).then(|| u.parent(n)).flatten()
        })
        .last();
        if let Some(Kind::Let { pattern, .. }) = holder.map(|n| u.kind(n)) {
            elements.extend(pattern.bindings.iter().copied());
        }
    }
    over.map(|over| (over, elements))
}

fn counters(u: &Unit, l: &Loop) -> Vec<BindingId> {
    match l.init.map(|init| u.kind(init)) {
        Some(Kind::Let { pattern, .. }) => pattern.bindings.clone(),
        Some(Kind::Assign { target, .. }) => match u.kind(*target) {
            Kind::Name { binding: Some(b), .. } => vec![*b],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn steps_by_one(u: &Unit, l: &Loop) -> bool {
    let Some(mut step) = l.step else { return true };
    if let Kind::Discard(inner) = u.kind(step) {
        step = *inner;
    }
    match u.kind(step) {
        Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--"),
        Kind::Assign { op, value, .. } if matches!(op.as_str(), "+=" | "-=") => {
            matches!(u.kind(*value), Kind::Literal(Literal::Number(n)) if n == "1")
        }
        Kind::Assign { op, value, .. } if op == "=" => match u.kind(*value) {
            Kind::Binary { left, right, .. } => [*left, *right]
                .iter()
                .any(|&side| matches!(u.kind(side), Kind::Literal(Literal::Number(n)) if n == "1")),
            _ => false,
        },
        _ => false,
    }
}

const TAKES_ONE: &[&str] =
    &["pop", "shift", "pop_front", "pop_back", "pop_first", "pop_last", "next", "try_next"];

/// What a `while` or `loop` takes elements from one by one, and what it binds them to: a work list, an iterator, rows.
fn taken(view: &UnitView<'_>, unit: usize, l: &Loop) -> Option<(NodeId, Vec<BindingId>)> {
    let u = unit_of(view, unit);
    let own = u.node(l.body).function;
    let mut nodes: Vec<NodeId> = l.condition.map(|c| u.descendants(c)).unwrap_or_default();
    nodes.extend(u.descendants(l.body));
    nodes.into_iter().filter(|&n| u.node(n).function == own).find_map(|node| {
        let name = callee_name(u, node)?;
        let Kind::Call { args, .. } = u.kind(node) else { return None };
        if !TAKES_ONE.contains(&name.as_str()) || !args.is_empty() {
            return None;
        }
        let list = receiver(u, node)?;
        let mut around = u.parent(node)?;
        let is_waited_for = matches!(u.kind(around), Kind::Await(_));
        let is_iterator = matches!(name.as_str(), "next" | "try_next");
        if is_waited_for && !(is_iterator && is_row_stream(view, unit, list)) {
            return None;
        }
        if !is_waited_for && (u.parent(around).is_none() || !is_own_list(view, unit, list, is_iterator)) {
            return None;
        }
        while matches!(u.kind(around), Kind::Await(_) | Kind::Try(_) | Kind::NonNull(_) | Kind::Cast { .. }) {
            around = u.parent(around)?;
        }
        match u.kind(around) {
            Kind::Is { pattern, .. } | Kind::Let { pattern, .. } => Some((list, pattern.bindings.clone())),
            Kind::Match { arms, .. } => {
                let bound =
                    arms.iter().filter_map(|arm| arm.pattern.as_ref()).flat_map(|p| p.bindings.clone());
                Some((list, bound.collect()))
            }
            Kind::Assign { target, .. } => match u.kind(*target) {
                Kind::Name { binding: Some(b), .. } => Some((list, vec![*b])),
                _ => None,
            },
            _ => None,
        }
    })
}

/// Whether a list lives in this function: no channel, and no client of a queue.
fn is_own_list(view: &UnitView<'_>, unit: usize, node: NodeId, is_iterator: bool) -> bool {
    let u = unit_of(view, unit);
    let Some((outer, binding)) = declaration(view, unit, bare(u, node)) else { return false };
    let u = unit_of(view, outer);
    let Some(value) = u.binding(binding).value else { return is_iterator };
    match u.kind(bare(u, value)) {
        Kind::Array(_) | Kind::Repeat { .. } | Kind::Name { .. } | Kind::Member { .. } => true,
        Kind::Call { .. } => {
            effects_of(view, outer, value).is_empty()
                || effects_of(view, outer, value).intersects(Effects::DB)
        }
        Kind::Await(_) | Kind::Try(_) => true,
        _ => false,
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
        && (is_small(view, unit, over) || is_of_batches(unit_of(view, unit), over))
    {
        return false;
    }
    let call = if turn.unit == view.index { call } else { turn.body };
    !turn.elements.iter().any(|&element| is_batch(view, turn.unit, element, call))
}

/// Whether the turns are meant to run one by one.
fn is_meant(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    if turn.unit == view.index && is_statement_of_the_turn(view, turn, call) {
        return true;
    }
    let calls = calls_within(view, turn.unit, turn.body);
    let all = calls.iter().fold(Effects::empty(), |all, (_, effects)| all | *effects);
    all.contains(Effects::DB_CONNECT)
        || is_transaction(view, turn, &calls, call)
        || paces_itself(view, turn, &calls)
        || settles_its_element(view, turn, &calls)
        || is_handed_to_a_transaction(view, view.index, call)
        || is_handed_to_a_transaction(view, turn.driver.0, turn.driver.1)
        || turn.unit == view.index
            && (is_kept_in(u, call, turn.body) || waits_for_the_turn_before(u, turn, call))
}

/// Whether the elements are statements and each turn runs its own: a migration.
fn is_statement_of_the_turn(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    let u = view.unit;
    const NAMES: &[&str] =
        &["sql", "query", "statement", "stmt", "sql_query", "sqlQuery", "sql_text", "text"];
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let is_element = |node: NodeId| match u.kind(bare(u, node)) {
        Kind::Name { binding: Some(b), .. } => turn.elements.contains(b),
        _ => false,
    };
    let facts = view.eval.call(view.index, call);
    let sql = view.own_node(facts.slot(Slot::Sql)).or_else(|| Some(sql_argument(view, call)?.1));
    sql.is_some_and(is_element)
        || args.iter().any(|&arg| match u.kind(arg) {
            Kind::Object { entries, .. } => entries.iter().any(|entry| {
                matches!(&entry.key, Key::Name(name) if NAMES.contains(&name.as_str()))
                    && is_element(entry.value)
            }),
            _ => false,
        })
}

/// Whether each turn begins a transaction, or the call does. One that another call of the turn hides is its own.
fn is_transaction(view: &UnitView<'_>, turn: &Turn, calls: &[(NodeId, Effects)], call: NodeId) -> bool {
    let u = unit_of(view, turn.unit);
    effects_of(view, view.index, call).contains(Effects::DB_TRANSACTION)
        || calls.iter().any(|&(node, _)| {
            matches!(u.kind(node), Kind::Call { .. })
                && view.eval.call(turn.unit, node).effects.contains(Effects::DB_TRANSACTION)
        })
}

/// Whether each turn sleeps: for a rate limit.
fn paces_itself(view: &UnitView<'_>, turn: &Turn, calls: &[(NodeId, Effects)]) -> bool {
    let u = unit_of(view, turn.unit);
    let waits = Effects::SLEEP | Effects::TIMER_ONCE;
    calls.iter().any(|&(node, effects)| {
        let only_waits =
            effects.intersects(waits) && !effects.intersects(Effects::DB | Effects::HTTP_REQUEST);
        only_waits && !is_in_a_catch(u, node, turn.body)
    })
}

fn is_in_a_catch(u: &Unit, node: NodeId, root: NodeId) -> bool {
    let mut below = node;
    for around in u.ancestors(node) {
        if let Kind::TryCatch { catch: Some(catch), .. } = u.kind(around)
            && catch.body == below
        {
            return true;
        }
        if around == root {
            return false;
        }
        below = around;
    }
    false
}

/// Whether each turn does work outside of the database and then writes down that its element is done.
fn settles_its_element(view: &UnitView<'_>, turn: &Turn, calls: &[(NodeId, Effects)]) -> bool {
    let outside = Effects::HTTP_REQUEST | Effects::NOTIFY | Effects::ENQUEUE | Effects::PROCESS;
    let works_outside = calls.iter().any(|(_, effects)| effects.intersects(outside));
    works_outside
        && calls.iter().any(|&(node, effects)| {
            effects.contains(Effects::DB_WRITE)
                && !is_insert(view, turn.unit, node)
                && mentions(unit_of(view, turn.unit), node, &turn.elements)
        })
}

fn is_insert(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let Kind::Call { .. } = unit_of(view, unit).kind(call) else { return false };
    let facts = view.eval.call(unit, call);
    facts.target.is_none() && facts.slot(Slot::Filter).is_none() && facts.slot(Slot::Data).is_some()
}

/// Whether the call asks with what the turn before has found: a chain, a path from a root.
fn waits_for_the_turn_before(u: &Unit, turn: &Turn, call: NodeId) -> bool {
    let body = u.range(turn.body);
    u.descendants(call).into_iter().any(|part| {
        let Kind::Name { binding: Some(b), .. } = u.kind(part) else { return false };
        let b = u.binding(*b);
        b.range.start < body.start
            && b.assignments.iter().any(|&assignment| match u.kind(assignment) {
                Kind::Assign { op, value, .. } => {
                    let range = u.range(assignment);
                    op == "="
                        && body.start <= range.start
                        && range.end <= body.end
                        && derives_from(u, *value, call)
                }
                _ => false,
            })
    })
}

/// Whether what a call yields, unawaited, ends up in a list that a transaction takes.
pub(crate) fn is_handed_to_a_transaction(view: &UnitView<'_>, unit: usize, call: NodeId) -> bool {
    let u = unit_of(view, unit);
    let mut at = call;
    for _ in 0..16 {
        let Some(parent) = u.parent(at) else { return false };
        match u.kind(parent) {
            Kind::Call { callee, args, .. } if *callee != at => {
                if view.eval.call(unit, parent).effects.contains(Effects::DB_TRANSACTION) {
                    return true;
                }
                let is_pushed = callee_name(u, parent).is_some_and(|n| n == "push" || n == "unshift");
                let Some(list) = receiver(u, parent).filter(|_| is_pushed && args.contains(&at)) else {
                    return false;
                };
                return declaration(view, unit, list).is_some_and(|list| goes_to_a_transaction(view, list));
            }
            Kind::Let { pattern, .. } => {
                return pattern.bindings.iter().any(|&b| goes_to_a_transaction(view, (unit, b)));
            }
            Kind::Array(_) | Kind::Spread(_) | Kind::Cast { .. } | Kind::Member { .. } => at = parent,
            Kind::Call { .. } => at = parent,
            _ => return false,
        }
    }
    false
}

fn goes_to_a_transaction(view: &UnitView<'_>, (unit, binding): (usize, BindingId)) -> bool {
    let u = unit_of(view, unit);
    u.binding(binding).uses.iter().any(|&used| {
        u.ancestors(used)
            .take_while(|&n| {
                matches!(u.kind(n), Kind::Array(_) | Kind::Spread(_) | Kind::Cast { .. } | Kind::Call { .. })
            })
            .any(|n| match u.kind(n) {
                Kind::Call { callee, .. } => {
                    !u.descendants(*callee).contains(&used)
                        && view.eval.call(unit, n).effects.contains(Effects::DB_TRANSACTION)
                }
                _ => false,
            })
    })
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
                    at = match (receiver(u, at), args.as_slice()) {
                        (Some(on), _) if !matches!(u.kind(on), Kind::Name { binding: None, .. }) => on,
                        (_, [only]) => *only,
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
