//! What has changed, line by line: `--diff` and `--staged` tell what stands on changed lines, points to them, or has come
//! with them elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use plimsoll_engine::Finding;
use plimsoll_project::Files;
use plimsoll_syntax::{FileKind, TextRange};
use rustc_hash::FxHashMap;

use super::base::EarlierFiles;
use super::git::Git;
use super::lines::{Lines, parse};

/// How deep submodules may lie in each other.
const MAX_DEPTH: usize = 16;

/// The files whose changes are looked at: all that a finding can stand in, point to or come from.
const PATHS: &[&str] = &[
    "*.ts", "*.tsx", "*.mts", "*.cts", "*.js", "*.jsx", "*.mjs", "*.cjs", "*.rs", "*.prisma", "*.sql",
    "*.json", "*.jsonc", "*.toml", "*.yaml", "*.vue", "*.svelte", "*.astro", "*.mdx",
];

/// Whether a file is one of them.
pub fn is_read(path: &str) -> bool {
    FileKind::from_path(path).is_some() || PATHS.iter().any(|glob| path.ends_with(&glob[1..]))
}

/// The lines that have changed, of all repositories.
#[derive(Debug, Default)]
pub struct Changes {
    files: FxHashMap<String, Lines>,
    /// What was compared in which repository: the id of a commit or a tree.
    compared: Vec<(Git, String)>,
    /// Files that git neither tracks nor ignores.
    untracked: Vec<String>,
    is_staged: bool,
    /// Since when, in words.
    since: String,
}

/// A line from 1, and a byte of it.
pub type Spot = (u32, u32);

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since<'a> {
    /// The working tree with where it left the default branch.
    DefaultBranch,
    /// The working tree with where it left a commit.
    Commit(&'a str),
    /// What is staged with the last commit.
    Staged,
}

/// A commit, or the tree that holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    id: String,
    name: String,
}

impl Changes {
    /// What has changed in repositories. `named` are files that were asked for by their own name.
    ///
    /// # Errors
    /// If git cannot be asked, or does not know what to compare with.
    pub fn of(repositories: &[Git], since: Since<'_>, named: &BTreeSet<String>) -> anyhow::Result<Self> {
        let mut changes = Self { is_staged: since == Since::Staged, ..Self::default() };
        for git in repositories {
            let base = match since {
                Since::Staged => git.commit("HEAD")?.map(|id| Base { id, name: "HEAD".to_owned() }),
                _ => base_of(git, since, MAX_DEPTH)?,
            };
            if changes.since.is_empty() {
                changes.since = told(since, base.as_ref());
            }
            let id = base.map_or_else(
                || git.line(&["hash-object", "-t", "tree", "--stdin"]),
                |base| Ok(Some(base.id)),
            )?;
            let id = id.unwrap_or_default();
            changes.add(git, &id, named)?;
            changes.compared.push((git.clone(), id));
        }
        Ok(changes)
    }

    /// Every line of a file.
    pub fn all_of(path: &str) -> Self {
        Self {
            files: std::iter::once((path.to_owned(), Lines::All)).collect(),
            since: "in what was edited".to_owned(),
            ..Self::default()
        }
    }

    /// Those in one file.
    pub fn within(mut self, path: &str) -> Self {
        self.files.retain(|known, _| known == path);
        self.since = self.since.replace(BROUGHT_IN, "on changed lines");
        self
    }

    /// What it is about, in words.
    pub fn told(&self) -> String {
        self.since.clone()
    }

