//! Binds values to an SQL text in place of putting them into it.

use plimsoll_behavior::models::{BindEdit, Slot};
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use crate::ask::{FromOutside, bare};
use crate::view::CallView;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Words after which a value stands in SQL, in capitals.
const BEFORE_VALUES: &[&str] = &["LIKE", "ILIKE", "LIMIT", "OFFSET", "BETWEEN", "AND"];
/// Signs after which a value stands.
const COMPARES: &[char] = &['=', '<', '>'];

/// Binds what is put into the text of a query. None where the library's model does not say how, where the text is put
/// together elsewhere or in steps, and where something stands in it that is no value.
#[must_use]
pub fn bound(unit: &UnitView<'_>, found: &FromOutside) -> Option<FixPlan> {
    if unit.is_rust() || found.through.is_some() {
        return None;
    }
    let call = call_around(unit, found.node)?;
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let edit = behavior.bind_edit.as_ref()?;
    let text = written_here(unit, found.node)?;
    let holes = holes(unit, text)?;
    if holes.is_empty() {
        return None;
    }
    let name = unit.call_name(call.node);
    match edit {
        BindEdit::Tag { tag } => {
            let edits = tagged(unit, &call, text, &holes, tag.as_deref())?;
            let title = format!(
                "Bind what `{name}` is given by a tagged template (review: it is bound as the type that it has)"
            );
            Some(FixPlan { title, safety: Safety::Review, edits })
        }
        BindEdit::Numbered | BindEdit::Marks => {
            let is_numbered = matches!(edit, BindEdit::Numbered);
            let edits = listed(unit, &call, text, &holes, is_numbered)?;
            Some(FixPlan {
                title: format!("Bind what is put into the text of `{name}`"),
                safety: Safety::Safe,
                edits,
            })
        }
    }
}

/// The call whose SQL text a node is.
fn call_around<'a>(unit: &UnitView<'a>, text: NodeId) -> Option<CallView<'a>> {
    let mut around = unit.unit.ancestors(text);
    around
        .find_map(|around| unit.call(around).filter(|call| unit.own_node(call.slot(Slot::Sql)) == Some(text)))
}

/// The template that a text is: as it stands there, or in a constant that is used for nothing else.
fn written_here(unit: &UnitView<'_>, text: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let node = bare(u, text);
    match u.kind(node) {
        Kind::Template { .. } => Some(node),
        Kind::Name { binding: Some(binding), .. } => {
            let binding = u.binding(*binding);
            let is_for_nothing_else = binding.uses.len() == 1 && binding.assignments.is_empty();
            let value = binding.value.filter(|_| is_for_nothing_else && binding.path.is_empty())?;
            matches!(u.kind(value), Kind::Template { .. }).then_some(value)
        }
        _ => None,
    }
}

/// A part of a template that a value takes the place of.
struct Hole {
    /// Bytes of the template's own text: with the quotes around it, where there are any.
    range: std::ops::Range<usize>,
    /// The value, as an expression.
    value: String,
}

/// The holes of a template, each as a value; none where one is no value.
fn holes(unit: &UnitView<'_>, template: NodeId) -> Option<Vec<Hole>> {
    let Kind::Template { holes, .. } = unit.unit.kind(template) else { return None };
    let text = unit.text(template);
    let start = unit.bytes(template).start as usize;
    let mut found: Vec<Hole> = Vec::new();
    let mut after = 1;
    let mut quote: Option<usize> = None;
    for &hole in holes {
        let range = unit.bytes(hole);
        let (from, to) = (range.start as usize - start, range.end as usize - start);
        let open = text[..from].rfind("${")?;
        let close = to + text[to..].find('}')? + 1;
        for (at, _) in text.get(after..open)?.match_indices('\'') {
            quote = if quote.is_none() { Some(after + at) } else { None };
        }
        let value = unit.text(hole);
        match quote.take() {
            Some(begin) => {
                let end = close + text[close..].find('\'')?;
                let (prefix, suffix) = (&text[begin + 1..open], &text[close..end]);
                let is_one =
                    !prefix.contains("${") && !suffix.contains("${") && !text[end + 1..].starts_with('\'');
                if !is_one {
                    return None;
                }
                let value = match (prefix, suffix) {
                    ("", "") => value.to_owned(),
                    _ => format!("`{prefix}${{{value}}}{suffix}`"),
                };
                found.push(Hole { range: begin..end + 1, value });
                after = end + 1;
            }
            None => {
                let before = text[..open].trim_end();
                let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
                let is_value =
                    before.ends_with(COMPARES) || BEFORE_VALUES.contains(&word.to_ascii_uppercase().as_str());
                if !is_value {
                    return None;
                }
                found.push(Hole { range: open..close, value: value.to_owned() });
                after = close;
            }
        }
    }
    Some(found)
}

/// The template with something in the place of each hole.
fn rewritten(text: &str, holes: &[Hole], in_place: impl Fn(usize, &Hole) -> String) -> String {
    let mut written = String::new();
    let mut after = 0;
    for (index, hole) in holes.iter().enumerate() {
        written.push_str(&text[after..hole.range.start]);
        written.push_str(&in_place(index, hole));
        after = hole.range.end;
    }
    written.push_str(&text[after..]);
    written
}

fn tagged(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    template: NodeId,
    holes: &[Hole],
    tag: Option<&str>,
) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let Kind::Call { callee, args, .. } = u.kind(call.node) else { return None };
    let (Kind::Member { object, .. }, [only]) = (u.kind(*callee), &args[..]) else { return None };
    // The constant would be left behind.
    if *only != template {
        return None;
    }
    let (callee, arg, whole) = (unit.bytes(*callee), unit.bytes(*only), unit.bytes(call.node));
    // `db.query<Row[]>(`
    let between = &unit.project.text[callee.end as usize..arg.start as usize];
    let types = between.trim_end().strip_suffix('(')?.trim();
    let tag = tag.map_or_else(String::new, |tag| format!(".{tag}"));
    let text = rewritten(unit.text(template), holes, |_, hole| format!("${{{}}}", hole.value));
    let new_text = format!("{tag}{types}{text}");
    Some(vec![edit(unit, TextRange::new(unit.bytes(*object).end, whole.end), new_text)])
}

fn listed(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    template: NodeId,
    holes: &[Hole],
    is_numbered: bool,
) -> Option<Vec<PlannedEdit>> {
    let u = unit.unit;
    let Kind::Call { args, .. } = u.kind(call.node) else { return None };
    let text = unit.text(template);
    let values: Vec<&str> = holes.iter().map(|hole| hole.value.as_str()).collect();
    let (first, list) = match &args[..] {
        [text] => (0, edit(unit, end_of(unit, *text), format!(", [{}]", values.join(", ")))),
        // What is marked is bound in the order of the text.
        [_, given] if is_numbered => match u.kind(*given) {
            Kind::Array(items) if items.iter().all(|&item| !matches!(u.kind(item), Kind::Spread(_))) => {
                let last = items.last()?;
                (items.len(), edit(unit, end_of(unit, *last), format!(", {}", values.join(", "))))
            }
            _ => return None,
        },
        _ => return None,
    };
    if first == 0 && (text.contains("$1") || text.contains('?')) {
        return None;
    }
    let new_text = rewritten(text, holes, |index, _| match is_numbered {
        true => format!("${}", first + index + 1),
        false => "?".to_owned(),
    });
    Some(vec![edit(unit, unit.bytes(template), new_text), list])
}

fn end_of(unit: &UnitView<'_>, node: NodeId) -> TextRange {
    let end = unit.bytes(node).end;
    TextRange::new(end, end)
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
