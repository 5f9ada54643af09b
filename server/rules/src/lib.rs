//! plimsoll-rules
