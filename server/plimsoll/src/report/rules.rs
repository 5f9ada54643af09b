//! The rules, for people and programs.

use std::fmt::Write;

use plimsoll_engine::{RuleInfo, Severity};
use serde::Serialize;

/// Where the page of a rule is; its id follows.
const PAGES: &str = "https://plimsoll.dev/rules/";

/// The address of a rule's page.
pub fn rule_page(rule: &str) -> String {
    format!("{PAGES}{rule}")
}

/// A line each, in columns.
pub fn rules_as_lines(rules: &[RuleInfo]) -> String {
    let width = |of: fn(&RuleInfo) -> &str| rules.iter().map(|rule| of(rule).len()).max().unwrap_or(0);
    let (ids, categories) = (width(|rule| rule.id), width(|rule| rule.category));
    let mut text = String::new();
    for rule in rules {
        let preview = if rule.is_preview { " (preview)" } else { "" };
        let severity = severity_name(rule.severity);
        let line = format!(
            "{:ids$}  {:categories$}  {severity:7}  {}{preview}",
            rule.id, rule.category, rule.summary
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A list of objects.
pub fn rules_as_json(rules: &[RuleInfo]) -> String {
    #[derive(Serialize)]
    struct JsonRule {
        id: &'static str,
        category: &'static str,
        severity: Severity,
        status: &'static str,
        since: &'static str,
        summary: &'static str,
        documentation: &'static str,
        options: Vec<JsonOption>,
    }
    #[derive(Serialize)]
    struct JsonOption {
        key: &'static str,
        default: u32,
        summary: &'static str,
    }
    let options = |rule: &RuleInfo| {
        let all = rule.options.iter();
        all.map(|o| JsonOption { key: o.key, default: o.default, summary: o.summary }).collect()
    };
    let rules: Vec<JsonRule> = rules
        .iter()
        .map(|rule| JsonRule {
            id: rule.id,
            category: rule.category,
            severity: rule.severity,
            status: if rule.is_preview { "preview" } else { "stable" },
            since: rule.since,
            summary: rule.summary,
            documentation: rule.documentation,
            options: options(rule),
        })
        .collect();
    let text = serde_json::to_string_pretty(&rules).expect("no map in it has keys that are no strings");
    text + "\n"
}

/// A table for each category, then the documentation of each rule.
pub fn rules_as_markdown(rules: &[RuleInfo]) -> String {
    let mut text = String::from("# Rules\n");
    let mut category = "";
    for rule in rules {
        if rule.category != category {
            category = rule.category;
            let _ = write!(text, "\n## {category}\n\n| rule | severity | finds |\n| --- | --- | --- |\n");
        }
        let preview = if rule.is_preview { " (preview)" } else { "" };
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) | {1}{preview} | {2} |",
            rule.id,
            severity_name(rule.severity),
            rule.summary.replace('|', "\\|")
        );
    }
    for rule in rules {
        let _ = write!(text, "\n{}", explanation(rule));
    }
    text
}

/// A rule's page, as Markdown.
pub fn explanation(rule: &RuleInfo) -> String {
    let status = if rule.is_preview { "preview (shown with `--preview`)" } else { "stable" };
    let mut text = format!(
        "# {}\n\n{}\n\nCategory {}, severity {}, {status}, since {}.\n\n{}\n",
        rule.id,
        rule.summary,
        rule.category,
        severity_name(rule.severity),
        rule.since,
        rule.documentation.trim()
    );
    let settings = rule.options.iter().map(|option| format!(", {} = {}", option.key, option.default));
    let severity = severity_name(rule.severity);
    let _ = write!(
        text,
        "\n## How to configure it\n\n```toml\n[rules]\n{} = {{ severity = \"{severity}\"{} }}\n```\n\nSeverities are `off`, \
         `info`, `warning` and `error`.\n",
        rule.id,
        settings.collect::<String>()
    );
    for option in rule.options {
        let _ = writeln!(text, "\n- `{}` (default {}): {}", option.key, option.default, option.summary);
    }
    text.push_str(&suppression(rule.id));
    text
}

/// How one finding is hidden, and all of a file.
fn suppression(rule: &str) -> String {
    format!(
        "\n## How to ignore it\n\n```ts\n// plimsoll-ignore {rule}: the reason, which is required\n```\n\nIt stands on \
         the line of the finding, on the line above, or above the statement: after `//`, `--` in SQL, in `{{/* */}}` in \
         JSX. `plimsoll-ignore-file {rule}: …` is for the whole file.\n"
    )
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
