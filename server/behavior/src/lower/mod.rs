//! From a syntax tree to units, per language.
//!
//! [`outline`] finds the units of a file and a key for each; [`extract`] lowers one of them. A unit's extract depends
//! on its own text and the interfaces of the units nested in it, on nothing else: equal keys, equal extracts.

mod builder;
mod rust;
mod script;
mod sites;

use plimsoll_syntax::{Language, TextRange};
use tree_sitter::Tree;

pub(crate) use builder::Builder;
use sites::Sites;
pub use sites::{Interface, Outline, OutlineMemo, UnitSite};

use crate::{Nested, Unit};

/// A closure larger than this many bytes of source is a unit of its own: small enough that a file of routes, whose
/// handlers have about 600, is not one unit with the function around them; declared functions and methods at the top
/// level of a file or of a type always are.
pub const UNIT_BYTES: u32 = 512;

/// The same inside a unit of more than [`LARGE_UNIT_BYTES`]: a component of 2,400 lines is made of short handlers,
/// effects and elements of lists, and a key in one of them should not cost what all of it costs.
pub const UNIT_BYTES_IN_LARGE: u32 = 96;

/// See [`UNIT_BYTES_IN_LARGE`]; bytes of source, nested units included.
pub const LARGE_UNIT_BYTES: u32 = 4096;

/// What is longer than this many bytes stands alone in `site`: the module, where no unit is around it, or a unit of this
/// range.
fn unit_bytes_in(site: usize, range: TextRange) -> u32 {
    if site > 0 && range.len() > LARGE_UNIT_BYTES { UNIT_BYTES_IN_LARGE } else { UNIT_BYTES }
}

/// The deepest nesting of syntax that is lowered; what is deeper is left out and [`Unit::is_cut`] is set.
pub const MAX_DEPTH: u32 = 400;

/// The tree to lower in the place of one that the grammar could not make right, if there is such; it fits the same text.
#[must_use]
pub fn reread(tree: &Tree, text: &str, language: Language) -> Option<Tree> {
    language.is_script_family().then(|| script::reread(tree, text, language)).flatten()
}

/// Finds the units of a file. `text` is the whole file that `tree` was parsed from.
#[must_use]
pub fn outline<'tree>(tree: &'tree Tree, text: &str, language: Language) -> Outline<'tree> {
    found(Sites::new(text, language, None), tree, text, language)
}

/// Finds the units of a file that was outlined before, and keeps what the next outline of it can take over. Walking all of
/// a file costs more than all else that a key costs; what stands in text as it stood is not walked into again.
#[must_use]
pub fn outline_again<'tree>(
    tree: &'tree Tree,
    text: &str,
    language: Language,
    before: &[&OutlineMemo],
) -> Outline<'tree> {
    found(Sites::new(text, language, Some(before)), tree, text, language)
}

fn found<'tree>(
    sites: Sites<'tree, '_>,
    tree: &'tree Tree,
    text: &str,
    language: Language,
) -> Outline<'tree> {
    if language.is_script_family() {
        script::outline(sites, tree, text, language)
    } else {
        rust::outline(sites, tree, text)
    }
}

/// Lowers one unit of an outline of the same tree and text.
#[must_use]
pub fn extract(outline: &Outline<'_>, site: usize, text: &str, language: Language) -> Unit {
    if language.is_script_family() {
        script::extract(outline, site, text, language)
    } else {
        rust::extract(outline, site, text)
    }
}

/// A nested unit as its parent's extract lists it.
pub(crate) fn nested(site: &UnitSite<'_>, node: crate::NodeId, scope: crate::ScopeId) -> Nested {
    Nested {
        node,
        scope,
        name: site.interface.name.clone(),
        kind: site.kind,
        is_async: site.is_async,
        owner: site.interface.owner.clone(),
        attributes: site
            .interface
            .attributes
            .iter()
            .map(|(path, text)| crate::Attribute {
                path: path.clone(),
                text: text.clone(),
                range: crate::OwnRange::default(),
            })
            .collect(),
    }
}
