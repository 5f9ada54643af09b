//! From a type as written to the value it describes.

use std::borrow::Cow;
use std::sync::Arc;

use plimsoll_behavior::{BindingKind, Name, NodeId, ScopeId, TypeDecl, TypeExpr, TypeKind};

use super::evaluate::MAX_DEPTH;
use super::{Evaluator, Instance, TypeRef, Value};

/// Types of TypeScript that no declaration can give a name to.
#[rustfmt::skip] // a list of words
const KEYWORDS: &[&str] = &[
    "string", "number", "boolean", "unknown", "any", "void", "never", "bigint", "symbol", "undefined", "null", "object",
];

/// How deep type arguments and aliases are followed.
const MAX_TYPE_DEPTH: u32 = 12;

impl Evaluator<'_> {
    /// A value of the type `ty`, written in `scope` of `unit`.
    #[must_use]
    pub fn value_of_type(&self, unit: usize, scope: ScopeId, ty: &TypeExpr) -> Value {
        self.typed(unit, scope, ty, 0)
    }

    fn typed(&self, unit: usize, scope: ScopeId, ty: &TypeExpr, depth: u32) -> Value {
        let Some(head) = ty.path.first() else {
            return self.member_type(unit, scope, ty, depth);
        };
        if depth > MAX_TYPE_DEPTH || self.world.depth().get() >= MAX_DEPTH {
            return Value::Unknown;
        }
        self.world.depth().set(self.world.depth().get() + 1);
        let value = self.typed_by(unit, scope, ty, head, depth);
        self.world.depth().set(self.world.depth().get() - 1);
        value
    }

    fn typed_by(&self, unit: usize, scope: ScopeId, ty: &TypeExpr, head: &Name, depth: u32) -> Value {
        let arg = |i: usize| ty.args.get(i).map_or(Value::Unknown, |a| self.typed(unit, scope, a, depth + 1));
        match head.as_str() {
            "|" | "&" => {
                return ty
                    .args
                    .iter()
                    .map(|a| self.typed(unit, scope, a, depth + 1))
                    .find(|v| !v.is_unknown())
                    .unwrap_or_default();
            }
            "[]" => return Value::List(Arc::new(arg(0))),
            "{}" => return self.shape(unit, scope, ty, depth),
            "()" | "=>" | "keyof" => return Value::Unknown,
            "ReturnType" if ty.path.len() == 1 => {
                return match arg(0) {
                    Value::Function(function) => self.returned_by(&function),
                    Value::Package(package, path) => self.made_by_package(&package, &path),
                    _ => Value::Unknown,
                };
            }
            "InstanceType" | "Omit" | "Pick" | "Exclude" | "Extract" if ty.path.len() == 1 => {
                return match arg(0) {
                    Value::Type(own) => self.value_of_own_type(&own, depth + 1),
                    Value::Package(package, path) => {
                        self.instance_of_package(&package, &path, &|_| Value::Unknown)
                    }
                    other => other,
                };
            }
            "typeof" => return ty.args.first().map_or(Value::Unknown, |of| self.type_of(unit, scope, of)),
            _ => {}
        }
        if self.is_keyword(ty) {
            return Value::Unknown;
        }
        // A value of a type parameter can do what its bounds say.
        if ty.path.len() == 1
            && let Some((at, bound)) = self.bound_of(unit, scope, head)
        {
            // What is bounded by itself, through whichever others, is known to do nothing.
            let open = (at, head.clone());
            if self.memo.open_bounds.borrow().contains(&open) {
                return Value::Unknown;
            }
            self.memo.open_bounds.borrow_mut().push(open);
            let value = self.typed(at, ScopeId(0), bound, depth + 1);
            self.memo.open_bounds.borrow_mut().pop();
            return value;
        }
        let named = self.name_in_type(unit, scope, head);
        let value = ty.path[1..].iter().fold(named, |v, name| self.member_of(&v, name));
        match value {
            Value::Package(package, path) => self.instance_of_package(&package, &path, &arg),
            Value::Type(own) => self.value_of_own_type(&own, depth),
            Value::Unknown => {
                let last = ty.path.last().expect("a path with a head has a last part");
                let everywhere: &[&str] =
                    if self.file.language.is_script_family() { &["<global>"] } else { &["std"] };
                everywhere
                    .iter()
                    .map(|package| self.instance_of_package(package, last, &arg))
                    .find(|v| !v.is_unknown())
                    .unwrap_or_default()
            }
            // A value used as a type: `typeof client`.
            other => other,
        }
    }

    /// Whether a type is written by a keyword, which is asked first as most types are: what it means needs no looking up.
    fn is_keyword(&self, ty: &TypeExpr) -> bool {
        let [only] = ty.path.as_slice() else { return false };
        self.file.language.is_script_family() && KEYWORDS.contains(&only.as_str())
    }

    /// What the path of a type means: a type of the project, or something of a library.
    pub(super) fn value_named(&self, unit: usize, scope: ScopeId, ty: &TypeExpr) -> Value {
        let Some(head) = ty.path.first() else { return Value::Unknown };
        let named = self.name_in_type(unit, scope, head);
        ty.path[1..].iter().fold(named, |value, name| self.member_of(&value, name))
    }

    /// Whether a parameter of the type is what a user sent: `Query<Params>`, `Option<Json<T>>`.
    #[must_use]
    pub(super) fn is_outside_type(&self, unit: usize, scope: ScopeId, ty: &TypeExpr) -> bool {
        let mut ty = ty;
        for _ in 0..MAX_TYPE_DEPTH {
            let Some(head) = ty.path.first().filter(|_| !self.is_keyword(ty)) else { return false };
            let named = self.name_in_type(unit, scope, head);
            let named = ty.path[1..].iter().fold(named, |v, name| self.member_of(&v, name));
            let last = ty.path.last().expect("a path with a head has a last part");
            let found = match &named {
                Value::Package(package, path) => self
                    .models
                    .type_in(package, path)
                    .or_else(|| self.models.type_in(package, path.rsplit('.').next().unwrap_or(path))),
                _ => None,
            };
            let found = found.or_else(|| self.models.type_in("std", last));
            let Some(model) = found.map(|found| self.models.ty(found)) else { return false };
            if model.outside {
                return true;
            }
            match model.wraps.and_then(|i| ty.args.get(usize::from(i))) {
                Some(inner) => ty = inner,
                None => return false,
            }
        }
        false
    }

    /// `T["key"]`
    fn member_type(&self, unit: usize, scope: ScopeId, ty: &TypeExpr, depth: u32) -> Value {
        let [of, key] = ty.args.as_slice() else { return Value::Unknown };
        let Some(key) = key.path.first().filter(|_| depth < MAX_TYPE_DEPTH) else { return Value::Unknown };
        let Some(key) = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) else {
            return Value::Unknown;
        };
        self.member_of(&self.typed(unit, scope, of, depth + 1), key)
    }

    /// A value of an object type: `{ db: PrismaClient; id: string }`.
    fn shape(&self, unit: usize, scope: ScopeId, ty: &TypeExpr, depth: u32) -> Value {
        let members = ty.args.iter().filter_map(|member| {
            let [mark, name] = member.path.as_slice() else { return None };
            let value = self.typed(unit, scope, member.args.first()?, depth + 1);
            (mark == ":" && !value.is_unknown()).then(|| (name.clone(), value))
        });
        let members: Arc<[_]> = members.collect();
        if members.is_empty() { Value::Unknown } else { Value::Shape(members) }
    }

    /// The value that `typeof x.y` names.
    fn type_of(&self, unit: usize, scope: ScopeId, of: &TypeExpr) -> Value {
        let Some(head) = of.path.first() else { return Value::Unknown };
        let value = match self.file.units[unit].unit.resolve(head, scope, u32::MAX) {
            Some(b) => self.binding(unit, b),
            None => self.outer(unit, head, false),
        };
        of.path[1..].iter().fold(value, |v, name| self.member_of(&v, name))
    }

    /// A value of a library's type: looked through where the type is a wrapper, a list where it is a collection.
    fn instance_of_package(&self, package: &str, path: &str, arg: &dyn Fn(usize) -> Value) -> Value {
        let path = path.strip_prefix("default.").unwrap_or(path);
        let last = path.rsplit('.').next().unwrap_or(path);
        let Some(ty) = self.models.type_in(package, path).or_else(|| self.models.type_in(package, last))
        else {
            return Value::Unknown;
        };
        let model = self.models.ty(ty);
        if let Some(i) = model.wraps {
            return arg(usize::from(i));
        }
        if let Some(i) = model.collects {
            return Value::List(Arc::new(arg(usize::from(i))));
        }
        Value::Instance(Arc::new(Instance::new(ty, Vec::new())))
    }

    /// What a library's function returns: `ReturnType<typeof createClient>`.
    fn made_by_package(&self, package: &str, path: &str) -> Value {
        let Some((model, behavior)) = self.package_function(package, path) else { return Value::Unknown };
        let ty = behavior.yields.as_ref().and_then(|ty| self.models.type_named(model, ty));
        ty.map_or(Value::Unknown, |ty| Value::Instance(Arc::new(Instance::new(ty, Vec::new()))))
    }

    fn value_of_own_type(&self, own: &TypeRef, depth: u32) -> Value {
        if own.file != self.file.path {
            return self.world.ask(&own.file, |there| there.value_of_own_type(own, depth + 1));
        }
        let Some((unit, decl)) = self.file.types_named(&own.name).next() else {
            return Value::Unknown;
        };
        if decl.kind == TypeKind::Alias {
            return decl.alias.as_ref().map_or(Value::Unknown, |alias| {
                self.typed(unit, ScopeId(0), &self.with_bounds(own, alias), depth + 1)
            });
        }
        // `class PrismaService extends PrismaClient` is a client.
        for base in &decl.supertypes {
            if decl.kind == TypeKind::Class
                && let Value::Instance(base) = self.typed(unit, ScopeId(0), base, depth + 1)
            {
                return base.as_own(own);
            }
        }
        Value::Own(own.clone())
    }

    /// What a type parameter is known to implement, by the functions around a scope and the impls and classes that they stand
    /// in; with the unit that says so.
    fn bound_of(&self, mut unit: usize, mut scope: ScopeId, name: &Name) -> Option<(usize, &TypeExpr)> {
        loop {
            let u = &self.file.units[unit].unit;
            let mut function = u.scopes.get(scope.0 as usize).map(|scope| scope.function);
            while let Some(id) = function {
                let around = u.function(id);
                let of_type = || {
                    let owner = around.owner.as_deref()?;
                    self.bound_of_type(unit, owner, around.node?, name)
                };
                if let Some(bound) = in_list(&around.bounds, name).or_else(of_type) {
                    return Some((unit, bound));
                }
                function = around.parent;
            }
            let entry = &self.file.units[unit];
            let parent = entry.parent?;
            let outer = &self.file.units[parent].unit;
            let nested = outer.nested.get(entry.index_in_parent as usize)?.node;
            let owner = u.own().owner.as_deref().unwrap_or_default();
            if let Some(bound) = self.bound_of_type(parent, owner, nested, name) {
                return Some((parent, bound));
            }
            (unit, scope) = (parent, outer.node(nested).scope);
        }
    }

    /// The same, by the declaration or impl of a type in `unit` that has `method` among its methods.
    fn bound_of_type(&self, unit: usize, owner: &str, method: NodeId, name: &Name) -> Option<&TypeExpr> {
        let has_it = |ty: &TypeDecl| ty.methods.iter().any(|(_, node)| *node == method);
        let mut here = self.file.types_named(owner).filter(|(at, _)| *at == unit).map(|(_, ty)| ty);
        here.find_map(|ty| in_list(&ty.bounds, name).filter(|_| has_it(ty)))
    }

    /// The type of a field with what its type parameters are known to implement in their place: by the declaration of the
    /// type or by one of its impls, which name them alike.
    pub(super) fn with_bounds<'t>(&self, own: &TypeRef, ty: &'t TypeExpr) -> Cow<'t, TypeExpr> {
        fn put(ty: &TypeExpr, bounds: &[&(Name, TypeExpr)], depth: u32) -> TypeExpr {
            if let [name] = ty.path.as_slice()
                && let Some((_, bound)) = bounds.iter().find(|(known, _)| known == name)
            {
                return bound.clone();
            }
            let args = ty.args.iter().filter(|_| depth < MAX_TYPE_DEPTH);
            TypeExpr { path: ty.path.clone(), args: args.map(|arg| put(arg, bounds, depth + 1)).collect() }
        }
        let bounds: Vec<_> = self.file.types_named(&own.name).flat_map(|(_, decl)| &decl.bounds).collect();
        if bounds.is_empty() { Cow::Borrowed(ty) } else { Cow::Owned(put(ty, &bounds, 0)) }
    }

    /// What a name means at the head of a type or a path.
    fn name_in_type(&self, unit: usize, scope: ScopeId, name: &Name) -> Value {
        match name.as_str() {
            "Self" => return self.owner_of_unit(unit).map_or(Value::Unknown, Value::Type),
            "crate" | "super" | "self" => return self.rust_module(unit, scope, name),
            _ => {}
        }
        let entry = &self.file.units[unit];
        if let Some(b) = entry.unit.resolve(name, scope, u32::MAX) {
            match entry.unit.binding(b).kind {
                BindingKind::Type => {
                    return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.clone() });
                }
                BindingKind::Import(_) | BindingKind::Module => return self.binding(unit, b),
                // A variable of that name is no type: `config: config::Config`.
                _ => {}
            }
        }
        if self.file.types_named(name).next().is_some() {
            return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.clone() });
        }
        self.outer(unit, name, true)
    }
}

/// What a list says of a type parameter.
fn in_list<'b>(bounds: &'b [(Name, TypeExpr)], name: &Name) -> Option<&'b TypeExpr> {
    bounds.iter().find(|(known, _)| known == name).map(|(_, bound)| bound)
}
