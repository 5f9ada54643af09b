//! What the client offers, and what the server answers to it.
//!
//! Nothing is assumed: what a client does not offer is left out or done the older way.

use plimsoll_syntax::PositionEncoding;
use tower_lsp::ls_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    DiagnosticOptions, DiagnosticServerCapabilities, ExecuteCommandOptions, HoverProviderCapability,
    MarkupKind, OneOf, PositionEncodingKind, ResourceOperationKind, SaveOptions, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkspaceFileOperationsServerCapabilities, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use super::{commands, positions, watch};

/// The kind of the action that applies every safe fix of a document.
pub const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.plimsoll");

/// What the client can do, as far as the server cares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent capability of the protocol")]
pub struct ClientProfile {
    /// What positions count.
    pub encoding: PositionEncoding,
    /// Diagnostics may name the version they were computed from.
    pub diagnostic_versions: bool,
    /// Diagnostics may point to places that explain them.
    pub related_information: bool,
    /// Diagnostics may link to the rule's page.
    pub code_descriptions: bool,
    /// Diagnostics may carry data of the server.
    pub diagnostic_data: bool,
    /// Actions may be literals rather than commands.
    pub action_literals: bool,
    /// Actions may be marked as preferred.
    pub preferred_actions: bool,
    /// The edit of an action may be handed over later.
    pub resolved_edits: bool,
    /// Edits may name the version they were computed from.
    pub document_changes: bool,
    /// Edits may create files.
    pub created_files: bool,
    /// Edits may say what they are about.
    pub change_annotations: bool,
    /// Hovers may be Markdown.
    pub markdown_hovers: bool,
    /// The client can be asked to watch files.
    pub file_watchers: bool,
    /// The client shows how far long work is.
    pub progress: bool,
    /// The client tells of files that its user makes, moves and removes.
    pub file_operations: bool,
    /// The client can be asked for its settings.
    pub tells_settings: bool,
    /// The client shows lines above functions.
    pub lenses: bool,
    /// The client can be asked to show a place.
    pub shows_places: bool,
    /// The client shows the page of a rule that it has asked for. This is no part of the protocol: it is told by
    /// `experimental.plimsoll.rulePages`.
    pub shows_rule_pages: bool,
    /// The client asks for diagnostics by itself.
    pub pulls: bool,
    /// It can be told to ask again.
    pub refreshes: bool,
}

impl Default for ClientProfile {
    fn default() -> Self {
        Self::of(&ClientCapabilities::default())
    }
}

impl ClientProfile {
    /// Reads the client's capabilities.
    #[must_use]
    pub fn of(client: &ClientCapabilities) -> Self {
        let text = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let publish = text.and_then(|text| text.publish_diagnostics.as_ref());
        let actions = text.and_then(|text| text.code_action.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let hover = text.and_then(|text| text.hover.as_ref());
        let hover_formats = hover.and_then(|hover| hover.content_format.as_deref());
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());

        let resolves_edits = actions.is_some_and(|actions| {
            let resolved = actions.resolve_support.as_ref();
            actions.data_support == Some(true)
                && resolved.is_some_and(|it| it.properties.iter().any(|name| name == "edit"))
        });
        let document_changes = edits.and_then(|it| it.document_changes) == Some(true);
        let operations = edits.and_then(|it| it.resource_operations.as_deref());
        Self {
            encoding: encoding_of(client),
            diagnostic_versions: publish.and_then(|it| it.version_support) == Some(true),
            related_information: publish.and_then(|it| it.related_information) == Some(true),
            code_descriptions: publish.and_then(|it| it.code_description_support) == Some(true),
            diagnostic_data: publish.and_then(|it| it.data_support) == Some(true),
            action_literals: actions.is_some_and(|it| it.code_action_literal_support.is_some()),
            preferred_actions: actions.and_then(|it| it.is_preferred_support) == Some(true),
            resolved_edits: resolves_edits,
            document_changes,
            created_files: document_changes
                && operations.is_some_and(|it| it.contains(&ResourceOperationKind::Create)),
            change_annotations: document_changes
                && edits.is_some_and(|it| it.change_annotation_support.is_some()),
            markdown_hovers: hover_formats.is_some_and(|it| it.contains(&MarkupKind::Markdown)),
            file_watchers: watched.and_then(|it| it.dynamic_registration) == Some(true),
            file_operations: workspace.is_some_and(|workspace| workspace.file_operations.is_some()),
            tells_settings: workspace.and_then(|workspace| workspace.configuration) == Some(true),
            lenses: text.is_some_and(|text| text.code_lens.is_some()),
            shows_places: client
                .window
                .as_ref()
                .and_then(|window| window.show_document.as_ref())
                .is_some_and(|it| it.support),
            shows_rule_pages: client
                .experimental
                .as_ref()
                .is_some_and(|it| it["plimsoll"]["rulePages"] == serde_json::Value::Bool(true)),
            pulls: text.is_some_and(|text| text.diagnostic.is_some()),
            refreshes: workspace
                .and_then(|workspace| workspace.diagnostics.as_ref())
                .and_then(|it| it.refresh_support)
                == Some(true),
            progress: client.window.as_ref().and_then(|it| it.work_done_progress) == Some(true),
        }
    }

