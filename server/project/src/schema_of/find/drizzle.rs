//! Which files declare the tables of a Drizzle schema: what the tool's configuration names, else the usual places, with
//! the files that these import from.

use globset::{GlobBuilder, GlobMatcher};
use plimsoll_syntax::Language;

use super::{Found, Paths, below, sql, sql_files, with_raw};
use crate::Files;
use crate::link::{ancestors, join, parent, resolve_module};
use crate::schema::is_drizzle_config;
use crate::schema_of::parsed;

/// The most files that are followed from those that a configuration names.
const MAX_FILES: usize = 400;
/// The most folders that a pattern is looked for in, and how deep.
const MAX_FOLDERS: usize = 500;

/// Where a schema stands in a package that has no configuration.
const PLACES: &[&str] = &[
    "src/db/schema",
    "src/schema",
    "src/lib/db/schema",
    "src/lib/server/db/schema",
    "src/server/db/schema",
    "src/database/schema",
    "src/drizzle/schema",
    "db/schema",
    "lib/db/schema",
    "server/db/schema",
    "server/database/schema",
    "database/schema",
    "drizzle/schema",
    "shared/schema",
    "app/db/schema",
    "schema",
];

/// The nearest schema.
pub(in crate::schema_of) fn nearest(files: &dyn Files, path: &str) -> Found {
    let Some(start) = parent(path) else { return Found::None };
    let folders: Vec<&str> = ancestors(start, files, path).collect();
    // A configuration further up says more than the name of a folder nearby.
    let configured = folders.iter().find(|folder| !configurations(files, folder).is_empty());
    for folder in configured.copied().into_iter().chain(folders.iter().copied()) {
        let mut found = in_package(files, folder);
        if found.is_empty() {
            found = below(files, folder).iter().flat_map(|package| in_package(files, package)).collect();
            found.sort_by(|one, other| one.schema.cmp(&other.schema));
            found.dedup();
        }
        match found.len() {
            0 => {}
            1 => return Found::One(found.remove(0)),
            _ => return Found::Several(Vec::new()),
        }
    }
    Found::None
}

/// Whether a file with this text can declare tables: most files cannot, and need not be read for that.
pub(in crate::schema_of) fn may_declare_tables(text: &str) -> bool {
    text.contains("drizzle-orm") && (text.contains("Table") || text.contains(".table("))
}

/// The schema that a file belongs to which declares a table.
pub(in crate::schema_of) fn with(files: &dyn Files, file: &str) -> Option<Paths> {
    for folder in ancestors(parent(file)?, files, file) {
        let configured = configurations(files, folder);
        let mut schemas = configured.iter().filter_map(|config| of_configuration(files, folder, config));
        let has_file = |paths: &Paths| paths.schema.iter().any(|path| path == file);
        if let Some(paths) = schemas.find(has_file) {
            return Some(paths);
        }
    }
    let folder = parent(file)?;
    Some(completed(files, folder, closure(files, vec![file.to_owned()])))
}

/// The schemas of a package.
fn in_package(files: &dyn Files, folder: &str) -> Vec<Paths> {
    let mut found: Vec<Paths> = Vec::new();
    let configured = configurations(files, folder);
    for config in &configured {
        let Some(paths) = of_configuration(files, folder, config) else { continue };
        // Two configurations of one schema, for two databases, are one.
        let is_code = |path: &&String| !is_drizzle_config(path) && Language::from_path(path).is_some();
        let code = |paths: &Paths| paths.schema.iter().filter(is_code).cloned().collect::<Vec<_>>();
        if !found.iter().any(|own| code(own) == code(&paths)) {
            found.push(paths);
        }
    }
    if !configured.is_empty() {
        return found;
    }
    for place in PLACES.iter().filter(|place| is_named(files, folder, place)) {
        let roots = named(files, folder, place);
        let schema = closure(files, roots);
        if declares_tables(files, &schema) {
            return vec![completed(files, folder, schema)];
        }
    }
    found
}

/// Whether the folders say that there is something of this name, as a file with any ending or a folder. Asked of folders,
/// which are listed once for all places, and not of each path with each ending: most packages have no schema of this kind.
fn is_named(files: &dyn Files, folder: &str, place: &str) -> bool {
    let mut at = folder.to_owned();
    let mut parts = place.split('/').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let goes_on = |rest: &str| rest == "/" || (is_last && rest.starts_with('.'));
        if !files.list(&at).iter().filter_map(|name| name.strip_prefix(part)).any(goes_on) {
            return false;
        }
        at = format!("{at}/{part}");
    }
    true
}

