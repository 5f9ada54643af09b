//! Where code runs, with the evidence for it. Unknown is an answer, and rules that need to know are silent then.

mod by_hand;
mod dependents;
mod environment;
mod evidence;
mod importers;
mod packages;
mod taken;

use self::packages::{
    BROWSER_DEPENDENCIES, BROWSER_PACKAGES, NODE_PACKAGES, RUST_DESKTOPS, RUST_PAGES, RUST_SERVERS,
    RUST_STORES, SERVER_DEPENDENCIES, SERVICE_DEPENDENCIES, is_node, is_of_servers,
};
use crate::Files;
use crate::link::{FileUnits, World, ancestors, parent};
use crate::manifests::{PackageJson, nearest, nearest_crate};

/// Where the code of a file runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runs {
    /// In a service, for requests of others.
    Server,
    /// On the device of its user: a browser, an app.
    Browser,
    /// On somebody's command line or in a build, under their eyes.
    CommandLine,
    /// On a developer's own command line, under their eyes: a seed, a script, an example.
    ByHand,
    /// Nothing says so.
    Unknown,
}

/// Where the code of a file runs, and why that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhereItRuns {
    /// The answer.
    pub runs: Runs,
    /// One phrase: `imports express`, `"use client"`.
    pub evidence: String,
}

impl WhereItRuns {
    /// Whether a process that runs it lives for one request, or for a few that come in a row.
    #[must_use]
    pub fn is_short_lived(&self) -> bool {
        self.evidence == EDGE_FUNCTION
    }
}

/// The evidence for a function that a platform starts for a request.
const EDGE_FUNCTION: &str = "an edge function";

/// Where the code of a file runs, by what it says itself. `world` tells of the modules that it imports.
#[must_use]
pub fn where_it_runs(world: &dyn World, file: &FileUnits) -> WhereItRuns {
    let found = if file.language.is_script_family() {
        script(world, file, Counts::All)
    } else {
        rust(world, file, Counts::All)
    };
    let (runs, evidence) = found.unwrap_or((Runs::Unknown, String::new()));
    WhereItRuns { runs, evidence }
}

/// A file that says nothing of itself, and runs in a service because those do that bring it along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// One phrase: `only a server imports it: src/routes.ts`.
    pub evidence: String,
    /// Of each unit whether they bring it along too: what they take of the file, and what that needs.
    pub units: Vec<bool>,
}

/// Why a file that says nothing of itself runs in a service: who imports it does, or who depends on its crate. None where that is not known, or not yet.
#[must_use]
pub fn served_by_importers(world: &dyn World, file: &FileUnits) -> Option<Served> {
    if file.language.is_script_family() {
        importers::is_imported_by_servers(world, file)
    } else {
        dependents::is_depended_on_by_servers(world, file)
    }
}

/// Whether the package around a file is a command, which ends with what it has opened: it says that it has one, and declares
/// no framework of a server.
#[must_use]
pub fn is_of_a_command(files: &dyn Files, path: &str) -> bool {
    nearest::<PackageJson>(files, path, "package.json").is_some_and(|(_, manifest)| {
        manifest.is_command_line && !SERVER_DEPENDENCIES.iter().any(|server| manifest.has(server))
    })
}

/// Whether code asks whether it runs in a page, or uses what stands there.
#[must_use]
pub fn names_a_page(file: &FileUnits) -> bool {
    evidence::names_a_page(file)
}

/// The modules of the routes that a framework finds below the folder of a package, at most 64.
pub(crate) fn route_files(files: &dyn Files, root: &str) -> Vec<String> {
    evidence::routes(files, root)
}

/// What counts as evidence for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// Also that the code needs Node.js or reads a secret, which is enough for its own requests.
    All,
    /// Not that, nor that a crate of Rust keeps data: commands, extensions of editors and libraries for others do it too, and
    /// who imports them says more of where they bring what they import.
    Services,
}

