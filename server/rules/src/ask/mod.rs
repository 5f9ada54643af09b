//! Questions that several rules ask of a unit.

pub mod filter;
mod request;
mod role;
mod sql_text;

pub use request::{is_same_origin, url_head};
pub use role::{Role, role};
pub use sql_text::{SqlText, sql_text};
