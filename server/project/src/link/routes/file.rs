//! What a file registers at its routers.

use std::sync::Arc;

use plimsoll_behavior::models::{Registers, RouterKind, Slot};
use plimsoll_behavior::{BindingKind, Entry, Exported, Imported, Key, Kind, Name, NodeId};

use super::Pattern;
use crate::link::evaluate::MAX_DEPTH;
use crate::link::{CallFacts, Evaluator, FnRef, Site, SlotValue, Target, Value};

/// How many names are followed to the router that they stand for.
const MAX_STEPS: usize = 8;

/// How many calls and members of a chain are followed to the package that it begins with.
pub(super) const MAX_LINKS: usize = 48;

/// A router.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RouterId {
    /// The one that this call makes.
    Made(Site),
    /// The one that a function is given as this parameter.
    Given(FnRef, u16),
}

impl RouterId {
    /// The file that it is made in, or given to a function of.
    #[must_use]
    pub fn file(&self) -> &Arc<str> {
        match self {
            RouterId::Made(site) => &site.file,
            RouterId::Given(function, _) => &function.file,
        }
    }
}

/// One thing that is registered at a router.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The unit that it stands in.
    pub unit: usize,
    /// The call.
    pub call: NodeId,
    /// The router.
    pub router: RouterId,
    /// What it does there.
    pub registers: Registers,
    /// Where.
    pub path: Pattern,
    /// Whether it only counts for what is registered after it.
    pub is_ordered: bool,
    /// For which method, where it is for one: `POST`.
    pub method: Option<Name>,
    /// What it is handed besides the path, in order.
    pub handed: Vec<Handed>,
}

/// A function or a router that a registration is handed.
#[derive(Clone, Debug, PartialEq)]
pub struct Handed {
    /// Its node, in the unit of the registration.
    pub node: NodeId,
    /// The function, where it is one of the project: itself, or what a call of one makes of it, as `requireRole("admin")` does.
    pub function: Option<FnRef>,
    /// Functions of the project that a call hands on: `asyncHandler(list)`.
    pub wraps: Vec<FnRef>,
    /// The router.
    pub router: Option<RouterId>,
}

