//! The writers of edits: what a fix must write, in the style of the file.

pub mod aside;
pub mod batch;
pub mod boundary;
pub mod clamp;
pub mod cleanup;
pub mod closing;
pub mod columns;
pub mod count;
pub mod error_check;
pub mod finally;
pub mod guard;
pub mod handler;
pub mod hoist;
pub mod import;
pub mod increment;
pub mod limit;
pub mod lines;
pub mod listener;
pub mod process_end;
pub mod repetition;
pub mod rethrow;
mod retry;
pub mod rust;
pub mod schema;
pub mod script;
pub mod stale;
pub mod status_check;
pub mod style;
pub mod teardown;
pub mod time_limit;
pub mod transaction;
pub mod unblock;
pub mod upsert;
pub mod waiting;
pub mod watch;

pub use retry::{Thrown, wrap_in_retry};
