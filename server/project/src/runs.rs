//! Where code runs, with the evidence for it. Unknown is an answer, and rules that need to know are silent then.

use plimsoll_behavior::Kind;

use crate::Files;
use crate::link::{FileUnits, ancestors, parent};
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

/// Packages that only servers use.
const SERVER_PACKAGES: &[&str] = &[
    "express",
    "fastify",
    "koa",
    "hono",
    "@hapi/hapi",
    "@nestjs/common",
    "@nestjs/core",
    "@trpc/server",
    "restify",
    "polka",
    "@hono/node-server",
    "@prisma/client",
    "pg",
    "mysql2",
    "mysql",
    "mongoose",
    "mongodb",
    "drizzle-orm",
    "typeorm",
    "sequelize",
    "knex",
    "better-sqlite3",
    "ioredis",
    "redis",
    "bullmq",
    "bull",
    "amqplib",
    "kafkajs",
    "nodemailer",
    "apollo-server",
    "@apollo/server",
    "graphql-yoga",
    "next/server",
    "next/headers",
    "next/cache",
    "server-only",
    "@sveltejs/kit",
    "stripe",
    "bcrypt",
    "bcryptjs",
    "jsonwebtoken",
    "passport",
    "node-cron",
    "postgres",
    "firebase-admin",
    "discord.js",
    "telegraf",
    "aws-sdk",
    "@elysiajs/node",
    "elysia",
];

/// Packages that only run on the device of a user.
const BROWSER_PACKAGES: &[&str] = &[
    "react-dom",
    "react-dom/client",
    "react-router-dom",
    "react-native",
    "expo",
    "vue",
    "svelte",
    "@angular/core",
    "solid-js",
    "preact",
    "@tanstack/react-query",
    "swr",
    "zustand",
    "framer-motion",
    "lucide-react",
    "vite/client",
    "next/navigation",
    "next/link",
    "next/image",
    "next/router",
    "recharts",
    "react-hook-form",
];

/// What a manifest that names one of these is for.
const SERVER_DEPENDENCIES: &[&str] = &[
    "express",
    "fastify",
    "koa",
    "hono",
    "@hapi/hapi",
    "@nestjs/core",
    "restify",
    "polka",
    "@trpc/server",
    "@apollo/server",
    "bullmq",
    "discord.js",
    "telegraf",
    "elysia",
    "@hono/node-server",
    "node-cron",
];
const BROWSER_DEPENDENCIES: &[&str] = &[
    "react",
    "react-dom",
    "vue",
    "svelte",
    "@angular/core",
    "solid-js",
    "preact",
    "react-native",
    "expo",
    "next",
    "nuxt",
    "@remix-run/react",
    "astro",
];

/// Modules of Node.js that a browser has not.
const NODE_MODULES: &[&str] = &[
    "fs",
    "fs/promises",
    "path",
    "http",
    "https",
    "http2",
    "net",
    "tls",
    "child_process",
    "cluster",
    "worker_threads",
    "os",
    "dns",
    "crypto",
    "stream",
    "zlib",
    "async_hooks",
    "process",
    "readline",
];

/// Where the code of a file runs.
#[must_use]
pub fn where_it_runs(files: &dyn Files, file: &FileUnits) -> WhereItRuns {
    let found = if file.language.is_script_family() { script(files, file) } else { rust(files, file) };
    let (runs, evidence) = found.unwrap_or((Runs::Unknown, String::new()));
    WhereItRuns { runs, evidence }
}

