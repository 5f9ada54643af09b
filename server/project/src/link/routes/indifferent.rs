//! Middleware that lets everybody pass.

use plimsoll_behavior::Kind;

use crate::link::{Site, Value, World};

/// Packages of middleware that looks at no user.
#[rustfmt::skip] // a list of packages
const INDIFFERENT: &[&str] = &[
    "body-parser", "compression", "connect-timeout", "cors", "express", "express-async-handler", "express-fileupload", "express-rate-limit",
    "express-slow-down", "express-validator", "helmet", "hono", "hono-rate-limiter", "hpp", "koa-bodyparser", "koa-compress", "koa-helmet",
    "koa-logger", "method-override", "morgan", "multer", "pino-http", "rate-limiter-flexible", "response-time", "serve-favicon",
    "swagger-ui-express", "tower_http", "zod-express-middleware",
    // They read who somebody is for the handlers, and refuse nobody: https://docs.rs/actix-identity, https://docs.rs/actix-session.
    "actix_cors", "actix_governor", "actix_identity", "actix_limitation", "actix_session", "actix_web_prom", "sentry_actix",
    "tower_cookies", "tower_governor", "tower_sessions", "tracing_actix_web",
];

/// Of packages that hold both: modules whose middleware looks at no user.
const INDIFFERENT_PARTS: &[&str] = &[
    "hono/cors",
    "hono/logger",
    "hono/compress",
    "hono/secure-headers",
    "hono/timing",
    "hono/pretty-json",
    "hono/request-id",
    "hono/etag",
    "hono/timeout",
    "hono/body-limit",
    "hono/trailing-slash",
    "@koa/cors",
    "@hono/zod-validator",
    "@fastify/cors",
];

/// Of packages that hold both: what of it looks at no user, by a part of its path.
const INDIFFERENT_ITEMS: &[(&str, &str)] = &[
    ("actix_web", "Compress"),
    ("actix_web", "DefaultHeaders"),
    ("actix_web", "ErrorHandlers"),
    ("actix_web", "Logger"),
    ("actix_web", "NormalizePath"),
    ("axum", "DefaultBodyLimit"),
    ("axum", "Extension"),
];

impl dyn World + '_ {
    /// Whether something that is no function of the project is known to look at no user: `cors()`, `express.json()`.
    #[must_use]
    pub fn lets_everybody_pass(&self, site: &Site) -> bool {
        let mut package = None;
        self.in_file(&site.file, &mut |eval| {
            let Some(unit) = eval.file.unit_at(&site.unit) else { return };
            let u = &eval.file.units[unit].unit;
            let mut node = site.node;
            while let Kind::Call { callee, .. } = u.kind(node) {
                node = *callee;
            }
            // `upload.single("file")`: what made the object.
            if let Kind::Member { object, .. } = u.kind(node)
                && !matches!(eval.value(unit, node), Value::Package(..))
            {
                node = *object;
            }
            package = match eval.value(unit, node) {
                Value::Package(package, path) => Some((package, path)),
                _ => eval.package_behind(unit, node),
            };
        });
        package.is_some_and(|(package, path)| {
            let is_it =
                |(of, item): &(&str, &str)| *of == package && path.split('.').any(|part| part == *item);
            INDIFFERENT.contains(&package.as_str())
                || INDIFFERENT_PARTS.contains(&package.as_str())
                || INDIFFERENT_ITEMS.iter().any(is_it)
        })
    }
}
