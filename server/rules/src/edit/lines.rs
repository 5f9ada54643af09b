//! Lines that a fix makes too long are broken as the formatter of the language would, where that is simple: an object that
//! a call ends with, a property a line; a chain of Rust, a call a line. What was long before stays as it is.

use plimsoll_syntax::{ByteEdit, Language, TextRange, apply_byte_edits};

use super::style::Style;
use crate::PlannedEdit;

/// What formatters leave on one line, in characters.
const WIDTH: usize = 100;

/// The width of files that have many lines over the usual one.
const WIDE: usize = 120;

/// How often what was broken out of a line is broken again.
const MAX_DEPTH: u32 = 4;

/// The edits of one file, with the lines broken that they make too long.
#[must_use]
pub fn with_short_lines(text: &str, language: Language, edits: &[PlannedEdit]) -> Vec<PlannedEdit> {
    let mut groups: Vec<(TextRange, Vec<&PlannedEdit>)> = Vec::new();
    let mut sorted: Vec<(TextRange, &PlannedEdit)> =
        edits.iter().filter_map(|edit| Some((lines_around(text, edit.range?)?, edit))).collect();
    if sorted.len() < edits.len() {
        return edits.to_vec();
    }
    sorted.sort_by_key(|(lines, edit)| (lines.start, edit.range.map(|range| range.start)));
    for (lines, edit) in sorted {
        match groups.last_mut() {
            Some((known, own)) if lines.start < known.end || lines == *known => {
                *known = TextRange::new(known.start, known.end.max(lines.end));
                own.push(edit);
            }
            _ => groups.push((lines, vec![edit])),
        }
    }
    let writer = Writer { language, width: width(text, language), style: Style::of(text) };
    groups.into_iter().flat_map(|(lines, own)| writer.of_group(text, lines, &own)).collect()
}

/// The whole lines that a range touches, without the last line break; none where it is not in the text.
fn lines_around(text: &str, range: TextRange) -> Option<TextRange> {
    let before = text.get(..range.start as usize)?;
    let after = text.get(range.end as usize..)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find(['\r', '\n']).map_or(text.len(), |at| range.end as usize + at);
    Some(TextRange::from_usize(start, end))
}

fn width(text: &str, language: Language) -> usize {
    let count = |over: usize| text.lines().filter(|line| length(line) > over).count();
    // The formatter of Rust has one width, and hardly anybody sets another.
    let is_wide = language != Language::Rust && count(WIDTH) * 20 > count(0);
    if is_wide { WIDE } else { WIDTH }
}

fn length(line: &str) -> usize {
    line.chars().count()
}

struct Writer {
    language: Language,
    width: usize,
    style: Style,
}

impl Writer {
    fn of_group(&self, text: &str, lines: TextRange, own: &[&PlannedEdit]) -> Vec<PlannedEdit> {
        let kept = || own.iter().map(|&edit| edit.clone()).collect::<Vec<_>>();
        let before = &text[lines.as_usize()];
        let edits = own.iter().filter_map(|edit| {
            let range = edit.range?;
            let range = TextRange::new(range.start - lines.start, range.end - lines.start);
            Some(ByteEdit { range, text: edit.new_text.clone() })
        });
        let Ok(after) = apply_byte_edits(before, &edits.collect::<Vec<_>>()) else { return kept() };
        let mut is_broken = false;
        let written = after.split('\n').map(|line| {
            let bare = line.strip_suffix('\r').unwrap_or(line);
            let is_new = !before.lines().any(|old| old == bare);
            match self.broken(bare, MAX_DEPTH).filter(|_| is_new) {
                Some(lines) => {
                    is_broken = true;
                    lines.join(self.style.newline) + &line[bare.len()..]
                }
                None => line.to_owned(),
            }
        });
        let new_text = written.collect::<Vec<_>>().join("\n");
        match own {
            [first, ..] if is_broken => {
                vec![PlannedEdit { path: first.path.clone(), range: Some(lines), new_text }]
            }
            _ => kept(),
        }
    }

    /// The line as several; none where it is short enough, or nothing simple helps.
    fn broken(&self, line: &str, depth: u32) -> Option<Vec<String>> {
        let is_comment = ["//", "/*", "*"].iter().any(|mark| line.trim_start().starts_with(mark));
        if length(line) <= self.width || depth == 0 || is_comment {
            return None;
        }
        let lines = match self.language {
            Language::Rust => self.chain(line)?,
            _ => self.object(line)?,
        };
        let again = |line: String| self.broken(&line, depth - 1).unwrap_or_else(|| vec![line]);
        Some(lines.into_iter().flat_map(again).collect())
    }

