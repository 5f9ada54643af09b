//! `in-memory-aggregation`

use plimsoll_behavior::Effects;

use crate::ask::database::reading::{Compared, Condition, Reading, unlimited};
use crate::ask::{Gathered, Growth, Numbers, growth, is_key, is_lasting, is_wide, numbers, schema_of};
use crate::edit::count::count;
use crate::view::CallView;
use crate::wording::grouped;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// Rows that are fetched only to be counted or added up, which the database can do without handing them over.
    ///
    /// ## What happens
    ///
    /// To show one number, all rows cross the network and become objects. It is slow as soon as there are many, and where
    /// the server cuts an answer off (PostgREST after 1,000 rows), the number is wrong from then on: the revenue of the
    /// year stops growing, and nothing fails.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const orders = await prisma.order.findMany({ where: { shopId } })
    /// return { orders: orders.length }
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query("SELECT id FROM orders WHERE shop_id = $1").bind(shop).fetch_all(&pool).await?;
    /// Ok(orders.len())
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const orderCount = await prisma.order.count({ where: { shopId } })
    /// return { orders: orderCount }
    /// ```
    ///
    /// ```rust
    /// sqlx::query_scalar("SELECT count(*) FROM orders WHERE shop_id = $1").bind(shop).fetch_one(&pool).await
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Where rows are only counted, the call becomes a count. Sums are left to you.
    ///
    /// ## What is a preview
    ///
    /// Queries with a filter: what it leaves may be few.
    ///
    /// ## What it does not flag
    ///
    /// - Rows of which anything else becomes as well.
    /// - Code that only asks whether there are any rows.
    /// - What is computed of a row by code that the database does not have, as a decryption.
    /// - Queries with a limit.
    /// - Tables that stay small, and those of which neither the name nor the schema says that they grow.
    /// - The few children of one parent, as the items of an order, and what one person has of anything but logs.
    pub InMemoryAggregation {
        id: "in-memory-aggregation", category: Database, severity: Warning, since: "0.1.0"
    }
}

impl Rule for InMemoryAggregation {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_READ
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for call in unit.calls_with(Effects::DB_READ) {
            let Some(reading) = unlimited(unit, &call) else { continue };
            let schema = schema_of(unit, &call);
            let growth = growth(&reading.table, schema.as_deref());
            let Some(growth) = growth.filter(|&growth| growth != Growth::Kept) else { continue };
            if reading.alternatives.iter().any(|conditions| are_few(conditions, growth)) {
                continue;
            }
            let Some(numbers) = numbers(unit, &call) else { continue };
            let confidence = if reading.is_convention { Confidence::Medium } else { call.confidence() };
            let reported =
                report.at_node(unit, call.node, confidence, message(unit, &call, &reading, &numbers));
            reported.preview(!reading.alternatives.is_empty()).fix(|| {
                let (edits, method) = count(unit, &call, &numbers)?;
                let title =
                    format!("Let the database count: call `{method}` (review: rows are no longer fetched)");
                Some(FixPlan { title, safety: Safety::Review, edits })
            });
        }
    }
}

/// Whether a filter finds the few children of one parent, what one person has, or what a list names.
fn are_few(conditions: &[Condition], growth: Growth) -> bool {
    conditions.iter().any(|condition| match condition.compared {
        Compared::Equal => {
            let column = &condition.column;
            let has_many = is_wide(column) || growth == Growth::Forever && is_lasting(column);
            is_key(column) && !has_many
        }
        Compared::OneOf => is_key(&condition.column),
        _ => false,
    })
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, reading: &Reading, numbers: &Numbers) -> String {
    let name = unit.call_name(call.node);
    let is_text = reading.is_of_helper || reading.text.is_some() || call.facts.value.instance().is_some();
    let who = if is_text { "the query".to_owned() } else { format!("`{name}`") };
    let counts = numbers.made.contains(&Gathered::Count);
    let what = match (counts, numbers.made.contains(&Gathered::Sum)) {
        (true, true) => "count them and add them up",
        (true, false) => "count them",
        _ => "add them up",
    };
    let table = &reading.table;
    match reading.cuts_off_at {
        Some(most) => {
            let most = grouped(most);
            format!(
                "{who} fetches rows of `{table}` only to {what}: beyond {most} rows the result is wrong without a word"
            )
        }
        None => format!(
            "{who} fetches rows of `{table}` only to {what}, which the database does without handing them over"
        ),
    }
}
