//! Packages of the workspace: from a name to the sources that it means.

use plimsoll_syntax::Language;

use super::script::file;
use super::{Target, ancestors, join, parent, split_package};
use crate::Files;
use crate::manifests::{self, PackageJson, nearest, read};

/// Folders that builds write to, as they begin a path of a manifest.
const BUILDS: &[&str] = &[
    "dist", "build", "lib", "out", "output", "esm", "cjs", "es", "umd", "types", "module", "commonjs",
    "_esm", "_cjs", "_types", "node", "bundle", "compiled", "typings", ".build",
];

/// What a specifier means that begins with the name of a package of the workspace, or of the file's own package.
pub(super) fn resolve(files: &dyn Files, from: &str, module: &str) -> Option<Target> {
    let (name, subpath) = split_package(module);
    // A dependency that stands for another one: `"db": "npm:@acme/db@1"`.
    let declared = nearest::<PackageJson>(files, from, "package.json")
        .and_then(|(_, manifest)| manifest.dependencies.get(&name).cloned());
    if let Some(other) = declared.as_deref().and_then(|version| version.strip_prefix("npm:")) {
        let (other, _) = split_package(other);
        if other != name {
            return Some(Target::Package(match subpath.strip_prefix("./") {
                Some(rest) => format!("{other}/{rest}").into(),
                None => other,
            }));
        }
    }
    let folder = folder_of(files, from, &name)?;
    file_of(files, &folder, &subpath).map(Target::File)
}

/// The folder of a package of the workspace around a file.
pub(super) fn folder_of(files: &dyn Files, from: &str, name: &str) -> Option<String> {
    let own = nearest::<PackageJson>(files, from, "package.json");
    if let Some((folder, manifest)) = &own {
        if manifest.name.as_deref() == Some(name) {
            return Some((*folder).to_owned());
        }
        // `link:../db`, `file:../db`
        let linked = manifest.dependencies.get(name).and_then(|version| {
            ["link:", "file:", "portal:"].iter().find_map(|scheme| version.strip_prefix(scheme))
        });
        if let Some(linked) = linked {
            return join(folder, linked);
        }
    }
    let scope =
        |name: &str| name.starts_with('@').then(|| name.split('/').next().unwrap_or_default().to_owned());
    let version = own.as_ref().and_then(|(_, m)| m.dependencies.get(name));
    let is_own = |manifest: &PackageJson| {
        manifest.name.as_deref().and_then(scope).is_some_and(|own| Some(own) == scope(name))
    };
    for root in ancestors(parent(from)?, files, from) {
        let patterns = manifests::patterns(files, root);
        if patterns.is_empty() {
            continue;
        }
        let folders = manifests::members(files, root, &patterns);
        let is_it = |folder: &&String| {
            let manifest = read::<PackageJson>(files, &format!("{folder}/package.json"));
            manifest.is_some_and(|manifest| manifest.name.as_deref() == Some(name))
        };
        // Most packages stand in a folder of their name: the others are only read where the name may be one of them,
        // so that an ordinary library does not cost a look at every manifest.
        let last = name.rsplit('/').next().unwrap_or(name);
        let (named, others): (Vec<_>, Vec<_>) =
            folders.iter().partition(|folder| folder.rsplit('/').next() == Some(last));
        if let Some(found) = named.into_iter().find(is_it) {
            return Some(found.clone());
        }
        let is_member = version.is_some_and(|v| v.starts_with("workspace:") || v == "*")
            || own.as_ref().is_some_and(|(_, manifest)| is_own(manifest))
            || read::<PackageJson>(files, &format!("{root}/package.json")).is_some_and(|m| is_own(&m));
        if is_member && let Some(found) = others.into_iter().find(is_it) {
            return Some(found.clone());
        }
    }
    None
}

/// The source of a package that a subpath (`.`, `./users`) means.
fn file_of(files: &dyn Files, folder: &str, subpath: &str) -> Option<String> {
    let manifest = read::<PackageJson>(files, &format!("{folder}/package.json"))?;
    let exported = manifest.exported(subpath).iter().find_map(|path| source(files, folder, path));
    let by_custom = || {
        let candidates: Vec<String> = match subpath.strip_prefix("./") {
            None => {
                ["src/index", "index", "src/main", "lib/index", "src/lib/index"].map(str::to_owned).into()
            }
            Some(rest) => {
                let built = rest.split_once('/').filter(|(head, _)| BUILDS.contains(head));
                let mut all = vec![rest.to_owned(), format!("src/{rest}"), format!("lib/{rest}")];
                all.extend(built.map(|(_, rest)| format!("src/{rest}")));
                all
            }
        };
        candidates.iter().find_map(|path| file(files, &format!("{folder}/{path}")))
    };
    exported.or_else(by_custom)
}

/// What a folder with a manifest means: `import "./db"` of a folder whose `package.json` names its main file.
pub(super) fn file_of_folder(files: &dyn Files, folder: &str) -> Option<String> {
    file_of(files, folder, ".")
}

/// The source that a path in a manifest means: where it leads into a build, what that is built from.
pub(super) fn source(files: &dyn Files, folder: &str, path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let stem = [".d.ts", ".d.mts", ".d.cts"].iter().find_map(|ending| path.strip_suffix(ending));
    let stem = stem.unwrap_or_else(|| match path.rsplit_once('.') {
        Some((stem, _)) if Language::from_path(path).is_some() => stem,
        _ => path,
    });
    let mut rest = stem;
    while let Some((head, below)) = rest.split_once('/') {
        if !BUILDS.contains(&head) && head != "src" {
            break;
        }
        rest = below;
        let found = [format!("src/{below}"), below.to_owned(), format!("source/{below}")]
            .iter()
            .find_map(|path| file(files, &join(folder, path)?));
        if found.is_some() {
            return found;
        }
    }
    let direct = join(folder, path)?;
    let is_declaration = stem.len() + 5 <= path.len() && path[stem.len()..].starts_with(".d.");
    if !is_declaration && let Some(found) = file(files, &direct) {
        return Some(found);
    }
    file(files, &join(folder, stem)?)
}
