//! Another function of a library, where one of it is imported already.

use plimsoll_behavior::{BindingKind, Imported, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::edit;
use super::place::Place;
use crate::PlannedEdit;
use crate::ask::binding_of;
use crate::edit::cleanup::is_taken;
use crate::edit::style::{Style, begins_its_line, indent_at};

/// What is written in the place of a function's name to mean `other`, a function of the same module, and the edit that
/// imports that. None where it is not known how the function came here, or something else has the name.
pub(super) fn in_place_of(
    place: &Place<'_, '_>,
    callee: NodeId,
    other: &str,
) -> Option<(TextRange, String, Option<PlannedEdit>)> {
    let view = place.view;
    let range = view.bytes(callee);
    if let Kind::Member { name_range, .. } = view.unit.kind(callee) {
        return Some((view.to_file(*name_range), other.to_owned(), None));
    }
    let (unit, id) = binding_of(view, view.index, callee)?;
    let u = view.unit_of(unit);
    let binding = u.binding(id);
    let BindingKind::Import(index) = binding.kind else { return None };
    let import = u.imports.get(index as usize)?;
    let is_the_other = |what: &Imported| matches!(what, Imported::Name(name) if name == other);
    let imported = u.imports.iter().find(|import_of| {
        import_of.module == import.module && is_the_other(&import_of.what) && !import_of.is_type_only
    });
    if let Some(binding) = imported.and_then(|import| import.binding) {
        return Some((range, u.binding(binding).name.to_string(), None));
    }
    let text = view.project.text;
    let whole = view.linked.file.to_file(unit, import.range);
    let is_import = text.get(whole.start as usize..)?.starts_with("import");
    if !is_import || is_taken(&place.outer, place.function, other) {
        return None;
    }
    let at = view.linked.file.to_file(unit, binding.range);
    let separator = if begins_its_line(text, at.start) {
        format!("{}{}", Style::of(text).newline, indent_at(text, at.start))
    } else {
        " ".to_owned()
    };
    let added = edit(view, TextRange::new(at.end, at.end), format!(",{separator}{other}"));
    Some((range, other.to_owned(), Some(added)))
}
