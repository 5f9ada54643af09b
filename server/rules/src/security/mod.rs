//! Rules about who may do what, and what is made of what they send.

mod missing_auth;

pub use missing_auth::MissingAuth;
