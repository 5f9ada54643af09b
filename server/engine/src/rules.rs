//! The rules as front doors show them.

use std::sync::OnceLock;

use plimsoll_rules::RULES;

use crate::{Confidence, RuleInfo, Severity};

/// All rules, by category and id, those about suppressions included.
pub(crate) fn all() -> &'static [RuleInfo] {
    static ALL: OnceLock<Vec<RuleInfo>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<RuleInfo> = RULES
            .iter()
            .map(|rule| {
                let meta = rule.meta();
                RuleInfo {
                    id: meta.id,
                    category: meta.category.name(),
                    severity: severity(meta.severity),
                    is_preview: meta.is_preview,
                    since: meta.since,
                    summary: String::leak(meta.summary()),
                    documentation: String::leak(page(meta.documentation)),
                    options: meta.options,
                }
            })
            .collect();
        all.extend([crate::suppression::UNUSED_SUPPRESSION, crate::suppression::SUPPRESSION_WITHOUT_REASON]);
        all.sort_by_key(|rule| (rule.category, rule.id));
        all
    })
}

/// What stands below the summary, without the space that doc comments begin their lines with.
fn page(documentation: &str) -> String {
    let plain: Vec<&str> = documentation.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let plain = plain.join("\n");
    plain.trim().split_once("\n\n").map_or_else(String::new, |(_, rest)| rest.trim().to_owned())
}

/// A rule's severity as reports have it.
pub(crate) fn severity(of: plimsoll_rules::Severity) -> Severity {
    match of {
        plimsoll_rules::Severity::Info => Severity::Info,
        plimsoll_rules::Severity::Warning => Severity::Warning,
        plimsoll_rules::Severity::Error => Severity::Error,
    }
}

/// How sure a rule is, as reports have it.
pub(crate) fn confidence(of: plimsoll_rules::Confidence) -> Confidence {
    match of {
        plimsoll_rules::Confidence::Medium => Confidence::Medium,
        plimsoll_rules::Confidence::High => Confidence::High,
    }
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn every_page_lists_what_the_rule_does_not_flag() {
        for rule in all() {
            let (_, rest) = rule
                .documentation
                .split_once("## What it does not flag\n\n")
                .unwrap_or_else(|| panic!("`{}` does not say what it does not flag", rule.id));
            let list = rest.split("\n\n").next().unwrap_or_default();
            let is_of_a_list = |line: &str| line.starts_with("- ") || line.starts_with("  ");
            assert!(list.lines().all(is_of_a_list), "`{}` has no list:\n{list}", rule.id);
        }
    }
}
