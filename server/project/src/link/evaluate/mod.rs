//! Follows values from names to where they come from, and says what each call does.

mod arguments;
mod calls;
mod convention;
mod dispatch;
mod guarantees;
mod locks;
mod members;
mod modules;
mod names;
mod origins;

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use plimsoll_behavior::models::{Behavior, FilterForm, ModelType, Models, Rows, Slot};
use plimsoll_behavior::{
    Access, BindingId, Effects, FunctionId, FunctionKind, Kind, Literal, Name, NamesOfScopes, NodeId,
    PathStep, Unit,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::link::{FileUnits, FnRef, Instance, Registration, Site, SlotValue, Target, TypeRef, Value, World};

pub use convention::looks_like_sql;
pub use locks::Guard;
pub(in crate::link) use origins::Origin;
pub use origins::Sent;

/// How many evaluations may be under way inside each other. Calls are evaluated innermost first, so that real code
/// stays far below it.
pub(in crate::link) const MAX_DEPTH: u32 = 120;
/// How many objects are spread in each other that a property is looked for in: each may be spread twice.
const MAX_SPREADS: usize = 8;

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
    /// Calls without what their callbacks return: what a callback is given is known before that, and asked for by it.
    begun: RefCell<FxHashMap<(usize, NodeId), Arc<CallFacts>>>,
    /// Those that are being evaluated so now.
    beginning: RefCell<Vec<(usize, NodeId)>>,
    returns: RefCell<FxHashMap<(usize, FunctionId), Option<Value>>>,
    exports: RefCell<FxHashMap<Name, Option<Value>>>,
    /// What specifiers mean; with `::` before the name, what a crate or module of that name is.
    targets: RefCell<FxHashMap<Name, Option<Target>>>,
    /// What implements the project's interfaces and traits.
    implementors: RefCell<FxHashMap<TypeRef, Arc<[dispatch::Implementor]>>>,
    /// The sources beside the file.
    neighbours: OnceCell<Arc<[String]>>,
    /// What the file registers at routers.
    pub(in crate::link) registrations: OnceCell<Arc<[Registration]>>,
    /// The modules that globs take from.
    globs: RefCell<FxHashMap<u32, Value>>,
    /// The names of each unit's scopes that have many.
    names: RefCell<FxHashMap<usize, NamesOfScopes>>,
    /// Members of own types that are being looked up now: their types may lead back to them.
    open_members: RefCell<Vec<(Name, Name)>>,
    /// Type parameters whose bounds are being looked up now, with the unit that says them.
    pub(in crate::link) open_bounds: RefCell<Vec<(usize, Name)>>,
    /// Objects in whose spreads a property is looked for now.
    open_objects: RefCell<Vec<(usize, NodeId)>>,
    /// Names whose binding is being looked up now: a type may have the name of a value that it is the type of.
    open_bindings: RefCell<Vec<(usize, BindingId)>>,
}

