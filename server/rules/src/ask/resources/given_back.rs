//! Whether what a function takes is given back on every way out of it: a connection of a pool by a method of its own, a
//! file by a method or by a function that it is handed to.

use plimsoll_behavior::{BindingId, Effects, FunctionId, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::CallFacts;

use crate::UnitView;
use crate::ask::code::{bare, callee_name};
use crate::ask::uses_of;

/// A way out of a function on which what it took is not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// Nothing gives it back.
    Always,
    /// A return, a throw or the end of a branch leaves before it is given back.
    At(NodeId),
    /// What is waited for here can fail, and nothing gives it back then.
    WhenFails(NodeId),
}

/// What a function takes and must give back.
pub struct Taken {
    /// The call that takes it.
    pub call: NodeId,
    /// The name that it is bound to in the same unit.
    pub binding: BindingId,
    /// The calls that give it back, in the function that took it.
    pub releases: Vec<NodeId>,
    /// Whether what throws while it is called counts as well as what is waited for.
    fails_at_once: bool,
}

/// What gives back what was taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways<'w> {
    /// Its own methods.
    pub methods: &'w [&'w str],
    /// Functions that it is handed to, by their last names.
    pub functions: &'w [&'w str],
    /// Whether what throws while it is called counts as well as what is waited for.
    pub fails_at_once: bool,
}

/// What a call takes for its function alone. None where it is handed to the caller, stored, given back by other code, or
/// goes where this file does not tell.
#[must_use]
pub fn taken(view: &UnitView<'_>, call: NodeId, ways: &Ways<'_>) -> Option<Taken> {
    let u = view.unit;
    let function = u.node(call).function;
    let mut at = call;
    while let Kind::Await(_) | Kind::Cast { .. } | Kind::NonNull(_) = u.kind(u.parent(at)?) {
        at = u.parent(at)?;
    }
    let holder = u.parent(at)?;
    let binding = match u.kind(holder) {
        Kind::Let { pattern, is_using: false, .. } => match pattern.bindings.as_slice() {
            [one] if u.binding(*one).path.is_empty() => *one,
            _ => return None,
        },
        Kind::Assign { target, value, op } if *value == at && op == "=" => match u.kind(*target) {
            Kind::Name { binding: Some(binding), .. } => *binding,
            _ => return None,
        },
        _ => return None,
    };
    let scope = u.binding(binding).scope;
    if u.scopes[scope.0 as usize].function != function || u.binding(binding).assignments.len() > 1 {
        return None;
    }
    let mut taken = Taken { call, binding, releases: Vec::new(), fails_at_once: ways.fails_at_once };
    let mut may_go_elsewhere = false;
    for (unit, used) in uses_of(view, view.index, binding) {
        let own = view.unit_of(unit);
        let is_here = unit == view.index && own.node(used).function == function;
        match use_of(view, unit, used, ways) {
            Use::Release(release) if is_here => taken.releases.push(release),
            // By a callback, whenever that runs.
            Use::Release(_) | Use::GoesAway => return None,
            Use::MayGoAway => may_go_elsewhere = true,
            Use::Used => {}
        }
    }
    (!taken.releases.is_empty() || !may_go_elsewhere).then_some(taken)
}

enum Use {
    Release(NodeId),
    GoesAway,
    MayGoAway,
    Used,
}

