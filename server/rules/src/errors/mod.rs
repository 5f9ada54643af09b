//! Failures: those that nobody sees, and those that end more than they should.

mod byte_slice_of_str;
mod floating_promise;
mod ignored_result;
mod leaked_error_detail;
mod lost_cause;
mod panic_in_service;
mod process_keeps_running;
mod swallowed_error;
mod unchecked_lookup;
mod unguarded_parse;
mod unhandled_async_handler;

pub use byte_slice_of_str::ByteSliceOfStr;
pub use floating_promise::FloatingPromise;
pub use ignored_result::IgnoredResult;
pub use leaked_error_detail::LeakedErrorDetail;
pub use lost_cause::LostCause;
pub use panic_in_service::PanicInService;
pub use process_keeps_running::ProcessKeepsRunning;
pub use swallowed_error::SwallowedError;
pub use unchecked_lookup::UncheckedLookup;
pub use unguarded_parse::UnguardedParse;
pub use unhandled_async_handler::UnhandledAsyncHandler;
