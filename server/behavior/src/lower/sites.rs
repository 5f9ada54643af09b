//! The units of a file while they are found, and what the next outline of the same file takes over.

use std::sync::Arc;

use plimsoll_syntax::{Language, TextRange};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

use super::unit_bytes_in;
use crate::{FunctionKind, Name, UnitPlace};

/// The units of one file, the module first, then each in source order after the unit it is nested in.
pub struct Outline<'tree> {
    /// The units.
    pub sites: Vec<UnitSite<'tree>>,
    /// What an outline of this file after the next edit can take over; empty if nobody wants it.
    pub memo: OutlineMemo,
    root: Node<'tree>,
}

/// One unit, not yet extracted.
pub struct UnitSite<'tree> {
    /// Where it stands.
    pub place: UnitPlace,
    /// Its syntax, where this outline has walked there.
    node: Option<Node<'tree>>,
    /// The kind of its syntax, as the grammar numbers it.
    kind_id: u16,
    /// What the function is.
    pub kind: FunctionKind,
    /// Whether it is async.
    pub is_async: bool,
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
    pub name: Option<Name>,
    /// Where that name stands in the file, if it stands outside the unit's own range too.
    pub name_range: Option<TextRange>,
    /// The type it is a method of.
    pub owner: Option<Name>,
    /// The trait whose impl it stands in.
    pub of_trait: Option<Name>,
    /// Decorators and attributes before it: path and text.
    pub attributes: Vec<(Vec<Name>, Name)>,
    /// `export`, `pub`.
    pub is_exported: bool,
}

impl<'tree> Outline<'tree> {
    /// The syntax of a unit: the function, or the root for the module.
    ///
    /// # Panics
    /// If there is no such site.
    #[must_use]
    pub fn node(&self, site: usize) -> Node<'tree> {
        let site = &self.sites[site];
        site.node.unwrap_or_else(|| node_at(self.root, site.place.range, site.kind_id))
    }
}

/// The innermost node of a kind with exactly this range: no function is all of another one.
fn node_at(root: Node<'_>, range: TextRange, kind_id: u16) -> Node<'_> {
    let found = root.descendant_for_byte_range(range.start as usize, range.end as usize);
    let mut at = found.unwrap_or(root);
    while at.kind_id() != kind_id || TextRange::of(at) != range {
        let Some(parent) = at.parent() else { break };
        at = parent;
    }
    at
}

/// What stands in parts of a file, by their text and what of their surroundings counts.
#[derive(Clone, Debug, Default)]
pub struct OutlineMemo(FxHashMap<u64, Arc<[Kept]>>);

/// A unit in a part of a file, in bytes from where the part begins.
#[derive(Debug)]
struct Kept {
    range: TextRange,
    /// The unit around it, counted from the first of the part; none for the one that the part stands in.
    parent: Option<usize>,
    interface: Interface,
    kind_id: u16,
    kind: FunctionKind,
    is_async: bool,
    key: u64,
}

/// A part that is to be kept: what it is known by, its first byte, its first unit and the one after its last.
struct Part {
    known_by: u64,
    start: u32,
    first: usize,
    end: usize,
}

/// A part that is being walked through.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    known_by: u64,
    start: u32,
    first: usize,
}

/// What there is to do about a part of a file.
pub(super) enum Recalled {
    /// Its units are known and listed.
    Listed,
    /// Walk through it, and say so at its end.
    Walk(Begun),
    /// Walk through it.
    WalkUnkept,
}

/// Parts shorter than this many bytes are walked through again: there is little in them.
const LEAST_PART: usize = 64;

/// Units being found.
pub(super) struct Sites<'tree, 'm> {
    text: &'m str,
    language: Language,
    pub all: Vec<UnitSite<'tree>>,
    before: Option<&'m [&'m OutlineMemo]>,
    memo: OutlineMemo,
    parts: Vec<Part>,
}

