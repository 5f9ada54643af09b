//! Queries that are SQL text with a list of values: `pool.query("SELECT … WHERE id = $1", [id])`.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{CallForm, Kind, Literal, NodeId};
use plimsoll_project::link::Value;
use plimsoll_syntax::TextRange;

use super::names::is_plain_name;
use super::place::Place;
use super::{Query, Read, sql};
use crate::UnitView;
use crate::view::CallView;

/// What a turn asks for with a text and a list of values of which one is the key. The result holds the rows in its member
/// `rows`.
pub(super) fn query(place: &Place<'_, '_>, call: &CallView<'_>, rows: &str) -> Option<Query> {
    let view = place.view;
    let u = view.unit;
    let Kind::Call { callee, args, form: CallForm::Plain, type_args } = u.kind(call.node) else {
        return None;
    };
    let &[text, values] = &**args else { return None };
    let Kind::Array(items) = u.kind(values) else { return None };
    let is_here = view.own_node(call.slot(Slot::Sql)) == Some(text)
        && view.own_node(call.slot(Slot::Params)) == Some(values);
    if !is_here || !place.is_known_before(*callee) {
        return None;
    }
    let mut keys = items.iter().enumerate().filter(|(_, item)| !place.is_known_before(**item));
    let (index, &key) = keys.next()?;
    if keys.next().is_some() || !place.is_key(key) {
        return None;
    }
    let (start, plain) = constant(view, text)?;
    let schema = view.eval.models.all().get(usize::from(call.facts.behavior.as_ref()?.0))?.schema;
    let schema = schema.and_then(|kind| view.project.schemas.schema_for(kind));
    let many = sql::for_many(plain, index + 1, schema.map(|schema| &**schema))?;
    let is_known = match &**type_args {
        [] => true,
        [row] => has_field(view, call.node, row, &many.column),
        _ => false,
    };
    if !is_known || !is_plain_name(&many.column) {
        return None;
    }
    let mut changes: Vec<(TextRange, String)> = many
        .changes
        .into_iter()
        .map(|(range, new_text)| {
            let at = start as usize;
            (TextRange::from_usize(at + range.start, at + range.end), new_text)
        })
        .collect();
    changes.push((view.bytes(key), "\0".to_owned()));
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    Some(Query {
        read: Read::Whole(place.moved_sql(view.bytes(call.node), &changes)?),
        rows: Some(rows.to_owned()),
        table: Some(many.table).filter(|name| is_plain_name(name)),
        column: many.column,
        key,
        compares_texts: true,
        missing: None,
        is_never_null: true,
        import: None,
    })
}

/// The first byte in the file of a text without holes and escapes, and the text.
fn constant<'v>(view: &UnitView<'v>, node: NodeId) -> Option<(u32, &'v str)> {
    let is_constant = match view.unit.kind(node) {
        Kind::Literal(Literal::String(_)) => true,
        Kind::Template { holes, .. } => holes.is_empty(),
        _ => false,
    };
    let text = view.text(node);
    let plain = text.get(1..text.len().checked_sub(1)?)?;
    (is_constant && !plain.contains('\\')).then_some((view.bytes(node).start + 1, plain))
}

/// Whether a type of the project is known to have a field.
fn has_field(view: &UnitView<'_>, at: NodeId, ty: &plimsoll_behavior::TypeExpr, name: &str) -> bool {
    let Value::Own(own) = view.eval.value_of_type(view.index, view.unit.node(at).scope, ty) else {
        return false;
    };
    let has = |file: &plimsoll_project::link::FileUnits| {
        file.types_named(&own.name).any(|(_, ty)| ty.fields.iter().any(|field| field.name == name))
    };
    if own.file == view.linked.file.path {
        return has(&view.linked.file);
    }
    view.world.linked(&own.file).is_some_and(|there| has(&there.file))
}
