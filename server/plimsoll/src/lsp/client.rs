//! Requests to the client, whose answers are never waited for longer than a while.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Id, Response};

use super::transport::Outgoing;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests to the client. A clone shares what is waited for.
#[derive(Clone, Debug)]
pub struct ClientRequests {
    runtime: Handle,
    outgoing: Outgoing,
    last_id: Arc<AtomicI64>,
    waiting: Arc<Mutex<HashMap<i64, oneshot::Sender<Response>>>>,
}

impl ClientRequests {
    /// Requests that are sent over `outgoing` and waited for on `runtime`.
    #[must_use]
    pub fn new(runtime: Handle, outgoing: Outgoing) -> Self {
        Self { runtime, outgoing, last_id: Arc::default(), waiting: Arc::default() }
    }

    /// Asks the client for something whose refusal is not fatal: it is logged.
    pub fn send(&self, method: &'static str, params: Value) {
        self.ask(method, params, |_| {});
    }

    /// The same; `then` is told the answer, or that there is none.
    pub fn ask(
        &self,
        method: &'static str,
        params: Value,
        then: impl FnOnce(Option<Value>) + Send + 'static,
    ) {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.lock().insert(id, sender);
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        self.outgoing.send(&request);
        let requests = self.clone();
        self.runtime.spawn(async move {
            let result = match tokio::time::timeout(PATIENCE, answer).await {
                Ok(Ok(response)) => {
                    if let Some(error) = response.error() {
                        tracing::warn!("the client refuses {method}: {error}");
                    }
                    response.result().cloned()
                }
                Ok(Err(_)) => None,
                Err(_) => {
                    tracing::warn!("the client does not answer {method}");
                    requests.lock().remove(&id);
                    None
                }
            };
            then(result);
        });
    }

    /// Takes an answer of the client.
    pub fn answer(&self, response: Response) {
        let Id::Number(id) = response.id() else {
            return;
        };
        if let Some(sender) = self.lock().remove(id) {
            let _ = sender.send(response);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, oneshot::Sender<Response>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
