//! Gives back in a `finally` what was taken before.

use plimsoll_behavior::{Kind, NodeId};
use plimsoll_syntax::TextRange;

use super::cleanup::Release;
use super::style::{Style, begins_its_line, indent_at, indented};
use crate::ask::Taken;
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Wraps the statements that follow in a `try` whose `finally` gives it back, and waits for that where `waits` says so. Calls of it that stand among them as
/// statements of their own move there; with any other one, nothing is written.
#[must_use]
pub fn release_in_finally(
    unit: &UnitView<'_>,
    taken: &Taken,
    release: Release<'_>,
    waits: bool,
) -> Option<FixPlan> {
    let u = unit.unit;
    let released = release.at(unit, taken.call)?;
    let text = unit.project.text;
    let statement = u.ancestors(taken.call).find(|&node| matches!(u.kind(node), Kind::Let { .. }))?;
    let Kind::Block { statements, .. } = u.kind(u.parent(statement)?) else { return None };
    let at = statements.iter().position(|&one| one == statement)?;
    let rest = statements.get(at + 1..).filter(|rest| !rest.is_empty())?;
    let range = TextRange::new(unit.bytes(*rest.first()?).start, end_of(unit, *rest.last()?));
    let mut removed: Vec<TextRange> = Vec::new();
    let mut is_async = waits;
    for &release in &taken.releases {
        let line = line_of(unit, taken, release, rest)?;
        is_async |= u.parent(release).is_some_and(|parent| matches!(u.kind(parent), Kind::Await(_)));
        removed.push(line);
    }
    removed.sort_by_key(|line| line.start);
    if !begins_its_line(text, range.start) {
        return None;
    }
    let mut kept = String::new();
    let mut from = range.start;
    for line in &removed {
        // The last line of what is wrapped has no line break of its own.
        kept.push_str(text.get(from as usize..line.start as usize)?);
        from = line.end.min(range.end);
    }
    kept.push_str(text.get(from as usize..range.end as usize)?);
    let Style { newline, indent: level, semicolon } = Style::of(text);
    let indent = indent_at(text, range.start);
    let body = indented(kept.trim(), &level);
    let release = released.of(&u.binding(taken.binding).name);
    let wait = if is_async { "await " } else { "" };
    let last =
        format!("{indent}}} finally {{{newline}{indent}{level}{wait}{release}{semicolon}{newline}{indent}}}");
    let first = if body.contains('`') { String::new() } else { level.clone() };
    let new_text = if body.is_empty() {
        format!("{wait}{release}{semicolon}")
    } else {
        format!("try {{{newline}{indent}{first}{body}{newline}{last}")
    };
    let safety = if removed.is_empty() { Safety::Safe } else { Safety::Review };
    let moves = if removed.is_empty() { "" } else { " (review: moves the calls that are there)" };
    let title = format!("Call `{release}` in a `finally`{moves}");
    Some(FixPlan {
        title,
        safety,
        edits: vec![PlannedEdit { path: unit.linked.file.path.to_string(), range: Some(range), new_text }],
    })
}

/// The line of a call that is a statement without further arguments among the rest, its line break included.
fn line_of(unit: &UnitView<'_>, taken: &Taken, release: NodeId, rest: &[NodeId]) -> Option<TextRange> {
    let u = unit.unit;
    let text = unit.project.text;
    let Kind::Call { args, .. } = u.kind(release) else { return None };
    let mut statement = release;
    while let Kind::Await(_) | Kind::Discard(_) = u.kind(u.parent(statement)?) {
        statement = u.parent(statement)?;
    }
    let Kind::Block { .. } = u.kind(u.parent(statement)?) else { return None };
    let mut around = std::iter::once(statement).chain(u.ancestors(statement));
    let is_among_the_rest = around.any(|node| rest.contains(&node));
    let mut below = statement;
    let is_in_a_finally = u.ancestors(statement).any(|node| {
        let is_it =
            matches!(u.kind(node), Kind::TryCatch { finally: Some(finally), .. } if *finally == below);
        below = node;
        is_it
    });
    let start = unit.bytes(statement).start;
    let end = end_of(unit, statement);
    let rest_of_line = text[end as usize..].split('\n').next()?;
    let is_it =
        |&arg: &NodeId| matches!(u.kind(arg), Kind::Name { binding: Some(b), .. } if *b == taken.binding);
    if !args.iter().all(is_it)
        || !is_among_the_rest
        || is_in_a_finally
        || !begins_its_line(text, start)
        || !rest_of_line.trim().is_empty()
    {
        return None;
    }
    let line = text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
    let after = end as usize + rest_of_line.len() + 1;
    Some(TextRange::new(
        u32::try_from(line).ok()?.max(unit.bytes(rest[0]).start),
        u32::try_from(after.min(text.len())).ok()?,
    ))
}

/// The end of a statement with its semicolon.
fn end_of(unit: &UnitView<'_>, statement: NodeId) -> u32 {
    let end = unit.bytes(statement).end;
    end + u32::from(unit.project.text[end as usize..].starts_with(';'))
}
