//! In which role a function runs.

use plimsoll_behavior::NodeId;
use plimsoll_project::link::{Context, registered, role_of_run};
pub use plimsoll_project::link::{Role, RoleFact};

use crate::UnitView;

/// In which role a node of the unit runs, as far as this file tells.
#[must_use]
pub fn role(view: &UnitView<'_>, node: NodeId) -> Option<Role> {
    for (unit, function, context) in view.functions_around(node) {
        if let Context::Runs(run, _) = context
            && let Some(role) = role_of_run(run)
        {
            return Some(role);
        }
        if let Some(fact) = role_in_file(view, unit, function) {
            return Some(fact.role);
        }
    }
    None
}

/// The role that a function of the file has by what it says of itself and by the calls of the file that it is handed to.
#[must_use]
pub fn role_in_file(
    view: &UnitView<'_>,
    unit: usize,
    function: plimsoll_behavior::FunctionId,
) -> Option<RoleFact> {
    let function = view.linked.file.fn_ref(unit, function);
    let own = view.linked.summary(&function).and_then(|summary| summary.role.clone());
    own.or_else(|| registered(view.linked, &function))
}
