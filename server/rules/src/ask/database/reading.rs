//! Which rows a query asks for: of which table, under which conditions, and whether nothing says how many at most.
//! Needs no schema: tables and columns are told by the names that the code has for them.

mod kept;
mod narrowing;

use std::sync::Arc;

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{Access, Effects, Key, Kind, NodeId, Unit};
use plimsoll_project::link::{CallFacts, SlotValue};
use plimsoll_project::schema::Dialect;
use plimsoll_project::schema::sql::{
    Limit, Query, Rows as ScopeRows, Scope, ScopeRole, StatementKind, TableSource, analyse,
};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, query_of_helper};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::touch::{chain, touches};
use crate::view::CallView;

pub use narrowing::{Compared, Condition};

/// A query that may hand over any number of rows, because it has no limit.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The table, by the name that the code has for it.
    pub table: String,
    /// The alternatives of its filter, each of conditions that hold together. None: without a filter.
    pub alternatives: Vec<Vec<Condition>>,
    /// Whether it may be narrowed in ways that are not told.
    pub is_open: bool,
    /// The columns that it hands over, where the text or the call names them.
    pub columns: Vec<String>,
    /// Its SQL text, where it stands in the call itself, in one piece.
    pub text: Option<NodeId>,
    /// Whether it is kept in a variable before it runs.
    pub is_kept: bool,
    /// Whether the project's own function runs it: `query("SELECT …")`.
    pub is_of_helper: bool,
    /// Whether it rests on a convention.
    pub is_convention: bool,
    /// The most rows that the server hands over without a word.
    pub cuts_off_at: Option<u32>,
}

/// Steps of a chain after which rows are groups, or one: methods of builders whose models say nothing else of them.
const GATHERS: &[&str] = &[
    "groupBy",
    "group_by",
    "distinct",
    "distinctOn",
    "selectDistinct",
    "selectDistinctOn",
    "count",
    "countDistinct",
    "having",
    "first",
    "paginate",
    "stream",
    "cursor",
    "explain",
    "toSQL",
    "toString",
    "fetchPage",
    "offset_limit",
];

/// Names of the project's own functions of which a query hands over one row.
const OF_ONE: &[&str] = &["one", "first", "single", "scalar", "maybe", "optional", "row", "get"];

/// What a call asks for, if it is a query for any number of rows that has no limit.
#[must_use]
pub fn unlimited(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Reading> {
    if let Some(handed) = reading_of_helper(view, call) {
        let call = CallView { node: call.node, facts: &handed, summary: None };
        let mut reading = in_text(view, &call)?;
        reading.is_of_helper = true;
        return Some(reading);
    }
    let facts = call.facts;
    let (_, behavior) = facts.behavior.as_ref()?;
    let reads = facts.effects.contains(Effects::DB_READ) && !facts.effects.contains(Effects::DB_WRITE);
    if !reads || behavior.unique || facts.rows.is_some_and(|rows| rows != Rows::Many) {
        return None;
    }
    if has_any(facts, &[Slot::Bound, Slot::Lock, Slot::NoRows, Slot::Action]) || streams(view, call.node) {
        return None;
    }
    if call.slot(Slot::Sql).is_some() {
        return in_text(view, call);
    }
    if is_of_distinct_rows(view, call.node) {
        return None;
    }
    let later = kept::later_steps(view, call)?;
    let table = touches(view, call).into_iter().next().map(|touch| touch.table);
    let table = table.or_else(|| named_by_receiver(view, call))?;
    let mut filter = narrowing::of_call(view, call);
    for step in later {
        filter.add_step(view, step);
    }
    let columns = narrowing::columns(view, call)?;
    Some(Reading {
        table,
        alternatives: filter.alternatives,
        is_open: filter.is_open,
        columns,
        text: None,
        is_kept: kept::is_kept(view, call.node),
        is_of_helper: false,
        is_convention: facts.is_convention,
        cuts_off_at: cuts_off_at(view, facts),
    })
}

/// By which conditions a query is narrowed: alternatives, each of conditions that hold together, as far as they stand at
/// the call. None where it has no filter, or it is not told.
#[must_use]
pub fn narrowed(view: &UnitView<'_>, call: &CallView<'_>) -> Vec<Vec<Condition>> {
    if call.slot(Slot::Sql).is_none() {
        return narrowing::of_call(view, call).alternatives;
    }
    let texts = sql_texts(view, call, crate::ask::schema_of(view, call).as_deref());
    let [sql] = texts.as_slice() else { return Vec::new() };
    let Some(query) = analyse(&sql.text, Dialect::Unknown, None) else { return Vec::new() };
    let mut scopes = query.statements.iter().flat_map(|statement| &statement.scopes);
    let main = scopes.find(|scope| scope.role == ScopeRole::Main);
    main.map(|scope| narrowing::of_scope(scope, false).alternatives).unwrap_or_default()
}

fn has_any(facts: &CallFacts, slots: &[Slot]) -> bool {
    slots.iter().any(|&slot| facts.slot(slot).is_some())
}

/// The most rows that the library's server hands over without a word.
#[must_use]
pub fn cuts_off_at(view: &UnitView<'_>, facts: &CallFacts) -> Option<u32> {
    let (model, _) = facts.behavior.as_ref()?;
    view.eval.models.all()[usize::from(*model)].cuts_off_at
}

/// Whether a step of the chain hands rows over one by one, gathers them, or takes one.
fn streams(view: &UnitView<'_>, call: NodeId) -> bool {
    chain(view.unit, call).into_iter().any(|step| {
        let facts = view.eval.call(view.index, step);
        facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.streams || behavior.unique)
            || callee_name(view.unit, step).is_some_and(|name| GATHERS.contains(&name.as_str()))
    })
}