    /// The line with the properties of the outermost object that a call ends with on lines of their own.
    fn object(&self, line: &str) -> Option<Vec<String>> {
        let marks = marks(line)?;
        let closing = |at: usize, open: &Mark| {
            marks[at + 1..]
                .iter()
                .find(|mark| mark.depth == open.depth && matches!(mark.char, ')' | ']' | '}'))
        };
        // What stands in a list or another object is not broken before that is.
        let is_inside = |inner: &Mark| {
            let around = marks.iter().enumerate().take_while(|(_, mark)| mark.at < inner.at);
            around
                .filter(|(_, mark)| matches!(mark.char, '[' | '{') && mark.depth < inner.depth)
                .any(|(at, mark)| closing(at, mark).is_some_and(|close| close.at > inner.at))
        };
        let opens = marks.iter().enumerate().filter(|(_, mark)| mark.char == '{' && !is_inside(mark));
        let (open, close) = opens
            .filter_map(|(at, open)| {
                let close = closing(at, open)?;
                let is_last = line[close.at + 1..].starts_with(')');
                let is_argument = line[..open.at].trim_end().ends_with(['(', ',']);
                // Braces with statements in them are a function's.
                let inner = &line[open.at + 1..close.at];
                (is_last && is_argument && !inner.trim().is_empty() && !inner.contains(';'))
                    .then_some((open, close))
            })
            .min_by_key(|(open, _)| (open.depth, open.at))?;
        let indent = &line[..line.len() - line.trim_start().len()];
        let between = |mark: &&Mark| mark.char == ',' && mark.at > open.at && mark.at < close.at;
        let commas = marks.iter().filter(between).filter(|mark| mark.depth == open.depth + 1);
        let mut lines = vec![line[..=open.at].to_owned()];
        let mut start = open.at + 1;
        for end in commas.map(|comma| comma.at).chain([close.at]) {
            let property = line[start..end].trim();
            if !property.is_empty() {
                lines.push(format!("{indent}{}{property},", self.style.indent));
            }
            start = end + 1;
        }
        // A rest may not be followed by a comma where it is a pattern; here it is a value.
        lines.push(format!("{indent}{}", &line[close.at..]));
        Some(lines)
    }

