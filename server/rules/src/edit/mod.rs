//! The writers of edits: what a fix must write, one folder per language.

pub mod cleanup;
pub mod style;
pub mod teardown;
