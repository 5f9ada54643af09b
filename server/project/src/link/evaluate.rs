//! Follows values from names to where they come from, and says what each call does.

use std::cell::RefCell;
use std::sync::Arc;

use plimsoll_behavior::models::{Behavior, FilterForm, ModelType, Models, Rows, Slot};
use plimsoll_behavior::{
    Access, BindingId, BindingKind, CallForm, Effects, Exported, FunctionId, Imported, Key, Kind, Literal,
    Name, NodeId, PathStep, Unit,
};
use rustc_hash::FxHashMap;

use super::{FileUnits, FnRef, Instance, Site, SlotValue, TypeRef, Value, World, resolve_module};

/// How many evaluations may be under way inside each other. Calls are evaluated innermost first, so that real code
/// stays far below it.
pub(super) const MAX_DEPTH: u32 = 120;

/// What one call does, as far as models and the project's own functions say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallFacts {
    /// What the library call itself does. What an own function does stands in its summary.
    pub effects: Effects,
    /// What the model says of it, and which model that is.
    pub behavior: Option<(u16, Arc<Behavior>)>,
    /// The parts it has gathered, those of the chain it ends included.
    pub slots: Vec<(Slot, SlotValue)>,
    /// How many rows it touches.
    pub rows: Option<Rows>,
    /// How its filter is written.
    pub filters: Option<FilterForm>,
    /// The function of the project that it calls.
    pub target: Option<FnRef>,
    /// Its result; awaited, unwrapped.
    pub value: Value,
    /// The modelled type it is a method of.
    pub receiver: Option<ModelType>,
    /// Whether it rests on a convention.
    pub is_convention: bool,
}

impl CallFacts {
    /// What stands in the slot; the last one to say so wins.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> Option<&SlotValue> {
        self.slots.iter().rev().find(|(s, _)| *s == slot).map(|(_, v)| v)
    }
}

/// What has been evaluated in one pass over a file.
#[derive(Debug, Default)]
pub struct Memo {
    values: RefCell<FxHashMap<(usize, NodeId), Option<Value>>>,
    calls: RefCell<FxHashMap<(usize, NodeId), Arc<CallFacts>>>,
    returns: RefCell<FxHashMap<(usize, FunctionId), Option<Value>>>,
    exports: RefCell<FxHashMap<Name, Option<Value>>>,
}

/// Evaluates one file.
pub struct Evaluator<'a> {
    /// The file.
    pub file: &'a FileUnits,
    /// Other files.
    pub world: &'a dyn World,
    /// The library models of the file's language.
    pub models: &'a Models,
    /// What is known already.
    pub memo: &'a Memo,
}

/// What stands at an argument path.
enum Argument {
    Found(Site),
    /// A constant of the model.
    Text(Name),
    Absent,
    /// It may be there: an options object whose insides are not known.
    Unknown,
}

impl<'a> Evaluator<'a> {
    /// The value of a node of a unit.
    #[must_use]
    pub fn value(&self, unit: usize, node: NodeId) -> Value {
        if let Some(known) = self.memo.values.borrow().get(&(unit, node)) {
            return known.clone().unwrap_or_default();
        }
        if self.world.depth().get() >= MAX_DEPTH {
            return Value::Unknown;
        }
        self.memo.values.borrow_mut().insert((unit, node), None);
        self.world.depth().set(self.world.depth().get() + 1);
        let mut value = self.evaluate(unit, node);
        if value.is_unknown() {
            value = self.by_convention(unit, node);
        }
        self.world.depth().set(self.world.depth().get() - 1);
        self.memo.values.borrow_mut().insert((unit, node), Some(value.clone()));
        value
    }

    /// What a call of a unit does.
    #[must_use]
    pub fn call(&self, unit: usize, node: NodeId) -> Arc<CallFacts> {
        if let Some(known) = self.memo.calls.borrow().get(&(unit, node)) {
            return Arc::clone(known);
        }
        if self.world.depth().get() >= MAX_DEPTH {
            return Arc::default();
        }
        // A call that is part of its own evaluation does nothing known in there.
        self.memo.calls.borrow_mut().insert((unit, node), Arc::default());
        self.world.depth().set(self.world.depth().get() + 1);
        let facts = Arc::new(self.evaluate_call(unit, node));
        self.world.depth().set(self.world.depth().get() - 1);
        self.memo.calls.borrow_mut().insert((unit, node), Arc::clone(&facts));
        facts
    }

