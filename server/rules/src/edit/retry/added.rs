//! Code that is added to a file so that its requests are sent again: what a model holds for it, as the file is written.

use std::collections::BTreeSet;

use plimsoll_behavior::Name;
use plimsoll_behavior::models::{RetryEdit, RetryHelper};
use plimsoll_project::declared_major;
use plimsoll_syntax::TextRange;

use super::replace;
use crate::edit::import;
use crate::edit::style::Style;
use crate::{PlannedEdit, UnitView};

/// Adds the code to which a request of this package is handed, that of a declared library first. The name to call, and
/// the edits.
pub(super) fn added(
    view: &UnitView<'_>,
    takes: RetryEdit,
    packages: &[Name],
) -> Option<(String, Vec<PlannedEdit>)> {
    let path = &view.linked.file.path;
    let is_typed = !view.is_rust() && path.rsplit('.').next().is_some_and(|e| e.contains("ts"));
    view.eval
        .models
        .retry_helpers()
        .filter(|helper| {
            helper.takes == takes
                && helper.typed == is_typed
                && helper.client.as_ref().is_none_or(|client| packages.contains(client))
                && helper.needs.as_ref().is_none_or(|needed| {
                    declared_major(view.project.files, path, &needed.package)
                        .is_some_and(|major| major >= needed.major)
                })
        })
        .find_map(|helper| written(view, helper))
}

fn written(view: &UnitView<'_>, helper: &RetryHelper) -> Option<(String, Vec<PlannedEdit>)> {
    let mut edits = Vec::new();
    if let Some(statement) = &helper.import
        && !view.project.text.contains(statement.trim_end_matches(';'))
    {
        // A name that the import brings in must mean nothing else here.
        let taken = names_of(view);
        let bound = statement.split(" from ").next().unwrap_or_default();
        let mut words = bound.split(|c: char| !c.is_alphanumeric() && c != '_');
        if words.any(|word| taken.contains(word)) {
            return None;
        }
        edits.push(import::statement(view, statement)?);
    }
    let names = free_names(view, &helper.names);
    edits.push(append(view, &in_style(view, &renamed(&helper.text, &helper.names, &names))));
    Some((names.into_iter().next()?, edits))
}

/// Adds functions after all others of the file; before its tests, which stand last in Rust.
fn append(view: &UnitView<'_>, functions: &str) -> PlannedEdit {
    let text = view.project.text;
    let newline = Style::of(text).newline;
    let end = u32::try_from(text.len()).expect("a file is smaller than 4 GiB");
    let tests = view.is_rust().then(|| text.rfind("\n#[cfg(test)]")).flatten();
    if let Some(at) = tests {
        let at = u32::try_from(at + 1).expect("a file is smaller than 4 GiB");
        let new_text = format!("{functions}{newline}");
        return replace(view, TextRange { start: at, end: at }, new_text);
    }
    let gap = if text.ends_with('\n') { newline.to_owned() } else { format!("{newline}{newline}") };
    replace(view, TextRange { start: end, end }, format!("{gap}{functions}"))
}

/// All names that the file binds or means.
pub(super) fn names_of<'a>(view: &UnitView<'a>) -> BTreeSet<&'a str> {
    let units = view.linked.file.units.iter();
    units
        .flat_map(|entry| {
            let bound = entry.unit.bindings.iter().map(|b| b.name.as_str());
            bound.chain(entry.unit.free_names.iter().map(|name| name.as_str()))
        })
        .collect()
}

/// Names that nothing in the file has, one for each of those wanted.
fn free_names(view: &UnitView<'_>, wanted: &[Name]) -> Vec<String> {
    let taken = names_of(view);
    let is_script = !view.is_rust();
    wanted
        .iter()
        .map(|name| {
            let of_request =
                if is_script { format!("{name}OfRequest") } else { format!("{name}_of_request") };
            let numbered = (2..).map(|n| format!("{name}{n}"));
            let mut all = [name.to_string(), of_request].into_iter().chain(numbered);
            all.find(|name| !taken.contains(name.as_str())).expect("numbers do not end")
        })
        .collect()
}

/// The text with other names in place of its own.
fn renamed(text: &str, names: &[Name], others: &[String]) -> String {
    let mut text = text.to_owned();
    for (name, other) in names.iter().zip(others) {
        for before in [" ", "("] {
            for after in ["(", "<", ")"] {
                text = text.replace(&format!("{before}{name}{after}"), &format!("{before}{other}{after}"));
            }
        }
    }
    text
}

/// The text as the file is written.
fn in_style(view: &UnitView<'_>, functions: &str) -> String {
    let text = view.project.text;
    let style = Style::of(text);
    let is_rust = view.is_rust();
    let double = text.matches('"').count() > text.matches('\'').count();
    let mut out = String::new();
    for line in functions.lines() {
        let body = line.trim_start_matches(' ');
        let depth = line.len() - body.len();
        let step = if is_rust { 4 } else { 2 };
        if !body.starts_with("* ") {
            out.push_str(&style.indent.repeat(depth / step));
        }
        let body = if !is_rust && style.semicolon.is_empty() {
            body.strip_suffix(';').unwrap_or(body)
        } else {
            body
        };
        if !is_rust && double {
            out.push_str(&body.replace('\'', "\""));
        } else {
            out.push_str(body);
        }
        out.push_str(style.newline);
    }
    out
}
