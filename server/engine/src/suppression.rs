//! Suppressions: comments that say why a finding may stay.
//!
//! `// plimsoll-ignore n-plus-one: at most three tenants` stands on the line of the finding, on the line above, or
//! above the statement with its decorators and attributes; `{/* … */}` in JSX and `--` in SQL do the same.
//! `// plimsoll-ignore-file RULE: reason` is for the whole file. A suppression without a reason still hides its
//! findings, and is a finding as severe as what it hides; one that hides nothing is a finding, too.

mod comments;
mod coverage;
mod written;

use plimsoll_syntax::TextRange;

pub use comments::{comments_of_prisma, comments_of_sql};
use coverage::covered;
pub(crate) use written::ignore;

use crate::config::{did_you_mean, nearest};
use crate::{Confidence, Finding, Fingerprints, RuleInfo, RuleNames, Severity};

/// What every suppression holds: a text without it has none.
pub const MARK: &str = plimsoll_rules::SUPPRESSION;

/// How many suppressions of a file count. Hand-written files stay far below, and each costs a look at its line.
pub const MAX_SUPPRESSIONS: usize = 1000;

/// The family of the findings about suppressions.
const CATEGORY: &str = "suppression";

/// The rule on suppressions that hide nothing.
pub const UNUSED_SUPPRESSION: RuleInfo = RuleInfo {
    id: "unused-suppression",
    category: CATEGORY,
    severity: Severity::Warning,
    is_preview: false,
    since: "0.1.0",
    summary: "A suppression that hides no finding.",
    documentation: "\
## What happens

The code below the comment was repaired or moved, or the rule is misspelt. The comment stays, and hides the next
finding that nobody has thought about.

## Bad

```ts
// plimsoll-ignore n-plus-one: at most three tenants
const total = 1
```

## Good

Remove the comment, or put it on the line of the finding, on the line above, or above the statement.

## What it does not flag

- Suppressions of rules that are off for the file, or that this run does not ask for.
",
    options: &[],
};

/// The rule on suppressions that do not say why.
pub const SUPPRESSION_WITHOUT_REASON: RuleInfo = RuleInfo {
    id: "suppression-without-reason",
    category: CATEGORY,
    severity: Severity::Warning,
    is_preview: false,
    since: "0.1.0",
    summary: "A suppression that does not say why the finding may stay.",
    documentation: "\
## What happens

Whoever reads the code later cannot tell a decision from a shortcut. The finding is as severe as what the comment hides,
so that a comment without a reason passes no gate.

## Bad

```ts
// plimsoll-ignore n-plus-one
for (const tenant of tenants) await load(tenant)
```

## Good

```ts
// plimsoll-ignore n-plus-one: at most three tenants
for (const tenant of tenants) await load(tenant)
```

## What it does not flag

- Suppressions with any reason: a person judges it.
",
    options: &[],
};

/// The suppressions of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressions {
    list: Vec<Suppression>,
}

/// A rule that a comment names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Suppression {
    /// As it is written.
    written: String,
    /// The rule it means, if there is one.
    rule: Option<&'static str>,
    /// Bytes of the comment.
    comment: TextRange,
    has_reason: bool,
    /// Findings that start in one of these are hidden.
    covers: Vec<TextRange>,
    suggestion: Option<&'static str>,
}

/// The file whose findings are held against its suppressions.
pub struct Context<'a> {
    /// The file.
    pub path: &'a str,
    /// Its language, as a finding tells it.
    pub language: &'static str,
    /// The text of the file.
    pub text: &'a str,
    /// How severe a rule's findings are here, `None` if it is off: [`crate::Config::severity_of`].
    pub severity_of: &'a dyn Fn(&str, Severity) -> Option<Severity>,
    /// Those of the file.
    pub fingerprints: &'a mut Fingerprints,
}

/// Findings after suppression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What is left, and then the findings about suppressions.
    pub kept: Vec<Finding>,
    /// What a comment hides.
    pub suppressed: Vec<Finding>,
}

