//! Time limits, retries, status checks.

mod missing_retry;
mod missing_timeout;

pub use missing_retry::MissingRetry;
pub use missing_timeout::MissingTimeout;
