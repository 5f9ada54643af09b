//! plimsoll-behavior
