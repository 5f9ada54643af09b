//! What goes wrong when much runs at the same time: locks, blocked threads, tasks that nobody watches.

mod blocking_in_async;
mod lock_across_await;
mod stale_response;

pub use blocking_in_async::BlockingInAsync;
pub use lock_across_await::LockAcrossAwait;
pub use stale_response::StaleResponse;
