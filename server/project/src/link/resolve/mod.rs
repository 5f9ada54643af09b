//! From an import to what it means: a file of the project, or a package under its own name.
//!
//! Resolution is ours and no library's for three reasons. What a review asked of the files must be recorded, answers
//! that are "absent" included, which a resolver with a cache of its own hides. Packages of a workspace are found by
//! their manifests and mean their sources, without `node_modules` and without a build, which is another question than
//! the one that a bundler's resolver answers. And a path that a generator writes to means that generator's package.

mod alias;
mod generated;
mod packages;
pub(crate) mod rust;
mod script;

pub(crate) use alias::configurations;
use plimsoll_behavior::Name;
use plimsoll_syntax::Language;

use crate::Files;

/// What an import means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file of the project.
    File(String),
    /// A library, by the name that its model has.
    Package(Name),
}

/// What `module`, imported by the file at `from`, means; none when it is the library of that name, or cannot be found.
#[must_use]
pub fn resolve_import(files: &dyn Files, from: &str, module: &str, language: Language) -> Option<Target> {
    if language.is_script_family() {
        script::resolve(files, from, module)
    } else {
        rust::resolve(files, from, module).map(Target::File)
    }
}

/// The file that `module`, imported by the file at `from`, means; none when it is a library or cannot be found.
#[must_use]
pub fn resolve_module(files: &dyn Files, from: &str, module: &str, language: Language) -> Option<String> {
    match resolve_import(files, from, module, language)? {
        Target::File(path) => Some(path),
        Target::Package(_) => None,
    }
}

/// The folder of a path; none for a path without one.
#[must_use]
pub fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// The folder and those around it, innermost first, up to the root of the view.
pub fn ancestors<'p>(folder: &'p str, files: &dyn Files, from: &str) -> impl Iterator<Item = &'p str> {
    let root = files.root_of(from).unwrap_or_default();
    std::iter::successors(Some(folder), |f| parent(f))
        .take_while(move |f| f.starts_with(root.as_str()))
        .take(64)
}

/// `folder` joined with a path that may have `.` and `..` parts; none when it climbs out of everything.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a file is there for tests: by its path below the nearest manifest.
pub(crate) fn is_test_code(files: &dyn Files, path: &str) -> bool {
    let below = crate::below_manifest(files, path).to_ascii_lowercase();
    let folders =
        ["__tests__", "__mocks__", "test", "tests", "mocks", "e2e", "testing", "fixtures", "benches"];
    let (around, name) = below.rsplit_once('/').unwrap_or(("", &below));
    let marks = [".test.", ".spec.", ".mock.", ".fake.", "_test.rs", "_tests.rs", "_test.ts", "_test.js"];
    around.split('/').any(|folder| folders.contains(&folder))
        || marks.iter().any(|mark| name.contains(mark))
        || matches!(name, "test.rs" | "tests.rs" | "mock.rs" | "mocks.rs")
}

/// The name of the package that a specifier stands for, and the subpath in it (`.` for the package itself).
/// `npm:`, `jsr:` and the usual content networks are looked through, versions left out.
pub(crate) fn split_package(specifier: &str) -> (Name, String) {
    let whole = package_name(specifier);
    let scope = if whole.starts_with('@') { whole.find('/').map_or(whole.len(), |at| at + 1) } else { 0 };
    match whole[scope..].find('/') {
        Some(at) => (whole[..scope + at].into(), format!("./{}", &whole[scope + at + 1..])),
        None => (whole, ".".to_owned()),
    }
}

/// Where specifiers of the web have the name of an npm package.
const NETWORKS: &[&str] = &[
    "https://esm.sh/",
    "https://cdn.skypack.dev/",
    "https://cdn.jsdelivr.net/npm/",
    "https://unpkg.com/",
    "https://esm.run/",
    "https://deno.land/x/",
];

/// `import x from "npm:@supabase/supabase-js@2"` and `https://esm.sh/…` mean the package.
pub(crate) fn package_name(module: &str) -> Name {
    let network = NETWORKS.iter().find_map(|prefix| module.strip_prefix(prefix));
    let module = match network {
        Some(rest) => {
            let rest = rest.split(['?', '#']).next().unwrap_or_default();
            let rest = rest.strip_suffix("/mod.ts").or_else(|| rest.strip_suffix("/+esm")).unwrap_or(rest);
            // `https://esm.sh/v135/…` and `https://esm.sh/stable/…` pin the build; a `*` marks externals.
            let pinned = rest.split_once('/').filter(|(head, _)| {
                *head == "stable" || head.strip_prefix('v').is_some_and(|v| v.parse::<u32>().is_ok())
            });
            pinned.map_or(rest, |(_, rest)| rest).trim_start_matches('*')
        }
        None => module,
    };
    let schemes = ["npm:", "jsr:", "node:"];
    let module = schemes.iter().find_map(|prefix| module.strip_prefix(prefix)).unwrap_or(module);
    let module = module.strip_prefix('/').unwrap_or(module);
    // The version: after the last `@` that does not begin a scope.
    match module.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => {
            let rest = module[at..].find('/').map_or("", |slash| &module[at + slash..]);
            format!("{}{rest}", &module[..at]).into()
        }
        None => module.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_of_the_web_mean_their_package() {
        for (specifier, package) in [
            ("npm:@supabase/supabase-js@2", "@supabase/supabase-js"),
            ("jsr:@supabase/supabase-js@2.45.0", "@supabase/supabase-js"),
            ("npm:/drizzle-orm@0.30/pg-core", "drizzle-orm/pg-core"),
            ("https://esm.sh/@supabase/supabase-js@2.7.1?target=deno", "@supabase/supabase-js"),
            ("https://esm.sh/v135/stripe@14.1.0", "stripe"),
            ("https://cdn.jsdelivr.net/npm/axios@1/+esm", "axios"),
            ("https://deno.land/x/postgres@v0.17.0/mod.ts", "postgres"),
            ("https://esm.sh/stable/*vue@3", "vue"),
            ("npm:v8-compile-cache", "v8-compile-cache"),
            ("node:fs/promises", "fs/promises"),
            ("pg", "pg"),
        ] {
            assert_eq!(package_name(specifier), package, "{specifier}");
        }
        assert_eq!(split_package("@acme/db"), ("@acme/db".into(), ".".to_owned()));
        assert_eq!(split_package("@acme/db/users/all"), ("@acme/db".into(), "./users/all".to_owned()));
        assert_eq!(split_package("drizzle-orm/pg-core"), ("drizzle-orm".into(), "./pg-core".to_owned()));
    }
}
