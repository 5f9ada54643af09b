//! Modules and crates of Rust.

use super::{Target, ancestors, join, parent};
use crate::Files;
use crate::manifests::{CargoDependency, CargoToml, nearest_crate, read};

/// The file that a path of modules means, seen from a file: `crate::db`, `super::users`, `self::a::b`, `db`.
pub(super) fn resolve(files: &dyn Files, from: &str, module: &str) -> Option<String> {
    let mut parts = module.split("::").peekable();
    let head = parts.next()?;
    let mut at = match head {
        "crate" => crate_root(files, from)?,
        "self" => from.to_owned(),
        "super" => {
            let mut at = parent_module(files, from)?;
            while parts.next_if_eq(&"super").is_some() {
                at = parent_module(files, &at)?;
            }
            at
        }
        head => {
            let beside = submodule(files, from, head);
            let in_crate = || submodule(files, &crate_root(files, from)?, head);
            beside.or_else(in_crate).or_else(|| match extern_crate(files, from, head)? {
                Target::File(root) => Some(root),
                Target::Package(_) => None,
            })?
        }
    };
    for part in parts {
        at = submodule(files, &at, part)?;
    }
    (at != from || head == "crate").then_some(at)
}

/// The file of the module `name` that the file at `from` declares.
pub(crate) fn submodule(files: &dyn Files, from: &str, name: &str) -> Option<String> {
    let folder = modules_of(files, from)?;
    [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]
        .into_iter()
        .find(|path| files.exists(path))
}

/// The folder in which the modules of a file stand.
fn modules_of(files: &dyn Files, from: &str) -> Option<String> {
    let folder = parent(from)?;
    let name = from.rsplit('/').next()?;
    if matches!(name, "lib.rs" | "main.rs" | "mod.rs") || is_root(files, from) {
        return Some(folder.to_owned());
    }
    from.strip_suffix(".rs").map(str::to_owned)
}

/// The file that declares the module that the file at `from` is.
pub(crate) fn parent_module(files: &dyn Files, from: &str) -> Option<String> {
    if is_root(files, from) {
        return None;
    }
    let folder = parent(from)?;
    let folder = if from.ends_with("/mod.rs") { parent(folder)? } else { folder };
    let candidates = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
    let declared = candidates.into_iter().find(|path| files.exists(path));
    declared.or_else(|| crate_root(files, from).filter(|root| root != from && parent(root) == Some(folder)))
}

/// Whether the file is the root of a crate: a library, a binary, a test, an example.
fn is_root(files: &dyn Files, path: &str) -> bool {
    let Some((folder, manifest)) = nearest_crate(files, path) else {
        return path.ends_with("/lib.rs") || path.ends_with("/main.rs");
    };
    let below = path[folder.len()..].trim_start_matches('/');
    roots_of(&manifest).any(|root| root == below) || is_automatic_root(below)
}

/// Roots that a manifest names.
fn roots_of(manifest: &CargoToml) -> impl Iterator<Item = &str> {
    let named = manifest.library_path.iter().chain(&manifest.target_paths);
    named.map(|path| path.trim_start_matches("./"))
}

/// Whether Cargo takes the path below a manifest for the root of a crate by itself.
fn is_automatic_root(below: &str) -> bool {
    let parts: Vec<&str> = below.split('/').collect();
    match parts.as_slice() {
        ["src", "lib.rs" | "main.rs"] | ["build.rs"] => true,
        ["src", "bin", file] | ["tests" | "examples" | "benches", file] => file.ends_with(".rs"),
        ["src", "bin", _, "main.rs"] | ["tests" | "examples" | "benches", _, "main.rs"] => true,
        _ => false,
    }
}

