//! `unbounded-channel`

use plimsoll_behavior::models::QueueEnds;
use plimsoll_behavior::{BindingKind, Effects, Kind, NodeId, TypeExpr};

use crate::ask::{
    Often, Queue, Slow, binding_of, is_of_the_program, often, queue, receiver, waits_for_an_answer, words,
};
use crate::edit::bounded::bounded;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, Place, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A channel without a bound that requests or a connection fill, and that something slow empties.
    ///
    /// ## What happens
    ///
    /// Whoever sends to such a channel never waits: what is sent stays in memory until it is received. As long as the receiver
    /// keeps up, nothing is seen of it. When a client stops reading its socket, or the database behind the receiver is slow
    /// for a minute, each message of everybody else is kept, and the service is killed for its memory together with all that
    /// waits in the channel. With a bound, whoever sends has to wait, or is told that there is no room.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// async fn handle_socket(socket: WebSocket, hub: Arc<Hub>) {
    ///     let (mut sink, mut stream) = socket.split();
    ///     let (tx, mut rx) = mpsc::unbounded_channel::<String>();
    ///     hub.clients.write().await.insert(Uuid::new_v4(), tx);
    ///     while let Some(text) = rx.recv().await {
    ///         sink.send(Message::text(text)).await?;
    ///     }
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// let (tx, mut rx) = mpsc::channel::<String>(256);
    /// hub.clients.write().await.insert(Uuid::new_v4(), tx);
    /// ```
    ///
    /// What sends to all clients uses `try_send`, and drops the client whose channel is full:
    ///
    /// ```rust
    /// clients.retain(|_, client| client.try_send(text.clone()).is_ok());
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Where all that sends stands in asynchronous code of the same function, the channel is made with room for 1,024
    /// messages, and each `send` is awaited. What sends may then wait for what receives: where both are one task, that
    /// would be for ever, so somebody has to look at it.
    ///
    /// ## What it does not flag
    ///
    /// - Channels by which something is told to stop, to begin or to look again, and those that carry nothing.
    /// - What is sent a fixed number of times, or once before the loop is left.
    /// - Channels of which the receiver does nothing that takes time, or of which nothing tells what it does.
    /// - Messages whose sender waits for the answer: there are as many as there are requests.
    /// - A channel for one request, as for an answer that is streamed.
    /// - Programs that are run by hand, on a desktop, and libraries.
    pub UnboundedChannel { id: "unbounded-channel", category: Resources, severity: Warning, since: "0.1.0", preview }
}

/// Words in the names of what only tells somebody to do something, now and then.
#[rustfmt::skip] // a list of words
const CONTROL: &[&str] = &[
    "shutdown", "stop", "cancel", "cancellation", "kill", "abort", "quit", "exit", "close", "closed", "terminate", "done", "finished",
    "ready", "started", "signal", "trigger", "wake", "wakeup", "notify", "reload", "restart", "refresh", "pause", "resume", "control",
    "ctrl", "config", "settings", "flush", "err", "error", "errors", "status", "state", "health", "heartbeat", "ping", "pong",
];

impl Rule for UnboundedChannel {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::QUEUE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.contains(Effects::QUEUE) {
                continue;
            }
            match ends_of(&call) {
                Some(ends) => made(unit, report, &call, ends),
                None => fed_by_requests(unit, report, &call),
            }
        }
    }
}

fn ends_of<'c>(call: &'c CallView<'_>) -> Option<&'c QueueEnds> {
    call.facts.behavior.as_ref().and_then(|(_, behavior)| behavior.ends.as_ref())
}

