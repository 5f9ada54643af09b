//! The protocol crate's shell: handlers that send an event, and where there is a reply, wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use plimsoll_syntax::Edit;
use serde_json::json;
use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CreateFilesParams,
    DeleteFilesParams, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentDiagnosticParams,
    DocumentDiagnosticReportResult, ExecuteCommandParams, Hover, HoverParams, InitializeParams,
    InitializeResult, InitializedParams, LSPAny, ProgressToken, RenameFilesParams, ServerInfo,
    SetTraceParams, TraceValue, Uri, WorkDoneProgressCancelParams, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReportResult, WorkspaceFolder,
};

use super::capabilities::ClientProfile;
use super::client::ClientRequests;
use super::documents::path_of;
use super::events::{Event, Reply};
use super::positions::to_edit;
use super::{index, watch};

/// What the handlers share. Nothing here is awaited before an event is sent, so events keep the order of the messages.
pub struct Handlers {
    /// To the owner of all state.
    pub events: Sender<Event>,
    /// Requests to the client.
    pub requests: ClientRequests,
    /// Set by `shutdown`.
    pub is_shut_down: Arc<AtomicBool>,
    /// Whether the client can be asked to watch files.
    pub may_watch_files: AtomicBool,
    /// Whether the client shows how far the reading of its workspace is.
    pub may_show_progress: AtomicBool,
    /// Whether the client can be asked for its settings.
    pub may_ask_for_settings: AtomicBool,
    /// Called with the client's process.
    pub watch_client: Box<dyn Fn(u32) + Send + Sync>,
}

impl Handlers {
    fn send(&self, event: Event) {
        // An owner that is gone has ended with the connection.
        let _ = self.events.send(event);
    }

    /// Asks the client what is set for the server.
    fn ask_for_settings(&self) {
        let events = self.events.clone();
        let params = json!({ "items": [{ "section": "plimsoll" }] });
        self.requests.ask("workspace/configuration", params, move |answer| {
            let settings = answer.and_then(|answer| answer.get(0).cloned()).filter(|it| !it.is_null());
            let _ = events.send(Event::Settings { settings });
        });
    }

    fn send_changed<'a>(&self, uris: impl Iterator<Item = &'a str>) {
        let uris: Vec<Uri> = uris.filter_map(|uri| uri.parse().ok()).collect();
        let paths = watch::paths_that_matter(&uris);
        if !paths.is_empty() {
            self.send(Event::Disk { paths });
        }
    }

    /// How much the client wants to be told of the work. The protocol crate does not know this notification.
    pub async fn set_trace(&self, params: SetTraceParams) {
        self.send(Event::Trace { is_on: params.value != TraceValue::Off });
    }

    /// The client's user does not want to wait for something. The protocol crate does not know this notification.
    pub async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        if params.token == ProgressToken::String(index::TOKEN.to_owned()) {
            self.send(Event::CancelIndex);
        }
    }
}

impl LanguageServer for Handlers {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let profile = ClientProfile::of(&params.capabilities);
        let answer = profile.answer();
        self.may_watch_files.store(profile.file_watchers, Ordering::Relaxed);
        let roots = roots(&params);
        self.may_show_progress.store(profile.progress && !roots.is_empty(), Ordering::Relaxed);
        self.may_ask_for_settings.store(profile.tells_settings, Ordering::Relaxed);
        let settings = params.initialization_options.clone().filter(|it| !it.is_null());
        if let Some(id) = params.process_id {
            (self.watch_client)(id);
        }
        self.send(Event::Initialize { profile: Box::new(profile), roots });
        if settings.is_some() {
            self.send(Event::Settings { settings });
        }
        if params.trace.is_some_and(|trace| trace != TraceValue::Off) {
            self.send(Event::Trace { is_on: true });
        }
        Ok(InitializeResult {
            capabilities: answer,
            server_info: Some(ServerInfo {
                name: "plimsoll".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if self.may_ask_for_settings.load(Ordering::Relaxed) {
            self.ask_for_settings();
        }
        if self.may_watch_files.load(Ordering::Relaxed) {
            self.requests.send("client/registerCapability", watch::registration());
        }
        if !self.may_show_progress.load(Ordering::Relaxed) {
            return self.send(Event::Index { shows_progress: false });
        }
        let events = self.events.clone();
        let params = json!({ "token": index::TOKEN });
        self.requests.ask("window/workDoneProgress/create", params, move |answer| {
            let _ = events.send(Event::Index { shows_progress: answer.is_some() });
        });
    }

    async fn shutdown(&self) -> Result<()> {
        self.is_shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.send(Event::Open {
            uri: document.uri,
            language_id: document.language_id,
            version: document.version,
            text: document.text,
        });
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let edits: Vec<Edit> = params.content_changes.into_iter().map(to_edit).collect();
        self.send(Event::Change {
            uri: params.text_document.uri,
            version: params.text_document.version,
            edits,
        });
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.send(Event::Save { uri: params.text_document.uri });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.send(Event::Close { uri: params.text_document.uri });
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.may_ask_for_settings.load(Ordering::Relaxed) {
            return self.ask_for_settings();
        }
        self.send(Event::Settings { settings: Some(params.settings).filter(|it| !it.is_null()) });
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        self.send(Event::Folders {
            added: paths(&params.event.added),
            removed: paths(&params.event.removed),
        });
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        self.send_changed(params.changes.iter().map(|change| change.uri.as_str()));
    }

    async fn did_create_files(&self, params: CreateFilesParams) {
        self.send_changed(params.files.iter().map(|file| file.uri.as_str()));
    }

    async fn did_rename_files(&self, params: RenameFilesParams) {
        let uris = params.files.iter().flat_map(|file| [file.old_uri.as_str(), file.new_uri.as_str()]);
        self.send_changed(uris);
    }

    async fn did_delete_files(&self, params: DeleteFilesParams) {
        self.send_changed(params.files.iter().map(|file| file.uri.as_str()));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let (reply, answer) = Reply::new();
        self.send(Event::Actions { params: Box::new(params), reply });
        answer.wait().await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        let (reply, answer) = Reply::new();
        self.send(Event::Resolve { action: Box::new(action), reply });
        answer.wait().await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let (reply, answer) = Reply::new();
        self.send(Event::Pull { params: Box::new(params), reply });
        answer.wait().await
    }

    async fn workspace_diagnostic(
        &self,
        params: WorkspaceDiagnosticParams,
    ) -> Result<WorkspaceDiagnosticReportResult> {
        let (reply, answer) = Reply::new();
        self.send(Event::PullWorkspace { params: Box::new(params), reply });
        answer.wait().await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let (reply, answer) = Reply::new();
        self.send(Event::Lenses { params: Box::new(params), reply });
        answer.wait().await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        let (reply, answer) = Reply::new();
        self.send(Event::Command { params: Box::new(params), reply });
        answer.wait().await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let (reply, answer) = Reply::new();
        self.send(Event::Hover { params: Box::new(params), reply });
        answer.wait().await
    }
}

/// The folders of the workspace, told in the newest way that the client knows.
#[expect(deprecated, reason = "older clients name their folder in the older ways only")]
fn roots(params: &InitializeParams) -> Vec<String> {
    if let Some(folders) = &params.workspace_folders {
        return paths(folders);
    }
    if let Some(uri) = &params.root_uri {
        return path_of(uri).into_iter().collect();
    }
    let path = params.root_path.as_deref().map(std::path::Path::new);
    path.and_then(crate::files::to_files_path).into_iter().collect()
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<String> {
    folders.iter().filter_map(|folder| path_of(&folder.uri)).collect()
}
