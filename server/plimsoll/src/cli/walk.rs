//! Which files are reviewed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{anyhow, bail};
use ignore::WalkBuilder;
use plimsoll_engine::Skipped;
use plimsoll_syntax::FileKind;

use super::session::io_reason;
use crate::report::REVIEWED;

/// The files that were asked for.
#[derive(Debug, Default)]
pub struct Found {
    /// Absolute, sorted, each once.
    pub files: Vec<String>,
    /// Those of them that were named themselves, and not found below a folder.
    pub named: BTreeSet<String>,
    /// What could not be looked at.
    pub skipped: Vec<Skipped>,
}

/// The files to review under `paths`: folders as git sees them, hidden files left out; a file that is named is
/// reviewed even where it is ignored.
///
/// # Errors
/// If a path does not exist, or is a file that Plimsoll does not read.
pub fn find(paths: &[PathBuf], current_dir: &str) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for named in paths {
        let path = absolute(Path::new(current_dir), named);
        let unreadable =
            |error: io::Error| anyhow!("cannot read `{}`: {}", named.display(), io_reason(&error));
        let metadata = std::fs::metadata(&path).map_err(unreadable)?;
        if metadata.is_dir() {
            // The folder that is named must be readable; one below it costs itself only.
            std::fs::read_dir(&path).map_err(unreadable)?;
            find_below(&path, &mut found);
            continue;
        }
        let Some(path) = path.to_str() else {
            bail!("cannot read `{}`: its name is not UTF-8", named.display());
        };
        if !is_reviewed(path) {
            return Err(not_reviewed(named));
        }
        found.named.insert(path.to_owned());
        found.files.push(path.to_owned());
    }
    found.files.sort();
    found.files.dedup();
    found.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    found.skipped.dedup();
    Ok(found)
}

fn find_below(folder: &Path, found: &mut Found) {
    let walk = WalkBuilder::new(folder).require_git(false).follow_links(false).build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // A bad pattern in a .gitignore or a folder without permission: the rest is reviewed.
                found.skipped.push(Skipped {
                    path: path_of(&error).unwrap_or(folder).to_string_lossy().into_owned(),
                    reason: reason_of(&error),
                    is_failure: true,
                });
                continue;
            }
        };
        // Links are not followed: their target is reviewed where it lies.
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let lossy = entry.path().to_string_lossy();
        if !is_reviewed(&lossy) {
            continue;
        }
        match entry.path().to_str() {
            Some(path) => found.files.push(path.to_owned()),
            None => found.skipped.push(Skipped {
                path: lossy.into_owned(),
                reason: "its name is not UTF-8".to_owned(),
                is_failure: true,
            }),
        }
    }
}

/// The error on a file that is no code.
pub fn not_reviewed(named: &Path) -> anyhow::Error {
    anyhow!("cannot review `{}`: it is no {}", named.display(), REVIEWED.replace(" and ", " or "))
}

/// Whether Plimsoll has findings in files of this name. The rest that it reads is context.
pub fn is_reviewed(path: &str) -> bool {
    matches!(FileKind::from_path(path), Some(FileKind::Source(_) | FileKind::Prisma | FileKind::Sql))
}

/// The path without `.` and `..` parts. Links are left as they are, so that paths look as they were typed.
pub fn absolute(current_dir: &Path, path: &Path) -> PathBuf {
    let mut absolute = PathBuf::new();
    for part in current_dir.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
    }
    absolute
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn reason_of(error: &ignore::Error) -> String {
    match error.io_error() {
        Some(error) => format!("unreadable ({})", io_reason(error)),
        None => "unreadable".to_owned(),
    }
}
