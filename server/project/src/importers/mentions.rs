//! The modules that the text of a source names.

use plimsoll_behavior::Name;
use plimsoll_syntax::Language;
use rustc_hash::FxHashSet;

use crate::link::split_package;

/// The longest specifier that is read.
const MAX_SPECIFIER: usize = 300;

/// The most specifiers that are kept of one source; what names more is written by a tool.
const MAX_SPECIFIERS: usize = 1_000;

/// The modules that a source names, each once and in order. It may name too many: text that only looks like an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// In statements: `import … from "x"`, `import "x"`, `export … from "x"`.
    pub(super) imported: Vec<Name>,
    /// Anywhere in the code: `import("x")`, `require("x")`, `new URL("x", import.meta.url)`.
    pub(super) loaded: Vec<Name>,
}

impl Mentions {
    /// What a text names.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut found = Self::default();
        for word in ["from", "import", "require", "URL"] {
            for (at, _) in text.match_indices(word) {
                let is_word =
                    |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
                let rest = &text[at + word.len()..];
                if is_word(text[..at].chars().next_back()) || is_word(rest.chars().next()) {
                    continue;
                }
                let Some((specifier, is_called)) = specifier(rest) else { continue };
                let all = match (word, is_called) {
                    ("from" | "import", false) => &mut found.imported,
                    ("import" | "require", true) => &mut found.loaded,
                    ("URL", true) if specifier.starts_with('.') => &mut found.loaded,
                    _ => continue,
                };
                if all.len() < MAX_SPECIFIERS {
                    all.push(Name::new(specifier));
                }
            }
        }
        for all in [&mut found.imported, &mut found.loaded] {
            all.sort_unstable();
            all.dedup();
            all.shrink_to_fit();
        }
        found
    }

    /// The last names of all of them, each once.
    pub(super) fn names(&self) -> FxHashSet<Name> {
        self.imported.iter().chain(&self.loaded).flat_map(|specifier| names_in(specifier)).collect()
    }

    /// Equal where the modules are.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let all = format!("{}\n\n{}", self.imported.join("\n"), self.loaded.join("\n"));
        xxhash_rust::xxh3::xxh3_64(all.as_bytes())
    }
}

/// The specifier that stands next in a text, and whether it stands in brackets.
fn specifier(text: &str) -> Option<(&str, bool)> {
    let text = text.trim_start();
    let called = text.strip_prefix('(').map(str::trim_start);
    let mut rest = called.unwrap_or(text);
    // A bundler is told by a comment what it shall call the part.
    if let Some(comment) = rest.strip_prefix("/*") {
        rest = comment.split_once("*/")?.1.trim_start();
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let rest = &rest[1..];
    let end = rest.bytes().take(MAX_SPECIFIER).position(|byte| byte == quote as u8 || byte == b'\n')?;
    let specifier = rest[..end].split('?').next()?;
    (rest.as_bytes()[end] == quote as u8 && !specifier.is_empty()).then_some((specifier, called.is_some()))
}

/// The names of files and packages that a specifier may mean: its last part without and with its ending, `.` where it
/// ends with a folder that it does not name, and the package that it begins with.
pub(super) fn names_in(specifier: &str) -> impl Iterator<Item = Name> {
    let path = specifier.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path).trim_start_matches('#');
    let stem = last.rsplit_once('.').filter(|_| Language::from_path(last).is_some()).map(|(stem, _)| stem);
    let folder = matches!(last, "" | "." | ".." | "~" | "@").then_some(".");
    let package = (!specifier.starts_with(['.', '/'])).then(|| split_package(specifier).0);
    let own = [Some(last), stem, folder].into_iter().flatten().filter(|name| !name.is_empty());
    own.map(Name::new).collect::<Vec<_>>().into_iter().chain(package)
}
