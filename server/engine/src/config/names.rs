//! The names that rules go by.

use crate::RuleInfo;

/// Which rule ids exist, and which existed.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleNames<'a> {
    /// All rules.
    pub rules: &'a [RuleInfo],
    /// Ids that rules had before, each with the one it has now.
    pub renamed: &'a [(&'a str, &'a str)],
}

impl<'a> RuleNames<'a> {
    /// The names of these rules, none of which was renamed.
    #[must_use]
    pub const fn new(rules: &'a [RuleInfo]) -> Self {
        Self { rules, renamed: &[] }
    }

    /// The id that a rule has now, from one that it has or had.
    #[must_use]
    pub fn resolve(&self, id: &str) -> Option<&'a str> {
        let renamed = self.renamed.iter().find(|(old, _)| *old == id);
        let id = renamed.map_or(id, |(_, new)| new);
        self.rules.iter().map(|rule| rule.id).find(|known| *known == id)
    }

    /// The rule that a misspelt id may mean.
    #[must_use]
    pub fn suggest(&self, id: &str) -> Option<&'a str> {
        nearest(id, self.rules.iter().map(|rule| rule.id))
    }
}

/// The candidate that `word` is most likely a misspelling of; the first of equals.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A name longer than any that exists is no misspelling, and comparing costs the product of both lengths.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_ascii_lowercase().replace('_', "-");
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let spelling = candidate.to_ascii_lowercase().replace('_', "-");
        let distance = strsim::damerau_levenshtein(&word, &spelling);
        let bound = (spelling.chars().count() / 3).max(1);
        if distance <= bound && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `; did you mean …?` for the end of a message, or nothing.
pub(crate) fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::{RuleNames, nearest};
    use crate::{RuleInfo, Severity};

    const RULE: RuleInfo = RuleInfo {
        id: "n-plus-one",
        category: "database",
        severity: Severity::Error,
        is_preview: false,
        since: "0.1.0",
        summary: "",
        documentation: "",
        options: &[],
    };

    #[test]
    fn a_misspelling_is_near_and_another_word_is_not() {
        let known = ["missing-timeout", "missing-retry", "n-plus-one"];
        assert_eq!(nearest("mising-timeout", known), Some("missing-timeout"));
        assert_eq!(nearest("missing_retry", known), Some("missing-retry"));
        assert_eq!(nearest("N-Plus-One", known), Some("n-plus-one"));
        assert_eq!(nearest("hello", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn an_old_id_keeps_working() {
        let names =
            RuleNames { rules: &[RULE], renamed: &[("query-in-loop", "n-plus-one"), ("gone", "nowhere")] };
        assert_eq!(names.resolve("query-in-loop"), Some("n-plus-one"));
        assert_eq!(names.resolve("n-plus-one"), Some("n-plus-one"));
        assert_eq!(names.resolve("gone"), None);
    }
}
