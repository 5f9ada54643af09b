//! The project's own retry: one that the file has or imports, else one that another file of the project offers.

use plimsoll_behavior::{BindingKind, FunctionId, Imported};
use plimsoll_project::link::{FnRef, Value, parent, resolve_module};

use super::added::names_of;
use crate::ask::{RetryHelper, module_bindings, retry_helper};
use crate::edit::import;
use crate::{PlannedEdit, UnitView};

/// How many files are looked into.
const MAX_FILES: usize = 60;
/// Folders in which projects keep what all of their code uses.
const SHARED_FOLDERS: &[&str] =
    &["lib", "libs", "utils", "util", "helpers", "common", "shared", "core", "http", "services", "infra"];
/// Files there that may hold a retry among other things.
const SHARED_FILES: &[&str] = &[
    "util",
    "utils",
    "helper",
    "helpers",
    "http",
    "fetch",
    "async",
    "promise",
    "network",
    "net",
    "client",
    "resilience",
    "common",
    "index",
    "mod",
    "lib",
];

/// A retry of the project, by the name that it has in the file once the edits are made.
pub(super) struct Own {
    pub name: String,
    pub edits: Vec<PlannedEdit>,
}

/// The retry of the project that `fits`.
pub(super) fn own(view: &UnitView<'_>, fits: &dyn Fn(RetryHelper) -> bool) -> Option<Own> {
    in_the_file(view, fits).or_else(|| elsewhere(view, fits))
}

fn in_the_file(view: &UnitView<'_>, fits: &dyn Fn(RetryHelper) -> bool) -> Option<Own> {
    let module = &view.linked.file.units[0].unit;
    let of_binding = module_bindings(&view.linked.file).find_map(|id| {
        let binding = module.binding(id);
        let value = match binding.kind {
            BindingKind::Import(_) => imported(view, &binding.name)?,
            _ => Value::Function(view.linked.file.function_at(0, binding.value?)?),
        };
        let Value::Function(function) = value else { return None };
        retry_helper(view, &function).filter(|&can| fits(can))?;
        Some(Own { name: binding.name.to_string(), edits: Vec::new() })
    });
    of_binding.or_else(|| {
        // Functions of Rust are bound to no name of the module.
        let units = (1..view.linked.file.units.len()).filter(|_| view.is_rust());
        let functions = units.map(|unit| view.linked.file.fn_ref(unit, FunctionId(0)));
        offered(view, &view.linked.file.units, functions, fits, false)
            .map(|name| Own { name, edits: Vec::new() })
    })
}

/// What a name that the module imports means.
fn imported(view: &UnitView<'_>, name: &str) -> Option<Value> {
    let module = &view.linked.file.units[0].unit;
    let import = module.imports.iter().find(|i| i.binding.is_some_and(|b| module.binding(b).name == name))?;
    let files = view.world.files();
    let here = &view.linked.file;
    let wanted = match &import.what {
        Imported::Name(name) => name.clone(),
        Imported::Default => "default".into(),
        _ => return None,
    };
    let path = resolve_module(files, &here.path, &import.module, here.language)?;
    if !view.is_rust() {
        return Some(view.eval.member_of(&Value::Module(path.into()), &wanted));
    }
    let mut found = None;
    view.world.in_file(&path, &mut |there| {
        let units = &there.file.units;
        let unit = (1..units.len())
            .find(|&i| units[i].parent == Some(0) && units[i].unit.own().name.as_ref() == Some(&wanted));
        found = unit.map(|unit| Value::Function(there.file.fn_ref(unit, FunctionId(0))));
    });
    found
}

fn elsewhere(view: &UnitView<'_>, fits: &dyn Fn(RetryHelper) -> bool) -> Option<Own> {
    let taken = names_of(view);
    candidates(view).into_iter().find_map(|path| {
        let name = offered_by(view, &path, fits)?;
        if taken.contains(name.as_str()) {
            return None;
        }
        let edits = vec![import::of_project(view, &path, &name)?];
        Some(Own { name, edits })
    })
}

/// The first retry that a file offers to others.
fn offered_by(view: &UnitView<'_>, path: &str, fits: &dyn Fn(RetryHelper) -> bool) -> Option<String> {
    let there = view.world.linked(path)?;
    let file = &there.file;
    if view.is_rust() {
        let functions = (1..file.units.len()).map(|unit| file.fn_ref(unit, FunctionId(0)));
        return offered(view, &file.units, functions, fits, true);
    }
    let module = Value::Module(file.path.clone());
    file.units[0]
        .unit
        .exports
        .iter()
        .filter(|e| !matches!(e.name.as_str(), "*" | "default" | "export="))
        .find_map(|export| {
            let Value::Function(function) = view.eval.member_of(&module, &export.name) else { return None };
            retry_helper(view, &function).filter(|&can| fits(can))?;
            Some(export.name.to_string())
        })
}

/// The first of the functions that stand in no other one, have no type around them and fit.
fn offered(
    view: &UnitView<'_>,
    units: &[plimsoll_project::link::UnitEntry],
    functions: impl Iterator<Item = FnRef>,
    fits: &dyn Fn(RetryHelper) -> bool,
    only_exported: bool,
) -> Option<String> {
    let mut functions = functions;
    functions.find_map(|function| {
        let entry = units.iter().find(|entry| entry.path == function.unit)?;
        let own = entry.unit.own();
        let is_free = entry.parent == Some(0) && own.owner.is_none() && (own.is_exported || !only_exported);
        retry_helper(view, &function).filter(|&can| is_free && fits(can))?;
        Some(own.name.as_ref()?.to_string())
    })
}

/// Files in which a retry of the project may stand, those first whose names say so.
fn candidates(view: &UnitView<'_>) -> Vec<String> {
    let files = view.world.files();
    let here = &view.linked.file;
    let below = plimsoll_project::below_manifest(files, &here.path);
    let Some(root) = here.path.strip_suffix(below.as_str()).map(|root| root.trim_end_matches('/')) else {
        return Vec::new();
    };
    // The folders around the file, then the root of the sources, each with what is shared below it.
    let mut around: Vec<String> = Vec::new();
    let mut folder = parent(&here.path);
    while let Some(at) = folder.filter(|at| at.len() >= root.len()) {
        around.push(at.to_owned());
        folder = parent(at);
    }
    let sources = format!("{root}/src");
    if !around.contains(&sources) {
        around.push(sources);
    }
    let (mut named, mut shared) = (Vec::new(), Vec::new());
    for base in &around {
        let inner = SHARED_FOLDERS.iter().map(|name| format!("{base}/{name}"));
        for folder in std::iter::once(base.clone()).chain(inner) {
            for name in files.list(&folder) {
                let Some(stem) = name.split('.').next().filter(|_| !name.ends_with('/')) else { continue };
                let path = format!("{folder}/{name}");
                let is_source = plimsoll_syntax::Language::from_path(&path)
                    .is_some_and(|l| l.is_script_family() == here.language.is_script_family());
                let is_test = name.contains(".test.") || name.contains(".spec.") || name.ends_with(".d.ts");
                if !is_source || is_test || path == *here.path {
                    continue;
                }
                let says_so = crate::ask::suggests_retry(stem);
                let list = if says_so { &mut named } else { &mut shared };
                if (says_so || SHARED_FILES.contains(&stem)) && !list.contains(&path) {
                    list.push(path);
                }
            }
        }
    }
    named.append(&mut shared);
    named.truncate(MAX_FILES);
    named
}
