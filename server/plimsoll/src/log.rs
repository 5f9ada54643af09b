//! Logs, which go to standard error: standard output belongs to findings and to the protocol.

use tracing_subscriber::EnvFilter;

/// The environment variable that says what is logged: `PLIMSOLL_LOG=debug`.
const LOG_FILTER: &str = "PLIMSOLL_LOG";

/// Logs what the environment says, or warnings.
pub fn start() {
    let filter = EnvFilter::try_from_env(LOG_FILTER).unwrap_or_else(|_| EnvFilter::new("warn"));
    // A log that cannot be set up twice is no reason to stop.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}

/// Logs what the environment says, or nothing: whoever runs a command reads what it prints.
pub fn start_if_asked() {
    if std::env::var_os(LOG_FILTER).is_some() {
        start();
    }
}
