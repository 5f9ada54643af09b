//! The writers of edits: what a fix must write, in the style of the file.

pub mod batch;
pub mod cleanup;
pub mod increment;
mod retry;
pub mod rust;
pub mod schema;
pub mod script;
pub mod status_check;
pub mod style;
pub mod teardown;
pub mod time_limit;
pub mod upsert;

pub use retry::wrap_in_retry;
