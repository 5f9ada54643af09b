//! The vocabulary: one small language of behaviour that TypeScript, JavaScript and Rust are lowered to.
//!
//! A file is a tree of [`Unit`]s. A unit is a function-like body (or the file's top level) without the bodies of the
//! units nested in it, so that typing in one function changes one unit. All ranges in a unit are in its *own*
//! coordinates: byte offsets into the unit's text with every nested unit cut out. [`UnitPlace`] maps them to the file.

mod function;
mod node;
mod place;
mod print;
mod unit;

pub use function::*;
pub use node::*;
pub use place::*;
pub use print::print;
pub use unit::*;

/// A name as it stands in the source.
pub type Name = smol_str::SmolStr;