/// The root of the crate that a file belongs to. A file that a library and a binary might share is the library's.
pub(crate) fn crate_root(files: &dyn Files, from: &str) -> Option<String> {
    let exists = |path: &String| files.exists(path);
    let Some((folder, manifest)) = nearest_crate(files, from) else {
        // A crate whose manifest is not there: what stands around it tells.
        return ancestors(parent(from)?, files, from)
            .flat_map(|folder| [format!("{folder}/lib.rs"), format!("{folder}/main.rs")])
            .find(exists);
    };
    if is_root(files, from) {
        return Some(from.to_owned());
    }
    let below = from[folder.len()..].trim_start_matches('/');
    let parts: Vec<&str> = below.split('/').collect();
    match parts.as_slice() {
        ["src", "bin", name, _, ..] => Some(format!("{folder}/src/bin/{name}/main.rs")).filter(exists),
        ["tests" | "examples" | "benches", name, _, ..] => {
            Some(format!("{folder}/{}/{name}/main.rs", parts[0])).filter(exists)
        }
        _ => {
            let named = roots_of(&manifest).filter_map(|path| join(folder, path));
            let automatic = [format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
            // Of the roots that the manifest names, one around the file.
            named
                .filter(|root| parent(root).is_some_and(|around| from.starts_with(&format!("{around}/"))))
                .max_by_key(String::len)
                .filter(exists)
                .or_else(|| automatic.into_iter().find(exists))
        }
    }
}

/// The root of the binary beside a library: what a file of the crate means by `crate` when the library has no such name.
pub(crate) fn twin_root(files: &dyn Files, root: &str) -> Option<String> {
    let twin = format!("{}/main.rs", root.strip_suffix("/lib.rs")?);
    files.exists(&twin).then_some(twin)
}

/// What the name of an external crate means where the manifest says so: the root of a crate of this project, or a
/// library that is used by another name.
pub(crate) fn extern_crate(files: &dyn Files, from: &str, name: &str) -> Option<Target> {
    let (folder, manifest) = nearest_crate(files, from)?;
    if manifest.library.as_deref() == Some(name) {
        return library_root(files, folder, &manifest).map(Target::File);
    }
    let declared = manifest.dependencies.get(name)?;
    let (folder, dependency) = if declared.is_workspace {
        inherited(files, folder, &manifest, name)?
    } else {
        (folder.to_owned(), declared.clone())
    };
    if let Some(path) = &dependency.path {
        let folder = join(&folder, path)?;
        let manifest = read::<CargoToml>(files, &format!("{folder}/Cargo.toml"))?;
        return library_root(files, &folder, &manifest).map(Target::File);
    }
    let package = declared.package.clone().or(dependency.package)?;
    (package != name).then_some(Target::Package(package))
}

/// The folder of the package that a dependency means, where it is one of this project.
pub(crate) fn path_of_dependency(
    files: &dyn Files,
    folder: &str,
    manifest: &CargoToml,
    name: &str,
) -> Option<String> {
    let name = name.replace('-', "_");
    let declared = manifest.dependencies.get(name.as_str())?;
    let (folder, dependency) = if declared.is_workspace {
        inherited(files, folder, manifest, &name)?
    } else {
        (folder.to_owned(), declared.clone())
    };
    join(&folder, &dependency.path?)
}

/// A dependency as the workspace declares it, with the workspace's folder.
fn inherited(
    files: &dyn Files,
    folder: &str,
    manifest: &CargoToml,
    name: &str,
) -> Option<(String, CargoDependency)> {
    let of = |folder: &str, manifest: &CargoToml| {
        Some((folder.to_owned(), manifest.workspace_dependencies.get(name)?.clone()))
    };
    if manifest.is_workspace {
        return of(folder, manifest);
    }
    ancestors(parent(folder)?, files, folder).find_map(|folder| {
        let manifest = read::<CargoToml>(files, &format!("{folder}/Cargo.toml"))?;
        manifest.is_workspace.then(|| of(folder, &manifest))
    })?
}

fn library_root(files: &dyn Files, folder: &str, manifest: &CargoToml) -> Option<String> {
    let path = manifest.library_path.as_deref().unwrap_or("src/lib.rs");
    join(folder, path).filter(|root| files.exists(root))
}

#[cfg(test)]
mod tests {
    use plimsoll_syntax::Language;

    use crate::MemoryFiles;
    use crate::link::resolve_module;

    fn files(all: &[(&str, &str)]) -> MemoryFiles {
        let mut files = MemoryFiles::default();
        for (path, text) in all {
            files.insert(*path, *text);
        }
        files
    }

    #[test]
    fn modules_of_the_crate_are_found() {
        let files = files(&[
            ("/c/src/main.rs", ""),
            ("/c/src/db.rs", ""),
            ("/c/src/api/mod.rs", ""),
            ("/c/src/api/posts.rs", ""),
        ]);
        let resolve = |from: &str, module| resolve_module(&files, from, module, Language::Rust);
        assert_eq!(resolve("/c/src/main.rs", "db").as_deref(), Some("/c/src/db.rs"));
        assert_eq!(resolve("/c/src/api/posts.rs", "crate::db").as_deref(), Some("/c/src/db.rs"));
        assert_eq!(resolve("/c/src/api/posts.rs", "super").as_deref(), Some("/c/src/api/mod.rs"));
        assert_eq!(resolve("/c/src/api/posts.rs", "super::super::db").as_deref(), Some("/c/src/db.rs"));
        assert_eq!(resolve("/c/src/main.rs", "crate::api::posts").as_deref(), Some("/c/src/api/posts.rs"));
        assert_eq!(resolve("/c/src/api/mod.rs", "posts").as_deref(), Some("/c/src/api/posts.rs"));
        assert_eq!(resolve("/c/src/main.rs", "serde::Deserialize"), None);
        assert_eq!(resolve("/c/src/main.rs", "super"), None);
    }

    #[test]
    fn crates_of_the_workspace_are_found_by_the_names_that_code_uses() {
        let files = files(&[
            (
                "/w/Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\nmy-db = { path = \"crates/db\" }\n",
            ),
            ("/w/crates/db/Cargo.toml", "[package]\nname = \"my-db\"\n"),
            ("/w/crates/db/src/lib.rs", ""),
            ("/w/crates/db/src/users.rs", ""),
            ("/w/crates/db/tests/all.rs", ""),
            ("/w/crates/db/tests/common/mod.rs", ""),
            (
                "/w/crates/api/Cargo.toml",
                "[package]\nname = \"api\"\n[[bin]]\nname = \"tool\"\npath = \"tool/start.rs\"\n\
                 [dependencies]\nmy-db.workspace = true\nstore = { package = \"my-db\", path = \"../db\" }\n",
            ),
            ("/w/crates/api/src/main.rs", ""),
            ("/w/crates/api/tool/start.rs", ""),
            ("/w/crates/api/tool/steps.rs", ""),
        ]);
        let resolve = |from: &str, module| resolve_module(&files, from, module, Language::Rust);
        let main = "/w/crates/api/src/main.rs";
        assert_eq!(resolve(main, "my_db").as_deref(), Some("/w/crates/db/src/lib.rs"));
        assert_eq!(resolve(main, "my_db::users").as_deref(), Some("/w/crates/db/src/users.rs"));
        assert_eq!(resolve(main, "store::users").as_deref(), Some("/w/crates/db/src/users.rs"));
        let test = "/w/crates/db/tests/all.rs";
        assert_eq!(resolve(test, "my_db::users").as_deref(), Some("/w/crates/db/src/users.rs"));
        assert_eq!(resolve(test, "common").as_deref(), Some("/w/crates/db/tests/common/mod.rs"));
        assert_eq!(resolve("/w/crates/db/src/users.rs", "my_api"), None);
        let steps = "/w/crates/api/tool/steps.rs";
        assert_eq!(resolve(steps, "crate").as_deref(), Some("/w/crates/api/tool/start.rs"));
        assert_eq!(resolve(steps, "super").as_deref(), Some("/w/crates/api/tool/start.rs"));
    }

    #[test]
    fn a_broken_manifest_and_a_crate_that_is_not_there_mean_nothing() {
        let files = files(&[
            ("/c/Cargo.toml", "[package\nname = broken"),
            ("/c/src/main.rs", ""),
            ("/d/Cargo.toml", "[package]\nname = \"d\"\n[dependencies]\ngone = { path = \"../gone\" }\n"),
            ("/d/src/main.rs", ""),
        ]);
        let resolve = |from: &str, module| resolve_module(&files, from, module, Language::Rust);
        assert_eq!(resolve("/c/src/main.rs", "gone"), None);
        assert_eq!(resolve("/d/src/main.rs", "gone::users"), None);
    }
}
