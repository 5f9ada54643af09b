//! `missing-connection-release`

use plimsoll_behavior::{Effects, Kind, NodeId};

use crate::ask::{Leak, Often, Ways, leak, often, taken};
use crate::edit::cleanup::Release;
use crate::edit::finally::release_in_finally;
use crate::view::CallView;
use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A connection that is taken from a pool and not given back on every way out of the function.
    ///
    /// ## What happens
    ///
    /// A pool has ten connections or so. Each error or early return that skips the release takes one of them away for
    /// good. Nothing is seen of it until the last one is gone: then every request waits for a connection that nobody
    /// gives back, and only a restart helps.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const client = await pool.connect()
    /// const { rows } = await client.query('SELECT id FROM orders WHERE status = $1', [status])
    /// client.release()
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const client = await pool.connect()
    /// try {
    ///   const { rows } = await client.query('SELECT id FROM orders WHERE status = $1', [status])
    /// } finally {
    ///   client.release()
    /// }
    /// ```
    ///
    /// For a single statement, `pool.query` takes a connection and gives it back by itself.
    ///
    /// ## What its fix does
    ///
    /// What runs on the connection is put into a `try` whose `finally` gives it back.
    ///
    /// ## What it does not flag
    ///
    /// - A connection that a `finally` gives back, whatever may fail between taking it and the `try`.
    /// - A connection that a `catch` and the way without an error both give back, where only the handling itself could
    ///   fail before.
    /// - A connection that is declared with `using`.
    /// - A connection that is handed to the caller, stored, or given back by a helper or a callback.
    /// - A statement of the pool itself.
    /// - A pool that the same function ends.
    /// - Checks at the start of the program that could only fail between, because it ends then.
    /// - Tests and scripts.
    pub MissingConnectionRelease { id: "missing-connection-release", category: Database, severity: Error, since: "0.1.0" }
}

impl Rule for MissingConnectionRelease {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB | Effects::DB_TRANSACTION | Effects::RELEASE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            let Some(methods) = methods(&call) else { continue };
            if is_of_a_passing_pool(unit, call.node) {
                continue;
            }
            let ways = Ways { methods: &methods, ..Ways::default() };
            let Some(taken) = taken(unit, call.node, &ways) else { continue };
            let Some(leak) = leak(unit, &taken) else { continue };
            let is_of_the_start = often(unit, call.node) == Often::Seldom;
            if is_of_the_start && matches!(leak, Leak::WhenFails(_)) {
                continue;
            }
            let name = unit.call_name(call.node);
            let what = format!("`{name}` takes a connection that");
            let then = "each time the pool has one less, until every request waits";
            let (message, place) = match leak {
                Leak::Always => (format!("{what} nothing gives back: {then}"), None),
                Leak::At(node) => match unit.unit.kind(node) {
                    Kind::Return(_) => {
                        let message = format!("{what} an early return does not give back: {then}");
                        (message, Some((node, "leaves without giving it back")))
                    }
                    Kind::Throw(_) => {
                        let message = format!("{what} a `throw` does not give back: {then}");
                        (message, Some((node, "leaves without giving it back")))
                    }
                    _ => (format!("{what} is not given back on every way out: {then}"), None),
                },
                Leak::WhenFails(node) => {
                    let failing = name_of(unit, node);
                    let message = format!("{what} is not given back when {failing} fails: {then}");
                    (message, Some((node, "leaves without giving it back where it fails")))
                }
            };
            let related =
                place.map(|(node, what)| crate::RawRelated { place: unit.place(node), message: what.into() });
            report
                .at_node(unit, call.node, call.confidence(), message)
                .related_all(related)
                .fix(|| release_in_finally(unit, &taken, Release::Method(methods[0]), false));
        }
    }
}

/// The methods that give back what a call takes out of a pool.
fn methods<'c>(call: &'c CallView<'_>) -> Option<Vec<&'c str>> {
    let (_, behavior) = call.facts.behavior.as_ref()?;
    if behavior.effect.0.contains(Effects::SUBSCRIBE) || behavior.yields.is_none() {
        return None;
    }
    let methods: Vec<&str> = behavior.release.iter().filter_map(|way| way.strip_prefix("method:")).collect();
    methods.contains(&"release").then_some(methods)
}

/// Whether the pool is ended by the function that takes a connection from it.
fn is_of_a_passing_pool(unit: &UnitView<'_>, call: NodeId) -> bool {
    let u = unit.unit;
    let Kind::Call { callee, .. } = u.kind(call) else { return false };
    let Kind::Member { object, .. } = u.kind(*callee) else { return false };
    let Kind::Name { binding: Some(pool), .. } = u.kind(*object) else { return false };
    u.binding(*pool).uses.iter().any(|&used| {
        let ends = u.parent(used).and_then(|member| u.parent(member));
        ends.is_some_and(|call| {
            matches!(u.kind(call), Kind::Call { .. })
                && unit.eval.call(unit.index, call).effects.contains(Effects::RELEASE)
        })
    })
}

fn name_of(unit: &UnitView<'_>, node: NodeId) -> String {
    match unit.unit.kind(node) {
        Kind::Call { .. } => format!("`{}`", unit.call_name(node)),
        _ => "what follows".to_owned(),
    }
}
