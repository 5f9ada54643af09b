//! Which way data takes through functions: from their parameters, and from what users send, to their results and to
//! where it must not arrive as it was sent.
//!
//! What a function does by itself ([`LocalFlow`]) is read from its own unit; [`closed`] follows it through the functions
//! that it calls. A flow says what holds of the data on the way ([`Guarantees`]): two ways between the same ends are two
//! flows.

mod local;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Guarantees, Name, NodeId};
use rustc_hash::FxHashSet;

use super::FnRef;
use super::summary::Local;

pub(super) use local::{flows, hash_flows, numbered};

/// Members that lead from a value to a part of it.
pub type Path = Vec<Name>;

/// How many members lead to a part at most; what lies deeper is not told apart from nothing.
pub(super) const MAX_PATH: usize = 4;
/// How many flows a function has at most. One that has more, and those that hand it something, tell nothing.
const MAX_FLOWS: usize = 48;

/// Where data comes from, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// From a parameter.
    Param(u16),
    /// From what the function is a method of.
    Receiver,
    /// From a user.
    Outside {
        /// Whether that rests on a convention.
        is_convention: bool,
    },
}

/// Where data arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum To {
    /// In this part of the result.
    Result(Path),
    /// In this part of a library's call.
    Slot(Slot),
    /// In a comparison with what is the program's own, or in a function that is called a check.
    Check,
}

/// One way of data through a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Where it comes from.
    pub root: Root,
    /// Which part of that.
    pub path: Path,
    /// Where it arrives.
    pub to: To,
    /// What holds of it by then.
    pub guards: Guarantees,
}

/// The ways of data through a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// In order, each once.
    pub all: Vec<Flow>,
    /// Whether they were too many, so that none is told.
    pub is_cut: bool,
}

/// Where data comes from, as its function sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum From {
    /// See [`Root::Param`].
    Param(u16),
    /// See [`Root::Receiver`].
    Receiver,
    /// See [`Root::Outside`].
    Outside {
        /// Whether that rests on a convention.
        is_convention: bool,
    },
    /// The result of a call of the project's own function.
    Call(NodeId),
}

/// Where data arrives in its function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalTo {
    /// See [`To::Result`].
    Result(Path),
    /// See [`To::Slot`].
    Slot(Slot),
    /// See [`To::Check`].
    Check,
    /// In a part of an argument of a call of the project's own function; of its receiver, without an index.
    Argument(NodeId, Option<u16>, Path),
}

/// One way of data inside a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFlow {
    /// Where it comes from.
    pub from: From,
    /// Which part of that.
    pub path: Path,
    /// Where it arrives.
    pub to: LocalTo,
    /// What holds of it by then.
    pub guards: Guarantees,
    /// The node of the function's unit that is the data as it arrives.
    pub node: NodeId,
    /// Where it is put into a text there, if it is.
    pub hole: Option<NodeId>,
}

impl LocalFlow {
    /// Whether it arrives where somebody looks whether it is text that must not be there, and not how large it is.
    fn is_half_a_check(&self) -> bool {
        self.to == LocalTo::Check && self.guards.contains(Guarantees::CLEANED)
    }
}

/// A part of a parameter of a function of the project, or of its receiver, where there is no index.
pub type Taken = (FnRef, Option<u16>, Path);

/// What a user sent, where it arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The node that is it, or that it is a part of.
    pub node: NodeId,
    /// Where it is put into a text that the node is, if it is.
    pub hole: Option<NodeId>,
    /// Whether it is the node as a whole.
    pub is_whole: bool,
    /// By what it is called where it comes from: the members that lead to it.
    pub path: Path,
    /// What holds of it.
    pub guards: Guarantees,
    /// Whether that rests on a convention.
    pub is_convention: bool,
    /// The function of the project that it is handed to, with the parameter and the part of it, where it does not arrive
    /// in the function itself.
    pub through: Option<Taken>,
}

/// What of `whole` is left behind `part`, or what of `part` lies below `whole`; none where neither is a part of the other.
fn aligned(whole: &[Name], part: &[Name]) -> Option<(Path, Path)> {
    if let Some(rest) = part.strip_prefix(whole) {
        return Some((rest.to_vec(), Path::new()));
    }
    whole.strip_prefix(part).map(|below| (Path::new(), below.to_vec()))
}

