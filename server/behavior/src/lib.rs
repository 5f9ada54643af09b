//! What one file does.
//!
//! The vocabulary that every rule speaks ([`vocabulary`]), a lowering into it per language ([`lower`]), and the
//! library models that say what a call does ([`models`]). Everything here is read from one file alone; nothing here
//! knows of a second file, a disk or an editor.

pub mod effects;
mod guarantees;
pub mod lower;
pub mod models;
pub mod secrets;
pub mod vocabulary;
mod words;

pub use effects::Effects;
pub use guarantees::Guarantees;
pub use vocabulary::*;
pub use words::words;
