//! Queues in memory that have no bound: who puts things into them, and how fast what is put in is taken out.

use plimsoll_behavior::models::QueueEnds;
use plimsoll_behavior::{Access, BindingId, BindingKind, Key, Kind, Name, NodeId, PathStep, Unit};

use crate::ask::code::{bare, callee_name, chain_head, in_function, receiver};
use crate::ask::made::STATE;
use crate::ask::resources::connections::{Slow, loop_over_a_connection, slow_in};
use crate::ask::resources::released::{binding_of, owner_of, uses_of};
use crate::{Place, UnitView};

/// How many functions an end of a queue is followed through.
const MAX_FUNCTIONS: u8 = 3;
/// How many nodes each end of a queue is followed through.
const MAX_STEPS: usize = 300;
/// How many names the head of a path is followed through.
const MAX_NAMES: u8 = 6;

/// Methods of collections, cells and maps that keep what they are given.
const KEEPS: &[&str] =
    &["insert", "push", "push_back", "or_insert", "or_insert_with", "replace", "set", "store", "swap"];

/// A queue and all that is seen of it.
#[derive(Default)]
pub struct Queue {
    /// What its first end is called.
    pub name: Name,
    /// Its ends, in the unit that makes it.
    pub ends: Option<(BindingId, BindingId)>,
    /// Where something is put in.
    pub feeds: Vec<Feed>,
    /// Where its first end is kept for others to put something in.
    pub kept: Option<Place>,
    /// Where something is taken out, and what is done with it.
    pub drains: Vec<Drain>,
    /// Whether an end goes where nothing tells what is done with it, or where it is of a type that is written down.
    pub leaves: bool,
}

/// Where something is put into a queue.
pub struct Feed {
    /// The call.
    pub at: Place,
    /// The loop that takes what comes over a connection and puts something in for it.
    pub per_message: Option<Place>,
    /// Whether it only says that something is the case: it is given nothing, or a constant.
    pub is_a_sign: bool,
}

/// Where something is taken out of a queue, again and again.
pub struct Drain {
    /// The loop.
    pub around: Place,
    /// What takes its time for each, and where.
    pub slow: Option<(Slow, Place)>,
}

/// What is seen of the queue that a call of the unit makes; none where its ends are not taken apart there.
#[must_use]
pub fn queue(view: &UnitView<'_>, call: NodeId, ends: &QueueEnds) -> Option<Queue> {
    let u = view.unit;
    let end = |index: u32| {
        let found = u
            .bindings
            .iter()
            .zip(0..)
            .find(|(binding, _)| binding.value == Some(call) && binding.path == [PathStep::Index(index)]);
        found.map(|(_, id)| BindingId(id))
    };
    let (first, second) = (end(0)?, end(1)?);
    let own = Queue { name: u.binding(first).name.clone(), ends: Some((first, second)), ..Queue::default() };
    let mut search =
        Search { ends, found: own, functions: MAX_FUNCTIONS, steps: MAX_STEPS, per_message: None };
    search.drained(view, view.index, second);
    search.fed(view, view.index, first);
    let mut found = search.found;
    // What takes it out itself waits for itself.
    let is_its_own =
        |feed: &Feed| found.drains.iter().any(|drain| Some(&drain.around) == feed.per_message.as_ref());
    let own: Vec<bool> = found.feeds.iter().map(is_its_own).collect();
    for (feed, _) in found.feeds.iter_mut().zip(own).filter(|(_, is_its_own)| *is_its_own) {
        feed.per_message = None;
    }
    Some(found)
}

struct Search<'e> {
    ends: &'e QueueEnds,
    found: Queue,
    functions: u8,
    steps: usize,
    /// The loop over a connection that calls the function which is looked at.
    per_message: Option<Place>,
}

