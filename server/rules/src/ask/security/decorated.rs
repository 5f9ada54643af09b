//! Texts in the place of a secret in a decorator, of which nothing but its text is known:
//! `@Module({ imports: [JwtModule.register({ secret: process.env.JWT_SECRET || 'secret' })] })`.

use plimsoll_behavior::OwnRange;
use plimsoll_behavior::secrets::{Protects, protected_by};

use super::fallback::{is_file_for_trying, is_refused, is_said};
use crate::UnitView;

/// How a variable is read.
const READ: &str = "process.env.";
/// What may stand between the variable and its fallback.
const BETWEEN: &[&str] = &["!", "as string", ")"];

/// A text that is taken where a variable is not set, in a decorator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoratedFallback {
    /// The variable.
    pub name: String,
    /// What its value protects.
    pub protects: Protects,
    /// Where the text stands, with its quotes.
    pub range: OwnRange,
}

/// Those of the classes of a unit.
#[must_use]
pub fn decorated_fallbacks(view: &UnitView<'_>) -> Vec<DecoratedFallback> {
    let mut found = Vec::new();
    for attribute in view.unit.types.iter().flat_map(|ty| &ty.attributes) {
        let range = view.to_file(attribute.range);
        let written = view.project.text.get(range.as_usize()).unwrap_or_default();
        // Where a unit of its own is cut out of it, its places are not those of the file.
        if written.len() != (attribute.range.end - attribute.range.start) as usize {
            continue;
        }
        for (at, _) in written.match_indices(READ) {
            let Some((name, from, to)) = fallback_at(written, at + READ.len()) else { continue };
            let text = &written[from + 1..to - 1];
            let Some(protects) = protected_by(name).filter(|&protects| protects != Protects::Another) else {
                continue;
            };
            if !is_said(text.trim()) || is_file_for_trying(view) || is_refused(view, name, None, text) {
                continue;
            }
            let byte = |at: usize| attribute.range.start + u32::try_from(at).expect("smaller than 4 GiB");
            let range = OwnRange { start: byte(from), end: byte(to) };
            found.push(DecoratedFallback { name: name.to_owned(), protects, range });
        }
    }
    found
}

/// The variable whose name begins at a byte, and where the text in its place begins and ends.
fn fallback_at(written: &str, at: usize) -> Option<(&str, usize, usize)> {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let length = written[at..].find(|c| !is_of_name(c))?;
    let mut rest = written[at + length..].trim_start();
    while let Some(after) = BETWEEN.iter().find_map(|between| rest.strip_prefix(between)) {
        rest = after.trim_start();
    }
    let rest = rest.strip_prefix("||").or_else(|| rest.strip_prefix("??"))?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let end = rest[1..].find(quote)? + 2;
    let from = written.len() - rest.len();
    Some((&written[at..at + length], from, from + end))
}
