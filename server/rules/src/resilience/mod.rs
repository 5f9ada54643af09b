//! Time limits, retries, status checks.

mod missing_timeout;

pub use missing_timeout::MissingTimeout;
