//! What a file sets on a value that others use: `axios.defaults.timeout = 5_000` in the file that starts the program.

use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Imported, Kind, Name, NodeId};

use super::roles::entries;
use super::{Evaluator, Value, World, resolve_module};

/// How deep the path to a setting may be: `client.defaults.timeout`.
const MAX_PATH: usize = 8;

/// One thing that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// On what.
    pub of: Holder,
    /// What the assignment fills.
    pub slot: Slot,
}

/// What a setting is made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A library itself, by its module's specifier.
    Package(Name),
    /// What a file of the project exports: its path, and the name there.
    Export(Arc<str>, Name),
}

impl dyn World + '_ {
    /// What the files by which the program of this file starts set, and those that they import for nothing else.
    #[must_use]
    pub fn settings_around(&self, path: &str) -> Vec<Setting> {
        let mut settings = Vec::new();
        for entry in entries(self.files(), path) {
            let mut beside = Vec::new();
            self.all_of(&entry);
            self.in_file(&entry, &mut |there| {
                settings.extend(settings_in(there));
                beside = imported_for_nothing(there);
            });
            for file in beside.into_iter().filter(|file| file != path) {
                self.all_of(&file);
                self.in_file(&file, &mut |there| settings.extend(settings_in(there)));
            }
        }
        settings
    }
}

/// `import './http-defaults'`
fn imported_for_nothing(there: &Evaluator<'_>) -> Vec<String> {
    let file = there.file;
    let imports = file.units[0].unit.imports.iter().filter(|i| i.what == Imported::Nothing);
    let files = there.world.files();
    imports.filter_map(|i| resolve_module(files, &file.path, &i.module, file.language)).collect()
}

fn settings_in(there: &Evaluator<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    for (unit, entry) in there.file.units.iter().enumerate() {
        for node in &entry.unit.nodes {
            let Kind::Assign { target, .. } = &node.kind else { continue };
            let Kind::Member { object, name, .. } = entry.unit.kind(*target) else { continue };
            let Value::Instance(of) = there.value(unit, *object) else { continue };
            let Some(slot) = there.models.member(of.ty, name).and_then(|member| member.sets) else {
                continue;
            };
            found.extend(holder(there, unit, *object).map(|of| Setting { of, slot }));
        }
    }
    found
}

/// What the name at the head of a path was imported as.
fn holder(there: &Evaluator<'_>, unit: usize, path: NodeId) -> Option<Holder> {
    let u = &there.file.units[unit].unit;
    let mut at = path;
    for _ in 0..MAX_PATH {
        match u.kind(at) {
            Kind::Member { object, .. } => at = *object,
            Kind::Name { name, .. } => {
                let module = &there.file.units[0].unit;
                let is_it = |b| module.binding(b).name == *name;
                let import = module.imports.iter().find(|i| i.binding.is_some_and(is_it))?;
                let file = resolve_module(
                    there.world.files(),
                    &there.file.path,
                    &import.module,
                    there.file.language,
                );
                let Some(file) = file else { return Some(Holder::Package(import.module.clone())) };
                return match &import.what {
                    Imported::Name(name) => Some(Holder::Export(file.into(), name.clone())),
                    Imported::Default => Some(Holder::Export(file.into(), "default".into())),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
    None
}
