//! The writers of edits: what a fix must write, one folder per language.

pub mod rust;
pub mod script;
pub mod status_check;
pub mod style;
pub mod time_limit;
