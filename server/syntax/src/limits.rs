//! What this crate refuses to do, in one place.
//!
//! Every limit is a count of bytes or of steps, never of time, so that the
//! same text gives the same answer on every machine. Passing one is said: the
//! tree is missing and [`crate::Unparsed`] tells why.
//!
//! Measured on 4,166 files of ten open projects in TypeScript and Rust: a
//! parse takes 0.007 units for each byte on average and 0.02 at most, a unit
//! stands for about 25 µs, and no file takes a third of what it is granted,
//! also not with 40 random breaks in it. Where the whole text is an error, such
//! as 100,000 times `m!{`, a unit stands for up to 900 µs, and 20,000 times
//! `r#"` makes the lexer read the text 10,000 times.

/// The largest text that is parsed, in bytes. A larger one is kept and edited,
/// but has no tree. Hand-written files stay far below; what lies above is
/// generated or bundled.
pub const MAX_FILE_BYTES: usize = 2 * 1024 * 1024;

/// Units of work granted to the parse of every text, whatever its size. A unit
/// is one progress report of tree-sitter, which makes one for about a hundred
/// operations.
pub const PARSE_UNITS_BASE: u64 = 2_500;

/// One more unit is granted for this many bytes of text.
pub const BYTES_PER_PARSE_UNIT: u64 = 50;

/// The most units that are granted to any text: enough for ordinary code of
/// [`MAX_FILE_BYTES`], and some seconds where each unit is as slow as it can be.
pub const MAX_PARSE_UNITS: u64 = 32_000;

/// What a progress report costs in units while every reading of the text that
/// the parser pursues is in an error: its operations are then slower by about
/// this factor. Broken code that can be read on is not charged more.
pub const UNITS_PER_REPORT_IN_ERROR: u64 = 6;

/// The number of bytes that the lexer may read for one unit. Bytes that it
/// reads again count again.
pub const BYTES_READ_PER_UNIT: u64 = 16 * 1024;

/// The units of work after which the parse of a text of `bytes` bytes is given
/// up.
#[must_use]
pub const fn parse_units(bytes: usize) -> u64 {
    let units = PARSE_UNITS_BASE + bytes as u64 / BYTES_PER_PARSE_UNIT;
    if units < MAX_PARSE_UNITS { units } else { MAX_PARSE_UNITS }
}
