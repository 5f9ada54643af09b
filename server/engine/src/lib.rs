//! Reviews: caching, configuration, suppression, fingerprints, proven fixes.
//!
//! Pure: no editor, no terminal, no disk, no clock. Files come through [`plimsoll_project::Files`], the time (which a
//! new migration carries in its name) is an input.

mod assemble;
mod baseline;
mod config;
mod covered;
mod describe;
mod finding;
mod fingerprint;
mod first;
pub mod policy;
mod prove;
mod review;
mod rules;
mod run;
mod schema_file;
mod states;
pub mod suppression;
mod unread;

pub use baseline::{Baseline, Entry};
pub use config::{CONFIG_KEYS, Config, ConfigError, ConfigKey, Loaded, MAX_EXTENDS, Model, RuleNames, Takes};
pub use covered::Covered;
pub use describe::{CallDescription, Origin};
pub use finding::*;
pub use fingerprint::Fingerprints;
pub use plimsoll_rules::RuleOption;
pub use prove::waits_for;
pub use review::{Counters, Engine, Outcome, Request, RuleInfo, UnitReport};
