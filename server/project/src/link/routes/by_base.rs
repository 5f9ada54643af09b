//! Routes that are put together from a base, which brings what runs before them: procedures,
//! https://trpc.io/docs/server/procedures#reusable-base-procedures and https://trpc.io/docs/server/middlewares, read 2026-11,
//! version 11.

use std::sync::Arc;

use plimsoll_behavior::models::{Registers, Slot};
use plimsoll_behavior::{BindingKind, Exported, Imported, Key, Kind, Name, NodeId, OwnRange};

use super::by_place::CHANGING;
use super::file::MAX_LINKS;
use super::{Applied, AsksWho, Handed, is_about_who};
use crate::link::evaluate::MAX_DEPTH;
use crate::link::{Evaluator, FnRef, SlotValue, Target, Value, World, parent};

/// Names of files in which procedures are served, without an ending.
const SERVING: &[&str] = &["app", "index", "main", "route", "server", "[trpc]"];

/// A procedure that changes something.
#[derive(Clone, Debug, PartialEq)]
pub struct Procedure {
    /// The unit that it stands in.
    pub unit: usize,
    /// The call that ends it.
    pub call: NodeId,
    /// Where it says that it changes something.
    pub said_at: OwnRange,
    /// What it is called: the key that it stands at.
    pub name: Name,
    /// What answers it.
    pub handler: Handed,
    /// What runs before it.
    pub before: Before,
}

/// What a base lets run before what is made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Before {
    /// The names of the bases, the nearest first: `protectedProcedure`.
    pub bases: Vec<Name>,
    /// What runs, the nearest first.
    pub applied: Vec<Applied>,
    /// The file in which the first of them begins, where all are known.
    pub begins_in: Option<Arc<str>>,
}

impl Evaluator<'_> {
    /// The procedures of the file that change something, in the order of its units and calls.
    #[must_use]
    pub fn procedures(&self) -> Vec<Procedure> {
        (0..self.file.units.len()).flat_map(|unit| self.procedures_in(unit)).collect()
    }

    /// Those of one unit.
    #[must_use]
    pub fn procedures_in(&self, unit: usize) -> Vec<Procedure> {
        let u = self.unit(unit);
        let of_call = |&call: &NodeId| {
            let Kind::Call { callee, args, .. } = u.kind(call) else { return None };
            let Kind::Member { object, name, name_range, .. } = u.kind(*callee) else { return None };
            if !self.models.registering().contains(name) {
                return None;
            }
            let facts = self.call(unit, call);
            let (_, behavior) = facts.behavior.as_ref()?;
            let is_changing = matches!(facts.slot(Slot::Method), Some(SlotValue::Text(method)) if CHANGING.contains(&method.as_str()));
            if behavior.registers != Some(Registers::Alone) || !is_changing {
                return None;
            }
            let mut handler = Vec::new();
            self.hand(unit, *args.first()?, Registers::Alone, &mut handler);
            let mut before = Before::default();
            self.follow(unit, *object, &mut before);
            Some(Procedure {
                unit,
                call,
                said_at: *name_range,
                name: self.key_of(unit, call),
                handler: handler.pop()?,
                before,
            })
        };
        u.calls.iter().filter_map(of_call).collect()
    }

    /// The key of an object that a node stands at, or the name that it is bound to.
    fn key_of(&self, unit: usize, node: NodeId) -> Name {
        let u = self.unit(unit);
        let named = u.parent(node).and_then(|around| match u.kind(around) {
            Kind::Object { entries, .. } => {
                let entry = entries.iter().find(|entry| entry.value == node)?;
                if let Key::Name(name) = &entry.key { Some(name.clone()) } else { None }
            }
            Kind::Let { pattern, .. } => Some(u.binding(*pattern.bindings.first()?).name.clone()),
            _ => None,
        });
        named.unwrap_or_else(|| Name::new_static("mutation"))
    }

    /// Follows a chain to where its base begins.
    fn follow(&self, unit: usize, node: NodeId, before: &mut Before) {
        let (mut unit, mut node) = (unit, node);
        for _ in 0..MAX_LINKS {
            let u = self.unit(unit);
            match u.kind(node) {
                Kind::Call { callee, args, .. } => {
                    let Kind::Member { object, .. } = u.kind(*callee) else {
                        // What a function of the project makes of it is not known.
                        if let Kind::Name { name, .. } = u.kind(*callee) {
                            before.bases.push(name.clone());
                        }
                        return;
                    };
                    let facts = self.call(unit, node);
                    let Some((_, behavior)) = &facts.behavior else { return };
                    if behavior.registers == Some(Registers::Before) {
                        let mut handed = Vec::new();
                        args.iter().for_each(|&arg| self.hand(unit, arg, Registers::Before, &mut handed));
                        before.applied.extend(handed.into_iter().map(|handed| Applied {
                            site: self.site(unit, handed.node),
                            function: handed.function,
                            wraps: handed.wraps,
                        }));
                    }
                    node = *object;
                }
                Kind::Name { name, .. } => {
                    before.bases.push(name.clone());
                    let Some((at, id)) = self.declared_at(unit, node) else { return };
                    let binding = self.unit(at).binding(id);
                    if let BindingKind::Import(index) = binding.kind {
                        return self.follow_import(at, index, before);
                    }
                    let (Some(value), true) = (binding.value, binding.path.is_empty()) else { return };
                    (unit, node) = (at, value);
                }
                Kind::Member { object, name, .. } => match self.value(unit, *object) {
                    // `t.procedure`
                    Value::Instance(_) => {
                        let is_base = self.value(unit, node).instance().is_some();
                        before.begins_in = is_base.then(|| Arc::clone(&self.file.path));
                        return;
                    }
                    Value::Module(path) => {
                        before.bases.push(name.clone());
                        return self.follow_there(&path, name, before);
                    }
                    _ => return,
                },
                Kind::Await(inner) | Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => node = *inner,
                _ => return,
            }
        }
    }

    fn follow_import(&self, unit: usize, index: u32, before: &mut Before) {
        let import = &self.unit(unit).imports[index as usize];
        let name = match &import.what {
            Imported::Name(name) => name.clone(),
            Imported::Default => Name::new_static("default"),
            _ => return,
        };
        if let Some(Target::File(path)) = self.target(&import.module) {
            self.follow_there(&path, &name, before);
        }
    }

    fn follow_there(&self, path: &str, name: &str, before: &mut Before) {
        if self.world.depth().get() >= MAX_DEPTH {
            return;
        }
        self.world.depth().set(self.world.depth().get() + 1);
        self.world.in_file(path, &mut |there| there.follow_export(name, before));
        self.world.depth().set(self.world.depth().get() - 1);
    }

    fn follow_export(&self, name: &str, before: &mut Before) {
        let module = self.unit(0);
        let exports = module.exports.iter().filter(|export| export.name == name || export.name == "*");
        for export in exports {
            match &export.local {
                Exported::Binding(id) => {
                    let binding = module.binding(*id);
                    match (binding.kind, binding.value) {
                        (BindingKind::Import(index), _) => self.follow_import(0, index, before),
                        (_, Some(value)) if binding.path.is_empty() => self.follow(0, value, before),
                        _ => {}
                    }
                }
                Exported::Value(value) => self.follow(0, *value, before),
                Exported::From(from, what) => {
                    if let Some(Target::File(path)) = self.target(from) {
                        self.follow_there(&path, what.as_deref().unwrap_or(name), before);
                    }
                }
            }
            if before.begins_in.is_some() {
                return;
            }
        }
    }
}

