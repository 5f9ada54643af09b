//! The queries of a unit whose schema is known.

use std::sync::Arc;

use plimsoll_behavior::Effects;
use plimsoll_project::ProjectSchema;

use crate::ask::code::query_of_helper;
use crate::ask::database::table::schema_of;
use crate::view::CallView;
use crate::{ProjectFacts, UnitView};

/// Shows every call that asks a database of which the schema is known, with that schema: calls of libraries, and those of
/// the project's own functions that hand their SQL text on to one. None in an example inside of a project.
pub fn each_query(unit: &UnitView<'_>, look: &mut dyn FnMut(&CallView<'_>, &ProjectSchema)) {
    if is_example(unit.project, &unit.linked.file.path) {
        return;
    }
    for call in unit.calls() {
        let of_helper;
        let call = if call.facts.effects.intersects(Effects::DB) {
            call
        } else {
            let Some(facts) = query_of_helper(unit, call.node) else { continue };
            of_helper = Arc::new(facts);
            CallView { facts: &of_helper, ..call }
        };
        if let Some(schema) = schema_of(unit, &call) {
            look(&call, &schema);
        }
    }
}

/// Whether a file belongs to an example inside of a project: nobody runs it with many rows.
#[must_use]
pub fn is_example(project: &ProjectFacts<'_>, path: &str) -> bool {
    ["/examples/", "/example/"].iter().any(|folder| {
        let Some(at) = path.find(folder) else { return false };
        let above = std::iter::successors(Some(&path[..at]), |f| f.rsplit_once('/').map(|(outer, _)| outer));
        above.into_iter().any(|folder| {
            let has = |name: &str| project.files.exists(&format!("{folder}/{name}"));
            has("package.json") || has("Cargo.toml")
        })
    })
}
