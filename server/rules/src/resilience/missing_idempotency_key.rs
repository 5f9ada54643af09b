//! `missing-idempotency-key`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Key, Kind, NodeId};

use crate::ask::{
    AddedAgain, Delivers, Redelivered, chain_name, is_known_again, may_be_claimed, moves_money, redelivered,
    words,
};
use crate::edit::script;
use crate::view::CallView;
use crate::{FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

/// Words of ids that many payments have in common.
#[rustfmt::skip] // a list of words
const SHARED: &[&str] = &[
    "user", "customer", "client", "tenant", "venue", "account", "organization", "org", "company", "team", "seller", "expert",
    "provider", "merchant", "product", "plan", "price", "store", "shop", "admin", "driver", "host",
];
/// The longest id that a key is made of, in characters.
const MAX_ID: usize = 40;

declare_rule! {
    /// A charge, refund, transfer or payout without an idempotency key, or the handler of an event that does not look
    /// whether it had that event before: both do it again when they are asked a second time.
    ///
    /// ## What happens
    ///
    /// Whoever waits for an answer asks again: a user clicks twice, a job is started once more after a crash, an event
    /// is delivered a second time, a proxy repeats a request. A look at the order's status before does not help: both
    /// look before either has written, or the process ends after the money has gone and before that is stored. The
    /// service takes each call without a key for a new one, and the money goes twice.
    ///
    /// Who delivers events sends each of them again until it is answered with success, and sometimes also after that: a
    /// handler that was too slow, or failed in its last line, runs once more. What it adds to a balance is added twice then,
    /// and there are two orders for one payment.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// await stripe.refunds.create({ payment_intent: order.paymentId, amount: order.depositCents })
    /// ```
    ///
    /// ```rust
    /// client.post("https://api.stripe.com/v1/transfers").form(&transfer).send().await?;
    /// ```
    ///
    /// ```ts
    /// const event = stripe.webhooks.constructEvent(body, signature, secret)
    /// await prisma.user.update({ where: { id: userId }, data: { credits: { increment: 100 } } })
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// await stripe.refunds.create(
    ///   { payment_intent: order.paymentId, amount: order.depositCents },
    ///   { idempotencyKey: `deposit-refund-${order.id}` },
    /// )
    /// ```
    ///
    /// ```rust
    /// let key = format!("transfer-{}", payout.id);
    /// client.post("https://api.stripe.com/v1/transfers").header("Idempotency-Key", key).form(&transfer).send().await?;
    /// ```
    ///
    /// ```ts
    /// const event = stripe.webhooks.constructEvent(body, signature, secret)
    /// await prisma.$transaction(async (tx) => {
    ///   const { count } = await tx.handledEvent.createMany({ data: [{ id: event.id }], skipDuplicates: true })
    ///   if (count === 0) return
    ///   await tx.user.update({ where: { id: userId }, data: { credits: { increment: 100 } } })
    /// })
    /// ```
    ///
    /// A key is made of what the money is for, so that it is the same when the same thing is asked for again: the id of
    /// the order, of the row that says what is owed, or one that the client has made for this attempt.
    ///
    /// ## What its fix does
    ///
    /// Where an id tells what the call is for, a key of that id is handed over: one in its metadata, or that of the row
    /// whose amount it is. Within a day the service then answers a second call with what the first one did, which wants
    /// a review: whoever refunds parts of one order several times needs an id for each of them. No fix is written where
    /// no such id is at hand. A random key would be another one each time, and the money would still go twice.
    ///
    /// ## What it does not flag
    ///
    /// - Calls with a key, with options that may hold one, or on a client that has one.
    /// - What moves nothing by itself: a payment that is confirmed later, by the one who pays.
    /// - A refund of all that is left, or of the whole amount of the payment, which is refused the second time.
    /// - Services that refuse what comes without a key.
    /// - What is claimed before: a row that is written first, a lock, a service that is asked first for what there is.
    /// - Handlers that look whether they had an event, or keep the ids of those that they had; what is upserted, set to a
    ///   value, or has a unique key; what asks for the state of the row; tables that nothing is known of.
    /// - Logs, notifications, and counts that nobody pays for.
    /// - Code that does not run in a service, such as scripts that somebody runs by hand.
    pub MissingIdempotencyKey { id: "missing-idempotency-key", category: Resilience, severity: Error, since: "0.1.0", preview }
}

impl Rule for MissingIdempotencyKey {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::MONEY | Effects::HTTP_REQUEST | Effects::EVENT | Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for call in unit.calls_with(Effects::MONEY | Effects::HTTP_REQUEST) {
            let Some(moved) = moves_money(unit, &call) else { continue };
            if is_known_again(unit, &call, &moved) || may_be_claimed(unit, &call) || !unit.is_on_a_server() {
                continue;
            }
            let name = if unit.is_rust() { chain_name(unit, call.node) } else { unit.call_name(call.node) };
            let message = format!(
                "`{name}` {} again if this runs twice, as by a second click, a retry or a crash before the result is stored: no idempotency key says that it is the same one",
                moved.moves
            );
            report.at_node(unit, call.node, call.confidence(), message).fix(|| plan(unit, &call));
        }
        for Redelivered { call, by, what } in redelivered(unit) {
            let is_told = matches!(what, AddedAgain::Moves(_))
                && unit.call(call).is_some_and(|call| moves_money(unit, &call).is_some());
            let Some(call) = unit.call(call).filter(|_| !is_told && unit.is_on_a_server()) else { continue };
            let name = if unit.is_rust() { chain_name(unit, call.node) } else { unit.call_name(call.node) };
            report.at_node(unit, call.node, call.confidence(), told_of_events(&name, by, &what));
        }
    }
}

