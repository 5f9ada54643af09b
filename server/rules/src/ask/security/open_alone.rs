//! Routes that nothing guards, of those that are put into no router: actions of modules, and procedures of a base.

use plimsoll_behavior::{Name, OwnRange};
use plimsoll_project::below_manifest;
use plimsoll_project::link::{AsksWho, FnRef, Procedure, World, is_about_who};

use super::open_route::{
    Beside, Neighbour, OpenRoute, body_of, is_explained, is_explained_at, is_open, lets_all_pass, refusing,
    writes,
};
use crate::UnitView;

/// An action of the module of a route: what runs before it is in it.
pub(super) fn open_by_module(unit: &UnitView<'_>) -> Option<OpenRoute> {
    let path = &unit.linked.file.path;
    if !unit.of(0).unit.exports.iter().any(|export| export.name == "action") {
        return None;
    }
    let route = unit.world.route_of_module(path)?;
    let handler = unit.world.action_of(path)?;
    let is_here = handler.file == *path && handler.unit == unit.linked.file.units[unit.index].path;
    if !is_here
        || !writes(unit, &handler)
        || is_open(&route)
        || is_explained(unit, None)
        || unit.world.asks_who(&handler) != AsksWho::No
        || unit.world.may_run_before_actions(path)
    {
        return None;
    }
    let mut beside = Beside::default();
    beside.add_open(true);
    for file in unit.world.modules_beside(path) {
        let (Some(route), Some(function)) = (unit.world.route_of_module(&file), unit.world.action_of(&file))
        else {
            continue;
        };
        match unit.world.asks_who(&function) {
            AsksWho::Refuses(by) => beside.add_guarded(|| {
                let name = format!("POST {route}");
                body_of(unit.world, &function).map(|place| Neighbour { place, name, by })
            }),
            // What refuses nobody may name something else: a key for another service.
            AsksWho::Perhaps(_) => {}
            AsksWho::No => beside.add_open(writes(unit, &function) && !is_open(&route)),
        }
    }
    let neighbour = beside.neighbour()?;
    let own = unit.unit.function(handler.function);
    // An arrow function has its name outside of its unit: what stands before its body is told.
    let head = own.body.map(|body| OwnRange { start: own.range.start, end: unit.unit.range(body).start });
    let head = head.map(|head| {
        let place = unit.to_file(head);
        let text = unit.project.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        let blank = u32::try_from(text.len() - text.trim_end().len()).unwrap_or_default();
        OwnRange { end: head.end - blank, ..head }
    });
    let range = own.name_range.or(head).unwrap_or(own.range);
    Some(OpenRoute { range, name: format!("POST {route}"), handler, neighbour })
}

/// A procedure whose base lets everybody pass.
pub(super) fn open_procedure(unit: &UnitView<'_>, procedure: &Procedure) -> Option<OpenRoute> {
    let path = &unit.linked.file.path;
    let begins_in = procedure.before.begins_in.as_ref()?;
    let handler = answers_of(unit, procedure)?;
    let is_bare = procedure.before.applied.iter().all(|applied| lets_all_pass(unit.world, applied));
    let place = unit.bytes(procedure.call);
    if is_procedure_open(unit, path, procedure)
        || guard_of(unit.world, procedure).is_some()
        || !is_bare
        || unit.world.asks_who(&handler) != AsksWho::No
        || is_explained_at(unit, Some(place))
        || unit.world.may_guard_procedures(begins_in)
    {
        return None;
    }
    let mut beside = Beside::default();
    let here = std::iter::once(path.to_string());
    for file in here.chain(unit.world.files_beside(path)) {
        for other in unit.world.procedures_of(&file) {
            match guard_of(unit.world, &other) {
                Some(by) => beside.add_guarded(|| {
                    let function = other.handler.function.as_ref()?;
                    let place = body_of(unit.world, function)?;
                    Some(Neighbour { place, name: other.name.to_string(), by })
                }),
                None => {
                    let is_comparable =
                        answers_of(unit, &other).is_some() && !is_procedure_open(unit, &file, &other);
                    beside.add_open(is_comparable);
                }
            }
        }
    }
    let neighbour = beside.neighbour()?;
    Some(OpenRoute { range: procedure.said_at, name: procedure.name.to_string(), handler, neighbour })
}

/// What answers a procedure, where it writes something.
fn answers_of(unit: &UnitView<'_>, procedure: &Procedure) -> Option<FnRef> {
    let mut functions = procedure.handler.function.iter().chain(&procedure.handler.wraps);
    functions.find(|function| writes(unit, function)).cloned()
}

/// Whether the name of a procedure, of its bases or of its file says that everybody may come. How procedures are called in
/// general says nothing of one.
fn is_procedure_open(unit: &UnitView<'_>, file: &str, procedure: &Procedure) -> bool {
    let below = below_manifest(unit.project.files, file).replace("trpc", "");
    is_open(&procedure.name) || procedure.before.bases.iter().any(|base| is_open(base)) || is_open(&below)
}

/// By what a procedure looks at who asks: its base, or itself.
fn guard_of(world: &dyn World, procedure: &Procedure) -> Option<Name> {
    let mut functions = procedure.before.applied.iter().flat_map(|it| it.function.iter().chain(&it.wraps));
    let named = procedure.before.bases.iter().find(|base| is_about_who(base)).cloned();
    named
        .or_else(|| functions.find_map(|function| refusing(world, function)))
        .or_else(|| procedure.handler.function.iter().find_map(|function| refusing(world, function)))
}
