//! Questions that several rules ask of a unit.

mod bounded;
mod failure;
mod occasion;
mod outgoing;
mod request;
mod role;
mod time;

pub use bounded::{is_bounded, is_status_checked};
pub use failure::{Failure, failure_of, is_retry_helper, suggests_retry};
pub use occasion::role_of_failure;
pub use outgoing::{Wrapped, host, host_key, is_idempotent, method, wrapped_request};
pub use request::{is_same_origin, url_head};
pub use role::{Role, role};
pub use time::{milliseconds, period};
