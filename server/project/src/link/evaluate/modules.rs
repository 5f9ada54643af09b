//! What imports and paths of modules mean, and what a file offers to others.

use std::sync::Arc;

use plimsoll_behavior::{BindingId, BindingKind, Exported, Imported, Kind, Literal, Name, NodeId, ScopeId};

use crate::link::resolve::{package_name, rust, split_package};
use crate::link::{Instance, Target, TypeRef, Value, join, parent, resolve_import};

use crate::manifests::{PackageJson, nearest};

use super::Evaluator;

/// The head of a path: `a` of `a::b::c`.
fn head_of(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

impl Evaluator<'_> {
    /// What a specifier of this file means; asked of the files once for each.
    pub(in crate::link) fn target(&self, module: &str) -> Option<Target> {
        if let Some(known) = self.memo.targets.borrow().get(module) {
            return known.clone();
        }
        let found = resolve_import(self.world.files(), &self.file.path, module, self.file.language);
        self.memo.targets.borrow_mut().insert(module.into(), found.clone());
        found
    }

    pub(super) fn imported(&self, unit: usize, index: u32) -> Value {
        let import = &self.unit(unit).imports[index as usize];
        if self.file.language.is_script_family() {
            let path = match &import.what {
                Imported::Module => None,
                Imported::Name(name) => Some(name.as_str()),
                Imported::Default => Some("default"),
                Imported::Glob | Imported::Nothing => return Value::Unknown,
            };
            return self.of_module(&import.module, path);
        }
        let last = match &import.what {
            Imported::Name(name) => Some(name.as_str()),
            Imported::Module => None,
            _ => return Value::Unknown,
        };
        let scope = import.binding.map_or(ScopeId(0), |b| self.unit(unit).binding(b).scope);
        self.rust_path(unit, scope, &import.module, last)
    }

    fn is_of_modelled_package(&self, module: &str, file: &str) -> bool {
        !is_path(module)
            && self.models.knows(&package_name(module))
            && nearest::<PackageJson>(self.world.files(), file, "package.json")
                .is_some_and(|(_, manifest)| manifest.name == Some(split_package(module).0))
    }

    /// A name of a module of scripts, or all of it.
    pub(super) fn of_module(&self, module: &str, name: Option<&str>) -> Value {
        match self.target(module) {
            // The sources of a library in its own repository: its model says more than they do.
            Some(Target::File(file)) if self.is_of_modelled_package(module, &file) => {
                self.of_package(package_name(module), name.unwrap_or_default().into())
            }
            Some(Target::File(file)) => match name {
                Some(name) => self.world.ask(&file, |there| there.export(name)),
                // `module.exports = app` is what `require` yields.
                None => match self.world.ask(&file, |there| there.export("export=")) {
                    Value::Unknown | Value::Syntax(_) => Value::Module(file.into()),
                    whole => whole,
                },
            },
            Some(Target::Package(package)) => self.of_package(package, name.unwrap_or_default().into()),
            None if is_path(module) => Value::Unknown,
            None => self.of_package(package_name(module), name.unwrap_or_default().into()),
        }
    }

    /// What a path of Rust means, seen from a scope: `crate::db::users`, then `last`.
    pub(super) fn rust_path(&self, unit: usize, scope: ScopeId, path: &str, last: Option<&str>) -> Value {
        let head = head_of(path);
        let rest = || path.split("::").skip(1).chain(last);
        let start = match head {
            "crate" | "self" | "super" => self.rust_module(unit, scope, head),
            _ => self.rust_head(unit, scope, head),
        };
        let found = rest().fold(start.clone(), |value, name| self.member_of(&value, name));
        // A file may belong to the binary beside the library.
        if found.is_unknown()
            && head == "crate"
            && let Value::Module(root) = &start
            && let Some(twin) = rust::twin_root(self.world.files(), root)
        {
            return rest().fold(Value::Module(twin.into()), |value, name| self.member_of(&value, name));
        }
        found
    }

    /// What the first name of an imported path means.
    fn rust_head(&self, unit: usize, scope: ScopeId, head: &str) -> Value {
        let u = self.unit(unit);
        let bound = u.resolve(head, scope, u32::MAX);
        let leads_on = |b: BindingId| match u.binding(b).kind {
            BindingKind::Module | BindingKind::Type => true,
            // `use crate::db; use db::find;`, but not `use db::db;`.
            BindingKind::Import(i) => head_of(&u.imports[i as usize].module) != head,
            _ => false,
        };
        if let Some(b) = bound.filter(|&b| leads_on(b)) {
            return self.binding(unit, b);
        }
        if self.models.knows(head) {
            return Value::Package(head.into(), Name::default());
        }
        match self.crate_or_module(head) {
            Value::Unknown => Value::Package(head.into(), Name::default()),
            known => known,
        }
    }

    /// A crate that the manifest names, or a module beside this file or at the root of its crate.
    pub(super) fn crate_or_module(&self, name: &str) -> Value {
        if self.file.language.is_script_family() {
            return Value::Unknown;
        }
        let key = format!("::{name}");
        if let Some(known) = self.memo.targets.borrow().get(key.as_str()) {
            return of_target(known.clone());
        }
        let files = self.world.files();
        let here = &self.file.path;
        let found = rust::extern_crate(files, here, name)
            .or_else(|| rust::submodule(files, here, name).map(Target::File))
            .or_else(|| {
                let root = rust::crate_root(files, here)?;
                rust::submodule(files, &root, name).map(Target::File)
            });
        self.memo.targets.borrow_mut().insert(key.into(), found.clone());
        of_target(found)
    }

    /// What `crate`, `self` or `super` means in a scope.
    pub(in crate::link) fn rust_module(&self, unit: usize, scope: ScopeId, root: &str) -> Value {
        let here = || Value::Module(Arc::clone(&self.file.path));
        let inline = |scope: &ScopeId| Value::Inline(Arc::clone(&self.file.path), *scope);
        let module = |file: Option<String>| file.map_or(Value::Unknown, |file| Value::Module(file.into()));
        match root {
            "self" => self.inline_modules_around(unit, scope).first().map_or_else(here, inline),
            "super" => match self.inline_modules_around(unit, scope).as_slice() {
                [] => module(rust::parent_module(self.world.files(), &self.file.path)),
                [_] => here(),
                [_, around, ..] => inline(around),
            },
            _ => module(rust::crate_root(self.world.files(), &self.file.path)),
        }
    }

    /// The modules written inside this file that a scope stands in, innermost first.
    fn inline_modules_around(&self, unit: usize, scope: ScopeId) -> Vec<ScopeId> {
        let (mut unit, mut scope) = (unit, Some(scope));
        while let Some(parent) = self.file.units[unit].parent {
            scope = Some(self.unit(parent).nested[self.file.units[unit].index_in_parent as usize].scope);
            unit = parent;
        }
        let u = self.unit(0);
        let modules = u.bindings.iter().filter(|b| b.kind == BindingKind::Module);
        let inside: Vec<ScopeId> = modules.filter_map(|b| self.scope_of_block(0, b.value?)).collect();
        let mut around = Vec::new();
        while let Some(at) = scope {
            around.extend(inside.contains(&at).then_some(at));
            scope = u.scopes[at.0 as usize].parent;
        }
        around
    }

    /// The scope of the names that a block of a module binds.
    fn scope_of_block(&self, unit: usize, block: NodeId) -> Option<ScopeId> {
        let u = self.unit(unit);
        let Kind::Block { .. } = u.kind(block) else { return None };
        let (range, outside) = (u.range(block), u.node(block).scope);
        let inside = u.bindings.iter().filter(|b| range.start < b.range.start && b.range.end <= range.end);
        inside.map(|b| b.scope).filter(|&scope| scope != outside).min()
    }

    /// A module that this file declares: written here, or in a file of its own.
    pub(super) fn declared_module(&self, unit: usize, id: BindingId) -> Value {
        let binding = self.unit(unit).binding(id);
        let files = self.world.files();
        match binding.value.map(|value| (value, self.unit(unit).kind(value))) {
            // `#[path = "other.rs"] mod name;`
            Some((_, Kind::Literal(Literal::String(path)))) => parent(&self.file.path)
                .and_then(|folder| join(folder, path))
                .filter(|file| files.exists(file))
                .map_or(Value::Unknown, |file| Value::Module(file.into())),
            Some((block, _)) => self
                .scope_of_block(unit, block)
                .map_or(Value::Unknown, |scope| Value::Inline(Arc::clone(&self.file.path), scope)),
            None => rust::submodule(files, &self.file.path, &binding.name)
                .map_or(Value::Unknown, |file| Value::Module(file.into())),
        }
    }

    /// The member `name` of a module of the project.
    pub(super) fn module_member(&self, module: &Value, name: &str) -> Value {
        match module {
            Value::Inline(file, _) if *file != self.file.path => {
                self.world.ask(file, |there| there.module_member(module, name))
            }
            Value::Inline(_, scope) => {
                let bindings = &self.unit(0).scopes[scope.0 as usize].bindings;
                let named = bindings.iter().rev().find(|&&b| self.unit(0).binding(b).name == name);
                match named {
                    Some(&b) => self.binding(0, b),
                    None if name == "super" => self.rust_module(0, *scope, "super"),
                    None => Value::Unknown,
                }
            }
            Value::Module(file) => {
                let exported = if *file == self.file.path {
                    self.export(name)
                } else {
                    self.world.ask(file, |there| there.export(name))
                };
                if !exported.is_unknown() || self.file.language.is_script_family() {
                    return exported;
                }
                let files = self.world.files();
                let below = match name {
                    "super" => rust::parent_module(files, file),
                    _ => rust::submodule(files, file, name),
                };
                below.map_or(Value::Unknown, |file| Value::Module(file.into()))
            }
            _ => Value::Unknown,
        }
    }

    /// What this file exports under a name.
    #[must_use]
    pub fn export(&self, name: &str) -> Value {
        // Its own `impl` does not declare what a derive makes.
        if let Some(made) = self.made_beside(name) {
            return made;
        }
        let is_there = self.file.language.is_script_family() || self.file.has_at_top(name);
        if !is_there && self.file.globs().is_empty() {
            return Value::Unknown;
        }
        if let Some(known) = self.memo.exports.borrow().get(name) {
            return known.clone().unwrap_or_default();
        }
        // Files may re-export each other in circles.
        self.memo.exports.borrow_mut().insert(name.into(), None);
        let value = if is_there { self.own_export(name) } else { self.in_globs(name) };
        self.memo.exports.borrow_mut().insert(name.into(), Some(value.clone()));
        value
    }

    /// What a library's derive makes in this module, a file of Rust, beside the type that it stands on.
    pub(super) fn made_beside(&self, name: &str) -> Option<Value> {
        let made = self.models.made_by_derive(name);
        if made.is_empty() {
            return None;
        }
        let stands_here = |derive: &Name| {
            let attributes = self.unit(0).types.iter().flat_map(|ty| &ty.attributes);
            attributes.filter(|attribute| attribute.path == ["derive"]).any(|attribute| {
                let mut listed = attribute.text.split(',').map(|path| path.trim().rsplit("::").next());
                listed.any(|last| last == Some(derive))
            })
        };
        let &(_, ty) = made.iter().find(|(derive, _)| stands_here(derive))?;
        Some(Value::Instance(Arc::new(Instance::new(ty, Vec::new()))))
    }

    fn own_export(&self, name: &str) -> Value {
        let is_script = self.file.language.is_script_family();
        let u = self.unit(0);
        for export in u.exports.iter().rev().filter(|export| export.name == name) {
            let found = match &export.local {
                Exported::Binding(b) => self.binding(0, *b),
                Exported::Value(node) => self.value(0, *node),
                Exported::From(module, what) if is_script => match what {
                    Some(inner) => self.of_module(module, Some(inner)),
                    None if name == "*" => Value::Unknown,
                    None => self.of_module(module, None),
                },
                Exported::From(module, what) => self.rust_path(0, ScopeId(0), module, what.as_deref()),
            };
            if !found.is_unknown() || is_script && name == "export=" {
                return found;
            }
        }
        if is_script {
            if let Some(whole) = u.exports.iter().rev().find(|export| export.name == "export=")
                && name != "export="
            {
                let whole = match &whole.local {
                    Exported::Value(node) => self.value(0, *node),
                    Exported::Binding(b) => self.binding(0, *b),
                    Exported::From(module, what) => self.of_module(module, what.as_deref()),
                };
                let member = if name == "default" { whole } else { self.member_of(&whole, name) };
                if !member.is_unknown() {
                    return member;
                }
            }
        } else {
            if let Some(b) = u.resolve(name, ScopeId(0), u32::MAX) {
                return self.binding(0, b);
            }
            if self.file.types_named(name).next().is_some() {
                return Value::Type(TypeRef { file: Arc::clone(&self.file.path), name: name.into() });
            }
            return self.in_globs(name);
        }
        // `export * from`; a default export is never handed on.
        let stars = u.exports.iter().rev().filter(|export| export.name == "*" && name != "default");
        for export in stars {
            let Exported::From(module, None) = &export.local else { continue };
            let found = match self.target(module) {
                Some(Target::File(file)) => self.world.ask(&file, |there| there.export(name)),
                Some(Target::Package(package)) => self.if_modelled(&package, name),
                None if is_path(module) => Value::Unknown,
                None => self.if_modelled(&package_name(module), name),
            };
            if !found.is_unknown() {
                return found;
            }
        }
        Value::Unknown
    }

    /// What the globs of this file bring in under a name: `use super::*`, `pub use crate::db::*`.
    pub(super) fn in_globs(&self, name: &str) -> Value {
        let found = self.file.globs().iter().map(|&glob| {
            let known = self.memo.globs.borrow().get(&glob).cloned();
            let module = known.unwrap_or_else(|| {
                // A glob that leads to itself brings nothing in.
                self.memo.globs.borrow_mut().insert(glob, Value::Unknown);
                let import = &self.unit(0).imports[glob as usize];
                let module = self.rust_path(0, ScopeId(0), &import.module, None);
                self.memo.globs.borrow_mut().insert(glob, module.clone());
                module
            });
            match &module {
                Value::Module(file) if *file == self.file.path => Value::Unknown,
                Value::Module(file) => self.world.ask(file, |there| there.export(name)),
                Value::Inline(..) => self.module_member(&module, name),
                Value::Package(package, path) => {
                    let path = if path.is_empty() { name.into() } else { format!("{path}.{name}") };
                    self.if_modelled(package, &path)
                }
                _ => Value::Unknown,
            }
        });
        found.into_iter().find(|value| !value.is_unknown()).unwrap_or_default()
    }

    /// Something of a library, if a model knows that the library has it.
    fn if_modelled(&self, package: &str, path: &str) -> Value {
        let is_known = self.package_function(package, path).is_some()
            || self.package_type(package, path).is_some()
            || self.models.value(package, path).is_some();
        if is_known { self.of_package(package.into(), path.into()) } else { Value::Unknown }
    }
}

fn of_target(target: Option<Target>) -> Value {
    match target {
        Some(Target::File(file)) => Value::Module(file.into()),
        Some(Target::Package(package)) => Value::Package(package, Name::default()),
        None => Value::Unknown,
    }
}

/// Whether a specifier of scripts can be no package: a path, or a name that only a configuration gives.
fn is_path(module: &str) -> bool {
    module.starts_with(['.', '/', '#']) || module.starts_with("@/") || module.starts_with("~/")
}