fn configurations(files: &dyn Files, folder: &str) -> Vec<String> {
    let names = files.list(folder).into_iter().filter(|name| is_drizzle_config(name));
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// The files that a configuration names, itself among them.
fn of_configuration(files: &dyn Files, folder: &str, config: &str) -> Option<Paths> {
    let file = parsed(files, config)?;
    let says = file.drizzle_config()?;
    let roots = says.schema.iter().flat_map(|entry| named(files, folder, entry)).collect();
    let mut schema = closure(files, roots);
    if !declares_tables(files, &schema) {
        return None;
    }
    schema.push(config.to_owned());
    let out = join(folder, says.out.as_deref().unwrap_or("drizzle"));
    let generated: Vec<String> = out.map(|out| sql_files(files, &out).into_iter().flatten().collect())?;
    if generated.is_empty() {
        return Some(completed(files, folder, schema));
    }
    schema.extend(generated);
    Some(with_raw(files, folder, schema))
}

fn declares_tables(files: &dyn Files, schema: &[String]) -> bool {
    schema.iter().any(|path| parsed(files, path).is_some_and(|file| file.declares_tables()))
}

/// Adds the migrations that somebody writes by hand: their indexes stand in no declaration.
fn completed(files: &dyn Files, folder: &str, mut schema: Vec<String>) -> Paths {
    if let Found::One(beside) = sql(files, &format!("{folder}/x")) {
        schema.extend(beside.schema);
    }
    with_raw(files, folder, schema)
}

/// The files that an entry of a configuration means: a file with or without its ending, a folder, a pattern.
fn named(files: &dyn Files, folder: &str, entry: &str) -> Vec<String> {
    if entry.contains(['*', '{', '[']) {
        return matching(files, folder, entry);
    }
    let Some(path) = join(folder, entry) else { return Vec::new() };
    if Language::from_path(&path).is_some() && files.exists(&path) {
        return vec![path];
    }
    for ending in [".ts", ".mts", ".js", ".mjs"] {
        let file = format!("{path}{ending}");
        if files.exists(&file) {
            return vec![file];
        }
    }
    scripts_in(files, &path)
}

fn scripts_in(files: &dyn Files, folder: &str) -> Vec<String> {
    let names = files.list(folder).into_iter().filter(|name| is_script(name)).take(MAX_FILES);
    names.map(|name| format!("{folder}/{name}")).collect()
}

fn is_script(name: &str) -> bool {
    !name.ends_with(".d.ts") && Language::from_path(name).is_some_and(Language::is_script_family)
}

/// The files below a folder that a pattern matches.
fn matching(files: &dyn Files, folder: &str, pattern: &str) -> Vec<String> {
    let fixed: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '{', '['])).collect();
    let rest: Vec<&str> = pattern.split('/').skip(fixed.len()).collect();
    let Some(base) = join(folder, &fixed.join("/")) else { return Vec::new() };
    let Some(glob) = glob(&rest.join("/")) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open = vec![base.clone()];
    let mut seen = 0;
    while let Some(at) = open.pop() {
        seen += 1;
        if seen > MAX_FOLDERS || found.len() >= MAX_FILES {
            break;
        }
        for name in files.list(&at) {
            match name.strip_suffix('/') {
                Some("node_modules" | ".git" | "dist") => {}
                Some(inner) if rest.len() > 1 => open.push(format!("{at}/{inner}")),
                Some(_) => {}
                None => {
                    let path = format!("{at}/{name}");
                    let relative = path.strip_prefix(base.as_str()).map(|path| path.trim_start_matches('/'));
                    if is_script(&name) && relative.is_some_and(|path| glob.is_match(path)) {
                        found.push(path);
                    }
                }
            }
        }
    }
    found.sort();
    found
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    // `{ts,tsx}` and `**` as shells read them; a `*` stays within its folder.
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

/// The files with those that they hand on or that declare what their tables are made of, in order.
fn closure(files: &dyn Files, mut open: Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    while let Some(path) = open.pop() {
        if found.len() >= MAX_FILES || found.contains(&path) {
            continue;
        }
        let Some(file) = parsed(files, &path) else { continue };
        let (imported, handed_on) = file.modules();
        let resolve = |module: &&str| {
            resolve_module(files, &path, module, Language::from_path(&path).unwrap_or(Language::TypeScript))
        };
        let is_part = |path: &String| {
            files.read(path).is_some_and(|text| text.contains("drizzle-orm") || text.contains("export *"))
        };
        open.extend(handed_on.iter().filter_map(resolve));
        open.extend(imported.iter().filter_map(resolve).filter(is_part));
        found.push(path);
    }
    found.sort();
    found
}
