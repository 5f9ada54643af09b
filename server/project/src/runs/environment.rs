//! What code reads of its environment: names that no bundler hands to browsers are a server's.

use plimsoll_behavior::{Exported, Imported, Kind, Literal, Name, PathStep, Unit};

use super::evidence::{has_elements, names_a_page};
use crate::link::{FileUnits, Target, World, resolve_import};

/// Prefixes of environment variables that bundlers put into the code that browsers get.
const PUBLIC_PREFIXES: &[&str] = &[
    "EXPO_PUBLIC_",
    "GATSBY_",
    "NEXT_PUBLIC_",
    "NG_APP_",
    "NUXT_PUBLIC_",
    "PLASMO_PUBLIC_",
    "PUBLIC_",
    "REACT_APP_",
    "STORYBOOK_",
    "TARO_APP_",
    "UMI_APP_",
    "VITE_",
    "VUE_APP_",
];

/// What platforms and runners set is read on both sides, but for what lets somebody in: `GITHUB_TOKEN`.
const PLATFORM_PREFIXES: &[&str] = &["GITHUB_", "JEST_", "NETLIFY", "NEXT_", "VERCEL", "VITEST"];

/// How the name of what lets somebody in ends.
const SECRET_ENDINGS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "API_KEY", "PRIVATE_KEY"];

/// Environment variables that bundlers know by name, or that only say how the code was built.
const PUBLIC_NAMES: &[&str] =
    &["APP_ENV", "BASE_URL", "CI", "DEBUG", "DEV", "LOG_LEVEL", "MODE", "NODE_ENV", "PLATFORM", "PROD", "TZ"];

/// Why a module is a server's by what it reads of its environment: a name that no bundler hands to browsers.
/// It may do so through an own module that has looked at them first: `env.API_KEY`.
pub(super) fn reads_a_secret(world: &dyn World, file: &FileUnits) -> Option<String> {
    if file.units[0].unit.exports.is_empty() || has_elements(file) || names_a_page(file) {
        return None;
    }
    let itself = || file.units.iter().find_map(|entry| secret_in(&entry.unit));
    let name = itself().or_else(|| secret_of_a_module(world, file))?;
    Some(format!("reads {name} of its environment"))
}

/// What a module reads of an imported object that is the checked environment: `env.API_KEY`, where the other module says
/// `export const env = schema.parse(process.env)`.
fn secret_of_a_module(world: &dyn World, file: &FileUnits) -> Option<Name> {
    let module = &file.units[0].unit;
    module.imports.iter().filter(|import| !import.is_type_only).find_map(|import| {
        let local = &module.binding(import.binding?).name;
        let read = file.units.iter().find_map(|entry| member_read(&entry.unit, local))?;
        let exported = match &import.what {
            Imported::Name(name) => name.clone(),
            Imported::Default => Name::new_static("default"),
            _ => return None,
        };
        let Some(Target::File(path)) =
            resolve_import(world.files(), &file.path, &import.module, file.language)
        else {
            return None;
        };
        let mut is_environment = false;
        world.in_file(&path, &mut |there| is_environment = is_checked_environment(there.file, &exported));
        is_environment.then_some(read)
    })
}

/// What a unit reads of an object by a name that no bundler hands to browsers.
fn member_read(u: &Unit, object: &Name) -> Option<Name> {
    let is_it = |node| matches!(u.kind(node), Kind::Name { name, .. } if name == object);
    u.nodes.iter().find_map(|node| match &node.kind {
        Kind::Member { object, name, .. } if is_secret(name) && is_it(*object) => Some(name.clone()),
        _ => None,
    })
}

/// Whether what a module exports by a name is what a call has made of `process.env`.
fn is_checked_environment(file: &FileUnits, exported: &Name) -> bool {
    let module = &*file.units[0].unit;
    let value = module.exports.iter().filter(|export| export.name == *exported).find_map(|export| {
        match &export.local {
            Exported::Binding(binding) => module.binding(*binding).value,
            Exported::Value(value) => Some(*value),
            _ => None,
        }
    });
    let is_made = value.is_some_and(|value| matches!(module.kind(value), Kind::Call { .. }));
    is_made
        && file.units.iter().any(|entry| {
            let u = &entry.unit;
            u.nodes.iter().any(|node| match &node.kind {
                Kind::Member { object, name, .. } => {
                    name == "env" && matches!(u.kind(*object), Kind::Name { name, .. } if name == "process")
                }
                _ => false,
            })
        })
}

fn secret_in(u: &Unit) -> Option<Name> {
    let is_env = |node| {
        let Kind::Member { object, name, .. } = u.kind(node) else { return false };
        name == "env" && matches!(u.kind(*object), Kind::Name { name, .. } if name == "process")
    };
    let read = u.nodes.iter().find_map(|node| match &node.kind {
        Kind::Member { object, name, .. } if is_env(*object) && is_secret(name) => Some(name.clone()),
        Kind::Index { object, index } if is_env(*object) => match u.kind(*index) {
            Kind::Literal(Literal::String(name)) if is_secret(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    });
    read.or_else(|| {
        let taken = u.bindings.iter().filter(|b| b.value.is_some_and(is_env));
        taken
            .filter_map(|b| match b.path.first() {
                Some(PathStep::Member(name)) if is_secret(name) => Some(name.clone()),
                _ => None,
            })
            .next()
    })
}

fn is_secret(name: &Name) -> bool {
    let is_upper = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let is_of_platform = PLATFORM_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    is_upper
        && (!is_of_platform || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)))
        && !PUBLIC_NAMES.contains(&name.as_str())
        && !PUBLIC_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
