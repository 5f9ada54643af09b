//! Which files Plimsoll reads, and with which grammar.

use std::sync::OnceLock;

/// A programming language that is parsed into a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// `.ts`, `.mts`, `.cts`.
    TypeScript,
    /// `.tsx`.
    Tsx,
    /// `.js`, `.mjs`, `.cjs`. It may hold JSX too.
    JavaScript,
    /// `.jsx`.
    Jsx,
    /// `.rs`.
    Rust,
}

/// A grammar of tree-sitter. Node kinds of different grammars have different
/// numbers, also where their names are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grammar {
    /// TypeScript without JSX, in which `<T>value` is a type assertion.
    TypeScript,
    /// TypeScript with JSX; JavaScript is read with it.
    Tsx,
    /// Rust.
    Rust,
}

impl Language {
    /// Every language, in a fixed order.
    pub const ALL: [Self; 5] = [Self::TypeScript, Self::Tsx, Self::JavaScript, Self::Jsx, Self::Rust];

    /// The language of a file, by its extension in any case.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let (stem, extension) = file_name(path).rsplit_once('.')?;
        // `.ts` alone is a hidden file without an extension.
        if stem.is_empty() {
            return None;
        }
        match extension.to_ascii_lowercase().as_str() {
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" => Some(Self::Tsx),
            "js" | "mjs" | "cjs" => Some(Self::JavaScript),
            "jsx" => Some(Self::Jsx),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    /// The language that an editor calls by this identifier of the Language
    /// Server Protocol, such as `typescriptreact`.
    #[must_use]
    pub fn from_language_id(id: &str) -> Option<Self> {
        match id {
            "typescript" => Some(Self::TypeScript),
            "typescriptreact" => Some(Self::Tsx),
            "javascript" => Some(Self::JavaScript),
            "javascriptreact" => Some(Self::Jsx),
            "rust" => Some(Self::Rust),
            _ => None,
        }
    }

    /// The short name: `typescript`, `tsx`, `javascript`, `jsx`, `rust`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Tsx => "tsx",
            Self::JavaScript => "javascript",
            Self::Jsx => "jsx",
            Self::Rust => "rust",
        }
    }

    /// The grammar that reads this language.
    #[must_use]
    pub const fn grammar(self) -> Grammar {
        match self {
            Self::TypeScript => Grammar::TypeScript,
            Self::Tsx | Self::JavaScript | Self::Jsx => Grammar::Tsx,
            Self::Rust => Grammar::Rust,
        }
    }

    /// Whether this is TypeScript or JavaScript, with or without JSX.
    #[must_use]
    pub const fn is_script_family(self) -> bool {
        !matches!(self, Self::Rust)
    }
}

impl Grammar {
    /// Every grammar, in a fixed order; `grammar as usize` is its index.
    pub const ALL: [Self; 3] = [Self::TypeScript, Self::Tsx, Self::Rust];

    /// The tables of tree-sitter for this grammar, loaded once.
    #[must_use]
    pub fn tables(self) -> &'static tree_sitter::Language {
        static TABLES: OnceLock<[tree_sitter::Language; 3]> = OnceLock::new();
        let tables = TABLES.get_or_init(|| {
            [
                tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
                tree_sitter_typescript::LANGUAGE_TSX.into(),
                tree_sitter_rust::LANGUAGE.into(),
            ]
        });
        &tables[self as usize]
    }
}

/// What a file is to Plimsoll: code, or context for code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Code that is parsed and reviewed.
    Source(Language),
    /// A Prisma schema, `.prisma`.
    Prisma,
    /// SQL, such as a migration, `.sql`.
    Sql,
    /// `package.json`.
    PackageJson,
    /// `Cargo.toml`.
    CargoToml,
    /// `tsconfig.json`, `tsconfig.build.json`, `jsconfig.json`.
    TsConfig,
    /// `plimsoll.toml`.
    PlimsollToml,
}

impl FileKind {
    /// The kind of a file by its name, or `None` if Plimsoll does not read it.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let name = file_name(path);
        match name {
            "package.json" => return Some(Self::PackageJson),
            "Cargo.toml" => return Some(Self::CargoToml),
            "plimsoll.toml" => return Some(Self::PlimsollToml),
            _ if is_ts_config(name) => return Some(Self::TsConfig),
            _ => {}
        }
        if let Some(language) = Language::from_path(name) {
            return Some(Self::Source(language));
        }
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "prisma" => Some(Self::Prisma),
            "sql" => Some(Self::Sql),
            _ => None,
        }
    }

    /// The language, if the file is code.
    #[must_use]
    pub const fn language(self) -> Option<Language> {
        match self {
            Self::Source(language) => Some(language),
            _ => None,
        }
    }
}