impl Evaluator<'_> {
    /// What the file registers at routers, in the order of its units and calls.
    #[must_use]
    pub fn registrations(&self) -> Arc<[Registration]> {
        if let Some(known) = self.memo.registrations.get() {
            return Arc::clone(known);
        }
        let mut found = Vec::new();
        let names = self.models.registering();
        for (unit, entry) in self.file.units.iter().enumerate() {
            let u = &entry.unit;
            if self.is_in_tests(unit) {
                continue;
            }
            for &call in &u.calls {
                let Kind::Call { callee, args, .. } = u.kind(call) else { continue };
                let by_router = match u.kind(*callee) {
                    Kind::Member { object, name, .. } if names.contains(name) => {
                        self.registration(unit, call, *object)
                    }
                    _ => None,
                };
                // `registerUsers(app)` puts what the function registers where the router is.
                let handed =
                    || args.iter().any(|&arg| matches!(u.kind(arg), Kind::Name { .. } | Kind::Member { .. }));
                match by_router {
                    Some(registration) => {
                        found.extend(self.by_attribute(&registration));
                        found.extend(self.by_method(registration));
                    }
                    None if handed() => self.handed_on(unit, call, args, &mut found),
                    None => {}
                }
            }
        }
        let found: Arc<[Registration]> = found.into();
        Arc::clone(self.memo.registrations.get_or_init(|| found))
    }

    /// Whether a unit is a test, or stands in one: an application of a test serves nobody.
    fn is_in_tests(&self, mut unit: usize) -> bool {
        loop {
            let entry = &self.file.units[unit];
            let is_test = |last: &Name| matches!(last.as_str(), "test" | "rstest");
            let mut attributes = entry.unit.own().attributes.iter();
            if attributes.any(|it| it.is_for_tests_only() || it.path.last().is_some_and(is_test)) {
                return true;
            }
            let Some(parent) = entry.parent else { return false };
            unit = parent;
        }
    }

    fn registration(&self, unit: usize, call: NodeId, object: NodeId) -> Option<Registration> {
        let facts = self.call(unit, call);
        let (_, behavior) = facts.behavior.as_ref()?;
        let registers = behavior.registers?;
        // A hook runs for all routes of its router: https://fastify.dev/docs/latest/Reference/Hooks/
        let event = behavior.slots.get(&Slot::Event);
        if let Some(place) = event {
            let said = self.argument_site(unit, call, place).flatten().and_then(|site| self.text_at(&site));
            if said.is_some_and(|event| !BEFORE_OPTIONS.contains(&event.as_str())) {
                return None;
            }
        }
        let router = self.router_at(unit, object, 0)?;
        let u = self.unit(unit);
        let Kind::Call { args, .. } = u.kind(call) else { return None };
        let path = self.path_of(unit, call, &facts, object, &router);
        let said = path.as_ref().map_or(usize::from(event.is_some()), |(_, takes)| *takes);
        let mut handed = Vec::new();
        for &arg in args.iter().skip(said) {
            self.hand(unit, arg, registers, &mut handed);
        }
        let method = behavior.slots.contains_key(&Slot::Method).then(|| self.method_of(&facts)).flatten();
        let path = path.map_or(Pattern::Everywhere, |(path, _)| path);
        let is_ordered = event.is_none();
        Some(Registration { unit, call, router, registers, path, is_ordered, method, handed })
    }

    /// The method that a call says, or one before it in its chain.
    fn method_of(&self, facts: &CallFacts) -> Option<Name> {
        match facts.slot(Slot::Method)? {
            SlotValue::Text(method) => Some(method.clone()),
            SlotValue::Node(site) => self.text_at(site).or_else(|| {
                // `Method::POST`
                let unit = self.file.unit_at(&site.unit).filter(|_| site.file == self.file.path)?;
                match self.unit(unit).kind(site.node) {
                    Kind::Member { name, .. } => Some(name.clone()),
                    _ => None,
                }
            }),
            SlotValue::Elsewhere => None,
        }
    }

    /// One registration for each method, where a route is handed all of them at once: `.route("/users", get(list).post(create))`.
    /// What is laid around them there runs before those that it follows; where the route is handed one handler, before that.
    fn by_method(&self, registration: Registration) -> Vec<Registration> {
        let unit = registration.unit;
        let is_whole = registration.method.is_some() || registration.registers != Registers::Route;
        let [handed] = registration.handed.as_slice() else { return vec![registration] };
        if is_whole || self.file.language.is_script_family() {
            return vec![registration];
        }
        let u = self.unit(unit);
        let (mut found, mut around): (Vec<Registration>, Vec<Handed>) = Default::default();
        let mut alone = None;
        let mut at = Some(handed.node);
        while let Some(node) = at {
            let Kind::Call { callee, args, .. } = u.kind(node) else { break };
            let facts = self.call(unit, node);
            let Some((_, behavior)) = &facts.behavior else { break };
            let handler = behavior.callback.and_then(|index| args.get(usize::from(index)));
            match (handler, behavior.slots.get(&Slot::Method)) {
                (Some(&handler), _) if behavior.registers == Some(Registers::Route) => {
                    alone = Some((handler, self.method_of(&facts)));
                }
                (None, Some(_)) => {}
                (Some(&handler), Some(method)) => {
                    let method = method.strip_prefix('=').map(Name::from);
                    let mut handed = around.clone();
                    self.hand(unit, handler, Registers::Route, &mut handed);
                    found.push(Registration { method, handed, ..registration.clone() });
                }
                _ => args.iter().for_each(|&arg| self.hand(unit, arg, Registers::Around, &mut around)),
            }
            at = match u.kind(*callee) {
                Kind::Member { object, .. } => Some(*object),
                _ => None,
            };
        }
        found.reverse();
        if let Some((handler, method)) = alone {
            self.hand(unit, handler, Registers::Route, &mut around);
            return vec![Registration { method, handed: around, ..registration }];
        }
        if found.is_empty() { vec![registration] } else { found }
    }

    /// Where a call registers, and how many of its first arguments say so.
    fn path_of(
        &self,
        unit: usize,
        call: NodeId,
        facts: &CallFacts,
        object: NodeId,
        router: &RouterId,
    ) -> Option<(Pattern, usize)> {
        let (_, behavior) = facts.behavior.as_ref()?;
        let Some(place) = behavior.slots.get(&Slot::Url) else {
            if let RouterId::Made(made) = router
                && self.made_at(made).1 != Pattern::Everywhere
            {
                return None;
            }
            // `router.route("/users").get(…)`
            let receiver =
                (behavior.registers == Some(Registers::Route)).then(|| self.value(unit, object))?;
            let said = receiver.instance().and_then(|route| route.slot(Slot::Url)).cloned()?;
            return Some((self.pattern_in(&said), 0));
        };
        let index: usize = place.split('.').next()?.parse().ok()?;
        let first = self.argument_node(unit, call, index)?;
        if place.contains('.') {
            // `{ prefix: "/users" }` stands behind what is registered, or holds it.
            let said = self.argument_site(unit, call, place);
            return Some((
                said.map_or(Pattern::Everywhere, |said| {
                    said.map_or(Pattern::Unknown, |at| self.pattern_at(&at))
                }),
                0,
            ));
        }
        match self.value(unit, first) {
            Value::Text(path) => Some((Pattern::At(path), index + 1)),
            value => {
                let is_function = matches!(value, Value::Function(_) | Value::Instance(_))
                    || matches!(
                        self.unit(unit).kind(first),
                        Kind::Function(_) | Kind::Nested(_) | Kind::Call { .. }
                    );
                let is_path = matches!(
                    self.unit(unit).kind(first),
                    Kind::Template { .. } | Kind::Array(_) | Kind::Literal(_) | Kind::Binary { .. }
                );
                let is_optional = behavior.registers == Some(Registers::Before);
                match (is_optional, is_function, is_path) {
                    (_, _, true) => Some((Pattern::Unknown, index + 1)),
                    (true, _, false) => None,
                    (false, true, _) => None,
                    (false, false, _) => Some((Pattern::Unknown, index + 1)),
                }
            }
        }
    }

    fn pattern_in(&self, said: &SlotValue) -> Pattern {
        match said {
            SlotValue::Text(text) => Pattern::At(text.clone()),
            SlotValue::Node(site) => self.pattern_at(site),
            SlotValue::Elsewhere => Pattern::Unknown,
        }
    }

    fn pattern_at(&self, site: &Site) -> Pattern {
        self.text_at(site).map_or(Pattern::Unknown, Pattern::At)
    }

    fn text_at(&self, site: &Site) -> Option<Name> {
        let unit = self.file.unit_at(&site.unit).filter(|_| site.file == self.file.path)?;
        match self.value(unit, site.node) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Adds what an argument hands over: each element of a list, the functions that options name.
    pub(super) fn hand(&self, unit: usize, arg: NodeId, registers: Registers, handed: &mut Vec<Handed>) {
        let u = self.unit(unit);
        match u.kind(arg) {
            Kind::Array(items) => items.iter().for_each(|&item| self.hand(unit, item, registers, handed)),
            Kind::Object { entries, .. } => {
                let named = |entry: &&Entry, wanted: &[&str]| matches!(&entry.key, Key::Name(name) if wanted.contains(&name.as_str()));
                let before = entries.iter().filter(|entry| named(entry, BEFORE_OPTIONS));
                let handler = entries.iter().filter(|entry| named(entry, &["handler"]));
                before.chain(handler).for_each(|entry| self.hand(unit, entry.value, registers, handed));
            }
            _ => {
                let router = self.router_at(unit, arg, 0).or_else(|| self.given_by(unit, arg, registers));
                let (mut function, mut wraps) = (self.function_at_node(unit, arg), self.wrapped(unit, arg));
                // A value of an own type runs before by what its methods do, not by what makes it.
                let runs_before = matches!(registers, Registers::Around | Registers::Throughout);
                if runs_before && let Value::Own(own) | Value::Type(own) = self.value(unit, arg) {
                    function = self.service_of(&own);
                    wraps = Vec::new();
                }
                handed.push(Handed { node: arg, function, wraps, router });
            }
        }
    }

    /// The function that a node is, or that a call makes of what it is handed.
    fn function_at_node(&self, unit: usize, node: NodeId) -> Option<FnRef> {
        match self.value(unit, node) {
            Value::Function(function) => Some(function),
            _ => match self.unit(unit).kind(node) {
                // `users.create.bind(users)`
                Kind::Call { callee, .. } => match self.unit(unit).kind(*callee) {
                    Kind::Member { object, name, .. } if name == "bind" => {
                        self.function_at_node(unit, *object)
                    }
                    _ => self.call(unit, node).target.clone(),
                },
                Kind::Await(inner) | Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => {
                    self.function_at_node(unit, *inner)
                }
                _ => None,
            },
        }
    }

    /// The functions that a call is handed.
    fn wrapped(&self, unit: usize, node: NodeId) -> Vec<FnRef> {
        let Kind::Call { args, .. } = self.unit(unit).kind(node) else { return Vec::new() };
        args.iter().filter_map(|&arg| self.function_at_node(unit, arg)).collect()
    }

    /// The router that a function is given which is registered as a part: `app.register(users)`.
    fn given_by(&self, unit: usize, node: NodeId, registers: Registers) -> Option<RouterId> {
        let function = self.function_at_node(unit, node).filter(|_| registers == Registers::Part)?;
        Some(RouterId::Given(function.alone(), 0))
    }

    /// What a function of the project registers at a router that it is handed.
    fn handed_on(&self, unit: usize, call: NodeId, args: &[NodeId], found: &mut Vec<Registration>) {
        for (index, &arg) in args.iter().enumerate() {
            if !matches!(self.unit(unit).kind(arg), Kind::Name { .. } | Kind::Member { .. })
                || !self.is_router(&self.value(unit, arg))
            {
                continue;
            }
            let (Some(router), Some(function)) =
                (self.router_at(unit, arg, 0), self.call(unit, call).target.clone())
            else {
                continue;
            };
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let given = function.alternatives().map(|one| Handed {
                node: arg,
                function: None,
                wraps: Vec::new(),
                router: Some(RouterId::Given(one, index)),
            });
            let handed = given.collect();
            let path = Pattern::Everywhere;
            found.push(Registration {
                unit,
                call,
                router,
                registers: Registers::Part,
                path,
                is_ordered: true,
                method: None,
                handed,
            });
        }
    }

    /// Whether a value is a router.
    #[must_use]
    pub fn is_router(&self, value: &Value) -> bool {
        value.instance().is_some_and(|instance| self.models.is_router(instance.ty))
    }

    /// The router that a node stands for.
    pub(super) fn router_at(&self, unit: usize, node: NodeId, steps: usize) -> Option<RouterId> {
        let value = self.value(unit, node);
        if !self.is_router(&value) || steps > MAX_STEPS {
            return None;
        }
        if let Some(SlotValue::Node(site)) = value.instance().and_then(|instance| instance.slot(Slot::Maker))
        {
            return Some(RouterId::Made(site.clone()));
        }
        let u = self.unit(unit);
        match u.kind(node) {
            Kind::Name { .. } => {
                let (at, binding) = self.declared_at(unit, node)?;
                let binding = self.unit(at).binding(binding);
                match binding.kind {
                    BindingKind::Parameter(function, index) if binding.path.is_empty() => {
                        Some(RouterId::Given(self.file.fn_ref(at, function), index))
                    }
                    _ => self.router_at(at, binding.value?, steps + 1),
                }
            }
            Kind::Call { callee, .. } => match u.kind(*callee) {
                Kind::Member { object, .. } => self.router_at(unit, *object, steps + 1),
                _ => None,
            },
            Kind::Await(inner) | Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => {
                self.router_at(unit, *inner, steps + 1)
            }
            _ => None,
        }
    }

    /// What a router is for, and below which path all is that is registered there, by the call that makes it.
    pub(super) fn made_at(&self, made: &Site) -> (Option<RouterKind>, Pattern) {
        let mut found = (None, Pattern::Everywhere);
        let mut ask = |there: &Evaluator<'_>| {
            let Some(unit) = there.file.unit_at(&made.unit) else { return };
            let facts = there.call(unit, made.node);
            let Some((_, behavior)) = &facts.behavior else { return };
            let path = facts.slot(Slot::Url).filter(|_| behavior.slots.contains_key(&Slot::Url));
            found = (behavior.makes_router, path.map_or(Pattern::Everywhere, |said| there.pattern_in(said)));
        };
        match made.file == self.file.path {
            true => ask(self),
            false => self.world.in_file(&made.file, &mut ask),
        }
        found
    }

    /// The package by which a value was made, and what of it, however it is called here: `const limiter = rateLimit({ … })`,
    /// in this file or the one that it is imported from.
    #[must_use]
    pub fn package_behind(&self, unit: usize, node: NodeId) -> Option<(Name, Name)> {
        let (mut unit, mut node) = (unit, node);
        for _ in 0..MAX_LINKS {
            if let Value::Package(package, path) = self.value(unit, node) {
                return Some((package, path));
            }
            match self.unit(unit).kind(node) {
                Kind::Call { callee: inner, .. }
                | Kind::Member { object: inner, .. }
                | Kind::Try(inner)
                | Kind::Await(inner) => node = *inner,
                Kind::Name { .. } => {
                    let (at, binding) = self.declared_at(unit, node)?;
                    let binding = self.unit(at).binding(binding);
                    if let BindingKind::Import(index) = binding.kind {
                        return self.package_behind_import(at, index);
                    }
                    (unit, node) = (at, binding.value?);
                }
                _ => return None,
            }
        }
        None
    }

    fn package_behind_import(&self, unit: usize, index: u32) -> Option<(Name, Name)> {
        let import = &self.unit(unit).imports[index as usize];
        let name = match &import.what {
            Imported::Name(name) => name.as_str(),
            Imported::Default => "default",
            _ => return None,
        };
        let Some(Target::File(path)) = self.target(&import.module) else { return None };
        if self.world.depth().get() >= MAX_DEPTH {
            return None;
        }
        self.world.depth().set(self.world.depth().get() + 1);
        let mut found = None;
        self.world.in_file(&path, &mut |there| {
            let module = there.unit(0);
            let value = module.exports.iter().find(|export| export.name == name).and_then(|export| {
                match export.local {
                    Exported::Binding(binding) => module.binding(binding).value,
                    Exported::Value(value) => Some(value),
                    Exported::From(..) => None,
                }
            });
            found = value.and_then(|value| there.package_behind(0, value));
        });
        self.world.depth().set(self.world.depth().get() - 1);
        found
    }
}

/// Options of a route whose functions run before its handler: https://fastify.dev/docs/latest/Reference/Lifecycle/
const BEFORE_OPTIONS: &[&str] = &["onRequest", "preParsing", "preValidation", "preHandler", "middleware"];
