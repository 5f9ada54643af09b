//! Whether a program turns violations of unique keys into answers in one place for all of its code.

use crate::Files;
use crate::link::{ancestors, parent};

/// Parts of names of files in which errors are turned into answers.
const NAMES: &[&str] =
    &["error", "exception", "filter", "middleware", "conflict", "app.", "server.", "main.", "lib.rs"];
/// Folders that hold no code of the program itself.
const SKIPPED: &[&str] = &[
    "node_modules",
    "target",
    "dist",
    "build",
    "tests",
    "test",
    "__tests__",
    "e2e",
    "public",
    "coverage",
    "migrations",
];
/// What manifests are called.
const MANIFESTS: &[&str] = &["package.json", "Cargo.toml", "deno.json"];
const MAX_FOLDERS: usize = 150;
const MAX_READ: usize = 80;

/// Whether a text tells a violation of a unique key from other failures.
#[must_use]
pub fn tells_conflicts(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "P2002",
        "23505",
        "ER_DUP_ENTRY",
        "SQLITE_CONSTRAINT",
        "unique_violation",
        "UniqueViolation",
        "uniqueViolation",
        "UNIQUE_VIOLATION",
        "UniqueConstraint",
        "uniqueConstraint",
        "UNIQUE constraint",
        "unique constraint",
        "UniqueKey",
        "DuplicateKey",
        "duplicateKey",
        "duplicate_key",
        "duplicate key",
        "DuplicateEntry",
        "isDuplicate",
        "is_duplicate",
        "isUnique",
        "is_unique",
    ];
    let has_number = |number: &str| {
        text.match_indices(number).any(|(at, _)| {
            let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !is_digit(text[..at].chars().next_back()) && !is_digit(text[at + number.len()..].chars().next())
        })
    };
    WORDS.iter().any(|word| text.contains(word)) || has_number("11000") || has_number("1062")
}

/// The file of the program around `path`, not itself, that tells violations of unique keys from other failures: an
/// error handler, a filter of exceptions, the conversion of an error.
#[must_use]
pub fn conflict_handler(files: &dyn Files, path: &str) -> Option<String> {
    let root = ancestors(parent(path)?, files, path)
        .find(|folder| MANIFESTS.iter().any(|name| files.exists(&format!("{folder}/{name}"))))?;
    let mut open = vec![root.to_owned()];
    let (mut folders, mut read) = (0, 0);
    while let Some(folder) = open.pop() {
        folders += 1;
        if folders > MAX_FOLDERS {
            return None;
        }
        for name in files.list(&folder) {
            if let Some(inner) = name.strip_suffix('/') {
                if !SKIPPED.contains(&inner) && !inner.starts_with('.') {
                    open.push(format!("{folder}/{inner}"));
                }
                continue;
            }
            let file = format!("{folder}/{name}");
            let is_source =
                [".ts", ".js", ".mts", ".mjs", ".cjs", ".rs"].iter().any(|end| name.ends_with(end));
            let lower = name.to_ascii_lowercase();
            let is_asked = NAMES.iter().any(|own| lower.contains(own)) || is_of_errors(&folder[root.len()..]);
            if !is_source || file == path || lower.contains(".test.") || !is_asked {
                continue;
            }
            read += 1;
            if read > MAX_READ {
                return None;
            }
            if files.read(&file).is_some_and(|text| tells_conflicts(&text)) {
                return Some(file);
            }
        }
    }
    None
}

/// Whether a folder below the root is for what turns errors into answers.
fn is_of_errors(folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["error", "exception", "filter", "middleware"].iter().any(|name| last.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn a_handler_is_found_in_the_same_program() {
        let mut files = MemoryFiles::default();
        files.insert("/a/package.json", "{}");
        files.insert("/a/src/users.ts", "create()");
        files.insert("/a/src/errors.ts", "if (error.code === 'P2003') return 400");
        assert_eq!(conflict_handler(&files, "/a/src/users.ts"), None);
        files.insert("/a/src/error-handler.ts", "if (error.code === 'P2002') return 409");
        assert_eq!(conflict_handler(&files, "/a/src/users.ts").as_deref(), Some("/a/src/error-handler.ts"));
    }

    #[test]
    fn numbers_are_whole() {
        assert!(tells_conflicts("err.code === 11000"));
        assert!(!tells_conflicts("finalValue: 110000"));
    }
}
