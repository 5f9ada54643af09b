//! What becomes of a failure: whether it is tried again, whether somebody falls back, and in which role it ends.

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{
    BindingId, BlockForm, CallForm, Catch, Effects, FunctionId, Kind, Literal, Loop, LoopKind, Name, NodeId,
    Pattern, Unit,
};
use plimsoll_project::link::{CallFacts, Closure, Context, run_of};

use crate::UnitView;
use crate::ask::resilience::retry_helper::{is_retry_helper, suggests_retry};
use crate::ask::role::Role;
use crate::ask::time::period;

/// What runs again within this time, in milliseconds, is its own retry: five minutes.
const SOON: f64 = 300_000.0;

/// Where a failure of a call goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Tried again, answered with something else, shown by a caller, or of no consequence.
    Covered,
    /// It ends the work that runs in this role.
    Ends(Role),
    /// It leaves this function of the file (its unit, its id): to be seen by its callers, or logged and nothing more.
    Leaves(usize, FunctionId, Seen),
}

/// Who sees a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Whoever called.
    ByCallers,
    /// Only the log.
    ByTheLog,
}

/// How a handler of a failure treats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handling {
    /// The failure goes on.
    Rethrows,
    /// It is logged, and the work is over.
    Logs,
    /// Something else is done instead.
    FallsBack,
}

/// Follows the failure of a call upwards through its unit and the units around it. A handler that also covers
/// `after`, a call of the same unit, is nobody's fallback for this one: what `after` did is not undone by it.
#[must_use]
pub fn failure_of(view: &UnitView<'_>, unit: usize, node: NodeId, after: Option<NodeId>) -> Failure {
    let mut climb = Climb { view, unit, at: node, is_value: view.is_rust(), is_logged: false, after };
    // Each turn leaves a function or a unit, of which there are finitely many around a node.
    loop {
        match climb.through_function() {
            Step::Done(failure) => return failure,
            Step::Boundary => {}
        }
        let function = climb.unit().node(climb.at).function;
        let context = view.eval.context(climb.unit, function);
        match climb.through_boundary(&context, function) {
            Step::Done(failure) => return failure,
            Step::Boundary => {}
        }
    }
}

enum Step {
    Done(Failure),
    Boundary,
}

struct Climb<'v, 'a> {
    view: &'v UnitView<'a>,
    unit: usize,
    at: NodeId,
    /// Whether the failure is a value here (a `Result`) that must be handed on, instead of one that is thrown.
    is_value: bool,
    /// Whether a handler has logged it, so that no other one sees it.
    is_logged: bool,
    after: Option<NodeId>,
}

