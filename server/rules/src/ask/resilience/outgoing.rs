//! Requests to other services, also those behind the project's own wrappers.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{BindingKind, Effects, Key, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::{Context, SlotValue, Value};

use crate::UnitView;
use crate::ask::errors::failure::{Failure, Seen, failure_of};
use crate::ask::occasion::{in_other, role_of_failure};
use crate::ask::{Role, binding_of, is_bounded, is_status_checked, url_head};
use crate::view::CallView;

/// How many of the project's own functions may stand between a call and the request it makes.
const MAX_WRAPPERS: usize = 6;

/// How many parts of an expression its client is looked for through.
const MAX_STEPS: usize = 200;

/// How many names options are followed through.
const MAX_NAMES: u8 = 3;

/// Methods that do no more when they are sent twice.
const IDEMPOTENT: &[&str] = &["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"];

/// Whether sending the request twice does no more than sending it once, by its method; a method that is not known is
/// none of these.
#[must_use]
pub fn is_idempotent(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    method(view, call).is_some_and(|method| IDEMPOTENT.contains(&method.as_str()))
}

/// The HTTP method of a request in upper case; none when it is not known.
#[must_use]
pub fn method(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let Some(slot) = call.slot(Slot::Method) else {
        // Options may hold one where the model does not look: `axios(url, { method: 'POST' })`. What has no place for
        // one sends what was built before.
        let is_open = call.slot(Slot::Options).is_some_and(|options| may_hold_a_method(view, options));
        let (_, behavior) = call.facts.behavior.as_ref()?;
        let has_default = behavior.slots.contains_key(&Slot::Method) && !is_open;
        return (has_default && call.slot(Slot::Body).is_none()).then(|| "GET".to_owned());
    };
    match slot {
        SlotValue::Text(text) => Some(text.to_ascii_uppercase()),
        SlotValue::Node(site) => {
            let (unit, node) = view.node_at(site)?;
            if let Value::Text(text) = view.eval.value(unit, node) {
                return Some(text.to_ascii_uppercase());
            }
            // `Method::PUT`
            match view.linked.file.units[unit].unit.kind(node) {
                Kind::Member { name, .. } => Some(name.to_ascii_uppercase()),
                _ => None,
            }
        }
        SlotValue::Elsewhere => None,
    }
}

/// Whether the caller of the function around a request may say its method: its options are a parameter, or made of one.
#[must_use]
pub(in crate::ask) fn takes_its_method(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let options = || view.own_node(call.slot(Slot::Options));
    call.slot(Slot::Method).is_none_or(|slot| *slot == SlotValue::Elsewhere)
        && (method(view, call).is_none()
            || options().is_some_and(|options| is_handed_in(view.unit, options, MAX_NAMES)))
}

fn is_handed_in(u: &Unit, options: NodeId, names: u8) -> bool {
    match u.kind(options) {
        Kind::Name { binding: Some(binding), .. } => {
            let binding = u.binding(*binding);
            let held = || binding.value.zip(names.checked_sub(1));
            matches!(binding.kind, BindingKind::Parameter(..))
                || held().is_some_and(|(value, names)| is_handed_in(u, value, names))
        }
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| entry.key == Key::Spread && is_handed_in(u, entry.value, names))
        }
        Kind::Spread(value) | Kind::Cast { value, .. } => is_handed_in(u, *value, names),
        _ => false,
    }
}

/// Whether options are not known to leave the method out.
fn may_hold_a_method(view: &UnitView<'_>, options: &SlotValue) -> bool {
    let SlotValue::Node(site) = options else { return true };
    view.node_at(site).is_none_or(|(unit, node)| !view.eval.lacks_property(unit, node, "method"))
}