impl<'tree, 'm> Sites<'tree, 'm> {
    /// None yet. Where `before` is given, parts of the file that are known from there are taken over.
    pub fn new(text: &'m str, language: Language, before: Option<&'m [&'m OutlineMemo]>) -> Self {
        Sites { text, language, all: Vec::new(), before, memo: OutlineMemo::default(), parts: Vec::new() }
    }

    /// What is longer than this many bytes stands alone in a unit.
    pub fn unit_bytes_in(&self, site: usize) -> u32 {
        unit_bytes_in(site, self.all[site].place.range)
    }

    /// Adds the module.
    pub fn module(&mut self, root: Node<'tree>) {
        let range = TextRange::from_usize(0, self.text.len());
        self.push(root, range, None, Interface::default(), FunctionKind::Module, false);
    }

    /// Adds a unit that stands in `parent`.
    pub fn add(
        &mut self,
        node: Node<'tree>,
        parent: usize,
        interface: Interface,
        kind: FunctionKind,
        is_async: bool,
    ) -> usize {
        self.push(node, TextRange::of(node), Some(parent), interface, kind, is_async)
    }

    fn push(
        &mut self,
        node: Node<'tree>,
        range: TextRange,
        parent: Option<usize>,
        interface: Interface,
        kind: FunctionKind,
        is_async: bool,
    ) -> usize {
        self.list(UnitSite {
            place: UnitPlace { range, holes: Vec::new() },
            node: Some(node),
            kind_id: node.kind_id(),
            kind,
            is_async,
            parent,
            index_in_parent: 0,
            nested: Vec::new(),
            interface,
            key: 0,
        })
    }

    fn list(&mut self, mut site: UnitSite<'tree>) -> usize {
        let at = self.all.len();
        if let Some(parent) = site.parent {
            let parent = &mut self.all[parent];
            site.index_in_parent = u32::try_from(parent.nested.len()).unwrap_or(u32::MAX);
            parent.nested.push(at);
            parent.place.holes.push(site.place.range);
        }
        self.all.push(site);
        at
    }

    /// Looks whether the units in a node are known. `context` is all that counts of what stands around it, but for the
    /// size of the unit that it stands in.
    pub fn recall(&mut self, node: Node<'tree>, site: usize, context: impl std::hash::Hash) -> Recalled {
        use std::hash::Hash;
        let Some(before) = self.before else { return Recalled::WalkUnkept };
        let bytes = node.byte_range();
        // How broken text is read depends on what stands around it.
        if bytes.len() < LEAST_PART || node.has_error() {
            return Recalled::WalkUnkept;
        }
        let start = TextRange::of(node).start;
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        hasher.update(&self.text.as_bytes()[bytes]);
        (node.kind_id(), self.language.name(), site == 0, self.unit_bytes_in(site)).hash(&mut hasher);
        context.hash(&mut hasher);
        let known_by = hasher.digest();
        let known =
            before.iter().find_map(|memo| memo.0.get(&known_by)).or_else(|| self.memo.0.get(&known_by));
        let Some(known) = known.cloned() else {
            return Recalled::Walk(Begun { known_by, start, first: self.all.len() });
        };
        let first = self.all.len();
        let moved = |range: TextRange| TextRange::new(range.start + start, range.end + start);
        for kept in known.iter() {
            let mut interface = kept.interface.clone();
            interface.name_range = interface.name_range.map(moved);
            self.list(UnitSite {
                place: UnitPlace { range: moved(kept.range), holes: Vec::new() },
                node: None,
                kind_id: kept.kind_id,
                kind: kept.kind,
                is_async: kept.is_async,
                parent: Some(kept.parent.map_or(site, |parent| first + parent)),
                index_in_parent: 0,
                nested: Vec::new(),
                interface,
                key: kept.key,
            });
        }
        self.memo.0.insert(known_by, known);
        Recalled::Listed
    }

    /// Says that a part was walked through.
    pub fn walked(&mut self, begun: Begun) {
        let Begun { known_by, start, first } = begun;
        self.parts.push(Part { known_by, start, first, end: self.all.len() });
    }

    /// The outline, when all units are found.
    pub fn finish(mut self, root: Node<'tree>) -> Outline<'tree> {
        for at in 0..self.all.len() {
            let site = &self.all[at];
            let Some(node) = site.node else { continue };
            let nested: Vec<_> = site
                .nested
                .iter()
                .map(|&n| (&self.all[n].interface, self.all[n].kind, self.all[n].is_async))
                .collect();
            self.all[at].key = key(node, &site.place, self.text, self.language, &site.interface, &nested);
        }
        for part in &self.parts {
            let back = |at: u32| at.saturating_sub(part.start);
            let back = |range: TextRange| TextRange::new(back(range.start), back(range.end));
            let kept = self.all[part.first..part.end].iter().map(|site| {
                let mut interface = site.interface.clone();
                interface.name_range = interface.name_range.map(back);
                Kept {
                    range: back(site.place.range),
                    parent: site.parent.and_then(|parent| parent.checked_sub(part.first)),
                    interface,
                    kind_id: site.kind_id,
                    kind: site.kind,
                    is_async: site.is_async,
                    key: site.key,
                }
            });
            self.memo.0.insert(part.known_by, kept.collect());
        }
        Outline { sites: self.all, memo: self.memo, root }
    }
}

/// The key of a unit: its own text piece by piece, and what it and its nested units are called.
fn key(
    node: Node<'_>,
    place: &UnitPlace,
    text: &str,
    language: Language,
    own: &Interface,
    nested: &[(&Interface, FunctionKind, bool)],
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
        hash_broken(node, place).hash(&mut hasher);
    }
    hasher.finish()
}

/// How a broken text is read depends on what stands around it, so its tree is a part of the key: every node on the
/// way to an error, and what stands beside it. None if all errors are in nested units: then the text around these is read
/// as it is where they are whole.
fn hash_broken(node: Node<'_>, place: &UnitPlace) -> Option<u64> {
    use std::hash::{Hash, Hasher};
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    let mut is_broken = false;
    let root = node.id();
    let mut cursor = node.walk();
    loop {
        let at = cursor.node();
        let range = TextRange::of(at);
        let is_hole = at.id() != root && place.holes.binary_search(&range).is_ok();
        is_broken |= !is_hole && (at.is_error() || at.is_missing());
        (at.kind_id(), at.is_missing(), is_hole).hash(&mut hasher);
        // The length of what holds another unit is that unit's business too.
        let next_hole = place.holes.partition_point(|hole| hole.start < range.start);
        if place.holes.get(next_hole).is_none_or(|hole| hole.start >= range.end) {
            range.len().hash(&mut hasher);
        }
        if at.has_error() && !is_hole && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node().id() == root {
                return is_broken.then(|| hasher.finish());
            }
            0xfe_u8.hash(&mut hasher);
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return is_broken.then(|| hasher.finish());
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

#[cfg(test)]
mod tests;