fn joined(head: &[Name], tail: &[Name]) -> Option<Path> {
    (head.len() + tail.len() <= MAX_PATH).then(|| head.iter().chain(tail).cloned().collect())
}

/// Whether one of two paths leads through the other.
fn is_along(a: &[Name], b: &[Name]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// One source of data that a function uses, its calls resolved.
struct Resolved {
    root: Root,
    path: Path,
    guards: Guarantees,
    /// The part of the value that it is.
    at: Path,
}

/// A source of data, the part that is taken of it, what holds of that, and which part of the value it is.
type State = (From, Path, Guarantees, Path);

struct Resolver<'a> {
    local: &'a Local,
    callee: &'a dyn Fn(&FnRef) -> Arc<Flows>,
    is_cut: bool,
    left: u32,
}

impl<'a> Resolver<'a> {
    fn new(local: &'a Local, callee: &'a dyn Fn(&FnRef) -> Arc<Flows>) -> Self {
        Resolver { local, callee, is_cut: false, left: MAX_STATES }
    }

    fn target(&self, call: NodeId) -> Option<&FnRef> {
        self.local.flow_calls.iter().find(|(node, _)| *node == call).map(|(_, target)| target)
    }

    fn flows_of(&mut self, call: NodeId) -> Arc<Flows> {
        let Some(target) = self.target(call) else { return Arc::default() };
        let flows = (self.callee)(target);
        self.is_cut |= flows.is_cut;
        flows
    }

    /// Follows the results of calls to what was handed to them. Each state is looked into once, and more of them only
    /// ever make more: what comes out does not depend on the order in which callees become known.
    fn resolve(&mut self, from: &From, path: &[Name], guards: Guarantees, at: &[Name]) -> Vec<Resolved> {
        let mut out = Vec::new();
        let mut seen: FxHashSet<State> = FxHashSet::default();
        let mut open: Vec<State> = vec![(from.clone(), path.to_vec(), guards, at.to_vec())];
        while let Some(state) = open.pop() {
            if self.left == 0 {
                self.is_cut = true;
                return out;
            }
            self.left -= 1;
            let (from, path, guards, at) = &state;
            let root = match from {
                From::Param(index) => Root::Param(*index),
                From::Receiver => Root::Receiver,
                From::Outside { is_convention } => Root::Outside { is_convention: *is_convention },
                From::Call(call) => {
                    if seen.insert(state.clone()) {
                        self.look_into(*call, path, *guards, at, &mut open, &mut out);
                    }
                    continue;
                }
            };
            out.push(Resolved { root, path: path.clone(), guards: *guards, at: at.clone() });
        }
        out
    }

    /// What a call's result is made of.
    fn look_into(
        &mut self,
        call: NodeId,
        path: &[Name],
        guards: Guarantees,
        at: &[Name],
        open: &mut Vec<State>,
        out: &mut Vec<Resolved>,
    ) {
        for flow in &self.flows_of(call).all {
            let To::Result(result) = &flow.to else { continue };
            let Some((rest, below)) = aligned(result, path) else { continue };
            let (Some(wanted), Some(at)) = (joined(&flow.path, &rest), joined(at, &below)) else { continue };
            let guards = guards | flow.guards;
            let index = match &flow.root {
                Root::Outside { .. } => {
                    out.push(Resolved { root: flow.root.clone(), path: wanted, guards, at });
                    continue;
                }
                Root::Param(index) => Some(*index),
                Root::Receiver => None,
            };
            for handed in &self.local.flows {
                let LocalTo::Argument(of, own, part) = &handed.to else { continue };
                if *of != call || *own != index {
                    continue;
                }
                let Some((rest, below)) = aligned(part, &wanted) else { continue };
                let (Some(path), Some(at)) = (joined(&handed.path, &rest), joined(&at, &below)) else {
                    continue;
                };
                open.push((handed.from.clone(), path, guards | handed.guards, at));
            }
        }
    }
}

/// How many sources are looked into for one function. One that has more tells nothing.
const MAX_STATES: u32 = 2_000;

