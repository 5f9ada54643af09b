//! The writers of edits: what a fix must write, one folder per language.

pub mod schema;
