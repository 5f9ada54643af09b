//! The files as a commit would have them: the index over the working tree.
//!
//! What git tracks is seen as it is staged, what is neither tracked nor ignored is not there.

use plimsoll_project::Files;
use rustc_hash::FxHashSet;

use super::changes::is_read;
use super::git::Git;
use super::layer::{Layer, Layered};

/// In what the index differs from the disk, of the files that Plimsoll reads.
#[derive(Debug, Default)]
pub struct Staged {
    layer: Layer,
}

impl Staged {
    /// What is staged in repositories.
    ///
    /// # Errors
    /// If git cannot be asked.
    pub fn of(repositories: &[Git]) -> anyhow::Result<Self> {
        let mut staged = Self::default();
        for git in repositories {
            staged.add(git)?;
        }
        Ok(staged)
    }

    fn add(&mut self, git: &Git) -> anyhow::Result<()> {
        let absolute = |path: &str| format!("{}/{path}", git.root);
        let untracked = git.paths(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        untracked.iter().filter(|path| is_read(path)).for_each(|path| self.layer.hide(absolute(path)));
        let options = ["--no-renames", "--no-ext-diff", "--ignore-submodules=all", "--relative"];
        let changed = git.paths(&[&["diff", "--name-status", "-z"], &options[..]].concat())?;
        let mut wanted = FxHashSet::default();
        for entry in changed.chunks_exact(2).filter(|entry| is_read(&entry[1])) {
            match entry[0].as_str() {
                // Announced, but nothing of it is staged.
                "A" => self.layer.hide(absolute(&entry[1])),
                // Several versions of it are at odds, and none is staged.
                "U" => {}
                _ => drop(wanted.insert(entry[1].as_str())),
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut objects: Vec<(&str, String)> = Vec::new();
        let index = git.paths(&["ls-files", "--stage", "-z"])?;
        for entry in &index {
            let Some((head, path)) = entry.split_once('\t') else { continue };
            let fields: Vec<&str> = head.split(' ').collect();
            if let ([mode, id, "0"], true) = (fields.as_slice(), wanted.contains(path)) {
                // A link is no text, and the index of another repository is its own.
                if mode.starts_with("100") {
                    objects.push((path, (*id).to_owned()));
                }
            }
        }
        self.layer.hold(git, &objects)
    }

    /// Whether the disk holds what is staged, and nothing else.
    pub fn is_on_disk(&self) -> bool {
        self.layer.is_empty()
    }

    /// The files to review: those of the disk that are tracked, and those that only the index has.
    pub fn select(&self, files: &mut Vec<String>, is_asked_for: impl Fn(&str) -> bool) {
        files.retain(|path| !self.layer.hides(path));
        files.extend(self.layer.held().filter(|path| is_asked_for(path)).map(str::to_owned));
        files.sort();
        files.dedup();
    }

    /// The files as they are staged, over what lies under them.
    pub fn view<'a>(&'a self, under: &'a dyn Files) -> Layered<'a> {
        self.layer.view(under)
    }
}
