//! Questions that several rules ask of a unit.

mod lifetime;
mod released;
mod request;
mod role;

pub use lifetime::{Lifetime, lifetime};
pub use released::{Fate, binding_around, binding_of, fate, owner_of, uses_of};
pub use request::{is_same_origin, url_head};
pub use role::{Role, role};
