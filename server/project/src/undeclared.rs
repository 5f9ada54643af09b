//! Packages that code imports and no manifest declares: invented ones, and those that are only there because another
//! package needs them.

use crate::Files;
use crate::declared::LOCKS;
use crate::link::{Target, ancestors, configurations, parent, resolve_import, split_package};
use crate::manifests::{PackageJson, members, patterns, read};
use plimsoll_behavior::Name;
use plimsoll_syntax::Language;

/// A package that is not declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// Its name.
    pub package: Name,
    /// The manifest that would have to declare it: the nearest one.
    pub manifest: String,
    /// Whether there is a lock file.
    pub has_lock: bool,
    /// The version of it that a lock file names, where it names one: somebody else needs it.
    pub locked: Option<String>,
}

/// Modules that Node.js has built in (<https://nodejs.org/api/modules.html#built-in-modules>, read 2026-11, version 24).
#[rustfmt::skip] // a list of words
const BUILT_IN: &[&str] = &[
    "_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "_http_server", "_stream_duplex",
    "_stream_passthrough", "_stream_readable", "_stream_transform", "_stream_wrap", "_stream_writable", "_tls_common",
    "_tls_wrap", "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path",
    "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "sea", "sqlite", "stream", "string_decoder", "sys",
    "test", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
];

/// Packages that a runtime or a framework brings along, by the package whose declaration says so; none where they are there
/// wherever they are imported: what a cloud's runtime has, what an editor offers its extensions.
const BROUGHT: &[(&str, Option<&str>)] = &[
    ("bun", None),
    ("vscode", None),
    // https://developer.adobe.com/xd/uxp/develop/reference/
    ("scenegraph", None),
    ("commands", None),
    ("uxp", None),
    ("photoshop", None),
    ("k6", None),
    ("aws-sdk", None),
    ("@aws-sdk/", None),
    ("electron", None),
    // https://nextjs.org/docs/app/getting-started/server-and-client-components: handled by Next.js itself.
    ("server-only", Some("next")),
    ("client-only", Some("next")),
    ("styled-jsx", Some("next")),
    ("@next/", Some("next")),
    // https://docs.expo.dev/guides/icons: installed with `expo`.
    ("@expo/", Some("expo")),
    ("expo-", Some("expo")),
    ("react-native", Some("expo")),
    // https://docusaurus.io/docs/advanced/client#aliases
    ("@theme", Some("@docusaurus/core")),
    ("@site", Some("@docusaurus/core")),
    ("@generated", Some("@docusaurus/core")),
    ("@docusaurus/", Some("@docusaurus/core")),
    ("@jest/", Some("jest")),
    ("@vitest/", Some("vitest")),
    ("@storybook/", Some("storybook")),
    ("@remix-run/", Some("@remix-run/dev")),
    ("react-router", Some("react-router-dom")),
    ("@angular/", Some("@angular/core")),
    ("@tanstack/query-core", Some("@tanstack/react-query")),
    ("@prisma/client", Some("prisma")),
    (".prisma", Some("prisma")),
];

/// Parts of a path below its manifest whose sources are not run from there.
const ASIDE: &[&str] = &[
    "examples",
    "example",
    "templates",
    "template",
    "samples",
    "sample",
    "docs",
    "demo",
    "demos",
    "playground",
    "vendor",
    "third_party",
    "public",
    "static",
    "dist",
    "build",
    "out",
    "node_modules",
    "functions",
    "fixtures",
    "boilerplate",
    "starter",
    "starters",
    "snippets",
    "archive",
    "legacy",
];

/// Parts of a path below its manifest of what is run by hand.
const BY_HAND: &[&str] = &["scripts", "script", "tools", "tooling", "seeds", "seeding", "bin", "e2e"];

/// Files in which bundlers and runners give names to paths.
#[rustfmt::skip] // a list of names
const CONFIGURATIONS: &[&str] = &[
    "vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "webpack.config.js", "webpack.config.ts", "babel.config.js",
    "babel.config.json", "babel.config.cjs", ".babelrc", ".babelrc.js", "next.config.js", "next.config.mjs", "next.config.ts", "metro.config.js",
    "rollup.config.js", "rollup.config.mjs", "rollup.config.ts", "nuxt.config.ts", "svelte.config.js", "astro.config.mjs", "astro.config.ts",
    "electron.vite.config.ts", "electron-vite.config.ts", "craco.config.js", "config-overrides.js", "jest.config.js", "jest.config.ts", "vitest.config.ts",
    "tsup.config.ts", "esbuild.config.js", "esbuild.config.mjs", "rspack.config.js", "rspack.config.ts", "rsbuild.config.ts", "wxt.config.ts", "plasmo.config.ts",
    "farm.config.ts", "quasar.config.js", "vue.config.js", "index.html", "importmap.json", "turbo.json", "build.js", "build.mjs", "build.ts",
];

