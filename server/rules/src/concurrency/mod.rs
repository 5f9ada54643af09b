//! What goes wrong when much runs at the same time: locks, blocked threads, tasks that nobody watches.

mod blocking_in_async;
mod double_submit;
mod lock_across_await;
mod overlapping_interval;
mod sequential_await;
mod stale_response;
mod unbounded_concurrency;

pub use blocking_in_async::BlockingInAsync;
pub use double_submit::DoubleSubmit;
pub use lock_across_await::LockAcrossAwait;
pub use overlapping_interval::OverlappingInterval;
pub use sequential_await::SequentialAwait;
pub use stale_response::StaleResponse;
pub use unbounded_concurrency::UnboundedConcurrency;
