//! Hands a stream and where it is piped to over to what tells of the failures of both, and closes both.

use plimsoll_behavior::models::HeardEdit;
use plimsoll_behavior::{BindingKind, Import, Imported, Kind, NodeId};

use super::import;
use super::style::{Style, indent_at};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Writes `pipeline(stream, to, …)` in the place of `stream.pipe(to)`, where that is a statement of its own and all that is
/// done with the stream.
#[must_use]
pub fn through_a_pipeline(unit: &UnitView<'_>, call: NodeId, edit: &HeardEdit) -> Option<FixPlan> {
    let u = unit.unit;
    let piped = match u.kind(u.parent(call)?) {
        Kind::Let { pattern, .. } => match pattern.bindings.as_slice() {
            [only] if u.binding(*only).path.is_empty() => {
                let mut uses = u.binding(*only).uses.iter().copied();
                let is_piped = |used: &NodeId| piped_call(unit, *used).is_some();
                let one = uses.find(is_piped)?;
                if uses.any(|used| is_piped(&used)) {
                    return None;
                }
                one
            }
            _ => return None,
        },
        _ => call,
    };
    let (statement, to) = piped_to(unit, piped)?;
    let text = unit.project.text;
    let style = Style::of(text);
    let range = unit.bytes(statement);
    let indent = indent_at(text, range.start);
    let Style { newline, indent: step, semicolon } = &style;
    let (name, stream, to) = (&edit.name, unit.text(piped), unit.text(to));
    let new_text = format!(
        "{name}({stream}, {to}, (error) => {{{newline}{indent}{step}if (error) console.error(error){semicolon}{newline}{indent}}})"
    );
    let mut edits = vec![PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(unit.bytes(piped_call(unit, piped)?)),
        new_text,
    }];
    if !is_imported(unit, edit)? {
        edits.push(import::statement(unit, &edit.import)?);
    }
    Some(FixPlan {
        title: format!(
            "Use `{name}`, which closes both and tells of a failure (review: what is to be answered then)"
        ),
        safety: Safety::Review,
        edits,
    })
}

/// Whether the file has the name from there already; none if something else has it.
fn is_imported(unit: &UnitView<'_>, edit: &HeardEdit) -> Option<bool> {
    let file = &unit.linked.file;
    let module = &file.units[0].unit;
    let is_it = |import: &Import| {
        let is_named = matches!(&import.what, Imported::Name(name) if *name == edit.name);
        is_named && edit.modules.contains(&import.module)
    };
    if module.imports.iter().any(is_it) {
        return Some(true);
    }
    let is_taken = file.units.iter().any(|entry| {
        entry.unit.bindings.iter().any(|b| b.name == edit.name && !matches!(b.kind, BindingKind::Type))
    });
    (!is_taken).then_some(false)
}

fn piped_call(unit: &UnitView<'_>, stream: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let member = u.parent(stream)?;
    let Kind::Member { object, name, .. } = u.kind(member) else { return None };
    let call = u.parent(member)?;
    let is_it = *object == stream && name == "pipe";
    (is_it && matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member)).then_some(call)
}

/// The statement that only pipes a stream, and where to.
fn piped_to(unit: &UnitView<'_>, stream: NodeId) -> Option<(NodeId, NodeId)> {
    let u = unit.unit;
    let call = piped_call(unit, stream)?;
    let Kind::Call { args, .. } = u.kind(call) else { return None };
    let [to] = args.as_ref() else { return None };
    let statement = u.parent(call)?;
    matches!(u.kind(statement), Kind::Discard(_)).then_some((statement, *to))
}
