//! `--format pretty`: each finding beside its source.

use std::collections::BTreeMap;

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, DecorStyle};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use plimsoll_engine::{Finding, Related, Severity, Skipped};
use plimsoll_syntax::{Rope, TextRange};

use super::{REVIEWED, Report, Reported, Texts, counted, printable};

/// A range over more lines is shown by its first line.
const MAX_LINES_SHOWN: usize = 6;

/// As many lines follow that one, which often says little: `r#"`, `service`.
const FURTHER_LINES: usize = 3;

/// A place this many lines away or less is shown in the same excerpt.
const NEAR_LINES: usize = 30;

/// Longer lines are shown around the place only.
const MAX_EXCERPT_BYTES: usize = 8 * 1024;

/// A source is shown in this many columns at least, however narrow the terminal is, and at most.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=240;

/// The report for a terminal of so many columns, with colours; whoever prints it takes them out where they do not belong.
pub fn pretty(report: &Report, texts: &Texts<'_>, width: Option<usize>) -> String {
    let width = width.map_or(DEFAULT_TERM_WIDTH, |width| width.clamp(*WIDTHS.start(), *WIDTHS.end()));
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii).term_width(width);
    let mut text = String::new();
    for reported in &report.findings {
        text.push_str(&render(&renderer, reported, texts));
        text.push_str("\n\n");
    }
    let is_said = |skipped: &&Skipped| skipped.is_failure || report.named.contains(&skipped.path);
    for skipped in report.skipped.iter().filter(is_said) {
        let (path, reason) = (printable(&texts.relative(&skipped.path)), printable(&skipped.reason));
        text.push_str(&format!("skipped {path}: {reason}\n"));
    }
    if let Some(advice) = advice(report) {
        text.push_str(&advice);
        text.push('\n');
    }
    text.push_str(&summary(report));
    text.push('\n');
    text
}

/// What to do about what was found.
fn advice(report: &Report) -> Option<String> {
    let first = report.findings.first()?.finding.rule;
    let is_one = report.findings.iter().all(|reported| reported.finding.rule == first);
    let page = if is_one { first } else { "RULE" };
    let mut advice = format!("help: `plimsoll explain {page}` says why it matters and what to do");
    let are_fixes_told = report.findings.iter().any(|reported| !reported.fixes.is_empty());
    if !are_fixes_told && report.findings.iter().any(|reported| reported.finding.may_have_fixes) {
        advice.push_str("; `plimsoll check --fixes` shows the fixes that are proven");
    }
    Some(advice)
}

fn render(renderer: &Renderer, reported: &Reported, texts: &Texts<'_>) -> String {
    let finding = &reported.finding;
    let mut cuts = Vec::new();
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = level
        .primary_title(printable(&finding.message))
        .id(finding.rule)
        .elements(Vec::<Snippet<'_, Annotation<'_>>>::new());
    let (near, far): (Vec<&Related>, Vec<&Related>) =
        finding.related.iter().partition(|related| is_near(finding, related, texts));
    group = excerpt(group, texts, &finding.path, Some(finding.range), &near, &mut cuts);
    for related in far {
        group = excerpt(group, texts, &related.path, None, &[related], &mut cuts);
    }
    for fix in &reported.fixes {
        group = group.element(Level::HELP.message(printable(&fix.title)));
    }
    let mut text = renderer.render(&[group]);
    for cut in cuts {
        text = text.replacen(&cut.counted, &cut.meant, 1);
    }
    text
}

/// A place in a line of which only a part is shown: the column of a place is counted in what is shown.
struct Cut {
    counted: String,
    meant: String,
}

/// Adds the lines of one file: the place of the finding, if it is in it, and places that explain it.
fn excerpt<'a>(
    group: Group<'a>,
    texts: &Texts<'_>,
    path: &str,
    primary: Option<TextRange>,
    related: &[&Related],
    cuts: &mut Vec<Cut>,
) -> Group<'a> {
    let shown_path = printable(&texts.relative(path));
    let anchor = primary.or_else(|| related.first().map(|place| place.range)).unwrap_or_default();
    let (line, column) = texts.line_and_column(path, anchor.start);
    let Some(rope) = texts.rope(path) else {
        return group.element(Origin::path(shown_path));
    };
    let whole = || primary.into_iter().chain(related.iter().map(|place| place.range));
    let ranges: Vec<TextRange> = whole().map(|range| shown_part(&rope, range)).collect();
    let further: Vec<TextRange> = whole().flat_map(|range| further_lines(&rope, range)).collect();
    let Some(window) = Window::around(&rope, &[&*ranges, &*further].concat(), anchor) else {
        return group.element(Origin::path(shown_path).line(line as usize).char_column(column as usize));
    };
    let mut snippet = Snippet::source(window.text.clone()).line_start(window.first_line + 1);
    let mut ranges = ranges.into_iter();
    if primary.is_some()
        && let Some(range) = ranges.next()
    {
        snippet = snippet.annotation(AnnotationKind::Primary.span(window.span(range)));
    }
    for (place, range) in related.iter().zip(ranges) {
        let kind = if primary.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
        snippet = snippet.annotation(kind.span(window.span(range)).label(printable(&place.message)));
    }
    if !window.is_cut {
        let further = further.into_iter().map(|range| AnnotationKind::Visible.span(window.span(range)));
        snippet = snippet.annotations(further);
    }
    if window.is_cut {
        let before = window.text.get(..window.span(anchor).start).map_or(0, |text| text.chars().count());
        cuts.push(Cut {
            counted: format!("{shown_path}:{line}:{}", before + 1),
            meant: format!("{shown_path}:{line}:{column}"),
        });
    }
    group.element(snippet.path(shown_path))
}

