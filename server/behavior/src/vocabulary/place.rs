//! Where a unit stands in its file: from own coordinates to the file's bytes and back.

use plimsoll_syntax::TextRange;

/// A range in a unit's own coordinates: bytes of its text with every nested unit cut out. Half open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Where a unit stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPlace {
    /// Bytes of the file that the unit covers, nested units included.
    pub range: TextRange,
    /// Bytes of the file that its nested units cover, in order, disjoint.
    pub holes: Vec<TextRange>,
}

impl UnitPlace {
    /// The file's bytes of a range in own coordinates. A range that touches a hole at its end contains the hole; one
    /// that touches it at its start does not, unless the range is empty: then it is the hole itself.
    #[must_use]
    pub fn to_file(&self, own: OwnRange) -> TextRange {
        let mut cut = 0;
        let (mut before_start, mut before_end) = (0, 0);
        for hole in &self.holes {
            let at = hole.start - self.range.start - cut;
            if at > own.end {
                break;
            }
            let len = hole.end - hole.start;
            if at < own.start {
                before_start += len;
            }
            // A range that ends where a hole begins contains it only when the hole is its last part.
            before_end += len;
            cut += len;
        }
        TextRange::new(self.range.start + own.start + before_start, self.range.start + own.end + before_end)
    }

    /// The own offset of a byte of the file. A byte inside a hole is at the hole's place.
    #[must_use]
    pub fn to_own(&self, byte: u32) -> u32 {
        let mut cut = 0;
        for hole in &self.holes {
            if byte < hole.start {
                break;
            }
            cut += hole.end.min(byte) - hole.start;
        }
        byte.saturating_sub(self.range.start + cut)
    }
}
