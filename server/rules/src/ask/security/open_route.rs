//! Routes that change something for whoever asks, in a project whose other routes look at who that is.

use std::sync::Arc;

use plimsoll_behavior::models::Registers;
use plimsoll_behavior::{Effects, Function, FunctionId, Kind, Name, OwnRange, words};
use plimsoll_project::below_manifest;
use plimsoll_project::link::{
    Applied, AsksWho, CHANGING, ClassGuard, FnRef, Pattern, Registration, Site, Way, World, route_of_place,
};
use plimsoll_syntax::TextRange;

use super::open_alone::{open_by_module, open_procedure};
use crate::{Place, SUPPRESSION, UnitView};

/// Words of paths and names of what is open to everybody by intent: who signs in has no session yet, other services sign what
/// they send, and a form on a page is for its visitors.
#[rustfmt::skip] // a list of words
const OPEN: &[&str] = &[
    "analytics", "anonymous", "apply", "auth", "beacon", "callback", "callbacks", "chat", "checkout", "collect", "comment", "comments",
    "confirm", "contact", "cookie", "cron", "csp", "csrf", "demo", "dev", "email", "enquiry", "event", "events", "example", "feedback",
    "forgot", "form", "forms", "graphql", "guest", "health", "helpful", "hook", "hooks", "inquiry", "inquiries", "invite", "invitation", "join", "kiosk",
    "lead", "leads", "like", "log", "login", "logout", "logs", "magic", "metrics", "migrate", "newsletter", "oauth", "onboarding", "open",
    "optout", "otp", "password", "ping", "proxy", "public", "publics", "refresh", "register", "registration", "report", "reset", "resend",
    "rsvp", "search", "seed", "setup", "share", "shared", "signin", "signout", "signup", "sign", "status", "submission", "submissions",
    "submit", "subscribe", "subscription", "survey", "telemetry", "test", "token", "track", "tracking", "trpc", "unsubscribe", "upload", "verify",
    "verification", "view", "views", "visit", "visits", "vote", "votes", "waitlist", "webhook", "webhooks",
];

/// Words of comments that say who may ask.
const SAYS_WHO: &[&str] = &[
    "anonymous",
    "anybody",
    "anyone",
    "auth",
    "authentication",
    "everybody",
    "everyone",
    "public",
    "signature",
    "unauthenticated",
];

/// How many of its neighbours must look at who asks.
const MIN_GUARDED: usize = 2;

/// A route that nothing guards.
pub struct OpenRoute {
    /// Where it is registered, or the handler's name stands.
    pub range: OwnRange,
    /// `DELETE /posts/:id`, or the name of an action.
    pub name: String,
    /// What answers it.
    pub handler: FnRef,
    /// A neighbour that is guarded.
    pub neighbour: Neighbour,
}

/// A route that looks at who asks.
pub struct Neighbour {
    /// Where it is registered, or what answers it.
    pub place: Place,
    /// `POST /posts`
    pub name: String,
    /// By what: `requireAuth`.
    pub by: Name,
}

/// Routes beside one: those that are guarded, and those that are as open as it is.
#[derive(Default)]
pub(super) struct Beside {
    guarded: usize,
    open: usize,
    first: Option<Neighbour>,
}

impl Beside {
    pub fn add_guarded(&mut self, neighbour: impl FnOnce() -> Option<Neighbour>) {
        self.guarded += 1;
        if self.first.is_none() {
            self.first = neighbour();
        }
    }

    pub fn add_open(&mut self, is_open: bool) {
        self.open += usize::from(is_open);
    }

    /// One that is guarded, where most are.
    pub fn neighbour(self) -> Option<Neighbour> {
        self.first.filter(|_| self.guarded >= MIN_GUARDED && self.guarded >= self.open)
    }
}

