//! Lets the database compute a new value from the old one: `{ increment: n }`, `SET x = x + $1`.

use plimsoll_behavior::models::{ChangeEdit, Slot};
use plimsoll_behavior::{BindingId, BindingKind, Entry, Kind, NodeId, Unit};
use plimsoll_project::link::SlotValue;
use plimsoll_syntax::TextRange;

use super::style;
use crate::ask::database::row::{Seen, plain_column};
use crate::ask::{bare, callee_name, chain, receiver, sql_texts};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// What is added to the old value, or taken from it.
struct Change {
    is_added: bool,
    by: NodeId,
    /// The variable that holds the new value, and nothing else reads.
    variable: Option<BindingId>,
}

/// Replaces a value that is the column's old value and a number by one that the database computes. `leaf` is what is
/// read of the old row. None where the value is made in another way, and where the library has no word for it.
#[must_use]
pub fn let_the_database_add(
    unit: &UnitView<'_>,
    call: NodeId,
    column: &str,
    value: &Seen,
    leaf: (usize, NodeId),
) -> Option<FixPlan> {
    if value.unit != unit.index || leaf.0 != unit.index || !value.path.is_empty() {
        return None;
    }
    let change = change(unit.unit, value.node, leaf.1)?;
    let mut edits = match in_text(unit, call, column, value.node, &change) {
        Some(edits) => edits,
        None => in_object(unit, call, column, value.node, &change)?,
    };
    if let Some(variable) = change.variable {
        edits.push(without(unit, variable)?);
    }
    let read = without_read(unit, leaf.1)?;
    let verb = if change.is_added { "add to" } else { "subtract from" };
    let instead = if read.is_some() { " instead of reading it" } else { "" };
    edits.extend(read);
    Some(FixPlan {
        title: format!("Let the database {verb} `{column}`{instead} (review: changes what is written)"),
        safety: Safety::Review,
        edits,
    })
}

fn change(u: &Unit, value: NodeId, leaf: NodeId) -> Option<Change> {
    let mut node = bare(u, value);
    let mut variable = None;
    if let Kind::Name { binding: Some(id), .. } = u.kind(node) {
        let binding = u.binding(*id);
        let is_only_written = binding.kind == BindingKind::Variable
            && binding.path.is_empty()
            && binding.assignments.is_empty()
            && binding.uses.len() == 1;
        node = bare(u, binding.value.filter(|_| is_only_written)?);
        variable = Some(*id);
    }
    let is_leaf = |node: NodeId| bare(u, node) == leaf;
    match u.kind(node) {
        Kind::Binary { op, left, right } => {
            let (is_added, by) = match op.as_str() {
                "+" if is_leaf(*left) => (true, *right),
                "+" if is_leaf(*right) => (true, *left),
                "-" if is_leaf(*left) => (false, *right),
                _ => return None,
            };
            Some(Change { is_added, by, variable })
        }
        Kind::Call { args, .. } => {
            let [by] = &**args else { return None };
            receiver(u, node).filter(|&on| is_leaf(on))?;
            let is_added = match callee_name(u, node)?.as_str() {
                "plus" | "add" => true,
                "minus" | "sub" => false,
                _ => return None,
            };
            Some(Change { is_added, by: *by, variable })
        }
        _ => None,
    }
}

/// `stock: product.stock - n` becomes what the library writes for it.
fn in_object(
    unit: &UnitView<'_>,
    call: NodeId,
    column: &str,
    value: NodeId,
    change: &Change,
) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let edit = chain(u, call).into_iter().find_map(|step| {
        unit.eval
            .call(unit.index, step)
            .behavior
            .as_ref()
            .and_then(|(_, behavior)| behavior.change_edit.clone())
    })?;
    let ChangeEdit { add, subtract, import } = edit;
    let object = u.parent(value)?;
    let Kind::Object { entries, .. } = u.kind(object) else { return None };
    let entry: &Entry = entries.iter().find(|entry| entry.value == value)?;
    let facts = unit.eval.call(unit.index, call);
    let table = match facts.slot(Slot::Table) {
        Some(SlotValue::Node(site)) => {
            unit.own_node(Some(&SlotValue::Node(site.clone()))).map(|node| unit.text(node))
        }
        _ => None,
    };
    let form = if change.is_added { add } else { subtract };
    if form.contains("{table}") && table.is_none() {
        return None;
    }
    let written = form
        .replace("{table}", table.unwrap_or_default())
        .replace("{column}", column)
        .replace("{n}", unit.text(change.by));
    let new_text = if entry.is_shorthand { format!("{column}: {written}") } else { written };
    let mut edits = vec![replace(unit, unit.bytes(value), new_text)];
    if let Some((name, module)) = import {
        edits.extend(imported(unit, &name, &module)?);
    }
    Some(edits)
}

