//! What this crate refuses to do, in one place.
//!
//! Every limit is a count of bytes or of steps, never of time, so that the
//! same text gives the same answer on every machine. Passing one is said: the
//! tree is missing and [`crate::Unparsed`] tells why.

/// The largest text that is parsed, in bytes. A larger one is kept and edited,
/// but has no tree. Hand-written files stay far below; what lies above is
/// generated or bundled.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Progress reports of the parser that every text is granted, whatever its
/// size. tree-sitter reports once in about a hundred operations.
pub const PARSE_REPORTS_BASE: u64 = 20_000;

/// Further progress reports granted for each byte of the text.
pub const PARSE_REPORTS_PER_BYTE: u64 = 1;

/// The number of progress reports after which the parse of a text of `bytes`
/// bytes is given up.
#[must_use]
pub const fn parse_reports(bytes: usize) -> u64 {
    PARSE_REPORTS_BASE + PARSE_REPORTS_PER_BYTE * bytes as u64
}
