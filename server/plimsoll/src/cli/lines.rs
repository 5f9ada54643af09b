//! The lines of files that a diff of git speaks of.

use std::io::{self, BufRead};

use rustc_hash::FxHashMap;

/// The changed lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lines {
    All,
    /// In order.
    These(Vec<Span>),
}

/// Lines that stand where others stood before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first, from 1. Without any, the one that follows where some were taken out.
    start: u32,
    count: u32,
    /// How many were there before.
    before: u32,
}

impl Span {
    /// The end is not included.
    fn end(self) -> u32 {
        self.start.saturating_add(self.count)
    }
}

impl Lines {
    /// Whether a place from the first line to the last has one of them, or had.
    pub fn touch(&self, first: u32, last: u32) -> bool {
        match self {
            Self::All => true,
            Self::These(spans) => spans.iter().any(|span| first < span.end() && last >= span.start),
        }
    }

    /// The number that an unchanged line had before.
    pub fn before(&self, line: u32) -> u32 {
        let Self::These(spans) = self else { return line };
        let above = spans.iter().take_while(|span| span.end() <= line);
        let gone: i64 = above.map(|span| i64::from(span.before) - i64::from(span.count)).sum();
        u32::try_from(i64::from(line) + gone).unwrap_or(line)
    }
}

/// The changed lines of a unified diff without context, by absolute path.
pub fn parse(root: &str, mut diff: impl BufRead) -> io::Result<FxHashMap<String, Lines>> {
    let mut files: FxHashMap<String, Lines> = FxHashMap::default();
    let mut path: Option<String> = None;
    // Lines of the hunk that are still to come: they may look like anything.
    let (mut old, mut new) = (0u32, 0u32);
    let mut line = Vec::new();
    loop {
        line.clear();
        if diff.read_until(b'\n', &mut line)? == 0 {
            return Ok(files);
        }
        if old > 0 || new > 0 {
            match line.first() {
                Some(b'-') => old = old.saturating_sub(1),
                Some(b'+') => new = new.saturating_sub(1),
                Some(b'\\') => {}
                _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            }
        } else if let Some(name) = line.strip_prefix(b"+++ ") {
            path = path_in(name).map(|path| format!("{root}/{path}"));
        } else if let Some((before, after)) = line.strip_prefix(b"@@ ").and_then(hunk) {
            (old, new) = (before.1, after.1);
            if let Some(path) = &path {
                let start = if after.1 == 0 { after.0.saturating_add(1) } else { after.0 };
                let span = Span { start, count: after.1, before: before.1 };
                match files.entry(path.clone()).or_insert(Lines::These(Vec::new())) {
                    Lines::These(spans) => spans.push(span),
                    Lines::All => {}
                }
            }
        }
    }
}

/// `-3,2 +3 @@ …`: where both sides begin, and how many lines each has.
fn hunk(rest: &[u8]) -> Option<((u32, u32), (u32, u32))> {
    let text = str::from_utf8(rest.split(|byte| *byte == b'@').next()?).ok()?;
    let mut sides = text.split(' ');
    let mut side = |mark: char| {
        let range = sides.next()?.strip_prefix(mark)?;
        let (start, count) = range.split_once(',').unwrap_or((range, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    Some((side('-')?, side('+')?))
}

/// A path as the head of a diff spells it; none where the file is gone, or its name is no UTF-8.
fn path_in(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b"\n").unwrap_or(name);
    // Behind a name with spaces stands a tab.
    let name = name.strip_suffix(b"\t").unwrap_or(name);
    let name = match name.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
        Some(quoted) => unquoted(quoted)?,
        None => name.to_vec(),
    };
    String::from_utf8(name).ok()?.strip_prefix("b/").map(str::to_owned)
}

/// A name between quotes, with its escapes read as C reads them.
fn unquoted(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = quoted.iter().copied();
    let mut plain = Vec::with_capacity(quoted.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            first @ b'0'..=b'3' => {
                let digits = [first, bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 8).ok()?
            }
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, count: u32, before: u32) -> Span {
        Span { start, count, before }
    }

    fn parsed(diff: &str) -> Vec<(String, Lines)> {
        let mut files: Vec<_> = parse("/p", diff.as_bytes()).expect("it is read").into_iter().collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }

    #[test]
    fn lines_are_told_by_their_new_numbers_and_names_as_they_are() {
        let diff = "diff --git a/a b.ts b/a b.ts\n--- a/a b.ts\t\n+++ b/a b.ts\t\n\
            @@ -1 +1,2 @@ fn\n--- b/no.ts\n+++ b/no.ts\n+@@ -1 +1 @@\n\\ No newline at end of file\n\
            @@ -9,3 +8,0 @@\n-a\n-b\n-c\n\
            diff --git \"a/t\\303\\244\\\"b\\\".rs\" \"b/t\\303\\244\\\"b\\\".rs\"\n--- /dev/null\n+++ \"b/t\\303\\244\\\"b\\\".rs\"\n\
            @@ -0,0 +1 @@\n+x\n\
            --- a/gone.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        assert_eq!(
            parsed(diff),
            [
                ("/p/a b.ts".to_owned(), Lines::These(vec![span(1, 2, 1), span(9, 0, 3)])),
                ("/p/tä\"b\".rs".to_owned(), Lines::These(vec![span(1, 1, 0)])),
            ]
        );
    }

    #[test]
    fn what_is_no_diff_is_nothing() {
        for text in ["", "@@", "@@ -1 @@\n", "+++ \"b/\\\n@@ -1 +1 @@\n+x\n", "@@ -x +y @@\n"] {
            assert_eq!(parsed(text), [], "{text:?}");
        }
    }

    #[test]
    fn a_place_is_touched_where_a_line_of_it_is_or_was() {
        let lines = Lines::These(vec![span(3, 2, 1), span(9, 0, 3)]);
        let touched: Vec<u32> = (1..12).filter(|line| lines.touch(*line, *line)).collect();
        assert_eq!(touched, [3, 4]);
        // Something was taken out between 8 and 9.
        assert!(lines.touch(8, 9) && lines.touch(6, 10) && !lines.touch(6, 8) && !lines.touch(9, 12));
    }

    #[test]
    fn a_line_that_has_not_changed_had_a_number_before() {
        let lines = Lines::These(vec![span(3, 2, 1), span(9, 0, 3)]);
        assert_eq!([1, 2, 5, 8, 9, 12].map(|line| lines.before(line)), [1, 2, 4, 7, 11, 14]);
        // A line alone, put in at the start and at the end.
        let lines = Lines::These(vec![span(1, 1, 0), span(5, 1, 0)]);
        assert_eq!([2, 4].map(|line| lines.before(line)), [1, 3]);
    }
}
