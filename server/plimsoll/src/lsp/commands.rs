//! Commands that the client has the server run: those of its own actions and lenses.

use plimsoll_engine::RuleInfo;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{CodeActionKind, CodeActionOrCommand, Command, ExecuteCommandParams, LSPAny, Uri};

use super::documents::OpenDocument;
use super::owner::Owner;
use super::positions;

/// Tells what a rule is about. Arguments: its id. Returns the rule's page as Markdown.
pub const EXPLAIN_RULE: &str = "plimsoll.explainRule";
/// Shows the first of some findings. Arguments: the URI of their document, and their fingerprints. Returns the messages
/// of those that are still there.
pub const SHOW_FINDINGS: &str = "plimsoll.showFindings";

/// All of them.
pub const ALL: [&str; 2] = [EXPLAIN_RULE, SHOW_FINDINGS];

/// Actions that explain rules.
pub fn explanations<'a>(rules: &'a [&'static str]) -> impl Iterator<Item = CodeActionOrCommand> + 'a {
    rules.iter().map(|rule| {
        let title = format!("Explain `{rule}`");
        let command = Command {
            title: title.clone(),
            command: EXPLAIN_RULE.to_owned(),
            arguments: Some(vec![json!(rule)]),
        };
        CodeActionOrCommand::CodeAction(tower_lsp::ls_types::CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            command: Some(command),
            ..Default::default()
        })
    })
}

impl Owner {
    /// Runs a command.
    pub(super) fn execute(&self, params: &ExecuteCommandParams) -> Result<Option<LSPAny>> {
        match (params.command.as_str(), params.arguments.as_slice()) {
            (EXPLAIN_RULE, [Value::String(id)]) => {
                let rules = self.reviewer.rules();
                let rule = rules.iter().find(|rule| rule.id == id).ok_or_else(|| {
                    Error::invalid_params(format!("there is no rule `{id}`: `plimsoll rules` lists them"))
                })?;
                // Most clients do nothing with the answer.
                if !self.profile.shows_rule_pages {
                    self.tell(&in_short(rule));
                }
                Ok(Some(json!(format!("# {}\n\n{}\n\n{}", rule.id, rule.summary, rule.documentation))))
            }
            (SHOW_FINDINGS, [Value::String(uri), Value::Array(fingerprints)]) => {
                let parsed: Option<Uri> = uri.parse().ok();
                let document = parsed.and_then(|uri| self.documents.get(&uri));
                let document = document.ok_or_else(|| Error::invalid_params(format!("{uri} is not open")))?;
                Ok(Some(json!(self.show(document, fingerprints))))
            }
            (command, arguments) if ALL.contains(&command) => {
                let count = arguments.len();
                Err(Error::invalid_params(format!("{command} does not take these {count} arguments")))
            }
            (command, _) => {
                Err(Error::invalid_params(format!("there is no command {command}, only {}", ALL.join(", "))))
            }
        }
    }

    /// Shows the first of the findings, where the client can be asked to; otherwise says what they are.
    fn show(&self, document: &OpenDocument, fingerprints: &[Value]) -> Vec<String> {
        let is_meant = |fingerprint: &str| fingerprints.iter().any(|meant| meant == fingerprint);
        let findings: Vec<_> =
            document.shown.iter().filter(|finding| is_meant(&finding.fingerprint)).collect();
        let messages: Vec<String> = findings.iter().map(|finding| finding.message.clone()).collect();
        match findings.first() {
            Some(first) if self.profile.shows_places => {
                let selection = positions::to_range(document.text.rope(), first.range, self.profile.encoding);
                let params =
                    json!({ "uri": document.uri.as_str(), "takeFocus": true, "selection": selection });
                self.requests.send("window/showDocument", params);
            }
            Some(_) => self.tell(&messages.join("\n")),
            None => {}
        }
        messages
    }

    /// Shows a text to the user.
    pub(super) fn tell(&self, message: &str) {
        const INFO: u8 = 3;
        let params = json!({ "type": INFO, "message": message });
        self.outgoing.send(&json!({ "jsonrpc": "2.0", "method": "window/showMessage", "params": params }));
    }
}

/// What happens, in plain text, and where there is more.
fn in_short(rule: &RuleInfo) -> String {
    let happens = rule.documentation.split("## ").find_map(|part| part.strip_prefix("What happens"));
    let happens = happens.unwrap_or(rule.summary).split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}: {happens} (`plimsoll explain {}` tells more)", rule.id, rule.id)
}
