//! What is started and must end: timers, listeners, subscriptions, handles, tasks; and what only grows.

mod detached_task;
mod leaked_handle;
mod leaked_listener;
mod leaked_subscription;
mod leaked_timer;
mod shared_request_state;
mod unbounded_channel;
mod unbounded_growth;

pub use detached_task::DetachedTask;
pub use leaked_handle::LeakedHandle;
pub use leaked_listener::LeakedListener;
pub use leaked_subscription::LeakedSubscription;
pub use leaked_timer::LeakedTimer;
pub use shared_request_state::SharedRequestState;
pub use unbounded_channel::UnboundedChannel;
pub use unbounded_growth::UnboundedGrowth;
