//! On which values of a component a piece of code depends, and which of them may change while it is shown.

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{BindingId, BindingKind, FunctionId, Kind, NodeId, PathStep};
use plimsoll_project::link::SlotValue;
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::components::effect_runs::{EffectRun, Through, effect_runs};
use crate::ask::components::state::{is_a_state, is_hook, may_be_set, setter_of};
use crate::ask::resources::lifetime::component;
use crate::ask::{binding_around, binding_of, uses_of, words};

/// How many effects set one state after the other.
const MAX_CHAIN: u8 = 2;

/// How many names are looked at.
const MAX_NAMES: usize = 300;

/// A value of a component: the unit that binds it, and the binding.
pub type Root = (usize, BindingId);

/// An effect's dependency that reaches the arguments of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// As it is written in the effect's list, `filters.status`, or where a function is that stands in the list.
    pub text: String,
    /// What it is a part of.
    pub root: Root,
}

/// The first dependency of an effect that reaches what a request of it asks for, and may change while the component is
/// shown.
#[must_use]
pub fn dependency(
    view: &UnitView<'_>,
    run: &EffectRun,
    (unit, request): (usize, NodeId),
) -> Option<Dependency> {
    let listed = listed(view, run)?;
    let mut asked = Roots::new(view, &run.through);
    asked.of_request(unit, request);
    let asked = asked.found;
    let is_a_way_in = is_a_way_in(view, run);
    listed.into_iter().find(|it| {
        // What a navigation has brought along stays until the next one.
        let is_brought = it.text.ends_with("location.state");
        let is_of_the_url = is_a_way_in && view.unit_of(it.root.0).binding(it.root.1).value.is_some();
        asked.contains(&it.root)
            && !is_brought
            && (!is_of_the_url || is_a_state(view, it.root))
            && may_change(view, it.root, MAX_CHAIN)
    })
}

/// Words in the names of components that somebody comes to by a link or is sent to, once.
const WAYS_IN: &[&str] = &[
    "accept",
    "activate",
    "callback",
    "confirm",
    "invitation",
    "invite",
    "join",
    "login",
    "redirect",
    "reset",
    "success",
    "unsubscribe",
    "verify",
];

/// Whether an effect is one of such a component, whose URL stays what it is.
fn is_a_way_in(view: &UnitView<'_>, run: &EffectRun) -> bool {
    let around = view.of(run.closure.unit).functions_around(run.closure.call);
    around.iter().any(|(unit, function, _)| {
        component(view, *unit, *function)
            .is_some_and(|name| words(&name).iter().any(|word| WAYS_IN.contains(&word.as_str())))
    })
}

/// What the list of an effect depends on, in its order; none where it has no list, so that it runs each time.
fn listed(view: &UnitView<'_>, run: &EffectRun) -> Option<Vec<Dependency>> {
    let (unit, list) = list_of(view, run.closure.unit, run.closure.call)?;
    let u = view.unit_of(unit);
    let Kind::Array(elements) = u.kind(list) else { return None };
    let there = view.of(unit);
    let mut all = Vec::new();
    for &element in elements {
        let mut roots = Roots::new(view, &[]);
        roots.of(unit, element);
        let own = u.descendants(element).into_iter().find_map(|part| binding_of(view, unit, part));
        all.extend(roots.found.into_iter().map(|root| {
            // A function that is made anew when something changes stands for that.
            let of = view.unit_of(root.0).binding(root.1);
            let is_itself = own.is_none_or(|own| own == root || is_a_value(view, own));
            let text = if is_itself { there.text(element) } else { &*of.name };
            Dependency { text: text.to_owned(), root }
        }));
    }
    Some(all)
}

/// Whether what is kept of a component is a value, and not a function.
fn is_a_value(view: &UnitView<'_>, (unit, binding): Root) -> bool {
    let b = view.unit_of(unit).binding(binding);
    let Some(hook) = b.value.filter(|&value| is_hook(view, unit, value)) else { return false };
    let facts = view.eval.call(unit, hook);
    facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.yields.as_deref() == Some("callback"))
}

/// The list of dependencies of a hook's call.
fn list_of(view: &UnitView<'_>, unit: usize, call: NodeId) -> Option<(usize, NodeId)> {
    let facts = view.eval.call(unit, call);
    let Some(SlotValue::Node(site)) = facts.slot(Slot::Dependencies) else { return None };
    view.node_at(site)
}

