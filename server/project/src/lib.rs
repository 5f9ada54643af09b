//! plimsoll-project
