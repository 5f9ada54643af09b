//! What code says of where it runs by what it imports and reads.

use plimsoll_behavior::{Exported, Imported, Key, Kind, Name, Unit};

use super::Counts;
use super::packages::{ASKING, ONLY_IN_NODE, ONLY_ON_SERVERS, TYPES_OF_SERVERS};
use crate::link::{FileUnits, Target, World, resolve_import};

/// How many modules stand between a module and the one that tells.
const MAX_DEPTH: usize = 3;

/// How many modules are looked at.
const MAX_MODULES: usize = 48;

/// Names that only exist in a page.
const OF_A_PAGE: &[&str] = &["window", "document", "localStorage", "sessionStorage"];

/// Why a module that imports this way is a server's: through other modules of the project it needs what only a server
/// has. What has elements to show is asked nothing, since frameworks cut such files in two.
pub(super) fn imports_a_servers_module(
    world: &dyn World,
    file: &FileUnits,
    counts: Counts,
) -> Option<String> {
    let module = &file.units[0].unit;
    let of_server = |m: &Name| TYPES_OF_SERVERS.contains(&m.as_str());
    if has_elements(file) {
        return None;
    }
    if let Some(import) = module.imports.iter().find(|i| i.is_type_only && of_server(&i.module)) {
        return Some(format!("takes what {} makes", import.module));
    }
    let mut seen = vec![file.path.to_string()];
    let mut open = next_modules(world, file, &|_| true);
    for _ in 0..MAX_DEPTH {
        let mut further = Vec::new();
        for (path, wanted) in open {
            if seen.contains(&path) || seen.len() >= MAX_MODULES {
                continue;
            }
            seen.push(path.clone());
            let mut found = None;
            world.in_file(&path, &mut |there| {
                // Calls of what a "use server" module offers go over the network, in either direction.
                if !there.file.units[0].unit.directives.iter().any(|d| d.starts_with("use ")) {
                    found = only_on_servers(world, there.file, counts);
                    further.extend(next_modules(world, there.file, &|name| {
                        wanted.as_ref().is_none_or(|wanted| name == wanted)
                    }));
                }
            });
            if let Some(package) = found {
                let name = path.rsplit('/').next().unwrap_or(&path);
                return Some(format!("imports {name}, which needs {package}"));
            }
        }
        open = further;
    }
    None
}

/// What a module imports that only servers have.
fn only_on_servers(world: &dyn World, file: &FileUnits, counts: Counts) -> Option<Name> {
    let module = &file.units[0].unit;
    module.imports.iter().filter(|i| !i.is_type_only).find_map(|import| {
        let package = match resolve_import(world.files(), &file.path, &import.module, file.language) {
            Some(Target::Package(package)) => package,
            Some(Target::File(_)) => return None,
            None => import.module.clone(),
        };
        // Prisma's enums are values that browsers use too.
        let is_enum = matches!(&import.what, Imported::Name(n) if n != "PrismaClient" && n != "Prisma");
        let bare = package.strip_prefix("node:").unwrap_or(&package);
        let tells = ONLY_ON_SERVERS.contains(&bare) && !(bare == "@prisma/client" && is_enum);
        (tells || counts == Counts::All && ONLY_IN_NODE.contains(&bare)).then_some(package)
    })
}

/// The files that a module imports values of, and of those that it hands on, those whose name is asked for. With the one
/// name that is taken, where it is one: what else stands behind it in a barrel is not needed for it.
fn next_modules(
    world: &dyn World,
    file: &FileUnits,
    is_wanted: &dyn Fn(&Name) -> bool,
) -> Vec<(String, Option<Name>)> {
    let module = &file.units[0].unit;
    let hands_on = module.exports.iter().any(|e| matches!(e.local, Exported::From(..)));
    let imported = module.imports.iter().filter(|i| !i.is_type_only).map(|import| {
        let name = match &import.what {
            Imported::Name(name) => Some(name.clone()),
            _ => None,
        };
        (import.module.clone(), name)
    });
    let handed = module.exports.iter().filter(|e| is_wanted(&e.name)).filter_map(|e| match &e.local {
        Exported::From(module, name) if e.name != "*" => Some((module.clone(), name.clone())),
        _ => None,
    });
    let all: Vec<(Name, Option<Name>)> = if hands_on { handed.collect() } else { imported.collect() };
    let files = all.into_iter().filter_map(|(module, name)| {
        match resolve_import(world.files(), &file.path, &module, file.language)? {
            Target::File(path) => Some((path, name)),
            Target::Package(_) => None,
        }
    });
    files.collect()
}

/// Why a module is a server's by what it asks of its surroundings: how long the framework keeps what it fetches, bytes
/// as only Node.js holds them.
pub(super) fn needs_node(file: &FileUnits) -> Option<String> {
    if has_elements(file) || names_a_page(file) {
        return None;
    }
    let keeps = |u: &Unit, node: &plimsoll_behavior::Node| {
        let Kind::Object { entries, .. } = &node.kind else { return false };
        let next = entries.iter().find(|e| matches!(&e.key, Key::Name(n) if n == "next"));
        let Some(Kind::Object { entries, .. }) = next.map(|e| u.kind(e.value)) else { return false };
        entries.iter().any(|e| matches!(&e.key, Key::Name(n) if n == "revalidate" || n == "tags"))
    };
    file.units.iter().find_map(|entry| {
        let u: &Unit = &entry.unit;
        u.nodes.iter().find_map(|node| match &node.kind {
            Kind::Name { name, binding: None } if name == "Buffer" || name == "__dirname" => {
                Some(format!("uses {name}"))
            }
            _ => keeps(u, node).then(|| "lets the framework keep what it fetches".to_owned()),
        })
    })
}

