//! `drizzle.config.ts`: which files make the schema, where its migrations are generated, and how columns are named.

use plimsoll_behavior::{Exported, Kind, NodeId, ScopeId};
use smol_str::SmolStr;

use super::walk::{At, Walk};
use crate::schema::Dialect;

/// What a configuration of the tool says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Files, folders and patterns of the schema, relative to the folder of the configuration.
    pub schema: Vec<SmolStr>,
    /// The folder of the generated migrations, relative to the same.
    pub out: Option<SmolStr>,
    /// The database it is for.
    pub dialect: Dialect,
    /// How columns are named.
    pub casing: Casing,
}

/// How columns without a name of their own are named after their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Casing {
    /// As the key is written.
    #[default]
    AsWritten,
    /// `created_at`
    Snake,
    /// `createdAt`
    Camel,
}

impl Config {
    /// Reads a configuration; what is not constant in it is left out.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> Self {
        if path.ends_with(".json") {
            return Self::from_json(text);
        }
        let Some(walk) = Walk::of(path, text) else { return Self::default() };
        let Some(object) = walk.default_export().and_then(|at| walk.object(at)) else {
            return Self::default();
        };
        let text_of = |name: &str| walk.property(object, name).and_then(|value| walk.constant(value));
        let schema = walk.property(object, "schema").map(|value| match walk.items(value) {
            Some(items) => items.into_iter().filter_map(|item| walk.constant(item)).collect(),
            None => walk.constant(value).into_iter().collect(),
        });
        Self::of(
            schema.unwrap_or_default(),
            text_of("out"),
            text_of("dialect").or_else(|| text_of("driver")),
            text_of("casing"),
        )
    }

    fn from_json(text: &str) -> Self {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return Self::default() };
        let text_of = |name: &str| json[name].as_str().map(SmolStr::new);
        let schema = match &json["schema"] {
            serde_json::Value::Array(all) => {
                all.iter().filter_map(|one| one.as_str()).map(SmolStr::new).collect()
            }
            one => one.as_str().map(SmolStr::new).into_iter().collect(),
        };
        Self::of(schema, text_of("out"), text_of("dialect"), text_of("casing"))
    }

    fn of(
        schema: Vec<SmolStr>,
        out: Option<SmolStr>,
        dialect: Option<SmolStr>,
        casing: Option<SmolStr>,
    ) -> Self {
        let dialect = match dialect.as_deref() {
            Some("postgresql" | "pg") => Dialect::Postgres,
            Some("mysql" | "mysql2" | "singlestore") => Dialect::MySql,
            Some("sqlite" | "turso" | "libsql" | "better-sqlite" | "d1") => Dialect::Sqlite,
            _ => Dialect::Unknown,
        };
        let casing = match casing.as_deref() {
            Some("snake_case") => Casing::Snake,
            Some("camelCase") => Casing::Camel,
            _ => Casing::AsWritten,
        };
        Self { schema, out, dialect, casing }
    }
}

impl Walk {
    /// The node of the default export, or of `module.exports`.
    fn default_export(&self) -> Option<At> {
        let module = &self.file.units[0].unit;
        let export =
            module.exports.iter().find(|export| matches!(export.name.as_str(), "default" | "export="))?;
        let node: NodeId = match &export.local {
            Exported::Value(node) => *node,
            Exported::Binding(binding) => module.binding(*binding).value?,
            Exported::From(..) => return None,
        };
        Some((0, node))
    }

    /// The object itself, the first argument of `defineConfig`, or what a name is bound to.
    fn object(&self, at: At) -> Option<At> {
        let mut at = self.plain(at);
        for _ in 0..4 {
            match self.kind(at) {
                Kind::Object { .. } => return Some(at),
                Kind::Call { args, .. } => at = self.plain((at.0, *args.first()?)),
                Kind::Name { binding: Some(binding), .. } => {
                    at = self.plain((at.0, self.unit(at).binding(*binding).value?));
                }
                _ => return None,
            }
        }
        None
    }

    /// A text, or a name that is bound to one.
    fn constant(&self, at: At) -> Option<SmolStr> {
        let at = self.plain(at);
        match self.kind(at) {
            Kind::Name { name, .. } => {
                let module = &self.file.units[0].unit;
                let binding = module.resolve(name, ScopeId(0), u32::MAX)?;
                self.text((0, module.binding(binding).value?))
            }
            _ => self.text(at),
        }
    }
}

/// The database's name of a column without a name of its own.
pub(super) fn named(key: &SmolStr, casing: Casing) -> SmolStr {
    match casing {
        Casing::AsWritten => key.clone(),
        Casing::Snake => words(key).join("_").to_lowercase().into(),
        Casing::Camel => {
            let mut name = String::new();
            for word in words(key) {
                let mut letters = word.chars().flat_map(char::to_lowercase);
                if !name.is_empty() {
                    name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                }
                name.extend(letters);
            }
            name.into()
        }
    }
}

/// The words of a key: `createdAt`, `userID`, `HTMLText`, `line2`.
fn words(key: &str) -> Vec<&str> {
    let bytes = key.as_bytes();
    let is_small = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_capital = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if is_small(at) {
            while is_small(at) {
                at += 1;
            }
        } else if is_capital(at) {
            while is_capital(at) {
                at += 1;
            }
            if bytes.get(at).is_some_and(u8::is_ascii_lowercase) && at - start > 1 {
                // The last capital begins the next word.
                at -= 1;
            } else if at - start == 1 {
                while is_small(at) {
                    at += 1;
                }
            }
        } else {
            at += 1;
            continue;
        }
        words.extend(key.get(start..at));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_the_tool_names_them() {
        for (key, snake) in [
            ("createdAt", "created_at"),
            ("userID", "user_id"),
            ("HTMLText", "html_text"),
            ("line2", "line2"),
            ("already_there", "already_there"),
            ("id", "id"),
        ] {
            assert_eq!(named(&key.into(), Casing::Snake), snake);
        }
        assert_eq!(named(&"created_at".into(), Casing::Camel), "createdAt");
        assert_eq!(named(&"createdAt".into(), Casing::AsWritten), "createdAt");
    }

    #[test]
    fn a_configuration_is_read_as_code() {
        let text = "import { defineConfig } from 'drizzle-kit'\nconst out = './migrations'\nexport default defineConfig({ schema: ['./src/a.ts', './src/b/*.ts'], out, dialect: 'postgresql', casing: 'snake_case', dbCredentials: { url: process.env.DATABASE_URL! } })\n";
        let config = Config::parse("/p/drizzle.config.ts", text);
        assert_eq!(config.schema, ["./src/a.ts", "./src/b/*.ts"]);
        assert_eq!(config.out.as_deref(), Some("./migrations"));
        assert_eq!((config.dialect, config.casing), (Dialect::Postgres, Casing::Snake));
        let text = "export default { schema: './db/schema.ts', driver: 'pg' } satisfies Config;";
        assert_eq!(Config::parse("/p/drizzle.config.ts", text).schema, ["./db/schema.ts"]);
        let text = "const c = { schema: process.env.SCHEMA };\nmodule.exports = c;";
        assert_eq!(Config::parse("/p/drizzle.config.js", text), Config::default());
    }
}