/// The package that an import means and that no manifest from the file up to the root of the workspace declares; none where
/// that is not certain.
#[must_use]
pub fn undeclared(files: &dyn Files, from: &str, module: &str, language: Language) -> Option<Undeclared> {
    if !language.is_script_family()
        || module.starts_with('/')
        || module.contains([':', '?', '!', '*', '\\', ' '])
    {
        return None;
    }
    let (package, _) = split_package(module);
    let head = package.split('/').next().unwrap_or_default();
    if !is_name(&package) || BUILT_IN.contains(&head) {
        return None;
    }
    let folder = parent(from)?;
    let folders: Vec<&str> = ancestors(folder, files, from).collect();
    let is_there = |folder: &str, name: &str| files.exists(&format!("{folder}/{name}"));
    let nearest = folders.iter().position(|folder| is_there(folder, "package.json"))?;
    // All of them must be readable: one that is not may declare it.
    let mut manifests = Vec::new();
    for folder in &folders[nearest..] {
        let path = format!("{folder}/package.json");
        if files.exists(&path) {
            manifests.push(read::<PackageJson>(files, &path)?);
        }
    }
    let declares = |name: &str| {
        manifests.iter().any(|manifest| manifest.has(name) || manifest.name.as_deref() == Some(name))
    };
    let types = match package.strip_prefix('@').and_then(|scoped| scoped.split_once('/')) {
        Some((scope, name)) => format!("@types/{scope}__{name}"),
        None => format!("@types/{package}"),
    };
    if declares(&package) || declares(&types) || is_brought(&package, &declares) {
        return None;
    }
    // The root of a workspace, or a manifest that only has tasks, is no package that code belongs to.
    if manifests[0].dependencies.is_empty() || !patterns(files, folders[nearest]).is_empty() {
        return None;
    }
    let below = from[folders[nearest].len()..].to_ascii_lowercase();
    let name = below.rsplit('/').next().unwrap_or_default();
    let is_aside = below.split('/').any(|part| ASIDE.contains(&part) || part.starts_with('.'));
    if is_aside || name.contains(".config.") || name.contains("rc.") || name.ends_with(".d.ts") {
        return None;
    }
    // Deno, and what a page is told, find packages without a manifest.
    let others = ["deno.json", "deno.jsonc", "import_map.json", "importmap.json", "bower.json"];
    if folders.iter().any(|folder| others.iter().any(|name| is_there(folder, name))) {
        return None;
    }
    if matches!(resolve_import(files, from, module, language), Some(Target::File(_) | Target::Package(_))) {
        return None;
    }
    let is_given = is_given_by_configuration(files, from, module, &package, &folders[nearest..])
        || is_a_folder(files, head, &folders[nearest..])
        || is_of_the_workspace(files, &package, &folders)
        || is_declared_by_hand(files, folders[nearest], &package);
    if is_given {
        return None;
    }
    let has_lock = folders.iter().any(|folder| LOCKS.iter().any(|name| is_there(folder, name)));
    let locked = folders.iter().find_map(|folder| locked(files, folder, &package));
    // What somebody runs by hand now and then may take what is there.
    if locked.is_some() && below.split('/').any(|part| BY_HAND.contains(&part)) {
        return None;
    }
    Some(Undeclared { has_lock, package, manifest: format!("{}/package.json", folders[nearest]), locked })
}

/// Whether a package can have this name (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name>).
fn is_name(package: &str) -> bool {
    let is_part = |part: &str| {
        let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && part.chars().all(is_sign)
    };
    match package.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(package),
    }
}

fn is_brought(package: &str, declares: &dyn Fn(&str) -> bool) -> bool {
    // A second client, which a generator writes beside the first.
    if package.starts_with("@prisma/") && package.ends_with("client") {
        return true;
    }
    BROUGHT.iter().any(|(name, by)| {
        let is_it = match name.ends_with(['/', '-']) {
            true => package.starts_with(name),
            false => package == *name || package.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')),
        };
        is_it && by.is_none_or(declares)
    })
}

