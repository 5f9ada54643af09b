//! What rows are made into: structs of the project whose fields are columns.

use std::sync::Arc;

use plimsoll_behavior::models::BatchEdit;
use plimsoll_behavior::{Kind, Name, NodeId, TypeDecl, TypeExpr, TypeKind};
use plimsoll_project::link::{FileUnits, Value};

use crate::UnitView;
use crate::ask::database::touch::chain;
use crate::view::CallView;

/// What a query's rows are made into.
pub enum Record {
    /// Nothing: they are rows.
    None,
    /// Something with these fields, each a column.
    Of(Vec<Name>),
    /// Something of which that is not known.
    Unknown,
}

/// What the rows of a call are made into.
#[must_use]
pub fn record_of(view: &UnitView<'_>, call: &CallView<'_>) -> Record {
    let steps = chain(view.unit, call.node);
    let made = steps.into_iter().find_map(|step| {
        let facts = view.eval.call(view.index, step);
        let (_, behavior) = facts.behavior.as_ref()?;
        Some((step, behavior.record.clone()?))
    });
    match made {
        None => Record::None,
        Some((step, path)) => fields(view, call, step, &path).map_or(Record::Unknown, Record::Of),
    }
}

fn fields(view: &UnitView<'_>, call: &CallView<'_>, step: NodeId, path: &str) -> Option<Vec<Name>> {
    let Some(BatchEdit::SqlAny { row: Some(row_trait), .. }) = &call.facts.behavior.as_ref()?.1.batch_edit
    else {
        return None;
    };
    let index: usize = path.strip_prefix('<')?.strip_suffix('>')?.parse().ok()?;
    let Kind::Call { type_args, .. } = view.unit.kind(step) else { return None };
    let own = struct_of(view, step, type_args.get(index)?)?;
    let is_plain = derives(&own, row_trait)
        && !is_renamed(&own)
        && own.fields.iter().all(|field| field.attributes.is_empty());
    is_plain.then(|| own.fields.iter().map(|field| field.name.clone()).collect())
}

/// The struct of the project that a type is.
pub(crate) fn struct_of(view: &UnitView<'_>, at: NodeId, ty: &TypeExpr) -> Option<TypeDecl> {
    let Value::Own(own) = view.eval.value_of_type(view.index, view.unit.node(at).scope, ty) else {
        return None;
    };
    let find = |file: &FileUnits| {
        let mut structs = file.types_named(&own.name).filter(|(_, ty)| ty.kind == TypeKind::Struct);
        structs.next().map(|(_, ty)| ty.clone())
    };
    if own.file == view.linked.file.path {
        return find(&view.linked.file);
    }
    let there = view.world.linked(&own.file)?;
    find(&Arc::clone(&there).file)
}

/// Whether it derives this trait.
pub(crate) fn derives(ty: &TypeDecl, name: &str) -> bool {
    let is_word =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    ty.attributes.iter().any(|a| a.path.last().is_some_and(|last| last == "derive") && is_word(&a.text))
}

/// Whether an attribute may give columns other names than their fields'.
pub(crate) fn is_renamed(ty: &TypeDecl) -> bool {
    const HARMLESS: &[&str] = &["derive", "doc", "serde", "must_use", "non_exhaustive", "allow", "expect"];
    ty.attributes.iter().any(|a| a.path.last().is_none_or(|last| !HARMLESS.contains(&last.as_str())))
}
