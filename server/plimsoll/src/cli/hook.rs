//! `plimsoll hook`: an assistant runs it after each edit, and is told what that edit has brought.
//!
//! What to say to whom is told by the status: a hook that ends with 2 hands its standard error to the assistant; with any
//! other failure that is shown to the person beside it, and the assistant goes on. When all is well nothing is said.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;

use super::check::review;
use super::{CheckArgs, FailOn, Format, HookArgs, Selection, Status, one_line, say, walk};
use crate::files::to_files_path;

/// A file that is written whole stands in the event.
const MAX_EVENT_BYTES: u64 = 64 << 20;

/// What the assistant is to read.
const TO_THE_ASSISTANT: u8 = 2;

/// What the person beside it is to read.
const TO_THE_PERSON: u8 = 1;

/// Reviews what was edited, and says what there is to say.
pub fn run(args: &HookArgs) -> ExitCode {
    let HookArgs { assistant: super::Assistant::ClaudeCode } = args;
    match findings() {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(findings)) => {
            say(findings.trim_end());
            ExitCode::from(TO_THE_ASSISTANT)
        }
        Err(error) => {
            say(&format!("plimsoll: {}", one_line(&format!("{error:#}"))));
            ExitCode::from(TO_THE_PERSON)
        }
    }
}

/// What there is to tell of the edit that standard input speaks of.
fn findings() -> anyhow::Result<Option<String>> {
    let mut event = String::new();
    let read = io::stdin().lock().take(MAX_EVENT_BYTES).read_to_string(&mut event);
    read.context("cannot read the event on standard input")?;
    let event: Value = serde_json::from_str(&event).context("standard input holds no event of a hook")?;
    let text_at = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    // Tools that edit no file have none.
    let Some(named) = text_at("/tool_input/file_path") else {
        return Ok(None);
    };
    let current_dir = std::env::var_os("CLAUDE_PROJECT_DIR").map(PathBuf::from);
    if let Some(project) = current_dir.or_else(|| text_at("/cwd").map(PathBuf::from)) {
        std::env::set_current_dir(&project)
            .with_context(|| format!("cannot work in `{}`", project.display()))?;
    }
    let current_dir = std::env::current_dir().context("cannot tell the current folder")?;
    // The current folder is told without links, and the file may have been removed since.
    let Ok(edited) = std::fs::canonicalize(walk::absolute(&current_dir, named.as_ref())) else {
        return Ok(None);
    };
    let (true, Some(edited)) = (edited.starts_with(&current_dir), to_files_path(&edited)) else {
        return Ok(None);
    };
    if !walk::is_reviewed(&edited) {
        return Ok(None);
    }
    let Some(checked) = review(&everything(), Some(&edited))? else {
        bail!("the edit was not reviewed");
    };
    let text = checked.text.clone();
    Ok((checked.finish() != Status::Clean).then_some(text))
}

/// A check of the current folder, for an assistant.
fn everything() -> CheckArgs {
    CheckArgs {
        selection: Selection {
            paths: vec![PathBuf::from(".")],
            rules: Vec::new(),
            preview: false,
            jobs: None,
        },
        format: Format::Agent,
        fail_on: FailOn::default(),
        stdin_path: None,
        fixes: false,
        no_cache: false,
        diff: None,
        staged: false,
        write_baseline: false,
    }
}
