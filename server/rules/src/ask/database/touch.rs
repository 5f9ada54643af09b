//! Which tables a call touches, what it does to their rows, and which values it gives to which columns.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use plimsoll_behavior::models::{SchemaKind, Slot};
use plimsoll_behavior::{BindingKind, Effects, Key, Kind, Literal, NodeId, Unit, words};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::{CallFacts, Evaluator, FileUnits, FnRef, Local, SlotValue, Value};
use plimsoll_project::schema::sql::{StatementKind, TableSource, analyse};
use plimsoll_project::schema::{Dialect, Table};
use rustc_hash::FxHashMap;

use crate::UnitView;
use crate::ask::code::{bare, unit_of};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::table::schema_of;
use crate::view::CallView;

/// How many calls a chain of a builder may have, and how many nodes are looked at below one of them.
const MAX_CALLS: usize = 60;
const MAX_NODES: usize = 4_000;
/// How many own functions the tables of one call are looked for in.
const MAX_FUNCTIONS: usize = 12;

/// Words of tables in which a second row is somebody's account or money.
#[rustfmt::skip] // a list of words
const USERS_AND_MONEY: &[&str] = &[
    "user", "account", "customer", "member", "wallet", "payment", "order", "invoice", "transaction", "balance", "subscription", "booking",
    "reservation", "refund", "payout", "charge", "ledger", "coupon", "redemption", "credit", "bet", "deposit", "withdrawal", "purchase",
    "checkout", "voucher",
];

/// Whether a second row of a table is somebody's account or money, by the table's name.
#[must_use]
pub fn is_of_users_or_money(table: &str) -> bool {
    words(table).iter().any(|word| USERS_AND_MONEY.contains(&plain_name(word).as_str()))
}

/// What a statement does to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// It reads them.
    Read,
    /// It adds rows.
    Insert,
    /// It adds rows, or changes those with the same key, or leaves them.
    Upsert,
    /// It adds a row or changes it, by whether it has a key: what mappers call save.
    Save,
    /// It changes rows.
    Update,
    /// It removes rows.
    Delete,
}

impl Action {
    /// Whether it may add a row.
    #[must_use]
    pub fn adds(self) -> bool {
        matches!(self, Action::Insert | Action::Upsert | Action::Save)
    }

    pub(crate) fn named(name: &str) -> Option<Action> {
        Some(match name {
            "insert" => Action::Insert,
            "upsert" => Action::Upsert,
            "save" => Action::Save,
            "update" => Action::Update,
            "delete" => Action::Delete,
            _ => return None,
        })
    }
}

/// A table that a statement touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// What it does to the table's rows.
    pub action: Action,
    /// The table, by the name that the code has for it: of the database, of a model, of the variable that describes it.
    pub table: String,
    /// Columns that it writes or filters by, where SQL text names them; calls name theirs in [`givens`].
    pub columns: Vec<String>,
}

/// A value that a statement is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The column it is written to or compared with; none where the text alone says it.
    pub column: Option<String>,
    /// The value.
    pub value: NodeId,
}