fn use_of(view: &UnitView<'_>, unit: usize, used: NodeId, ways: &Ways<'_>) -> Use {
    let u = view.unit_of(unit);
    let methods = ways.methods;
    let mut at = used;
    loop {
        let Some(parent) = u.parent(at) else { return Use::GoesAway };
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::NonNull(_) => at = parent,
            Kind::Member { object, name, .. } if *object == at => {
                let is_called = u.parent(parent).is_some_and(
                    |call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == parent),
                );
                return match (methods.contains(&name.as_str()), is_called) {
                    (true, true) => u.parent(parent).map_or(Use::GoesAway, Use::Release),
                    // `.finally(client.release)`
                    (true, false) => Use::GoesAway,
                    _ => Use::Used,
                };
            }
            Kind::Call { callee, args, .. } if *callee != at => {
                let facts = view.eval.call(unit, parent);
                if callee_name(u, parent).is_some_and(|name| ways.functions.contains(&name.as_str())) {
                    return Use::Release(parent);
                }
                // What a library does with the number of a file that is handed back by a function leaves it open.
                let is_lent = !ways.functions.is_empty() && facts.behavior.is_some();
                if is_lent || facts.effects.contains(Effects::LOG) {
                    return Use::Used;
                }
                let Some(target) = &facts.target else { return Use::MayGoAway };
                let index = args.iter().position(|&arg| arg == at);
                let summary = view.summary(target);
                let param = summary.as_ref().zip(index).and_then(|(s, i)| s.params.get(i));
                return match param {
                    Some(param) if param.members.iter().any(|m| methods.contains(&m.as_str())) => {
                        Use::Release(parent)
                    }
                    Some(param) if !param.is_passed_on => Use::Used,
                    _ => Use::MayGoAway,
                };
            }
            Kind::Assign { target, .. } if *target == at => return Use::Used,
            Kind::Return(_)
            | Kind::Function(_)
            | Kind::Object { .. }
            | Kind::Array(_)
            | Kind::Assign { .. }
            | Kind::Let { .. }
            | Kind::Yield(_)
            | Kind::Spread(_) => return Use::GoesAway,
            Kind::If { is_expression: true, condition, .. } if *condition != at => return Use::GoesAway,
            _ => return Use::Used,
        }
    }
}

/// The first way out of the function on which it is not given back.
#[must_use]
pub fn leak(view: &UnitView<'_>, taken: &Taken) -> Option<Leak> {
    if taken.releases.is_empty() {
        return Some(Leak::Always);
    }
    let function = view.unit.node(taken.call).function;
    let body = view.unit.function(function).body?;
    let mut paths = Paths { view, taken, function, fails: false, depth: 0, first_failure: None };
    let plain = paths.walk(body, FREE);
    if let Some(left) = plain.left.or(plain.thrown) {
        return Some(Leak::At(left));
    }
    if plain.falls & HELD != 0 {
        return Some(Leak::At(body));
    }
    // A `finally` is the answer to what fails, even where something may fail just before it.
    if is_in_a_finally(view.unit, taken) {
        return None;
    }
    paths.fails = true;
    let all = paths.walk(body, FREE);
    let is_leaked = all.left.is_some() || all.thrown.is_some() || all.falls & HELD != 0;
    // What a handler throws again is the same failure.
    let failing = all.thrown.filter(|&node| !matches!(view.unit.kind(node), Kind::Throw(_)));
    let failing = failing.or(paths.first_failure);
    is_leaked.then(|| failing.map(Leak::WhenFails)).flatten()
}

fn is_in_a_finally(u: &Unit, taken: &Taken) -> bool {
    taken.releases.iter().any(|&release| {
        let mut below = release;
        u.ancestors(release).any(|around| {
            let is_it =
                matches!(u.kind(around), Kind::TryCatch { finally: Some(finally), .. } if *finally == below);
            below = around;
            is_it
        })
    })
}

/// What may be the case at a place, in bits.
const HELD: u8 = 1;
const FREE: u8 = 2;
/// How deep statements may stand in each other.
const MAX_DEPTH: u16 = 200;

/// How statements end.
#[derive(Clone, Copy, Default)]
struct Ends {
    falls: u8,
    /// Leaves a loop or a switch.
    breaks: u8,
    /// A return that leaves while it is held.
    left: Option<NodeId>,
    /// What throws while it is held, and whether anything may throw while it is not.
    thrown: Option<NodeId>,
    may_throw: bool,
}

impl Ends {
    fn and(self, other: Ends) -> Ends {
        Ends {
            falls: self.falls | other.falls,
            breaks: self.breaks | other.breaks,
            left: self.left.or(other.left),
            thrown: self.thrown.or(other.thrown),
            may_throw: self.may_throw || other.may_throw,
        }
    }

    fn then(self, next: Ends) -> Ends {
        Ends { falls: next.falls, ..self.and(next) }
    }
}