/// The routes of a unit that change something for whoever asks.
#[must_use]
pub fn open_routes(unit: &UnitView<'_>) -> Vec<OpenRoute> {
    let mut found = Vec::new();
    // A module of a route has what is shown beside what answers, which the framework cuts out of what it sends to a page.
    found.extend(open_by_module(unit));
    if !unit.may_be_on_a_server() {
        return found;
    }
    for route in unit.eval.registrations().iter().filter(|route| route.unit == unit.index) {
        found.extend(open_registration(unit, route));
    }
    found.extend(open_by_place(unit));
    found.extend(open_by_class(unit));
    found.extend(unit.eval.procedures_in(unit.index).iter().filter_map(|it| open_procedure(unit, it)));
    found
}

fn open_registration(unit: &UnitView<'_>, route: &Registration) -> Option<OpenRoute> {
    let method = changing(route)?;
    let handler = route.handed.last()?;
    let functions: Vec<&FnRef> = handler.function.iter().chain(&handler.wraps).collect();
    let answers = (*functions.iter().find(|function| writes(unit, function))?).clone();
    let file = &unit.linked.file.path;
    if is_open_by_intent(unit, file, &answers) {
        return None;
    }
    if asks(unit.world, file, route).is_some() {
        return None;
    }
    let ways = unit.world.ways(file, route);
    let is_bare =
        |way: &Way| way.is_whole && way.applied.iter().all(|applied| lets_all_pass(unit.world, applied));
    let path = ways.iter().find_map(|way| match &way.path {
        Pattern::At(path) => Some(path.clone()),
        _ => None,
    })?;
    if is_explained(unit, Some(route))
        || is_explained_above(unit.world, &answers)
        || is_open(&path)
        || !ways.iter().all(is_bare)
        || !is_known_wrapper(unit, route)
    {
        return None;
    }
    let neighbour = guarded_beside(unit, route)?;
    let node = match unit.unit.kind(route.call) {
        Kind::Call { callee, .. } if !unit.is_rust() => *callee,
        _ => handler.node,
    };
    Some(OpenRoute {
        range: unit.unit.range(node),
        name: format!("{method} {path}"),
        handler: answers,
        neighbour,
    })
}

pub(super) fn writes(unit: &UnitView<'_>, function: &FnRef) -> bool {
    unit.summary(function).is_some_and(|summary| summary.effects.contains(Effects::DB_WRITE))
}

/// Whether a path or a name says that everybody may come.
pub(super) fn is_open(text: &str) -> bool {
    words(text).iter().any(|word| OPEN.contains(&word.as_str()))
}

/// Whether the file of a route, or the name of what answers it, says so.
fn is_open_by_intent(unit: &UnitView<'_>, file: &str, answers: &FnRef) -> bool {
    is_open(&below_manifest(unit.project.files, file))
        || function_of(unit.world, answers, |own| own.name.clone()).is_some_and(|name| is_open(&name))
}

/// Whether a route is one of those that are compared: it writes something, and is not open by intent.
fn is_comparable(unit: &UnitView<'_>, file: &str, route: &Registration) -> bool {
    let is_named_open = matches!(&route.path, Pattern::At(path) if is_open(path));
    let handler = route.handed.last();
    let mut functions = handler.iter().flat_map(|handler| handler.function.iter().chain(&handler.wraps));
    !is_named_open
        && functions
            .find(|function| writes(unit, function))
            .is_some_and(|by| !is_open_by_intent(unit, file, by))
}

fn says_who_may(comment: &str) -> bool {
    words(comment).iter().any(|word| SAYS_WHO.contains(&word.as_str()))
}

/// Whether a comment says who may ask: of a file that is one route any of it, of a registration one in its lines or right above.
pub(super) fn is_explained(unit: &UnitView<'_>, route: Option<&Registration>) -> bool {
    is_explained_at(
        unit,
        route.map(|route| {
            let mut place = unit.bytes(route.call);
            // Calls of one chain begin at the same place: this one after what it is called on.
            if let Kind::Call { callee, .. } = unit.unit.kind(route.call)
                && let Kind::Member { object, .. } = unit.unit.kind(*callee)
                && matches!(unit.unit.kind(*object), Kind::Call { .. })
            {
                place.start = unit.bytes(*object).end;
            }
            place
        }),
    )
}

