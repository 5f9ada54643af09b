//! What keeps threads and tasks waiting.

pub(in crate::ask) mod held;
pub(in crate::ask) mod stall;
pub(in crate::ask) mod turnstile;

pub use held::{Held, held};
pub use stall::{Stall, is_shared_thread, stall};
pub use turnstile::{is_of_what_it_guards, is_turnstile};
