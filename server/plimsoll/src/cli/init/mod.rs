//! `plimsoll init`: the settings of an editor, an assistant or a pipeline.
//!
//! A target is a list of files, each with what must be in it. What a file holds already stays as it is, comments
//! included; what cannot be merged is left alone, and it is said what to add by hand.

mod helix;
mod json;
mod pre_commit;
mod texts;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use plimsoll_project::Files;

use super::fix::{diff, write_all};
use super::session::io_reason;
use super::write::Change;
use super::{InitArgs, Status, one_line, print, say};
use crate::files::{DiskFiles, to_files_path};
use crate::report::relative;

/// What is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// `.vscode/settings.json` and `.vscode/extensions.json`.
    Vscode,
    /// `plugin/plimsoll.lua` in the folder of Neovim's configuration.
    Neovim,
    /// `.helix/languages.toml`.
    Helix,
    /// `.zed/settings.json`.
    Zed,
    /// `.claude/settings.json`: a hook that reviews what was written.
    ClaudeCode,
    /// `.cursor/rules/plimsoll.mdc`, and what is set for VS Code.
    Cursor,
    /// `.github/workflows/plimsoll.yml`.
    GithubActions,
    /// `.pre-commit-config.yaml`.
    PreCommit,
}

/// What must be in a file.
struct Plan {
    /// Absolute.
    path: String,
    /// The text of the file with it, from the text that is there; or why it cannot be added.
    merge: fn(Option<&str>) -> Result<String, String>,
    /// What a person adds where that fails.
    by_hand: Cow<'static, str>,
}

/// Writes what a target needs, and shows it.
///
/// # Errors
/// If a file cannot be read, or standard output is closed.
pub fn run(args: &InitArgs, color: anstream::ColorChoice) -> anyhow::Result<Status> {
    let current_dir = std::env::current_dir().context("cannot tell the current folder")?;
    let current_dir = to_files_path(&current_dir).context("the path of the current folder is not UTF-8")?;
    let root = DiskFiles::new(&current_dir)
        .root_of(&format!("{current_dir}/"))
        .unwrap_or_else(|| current_dir.clone());
    let (mut changes, mut unmerged, mut is_there) = (Vec::new(), Vec::new(), Vec::new());
    for plan in plans(args.target, &root)? {
        let shown = one_line(&relative(&current_dir, &plan.path));
        let before = match std::fs::read(&plan.path) {
            Ok(bytes) => {
                Some(String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("`{shown}` is not UTF-8"))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => bail!("cannot read `{shown}`: {}", io_reason(&error)),
        };
        match (plan.merge)(before.as_deref()) {
            Ok(after) if before.as_ref() == Some(&after) => is_there.push(shown),
            Ok(after) => changes.push(Change { path: plan.path, before, after }),
            Err(why) => unmerged.push((shown, why, plan.by_hand)),
        }
    }
    print(&diff(&changes, &current_dir), color)?;
    is_there.iter().for_each(|path| say(&format!("{path} has it already")));
    if !args.dry_run && !write_all(&changes, &current_dir) {
        return Ok(Status::Failed);
    }
    for change in &changes {
        let verb = if args.dry_run { "would write" } else { "wrote" };
        say(&format!("{verb} {}", one_line(&relative(&current_dir, &change.path))));
    }
    for (path, why, by_hand) in &unmerged {
        say(&format!(
            "error: cannot add to `{path}`: {}; what it needs is on standard output",
            one_line(why)
        ));
        print(by_hand, color)?;
    }
    if args.target == Target::GithubActions && texts::SOURCE.is_empty() && !changes.is_empty() {
        say(
            "next: set the repository variable `PLIMSOLL_SOURCE` to the address of Plimsoll's git repository; it is built from there",
        );
    }
    Ok(if unmerged.is_empty() { Status::Clean } else { Status::Failed })
}

fn plans(target: Target, root: &str) -> anyhow::Result<Vec<Plan>> {
    let at = |path: &str, merge, by_hand: &'static str| Plan {
        path: format!("{root}/{path}"),
        merge,
        by_hand: by_hand.into(),
    };
    let vscode = || {
        vec![
            at(".vscode/extensions.json", json::vscode_extensions, json::VSCODE_EXTENSIONS),
            at(".vscode/settings.json", json::vscode_settings, json::VSCODE_SETTINGS),
        ]
    };
    Ok(match target {
        Target::Vscode => vscode(),
        Target::Neovim => {
            let folder =
                neovim_folder().context("cannot tell where Neovim's configuration lies: HOME is not set")?;
            let path = to_files_path(&folder.join("plugin").join("plimsoll.lua"));
            let path = path.context("the path of Neovim's configuration is relative, or not UTF-8")?;
            vec![Plan { path, merge: |before| whole(before, texts::NEOVIM), by_hand: texts::NEOVIM.into() }]
        }
        Target::Helix => vec![at(".helix/languages.toml", helix::merge, helix::BY_HAND)],
        Target::Zed => vec![at(".zed/settings.json", json::zed, json::ZED)],
        Target::ClaudeCode => vec![at(".claude/settings.json", json::claude_code, json::CLAUDE_CODE)],
        Target::Cursor => {
            let mut plans = vscode();
            let rule = |before: Option<&str>| whole(before, texts::CURSOR);
            plans.push(at(".cursor/rules/plimsoll.mdc", rule, texts::CURSOR));
            plans
        }
        Target::GithubActions => {
            let merge = |before: Option<&str>| whole(before, &texts::github_actions());
            let path = format!("{root}/.github/workflows/plimsoll.yml");
            vec![Plan { path, merge, by_hand: texts::github_actions().into() }]
        }
        Target::PreCommit => vec![at(".pre-commit-config.yaml", pre_commit::merge, pre_commit::BY_HAND)],
    })
}

/// A file that is all ours.
fn whole(before: Option<&str>, text: &str) -> Result<String, String> {
    match before {
        Some(before) if before.replace("\r\n", "\n") == text => Ok(before.to_owned()),
        Some(before) if !before.trim().is_empty() => Err("it is there, and holds something else".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// Where Neovim looks for its configuration (`:help $XDG_CONFIG_HOME`).
fn neovim_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = match set("XDG_CONFIG_HOME") {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => PathBuf::from(set("LOCALAPPDATA")?),
        None => Path::new(&set("HOME")?).join(".config"),
    };
    Some(base.join(set("NVIM_APPNAME").unwrap_or_else(|| "nvim".into())))
}
