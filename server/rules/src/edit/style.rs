//! How a file is written, so that what a fix adds looks like the rest of it.

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// `"\n"` or `"\r\n"`
    pub newline: &'static str,
    /// One level of indentation.
    pub indent: String,
    /// `";"`, or nothing where statements end without one.
    pub semicolon: &'static str,
}

impl Style {
    /// The style of a text.
    #[must_use]
    pub fn of(text: &str) -> Style {
        Style {
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            indent: indent(text),
            semicolon: semicolon(text),
        }
    }
}

/// The indentation that most lines that are indented further than the line above them add to it.
fn indent(text: &str) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut before = "";
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('*')) {
        let indent = leading(line);
        if let Some(added) = indent.strip_prefix(before)
            && !added.is_empty()
        {
            match counts.iter_mut().find(|(unit, _)| unit == added) {
                Some((_, count)) => *count += 1,
                None => counts.push((added.to_owned(), 1)),
            }
        }
        before = indent;
    }
    let mut best: Option<(String, usize)> = None;
    for (unit, count) in counts {
        if best.as_ref().is_none_or(|(_, most)| count > *most) {
            best = Some((unit, count));
        }
    }
    best.map_or_else(|| "  ".to_owned(), |(unit, _)| unit)
}

/// Lines that end a statement for sure decide: those that begin with a keyword of one and end with a closed value.
fn semicolon(text: &str) -> &'static str {
    const STARTS: &[&str] = &["import ", "const ", "let ", "return ", "export * ", "export {", "throw "];
    let (mut with, mut without) = (0_usize, 0_usize);
    for line in text.lines().map(str::trim) {
        if !STARTS.iter().any(|start| line.starts_with(start)) {
            // `})` and `}, [])` end most statements of several lines.
            match line {
                "});" | "}, []);" | ");" => with += 1,
                "})" | "}, [])" => without += 1,
                // A call, or a field, on a line of its own.
                _ if line.ends_with(");") => with += 1,
                _ if line.ends_with(')')
                    && line.contains('(')
                    && !line.starts_with(['.', '|', '&', '*', '/', '@']) =>
                {
                    without += 1;
                }
                _ => {}
            }
            continue;
        }
        if line.ends_with(';') {
            with += 1;
        } else if line
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '\'' | '"' | '`' | ')' | ']' | '}'))
        {
            without += 1;
        }
    }
    if without > with { "" } else { ";" }
}

/// The white space that a line begins with.
#[must_use]
pub fn leading(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The indentation of the line that a byte stands on.
#[must_use]
pub fn indent_at(text: &str, byte: u32) -> &str {
    let start = text[..byte as usize].rfind('\n').map_or(0, |at| at + 1);
    leading(&text[start..])
}

/// Whether only white space stands before a byte on its line.
#[must_use]
pub fn begins_its_line(text: &str, byte: u32) -> bool {
    let start = text[..byte as usize].rfind('\n').map_or(0, |at| at + 1);
    text[start..byte as usize].trim().is_empty()
}

/// The end of the line (before its line break) if nothing but a comment follows the byte on it.
#[must_use]
pub fn end_of_line(text: &str, byte: u32) -> Option<u32> {
    let rest = &text[byte as usize..];
    let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let after = line.trim();
    let is_free = after.is_empty()
        || after.starts_with("//")
        || after.starts_with("/*") && after.ends_with("*/") && after.matches("*/").count() == 1;
    is_free.then(|| byte + u32::try_from(line.trim_end().len()).expect("a file is smaller than 4 GiB"))
}

/// The text with its lines after the first one indented one level further. Text that contains a template keeps its
/// lines: white space in it means something.
#[must_use]
pub fn indented(text: &str, unit: &str) -> String {
    if text.contains('`') {
        return text.to_owned();
    }
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !line.trim().is_empty() {
            out.push_str(unit);
        }
        out.push_str(line);
    }
    out
}

/// The text with `removed` taken from the beginning of its lines after the first one, as far as they begin so. Text that
/// contains a template keeps its lines.
#[must_use]
pub fn outdented(text: &str, removed: &str) -> String {
    if text.contains('`') || removed.is_empty() {
        return text.to_owned();
    }
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let rest = lines.map(|line| line.strip_prefix(removed).unwrap_or(line));
    std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_style_of_a_file() {
        let plain =
            "import a from 'a'\n\nexport function f() {\n  const b = 1\n  if (b) {\n    return a\n  }\n}\n";
        assert_eq!(Style::of(plain), Style { newline: "\n", indent: "  ".into(), semicolon: "" });
        let tabs =
            plain.replace("  ", "\t").replace("'a'", "'a';").replace("= 1", "= 1;").replace('\n', "\r\n");
        assert_eq!(Style::of(&tabs), Style { newline: "\r\n", indent: "\t".into(), semicolon: ";" });
    }

    #[test]
    fn a_line_ends_where_only_a_comment_follows() {
        let text = "tick(); // soon\nstop() }";
        assert_eq!(end_of_line(text, 7), Some(15));
        assert_eq!(end_of_line(text, 22), None);
    }
}
