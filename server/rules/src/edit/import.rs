//! Brings a name into a file, in the style of its other imports.

use plimsoll_behavior::{Import, Imported};
use plimsoll_project::link::{parent, resolve_module};
use plimsoll_syntax::{Language, TextRange};

use super::style::Style;
use crate::{PlannedEdit, UnitView};

/// How the imports of a script are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `import { a } from "./a"`
    Module,
    /// `const { a } = require("./a")`
    Require,
}

/// Brings in what the file at `path` exports under `name`; none where the file's imports do not show how.
#[must_use]
pub fn of_project(view: &UnitView<'_>, path: &str, name: &str) -> Option<PlannedEdit> {
    if view.is_rust() {
        return of_crate(view, path, name);
    }
    let module = &view.linked.file.units[0].unit;
    let files = view.world.files();
    let here = &view.linked.file;
    let means_it = |import: &&Import| {
        resolve_module(files, &here.path, &import.module, here.language).as_deref() == Some(path)
    };
    let is_named = |import: &&Import| matches!(import.what, Imported::Name(_)) && !import.is_type_only;
    if let Some(import) = module.imports.iter().filter(is_named).find(means_it)
        && let Some(edit) = added_to(view, import, name)
    {
        return Some(edit);
    }
    let form = form(view)?;
    let specifier = specifier(view, path)?;
    let statement = match form {
        Form::Module if name == "default" => return None,
        Form::Module => format!("import {{ {name} }} from '{specifier}';"),
        Form::Require => format!("const {{ {name} }} = require('{specifier}');"),
    };
    statement_after_imports(view, &statement)
}

/// Adds an import that is written with single quotes and a semicolon; none in a file that has no such imports.
#[must_use]
pub fn statement(view: &UnitView<'_>, statement: &str) -> Option<PlannedEdit> {
    (form(view)? == Form::Module).then(|| statement_after_imports(view, statement)).flatten()
}

/// One more name between the braces of an import.
fn added_to(view: &UnitView<'_>, import: &Import, name: &str) -> Option<PlannedEdit> {
    let range = view.of(0).to_file(import.range);
    let text = view.project.text.get(range.start as usize..range.end as usize)?;
    let close = text.find('}')?;
    let inside = text.get(text.find('{')? + 1..close)?;
    let last = inside.trim_end();
    let at = close - (inside.len() - last.len());
    let at = range.start + u32::try_from(at).expect("a file is smaller than 4 GiB");
    let comma = if last.ends_with(',') { "" } else { "," };
    let new_text = match inside.rfind('\n') {
        Some(_) => {
            let line = last.rsplit('\n').next().unwrap_or_default();
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = if comma.is_empty() { "," } else { "" };
            format!("{comma}{}{indent}{name}{end}", Style::of(view.project.text).newline)
        }
        None => format!("{comma} {name}"),
    };
    Some(edit(view, at, new_text))
}

fn form(view: &UnitView<'_>) -> Option<Form> {
    let module = &view.linked.file.units[0].unit;
    let text = view.project.text;
    let begins = |range| {
        let range = view.of(0).to_file(range);
        text.get(range.start as usize..).unwrap_or_default()
    };
    if module.imports.iter().any(|i| begins(i.range).starts_with("import"))
        || module.exports.iter().any(|e| is_export(begins(e.range)))
    {
        return Some(Form::Module);
    }
    let is_require =
        |i: &Import| begins(i.range).split('\n').next().is_some_and(|line| line.contains("require("));
    module.imports.iter().any(is_require).then_some(Form::Require)
}

/// `export const`, but not `exports.load =`.
fn is_export(text: &str) -> bool {
    text.strip_prefix("export").is_some_and(|rest| rest.starts_with([' ', '{', '*']))
}

