//! When a function runs: what it was handed to, and how often that calls it.

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Entry, FunctionId, Key, Kind, Name, NodeId, Unit};

use super::{CallFacts, Evaluator};

/// A function that stands as an argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The unit that the call stands in.
    pub unit: usize,
    /// The call.
    pub call: NodeId,
    /// Which argument it is.
    pub argument: usize,
    /// The function's node in that unit.
    pub node: NodeId,
}

/// What becomes of a function where it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Context {
    /// It is handed to a call whose model says when it runs.
    Runs(Run, Closure),
    /// It is handed to a call of which nothing is known.
    Passed(Closure),
    /// It is called where it stands.
    Immediate,
    /// It is the value of a property or JSX attribute.
    Property(Name),
    /// It is returned by the function around it: a cleanup, a factory's product.
    Returned,
    /// It is declared, or bound to a name.
    Named,
}

impl Context {
    /// Whether it runs as a part of the function around it, before that function's next statement matters.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        match self {
            Context::Runs(run, _) => runs_inline(*run),
            Context::Passed(_) | Context::Immediate => true,
            Context::Property(_) | Context::Returned | Context::Named => false,
        }
    }

    /// The call it is handed to.
    #[must_use]
    pub fn closure(&self) -> Option<Closure> {
        match self {
            Context::Runs(_, closure) | Context::Passed(closure) => Some(*closure),
            _ => None,
        }
    }
}

/// Whether a callback that runs so is a part of the function that hands it over.
pub(super) fn runs_inline(run: Run) -> bool {
    matches!(
        run,
        Run::Each | Run::Once | Run::Then | Run::Limited | Run::Transaction | Run::Retry | Run::Memo
    )
}

impl Evaluator<'_> {
    /// The node of a function, and the unit that the node stands in: for a unit's own function, the unit around it.
    #[must_use]
    pub fn node_of(&self, unit: usize, function: FunctionId) -> Option<(usize, NodeId)> {
        if let Some(node) = self.file.units[unit].unit.function(function).node {
            return Some((unit, node));
        }
        let entry = &self.file.units[unit];
        let parent = entry.parent?;
        let nested = self.file.units[parent].unit.nested.get(entry.index_in_parent as usize)?;
        Some((parent, nested.node))
    }

    /// The call that a function is an argument of.
    #[must_use]
    pub fn closure(&self, unit: usize, function: FunctionId) -> Option<Closure> {
        let (unit, node) = self.node_of(unit, function)?;
        let u: &Unit = &self.file.units[unit].unit;
        let mut at = node;
        loop {
            let parent = u.parent(at)?;
            match u.kind(parent) {
                Kind::Cast { .. } | Kind::NonNull(_) => at = parent,
                Kind::Call { args, .. } => {
                    let argument = args.iter().position(|&a| a == at)?;
                    return Some(Closure { unit, call: parent, argument, node });
                }
                _ => return None,
            }
        }
    }

    /// The call that a function is an argument of, or an option of: then with the option's name.
    #[must_use]
    pub fn closure_or_option(&self, unit: usize, function: FunctionId) -> Option<(Closure, Option<Name>)> {
        if let Some(closure) = self.closure(unit, function) {
            return Some((closure, None));
        }
        let (unit, node) = self.node_of(unit, function)?;
        let u: &Unit = &self.file.units[unit].unit;
        let object = u.parent(node)?;
        let Kind::Object { entries, .. } = u.kind(object) else { return None };
        let entry = entries.iter().find(|entry| entry.value == node)?;
        let Key::Name(key) = &entry.key else { return None };
        let call = u.parent(object)?;
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let argument = args.iter().position(|&arg| arg == object)?;
        Some((Closure { unit, call, argument, node }, Some(key.clone())))
    }

    /// What becomes of a function where it is written.
    #[must_use]
    pub fn context(&self, unit: usize, function: FunctionId) -> Context {
        if let Some(closure) = self.closure(unit, function) {
            let facts = self.call(closure.unit, closure.call);
            return match run_of(&facts, closure.argument) {
                Some(run) => Context::Runs(run, closure),
                None => Context::Passed(closure),
            };
        }
        let Some((unit, node)) = self.node_of(unit, function) else {
            return Context::Named;
        };
        let u: &Unit = &self.file.units[unit].unit;
        let Some(parent) = u.parent(node) else {
            // The expression body of an arrow function is what it returns.
            return Context::Named;
        };
        match u.kind(parent) {
            Kind::Call { callee, .. } if *callee == node => Context::Immediate,
            Kind::Return(_) => Context::Returned,
            Kind::Function(around) if u.function(*around).body == Some(node) => Context::Returned,
            Kind::Object { entries, .. } if self.option_callback(unit, parent, entries, node).is_some() => {
                self.option_callback(unit, parent, entries, node).expect("checked by the guard")
            }
            Kind::Object { entries, .. } | Kind::Element { attributes: entries, .. } => entries
                .iter()
                .find(|e| e.value == node)
                .and_then(|e| match &e.key {
                    Key::Name(name) => Some(Context::Property(name.clone())),
                    _ => None,
                })
                .unwrap_or(Context::Named),
            _ => Context::Named,
        }
    }
}

impl Evaluator<'_> {
    /// The context of a function that is an option of a call: `createWorker({ handler() {} })`.
    fn option_callback(
        &self,
        unit: usize,
        object: NodeId,
        entries: &[Entry],
        node: NodeId,
    ) -> Option<Context> {
        let u: &Unit = &self.file.units[unit].unit;
        let call = u.parent(object)?;
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let argument = args.iter().position(|&a| a == object)?;
        let entry = entries.iter().find(|e| e.value == node)?;
        let Key::Name(key) = &entry.key else { return None };
        let facts = self.call(unit, call);
        let (_, behavior) = facts.behavior.as_ref()?;
        let path = format!("{argument}.{key}");
        let run = behavior.run.filter(|_| behavior.callbacks.iter().any(|c| *c == path))?;
        Some(Context::Runs(run, Closure { unit, call, argument, node }))
    }
}

/// When the argument with this index runs, as the model of the call says.
#[must_use]
pub fn run_of(facts: &Arc<CallFacts>, argument: usize) -> Option<Run> {
    let (_, behavior) = facts.behavior.as_ref()?;
    let run = behavior.run?;
    let listed = || behavior.callbacks.iter().any(|c| c == "*" || c.parse() == Ok(argument));
    match behavior.callback {
        Some(index) => (usize::from(index) == argument || listed()).then_some(run),
        None => (behavior.callbacks.is_empty() || listed()).then_some(run),
    }
}
