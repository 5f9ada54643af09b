//! What names mean: bindings, parameters, imports, what stands outside the unit.

use std::sync::Arc;

use plimsoll_behavior::{BindingId, BindingKind, FunctionId, Imported, Kind, Name, NodeId, PathStep};

use crate::link::{FnRef, Instance, SlotValue, TypeRef, Value, resolve_module};

use super::Evaluator;

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
        let (closure, key) = self.closure_or_option(unit, function)?;
        let facts = self.begun_call(closure.unit, closure.call);
        if let (Some(target), None) = (&facts.target, &key) {
            let handed = self.handed_to_callback(target, closure.argument, index);
            return Some(handed).filter(|value| !value.is_unknown());
        }
        let (model, behavior) = facts.behavior.as_ref()?;
        if let Some(key) = key {
            let path = format!("{}.{key}", closure.argument);
            behavior.callbacks.iter().find(|listed| **listed == path)?;
        } else if behavior.callback.is_some_and(|c| usize::from(c) != closure.argument)
            && behavior.run.is_some()
        {
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
            "package" => {
                let package = self.models.all().get(usize::from(*model))?.packages.first()?;
                Value::Package(package.clone(), Name::default())
            }
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

    /// What a function of the project hands to a callback that it is given: `run(db)` in `transaction(run)`.
    fn handed_to_callback(&self, target: &FnRef, callback: usize, index: usize) -> Value {
        if target.file != self.file.path {
            return self.world.ask(&target.file, |there| there.handed_to_callback(target, callback, index));
        }
        let Some(unit) = self.file.unit_at(&target.unit) else { return Value::Unknown };
        let u = self.unit(unit);
        let Some(param) = u.function(target.function).params.get(callback) else { return Value::Unknown };
        let [own] = param.pattern.bindings.as_slice() else { return Value::Unknown };
        let handed = u.binding(*own).uses.iter().filter_map(|&used| match u.kind(u.parent(used)?) {
            Kind::Call { callee, args, .. } if *callee == used => args.get(index).copied(),
            _ => None,
        });
        let handed: Vec<NodeId> = handed.collect();
        Value::one_of(handed.into_iter().map(|node| self.value(unit, node)))
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
            if let Some(b) = u.resolve(name, nested.scope, u.range(nested.node).start)
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
pub(crate) fn package_name(module: &str) -> Name {
    const REGISTRIES: [&str; 7] = [
        "npm:",
        "jsr:",
        "https://esm.sh/",
        "https://cdn.skypack.dev/",
        "https://cdn.jsdelivr.net/npm/",
        "https://unpkg.com/",
        "https://esm.run/",
    ];
    let registered = REGISTRIES.iter().find_map(|prefix| module.strip_prefix(prefix));
    let module = match registered {
        Some(rest) => {
            // `https://esm.sh/v135/*react@18?target=deno`
            let rest = rest.split(['?', '#']).next().unwrap_or(rest).trim_start_matches(['/', '*']);
            let build = rest.split('/').next().unwrap_or_default();
            let is_build =
                build == "stable" || build.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok());
            if is_build { rest[build.len()..].trim_start_matches(['/', '*']) } else { rest }
        }
        None => module,
    };
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

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn a_package_has_one_name_wherever_it_comes_from() {
        for module in [
            "@supabase/supabase-js",
            "npm:@supabase/supabase-js@2",
            "jsr:@supabase/supabase-js@2.45",
            "https://esm.sh/@supabase/supabase-js@2.45.0",
            "https://esm.sh/v135/@supabase/supabase-js@2?target=deno",
            "https://cdn.jsdelivr.net/npm/@supabase/supabase-js@2",
        ] {
            assert_eq!(package_name(module), "@supabase/supabase-js", "{module}");
        }
        assert_eq!(package_name("npm:drizzle-orm@0.44/pg-core"), "drizzle-orm/pg-core");
        assert_eq!(package_name("https://esm.sh/stable/*vue@3"), "vue");
        assert_eq!(package_name("npm:v8-compile-cache"), "v8-compile-cache");
        assert_eq!(package_name("node:fs/promises"), "fs/promises");
    }
}
