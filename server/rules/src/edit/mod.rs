//! The writers of edits: what a fix must write, one folder per language.

mod retry;

pub use retry::wrap_in_retry;
