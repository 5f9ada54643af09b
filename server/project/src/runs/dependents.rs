//! Where the library of a Rust workspace runs by whose programs it is a part of.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Counts, Runs, Served, rust};
use crate::Files;
use crate::link::{FileUnits, World, ancestors, join, path_of_dependency};
use crate::manifests::{CargoToml, members, nearest_crate, read};

/// The most crates that are looked at on the ways to the programs.
const MAX_CRATES: usize = 64;

/// Why a library that says nothing of itself runs in a service: all programs of the workspace that it is a part of serve,
/// through however many other libraries. As with importers, only this is told: one program that is another one leaves it
/// unknown, and so do nobody, a program of its own, and a library that others may take from a registry.
pub(super) fn is_depended_on_by_servers(world: &dyn World, file: &FileUnits) -> Option<Served> {
    let files = world.files();
    let (folder, manifest) = nearest_crate(files, &file.path)?;
    let below = file.path.strip_prefix(folder)?.trim_start_matches('/');
    if manifest.is_offered
        || has_programs(files, folder, &manifest)
        || below == "build.rs"
        || below.starts_with("tests/")
    {
        return None;
    }
    let crates = crates_around(files, folder);
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut open = vec![folder.to_owned()];
    let mut server: Option<String> = None;
    while let Some(library) = open.pop() {
        if !seen.insert(library.clone()) {
            continue;
        }
        let mut has_dependents = false;
        for (folder, manifest) in &crates {
            if *folder == library || !depends_on(files, folder, manifest, &library) {
                continue;
            }
            has_dependents = true;
            match runs_where(world, folder, manifest) {
                Some(Runs::Server) => {
                    server = server.filter(|known| known < folder).or_else(|| Some(folder.clone()))
                }
                // A library of which nothing is known either.
                None if !has_programs(files, folder, manifest) => open.push(folder.clone()),
                _ => return None,
            }
        }
        if !has_dependents {
            return None;
        }
    }
    let server = server?;
    let root = files.root_of(&file.path).unwrap_or_default();
    let place = server.strip_prefix(root.as_str()).unwrap_or(&server).trim_start_matches('/');
    let evidence = format!("only a server's crate depends on it: {place}");
    Some(Served { evidence, units: vec![true; file.units.len()] })
}

/// The crates of the workspace that a crate belongs to, with their folders. Empty where they are too many.
fn crates_around(files: &dyn Files, folder: &str) -> Vec<(String, Arc<CargoToml>)> {
    let inside = format!("{folder}/Cargo.toml");
    let root = ancestors(folder, files, &inside).find_map(|folder| {
        let manifest = read::<CargoToml>(files, &format!("{folder}/Cargo.toml"))?;
        manifest.is_workspace.then_some((folder, manifest))
    });
    let Some((root, workspace)) = root else { return Vec::new() };
    let mut folders = members(files, root, &workspace.members);
    folders.push(root.to_owned());
    if folders.len() > MAX_CRATES {
        return Vec::new();
    }
    let crates = folders.into_iter().filter_map(|folder| {
        let manifest = read::<CargoToml>(files, &format!("{folder}/Cargo.toml"))?;
        manifest.name.is_some().then_some((folder, manifest))
    });
    crates.collect()
}

/// Whether a crate needs the one in the folder `on` where it runs.
fn depends_on(files: &dyn Files, folder: &str, manifest: &CargoToml, on: &str) -> bool {
    let mut paths =
        manifest.declared.iter().filter_map(|name| path_of_dependency(files, folder, manifest, name));
    paths.any(|path| path == on)
}

/// Where a crate's program runs, or its library where it has none; none where that is not known.
fn runs_where(world: &dyn World, folder: &str, manifest: &CargoToml) -> Option<Runs> {
    let named =
        manifest.target_paths.iter().chain(&manifest.library_path).filter_map(|path| join(folder, path));
    let automatic = ["src/main.rs", "src/lib.rs"].map(|name| format!("{folder}/{name}"));
    let root = automatic.into_iter().chain(named).find(|path| world.files().exists(path))?;
    let mut runs = None;
    world.in_file(&root, &mut |there| runs = rust(world, there.file, Counts::Services).map(|(runs, _)| runs));
    runs
}

/// Whether a crate has programs of its own.
fn has_programs(files: &dyn Files, folder: &str, manifest: &CargoToml) -> bool {
    files.exists(&format!("{folder}/src/main.rs"))
        || !files.list(&format!("{folder}/src/bin")).is_empty()
        || manifest.has_binaries
}
