//! What the functions of a unit do with data by themselves.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{CallForm, Effects, FunctionId, Guarantees, Kind, Literal, NodeId, Unit};
use rustc_hash::FxHashMap;

use super::rows::{limit_in_arguments, limit_in_text};
use super::{From, LocalFlow, LocalTo, is_along};
use crate::link::evaluate::Origin;
use crate::link::{CallFacts, Evaluator, FnRef, SlotValue, Value};

/// Parts of calls that must not be what a user sent, or not as it was sent, beside the most rows; and which effect the
/// call must have. A text that a query is made of need not be run where it is put together.
const SINKS: &[(Slot, Effects)] = &[
    (Slot::Sql, Effects::empty()),
    (Slot::Fragment, Effects::empty()),
    (Slot::Expression, Effects::empty()),
    (Slot::Url, Effects::HTTP_REQUEST),
    (Slot::Command, Effects::PROCESS),
    (Slot::Path, Effects::FILE),
];

/// How many comparisons with constant texts of one unit are looked at.
const MAX_COMPARED: usize = 24;
/// How many parts of its results a function tells.
const MAX_RESULTS: usize = 16;
/// How many flows a function has by itself at most.
const MAX_LOCAL: usize = 96;

/// Functions that look whether there is such an entry, or whether a text has a form, in lower case.
const LOOKS_UP: &[&str] = &[
    "includes",
    "has",
    "contains",
    "contains_key",
    "indexof",
    "hasown",
    "hasownproperty",
    "test",
    "is_match",
];
/// Methods that look at all parts of what they are called on, or hold it against a pattern.
const LOOKS_AT_ITS_OWN: &[&str] = &["all", "every", "match"];

/// Words in the names of functions that look at what they are given, whoever they belong to.
const CHECKS: &[&str] = &["valid", "check", "assert", "ensure", "sanit", "verify", "clamp", "guard"];

/// Methods that look for an element, by a callback.
const LOOKS_FOR: &[&str] = &["find", "findindex", "some", "any", "position"];
/// Words in the names of the project's own checks.
const OWN_CHECKS: &[&str] = &["valid", "sanit", "allowed", "assert"];

/// The flows of each function of a unit, and the calls of the project's functions that they mention. `runs_in` are the
/// functions that a function of the unit runs as a part of.
pub(in crate::link) fn flows(
    eval: &Evaluator<'_>,
    unit: usize,
    runs_in: &[Vec<usize>],
) -> (Vec<Vec<LocalFlow>>, Vec<(NodeId, FnRef)>) {
    let u: &Unit = &eval.file.units[unit].unit;
    let mut all = Collector { eval, unit, u, runs_in, found: vec![Vec::new(); u.functions.len()] };
    let mut calls: Vec<(NodeId, FnRef)> = Vec::new();
    for &call in &u.calls {
        let facts = eval.call(unit, call);
        match &facts.target {
            Some(target) => {
                all.arguments(call);
                calls.push((call, target.clone()));
            }
            None => all.slots(call, &facts),
        }
    }
    for index in 0..u.functions.len() {
        all.results(FunctionId(u32::try_from(index).expect("few functions")));
    }
    if all.found.iter().all(Vec::is_empty) {
        return (all.found, Vec::new());
    }
    all.checks();
    let mut found = all.found;
    for flows in &mut found {
        guard(flows);
        flows.truncate(MAX_LOCAL);
    }
    (found, calls)
}

/// What is checked in a function is so wherever it arrives: a check that is only made elsewhere is rare.
fn guard(flows: &mut [LocalFlow]) {
    let checked: Vec<(From, super::Path, bool)> = flows
        .iter()
        .filter(|flow| flow.to == LocalTo::Check)
        .map(|flow| (flow.from.clone(), flow.path.clone(), flow.is_half_a_check()))
        .collect();
    for flow in flows.iter_mut().filter(|flow| flow.to != LocalTo::Check) {
        for (_, path, is_half) in checked.iter().filter(|(from, ..)| *from == flow.from) {
            if *is_half && flow.path.starts_with(path) {
                flow.guards |= Guarantees::CLEANED;
            } else if !is_half && is_along(path, &flow.path) {
                flow.guards |= Guarantees::CHECKED;
            }
        }
    }
}

