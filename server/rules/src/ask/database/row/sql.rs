//! Which columns SQL text compares and writes, with the values that are bound to it.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Kind, NodeId};
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::Dialect;
use plimsoll_project::schema::sql::{Comparison, Operand, Scope, ScopeRole, StatementKind, analyse};

use super::{Access, Cell, Seen, blank};
use crate::UnitView;
use crate::ask::code::{bare, unit_of};
use crate::ask::database::sql_text::{SqlText, sql_texts};
use crate::ask::database::touch::Action;
use crate::view::CallView;

/// What a call that runs SQL does to rows.
pub(super) fn accesses(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Access> {
    let params = params(view, call);
    let mut found = Vec::new();
    for sql in sql_texts(view, call, None) {
        let Some(query) = analyse(&sql.text, Dialect::Unknown, None) else { continue };
        for statement in &query.statements {
            let copies = statement.scopes.iter().any(|scope| scope.role == ScopeRole::InsertSource);
            for scope in &statement.scopes {
                let reader = Reader { sql: &sql, params: &params };
                found.extend(reader.access(view, call, scope, copies));
            }
        }
    }
    found
}

struct Reader<'a> {
    sql: &'a SqlText,
    params: &'a [Seen],
}

impl Reader<'_> {
    fn access(
        &self,
        view: &UnitView<'_>,
        call: &CallView<'_>,
        scope: &Scope,
        copies: bool,
    ) -> Option<Access> {
        let action = match scope.kind {
            StatementKind::Select => Action::Read,
            // What is inserted depends on what is there.
            StatementKind::Insert if scope.handles_conflict || copies => Action::Upsert,
            StatementKind::Insert => Action::Insert,
            StatementKind::Update => Action::Update,
            StatementKind::Delete => Action::Delete,
            StatementKind::Ddl | StatementKind::Other => return None,
        };
        let is_whole = matches!(scope.role, ScopeRole::Main | ScopeRole::Cte(_) | ScopeRole::Exists);
        let table = scope.tables.first().filter(|_| is_whole)?;
        let mut access = blank(view, call, action);
        access.table = Some(table.name.to_string());
        access.is_count = scope.is_aggregate || scope.role == ScopeRole::Exists;
        let text = self.sql.text.to_ascii_uppercase();
        access.locks =
            scope.locks_for_update || text.contains("FOR UPDATE") || text.contains("FOR NO KEY UPDATE");
        access.only_column = scope.only_column.as_ref().map(ToString::to_string);
        access.has_more_conditions = scope.branches.len() > 1 || scope.is_truncated || scope.tables.len() > 1;
        for predicate in scope.branches.iter().flat_map(|branch| &branch.predicates) {
            let is_key = matches!(predicate.comparison, Comparison::Equal | Comparison::Any);
            if !is_key || predicate.table.is_some_and(|table| table != 0) {
                access.has_more_conditions = true;
                continue;
            }
            let before = predicate.range.map_or(0, |range| range.end as usize);
            let value = self.value(&predicate.operand, self.marks_before(before));
            access.keys.push(Cell { column: predicate.column.to_string(), value });
        }
        for (column, written) in scope.written_columns.iter().zip(&scope.written_values) {
            let before = written.range.map_or(0, |range| range.start as usize);
            let value = self.value(&written.operand, self.marks_before(before));
            access.written.push(Cell { column: column.to_string(), value });
        }
        if matches!(action, Action::Insert | Action::Update | Action::Upsert) {
            access.data = self.params.to_vec();
            access.data.extend(self.sql.holes.iter().map(|&(unit, node)| Seen::at(unit, node)));
        }
        Some(access)
    }

    /// How many `?` stand before a byte of the text.
    fn marks_before(&self, end: usize) -> usize {
        self.sql.text.get(..end).unwrap_or_default().matches('?').count()
    }

    fn value(&self, operand: &Operand, marks_before: usize) -> Option<Seen> {
        let Operand::Placeholder(name) = operand else { return None };
        if name == "?" {
            return self.params.get(marks_before).cloned();
        }
        let number: usize = name.trim_start_matches(['$', '?']).parse().ok()?;
        if let Some(&(unit, node)) = number.checked_sub(9_001).and_then(|hole| self.sql.holes.get(hole)) {
            return Some(Seen::at(unit, node));
        }
        self.params.get(number.checked_sub(1)?).cloned()
    }
}

/// The values that are bound to the text, in order.
fn params(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Seen> {
    let sites = call.facts.slots.iter().filter_map(|(slot, value)| match value {
        SlotValue::Node(site) if *slot == Slot::Params => view.node_at(site),
        _ => None,
    });
    let nodes: Vec<(usize, NodeId)> = sites.collect();
    let &[(unit, node)] = nodes.as_slice() else {
        return nodes.into_iter().map(|(unit, node)| Seen::at(unit, node)).collect();
    };
    let u = unit_of(view, unit);
    if let Kind::Array(items) = u.kind(bare(u, node)) {
        return items.iter().map(|&item| Seen::at(unit, bare(u, item))).collect();
    }
    // All arguments but the text, and what stands before it.
    let Some(parent) = u.parent(node) else { return Vec::new() };
    let Kind::Call { args, .. } = u.kind(parent) else { return vec![Seen::at(unit, node)] };
    let facts = view.eval.call(unit, parent);
    let takes_all = facts
        .behavior
        .as_ref()
        .is_some_and(|(_, behavior)| behavior.slots.get(&Slot::Params).is_some_and(|path| path == "*"));
    if !takes_all {
        return vec![Seen::at(unit, node)];
    }
    let text = match call.slot(Slot::Sql) {
        Some(SlotValue::Node(site)) => view.node_at(site).map(|(_, node)| node),
        _ => None,
    };
    let from = args.iter().position(|&arg| Some(arg) == text).map_or(0, |at| at + 1);
    args[from..].iter().map(|&arg| Seen::at(unit, bare(u, arg))).collect()
}