/// Folders of the routes of a framework that makes a server of them.
const ROUTE_FOLDERS: &[&str] = &["src/app/api", "app/api", "src/pages/api", "pages/api"];

/// How many folders and files of routes are looked at.
const MAX_ROUTES: usize = 64;

/// Why a module that asks others is a server's: a route of the same package imports it, or a module that it imports
/// does.
pub(super) fn is_asked_by_a_route(world: &dyn World, file: &FileUnits) -> Option<String> {
    if !asks_others(file) || has_elements(file) || names_a_page(file) {
        return None;
    }
    let files = world.files();
    let below = super::below_manifest(files, &file.path);
    let root = file.path.strip_suffix(below.as_str())?.trim_end_matches('/');
    let mut seen = Vec::new();
    let mut open: Vec<(String, String)> = routes(files, root).into_iter().map(|r| (r.clone(), r)).collect();
    for is_last in [false, true] {
        let mut further = Vec::new();
        for (path, route) in open {
            let mut next = Vec::new();
            world.in_file(&path, &mut |there| next = imports_for(files, there.file, file, is_last));
            if next.iter().any(|found| *found == *file.path) {
                let place = route.strip_prefix(root).unwrap_or(&route).trim_start_matches('/');
                return Some(format!("a route needs it: {place}"));
            }
            for module in next {
                if seen.len() < MAX_MODULES && !seen.contains(&module) {
                    seen.push(module.clone());
                    further.push((module, route.clone()));
                }
            }
        }
        open = further;
    }
    None
}

/// The files that a module imports; where `is_last` is set, only those that may be the one that is looked for.
fn imports_for(
    files: &dyn crate::Files,
    there: &FileUnits,
    wanted: &FileUnits,
    is_last: bool,
) -> Vec<String> {
    let name = wanted.path.rsplit_once('.').map_or(&*wanted.path, |(stem, _)| stem);
    let name = name.strip_suffix("/index").unwrap_or(name);
    let last = name.rsplit('/').next().unwrap_or(name);
    let module = &there.units[0].unit;
    // What a barrel hands on besides is not needed.
    let values = module.imports.iter().filter(|i| !i.is_type_only).map(|i| &i.module);
    values
        .filter(|module| !is_last || names(module, last))
        .filter_map(|module| match resolve_import(files, &there.path, module, there.language)? {
            Target::File(path) => Some(path),
            Target::Package(_) => None,
        })
        .collect()
}

/// The modules of the routes of a package.
pub(super) fn routes(files: &dyn crate::Files, root: &str) -> Vec<String> {
    let mut folders: Vec<String> = ROUTE_FOLDERS.iter().map(|folder| format!("{root}/{folder}")).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for name in files.list(&folder) {
            if let Some(inner) = name.strip_suffix('/') {
                if folders.len() < MAX_ROUTES {
                    folders.push(format!("{folder}/{inner}"));
                }
                continue;
            }
            if [".ts", ".js", ".tsx", ".jsx"].iter().any(|ending| name.ends_with(ending))
                && found.len() < MAX_ROUTES
            {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found
}

/// Whether a module makes requests to others, as far as it says so itself.
fn asks_others(file: &FileUnits) -> bool {
    let module = &file.units[0].unit;
    module.imports.iter().any(|i| ASKING.contains(&i.module.as_str()))
        || file.units.iter().any(|entry| {
            let is_fetch = |n: &plimsoll_behavior::Node| matches!(&n.kind, Kind::Name { name, binding: None } if name == "fetch");
            entry.unit.nodes.iter().any(is_fetch)
        })
}

/// Whether a specifier may mean a module of this name.
fn names(specifier: &str, last: &str) -> bool {
    let end = specifier.rsplit('/').next().unwrap_or(specifier);
    end == last || end.split('.').next() == Some(last)
}

/// Whether the program of a crate has a loop that never ends and waits in it.
pub(super) fn goes_on(world: &dyn World, file: &FileUnits) -> bool {
    let below = super::below_manifest(world.files(), &file.path);
    let Some(root) = file.path.strip_suffix(below.as_str()) else { return false };
    let mut goes_on = false;
    world.in_file(&format!("{root}src/main.rs"), &mut |there| {
        goes_on = super::by_hand::waits_for_ever(there.file);
    });
    goes_on
}

pub(super) fn has_elements(file: &FileUnits) -> bool {
    file.units.iter().any(|e| e.unit.nodes.iter().any(|n| matches!(n.kind, Kind::Element { .. })))
}

/// Whether code asks whether it runs in a page, or uses what stands there.
pub(super) fn names_a_page(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| {
        let of_page = |node: &plimsoll_behavior::Node| {
            matches!(&node.kind, Kind::Name { name, binding: None } if OF_A_PAGE.contains(&name.as_str()))
        };
        entry.unit.nodes.iter().any(of_page)
    })
}

/// Whether code calls methods of the page it is shown in: a widget that a server hands out to other sites.
pub(super) fn shows_in_a_page(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| {
        let u = &entry.unit;
        u.calls.iter().any(|&call| {
            let Kind::Call { callee, .. } = u.kind(call) else { return false };
            let Kind::Member { object, name, .. } = u.kind(*callee) else { return false };
            let of_page = matches!(u.kind(*object), Kind::Name { name, binding: None } if name == "document");
            of_page
                && matches!(
                    name.as_str(),
                    "createElement" | "getElementById" | "querySelector" | "addEventListener"
                )
        })
    }) && !file.units.iter().any(|entry| entry.unit.bindings.iter().any(|b| b.name == "document"))
}
