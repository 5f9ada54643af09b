//! Moves what a function makes for itself to the top level of its file.

use plimsoll_behavior::{BindingKind, CallForm, Effects, FunctionKind, Kind, Literal, NodeId};
use plimsoll_syntax::TextRange;

use super::style::{Style, begins_its_line, end_of_line};
use crate::ask::binding_of;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Moves `const client = new Client(…)` out of its function, before the statement of the file that it stands in. None
/// where it is made of something that only the function has, or is closed or connected there.
#[must_use]
pub fn hoist(unit: &UnitView<'_>, call: NodeId) -> Option<FixPlan> {
    let u = unit.unit;
    if unit.is_rust() {
        return None;
    }
    let statement = u.parent(call)?;
    let Kind::Let { pattern, ty: None, init: Some(init), is_using: false, .. } = u.kind(statement) else {
        return None;
    };
    let [binding] = pattern.bindings.as_slice() else { return None };
    let own = u.binding(*binding);
    let is_plain = *init == call && own.path.is_empty() && own.assignments.is_empty();
    if !is_plain || !is_of_the_module(unit, call) || is_ended(unit, &own.uses) {
        return None;
    }
    let text = unit.project.text;
    let range = unit.bytes(statement);
    let written = text.get(range.as_usize())?;
    let end = end_of_line(text, range.end + u32::from(text[range.end as usize..].starts_with(';')))?;
    if !begins_its_line(text, range.start) || written.contains('\n') || text[end as usize..].starts_with("//")
    {
        return None;
    }
    // From the end of the line before to the end of this one.
    let start = u32::try_from(text[..range.start as usize].rfind('\n')?).ok()?;
    let start = start - u32::from(text[..start as usize].ends_with('\r'));
    let path = unit.linked.file.path.to_string();
    let edit =
        |range: TextRange, new_text: String| PlannedEdit { path: path.clone(), range: Some(range), new_text };
    let mut edits = vec![edit(TextRange::new(start, end), String::new())];
    let module = unit.unit_of(0);
    let made = written.split_once('=')?.1.trim();
    let same = module.bindings.iter().find(|b| b.name == own.name && b.scope.0 == 0);
    match same {
        Some(there) => {
            let value = there.value.filter(|_| there.kind == BindingKind::Variable)?;
            let place = unit.of(0).bytes(value);
            if text.get(place.as_usize())? != made {
                return None;
            }
        }
        None if module.free_names.contains(&own.name) => return None,
        None => {
            let at = statement_of_the_file(unit)?;
            let Style { newline, semicolon, .. } = Style::of(text);
            if !begins_its_line(text, at) {
                return None;
            }
            let name = &own.name;
            edits.insert(
                0,
                edit(TextRange::new(at, at), format!("const {name} = {made}{semicolon}{newline}{newline}")),
            );
        }
    }
    let title =
        format!("Make `{}` once, at the top level of the file (review: all calls share it)", own.name);
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// Whether all that a call is made of is known at the top level of the file.
fn is_of_the_module(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    u.descendants(call).into_iter().all(|node| match u.kind(node) {
        Kind::Name { name, .. } => match binding_of(unit, unit.index, node) {
            Some((of, binding)) => {
                let there = unit.unit_of(of);
                of == 0
                    && there.binding(binding).scope.0 == 0
                    && matches!(there.binding(binding).kind, BindingKind::Import(_) | BindingKind::Type)
            }
            None => matches!(name.as_str(), "process" | "undefined" | "Number" | "parseInt" | "String"),
        },
        Kind::Call { form, .. } => {
            *form == CallForm::New || node == call || unit.eval.call(unit.index, node).effects.is_empty()
        }
        Kind::Literal(Literal::Regex(_))
        | Kind::Await(_)
        | Kind::This
        | Kind::Function(_)
        | Kind::Nested(_) => false,
        _ => true,
    })
}

/// Whether one of the uses closes or connects the client: whoever shares it must not.
fn is_ended(unit: &UnitView<'_>, uses: &[NodeId]) -> bool {
    let u = unit.unit;
    uses.iter().any(|&used| {
        let Some(member) = u.parent(used) else { return false };
        let Some(call) = u.parent(member) else { return false };
        match (u.kind(member), u.kind(call)) {
            (Kind::Member { object, name, .. }, Kind::Call { callee, .. })
                if *object == used && *callee == member =>
            {
                let effects = unit.eval.call(unit.index, call).effects;
                effects.intersects(Effects::RELEASE | Effects::DB_CONNECT)
                    || name == "connect"
                    || name == "initialize"
            }
            _ => false,
        }
    }) || u.nested.iter().any(|nested| nested.kind != FunctionKind::Module) && is_used_inside(unit, uses)
}

/// Whether a function nested in the unit may use it too, where closing it would not be seen.
fn is_used_inside(unit: &UnitView<'_>, uses: &[NodeId]) -> bool {
    let Some(&first) = uses.first() else { return !unit.linked.file.units[unit.index].nested.is_empty() };
    let Kind::Name { name, .. } = unit.unit.kind(first) else { return true };
    let inner = &unit.linked.file.units[unit.index].nested;
    inner.iter().any(|&inner| unit.unit_of(inner).free_names.contains(name))
}

/// Where the statement of the file begins that the unit stands in.
fn statement_of_the_file(unit: &UnitView<'_>) -> Option<u32> {
    let mut index = unit.index;
    let mut node = None;
    while let Some(outer) = unit.linked.file.units[index].parent {
        let u = unit.unit_of(outer);
        node = Some(u.nested.get(unit.linked.file.units[index].index_in_parent as usize)?.node);
        index = outer;
    }
    let u = unit.unit_of(0);
    let mut at = node?;
    while let Some(parent) = u.parent(at).filter(|&parent| u.parent(parent).is_some()) {
        at = parent;
    }
    let start = unit.of(0).bytes(at).start;
    let text = unit.project.text;
    // `export` and the like belong to it and to no node.
    let mut line = text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..start as usize].trim();
    if !matches!(
        before,
        "" | "export" | "export default" | "export async" | "async" | "const" | "export const"
    ) {
        return None;
    }
    // So do the comments and decorators right above it.
    while line > 0 {
        let above = text[..line - 1].rfind('\n').map_or(0, |at| at + 1);
        let its = text[above..line].trim();
        let belongs = ["//", "/*", "*", "@"].iter().any(|mark| its.starts_with(mark)) || its.ends_with("*/");
        if !belongs {
            break;
        }
        line = above;
    }
    u32::try_from(line).ok()
}