/// What a function does with data, its callees included, as far as `callee` knows them.
pub(super) fn closed(local: &Local, callee: &dyn Fn(&FnRef) -> Arc<Flows>) -> Flows {
    let mut resolver = Resolver::new(local, callee);
    let mut all: Vec<Flow> = Vec::new();
    for flow in &local.flows {
        match &flow.to {
            LocalTo::Result(part) => {
                let found = resolver.resolve(&flow.from, &flow.path, flow.guards, part);
                all.extend(found.into_iter().map(|r| Flow {
                    root: r.root,
                    path: r.path,
                    to: To::Result(r.at),
                    guards: r.guards,
                }));
            }
            LocalTo::Slot(_) | LocalTo::Check => {
                let to = if let LocalTo::Slot(slot) = flow.to { To::Slot(slot) } else { To::Check };
                let found = resolver.resolve(&flow.from, &flow.path, flow.guards, &[]);
                let whole = found.into_iter().filter(|r| r.at.is_empty());
                all.extend(whole.map(|r| Flow {
                    root: r.root,
                    path: r.path,
                    to: to.clone(),
                    guards: r.guards,
                }));
            }
            LocalTo::Argument(call, index, part) => {
                for arrived in arrived(&mut resolver, *call, *index, part) {
                    let Some(path) = joined(&flow.path, &arrived.rest) else { continue };
                    let found = resolver.resolve(&flow.from, &path, flow.guards | arrived.guards, &[]);
                    let whole = found.into_iter().filter(|r| r.at.is_empty());
                    all.extend(whole.map(|r| Flow {
                        root: r.root,
                        path: r.path,
                        to: arrived.to.clone(),
                        guards: r.guards,
                    }));
                }
            }
        }
    }
    // What a user sent and where it arrives in here is nothing that a caller adds to.
    all.retain(|flow| !(matches!(flow.root, Root::Outside { .. }) && matches!(flow.to, To::Slot(_))));
    Flows { all, is_cut: resolver.is_cut }.bounded()
}

/// Where a called function takes what it is handed.
struct Arrived {
    /// Which part of what is handed, behind the part that the argument holds.
    rest: Path,
    /// Which part of the parameter.
    of: Path,
    to: To,
    guards: Guarantees,
}

fn arrived(resolver: &mut Resolver<'_>, call: NodeId, index: Option<u16>, part: &[Name]) -> Vec<Arrived> {
    let flows = resolver.flows_of(call);
    let flows = flows.all.iter().filter_map(|flow| {
        let own = match flow.root {
            Root::Param(own) => Some(own),
            Root::Receiver => None,
            Root::Outside { .. } => return None,
        };
        if own != index || matches!(flow.to, To::Result(_)) {
            return None;
        }
        let (rest, _) = aligned(part, &flow.path)?;
        Some(Arrived { rest, of: flow.path.clone(), to: flow.to.clone(), guards: flow.guards })
    });
    flows.collect()
}

/// Where a way ends, in its function or in one that it calls.
struct End {
    /// What is still to be taken of the data.
    rest: Path,
    guards: Guarantees,
    is_check: bool,
    through: Option<Taken>,
    is_whole: bool,
}

impl End {
    fn here(flow: &LocalFlow, is_check: bool) -> End {
        End { rest: Path::new(), guards: flow.guards, is_check, through: None, is_whole: true }
    }
}

