//! Puts statements into one transaction, with all that stands between them.

use plimsoll_behavior::models::Run;
use plimsoll_behavior::{BindingId, Effects, Kind, NodeId, Unit};
use plimsoll_project::link::Value;
use plimsoll_syntax::TextRange;

use super::style::{Style, begins_its_line, indent_at, indented};
use crate::ask::{frame, handle};
use crate::{FixPlan, PlannedEdit, Safety, UnitView};

/// What may not be in a transaction: it is not undone with it, or holds the transaction open for long.
const OUTSIDE: Effects = Effects::HTTP_REQUEST
    .union(Effects::NOTIFY)
    .union(Effects::ENQUEUE)
    .union(Effects::PROCESS)
    .union(Effects::SLEEP)
    .union(Effects::TASK_SPAWN)
    .union(Effects::DB_TRANSACTION)
    .union(Effects::RESPOND);
/// Names for the transaction, the first that is free.
const NAMES: &[&str] = &["tx", "trx", "txn"];

/// Wraps the statements in which the writes stand in a transaction. None where one of those between the first and the
/// last cannot be moved, leaves the function, or works with the database in a way that is not seen here.
#[must_use]
pub fn in_one_transaction(unit: &UnitView<'_>, writes: &[NodeId]) -> Option<FixPlan> {
    let statements = statements(unit.unit, writes)?;
    let function = unit.unit.function(frame(unit, *writes.first()?));
    let around = unit.project.text.get(unit.to_file(function.range).as_usize())?;
    let tx = NAMES
        .iter()
        .find(|name| !around.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == **name))?;
    if unit.is_rust() { in_rust(unit, &statements, tx) } else { in_script(unit, &statements, tx) }
}

/// The statements of one block from that of the first write to that of the last; all move, none leaves.
fn statements(u: &Unit, writes: &[NodeId]) -> Option<Vec<NodeId>> {
    let around = |&write: &NodeId| std::iter::once(write).chain(u.ancestors(write)).collect::<Vec<_>>();
    let paths: Vec<Vec<NodeId>> = writes.iter().map(around).collect();
    let block = paths.first()?.iter().copied().find(|&node| {
        matches!(u.kind(node), Kind::Block { .. }) && paths.iter().all(|path| path.contains(&node))
    })?;
    let Kind::Block { statements, has_value, .. } = u.kind(block) else { return None };
    let at = paths.iter().map(|path| statements.iter().position(|statement| path.contains(statement)));
    let at: Vec<usize> = at.collect::<Option<_>>()?;
    let (first, last) = (*at.iter().min()?, *at.iter().max()?);
    let own = u.node(block).function;
    let all = &statements[first..=last];
    let can_move = all.iter().all(|&statement| {
        !u.descendants(statement).into_iter().any(|node| {
            let leaves = match u.kind(node) {
                Kind::Return(_) => u.node(node).function == own,
                Kind::Break { .. } | Kind::Continue(_) | Kind::Yield(_) => true,
                _ => false,
            };
            leaves || matches!(u.kind(node), Kind::Type(_) | Kind::Nested(_))
        })
    });
    let is_value = *has_value && last + 1 == statements.len();
    (can_move && !is_value && first < last).then(|| all.to_vec())
}

/// The calls of statements that use the database, each with the client that it runs on as text and its bytes.
fn clients(unit: &UnitView<'_>, statements: &[NodeId]) -> Option<Vec<(NodeId, TextRange)>> {
    let u = unit.unit;
    let mut clients = Vec::new();
    for node in statements.iter().flat_map(|&statement| u.descendants(statement)) {
        if !matches!(u.kind(node), Kind::Call { .. }) {
            continue;
        }
        let call = unit.call(node)?;
        let effects = call.effects();
        if effects.intersects(OUTSIDE) || effects.intersects(Effects::DB) && call.facts.target.is_some() {
            return None;
        }
        if effects.intersects(Effects::DB) {
            let client = client(unit, node)?;
            clients.push((node, unit.bytes(client)));
        }
    }
    let text = |range: &TextRange| &unit.project.text[range.start as usize..range.end as usize];
    let (_, first) = clients.first()?;
    clients.iter().all(|(_, range)| text(range) == text(first)).then_some(clients)
}

