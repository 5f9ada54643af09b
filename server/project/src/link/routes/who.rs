//! Whether code looks at who asks before it does what it is asked for.

use plimsoll_behavior::{FunctionId, Kind, Literal, Name, words};

use rustc_hash::FxHashSet;

use crate::link::{Evaluator, FnRef, Value, World};

/// How many functions are looked into for one answer.
const MAX_FUNCTIONS: usize = 24;

/// How deep calls are followed.
const MAX_DEPTH: usize = 3;

/// What is known of whether somebody asks who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AsksWho {
    /// Nothing says so.
    #[default]
    No,
    /// Some name may say so: `session`.
    Perhaps(Name),
    /// It names who asks, and refuses some: `401`.
    Refuses(Name),
}

/// Words of names that have to do with who somebody is, or what they may do.
#[rustfmt::skip] // a list of words
const WORDS: &[&str] = &[
    "access", "accessible", "acl", "admin", "apikey", "auth", "authed", "authenticate", "authenticated", "authentication", "authenticator",
    "authn", "authorisation", "authorise", "authorised", "authorization", "authorize", "authorized", "authz", "bearer", "claims", "clerk",
    "cookie", "cookies", "credential", "credentials", "firewall", "forbid", "forbidden", "guard", "guarded", "guards", "hmac", "identity", "jwt",
    "keycloak", "kinde", "loggedin", "lucia", "oauth", "oidc", "owner", "ownership", "passkey", "passport", "password", "permission",
    "permissions", "permit", "permitted", "policy", "principal", "protect", "protected", "rbac", "role", "roles", "scopes", "secret", "session",
    "sessions", "signature", "signed", "sso", "superuser", "token", "tokens", "unauthenticated", "unauthorised", "unauthorized", "verified",
    "whoami",
];

/// Names of members that hold who asks.
const HOLDERS: &[&str] = &["user", "userId", "currentUser", "viewer", "actor", "caller", "me"];

/// What holds a request, by name.
const REQUESTS: &[&str] =
    &["req", "request", "ctx", "context", "c", "locals", "state", "event", "res", "reply"];

/// Words that only stand in names which say who somebody is where they follow one of another kind: `requireUser`, `checkAccess`.
const CHECKS: &[&str] = &[
    "require", "required", "ensure", "assert", "must", "check", "verify", "validate", "get", "current",
    "has", "is", "can", "with",
];

/// Whom such names are about.
const WHOM: &[&str] = &[
    "user",
    "member",
    "membership",
    "tenant",
    "organization",
    "org",
    "team",
    "login",
    "account",
    "staff",
    "key",
    "authorized",
];

#[rustfmt::skip] // a list of words
/// Extractors that hand over parts of a request, whoever sent it: https://docs.rs/axum/latest/axum/extract/ and
/// https://docs.rs/actix-web/latest/actix_web/trait.FromRequest.html#foreign-impls
const INDIFFERENT_EXTRACTORS: &[&str] = &[
    "State", "Path", "Query", "Json", "Form", "Multipart", "HeaderMap", "RawQuery", "Bytes", "String", "Uri", "OriginalUri", "MatchedPath",
    "ConnectInfo", "Host", "Data", "ThinData", "HttpRequest", "Payload", "BytesMut", "MultipartForm", "PeerAddr", "ConnectionInfo",
    "Request", "Next", "ServiceRequest", "ServiceResponse",
];

/// Methods by which extractors are made.
const EXTRACTING: &[&str] = &["from_request", "from_request_parts"];

/// Types of parameters that hand over a failure to make what they hold.
const MAY_BE_MISSING: &[&str] = &["Option", "Result"];

#[rustfmt::skip] // a list of words
/// Parts of names of the environment that hold what those who ask must know.
const OWN_SECRETS: &[&str] = &[
    "ADMIN_", "API_SECRET", "APP_SECRET", "AUTH_", "CRON_SECRET", "INTERNAL_API", "INTERNAL_KEY", "INTERNAL_SECRET", "INTERNAL_TOKEN",
    "JWT_", "SESSION_", "SHARED_SECRET", "WEBHOOK_SECRET",
];

/// First words of the names of functions that refuse who may not pass, by whatever they throw: `requireUserId`.
const REFUSING: &[&str] = &["require", "ensure", "assert", "must", "authorize", "authenticate", "protect"];

/// Texts and numbers by which somebody is refused.
const REFUSALS: &[&str] = &["401", "403", "UNAUTHORIZED", "FORBIDDEN", "Unauthorized", "Forbidden"];

