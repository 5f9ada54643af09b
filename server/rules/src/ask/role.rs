//! In which role a function runs.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{Effects, FunctionId, FunctionKind, NodeId, Unit};
use plimsoll_project::link::Context;

use crate::UnitView;

/// In which role code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// For every request.
    Handler,
    /// On a schedule, for each message of a queue, or again and again.
    Job,
    /// Once, when the program starts.
    StartUp,
    /// When a component is shown.
    Effect,
    /// As a test.
    Test,
}

/// Types of parameters that only handlers take; so do types whose name ends with `Request`.
const EXTRACTORS: &[&str] =
    &["State", "Path", "Query", "Json", "Form", "Multipart", "HeaderMap", "Extension", "TypedHeader", "Data"];
/// Attributes that make a function a handler.
const ROUTE_ATTRIBUTES: &[&str] = &[
    "get", "post", "put", "patch", "delete", "head", "route", "Get", "Post", "Put", "Patch", "Delete", "All",
];
const JOB_ATTRIBUTES: &[&str] =
    &["Cron", "Interval", "Process", "Processor", "OnEvent", "EventPattern", "MessagePattern"];
const HTTP_METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// In which role a node of the unit runs, as far as this file tells.
#[must_use]
pub fn role(view: &UnitView<'_>, node: NodeId) -> Option<Role> {
    for (unit, function, context) in view.functions_around(node) {
        if let Context::Runs(run, _) = context {
            let role = match run {
                Run::Handler => Some(Role::Handler),
                Run::Job | Run::Interval => Some(Role::Job),
                Run::Effect => Some(Role::Effect),
                Run::Test => Some(Role::Test),
                _ => None,
            };
            if role.is_some() {
                return role;
            }
        }
        let u = &view.linked.file.units[unit].unit;
        if let Some(role) = declared_role(view, unit, u, function) {
            return Some(role);
        }
    }
    None
}

pub(super) fn declared_role(view: &UnitView<'_>, unit: usize, u: &Unit, id: FunctionId) -> Option<Role> {
    let function = u.function(id);
    if function.kind == FunctionKind::Module {
        return Some(Role::StartUp);
    }
    for attribute in &function.attributes {
        let last = attribute.path.last().map_or("", |name| name.as_str());
        if ROUTE_ATTRIBUTES.contains(&last) {
            return Some(Role::Handler);
        }
        if JOB_ATTRIBUTES.contains(&last) {
            return Some(Role::Job);
        }
        if last == "main" || last == "test" {
            return Some(if last == "main" { Role::StartUp } else { Role::Test });
        }
    }
    let name = function.name.as_deref().unwrap_or_default();
    if id.0 == 0 && (HTTP_METHODS.contains(&name) && function.owner.is_none()) {
        return Some(Role::Handler);
    }
    if name == "main" || name == "bootstrap" {
        return Some(Role::StartUp);
    }
    let takes_request = function
        .params
        .iter()
        .filter_map(|p| p.ty.as_ref()?.path.last())
        .any(|last| last.ends_with("Request") || view.is_rust() && EXTRACTORS.contains(&last.as_str()));
    if takes_request {
        return Some(Role::Handler);
    }
    registered_role(view, unit, id)
}

/// The role that a call of the file gives a function by its name: `app.get("/", list)`.
fn registered_role(view: &UnitView<'_>, unit: usize, id: FunctionId) -> Option<Role> {
    let effects = view.linked.registered.get(&view.linked.file.fn_ref(unit, id))?;
    if effects.contains(Effects::ROUTE) {
        return Some(Role::Handler);
    }
    effects.intersects(Effects::SCHEDULE | Effects::TIMER_REPEATING).then_some(Role::Job)
}
