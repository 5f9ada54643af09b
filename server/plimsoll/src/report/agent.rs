//! `--format agent`: for the assistant that wrote the code. Few words, and each fix as a patch that it can apply.

use std::fmt::Write;

use plimsoll_engine::Severity;

use super::pretty::summary;
use super::{Report, Reported, Texts, patch, printable, unread_line};

/// A paragraph for each finding: where, which rule, why, the chain in a line, and its proven fix as a patch.
pub fn agent(report: &Report, texts: &Texts<'_>) -> String {
    let mut text = String::new();
    for reported in &report.findings {
        finding(&mut text, reported, texts);
        text.push('\n');
    }
    for skipped in report.failures() {
        let (path, reason) = (texts.relative(&skipped.path), &skipped.reason);
        let _ = writeln!(text, "not reviewed: {}", printable(&format!("{path}: {reason}")));
    }
    for unread in &report.unread {
        let _ = writeln!(text, "hardly read: {}", unread_line(unread, texts));
    }
    if !report.is_complete() {
        text.push_str("This review is incomplete: nothing is claimed of what was not read.\n");
    }
    if !report.findings.is_empty() {
        text.push_str("Why a rule matters and how such code is repaired: `plimsoll explain RULE`.\n");
    }
    text.push_str(&summary(report));
    let fixed = report.findings.iter().filter(|reported| !reported.fixes.is_empty()).count();
    match fixed {
        0 => {}
        1 => text.push_str("; 1 has a proven fix, as a patch against the files as they are now"),
        _ => {
            let _ =
                write!(text, "; {fixed} have a proven fix, each a patch against the files as they are now");
        }
    }
    text.push('\n');
    text
}

fn finding(text: &mut String, reported: &Reported, texts: &Texts<'_>) {
    let finding = &reported.finding;
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let place = |path: &str, byte: u32| {
        let (line, column) = texts.line_and_column(path, byte);
        printable(&format!("{}:{line}:{column}", texts.relative(path)))
    };
    let _ = write!(text, "{} {severity} {}", place(&finding.path, finding.range.start), finding.rule);
    if let Some(function) = &finding.function {
        let _ = write!(text, " in `{}`", printable(function));
    }
    let _ = writeln!(text, "\n  why: {}", printable(&finding.message));
    if !finding.related.is_empty() {
        let chain = finding.related.iter().map(|related| {
            format!("{} ({})", place(&related.path, related.range.start), printable(&related.message))
        });
        let _ = writeln!(text, "  see: {}", chain.collect::<Vec<_>>().join("; "));
    }
    let Some((fix, others)) = reported.fixes.split_first() else {
        text.push_str("  fix: none is proven\n");
        return;
    };
    let _ = writeln!(text, "  fix: {}", printable(&fix.title));
    if !others.is_empty() {
        let _ = writeln!(text, "  (`--format json --fixes` has {} more)", others.len());
    }
    match patch::of_fix(fix, texts) {
        Some(patch) => text.push_str(&patch),
        None => text.push_str("  (too odd for a patch: `--format json --fixes` has its edits)\n"),
    }
}
