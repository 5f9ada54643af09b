//! What runs before a route, through all routers on its way to the one that serves.

use std::sync::Arc;

use plimsoll_behavior::models::{Registers, RouterKind};
use plimsoll_behavior::{BindingKind, Exported};

use super::{Pattern, Registration, RouterId};
use crate::link::{FnRef, Site, World, is_test_code};

/// How many files are looked through for where a router is put.
const MAX_FILES: usize = 48;

/// How many routers may stand in each other.
const MAX_ROUTERS: usize = 8;

/// How many ways to one route are told.
const MAX_WAYS: usize = 16;

/// What runs before a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Where it is handed over.
    pub site: Site,
    /// The function, where it is one of the project.
    pub function: Option<FnRef>,
    /// Functions of the project that something else makes it of: `from_fn(require_user)`.
    pub wraps: Vec<FnRef>,
}

/// One way by which requests come to a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its path from the outermost router that was found.
    pub path: Pattern,
    /// What runs before it, the nearest first. What stands below a path that is not known is among it.
    pub applied: Vec<Applied>,
    /// Whether that is all: the outermost router serves by itself, and all files that may put something before are known.
    pub is_whole: bool,
}

/// Where in a file something stands, to tell what comes before what.
#[derive(Clone)]
struct Place {
    file: Arc<str>,
    unit: usize,
    /// Where it ends: calls of one chain begin at the same place.
    end: u32,
}

impl dyn World + '_ {
    /// What a file registers at routers.
    #[must_use]
    pub fn registered_in(&self, path: &str) -> Arc<[Registration]> {
        let mut found: Arc<[Registration]> = Arc::default();
        self.in_file(path, &mut |eval| found = eval.registrations());
        self.all_of(path);
        found
    }

    /// The routes that a function answers, with the files that register them: its own, and those that import it.
    #[must_use]
    pub fn routes_to(&self, function: &FnRef) -> Vec<(Arc<str>, Registration)> {
        let (files, _) = users_of(self, &function.file);
        let mut found = Vec::new();
        for file in files {
            for registration in self.registered_in(&file).iter() {
                let handler = registration.handed.last();
                let is_it = handler.is_some_and(|handler| {
                    let all = handler.function.iter().chain(&handler.wraps);
                    all.flat_map(FnRef::alternatives).any(|one| one == *function)
                });
                if registration.registers == Registers::Route && is_it {
                    found.push((Arc::clone(&file), registration.clone()));
                }
            }
        }
        found
    }

    /// The files whose routers stand in the same one as the router of a file's route, or in that router; itself among them.
    #[must_use]
    pub fn beside(&self, file: &Arc<str>, route: &Registration) -> Vec<Arc<str>> {
        let mut found = vec![Arc::clone(file)];
        let (files, _) = users_of(self, route.router.file());
        for outer in files {
            let all = self.registered_in(&outer);
            let inside = all.iter().filter(|registration| registration.router == route.router);
            let inside = inside.flat_map(|it| &it.handed).filter_map(|it| it.router.as_ref());
            found.extend(inside.map(|router| Arc::clone(router.file())));
            let holds = |registration: &&Registration| {
                registration.handed.iter().any(|handed| handed.router.as_ref() == Some(&route.router))
            };
            let Some(parent) = all.iter().find(holds).map(|registration| registration.router.clone()) else {
                continue;
            };
            found.push(Arc::clone(&outer));
            let at_parent = all.iter().filter(|registration| registration.router == parent);
            found.extend(
                at_parent
                    .flat_map(|it| &it.handed)
                    .filter_map(|it| Some(Arc::clone(it.router.as_ref()?.file()))),
            );
        }
        found.sort();
        found.dedup();
        found.truncate(MAX_FILES);
        found
    }

    /// The ways by which requests come to a route that a file registers.
    #[must_use]
    pub fn ways(&self, file: &Arc<str>, route: &Registration) -> Vec<Way> {
        let Some(place) = place_of(self, file, route) else { return Vec::new() };
        let before = route.handed.len().saturating_sub(1);
        let mut applied = Vec::new();
        hand(self, file, route, before, &mut applied);
        let start = Way { path: route.path.clone(), applied, is_whole: false };
        let mut found = Vec::new();
        climb(self, &route.router, &place, start, 0, &mut found);
        found
    }
}

