//! Everything that can happen to the server, in one closed set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plimsoll_syntax::{Edit, Snapshot};
use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, DocumentDiagnosticParams,
    DocumentDiagnosticReportResult, ExecuteCommandParams, Hover, HoverParams, LSPAny, Uri,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReportResult,
};

use super::actions::Proven;
use super::capabilities::ClientProfile;
use super::closed::ReviewedClosed;
use super::imports::ReadImports;
use super::worker::Reviewed;

/// Something that the owner of all state acts on, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    /// A client has introduced itself.
    Initialize {
        profile: Box<ClientProfile>,
        /// Folders of the workspace, as the view of files spells them.
        roots: Vec<String>,
    },
    Open {
        uri: Uri,
        language_id: String,
        version: i32,
        text: String,
    },
    Change {
        uri: Uri,
        version: i32,
        edits: Vec<Edit>,
    },
    Save {
        uri: Uri,
    },
    Close {
        uri: Uri,
    },
    Actions {
        params: Box<CodeActionParams>,
        reply: Reply<Option<CodeActionResponse>>,
    },
    Resolve {
        action: Box<CodeAction>,
        reply: Reply<CodeAction>,
    },
    Hover {
        params: Box<HoverParams>,
        reply: Reply<Option<Hover>>,
    },
    Pull {
        params: Box<DocumentDiagnosticParams>,
        reply: Reply<DocumentDiagnosticReportResult>,
    },
    PullWorkspace {
        params: Box<WorkspaceDiagnosticParams>,
        reply: Reply<WorkspaceDiagnosticReportResult>,
    },
    Lenses {
        params: Box<CodeLensParams>,
        reply: Reply<Option<Vec<CodeLens>>>,
    },
    Command {
        params: Box<ExecuteCommandParams>,
        reply: Reply<Option<LSPAny>>,
    },
    /// The settings of the editor, if it has told them.
    Settings {
        settings: Option<Value>,
    },
    Folders {
        added: Vec<String>,
        removed: Vec<String>,
    },
    /// Files of the disk have changed.
    Disk {
        paths: Vec<String>,
    },
    /// The client wants to be told of the work, or does not.
    Trace {
        is_on: bool,
    },
    /// The workspace may be read ahead; whether the client shows how far that is.
    Index {
        shows_progress: bool,
    },
    /// It shall not be read any further.
    CancelIndex,
    /// What sources of the workspace import was read.
    Imports(Box<ReadImports>),
    /// A worker has finished the parse of a document, which had taken long.
    Parsed {
        uri: Uri,
        /// The text that was parsed.
        revision: u64,
        snapshot: Box<Snapshot>,
    },
    /// A worker has reviewed a document.
    Reviewed(Box<Reviewed>),
    /// A worker has reviewed a file that is not open.
    ReviewedClosed(Box<ReviewedClosed>),
    /// A worker has proven fixes.
    Proven(Box<Proven>),
    /// The connection has ended.
    Stop,
}

/// Where the answer of a request goes.
#[derive(Debug)]
pub struct Reply<T> {
    sender: oneshot::Sender<Result<T>>,
    /// Becomes true when nobody waits for the answer any more.
    pub cancel: Arc<AtomicBool>,
}

impl<T> Reply<T> {
    /// A place for an answer, and the one who waits for it.
    pub fn new() -> (Self, Answer<T>) {
        let (sender, receiver) = oneshot::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let is_gone = CancelOnDrop(Arc::clone(&cancel));
        (Self { sender, cancel }, Answer { receiver, is_gone })
    }

    /// Answers. Nothing happens if nobody waits any more.
    pub fn send(self, answer: Result<T>) {
        let _ = self.sender.send(answer);
    }
}

/// The other end of a [`Reply`]. Dropping it, as the protocol crate does on `$/cancelRequest`, cancels the work.
pub struct Answer<T> {
    receiver: oneshot::Receiver<Result<T>>,
    is_gone: CancelOnDrop,
}

impl<T> Answer<T> {
    /// Waits. A server that is about to end answers nothing, which the client sees as a cancelled request.
    pub async fn wait(self) -> Result<T> {
        let Self { receiver, is_gone } = self;
        let answer = receiver.await;
        drop(is_gone);
        answer.unwrap_or_else(|_| Err(tower_lsp::jsonrpc::Error::request_cancelled()))
    }
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
