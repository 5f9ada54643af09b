//! Time limits, retries, status checks.

mod missing_idempotency_key;
mod missing_retry;
mod missing_timeout;
mod retry_without_backoff;
mod unchecked_response;
mod unsafe_retry;

pub use missing_idempotency_key::MissingIdempotencyKey;
pub use missing_retry::MissingRetry;
pub use missing_timeout::MissingTimeout;
pub use retry_without_backoff::RetryWithoutBackoff;
pub use unchecked_response::UncheckedResponse;
pub use unsafe_retry::UnsafeRetry;
