//! The one place where byte offsets and an editor's positions are converted.
//!
//! Lines break at `\n`, `\r\n` and `\r` and nowhere else, as the Language
//! Server Protocol says. Nothing here fails: a position that does not exist
//! becomes the nearest one before it that does.

use ropey::Rope;

use crate::range::saturate;

/// What an editor counts within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: 2 for a character outside the basic plane.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A place between two characters, as an editor counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The line, from 0.
    pub line: u32,
    /// The units of the [`PositionEncoding`] before it in its line, from 0.
    pub character: u32,
}

impl Position {
    /// The position `character` units into `line`, both from 0.
    #[must_use]
    pub const fn new(line: u32, character: u32) -> Self {
        Self { line, character }
    }
}

/// The position of a byte.
///
/// An offset past the end is the end of the text, one inside a character is
/// the boundary before it, and one inside `\r\n` is the end of its line.
#[must_use]
pub fn byte_to_position(rope: &Rope, byte: u32, encoding: PositionEncoding) -> Position {
    position_in_chunk(rope, byte, encoding).unwrap_or_else(|| position_anywhere(rope, byte, encoding))
}

/// The position where the piece of the rope that holds the byte also holds the break before it, as is nearly always so:
/// one way down the rope instead of nine. All findings of a file are told again at every key.
fn position_in_chunk(rope: &Rope, byte: u32, encoding: PositionEncoding) -> Option<Position> {
    let byte = (byte as usize).min(rope.len_bytes());
    let (chunk, start, _, line) = rope.chunk_at_byte(byte);
    let before = chunk.get(..byte - start)?;
    // `\r` may be a break by itself or a part of one.
    if before.as_bytes().contains(&b'\r') {
        return None;
    }
    let breaks = before.bytes().filter(|&b| b == b'\n').count();
    let own = match before.rfind('\n') {
        Some(at) => &before[at + 1..],
        None if start == 0 => before,
        None => return None,
    };
    let character = match encoding {
        PositionEncoding::Utf8 => own.len(),
        PositionEncoding::Utf16 => own.chars().map(char::len_utf16).sum(),
        PositionEncoding::Utf32 => own.chars().count(),
    };
    Some(Position { line: saturate(line + breaks), character: saturate(character) })
}

fn position_anywhere(rope: &Rope, byte: u32, encoding: PositionEncoding) -> Position {
    let char = rope.byte_to_char((byte as usize).min(rope.len_bytes()));
    let line = rope.char_to_line(char);
    let line_start = rope.line_to_char(line);
    let char = char.min(line_end(rope, line));
    let character = match encoding {
        PositionEncoding::Utf8 => rope.char_to_byte(char) - rope.char_to_byte(line_start),
        PositionEncoding::Utf16 => rope.char_to_utf16_cu(char) - rope.char_to_utf16_cu(line_start),
        PositionEncoding::Utf32 => char - line_start,
    };
    Position { line: saturate(line), character: saturate(character) }
}

/// The byte offset of a position.
///
/// A position past the end of its line is the end of that line before its
/// break, one past the last line is the end of the text, and one inside a
/// character is the boundary before it.
#[must_use]
pub fn position_to_byte(rope: &Rope, position: Position, encoding: PositionEncoding) -> u32 {
    saturate(position_to_byte_offset(rope, position, encoding))
}

/// [`position_to_byte`] for use with the rope.
pub(crate) fn position_to_byte_offset(rope: &Rope, position: Position, encoding: PositionEncoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_bytes();
    }
    let character = position.character as usize;
    let line_start = rope.line_to_char(line);
    let line_end = line_end(rope, line);
    let char = match encoding {
        PositionEncoding::Utf8 => {
            let byte = rope.char_to_byte(line_start).saturating_add(character);
            rope.byte_to_char(byte.min(rope.char_to_byte(line_end)))
        }
        PositionEncoding::Utf16 => {
            let unit = rope.char_to_utf16_cu(line_start).saturating_add(character);
            rope.utf16_cu_to_char(unit.min(rope.char_to_utf16_cu(line_end)))
        }
        PositionEncoding::Utf32 => line_start.saturating_add(character).min(line_end),
    };
    rope.char_to_byte(char)
}

