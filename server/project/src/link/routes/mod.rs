//! The table of routes: what is registered at which router, what runs before it, and where routers are put into others.
//!
//! A file says what it registers ([`Registration`]); which router that is, and what of it applies to which route, is told
//! through as many files as routers pass on their way to the one that serves ([`Way`]). What cannot be followed is said
//! to be open, and nothing may be concluded from what does not stand there then.

mod by_attribute;
mod by_base;
mod by_class;
mod by_module;
mod by_place;
mod file;
mod indifferent;
mod path;
mod ways;
mod who;

pub use self::by_base::{Before, Procedure};
pub use self::by_class::{ClassGuard, ClassRoute};
pub use self::by_place::{CHANGING, route_of_place};
pub use self::file::{Handed, Registration, RouterId};
pub use self::path::Pattern;
pub use self::ways::{Applied, Way};
pub(super) use self::who::marks_of_who;
pub use self::who::{AsksWho, is_about_who};

#[cfg(test)]
mod tests;