impl<'a> Climb<'_, 'a> {
    fn unit(&self) -> &'a Unit {
        &self.view.linked.file.units[self.unit].unit
    }

    /// Climbs to the body of the innermost function.
    fn through_function(&mut self) -> Step {
        let u = self.unit();
        let function = u.node(self.at).function;
        while let Some(parent) = u.parent(self.at) {
            if u.node(parent).function != function {
                // The function's own node belongs to the function around it.
                break;
            }
            if !self.is_logged
                && let Some(failure) = self.guard(u, parent)
            {
                return Step::Done(failure);
            }
            if let Kind::Loop(l) = u.kind(parent)
                && let Some(failure) = self.repeats(u, l)
            {
                return Step::Done(failure);
            }
            self.at = parent;
        }
        Step::Boundary
    }

    /// What a node around the call makes of its failure, where that ends the search.
    fn guard(&mut self, u: &'a Unit, parent: NodeId) -> Option<Failure> {
        let from = self.at;
        match u.kind(parent) {
            Kind::TryCatch { body, catch: Some(catch), .. } if *body == from => {
                let covers_after = self.after.is_some_and(|a| a == from || u.ancestors(a).any(|n| n == from));
                let handling = if covers_after { Handling::Logs } else { self.catching(u, catch) };
                // Work that goes on after a log line does without it.
                let goes_on = handling == Handling::Logs && !covers_after && self.goes_on_after(u, parent);
                return self.handled(if goes_on { Handling::FallsBack } else { handling });
            }
            Kind::Member { object, name, .. } if *object == from => {
                let call = u.parent(parent)?;
                let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
                if *callee != parent {
                    return None;
                }
                return self.method(u, name, args);
            }
            Kind::Call { .. } => {
                let facts = self.view.eval.call(self.unit, parent);
                if facts.effects.contains(Effects::RETRY) || settles(u, parent) {
                    return Some(Failure::Covered);
                }
            }
            Kind::Try(_) => self.is_value = false,
            Kind::Block { form: BlockForm::Async, .. } => self.is_value = self.view.is_rust(),
            _ => {}
        }
        if self.is_value { self.value(u, parent) } else { None }
    }

    /// What a method makes of the promise or result it is called on.
    fn method(&mut self, u: &'a Unit, name: &str, args: &[NodeId]) -> Option<Failure> {
        let handler = match (self.view.is_rust(), name) {
            (false, "catch") => args.first(),
            (false, "then") => args.get(1),
            (true, "ok" | "is_ok" | "is_err" | "or_else" | "map_or" | "map_or_else") => {
                return self.is_value.then_some(Failure::Covered);
            }
            (true, name) if name.starts_with("unwrap_or") => {
                return self.is_value.then_some(Failure::Covered);
            }
            (true, "unwrap" | "expect") => {
                self.is_value = false;
                return None;
            }
            _ => return None,
        };
        let handling = self.handler(u, *handler?);
        self.handled(handling)
    }

    /// A function that is given as the handler of a rejection.
    fn handler(&self, u: &'a Unit, node: NodeId) -> Handling {
        match u.kind(node) {
            Kind::Function(f) => u.function(*f).body.map_or(Handling::FallsBack, |b| self.handling(u, b)),
            Kind::Member { object, .. } => {
                let facts = self.view.linked.facts[self.unit].calls.get(&node);
                let logs = facts.is_some_and(|f| f.effects.contains(Effects::LOG)) || is_logger(u, *object);
                if logs { Handling::Logs } else { Handling::FallsBack }
            }
            _ => Handling::FallsBack,
        }
    }

    fn handled(&mut self, handling: Handling) -> Option<Failure> {
        match handling {
            Handling::Rethrows => None,
            Handling::FallsBack => Some(Failure::Covered),
            Handling::Logs => {
                self.is_logged = true;
                None
            }
        }
    }

    /// What becomes of a result at the node around it.
    fn value(&mut self, u: &'a Unit, parent: NodeId) -> Option<Failure> {
        let from = self.at;
        match u.kind(parent) {
            Kind::Discard(_) => Some(Failure::Covered),
            Kind::Match { on, arms } if *on == from => {
                let arm = arms.iter().find(|arm| arm.pattern.as_ref().is_some_and(takes_errors));
                let handling = arm.map_or(Handling::FallsBack, |arm| self.handling(u, arm.body));
                self.is_value = handling == Handling::Rethrows && self.is_value;
                self.handled(handling)
            }
            Kind::Is { value, pattern } if *value == from => {
                let (then, otherwise) = branches(u, parent);
                let handler = if takes_errors(pattern) { then } else { otherwise };
                let handling = handler.map_or(Handling::FallsBack, |h| self.handling(u, h));
                self.handled(handling)
            }
            Kind::Let { otherwise: Some(otherwise), .. } => {
                let handling = self.handling(u, *otherwise);
                self.handled(handling)
            }
            Kind::Let { pattern, init: Some(init), .. } if *init == from => self.bound(u, pattern),
            _ => None,
        }
    }

    /// A result that is bound to a name first: what the first use that decides makes of it.
    fn bound(&mut self, u: &'a Unit, pattern: &Pattern) -> Option<Failure> {
        let [binding] = pattern.bindings.as_slice() else {
            return pattern.bindings.is_empty().then_some(Failure::Covered);
        };
        let uses = &u.binding(*binding).uses;
        let Some(&used) = uses.iter().find(|&&used| self.decides(u, used, *binding)) else {
            self.is_value = false;
            return None;
        };
        self.at = used;
        None
    }

    fn decides(&self, u: &Unit, used: NodeId, _binding: BindingId) -> bool {
        // A use that comes before the call in the tree's order would lead back here.
        u.range(used).start > u.range(self.at).end
    }

    /// Whether a statement after this one, in the same block, does more than to log.
    fn goes_on_after(&self, u: &'a Unit, statement: NodeId) -> bool {
        let Some(block) = u.parent(statement) else { return false };
        let Kind::Block { statements, .. } = u.kind(block) else { return false };
        let later = statements.iter().skip_while(|&&s| s != statement).skip(1);
        later.flat_map(|&s| u.descendants(s)).any(|node| {
            matches!(u.kind(node), Kind::Call { .. }) && {
                let facts = self.view.eval.call(self.unit, node);
                !(facts.effects - Effects::LOG).is_empty() || facts.target.is_some()
            }
        })
    }

    fn catching(&self, u: &'a Unit, catch: &Catch) -> Handling {
        self.handling(u, catch.body)
    }

    /// How the body of a handler treats the failure.
    fn handling(&self, u: &'a Unit, body: NodeId) -> Handling {
        let mut logs = false;
        for node in u.descendants(body) {
            match u.kind(node) {
                Kind::Throw(_) | Kind::Try(_) => return Handling::Rethrows,
                Kind::Return(Some(value)) if is_error(u, *value) => return Handling::Rethrows,
                Kind::Return(Some(value)) if !is_undefined(u, *value) => return Handling::FallsBack,
                Kind::Assign { .. } => return Handling::FallsBack,
                Kind::Call { callee, .. } => {
                    if is_error(u, node) {
                        return Handling::Rethrows;
                    }
                    let facts = self.view.eval.call(self.unit, node);
                    if facts.effects.contains(Effects::EXIT) || panics(u, *callee) {
                        return Handling::Rethrows;
                    }
                    if facts.effects.contains(Effects::LOG) || is_log_call(u, *callee) {
                        logs = true;
                    } else if !facts.effects.is_empty() || facts.target.is_some() {
                        return Handling::FallsBack;
                    }
                }
                _ => {}
            }
        }
        let is_fallback_value = match u.kind(body) {
            Kind::Block { has_value, statements, .. } => {
                *has_value && statements.last().is_some_and(|&last| !is_logged_value(self, u, last))
            }
            Kind::Call { .. } => false,
            _ => true,
        };
        if is_fallback_value || !logs { Handling::FallsBack } else { Handling::Logs }
    }

    /// A loop around the call that repeats it: by hand after a failure, or soon by itself.
    fn repeats(&self, u: &'a Unit, l: &Loop) -> Option<Failure> {
        let inside = u.descendants(l.body);
        let sleep = inside.iter().find_map(|&node| {
            let facts = self.view.linked.facts[self.unit].calls.get(&node)?;
            let own = facts.target.as_ref().and_then(|target| self.view.summary(target));
            let only_waits = own.is_some_and(|own| {
                own.effects.intersects(Effects::SLEEP | Effects::TIMER_ONCE)
                    && !own.effects.contains(Effects::HTTP_REQUEST)
            });
            (facts.effects.contains(Effects::SLEEP) || only_waits).then(|| Arc::clone(facts))
        });
        let ends = inside.iter().any(|&n| matches!(u.kind(n), Kind::Return(_) | Kind::Break { .. }));
        let is_endless = matches!(l.kind, LoopKind::Forever)
            || l.condition.is_some_and(|c| matches!(u.kind(c), Kind::Literal(Literal::Bool(true))));
        if is_endless
            && !ends
            && let Some(sleep) = &sleep
        {
            // Work that goes on for ever: a poller, or a job where it waits for long.
            return match period(self.view, sleep) {
                Some(wait) if wait >= SOON => Some(Failure::Ends(Role::Job)),
                _ => Some(Failure::Covered),
            };
        }
        let over_items = matches!(l.kind, LoopKind::Each | LoopKind::EachAwait | LoopKind::Keys)
            && !l.over.is_some_and(|over| matches!(u.kind(over), Kind::Range { .. }));
        let stays_inside = self.is_logged || (self.is_value && self.view.is_rust());
        let is_retry = ends && !over_items && (stays_inside || sleep.is_some());
        is_retry.then_some(Failure::Covered)
    }

    /// Leaves a function: through what it was handed to, or to its callers.
    fn through_boundary(&mut self, context: &Context, function: FunctionId) -> Step {
        let seen = if self.is_logged { Seen::ByTheLog } else { Seen::ByCallers };
        let leaves = Step::Done(Failure::Leaves(self.unit, function, seen));
        let own = self.unit().function(function);
        if own.attributes.iter().any(|a| a.path.last().is_some_and(|last| suggests_retry(last))) {
            return Step::Done(Failure::Covered);
        }
        let closure = match context {
            Context::Runs(run, closure) => {
                let facts = self.view.eval.call(closure.unit, closure.call);
                if let Some(failure) = self.ends_in(*run, &facts) {
                    return Step::Done(failure);
                }
                *closure
            }
            Context::Passed(closure) => {
                if is_retried(self.view, closure) {
                    return Step::Done(Failure::Covered);
                }
                *closure
            }
            Context::Immediate => {
                let Some((unit, node)) = self.view.eval.node_of(self.unit, function) else { return leaves };
                let Some(call) = self.view.linked.file.units[unit].unit.parent(node) else { return leaves };
                Closure { unit, call, argument: 0, node }
            }
            Context::Property(_) | Context::Returned | Context::Named => return leaves,
        };
        self.unit = closure.unit;
        self.at = closure.call;
        self.is_value = self.view.is_rust();
        // `router.put("/", wrap(async () => …))`: the product of the wrapper is what is registered.
        let u = self.unit();
        if let Some(parent) = u.parent(closure.call)
            && let Kind::Call { args, .. } = u.kind(parent)
            && let Some(argument) = args.iter().position(|&a| a == closure.call)
        {
            let facts = self.view.eval.call(self.unit, parent);
            if let Some(run) = run_of(&facts, argument)
                && let Some(failure) = self.ends_in(run, &facts)
            {
                return Step::Done(failure);
            }
        }
        Step::Boundary
    }

    /// What a failure does to work that is run this way.
    fn ends_in(&self, run: Run, facts: &CallFacts) -> Option<Failure> {
        ends_in(self.view, run, facts)
    }
}

