//! `lost-cause`

use plimsoll_behavior::{Effects, Kind, NodeId, OwnRange};

use crate::ask::{FAILS, Lost, chain_name, is_explained_in, lost_in_handler, lost_in_result};
use crate::edit::cause::{in_result, of_error};
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Report, Reported, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A new error in the place of one of a database, a service or a file, in which nothing of that one is left.
    ///
    /// ## What happens
    ///
    /// The log says "failed to load orders", a hundred times. Whether the database refused the connection, the query had a
    /// mistake or a column is gone, it does not say: the error that knew was thrown away where this one was made. Nobody can
    /// tell from the outside, so that somebody has to change the code and wait for it to happen again.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// try {
    ///   return await prisma.order.findMany({ where: { buyer } })
    /// } catch {
    ///   throw new Error('failed to load orders')
    /// }
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as(ORDERS).fetch_all(&pool).await.map_err(|_| AppError::Internal("failed to load orders".into()))?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// try {
    ///   return await prisma.order.findMany({ where: { buyer } })
    /// } catch (error) {
    ///   throw new Error('failed to load orders', { cause: error })
    /// }
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as(ORDERS).fetch_all(&pool).await.context("failed to load orders")?;
    /// ```
    ///
    /// Where the new error is for a user, who must not see the old one, that belongs into the log before.
    ///
    /// ## What its fix does
    ///
    /// The old error becomes the `cause` of the new one, where its class takes one; TypeScript knows that from ES2022 on. In
    /// Rust it becomes the source of an `anyhow` error, or is written behind the text of a variant that holds one: that is
    /// seen by whoever sees the text, so somebody has to look at it.
    ///
    /// ## What it does not flag
    ///
    /// - Handlers that use the error in any way but to ask what it is: in a text, as a property, in a log.
    /// - Errors that say what is wrong with what was asked for, on purpose no more than that: not found, invalid, denied,
    ///   expired, timed out, a status of 4xx.
    /// - What is thrown for one kind of failure that was asked for, or only sometimes.
    /// - Files of which only is asked whether they are there.
    /// - Failures to read a text that must have a form, and of locks, channels and time limits, which have nothing to tell.
    /// - Handlers in which a comment says why.
    /// - In Rust, failures of the project's own functions, which may have told of theirs.
    /// - What does not run in a service.
    pub LostCause { id: "lost-cause", category: Errors, severity: Info, since: "0.1.0", preview }
}

impl Rule for LostCause {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        FAILS
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        if unit.is_rust() {
            for &call in &unit.unit.calls {
                let Some((lost, closure)) = lost_in_result(unit, call) else { continue };
                if unit.is_on_a_server() {
                    let place = name_of_method(unit, call);
                    say(unit, report, place, &lost).fix(|| in_result(unit, &lost, closure?));
                }
            }
            return;
        }
        for node in &unit.unit.nodes {
            let Kind::TryCatch { body, catch: Some(catch), .. } = &node.kind else { continue };
            let Some(lost) = lost_in_handler(unit, *body, catch) else { continue };
            if !is_explained_in(unit, catch.range) && unit.is_on_a_server() {
                say(unit, report, unit.unit.range(lost.made), &lost).fix(|| of_error(unit, &lost, catch));
            }
        }
    }
}

fn say<'r>(
    unit: &UnitView<'_>,
    report: &'r mut Report<'_>,
    place: OwnRange,
    lost: &Lost<'_>,
) -> Reported<'r> {
    let name = quoted(&chain_name(unit, lost.fails.node)).unwrap_or_else(|| "this call".to_owned());
    let message = format!(
        "when {name} fails, this error is all that is left: why it failed{} is in no log and no trace",
        told_by(&lost.fails)
    );
    // Many calls of a file that are answered alike are one way to do it.
    report
        .at(place, lost.fails.confidence(), message)
        .related(unit.place(lost.fails.node), "what fails here has an error of its own")
        .because_of(unit.text(lost.made).to_owned())
}

/// Who told why.
fn told_by(fails: &CallView<'_>) -> &'static str {
    let effects = fails.effects();
    let told = [
        (Effects::DB | Effects::DB_TRANSACTION, ", as the database told it,"),
        (Effects::HTTP_REQUEST, ", as the other service or the network told it,"),
        (Effects::FILE, ", as the file system told it,"),
    ];
    told.into_iter().find(|(of, _)| effects.intersects(*of)).map_or("", |(_, told)| told)
}

/// Where the name of a method stands, for its argument may be long.
fn name_of_method(unit: &UnitView<'_>, call: NodeId) -> OwnRange {
    let u = unit.unit;
    if let Kind::Call { callee, .. } = u.kind(call)
        && let Kind::Member { name_range, .. } = u.kind(*callee)
    {
        return *name_range;
    }
    u.range(call)
}