/// The part of a call that is the client which can begin a transaction.
fn client(unit: &UnitView<'_>, call: NodeId) -> Option<NodeId> {
    let u = unit.unit;
    if let Some(node) = handle(unit, unit.index, call) {
        return begin(unit, node).is_some().then_some(node);
    }
    let mut at = call;
    for _ in 0..128 {
        at = match u.kind(at) {
            Kind::Call { callee, .. } => *callee,
            Kind::Member { object, .. } => *object,
            _ => return None,
        };
        if !matches!(u.kind(at), Kind::Call { .. }) && begin(unit, at).is_some() {
            return Some(at);
        }
    }
    None
}

/// How a transaction is begun on a client: the method, and how its handle is handed to statements where it is.
fn begin(unit: &UnitView<'_>, node: NodeId) -> Option<(String, Option<String>)> {
    let Value::Instance(instance) = unit.eval.value(unit.index, node) else { return None };
    let ty = unit.eval.models.ty(instance.ty);
    ty.methods.iter().find_map(|(name, behavior)| {
        let opens = behavior.effect.0.contains(Effects::DB_TRANSACTION);
        let runs_callback = behavior.run == Some(Run::Transaction) && behavior.callback == Some(0);
        let provides_itself = behavior
            .provides
            .first()
            .is_some_and(|provided| *provided == ty.name || ty.aliases.contains(provided));
        match &behavior.handle_edit {
            Some(edit) if opens && unit.is_rust() => Some((name.to_string(), Some(edit.to_string()))),
            None if opens && runs_callback && provides_itself && !unit.is_rust() => {
                Some((name.to_string(), None))
            }
            _ => None,
        }
    })
}

fn in_script(unit: &UnitView<'_>, statements: &[NodeId], tx: &str) -> Option<FixPlan> {
    let u = unit.unit;
    let text = unit.project.text;
    let clients = clients(unit, statements)?;
    let client = text.get(clients.first()?.1.as_usize())?.to_owned();
    let (method, _) = begin(unit, self::client(unit, clients.first()?.0)?)?;
    let range =
        TextRange { start: unit.bytes(*statements.first()?).start, end: unit.bytes(*statements.last()?).end };
    // All are waited for: what is not would run on after the transaction has ended.
    let is_waited_for = clients.iter().all(|(call, _)| {
        u.ancestors(*call)
            .take_while(|node| !statements.contains(node))
            .any(|node| matches!(u.kind(node), Kind::Await(_)))
    });
    let style = Style::of(text);
    let moved = text.get(range.as_usize())?;
    if !is_waited_for
        || moved.contains('`')
        || !begins_its_line(text, range.start)
        || assigns_outside(u, statements)
    {
        return None;
    }
    let names = names_used_after(unit, statements)?;
    let (before, after) = match names.as_slice() {
        [] => (String::new(), String::new()),
        [only] => (format!("const {only} = "), format!("return {only}")),
        many => {
            let list = many.join(", ");
            (format!("const {{ {list} }} = "), format!("return {{ {list} }}"))
        }
    };
    let mut body = String::new();
    let mut at = range.start;
    let mut places: Vec<TextRange> = clients.iter().map(|(_, place)| *place).collect();
    places.sort_by_key(|place| place.start);
    for place in places {
        body.push_str(&text[at as usize..place.start as usize]);
        body.push_str(tx);
        at = place.end;
    }
    body.push_str(&text[at as usize..range.end as usize]);
    let Style { newline, indent: level, semicolon } = &style;
    let indent = indent_at(text, range.start);
    let body = indented(&body, level);
    let mut new = format!("{before}await {client}.{method}(async ({tx}) => {{{newline}{indent}{level}{body}");
    if !after.is_empty() {
        new.push_str(&format!("{newline}{indent}{level}{after}{semicolon}"));
    }
    new.push_str(&format!("{newline}{indent}}}){semicolon}"));
    Some(plan(vec![PlannedEdit {
        path: unit.linked.file.path.to_string(),
        range: Some(range),
        new_text: new,
    }]))
}

