//! An open buffer: text, tree and version of one moment, changed together.

use std::sync::atomic::AtomicBool;

use ropey::Rope;
use tree_sitter::{InputEdit, Point};

use crate::edit::{AppliedEdit, Edit};
use crate::language::Language;
use crate::parser::{self, Effort};
use crate::position::{PositionEncoding, position_to_byte_offset};
use crate::range::TextRange;
use crate::snapshot::Snapshot;
use crate::source::{boundary_after, boundary_before};

/// A text that an editor changes, with its tree.
#[derive(Debug)]
pub struct Document {
    current: Snapshot,
}

impl Document {
    /// Takes over a text and parses it.
    #[must_use]
    pub fn open(text: &str, language: Language, version: i32) -> Self {
        Self::open_unless(text, language, version, None)
    }

    /// [`Self::open`] whose parse is given up when `cancel` becomes true.
    #[must_use]
    pub fn open_unless(text: &str, language: Language, version: i32, cancel: Option<&AtomicBool>) -> Self {
        let tree = parser::parse_text(text, language.grammar(), cancel);
        Self { current: Snapshot { rope: Rope::from_str(text), tree, outdated: None, language, version } }
    }

    /// Applies the changes of one notification, in order, and parses what came
    /// of them once. Each change is told in the text that the one before it
    /// left. Positions that do not exist are taken as the nearest before them
    /// that do, inverted ranges as the ones that were meant.
    ///
    /// Returns what has changed, in order; changes that change nothing are
    /// left out.
    ///
    /// The tree is the one that a fresh parse makes, except that inside text
    /// with errors tree-sitter may, rarely, recover in another way.
    pub fn apply(&mut self, edits: &[Edit], encoding: PositionEncoding, version: i32) -> Vec<AppliedEdit> {
        self.apply_unless(edits, encoding, version, None)
    }

    /// [`Self::apply`] whose parse is given up when `cancel` becomes true. The
    /// text and the version are new all the same, the tree is missing, and the
    /// next change or [`Snapshot::finish`] parses from where the last tree was.
    pub fn apply_unless(
        &mut self,
        edits: &[Edit],
        encoding: PositionEncoding,
        version: i32,
        cancel: Option<&AtomicBool>,
    ) -> Vec<AppliedEdit> {
        self.apply_with(edits, encoding, version, Effort { cancel, ..Effort::default() })
    }

    /// [`Self::apply`] whose parse is left [`Unparsed::Unfinished`] when
    /// `goes_on`, which is asked now and then, says no. The text and the
    /// version are new all the same, the tree is missing until
    /// [`Self::take_tree`] or a next change.
    ///
    /// [`Unparsed::Unfinished`]: crate::Unparsed::Unfinished
    pub fn apply_while(
        &mut self,
        edits: &[Edit],
        encoding: PositionEncoding,
        version: i32,
        goes_on: &dyn Fn() -> bool,
    ) -> Vec<AppliedEdit> {
        self.apply_with(edits, encoding, version, Effort { goes_on: Some(goes_on), ..Effort::default() })
    }

    fn apply_with(
        &mut self,
        edits: &[Edit],
        encoding: PositionEncoding,
        version: i32,
        effort: Effort<'_>,
    ) -> Vec<AppliedEdit> {
        let applied: Vec<_> = edits.iter().filter_map(|edit| self.apply_to_text(edit, encoding)).collect();
        self.current.version = version;
        if !applied.is_empty() || self.current.is_unfinished() {
            self.current.parse(effort);
        }
        applied
    }

    /// Takes over the tree of a snapshot of this document whose parse was
    /// finished elsewhere. The text must be the one that it still has.
    pub fn take_tree(&mut self, finished: &Snapshot) {
        debug_assert_eq!(self.current.rope, finished.rope);
        self.current.tree.clone_from(&finished.tree);
        self.current.outdated.clone_from(&finished.outdated);
    }

    /// What the document is now, for another thread.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.current.clone()
    }

    /// What the document is now.
    #[must_use]
    pub const fn current(&self) -> &Snapshot {
        &self.current
    }

    /// The version that the editor gave to the text.
    #[must_use]
    pub const fn version(&self) -> i32 {
        self.current.version
    }

    /// The language it is parsed as.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.current.language
    }

    /// Changes the text and tells the tree, which stays outdated until
    /// [`Snapshot::parse`]. Returns `None` if nothing changed.
    fn apply_to_text(&mut self, edit: &Edit, encoding: PositionEncoding) -> Option<AppliedEdit> {
        let rope = &mut self.current.rope;
        let (start, end) = match edit.range {
            None => (0, rope.len_bytes()),
            Some((a, b)) => {
                let a = position_to_byte_offset(rope, a, encoding);
                let b = position_to_byte_offset(rope, b, encoding);
                (a.min(b), a.max(b))
            }
        };
        let change = Change { start, end, text: &edit.text }.without_what_stays(rope);
        if change.start == change.end && change.text.is_empty() {
            return None;
        }

        let start_position = point(rope, change.start);
        let old_end_position = point(rope, change.end);
        let first_char = rope.byte_to_char(change.start);
        let last_char = rope.byte_to_char(change.end);
        rope.remove(first_char..last_char);
        rope.insert(first_char, change.text);

        let new_end = change.start + change.text.len();
        if let Some(tree) = self.current.tree.as_mut().ok().or(self.current.outdated.as_mut()) {
            tree.edit(&InputEdit {
                start_byte: change.start,
                old_end_byte: change.end,
                new_end_byte: new_end,
                start_position,
                old_end_position,
                new_end_position: point(rope, new_end),
            });
        }
        Some(AppliedEdit {
            range: TextRange::from_usize(change.start, change.end),
            new_len: TextRange::from_usize(change.start, new_end).len(),
        })
    }
}

