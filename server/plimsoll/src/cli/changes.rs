//! Which lines have changed: `--diff` and `--staged` tell only what stands on them, or points to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};

use anyhow::bail;
use plimsoll_engine::Finding;
use plimsoll_project::Files;
use plimsoll_syntax::TextRange;
use rustc_hash::FxHashMap;

use super::git::Git;

/// How deep submodules may lie in each other.
const MAX_DEPTH: usize = 16;

/// The files whose changes are looked at: all that a finding can stand in or point to.
const PATHS: &[&str] = &[
    "*.ts", "*.tsx", "*.mts", "*.cts", "*.js", "*.jsx", "*.mjs", "*.cjs", "*.rs", "*.prisma", "*.sql",
    "*.json", "*.toml",
];

/// The lines that have changed, of all repositories.
#[derive(Debug, Default)]
pub struct Changes {
    files: FxHashMap<String, Lines>,
    /// Since when, in words.
    pub since: String,
}

/// Lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lines {
    All,
    /// From 1, the end not included. A range without a line stands before it, where some were taken out.
    These(Vec<(u32, u32)>),
}

impl Lines {
    /// Whether a place from the first line to the last has one of them, or had.
    fn touch(&self, first: u32, last: u32) -> bool {
        match self {
            Self::All => true,
            Self::These(ranges) => ranges.iter().any(|&(start, end)| first < end && last >= start),
        }
    }
}

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
        let mut changes = Self::default();
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
            changes.add(git, &id.unwrap_or_default(), since, named)?;
        }
        Ok(changes)
    }

    /// Every line of a file.
    pub fn all_of(path: &str) -> Self {
        Self {
            files: std::iter::once((path.to_owned(), Lines::All)).collect(),
            since: "in what was edited".to_owned(),
        }
    }

    /// Those in one file.
    pub fn within(mut self, path: &str) -> Self {
        self.files.retain(|known, _| known == path);
        self
    }

    fn add(
        &mut self,
        git: &Git,
        base: &str,
        since: Since<'_>,
        named: &BTreeSet<String>,
    ) -> anyhow::Result<()> {
        let mut arguments = vec!["diff"];
        if since == Since::Staged {
            arguments.push("--cached");
        }
        arguments.extend([
            "--unified=0",
            "--inter-hunk-context=0",
            "--find-renames",
            "--text",
            "--ignore-cr-at-eol",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            "--relative",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            base,
            "--",
        ]);
        arguments.extend(PATHS);
        self.files.extend(git.stream(&arguments, |output| parse(&git.root, output))?);
        if since == Since::Staged {
            return Ok(());
        }
        let mut untracked = git.paths(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let own = |path: &String| path.strip_prefix(&git.root)?.strip_prefix('/').map(str::to_owned);
        let named: Vec<String> =
            named.iter().filter_map(own).map(|path| format!(":(literal){path}")).collect();
        if !named.is_empty() {
            // Files that git ignores count where they are asked for.
            let mut arguments = vec!["ls-files", "--others", "-z", "--"];
            arguments.extend(named.iter().map(String::as_str));
            untracked.extend(git.paths(&arguments)?);
        }
        let all = untracked.iter().map(|path| (format!("{}/{path}", git.root), Lines::All));
        self.files.extend(all);
        Ok(())
    }

    /// Keeps the findings that stand on a changed line, or point to one.
    pub fn keep(&self, view: &dyn Files, findings: &mut Vec<Finding>) {
        let breaks = RefCell::new(BTreeMap::new());
        let touches = |path: &str, range: TextRange| {
            let Some(lines) = self.files.get(path) else { return false };
            let mut breaks = breaks.borrow_mut();
            let breaks: &mut Vec<u32> =
                breaks.entry(path.to_owned()).or_insert_with(|| breaks_of(view, path));
            // Git counts `\n` only.
            let line_of = |byte: u32| breaks.partition_point(|at| *at < byte) as u32 + 1;
            lines.touch(line_of(range.start), line_of(range.end.saturating_sub(1).max(range.start)))
        };
        findings.retain(|finding| {
            touches(&finding.path, finding.range)
                || finding.related.iter().any(|related| touches(&related.path, related.range))
        });
    }
}

fn breaks_of(view: &dyn Files, path: &str) -> Vec<u32> {
    let text = view.read(path);
    let bytes = text.as_deref().unwrap_or_default().bytes();
    let breaks = (0u32..).zip(bytes).filter(|(_, byte)| *byte == b'\n');
    breaks.map(|(at, _)| at).collect()
}

