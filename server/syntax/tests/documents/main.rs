//! Documents against a model of an editor that shares no code with them.

mod client;
mod incremental;
mod positions;
mod trees;
