//! Calls through interfaces, abstract classes and traits: which functions of the project they may go to.

use std::sync::Arc;

use plimsoll_behavior::{BindingKind, Name, NodeId, ScopeId, TypeDecl, TypeKind};

use crate::link::{FnRef, TypeRef, Value, is_test_code};
use crate::manifests::{implemented, sources_beside};

use super::Evaluator;

/// How many interfaces may extend each other on the way to a class.
const MAX_DEPTH: u32 = 4;

/// Types through which a trait is only handed on: what they do is what the value inside them does.
const FORWARDING: &[&str] = &["Arc", "Rc", "Box", "Cow", "Pin", "Mutex", "RwLock", "Option"];

impl Evaluator<'_> {
    /// What a method of an interface, an abstract class or a trait of this file may go to: its implementations in the
    /// project, those for tests left out.
    pub(super) fn abstract_method(&self, own: &TypeRef, name: &str, default: Option<FnRef>) -> Value {
        let mut found = Vec::new();
        let mut needs_default = false;
        for one in self.implementors(own, 0).iter() {
            let method = match one {
                Implementor::Class(class) => match self.own_member(class, name, false) {
                    Value::Function(function) => Some(function),
                    _ => None,
                },
                Implementor::Impl(methods) => methods.iter().find(|(n, _)| n == name).map(|(_, f)| f.clone()),
            };
            needs_default |= method.is_none();
            // An implementation that only hands the call on to the interface adds nothing.
            found.extend(method.filter(|function| function.others.is_empty()));
        }
        if needs_default || found.is_empty() {
            found.extend(default);
        }
        FnRef::any_of(found).map_or(Value::Unknown, Value::Function)
    }

    /// The implementations of a type in the project.
    fn implementors(&self, own: &TypeRef, depth: u32) -> Arc<[Implementor]> {
        if let Some(known) = self.memo.implementors.borrow().get(own) {
            return Arc::clone(known);
        }
        // A type that leads back to itself adds nothing.
        self.memo.implementors.borrow_mut().insert(own.clone(), Arc::default());
        let files = self.world.files();
        let mut found = Vec::new();
        let sources = self.world.sources_around(&self.file.path);
        for path in sources.iter() {
            let Some(implemented) = implemented(files, path) else { continue };
            if !implemented.names.contains(&own.name) || is_test_code(files, path) {
                continue;
            }
            if **path == *self.file.path {
                self.implementors_here(own, depth, &mut found);
            } else {
                self.world.in_file(path, &mut |there| there.implementors_here(own, depth, &mut found));
            }
        }
        let found: Arc<[Implementor]> = found.into();
        self.memo.implementors.borrow_mut().insert(own.clone(), Arc::clone(&found));
        found
    }

    fn implementors_here(&self, own: &TypeRef, depth: u32, found: &mut Vec<Implementor>) {
        for (unit, decl) in self.file.all_types() {
            let named = |ty: &plimsoll_behavior::TypeExpr| ty.path.last() == Some(&own.name);
            let base = decl.supertypes.iter().find(|ty| named(ty));
            let Some(base) = base.filter(|_| !is_double(&decl.name) && !self.is_for_tests(unit, decl)) else {
                continue;
            };
            if self.value_of_type(unit, ScopeId(0), base) != Value::Own(own.clone()) {
                continue;
            }
            match decl.kind {
                TypeKind::Class if decl.name != own.name => {
                    let class = TypeRef { file: Arc::clone(&self.file.path), name: decl.name.clone() };
                    found.push(Implementor::Class(class));
                }
                TypeKind::Impl if !FORWARDING.contains(&decl.name.as_str()) && decl.name.len() > 1 => {
                    let function = |(name, node): &(Name, NodeId)| {
                        Some((name.clone(), self.file.function_at(unit, *node)?))
                    };
                    found.push(Implementor::Impl(decl.methods.iter().filter_map(function).collect()));
                }
                TypeKind::Interface if depth < MAX_DEPTH && decl.name != own.name => {
                    let below = TypeRef { file: Arc::clone(&self.file.path), name: decl.name.clone() };
                    found.extend(self.implementors(&below, depth + 1).iter().cloned());
                }
                _ => {}
            }
        }
    }

    /// Whether a type stands in a module that is there for tests: `mod tests { … }`.
    fn is_for_tests(&self, unit: usize, decl: &TypeDecl) -> bool {
        let u = self.unit(unit);
        unit == 0
            && u.bindings.iter().any(|b| {
                let is_for_tests = b.name.contains("test") || b.name.contains("mock");
                b.kind == BindingKind::Module
                    && is_for_tests
                    && b.value.is_some_and(|block| {
                        let range = u.range(block);
                        range.start <= decl.range.start && decl.range.end <= range.end
                    })
            })
    }

    /// The method of an impl that stands in another file than its type: beside it, or in a module below.
    pub(super) fn method_elsewhere(&self, own: &TypeRef, name: &str) -> Value {
        if self.file.language.is_script_family() {
            return Value::Unknown;
        }
        let files = self.world.files();
        let sources = self.memo.neighbours.get_or_init(|| sources_beside(files, &self.file.path));
        for path in sources.iter() {
            let Some(implemented) = implemented(files, path) else { continue };
            if **path == *self.file.path || !implemented.types.contains(&own.name) {
                continue;
            }
            let found = self.world.ask(path, |there| there.method_here(own, name));
            if !found.is_unknown() {
                return found;
            }
        }
        Value::Unknown
    }

    fn method_here(&self, own: &TypeRef, name: &str) -> Value {
        let ty = plimsoll_behavior::TypeExpr { path: vec![own.name.clone()], args: Vec::new() };
        for (unit, decl) in self.file.types_named(&own.name) {
            let method = decl.methods.iter().find(|(n, _)| n == name);
            let Some((_, method)) = method.filter(|_| decl.kind == TypeKind::Impl) else { continue };
            if self.value_of_type(unit, ScopeId(0), &ty) == Value::Own(own.clone())
                && let Some(function) = self.file.function_at(unit, *method)
            {
                return Value::Function(function);
            }
        }
        Value::Unknown
    }
}

/// One implementation of an interface or a trait.
#[derive(Clone, Debug)]
pub(super) enum Implementor {
    /// A class, whose methods may be inherited.
    Class(TypeRef),
    /// The methods of an impl.
    Impl(Vec<(Name, FnRef)>),
}

/// Whether a type is by its name a double for tests.
fn is_double(name: &str) -> bool {
    ["Mock", "Fake", "Stub", "Dummy", "Spy"].iter().any(|word| name.starts_with(word) || name.ends_with(word))
}