    /// A statement that is a chain of calls, with each call after the first on a line of its own.
    fn chain(&self, line: &str) -> Option<Vec<String>> {
        let marks = marks(line)?;
        let indent = &line[..line.len() - line.trim_start().len()];
        let is_call = |at: usize| {
            let name = line[at + 1..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            name.starts_with(['(']) || name.starts_with("::<") || line[at + 1..].starts_with("await")
        };
        let dots: Vec<usize> = marks
            .iter()
            .filter(|mark| mark.char == '.' && mark.depth == 0 && is_call(mark.at))
            .map(|mark| mark.at)
            .collect();
        // `self.http.get(url)`: what is no call stays with the first.
        let first_call = marks.iter().find(|mark| mark.char == '(' && mark.depth == 0)?.at;
        let starts: Vec<usize> = dots.into_iter().filter(|&at| at > first_call).collect();
        let is_one = marks.iter().all(|mark| mark.depth > 0 || !matches!(mark.char, ',' | '{' | '|'));
        if starts.len() < 2 || !is_one {
            return None;
        }
        let mut lines = vec![line[..starts[0]].to_owned()];
        for (nth, &start) in starts.iter().enumerate() {
            let end = starts.get(nth + 1).copied().unwrap_or(line.len());
            lines.push(format!("{indent}{}{}", self.style.indent, &line[start..end]));
        }
        Some(lines)
    }
}

/// A sign that may be a place to break a line at, with how many brackets are open around it.
struct Mark {
    at: usize,
    char: char,
    depth: u32,
}

/// The signs of a line outside of texts; none where its brackets or quotes do not close, or one closes that was opened on
/// a line before it and something follows that matters.
fn marks(line: &str) -> Option<Vec<Mark>> {
    let mut marks = Vec::new();
    let mut depth = 0_u32;
    let mut chars = line.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' | '`' => loop {
                match chars.next()?.1 {
                    '\\' => drop(chars.next()),
                    '$' if char == '`' && chars.peek().is_some_and(|(_, next)| *next == '{') => {
                        // What stands in a hole of a template has no text of its own in what is broken here.
                        while chars.next_if(|(_, next)| *next != '}' && *next != '`').is_some() {}
                    }
                    end if end == char => break,
                    _ => {}
                }
            },
            // In Rust it begins a lifetime as well, which closes nowhere: then nothing is broken.
            '\'' => loop {
                match chars.next()?.1 {
                    '\\' => drop(chars.next()),
                    '\'' => break,
                    _ => {}
                }
            },
            '/' if chars.peek().is_some_and(|(_, next)| matches!(next, '/' | '*')) => return None,
            '(' | '[' | '{' => {
                marks.push(Mark { at, char, depth });
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                marks.push(Mark { at, char, depth });
            }
            ',' | '.' | '|' => marks.push(Mark { at, char, depth }),
            _ => {}
        }
    }
    (depth == 0).then_some(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(text: &str, at: &str, new_text: &str, language: Language) -> String {
        let start = text.find(at).expect("it is there") + at.len();
        let range = Some(TextRange::from_usize(start, start));
        let edits = [PlannedEdit { path: "/p/a".into(), range, new_text: new_text.into() }];
        let edits = with_short_lines(text, language, &edits);
        let edits = edits.iter().map(|edit| ByteEdit {
            range: edit.range.expect("it is of the file"),
            text: edit.new_text.clone(),
        });
        apply_byte_edits(text, &edits.collect::<Vec<_>>()).expect("they fit")
    }

    #[test]
    fn an_object_that_a_call_ends_with_is_broken() {
        let text = "async function f() {\n  const answer = await fetch(`https://api.example.com/v1/rates/${currency}`)\n  return answer\n}\n";
        let after =
            inserted(text, "currency}`", ", { signal: AbortSignal.timeout(10_000) }", Language::TypeScript);
        let expected = "  const answer = await fetch(`https://api.example.com/v1/rates/${currency}`, {\n    signal: AbortSignal.timeout(10_000),\n  })\n";
        assert!(after.contains(expected), "{after}");
        let text = "  call('https://reports.example.com/daily', { method: 'POST', body: { of: [1, 2], at }, ...more }).then(done)\n";
        let after = inserted(text, "...more", ", signal: AbortSignal.timeout(10_000)", Language::TypeScript);
        let expected = "  call('https://reports.example.com/daily', {\n    method: 'POST',\n    body: { of: [1, 2], at },\n    ...more,\n    signal: AbortSignal.timeout(10_000),\n  }).then(done)\n";
        assert_eq!(after, expected);
    }

    #[test]
    fn a_chain_of_rust_is_broken() {
        let text = "    let client = reqwest::Client::builder().build()?;\n    next();\n";
        let more = ".timeout(std::time::Duration::from_secs(10)).user_agent(\"a long name for an agent\")";
        let expected = "    let client = reqwest::Client::builder()\n        .timeout(std::time::Duration::from_secs(10))\n        .user_agent(\"a long name for an agent\")\n        .build()?;\n    next();\n";
        assert_eq!(inserted(text, "builder()", more, Language::Rust), expected);
    }

    #[test]
    fn what_is_short_or_not_simple_stays_as_it_is_written() {
        let short = "f(a)\n";
        assert_eq!(inserted(short, "a", ", { b: 1 }", Language::TypeScript), "f(a, { b: 1 })\n");
        let long = format!("const a = '{}'\n", "x".repeat(120));
        assert_eq!(
            inserted(&long, "const a", "b", Language::TypeScript),
            long.replace("const a", "const ab")
        );
        let open = format!("  if (a) {{ f({}\n", "x, ".repeat(40));
        assert_eq!(inserted(&open, "f(", "y, ", Language::TypeScript), open.replace("f(", "f(y, "));
    }

    #[test]
    fn lines_end_as_they_do_in_the_file() {
        let text = "const a = 1\r\nconst answer = await fetch('https://reports.example.com/daily/of/all/of/them')\r\nconst b = 1\r\n";
        let after =
            inserted(text, "them'", ", { signal: AbortSignal.timeout(10_000) }", Language::TypeScript);
        assert_eq!(after.matches("\r\n").count(), 5, "{after}");
        assert_eq!(after.matches('\n').count(), 5, "{after}");
    }
}
