//! The language server: `plimsoll lsp`.
//!
//! [`connection`] reads and writes, [`server`] turns messages into [`events`], [`owner`] holds all state and applies
//! them in order, [`worker`] reviews snapshots. Types of the protocol appear below this folder only.

mod actions;
mod capabilities;
mod client;
mod closed;
mod commands;
mod configuration;
mod connection;
mod covered;
mod documents;
mod edits;
mod empty_tables;
mod events;
mod fix_all;
mod hover;
mod imports;
mod index;
mod lenses;
mod misconfigured;
mod owner;
mod positions;
mod publish;
mod pull;
mod requests;
mod retention;
mod reviewer;
mod server;
mod transport;
mod watch;
mod worker;

#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::Arc;

use plimsoll_engine::Engine;

use connection::{End, serve};

/// Serves one client on standard input and output until it leaves. Logs go to standard error.
///
/// The status is 0 if the client has said `shutdown` before it left, otherwise 1.
///
/// # Errors
/// If threads cannot be started.
pub fn run() -> anyhow::Result<ExitCode> {
    crate::log::start();
    let end = serve(std::io::stdin(), std::io::stdout(), Arc::new(Engine::new()))?;
    Ok(match end {
        End::Orderly => ExitCode::SUCCESS,
        End::Abrupt => ExitCode::FAILURE,
    })
}
