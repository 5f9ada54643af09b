//! After which failures something is tried again: also after those that leave open whether it was done, as a lost
//! answer, or only after those that say that it was not.

use plimsoll_behavior::{BindingId, BindingKind, Kind, Literal, NodeId, Unit};

use crate::UnitView;
use crate::ask::code::{callee_name, in_function, mentions};
use crate::ask::resilience::again::Again;
use crate::ask::resilience::flow_of::{flow_of_all_where, flow_where};
use plimsoll_behavior::words;

/// How many names a condition or a failure is followed through.
const MAX_NAMES: u8 = 4;

/// After which failures something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Also after such as leave open whether it was done.
    MayBeDone,
    /// Only after such as say that it was not done.
    NotDone,
    /// After some, and the code does not tell which.
    Unknown,
}

/// Words of failures that leave open whether the other side has done what it was asked for.
#[rustfmt::skip] // a list of words
const MAY_BE_DONE: &[&str] = &[
    "408", "500", "502", "504", "5xx", "timeout", "timedout", "etimedout", "econnreset", "econnaborted", "epipe", "reset",
    "aborted", "abort", "network", "socket", "internal", "server", "hang", "hangup",
];
/// Words of failures after which it surely was not.
#[rustfmt::skip] // a list of words
const NOT_DONE: &[&str] = &[
    "429", "425", "401", "403", "409", "423", "rate", "ratelimit", "limited", "throttle", "throttled", "throttling", "quota",
    "overloaded", "busy", "locked", "refused", "econnrefused", "enotfound", "connect", "unauthorized", "expired", "conflict",
];

/// After which failures a loop or a function tries again.
#[must_use]
pub fn judged(view: &UnitView<'_>, again: &Again) -> Judged {
    let failure = Failure::of(view, again);
    if failure.leads_to_another() {
        return Judged::MayBeDone;
    }
    let mut said = Said::default();
    failure.said(&mut said);
    match said {
        Said { may_be_done: true, .. } => Judged::MayBeDone,
        Said { not_done: true, .. } => Judged::NotDone,
        Said { .. } => Judged::Unknown,
    }
}

#[derive(Default)]
struct Said {
    may_be_done: bool,
    not_done: bool,
}

impl Said {
    fn hear(&mut self, text: &str) {
        for word in words(text) {
            self.may_be_done |= MAY_BE_DONE.contains(&word.as_str());
            self.not_done |= NOT_DONE.contains(&word.as_str());
        }
        let whole = text.to_ascii_lowercase();
        self.may_be_done |= MAY_BE_DONE.contains(&whole.as_str());
        self.not_done |= NOT_DONE.contains(&whole.as_str());
    }

    fn hear_all(&mut self, u: &Unit, nodes: impl IntoIterator<Item = NodeId>) {
        for node in nodes {
            match u.kind(node) {
                Kind::Literal(Literal::String(text) | Literal::Number(text) | Literal::Regex(text)) => {
                    self.hear(text)
                }
                Kind::Name { name, .. } | Kind::Member { name, .. } => self.hear(name),
                Kind::Is { pattern, .. } => pattern.variants.iter().for_each(|variant| self.hear(variant)),
                _ => {}
            }
        }
    }
}

/// A failure of what is tried, of which nothing is known but that it failed.
struct Failure<'v, 'a> {
    view: &'v UnitView<'a>,
    again: &'v Again,
    /// What it is bound to: the error, an answer that tells of it, what is made of these.
    about: Vec<BindingId>,
}

impl<'v, 'a> Failure<'v, 'a> {
    fn of(view: &'v UnitView<'a>, again: &'v Again) -> Self {
        let u = view.unit;
        let mut about = Vec::new();
        for (at, binding) in u.bindings.iter().enumerate() {
            let id = BindingId(u32::try_from(at).expect("few bindings"));
            let answers =
                |value: NodeId| u.descendants(value).iter().any(|part| again.attempts.contains(part));
            let is_a_failure = again.after_failure.is_some_and(|block| is_bound_before(u, block, id));
            if is_a_failure || binding.kind == BindingKind::Variable && binding.value.is_some_and(answers) {
                about.push(id);
            }
        }
        // What is made of it tells of it too.
        for _ in 0..MAX_NAMES {
            let known = about.len();
            for (at, binding) in u.bindings.iter().enumerate() {
                let id = BindingId(u32::try_from(at).expect("few bindings"));
                let tells = |value: NodeId| mentions(u, value, &about);
                let is_set = binding.assignments.iter().any(|&assignment| match u.kind(assignment) {
                    Kind::Assign { value, .. } => tells(*value),
                    _ => false,
                });
                let is_made = binding.kind == BindingKind::Variable && binding.value.is_some_and(tells);
                if !about.contains(&id) && (is_set || is_made) {
                    about.push(id);
                }
            }
            if about.len() == known {
                break;
            }
        }
        Failure { view, again, about }
    }