pub(super) fn is_explained_at(unit: &UnitView<'_>, place: Option<TextRange>) -> bool {
    let is_near = |comment: OwnRange, of: &UnitView<'_>| {
        place.is_none_or(|place| {
            let comment = of.to_file(comment);
            let between = unit.project.text.get(comment.end as usize..place.start as usize);
            // The key that it stands at: `remove: procedure.mutation(…)`.
            let is_key =
                |text: &str| text.strip_suffix(':').is_some_and(|key| key.chars().all(char::is_alphanumeric));
            let is_above =
                between.map(str::trim).is_some_and(|between| between.is_empty() || is_key(between));
            is_above || comment.start >= place.start && comment.end <= place.end
        })
    };
    [0, unit.index].into_iter().any(|at| {
        let of = unit.of(at);
        let mut comments = of.unit.comments.iter().filter(|comment| !comment.text.starts_with(SUPPRESSION));
        comments.any(|comment| says_who_may(&comment.text) && is_near(comment.range, &of))
    })
}

/// Whether a comment right above what answers a route of Rust, or inside of it, says who may ask.
fn is_explained_above(world: &dyn World, answers: &FnRef) -> bool {
    let text = answers.file.ends_with(".rs").then(|| world.files().read(&answers.file)).flatten();
    let Some(text) = text else { return false };
    let mut is_explained = false;
    world.in_file(&answers.file, &mut |eval| {
        let Some(unit) = eval.file.unit_at(&answers.unit) else { return };
        let own = eval.file.units[unit].unit.function(answers.function).range;
        let begins = eval.file.to_file(unit, own).start as usize;
        let is_near = |at: usize, range: OwnRange| {
            let end = eval.file.to_file(at, range).end as usize;
            at == unit || text.get(end..begins).is_some_and(is_bare_text)
        };
        is_explained = [0, unit].into_iter().any(|at| {
            let mut comments = eval.file.units[at].unit.comments.iter();
            comments.any(|comment| says_who_may(&comment.text) && is_near(at, comment.range))
        });
    });
    is_explained
}

/// Whether nothing stands in a text but comments, attributes and how visible it is what follows.
fn is_bare_text(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| {
        line.is_empty()
            || ["//", "/*", "*", "#["].iter().any(|start| line.starts_with(start))
            || line == "pub"
    })
}

/// Whether what runs before a route is known to look at nobody.
pub(super) fn lets_all_pass(world: &dyn World, applied: &Applied) -> bool {
    let mut functions = applied.function.iter().chain(&applied.wraps).peekable();
    match functions.peek() {
        Some(_) => {
            functions.all(|function| world.asks_who(function) == AsksWho::No)
                && !says_who(world, &applied.site)
        }
        None => world.lets_everybody_pass(&applied.site),
    }
}

/// The method of a route that changes something.
fn changing(route: &Registration) -> Option<&str> {
    let method = route.method.as_deref().filter(|_| route.registers == Registers::Route)?;
    CHANGING.iter().find(|known| known.eq_ignore_ascii_case(method)).copied()
}

/// By what a route looks at who asks, as far as it says itself what runs before it and answers it.
fn asks(world: &dyn World, file: &Arc<str>, route: &Registration) -> Option<Name> {
    route.handed.iter().find_map(|handed| {
        let mut named = None;
        world.in_file(file, &mut |eval| named = eval.names_who_asks(route.unit, handed.node));
        named.or_else(|| {
            handed.function.iter().chain(&handed.wraps).find_map(|function| name_of(world.asks_who(function)))
        })
    })
}

/// By what a route refuses some of those who ask: what stands before its handler, or the handler itself.
fn refuses(world: &dyn World, file: &Arc<str>, route: &Registration) -> Option<Name> {
    let (handler, before) = route.handed.split_last()?;
    let named = before.iter().find_map(|handed| {
        let mut named = None;
        world.in_file(file, &mut |eval| named = eval.names_who_asks(route.unit, handed.node));
        named
    });
    named.or_else(|| {
        handler.function.iter().chain(&handler.wraps).find_map(|function| refusing(world, function))
    })
}

