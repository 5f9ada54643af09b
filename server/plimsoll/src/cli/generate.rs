//! What is made of the command line itself: completions and manual pages.

use anstream::ColorChoice;
use anyhow::{Context, anyhow};
use clap::CommandFactory;

use super::{Cli, CompletionsArgs, ManArgs, Status, print};

/// Prints the completions of a shell.
///
/// # Errors
/// If standard output is closed.
pub fn completions(args: &CompletionsArgs, color: ColorChoice) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "plimsoll", &mut script);
    print(&String::from_utf8(script).context("the completions are no text")?, color)?;
    Ok(Status::Clean)
}

/// Prints a manual page, for `man -l -` or a folder of them.
///
/// # Errors
/// If there is no such command, or standard output is closed.
pub fn manual(args: &ManArgs, color: ColorChoice) -> anyhow::Result<Status> {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let command = match &args.command {
        None => all,
        Some(name) => {
            // Once built, it knows the name of its page: `plimsoll-check`.
            let found = all.find_subcommand(name).ok_or_else(|| anyhow!("there is no command `{name}`"))?;
            found.clone()
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).context("the page cannot be made")?;
    print(&String::from_utf8(page).context("the page is no text")?, color)?;
    Ok(Status::Clean)
}