fn told_of_events(name: &str, by: Delivers, what: &AddedAgain) -> String {
    let does = match what {
        AddedAgain::Row(table) => format!("adds another row to `{table}`"),
        AddedAgain::Amount(column, Some(table)) => format!("changes `{column}` of `{table}` once more"),
        AddedAgain::Amount(column, None) => format!("changes `{column}` once more"),
        AddedAgain::Moves(moves) => format!("{moves} again"),
    };
    match by {
        Delivers::Service => format!(
            "`{name}` {does} whenever this event is delivered again, as after an answer that came too late: nothing looks whether it was handled before"
        ),
        Delivers::Queue => format!(
            "`{name}` {does} when the queue delivers this message again, as after a failure further down: nothing looks whether it was handled before"
        ),
    }
}

/// A key of the id by which the call says what it is for.
fn plan(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<FixPlan> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    let (argument, option) = behavior.slots.get(&Slot::Key)?.split_once('.')?;
    let id = unit.text(purpose(unit, call)?);
    let Kind::Call { callee, .. } = unit.unit.kind(call.node) else { return None };
    let Kind::Member { object, .. } = unit.unit.kind(*callee) else { return None };
    let Kind::Member { name: of, .. } = unit.unit.kind(*object) else { return None };
    let amount = unit.own_node(call.slot(Slot::Demand)).filter(|&amount| is_named(unit, amount));
    let amount = amount.map_or(String::new(), |amount| format!("-${{{}}}", unit.text(amount)));
    let key = format!("`{of}-${{{id}}}{amount}`");
    let edits = script::set_option(unit, call.node, argument.parse().ok()?, option, &key)?;
    let title =
        format!("Pass an idempotency key of `{id}` (review: the same key is answered with the first result)");
    Some(FixPlan { title, safety: Safety::Review, edits })
}

/// The id of what the call is done for, that not many payments share: the first one that its metadata holds, else that of
/// the row whose amount it is, where the code names it.
fn purpose(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    in_metadata(unit, call).or_else(|| of_the_amount(unit, call))
}

fn in_metadata(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    let object = unit.own_node(call.slot(Slot::Purpose))?;
    let Kind::Object { entries, .. } = unit.unit.kind(object) else { return None };
    entries.iter().find_map(|entry| {
        let Key::Name(name) = &entry.key else { return None };
        let is_its_own = words(name).len() > 1 && words(name).last().is_some_and(|last| last == "id");
        (is_its_own && !is_shared(name) && is_named(unit, entry.value)).then_some(entry.value)
    })
}

fn of_the_amount(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<NodeId> {
    let u = unit.unit;
    let amount = unit.own_node(call.slot(Slot::Amount))?;
    let Kind::Member { object: row, .. } = u.kind(amount) else { return None };
    let Kind::Name { name, .. } = u.kind(*row) else { return None };
    let ids = (0..u.nodes.len()).map(|at| NodeId(u32::try_from(at).expect("few nodes")));
    let mut ids = ids.filter(|&id| match u.kind(id) {
        Kind::Member { object, name, .. } => name == "id" && unit.text(*object) == unit.text(*row),
        _ => false,
    });
    ids.find(|&id| !is_shared(name) && is_named(unit, id))
}

fn is_shared(name: &str) -> bool {
    words(name).iter().any(|word| SHARED.contains(&word.as_str()))
}

/// Whether a value is a short path of names, which is the same each time that it is asked for.
fn is_named(unit: &UnitView<'_>, node: NodeId) -> bool {
    let is_path = matches!(unit.unit.kind(node), Kind::Name { .. } | Kind::Member { .. });
    is_path && unit.text(node).len() <= MAX_ID && unit.dotted(node).is_some()
}
