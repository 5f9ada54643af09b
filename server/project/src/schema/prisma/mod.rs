//! Prisma schemas: `.prisma` files, one or several per schema.
//!
//! The parser is the project's own, because a schema is read while somebody is typing in it:
//! what is broken costs its own line, or makes its own model unknown, and nothing else.

mod join_tables;
mod lexer;
mod reader;
mod syntax;
pub(super) mod writer;

pub(super) use reader::read;
pub(super) use syntax::Document;

use plimsoll_syntax::Unread;

/// What of a file could not be read: what stands outside of its blocks, and blocks that are broken.
#[must_use]
pub fn unread(text: &str) -> Option<Unread> {
    Document::unread(text)
}
