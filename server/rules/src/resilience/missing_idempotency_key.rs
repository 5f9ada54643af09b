//! `missing-idempotency-key`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Key, Kind, NodeId};

use crate::ask::{chain_name, is_known_again, may_be_claimed, moves_money, words};
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
    /// A charge, refund, transfer or payout without an idempotency key, which moves the money again when it is asked for
    /// a second time.
    ///
    /// ## What happens
    ///
    /// Whoever waits for an answer asks again: a user clicks twice, a job is started once more after a crash, an event
    /// is delivered a second time, a proxy repeats a request. A look at the order's status before does not help: both
    /// look before either has written, or the process ends after the money has gone and before that is stored. The
    /// service takes each call without a key for a new one, and the money goes twice.
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
    /// - Code that does not run in a service, such as scripts that somebody runs by hand.
    pub MissingIdempotencyKey { id: "missing-idempotency-key", category: Resilience, severity: Error, since: "0.1.0", preview }
}

impl Rule for MissingIdempotencyKey {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::MONEY | Effects::HTTP_REQUEST
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for call in unit.calls_with(self.watches()) {
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
