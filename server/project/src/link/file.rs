//! One file, extracted: its units, their names, its types.

use std::sync::{Arc, OnceLock};

use plimsoll_behavior::lower::{self, Outline, OutlineMemo};
use plimsoll_behavior::{
    BindingId, FunctionId, Imported, Kind, Name, NodeId, OwnRange, TypeDecl, TypeId, TypeKind, Unit,
    UnitPlace,
};
use plimsoll_syntax::{Language, TextRange, Tree};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{FnRef, is_kept_collection};

/// The units of one file.
#[derive(Clone, Debug)]
pub struct FileUnits {
    /// The file.
    pub path: Arc<str>,
    /// Its language.
    pub language: Language,
    /// The units: the module first, each after the unit it is nested in.
    pub units: Vec<UnitEntry>,
    by_path: FxHashMap<Name, usize>,
    by_key: FxHashMap<u64, usize>,
    types: FxHashMap<Name, Vec<(usize, TypeId)>>,
    top: OnceLock<Top>,
    /// What the outline of the file after the next edit can take over.
    memo: OutlineMemo,
    /// How many units were lowered to make it; the others were handed in.
    pub extracted: usize,
}

/// What the module of a file offers by itself.
#[derive(Clone, Debug)]
struct Top {
    /// Names that it exports or binds.
    names: FxHashSet<Name>,
    /// Its imports of all that a module has, one for each module.
    globs: Vec<u32>,
    /// Its variables that begin as empty collections.
    collections: FxHashSet<Name>,
}

/// One unit in its file.
#[derive(Clone, Debug)]
pub struct UnitEntry {
    /// What it does.
    pub unit: Arc<Unit>,
    /// Where it stands.
    pub place: UnitPlace,
    /// The unit around it.
    pub parent: Option<usize>,
    /// Which of the parent's nested units it is.
    pub index_in_parent: u32,
    /// The units nested in it.
    pub nested: Vec<usize>,
    /// Equal keys, equal units.
    pub key: u64,
    /// Its path: names of the units around it and its own, as `PostService/list`; unique in the file.
    pub path: Name,
}

impl FileUnits {
    /// Extracts a file.
    #[must_use]
    pub fn extract(path: Arc<str>, language: Language, tree: &Tree, text: &str) -> FileUnits {
        let reread = lower::reread(tree, text, language);
        let outline = lower::outline(reread.as_ref().unwrap_or(tree), text, language);
        Self::of_outline(path, language, outline, text, &[])
    }

    /// Extracts a file as it is after an edit. What stands as it stood in one of `before` is taken from there.
    #[must_use]
    pub fn extract_again(
        path: Arc<str>,
        language: Language,
        tree: &Tree,
        text: &str,
        before: &[&FileUnits],
    ) -> FileUnits {
        let reread = lower::reread(tree, text, language);
        let memos: Vec<&OutlineMemo> = before.iter().map(|file| &file.memo).collect();
        let outline = lower::outline_again(reread.as_ref().unwrap_or(tree), text, language, &memos);
        Self::of_outline(path, language, outline, text, before)
    }

    fn of_outline(
        path: Arc<str>,
        language: Language,
        mut outline: Outline<'_>,
        text: &str,
        before: &[&FileUnits],
    ) -> FileUnits {
        let known = |key: u64| {
            before.iter().find_map(|file| Some(Arc::clone(&file.units[file.unit_with_key(key)?].unit)))
        };
        let mut units: Vec<UnitEntry> = Vec::with_capacity(outline.sites.len());
        let mut by_path = FxHashMap::default();
        let mut by_key = FxHashMap::default();
        let mut types: FxHashMap<Name, Vec<(usize, TypeId)>> = FxHashMap::default();
        let mut extracted = 0;
        let mut numbers = FxHashMap::default();
        for (i, site) in outline.sites.iter().enumerate() {
            let unit = known(site.key).unwrap_or_else(|| {
                extracted += 1;
                Arc::new(lower::extract(&outline, i, text, language))
            });
            let path = unit_path(&units, site, &by_path, &mut numbers);
            by_path.insert(path.clone(), i);
            by_key.insert(site.key, i);
            for (t, ty) in unit.types.iter().enumerate() {
                let id = TypeId(u32::try_from(t).expect("few types"));
                types.entry(ty.name.clone()).or_default().push((i, id));
            }
            units.push(UnitEntry {
                unit,
                place: site.place.clone(),
                parent: site.parent,
                index_in_parent: site.index_in_parent,
                nested: site.nested.clone(),
                key: site.key,
                path,
            });
        }
        let memo = std::mem::take(&mut outline.memo);
        FileUnits { path, language, units, by_path, by_key, types, top: OnceLock::new(), memo, extracted }
    }

    fn top(&self) -> &Top {
        self.top.get_or_init(|| {
            let module = &self.units[0].unit;
            let exported = module.exports.iter().map(|export| export.name.clone());
            let bound = module.scopes.first().into_iter().flat_map(|scope| &scope.bindings);
            let names = exported.chain(bound.map(|&b| module.binding(b).name.clone())).collect();
            let mut globs: Vec<u32> = Vec::new();
            let mut seen = FxHashSet::default();
            for (i, import) in (0..).zip(&module.imports) {
                if import.what == Imported::Glob && seen.insert(&import.module) {
                    globs.push(i);
                }
            }
            let kept =
                module.bindings.iter().zip(0..).filter(|(_, i)| is_kept_collection(module, BindingId(*i)));
            let collections = kept.map(|(binding, _)| binding.name.clone()).collect();
            Top { names, globs, collections }
        })
    }

