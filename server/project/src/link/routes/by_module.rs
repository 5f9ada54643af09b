//! Routes whose modules offer what answers them: `action` of a route module of Remix, or of React Router as a framework.
//! Only what an action calls itself looks at who asks, for the loaders of the routes around it run after it:
//! https://reactrouter.com/start/framework/route-module#action and https://reactrouter.com/how-to/middleware, read 2026-11,
//! version 7.

use plimsoll_behavior::{Kind, Literal};

use super::is_about_who;
use crate::Files;
use crate::link::{Evaluator, FnRef, Value, World};
use crate::manifests::{PackageJson, nearest};
use crate::runs::below_manifest;

/// How many modules of routes are looked at, and how many folders.
const MAX_MODULES: usize = 64;

/// What a package depends on whose routes are modules.
const FRAMEWORKS: &[&str] = &[
    "@react-router/cloudflare",
    "@react-router/dev",
    "@react-router/node",
    "@react-router/serve",
    "@remix-run/cloudflare",
    "@remix-run/dev",
    "@remix-run/node",
    "@remix-run/react",
    "@remix-run/serve",
];

/// Endings of modules.
const ENDINGS: &[&str] = &["tsx", "ts", "jsx", "js"];

/// Exports of a module that run before the actions of it and of all routes inside of it.
const BEFORE: &[&str] = &["middleware", "unstable_middleware"];

/// Where a service of one's own stands that the framework answers through.
const OWN_SERVERS: &[&str] =
    &["server.ts", "server.js", "server.mjs", "server/index.ts", "server/index.js", "server/app.ts"];

/// The folder of the routes' application, for a file of a package with such a framework.
fn application_of(files: &dyn Files, path: &str) -> Option<String> {
    let below = below_manifest(files, path);
    let root = path.strip_suffix(below.as_str())?;
    let manifest = below
        .starts_with("app/")
        .then(|| nearest::<PackageJson>(files, path, "package.json").map(|(_, manifest)| manifest))??;
    FRAMEWORKS.iter().any(|framework| manifest.has(framework)).then(|| format!("{root}app"))
}

/// The file that lists the routes of an application, where there is one.
fn list_of(files: &dyn Files, app: &str) -> Option<String> {
    ENDINGS.iter().map(|ending| format!("{app}/routes.{ending}")).find(|list| files.exists(list))
}

/// The path that a module answers by its name below the folder of routes: `posts.$id.tsx` is `/posts/:id`, and so is
/// `posts/$id.tsx`.
fn path_by_name(below: &str) -> Option<String> {
    let (stem, ending) = below.rsplit_once('.')?;
    if !ENDINGS.contains(&ending) {
        return None;
    }
    let stem = stem.strip_suffix("/route").unwrap_or(stem);
    let parts = stem.split(['.', '/']).filter(|part| !part.starts_with('_') && *part != "index");
    let parts = parts.map(|part| match part.trim_end_matches('_') {
        "$" => "*".to_owned(),
        part => part.strip_prefix('$').map_or_else(|| part.to_owned(), |name| format!(":{name}")),
    });
    Some(format!("/{}", parts.collect::<Vec<_>>().join("/")))
}