/// Whether a statement assigns to a name that is bound outside of the statements.
fn assigns_outside(u: &Unit, statements: &[NodeId]) -> bool {
    let inside = declared(u, statements);
    statements.iter().flat_map(|&statement| u.descendants(statement)).any(|node| match u.kind(node) {
        Kind::Assign { target, .. } | Kind::Unary { value: target, .. } => match u.kind(*target) {
            Kind::Name { binding: Some(b), .. } => {
                let is_bound_within = statements.iter().any(|&statement| {
                    let (whole, own) = (u.range(statement), u.binding(*b).range);
                    whole.start <= own.start && own.end <= whole.end
                });
                matches!(u.kind(node), Kind::Assign { .. }) && !inside.contains(b) && !is_bound_within
            }
            Kind::Name { binding: None, .. } => matches!(u.kind(node), Kind::Assign { .. }),
            _ => false,
        },
        _ => false,
    })
}

/// The names that statements of a block bind in it.
fn declared(u: &Unit, statements: &[NodeId]) -> Vec<BindingId> {
    let bound = statements.iter().filter_map(|&statement| match u.kind(statement) {
        Kind::Let { pattern, .. } => Some(pattern.bindings.clone()),
        _ => None,
    });
    bound.flatten().collect()
}

/// The names that the statements bind and that are used after them; none where one of them is assigned again.
fn names_used_after(unit: &UnitView<'_>, statements: &[NodeId]) -> Option<Vec<String>> {
    let u = unit.unit;
    let end = u.range(*statements.last()?).end;
    let mut names = Vec::new();
    for id in declared(u, statements) {
        let binding = u.binding(id);
        let is_free_later = u.nested.iter().enumerate().any(|(index, nested)| {
            let inner = unit.linked.file.units[unit.index].nested.get(index);
            u.range(nested.node).start >= end
                && inner.is_some_and(|&inner| unit.unit_of(inner).free_names.contains(&binding.name))
        });
        if is_free_later || binding.uses.iter().any(|&used| u.range(used).start >= end) {
            if !binding.assignments.is_empty() {
                return None;
            }
            names.push(binding.name.to_string());
        }
    }
    Some(names)
}

fn in_rust(unit: &UnitView<'_>, statements: &[NodeId], tx: &str) -> Option<FixPlan> {
    let u = unit.unit;
    let text = unit.project.text;
    let clients = clients(unit, statements)?;
    let (method, handle) = begin(unit, client(unit, clients.first()?.0)?)?;
    let handle = handle?.replace("{tx}", tx);
    // A failure leaves by `?` and takes the transaction with it.
    let fails = clients.iter().all(|(call, _)| {
        u.parent(*call)
            .filter(|&p| matches!(u.kind(p), Kind::Await(_)))
            .and_then(|p| u.parent(p))
            .is_some_and(|p| matches!(u.kind(p), Kind::Try(_)))
    });
    let (first, last) = (unit.bytes(*statements.first()?), unit.bytes(*statements.last()?));
    if !fails || !begins_its_line(text, first.start) || !text[..last.end as usize].ends_with([';', '}']) {
        return None;
    }
    let pool = text.get(clients.first()?.1.as_usize())?.trim_start_matches(['&', '*']).to_owned();
    let newline = Style::of(text).newline;
    let indent = indent_at(text, first.start);
    let mutable = if handle.contains("&mut") { "mut " } else { "" };
    let path = unit.linked.file.path.to_string();
    let edit =
        |range: TextRange, new_text: String| PlannedEdit { path: path.clone(), range: Some(range), new_text };
    let at = |byte: u32| TextRange { start: byte, end: byte };
    let mut edits = vec![edit(
        at(first.start),
        format!("let {mutable}{tx} = {pool}.{method}().await?;{newline}{indent}"),
    )];
    edits.extend(clients.iter().map(|(_, place)| edit(*place, handle.clone())));
    edits.push(edit(at(last.end), format!("{newline}{indent}{tx}.commit().await?;")));
    edits.sort_by_key(|edit| edit.range.map(|range| range.start));
    Some(plan(edits))
}

fn plan(edits: Vec<PlannedEdit>) -> FixPlan {
    let title = "Run the statements in one transaction (review: a failure undoes all of them)".to_owned();
    FixPlan { title, safety: Safety::Review, edits }
}
