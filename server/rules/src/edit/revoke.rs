//! Revokes a URL once a link for a download was clicked that leads there.

use plimsoll_behavior::{BindingId, Kind, Literal, NodeId};
use plimsoll_syntax::TextRange;

use super::cleanup::release_in_scope;
use super::style::{Style, end_of_line, indent_at};
use crate::ask::{bare, callee_name, receiver, shows};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// Hands the URL to `revoke` after the last statement that has to do with the link, in the block that clicks it. The
/// browser takes what the URL leads to while it is clicked. None where the link is not for a download, or anything else is
/// done with it.
#[must_use]
pub fn revoke_after_click(unit: &UnitView<'_>, call: NodeId, revoke: &str) -> Option<FixPlan> {
    let u = unit.unit;
    let release = release_in_scope(unit, call, revoke)?;
    let url = match u.kind(u.parent(call)?) {
        Kind::Let { pattern, .. } => match pattern.bindings.as_slice() {
            [only] if u.binding(*only).path.is_empty() => Some(*only),
            _ => return None,
        },
        _ => None,
    };
    let set = match url {
        Some(url) => u.binding(url).uses.iter().copied().find_map(|used| link_set_to(unit, used)),
        None => link_set_to(unit, call),
    };
    let (link, attribute) = set?;
    let uses = &u.binding(link).uses;
    let function = u.node(call).function;
    let click = uses.iter().copied().find_map(|used| method_on(unit, used, "click"))?;
    let is_a_download = uses.iter().any(|&used| names_a_download(unit, used));
    let block = u.parent(statement_of(unit, click)?)?;
    if !is_a_download
        || u.node(click).function != function
        || uses.iter().any(|&used| u.node(used).function != function)
    {
        return None;
    }
    let Kind::Block { statements, .. } = u.kind(block) else { return None };
    let holds = |statement: NodeId, binding: BindingId| {
        u.binding(binding)
            .uses
            .iter()
            .any(|&used| used == statement || u.ancestors(used).any(|at| at == statement))
    };
    // Where the URL is made in a branch, nothing after that knows it.
    let is_known = u.ancestors(call).any(|at| at == block);
    let last = statements
        .iter()
        .rev()
        .copied()
        .find(|&statement| holds(statement, link) || url.is_some_and(|url| holds(statement, url)))?;
    if !is_known || u.range(last).start < u.range(click).start && !u.ancestors(click).any(|at| at == last) {
        return None;
    }
    let handle = match url {
        Some(url) => u.binding(url).name.to_string(),
        None => format!("{}.{attribute}", u.binding(link).name),
    };
    let text = unit.project.text;
    let style = Style::of(text);
    let range = unit.bytes(last);
    let release = format!("{release}({handle})");
    let (at, new_text) =
        match end_of_line(text, range.end + u32::from(text[range.end as usize..].starts_with(';'))) {
            Some(end) => {
                let indent = indent_at(text, range.start);
                (end, format!("{}{indent}{release}{}", style.newline, style.semicolon))
            }
            None => return None,
        };
    Some(FixPlan {
        title: format!("Call `{release}` after the click"),
        safety: Safety::Safe,
        edits: vec![PlannedEdit {
            path: unit.linked.file.path.to_string(),
            range: Some(TextRange::new(at, at)),
            new_text,
        }],
    })
}

/// The variable of the link whose address a node is set to: `link.href = url`, `link.setAttribute('href', url)`.
fn link_set_to(unit: &UnitView<'_>, node: NodeId) -> Option<(BindingId, String)> {
    let u = unit.unit;
    let parent = u.parent(node)?;
    let (object, attribute) = match u.kind(parent) {
        Kind::Assign { target, value, op } if *value == node && op == "=" => match u.kind(*target) {
            Kind::Member { object, name, .. } => (*object, name.to_string()),
            _ => return None,
        },
        Kind::Call { args, .. } if args.get(1) == Some(&node) && is_set_by(unit, parent) => {
            let Kind::Literal(Literal::String(name)) = u.kind(args[0]) else { return None };
            (receiver(u, parent)?, name.to_string())
        }
        _ => return None,
    };
    match u.kind(bare(u, object)) {
        Kind::Name { binding: Some(b), .. } if shows(&attribute) => Some((*b, attribute)),
        _ => None,
    }
}

fn is_set_by(unit: &UnitView<'_>, call: NodeId) -> bool {
    callee_name(unit.unit, call).is_some_and(|name| name == "setAttribute")
}

/// The call of a method on a name.
fn method_on(unit: &UnitView<'_>, used: NodeId, method: &str) -> Option<NodeId> {
    let u = unit.unit;
    let member = u.parent(used)?;
    let call = u.parent(member)?;
    let is_it =
        matches!(u.kind(member), Kind::Member { object, name, .. } if *object == used && name == method);
    (is_it && matches!(u.kind(call), Kind::Call { callee, .. } if *callee == member)).then_some(call)
}

/// `link.download = name`, `link.setAttribute('download', name)`
fn names_a_download(unit: &UnitView<'_>, used: NodeId) -> bool {
    let u = unit.unit;
    let Some(member) = u.parent(used) else { return false };
    let Kind::Member { name, .. } = u.kind(member) else { return false };
    match u.parent(member).map(|at| u.kind(at)) {
        Some(Kind::Assign { target, .. }) => *target == member && name == "download",
        Some(Kind::Call { args, callee, .. }) => {
            let first = args.first().map(|&arg| u.kind(arg));
            *callee == member
                && name == "setAttribute"
                && matches!(first, Some(Kind::Literal(Literal::String(text))) if text == "download")
        }
        _ => false,
    }
}

/// The statement that is only a call.
fn statement_of(unit: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    let statement = u.parent(call)?;
    matches!(u.kind(statement), Kind::Discard(_)).then_some(statement)
}