/// Whether compilers take a file of this name as a configuration by custom:
/// `tsconfig.json`, or a variant between the two parts of the name.
fn is_ts_config(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".json") else {
        return false;
    };
    ["tsconfig", "jsconfig"].iter().any(|base| {
        stem.strip_prefix(base)
            .is_some_and(|variant| variant.is_empty() || (variant.len() > 1 && variant.starts_with('.')))
    })
}

/// The last component of a path in either system's spelling.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{FileKind, Grammar, Language};

    #[test]
    fn languages_are_told_by_extension() {
        let cases = [
            ("src/a.ts", Some(Language::TypeScript)),
            ("a.mts", Some(Language::TypeScript)),
            ("a.cts", Some(Language::TypeScript)),
            ("a.d.ts", Some(Language::TypeScript)),
            ("a.tsx", Some(Language::Tsx)),
            ("a.js", Some(Language::JavaScript)),
            ("a.mjs", Some(Language::JavaScript)),
            ("a.cjs", Some(Language::JavaScript)),
            ("a.jsx", Some(Language::Jsx)),
            ("C:\\code\\a.RS", Some(Language::Rust)),
            ("[id].page.tsx", Some(Language::Tsx)),
            ("a.tsx/readme", None),
            ("dir.ts\\readme", None),
            (".ts", None),
            ("ts", None),
            ("", None),
            ("a.", None),
            ("a.vue", None),
            ("a.tsé", None),
        ];
        for (path, expected) in cases {
            assert_eq!(Language::from_path(path), expected, "{path}");
        }
    }

    #[test]
    fn languages_are_told_by_the_editor() {
        let ids = ["typescript", "typescriptreact", "javascript", "javascriptreact", "rust"];
        assert_eq!(ids.map(Language::from_language_id), Language::ALL.map(Some));
        assert_eq!(Language::from_language_id("TypeScript"), None);
        assert_eq!(Language::ALL.map(Language::name), ["typescript", "tsx", "javascript", "jsx", "rust"]);
    }

    #[test]
    fn only_plain_typescript_is_read_without_jsx() {
        assert_eq!(
            Language::ALL.map(Language::grammar),
            [Grammar::TypeScript, Grammar::Tsx, Grammar::Tsx, Grammar::Tsx, Grammar::Rust]
        );
        assert_eq!(Language::ALL.map(Language::is_script_family), [true, true, true, true, false]);
        let has_jsx = Grammar::ALL.map(|grammar| grammar.tables().id_for_node_kind("jsx_element", true) != 0);
        assert_eq!(has_jsx, [false, true, false]);
    }

    #[test]
    fn every_grammar_is_found_at_its_own_index() {
        for (index, grammar) in Grammar::ALL.into_iter().enumerate() {
            assert_eq!(grammar as usize, index);
        }
    }

    #[test]
    fn context_files_are_told_by_name() {
        let cases = [
            ("app/package.json", Some(FileKind::PackageJson)),
            ("app/Cargo.toml", Some(FileKind::CargoToml)),
            ("tsconfig.json", Some(FileKind::TsConfig)),
            ("tsconfig.build.json", Some(FileKind::TsConfig)),
            ("jsconfig.json", Some(FileKind::TsConfig)),
            ("tsconfig..json", None),
            ("tsconfigs.json", None),
            ("plimsoll.toml", Some(FileKind::PlimsollToml)),
            ("prisma/schema.prisma", Some(FileKind::Prisma)),
            ("migrations/0001/migration.sql", Some(FileKind::Sql)),
            ("a.tsx", Some(FileKind::Source(Language::Tsx))),
            ("package-lock.json", None),
            ("README.md", None),
        ];
        for (path, expected) in cases {
            assert_eq!(FileKind::from_path(path), expected, "{path}");
        }
        assert_eq!(FileKind::Sql.language(), None);
        assert_eq!(FileKind::Source(Language::Rust).language(), Some(Language::Rust));
    }
}
