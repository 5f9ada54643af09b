//! Lets the database count rows that were fetched to be counted.

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{Key, Kind, NodeId};
use plimsoll_syntax::TextRange;

use crate::ask::{Gathered, Numbers};
use crate::view::CallView;
use crate::{PlannedEdit, UnitView};

/// The edits, and the method that counts; none unless all that becomes of the rows is their number, and the query is an
/// object of which only the filter matters.
#[must_use]
pub fn count(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    numbers: &Numbers,
) -> Option<(Vec<PlannedEdit>, String)> {
    let u = unit.unit;
    let only_counts = numbers.made.iter().all(|made| *made == Gathered::Count);
    if !only_counts || numbers.lengths.len() != numbers.made.len() || unit.is_rust() {
        return None;
    }
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let filter = behavior.slots.get(&Slot::Filter)?;
    let (_, property) = filter.strip_prefix("0.").map(|property| (0, property))?;
    let methods = &unit.eval.models.ty(call.facts.receiver?).methods;
    let counts = methods.iter().filter(|(name, other)| {
        other.rows == Some(Rows::Aggregate)
            && other.slots.get(&Slot::Filter) == Some(filter)
            && name.starts_with("count")
    });
    let method = counts.map(|(name, _)| name.as_str()).min()?;
    let Kind::Call { callee, args, .. } = u.kind(call.node) else { return None };
    let Kind::Member { name_range, .. } = u.kind(*callee) else { return None };
    let kept = match &**args {
        [] => String::new(),
        [only] => {
            let Kind::Object { entries, .. } = u.kind(*only) else { return None };
            if entries.iter().any(|entry| !matches!(entry.key, Key::Name(_))) {
                return None;
            }
            let filter =
                entries.iter().find(|entry| matches!(&entry.key, Key::Name(name) if name == property));
            let text = |range| {
                let range: TextRange = unit.to_file(range);
                unit.project.text.get(range.start as usize..range.end as usize)
            };
            match filter {
                Some(entry) => format!("{{ {} }}", text(entry.range)?),
                None => String::new(),
            }
        }
        _ => return None,
    };
    let path = || unit.linked.file.path.to_string();
    let callee_end = unit.bytes(*callee).end;
    let mut edits = vec![
        PlannedEdit { path: path(), range: Some(unit.to_file(*name_range)), new_text: method.to_owned() },
        PlannedEdit {
            path: path(),
            range: Some(TextRange::new(callee_end, unit.bytes(call.node).end)),
            new_text: format!("({kept})"),
        },
    ];
    match numbers.bound {
        Some(binding) => {
            let binding = u.binding(binding);
            // Every use is a number: none may ask whether there are any.
            if binding.uses.len() != numbers.lengths.len() {
                return None;
            }
            let stem = binding.name.strip_suffix('s').unwrap_or(&binding.name);
            let name = super::script::free_name(unit, &format!("{stem}Count"))?;
            edits.push(PlannedEdit {
                path: path(),
                range: Some(unit.to_file(binding.range)),
                new_text: name.clone(),
            });
            edits.extend(numbers.lengths.iter().map(|&node| replaced(unit, node, &name)));
        }
        None => {
            // `(await query).length`: what stands around it goes.
            let [only] = numbers.lengths.as_slice() else { return None };
            let Kind::Member { object, .. } = u.kind(*only) else { return None };
            let end = unit.bytes(*object).end;
            let range = TextRange::new(end, unit.bytes(*only).end);
            let rest = unit.project.text.get(range.start as usize..range.end as usize)?;
            if !rest.trim_start().starts_with(')') {
                edits.push(PlannedEdit { path: path(), range: Some(range), new_text: String::new() });
            } else if let Some(opening) = needless_opening(unit, *only, *object) {
                edits.push(PlannedEdit { path: path(), range: Some(opening), new_text: String::new() });
                edits.push(PlannedEdit { path: path(), range: Some(range), new_text: String::new() });
            } else {
                edits.push(PlannedEdit { path: path(), range: Some(range), new_text: ")".to_owned() });
            }
        }
    }
    Some((edits, method.to_owned()))
}

/// The parenthesis that opens around the rows, where nothing needs it once their number stands there.
fn needless_opening(unit: &UnitView<'_>, number: NodeId, rows: NodeId) -> Option<TextRange> {
    let text = unit.project.text;
    let before = text.get(..unit.bytes(rows).start as usize)?.trim_end();
    let rest = before.strip_suffix('(')?;
    let at = u32::try_from(rest.len()).ok()?;
    // `return(await …)`: a word would grow together with what follows.
    let ends_in_a_word = rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | ')' | ']'));
    let binds_closer = match unit.unit.kind(unit.unit.parent(number)?) {
        Kind::Member { .. } | Kind::NonNull(_) => true,
        Kind::Index { object, .. } => *object == number,
        Kind::Call { callee, .. } => *callee == number,
        // Nothing may be unary before a power.
        Kind::Binary { op, .. } => op == "**",
        _ => false,
    };
    let end = unit.bytes(rows).start;
    (!ends_in_a_word && !binds_closer).then(|| TextRange::new(at, end))
}

fn replaced(unit: &UnitView<'_>, node: NodeId, text: &str) -> PlannedEdit {
    PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(unit.bytes(node)),
        new_text: text.to_owned(),
    }
}