/// What a failure does to work that a call with these facts runs in this way; none where it is the caller's.
#[must_use]
pub fn ends_in(view: &UnitView<'_>, run: Run, facts: &CallFacts) -> Option<Failure> {
    let redelivers = facts.behavior.as_ref().is_some_and(|(_, b)| b.redelivers);
    match run {
        Run::Retry | Run::Test | Run::Effect | Run::Listener => Some(Failure::Covered),
        Run::Handler => Some(Failure::Ends(Role::Handler)),
        Run::Job if redelivers => Some(Failure::Covered),
        Run::Job => match period(view, facts) {
            Some(wait) if wait < SOON => Some(Failure::Covered),
            _ => Some(Failure::Ends(Role::Job)),
        },
        Run::Interval => match period(view, facts) {
            Some(wait) if wait >= SOON => Some(Failure::Ends(Role::Job)),
            _ => Some(Failure::Covered),
        },
        Run::Each
        | Run::Once
        | Run::Then
        | Run::Limited
        | Run::Transaction
        | Run::Timeout
        | Run::Task
        | Run::Memo => None,
    }
}

/// Whether a function that stands as an argument is run until it succeeds.
#[must_use]
pub fn is_retried(view: &UnitView<'_>, closure: &Closure) -> bool {
    let u = &view.linked.file.units[closure.unit].unit;
    let facts = view.eval.call(closure.unit, closure.call);
    if let Some(target) = &facts.target {
        return is_retry_helper(view, target);
    }
    let Kind::Call { callee, .. } = u.kind(closure.call) else { return false };
    match u.kind(*callee) {
        Kind::Name { name, .. } => suggests_retry(name),
        Kind::Member { object, name, .. } => {
            suggests_retry(name) || view_name(u, *object).is_some_and(|n| suggests_retry(&n))
        }
        _ => false,
    }
}

