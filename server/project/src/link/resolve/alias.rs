//! Names that a configuration gives to paths: `paths` and `baseUrl` of `tsconfig.json`, `imports` of `package.json` and
//! `deno.json`.

use std::sync::Arc;

use super::script::{file, target};
use super::{Target, ancestors, generated, join, package_name, packages, parent};
use crate::Files;
use crate::manifests::{DenoJson, PackageJson, TsConfig, nearest, read};

/// How many configurations may take over from or refer to each other.
const MAX_CONFIGS: usize = 32;

/// What a specifier means: by the configurations around the file, the nearest first, else as a package of the workspace,
/// else by custom. A pattern that leads nowhere is not stood in for by custom: its configuration knows better.
pub(super) fn resolve(files: &dyn Files, from: &str, module: &str) -> Option<Target> {
    let mut is_claimed = false;
    by_configuration(files, from, module, &mut is_claimed)
        .or_else(|| packages::resolve(files, from, module))
        .or_else(|| if is_claimed { None } else { by_custom(files, from, module) })
}

/// The same by the configurations only; tells whether one has a pattern that fits.
fn by_configuration(files: &dyn Files, from: &str, module: &str, is_claimed: &mut bool) -> Option<Target> {
    if module.starts_with('#')
        && let Some((folder, manifest)) = nearest::<PackageJson>(files, from, "package.json")
    {
        for path in manifest.imported(module) {
            let found = match path.strip_prefix("./") {
                Some(path) => packages::source(files, folder, path).map(Target::File),
                None => Some(Target::Package(package_name(&path))),
            };
            if found.is_some() {
                return found;
            }
        }
    }
    for folder in ancestors(parent(from)?, files, from) {
        for name in ["deno.json", "deno.jsonc", "import_map.json"] {
            let Some(config) = read::<DenoJson>(files, &format!("{folder}/{name}")) else { continue };
            let Some(meant) = config.imported(module) else { continue };
            return match meant.starts_with('.') {
                true => join(folder, &meant).and_then(|path| target(files, from, &path)),
                false => Some(Target::Package(package_name(&meant))),
            };
        }
        for name in ["tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.base.json"] {
            let path = format!("{folder}/{name}");
            let mut configs = Configs { files, from, module, open: MAX_CONFIGS, is_claimed: false };
            let found = configs.resolve(&path);
            *is_claimed |= configs.is_claimed;
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// What the configuration of TypeScript nearest to a file says, and those that it refers to: each with those that it takes
/// over from, the ones that win first.
pub(crate) fn configurations(files: &dyn Files, from: &str) -> Vec<Vec<Arc<TsConfig>>> {
    let Some(mut folders) = parent(from).map(|folder| ancestors(folder, files, from)) else {
        return Vec::new();
    };
    let Some(first) = folders.find(|folder| files.exists(&format!("{folder}/tsconfig.json"))) else {
        return Vec::new();
    };
    let mut configs = Configs { files, from, module: "", open: MAX_CONFIGS, is_claimed: false };
    let mut open = vec![format!("{first}/tsconfig.json")];
    let mut all = Vec::new();
    while let Some(path) = open.pop() {
        let mut lineage = Vec::new();
        configs.lineage(&path, &mut lineage);
        let Some((owner, own)) = lineage.first() else { continue };
        let references = own.references.iter().filter_map(|reference| {
            let path = join(owner, reference)?;
            Some(if path.ends_with(".json") { path } else { format!("{path}/tsconfig.json") })
        });
        open.extend(references.collect::<Vec<_>>());
        all.push(lineage.into_iter().map(|(_, config)| config).collect());
    }
    all
}

/// One specifier looked up in configurations that take over from each other.
struct Configs<'a> {
    files: &'a dyn Files,
    from: &'a str,
    module: &'a str,
    open: usize,
    /// Whether a pattern fitted.
    is_claimed: bool,
}

impl Configs<'_> {
    /// The configuration at a path, those it takes over from, then those that it refers to.
    fn resolve(&mut self, path: &str) -> Option<Target> {
        let mut lineage = Vec::new();
        self.lineage(path, &mut lineage);
        let owner = lineage.first().map(|(folder, _)| folder.clone())?;
        let own = &lineage[0].1;
        // `paths` are not merged: the first configuration that has any says all. `baseUrl` is inherited on its own.
        let base = lineage.iter().find_map(|(folder, config)| {
            let base = config.base_url.as_ref()?;
            join(folder, &base.replace("${configDir}", "."))
        });
        let paths = lineage.iter().find_map(|(folder, config)| Some((folder, config.paths.as_ref()?)));
        if let Some((folder, paths)) = paths {
            let around = base.as_deref().unwrap_or(folder);
            if let Some(found) = self.by_paths(around, &owner, paths) {
                return Some(found);
            }
        }
        // An import below `baseUrl` shadows a package; a scope never names a folder there.
        if let Some(base) = base
            && !self.module.starts_with('@')
            && let Some(path) = join(&base, self.module)
        {
            let generated = generated::package_at(self.files, self.from, &path).map(Target::Package);
            let found = generated.or_else(|| file(self.files, &path).map(Target::File));
            if found.is_some() {
                return found;
            }
        }
        let references = own.references.clone();
        references.iter().find_map(|reference| {
            let path = join(&owner, reference)?;
            self.resolve(&if path.ends_with(".json") { path } else { format!("{path}/tsconfig.json") })
        })
    }

    /// A configuration and those that it takes over from, each with its folder, the ones that win first.
    fn lineage(&mut self, path: &str, found: &mut Vec<(String, Arc<TsConfig>)>) {
        let mut open = vec![path.to_owned()];
        let mut seen: Vec<String> = Vec::new();
        while let Some(path) = open.pop() {
            if self.open == 0 {
                return;
            }
            if seen.contains(&path) {
                continue;
            }
            self.open -= 1;
            seen.push(path.clone());
            let Some(folder) = parent(&path).map(str::to_owned) else { continue };
            let Some(config) = read::<TsConfig>(self.files, &path) else { continue };
            for base in &config.extends {
                open.extend(self.extended(&folder, base));
            }
            found.push((folder, config));
        }
    }

    /// Where a configuration that another one takes over from stands: a path, or a file of a workspace's package.
    fn extended(&self, folder: &str, base: &str) -> Option<String> {
        let with_ending = |path: String| if path.ends_with(".json") { path } else { format!("{path}.json") };
        if base.starts_with('.') || base.starts_with('/') {
            return join(folder, base).map(with_ending);
        }
        let (package, subpath) = super::split_package(base);
        let folder = packages::folder_of(self.files, self.from, &package)?;
        let path = if subpath == "." { "tsconfig.json" } else { subpath.as_str() };
        join(&folder, path).map(with_ending)
    }

    /// The pattern that fits best decides: an exact one, else the one with the longest text before its `*`.
    fn by_paths(&mut self, base: &str, owner: &str, paths: &[(String, Vec<String>)]) -> Option<Target> {
        let mut fitting: Vec<(usize, &str, &Vec<String>)> = paths
            .iter()
            .filter_map(|(pattern, targets)| match pattern.split_once('*') {
                None => (pattern == self.module).then_some((usize::MAX, "", targets)),
                Some((before, after)) => {
                    let star = self.module.strip_prefix(before)?.strip_suffix(after)?;
                    Some((before.len(), star, targets))
                }
            })
            .collect();
        fitting.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        // A bare `*` says of nothing in particular where it is.
        self.is_claimed |= fitting.first().is_some_and(|(length, ..)| *length > 0);
        for (_, star, targets) in fitting {
            for to in targets {
                let to = to.replace('*', star);
                let path = match to.strip_prefix("${configDir}") {
                    Some(rest) => join(owner, rest),
                    None => join(base, &to),
                };
                let found = path.and_then(|path| target(self.files, self.from, &path));
                // A path into a build means what it was built from.
                let found = found.or_else(|| packages::source(self.files, base, &to).map(Target::File));
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

/// Prefixes that no package can have, and the folders of a package that they mean where its bundler says so.
const CUSTOMS: &[(&str, &[&str])] = &[
    ("@/", &["src", "app", ""]),
    ("~/", &["src", "app", ""]),
    ("@@/", &[""]),
    ("~~/", &[""]),
    ("$lib/", &["src/lib"]),
    ("src/", &["src"]),
];

/// What a prefix means by custom, where no configuration that is read says it: bundlers have aliases of their own.
fn by_custom(files: &dyn Files, from: &str, module: &str) -> Option<Target> {
    let (rest, folders) =
        CUSTOMS.iter().find_map(|(prefix, folders)| Some((module.strip_prefix(prefix)?, folders)))?;
    let folder = ancestors(parent(from)?, files, from)
        .find(|folder| files.exists(&format!("{folder}/package.json")))?;
    folders.iter().find_map(|below| {
        let path = join(&join(folder, below)?, rest)?;
        target(files, from, &path)
    })
}