struct Paths<'v, 'a> {
    view: &'v UnitView<'a>,
    taken: &'v Taken,
    function: FunctionId,
    /// Whether what is waited for may fail.
    fails: bool,
    depth: u16,
    first_failure: Option<NodeId>,
}

impl Paths<'_, '_> {
    fn walk(&mut self, node: NodeId, state: u8) -> Ends {
        if state == 0 || self.depth >= MAX_DEPTH {
            return Ends { falls: state, ..Ends::default() };
        }
        self.depth += 1;
        let ends = self.step(node, state);
        self.depth -= 1;
        ends
    }

    fn step(&mut self, node: NodeId, state: u8) -> Ends {
        let u = self.view.unit;
        match u.kind(node) {
            Kind::Function(_) | Kind::Nested(_) | Kind::Type(_) => Ends { falls: state, ..Ends::default() },
            Kind::If { condition, then, otherwise, .. } => {
                let before = self.walk(*condition, state);
                let (yes, no) = self.split(*condition, before.falls);
                let then_ends = self.walk(*then, yes);
                let else_ends = match otherwise {
                    Some(otherwise) => self.walk(*otherwise, no),
                    // `if (!released) client.release()`
                    None if self.is_only_a_release(*then) => Ends { falls: 0, ..Ends::default() },
                    None => Ends { falls: no, ..Ends::default() },
                };
                before.then(then_ends.and(else_ends))
            }
            Kind::Loop(own) => {
                let parts = [own.init, own.over, own.condition].into_iter().flatten();
                let mut before = Ends { falls: state, ..Ends::default() };
                for part in parts {
                    before = before.then(self.walk(part, before.falls));
                }
                let body = self.walk(own.body, before.falls);
                let mut all =
                    before.then(Ends { breaks: 0, falls: before.falls | body.falls | body.breaks, ..body });
                // What is taken on one turn must be given back before the next.
                let is_taken_inside = u.ancestors(self.taken.call).any(|at| at == own.body);
                if is_taken_inside && (body.falls | body.breaks) & HELD != 0 {
                    all.left = all.left.or(Some(own.body));
                }
                all
            }
            Kind::Match { on, arms } => {
                let before = self.walk(*on, state);
                let has_default = arms.iter().any(|arm| arm.case.is_none());
                let mut all = Ends { falls: if has_default { 0 } else { before.falls }, ..Ends::default() };
                for arm in arms {
                    let arm = self.walk(arm.body, before.falls);
                    all = all.and(Ends { falls: arm.falls | arm.breaks, breaks: 0, ..arm });
                }
                before.then(all)
            }
            Kind::TryCatch { body, catch, finally } => {
                let tried = self.walk(*body, state);
                let mut all = match catch {
                    Some(catch) => {
                        let held = if tried.thrown.is_some() { HELD } else { 0 };
                        let free = if tried.may_throw { FREE } else { 0 };
                        // What fails while a failure is handled is left out.
                        let fails = std::mem::replace(&mut self.fails, false);
                        let caught = self.walk(catch.body, held | free);
                        self.fails = fails;
                        Ends { thrown: None, may_throw: false, ..tried }.and(caught)
                    }
                    None => tried,
                };
                if let Some(finally) = finally {
                    let fails = std::mem::replace(&mut self.fails, false);
                    let last = self.walk(*finally, HELD);
                    self.fails = fails;
                    if last.falls & HELD == 0 {
                        let free = |state: u8| if state == 0 { 0 } else { FREE };
                        all = Ends {
                            left: None,
                            thrown: None,
                            falls: free(all.falls),
                            breaks: free(all.breaks),
                            may_throw: true,
                        };
                    }
                }
                all
            }
            Kind::Return(value) => {
                let before =
                    value.map_or(Ends { falls: state, ..Ends::default() }, |value| self.walk(value, state));
                let left = (before.falls & HELD != 0).then_some(node);
                before.then(Ends { left, ..Ends::default() })
            }
            Kind::Throw(value) => {
                let before = self.walk(*value, state);
                let thrown = (before.falls & HELD != 0).then_some(node);
                before.then(Ends { thrown, may_throw: true, ..Ends::default() })
            }
            Kind::Break { .. } | Kind::Continue(_) => Ends { breaks: state, ..Ends::default() },
            kind => {
                let mut parts = Vec::new();
                kind.each_part(&mut |part| parts.push(part));
                let mut all = Ends { falls: state, ..Ends::default() };
                for part in parts {
                    all = all.then(self.walk(part, all.falls));
                }
                all.then(self.event(node, all.falls))
            }
        }
    }