impl Search<'_> {
    /// Looks at what is done with the end that takes things in, under one of its names.
    fn fed(&mut self, view: &UnitView<'_>, unit: usize, binding: BindingId) {
        for (at, used) in uses_of(view, unit, binding) {
            self.goes(&view.of(at), used);
        }
    }

    /// Goes after a value that is the end, or holds it.
    fn goes(&mut self, view: &UnitView<'_>, node: NodeId) {
        let Some(left) = self.steps.checked_sub(1) else { return };
        self.steps = left;
        let u = view.unit;
        let Some(parent) = u.parent(node) else {
            self.found.leaves = true;
            return;
        };
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::Await(_) | Kind::Try(_) | Kind::Unary { .. } => self.goes(view, parent),
            Kind::Member { object, name, .. } if *object == node => {
                let called = u
                    .parent(parent)
                    .filter(|&call| matches!(u.kind(call), Kind::Call { callee, .. } if *callee == parent));
                let Some(call) = called else { return };
                if self.ends.fed_by.contains(name) {
                    self.feed(view, call);
                } else if view
                    .eval
                    .call(view.index, call)
                    .behavior
                    .as_ref()
                    .is_some_and(|(_, b)| b.yields.as_deref() == Some("receiver"))
                {
                    self.goes(view, call);
                }
            }
            Kind::Call { callee, .. } if *callee != node => self.handed(view, parent, node),
            Kind::Array(_) => self.goes(view, parent),
            Kind::Object { entries, ty } => {
                let field = entries.iter().find(|entry| entry.value == node);
                let named = ty.as_ref().and_then(|ty| ty.path.last());
                let owner = match named {
                    Some(name) if name != "Self" => Some(name.clone()),
                    _ => owner_of(view, view.index, parent),
                };
                if let Some((owner, Key::Name(field))) = owner.zip(field.map(|entry| &entry.key)) {
                    self.in_field(view, &owner, field);
                }
                self.found.leaves = true;
                self.goes(view, parent);
            }
            Kind::Let { pattern, .. } => {
                for &binding in &pattern.bindings {
                    self.fed(view, view.index, binding);
                }
            }
            Kind::Assign { target, value, .. } if *value == node => match u.kind(*target) {
                Kind::Name { binding: Some(binding), .. } => self.fed(view, view.index, *binding),
                Kind::Member { object, name, .. } if *u.kind(*object) == Kind::This => {
                    self.found.leaves = true;
                    if let Some(owner) = owner_of(view, view.index, *target) {
                        self.in_field(view, &owner, name);
                    }
                }
                _ => self.kept_in(view, *target, parent),
            },
            Kind::Block { has_value: true, statements, .. } if statements.last() == Some(&node) => {
                self.goes(view, parent);
            }
            Kind::Return(_) | Kind::Function(_) | Kind::Yield(_) | Kind::Other(_) => self.found.leaves = true,
            _ => {}
        }
    }

    /// The value is an argument of a call.
    fn handed(&mut self, view: &UnitView<'_>, call: NodeId, node: NodeId) {
        let u = view.unit;
        let Kind::Call { callee, args, .. } = u.kind(call) else { return };
        let facts = view.eval.call(view.index, call);
        if let Some(target) = &facts.target {
            self.found.leaves = true;
            let index = args.iter().position(|&arg| arg == node).unwrap_or_default();
            let Some(left) = self.functions.checked_sub(1).filter(|_| target.others.is_empty()) else {
                return;
            };
            let before = self.per_message.clone();
            self.per_message =
                before.clone().or_else(|| loop_over_a_connection(view, call).map(|at| view.place(at)));
            self.functions = left;
            in_function(view, target, &mut |there| {
                let bound = params_of(there.unit, target.function.0, index);
                bound.into_iter().for_each(|binding| self.fed(there, there.index, binding));
            });
            self.functions = left + 1;
            self.per_message = before;
            return;
        }
        if let Kind::Member { object, name, access: Access::Dot, .. } = u.kind(*callee) {
            self.found.leaves = true;
            if KEEPS.contains(&name.as_str()) {
                self.kept_in(view, *object, call);
            }
            return;
        }
        // `Some(tx)`, `Pending::Streaming(tx)`, `Arc::new(tx)`
        let makes = match u.kind(*callee) {
            Kind::Name { name, .. } | Kind::Member { name, .. } => {
                name.starts_with(|c: char| c.is_ascii_uppercase())
                    || facts.behavior.as_ref().is_some_and(|(_, b)| b.yields.as_deref() == Some("arg.0"))
            }
            _ => false,
        };
        self.found.leaves = true;
        if makes {
            self.goes(view, call);
        }
    }

    /// The value is kept in what a path leads to, where others have that too.
    fn kept_in(&mut self, view: &UnitView<'_>, path: NodeId, by: NodeId) {
        self.found.leaves = true;
        if self.found.kept.is_none() && is_shared(view, path) {
            self.found.kept = Some(view.place(by));
        }
    }

    /// The value is in a field of a type, whose methods in this file put something in.
    fn in_field(&mut self, view: &UnitView<'_>, owner: &Name, field: &Name) {
        for index in 0..view.linked.file.units.len() {
            let there = view.of(index);
            for &call in &there.unit.calls {
                let Some(on) = receiver(there.unit, call) else { continue };
                let Kind::Member { object, name, .. } = there.unit.kind(bare(there.unit, on)) else {
                    continue;
                };
                let is_it = name == field && *there.unit.kind(*object) == Kind::This;
                let is_fed =
                    callee_name(there.unit, call).is_some_and(|name| self.ends.fed_by.contains(name));
                if is_it && is_fed && owner_of(&there, index, call).as_ref() == Some(owner) {
                    self.feed(&there, call);
                }
            }
        }
    }

    fn feed(&mut self, view: &UnitView<'_>, call: NodeId) {
        let u = view.unit;
        let Kind::Call { args, .. } = u.kind(call) else { return };
        let is_nothing = |arg: &NodeId| match u.kind(*arg) {
            Kind::Literal(_) => true,
            Kind::Array(parts) => parts.is_empty(),
            _ => false,
        };
        let is_last = leaves_after(u, call);
        let per_message =
            self.per_message.clone().or_else(|| loop_over_a_connection(view, call).map(|at| view.place(at)));
        let feed = Feed {
            at: view.place(call),
            per_message: per_message.filter(|_| !is_last && !waits_for_an_answer(u, call)),
            is_a_sign: args.iter().all(is_nothing),
        };
        self.found.feeds.push(feed);
    }

    /// Looks at what is done with the end that hands things out, under one of its names.
    fn drained(&mut self, view: &UnitView<'_>, unit: usize, binding: BindingId) {
        for (at, used) in uses_of(view, unit, binding) {
            self.drain(&view.of(at), used);
        }
    }

    fn drain(&mut self, view: &UnitView<'_>, used: NodeId) {
        let u = view.unit;
        let mut node = used;
        while let Some(Kind::Unary { .. }) = u.parent(node).map(|parent| u.kind(parent)) {
            node = u.parent(node).unwrap_or(node);
        }
        let Some(parent) = u.parent(node) else { return };
        match u.kind(parent) {
            Kind::Member { object, name, .. } if *object == node && self.ends.taken_by.contains(name) => {
                let Some(taken) = u.parent(parent) else { return };
                let Some((around, done)) = for_each(u, taken) else { return };
                let slow = done.into_iter().find_map(|part| slow_in(view, part, taken));
                let slow = slow.map(|(slow, at)| (slow, view.place(at)));
                self.found.drains.push(Drain { around: view.place(around), slow });
            }
            Kind::Call { callee, args, .. } if *callee != node => {
                let facts = view.eval.call(view.index, parent);
                self.found.leaves = true;
                let Some(target) = &facts.target else { return };
                let index = args.iter().position(|&arg| arg == node).unwrap_or_default();
                let Some(left) = self.functions.checked_sub(1).filter(|_| target.others.is_empty()) else {
                    return;
                };
                self.functions = left;
                in_function(view, target, &mut |there| {
                    let bound = params_of(there.unit, target.function.0, index);
                    bound.into_iter().for_each(|binding| self.drained(there, there.index, binding));
                });
                self.functions = left + 1;
            }
            Kind::Member { object, .. } if *object == node => {}
            _ => self.found.leaves = true,
        }
    }
}