    /// Whether a failure of which no condition says more leads to another attempt.
    fn leads_to_another(&self) -> bool {
        let u = self.view.unit;
        let holds = |condition: NodeId| self.holds(condition, MAX_NAMES);
        let Kind::Loop(l) = u.kind(self.again.at) else { return self.reaches_itself() };
        let Kind::Block { statements, .. } = u.kind(l.body) else { return true };
        let at = statements.iter().position(|&s| is_inside(u, self.again.tried, s));
        let rest = at.map_or(&[][..], |at| &statements[at + 1..]);
        let rest_leads_on = || flow_of_all_where(u, &holds, rest).leads_on();
        let own = match self.again.after_failure.filter(|_| !self.is_told_by_its_answer()) {
            Some(block) => flow_where(u, &holds, self.arm_of_any(block).unwrap_or(block)),
            None => return rest_leads_on(),
        };
        own.goes_on || own.completes && rest_leads_on()
    }

    /// Whether the answer tells of the failure, and is looked at after it is there.
    fn is_told_by_its_answer(&self) -> bool {
        let u = self.view.unit;
        let is_of_an_if = self.again.after_failure.is_none_or(|block| {
            u.parent(block).is_some_and(|parent| matches!(u.kind(parent), Kind::If { .. }))
        });
        is_of_an_if
            && u.parent(self.again.tried).is_some_and(|parent| {
                matches!(u.kind(parent), Kind::Let { init: Some(init), .. } if *init == self.again.tried)
            })
    }

    /// Of the arms of several failures the one that is taken where no other fits.
    fn arm_of_any(&self, block: NodeId) -> Option<NodeId> {
        let u = self.view.unit;
        let Kind::Match { arms, .. } = u.kind(u.parent(block)?) else { return None };
        let mut fails = arms.iter().filter(|arm| {
            let first = arm.pattern.as_ref().and_then(|pattern| pattern.variants.first());
            first.is_none_or(|variant| variant == "Err")
        });
        let of_any = |arm: &&plimsoll_behavior::Arm| {
            let is_plain = arm.pattern.as_ref().is_none_or(|pattern| pattern.variants.len() < 2);
            is_plain && arm.guard.is_none_or(|guard| self.holds(guard, MAX_NAMES) != Some(false))
        };
        fails.find(of_any).map(|arm| arm.body)
    }

    /// Whether a function comes to the call of itself after such a failure.
    fn reaches_itself(&self) -> bool {
        let u = self.view.unit;
        let holds = |condition: NodeId| self.holds(condition, MAX_NAMES);
        let mut below = self.again.at;
        for around in u.ancestors(self.again.at) {
            let is_left_out = match u.kind(around) {
                Kind::If { condition, then, .. } if *then == below => holds(*condition) == Some(false),
                Kind::If { condition, otherwise, .. } if *otherwise == Some(below) => {
                    holds(*condition) == Some(true)
                }
                Kind::Block { statements, .. } => {
                    let before: Vec<NodeId> =
                        statements.iter().copied().take_while(|&s| s != below).collect();
                    !flow_of_all_where(u, &holds, &before).completes
                }
                _ => false,
            };
            if is_left_out {
                return false;
            }
            if Some(around) == self.again.after_failure {
                break;
            }
            below = around;
        }
        true
    }

