//! Plimsoll in Zed: tells Zed how the server is started and which settings it takes.

use zed_extension_api::settings::{CommandSettings, LspSettings};
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree, serde_json};

/// What the server is called in Zed's settings, in `workspace/configuration` and on the PATH.
const NAME: &str = "plimsoll";

const MISSING: &str = "There is no `plimsoll` on the PATH of this project. Either run \
`cargo install --path server/plimsoll` in a checkout of Plimsoll and start Zed again, or name the program in Zed's \
settings: \"lsp\": { \"plimsoll\": { \"binary\": { \"path\": \"/path/to/plimsoll\" } } }";

struct Plimsoll;

impl zed::Extension for Plimsoll {
    fn new() -> Self {
        Self
    }

    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(NAME, worktree).ok().and_then(|settings| settings.binary);
        command(binary, || worktree.which(NAME), || worktree.shell_env())
    }

    fn language_server_initialization_options(
        &mut self,
        _: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<serde_json::Value>> {
        Ok(LspSettings::for_worktree(NAME, worktree)?.initialization_options)
    }

    fn language_server_workspace_configuration(
        &mut self,
        _: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<serde_json::Value>> {
        let settings = LspSettings::for_worktree(NAME, worktree)?.settings;
        // The server asks for the section of its name.
        Ok(settings.map(|settings| serde_json::json!({ NAME: settings })))
    }
}

/// How the server is started: as the settings say, else from the PATH.
fn command(
    binary: Option<CommandSettings>,
    on_path: impl FnOnce() -> Option<String>,
    shell_env: impl FnOnce() -> Vec<(String, String)>,
) -> Result<Command> {
    let (path, arguments, env) = match binary {
        Some(binary) => (binary.path, binary.arguments, binary.env),
        None => (None, None, None),
    };
    let command = path.or_else(on_path).ok_or(MISSING)?;
    let args = arguments.unwrap_or_else(|| vec!["lsp".to_owned()]);
    // What is said last wins.
    let mut env: Vec<(String, String)> = shell_env().into_iter().chain(env.into_iter().flatten()).collect();
    env.reverse();
    env.sort_by(|a, b| a.0.cmp(&b.0));
    env.dedup_by(|later, first| later.0 == first.0);
    Ok(Command { command, args, env })
}

zed::register_extension!(Plimsoll);

#[cfg(test)]
mod tests {
    use super::{CommandSettings, command};

    fn env() -> Vec<(String, String)> {
        vec![("A".to_owned(), "shell".to_owned()), ("B".to_owned(), "shell".to_owned())]
    }

    #[test]
    fn the_settings_name_the_program() {
        let binary = CommandSettings {
            path: Some("/opt/plimsoll".to_owned()),
            arguments: Some(vec!["lsp".to_owned(), "--stdio".to_owned()]),
            env: Some([("A".to_owned(), "settings".to_owned())].into()),
        };
        let command = command(Some(binary), || panic!("nobody looks on the PATH"), env).expect("a command");
        assert_eq!(command.command, "/opt/plimsoll");
        assert_eq!(command.args, ["lsp", "--stdio"]);
        assert_eq!(command.env, [("A".into(), "settings".into()), ("B".into(), "shell".into())]);
    }

    #[test]
    fn else_it_is_found_on_the_path() {
        let found = command(None, || Some("/usr/bin/plimsoll".to_owned()), env).expect("a command");
        assert_eq!((found.command.as_str(), &*found.args), ("/usr/bin/plimsoll", &["lsp".to_owned()][..]));
    }

    #[test]
    fn where_there_is_none_the_message_says_what_to_do() {
        let message = command(None, || None, env).expect_err("there is none");
        assert!(message.contains("cargo install") && message.contains("\"binary\""), "{message}");
    }
}
