//! Where a module runs by who imports it.

use plimsoll_behavior::{BindingKind, Exported, Imported, Name, TypeKind};
use rustc_hash::FxHashSet;

use super::evidence::{has_elements, names_a_page};
use super::taken::{Taken, units_that_run};
use super::{Counts, Runs, Served, script};
use crate::Files;
use crate::importers::{Importer, Imports};
use crate::link::{FileUnits, World, is_test_code};

/// How many modules are looked at on the ways to those that tell.
const MAX_MODULES: usize = 48;

/// Why a module that says nothing of itself is a server's: all that import it are, through however many modules.
///
/// Only this is told. A module may be taken for a server's while it is not known who imports it without anything being
/// lost, for all that rules find where it is unknown they find in a server too; of a script or a page they find less, so
/// that an editor would take back what it has shown. Who imports it besides a server, by hand or in a page, may use another
/// part of it, and then nothing is told. What the module offers to nobody that imports it does not run there ([`Served::units`]).
pub(super) fn is_imported_by_servers(world: &dyn World, file: &FileUnits) -> Option<Served> {
    if !file.language.is_script_family() || has_elements(file) || names_a_page(file) {
        return None;
    }
    let files = world.files();
    let root = files.root_of(&file.path)?;
    let imports = files.imports_below(&root)?;
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut open = vec![file.path.to_string()];
    let mut server = None;
    let mut taken = Taken::Names(FxHashSet::default());
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        if seen.len() > MAX_MODULES {
            return None;
        }
        let importers = importers(world, &imports, &path)?;
        // Something runs it that no source says.
        if importers.is_empty() {
            return None;
        }
        for importer in importers {
            if path == *file.path {
                add_taken(world, &importer, &mut taken);
            }
            if seen.contains(&*importer.path) {
                continue;
            }
            let mut found = Err(());
            world.in_file(&importer.path, &mut |there| {
                found = match script(world, there.file, Counts::Services) {
                    Some((Runs::Server, _)) => Ok(true),
                    Some(_) => Err(()),
                    None if has_elements(there.file) || names_a_page(there.file) => Err(()),
                    None => Ok(false),
                };
            });
            if found.ok()? {
                seen.insert(importer.path.to_string());
                // Whichever comes first in order, so that it is the same in every run.
                if server.as_ref().is_none_or(|known| *known > importer.path) {
                    server = Some(importer.path);
                }
            } else {
                open.push(importer.path.to_string());
            }
        }
    }
    let place = super::below_manifest(files, &server?);
    let evidence = format!("only a server imports it: {place}");
    Some(Served { evidence, units: units_that_run(file, &taken) })
}

/// The modules that bring a module along where they run. None where they cannot all be told.
///
/// Tests and stories run it too, but where they run says nothing of where it is meant to; declarations run nothing. What a
/// tool has written runs like anything else.
fn importers(world: &dyn World, imports: &Imports, path: &str) -> Option<Vec<Importer>> {
    let files = world.files();
    let mut all = imports.importers(files, path)?;
    all.retain(|importer| !is_test_code(files, &importer.path) && !is_story(files, &importer.path));
    all.retain(|importer| importer.is_loaded || brings_along(world, importer, path));
    Some(all)
}

/// Adds what an importer takes of the module that it names.
fn add_taken(world: &dyn World, importer: &Importer, taken: &mut Taken) {
    let mut is_read = false;
    world.in_file(&importer.path, &mut |there| {
        is_read = !importer.is_loaded;
        let module = &there.file.units[0].unit;
        for import in module.imports.iter().filter(|i| !i.is_type_only && importer.means(&i.module)) {
            match &import.what {
                Imported::Name(name) => taken.add(Some(name.clone())),
                Imported::Default => taken.add(Some(Name::new_static("default"))),
                Imported::Nothing => {}
                Imported::Module | Imported::Glob => taken.add(None),
            }
        }
        for export in &module.exports {
            match &export.local {
                Exported::From(module, name) if importer.means(module) => taken.add(name.clone()),
                _ => {}
            }
        }
    });
    if !is_read {
        taken.add(None);
    }
}

/// Whether what an importer says of a module is more than a comment or the name of a type, which is gone when it runs.
fn brings_along(world: &dyn World, importer: &Importer, path: &str) -> bool {
    let is_type = |name: &str| {
        let mut is_it = false;
        world.in_file(path, &mut |there| {
            let mut named = there.file.types_named(name).map(|(_, ty)| ty.kind).peekable();
            is_it = named.peek().is_some()
                && named.all(|kind| matches!(kind, TypeKind::Interface | TypeKind::Alias))
                && !there.file.units[0]
                    .unit
                    .bindings
                    .iter()
                    .any(|b| b.name == name && b.kind != BindingKind::Type);
        });
        is_it
    };
    // Of a source that cannot be read its text is believed.
    let mut brings = true;
    world.in_file(&importer.path, &mut |there| {
        let module = &there.file.units[0].unit;
        let imported = module.imports.iter().filter(|i| !i.is_type_only && importer.means(&i.module));
        let exported = module.exports.iter().any(|e| match &e.local {
            Exported::From(module, _) => importer.means(module),
            _ => false,
        });
        brings = exported
            || imported.into_iter().any(|import| match &import.what {
                Imported::Name(name) => !is_type(name),
                _ => true,
            });
    });
    brings
}

/// Whether a file shows components to their developers.
fn is_story(files: &dyn Files, path: &str) -> bool {
    let path = super::below_manifest(files, path);
    let name = path.rsplit('/').next().unwrap_or(&path);
    [".stories.", ".story."].iter().any(|mark| name.contains(mark))
        || path.split('/').any(|part| matches!(part, ".storybook" | "stories" | "__stories__"))
}