/// By what a function refuses some of those who ask.
pub(super) fn refusing(world: &dyn World, function: &FnRef) -> Option<Name> {
    match world.asks_who(function) {
        AsksWho::Refuses(name) => Some(name),
        AsksWho::No | AsksWho::Perhaps(_) => None,
    }
}

fn name_of(asks: AsksWho) -> Option<Name> {
    match asks {
        AsksWho::No => None,
        AsksWho::Perhaps(name) | AsksWho::Refuses(name) => Some(name),
    }
}

fn says_who(world: &dyn World, site: &Site) -> bool {
    let mut says = false;
    world.in_file(&site.file, &mut |eval| {
        says =
            eval.file.unit_at(&site.unit).is_some_and(|unit| eval.names_who_asks(unit, site.node).is_some());
    });
    says
}

/// Whether what is wrapped around a handler, if anything, is known.
fn is_known_wrapper(unit: &UnitView<'_>, route: &Registration) -> bool {
    let Some(handler) = route.handed.last() else { return false };
    let is_wrapped = matches!(unit.unit.kind(handler.node), Kind::Call { .. }) && !handler.wraps.is_empty();
    let file = Arc::clone(&unit.linked.file.path);
    let site = || Site { file, unit: unit.linked.file.units[unit.index].path.clone(), node: handler.node };
    !is_wrapped || handler.function.is_some() || unit.world.lets_everybody_pass(&site())
}

/// A guarded route among those at routers beside the one of `route`, where most that change something are guarded.
fn guarded_beside(unit: &UnitView<'_>, route: &Registration) -> Option<Neighbour> {
    let own = &unit.linked.file.path;
    let mut files = unit.world.beside(own, route);
    // The nearest first.
    files.sort_by_key(|file| file != own);
    let mut beside = Beside::default();
    for file in files {
        for other in unit.world.registered_in(&file).iter() {
            let Some(method) = changing(other) else { continue };
            let by = refuses(unit.world, &file, other).or_else(|| asks_on_the_way(unit.world, &file, other));
            let Some(by) = by else {
                beside.add_open(is_comparable(unit, &file, other));
                continue;
            };
            beside.add_guarded(|| {
                let mut site = None;
                unit.world.in_file(&file, &mut |eval| site = Some(eval.site(other.unit, other.call)));
                // Below the paths of the scopes around it, where that is known.
                let ways = unit.world.ways(&file, other);
                let whole = ways.iter().filter(|way| way.is_whole).map(|way| &way.path);
                let mut paths = whole.filter(|_| unit.is_rust()).chain([&other.path]);
                let path = paths.find_map(|path| match path {
                    Pattern::At(path) => Some(format!(" {path}")),
                    _ => None,
                });
                let path = path.unwrap_or_default();
                site.map(|Site { file, unit, node }| Neighbour {
                    place: Place::Node { file, unit, node },
                    name: format!("{method}{path}"),
                    by,
                })
            });
        }
    }
    beside.neighbour()
}

fn asks_on_the_way(world: &dyn World, file: &Arc<str>, route: &Registration) -> Option<Name> {
    let ways = world.ways(file, route);
    // What only reads who somebody is refuses nobody, whatever it is called: a middleware of sessions.
    let mut applied = ways.iter().flat_map(|way| &way.applied).filter(|applied| {
        applied.function.is_some() || !applied.wraps.is_empty() || !world.lets_everybody_pass(&applied.site)
    });
    applied.find_map(|applied| {
        let mut named = None;
        world.in_file(&applied.site.file, &mut |eval| {
            named = eval
                .file
                .unit_at(&applied.site.unit)
                .and_then(|unit| eval.names_who_asks(unit, applied.site.node));
        });
        let mut functions = applied.function.iter().chain(&applied.wraps);
        named.or_else(|| functions.find_map(|function| refusing(world, function)))
    })
}