impl dyn World + '_ {
    /// Whether a function, or one that it calls, looks at who asks.
    #[must_use]
    pub fn asks_who(&self, function: &FnRef) -> AsksWho {
        let mut open: Vec<(FnRef, usize)> = function.alternatives().map(|one| (one, 0)).collect();
        let mut seen: Vec<FnRef> = Vec::new();
        let (mut named, mut refuses) = (None, false);
        while let Some((next, depth)) = open.pop() {
            if seen.contains(&next) {
                continue;
            }
            // What is too much to look into may well do so.
            if seen.len() >= MAX_FUNCTIONS {
                named = named.or_else(|| Some(Name::new_static("much else")));
                break;
            }
            seen.push(next.clone());
            self.all_of(&next.file);
            // An action ends by sending somebody on, whoever it is.
            let is_action = depth == 0 && self.route_of_module(&next.file).is_some();
            self.in_file(&next.file, &mut |eval| {
                let mut looked = eval.looks_at_who_asks(&next, is_action);
                if depth == 0 {
                    // A type that says so by its name says more than what is done with it.
                    let taken = eval.takes_who_asks(&next);
                    let says_so = taken.as_ref().is_some_and(|taken| is_about_who(taken));
                    looked.name = if says_so { taken } else { looked.name.take().or(taken) };
                    looked.calls.extend(eval.extracted_by(&next));
                }
                named = named.take().or(looked.name);
                refuses |= looked.refuses;
                if depth < MAX_DEPTH {
                    open.extend(looked.calls.into_iter().map(|call| (call, depth + 1)));
                }
            });
        }
        match named {
            Some(name) if refuses => AsksWho::Refuses(name),
            Some(name) => AsksWho::Perhaps(name),
            None => AsksWho::No,
        }
    }
}

/// What one function says of it.
#[derive(Default)]
struct Looked {
    name: Option<Name>,
    refuses: bool,
    calls: Vec<FnRef>,
}

impl Evaluator<'_> {
    /// Whether the name that a node is written with has to do with who asks: `requireAuth`, `passport.authenticate("jwt")`.
    #[must_use]
    pub fn names_who_asks(&self, unit: usize, node: plimsoll_behavior::NodeId) -> Option<Name> {
        let u = self.unit(unit);
        u.descendants(node).into_iter().find_map(|node| says_who(u.kind(node)))
    }

    fn looks_at_who_asks(&self, function: &FnRef, is_action: bool) -> Looked {
        let mut looked = Looked::default();
        let Some(unit) = self.file.unit_at(&function.unit) else { return looked };
        let is_rust = !self.file.language.is_script_family();
        if let Some(name) =
            self.unit(unit).function(function.function).name.as_ref().filter(|name| is_about_who(name))
        {
            looked.name = Some(name.clone());
        }
        for (at, entry) in self.file.units.iter().enumerate() {
            if !self.stands_in(at, unit, function.function) {
                continue;
            }
            let u = &entry.unit;
            for (id, node) in u.nodes.iter().enumerate() {
                if at == unit && !is_in_function(u, node.function, function.function) {
                    continue;
                }
                let is_sent_on = || is_action && is_named(&node.kind, "redirect") && !is_sent_away(u, node);
                looked.refuses |= is_refusal(&node.kind) && !is_sent_on();
                if looked.name.is_none() {
                    looked.name = says_who(&node.kind).or_else(|| match &node.kind {
                        // What middleware has left with a request is mostly who sent it: `req.extensions().get::<UserId>()`.
                        Kind::Member { name, .. } if is_rust && name == "extensions" => Some(name.clone()),
                        Kind::Member { object, name, .. } if HOLDERS.contains(&name.as_str()) => {
                            let of_request = match u.kind(*object) {
                                Kind::Name { name, .. } | Kind::Member { name, .. } => {
                                    REQUESTS.contains(&name.as_str())
                                }
                                _ => false,
                            };
                            of_request.then(|| name.clone())
                        }
                        _ => None,
                    });
                }
                if let Kind::Call { .. } = &node.kind {
                    let id = plimsoll_behavior::NodeId(u32::try_from(id).unwrap_or(u32::MAX));
                    let target = self.call(at, id).target.clone();
                    looked.calls.extend(target.iter().flat_map(FnRef::alternatives));
                }
            }
        }
        looked
    }

    /// The type of a parameter that only exists for those who may ask: whatever is none of the extractors that are known to
    /// look at nobody may look.
    fn takes_who_asks(&self, function: &FnRef) -> Option<Name> {
        let unit = self.file.unit_at(&function.unit).filter(|_| !self.file.language.is_script_family())?;
        let params = &self.unit(unit).function(function.function).params;
        let heads = params.iter().filter_map(|param| param.ty.as_ref()?.path.last());
        heads.filter(|head| !INDIFFERENT_EXTRACTORS.contains(&head.as_str())).map(Name::clone).next()
    }

    /// The functions of the project that make the parameters of a handler from a request, and refuse it where they cannot:
    /// `impl FromRequest for Member`. What may be missing refuses nobody.
    fn extracted_by(&self, function: &FnRef) -> Vec<FnRef> {
        let unit = self.file.unit_at(&function.unit).filter(|_| !self.file.language.is_script_family());
        let Some(unit) = unit else { return Vec::new() };
        let own = self.unit(unit).function(function.function);
        let types = own.params.iter().filter_map(|param| param.ty.as_ref());
        let must_be =
            types.filter(|ty| ty.path.last().is_some_and(|last| !MAY_BE_MISSING.contains(&last.as_str())));
        let made_by = must_be.filter_map(|ty| {
            let value @ Value::Own(_) = self.value_of_type(unit, own.scope, ty) else { return None };
            EXTRACTING.iter().find_map(|name| match self.member_of(&value, name) {
                Value::Function(made_by) => Some(made_by),
                _ => None,
            })
        });
        made_by.collect()
    }

    /// Whether a unit is the one of a function, or stands in that function.
    fn stands_in(&self, mut at: usize, unit: usize, function: FunctionId) -> bool {
        if at == unit {
            return true;
        }
        loop {
            let entry = &self.file.units[at];
            let Some(parent) = entry.parent else { return false };
            if parent == unit {
                let u = self.unit(parent);
                let Some(nested) = u.nested.get(entry.index_in_parent as usize) else { return false };
                return is_in_function(u, u.node(nested.node).function, function);
            }
            at = parent;
        }
    }
}

