//! The command line: what is typed, and the status a process ends with.

mod base;
mod baseline;
mod changes;
mod check;
mod fix;
mod generate;
mod git;
mod hook;
mod init;
mod layer;
mod lines;
mod numbers;
mod repair;
mod rule_id;
mod rules;
mod scope;
mod session;
mod spared;
mod staged;
mod walk;
mod write;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use plimsoll_engine::Severity;
use rule_id::RuleId;

/// What is told below the commands.
const PREVIEWS: &str = "`plimsoll rules` lists what is found. Rules that are right too seldom yet are previews, and off: \
    `check --preview`, or `preview = true` in plimsoll.toml, shows them.";

/// Finds the failures that AI-written code brings to production.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, after_help = PREVIEWS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour the output.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true, display_order = 100)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reviews files and folders.
    Check(CheckArgs),
    /// Applies safe fixes.
    Fix(FixArgs),
    /// Lists the rules.
    Rules(RulesArgs),
    /// Explains a rule.
    Explain(ExplainArgs),
    /// Writes the settings of an editor, an assistant or a pipeline.
    Init(InitArgs),
    /// Tells an assistant what its edit has brought: what `init` sets up runs it.
    Hook(HookArgs),
    /// Prints the completions of a shell.
    Completions(CompletionsArgs),
    /// Prints the manual page of Plimsoll, or of one of its commands.
    Man(ManArgs),
    /// Serves an editor over the Language Server Protocol, on standard input and output.
    Lsp(LspArgs),
}

/// What is reviewed, and with which rules.
#[derive(Debug, Args)]
struct Selection {
    /// Files and folders; folders are searched as git sees them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Reviews with this rule only, also if it is a preview; may be given more than once.
    #[arg(long = "rule", value_name = "ID", value_delimiter = ',', value_parser = RuleId, hide_possible_values = true)]
    rules: Vec<String>,
    /// Adds the preview rules, which are right too seldom to be shown unasked.
    #[arg(long)]
    preview: bool,
    /// How many threads work at once; as many as the machine has by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    selection: Selection,
    /// How findings are printed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// The severity from which findings make the status 1.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,
    /// Reviews standard input as the content of this file.
    #[arg(long, value_name = "PATH", conflicts_with = "paths")]
    stdin_path: Option<PathBuf>,
    /// Adds the proven fixes.
    #[arg(long)]
    fixes: bool,
    /// Reviews every file anew, and keeps nothing for the next run.
    #[arg(long)]
    no_cache: bool,
    /// Tells only what was brought in since this commit, or since the default branch was left: on changed lines, or by them.
    #[arg(
        long,
        value_name = "REV",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["staged", "stdin_path", "write_baseline"]
    )]
    diff: Option<String>,
    /// Reviews what is staged for a commit, and tells only what that brings in.
    #[arg(long, conflicts_with_all = ["stdin_path", "write_baseline"])]
    staged: bool,
    /// Writes down all findings, which are hidden from then on.
    #[arg(long, conflicts_with = "stdin_path")]
    write_baseline: bool,
}

