//! What is there twice when a piece of code runs twice: rows that are added, requests that make something.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Key, Kind, Literal, NodeId};

use crate::UnitView;
use crate::ask::database::touch::{Action, touches_of_call};
use crate::ask::occasion::in_other;
use crate::ask::resilience::outgoing::{method, method_argument};
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many of the project's own functions are followed to a request.
const MAX_CHAIN: usize = 8;

/// Words in addresses and names of what does the same when it is done twice, or leaves nothing behind.
#[rustfmt::skip] // a list of words
const HARMLESS: &[&str] = &[
    "login", "logout", "signin", "signout", "auth", "session", "token", "refresh", "search", "query", "filter", "validate",
    "verify", "check", "preview", "estimate", "calculate", "test", "toggle", "read", "seen", "mark", "dismiss", "cancel",
    "delete", "remove", "archive", "unarchive", "restore", "stop", "pause", "resume", "enable", "disable", "activate",
    "deactivate", "set", "update", "edit", "save", "sync", "reload", "clear", "reset", "track", "analytics", "view", "views", "ping",
    "select", "switch", "connect", "disconnect", "open", "close", "lock", "unlock", "accept", "decline", "reject",
    "approve", "confirm", "revoke", "like", "unlike", "follow", "unfollow", "vote", "favorite", "favourite", "bookmark",
    "pin", "unpin", "star", "portal", "upsert", "replace", "sort", "reorder", "move", "assign", "unassign", "settings", "preferences",
    "load", "fetch", "get", "list", "lookup", "parse", "detect", "assess", "start", "end", "complete", "finish", "skip", "password", "mute",
    "unmute", "member", "members", "promote", "demote", "join", "leave", "subscribe", "unsubscribe", "swap", "fix", "recalculate",
    "recount", "role", "roles", "grant", "block", "unblock", "hide", "unhide",
];

/// What running a call twice leaves twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// A row of a table.
    Row(String),
    /// What the other side of a `POST` makes, at an address where that is known.
    Request(Option<String>),
}

/// What a call adds each time that it is made; none where doing it twice is the same as doing it once, or where that is
/// not known.
#[must_use]
pub fn added(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Added> {
    let name = view.call_name(call.node);
    let is_own = call.facts.target.is_some();
    if is_own && is_harmless(name.rsplit('.').next().unwrap_or_default()) || has_a_key(view, call.node) {
        return None;
    }
    if call.effects().contains(Effects::DB_WRITE) {
        let all = touches_of_call(view, call);
        let mut writes = all.iter().filter(|touch| touch.action != Action::Read);
        let first = writes.next()?;
        return (first.action == Action::Insert).then(|| Added::Row(first.table.clone()));
    }
    if call.facts.effects.contains(Effects::HTTP_REQUEST) {
        return posted(view, call);
    }
    let wanted = method_argument(view, call.node);
    at_its_end(view, call, Effects::HTTP_REQUEST, &mut |there, request| {
        if has_a_key(there, request.node) {
            return None;
        }
        match method(there, request) {
            Some(_) => posted(there, request),
            None => (wanted.as_deref() == Some("POST")).then_some(Added::Request(None)),
        }
    })?
}

/// Looks at the library's call by which a call has an effect: itself, or one in the project's own functions.
pub(in crate::ask) fn at_its_end<T>(
    view: &UnitView<'_>,
    call: &CallView<'_>,
    effect: Effects,
    look: &mut dyn FnMut(&UnitView<'_>, &CallView<'_>) -> T,
) -> Option<T> {
    if call.facts.effects.intersects(effect) {
        return Some(look(view, call));
    }
    let mut next = view.with_effect(call.facts.target.as_ref()?, effect);
    for _ in 0..MAX_CHAIN {
        let witness = view.summary(&next)?.witness(effect)?.clone();
        if let Some(further) = witness.next {
            next = view.with_effect(&further, effect);
            continue;
        }
        let unit = view.world.linked(&next.file)?.file.unit_at(&witness.unit)?;
        return in_other(view, &next.file, unit, &mut |there| {
            there.call(witness.node).map(|request| look(there, &request))
        })?;
    }
    None
}

/// What a request makes that is sent as `POST`.
fn posted(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Added> {
    if method(view, call)? != "POST" {
        return None;
    }
    let path = view.own_node(call.slot(Slot::Url)).and_then(|url| address(view, url));
    let is_harmless = path.as_deref().is_some_and(|path| path.split(['/', '?']).any(is_harmless));
    (!is_harmless).then_some(Added::Request(path))
}

/// An address as it is written, holes as `…`.
pub(in crate::ask) fn address(view: &UnitView<'_>, url: NodeId) -> Option<String> {
    let text = match view.unit.kind(url) {
        Kind::Literal(Literal::String(text)) => text.to_string(),
        Kind::Template { pieces, .. } => {
            pieces.iter().map(|piece| piece.as_str()).collect::<Vec<_>>().join("…")
        }
        _ => view.eval.text_head(view.index, url)?.to_string(),
    };
    Some(text)
}

/// Whether a name or a part of an address has a word of what may be done twice.
#[must_use]
pub fn is_harmless(name: &str) -> bool {
    words(name).iter().any(|word| HARMLESS.contains(&word.as_str()))
}

/// Whether a request brings a key by which the other side knows it again: a header, or a part of what is sent.
pub(in crate::ask) fn has_a_key(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    u.descendants(call).into_iter().any(|node| match u.kind(node) {
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if is_key_name(name)))
        }
        _ => false,
    })
}

/// Whether a part of what is sent, or a header, is a key by its name.
pub(in crate::ask) fn is_key_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    name.contains("idempotencykey") || name == "requestid" || name == "clientid"
}
