//! What a collection of a module is for, by what it is called, and whether another process could use what is in it.

use plimsoll_behavior::{BindingId, BindingKind, CallForm, Kind, Name, NodeId, TypeExpr, Unit};

use crate::UnitView;
use crate::ask::resources::released::binding_of;
use plimsoll_behavior::words;

/// What all instances of a service must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// How often somebody has done something.
    Limit,
    /// Who is signed in, and what a visitor has done so far.
    Session,
    /// What was issued to somebody who is to bring it back once.
    Code,
    /// What is no longer valid.
    Revoked,
    /// What was done already and must not be done twice.
    Handled,
}

/// How far a value is followed through names, and a type through those that it is made of.
const MAX_STEPS: u8 = 3;

#[rustfmt::skip] // a list of words
const LIMITS: &[&str] = &[
    "ratelimit", "ratelimits", "ratelimiter", "limiter", "limiters", "attempts", "throttle", "throttles", "throttled", "throttling",
    "bucket", "buckets", "lockout", "lockouts", "hits",
];
/// Names that say nothing, in a file or of a thing that says what they count.
#[rustfmt::skip] // a list of words
const COUNTED: &[&str] = &[
    "requests", "request", "counts", "count", "counters", "store", "entries", "memory", "map", "records", "windows", "calls",
    "limits", "limit",
];
const SAYS_LIMIT: &[&str] = &["ratelimit", "ratelimiter", "ratelimiting", "limiter", "throttle"];
const SESSIONS: &[&str] = &["session", "sessions"];
#[rustfmt::skip] // a list of words
const CODES: &[&str] = &[
    "otp", "otps", "nonce", "nonces", "challenge", "challenges", "pkce", "verifiers", "csrf", "captcha", "captchas",
];
/// Words that make a code, a token or a state one that is issued to be brought back.
#[rustfmt::skip] // a list of words
const ISSUED: &[&str] = &[
    "verification", "verify", "reset", "resets", "magic", "refresh", "oauth", "auth", "login", "signin", "confirmation", "csrf",
    "password", "pairing", "link", "sms", "email", "invite", "access", "one", "temp",
];
const ISSUED_THINGS: &[&str] =
    &["code", "codes", "token", "tokens", "state", "states", "links", "pins", "pin"];
#[rustfmt::skip] // a list of words
const REVOKED: &[&str] = &[
    "revoked", "blacklist", "blacklisted", "denylist", "blocklist", "invalidated",
];
const HANDLED: &[&str] =
    &["processed", "handled", "seen", "delivered", "consumed", "idempotency", "idempotent"];
#[rustfmt::skip] // a list of words
const HANDLED_THINGS: &[&str] = &[
    "event", "events", "webhook", "webhooks", "payment", "payments", "message", "messages", "delivery", "deliveries",
    "notification", "notifications", "request", "requests", "id", "ids", "keys", "key", "responses", "transaction",
    "transactions", "orders", "updates", "store", "nonces", "signatures", "invoices",
];
/// Words of what can be had again, is under way, or is told to somebody who watches.
#[rustfmt::skip] // a list of words
const NOT_STATE: &[&str] = &[
    "cache", "cached", "caches", "pending", "inflight", "flight", "ongoing", "active", "log", "logged", "logs", "warned", "warning",
    "warnings", "progress", "metrics", "stats", "listeners", "subscribers", "memo", "fallback", "mock", "demo", "test", "dev",
    "debug", "alert", "alerts", "alerted", "clients", "sockets", "connections", "streams", "timers", "queue", "promises", "browser",
    "locks", "mutex", "mutexes",
];
/// Words of what only the process that has made it can use.
#[rustfmt::skip] // a list of words
const LIVE: &[&str] = &[
    "socket", "sockets", "ws", "websocket", "connection", "conn", "stream", "process", "child", "controller", "abort", "transport",
    "timeout", "timer", "interval", "promise", "resolve", "reject", "client", "emitter", "page", "browser", "context", "server",
    "response", "res", "reply", "worker", "handle", "subscription", "subscriber", "listener", "callback", "pty", "terminal",
    "writer", "reader", "agent", "bot", "engine", "instance", "provider", "service", "manager", "limiter", "function", "chat",
    "player", "room", "game", "peer", "channel",
];
/// What is constructed and can be written down.
const PLAIN: &[&str] = &["Date", "Set", "Map", "Array", "Object"];

/// What a collection is kept for, by its name and by that of its file; none where nothing tells.
#[must_use]
pub fn kept_for(name: &str, file: &str) -> Option<Kept> {
    let own = words(name);
    let has = |list: &[&str]| own.iter().any(|word| list.contains(&word.as_str()));
    if has(NOT_STATE) {
        return None;
    }
    let joined = own.concat();
    let stem = words(file.split('.').next().unwrap_or_default()).concat();
    let says_limit = |text: &str| SAYS_LIMIT.iter().any(|word| text.contains(word));
    if has(LIMITS) || says_limit(&joined) || has(COUNTED) && says_limit(&stem) {
        return Some(Kept::Limit);
    }
    if has(REVOKED) {
        return Some(Kept::Revoked);
    }
    if has(CODES) || has(ISSUED) && has(ISSUED_THINGS) {
        return Some(Kept::Code);
    }
    if has(SESSIONS) {
        return Some(Kept::Session);
    }
    (has(HANDLED) && has(HANDLED_THINGS)).then_some(Kept::Handled)
}