/// The tables that a library call touches, the target of a write first. Empty where they cannot be told, and for
/// statements that define tables. Subqueries count as reads.
#[must_use]
pub fn touches(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Touch> {
    if !call.facts.effects.intersects(Effects::DB) {
        return Vec::new();
    }
    if call.slot(Slot::Sql).is_some() {
        return of_sql(view, call);
    }
    let action = match call.slot(Slot::Action) {
        Some(SlotValue::Text(name)) => Action::named(name),
        _ if call.facts.effects.contains(Effects::DB_WRITE) => None,
        _ => Some(Action::Read),
    };
    let (Some(action), Some(table)) = (action, table_name(view, call)) else { return Vec::new() };
    vec![Touch { action, table, columns: Vec::new() }]
}

/// The tables that a call touches: itself, or by the own function that it calls.
#[must_use]
pub fn touches_of_call(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Touch> {
    match &call.facts.target {
        Some(target) if call.facts.effects.is_empty() => writes_of_function(view, target).0,
        _ => touches(view, call),
    }
}

/// What was found of the tables that functions write, in one review: a helper that many calls lead to is read once.
#[derive(Debug, Default)]
pub struct TouchMemo {
    functions: RefCell<FxHashMap<FnRef, Option<Rc<OwnWrites>>>>,
}

/// What a function writes by itself, and the functions that it calls.
#[derive(Debug, Default)]
struct OwnWrites {
    touches: Vec<Touch>,
    kind: Option<SchemaKind>,
    callees: Vec<FnRef>,
}

/// The tables that an own function writes by itself and by the own functions that it calls, and what describes them.
#[must_use]
pub fn writes_of_function(view: &UnitView<'_>, function: &FnRef) -> (Vec<Touch>, Option<Arc<ProjectSchema>>) {
    let mut found = Vec::new();
    let mut kind = None;
    let mut seen = vec![function.clone()];
    let mut next = 0;
    while let Some(function) = seen.get(next).cloned() {
        next += 1;
        let Some(own) = own_writes(view, &function) else { continue };
        found.extend(own.touches.iter().cloned());
        kind = kind.or(own.kind);
        for callee in &own.callees {
            if !seen.contains(callee) && seen.len() < MAX_FUNCTIONS {
                seen.push(callee.clone());
            }
        }
    }
    found.dedup();
    (found, kind.and_then(|kind| view.project.schemas.schema_for(kind).cloned()))
}

fn own_writes(view: &UnitView<'_>, function: &FnRef) -> Option<Rc<OwnWrites>> {
    let memo = &view.project.memo.touches.functions;
    if let Some(known) = memo.borrow().get(function) {
        return known.clone();
    }
    let mut found = None;
    let mut look = |there: &Evaluator<'_>| {
        let locals = view.world.locals(function);
        let local = locals.as_ref().and_then(|all| all.get(function.function.0 as usize));
        found = local.map(|local| Rc::new(writes_in(view, there, local)));
    };
    if function.file == view.linked.file.path {
        look(view.eval);
    } else {
        view.world.in_file(&function.file, &mut look);
    }
    memo.borrow_mut().insert(function.clone(), found.clone());
    found
}

fn writes_in(view: &UnitView<'_>, there: &Evaluator<'_>, local: &Local) -> OwnWrites {
    let mut own = OwnWrites::default();
    for (effects, at, node) in &local.direct {
        let unit = there.file.unit_at(at).filter(|_| effects.contains(Effects::DB_WRITE));
        let is_call = |unit: &usize| matches!(there.file.units[*unit].unit.kind(*node), Kind::Call { .. });
        let Some(unit) = unit.filter(is_call) else { continue };
        let facts = there.call(unit, *node);
        let touches = touches_elsewhere(there.file, &facts);
        own.touches.extend(touches.into_iter().filter(|touch| touch.action != Action::Read));
        let model = facts.behavior.as_ref().map(|(model, _)| usize::from(*model));
        own.kind = own.kind.or_else(|| model.and_then(|model| view.eval.models.all()[model].schema));
    }
    for (callee, ..) in &local.callees {
        let writes = view.summary(callee).is_some_and(|s| s.effects.contains(Effects::DB_WRITE));
        if writes && !own.callees.contains(callee) {
            own.callees.push(callee.clone());
        }
    }
    own
}

/// As [`touches`], of a call of any file, by what stands at the call itself.
fn touches_elsewhere(file: &FileUnits, facts: &CallFacts) -> Vec<Touch> {
    let node_of = |slot: Slot| match facts.slot(slot) {
        Some(SlotValue::Node(site)) => {
            let unit = file.unit_at(&site.unit).filter(|_| site.file == file.path)?;
            Some((&file.units[unit].unit, site.node))
        }
        _ => None,
    };
    if let Some((u, node)) = node_of(Slot::Sql) {
        let text = u.descendants(node).into_iter().find_map(|part| match u.kind(part) {
            Kind::Literal(Literal::String(text)) => Some(text.to_string()),
            Kind::Template { pieces, .. } => Some(pieces.join("$1")),
            _ => None,
        });
        return text.map(|text| of_text(&text)).unwrap_or_default();
    }
    let action = match facts.slot(Slot::Action) {
        Some(SlotValue::Text(name)) => Action::named(name),
        _ => None,
    };
    let table = match facts.slot(Slot::Table) {
        Some(SlotValue::Text(name)) => Some(name.to_string()),
        Some(SlotValue::Node(_)) => node_of(Slot::Table).and_then(|(u, node)| match u.kind(bare(u, node)) {
            Kind::Name { name, .. } | Kind::Member { name, .. } | Kind::Literal(Literal::String(name)) => {
                Some(name.to_string())
            }
            _ => None,
        }),
        _ => None,
    };
    match (action, table) {
        (Some(action), Some(table)) => vec![Touch { action, table, columns: Vec::new() }],
        _ => Vec::new(),
    }
}

fn of_sql(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Touch> {
    sql_texts(view, call, schema_of(view, call).as_deref())
        .iter()
        .flat_map(|sql| of_text(&sql.text))
        .collect()
}

fn of_text(text: &str) -> Vec<Touch> {
    let mut found = Vec::new();
    if let Some(query) = analyse(text, Dialect::Unknown, None) {
        for scope in query.statements.iter().flat_map(|statement| &statement.scopes) {
            let action = match scope.kind {
                StatementKind::Select => Action::Read,
                StatementKind::Insert if scope.handles_conflict => Action::Upsert,
                StatementKind::Insert => Action::Insert,
                StatementKind::Update => Action::Update,
                StatementKind::Delete => Action::Delete,
                StatementKind::Ddl | StatementKind::Other => continue,
            };
            let compared = scope.branches.iter().flat_map(|branch| &branch.predicates);
            let mut columns: Vec<String> = scope.written_columns.iter().map(ToString::to_string).collect();
            columns.extend(compared.map(|predicate| predicate.column.to_string()));
            for (at, used) in scope.tables.iter().enumerate() {
                // A name that is put in at run time says nothing.
                if used.source != TableSource::Table || used.name.starts_with('$') {
                    continue;
                }
                let action = if at == 0 { action } else { Action::Read };
                found.push(Touch { action, table: used.name.to_string(), columns: columns.clone() });
            }
        }
    }
    found
}

fn table_name(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    match call.slot(Slot::Table)? {
        SlotValue::Text(name) => Some(name.to_string()),
        SlotValue::Node(site) => {
            let (unit, node) = view.node_at(site)?;
            if let Value::Text(name) = view.eval.value(unit, node) {
                return Some(name.to_string());
            }
            let u = unit_of(view, unit);
            match u.kind(bare(u, node)) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name.to_string()),
                _ => None,
            }
        }
        SlotValue::Elsewhere => None,
    }
}