impl Memo {
    /// The units in which something was evaluated.
    pub(in crate::link) fn units(&self) -> FxHashSet<usize> {
        let values = self.values.borrow();
        let (calls, begun, returns) = (self.calls.borrow(), self.begun.borrow(), self.returns.borrow());
        let of_nodes = values.keys().chain(calls.keys()).chain(begun.keys()).map(|(unit, _)| *unit);
        of_nodes.chain(returns.keys().map(|(unit, _)| *unit)).collect()
    }
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
        if self.is_foreign(&value) {
            // What stands for nothing that is known may still be what its name and use say.
            value = match self.by_convention(unit, node) {
                Value::Unknown => value,
                taken_for => taken_for,
            };
        }
        self.world.depth().set(self.world.depth().get() - 1);
        self.memo.values.borrow_mut().insert((unit, node), Some(value.clone()));
        value
    }

    /// What `look` finds in what is spread in an object; none where that leads back to an object that is looked into
    /// already, as in `row = { ...row }`, or through too many. What is known is looked at again without being evaluated,
    /// so that nothing else would end it.
    fn in_spread<T>(&self, unit: usize, object: NodeId, look: impl FnOnce() -> T) -> Option<T> {
        {
            let mut open = self.memo.open_objects.borrow_mut();
            if open.len() >= MAX_SPREADS || open.contains(&(unit, object)) {
                return None;
            }
            open.push((unit, object));
        }
        let found = look();
        self.memo.open_objects.borrow_mut().pop();
        Some(found)
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

    /// What an awaited query yields, where its rows have methods of their own.
    fn rows_of(&self, query: &Instance) -> Value {
        let model = self.models.ty(query.ty);
        let row = model.row.as_ref().and_then(|row| self.models.type_named(query.ty.model, row));
        let Some(ty) = row else { return Value::Unknown };
        let slots = query.slots.iter().filter(|(slot, _)| *slot == Slot::Table).cloned().collect();
        let row = Value::Instance(Arc::new(Instance {
            is_convention: query.is_convention,
            ..Instance::new(ty, slots)
        }));
        if model.rows == Some(Rows::One) { row } else { Value::List(Arc::new(row)) }
    }

    /// What a call does, without what its callbacks return.
    fn begun_call(&self, unit: usize, node: NodeId) -> Arc<CallFacts> {
        let whole =
            self.memo.calls.borrow().get(&(unit, node)).filter(|known| known.behavior.is_some()).cloned();
        if let Some(known) = whole.or_else(|| self.memo.begun.borrow().get(&(unit, node)).cloned()) {
            return known;
        }
        if self.world.depth().get() >= MAX_DEPTH {
            return Arc::default();
        }
        self.memo.begun.borrow_mut().insert((unit, node), Arc::default());
        self.memo.beginning.borrow_mut().push((unit, node));
        self.world.depth().set(self.world.depth().get() + 1);
        let facts = Arc::new(self.evaluate_call(unit, node));
        self.world.depth().set(self.world.depth().get() - 1);
        self.memo.beginning.borrow_mut().pop();
        self.memo.begun.borrow_mut().insert((unit, node), Arc::clone(&facts));
        facts
    }

    pub(in crate::link) fn unit(&self, unit: usize) -> &'a Unit {
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
            Kind::This => match self.owner(unit, node) {
                Some(own) => self.own_instance(&own),
                None => self.object_around(unit, node),
            },
            Kind::PathRoot(root) if root == "Self" => {
                self.owner(unit, node).map_or(Value::Unknown, Value::Type)
            }
            Kind::PathRoot(_) if self.file.language.is_script_family() => self.inherited(unit, node),
            Kind::PathRoot(root) => self.rust_module(unit, u.node(node).scope, root),
            Kind::Member { object, name, .. } => {
                let object = self.value(unit, *object);
                self.member_of(&object, name)
            }
            // A part of a text is text, and one of a list a list.
            Kind::Index { object, index } if matches!(u.kind(*index), Kind::Range { .. }) => {
                self.value(unit, *object)
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
                    Value::Null => typed,
                    known if self.is_foreign(&known) => typed,
                    known => known,
                },
            },
            Kind::Await(x) => match self.value(unit, *x) {
                // A query that is awaited is its rows.
                Value::Instance(i) if self.models.ty(i.ty).runs.is_some() => self.rows_of(&i),
                other => other,
            },
            Kind::Try(x) | Kind::NonNull(x) => self.value(unit, *x),
            Kind::Unary { op, value } if matches!(op.as_str(), "&" | "&mut" | "*") => {
                self.value(unit, *value)
            }
            Kind::Binary { op, left, right } => match op.as_str() {
                "??" | "||" => self.agreed([self.value(unit, *left), self.value(unit, *right)]),
                "&&" => self.value(unit, *right),
                _ => Value::Unknown,
            },
            Kind::Assign { value, .. } => self.value(unit, *value),
            Kind::Sequence(parts) => parts.last().map_or(Value::Unknown, |&last| self.value(unit, last)),
            Kind::If { then, otherwise: Some(otherwise), .. } => {
                self.agreed([self.value(unit, *then), self.value(unit, *otherwise)])
            }
            Kind::Match { arms, .. } => self.agreed(arms.iter().map(|arm| self.value(unit, arm.body))),
            Kind::Block { statements, has_value: true, .. } => {
                statements.last().map_or(Value::Unknown, |&last| self.value(unit, last))
            }
            _ => Value::Unknown,
        }
    }

    /// A text of which nothing else is known; unknown where no model describes text.
    pub(super) fn text(&self) -> Value {
        self.models
            .text()
            .map_or(Value::Unknown, |ty| Value::Instance(Arc::new(Instance::new(ty, Vec::new()))))
    }

    /// Whether a value is text by its type, which is all that is known of it.
    #[must_use]
    pub fn is_of_text(&self, value: &Value) -> bool {
        value.instance().is_some_and(|instance| Some(instance.ty) == self.models.text())
    }

    /// Whether nothing is known of a value: it is unknown, or something of a library that no model describes.
    pub(super) fn is_foreign(&self, value: &Value) -> bool {
        match value {
            Value::Unknown => true,
            Value::Package(package, path) if package == "<global>" => {
                self.package_function(package, path).is_none() && self.package_type(package, path).is_none()
            }
            Value::Package(package, _) if package == "std" => false,
            Value::Package(package, _) => !self.models.knows(package),
            _ => false,
        }
    }

    /// What is known when the value is one of many. What is not known of some does not count, so that
    /// `globalThis.prisma ?? new PrismaClient()` is what both sides can only be.
    pub(super) fn agreed(&self, values: impl IntoIterator<Item = Value>) -> Value {
        let mut values: Vec<Value> = values.into_iter().collect();
        if values.iter().any(|value| !self.is_foreign(value) && *value != Value::Null) {
            values.retain(|value| !self.is_foreign(value));
        }
        // Of two types of the project, which then can do the same things, the one that is named first.
        if let [first @ Value::Own(_), others @ ..] = values.as_slice()
            && others.iter().all(|other| matches!(other, Value::Own(_)))
        {
            return first.clone();
        }
        Value::one_of(values)
    }

    /// The object in whose literal a method stands: what `this` is there.
    fn object_around(&self, unit: usize, node: NodeId) -> Value {
        let mut function = self.unit(unit).node(node).function;
        loop {
            let u = self.unit(unit);
            let kind = u.function(function).kind;
            if kind == FunctionKind::Closure
                && let Some(around) = u.function(function).parent
            {
                function = around;
                continue;
            }
            let Some((unit, at)) = self.node_of(unit, function) else { return Value::Unknown };
            let Some(parent) = self.unit(unit).parent(at) else { return Value::Unknown };
            return match self.unit(unit).kind(parent) {
                Kind::Object { .. } => Value::Syntax(self.site(unit, parent)),
                _ => Value::Unknown,
            };
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
}
