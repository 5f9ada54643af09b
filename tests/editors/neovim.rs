//! A real Neovim: it opens a file, sees the diagnostic, applies the code action and writes the file.

#[path = "../skip.rs"]
mod skip;

use std::path::{Path, PathBuf};
use std::process::Command;

const RULE: &str = "leaked-timer";

/// Part of the title of the fix.
const FIX: &str = "clearInterval";

const BEFORE: &str = r#"import { useEffect, useState } from "react";
export function Clock() {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setInterval(() => setNow(Date.now()), 1000);
  }, []);
  return <p>🕰 {now}</p>;
}
"#;

const AFTER: &str = r#"import { useEffect, useState } from "react";
export function Clock() {
  const [now, setNow] = useState(0);
  useEffect(() => {
    const interval = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(interval);
  }, []);
  return <p>🕰 {now}</p>;
}
"#;

/// The oldest that is supported: a client is started by `vim.lsp.start`.
#[test]
fn neovim_of_debian_trixie_fixes_a_file() {
    fix_a_file_in("trixie");
}

/// The present: a client is set up by `vim.lsp.config`.
#[test]
fn neovim_of_debian_forky_fixes_a_file() {
    fix_a_file_in("forky");
}

fn fix_a_file_in(suite: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/editors");
    let neovim = match get_neovim(&here, suite) {
        Ok(neovim) => neovim,
        Err(reason) => return skip::skip("neovim", &reason),
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path().join("a project");
    std::fs::create_dir(&project).expect("it is writable");
    let package = r#"{ "name": "clock", "dependencies": { "react": "^19.0.0" } }"#;
    std::fs::write(project.join("package.json"), package).expect("it is writable");
    let file = project.join("Clock.tsx");
    std::fs::write(&file, BEFORE).expect("it is writable");
    std::fs::write(project.join("plimsoll.toml"), "preview = true\n").expect("it is writable");

    let mut editor = Command::new(neovim);
    editor.args(["--headless", "-u", "NONE", "-i", "NONE", "-l"]);
    editor.arg(here.join("neovim/test.lua"));
    editor.arg(env!("CARGO_BIN_EXE_plimsoll")).arg(&file).args([RULE, FIX]);
    editor.current_dir(&project);
    for home in ["CONFIG", "DATA", "STATE", "CACHE"] {
        editor.env(format!("XDG_{home}_HOME"), folder.path().join(home));
    }
    let output = editor.output().expect("Neovim starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), AFTER);
}

/// The path of a Neovim, or why there is none. What is there already is not fetched again.
fn get_neovim(here: &Path, suite: &str) -> Result<PathBuf, String> {
    /// The status by which the script says that it cannot be had here.
    const UNAVAILABLE: i32 = 77;
    let script = Command::new("bash").arg(here.join("get-neovim.sh")).arg(suite).output();
    let output = script.map_err(|error| format!("there is no bash: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(UNAVAILABLE) {
        return Err(log.lines().last().unwrap_or("no reason is given").to_owned());
    }
    assert!(output.status.success(), "get-neovim.sh fails: {log}");
    let path = String::from_utf8_lossy(&output.stdout);
    Ok(PathBuf::from(path.trim()))
}
