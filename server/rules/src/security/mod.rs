//! Rules about who may do what, and what is made of what they send.

mod hardcoded_secret;
mod missing_auth;
mod sql_injection;

pub use hardcoded_secret::HardcodedSecret;
pub use missing_auth::MissingAuth;
pub use sql_injection::SqlInjection;
