//! Lets the database decide whether a row is created.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Access as Reached, Key, Kind, NodeId};
use plimsoll_project::schema::Dialect;
use plimsoll_syntax::TextRange;

use super::style;
use crate::ask::database::row::Access;
use crate::ask::{Absence, sql_texts};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Creates a row or leaves the one that is there, where the code goes on with either. `lookup` is what found nothing.
/// None where the columns are no unique key.
#[must_use]
pub fn create_or_leave(
    unit: &UnitView<'_>,
    call: NodeId,
    write: &Access,
    lookup: (usize, NodeId),
    read: &Access,
    form: Absence,
) -> Option<FixPlan> {
    if form != Absence::Filled || write.is_indirect || read.is_indirect || lookup.0 != unit.index {
        return None;
    }
    if let Some(edit) = in_text(unit, call, read, write) {
        return Some(edit);
    }
    let (_, behavior) = unit.call(call)?.facts.behavior.clone()?;
    let method = behavior.upsert.clone()?;
    let (_, reads) = unit.call(lookup.1)?.facts.behavior.clone()?;
    let filter = unit.own_node(unit.call(lookup.1)?.slot(Slot::Filter)).filter(|_| reads.unique)?;
    let data = unit.own_node(unit.call(call)?.slot(Slot::Data))?;
    let Kind::Call { callee, args, .. } = unit.unit.kind(call) else { return None };
    let Kind::Member { name_range, access: Reached::Dot, .. } = unit.unit.kind(*callee) else { return None };
    let [argument] = &**args else { return None };
    let Kind::Object { entries, .. } = unit.unit.kind(*argument) else { return None };
    let entry = entries.iter().find(|entry| entry.value == data && matches!(&entry.key, Key::Name(_)))?;
    let range = unit.to_file(entry.range);
    let text = unit.project.text;
    let between = if style::begins_its_line(text, range.start) {
        format!(",{}{}", style::Style::of(text).newline, style::indent_at(text, range.start))
    } else {
        ", ".to_owned()
    };
    let parts = [
        format!("where: {}", unit.text(filter)),
        format!("create: {}", unit.text(data)),
        "update: {}".to_owned(),
    ];
    let edits = vec![
        replace(unit, unit.to_file(*name_range), method.to_string()),
        replace(unit, range, parts.join(&between)),
    ];
    let title = format!("Use `{method}` (review: leaves a row that is there)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// `INSERT … ON CONFLICT (…) DO NOTHING`
fn in_text(unit: &UnitView<'_>, call: NodeId, read: &Access, write: &Access) -> Option<FixPlan> {
    let schema = write.schema.as_ref()?;
    if !matches!(schema.schema.dialect, Dialect::Postgres | Dialect::Sqlite) {
        return None;
    }
    let view = unit.call(call)?;
    let texts = sql_texts(unit, &view, None);
    let [sql] = texts.as_slice() else { return None };
    let node =
        sql.node.filter(|&node| matches!(unit.unit.kind(node), Kind::Literal(_) | Kind::Template { .. }))?;
    let text = unit.text(node);
    let body =
        text.trim_end_matches(|c: char| matches!(c, '"' | '\'' | '`' | '#' | ';') || c.is_whitespace());
    if text.to_ascii_uppercase().contains("RETURNING") || !body.ends_with(')') {
        return None;
    }
    let columns: Vec<&str> = read.keys.iter().map(|key| key.column.as_str()).collect();
    let at = unit.bytes(node).start + u32::try_from(body.len()).ok()?;
    let last_line = body.rsplit('\n').next().unwrap_or_default();
    let gap = if body.contains('\n') {
        format!("{}{}", style::Style::of(unit.project.text).newline, style::leading(last_line))
    } else {
        " ".to_owned()
    };
    let new_text = format!("{gap}ON CONFLICT ({}) DO NOTHING", columns.join(", "));
    Some(FixPlan {
        title: "Add `ON CONFLICT … DO NOTHING` (review: leaves a row that is there)".to_owned(),
        safety: Safety::Review,
        edits: vec![replace(unit, TextRange::new(at, at), new_text)],
    })
}

fn replace(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