/// What the findings are about, in words.
fn told(since: Since<'_>, base: Option<&Base>) -> String {
    match (since, base) {
        (Since::Staged, _) => "on staged lines".to_owned(),
        (_, None) => "on changed lines".to_owned(),
        (_, Some(base)) => {
            let short = base.id.get(..8).unwrap_or(&base.id);
            format!("on lines changed since {} ({short})", base.name)
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

/// The changed lines of a unified diff without context, by absolute path.
fn parse(root: &str, mut diff: impl BufRead) -> io::Result<FxHashMap<String, Lines>> {
    let mut files: FxHashMap<String, Lines> = FxHashMap::default();
    let mut path: Option<String> = None;
    // Lines of the hunk that are still to come: they may look like anything.
    let (mut old, mut new) = (0u32, 0u32);
    let mut line = Vec::new();
    loop {
        line.clear();
        if diff.read_until(b'\n', &mut line)? == 0 {
            return Ok(files);
        }
        if old > 0 || new > 0 {
            match line.first() {
                Some(b'-') => old = old.saturating_sub(1),
                Some(b'+') => new = new.saturating_sub(1),
                Some(b'\\') => {}
                _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            }
        } else if let Some(name) = line.strip_prefix(b"+++ ") {
            path = path_in(name).map(|path| format!("{root}/{path}"));
        } else if let Some((before, after)) = line.strip_prefix(b"@@ ").and_then(hunk) {
            (old, new) = (before.1, after.1);
            if let Some(path) = &path {
                let start = if after.1 == 0 { after.0.saturating_add(1) } else { after.0 };
                let range = (start, start.saturating_add(after.1));
                match files.entry(path.clone()).or_insert(Lines::These(Vec::new())) {
                    Lines::These(ranges) => ranges.push(range),
                    Lines::All => {}
                }
            }
        }
    }
}

/// `-3,2 +3 @@ …`: where both sides begin, and how many lines each has.
fn hunk(rest: &[u8]) -> Option<((u32, u32), (u32, u32))> {
    let text = str::from_utf8(rest.split(|byte| *byte == b'@').next()?).ok()?;
    let mut sides = text.split(' ');
    let mut side = |mark: char| {
        let range = sides.next()?.strip_prefix(mark)?;
        let (start, count) = range.split_once(',').unwrap_or((range, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    Some((side('-')?, side('+')?))
}

/// A path as the head of a diff spells it; none where the file is gone, or its name is no UTF-8.
fn path_in(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b"\n").unwrap_or(name);
    // Behind a name with spaces stands a tab.
    let name = name.strip_suffix(b"\t").unwrap_or(name);
    let name = match name.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
        Some(quoted) => unquoted(quoted)?,
        None => name.to_vec(),
    };
    String::from_utf8(name).ok()?.strip_prefix("b/").map(str::to_owned)
}

/// A name between quotes, with its escapes read as C reads them.
fn unquoted(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = quoted.iter().copied();
    let mut plain = Vec::with_capacity(quoted.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            first @ b'0'..=b'3' => {
                let digits = [first, bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 8).ok()?
            }
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use plimsoll_syntax::FileKind;

    use super::*;

    fn parsed(diff: &str) -> Vec<(String, Lines)> {
        let mut files: Vec<_> = parse("/p", diff.as_bytes()).expect("it is read").into_iter().collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }

    #[test]
    fn lines_are_told_by_their_new_numbers_and_names_as_they_are() {
        let diff = "diff --git a/a b.ts b/a b.ts\n--- a/a b.ts\t\n+++ b/a b.ts\t\n\
            @@ -1 +1,2 @@ fn\n--- b/no.ts\n+++ b/no.ts\n+@@ -1 +1 @@\n\\ No newline at end of file\n\
            @@ -9,3 +8,0 @@\n-a\n-b\n-c\n\
            diff --git \"a/t\\303\\244\\\"b\\\".rs\" \"b/t\\303\\244\\\"b\\\".rs\"\n--- /dev/null\n+++ \"b/t\\303\\244\\\"b\\\".rs\"\n\
            @@ -0,0 +1 @@\n+x\n\
            --- a/gone.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        assert_eq!(
            parsed(diff),
            [
                ("/p/a b.ts".to_owned(), Lines::These(vec![(1, 3), (9, 9)])),
                ("/p/tä\"b\".rs".to_owned(), Lines::These(vec![(1, 2)])),
            ]
        );
    }

    #[test]
    fn what_is_no_diff_is_nothing() {
        for text in ["", "@@", "@@ -1 @@\n", "+++ \"b/\\\n@@ -1 +1 @@\n+x\n", "@@ -x +y @@\n"] {
            assert_eq!(parsed(text), [], "{text:?}");
        }
    }

    #[test]
    fn a_place_is_touched_where_a_line_of_it_is_or_was() {
        let lines = Lines::These(vec![(3, 5), (9, 9)]);
        let touched: Vec<u32> = (1..12).filter(|line| lines.touch(*line, *line)).collect();
        assert_eq!(touched, [3, 4]);
        // Something was taken out between 8 and 9.
        assert!(lines.touch(8, 9) && lines.touch(6, 10) && !lines.touch(6, 8) && !lines.touch(9, 12));
    }

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
