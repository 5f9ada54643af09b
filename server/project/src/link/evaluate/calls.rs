//! What calls do and what functions return.

use std::sync::Arc;

use plimsoll_behavior::models::{Behavior, ModelType, Slot};
use plimsoll_behavior::{CallForm, Effects, FunctionId, Kind, Name, NodeId};

use crate::link::{FnRef, Instance, SlotValue, TypeRef, Value};

use super::{Argument, CallFacts, Evaluator, MAX_DEPTH};

impl Evaluator<'_> {
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
        let mut returned = Vec::new();
        for &returns in &u.returns {
            if u.node(returns).function == function
                && let Kind::Return(Some(result)) = *u.kind(returns)
            {
                returned.push(self.value(unit, result));
            }
        }
        if let Some(body) = f.body {
            match u.kind(body) {
                Kind::Block { has_value: false, .. } => {}
                _ => returned.push(self.value(unit, body)),
            }
        }
        let mut value = self.agreed(returned);
        if let Some(ty) = &f.returns {
            let typed = self.value_of_type(unit, f.scope, ty);
            if self.is_foreign(&value) || value == Value::Null {
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
        if !function.others.is_empty() {
            return self.agreed(function.alternatives().map(|one| self.returned_by(&one)));
        }
        if function.file == self.file.path {
            return self
                .file
                .unit_at(&function.unit)
                .map_or(Value::Unknown, |u| self.returned(u, function.function));
        }
        self.world.ask(&function.file, |there| there.returned_by(function))
    }

    pub(super) fn evaluate_call(&self, unit: usize, node: NodeId) -> CallFacts {
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
                // What the project's own class declares comes before what it has inherited from the library's.
                let own = instance.class.as_ref().map(|class| self.own_member(class, name, false));
                if let Some(method @ Value::Function(_)) = own {
                    return self.call_value(unit, node, &method, name);
                }
                // What every value can do is no step of a builder: `rows.map(…)`, `query.catch(…)`.
                let is_step = self.models.names_method(instance.ty, name) || !self.is_universal(name);
                if let Some(behavior) = self.models.method(instance.ty, name).filter(|_| is_step) {
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
        let name = match u.kind(*callee) {
            Kind::Name { name, .. } => name.clone(),
            _ => Name::default(),
        };
        // `require("./routes")(app)`
        if name == "require" && matches!(u.kind(*callee), Kind::Name { binding: None, .. }) {
            return self.dynamic_import(unit, node);
        }
        let value = self.value(unit, *callee);
        self.call_value(unit, node, &value, &name)
    }

    pub(super) fn is_modelled(&self, value: &Value, form: CallForm) -> bool {
        let Value::Package(package, path) = value else {
            return false;
        };
        let macro_path = format!("{path}!");
        let path: &str = if form == CallForm::Macro { &macro_path } else { path };
        self.package_function(package, path).is_some()
            || form == CallForm::New
            || self.package_type(package, path).is_some()
    }

    pub(in crate::link) fn package_function(
        &self,
        package: &str,
        path: &str,
    ) -> Option<(u16, Arc<Behavior>)> {
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

    pub(super) fn package_type(&self, package: &str, path: &str) -> Option<ModelType> {
        let path = path.strip_prefix("default.").unwrap_or(path);
        self.models.type_in(package, path).or_else(|| self.models.type_in(package, path.rsplit('.').next()?))
    }

    /// A call of a value that is not a method of a modelled type.
    pub(super) fn call_value(&self, unit: usize, node: NodeId, value: &Value, name: &str) -> CallFacts {
        let Kind::Call { form, .. } = self.unit(unit).kind(node) else {
            return CallFacts::default();
        };
        match value {
            Value::Package(package, path) => {
                if *form == CallForm::New
                    && let Some(ty) = self.package_type(package, path)
                {
                    let made = Value::Instance(Arc::new(Instance::new(ty, Vec::new())));
                    return match self.models.ty(ty).construct.clone() {
                        Some(behavior) => {
                            let mut facts = self.behave(unit, node, ty.model, &behavior, Some(&made), name);
                            if behavior.yields.is_none() {
                                let slots = facts.slots.clone();
                                facts.value = Value::Instance(Arc::new(Instance::new(ty, slots)));
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

    /// Whether what is called only computes, where nothing else is known of it.
    #[must_use]
    pub(in crate::link) fn is_plain(&self, unit: usize, callee: NodeId) -> bool {
        if let Kind::Member { name, .. } = self.unit(unit).kind(callee)
            && self.models.is_plain("<any>", name)
        {
            return true;
        }
        match self.value(unit, callee) {
            Value::Package(package, path) => self.models.is_plain(&package, &path),
            _ => false,
        }
    }

    /// What a call of the value itself does: `` sql`…` `` and `api(url)` may differ.
    pub(super) fn called(&self, ty: ModelType, form: CallForm) -> Option<Arc<Behavior>> {
        let tagged = (form == CallForm::Tagged).then(|| self.models.method(ty, "``")).flatten();
        tagged.or_else(|| self.models.method(ty, "")).cloned()
    }

    pub(super) fn own_constructed(&self, own: &TypeRef) -> Value {
        if own.file == self.file.path {
            return self.own_instance(own);
        }
        self.world.ask(&own.file, |there| there.own_instance(own))
    }

    fn is_universal(&self, name: &str) -> bool {
        self.models.type_in("<any>", "Any").is_some_and(|any| self.models.names_method(any, name))
    }

    /// Methods that values have whatever their origin: `map`, `then`, `unwrap`.
    pub(super) fn universal(&self, unit: usize, node: NodeId, receiver: &Value, name: &str) -> CallFacts {
        let Some(any) = self.models.type_in("<any>", "Any") else {
            return CallFacts::default();
        };
        match self.models.method(any, name).cloned() {
            Some(behavior) => self.behave(unit, node, any.model, &behavior, Some(receiver), name),
            None => CallFacts::default(),
        }
    }

    /// Applies what a model says of a call.
    pub(super) fn behave(
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
        if behavior.makes_router.is_some() {
            slots.push((Slot::Maker, SlotValue::Node(self.site(unit, node))));
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
            Value::Instance(Arc::new(Instance { is_convention, ..Instance::new(ty, slots.to_vec()) }))
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
            Some("text") => self.text(),
            Some(yields) if yields.starts_with('[') => {
                let inner = yields.trim_start_matches('[').trim_end_matches(']');
                let of = match inner {
                    "self" | "receiver" => receiver.cloned().unwrap_or_default(),
                    "element" => receiver.map_or(Value::Unknown, |r| self.element_of(r)),
                    "callback" => self.callback_result(unit, node, behavior),
                    "text" => self.text(),
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
        let mut rows = behavior.rows.or_else(|| instance.and_then(|i| self.models.ty(i.ty).rows));
        let built = value.instance().map(|i| self.models.ty(i.ty));
        // A call that hands on what it was called on adds nothing to the query.
        let hands_on = behavior.yields.as_deref().is_some_and(|y| {
            matches!(y, "receiver" | "element" | "callback") || y.starts_with("arg.") || y.starts_with('[')
        });
        if let Some(runs) = built.and_then(|t| t.runs)
            && !hands_on
            && self.ends_its_chain(unit, node)
        {
            effects |= runs.0;
            rows = behavior.rows.or_else(|| built.and_then(|t| t.rows));
        }
        if effects.contains(Effects::DB_READ)
            && let Some((_, SlotValue::Node(sql))) = slots.iter().rev().find(|(slot, _)| *slot == Slot::Sql)
            && let Some(at) = self.file.unit_at(&sql.unit)
            && self.text_head(at, sql.node).is_some_and(|text| writes_rows(&text))
        {
            effects |= Effects::DB_WRITE;
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
    pub(super) fn ends_its_chain(&self, unit: usize, node: NodeId) -> bool {
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
            // `query.populate(field)` adds to a query that somebody runs later.
            Kind::Discard(_) | Kind::Function(_) if self.file.language.is_script_family() => {
                !self.adds_to_a_kept_one(unit, node, parent)
            }
            _ => true,
        }
    }

    /// Whether a call is made on a builder that a name holds, and hands on nothing: the name is of another function than a
    /// short one that the call is all of.
    fn adds_to_a_kept_one(&self, unit: usize, call: NodeId, parent: NodeId) -> bool {
        let u = self.unit(unit);
        let Kind::Call { callee, .. } = u.kind(call) else { return false };
        let Kind::Member { object, .. } = u.kind(*callee) else { return false };
        let Kind::Name { binding, .. } = u.kind(*object) else { return false };
        match (u.kind(parent), binding) {
            (Kind::Function(_), Some(b)) => {
                let (around, own) = (u.range(parent), u.binding(*b).range);
                own.start < around.start || around.end < own.end
            }
            _ => true,
        }
    }

    pub(super) fn callback_result(&self, unit: usize, node: NodeId, behavior: &Behavior) -> Value {
        if self.memo.beginning.borrow().contains(&(unit, node)) {
            return Value::Unknown;
        }
        let index = usize::from(behavior.callback.unwrap_or(0));
        let Some(argument) = self.argument_node(unit, node, index) else {
            return Value::Unknown;
        };
        match self.value(unit, argument) {
            Value::Function(function) => self.returned_by(&function),
            _ => Value::Unknown,
        }
    }

    pub(super) fn dynamic_import(&self, unit: usize, node: NodeId) -> CallFacts {
        let module = self.argument_node(unit, node, 0).map(|a| self.value(unit, a));
        let Some(Value::Text(module)) = module else {
            return CallFacts::default();
        };
        let value = self.of_module(&module, None);
        CallFacts { value, ..CallFacts::default() }
    }
}

/// Whether an SQL statement writes rows, whatever it returns: `UPDATE … RETURNING id`.
pub(super) fn writes_rows(text: &str) -> bool {
    let word: String = text
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(word.as_str(), "insert" | "update" | "delete" | "replace" | "merge")
}