    /// What a node does after its parts have been evaluated.
    fn event(&mut self, node: NodeId, state: u8) -> Ends {
        let u = self.view.unit;
        let falls = |falls: u8| Ends { falls, ..Ends::default() };
        match u.kind(node) {
            Kind::Call { .. } if self.taken.releases.contains(&node) => falls(FREE),
            Kind::Call { .. } => {
                let exits = self.view.eval.call(self.view.index, node).effects.contains(Effects::EXIT);
                if exits {
                    return falls(0);
                }
                let throws = |call: &CallFacts| {
                    call.behavior.as_ref().is_some_and(|(_, behavior)| behavior.throws && !behavior.is_async)
                };
                let is_failing = self.fails
                    && self.taken.fails_at_once
                    && node != self.taken.call
                    && u.node(node).function == self.function
                    && throws(&self.view.eval.call(self.view.index, node));
                if is_failing { self.failure(node, state) } else { falls(state) }
            }
            Kind::Await(value) if bare(u, *value) == self.taken.call => falls(HELD),
            // Not waited for: `ds.createQueryRunner()`.
            Kind::Let { init: Some(init), .. } if bare(u, *init) == self.taken.call => falls(HELD),
            Kind::Assign { value, .. } if bare(u, *value) == self.taken.call => falls(HELD),
            Kind::Await(value)
                if self.fails && u.node(node).function == self.function && !is_caught(u, *value) =>
            {
                self.failure(*value, state)
            }
            Kind::Await(_) => Ends { falls: state, may_throw: true, ..Ends::default() },
            _ => falls(state),
        }
    }

    fn failure(&mut self, node: NodeId, state: u8) -> Ends {
        let is_held = state & HELD != 0;
        if is_held && self.first_failure.is_none() {
            self.first_failure = Some(node);
        }
        Ends { falls: state, thrown: is_held.then_some(node), may_throw: true, ..Ends::default() }
    }

    /// What holds where a condition does and does not.
    fn split(&self, condition: NodeId, state: u8) -> (u8, u8) {
        let u = self.view.unit;
        let is_it = |node: NodeId| matches!(u.kind(bare(u, node)), Kind::Name { binding: Some(b), .. } if *b == self.taken.binding);
        let is_nothing =
            |node: NodeId| matches!(u.kind(node), Kind::Literal(Literal::Null | Literal::Undefined));
        let (held, free) = (state & HELD, state & FREE);
        match u.kind(condition) {
            _ if is_it(condition) => (held, if free != 0 { free } else { 0 }),
            Kind::Unary { op, value } if op == "!" && is_it(*value) => (free, held),
            Kind::Binary { op, left, right } if is_it(*left) && is_nothing(*right) => match op.as_str() {
                "!=" | "!==" => (held, free),
                _ => (free, held),
            },
            Kind::Binary { op, left, .. } if op == "&&" && is_it(*left) => (held, free),
            _ => (state, state),
        }
    }

    fn is_only_a_release(&self, node: NodeId) -> bool {
        let u = self.view.unit;
        let mut at = node;
        loop {
            at = match u.kind(at) {
                Kind::Block { statements, .. } if statements.len() == 1 => statements[0],
                Kind::Discard(inner) | Kind::Await(inner) => *inner,
                _ => return self.taken.releases.contains(&at),
            };
        }
    }
}

/// Whether a failure of what is waited for goes no further: `client.query('ROLLBACK').catch(() => {})`.
fn is_caught(u: &Unit, value: NodeId) -> bool {
    let Kind::Call { callee, .. } = u.kind(value) else { return false };
    matches!(u.kind(*callee), Kind::Member { name, .. } if name == "catch" || name == "allSettled")
}
