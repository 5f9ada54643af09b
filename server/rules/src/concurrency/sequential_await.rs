//! `sequential-await`

use plimsoll_behavior::Effects;

use crate::ask::{Often, chain_name, often, reads_in_turn};
use crate::edit::together::together;
use crate::wording::quoted;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// Reads that a request waits for one after the other, though none of them needs what another one brings.
    ///
    /// ## What happens
    ///
    /// Each read waits for the network and the database. One after the other, the answer takes as long as all of them
    /// together; at the same time, as long as the slowest. A page with five reads of 40 ms takes 200 ms where 40 would do,
    /// and when the database is slow, five times as much of that.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const orders = await prisma.order.findMany({ where: { userId }, take: 20 })
    /// const total = await prisma.order.count({ where: { userId } })
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as::<_, Order>(ORDERS).bind(user).fetch_all(&pool).await?;
    /// let total = sqlx::query_scalar::<_, i64>(COUNT).bind(user).fetch_one(&pool).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const [orders, total] = await Promise.all([
    ///   prisma.order.findMany({ where: { userId }, take: 20 }),
    ///   prisma.order.count({ where: { userId } }),
    /// ])
    /// ```
    ///
    /// ```rust
    /// let (orders, total) = tokio::try_join!(
    ///     sqlx::query_as::<_, Order>(ORDERS).bind(user).fetch_all(&pool),
    ///     sqlx::query_scalar::<_, i64>(COUNT).bind(user).fetch_one(&pool),
    /// )?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// All are begun at once and waited for together. Each takes a connection of the pool meanwhile, and where one fails,
    /// the others have been sent in vain, so that somebody has to look at it.
    ///
    /// ## What it does not flag
    ///
    /// - Reads between which anything else stands: a guard, a `return`, another statement.
    /// - A read that uses what an earlier one has brought, wherever in it.
    /// - Writes, and whatever does more than read; transactions.
    /// - Reads on one connection: a client that was taken from a pool, `&mut conn`, `&mut *tx`.
    /// - Functions that look whether somebody may do what follows, as far as they are called so.
    /// - Caches, and databases that live in the process.
    /// - Loops, jobs, scripts, start-up code, and functions of which nothing says that they serve requests.
    pub SequentialAwait { id: "sequential-await", category: Concurrency, severity: Info, since: "0.1.0", preview }
}

impl Rule for SequentialAwait {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_READ | Effects::HTTP_REQUEST
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for reads in reads_in_turn(unit) {
            let (first, second) = (reads[0], reads[1]);
            let is_asked = matches!(often(unit, first.call), Often::Request);
            if !is_asked || !unit.is_on_a_server() {
                continue;
            }
            let confidence =
                reads.iter().filter_map(|read| unit.call(read.call)).map(|call| call.confidence()).min();
            let Some(confidence) = confidence else { continue };
            let name = |node| quoted(&chain_name(unit, node)).unwrap_or_else(|| "this".to_owned());
            let (before, after) = (name(first.call), name(second.call));
            let what = match reads.len() {
                2 if before == after => format!("{after} waits here until the call before it has answered"),
                2 => format!("{after} waits here until {before} has answered"),
                n => format!(
                    "{after} waits here until {before} has answered, and so on for {} reads",
                    number(n)
                ),
            };
            let all = if reads.len() == 2 { "both" } else { "all of them" };
            let message =
                format!("{what}, though none needs another: a request takes as long as {all} together");
            let mut reported = report.at_node(unit, second.call, confidence, message);
            reported = reported.related(unit.place(first.call), "is waited for first");
            for read in &reads[2..] {
                reported = reported.related(unit.place(read.call), "is waited for after that");
            }
            reported.fix(|| {
                let edits = together(unit, &reads)?;
                let title =
                    "Begin them at once and wait for all (review: takes several connections at a time)";
                Some(FixPlan { title: title.to_owned(), safety: Safety::Review, edits })
            });
        }
    }
}

/// Small numbers as words.
fn number(count: usize) -> String {
    let words = ["two", "three", "four", "five", "six"];
    words.get(count.saturating_sub(2)).map_or_else(|| count.to_string(), ToString::to_string)
}
