//! Waits for several reads at once that stand one after the other.

use plimsoll_behavior::{Kind, Name, NodeId, TypeExpr};
use plimsoll_project::declared_major;
use plimsoll_syntax::TextRange;

use super::style::{self, Style};
use crate::ask::Read;
use crate::{PlannedEdit, UnitView};

/// One statement that begins all reads and waits for them, in the place of theirs. None where one of them does more than
/// to keep what it waits for, or says the type of it, and where a comment stands between them.
#[must_use]
pub fn together(view: &UnitView<'_>, reads: &[Read]) -> Option<Vec<PlannedEdit>> {
    let text = view.project.text;
    let mut keyword: Option<&str> = None;
    let mut names: Vec<&str> = Vec::new();
    let mut calls: Vec<&str> = Vec::new();
    let mut end: Option<u32> = None;
    for read in reads {
        let Kind::Let { pattern, ty: None, init: Some(init), .. } = view.unit.kind(read.statement) else {
            return None;
        };
        if !is_plain(view, *init, read.call) {
            return None;
        }
        let statement = view.bytes(read.statement);
        if let Some(end) = end {
            let between = text.get(end as usize..statement.start as usize)?;
            if !between.trim().trim_start_matches(';').trim().is_empty() {
                return None;
            }
        }
        let name = view.to_file(pattern.range);
        let own = text.get(statement.start as usize..name.start as usize)?.trim();
        if *keyword.get_or_insert(own) != own {
            return None;
        }
        let call = view.text(read.call);
        if has_comment(call) {
            return None;
        }
        names.push(text.get(name.start as usize..name.end as usize)?);
        calls.push(call);
        end = Some(statement.end);
    }
    let keyword = keyword?;
    let start = view.bytes(reads.first()?.statement).start;
    let end = end?;
    if !style::begins_its_line(text, start) {
        return None;
    }
    let closed = if text.get(..end as usize)?.ends_with(';') { ";" } else { "" };
    let Style { newline, indent, .. } = Style::of(text);
    let outer = style::indent_at(text, start);
    let (names, mut calls) = (names.join(", "), calls);
    // A line of its own for each, where one line would be too long for all.
    let is_long = calls.iter().map(|call| call.len() + 2).sum::<usize>() + names.len() + outer.len() > 60
        || calls.iter().any(|call| call.contains('\n'));
    let calls = if is_long {
        let line = format!("{newline}{outer}{indent}");
        let each: Vec<String> = calls.drain(..).map(|call| style::indented(call, &indent)).collect();
        format!("{line}{},{newline}{outer}", each.join(&format!(",{line}")))
    } else {
        calls.join(", ")
    };
    let new_text = if view.is_rust() {
        have_one_error(view, reads).then_some(())?;
        let all = together_edit(view)?.replace("{all}", &calls);
        format!("{keyword} ({names}) = {all}{closed}")
    } else {
        format!("{keyword} [{names}] = await Promise.all([{calls}]){closed}")
    };
    let path = view.linked.file.path.to_string();
    Some(vec![PlannedEdit { path, range: Some(TextRange::new(start, end)), new_text }])
}

/// `await call`, and in Rust `call.await?`.
fn is_plain(view: &UnitView<'_>, init: NodeId, call: NodeId) -> bool {
    let u = view.unit;
    let awaited = match u.kind(init) {
        Kind::Try(inner) if view.is_rust() => *inner,
        _ if view.is_rust() => return false,
        _ => init,
    };
    matches!(u.kind(awaited), Kind::Await(waited) if *waited == call)
}

fn has_comment(text: &str) -> bool {
    text.contains("/*") || text.lines().any(|line| line.trim_start().starts_with("//"))
}

/// Whether all fail with the same error: one macro has one.
fn have_one_error(view: &UnitView<'_>, reads: &[Read]) -> bool {
    let error = |read: &Read| -> Option<Failure> {
        let facts = view.eval.call(view.index, read.call);
        match &facts.target {
            None => facts.behavior.as_ref().map(|(model, _)| Failure::OfLibrary(*model)),
            Some(target) => {
                let here = view.linked.file.path == target.file;
                let linked;
                let file = if here {
                    &view.linked.file
                } else {
                    linked = view.world.linked(&target.file)?;
                    &linked.file
                };
                let unit = file.unit_at(&target.unit)?;
                let returns = file.units[unit].unit.function(target.function).returns.as_ref()?;
                Some(Failure::Of(returns.path.clone(), returns.args.get(1).cloned()))
            }
        }
    };
    let all: Option<Vec<Failure>> = reads.iter().map(error).collect();
    all.is_some_and(|all| all.windows(2).all(|pair| pair[0] == pair[1]))
}

#[derive(PartialEq)]
enum Failure {
    OfLibrary(u16),
    /// The result's type as it is written, and that of its error.
    Of(Vec<Name>, Option<TypeExpr>),
}

/// How the first library waits for several that is declared.
fn together_edit(view: &UnitView<'_>) -> Option<Name> {
    let declares = |package: &str| {
        let files = view.world.files();
        [package.to_owned(), package.replace('_', "-")]
            .iter()
            .any(|name| declared_major(files, &view.linked.file.path, name).is_some())
    };
    view.eval.models.all().iter().find_map(|model| {
        let edit = model.functions.iter().find_map(|function| function.behavior.together_edit.clone())?;
        model.packages.iter().any(|package| declares(package)).then_some(edit)
    })
}
