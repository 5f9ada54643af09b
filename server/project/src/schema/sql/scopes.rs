//! Finds the scopes of a parsed statement and fills them in.

use std::ops::ControlFlow;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use sqlparser::ast::{
    AssignmentTarget, Delete, Expr, FromTable, GroupByExpr, Insert, LimitClause, LockType, ObjectName,
    OrderByKind, Query as QueryNode, Select, SelectItem, SetExpr, Spanned, Statement, TableFactor,
    TableObject, TopQuantity, Update, UpdateTableFromKind, Value, Visit, Visitor,
};

use super::conditions::operand;
use super::query::{Limit, Rows, Scope, ScopeRole, StatementKind, WrittenValue};
use super::statements::Lines;
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
    // A write is visited after the common table expressions before it.
    finder.scopes.sort_by_key(|scope| scope.role != ScopeRole::Main);
    finder.scopes
}

/// Collects scopes while a statement is walked.
pub(super) struct Finder<'a> {
    pub(super) schema: Option<&'a Schema>,
    pub(super) lines: &'a Lines<'a>,
    pub(super) ctes: Vec<SmolStr>,
    /// What subqueries and writes ahead are, by where they stand in memory while the tree is
    /// walked.
    roles: FxHashMap<usize, ScopeRole>,
    scopes: Vec<Scope>,
}

fn address(query: &QueryNode) -> usize {
    std::ptr::from_ref(query).addr()
}

fn write_address(write: &Statement) -> usize {
    std::ptr::from_ref(write).addr()
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
        let role = self.roles.remove(&write_address(statement)).unwrap_or(ScopeRole::Main);
        match statement {
            Statement::Insert(insert) => self.insert(insert, role),
            Statement::Update(update) => self.update(update, role),
            Statement::Delete(delete) => self.delete(delete, role),
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
        written_values: Vec::new(),
        only_column: None,
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
                SetExpr::Insert(write) | SetExpr::Update(write) | SetExpr::Delete(write) => {
                    self.roles.insert(write_address(write), role.clone());
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
        scope.only_column = only_column(&select.projection);
        if let Some(order) = &query.order_by {
            scope.is_ordered = true;
            if let OrderByKind::Expressions(by) = &order.kind {
                scope.order = self.order(by, &scope, &select.projection);
            }
        }
        scope.rows = self.rows(&scope);
        self.scopes.push(scope);
    }

    fn insert(&mut self, insert: &Insert, role: ScopeRole) {
        let mut scope = empty(StatementKind::Insert, role);
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
                && let [row] = values.rows.as_slice()
            {
                scope.written_values = row.iter().map(|value| self.written(value)).collect();
                if scope.has_returning {
                    scope.rows = Rows::One;
                }
            }
            self.roles.insert(address(source), ScopeRole::InsertSource);
        }
        self.scopes.push(scope);
    }

    fn update(&mut self, update: &Update, role: ScopeRole) {
        let mut scope = empty(StatementKind::Update, role);
        let mut filters = Vec::new();
        self.add_tables(&update.table, &mut scope, &mut filters);
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from
        {
            from.iter().for_each(|table| self.add_tables(table, &mut scope, &mut filters));
        }
        for assignment in &update.assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => {
                    scope.written_columns.extend(last_part(name));
                    scope.written_values.push(self.written(&assignment.value));
                }
                AssignmentTarget::Tuple(names) => {
                    scope.written_columns.extend(names.iter().filter_map(last_part));
                }
            }
        }
        if scope.written_values.len() != scope.written_columns.len() {
            scope.written_values.clear();
        }
        scope.limit = update.limit.as_ref().map_or(Limit::None, limit_of);
        self.finish_write(scope, update.selection.as_ref(), update.returning.is_some(), filters);
    }

    fn written(&self, value: &Expr) -> WrittenValue {
        let mut placeholders = 0;
        let _: ControlFlow<()> = sqlparser::ast::visit_expressions(value, |part| {
            placeholders +=
                usize::from(matches!(part, Expr::Value(v) if matches!(v.value, Value::Placeholder(_))));
            ControlFlow::Continue(())
        });
        WrittenValue { operand: operand(value), placeholders, range: self.lines.range(value.span()) }
    }

    fn delete(&mut self, delete: &Delete, role: ScopeRole) {
        let mut scope = empty(StatementKind::Delete, role);
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

/// The column of a projection of one, through what it is called.
fn only_column(projection: &[SelectItem]) -> Option<SmolStr> {
    let [SelectItem::UnnamedExpr(expression) | SelectItem::ExprWithAlias { expr: expression, .. }] =
        projection
    else {
        return None;
    };
    match expression {
        Expr::Identifier(name) => Some(SmolStr::new(&name.value)),
        Expr::CompoundIdentifier(parts) => parts.last().map(|last| SmolStr::new(&last.value)),
        _ => None,
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