/// What makes a name of a module known that the file imports something else from: nothing, where it is.
fn imported(unit: &UnitView<'_>, name: &str, module: &str) -> Option<Option<PlannedEdit>> {
    let top = &unit.linked.file.units[0].unit;
    let own = |b: BindingId| top.binding(b).name == name;
    if top.imports.iter().any(|import| import.module == module && import.binding.is_some_and(own)) {
        return Some(None);
    }
    let is_taken =
        unit.linked.file.units.iter().any(|entry| entry.unit.bindings.iter().any(|b| b.name == name));
    let from = top.imports.iter().find(|import| import.module == module && !import.is_type_only)?;
    let range = unit.linked.file.to_file(0, from.range);
    let text = unit.project.text.get(range.as_usize())?;
    let last = text.rfind('}')?;
    let inner = text[..last].trim_end();
    if is_taken || !text[..last].contains('{') || inner.ends_with('{') || inner.contains("//") {
        return None;
    }
    let comma = if inner.ends_with(',') { "" } else { "," };
    let at = range.start + u32::try_from(inner.len()).ok()?;
    let is_tall = inner.contains('\n');
    let new_text = if is_tall {
        let newline = style::Style::of(unit.project.text).newline;
        format!(
            "{comma}{newline}{}{name}{}",
            style::indent_at(unit.project.text, at),
            if comma.is_empty() { "," } else { "" }
        )
    } else {
        format!("{comma} {name}")
    };
    Some(Some(replace(unit, TextRange::new(at, at), new_text)))
}

/// `SET stock = $1` becomes `SET stock = stock - $1`, and what is bound loses the old value.
fn in_text(
    unit: &UnitView<'_>,
    call: NodeId,
    column: &str,
    value: NodeId,
    change: &Change,
) -> Option<Vec<PlannedEdit>> {
    let view = unit.call(call)?;
    let texts = sql_texts(unit, &view, None);
    let [sql] = texts.as_slice() else { return None };
    let node =
        sql.node.filter(|&node| matches!(unit.unit.kind(node), Kind::Literal(_) | Kind::Template { .. }))?;
    let text = unit.text(node);
    let at = value_of(text, column)?;
    let sign = if change.is_added { '+' } else { '-' };
    let start = unit.bytes(node).start + u32::try_from(at).ok()?;
    let new_text = format!("{column} {sign} ");
    Some(vec![
        replace(unit, TextRange::new(start, start), new_text),
        replace(unit, unit.bytes(value), unit.text(change.by).to_owned()),
    ])
}

/// Where the value of a column that is set begins, if the column is set once.
fn value_of(text: &str, column: &str) -> Option<usize> {
    let plain = plain_column(column);
    let set = text.to_ascii_uppercase().find("SET")?;
    let end = text.to_ascii_uppercase().find("WHERE").unwrap_or(text.len());
    let mut found = None;
    for (at, _) in text.get(set..end)?.match_indices('=') {
        let at = set + at;
        let before = text[..at].trim_end();
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if plain_column(name) == plain && !name.is_empty() {
            let rest = &text[at + 1..];
            let start = at + 1 + (rest.len() - rest.trim_start().len());
            if found.replace(start).is_some() {
                return None;
            }
        }
    }
    found
}

/// The statement of the variable that held the new value goes.
fn without(unit: &UnitView<'_>, variable: BindingId) -> Option<PlannedEdit> {
    let value = unit.unit.binding(variable).value?;
    let statement = unit.unit.parent(value)?;
    let Kind::Let { pattern, .. } = unit.unit.kind(statement) else { return None };
    (pattern.bindings.len() == 1).then_some(())?;
    without_lines(unit, statement)
}

/// The read goes too where nothing else looks at what it found; nothing where something does.
fn without_read(unit: &UnitView<'_>, leaf: NodeId) -> Option<Option<PlannedEdit>> {
    let u = unit.unit;
    let mut at = leaf;
    while let Kind::Member { object, .. } | Kind::Index { object, .. } = u.kind(at) {
        at = bare(u, *object);
    }
    let Kind::Name { binding: Some(binding), .. } = u.kind(at) else { return None };
    let binding = u.binding(*binding);
    if binding.uses.len() > 1 {
        return Some(None);
    }
    let value = binding.value?;
    let statement = u.parent(value)?;
    let Kind::Let { pattern, otherwise: None, .. } = u.kind(statement) else { return None };
    // Nor may a variable be left behind that only this one was made of.
    let is_left = u.descendants(value).into_iter().any(|node| match u.kind(node) {
        Kind::Name { binding: Some(b), .. } => {
            let b = u.binding(*b);
            b.uses.len() == 1 && matches!(b.kind, BindingKind::Variable | BindingKind::Matched)
        }
        _ => false,
    });
    (pattern.bindings.len() == 1 && !is_left).then_some(())?;
    without_lines(unit, statement).map(Some)
}

/// Removes a statement that has its lines for itself.
fn without_lines(unit: &UnitView<'_>, statement: NodeId) -> Option<PlannedEdit> {
    let text = unit.project.text;
    let range = unit.bytes(statement);
    let mut end = range.end;
    if text.get(end as usize..)?.starts_with(';') {
        end += 1;
    }
    let rest = text.get(end as usize..)?;
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    if !style::begins_its_line(text, range.start) || !line.trim().is_empty() {
        return None;
    }
    let start = text[..range.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let range = TextRange::from_usize(start, end as usize + line.len());
    Some(replace(unit, range, String::new()))
}

fn replace(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
