//! Members of values: fields, methods, exports, elements.

use std::sync::Arc;

use plimsoll_behavior::{Field, FunctionKind, Key, Kind, Name, NodeId, ScopeId, TypeKind};

use crate::link::{FnRef, Instance, SlotValue, TypeRef, Value};

use super::Evaluator;
use super::names::global_alias;

impl Evaluator<'_> {
    /// The member `name` of a value.
    #[must_use]
    pub fn member_of(&self, value: &Value, name: &str) -> Value {
        match value {
            Value::Package(package, path) => {
                let path: Name = if path.is_empty() { name.into() } else { format!("{path}.{name}").into() };
                let (package, path) = global_alias(package, path);
                self.of_package(package, path)
            }
            Value::Instance(instance) => {
                let member = self.models.member(instance.ty, name);
                let ty = member
                    .and_then(|member| self.models.type_named(instance.ty.model, member.ty.as_deref()?));
                // What the project's own class declares; what it has inherited is told with what its making has said.
                if let Some(class) = &instance.class {
                    let own = self.own_member(class, name, false);
                    let is_inherited = matches!(&own, Value::Instance(own) if Some(own.ty) == ty);
                    if !own.is_unknown() && !is_inherited {
                        return own;
                    }
                }
                let (Some(member), Some(ty)) = (member, ty) else { return Value::Unknown };
                let mut slots = instance.slots.clone();
                slots.extend(
                    member
                        .slots
                        .iter()
                        .map(|(s, t)| (*s, SlotValue::Text(t.replace("{member}", name).into()))),
                );
                Value::Instance(Arc::new(Instance {
                    is_convention: instance.is_convention,
                    ..Instance::new(ty, slots)
                }))
            }
            Value::Module(_) | Value::Inline(..) => self.module_member(value, name),
            Value::Own(own) | Value::Type(own) => self.own_member(own, name, matches!(value, Value::Type(_))),
            Value::Syntax(site) if site.file != self.file.path => {
                self.world.ask(&site.file, |there| there.member_of(value, name))
            }
            Value::Syntax(site) => {
                let Some(unit) = self.file.unit_at(&site.unit) else {
                    return Value::Unknown;
                };
                let Kind::Object { entries, .. } = self.unit(unit).kind(site.node) else {
                    return Value::Unknown;
                };
                for entry in entries.iter().rev() {
                    match &entry.key {
                        Key::Name(n) if n == name => return self.value(unit, entry.value),
                        Key::Name(_) | Key::Computed(_) => {}
                        Key::Spread => {
                            let inner = match self.unit(unit).kind(entry.value) {
                                Kind::Spread(inner) => *inner,
                                _ => entry.value,
                            };
                            let found = self.in_spread(unit, site.node, || {
                                self.member_of(&self.value(unit, inner), name)
                            });
                            if let Some(found) = found.filter(|found| !found.is_unknown()) {
                                return found;
                            }
                        }
                    }
                }
                Value::Unknown
            }
            Value::Shape(members) => {
                let member = members.iter().find(|(n, _)| n == name);
                member.map_or(Value::Unknown, |(_, value)| value.clone())
            }
            _ => Value::Unknown,
        }
    }

    pub(super) fn own_member(&self, own: &TypeRef, name: &str, of_type: bool) -> Value {
        if own.file != self.file.path {
            return self.world.ask(&own.file, |there| there.own_member(own, name, of_type));
        }
        let member = (own.name.clone(), Name::from(name));
        if self.memo.open_members.borrow().contains(&member) {
            return Value::Unknown;
        }
        self.memo.open_members.borrow_mut().push(member);
        let found = self.declared_member(own, name, of_type);
        self.memo.open_members.borrow_mut().pop();
        found
    }

    pub(super) fn declared_member(&self, own: &TypeRef, name: &str, of_type: bool) -> Value {
        for (unit, decl) in self.file.types_named(&own.name) {
            let called = decl.methods.iter().filter(|(n, _)| n == name);
            for function in called.filter_map(|(_, method)| self.file.function_at(unit, *method)) {
                match self
                    .file
                    .unit_at(&function.unit)
                    .map(|at| self.unit(at).function(function.function).kind)
                {
                    // `get db() { return this.pool }` is read like a field.
                    Some(FunctionKind::Getter) => return self.returned_by(&function),
                    Some(FunctionKind::Setter) => continue,
                    _ => {}
                }
                if decl.kind == TypeKind::Trait {
                    let has_body = |f: &FnRef| {
                        let unit = self.file.unit_at(&f.unit);
                        unit.is_some_and(|unit| self.unit(unit).function(f.function).body.is_some())
                    };
                    return self.abstract_method(own, name, Some(function).filter(has_body));
                }
                return Value::Function(function);
            }
            let is_method = |f: &&Field| f.name == name && f.ty.as_ref().is_some_and(|ty| ty.path == ["=>"]);
            let is_open = matches!(decl.kind, TypeKind::Interface | TypeKind::Class);
            if is_open && !of_type && decl.fields.iter().any(|f| is_method(&f) && f.init.is_none()) {
                let implemented = self.abstract_method(own, name, None);
                if !implemented.is_unknown() {
                    return implemented;
                }
            }
            if let Some(field) = decl.fields.iter().find(|f| f.name == name && (f.is_static || !of_type)) {
                let scope = ScopeId(0);
                let typed = field
                    .ty
                    .as_ref()
                    .map_or(Value::Unknown, |ty| self.value_of_type(unit, scope, &self.with_bounds(own, ty)));
                let initial = field.init.map_or(Value::Unknown, |init| self.value(unit, init));
                match (&typed, &initial) {
                    (Value::Unknown, Value::Unknown | Value::Null) => {}
                    (Value::Unknown, _) => return initial,
                    (Value::Instance(t), Value::Instance(v)) if t.ty == v.ty => return initial,
                    (_, Value::Text(_)) if self.is_of_text(&typed) => return initial,
                    _ => {
                        return self
                            .assigned_field(own, name)
                            .filter(|v| same_type(v, &typed))
                            .unwrap_or(typed);
                    }
                }
            }
        }
        if let Some(value) = self.assigned_field(own, name) {
            return value;
        }
        let elsewhere = self.method_elsewhere(own, name);
        if !elsewhere.is_unknown() {
            return elsewhere;
        }
        // `impl Deref for AppState`
        if name != "deref"
            && !self.file.language.is_script_family()
            && let Value::Function(deref) = self.declared_member(own, "deref", of_type)
        {
            return self.member_of(&self.returned_by(&deref), name);
        }
        // Inherited from a class of this file.
        for (unit, decl) in self.file.types_named(&own.name) {
            for base in &decl.supertypes {
                let base = self.value_of_type(unit, ScopeId(0), base);
                if base != Value::Own(own.clone()) {
                    let found = self.member_of(&base, name);
                    if !found.is_unknown() {
                        return found;
                    }
                }
            }
        }
        Value::Unknown
    }

    /// What a field is assigned: a parameter property, `this.db = db` in the constructor, else the one thing that other
    /// methods assign it.
    pub(super) fn assigned_field(&self, own: &TypeRef, name: &str) -> Option<Value> {
        let mut later = Vec::new();
        for (declared_in, decl) in self.file.types_named(&own.name) {
            for (_, method) in &decl.methods {
                let Some(function) = self.file.function_at(declared_in, *method) else {
                    continue;
                };
                let Some(unit) = self.file.unit_at(&function.unit) else {
                    continue;
                };
                let u = self.unit(unit);
                let f = u.function(function.function);
                let is_constructor = f.kind == FunctionKind::Constructor;
                if is_constructor
                    && let Some(i) = f.params.iter().position(|p| p.field.as_deref() == Some(name))
                {
                    return Some(self.parameter(unit, function.function, u16::try_from(i).ok()?));
                }
                for node in &u.nodes {
                    let Kind::Assign { target, value, .. } = &node.kind else {
                        continue;
                    };
                    let Kind::Member { object, name: field, .. } = u.kind(*target) else {
                        continue;
                    };
                    if field != name || *u.kind(*object) != Kind::This {
                        continue;
                    }
                    // What is nothing yet, or no more: `this.pool = null`.
                    let value = self.value(unit, *value);
                    if value == Value::Null {
                        continue;
                    }
                    if is_constructor {
                        return Some(value);
                    }
                    later.push(value);
                }
            }
        }
        if later.is_empty() {
            return self.built_field(own, name);
        }
        Some(self.agreed(later)).filter(|value| !value.is_unknown())
    }

    /// What the functions of a Rust type put into a field where they build one: `Self { http }`.
    fn built_field(&self, own: &TypeRef, name: &str) -> Option<Value> {
        if self.file.language.is_script_family() {
            return None;
        }
        let mut values = Vec::new();
        for (declared_in, decl) in self.file.types_named(&own.name) {
            for (_, method) in &decl.methods {
                let Some(function) = self.file.function_at(declared_in, *method) else { continue };
                let Some(unit) = self.file.unit_at(&function.unit) else { continue };
                let u = self.unit(unit);
                for node in &u.nodes {
                    let Kind::Object { entries, ty: Some(ty) } = &node.kind else { continue };
                    let is_it = ty.path.last().is_some_and(|last| last == "Self" || *last == own.name);
                    let entry = entries.iter().find(|e| matches!(&e.key, Key::Name(n) if n == name));
                    if let Some(entry) = entry.filter(|_| is_it) {
                        values.push(self.value(unit, entry.value));
                    }
                }
            }
        }
        let first = values.first()?.clone();
        Some(values.into_iter().skip(1).fold(first, Value::or))
    }

    pub(super) fn own_instance(&self, own: &TypeRef) -> Value {
        let Some((unit, decl)) = self.file.types_named(&own.name).next() else {
            return Value::Own(own.clone());
        };
        for base in &decl.supertypes {
            if decl.kind == TypeKind::Class
                && let Value::Instance(base) = self.value_of_type(unit, ScopeId(0), base)
            {
                return base.as_own(own);
            }
        }
        Value::Own(own.clone())
    }

    /// What `super` stands for: a value of the class that the one around a node extends.
    pub(super) fn inherited(&self, unit: usize, node: NodeId) -> Value {
        let Some(own) = self.owner(unit, node) else { return Value::Unknown };
        let bases = self.file.types_named(&own.name).filter(|(_, decl)| decl.kind == TypeKind::Class);
        let mut bases = bases.flat_map(|(at, decl)| decl.supertypes.iter().map(move |base| (at, base)));
        let found = bases.next().map(|(at, base)| self.value_of_type(at, ScopeId(0), base));
        // One that leads back to itself has none.
        found.filter(|base| *base != Value::Own(own)).unwrap_or_default()
    }

    /// The type whose method a node stands in.
    pub(in crate::link) fn owner(&self, unit: usize, node: NodeId) -> Option<TypeRef> {
        let u = self.unit(unit);
        let mut function = Some(u.node(node).function);
        while let Some(f) = function {
            if let Some(owner) = &u.function(f).owner {
                return Some(TypeRef { file: Arc::clone(&self.file.path), name: owner.clone() });
            }
            function = u.function(f).parent;
        }
        self.owner_of_unit(self.file.units[unit].parent?)
    }

    /// The type whose method a unit is, or stands in.
    pub(in crate::link) fn owner_of_unit(&self, unit: usize) -> Option<TypeRef> {
        let mut unit = Some(unit);
        while let Some(i) = unit {
            if let Some(owner) = &self.unit(i).own().owner {
                return Some(TypeRef { file: Arc::clone(&self.file.path), name: owner.clone() });
            }
            unit = self.file.units[i].parent;
        }
        None
    }

    /// An element of a collection.
    #[must_use]
    pub fn element_of(&self, value: &Value) -> Value {
        match value {
            Value::List(of) => (**of).clone(),
            // Text is no collection: what is looked through here is an `Option`.
            Value::Instance(_) if self.is_of_text(value) => value.clone(),
            Value::Syntax(site) if site.file != self.file.path => {
                self.world.ask(&site.file, |there| there.element_of(value))
            }
            Value::Syntax(site) => {
                let Some(unit) = self.file.unit_at(&site.unit) else {
                    return Value::Unknown;
                };
                let Kind::Array(items) = self.unit(unit).kind(site.node) else {
                    return Value::Unknown;
                };
                Value::one_of(items.iter().map(|&i| self.value(unit, i)))
            }
            _ => Value::Unknown,
        }
    }

    pub(super) fn item_of(&self, value: &Value, index: u32) -> Value {
        if let Value::Syntax(site) = value
            && site.file != self.file.path
        {
            return self.world.ask(&site.file, |there| there.item_of(value, index));
        }
        if let Value::Syntax(site) = value
            && let Some(unit) = self.file.unit_at(&site.unit)
            && let Kind::Array(items) = self.unit(unit).kind(site.node)
        {
            return items.get(index as usize).map_or(Value::Unknown, |&i| self.value(unit, i));
        }
        self.element_of(value)
    }
}

pub(super) fn same_type(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Instance(a), Value::Instance(b)) => a.ty == b.ty,
        _ => false,
    }
}
