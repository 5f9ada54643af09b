//! Changes of a text, and what they do to ranges.

use std::fmt;

use crate::position::Position;
use crate::range::TextRange;

/// A change as an editor sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; `None` is the whole text.
    pub range: Option<(Position, Position)>,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Replaces what is between two positions.
    #[must_use]
    pub fn replace(start: Position, end: Position, text: impl Into<String>) -> Self {
        Self { range: Some((start, end)), text: text.into() }
    }

    /// Replaces the whole text.
    #[must_use]
    pub fn replace_all(text: impl Into<String>) -> Self {
        Self { range: None, text: text.into() }
    }
}

/// A change in bytes, such as a fix makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteEdit {
    /// What is replaced, in the text before any edit of its list.
    pub range: TextRange,
    /// What stands there afterwards.
    pub text: String,
}

/// A change that a document has made: what of the text before it was replaced,
/// and by how many bytes. Of several, each is told in the text that the one
/// before it left. Bytes that the replacement kept at either end are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppliedEdit {
    /// What was replaced, in the text just before this edit.
    pub range: TextRange,
    /// The length in bytes of what stands there now.
    pub new_len: u32,
}

impl AppliedEdit {
    /// Where the bytes of `range` are after this edit, or `None` if the edit
    /// changed some of them. Text inserted at an edge leaves them as they are.
    #[must_use]
    pub fn map(self, range: TextRange) -> Option<TextRange> {
        if range.end <= self.range.start && (!range.is_empty() || !self.range.is_empty()) {
            return Some(range);
        }
        if self.range.end <= range.start {
            return range.shift(i64::from(self.new_len) - i64::from(self.range.len()));
        }
        None
    }
}

/// Where the bytes of `range` are after several edits in a row, or `None` if
/// any of them changed some.
#[must_use]
pub fn map_range(range: TextRange, edits: &[AppliedEdit]) -> Option<TextRange> {
    edits.iter().try_fold(range, |range, edit| edit.map(range))
}

/// Why a list of edits cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditConflict {
    /// Two edits replace the same bytes, or two insert at the same place.
    Overlap(TextRange, TextRange),
    /// An edit is not within the text, or begins or ends inside a character.
    OutsideText(TextRange),
}

impl fmt::Display for EditConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(first, second) => {
                write!(f, "the edits of bytes {first:?} and {second:?} overlap")
            }
            Self::OutsideText(range) => write!(f, "bytes {range:?} are no part of the text"),
        }
    }
}

impl std::error::Error for EditConflict {}

/// The text after `edits`, all of them told in the text before, in any order.
///
/// # Errors
/// If edits overlap, insert at the same place, or do not fit the text.
pub fn apply_byte_edits(text: &str, edits: &[ByteEdit]) -> Result<String, EditConflict> {
    let mut in_order: Vec<&ByteEdit> = edits.iter().collect();
    in_order.sort_by_key(|edit| edit.range);
    for (before, after) in in_order.iter().zip(in_order.iter().skip(1)) {
        if before.range.end > after.range.start || before.range == after.range {
            return Err(EditConflict::Overlap(before.range, after.range));
        }
    }

    let inserted: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut result = String::with_capacity(text.len() + inserted);
    let mut kept_to = 0;
    for edit in in_order {
        let outside = EditConflict::OutsideText(edit.range);
        let replaced = edit.range.as_usize();
        if !text.is_char_boundary(replaced.end) {
            return Err(outside);
        }
        result.push_str(text.get(kept_to..replaced.start).ok_or(outside)?);
        result.push_str(&edit.text);
        kept_to = replaced.end;
    }
    result.push_str(text.get(kept_to..).unwrap_or_default());
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::{AppliedEdit, ByteEdit, EditConflict, apply_byte_edits, map_range};
    use crate::TextRange;

    fn edit(start: u32, end: u32, text: &str) -> ByteEdit {
        ByteEdit { range: TextRange::new(start, end), text: text.to_owned() }
    }

    #[test]
    fn byte_edits_apply_in_any_order() {
        let edits = [edit(6, 6, "!"), edit(0, 1, "J"), edit(4, 6, "y"), edit(1, 1, "_")];
        assert_eq!(apply_byte_edits("hello🚢", &[]).as_deref(), Ok("hello🚢"));
        assert_eq!(apply_byte_edits("hello  ", &edits).as_deref(), Ok("J_elly! "));
    }

    #[test]
    fn byte_edits_that_do_not_fit_are_refused() {
        let overlap = |a: ByteEdit, b: ByteEdit| {
            let expected = EditConflict::Overlap(a.range, b.range);
            assert_eq!(apply_byte_edits("hello", &[b, a]), Err(expected));
        };
        overlap(edit(0, 3, ""), edit(2, 4, ""));
        overlap(edit(1, 1, "a"), edit(1, 1, "b"));
        overlap(edit(0, 5, ""), edit(2, 2, "a"));
        for outside in [edit(0, 9, ""), edit(9, 9, "a"), edit(1, 2, "")] {
            let expected = Err(EditConflict::OutsideText(outside.range));
            assert_eq!(apply_byte_edits("🚢", &[outside]), expected);
        }
    }

    #[test]
    fn ranges_move_with_the_text_around_them() {
        let applied = AppliedEdit { range: TextRange::new(4, 6), new_len: 5 };
        assert_eq!(applied.map(TextRange::new(0, 4)), Some(TextRange::new(0, 4)));
        assert_eq!(applied.map(TextRange::new(6, 8)), Some(TextRange::new(9, 11)));
        assert_eq!(applied.map(TextRange::new(0, 5)), None);
        assert_eq!(applied.map(TextRange::new(5, 8)), None);
        assert_eq!(applied.map(TextRange::new(0, 9)), None);
        assert_eq!(applied.map(TextRange::empty(4)), Some(TextRange::empty(4)));
        assert_eq!(applied.map(TextRange::empty(5)), None);
    }

    #[test]
    fn an_insertion_at_an_edge_changes_nothing_inside() {
        let inserted = AppliedEdit { range: TextRange::empty(4), new_len: 3 };
        assert_eq!(inserted.map(TextRange::new(0, 4)), Some(TextRange::new(0, 4)));
        assert_eq!(inserted.map(TextRange::new(4, 6)), Some(TextRange::new(7, 9)));
        assert_eq!(inserted.map(TextRange::new(3, 5)), None);
        assert_eq!(inserted.map(TextRange::empty(4)), Some(TextRange::empty(7)));
    }

    #[test]
    fn ranges_move_through_edits_in_a_row() {
        let edits = [
            AppliedEdit { range: TextRange::empty(0), new_len: 10 },
            AppliedEdit { range: TextRange::new(2, 5), new_len: 0 },
        ];
        assert_eq!(map_range(TextRange::new(1, 3), &edits), Some(TextRange::new(8, 10)));
        let undone = [edits[0], AppliedEdit { range: TextRange::new(0, 12), new_len: 0 }];
        assert_eq!(map_range(TextRange::new(1, 3), &undone), None);
    }
}
