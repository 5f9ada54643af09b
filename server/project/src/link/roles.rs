//! In which role functions run: for a request, on a schedule, when the program starts. With the evidence for it; unknown
//! is an answer.
//!
//! What a function says of itself is recorded in its [`Summary`](super::Summary). What others do with it is asked of
//! them: of the calls of its own file that it is handed to, then of the files by which its program starts.

mod place;

use std::sync::Arc;

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, Exported, FunctionId, FunctionKind, Kind, Name, NodeId, TypeExpr};
use plimsoll_syntax::Language;

pub(super) use self::place::{entries, handed_by_place};
pub use self::place::{is_scheduled_route, role_of_place};
use super::{Context, Evaluator, FnRef, Linked, Value, World, resolve_module};
use crate::Files;

/// In which role code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// For every request.
    Handler,
    /// For every request, before or after its handler.
    Middleware,
    /// For each message of a queue or event of a platform.
    Consumer,
    /// On a schedule, or again and again.
    Job,
    /// Once, when the program starts.
    StartUp,
    /// When a component is shown.
    Effect,
    /// When what was started is no longer wanted: at the end of a component, an object, the program.
    Cleanup,
    /// As a test.
    Test,
}

/// The role of a function, and why that is believed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleFact {
    /// The role.
    pub role: Role,
    /// One phrase: `#[get]`, `is handed to a router`.
    pub evidence: Name,
    /// Whether somebody runs it again after a failure.
    pub redelivers: bool,
}

/// Where a function is called, or handed over by its name.
#[derive(Clone, Debug)]
pub struct Use {
    /// The file, with all its calls understood.
    pub linked: Arc<Linked>,
    /// The unit.
    pub unit: usize,
    /// The call.
    pub call: NodeId,
    /// Which argument the function is; none where it is what is called.
    pub argument: Option<usize>,
}

/// Types of parameters that only handlers take; so do types whose name ends with `Request`.
const EXTRACTORS: &[&str] =
    &["State", "Path", "Query", "Json", "Form", "Multipart", "HeaderMap", "Extension", "TypedHeader", "Data"];
/// Types of parameters that only middleware takes: what goes on with the request.
const GOES_ON: &[&str] = &["NextFunction", "Next", "HookHandlerDoneFunction"];
/// Attributes that make a function a handler.
const ROUTE_ATTRIBUTES: &[&str] = &[
    "get", "post", "put", "patch", "delete", "head", "route", "Get", "Post", "Put", "Patch", "Delete", "All",
];
const JOB_ATTRIBUTES: &[&str] = &["Cron", "Interval"];
const CONSUMER_ATTRIBUTES: &[&str] = &["Process", "Processor", "OnEvent", "EventPattern", "MessagePattern"];
/// Methods that a framework calls when the program starts, and when an object or the program ends.
const START_METHODS: &[&str] = &["onModuleInit", "onApplicationBootstrap"];
const END_METHODS: &[&str] = &[
    "onModuleDestroy",
    "beforeApplicationShutdown",
    "onApplicationShutdown",
    "componentWillUnmount",
    "ngOnDestroy",
    "disconnectedCallback",
];
const HTTP_METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Types of events that are delivered again when their handler fails.
const REDELIVERED_EVENTS: &[&str] = &[
    "SQSEvent",
    "SNSEvent",
    "S3Event",
    "KinesisStreamEvent",
    "DynamoDBStreamEvent",
    "ScheduledEvent",
    "EventBridgeEvent",
    "MessageBatch",
    "CloudEvent",
];

impl RoleFact {
    fn new(role: Role, evidence: impl Into<Name>) -> RoleFact {
        RoleFact { role, evidence: evidence.into(), redelivers: false }
    }
}

impl Role {
    /// Whether somebody waits for an answer.
    #[must_use]
    pub fn answers_a_request(self) -> bool {
        matches!(self, Role::Handler | Role::Middleware)
    }

    /// Whether nobody waits: it runs for a message or on a schedule.
    #[must_use]
    pub fn runs_by_itself(self) -> bool {
        matches!(self, Role::Job | Role::Consumer)
    }
}

/// The role of a callback that runs so.
#[must_use]
pub fn role_of_run(run: Run) -> Option<Role> {
    match run {
        Run::Handler => Some(Role::Handler),
        Run::Job | Run::Interval => Some(Role::Job),
        Run::Effect => Some(Role::Effect),
        Run::Test => Some(Role::Test),
        _ => None,
    }
}

/// The role that a function has by what it is declared as, or by the call that it stands in as an argument.
#[must_use]
pub fn declared(eval: &Evaluator<'_>, unit: usize, id: FunctionId) -> Option<RoleFact> {
    match eval.context(unit, id) {
        Context::Runs(run, closure) => {
            if let Some(role) = role_of_run(run) {
                let facts = eval.call(closure.unit, closure.call);
                let redelivers = facts.behavior.as_ref().is_some_and(|(_, b)| b.redelivers);
                let role = if role == Role::Job && redelivers { Role::Consumer } else { role };
                return Some(RoleFact { role, evidence: "is handed to what runs it".into(), redelivers });
            }
        }
        Context::Returned if is_returned_by_an_effect(eval, unit, id) => {
            return Some(RoleFact::new(Role::Cleanup, "is returned by an effect"));
        }
        _ => {}
    }
    by_its_name(eval, unit, id)
}

