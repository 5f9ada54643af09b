//! Where an editor is tried: a home of its own, with the sample project in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::readme;

/// The file that the README has its reader open.
pub const FILE: &str = "src/server/integrations/chat.ts";

/// What is found in it.
pub const RULE: &str = "missing-timeout";

/// A part of the message.
pub const MESSAGE: &str = "waits for minutes";

/// What the fix is called, without its backticks.
pub const FIX: &str = "Add a time limit of 10 seconds";

/// The status by which a script says that what it needs cannot be had here.
const UNAVAILABLE: i32 = 77;

/// A home with the sample project, as the README's first step makes it.
pub struct Stage {
    home: TempDir,
}

impl Stage {
    /// The home of somebody who has done what stands below "Try it".
    pub fn new() -> Self {
        let home = tempfile::Builder::new().prefix("a home ").tempdir().expect("a temporary folder");
        let stage = Self { home };
        stage.shell(&readme::code("Try it", "sh"));
        stage
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn project(&self) -> PathBuf {
        self.home().join("shop")
    }

    /// Writes a file of the home.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.home().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in the home")).expect("it is writable");
        std::fs::write(path, text).expect("it is writable");
    }

    /// The text of a file of the project.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project().join(path)).expect("it is there")
    }

    /// A program that runs in the project, for which `plimsoll` is on the PATH.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let built = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("it lies in a folder");
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(built.to_owned()).chain(std::env::split_paths(&others));
        let mut command = Command::new(program);
        command.env("PATH", std::env::join_paths(path).expect("the folders have no colons"));
        command.env("HOME", self.home()).env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMUX"] {
            command.env_remove(name);
        }
        if self.project().exists() {
            command.current_dir(self.project());
        }
        command
    }

    /// Runs commands of the README in the checkout.
    pub fn shell(&self, commands: &str) {
        let mut shell = self.command("sh");
        succeeds(shell.args(["-euc", commands]).current_dir(readme::checkout()));
    }

    /// Fails unless the file that was opened is as the fix leaves it.
    pub fn is_fixed(&self) {
        let original = readme::checkout().join("fixtures/projects/shop-ts").join(FILE);
        let original = std::fs::read_to_string(original).expect("it is there");
        let line = "    body: JSON.stringify({ channel: '#shop', text }),\n";
        let fixed = original.replacen(line, &format!("{line}    signal: AbortSignal.timeout(10_000),\n"), 1);
        assert_ne!(original, fixed);
        assert_eq!(self.read(FILE), fixed);
    }
}

/// Runs a command that must succeed.
pub fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?} fails:\n{}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// What a script of this folder prints, or why what it needs cannot be had. What is there already is not fetched again.
pub fn have(script: &str, arguments: &[&str]) -> Result<PathBuf, String> {
    let script = here().join(script);
    let output = Command::new("bash").arg(&script).args(arguments).output();
    let output = output.map_err(|error| format!("there is no bash: {error}"))?;
    if output.status.code() == Some(UNAVAILABLE) {
        let log = String::from_utf8_lossy(&output.stderr);
        return Err(log.lines().last().unwrap_or("no reason is given").to_owned());
    }
    assert!(output.status.success(), "{} fails: {}", script.display(), said(&output));
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// This folder.
pub fn here() -> PathBuf {
    readme::checkout().join("tests/editors")
}
