//! The whole server over a connection in memory, with a reviewer that finds a word.

mod actions;
mod baseline;
mod closed;
mod diagnostics;
mod index;
mod reviewer;

#[path = "../../../../../tests/lsp/client.rs"]
mod client;

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::connection::{End, serve};
use client::{Client, modern};
use reviewer::{Held, WordReviewer};

/// A document of most tests.
const A: &str = "file:///p/a.ts";

/// A client with a server of its own.
struct Session {
    client: Client,
    server: JoinHandle<End>,
}

impl Session {
    /// A server for a client that offers all there is.
    fn start(reviewer: WordReviewer) -> Self {
        Self::start_with(reviewer, modern(), json!({}))
    }

    fn start_with(reviewer: WordReviewer, capabilities: Value, more: Value) -> Self {
        let (server_input, client_output) = std::io::pipe().expect("a pipe");
        let (client_input, server_output) = std::io::pipe().expect("a pipe");
        let server =
            std::thread::spawn(|| serve(server_input, server_output, Arc::new(reviewer)).expect("it starts"));
        let mut client = Client::new(client_output, client_input);
        client.initialize(capabilities, more);
        Self { client, server }
    }

    /// Leaves, and fails if the server has said anything that the test did not expect.
    fn end(mut self) {
        self.client.leave();
        assert_eq!(self.server.join().expect("it does not panic"), End::Orderly);
        let rest: Vec<Value> = self
            .client
            .rest()
            .into_iter()
            .filter(|message| message["method"] != "client/registerCapability")
            .collect();
        assert!(rest.is_empty(), "nobody expected {rest:?}");
    }
}

/// Of diagnostics: what each is about, and where it begins and ends.
fn places(diagnostics: &Value) -> Vec<(u64, u64, u64, u64)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    let diagnostics = diagnostics.as_array().expect("a list");
    diagnostics
        .iter()
        .map(|diagnostic| {
            let (start, end) = (&diagnostic["range"]["start"], &diagnostic["range"]["end"]);
            (
                number(&start["line"]),
                number(&start["character"]),
                number(&end["line"]),
                number(&end["character"]),
            )
        })
        .collect()
}
