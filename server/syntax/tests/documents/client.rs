//! A model of an editor's text that shares no code with the crate.

use plimsoll_syntax::{Position, PositionEncoding};

/// Numbers that look random and are the same in every run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number from 0 up to `bound`, without `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        number as usize % bound
    }
}

/// The text as an editor holds it: characters, counted from the beginning
/// whenever a position is wanted.
pub struct ClientText(Vec<char>);

impl ClientText {
    pub fn new(text: &str) -> Self {
        Self(text.chars().collect())
    }

    pub fn text(&self) -> String {
        self.0.iter().collect()
    }

    /// The number of characters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A place where a cursor can stand: `at`, or before the break it splits.
    pub fn place(&self, at: usize) -> usize {
        let splits_a_break = at > 0 && self.0[at - 1] == '\r' && self.0.get(at) == Some(&'\n');
        if splits_a_break { at - 1 } else { at }
    }

    pub fn replace_all(&mut self, text: &str) {
        self.0 = text.chars().collect();
    }

    pub fn replace(&mut self, start: usize, end: usize, text: &str) {
        self.0.splice(start..end, text.chars());
    }

    pub fn position(&self, at: usize, encoding: PositionEncoding) -> Position {
        let (mut line, mut character) = (0, 0);
        for (index, char) in self.0[..at].iter().enumerate() {
            let breaks = match char {
                '\n' => true,
                '\r' => self.0.get(index + 1) != Some(&'\n'),
                _ => false,
            };
            if breaks {
                line += 1;
                character = 0;
                continue;
            }
            character += match encoding {
                PositionEncoding::Utf8 => char.len_utf8(),
                PositionEncoding::Utf16 => char.len_utf16(),
                PositionEncoding::Utf32 => 1,
            } as u32;
        }
        Position::new(line, character)
    }
}
