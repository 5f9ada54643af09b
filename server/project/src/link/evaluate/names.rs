//! What names mean: bindings, parameters, imports, what stands outside the unit.

use std::sync::Arc;

use plimsoll_behavior::{
    BindingId, BindingKind, FunctionId, Imported, Kind, Name, NodeId, PathStep, ScopeId,
};

use crate::link::{Instance, SlotValue, TypeRef, Value, resolve_module};

use super::{Evaluator, NamesOfScope};

impl Evaluator<'_> {
    /// What a binding of a unit is bound to.
    pub(in crate::link) fn binding(&self, unit: usize, id: BindingId) -> Value {
        if self.memo.open_bindings.borrow().contains(&(unit, id)) {
            return Value::Unknown;
        }
        self.memo.open_bindings.borrow_mut().push((unit, id));
        let value = self.bound_to(unit, id);
        self.memo.open_bindings.borrow_mut().pop();
        value
    }

    pub(super) fn bound_to(&self, unit: usize, id: BindingId) -> Value {
        let u = self.unit(unit);
        let b = u.binding(id);
        if let Some(ty) = &b.ty {
            let typed = self.value_of_type(unit, b.scope, ty);
            // An annotation says the type; the value may say more (its slots).
            if !typed.is_unknown() {
                let valued = match b.value {
                    Some(value) if b.path.is_empty() && b.kind == BindingKind::Variable => {
                        self.value(unit, value)
                    }
                    _ => Value::Unknown,
                };
                return match (&typed, &valued) {
                    (Value::Instance(t), Value::Instance(v)) if t.ty == v.ty => valued,
                    _ => typed,
                };
            }
        }
        let start = match b.kind {
            BindingKind::Import(i) => return self.imported(unit, i),
            BindingKind::Type => {
                return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: b.name.clone() });
            }
            BindingKind::Module => return self.rust_submodule(&b.name),
            BindingKind::Parameter(function, index) => self.parameter(unit, function, index),
            BindingKind::Element => b.value.map_or(Value::Unknown, |v| self.element_of(&self.value(unit, v))),
            BindingKind::Caught => Value::Unknown,
            BindingKind::Variable | BindingKind::Function | BindingKind::Matched => {
                let initial = b.value.map_or(Value::Unknown, |v| self.value(unit, v));
                // `let db; … db = new Db()`: the one assignment says what it is.
                let settled = initial.is_unknown() || initial == Value::Null;
                match b.assignments.as_slice() {
                    [only] if settled && b.path.is_empty() => match u.kind(*only) {
                        Kind::Assign { op, value, .. } if op == "=" || op == "??=" => {
                            self.value(unit, *value)
                        }
                        _ => initial,
                    },
                    assignments => self.completed(unit, initial, assignments),
                }
            }
        };
        b.path.iter().fold(start, |value, step| match step {
            PathStep::Member(name) => self.member_of(&value, name),
            PathStep::Index(i) => self.item_of(&value, *i),
            PathStep::Variant(..) => value,
            PathStep::Rest => Value::Unknown,
        })
    }

    /// A builder that is assigned again, with what it may have been told by then: `if slow { b = b.timeout(limit) }`.
    pub(super) fn completed(&self, unit: usize, initial: Value, assignments: &[NodeId]) -> Value {
        let Value::Instance(instance) = &initial else { return initial };
        let mut slots = instance.slots.clone();
        for &assignment in assignments {
            let Kind::Assign { value, .. } = self.unit(unit).kind(assignment) else { continue };
            // Asked for as a call: it may be under way, and its value must not be settled as unknown then.
            let later = self.call(unit, *value);
            let Value::Instance(later) = &later.value else { continue };
            for (slot, _) in later.slots.iter().filter(|_| later.ty == instance.ty) {
                if instance.slot(*slot).is_none() {
                    slots.push((*slot, SlotValue::Elsewhere));
                }
            }
        }
        Value::Instance(Arc::new(Instance { slots, ..(**instance).clone() }))
    }

    /// The value of a parameter: its type, what the call that takes the closure provides, or its default.
    pub(super) fn parameter(&self, unit: usize, function: FunctionId, index: u16) -> Value {
        let u = self.unit(unit);
        let Some(param) = u.function(function).params.get(usize::from(index)) else {
            return Value::Unknown;
        };
        if let Some(ty) = &param.ty {
            let typed = self.value_of_type(unit, u.function(function).scope, ty);
            if !typed.is_unknown() {
                return typed;
            }
        }
        if let Some(provided) = self.provided(unit, function, usize::from(index)) {
            return provided;
        }
        param.default.map_or(Value::Unknown, |d| self.value(unit, d))
    }

    /// What the call that a closure is handed to passes in as the closure's parameter.
    pub(super) fn provided(&self, unit: usize, function: FunctionId, index: usize) -> Option<Value> {
        let closure = self.closure(unit, function)?;
        let facts = self.call(closure.unit, closure.call);
        let (model, behavior) = facts.behavior.as_ref()?;
        if behavior.callback.is_some_and(|c| usize::from(c) != closure.argument) && behavior.run.is_some() {
            return None;
        }
        let receiver = || match self.unit(closure.unit).kind(closure.call) {
            Kind::Call { callee, .. } => match self.unit(closure.unit).kind(*callee) {
                Kind::Member { object, .. } => self.value(closure.unit, *object),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        };
        let name = behavior.provides.get(index)?;
        Some(match name.as_str() {
            "_" => Value::Unknown,
            "receiver" | "self" => receiver(),
            "element" => self.element_of(&receiver()),
            ty => {
                let ty = self.models.type_named(*model, ty)?;
                Value::Instance(Arc::new(Instance {
                    ty,
                    slots: Vec::new(),
                    is_convention: facts.is_convention,
                }))
            }
        })
    }

    /// What a name means that the unit does not bind: looked up in the units around it, then among the globals.
    pub(in crate::link) fn outer(&self, unit: usize, name: &Name, heads_path: bool) -> Value {
        let mut inner = unit;
        while let Some(outer) = self.file.units[inner].parent {
            let u = self.unit(outer);
            let nested = &u.nested[self.file.units[inner].index_in_parent as usize];
            // At the head of a Rust path a name is a module or a type, whatever variable has the same one.
            let is_value = |b: BindingId| {
                !matches!(u.binding(b).kind, BindingKind::Import(_) | BindingKind::Type | BindingKind::Module)
            };
            if let Some(b) = self.resolve(outer, name, nested.scope, u.range(nested.node).start)
                && !(heads_path && !self.file.language.is_script_family() && is_value(b))
            {
                return self.binding(outer, b);
            }
            inner = outer;
        }
        if self.file.language.is_script_family() {
            return self.of_package("<global>".into(), name.clone());
        }
        if heads_path && self.models.knows(name) {
            return Value::Package(name.clone(), Name::default());
        }
        if heads_path && let submodule @ Value::Module(_) = self.rust_submodule(name) {
            return submodule;
        }
        // `use super::*` and preludes.
        for import in &self.unit(0).imports {
            if import.what == Imported::Glob
                && let Some(file) =
                    resolve_module(self.world.files(), &self.file.path, &import.module, self.file.language)
            {
                let value = self.world.ask(&file, |there| there.export(name));
                if !value.is_unknown() {
                    return value;
                }
            }
        }
        if self.file.types_named(name).next().is_some() {
            return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.clone() });
        }
        // What no import brings in is the prelude's: `Ok`, `Option`, `println!`.
        Value::Package("std".into(), name.clone())
    }

    /// [`plimsoll_behavior::Unit::resolve`], by an index where a scope has many names: every unit of a file asks its
    /// module.
    fn resolve(&self, unit: usize, name: &Name, scope: ScopeId, at: u32) -> Option<BindingId> {
        const MANY: usize = 32;
        let u = self.unit(unit);
        let is_visible = |&b: &BindingId| u.binding(b).name == *name && u.binding(b).visible_from <= at;
        let mut scope = Some(scope);
        while let Some(id) = scope {
            let bindings = &u.scopes[id.0 as usize].bindings;
            let found = if bindings.len() < MANY {
                bindings.iter().rev().copied().find(is_visible)
            } else {
                let mut names = self.memo.names.borrow_mut();
                let names = names.entry((unit, id)).or_insert_with(|| {
                    let mut names = NamesOfScope::default();
                    for &b in bindings {
                        names.entry(u.binding(b).name.clone()).or_default().push(b);
                    }
                    names
                });
                names.get(name).and_then(|all| all.iter().rev().copied().find(is_visible))
            };
            if found.is_some() {
                return found;
            }
            scope = u.scopes[id.0 as usize].parent;
        }
        None
    }

    pub(super) fn imported(&self, unit: usize, index: u32) -> Value {
        let import = &self.unit(unit).imports[index as usize];
        let language = self.file.language;
        let in_module = |file: &str, what: &Imported| match what {
            Imported::Module => Value::Module(file.into()),
            Imported::Name(name) => self.world.ask(file, |there| there.export(name)),
            Imported::Default => self.world.ask(file, |there| there.export("default")),
            Imported::Glob | Imported::Nothing => Value::Unknown,
        };
        if language.is_script_family() {
            if let Some(file) = resolve_module(self.world.files(), &self.file.path, &import.module, language)
            {
                return in_module(&file, &import.what);
            }
            if import.module.starts_with('.') {
                return Value::Unknown;
            }
            let path = match &import.what {
                Imported::Name(name) => name.clone(),
                Imported::Default => "default".into(),
                _ => Name::default(),
            };
            return self.of_package(package_name(&import.module), path);
        }
        let last = match &import.what {
            Imported::Name(name) => Some(name.as_str()),
            Imported::Module => None,
            _ => return Value::Unknown,
        };
        let head = import.module.split("::").next().unwrap_or_default();
        if !matches!(head, "crate" | "self" | "super") && self.models.knows(head) {
            let rest = import.module.split("::").skip(1).chain(last);
            return Value::Package(head.into(), rest.collect::<Vec<_>>().join(".").into());
        }
        let whole =
            last.map_or_else(|| import.module.to_string(), |last| format!("{}::{last}", import.module));
        if let Some(file) = resolve_module(self.world.files(), &self.file.path, &import.module, language)
            && let value = last
                .map_or(Value::Module(file.as_str().into()), |l| in_module(&file, &Imported::Name(l.into())))
            && !value.is_unknown()
        {
            return value;
        }
        if let Some(file) = resolve_module(self.world.files(), &self.file.path, &whole, language) {
            return Value::Module(file.into());
        }
        if matches!(head, "crate" | "self" | "super") {
            return Value::Unknown;
        }
        let rest = import.module.split("::").skip(1).chain(last);
        Value::Package(head.into(), rest.collect::<Vec<_>>().join(".").into())
    }

    pub(in crate::link) fn rust_module(&self, root: &str) -> Value {
        match root {
            "self" => Value::Module(Arc::clone(&self.file.path)),
            root => resolve_module(self.world.files(), &self.file.path, root, self.file.language)
                .map_or(Value::Unknown, |file| Value::Module(file.into())),
        }
    }

    pub(super) fn rust_submodule(&self, name: &str) -> Value {
        if self.file.language.is_script_family() {
            return Value::Unknown;
        }
        let module = format!("self::{name}");
        resolve_module(self.world.files(), &self.file.path, &module, self.file.language)
            .map_or(Value::Unknown, |file| Value::Module(file.into()))
    }

    /// What stands at a path of a package: a value that its model knows, else the path itself.
    pub(super) fn of_package(&self, package: Name, path: Name) -> Value {
        let stripped = path.strip_prefix("default.").unwrap_or(&path);
        let bare = if stripped == "default" { "" } else { stripped };
        let known = [path.as_str(), stripped, bare];
        match known.iter().find_map(|p| self.models.value(&package, p)) {
            Some((ty, value)) => {
                let slots = value.slots.iter().map(|(s, t)| (*s, SlotValue::Text(t.clone()))).collect();
                Value::Instance(Arc::new(Instance { ty, slots, is_convention: false }))
            }
            None => Value::Package(package, path),
        }
    }
}

/// `import x from "npm:@supabase/supabase-js@2"` and `https://esm.sh/…` mean the package.
pub(super) fn package_name(module: &str) -> Name {
    let module = ["npm:", "jsr:", "https://esm.sh/", "https://cdn.skypack.dev/"]
        .iter()
        .find_map(|prefix| module.strip_prefix(prefix))
        .unwrap_or(module);
    let module = module.strip_prefix("node:").unwrap_or(module);
    // The version: after the last `@` that does not begin a scope.
    match module.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => {
            let rest = module[at..].find('/').map_or("", |slash| &module[at + slash..]);
            format!("{}{rest}", &module[..at]).into()
        }
        None => module.into(),
    }
}

/// `window.fetch` is `fetch`.
pub(super) fn global_alias(package: &Name, path: Name) -> (Name, Name) {
    if package == "<global>" {
        for prefix in ["window.", "globalThis.", "self.", "global."] {
            if let Some(rest) = path.strip_prefix(prefix) {
                return (package.clone(), rest.into());
            }
        }
    }
    (package.clone(), path)
}
