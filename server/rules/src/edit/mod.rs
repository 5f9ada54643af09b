//! The writers of edits: what a fix must write, one folder per language.

pub mod cleanup;
mod retry;
pub mod schema;
pub mod style;

pub use retry::wrap_in_retry;
pub mod teardown;
