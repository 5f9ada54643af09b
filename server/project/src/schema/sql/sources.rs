//! The tables that a scope reads, and how they are joined.

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Ident, JoinConstraint, JoinOperator, ObjectName, TableFactor, TableWithJoins};

use super::predicates::{Comparison, Operand, Predicate};
use super::query::{Scope, TableSource, TableUse};
use super::scopes::Finder;
use super::statements::Lines;
use super::tables;

impl Finder<'_> {
    pub(super) fn add_tables<'q>(
        &self,
        from: &'q TableWithJoins,
        scope: &mut Scope,
        filters: &mut Vec<(&'q Expr, bool)>,
    ) {
        let mut open = vec![from];
        while let Some(from) = open.pop() {
            let joined = from.joins.iter().map(|join| (&join.relation, constraint(&join.join_operator)));
            for (factor, constraint) in std::iter::once((&from.relation, None)).chain(joined) {
                let is_joined = !scope.tables.is_empty();
                if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
                    open.push(table_with_joins);
                } else {
                    scope.tables.extend(self.factor(factor, is_joined));
                }
                if let Some(JoinConstraint::On(condition)) = constraint {
                    filters.push((condition, true));
                }
                if let Some(JoinConstraint::Using(columns)) = constraint {
                    add_shared_columns(columns, scope, self.lines);
                }
            }
        }
    }

    pub(super) fn factor(&self, factor: &TableFactor, is_joined: bool) -> Option<TableUse> {
        let unnamed = |alias: Option<&Ident>, source| TableUse {
            name: SmolStr::default(),
            namespace: None,
            alias: alias.map(|alias| SmolStr::new(&alias.value)),
            source,
            is_joined,
            range: None,
        };
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                self.table(name, alias.as_ref().map(|alias| &alias.name), is_joined)
            }
            TableFactor::Derived { alias, .. } => {
                Some(unnamed(alias.as_ref().map(|alias| &alias.name), TableSource::Derived))
            }
            TableFactor::Table { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::JsonTable { alias, .. } => {
                Some(unnamed(alias.as_ref().map(|alias| &alias.name), TableSource::Function))
            }
            _ => Some(unnamed(None, TableSource::Function)),
        }
    }

    pub(super) fn table(
        &self,
        name: &ObjectName,
        alias: Option<&Ident>,
        is_joined: bool,
    ) -> Option<TableUse> {
        let ident = name.0.last()?.as_ident()?;
        let own = tables::name(name)?;
        let is_cte =
            own.namespace.is_none() && self.ctes.iter().any(|cte| cte.eq_ignore_ascii_case(&own.name));
        Some(TableUse {
            name: own.name,
            namespace: own.namespace,
            alias: alias.map(|alias| SmolStr::new(&alias.value)),
            source: if is_cte { TableSource::Cte } else { TableSource::Table },
            is_joined,
            range: self.lines.range(ident.span),
        })
    }
}

/// The columns of `USING`, for each table that was named so far.
fn add_shared_columns(columns: &[ObjectName], scope: &mut Scope, lines: &Lines<'_>) {
    let Some(joined) = scope.tables.len().checked_sub(1) else {
        return;
    };
    let mut branch = scope.branches.pop().unwrap_or_default();
    for name in columns {
        let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else {
            continue;
        };
        let column = SmolStr::new(&ident.value);
        for (table, other) in [(joined, joined.checked_sub(1)), (joined.saturating_sub(1), Some(joined))] {
            branch.predicates.push(Predicate {
                table: Some(table),
                column: column.clone(),
                comparison: Comparison::Equal,
                operand: Operand::Column(other, column.clone()),
                function: None,
                is_join: true,
                range: lines.range(ident.span),
            });
        }
    }
    scope.branches.push(branch);
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(own)
        | JoinOperator::Inner(own)
        | JoinOperator::Left(own)
        | JoinOperator::LeftOuter(own)
        | JoinOperator::Right(own)
        | JoinOperator::RightOuter(own)
        | JoinOperator::FullOuter(own)
        | JoinOperator::CrossJoin(own)
        | JoinOperator::StraightJoin(own) => Some(own),
        _ => None,
    }
}