fn script(world: &dyn World, file: &FileUnits, counts: Counts) -> Option<(Runs, String)> {
    let files = world.files();
    let module = &file.units[0].unit;
    if module.directives.iter().any(|d| d == "use client") {
        return Some((Runs::Browser, "`\"use client\"`".into()));
    }
    if module.directives.iter().any(|d| d == "use server") {
        return Some((Runs::Server, "`\"use server\"`".into()));
    }
    let path = below_manifest(files, &file.path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let in_folder = |wanted: &[&str]| folder.split('/').find(|part| wanted.contains(part)).map(str::to_owned);
    let manifest = nearest::<PackageJson>(files, &file.path, "package.json").map(|(_, manifest)| manifest);
    let is_edge = path.starts_with("supabase/functions/") || path.contains("/supabase/functions/");
    if is_edge && !by_hand::is_trial(name, module) {
        return Some((Runs::Server, EDGE_FUNCTION.into()));
    }
    let is_next = manifest.as_ref().is_some_and(|m| m.has("next"));
    if name.starts_with("route.") || folder.starts_with("pages/api") || folder.contains("/pages/api") {
        return Some((Runs::Server, "a route of the server".into()));
    }
    if is_next && matches!(name.split('.').next(), Some("page" | "layout" | "middleware")) {
        return Some((Runs::Server, "rendered on the server".into()));
    }
    let imports = || module.imports.iter().filter(|i| !i.is_type_only).map(|i| i.module.as_str());
    // A package of benchmarks has the word in its own folder's name.
    let package = file.path.strip_suffix(path.as_str()).unwrap_or_default().trim_end_matches('/');
    let root = files.root_of(&file.path).unwrap_or_default();
    let in_root = file.path.strip_prefix(root.as_str()).unwrap_or(&path).trim_start_matches('/');
    let uses_framework = imports().any(|m| SERVER_DEPENDENCIES.contains(&m));
    if let Some(why) = by_hand::script(&path, package, in_root, file, manifest.as_deref(), uses_framework) {
        return Some((Runs::ByHand, why));
    }
    let of_services = |m: &&str| is_of_servers(m) && (counts == Counts::All || !is_node(m));
    if let Some(package) = imports().find(of_services) {
        return Some((Runs::Server, format!("imports {package}")));
    }
    if let Some(package) = imports().find(|m| BROWSER_PACKAGES.contains(m)) {
        return Some((Runs::Browser, format!("imports {package}")));
    }
    if evidence::shows_in_a_page(file) {
        return Some((Runs::Browser, "makes elements of the page".into()));
    }
    let client = [
        "client",
        "frontend",
        "web",
        "ui",
        "components",
        "hooks",
        "screens",
        "views",
        "contexts",
        "stores",
        "webview",
    ];
    let server = ["server", "backend", "functions", "workers", "jobs", "cron", "lambdas"];
    // A front end calls its server in a folder of this name too.
    let is_front_end = manifest.as_ref().is_some_and(|m| BROWSER_DEPENDENCIES.iter().any(|d| m.has(d)));
    let is_api = |part: &str| part == "api" && (!is_front_end || folder.starts_with("api"));
    // The outermost folder that says something decides: `frontend/lib/api`.
    for part in folder.split('/') {
        if client.contains(&part) {
            break;
        }
        if server.contains(&part) || is_api(part) {
            return Some((Runs::Server, format!("stands in {part}/")));
        }
    }
    if let Some(part) = in_folder(&client) {
        return Some((Runs::Browser, format!("stands in {part}/")));
    }
    if let Some(folder) = in_folder(&["bin", "tools"]) {
        return Some((Runs::CommandLine, format!("stands in {folder}/")));
    }
    if imports().any(|m| m == "react") && !is_next {
        return Some((Runs::Browser, "imports react".into()));
    }
    if let Some(why) = evidence::imports_a_servers_module(world, file, counts) {
        return Some((Runs::Server, why));
    }
    let has = |all: &'static [&'static str]| {
        all.iter().copied().find(|d| manifest.as_ref().is_some_and(|m| m.has(d)))
    };
    let is_command = manifest.as_ref().is_some_and(|m| m.is_command_line);
    let of_service = || has(SERVICE_DEPENDENCIES).filter(|_| !is_command && !evidence::names_a_page(file));
    match (has(SERVER_DEPENDENCIES).or_else(of_service), has(BROWSER_DEPENDENCIES)) {
        (Some(server), None) => Some((Runs::Server, format!("its package is a server: {server}"))),
        (None, None)
            if !is_command
                && !evidence::names_a_page(file)
                && manifest.as_ref().is_some_and(|m| m.starts_a_program()) =>
        {
            Some((Runs::Server, "its package starts a program".into()))
        }
        (None, Some(browser)) if !is_next => {
            Some((Runs::Browser, format!("its package is a front end: {browser}")))
        }
        _ if is_command => Some((Runs::CommandLine, "its package is a command".into())),
        _ => {
            let asked = || is_next.then(|| evidence::is_asked_by_a_route(world, file)).flatten();
            let of_node = || imports().find(|m| NODE_PACKAGES.contains(m)).map(|m| format!("imports {m}"));
            let by_itself = match counts {
                Counts::All => environment::reads_a_secret(world, file)
                    .or_else(of_node)
                    .or_else(|| evidence::needs_node(file)),
                Counts::Services => None,
            };
            let why = by_itself.or_else(asked);
            why.map(|why| (Runs::Server, why))
        }
    }
}

fn rust(world: &dyn World, file: &FileUnits, counts: Counts) -> Option<(Runs, String)> {
    let files = world.files();
    let (_, manifest) = nearest_crate(files, &file.path)?;
    if let Some(why) = by_hand::rust(world, file) {
        return Some((Runs::ByHand, why));
    }
    let uses =
        |names: &[&str]| names.iter().find(|d| manifest.has(d)).map(|name| format!("its crate uses {name}"));
    // A program for the desk keeps its data in a database, and offers a port to others beside it.
    if let Some(why) = uses(RUST_DESKTOPS) {
        return Some((Runs::Browser, why));
    }
    if let Some(why) = uses(RUST_SERVERS) {
        return Some((Runs::Server, why));
    }
    if let Some(why) = uses(RUST_STORES).filter(|_| counts == Counts::All) {
        return Some((Runs::Server, why));
    }
    if let Some(why) = uses(RUST_PAGES) {
        return Some((Runs::Browser, why));
    }
    if manifest.has("clap") {
        return Some((Runs::CommandLine, "its crate uses clap".into()));
    }
    // One that draws in a terminal waits for its user.
    let draws =
        ["ratatui", "crossterm", "tui", "cursive", "dialoguer", "inquire"].iter().any(|d| manifest.has(d));
    let is_daemon =
        !draws && below_manifest(files, &file.path).starts_with("src/") && evidence::goes_on(world, file);
    is_daemon.then(|| (Runs::Server, "its program goes on until it is stopped".into()))
}

/// The path of a file below the folder of its nearest manifest.
#[must_use]
pub fn below_manifest(files: &dyn Files, path: &str) -> String {
    let manifest = if path.ends_with(".rs") { "Cargo.toml" } else { "package.json" };
    let folder = parent(path).unwrap_or_default();
    let found = ancestors(folder, files, path).find(|folder| files.exists(&format!("{folder}/{manifest}")));
    match found {
        Some(folder) => path[folder.len()..].trim_start_matches('/').to_owned(),
        None => {
            let root = files.root_of(path).unwrap_or_default();
            path.strip_prefix(root.as_str()).unwrap_or(path).trim_start_matches('/').to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