    /// What the server offers to such a client.
    #[must_use]
    pub fn answer(&self) -> ServerCapabilities {
        ServerCapabilities {
            position_encoding: Some(positions::kind_of(self.encoding)),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                    include_text: Some(false),
                })),
                ..TextDocumentSyncOptions::default()
            })),
            diagnostic_provider: self.pulls.then(|| {
                DiagnosticServerCapabilities::Options(DiagnosticOptions {
                    identifier: Some("plimsoll".to_owned()),
                    // Where another file matters, the client is told to ask again.
                    inter_file_dependencies: false,
                    workspace_diagnostics: true,
                    ..DiagnosticOptions::default()
                })
            }),
            code_lens_provider: self.lenses.then_some(CodeLensOptions { resolve_provider: Some(false) }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: commands::ALL.iter().map(|&command| command.to_owned()).collect(),
                ..ExecuteCommandOptions::default()
            }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            code_action_provider: self.action_literals.then(|| {
                CodeActionProviderCapability::Options(CodeActionOptions {
                    code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, FIX_ALL]),
                    resolve_provider: Some(self.resolved_edits),
                    ..CodeActionOptions::default()
                })
            }),
            workspace: Some(WorkspaceServerCapabilities {
                file_operations: self.file_operations.then(|| WorkspaceFileOperationsServerCapabilities {
                    did_create: Some(watch::files_of_interest()),
                    did_rename: Some(watch::files_of_interest()),
                    did_delete: Some(watch::files_of_interest()),
                    ..WorkspaceFileOperationsServerCapabilities::default()
                }),
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
            }),
            ..ServerCapabilities::default()
        }
    }
}

/// UTF-8 costs no counting and is taken wherever it is offered; UTF-16 is what every client understands.
fn encoding_of(client: &ClientCapabilities) -> PositionEncoding {
    let general = client.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    let offers = |kind| offered.is_some_and(|offered| offered.contains(&kind));
    if offers(PositionEncodingKind::UTF8) {
        PositionEncoding::Utf8
    } else if offers(PositionEncodingKind::UTF32) && !offers(PositionEncodingKind::UTF16) {
        PositionEncoding::Utf32
    } else {
        PositionEncoding::Utf16
    }
}

#[cfg(test)]
mod tests {
    use super::ClientProfile;
    use plimsoll_syntax::PositionEncoding;
    use serde_json::{Value, json};

    fn profile(capabilities: Value) -> ClientProfile {
        ClientProfile::of(&serde_json::from_value(capabilities).expect("capabilities"))
    }

    fn encoding(offered: Value) -> PositionEncoding {
        profile(json!({"general": {"positionEncodings": offered}})).encoding
    }

    #[test]
    fn the_cheapest_encoding_that_is_offered_is_chosen() {
        assert_eq!(encoding(json!(["utf-16", "utf-8"])), PositionEncoding::Utf8);
        assert_eq!(encoding(json!(["utf-32"])), PositionEncoding::Utf32);
        assert_eq!(encoding(json!(["utf-32", "utf-16"])), PositionEncoding::Utf16);
        assert_eq!(encoding(json!(["utf-7"])), PositionEncoding::Utf16);
        assert_eq!(profile(json!({})).encoding, PositionEncoding::Utf16);
    }

    #[test]
    fn a_client_that_offers_nothing_gets_nothing_new() {
        let plain = profile(json!({}));
        assert!(!plain.diagnostic_versions && !plain.related_information);
        assert!(!plain.resolved_edits && !plain.document_changes && !plain.created_files);
        assert_eq!(plain.answer().code_action_provider, None);
    }

    #[test]
    fn resolving_needs_data_to_resolve_by() {
        let resolve = json!({"properties": ["edit"]});
        let with = |data: bool| {
            let actions = json!({"dataSupport": data, "resolveSupport": resolve});
            profile(json!({"textDocument": {"codeAction": actions}})).resolved_edits
        };
        assert!(with(true));
        assert!(!with(false));
    }

    #[test]
    fn files_are_created_only_in_versioned_edits() {
        let with = |versioned: bool| {
            let edits = json!({"documentChanges": versioned, "resourceOperations": ["create"]});
            profile(json!({"workspace": {"workspaceEdit": edits}})).created_files
        };
        assert!(with(true));
        assert!(!with(false));
    }
}