/// The table of a schema that code means by a name.
#[must_use]
pub fn schema_table<'s>(schema: &'s ProjectSchema, name: &str) -> Option<&'s Table> {
    schema.schema.table_by_code_name(name).or_else(|| schema.schema.table(name))
}

/// The values that a call is given, those of the chain it ends included, in source order of the calls from its end.
#[must_use]
pub fn givens(view: &UnitView<'_>, unit: usize, call: NodeId) -> Vec<Given> {
    let u = unit_of(view, unit);
    let mut found = Vec::new();
    // What a statement runs on is no value that it is given.
    let handle = handle(view, unit, call);
    let mut followed: Vec<NodeId> = Vec::new();
    for step in chain(u, call) {
        let Kind::Call { args, .. } = u.kind(step) else { continue };
        let mut open: Vec<NodeId> = args.iter().rev().copied().filter(|&arg| Some(arg) != handle).collect();
        compared(view, unit, step, &mut found);
        let mut left = MAX_NODES;
        while let Some(node) = open.pop() {
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            match u.kind(node) {
                Kind::Object { entries, .. } => {
                    for entry in entries {
                        if let Key::Name(name) = &entry.key {
                            found.push(Given { column: Some(name.to_string()), value: entry.value });
                        }
                    }
                }
                Kind::Call { callee, args, .. } => {
                    compared(view, unit, node, &mut found);
                    // `user.id.to_string()` is the value in another form.
                    if let Kind::Member { object, .. } = u.kind(*callee)
                        && args.is_empty()
                    {
                        open.push(*object);
                        continue;
                    }
                }
                // What a path begins with is no value of its own; what a name holds is what was put into it.
                Kind::Name { .. } | Kind::Member { .. } => {
                    found.push(Given { column: None, value: node });
                    if let Some(value) = rows_of(u, node).filter(|value| !followed.contains(value)) {
                        followed.push(value);
                        open.push(value);
                    }
                    continue;
                }
                _ => {}
            }
            let at = open.len();
            match u.kind(node) {
                Kind::Function(function) => open.extend(u.function(*function).body),
                kind => kind.each_part(&mut |part| open.push(part)),
            }
            open[at..].reverse();
        }
    }
    found
}