/// A handler that a framework finds by where its file stands.
fn open_by_place(unit: &UnitView<'_>) -> Option<OpenRoute> {
    let path = &unit.linked.file.path;
    let own = unit.unit.own();
    let method = CHANGING.iter().find(|method| own.name.as_deref() == Some(**method) && own.is_exported)?;
    let route = route_of_place(path)?;
    let handler = unit.linked.file.fn_ref(unit.index, FunctionId(0));
    if !writes(unit, &handler)
        || is_open(&route)
        || is_explained(unit, None)
        || unit.world.asks_who(&handler) != AsksWho::No
        || unit.world.middleware_asks_who(path, &route)
    {
        return None;
    }
    let mut beside = Beside { open: 1, ..Beside::default() };
    let here = std::iter::once(path.to_string());
    for file in here.chain(unit.world.route_files_beside(path)) {
        let Some(route) = route_of_place(&file) else { continue };
        for (method, function) in unit.world.changing_handlers(&file) {
            if function == handler {
                continue;
            }
            let asks = unit.world.asks_who(&function);
            // What refuses nobody may name something else: a key for another service.
            if matches!(asks, AsksWho::Perhaps(_)) {
                continue;
            }
            match name_of(asks) {
                Some(by) => beside.add_guarded(|| {
                    let name = format!("{method} {route}");
                    body_of(unit.world, &function).map(|place| Neighbour { place, name, by })
                }),
                None => beside.add_open(writes(unit, &function) && !is_open(&route)),
            }
        }
    }
    let neighbour = beside.neighbour()?;
    let range = own.name_range.unwrap_or(own.range);
    Some(OpenRoute { range, name: format!("{method} {route}"), handler, neighbour })
}

/// A method of a class that nothing guards, beside those that something does.
fn open_by_class(unit: &UnitView<'_>) -> Option<OpenRoute> {
    let own = unit.unit.own();
    let path = &unit.linked.file.path;
    let handler = unit.linked.file.fn_ref(unit.index, FunctionId(0));
    let route = unit.eval.class_route(unit.index)?;
    let is_by_intent = is_open(&route.path) || is_open_by_intent(unit, path, &handler);
    let may_be_guarded = || unit.world.asks_who(&handler) != AsksWho::No || unit.world.may_guard_all(path);
    if route.guard != ClassGuard::None
        || is_by_intent
        || !writes(unit, &handler)
        || is_explained(unit, None)
        || may_be_guarded()
    {
        return None;
    }
    let mut beside = Beside::default();
    let here = std::iter::once(path.to_string());
    for file in here.chain(unit.world.controllers_beside(path)) {
        for other in unit.world.class_routes_in(&file) {
            match other.guard {
                ClassGuard::By(by) => beside.add_guarded(|| {
                    let name = format!("{} {}", other.method, other.path);
                    body_of(unit.world, &other.function).map(|place| Neighbour { place, name, by })
                }),
                ClassGuard::None => {
                    let is_silent = unit.world.asks_who(&other.function) == AsksWho::No;
                    beside.add_open(is_silent && writes(unit, &other.function) && !is_open(&other.path));
                }
                ClassGuard::Unknown => {}
            }
        }
    }
    let neighbour = beside.neighbour()?;
    let range = own.name_range.unwrap_or(own.range);
    Some(OpenRoute { range, name: format!("{} {}", route.method, route.path), handler, neighbour })
}

pub(super) fn body_of(world: &dyn World, function: &FnRef) -> Option<Place> {
    let node = function_of(world, function, |own| own.body)?;
    Some(Place::Node { file: Arc::clone(&function.file), unit: function.unit.clone(), node })
}

/// Something of a function of any file.
fn function_of<T>(world: &dyn World, function: &FnRef, what: impl Fn(&Function) -> Option<T>) -> Option<T> {
    let mut found = None;
    world.in_file(&function.file, &mut |eval| {
        let unit = eval.file.unit_at(&function.unit);
        found = unit.and_then(|unit| what(eval.file.units[unit].unit.function(function.function)));
    });
    found
}
