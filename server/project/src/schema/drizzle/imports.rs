//! How a file calls `index`, and what must be imported for it.

use plimsoll_behavior::{Binding, Import, Imported, OwnRange, ScopeId};
use smol_str::SmolStr;

use super::walk::{Walk, is_library};
use crate::schema::{Dialect, TextRange, covered};

/// The function that makes an index, in one file.
pub(super) struct IndexFunction {
    /// How the file calls it: `index`, `p.index`.
    pub name: SmolStr,
    /// Where to write what, for it to be imported; none where it is.
    pub import: Option<(usize, String)>,
}

impl IndexFunction {
    /// None where there is no place for it.
    pub fn of(walk: &Walk, text: &str, dialect: Dialect) -> Option<Self> {
        let module = &walk.file.units[0].unit;
        let bound = |import: &Import| import.binding.map(|binding| module.binding(binding));
        let imports = || {
            module.imports.iter().filter(|import| is_core(&import.module, dialect) && !import.is_type_only)
        };
        for import in imports() {
            match (&import.what, bound(import)) {
                (Imported::Name(name), Some(binding)) if name == "index" => {
                    return Some(Self { name: binding.name.clone(), import: None });
                }
                (Imported::Module, Some(binding)) => {
                    return Some(Self { name: format!("{}.index", binding.name).into(), import: None });
                }
                _ => {}
            }
        }
        let is_free = |name: &str| module.resolve(name, ScopeId(0), u32::MAX).is_none();
        let name = ["index", "tableIndex"].into_iter().find(|name| is_free(name))?;
        let statement =
            imports().find(|import| matches!(import.what, Imported::Name(_))).map(|import| import.range);
        let insertion = match statement {
            Some(statement) => {
                let names: Vec<(&SmolStr, &Binding)> = imports()
                    .filter(|import| import.range == statement)
                    .filter_map(|import| match &import.what {
                        Imported::Name(name) => Some((name, bound(import)?)),
                        _ => None,
                    })
                    .collect();
                let is_require = covered(text, walk.file.to_file(0, statement))?.contains("require");
                let joint = if is_require { ": " } else { " as " };
                let specifier = if name == "index" { name.to_owned() } else { format!("index{joint}{name}") };
                merged(walk, text, &names, &specifier, statement)?
            }
            None => new_import(walk, text, dialect, name)?,
        };
        Some(Self { name: name.into(), import: Some(insertion) })
    }
}

/// Whether a module declares tables and indexes of a database: `drizzle-orm/pg-core`.
fn is_core(module: &str, dialect: Dialect) -> bool {
    is_library(module) && module.ends_with(core_of(dialect).unwrap_or("-core"))
}

const fn core_of(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres => Some("pg-core"),
        Dialect::MySql => Some("mysql-core"),
        Dialect::Sqlite => Some("sqlite-core"),
        _ => None,
    }
}

/// In the order of the names where they are sorted, else after the last one.
fn merged(
    walk: &Walk,
    text: &str,
    names: &[(&SmolStr, &Binding)],
    specifier: &str,
    statement: OwnRange,
) -> Option<(usize, String)> {
    let place = |binding: &Binding| walk.file.to_file(0, binding.range);
    let (_, last) = names.last()?;
    let start = walk.file.to_file(0, statement).start;
    let line_of = |at: u32| {
        let before = covered(text, TextRange::new(start, at)).unwrap_or_default();
        before.rfind('\n').map(|line| start as usize + line + 1)
    };
    let last_line = line_of(place(last).start);
    let is_one_a_line = match names {
        [.., (_, before), _] => line_of(place(before).start) != last_line,
        _ => last_line.is_some(),
    };
    let gap = match last_line.filter(|_| is_one_a_line) {
        Some(line) => {
            let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
            let indentation: String =
                text[line..].chars().take_while(|letter| matches!(letter, ' ' | '\t')).collect();
            format!("{line_end}{indentation}")
        }
        None => " ".to_owned(),
    };
    let is_sorted = names.len() > 2 && names.is_sorted_by(|one, other| one.0 <= other.0);
    let next =
        names.iter().find(|(name, binding)| is_sorted && name.as_str() > "index" && binding.name == **name);
    if let Some((_, next)) = next {
        return Some((place(next).start as usize, format!("{specifier},{gap}")));
    }
    Some((place(last).end as usize, format!(",{gap}{specifier}")))
}

/// A statement of its own after the last import.
fn new_import(walk: &Walk, text: &str, dialect: Dialect, name: &str) -> Option<(usize, String)> {
    let core = core_of(dialect)?;
    let module = &walk.file.units[0].unit;
    let last = module
        .imports
        .iter()
        .map(|import| walk.file.to_file(0, import.range))
        .max_by_key(|range| range.end)?;
    let statement = covered(text, last)?;
    if !statement.starts_with("import") {
        return None;
    }
    let quote = if statement.contains('"') { '"' } else { '\'' };
    let end = if statement.trim_end().ends_with(';') { ";" } else { "" };
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let specifier = if name == "index" { name.to_owned() } else { format!("index as {name}") };
    let import = format!("{line_end}import {{ {specifier} }} from {quote}drizzle-orm/{core}{quote}{end}");
    Some((last.end as usize, import))
}