/// Where what users send arrives in a slot, in a function or in those that it hands it to. What it is checked by on the
/// way is among its guarantees.
#[must_use]
pub fn arrivals(local: &Local, slot: Slot, callee: &dyn Fn(&FnRef) -> Arc<Flows>) -> Vec<Arrival> {
    if local.flows.is_empty() {
        return Vec::new();
    }
    let mut resolver = Resolver::new(local, callee);
    let mut all = Vec::new();
    let mut checked: Vec<(Path, bool)> = Vec::new();
    for flow in &local.flows {
        let mut ends: Vec<End> = Vec::new();
        match &flow.to {
            LocalTo::Slot(own) if *own == slot => ends.push(End::here(flow, false)),
            LocalTo::Check => ends.push(End::here(flow, true)),
            LocalTo::Argument(call, index, part) => {
                let target = resolver.target(*call).cloned();
                for one in arrived(&mut resolver, *call, *index, part) {
                    let is_check = one.to == To::Check;
                    if !is_check && one.to != To::Slot(slot) {
                        continue;
                    }
                    let through = target.clone().map(|target| (target, *index, one.of.clone()));
                    let guards = flow.guards | one.guards;
                    ends.push(End {
                        is_whole: one.rest.is_empty(),
                        rest: one.rest,
                        guards,
                        is_check,
                        through,
                    });
                }
            }
            _ => {}
        }
        for end in ends {
            let Some(path) = joined(&flow.path, &end.rest) else { continue };
            let found = resolver.resolve(&flow.from, &path, end.guards, &[]);
            for one in found.into_iter() {
                let Root::Outside { is_convention } = one.root else { continue };
                if end.is_check {
                    checked.push((one.path, one.guards.contains(Guarantees::CLEANED)));
                } else if one.at.is_empty() {
                    let (node, is_whole, through) = (flow.node, end.is_whole, end.through.clone());
                    let (path, guards) = (one.path, one.guards);
                    let hole = flow.hole;
                    all.push(Arrival { node, hole, is_whole, path, guards, is_convention, through });
                }
            }
        }
    }
    for arrival in &mut all {
        for (path, is_half) in &checked {
            if *is_half && arrival.path.starts_with(path) {
                arrival.guards |= Guarantees::CLEANED;
            } else if !is_half && is_along(path, &arrival.path) {
                arrival.guards |= Guarantees::CHECKED;
            }
        }
    }
    all
}

impl Flows {
    /// What a call does with data that may go to any of several functions.
    pub(super) fn of_any(functions: impl Iterator<Item = Arc<Flows>>) -> Flows {
        let mut any = Flows::default();
        for one in functions {
            any.is_cut |= one.is_cut;
            any.all.extend_from_slice(&one.all);
        }
        any.bounded()
    }

    fn bounded(mut self) -> Flows {
        self.all.sort();
        self.all.dedup();
        if self.is_cut || self.all.len() > MAX_FLOWS {
            return Flows { all: Vec::new(), is_cut: true };
        }
        self
    }

    /// Whether the function checks what it is handed in this part of a parameter.
    #[must_use]
    pub fn checks(&self, index: Option<u16>, part: &[Name]) -> bool {
        self.all.iter().any(|flow| {
            let own = match flow.root {
                Root::Param(own) => Some(own),
                Root::Receiver => None,
                Root::Outside { .. } => return false,
            };
            let is_half = flow.guards.contains(Guarantees::CLEANED);
            own == index && flow.to == To::Check && !is_half && is_along(&flow.path, part)
        })
    }
}

/// One step on the way of a part of a parameter to a slot.
pub struct Step {
    /// The node of the function's unit that is the data there.
    pub node: NodeId,
    /// The function that takes it further, with the parameter and the part of it; none at the end.
    pub next: Option<Taken>,
}

/// The first step by which a part of a parameter of a function reaches a slot.
#[must_use]
pub fn step(
    local: &Local,
    index: Option<u16>,
    part: &[Name],
    slot: Slot,
    callee: &dyn Fn(&FnRef) -> Arc<Flows>,
) -> Option<Step> {
    let mut resolver = Resolver::new(local, callee);
    let root = index.map_or(Root::Receiver, Root::Param);
    for flow in &local.flows {
        match &flow.to {
            LocalTo::Slot(own) if *own == slot => {
                let found = resolver.resolve(&flow.from, &flow.path, flow.guards, &[]);
                if found.into_iter().any(|r| r.root == root && r.path == part && r.at.is_empty()) {
                    return Some(Step { node: flow.node, next: None });
                }
            }
            LocalTo::Argument(call, index, of) => {
                for one in arrived(&mut resolver, *call, *index, of) {
                    if one.to != To::Slot(slot) {
                        continue;
                    }
                    let Some(path) = joined(&flow.path, &one.rest) else { continue };
                    let found = resolver.resolve(&flow.from, &path, flow.guards, &[]);
                    if found.into_iter().any(|r| r.root == root && r.path == part && r.at.is_empty()) {
                        let next = resolver.target(*call).cloned().map(|target| (target, *index, one.of));
                        return Some(Step { node: flow.node, next });
                    }
                }
            }
            _ => {}
        }
    }
    None
}