    fn unit(&self, unit: usize) -> &'a Unit {
        &self.file.units[unit].unit
    }

    /// A reference to a node that outlives this pass.
    #[must_use]
    pub fn site(&self, unit: usize, node: NodeId) -> Site {
        Site { file: Arc::clone(&self.file.path), unit: self.file.units[unit].path.clone(), node }
    }

    fn evaluate(&self, unit: usize, node: NodeId) -> Value {
        let u = self.unit(unit);
        match u.kind(node) {
            Kind::Literal(literal) => match literal {
                Literal::String(text) => Value::Text(text.clone()),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Bool(b) => Value::Bool(*b),
                Literal::Null | Literal::Undefined => Value::Null,
                Literal::Regex(_) | Literal::Char | Literal::Bytes => Value::Unknown,
            },
            Kind::Template { pieces, holes } if holes.is_empty() => {
                pieces.first().map_or(Value::Unknown, |text| Value::Text(text.clone()))
            }
            Kind::Name { binding: Some(b), .. } => self.binding(unit, *b),
            Kind::Name { name, binding: None } => self.outer(unit, name, self.heads_a_path(u, node)),
            Kind::This => self.owner(unit, node).map_or(Value::Unknown, |own| self.own_instance(&own)),
            Kind::PathRoot(root) if root == "Self" => {
                self.owner(unit, node).map_or(Value::Unknown, Value::Type)
            }
            Kind::PathRoot(root) => self.rust_module(root),
            Kind::Member { object, name, .. } => {
                let object = self.value(unit, *object);
                self.member_of(&object, name)
            }
            Kind::Index { object, index } => {
                let element = self.value(unit, *object);
                match (&element, self.value(unit, *index)) {
                    (Value::Syntax(_), Value::Text(name)) => self.member_of(&element, &name),
                    _ => self.element_of(&element),
                }
            }
            Kind::Call { .. } => self.call(unit, node).value.clone(),
            Kind::Object { ty: Some(ty), .. } => self.value_of_type(unit, u.node(node).scope, ty),
            Kind::Object { .. } | Kind::Array(_) => Value::Syntax(self.site(unit, node)),
            Kind::Function(_) | Kind::Nested(_) => {
                self.file.function_at(unit, node).map_or(Value::Unknown, Value::Function)
            }
            Kind::Type(id) => Value::Type(TypeRef {
                file: Arc::clone(&self.file.path),
                name: u.types[id.0 as usize].name.clone(),
            }),
            Kind::Cast { value, ty } => match self.value_of_type(unit, u.node(node).scope, ty) {
                Value::Unknown => self.value(unit, *value),
                typed => match self.value(unit, *value) {
                    Value::Unknown | Value::Null => typed,
                    known => known,
                },
            },
            Kind::Await(x) | Kind::Try(x) | Kind::NonNull(x) => self.value(unit, *x),
            Kind::Unary { op, value } if matches!(op.as_str(), "&" | "&mut" | "*") => {
                self.value(unit, *value)
            }
            Kind::Binary { op, left, right } => match op.as_str() {
                "??" | "||" => self.value(unit, *left).or(self.value(unit, *right)),
                "&&" => self.value(unit, *right),
                _ => Value::Unknown,
            },
            Kind::Assign { value, .. } => self.value(unit, *value),
            Kind::Sequence(parts) => parts.last().map_or(Value::Unknown, |&last| self.value(unit, last)),
            Kind::If { then, otherwise: Some(otherwise), .. } => {
                self.value(unit, *then).or(self.value(unit, *otherwise))
            }
            Kind::Match { arms, .. } => Value::one_of(arms.iter().map(|arm| self.value(unit, arm.body))),
            Kind::Block { statements, has_value: true, .. } => {
                statements.last().map_or(Value::Unknown, |&last| self.value(unit, last))
            }
            _ => Value::Unknown,
        }
    }

    /// What reading members of modelled values does in a unit, and where: `response.ok`, `const { status } = response`.
    #[must_use]
    pub fn member_effects(&self, unit: usize) -> Vec<(Effects, NodeId)> {
        let u = self.unit(unit);
        let mut found = Vec::new();
        for (i, node) in u.nodes.iter().enumerate() {
            if let Kind::Member { object, name, .. } = &node.kind
                && self.models.has_effect_of_member(name)
                && let Some(effects) = self.member_effect(&self.value(unit, *object), name)
            {
                found.push((effects, NodeId(u32::try_from(i).expect("few nodes"))));
            }
        }
        for binding in &u.bindings {
            if let (Some(value), Some(PathStep::Member(name))) = (binding.value, binding.path.first())
                && self.models.has_effect_of_member(name)
                && let Some(effects) = self.member_effect(&self.value(unit, value), name)
            {
                found.push((effects, value));
            }
        }
        found
    }

    /// What reading a member of a value does.
    #[must_use]
    pub fn member_effect(&self, value: &Value, name: &str) -> Option<Effects> {
        let effects = self.models.member(value.instance()?.ty, name)?.effect.0;
        (!effects.is_empty()).then_some(effects)
    }

    fn heads_a_path(&self, u: &Unit, node: NodeId) -> bool {
        u.parent(node).is_some_and(
            |p| matches!(u.kind(p), Kind::Member { object, access: Access::Path, .. } if *object == node),
        )
    }

    /// What a binding of a unit is bound to.
    pub(super) fn binding(&self, unit: usize, id: BindingId) -> Value {
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
                    _ => initial,
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

    /// The value of a parameter: its type, what the call that takes the closure provides, or its default.
    fn parameter(&self, unit: usize, function: FunctionId, index: u16) -> Value {
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
    fn provided(&self, unit: usize, function: FunctionId, index: usize) -> Option<Value> {
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
    pub(super) fn outer(&self, unit: usize, name: &Name, heads_path: bool) -> Value {
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

    fn imported(&self, unit: usize, index: u32) -> Value {
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

    pub(super) fn rust_module(&self, root: &str) -> Value {
        match root {
            "self" => Value::Module(Arc::clone(&self.file.path)),
            root => resolve_module(self.world.files(), &self.file.path, root, self.file.language)
                .map_or(Value::Unknown, |file| Value::Module(file.into())),
        }
    }

    fn rust_submodule(&self, name: &str) -> Value {
        if self.file.language.is_script_family() {
            return Value::Unknown;
        }
        let module = format!("self::{name}");
        resolve_module(self.world.files(), &self.file.path, &module, self.file.language)
            .map_or(Value::Unknown, |file| Value::Module(file.into()))
    }

    /// What stands at a path of a package: a value that its model knows, else the path itself.
    fn of_package(&self, package: Name, path: Name) -> Value {
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

    fn own_member(&self, own: &TypeRef, name: &str, of_type: bool) -> Value {
        if own.file != self.file.path {
            return self.world.ask(&own.file, |there| there.own_member(own, name, of_type));
        }
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
    fn assigned_field(&self, own: &TypeRef, name: &str) -> Option<Value> {
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
        None
    }

    fn own_instance(&self, own: &TypeRef) -> Value {
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
    pub(super) fn owner(&self, unit: usize, node: NodeId) -> Option<TypeRef> {
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
    pub(super) fn owner_of_unit(&self, unit: usize) -> Option<TypeRef> {
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

    fn item_of(&self, value: &Value, index: u32) -> Value {
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

    fn own_export(&self, name: &str) -> Value {
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
        }
        Value::Unknown
    }

    /// What a function of this file returns: awaited, unwrapped.
    #[must_use]
    pub fn returned(&self, unit: usize, function: FunctionId) -> Value {
        if let Some(known) = self.memo.returns.borrow().get(&(unit, function)) {
            return known.clone().unwrap_or_default();
        }
        if self.world.depth().get() >= MAX_DEPTH {
            return Value::Unknown;
        }
        self.memo.returns.borrow_mut().insert((unit, function), None);
        self.world.depth().set(self.world.depth().get() + 1);
        let u = self.unit(unit);
        let f = u.function(function);
        let mut value = Value::Unknown;
        for (i, node) in u.nodes.iter().enumerate() {
            if node.function == function
                && let Kind::Return(Some(returned)) = node.kind
            {
                debug_assert!(i < u.nodes.len());
                value = value.or(self.value(unit, returned));
            }
        }
        if let Some(body) = f.body {
            match u.kind(body) {
                Kind::Block { has_value: false, .. } => {}
                _ => value = value.or(self.value(unit, body)),
            }
        }
        if let Some(ty) = &f.returns {
            let typed = self.value_of_type(unit, f.scope, ty);
            if value.is_unknown() || value == Value::Null {
                value = typed;
            }
        }
        self.world.depth().set(self.world.depth().get() - 1);
        self.memo.returns.borrow_mut().insert((unit, function), Some(value.clone()));
        value
    }

    /// What a function of the project returns.
    #[must_use]
    pub fn returned_by(&self, function: &FnRef) -> Value {
        if function.file == self.file.path {
            return self
                .file
                .unit_at(&function.unit)
                .map_or(Value::Unknown, |u| self.returned(u, function.function));
        }
        self.world.ask(&function.file, |there| there.returned_by(function))
    }

    fn evaluate_call(&self, unit: usize, node: NodeId) -> CallFacts {
        let u = self.unit(unit);
        let Kind::Call { callee, form, .. } = u.kind(node) else {
            return CallFacts::default();
        };
        if *form == CallForm::Import {
            return self.dynamic_import(unit, node);
        }
        if let Kind::Member { object, name, .. } = u.kind(*callee) {
            let receiver = self.value(unit, *object);
            if let Value::Instance(instance) = &receiver {
                if let Some(behavior) = self.models.method(instance.ty, name) {
                    let behavior = Arc::clone(behavior);
                    return self.behave(unit, node, instance.ty.model, &behavior, Some(&receiver), name);
                }
                if let member @ Value::Instance(_) = self.member_of(&receiver, name) {
                    return self.call_value(unit, node, &member, name);
                }
            }
            let method = self.member_of(&receiver, name);
            let is_own = matches!(method, Value::Function(_) | Value::Type(_) | Value::Instance(_));
            if is_own || matches!(method, Value::Package(..)) && self.is_modelled(&method, *form) {
                return self.call_value(unit, node, &method, name);
            }
            return self.universal(unit, node, &receiver, name);
        }
        let value = self.value(unit, *callee);
        let name = match u.kind(*callee) {
            Kind::Name { name, .. } => name.clone(),
            _ => Name::default(),
        };
        self.call_value(unit, node, &value, &name)
    }

    fn is_modelled(&self, value: &Value, form: CallForm) -> bool {
        let Value::Package(package, path) = value else {
            return false;
        };
        let macro_path = format!("{path}!");
        let path: &str = if form == CallForm::Macro { &macro_path } else { path };
        self.package_function(package, path).is_some()
            || form == CallForm::New
            || self.package_type(package, path).is_some()
    }

    fn package_function(&self, package: &str, path: &str) -> Option<(u16, Arc<Behavior>)> {
        let found = |path: &str| self.models.function(package, path).map(|(m, b)| (m, Arc::clone(b)));
        let mut parts = path.rsplit('.');
        let (last, before) = (parts.next(), parts.next());
        found(path)
            .or_else(|| path.strip_prefix("default.").and_then(found))
            .or_else(|| found(&format!("default.{path}")))
            // Rust: the same function by a longer path: `tokio::time::sleep`, `sqlx::postgres::PgPool::connect`.
            .or_else(|| {
                (!self.file.language.is_script_family())
                    .then(|| found(&format!("{}.{}", before?, last?)))
                    .flatten()
            })
    }

    fn package_type(&self, package: &str, path: &str) -> Option<ModelType> {
        let path = path.strip_prefix("default.").unwrap_or(path);
        self.models.type_in(package, path).or_else(|| self.models.type_in(package, path.rsplit('.').next()?))
    }

    /// A call of a value that is not a method of a modelled type.
    fn call_value(&self, unit: usize, node: NodeId, value: &Value, name: &str) -> CallFacts {
        let Kind::Call { form, .. } = self.unit(unit).kind(node) else {
            return CallFacts::default();
        };
        match value {
            Value::Package(package, path) => {
                if *form == CallForm::New
                    && let Some(ty) = self.package_type(package, path)
                {
                    let made =
                        Value::Instance(Arc::new(Instance { ty, slots: Vec::new(), is_convention: false }));
                    return match self.models.ty(ty).construct.clone() {
                        Some(behavior) => {
                            let mut facts = self.behave(unit, node, ty.model, &behavior, Some(&made), name);
                            if behavior.yields.is_none() {
                                let slots = facts.slots.clone();
                                facts.value =
                                    Value::Instance(Arc::new(Instance { ty, slots, is_convention: false }));
                            }
                            facts
                        }
                        None => CallFacts { value: made, receiver: Some(ty), ..CallFacts::default() },
                    };
                }
                let path = if *form == CallForm::Macro { format!("{path}!").into() } else { path.clone() };
                match self.package_function(package, &path) {
                    Some((model, behavior)) => self.behave(unit, node, model, &behavior, None, name),
                    None => CallFacts::default(),
                }
            }
            Value::Instance(instance) => match self.called(instance.ty, *form) {
                Some(behavior) => self.behave(unit, node, instance.ty.model, &behavior, Some(value), name),
                None => CallFacts::default(),
            },
            Value::Function(function) => CallFacts {
                target: Some(function.clone()),
                value: self.returned_by(function),
                ..CallFacts::default()
            },
            Value::Type(own) => CallFacts { value: self.own_constructed(own), ..CallFacts::default() },
            _ => CallFacts::default(),
        }
    }

    /// What a call of the value itself does: `` sql`…` `` and `api(url)` may differ.
    fn called(&self, ty: ModelType, form: CallForm) -> Option<Arc<Behavior>> {
        let tagged = (form == CallForm::Tagged).then(|| self.models.method(ty, "``")).flatten();
        tagged.or_else(|| self.models.method(ty, "")).cloned()
    }

    fn own_constructed(&self, own: &TypeRef) -> Value {
        if own.file == self.file.path {
            return self.own_instance(own);
        }
        self.world.ask(&own.file, |there| there.own_instance(own))
    }

    /// Methods that values have whatever their origin: `map`, `then`, `unwrap`.
    fn universal(&self, unit: usize, node: NodeId, receiver: &Value, name: &str) -> CallFacts {
        let Some(any) = self.models.type_in("<any>", "Any") else {
            return CallFacts::default();
        };
        match self.models.method(any, name).cloned() {
            Some(behavior) => self.behave(unit, node, any.model, &behavior, Some(receiver), name),
            None => CallFacts::default(),
        }
    }

    /// Applies what a model says of a call.
    fn behave(
        &self,
        unit: usize,
        node: NodeId,
        model: u16,
        behavior: &Arc<Behavior>,
        receiver: Option<&Value>,
        name: &str,
    ) -> CallFacts {
        let instance = receiver.and_then(Value::instance);
        let of_type = instance.map(|i| self.models.ty(i.ty));
        let mut slots = instance.map(|i| i.slots.clone()).unwrap_or_default();
        for (slot, path) in &behavior.slots {
            match self.argument(unit, node, path, name) {
                Argument::Found(site) => slots.push((*slot, SlotValue::Node(site))),
                Argument::Text(text) => slots.push((*slot, SlotValue::Text(text))),
                Argument::Unknown => slots.push((*slot, SlotValue::Elsewhere)),
                Argument::Absent => {}
            }
        }
        for (slot, paths) in [(Slot::Timeout, &behavior.timeout), (Slot::Retry, &behavior.retry)] {
            for path in paths {
                match self.argument(unit, node, path, name) {
                    Argument::Found(site) => slots.push((slot, SlotValue::Node(site))),
                    Argument::Text(text) => slots.push((slot, SlotValue::Text(text))),
                    Argument::Unknown => slots.push((slot, SlotValue::Elsewhere)),
                    Argument::Absent => {}
                }
            }
        }
        let is_builder = of_type.is_some_and(|t| t.runs.is_some());
        let is_convention = instance.is_some_and(|i| i.is_convention);
        let instance_of = |ty: ModelType, slots: &[(Slot, SlotValue)]| {
            Value::Instance(Arc::new(Instance { ty, slots: slots.to_vec(), is_convention }))
        };
        let value = match behavior.yields.as_deref() {
            None if is_builder && behavior.effect.0.is_empty() => {
                instance.map_or(Value::Unknown, |i| instance_of(i.ty, &slots))
            }
            None => Value::Unknown,
            Some("self") => {
                instance.map_or_else(|| receiver.cloned().unwrap_or_default(), |i| instance_of(i.ty, &slots))
            }
            Some("receiver") => receiver.cloned().unwrap_or_default(),
            Some("element") => receiver.map_or(Value::Unknown, |r| self.element_of(r)),
            Some("callback") => self.callback_result(unit, node, behavior),
            Some(yields) if yields.starts_with('[') => {
                let inner = yields.trim_start_matches('[').trim_end_matches(']');
                let of = match inner {
                    "self" | "receiver" => receiver.cloned().unwrap_or_default(),
                    "element" => receiver.map_or(Value::Unknown, |r| self.element_of(r)),
                    "callback" => self.callback_result(unit, node, behavior),
                    ty => {
                        self.models.type_named(model, ty).map_or(Value::Unknown, |ty| instance_of(ty, &slots))
                    }
                };
                if of.is_unknown() { Value::Unknown } else { Value::List(Arc::new(of)) }
            }
            Some(yields) => match yields.strip_prefix("arg.").and_then(|n| n.parse::<usize>().ok()) {
                Some(n) => self.argument_node(unit, node, n).map_or(Value::Unknown, |a| self.value(unit, a)),
                None => {
                    self.models.type_named(model, yields).map_or(Value::Unknown, |ty| instance_of(ty, &slots))
                }
            },
        };
        let mut effects = behavior.effect.0;
        if effects.contains(Effects::DB_READ)
            && let Some((_, SlotValue::Node(sql))) = slots.iter().rev().find(|(slot, _)| *slot == Slot::Sql)
            && let Some(at) = self.file.unit_at(&sql.unit)
            && self.text_head(at, sql.node).is_some_and(|text| writes_rows(&text))
        {
            effects |= Effects::DB_WRITE;
        }
        let mut rows = behavior.rows.or_else(|| instance.and_then(|i| self.models.ty(i.ty).rows));
        let built = value.instance().map(|i| self.models.ty(i.ty));
        if let Some(runs) = built.and_then(|t| t.runs)
            && self.ends_its_chain(unit, node)
        {
            effects |= runs.0;
            rows = behavior.rows.or_else(|| built.and_then(|t| t.rows));
        }
        CallFacts {
            effects,
            behavior: Some((model, Arc::clone(behavior))),
            rows,
            filters: of_type.and_then(|t| t.filters).or_else(|| built.and_then(|t| t.filters)),
            target: None,
            receiver: instance.map(|i| i.ty),
            is_convention,
            slots,
            value,
        }
    }

    /// Whether a builder's chain ends with this call: nothing further is called on it, and it is no part of a query.
    fn ends_its_chain(&self, unit: usize, node: NodeId) -> bool {
        let u = self.unit(unit);
        let Some(parent) = u.parent(node) else {
            return true;
        };
        match u.kind(parent) {
            Kind::Member { object, name, .. } if *object == node => {
                matches!(name.as_str(), "then" | "catch" | "finally")
                    || !u
                        .parent(parent)
                        .is_some_and(|p| matches!(u.kind(p), Kind::Call { callee, .. } if *callee == parent))
            }
            // An argument of another query: a subquery.
            Kind::Call { callee, .. } if *callee != node => {
                let around = self.call(unit, parent);
                !around
                    .behavior
                    .as_ref()
                    .is_some_and(|(_, b)| b.predicate.is_some() || b.slots.values().any(|s| s == "0"))
                    || around.effects.is_empty()
                        && around.behavior.as_ref().is_none_or(|(_, b)| b.predicate.is_none())
            }
            _ => true,
        }
    }

    fn callback_result(&self, unit: usize, node: NodeId, behavior: &Behavior) -> Value {
        let index = usize::from(behavior.callback.unwrap_or(0));
        let Some(argument) = self.argument_node(unit, node, index) else {
            return Value::Unknown;
        };
        match self.value(unit, argument) {
            Value::Function(function) => self.returned_by(&function),
            _ => Value::Unknown,
        }
    }

    fn dynamic_import(&self, unit: usize, node: NodeId) -> CallFacts {
        let module = self.argument_node(unit, node, 0).map(|a| self.value(unit, a));
        let Some(Value::Text(module)) = module else {
            return CallFacts::default();
        };
        let file = resolve_module(self.world.files(), &self.file.path, &module, self.file.language);
        let value = match file {
            Some(file) => Value::Module(file.into()),
            None if module.starts_with('.') => Value::Unknown,
            None => Value::Package(package_name(&module), Name::default()),
        };
        CallFacts { value, ..CallFacts::default() }
    }

    /// The argument with this index, where no spread stands before it.
    #[must_use]
    pub fn argument_node(&self, unit: usize, call: NodeId, index: usize) -> Option<NodeId> {
        let u = self.unit(unit);
        let Kind::Call { args, .. } = u.kind(call) else {
            return None;
        };
        let before = args.get(..=index)?;
        (!before.iter().any(|&a| matches!(u.kind(a), Kind::Spread(_)))).then(|| args[index])
    }

    fn argument(&self, unit: usize, call: NodeId, path: &str, name: &str) -> Argument {
        if let Some(constant) = path.strip_prefix('=') {
            return Argument::Text(constant.into());
        }
        if path == "{member}" {
            return Argument::Text(name.into());
        }
        let u = self.unit(unit);
        let Kind::Call { args, .. } = u.kind(call) else {
            return Argument::Absent;
        };
        if path == "*" {
            return args.first().map_or(Argument::Absent, |&first| Argument::Found(self.site(unit, first)));
        }
        let mut steps = path.split('.');
        let Some(index) = steps.next().and_then(|i| i.parse::<usize>().ok()) else {
            return Argument::Absent;
        };
        let spread = args.iter().take(index + 1).any(|&a| matches!(u.kind(a), Kind::Spread(_)));
        if spread {
            return Argument::Unknown;
        }
        let Some(&argument) = args.get(index) else {
            return Argument::Absent;
        };
        let mut at = self.site(unit, argument);
        for step in steps {
            match self.property(&at, step) {
                Argument::Found(site) => at = site,
                other => return other,
            }
        }
        Argument::Found(at)
    }

    /// The property of an object in this file, whether written in place or bound to a name.
    fn property(&self, at: &Site, name: &str) -> Argument {
        if at.file != self.file.path {
            let mut found = Argument::Unknown;
            self.world.in_file(&at.file, &mut |there| found = there.property(at, name));
            return found;
        }
        let Some(unit) = self.file.unit_at(&at.unit) else {
            return Argument::Unknown;
        };
        let (unit, node) = match self.value(unit, at.node) {
            Value::Syntax(site) if site.file != self.file.path => return self.property(&site, name),
            Value::Syntax(site) => match self.file.unit_at(&site.unit) {
                Some(unit) => (unit, site.node),
                None => return Argument::Unknown,
            },
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Function(_) => {
                return Argument::Absent;
            }
            _ if self.is_text(at.node, unit) => return Argument::Absent,
            _ => return Argument::Unknown,
        };
        if let Some(assigned) = self.assigned_property(at, name) {
            return Argument::Found(assigned);
        }
        let Kind::Object { entries, .. } = self.unit(unit).kind(node) else {
            return Argument::Absent;
        };
        let mut spread = false;
        for entry in entries.iter().rev() {
            match &entry.key {
                Key::Name(n) if n == name => return Argument::Found(self.site(unit, entry.value)),
                Key::Name(_) => {}
                Key::Computed(_) => spread = true,
                Key::Spread => {
                    let inner = match self.unit(unit).kind(entry.value) {
                        Kind::Spread(inner) => *inner,
                        _ => entry.value,
                    };
                    match self.property(&self.site(unit, inner), name) {
                        Argument::Absent => {}
                        Argument::Found(site) => return Argument::Found(site),
                        _ => spread = true,
                    }
                }
            }
        }
        if spread { Argument::Unknown } else { Argument::Absent }
    }

    /// Whether a node is text whatever stands in its holes.
    fn is_text(&self, node: NodeId, unit: usize) -> bool {
        let u = self.unit(unit);
        match u.kind(node) {
            Kind::Template { .. } => true,
            Kind::Binary { op, left, .. } => {
                op == "+" && matches!(u.kind(*left), Kind::Template { .. } | Kind::Literal(_))
            }
            _ => false,
        }
    }

    /// What is assigned to a property of an object that a name of its unit is bound to: `options.signal = signal`.
    fn assigned_property(&self, at: &Site, name: &str) -> Option<Site> {
        let unit = self.file.unit_at(&at.unit)?;
        let u = self.unit(unit);
        let Kind::Name { binding: Some(binding), .. } = u.kind(at.node) else {
            return None;
        };
        u.binding(*binding).uses.iter().find_map(|&used| {
            let member = u.parent(used)?;
            let Kind::Member { object, name: property, .. } = u.kind(member) else { return None };
            let Kind::Assign { target, value, .. } = u.kind(u.parent(member)?) else { return None };
            (*object == used && property == name && *target == member).then(|| self.site(unit, *value))
        })
    }

    /// What a value of unknown origin may be taken for by its name and what is called on it.
    fn by_convention(&self, unit: usize, node: NodeId) -> Value {
        let u = self.unit(unit);
        let name = match u.kind(node) {
            Kind::Name { name, .. } | Kind::Member { name, access: Access::Dot | Access::Optional, .. } => {
                name
            }
            _ => return Value::Unknown,
        };
        for (index, model) in self.models.all().iter().enumerate() {
            for convention in model.conventions.iter().filter(|c| c.receiver.contains(name)) {
                let fits =
                    convention.calls.iter().any(|calls| self.is_used_so(unit, node, calls, convention));
                let model = u16::try_from(index).expect("fewer than 65,536 models");
                if fits && let Some(ty) = self.models.type_named(model, &convention.ty) {
                    return Value::Instance(Arc::new(Instance {
                        ty,
                        slots: Vec::new(),
                        is_convention: true,
                    }));
                }
            }
        }
        Value::Unknown
    }

    /// Whether `node` is the receiver of the members and calls that `path` lists.
    fn is_used_so(
        &self,
        unit: usize,
        node: NodeId,
        path: &str,
        convention: &plimsoll_behavior::models::Convention,
    ) -> bool {
        let u = self.unit(unit);
        let mut at = node;
        let mut call = None;
        for step in path.split('.') {
            let mut parent = u.parent(at);
            if let Some(p) = parent
                && matches!(u.kind(p), Kind::Call { callee, .. } if *callee == at)
            {
                at = p;
                parent = u.parent(p);
            }
            let Some(p) = parent else { return false };
            match u.kind(p) {
                Kind::Member { object, name, .. } if *object == at && (step == "*" || name == step) => at = p,
                _ => return false,
            }
            call = u.parent(at).filter(|&c| matches!(u.kind(c), Kind::Call { callee, .. } if *callee == at));
        }
        let Some(call) = call else { return false };
        let Some(first) = self.argument_node(unit, call, 0) else {
            return convention.first_argument_has.is_empty() && !convention.first_argument_is_sql;
        };
        if convention.first_argument_is_sql {
            return self.text_head(unit, first).is_some_and(|t| looks_like_sql(&t));
        }
        match u.kind(first) {
            Kind::Object { entries, .. } if !convention.first_argument_has.is_empty() => {
                entries.iter().any(|e| match &e.key {
                    Key::Name(n) => convention.first_argument_has.contains(n),
                    _ => false,
                })
            }
            _ => convention.first_argument_has.is_empty(),
        }
    }

    /// The constant text that a text begins with.
    #[must_use]
    pub fn text_head(&self, unit: usize, node: NodeId) -> Option<Name> {
        match self.unit(unit).kind(node) {
            Kind::Template { pieces, .. } => pieces.first().cloned(),
            Kind::Binary { op, left, .. } if op == "+" => self.text_head(unit, *left),
            _ => match self.value(unit, node) {
                Value::Text(text) => Some(text),
                _ => None,
            },
        }
    }
}

/// `import x from "npm:@supabase/supabase-js@2"` and `https://esm.sh/…` mean the package.
fn package_name(module: &str) -> Name {
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
fn global_alias(package: &Name, path: Name) -> (Name, Name) {
    if package == "<global>" {
        for prefix in ["window.", "globalThis.", "self.", "global."] {
            if let Some(rest) = path.strip_prefix(prefix) {
                return (package.clone(), rest.into());
            }
        }
    }
    (package.clone(), path)
}

fn same_type(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Instance(a), Value::Instance(b)) => a.ty == b.ty,
        _ => false,
    }
}

/// Whether an SQL statement writes rows, whatever it returns: `UPDATE … RETURNING id`.
fn writes_rows(text: &str) -> bool {
    let word: String = text
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(word.as_str(), "insert" | "update" | "delete" | "replace" | "merge")
}

/// Whether a text begins like an SQL statement.
#[must_use]
pub fn looks_like_sql(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let word: String =
        text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    matches!(
        word.as_str(),
        "select" | "insert" | "update" | "delete" | "with" | "create" | "alter" | "drop" | "truncate"
    ) && text[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '*')
}
