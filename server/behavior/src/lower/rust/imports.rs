//! `use` trees, flattened.

use tree_sitter::Node;

use super::Lower;
use super::attributes::{is_public, path_segments};
use super::kinds::{K, field, first_part, kind, parts};
use crate::lower::builder::NewBinding;
use crate::{BindingId, BindingKind, Exported, Import, Imported, Name};

/// The longest path of an import: what nests deeper is left out.
const MAX_SEGMENTS: usize = 100;

impl Lower<'_, '_> {
    pub(super) fn use_declaration(&mut self, node: Node<'_>) {
        let is_reexport = is_public(node) && self.is_top_level();
        let first = self.state.builder.unit.imports.len();
        // Branches that are still to be read, each with the path before it.
        let mut open: Vec<(Node<'_>, Vec<Name>)> = Vec::new();
        open.extend(first_part_of_use(node).map(|clause| (clause, Vec::new())));
        while let Some((clause, mut prefix)) = open.pop() {
            if self.state.builder.is_full() {
                return;
            }
            if prefix.len() > MAX_SEGMENTS {
                self.state.builder.unit.is_cut = true;
                continue;
            }
            match kind(clause) {
                K::ScopedUseList => {
                    if let Some(path) = field(clause, |f| f.path) {
                        prefix.extend(path_segments(path, self.text));
                    }
                    open.extend(field(clause, |f| f.list).map(|list| (list, prefix)));
                }
                K::UseList => {
                    let branches = parts(clause).into_iter().rev();
                    open.extend(branches.map(|branch| (branch, prefix.clone())));
                }
                K::UseAs => {
                    let alias = field(clause, |f| f.alias);
                    if let Some(path) = field(clause, |f| f.path) {
                        self.import(node, path, prefix, alias.unwrap_or(path));
                    }
                }
                K::UseWildcard => {
                    if let Some(path) = first_part(clause) {
                        prefix.extend(path_segments(path, self.text));
                    }
                    self.add_import(node, prefix, Imported::Glob, None);
                }
                K::Error => {}
                _ => self.import(node, clause, prefix, clause),
            }
        }
        if is_reexport {
            self.reexport(node, first);
        }
    }

    /// `extern crate a as b;`
    pub(super) fn extern_crate(&mut self, node: Node<'_>) {
        let Some(name) = field(node, |f| f.name) else {
            return;
        };
        let local = field(node, |f| f.alias).unwrap_or(name);
        self.import(node, name, Vec::new(), local);
    }

    /// One imported path; `local` is the node of the name that it gets here, or the path itself.
    fn import(&mut self, whole: Node<'_>, path: Node<'_>, prefix: Vec<Name>, local: Node<'_>) {
        let local = match kind(local) {
            K::ScopedIdentifier => field(local, |f| f.name).unwrap_or(local),
            _ => local,
        };
        let mut segments = prefix;
        segments.extend(path_segments(path, self.text));
        let is_itself = segments.len() > 1 && segments.last().is_some_and(|last| last == "self");
        if is_itself {
            segments.pop();
        }
        let bound = match kind(local) {
            K::SelfValue => segments.last().cloned().unwrap_or_default(),
            _ => self.name(local),
        };
        let what = if is_itself || segments.len() == 1 {
            Imported::Module
        } else {
            segments.pop().map_or(Imported::Module, Imported::Name)
        };
        let range = self.range(local);
        let binding = (bound != "_" && !bound.is_empty()).then(|| {
            let index = u32::try_from(self.state.builder.unit.imports.len()).unwrap_or(u32::MAX);
            self.state.builder.bind(NewBinding {
                name: bound,
                range,
                kind: BindingKind::Import(index),
                value: None,
                path: Vec::new(),
                ty: None,
                is_mutable: false,
                visible_from: None,
            })
        });
        self.add_import(whole, segments, what, binding);
    }

    fn add_import(&mut self, whole: Node<'_>, module: Vec<Name>, what: Imported, binding: Option<BindingId>) {
        let import = Import {
            module: Name::from(module.join("::")),
            what,
            binding,
            is_type_only: false,
            range: self.own_range(whole),
        };
        self.state.builder.unit.imports.push(import);
    }

    /// `pub use`: what it imports is offered to other files too.
    fn reexport(&mut self, node: Node<'_>, first: usize) {
        let builder = &self.state.builder;
        let offered: Vec<_> = builder.unit.imports[first..]
            .iter()
            .map(|import| {
                let name =
                    import.binding.map_or(Name::new_static("*"), |b| builder.unit.binding(b).name.clone());
                let there = match &import.what {
                    Imported::Name(name) => Some(name.clone()),
                    _ => None,
                };
                (name, Exported::From(import.module.clone(), there))
            })
            .collect();
        for (name, local) in offered {
            self.export(name, local, node);
        }
    }
}

/// What a `use` declaration imports.
fn first_part_of_use(node: Node<'_>) -> Option<Node<'_>> {
    parts(node).into_iter().find(|part| kind(*part) != K::Visibility)
}