    /// Whether a condition holds of a failure of which no more is known; none where it does not ask for that.
    fn holds(&self, condition: NodeId, names: u8) -> Option<bool> {
        let u = self.view.unit;
        let names_left = names.checked_sub(1);
        if let Kind::Binary { op, left, right } = u.kind(condition) {
            let (left, right) = (*left, *right);
            match op.as_str() {
                "&&" => {
                    return match (self.holds(left, names), self.holds(right, names)) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), other) | (other, Some(true)) => other,
                        (None, None) => None,
                    };
                }
                "||" => {
                    return match (self.holds(left, names), self.holds(right, names)) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), other) | (other, Some(false)) => other,
                        (None, None) => None,
                    };
                }
                _ => {}
            }
        }
        if !mentions(u, condition, &self.about) {
            return None;
        }
        match u.kind(condition) {
            Kind::Unary { op, value } if op == "!" => self.holds(*value, names).map(|holds| !holds),
            // It is some error, and any of its parts may be missing.
            Kind::Binary { op, right, .. } if op == "instanceof" => {
                Some(matches!(u.kind(*right), Kind::Name { name, .. } if name == "Error"))
            }
            Kind::Binary { op, .. } => Some(op == "!=" || op == "!=="),
            Kind::Call { .. } => Some(callee_name(u, condition).is_some_and(|name| name == "is_err")),
            Kind::Member { name, .. } => Some(is_an_error(name)),
            Kind::Is { pattern, .. } => Some(pattern.variants.first().is_some_and(|name| name == "Err")),
            Kind::Name { binding: Some(binding), name } => {
                let binding = u.binding(*binding);
                let value =
                    binding.value.filter(|_| binding.path.is_empty() && binding.assignments.is_empty());
                let is_a_condition = |&value: &NodeId| {
                    matches!(
                        u.kind(value),
                        Kind::Binary { .. } | Kind::Unary { .. } | Kind::Call { .. } | Kind::Member { .. }
                    ) && !self.again.attempts.iter().any(|&attempt| is_inside(u, attempt, value))
                };
                match (value.filter(is_a_condition), names_left) {
                    (Some(value), Some(names)) => self.holds(value, names),
                    _ => Some(is_an_error(name)),
                }
            }
            _ => Some(false),
        }
    }

    /// What the conditions that ask for the failure speak of.
    fn said(&self, said: &mut Said) {
        let u = self.view.unit;
        let region = match u.kind(self.again.at) {
            Kind::Loop(l) => l.body,
            _ => self.again.after_failure.unwrap_or(self.again.at),
        };
        for node in u.descendants(region) {
            match u.kind(node) {
                Kind::If { condition, .. } if mentions(u, *condition, &self.about) => {
                    self.hear_condition(said, *condition, MAX_NAMES);
                }
                Kind::Match { arms, .. } => {
                    for arm in arms {
                        if let Some(guard) = arm.guard {
                            self.hear_condition(said, guard, MAX_NAMES);
                        }
                        if let Some(pattern) = &arm.pattern
                            && pattern.variants.first().is_some_and(|first| first == "Err")
                        {
                            pattern.variants.iter().for_each(|variant| said.hear(variant));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What a condition speaks of, the names in it, and the functions of the project that it asks.
    fn hear_condition(&self, said: &mut Said, condition: NodeId, names: u8) {
        let u = self.view.unit;
        let parts = u.descendants(condition);
        said.hear_all(u, parts.iter().copied());
        for &part in &parts {
            match u.kind(part) {
                Kind::Name { binding: Some(binding), .. } => {
                    let value = u.binding(*binding).value;
                    let is_tried = |value: NodeId| {
                        self.again.attempts.iter().any(|&attempt| is_inside(u, attempt, value))
                    };
                    if let (Some(value), Some(names)) =
                        (value.filter(|&v| !is_tried(v)), names.checked_sub(1))
                    {
                        self.hear_condition(said, value, names);
                    }
                }
                Kind::Call { .. } => {
                    let facts = self.view.eval.call(self.view.index, part);
                    let Some(target) = &facts.target else { continue };
                    in_function(self.view, target, &mut |there| {
                        let all = (0..there.unit.nodes.len())
                            .map(|at| NodeId(u32::try_from(at).expect("few nodes")));
                        said.hear_all(there.unit, all);
                    });
                }
                _ => {}
            }
        }
    }
}

/// Whether a member or a name stands for what went wrong.
fn is_an_error(name: &str) -> bool {
    words(name)
        .last()
        .is_some_and(|last| matches!(last.as_str(), "error" | "err" | "e" | "errors" | "exception"))
}

/// Whether a block that runs after a failure is what a binding is made for: `catch (error) { … }`, `Err(error) => { … }`.
fn is_bound_before(u: &Unit, block: NodeId, binding: BindingId) -> bool {
    let Some(parent) = u.parent(block) else { return false };
    let pattern = match u.kind(parent) {
        Kind::TryCatch { catch: Some(catch), .. } if catch.body == block => catch.pattern.as_ref(),
        Kind::Match { arms, .. } => {
            let of = arms.iter().filter_map(|arm| arm.pattern.as_ref());
            let of_errors = of.filter(|pattern| pattern.variants.first().is_some_and(|v| v == "Err"));
            return of_errors.flat_map(|pattern| &pattern.bindings).any(|&bound| bound == binding);
        }
        Kind::If { condition, .. } => match u.kind(*condition) {
            Kind::Is { pattern, .. } => Some(&**pattern),
            _ => None,
        },
        Kind::Loop(l) => match l.condition.map(|condition| u.kind(condition)) {
            Some(Kind::Is { pattern, .. }) => Some(&**pattern),
            _ => None,
        },
        _ => None,
    };
    pattern.is_some_and(|pattern| pattern.bindings.contains(&binding))
}

fn is_inside(u: &Unit, node: NodeId, around: NodeId) -> bool {
    let (node, around) = (u.range(node), u.range(around));
    around.start <= node.start && node.end <= around.end
}
