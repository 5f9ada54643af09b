//! Who may do what.

mod open_alone;
mod open_route;

pub use open_route::{OpenRoute, open_routes};