/// What a name holds that is bound to an object, a list, or one that is made of another element by element.
fn rows_of(u: &Unit, name: NodeId) -> Option<NodeId> {
    let Kind::Name { binding: Some(binding), .. } = u.kind(name) else { return None };
    let binding = u.binding(*binding);
    let value = binding.value.filter(|_| binding.kind == BindingKind::Variable && binding.path.is_empty())?;
    let is_made_here = match u.kind(bare(u, value)) {
        Kind::Object { .. } | Kind::Array(_) => true,
        Kind::Call { args, .. } => {
            matches!(&**args, [only] if matches!(u.kind(*only), Kind::Function(_)))
        }
        _ => false,
    };
    is_made_here.then_some(value)
}

/// The connection, pool or transaction that a statement is handed: `.execute(&pool)`.
#[must_use]
pub fn handle(view: &UnitView<'_>, unit: usize, call: NodeId) -> Option<NodeId> {
    let facts = view.eval.call(unit, call);
    let Some(SlotValue::Node(site)) = facts.slot(Slot::Handle) else { return None };
    let (index, node) = view.node_at(site)?;
    // A client knows what it was made of, too.
    let u = unit_of(view, unit);
    let is_handed = index == unit && u.ancestors(node).any(|around| around == call);
    is_handed.then_some(node)
}

/// What a call that is a condition compares: `.eq("order_id", id)`, `eq(items.orderId, id)`.
fn compared(view: &UnitView<'_>, unit: usize, call: NodeId, found: &mut Vec<Given>) {
    let u = unit_of(view, unit);
    let facts = view.eval.call(unit, call);
    let is_condition = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.predicate.is_some());
    let Kind::Call { args, .. } = u.kind(call) else { return };
    let ([column, value] | [column, _, value]) = &**args else { return };
    if !is_condition {
        return;
    }
    let column = match u.kind(bare(u, *column)) {
        Kind::Literal(Literal::String(name)) | Kind::Member { name, .. } => name.to_string(),
        _ => return,
    };
    found.push(Given { column: Some(column), value: *value });
}

/// The calls of a chain, the last one first.
pub(crate) fn chain(u: &Unit, last: NodeId) -> Vec<NodeId> {
    let mut calls = Vec::new();
    let mut at = last;
    while calls.len() < MAX_CALLS {
        match u.kind(at) {
            Kind::Call { callee, .. } => {
                calls.push(at);
                at = *callee;
            }
            Kind::Member { object, .. } => at = *object,
            Kind::NonNull(value) | Kind::Cast { value, .. } => at = *value,
            _ => break,
        }
    }
    calls
}

/// A name without case, underscores and the ending of many: `order` of `Orders` and `order_items` as `orderitem`.
#[must_use]
pub fn plain_name(name: &str) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    let mut plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    for (many, one) in
        [("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("xes", "x"), ("ss", "ss"), ("us", "us")]
    {
        if let Some(head) = plain.strip_suffix(many) {
            return format!("{head}{one}");
        }
    }
    if plain.len() > 1 && plain.ends_with('s') {
        plain.pop();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_table_are_one() {
        for (a, b) in [("orders", "Order"), ("order_items", "orderItem"), ("categories", "Category")] {
            assert_eq!(plain_name(a), plain_name(b));
        }
        assert_eq!(plain_name("public.addresses"), "address");
        assert_eq!(plain_name("status"), "status");
        assert_ne!(plain_name("orders"), plain_name("order_items"));
    }
}
