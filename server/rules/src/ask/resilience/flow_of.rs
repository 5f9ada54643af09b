//! Where the end of a piece of a loop's body leads: out of the loop, on to the next turn, or to what comes after it.

use plimsoll_behavior::{Kind, NodeId, Unit};

/// How deep statements are looked into.
const MAX_DEPTH: u8 = 24;

/// The ways out of a piece of code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ask) struct Flow {
    /// What stands after it may run.
    pub completes: bool,
    /// It may leave the loop, or the function.
    pub exits: bool,
    /// It may begin the next turn.
    pub goes_on: bool,
}

impl Flow {
    pub(in crate::ask) const COMPLETES: Flow = Flow { completes: true, exits: false, goes_on: false };

    /// Whether the loop may go on after it.
    pub(in crate::ask) fn leads_on(self) -> bool {
        self.completes || self.goes_on
    }

    fn or(self, other: Flow) -> Flow {
        Flow {
            completes: self.completes || other.completes,
            exits: self.exits || other.exits,
            goes_on: self.goes_on || other.goes_on,
        }
    }
}

/// Whether a condition holds, as far as that is known.
pub(in crate::ask) type Holds<'h> = dyn Fn(NodeId) -> Option<bool> + 'h;

/// The ways out of a statement or an expression; what is thrown is none of them.
pub(in crate::ask) fn flow(u: &Unit, node: NodeId) -> Flow {
    flow_where(u, &|_| None, node)
}

/// The ways out of several statements, one after the other.
pub(in crate::ask) fn flow_of_all(u: &Unit, statements: &[NodeId]) -> Flow {
    flow_of_all_where(u, &|_| None, statements)
}

/// The same of one statement, where some conditions are known to hold or not.
pub(in crate::ask) fn flow_where(u: &Unit, holds: &Holds<'_>, node: NodeId) -> Flow {
    within(u, holds, node, MAX_DEPTH, Inside::default())
}

/// The same of several.
pub(in crate::ask) fn flow_of_all_where(u: &Unit, holds: &Holds<'_>, statements: &[NodeId]) -> Flow {
    in_order(u, holds, statements, MAX_DEPTH, Inside::default())
}

/// What an end without a label belongs to, other than the loop.
#[derive(Clone, Copy, Default)]
struct Inside {
    a_loop: bool,
    a_switch: bool,
}

fn in_order(u: &Unit, holds: &Holds<'_>, statements: &[NodeId], depth: u8, inside: Inside) -> Flow {
    let mut all = Flow::COMPLETES;
    for &statement in statements {
        let next = within(u, holds, statement, depth, inside);
        all = Flow { completes: false, ..all }.or(next);
        if !next.completes {
            break;
        }
    }
    all
}

fn within(u: &Unit, holds: &Holds<'_>, node: NodeId, depth: u8, inside: Inside) -> Flow {
    let Some(depth) = depth.checked_sub(1) else { return Flow::COMPLETES };
    let out = |node: NodeId| within(u, holds, node, depth, inside);
    match u.kind(node) {
        Kind::Discard(inner) | Kind::Labeled { body: inner, .. } => out(*inner),
        Kind::Return(_) => Flow { exits: true, ..Flow::default() },
        Kind::Throw(_) => Flow::default(),
        Kind::Break { label: None, .. } if inside.a_loop || inside.a_switch => Flow::COMPLETES,
        Kind::Break { .. } => Flow { exits: true, ..Flow::default() },
        Kind::Continue(None) if inside.a_loop => Flow::COMPLETES,
        Kind::Continue(_) => Flow { goes_on: true, ..Flow::default() },
        Kind::Block { statements, .. } => in_order(u, holds, statements, depth, inside),
        Kind::If { condition, then, otherwise, .. } => {
            let other = || otherwise.map_or(Flow::COMPLETES, out);
            match holds(*condition) {
                Some(true) => out(*then),
                Some(false) => other(),
                None => out(*then).or(other()),
            }
        }
        Kind::Match { arms, .. } => {
            let is_switch = arms.iter().all(|arm| arm.pattern.is_none());
            let inside = Inside { a_switch: inside.a_switch || is_switch, ..inside };
            let all = arms
                .iter()
                .fold(Flow::default(), |all, arm| all.or(within(u, holds, arm.body, depth, inside)));
            // A `switch` may leave all of its cases out.
            Flow { completes: all.completes || is_switch, ..all }
        }
        Kind::TryCatch { body, catch, .. } => {
            let caught = catch.as_ref().map_or(Flow::default(), |catch| out(catch.body));
            out(*body).or(caught)
        }
        Kind::Loop(l) => {
            let all = within(u, holds, l.body, depth, Inside { a_loop: true, ..inside });
            Flow { completes: true, ..all }
        }
        Kind::Let { init: Some(init), otherwise, .. } => {
            let of_init = match u.kind(*init) {
                Kind::Match { .. } | Kind::If { .. } | Kind::Block { .. } => out(*init),
                _ => Flow::COMPLETES,
            };
            of_init.or(otherwise.map_or(Flow::default(), out))
        }
        _ => Flow::COMPLETES,
    }
}
