//! Failures: those that nobody sees, and those that end more than they should.

mod ignored_result;

pub use ignored_result::IgnoredResult;
