//! Which table the columns of a filter and an order belong to, and how many rows they leave.

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Ident, OrderByExpr, OrderBySort, SelectItem};

use super::conditions::{RawOperand, RawPredicate, alternatives, wrapped_column};
use super::predicates::{Branch, Comparison, Operand, Predicate};
use super::query::{Limit, OrderColumn, Rows, Scope, ScopeRole, TableUse};
use super::scopes::Finder;

/// How many alternatives the filters of a scope may have together.
const BRANCH_LIMIT: usize = 48;

impl Finder<'_> {
    pub(super) fn add_filters(&self, scope: &mut Scope, filters: &[(&Expr, bool)]) {
        let shared = std::mem::take(&mut scope.branches);
        let mut branches: Vec<Branch> = shared;
        for (filter, is_join) in filters {
            let Some(alternatives) = alternatives(filter) else {
                scope.is_truncated = true;
                continue;
            };
            let own: Vec<Vec<Predicate>> = alternatives
                .iter()
                .map(|all| all.iter().map(|raw| self.predicate(raw, scope, *is_join)).collect())
                .collect();
            if branches.is_empty() {
                branches.push(Branch::default());
            }
            if branches.len() * own.len() > BRANCH_LIMIT {
                scope.is_truncated = true;
                continue;
            }
            branches = branches
                .iter()
                .flat_map(|branch| {
                    own.iter().map(|more| {
                        let all = branch.predicates.iter().chain(more);
                        Branch { predicates: all.cloned().collect() }
                    })
                })
                .collect();
        }
        let binds = |predicate: &Predicate| match (&predicate.operand, predicate.comparison) {
            (Operand::List { is_bound, .. }, _) => *is_bound,
            (Operand::Placeholder(_), Comparison::Any) => true,
            _ => false,
        };
        scope.binds_list = branches.iter().flat_map(|branch| &branch.predicates).any(binds);
        scope.branches = branches;
    }

    pub(super) fn predicate(&self, raw: &RawPredicate<'_>, scope: &Scope, is_join: bool) -> Predicate {
        let last = raw.column.parts.last();
        let name = |parts: &[Ident]| parts.last().map(|last| SmolStr::new(&last.value)).unwrap_or_default();
        Predicate {
            table: self.resolve(raw.column.parts, scope),
            column: name(raw.column.parts),
            comparison: raw.comparison,
            operand: match &raw.operand {
                RawOperand::Known(operand) => operand.clone(),
                RawOperand::Column(parts) => Operand::Column(self.resolve(parts, scope), name(parts)),
            },
            function: raw.column.function.clone(),
            is_join,
            range: last.and_then(|last| self.lines.range(last.span)),
        }
    }

    /// The table that a column belongs to, as its position in the scope.
    pub(super) fn resolve(&self, parts: &[Ident], scope: &Scope) -> Option<usize> {
        let (column, qualifiers) = parts.split_last()?;
        if let Some(qualifier) = qualifiers.last() {
            let is_called = |table: &TableUse| {
                let own = table.alias.as_ref().unwrap_or(&table.name);
                own.eq_ignore_ascii_case(&qualifier.value)
            };
            return scope.tables.iter().position(is_called);
        }
        let known = |table: &TableUse| table.table(self.schema?);
        let has_column =
            |table: &TableUse| known(table).is_some_and(|table| table.column(&column.value).is_some());
        if let [only] = scope.tables.as_slice() {
            let lacks = known(only).is_some_and(|table| !table.unknown) && !has_column(only);
            return (!lacks).then_some(0);
        }
        let mut having = scope.tables.iter().enumerate().filter(|(_, table)| has_column(table));
        let (at, _) = having.next()?;
        having.next().is_none().then_some(at)
    }

    pub(super) fn order(&self, by: &[OrderByExpr], scope: &Scope, items: &[SelectItem]) -> Vec<OrderColumn> {
        let is_alias = |ident: &Ident| {
            items.iter().any(|item| {
                matches!(item, SelectItem::ExprWithAlias { alias, expr }
                    if alias.value.eq_ignore_ascii_case(&ident.value)
                        && !matches!(expr, Expr::Identifier(own) if own.value == ident.value))
            })
        };
        let columns = by.iter().map_while(|element| {
            let column = wrapped_column(&element.expr).filter(|own| own.function.is_none())?;
            let last = column.parts.last()?;
            if column.parts.len() == 1 && is_alias(last) {
                return None;
            }
            Some(OrderColumn {
                table: self.resolve(column.parts, scope),
                column: SmolStr::new(&last.value),
                is_descending: matches!(element.options.sort, Some(OrderBySort::Desc)),
                range: self.lines.range(last.span),
            })
        });
        columns.collect()
    }

    pub(super) fn rows(&self, scope: &Scope) -> Rows {
        let is_single = scope.is_aggregate
            || matches!(scope.limit, Limit::Literal(0 | 1))
            || scope.role == ScopeRole::Exists
            || scope.tables.is_empty();
        if is_single || self.finds_by_unique_key(scope) { Rows::One } else { Rows::Many }
    }

    pub(super) fn finds_by_unique_key(&self, scope: &Scope) -> bool {
        let [only] = scope.tables.as_slice() else {
            return false;
        };
        let Some(table) = self.schema.and_then(|schema| only.table(schema)) else {
            return false;
        };
        let [branch] = scope.branches.as_slice() else {
            return false;
        };
        let equal = branch
            .predicates
            .iter()
            .filter(|predicate| predicate.comparison == Comparison::Equal && predicate.function.is_none());
        let columns: Vec<&str> = equal.map(|predicate| predicate.column.as_str()).collect();
        table.is_unique(&columns)
    }
}