/// Whether what is put into a collection could be kept elsewhere: it is made of texts, numbers and the like, as far as its
/// type, its value and their names tell.
#[must_use]
pub fn is_storable(unit: &UnitView<'_>, binding: BindingId, at: usize, by: NodeId) -> bool {
    let module = unit.unit_of(0);
    let own = module.binding(binding);
    let constructed = own.value.and_then(|value| match module.kind(value) {
        Kind::Call { type_args, .. } => type_args.last(),
        _ => None,
    });
    let declared = own.ty.as_deref().and_then(|ty| ty.args.last());
    if let Some(ty) = constructed.or(declared)
        && is_live_type(unit, ty, MAX_STEPS)
    {
        return false;
    }
    let value = match unit.unit_of(at).kind(by) {
        Kind::Call { args, .. } => args.last().copied(),
        Kind::Assign { value, .. } => Some(*value),
        _ => None,
    };
    !value.is_some_and(|value| is_live(unit, at, value, MAX_STEPS))
}

fn is_live_type(unit: &UnitView<'_>, ty: &TypeExpr, steps: u8) -> bool {
    let head = ty.path.last().map_or("", Name::as_str);
    if head == "=>" || says_live(head) && !head.starts_with('"') && head != ":" {
        return true;
    }
    if steps == 0 {
        return false;
    }
    // `{ socket: X }` has a property that is called so.
    let named =
        ty.path.first().is_some_and(|first| first == ":") && ty.path.get(1).is_some_and(|n| says_live(n));
    let own = unit.linked.file.types_named(head).any(|(_, declared)| {
        let mut fields = declared.fields.iter();
        fields.any(|field| field.ty.as_ref().is_some_and(|ty| is_live_type(unit, ty, steps - 1)))
            || declared.alias.as_ref().is_some_and(|alias| is_live_type(unit, alias, steps - 1))
    });
    named || own || ty.args.iter().any(|arg| is_live_type(unit, arg, steps - 1))
}

fn is_live(unit: &UnitView<'_>, at: usize, value: NodeId, steps: u8) -> bool {
    let u: &Unit = unit.unit_of(at);
    match u.kind(value) {
        Kind::Function(_) | Kind::Nested(_) => true,
        Kind::Object { entries, .. } => entries.iter().any(|entry| is_live(unit, at, entry.value, steps)),
        Kind::Array(items) => items.iter().any(|&item| is_live(unit, at, item, steps)),
        Kind::Cast { value, .. } | Kind::NonNull(value) | Kind::Spread(value) | Kind::Await(value) => {
            is_live(unit, at, *value, steps)
        }
        Kind::Binary { left, right, .. } => {
            is_live(unit, at, *left, steps) || is_live(unit, at, *right, steps)
        }
        Kind::Call { callee, form: CallForm::New, .. } => {
            !matches!(u.kind(*callee), Kind::Name { name, .. } if PLAIN.contains(&name.as_str()))
        }
        Kind::Name { name, .. } => {
            if says_live(name) {
                return true;
            }
            let Some((of, binding)) = binding_of(&unit.of(at), at, value) else { return false };
            let own = unit.unit_of(of).binding(binding);
            own.ty.as_deref().is_some_and(|ty| is_live_type(unit, ty, MAX_STEPS))
                || own.kind == BindingKind::Variable
                    && own.path.is_empty()
                    && steps > 0
                    && own.value.is_some_and(|value| is_live(unit, of, value, steps - 1))
        }
        _ => false,
    }
}

fn says_live(name: &str) -> bool {
    words(name).last().is_some_and(|last| LIVE.contains(&last.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{Kept, kept_for};

    #[test]
    fn names_say_what_is_kept() {
        let kept = |name| kept_for(name, "routes.ts");
        assert_eq!(kept("loginAttempts"), Some(Kept::Limit));
        assert_eq!(kept("rateLimitStore"), Some(Kept::Limit));
        assert_eq!(kept_for("requests", "rate-limit.ts"), Some(Kept::Limit));
        assert_eq!(kept("requests"), None);
        assert_eq!(kept("sessions"), Some(Kept::Session));
        assert_eq!(kept("sessionCache"), None);
        assert_eq!(kept("otpStore"), Some(Kept::Code));
        assert_eq!(kept("resetTokens"), Some(Kept::Code));
        assert_eq!(kept("tokens"), None);
        assert_eq!(kept("revokedTokens"), Some(Kept::Revoked));
        assert_eq!(kept("processedWebhooks"), Some(Kept::Handled));
        assert_eq!(kept("seen"), None);
    }
}