/// The index of the character at which the content of a line ends: that of its
/// break, or the length of the text. `line` must exist.
fn line_end(rope: &Rope, line: usize) -> usize {
    let start = rope.line_to_char(line);
    let end = rope.line_to_char(line + 1);
    if end == start {
        return end;
    }
    match rope.char(end - 1) {
        '\n' if end - 1 > start && rope.char(end - 2) == '\r' => end - 2,
        '\n' | '\r' => end - 1,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, PositionEncoding, byte_to_position, position_to_byte};
    use ropey::Rope;

    const ENCODINGS: [PositionEncoding; 3] =
        [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

    #[test]
    fn the_three_encodings_count_what_they_say() {
        let rope = Rope::from_str("let é = \"🚢\"; x\n");
        let x = "let é = \"🚢\"; ".len() as u32;
        assert_eq!(byte_to_position(&rope, x, PositionEncoding::Utf8), Position::new(0, 17));
        assert_eq!(byte_to_position(&rope, x, PositionEncoding::Utf16), Position::new(0, 14));
        assert_eq!(byte_to_position(&rope, x, PositionEncoding::Utf32), Position::new(0, 13));
        for encoding in ENCODINGS {
            let position = byte_to_position(&rope, x, encoding);
            assert_eq!(position_to_byte(&rope, position, encoding), x);
        }
    }

    #[test]
    fn lines_break_where_the_protocol_says_and_nowhere_else() {
        let text = "a\nb\r\nc\rd\u{2028}e\u{85}f\u{b}g\u{c}h\n";
        let rope = Rope::from_str(text);
        assert_eq!(rope.len_lines(), 5);
        let line_of = |needle: char| {
            let byte = text.find(needle).expect("the text has it") as u32;
            byte_to_position(&rope, byte, PositionEncoding::Utf16).line
        };
        assert_eq!(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(line_of), [0, 1, 2, 3, 3, 3, 3, 3]);
        assert_eq!(byte_to_position(&rope, text.len() as u32, PositionEncoding::Utf16), Position::new(4, 0));
    }

    #[test]
    fn positions_past_the_end_of_a_line_stay_before_its_break() {
        for (text, ends) in [("ab\ncd", [2, 5]), ("ab\r\ncd", [2, 6]), ("ab\rcd", [2, 5])] {
            let rope = Rope::from_str(text);
            for encoding in ENCODINGS {
                for character in [2, 3, 4, 99, u32::MAX] {
                    let at = |line| position_to_byte(&rope, Position::new(line, character), encoding);
                    assert_eq!([at(0), at(1)], ends, "{text:?} {character}");
                }
                for line in [2, 3, u32::MAX] {
                    let byte = position_to_byte(&rope, Position::new(line, 0), encoding);
                    assert_eq!(byte as usize, text.len());
                }
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

        #[test]
        fn a_position_is_the_same_by_either_way(
            lines in proptest::collection::vec("[a-z é🚢\u{2028}]{0,60}(\n|\n|\n|\r\n|\r)", 1..120),
        ) {
            let text = lines.concat();
            let rope = Rope::from_str(&text);
            for byte in 0..=text.len() as u32 {
                for encoding in ENCODINGS {
                    let anywhere = super::position_anywhere(&rope, byte, encoding);
                    proptest::prop_assert_eq!(byte_to_position(&rope, byte, encoding), anywhere);
                }
            }
        }
    }

    #[test]
    fn a_place_inside_a_character_is_the_boundary_before_it() {
        let rope = Rope::from_str("a🚢é");
        let to_byte = |character, encoding| position_to_byte(&rope, Position::new(0, character), encoding);
        assert_eq!([0, 1, 2, 3, 4].map(|at| to_byte(at, PositionEncoding::Utf16)), [0, 1, 1, 5, 7]);
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7].map(|at| to_byte(at, PositionEncoding::Utf8)),
            [0, 1, 1, 1, 1, 5, 5, 7]
        );
        for inside in 2..5 {
            assert_eq!(byte_to_position(&rope, inside, PositionEncoding::Utf32), Position::new(0, 1));
        }
    }

    #[test]
    fn a_place_inside_a_break_is_the_end_of_its_line() {
        let rope = Rope::from_str("ab\r\ncd");
        for encoding in ENCODINGS {
            assert_eq!(byte_to_position(&rope, 3, encoding), Position::new(0, 2));
        }
    }

    #[test]
    fn an_empty_text_has_one_position() {
        let rope = Rope::from_str("");
        for encoding in ENCODINGS {
            assert_eq!(byte_to_position(&rope, 7, encoding), Position::new(0, 0));
            assert_eq!(position_to_byte(&rope, Position::new(3, 4), encoding), 0);
        }
    }
}
