//! Finds the scopes of a parsed statement and fills them in.

use std::ops::ControlFlow;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use sqlparser::ast::{
    AssignmentTarget, Delete, Expr, FromTable, GroupByExpr, Ident, Insert, JoinConstraint, JoinOperator,
    LimitClause, LockType, ObjectName, OrderByExpr, OrderByKind, Query as QueryNode, Select, SelectItem,
    SetExpr, Statement, TableFactor, TableObject, TableWithJoins, TopQuantity, Update, UpdateTableFromKind,
    Value, Visit, Visitor,
};

use super::predicates::{
    Branch, Comparison, Operand, Predicate, RawOperand, RawPredicate, alternatives, wrapped_column,
};
use super::query::{Limit, OrderColumn, Rows, Scope, ScopeRole, StatementKind, TableSource, TableUse};
use super::statements::Lines;
use super::tables;
use crate::schema::Schema;

/// What a statement does.
pub(super) fn kind(statement: &Statement) -> StatementKind {
    match statement {
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => kind(inner),
            _ => StatementKind::Select,
        },
        Statement::Insert(_) => StatementKind::Insert,
        Statement::Update(_) => StatementKind::Update,
        Statement::Delete(_) => StatementKind::Delete,
        Statement::CreateTable(_)
        | Statement::CreateIndex(_)
        | Statement::CreateView(_)
        | Statement::AlterTable(_)
        | Statement::Drop { .. }
        | Statement::Truncate(_) => StatementKind::Ddl,
        _ => StatementKind::Other,
    }
}

/// The scopes of a statement, the outermost first.
pub(super) fn scopes(statement: &Statement, schema: Option<&Schema>, lines: &Lines<'_>) -> Vec<Scope> {
    if matches!(kind(statement), StatementKind::Ddl | StatementKind::Other) {
        return Vec::new();
    }
    let mut finder =
        Finder { schema, lines, ctes: Vec::new(), roles: FxHashMap::default(), scopes: Vec::new() };
    let _: ControlFlow<()> = statement.visit(&mut finder);
    finder.scopes
}

struct Finder<'a> {
    schema: Option<&'a Schema>,
    lines: &'a Lines<'a>,
    ctes: Vec<SmolStr>,
    /// What subqueries ahead are, by where they stand in memory while the tree is walked.
    roles: FxHashMap<usize, ScopeRole>,
    scopes: Vec<Scope>,
}

