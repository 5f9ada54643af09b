//! A project on disk, and the binary run in it.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder that is removed at the end of its test.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a run of the binary printed, and the status it ended with.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("project").tempdir().expect("there is room");
        let project = Self { folder };
        for (path, text) in files {
            project.write_bytes(path, text.as_bytes());
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is below the folder")).expect("there is room");
        std::fs::write(path, bytes).expect("there is room");
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let output = self.command(arguments).current_dir(self.path().join(folder)).output();
        self.told(&output.expect("the binary was built"))
    }

    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let mut stdin = child.stdin.take().expect("it is piped");
        // Whoever does not read its input may be gone by now.
        let _ = stdin.write_all(input);
        drop(stdin);
        self.told(&child.wait_with_output().expect("it ends"))
    }

    /// Runs with all that it logs on standard error.
    pub fn run_logging(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).env("PLIMSOLL_LOG", "plimsoll=debug").output();
        self.told(&output.expect("the binary was built"))
    }

    /// Runs with a standard output that nobody reads.
    pub fn run_closed(&self, arguments: &[&str]) -> Run {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let output = self.command(arguments).stdout(writer).stderr(Stdio::piped()).spawn();
        let output = output.expect("the binary was built").wait_with_output();
        self.told(&output.expect("it ends"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(arguments).current_dir(self.path()).env("NO_COLOR", "").env_remove("CLICOLOR_FORCE");
        command
    }

    /// The output without what differs from run to run.
    fn told(&self, output: &Output) -> Run {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[project]");
            let lines = text.lines().map(|line| match line.split_once("\"duration_ms\": ") {
                Some((before, _)) => format!("{before}\"duration_ms\": [time]\n"),
                None => format!("{line}\n"),
            });
            lines.collect::<String>()
        };
        Run {
            status: output.status.code().expect("no signal ended it"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status: {}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}