impl Suppressions {
    /// The suppressions that the comments of a file hold.
    ///
    /// `comments` are ranges of whole comments with their marks, in order. `statements` are ranges of statements,
    /// items, members and JSX elements with their decorators and attributes, in any order.
    #[must_use]
    pub fn parse(
        text: &str,
        comments: &[TextRange],
        statements: &[TextRange],
        names: &RuleNames<'static>,
    ) -> Self {
        let mut list = Vec::new();
        for (index, comment) in comments.iter().enumerate() {
            let Some(written) = text.get(comment.as_usize()) else {
                continue;
            };
            if !written.contains(MARK) {
                continue;
            }
            if list.len() >= MAX_SUPPRESSIONS {
                break;
            }
            for directive in written.lines().filter_map(Directive::parse) {
                let covers = if directive.is_for_file {
                    vec![TextRange::from_usize(0, text.len())]
                } else {
                    covered(text, *comment, &comments[index + 1..], statements)
                };
                for id in directive.rules {
                    list.push(Suppression {
                        written: id.to_owned(),
                        rule: names.resolve(id),
                        comment: *comment,
                        has_reason: directive.has_reason,
                        covers: covers.clone(),
                        suggestion: nearest(id, names.rules.iter().map(|rule| rule.id)),
                    });
                }
            }
        }
        Self { list }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes out what is suppressed, and adds what is wrong with the suppressions.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>, context: &mut Context<'_>) -> Applied {
        let mut applied = Applied::default();
        let mut hidden: Vec<Option<Severity>> = vec![None; self.list.len()];
        for finding in findings {
            let mut is_hidden = false;
            for (suppression, worst) in self.list.iter().zip(&mut hidden) {
                if suppression.hides(&finding) {
                    is_hidden = true;
                    *worst = (*worst).max(Some(finding.severity));
                }
            }
            if is_hidden {
                applied.suppressed.push(finding);
            } else {
                applied.kept.push(finding);
            }
        }
        for (suppression, worst) in self.list.iter().zip(hidden) {
            let found = match worst {
                Some(_) if suppression.has_reason => None,
                Some(worst) => suppression.without_reason(worst, context),
                None => suppression.unused(context),
            };
            applied.kept.extend(found);
        }
        applied
    }
}

impl Suppression {
    fn hides(&self, finding: &Finding) -> bool {
        let at = finding.range.start;
        self.rule == Some(finding.rule) && self.covers.iter().any(|range| range.touches(at))
    }

    fn without_reason(&self, worst: Severity, context: &mut Context<'_>) -> Option<Finding> {
        let message =
            format!("this suppression of `{0}` does not say why: `{MARK} {0}: the reason`", self.written);
        self.finding(&SUPPRESSION_WITHOUT_REASON, worst, message, context)
    }

    fn unused(&self, context: &mut Context<'_>) -> Option<Finding> {
        let message = match self.rule {
            None if self.written.is_empty() => {
                format!("this suppression names no rule: `{MARK} RULE: the reason`")
            }
            None => format!(
                "this suppression hides nothing, for there is no rule `{}`{}",
                self.written,
                did_you_mean(self.suggestion)
            ),
            Some(rule) => {
                // A rule that did not run finds nothing, and says nothing of its suppressions.
                (context.severity_of)(rule, Severity::Warning)?;
                format!("this suppression hides nothing: `{rule}` finds nothing here")
            }
        };
        self.finding(&UNUSED_SUPPRESSION, Severity::Info, message, context)
    }

    fn finding(
        &self,
        rule: &RuleInfo,
        at_least: Severity,
        message: String,
        context: &mut Context<'_>,
    ) -> Option<Finding> {
        let severity = (context.severity_of)(rule.id, rule.severity.max(at_least))?;
        let comment = context.text.get(self.comment.as_usize()).unwrap_or_default();
        Some(Finding {
            rule: rule.id,
            category: rule.category,
            severity,
            confidence: Confidence::High,
            message,
            path: context.path.to_owned(),
            range: self.comment,
            fingerprint: context.fingerprints.next(rule.id, None, comment),
            function: None,
            language: context.language,
            related: Vec::new(),
            about: Vec::new(),
            may_have_fixes: false,
            is_baselined: false,
        })
    }
}

/// What one line of a comment says.
struct Directive<'a> {
    is_for_file: bool,
    rules: Vec<&'a str>,
    has_reason: bool,
}

impl<'a> Directive<'a> {
    /// `plimsoll-ignore a, b: reason`, with the marks of a comment around it.
    fn parse(line: &'a str) -> Option<Self> {
        let line = line
            .trim_start_matches(|char: char| char.is_whitespace() || "/*-!#{".contains(char))
            .trim_end_matches(|char: char| char.is_whitespace() || "*/}".contains(char));
        let rest = line.strip_prefix(MARK)?;
        let (is_for_file, rest) = match rest.strip_prefix("-file") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // `plimsoll-ignored` is another word.
        if !rest.is_empty() && !rest.starts_with(|char: char| char.is_whitespace() || char == ':') {
            return None;
        }
        // Without a colon the reason is only meant to be one: what follows the list of rules is no rule.
        let (rules, reason) = rest.split_once(':').unwrap_or((list_at_start(rest), ""));
        let mut rules: Vec<&str> =
            rules.split([',', ' ', '\t']).map(str::trim).filter(|rule| !rule.is_empty()).collect();
        if rules.is_empty() {
            rules.push("");
        }
        let has_reason = reason.chars().any(char::is_alphanumeric);
        Some(Self { is_for_file, rules, has_reason })
    }
}

/// The words at the start that commas join.
fn list_at_start(text: &str) -> &str {
    let start = text.len() - text.trim_start().len();
    let mut after_comma = false;
    for (at, char) in text.char_indices().skip(start) {
        if char.is_whitespace() {
            if !after_comma && !text[at..].trim_start().starts_with(',') {
                return &text[..at];
            }
        } else {
            after_comma = char == ',';
        }
    }
    text
}

#[cfg(test)]
mod tests;
