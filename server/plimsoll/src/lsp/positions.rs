//! The one place where the protocol's positions and byte ranges are converted.

use plimsoll_syntax::{Edit, Position, PositionEncoding, Rope, TextRange};
use plimsoll_syntax::{byte_to_position, position_to_byte};
use tower_lsp::ls_types;

/// The protocol's name of an encoding.
#[must_use]
pub fn kind_of(encoding: PositionEncoding) -> ls_types::PositionEncodingKind {
    match encoding {
        PositionEncoding::Utf8 => ls_types::PositionEncodingKind::UTF8,
        PositionEncoding::Utf16 => ls_types::PositionEncodingKind::UTF16,
        PositionEncoding::Utf32 => ls_types::PositionEncodingKind::UTF32,
    }
}

/// A range of bytes as the client counts it.
#[must_use]
pub fn to_range(rope: &Rope, range: TextRange, encoding: PositionEncoding) -> ls_types::Range {
    let to_position = |byte| {
        let position = byte_to_position(rope, byte, encoding);
        ls_types::Position::new(position.line, position.character)
    };
    ls_types::Range::new(to_position(range.start), to_position(range.end))
}

/// A range of the client in bytes. What does not exist is taken as the nearest before it that does.
#[must_use]
pub fn from_range(rope: &Rope, range: ls_types::Range, encoding: PositionEncoding) -> TextRange {
    TextRange::new(from_position(rope, range.start, encoding), from_position(rope, range.end, encoding))
}

/// A position of the client in bytes.
#[must_use]
pub fn from_position(rope: &Rope, position: ls_types::Position, encoding: PositionEncoding) -> u32 {
    position_to_byte(rope, position_of(position), encoding)
}

/// A change of the client, its positions still as the client counts them.
#[must_use]
pub fn to_edit(change: ls_types::TextDocumentContentChangeEvent) -> Edit {
    let ends = |range: ls_types::Range| (position_of(range.start), position_of(range.end));
    Edit { range: change.range.map(ends), text: change.text }
}

fn position_of(position: ls_types::Position) -> Position {
    Position::new(position.line, position.character)
}