impl dyn World + '_ {
    /// The procedures of a file that change something.
    #[must_use]
    pub fn procedures_of(&self, path: &str) -> Vec<Procedure> {
        let mut found = Vec::new();
        self.in_file(path, &mut |eval| found = eval.procedures());
        self.all_of(path);
        found
    }

    /// The other files of the folder that a file stands in.
    #[must_use]
    pub fn files_beside(&self, path: &str) -> Vec<String> {
        let folder = parent(path).unwrap_or_default();
        let is_beside = |source: &str| {
            source != path && source.strip_prefix(folder).is_some_and(|below| below.starts_with('/'))
        };
        self.of_the_package(path, &is_beside)
    }

    /// Whether something may look at who asks before all procedures that begin in a file: middleware of the framework around it,
    /// what makes their context, what serves them.
    #[must_use]
    pub fn may_guard_procedures(&self, begins_in: &str) -> bool {
        if self.middleware_asks_who(begins_in, "/api/trpc") {
            return true;
        }
        let mut contexts: Vec<FnRef> = Vec::new();
        let is_of_context = |source: &str| source.to_ascii_lowercase().contains("context");
        let around = self.files_beside(begins_in).into_iter().filter(|source| is_of_context(source));
        for file in around.chain([begins_in.to_owned()]) {
            self.in_file(&file, &mut |eval| {
                let named = |export: &&plimsoll_behavior::Export| is_of_context(&export.name);
                let exports = eval.file.units[0].unit.exports.iter().filter(named);
                contexts.extend(exports.filter_map(|export| match eval.export(&export.name) {
                    Value::Function(function) => Some(function),
                    _ => None,
                }));
            });
        }
        if contexts.iter().any(|context| matches!(self.asks_who(context), AsksWho::Refuses(_))) {
            return true;
        }
        let is_serving = |source: &str| {
            let name = source.rsplit('/').next().unwrap_or(source);
            SERVING.contains(&name.rsplit_once('.').map_or(name, |(stem, _)| stem))
        };
        self.of_the_package(begins_in, &is_serving).iter().any(|source| {
            let text = self.files().read(source).filter(|text| text.contains("@trpc/server/adapters"));
            text.is_some_and(|text| {
                text.lines().any(|line| line.contains(".use(") && is_about_who(line))
                    || ["401", "UNAUTHORIZED"].iter().any(|refusal| text.contains(refusal))
            })
        })
    }
}
