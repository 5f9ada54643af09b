//! All rules.

use crate::Rule;
use crate::resilience::{MissingTimeout, UncheckedResponse};

/// All rules, by category and id.
pub const RULES: &[&dyn Rule] = &[&MissingTimeout, &UncheckedResponse];

/// The rule with this id.
#[must_use]
pub fn rule_named(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.meta().id == id)
}
