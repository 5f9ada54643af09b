//! What a query asks of each table: its conditions as alternatives, and its order, however the query is written.

mod builder;
mod expression;
mod object;
mod pattern;
mod text;

use plimsoll_behavior::NodeId;
use plimsoll_behavior::models::{FilterForm, Slot};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::Value;
use plimsoll_project::schema::Table;

use crate::UnitView;
use crate::view::CallView;

/// What a query asks of one table.
#[derive(Clone, Debug)]
pub struct Lookup<'s> {
    /// The table.
    pub table: &'s Table,
    /// The alternatives of the filter. None: without a filter.
    pub branches: Vec<Branch>,
    /// The first column of the order. `Unknown` where it is no column of the table.
    pub order: Order,
    /// Whether a limit on the number of rows is known to be there.
    pub is_bounded: bool,
    /// The node of this unit that says it: the filter, or the whole query.
    pub node: NodeId,
}

impl<'s> Lookup<'s> {
    /// The table by the name that a reader of the query knows it by: the database's in SQL text, else the code's.
    #[must_use]
    pub fn table_name(&self, call: &CallView<'_>) -> &'s str {
        let table = self.table;
        if call.slot(Slot::Sql).is_some() { &table.name } else { &table.code_name }
    }
}

/// The first column of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// There is no order.
    None,
    /// This column, by its name in the query.
    Column(String),
    /// It cannot be told, or is no column.
    Unknown,
}

/// Conditions that hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Those that are known, in the order of the text.
    pub conditions: Vec<Condition>,
    /// Whether there may be others: a value that may be missing, a part that is put together elsewhere, another table.
    pub is_open: bool,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The column, by its name in the query.
    pub column: String,
    /// How it is compared.
    pub test: Test,
    /// Whether it joins another table that the query finds by an index of its own.
    pub joins: Option<Join>,
    /// The function that the column is wrapped in.
    pub function: Option<String>,
    /// The whole number that it is compared with, where that stands in the code.
    pub number: Option<i64>,
}

/// What a join leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Few rows, which an equality of a column with an index finds.
    ToFew,
    /// Any number of rows.
    ToMany,
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// With one value, or with each of a list.
    Equal,
    /// With a bound.
    Range,
    /// With the beginning of a text.
    Prefix,
    /// With nothing: `IS NULL`.
    Null,
    /// With any part of a text, so that its beginning does not matter: `LIKE '%x%'`.
    Within,
    /// Not the column itself, but what a function makes of it: `lower(email) = $1`.
    Wrapped,
    /// In a way that no plain index serves.
    Other,
}

impl Test {
    /// Whether an index that leads with the column finds the rows.
    #[must_use]
    pub fn is_servable(self) -> bool {
        !matches!(self, Test::Other | Test::Within | Test::Wrapped)
    }
}

/// The most alternatives that are told apart; a filter with more is open.
const MAX_BRANCHES: usize = 32;

/// What a call asks of the tables of a schema. Empty where it cannot be told.
#[must_use]
pub fn lookups<'s>(unit: &UnitView<'_>, call: &CallView<'_>, schema: &'s ProjectSchema) -> Vec<Lookup<'s>> {
    if call.slot(Slot::Sql).is_some() {
        return text::lookups(unit, call, schema);
    }
    let found = match call.facts.filters {
        Some(FilterForm::Object) => object::lookup(unit, call, schema),
        Some(FilterForm::Builder) => builder::lookup(unit, call, schema),
        Some(FilterForm::Expression) => return expression::lookups(unit, call, schema),
        Some(FilterForm::Sql) | None => None,
    };
    found.into_iter().collect()
}

impl Branch {
    fn open() -> Self {
        Branch { conditions: Vec::new(), is_open: true }
    }

    fn of(column: &str, test: Test) -> Self {
        let column = column.to_owned();
        let condition = Condition { column, test, joins: None, function: None, number: None };
        Branch { conditions: vec![condition], is_open: false }
    }

    /// The same, compared with this number.
    fn with(mut self, number: Option<i64>) -> Self {
        self.conditions.iter_mut().for_each(|condition| condition.number = number);
        self
    }

    fn and(&self, other: &Branch) -> Branch {
        let conditions = self.conditions.iter().chain(&other.conditions).cloned().collect();
        Branch { conditions, is_open: self.is_open || other.is_open }
    }
}

/// The whole number that a value is.
fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// Both filters together.
fn all(one: Vec<Branch>, other: &[Branch]) -> Vec<Branch> {
    if one.len() * other.len() > MAX_BRANCHES {
        return one.into_iter().map(|branch| Branch { is_open: true, ..branch }).collect();
    }
    one.iter().flat_map(|a| other.iter().map(move |b| a.and(b))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conjunctions_multiply_and_stay_open() {
        let either = [Branch::of("a", Test::Equal), Branch::of("b", Test::Range)];
        let both = all(vec![Branch::of("c", Test::Equal)], &either);
        let columns: Vec<Vec<&str>> =
            both.iter().map(|b| b.conditions.iter().map(|c| c.column.as_str()).collect()).collect();
        assert_eq!(columns, [["c", "a"], ["c", "b"]]);
        assert!(all(vec![Branch::open()], &either).iter().all(|branch| branch.is_open));
    }

    #[test]
    fn a_filter_with_too_many_alternatives_is_open() {
        let many: Vec<Branch> = (0..8).map(|n| Branch::of(&format!("c{n}"), Test::Equal)).collect();
        let product = all(many.clone(), &many);
        assert_eq!(product.len(), 8);
        assert!(product.iter().all(|branch| branch.is_open));
    }
}
