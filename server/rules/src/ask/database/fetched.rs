//! Which columns of which table a query hands over, however it is written.

use plimsoll_behavior::models::{ColumnsEdit, FilterForm, Rows, Slot};
use plimsoll_behavior::{Kind, Literal, NodeId, Unit};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::Table;
use plimsoll_project::schema::sql::{
    Limit, Query, Rows as ScopeRows, Scope, ScopeRole, StatementKind, analyse,
};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, unit_of};
use crate::ask::database::growth::{is_key, is_lasting};
use crate::ask::database::reading::{Compared, Condition, narrowed};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::table::{table_of, value_at};
use crate::ask::database::touch::{chain, schema_table, touches};
use crate::view::CallView;

/// A query that hands over all columns of one table.
#[derive(Clone, Debug)]
pub struct Fetched<'s> {
    /// The table.
    pub table: &'s Table,
    /// Whether it hands over one row at most, or a few.
    pub is_of_few: bool,
    /// Whether columns have their names in the database, and not those that the code gives them.
    pub by_database_names: bool,
    /// Whether the rows may be a part of the answer: `result.rows`, `{ data, error }`.
    pub is_wrapped: bool,
    /// Where it says which columns.
    pub says: Says,
}

/// Where a query says which columns it hands over.
#[derive(Clone, Debug)]
pub enum Says {
    /// In its text, where that stands in the call in one piece.
    Text(Option<NodeId>),
    /// In an argument of this call of its chain.
    Step {
        /// The call.
        call: NodeId,
        /// Where the columns stand: `0.select`.
        path: String,
        /// How they are written.
        edit: Option<ColumnsEdit>,
    },
}

/// At most this many rows are few.
const FEW: u64 = 25;

/// What a call hands over, if that is every column of a single table.
#[must_use]
pub fn fetches_all<'s>(
    view: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Option<Fetched<'s>> {
    let facts = call.facts;
    let (_, behavior) = facts.behavior.as_ref()?;
    let steps = chain(view.unit, call.node);
    // Functions that it is handed see the rows first.
    let is_handed_a_function = steps.iter().any(|&step| match view.unit.kind(step) {
        Kind::Call { args, .. } => args
            .iter()
            .any(|&arg| matches!(view.unit.kind(bare(view.unit, arg)), Kind::Function(_) | Kind::Nested(_))),
        _ => false,
    });
    if behavior.streams || is_handed_a_function {
        return None;
    }
    if call.slot(Slot::Sql).is_some() {
        return in_text(view, call, schema);
    }
    if facts.rows == Some(Rows::Aggregate) || facts.rows.is_none() {
        return None;
    }
    if [Slot::Join, Slot::NoRows, Slot::LeftOut, Slot::Action].iter().any(|&slot| call.slot(slot).is_some()) {
        return None;
    }
    let says = steps.iter().find_map(|&step| {
        let facts = view.eval.call(view.index, step);
        let (_, behavior) = facts.behavior.as_ref()?;
        let path = behavior.slots.get(&Slot::Columns)?.to_string();
        Some(Says::Step { call: step, path, edit: behavior.columns_edit.clone() })
    })?;
    // What says more of the rows than their columns is not known of some steps.
    let is_plain = steps
        .iter()
        .all(|&step| callee_name(view.unit, step).is_none_or(|name| !GATHERS.contains(&name.as_str())));
    if !is_plain || !means_all(view, call) {
        return None;
    }
    let table = match call.slot(Slot::Table)? {
        SlotValue::Node(site) => table_of(view, schema, &value_at(view, site)),
        _ => None,
    };
    let table = match table {
        Some(table) => table,
        None => schema_table(schema, &touches(view, call).into_iter().next()?.table)?,
    };
    let is_bound_to_few = matches!(call.slot(Slot::Bound), Some(SlotValue::Node(site))
        if view.node_at(site).is_some_and(|(unit, node)| is_few(unit_of(view, unit), node)));
    let is_of_few = facts.rows == Some(Rows::One) || is_bound_to_few || are_few(&narrowed(view, call), table);
    Some(Fetched {
        table,
        is_of_few,
        by_database_names: table.language == plimsoll_project::schema::SchemaLanguage::Sql,
        is_wrapped: facts.filters == Some(FilterForm::Builder),
        says,
    })
}

/// Whether conditions leave one row, by a unique key, or the few children of one parent that does not live long.
fn are_few(alternatives: &[Vec<Condition>], table: &Table) -> bool {
    let is_few = |conditions: &Vec<Condition>| {
        let compared =
            conditions.iter().filter(|own| matches!(own.compared, Compared::Equal | Compared::Constant(_)));
        let columns: Vec<&str> = compared.map(|own| own.column.as_str()).collect();
        let of_one_parent = conditions
            .iter()
            .any(|own| own.compared == Compared::Equal && is_key(&own.column) && !is_lasting(&own.column));
        of_one_parent || table.is_unique(&columns)
    };
    !alternatives.is_empty() && alternatives.iter().all(is_few)
}

/// Steps of a chain after which rows are other than those of the table.
const GATHERS: &[&str] = &["groupBy", "distinct", "distinctOn", "pluck", "count", "csv", "toSQL", "toString"];

/// Whether a query names no columns, or all.
fn means_all(view: &UnitView<'_>, call: &CallView<'_>) -> bool {
    match call.slot(Slot::Columns) {
        None => true,
        Some(SlotValue::Text(text)) => text == "*",
        Some(SlotValue::Node(site)) => view.node_at(site).is_some_and(|(unit, node)| {
            let u = unit_of(view, unit);
            matches!(u.kind(bare(u, node)), Kind::Literal(Literal::String(text)) if text.trim() == "*")
        }),
        Some(SlotValue::Elsewhere) => false,
    }
}

fn is_few(u: &Unit, node: NodeId) -> bool {
    matches!(u.kind(bare(u, node)), Kind::Literal(Literal::Number(number)) if number.parse().is_ok_and(|n: u64| n <= FEW))
}

fn in_text<'s>(view: &UnitView<'_>, call: &CallView<'_>, schema: &'s ProjectSchema) -> Option<Fetched<'s>> {
    let texts = sql_texts(view, call, Some(schema));
    let [sql] = texts.as_slice() else { return None };
    let query = analyse(&sql.text, schema.schema.dialect, Some(&schema.schema))?;
    let scope = only_select(&query)?;
    let table = scope.tables.first()?.table(&schema.schema)?;
    let is_one = call.facts.rows == Some(Rows::One) || scope.rows == ScopeRows::One;
    let is_of_few = is_one
        || matches!(scope.limit, Limit::Literal(most) if most <= FEW)
        || are_few(&narrowed(view, call), table);
    let node = sql.node.filter(|&node| {
        let is_literal =
            |node| matches!(view.unit.kind(node), Kind::Literal(Literal::String(_)) | Kind::Template { .. });
        let is_inside = node == call.node || view.unit.ancestors(node).any(|at| at == call.node);
        is_literal(node) && is_inside
    });
    Some(Fetched { table, is_of_few, by_database_names: true, is_wrapped: true, says: Says::Text(node) })
}

/// The statement of a text that has only one, if it selects all columns of one table.
fn only_select(query: &Query) -> Option<&Scope> {
    let [statement] = query.statements.as_slice() else { return None };
    let mut mains = statement.scopes.iter().filter(|scope| scope.role == ScopeRole::Main);
    let (scope, None) = (mains.next()?, mains.next()) else { return None };
    let is_whole = scope.kind == StatementKind::Select
        && scope.selects_all_columns
        && scope.tables.len() == 1
        && !scope.is_grouped;
    is_whole.then_some(scope)
}