/// `Promise.allSettled([…])`: whoever asks for it looks at each outcome.
fn settles(u: &Unit, call: NodeId) -> bool {
    let Kind::Call { callee, form: CallForm::Plain, .. } = u.kind(call) else { return false };
    matches!(u.kind(*callee), Kind::Member { name, .. } if name == "allSettled")
}

fn branches(u: &Unit, is: NodeId) -> (Option<NodeId>, Option<NodeId>) {
    u.ancestors(is)
        .find_map(|n| match u.kind(n) {
            Kind::If { then, otherwise, .. } => Some((Some(*then), *otherwise)),
            _ => None,
        })
        .unwrap_or((None, None))
}

fn takes_errors(pattern: &Pattern) -> bool {
    pattern.variants.first().is_some_and(|v| v == "Err")
}

/// `Err(…)`, or a rejected promise.
fn is_error(u: &Unit, node: NodeId) -> bool {
    let Kind::Call { callee, .. } = u.kind(node) else { return false };
    match u.kind(*callee) {
        Kind::Name { name, .. } => matches!(name.as_str(), "Err" | "reject" | "bail" | "next"),
        Kind::Member { name, .. } => name == "reject",
        _ => false,
    }
}

fn panics(u: &Unit, callee: NodeId) -> bool {
    matches!(u.kind(callee), Kind::Name { name, .. } if matches!(name.as_str(), "panic" | "unreachable" | "unimplemented"))
}