    fn add(&mut self, git: &Git, base: &str, named: &BTreeSet<String>) -> anyhow::Result<()> {
        let how = [
            "--unified=0",
            "--inter-hunk-context=0",
            "--text",
            "--ignore-cr-at-eol",
            "--no-color",
            "--no-textconv",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ];
        let arguments = arguments(&how, base, self.is_staged);
        self.files.extend(git.stream(&arguments, |output| parse(&git.root, output))?);
        if self.is_staged {
            return Ok(());
        }
        let mut untracked = git.paths(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let absolute = |path: &String| format!("{}/{path}", git.root);
        self.untracked.extend(untracked.iter().map(absolute));
        let own = |path: &String| path.strip_prefix(&git.root)?.strip_prefix('/').map(str::to_owned);
        let named: Vec<String> =
            named.iter().filter_map(own).map(|path| format!(":(literal){path}")).collect();
        if !named.is_empty() {
            // Files that git ignores count where they are asked for.
            let mut arguments = vec!["ls-files", "--others", "-z", "--"];
            arguments.extend(named.iter().map(String::as_str));
            untracked.extend(git.paths(&arguments)?);
        }
        self.files.extend(untracked.iter().map(|path| (absolute(path), Lines::All)));
        Ok(())
    }

    /// Whether each finding stands on a changed line, or points to one.
    pub fn touch(&self, view: &dyn Files, findings: &[Finding]) -> Vec<bool> {
        let mut texts: BTreeMap<String, Breaks> = BTreeMap::new();
        let mut touches = |path: &str, range: TextRange| {
            let Some(lines) = self.files.get(path) else { return false };
            let breaks = texts.entry(path.to_owned()).or_insert_with(|| Breaks::of(view, path));
            let (first, last) = breaks.spots(range);
            lines.touch(first.0, last.0)
        };
        let touched = findings.iter().map(|finding| {
            touches(&finding.path, finding.range)
                || finding.related.iter().any(|related| touches(&related.path, related.range))
        });
        touched.collect()
    }

    /// Where a place on lines that have not changed stood before.
    pub fn before(&self, path: &str, (first, last): (Spot, Spot)) -> (Spot, Spot) {
        let Some(lines) = self.files.get(path) else { return (first, last) };
        ((lines.before(first.0), first.1), (lines.before(last.0), last.1))
    }

    /// The files before.
    ///
    /// # Errors
    /// If git cannot tell.
    pub fn base(&self) -> anyhow::Result<EarlierFiles> {
        let mut base = EarlierFiles::default();
        self.untracked.iter().filter(|path| is_read(path)).for_each(|path| base.lacks(path));
        for (git, id) in &self.compared {
            let arguments = arguments(&["--raw", "--no-abbrev", "-z"], id, self.is_staged);
            base.add(git, &git.bytes(&arguments)?)?;
        }
        Ok(base)
    }
}

/// What git is asked, so that each time it pairs the same files.
fn arguments<'a>(how: &[&'a str], base: &'a str, is_staged: bool) -> Vec<&'a str> {
    let mut arguments = vec!["diff"];
    if is_staged {
        arguments.push("--cached");
    }
    arguments.extend(["--find-renames", "--no-ext-diff", "--ignore-submodules=all", "--relative"]);
    arguments.extend(how);
    arguments.extend([base, "--"]);
    arguments.extend(PATHS);
    arguments
}

/// Where the lines of a text break. Git counts `\n` only.
pub struct Breaks(Vec<u32>);

