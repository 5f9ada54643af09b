//! Names that no variable can mean: the head of a path, the name of a macro. `Err(error) => error!(…)` and
//! `let env = env::var(…)` are common Rust.

use rustc_hash::FxHashSet;

use super::State;
use crate::{BindingId, BindingKind, Kind, NodeId, Unit};

/// Where a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    /// Modules, types and imports.
    Types,
    /// Imports; a macro of this file has no binding.
    Macros,
}

impl State<'_> {
    /// Notes that a name is looked up among types or macros.
    pub(super) fn looks_up(&mut self, id: NodeId, namespace: Namespace) {
        if let Kind::Name { .. } = self.builder.unit.kind(id) {
            self.namespaces.push((id, namespace));
        }
    }
}

/// Takes the names back that were resolved to something of another namespace.
pub(super) fn correct(unit: &mut Unit, names: &[(NodeId, Namespace)]) {
    let mut has_new_free_name = false;
    let mut changed = FxHashSet::default();
    for &(id, namespace) in names {
        let Kind::Name { name, binding: Some(wrong) } = unit.kind(id) else {
            continue;
        };
        if is_in(unit, *wrong, namespace) {
            continue;
        }
        let (name, wrong) = (name.clone(), *wrong);
        let right = find(unit, &name, id, namespace);
        changed.insert(wrong);
        if let Some(right) = right {
            unit.bindings[right.0 as usize].uses.push(id);
            changed.insert(right);
        }
        has_new_free_name |= right.is_none();
        unit.nodes[id.0 as usize].kind = Kind::Name { name, binding: right };
    }
    for id in changed {
        let mut uses = std::mem::take(&mut unit.bindings[id.0 as usize].uses);
        uses.retain(|&u| matches!(unit.kind(u), Kind::Name { binding: Some(b), .. } if *b == id));
        uses.sort_by_key(|&u| unit.range(u).start);
        unit.bindings[id.0 as usize].uses = uses;
    }
    if has_new_free_name {
        gather_free_names(unit);
    }
}

fn is_in(unit: &Unit, binding: BindingId, namespace: Namespace) -> bool {
    match unit.binding(binding).kind {
        BindingKind::Import(_) => true,
        BindingKind::Type | BindingKind::Module => namespace == Namespace::Types,
        _ => false,
    }
}

fn find(unit: &Unit, name: &str, id: NodeId, namespace: Namespace) -> Option<BindingId> {
    let mut scope = Some(unit.node(id).scope);
    while let Some(at) = scope {
        let around = &unit.scopes[at.0 as usize];
        let found = around
            .bindings
            .iter()
            .copied()
            .find(|&b| unit.binding(b).name == name && is_in(unit, b, namespace));
        if found.is_some() {
            return found;
        }
        scope = around.parent;
    }
    None
}

fn gather_free_names(unit: &mut Unit) {
    let mut order: Vec<_> = unit.nodes.iter().collect();
    order.sort_by_key(|node| node.range.start);
    let mut seen = FxHashSet::default();
    let mut free = Vec::new();
    for node in order {
        if let Kind::Name { name, binding: None } = &node.kind
            && seen.insert(name)
        {
            free.push(name.clone());
        }
    }
    unit.free_names = free;
}
