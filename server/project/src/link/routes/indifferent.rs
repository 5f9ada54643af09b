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
                Value::Package(package, _) => Some(package),
                _ => eval.package_behind(unit, node),
            };
        });
        package.is_some_and(|package| {
            INDIFFERENT.contains(&package.as_str()) || INDIFFERENT_PARTS.contains(&package.as_str())
        })
    }
}
