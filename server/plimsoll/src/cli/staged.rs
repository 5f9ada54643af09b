//! The files as a commit would have them: the index over the working tree.
//!
//! What git tracks is seen as it is staged, what is neither tracked nor ignored is not there, and what is ignored
//! (generated clients, installed packages) is seen as the disk has it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdout;
use std::sync::Arc;

use anyhow::{Context, bail};
use dashmap::DashMap;
use plimsoll_engine::Baseline;
use plimsoll_project::importers::Imports;
use plimsoll_project::{Files, MemoryFiles};
use plimsoll_syntax::{FileKind, limits};
use rustc_hash::{FxHashMap, FxHashSet};

use super::git::Git;

/// In what the index differs from the disk, of the files that Plimsoll reads.
#[derive(Debug, Default)]
pub struct Staged {
    over: MemoryFiles,
    /// Staged, but no text that is read.
    unreadable: FxHashSet<String>,
    /// On the disk only.
    absent: FxHashSet<String>,
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
        self.absent.extend(untracked.iter().filter(|path| is_read(path)).map(|path| absolute(path)));
        let options = ["--no-renames", "--no-ext-diff", "--ignore-submodules=all", "--relative"];
        let changed = git.paths(&[&["diff", "--name-status", "-z"], &options[..]].concat())?;
        let mut wanted = FxHashSet::default();
        for entry in changed.chunks_exact(2).filter(|entry| is_read(&entry[1])) {
            match entry[0].as_str() {
                // Announced, but nothing of it is staged.
                "A" => drop(self.absent.insert(absolute(&entry[1]))),
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
        let texts = texts_of(git, &objects)?;
        for (path, _) in objects {
            match texts.get(path) {
                Some(text) => self.over.insert(absolute(path), Arc::clone(text)),
                None => drop(self.unreadable.insert(absolute(path))),
            }
        }
        Ok(())
    }

    /// Whether the disk holds what is staged, and nothing else.
    pub fn is_on_disk(&self) -> bool {
        self.over.paths().next().is_none() && self.unreadable.is_empty() && self.absent.is_empty()
    }

    /// The files to review: those of the disk that are tracked, and those that only the index has.
    pub fn select(&self, files: &mut Vec<String>, is_asked_for: impl Fn(&str) -> bool) {
        files.retain(|path| !self.absent.contains(path));
        let staged = self.over.paths().chain(self.unreadable.iter().map(String::as_str));
        files.extend(staged.filter(|path| is_asked_for(path)).map(str::to_owned));
        files.sort();
        files.dedup();
    }

    /// The files as they are staged, over what lies under them.
    pub fn view<'a>(&'a self, under: &'a dyn Files) -> StagedFiles<'a> {
        StagedFiles { staged: self, under, imports: DashMap::new() }
    }
}

/// The index over the disk.
pub struct StagedFiles<'a> {
    staged: &'a Staged,
    under: &'a dyn Files,
    imports: DashMap<String, Option<Arc<Imports>>>,
}

impl StagedFiles<'_> {
    fn is_hidden(&self, path: &str) -> bool {
        self.staged.absent.contains(path) || self.staged.unreadable.contains(path)
    }
}

impl Files for StagedFiles<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let under = || (!self.is_hidden(path)).then(|| self.under.read(path)).flatten();
        self.staged.over.read(path).or_else(under)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        let under = || (!self.is_hidden(path)).then(|| self.under.stamp(path)).flatten();
        self.staged.over.stamp(path).or_else(under)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let folder = folder.trim_end_matches('/');
        let mut names = self.under.list(folder);
        names.retain(|name| !self.staged.absent.contains(&format!("{folder}/{name}")));
        names.extend(self.staged.over.list(folder));
        names.sort();
        names.dedup();
        names
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.under.root_of(path)
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        let read = || Imports::read(self, root, None).map(Arc::new);
        self.imports.entry(root.to_owned()).or_insert_with(read).clone()
    }
}

fn is_read(path: &str) -> bool {
    FileKind::from_path(path).is_some() || path.ends_with(Baseline::FILE)
}

/// The texts of objects, by path; none of those that are too large or no UTF-8.
fn texts_of<'a>(git: &Git, objects: &[(&'a str, String)]) -> anyhow::Result<FxHashMap<&'a str, Arc<str>>> {
    let mut texts = FxHashMap::default();
    let mut child = git.conversation(&["cat-file", "--batch"])?;
    let mut stdin = child.stdin.take().context("git has no input")?;
    let mut stdout = BufReader::new(child.stdout.take().context("git has no output")?);
    for (path, id) in objects {
        // One question at a time: neither side waits for the other to read.
        writeln!(stdin, "{id}").and_then(|()| stdin.flush()).context("git does not read")?;
        let bytes = object(&mut stdout)?;
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            texts.insert(*path, text.into());
        }
    }
    drop(stdin);
    child.wait()?;
    Ok(texts)
}

/// `<id> blob <size>`, the content, and a line break; none of what is larger than is read.
fn object(stdout: &mut BufReader<ChildStdout>) -> anyhow::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    stdout.read_line(&mut head)?;
    let size: u64 = match head.split_whitespace().nth(2).and_then(|size| size.parse().ok()) {
        Some(size) => size,
        None => bail!("cannot read what is staged: git: {}", head.trim()),
    };
    let mut content = stdout.take(size + 1);
    if size > limits::MAX_FILE_BYTES as u64 {
        std::io::copy(&mut content, &mut std::io::sink())?;
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    content.read_to_end(&mut bytes)?;
    bytes.pop();
    Ok(Some(bytes))
}
