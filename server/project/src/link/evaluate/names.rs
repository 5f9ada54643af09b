//! What names mean: bindings, parameters, what stands outside the unit.

use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, BindingKind, FunctionId, Kind, Name, NodeId, PathStep, ScopeId};

use crate::link::{FnRef, Instance, Site, SlotValue, TypeRef, Value};

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
                    (_, Value::Text(_)) if self.is_of_text(&typed) => valued,
                    _ => typed,
                };
            }
        }
        let start = match b.kind {
            BindingKind::Import(i) => return self.imported(unit, i),
            BindingKind::Type => {
                return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: b.name.clone() });
            }
            BindingKind::Module => return self.declared_module(unit, id),
            BindingKind::Parameter(function, index) => self.parameter(unit, function, index),
            BindingKind::Element => b.value.map_or(Value::Unknown, |v| self.element_of(&self.value(unit, v))),
            BindingKind::Caught => Value::Unknown,
            BindingKind::Variable | BindingKind::Function | BindingKind::Matched => {
                let initial = b.value.map_or(Value::Unknown, |v| self.value(unit, v));
                // `let db; … db = new Db()`: the one assignment says what it is.
                let settled = initial.is_unknown() || initial == Value::Null;
                match b.assignments.as_slice() {
                    [only] if settled && b.path.is_empty() => match u.kind(*only) {
                        Kind::Assign { op, value, .. } if op == "=" || op == "??=" || op == "||=" => {
                            self.value(unit, *value)
                        }
                        _ => initial,
                    },
                    assignments if settled && b.path.is_empty() => {
                        // `if (dev) { db = global.db } else { db = new Db() }`
                        let assigned = assignments.iter().filter_map(|&a| match u.kind(a) {
                            Kind::Assign { op, value, .. } if op == "=" || op == "??=" || op == "||=" => {
                                Some(self.value(unit, *value))
                            }
                            _ => None,
                        });
                        self.agreed(assigned)
                    }
                    assignments => self.completed(unit, id, initial, assignments),
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
    fn completed(&self, unit: usize, id: BindingId, initial: Value, assignments: &[NodeId]) -> Value {
        let Value::Instance(instance) = &initial else { return initial };
        let mut slots = instance.slots.clone();
        for &assignment in assignments {
            let Kind::Assign { value, .. } = self.unit(unit).kind(assignment) else { continue };
            if let Some(methods) = self.methods_on(unit, *value, id) {
                let told = methods.iter().filter_map(|name| self.models.method(instance.ty, name));
                for slot in told.flat_map(|behavior| behavior.slots.keys()) {
                    if instance.slot(*slot).is_none() {
                        slots.push((*slot, SlotValue::Elsewhere));
                    }
                }
                continue;
            }
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

    /// The methods of a chain that begins with a binding: `query.eq('a', 1).limit(9)`. They are read and not evaluated, for
    /// what is evaluated while the binding is asked for would find nothing there, and be remembered.
    fn methods_on(&self, unit: usize, value: NodeId, id: BindingId) -> Option<Vec<&Name>> {
        let u = self.unit(unit);
        let mut methods = Vec::new();
        let mut at = value;
        loop {
            match u.kind(at) {
                Kind::Call { callee, .. } => {
                    let Kind::Member { object, name, .. } = u.kind(*callee) else { return None };
                    methods.push(name);
                    at = *object;
                }
                Kind::Cast { value, .. } => at = *value,
                Kind::Name { binding, .. } if *binding == Some(id) => return Some(methods),
                _ => return None,
            }
        }
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
            ty if ty.starts_with("context.") => {
                let property = ty.strip_prefix("context.")?;
                let SlotValue::Node(site) = facts.slot(Slot::Context)? else { return None };
                match self.first_type_argument(site) {
                    Value::Unknown => return None,
                    context => Value::Shape([(property.into(), context)].into()),
                }
            }
            ty => {
                let ty = self.models.type_named(*model, ty)?;
                Value::Instance(Arc::new(Instance {
                    is_convention: facts.is_convention,
                    ..Instance::new(ty, Vec::new())
                }))
            }
        })
    }

    /// A value of the first type argument of a call: `context<typeof createContext>()`; what a function named there
    /// returns.
    fn first_type_argument(&self, call: &Site) -> Value {
        if call.file != self.file.path {
            return self.world.ask(&call.file, |there| there.first_type_argument(call));
        }
        let Some(unit) = self.file.unit_at(&call.unit) else { return Value::Unknown };
        let Kind::Call { type_args, .. } = self.unit(unit).kind(call.node) else { return Value::Unknown };
        let Some(ty) = type_args.first() else { return Value::Unknown };
        match self.value_of_type(unit, self.unit(unit).node(call.node).scope, ty) {
            Value::Function(function) => self.returned_by(&function),
            other => other,
        }
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

    /// The unit that binds what a name means, and the binding: the unit itself, or one around it.
    pub(in crate::link) fn declared_at(&self, unit: usize, node: NodeId) -> Option<(usize, BindingId)> {
        let Kind::Name { name, binding } = self.unit(unit).kind(node) else { return None };
        if let Some(binding) = binding {
            return Some((unit, *binding));
        }
        let mut inner = unit;
        while let Some(outer) = self.file.units[inner].parent {
            let u = self.unit(outer);
            let nested = &u.nested[self.file.units[inner].index_in_parent as usize];
            if let Some(b) = self.resolve(outer, name, nested.scope, u.range(nested.node).start) {
                return Some((outer, b));
            }
            inner = outer;
        }
        None
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
        if heads_path && let known @ (Value::Module(_) | Value::Package(..)) = self.crate_or_module(name) {
            return known;
        }
        if let Some(made) = self.made_beside(name) {
            return made;
        }
        // `use super::*` and preludes.
        let from_glob = self.in_globs(name);
        if !from_glob.is_unknown() {
            return from_glob;
        }
        if self.file.types_named(name).next().is_some() {
            return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.clone() });
        }
        // What no import brings in is the prelude's: `Ok`, `Option`, `println!`.
        Value::Package("std".into(), name.clone())
    }

    fn resolve(&self, unit: usize, name: &Name, scope: ScopeId, at: u32) -> Option<BindingId> {
        let u = self.unit(unit);
        let mut names = self.memo.names.borrow_mut();
        u.resolve_by(names.entry(unit).or_insert_with(|| u.names_of_large_scopes()), name, scope, at)
    }

    /// What stands at a path of a package: a value that its model knows, else the path itself.
    pub(super) fn of_package(&self, package: Name, path: Name) -> Value {
        let stripped = path.strip_prefix("default.").unwrap_or(&path);
        let bare = if stripped == "default" { "" } else { stripped };
        let known = [path.as_str(), stripped, bare];
        match known.iter().find_map(|p| self.models.value(&package, p)) {
            Some((ty, value)) => {
                let slots = value.slots.iter().map(|(s, t)| (*s, SlotValue::Text(t.clone()))).collect();
                Value::Instance(Arc::new(Instance::new(ty, slots)))
            }
            None => Value::Package(package, path),
        }
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