fn is_returned_by_an_effect(eval: &Evaluator<'_>, unit: usize, id: FunctionId) -> bool {
    let Some((around, node)) = eval.node_of(unit, id) else { return false };
    let function = eval.file.units[around].unit.node(node).function;
    matches!(eval.context(around, function), Context::Runs(Run::Effect, _))
}

/// The role that attributes, the name and the types of the parameters tell.
fn by_its_name(eval: &Evaluator<'_>, unit: usize, id: FunctionId) -> Option<RoleFact> {
    let function = eval.file.units[unit].unit.function(id);
    if function.kind == FunctionKind::Module {
        return Some(RoleFact::new(Role::StartUp, "stands at the top level of its file"));
    }
    for attribute in &function.attributes {
        let last = attribute.path.last().map_or("", |name| name.as_str());
        let role = match last {
            _ if ROUTE_ATTRIBUTES.contains(&last) => Role::Handler,
            _ if JOB_ATTRIBUTES.contains(&last) => Role::Job,
            _ if CONSUMER_ATTRIBUTES.contains(&last) => Role::Consumer,
            "main" => Role::StartUp,
            "test" => Role::Test,
            _ => continue,
        };
        return Some(RoleFact::new(role, format!("has the attribute `{last}`")));
    }
    let types = || function.params.iter().filter_map(|p| p.ty.as_ref()?.path.last());
    if let Some(event) = types().find(|last| REDELIVERED_EVENTS.contains(&last.as_str())) {
        let evidence = format!("takes a `{event}`").into();
        return Some(RoleFact { role: Role::Consumer, evidence, redelivers: true });
    }
    let name = function.name.as_deref().unwrap_or_default();
    let named = |role| Some(RoleFact::new(role, format!("is named `{name}`")));
    let is_rust = !eval.file.language.is_script_family();
    if id.0 == 0 && HTTP_METHODS.contains(&name) && function.owner.is_none() {
        return named(Role::Handler);
    }
    // The module of a route: https://reactrouter.com/start/framework/route-module
    if matches!(name, "action" | "loader") && is_of_route_module(eval, unit, id, name) {
        return named(Role::Handler);
    }
    if name == "main" || name == "bootstrap" || function.owner.is_some() && START_METHODS.contains(&name) {
        return named(Role::StartUp);
    }
    if function.owner.is_some()
        && (END_METHODS.contains(&name) || is_rust && is_drop(function.takes_self, name))
    {
        return named(Role::Cleanup);
    }
    if let Some(next) = types().find(|last| GOES_ON.contains(&last.as_str())) {
        return Some(RoleFact::new(Role::Middleware, format!("takes a `{next}`")));
    }
    let request = types().find(|last| {
        last.ends_with("Request")
            || is_rust
                && EXTRACTORS.contains(&last.as_str())
                && (*last != "Data" || !answers_nothing(function.returns.as_ref()))
    })?;
    Some(RoleFact::new(Role::Handler, format!("takes a `{request}`")))
}

/// Whether a function is what the module of a route offers under this name.
fn is_of_route_module(eval: &Evaluator<'_>, unit: usize, id: FunctionId, name: &str) -> bool {
    let is_offered = || eval.file.units[0].unit.exports.iter().any(|export| export.name == name);
    let is_it = || eval.export(name) == Value::Function(eval.file.fn_ref(unit, id));
    eval.file.path.contains("/app/")
        && is_offered()
        && eval.world.route_of_module(&eval.file.path).is_some()
        && is_it()
}

/// Whether a function returns `()`, or only whether it failed: what shares the state of a program with its handlers, as
/// what listens to a queue does, takes it in the same type.
fn answers_nothing(returns: Option<&TypeExpr>) -> bool {
    let is_unit = |ty: &TypeExpr| ty.path.last().is_some_and(|last| last == "()") && ty.args.is_empty();
    let Some(ty) = returns else { return true };
    let is_result = ty.path.last().is_some_and(|last| last == "Result");
    is_unit(ty) || is_result && ty.args.first().is_some_and(is_unit)
}

fn is_drop(takes_self: bool, name: &str) -> bool {
    takes_self && name == "drop"
}

/// The role that a call of the file gives a function by its name: `app.get("/", list)`.
#[must_use]
pub fn registered(linked: &Linked, function: &FnRef) -> Option<RoleFact> {
    let effects = linked.registered.get(function)?;
    if effects.contains(Effects::ROUTE) {
        return Some(RoleFact::new(Role::Handler, "is handed to a router"));
    }
    effects
        .intersects(Effects::SCHEDULE | Effects::TIMER_REPEATING)
        .then(|| RoleFact::new(Role::Job, "is handed to a scheduler"))
}