impl Breaks {
    /// Those of a file.
    pub fn of(view: &dyn Files, path: &str) -> Self {
        let text = view.read(path);
        let bytes = text.as_deref().unwrap_or_default().bytes();
        Self((0u32..).zip(bytes).filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// Where a range begins, and its last byte.
    pub fn spots(&self, range: TextRange) -> (Spot, Spot) {
        (self.spot(range.start), self.spot(range.end.saturating_sub(1).max(range.start)))
    }

    fn spot(&self, byte: u32) -> Spot {
        let above = self.0.partition_point(|at| *at < byte);
        let start = above.checked_sub(1).map_or(0, |last| self.0[last] + 1);
        (above as u32 + 1, byte - start)
    }
}

/// What is told of what has changed.
const BROUGHT_IN: &str = "brought in";

/// What the findings are about, in words.
fn told(since: Since<'_>, base: Option<&Base>) -> String {
    match (since, base) {
        (Since::Staged, _) => format!("{BROUGHT_IN} by what is staged"),
        (_, None) => BROUGHT_IN.to_owned(),
        (_, Some(base)) => {
            let short = base.id.get(..8).unwrap_or(&base.id);
            format!("{BROUGHT_IN} since {} ({short})", base.name)
        }
    }
}

/// What the working tree of a repository is compared with; none where all of it is new.
fn base_of(git: &Git, since: Since<'_>, depth: usize) -> anyhow::Result<Option<Base>> {
    // Whoever works in a submodule means its own history.
    if depth > 0 && !git.is_current {
        let outer = git.line(&["rev-parse", "--show-superproject-working-tree"])?;
        if let Some(outer) = outer.filter(|outer| !outer.is_empty()) {
            return base_of_submodule(git, &outer, since, depth);
        }
    }
    if git.commit("HEAD")?.is_none() {
        return Ok(None);
    }
    let (name, tip) = match since {
        Since::Commit(rev) => match git.commit(rev)? {
            Some(commit) => (rev.to_owned(), commit),
            None => bail!(
                "cannot tell what has changed: `{rev}` is no commit of this repository{}",
                shallow(git)?
            ),
        },
        _ => default_branch(git)?,
    };
    let id = match git.line(&["merge-base", "HEAD", &tip])? {
        Some(id) => id,
        // Whoever names a commit wants it compared, wherever it comes from.
        None if matches!(since, Since::Commit(_)) => tip,
        None => bail!(
            "cannot tell what has changed: HEAD and {name} have no commit in common{}; `--diff=REV` names one",
            shallow(git)?
        ),
    };
    Ok(Some(Base { id, name }))
}

/// The branch that others start from, as far as this clone knows, and its commit.
fn default_branch(git: &Git) -> anyhow::Result<(String, String)> {
    let remote = git.line(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?;
    let others = ["remotes/origin/main", "remotes/origin/master", "heads/main", "heads/master"];
    let candidates = remote.into_iter().chain(others.iter().map(|name| format!("refs/{name}")));
    for name in candidates {
        if let Some(commit) = git.commit(&name)? {
            let short =
                name.trim_start_matches("refs/").trim_start_matches("remotes/").trim_start_matches("heads/");
            return Ok((short.to_owned(), commit));
        }
    }
    bail!(
        "cannot tell what has changed: there is no origin/HEAD, main or master here; `--diff=REV` names a commit"
    )
}

/// A submodule is compared with what the repository around it held of it.
fn base_of_submodule(git: &Git, outer: &str, since: Since<'_>, depth: usize) -> anyhow::Result<Option<Base>> {
    let around = Git::new(outer, None);
    let Some(base) = base_of(&around, since, depth - 1)? else { return Ok(None) };
    let own = git.line(&["rev-parse", "--show-toplevel"])?.unwrap_or_default();
    let Some(path) = own.strip_prefix(outer).and_then(|path| path.strip_prefix('/')) else {
        return Ok(Some(base));
    };
    let listed = around.line(&["ls-tree", &base.id, "--", path])?.unwrap_or_default();
    let id = listed.split_once('\t').and_then(|(entry, _)| entry.strip_prefix("160000 commit "));
    // One that was not there yet, or is there in part only, is new.
    let known = id.map(|id| git.commit(id)).transpose()?.flatten();
    Ok(known.map(|id| Base { id, name: base.name }))
}

/// Why history may be missing.
fn shallow(git: &Git) -> anyhow::Result<&'static str> {
    let answer = git.line(&["rev-parse", "--is-shallow-repository"])?;
    Ok(match answer.as_deref() {
        Some("true") => " (this clone is shallow: `git fetch --unshallow` brings the rest)",
        _ => "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_that_are_reviewed_are_looked_at() {
        let is_known = |path: &str| PATHS.iter().any(|glob| path.ends_with(&glob[1..]));
        for path in [
            "a.ts", "a.tsx", "a.mts", "a.cts", "a.js", "a.jsx", "a.mjs", "a.cjs", "a.rs", "a.prisma", "a.sql",
        ] {
            assert!(FileKind::from_path(path).is_some() && is_known(path), "{path}");
        }
        for path in ["package.json", "Cargo.toml", "tsconfig.json", "plimsoll.toml"] {
            assert!(FileKind::from_path(path).is_some() && is_known(path), "{path}");
        }
    }
}
