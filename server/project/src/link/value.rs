//! Where a value comes from, as far as it can be known. Unknown is an answer.

use std::sync::Arc;

use plimsoll_behavior::models::{ModelType, Slot};
use plimsoll_behavior::{FunctionId, Name, NodeId, ScopeId};

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing is known.
    #[default]
    Unknown,
    /// `null`, `undefined`, `None`.
    Null,
    /// A constant text.
    Text(Name),
    /// A constant number, as written.
    Number(Name),
    /// `true` or `false`.
    Bool(bool),
    /// Something of a library: the module's specifier (or crate) and the dotted path in it.
    Package(Name, Name),
    /// A value of a type that a model describes.
    Instance(Arc<Instance>),
    /// A function of the project.
    Function(FnRef),
    /// A type of the project, as a value: its constructor, the head of its associated functions.
    Type(TypeRef),
    /// A value of a type of the project.
    Own(TypeRef),
    /// The exports of a file of the project: its path.
    Module(Arc<str>),
    /// A module written inside a file: the scope of its items in the file's first unit.
    Inline(Arc<str>, ScopeId),
    /// An object or array.
    Syntax(Site),
    /// A collection of such values.
    List(Arc<Value>),
    /// A value of an object type: the members of which something is known.
    Shape(Arc<[(Name, Value)]>),
}

/// A value of a modelled type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// Its type.
    pub ty: ModelType,
    /// What the calls that made it have said so far.
    pub slots: Vec<(Slot, SlotValue)>,
    /// Whether it rests on a convention.
    pub is_convention: bool,
    /// The project's own class that it is of, where that extends the type: `class Users extends Repository<User>`.
    pub class: Option<TypeRef>,
}

/// What stands in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SlotValue {
    /// A node of this or another file.
    Node(Site),
    /// A constant from the model.
    Text(Name),
    /// It may be there: options whose insides are not known.
    Elsewhere,
}

/// A node of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The file.
    pub file: Arc<str>,
    /// The unit's path in the file.
    pub unit: Name,
    /// The node.
    pub node: NodeId,
}

/// A function of the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FnRef {
    /// The file.
    pub file: Arc<str>,
    /// The unit's path in it.
    pub unit: Name,
    /// The function in the unit; 0 is the unit's own.
    pub function: FunctionId,
    /// Further functions that a call may go to instead, in order: the implementations of an interface. None for a call
    /// that can only go to one.
    pub others: Arc<[FnRef]>,
}

impl FnRef {
    /// The function itself, without those that may be called in its place.
    #[must_use]
    pub fn alone(&self) -> FnRef {
        FnRef { others: Arc::default(), ..self.clone() }
    }

    /// All that a call may go to, each alone.
    pub fn alternatives(&self) -> impl Iterator<Item = FnRef> + '_ {
        std::iter::once(self.alone()).chain(self.others.iter().cloned())
    }

    /// What a call goes to that may go to any of these; none when there are none.
    #[must_use]
    pub fn any_of(mut functions: Vec<FnRef>) -> Option<FnRef> {
        functions.sort();
        functions.dedup();
        let first = functions.first()?.alone();
        Some(FnRef { others: functions.split_off(1).into(), ..first })
    }
}

/// A type of the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeRef {
    /// The file.
    pub file: Arc<str>,
    /// Its name there.
    pub name: Name,
}

impl Value {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// The modelled value, if it is one.
    #[must_use]
    pub fn instance(&self) -> Option<&Instance> {
        match self {
            Value::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// What is known when the value is one of two.
    #[must_use]
    pub fn or(self, other: Value) -> Value {
        match (self, other) {
            (Value::Unknown | Value::Null, known) | (known, Value::Unknown | Value::Null) => known,
            (a, b) if a == b => a,
            (Value::Instance(a), Value::Instance(b)) if a.ty == b.ty => {
                let mut slots: Vec<_> = a.slots.iter().filter(|s| b.slots.contains(s)).cloned().collect();
                // A bound that one of them has may be there: what is only known to be missing sometimes is unknown.
                for may_be in [Slot::Timeout, Slot::Retry] {
                    if a.slot(may_be) != b.slot(may_be) {
                        slots.push((may_be, SlotValue::Elsewhere));
                    }
                }
                Value::Instance(Arc::new(Instance { slots, ..(*a).clone() }))
            }
            _ => Value::Unknown,
        }
    }

    /// What is known when the value is one of many; two that disagree settle it, whatever the others are.
    #[must_use]
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
        let is_known = |value: &Value| !matches!(value, Value::Unknown | Value::Null);
        let mut one = Value::Unknown;
        for value in values {
            let are_two = is_known(&one) && is_known(&value);
            one = one.or(value);
            if are_two && one.is_unknown() {
                return Value::Unknown;
            }
        }
        one
    }
}

impl Instance {
    /// A value of a type of which its makers have said this much.
    #[must_use]
    pub fn new(ty: ModelType, slots: Vec<(Slot, SlotValue)>) -> Self {
        Instance { ty, slots, is_convention: false, class: None }
    }

    /// The same as a value of a class of the project that extends its type.
    pub(super) fn as_own(&self, class: &TypeRef) -> Value {
        Value::Instance(Arc::new(Instance { class: Some(class.clone()), ..self.clone() }))
    }

    /// What stands in the slot; the last one to say so wins.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> Option<&SlotValue> {
        self.slots.iter().rev().find(|(s, _)| *s == slot).map(|(_, v)| v)
    }
}
