//! Members of values: fields, methods, exports, elements.

use std::sync::Arc;

use plimsoll_behavior::{Exported, Imported, Key, Kind, Name, NodeId};

use crate::link::{Instance, SlotValue, TypeRef, Value, resolve_module};

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
                let Some(member) = self.models.member(instance.ty, name) else {
                    return Value::Unknown;
                };
                let Some(ty) =
                    member.ty.as_deref().and_then(|t| self.models.type_named(instance.ty.model, t))
                else {
                    return Value::Unknown;
                };
                let mut slots = instance.slots.clone();
                slots.extend(
                    member
                        .slots
                        .iter()
                        .map(|(s, t)| (*s, SlotValue::Text(t.replace("{member}", name).into()))),
                );
                Value::Instance(Arc::new(Instance { ty, slots, is_convention: instance.is_convention }))
            }
            Value::Module(file) if *file == self.file.path => self.export(name),
            Value::Module(file) => {
                let exported = self.world.ask(file, |there| there.export(name));
                if exported.is_unknown() && !self.file.language.is_script_family() {
                    // A module of a module: `crate::db::users`.
                    let below = resolve_module(
                        self.world.files(),
                        file,
                        &format!("self::{name}"),
                        self.file.language,
                    );
                    return below.map_or(Value::Unknown, |f| Value::Module(f.into()));
                }
                exported
            }
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
                let entry = entries.iter().rev().find(|e| matches!(&e.key, Key::Name(n) if n == name));
                entry.map_or(Value::Unknown, |e| self.value(unit, e.value))
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
            if let Some((_, method)) = decl.methods.iter().find(|(n, _)| n == name)
                && let Some(function) = self.file.function_at(unit, *method)
            {
                return Value::Function(function);
            }
            if let Some(field) = decl.fields.iter().find(|f| f.name == name && (f.is_static || !of_type)) {
                let scope = plimsoll_behavior::ScopeId(0);
                let typed =
                    field.ty.as_ref().map_or(Value::Unknown, |ty| self.value_of_type(unit, scope, ty));
                let initial = field.init.map_or(Value::Unknown, |init| self.value(unit, init));
                match (&typed, &initial) {
                    (Value::Unknown, Value::Unknown | Value::Null) => {}
                    (Value::Unknown, _) => return initial,
                    (Value::Instance(t), Value::Instance(v)) if t.ty == v.ty => return initial,
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
        // Inherited from a class of this file.
        for (unit, decl) in self.file.types_named(&own.name) {
            for base in &decl.supertypes {
                let base = self.value_of_type(unit, plimsoll_behavior::ScopeId(0), base);
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

    /// What a constructor assigns to a field: `this.db = db`, a parameter property.
    pub(super) fn assigned_field(&self, own: &TypeRef, name: &str) -> Option<Value> {
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
                if f.kind != plimsoll_behavior::FunctionKind::Constructor {
                    continue;
                }
                if let Some(i) = f.params.iter().position(|p| p.field.as_deref() == Some(name)) {
                    return Some(self.parameter(unit, function.function, u16::try_from(i).ok()?));
                }
                for node in &u.nodes {
                    let Kind::Assign { target, value, .. } = &node.kind else {
                        continue;
                    };
                    let Kind::Member { object, name: field, .. } = u.kind(*target) else {
                        continue;
                    };
                    if field == name && *u.kind(*object) == Kind::This {
                        return Some(self.value(unit, *value));
                    }
                }
            }
        }
        self.built_field(own, name)
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
            if decl.kind == plimsoll_behavior::TypeKind::Class
                && let instance @ Value::Instance(_) =
                    self.value_of_type(unit, plimsoll_behavior::ScopeId(0), base)
            {
                return instance;
            }
        }
        Value::Own(own.clone())
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

    /// What this file exports under a name.
    #[must_use]
    pub fn export(&self, name: &str) -> Value {
        if let Some(known) = self.memo.exports.borrow().get(name) {
            return known.clone().unwrap_or_default();
        }
        // Files may re-export each other in circles.
        self.memo.exports.borrow_mut().insert(name.into(), None);
        let value = self.own_export(name);
        self.memo.exports.borrow_mut().insert(name.into(), Some(value.clone()));
        value
    }

    pub(super) fn own_export(&self, name: &str) -> Value {
        let u = self.unit(0);
        for export in u.exports.iter().rev() {
            match &export.local {
                Exported::Binding(b) if export.name == name => return self.binding(0, *b),
                Exported::Value(node) if export.name == name => return self.value(0, *node),
                Exported::Value(node) if export.name == "export=" => {
                    let whole = self.value(0, *node);
                    let member = if name == "default" { whole } else { self.member_of(&whole, name) };
                    if !member.is_unknown() {
                        return member;
                    }
                }
                Exported::From(module, what) if export.name == name || export.name == "*" => {
                    let language = self.file.language;
                    let Some(file) = resolve_module(self.world.files(), &self.file.path, module, language)
                    else {
                        continue;
                    };
                    let found = match what {
                        Some(inner) if export.name == name => {
                            self.world.ask(&file, |there| there.export(inner))
                        }
                        None if export.name == "*" => self.world.ask(&file, |there| there.export(name)),
                        _ => Value::Module(file.into()),
                    };
                    if !found.is_unknown() {
                        return found;
                    }
                }
                _ => {}
            }
        }
        if !self.file.language.is_script_family() {
            if let Some(b) = u.resolve(name, plimsoll_behavior::ScopeId(0), u32::MAX) {
                return self.binding(0, b);
            }
            if self.file.types_named(name).next().is_some() {
                return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.into() });
            }
            return self.of_modules_above(name);
        }
        Value::Unknown
    }

    /// What `use super::*` brings into a module, its own children see there as well.
    fn of_modules_above(&self, name: &str) -> Value {
        let globs = self.unit(0).imports.iter().filter(|i| i.what == Imported::Glob && i.module == "super");
        for import in globs {
            if let Some(file) =
                resolve_module(self.world.files(), &self.file.path, &import.module, self.file.language)
            {
                return self.world.ask(&file, |there| there.export(name));
            }
        }
        Value::Unknown
    }
}

pub(super) fn same_type(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Instance(a), Value::Instance(b)) => a.ty == b.ty,
        _ => false,
    }
}
