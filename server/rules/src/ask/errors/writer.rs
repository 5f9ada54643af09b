//! Who has written a text that code reads: a user, another service, whoever writes a file. What the project writes itself
//! has the form that it gave it, and unknown is an answer.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingKind, Effects, FunctionId, Guarantees, Kind, NodeId, Unit};
use plimsoll_project::link::Context;

use crate::UnitView;
use crate::ask::code::{declaration, receiver, unit_of};
use crate::ask::errors::dropped::is_of_a_request;

/// How many names, members and calls one text is followed through.
const MAX_STEPS: u32 = 40;

/// How addresses of the machine itself are written.
const LOOPBACK: &[&str] = &["//localhost", "//127.0.0.1", "//[::1]"];

/// Who has written something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Whoever sends a request.
    User {
        /// Whether that rests on a convention.
        is_convention: bool,
    },
    /// Whoever is at the other end of a connection.
    Peer,
    /// Another service, in its answer.
    Service,
    /// Whoever writes a file.
    File,
    /// Whoever starts the program.
    Environment,
}

impl Writer {
    /// As it stands behind a comma: "which … ".
    #[must_use]
    pub fn told(&self) -> &'static str {
        match self {
            Writer::User { .. } => "comes from the request",
            Writer::Peer => "comes over a connection",
            Writer::Service => "another service has sent",
            Writer::File => "is read from a file",
            Writer::Environment => "comes from the environment",
        }
    }
}

