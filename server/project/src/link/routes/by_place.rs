//! Routes that a framework takes from where files stand, and what it lets run before them:
//! https://nextjs.org/docs/app/api-reference/file-conventions/route and …/middleware (Next.js 16: …/proxy).

use plimsoll_behavior::{Exported, Key, Kind, Literal, NodeId, Unit};

use super::AsksWho;
use crate::link::{Evaluator, FnRef, Value, World};
use crate::runs::{below_manifest, route_files};

/// The methods by which something is changed.
pub const CHANGING: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];

/// How files of middleware are called, without an ending, and what they offer.
const MIDDLEWARE: &[&str] = &["middleware", "proxy"];

/// Endings of sources.
const ENDINGS: &[&str] = &["ts", "js", "tsx", "mjs"];

/// The path of the route that a file answers, by where it stands: `app/api/users/[id]/route.ts` is `/api/users/[id]`.
#[must_use]
pub fn route_of_place(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_route =
        name.split_once('.').is_some_and(|(stem, ending)| stem == "route" && ENDINGS.contains(&ending));
    let at = folder.find("/app/").filter(|_| is_route)?;
    let parts = folder[at + "/app".len()..].split('/');
    // Groups and slots are no part of it: `(shop)`, `@modal`.
    let parts: Vec<&str> = parts.filter(|part| !part.starts_with(['(', '@'])).collect();
    Some(parts.join("/"))
}

impl dyn World + '_ {
    /// The functions by which a file of routes changes something, with their methods.
    #[must_use]
    pub fn changing_handlers(&self, path: &str) -> Vec<(&'static str, FnRef)> {
        let mut found = Vec::new();
        self.in_file(path, &mut |eval| {
            let of = |method: &&'static str| match eval.export(method) {
                Value::Function(function) => Some((*method, function)),
                _ => None,
            };
            found.extend(CHANGING.iter().filter_map(of));
        });
        found
    }

    /// The other files of routes of the package that a file is a part of.
    #[must_use]
    pub fn route_files_beside(&self, path: &str) -> Vec<String> {
        let files = self.files();
        let below = below_manifest(files, path);
        let root = path.strip_suffix(below.as_str()).unwrap_or_default().trim_end_matches('/');
        let mut found = route_files(files, root);
        found.retain(|found| found != path && route_of_place(found).is_some());
        found.sort();
        found
    }

    /// Whether the middleware of the package of a file may look at who asks for a route.
    #[must_use]
    pub fn middleware_asks_who(&self, path: &str, route: &str) -> bool {
        let files = self.files();
        let below = below_manifest(files, path);
        let root = path.strip_suffix(below.as_str()).unwrap_or_default().trim_end_matches('/');
        let all = ["", "/src"].iter().flat_map(|folder| MIDDLEWARE.iter().map(move |name| (folder, name)));
        let mut all = all.flat_map(|(folder, name)| {
            ENDINGS.iter().map(move |ending| (*name, format!("{root}{folder}/{name}.{ending}")))
        });
        let Some((name, found)) = all.find(|(_, path)| files.exists(path)) else { return false };
        let (mut function, mut may_ask, mut covers) = (None, false, true);
        self.in_file(&found, &mut |eval| {
            function = [name, "default"].iter().find_map(|name| match eval.export(name) {
                Value::Function(function) => Some(function),
                _ => None,
            });
            may_ask = function.is_none();
            covers = eval.matches(route);
        });
        covers && (may_ask || function.is_some_and(|function| self.asks_who(&function) != AsksWho::No))
    }
}

impl Evaluator<'_> {
    /// Whether a file of middleware says that it runs for a route: by `config.matcher`, and for all where it has none.
    fn matches(&self, route: &str) -> bool {
        let module = self.unit(0);
        let config = module.exports.iter().find(|export| export.name == "config").and_then(|export| {
            match export.local {
                Exported::Binding(binding) => module.binding(binding).value,
                _ => None,
            }
        });
        let Some(matcher) = config.and_then(|config| property(module, config, "matcher")) else {
            return true;
        };
        let patterns = module.descendants(matcher).into_iter().filter_map(|node| match module.kind(node) {
            Kind::Literal(Literal::String(text)) => Some(text.as_str()),
            Kind::Template { pieces, holes } if holes.is_empty() => pieces.first().map(|text| text.as_str()),
            _ => None,
        });
        let patterns: Vec<&str> = patterns.filter(|text| text.starts_with('/')).collect();
        patterns.is_empty() || patterns.iter().any(|pattern| may_match(pattern, route))
    }
}

fn property(u: &Unit, object: NodeId, name: &str) -> Option<NodeId> {
    let Kind::Object { entries, .. } = u.kind(object) else { return None };
    entries.iter().find(|entry| matches!(&entry.key, Key::Name(key) if key == name)).map(|entry| entry.value)
}

/// Whether a pattern of a matcher may fit a route: `/dashboard/:path*`, `/((?!api|_next).*)`.
fn may_match(pattern: &str, route: &str) -> bool {
    let first = route.trim_start_matches('/').split('/').next().unwrap_or_default();
    if let Some(left_out) = pattern.split("(?!").nth(1) {
        let left_out = left_out.split(')').next().unwrap_or_default();
        return !left_out.split('|').any(|part| part.trim_matches(['/', '^', '$']) == first);
    }
    if pattern.contains('(') {
        return true;
    }
    let mut own = pattern.split('/').filter(|part| !part.is_empty());
    let mut parts = route.split('/').filter(|part| !part.is_empty());
    loop {
        match (own.next(), parts.next()) {
            (Some(part), _) if part.starts_with(':') && part.ends_with(['*', '+']) => return true,
            (Some(part), Some(other)) if part == other || part.starts_with(':') || other.starts_with('[') => {
            }
            (None, None) => return true,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{may_match, route_of_place};

    #[test]
    fn routes_by_where_they_stand() {
        assert_eq!(route_of_place("/p/src/app/api/users/[id]/route.ts").as_deref(), Some("/api/users/[id]"));
        assert_eq!(route_of_place("/p/app/(shop)/cart/route.ts").as_deref(), Some("/cart"));
        assert_eq!(route_of_place("/p/app/cart/page.tsx"), None);
        assert_eq!(route_of_place("/p/src/route.ts"), None);
    }

    #[test]
    fn matchers() {
        assert!(may_match("/api/:path*", "/api/users"));
        assert!(may_match("/((?!_next/static|favicon.ico).*)", "/api/users"));
        assert!(may_match("/(api|trpc)(.*)", "/api/users"));
        assert!(!may_match("/((?!api|_next/static).*)", "/api/users"));
        assert!(!may_match("/dashboard/:path*", "/api/users"));
        assert!(!may_match("/api", "/api/users"));
    }
}