fn params_of(u: &Unit, function: u32, index: usize) -> Vec<BindingId> {
    let own = u.functions.get(function as usize).and_then(|own| own.params.get(index));
    own.map(|param| param.pattern.bindings.clone()).unwrap_or_default()
}

/// The loop around what is taken out, and what is done with each.
fn for_each(u: &Unit, taken: NodeId) -> Option<(NodeId, Vec<NodeId>)> {
    let function = u.node(taken).function;
    let mut done: Option<Vec<NodeId>> = None;
    let mut below = taken;
    for around in u.ancestors(taken).take_while(|&around| u.node(around).function == function) {
        match u.kind(around) {
            Kind::If { condition, then, .. } if *condition == below => {
                done.get_or_insert(vec![*then]);
            }
            Kind::Match { on, arms } if *on == below => {
                done.get_or_insert(arms.iter().map(|arm| arm.body).collect());
            }
            Kind::Loop(own) => {
                let is_each = own.condition == Some(below) || own.over == Some(below);
                return Some((around, done.filter(|_| !is_each).unwrap_or_else(|| vec![own.body])));
            }
            _ => {}
        }
        below = around;
    }
    None
}

/// Whether the loop or the function is left once something was put in.
fn leaves_after(u: &Unit, call: NodeId) -> bool {
    let mut below = call;
    for around in u.ancestors(call) {
        match u.kind(around) {
            Kind::Loop(_) | Kind::Return(_) => return matches!(u.kind(around), Kind::Return(_)),
            Kind::Block { statements, .. } => {
                let after = statements.iter().skip_while(|&&statement| statement != below).skip(1);
                let leaves = |&statement: &NodeId| {
                    let inner = match u.kind(statement) {
                        Kind::Discard(inner) => *inner,
                        _ => statement,
                    };
                    matches!(u.kind(inner), Kind::Break { .. } | Kind::Return(_))
                };
                if after.copied().any(|statement| leaves(&statement)) {
                    return true;
                }
            }
            _ => {}
        }
        below = around;
    }
    false
}