struct Collector<'e, 'a> {
    eval: &'e Evaluator<'a>,
    unit: usize,
    u: &'e Unit,
    runs_in: &'e [Vec<usize>],
    found: Vec<Vec<LocalFlow>>,
}

impl Collector<'_, '_> {
    /// Notes where the parts of a value come from that arrives at a place.
    fn arrives(&mut self, node: NodeId, to: &dyn Fn(&Origin) -> Option<LocalTo>) {
        if matches!(self.u.kind(node), Kind::Literal(_) | Kind::Function(_) | Kind::Nested(_)) {
            return;
        }
        for origin in self.eval.origins(self.unit, node) {
            if let Some(to) = to(&origin) {
                self.add(self.u.node(node).function, &origin, to);
            }
        }
    }

    fn add(&mut self, at: FunctionId, origin: &Origin, to: LocalTo) {
        let flow = LocalFlow {
            from: origin.from.clone(),
            path: origin.path.clone(),
            to,
            guards: origin.guards,
            node: origin.node,
            hole: origin.hole,
        };
        for &function in &self.runs_in[at.0 as usize] {
            let is_its = match origin.from {
                From::Param(_) | From::Receiver => self.owns(function, origin.function),
                From::Outside { .. } | From::Call(_) => true,
            };
            let flows = &mut self.found[function];
            if is_its && flows.len() < 2 * MAX_LOCAL && !flows.contains(&flow) {
                flows.push(flow.clone());
            }
        }
    }

    /// Whether a function is the one whose parameter or receiver is meant: `this` of a closure is that of the method.
    fn owns(&self, function: usize, of: FunctionId) -> bool {
        function == of.0 as usize
    }

    fn arguments(&mut self, call: NodeId) {
        let u = self.u;
        let Kind::Call { callee, args, .. } = u.kind(call) else { return };
        if args.iter().any(|&arg| matches!(u.kind(arg), Kind::Spread(_))) {
            return;
        }
        for (index, &arg) in (0..).zip(args) {
            self.arrives(arg, &|origin| Some(LocalTo::Argument(call, Some(index), origin.at.clone())));
        }
        for node in limit_in_arguments(self.eval, self.unit, args) {
            self.arrives(node, &|origin| origin.at.is_empty().then_some(LocalTo::Slot(Slot::Bound)));
        }
        if let Kind::Member { object, .. } = u.kind(*callee) {
            self.arrives(*object, &|origin| Some(LocalTo::Argument(call, None, origin.at.clone())));
        }
    }

    fn slots(&mut self, call: NodeId, facts: &CallFacts) {
        let whole = |slot: Slot| move |origin: &Origin| origin.at.is_empty().then_some(LocalTo::Slot(slot));
        if facts.effects.intersects(Effects::DB)
            && let Some(bound) = self.own_node(facts, Slot::Bound)
        {
            match self.own_node(facts, Slot::Offset) {
                Some(offset) => self.range(bound, offset),
                None => self.arrives(bound, &whole(Slot::Bound)),
            }
        }
        let Kind::Call { form, .. } = self.u.kind(call) else { return };
        for (slot, effects) in SINKS {
            // What a tagged template puts into a text is bound to it.
            if (effects.is_empty() || facts.effects.intersects(*effects))
                && *form != CallForm::Tagged
                && let Some(node) = self.own_node(facts, *slot)
            {
                self.arrives(node, &whole(*slot));
            }
        }
        for node in limit_in_text(self.eval, self.unit, call, facts) {
            self.arrives(node, &whole(Slot::Bound));
        }
    }

    fn own_node(&self, facts: &CallFacts, slot: Slot) -> Option<NodeId> {
        match facts.slot(slot)? {
            SlotValue::Node(site)
                if site.file == self.eval.file.path && site.unit == self.eval.file.units[self.unit].path =>
            {
                Some(site.node)
            }
            _ => None,
        }
    }