/// Whether a query, an object, asks for one row of those that are equal in some columns.
fn is_of_distinct_rows(view: &UnitView<'_>, call: NodeId) -> bool {
    let Kind::Call { args, .. } = view.unit.kind(call) else { return false };
    args.iter().any(|&arg| match view.unit.kind(bare(view.unit, arg)) {
        Kind::Object { entries, .. } => {
            entries.iter().any(|entry| matches!(&entry.key, Key::Name(name) if name == "distinct"))
        }
        _ => false,
    })
}

/// What a call of a function of the project that reads many rows asks a database, where it hands its SQL text on.
fn reading_of_helper(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Arc<CallFacts>> {
    if call.facts.effects.intersects(Effects::DB) {
        return None;
    }
    let reads = call.summary.as_ref().is_some_and(|summary| summary.effects.contains(Effects::DB_READ));
    let name = callee_name(view.unit, call.node).map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    if !reads || OF_ONE.iter().any(|word| name.contains(word)) {
        return None;
    }
    query_of_helper(view, call.node).map(Arc::new)
}

fn in_text(view: &UnitView<'_>, call: &CallView<'_>) -> Option<Reading> {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Sql) else { return None };
    let (index, node) = view.node_at(site)?;
    let u = view.unit_of(index);
    let stands_in_the_call =
        index == view.index && (node == call.node || u.ancestors(node).any(|at| at == call.node));
    // What is put together in steps does not stand in the call.
    if view.is_rust() && !stands_in_the_call {
        return None;
    }
    let text = bare(u, node);
    if let Kind::Name { binding: Some(binding), .. } = u.kind(text) {
        let binding = u.binding(*binding);
        if !binding.assignments.is_empty() || view.is_rust() && binding.is_mutable {
            return None;
        }
    }
    let texts = sql_texts(view, call, crate::ask::schema_of(view, call).as_deref());
    let [sql] = texts.as_slice() else { return None };
    let query = analyse(&sql.text, Dialect::Unknown, None)?;
    let scope = only_select(&query)?;
    let has_inner = query.statements.iter().any(|statement| statement.scopes.len() > 1);
    let filter = narrowing::of_scope(scope, has_inner);
    let is_literal = matches!(u.kind(text), Kind::Literal(_) | Kind::Template { .. });
    Some(Reading {
        table: scope.tables.first()?.name.to_string(),
        alternatives: filter.alternatives,
        is_open: filter.is_open,
        columns: scope.only_column.iter().map(ToString::to_string).collect(),
        text: (is_literal && stands_in_the_call).then_some(text),
        is_kept: false,
        is_of_helper: false,
        is_convention: call.facts.is_convention,
        cuts_off_at: None,
    })
}

/// The statement of a text that has only one, if it hands over any number of rows of a table.
fn only_select(query: &Query) -> Option<&Scope> {
    let [statement] = query.statements.as_slice() else { return None };
    let mut mains = statement.scopes.iter().filter(|scope| scope.role == ScopeRole::Main);
    let (scope, None) = (mains.next()?, mains.next()) else { return None };
    let first = scope.tables.first()?;
    let is_of_rows = scope.kind == StatementKind::Select
        && scope.limit == Limit::None
        && scope.rows == ScopeRows::Many
        && !scope.is_aggregate
        && !scope.is_grouped
        && !scope.is_truncated
        && !scope.locks_for_update
        && !scope.binds_list;
    let is_table = first.source == TableSource::Table && !first.name.starts_with('$') && !is_catalog(first);
    (is_of_rows && is_table).then_some(scope)
}

/// Whether a table describes the database itself.
fn is_catalog(table: &plimsoll_project::schema::sql::TableUse) -> bool {
    let namespace = table.namespace.as_deref().unwrap_or_default().to_ascii_lowercase();
    let name = table.name.to_ascii_lowercase();
    namespace == "information_schema"
        || namespace == "pg_catalog"
        || ["pg_", "sqlite_", "mysql."].iter().any(|start| name.starts_with(start))
}

/// What the receiver of a chain says of its table: `Order.find()`, `this.orderRepository.find()`, `order::Entity::find()`.
fn named_by_receiver(view: &UnitView<'_>, call: &CallView<'_>) -> Option<String> {
    let u: &Unit = view.unit;
    let first = chain(u, call.node).into_iter().next_back()?;
    let Kind::Call { callee, .. } = u.kind(first) else { return None };
    let Kind::Member { object, .. } = u.kind(*callee) else { return None };
    let mut at = bare(u, *object);
    loop {
        let name = match u.kind(at) {
            Kind::Member { object, name, access: Access::Path, .. }
                if matches!(name.as_str(), "Entity" | "Model") =>
            {
                at = *object;
                continue;
            }
            Kind::Member { name, .. } | Kind::Name { name, .. } => name,
            _ => return None,
        };
        let ends = ["Repository", "Repo", "Model", "Entity", "_repository", "_repo"];
        let short = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        return (short.len() > 2).then(|| short.to_owned());
    }
}