/// Whether a configuration may give the name to a path: TypeScript's, by a pattern that fits, or a bundler's, by having it in
/// its text.
fn is_given_by_configuration(
    files: &dyn Files,
    from: &str,
    module: &str,
    package: &str,
    folders: &[&str],
) -> bool {
    let fits = |pattern: &str| match pattern.split_once('*') {
        Some((before, after)) => module.starts_with(before) && module.ends_with(after),
        None => module == pattern,
    };
    let by_paths = configurations(files, from)
        .into_iter()
        .flatten()
        .any(|config| config.paths.iter().flatten().any(|(pattern, _)| fits(pattern)));
    let scope = package.split('/').next().unwrap_or_default();
    let said = [format!("'{scope}"), format!("\"{scope}"), format!("`{scope}"), format!("{scope}:")];
    by_paths
        || folders.iter().any(|folder| {
            CONFIGURATIONS.iter().any(|name| {
                let path = format!("{folder}/{name}");
                files.exists(&path)
                    && files
                        .read(&path)
                        .is_some_and(|text| said.iter().any(|said| text.contains(said.as_str())))
            })
        })
}

/// Whether a folder of the project has the name, so that a bundler may begin there: `components/button`.
fn is_a_folder(files: &dyn Files, head: &str, folders: &[&str]) -> bool {
    !head.starts_with('@')
        && folders.iter().any(|folder| {
            let around = [
                folder.to_string(),
                format!("{folder}/src"),
                format!("{folder}/app"),
                format!("{folder}/client"),
            ];
            around.iter().any(|around| {
                let names = files.list(around);
                names.iter().any(|name| {
                    let stem = name.strip_suffix('/').or_else(|| name.rsplit_once('.').map(|(stem, _)| stem));
                    stem == Some(head)
                })
            })
        })
}

/// Whether a package of the workspace has the name.
fn is_of_the_workspace(files: &dyn Files, package: &str, folders: &[&str]) -> bool {
    folders.iter().any(|root| {
        let patterns = patterns(files, root);
        members(files, root, &patterns).iter().any(|folder| {
            let manifest = read::<PackageJson>(files, &format!("{folder}/package.json"));
            manifest.is_some_and(|manifest| manifest.name.as_deref() == Some(package))
        })
    })
}

/// Whether a declaration of the project says that there is such a module: `declare module 'x'`.
fn is_declared_by_hand(files: &dyn Files, root: &str, package: &str) -> bool {
    let said = [format!("declare module '{package}"), format!("declare module \"{package}")];
    let folders = ["", "/src", "/types", "/src/types", "/@types", "/typings", "/app"];
    folders.iter().map(|below| format!("{root}{below}")).any(|folder| {
        let names = files.list(&folder);
        let mut declarations = names.iter().filter(|name| name.ends_with(".d.ts"));
        declarations.any(|name| {
            let text = files.read(&format!("{folder}/{name}"));
            text.is_some_and(|text| said.iter().any(|said| text.contains(said.as_str())))
        })
    })
}

/// The version of a package that the lock file of a folder names.
fn locked(files: &dyn Files, folder: &str, package: &str) -> Option<String> {
    let npm = ["package-lock.json", "npm-shrinkwrap.json"].iter().find_map(|name| {
        let text = files.read(&format!("{folder}/{name}"))?;
        let at = text.find(&format!("\"node_modules/{package}\": {{"))?;
        let version = text[at..].split_once("\"version\": \"")?.1;
        version.split('"').next().map(str::to_owned)
    });
    npm.or_else(|| {
        let text = files.read(&format!("{folder}/pnpm-lock.yaml"))?;
        let mut versions = text.lines().filter_map(|line| {
            let line = line.trim().trim_matches('\'').trim_start_matches('/');
            let version = line.strip_prefix(package)?.strip_prefix('@')?;
            let version = version.split(['(', ':', '\'']).next().unwrap_or_default();
            version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
        });
        versions.next()
    })
    .or_else(|| {
        let text = files.read(&format!("{folder}/yarn.lock"))?;
        let begins = [format!("\n{package}@"), format!("\n\"{package}@")];
        let at = begins.iter().find_map(|begin| text.find(begin.as_str()))?;
        let version = text[at + 1..].split_once("version")?.1;
        let version = version.trim_start_matches([':', ' ', '"']);
        version.split(['"', '\n']).next().map(str::to_owned)
    })
    .or_else(|| {
        let text = files.read(&format!("{folder}/bun.lock"))?;
        let at = text.find(&format!("\"{package}\": [\"{package}@"))?;
        let version = text[at..].split_once("[\"")?.1[package.len() + 1..].split('"').next()?;
        Some(version.to_owned())
    })
}