/// Whether a value of a component may be another one while the component is shown. States that effects set are followed to
/// what those depend on, `chain` times.
fn may_change(view: &UnitView<'_>, (unit, binding): Root, chain: u8) -> bool {
    let u = view.unit_of(unit);
    let b = u.binding(binding);
    if is_a_proof(&b.name) || is_a_setting(&b.name) {
        return false;
    }
    // What asks is no part of what is asked for: a client that a component is handed.
    if b.uses.first().is_some_and(|&used| view.eval.value(unit, used).instance().is_some()) {
        return false;
    }
    match b.kind {
        BindingKind::Parameter(function, _) => {
            // A page is shown anew for other parameters of its route.
            let is_of_a_hook = u.function(function).name.as_ref().is_some_and(|name| name.starts_with("use"));
            component(view, unit, function).is_some()
                && b.name != "params"
                && !(is_of_a_hook && is_the_user(&b.name))
        }
        BindingKind::Variable => {
            let Some(hook) = b.value else { return false };
            let facts = view.eval.call(unit, hook);
            let stays = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.stays);
            // `const { user } = useProvider()`, `const [user, setUser] = useState(null)`
            let is_the_users = || {
                let is_an_id = words(&b.name).iter().any(|word| word == "id");
                let takes_nothing = matches!(u.kind(hook), Kind::Call { args, .. } if args.is_empty());
                let is_told = takes_nothing || b.path.as_slice() == [PathStep::Index(0)];
                is_the_user(&b.name) && !is_an_id && is_told
            };
            !stays
                && may_be_set(view, (unit, binding))
                && !is_set_on_mount(view, (unit, binding), chain)
                && !is_the_users()
                && !tells_who_is_signed_in(view, unit, hook)
        }
        _ => false,
    }
}

/// Whether a state is only set by effects that run once, or whose dependencies do not change: it comes once, and stays.
fn is_set_on_mount(view: &UnitView<'_>, binding: Root, chain: u8) -> bool {
    let (Some(chain), Some((unit, setter))) = (chain.checked_sub(1), setter_of(view, binding)) else {
        return false;
    };
    let mut is_set = false;
    let all = uses_of(view, unit, setter).into_iter().all(|(unit, used)| {
        let u = view.unit_of(unit);
        let is_listed = u.parent(used).is_some_and(|parent| {
            matches!(u.kind(parent), Kind::Array(_))
                && u.parent(parent).is_some_and(|call| is_hook(view, unit, call))
        });
        if is_listed {
            return true;
        }
        is_set = true;
        let runs = effect_runs(view, unit, used);
        let stays = |run: &EffectRun| {
            listed(view, run).is_some_and(|list| list.iter().all(|it| !may_change(view, it.root, chain)))
        };
        !runs.is_empty() && runs.iter().all(stays)
    });
    all && is_set
}

/// Words in the names of what proves who somebody is. It changes with whoever has signed in, and hardly otherwise.
const PROOFS: &[&str] = &["jwt", "session", "token"];

fn is_a_proof(name: &str) -> bool {
    words(name).last().is_some_and(|word| PROOFS.contains(&word.as_str()))
}

/// Words in the names of where a service is.
const SETTINGS: &[&str] = &["api", "backend", "base", "server"];

/// Whether a name means where a service is, which is set once: `apiUrl`, `baseUrl`.
fn is_a_setting(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| SETTINGS.contains(&word.as_str()))
        && words.last().is_some_and(|word| matches!(word.as_str(), "base" | "endpoint" | "host" | "url"))
}

/// Whether a hook's parameter means whoever has signed in: `useChats(userId)`.
fn is_the_user(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| word == "user")
        && words.iter().all(|word| matches!(word.as_str(), "current" | "id" | "user"))
}

/// Words in the names of hooks that tell who has signed in.
const SIGNED_IN: &[&str] = &["account", "auth", "login", "me", "permissions", "session", "user"];

/// Further words in them.
const BESIDE: &[&str] =
    &["context", "current", "data", "info", "my", "profile", "provider", "server", "state", "store", "use"];

/// Whether a hook tells who has signed in, which hardly changes while a component is shown. One that is asked for a user
/// by an argument does not.
fn tells_who_is_signed_in(view: &UnitView<'_>, unit: usize, hook: NodeId) -> bool {
    let u = view.unit_of(unit);
    let Kind::Call { args, .. } = u.kind(hook) else { return false };
    let name = crate::ask::callee_name(u, hook);
    let mut words = name.map(|name| words(name)).unwrap_or_default();
    // `useContext(AuthContext)`
    if let [only] = args[..] {
        let Kind::Name { name, .. } = u.kind(only) else { return false };
        if !name.ends_with("Context") {
            return false;
        }
        words = crate::ask::words(name);
    } else if !args.is_empty() {
        return false;
    }
    words.iter().any(|word| SIGNED_IN.contains(&word.as_str()))
        && words.iter().all(|word| SIGNED_IN.contains(&word.as_str()) || BESIDE.contains(&word.as_str()))
}

/// Finds the values of a component that something is made of, through variables, functions beside it and what is handed to
/// them. Names are taken once, so it ends.
pub struct Roots<'a, 'b> {
    view: &'b UnitView<'a>,
    through: &'b [Through],
    seen: FxHashSet<Root>,
    names: usize,
    /// In the order in which they are mentioned.
    pub found: Vec<Root>,
}

impl<'a, 'b> Roots<'a, 'b> {
    /// Where functions are called on the way to the code, their parameters are what they are called with.
    #[must_use]
    pub fn new(view: &'b UnitView<'a>, through: &'b [Through]) -> Self {
        Roots { view, through, seen: FxHashSet::default(), names: 0, found: Vec::new() }
    }

