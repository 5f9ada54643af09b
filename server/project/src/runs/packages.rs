//! Packages that tell where the code that uses them runs.

/// Packages that only servers use.
pub(super) const SERVER_PACKAGES: &[&str] = &[
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
    "@apollo/gateway",
    "@libsql/client",
    "@neondatabase/serverless",
    "@octokit/webhooks",
    "@sendgrid/mail",
    "@slack/bolt",
    "@slack/web-api",
    "@supabase/auth-helpers-nextjs",
    "@trigger.dev/sdk",
    "@vercel/edge",
    "@vercel/kv",
    "@vercel/node",
    "@vercel/postgres",
    "agenda",
    "argon2",
    "bree",
    "cookie-parser",
    "cors",
    "cron",
    "express-rate-limit",
    "firebase-functions",
    "grammy",
    "helmet",
    "imapflow",
    "inngest",
    "koa-router",
    "morgan",
    "multer",
    "node-schedule",
    "node-telegram-bot-api",
    "oracledb",
    "pino",
    "pg-boss",
    "resend",
    "socket.io",
    "sqlite3",
    "telegram",
    "twilio",
    "twitter-api-v2",
    "web-push",
    "whatsapp-web.js",
    "winston",
    "ws",
];

/// Packages that make requests wherever they run.
pub(super) const ASKING: &[&str] = &["axios", "got", "ky", "ofetch", "superagent"];

/// What packages of which only servers use begin with.
const SERVER_FAMILIES: &[&str] = &[
    "@aws-sdk/",
    "@azure/",
    "@discordjs/",
    "@fastify/",
    "@google-cloud/",
    "@grammyjs/",
    "@hapi/",
    "@hono/",
    "@koa/",
    "@modelcontextprotocol/sdk/server",
    "@nestjs/",
    "@temporalio/",
    "@whiskeysockets/",
];

/// Packages that only run in Node.js, on servers as in commands.
pub(super) const NODE_PACKAGES: &[&str] = &[
    "dotenv",
    "googleapis",
    "node-fetch",
    "open-graph-scraper",
    "playwright-core",
    "puppeteer",
    "puppeteer-core",
    "rss-parser",
    "sharp",
    "undici",
];

/// Whether only servers use a package or one of its modules.
pub(super) fn is_of_servers(module: &str) -> bool {
    is_node(module)
        || SERVER_PACKAGES.contains(&module)
        || SERVER_FAMILIES.iter().any(|family| module.starts_with(family))
}

/// Packages that only run on the device of a user.
pub(super) const BROWSER_PACKAGES: &[&str] = &[
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
pub(super) const SERVER_DEPENDENCIES: &[&str] = &[
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

/// What a package without a front end uses when it goes on until it is stopped: databases, queues, sockets, bots.
pub(super) const SERVICE_DEPENDENCIES: &[&str] = &[
    "@modelcontextprotocol/sdk",
    "@nestjs/common",
    "@prisma/client",
    "@slack/bolt",
    "@whiskeysockets/baileys",
    "agenda",
    "amqplib",
    "bull",
    "cron",
    "drizzle-orm",
    "firebase-functions",
    "grammy",
    "ioredis",
    "kafkajs",
    "knex",
    "mongodb",
    "mongoose",
    "mysql2",
    "node-schedule",
    "node-telegram-bot-api",
    "pg",
    "pg-boss",
    "postgres",
    "redis",
    "sequelize",
    "socket.io",
    "typeorm",
    "whatsapp-web.js",
];

/// The same of what runs on the device of a user.
pub(super) const BROWSER_DEPENDENCIES: &[&str] = &[
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
pub(super) const NODE_MODULES: &[&str] = &[
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

/// Clients of databases and queues, and what marks a module as the server's: who imports them through other modules
/// runs on a server too, or could not be bundled.
pub(super) const ONLY_ON_SERVERS: &[&str] = &[
    "@neondatabase/serverless",
    "@prisma/client",
    "amqplib",
    "better-sqlite3",
    "bull",
    "bullmq",
    "firebase-admin",
    "ioredis",
    "kafkajs",
    "knex",
    "mongodb",
    "mongoose",
    "mysql",
    "mysql2",
    "mysql2/promise",
    "next/headers",
    "pg",
    "postgres",
    "redis",
    "sequelize",
    "server-only",
    "typeorm",
];

/// Modules of Node.js that no bundler puts anything else in place of.
pub(super) const ONLY_IN_NODE: &[&str] = &[
    "async_hooks",
    "child_process",
    "cluster",
    "dns",
    "fs",
    "fs/promises",
    "http2",
    "net",
    "tls",
    "worker_threads",
];

/// Packages whose types nobody needs in a browser: a pool or a job that is handed in.
pub(super) const TYPES_OF_SERVERS: &[&str] = &[
    "amqplib",
    "better-sqlite3",
    "bullmq",
    "express",
    "fastify",
    "ioredis",
    "kafkajs",
    "koa",
    "mysql2",
    "pg",
];

pub(super) fn is_node(module: &str) -> bool {
    module.starts_with("node:") || NODE_MODULES.contains(&module)
}
/// Crates that a program has which serves, or waits for events of others.
pub(super) const RUST_SERVERS: &[&str] = &[
    "axum",
    "actix-web",
    "rocket",
    "warp",
    "tide",
    "tonic",
    "poem",
    "salvo",
    "lambda_http",
    "lapin",
    "rdkafka",
    "async-graphql",
    "teloxide",
    "serenity",
    "poise",
    "twilight-gateway",
    "frankenstein",
    "grammers-client",
    "matrix-sdk",
    "tokio-cron-scheduler",
    "apalis",
    "rumqttc",
];

/// Crates of programs that run on the desk of their user.
pub(super) const RUST_DESKTOPS: &[&str] = &["tauri", "iced", "egui", "eframe", "gtk4"];

/// Crates of programs that run in a page.
pub(super) const RUST_PAGES: &[&str] = &["wasm-bindgen", "yew", "leptos", "dioxus", "web-sys"];

/// Crates that servers have, and what else keeps data or speaks their protocols.
pub(super) const RUST_STORES: &[&str] = &[
    "hyper",
    "tower",
    "tower-http",
    "sqlx",
    "sea-orm",
    "diesel",
    "tokio-postgres",
    "mongodb",
    "redis",
    "solana-client",
    "yellowstone-grpc-client",
];
