//! What becomes of a promise: whether somebody waits for it, handles its rejection, or lets it go.

use plimsoll_behavior::{BindingId, Kind, Literal, NodeId, PathStep, Unit};

use super::Evaluator;

/// What becomes of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseFate {
    /// It is waited for here.
    Awaited(NodeId),
    /// The function hands it out.
    Returned,
    /// A rejection of it is handled.
    Handled,
    /// It is the value of a statement: nobody looks at it. The whole expression.
    Dropped(NodeId),
    /// It goes where this is not told.
    Elsewhere,
}

/// How many names a promise is followed through, and how many uses of each.
const MAX_NAMES: u32 = 3;
const MAX_USES: usize = 16;

impl Evaluator<'_> {
    /// What becomes of the promise that a node of a unit yields.
    #[must_use]
    pub fn promise_fate(&self, unit: usize, node: NodeId) -> PromiseFate {
        self.fate_of_promise(unit, node, MAX_NAMES)
    }

    fn fate_of_promise(&self, unit: usize, node: NodeId, names: u32) -> PromiseFate {
        let u: &Unit = &self.file.units[unit].unit;
        let mut at = node;
        loop {
            let Some(parent) = u.parent(at) else { return PromiseFate::Returned };
            match u.kind(parent) {
                Kind::Cast { .. } | Kind::NonNull(_) | Kind::Array(_) | Kind::Spread(_) => at = parent,
                Kind::Sequence(parts) if parts.last() == Some(&at) => at = parent,
                Kind::If { condition, is_expression: true, .. } if *condition != at => at = parent,
                Kind::Binary { op, right, .. } if matches!(op.as_str(), "??" | "||" | "&&") => {
                    if op == "&&" && *right != at {
                        return PromiseFate::Elsewhere;
                    }
                    at = parent;
                }
                Kind::Await(_) => return PromiseFate::Awaited(parent),
                Kind::Return(_) => return PromiseFate::Returned,
                Kind::Function(f) if u.function(*f).body == Some(at) => return PromiseFate::Returned,
                Kind::Discard(_) => return PromiseFate::Dropped(at),
                Kind::Member { object, name, .. } if *object == at => {
                    let Some(call) = u.parent(parent) else { return PromiseFate::Elsewhere };
                    let Kind::Call { callee, args, .. } = u.kind(call) else { return PromiseFate::Elsewhere };
                    if *callee != parent {
                        return PromiseFate::Elsewhere;
                    }
                    let handles = |arg: Option<&NodeId>| {
                        arg.is_some_and(|&arg| {
                            !matches!(u.kind(arg), Kind::Literal(Literal::Undefined | Literal::Null))
                        })
                    };
                    match name.as_str() {
                        "catch" if handles(args.first()) => return PromiseFate::Handled,
                        "then" if handles(args.get(1)) => return PromiseFate::Handled,
                        "then" | "catch" | "finally" => at = call,
                        _ => return PromiseFate::Elsewhere,
                    }
                }
                Kind::Call { callee, .. } if *callee != at => {
                    // `Promise.all([…])`: what waits for others fails with them, unless it never does.
                    let facts = self.call(unit, parent);
                    match &facts.behavior {
                        Some((_, behavior)) if behavior.is_async && behavior.throws => at = parent,
                        Some((_, behavior)) if behavior.is_async => return PromiseFate::Handled,
                        _ => return PromiseFate::Elsewhere,
                    }
                }
                Kind::Let { pattern, init: Some(init), .. } if *init == at && names > 0 => {
                    let [binding] = pattern.bindings.as_slice() else { return PromiseFate::Elsewhere };
                    return self.fate_of_name(unit, *binding, names);
                }
                Kind::Assign { target, value, .. } if *value == at && names > 0 => match u.kind(*target) {
                    Kind::Name { binding: Some(binding), .. } => {
                        return self.fate_of_name(unit, *binding, names);
                    }
                    _ => return PromiseFate::Elsewhere,
                },
                _ => return PromiseFate::Elsewhere,
            }
        }
    }

    /// What becomes of a promise that a name holds: what its uses make of it. One that handles its rejection is enough.
    fn fate_of_name(&self, unit: usize, binding: BindingId, names: u32) -> PromiseFate {
        let u: &Unit = &self.file.units[unit].unit;
        let binding = u.binding(binding);
        let is_a_part = binding.path.iter().any(|step| matches!(step, PathStep::Member(_)));
        if is_a_part || binding.uses.len() > MAX_USES {
            return PromiseFate::Elsewhere;
        }
        let uses = binding.uses.iter().map(|&used| self.fate_of_promise(unit, used, names - 1));
        let mut fate = PromiseFate::Elsewhere;
        for one in uses {
            match one {
                PromiseFate::Handled => return one,
                PromiseFate::Awaited(_) | PromiseFate::Returned if fate == PromiseFate::Elsewhere => {
                    fate = one
                }
                _ => {}
            }
        }
        fate
    }
}
