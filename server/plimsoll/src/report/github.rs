//! `--format github`: workflow commands, which GitHub shows beside the lines of a pull request.
//!
//! The commands and their escapes:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write;

use plimsoll_engine::Severity;

use super::pretty::summary;
use super::{Report, Reported, Texts, unread_reason};

/// A command for each finding and for each file that was not reviewed, then the summary.
pub fn github(report: &Report, texts: &Texts<'_>) -> String {
    let mut text = String::new();
    for reported in &report.findings {
        text.push_str(&finding(reported, texts));
    }
    for skipped in report.failures() {
        let file = property(&texts.relative(&skipped.path));
        let reason = data(&format!("not reviewed: {}", skipped.reason));
        let _ = writeln!(text, "::warning file={file},title=not reviewed::{reason}");
    }
    for unread in &report.unread {
        let file = property(&texts.relative(&unread.path));
        let (line, _) = texts.line_and_column(&unread.path, unread.at);
        let reason = data(&unread_reason(unread, texts));
        let _ = writeln!(text, "::warning file={file},line={line},title=hardly read::{reason}");
    }
    // A line of its own that begins like a command would be one.
    let _ = writeln!(text, "plimsoll: {}", summary(report));
    text
}

fn finding(reported: &Reported, texts: &Texts<'_>) -> String {
    let finding = &reported.finding;
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (line, column) = texts.line_and_column(&finding.path, finding.range.start);
    let (end_line, end_column) = texts.line_and_column(&finding.path, finding.range.end);
    let mut message = finding.message.clone();
    for related in &finding.related {
        let (line, _) = texts.line_and_column(&related.path, related.range.start);
        let _ = write!(message, "\n{}:{line}: {}", texts.relative(&related.path), related.message);
    }
    for fix in &reported.fixes {
        let _ = write!(message, "\nfix: {}", fix.title);
    }
    // Of a place over more lines GitHub takes no columns.
    let lines = match end_line == line {
        true => format!("line={line},col={column},endLine={end_line},endColumn={end_column}"),
        false => format!("line={line},endLine={end_line}"),
    };
    let (file, title) = (property(&texts.relative(&finding.path)), property(finding.rule));
    format!("::{command} file={file},{lines},title={title}::{}\n", data(&message))
}

/// Text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_value_is_escaped() {
        assert_eq!(data("100 % of a, b:\r\n::error::c"), "100 %25 of a, b:%0D%0A::error::c");
        assert_eq!(property("a,b:c%\n.ts"), "a%2Cb%3Ac%25%0A.ts");
    }
}