    /// Whether the module itself has something of this name. In a program whose modules take all from each other, every
    /// name is asked of every module, and nearly none has it.
    #[must_use]
    pub(super) fn has_at_top(&self, name: &str) -> bool {
        self.top().names.contains(name) || self.types.contains_key(name)
    }

    /// The module's imports of all that another one has, one for each.
    #[must_use]
    pub(super) fn globs(&self) -> &[u32] {
        &self.top().globs
    }

    /// Whether the module has a variable of this name that begins as an empty collection.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        self.top().collections.contains(name)
    }

    /// The units that are not as they were in `before`, with those inside them, in order; none where the file has come to
    /// have other units. What stands in the module is not inside of it here.
    #[must_use]
    pub fn changed_since(&self, before: &FileUnits) -> Option<Vec<usize>> {
        if before.language != self.language || before.units.len() != self.units.len() {
            return None;
        }
        let mut changed: Vec<usize> = Vec::new();
        for (unit, (old, new)) in before.units.iter().zip(&self.units).enumerate() {
            if old.path != new.path || old.parent != new.parent {
                return None;
            }
            let around_changed =
                new.parent.is_some_and(|parent| parent != 0 && changed.binary_search(&parent).is_ok());
            if old.key != new.key || around_changed {
                changed.push(unit);
            }
        }
        Some(changed)
    }

    /// The unit with this path.
    #[must_use]
    pub fn unit_at(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// A unit with this key.
    #[must_use]
    pub fn unit_with_key(&self, key: u64) -> Option<usize> {
        self.by_key.get(&key).copied()
    }

    /// The function as others refer to it.
    #[must_use]
    pub fn fn_ref(&self, unit: usize, function: FunctionId) -> FnRef {
        FnRef {
            file: Arc::clone(&self.path),
            unit: self.units[unit].path.clone(),
            function,
            others: Arc::default(),
        }
    }

    /// The functions that are written in a function, those in them left out.
    pub fn functions_in(&self, unit: usize, function: FunctionId) -> impl Iterator<Item = FnRef> + '_ {
        let entry = &self.units[unit];
        let small =
            entry.unit.functions.iter().enumerate().filter(move |(_, inner)| inner.parent == Some(function));
        let small =
            small.filter_map(move |(i, _)| Some(self.fn_ref(unit, FunctionId(u32::try_from(i).ok()?))));
        let own = entry.unit.nested.iter().zip(&entry.nested);
        let own = own.filter(move |(nested, _)| entry.unit.node(nested.node).function == function);
        let nested = own.map(move |(_, &inner)| self.fn_ref(inner, FunctionId(0)));
        small.chain(nested)
    }

    /// The function that a node of `unit` is, where it is one.
    #[must_use]
    pub fn function_at(&self, unit: usize, node: NodeId) -> Option<FnRef> {
        match self.units[unit].unit.kind(node) {
            Kind::Function(function) => Some(self.fn_ref(unit, *function)),
            Kind::Nested(i) => {
                let nested = *self.units[unit].nested.get(*i as usize)?;
                Some(self.fn_ref(nested, FunctionId(0)))
            }
            _ => None,
        }
    }

    /// Declarations of a type: its own one first, then impls.
    pub fn types_named(&self, name: &str) -> impl Iterator<Item = (usize, &TypeDecl)> + '_ {
        let all = self.types.get(name).map(Vec::as_slice).unwrap_or_default();
        let decl = move |&(unit, id): &(usize, TypeId)| (unit, &self.units[unit].unit.types[id.0 as usize]);
        let own = all.iter().map(decl).filter(|(_, t)| t.kind != TypeKind::Impl);
        let impls = all.iter().map(decl).filter(|(_, t)| t.kind == TypeKind::Impl);
        own.chain(impls)
    }

    /// All type declarations.
    pub fn all_types(&self) -> impl Iterator<Item = (usize, &TypeDecl)> + '_ {
        self.units.iter().enumerate().flat_map(|(i, u)| u.unit.types.iter().map(move |t| (i, t)))
    }

    /// The file's bytes of a range of a unit.
    #[must_use]
    pub fn to_file(&self, unit: usize, range: OwnRange) -> TextRange {
        self.units[unit].place.to_file(range)
    }
}

/// `numbers` holds how often a path was taken already: a file of routes has hundreds of units without a name, and looking
/// for the first free number from 1 would cost the square of them at every key.
fn unit_path(
    units: &[UnitEntry],
    site: &lower::UnitSite<'_>,
    taken: &FxHashMap<Name, usize>,
    numbers: &mut FxHashMap<Name, usize>,
) -> Name {
    let Some(parent) = site.parent else {
        return Name::default();
    };
    let around = &units[parent].path;
    let own = site.interface.name.as_deref().unwrap_or("#");
    let mut path = String::new();
    if !around.is_empty() {
        path.push_str(around);
        path.push('/');
    }
    if let Some(owner) = &site.interface.owner {
        path.push_str(owner);
        path.push('.');
    }
    path.push_str(own);
    if !taken.contains_key(path.as_str()) {
        return path.into();
    }
    let base = path.len();
    let n = numbers.entry(path.as_str().into()).or_insert(1);
    loop {
        *n += 1;
        path.truncate(base);
        path.push('~');
        path.push_str(&n.to_string());
        if !taken.contains_key(path.as_str()) {
            return path.into();
        }
    }
}
