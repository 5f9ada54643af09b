//! plimsoll-syntax
