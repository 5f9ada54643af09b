//! Filters in SQL text.

use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::sql::{Comparison, Limit, Operand, Predicate, Scope, Wildcard, analyse};

use super::pattern::binds_open;
use super::{Branch, Condition, Join, Lookup, Order, Test};
use crate::UnitView;
use crate::ask::{SqlText, sql_texts};
use crate::view::CallView;

pub(super) fn lookups<'s>(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Vec<Lookup<'s>> {
    let of_one = |sql: &SqlText| {
        let is_open = |placeholder: &str| binds_open(unit, call, sql, placeholder);
        of_text(sql, call, schema, &is_open)
    };
    sql_texts(unit, call, Some(schema)).iter().flat_map(of_one).collect()
}

/// Tells of a placeholder whether a pattern is bound to it that begins with a wildcard.
type IsOpen<'a> = dyn Fn(&str) -> bool + 'a;

/// What one text asks of the tables that it names.
pub(super) fn of_text<'s>(
    sql: &SqlText,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
    is_open: &IsOpen<'_>,
) -> Vec<Lookup<'s>> {
    let query = analyse(&sql.text, schema.schema.dialect, Some(&schema.schema));
    let node = sql.node.unwrap_or(call.node);
    let statements = query.iter().flat_map(|query| &query.statements);
    let scopes = statements.flat_map(|statement| &statement.scopes);
    scopes
        .filter(|scope| !scope.is_truncated)
        .flat_map(|scope| of_scope(scope, schema, node, is_open))
        .collect()
}

fn of_scope<'s>(
    scope: &Scope,
    schema: &'s ProjectSchema,
    node: plimsoll_behavior::NodeId,
    is_open: &IsOpen<'_>,
) -> Vec<Lookup<'s>> {
    let mut found = Vec::new();
    for (at, used) in scope.tables.iter().enumerate() {
        let Some(table) = used.table(&schema.schema) else { continue };
        let branches = scope.branches.iter().map(|branch| {
            let own = branch.predicates.iter().filter(|predicate| predicate.table == Some(at));
            // A condition on a column of which nobody knows the table may be this table's.
            let may_be_more = branch.predicates.iter().any(|predicate| predicate.table.is_none());
            let conditions =
                own.map(|predicate| condition(predicate, &branch.predicates, scope, schema, is_open));
            Branch { conditions: conditions.collect(), is_open: may_be_more }
        });
        let order = match scope.order.first() {
            _ if !scope.is_ordered => Order::None,
            Some(first) if first.table == Some(at) => Order::Column(first.column.to_string()),
            _ => Order::Unknown,
        };
        // Groups, and rows of several tables, are put in order after they were found.
        let is_plain = scope.tables.len() == 1 && !scope.is_grouped && !scope.is_aggregate;
        found.push(Lookup {
            table,
            branches: branches.collect(),
            order: if is_plain { order } else { Order::Unknown },
            is_bounded: scope.limit != Limit::None,
            node,
        });
    }
    found
}

fn condition(
    own: &Predicate,
    all: &[Predicate],
    scope: &Scope,
    schema: &ProjectSchema,
    is_open: &IsOpen<'_>,
) -> Condition {
    let joins = match &own.operand {
        Operand::Column(Some(other), _) if Some(*other) == own.table => None,
        Operand::Column(Some(other), _) => {
            Some(if finds_few(*other, all, scope, schema) { Join::ToFew } else { Join::ToMany })
        }
        // A column of a scope around this one, or of a table that nobody knows.
        Operand::Column(None, _) => Some(Join::ToMany),
        _ => None,
    };
    let same_table = matches!(&own.operand, Operand::Column(Some(other), _) if Some(*other) == own.table);
    let plain = test(own.comparison);
    let binds_open = || matches!(&own.operand, Operand::Placeholder(name) if is_open(name));
    let test = match own.comparison {
        _ if same_table => Test::Other,
        Comparison::Like { wildcard: Wildcard::Leading, .. } => Test::Within,
        Comparison::Like { wildcard: Wildcard::Unknown, .. } if binds_open() => Test::Within,
        _ if own.function.is_some() && matches!(plain, Test::Equal | Test::Range | Test::Prefix) => {
            Test::Wrapped
        }
        _ if own.function.is_some() => Test::Other,
        _ => plain,
    };
    let function = own.function.as_ref().map(ToString::to_string);
    let number = match own.operand {
        Operand::Number(number) => Some(number),
        _ => None,
    };
    Condition { column: own.column.to_string(), test, joins, function, number }
}

fn test(comparison: Comparison) -> Test {
    match comparison {
        Comparison::Equal | Comparison::In | Comparison::Any => Test::Equal,
        Comparison::Range => Test::Range,
        Comparison::Like { wildcard: Wildcard::NotLeading | Wildcard::Unknown, ignores_case: false } => {
            Test::Prefix
        }
        Comparison::IsNull | Comparison::Truth => Test::Null,
        _ => Test::Other,
    }
}

/// Whether an equality with a value finds the rows of a table by an index.
fn finds_few(table: usize, all: &[Predicate], scope: &Scope, schema: &ProjectSchema) -> bool {
    let Some(known) = scope.tables.get(table).and_then(|used| used.table(&schema.schema)) else {
        return false;
    };
    all.iter().any(|predicate| {
        predicate.table == Some(table)
            && matches!(predicate.comparison, Comparison::Equal | Comparison::In | Comparison::Any)
            && !matches!(predicate.operand, Operand::Column(..))
            && predicate.function.is_none()
            && known.leads_index(&predicate.column)
    })
}