/// Who has written the value of a node of this file, or the value that it is a part of; none where the program has, or
/// nothing is known. What has been looked at on the way, or is put together, is the program's.
#[must_use]
pub fn writer(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<Writer> {
    Search { view, left: MAX_STEPS }.of(unit, node)
}

struct Search<'v, 'a> {
    view: &'v UnitView<'a>,
    left: u32,
}

impl Search<'_, '_> {
    fn of(&mut self, unit: usize, node: NodeId) -> Option<Writer> {
        self.left = self.left.checked_sub(1)?;
        let view = self.view;
        let u = unit_of(view, unit);
        if let Some(value) = inside(u, node) {
            return self.sent(unit, node).unwrap_or_else(|| self.of(unit, value));
        }
        match u.kind(node) {
            Kind::Name { .. } => self.sent(unit, node).unwrap_or_else(|| self.named(unit, node)),
            Kind::Member { name, .. } if name == "length" => None,
            Kind::Member { object, .. } => self.sent(unit, node).unwrap_or_else(|| self.of(unit, *object)),
            Kind::Binary { op, left, right } if matches!(op.as_str(), "??" | "||") => {
                self.of(unit, *left).or_else(|| self.of(unit, *right))
            }
            Kind::If { then, otherwise: Some(otherwise), is_expression: true, .. } => {
                self.of(unit, *then).or_else(|| self.of(unit, *otherwise))
            }
            Kind::Call { .. } => self.call(unit, node),
            _ => None,
        }
    }

    /// What a user sent; nobody's, where something holds of it.
    fn sent(&self, unit: usize, node: NodeId) -> Option<Option<Writer>> {
        if !is_one_piece(self.view, unit, node) {
            return None;
        }
        let sent = self.view.eval.sent(unit, node)?;
        let is_looked_at =
            Guarantees::LIMITED | Guarantees::NUMBER | Guarantees::BY_SCHEMA | Guarantees::ASCII;
        let by = Writer::User { is_convention: sent.is_convention };
        Some((!sent.guards.intersects(is_looked_at)).then_some(by))
    }

    fn named(&mut self, unit: usize, node: NodeId) -> Option<Writer> {
        let view = self.view;
        let (at, id) = declaration(view, unit, node)?;
        let u = unit_of(view, at);
        let binding = u.binding(id);
        if let BindingKind::Parameter(function, index) = binding.kind {
            return self.parameter(at, function, index);
        }
        let value = binding.value.and_then(|value| self.of(at, value));
        value.or_else(|| {
            binding.assignments.iter().find_map(|&assignment| match u.kind(assignment) {
                Kind::Assign { value, .. } => self.of(at, *value),
                _ => None,
            })
        })
    }

    /// What a callback is given by whoever runs it.
    fn parameter(&mut self, unit: usize, function: FunctionId, index: u16) -> Option<Writer> {
        let view = self.view;
        let Context::Runs(run, closure) = view.eval.context(unit, function) else { return None };
        let facts = view.eval.call(closure.unit, closure.call);
        let (model, behavior) = facts.behavior.as_ref()?;
        match run {
            Run::Listener => {
                let model = &view.eval.models.all()[usize::from(*model)];
                let is_of_a_connection = !model.in_process
                    && facts.receiver.is_some()
                    && behavior.slots.contains_key(&plimsoll_behavior::models::Slot::Event);
                let u = unit_of(view, closure.unit);
                let is_own =
                    receiver(u, closure.call).is_some_and(|on| leads_to_this_machine(view, closure.unit, on));
                (is_of_a_connection && !is_own).then_some(Writer::Peer)
            }
            Run::Then | Run::Each if index == 0 => {
                let value = receiver(unit_of(view, closure.unit), closure.call)?;
                self.of(closure.unit, value)
            }
            _ => None,
        }
    }

    fn call(&mut self, unit: usize, node: NodeId) -> Option<Writer> {
        let view = self.view;
        let u = unit_of(view, unit);
        let Kind::Call { callee, args, .. } = u.kind(node) else { return None };
        let facts = view.eval.call(unit, node);
        if let Some(target) = &facts.target {
            return by_effects(view.summary(target)?.effects);
        }
        if let Some(writer) = self.sent(unit, node) {
            return writer;
        }
        if let Some(writer) = by_effects(facts.effects) {
            return Some(writer);
        }
        let Some((_, behavior)) = &facts.behavior else {
            // A method of which nothing is known hands out a part of what it is called on: `text.trim()`.
            let Kind::Member { object, .. } = u.kind(*callee) else { return None };
            return self.of(unit, *object);
        };
        if behavior.environment {
            return Some(Writer::Environment);
        }
        if !facts.effects.is_empty() {
            return None;
        }
        let carried = behavior.carries.iter().find_map(|carried| match carried.as_str() {
            "receiver" => receiver(u, node),
            "*" => args.first().copied(),
            index => args.get(index.parse::<usize>().ok()?).copied(),
        });
        let yields = behavior.yields.as_deref().unwrap_or_default().trim_matches(['[', ']']);
        let handed_on = match yields {
            // What a closure makes of it is a part of it as well.
            "receiver" | "self" | "element" | "callback" => receiver(u, node),
            "arg.0" => args.first().copied(),
            _ => None,
        };
        self.of(unit, carried.or(handed_on)?)
    }
}

/// Whether a connection is made to a program beside this one, which is mostly the project's too.
fn leads_to_this_machine(view: &UnitView<'_>, unit: usize, connection: NodeId) -> bool {
    let Some((at, id)) = declaration(view, unit, connection) else { return false };
    let u = unit_of(view, at);
    let Some(made) = u.binding(id).value else { return false };
    let Kind::Call { args, .. } = u.kind(made) else { return false };
    args.first().is_some_and(|&to| {
        let to = view.of(at).text(to);
        LOOPBACK.iter().any(|host| to.contains(host))
    })
}

/// Who has written what a call with these effects yields.
fn by_effects(effects: Effects) -> Option<Writer> {
    // What comes out of a database the project has mostly put in.
    if effects.intersects(Effects::DB) {
        return None;
    }
    if effects.intersects(Effects::HTTP_REQUEST | Effects::RESPONSE_BODY) {
        return Some(Writer::Service);
    }
    effects.contains(Effects::FILE).then_some(Writer::File)
}

/// What stands inside of something that does not change it.
fn inside(u: &Unit, node: NodeId) -> Option<NodeId> {
    match u.kind(node) {
        Kind::Await(value) | Kind::Try(value) | Kind::NonNull(value) | Kind::Cast { value, .. } => {
            Some(*value)
        }
        Kind::Unary { op, value } if op.starts_with('&') || op == "*" => Some(*value),
        Kind::Index { object, .. } => Some(*object),
        _ => None,
    }
}

/// Whether a value stands in the program as it came, and is no text that was put together of parts.
fn is_one_piece(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let (mut unit, mut node) = (unit, node);
    for _ in 0..MAX_STEPS {
        let u = unit_of(view, unit);
        if let Some(value) = inside(u, node) {
            node = value;
            continue;
        }
        match u.kind(node) {
            Kind::Template { .. } => return false,
            Kind::Binary { op, .. } => return matches!(op.as_str(), "??" | "||"),
            Kind::Call { callee, args, .. } => match u.kind(*callee) {
                Kind::Member { object, .. } => node = *object,
                // A macro, or a function that puts it together.
                _ => {
                    return args.len() <= 1
                        && !args.iter().any(|&arg| matches!(u.kind(arg), Kind::Template { .. }));
                }
            },
            Kind::Member { object, .. } => node = *object,
            Kind::Name { .. } => {
                let Some((at, id)) = declaration(view, unit, node) else { return true };
                let Some(value) = unit_of(view, at).binding(id).value else { return true };
                (unit, node) = (at, value);
            }
            _ => return true,
        }
    }
    false
}

/// Whether a node is the address that a request came to: whoever serves it has read it before.
#[must_use]
pub fn is_address_of_a_request(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = unit_of(view, unit);
    let mut at = node;
    for _ in 0..MAX_STEPS {
        at = match u.kind(at) {
            Kind::Member { object, name, .. } => {
                let of = view.eval.value(unit, *object);
                let is_of_one = of.instance().is_some_and(|of| is_of_a_request(view.eval.models.ty(of.ty)));
                if is_of_one {
                    return name.to_ascii_lowercase().ends_with("url");
                }
                *object
            }
            Kind::Name { .. } => {
                let Some((there, id)) = declaration(view, unit, at) else { return false };
                match unit_of(view, there).binding(id).value.filter(|_| there == unit) {
                    Some(value) => value,
                    None => return false,
                }
            }
            _ => match inside(u, at) {
                Some(value) => value,
                None => return false,
            },
        };
    }
    false
}
