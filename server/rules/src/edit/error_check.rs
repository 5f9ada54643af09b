//! Throws the error that a result tells.

use plimsoll_behavior::{Kind, NodeId, PathStep};
use plimsoll_syntax::TextRange;

use super::script;
use crate::{PlannedEdit, UnitView};

/// TypeScript: takes the member `error` out of the awaited result of a call and throws it where it is set, in a statement
/// after the one that awaits; only where that one does nothing else with the result, or takes it apart.
#[must_use]
pub fn thrown(unit: &UnitView<'_>, call: NodeId, error: &str) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let awaited = u.parent(call).filter(|&node| matches!(u.kind(node), Kind::Await(_)))?;
    let statement = u.parent(awaited)?;
    let throws = |name: &str| script::statement_after(unit, statement, &format!("if ({name}) throw {name}"));
    if let Kind::Let { pattern, .. } = u.kind(statement) {
        let mut bindings = pattern.bindings.iter().map(|&binding| u.binding(binding));
        let is_error = |path: &[PathStep]| matches!(path, [PathStep::Member(name)] if name == error);
        if let Some(taken) = bindings.find(|binding| is_error(&binding.path)) {
            return Some(vec![throws(&taken.name)?]);
        }
    }
    let name = script::free_name(unit, error)?;
    let member = if name == error { name.clone() } else { format!("{error}: {name}") };
    let taken = match u.kind(statement) {
        Kind::Discard(_) => {
            let start = unit.bytes(awaited).start;
            insert(unit, start, format!("const {{ {member} }} = "))
        }
        Kind::Let { pattern, init: Some(init), .. } if *init == awaited => {
            let is_object =
                |&binding: &_| matches!(u.binding(binding).path.first(), Some(PathStep::Member(_)));
            let range = unit.to_file(pattern.range);
            let text = unit.project.text.get(range.as_usize())?;
            let inside =
                text.strip_prefix('{')?.split_once('}').filter(|_| pattern.bindings.iter().all(is_object))?.0;
            // Of what is nested the first brace would not be the last.
            if inside.contains(['{', '[', '=', '/']) || pattern.bindings.is_empty() {
                return None;
            }
            let last = inside.trim_end();
            let at = range.start + 1 + u32::try_from(last.len()).ok()?;
            let separator = if last.ends_with(',') { " " } else { ", " };
            insert(unit, at, format!("{separator}{member}"))
        }
        _ => return None,
    };
    Some(vec![taken, throws(&name)?])
}

fn insert(unit: &UnitView<'_>, at: u32, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(TextRange::new(at, at)), new_text }
}
