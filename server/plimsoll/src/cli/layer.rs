//! Files as git holds them, laid over those of the disk.
//!
//! What is the same in both is seen as the disk has it, and so is what git ignores: generated clients, installed packages.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdout;
use std::sync::Arc;

use anyhow::{Context, bail};
use dashmap::DashMap;
use plimsoll_project::importers::Imports;
use plimsoll_project::{Files, MemoryFiles};
use plimsoll_syntax::limits;
use rustc_hash::{FxHashMap, FxHashSet};

use super::git::Git;

/// In what git differs from what lies under it, of the files that Plimsoll reads.
#[derive(Debug, Default)]
pub struct Layer {
    over: MemoryFiles,
    /// Held, but no text that is read.
    unreadable: FxHashSet<String>,
    /// Not held, but under it.
    absent: FxHashSet<String>,
}

impl Layer {
    /// Takes over objects, by their paths below the root.
    ///
    /// # Errors
    /// If git cannot be asked.
    pub fn hold(&mut self, git: &Git, objects: &[(&str, String)]) -> anyhow::Result<()> {
        if objects.is_empty() {
            return Ok(());
        }
        let texts = texts_of(git, objects)?;
        for (path, _) in objects {
            let absolute = format!("{}/{path}", git.root);
            match texts.get(path) {
                Some(text) => self.over.insert(absolute, Arc::clone(text)),
                None => drop(self.unreadable.insert(absolute)),
            }
        }
        Ok(())
    }

    /// Hides a file that git does not hold.
    pub fn hide(&mut self, path: String) {
        self.absent.insert(path);
    }

    /// Whether a file is hidden because git does not hold it.
    pub fn hides(&self, path: &str) -> bool {
        self.absent.contains(path)
    }

    /// Whether it is the same as what lies under it.
    pub fn is_empty(&self) -> bool {
        self.over.paths().next().is_none() && self.unreadable.is_empty() && self.absent.is_empty()
    }

    /// The files that git holds otherwise than what lies under it.
    pub fn held(&self) -> impl Iterator<Item = &str> {
        self.over.paths().chain(self.unreadable.iter().map(String::as_str))
    }

    /// All paths at which something else is seen.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.held().chain(self.absent.iter().map(String::as_str))
    }

    /// Whether something else is seen at a path.
    pub fn differs_at(&self, path: &str) -> bool {
        self.is_hidden(path) || self.over.stamp(path).is_some()
    }

    fn is_hidden(&self, path: &str) -> bool {
        self.absent.contains(path) || self.unreadable.contains(path)
    }

    /// The files as git holds them, over what lies under them.
    pub fn view<'a>(&'a self, under: &'a dyn Files) -> Layered<'a> {
        Layered { layer: self, under, imports: DashMap::new() }
    }
}

/// Files as git holds them.
pub struct Layered<'a> {
    /// What git holds.
    pub layer: &'a Layer,
    /// What is seen otherwise.
    pub under: &'a dyn Files,
    imports: DashMap<String, Option<Arc<Imports>>>,
}

impl Files for Layered<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let under = || (!self.layer.is_hidden(path)).then(|| self.under.read(path)).flatten();
        self.layer.over.read(path).or_else(under)
    }

    fn stamp(&self, path: &str) -> Option<u64> {
        let under = || (!self.layer.is_hidden(path)).then(|| self.under.stamp(path)).flatten();
        self.layer.over.stamp(path).or_else(under)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let folder = folder.trim_end_matches('/');
        let mut names = self.under.list(folder);
        names.retain(|name| !self.layer.hides(&format!("{folder}/{name}")));
        names.extend(self.layer.over.list(folder));
        names.sort();
        names.dedup();
        names
    }

    fn root_of(&self, path: &str) -> Option<String> {
        self.under.root_of(path)
    }

    fn imports_below(&self, root: &str) -> Option<Arc<Imports>> {
        let read = || {
            let under = self.under.imports_below(root);
            Imports::read(self, root, under.as_deref()).map(Arc::new)
        };
        self.imports.entry(root.to_owned()).or_insert_with(read).clone()
    }
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
        None => bail!("cannot read what git holds: git: {}", head.trim()),
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
