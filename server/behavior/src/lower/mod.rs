//! From a syntax tree to units, per language.
//!
//! [`outline`] finds the units of a file and a key for each; [`extract`] lowers one of them. A unit's extract depends
//! on its own text and the interfaces of the units nested in it, on nothing else: equal keys, equal extracts.

mod builder;
mod rust;
mod script;

use plimsoll_syntax::{Language, TextRange};
use tree_sitter::{Node, Tree};

pub(crate) use builder::Builder;

use crate::{Nested, Unit, UnitPlace};

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

/// The units of one file, the module first, then each in source order after the unit it is nested in.
pub struct Outline<'tree> {
    /// The units.
    pub sites: Vec<UnitSite<'tree>>,
}

/// One unit, not yet extracted.
pub struct UnitSite<'tree> {
    /// Where it stands.
    pub place: UnitPlace,
    /// Its syntax: the function, or the root for the module.
    pub node: Node<'tree>,
    /// The unit it is nested in: an index into [`Outline::sites`]; none for the module.
    pub parent: Option<usize>,
    /// Which of that unit's [`Unit::nested`] it is.
    pub index_in_parent: u32,
    /// The units nested in it, in source order: indices into [`Outline::sites`].
    pub nested: Vec<usize>,
    /// What the parent knows of it, known here too: its name, kind, owner and attributes. `node` and `scope` of the
    /// interface are only meaningful in the parent's extract.
    pub interface: Interface,
    /// Equal for equal own text, interfaces of nested units, own interface and language.
    pub key: u64,
}

/// What a unit's surroundings say of it: part of its key, and of its parent's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Interface {
    /// As [`crate::Function::name`].
    pub name: Option<crate::Name>,
    /// Where that name stands in the file, if it stands outside the unit's own range too.
    pub name_range: Option<TextRange>,
    /// The type it is a method of.
    pub owner: Option<crate::Name>,
    /// The trait whose impl it stands in.
    pub of_trait: Option<crate::Name>,
    /// Decorators and attributes before it: path and text.
    pub attributes: Vec<(Vec<crate::Name>, crate::Name)>,
    /// `export`, `pub`.
    pub is_exported: bool,
}

/// The tree to lower in the place of one that the grammar could not make right, if there is such; it fits the same text.
#[must_use]
pub fn reread(tree: &Tree, text: &str, language: Language) -> Option<Tree> {
    language.is_script_family().then(|| script::reread(tree, text, language)).flatten()
}

/// Finds the units of a file. `text` is the whole file that `tree` was parsed from.
#[must_use]
pub fn outline<'tree>(tree: &'tree Tree, text: &str, language: Language) -> Outline<'tree> {
    if language.is_script_family() {
        script::outline(tree, text, language)
    } else {
        rust::outline(tree, text)
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

/// The key of a unit: its own text piece by piece, and what it and its nested units are called.
pub(crate) fn key(
    node: Node<'_>,
    place: &UnitPlace,
    text: &str,
    language: Language,
    own: &Interface,
    nested: &[(&Interface, crate::FunctionKind, bool)],
) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    let mut at = place.range.start;
    let end = place.range.end;
    for hole in place.holes.iter().copied().chain([TextRange::new(end, end)]) {
        hash.update(&text.as_bytes()[at as usize..hole.start as usize]);
        hash.update(&[0xff]);
        at = hole.end;
    }
    let mut hasher = hash;
    language.name().hash(&mut hasher);
    hash_interface(own, &mut hasher);
    for (interface, kind, is_async) in nested {
        hash_interface(interface, &mut hasher);
        kind.hash(&mut hasher);
        is_async.hash(&mut hasher);
    }
    if node.has_error() {
        hash_broken(node, place, &mut hasher);
    }
    hasher.finish()
}

/// How a broken text is read depends on what stands around it, so its tree is a part of the key: every node on the
/// way to an error, and what stands beside it.
fn hash_broken(node: Node<'_>, place: &UnitPlace, hasher: &mut impl std::hash::Hasher) {
    use std::hash::Hash;
    let root = node.id();
    let mut cursor = node.walk();
    loop {
        let at = cursor.node();
        let range = TextRange::of(at);
        let is_hole = at.id() != root && place.holes.binary_search(&range).is_ok();
        (at.kind_id(), at.is_missing(), is_hole).hash(hasher);
        // The length of what holds another unit is that unit's business too.
        let next_hole = place.holes.partition_point(|hole| hole.start < range.start);
        if place.holes.get(next_hole).is_none_or(|hole| hole.start >= range.end) {
            range.len().hash(hasher);
        }
        if at.has_error() && !is_hole && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node().id() == root {
                return;
            }
            0xfe_u8.hash(hasher);
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Positions are no part of a key: the text above a unit may move.
fn hash_interface(interface: &Interface, hasher: &mut impl std::hash::Hasher) {
    use std::hash::Hash;
    interface.name.hash(hasher);
    interface.owner.hash(hasher);
    interface.of_trait.hash(hasher);
    interface.attributes.hash(hasher);
    interface.is_exported.hash(hasher);
}

/// A nested unit as its parent's extract lists it.
pub(crate) fn nested(
    site: &UnitSite<'_>,
    node: crate::NodeId,
    scope: crate::ScopeId,
    kind: crate::FunctionKind,
    is_async: bool,
) -> Nested {
    Nested {
        node,
        scope,
        name: site.interface.name.clone(),
        kind,
        is_async,
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
