//! A range of bytes in a text.

use std::fmt;

/// A half-open range of bytes: `start` is in it, `end` is not.
///
/// Every constructor makes `start <= end`; an inverted range written by hand is
/// treated as empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TextRange {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range from `start` up to `end`, or `None` if it would be inverted.
    #[must_use]
    pub const fn checked(start: u32, end: u32) -> Option<Self> {
        if start <= end { Some(Self { start, end }) } else { None }
    }

    /// The range between two offsets, in whichever order they are given.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        if start <= end { Self { start, end } } else { Self { start: end, end: start } }
    }

    /// The empty range at `offset`.
    #[must_use]
    pub const fn empty(offset: u32) -> Self {
        Self { start: offset, end: offset }
    }

    /// The range of `len` bytes from `start`, cut off at the largest offset.
    #[must_use]
    pub const fn at(start: u32, len: u32) -> Self {
        Self { start, end: start.saturating_add(len) }
    }

    /// The bytes of a syntax node.
    #[must_use]
    pub fn of(node: tree_sitter::Node<'_>) -> Self {
        Self::from_usize(node.start_byte(), node.end_byte())
    }

    /// The range between two `usize` offsets, cut off at `u32::MAX`.
    #[must_use]
    pub fn from_usize(start: usize, end: usize) -> Self {
        Self::new(saturate(start), saturate(end))
    }

    /// The number of bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether no byte is in the range.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether the byte at `offset` is in the range.
    #[must_use]
    pub const fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// Whether a cursor at `offset` touches the range: inside or at an edge.
    #[must_use]
    pub const fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// Whether `other` lies within this range. An empty range at an edge does.
    #[must_use]
    pub const fn contains_range(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether a byte is in both ranges. Empty ranges intersect nothing.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.intersection(other).is_some()
    }

    /// The bytes in both ranges, or `None` if there are none.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Option<Self> {
        let start = if self.start > other.start { self.start } else { other.start };
        let end = if self.end < other.end { self.end } else { other.end };
        if start < end { Some(Self { start, end }) } else { None }
    }

    /// The smallest range that contains both.
    #[must_use]
    pub const fn cover(self, other: Self) -> Self {
        let start = if self.start < other.start { self.start } else { other.start };
        let end = if self.end > other.end { self.end } else { other.end };
        Self { start, end }
    }

    /// The range moved by `by` bytes, or `None` if it would leave the offsets
    /// that exist.
    #[must_use]
    pub fn shift(self, by: i64) -> Option<Self> {
        let start = u32::try_from(i64::from(self.start).checked_add(by)?).ok()?;
        let end = u32::try_from(i64::from(self.end).checked_add(by)?).ok()?;
        Some(Self { start, end })
    }

    /// This range as one that starts from the beginning of `unit`, or `None`
    /// if it is not within it.
    #[must_use]
    pub fn relative_to(self, unit: Self) -> Option<Self> {
        if unit.contains_range(self) { self.shift(-i64::from(unit.start)) } else { None }
    }

    /// The range for indexing a `str`.
    #[must_use]
    pub const fn as_usize(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Debug for TextRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// An offset as 32 bits, cut off at the largest.
pub(crate) fn saturate(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::TextRange;

    #[test]
    fn an_inverted_range_is_refused_or_swapped() {
        assert_eq!(TextRange::checked(3, 2), None);
        assert_eq!(TextRange::checked(2, 2), Some(TextRange::empty(2)));
        assert_eq!(TextRange::new(3, 2), TextRange::new(2, 3));
    }

    #[test]
    fn edges_are_half_open() {
        let range = TextRange::new(2, 5);
        assert_eq!((range.len(), range.is_empty()), (3, false));
        assert!(range.contains(2) && range.contains(4) && !range.contains(5) && !range.contains(1));
        assert!(range.touches(5) && !range.touches(6));
        assert!(range.contains_range(TextRange::empty(5)));
        assert!(!range.contains_range(TextRange::new(4, 6)));
        assert!(!range.intersects(TextRange::new(5, 9)));
        assert!(!range.intersects(TextRange::empty(3)));
        assert_eq!(range.intersection(TextRange::new(4, 9)), Some(TextRange::new(4, 5)));
        assert_eq!(range.cover(TextRange::new(7, 9)), TextRange::new(2, 9));
    }

    #[test]
    fn a_shift_never_leaves_the_offsets_that_exist() {
        let range = TextRange::new(2, 5);
        assert_eq!(range.shift(-2), Some(TextRange::new(0, 3)));
        assert_eq!(range.shift(-3), None);
        assert_eq!(range.shift(i64::from(u32::MAX)), None);
        assert_eq!(range.shift(i64::MIN), None);
        assert_eq!(TextRange::at(u32::MAX - 1, 9).end, u32::MAX);
    }

    #[test]
    fn relative_ranges_are_within_their_unit() {
        let unit = TextRange::new(10, 20);
        assert_eq!(TextRange::new(12, 20).relative_to(unit), Some(TextRange::new(2, 10)));
        assert_eq!(TextRange::new(12, 21).relative_to(unit), None);
    }
}
