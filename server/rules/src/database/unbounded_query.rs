//! `unbounded-query`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Kind};

use crate::ask::database::reading::{Reading, unlimited};
use crate::ask::{Growth, Left, growth, is_bulk_work, is_wide, left, schema_of};
use crate::edit::limit::limit;
use crate::view::CallView;
use crate::wording::grouped;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A query without a limit that reads all rows of a table which grows with use, or all that belong to one user of a
    /// log that only ever grows.
    ///
    /// ## What happens
    ///
    /// With the fifty rows of a demonstration it is instant. After a year of use it is a million: each call reads them
    /// all, carries them over the network, makes an object of each and sends them on, and the process runs out of memory
    /// under a handful of such calls. Where the server cuts an answer off (PostgREST after 1,000 rows), the rest is
    /// missing instead, without a word.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const messages = await prisma.message.findMany({ where: { conversationId }, orderBy: { sentAt: 'desc' } })
    /// ```
    ///
    /// ```rust
    /// let users = sqlx::query_as::<_, User>("SELECT id, name FROM users ORDER BY name").fetch_all(&pool).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const messages = await prisma.message.findMany({
    ///   where: { conversationId, sentAt: { lt: before } },
    ///   orderBy: { sentAt: 'desc' },
    ///   take: 50,
    /// })
    /// ```
    ///
    /// ```rust
    /// let users = sqlx::query_as::<_, User>("SELECT id, name FROM users WHERE name > $1 ORDER BY name LIMIT 50")
    ///     .bind(after)
    ///     .fetch_all(&pool)
    ///     .await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// A limit is added. Whoever wants the rest must page, which is yours to write.
    ///
    /// ## What it does not flag
    ///
    /// - Tables that somebody looks after, as settings, roles, categories and countries, and tables of which neither
    ///   the name nor the schema says that they grow.
    /// - Filters that leave few rows: a key, a list, a time, a search, a state that rows pass through, the key of a
    ///   parent whose children are few by nature, as the events of an order.
    /// - Numbers and groups that the database computes.
    /// - Rows that are handed over one by one, or locked.
    /// - Limits from wherever they come, those that are added to the query later or in another function included.
    /// - Queries that are put together out of sight.
    /// - Exports, jobs, start-up code, scripts, and functions that say by their names that they go through all rows.
    pub UnboundedQuery {
        id: "unbounded-query", category: Database, severity: Warning, since: "0.1.0", preview;
        options: { max_rows: 500, "The limit that its fix writes, in rows." }
    }
}

impl Rule for UnboundedQuery {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_READ
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for call in unit.calls_with(Effects::DB_READ) {
            let Some(reading) = unlimited(unit, &call) else { continue };
            let Some(found) = found(unit, &call, &reading) else { continue };
            if is_bulk_work(unit, call.node) {
                continue;
            }
            let rows = report.option("max_rows");
            let confidence = if reading.is_convention { Confidence::Medium } else { call.confidence() };
            report.at_node(unit, call.node, confidence, message(unit, &call, &reading, &found)).fix(|| {
                let (edits, added) = limit(unit, &call, &reading, rows)?;
                let title =
                    format!("Read at most {rows} rows: add {added} (review: who wants the rest must page)");
                Some(FixPlan { title, safety: Safety::Review, edits })
            });
        }
    }
}

/// What a query without a limit reads.
enum Found {
    /// The whole table.
    All,
    /// What belongs to one, by this column.
    OfOne(String),
}

fn found(unit: &UnitView<'_>, call: &CallView<'_>, reading: &Reading) -> Option<Found> {
    if reading.is_open {
        return None;
    }
    let schema = schema_of(unit, call);
    let growth = growth(&reading.table, schema.as_deref()).filter(|&growth| growth != Growth::Kept)?;
    if reading.alternatives.is_empty() {
        return Some(Found::All);
    }
    reading.alternatives.iter().find_map(|conditions| match left(conditions) {
        Left::All => Some(Found::All),
        Left::OfOne(column)
            if growth == Growth::Forever || growth == Growth::WithTrade && is_wide(column) =>
        {
            Some(Found::OfOne(column.to_owned()))
        }
        Left::OfOne(_) | Left::Few => None,
    })
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, reading: &Reading, found: &Found) -> String {
    let name = unit.call_name(call.node);
    let is_text = reading.is_of_helper || call.slot(Slot::Sql).is_some();
    // The last step of a chain says nothing by itself: `all`.
    let is_chain =
        matches!(unit.unit.kind(call.node), Kind::Call { callee, .. } if unit.dotted(*callee).is_none());
    let is_short = call.facts.value.instance().is_none() && !is_text && !is_chain;
    let who = if is_short && !name.is_empty() { format!("`{name}`") } else { "the query".to_owned() };
    let table = &reading.table;
    let what = match found {
        Found::All => format!("{who} reads every row of `{table}`"),
        Found::OfOne(column) => {
            format!("{who} reads every row of `{table}` of one `{column}`")
        }
    };
    match reading.cuts_off_at {
        Some(most) => {
            let most = grouped(most);
            format!("{what}: it has no limit, and beyond {most} rows the rest is left out without a word")
        }
        None => format!("{what}, which grows with use, into memory: it has no limit"),
    }
}
