//! Failures: those that nobody sees, and those that end more than they should.

mod byte_slice_of_str;
mod floating_promise;
mod ignored_result;
mod process_keeps_running;
mod swallowed_error;
mod unhandled_async_handler;

pub use byte_slice_of_str::ByteSliceOfStr;
pub use floating_promise::FloatingPromise;
pub use ignored_result::IgnoredResult;
pub use process_keeps_running::ProcessKeepsRunning;
pub use swallowed_error::SwallowedError;
pub use unhandled_async_handler::UnhandledAsyncHandler;
