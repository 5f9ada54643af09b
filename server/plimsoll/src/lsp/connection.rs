//! One connection with a client, from its first message to its end.

use std::io::{BufReader, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::{Builder, Handle};
use tower_lsp::LspService;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

use super::client::ClientRequests;
use super::empty_tables;
use super::events::Event;
use super::owner::Owner;
use super::reviewer::Reviewer;
use super::server::Handlers;
use super::transport::{Incoming, Outgoing, read_message};
use super::watch::wait_for_end_of_process;

/// How long the last messages may take to be written when everything else has ended.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client has said `shutdown` before.
    Orderly,
    /// The client has said `exit` without `shutdown`, or is gone.
    Abrupt,
}

/// Serves one client until it leaves or is gone.
///
/// # Errors
/// If threads cannot be started.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    reviewer: Arc<dyn Reviewer>,
) -> std::io::Result<End> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let (events, owned_events) = channel();
    let (ended, end) = channel();
    let outgoing = Outgoing::default();
    let requests = ClientRequests::new(runtime.handle().clone(), outgoing.clone());
    let is_shut_down = Arc::new(AtomicBool::new(false));

    let written = outgoing.clone();
    let (has_written, all_written) = channel::<()>();
    let client_is_deaf = ended.clone();
    spawn("writer", move || {
        if let Err(error) = written.write_to(output) {
            tracing::info!("the client does not read any more: {error}");
            written.close();
            let _ = client_is_deaf.send(());
        }
        drop(has_written);
    })?;

    let owner = Owner::new(reviewer, &events, requests.clone(), outgoing.clone());
    spawn("owner", move || owner.run(&owned_events))?;

    let client_is_dead = ended.clone();
    let (service, _socket) = LspService::build(|_| Handlers {
        events: events.clone(),
        requests: requests.clone(),
        is_shut_down: Arc::clone(&is_shut_down),
        may_watch_files: AtomicBool::new(false),
        may_show_progress: AtomicBool::new(false),
        may_ask_for_settings: AtomicBool::new(false),
        watch_client: Box::new(move |id| watch_client(id, client_is_dead.clone())),
    })
    .custom_method("$/setTrace", Handlers::set_trace)
    .custom_method("window/workDoneProgress/cancel", Handlers::cancel_progress)
    .finish();
    let reader =
        Reader { service, requests, outgoing: outgoing.clone(), runtime: runtime.handle().clone(), ended };
    spawn("reader", move || reader.run(BufReader::with_capacity(1 << 16, input)))?;

    // Whatever ends first ends all.
    let _ = end.recv();
    let _ = events.send(Event::Stop);
    outgoing.close();
    let _ = all_written.recv_timeout(FAREWELL);
    runtime.shutdown_background();
    Ok(if is_shut_down.load(Ordering::Relaxed) { End::Orderly } else { End::Abrupt })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(())
}

fn watch_client(id: u32, is_dead: Sender<()>) {
    let watched = spawn("client watch", move || {
        wait_for_end_of_process(id);
        tracing::info!("the client's process has ended");
        let _ = is_dead.send(());
    });
    if let Err(error) = watched {
        tracing::warn!("the client's process cannot be watched: {error}");
    }
}

/// Reads messages and calls their handlers.
///
/// A handler begins on this thread, in the order of the messages: by the time it first waits, and a notification's
/// handler never does, its event has been sent. Only the waiting goes to the runtime, so no number of requests that
/// wait keeps the next message from being read.
struct Reader {
    service: LspService<Handlers>,
    requests: ClientRequests,
    outgoing: Outgoing,
    runtime: Handle,
    /// Told when this ends, by being dropped if by nothing else.
    ended: Sender<()>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.ended.send(());
    }
}

impl Reader {
    fn run(mut self, mut input: BufReader<impl Read>) {
        loop {
            let message = match read_message(&mut input) {
                Ok(Some(Incoming::Message(message))) => message,
                Ok(Some(Incoming::Garbage(reason))) => {
                    tracing::warn!("the client sends no message: {reason}");
                    self.outgoing.send(&Response::from_error(Id::Null, Error::parse_error()));
                    continue;
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::info!("the client cannot be read any more: {error}");
                    return;
                }
            };
            match Message::of(&message) {
                Message::Request(request) => {
                    let is_exit = request.method() == "exit";
                    self.call(request);
                    if is_exit {
                        return;
                    }
                }
                Message::Response(response) => self.requests.answer(response),
                Message::Invalid(answer) => {
                    tracing::warn!("the client sends no valid message");
                    self.outgoing.send(&answer);
                }
            }
        }
    }

    fn call(&mut self, request: Request) {
        let mut context = Context::from_waker(Waker::noop());
        if !matches!(self.service.poll_ready(&mut context), Poll::Ready(Ok(()))) {
            return;
        }
        let mut answer = self.service.call(request);
        match Pin::new(&mut answer).poll(&mut context) {
            Poll::Ready(answer) => send_answer(&self.outgoing, answer),
            Poll::Pending => {
                let outgoing = self.outgoing.clone();
                self.runtime.spawn(async move { send_answer(&outgoing, answer.await) });
            }
        }
    }
}

fn send_answer<E>(outgoing: &Outgoing, answer: Result<Option<Response>, E>) {
    if let Ok(Some(answer)) = answer {
        outgoing.send(&answer);
    }
}

enum Message {
    Request(Request),
    Response(Response),
    /// None of both; this is to be answered.
    Invalid(Response),
}

impl Message {
    fn of(bytes: &[u8]) -> Self {
        let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
            return Self::Invalid(Response::from_error(Id::Null, Error::parse_error()));
        };
        let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
        let invalid = Response::from_error(id.unwrap_or(Id::Null), Error::invalid_request());
        if value.get("method").is_some_and(|method| method == "initialize") {
            empty_tables::as_objects(&mut value);
        }
        let parsed = if value.get("method").is_some() {
            serde_json::from_value(value).map(Self::Request)
        } else {
            serde_json::from_value(value).map(Self::Response)
        };
        parsed.unwrap_or(Self::Invalid(invalid))
    }
}