impl dyn World + '_ {
    /// The role of a function of any file: what it says of itself, what its own file does with it, what the files by
    /// which its program starts do with it, and where it stands.
    #[must_use]
    pub fn role(&self, function: &FnRef) -> Option<RoleFact> {
        if let Some(fact) = self.summary(function).and_then(|summary| summary.role.clone()) {
            return Some(fact);
        }
        let own = self.linked(&function.file)?;
        if let Some(fact) = registered(&own, function) {
            return Some(fact);
        }
        let unit = own.file.unit_at(&function.unit)?;
        if !is_visible_outside(&own, unit, function.function) {
            return None;
        }
        let by_entry =
            entries_with(self, function).into_iter().find_map(|entry| registered(&entry, function));
        by_entry.or_else(|| by_routes(self, function)).or_else(|| role_of_place(self.files(), &function.file))
    }

    /// Where the files by which the program of a function starts call it, or hand it to a call by its name.
    #[must_use]
    pub fn uses_at_entries(&self, function: &FnRef) -> Vec<Use> {
        let mut found = Vec::new();
        for linked in entries_with(self, function) {
            self.in_file(&linked.file.path, &mut |eval| uses_in(eval, &linked, function, &mut found));
        }
        found
    }
}

/// The role of a function that a file of routes hands to a router.
fn by_routes(world: &dyn World, function: &FnRef) -> Option<RoleFact> {
    let is_script = Language::from_path(&function.file).is_some_and(Language::is_script_family);
    let (by, _) = is_script.then(|| world.routes_to(function)).into_iter().flatten().next()?;
    let name = by.rsplit('/').next().unwrap_or(&by).to_owned();
    Some(RoleFact::new(Role::Handler, format!("{name} hands it to a router")))
}

fn uses_in(eval: &Evaluator<'_>, linked: &Arc<Linked>, function: &FnRef, found: &mut Vec<Use>) {
    let wanted = Value::Function(function.clone());
    for (unit, facts) in linked.facts.iter().enumerate() {
        let u = &linked.file.units[unit].unit;
        for &call in &u.calls {
            let is_called = facts.calls.get(&call).is_some_and(|f| f.target.as_ref() == Some(function));
            if is_called {
                found.push(Use { linked: Arc::clone(linked), unit, call, argument: None });
            }
            let Kind::Call { args, .. } = u.kind(call) else { continue };
            for (argument, &node) in args.iter().enumerate() {
                if matches!(u.kind(node), Kind::Name { .. } | Kind::Member { .. })
                    && eval.value(unit, node) == wanted
                {
                    found.push(Use { linked: Arc::clone(linked), unit, call, argument: Some(argument) });
                }
            }
        }
    }
}

/// The files by which the program of a function starts and which import its file.
fn entries_with(world: &dyn World, function: &FnRef) -> Vec<Arc<Linked>> {
    let files = world.files();
    let is_script = Language::from_path(&function.file).is_some_and(|l| l.is_script_family());
    let mut found = Vec::new();
    for path in entries(files, &function.file) {
        let mut imports = false;
        world.all_of(&path);
        world.in_file(&path, &mut |there| imports = names_file(files, there, &function.file, is_script));
        found.extend(imports.then(|| world.linked(&path)).flatten());
    }
    found
}

/// Whether a file imports another one; in Rust also by declaring its module beside it.
fn names_file(files: &dyn Files, there: &Evaluator<'_>, path: &str, is_script: bool) -> bool {
    let file = there.file;
    let leads = |m: &str| resolve_module(files, &file.path, m, file.language).as_deref() == Some(path);
    let imports = file.units.iter().flat_map(|entry| &entry.unit.imports);
    let mut imports = imports.map(|import| (&import.module, &import.what));
    if is_script {
        return imports.any(|(module, _)| leads(module));
    }
    // `use jobs::rates;`, `use jobs::rates::refresh;`, and `mod jobs;` with `jobs::rates::refresh()`.
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let last = stem.rsplit('/').next().unwrap_or(stem);
    imports.any(|(module, what)| {
        leads(module)
            || matches!(what, plimsoll_behavior::Imported::Name(name) if name == last)
            || module.split("::").any(|part| part == last)
    }) || file.units.iter().any(|entry| {
        let named = |n: &plimsoll_behavior::Node| match &n.kind {
            Kind::Name { name, .. } | Kind::Member { name, .. } => name == last,
            _ => false,
        };
        entry.unit.nodes.iter().any(named)
    })
}

/// Whether other files can mean a function.
#[must_use]
pub fn is_visible_outside(linked: &Linked, unit: usize, function: FunctionId) -> bool {
    let own = linked.file.units[unit].unit.function(function);
    let Some(name) = &own.name else { return false };
    let module = &linked.file.units[0].unit;
    own.is_exported
        || own.owner.is_some()
        || module.exports.iter().any(|e| match &e.local {
            Exported::Binding(b) => module.binding(*b).name == *name,
            Exported::Value(_) => e.name == *name || e.name == "export=",
            Exported::From(..) => false,
        })
}

#[cfg(test)]
mod tests;