impl dyn World + '_ {
    /// The path that the actions of a module answer, where it is one of a route.
    #[must_use]
    pub fn route_of_module(&self, path: &str) -> Option<String> {
        let files = self.files();
        let app = application_of(files, path)?;
        let below = path.strip_prefix(app.as_str())?.trim_start_matches('/');
        let mut listed = None;
        if let Some(list) = list_of(files, &app) {
            self.in_file(&list, &mut |eval| listed = eval.listed_at(below));
            self.all_of(&list);
        }
        listed.or_else(|| path_by_name(below.strip_prefix("routes/")?))
    }

    /// The function by which a module of a route changes something.
    #[must_use]
    pub fn action_of(&self, path: &str) -> Option<FnRef> {
        let mut found = None;
        self.in_file(path, &mut |eval| {
            if let Value::Function(function) = eval.export("action") {
                found = Some(function.alone());
            }
        });
        self.all_of(path);
        found
    }

    /// The other modules of routes of the application that a file is a part of.
    #[must_use]
    pub fn modules_beside(&self, path: &str) -> Vec<String> {
        let files = self.files();
        let Some(app) = application_of(files, path) else { return Vec::new() };
        let mut found = Vec::new();
        if let Some(list) = list_of(files, &app) {
            self.in_file(&list, &mut |eval| {
                found.extend(eval.texts().map(|text| format!("{app}/{}", text.trim_start_matches("./"))));
            });
            found.retain(|file| files.exists(file));
        }
        let mut folders = vec![format!("{app}/routes")];
        while let Some(folder) = folders.pop() {
            for name in files.list(&folder) {
                match name.strip_suffix('/') {
                    Some(inner) if folders.len() < MAX_MODULES => folders.push(format!("{folder}/{inner}")),
                    Some(_) => {}
                    None => found.push(format!("{folder}/{name}")),
                }
            }
        }
        found.retain(|file| file != path && ENDINGS.iter().any(|end| file.ends_with(&format!(".{end}"))));
        found.sort();
        found.dedup();
        found.truncate(MAX_MODULES);
        found
    }

    /// Whether something may run before all actions of an application: middleware of a route, a service of one's own around it
    /// that looks at who asks.
    #[must_use]
    pub fn may_run_before_actions(&self, path: &str) -> bool {
        let files = self.files();
        let Some(app) = application_of(files, path) else { return true };
        let root = app.strip_suffix("/app").unwrap_or(&app);
        let roots = ENDINGS.iter().map(|ending| format!("{app}/root.{ending}"));
        let modules = roots.chain(self.modules_beside(path)).chain([path.to_owned()]);
        let has_middleware = |module: String| {
            let mut has = false;
            self.in_file(&module, &mut |eval| {
                let exports = &eval.file.units[0].unit.exports;
                has = exports.iter().any(|export| BEFORE.contains(&export.name.as_str()));
            });
            has
        };
        let looks = |server: &&str| {
            let text = files.read(&format!("{root}/{server}"));
            text.is_some_and(|text| text.lines().any(|line| line.contains(".use(") && is_about_who(line)))
        };
        modules.into_iter().any(has_middleware) || OWN_SERVERS.iter().any(looks)
    }
}

impl Evaluator<'_> {
    /// The constant texts of the file.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let nodes = self.file.units.iter().flat_map(|entry| &entry.unit.nodes);
        nodes.filter_map(|node| match &node.kind {
            Kind::Literal(Literal::String(text)) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The path at which a file of routes lists a module: `route("posts/:id", "./posts/one.tsx")`, below those around it.
    fn listed_at(&self, module: &str) -> Option<String> {
        let text_of = |unit: usize, node| match self.unit(unit).kind(node) {
            Kind::Literal(Literal::String(text)) => Some(text.clone()),
            _ => None,
        };
        (0..self.file.units.len()).find_map(|unit| {
            let u = self.unit(unit);
            let is_it = |kind: &Kind| matches!(kind, Kind::Literal(Literal::String(text)) if text.trim_start_matches("./") == module);
            let listed = u.nodes.iter().find(|node| is_it(&node.kind))?;
            let mut parts = Vec::new();
            let mut at = listed.parent;
            while let Some(node) = at {
                if let Kind::Call { callee, args, .. } = u.kind(node)
                    && matches!(u.kind(*callee), Kind::Name { name, .. } if name == "route" || name == "prefix")
                    && let Some(part) = args.first().and_then(|&first| text_of(unit, first))
                {
                    parts.push(part.trim_matches('/').to_owned());
                }
                at = u.parent(node);
            }
            parts.reverse();
            parts.retain(|part| !part.is_empty());
            Some(format!("/{}", parts.join("/")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::path_by_name;

    #[test]
    fn paths_by_names() {
        let of = |below: &str| path_by_name(below).unwrap_or_default();
        assert_eq!(of("posts.$id.tsx"), "/posts/:id");
        assert_eq!(of("posts/$id.edit.ts"), "/posts/:id/edit");
        assert_eq!(of("_shop.cart._index.tsx"), "/cart");
        assert_eq!(of("posts_.$id/route.tsx"), "/posts/:id");
        assert_eq!(of("files.$.ts"), "/files/*");
        assert_eq!(path_by_name("posts.css"), None);
    }
}
