//! Questions that several rules ask of a unit.

mod failure;
mod occasion;
mod outgoing;
mod request;
mod response;
mod role;
mod time;

pub use failure::{Failure, failure_of, is_retry_helper, suggests_retry};
pub use occasion::role_of_failure;
pub use outgoing::{
    Wrapped, host, host_key, is_idempotent, may_be_bounded, method, takes_its_url, wrapped_request,
};
pub use request::{has_deadline_around, is_bounded, is_local_resource, is_same_origin, url_head};
pub use response::{ResponseUse, follow, is_status_checked, library_checks, response_type};
pub use role::{Role, role};
pub use time::{milliseconds, period};
