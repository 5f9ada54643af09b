//! Questions that several rules ask of a unit.

mod request;
mod response;
mod role;

pub use request::{
    has_deadline_around, is_bounded, is_client_bounded_where_used, is_local_resource, is_same_origin,
    url_head,
};
pub use response::{
    ResponseUse, follow, is_own_status_looked_at, is_status_checked, library_checks, response_type,
};
pub use role::{Role, role};