    /// What a request asks for: its arguments and those of the calls that it is built by, but not what sends it.
    pub fn of_request(&mut self, unit: usize, request: NodeId) {
        let u = self.view.unit_of(unit);
        let mut at = request;
        loop {
            match u.kind(at) {
                Kind::Call { callee, args, .. } => {
                    args.iter().for_each(|&arg| self.of(unit, arg));
                    if matches!(u.kind(*callee), Kind::Name { .. }) {
                        return self.of_own_function(unit, *callee);
                    }
                    at = *callee;
                }
                Kind::Member { object, .. } => at = *object,
                Kind::Index { object, index } => {
                    self.of(unit, *index);
                    at = *object;
                }
                Kind::Await(inner) | Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => at = *inner,
                _ => return,
            }
        }
    }

    /// What an expression is made of.
    pub fn of(&mut self, unit: usize, node: NodeId) {
        let u = self.view.unit_of(unit);
        for part in u.descendants(node) {
            match u.kind(part) {
                Kind::Name { .. } => {
                    if let Some(root) = binding_of(self.view, unit, part) {
                        self.of_binding(root);
                    }
                }
                Kind::Nested(i) => {
                    let nested = self.view.linked.file.units[unit].nested.get(*i as usize).copied();
                    nested.into_iter().for_each(|inner| self.of_unit(inner));
                }
                _ => {}
            }
        }
    }

    fn of_unit(&mut self, unit: usize) {
        let u = self.view.unit_of(unit);
        for name in &u.free_names {
            if let Some(root) = binding_around(self.view, unit, name) {
                self.of_binding(root);
            }
        }
    }

    /// A function of the component that is called without what it depends on: it reads that where it stands.
    fn of_own_function(&mut self, unit: usize, callee: NodeId) {
        let Some(root) = binding_of(self.view, unit, callee) else { return };
        self.of_binding(root);
        // One that a hook hands out is no part of what it is asked for.
        self.found.retain(|found| *found != root);
    }

    fn of_binding(&mut self, (unit, binding): Root) {
        self.names += 1;
        if unit == 0 && self.view.linked.file.units.len() > 1 && self.is_of_the_module(binding)
            || self.names > MAX_NAMES
            || !self.seen.insert((unit, binding))
        {
            return;
        }
        let u = self.view.unit_of(unit);
        let b = u.binding(binding);
        match b.kind {
            BindingKind::Parameter(function, index) => match self.handed_for((unit, function), index) {
                Some((unit, argument)) => self.of(unit, argument),
                None => self.found.push((unit, binding)),
            },
            BindingKind::Variable | BindingKind::Element | BindingKind::Matched => {
                let Some(value) = b.value else { return self.of_assignments((unit, binding)) };
                if is_hook(self.view, unit, value) {
                    let facts = self.view.eval.call(unit, value);
                    let behavior = facts.behavior.as_ref().map(|(_, behavior)| behavior);
                    let list = list_of(self.view, unit, value);
                    return match (behavior, list, u.kind(value)) {
                        (Some(memo), Some((unit, list)), _) if memo.run == Some(Run::Memo) => {
                            self.of(unit, list)
                        }
                        // `use(params)`
                        (Some(opens), _, Kind::Call { args, .. })
                            if opens.run.is_none() && opens.yields.as_deref() == Some("arg.0") =>
                        {
                            args.iter().for_each(|&arg| self.of(unit, arg));
                        }
                        _ => self.found.push((unit, binding)),
                    };
                }
                self.of(unit, value);
                self.of_assignments((unit, binding));
            }
            BindingKind::Function => {
                if let Some(value) = b.value {
                    self.of(unit, value);
                }
            }
            _ => {}
        }
    }

    /// What is put into a variable after it was made: `params.set('page', page)`, `url = …`.
    fn of_assignments(&mut self, (unit, binding): Root) {
        for (unit, used) in uses_of(self.view, unit, binding) {
            let u = self.view.unit_of(unit);
            let Some(parent) = u.parent(used) else { continue };
            match u.kind(parent) {
                Kind::Assign { target, value, .. } if *target == used => self.of(unit, *value),
                Kind::Member { object, .. } if *object == used => {
                    let Some(outer) = u.parent(parent) else { continue };
                    match u.kind(outer) {
                        Kind::Call { callee, args, .. } if *callee == parent => {
                            args.iter().for_each(|&arg| self.of(unit, arg));
                        }
                        Kind::Assign { target, value, .. } if *target == parent => self.of(unit, *value),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn is_of_the_module(&self, binding: BindingId) -> bool {
        let u = self.view.unit_of(0);
        let scope = u.binding(binding).scope;
        u.scopes[scope.0 as usize].function == FunctionId(0)
    }

    /// What a function on the way is called with.
    fn handed_for(&self, function: (usize, FunctionId), index: u16) -> Option<(usize, NodeId)> {
        let step = self.through.iter().find(|step| step.function == function)?;
        let u = self.view.unit_of(step.call.0);
        let Kind::Call { args, .. } = u.kind(step.call.1) else { return None };
        Some((step.call.0, *args.get(usize::from(index))?))
    }
}
