//! Clients that a generator writes: nobody commits them, and they are what their package is.

use plimsoll_behavior::Name;

use super::{ancestors, join, parent};
use crate::Files;
use crate::manifests::{Generators, PackageJson, read};

/// Words in a path that generated clients have.
const MARKS: &[&str] = &["generated", "prisma", "client"];

/// The package that a path means because a generator writes it there.
pub(super) fn package_at(files: &dyn Files, from: &str, path: &str) -> Option<Name> {
    let mut words = path.split(['/', '.', '-', '_', '@']);
    if !words.any(|word| MARKS.contains(&word)) {
        return None;
    }
    let around = [parent(from)?, parent(path)?];
    for folder in around.iter().flat_map(|folder| ancestors(folder, files, from)) {
        for schema in schemas(files, folder) {
            let Some(generators) = read::<Generators>(files, &schema) else { continue };
            let at = parent(&schema)?;
            let is_output = |output: &String| {
                let output = output.trim_end_matches('/');
                let written = match output.strip_prefix("node_modules/") {
                    Some(_) => None,
                    None => join(at, output),
                };
                written.is_some_and(|written| path.strip_prefix(written.as_str()).is_some_and(is_entry))
            };
            if generators.outputs.iter().any(is_output) {
                return Some(Name::new_static("@prisma/client"));
            }
        }
    }
    None
}

/// Whether a path in the folder of a client is the client itself.
fn is_entry(rest: &str) -> bool {
    let rest = rest.trim_start_matches('/');
    let stem = rest.rsplit_once('.').map_or(rest, |(stem, _)| stem);
    matches!(stem, "" | "index" | "client" | "edge" | "default" | "wasm" | "index-browser" | "browser")
}

/// The Prisma schemas that stand in a folder, where the tool looks for them.
fn schemas(files: &dyn Files, folder: &str) -> Vec<String> {
    let mut found: Vec<String> = ["schema.prisma", "prisma/schema.prisma"]
        .iter()
        .map(|path| format!("{folder}/{path}"))
        .filter(|path| files.exists(path))
        .collect();
    let said = read::<PackageJson>(files, &format!("{folder}/package.json"))
        .and_then(|manifest| join(folder, manifest.prisma_schema.as_deref()?));
    let mut folders = vec![format!("{folder}/prisma/schema")];
    match said {
        Some(path) if path.ends_with(".prisma") => found.push(path),
        Some(path) => folders.push(path),
        None => {}
    }
    for folder in folders {
        let names = files.list(&folder);
        let schemas = names.iter().filter(|name| name.ends_with(".prisma"));
        found.extend(schemas.map(|name| format!("{folder}/{name}")));
    }
    found
}
