//! Reviews: caching, configuration, suppression, fingerprints, proven fixes.
//!
//! Pure: no editor, no terminal, no disk, no clock. Files come through [`plimsoll_project::Files`], the time (which a
//! new migration carries in its name) is an input.

mod config;
mod finding;
mod review;

pub use config::Config;
pub use finding::*;
pub use review::{Counters, Engine, Outcome, Request, RuleInfo, UnitReport};