/// A replacement of the bytes from `start` up to `end`.
struct Change<'text> {
    start: usize,
    end: usize,
    text: &'text str,
}

impl Change<'_> {
    /// The same change without the bytes at either end that it does not
    /// change. A client that sends the whole text for every key, and a
    /// formatter that replaces a file to indent one line, then cost no more
    /// than the key or the line, and findings elsewhere stay where they are.
    fn without_what_stays(self, rope: &Rope) -> Self {
        let Self { start, end, text } = self;
        let shorter = (end - start).min(text.len());
        let same_before =
            rope.bytes_at(start).zip(text.bytes()).take(shorter).take_while(|(old, new)| old == new).count();
        let same_before = boundary_before(text, same_before);

        let same_after = rope
            .bytes_at(end)
            .reversed()
            .zip(text.bytes().rev())
            .take(shorter - same_before)
            .take_while(|(old, new)| old == new)
            .count();
        // Equal bytes that begin a character in one text do so in the other.
        let new_end = boundary_after(text, text.len() - same_after);
        let same_after = text.len() - new_end;
        Self { start: start + same_before, end: end - same_after, text: &text[same_before..new_end] }
    }
}

/// The row and column of a byte. tree-sitter counts only `\n` as the end of a
/// row, the rope `\r` too: trees are told consistent points, and nothing reads
/// points back.
fn point(rope: &Rope, byte: usize) -> Point {
    let row = rope.byte_to_line(byte);
    Point { row, column: byte - rope.line_to_byte(row) }
}

#[cfg(test)]
mod tests {
    use super::Document;
    use crate::{
        AppliedEdit, Edit, Language, Position, PositionEncoding, Snapshot, TextRange, Unparsed, limits,
    };
    use std::sync::atomic::AtomicBool;

    const UTF16: PositionEncoding = PositionEncoding::Utf16;

    fn replace(start: (u32, u32), end: (u32, u32), text: &str) -> Edit {
        Edit::replace(Position::new(start.0, start.1), Position::new(end.0, end.1), text)
    }

    #[test]
    fn changes_of_one_notification_apply_in_order() {
        let mut document = Document::open("let a = 1;\n", Language::TypeScript, 1);
        let applied = document.apply(
            &[replace((0, 4), (0, 5), "bc"), replace((0, 6), (0, 6), "d"), replace((1, 0), (9, 9), "e")],
            UTF16,
            2,
        );
        assert_eq!(document.snapshot().text(), "let bcd = 1;\ne");
        assert_eq!(document.version(), 2);
        let ranges: Vec<_> = applied.iter().map(|edit| (edit.range, edit.new_len)).collect();
        assert_eq!(ranges, [(TextRange::new(4, 5), 2), (TextRange::empty(6), 1), (TextRange::empty(13), 1)]);
    }

    #[test]
    fn an_inverted_range_is_taken_as_it_was_meant() {
        let mut document = Document::open("let a = 1;", Language::TypeScript, 1);
        document.apply(&[replace((0, 5), (0, 4), "b")], UTF16, 2);
        assert_eq!(document.snapshot().text(), "let b = 1;");
    }

    #[test]
    fn a_whole_text_that_hardly_differs_is_a_small_edit() {
        let mut document = Document::open("let é = \"🚢🚢\";", Language::TypeScript, 1);
        let applied = document.apply(&[Edit::replace_all("let é = \"🚢🚣🚢\";")], UTF16, 2);
        assert_eq!(document.snapshot().text(), "let é = \"🚢🚣🚢\";");
        assert_eq!(applied, [AppliedEdit { range: TextRange::empty(14), new_len: 4 }]);
        let applied = document.apply(&[Edit::replace_all("fn main() {}")], UTF16, 3);
        assert_eq!(document.snapshot().text(), "fn main() {}");
        assert_eq!(applied.len(), 1);
        assert!(document.apply(&[Edit::replace_all("fn main() {}")], UTF16, 4).is_empty());
        assert_eq!(document.version(), 4);
        document.apply(&[Edit::replace_all("")], UTF16, 5);
        assert!(document.current().is_empty());
        assert_eq!(document.current().tree().map(|tree| tree.root_node().end_byte()), Some(0));
    }