/// The host that a request goes to, where it stands in the code.
#[must_use]
pub fn host(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let base = match call.slot(Slot::BaseUrl) {
        Some(SlotValue::Node(site)) => {
            view.node_at(site).and_then(|(unit, node)| view.eval.text_head(unit, node))
        }
        Some(SlotValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let head = url_head(view, call).filter(|head| head.contains("://")).or(base)?;
    let (_, rest) = head.split_once("://")?;
    let end = rest.find(['/', ':', '?', '#']);
    let is_whole = end.is_some()
        || view.own_node(call.slot(Slot::Url)).is_none_or(|url| match view.unit.kind(url) {
            Kind::Template { pieces, .. } => pieces.first().is_some_and(|p| p.is_empty()),
            Kind::Binary { .. } => false,
            _ => true,
        });
    let host = &rest[..end.unwrap_or(rest.len())];
    let host = host.rsplit('@').next().unwrap_or(host);
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    (is_whole && is_host).then(|| host.to_owned())
}

/// The same for a message: not the host that is only taken where nothing else is set, as in
/// `process.env.API ?? 'http://localhost:3000'`.
#[must_use]
pub fn host_by_name(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let is_default = [Slot::Url, Slot::BaseUrl].into_iter().any(|slot| match call.slot(slot) {
        Some(SlotValue::Node(site)) => {
            view.node_at(site).is_some_and(|(unit, node)| begins_with_a_choice(view, unit, node))
        }
        _ => false,
    });
    if is_default { None } else { host(view, call) }
}

/// Whether the head of a text is one of several.
fn begins_with_a_choice(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let (mut unit, mut node) = (unit, node);
    for _ in 0..MAX_STEPS {
        let u = view.unit_of(unit);
        node = match u.kind(node) {
            Kind::If { .. } | Kind::Match { .. } => return true,
            Kind::Binary { op, .. } if op == "||" || op == "??" => return true,
            Kind::Binary { left, .. } => *left,
            Kind::Template { pieces, holes } if pieces.first().is_some_and(|piece| piece.is_empty()) => {
                let Some(&hole) = holes.first() else { return false };
                hole
            }
            Kind::Cast { value, .. } => *value,
            Kind::NonNull(value) => *value,
            Kind::Name { .. } => {
                let Some((of, binding)) = binding_of(view, unit, node) else { return false };
                let Some(value) = view.unit_of(of).binding(binding).value else { return false };
                unit = of;
                value
            }
            _ => return false,
        };
    }
    false
}

/// What tells one host from another where it is not known: the name that stands for it in the URL.
#[must_use]
pub fn host_key(view: &UnitView<'_>, call: &CallView<'_>) -> String {
    if let Some(host) = host(view, call) {
        return host;
    }
    let Some(url) = view.own_node(call.slot(Slot::Url)) else { return String::new() };
    match view.unit.kind(url) {
        Kind::Template { pieces, holes } if pieces.first().is_some_and(|p| p.is_empty()) => {
            holes.first().map_or(String::new(), |&hole| view.text(hole).to_owned())
        }
        _ => view.text(url).to_owned(),
    }
}

/// The name that a call is known by: of a builder, that of the call that begins it.
#[must_use]
pub fn chain_name(unit: &UnitView<'_>, call: NodeId) -> String {
    let mut first = call;
    let mut at = call;
    loop {
        match unit.unit.kind(at) {
            Kind::Call { callee, .. } => {
                first = at;
                at = *callee;
            }
            Kind::Member { object, .. } => at = *object,
            _ => return unit.call_name(first),
        }
    }
}

/// What stands behind a call of one of the project's own functions that does nothing but make a request.
pub struct Wrapped {
    /// Whether its failure reaches the caller as it is: nobody retries, falls back or logs in between.
    pub leaves: bool,
    /// Whether it is idempotent, bounded in time and checked.
    pub is_sound: bool,
    /// Whether an error that it throws can tell which status it stands for.
    pub tells_status: bool,
    /// Whether it is found on the way already, because of the role that the other file tells.
    pub is_found_there: bool,
}

/// Whether nobody waits for work of this role who could try again.
#[must_use]
pub fn is_nobodys_wait(role: Role) -> bool {
    role.runs_by_itself() || role == Role::StartUp
}

fn is_found_by_its_role(there: &UnitView<'_>, call: &CallView<'_>, failure: Failure) -> bool {
    !takes_its_url(there, call) && role_of_failure(there, failure, true).is_some_and(is_nobodys_wait)
}

/// Whether a request goes wherever the caller of its function says: the URL is a parameter, or a parameter behind a
/// base.
#[must_use]
pub fn takes_its_url(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Kind::Call { args, .. } = view.unit.kind(call.node) else { return false };
    let Some(url) = view.own_node(call.slot(Slot::Url)).or(args.first().copied()) else { return false };
    let is_parameter = |node: NodeId| match view.unit.kind(node) {
        Kind::Name { binding: Some(b), .. } => match view.unit.binding(*b).kind {
            // An element of what the function around maps over is that function's business.
            BindingKind::Parameter(function, _) => !view.context(function).is_inline(),
            _ => false,
        },
        _ => false,
    };
    match view.unit.kind(url) {
        Kind::Template { pieces, holes } => {
            holes.iter().any(|&hole| is_parameter(hole)) && !pieces.iter().any(|piece| names_a_path(piece))
        }
        Kind::Binary { left, right, .. } => is_parameter(*right) && !is_parameter(*left),
        Kind::Unary { value, .. } => is_parameter(*value),
        _ => is_parameter(url),
    }
}

/// Whether a piece of a URL says more than where the service is.
fn names_a_path(piece: &str) -> bool {
    let path = piece.split_once("://").map_or(piece, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    path.chars().any(|c| c.is_ascii_alphabetic())
}

/// Whether a request has a time limit, or a client that is made out of sight, where a missing one is found.
#[must_use]
pub fn may_be_bounded(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let is_open = matches!(call.slot(Slot::Timeout), Some(SlotValue::Elsewhere));
    is_bounded(view, call) && !(is_open && call.facts.receiver.is_some() && makes_an_unbounded_client(view))
        || (call.facts.receiver.is_some()
            && !is_made_in_sight(view, call.node)
            && !makes_an_unbounded_client(view))
}

/// Whether a function that the file hangs into a client sends what it is given once more:
/// `client.interceptors.response.use(undefined, (error) => client.request(error.config))`.
#[must_use]
pub fn is_sent_again(view: &UnitView<'_>) -> bool {
    view.linked.facts.iter().enumerate().any(|(unit, facts)| {
        facts.calls.iter().any(|(&node, call)| {
            let Kind::Call { args, .. } = view.unit_of(unit).kind(node) else { return false };
            call.effects.contains(Effects::HTTP_REQUEST)
                && args.first().is_some_and(|&arg| comes_from_a_listener(view, unit, arg))
        })
    })
}

/// Whether a value is a part of what a listener around it is given.
fn comes_from_a_listener(view: &UnitView<'_>, unit: usize, node: NodeId) -> bool {
    let u = view.unit_of(unit);
    let mut at = node;
    for _ in 0..MAX_STEPS {
        at = match u.kind(at) {
            Kind::Member { object, .. } => *object,
            Kind::Await(x) | Kind::NonNull(x) | Kind::Cast { value: x, .. } => *x,
            Kind::Name { binding: Some(b), .. } => match (u.binding(*b).kind, u.binding(*b).value) {
                (BindingKind::Parameter(function, _), _) => {
                    return matches!(view.eval.context(unit, function), Context::Runs(Run::Listener, _));
                }
                (_, Some(value)) => value,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}

/// Whether the file makes a client without a time limit, which may be the one in a field.
fn makes_an_unbounded_client(view: &UnitView<'_>) -> bool {
    view.linked.facts.iter().flat_map(|facts| facts.calls.values()).any(|call| {
        call.effects.contains(Effects::HTTP_CLIENT)
            && call.slot(Slot::Timeout).is_none()
            && call.behavior.as_ref().is_none_or(|(_, b)| b.default_timeout.is_none())
    })
}

fn is_made_in_sight(view: &UnitView<'_>, call: NodeId) -> bool {
    let mut at = call;
    // Each turn goes to a part of the node, or to the value of a name that was bound before it.
    for _ in 0..MAX_STEPS {
        at = match view.unit.kind(at) {
            Kind::Call { callee, .. } => {
                let makes = |c: &CallView<'_>| {
                    let effects = c.effects();
                    effects.contains(Effects::HTTP_CLIENT) && !effects.contains(Effects::HTTP_REQUEST)
                };
                if view.call(at).is_some_and(|c| makes(&c)) {
                    return true;
                }
                *callee
            }
            Kind::Member { object, .. } => *object,
            Kind::Await(x) | Kind::Try(x) | Kind::NonNull(x) => *x,
            Kind::Name { binding: Some(b), .. } => match view.unit.binding(*b).value {
                Some(value) => value,
                None => return false,
            },
            _ => return false,
        };
    }
    false
}

/// The request behind a call of a wrapper in another file; none when the call does something else as well.
#[must_use]
pub fn wrapped_request(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Wrapped> {
    let summary = call.summary.as_ref()?;
    let own = call.facts.target.as_ref()?;
    let request_only = Effects::HTTP_REQUEST
        | Effects::HTTP_CLIENT
        | Effects::RESPONSE_BODY
        | Effects::RESPONSE_CHECK
        | Effects::LOG
        | Effects::DEADLINE
        | Effects::TIMER_ONCE
        | Effects::RELEASE;
    if own.file == view.linked.file.path
        || !summary.effects.contains(Effects::HTTP_REQUEST)
        || !request_only.contains(summary.effects)
    {
        return None;
    }
    let wanted = method_argument(view, call.node);
    let mut next = view.with_effect(own, Effects::HTTP_REQUEST);
    let mut leaves = true;
    let mut tells_status = true;
    let mut is_found_there = false;
    for _ in 0..MAX_WRAPPERS {
        let summary = view.world.summary(&next)?;
        let witness = summary.witness(Effects::HTTP_REQUEST)?.clone();
        let unit = view.world.linked(&next.file)?.file.unit_at(&witness.unit)?;
        let step = in_other(view, &next.file, unit, &mut |there| {
            let failure = failure_of(there, unit, witness.node, None);
            let goes_on = matches!(&failure, Failure::Leaves(_, _, Seen::ByCallers));
            let sound = witness.next.is_none().then(|| {
                let request = there.call(witness.node)?;
                let asked = wanted.clone().or_else(|| method_of_wrapper(there, &request));
                let idempotent = asked.is_some_and(|m| IDEMPOTENT.contains(&m.as_str()));
                let is_careful = may_be_bounded(there, &request) && is_status_checked(there, &request);
                Some(idempotent && is_careful && !is_sent_again(there))
            });
            let is_found = there.call(witness.node).is_some_and(|c| is_found_by_its_role(there, &c, failure));
            (goes_on, throws_plain_errors(there.unit), sound, is_found)
        })?;
        is_found_there |= step.3;
        leaves &= step.0;
        tells_status &= !step.1;
        match (step.2, witness.next.clone()) {
            (Some(sound), _) => {
                return Some(Wrapped { leaves, is_sound: sound?, tells_status, is_found_there });
            }
            (None, Some(further)) => next = further,
            (None, None) => return None,
        }
    }
    None
}

/// The method of a wrapper's request when its caller names none.
fn method_of_wrapper(there: &UnitView<'_>, request: &CallView<'_>) -> Option<String> {
    match request.slot(Slot::Method) {
        Some(SlotValue::Elsewhere) => Some("GET".to_owned()),
        Some(SlotValue::Node(site)) => {
            let (unit, node) = there.node_at(site)?;
            method(there, request).or_else(|| {
                // A parameter with a default.
                let u = &there.linked.file.units[unit].unit;
                let Kind::Name { binding: Some(b), .. } = u.kind(node) else { return None };
                let BindingKind::Parameter(f, i) = u.binding(*b).kind else { return None };
                let default = u.function(f).params.get(usize::from(i))?.default?;
                match u.kind(default) {
                    Kind::Literal(Literal::String(text)) => Some(text.to_ascii_uppercase()),
                    _ => None,
                }
            })
        }
        _ => method(there, request),
    }
}

/// The method that the arguments of a wrapper's call name: `{ method: 'PUT' }`, `'DELETE'`.
pub(in crate::ask) fn method_argument(view: &UnitView<'_>, call: NodeId) -> Option<String> {
    let Kind::Call { args, .. } = view.unit.kind(call) else { return None };
    args.iter().find_map(|&arg| match view.unit.kind(arg) {
        Kind::Object { entries, .. } => entries.iter().find_map(|entry| match &entry.key {
            Key::Name(name) if name == "method" => match view.eval.value(view.index, entry.value) {
                Value::Text(text) => Some(text.to_ascii_uppercase()),
                _ => Some("unknown".to_owned()),
            },
            _ => None,
        }),
        Kind::Literal(Literal::String(text)) => {
            let upper = text.to_ascii_uppercase();
            let is_method =
                IDEMPOTENT.contains(&upper.as_str()) || matches!(upper.as_str(), "POST" | "PATCH");
            is_method.then_some(upper)
        }
        _ => None,
    })
}

/// Whether a function throws errors that carry nothing but a text.
fn throws_plain_errors(u: &Unit) -> bool {
    u.nodes.iter().any(|node| {
        let Kind::Throw(thrown) = node.kind else { return false };
        let Kind::Call { callee, .. } = u.kind(thrown) else { return false };
        matches!(u.kind(*callee), Kind::Name { name, .. } if name == "Error")
    })
}