#[derive(Debug, Args)]
struct FixArgs {
    #[command(flatten)]
    selection: Selection,
    /// Applies fixes that can change what working code does, too.
    #[arg(long)]
    review_needed: bool,
    /// Prints a diff and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct RulesArgs {
    /// How the rules are printed; a line each by default.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<RulesFormat>,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// The rule's id.
    #[arg(value_name = "RULE", value_parser = RuleId, hide_possible_values = true)]
    rule: String,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// What is set up.
    #[arg(value_enum, value_name = "TARGET")]
    target: init::Target,
    /// Shows the change and writes nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct HookArgs {
    /// Whose hook it is; the event is read from standard input.
    #[arg(value_enum, value_name = "ASSISTANT")]
    assistant: Assistant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Assistant {
    /// After each edit (`PostToolUse`).
    ClaudeCode,
}

#[derive(Debug, Args)]
struct CompletionsArgs {
    /// For which shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
struct ManArgs {
    /// The command.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

#[derive(Debug, Args)]
struct LspArgs {
    /// What is done anyway; some editors say it.
    #[arg(long)]
    stdio: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each finding beside its source.
    #[default]
    Pretty,
    /// For programs: one object.
    Json,
    /// For code scanning: a SARIF 2.1.0 log.
    Sarif,
    /// For GitHub Actions: findings beside the lines of a pull request.
    Github,
    /// For assistants: few words, and each proven fix as a patch.
    Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RulesFormat {
    Json,
    Md,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    #[default]
    Warning,
    Info,
    Never,
}

impl FailOn {
    fn is_met_by(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    fn choice(self) -> anstream::ColorChoice {
        use io::IsTerminal;
        // What forces colours with any value would do so with this one.
        let is_unforced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value == "0");
        match self {
            Self::Auto if is_unforced && !io::stdout().is_terminal() => anstream::ColorChoice::Never,
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// How many columns the terminal has that standard output is; none where it is none.
fn width() -> Option<usize> {
    console::Term::stdout()
        .size_checked()
        .map(|(_, columns)| usize::from(columns))
        .filter(|&columns| columns > 0)
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// What was asked for is done, and nothing is found.
    Clean = 0,
    /// Something is found.
    Found = 1,
    /// Something could not be read, or not all was reviewed and nothing is found in the rest.
    Failed = 2,
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    tell_of_panics_in_a_line();
    let color = cli.color.choice();
    // The server ends as its protocol says.
    if !matches!(cli.command, Command::Lsp(_)) {
        crate::interrupt::listen();
    }
    let done = match cli.command {
        Command::Lsp(LspArgs { stdio: _ }) => match crate::lsp::run() {
            Ok(status) => return status,
            Err(error) => Err(error),
        },
        Command::Check(args) => check::run(&args, color),
        Command::Fix(args) => fix::run(&args, color),
        Command::Rules(args) => rules::list(&args, color),
        Command::Explain(args) => rules::explain(&args, color),
        Command::Init(args) => init::run(&args, color),
        Command::Hook(args) => return hook::run(&args),
        Command::Completions(args) => generate::completions(&args, color),
        Command::Man(args) => generate::manual(&args, color),
    };
    match done {
        Ok(status) => ExitCode::from(status as u8),
        // Whoever reads the output has read enough: `plimsoll check | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {}", one_line(&format!("{error:#}"))));
            ExitCode::from(Status::Failed as u8)
        }
    }
}

/// A panic costs a rule or a file, which the report says; the line is for whoever repairs it.
fn tell_of_panics_in_a_line() {
    std::panic::set_hook(Box::new(|panic| {
        say(&one_line(&format!("internal error, please report it: {panic}")))
    }));
}

/// Prints a line on standard error. If that is closed, there is nobody to tell.
fn say(line: &str) {
    use io::Write;
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints all of standard output.
fn print(text: &str, color: anstream::ColorChoice) -> anyhow::Result<()> {
    use io::Write;
    let mut stdout = anstream::AutoStream::new(io::stdout().lock(), color);
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Prints all of standard output without a look at what it is.
fn print_as_it_is(text: &str) -> anyhow::Result<()> {
    use io::Write;
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Help goes to standard output; a mistake is one line on standard error.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Whoever closes the output of `--help` has read enough.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(Status::Failed as u8);
    }
    let rendered = near(error).as_ref().unwrap_or(error).render().to_string();
    let said: Vec<&str> = rendered
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty())
        .collect();
    say(&one_line(&said.join("; ").replace(":; ", ": ")));
    ExitCode::from(Status::Failed as u8)
}

/// Of a command that `help` is asked for and that does not exist, what is said where it is run: that names the one which may
/// be meant.
fn near(error: &clap::Error) -> Option<clap::Error> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let run = Cli::try_parse_from(["plimsoll", unknown]).err()?;
    (run.kind() == ErrorKind::InvalidSubcommand).then_some(run)
}

/// The text without line breaks and other control characters, which would move a terminal's cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
