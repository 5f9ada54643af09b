//! The built server, over the protocol on its standard input and output.

mod behind;
mod client;
mod clock;
mod command_line;
#[path = "../projects/edits.rs"]
mod edits;
mod findings;
mod fresh;
mod garbage;
mod index;
mod lifecycle;
mod sample;
mod soak;
mod streaming;
mod surface;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use client::{Client, PATIENCE};
use serde_json::json;

/// A running server and its client.
struct Server {
    process: Child,
    client: Client,
}

impl Server {
    /// A server that has not been spoken to.
    fn start() -> Self {
        Self::start_with(&["lsp"])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = process.stdin.take().expect("it is piped");
        let output = process.stdout.take().expect("it is piped");
        Self { process, client: Client::new(input, output) }
    }

    /// A server that a modern client has greeted.
    fn initialized() -> Self {
        let mut server = Self::start();
        server.client.initialize(client::modern(), json!({ "initializationOptions": { "preview": true } }));
        server
    }

    /// Waits for the process to end by itself.
    fn status(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.process.try_wait().expect("it can be waited for") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }

    /// Leaves in order.
    fn end(mut self) {
        self.client.leave();
        assert_eq!(self.status().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