    /// `.range(from, from + size - 1)`: how many rows there are, only the part behind `from` says. A product has as many
    /// as the smaller of its factors lets through: the number of a page times a size of the program's own is a place.
    fn range(&mut self, end: NodeId, start: NodeId) {
        let terms = sum(self.u, end);
        let start_terms = sum(self.u, start);
        let is_start = |node: NodeId| {
            same(self.u, node, start)
                || start_terms.len() > 1 && start_terms.iter().any(|&s| same(self.u, s, node))
        };
        for &term in terms.iter().filter(|&&term| !is_start(term)) {
            let mut factors = Vec::new();
            product(self.u, term, &mut factors);
            let limited = |origins: &[Origin]| {
                origins.iter().all(|origin| origin.guards.intersects(Guarantees::LIMITED))
            };
            let each: Vec<Vec<Origin>> =
                factors.iter().map(|&factor| self.eval.origins(self.unit, factor)).collect();
            if each.iter().any(|origins| limited(origins)) {
                continue;
            }
            for origin in each.iter().flatten().filter(|origin| origin.at.is_empty()) {
                let mut origin = origin.clone();
                origin.node = term;
                self.add(self.u.node(end).function, &origin, LocalTo::Slot(Slot::Bound));
            }
        }
    }

    fn results(&mut self, function: FunctionId) {
        let u = self.u;
        let f = u.function(function);
        let mut results: Vec<NodeId> = Vec::new();
        if let Some(body) = f.body
            && !matches!(u.kind(body), Kind::Block { has_value: false, .. })
        {
            results.push(body);
        }
        for &returns in &u.returns {
            if u.node(returns).function == function
                && let Kind::Return(Some(result)) = *u.kind(returns)
            {
                results.push(result);
            }
        }
        let mut count = 0;
        for result in results {
            for origin in self.eval.origins(self.unit, result) {
                let flow = LocalFlow {
                    from: origin.from.clone(),
                    path: origin.path.clone(),
                    to: LocalTo::Result(origin.at.clone()),
                    guards: origin.guards,
                    node: origin.node,
                    hole: origin.hole,
                };
                let is_its = match origin.from {
                    From::Param(_) | From::Receiver => origin.function == function,
                    From::Outside { .. } | From::Call(_) => true,
                };
                let flows = &mut self.found[function.0 as usize];
                if is_its && count < MAX_RESULTS && !flows.contains(&flow) {
                    count += 1;
                    flows.push(flow);
                }
            }
        }
    }