/// How this file names another one: by the alias that one of its imports uses, else by the way there.
fn specifier(view: &UnitView<'_>, path: &str) -> Option<String> {
    let here = &view.linked.file;
    let files = view.world.files();
    let module = &here.units[0].unit;
    let without_ending = |path: &str| match Language::from_path(path) {
        Some(_) => path.rsplit_once('.').map_or(path, |(stem, _)| stem).to_owned(),
        None => path.to_owned(),
    };
    let stem = without_ending(path);
    let is_relative = |m: &str| m.starts_with('.');
    let ending = module.imports.iter().filter(|i| is_relative(&i.module)).find_map(|i| {
        let ending = i.module.rsplit('/').next()?.rsplit_once('.')?.1;
        matches!(ending, "js" | "ts" | "mjs" | "mts" | "tsx" | "jsx" | "cjs" | "cts")
            .then(|| format!(".{ending}"))
    });
    for import in module.imports.iter().filter(|i| !is_relative(&i.module)) {
        let Some(target) = resolve_module(files, &here.path, &import.module, here.language) else { continue };
        // What the specifier and the path end with alike is below the alias.
        let (named, meant) = (without_ending(&import.module), without_ending(&target));
        let Some((alias, below)) = named.split_once('/') else { continue };
        let Some(base) = meant.strip_suffix(below) else { continue };
        if let Some(rest) = stem.strip_prefix(base) {
            return Some(format!("{alias}/{rest}"));
        }
    }
    let from: Vec<&str> = parent(&here.path)?.split('/').collect();
    let to: Vec<&str> = stem.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - shared);
    let down = to.get(shared..)?.join("/");
    let down = down.strip_suffix("/index").unwrap_or(&down).to_owned();
    Some(format!("{}{down}{}", if up.is_empty() { "./" } else { &up }, ending.unwrap_or_default()))
}

fn statement_after_imports(view: &UnitView<'_>, statement: &str) -> Option<PlannedEdit> {
    let text = view.project.text;
    let style = Style::of(text);
    let mut statement = statement.to_owned();
    if style.semicolon.is_empty() {
        statement = statement.trim_end_matches(';').to_owned();
    }
    let module = &view.linked.file.units[0].unit;
    let ends = module.imports.iter().map(|i| view.of(0).to_file(i.range).end);
    let Some(end) = ends.max() else {
        // A directive and a comment at the head of the file stay there.
        let has_head = text.starts_with(['\'', '"', '#', '/']);
        return (!has_head).then(|| {
            edit(view, 0, format!("{}{}{}", quoted(&statement, text), style.newline, style.newline))
        });
    };
    let end = end + u32::from(text.get(end as usize..)?.starts_with(';'));
    let at = super::style::end_of_line(text, end)?;
    Some(edit(view, at, format!("{}{}", style.newline, quoted(&statement, text))))
}

/// With the quotes that the file has more of.
fn quoted(statement: &str, text: &str) -> String {
    let is_double = text.matches('"').count() > text.matches('\'').count();
    if is_double { statement.replace('\'', "\"") } else { statement.to_owned() }
}

/// `use crate::http::send_with_retry;` after the other imports.
fn of_crate(view: &UnitView<'_>, path: &str, name: &str) -> Option<PlannedEdit> {
    let here = &view.linked.file;
    let files = view.world.files();
    let below = path.rsplit_once("/src/")?.1;
    let stem = below.strip_suffix(".rs")?;
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let module_path = format!("crate::{}", stem.replace('/', "::"));
    if resolve_module(files, &here.path, &module_path, here.language).as_deref() != Some(path) {
        return None;
    }
    let module = &here.units[0].unit;
    let own = |i: &&Import| ["crate", "super", "self"].iter().any(|head| i.module.starts_with(head));
    let imports: Vec<&Import> = module.imports.iter().collect();
    let of_own = imports.iter().copied().rfind(own);
    let last = of_own.or(imports.last().copied())?;
    let text = view.project.text;
    let range = view.of(0).to_file(last.range);
    let end = range.end + u32::from(text.get(range.end as usize..)?.starts_with(';'));
    let at = super::style::end_of_line(text, end)?;
    let newline = Style::of(text).newline;
    // A group of its own where none of the crate's is there yet.
    let gap = if of_own.is_some() { "" } else { newline };
    Some(edit(view, at, format!("{newline}{gap}use {module_path}::{name};")))
}

fn edit(view: &UnitView<'_>, at: u32, new_text: String) -> PlannedEdit {
    PlannedEdit { path: view.linked.file.path.to_string(), range: Some(TextRange::new(at, at)), new_text }
}