/// A channel that a connection fills, or for which others write to one.
fn made(unit: &UnitView<'_>, report: &mut Report<'_>, call: &CallView<'_>, ends: &QueueEnds) {
    if is_for_signs(unit, call.node) {
        return;
    }
    let Some(found) = queue(unit, call.node, ends) else { return };
    let is_only_signs = !found.feeds.is_empty() && found.feeds.iter().all(|feed| feed.is_a_sign);
    if is_of_control(&found.name) || is_only_signs {
        return;
    }
    let Some((slow, at)) = found.drains.iter().find_map(|drain| drain.slow.clone()) else { return };
    let Some(message) = message(&found, slow) else { return };
    if !unit.is_on_a_server() {
        return;
    }
    let (from, why): (&Place, _) =
        match (&found.kept, found.feeds.iter().find(|feed| feed.per_message.is_some())) {
            (_, Some(feed)) => (&feed.at, "each message puts one more in here"),
            (Some(kept), None) => (kept, "it is kept here, where others send to it"),
            (None, None) => return,
        };
    let takes = match slow {
        Slow::Connection => "one is taken out when this connection has taken the one before",
        Slow::Work => "one is taken out when this is done with the one before",
    };
    report
        .at_node(unit, call.node, Confidence::High, message)
        .related(from.clone(), why)
        .related(at, takes)
        .fix(|| bounded(unit, call.node, ends, &found));
}

fn message(found: &Queue, slow: Slow) -> Option<String> {
    let name = quoted(&found.name).unwrap_or_else(|| "this channel".to_owned());
    let per_message = found.feeds.iter().any(|feed| feed.per_message.is_some());
    match slow {
        Slow::Connection if found.kept.is_some() => Some(format!(
            "all that is sent to {name} stays in memory until this connection has taken it, and nothing bounds how much that is: one peer that reads slowly takes the memory of all"
        )),
        Slow::Connection if per_message => Some(format!(
            "each message that comes over the connection puts one more into {name}, which has no bound: a peer that sends without reading fills the memory"
        )),
        Slow::Work if per_message => Some(format!(
            "each message that comes over the connection puts one more into {name}, which has no bound: whoever sends faster than they are worked on fills the memory"
        )),
        _ => None,
    }
}

/// Something that each request puts into a channel of the program.
fn fed_by_requests(unit: &UnitView<'_>, report: &mut Report<'_>, call: &CallView<'_>) {
    let u = unit.unit;
    let Kind::Call { args, .. } = u.kind(call.node) else { return };
    let Some(on) = receiver(u, call.node) else { return };
    if !is_of_the_program(unit, on) || waits_for_an_answer(u, call.node) {
        return;
    }
    let name = unit.dotted(on).unwrap_or_default();
    let says = args.iter().map(|&arg| unit.text(arg).split(['(', '{']).next().unwrap_or_default());
    let last = name.rsplit('.').next().unwrap_or_default();
    if std::iter::once(last).chain(says).any(is_of_control) || args.iter().all(|&arg| is_constant(unit, arg))
    {
        return;
    }
    if often(unit, call.node) != Often::Request || !unit.is_on_a_server() {
        return;
    }
    let named = quoted(&name).unwrap_or_else(|| "this channel".to_owned());
    report
        .at_node(
            unit,
            call.node,
            call.confidence(),
            format!(
                "each request puts one more into {named}, which has no bound: while what takes them out is slow, they all stay in memory, until the process is killed with what waits in there"
            ),
        )
        .because_of(last.to_owned());
}

fn is_of_control(name: &str) -> bool {
    words(name).iter().any(|word| CONTROL.contains(&word.as_str()))
}

fn is_constant(unit: &UnitView<'_>, node: NodeId) -> bool {
    match unit.unit.kind(node) {
        Kind::Literal(_) => true,
        Kind::Array(parts) => parts.is_empty(),
        Kind::Name { .. } => binding_of(unit, unit.index, node).is_some_and(|(at, id)| {
            matches!(unit.unit_of(at).binding(id).kind, BindingKind::Import(_) | BindingKind::Type)
        }),
        _ => false,
    }
}

/// Whether what a channel carries is said to be nothing: `unbounded_channel::<()>()`.
fn is_for_signs(unit: &UnitView<'_>, call: NodeId) -> bool {
    let is_nothing = |ty: &TypeExpr| {
        ty.args.is_empty() && ty.path.last().is_some_and(|name| matches!(name.as_str(), "()" | "bool"))
    };
    matches!(unit.unit.kind(call), Kind::Call { type_args, .. } if type_args.iter().any(is_nothing))
}
