//! Helix, in a terminal.

use std::time::{Duration, Instant};

use crate::readme;
use crate::skip::skip;
use crate::stage::{FILE, FIX, MESSAGE, Stage, have, succeeds};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn helix_fixes_a_file() {
    let (helix, tmux) = match have("get.sh", &["helix"]).and_then(|it| Ok((it, have("get.sh", &["tmux"])?))) {
        Ok(both) => both,
        Err(reason) => return skip("helix", &reason),
    };
    let stage = Stage::new();
    stage.shell(&readme::code("Helix", "sh"));
    let terminal = Terminal { stage: &stage, tmux, socket: stage.home().join("tmux") };
    terminal.start(&format!("'{}' {FILE}", helix.display()));

    terminal.wait_for("the file", |screen| screen.contains("interface ChatAnswer"));
    // The number of findings in the line below the text, before anybody goes there.
    terminal.wait_for("the mark", |screen| screen.contains('●'));
    terminal.press(&["]", "d"]);
    terminal.wait_for("the finding", |screen| screen.contains(MESSAGE));
    terminal.press(&["Space", "a"]);
    terminal.wait_for("the menu", |screen| screen.contains(FIX));
    terminal.press(&["Enter"]);
    terminal.wait_for("the fix", |screen| screen.contains("AbortSignal.timeout(10_000)"));
    terminal.press(&[":", "w", "q", "Enter"]);
    terminal.wait_for("the end of the editor", |screen| screen.contains("it has ended"));
    stage.is_fixed();
}

/// A terminal that nobody looks at.
struct Terminal<'a> {
    stage: &'a Stage,
    tmux: std::path::PathBuf,
    socket: std::path::PathBuf,
}

impl Terminal<'_> {
    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = self.stage.command(&self.tmux);
        succeeds(tmux.args(["-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments))
    }

    fn start(&self, command: &str) {
        // It stays after the end, so that the last screen can be read.
        let command = format!("{command}; echo it has ended; sleep 3600");
        self.tmux(&["new-session", "-d", "-x", "160", "-y", "50", &command]);
    }

    fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn wait_for(&self, what: &str, shows: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if shows(&screen) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{what} is not seen:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let mut tmux = self.stage.command(&self.tmux);
        tmux.arg("-S").arg(&self.socket).arg("kill-server");
        // It may have ended by itself.
        let _ = tmux.output();
    }
}
