//! `missing-timeout`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::Runs;

use crate::ask::is_same_origin;
use crate::view::CallView;
use crate::{Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A request from a server to another service that waits for ever when the other side does not answer.
    ///
    /// ## What happens
    ///
    /// Neither `fetch` nor `reqwest` has a time limit of its own. When the other service accepts the connection and
    /// then says nothing, the request stays open, and with it the handler, its memory and its database connection. Under
    /// load the waiting requests pile up until nothing is left to serve the others: one slow neighbour takes the whole
    /// service down.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const response = await fetch(`https://api.example.com/rates/${currency}`)
    /// ```
    ///
    /// ```rust
    /// let client = reqwest::Client::new();
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const response = await fetch(`https://api.example.com/rates/${currency}`, { signal: AbortSignal.timeout(10_000) })
    /// ```
    ///
    /// ```rust
    /// let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    /// ```
    ///
    /// ## What it does not flag
    ///
    /// Code in a browser or of which it is unknown where it runs; requests to the own origin; a signal or time limit
    /// in the options, in the client, in a wrapper or around the call; options that come from elsewhere and may carry a
    /// signal; libraries with a time limit by default. A client without one is found once, where it is made.
    pub MissingTimeout { id: "missing-timeout", category: Resilience, severity: Warning, since: "0.1.0" }
}

impl Rule for MissingTimeout {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::HTTP_REQUEST | Effects::HTTP_CLIENT
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs != Runs::Server {
            return;
        }
        for call in unit.calls() {
            if !call.facts.effects.intersects(self.watches()) || is_bounded(unit, &call) {
                continue;
            }
            let message =
                format!("`{}` waits for ever if the other side does not answer", unit.call_name(call.node));
            report.at_node(unit, call.node, call.confidence(), message);
        }
    }
}

fn is_bounded(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some((_, behavior)) = &call.facts.behavior else { return true };
    behavior.default_timeout.is_some()
        || call.slot(Slot::Timeout).is_some()
        || made_by_a_client(call)
        || is_same_origin(unit, call)
        || has_deadline_around(unit, call.node)
}

/// A request of a client is the client's business: it is found where the client is made.
fn made_by_a_client(call: &CallView<'_>) -> bool {
    call.facts.effects.contains(Effects::HTTP_REQUEST) && call.facts.receiver.is_some()
}

fn has_deadline_around(unit: &UnitView<'_>, node: NodeId) -> bool {
    unit.unit.ancestors(node).any(|around| match unit.unit.kind(around) {
        Kind::Call { .. } => unit.call(around).is_some_and(|c| c.facts.effects.contains(Effects::DEADLINE)),
        _ => false,
    })
}
