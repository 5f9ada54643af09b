//! Questions that several rules ask of a unit.

mod role;

pub use role::{Role, role};
