//! What of a module runs where those who import it take something else.

use plimsoll_behavior::{
    BindingId, CallForm, Exported, FunctionId, Kind, Name, NodeId, OwnRange, ScopeId, TypeId, Unit,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::link::FileUnits;

/// What importers take of a module: by name, or whatever it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    All,
    Names(FxHashSet<Name>),
}

impl Taken {
    pub(super) fn add(&mut self, name: Option<Name>) {
        match (self, name) {
            (Taken::Names(names), Some(name)) => {
                names.insert(name);
            }
            (this, None) => *this = Taken::All,
            (Taken::All, Some(_)) => {}
        }
    }
}

/// For each unit of a module whether it may run when its importers take these names: it belongs to what they name, to what
/// that mentions in turn, or to what the module does when it is loaded. What is told apart are the declarations of the
/// module's top, by the names that they mention; whatever stands elsewhere runs.
pub(super) fn units_that_run(file: &FileUnits, taken: &Taken) -> Vec<bool> {
    let Taken::Names(names) = taken else { return vec![true; file.units.len()] };
    let module = &*file.units[0].unit;
    let tops = Tops::of(file);
    let mut lives: FxHashSet<usize> = FxHashSet::default();
    let mut open: Vec<usize> = Vec::new();
    for export in &module.exports {
        if let Exported::Binding(binding) = &export.local
            && (names.contains(&export.name) || export.name == "export=")
        {
            open.extend(tops.of_binding(module, *binding));
        }
    }
    let mut mentioned: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (by, what) in tops.mentions(file) {
        match by {
            Some(by) => mentioned.entry(by).or_default().push(what),
            None => open.push(what),
        }
    }
    while let Some(top) = open.pop() {
        if lives.insert(top) {
            open.extend(mentioned.get(&top).into_iter().flatten());
        }
    }
    (0..file.units.len()).map(|unit| tops.around(file, unit).is_none_or(|top| lives.contains(&top))).collect()
}

/// The declarations of a module's top.
struct Tops {
    by_node: FxHashMap<NodeId, usize>,
    by_name: FxHashMap<Name, usize>,
}

impl Tops {
    fn of(file: &FileUnits) -> Self {
        let module = &*file.units[0].unit;
        let mut tops = Tops { by_node: FxHashMap::default(), by_name: FxHashMap::default() };
        for (at, binding) in module.bindings.iter().enumerate() {
            let is_plain =
                binding.scope == ScopeId(0) && binding.path.is_empty() && binding.assignments.is_empty();
            if let Some(value) = binding.value.filter(|_| is_plain) {
                tops.by_node.insert(value, at);
                tops.by_name.insert(binding.name.clone(), at);
            }
        }
        tops
    }

    fn of_binding(&self, module: &Unit, binding: BindingId) -> Option<usize> {
        self.by_name.get(&module.binding(binding).name).copied()
    }

    /// The declaration that a node of the module stands in.
    fn around_node(&self, module: &Unit, node: NodeId) -> Option<usize> {
        let mut around = std::iter::once(node).chain(module.ancestors(node));
        around.find_map(|node| self.by_node.get(&node).copied())
    }

    /// The declaration that a unit stands in.
    fn around(&self, file: &FileUnits, mut unit: usize) -> Option<usize> {
        let mut below = None;
        while let Some(parent) = file.units[unit].parent {
            (below, unit) = (Some(unit), parent);
        }
        let nested = file.units[below?].index_in_parent as usize;
        let module = &*file.units[0].unit;
        self.around_node(module, module.nested.get(nested)?.node)
    }

    /// Which declaration mentions which other one; none for what the module does when it is loaded.
    fn mentions(&self, file: &FileUnits) -> Vec<(Option<usize>, usize)> {
        let module = &*file.units[0].unit;
        let mut handed_out: FxHashMap<BindingId, Vec<OwnRange>> = FxHashMap::default();
        for export in &module.exports {
            if let Exported::Binding(binding) = export.local {
                handed_out.entry(binding).or_default().push(export.range);
            }
        }
        let mut found = Vec::new();
        for (at, node) in (0..).map(NodeId).zip(&module.nodes) {
            let Kind::Name { binding: Some(binding), .. } = &node.kind else { continue };
            let Some(what) = self.of_binding(module, *binding) else { continue };
            let top = self.around_node(module, at);
            let is_inside = |range: &OwnRange| range.start <= node.range.start && node.range.end <= range.end;
            if top.is_some() || !handed_out.get(binding).is_some_and(|all| all.iter().any(is_inside)) {
                found.push((top.filter(|top| !runs_at_once(file, *top, at)), what));
            }
        }
        let declared = (0..).map(NodeId).zip(&module.nodes).filter_map(|(at, node)| match node.kind {
            Kind::Type(TypeId(id)) => Some((id as usize, at)),
            _ => None,
        });
        let declared: FxHashMap<usize, NodeId> = declared.collect();
        for (unit, entry) in file.units.iter().enumerate() {
            let top = self.around(file, unit);
            for (id, ty) in entry.unit.types.iter().enumerate() {
                let of_type = || self.around_node(module, *declared.get(&id)?);
                let by = if unit == 0 { of_type() } else { top };
                let bases = ty.supertypes.iter().filter_map(|base| self.by_name.get(base.path.first()?));
                found.extend(bases.map(|base| (by, *base)));
                // What a framework registers.
                found.extend(by.filter(|_| unit == 0 && !ty.attributes.is_empty()).map(|ty| (None, ty)));
            }
            let names = entry.unit.free_names.iter().filter(|_| unit > 0);
            found.extend(names.filter_map(|name| Some((top, *self.by_name.get(name)?))));
        }
        found
    }
}

/// Whether what a node of a declaration names is run when the module is loaded: `const rates = load()`.
fn runs_at_once(file: &FileUnits, top: usize, node: NodeId) -> bool {
    let module = &*file.units[0].unit;
    let Some(value) = module.bindings[top].value else { return true };
    if module.node(node).function != FunctionId(0) || matches!(module.kind(value), Kind::Type(_)) {
        return false;
    }
    let mut below = node;
    for around in module.ancestors(node) {
        if below == value {
            break;
        }
        if let Kind::Call { callee, form, .. } = module.kind(around) {
            let is_made = *form == CallForm::New && *callee == node;
            return !is_made || makes_calls(file, node);
        }
        below = around;
    }
    false
}

/// Whether more happens than that an object is there when a class of the module is made: `new Rates()`.
fn makes_calls(file: &FileUnits, class: NodeId) -> bool {
    let module = &*file.units[0].unit;
    let Kind::Name { binding: Some(binding), .. } = module.kind(class) else { return true };
    let Some(Kind::Type(TypeId(id))) = module.binding(*binding).value.map(|value| module.kind(value)) else {
        return true;
    };
    let ty = &module.types[*id as usize];
    let is_call = |node: NodeId| matches!(module.kind(node), Kind::Call { .. });
    let inits = ty.fields.iter().filter_map(|field| field.init);
    let calls = |(name, method): &(Name, NodeId)| {
        let function = (name == "constructor").then(|| file.function_at(0, *method)).flatten();
        let unit = function.and_then(|function| file.unit_at(&function.unit));
        unit.is_some_and(|unit| !file.units[unit].unit.calls.is_empty())
    };
    !ty.supertypes.is_empty()
        || inits.flat_map(|init| module.descendants(init)).any(is_call)
        || ty.methods.iter().any(calls)
}
