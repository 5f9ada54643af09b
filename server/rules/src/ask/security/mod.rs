//! Who may do what, and what only whoever runs the program may know.

mod decorated;
mod fallback;
mod known_secret;
mod literal;
mod open_alone;
mod open_route;

pub use decorated::{DecoratedFallback, decorated_fallbacks};
pub use fallback::{Fallback, FallbackForm, fallbacks, is_for_trying};
pub use known_secret::known_secret;
pub use literal::Written;
pub use open_route::{OpenRoute, open_routes};