fn is_undefined(u: &Unit, node: NodeId) -> bool {
    matches!(u.kind(node), Kind::Literal(Literal::Undefined))
}

fn is_logged_value(climb: &Climb<'_, '_>, u: &Unit, node: NodeId) -> bool {
    let node = match u.kind(node) {
        Kind::Discard(inner) => *inner,
        _ => node,
    };
    let Kind::Call { callee, .. } = u.kind(node) else { return false };
    let facts = climb.view.eval.call(climb.unit, node);
    facts.effects.contains(Effects::LOG) || is_log_call(u, *callee)
}

/// `this.logger.warn(…)`: a logger of unknown make.
pub(crate) fn is_log_call(u: &Unit, callee: NodeId) -> bool {
    let Kind::Member { object, name, .. } = u.kind(callee) else {
        return matches!(u.kind(callee), Kind::Name { name, .. } if matches!(name.as_str(), "error" | "warn" | "info" | "debug" | "log"));
    };
    let method = matches!(
        name.as_str(),
        "error" | "warn" | "warning" | "info" | "debug" | "log" | "trace" | "fatal" | "captureException"
    );
    method && is_logger(u, *object)
}

fn is_logger(u: &Unit, object: NodeId) -> bool {
    view_name(u, object).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        ["log", "console", "sentry", "tracing"].iter().any(|word| name.contains(word))
    })
}

fn view_name(u: &Unit, node: NodeId) -> Option<Name> {
    match u.kind(node) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name.clone()),
        _ => None,
    }
}
