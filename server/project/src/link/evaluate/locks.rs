//! Which lock a call takes, by the types that are written: values look through locks, as if what they hold were there.

use plimsoll_behavior::models::{Holds, ModelType, Share};
use plimsoll_behavior::{
    Access, BindingId, BindingKind, Kind, NodeId, PathStep, ScopeId, TypeExpr, TypeKind,
};

use crate::link::{FnRef, TypeRef, Value};

use super::{Evaluator, MAX_DEPTH};

/// How many types, names and calls a lock is looked for through.
const MAX_STEPS: u8 = 12;

/// What a call yields that holds a lock until it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Who waits for it.
    pub holds: Holds,
    /// Whether others may hold it at the same time.
    pub share: Share,
    /// Whether it is in an `Option` or a `Result` of which it has to be taken out.
    pub is_maybe: bool,
    /// The type of what it guards, as it is written; none where that is not known.
    pub data: Option<TypeExpr>,
    /// What is known of what it guards.
    pub value: Value,
}

/// A type of a lock or of a guard.
struct Locked {
    ty: ModelType,
    data: Option<TypeExpr>,
    value: Value,
}

impl Evaluator<'_> {
    /// The lock that a call of a unit takes and leaves to what it yields; none for all other calls, and where the type of
    /// what it is called on is not known.
    #[must_use]
    pub fn guard(&self, unit: usize, call: NodeId) -> Option<Guard> {
        let u = self.unit(unit);
        let Kind::Call { callee, .. } = u.kind(call) else { return None };
        if let Kind::Member { object, name, access: Access::Dot, .. } = u.kind(*callee)
            && self.models.takes_a_lock(name)
            && let Some(locked) = self.lock_at(unit, *object, 0)
            && let Some(&share) = self.models.ty(locked.ty).locks.get(name)
        {
            let model = self.models.ty(locked.ty);
            let is_maybe = model.maybe.contains(name);
            return Some(Guard {
                holds: model.holds?,
                share,
                is_maybe,
                data: locked.data,
                value: locked.value,
            });
        }
        // A function of the project that hands out a guard.
        let target = self.call(unit, call).target.clone()?;
        let locked = self.returned_lock(&target, 0)?;
        let model = self.models.ty(locked.ty);
        let holds = model.holds.filter(|_| model.locks.is_empty())?;
        Some(Guard { holds, share: Share::Alone, is_maybe: true, data: locked.data, value: locked.value })
    }

    /// The lock that a node is.
    fn lock_at(&self, unit: usize, node: NodeId, steps: u8) -> Option<Locked> {
        if steps >= MAX_STEPS || self.world.depth().get() >= MAX_DEPTH {
            return None;
        }
        let u = self.unit(unit);
        match u.kind(node) {
            Kind::Name { .. } => {
                if let Some((unit, binding)) = self.declared_at(unit, node)
                    && !matches!(self.unit(unit).binding(binding).kind, BindingKind::Import(_))
                {
                    return self.lock_bound(unit, binding, steps + 1);
                }
                None
            }
            Kind::Member { object, name, access: Access::Dot, .. } => match self.value(unit, *object) {
                Value::Own(own) => self.lock_of_field(&own, name, steps + 1),
                _ => None,
            },
            Kind::Unary { value: inner, .. } | Kind::Await(inner) | Kind::Try(inner) => {
                self.lock_at(unit, *inner, steps + 1)
            }
            Kind::Call { callee, .. } => self.lock_made(unit, node, *callee, steps + 1),
            _ => None,
        }
    }

    fn lock_bound(&self, unit: usize, binding: BindingId, steps: u8) -> Option<Locked> {
        let b = self.unit(unit).binding(binding);
        if let Some(ty) = &b.ty {
            return self.lock_in(unit, b.scope, ty, steps);
        }
        if let BindingKind::Parameter(function, index) = b.kind {
            let ty = self.unit(unit).function(function).params.get(usize::from(index))?.ty.as_ref()?;
            // `State(state): State<Arc<Mutex<Store>>>`
            let is_whole = b.path.iter().all(|step| matches!(step, PathStep::Variant(_, 0)));
            return is_whole.then(|| self.lock_in(unit, b.scope, ty, steps)).flatten();
        }
        let is_whole = b.path.iter().all(|step| matches!(step, PathStep::Variant(_, 0)));
        let value = b.value.filter(|_| is_whole && b.kind != BindingKind::Element)?;
        self.lock_at(unit, value, steps)
    }

    fn lock_of_field(&self, own: &TypeRef, name: &str, steps: u8) -> Option<Locked> {
        self.there(&own.file, |there| {
            there.file.types_named(&own.name).find_map(|(unit, decl)| {
                let field = decl.fields.iter().find(|field| field.name == name)?;
                let ty = there.with_bounds(own, field.ty.as_ref()?);
                there.lock_in(unit, ScopeId(0), &ty, steps)
            })
        })
    }

    /// A lock that is made here, or that a call hands on.
    fn lock_made(&self, unit: usize, call: NodeId, callee: NodeId, steps: u8) -> Option<Locked> {
        let u = self.unit(unit);
        let facts = self.call(unit, call);
        if let Some(target) = &facts.target {
            return self.returned_lock(target, steps);
        }
        // `Mutex::new(store)`
        if let Kind::Member { object, access: Access::Path, .. } = u.kind(callee)
            && let Value::Package(package, path) = self.value(unit, *object)
            && let Some(ty) = self.package_type(&package, &path)
            && !self.models.ty(ty).locks.is_empty()
        {
            let value = self.argument_node(unit, call, 0).map_or(Value::Unknown, |arg| self.value(unit, arg));
            return Some(Locked { ty, data: None, value });
        }
        let (_, behavior) = facts.behavior.as_ref()?;
        let yields = behavior.yields.as_deref()?;
        let handed = match yields.strip_prefix("arg.") {
            Some(index) => self.argument_node(unit, call, index.parse().ok()?)?,
            None if yields == "receiver" => match u.kind(callee) {
                Kind::Member { object, access: Access::Dot, .. } => *object,
                _ => return None,
            },
            None => return None,
        };
        self.lock_at(unit, handed, steps)
    }

    fn returned_lock(&self, function: &FnRef, steps: u8) -> Option<Locked> {
        self.there(&function.file, |there| {
            let unit = there.file.unit_at(&function.unit)?;
            let f = there.unit(unit).function(function.function);
            there.lock_in(unit, f.scope, f.returns.as_ref()?, steps)
        })
    }

    /// The lock or guard that a type is, through what is wrapped around it.
    fn lock_in(&self, unit: usize, scope: ScopeId, ty: &TypeExpr, steps: u8) -> Option<Locked> {
        if steps >= MAX_STEPS {
            return None;
        }
        // A lock of a library that no model describes is not that of the same name in another.
        let found = match self.value_named(unit, scope, ty) {
            Value::Type(own) => return self.lock_of_alias(&own, steps + 1),
            // What nothing brings in is taken for the prelude's, which has no modules: `homemade::Mutex`.
            Value::Package(package, _) if package == "std" && ty.path.len() > 1 && !self.brings_in(ty) => {
                return None;
            }
            Value::Package(package, path) => self.package_type(&package, &path)?,
            _ => return None,
        };
        let model = self.models.ty(found);
        let inner = |index: u8| ty.args.get(usize::from(index));
        if model.holds.is_some() {
            let data = inner(model.wraps.or(model.collects).unwrap_or(0));
            let value = data.map_or(Value::Unknown, |data| self.value_of_type(unit, scope, data));
            return Some(Locked { ty: found, data: data.cloned(), value });
        }
        self.lock_in(unit, scope, inner(model.wraps?)?, steps + 1)
    }

    /// Whether the head of a path is a crate that a model knows, or imported at the top of the file.
    fn brings_in(&self, ty: &TypeExpr) -> bool {
        let Some(head) = ty.path.first() else { return false };
        let module = self.unit(0);
        let mut bound = module.imports.iter().filter_map(|import| import.binding);
        self.models.knows(head) || bound.any(|binding| module.binding(binding).name == *head)
    }

    /// `type Shared = Arc<Mutex<Store>>`
    fn lock_of_alias(&self, own: &TypeRef, steps: u8) -> Option<Locked> {
        self.there(&own.file, |there| {
            let (unit, decl) = there.file.types_named(&own.name).next()?;
            let alias = decl.alias.as_ref().filter(|_| decl.kind == TypeKind::Alias)?;
            there.lock_in(unit, ScopeId(0), alias, steps)
        })
    }

    /// What another file knows, or this one.
    fn there<T>(&self, file: &str, what: impl Fn(&Evaluator<'_>) -> Option<T>) -> Option<T> {
        if *file == *self.file.path {
            return what(self);
        }
        let mut found = None;
        self.world.in_file(file, &mut |there| found = what(there));
        found
    }
}