/// The names of a unit that have to do with who asks, in the order of their first nodes, and whether it refuses somebody: what
/// other units are told of it.
#[must_use]
pub(in crate::link) fn marks_of_who(u: &plimsoll_behavior::Unit) -> (Vec<&Name>, bool) {
    let (mut seen, mut named, mut refuses) = (FxHashSet::default(), Vec::new(), false);
    for node in &u.nodes {
        let text = match &node.kind {
            Kind::Name { name, .. } | Kind::Member { name, .. } => name,
            Kind::Literal(Literal::String(text) | Literal::Number(text)) => text,
            Kind::Object { ty: Some(ty), .. } => match ty.path.last() {
                Some(last) => last,
                None => continue,
            },
            _ => continue,
        };
        // Most names stand in a unit several times.
        if seen.insert(text) {
            let is_holder = HOLDERS.contains(&text.as_str()) || text == "extensions";
            named.extend((is_holder || says_who(&node.kind).is_some()).then_some(text));
            refuses |= is_refusal(&node.kind);
        }
    }
    (named, refuses)
}

fn is_in_function(u: &plimsoll_behavior::Unit, inner: FunctionId, function: FunctionId) -> bool {
    let mut at = Some(inner);
    while let Some(id) = at {
        if id == function {
            return true;
        }
        at = u.function(id).parent;
    }
    false
}

/// What a node says of who asks, by a name or a text.
fn says_who(kind: &Kind) -> Option<Name> {
    match kind {
        Kind::Name { name, .. } | Kind::Member { name, .. } => is_about_who(name).then(|| name.clone()),
        // `Auth { secret }`
        Kind::Object { ty: Some(ty), .. } => ty.path.last().filter(|name| is_about_who(name)).cloned(),
        // `c.get("user")`, `headers.get("authorization")`
        Kind::Literal(Literal::String(text)) => (text.len() <= 40
            && (is_about_who(text) || HOLDERS.contains(&text.as_str())))
        .then(|| text.clone()),
        _ => None,
    }
}

/// Whether a name has to do with who somebody is, or with what they may do.
#[must_use]
pub fn is_about_who(name: &str) -> bool {
    // Keys by which the program itself signs in to others say nothing of who asks it.
    if name.contains('_') && !name.contains(|c: char| c.is_lowercase()) {
        return OWN_SECRETS.iter().any(|part| name.contains(part));
    }
    let words = words(name);
    words.iter().any(|word| WORDS.contains(&word.as_str()))
        || words.len() > 1
            && words.windows(2).any(|pair| {
                CHECKS.contains(&pair[0].as_str()) && WHOM.contains(&pair[1].as_str())
                    || pair[0] == "api" && pair[1] == "key"
                    || matches!(pair[0].as_str(), "log" | "sign" | "logged" | "signed") && pair[1] == "in"
            })
}

fn is_named(kind: &Kind, wanted: &str) -> bool {
    matches!(kind, Kind::Name { name, .. } | Kind::Member { name, .. } if name == wanted)
}

/// Whether what sends somebody to another page does so as a refusal: it is thrown, or leads to where one signs in.
fn is_sent_away(u: &plimsoll_behavior::Unit, redirect: &plimsoll_behavior::Node) -> bool {
    let Some(call) = redirect.parent else { return false };
    let Kind::Call { args, .. } = u.kind(call) else { return false };
    let leads_to_sign_in = args.first().is_some_and(|&to| match u.kind(to) {
        Kind::Literal(Literal::String(text)) => {
            is_about_who(text) || words(text).iter().any(|word| matches!(word.as_str(), "login" | "signin"))
        }
        _ => false,
    });
    leads_to_sign_in || u.parent(call).is_some_and(|around| matches!(u.kind(around), Kind::Throw(_)))
}

fn is_refusal(kind: &Kind) -> bool {
    match kind {
        Kind::Literal(Literal::Number(number)) => REFUSALS.contains(&number.as_str()),
        Kind::Literal(Literal::String(text)) => REFUSALS.contains(&text.as_str()),
        Kind::Name { name, .. } | Kind::Member { name, .. } => {
            let words = words(name);
            let says_so = |word: &String| {
                matches!(word.as_str(), "unauthorized" | "forbidden" | "unauthenticated" | "redirect")
            };
            words.iter().any(says_so)
                || words.first().is_some_and(|first| REFUSING.contains(&first.as_str())) && is_about_who(name)
        }
        _ => false,
    }
}