    /// Comparisons with the program's own values, and calls that are named checks.
    fn checks(&mut self) {
        let u = self.u;
        let check = |_: &Origin| Some(LocalTo::Check);
        for compared in compared_with_some(u) {
            self.half_checked(compared);
        }
        for (index, node) in u.nodes.iter().enumerate() {
            let node_id = NodeId(u32::try_from(index).expect("few nodes"));
            match &node.kind {
                Kind::Binary { op, left, right } if matches!(op.as_str(), "<" | ">" | "<=" | ">=") => {
                    for (own, other) in [(*left, *right), (*right, *left)] {
                        if !is_least(u, other) {
                            self.arrives(own, &check);
                        }
                    }
                }
                Kind::Match { on, .. } => self.arrives(*on, &check),
                Kind::Binary { op, left, .. } if op == "in" => self.arrives(*left, &check),
                Kind::Is { value, .. } if matches!(u.kind(*value), Kind::Call { .. }) => {}
                Kind::Call { callee, args, .. } => {
                    let name = match u.kind(*callee) {
                        Kind::Name { name, .. } | Kind::Member { name, .. } => name.to_ascii_lowercase(),
                        _ => continue,
                    };
                    if let Kind::Member { object, .. } = u.kind(*callee)
                        && LOOKS_AT_ITS_OWN.contains(&name.as_str())
                    {
                        self.arrives(*object, &check);
                    }
                    // `users.find((user) => user.id === id)`: what is not among them is not found.
                    if LOOKS_FOR.contains(&name.as_str()) {
                        for compared in args.first().into_iter().flat_map(|&callback| equated(u, callback)) {
                            self.half_checked(compared);
                        }
                    }
                    // What the project calls a check of its own is one, whatever it looks at.
                    if OWN_CHECKS.iter().any(|word| name.contains(word)) {
                        for &arg in args {
                            self.half_checked(arg);
                        }
                    }
                    let is_lookup = LOOKS_UP.contains(&name.as_str());
                    let is_unknown = || {
                        let facts = self.eval.call(self.unit, node_id);
                        facts.target.is_none() && facts.behavior.is_none()
                    };
                    let is_check = || CHECKS.iter().any(|word| name.contains(word)) && is_unknown();
                    if is_lookup || is_check() {
                        for &arg in args {
                            self.arrives(arg, &check);
                            if name.contains("validat") {
                                self.whole_request(arg);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What was looked at in a way that says that it is nobody's own text, but nothing of how large it is.
    fn half_checked(&mut self, node: NodeId) {
        for mut origin in self.eval.origins(self.unit, node) {
            origin.guards |= Guarantees::CLEANED;
            self.add(self.u.node(node).function, &origin, LocalTo::Check);
        }
    }

    /// `validationResult(req)`: all that a request holds.
    fn whole_request(&mut self, arg: NodeId) {
        let Value::Instance(of) = self.eval.value(self.unit, arg) else { return };
        let model = self.eval.models.ty(of.ty);
        if model.members.values().any(|member| member.outside) {
            let function = self.u.node(arg).function;
            for is_convention in [false, true] {
                let origin = Origin {
                    at: Vec::new(),
                    from: From::Outside { is_convention },
                    path: Vec::new(),
                    guards: Guarantees::empty(),
                    node: arg,
                    hole: None,
                    function,
                };
                self.add(function, &origin, LocalTo::Check);
            }
        }
    }
}

/// What a callback that is written in place compares with something else.
fn equated(u: &Unit, callback: NodeId) -> Vec<NodeId> {
    let Kind::Function(function) = u.kind(callback) else { return Vec::new() };
    let Some(body) = u.function(*function).body else { return Vec::new() };
    let compared = u.descendants(body).into_iter().filter_map(|node| match u.kind(node) {
        Kind::Binary { op, left, right } if matches!(op.as_str(), "==" | "===") => Some([*left, *right]),
        _ => None,
    });
    compared.flatten().collect()
}

/// Names that are compared with two or more constant texts of the program: `order !== 'asc' && order !== 'desc'`. One is
/// no list of what may be: `status !== 'all'`.
fn compared_with_some(u: &Unit) -> Vec<NodeId> {
    let mut compared: Vec<(NodeId, &str)> = Vec::new();
    let mut found = Vec::new();
    for node in &u.nodes {
        let Kind::Binary { op, left, right } = &node.kind else { continue };
        if !matches!(op.as_str(), "==" | "===" | "!=" | "!==") {
            continue;
        }
        for (own, other) in [(*left, *right), (*right, *left)] {
            let Kind::Literal(Literal::String(text)) = u.kind(other) else { continue };
            let is_again =
                compared.iter().any(|(known, with)| *with != text.as_str() && same(u, *known, own));
            if is_again {
                found.push(own);
            } else if compared.len() < MAX_COMPARED && !text.is_empty() {
                compared.push((own, text));
            }
        }
    }
    found
}

/// Whether a number is what others are at least: `0`, `1`.
fn is_least(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Literal(Literal::Number(number)) => matches!(number.as_str(), "0" | "1" | "0.0" | "1.0"),
        Kind::Unary { op, value } if op == "-" => matches!(u.kind(*value), Kind::Literal(_)),
        _ => false,
    }
}

/// How many names and terms a sum is taken apart through.
const MAX_TERMS: usize = 16;

/// The terms of a sum, those that are subtracted left out.
fn sum(u: &Unit, node: NodeId) -> Vec<NodeId> {
    let mut terms = Vec::new();
    let mut open = vec![node];
    let mut left = MAX_TERMS;
    while let Some(node) = open.pop() {
        if left == 0 {
            break;
        }
        left -= 1;
        match u.kind(node) {
            Kind::Binary { op, left, right } if op == "+" => open.extend([*right, *left]),
            Kind::Binary { op, left, .. } if op == "-" => open.push(*left),
            Kind::Name { binding: Some(b), .. } => {
                let binding = u.binding(*b);
                let value =
                    binding.value.filter(|_| binding.path.is_empty() && binding.assignments.is_empty());
                match value.filter(|&value| matches!(u.kind(value), Kind::Binary { op, .. } if matches!(op.as_str(), "+" | "-"))) {
                    Some(value) => open.push(value),
                    None => terms.push(node),
                }
            }
            _ => terms.push(node),
        }
    }
    terms
}

fn product(u: &Unit, node: NodeId, factors: &mut Vec<NodeId>) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match u.kind(node) {
            Kind::Binary { op, left, right } if op == "*" && factors.len() < MAX_TERMS => {
                open.extend([*right, *left]);
            }
            Kind::Name { binding: Some(b), .. } if factors.len() < MAX_TERMS => {
                let binding = u.binding(*b);
                let value =
                    binding.value.filter(|_| binding.path.is_empty() && binding.assignments.is_empty());
                match value.filter(|&value| matches!(u.kind(value), Kind::Binary { op, .. } if op == "*")) {
                    Some(value) => open.push(value),
                    None => factors.push(node),
                }
            }
            _ => factors.push(node),
        }
    }
}

/// Whether two nodes are the same name, or the same computation of the same names.
fn same(u: &Unit, a: NodeId, b: NodeId) -> bool {
    let mut open = vec![(a, b)];
    let mut left = 4 * MAX_TERMS;
    while let Some((a, b)) = open.pop() {
        if left == 0 {
            return false;
        }
        left -= 1;
        match (u.kind(a), u.kind(b)) {
            _ if a == b => {}
            (Kind::Name { binding: Some(x), .. }, Kind::Name { binding: Some(y), .. }) if x == y => {}
            (Kind::Call { callee: x, args, .. }, Kind::Call { callee: y, args: others, .. })
                if args.len() == others.len() =>
            {
                open.push((*x, *y));
                open.extend(args.iter().copied().zip(others.iter().copied()));
            }
            (Kind::Name { name: x, binding: None }, Kind::Name { name: y, binding: None }) if x == y => {}
            (Kind::Cast { value: x, .. }, Kind::Cast { value: y, .. }) => open.push((*x, *y)),
            (Kind::Literal(x), Kind::Literal(y)) if x == y => {}
            (Kind::Binary { op, left: l, right: r }, Kind::Binary { op: o, left: m, right: s })
                if op == o =>
            {
                open.extend([(*l, *m), (*r, *s)]);
            }
            (Kind::Member { object, name, .. }, Kind::Member { object: o, name: n, .. }) if name == n => {
                open.push((*object, *o));
            }
            (Kind::Name { binding: Some(x), .. }, _) => match u.binding(*x).value {
                Some(value) if u.binding(*x).path.is_empty() && u.binding(*x).assignments.is_empty() => {
                    open.push((value, b));
                }
                _ => return false,
            },
            (_, Kind::Name { binding: Some(y), .. }) => match u.binding(*y).value {
                Some(value) if u.binding(*y).path.is_empty() && u.binding(*y).assignments.is_empty() => {
                    open.push((a, value));
                }
                _ => return false,
            },
            _ => return false,
        }
    }
    true
}

/// A call's target by its place among the calls of the same function: as little as others need to tell calls apart.
pub(in crate::link) fn numbered(calls: &[(NodeId, FnRef)]) -> FxHashMap<NodeId, (&FnRef, u32)> {
    let mut counts: FxHashMap<&FnRef, u32> = FxHashMap::default();
    let mut numbered = FxHashMap::default();
    for (node, target) in calls {
        let count = counts.entry(target).or_default();
        numbered.insert(*node, (target, *count));
        *count += 1;
    }
    numbered
}

/// Hashes what others can ask of the flows of a function.
pub(in crate::link) fn hash_flows(
    flows: &[LocalFlow],
    numbers: &FxHashMap<NodeId, (&FnRef, u32)>,
    hasher: &mut impl std::hash::Hasher,
) {
    use std::hash::Hash;
    for flow in flows {
        match &flow.from {
            From::Param(index) => (0_u8, index).hash(hasher),
            From::Receiver => 1_u8.hash(hasher),
            From::Outside { is_convention } => (2_u8, is_convention).hash(hasher),
            From::Call(call) => (3_u8, numbers.get(call)).hash(hasher),
        }
        match &flow.to {
            LocalTo::Result(part) => (0_u8, part).hash(hasher),
            LocalTo::Slot(slot) => (1_u8, slot).hash(hasher),
            LocalTo::Check => 2_u8.hash(hasher),
            LocalTo::Argument(call, index, part) => (3_u8, numbers.get(call), index, part).hash(hasher),
        }
        (&flow.path, flow.guards).hash(hasher);
    }
}
