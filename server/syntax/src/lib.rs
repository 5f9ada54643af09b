//! Text and trees: ropes, versions, positions and incremental parsing.
//!
//! This crate knows no meaning. It answers what a file's text is, how its
//! syntax tree looks, and where an editor's position lies in it; what the code
//! does is told by the crates above. It touches no disk, no clock and no
//! editor protocol.
//!
//! - [`Document`] is an open buffer that an editor changes; [`Snapshot`] is
//!   what it was at one moment, cheap to clone and to hand to another thread.
//! - [`Parsed`] is a closed file: contiguous text and its tree.
//! - [`Source`] is what both have in common, and what lowerings read.
//! - All ranges are [`TextRange`]s in bytes; [`Position`]s exist only for the
//!   front door, which converts with [`Snapshot::to_position`].
//!
//! Trees of hostile input are as deep as the input is long: walk them with
//! [`preorder`] or a cursor, never by recursion, and never print one with
//! `Node::to_sexp`, which recurses.

mod document;
mod edit;
mod kinds;
mod language;
pub mod limits;
mod parsed;
mod parser;
mod position;
mod range;
mod snapshot;
mod source;
mod unread;
mod walk;

pub use document::Document;
pub use edit::{AppliedEdit, ByteEdit, Edit, EditConflict, apply_byte_edits, map_range};
pub use kinds::{KindEnum, KindTable, resolve_field, resolve_kind};
pub use language::{FileKind, Grammar, Language};
pub use parsed::Parsed;
pub use parser::Unparsed;
pub use position::{Position, PositionEncoding, byte_to_position, position_to_byte};
pub use range::TextRange;
pub use ropey::Rope;
pub use snapshot::Snapshot;
pub use source::Source;
pub use tree_sitter::{Node, Tree, TreeCursor};
pub use unread::{Unread, unread};
pub use walk::{Preorder, preorder};
