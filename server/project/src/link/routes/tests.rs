//! Which functions run before which routes, through files.

use std::sync::Arc;

use super::Way;
use crate::MemoryFiles;
use crate::link::{FileUnits, LinkCache, Linker, World};

/// The ways to the routes of `/p/<file>`, each as its method and path, what runs before it (the nearest first), and `…`
/// where that may not be all.
fn table(files: &[(&str, &str)], file: &str) -> Vec<String> {
    let mut memory = MemoryFiles::rooted("/p");
    memory
        .insert("/p/package.json", r#"{"dependencies":{"express":"5","fastify":"5","hono":"4","koa":"3"}}"#);
    memory.insert(
        "/p/Cargo.toml",
        "[package]\nname = \"shop\"\n[dependencies]\naxum = \"0.8\"\nactix-web = \"4\"",
    );
    for (name, text) in files {
        memory.insert(format!("/p/{name}"), *text);
    }
    let cache = LinkCache::default();
    let linker = Linker::new(&memory, &cache);
    let world: &dyn World = &linker;
    let path: Arc<str> = format!("/p/{file}").into();
    let mut found = Vec::new();
    for route in world.registered_in(&path).iter() {
        if route.registers != plimsoll_behavior::models::Registers::Route {
            continue;
        }
        for way in world.ways(&path, route) {
            let method = route.method.clone().unwrap_or_default();
            found.push(format!("{method} {}", shown(world, &way)));
        }
    }
    found
}

fn shown(world: &dyn World, way: &Way) -> String {
    let mut names = Vec::new();
    for applied in &way.applied {
        world.in_file(&applied.site.file, &mut |eval| {
            let FileUnits { units, .. } = eval.file;
            let entry = &units[eval.file.unit_at(&applied.site.unit).expect("its unit")];
            let text = format!("{:?}", entry.unit.kind(applied.site.node));
            let name = text.split('"').nth(1).unwrap_or("a function").to_owned();
            names.push(name);
        });
    }
    let path = match &way.path {
        super::Pattern::At(path) => path.as_str(),
        super::Pattern::Everywhere => "everywhere",
        super::Pattern::Unknown => "?",
    };
    format!("{path} [{}]{}", names.join(" "), if way.is_whole { "" } else { " …" })
}

#[test]
fn what_stands_before_a_route_runs_before_it() {
    let app = "import express from 'express'\nimport { log, auth } from './m'\nconst app = express()\n\
        app.get('/health', (req, res) => res.send('ok'))\napp.use(log)\n\
        app.post('/users', auth, (req, res) => res.send('ok'))\napp.use('/admin', auth)\n\
        app.delete('/admin/users/:id', (req, res) => res.send('ok'))";
    assert_eq!(
        table(&[("app.ts", app)], "app.ts"),
        ["GET /health []", "POST /users [auth log]", "DELETE /admin/users/:id [log auth]"]
    );
}

#[test]
fn routers_of_other_files() {
    let users = "import { Router } from 'express'\nimport { check } from './m'\nconst router = Router()\n\
        router.use(check)\nrouter.route('/:id').put((req, res) => res.send('ok'))\nexport default router";
    let barrel = "export { default as users } from './users'";
    let app = "import express from 'express'\nimport { users } from './routes'\nimport { log, auth } from './m'\n\
        const app = express()\napp.use(log)\napp.use('/users', auth, users)";
    let files = [("routes/users.ts", users), ("routes/index.ts", barrel), ("app.ts", app)];
    assert_eq!(table(&files, "routes/users.ts"), ["PUT /users/:id [check auth log]"]);
    assert_eq!(table(&files[..2], "routes/users.ts"), ["PUT /:id [check] …"]);
}

#[test]
fn routers_that_functions_make_or_are_given() {
    let made = "import express from 'express'\nexport function makeUsers() {\n  const router = express.Router()\n\
        \u{20} router.post('/', (req, res) => res.send('ok'))\n  return router\n}";
    let given = "import { Express } from 'express'\nexport function registerItems(app: Express) {\n\
        \u{20} app.post('/items', (req, res) => res.send('ok'))\n}";
    let app = "const express = require('express')\nconst { makeUsers } = require('./users')\n\
        const { registerItems } = require('./items')\nconst app = express()\napp.use('/users', auth, makeUsers())\n\
        app.use(auth)\nregisterItems(app)";
    let files = [("users.ts", made), ("items.ts", given), ("app.js", app)];
    assert_eq!(table(&files, "users.ts"), ["POST /users [auth]"]);
    assert_eq!(table(&files, "items.ts"), ["POST /items [auth]"]);
}

#[test]
fn plugins_and_their_hooks() {
    let users = "import { FastifyInstance } from 'fastify'\nimport { auth, check } from './m'\n\
        export default async function users(app: FastifyInstance) {\n\
        \u{20} app.post('/', { preHandler: [check] }, async (request, reply) => reply.send('ok'))\n\
        \u{20} app.addHook('onRequest', auth)\n  app.addHook('onClose', check)\n}";
    let app = "import fastify from 'fastify'\nimport users from './users'\nconst app = fastify()\n\
        app.register(users, { prefix: '/users' })";
    assert_eq!(table(&[("users.ts", users), ("app.ts", app)], "users.ts"), ["POST /users [check auth]"]);
}

#[test]
fn applications_inside_of_others() {
    let users = "import { Hono } from 'hono'\nexport const users = new Hono().post('/', (c) => c.text('ok'))";
    let app = "import { Hono } from 'hono'\nimport { users } from './users'\nimport { auth } from './m'\n\
        const app = new Hono()\napp.use('/api/*', auth)\napp.route('/api/users', users)\napp.route('/open', users)\n\
        export default app";
    assert_eq!(
        table(&[("users.ts", users), ("app.ts", app)], "users.ts"),
        ["POST /api/users [auth]", "POST /open []"]
    );
    let koa = "import Koa from 'koa'\nimport Router from '@koa/router'\nconst app = new Koa()\nconst router = new Router()\n\
        router.post('/users', async (ctx, next) => { ctx.body = 'ok' })\napp.use(auth)\napp.use(router.routes())";
    assert_eq!(table(&[("app.ts", koa)], "app.ts"), ["POST /users [auth]"]);
}

#[test]
fn layers_run_before_what_they_follow() {
    let users = "use axum::{Router, routing::{get, post}, middleware};\n\
        pub fn users() -> Router<App> {\n    Router::new()\n\
        .route(\"/\", get(list).post(create))\n.route_layer(middleware::from_fn(check))\n\
        .route(\"/open\", post(open))\n}\nasync fn list() {}\nasync fn create() {}\nasync fn open() {}\nasync fn check() {}";
    let main = "use axum::{Router, middleware};\nmod users;\nmod auth;\nuse crate::auth::auth;\n#[tokio::main]\n\
        async fn main() {\n    let api = Router::new().nest(\"/users\", users::users());\n\
        let app = Router::new().nest(\"/api\", api).layer(middleware::from_fn(auth));\n\
        axum::serve(listener, app).await.unwrap();\n}";
    let auth = "pub async fn auth() {}";
    let files = [("src/users.rs", users), ("src/main.rs", main), ("src/auth.rs", auth)];
    assert_eq!(
        table(&files, "src/users.rs"),
        [
            "GET /api/users [a function a function]",
            "POST /api/users [a function a function]",
            "POST /api/users/open [a function]"
        ]
    );
}

#[test]
fn wraps_run_before_all_of_a_scope() {
    let users = "use actix_web::{Scope, delete, middleware::from_fn, post, web};\n\
        pub fn routes(config: &mut web::ServiceConfig) {\n    config.service(create).service((list, remove));\n\
        config.route(\"/old\", web::post().wrap(from_fn(check)).to(create_old));\n}\n\
        pub fn below() -> Scope {\n    web::scope(\"/own\").service(web::resource(\"/{id}\").route(web::put().to(rename)).delete(remove_own)).wrap(from_fn(check))\n}\n\
        #[post(\"/users\")]\nasync fn create() {}\n#[actix_web::get(\"/users\")]\nasync fn list() {}\n\
        #[delete(\"/users/{id}\", guard = \"local\")]\nasync fn remove() {}\nasync fn create_old() {}\nasync fn rename() {}\nasync fn remove_own() {}\nasync fn check() {}";
    let main = "use actix_web::{App, HttpServer, middleware::{Logger, from_fn}, web};\nmod users;\nmod auth;\nuse crate::auth::auth;\n\
        #[actix_web::main]\nasync fn main() {\n    HttpServer::new(|| {\n        App::new()\n            .configure(|config| users::routes(config))\n\
        .service(web::scope(\"/api\").service(users::below()))\n            .wrap(from_fn(auth))\n    }).run().await;\n}";
    let auth = "pub async fn auth() {}";
    let files = [("src/users.rs", users), ("src/main.rs", main), ("src/auth.rs", auth)];
    assert_eq!(
        table(&files, "src/users.rs"),
        [
            "POST /users [a function]",
            "DELETE /users/{id} [remove a function]",
            "POST /old [a function a function]",
            "PUT /api/own/{id} [a function a function]",
            "DELETE /api/own/{id} [a function a function]",
        ]
    );
}