/// Whether whoever puts something in waits until it was answered: one half of a pair goes along, and the other is awaited.
#[must_use]
pub fn waits_for_an_answer(u: &Unit, call: NodeId) -> bool {
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let parts = args.iter().flat_map(|&arg| u.descendants(arg));
    let sent = parts.filter_map(|part| match u.kind(part) {
        Kind::Name { binding: Some(binding), .. } => Some(u.binding(*binding)),
        _ => None,
    });
    let sent: Vec<_> = sent.filter(|half| matches!(half.path.as_slice(), [PathStep::Index(_)])).collect();
    sent.iter().any(|half| {
        u.bindings.iter().any(|other| {
            let is_the_other = other.value == half.value && other.value.is_some() && other.path != half.path;
            is_the_other
                && other.uses.iter().any(|&used| {
                    u.ancestors(used).take(6).any(|around| matches!(u.kind(around), Kind::Await(_)))
                })
        })
    })
}

/// Whether what a path leads to is there before its function is called, so that others may have it.
fn is_shared(view: &UnitView<'_>, path: NodeId) -> bool {
    let (mut unit, mut node) = (view.index, path);
    for _ in 0..MAX_NAMES {
        let u = view.unit_of(unit);
        let mut head = chain_head(u, node);
        while let Kind::Await(inner) | Kind::Try(inner) = u.kind(head) {
            head = chain_head(u, *inner);
        }
        if *u.kind(head) == Kind::This {
            return true;
        }
        let Some((at, binding)) = binding_of(view, unit, head) else { return false };
        let binding = view.unit_of(at).binding(binding);
        match (binding.kind, binding.value) {
            (BindingKind::Parameter(..), _) => return true,
            (_, Some(value)) => (unit, node) = (at, value),
            _ => return false,
        }
    }
    false
}

/// Whether a value is a part of what the program made when it started, as a handler is given it: `State<AppState>`.
#[must_use]
pub fn is_of_the_program(view: &UnitView<'_>, node: NodeId) -> bool {
    let (mut unit, mut node) = (view.index, bare(view.unit, node));
    for _ in 0..MAX_NAMES {
        let u = view.unit_of(unit);
        match u.kind(node) {
            Kind::Member { object, .. } => node = bare(u, *object),
            Kind::Name { .. } => {
                let Some((at, id)) = binding_of(view, unit, node) else { return false };
                let own = view.unit_of(at).binding(id);
                match (own.kind, own.value) {
                    (BindingKind::Parameter(function, index), _) => {
                        let params = &view.unit_of(at).function(function).params;
                        let ty = params.get(usize::from(index)).and_then(|param| param.ty.as_ref());
                        let named = ty.and_then(|ty| ty.path.last());
                        return named.is_some_and(|name| STATE.contains(&name.as_str()));
                    }
                    (BindingKind::Variable | BindingKind::Matched, Some(value)) => {
                        (unit, node) = (at, bare(view.unit_of(at), value));
                    }
                    _ => return false,
                }
            }
            _ => return false,
        }
    }
    false
}
