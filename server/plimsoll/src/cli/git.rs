//! What git knows of a working tree, asked of `git` itself.
//!
//! A library that reads repositories (gix) and all it needs are 160 crates for what is asked here, and know less of how a machine's
//! git is set up: filters, line ends, sparse and partial clones, linked working trees. Where there is something to
//! compare with there is git.
//!
//! Nothing that a repository is set up with is run (external diffs, text conversions, file system monitors), nothing is
//! fetched, and no lock is taken.

use std::io::{self, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, anyhow};

/// What a hook tells git of the repository that it runs for, and of no other (`git rev-parse --local-env-vars`).
const OF_ONE_REPOSITORY: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// A repository, by the root of its working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    /// Absolute, with `/`.
    pub root: String,
    /// Whether the process runs in it: then the environment speaks of it.
    pub is_current: bool,
}

impl Git {
    /// The repository of a working tree. `current_root` is the one that the process runs in.
    pub fn new(root: &str, current_root: Option<&str>) -> Self {
        Self { root: root.to_owned(), is_current: current_root == Some(root) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(["-C", &self.root, "-c", "core.quotePath=false", "-c", "core.fsmonitor=false"]);
        command.args(arguments).stdin(Stdio::null());
        if !self.is_current {
            for name in OF_ONE_REPOSITORY {
                command.env_remove(name);
            }
        }
        let unchanging = [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("LC_ALL", "C")];
        command.envs(unchanging).env_remove("GIT_LITERAL_PATHSPECS").env_remove("GIT_ICASE_PATHSPECS");
        command
    }

    /// What git prints.
    ///
    /// # Errors
    /// If it cannot be run, or says that it cannot do it.
    pub fn bytes(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        let output = self.command(arguments).output().map_err(missing)?;
        if output.status.success() { Ok(output.stdout) } else { Err(refusal(&output)) }
    }

    /// The paths that git prints with `-z`, below the root. Those that are no UTF-8 are left out: nobody reviews them.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn paths(&self, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
        let printed = self.bytes(arguments)?;
        let paths = printed.split(|byte| *byte == 0).filter_map(|path| str::from_utf8(path).ok());
        Ok(paths.filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// The line that git prints, or none where it ends with status 1: what it was asked for is not there.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn line(&self, arguments: &[&str]) -> anyhow::Result<Option<String>> {
        let output = self.command(arguments).output().map_err(missing)?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())),
            Some(1) => Ok(None),
            _ => Err(refusal(&output)),
        }
    }

    /// The commit that a name stands for.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn commit(&self, name: &str) -> anyhow::Result<Option<String>> {
        let peeled = format!("{name}^{{commit}}");
        self.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled])
    }

    /// Reads what git prints while it prints it.
    ///
    /// # Errors
    /// See [`Self::bytes`], and what `read` fails with.
    pub fn stream<T>(
        &self,
        arguments: &[&str],
        read: impl FnOnce(BufReader<&mut dyn Read>) -> io::Result<T>,
    ) -> anyhow::Result<T> {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            // What it says is little, and fits the pipe while its output is read.
            .stderr(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        let mut stdout = child.stdout.take().context("git has no output")?;
        let result = read(BufReader::with_capacity(1 << 16, &mut stdout as &mut dyn Read));
        drop(stdout);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(refusal(&output));
        }
        Ok(result?)
    }

    /// A git that is told on its input what to print.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn conversation(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(missing)
    }
}

fn missing(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            anyhow!("cannot tell what has changed: `git` is not installed, or not on the PATH")
        }
        _ => anyhow!(
            "cannot tell what has changed: `git` cannot be run: {}",
            super::session::io_reason(&error)
        ),
    }
}

/// What git said, in its own words.
fn refusal(output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it ended without a word");
    anyhow!("cannot tell what has changed: git: {}", line.trim_start_matches("fatal: "))
}
