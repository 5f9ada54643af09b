//! The rules, one file each, and the writers of edits.
//!
//! A rule asks what code does ([`UnitView`]), never how it is spelled: it names no library, matches no syntax, and sees
//! of another file only what linking says of it. What a fix must write for a language stands in [`edit`].

pub mod ask;
pub mod concurrency;
pub mod database;
pub mod dependencies;
pub mod edit;
pub mod errors;
mod registry;
mod report;
pub mod resilience;
pub mod resources;
mod rule;
pub mod security;
mod view;
mod wording;

pub use registry::{RULES, rule_named};
pub use report::{FixPlan, Options, Place, PlannedEdit, RawFinding, RawRange, RawRelated, Report, Reported};
pub use rule::{Category, Confidence, Rule, RuleMeta, RuleOption, Safety, Severity};
pub use view::{CallView, ProjectFacts, SchemaView, UnitView};

/// What every comment holds that hides a finding. It says nothing of the code: a rule that comments make silent is not made
/// so by this one, which would then hide nothing.
pub const SUPPRESSION: &str = "plimsoll-ignore";