/// Follows a router outward. `way` tells the path at that router, and what has applied so far.
fn climb(
    world: &dyn World,
    router: &RouterId,
    place: &Place,
    mut way: Way,
    depth: usize,
    found: &mut Vec<Way>,
) {
    let (files, is_known) = users_of(world, router.file());
    let mut outer = Vec::new();
    for file in &files {
        for registration in world.registered_in(file).iter() {
            let runs_before = matches!(
                registration.registers,
                Registers::Before | Registers::Around | Registers::Throughout
            );
            if registration.router == *router && runs_before {
                let is_here = *file == place.file && registration.unit == place.unit;
                let end = place_of(world, file, registration).map_or(0, |at| at.end);
                let is_out_of_order = match registration.registers {
                    Registers::Around => end < place.end,
                    Registers::Throughout => false,
                    _ => registration.is_ordered && end >= place.end,
                };
                if !(is_here && is_out_of_order) && registration.path.covers(&way.path) != Some(false) {
                    hand(world, file, registration, registration.handed.len(), &mut way.applied);
                }
            }
            let is_it = |handed: &super::Handed| handed.router.as_ref() == Some(router);
            if let Some(at) = registration.handed.iter().position(is_it) {
                outer.push((Arc::clone(file), registration.clone(), at));
            }
        }
    }
    let (mut kind, mut below) = (None, Pattern::Everywhere);
    if let RouterId::Made(site) = router {
        world.in_file(&site.file, &mut |eval| (kind, below) = eval.made_at(site));
    }
    way.path = way.path.below(&below);
    if outer.is_empty() {
        way.is_whole = is_known && kind == Some(RouterKind::App);
        found.push(way);
        return;
    }
    for (file, registration, at) in outer {
        if depth >= MAX_ROUTERS || found.len() >= MAX_WAYS {
            found.push(Way { is_whole: false, ..way.clone() });
            return;
        }
        let Some(place) = place_of(world, &file, &registration) else { continue };
        let mut further = Way { path: way.path.below(&registration.path), ..way.clone() };
        hand(world, &file, &registration, at, &mut further.applied);
        climb(world, &registration.router, &place, further, depth + 1, found);
    }
}

/// Adds what stands before the argument with this index.
fn hand(
    world: &dyn World,
    file: &Arc<str>,
    registration: &Registration,
    until: usize,
    applied: &mut Vec<Applied>,
) {
    let mut unit = None;
    world.in_file(file, &mut |eval| unit = Some(eval.file.units[registration.unit].path.clone()));
    let Some(unit) = unit else { return };
    let before = registration.handed.iter().take(until).filter(|handed| handed.router.is_none());
    applied.extend(before.map(|handed| Applied {
        site: Site { file: Arc::clone(file), unit: unit.clone(), node: handed.node },
        function: handed.function.clone(),
        wraps: handed.wraps.clone(),
    }));
}

fn place_of(world: &dyn World, file: &Arc<str>, registration: &Registration) -> Option<Place> {
    let mut end = None;
    world.in_file(file, &mut |eval| {
        end = Some(eval.file.units[registration.unit].unit.range(registration.call).end);
    });
    Some(Place { file: Arc::clone(file), unit: registration.unit, end: end? })
}

/// The files that may use what a file offers: itself, those that import it, and those that import what hands it on; then
/// whether these are all.
fn users_of(world: &dyn World, path: &Arc<str>) -> (Vec<Arc<str>>, bool) {
    let files = world.files();
    if path.ends_with(".rs") {
        return users_in_rust(world, path);
    }
    let mut found = vec![Arc::clone(path)];
    let imports = files.root_of(path).and_then(|root| world.all_imports(&root));
    let Some(imports) = imports else { return (found, false) };
    let mut is_known = true;
    let mut next = 0;
    while let Some(of) = found.get(next).cloned() {
        next += 1;
        // Of those that import it, only what hands it on is asked who imports that.
        if next > 1 && !hands_on(world, &of) {
            continue;
        }
        let Some(importers) = imports.importers(files, &of) else {
            is_known = false;
            continue;
        };
        for importer in importers {
            if found.contains(&importer.path) || is_test_code(files, &importer.path) {
                continue;
            }
            if found.len() >= MAX_FILES {
                return (found, false);
            }
            found.push(importer.path);
        }
    }
    (found, is_known)
}

/// Words of sources in which something may be done with a router, beside its name: where it is not called so, it is one of
/// https://docs.rs/actix-web/latest/actix_web/
const ROUTERS: &[&str] = &["App::new", "App<", "Scope", "ServiceConfig", "scope("];

/// The same of Rust, where any file of the crates around may: those that say the type of a router.
fn users_in_rust(world: &dyn World, path: &Arc<str>) -> (Vec<Arc<str>>, bool) {
    let files = world.files();
    let sources = world.sources_around(path);
    let others = sources.iter().filter(|source| ***source != **path && !is_test_code(files, source));
    let mut others = others.filter(|source| {
        files.read(source).is_some_and(|text| {
            text.contains("Router")
                || text.contains("actix") && ROUTERS.iter().any(|word| text.contains(word))
        })
    });
    let mut found = vec![Arc::clone(path)];
    found.extend(others.by_ref().take(MAX_FILES).map(|source| source.as_str().into()));
    (found, !sources.is_empty() && others.next().is_none())
}

/// Whether a file offers what it has imported.
fn hands_on(world: &dyn World, path: &str) -> bool {
    let mut hands_on = false;
    world.in_file(path, &mut |eval| {
        let module = &eval.file.units[0].unit;
        hands_on = module.exports.iter().any(|export| match &export.local {
            Exported::From(..) => true,
            Exported::Binding(binding) => matches!(module.binding(*binding).kind, BindingKind::Import(_)),
            Exported::Value(_) => false,
        });
    });
    hands_on
}
