//! Tests of the lowering as a whole.

mod check;
mod properties;
mod readings;

use plimsoll_syntax::{Language, Parsed, TextRange};

use crate::lower::{Outline, UnitSite, extract, outline, reread};
use crate::{Kind, Unit, print};
use check::check;

/// All units of a text, printed.
fn printed(text: &str, language: Language) -> String {
    let units = check(text, language);
    units.iter().map(print).collect::<Vec<_>>().join("\n")
}
