//! Edits of TypeScript and JavaScript.

use plimsoll_behavior::{FunctionId, Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use crate::{PlannedEdit, UnitView};

/// Sets a property of the argument `index` of a call, which it does not have. The argument is made where there is none.
#[must_use]
pub fn set_option(
    unit: &UnitView<'_>,
    call: NodeId,
    index: usize,
    property: &str,
    value: &str,
) -> Option<Vec<PlannedEdit>> {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return None };
    if property.contains('.') || args.iter().any(|&arg| matches!(unit.unit.kind(arg), Kind::Spread(_))) {
        return None;
    }
    let entry = if property == value { value.to_owned() } else { format!("{property}: {value}") };
    let Some(&argument) = args.get(index) else {
        return add_argument(unit, call, args, index, &format!("{{ {entry} }}"));
    };
    match unit.unit.kind(argument) {
        Kind::Object { entries, .. } => match entries.last() {
            None => Some(vec![edit(unit, unit.bytes(argument), format!("{{ {entry} }}"))]),
            Some(last) => Some(vec![add_entry(unit, argument, unit.to_file(last.range), &entry)]),
        },
        Kind::Literal(_) => Some(vec![edit(unit, unit.bytes(argument), format!("{{ {entry} }}"))]),
        Kind::Name { .. } | Kind::Member { .. } | Kind::Call { .. } => {
            let text = unit.text(argument);
            Some(vec![edit(unit, unit.bytes(argument), format!("{{ ...{text}, {entry} }}"))])
        }
        _ => None,
    }
}

/// An entry before all others of an object, so that these replace it; what is a name becomes an object with all that it
/// has.
#[must_use]
pub fn put_first(unit: &UnitView<'_>, options: NodeId, entry: &str) -> Option<PlannedEdit> {
    match unit.unit.kind(options) {
        Kind::Object { entries, .. } => {
            let text = unit.project.text;
            let first = unit.to_file(entries.first()?.range).start;
            let is_on_its_line = style::begins_its_line(text, first);
            let newline = Style::of(text).newline;
            let after = if is_on_its_line {
                format!(",{newline}{}", style::indent_at(text, first))
            } else {
                ", ".to_owned()
            };
            Some(insert(unit, first, format!("{entry}{after}")))
        }
        Kind::Name { name, .. } => Some(edit(unit, unit.bytes(options), format!("{{ {entry}, ...{name} }}"))),
        _ => None,
    }
}

/// An entry after the last one of an object.
fn add_entry(unit: &UnitView<'_>, object: NodeId, last: TextRange, entry: &str) -> PlannedEdit {
    let text = unit.project.text;
    let end = unit.bytes(object).end;
    let rest = text.get(last.end as usize..end as usize).unwrap_or_default();
    let comma = rest.find(|c: char| !c.is_whitespace()).filter(|&at| rest[at..].starts_with(','));
    let after = |at: usize| last.end + u32::try_from(at).expect("a file is smaller than 4 GiB");
    if !style::begins_its_line(text, last.start) && !rest.contains('\n') {
        return match comma {
            Some(at) => insert(unit, after(at + 1), format!(" {entry},")),
            None => insert(unit, last.end, format!(", {entry}")),
        };
    }
    let newline = Style::of(text).newline;
    let indent = style::indent_at(text, last.start);
    match comma {
        Some(at) => {
            let at = style::end_of_line(text, after(at + 1)).unwrap_or(after(at + 1));
            insert(unit, at, format!("{newline}{indent}{entry},"))
        }
        None => insert(unit, last.end, format!(",{newline}{indent}{entry}")),
    }
}

