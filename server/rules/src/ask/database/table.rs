//! Tables and columns that are values of the program: which part of a schema they declare or stand for.

use std::sync::Arc;

use plimsoll_behavior::models::{SchemaKind, Slot};
use plimsoll_project::link::{CallFacts, Evaluator, Site, SlotValue, Value};
use plimsoll_project::schema::{Column, Table};
use plimsoll_project::{ProjectSchema, declares_only_in_process};

use crate::UnitView;
use crate::view::CallView;

/// The schema that a call's tables are of: that of the file which declares the table it names, else the one that a
/// client of its kind works with.
#[must_use]
pub fn schema_of(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Arc<ProjectSchema>> {
    let (model, _) = call.facts.behavior.as_ref()?;
    let kind = unit.eval.models.all()[usize::from(*model)].schema?;
    let declared = match call.slot(Slot::Table) {
        Some(SlotValue::Node(site)) => declaration(&value_at(unit, site)).cloned(),
        _ => None,
    };
    match declared {
        Some(site) => unit.project.schemas.schema_with(&site.file),
        None => unit.project.schemas.schema_for(kind).cloned(),
    }
}

/// Whether a library's call asks a database inside of the process: no round trip, and nothing comes between. A builder of
/// queries runs them by whatever client the project declares.
#[must_use]
pub fn is_in_process(unit: &UnitView<'_>, facts: &CallFacts) -> bool {
    let Some((model, _)) = &facts.behavior else { return false };
    let model = &unit.eval.models.all()[usize::from(*model)];
    let builds = matches!(model.schema, Some(SchemaKind::Drizzle | SchemaKind::Sql));
    model.in_process
        || builds && !unit.is_rust() && declares_only_in_process(unit.project.files, &unit.linked.file.path)
}

/// The table that a value declares or stands for, or that a column of it belongs to.
#[must_use]
pub fn table_of<'s>(unit: &UnitView<'_>, schema: &'s ProjectSchema, value: &Value) -> Option<&'s Table> {
    let site = declaration(value)?;
    let mut start = None;
    let mut find = |there: &Evaluator<'_>| {
        start = there.file.unit_at(&site.unit).map(|index| {
            let range = there.file.units[index].unit.range(site.node);
            there.file.to_file(index, range).start
        });
    };
    if site.file == unit.linked.file.path {
        find(unit.eval);
    } else {
        unit.world.in_file(&site.file, &mut find);
    }
    let start = start?;
    let mut tables = schema.schema.tables.iter();
    tables.find(|table| *table.file == *site.file && table.range.start <= start && start < table.range.end)
}

/// The column that a value stands for. `implied` is the table of columns whose value does not say it.
#[must_use]
pub fn column_of<'s>(
    unit: &UnitView<'_>,
    schema: &'s ProjectSchema,
    value: &Value,
    implied: Option<&'s Table>,
) -> Option<(&'s Table, &'s Column)> {
    let Some(SlotValue::Text(key)) = value.instance()?.slot(Slot::Column) else { return None };
    let table = match declaration(value) {
        Some(_) => table_of(unit, schema, value)?,
        None => implied?,
    };
    let column = table.columns.iter().find(|column| column.code_name == *key)?;
    Some((table, column))
}

/// Where the table of a value is declared.
fn declaration(value: &Value) -> Option<&Site> {
    match value.instance()?.slot(Slot::Table) {
        Some(SlotValue::Node(site)) => Some(site),
        _ => None,
    }
}

/// The value of a node, wherever it stands.
pub(crate) fn value_at(unit: &UnitView<'_>, site: &Site) -> Value {
    let mut value = Value::Unknown;
    let mut find = |there: &Evaluator<'_>| {
        if let Some(index) = there.file.unit_at(&site.unit) {
            value = there.value(index, site.node);
        }
    };
    if site.file == unit.linked.file.path {
        find(unit.eval);
    } else {
        unit.world.in_file(&site.file, &mut find);
    }
    value
}
