//! Questions that several rules ask of a unit.

mod request;
mod role;

pub use request::{is_same_origin, url_head};
pub use role::{Role, role};