/// The argument `index` of a call that has fewer.
fn add_argument(
    unit: &UnitView<'_>,
    call: NodeId,
    args: &[NodeId],
    index: usize,
    argument: &str,
) -> Option<Vec<PlannedEdit>> {
    let text = unit.project.text;
    let missing = "undefined, ".repeat(index - args.len());
    let end = unit.bytes(call).end;
    let Some(&last) = args.last() else {
        let new_text = format!("{missing}{argument}");
        return Some(vec![if unit.text(call).ends_with(')') {
            insert(unit, end - 1, new_text)
        } else {
            insert(unit, end, format!("({new_text})"))
        }]);
    };
    let last = unit.bytes(last);
    let is_alone = text.get(last.end as usize..end as usize)?.contains('\n');
    let separator = if is_alone {
        format!(",{}{}", Style::of(text).newline, style::indent_at(text, last.start))
    } else {
        ", ".to_owned()
    };
    Some(vec![insert(unit, last.end, format!("{separator}{missing}{argument}"))])
}

/// A statement on a line of its own after the statement that `node` is; none where it shares its line.
#[must_use]
pub fn statement_after(unit: &UnitView<'_>, node: NodeId, statement: &str) -> Option<PlannedEdit> {
    let text = unit.project.text;
    let range = unit.bytes(node);
    if !style::begins_its_line(text, range.start) {
        return None;
    }
    let mut end = range.end;
    if text.get(end as usize..)?.starts_with(';') {
        end += 1;
    }
    let at = style::end_of_line(text, end)?;
    let style = Style::of(text);
    let indent = style::indent_at(text, range.start);
    Some(insert(unit, at, format!("{}{indent}{statement}{}", style.newline, style.semicolon)))
}

/// A statement on a line of its own before the statement that contains `node`; none where that shares its line.
#[must_use]
pub fn statement_before(unit: &UnitView<'_>, node: NodeId, statement: &str) -> Option<PlannedEdit> {
    let u = unit.unit;
    let mut at = node;
    while !matches!(u.kind(u.parent(at)?), Kind::Block { .. }) {
        at = u.parent(at)?;
    }
    let text = unit.project.text;
    let start = unit.bytes(at).start;
    let Style { newline, semicolon, .. } = Style::of(text);
    let indent = style::indent_at(text, start);
    style::begins_its_line(text, start)
        .then(|| insert(unit, start, format!("{statement}{semicolon}{newline}{indent}")))
}

/// Gives an arrow function whose body is an expression a block, with a statement before what it returns.
#[must_use]
pub fn arrow_with(unit: &UnitView<'_>, function: FunctionId, statement: &str) -> Option<PlannedEdit> {
    let text = unit.project.text;
    let function = unit.unit.function(function);
    let body = function.body?;
    if matches!(unit.unit.kind(body), Kind::Block { .. }) {
        return None;
    }
    let range = unit.bytes(body);
    // Parentheses around the body, as an object needs them, belong to no node.
    let before = text.get(..range.start as usize)?.trim_end();
    if !before.ends_with("=>") {
        return None;
    }
    let Style { newline, indent: unit_indent, semicolon } = Style::of(text);
    let indent = style::indent_at(text, unit.to_file(function.range).start);
    let returned = unit.text(body);
    let new_text = format!(
        "{{{newline}{indent}{unit_indent}{statement}{semicolon}{newline}{indent}{unit_indent}return {returned}{semicolon}{newline}{indent}}}"
    );
    Some(edit(unit, range, new_text))
}

/// A name that means nothing in the unit and those inside it: the one wanted, else one with a number.
#[must_use]
pub fn free_name(unit: &UnitView<'_>, wanted: &str) -> Option<String> {
    let units = &unit.linked.file.units;
    let mut open = vec![unit.index];
    let mut taken: Vec<&str> = Vec::new();
    // Each unit is nested in one other.
    while let Some(next) = open.pop() {
        let u = &units[next].unit;
        taken.extend(u.bindings.iter().map(|b| b.name.as_str()));
        taken.extend(u.free_names.iter().map(|name| name.as_str()));
        open.extend(&units[next].nested);
    }
    let numbered = (2..100).map(|n| format!("{wanted}{n}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken.contains(&name.as_str()))
}

fn insert(unit: &UnitView<'_>, at: u32, new_text: String) -> PlannedEdit {
    edit(unit, TextRange::new(at, at), new_text)
}

fn edit(unit: &UnitView<'_>, range: TextRange, new_text: String) -> PlannedEdit {
    PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }
}