/// Some lines of a file.
struct Window {
    text: String,
    /// Bytes of the file before the text.
    start: usize,
    /// From 0.
    first_line: usize,
    /// Whether a line is shown in part.
    is_cut: bool,
}

impl Window {
    /// The lines that hold all ranges, or a part of the line of `anchor` where they are too much; `None` without text.
    fn around(rope: &Rope, ranges: &[TextRange], anchor: TextRange) -> Option<Self> {
        let line_of = |byte: u32| rope.byte_to_line((byte as usize).min(rope.len_bytes()));
        let first_line = ranges.iter().map(|range| line_of(range.start)).min()?;
        let last_line = ranges.iter().map(|range| line_of(range.end)).max()?;
        let start = rope.line_to_byte(first_line);
        let end = rope.line_to_byte((last_line + 1).min(rope.len_lines()));
        if end - start <= MAX_EXCERPT_BYTES {
            let text = rope.byte_slice(start..end).to_string();
            return Some(Self { text: without_returns(&text), start, first_line, is_cut: false });
        }
        let line = line_of(anchor.start);
        let (line_start, line_end) = (rope.line_to_byte(line), rope.line_to_byte(line + 1));
        let at = anchor.start as usize;
        let boundary = |byte: usize| rope.char_to_byte(rope.byte_to_char(byte.min(rope.len_bytes())));
        let start = boundary(at.saturating_sub(60).max(line_start));
        let end = boundary((at + 200).min(line_end));
        let text = rope.byte_slice(start..end.max(start)).to_string();
        Some(Self { text: without_returns(&text), start, first_line: line, is_cut: true })
    }

    /// Where a range of the file lies in the text: at least one character, where there is one.
    fn span(&self, range: TextRange) -> std::ops::Range<usize> {
        let within = |byte: u32| {
            let mut at = (byte as usize).saturating_sub(self.start).min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = within(range.start);
        start..within(range.end).max(start)
    }
}

/// The text with a space for each `\r`, so that offsets stay and a lone one does not move the cursor.
fn without_returns(text: &str) -> String {
    text.replace('\r', " ").trim_end().to_owned()
}

/// The range, or the part of it on its first line if it covers many.
fn shown_part(rope: &Rope, range: TextRange) -> TextRange {
    let len = rope.len_bytes();
    let start = (range.start as usize).min(len);
    let first = rope.byte_to_line(start);
    if lines_after_first(rope, range) < MAX_LINES_SHOWN {
        return range;
    }
    let line_end = rope.line_to_byte(first + 1);
    let line = rope.byte_slice(rope.char_to_byte(rope.byte_to_char(start))..line_end).to_string();
    TextRange::from_usize(start, start + line.trim_end().len())
}

/// The beginnings of the lines that are shown beneath the first one of a range that is not shown as a whole.
fn further_lines(rope: &Rope, range: TextRange) -> Vec<TextRange> {
    if lines_after_first(rope, range) < MAX_LINES_SHOWN {
        return Vec::new();
    }
    let first = rope.byte_to_line((range.start as usize).min(rope.len_bytes()));
    let starts = (first + 1..=first + FURTHER_LINES).map(|line| rope.line_to_byte(line));
    starts.map(|start| TextRange::from_usize(start, start)).collect()
}

fn lines_after_first(rope: &Rope, range: TextRange) -> usize {
    let line = |byte: u32| rope.byte_to_line((byte as usize).min(rope.len_bytes()));
    line(range.end.max(range.start)) - line(range.start)
}

fn is_near(finding: &Finding, related: &Related, texts: &Texts<'_>) -> bool {
    if finding.path != related.path {
        return false;
    }
    let line = |byte| texts.line_and_column(&finding.path, byte).0 as usize;
    line(finding.range.start).abs_diff(line(related.range.start)) <= NEAR_LINES
}

/// `3 findings (1 error, 2 warnings) in 12 files; 1 file skipped (generated)`
pub(super) fn summary(report: &Report) -> String {
    if report.files == 0 && report.skipped.is_empty() {
        return format!("nothing to review: no {} here", REVIEWED.replace(" and ", " or "));
    }
    let mut text = match report.findings.len() {
        0 if report.files == 0 => "nothing was reviewed".to_owned(),
        0 => "no findings".to_owned(),
        count => {
            let severities =
                [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
            let each: Vec<String> = severities
                .into_iter()
                .map(|(severity, name)| (report.count(severity), name))
                .filter(|(count, _)| *count > 0)
                .map(
                    |(count, name)| {
                        if name == "info" { format!("{count} info") } else { counted(count, name) }
                    },
                )
                .collect();
            format!("{} ({})", counted(count, "finding"), each.join(", "))
        }
    };
    if report.files > 0 || !report.findings.is_empty() {
        text.push_str(&format!(" in {}", counted(report.files, "file")));
    }
    if let Some(scope) = &report.scope {
        text.push_str(&format!(", {}", printable(scope)));
    }
    if let Some(hidden) = report.baselined.filter(|hidden| *hidden > 0) {
        text.push_str(&format!("; {hidden} in the baseline"));
    }
    let mut by_policy: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in report.skipped.iter().filter(|skipped| !skipped.is_failure) {
        *by_policy.entry(&skipped.reason).or_default() += 1;
    }
    if !by_policy.is_empty() {
        let reasons: Vec<String> =
            by_policy.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        text.push_str(&format!("; left alone: {}", reasons.join(", ")));
    }
    let failures = report.skipped.iter().filter(|skipped| skipped.is_failure).count();
    if failures > 0 {
        text.push_str(&format!("; incomplete: {failures} not reviewed"));
    }
    if !report.unread.is_empty() {
        let before = if failures > 0 { "," } else { "; incomplete:" };
        text.push_str(&format!("{before} {} hardly read", report.unread.len()));
    }
    text
}
