//! How often code runs that stands in a function: once, or for every request, as far as its file and the files by which
//! the program starts tell.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{FunctionId, FunctionKind, Kind, Name, NodeId};
use plimsoll_project::link::{Context, FnRef, is_visible_outside, registered, role_of_place, run_of};

use crate::UnitView;
use crate::ask::occasion::{callers, in_other};
use crate::ask::role::{Role, role_in_file};
use plimsoll_behavior::words;

/// How many functions are gone through at most.
const MAX_FUNCTIONS: usize = 24;

/// How often code runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Often {
    /// For every request.
    Request,
    /// For every message of a queue or event of a platform.
    Message,
    /// Whenever this function is called, which works on what its callers give it.
    Call(Name),
    /// At the start, in a test, on a schedule, in a browser.
    Seldom,
    /// Nothing tells.
    Unknown,
}

/// First words of the names of functions that run when a program starts, or to see whether it could.
const STARTS: &[&str] = &[
    "init",
    "initialize",
    "initialise",
    "setup",
    "start",
    "bootstrap",
    "connect",
    "migrate",
    "seed",
    "main",
    "serve",
    "launch",
    "boot",
    "load",
    "prepare",
    "test",
    "check",
    "wait",
    "ensure",
    "verify",
    "health",
    "warm",
    "recover",
    "reconnect",
    "probe",
    "ping",
    "diagnose",
    "validate",
    "debug",
    "shutdown",
    "stop",
    "close",
    "build",
    "register",
    "configure",
    "spawn",
    "watch",
    "listen",
    "install",
];

/// Words in the types of what functions answer that are called to see whether something works.
const ANSWERS: &[&str] = &["test", "health", "check", "probe", "diagnostic", "diagnostics"];

/// How often a node of the unit under review runs.
#[must_use]
pub fn often(view: &UnitView<'_>, node: NodeId) -> Often {
    let mut search = Search { seen: Vec::new(), asks_entries: true };
    match search.at(view, node) {
        Often::Unknown => {
            let again = called_again(view, node).filter(|_| view.is_on_a_server());
            again.map_or(Often::Unknown, Often::Call)
        }
        found => found,
    }
}

/// The name of the function around a node that others call with what it is to work on.
fn called_again(view: &UnitView<'_>, node: NodeId) -> Option<Name> {
    let around = view.functions_around(node);
    let (unit, id, _) =
        around.iter().find(|(unit, id, _)| view.unit_of(*unit).function(*id).name.is_some())?;
    let function = view.unit_of(*unit).function(*id);
    let name = function.name.clone()?;
    let first = words(&name).into_iter().next().unwrap_or_default();
    let place = role_of_place(view.world.files(), &view.linked.file.path);
    let says_whether_it_works = function.returns.as_ref().is_some_and(|ty| {
        let named = ty.path.iter().chain(ty.args.iter().flat_map(|arg| &arg.path));
        named.flat_map(|name| words(name)).any(|word| ANSWERS.contains(&word.as_str()))
    });
    let is_work = !says_whether_it_works
        && function.kind != FunctionKind::Module
        && function.is_async
        && !function.params.is_empty()
        && !STARTS.contains(&first.as_str())
        && !name.to_ascii_lowercase().contains("migrat")
        && place.is_none();
    is_work.then_some(name)
}

struct Search {
    seen: Vec<FnRef>,
    asks_entries: bool,
}

impl Search {
    fn at(&mut self, view: &UnitView<'_>, node: NodeId) -> Often {
        let around = view.functions_around(node);
        // Nobody knows how often another function runs what it is given.
        let is_handed_on = around.iter().any(|(.., context)| matches!(context, Context::Passed(_)));
        match self.around(view, &around) {
            Often::Seldom if is_handed_on => Often::Unknown,
            found => found,
        }
    }

    fn around(&mut self, view: &UnitView<'_>, around: &[(usize, FunctionId, Context)]) -> Often {
        for &(unit, function, ref context) in around {
            match context {
                Context::Runs(Run::Handler, _) => return Often::Request,
                Context::Passed(closure) if is_made_a_handler(&view.of(closure.unit), closure.call) => {
                    return Often::Request;
                }
                Context::Runs(
                    Run::Each
                    | Run::Once
                    | Run::Then
                    | Run::Limited
                    | Run::Transaction
                    | Run::Retry
                    | Run::Task,
                    _,
                )
                | Context::Immediate => continue,
                Context::Runs(..) => return Often::Seldom,
                _ => {}
            }
            if let Some(fact) = role_in_file(view, unit, function) {
                return match fact.role {
                    Role::Handler | Role::Middleware => Often::Request,
                    Role::Consumer => Often::Message,
                    _ => Often::Seldom,
                };
            }
            let f = view.unit_of(unit).function(function);
            if f.kind == FunctionKind::Constructor {
                return Often::Seldom;
            }
            if is_server_action(view, unit, function) {
                return Often::Request;
            }
            if f.name.is_some() {
                return self.called(view, unit, function);
            }
        }
        Often::Unknown
    }

    /// What the callers of a function run for.
    fn called(&mut self, view: &UnitView<'_>, unit: usize, function: FunctionId) -> Often {
        let own = view.linked.file.fn_ref(unit, function);
        if self.seen.len() >= MAX_FUNCTIONS || self.seen.contains(&own) {
            return Often::Unknown;
        }
        self.seen.push(own.clone());
        let mut answer = Often::Unknown;
        for (unit, call) in callers(view.linked, &own) {
            match self.at(&view.of(unit), call) {
                Often::Seldom => answer = Often::Seldom,
                Often::Unknown => {}
                often => return often,
            }
        }
        let is_open = self.asks_entries && is_visible_outside(view.linked, unit, function);
        if !is_open || matches!(answer, Often::Seldom) {
            return answer;
        }
        self.asks_entries = false;
        for used in view.world.uses_at_entries(&own) {
            let found = match used.argument {
                Some(_) => registered(&used.linked, &own).map(|fact| match fact.role {
                    Role::Handler | Role::Middleware => Often::Request,
                    _ => Often::Seldom,
                }),
                None => {
                    in_other(view, &used.linked.file.path, used.unit, &mut |there| self.at(there, used.call))
                }
            };
            match found {
                Some(Often::Seldom) => answer = Often::Seldom,
                Some(Often::Unknown) | None => {}
                Some(often) => return often,
            }
        }
        answer
    }
}

/// Whether what a call makes of a function is handed over as a handler, there or by its name:
/// `router.get('/', caught(async (req, res) => …))`.
fn is_made_a_handler(view: &UnitView<'_>, call: NodeId) -> bool {
    let u = view.unit;
    let handles = |node: NodeId| {
        let Some(around) = u.parent(node) else { return false };
        let Kind::Call { args, .. } = u.kind(around) else { return false };
        let place = args.iter().position(|&arg| arg == node);
        place.is_some_and(|place| run_of(&view.eval.call(view.index, around), place) == Some(Run::Handler))
    };
    handles(call)
        || u.bindings.iter().any(|binding| {
            binding.value == Some(call)
                && binding.path.is_empty()
                && binding.uses.iter().any(|&used| handles(used))
        })
}

/// Whether a function is one that pages call as a request: offered by a file, or itself, that says `"use server"`.
#[must_use]
pub fn is_server_action(view: &UnitView<'_>, unit: usize, function: FunctionId) -> bool {
    let says =
        |index: usize| view.unit_of(index).directives.iter().any(|directive| directive == "use server");
    says(unit) && function.0 == 0 && unit != 0
        || says(0)
            && view.unit_of(unit).function(function).is_async
            && is_visible_outside(view.linked, unit, function)
}