    #[test]
    fn a_snapshot_stays_what_it_was_and_crosses_threads() {
        fn crosses_threads<T: Send + Sync + Clone>(_: &T) {}
        let mut document = Document::open("let a = 1;", Language::TypeScript, 7);
        let before = document.snapshot();
        crosses_threads(&before);
        document.apply(&[replace((0, 0), (0, 10), "fn()")], UTF16, 8);
        assert_eq!((before.version(), before.text().as_str()), (7, "let a = 1;"));
        let statement = before.tree().and_then(|tree| tree.root_node().named_child(0));
        assert_eq!(statement.map(|node| node.kind()), Some("lexical_declaration"));
        let source = before.source().expect("it has a tree");
        assert_eq!(source.text(source.root()), "let a = 1;");
    }

    #[test]
    fn a_cancelled_parse_leaves_the_text_and_is_made_up_for() {
        let cancelled = AtomicBool::new(true);
        let mut document = Document::open("let a = 1;", Language::TypeScript, 1);
        let edit = [replace((0, 4), (0, 5), "b")];
        assert_eq!(document.apply_unless(&edit, UTF16, 2, Some(&cancelled)).len(), 1);
        assert_eq!(document.current().unparsed(), Some(Unparsed::Cancelled));
        assert_eq!(document.snapshot().text(), "let b = 1;");
        assert_eq!(document.version(), 2);
        let mut snapshot = document.snapshot();
        assert!(!snapshot.finish(Some(&cancelled)));
        assert!(snapshot.finish(None));
        document.take_tree(&snapshot);
        assert_eq!(document.current().unparsed(), None);

        document.apply_unless(&edit, UTF16, 3, Some(&cancelled));
        document.apply(&[replace((0, 4), (0, 5), "c")], UTF16, 4);
        assert_eq!(document.current().tree().map(|tree| tree.root_node().end_byte()), Some(10));
    }

    #[test]
    fn a_parse_that_takes_long_is_finished_elsewhere() {
        let line = "f(a, { b: [c, `${d}`], e: (g) => { h(g); } });\n";
        let text = line.repeat(400);
        let mut document = Document::open(&text, Language::TypeScript, 1);
        let opening = replace((200, 0), (200, 0), "f(a, {");
        document.apply_while(&[opening], UTF16, 2, &|| false);
        assert_eq!(document.current().unparsed(), Some(Unparsed::Unfinished));
        assert_eq!(document.version(), 2);
        let mut behind = document.snapshot();
        // The next key goes on from the same tree.
        document.apply_while(&[replace((200, 6), (200, 6), " b });")], UTF16, 3, &|| true);
        let fresh = Document::open(&document.snapshot().text(), Language::TypeScript, 3);
        let tree = |document: &Document| document.current().tree().map(|tree| tree.root_node().to_sexp());
        assert_eq!(tree(&document), tree(&fresh));
        assert!(tree(&document).is_some());

        document.apply_while(&[replace((200, 6), (200, 12), "")], UTF16, 4, &|| false);
        assert!(document.current().is_unfinished());
        assert!(behind.finish(None));
        document.take_tree(&behind);
        let mut anew = document.snapshot();
        assert!(anew.finish(None));
        assert_eq!(tree(&document), anew.tree().map(|tree| tree.root_node().to_sexp()));
    }

    #[test]
    fn a_text_past_the_limit_has_no_tree_until_it_is_small_again() {
        let mut document = Document::open("let a = 1;", Language::TypeScript, 1);
        let long = "x".repeat(limits::MAX_FILE_BYTES);
        document.apply(&[replace((0, 0), (0, 0), &long)], UTF16, 2);
        assert_eq!(document.current().unparsed(), Some(Unparsed::TooLarge));
        assert!(document.current().source().is_none());
        assert_eq!(document.current().len() as usize, limits::MAX_FILE_BYTES + 10);
        document.apply(&[replace((0, 0), (0, limits::MAX_FILE_BYTES as u32), "")], UTF16, 3);
        assert_eq!(document.snapshot().text(), "let a = 1;");
        assert!(document.current().tree().is_some());
    }

    #[test]
    fn slices_are_narrowed_to_what_exists() {
        let text = "é🚢".repeat(2000);
        let document = Document::open(&text, Language::TypeScript, 1);
        let snapshot: Snapshot = document.snapshot();
        let len = snapshot.len();
        assert_eq!(snapshot.text_of(TextRange::new(0, u32::MAX)), text);
        assert_eq!(snapshot.text_of(TextRange::new(1, len - 1)), text[2..text.len() - 4]);
        assert_eq!(snapshot.text_of(TextRange::new(1, 3)), "");
        assert_eq!(snapshot.text_of(TextRange::new(3, 5)), "");
        assert_eq!(snapshot.text_of(TextRange::new(len, u32::MAX)), "");
        assert_eq!(snapshot.text_of(TextRange::new(len + 5, u32::MAX)), "");
        for start in (0..len).step_by(7) {
            for length in [0, 1, 2, 5, 6, 900, 1100] {
                let range = TextRange::at(start, length);
                let whole = crate::source::slice_of_text(&text, range);
                assert_eq!(snapshot.text_of(range), whole, "{range:?}");
            }
        }
    }
}
