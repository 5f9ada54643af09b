//! Tells two builds of one version apart, so that what one has cached is not taken by another that would answer
//! otherwise: all that findings come from is hashed, the sources, the models, and the versions of dependencies.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    // A package from a registry stands alone, and has a version of its own.
    let of_workspace =
        ["syntax", "behavior", "project", "rules", "engine", "plimsoll"].map(|name| format!("../{name}"));
    let mut open: Vec<PathBuf> = of_workspace
        .iter()
        .flat_map(|folder| {
            ["src", "models", "Cargo.toml", "build.rs"].map(|name| Path::new(folder).join(name))
        })
        .collect();
    open.push("../../Cargo.lock".into());
    open.push("../../Cargo.toml".into());
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if !path.exists() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", path.display());
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.map(|entry| entry.expect("a readable folder").path())),
            Err(_) => files.push(path),
        }
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for path in files {
        path.hash(&mut hasher);
        std::fs::read(&path).expect("a readable source").hash(&mut hasher);
    }
    println!("cargo::rustc-env=PLIMSOLL_BUILD={:016x}", hasher.finish());
}