fn script(files: &dyn Files, file: &FileUnits) -> Option<(Runs, String)> {
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
    if path.starts_with("supabase/functions/") || path.contains("/supabase/functions/") {
        return Some((Runs::Server, "an edge function".into()));
    }
    let is_next = manifest.as_ref().is_some_and(|m| m.has("next"));
    if name.starts_with("route.") || folder.starts_with("pages/api") || folder.contains("/pages/api") {
        return Some((Runs::Server, "a route of the server".into()));
    }
    if is_next && matches!(name.split('.').next(), Some("page" | "layout" | "middleware")) {
        return Some((Runs::Server, "rendered on the server".into()));
    }
    let imports = || module.imports.iter().filter(|i| !i.is_type_only).map(|i| i.module.as_str());
    let is_of_framework = || imports().any(|m| SERVER_DEPENDENCIES.contains(&m));
    let by_hand = ["scripts", "cli", "benchmarks", "benchmark", "bench"];
    // A package of benchmarks has the word in its own folder's name.
    let package = file.path.strip_suffix(path.as_str()).unwrap_or_default().trim_end_matches('/');
    let package_name = package.rsplit('/').next().filter(|name| by_hand.contains(name)).map(str::to_owned);
    if let Some(part) = in_folder(&by_hand).or(package_name).filter(|_| !is_of_framework()) {
        return Some((Runs::CommandLine, format!("stands in {part}/")));
    }
    if folder.is_empty()
        && module.exports.is_empty()
        && manifest.as_ref().is_some_and(|m| !starts(m, name))
        && !is_of_framework()
    {
        return Some((Runs::CommandLine, "run by hand: nothing imports or starts it".into()));
    }
    if let Some(package) = imports().find(|m| is_node(m) || SERVER_PACKAGES.contains(m)) {
        return Some((Runs::Server, format!("imports {package}")));
    }
    if let Some(package) = imports().find(|m| BROWSER_PACKAGES.contains(m)) {
        return Some((Runs::Browser, format!("imports {package}")));
    }
    if shows_in_a_page(file) {
        return Some((Runs::Browser, "makes elements of the page".into()));
    }
    if let Some(part) =
        in_folder(&["server", "api", "backend", "functions", "workers", "jobs", "cron", "lambdas"])
    {
        return Some((Runs::Server, format!("stands in {part}/")));
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
    if let Some(part) = in_folder(&client) {
        return Some((Runs::Browser, format!("stands in {part}/")));
    }
    if let Some(folder) = in_folder(&["bin", "tools"]) {
        return Some((Runs::CommandLine, format!("stands in {folder}/")));
    }
    if imports().any(|m| m == "react") && !is_next {
        return Some((Runs::Browser, "imports react".into()));
    }
    let manifest = manifest?;
    let server = SERVER_DEPENDENCIES.iter().find(|d| manifest.has(d));
    let browser = BROWSER_DEPENDENCIES.iter().find(|d| manifest.has(d));
    match (server, browser) {
        (Some(server), None) => Some((Runs::Server, format!("its package is a server: {server}"))),
        (None, Some(browser)) if !is_next => {
            Some((Runs::Browser, format!("its package is a front end: {browser}")))
        }
        _ if manifest.is_command_line => Some((Runs::CommandLine, "its package is a command".into())),
        _ => None,
    }
}

/// Whether code calls methods of the page it is shown in: a widget that a server hands out to other sites.
fn shows_in_a_page(file: &FileUnits) -> bool {
    file.units.iter().any(|entry| {
        let u = &entry.unit;
        u.calls.iter().any(|&call| {
            let Kind::Call { callee, .. } = u.kind(call) else { return false };
            let Kind::Member { object, name, .. } = u.kind(*callee) else { return false };
            let of_page = matches!(u.kind(*object), Kind::Name { name, binding: None } if name == "document");
            of_page
                && matches!(
                    name.as_str(),
                    "createElement" | "getElementById" | "querySelector" | "addEventListener"
                )
        })
    }) && !file.units.iter().any(|entry| entry.unit.bindings.iter().any(|b| b.name == "document"))
}

fn is_node(module: &str) -> bool {
    module.starts_with("node:") || NODE_MODULES.contains(&module)
}

fn rust(files: &dyn Files, file: &FileUnits) -> Option<(Runs, String)> {
    let (_, manifest) = nearest_crate(files, &file.path)?;
    let web = ["wasm-bindgen", "yew", "leptos", "dioxus", "web-sys"];
    let server = [
        "axum",
        "actix-web",
        "rocket",
        "warp",
        "tide",
        "tonic",
        "poem",
        "salvo",
        "hyper",
        "tower",
        "tower-http",
        "lambda_http",
        "sqlx",
        "sea-orm",
        "diesel",
        "tokio-postgres",
        "mongodb",
        "redis",
        "lapin",
        "rdkafka",
        "async-graphql",
    ];
    if let Some(name) = server.iter().find(|d| manifest.has(d)) {
        return Some((Runs::Server, format!("its crate uses {name}")));
    }
    if let Some(name) = web.iter().find(|d| manifest.has(d)) {
        return Some((Runs::Browser, format!("its crate uses {name}")));
    }
    if let Some(name) = ["tauri", "iced", "egui", "eframe", "gtk4"].iter().find(|d| manifest.has(d)) {
        return Some((Runs::Browser, format!("its crate uses {name}")));
    }
    manifest.has("clap").then(|| (Runs::CommandLine, "its crate uses clap".into()))
}

/// Names of files that a package is started by without saying so.
const ENTRY_NAMES: &[&str] =
    &["index", "main", "server", "app", "worker", "instrumentation", "middleware", "proxy"];

/// Whether a file beside the manifest is one that the package is started by, or the configuration of a tool.
fn starts(manifest: &PackageJson, file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or(file);
    ENTRY_NAMES.contains(&stem) || file.contains("config") || manifest.entries.contains(stem)
}

/// The path of a file below the folder of its nearest manifest.
#[must_use]
pub fn below_manifest(files: &dyn Files, path: &str) -> String {
    let manifest = if path.ends_with(".rs") { "Cargo.toml" } else { "package.json" };
    let folder = parent(path).unwrap_or_default();
    let found =
        ancestors(folder, files, path).find(|folder| files.stamp(&format!("{folder}/{manifest}")).is_some());
    match found {
        Some(folder) => path[folder.len()..].trim_start_matches('/').to_owned(),
        None => {
            let root = files.root_of(path).unwrap_or_default();
            path.strip_prefix(root.as_str()).unwrap_or(path).trim_start_matches('/').to_owned()
        }
    }
}
