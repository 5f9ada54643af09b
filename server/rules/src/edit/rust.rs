//! Edits of Rust.

use plimsoll_behavior::{Kind, Name, NodeId, TypeExpr};
use plimsoll_syntax::TextRange;

use super::style;
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// Error types that any error turns into, and the aliases of `Result` of the crates that make them.
const ANY_ERROR: &[&str] = &["anyhow", "eyre", "color_eyre", "miette"];

/// A `Duration` of this many seconds, by the name it has in the file.
#[must_use]
pub fn duration(unit: &UnitView<'_>, seconds: u32) -> String {
    let imports =
        unit.linked.file.units.iter().flat_map(|entry| {
            entry.unit.imports.iter().map(|import| (import, &entry.unit)).collect::<Vec<_>>()
        });
    let is_imported = imports.filter_map(|(import, u)| Some((import, u.binding(import.binding?)))).any(
        |(import, binding)| {
            binding.name == "Duration"
                && matches!(import.module.as_str(), "std::time" | "core::time" | "tokio::time")
        },
    );
    let path = if is_imported { "Duration" } else { "std::time::Duration" };
    format!("{path}::from_secs({seconds})")
}

/// The path before the last name of a callee: `reqwest::Client` of `reqwest::Client::new`.
#[must_use]
pub fn head<'a>(unit: &UnitView<'a>, callee: NodeId) -> Option<&'a str> {
    match unit.unit.kind(callee) {
        Kind::Member { object, .. } => Some(unit.text(*object)),
        _ => None,
    }
}

/// The byte of the dot before the name of a method call.
#[must_use]
pub fn dot_before(unit: &UnitView<'_>, call: NodeId) -> Option<u32> {
    let Kind::Call { callee, .. } = unit.unit.kind(call) else { return None };
    let Kind::Member { object, name_range, .. } = unit.unit.kind(*callee) else { return None };
    let from = unit.bytes(*object).end;
    let between = unit.project.text.get(from as usize..unit.to_file(*name_range).start as usize)?;
    // A comment in between may contain a dot of its own.
    let dot = between.rfind('.').filter(|_| !between.contains('/'))?;
    Some(from + u32::try_from(dot).ok()?)
}

/// A call inserted in a chain at the byte of a dot, on a line of its own where that dot begins one.
#[must_use]
pub fn chained(unit: &UnitView<'_>, at: u32, call: &str) -> PlannedEdit {
    let text = unit.project.text;
    let new_text = if style::begins_its_line(text, at) {
        let newline = style::Style::of(text).newline;
        format!("{call}{newline}{}", style::indent_at(text, at))
    } else {
        call.to_owned()
    };
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(TextRange::new(at, at)), new_text }
}

/// Whether the failure of a call can be handed on by `?` where it stands: its function returns a result whose error any
/// error turns into, or hands on a failure of the same library elsewhere.
#[must_use]
pub fn is_error_handed_on(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let function = unit.unit.function(unit.unit.node(call.node).function);
    let Some(returns) = function.returns.as_ref().filter(|ty| is_result(ty)) else { return false };
    takes_any_error(unit, returns)
        || is_error_of_library(unit, call, returns)
        || unit.unit.nodes.iter().any(|node| {
            matches!(node.kind, Kind::Try(_))
                && node.function == unit.unit.node(call.node).function
                && is_of_library(unit, call, node.kind.clone())
        })
}

/// `Result<Order, sqlx::Error>` of a function that calls sqlx.
fn is_error_of_library(unit: &UnitView<'_>, call: &CallView<'_>, returns: &TypeExpr) -> bool {
    let Some([library, .., last]) = returns.args.get(1).map(|error| error.path.as_slice()) else {
        return false;
    };
    let model = call.facts.behavior.as_ref().map(|(model, _)| usize::from(*model));
    let packages = model.map(|model| &unit.eval.models.all()[model].packages);
    last == "Error" && packages.is_some_and(|packages| packages.contains(library))
}

fn is_result(ty: &TypeExpr) -> bool {
    ty.path.last().is_some_and(|last| last == "Result")
}

fn takes_any_error(unit: &UnitView<'_>, ty: &TypeExpr) -> bool {
    let is_any = |name: &Name| ANY_ERROR.contains(&name.as_str());
    let of_import = || {
        unit.linked.file.units[0].unit.imports.iter().any(|import| {
            let head = import.module.split("::").next().unwrap_or_default();
            let bound = import.binding.map(|b| &unit.linked.file.units[0].unit.binding(b).name);
            ANY_ERROR.contains(&head) && bound.is_some_and(|name| name == "Result")
        })
    };
    let boxed = ty.args.get(1).is_some_and(|error| {
        error.path.iter().any(is_any) || error.path.last().is_some_and(|last| last == "Box")
    });
    boxed || ty.path.len() > 1 && ty.path.first().is_some_and(is_any) || ty.path.len() == 1 && of_import()
}

/// Whether a `?` hands on what a call of the same library, that can fail, says.
fn is_of_library(unit: &UnitView<'_>, call: &CallView<'_>, tried: Kind) -> bool {
    let Kind::Try(mut inner) = tried else { return false };
    while let Kind::Await(awaited) = unit.unit.kind(inner) {
        inner = *awaited;
    }
    let Some(other) = unit.call(inner) else { return false };
    let library = |call: &CallView<'_>| call.facts.behavior.as_ref().map(|(model, _)| *model);
    library(&other).is_some()
        && library(&other) == library(call)
        && other.facts.behavior.as_ref().is_some_and(|(_, b)| b.throws)
}
