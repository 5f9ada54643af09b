//! What is started and must end: timers, listeners, subscriptions, handles.

mod leaked_timer;

pub use leaked_timer::LeakedTimer;
