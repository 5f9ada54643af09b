//! Changes as unified diffs that `git apply` and `patch -p1` read.

use std::collections::BTreeMap;

use plimsoll_engine::Fix;
use plimsoll_syntax::{ByteEdit, TextRange, apply_byte_edits};
use similar::TextDiff;

use super::Texts;

/// The changes to one file: where they are, `None` creates it, and what is written there.
pub type Edits = Vec<(Option<TextRange>, String)>;

/// A fix as a patch; `None` where its files are not as it says, or hold what would move a terminal's cursor.
pub fn of_fix(fix: &Fix, texts: &Texts<'_>) -> Option<String> {
    let mut by_path: BTreeMap<&str, Edits> = BTreeMap::new();
    for edit in &fix.edits {
        by_path.entry(&edit.path).or_default().push((edit.range, edit.new_text.clone()));
    }
    let mut patch = String::new();
    for (path, edits) in by_path {
        let before = texts.rope(path).map(|rope| rope.to_string());
        let after = edited(before.as_deref(), &edits)?;
        patch.push_str(&of_file(&texts.relative(path), before.as_deref(), &after));
    }
    let is_plain = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    patch.chars().all(is_plain).then_some(patch)
}

/// The change of one file; without a text before, it is created.
pub fn of_file(path: &str, before: Option<&str>, after: &str) -> String {
    let old_name = if before.is_some() { name("a/", path) } else { "/dev/null".to_owned() };
    // A lone `\r` ends no line of a patch.
    let before: Vec<&str> = before.unwrap_or_default().split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    let mut unified = diff.unified_diff();
    unified.header(&old_name, &name("b/", path)).to_string()
}

/// A name that ends where it ends: quoted where it must be, with a tab behind it where it has spaces.
fn name(side: &str, path: &str) -> String {
    let is_odd = |char: char| char.is_control() || matches!(char, '"' | '\\');
    if path.contains(is_odd) {
        let quoted = path.bytes().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", byte as char),
            b' '..=b'~' => (byte as char).to_string(),
            byte => format!("\\{byte:03o}"),
        });
        return format!("\"{side}{}\"", quoted.collect::<String>());
    }
    let end = if path.contains(' ') { "\t" } else { "" };
    format!("{side}{path}{end}")
}

/// The text after edits, with the line breaks that it had; `None` if they do not fit it.
pub fn edited(text: Option<&str>, edits: &[(Option<TextRange>, String)]) -> Option<String> {
    let Some(text) = text else {
        let [(None, text)] = edits else { return None };
        return Some(text.clone());
    };
    let edits: Option<Vec<ByteEdit>> = edits
        .iter()
        .map(|(range, new_text)| Some(ByteEdit { range: (*range)?, text: with_breaks_of(text, new_text) }))
        .collect();
    apply_byte_edits(text, &edits?).ok()
}

/// The new text with `\r\n` at the ends of its lines, if most lines of `text` end so.
fn with_breaks_of(text: &str, new_text: &str) -> String {
    let breaks = text.matches('\n').count();
    if text.matches("\r\n").count() * 2 <= breaks {
        return new_text.to_owned();
    }
    new_text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_one_that_tools_read() {
        let patch =
            of_file("src/a.ts", Some("a\r\nb\r\n"), "a\r\nc\r\n") + &of_file("up.sql", None, "create");
        insta::assert_snapshot!(patch.replace('\r', "␍"), @r"
        --- a/src/a.ts
        +++ b/src/a.ts
        @@ -1,2 +1,2 @@
         a␍
        -b␍
        +c␍
        --- /dev/null
        +++ b/up.sql
        @@ -0,0 +1 @@
        +create
        \ No newline at end of file
        ");
        let lone = of_file("a.ts", Some("a\rb\nc\n"), "a\rb\nd\n");
        assert_eq!(lone, "--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,2 @@\n a\rb\n-c\n+d\n");
    }

    #[test]
    fn names_end_where_they_end() {
        assert_eq!(name("a/", "src/a.ts"), "a/src/a.ts");
        assert_eq!(name("a/", "my app/ü.ts"), "a/my app/ü.ts\t");
        assert_eq!(name("a/", "a\"\n.ts"), r#""a/a\"\012.ts""#);
    }

    #[test]
    fn line_breaks_stay_as_they_are() {
        assert_eq!(with_breaks_of("a\r\nb\r\n", "x\ny\r\n"), "x\r\ny\r\n");
        assert_eq!(with_breaks_of("a\nb\n", "x\ny\n"), "x\ny\n");
        assert_eq!(with_breaks_of("", "x\n"), "x\n");
    }
}