fn address(query: &QueryNode) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Visitor for Finder<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &QueryNode) -> ControlFlow<()> {
        let is_first = self.scopes.is_empty() && self.roles.is_empty() && self.ctes.is_empty();
        let fallback = if is_first { ScopeRole::Main } else { ScopeRole::Subquery };
        let role = self.roles.remove(&address(query)).unwrap_or(fallback);
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = SmolStr::new(&cte.alias.name.value);
            self.roles.insert(address(&cte.query), ScopeRole::Cte(name.clone()));
            self.ctes.push(name);
        }
        self.query(query, &role);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Derived { subquery, .. } = factor {
            self.roles.insert(address(subquery), ScopeRole::Derived);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Exists { subquery, .. } => {
                self.roles.insert(address(subquery), ScopeRole::Exists);
            }
            Expr::InSubquery { subquery, .. } => {
                self.roles.insert(address(subquery), ScopeRole::In);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn empty(kind: StatementKind, role: ScopeRole) -> Scope {
    Scope {
        kind,
        role,
        tables: Vec::new(),
        branches: Vec::new(),
        is_truncated: false,
        rows: Rows::Many,
        order: Vec::new(),
        is_ordered: false,
        limit: Limit::None,
        has_offset: false,
        is_aggregate: false,
        is_grouped: false,
        selects_all_columns: false,
        written_columns: Vec::new(),
        locks_for_update: false,
        handles_conflict: false,
        has_returning: false,
        binds_list: false,
    }
}

impl Finder<'_> {
    fn query(&mut self, query: &QueryNode, role: &ScopeRole) {
        let mut open: Vec<&SetExpr> = vec![&query.body];
        while let Some(body) = open.pop() {
            match body {
                SetExpr::Select(select) => self.select(query, select, role.clone()),
                SetExpr::SetOperation { left, right, .. } => open.extend([&**right, &**left]),
                // A query in parentheses is visited by itself, and is what the outer one is.
                SetExpr::Query(inner) => {
                    self.roles.insert(address(inner), role.clone());
                }
                _ => {}
            }
        }
    }

    fn select(&mut self, query: &QueryNode, select: &Select, role: ScopeRole) {
        let mut scope = empty(StatementKind::Select, role);
        let mut filters = Vec::new();
        for table in &select.from {
            self.add_tables(table, &mut scope, &mut filters);
        }
        filters.extend(select.selection.as_ref().map(|filter| (filter, false)));
        self.add_filters(&mut scope, &filters);
        scope.limit = limit(query, select);
        scope.has_offset = matches!(
            &query.limit_clause,
            Some(LimitClause::LimitOffset { offset: Some(_), .. } | LimitClause::OffsetCommaLimit { .. })
        );
        scope.is_grouped = select.distinct.is_some()
            || !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
        scope.is_aggregate = !scope.is_grouped && is_aggregate(&select.projection);
        scope.selects_all_columns = select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
        scope.locks_for_update = query.locks.iter().any(|lock| matches!(lock.lock_type, LockType::Update));
        if let Some(order) = &query.order_by {
            scope.is_ordered = true;
            if let OrderByKind::Expressions(by) = &order.kind {
                scope.order = self.order(by, &scope, &select.projection);
            }
        }
        scope.rows = self.rows(&scope);
        self.scopes.push(scope);
    }

    fn insert(&mut self, insert: &Insert) {
        let mut scope = empty(StatementKind::Insert, self.write_role());
        if let TableObject::TableName(name) = &insert.table {
            let alias = insert.table_alias.as_ref().map(|alias| &alias.alias);
            scope.tables.extend(self.table(name, alias, false));
        }
        scope.written_columns = insert.columns.iter().filter_map(last_part).collect();
        scope.handles_conflict =
            insert.on.is_some() || insert.or.is_some() || insert.ignore || insert.replace_into;
        scope.has_returning = insert.returning.is_some();
        scope.rows = if scope.has_returning { Rows::Many } else { Rows::None };
        if let Some(source) = &insert.source {
            if let SetExpr::Values(values) = &*source.body
                && values.rows.len() == 1
                && scope.has_returning
            {
                scope.rows = Rows::One;
            }
            self.roles.insert(address(source), ScopeRole::InsertSource);
        }
        self.scopes.push(scope);
    }

    fn update(&mut self, update: &Update) {
        let mut scope = empty(StatementKind::Update, self.write_role());
        let mut filters = Vec::new();
        self.add_tables(&update.table, &mut scope, &mut filters);
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from
        {
            from.iter().for_each(|table| self.add_tables(table, &mut scope, &mut filters));
        }
        for assignment in &update.assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => scope.written_columns.extend(last_part(name)),
                AssignmentTarget::Tuple(names) => {
                    scope.written_columns.extend(names.iter().filter_map(last_part));
                }
            }
        }
        scope.limit = update.limit.as_ref().map_or(Limit::None, limit_of);
        self.finish_write(scope, update.selection.as_ref(), update.returning.is_some(), filters);
    }

    fn delete(&mut self, delete: &Delete) {
        let mut scope = empty(StatementKind::Delete, self.write_role());
        let mut filters = Vec::new();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        for table in from.iter().chain(delete.using.iter().flatten()) {
            self.add_tables(table, &mut scope, &mut filters);
        }
        scope.limit = delete.limit.as_ref().map_or(Limit::None, limit_of);
        self.finish_write(scope, delete.selection.as_ref(), delete.returning.is_some(), filters);
    }

    fn finish_write<'q>(
        &mut self,
        mut scope: Scope,
        selection: Option<&'q Expr>,
        has_returning: bool,
        mut filters: Vec<(&'q Expr, bool)>,
    ) {
        filters.extend(selection.map(|filter| (filter, false)));
        self.add_filters(&mut scope, &filters);
        scope.has_returning = has_returning;
        scope.rows = if has_returning { self.rows(&scope) } else { Rows::None };
        self.scopes.push(scope);
    }

    /// A write within `WITH` is a part of its statement, any other one is the statement.
    fn write_role(&self) -> ScopeRole {
        let within = !self.scopes.is_empty() || !self.ctes.is_empty();
        if within && self.roles.is_empty() { ScopeRole::Subquery } else { ScopeRole::Main }
    }

    fn add_tables<'q>(
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

    fn factor(&self, factor: &TableFactor, is_joined: bool) -> Option<TableUse> {
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

    fn table(&self, name: &ObjectName, alias: Option<&Ident>, is_joined: bool) -> Option<TableUse> {
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

    fn add_filters(&self, scope: &mut Scope, filters: &[(&Expr, bool)]) {
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
            (Operand::Placeholder, Comparison::Any) => true,
            _ => false,
        };
        scope.binds_list = branches.iter().flat_map(|branch| &branch.predicates).any(binds);
        scope.branches = branches;
    }

    fn predicate(&self, raw: &RawPredicate<'_>, scope: &Scope, is_join: bool) -> Predicate {
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
    fn resolve(&self, parts: &[Ident], scope: &Scope) -> Option<usize> {
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

    fn order(&self, by: &[OrderByExpr], scope: &Scope, items: &[SelectItem]) -> Vec<OrderColumn> {
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
                is_descending: matches!(element.options.sort, Some(sqlparser::ast::OrderBySort::Desc)),
                range: self.lines.range(last.span),
            })
        });
        columns.collect()
    }

    fn rows(&self, scope: &Scope) -> Rows {
        let is_single = scope.is_aggregate
            || matches!(scope.limit, Limit::Literal(0 | 1))
            || scope.role == ScopeRole::Exists
            || scope.tables.is_empty();
        if is_single || self.finds_by_unique_key(scope) { Rows::One } else { Rows::Many }
    }

    fn finds_by_unique_key(&self, scope: &Scope) -> bool {
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

/// How many alternatives the filters of a scope may have together.
const BRANCH_LIMIT: usize = 48;

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

fn last_part(name: &ObjectName) -> Option<SmolStr> {
    Some(SmolStr::new(&name.0.last()?.as_ident()?.value))
}

fn limit(query: &QueryNode, select: &Select) -> Limit {
    if let Some(quantity) = select.top.as_ref().and_then(|top| top.quantity.as_ref()) {
        return match quantity {
            TopQuantity::Constant(number) => Limit::Literal(*number),
            TopQuantity::Expr(expression) => limit_of(expression),
        };
    }
    if let Some(fetch) = &query.fetch {
        return fetch.quantity.as_ref().map_or(Limit::Literal(1), limit_of);
    }
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit: Some(limit), .. })
        | Some(LimitClause::OffsetCommaLimit { limit, .. }) => limit_of(limit),
        _ => Limit::None,
    }
}

fn limit_of(expression: &Expr) -> Limit {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().map_or(Limit::Bound, Limit::Literal),
            Value::Null => Limit::None,
            _ => Limit::Bound,
        },
        _ => Limit::Bound,
    }
}

const AGGREGATES: [&str; 19] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "group_concat",
    "bool_or",
    "bool_and",
    "every",
    "total",
    "json_object_agg",
    "jsonb_object_agg",
    "stddev",
    "variance",
    "count_big",
];

/// Whether every column is an aggregate over all rows, possibly within other expressions.
fn is_aggregate(items: &[SelectItem]) -> bool {
    let aggregates = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. } => {
            aggregates_rows(expression)
        }
        _ => false,
    };
    !items.is_empty() && items.iter().all(aggregates)
}

fn aggregates_rows(expression: &Expr) -> bool {
    let found = sqlparser::ast::visit_expressions(expression, |inner| match inner {
        Expr::Function(function) if function.over.is_none() => {
            let name = function.name.to_string().to_ascii_lowercase();
            if AGGREGATES.contains(&name.as_str()) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
