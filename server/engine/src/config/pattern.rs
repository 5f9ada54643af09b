//! Path patterns, relative to the folder of the file that holds them.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Some path patterns of one configuration file. A pattern that names a folder covers all below it; `*` stays within
/// a folder and `**` does not.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    /// Without a `/` at its end.
    folder: String,
    globs: Vec<Glob>,
    set: GlobSet,
}

impl Patterns {
    /// The pattern, or why it is none.
    pub(crate) fn compile(pattern: &str) -> Result<[Glob; 2], String> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
        if pattern.is_empty() {
            return Err("an empty pattern matches no file".to_owned());
        }
        let compile = |pattern: &str| {
            GlobBuilder::new(pattern)
                .literal_separator(true)
                .build()
                .map_err(|error| error.kind().to_string())
        };
        Ok([compile(pattern)?, compile(&format!("{pattern}/**"))?])
    }

    /// The patterns of a file in `folder`; `None` if they are too much together.
    pub(crate) fn new(folder: &str, globs: Vec<Glob>) -> Option<Self> {
        let mut builder = GlobSetBuilder::new();
        for glob in &globs {
            builder.add(glob.clone());
        }
        let set = builder.build().ok()?;
        let folder = folder.trim_end_matches('/').to_owned();
        Some(Self { folder, globs, set })
    }

    /// Whether a pattern matches the file. A file outside the folder is matched by none.
    pub(crate) fn matches(&self, path: &str) -> bool {
        path.strip_prefix(&self.folder)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| self.set.is_match(rest))
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.folder == other.folder && self.globs == other.globs
    }
}
