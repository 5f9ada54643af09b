//! Which tables a call touches, what it does to their rows, and which values it gives to which columns.

use plimsoll_behavior::models::{SchemaKind, Slot};
use plimsoll_behavior::{Effects, Key, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_project::schema::sql::{StatementKind, TableSource, analyse};
use plimsoll_project::schema::{Dialect, Table};

use super::code::{bare, unit_of};
use super::sql_text::sql_texts;
use crate::UnitView;
use crate::view::CallView;

/// How many calls a chain of a builder may have, and how many nodes are looked at below one of them.
const MAX_CALLS: usize = 60;
const MAX_NODES: usize = 4_000;

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

fn of_sql(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Touch> {
    let mut found = Vec::new();
    for sql in sql_texts(view, call) {
        let Some(query) = analyse(&sql.text, Dialect::Unknown, None) else { continue };
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
                if used.source != TableSource::Table {
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

/// The table of the schema around the file that a library call of this kind means by a name.
#[must_use]
pub fn schema_table<'v>(view: &UnitView<'v>, kind: SchemaKind, name: &str) -> Option<&'v Table> {
    let schema = &view.project.schemas.schema_for(kind)?.schema;
    match kind {
        SchemaKind::Prisma => schema.table_by_code_name(name).or_else(|| schema.table(name)),
        SchemaKind::Sql => schema.table(name).or_else(|| schema.table_by_code_name(name)),
    }
}

/// What describes the tables that a library call works with.
#[must_use]
pub fn schema_kind(view: &UnitView<'_>, call: &CallView<'_>) -> Option<SchemaKind> {
    let (model, _) = call.facts.behavior.as_ref()?;
    view.eval.models.all()[usize::from(*model)].schema
}

/// The values that a call is given, those of the chain it ends included, in source order of the calls from its end.
#[must_use]
pub fn givens(view: &UnitView<'_>, unit: usize, call: NodeId) -> Vec<Given> {
    let u = unit_of(view, unit);
    let mut found = Vec::new();
    for step in chain(u, call) {
        let Kind::Call { args, .. } = u.kind(step) else { continue };
        let mut open: Vec<NodeId> = args.iter().rev().copied().collect();
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
                Kind::Call { .. } => compared(view, unit, node, &mut found),
                // What a path begins with is no value of its own.
                Kind::Name { .. } | Kind::Member { .. } => {
                    found.push(Given { column: None, value: node });
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

/// What a call that is a condition compares: `.eq("order_id", id)`, `eq(items.orderId, id)`.
fn compared(view: &UnitView<'_>, unit: usize, call: NodeId, found: &mut Vec<Given>) {
    let u = unit_of(view, unit);
    let facts = view.eval.call(unit, call);
    let is_condition = facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.predicate.is_some());
    let Kind::Call { args, .. } = u.kind(call) else { return };
    let ([column, value] | [column, _, value]) = args.as_slice() else { return };
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
