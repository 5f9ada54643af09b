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

    /// Runs in a folder of the project with variables of the environment.
    pub fn run_in_with(&self, folder: &str, arguments: &[&str], with: &[(&str, &str)]) -> Run {
        let mut command = self.command(arguments);
        command.current_dir(self.path().join(folder)).env_remove("NO_COLOR");
        self.told(&command.envs(with.iter().copied()).output().expect("the binary was built"))
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

    /// Runs with more in its environment.
    pub fn run_with_env(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let output = self.command(arguments).envs(environment.iter().copied()).output();
        self.told(&output.expect("the binary was built"))
    }

    /// Runs where no other program is found.
    pub fn run_without_path(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).env("PATH", "").output();
        self.told(&output.expect("the binary was built"))
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

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(arguments).current_dir(self.path()).env("NO_COLOR", "").env_remove("CLICOLOR_FORCE");
        // What the machine is set up with is none of the tests', and what they write is none of its.
        command
            .env("HOME", self.path().join("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("NVIM_APPNAME");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.env_remove("GITHUB_WORKSPACE").env_remove("CLAUDE_PROJECT_DIR");
        command
    }

    /// The output without what differs from run to run.
    pub fn told(&self, output: &Output) -> Run {
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

/// Runs git in a folder, without what the machine is set up with, and returns what it prints.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]);
    command.args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().expect("git is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status: {}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}
